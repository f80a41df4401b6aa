/* A table of pointers by number. It grows as needed and forgets nothing. */
#ifndef OSTRACE_MAP_H
#define OSTRACE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t key;
	void *value;			/* NULL: free */
};

/* Zero is an empty one. */
struct map {
	struct map_slot *slots;
	size_t size;			/* 0 or a power of two */
	size_t count;
};

/* NULL if there is none. */
void *map_get(const struct map *map, uint64_t key);
/* `value` (not NULL) in place of what was there. */
void map_put(struct map *map, uint64_t key, void *value);
/* Frees each value and the table; it is empty then. */
void map_free(struct map *map, void (*each)(void *value));

/* Zeroed memory; without any, the program ends with status 2. */
void *must_allocate(size_t count, size_t size);
void *must_resize(void *old, size_t count, size_t size);

#endif
