/*
 * What contains what: structs and variants in each other.
 *
 * A variant has one of its arms, so it comes to an end if one arm does; a
 * list, an optional member or a tag may hold nothing at all.
 */
#include <stdlib.h>

#include "idl/check.h"
#include "idl/graph.h"

enum containment {
	/* Structs only: each value has one within it. */
	CONTAINS_DIRECTLY,
	/* Arms too: if no arm comes to an end, a cycle has no finite value. */
	CONTAINS_ALWAYS,
	/* What may be absent too: a cycle cannot be held by value in C. */
	CONTAINS_BY_VALUE,
	/* Lists too, unless @bytes bounds them: a cycle has no greatest size. */
	CONTAINS_WITH_SIZE,
	/* All: a cycle makes depth a matter of the message. */
	CONTAINS_AT_ALL
};

/* A member's way to the struct or variant within its type. */
static struct symbol *contained(const struct member *member, bool is_arm,
	enum containment kind)
{
	const struct type *type = member->type;
	bool may_miss = member->is_optional || (member->tag != 0 && !is_arm);

	if (type == NULL || (is_arm && kind == CONTAINS_DIRECTLY)
		|| (may_miss && kind <= CONTAINS_ALWAYS)
		|| (kind == CONTAINS_WITH_SIZE
			&& member->bytes_bound != UNBOUNDED))
		return NULL;
	for (; type->element != NULL; type = type->element)
		if (type->kind == TYPE_LIST && kind < CONTAINS_WITH_SIZE)
			return NULL;
	return type->kind == TYPE_STRUCT || type->kind == TYPE_VARIANT
		? symbol_of(type->declaration) : NULL;
}

struct edges {
	enum containment kind;
	const bool *among;		/* these only, or NULL */
	unsigned *targets;		/* or NULL */
	unsigned count;
};

static void edges_add(struct edges *edges, const struct member *member,
	bool is_arm)
{
	const struct symbol *target = contained(member, is_arm, edges->kind);

	if (target == NULL || (edges->among != NULL
			&& !edges->among[target->node]))
		return;
	if (edges->targets != NULL)
		edges->targets[edges->count] = target->node;
	edges->count++;
}

static void edges_of(struct edges *edges, const struct symbol *symbol)
{
	const struct declaration *declaration = &symbol->declaration;
	const struct member *member = declaration->as.structure.body.first;
	const struct member *tagged;

	if (edges->among != NULL && !edges->among[symbol->node])
		return;
	for (; member != NULL; member = member->next) {
		if (!member->is_tags)
			edges_add(edges, member, declaration->kind
				== DECLARATION_VARIANT);
		for (tagged = member->tags; tagged != NULL;
			tagged = tagged->next)
			edges_add(edges, tagged, false);
	}
}

static struct graph *graph_of(struct check *check, enum containment kind,
	const bool *among)
{
	struct graph *graph = ARENA_NEW(check->arena, struct graph);
	struct edges edges = { .kind = kind, .among = among };
	unsigned count = check->struct_count, i;

	graph->nodes = count;
	graph->first = arena_alloc(check->arena,
		((size_t)count + 1) * sizeof(unsigned));
	for (i = 0; i < count; i++) {
		graph->first[i] = edges.count;
		edges_of(&edges, check->structs[i]);
	}
	graph->first[count] = edges.count;
	graph->targets = arena_alloc(check->arena,
		((size_t)edges.count + 1) * sizeof(unsigned));
	edges.targets = graph->targets;
	edges.count = 0;
	for (i = 0; i < count; i++)
		edges_of(&edges, check->structs[i]);
	graph_components(check->arena, graph);
	return graph;
}

static bool is_node(const struct symbol *symbol)
{
	return symbol->declaration.kind == DECLARATION_STRUCT
		|| symbol->declaration.kind == DECLARATION_VARIANT;
}

