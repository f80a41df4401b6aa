/*
 * Nearest names, measured as the front end does. See nearest.h.
 */
#include "compiler/nearest.h"

#include <stddef.h>
#include <stdint.h>

#include "idl/check.h"

struct nearest nearest_start(const char *wanted)
{
	return (struct nearest){.wanted = wanted, .distance = UINT32_MAX};
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	unsigned distance = edit_distance(nearest->wanted, name);

	if (distance >= nearest->distance ||
	    !edit_is_near(nearest->wanted, distance))
		return;
	nearest->distance = distance;
	nearest->best = name;
}

const char *nearest_hint(struct arena *arena, const struct nearest *nearest,
	const char *otherwise)
{
	return nearest->best == NULL ? otherwise
		: arena_printf(arena, "; did you mean `%s`?", nearest->best);
}
