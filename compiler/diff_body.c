/*
 * Members that stand one after the other: of sections, structs and records.
 */
#include "compiler/diff_internal.h"

#include <inttypes.h>
#include <string.h>

/* Two bodies being compared, from the old and the new schema. */
struct bodies {
	struct diff *diff;
	const char *where;		/* "fs.Open" */
	const char *kind;		/* "head", "tail", "struct", "record" */
	const struct value *members[2];
	/* Sections: members of the other one, for those that went there. */
	const struct value *others[2];
};

static bool has(const struct value *object, const char *name)
{
	return fact(object, name) != NULL;
}

static bool is_tags(const struct value *facts)
{
	return has(facts, "tagged");
}

/* ---- the first byte ---- */

/* The sum of the least sizes in front of the member. */
static uint64_t least_before(const struct value *members, size_t index)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < index && i < fact_count(members); i++)
		sum += is_tags(fact_at(members, i)) ? 1
			: fact_least(fact_at(members, i), "bytes");
	return sum;
}

/* Where the member of that index begins: in place, behind a pointer, or within
 * a struct, of which only the least is known. Behind all of them: its end. */
static const char *byte_of(const struct bodies *bodies, unsigned side, size_t index)
{
	const struct value *members = bodies->members[side];
	struct arena *arena = bodies->diff->arena;
	bool is_section = bodies->kind[0] != 's' && bodies->kind[0] != 'r';
	const struct value *facts;

	if (index >= fact_count(members))
		return arena_printf(arena, "behind the last byte of the %s", bodies->kind);
	facts = fact_at(members, index);
	if (is_section)
		return arena_printf(arena, "%s byte %" PRIu64 "%s", bodies->kind,
			fact_number(facts, "at", 0), fact_is(facts, "pointer")
			? ", and what it points at" : "");
	if (bodies->kind[0] == 'r')
		return arena_printf(arena, "byte %" PRIu64 " of the record",
			fact_number(facts, "c_offset", 0));
	return arena_printf(arena, "byte %" PRIu64 " of the struct%s",
		least_before(members, index), index == 0 ? "" : " or later");
}

static struct diff_place place_of(const struct bodies *bodies, unsigned side, size_t index,
	const char *name)
{
	const struct value *members = bodies->members[side];
	const struct value *facts = fact_at(members, index);

	return (struct diff_place){
		.where = arena_printf(bodies->diff->arena, "%s.%s", bodies->where, name),
		.byte = byte_of(bodies, side, index),
		.is_dynamic = bodies->kind[0] == 's' || fact_is(facts, "pointer"),
	};
}

/* ---- one member ---- */

static bool may_be_absent(const struct value *facts)
{
	return has(facts, "tag") || fact_is(facts, "optional");
}

static void compare_defaults(struct diff *diff, const struct diff_place *place,
	const struct value *a, const struct value *b)
{
	if (!fact_same(a, b, "default"))
		diff_note(diff, may_be_absent(a) ? DIFF_D0310 : DIFF_D0309, place,
			"the default %s became %s",
			fact_shown(diff, fact(a, "default")),
			fact_shown(diff, fact(b, "default")));
}

static void compare_bounds(struct diff *diff, const struct diff_place *place,
	const struct value *a, const struct value *b)
{
	diff_bound(diff, place, fact_number(a, "bytes_bound", UNBOUNDED),
		fact_number(b, "bytes_bound", UNBOUNDED), DIFF_D0311, DIFF_D0312, "bytes");
	diff_bound(diff, place, fact_number(a, "depth_bound", UNBOUNDED),
		fact_number(b, "depth_bound", UNBOUNDED), DIFF_D0313, DIFF_D0314,
		"structs within each other");
}

void diff_member(struct diff *diff, const struct diff_place *place, const struct value *a,
	const struct value *b)
{
	bool was = fact_is(a, "optional"), is = fact_is(b, "optional");
	const char *one = fact_text(a, "type"), *two = fact_text(b, "type");

	if (was != is)
		diff_note(diff, is ? DIFF_D0307 : DIFF_D0308, place, "%s became %s%s", one,
			is ? "optional " : "", two);
	else
		diff_type(diff, place, one, two);
	compare_bounds(diff, place, a, b);
	if (was == is)
		compare_defaults(diff, place, a, b);
	if (strcmp(fact_text(a, "c"), fact_text(b, "c")) != 0)
		diff_note(diff, DIFF_D0803, place, "`%s` became `%s`", fact_text(a, "c"),
			fact_text(b, "c"));
}

/* ---- members that differ ---- */

static void note_removed(const struct bodies *bodies, size_t index, const char *name)
{
	struct diff_place place = place_of(bodies, 0, index, name);

	if (is_tags(fact_at(bodies->members[0], index)))
		diff_note(bodies->diff, DIFF_D0505, &place, "the block of tags is gone");
	else if (has(bodies->others[1], name))
		diff_note(bodies->diff, DIFF_D0306, &place, "it is no longer in the %s",
			bodies->kind);
	else
		diff_note(bodies->diff, DIFF_D0302, &place, "%s is gone",
			fact_text(fact_at(bodies->members[0], index), "type"));
}

