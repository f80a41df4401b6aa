/*
 * What an architecture answers for: all that the portable kernel needs of a
 * machine, and all that it offers to one. The portable part has no other door
 * to the hardware, and no #ifdef of an architecture.
 *
 * Wherever not said otherwise, functions are called with the kernel's lock
 * held, with interrupts off, on the CPU that arch_cpu() names.
 *
 * An architecture brings a header arch/NAME/machine.h with the types and inline
 * functions below marked "machine.h", which is included as "machine.h" from the
 * architecture's own folder. arch/host is one without hardware: the portable
 * part as a library, for tests and fuzzers.
 */
#ifndef KERNEL_ARCH_ARCH_H
#define KERNEL_ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/abi.h"
#include "machine.h"

struct thread;
struct space;
struct cpu;

/* ---- machine.h ----
 *
 * struct frame		registers of a thread, as saved at entry. Part of struct
 *			thread, its first member. sk
 * struct arch_space	the root of page tables, and what goes with it
 * struct arch_thread	floating point, breakpoints, upcall state
 *
 * PAGE_SHIFT		12
 * CPUS_MAX		at most 64
 * USER_BASE, USER_END	what addresses programs can have: from, up to
 *
 * static inline struct cpu *arch_cpu(void);
 *	the calling CPU's
 * static inline void *arch_physical(uint64_t address);
 *	where the kernel sees a physical address of memory (its direct map)
 * static inline void arch_copy_words(void *to, const void *from, size_t words);
 *	whole words of 8 bytes, in ascending order: nobody ever sees a part of one
 * static inline void arch_zero_words(void *at, size_t words);
 * static inline uint64_t arch_now(void);
 *	nanoseconds since the start, monotonic, the same on all CPUs; any time
 * static inline uint64_t frame_head(const struct frame *);
 * static inline uint64_t frame_target(const struct frame *);
 * static inline uint64_t frame_token(const struct frame *);
 * static inline uint64_t frame_time(const struct frame *);
 * static inline uint64_t *frame_words(struct frame *);
 *	the ABI_WORDS of kernel/abi.h, adjoining and in order
 * static inline void frame_set_head(struct frame *, uint64_t);
 *	and likewise _set_target, _set_token, _set_time
 * static inline uint64_t frame_instruction(const struct frame *);
 *	the address where the thread goes on
 * static inline uint64_t frame_foreign(const struct frame *);
 * static inline void frame_set_foreign(struct frame *, uint64_t);
 *	a foreign call's number, and its result
 * static inline void frame_restart(struct frame *);
 *	the system call that was entered by is made again
 */

/* ---- start ---- */

/* One range of physical memory, as firmware told of it. */
struct arch_range {
	uint64_t start;
	uint64_t end;
	uint32_t use;			/* enum kernel_MemoryUse */
};

/* What start-up code found out, before kernel_start(). Physical addresses. */
struct arch_boot {
	uint32_t protocol;		/* enum kernel_BootProtocol */
	uint32_t range_count;
	const struct arch_range *ranges;	/* ascending, without overlaps */
	uint64_t initrd;
	uint64_t initrd_size;
	uint64_t kernel;		/* the image, all of it */
	uint64_t kernel_size;
	uint64_t acpi_root;		/* 0: none */
	uint64_t device_tree;
	uint64_t device_tree_size;
	uint64_t framebuffer;
	uint32_t framebuffer_width;
	uint32_t framebuffer_height;
	uint32_t framebuffer_pitch;	/* bytes */
	uint32_t framebuffer_bits;
	uint8_t framebuffer_channels[6];	/* position, size of red, green, blue */
	const char *command_line;	/* "" if none */
};

/*
 * The portable kernel's way in, on the first CPU, once; called by the
 * architecture with its own stack, the direct map and its serial port working.
 * Returns the thread to run first. Then the others are started.
 */
struct thread *kernel_start(const struct arch_boot *boot);
/* Starts the other CPUs, each of which calls kernel_join(). How many there are
 * now. */
unsigned arch_start_cpus(void);
/* As kernel_start(), on each of the others. */
struct thread *kernel_join(void);

/* ---- in and out ---- */

/*
 * Entries: called by the architecture on the kernel's stack of this CPU, with
 * the thread's registers saved in its frame, the lock not held (they take it).
 * `thread` is NULL if the CPU was idle. Each returns the thread that runs next
 * on this CPU, with the lock released and its space switched to, or NULL: idle,
 * in which case the architecture waits for an interrupt with interrupts on.
 */
struct thread *kernel_system_call(struct thread *thread);
/* The timer of this CPU. */
struct thread *kernel_tick(struct thread *thread);
/* An interrupt line or message, as its number was given to arch_interrupt_... */
struct thread *kernel_interrupt(struct thread *thread, unsigned line);
/* Another CPU wants this one to look what there is to do. */
struct thread *kernel_poke(struct thread *thread);
/* `access` bits of enum fault_Access. */
struct thread *kernel_page_fault(struct thread *thread, uint64_t address,
	uint32_t access);
/* `what` of enum fault_Exception. */
struct thread *kernel_exception(struct thread *thread, uint32_t what, uint32_t code,
	uint64_t address);

/* The lock of all there is. Not recursive. With interrupts off. */
void arch_lock(void);
void arch_unlock(void);

/* Makes a space this CPU's. NULL: the kernel's own. */
void arch_switch(struct space *space);
/* This CPU's are the thread's space, TLS bases, floating point and breakpoints, and
 * were those of `old`; both may be NULL. Of `old` something can be left in registers
 * unless it may go on elsewhere; with arch_thread_save() nothing is that is not in
 * memory as well. */
void arch_thread_load(struct thread *thread, struct thread *old, bool elsewhere);
void arch_thread_save(struct thread *thread);

