/*
 * Interfaces: methods, their messages, their numbers.
 */
#include <string.h>

#include "idl/check.h"

#define NUMBER_MIN 2
#define NUMBER_MAX (UINT32_C(1) << 29)	/* derived ones begin here */

static bool is_method(const struct ast_item *item)
{
	return item->kind == AST_METHOD || item->kind == AST_ONEWAY;
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
		"there are two methods of the name `%s`", item->name->text),
		other->name->span, "the first is here");
	return false;
}

static struct reserved *interface_reserved(struct check *check,
	const struct symbol *interface)
{
	struct ast_reserveds all = { 0 };
	const struct ast_item *item;

	for (item = interface->ast->items.first; item != NULL;
		item = item->next)
		if (item->kind == AST_ITEM_RESERVED) {
			AST_APPEND(all, item->reserved.first);
			all.last = item->reserved.last;
		}
	return reserved_new(check, all.first);
}

void interface_declare(struct check *check, struct symbol *interface)
{
	struct ast_item *item;
	struct map names = { 0 };

	interface->reserved = interface_reserved(check, interface);
	for (item = interface->ast->items.first; item != NULL;
		item = item->next) {
		if (item->kind == AST_EVENT)
			unbuilt_report(check, UNBUILT_EVENT, item->span);
		if (item->kind == AST_STATE)
			unbuilt_report(check, UNBUILT_STATE, item->span);
		if (item->kind != AST_EVENT && item->kind != AST_STATE)
			attributes_check(check, &item->attributes,
				is_method(item) ? PLACE_METHOD : PLACE_OTHER);
		if (!is_method(item) || !method_name_is_free(check, &names,
			interface->reserved, item) || item->request_path.first)
			continue;
		declare_message_of(check, interface, item, "request");
		if (item->kind == AST_METHOD)
			declare_message_of(check, interface, item, "reply");
	}
}

/* ---- messages ---- */

static struct symbol *message_of(struct check *check, struct symbol *interface,
	const struct ast_item *item, const char *role,
	const struct ast_members *parameters)
{
	const char *name = arena_printf(check->arena, "%s_%s_%s",
		interface->declaration.qualified, item->name->text, role);
	struct members members = { .check = check, .unit = interface->unit,
		.parameters = true };
	struct ast_members none = { 0 };
	struct symbol *symbol = map_get(&check->symbols, name);
	struct section *head = &symbol->declaration.as.message.head;
	const struct ast_member *ast;
	struct member *last = NULL;

	members_reserve(&members, &none);
	head->present = true;
	head->span = item->name->span;
	for (ast = parameters->first; ast != NULL; ast = ast->next)
		members_add(&members, &head->body, &last, ast);
	return symbol;
}

/* docs/language.md, "Methods": a declared message as request or reply. */
static struct symbol *message_declared(struct check *check,
	struct symbol *interface, const struct ast_path *path)
{
	const char *name = ast_path_text(check->arena, path);
	struct symbol *symbol = symbol_find(check, interface->unit, name);
	struct diagnostic *report;

	if (symbol != NULL && symbol->declaration.kind == DECLARATION_MESSAGE)
		return symbol;
	if (symbol == NULL) {
		report = diag_report(check->diags, E0215, path->span,
			"there is no message `%s`", name);
		suggest_symbol(check, interface->unit, report, name, false);
		return NULL;
	}
	report = diag_report(check->diags, E0215, path->span,
		"`%s` is %s, not a message", name, symbol_kind(symbol));
	diag_second(report, symbol->declaration.span, "declared here");
	return NULL;
}

/* docs/language.md, "Ids": a message without one takes the method's. */
static bool message_take_id(struct check *check, struct symbol *symbol,
	struct method *method, uint32_t id, const struct ast_path *path)
{
	struct declaration *message = &symbol->declaration;

	if (symbol->ast == NULL)
		message->as.message.method = method;
	else if (symbol->used_by != NULL) {
		diag_second(diag_report(check->diags, E0505, path->span,
			"`%s` has no id of its own, and takes that of `%s`",
			message->name, symbol->used_by->name),
			symbol->used_by->span, "used here first");
		return false;
	} else if (message->as.message.has_id)
		return true;
	symbol->used_by = method;
	message->as.message.has_id = true;
	message->as.message.id = id;
	return true;
}

