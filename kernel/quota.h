/*
 * Quotas: a tree of what may be used. What is taken counts in its quota and in
 * all above it; the root has all there is. Nothing in the kernel is allocated
 * that is not taken from one first.
 */
#ifndef KERNEL_QUOTA_H
#define KERNEL_QUOTA_H

#include "kernel/list.h"
#include "kernel/object.h"

enum quota_unit {
	QUOTA_BYTES,
	QUOTA_THREADS,
	QUOTA_SPACES,
	QUOTA_HANDLES,
	QUOTA_UNITS
};

/* Levels below the root. */
#define QUOTA_DEPTH_MAX 16

struct quota {
	struct object object;
	struct quota *parent;		/* referenced; NULL: the root */
	struct list children;
	struct list sibling;
	struct list members;		/* objects that are charged to it */
	uint64_t limit[QUOTA_UNITS];
	uint64_t used[QUOTA_UNITS];
	uint32_t priority;		/* the greatest that a thread may have */
	uint32_t depth;
	bool destroyed;			/* its parent answers for it now */
	struct watch watch;		/* of used bytes */
	uint64_t watch_above;
};

extern const struct object_type quota_type;
/* With all frames and no other limit. */
struct quota *quota_root(void);

/* False: it, or one above, would exceed its limit; then nothing is taken. */
bool quota_take(struct quota *quota, enum quota_unit unit, uint64_t amount);
void quota_give(struct quota *quota, enum quota_unit unit, uint64_t amount);

/* NULL: QUOTA_EXCEEDED, or too deep; in *error. */
struct quota *quota_new(struct quota *parent, const uint64_t limit[QUOTA_UNITS],
	uint32_t priority, int *error);
/* A part of destroying one; false: there is more to do. Kills spaces and
 * threads, hands all else that lives to its parent. */
bool quota_destroy(struct quota *quota, unsigned *steps);

#endif
