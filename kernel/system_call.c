/*
 * System calls. Calls and replies that find the other side waiting take the short
 * way: each looks at all that could be otherwise before it changes anything, and
 * else leaves the call to the long way, which decides the same things again. (An
 * architecture may have it in assembly, before this, for those of bytes alone.)
 */
#include "kernel/call.h"
#include "kernel/fault.h"
#include "kernel/handover.h"
#include "kernel/notification.h"
#include "kernel/ring.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/trace.h"
#include "kernel/transfer.h"
#include "kernel/upcall.h"
#include "kernel/word.h"
#include "kernel.skald.h"

#include <string.h>

#define COPY_STEP UINT64_C(16384)

/* Words, without handles, leases, places for handles or a deadline: if what is
 * above the bytes, less the slot, is no greater than this. */
#define SLOT_BITS (UINT64_C(0x7f) << ABI_SLOT_SHIFT)
#define IS_SHORT(head) (((head) & ~SLOT_BITS) >> ABI_BYTES_SHIFT <= ABI_WORD_BYTES)
/* Flags of a target. */
#define HAS_FLAGS(target) ((target) >> (ABI_RECEIVE_SLOT_SHIFT + 7) != 0)

/* ---- the short way ---- */

static uint64_t deadline_of(const struct thread *thread, uint64_t head)
{
	return head & ABI_TIMED ? frame_time(&thread->frame) : ABI_FOREVER;
}

static void wait_cancellable(struct thread *thread, uint64_t target)
{
	thread->is_cancellable = (target & ABI_CANCELLABLE) != 0;
}

/* All that caller_begin() asks for. */
static struct caller *prepare_call(struct thread *thread, const struct handle *handle,
	uint64_t head, bool is_one_way)
{
	struct caller *caller = &thread->caller;

	caller->head = head;
	caller->is_one_way = is_one_way;
	caller->protocol_rights = handle->protocol_rights;
	caller->correlation = thread->correlation;
	caller->deadline.when = deadline_of(thread, head);
	thread_place(thread, ABI_SLOT(head), false, &caller->send);
	wait_cancellable(thread, frame_target(&thread->frame));
	return caller;
}

/* Returns who runs next, or NULL: nothing has been done. */
static inline struct thread *call_short(struct thread *thread, uint64_t head)
{
	uint64_t target = frame_target(&thread->frame);
	struct cpu *cpu = arch_cpu();
	struct handle *handle = handle_find(&thread->space->handles, (uint32_t)target);
	struct session *session;
	struct thread *server;

	if (UNLIKELY(!handle || !(handle->flags & HANDLE_CALLS)))
		return NULL;
	session = (struct session *)handle->object;
	server = handover_receiver(session, thread, cpu);
	if (UNLIKELY(!server))
		return NULL;
	if (!IS_SHORT(head) || HAS_FLAGS(target)) {
		if ((target & ABI_CANCELLABLE && upcall_is_pending(thread)) ||
		    !caller_begin_at(prepare_call(thread, handle, head, false), session,
				server))
			return NULL;
	} else {
		session->solo = handover_call(&thread->caller, session, server, head,
			handle->protocol_rights, ABI_FOREVER);
		handover_words(frame_words(&server->frame), frame_words(&thread->frame));
	}
	thread->state = kernel_ThreadState_CALLING;
	return sched_switch_to(cpu, server);
}

/* The thread whose call, or fault, such an answer ends here; or NULL. */
static inline struct thread *client_of(const struct token *token)
{
	const struct session *session = token->session;

	if (session->solo != token && session->solo_other != token)
		return NULL;
	return token->caller->kind == CALLER_FAULT ?
		LIST_OF(token->caller, struct thread, fault) :
		LIST_OF(token->caller, struct thread, caller);
}

/* It has the answer, if that is possible: last, for nothing may be otherwise then. */
static inline bool answer_short(struct token *token, struct thread *client,
	struct thread *thread, uint64_t head)
{
	struct message_place from;