static bool method_messages(struct check *check, struct symbol *interface,
	const struct ast_item *item, struct method *method)
{
	bool declared = item->request_path.first != NULL;
	struct symbol *request, *reply = NULL;

	request = declared
		? message_declared(check, interface, &item->request_path)
		: message_of(check, interface, item, "request",
			&item->request);
	if (!method->is_oneway)
		reply = declared
			? message_declared(check, interface, &item->reply_path)
			: message_of(check, interface, item, "reply",
				&item->reply);
	if (request == NULL || (reply == NULL && !method->is_oneway))
		return false;
	method->request = &request->declaration;
	if (!message_take_id(check, request, method, 4 * method->number,
		&item->request_path))
		return false;
	if (reply == NULL)
		return true;
	method->reply = &reply->declaration;
	return message_take_id(check, reply, method, 4 * method->number + 1,
		&item->reply_path);
}

/* ---- numbers ---- */

static uint32_t number_derived(const char *name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * UINT32_C(16777619);
	return NUMBER_MAX + ((hash ^ hash >> 29) & (NUMBER_MAX - 1));
}

/* docs/language.md, "Ids": written, or derived from the qualified name. */
static bool method_number(struct check *check, struct symbol *interface,
	const struct ast_item *item, struct method *method)
{
	const struct ast_text *id_name = attribute_text(&item->attributes,
		"id_name");
	const struct ast_number *number = &item->number;
	char text[NUMBER_TEXT_SIZE];

	if (!number->present) {
		method->number = number_derived(id_name != NULL
			? id_name->text : arena_printf(check->arena, "%s.%s",
				interface->declaration.qualified, method->name));
		return true;
	}
	if (id_name != NULL) {
		diag_second(diag_report(check->diags, E0211, id_name->span,
			"`@id_name` has no effect: the number is written"),
			number->span, "here");
		return false;
	}
	if (number_compare(number->value, number_of(NUMBER_MIN)) < 0
		|| number_compare(number->value, number_of(NUMBER_MAX)) >= 0) {
		diag_report(check->diags, E0503, number->span,
			"the number of a method is 2 to 536870911, not %s",
			number_print(text, number->value));
		return false;
	}
	method->number = (uint32_t)number->value.low;
	return true;
}

/* ---- errors ---- */

/* docs/language.md, "Errors": what is sent is above 0. */
static bool error_enum_is_good(struct check *check, struct symbol *symbol,
	struct span span)
{
	const struct enumerator *at;
	bool positive = false;

	if (!enum_values(check, symbol))
		return false;
	for (at = symbol->declaration.as.enumeration.first; at != NULL;
		at = at->next) {
		if (at->value.negative) {
			diag_second(diag_report(check->diags, E0507, span,
				"errors are above 0: below it are the "
				"transport's"), at->span,
				"this one is negative");
			return false;
		}
		positive = positive || !number_is_zero(at->value);
	}
	if (!positive)
		diag_second(diag_report(check->diags, E0507, span,
			"`%s` lists no error: they are above 0",
			symbol->declaration.name), symbol->declaration.span,
			"declared here");
	return positive;
}

static struct declaration *error_enum(struct check *check,
	struct symbol *interface, const struct ast_path *path)
{
	const char *name = ast_path_text(check->arena, path);
	struct symbol *symbol = symbol_find(check, interface->unit, name);
	struct diagnostic *report;

	if (symbol != NULL && symbol->declaration.kind == DECLARATION_ENUM)
		return error_enum_is_good(check, symbol, path->span)
			? &symbol->declaration : NULL;
	if (symbol == NULL) {
		report = diag_report(check->diags, E0214, path->span,
			"there is no enum `%s`", name);
		suggest_symbol(check, interface->unit, report, name, true);
	} else if (symbol->is_built) {
		report = diag_report(check->diags, E0214, path->span,
			"the errors of a method are an enum, and `%s` is %s",
			name, symbol_kind(symbol));
		diag_second(report, symbol->declaration.span, "declared here");
	}
	return NULL;
}

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

/* ---- methods ---- */

static bool method_head_sizes(struct check *check, struct symbol *interface,
	const struct ast_item *item, struct method *method)
{
	const struct ast_attribute *head = attribute_find(&item->attributes,
		"head");
	struct declaration *messages[2] = { method->request, method->reply };
	const struct ast_argument *argument;
	uint64_t sizes[2];
	size_t i;

	if (head == NULL || head->arguments.first == NULL)
		return true;
	if (item->request_path.first != NULL) {
		diag_report(check->diags, E0210, head->span, "`@head` has no "
			"meaning here: declared messages have their heads");
		return false;
	}
	argument = head->arguments.first;
	for (i = 0; i < 2; i++) {
		if (!evaluate_size(check, interface->unit, argument->value, 8,
			MESSAGE_SIZE_MAX, E0414, "the size of a head",
			&sizes[i]))
			return false;
		if (messages[i] != NULL)
			symbol_of(messages[i])->pinned_head = sizes[i];
		if (argument->next != NULL)
			argument = argument->next;
	}
	return true;
}

