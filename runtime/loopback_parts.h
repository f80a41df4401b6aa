/*
 * What the two halves of the in-process transport share: loopback.c carries
 * calls, loopback_ledger.c knows what is held, minted and dead.
 *
 * For loopback*.c only; programs use runtime/loopback.h.
 */
#ifndef RUNTIME_LOOPBACK_PARTS_H
#define RUNTIME_LOOPBACK_PARTS_H

#include "runtime/loopback.h"

static inline struct sk_loopback *sk_loopback_of_port(struct sk_port *port)
{
	return (struct sk_loopback *)(void *)((uint8_t *)port -
		offsetof(struct sk_loopback, port));
}

/* One side is dead: nothing goes over any more. */
static inline bool sk_loopback_is_cut(const struct sk_loopback *loopback)
{
	return loopback->server_gone || loopback->client_gone;
}

/* Closes a handle of this side; one that it does not hold is a mistake. */
void sk_loopback_close_one(struct sk_loopback *root, enum sk_loopback_side side,
	struct sk_handle handle);
/* Calls `gone` for sessions that nothing refers to any more, but not while an
 * operation may be using one: root->depth. */
void sk_loopback_reap(struct sk_loopback *root);

/*
 * Carries a message from this side to the other, with all that is attached:
 * what moved is then none at the sender. A status: nothing went over, and what
 * was to move is closed.
 */
int sk_loopback_carry(struct sk_loopback *loopback, struct sk_message *from,
	struct sk_message *to, enum sk_loopback_side side);
/* Closes what was to move, but does not. */
void sk_loopback_lose(struct sk_loopback *root, struct sk_attached *attached,
	enum sk_loopback_side side);
/* For struct sk_port_ops. */
int sk_loopback_mint(struct sk_port *port, const struct sk_object *object,
	void *self, struct sk_handle *handle);

/* One more point is reached; who is to die there dies. */
void sk_loopback_point(struct sk_loopback *loopback);
/* The client waits no more: a slot completes with this status. */
void sk_loopback_give_up(struct sk_loopback *loopback, struct sk_loopback_call *call,
	int status);
/* Completes the slot of a call. */
void sk_loopback_complete(struct sk_loopback_call *call, int status);
/*
 * Tells the server who waits no more, but not while it serves this client: it
 * could not know yet what it is told of.
 */
void sk_loopback_tell(struct sk_loopback *loopback);

#endif
