/*
 * Where handles and leases may stand, and how many.
 */
#include "idl/check.h"

/* More than any message may have: sums stop there. */
#define HANDLES_MANY 1000000

unsigned type_handles(const struct type *type)
{
	uint64_t count;

	if (type == NULL)
		return 0;
	switch (type->kind) {
	case TYPE_HANDLE:
		return 1;
	case TYPE_ARRAY:
		/* Both are below 2^32. */
		count = type->count * type_handles(type->element);
		return count > HANDLES_MANY ? HANDLES_MANY : (unsigned)count;
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		return type->declaration->as.structure.handles;
	default:
		return 0;
	}
}

/* What it is an array of, of whatever kind. */
static const struct type *innermost(const struct type *type)
{
	while (type != NULL && type->element != NULL)
		type = type->element;
	return type;
}

static bool holds_handles(const struct type *type)
{
	return type_handles(innermost(type)) > 0;
}

static bool moves_handles(const struct type *type)
{
	type = innermost(type);
	if (type == NULL || type_handles(type) == 0)
		return false;
	return type->kind == TYPE_HANDLE ? !type->is_copy
		: symbol_of(type->declaration)->moves_handles;
}

static bool has_list(const struct type *type)
{
	for (; type != NULL; type = type->element)
		if (type->kind == TYPE_LIST)
			return true;
	return false;
}

/* The members, and what is in tags blocks, one after the other. */
static const struct member *first_of(const struct member *member)
{
	return member != NULL && member->is_tags && member->tags != NULL
		? member->tags : member;
}

struct walk {
	const struct member *outer;
	const struct member *at;
};

static struct walk walk_start(const struct body *body)
{
	return (struct walk){ body->first, first_of(body->first) };
}

static void walk_next(struct walk *walk)
{
	if (walk->at != walk->outer && walk->at->next != NULL) {
		walk->at = walk->at->next;
		return;
	}
	walk->outer = walk->outer->next;
	walk->at = first_of(walk->outer);
}

static void handle_refused(struct check *check, const struct member *member,
	const char *where, const char *why)
{
	diag_help(diag_report(check->diags, E0510, member->span,
		"`%s` has handles in %s", member->name, where), "%s", why);
}

/* docs/language.md, "Unbounded": the kernel does not carry such messages. */
static bool handle_is_bounded(struct check *check, const struct member *member)
{
	const struct type *type = innermost(member->type);

	if (type->kind != TYPE_HANDLE
		|| !type->declaration->as.interface.is_unbounded)
		return true;
	diag_second(diag_report(check->diags, E0517, member->span,
		"`%s` is a handle of `%s`, which has unbounded parts",
		member->name, type->declaration->name),
		type->declaration->span, "this interface is for sockets, and "
		"for use within a program");
	return false;
}

/* docs/language.md, "Handles": where they may not stand. */
static bool handle_may_stand(struct check *check,
	const struct declaration *within, const struct member *member)
{
	if (!holds_handles(member->type))
		return true;
	if (!handle_is_bounded(check, member))
		return false;
	if (has_list(member->type))
		handle_refused(check, member, "a list", "a list is read piece "
			"by piece, so nobody would own them; an array "
			"`T[8]` can hold them");
	else if (within->kind == DECLARATION_RECORD)
		handle_refused(check, member, "a record",
			"a record is copied as it is; a struct can hold them");
	else if (within->kind == DECLARATION_VARIANT
		&& within->as.structure.is_flexible)
		handle_refused(check, member, "a flexible variant",
			"an arm that is not known is passed on as bytes; a "
			"plain variant can hold them");
	else if (table_block(within) != NULL)
		handle_refused(check, member, "a table",
			"a member that is not known is passed on as bytes; a "
			"struct can hold them");
	else if (within->kind != DECLARATION_MESSAGE
		&& within->as.structure.is_recursive)
		handle_refused(check, member, "a struct that contains itself",
			"nothing would bound their number");
	else
		return true;
	return false;
}