	/* To map may wake who watches a quota, and is more urgent. */
	if (UNLIKELY(token->caller->kind == CALLER_FAULT))
		return IS_SHORT(head) && fault_resumes(client, ABI_BYTES(head),
			frame_words(&thread->frame), thread->space) &&
			sched_can_switch(client->cpu, client);
	if (token->session->solo == token && IS_SHORT(head)) {
		handover_words(frame_words(&client->frame), frame_words(&thread->frame));
	} else {
		thread_place(thread, ABI_SLOT(head), false, &from);
		if ((head & ABI_TIMED) || !token_reply_other(token, head, &from))
			return false;
		client->is_cancellable = false;
	}
	frame_set_head(&client->frame, head & HEAD_COUNTS);
	return true;
}

static inline struct thread *reply_receive_short(struct thread *thread, uint64_t head)
{
	uint64_t target = frame_target(&thread->frame);
	struct cpu *cpu = arch_cpu();
	struct handle *handle = handle_find(&thread->space->handles, (uint32_t)target);
	struct token *token = thread->serves;
	struct session *session;
	struct thread *client;

	/* With the first that is free again, others may have waited for one. */
	if (UNLIKELY(!token || !handle || HAS_FLAGS(target) ||
	    !thread->space->tokens.free || handle->flags != HANDLE_RECEIVES ||
	    token->number != (uint32_t)frame_token(&thread->frame)))
		return NULL;
	session = token->session;
	client = client_of(token);
	if (UNLIKELY(!client || &session->endpoint->object != handle->object ||
	    !sched_can_switch(cpu, client) || !answer_short(token, client, thread, head)))
		return NULL;

	session->solo = NULL;
	session->solo_other = NULL;
	session->direct = session->endpoint;
	session->endpoint->unanswered--;
	session->endpoint->ready = thread;
	token->caller->state = CALLER_IDLE;
	token->server = NULL;
	token_put(&thread->space->tokens, token);
	thread->serves = NULL;
	thread->state = kernel_ThreadState_RECEIVING;
	return sched_switch_to(cpu, client);
}

/* Who waits for the bits, alone and without a deadline, and is more urgent. */
static inline struct thread *signal_short(struct thread *thread)
{
	struct handle *handle = handle_find(&thread->space->handles,
		(uint32_t)frame_target(&thread->frame));
	struct notification *notification;
	struct thread *waiter;
	struct list *first;
	uint64_t bits;

	if (UNLIKELY(!handle || handle->flags != HANDLE_SIGNALS))
		return NULL;
	notification = (struct notification *)handle->object;
	first = notification->waiting.next;
	waiter = LIST_OF(first, struct thread, waiting);
	bits = notification->bits | frame_words(&thread->frame)[0];
	if (first == &notification->waiting || first->next != &notification->waiting ||
	    !(bits & waiter->wait_mask) || notification->endpoint || waiter->attention ||
	    !list_is_empty(&waiter->deadline.link) || !sched_preempt(thread, waiter))
		return NULL;

	notification->bits = bits & ~waiter->wait_mask;
	list_remove(first);
	waiter->waits_for = NULL;
	waiter->is_cancellable = false;
	frame_set_target(&waiter->frame, bits & waiter->wait_mask);
	frame_set_head(&waiter->frame, 0);
	frame_set_head(&thread->frame, 0);
	return sched_switch_to(arch_cpu(), waiter);
}

/* Nobody else waits for bits, none of which are there; and who is next can run. */
static inline struct thread *wait_short(struct thread *thread, uint64_t head)
{
	uint64_t target = frame_target(&thread->frame);
	uint64_t mask = frame_words(&thread->frame)[0];
	struct handle *handle = handle_find(&thread->space->handles, (uint32_t)target);
	struct notification *notification;
	struct thread *next;

	if (UNLIKELY(!handle || handle->object->type != &notification_type ||
	    !(handle->rights & kernel_Rights_WAIT) || HAS_FLAGS(target) ||
	    (head & ABI_TIMED)))
		return NULL;
	notification = (struct notification *)handle->object;
	if ((notification->bits & mask) || mask == 0 ||
	    !list_is_empty(&notification->waiting))
		return NULL;
	next = sched_take_next();
	if (!next)
		return NULL;

	thread->waits_for = notification;
	thread->wait_mask = mask;
	list_add(&notification->waiting, &thread->waiting);
	thread->state = kernel_ThreadState_WAITING;
	return sched_switch_to(arch_cpu(), next);
}

/* ---- what all of the long way has ---- */

