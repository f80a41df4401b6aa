/*
 * Callers: their queues, how a call begins and how it ends. What happens in
 * between is the session's, the endpoint's and the token's.
 */
#include "kernel/caller.h"

#include "kernel/endpoint.h"
#include "kernel/fault.h"
#include "kernel/handover.h"
#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/ring.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/token.h"
#include "kernel/trace.h"
#include "kernel/transfer.h"
#include "runtime/status.h"

/* ---- queues ---- */

void caller_queue_init(struct caller_queue *queue)
{
	list_init(&queue->callers);
	list_init(&queue->levels);
}

static struct caller *level_of(struct list *node)
{
	return LIST_OF(node, struct caller, level);
}

void caller_queue_add(struct caller_queue *queue, struct caller *caller)
{
	struct list *levels = &queue->levels, *level = levels->previous, *next;

	while (level != levels && level_of(level)->priority < caller->priority)
		level = level->previous;
	next = level->next;
	list_insert_before(next == levels ? &queue->callers : &level_of(next)->queued,
		&caller->queued);
	if (level == levels || level_of(level)->priority != caller->priority)
		list_insert_before(next, &caller->level);
}

void caller_queue_remove(struct caller_queue *queue, struct caller *caller)
{
	struct list *next = caller->queued.next;
	struct caller *heir = LIST_OF(next, struct caller, queued);

	if (!list_is_empty(&caller->level)) {
		if (next != &queue->callers && heir->priority == caller->priority)
			list_insert_before(&caller->level, &heir->level);
		list_remove(&caller->level);
	}
	list_remove(&caller->queued);
}

/* ---- beginning ---- */

static void timed_out(struct deadline *deadline)
{
	caller_give_up(LIST_OF(deadline, struct caller, deadline), SK_TIMED_OUT);
}

void caller_init(struct caller *caller, enum caller_kind kind)
{
	caller->kind = (uint8_t)kind;
	list_init(&caller->queued);
	list_init(&caller->level);
	list_init(&caller->in_session);
	deadline_init(&caller->deadline, timed_out);
	caller->deadline.when = ABI_FOREVER;
}

/* Why it cannot begin; what can be known before it is received. */
static int check(const struct caller *caller, const struct session *session)
{
	int status = transfer_check(caller->head, &caller->send);

	if (status != SK_OK)
		return status;
	if (caller->is_one_way && ABI_LEASES(caller->head) > 0)
		return SK_BAD_LEASE;
	if (!session_is_open(session))
		return SK_PEER_CLOSED;
	/* The answer to a call never is there at once. */
	return caller->deadline.when == ABI_POLL && !caller->is_one_way ?
		SK_WOULD_BLOCK : SK_OK;
}

static int prepare(struct caller *caller, const struct session *session)
{
	unsigned expected = caller->is_one_way ? 0 : ABI_EXPECTED(caller->head);
	int status = check(caller, session);

	CHECK(caller->state == CALLER_IDLE);
	if (status != SK_OK)
		return status;
	if (expected > 0 && !handle_reserve(&caller->space->handles, expected))
		return SK_EXHAUSTED;
	caller->reserved = (uint8_t)expected;
	caller->number++;
	return SK_OK;
}

static void unreserve(struct caller *caller)
{
	if (caller->reserved > 0)
		handle_unreserve(&caller->space->handles, caller->reserved);
	caller->reserved = 0;
}

bool caller_begin_at(struct caller *caller, struct session *session,
	struct thread *server)
{
	if (prepare(caller, session) != SK_OK)
		return false;
	if (transfer_request(caller, server, token_first(&server->space->tokens)) != SK_OK) {
		unreserve(caller);
		return false;
	}
	deadline_set(&caller->deadline, caller->deadline.when);
	session->solo_other = handover_call(caller, session, server, caller->head,
		caller->protocol_rights, caller->deadline.when);
	return true;
}