static void note_added(const struct bodies *bodies, size_t index, const char *name)
{
	struct diff_place place = place_of(bodies, 1, index, name);

	if (is_tags(fact_at(bodies->members[1], index)))
		diff_note(bodies->diff, DIFF_D0505, &place, "a block of tags is new");
	else if (!has(bodies->others[0], name))
		diff_note(bodies->diff, DIFF_D0301, &place, "%s is new",
			fact_text(fact_at(bodies->members[1], index), "type"));
}

static void compare_pair(const struct bodies *bodies, size_t i, size_t j, const char *name)
{
	const struct value *a = fact_at(bodies->members[0], i);
	const struct value *b = fact_at(bodies->members[1], j);
	struct diff_place place = place_of(bodies, 0, i, name);

	if (is_tags(a) && is_tags(b))
		diff_tags(bodies->diff, &place, a, b);
	else
		diff_member(bodies->diff, &place, a, b);
}

/* Names that only one of them has, at the same place. */
static void compare_renamed(const struct bodies *bodies, size_t i, size_t j)
{
	struct diff *diff = bodies->diff;
	const struct value *a = fact_at(bodies->members[0], i);
	const struct value *b = fact_at(bodies->members[1], j);
	const char *was = fact_name(diff, bodies->members[0], i);
	const char *is = fact_name(diff, bodies->members[1], j);
	struct diff_place place = place_of(bodies, 0, i, was);

	if (is_tags(a) != is_tags(b) ||
	    fact_is(a, "optional") != fact_is(b, "optional") ||
	    !diff_is_same_type(diff, fact_text(a, "type"), fact_text(b, "type"),
	    place.is_dynamic)) {
		diff_note(diff, DIFF_D0305, &place, "`%s` became `%s`", was, is);
		return;
	}
	diff_note(diff, DIFF_D0304, &place, "it is now `%s`", is);
	compare_bounds(diff, &place, a, b);
	compare_defaults(diff, &place, a, b);
}

/* From where the order differs only names help. */
static void compare_shuffled(const struct bodies *bodies, size_t i, size_t j)
{
	struct diff *diff = bodies->diff;
	struct diff_place place = place_of(bodies, 0, i,
		fact_name(diff, bodies->members[0], i));

	diff_note(diff, DIFF_D0303, &place, "`%s` stands there now",
		fact_name(diff, bodies->members[1], j));
	for (; i < fact_count(bodies->members[0]); i++) {
		const char *name = fact_name(diff, bodies->members[0], i);

		if (!has(bodies->members[1], name))
			note_removed(bodies, i, name);
	}
	for (; j < fact_count(bodies->members[1]); j++) {
		const char *name = fact_name(diff, bodies->members[1], j);

		if (!has(bodies->members[0], name))
			note_added(bodies, j, name);
	}
}

static void compare_bodies(const struct bodies *bodies)
{
	const struct value *a = bodies->members[0], *b = bodies->members[1];
	size_t i = 0, j = 0;

	while (i < fact_count(a) || j < fact_count(b)) {
		const char *was = i < fact_count(a) ? fact_name(bodies->diff, a, i) : NULL;
		const char *is = j < fact_count(b) ? fact_name(bodies->diff, b, j) : NULL;
		bool stays = was && has(b, was), stayed = is && has(a, is);

		if (was && is && strcmp(was, is) == 0) {
			compare_pair(bodies, i++, j++, was);
		} else if (was && is && !stays && !stayed &&
		    !has(bodies->others[1], was) && !has(bodies->others[0], is)) {
			compare_renamed(bodies, i++, j++);
		} else if (was && !stays) {
			note_removed(bodies, i++, was);
		} else if (is && !stayed) {
			note_added(bodies, j++, is);
		} else {
			compare_shuffled(bodies, i, j);
			return;
		}
	}
}

/* ---- C ---- */

void diff_c_struct(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	if (strcmp(fact_text(a, "c"), fact_text(b, "c")) != 0)
		diff_note_at(diff, DIFF_D0805, where, "`%s` became `%s`", fact_text(a, "c"),
			fact_text(b, "c"));
	if (!fact_same(a, b, "c_size"))
		diff_note_at(diff, DIFF_D0801, where, "%s bytes became %s",
			fact_shown(diff, fact(a, "c_size")),
			fact_shown(diff, fact(b, "c_size")));
	if (!fact_same(a, b, "c_maxsize"))
		diff_note_at(diff, DIFF_D0804, where, "%s bytes became %s",
			fact_shown(diff, fact(a, "c_maxsize")),
			fact_shown(diff, fact(b, "c_maxsize")));
}

