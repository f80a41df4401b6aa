/*
 * A channel within one process: a call runs the server's dispatch function
 * directly. For tests, fuzzers, and programs that are client and server in
 * one. No system calls, no clock, no allocation: what happens depends only on
 * what the user does, so each run is like the one before.
 *
 * An answer may come later: while a call waits, `step` lets the server work.
 * Time is the number `now`, which the user (in `step`, for instance) moves.
 *
 * One struct is one client's connection; a server can have many. The server
 * answers from within dispatch or step, never from another thread.
 */
#ifndef RUNTIME_LOOPBACK_H
#define RUNTIME_LOOPBACK_H

#include "runtime/channel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Requests of one connection that the server may hold unanswered. */
#define SK_LOOPBACK_CALLS 16

struct sk_loopback_call {
	uint64_t token;			/* 0: a free place */
	bool canceled;			/* the client has given up */
};

struct sk_loopback {
	struct sk_channel channel;	/* the client's end: to call with */
	struct sk_port port;		/* the server's end */

	/* The user's, after sk_loopback_init(). `self` goes to all of them. */
	void *self;
	uint64_t badge;
	uint64_t now;			/* what deadlines are compared with */
	/* One request; usually a line that calls generated dispatch. */
	int (*dispatch)(void *self, struct sk_incoming *incoming);
	/*
	 * Does some of the server's work, or moves time. False: there is none
	 * left, so that what is not answered by now never will be. May be NULL.
	 */
	bool (*step)(void *self);
	/* The client of this kept request waits no more, or is dead. May be
	 * NULL. */
	void (*canceled)(void *self, uint64_t token);
	/* Closes a handle, on either side. May be NULL. */
	void (*close_handle)(void *self, struct sk_handle handle);

	/* Ledger. Each handle sent is delivered or closed, never both. */
	uint32_t handles_sent;
	uint32_t handles_delivered;
	uint32_t handles_closed;	/* also delivered ones that nobody took */
	int last_dispatch;		/* what dispatch returned last */

	/* The transport's own. */
	struct sk_message arrived;
	struct sk_loopback_call calls[SK_LOOPBACK_CALLS];
	uint64_t tokens;		/* how many were given out */
	uint64_t waiting;		/* token that the client waits for, or 0 */
	bool in_call;
	bool server_gone;
	bool client_gone;
	uint8_t buffers[4][SK_MESSAGE_MAX];
};

/* A connection with both ends open and no dispatch yet. */
void sk_loopback_init(struct sk_loopback *loopback);
/* The server dies: who waits, and every later call, gets SK_PEER_CLOSED. */
void sk_loopback_kill_server(struct sk_loopback *loopback);
/* The client dies: answers to what the server kept get SK_PEER_CLOSED. */
void sk_loopback_kill_client(struct sk_loopback *loopback);
/* Requests that the server has neither answered nor dropped. */
unsigned sk_loopback_unanswered(const struct sk_loopback *loopback);

#ifdef __cplusplus
}
#endif

#endif
