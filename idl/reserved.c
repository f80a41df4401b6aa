/*
 * Reserved numbers and names: of tags, ids, methods, enumerators, members.
 */
#include <stdlib.h>
#include <string.h>

#include "idl/check.h"

/* A range, and of all ranges up to it the one that reaches highest. */
struct range {
	const struct ast_reserved *entry;
	const struct ast_reserved *highest;
};

struct reserved {
	struct map names;
	struct range *ranges;		/* by their lower ends */
	size_t count;
	const struct reserved *base;	/* what that reserves holds too */
};

static int range_compare(const void *left, const void *right)
{
	const struct ast_reserved *a = ((const struct range *)left)->entry;
	const struct ast_reserved *b = ((const struct range *)right)->entry;
	int order = number_compare(a->low, b->low);

	if (order != 0)
		return order;
	return a->span.offset < b->span.offset ? -1
		: a->span.offset > b->span.offset;
}

static void reserved_sort(struct reserved *reserved)
{
	const struct ast_reserved *highest = NULL;
	size_t i;

	qsort(reserved->ranges, reserved->count, sizeof reserved->ranges[0],
		range_compare);
	for (i = 0; i < reserved->count; i++) {
		const struct ast_reserved *entry = reserved->ranges[i].entry;

		if (highest == NULL
			|| number_compare(entry->high, highest->high) > 0)
			highest = entry;
		reserved->ranges[i].highest = highest;
	}
}

/* docs/language.md, "Reserved": ranges run upwards. */
struct reserved *reserved_new(struct check *check,
	const struct ast_reserved *first)
{
	const struct ast_reserved *entry;

	for (entry = first; entry != NULL; entry = entry->next)
		if (!entry->is_name
			&& number_compare(entry->low, entry->high) > 0)
			diag_report(check->diags, E0311, entry->span,
				"this range runs backwards: the lower number "
				"comes first");
	return reserved_good(check, first);
}

struct reserved *reserved_good(struct check *check,
	const struct ast_reserved *first)
{
	struct reserved *reserved = ARENA_NEW(check->arena, struct reserved);
	const struct ast_reserved *entry;
	size_t count = 0;

	for (entry = first; entry != NULL; entry = entry->next)
		count += !entry->is_name;
	reserved->ranges = arena_alloc(check->arena,
		(count + 1) * sizeof reserved->ranges[0]);
	for (entry = first; entry != NULL; entry = entry->next) {
		if (entry->is_name)
			map_add(&reserved->names, check->arena,
				entry->name.text, (void *)entry);
		else if (number_compare(entry->low, entry->high) <= 0)
			reserved->ranges[reserved->count++].entry = entry;
	}
	reserved_sort(reserved);
	return reserved;
}

/* ---- as the tree has it ---- */

static struct reserve *reserve_new(struct check *check,
	const struct ast_reserved *entry)
{
	struct reserve *reserve = ARENA_NEW(check->arena, struct reserve);

	reserve->low = entry->low;
	reserve->high = entry->high;
	return reserve;
}

/* The ranges, those that touch each other as one; returns where the next goes. */
static struct reserve **reserves_ranges(struct check *check,
	const struct reserved *reserved, struct reserve **first)
{
	struct reserve *last = NULL, **end = first;
	struct number behind;
	size_t i;

	for (i = 0; i < reserved->count; i++) {
		const struct ast_reserved *entry = reserved->ranges[i].entry;

		if (last != NULL && (!number_add(&behind, last->high,
				number_of(1))
			|| number_compare(entry->low, behind) <= 0)) {
			if (number_compare(entry->high, last->high) > 0)
				last->high = entry->high;
			continue;
		}
		last = *end = reserve_new(check, entry);
		end = &last->next;
	}
	return end;
}

static int name_compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The names, each once. */
static void reserves_names(struct check *check,
	const struct ast_reserved *first, struct reserve **end)
{
	const struct ast_reserved *entry;
	const char **names;
	size_t count = 0, i;

	for (entry = first; entry != NULL; entry = entry->next)
		count += entry->is_name;
	names = arena_alloc(check->arena, (count + 1) * sizeof names[0]);
	count = 0;
	for (entry = first; entry != NULL; entry = entry->next)
		if (entry->is_name)
			names[count++] = entry->name.text;
	qsort(names, count, sizeof names[0], name_compare);
	for (i = 0; i < count; i++) {
		if (i > 0 && strcmp(names[i - 1], names[i]) == 0)
			continue;
		*end = ARENA_NEW(check->arena, struct reserve);
		(*end)->name = names[i];
		end = &(*end)->next;
	}
}

struct reserve *reserves_new(struct check *check,
	const struct ast_reserved *first)
{
	struct reserve *reserves = NULL;

	reserves_names(check, first, reserves_ranges(check,
		reserved_good(check, first), &reserves));
	return reserves;
}

void reserved_inherit(struct reserved *reserved, const struct reserved *base)
{
	reserved->base = base;
}

/* The entry that reserves the number, or NULL. */
static const struct ast_reserved *reserved_find(
	const struct reserved *reserved, struct number number)
{
	size_t low = 0, high = reserved->count, middle;
	const struct ast_reserved *entry;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (number_compare(reserved->ranges[middle].entry->low, number)
			<= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	entry = reserved->ranges[low - 1].highest;
	return number_compare(number, entry->high) <= 0 ? entry : NULL;
}

/* docs/language.md, "Reserved": a reserved name is not declared again. */
bool reserved_name_used(struct check *check, const struct reserved *reserved,
	const char *name, struct span span)
{
	const struct ast_reserved *entry = NULL;

	for (; entry == NULL && reserved != NULL; reserved = reserved->base)
		entry = map_get(&reserved->names, name);
	if (entry == NULL)
		return false;
	diag_second(diag_report(check->diags, E0208, span,
		"the name `%s` is reserved", name), entry->span,
		"reserved here");
	return true;
}

bool reserved_number_used(struct check *check,
	const struct reserved *reserved, struct number number,
	struct span span, const char *what)
{
	const struct ast_reserved *entry = NULL;
	char text[NUMBER_TEXT_SIZE];

	for (; entry == NULL && reserved != NULL; reserved = reserved->base)
		entry = reserved_find(reserved, number);
	if (entry == NULL)
		return false;
	diag_second(diag_report(check->diags, E0312, span,
		"the %s %s is reserved", what, number_print(text, number)),
		entry->span, "reserved here");
	return true;
}
