/*
 * What a thread has in registers: its frame, as others see it and set it; the
 * bases of fs and gs, and breakpoints, which stay in the CPU's registers until
 * another thread is loaded there.
 */
#include "kernel.skald.h"
#include "kernel/arch/x86_64/local.h"
#include "kernel/frame.h"
#include "kernel/handover.h"
#include "kernel/space.h"
#include "kernel/thread.h"

/* What programs can have of RFLAGS: CF PF AF ZF SF TF DF OF AC ID. */
#define RFLAGS_USER 0x240dd5
/* Those of fs and gs that WRFSBASE takes, and no other. */
#define BASE_BITS (USER_END | PAGE_MASK)

/* What IRETQ takes without a fault: others become the page where nothing is. */
static void set_rip(struct frame *frame, uint64_t address)
{
	frame->rip = address < USER_END ? address : USER_END;
	frame->entered = 0;
	frame->cs = USER_CS;
	frame->ss = USER_SS;
}

void arch_thread_start(struct thread *thread, uint64_t entry, uint64_t stack,
	uint64_t argument)
{
	thread->frame = (struct frame){ .rdi = argument, .rsp = stack,
		.rflags = RFLAGS_IF | 2 };
	set_rip(&thread->frame, entry);
}

/* ---- bases and breakpoints ---- */

static void bases_save(struct thread *thread)
{
	if (!cpu_has_bases)
		return;			/* nobody but us can have set them */
	__asm__ volatile("rdfsbase %0; swapgs; rdgsbase %1; swapgs"
		: "=&r"(thread->arch.fs_base), "=&r"(thread->arch.gs_base));
}

static void bases_load(const struct thread *thread)
{
	if (cpu_has_bases) {
		__asm__ volatile("wrfsbase %0; swapgs; wrgsbase %1; swapgs"
			: : "r"(thread->arch.fs_base), "r"(thread->arch.gs_base));
	} else {
		msr_write(MSR_FS_BASE, thread->arch.fs_base);
		msr_write(MSR_KERNEL_GS_BASE, thread->arch.gs_base);
	}
}

static inline void bases_swap(struct arch_thread *old, const struct arch_thread *new)
{
	__asm__ volatile("rdfsbase %0; wrfsbase %2; swapgs; rdgsbase %1; wrgsbase %3; swapgs"
		: "=&r"(old->fs_base), "=&r"(old->gs_base)
		: "r"(new->fs_base), "r"(new->gs_base));
}

static void debug_load(struct local *me, const struct thread *thread)
{
	const uint64_t *debug = thread->arch.debug;

	me->debug_control = thread->arch.debug_control;
	me->special |= me->debug_control ? SPECIAL_OTHER : 0;
	dr7_write(0);
	if (!me->debug_control)
		return;
	dr0_write(debug[0]);
	dr1_write(debug[1]);
	dr2_write(debug[2]);
	dr3_write(debug[3]);
	dr7_write(me->debug_control);
}

/* The CPU that has it loaded, by its mask; or 0. */
static uint64_t loaded_on(const struct thread *thread)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (cpus[i].loaded == thread)
			return locals[i].mask;
	return 0;
}

void thread_answer(struct local *me, const struct cpu_ask *ask)
{
	struct thread *thread = ask->thread;

	if (ask->loads)
		bases_load(thread);
	else if (me->cpu->loaded == thread)
		bases_save(thread);
	vectors_save(me, thread);
}

void arch_thread_save(struct thread *thread)
{
	const struct cpu_ask ask = { .thread = thread };
	const struct local *vectors = thread->arch.vectors_on;

	cpu_ask(loaded_on(thread) | (vectors ? vectors->mask : 0), &ask);
}

static __attribute__((noinline)) void load_special(struct local *me, struct thread *thread)
{
	if (thread->arch.debug_control | me->debug_control)
		debug_load(me, thread);
	vectors_load(me, thread);
}

void arch_thread_load(struct thread *thread, struct thread *old, bool elsewhere)
{
	struct local *me = local_here();

	if (me->space != (thread ? thread->space : NULL))
		arch_switch(thread ? thread->space : NULL);
	if (thread)
		me->tss.rsp[0] = (uintptr_t)(&thread->frame + 1);
	if (old && thread && cpu_has_bases)
		bases_swap(&old->arch, &thread->arch);
	else if (old)
		bases_save(old);
	if (old && elsewhere)
		vectors_save(me, old);
	if (!thread)
		return;
	if (!old || !cpu_has_bases)
		bases_load(thread);
	if (UNLIKELY(me->special | thread->arch.special))
		load_special(me, thread);
}

struct thread *thread_switched(struct thread *thread)
{
	sched_switch_to(arch_cpu(), thread);
	arch_unlock();
	return thread;
}

void arch_set_tls(struct thread *thread, uint64_t base)
{
	const struct cpu_ask ask = { .thread = thread, .loads = true };

	arch_thread_save(thread);
	thread->arch.fs_base = base & BASE_BITS;
	cpu_ask(loaded_on(thread), &ask);
}

