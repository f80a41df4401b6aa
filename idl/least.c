/*
 * The least size of each struct and variant.
 *
 * A struct has that of its members together, a variant that of its smallest
 * arm, and either may contain the other. So the smallest is decided first,
 * then the next: whatever leads to one that is decided is no smaller (Knuth's
 * generalization of Dijkstra's algorithm). Those that remain contain
 * themselves in each of their values, and so have none.
 */
#include "idl/check.h"

/* A member, and the struct or variant it belongs to. */
struct user {
	unsigned node;
	struct member *member;
};

struct candidate {
	uint64_t size;
	unsigned node;
};

struct search {
	struct check *check;
	/* The users of node n: users[first[n]] up to first[n + 1]. */
	unsigned *first;
	struct user *users;
	unsigned *open;			/* members of a struct to be decided */
	bool *decided;
	struct candidate *heap;
	size_t candidates;
};

/* ---- the heap ---- */

static void candidate_add(struct search *search, unsigned node, uint64_t size)
{
	struct candidate *heap = search->heap;
	size_t at = search->candidates++, above;

	for (; at > 0; at = above) {
		above = (at - 1) / 2;
		if (heap[above].size <= size)
			break;
		heap[at] = heap[above];
	}
	heap[at] = (struct candidate){ size, node };
}

static struct candidate candidate_take(struct search *search)
{
	struct candidate *heap = search->heap, least = heap[0];
	struct candidate last = heap[--search->candidates];
	size_t at = 0, below;

	for (;; at = below) {
		below = 2 * at + 1;
		if (below >= search->candidates)
			break;
		if (below + 1 < search->candidates
			&& heap[below + 1].size < heap[below].size)
			below++;
		if (heap[below].size >= last.size)
			break;
		heap[at] = heap[below];
	}
	heap[at] = last;
	return least;
}

/* ---- what is in what ---- */

/* What each value of the member has in it, or NULL. */
static struct symbol *held(const struct member *member)
{
	const struct type *type = member->type;

	if (type == NULL || member->is_optional)
		return NULL;
	while (type->kind == TYPE_ARRAY)
		type = type->element;
	return type->kind == TYPE_STRUCT || type->kind == TYPE_VARIANT
		? symbol_of(type->declaration) : NULL;
}

static void find_users(struct search *search, unsigned *counts, bool fill)
{
	struct symbol *target;
	struct member *member;
	unsigned i;

	for (i = 0; i < search->check->struct_count; i++) {
		member = search->check->structs[i]->declaration.as.structure
			.body.first;
		for (; member != NULL; member = member->next) {
			target = held(member);
			if (target == NULL)
				continue;
			if (fill)
				search->users[search->first[target->node]
					+ counts[target->node]] =
					(struct user){ i, member };
			else
				search->open[i]++;
			counts[target->node]++;
		}
	}
}

static void search_new(struct search *search, struct check *check)
{
	size_t count = (size_t)check->struct_count + 1, i;
	unsigned *counts = arena_alloc(check->arena, count * sizeof(unsigned));
	unsigned *filled = arena_alloc(check->arena, count * sizeof(unsigned));

	search->check = check;
	search->first = arena_alloc(check->arena, count * sizeof(unsigned));
	search->open = arena_alloc(check->arena, count * sizeof(unsigned));
	search->decided = arena_alloc(check->arena, count);
	find_users(search, counts, false);
	for (i = 1; i < count; i++)
		search->first[i] = search->first[i - 1] + counts[i - 1];
	search->users = arena_alloc(check->arena,
		((size_t)search->first[count - 1] + 1) * sizeof(struct user));
	find_users(search, filled, true);
	/* One of each from the start, and one of each use. */
	search->heap = arena_alloc(check->arena, (count
		+ search->first[count - 1]) * sizeof(struct candidate));
}

/* ---- sizes ---- */

/* The tag, perhaps a length, the value, and the end. */
static uint64_t arm_size(const struct declaration *variant, struct member *arm)
{
	uint64_t size = member_min(arm);

	if (variant->as.structure.is_flexible)
		size = size_sum(varint_size(size), size);
	return size_sum(varint_size(arm->tag) + 1, size);
}

static uint64_t struct_size(struct declaration *structure)
{
	struct member *member = structure->as.structure.body.first;
	uint64_t size = 0;

	for (; member != NULL; member = member->next)
		size = size_sum(size, member_min(member));
	return size;
}

/* What can be decided without knowing others. */
static void search_begin(struct search *search, unsigned node)
{
	struct declaration *structure =
		&search->check->structs[node]->declaration;
	struct member *arm = structure->as.structure.body.first;
	uint64_t least = UNBOUNDED, size;
	bool found = structure->as.structure.is_flexible;

	if (structure->kind == DECLARATION_STRUCT) {
		if (search->open[node] == 0)
			candidate_add(search, node, struct_size(structure));
		return;
	}
	/* An unknown tag, no bytes of value, the end. */
	if (found)
		least = 3;
	for (; arm != NULL; arm = arm->next) {
		if (held(arm) != NULL)
			continue;
		found = true;
		size = arm_size(structure, arm);
		least = size < least ? size : least;
	}
	if (found)
		candidate_add(search, node, least);
}

static void search_use(struct search *search, const struct user *user)
{
	struct declaration *structure =
		&search->check->structs[user->node]->declaration;

	if (search->decided[user->node])
		return;
	if (structure->kind == DECLARATION_VARIANT)
		candidate_add(search, user->node,
			arm_size(structure, user->member));
	else if (--search->open[user->node] == 0)
		candidate_add(search, user->node, struct_size(structure));
}

void least_sizes(struct check *check, bool *without)
{
	struct search search = { 0 };
	struct candidate least;
	unsigned node, i;

	search_new(&search, check);
	for (node = 0; node < check->struct_count; node++)
		search_begin(&search, node);
	while (search.candidates > 0) {
		least = candidate_take(&search);
		node = least.node;
		if (search.decided[node])
			continue;
		search.decided[node] = true;
		check->structs[node]->declaration.as.structure.min_size =
			least.size;
		for (i = search.first[node]; i < search.first[node + 1]; i++)
			search_use(&search, &search.users[i]);
	}
	for (node = 0; node < check->struct_count; node++)
		without[node] = !search.decided[node];
}
