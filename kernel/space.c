/*
 * The life of spaces. What a space has is taken apart when it ends, which can be
 * long before its last handle goes.
 */
#include "kernel/space.h"

#include "kernel/log.h"
#include "kernel/quota.h"
#include "kernel/ring.h"
#include "kernel/sched.h"
#include "kernel/thread.h"
#include "kernel.skald.h"

static struct list all;

void spaces_init(void)
{
	list_init(&all);
}

/* ---- a new one ---- */

struct space *space_new(struct quota *quota, kernel_error *error)
{
	struct space *space = object_new(&space_type, quota, error);

	if (!space)
		return NULL;
	list_init(&space->threads);
	list_init(&space->rings);
	list_add(&all, &space->in_all);
	space->counted = quota_take(quota, QUOTA_SPACES, 1);
	if (space->counted && handle_table_init(&space->handles, &space->object))
		space->has_tables = arch_space_init(space);
	if (space->has_tables)
		return space;
	*error = kernel_Error_QUOTA_EXCEEDED;
	object_drop(&space->object);
	return NULL;
}

/* ---- the end ---- */

/* No CPU has its page tables loaded. Those that have are to look for others. */
static bool is_unloaded(struct space *space)
{
	bool unloaded = true;

	for (unsigned i = 0; i < cpu_count; i++) {
		struct cpu *cpu = &cpus[i];

		if (!cpu->loaded || cpu->loaded->space != space)
			continue;
		if (cpu == arch_cpu()) {
			arch_switch(NULL);
		} else {
			arch_poke(cpu);
			unloaded = false;
		}
	}
	return unloaded;
}

static bool end_memory(struct space *space, unsigned *steps)
{
	kernel_error error;

	if (!space->has_tables)
		return true;
	if (!is_unloaded(space)) {
		*steps = 0;
		return false;
	}
	if (!space_unmap(space, USER_BASE, USER_END - USER_BASE, steps, &error))
		return false;
	arch_space_end(space);
	space->has_tables = false;
	return true;
}

/*
 * Its threads have ended. Those that wait for its answers are told; its handles
 * go, and with them endpoints and whatever nobody else has; its memory; whoever
 * watches is told last.
 */
static bool end(struct space *space, unsigned *steps)
{
	if (space->state == kernel_SpaceState_ENDED)
		return true;
	CHECK(space->thread_count == 0);
	space->state = kernel_SpaceState_ENDING;
	if (!token_table_end(space, steps) || !ring_end_calls(space, steps) ||
			!handle_table_end(&space->handles, steps) ||
			!end_memory(space, steps))
		return false;
	if (space->filling)
		object_drop(&space->filling->object);
	space->filling = NULL;
	space->state = kernel_SpaceState_ENDED;
	watch_fire(&space->ended);
	return true;
}

/* Again by the last of its threads, as that ends. */
void space_kill(struct space *space, int32_t code)
{
	if (space->state < kernel_SpaceState_ENDING) {
		space->state = kernel_SpaceState_ENDING;
		space->code = code;
		for LIST_EACH(at, &space->threads)
			thread_kill(LIST_OF(at, struct thread, in_space), code);
	}
	if (space->thread_count == 0 && space->state == kernel_SpaceState_ENDING)
		object_end(&space->object);
}

bool space_end(struct object *object, unsigned *steps)
{
	struct space *space = object_self(object);

	if (!end(space, steps))
		return false;
	if (object->references > 0)
		return true;
	watch_set(&space->ended, NULL, 0);
	list_remove(&space->in_all);
	if (space->counted)
		quota_give(object->quota, QUOTA_SPACES, 1);
	return true;
}

/* ---- and else ---- */

struct space *space_next(uint64_t id)
{
	for (struct list *at = all.next; at != &all; at = at->next)
		if (LIST_OF(at, struct space, in_all)->object.id >= id)
			return LIST_OF(at, struct space, in_all);
	return NULL;
}

uint64_t space_table_frame(struct space *space)
{
	uint64_t frame;

	if (!object_charge(&space->object, PAGE_SIZE))
		return FRAME_NONE;
	frame = frame_take_zeroed();
	if (frame == FRAME_NONE)
		object_discharge(&space->object, PAGE_SIZE);
	else
		space->tables++;
	return frame;
}

void space_table_free(struct space *space, uint64_t frame)
{
	space->tables--;
	frame_drop(frame);
	object_discharge(&space->object, PAGE_SIZE);
}