bool arch_set_breakpoint(struct thread *thread, uint32_t index, uint32_t on,
	uint64_t address, uint32_t length)
{
	static const uint8_t kinds[4] = { 0, 0, 1, 3 };
	static const uint8_t lengths[9] = { [2] = 1, [4] = 3, [8] = 2 };
	uint64_t *control = &thread->arch.debug_control, bits = 0;

	if (index >= BREAKPOINTS || on > kernel_BreakOn_ACCESS)
		return false;
	if (on != kernel_BreakOn_NEVER) {
		if (length > 8 || (length != 1 && !lengths[length])
				|| (length != 1 && on == kernel_BreakOn_EXECUTE)
				|| address >= USER_END || address & (length - 1))
			return false;
		bits = (uint64_t)(kinds[on] | lengths[length] << 2) << (16 + 4 * index)
			| UINT64_C(2) << 2 * index;
		thread->arch.debug[index] = address;
	}
	*control &= ~(UINT64_C(0xf) << (16 + 4 * index) | UINT64_C(3) << 2 * index);
	*control |= bits;
	thread->arch.special |= *control ? SPECIAL_OTHER : 0;
	if (loaded_on(thread) == local_here()->mask)
		debug_load(local_here(), thread);
	return true;
}

void arch_set_step(struct thread *thread, bool on)
{
	thread->frame.rflags &= ~(uint64_t)RFLAGS_TF;
	thread->frame.rflags |= on ? RFLAGS_TF : 0;
}

/* ---- registers ---- */

static struct kernel_RegistersX86 registers(const struct frame *from)
{
	bool call = from->entered == ENTERED_CALL;

	return (struct kernel_RegistersX86){ from->rax, from->rbx,
		call ? from->rip : from->rcx, from->words[1], from->words[0],
		from->rdi, from->rbp, from->rsp, from->words[2], from->words[3],
		from->words[4], call ? from->rflags : from->r11, from->r12,
		from->r13, from->r14, from->r15, from->rip, from->rflags, 0, 0 };
}

static void set_registers(struct frame *to, const struct kernel_RegistersX86 *from)
{
	*to = (struct frame){ from->r15, from->r14, from->r13, from->r12, from->rbp,
		from->rbx, { from->rsi, from->rdx, from->r8, from->r9, from->r10 },
		from->rdi, from->rax, from->rcx, from->r11, .rsp = from->rsp,
		.rflags = (from->rflags & RFLAGS_USER) | RFLAGS_IF | 2 };
	set_rip(to, from->rip);
}

void arch_get_registers(const struct thread *thread, struct kernel_Registers *to)
{
	to->which = kernel_Registers_x86_64;
	to->as.x86_64 = registers(&thread->frame);
	to->as.x86_64.fs_base = thread->arch.fs_base;
	to->as.x86_64.gs_base = thread->arch.gs_base;
}

bool arch_set_registers(struct thread *thread, const struct kernel_Registers *from)
{
	if (from->which != kernel_Registers_x86_64)
		return false;
	set_registers(&thread->frame, &from->as.x86_64);
	thread->arch.fs_base = from->as.x86_64.fs_base & BASE_BITS;
	thread->arch.gs_base = from->as.x86_64.gs_base & BASE_BITS;
	return true;
}

void arch_set_instruction(struct thread *thread, uint64_t address)
{
	set_rip(&thread->frame, address);
}

/* Behind SYSCALL it is already. */
void arch_skip(struct thread *thread)
{
	if (thread->frame.entered == VECTOR_BREAKPOINT)
		set_rip(&thread->frame, thread->frame.rip + 1);
}

/* ---- foreign calls and upcalls ---- */

void arch_foreign_arguments(const struct thread *thread, uint64_t arguments[6])
{
	const struct frame *frame = &thread->frame;
	const uint64_t in_order[6] = { frame->rdi, frame->words[0], frame->words[1],
		frame->words[4], frame->words[2], frame->words[3] };

	__builtin_memcpy(arguments, in_order, sizeof in_order);
}

struct upcall_frame {
	uint64_t reason;
	struct kernel_RegistersX86 registers;
};

void arch_upcall(struct thread *thread, void *page, uint32_t reason)
{
	struct frame *frame = &thread->frame;
	struct upcall_frame *to = page;

	to->reason = reason;
	if (reason == ABI_UPCALL_FOREIGN) {
		to->registers.rax = frame->rax;
		to->registers.rip = frame->rip;
		to->registers.rsp = frame->rsp;
		to->registers.rflags = frame->rflags;
	} else {
		to->registers = registers(frame);
	}
	set_rip(frame, thread->upcall_entry);
	frame->rsp = thread->upcall_stack;
	frame->rcx = thread->upcall_frame;
	frame->r11 = reason;
	frame->rflags &= ~(uint64_t)(RFLAGS_DF | RFLAGS_TF | RFLAGS_AC);
}

bool arch_resume(struct thread *thread, const void *page)
{
	struct upcall_frame from;

	__builtin_memcpy(&from, page, sizeof from);	/* once: it can change */
	set_registers(&thread->frame, &from.registers);
	return true;
}