/* ---- threads ---- */

/* A new thread's frame: enters at `entry`, with `argument` as its first. */
void arch_thread_start(struct thread *thread, uint64_t entry, uint64_t stack,
	uint64_t argument);
/* False: no memory. Frees in _end. */
bool arch_thread_init(struct thread *thread);
void arch_thread_end(struct thread *thread);
void arch_set_tls(struct thread *thread, uint64_t base);
/* Floating point in the CPU's own format; what is there or what is wanted. */
uint32_t arch_vectors_size(void);
void arch_get_vectors(struct thread *thread, void *to);
/* False: not such a state, and nothing is changed. */
bool arch_set_vectors(struct thread *thread, const void *from);
void arch_allow_vectors(struct thread *thread, bool allowed);
/* `on` of enum kernel_BreakOn. False: not so many, or not such ones. */
bool arch_set_breakpoint(struct thread *thread, uint32_t index, uint32_t on,
	uint64_t address, uint32_t length);
void arch_set_step(struct thread *thread, bool on);

/* kernel.Registers from and to a frame. False: of another architecture. Bits
 * that programs cannot have are dropped. */
struct kernel_Registers;
void arch_get_registers(const struct thread *thread, struct kernel_Registers *to);
bool arch_set_registers(struct thread *thread, const struct kernel_Registers *from);
void arch_set_instruction(struct thread *thread, uint64_t address);
/* Behind a breakpoint instruction, or a foreign call. */
void arch_skip(struct thread *thread);

/* Of a foreign call, in that system's order. */
void arch_foreign_arguments(const struct thread *thread, uint64_t arguments[6]);
/*
 * Upcalls: registers to the thread's frame page, which the kernel sees at
 * `page`, and in at the entry; and back. How the frame page looks is in
 * docs/kernel.md. `reason` of enum abi_upcall.
 */
void arch_upcall(struct thread *thread, void *page, uint32_t reason);
bool arch_resume(struct thread *thread, const void *page);

/* ---- page tables ---- */

/* arch_physical() sees all of a range. */
bool arch_sees(uint64_t from, uint64_t to);

/* `flags` of a page: enum kernel_Protection, and from this bit on enum
 * kernel_Caching. */
#define ARCH_CACHING_SHIFT 4

/* Frames for page tables come from, and go to, the space's quota
 * (space_table_frame() in kernel/space.h). False: none. */
bool arch_space_init(struct space *space);
/* All is unmapped, and no CPU has it. */
void arch_space_end(struct space *space);
/*
 * One page, in place of what is there. Like the two below it keeps count in
 * space->resident; and what went is used by no CPU any more when it returns, but
 * such as are in the kernel, which flush before they leave. False: no frame.
 */
bool arch_map(struct space *space, uint64_t address, uint64_t physical,
	uint32_t flags);
/* Takes the pages of a range away, in at most *steps steps. False: there is more
 * to do. */
bool arch_unmap(struct space *space, uint64_t from, uint64_t to, unsigned *steps);
/* The pages of a range can no longer be written. */
void arch_protect(struct space *space, uint64_t from, uint64_t to);
/* What is there: physical address and flags as of arch_map(), where caching may be
 * UNCACHED for all but WRITE_BACK; false: nothing. */
bool arch_look(struct space *space, uint64_t address, uint64_t *physical,
	uint32_t *flags);

/* ---- time and other CPUs ---- */

/* This CPU's timer: kernel_tick() at this time, or as soon as can be; once.
 * UINT64_MAX: not at all. */
void arch_timer_set(uint64_t when);
/* Makes another CPU call kernel_poke(). */
void arch_poke(struct cpu *cpu);
uint64_t arch_clock_resolution(void);	/* nanoseconds */
/* Nanoseconds from 1970 to the start, by the machine's clock; 0: unknown. */
int64_t arch_clock_start(void);
/* How a program computes the time: written to the clock's page (docs/kernel.md). */
void arch_clock_page(void *page);

/* ---- devices ---- */

/* Lines are 0 to ARCH_LINES - 1, messages above them, up to ARCH_INTERRUPTS - 1.
 * False: not there. */
#define ARCH_LINES 256
#define ARCH_INTERRUPTS 512
bool arch_interrupt_open(unsigned line, uint32_t trigger);
void arch_interrupt_mask(unsigned line, bool masked);
/* The device, or line, may interrupt again: once for each kernel_interrupt(). */
void arch_interrupt_done(unsigned line);
bool arch_interrupt_affinity(unsigned line, uint64_t cpus);
/* A message: which number its interrupt has; false: none is left. */
bool arch_message_open(unsigned *line, uint64_t *address, uint32_t *value);
void arch_interrupt_close(unsigned line);

/* False: there are no ports of this kind here. Width 1, 2 or 4. */
bool arch_port_read(uint16_t port, unsigned width, uint32_t *value);
bool arch_port_write(uint16_t port, unsigned width, uint32_t value);

/* ---- the machine ---- */

/* One character of the kernel's log, to where it is seen. Any time, no lock. */
void arch_put(char c);
/* `action` of enum kernel_PowerAction. Returns only if it cannot. */
void arch_power(uint32_t action, uint32_t code);
/* Stops this CPU and, as soon as can be, all others. */
_Noreturn void arch_halt(void);
/* Prints a backtrace by log_print(), with names. */
void arch_backtrace(void);
/* What of kernel.System.cpu_info only it knows. */
struct kernel_System_cpu_info_reply;
void arch_cpu_info(unsigned cpu, struct kernel_System_cpu_info_reply *info);
/* Random bits from the machine; false: it has none. */
bool arch_random(uint64_t *bits);

#endif
