/*
 * Forks: a mapping at a time, and its pages a few at a time. What the new space
 * has of pages is put into memories of its own, which share frames with those
 * that they come from until either is written.
 */
#include "kernel/space.h"
#include "kernel.skald.h"

/* A memory for the copy of a mapping's pages in `from`; they are had later. */
static struct memory *begin_copy(struct space *space, const struct mapping *mapping,
	struct memory *from, kernel_error *error)
{
	struct memory *copy = memory_new(space->object.quota, from->size, error);
	uint64_t end = mapping->offset + (mapping->end - mapping->start);

	if (copy)
		memory_fill_from(copy, from, 0, mapping->offset >> PAGE_SHIFT,
			(end < from->size ? end : from->size) >> PAGE_SHIFT);
	return copy;
}

/* Zeros in place of what a mapping has. */
static struct memory *new_zeros(struct space *space, const struct mapping *mapping,
	kernel_error *error)
{
	return memory_new(space->object.quota,
		mapping->offset + (mapping->end - mapping->start), error);
}

/* Its memory and, if PRIVATE, its own pages; NULL: as the one that it is of. */
static kernel_error choose_memories(struct space *space, struct mapping *from,
	struct memory **memory, struct memory **own)
{
	bool is_private = from->flags & kernel_MapFlags_PRIVATE;
	kernel_error error = 0;

	if (from->inherit == kernel_Inherit_ZERO)
		*memory = new_zeros(space, from, &error);
	else if (from->inherit == kernel_Inherit_COPY && !is_private &&
			memory_can_share(from->memory))
		space->filling = *memory = begin_copy(space, from, from->memory, &error);
	else if (from->inherit == kernel_Inherit_COPY && from->own)
		space->filling = *own = begin_copy(space, from, from->own, &error);
	else if (from->inherit == kernel_Inherit_SHARE && is_private &&
			(from->own || mapping_make_own(from, &error)))
		object_take(&(*own = from->own)->object);
	if (space->filling)
		object_take(&space->filling->object);
	return error;
}

static kernel_error fork_mapping(struct space *space, struct mapping *from)
{
	struct memory *memory = NULL, *own = NULL;
	struct mapping *mapping;
	kernel_error error = choose_memories(space, from, &memory, &own);

	mapping = error ? NULL : mapping_new(space, from, &error);
	if (mapping && !mapping_set_memory(mapping, memory ? memory : from->memory)) {
		mapping_free(mapping);
		error = kernel_Error_BUSY;
	}
	if (!error && own)
		mapping_set_own(mapping, own);
	if (!error)
		mapping_add(mapping);
	if (memory)
		object_drop(&memory->object);
	if (own)
		object_drop(&own->object);
	return error;
}

/* True: all is there; else, with *error 0, there is more to do. */
static bool go_on(struct space *space, struct space *from, kernel_error *error)
{
	unsigned steps = OBJECT_STEPS;

	while (steps > 0) {
		struct mapping *mapping;

		if (space->filling) {
			if (!memory_fill(space->filling, &steps, error))
				return false;
			object_drop(&space->filling->object);
			space->filling = NULL;
		}
		mapping = space_find_from(from, space->fork_next);
		if (!mapping)
			return true;
		steps -= steps > 0;
		if (mapping->inherit != kernel_Inherit_NONE &&
				mapping->start >= space->fork_next)
			*error = fork_mapping(space, mapping);
		if (*error)
			return false;
		space->fork_next = mapping->end;
	}
	return false;
}

struct space *space_fork(struct quota *quota, struct space *from, struct space **made,
	kernel_error *error)
{
	struct space *space = *made;

	*error = from->state >= kernel_SpaceState_ENDING ? kernel_Error_ENDED : 0;
	if (!*error && !space)
		space = *made = space_new(quota, error);
	if (!*error && !go_on(space, from, error) && !*error)
		return NULL;
	*made = NULL;
	if (!*error)
		return space;
	if (space)
		object_drop(&space->object);
	return NULL;
}
