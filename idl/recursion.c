/*
 * What contains what: structs in structs.
 *
 * Three graphs over the structs. Direct: each value has one within it, so a
 * cycle has no finite value. By value: direct and by tag, so a cycle cannot
 * be held by value in C. All: by lists too, so a cycle makes depth a matter
 * of the message.
 */
#include "idl/check.h"
#include "idl/graph.h"

enum containment { CONTAINS_DIRECTLY, CONTAINS_BY_VALUE, CONTAINS_AT_ALL };

/* A member's way to the struct within its type. */
static struct symbol *contained(const struct member *member, bool tagged,
	enum containment kind)
{
	const struct type *type = member->type;

	if (tagged && kind == CONTAINS_DIRECTLY)
		return NULL;
	for (; type->element != NULL; type = type->element)
		if (type->kind == TYPE_LIST && kind != CONTAINS_AT_ALL)
			return NULL;
	return type->kind == TYPE_STRUCT ? symbol_of(type->declaration) : NULL;
}

/* The structs that a struct's members lead to, if wanted; counts them. */
static unsigned node_edges(const struct symbol *symbol, enum containment kind,
	unsigned *targets)
{
	const struct member *member, *tagged;
	const struct symbol *target;
	unsigned count = 0;

	for (member = symbol->declaration.as.structure.body.first;
		member != NULL; member = member->next) {
		if (!member->is_tags) {
			target = contained(member, false, kind);
			if (target != NULL && targets != NULL)
				targets[count] = target->node;
			count += target != NULL;
			continue;
		}
		for (tagged = member->tags; tagged != NULL;
			tagged = tagged->next) {
			target = contained(tagged, true, kind);
			if (target != NULL && targets != NULL)
				targets[count] = target->node;
			count += target != NULL;
		}
	}
	return count;
}

static struct graph *graph_of(struct check *check, enum containment kind)
{
	struct graph *graph = ARENA_NEW(check->arena, struct graph);
	unsigned count = check->struct_count, i, edges = 0;

	graph->nodes = count;
	graph->first = arena_alloc(check->arena,
		((size_t)count + 1) * sizeof(unsigned));
	for (i = 0; i < count; i++) {
		graph->first[i] = edges;
		edges += node_edges(check->structs[i], kind, NULL);
	}
	graph->first[count] = edges;
	graph->targets = arena_alloc(check->arena,
		((size_t)edges + 1) * sizeof(unsigned));
	for (i = 0; i < count; i++)
		node_edges(check->structs[i], kind,
			graph->targets + graph->first[i]);
	graph_components(check->arena, graph);
	return graph;
}

static void number_structs(struct check *check)
{
	struct symbol *symbol;
	struct unit *unit;
	unsigned count = 0;

	for (unit = check->units; unit != NULL; unit = unit->next)
		for (symbol = unit->first; symbol != NULL;
			symbol = symbol->next)
			count += symbol->declaration.kind
				== DECLARATION_STRUCT;
	check->structs = arena_alloc(check->arena,
		((size_t)count + 1) * sizeof(struct symbol *));
	for (unit = check->units; unit != NULL; unit = unit->next)
		for (symbol = unit->first; symbol != NULL;
			symbol = symbol->next)
			if (symbol->declaration.kind == DECLARATION_STRUCT) {
				symbol->node = check->struct_count;
				check->structs[check->struct_count++] = symbol;
			}
}

/* ---- a struct that contains itself ---- */

/* The first member that has the other struct in each of its values. */
static const struct member *member_towards(const struct symbol *from,
	const struct symbol *to)
{
	const struct member *member;

	for (member = from->declaration.as.structure.body.first;
		member != NULL; member = member->next)
		if (!member->is_tags
			&& contained(member, false, CONTAINS_DIRECTLY) == to)
			return member;
	return NULL;
}

/* A cycle is sought once in each component, and does not leave it: so one
 * set of marks serves for all. */
struct cycle_search {
	struct check *check;
	const struct graph *graph;
	unsigned *queue;
	unsigned *parent;
	unsigned *next;			/* the node that follows in the cycle */
	bool *seen;
};

static unsigned *unsigneds(struct check *check, unsigned count)
{
	return arena_alloc(check->arena,
		((size_t)count + 1) * sizeof(unsigned));
}

static void cycle_found(struct cycle_search *search, unsigned start,
	unsigned last)
{
	search->next[last] = start;
	for (; last != start; last = search->parent[last])
		search->next[search->parent[last]] = last;
}

/* Breadth first from a node back to itself; `next` leads along the way. */
static bool shortest_cycle(struct cycle_search *search, unsigned start)
{
	const struct graph *graph = search->graph;
	unsigned head = 0, tail = 0, node, target, i;

	search->queue[tail++] = start;
	while (head < tail) {
		node = search->queue[head++];
		for (i = graph->first[node]; i < graph->first[node + 1]; i++) {
			target = graph->targets[i];
			if (target == start) {
				cycle_found(search, start, node);
				return true;
			}
			if (search->seen[target] || graph->component[target]
				!= graph->component[start])
				continue;
			search->seen[target] = true;
			search->parent[target] = node;
			search->queue[tail++] = target;
		}
	}
	return false;
}

