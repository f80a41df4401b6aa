/*
 * A channel within one process: a call runs the server's dispatch function
 * directly. For tests, fuzzers, and programs that are client and server in
 * one. No system calls, no clock, no allocation: what happens depends only on
 * what the user does, so each run is like the one before.
 *
 * An answer may come later: while a call waits, `step` lets the server work.
 * Time is the number `now`, which the user (in `step`, for instance) moves;
 * it jumps to the deadline when nothing is left to be done.
 *
 * One struct is one client's connection; a server can have many. What the
 * server mints is a connection too, once the client has opened the handle;
 * both then share a clock and a ledger. The server answers from within
 * dispatch or step, never from another thread.
 *
 * Handles are numbers in a ledger, which says who holds each. One that moves,
 * or is copied, arrives under a new number, as it would across processes. Each
 * is to be closed once, by who holds it: whatever else happens to a handle is
 * a mistake, and counted.
 */
#ifndef RUNTIME_LOOPBACK_H
#define RUNTIME_LOOPBACK_H

#include "runtime/channel.h"
#include "runtime/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Requests of one connection that the server may hold unanswered. */
#define SK_LOOPBACK_CALLS 16
/* Handles that may be open at once, and sessions that were minted. */
#define SK_LOOPBACK_HANDLES 64
#define SK_LOOPBACK_SESSIONS 16

enum sk_loopback_side {
	SK_LOOPBACK_CLIENT = 1,
	SK_LOOPBACK_SERVER = 2
};

struct sk_loopback;

struct sk_loopback_call {
	uint64_t token;			/* 0: a free place */
	bool canceled;			/* the client has given up */
	bool is_told;			/* and the server knows */
	struct sk_slot *slot;		/* of a ring that waits, or NULL */
	uint32_t lease_count;
	struct sk_lease leases[SK_LEASES_MAX];
};

/* What was minted; it is gone when nothing refers to it any more. */
struct sk_loopback_session {
	uint32_t references;		/* handles and an end; 0: a free place */
	const struct sk_object *object;
	void *self;
	struct sk_loopback *end;	/* the client's, once it is open */
};

struct sk_loopback_handle {
	uint32_t uses;			/* how often the place was taken */
	uint32_t holder;		/* a side; 0: a free place */
	struct sk_loopback_session *session;	/* NULL: a handle to nothing */
};

struct sk_loopback_ledger {
	/* To be read. All are closed in the end: opened == closed. */
	uint32_t opened;		/* new ones, minted ones, and copies */
	uint32_t closed;		/* also by the transport, under way */
	uint32_t moved;			/* that arrived as what was sent */
	uint32_t mistakes;		/* closed twice, used after it moved, or
					 * of a number that the side never had */
	/* The transport's own. */
	struct sk_loopback_handle handles[SK_LOOPBACK_HANDLES];
	struct sk_loopback_session sessions[SK_LOOPBACK_SESSIONS];
};

struct sk_loopback {
	struct sk_channel channel;	/* the client's end: to call with */
	struct sk_port port;		/* the server's end */

	/* The user's, after sk_loopback_init(). `self` goes to all of them. A
	 * minted session has its object's functions here. */
	void *self;
	uint64_t badge;
	/* One request; usually a line that calls generated dispatch. */
	int (*dispatch)(void *self, struct sk_incoming *incoming);
	/* The client of this kept request waits no more, or is dead. May be
	 * NULL. */
	void (*canceled)(void *self, uint64_t token);
	/* The client is dead or has closed. May be NULL. */
	void (*gone)(void *self);
	/*
	 * Does some of the server's work, or moves time. False: there is none
	 * left, so that what is not answered by now never will be. May be NULL.
	 */
	bool (*step)(void *self);
	/*
	 * The server is dead, and the client would connect again. 0: it lives
	 * again, without what it had kept. May be NULL: SK_PEER_CLOSED.
	 */
	int (*reconnect)(void *self, uint64_t deadline);
	uint64_t now;			/* what deadlines are compared with */

	/*
	 * Death on order. Wherever the transport acts is a point: before a
	 * request goes over, before and after dispatch, before a lease is
	 * copied, before an answer goes over, and before each step. They are
	 * counted from 1; at the one named here that side dies. 0: never.
	 */
	uint32_t points;
	uint32_t kill_server_at;
	uint32_t kill_client_at;
	/* Bytes of each lease that are there: a copy that reaches further stops
	 * there with SK_LEASE_FAULT. UINT64_MAX at first. */
	uint64_t lease_present;

	struct sk_loopback_ledger ledger;
	int last_dispatch;		/* what dispatch returned last */

	/* The transport's own. Those above from `step` to `ledger` count at
	 * the root, which is what was not opened from a handle. */
	struct sk_loopback *root;
	struct sk_loopback_session *session;	/* NULL: the root */
	struct sk_message arrived;
	struct sk_loopback_call calls[SK_LOOPBACK_CALLS];
	uint64_t tokens;		/* how many were given out */
	uint64_t waiting;		/* token that the client waits for, or 0 */
	unsigned depth;			/* dispatches that run; the root's */
	bool in_call;
	bool in_dispatch;
	bool is_told_gone;
	bool server_gone;
	bool client_gone;
	uint8_t buffers[4][SK_MESSAGE_MAX];
};

/* A connection with both ends open and no dispatch yet. */
void sk_loopback_init(struct sk_loopback *loopback);
/*
 * Makes a client of a handle that the client holds and the server minted; the
 * handle is used up. SK_BAD_HANDLE: it is no such handle. SK_INVALID: another
 * end to this session is open already.
 */
int sk_loopback_open(struct sk_loopback *session, struct sk_loopback *from,
	struct sk_handle handle);
/* The client closes its end: canceled and gone follow, as they do after its
 * death. */
void sk_loopback_close(struct sk_loopback *loopback);
/* The server dies: who waits, and every later call, gets SK_PEER_CLOSED. */
void sk_loopback_kill_server(struct sk_loopback *loopback);
/* The client dies: answers to what the server kept get SK_PEER_CLOSED. What
 * it opened from handles dies with it. */
void sk_loopback_kill_client(struct sk_loopback *loopback);
/* Requests that the server has neither answered nor dropped. */
unsigned sk_loopback_unanswered(const struct sk_loopback *loopback);

/* A new handle, held by this side, that names nothing. None if there are too
 * many. */
struct sk_handle sk_loopback_new_handle(struct sk_loopback *loopback,
	enum sk_loopback_side side);
/* Whether this side holds it. */
bool sk_loopback_holds(const struct sk_loopback *loopback,
	enum sk_loopback_side side, struct sk_handle handle);
/* Handles that are open now. */
unsigned sk_loopback_open_handles(const struct sk_loopback *loopback);

/* For sk_ring_init(), with context NULL. A request is dispatched as it is
 * submitted; while the ring waits, the servers of its calls get their steps. */
extern const struct sk_ring_ops sk_loopback_ring_ops;

#ifdef __cplusplus
}
#endif

#endif