/* The first member, by its name, that stands elsewhere. True: it was told. */
static bool compare_offsets(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	for (size_t i = 0; i < fact_count(a); i++) {
		const char *name = fact_name(diff, a, i);
		const struct value *one = fact_at(a, i), *two = fact_object(b, name);

		if (is_tags(one)) {
			if (compare_offsets(diff, where, fact_object(one, "tagged"),
			    fact_object(two, "tagged")))
				return true;
		} else if (has(two, "c_offset") && !fact_same(one, two, "c_offset")) {
			diff_note_at(diff, DIFF_D0802, arena_printf(diff->arena, "%s.%s",
				where, name), "offset %s became %s",
				fact_shown(diff, fact(one, "c_offset")),
				fact_shown(diff, fact(two, "c_offset")));
			return true;
		}
	}
	return false;
}

/* ---- structs and records ---- */

void diff_structure(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	struct bodies bodies = {
		.diff = diff, .where = where, .kind = fact_text(a, "kind"),
		.members = {fact_object(a, "members"), fact_object(b, "members")},
		.others = {fact_object(a, ""), fact_object(b, "")},
	};
	bool had_wire = diff->result.class == DIFF_WIRE;

	compare_bodies(&bodies);
	/* A record within it may have grown without a name of it being other. */
	if (!had_wire && diff->result.class != DIFF_WIRE && !fact_same(a, b, "size"))
		diff_note_at(diff, DIFF_D0210, where, "%s bytes became %s",
			fact_shown(diff, fact(a, "size")),
			fact_shown(diff, fact(b, "size")));
	diff_used_names(diff, where, a, bodies.members[1]);
	diff_c_struct(diff, where, a, b);
	compare_offsets(diff, where, bodies.members[0], bodies.members[1]);
}

/* ---- messages ---- */

/* What moved although all members are the same: an imported record that grew. */
static void compare_places(const struct bodies *bodies)
{
	const struct value *a = bodies->members[0], *b = bodies->members[1];

	for (size_t i = 0; i < fact_count(a) && i < fact_count(b); i++) {
		const struct value *one = fact_at(a, i), *two = fact_at(b, i);
		struct diff_place place;

		if (fact_same(one, two, "at") && fact_same(one, two, "size") &&
		    fact_same(one, two, "pointer"))
			continue;
		place = place_of(bodies, 0, i, fact_name(bodies->diff, a, i));
		diff_note(bodies->diff, DIFF_D0210, &place, "its place or size is another");
		return;
	}
}

static void compare_head_sizes(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	uint64_t was = fact_number(a, "size", 0), is = fact_number(b, "size", 0);

	if (was != is)
		diff_note_at(diff, is > was ? DIFF_D0204 : DIFF_D0205, where,
			"%" PRIu64 " bytes became %" PRIu64, was, is);
}

static void compare_sections(struct diff *diff, const char *where, const char *kind,
	const struct value *a, const struct value *b, const char *other)
{
	const struct value *one = fact_object(a, kind), *two = fact_object(b, kind);
	struct bodies bodies = {
		.diff = diff, .where = where, .kind = kind,
		.members = {fact_object(one, "members"), fact_object(two, "members")},
		.others = {fact_object(fact_object(a, other), "members"),
			fact_object(fact_object(b, other), "members")},
	};
	enum diff_class before = diff->result.class;

	diff->result.class = DIFF_NONE;
	compare_bodies(&bodies);
	if (!fact_same(one, two, "pointers"))
		diff_note_at(diff, DIFF_D0206, where, "the %s's pointers have %s bytes, not %s",
			kind, fact_shown(diff, fact(two, "pointers")),
			fact_shown(diff, fact(one, "pointers")));
	if (diff->result.class != DIFF_WIRE)
		compare_places(&bodies);
	if (before > diff->result.class)
		diff->result.class = before;
	compare_offsets(diff, where, bodies.members[0], bodies.members[1]);
}

void diff_message(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	bool had = has(a, "tail"), has_one = has(b, "tail");

	if (!fact_same(a, b, "id"))
		diff_note(diff, DIFF_D0203, &(struct diff_place){
			.where = where, .byte = "head byte 0"}, "id %s became %s",
			fact_shown(diff, fact(a, "id")),
			fact_shown(diff, fact(b, "id")));
	if (has_one != had)
		diff_note(diff, had ? DIFF_D0208 : DIFF_D0207, &(struct diff_place){
			.where = where, .byte = "head byte 4"}, had ? "it had a tail"
			: "it has a tail now");
	compare_head_sizes(diff, where, fact_object(a, "head"), fact_object(b, "head"));
	compare_sections(diff, where, "head", a, b, "tail");
	if (had || has_one)
		compare_sections(diff, where, "tail", a, b, "head");
	diff_used_names(diff, where, a, fact_object(fact_object(b, "head"), "members"));
	diff_used_names(diff, where, a, fact_object(fact_object(b, "tail"), "members"));
	diff_c_struct(diff, where, a, b);
}
