/*
 * What the files of this folder share: per-CPU data, which gs points to; access
 * to registers of the CPU; and what each file offers to the others.
 */
#ifndef KERNEL_ARCH_X86_64_LOCAL_H
#define KERNEL_ARCH_X86_64_LOCAL_H

#include "kernel/arch/x86_64/machine.h"

/* The image: where it stands above its physical addresses, and these: of what is
 * executed, and of what is written. Multiples of 2 MiB. */
#define IMAGE_BASE 0xffffffff80000000
#define IMAGE_TEXT 0x200000
#define IMAGE_DATA 0x400000

/* Segments. SYSRET wants user data before user code. */
#define KERNEL_CS 0x08
#define USER_SS 0x1b
#define USER_CS 0x23
#define TSS_SELECTOR 0x28

/* Stacks of a CPU: one for what cannot trust the stack it finds each (NMI, #DB,
 * #DF, #MC), of a page whose first word is the struct local; then the kernel's. */
#define IST_SIZE 4096
#define IST_COUNT 4
#define STACK_SIZE 16384
#define STACKS_SIZE (IST_COUNT * IST_SIZE + STACK_SIZE)

/* Where other CPUs start: a page of low memory (head.S). */
#define TRAMPOLINE 0x8000

/* Vectors. Lines and messages have those from VECTOR_LINES up to VECTOR_TIMER. */
#define VECTOR_DEBUG 1
#define VECTOR_NMI 2
#define VECTOR_BREAKPOINT 3
#define VECTOR_VECTORS 7
#define VECTOR_DOUBLE 8
#define VECTOR_PAGE 14
#define VECTOR_X87 16
#define VECTOR_MACHINE 18
#define VECTOR_SIMD 19
#define VECTOR_LINES 0x30
#define VECTOR_TIMER 0xf0
#define VECTOR_POKE 0xf1
#define VECTOR_ASK 0xf2
#define VECTOR_SPURIOUS 0xff

#define RFLAGS_TF 0x100
#define RFLAGS_IF 0x200
#define RFLAGS_DF 0x400
#define RFLAGS_NT 0x4000
#define RFLAGS_RF 0x10000
#define RFLAGS_AC 0x40000

#define CR0_TS 0x8
#define CR3_KEEP (UINT64_C(1) << 63)

#define MSR_APIC_BASE 0x1b
#define MSR_MICROCODE 0x8b
#define MSR_PAT 0x277
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SFMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#ifndef __ASSEMBLER__
#include "kernel/arch/arch.h"

struct thread;

struct tss {
	uint32_t reserved;
	uint64_t rsp[3], reserved1, ist[7];
	uint16_t reserved2[5], ports;
} __attribute__((packed));

/* As LGDT and LIDT take it. */
struct descriptors {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

#define PCIDS 8

struct local {
	struct cpu *cpu;		/* first: arch_cpu() */
	struct local *self;
	uint64_t stack;			/* top of the kernel's */
	uint64_t scratch[3];		/* of entries */
	struct tss tss;			/* rsp[0]: the end of the frame of who runs */
	uint32_t apic_id;
	uint32_t asked;			/* by the lock's owner; see cpu_ask() */
	bool ts;			/* CR0.TS */
	uint8_t special;		/* SPECIAL_*: TS is clear, or breakpoints are set */
	uint64_t mask;			/* 1 << its index in locals */
	struct space *space;		/* CR3 is its; NULL: the kernel's */
	struct thread *owner;		/* whose floating point is */
	uint64_t debug_control;		/* DR7 */
	uint64_t timer;			/* when it is due; UINT64_MAX: never */
	struct arch_space *pcids[PCIDS];	/* that have these, from 1 on */
	uint64_t gdt[7];
	uint32_t features[FEATURE_WORDS];
	uint32_t signature;		/* CPUID 1 eax */
	uint32_t microcode;
} __attribute__((aligned(64)));

extern struct local locals[CPUS_MAX];

static inline struct local *local_here(void)
{
	struct local *local;

	__asm__("mov %%gs:8, %0" : "=r"(local));
	return local;
}

_Static_assert(offsetof(struct local, self) == 8, "as local_here() thinks");

/* ---- registers ---- */

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/* All zeros if the CPU does not have that leaf. */
struct cpuid cpuid(uint32_t leaf, uint32_t sub);

static inline uint64_t msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value),
		"d"((uint32_t)(value >> 32)) : "memory");
}