static void give(struct thread *thread, int status)
{
	frame_set_head(&thread->frame, (uint32_t)status);
}

static void *object_of(const struct thread *thread, const struct object_type *type,
	uint16_t rights)
{
	const struct handle *handle = handle_find(&thread->space->handles,
		(uint32_t)frame_target(&thread->frame));

	return handle && handle->object->type == type &&
		(handle->rights & rights) == rights ? handle->object : NULL;
}

/* ---- messages ---- */

static void call_object(struct thread *thread, const struct handle *handle,
	uint64_t head)
{
	struct message_place from, to;
	bool again;

	thread_place(thread, ABI_SLOT(head), false, &from);
	thread_place(thread, ABI_RECEIVE_SLOT(frame_target(&thread->frame)), false, &to);
	thread->caller.deadline.when = deadline_of(thread, head);
	head = kernel_call(handle, &thread->caller, thread, head, &from, &to, &again);
	if (again)
		frame_restart(&thread->frame);
	else
		frame_set_head(&thread->frame, head);
}

static void call_server(struct thread *thread, const struct handle *handle,
	uint64_t head, bool is_one_way)
{
	struct caller *caller = prepare_call(thread, handle, head, is_one_way);
	int status = SK_BAD_HANDLE;

	thread->state = kernel_ThreadState_CALLING;
	if ((handle->rights & kernel_Rights_CALL) &&
	    caller_begin(caller, (struct session *)handle->object, &status))
		return;
	thread->state = kernel_ThreadState_RUNNING;
	give(thread, status);
}

/* It would wait only to be cut off, and what the server did by then would be lost. */
static bool is_cut(struct thread *thread)
{
	return frame_target(&thread->frame) & ABI_CANCELLABLE &&
		(thread->pending || upcall_is_pending(thread));
}

/* A call, or a send. */
static void do_call(struct thread *thread, uint64_t head)
{
	const struct handle *handle = handle_find(&thread->space->handles,
		(uint32_t)frame_target(&thread->frame));
	bool is_one_way = (uint32_t)head == ABI_BASE + ABI_SEND;

	if (handle && handle->flags & HANDLE_CLIENT && !is_one_way && is_cut(thread))
		give(thread, SK_CANCELED);
	else if (handle && handle->flags & HANDLE_CLIENT)
		call_server(thread, handle, head, is_one_way);
	else if (handle && !is_one_way)
		call_object(thread, handle, head);
	else
		give(thread, SK_BAD_HANDLE);
}

static void do_receive(struct thread *thread, uint64_t head)
{
	uint64_t target = frame_target(&thread->frame);
	struct endpoint *endpoint = object_of(thread, &endpoint_type,
		kernel_Rights_RECEIVE);
	int status = SK_BAD_HANDLE;

	wait_cancellable(thread, target);
	if (endpoint && endpoint_receive(endpoint, thread, deadline_of(thread, head),
			&status))
		return;
	thread->event_flags = 0;
	give(thread, status);
}

static int reply(struct thread *thread, uint64_t head)
{
	struct token *token = token_find(&thread->space->tokens,
		frame_token(&thread->frame));
	struct message_place from;

	if (!token)
		return SK_BAD_TOKEN;
	if (frame_target(&thread->frame) & ABI_DROP)
		return token_reply_status(token, SK_PEER_DROPPED);
	thread_place(thread, ABI_SLOT(head), false, &from);
	return token_reply(token, head, &from);
}

static void do_reply(struct thread *thread, uint64_t head)
{
	give(thread, reply(thread, head));
}

/* Whom it answers can have this CPU: it is likely to wait. */
static void do_reply_receive(struct thread *thread, uint64_t head)
{
	thread->state = kernel_ThreadState_RECEIVING;
	if (frame_token(&thread->frame) != 0 && reply(thread, head) != SK_OK)
		thread->event_flags = ABI_REPLY_FAILED;
	thread->state = kernel_ThreadState_RUNNING;
	do_receive(thread, head);
	/* It does not, and who is more urgent than those it serves now was not woken. */
	if (thread->state == kernel_ThreadState_RUNNING &&
	    arch_cpu()->top > (int32_t)thread->effective)
		sched_want_look(arch_cpu());
}

