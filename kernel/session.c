/* Sessions: whose client calls, how many of its calls may be under way, and the
 * end of it. */
#include "kernel/call.h"
#include "kernel/endpoint.h"
#include "kernel/handle.h"
#include "kernel/log.h"
#include "kernel/sched.h"
#include "kernel/token.h"
#include "kernel.skald.h"

struct session *session_new(struct quota *quota, struct endpoint *endpoint,
	uint64_t badge, uint32_t credit, uint16_t protocol_rights, kernel_error *error)
{
	struct session *session = object_new(&session_type, quota, error);

	if (!session)
		return NULL;
	session->endpoint = endpoint;
	object_take(&endpoint->object);
	session->badge = badge;
	session->protocol_rights = protocol_rights;
	caller_queue_init(&session->callers);
	list_init(&session->waiting);
	list_init(&session->tokens);
	list_init(&session->gone);
	list_init(&session->in_endpoint);
	list_add(&endpoint->sessions, &session->in_endpoint);
	endpoint->session_count++;
	session_set_credit(session, credit);
	return session;
}

void session_settle(struct session *session)
{
	struct token *token = session->solo ? session->solo : session->solo_other;

	session->direct = NULL;
	if (!token)
		return;
	session->solo = NULL;
	session->solo_other = NULL;
	session->under_way++;
	object_take(&session->object);
	list_add(&session->tokens, &token->link);
}

/* The next call may take the short way, if one may be made at all. Its client's
 * handle keeps the session meanwhile, as do who is a client without one. */
static void straighten(struct session *session)
{
	if (session->clients > 0 && session_under_way(session) == 0 &&
	    session->limit > 0 && list_is_empty(&session->waiting))
		session->direct = session->endpoint;
}

void session_set_credit(struct session *session, uint32_t credit)
{
	session_settle(session);
	session->credit = credit;
	session->limit = !session_is_open(session) ? 0 : credit ? credit : UINT32_MAX;
	straighten(session);
}

/* It is the endpoint's from now on. */
static void move_on(struct session *session, struct caller *caller)
{
	struct endpoint *endpoint = session->endpoint;

	session->under_way++;
	caller->state = CALLER_AT_ENDPOINT;
	caller_queue_add(&endpoint->callers, caller);
	endpoint->caller_count++;
	endpoint->events++;
	sched_inherit(endpoint->last_receiver);
	endpoint_serve(endpoint);
}

void session_enter(struct session *session, struct caller *caller)
{
	unsigned steps = 1;

	session_settle(session);
	list_add(&session->waiting, &caller->in_session);
	if (!caller_queue_first(&session->callers) && session_is_open(session) &&
	    session->under_way < session->limit) {
		move_on(session, caller);
		return;
	}
	caller->state = CALLER_AT_SESSION;
	caller_queue_add(&session->callers, caller);
	session_admit(session, &steps);
}

bool session_admit(struct session *session, unsigned *steps)
{
	struct caller *caller;

	session_settle(session);
	while ((caller = caller_queue_first(&session->callers)) != NULL &&
			session_is_open(session) && session->under_way < session->limit) {
		if (!object_step(steps))
			return false;
		caller_queue_remove(&session->callers, caller);
		move_on(session, caller);
	}
	return true;
}

void session_return_credit(struct session *session)
{
	unsigned steps = 1;

	CHECK(session->under_way > 0);
	session->under_way--;
	if (caller_queue_first(&session->callers))
		session_admit(session, &steps);
	else
		straighten(session);
}

void session_look(struct session *session)
{
	struct endpoint *endpoint = session->endpoint;

	if (session->is_gone || !endpoint || endpoint->closed ||
	    (session->clients > 0 && !session->revoked) ||
	    !list_is_empty(&session->waiting))
		return;
	session->is_gone = true;
	object_take(&session->object);
	list_add(&endpoint->gone, &session->gone);
	endpoint->events++;
	endpoint_serve(endpoint);
}

void session_open(struct session *session)
{
	object_take(&session->object);
	session->clients++;
	straighten(session);
}

/* Nothing but its calls may keep it now. */
static void leave_client(struct session *session)
{
	CHECK(session->clients > 0);
	if (--session->clients > 0)
		return;
	session_settle(session);
	session_look(session);
}

void session_close(struct session *session)
{
	leave_client(session);
	object_drop(&session->object);
}

bool session_revoke(struct session *session, unsigned *steps)
{
	struct list *first;
	struct caller *caller;

	session_settle(session);
	session->revoked = true;
	session->limit = 0;
	while ((first = list_first(&session->tokens)) != NULL ||
			!list_is_empty(&session->waiting)) {
		if (!object_step(steps))
			return false;
		caller = first ? LIST_OF(first, struct token, link)->caller :
			LIST_OF(session->waiting.next, struct caller, in_session);
		caller_give_up(caller, SK_PEER_CLOSED);
	}
	session_look(session);
	return true;
}

/* ---- the object ---- */

void session_count_handle(struct object *object, uint16_t rights, uint16_t flags, int by)
{
	struct session *session = (struct session *)object;

	(void)rights;
	if (!(flags & HANDLE_CLIENT))
		return;
	if (by < 0) {
		leave_client(session);
		return;
	}
	session->clients++;
	straighten(session);
}

bool session_end(struct object *object, unsigned *steps)
{
	struct session *session = (struct session *)object;

	(void)steps;
	CHECK(list_is_empty(&session->waiting) && list_is_empty(&session->tokens));
	if (session->endpoint) {
		session->endpoint->session_count--;
		object_drop(&session->endpoint->object);
	}
	list_remove(&session->in_endpoint);
	return true;
}
