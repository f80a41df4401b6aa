/*
 * Blocks of tags, and variants: their members go by numbers.
 */
#include "compiler/diff_internal.h"

#include <inttypes.h>
#include <string.h>

/* Tagged members, old and new. */
struct tags {
	struct diff *diff;
	const struct value *members[2];
	const char *where;		/* "fs.Change" */
	const char *byte;
	enum diff_code added, removed;
	const struct value *old;	/* facts of the block or variant */
};

/* The index of the member with that tag, or the count. */
static size_t find(const struct value *members, uint64_t tag)
{
	size_t i = 0;

	while (i < fact_count(members) && fact_number(fact_at(members, i), "tag", 0) != tag)
		i++;
	return i;
}

static struct diff_place place_of(const struct tags *tags, const char *name)
{
	return (struct diff_place){
		.where = arena_printf(tags->diff->arena, "%s.%s", tags->where, name),
		.byte = tags->byte, .is_dynamic = true,
	};
}

/* Of one number: another name is none that peers see, unless it has another
 * number somewhere else. */
static void compare_pair(const struct tags *tags, size_t i, size_t j)
{
	struct diff *diff = tags->diff;
	const char *was = fact_name(diff, tags->members[0], i);
	const char *is = fact_name(diff, tags->members[1], j);
	struct diff_place place = place_of(tags, was);

	if (strcmp(was, is) != 0) {
		bool moved = fact(tags->members[1], was) ||
			fact(tags->members[0], is);

		diff_note(diff, moved ? DIFF_D0503 : DIFF_D0512, &place, "it is now `%s`",
			is);
	}
	diff_member(diff, &place, fact_at(tags->members[0], i),
		fact_at(tags->members[1], j));
}

/* Whether a number that only one of them has is that of a name of both. */
static bool note_moved(const struct tags *tags, const char *name)
{
	const struct value *a = fact(tags->members[0], name);
	const struct value *b = fact(tags->members[1], name);
	struct diff_place place = place_of(tags, name);

	if (a == NULL || b == NULL)
		return false;
	diff_note(tags->diff, DIFF_D0503, &place, "%" PRIu64 " became %" PRIu64,
		fact_number(a, "tag", 0), fact_number(b, "tag", 0));
	return true;
}

static void compare_all(const struct tags *tags)
{
	const struct value *a = tags->members[0], *b = tags->members[1];
	struct diff *diff = tags->diff;

	for (size_t i = 0; i < fact_count(a); i++) {
		uint64_t tag = fact_number(fact_at(a, i), "tag", 0);
		const char *name = fact_name(diff, a, i);
		struct diff_place place = place_of(tags, name);

		if (find(b, tag) < fact_count(b))
			compare_pair(tags, i, find(b, tag));
		else if (!note_moved(tags, name))
			diff_note(diff, tags->removed, &place, "%" PRIu64 " is gone", tag);
	}
	for (size_t j = 0; j < fact_count(b); j++) {
		uint64_t tag = fact_number(fact_at(b, j), "tag", 0);
		const char *name = fact_name(diff, b, j);
		struct diff_place place = place_of(tags, name);

		diff_used_number(diff, place.where, tags->old, fact(fact_at(b, j), "tag"));
		if (find(a, tag) == fact_count(a) && !fact(a, name))
			diff_note(diff, tags->added, &place, "%" PRIu64 " is new", tag);
	}
}

/* Tags that both have stand in the order of the schema. */
static void compare_order(const struct tags *tags, const struct diff_place *place)
{
	const struct value *a = tags->members[0], *b = tags->members[1];
	size_t last = 0;

	for (size_t i = 0; i < fact_count(a); i++) {
		size_t j = find(b, fact_number(fact_at(a, i), "tag", 0));

		if (j == fact_count(b))
			continue;
		if (j < last) {
			diff_note(tags->diff, DIFF_D0504, place, "`%s` stands earlier now",
				fact_name(tags->diff, b, j));
			return;
		}
		last = j;
	}
}

void diff_tags(struct diff *diff, const struct diff_place *place, const struct value *a,
	const struct value *b)
{
	const char *dot = strrchr(place->where, '.');
	struct tags tags = {
		.diff = diff,
		.members = {fact_object(a, "tagged"), fact_object(b, "tagged")},
		.where = dot ? arena_copy(diff->arena, place->where,
			(size_t)(dot - place->where)) : "",
		.byte = place->byte, .added = DIFF_D0501, .removed = DIFF_D0502,
		.old = a,
	};

	compare_all(&tags);
	diff_reserves(diff, place->where, a, b);
	compare_order(&tags, place);
}

void diff_variant(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	bool was = fact_is(a, "flexible"), is = fact_is(b, "flexible");
	struct tags tags = {
		.diff = diff,
		.members = {fact_object(a, "tagged"), fact_object(b, "tagged")},
		.where = where, .byte = "byte 0 of the variant",
		.added = is ? DIFF_D0510 : DIFF_D0506,
		.removed = is ? DIFF_D0511 : DIFF_D0507,
		.old = a,
	};

	if (was != is)
		diff_note(diff, DIFF_D0509, &(struct diff_place){
			.where = where, .byte = "byte 1 of the variant"},
			is ? "it became flexible" : "it is no longer flexible");
	compare_all(&tags);
	diff_used_names(diff, where, a, tags.members[1]);
	diff_c_struct(diff, where, a, b);
}

void diff_table(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	struct tags tags = {
		.diff = diff,
		.members = {fact_object(a, "tagged"), fact_object(b, "tagged")},
		.where = where, .byte = "byte 0 of the table",
		.added = DIFF_D0513, .removed = DIFF_D0514, .old = a,
	};

	compare_all(&tags);
	diff_used_names(diff, where, a, tags.members[1]);
	diff_c_struct(diff, where, a, b);
}