#define REGISTER(name) \
	static inline uint64_t name##_read(void) \
	{ \
		uint64_t value; \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(value)); \
		return value; \
	} \
	static inline void name##_write(uint64_t value) \
	{ \
		__asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory"); \
	}
REGISTER(cr0) REGISTER(cr2) REGISTER(cr3) REGISTER(cr4) REGISTER(dr0) REGISTER(dr1)
REGISTER(dr2) REGISTER(dr3) REGISTER(dr6) REGISTER(dr7)

#define PORT(type, suffix, read, write) \
	static inline type read(uint16_t port) \
	{ \
		type value; \
		__asm__ volatile("in" suffix " %1, %0" : "=a"(value) : "Nd"(port)); \
		return value; \
	} \
	static inline void write(uint16_t port, type value) \
	{ \
		__asm__ volatile("out" suffix " %0, %1" : : "a"(value), "Nd"(port)); \
	}
PORT(uint8_t, "b", inb, outb)
PORT(uint16_t, "w", inw, outw)
PORT(uint32_t, "l", inl, outl)

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* ---- boot.c ---- */
/* The kernel's root of page tables. Physical. */
extern char kernel_root[], image_start[], image_end[];
static inline uint64_t image_physical(const void *of)
{
	return (uint64_t)(uintptr_t)of - IMAGE_BASE;
}
/* Usable memory that nobody else has, below 4 GiB, zeroed; during start. */
uint64_t boot_take(uint64_t size);

/* ---- cpu.c ---- */
/* Makes this CPU one of ours, with the stacks that begin there. */
void cpu_start(unsigned index, void *stacks);
/* FSGSBASE, PCID. */
extern bool cpu_has_bases, cpu_has_pcid;
/* What is asked of CPUs: that they forget pages, or save a thread. */
struct cpu_ask {
	struct thread *thread;		/* NULL: pages */
	bool loads;			/* its bases are to be loaded, not saved */
	uint64_t address;
	size_t pages;
};
/*
 * Has CPUs do something, by index in `mask`, and returns when they have. Only the
 * lock's owner asks, itself too: the others run programs, or are idle, and are
 * interrupted; or they are in the kernel, and answer while they wait for the lock,
 * or when they have left.
 */
void cpu_ask(uint64_t mask, const struct cpu_ask *ask);
void cpu_answer(struct local *me);

/* ---- page.c ---- */
/* The direct map, up to `end`. */
void page_start(uint64_t end);
/* A device's registers, within 4 GiB: not cached any more. */
volatile void *page_device(uint64_t physical);
void page_answer(struct local *me, const struct cpu_ask *ask);

/* ---- fpu.c ---- */
extern uint32_t vectors_components;	/* XCR0; 0: no XSAVE */
void vectors_start(struct local *me);
/* The thread has used them: true if it may, and it can go on. */
bool vectors_used(struct thread *thread);
/* CR0.TS as it has to be for this thread. */
void vectors_load(struct local *me, struct thread *thread);
/* Its state to memory, if this CPU has it. */
void vectors_save(struct local *me, struct thread *thread);

/* ---- thread.c ---- */
void thread_answer(struct local *me, const struct cpu_ask *ask);
/* The end of the short way, if there is more to load than fast.S does. */
struct thread *thread_switched(struct thread *thread);

/* ---- acpi.c ---- */
#define CONTROLLERS_MAX 8
struct acpi {
	uint32_t apic_ids[CPUS_MAX];
	unsigned cpu_count;
	struct controller {		/* I/O APICs */
		uint32_t address;
		uint32_t first, count;	/* lines */
		volatile uint32_t *at;	/* this, and count: apic.c */
	} controllers[CONTROLLERS_MAX];
	unsigned controller_count;
	uint64_t hpet;			/* 0: none */
	uint8_t century;		/* register of the clock's; 0: none */
};
extern struct acpi acpi;
/* Reads what firmware says of CPUs and the rest. `root` 0: there is none. */
void acpi_start(uint64_t root);
void acpi_power_off(void);

/* ---- apic.c ---- */
void apic_start(void);
void apic_start_cpu(void);
void apic_done(void);
void apic_send(uint32_t apic_id, uint32_t command);
#define APIC_INIT 0x4500
#define APIC_STARTUP 0x4600
#define APIC_NMI 0x4400
#define APIC_FIXED 0x4000
#define APIC_OTHERS 0xc0000		/* to all of them */
/* An interrupt of a line or message came. */
struct thread *apic_interrupt(struct thread *thread, unsigned vector);
struct thread *apic_timer(struct thread *thread);

/* ---- time.c ---- */
void time_start(void);
void time_wait(uint64_t nanoseconds);

/* ---- console.c ---- */
void console_start(void);
/* Of a machine that stops, where an emulator hands it on. */
#define EXIT_HALTED 127
void console_exit(uint32_t code);

/* ---- traps.c ---- */
void traps_start(void);
void traps_start_cpu(void);
extern bool traps_halting;

/* ---- entry.S ---- */
void entry_call(void);			/* by the long way, always */
void entry_call_one(void);		/* of one CPU, without PCIDs */
void entry_call_any(void);
extern const uint64_t entry_table[256];
_Noreturn void entry_leave(struct thread *thread);

/* ---- backtrace.c ---- */
const char *symbol_name(uint64_t address, uint64_t *offset);

#endif
#endif
