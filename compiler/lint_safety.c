/*
 * Lints of safety: what lets one side harm the other, or mistake a value.
 */
#include <string.h>
#include <ctype.h>

#include "compiler/lint.h"
#include "idl/map.h"
#include "idl/number.h"

static bool is_unbounded(const struct type *type)
{
	switch (type->kind) {
	case TYPE_STRING:
		return type->bound == UNBOUNDED;
	case TYPE_LIST:
		return type->bound == UNBOUNDED || is_unbounded(type->element);
	case TYPE_ARRAY:
		return is_unbounded(type->element);
	default:
		return false;
	}
}

static void unbounded(struct lint *lint, const struct declaration *owner,
	const struct member *member, const struct member *before)
{
	(void)owner;
	(void)before;
	if (member->type == NULL || member->is_unbounded
		|| member->bytes_bound != UNBOUNDED || !is_unbounded(member->type))
		return;
	diag_help(lint_report(lint, L0201, member->span,
		"nothing bounds `%s`", member->name),
		"its sender decides how much the receiver keeps; write %s, or "
		"@bytes(n)", member->type->kind == TYPE_STRING ? "string<255>"
		: "T[<=16]");
}

static bool has_zero(const struct declaration *enumeration)
{
	const struct enumerator *enumerator = enumeration->as.enumeration.first;

	for (; enumerator != NULL; enumerator = enumerator->next)
		if (number_is_zero(enumerator->value))
			return true;
	return false;
}

static void no_zero(struct lint *lint, const struct declaration *owner,
	const struct member *member, const struct member *before)
{
	const struct type *type = member->type;

	(void)before;
	/* Who calls gives all parameters. */
	if (owner->kind == DECLARATION_VARIANT || type == NULL
		|| (owner->kind == DECLARATION_MESSAGE
		&& owner->as.message.method != NULL)
		|| type->kind != TYPE_ENUM || member->is_optional || member->tag != 0
		|| type->declaration->kind == DECLARATION_BITS
		|| member->value.kind != LITERAL_NONE || has_zero(type->declaration))
		return;
	diag_help(lint_report(lint, L0202, member->span,
		"`%s` is 0 if it is not set, and `%s` has no 0", member->name,
		type->declaration->name), "give it a default");
}

static void all_rights(struct lint *lint, const struct method *method,
	const struct declaration *message)
{
	const struct member *member = message->as.message.head.body.first;

	if (message != method->request)
		return;
	for (; member != NULL; member = member->next)
		if (member->type != NULL && member->type->kind == TYPE_HANDLE
			&& !member->type->has_rights
			&& member->type->declaration->as.interface.rights != NULL)
			diag_help(lint_report(lint, L0203, member->span,
				"`%s` is given all rights that the caller has",
				member->name), "name those that the server needs: "
				"handle<%s, ...>", member->type->declaration->name);
}

static void no_errors(struct lint *lint, const struct declaration *declaration)
{
	unsigned i, two_way = 0;

	if (declaration->kind != DECLARATION_INTERFACE)
		return;
	for (i = 0; i < declaration->as.interface.method_count; i++) {
		const struct method *method = declaration->as.interface.methods[i];

		if (method->error != NULL)
			return;
		two_way += !method->is_oneway;
	}
	if (two_way > 0)
		diag_help(lint_report(lint, L0204, declaration->span,
			"no method of `%s` can say that it failed",
			declaration->name), "declare an enum and `error` it");
}

static void same_value(struct lint *lint, const struct declaration *declaration)
{
	const struct enumerator *enumerator, *other;
	struct map seen = { 0 };
	char *text;

	if (declaration->kind != DECLARATION_ENUM
		&& declaration->kind != DECLARATION_CONSTS
		&& declaration->kind != DECLARATION_BITS)
		return;
	for (enumerator = declaration->as.enumeration.first; enumerator != NULL;
		enumerator = enumerator->next) {
		text = arena_alloc(lint->arena, NUMBER_TEXT_SIZE);
		number_print(text, enumerator->value);
		other = map_add(&seen, lint->arena, text, (void *)(uintptr_t)enumerator);
		if (other != NULL)
			diag_second(lint_report(lint, L0205, enumerator->span,
				"`%s` is %s, as `%s` is", enumerator->name, text,
				other->name), other->span, "the first is here");
	}
}

static void bits_zero(struct lint *lint, const struct declaration *owner,
	const struct enumerator *enumerator)
{
	if (owner->kind == DECLARATION_BITS && number_is_zero(enumerator->value))
		diag_help(lint_report(lint, L0206, enumerator->span,
			"`%s` is no bit", enumerator->name),
			"`value & %s` is never true; leave it out",
			enumerator->name);
}

