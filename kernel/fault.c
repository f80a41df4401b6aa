/*
 * Faults: the thread becomes the caller of its handler. What is sent is encoded,
 * and what comes back decoded, as any program would do it.
 */
#include "kernel/fault.h"

#include "kernel/handover.h"
#include "kernel/log.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/trace.h"
#include "kernel/upcall.h"
#include "fault.skald.h"

_Static_assert(fault_Handler_foreign_call_request_MAXSIZE <= THREAD_FAULT_BYTES &&
	fault_Handler_page_fault_reply_MAXSIZE <= ABI_WORD_BYTES &&
	fault_Handler_foreign_call_reply_MAXSIZE <= ABI_WORD_BYTES, "they fit");

struct answer {
	fault_Action action;
	uint64_t at;
	uint64_t result;
};

static const char *name_of(uint32_t kind)
{
	return kind == fault_Handler_page_fault_request_ID ? "page fault" :
		kind == fault_Handler_exception_request_ID ? "exception" :
		"foreign call";
}

/* Nobody says how it goes on. */
static void stop(struct thread *thread)
{
	const struct object *space = &thread->space->object;
	const uint8_t *request = thread->fault_page;

	log_print("thread %lu (%s) of space %lu (%s) stops: %s (%lx %lx %lx)\n",
		(unsigned long)thread->object.id, thread->object.name,
		(unsigned long)space->id, space->name,
		name_of(thread->fault_kind), (unsigned long)sk_get_uint64(request + 8),
		(unsigned long)sk_get_uint64(request + 16),
		(unsigned long)sk_get_uint64(request + 24));
	thread->state = kernel_ThreadState_STOPPED;
}

/* If the handler waits for just that, it runs now. */
static bool hand_over(struct thread *thread, struct session *session)
{
	struct cpu *cpu = arch_cpu();
	struct caller *caller = &thread->fault;
	struct thread *server;

	if (thread != cpu->current || ABI_BYTES(caller->head) > ABI_WORD_BYTES)
		return false;
	server = handover_receiver(session, thread, cpu);
	if (!server)
		return false;
	session->solo_other = handover_call(caller, session, server, caller->head,
		session->protocol_rights, ABI_FOREVER);
	memcpy(frame_words(&server->frame), thread->fault_page, ABI_WORD_BYTES);
	server->state = kernel_ThreadState_RUNNING;
	cpu->current = server;
	return true;
}

/* Calls the handler with what was encoded into fault_page. */
static void begin(struct thread *thread, uint32_t kind, int size)
{
	struct caller *caller = &thread->fault;
	int status;

	CHECK(size > 0);
	thread->fault_kind = kind;
	caller->head = (uint64_t)size << ABI_BYTES_SHIFT;
	thread->state = kernel_ThreadState_FAULTED;
	if (thread->handler && hand_over(thread, thread->handler))
		return;
	memcpy(thread->fault_words, thread->fault_page, ABI_WORD_BYTES);
	caller->correlation = thread->correlation;
	caller->deadline.when = ABI_FOREVER;
	if (thread->handler)
		caller->protocol_rights = thread->handler->protocol_rights;
	if (!thread->handler || !caller_begin(caller, thread->handler, &status))
		stop(thread);
}

#define BEGIN(thread, method, ...) \
	begin(thread, fault_Handler_##method##_request_ID, \
		fault_Handler_##method##_request_encode( \
		&(struct fault_Handler_##method##_request) { __VA_ARGS__ }, \
		(thread)->fault_page, THREAD_FAULT_BYTES))

void fault_page(struct thread *thread, uint64_t address, uint32_t access,
	uint32_t reason)
{
	TRACE(FAULTS, Fault, .thread = thread->object.id, .address = address,
		.instruction = frame_instruction(&thread->frame), .reason = reason,
		.access = access);
	BEGIN(thread, page_fault, .address = address, .access = access,
		.instruction = frame_instruction(&thread->frame), .reason = (fault_Reason)reason);
}

void fault_exception(struct thread *thread, uint32_t what, uint32_t code,
	uint64_t address)
{
	TRACE(FAULTS, Fault, .thread = thread->object.id, .address = address,
		.instruction = frame_instruction(&thread->frame), .reason = what + 256);
	BEGIN(thread, exception, .what = (fault_Exception)what, .code = code,
		.instruction = frame_instruction(&thread->frame), .address = address);
}

static void call_foreign(struct thread *thread)
{
	struct fault_Handler_foreign_call_request request = {
		.number = frame_foreign(&thread->frame),
		.instruction = frame_instruction(&thread->frame)
	};

	arch_foreign_arguments(thread, request.arguments);
	thread->foreign_number = request.number;
	begin(thread, fault_Handler_foreign_call_request_ID,
		fault_Handler_foreign_call_request_encode(&request, thread->fault_page,
		THREAD_FAULT_BYTES));
}

void fault_foreign(struct thread *thread)
{
	if (upcall_is_inside(thread))
		fault_exception(thread, fault_Exception_NESTED_CALL, 0, 0);
	else if (thread->upcall_entry && !(thread->tracing & kernel_Tracing_FOREIGN_CALL))
		upcall_enter(thread, ABI_UPCALL_FOREIGN);
	else
		call_foreign(thread);
}

/* ---- answers ---- */

