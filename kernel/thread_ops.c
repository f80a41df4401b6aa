/* Operations of threads (protocols/kernel.skald). */
#include "kernel/endpoint.h"
#include "kernel/quota.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/steps.h"
#include "kernel/thread.h"
#include "kernel/upcall.h"

#define VECTORS_MAX 16384

/* One for all, as the lock is. */
static _Alignas(64) uint8_t vectors[VECTORS_MAX];

/* Its registers are nobody's while it is so. */
static bool is_still(const struct thread *thread)
{
	return thread->state == kernel_ThreadState_NEW ||
		thread->state == kernel_ThreadState_SUSPENDED ||
		thread->state == kernel_ThreadState_FAULTED ||
		thread->state == kernel_ThreadState_STOPPED;
}

/* ---- life ---- */

COMMAND(Thread, thread, start, CONTROL)
{
	if (thread->state != kernel_ThreadState_NEW)
		return kernel_Error_BAD_STATE;
	if (request->entry >= USER_END || request->stack > USER_END)
		return kernel_Error_BAD_ADDRESS;
	if (thread->space->state >= kernel_SpaceState_ENDING)
		return kernel_Error_ENDED;
	arch_thread_start(thread, request->entry, request->stack, request->argument);
	thread_start(thread);
	return 0;
}

COMMAND(Thread, thread, suspend, CONTROL)
{
	if (thread->is_ended)
		return kernel_Error_ENDED;
	thread_suspend(thread);
	return 0;
}

COMMAND(Thread, thread, proceed, CONTROL)
{
	if (thread->suspended == 0)
		return kernel_Error_BAD_STATE;
	thread_proceed(thread);
	return 0;
}

COMMAND(Thread, thread, kill, DESTROY)
{
	thread_kill(thread, request->code);
	return 0;
}

COMMAND(Thread, thread, interrupt, CONTROL)
{
	thread_interrupt(thread);
	return 0;
}

OPERATION(Thread, thread, state, INSPECT)
{
	if (thread->cpu && thread->cpu->current == thread)
		sched_account(thread->cpu, false);
	return ANSWER(Thread, state, .state = (kernel_ThreadState)thread->state,
		.code = thread->code, .user_time = thread->user_time,
		.kernel_time = thread->kernel_time,
		.cpu = thread->cpu ? thread->cpu->index : 0,
		.priority = thread->priority, .cpus = thread->affinity);
}

COMMAND(Thread, thread, watch, INSPECT)
{
	return call_watch(call, request->notify, request->bits, &thread->ended,
		thread->is_ended);
}

/* ---- registers ---- */

OPERATION(Thread, thread, get_registers, READ)
{
	struct kernel_Thread_get_registers_reply reply;

	if (!is_still(thread))
		return kernel_Error_BAD_STATE;
	kernel_Thread_get_registers_reply_init(&reply);
	arch_get_registers(thread, &reply.values);
	kernel_Thread_get_registers_answer(to, 0, &reply);
	return 0;
}

COMMAND(Thread, thread, set_registers, WRITE)
{
	if (!is_still(thread))
		return kernel_Error_BAD_STATE;
	return arch_set_registers(thread, &request->values) ? 0 :
		kernel_Error_NOT_SUPPORTED;
}

OPERATION(Thread, thread, get_vectors, READ)
{
	uint32_t size = arch_vectors_size();

	if (!is_still(thread))
		return kernel_Error_BAD_STATE;
	if (request->data.size < size || size > VECTORS_MAX)
		return kernel_Error_INVALID;
	arch_get_vectors(thread, vectors);
	if (sk_lease_write(to, &request->data, 0, vectors, size, NULL) != SK_OK)
		return SK_LEASE_FAULT;
	return ANSWER(Thread, get_vectors, .size = size);
}

COMMAND(Thread, thread, set_vectors, WRITE)
{
	uint32_t size = arch_vectors_size();

	if (!is_still(thread))
		return kernel_Error_BAD_STATE;
	if (request->data.size != size || size > VECTORS_MAX)
		return kernel_Error_INVALID;
	if (sk_lease_read(to, &request->data, 0, vectors, size, NULL) != SK_OK)
		return SK_LEASE_FAULT;
	return arch_set_vectors(thread, vectors) ? 0 : kernel_Error_INVALID;
}

COMMAND(Thread, thread, set_tls, WRITE)
{
	if (request->base >= USER_END)
		return kernel_Error_BAD_ADDRESS;
	arch_set_tls(thread, request->base);
	return 0;
}

COMMAND(Thread, thread, set_breakpoint, CONTROL)
{
	return arch_set_breakpoint(thread, request->index, (uint32_t)request->on,
		request->address, request->length) ? 0 : kernel_Error_INVALID;
}

/* ---- how it runs ---- */

COMMAND(Thread, thread, set_priority, CONTROL)
{
	if (request->priority > thread->object.quota->priority ||
	    request->priority > kernel_PRIORITY_MAX)
		return kernel_Error_INVALID;
	thread->priority = (uint8_t)request->priority;
	sched_inherit(thread);
	return 0;
}

COMMAND(Thread, thread, set_affinity, CONTROL)
{
	return sched_set_affinity(thread, request->cpus) ? 0 : kernel_Error_INVALID;
}

COMMAND(Thread, thread, yield, CONTROL)
{
	sched_end_turn(thread);
	return 0;
}

COMMAND(Thread, thread, set_vectors_allowed, CONTROL)
{
	arch_allow_vectors(thread, request->allowed);
	return 0;
}

OPERATION(Thread, thread, set_slots, CONTROL)
{
	struct memory *made = call_made_before(call, &memory_type, request->count,
		thread->object.quota);
	uint64_t address = request->address;
	kernel_error error = thread_set_slots(thread, request->count, &address, &made,
		&call->steps);

	if (made)
		return call_make_more(call, &made->object, request->count);
	return error ? error : ANSWER(Thread, set_slots, .address = address);
}

/* ---- who is told ---- */

COMMAND(Thread, thread, set_fault_handler, CONTROL)
{
	struct session *before = thread->handler, *handler = ARGUMENT(session, handler);

	if (request->has_handler && !handler)
		return SK_BAD_HANDLE;
	if (thread->is_ended)
		return kernel_Error_ENDED;
	if (handler)
		session_open(handler);
	thread->handler = handler;
	if (before)
		session_close(before);
	return 0;
}

COMMAND(Thread, thread, set_upcall, CONTROL)
{
	return upcall_set(thread, request->frame, request->entry, request->stack,
		request->exit_begin, request->exit_end);
}

COMMAND(Thread, thread, set_tracing, CONTROL)
{
	thread->tracing = request->tracing;
	arch_set_step(thread, (request->tracing & kernel_Tracing_STEP) != 0);
	return 0;
}

OBJECT_TYPE(Thread, thread, THREAD, .offset = offsetof(struct thread, object),
	.unused = thread_unused, .destroy = thread_end)