static bool is_power(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static void bits_unnamed(struct lint *lint, const struct declaration *declaration)
{
	const struct enumerator *enumerator;
	uint64_t named = 0;

	if (declaration->kind != DECLARATION_BITS)
		return;
	enumerator = declaration->as.enumeration.first;
	for (; enumerator != NULL; enumerator = enumerator->next)
		if (is_power(enumerator->value.low))
			named |= enumerator->value.low;
	enumerator = declaration->as.enumeration.first;
	for (; enumerator != NULL; enumerator = enumerator->next)
		if ((enumerator->value.low & ~named) != 0)
			diag_help(lint_report(lint, L0207, enumerator->span,
				"`%s` has several bits, of which some have no "
				"name of their own", enumerator->name),
				"`value & %s` is true for a part of it; name "
				"each bit", enumerator->name);
}

/* Each enum is told of once, where it is an interface's. */
static void error_zero(struct lint *lint, const struct declaration *interface,
	const struct method *method)
{
	const struct enumerator *enumerator;
	unsigned i;

	if (method->error == NULL || method->error->file != lint->file)
		return;
	for (i = 0; i < interface->as.interface.method_count; i++)
		if (interface->as.interface.methods[i]->error == method->error)
			break;
	if (i == interface->as.interface.method_count
		|| interface->as.interface.methods[i] != method)
		return;
	enumerator = method->error->as.enumeration.first;
	for (; enumerator != NULL; enumerator = enumerator->next)
		if (number_is_zero(enumerator->value))
			diag_help(lint_report(lint, L0208, enumerator->span,
				"`%s` is never sent: 0 is success",
				enumerator->name), "leave it out");
}

static bool ends_with(const char *name, const char *word)
{
	size_t size = strlen(name), tail = strlen(word);

	return size >= tail && strcmp(name + size - tail, word) == 0
		&& (size == tail || name[size - tail - 1] == '_');
}

static void signed_size(struct lint *lint, const struct declaration *owner,
	const struct member *member, const struct member *before)
{
	(void)owner;
	(void)before;
	if (member->type == NULL || member->type->kind != TYPE_INTEGER
		|| !member->type->is_signed || member->type->newtype != NULL
		|| (!ends_with(member->name, "size")
		&& !ends_with(member->name, "length")
		&& !ends_with(member->name, "count")))
		return;
	diag_help(lint_report(lint, L0209, member->span,
		"`%s` can be negative", member->name),
		"a receiver that forgets that takes it for a huge one; use u%s",
		member->type->name);
}

/* ---- names that look alike ---- */

static const char *folded(struct arena *arena, const char *name)
{
	char *text = arena_copy(arena, name, strlen(name)), *to = text;

	for (; *name != '\0'; name++)
		if (*name != '_')
			*to++ = (char)tolower((unsigned char)*name);
	*to = '\0';
	return text;
}

struct alike {
	const char *name;
	struct span span;
};

static void add_name(struct lint *lint, struct map *seen, const char *name,
	struct span span)
{
	struct alike *alike = ARENA_NEW(lint->arena, struct alike), *other;

	*alike = (struct alike){ name, span };
	other = map_add(seen, lint->arena, folded(lint->arena, name), alike);
	if (other != NULL)
		diag_second(lint_report(lint, L0210, span,
			"`%s` is easily taken for `%s`", name, other->name),
			other->span, "the other is here");
}

static void add_members(struct lint *lint, struct map *seen,
	const struct member *member)
{
	for (; member != NULL; member = member->next) {
		if (member->is_tags)
			add_members(lint, seen, member->tags);
		else
			add_name(lint, seen, member->name, member->span);
	}
}

static void names_within(struct lint *lint, const struct declaration *declaration)
{
	const struct enumerator *enumerator;
	struct map seen = { 0 };
	unsigned i;

	switch (declaration->kind) {
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		enumerator = declaration->as.enumeration.first;
		for (; enumerator != NULL; enumerator = enumerator->next)
			add_name(lint, &seen, enumerator->name, enumerator->span);
		break;
	case DECLARATION_STRUCT:
	case DECLARATION_RECORD:
	case DECLARATION_VARIANT:
		add_members(lint, &seen, declaration->as.structure.body.first);
		break;
	case DECLARATION_MESSAGE:
		add_members(lint, &seen, declaration->as.message.head.body.first);
		add_members(lint, &seen, declaration->as.message.tail.body.first);
		break;
	case DECLARATION_INTERFACE:
		for (i = 0; i < declaration->as.interface.method_count; i++)
			add_name(lint, &seen,
				declaration->as.interface.methods[i]->name,
				declaration->as.interface.methods[i]->span);
		break;
	default:
		break;
	}
}

static void names_alike(struct lint *lint)
{
	const struct declaration *declaration = lint->file->first;
	struct map seen = { 0 };

	for (; declaration != NULL; declaration = declaration->next) {
		if (declaration->kind != DECLARATION_MESSAGE
			|| declaration->as.message.method == NULL)
			add_name(lint, &seen, declaration->name,
				declaration->span);
		names_within(lint, declaration);
	}
}

static void deep(struct lint *lint, const struct declaration *declaration)
{
	if (declaration->kind == DECLARATION_MESSAGE
		&& declaration->as.message.method == NULL
		&& declaration->as.message.cost.depth >= DEPTH_MAX)
		diag_help(lint_report(lint, L0211, declaration->span,
			"structs in `%s` can stand %u deep", declaration->name,
			DEPTH_MAX), "bound the recursive member by @depth(n)");
}

const struct lint_rule lint_safety[] = {
	{ L0201, .member = unbounded },
	{ L0202, .member = no_zero },
	{ L0203, .parameters = all_rights },
	{ L0204, .declaration = no_errors },
	{ L0205, .declaration = same_value },
	{ L0206, .enumerator = bits_zero },
	{ L0207, .declaration = bits_unnamed },
	{ L0208, .method = error_zero },
	{ L0209, .member = signed_size },
	{ L0210, .file = names_alike },
	{ L0211, .declaration = deep },
	{ .code = DIAG_CODE_COUNT },
};
