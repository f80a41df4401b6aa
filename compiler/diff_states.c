/*
 * States of interfaces: two machines that walk side by side from their beginnings.
 * States go by what they allow; their names are what people and programs call them.
 */
#include "compiler/diff_internal.h"

#include <string.h>

struct machines {
	struct diff *diff;
	const char *where;		/* "fs.File" */
	const struct value *states[2];
	bool seen[STATES_MAX][STATES_MAX];
};

static size_t index_of(const struct value *states, const char *name)
{
	const struct value_member *members = states->as.object.members;
	size_t size = strlen(name), i = 0;

	while (i < fact_count(states) && (members[i].name_size != size ||
	    memcmp(members[i].name, name, size) != 0))
		i++;
	return i;
}

static const char *where_of(const struct machines *machines, size_t state, const char *method)
{
	struct diff *diff = machines->diff;

	return arena_printf(diff->arena, "%s.%s.%s", machines->where,
		fact_name(diff, machines->states[0], state), method);
}

static void compare(struct machines *machines, size_t one, size_t two);

/* What both allow leads to two states that have to be alike as well. */
static void compare_old(struct machines *machines, size_t one, size_t two)
{
	struct diff *diff = machines->diff;
	const struct value *a = fact_at(machines->states[0], one);
	const struct value *b = fact_at(machines->states[1], two);

	for (size_t i = 0; i < fact_count(a); i++) {
		const char *method = fact_name(diff, a, i);

		if (!fact(b, method))
			diff_note_at(diff, DIFF_D0721, where_of(machines, one, method),
				"a client that calls it then is refused");
		else
			compare(machines, index_of(machines->states[0], fact_text(a, method)),
				index_of(machines->states[1], fact_text(b, method)));
	}
}

static void compare_new(struct machines *machines, size_t one, size_t two)
{
	struct diff *diff = machines->diff;
	const struct value *a = fact_at(machines->states[0], one);
	const struct value *b = fact_at(machines->states[1], two);

	for (size_t i = 0; i < fact_count(b); i++) {
		const char *method = fact_name(diff, b, i);

		if (!fact(a, method))
			diff_note_at(diff, DIFF_D0722, where_of(machines, one, method),
				"an old server refuses who calls it then");
	}
}

/* Locks may say anything: what is no state is nobody's. */
static void compare(struct machines *machines, size_t one, size_t two)
{
	struct diff *diff = machines->diff;

	if (one >= fact_count(machines->states[0]) || one >= STATES_MAX ||
	    two >= fact_count(machines->states[1]) || two >= STATES_MAX ||
	    machines->seen[one][two])
		return;
	machines->seen[one][two] = true;
	if (strcmp(fact_name(diff, machines->states[0], one),
	    fact_name(diff, machines->states[1], two)) != 0)
		diff_note_at(diff, DIFF_D0725, arena_printf(diff->arena, "%s.%s",
			machines->where, fact_name(diff, machines->states[0], one)),
			"it is now `%s`", fact_name(diff, machines->states[1], two));
	compare_old(machines, one, two);
	compare_new(machines, one, two);
}

void diff_states(struct diff *diff, const char *where, const struct value *a,
	const struct value *b)
{
	struct machines machines = {.diff = diff, .where = where, .states = {a, b}};

	if (fact_count(a) == 0 && fact_count(b) != 0)
		diff_note_at(diff, DIFF_D0723, where, "some calls are refused now");
	else if (fact_count(a) != 0 && fact_count(b) == 0)
		diff_note_at(diff, DIFF_D0724, where, "old servers still refuse some calls");
	else
		compare(&machines, 0, 0);
}