#define DECODE(method, ...) case fault_Handler_##method##_request_ID: { \
	struct fault_Handler_##method##_reply reply; \
	if (fault_Handler_##method##_reply_decode(&reply, words, size) == SK_OK) \
		return (struct answer){ reply.action, reply.at, __VA_ARGS__ }; \
	break; \
}

/* No action: an error, a status, or no answer at all. */
static struct answer decode(struct thread *thread, uint64_t head)
{
	const void *words = thread->fault_words;
	uint32_t size = ABI_BYTES(head);

	switch (size <= ABI_WORD_BYTES ? thread->fault_kind : 0) {
	DECODE(page_fault, 0)
	DECODE(exception, 0)
	DECODE(foreign_call, reply.result)
	DECODE(foreign_result, reply.result)
	}
	return (struct answer){ 0 };
}

/* Its registers stay as they are, but for what was answered. */
static void go_on(struct thread *thread)
{
	thread_wake(thread, frame_head(&thread->frame));
}

static void resume(struct thread *thread, const struct answer *answer)
{
	bool was_call = thread->fault_kind == fault_Handler_foreign_call_request_ID;
	bool was_breakpoint = thread->fault_kind == fault_Handler_exception_request_ID &&
		sk_get_uint32(thread->fault_page + 8) == fault_Exception_BREAKPOINT;

	if (was_call || thread->fault_kind == fault_Handler_foreign_result_request_ID)
		frame_set_foreign(&thread->frame, answer->result);
	if (answer->action == fault_Action_RESUME_AT)
		arch_set_instruction(thread, answer->at);
	else if (was_call || was_breakpoint)
		arch_skip(thread);
	if (was_call && thread->tracing & kernel_Tracing_FOREIGN_CALL)
		BEGIN(thread, foreign_result, .number = thread->foreign_number,
			.result = answer->result);
	else
		go_on(thread);
}

/* A foreign call of a traced thread is left to its upcall by this. */
static void retry(struct thread *thread)
{
	bool was_call = thread->fault_kind == fault_Handler_foreign_call_request_ID;

	if (was_call && !thread->upcall_entry)
		frame_restart(&thread->frame);
	go_on(thread);
	if (was_call && thread->upcall_entry && !thread->is_ended)
		upcall_enter(thread, ABI_UPCALL_FOREIGN);
}

/* Mostly what its handler has mapped is there now: then it need not fault once
 * more for that. */
static void touch_again(struct thread *thread)
{
	const uint8_t *request = thread->fault_page;
	uint64_t address = sk_get_uint64(request + 8);
	uint32_t reason;

	if (thread->space->filled == (address & ~PAGE_MASK))
		thread->space->filled = 0;
	else
		space_touch(thread->space, address, sk_get_uint32(request + 24), NULL,
			&reason);
}

/* False: it cannot be. */
static bool map(struct space *space, struct space *by,
	const struct fault_Handler_page_fault_reply *what)
{
	const struct handle *memory = handle_find(&by->handles, what->memory);
	uint64_t address = what->at;
	struct mapping *mapping = NULL;
	int error = SK_BAD_HANDLE;

	if (memory)
		mapping = mapping_of_handle(space, memory, what->offset,
			(uint64_t)what->pages << PAGE_SHIFT, what->protection, 0, &error);
	if (mapping)
		error = mapping_place(mapping, &address, true);
	return !error || error == kernel_Error_OVERLAP;
}

bool fault_resumes(struct thread *thread, uint32_t size, const void *words,
	struct space *by)
{
	struct fault_Handler_page_fault_reply reply;

	if (thread->fault_kind != fault_Handler_page_fault_request_ID ||
	    size > ABI_WORD_BYTES ||
	    fault_Handler_page_fault_reply_decode(&reply, words, size) != SK_OK)
		return false;
	if (reply.action == fault_Action_RESUME_AT && reply.at < USER_END)
		arch_set_instruction(thread, reply.at);
	else if (reply.action == fault_Action_RETRY || (reply.action == fault_Action_MAP &&
			map(thread->space, by, &reply)))
		touch_again(thread);
	else if (reply.action != fault_Action_RESUME)
		return false;
	return true;
}

void fault_answered(struct thread *thread, uint64_t head, struct space *by)
{
	struct answer answer;

	if (thread->is_ended || thread->state != kernel_ThreadState_FAULTED)
		return;
	if (fault_resumes(thread, ABI_BYTES(head), thread->fault_words, by)) {
		go_on(thread);
		return;
	}
	answer = decode(thread, head);
	if (answer.action == fault_Action_RESUME ||
			(answer.action == fault_Action_RESUME_AT && answer.at < USER_END)) {
		resume(thread, &answer);
	} else if (answer.action == fault_Action_RETRY) {
		retry(thread);
	} else if (answer.action == fault_Action_KILL) {
		thread_kill(thread, (int32_t)answer.at);
	} else if (answer.action == fault_Action_STOP) {
		thread_suspend(thread);
		go_on(thread);
	} else if (answer.action == fault_Action_MAP &&
			thread->fault_kind == fault_Handler_page_fault_request_ID) {
		/* Once more, for its handler to know. */
		fault_page(thread, sk_get_uint64(thread->fault_page + 8),
			sk_get_uint32(thread->fault_page + 24), fault_Reason_REFUSED);
	} else {
		stop(thread);
	}
}
