/*
 * Interfaces that are made of others: bases, rights, what comes from them.
 */
#include <string.h>

#include "idl/check.h"

/* Bases in a row, and what may come from them in all: both are far more than
 * anybody writes, and bound the work. */
#define BASES_MAX 64
#define INHERITED_MAX 100000

struct symbol *interface_find(struct check *check, struct unit *unit,
	const struct ast_path *path)
{
	const char *name = ast_path_text(check->arena, path);
	struct symbol *symbol = symbol_find(check, unit, name);
	struct diagnostic *report;

	if (symbol != NULL && symbol->declaration.kind == DECLARATION_INTERFACE)
		return symbol;
	if (symbol == NULL) {
		report = diag_report(check->diags, E0508, path->span,
			"there is no interface `%s`", name);
		suggest_symbol(check, unit, report, name, SUGGEST_INTERFACE);
		return NULL;
	}
	if (!symbol->is_built)
		return NULL;
	report = diag_report(check->diags, E0508, path->span,
		"`%s` is %s, not an interface", name, symbol_kind(symbol));
	diag_second(report, symbol->declaration.span, "declared here");
	return NULL;
}

/* docs/language.md, "Inheritance of interfaces": a base that comes to an end. */
static bool base_is_good(struct check *check, struct symbol *symbol,
	struct symbol *base)
{
	const struct declaration *interface = &symbol->declaration;

	if (base->values == PROGRESS_RUNNING) {
		diag_report(check->diags, E0513, symbol->ast->path.span,
			"`%s` is, by its bases, its own base",
			interface->name);
		return false;
	}
	if (!interface_bases(check, base))
		return false;
	symbol->bases = base->bases + 1;
	if (symbol->bases <= BASES_MAX)
		return true;
	diag_report(check->diags, E0107, symbol->ast->path.span,
		"`%s` has more than %d bases in a row", interface->name,
		BASES_MAX);
	return false;
}

static struct declaration *interface_base(struct check *check,
	struct symbol *symbol)
{
	struct symbol *base;

	if (symbol->ast->path.first == NULL)
		return NULL;
	base = interface_find(check, symbol->unit, &symbol->ast->path);
	return base != NULL && base_is_good(check, symbol, base)
		? &base->declaration : NULL;
}

/* docs/language.md, "Handles": 16 rights travel with a handle. */
static bool rights_are_good(struct check *check, struct symbol *rights,
	struct span span)
{
	const struct type *base;

	if (!rights->is_built || rights->declaration.kind != DECLARATION_BITS)
		return false;
	base = enum_base(check, rights);
	if (base == NULL)
		return false;
	if (!base->is_signed && base->width <= 2)
		return true;
	diag_second(diag_report(check->diags, E0515, span,
		"rights are `bits` of uint8 or uint16: `%s` is of `%s`",
		rights->declaration.name, base->name),
		rights->declaration.span, "declared here");
	return false;
}

static struct declaration *interface_rights(struct check *check,
	struct symbol *symbol, const struct ast_attribute *attribute)
{
	const struct ast_argument *argument = attribute->arguments.first;
	struct symbol *rights;
	const char *name;

	/* attributes_check() has said so. */
	if (argument == NULL || argument->value->kind != AST_PATH)
		return NULL;
	name = ast_path_text(check->arena, &argument->value->path);
	rights = symbol_find(check, symbol->unit, name);
	if (rights == NULL)
		suggest_symbol(check, symbol->unit, diag_report(check->diags,
			E0515, argument->span, "there are no `bits` `%s`",
			name), name, SUGGEST_TYPE);
	else if (rights->is_built
		&& rights->declaration.kind != DECLARATION_BITS)
		diag_second(diag_report(check->diags, E0515, argument->span,
			"rights are `bits`, and `%s` is %s", name,
			symbol_kind(rights)), rights->declaration.span,
			"declared here");
	else if (rights_are_good(check, rights, argument->span))
		return &rights->declaration;
	return NULL;
}