bool caller_begin(struct caller *caller, struct session *session, int *status)
{
	*status = prepare(caller, session);
	if (*status != SK_OK)
		return false;
	caller->session = session;
	object_take(&session->object);
	if (caller->deadline.when != ABI_POLL)
		deadline_set(&caller->deadline, caller->deadline.when);
	session_enter(session, caller);
	/* Of a ring, more may follow. A pager may be called in the midst of delivering
	 * to that same endpoint. */
	if (caller->state == CALLER_AT_ENDPOINT && (caller->kind == CALLER_THREAD ||
	    caller->deadline.when == ABI_POLL))
		endpoint_deliver(session->endpoint);
	if (caller->session == session && caller->deadline.when == ABI_POLL)
		caller_give_up(caller, SK_WOULD_BLOCK);
	return true;
}

/* ---- ending ---- */

void caller_leave_queue(struct caller *caller)
{
	struct session *session = caller->session;
	struct endpoint *endpoint = session->endpoint;

	if (caller->state == CALLER_AT_SESSION) {
		caller_queue_remove(&session->callers, caller);
	} else {
		CHECK(caller->state == CALLER_AT_ENDPOINT && endpoint);
		caller_queue_remove(&endpoint->callers, caller);
		endpoint->caller_count--;
		endpoint->events--;
	}
	list_remove(&caller->in_session);
	caller->session = NULL;
	/* Whose priority changes before it is somewhere else has no queue. */
	caller->state = CALLER_IDLE;
}

void caller_release(struct caller *caller)
{
	deadline_clear(&caller->deadline);
	unreserve(caller);
	caller->state = CALLER_IDLE;
}

void caller_end(struct caller *caller, uint64_t head, struct space *by)
{
	caller_release(caller);
	caller_done(caller, head, by);
}

void caller_give_up(struct caller *caller, int status)
{
	struct session *session = caller->session;
	uint64_t head = (uint32_t)status;
	uint8_t state = caller->state;

	if (state == CALLER_IDLE)
		return;
	TRACE(DELIVERIES, Cancel, .correlation = caller->correlation,
		.from = caller_owner_id(caller),
		.session = session ? session->object.id : caller->token->session->object.id,
		.status = status, .delivered = state == CALLER_DELIVERED);
	if (state == CALLER_DELIVERED) {
		token_cancel(caller->token);
		caller_end(caller, head | ABI_DELIVERED, NULL);
		return;
	}
	caller_leave_queue(caller);
	caller_end(caller, head, NULL);
	if (state == CALLER_AT_ENDPOINT) {
		sched_inherit(session->endpoint->last_receiver);
		session_return_credit(session);
	}
	session_look(session);
	object_drop(&session->object);
}

void caller_forget(struct caller *caller)
{
	if (caller->made)
		object_drop(caller->made);
	caller->made = NULL;
	caller->progress = 0;
}

void caller_set_priority(struct caller *caller, uint8_t priority)
{
	struct session *session = caller->session;
	struct caller_queue *queue;

	if (caller->state == CALLER_AT_SESSION)
		queue = &session->callers;
	else if (caller->state == CALLER_AT_ENDPOINT)
		queue = &session->endpoint->callers;
	else
		queue = NULL;
	if (queue)
		caller_queue_remove(queue, caller);
	caller->priority = priority;
	if (queue)
		caller_queue_add(queue, caller);
}

struct object *caller_owner(struct caller *caller)
{
	switch (caller->kind) {
	case CALLER_THREAD:
		return &LIST_OF(caller, struct thread, caller)->object;
	case CALLER_FAULT:
		return &LIST_OF(caller, struct thread, fault)->object;
	case CALLER_RING:
		return &LIST_OF(caller, struct ring_slot, caller)->ring->object;
	default:
		return NULL;
	}
}

void caller_done(struct caller *caller, uint64_t head, struct space *by)
{
	switch (caller->kind) {
	case CALLER_THREAD:
		thread_wake(LIST_OF(caller, struct thread, caller), head);
		break;
	case CALLER_FAULT:
		fault_answered(LIST_OF(caller, struct thread, fault), head, by);
		break;
	case CALLER_RING:
		ring_completed(caller, head);
		break;
	default:
		memory_answered(caller, head);
		break;
	}
}
