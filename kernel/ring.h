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
	uint64_t words[ABI_WORDS];	/* copied once from the entry */
	uint64_t cookie;
	bool busy;
};

struct ring {
	struct object object;
	struct space *space;		/* referenced: whose handles, and memory */
	struct memory *memory;		/* referenced: all its pages have frames */
	struct ring_slot *slots;
	uint8_t **pages;		/* of the memory, as the kernel sees them */
	uint32_t slot_count;
	uint32_t submitted;
	uint32_t completed;
	uint32_t under_way;
	struct watch watch;
};

extern const struct object_type ring_type;

struct ring *ring_new(struct quota *quota, struct space *space, uint32_t slots,
	kernel_error *error);
/* SUBMIT: returns how many of the queue were accepted; *status: what is wrong
 * with the next, if it was fewer; *again: there is more to do. */
uint32_t ring_submit(struct ring *ring, struct thread *thread, uint32_t count,
	int *status, bool *again);

#endif
