/* Who and what there is in a stream. */
#include "tools/ostrace/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/names.h"

/* Threads' keys, where a CPU writes: above all ids of objects. */
#define CPU_KEY(cpu) (~(uint64_t)(cpu))

/* ---- text ---- */

static void copy_text(char *to, size_t room, struct sk_string from)
{
	size_t size = from.size < room ? from.size : room - 1;

	for (size_t i = 0; i < size; i++)
		to[i] = from.data[i] >= ' ' && from.data[i] <= '~' ? from.data[i] : '?';
	to[size] = 0;
}

static char *new_text(size_t room, struct sk_string from)
{
	char *text = must_allocate(room, 1);

	copy_text(text, room, from);
	return text;
}

static void replace_text(struct map *map, uint64_t key, size_t room,
	struct sk_string text)
{
	free(map_get(map, key));
	map_put(map, key, new_text(room, text));
}

/* ---- learning ---- */

static struct thread *thread_of_key(struct world *world, uint64_t key)
{
	struct thread *thread = map_get(&world->threads, key);

	if (thread)
		return thread;
	thread = must_allocate(1, sizeof(*thread));
	thread->cpu = NO_CPU;
	map_put(&world->threads, key, thread);
	return thread;
}

struct thread *world_thread(struct world *world, uint64_t id)
{
	struct thread *thread = thread_of_key(world, id);

	thread->id = id;
	return thread;
}

static struct thread *source_thread(struct world *world,
	const struct ostrace_Source *source)
{
	struct thread *thread;

	if (source->cpu != NO_CPU) {
		thread = thread_of_key(world, CPU_KEY(source->cpu));
		thread->cpu = source->cpu;
		return thread;
	}
	thread = world_thread(world, source->thread);
	thread->space = source->space;
	copy_text(thread->name, sizeof(thread->name), source->thread_name);
	return thread;
}

static uint64_t learn_source(struct world *world, const struct ostrace_Source *source)
{
	struct ring *ring = map_get(&world->rings, source->ring);
	uint64_t before;

	if (!ring) {
		ring = must_allocate(1, sizeof(*ring));
		ring->number = source->ring;
		map_put(&world->rings, source->ring, ring);
	}
	ring->thread = source_thread(world, source);
	before = ring->lost;
	ring->lost = source->lost;
	world->source = ring;
	return source->lost > before ? source->lost - before : 0;
}

static void learn_program(struct world *world, const struct ostrace_SpaceNamed *named)
{
	struct program *program = map_get(&world->programs, named->space);

	if (!program) {
		program = must_allocate(1, sizeof(*program));
		program->space = named->space;
		map_put(&world->programs, named->space, program);
	}
	program->process = named->process;
	copy_text(program->name, sizeof(program->name), named->name);
}

uint64_t world_learn(struct world *world, const struct entry *entry)
{
	switch (entry->id) {
	case ostrace_StreamBegin_ID:
		world->begin = entry->as.StreamBegin.time;
		world->wall = (uint64_t)entry->as.StreamBegin.wall;
		world->kinds = entry->as.StreamBegin.kinds;
		break;
	case ostrace_Source_ID:
		return learn_source(world, &entry->as.Source);
	case ostrace_SpaceNamed_ID:
		learn_program(world, &entry->as.SpaceNamed);
		break;
	case ostrace_NameAnnounced_ID:
		replace_text(&world->names, entry->as.NameAnnounced.id, NAME_ROOM,
			entry->as.NameAnnounced.name);
		break;
	case ostrace_MessageAnnounced_ID:
		replace_text(&world->messages, entry->as.MessageAnnounced.message_id,
			MESSAGE_NAME_ROOM, entry->as.MessageAnnounced.name);
		break;
	}
	return 0;
}

void world_free(struct world *world)
{
	map_free(&world->threads, free);
	map_free(&world->programs, free);
	map_free(&world->rings, free);
	map_free(&world->names, free);
	map_free(&world->messages, free);
	*world = (struct world){0};
}

/* ---- names ---- */

const char *world_program(const struct world *world, const struct thread *thread)
{
	const struct program *program = thread->space == 0 ? NULL :
		map_get(&world->programs, thread->space);

	return program ? program->name : "";
}

const char *world_who(const struct world *world, const struct thread *thread,
	char room[WHO_ROOM])
{
	const char *program = world_program(world, thread);
	const char *slash = *program ? "/" : "";

	if (thread->cpu != NO_CPU)
		snprintf(room, WHO_ROOM, "cpu%" PRIu32, thread->cpu);
	else if (thread->name[0])
		snprintf(room, WHO_ROOM, "%s%s%s", program, slash, thread->name);
	else
		snprintf(room, WHO_ROOM, "%s%s#%" PRIu64, program, slash, thread->id);
	return room;
}

/* What is known comes first: any program may announce any name. */
const char *world_method(const struct world *world, uint32_t message_id,
	char room[MESSAGE_NAME_ROOM])
{
	const char *name = sk_known_name(message_id);

	if (!name)
		name = map_get(&world->messages, message_id);
	if (!name)
		name = map_get(&world->messages, sk_request_of(message_id));
	if (name)
		return name;
	snprintf(room, MESSAGE_NAME_ROOM, "0x%08" PRIx32, message_id);
	return room;
}

const char *world_name(const struct world *world, uint32_t id, char room[NAME_ROOM])
{
	const char *name = map_get(&world->names, id);

	if (name)
		return name;
	snprintf(room, NAME_ROOM, "name %" PRIu32, id);
	return room;
}

const char *world_foreign(uint32_t number, char room[MESSAGE_NAME_ROOM])
{
	const char *name = sk_known_call(number);

	if (name)
		snprintf(room, MESSAGE_NAME_ROOM, "syscall %s", name);
	else
		snprintf(room, MESSAGE_NAME_ROOM, "syscall %" PRIu32, number);
	return room;
}

bool world_is_oneway(uint32_t message_id)
{
	const struct sk_known_message *known = sk_known_message(message_id);

	return known && known->is_oneway;
}

const char *world_status(uint32_t message_id, int32_t status, char room[NAME_ROOM])
{
	const char *name;

	if (status == STATUS_ERROR)
		return "an error";
	name = sk_known_result(message_id, status);
	if (name)
		return name;
	snprintf(room, NAME_ROOM, "%" PRId32, status);
	return room;
}
