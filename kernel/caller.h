/*
 * Callers: what waits for the answer to a call. A thread is one, and so are each
 * slot of a ring, a thread's fault and a call to a pager: all queue alike, at a
 * session that is over its credit, else at the endpoint, and are delivered to
 * whoever receives there, by a token.
 *
 *	IDLE -> AT_SESSION -> AT_ENDPOINT -> DELIVERED -> IDLE
 *
 * From each state a caller can be given up: by its deadline, by being canceled,
 * because it dies, or because the other side does. One that was delivered leaves
 * its token behind, which then says so to the server.
 */
#ifndef KERNEL_CALLER_H
#define KERNEL_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/abi.h"
#include "kernel/deadline.h"
#include "kernel/list.h"
#include "kernel/object.h"

struct space;
struct session;
struct thread;
struct token;

enum caller_kind {
	CALLER_THREAD,			/* in struct thread */
	CALLER_FAULT,			/* likewise: the kernel calls for it */
	CALLER_RING,			/* in struct ring */
	CALLER_PAGER			/* in struct memory */
};

enum caller_state {
	CALLER_IDLE,
	CALLER_AT_SESSION,		/* its credit is used up */
	CALLER_AT_ENDPOINT,		/* no receiver, or no token */
	CALLER_DELIVERED
};

/* Where a message is: the first words, and the rest behind them. */
struct message_place {
	uint64_t *words;		/* ABI_WORDS */
	/* As the kernel sees it: a page, of which bytes from ABI_WORD_BYTES on are
	 * used, and what goes beside. NULL: the words are all there is. */
	uint8_t *page;
	struct abi_descriptors *beside;
};

struct caller {
	uint8_t kind;
	uint8_t state;
	uint8_t priority;		/* that it queues with */
	uint8_t reserved;		/* places in its table, for the reply's handles */
	bool is_one_way;
	uint16_t protocol_rights;	/* of the handle that was called */
	struct token *token;		/* DELIVERED */
	uint64_t head;			/* counts, as in abi.h */
	struct session *session;	/* referenced while AT_..., then the token's */
	uint64_t number;		/* of this call; leases name it; never again */
	struct list queued;		/* in a struct caller_queue */
	struct list level;		/* likewise, the first of its priority */
	struct list in_session;		/* while AT_... */
	uint64_t correlation;		/* of traces */
	struct message_place send;
	struct message_place receive;
	struct space *space;		/* whose handles and memory those are */
	/* Gives it up with SK_TIMED_OUT. Before caller_begin() only `when` is
	 * filled in: ABI_FOREVER, a time, or ABI_POLL. */
	struct deadline deadline;
	/* Of a call on a kernel object that is made again: what there is so far.
	 * Referenced; dropped with the caller. */
	struct object *made;
	uint64_t progress;
};

/* Callers by priority, and the first of each; among equals the first to come is
 * the first. Adding looks at each priority once, so at 256 at most. */
struct caller_queue {
	struct list callers;
	struct list levels;
};

void caller_queue_init(struct caller_queue *queue);
void caller_queue_add(struct caller_queue *queue, struct caller *caller);
void caller_queue_remove(struct caller_queue *queue, struct caller *caller);
static inline struct caller *caller_queue_first(const struct caller_queue *queue)
{
	struct list *first = queue->callers.next;

	return first != &queue->callers ? LIST_OF(first, struct caller, queued) : NULL;
}

/* Once, before its first call. */
void caller_init(struct caller *caller, enum caller_kind kind);

/*
 * Begins a call, or a send: kind, priority, head, is_one_way, protocol_rights,
 * correlation, places, space and deadline were filled in. Handles and leases
 * are looked up when it is delivered. True: it waits now, or is done (caller_done
 * was called). False: *status is why it cannot be (nothing has happened).
 */
bool caller_begin(struct caller *caller, struct session *session, int *status);

/* The same, to a thread that waits for just this (handover.h), which has what moves
 * then. False: nothing has happened, and caller_begin() says why it cannot be. */
bool caller_begin_at(struct caller *caller, struct session *session,
	struct thread *server);

/*
 * Ends it with a status, wherever it is. If it was delivered, its leases end
 * now, and the server is told (CANCEL).
 */
void caller_give_up(struct caller *caller, int status);

/* What becomes of one whose call has ended: its kind sees to it. `head` is as
 * after CALL; with 0 the reply is in caller->receive, and `by` is whose thread
 * answered (else it may be NULL). Defined beside each kind:
 * fault_answered(), ring_completed(), memory_answered(). */
void caller_done(struct caller *caller, uint64_t head, struct space *by);

/* ---- for endpoint.c, session.c, token.c ---- */

/* It has left its queue, or its token: all else that it has is given back, and
 * caller_done() is called. */
void caller_end(struct caller *caller, uint64_t head, struct space *by);
/* The same, but for caller_done(). */
void caller_release(struct caller *caller);
/* It waits no more at session or endpoint; its session's reference is the
 * caller's of this. */
void caller_leave_queue(struct caller *caller);
/* Forgets what a call that is made again had come to. */
void caller_forget(struct caller *caller);
/* Its place in a queue goes with its priority. */
void caller_set_priority(struct caller *caller, uint8_t priority);
/* What a caller of this kind is a part of; NULL: what lends nothing. */
struct object *caller_owner(struct caller *caller);
/* Its id, for traces; 0: of nobody's. */
static inline uint64_t caller_owner_id(struct caller *caller)
{
	const struct object *owner = caller_owner(caller);

	return owner ? owner->id : 0;
}

#endif
