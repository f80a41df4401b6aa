/*
 * A map from names to things, in an arena.
 */
#ifndef IDL_MAP_H
#define IDL_MAP_H

#include "idl/arena.h"

struct map {
	struct map_entry {
		const char *name;	/* NULL: free */
		void *thing;
	} *entries;
	size_t count;
	size_t room;			/* a power of two, or 0 */
};

/* The thing of that name, or NULL. */
void *map_get(const struct map *map, const char *name);
/* Adds the thing, unless the name is taken: then returns what has it, and
 * else NULL. The name is not copied. */
void *map_add(struct map *map, struct arena *arena, const char *name,
	void *thing);

#endif