static bool method_deadline(struct check *check, struct symbol *interface,
	const struct ast_item *item, struct method *method)
{
	const struct ast_attribute *deadline = attribute_find(
		&item->attributes, "deadline");
	uint64_t value;

	if (deadline == NULL || deadline->arguments.first == NULL)
		return true;
	if (!evaluate_size(check, interface->unit,
		deadline->arguments.first->value, 1, UINT32_MAX, E0303,
		"a deadline in milliseconds", &value))
		return false;
	method->deadline_ms = (uint32_t)value;
	return true;
}

static struct method *method_new(struct check *check, struct symbol *interface,
	const struct ast_item *item, struct declaration *error)
{
	struct method *method = ARENA_NEW(check->arena, struct method);

	method->name = item->name->text;
	method->owner = &interface->declaration;
	method->doc = item->doc;
	method->span = item->name->span;
	method->is_oneway = item->kind == AST_ONEWAY;
	method->is_idempotent = attribute_find(&item->attributes,
		"idempotent") != NULL;
	if (!method->is_oneway)
		method->error = item->error.first == NULL ? error
			: error_enum(check, interface, &item->error);
	if (!method_number(check, interface, item, method)
		|| !method_messages(check, interface, item, method)
		|| !method_head_sizes(check, interface, item, method)
		|| !method_deadline(check, interface, item, method))
		return NULL;
	return method;
}

void interface_fill(struct check *check, struct symbol *symbol)
{
	struct declaration *interface = &symbol->declaration;
	struct declaration *error = interface_error(check, symbol);
	struct method *method, **methods;
	const struct ast_item *item;
	unsigned count = 0;

	for (item = symbol->ast->items.first; item != NULL; item = item->next)
		count++;
	methods = arena_alloc(check->arena, (count + 1) * sizeof methods[0]);
	interface->as.interface.methods = methods;

	for (item = symbol->ast->items.first; item != NULL;
		item = item->next) {
		if (!is_method(item))
			continue;
		method = method_new(check, symbol, item, error);
		if (method == NULL)
			continue;
		methods[interface->as.interface.method_count++] = method;
	}
}

/* ---- ids ---- */

struct used_id {
	const struct declaration *message;	/* NULL: a method's own id */
	const struct method *method;
	bool is_reply;
};

static bool id_add(struct check *check, struct map *ids, uint32_t id,
	const struct declaration *message, const struct method *method,
	bool is_reply)
{
	struct used_id *used = ARENA_NEW(check->arena, struct used_id), *other;
	struct diagnostic *report;

	*used = (struct used_id){ message, method, is_reply };
	other = map_add(ids, check->arena, arena_printf(check->arena, "%lu",
		(unsigned long)id), used);
	if (other == NULL)
		return true;
	/* One message may answer several methods: a reply is found by its
	 * call, not by its id. */
	if (message != NULL && other->message == message && is_reply
		&& other->is_reply)
		return true;
	/* Two methods of one name were reported as that. */
	if (strcmp(other->method->name, method->name) == 0)
		return false;
	report = diag_report(check->diags, E0504, method->span,
		"the id %lu is used twice in this interface",
		(unsigned long)id);
	diag_second(report, other->method->span, "by this method too");
	diag_help(report, message != NULL ? "give `%s` another id"
		: "write another number, as in `%s 2`",
		message != NULL ? message->name : method->name);
	return false;
}

/* A method has the ids 4m to 4m + 2, whether it uses them or not; declared
 * messages bring their own. */
static void method_ids(struct check *check, struct map *ids,
	const struct method *method)
{
	const struct declaration *messages[2] = { method->request,
		method->reply };
	uint32_t id = 4 * method->number;
	unsigned i;

	for (i = 0; i < 3; i++)
		if (!id_add(check, ids, id + i, NULL, method, false))
			return;
	for (i = 0; i < 2; i++)
		if (messages[i] != NULL
			&& messages[i]->as.message.id != id + i
			&& !id_add(check, ids, messages[i]->as.message.id,
				messages[i], method, i == 1))
			return;
}

/* docs/language.md, "Ids": an interface is one space. */
void interface_ids(struct check *check, struct symbol *symbol)
{
	const struct declaration *interface = &symbol->declaration;
	const struct method *method;
	struct map ids = { 0 };
	unsigned i;

	for (i = 0; i < interface->as.interface.method_count; i++) {
		method = interface->as.interface.methods[i];
		if (!reserved_number_used(check, symbol->reserved,
			number_of(method->number), method->span,
			"method number"))
			method_ids(check, &ids, method);
	}
}
