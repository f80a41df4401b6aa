/* Objects: charged when they are made, counted, and taken apart in steps. */
#include "kernel/object.h"

#include "kernel/list.h"
#include "kernel/log.h"
#include "kernel/notification.h"
#include "kernel/pool.h"
#include "kernel/quota.h"
#include "kernel/trace.h"
#include "kernel.skald.h"

struct list objects_unreferenced = {&objects_unreferenced, &objects_unreferenced};
static uint64_t last_id;

void objects_init(void)
{
	list_init(&objects_unreferenced);
}

void object_init(struct object *object, const struct object_type *type,
	struct quota *quota)
{
	object->type = type;
	object->id = ++last_id;
	object->references = 1;
	object->quota = quota;
	list_init(&object->member);
	list_init(&object->reaping);
	if (quota) {
		object_take(&quota->object);
		list_add(&quota->members, &object->member);
	}
}

void *object_new(const struct object_type *type, struct quota *quota,
	kernel_error *error)
{
	uint64_t cost = pool_cost(type->size);
	char *memory;
	struct object *object;

	*error = quota_is_destroyed(quota) ? kernel_Error_ENDED :
		kernel_Error_QUOTA_EXCEEDED;
	if (*error == kernel_Error_ENDED || !quota_take(quota, QUOTA_BYTES, cost))
		return NULL;
	memory = pool_take(type->size);
	if (!memory) {
		quota_give(quota, QUOTA_BYTES, cost);
		*error = kernel_Error_NO_MEMORY;
		return NULL;
	}
	*error = 0;
	object = (void *)(memory + type->offset);
	object_init(object, type, quota);
	object->charged = cost;
	TRACE(OBJECTS, Made, .object = object->id, .quota = quota->object.id,
		.kind = (kernel_Kind)type->kind, .bytes = (uint32_t)cost);
	return memory;
}

bool object_charge(struct object *object, uint64_t bytes)
{
	if (!quota_take(object->quota, QUOTA_BYTES, bytes))
		return false;
	object->charged += bytes;
	return true;
}

void object_discharge(struct object *object, uint64_t bytes)
{
	CHECK(object->charged >= bytes);
	object->charged -= bytes;
	quota_give(object->quota, QUOTA_BYTES, bytes);
}

void *object_allocate(struct object *object, size_t size)
{
	void *memory;

	if (!object_charge(object, pool_cost(size)))
		return NULL;
	memory = pool_take(size);
	if (!memory)
		object_discharge(object, pool_cost(size));
	return memory;
}

void object_release(struct object *object, void *memory, size_t size)
{
	if (!memory)
		return;
	pool_give(memory, size);
	object_discharge(object, pool_cost(size));
}

void object_drop(struct object *object)
{
	CHECK(object->references > 0);
	if (--object->references == 0)
		object_end(object);
}

void object_end(struct object *object)
{
	if (list_is_empty(&object->reaping))
		list_add(&objects_unreferenced, &object->reaping);
}

static void free_object(struct object *object)
{
	struct quota *quota = object->quota;

	CHECK(object->references == 0);
	TRACE(OBJECTS, Ended, .object = object->id,
		.kind = (kernel_Kind)object->type->kind);
	list_remove(&object->member);
	quota_give(quota, QUOTA_BYTES, object->charged);
	pool_give(object_self(object), object->type->size);
	object_drop(&quota->object);
}

bool object_reap(unsigned steps)
{
	struct list *first;

	while ((first = list_first(&objects_unreferenced)) != NULL) {
		struct object *object = LIST_OF(first, struct object, reaping);
		bool done;

		if (!object_step(&steps))
			return false;
		done = object->type->destroy(object, &steps);
		list_remove(first);
		if (!done)
			object_end(object);	/* others first */
		else if (object->references == 0)
			free_object(object);
	}
	return true;
}

bool claim_make(struct list *all, struct claim *claim, uint64_t start, uint64_t end)
{
	for LIST_EACH(at, all) {
		const struct claim *other = LIST_OF(at, struct claim, in_all);

		if (start < other->end && other->start < end)
			return false;
	}
	claim->start = start;
	claim->end = end;
	list_add(all, &claim->in_all);
	return true;
}

void watch_set(struct watch *watch, struct notification *notify, uint64_t bits)
{
	struct notification *before = watch->notify;

	if (notify)
		object_take(&notify->object);
	watch->notify = notify;
	watch->bits = bits;
	if (before)
		object_drop(&before->object);
}

void watch_fire(struct watch *watch)
{
	if (watch->notify)
		notification_signal(watch->notify, watch->bits);
}
