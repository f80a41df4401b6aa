/*
 * The kernel's entries, but for system calls: each takes the lock, tells whose
 * the time was, acts, and leaves with who runs next. And how all of it begins.
 */
#include "kernel/arch/arch.h"

#include "kernel/deadline.h"
#include "kernel/device.h"
#include "kernel/endpoint.h"
#include "kernel/fault.h"
#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/object.h"
#include "kernel/pool.h"
#include "kernel/quota.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/system.h"
#include "kernel/timer.h"
#include "kernel/trace.h"
#include "kernel/word.h"

/* How often an idle CPU tries to end what is left to do; and until it does again:
 * it may wait for another CPU. */
#define ROUNDS_MAX 16
#define PAUSE UINT64_C(100000)

static struct cpu *enter(void)
{
	struct cpu *cpu = arch_cpu();

	arch_lock();
	sched_account(cpu, false);
	return cpu;
}

static struct thread *leave(struct cpu *cpu)
{
	sched_account(cpu, true);
	return kernel_leave();
}

/* All that was left to do is done. */
static bool is_done(void)
{
	return list_is_empty(&endpoints_work) && list_is_empty(&objects_unreferenced);
}

static void do_some(void)
{
	unsigned steps = OBJECT_STEPS;

	endpoint_work(&steps);
	object_reap(OBJECT_STEPS);
	endpoint_work(&steps);
}

struct thread *kernel_leave(void)
{
	struct thread *thread;

	system_tell_log();
	for (unsigned rounds = 0;; rounds++) {
		if (!is_done())
			do_some();
		thread = sched_next();
		if (thread || is_done())
			break;
		if (rounds == ROUNDS_MAX) {
			sched_timer(arch_cpu(), arch_now() + PAUSE);
			break;
		}
		arch_unlock();
		arch_lock();
	}
	arch_unlock();
	return thread;
}

/* ---- at the start ---- */

struct thread *kernel_start(const struct arch_boot *boot)
{
	struct quota *root;

	arch_lock();
	sched_init();
	sched_init_cpu(arch_cpu(), 0);
	endpoint_init();
	frame_init(boot);
	pool_init();
	quota_init();
	memory_init();
	root = quota_root();
	spaces_init();
	word_init();
	interrupt_init();
	io_ports_init();
	trace_init(root);
	clock_init(root);
	system_init(root, boot);
	system_first_program(root);
	return kernel_leave();
}

struct thread *kernel_join(void)
{
	struct cpu *cpu = arch_cpu();

	arch_lock();
	sched_init_cpu(cpu, (unsigned)(cpu - cpus));
	return kernel_leave();
}

/* ---- what comes from the machine ---- */

struct thread *kernel_tick(struct thread *thread)
{
	struct cpu *cpu = enter();
	unsigned steps = OBJECT_STEPS;

	cpu->timer = ABI_FOREVER;
	if (thread && arch_now() >= cpu->slice) {
		if (cpu->top >= 0)
			sched_want_look(cpu);
		else
			cpu->slice = arch_now() + SCHED_SLICE;
	}
	deadline_run(&steps);
	return leave(cpu);
}

struct thread *kernel_interrupt(struct thread *thread, unsigned line)
{
	struct cpu *cpu = enter();

	(void)thread;
	interrupt_came(line);
	return leave(cpu);
}

struct thread *kernel_poke(struct thread *thread)
{
	struct cpu *cpu = enter();

	(void)thread;
	sched_want_look(cpu);
	return leave(cpu);
}

/* ---- what comes from programs ---- */

/* If its handler runs at once, nothing else is to be decided. */
static struct thread *leave_fault(struct cpu *cpu)
{
	struct thread *handler = cpu->current;

	if (handler == cpu->loaded || handler->state != kernel_ThreadState_RUNNING ||
			cpu->wants_look)
		return leave(cpu);
	sched_load(cpu, handler);
	arch_unlock();
	return handler;
}

struct thread *kernel_page_fault(struct thread *thread, uint64_t address,
	uint32_t access)
{
	struct cpu *cpu = enter();
	uint32_t reason = 0;

	/* One that another CPU has killed meanwhile is not to wait for anything. */
	if (!thread->is_killed && space_touch(thread->space, address, access, thread,
			&reason) == TOUCH_FAULT)
		fault_page(thread, address, access, reason);
	return leave_fault(cpu);
}

struct thread *kernel_exception(struct thread *thread, uint32_t what, uint32_t code,
	uint64_t address)
{
	struct cpu *cpu = enter();

	if (!thread->is_killed)
		fault_exception(thread, what, code, address);
	return leave_fault(cpu);
}
