/*
 * Walks over the states of an interface: rows of methods that the server allows each
 * when it comes, and that together take every way from one state to another.
 */
#include "compiler/harness.h"

static void take(struct harness_walk *walk, const struct transition *t)
{
	unsigned index = 0;

	for (const struct transition *u = walk->at->first; u != t; u = u->next)
		index++;
	if (index < 64)
		walk->taken[walk->at->index] |= UINT64_C(1) << index;
	walk->at = t->to;
}

/* Nothing leads out of it. */
static bool is_end(const struct state *state)
{
	for (const struct transition *t = state->first; t; t = t->next)
		if (t->to != state)
			return false;
	return true;
}

/* What was not taken of a state; what leads to an end only if `ends`. */
static const struct transition *untaken(const struct harness_walk *walk, const struct state *state,
	bool ends)
{
	unsigned index = 0;

	for (const struct transition *t = state->first; t && index < 64; t = t->next, index++) {
		if ((walk->taken[state->index] >> index & 1) == 0 &&
		    (ends || t->to == state || !is_end(t->to)))
			return t;
	}
	return NULL;
}

/* The first step of a shortest way from here to where something is left; NULL: none. */
static const struct transition *way(const struct harness_walk *walk, bool ends)
{
	const struct transition *first[STATES_MAX] = {0};
	const struct state *queue[STATES_MAX];
	unsigned next = 0, count = 0;

	queue[count++] = walk->at;
	while (next < count) {
		const struct state *state = queue[next++];

		if (state != walk->at && untaken(walk, state, ends))
			return first[state->index];
		for (const struct transition *t = state->first; t; t = t->next) {
			if (t->to == walk->at || first[t->to->index])
				continue;
			first[t->to->index] = state == walk->at ? t : first[state->index];
			queue[count++] = t->to;
		}
	}
	return NULL;
}

/* Where the walk ends is gone to when there is nothing else. */
static const struct transition *next_of(const struct harness_walk *walk)
{
	const struct transition *t = NULL;

	for (int ends = 0; t == NULL && ends < 2; ends++) {
		t = untaken(walk, walk->at, ends);
		if (t == NULL)
			t = way(walk, ends);
	}
	return t;
}

unsigned harness_walk(struct harness_walk *walk, const struct declaration *interface,
	const struct method **methods, unsigned most)
{
	const struct transition *t;
	unsigned count = 0;

	walk->at = interface->as.interface.states;
	while (walk->at && count < most && (t = next_of(walk)) != NULL) {
		methods[count++] = t->method;
		take(walk, t);
	}
	return count;
}
