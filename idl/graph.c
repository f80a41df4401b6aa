/*
 * Tarjan's algorithm, with its recursion written out as a stack.
 */
#include "idl/graph.h"

struct search {
	struct graph *graph;
	unsigned *number;		/* in order of visit, from 1; 0: not yet */
	unsigned *lowest;
	unsigned *edge;			/* the next to look at */
	unsigned *path;			/* nodes being visited */
	unsigned *open;			/* nodes without a component yet */
	bool *is_open;
	unsigned path_size;
	unsigned open_size;
	unsigned visited;
	unsigned ordered;
	unsigned components;
};

static unsigned *unsigneds(struct arena *arena, unsigned count)
{
	return arena_alloc(arena, ((size_t)count + 1) * sizeof(unsigned));
}

static void search_enter(struct search *search, unsigned node)
{
	search->number[node] = search->lowest[node] = ++search->visited;
	search->edge[node] = search->graph->first[node];
	search->path[search->path_size++] = node;
	search->open[search->open_size++] = node;
	search->is_open[node] = true;
}

static void search_lower(struct search *search, unsigned node, unsigned number)
{
	if (number < search->lowest[node])
		search->lowest[node] = number;
}

/* All nodes that were opened since the first of a component are its. */
static void search_close(struct search *search, unsigned first)
{
	struct graph *graph = search->graph;
	unsigned begin = search->ordered, node, i;

	do {
		node = search->open[--search->open_size];
		search->is_open[node] = false;
		graph->component[node] = search->components;
		graph->order[search->ordered++] = node;
	} while (node != first);
	search->components++;
	for (i = begin; search->ordered - begin > 1 && i < search->ordered; i++)
		graph->cyclic[graph->order[i]] = true;
}

static void search_step(struct search *search)
{
	struct graph *graph = search->graph;
	unsigned node = search->path[search->path_size - 1], target;

	if (search->edge[node] < graph->first[node + 1]) {
		target = graph->targets[search->edge[node]++];
		if (target == node)
			graph->cyclic[node] = true;
		if (search->number[target] == 0)
			search_enter(search, target);
		else if (search->is_open[target])
			search_lower(search, node, search->number[target]);
		return;
	}
	search->path_size--;
	if (search->lowest[node] == search->number[node])
		search_close(search, node);
	if (search->path_size > 0)
		search_lower(search, search->path[search->path_size - 1],
			search->lowest[node]);
}

void graph_components(struct arena *arena, struct graph *graph)
{
	unsigned count = graph->nodes, node;
	struct search search = { .graph = graph };

	search.number = unsigneds(arena, count);
	search.lowest = unsigneds(arena, count);
	search.edge = unsigneds(arena, count);
	search.path = unsigneds(arena, count);
	search.open = unsigneds(arena, count);
	search.is_open = arena_alloc(arena, count + 1);
	graph->order = unsigneds(arena, count);
	graph->component = unsigneds(arena, count);
	graph->cyclic = arena_alloc(arena, count + 1);
	for (node = 0; node < count; node++) {
		if (search.number[node] != 0)
			continue;
		search_enter(&search, node);
		while (search.path_size > 0)
			search_step(&search);
	}
}
