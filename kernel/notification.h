/* 64 bits that many set, and one reads and clears: waiting for them, or, bound
 * to an endpoint, receiving there. */
#ifndef KERNEL_NOTIFICATION_H
#define KERNEL_NOTIFICATION_H

#include "kernel/object.h"

struct endpoint;
struct thread;

struct notification {
	struct object object;
	uint64_t bits;
	struct list waiting;		/* struct thread.waiting, by their masks */
	struct endpoint *endpoint;	/* bound to; NULL: none. Not referenced */
};

extern const struct object_type notification_type;

struct notification *notification_new(struct quota *quota, kernel_error *error);
/* Sets bits, and wakes who waits for one of them. */
void notification_signal(struct notification *notification, uint64_t bits);
/* Those of the mask, which are cleared. */
uint64_t notification_take(struct notification *notification, uint64_t mask);
/* The thread has what it asked for, or why not, in its frame; or it waits now. */
void notification_wait(struct notification *notification, struct thread *thread,
	uint64_t mask, uint64_t deadline);

#endif
