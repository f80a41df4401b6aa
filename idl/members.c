/*
 * Members: of structs, of the sections of messages, of parameter lists.
 */
#include <string.h>

#include "idl/check.h"

/* Reserved names hold for all of it, wherever they stand. */
static void collect_names(struct members *members,
	const struct ast_members *list, struct ast_reserveds *all)
{
	const struct ast_member *ast;
	struct ast_reserved *entry, *copy;

	for (ast = list->first; ast != NULL; ast = ast->next) {
		if (ast->kind == AST_TAGS)
			collect_names(members, &ast->members, all);
		for (entry = ast->reserved.first; entry != NULL;
			entry = entry->next) {
			if (!entry->is_name)
				continue;
			copy = ARENA_NEW(members->check->arena,
				struct ast_reserved);
			*copy = *entry;
			copy->next = NULL;
			AST_APPEND(*all, copy);
		}
	}
}

void members_reserve(struct members *members, const struct ast_members *list)
{
	struct ast_reserveds all = { 0 };

	collect_names(members, list, &all);
	members->reserved = reserved_new(members->check, all.first);
}

static void body_append(struct body *body, struct member **last,
	struct member *member)
{
	if (*last != NULL)
		(*last)->next = member;
	else
		body->first = member;
	*last = member;
	body->count++;
}

/* docs/language.md, "Members": a name stands once, tagged ones included. */
static bool member_name_is_free(struct members *members, struct member *member)
{
	struct check *check = members->check;
	struct member *other;

	if (reserved_name_used(check, members->reserved, member->name,
		member->span))
		return false;
	other = map_add(&members->names, check->arena, member->name, member);
	if (other == NULL)
		return true;
	diag_second(diag_report(check->diags, E0203, member->span,
		"there are two %s of the name `%s`",
		members->parameters ? "parameters" : "members", member->name),
		other->span, "the first is here");
	return false;
}

/* A member with its type; NULL if it is not one (reported). */
static struct member *member_new(struct members *members,
	const struct ast_member *ast)
{
	struct check *check = members->check;
	struct ast_word *type;
	struct ast_name *name;
	struct member *member;

	attributes_check(check, &ast->attributes, PLACE_MEMBER);
	attributes_check(check, &ast->tag_attributes, PLACE_MEMBER);
	if (!words_roles(check, &ast->words, members->parameters ? ',' : ';',
		&type, &name))
		return NULL;
	if (ast->value != NULL)
		unbuilt_report(check, UNBUILT_DEFAULT, ast->value->span);
	member = ARENA_NEW(check->arena, struct member);
	member->name = name->text;
	member->c_name = name->text;
	member->bytes_bound = UNBOUNDED;
	member->span = name->span;
	member->doc = ast->doc;
	member->format = attributes_format(&ast->attributes);
	if (member->format == FORMAT_NONE)
		member->format = attributes_format(&ast->tag_attributes);
	member->type = type_of_word(check, members->unit, type);
	if (!member_name_is_free(members, member) || member->type == NULL)
		return NULL;
	return member;
}

static void reserved_without_numbers(struct members *members,
	const struct ast_member *ast)
{
	const struct ast_reserved *entry;

	attributes_check(members->check, &ast->attributes, PLACE_OTHER);
	for (entry = ast->reserved.first; entry != NULL; entry = entry->next)
		if (!entry->is_name)
			diag_report(members->check->diags, E0411, entry->span,
				"members without tags have no numbers to "
				"reserve");
}

/* All that a tags block reserves. */
static struct reserved *tags_reserved(struct check *check,
	const struct ast_member *ast)
{
	struct ast_reserveds all = { 0 };
	const struct ast_member *inner;

	for (inner = ast->members.first; inner != NULL; inner = inner->next)
		if (inner->kind == AST_RESERVED) {
			attributes_check(check, &inner->attributes,
				PLACE_OTHER);
			AST_APPEND(all, inner->reserved.first);
			all.last = inner->reserved.last;
		}
	return reserved_new(check, all.first);
}

/* docs/language.md, "Tags": 1 to 2^64 - 1, each once in its block. */
static bool tag_is_good(struct check *check, struct map *tags,
	const struct reserved *reserved, const struct ast_member *ast,
	struct member *member)
{
	const struct ast_number *tag = &ast->tag;
	char text[NUMBER_TEXT_SIZE];
	struct member *other;

	number_print(text, tag->value);
	if (!number_to_unsigned(&member->tag, tag->value)
		|| member->tag == 0) {
		diag_report(check->diags, E0406, tag->span,
			"a tag is 1 to 18446744073709551615, not %s", text);
		return false;
	}
	if (reserved_number_used(check, reserved, tag->value, tag->span,
		"tag"))
		return false;
	other = map_add(tags, check->arena,
		arena_copy(check->arena, text, strlen(text)), member);
	if (other == NULL)
		return true;
	diag_second(diag_report(check->diags, E0407, tag->span,
		"the tag %s is taken", text), other->span,
		"by this member");
	return false;
}

static struct member *tagged_new(struct members *members,
	const struct ast_member *ast, struct map *tags,
	const struct reserved *reserved)
{
	struct member *member;

	if (ast->kind == AST_TAGS) {
		diag_report(members->check->diags, E0410, ast->span,
			"a tags block cannot stand within a tags block");
		return NULL;
	}
	member = member_new(members, ast);
	if (member == NULL)
		return NULL;
	if (!ast->tag.present) {
		diag_help(diag_report(members->check->diags, E0409,
			member->span, "`%s` stands in a tags block and has "
			"no tag", member->name), "write `tag(n)` before its "
			"type");
		return NULL;
	}
	return tag_is_good(members->check, tags, reserved, ast, member)
		? member : NULL;
}

static struct member *tags_new(struct members *members,
	const struct ast_member *ast)
{
	struct check *check = members->check;
	struct member *block = ARENA_NEW(check->arena, struct member);
	struct member *last = NULL, *member;
	struct reserved *reserved = tags_reserved(check, ast);
	const struct ast_member *inner;
	struct map tags = { 0 };
	struct body body = { 0 };

	attributes_check(check, &ast->attributes, PLACE_OTHER);
	block->is_tags = true;
	block->span = ast->span;
	block->doc = ast->doc;
	for (inner = ast->members.first; inner != NULL; inner = inner->next) {
		if (inner->kind == AST_RESERVED)
			continue;
		member = tagged_new(members, inner, &tags, reserved);
		if (member != NULL)
			body_append(&body, &last, member);
	}
	block->tags = body.first;
	return block;
}

void members_add(struct members *members, struct body *body, struct member **last,
	const struct ast_member *ast)
{
	struct member *member;

	if (ast->kind == AST_RESERVED) {
		reserved_without_numbers(members, ast);
		return;
	}
	if (ast->kind == AST_TAGS) {
		body_append(body, last, tags_new(members, ast));
		return;
	}
	if (ast->tag.present) {
		diag_help(diag_report(members->check->diags, E0408,
			ast->tag.span, "a tag has no meaning here"),
			"tagged members stand in `tags { }`");
		return;
	}
	member = member_new(members, ast);
	if (member != NULL)
		body_append(body, last, member);
}