static void number_structs(struct check *check)
{
	struct symbol *symbol;
	struct unit *unit;
	unsigned count = 0;

	for (unit = check->units; unit != NULL; unit = unit->next)
		for (symbol = unit->first; symbol != NULL;
			symbol = symbol->next)
			count += is_node(symbol);
	check->structs = arena_alloc(check->arena,
		((size_t)count + 1) * sizeof(struct symbol *));
	for (unit = check->units; unit != NULL; unit = unit->next)
		for (symbol = unit->first; symbol != NULL;
			symbol = symbol->next)
			if (is_node(symbol)) {
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
	bool is_arm = from->declaration.kind == DECLARATION_VARIANT;

	for (member = from->declaration.as.structure.body.first;
		member != NULL; member = member->next)
		if (!member->is_tags
			&& contained(member, is_arm, CONTAINS_ALWAYS) == to)
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

/* docs/language.md, "Recursion": something must come to an end. */
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
	diag_help(report, "it ends through a list `%s[]`, an optional member, "
		"a tag, or another arm", check->structs[next[start]]
		->declaration.name);
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

/* docs/language.md, "Recursion": at most 64 within each other. Structs that
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

/* What leads to a recursive struct, and all that it leads to: `@depth` before
 * a member counts everything below it. */
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
		within[component] |= leads[component];
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

static void mark_recursive(struct member *member, bool is_arm, unsigned node,
	const struct graph *graph)
{
	struct symbol *target = contained(member, is_arm, CONTAINS_BY_VALUE);

	member->is_recursive = target != NULL
		&& (is_arm || member->is_optional || member->tag != 0)
		&& graph->component[target->node] == graph->component[node];
}

static void mark_recursive_members(struct check *check, const struct graph *graph)
{
	struct declaration *declaration;
	struct member *member, *tagged;
	unsigned node;

	for (node = 0; node < graph->nodes; node++) {
		declaration = &check->structs[node]->declaration;
		member = declaration->as.structure.body.first;
		for (; member != NULL; member = member->next) {
			mark_recursive(member, declaration->kind
				== DECLARATION_VARIANT, node, graph);
			for (tagged = member->tags; tagged != NULL;
				tagged = tagged->next)
				mark_recursive(tagged, false, node, graph);
		}
	}
}

/* ---- order ---- */

struct ranked {
	unsigned component;
	unsigned order;
	struct symbol *symbol;
};

static int ranked_compare(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	if (a->component != b->component)
		return a->component < b->component ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* What is within comes first; within a cycle, what leads there without
 * @bytes in between. */
static void order_for_max(struct check *check, const struct graph *all)
{
	struct graph *sized = graph_of(check, CONTAINS_WITH_SIZE, NULL);
	struct ranked *places = arena_alloc(check->arena,
		((size_t)all->nodes + 1) * sizeof(struct ranked));
	unsigned i, node;

	check->structs_for_max = arena_alloc(check->arena,
		((size_t)all->nodes + 1) * sizeof(struct symbol *));
	for (i = 0; i < all->nodes; i++) {
		node = sized->order[i];
		places[i] = (struct ranked){ all->component[node], i,
			check->structs[node] };
		check->structs[node]->has_no_max = sized->cyclic[node];
	}
	qsort(places, all->nodes, sizeof places[0], ranked_compare);
	for (i = 0; i < all->nodes; i++)
		check->structs_for_max[i] = places[i].symbol;
}

void recursion_check(struct check *check)
{
	struct graph *direct, *all;
	bool *without;

	number_structs(check);
	without = arena_alloc(check->arena, (size_t)check->struct_count + 1);
	least_sizes(check, without);
	report_cycles(check, graph_of(check, CONTAINS_ALWAYS, without));
	if (check_failed(check))
		return;
	direct = graph_of(check, CONTAINS_DIRECTLY, NULL);
	all = graph_of(check, CONTAINS_AT_ALL, NULL);
	mark_counting(check, all);
	mark_recursive_members(check, graph_of(check, CONTAINS_BY_VALUE, NULL));
	check_depth(check, direct, true);
	if (!check_failed(check))
		check_depth(check, all, false);
	order_for_max(check, all);
}
