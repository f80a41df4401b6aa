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
	struct list kept;		/* likewise, after its destruction */
	uint64_t limit[QUOTA_UNITS];
	uint64_t used[QUOTA_UNITS];
	uint32_t priority;		/* the greatest that a thread may have */
	uint32_t depth;
	bool destroyed;			/* its parent answers for it now */
};

/* In quota_ops.c, with operations; its `destroy` is quota_end(). */
extern const struct object_type quota_type;
bool quota_end(struct object *object, unsigned *steps);
/* At boot; see frame_init(). */
void quota_init(void);
/* With all frames and no other limit. */
struct quota *quota_root(void);

/* False: it, or one above, would exceed its limit; then nothing is taken. Of one
 * that is destroyed the limit no longer counts, but those above it. */
bool quota_take(struct quota *quota, enum quota_unit unit, uint64_t amount);
void quota_give(struct quota *quota, enum quota_unit unit, uint64_t amount);

/* NULL: QUOTA_EXCEEDED, or too deep; in *error. */
struct quota *quota_new(struct quota *parent, const uint64_t limit[QUOTA_UNITS],
	uint32_t priority, int *error);
/* It, or one above, is destroyed: nothing new can be charged to it. */
bool quota_is_destroyed(const struct quota *quota);
/* A part of destroying one, and those below it; false: there is more to do. Kills
 * spaces and threads; of all else that lives its parent takes the charge, to
 * whose account it is already: what is destroyed stays between, with no limit,
 * until all its members are gone. */
bool quota_destroy(struct quota *quota, unsigned *steps);

#endif
