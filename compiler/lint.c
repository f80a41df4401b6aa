/*
 * Walks a file and calls the rules.
 */
#include "compiler/lint.h"

#include <string.h>

#include "idl/parse.h"

static const struct lint_rule *const tables[] = {
	lint_style, lint_safety, lint_evolution, lint_performance,
};

static const char *const class_names[LINT_CLASSES] = {
	"comments", "style", "safety", "evolution", "performance",
};

const char *lint_class_name(enum lint_class class)
{
	return class_names[class];
}

enum lint_class lint_class_of(enum diag_code code)
{
	return (enum lint_class)(diag_code_name(code)[2] - '0');
}

enum diag_code lint_code(const char *name, size_t size)
{
	int code;

	for (code = 0; code < DIAG_CODE_COUNT; code++) {
		const char *known = diag_code_name((enum diag_code)code);

		if (known[0] == 'L' && strlen(known) == size
			&& memcmp(known, name, size) == 0)
			break;
	}
	return (enum diag_code)code;
}

struct diagnostic *lint_report(struct lint *lint, enum diag_code code,
	struct span span, const char *format, ...)
{
	bool allowed = lint_is_allowed(lint, code, &span);
	const char *text;
	va_list arguments;

	va_start(arguments, format);
	text = arena_vprintf(lint->arena, format, arguments);
	va_end(arguments);
	return diag_report(allowed ? lint->hidden : lint->diags, code, span, "%s",
		text);
}

/* ---- what stands in the source ---- */

static const struct span *ast_place(const struct ast_declaration *declaration)
{
	if (declaration->name != NULL)
		return &declaration->name->span;
	return &declaration->span;
}

static const struct ast_declaration *find_ast(const struct ast_declaration *list,
	uint32_t offset)
{
	const struct ast_declaration *found;

	for (; list != NULL; list = list->next) {
		if (ast_place(list)->offset == offset)
			return list;
		found = find_ast(list->declarations.first, offset);
		if (found != NULL)
			return found;
	}
	return NULL;
}

const struct ast_declaration *lint_ast(const struct lint *lint,
	const struct declaration *declaration)
{
	return find_ast(lint->ast.first, declaration->span.offset);
}

const struct ast_item *lint_ast_item(const struct lint *lint,
	const struct declaration *interface, const struct method *method)
{
	const struct ast_declaration *ast = lint_ast(lint, interface);
	const struct ast_item *item = ast == NULL ? NULL : ast->items.first;

	for (; item != NULL; item = item->next)
		if (item->name != NULL
			&& item->name->span.offset == method->span.offset)
			return item;
	return NULL;
}

/* ---- the walk ---- */

static void walk_members(struct lint *lint, const struct lint_rule *rule,
	const struct declaration *owner, const struct member *member, unsigned skipped)
{
	const struct member *before = NULL;

	for (; member != NULL; before = member, member = member->next) {
		if (skipped > 0) {
			skipped--;
			continue;
		}
		rule->member(lint, owner, member, before);
		if (member->is_tags)
			walk_members(lint, rule, owner, member->tags, 0);
	}
}

static void walk_bodies(struct lint *lint, const struct lint_rule *rule,
	const struct declaration *owner)
{
	const struct declaration *base;

	switch (owner->kind) {
	case DECLARATION_STRUCT:
	case DECLARATION_RECORD:
	case DECLARATION_VARIANT:
		base = owner->as.structure.base;
		walk_members(lint, rule, owner, owner->as.structure.body.first,
			base == NULL ? 0 : base->as.structure.body.count);
		break;
	case DECLARATION_MESSAGE:
		base = owner->as.message.base;
		walk_members(lint, rule, owner, owner->as.message.head.body.first,
			base == NULL ? 0 : base->as.message.head.body.count);
		walk_members(lint, rule, owner, owner->as.message.tail.body.first,
			base == NULL ? 0 : base->as.message.tail.body.count);
		break;
	default:
		break;
	}
}

static void walk_enumerators(struct lint *lint, const struct lint_rule *rule,
	const struct declaration *owner)
{
	const struct enumerator *enumerator;

	if (owner->kind != DECLARATION_ENUM && owner->kind != DECLARATION_CONSTS
		&& owner->kind != DECLARATION_BITS)
		return;
	for (enumerator = owner->as.enumeration.first; enumerator != NULL;
		enumerator = enumerator->next)
		rule->enumerator(lint, owner, enumerator);
}

static void walk_method(struct lint *lint, const struct lint_rule *rule,
	const struct declaration *interface, const struct method *method)
{
	const struct declaration *request = method->request, *reply = method->reply;

	if (method->owner != interface)
		return;
	if (rule->method != NULL)
		rule->method(lint, interface, method);
	if (rule->parameters == NULL)
		return;
	if (request != NULL && request->as.message.method == method)
		rule->parameters(lint, method, request);
	if (reply != NULL && reply->as.message.method == method)
		rule->parameters(lint, method, reply);
}

static void walk_interface(struct lint *lint, const struct lint_rule *rule,
	const struct declaration *interface)
{
	unsigned i;

	if (interface->kind != DECLARATION_INTERFACE)
		return;
	for (i = 0; i < interface->as.interface.method_count; i++)
		walk_method(lint, rule, interface,
			interface->as.interface.methods[i]);
	for (i = 0; i < interface->as.interface.event_count; i++)
		walk_method(lint, rule, interface,
			interface->as.interface.events[i]);
}

static void run_rule(struct lint *lint, const struct lint_rule *rule)
{
	const struct declaration *declaration;

	if (rule->file != NULL)
		rule->file(lint);
	for (declaration = lint->file->first; declaration != NULL;
		declaration = declaration->next) {
		if (rule->declaration != NULL)
			rule->declaration(lint, declaration);
		if (rule->member != NULL)
			walk_bodies(lint, rule, declaration);
		if (rule->enumerator != NULL)
			walk_enumerators(lint, rule, declaration);
		if (rule->method != NULL || rule->parameters != NULL)
			walk_interface(lint, rule, declaration);
	}
}

static bool has_function(const struct lint_rule *rule)
{
	return rule->file != NULL || rule->declaration != NULL
		|| rule->member != NULL || rule->enumerator != NULL
		|| rule->method != NULL || rule->parameters != NULL;
}

void lint_file(struct arena *arena, struct diagnostics *diags,
	const struct schema *schema, const bool chosen[DIAG_CODE_COUNT])
{
	struct lint lint = { .arena = arena, .diags = diags,
		.hidden = diag_new(arena), .schema = schema, .file = schema->root,
		.chosen = chosen };
	const struct lint_rule *rule;
	size_t i;

	lint.ast = parse_source(arena, lint.hidden, schema->root->source);
	lint.lexemes = lexemes_read(arena, schema->root->source);
	lint_read_allows(&lint);
	for (i = 0; i < sizeof tables / sizeof tables[0]; i++)
		for (rule = tables[i]; has_function(rule); rule++)
			if (chosen[rule->code])
				run_rule(&lint, rule);
	lint_report_unused(&lint);
}
