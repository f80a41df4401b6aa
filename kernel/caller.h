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
#include <stdint.h>

#include "kernel/abi.h"
#include "kernel/deadline.h"
#include "kernel/list.h"

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
	bool is_one_way;
	bool was_delivered;		/* the request may have been seen */
	uint16_t protocol_rights;	/* of the handle that was called */
	struct list queued;		/* in a session or an endpoint, by priority */
	struct session *session;	/* referenced while not IDLE */
	struct token *token;		/* DELIVERED */
	uint64_t number;		/* of this call; leases name it; never again */
	uint64_t head;			/* counts, as in abi.h */
	uint64_t correlation;		/* of traces */
	struct message_place send;
	struct message_place receive;
	struct space *space;		/* whose handles and memory those are */
	struct deadline deadline;	/* gives it up with SK_TIMED_OUT */
};

/*
 * Begins a call, or a send: all but its state was filled in. Handles and leases
 * are looked up when it is delivered. True: it waits now, or is done (caller_done
 * was called). False: *status is why it cannot be (nothing has happened).
 */
bool caller_begin(struct caller *caller, struct session *session, int *status);

/*
 * Ends it with a status, wherever it is. If it was delivered, its leases end
 * now, and the server is told (CANCEL), with `is_gone` too.
 */
void caller_give_up(struct caller *caller, int status);

/* What becomes of one whose call has ended: its kind sees to it. `head` is as
 * after CALL; with 0 the reply is in caller->receive. Defined beside each kind:
 * thread_called(), fault_answered(), ring_completed(), memory_answered(). */
void caller_done(struct caller *caller, uint64_t head);

/* ---- between a caller and a thread that receives: endpoint.c, transfer.c ---- */

/*
 * Moves a message: bytes, handles, leases. All or nothing: a status, and then
 * both sides have what they had. SK_EXHAUSTED: the receiver's table is full.
 * `reserved`: so many places are reserved in the receiver's table already.
 */
int transfer(uint64_t head, const struct message_place *from, struct space *sender,
	const struct message_place *to, struct space *receiver, unsigned reserved,
	struct caller *lender);

#endif
