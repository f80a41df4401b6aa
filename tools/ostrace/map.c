/* A table of pointers by number: open addressing. */
#include "tools/ostrace/map.h"

#include <stdio.h>
#include <stdlib.h>

static _Noreturn void no_memory(void)
{
	fputs("ostrace: out of memory\n", stderr);
	exit(2);
}

void *must_allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		no_memory();
	return memory;
}

void *must_resize(void *old, size_t count, size_t size)
{
	void *memory = count > SIZE_MAX / size ? NULL : realloc(old, count * size);

	if (!memory)
		no_memory();
	return memory;
}

/* The key's place, or the free one where it would be. */
static struct map_slot *find(const struct map *map, uint64_t key)
{
	size_t at = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

	for (;; at++) {
		struct map_slot *slot = &map->slots[at & (map->size - 1)];

		if (!slot->value || slot->key == key)
			return slot;
	}
}

static void grow(struct map *map)
{
	struct map old = *map;

	map->size = old.size ? 2 * old.size : 64;
	map->slots = must_allocate(map->size, sizeof(*map->slots));
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].value)
			*find(map, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

void *map_get(const struct map *map, uint64_t key)
{
	return map->size ? find(map, key)->value : NULL;
}

void map_put(struct map *map, uint64_t key, void *value)
{
	struct map_slot *slot;

	if (2 * (map->count + 1) > map->size)
		grow(map);
	slot = find(map, key);
	if (!slot->value)
		map->count++;
	slot->key = key;
	slot->value = value;
}

void map_free(struct map *map, void (*each)(void *value))
{
	for (size_t i = 0; i < map->size; i++)
		if (map->slots[i].value)
			each(map->slots[i].value);
	free(map->slots);
	*map = (struct map){0};
}