/* docs/language.md, "Leases": parameters of methods. */
static void lease_may_stand(struct check *check,
	const struct declaration *within, const struct member *member)
{
	const struct type *type = innermost(member->type);
	const struct method *method = within->kind == DECLARATION_MESSAGE
		? within->as.message.method : NULL;

	if (type == NULL || type->kind != TYPE_LEASE)
		return;
	if (method != NULL && type != member->type)
		diag_report(check->diags, E0511, member->span,
			"`%s` is an array of leases: each is a parameter of "
			"its own", member->name);
	else if (method == NULL)
		diag_help(diag_report(check->diags, E0511, member->span,
			"`%s` has a lease that is no parameter of a method",
			member->name), "a lease lives as long as the call "
			"that it is made for");
	else if (method->request != within)
		diag_help(diag_report(check->diags, E0511, member->span,
			"`%s` is a lease that comes from the server",
			member->name), "the client lends: `lease<out, ...>` "
			"among the parameters of the request is written by "
			"the server");
	else if (method->is_oneway)
		diag_help(diag_report(check->diags, E0511, member->span,
			"`%s` is a lease that no reply ends", member->name),
			"make it a method, with an empty reply");
}

/* Checks a body; counts its handles, all of them or (variant) the most. */
static unsigned handles_body(struct check *check,
	const struct declaration *within, const struct body *body)
{
	struct walk walk;
	unsigned count = 0, most = 0, here;

	for (walk = walk_start(body); walk.at != NULL; walk_next(&walk)) {
		lease_may_stand(check, within, walk.at);
		if (!handle_may_stand(check, within, walk.at))
			continue;
		here = type_handles(walk.at->type);
		count = count + here > HANDLES_MANY ? HANDLES_MANY
			: count + here;
		most = here > most ? here : most;
	}
	return within->kind == DECLARATION_VARIANT ? most : count;
}

static bool body_moves(const struct body *body)
{
	struct walk walk;

	for (walk = walk_start(body); walk.at != NULL; walk_next(&walk))
		if (moves_handles(walk.at->type))
			return true;
	return false;
}

static unsigned leases_in(const struct body *body)
{
	const struct member *member;
	unsigned count = 0;

	for (member = body->first; member != NULL; member = member->next)
		count += member->type != NULL
			&& member->type->kind == TYPE_LEASE;
	return count;
}

/* docs/language.md, "Handles": what a message can carry. */
static void handles_message(struct check *check, struct symbol *symbol)
{
	struct declaration *message = &symbol->declaration;
	struct cost *cost = &message->as.message.cost;
	const struct body *head = &message->as.message.head.body;
	const struct body *tail = &message->as.message.tail.body;

	cost->handles = handles_body(check, message, head)
		+ handles_body(check, message, tail);
	cost->leases = leases_in(head) + leases_in(tail);
	symbol->moves_handles = body_moves(head) || body_moves(tail);
	if (cost->handles > MESSAGE_HANDLES_MAX)
		diag_report(check->diags, E0512, message->span,
			"`%s` can have %s%u handles: a message has at most %d",
			message->name, cost->handles >= HANDLES_MANY
				? "more than " : "", cost->handles,
			MESSAGE_HANDLES_MAX);
	if (cost->leases > MESSAGE_LEASES_MAX)
		diag_report(check->diags, E0512, message->span,
			"`%s` has %u leases: a message has at most %d",
			message->name, cost->leases, MESSAGE_LEASES_MAX);
}

void handles_check(struct check *check)
{
	struct declaration *structure;
	struct symbol *symbol;
	struct unit *unit;
	unsigned i;

	for (i = 0; i < check->struct_count; i++) {
		symbol = check->structs_for_max[i];
		structure = &symbol->declaration;
		structure->as.structure.handles = handles_body(check,
			structure, &structure->as.structure.body);
		symbol->moves_handles = body_moves(
			&structure->as.structure.body);
	}
	for (unit = check->units; unit != NULL; unit = unit->next)
		for (symbol = unit->first; symbol != NULL;
			symbol = symbol->next)
			if (symbol->declaration.kind == DECLARATION_MESSAGE)
				handles_message(check, symbol);
}