bool interface_bases(struct check *check, struct symbol *symbol)
{
	struct declaration *interface = &symbol->declaration, *base;
	const struct ast_attribute *rights = attribute_find(
		&symbol->ast->attributes, "rights");

	if (symbol->values == PROGRESS_NONE && check->depth > 200) {
		diag_report(check->diags, E0107, interface->span,
			"`%s` has too many bases in a row", interface->name);
		symbol->values = PROGRESS_DONE;
	}
	if (symbol->values == PROGRESS_NONE) {
		symbol->values = PROGRESS_RUNNING;
		check->depth++;
		base = interface_base(check, symbol);
		check->depth--;
		interface->as.interface.base = base;
		if (rights != NULL)
			interface->as.interface.rights = interface_rights(
				check, symbol, rights);
		else if (base != NULL)
			interface->as.interface.rights =
				base->as.interface.rights;
		symbol->values = PROGRESS_DONE;
	}
	return (symbol->ast->path.first == NULL
			|| interface->as.interface.base != NULL)
		&& (rights == NULL || interface->as.interface.rights != NULL);
}

/* ---- what comes from the base ---- */

/* docs/language.md, "Reserved": what is inherited uses its name and number. */
static void inherit_one(struct check *check, const struct symbol *symbol,
	struct map *names, struct method *method)
{
	map_add(names, check->arena, method->name, method);
	if (!reserved_name_used(check, symbol->reserved, method->name,
		method->span))
		reserved_number_used(check, symbol->reserved,
			number_of(method->number), method->span,
			"method number");
}

/* docs/language.md, "Inheritance of interfaces": a name means one method. */
static void redefinition(struct check *check, const struct symbol *symbol,
	const struct symbol *base, const struct map *names)
{
	const struct method *other;
	const struct ast_item *item;

	for (item = symbol->ast->items.first; item != NULL;
		item = item->next) {
		if (!item_is_method(item) || reserved_name_used(check,
			base->reserved, item->name->text, item->name->span))
			continue;
		other = map_get(names, item->name->text);
		if (other != NULL)
			diag_second(diag_report(check->diags, E0205,
				item->name->span, "`%s` has `%s` already, "
				"from `%s`", symbol->declaration.name,
				other->name, other->owner->name), other->span,
				"declared here");
	}
}

static bool too_much(struct check *check, const struct symbol *symbol,
	const struct declaration *base)
{
	unsigned count = base->as.interface.method_count
		+ base->as.interface.event_count;

	check->inherited += count;
	if (check->inherited <= INHERITED_MAX)
		return false;
	check->inherited -= count;
	diag_report(check->diags, E0107, symbol->ast->path.span,
		"more than %d methods are inherited in all", INHERITED_MAX);
	return true;
}

static void inherit_all(struct check *check, struct symbol *symbol,
	struct symbol *base)
{
	struct declaration *to = &symbol->declaration;
	const struct declaration *from = &base->declaration;
	struct map names = { 0 };
	unsigned i;

	for (i = 0; i < from->as.interface.method_count; i++) {
		to->as.interface.methods[i] = from->as.interface.methods[i];
		inherit_one(check, symbol, &names,
			from->as.interface.methods[i]);
	}
	for (i = 0; i < from->as.interface.event_count; i++) {
		to->as.interface.events[i] = from->as.interface.events[i];
		inherit_one(check, symbol, &names,
			from->as.interface.events[i]);
	}
	to->as.interface.method_count = from->as.interface.method_count;
	to->as.interface.event_count = from->as.interface.event_count;
	to->as.interface.is_unbounded = from->as.interface.is_unbounded;
	redefinition(check, symbol, base, &names);
	reserved_inherit(symbol->reserved, base->reserved);
}

void interface_inherit(struct check *check, struct symbol *symbol, unsigned own)
{
	struct declaration *interface = &symbol->declaration, *base;
	size_t methods = own + (size_t)1, events = methods;

	interface_bases(check, symbol);
	base = interface->as.interface.base;
	if (base != NULL) {
		interface_fill(check, symbol_of(base));
		if (too_much(check, symbol, base))
			base = NULL;
	}
	if (base != NULL) {
		methods += base->as.interface.method_count;
		events += base->as.interface.event_count;
	}
	interface->as.interface.methods = arena_alloc(check->arena,
		methods * sizeof(struct method *));
	interface->as.interface.events = arena_alloc(check->arena,
		events * sizeof(struct method *));
	if (base != NULL)
		inherit_all(check, symbol, symbol_of(base));
}
