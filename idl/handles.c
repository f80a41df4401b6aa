/*
 * The types handle<...> and lease<...>.
 */
#include <string.h>

#include "idl/check.h"

#define HANDLE_USAGE "`handle<Interface, RIGHT | RIGHT, move>` or with `copy`"
#define LEASE_USAGE "`lease<in, max = bytes>`, or with `out` or `inout`"

/* The arguments; reports a word that has none. */
static const struct ast_argument *angle_arguments(struct check *check,
	const struct ast_word *word, const char *usage)
{
	const struct ast_suffix *suffix = word->suffixes.first;

	if (suffix != NULL && suffix->kind == AST_ANGLE)
		return suffix->arguments.first;
	diag_help(diag_report(check->diags, E0217, word->path.span,
		"`%s` needs arguments", word->path.first->text),
		"it is written %s", usage);
	return NULL;
}

static struct type *angle_wrong(struct check *check, struct span span,
	const char *what, const char *usage)
{
	diag_help(diag_report(check->diags, E0217, span, "%s", what),
		"it is written %s", usage);
	return NULL;
}

static const char *plain_name(const struct ast_argument *argument)
{
	const struct ast_expr *value = argument->value;

	return argument->name == NULL && value->kind == AST_PATH
		&& value->path.first == value->path.last
		? value->path.first->text : "";
}

static struct type *type_numbered(struct check *check, enum type_kind kind)
{
	struct type *type = ARENA_NEW(check->arena, struct type);

	*type = (struct type){ .kind = kind, .width = 1, .bound = UNBOUNDED,
		.is_static = true, .fixed_size = 1 };
	return type;
}

/* ---- handles ---- */

/* What the `bits` that are rights list. */
struct rights {
	uint64_t all;
	const char *names[16];		/* of single ones, or NULL */
};

static struct rights *rights_of(struct check *check, struct symbol *bits)
{
	const struct enumerator *at = bits->declaration.as.enumeration.first;
	unsigned i;

	if (bits->rights != NULL)
		return bits->rights;
	bits->rights = ARENA_NEW(check->arena, struct rights);
	for (; at != NULL; at = at->next) {
		bits->rights->all |= at->value.low;
		for (i = 0; i < 16; i++)
			if (at->value.low == UINT64_C(1) << i
				&& bits->rights->names[i] == NULL)
				bits->rights->names[i] = at->name;
	}
	return bits->rights;
}

/* "READ | WRITE": what the schema's author would write for them. */
static const char *rights_text(struct check *check,
	const struct rights *rights, uint16_t value)
{
	const char *text = "";
	unsigned i;

	for (i = 0; i < 16; i++) {
		if ((value >> i & 1) == 0)
			continue;
		text = arena_printf(check->arena, "%s%s", text,
			*text == '\0' ? "" : " | ");
		text = rights->names[i] != NULL
			? arena_printf(check->arena, "%s%s", text,
				rights->names[i])
			: arena_printf(check->arena, "%s0x%x", text, 1u << i);
	}
	return value == 0 ? "0" : text;
}

static const char *handle_text(struct check *check, const struct type *type,
	const char *interface, struct declaration *rights)
{
	return arena_printf(check->arena, "handle<%s%s%s%s>", interface,
		type->has_rights ? ", " : "", type->has_rights
			? rights_text(check, rights_of(check,
				symbol_of(rights)), type->rights) : "",
		type->is_copy ? ", copy" : "");
}

/* docs/language.md, "Handles": rights are some of the interface's. */
static bool handle_rights(struct check *check, struct unit *unit,
	struct symbol *interface, const struct ast_expr *expr,
	struct type *type)
{
	struct declaration *rights = interface->declaration.as.interface.rights;
	const char *name = interface->declaration.name;
	struct scope scope = { .unit = unit };
	struct value value;
	uint64_t wanted;

