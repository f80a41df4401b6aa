/*
 * What is reserved: facts have numbers as "3, 5..9" and names as "a, b".
 */
#include "compiler/diff_internal.h"

#include <string.h>

#include "idl/number.h"

/* An entry of such a text, "5..9", and what is behind it. */
static bool next_entry(const char **rest, const char **entry, size_t *size)
{
	const char *end;

	if (**rest == '\0')
		return false;
	*entry = *rest;
	end = strstr(*rest, ", ");
	*size = end ? (size_t)(end - *rest) : strlen(*rest);
	*rest += *size + (end ? 2 : 0);
	return true;
}

/* What a lock says may be anything: what is no number reserves none. */
static bool read_range(const char *entry, size_t size, struct number *low,
	struct number *high)
{
	const char *dots = NULL;

	for (size_t i = 1; i + 1 < size && dots == NULL; i++) {
		if (entry[i] == '.' && entry[i + 1] == '.')
			dots = entry + i;
	}
	if (dots == NULL)
		return value_integer_parse(entry, size, low) &&
			value_integer_parse(entry, size, high);
	return value_integer_parse(entry, (size_t)(dots - entry), low) &&
		value_integer_parse(dots + 2, size - (size_t)(dots + 2 - entry), high);
}

/* All numbers of the range are in some of those. Ranges of one side do not touch
 * each other, so that one has to hold it all. */
static bool are_reserved(const char *text, struct number low, struct number high)
{
	const char *entry;
	size_t size;
	struct number first, last;

	while (next_entry(&text, &entry, &size)) {
		if (read_range(entry, size, &first, &last) &&
		    number_compare(first, low) <= 0 && number_compare(high, last) <= 0)
			return true;
	}
	return false;
}

static bool is_listed(const char *text, const char *name)
{
	const char *entry;
	size_t size;

	while (next_entry(&text, &entry, &size)) {
		if (size == strlen(name) && memcmp(entry, name, size) == 0)
			return true;
	}
	return false;
}

/* A number as facts have it: a lock has one that is alone as an integer. */
static const char *numbers(struct diff *diff, const struct value *facts)
{
	const struct value *reserved = fact(facts, "reserved");

	return reserved && reserved->kind == VALUE_INTEGER ? fact_shown(diff, reserved)
		: fact_text(facts, "reserved");
}

void diff_used_number(struct diff *diff, const char *where, const struct value *a,
	const struct value *number)
{
	if (number && number->kind == VALUE_INTEGER &&
	    are_reserved(numbers(diff, a), number->as.integer, number->as.integer))
		diff_note_at(diff, DIFF_D0901, where,
			"%s was reserved: it meant something else once",
			fact_shown(diff, number));
}

void diff_used_name(struct diff *diff, const char *where, const struct value *a,
	const char *name, enum diff_code code)
{
	if (is_listed(fact_text(a, "reserved_names"), name))
		diff_note_at(diff, code, where, "`%s` was reserved", name);
}

void diff_used_names(struct diff *diff, const char *where, const struct value *a,
	const struct value *members)
{
	if (*fact_text(a, "reserved_names") == '\0')
		return;
	for (size_t i = 0; i < fact_count(members); i++) {
		const char *name = fact_name(diff, members, i);

		diff_used_name(diff, arena_printf(diff->arena, "%s.%s", where, name), a,
			name, DIFF_D0903);
		diff_used_names(diff, where, a, fact_object(fact_at(members, i), "tagged"));
	}
}

static void compare_numbers(struct diff *diff, const char *where, const char *from,
	const char *to, enum diff_code code)
{
	const char *entry;
	size_t size;
	struct number low, high;

	while (next_entry(&from, &entry, &size)) {
		if (read_range(entry, size, &low, &high) && !are_reserved(to, low, high))
			diff_note_at(diff, code, where, "%.*s", (int)size, entry);
	}
}

static void compare_names(struct diff *diff, const char *where, const char *from,
	const char *to, enum diff_code code)
{
	const char *entry;
	size_t size;

	while (next_entry(&from, &entry, &size)) {
		if (!is_listed(to, arena_copy(diff->arena, entry, size)))
			diff_note_at(diff, code, where, "`%.*s`", (int)size, entry);
	}
}

void diff_reserves(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	const char *was = fact_text(a, "reserved_names");
	const char *is = fact_text(b, "reserved_names");

	compare_numbers(diff, where, numbers(diff, a), numbers(diff, b), DIFF_D0904);
	compare_names(diff, where, was, is, DIFF_D0904);
	compare_numbers(diff, where, numbers(diff, b), numbers(diff, a), DIFF_D0905);
	compare_names(diff, where, is, was, DIFF_D0905);
}
