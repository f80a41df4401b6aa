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

/* What a state of one side allows and its like of the other does not. */
static void tell_refused(struct machines *machines, const char *state, int side,
	const struct value *of[2], enum diff_code code, const char *why)
{
	struct diff *diff = machines->diff;

	for (size_t i = 0; i < fact_count(of[side]); i++) {
		const char *method = fact_name(diff, of[side], i);

		if (!fact(of[!side], method))
			diff_note_at(diff, code, arena_printf(diff->arena, "%s.%s.%s",
				machines->where, state, method), "%s", why);
	}
}

static void compare(struct machines *machines, size_t one, size_t two);

/* What both allow leads to two states that have to be alike as well. */
static void compare_next(struct machines *machines, const struct value *of[2])
{
	for (size_t i = 0; i < fact_count(of[0]); i++) {
		const char *method = fact_name(machines->diff, of[0], i);

		if (fact(of[1], method))
			compare(machines,
				index_of(machines->states[0], fact_text(of[0], method)),
				index_of(machines->states[1], fact_text(of[1], method)));
	}
}

/* Locks may say anything: what is no state is nobody's. */
static void compare(struct machines *machines, size_t one, size_t two)
{
	struct diff *diff = machines->diff;
	const struct value *of[2];
	const char *state;

	if (one >= fact_count(machines->states[0]) || one >= STATES_MAX ||
	    two >= fact_count(machines->states[1]) || two >= STATES_MAX ||
	    machines->seen[one][two])
		return;
	machines->seen[one][two] = true;
	state = fact_name(diff, machines->states[0], one);
	if (strcmp(state, fact_name(diff, machines->states[1], two)) != 0)
		diff_note_at(diff, DIFF_D0725, arena_printf(diff->arena, "%s.%s",
			machines->where, state), "it is now `%s`",
			fact_name(diff, machines->states[1], two));
	of[0] = fact_at(machines->states[0], one);
	of[1] = fact_at(machines->states[1], two);
	tell_refused(machines, state, 0, of, DIFF_D0721,
		"a client that calls it then is refused");
	tell_refused(machines, state, 1, of, DIFF_D0722,
		"an old server refuses who calls it then");
	compare_next(machines, of);
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
