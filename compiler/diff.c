/*
 * Two schemas compared: files, and what declarations came, went or stayed.
 */
#include "compiler/diff_internal.h"

#include <inttypes.h>
#include <string.h>

#include "compiler/lock.h"

/* ---- the two sides ---- */

static void add_declarations(struct diff *diff, unsigned index, const struct value *all)
{
	struct diff_side *side = &diff->sides[index];

	for (size_t i = 0; i < fact_count(all); i++) {
		const char *name = fact_name(diff, all, i);

		map_add(&side->declarations, diff->arena, diff_local(diff, index, name),
			(void *)(uintptr_t)fact_at(all, i));
	}
}

/* Of the methods' own messages only the methods are told that they came or went. */
static void add_messages(struct diff *diff, unsigned index, const struct value *methods)
{
	static const char *const facts[] = {"request", "reply"};

	for (size_t i = 0; i < fact_count(methods); i++) {
		for (size_t k = 0; k < 2; k++) {
			const char *name = fact_text(fact_at(methods, i), facts[k]);

			map_add(&diff->sides[index].of_methods, diff->arena,
				diff_local(diff, index, name),
				(void *)(uintptr_t)fact_at(methods, i));
		}
	}
}

static void open_side(struct diff *diff, unsigned index, const struct value *facts)
{
	const char *space = fact_text(facts, "namespace");
	const struct value *imports = fact_object(facts, "imports");
	const struct value *own = fact_object(facts, "declarations");

	diff->sides[index].prefix = *space == '\0' ? ""
		: arena_printf(diff->arena, "%s.", space);
	add_declarations(diff, index, own);
	for (size_t i = 0; i < fact_count(imports); i++)
		add_declarations(diff, index, fact_at(imports, i));
	for (size_t i = 0; i < fact_count(own); i++) {
		add_messages(diff, index, fact_object(fact_at(own, i), "methods"));
		add_messages(diff, index, fact_object(fact_at(own, i), "events"));
	}
}

/* ---- one declaration ---- */

struct kind {
	const char *name;
	void (*compare)(struct diff *diff, const char *where, const struct value *a,
		const struct value *b);
	/* That it is the same kind of thing: `enum`, `consts` and `bits` are. */
	unsigned family;
};

static const struct kind kinds[] = {
	{"const", diff_constant, 1}, {"newtype", diff_constant, 2},
	{"enum", diff_enumeration, 3}, {"consts", diff_enumeration, 3},
	{"bits", diff_enumeration, 3}, {"struct", diff_structure, 4},
	{"record", diff_structure, 5}, {"variant", diff_variant, 6},
	{"message", diff_message, 7}, {"interface", diff_interface, 8},
	{"table", diff_table, 9},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *kind_of(const struct value *facts)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (strcmp(fact_text(facts, "kind"), kinds[i].name) == 0)
			return &kinds[i];
	}
	return NULL;
}

void diff_declaration(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	const struct kind *one = kind_of(a), *two = kind_of(b);

	if (one == NULL || two == NULL || one->family != two->family)
		diff_note_at(diff, DIFF_D0108, where, "%s became %s", fact_text(a, "kind"),
			fact_text(b, "kind"));
	else {
		one->compare(diff, where, a, b);
		diff_reserves(diff, where, a, b);
	}
}

/* ---- what came and went ---- */

static bool is_kind(const struct value *facts, const char *kind)
{
	return strcmp(fact_text(facts, "kind"), kind) == 0;
}

static bool is_method_message(struct diff *diff, unsigned side, const char *local)
{
	return map_get(&diff->sides[side].of_methods, local) != NULL;
}

/* A message with that id, and group, whose name the other side has not; or NULL. */
static const char *renamed(struct diff *diff, unsigned side, const struct value *all,
	const struct value *message)
{
	for (size_t i = 0; i < fact_count(all); i++) {
		const char *name = fact_name(diff, all, i);
		const struct value *facts = fact_at(all, i);

		if (is_kind(facts, "message") && fact(facts, "id") &&
		    fact_same(facts, message, "id") && fact_same(facts, message, "group") &&
		    !map_get(&diff->sides[!side].declarations,
		    diff_local(diff, side, name)))
			return name;
	}
	return NULL;
}

static void note_gone(struct diff *diff, const char *where, const struct value *facts,
	const char *local)
{
	if (is_kind(facts, "interface"))
		diff_note_at(diff, DIFF_D0714, where, "nothing serves it");
	else if (!is_kind(facts, "message") || !fact(facts, "id"))
		diff_note_at(diff, DIFF_D0106, where, "the %s is gone",
			fact_text(facts, "kind"));
	else if (!is_method_message(diff, 0, local))
		diff_note_at(diff, DIFF_D0201, where, "nobody knows its id");
}

static void note_new(struct diff *diff, const char *where, const struct value *facts,
	const char *local)
{
	if (is_kind(facts, "interface"))
		diff_note_at(diff, DIFF_D0715, where, "it is new");
	else if (!is_kind(facts, "message") || !fact(facts, "id"))
		diff_note_at(diff, DIFF_D0107, where, "the %s is new",
			fact_text(facts, "kind"));
	else if (!is_method_message(diff, 1, local))
		diff_note_at(diff, DIFF_D0202, where, "it is new");
}