/* docs/language.md, "Structs": something must come to an end. */
static void report_cycle(struct cycle_search *search, unsigned start)
{
	struct check *check = search->check;
	const unsigned *next = search->next;
	struct symbol *symbol = check->structs[start], *to;
	const struct member *member;
	struct diagnostic *report;
	const char *way = "";
	unsigned node = start, steps = 0;
	struct span second = { 0 };

	if (!shortest_cycle(search, start))
		return;
	do {
		to = check->structs[next[node]];
		member = member_towards(check->structs[node], to);
		if (steps == 1)
			second = member->span;
		if (steps++ < 8)
			way = arena_printf(check->arena, "%s%s`%s.%s` is of type `%s`",
				way, steps > 1 ? ", " : "",
				check->structs[node]->declaration.name,
				member->name, member->type->name);
		node = next[node];
	} while (node != start);
	member = member_towards(symbol, check->structs[next[start]]);
	report = diag_report(check->diags, E0415, member->span,
		"`%s` contains itself: %s%s", symbol->declaration.name, way,
		steps > 8 ? ", and so on" : "");
	if (second.source != NULL)
		diag_second(report, second, "and so on here");
	diag_help(report, "a list `%s[]` or a tag in between lets it end",
		check->structs[next[start]]->declaration.name);
}

static void report_cycles(struct check *check, const struct graph *graph)
{
	unsigned count = graph->nodes, node;
	bool *reported = arena_alloc(check->arena, (size_t)count + 1);
	struct cycle_search search = { check, graph, unsigneds(check, count),
		unsigneds(check, count), unsigneds(check, count),
		arena_alloc(check->arena, (size_t)count + 1) };

	for (node = 0; node < count; node++)
		if (graph->cyclic[node] && !reported[graph->component[node]]) {
			reported[graph->component[node]] = true;
			report_cycle(&search, node);
		}
}

/* ---- depth ---- */

/* docs/language.md, "Structs": at most 64 within each other. Structs that
 * count depth when they are read are left out if they need not be direct. */
static void check_depth(struct check *check, const struct graph *graph,
	bool direct)
{
	unsigned *depth = unsigneds(check, graph->nodes);
	struct declaration *declaration;
	unsigned i, j, node, target;

	for (i = 0; i < graph->nodes; i++) {
		node = graph->order[i];
		declaration = &check->structs[node]->declaration;
		if (!direct && declaration->as.structure.counts_depth)
			continue;
		depth[node] = 1;
		for (j = graph->first[node]; j < graph->first[node + 1]; j++) {
			target = graph->targets[j];
			if (depth[target] + 1 > depth[node])
				depth[node] = depth[target] + 1;
		}
		/* Those around it say nothing new. */
		if (depth[node] == DEPTH_MAX + 1)
			diag_report(check->diags, E0416, declaration->span,
				"`%s` has structs within each other, more "
				"than %d deep", declaration->name, DEPTH_MAX);
	}
}

/* What leads to a recursive struct, and what one leads to. */
static void mark_counting(struct check *check, const struct graph *graph)
{
	bool *leads = arena_alloc(check->arena, (size_t)graph->nodes + 1);
	bool *within = arena_alloc(check->arena, (size_t)graph->nodes + 1);
	unsigned i, j, node, component;

	for (i = 0; i < graph->nodes; i++) {
		node = graph->order[i];
		component = graph->component[node];
		leads[component] |= graph->cyclic[node];
		for (j = graph->first[node]; j < graph->first[node + 1]; j++)
			leads[component] |= leads[
				graph->component[graph->targets[j]]];
	}
	for (i = graph->nodes; i-- > 0;) {
		node = graph->order[i];
		component = graph->component[node];
		within[component] |= graph->cyclic[node];
		for (j = graph->first[node]; within[component]
			&& j < graph->first[node + 1]; j++)
			within[graph->component[graph->targets[j]]] = true;
	}
	for (node = 0; node < graph->nodes; node++) {
		component = graph->component[node];
		check->structs[node]->declaration.as.structure.is_recursive =
			graph->cyclic[node];
		check->structs[node]->declaration.as.structure.counts_depth =
			leads[component] || within[component];
	}
}

static void mark_recursive_members(struct check *check, const struct graph *graph)
{
	struct member *member, *tagged;
	struct symbol *target;
	unsigned node;

	for (node = 0; node < graph->nodes; node++) {
		member = check->structs[node]->declaration.as.structure.body
			.first;
		for (; member != NULL; member = member->next)
			for (tagged = member->tags; tagged != NULL;
				tagged = tagged->next) {
				target = contained(tagged, true,
					CONTAINS_BY_VALUE);
				tagged->is_recursive = target != NULL
					&& graph->component[target->node]
					== graph->component[node];
			}
	}
}

static struct symbol **ordered_structs(struct check *check,
	const struct graph *graph)
{
	struct symbol **ordered = arena_alloc(check->arena,
		((size_t)graph->nodes + 1) * sizeof(struct symbol *));
	unsigned i;

	for (i = 0; i < graph->nodes; i++)
		ordered[i] = check->structs[graph->order[i]];
	return ordered;
}

void recursion_check(struct check *check)
{
	struct graph *direct, *all;

	number_structs(check);
	direct = graph_of(check, CONTAINS_DIRECTLY);
	report_cycles(check, direct);
	if (check_failed(check))
		return;
	all = graph_of(check, CONTAINS_AT_ALL);
	mark_counting(check, all);
	mark_recursive_members(check, graph_of(check, CONTAINS_BY_VALUE));
	check_depth(check, direct, true);
	if (!check_failed(check))
		check_depth(check, all, false);
	check->structs_for_min = ordered_structs(check, direct);
	check->structs_for_max = ordered_structs(check, all);
}
