/*
 * States: which methods of an interface a server allows when.
 */
#include <string.h>

#include "idl/check.h"

/* What the states of one interface are checked with. */
struct machine {
	struct check *check;
	struct declaration *interface;
	struct map states;		/* struct state, by name */
	struct map methods;		/* struct method, by name */
	struct map allowed;		/* methods that some state has, by name */
	bool is_whole;			/* nothing was reported */
};

static struct state *state_new(struct machine *machine,
	const struct ast_item *item, struct state **end, unsigned index)
{
	struct state *state = ARENA_NEW(machine->check->arena, struct state);
	struct state *other;

	state->name = item->name->text;
	state->doc = item->doc;
	state->span = item->name->span;
	state->index = index;
	other = map_add(&machine->states, machine->check->arena, state->name,
		state);
	*end = state;
	if (other != NULL) {
		machine->is_whole = false;
		diag_second(diag_report(machine->check->diags, E0522,
			state->span, "there are two states of the name `%s`",
			state->name), other->span, "the first is here");
	}
	return state;
}

/* docs/language.md, "States": all of them can be named by each. */
static void states_declare(struct machine *machine, const struct ast_item *item)
{
	struct state **end = &machine->interface->as.interface.states;
	unsigned count = 0;

	for (; item != NULL; item = item->next) {
		if (item->kind != AST_STATE)
			continue;
		if (count == STATES_MAX) {
			machine->interface->as.interface.states = NULL;
			diag_report(machine->check->diags, E0524,
				item->name->span, "an interface has at most "
				"%d states", STATES_MAX);
			return;
		}
		end = &state_new(machine, item, end, count++)->next;
	}
}

static const struct state *target_of(struct machine *machine,
	const struct state *from, const struct ast_transition *ast)
{
	const struct state *to;

	if (ast->target == NULL)
		return from;
	to = map_get(&machine->states, ast->target->text);
	if (to == NULL) {
		machine->is_whole = false;
		diag_report(machine->check->diags, E0521, ast->target->span,
			"`%s` has no state `%s`", machine->interface->name,
			ast->target->text);
	}
	return to;
}

/* docs/language.md, "States": a method stands once in a state. */
static void transition_add(struct machine *machine, struct state *state,
	struct transition **end, struct map *seen,
	const struct ast_transition *ast)
{
	struct arena *arena = machine->check->arena;
	struct transition *transition = ARENA_NEW(arena, struct transition);
	struct transition *other;

	transition->method = map_get(&machine->methods, ast->method->text);
	transition->span = ast->method->span;
	transition->to = target_of(machine, state, ast);
	if (ast->target != NULL)
		transition->target = ast->target->span;
	*end = transition;
	other = map_add(seen, arena, ast->method->text, transition);
	(void)map_add(&machine->allowed, arena, ast->method->text, transition);
	if (transition->method == NULL) {
		machine->is_whole = false;
		diag_help(diag_report(machine->check->diags, E0521,
			ast->method->span, "`%s` has no method `%s`",
			machine->interface->name, ast->method->text),
			"states list methods and one-way methods, inherited "
			"ones too; events come at any time");
	}
	if (other != NULL) {
		machine->is_whole = false;
		diag_second(diag_report(machine->check->diags, E0522,
			ast->method->span, "`%s` stands twice in the state "
			"`%s`", ast->method->text, state->name), other->span,
			"the first is here");
	}
}

static void states_fill(struct machine *machine, const struct ast_item *item)
{
	struct state *state = machine->interface->as.interface.states;
	const struct ast_transition *ast;
	struct transition **end;
	struct map seen;

	for (; item != NULL && state != NULL; item = item->next) {
		if (item->kind != AST_STATE)
			continue;
		seen = (struct map){ 0 };
		end = &state->first;
		for (ast = item->transitions.first; ast != NULL;
			ast = ast->next) {
			transition_add(machine, state, end, &seen, ast);
			end = &(*end)->next;
		}
		state = state->next;
	}
}

/* docs/language.md, "States": each method stands in at least one. */
static void states_cover(struct machine *machine)
{
	const struct declaration *interface = machine->interface;
	const struct method *method;
	unsigned i;

	for (i = 0; i < interface->as.interface.method_count; i++) {
		method = interface->as.interface.methods[i];
		if (map_get(&machine->allowed, method->name) != NULL)
			continue;
		diag_help(diag_report(machine->check->diags, E0523,
			method->owner == interface ? method->span
			: interface->span, "no state of `%s` allows `%s`",
			interface->name, method->name), "nobody could ever "
			"call it: list it in those states where it is allowed");
	}
}

/* All that can come about, from the first on: a bit for each. */
static uint32_t states_reached(const struct state *states)
{
	const struct transition *transition;
	const struct state *state;
	uint32_t reached = 1, before = 0;

	while (reached != before) {
		before = reached;
		for (state = states; state != NULL; state = state->next)
			for (transition = state->first; transition != NULL
				&& (reached >> state->index & 1) != 0;
				transition = transition->next)
				reached |= UINT32_C(1) << transition->to->index;
	}
	return reached;
}

static void states_reach(struct machine *machine)
{
	const struct state *states = machine->interface->as.interface.states;
	uint32_t reached = states_reached(states);
	const struct state *state;

	for (state = states; state != NULL; state = state->next)
		if ((reached >> state->index & 1) == 0)
			diag_second(diag_report(machine->check->diags, E0524,
				state->span, "nothing leads to the state `%s`",
				state->name), states->span,
				"it begins in this one");
}

/* docs/language.md, "States": what a base allows is not all that is there. */
static bool base_is_good(struct machine *machine, const struct symbol *symbol)
{
	const struct declaration *base = machine->interface->as.interface.base;
	struct diagnostic *report;

	if (base == NULL || base->as.interface.states == NULL
		|| machine->interface->as.interface.states != NULL)
		return true;
	report = diag_report(machine->check->diags, E0523,
		symbol->declaration.span, "`%s` has states, and `%s` says none "
		"of its own", base->name, symbol->declaration.name);
	diag_second(report, base->as.interface.states->span,
		"the base's first");
	diag_help(report, "states are not inherited: write down which methods "
		"are allowed when, those of the base too");
	return false;
}

void interface_states(struct check *check, struct symbol *symbol)
{
	struct machine machine = { .check = check, .is_whole = true,
		.interface = &symbol->declaration };
	unsigned i;

	states_declare(&machine, symbol->ast->items.first);
	if (!base_is_good(&machine, symbol)
		|| symbol->declaration.as.interface.states == NULL)
		return;
	for (i = 0; i < symbol->declaration.as.interface.method_count; i++)
		(void)map_add(&machine.methods, check->arena,
			symbol->declaration.as.interface.methods[i]->name,
			symbol->declaration.as.interface.methods[i]);
	states_fill(&machine, symbol->ast->items.first);
	if (!machine.is_whole)
		return;
	states_cover(&machine);
	states_reach(&machine);
}