static void do_submit(struct thread *thread, uint64_t head)
{
	struct ring *ring = object_of(thread, &ring_type, kernel_Rights_WRITE);
	int status = SK_BAD_HANDLE;
	bool again = false;
	uint32_t accepted = 0;

	(void)head;
	if (ring)
		accepted = ring_submit(ring, thread,
			(uint32_t)frame_words(&thread->frame)[0], &status, &again);
	if (again) {
		frame_restart(&thread->frame);
		return;
	}
	frame_set_target(&thread->frame, accepted);
	give(thread, status);
}

/* ---- notifications and words ---- */

static void do_wait(struct thread *thread, uint64_t head)
{
	struct notification *notification = object_of(thread, &notification_type,
		kernel_Rights_WAIT);

	wait_cancellable(thread, frame_target(&thread->frame));
	if (notification)
		notification_wait(notification, thread, frame_words(&thread->frame)[0],
			deadline_of(thread, head));
	else
		give(thread, SK_BAD_HANDLE);
}

static void do_signal(struct thread *thread, uint64_t head)
{
	struct notification *notification = object_of(thread, &notification_type,
		kernel_Rights_SIGNAL);

	(void)head;
	give(thread, notification ? SK_OK : SK_BAD_HANDLE);
	if (notification)
		notification_signal(notification, frame_words(&thread->frame)[0]);
}

static void do_word_wait(struct thread *thread, uint64_t head)
{
	const uint64_t *words = frame_words(&thread->frame);

	wait_cancellable(thread, frame_target(&thread->frame));
	word_wait(thread, words[0], (uint32_t)words[1], (uint32_t)words[2],
		(words[3] & ABI_WORD_SHARED) != 0, deadline_of(thread, head));
}

/* What is done so far is in target, and taken off what is wanted. */
static void do_word_wake(struct thread *thread, uint64_t head)
{
	uint64_t *words = frame_words(&thread->frame);
	uint32_t wake = (uint32_t)words[1], move = (uint32_t)(words[1] >> 32);
	int64_t done = word_wake(thread, words[0], wake, move, words[2],
		(uint32_t)words[3], (words[3] & ABI_WORD_SHARED) != 0);
	uint32_t woken = (uint32_t)done, moved = (uint32_t)((uint64_t)done >> 32);

	(void)head;
	if (done < 0) {
		give(thread, (int)done);
		return;
	}
	frame_set_target(&thread->frame, frame_target(&thread->frame) + (uint64_t)done);
	words[1] = (uint64_t)(move - moved) << 32 | (wake - woken);
	if (woken + moved == WORD_STEPS && words[1] != 0)
		frame_restart(&thread->frame);
	else
		give(thread, SK_OK);
}

/* ---- leases ---- */

/* One step; a status, or 1: there is more to do. The thread's own page that is not
 * there is had as if it had touched it: then all is tried again. */
static int copy_step(struct thread *thread, const struct token_lease *lease,
	const uint64_t *words)
{
	bool writes = (words[0] & ABI_LEASE_WRITE) != 0, in_from = false;
	uint64_t done = frame_target(&thread->frame), left = words[3] - done;
	uint64_t theirs = lease->address + words[1] + done, own = words[2] + done;
	uint64_t size = left < COPY_STEP ? left : COPY_STEP, copied;
	uint32_t reason;

	copied = writes ?
		space_copy(lease->space, theirs, thread->space, own, size, &in_from) :
		space_copy(thread->space, own, lease->space, theirs, size, &in_from);
	frame_set_target(&thread->frame, done + copied);
	TRACE(LEASES, LeaseCopy, .correlation = thread->correlation,
		.server = thread->object.id, .offset = words[1], .done = done + copied,
		.lease = (uint8_t)words[0], .write = writes,
		.end = copied == left ? ostrace_CopyEnd_DONE : ostrace_CopyEnd_FAULT);
	if (copied == left)
		return SK_OK;
	if (copied == size)
		return 1;
	if (in_from != writes)
		return SK_LEASE_FAULT;
	return space_touch(thread->space, own + copied, writes ? kernel_Protection_READ :
		kernel_Protection_WRITE, thread, &reason) == TOUCH_FAULT ? SK_INVALID : 1;
}