static void compare_old(struct diff *diff, const char *name, const struct value *a,
	const struct value *new_declarations)
{
	const char *local = diff_local(diff, 0, name);
	const struct value *b = map_get(&diff->sides[1].declarations, local);
	const char *other = NULL;

	if (b == NULL && is_kind(a, "message") && fact(a, "id"))
		other = renamed(diff, 1, new_declarations, a);
	if (other != NULL) {
		diff_note_at(diff, DIFF_D0209, name, "it is now `%s`", other);
		b = fact(new_declarations, other);
	}
	if (b != NULL)
		diff_declaration(diff, name, a, b);
	else
		note_gone(diff, name, a, local);
}

static void compare_declarations(struct diff *diff, const struct value *a,
	const struct value *b)
{
	for (size_t i = 0; i < fact_count(a); i++)
		compare_old(diff, fact_name(diff, a, i), fact_at(a, i), b);
	for (size_t i = 0; i < fact_count(b); i++) {
		const char *name = fact_name(diff, b, i);
		const char *local = diff_local(diff, 1, name);
		const struct value *facts = fact_at(b, i);

		if (map_get(&diff->sides[0].declarations, local))
			continue;
		if (!is_kind(facts, "message") || !fact(facts, "id") ||
		    !renamed(diff, 0, a, facts))
			note_new(diff, name, facts, local);
	}
}

/* ---- imports ---- */

static const struct value *fingerprint(const struct value *facts)
{
	return facts->kind == VALUE_OBJECT ? fact(facts, "fingerprint") : facts;
}

/* One that both use. Of a lock only the fingerprint is known. */
static void compare_imported(struct diff *diff, const char *name, const struct value *a,
	const struct value *b)
{
	const struct value *one = fingerprint(a), *two = fingerprint(b);

	if (one && two && value_same(one, two))
		return;
	if (a->kind == VALUE_OBJECT && b->kind == VALUE_OBJECT)
		diff_declaration(diff, name, a, b);
	else
		diff_note_at(diff, DIFF_D0105, name,
			"a lock has no more of it than that: compare the file it is in");
}

static void compare_imports(struct diff *diff, const struct value *a, const struct value *b)
{
	for (size_t i = 0; i < fact_count(a); i++) {
		const char *file = fact_name(diff, a, i);
		const struct value *used = fact_at(a, i);

		if (!fact(b, file))
			diff_note_at(diff, DIFF_D0103, file, "nothing is imported from it");
		for (size_t k = 0; k < fact_count(used); k++) {
			const char *name = fact_name(diff, used, k);
			const struct value *now = map_get(&diff->sides[1].declarations,
				diff_local(diff, 1, name));

			if (now)
				compare_imported(diff, name, fact_at(used, k), now);
		}
	}
	for (size_t i = 0; i < fact_count(b); i++) {
		const char *file = fact_name(diff, b, i);

		if (!fact(a, file))
			diff_note_at(diff, DIFF_D0104, file, "it is new");
	}
}

/* ---- what is reserved ---- */

/* What the old file, or group of it, reserves. */
static const struct value *reserves_of(struct diff *diff, const struct value *file,
	const struct value *message)
{
	uint64_t group = fact_number(message, "group", 0);

	return group == 0 ? file : fact_object(fact_object(file, "groups"),
		arena_printf(diff->arena, "%" PRIu64, group));
}

/* The ids of a method's own messages come from its number. */
static bool has_own_id(struct diff *diff, const char *local, const struct value *message)
{
	const struct value *method = map_get(&diff->sides[1].of_methods, local);

	return method == NULL || fact_number(message, "id", 0) >> 2 !=
		fact_number(method, "number", UINT64_MAX);
}

static void compare_reserved(struct diff *diff, const struct value *a, const struct value *b)
{
	const struct value *declarations = fact_object(b, "declarations");
	const struct value *groups = fact_object(a, "groups");

	for (size_t i = 0; i < fact_count(declarations); i++) {
		const struct value *facts = fact_at(declarations, i);
		const char *name = fact_name(diff, declarations, i);
		const char *local = diff_local(diff, 1, name);
		const struct value *old = reserves_of(diff, a, facts);

		if (is_kind(facts, "message") && has_own_id(diff, local, facts))
			diff_used_number(diff, name, old, fact(facts, "id"));
		diff_used_name(diff, name, old, local, DIFF_D0903);
	}
	diff_reserves(diff, fact_text(b, "schema"), a, b);
	for (size_t i = 0; i < fact_count(groups); i++) {
		const char *name = fact_name(diff, groups, i);

		diff_reserves(diff, arena_printf(diff->arena, "%s, group %s",
			fact_text(b, "schema"), name), fact_at(groups, i),
			fact_object(fact_object(b, "groups"), name));
	}
}

/* ---- all ---- */

static void compare_texts(struct diff *diff, const struct value *a, const struct value *b,
	const char *fact, enum diff_code code)
{
	if (strcmp(fact_text(a, fact), fact_text(b, fact)) != 0)
		diff_note_at(diff, code, fact_text(b, "schema"), "`%s` became `%s`",
			fact_text(a, fact), fact_text(b, fact));
}

struct diff_result diff_facts(struct arena *arena, const struct value *old_facts,
	const struct value *new_facts)
{
	struct diff *diff = ARENA_NEW(arena, struct diff);

	diff->arena = arena;
	open_side(diff, 0, old_facts);
	open_side(diff, 1, new_facts);
	compare_texts(diff, old_facts, new_facts, "namespace", DIFF_D0101);
	compare_texts(diff, old_facts, new_facts, "c_prefix", DIFF_D0102);
	compare_imports(diff, fact_object(old_facts, "imports"),
		fact_object(new_facts, "imports"));
	compare_declarations(diff, fact_object(old_facts, "declarations"),
		fact_object(new_facts, "declarations"));
	compare_reserved(diff, old_facts, new_facts);
	return diff->result;
}
