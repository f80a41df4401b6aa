/* Operations of threads (protocols/kernel.skald). */
#include "kernel/endpoint.h"
#include "kernel/operation.h"
#include "kernel/quota.h"
#include "kernel/sched.h"
#include "kernel/space.h"
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

OPERATION(Thread, thread, start, CONTROL)
{
	if (thread->state != kernel_ThreadState_NEW)
		return kernel_Error_BAD_STATE;
	if (request->entry >= USER_END || request->stack > USER_END)
		return kernel_Error_BAD_ADDRESS;
	if (thread->space->state >= kernel_SpaceState_ENDING)
		return kernel_Error_ENDED;
	arch_thread_start(thread, request->entry, request->stack, request->argument);
	thread_start(thread);
	return ANSWER(Thread, start, 0);
}

OPERATION(Thread, thread, suspend, CONTROL)
{
	if (thread->is_ended)
		return kernel_Error_ENDED;
	thread_suspend(thread);
	return ANSWER(Thread, suspend, 0);
}

OPERATION(Thread, thread, proceed, CONTROL)
{
	if (thread->suspended == 0)
		return kernel_Error_BAD_STATE;
	thread_proceed(thread);
	return ANSWER(Thread, proceed, 0);
}

OPERATION(Thread, thread, kill, DESTROY)
{
	thread_kill(thread, request->code);
	return ANSWER(Thread, kill, 0);
}

OPERATION(Thread, thread, interrupt, CONTROL)
{
	thread_interrupt(thread);
	return ANSWER(Thread, interrupt, 0);
}

OPERATION(Thread, thread, state, INSPECT)
{
	return ANSWER(Thread, state, .state = (kernel_ThreadState)thread->state,
		.code = thread->code, .user_time = thread->user_time,
		.kernel_time = thread->kernel_time,
		.cpu = thread->cpu ? thread->cpu->index : 0,
		.priority = thread->priority);
}

OPERATION(Thread, thread, watch, INSPECT)
{
	if (!call_watch(call, to, request->notify, request->bits, &thread->ended))
		return 0;
	if (thread->is_ended)
		watch_fire(&thread->ended);
	return ANSWER(Thread, watch, 0);
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

OPERATION(Thread, thread, set_registers, WRITE)
{
	if (!is_still(thread))
		return kernel_Error_BAD_STATE;
	if (!arch_set_registers(thread, &request->values))
		return kernel_Error_NOT_SUPPORTED;
	return ANSWER(Thread, set_registers, 0);
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

OPERATION(Thread, thread, set_vectors, WRITE)
{
	uint32_t size = arch_vectors_size();

	if (!is_still(thread))
		return kernel_Error_BAD_STATE;
	if (request->data.size != size || size > VECTORS_MAX)
		return kernel_Error_INVALID;
	if (sk_lease_read(to, &request->data, 0, vectors, size, NULL) != SK_OK)
		return SK_LEASE_FAULT;
	if (!arch_set_vectors(thread, vectors))
		return kernel_Error_INVALID;
	return ANSWER(Thread, set_vectors, 0);
}

OPERATION(Thread, thread, set_tls, WRITE)
{
	if (request->base >= USER_END)
		return kernel_Error_BAD_ADDRESS;
	arch_set_tls(thread, request->base);
	return ANSWER(Thread, set_tls, 0);
}

OPERATION(Thread, thread, set_breakpoint, CONTROL)
{
	if (!arch_set_breakpoint(thread, request->index, (uint32_t)request->on,
			request->address, request->length))
		return kernel_Error_INVALID;
	return ANSWER(Thread, set_breakpoint, 0);
}

/* ---- how it runs ---- */

OPERATION(Thread, thread, set_priority, CONTROL)
{
	if (request->priority > thread->object.quota->priority ||
	    request->priority > kernel_PRIORITY_MAX)
		return kernel_Error_INVALID;
	thread->priority = (uint8_t)request->priority;
	sched_inherit(thread);
	return ANSWER(Thread, set_priority, 0);
}

OPERATION(Thread, thread, set_affinity, CONTROL)
{
	if (!sched_set_affinity(thread, request->cpus))
		return kernel_Error_INVALID;
	return ANSWER(Thread, set_affinity, 0);
}

OPERATION(Thread, thread, affinity, INSPECT)
{
	return ANSWER(Thread, affinity, .cpus = thread->affinity);
}

OPERATION(Thread, thread, set_vectors_allowed, CONTROL)
{
	thread->vectors_allowed = request->allowed;
	arch_allow_vectors(thread, request->allowed);
	return ANSWER(Thread, set_vectors_allowed, 0);
}

OPERATION(Thread, thread, set_slots, CONTROL)
{
	uint64_t address = request->address;
	kernel_error error = thread_set_slots(thread, request->count, &address);

	return error ? error : ANSWER(Thread, set_slots, .address = address);
}

/* ---- who is told ---- */

OPERATION(Thread, thread, set_fault_handler, CONTROL)
{
	struct session *before = thread->handler, *handler =
		request->has_handler ? call_session(call, to, request->handler.raw) : NULL;

	if (request->has_handler && !handler)
		return 0;
	if (thread->is_ended)
		return kernel_Error_ENDED;
	if (handler)
		session_open(handler);
	thread->handler = handler;
	if (before)
		session_close(before);
	return ANSWER(Thread, set_fault_handler, 0);
}

OPERATION(Thread, thread, set_upcall, CONTROL)
{
	kernel_error error = upcall_set(thread, request->frame, request->entry,
		request->stack, request->exit_begin, request->exit_end);

	return error ? error : ANSWER(Thread, set_upcall, 0);
}

OPERATION(Thread, thread, set_tracing, CONTROL)
{
	thread->tracing = request->tracing;
	arch_set_step(thread, (request->tracing & kernel_Tracing_STEP) != 0);
	return ANSWER(Thread, set_tracing, 0);
}

static const struct kernel_Thread_ops operations = {
	OBJECT_OPERATIONS,
	.start = op_start,
	.suspend = op_suspend,
	.proceed = op_proceed,
	.kill = op_kill,
	.interrupt = op_interrupt,
	.state = op_state,
	.watch = op_watch,
	.get_registers = op_get_registers,
	.set_registers = op_set_registers,
	.get_vectors = op_get_vectors,
	.set_vectors = op_set_vectors,
	.set_tls = op_set_tls,
	.set_priority = op_set_priority,
	.set_affinity = op_set_affinity,
	.affinity = op_affinity,
	.set_vectors_allowed = op_set_vectors_allowed,
	.set_slots = op_set_slots,
	.set_fault_handler = op_set_fault_handler,
	.set_upcall = op_set_upcall,
	.set_tracing = op_set_tracing,
	.set_breakpoint = op_set_breakpoint,
};

int thread_dispatch(struct kernel_call *call, struct sk_incoming *incoming)
{
	return kernel_Thread_dispatch(&operations, call, incoming);
}
