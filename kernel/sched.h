/*
 * Who runs: each CPU has queues of its own, one for each priority; equal ones
 * take turns of SCHED_SLICE. A server runs with its caller's priority if that is
 * greater.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/arch/arch.h"
#include "kernel/list.h"

#define SCHED_PRIORITIES 256
#define SCHED_SLICE UINT64_C(4000000)	/* ns */
/* Callers through whom priority is inherited. */
#define SCHED_HOPS 8

struct thread;

struct cpu {
	struct thread *current;		/* NULL: idle */
	struct space *space;		/* whose page tables are loaded */
	uint32_t index;
	bool online;
	bool wants_look;		/* another should run */
	struct list ready[SCHED_PRIORITIES];
	uint64_t occupied[SCHED_PRIORITIES / 64];
	struct list deadlines;		/* kernel/deadline.h */
	uint64_t next_deadline;
	uint64_t user_time;
	uint64_t kernel_time;
	uint64_t idle_time;
	uint64_t since;			/* when the present time began to count */
	struct arch_cpu arch;
};

extern struct cpu cpus[CPUS_MAX];
extern unsigned cpu_count;

void sched_init_cpu(struct cpu *cpu, unsigned index);
/* The thread can run: on its CPU, or another one that is idle; which is poked. */
void sched_ready(struct thread *thread);
/* It no longer can. */
void sched_remove(struct thread *thread);
/*
 * Its own priority, or who inherits from whom, has changed: `effective` is
 * computed again, here and along the chain, up to SCHED_HOPS.
 */
void sched_inherit(struct thread *thread);
/* Who runs next here; switches space; NULL: idle. Last before leaving. */
struct thread *sched_next(void);
/* The server runs at once in place of its caller, on this CPU, without a look at
 * the queues, if nobody more urgent waits. */
void sched_switch_to(struct thread *thread);

#endif