/* What is done so far is in target. */
static void do_lease_copy(struct thread *thread, uint64_t head)
{
	const uint64_t *words = frame_words(&thread->frame);
	const struct token *token = token_find(&thread->space->tokens,
		frame_token(&thread->frame));
	const struct token_lease *lease;
	int status = SK_BAD_TOKEN;

	(void)head;
	if (token)
		status = lease_check(token, (uint32_t)words[0], words[0] & ABI_LEASE_WRITE ?
			SK_LEASE_OUT : SK_LEASE_IN, words[1], words[3], &lease);
	if (status == SK_OK && frame_target(&thread->frame) > words[3])
		status = SK_INVALID;
	if (status == SK_OK)
		status = copy_step(thread, lease, words);
	if (status == 1)
		frame_restart(&thread->frame);
	else
		give(thread, status);
}

/* ---- the rest ---- */

static void do_close(struct thread *thread, uint64_t head)
{
	struct handle_table *table = &thread->space->handles;
	uint32_t number = (uint32_t)frame_target(&thread->frame);
	bool is_there = handle_find(table, number) != NULL;

	(void)head;
	give(thread, is_there ? SK_OK : SK_BAD_HANDLE);
	if (is_there)
		handle_remove(table, number);
}

static void do_resume(struct thread *thread, uint64_t head)
{
	int status = upcall_resume(thread, frame_words(&thread->frame)[0]);

	(void)head;
	if (status != SK_OK)
		give(thread, status);
}

static void (*const calls[ABI_CALL_COUNT])(struct thread *thread, uint64_t head) = {
	[ABI_CALL] = do_call,
	[ABI_SEND] = do_call,
	[ABI_RECEIVE] = do_receive,
	[ABI_REPLY] = do_reply,
	[ABI_REPLY_RECEIVE] = do_reply_receive,
	[ABI_SUBMIT] = do_submit,
	[ABI_WAIT] = do_wait,
	[ABI_SIGNAL] = do_signal,
	[ABI_LEASE_COPY] = do_lease_copy,
	[ABI_CLOSE] = do_close,
	[ABI_WORD_WAIT] = do_word_wait,
	[ABI_WORD_WAKE] = do_word_wake,
	[ABI_RESUME] = do_resume,
};

/* What kernel_leave() would find: it goes on, and nothing is left to do. */
static inline bool goes_on(const struct thread *thread, const struct cpu *cpu)
{
	return thread->state == kernel_ThreadState_RUNNING && !cpu->wants_look &&
		!cpu->woken && list_is_empty(&endpoints_work) &&
		list_is_empty(&objects_unreferenced);
}

static __attribute__((noinline)) struct thread *take_long(struct thread *thread,
	uint64_t head, uint32_t number)
{
	struct cpu *cpu = arch_cpu();

	if (UNLIKELY(thread->is_killed))	/* by another CPU, before it had the lock */
		return kernel_leave();
	if (number < ABI_CALL_COUNT)
		calls[number](thread, head);
	else
		fault_foreign(thread);
	/* Interrupted before that, by another CPU or in its shim: what began ends again. */
	if (thread->state == kernel_ThreadState_RUNNING)
		thread->is_cancellable = false;
	else if (UNLIKELY(thread->pending ||
			(thread->is_cancellable && upcall_is_pending(thread))))
		thread_interrupt(thread);
	if (!goes_on(thread, cpu))
		return kernel_leave();
	arch_unlock();
	return thread;
}

struct thread *kernel_system_call(struct thread *thread)
{
	uint64_t head = frame_head(&thread->frame);
	uint32_t number = (uint32_t)head - ABI_BASE;
	struct thread *next = NULL;

	arch_lock();
	if (number == ABI_CALL)
		next = call_short(thread, head);
	else if (number == ABI_REPLY_RECEIVE)
		next = reply_receive_short(thread, head);
	else if (number == ABI_SIGNAL)
		next = signal_short(thread);
	else if (number == ABI_WAIT)
		next = wait_short(thread, head);
	if (UNLIKELY(!next))
		return take_long(thread, head, number);
	/* What moved may have woken who watches a quota, and is more urgent. */
	if (UNLIKELY(arch_cpu()->wants_look))
		return kernel_leave();
	arch_unlock();
	return next;
}
