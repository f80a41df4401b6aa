/*
 * Interfaces: what is declared in one.
 */
#include "idl/check.h"

bool item_is_method(const struct ast_item *item)
{
	return item->kind == AST_METHOD || item->kind == AST_ONEWAY
		|| item->kind == AST_EVENT;
}

/* Found again by name when the methods are filled. */
static void declare_message_of(struct check *check, struct symbol *interface,
	const struct ast_item *item, const char *role)
{
	const char *name = arena_printf(check->arena, "%s_%s_%s",
		interface->declaration.name, item->name->text, role);
	struct symbol *symbol = symbol_new(check, interface->unit, NULL, name,
		item->name->span);

	symbol->is_built = true;
	symbol->declaration.kind = DECLARATION_MESSAGE;
	symbol_add(check, symbol);
}

/* docs/language.md, "Methods": a name stands once. */
static bool method_name_is_free(struct check *check, struct map *names,
	const struct reserved *reserved, struct ast_item *item)
{
	const struct ast_item *other;

	if (reserved_name_used(check, reserved, item->name->text,
		item->name->span))
		return false;
	other = map_add(names, check->arena, item->name->text, item);
	if (other == NULL)
		return true;
	diag_second(diag_report(check->diags, E0205, item->name->span,
		"there are two methods or events of the name `%s`", item->name->text),
		other->name->span, "the first is here");
	return false;
}

static struct reserved *interface_reserved(struct check *check,
	struct symbol *interface)
{
	struct ast_reserveds all = { 0 };
	const struct ast_item *item;

	for (item = interface->ast->items.first; item != NULL;
		item = item->next)
		if (item->kind == AST_ITEM_RESERVED) {
			AST_APPEND(all, item->reserved.first);
			all.last = item->reserved.last;
		}
	interface->declaration.reserves = reserves_new(check, all.first);
	return reserved_new(check, all.first);
}

static enum place item_place(const struct ast_item *item)
{
	switch (item->kind) {
	case AST_METHOD:
		return PLACE_METHOD;
	case AST_ONEWAY:
		return PLACE_ONEWAY;
	case AST_EVENT:
		return PLACE_EVENT;
	default:
		return PLACE_OTHER;
	}
}

void interface_declare(struct check *check, struct symbol *interface)
{
	struct ast_item *item;
	struct map names = { 0 };

	interface->reserved = interface_reserved(check, interface);
	for (item = interface->ast->items.first; item != NULL;
		item = item->next) {
		attributes_check(check, &item->attributes, item_place(item));
		if (!item_is_method(item) || !method_name_is_free(check,
			&names, interface->reserved, item)
			|| item->request_path.first != NULL)
			continue;
		declare_message_of(check, interface, item,
			item->kind == AST_EVENT ? "event" : "request");
		if (item->kind == AST_METHOD)
			declare_message_of(check, interface, item, "reply");
	}
}

/* ---- errors ---- */

static struct declaration *interface_error(struct check *check,
	struct symbol *interface)
{
	const struct ast_item *item, *first = NULL;
	struct declaration *error = NULL;

	for (item = interface->ast->items.first; item != NULL;
		item = item->next) {
		if (item->kind != AST_ERROR)
			continue;
		if (first != NULL) {
			diag_second(diag_report(check->diags, E0506,
				item->span, "an interface states its errors "
				"once"), first->span, "the first is here");
			continue;
		}
		first = item;
		error = error_enum(check, interface, &item->error);
	}
	return error;
}

static void interface_add(struct declaration *interface, struct method *method)
{
	if (method->is_event)
		interface->as.interface.events[
			interface->as.interface.event_count++] = method;
	else
		interface->as.interface.methods[
			interface->as.interface.method_count++] = method;
	if (method->is_unbounded)
		interface->as.interface.is_unbounded = true;
}

void interface_fill(struct check *check, struct symbol *symbol)
{
	struct declaration *error;
	const struct ast_item *item;
	struct method *method;
	unsigned count = 0;

	if (symbol->progress != PROGRESS_NONE)
		return;
	symbol->progress = PROGRESS_DONE;
	for (item = symbol->ast->items.first; item != NULL; item = item->next)
		count += item_is_method(item);
	interface_inherit(check, symbol, count);
	error = interface_error(check, symbol);
	for (item = symbol->ast->items.first; item != NULL;
		item = item->next) {
		if (!item_is_method(item))
			continue;
		method = method_new(check, symbol, item, error);
		if (method != NULL)
			interface_add(&symbol->declaration, method);
	}
	interface_states(check, symbol);
}
