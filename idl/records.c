/*
 * Records: of fixed size, the same bytes everywhere, without holes.
 */
#include "idl/check.h"

/* Whether every pattern of bytes is a value of it. */
static bool is_raw(const struct type *type)
{
	while (type->element != NULL)
		type = type->element;
	switch (type->kind) {
	case TYPE_BOOL:
		return false;
	case TYPE_ENUM:
		return !type->declaration->as.enumeration.is_strict;
	case TYPE_RECORD:
		return type->declaration->as.structure.is_raw;
	default:
		return true;
	}
}

/* 0 if no record can hold it. */
static uint64_t alignment_of(const struct type *type)
{
	while (type->kind == TYPE_ARRAY)
		type = type->element;
	switch (type->kind) {
	case TYPE_INTEGER:
	case TYPE_BOOL:
	case TYPE_FLOAT:
	case TYPE_ENUM:
		return type->width;
	case TYPE_RECORD:
		return symbol_of(type->declaration)->alignment;
	default:
		return 0;
	}
}

static const char *pad_text(struct check *check, uint64_t size)
{
	if (size == 1)
		return "byte pad";
	return arena_printf(check->arena, "byte[%llu] pad",
		(unsigned long long)size);
}

/* docs/language.md, "Records": a hole is refused, not filled. */
static uint64_t record_hole(struct check *check, const struct member *member,
	uint64_t offset, uint64_t alignment)
{
	uint64_t hole = (alignment - offset % alignment) % alignment;

	if (hole != 0)
		diag_help(diag_report(check->diags, E0420, member->span,
			"there is a hole of %llu byte%s before `%s`, which "
			"stands at a multiple of %llu",
			(unsigned long long)hole, hole == 1 ? "" : "s",
			member->name, (unsigned long long)alignment),
			"put the members in another order, or add `%s` before "
			"it", pad_text(check, hole));
	return offset + hole;
}

static void record_tail(struct check *check, struct symbol *symbol)
{
	struct declaration *record = &symbol->declaration;
	uint64_t size = record->as.structure.fixed_size;
	uint64_t hole = (symbol->alignment - size % symbol->alignment)
		% symbol->alignment;

	if (hole != 0)
		diag_help(diag_report(check->diags, E0420, record->span,
			"there is a hole of %llu byte%s at the end of `%s`: "
			"it has %llu, and its size is a multiple of %llu",
			(unsigned long long)hole, hole == 1 ? "" : "s",
			record->name, (unsigned long long)size,
			(unsigned long long)symbol->alignment),
			"put the members in another order, or add `%s` as the "
			"last", pad_text(check, hole));
	record->as.structure.fixed_size = size + hole;
}

/* docs/language.md, "Records": what can be a member. */
static bool record_can_hold(struct check *check, const struct ast_member *ast,
	const struct member *member)
{
	if (member->is_optional) {
		diag_report(check->diags, E0419, ast->words.first->span,
			"a member of a record is always there");
		return false;
	}
	if (alignment_of(member->type) != 0)
		return true;
	diag_help(diag_report(check->diags, E0421, member->span,
		"a record cannot hold a `%s`", member->type->name),
		"a record holds numbers, bools, enums, records, and arrays "
		"`T[N]` of these; all others stand in a struct");
	return false;
}

static struct member *record_member(struct members *members,
	const struct ast_member *ast)
{
	struct diagnostics *diags = members->check->diags;
	struct member *member;

	if (ast->kind == AST_RESERVED) {
		reserved_without_numbers(members, ast);
		return NULL;
	}
	if (ast->kind == AST_TAGS) {
		diag_report(diags, E0410, ast->span,
			"a tags block cannot stand in a record");
		return NULL;
	}
	if (ast->tag.present) {
		diag_report(diags, E0408, ast->tag.span,
			"a tag has no meaning here");
		return NULL;
	}
	member = member_new(members, ast);
	if (member == NULL || !record_can_hold(members->check, ast, member))
		return NULL;
	return member;
}

/* Its offset, and what it does to the record. */
static void record_place(struct check *check, struct symbol *symbol,
	struct member *member)
{
	struct declaration *record = &symbol->declaration;
	uint64_t alignment = alignment_of(member->type);
	const struct type *type = member->type;

	member->offset = record_hole(check, member,
		record->as.structure.fixed_size, alignment);
	record->as.structure.fixed_size = member->offset + type->fixed_size;
	record->as.structure.is_raw &= is_raw(type);
	if (alignment > symbol->alignment)
		symbol->alignment = alignment;
	while (type->element != NULL)
		type = type->element;
	if (type->kind == TYPE_RECORD
		&& symbol_of(type->declaration)->records >= symbol->records)
		symbol->records = symbol_of(type->declaration)->records + 1;
}

static void record_members(struct check *check, struct symbol *symbol)
{
	struct members members = { .check = check, .unit = symbol->unit,
		.symbol = symbol };
	struct body *body = &symbol->declaration.as.structure.body;
	struct symbol *base = base_of(check, symbol);
	const struct ast_member *ast;
	struct member *member, *last = NULL;

	if (base != NULL) {
		symbol->declaration.as.structure.base = &base->declaration;
		members_inherit(&members, &base->declaration.as.structure.body,
			body, &last);
	}
	members_reserve(&members, &symbol->ast->members);
	for (member = body->first; member != NULL; member = member->next)
		record_place(check, symbol, member);
	for (ast = symbol->ast->members.first; ast != NULL; ast = ast->next) {
		member = record_member(&members, ast);
		if (member == NULL) {
			/* One that is wrong may have been the greatest. */
			symbol->is_built &= ast->kind == AST_RESERVED;
			continue;
		}
		body_append(body, &last, member);
		record_place(check, symbol, member);
	}
}

/* docs/language.md, "Records": what the members come to. */
static void record_finish(struct check *check, struct symbol *symbol)
{
	struct declaration *record = &symbol->declaration;

	if (record->as.structure.body.first == NULL)
		diag_report(check->diags, E0422, record->span,
			"`%s` has no member: a record has at least one byte",
			record->name);
	else if (symbol->records > DEPTH_MAX)
		diag_report(check->diags, E0416, record->span,
			"`%s` has records within each other, more than %d "
			"deep", record->name, DEPTH_MAX);
	else if (record->as.structure.fixed_size > UINT32_MAX)
		diag_report(check->diags, E0417, record->span,
			"`%s` has %llu bytes: more than a message can have",
			record->name, (unsigned long long)
			record->as.structure.fixed_size);
	else {
		record_tail(check, symbol);
		return;
	}
	symbol->is_built = false;
}

bool record_fill(struct check *check, struct symbol *symbol)
{
	struct declaration *record = &symbol->declaration;

	if (symbol->progress == PROGRESS_DONE || !symbol->is_built)
		return symbol->is_built;
	if (symbol->progress == PROGRESS_RUNNING)
		diag_help(diag_report(check->diags, E0415, record->span,
			"the record `%s` contains itself", record->name),
			"a struct can, through a list `%s[]`", record->name);
	else if (check->depth > 200)
		diag_report(check->diags, E0107, record->span,
			"the record `%s` depends on too many others",
			record->name);
	if (symbol->progress == PROGRESS_RUNNING || check->depth > 200) {
		symbol->is_built = false;
		return false;
	}
	symbol->progress = PROGRESS_RUNNING;
	symbol->records = 1;
	symbol->alignment = 1;
	record->as.structure.is_raw = true;
	check->depth++;
	record_members(check, symbol);
	check->depth--;
	symbol->progress = PROGRESS_DONE;
	if (symbol->is_built)
		record_finish(check, symbol);
	return symbol->is_built;
}
