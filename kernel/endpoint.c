/*
 * Endpoints: which event a thread receives next, and the end of an endpoint.
 * Whatever changes says endpoint_serve(); all that follows from it is done by
 * endpoint_work(), in steps, so nothing here is entered twice.
 */
#include "kernel/endpoint.h"

#include "kernel/call.h"
#include "kernel/handover.h"
#include "kernel/log.h"
#include "kernel/notification.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/trace.h"
#include "kernel/transfer.h"
#include "kernel.skald.h"

/* Of those that get nothing. */
#define RECEIVERS_MAX (OBJECT_STEPS / 4)

struct list endpoints_work = {&endpoints_work, &endpoints_work};

void endpoint_init(void)
{
	list_init(&endpoints_work);
}

struct endpoint *endpoint_new(struct quota *quota, kernel_error *error)
{
	struct endpoint *endpoint = object_new(&endpoint_type, quota, error);

	if (!endpoint)
		return NULL;
	list_init(&endpoint->receivers);
	caller_queue_init(&endpoint->callers);
	list_init(&endpoint->canceled);
	list_init(&endpoint->gone);
	list_init(&endpoint->sessions);
	list_init(&endpoint->starved);
	list_init(&endpoint->work);
	return endpoint;
}

void endpoint_settle(struct endpoint *endpoint)
{
	struct thread *thread = endpoint->ready, *last = endpoint->last_receiver;

	endpoint->ready = NULL;
	if (thread) {
		/* What it came with may be gone: it receives, without a deadline. */
		frame_set_head(&thread->frame, ABI_BASE + ABI_RECEIVE);
		thread->waits_for = endpoint;
		list_add(&endpoint->receivers, &thread->waiting);
	} else if (last && last->serves) {
		session_settle(last->serves->session);
	}
}

void endpoint_serve(struct endpoint *endpoint)
{
	endpoint_settle(endpoint);
	if (!list_is_empty(&endpoint->work))
		return;
	object_take(&endpoint->object);
	list_add(&endpoints_work, &endpoint->work);
}

void endpoint_set_receiver(struct endpoint *endpoint, struct thread *thread)
{
	struct thread *before = endpoint->last_receiver;

	if (before == thread)
		return;
	endpoint_settle(endpoint);
	if (thread && thread->served)
		thread->served->last_receiver = NULL;
	endpoint->last_receiver = thread;
	if (thread)
		thread->served = endpoint;
	if (before) {
		before->served = NULL;
		sched_inherit(before);
	}
}

/* ---- events ---- */

static void put_event(struct endpoint *endpoint, struct thread *thread,
	enum abi_event event, uint64_t target, uint64_t token)
{
	endpoint->notified_last = event == ABI_NOTIFY;
	handover_event(thread, event, target, token, ABI_FOREVER);
}

/* Of those that are the space's; others are not looked at for long. */
static bool tell_canceled(struct endpoint *endpoint, struct thread *thread)
{
	unsigned steps = OBJECT_STEPS;

	for LIST_EACH(at, &endpoint->canceled) {
		struct token *token = LIST_OF(at, struct token, link);

		if (!object_step(&steps))
			break;
		if (token->space != thread->space)
			continue;
		token->state = TOKEN_ORPHAN;
		list_remove(&token->link);
		endpoint->events--;
		put_event(endpoint, thread, ABI_CANCEL, token->session->badge,
			token->number);
		return true;
	}
	return false;
}

static bool tell_gone(struct endpoint *endpoint, struct thread *thread)
{
	struct list *first = list_first(&endpoint->gone);
	struct session *session;

	if (!first)
		return false;
	session = LIST_OF(first, struct session, gone);
	list_remove(&session->gone);
	endpoint->events--;
	put_event(endpoint, thread, ABI_GONE, session->badge, 0);
	object_drop(&session->object);
	return true;
}

static bool tell_bits(struct endpoint *endpoint, struct thread *thread)
{
	if (!endpoint->bound || endpoint->bound->bits == 0)
		return false;
	put_event(endpoint, thread, ABI_NOTIFY,
		notification_take(endpoint->bound, UINT64_MAX), 0);
	return true;
}

/* ---- requests ---- */

/* The message has been moved: what is left cannot fail. */
static void deliver(struct endpoint *endpoint, struct caller *caller,
	struct thread *thread, struct token *token)
{
	struct session *session = caller->session;