	if (rights == NULL) {
		diag_help(diag_report(check->diags, E0509, expr->span,
			"`%s` has no rights to choose from", name),
			"`@rights(B)` before the interface names the `bits` "
			"that they are");
		return false;
	}
	if (!enum_values(check, symbol_of(rights)))
		return false;
	scope.enumeration = symbol_of(rights);
	scope.width = rights->as.enumeration.base->width;
	if (!evaluate(check, &scope, expr, &value))
		return false;
	if (value.kind != VALUE_NUMBER
		|| !number_to_unsigned(&wanted, value.number)
		|| (wanted & ~rights_of(check, symbol_of(rights))->all) != 0) {
		diag_second(diag_report(check->diags, E0509, expr->span,
			"these are not rights of `%s`", name), rights->span,
			"its rights are these");
		return false;
	}
	type->has_rights = true;
	type->rights = (uint16_t)wanted;
	return true;
}

/* What stands behind the interface, in any order: rights, and a mode. */
static bool handle_arguments(struct check *check, struct unit *unit,
	struct symbol *interface, const struct ast_argument *argument,
	struct type *type)
{
	bool has_mode = false, is_copy;

	for (; argument != NULL; argument = argument->next) {
		is_copy = strcmp(plain_name(argument), "copy") == 0;
		if (is_copy || strcmp(plain_name(argument), "move") == 0) {
			if (has_mode)
				return angle_wrong(check, argument->span,
					"a handle is moved or copied",
					HANDLE_USAGE);
			has_mode = true;
			type->is_copy = is_copy;
			continue;
		}
		if (argument->name != NULL || type->has_rights)
			return angle_wrong(check, argument->span,
				"this is too much for a handle", HANDLE_USAGE);
		if (!handle_rights(check, unit, interface, argument->value,
			type))
			return false;
	}
	return true;
}

struct type *type_handle(struct check *check, struct unit *unit,
	const struct ast_word *word)
{
	const struct ast_argument *argument = angle_arguments(check, word,
		HANDLE_USAGE);
	struct symbol *interface;
	struct type *type;

	if (argument == NULL)
		return NULL;
	if (argument->name != NULL || argument->value->kind != AST_PATH)
		return angle_wrong(check, argument->span,
			"a handle is one of an interface", HANDLE_USAGE);
	interface = interface_find(check, unit, &argument->value->path);
	if (interface == NULL || !interface_bases(check, interface))
		return NULL;
	type = type_numbered(check, TYPE_HANDLE);
	type->declaration = &interface->declaration;
	if (!handle_arguments(check, unit, interface, argument->next, type))
		return NULL;
	type->name = handle_text(check, type, ast_path_text(check->arena,
		&argument->value->path),
		interface->declaration.as.interface.rights);
	return type;
}

/* ---- leases ---- */

static bool lease_direction(const struct ast_argument *argument,
	enum lease_direction *direction)
{
	static const struct {
		const char *name;
		enum lease_direction direction;
	} names[] = {
		{ "in", LEASE_IN }, { "out", LEASE_OUT },
		{ "inout", LEASE_INOUT },
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i].name, plain_name(argument)) == 0) {
			*direction = names[i].direction;
			return true;
		}
	return false;
}

static bool lease_argument(struct check *check, struct unit *unit,
	const struct ast_argument *argument, struct type *type)
{
	if (argument->name != NULL && type->bound == UNBOUNDED
		&& strcmp(argument->name->text, "max") == 0)
		return evaluate_size(check, unit, argument->value, 1,
			UINT32_MAX, E0308, "the greatest size of a lease",
			&type->bound);
	if (type->direction == 0
		&& lease_direction(argument, &type->direction))
		return true;
	return angle_wrong(check, argument->span,
		"this says nothing about a lease", LEASE_USAGE);
}

struct type *type_lease(struct check *check, struct unit *unit,
	const struct ast_word *word)
{
	static const char *const directions[] = { "", "in", "out", "inout" };
	const struct ast_argument *argument = angle_arguments(check, word,
		LEASE_USAGE);
	struct type *type = type_numbered(check, TYPE_LEASE);

	if (argument == NULL)
		return NULL;
	for (; argument != NULL; argument = argument->next)
		if (!lease_argument(check, unit, argument, type))
			return NULL;
	if (type->direction == 0 || type->bound == UNBOUNDED)
		return angle_wrong(check, word->span, type->direction == 0
			? "a lease has a direction"
			: "a lease has a greatest size", LEASE_USAGE);
	type->name = arena_printf(check->arena, "lease<%s, max = %llu>",
		directions[type->direction], (unsigned long long)type->bound);
	return type;
}
