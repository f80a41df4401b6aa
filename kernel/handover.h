/*
 * The short way of calls and replies (system_call.c), and what it shares with the
 * long one (endpoint.c, token.c): both sides of a delivery.
 *
 * What goes the short way is counted nowhere: session->solo is all that says so,
 * and whoever is to change what the short way takes for granted calls
 * session_settle() or endpoint_settle() first. So that one comparison tells that
 * nothing has changed: there is no other event at the endpoint, nobody else has
 * received there, no other call of the session is under way, its client may go on,
 * and neither its priority nor the server's is another than it was.
 */
#ifndef KERNEL_HANDOVER_H
#define KERNEL_HANDOVER_H

#include "kernel/endpoint.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/token.h"

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Of a head: bytes, handles and leases of its message. */
#define HEAD_COUNTS (UINT64_C(0xfffff) << ABI_BYTES_SHIFT)

/* The caller is delivered by this token to a thread that receives, and so serves
 * nobody, to which it lends its priority. */
static inline void handover_hold(struct token *token, struct caller *caller,
	struct session *session, struct thread *thread)
{
	token->state = TOKEN_HELD;
	token->caller = caller;
	token->session = session;
	token->server = thread;
	caller->state = CALLER_DELIVERED;
	caller->token = token;
	thread->serves = token;
}

/* What a thread finds in its registers: an event. */
static inline void handover_event(struct thread *thread, uint64_t head,
	uint64_t target, uint64_t token, uint64_t time)
{
	frame_set_head(&thread->frame, head | thread->event_flags);
	frame_set_target(&thread->frame, target);
	frame_set_token(&thread->frame, token);
	frame_set_time(&thread->frame, time);
	thread->event_flags = 0;
}

static inline uint64_t handover_request(uint64_t head, uint16_t protocol_rights)
{
	return (head & HEAD_COUNTS) | (uint64_t)protocol_rights << ABI_RIGHTS_SHIFT |
		ABI_REQUEST;
}

/* All five, one by one: compilers do not unroll it. */
static inline void handover_words(uint64_t *to, const uint64_t *from)
{
	uint64_t a = from[0], b = from[1], c = from[2];

	to[0] = a;
	to[1] = b;
	to[2] = c;
	a = from[3];
	b = from[4];
	to[3] = a;
	to[4] = b;
}

/* The thread to whom a call of the session can switch at once; or NULL. */
static inline struct thread *handover_receiver(const struct session *session,
	const struct thread *caller, const struct cpu *cpu)
{
	const struct endpoint *endpoint = session->direct;
	struct thread *server = endpoint ? endpoint->ready : NULL;

	return server && server->effective >= caller->effective &&
		server->space->tokens.free && sched_can_switch(cpu, server) ?
		server : NULL;
}

/* To such a thread, all at once, but for words; a token for `caller`. */
static inline struct token *handover_call(struct caller *caller, struct session *session,
	struct thread *server, uint64_t head, uint16_t protocol_rights, uint64_t deadline)
{
	struct endpoint *endpoint = session->direct;
	struct token *token = token_take(&server->space->tokens);

	endpoint->ready = NULL;
	endpoint->unanswered++;
	endpoint->notified_last = false;
	session->direct = NULL;
	handover_hold(token, caller, session, server);
	handover_event(server, handover_request(head, protocol_rights),
		session->badge, token->number, deadline);
	return token;
}

#endif
