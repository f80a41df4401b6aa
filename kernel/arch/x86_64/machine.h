/*
 * x86_64, as the portable kernel sees it; and, for assembly, what it has to know
 * of these structs. See kernel/arch/arch.h for the contracts.
 *
 * Addresses:
 *	0x10000 to 0x7ffffffff000	programs; the page above is never mapped,
 *					so no system call returns to where SYSRET
 *					would fault
 *	0xffff800000000000		all physical memory, not executable
 *	0xffffffff80000000		the kernel's image, at its physical address
 */
#ifndef KERNEL_ARCH_X86_64_MACHINE_H
#define KERNEL_ARCH_X86_64_MACHINE_H

#define PAGE_SHIFT 12
#define CPUS_MAX 32

/* frame.entered, besides the vectors: by SYSCALL. Only such a frame is left by
 * SYSRET: its rip is one that SYSCALL gave, its rcx and r11 do not count. */
#define ENTERED_CALL 256

/* What a thread, or a CPU, has besides: vectors, if fast.S can load them; vectors
 * that C has to load, and breakpoints. */
#define SPECIAL_VECTORS 1
#define SPECIAL_OTHER 2

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USER_BASE UINT64_C(0x10000)
#define USER_END UINT64_C(0x7ffffffff000)
#define DIRECT_BASE UINT64_C(0xffff800000000000)
#define BREAKPOINTS 4

struct cpu;
struct local;

/* Exceptions and interrupts from programs push right into it, so it ends at a
 * multiple of 16. */
struct frame {
	uint64_t r15, r14, r13;
	uint64_t r12;			/* time */
	uint64_t rbp;
	uint64_t rbx;			/* token */
	uint64_t words[5];		/* rsi rdx r8 r9 r10 */
	uint64_t rdi;			/* target */
	uint64_t rax;			/* head */
	uint64_t rcx, r11;
	uint64_t entered;		/* the vector, or ENTERED_CALL */
	uint64_t error;			/* of exceptions that have one */
	uint64_t rip, cs, rflags, rsp, ss;
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct frame) % 16 == 0, "as the CPU aligns its stack");

struct arch_space {
	uint64_t root;			/* frame of the top table */
	uint64_t pcid;			/* 0: none */
	uint64_t cr3;			/* with both, where what is kept is good */
	uint64_t warm;			/* that is on these CPUs, by struct local */
	uint64_t loose;			/* tables to be freed with the next flush */
	uint64_t empty;			/* a page of the last table that became so */
};

struct arch_thread {
	uint64_t fs_base;		/* good unless a CPU has it loaded */
	uint64_t gs_base;
	struct local *vectors_on;	/* whose registers hold floating point */
	uint8_t *vectors;		/* what XSAVE writes */
	uint64_t debug[BREAKPOINTS];
	uint64_t debug_control;		/* DR7; 0: none is set */
	bool vectors_allowed;
	uint8_t vectors_soon;		/* it used them lately */
	uint8_t special;		/* SPECIAL_*: what of these it has */
};

/*
 * The frame page of upcalls begins with the reason (enum abi_upcall, 8 bytes)
 * and registers as kernel.RegistersX86 has them, without the bases. A foreign
 * call brings rax, rip, rsp and rflags there, and leaves all others to the shim
 * in registers, but for rcx, which has the frame's address, and r11, which has
 * the reason (Linux destroys both). A signal brings them all, with the same two
 * replaced. RESUME takes them all. Floating point is the shim's to keep, by
 * XSAVE, if anybody needs it.
 */

/* The first bytes of the clock's page: nanoseconds are
 * ((rdtsc - base) * multiplier) >> 32, of 128 bits. */
struct clock_counter {
	uint64_t base;
	uint64_t multiplier;
};
extern struct clock_counter clock_counter;

/*
 * `features` of kernel.System.cpu_info: registers of CPUID leaves, in order:
 * 1 edx, 1 ecx, 7 ebx, 7 ecx, 7 edx, 80000001 edx, 80000001 ecx, 80000007 edx,
 * D.1 eax, and then the low half of XCR0.
 */
#define FEATURE_WORDS 10

static inline struct cpu *arch_cpu(void)
{
	struct cpu *cpu;

	__asm__("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* The lock: cpu.c. */
extern bool cpu_lock;
void cpu_wait(void);

static inline void arch_lock(void)
{
	if (__builtin_expect(__atomic_exchange_n(&cpu_lock, true, __ATOMIC_ACQUIRE), 0))
		cpu_wait();
}

static inline void arch_unlock(void)
{
	__atomic_store_n(&cpu_lock, false, __ATOMIC_RELEASE);
}

static inline void *arch_physical(uint64_t address)
{
	return (void *)(DIRECT_BASE + address);
}

static inline void arch_copy_words(void *to, const void *from, size_t words)
{
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

static inline void arch_zero_words(void *at, size_t words)
{
	__asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(0) : "memory");
}

static inline uint64_t clock_read(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline uint64_t arch_now(void)
{
	__extension__ typedef unsigned __int128 wide;

	return (uint64_t)(((wide)(clock_read() - clock_counter.base)
		* clock_counter.multiplier) >> 32);
}

#define FRAME_ACCESS(name, field) \
	static inline uint64_t frame_##name(const struct frame *frame) \
	{ \
		return frame->field; \
	} \
	static inline void frame_set_##name(struct frame *frame, uint64_t value) \
	{ \
		frame->field = value; \
	}
FRAME_ACCESS(head, rax)
FRAME_ACCESS(target, rdi)
FRAME_ACCESS(token, rbx)
FRAME_ACCESS(time, r12)
FRAME_ACCESS(foreign, rax)
#undef FRAME_ACCESS

static inline uint64_t frame_instruction(const struct frame *frame)
{
	return frame->rip;
}

static inline uint64_t *frame_words(struct frame *frame)
{
	return frame->words;
}

static inline void frame_restart(struct frame *frame)
{
	frame->rip -= 2;		/* SYSCALL's length */
}

#endif
#endif