	if (UNLIKELY(trace_mask != 0) && caller->correlation == 0)
		caller->correlation = trace_correlation();
	TRACE(DELIVERIES, Deliver, .correlation = caller->correlation,
		.from = caller_owner_id(caller), .to = thread->object.id,
		.session = session->object.id,
		.message_id = (uint32_t)frame_words(&thread->frame)[0],
		.size = ABI_BYTES(caller->head),
		.handles = (uint8_t)ABI_HANDLES(caller->head),
		.leases = (uint8_t)ABI_LEASES(caller->head));
	endpoint->notified_last = false;
	handover_event(thread, handover_request(caller->head, caller->protocol_rights),
		session->badge, token ? token->number : 0, caller->deadline.when);
	thread->correlation = caller->correlation;
	caller_leave_queue(caller);
	endpoint_set_receiver(endpoint, thread);
	if (token) {
		list_add(&session->tokens, &token->link);
		handover_hold(token, caller, session, thread);
		endpoint->unanswered++;
		sched_inherit(thread);
		session_look(session);
	} else {
		caller_end(caller, 0, NULL);
		session_return_credit(session);
		session_look(session);
		object_drop(&session->object);
	}
}

/* The first caller whose message can be moved; what cannot is told so. */
static bool tell_request(struct endpoint *endpoint, struct thread *thread,
	unsigned *steps)
{
	struct token_table *table = &thread->space->tokens;
	struct caller *caller;
	struct token *token;
	int status;

	while ((caller = caller_queue_first(&endpoint->callers)) != NULL) {
		if (!caller->is_one_way && !table->free)
			token_wait(table, endpoint);
		if (*steps == 0 || (!caller->is_one_way && !table->free))
			return false;
		--*steps;
		token = caller->is_one_way ? NULL : token_take(table);
		status = transfer_request(caller, thread, token);
		if (status == SK_OK) {
			deliver(endpoint, caller, thread, token);
			return true;
		}
		if (token)
			token_put(table, token);
		caller_give_up(caller, status);
	}
	return false;
}

static bool next_event(struct endpoint *endpoint, struct thread *thread,
	unsigned *steps)
{
	if (endpoint->events > 0 && (tell_canceled(endpoint, thread) ||
			tell_gone(endpoint, thread)))
		return true;
	if (!endpoint->notified_last && tell_bits(endpoint, thread))
		return true;
	return tell_request(endpoint, thread, steps) || tell_bits(endpoint, thread);
}

/* ---- receiving ---- */

static bool has_events(const struct endpoint *endpoint)
{
	return endpoint->events > 0 || (endpoint->bound && endpoint->bound->bits != 0);
}

/* As one to whom a call can switch, or in the list. */
static void wait_there(struct endpoint *endpoint, struct thread *thread,
	uint64_t deadline)
{
	endpoint_set_receiver(endpoint, thread);
	endpoint_settle(endpoint);
	if (deadline == ABI_FOREVER && list_is_empty(&endpoint->receivers) &&
	    !has_events(endpoint) && !thread->attention && !thread->is_cancellable &&
	    thread->event_flags == 0) {
		endpoint->ready = thread;
	} else {
		thread->waits_for = endpoint;
		list_add(&endpoint->receivers, &thread->waiting);
	}
	thread_wait(thread, kernel_ThreadState_RECEIVING, deadline);
}

bool endpoint_receive(struct endpoint *endpoint, struct thread *thread,
	uint64_t deadline, int *status)
{
	unsigned steps = OBJECT_STEPS;

	*status = endpoint->closed ? SK_PEER_CLOSED : SK_OK;
	if (*status != SK_OK)
		return false;
	if (thread->serves)
		token_defer(thread->serves);
	if (thread->space->tokens.count == 0)
		token_table_grow(thread->space, TOKEN_PAGE);
	if (next_event(endpoint, thread, &steps))
		return true;
	*status = deadline == ABI_POLL ? SK_WOULD_BLOCK : SK_OK;
	if (*status != SK_OK)
		return false;
	wait_there(endpoint, thread, deadline);
	if (endpoint->events > 0)
		endpoint_serve(endpoint);
	return true;
}

/* False: there is more to do. Where one gets nothing others of its space will
 * not, so not many of them are looked at. */
