/*
 * Structs and messages: their members, sections and ids.
 */
#include "idl/check.h"

#define HEAD_MIN 8
#define HEAD_MAX ((uint64_t)INT64_MAX)

/* docs/language.md, "Tables": a block of tags, and nothing else. */
static void table_fill(struct check *check, struct symbol *symbol)
{
	struct members members = { .check = check, .unit = symbol->unit,
		.symbol = symbol };
	struct declaration *table = &symbol->declaration;
	struct ast_reserveds all = { 0 };
	struct member *last = NULL;

	members_reserve(&members, &symbol->ast->members);
	members_reserved(&members, &symbol->ast->members, &all);
	table->reserves = reserves_new(check, all.first);
	body_append(&table->as.structure.body, &last,
		members_table(&members, symbol->ast));
}

void struct_fill(struct check *check, struct symbol *symbol)
{
	struct members members = { .check = check, .unit = symbol->unit,
		.symbol = symbol };
	struct declaration *structure = &symbol->declaration;
	struct body *body = &structure->as.structure.body;
	const struct ast_member *ast;
	struct member *last = NULL;
	struct symbol *base;

	if (symbol->progress != PROGRESS_NONE)
		return;
	symbol->progress = PROGRESS_RUNNING;
	if (structure->as.structure.is_table) {
		table_fill(check, symbol);
		symbol->progress = PROGRESS_DONE;
		return;
	}
	base = base_of(check, symbol);
	if (base != NULL) {
		structure->as.structure.base = &base->declaration;
		members_inherit(&members, &base->declaration.as.structure.body,
			body, &last);
	}
	members_reserve(&members, &symbol->ast->members);
	for (ast = symbol->ast->members.first; ast != NULL; ast = ast->next)
		members_add(&members, body, &last, ast);
	symbol->progress = PROGRESS_DONE;
}

/* docs/language.md, "Messages": one head, at most one tail. */
static struct section *section_open(struct check *check, struct symbol *symbol,
	const struct ast_member *ast)
{
	struct declaration *message = &symbol->declaration;
	bool is_head = ast->kind == AST_HEAD;
	struct section *section = is_head ? &message->as.message.head
		: &message->as.message.tail;

	attributes_check(check, &ast->attributes, PLACE_OTHER);
	if (section->present) {
		diag_second(diag_report(check->diags, E0402, ast->span,
			"`%s` has a second %s", message->name,
			is_head ? "head" : "tail"), section->span,
			"the first is here");
		return section;
	}
	section->present = true;
	section->span = ast->span;
	if (is_head)
		evaluate_size(check, symbol->unit, ast->value, HEAD_MIN,
			HEAD_MAX, E0414, "the size of a head",
			&section->declared_size);
	return section;
}

/* docs/language.md, "Inheritance": the sections of the base, in front. */
static struct symbol *message_inherit(struct members *members,
	struct symbol *symbol, struct member *lasts[2])
{
	struct declaration *message = &symbol->declaration;
	struct symbol *base = base_of(members->check, symbol);

	if (base == NULL)
		return NULL;
	message->as.message.base = &base->declaration;
	members_inherit(members, &base->declaration.as.message.head.body,
		&message->as.message.head.body, &lasts[0]);
	members_inherit(members, &base->declaration.as.message.tail.body,
		&message->as.message.tail.body, &lasts[1]);
	return base;
}

/* What the message does not say itself is as in its base. */
static void message_complete(struct symbol *symbol, const struct symbol *base)
{
	struct section *head = &symbol->declaration.as.message.head;
	struct section *tail = &symbol->declaration.as.message.tail;

	if (!head->present) {
		head->present = true;
		head->span = symbol->declaration.span;
		head->declared_size = base->declaration.as.message.head
			.declared_size;
	}
	if (!tail->present && base->declaration.as.message.tail.present) {
		tail->present = true;
		tail->span = symbol->declaration.span;
	}
}

static void message_members(struct check *check, struct symbol *symbol)
{
	struct members members = { .check = check, .unit = symbol->unit,
		.symbol = symbol };
	struct section *section = NULL;
	struct member *lasts[2] = { NULL, NULL };
	struct symbol *base = message_inherit(&members, symbol, lasts);
	const struct ast_member *ast;
	bool outside = false;

	members_reserve(&members, &symbol->ast->members);
	for (ast = symbol->ast->members.first; ast != NULL; ast = ast->next) {
		if (ast->kind == AST_HEAD || ast->kind == AST_TAIL) {
			section = section_open(check, symbol, ast);
		} else if (section != NULL) {
			members_add(&members, &section->body,
				&lasts[section == &symbol->declaration.as
					.message.tail], ast);
		} else if (ast->kind != AST_RESERVED && !outside) {
			outside = true;
			diag_help(diag_report(check->diags, E0403, ast->span,
				"a member stands before `head` and `tail`"),
				"write `head(size):` before it");
		}
	}
	if (base != NULL)
		message_complete(symbol, base);
	else if (!symbol->declaration.as.message.head.present && !outside
		&& symbol->ast->path.first == NULL)
		diag_help(diag_report(check->diags, E0401,
			symbol->declaration.span, "`%s` has no head",
			symbol->declaration.name), "an empty one is `head(8):`");
}

/* docs/language.md, "Messages": the id is a uint32. */
static void message_id(struct check *check, struct symbol *symbol)
{
	const struct ast_number *number = &symbol->ast->number;
	struct declaration *message = &symbol->declaration;
	char text[NUMBER_TEXT_SIZE];

	if (!number->present)
		return;
	if (!number_fits(number->value, 4, false)) {
		diag_report(check->diags, E0404, number->span,
			"the id of a message is 0 to 4294967295, not %s",
			number_print(text, number->value));
		return;
	}
	message->as.message.has_id = true;
	message->as.message.id = (uint32_t)number->value.low;
	reserved_number_used(check, symbol->reserved, number->value,
		number->span, "id");
}

void message_fill(struct check *check, struct symbol *symbol)
{
	if (symbol->progress != PROGRESS_NONE)
		return;
	symbol->progress = PROGRESS_RUNNING;
	message_id(check, symbol);
	message_members(check, symbol);
	symbol->progress = PROGRESS_DONE;
}

/* docs/language.md, "Messages": ids are unique in a file and in a group. */
void message_ids(struct check *check, struct unit *unit)
{
	struct map ids = { 0 };
	struct symbol *symbol, *other;
	struct declaration *message;

	for (symbol = unit->first; symbol != NULL; symbol = symbol->next) {
		message = &symbol->declaration;
		if (message->kind != DECLARATION_MESSAGE
			|| symbol->ast == NULL || !message->as.message.has_id)
			continue;
		other = map_add(&ids, check->arena,
			arena_printf(check->arena, "%u %lu",
				message->as.message.group,
				(unsigned long)message->as.message.id), symbol);
		if (other != NULL)
			diag_second(diag_report(check->diags, E0405,
				symbol->ast->number.span,
				"the id %lu is taken by `%s`",
				(unsigned long)message->as.message.id,
				other->declaration.name),
				other->ast->number.span, "here");
	}
}
