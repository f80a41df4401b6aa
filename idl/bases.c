/*
 * Inheritance of structs, records and messages: the base's members are
 * written out before those of its own.
 */
#include "idl/check.h"

/* Bases in a row. */
#define BASES_MAX 64
/* A small file can ask for very much: so many members are copied in all. */
#define INHERITED_MAX 1000000

static struct symbol *base_refused(struct symbol *symbol)
{
	symbol->is_built = false;
	return NULL;
}

static const char *kind_wanted(const struct symbol *symbol)
{
	switch (symbol->declaration.kind) {
	case DECLARATION_RECORD: return "record";
	case DECLARATION_MESSAGE: return "message";
	default: return "struct";
	}
}

/* docs/language.md, "Inheritance": structs of structs, and so on. */
static struct symbol *base_named(struct check *check, struct symbol *symbol)
{
	const struct ast_path *path = &symbol->ast->path;
	const char *name = ast_path_text(check->arena, path);
	struct symbol *base = symbol_find(check, symbol->unit, name);
	const char *wanted = kind_wanted(symbol);

	if (base == NULL) {
		suggest_symbol(check, symbol->unit, diag_report(check->diags,
			E0219, path->span, "there is no %s `%s`", wanted,
			name), name, SUGGEST_TYPE);
		return base_refused(symbol);
	}
	if (!base->is_built)
		return base_refused(symbol);
	if (base->declaration.kind != symbol->declaration.kind
		|| table_block(&base->declaration) != NULL
		|| (base->ast != NULL && base->ast->kind == AST_TABLE)) {
		diag_second(diag_report(check->diags, E0219, path->span,
			"`%s` is %s: the base of a %s is a %s", name,
			symbol_kind(base), wanted, wanted),
			base->declaration.span, "declared here");
		return base_refused(symbol);
	}
	if (base->ast != NULL)
		return base;
	diag_second(diag_report(check->diags, E0219, path->span,
		"`%s` is made of the parameters of a method", name),
		base->declaration.span, "of this one");
	return base_refused(symbol);
}

static void base_fill(struct check *check, struct symbol *base)
{
	check->depth++;
	if (base->declaration.kind == DECLARATION_RECORD)
		(void)record_fill(check, base);
	else if (base->declaration.kind == DECLARATION_MESSAGE)
		message_fill(check, base);
	else
		struct_fill(check, base);
	check->depth--;
}

struct symbol *base_of(struct check *check, struct symbol *symbol)
{
	const struct ast_path *path = &symbol->ast->path;
	struct symbol *base;

	if (path->first == NULL)
		return NULL;
	base = base_named(check, symbol);
	if (base == NULL)
		return NULL;
	if (base->progress == PROGRESS_RUNNING) {
		diag_second(diag_report(check->diags, E0305, path->span,
			"`%s` is a base of itself", symbol->declaration.name),
			base->declaration.span, "this one's base leads there");
		return base_refused(symbol);
	}
	if (base->progress == PROGRESS_NONE && check->depth <= 2 * BASES_MAX)
		base_fill(check, base);
	if (base->bases == BASES_MAX || base->progress == PROGRESS_NONE)
		diag_report(check->diags, E0107, path->span,
			"bases of bases, more than %d in a row", BASES_MAX);
	else if (base->is_built) {
		symbol->bases = base->bases + 1;
		return base;
	}
	return base_refused(symbol);
}

/* A second one of its name is reported where it stands. */
static struct member *member_copy(struct members *members,
	const struct member *from)
{
	struct arena *arena = members->check->arena;
	struct member *copy = ARENA_NEW(arena, struct member);

	*copy = *from;
	copy->next = NULL;
	members->check->inherited++;
	if (from->name != NULL)
		map_add(&members->inherited, arena, from->name, copy);
	if (from->tag != 0)
		map_add(&members->tags, arena, arena_printf(arena, "%llu",
			(unsigned long long)from->tag), copy);
	return copy;
}

void members_inherit(struct members *members, const struct body *from,
	struct body *body, struct member **last)
{
	struct check *check = members->check;
	const struct member *member, *tagged;
	struct member *copy, *tagged_last;
	struct body block;

	for (member = from->first; member != NULL
		&& check->inherited < INHERITED_MAX; member = member->next) {
		copy = member_copy(members, member);
		block = (struct body){ 0 };
		tagged_last = NULL;
		for (tagged = member->tags; tagged != NULL; tagged = tagged->next)
			body_append(&block, &tagged_last,
				member_copy(members, tagged));
		copy->tags = block.first;
		body_append(body, last, copy);
	}
	if (member == NULL)
		return;
	/* Once is enough. */
	if (check->inherited++ == INHERITED_MAX)
		diag_report(check->diags, E0107, members->symbol->ast->path
			.span, "more than %d members are inherited in all",
			INHERITED_MAX);
	(void)base_refused(members->symbol);
}
