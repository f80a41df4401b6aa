/*
 * "Did you mean": the name nearest to a mistyped one.
 */
#ifndef COMPILER_NEAREST_H
#define COMPILER_NEAREST_H

struct arena;

struct nearest {
	const char *wanted;
	const char *best;		/* NULL: none is near enough */
	unsigned distance;
};

/* Starts a search for what was meant by `wanted`. */
struct nearest nearest_start(const char *wanted);
/* Offers a name that exists; it becomes `best` if it is the nearest so far. */
void nearest_offer(struct nearest *nearest, const char *name);
/* "; did you mean `x`?", or what to say if nothing was near enough. */
const char *nearest_hint(struct arena *arena, const struct nearest *nearest,
	const char *otherwise);

#endif