static bool serve(struct endpoint *endpoint, unsigned *steps)
{
	struct list *at = endpoint->receivers.next, *next;
	unsigned left = RECEIVERS_MAX;

	for (; at != &endpoint->receivers && has_events(endpoint) && left > 0; at = next) {
		struct thread *thread = LIST_OF(at, struct thread, waiting);

		next = at->next;
		if (!object_step(steps))
			return false;
		if (next_event(endpoint, thread, steps))
			thread_go_on(thread);
		else
			left--;
	}
	return *steps > 0 || !has_events(endpoint);
}

void endpoint_deliver(struct endpoint *endpoint)
{
	unsigned steps = OBJECT_STEPS;

	endpoint_settle(endpoint);
	if (!serve(endpoint, &steps))
		endpoint_serve(endpoint);
}

/* ---- closing ---- */

void endpoint_close(struct endpoint *endpoint)
{
	if (!endpoint->closed)
		endpoint->events++;
	endpoint->closed = true;
	endpoint_serve(endpoint);
}

static void unbind(struct endpoint *endpoint)
{
	if (!endpoint->bound)
		return;
	endpoint->bound->endpoint = NULL;
	object_drop(&endpoint->bound->object);
	endpoint->bound = NULL;
}

void endpoint_bind(struct endpoint *endpoint, struct notification *notification)
{
	unbind(endpoint);
	endpoint->bound = notification;
	if (notification) {
		object_take(&notification->object);
		notification->endpoint = endpoint;
	}
	endpoint_serve(endpoint);
}

/* Its callers are told, one at a time; then it is no longer the endpoint's. */
static void close_session(struct endpoint *endpoint, struct session *session)
{
	struct list *first = list_first(&session->waiting);

	if (first) {
		caller_give_up(LIST_OF(first, struct caller, in_session), SK_PEER_CLOSED);
		return;
	}
	if (!list_is_empty(&session->gone)) {
		list_remove(&session->gone);
		endpoint->events--;
		object_drop(&session->object);
	}
	session_settle(session);
	list_remove(&session->in_endpoint);
	endpoint->session_count--;
	session->endpoint = NULL;
	session->limit = 0;
	object_drop(&endpoint->object);
}

/* One step; false: nothing is left. */
static bool close_step(struct endpoint *endpoint)
{
	struct list *first;

	if ((first = list_first(&endpoint->receivers)) != NULL) {
		thread_wake(LIST_OF(first, struct thread, waiting),
			(uint32_t)SK_PEER_CLOSED);
	} else if ((first = list_first(&endpoint->canceled)) != NULL) {
		LIST_OF(first, struct token, link)->state = TOKEN_ORPHAN;
		list_remove(first);
		endpoint->events--;
	} else if ((first = list_first(&endpoint->sessions)) != NULL) {
		close_session(endpoint, LIST_OF(first, struct session, in_endpoint));
	} else {
		return false;
	}
	return true;
}

static bool close_some(struct endpoint *endpoint, unsigned *steps)
{
	while (object_step(steps)) {
		if (close_step(endpoint))
			continue;
		unbind(endpoint);
		endpoint_set_receiver(endpoint, NULL);
		return true;
	}
	return false;
}

bool endpoint_work(unsigned *steps)
{
	struct list *first;

	while ((first = list_first(&endpoints_work)) != NULL) {
		struct endpoint *endpoint = LIST_OF(first, struct endpoint, work);

		if (*steps == 0)
			return false;
		list_remove(first);
		if (endpoint->closed ? !close_some(endpoint, steps) :
				!serve(endpoint, steps))
			endpoint_serve(endpoint);
		object_drop(&endpoint->object);
	}
	return true;
}

/* ---- the object ---- */

void endpoint_count_handle(struct object *object, uint16_t rights, uint16_t flags, int by)
{
	struct endpoint *endpoint = (struct endpoint *)object;

	(void)flags;
	if (!(rights & kernel_Rights_RECEIVE))
		return;
	endpoint->receive_handles += (uint32_t)by;
	if (endpoint->receive_handles == 0)
		endpoint_close(endpoint);
}

/* There are no sessions any more, so there is nobody who waits. */
bool endpoint_end(struct object *object, unsigned *steps)
{
	struct endpoint *endpoint = (struct endpoint *)object;

	if (!close_some(endpoint, steps))
		return false;
	list_remove(&endpoint->starved);
	return true;
}
