/*
 * Variants: exactly one of their arms.
 */
#include "idl/check.h"

/* `tag(3) sync;` */
static struct member *arm_without_value(struct members *members,
	const struct ast_member *ast)
{
	struct member *arm = ARENA_NEW(members->check->arena, struct member);
	struct ast_name *name;

	if (!words_name(members->check, &ast->words, &name)) {
		attributes_check(members->check, &ast->attributes,
			PLACE_MEMBER);
		attributes_check(members->check, &ast->tag_attributes,
			PLACE_MEMBER);
		return NULL;
	}
	arm->name = name->text;
	arm->span = name->span;
	member_attributes(members, arm, ast);
	if (!member_name_is_free(members, arm))
		return NULL;
	return arm;
}

/* docs/language.md, "Variants": an arm is a tag, a name, and perhaps a type. */
static struct member *arm_new(struct members *members,
	const struct ast_member *ast)
{
	struct diagnostics *diags = members->check->diags;
	struct member *arm = ast->words.count == 1
		? arm_without_value(members, ast) : member_new(members, ast);

	if (arm == NULL)
		return NULL;
	if (arm->is_optional) {
		diag_help(diag_report(diags, E0419, ast->words.first->span,
			"an arm cannot be optional: which one is there is "
			"what a variant says"), "an arm without value is "
			"written `tag(n) name`");
		return NULL;
	}
	if (ast->value != NULL) {
		diag_report(diags, E0313, ast->value->span,
			"an arm has no default: it is there, or another is");
		return NULL;
	}
	if (ast->tag.present)
		return arm;
	diag_help(diag_report(diags, E0409, arm->span,
		"`%s` is an arm of a variant and has no tag", arm->name),
		"write `tag(n)` before %s", arm->type == NULL ? "it"
		: "its type");
	return NULL;
}

/* All that the variant reserves, numbers and names. */
static struct reserved *arms_reserved(struct check *check,
	struct symbol *symbol)
{
	const struct ast_declaration *ast = symbol->ast;
	const struct ast_member *member;
	struct ast_reserved *entry, *copy;
	struct ast_reserveds all = { 0 };

	for (member = ast->members.first; member != NULL;
		member = member->next) {
		if (member->kind == AST_RESERVED)
			attributes_check(check, &member->attributes,
				PLACE_OTHER);
		for (entry = member->reserved.first; entry != NULL;
			entry = entry->next) {
			copy = ARENA_NEW(check->arena, struct ast_reserved);
			*copy = *entry;
			copy->next = NULL;
			AST_APPEND(all, copy);
		}
	}
	symbol->declaration.reserves = reserves_new(check, all.first);
	return reserved_new(check, all.first);
}

void variant_fill(struct check *check, struct symbol *symbol)
{
	struct members members = { .check = check, .unit = symbol->unit };
	struct body *body = &symbol->declaration.as.structure.body;
	const struct ast_member *ast;
	struct member *last = NULL, *arm;
	struct map tags = { 0 };
	bool empty = true;

	members.reserved = arms_reserved(check, symbol);
	for (ast = symbol->ast->members.first; ast != NULL; ast = ast->next) {
		if (ast->kind == AST_RESERVED)
			continue;
		empty = false;
		if (ast->kind == AST_TAGS) {
			diag_report(check->diags, E0410, ast->span,
				"a tags block cannot stand in a variant: its "
				"arms have the tags");
			continue;
		}
		arm = arm_new(&members, ast);
		if (arm != NULL && tag_is_good(&members, &tags,
			members.reserved, &ast->tag, ARM_TAG_MAX, arm))
			body_append(body, &last, arm);
	}
	if (empty)
		diag_report(check->diags, E0422, symbol->declaration.span,
			"`%s` has no arm, so no value either",
			symbol->declaration.name);
}
