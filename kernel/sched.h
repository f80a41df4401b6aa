/*
 * Who runs: each CPU has queues of its own, one for each priority; equal ones
 * take turns of SCHED_SLICE. A server runs with its caller's priority if that is
 * greater, and its work is part of its caller's turn.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/arch/arch.h"
#include "kernel/list.h"
#include "kernel/thread.h"
#include "kernel.skald.h"

#define SCHED_PRIORITIES 256
#define SCHED_SLICE UINT64_C(4000000)	/* ns */
/* Callers through whom priority is inherited. */
#define SCHED_HOPS 8

struct cpu {
	struct thread *current;		/* NULL: idle */
	uint32_t index;
	bool wants_look;		/* another may have to run */
	int32_t top;			/* the greatest priority of `ready`, or -1 */
	/* What one has to have that the short way switches to: `top`; or more than
	 * any has, if choose() is to decide. */
	int32_t bar;
	struct thread *loaded;		/* whose registers and like are there */
	/* READY, and in no queue: woken since `current` began to wait, it mostly is
	 * who runs next. Until sched_next(), or NULL. */
	struct thread *woken;
	uint64_t slice;			/* until when equals wait */
	bool is_over;			/* which has passed: a server has yet to answer */
	uint64_t timer;			/* when it comes */
	struct list ready[SCHED_PRIORITIES];
	uint64_t occupied[SCHED_PRIORITIES / 64];
	struct list deadlines;		/* kernel/deadline.h */
	struct list deadlines_end;	/* of those that are still to be looked at */
	uint64_t next_deadline;		/* none is earlier */
	uint64_t user_time;
	uint64_t kernel_time;
	uint64_t idle_time;
	uint64_t since;			/* when the present time began to count */
};

extern struct cpu cpus[CPUS_MAX];
extern unsigned cpu_count;

/* At boot: there is no CPU yet; then one for each, by itself. */
void sched_init(void);
void sched_init_cpu(struct cpu *cpu, unsigned index);
/* The time since it was last called is the current thread's, or nobody's. Of any
 * CPU: what runs there now has it up to now. */
void sched_account(struct cpu *cpu, bool in_kernel);
/* The thread can run: on its CPU, or another one that is idle; which is poked. */
void sched_ready(struct thread *thread);
/* It no longer can. */
void sched_remove(struct thread *thread);
/* It leaves a CPU that it may not run on any more. False: none of them is there. */
bool sched_set_affinity(struct thread *thread, uint64_t cpu_mask);
/* The turn of this CPU is over, if the thread is who runs here, or ran here and calls. */
void sched_end_turn(const struct thread *thread);
/* It runs on some CPU, which is to look at it before it goes on. */
void sched_look(struct thread *thread);
/*
 * Its own priority, or who inherits from whom, has changed: `effective` is
 * computed again, here and along the chain, up to SCHED_HOPS. NULL is allowed.
 */
void sched_inherit(struct thread *thread);
/* The timer comes then, or earlier. */
void sched_timer(struct cpu *cpu, uint64_t when);
/* Who runs next here; switches space; NULL: idle. Last before leaving. */
struct thread *sched_next(void);
/* Another may have to run on it. */
static inline void sched_want_look(struct cpu *cpu)
{
	cpu->wants_look = true;
	cpu->bar = SCHED_PRIORITIES;
}
/* All calls take the long way while deliveries are traced, or for good if the
 * kernel's command line says `slow`. */
extern bool sched_is_slow;
void sched_set_slow(bool always);

/* Who runs is `thread` from now on: registers and page tables. NULL: nobody. */
static inline void sched_load(struct cpu *cpu, struct thread *thread)
{
	struct thread *old = cpu->loaded;

	cpu->loaded = thread;
	arch_thread_load(thread, old, cpu_count > 1 || (old && old->is_ended));
}

/* In place of sched_next(), where sched_can_switch(): this one runs. Returns it. */
static inline struct thread *sched_switch_to(struct cpu *cpu, struct thread *thread)
{
	thread->state = kernel_ThreadState_RUNNING;
	cpu->current = thread;
	sched_load(cpu, thread);
	return thread;
}

/* Who runs makes way for one that waits and is more urgent, if sched_switch_to()
 * may follow: it is in the queue then, before its equals. */
bool sched_preempt(struct thread *thread, const struct thread *by);
/* Who is next in the queue, and no longer is in it: for sched_switch_to(), as who
 * runs is going to wait. NULL: choose() is to decide. */
struct thread *sched_take_next(void);

/* Behind what an entry did: what is left to do, as far as one goes; who runs next;
 * and the lock is released. */
struct thread *kernel_leave(void);

/* Whether it may run here at once in place of one that waits now: nobody more
 * urgent does, and there is nothing else to decide. */
static inline bool sched_can_switch(const struct cpu *cpu, const struct thread *thread)
{
	return thread->cpu == cpu && cpu->bar <= (int32_t)thread->effective;
}

#endif
