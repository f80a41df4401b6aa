/*
 * Exceptions and interrupts, once entry.S has the registers: to the portable
 * kernel's entries, in words of protocols/fault.skald.
 */
#include "fault.skald.h"
#include "kernel/arch/x86_64/local.h"
#include "kernel/log.h"
#include "kernel/thread.h"

#define DR6_NOTHING 0xffff0ff0

static uint64_t gates[256][2] __attribute__((aligned(16)));
bool traps_halting;

/* From entry.S. */
struct thread *traps_user(struct thread *thread);
struct thread *traps_interrupt(struct thread *thread, unsigned vector);
void traps_kernel(struct frame *frame);

void traps_start(void)
{
	static const uint8_t stacks[32] = {
		[VECTOR_NMI] = 1, [VECTOR_DEBUG] = 2, [VECTOR_DOUBLE] = 3,
		[VECTOR_MACHINE] = 4
	};

	for (unsigned i = 0; i < 256; i++) {
		uint64_t entry = entry_table[i];
		/* Only INT3 and INTO are for programs. */
		uint64_t kind = i == VECTOR_BREAKPOINT || i == 4 ? 0xee : 0x8e;
		uint64_t stack = i < 32 ? stacks[i] : 0;

		gates[i][0] = (entry & 0xffff) | KERNEL_CS << 16 | stack << 32 | kind << 40
			| (entry >> 16 & 0xffff) << 48;
		gates[i][1] = entry >> 32;
	}
}

void traps_start_cpu(void)
{
	struct descriptors at = { sizeof gates - 1, (uintptr_t)gates };

	__asm__ volatile("lidt %0" : : "m"(at));
}

struct thread *traps_interrupt(struct thread *thread, unsigned vector)
{
	switch (vector) {
	case VECTOR_TIMER:
		return apic_timer(thread);
	case VECTOR_POKE:
		apic_done();
		return kernel_poke(thread);
	case VECTOR_ASK:
		apic_done();
		cpu_answer(local_here());
		return thread;
	default:
		return apic_interrupt(thread, vector);
	}
}

static struct thread *page_fault(struct thread *thread, uint64_t error)
{
	return kernel_page_fault(thread, cr2_read(), error & 16 ? fault_Access_EXECUTE
		: error & 2 ? fault_Access_WRITE : fault_Access_READ);
}

/* A breakpoint or a step: DR6 says which. It is not to come at once again. */
static struct thread *debug(struct thread *thread)
{
	unsigned hit = (unsigned)dr6_read() & 15;

	dr6_write(DR6_NOTHING);
	thread->frame.rflags |= hit ? RFLAGS_RF : 0;
	return kernel_exception(thread, hit ? fault_Exception_HARDWARE_BREAKPOINT
		: fault_Exception_STEP, hit ? (uint32_t)__builtin_ctz(hit) : 0,
		thread->frame.rip);
}

static struct thread *floating(struct thread *thread, bool is_x87)
{
	uint32_t status = 0;

	if (is_x87)
		__asm__ volatile("fnstsw %w0" : "+a"(status));
	else
		__asm__ volatile("stmxcsr %0" : "=m"(status));
	return kernel_exception(thread, fault_Exception_FLOATING_POINT, status,
		thread->frame.rip);
}

struct thread *traps_user(struct thread *thread)
{
	static const uint8_t what[32] = {
		[0] = fault_Exception_DIVIDE, [3] = fault_Exception_BREAKPOINT,
		[4] = fault_Exception_BOUND, [5] = fault_Exception_BOUND,
		[6] = fault_Exception_ILLEGAL, [7] = fault_Exception_VECTORS_DENIED,
		[12] = fault_Exception_STACK, [17] = fault_Exception_ALIGNMENT,
		[18] = fault_Exception_MACHINE_CHECK, [21] = fault_Exception_CONTROL_FLOW
	};
	struct frame *frame = &thread->frame;
	unsigned vector = (unsigned)frame->entered;

	if (vector >= 32)
		return traps_interrupt(thread, vector);
	if (vector == VECTOR_PAGE)
		return page_fault(thread, frame->error);
	if (vector == VECTOR_DEBUG)
		return debug(thread);
	if (vector == VECTOR_X87 || vector == VECTOR_SIMD)
		return floating(thread, vector == VECTOR_X87);
	if (vector == VECTOR_NMI)
		traps_kernel(frame);
	if (vector == VECTOR_NMI || (vector == VECTOR_VECTORS && vectors_used(thread)))
		return thread;
	if (vector == VECTOR_BREAKPOINT)
		frame->rip--;		/* at the instruction: see arch_skip() */
	return kernel_exception(thread, what[vector] ? what[vector]
		: fault_Exception_PROTECTION, (uint32_t)frame->error, frame->rip);
}

/* An exception, or an NMI, in the kernel. Returns for the latter, and for such
 * #DB as a program can have come there (a breakpoint on the operand of POP SS,
 * and SYSCALL behind it). */
void traps_kernel(struct frame *frame)
{
	static const char names[15][4] = { "r15", "r14", "r13", "r12", "rbp", "rbx",
		"rsi", "rdx", "r8 ", "r9 ", "r10", "rdi", "rax", "rcx", "r11" };
	const uint64_t *registers = (const uint64_t *)frame;
	uint64_t offset, vector = frame->entered;
	const char *name;

	if (vector == VECTOR_NMI) {
		while (traps_halting)
			__asm__ volatile("cli; hlt");
		return;
	}
	if (vector == VECTOR_DEBUG) {
		dr6_write(DR6_NOTHING);
		frame->rflags &= ~(uint64_t)RFLAGS_TF;
		return;
	}
	name = symbol_name(frame->rip, &offset);
	for (unsigned i = 0; i < 15; i++)
		log_print("%s %016lx%s", names[i], registers[i], i % 4 == 3 ? "\n" : " ");
	log_print("rsp %016lx\ncr2 %016lx cr3 %016lx rflags %lx\n", frame->rsp,
		cr2_read(), cr3_read(), frame->rflags);
	panic("exception %lu (error %lx) in the kernel at %lx, %s+0x%lx", vector,
		frame->error, frame->rip, name, offset);
}
