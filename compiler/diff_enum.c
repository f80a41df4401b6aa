/*
 * Enumerations, constants, newtypes.
 */
#include "compiler/diff_internal.h"

#include <string.h>

#include "compiler/lock.h"

struct enums {
	struct diff *diff;
	const struct value *values[2];
	const char *where;
	const struct value *facts;	/* of the old one */
};

/* The name that a value has, or NULL. */
static const char *name_of(struct diff *diff, const struct value *values,
	const struct value *value)
{
	for (size_t i = 0; i < fact_count(values); i++) {
		if (value_same(fact_at(values, i), value))
			return fact_name(diff, values, i);
	}
	return NULL;
}

static const char *where_of(const struct enums *enums, const char *name)
{
	return arena_printf(enums->diff->arena, "%s.%s", enums->where, name);
}

static void compare_old(const struct enums *enums, size_t i)
{
	struct diff *diff = enums->diff;
	const struct value *value = fact_at(enums->values[0], i);
	const char *name = fact_name(diff, enums->values[0], i);
	const struct value *now = fact(enums->values[1], name);
	const char *other;

	if (now != NULL) {
		if (!value_same(value, now))
			diff_note_at(diff, DIFF_D0601, where_of(enums, name), "%s became %s",
				fact_shown(diff, value), fact_shown(diff, now));
		return;
	}
	other = name_of(diff, enums->values[1], value);
	if (other && !fact(enums->values[0], other))
		diff_note_at(diff, DIFF_D0609, where_of(enums, name), "it is now `%s`",
			other);
	else
		diff_note_at(diff, DIFF_D0602, where_of(enums, name), "%s has no name now",
			fact_shown(diff, value));
}

static void compare_new(const struct enums *enums, size_t i)
{
	struct diff *diff = enums->diff;
	const struct value *value = fact_at(enums->values[1], i);
	const char *name = fact_name(diff, enums->values[1], i);
	const char *other;

	if (fact(enums->values[0], name))
		return;
	diff_used_name(diff, where_of(enums, name), enums->facts, name, DIFF_D0903);
	other = name_of(diff, enums->values[0], value);
	if (!other || fact(enums->values[1], other))
		diff_note_at(diff, DIFF_D0603, where_of(enums, name), "%s has a name now",
			fact_shown(diff, value));
}

/* All bits that have a name. */
static uint64_t bits_of(const struct value *values)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < fact_count(values); i++) {
		if (fact_at(values, i)->kind == VALUE_INTEGER)
			bits |= value_integer_bits(&fact_at(values, i)->as.integer);
	}
	return bits;
}

/* Some value of `a` is none of `b`. */
static bool has_more(struct diff *diff, const struct value *a, const struct value *b,
	bool is_bits)
{
	if (is_bits)
		return bits_of(a) & ~bits_of(b);
	for (size_t i = 0; i < fact_count(a); i++) {
		if (name_of(diff, b, fact_at(a, i)) == NULL)
			return true;
	}
	return false;
}

static void compare_strict(const struct enums *enums, const struct value *a,
	const struct value *b)
{
	struct diff *diff = enums->diff;
	bool was = fact_is(a, "strict"), is = fact_is(b, "strict");
	bool is_bits = strcmp(fact_text(b, "kind"), "bits") == 0;

	if (was != is)
		diff_note_at(diff, is ? DIFF_D0606 : DIFF_D0607, enums->where,
			is ? "values without a name are refused now"
			: "values without a name may be sent now");
	if (was && has_more(diff, enums->values[1], enums->values[0], is_bits))
		diff_note_at(diff, DIFF_D0604, enums->where, "old readers refuse it");
	if (is && has_more(diff, enums->values[0], enums->values[1], is_bits))
		diff_note_at(diff, DIFF_D0605, enums->where, "new readers refuse it");
}

void diff_enumeration(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	struct enums enums = {
		diff, {fact_object(a, "values"), fact_object(b, "values")}, where, a,
	};

	for (size_t i = 0; i < fact_count(enums.values[0]); i++)
		compare_old(&enums, i);
	for (size_t i = 0; i < fact_count(enums.values[1]); i++)
		compare_new(&enums, i);
	for (size_t i = 0; i < fact_count(enums.values[1]); i++)
		diff_used_number(diff, where_of(&enums, fact_name(diff, enums.values[1], i)),
			a, fact_at(enums.values[1], i));
	compare_strict(&enums, a, b);
	if (!fact_same(a, b, "type"))
		diff_note_at(diff, DIFF_D0608, where, "%s became %s", fact_text(a, "type"),
			fact_text(b, "type"));
	diff_c_struct(diff, where, a, b);
}

void diff_constant(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	if (!fact_same(a, b, "value"))
		diff_note_at(diff, DIFF_D0109, where, "%s became %s",
			fact_shown(diff, fact(a, "value")),
			fact_shown(diff, fact(b, "value")));
	if (!fact_same(a, b, "type"))
		diff_note_at(diff, DIFF_D0110, where, "%s became %s", fact_text(a, "type"),
			fact_text(b, "type"));
	diff_c_struct(diff, where, a, b);
}
