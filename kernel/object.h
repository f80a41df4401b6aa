/*
 * What all kernel objects have in common. One is made charged to a quota; it
 * lives as long as somebody refers to it: handles in tables, and other objects.
 * With its last handle it is told so (`unused`), with its last reference it is
 * taken apart, by the reaper, a part at a time.
 */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/list.h"

struct quota;
struct notification;
struct kernel_call;
struct sk_incoming;
struct object;

/* Of a method of kernel.skald; positive, enum kernel_Error. */
typedef int kernel_error;

struct object_type {
	uint32_t kind;			/* enum kernel_Kind */
	uint32_t size;			/* of its struct, bytes */
	uint32_t offset;		/* of `object` in it: 0 but for threads */
	/* A handle with these rights and flags (kernel/handle.h) was put into a
	 * table, or taken out: 1 or -1. May be NULL. */
	void (*count_handle)(struct object *object, uint16_t rights, uint16_t flags,
		int by);
	/* The last handle is gone. May be NULL. */
	void (*unused)(struct object *object);
	/* Nobody refers to it: gives up what it has, in at most *steps steps (which
	 * it counts down). False: call again. Its own memory is freed behind. By
	 * object_end() also while it has references: then what outlives it stays.
	 * NULL: there is only one, for ever. */
	bool (*destroy)(struct object *object, unsigned *steps);
	/* A call on it: generated dispatch with `self` the struct kernel_call. */
	int (*dispatch)(struct kernel_call *call, struct sk_incoming *incoming);
};

#define OBJECT_NAME_MAX 31

struct object {
	const struct object_type *type;
	uint64_t id;			/* never used again */
	struct quota *quota;		/* referenced; that it is charged to */
	uint64_t charged;		/* bytes, all in all */
	uint32_t references;		/* handles included */
	uint32_t handles;
	struct list member;		/* of quota->members */
	struct list reaping;
	char name[OBJECT_NAME_MAX + 1];
};

/* Bits that a notification gets when something has happened. */
struct watch {
	struct notification *notify;	/* referenced; NULL: nobody watches */
	uint64_t bits;
};

/* A struct of the type, zeroed but for `object`, with one reference and no
 * handle. NULL: the quota's bytes, or memory, are used up, or the quota is
 * destroyed: *error. */
void *object_new(const struct object_type *type, struct quota *quota,
	kernel_error *error);
/* At boot; see frame_init(). */
void objects_init(void);
/* For what is not in the pool; `quota` NULL: charged to nobody. */
void object_init(struct object *object, const struct object_type *type,
	struct quota *quota);

/* The struct that it is in. */
static inline void *object_self(struct object *object)
{
	return (char *)object - object->type->offset;
}

/* More of its quota's bytes for what belongs to it. False: QUOTA_EXCEEDED. */
bool object_charge(struct object *object, uint64_t bytes);
void object_discharge(struct object *object, uint64_t bytes);
/* Zeroed memory that belongs to it, charged; NULL: the quota, or memory, is used up.
 * Giving it back, NULL is allowed. */
void *object_allocate(struct object *object, size_t size);
void object_release(struct object *object, void *memory, size_t size);

static inline void object_take(struct object *object)
{
	object->references++;
}

/* Never frees at once: what it was is valid until the lock is released. */
void object_drop(struct object *object);

/* Its `destroy` is called already now; and again when it has no reference. */
void object_end(struct object *object);

/* What has none, or ends. */
extern struct list objects_unreferenced;
/* Takes it apart, in at most so many steps; false: there is
 * more to do. Called before leaving the kernel, and when idle. */
bool object_reap(unsigned steps);
/* Steps before others get the lock. */
#define OBJECT_STEPS 64

/* Takes one of those that are left. False: there is none. */
static inline bool object_step(unsigned *steps)
{
	if (*steps == 0)
		return false;
	--*steps;
	return true;
}

/* A part of something of the machine's that one object has alone. */
struct claim {
	struct list in_all;
	uint64_t start;
	uint64_t end;
};

/* Of all that was claimed, until it is removed from that list. False: somebody has
 * some of it. */
bool claim_make(struct list *all, struct claim *claim, uint64_t start, uint64_t end);

/* Replaces what a watch notifies; `notify` may be NULL. */
void watch_set(struct watch *watch, struct notification *notify, uint64_t bits);
void watch_fire(struct watch *watch);

#endif
