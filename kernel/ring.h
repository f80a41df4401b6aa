/* Rings: slots that are callers without a thread (kernel/abi.h, "rings"). */
#ifndef KERNEL_RING_H
#define KERNEL_RING_H

#include "kernel/abi.h"
#include "kernel/caller.h"
#include "kernel/memory.h"
#include "kernel/object.h"

struct ring_slot {
	struct caller caller;
	struct ring *ring;
	uint64_t words[ABI_WORDS];	/* copied once from the entry; the reply's */
	uint64_t cookie;
	uint32_t target;
	uint32_t index;
	bool busy;
};
#define RING_CHUNK 8			/* slots made at a time */

struct ring {
	struct object object;
	struct space *space;		/* referenced: whose handles, and memory */
	struct memory *memory;		/* referenced: all its pages have frames */
	struct ring_slot **chunks;	/* slots, RING_CHUNK each */
	uint8_t **pages;		/* of the memory, as the kernel sees them */
	uint32_t slot_count;
	uint32_t page_count;		/* so far */
	uint32_t chunk_count;		/* so far */
	bool ready;			/* all of them */
	uint32_t submitted;
	uint32_t completed;
	uint32_t under_way;
	struct watch watch;
	struct list in_space;		/* once it is ready, until that ends */
	uint64_t progress;		/* of what is canceled then */
};

static inline struct ring_slot *ring_slot(const struct ring *ring, uint32_t index)
{
	return &ring->chunks[index / RING_CHUNK][index % RING_CHUNK];
}

extern const struct object_type ring_type;

/* Without its frames and slots: see ring_fill(). */
struct ring *ring_new(struct quota *quota, struct space *space, uint32_t slots,
	kernel_error *error);
/* Gives the ring its frames and slots, in at most *steps steps. 0 and not
 * ring->ready: call again. */
kernel_error ring_fill(struct ring *ring, unsigned *steps);
/*
 * SUBMIT: returns how many of the queue were accepted; *status: what is wrong
 * with the next, if it was fewer; 0: nothing, it is to be called again. *again,
 * only with none: the system call is to be made again.
 */
uint32_t ring_submit(struct ring *ring, struct thread *thread, uint32_t count,
	int *status, bool *again);
/* The calls of a space's rings, when it ends: before its table of handles does,
 * which answers would go to. False: there is more to do. */
bool ring_end_calls(struct space *space, unsigned *steps);
/* See caller_done(). */
void ring_completed(struct caller *caller, uint64_t head);

#endif
