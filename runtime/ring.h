/*
 * Rings: calls that do not wait. A ring has slots that its owner gave it; each
 * is a caller without a thread. A generated m_begin() function encodes into a
 * free slot and submits it; sk_ring_next() gives what has completed, in any
 * order; m_end() decodes it; sk_ring_release() frees the slot.
 *
 *	struct sk_completion done;
 *
 *	fs_File_read_begin(ring, file, &request, 7, NULL);
 *	...
 *	if (sk_ring_next(ring, SK_FOREVER, &done) == 0 && done.cookie == 7) {
 *		status = fs_File_read_end(&done, &reply);
 *		... reply borrows from the slot ...
 *		sk_ring_release(&done);
 *	}
 *
 * Nothing is allocated; the number of slots is the back-pressure. A ring is
 * used by one thread at a time, and so are its channels, which may be used for
 * synchronous calls in between.
 */
#ifndef RUNTIME_RING_H
#define RUNTIME_RING_H

#include "runtime/channel.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sk_slot_state {
	SK_SLOT_FREE,
	SK_SLOT_FILLING,		/* being encoded */
	SK_SLOT_BUSY,			/* submitted */
	SK_SLOT_DONE,			/* completed, not yet given out */
	SK_SLOT_HELD			/* given out, until it is released */
};

struct sk_ring;

/* A circle; alone, it refers to itself. */
struct sk_slot_link {
	struct sk_slot_link *next;
	struct sk_slot_link *prev;
};

struct sk_slot {
	struct sk_slot_link link;	/* first: of ring's free, busy or done; or alone */
	struct sk_ring *ring;
	enum sk_slot_state state;
	int status;			/* DONE, HELD: what the transport says */
	struct sk_channel *channel;
	const struct sk_method *method;
	uint64_t cookie;
	uint64_t deadline;
	uint64_t number;		/* the transport's */
	uint64_t correlation;		/* of traces; 0: not recorded */
	struct sk_message request;
	struct sk_message reply;
	uint8_t bytes[2][SK_MESSAGE_MAX];
};

/* What a transport implements. A slot completes by sk_ring_complete(). */
struct sk_ring_ops {
	/*
	 * Sends slot->request over slot->channel. 0: it is BUSY, or DONE
	 * already. A status: nothing was sent. Handles as with a call: those
	 * that move are the transport's, whatever comes of it. Leases end with
	 * the slot's completion.
	 */
	int (*submit)(struct sk_ring *ring, struct sk_slot *slot);
	/* Waits until some slot is DONE, or the deadline: 0, SK_TIMED_OUT. */
	int (*wait)(struct sk_ring *ring, uint64_t deadline);
	/* Gives up a BUSY slot: it completes with this status at once, unless
	 * its answer came first. */
	void (*give_up)(struct sk_ring *ring, struct sk_slot *slot, int status);
};

struct sk_ring {
	const struct sk_ring_ops *ops;
	struct sk_slot *slots;
	uint32_t count;
	struct sk_slot_link free;
	struct sk_slot_link busy;	/* handed to the transport */
	struct sk_slot_link done;	/* the longest first: all get a turn */
	void *context;			/* the transport's */
};

struct sk_completion {
	struct sk_ring *ring;
	struct sk_slot *slot;
	uint64_t cookie;		/* what begin was given */
};

/* All slots free; the slots are the caller's and last as long as the ring. */
void sk_ring_init(struct sk_ring *ring, const struct sk_ring_ops *ops,
	struct sk_slot *slots, uint32_t count, void *context);

/* For transports: a slot that was handed to it is DONE, with this status. */
void sk_ring_complete(struct sk_slot *slot, int status);

/* For transports: whether some slot is DONE. */
static inline bool sk_ring_is_done(const struct sk_ring *ring)
{
	return ring->done.next != &ring->done;
}

/*
 * For generated code: a slot to encode into. NULL: all are in use, so that
 * begin answers SK_WOULD_BLOCK.
 */
struct sk_slot *sk_ring_open(struct sk_ring *ring, struct sk_channel *channel,
	uint64_t cookie);
/*
 * For generated code: submits what was encoded, given what encoding returned;
 * after a status the slot is free again, and what moved is closed.
 */
int sk_ring_submit(struct sk_ring *ring, struct sk_slot *slot, int encoded,
	const struct sk_method *method, const struct sk_call *call);
/*
 * For generated code: what has become of it, as sk_invoke() says it. With 0
 * the reply waits in done->slot->reply.
 */
int sk_ring_result(const struct sk_completion *done);

/* Takes one completion. SK_TIMED_OUT: none came by the deadline. SK_INVALID:
 * no slot is in use, so that none ever will. */
int sk_ring_next(struct sk_ring *ring, uint64_t deadline,
	struct sk_completion *done);
/* Frees the slot, with the handles in its reply that were not handed over. */
void sk_ring_release(struct sk_completion *done);
/*
 * Gives up the calls of this cookie: they complete with SK_CANCELED, unless an
 * answer came first. 0; SK_INVALID: there is none, or its method is not
 * @cancellable.
 */
int sk_ring_cancel(struct sk_ring *ring, uint64_t cookie);
/* Slots that are not free. */
unsigned sk_ring_used(const struct sk_ring *ring);
/* Gives up everything and frees all slots, held ones too. */
void sk_ring_close(struct sk_ring *ring);

#ifdef __cplusplus
}
#endif

#endif
