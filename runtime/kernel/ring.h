/*
 * Calls that do not wait, by a ring of the kernel: its slots are callers of
 * their own, and completions are read from memory that is shared with it.
 *
 * A struct sk_ring over it works as over any transport (runtime/ring.h); its
 * channels are struct sk_kernel_channel. With `batches` set, what is begun is
 * submitted all at once: by sk_kernel_ring_flush(), or when it is waited for.
 */
#ifndef RUNTIME_KERNEL_RING_H
#define RUNTIME_KERNEL_RING_H

#include "kernel/abi.h"
#include "runtime/ring.h"

struct sk_kernel_ring {
	struct sk_ring ring;
	bool batches;

	/* The transport's own. */
	struct abi_ring *memory;
	uint32_t count;			/* of the kernel's slots: one more */
	uint32_t number;
	uint32_t notification;
	uint64_t bits;
	uint32_t queued;		/* put in the queue so far */
	uint32_t submitted;		/* of those, handed to the kernel */
	uint32_t reaped;		/* of what has completed, seen */
};

/*
 * Opens a ring over one of the kernel's, whose memory is mapped at `memory`, and
 * which signals `bits` of the notification with each completion. It has one slot
 * more than there are `slots`: the last is for giving up. Handles stay the
 * caller's.
 */
void sk_kernel_ring_open(struct sk_kernel_ring *ring, struct sk_handle handle,
	void *memory, struct sk_handle notification, uint64_t bits,
	struct sk_slot *slots, uint32_t count);
/* Submits what was begun. What the kernel refuses completes with its status. */
void sk_kernel_ring_flush(struct sk_kernel_ring *ring);

extern const struct sk_ring_ops sk_kernel_ring_ops;

#endif
