/*
 * What the short way of calls and replies (system_call.c) shares with the long
 * one (endpoint.c, token.c): both sides of a delivery.
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
 * nobody, to which it lends its priority; the session's reference is the token's from now on. */
static inline void handover_hold(struct token *token, struct caller *caller,
	struct session *session, struct thread *thread)
{
	token->state = TOKEN_HELD;
	token->caller = caller;
	token->session = session;
	token->server = thread;
	list_add(&session->tokens, &token->link);
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

/* A thread that receives there, which the caller's priority lets run here at once;
 * or NULL. Where callers wait, or the endpoint closes, is for the long way. */
static inline struct thread *handover_receiver(const struct endpoint *endpoint,
	uint8_t priority, const struct cpu *cpu)
{
	struct list *first = endpoint->receivers.next;
	struct thread *thread = LIST_OF(first, struct thread, waiting);

	if (UNLIKELY(first == &endpoint->receivers || endpoint->events != 0))
		return NULL;
	if (UNLIKELY(thread->effective < priority || thread->attention ||
	    thread->is_cancellable || endpoint->last_receiver != thread ||
	    !thread->space->tokens.free || !sched_can_switch(cpu, thread) ||
	    !list_is_empty(&thread->deadline.link)))
		return NULL;
	return thread;
}

/* To such a thread, all at once; `head` and `priority` of the caller are set. */
static inline void handover_call(struct caller *caller, struct session *session,
	struct thread *server, uint16_t protocol_rights, const uint64_t *words)
{
	struct token *token = token_take(&server->space->tokens);

	list_remove(&server->waiting);
	session->object.references++;
	session->under_way++;
	session->endpoint->unanswered++;
	session->endpoint->notified_last = false;
	handover_hold(token, caller, session, server);
	handover_words(frame_words(&server->frame), words);
	handover_event(server, handover_request(caller->head, protocol_rights),
		session->badge, token->number, ABI_FOREVER);
}

#endif
