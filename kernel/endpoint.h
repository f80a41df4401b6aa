/*
 * Endpoints, where servers receive, and sessions, by which clients reach them.
 * A session says whose client it is (badge) and how many calls it may have
 * under way (credit).
 */
#ifndef KERNEL_ENDPOINT_H
#define KERNEL_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/caller.h"
#include "kernel/object.h"

struct notification;

struct endpoint {
	struct object object;
	bool closed;			/* its last handle with RECEIVE is gone */
	bool notified_last;		/* NOTIFY at most every other turn */
	uint32_t receive_handles;
	uint32_t events;		/* callers, canceled and gone; 1 if closed */
	uint32_t unanswered;
	struct notification *bound;	/* referenced; NULL: none */
	/* The only one that receives, if a call may switch to it at once (the short
	 * way, docs/kernel.md): then nobody is in `receivers`, and nothing else is to
	 * be told. Or NULL. */
	struct thread *ready;
	struct list receivers;		/* struct thread.waiting: first come */
	struct thread *last_receiver;	/* inherits from callers; or NULL */
	struct caller_queue callers;
	struct list canceled;		/* struct token.link: to be told */
	struct list gone;		/* struct session.gone: to be told */
	struct list sessions;		/* struct session.in_endpoint */
	uint32_t caller_count;
	uint32_t session_count;
	uint32_t tokens;		/* set_tokens() */
	uint64_t server;		/* id of the space that keeps them */
	struct list starved;		/* struct token_table.starved */
	struct list work;		/* there is more to do: endpoint_work() */
};

struct session {
	struct object object;
	struct endpoint *endpoint;	/* referenced; NULL after it closed */
	uint64_t badge;
	uint32_t credit;		/* calls at a time; 0: without limit */
	/* Where a call goes that may take the short way: there is nothing under way,
	 * and one more may be. Else NULL. */
	struct endpoint *direct;
	/* The token of a call of bytes alone that came the short way; or of any other
	 * that did: with handles, leases or a deadline, or a fault. Or NULL. It is
	 * counted nowhere below, and refers to nothing, until session_settle(). */
	struct token *solo;
	struct token *solo_other;
	uint32_t under_way;		/* at the endpoint, or with a token */
	uint32_t limit;			/* of these; 0 if calls cannot be begun */
	struct list tokens;		/* HELD ones; struct token.link */
	struct caller_queue callers;	/* over its credit */
	struct list waiting;		/* struct caller.in_session: no token yet */
	uint32_t clients;		/* handles that are the clients' */
	bool revoked;
	bool is_gone;			/* GONE was queued, or told */
	uint16_t protocol_rights;
	struct list in_endpoint;
	struct list gone;
};

extern const struct object_type endpoint_type;
extern const struct object_type session_type;
/* Of the types, which stand beside their operations. */
void endpoint_count_handle(struct object *object, uint16_t rights, uint16_t flags, int by);
bool endpoint_end(struct object *object, unsigned *steps);
void session_count_handle(struct object *object, uint16_t rights, uint16_t flags, int by);
bool session_end(struct object *object, unsigned *steps);

/* At boot. */
void endpoint_init(void);
struct endpoint *endpoint_new(struct quota *quota, kernel_error *error);
struct session *session_new(struct quota *quota, struct endpoint *endpoint,
	uint64_t badge, uint32_t credit, uint16_t protocol_rights, kernel_error *error);
/* Calls can be begun. */
static inline bool session_is_open(const struct session *session)
{
	return !session->revoked && session->endpoint && !session->endpoint->closed;
}

/* What came the short way is as if it had come the long one, from now on. Before
 * anything else is done to the session, or to that call. */
void session_settle(struct session *session);
/* The same of who waits at the endpoint, and of what it was called for last. */
void endpoint_settle(struct endpoint *endpoint);
/* Calls at the endpoint, or with a token. */
static inline uint32_t session_under_way(const struct session *session)
{
	return session->under_way + (session->solo || session->solo_other);
}

/* So many calls at a time; 0: without limit. Then session_admit(). */
void session_set_credit(struct session *session, uint32_t credit);

/* Of a new client handle, in enum kernel_Rights: CALL, DUPLICATE, TRANSFER. */
#define SESSION_CLIENT_RIGHTS 0x43

/* Calls from now on, and those under way, are canceled; in at most *steps steps:
 * false: call again. */
bool session_revoke(struct session *session, unsigned *steps);
/* The kernel itself is a client, and keeps the session from being gone: of a
 * fault handler, a pager. With a reference. */
void session_open(struct session *session);
void session_close(struct session *session);
/* A call begins: at the endpoint; or it waits until it may, being over the credit. */
void session_enter(struct session *session, struct caller *caller);
/* A call is over, or is allowed: those over the credit move on. */
void session_return_credit(struct session *session);
bool session_admit(struct session *session, unsigned *steps);
/* GONE is to be told, if there are neither handles nor calls that wait. */
void session_look(struct session *session);

/*
 * A thread receives: its next event into its frame and receive slot, at once or,
 * being put to wait, later. False: *status; it does neither.
 */
bool endpoint_receive(struct endpoint *endpoint, struct thread *thread,
	uint64_t deadline, int *status);
/* There is something new: what can be is delivered to those who receive, before
 * anybody leaves the kernel. O(1), and may be called at any time. */
void endpoint_serve(struct endpoint *endpoint);
/* The same, at once; not while anything else is being done. */
void endpoint_deliver(struct endpoint *endpoint);
/* It closes: all who wait are answered SK_PEER_CLOSED, by endpoint_work(). */
void endpoint_close(struct endpoint *endpoint);
/* Those where something is left to do. */
extern struct list endpoints_work;
/* What is left to do at all endpoints, in at most *steps steps; false: there is
 * more. Called as object_reap() is. */
bool endpoint_work(unsigned *steps);
/* None: NULL. */
void endpoint_bind(struct endpoint *endpoint, struct notification *notification);

/* Who receives inherits from who calls, and who received there before may no
 * longer. */
void endpoint_set_receiver(struct endpoint *endpoint, struct thread *thread);

#endif
