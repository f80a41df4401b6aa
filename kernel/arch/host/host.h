/*
 * The fake machine, as tests and fuzzers use it. They play the hardware and the
 * programs: set a thread's registers and enter the kernel, read and write as a
 * program would, let time pass, raise interrupts. All is done at once, by the
 * CPU that host_cpu names; what the kernel would run next is in host_cpus.
 */
#ifndef KERNEL_ARCH_HOST_HOST_H
#define KERNEL_ARCH_HOST_HOST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/arch/arch.h"

struct host_cpu {
	struct thread *current;		/* NULL: idle */
	struct space *space;		/* as arch_switch() had it */
	uint64_t timer;			/* when it comes; UINT64_MAX: not */
	bool poked;
	bool joined;
};

struct host_line {
	bool open;
	bool masked;
	uint32_t trigger;
	uint64_t cpus;
	uint32_t done;			/* how often arch_interrupt_done() */
};

#define HOST_MESSAGES 64		/* lines from ARCH_LINES on */

extern unsigned host_cpu;
extern unsigned host_cpu_count;
extern struct host_cpu host_cpus[CPUS_MAX];
extern struct host_line host_lines[ARCH_LINES + HOST_MESSAGES];
extern uint8_t host_ports[65536];
extern uint64_t host_time;		/* what arch_now() says; tests may set it */
extern uint64_t host_time_step;		/* and by how much it goes on then (0) */
extern bool host_locked;
extern uint32_t host_power_action;	/* of arch_power(); UINT32_MAX: none yet */
extern uint32_t host_power_code;
/* What is told to the kernel at its start. */
extern struct arch_boot host_boot;
/* Where each character of the log goes; NULL: nowhere. HOST_LOG in the
 * environment: to stderr from the start. */
extern void (*host_put)(char c);
/* Set: a panic jumps there (with 1). NULL: it prints the log, and aborts. */
extern jmp_buf *host_panic;

/* ---- start ---- */

/* Memory and CPUs; nothing of the kernel runs yet. Memory is filled with rubbish;
 * its last 64 KiB are RESERVED. 0 bytes: 64 MiB. */
void host_machine(uint64_t memory_bytes, unsigned cpus);
/* Puts an archive where a boot loader would. Before the kernel starts. */
void host_initrd(const void *data, uint64_t size);
/* The kernel starts: kernel_start(), and kernel_join() on the other CPUs. */
void host_kernel(void);
/* Machine and kernel. */
void host_start(uint64_t memory_bytes, unsigned cpus);
/* Memory is freed; nothing of the kernel may be used any more. */
void host_stop(void);

/* ---- what programs do ---- */

/* Lets time pass until the thread runs on some CPU, which host_cpu names then.
 * False: it does not within 1,000 slices. */
bool host_run(struct thread *thread);
/*
 * A system call of a thread, which host_run() runs first. `words` may be NULL:
 * zeros. What is restarted is made again at once if the kernel runs the thread
 * again. Returns the head that it finds in the thread's frame then: the answer,
 * if the thread does not wait (thread->state says).
 */
uint64_t host_call(struct thread *thread, uint64_t head, uint64_t target,
	const uint64_t words[ABI_WORDS], uint64_t token, uint64_t time);
/* Reads and writes as a program, page faults included. Returns how many bytes
 * were done: fewer if the thread does not go on after a fault. */
uint64_t host_user_read(struct thread *thread, uint64_t address, void *to,
	uint64_t size);
uint64_t host_user_write(struct thread *thread, uint64_t address, const void *from,
	uint64_t size);
/* Fetches an instruction. */
bool host_user_execute(struct thread *thread, uint64_t address);
/* As host_run(), then an exception. A BREAKPOINT's instruction has one byte. */
void host_exception(struct thread *thread, uint32_t what, uint32_t code,
	uint64_t address);

/* ---- what the machine does ---- */

/* Time passes: timers of all CPUs come in their order. */
void host_advance(uint64_t nanoseconds);
/* When the next timer of any CPU comes; UINT64_MAX: none is set. */
uint64_t host_timer_due(void);
/* CPUs that were poked look what there is to do, until none is any more. */
void host_settle(void);
/* An interrupt, on host_cpu. False: the line is not open, or masked. */
bool host_raise(unsigned line);
/* host_cpu looks what there is to do, poked or not. */
void host_look(void);

/* ---- for the rest of the fake machine ---- */

/* By page tables and what CPUs remember of them; false: a page fault. Bits of
 * `access` as of fault.Access. */
bool host_translate(struct space *space, uint64_t address, uint32_t access,
	uint64_t *physical);
/* Weak: a test that needs no page tables is linked without them. */
__attribute__((weak)) void host_pages_reset(void);
void host_devices_reset(void);

#endif
