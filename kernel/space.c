/*
 * The life of spaces. What a space has is taken apart when it ends, which can be
 * long before its last handle goes. The reaper does that for what has no
 * references: so each space has a second object, its life, with one reference,
 * which space_kill() drops; or the space itself is the first to have none.
 */
#include "kernel/space.h"

#include "kernel/log.h"
#include "kernel/quota.h"
#include "kernel/ring.h"
#include "kernel/sched.h"
#include "kernel/thread.h"
#include "kernel.skald.h"

struct life {
	struct object object;
	struct space *space;		/* referenced once it was killed; else NULL */
};

static struct list all;

void spaces_init(void)
{
	list_init(&all);
}

static bool destroy_life(struct object *object, unsigned *steps);
static const struct object_type life_type = {
	.size = sizeof(struct life),
	.destroy = destroy_life,
};

/* ---- a new one ---- */

struct space *space_new(struct quota *quota, kernel_error *error)
{
	struct space *space = object_new(&space_type, quota, error);

	if (!space)
		return NULL;
	list_init(&space->threads);
	list_init(&space->rings);
	list_add(&all, &space->in_all);
	*error = kernel_Error_QUOTA_EXCEEDED;
	space->counted = quota_take(quota, QUOTA_SPACES, 1);
	if (space->counted && handle_table_init(&space->handles, &space->object)) {
		space->has_tables = arch_space_init(space);
		if (space->has_tables)
			space->life = object_new(&life_type, quota, error);
	}
	if (space->life)
		return space;
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

/* Page tables have gone; mappings go one at a time. */
static bool end_mappings(struct space *space, unsigned *steps)
{
	while (space->mappings) {
		struct mapping *mapping = space->mappings;

		if (!object_step(steps))
			return false;
		mapping_remove(mapping);
		mapping_free(mapping);
	}
	return true;
}

static bool end_tables(struct space *space, unsigned *steps)
{
	if (!space->has_tables)
		return true;
	if (!is_unloaded(space)) {
		*steps = 0;
		return false;
	}
	if (!arch_unmap(space, USER_BASE, USER_END, steps))
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
			!end_tables(space, steps) || !end_mappings(space, steps))
		return false;
	if (space->filling)
		object_drop(&space->filling->object);
	space->filling = NULL;
	space->state = kernel_SpaceState_ENDED;
	watch_fire(&space->ended);
	return true;
}

static bool destroy_life(struct object *object, unsigned *steps)
{
	struct space *space = ((struct life *)object_self(object))->space;

	if (!space)
		return true;
	if (!end(space, steps))
		return false;
	object_drop(&space->object);
	return true;
}

/* Again by the last of its threads, as that ends. */
void space_kill(struct space *space, int32_t code)
{
	struct life *life;

	if (space->life && space->state < kernel_SpaceState_ENDING) {
		space->state = kernel_SpaceState_ENDING;
		space->code = code;
		space->life->space = space;
		object_take(&space->object);
		for LIST_EACH(at, &space->threads)
			thread_kill(LIST_OF(at, struct thread, in_space), code);
	}
	life = space->life;
	if (!life || space->thread_count > 0)
		return;
	space->life = NULL;
	object_drop(&life->object);
}

bool space_end(struct object *object, unsigned *steps)
{
	struct space *space = object_self(object);

	if (!end(space, steps))
		return false;
	if (space->life)
		object_drop(&space->life->object);
	space->life = NULL;
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
