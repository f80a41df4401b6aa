/*
 * Open addressing, at most half full.
 */
#include "idl/map.h"

#include <stdint.h>
#include <string.h>

static size_t map_hash(const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return (size_t)(hash ^ hash >> 32);
}

/* The entry of the name, or the free one where it belongs. */
static struct map_entry *map_find(const struct map *map, const char *name)
{
	size_t i = map_hash(name) & (map->room - 1);

	while (map->entries[i].name != NULL
		&& strcmp(map->entries[i].name, name) != 0)
		i = (i + 1) & (map->room - 1);
	return &map->entries[i];
}

static void map_grow(struct map *map, struct arena *arena)
{
	struct map old = *map;
	size_t i;

	map->room = old.room == 0 ? 16 : 2 * old.room;
	map->entries = arena_alloc(arena, map->room * sizeof map->entries[0]);
	for (i = 0; i < old.room; i++)
		if (old.entries[i].name != NULL)
			*map_find(map, old.entries[i].name) = old.entries[i];
}

void *map_get(const struct map *map, const char *name)
{
	return map->room == 0 ? NULL : map_find(map, name)->thing;
}

void *map_add(struct map *map, struct arena *arena, const char *name, void *thing)
{
	struct map_entry *entry;

	if (2 * (map->count + 1) > map->room)
		map_grow(map, arena);
	entry = map_find(map, name);
	if (entry->name != NULL)
		return entry->thing;
	*entry = (struct map_entry){ name, thing };
	map->count++;
	return NULL;
}
