/* Registers of threads of the fake machine; those of x86_64 by their names. */
#include <string.h>

#include "kernel/arch/host/host.h"
#include "kernel/thread.h"
#include "kernel.skald.h"

void arch_thread_start(struct thread *thread, uint64_t entry, uint64_t stack,
	uint64_t argument)
{
	thread->frame = (struct frame){.instruction = entry, .behind = entry,
		.stack = stack, .target = argument};
}

bool arch_thread_init(struct thread *thread)
{
	memset(&thread->arch, 0, sizeof thread->arch);
	return true;
}

void arch_thread_end(struct thread *thread)
{
	if (thread->arch.loaded)
		host_fail("a thread ends that a CPU has loaded", thread->object.id);
}

void arch_thread_load(struct thread *thread, struct thread *old, bool elsewhere)
{
	if (old && elsewhere)
		old->arch.loaded = false;
	if (thread)
		thread->arch.loaded = true;
	arch_switch(thread ? thread->space : NULL);
}

void arch_thread_save(struct thread *thread)
{
	thread->arch.loaded = false;
}

void arch_set_tls(struct thread *thread, uint64_t base)
{
	thread->arch.tls = base;
}

/* ---- floating point: bytes, of which the first is not 255 ---- */

uint32_t arch_vectors_size(void)
{
	return HOST_VECTORS;
}

void arch_get_vectors(struct thread *thread, void *to)
{
	memcpy(to, thread->arch.vectors, HOST_VECTORS);
}

bool arch_set_vectors(struct thread *thread, const void *from)
{
	if (*(const uint8_t *)from == 255)
		return false;
	memcpy(thread->arch.vectors, from, HOST_VECTORS);
	return true;
}

void arch_allow_vectors(struct thread *thread, bool allowed)
{
	thread->arch.vectors_allowed = allowed;
}

/* ---- debugging ---- */

bool arch_set_breakpoint(struct thread *thread, uint32_t index, uint32_t on,
	uint64_t address, uint32_t length)
{
	bool right = length == 1 || length == 2 || length == 4 || length == 8;

	if (index >= HOST_BREAKPOINTS || (on != kernel_BreakOn_NEVER &&
	    (!right || address % length != 0 || address >= USER_END ||
	     (on == kernel_BreakOn_EXECUTE && length != 1))))
		return false;
	thread->arch.breakpoints[index] = address;
	thread->arch.breakpoints_on[index] = on;
	return true;
}

void arch_set_step(struct thread *thread, bool on)
{
	thread->arch.step = on;
}

void arch_get_registers(const struct thread *thread, struct kernel_Registers *to)
{
	const struct frame *from = &thread->frame;

	memset(to, 0, sizeof *to);
	to->which = kernel_Registers_x86_64;
	to->as.x86_64 = (struct kernel_RegistersX86){.rax = from->head, .rdi = from->target,
		.rsi = from->words[0], .rdx = from->words[1], .r8 = from->words[2],
		.r9 = from->words[3], .r10 = from->words[4], .rbx = from->token,
		.r12 = from->time, .rip = from->instruction, .rsp = from->stack,
		.fs_base = thread->arch.tls};
}

bool arch_set_registers(struct thread *thread, const struct kernel_Registers *from)
{
	const struct kernel_RegistersX86 *x = &from->as.x86_64;

	if (from->which != kernel_Registers_x86_64)
		return false;
	thread->frame = (struct frame){.head = x->rax, .target = x->rdi,
		.words = {x->rsi, x->rdx, x->r8, x->r9, x->r10}, .token = x->rbx,
		.time = x->r12, .instruction = x->rip, .behind = x->rip, .stack = x->rsp};
	thread->arch.tls = x->fs_base;
	return true;
}

void arch_set_instruction(struct thread *thread, uint64_t address)
{
	thread->frame.instruction = address;
	thread->frame.again = 0;
}

void arch_skip(struct thread *thread)
{
	arch_set_instruction(thread, thread->frame.behind);
}

/* ---- foreign calls and upcalls ---- */

void arch_foreign_arguments(const struct thread *thread, uint64_t arguments[6])
{
	const uint64_t *words = thread->frame.words;

	memcpy(arguments, (uint64_t[6]){thread->frame.target, words[0], words[1],
		words[4], words[2], words[3]}, 6 * sizeof *arguments);
}

void arch_upcall(struct thread *thread, void *page, uint32_t reason)
{
	memcpy(page, &thread->frame, sizeof thread->frame);
	arch_thread_start(thread, thread->upcall_entry, thread->upcall_stack,
		thread->upcall_frame);
	thread->frame.words[0] = reason;
}

bool arch_resume(struct thread *thread, const void *page)
{
	struct frame frame;

	memcpy(&frame, page, sizeof frame);
	if (frame.instruction >= USER_END)
		return false;
	thread->frame = frame;
	return true;
}
