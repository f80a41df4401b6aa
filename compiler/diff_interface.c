/*
 * Interfaces: methods go by their numbers, people call them by their names.
 */
#include "compiler/diff_internal.h"

#include <string.h>

/* Methods, or events, old and new. */
struct methods {
	struct diff *diff;
	const char *where;
	const struct value *all[2];
	bool are_events;
};

static bool is_name(struct diff *diff, const struct value *a, const struct value *b,
	const char *fact)
{
	return strcmp(diff_local(diff, 0, fact_text(a, fact)),
		diff_local(diff, 1, fact_text(b, fact))) == 0;
}

static void compare_promises(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	if (!fact_same(a, b, "idempotent"))
		diff_note_at(diff, fact_is(a, "idempotent") ? DIFF_D0706 : DIFF_D0707, where,
			fact_is(a, "idempotent") ? "old clients send it again"
			: "new clients send it again");
	if (!fact_same(a, b, "cancellable"))
		diff_note_at(diff, fact_is(a, "cancellable") ? DIFF_D0708 : DIFF_D0709, where,
			fact_is(a, "cancellable") ? "calls that name a flag are invalid now"
			: "calls may name a flag now");
	if (!fact_same(a, b, "deadline"))
		diff_note_at(diff, DIFF_D0710, where, "%s ms became %s ms",
			fact_shown(diff, fact(a, "deadline")),
			fact_shown(diff, fact(b, "deadline")));
	if (!fact_same(a, b, "fast"))
		diff_note_at(diff, DIFF_D0712, where, fact_is(b, "fast")
			? "it goes in registers now" : "it goes in registers no longer");
}

/* The same message under the same name, or one whose bytes are the same. */
static bool is_same_message(struct diff *diff, const struct value *a, const struct value *b,
	const char *fact)
{
	const char *one = fact_text(a, fact), *two = fact_text(b, fact);

	return is_name(diff, a, b, fact) ||
		(*one && *two && diff_is_same_type(diff, one, two, false));
}

static void compare_pair(const struct methods *methods, const struct value *a,
	const struct value *b, const char *where)
{
	struct diff *diff = methods->diff;

	if (!fact_same(a, b, "number"))
		diff_note(diff, DIFF_D0703, &(struct diff_place){
			.where = where, .byte = "head byte 0"}, "%s became %s",
			fact_shown(diff, fact(a, "number")),
			fact_shown(diff, fact(b, "number")));
	if (!fact_same(a, b, "kind"))
		diff_note_at(diff, DIFF_D0704, where, "%s became %s", fact_text(a, "kind"),
			fact_text(b, "kind"));
	else if (!is_same_message(diff, a, b, "request") ||
	    !is_same_message(diff, a, b, "reply"))
		diff_note_at(diff, DIFF_D0713, where, "its messages are others");
	if (!is_name(diff, a, b, "error"))
		diff_note_at(diff, DIFF_D0705, where, "`%s` became `%s`",
			fact_text(a, "error"), fact_text(b, "error"));
	compare_promises(diff, where, a, b);
}

/* The name of the method with that number, if the other side has no such name. */
static const char *renamed(const struct methods *methods, unsigned side,
	const struct value *method)
{
	const struct value *all = methods->all[side];

	for (size_t i = 0; i < fact_count(all); i++) {
		const char *name = fact_name(methods->diff, all, i);

		if (fact_same(fact_at(all, i), method, "number") &&
		    !fact(methods->all[!side], name))
			return name;
	}
	return NULL;
}

static void compare_old(const struct methods *methods, size_t i)
{
	struct diff *diff = methods->diff;
	const char *name = fact_name(diff, methods->all[0], i);
	const struct value *a = fact_at(methods->all[0], i);
	const struct value *b = fact(methods->all[1], name);
	const char *where = arena_printf(diff->arena, "%s.%s", methods->where, name);
	const char *other;

	if (b != NULL) {
		compare_pair(methods, a, b, where);
		return;
	}
	other = renamed(methods, 1, a);
	if (other == NULL) {
		diff_note_at(diff, methods->are_events ? DIFF_D0720 : DIFF_D0701, where,
			"number %s is gone", fact_shown(diff, fact(a, "number")));
		return;
	}
	diff_note_at(diff, DIFF_D0718, where, "it is now `%s`", other);
	compare_pair(methods, a, fact(methods->all[1], other), where);
}

/* In the order of the table of operations, those of both. */
static void compare_order(const struct methods *methods)
{
	const struct value *a = methods->all[0], *b = methods->all[1];
	struct diff *diff = methods->diff;
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		const char *was, *is;

		while (i < fact_count(a) && !fact(b, fact_name(diff, a, i)))
			i++;
		while (j < fact_count(b) && !fact(a, fact_name(diff, b, j)))
			j++;
		if (i >= fact_count(a) || j >= fact_count(b))
			return;
		was = fact_name(diff, a, i);
		is = fact_name(diff, b, j);
		if (strcmp(was, is) != 0) {
			diff_note_at(diff, DIFF_D0711, arena_printf(diff->arena, "%s.%s",
				methods->where, was), "`%s` stands there now", is);
			return;
		}
	}
}

static void compare_all(const struct methods *methods)
{
	struct diff *diff = methods->diff;

	for (size_t i = 0; i < fact_count(methods->all[0]); i++)
		compare_old(methods, i);
	for (size_t i = 0; i < fact_count(methods->all[1]); i++) {
		const char *name = fact_name(diff, methods->all[1], i);
		const struct value *b = fact_at(methods->all[1], i);

		if (!fact(methods->all[0], name) && !renamed(methods, 0, b))
			diff_note_at(diff, methods->are_events ? DIFF_D0719 : DIFF_D0702,
				arena_printf(diff->arena, "%s.%s", methods->where, name),
				"number %s is new",
				fact_shown(diff, fact(b, "number")));
	}
	if (!methods->are_events)
		compare_order(methods);
}

/* Numbers and names that the old interface reserves. */
static void compare_reserved(const struct methods *methods, const struct value *old)
{
	struct diff *diff = methods->diff;

	for (size_t i = 0; i < fact_count(methods->all[1]); i++) {
		const char *name = fact_name(diff, methods->all[1], i);
		const char *where = arena_printf(diff->arena, "%s.%s", methods->where, name);

		diff_used_number(diff, where, old,
			fact(fact_at(methods->all[1], i), "number"));
		diff_used_name(diff, where, old, name, DIFF_D0902);
	}
}

void diff_interface(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	struct methods methods = {
		diff, where, {fact_object(a, "methods"), fact_object(b, "methods")}, false,
	};
	struct methods events = {
		diff, where, {fact_object(a, "events"), fact_object(b, "events")}, true,
	};

	if (!is_name(diff, a, b, "base"))
		diff_note_at(diff, DIFF_D0716, where, "`%s` became `%s`",
			fact_text(a, "base"), fact_text(b, "base"));
	if (!is_name(diff, a, b, "rights"))
		diff_note_at(diff, DIFF_D0717, where, "`%s` became `%s`",
			fact_text(a, "rights"), fact_text(b, "rights"));
	compare_all(&methods);
	compare_all(&events);
	diff_states(diff, where, fact_object(a, "states"), fact_object(b, "states"));
	compare_reserved(&methods, a);
	compare_reserved(&events, a);
	diff_c_struct(diff, where, a, b);
}
