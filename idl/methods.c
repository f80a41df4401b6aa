/*
 * One method or event: its messages, its number, what it states.
 */
#include "idl/check.h"

#define NUMBER_MIN 2
#define NUMBER_MAX (UINT32_C(1) << 29)	/* derived ones begin here */

/* ---- messages ---- */

static bool is_unbounded(const struct ast_member *ast)
{
	return attribute_find(&ast->attributes, "unbounded") != NULL;
}

static void section_start(struct section *section, const struct ast_item *item)
{
	section->present = true;
	section->span = item->name->span;
}

/* docs/language.md, "Methods": all in the head, but what has no bound. */
static void message_parameters(struct check *check, struct unit *unit,
	struct declaration *message, const struct ast_item *item,
	const struct ast_members *parameters)
{
	struct members members = { .check = check, .unit = unit,
		.parameters = true };
	struct section *head = &message->as.message.head;
	struct section *tail = &message->as.message.tail;
	struct member *lasts[2] = { NULL, NULL }, *before;
	struct ast_members none = { 0 };
	const struct ast_member *ast;

	members_reserve(&members, &none);
	section_start(head, item);
	for (ast = parameters->first; ast != NULL; ast = ast->next) {
		if (!is_unbounded(ast)) {
			members_add(&members, &head->body, &lasts[0], ast);
			continue;
		}
		section_start(tail, item);
		before = lasts[1];
		members_add(&members, &tail->body, &lasts[1], ast);
		if (lasts[1] != before)
			lasts[1]->is_unbounded = true;
	}
}

/* The message that interface_declare() made; NULL if its name is another's
 * (reported there). */
static struct symbol *message_of(struct check *check, struct symbol *interface,
	const struct ast_item *item, const char *role,
	const struct ast_members *parameters)
{
	const char *name = arena_printf(check->arena, "%s_%s_%s",
		interface->declaration.qualified, item->name->text, role);
	struct symbol *symbol = map_get(&check->symbols, name);

	if (symbol == NULL || symbol->ast != NULL)
		return NULL;
	message_parameters(check, interface->unit, &symbol->declaration, item,
		parameters);
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
		suggest_symbol(check, interface->unit, report, name,
			SUGGEST_MESSAGE);
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

/* One of its messages, which takes an id of the method's if it has none. */
static struct declaration *method_message(struct check *check,
	struct symbol *interface, const struct ast_item *item,
	struct method *method, bool is_reply)
{
	const struct ast_path *path = is_reply ? &item->reply_path
		: &item->request_path;
	const char *role = method->is_event ? "event"
		: is_reply ? "reply" : "request";
	uint32_t id = 4 * method->number + (method->is_event ? 3u : is_reply);
	struct symbol *symbol;

	symbol = item->request_path.first != NULL
		? message_declared(check, interface, path)
		: message_of(check, interface, item, role, is_reply
			? &item->reply : &item->request);
	if (symbol == NULL
		|| !message_take_id(check, symbol, method, id, path))
		return NULL;
	if (symbol->ast == NULL && symbol->declaration.as.message.tail.present)
		method->is_unbounded = true;
	return &symbol->declaration;
}

static bool method_messages(struct check *check, struct symbol *interface,
	const struct ast_item *item, struct method *method)
{
	struct declaration *first = method_message(check, interface, item,
		method, false);
	struct declaration *reply = NULL;

	if (item->kind == AST_METHOD)
		reply = method_message(check, interface, item, method, true);
	if (method->is_event)
		method->reply = first;
	else {
		method->request = first;
		method->reply = reply;
	}
	return first != NULL && (reply != NULL || item->kind != AST_METHOD);
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

struct declaration *error_enum(struct check *check,
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
		suggest_symbol(check, interface->unit, report, name,
			SUGGEST_ENUM);
	} else if (symbol->is_built) {
		report = diag_report(check->diags, E0214, path->span,
			"the errors of a method are an enum, and `%s` is %s",
			name, symbol_kind(symbol));
		diag_second(report, symbol->declaration.span, "declared here");
	}
	return NULL;
}

/* ---- one method ---- */

static bool method_head_sizes(struct check *check, struct symbol *interface,
	const struct ast_item *item, struct method *method)
{
	const struct ast_attribute *head = attribute_find(&item->attributes,
		"head");
	struct declaration *messages[2] = { method->is_event ? method->reply
		: method->request, method->is_event ? NULL : method->reply };
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

static bool method_states(const struct ast_item *item, const char *name)
{
	return attribute_find(&item->attributes, name) != NULL;
}

struct method *method_new(struct check *check, struct symbol *interface,
	const struct ast_item *item, struct declaration *error)
{
	struct method *method = ARENA_NEW(check->arena, struct method);

	method->name = item->name->text;
	method->owner = &interface->declaration;
	method->doc = item->doc;
	method->span = item->name->span;
	method->is_oneway = item->kind == AST_ONEWAY;
	method->is_event = item->kind == AST_EVENT;
	method->is_idempotent = method_states(item, "idempotent");
	method->is_cancellable = method_states(item, "cancellable");
	method->must_be_fast = method_states(item, "fast");
	if (item->kind == AST_METHOD)
		method->error = item->error.first == NULL ? error
			: error_enum(check, interface, &item->error);
	if (!method_number(check, interface, item, method)
		|| !method_messages(check, interface, item, method)
		|| !method_head_sizes(check, interface, item, method)
		|| !method_deadline(check, interface, item, method))
		return NULL;
	return method;
}
