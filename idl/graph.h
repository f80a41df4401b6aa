/*
 * Directed graphs, and their strongly connected components.
 */
#ifndef IDL_GRAPH_H
#define IDL_GRAPH_H

#include <stdbool.h>

#include "idl/arena.h"

struct graph {
	unsigned nodes;
	/* The edges of node n: targets[first[n]] up to first[n + 1]. */
	unsigned *first;
	unsigned *targets;
	/* What graph_components() finds. */
	unsigned *order;		/* nodes, each behind all it leads to,
					 * those of a component together */
	unsigned *component;		/* of each node: numbered by order */
	bool *cyclic;			/* of each node: it leads to itself */
};

/*
 * Fills order, component and cyclic. Takes no more stack however long the
 * paths are.
 */
void graph_components(struct arena *arena, struct graph *graph);

#endif
