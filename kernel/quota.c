/* Quotas: each counts what is taken in it and below it. */
#include "kernel/quota.h"

#include <string.h>

#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel.skald.h"

static struct quota root;

static void init_lists(struct quota *quota)
{
	list_init(&quota->children);
	list_init(&quota->sibling);
	list_init(&quota->members);
	list_init(&quota->kept);
}

void quota_init(void)
{
	memset(&root, 0, sizeof root);
	object_init(&root.object, &quota_type, NULL);
	init_lists(&root);
	for (unsigned i = 0; i < QUOTA_UNITS; i++)
		root.limit[i] = UINT32_MAX;
	root.limit[QUOTA_BYTES] = frame_free();
	root.priority = kernel_PRIORITY_MAX;
}

struct quota *quota_root(void)
{
	return &root;
}

static bool has_room(const struct quota *quota, enum quota_unit unit, uint64_t amount)
{
	uint64_t used = quota->used[unit], limit = quota->limit[unit];

	return quota->destroyed || amount == 0 || (used <= limit && amount <= limit - used);
}

bool quota_take(struct quota *quota, enum quota_unit unit, uint64_t amount)
{
	struct quota *each;

	for (each = quota; each; each = each->parent)
		if (!has_room(each, unit, amount))
			return false;
	for (each = quota; each; each = each->parent)
		each->used[unit] += amount;
	return true;
}

void quota_give(struct quota *quota, enum quota_unit unit, uint64_t amount)
{
	for (; quota; quota = quota->parent) {
		CHECK(quota->used[unit] >= amount);
		quota->used[unit] -= amount;
	}
}

struct quota *quota_new(struct quota *parent, const uint64_t limit[QUOTA_UNITS],
	uint32_t priority, int *error)
{
	struct quota *quota;

	if (parent->depth == QUOTA_DEPTH_MAX) {
		*error = kernel_Error_QUOTA_EXCEEDED;
		return NULL;
	}
	quota = object_new(&quota_type, parent, error);
	if (!quota)
		return NULL;
	init_lists(quota);
	memcpy(quota->limit, limit, sizeof quota->limit);
	quota->priority = priority < parent->priority ? priority : parent->priority;
	quota->depth = parent->depth + 1;
	quota->parent = parent;
	object_take(&parent->object);
	list_add(&parent->children, &quota->sibling);
	return quota;
}

bool quota_is_destroyed(const struct quota *quota)
{
	while (quota && !quota->destroyed)
		quota = quota->parent;
	return quota != NULL;
}

/* ---- its end ---- */

static void kill_member(struct object *object)
{
	if (object->type == &space_type)
		space_kill(object_self(object), 0);
	else if (object->type == &thread_type)
		thread_kill(object_self(object), 0);
}

/* Nothing more can be made in it, nor on the way down to the lowest. */
static struct quota *mark(struct quota *quota)
{
	quota->destroyed = true;
	while (!list_is_empty(&quota->children)) {
		quota = LIST_OF(quota->children.next, struct quota, sibling);
		quota->destroyed = true;
	}
	return quota;
}

/* A part of what is to be done in one that has nothing below it. */
static void destroy_one(struct quota *quota)
{
	struct list *first = list_first(&quota->members);
	struct object *object;

	if (!first) {
		list_remove(&quota->sibling);
		return;
	}
	object = LIST_OF(first, struct object, member);
	list_remove(first);
	list_add(&quota->kept, first);
	if (object->references > 0)
		kill_member(object);
}

bool quota_destroy(struct quota *quota, unsigned *steps)
{
	struct quota *lowest;

	while ((lowest = mark(quota)) != quota || !list_is_empty(&quota->members)) {
		if (!object_step(steps))
			return false;
		destroy_one(lowest);
	}
	return true;
}

bool quota_end(struct object *object, unsigned *steps)
{
	struct quota *quota = object_self(object);

	(void)steps;
	CHECK(quota->parent && list_is_empty(&quota->children));
	CHECK(quota->used[QUOTA_BYTES] == 0);
	list_remove(&quota->sibling);
	object_drop(&quota->parent->object);
	return true;
}
