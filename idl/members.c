/*
 * Members: of structs, of the sections of messages, of parameter lists.
 */
#include <string.h>

#include "idl/check.h"

/* Their names, wherever they stand, or the tags of blocks. */
static void collect(struct members *members, const struct ast_members *list,
	bool names, struct ast_reserveds *all)
{
	const struct ast_member *ast;
	struct ast_reserved *entry, *copy;

	for (ast = list->first; ast != NULL; ast = ast->next) {
		if (ast->kind == AST_TAGS)
			collect(members, &ast->members, names, all);
		for (entry = ast->reserved.first; entry != NULL;
			entry = entry->next) {
			if (entry->is_name != names)
				continue;
			copy = ARENA_NEW(members->check->arena,
				struct ast_reserved);
			*copy = *entry;
			copy->next = NULL;
			AST_APPEND(*all, copy);
		}
	}
}

void members_reserved(struct members *members,
	const struct ast_members *list, struct ast_reserveds *all)
{
	collect(members, list, false, all);
	collect(members, list, true, all);
}

static struct symbol *base_symbol(const struct symbol *symbol)
{
	struct declaration *base = NULL;

	if (symbol != NULL)
		base = symbol->declaration.kind == DECLARATION_MESSAGE
			? symbol->declaration.as.message.base
			: symbol->declaration.as.structure.base;
	return base == NULL ? NULL : symbol_of(base);
}

void members_reserve(struct members *members, const struct ast_members *list)
{
	struct ast_reserveds names = { 0 }, tags = { 0 };
	struct symbol *base = base_symbol(members->symbol);
	struct reserved *numbers;

	collect(members, list, true, &names);
	members->reserved = reserved_new(members->check, names.first);
	if (members->symbol == NULL)
		return;
	members->symbol->declaration.reserves = reserves_new(members->check,
		names.first);
	collect(members, list, false, &tags);
	/* Ranges that run backwards are reported with their block. */
	numbers = reserved_good(members->check, tags.first);
	members->symbol->names_reserved = members->reserved;
	members->symbol->tags_reserved = numbers;
	if (base == NULL)
		return;
	members->tags_reserved = base->tags_reserved;
	reserved_inherit(members->reserved, base->names_reserved);
	reserved_inherit(numbers, base->tags_reserved);
}

void body_append(struct body *body, struct member **last, struct member *member)
{
	if (*last != NULL)
		(*last)->next = member;
	else
		body->first = member;
	*last = member;
	body->count++;
}

/* docs/language.md, "Members": a name stands once, tagged ones included. */
bool member_name_is_free(struct members *members, struct member *member)
{
	struct check *check = members->check;
	struct member *other;
	bool inherited;

	if (reserved_name_used(check, members->reserved, member->name,
		member->span))
		return false;
	other = map_get(&members->inherited, member->name);
	inherited = other != NULL;
	if (other == NULL)
		other = map_add(&members->names, check->arena, member->name,
			member);
	if (other == NULL)
		return true;
	diag_second(diag_report(check->diags, E0203, member->span,
		"there are two %s of the name `%s`",
		members->parameters ? "parameters" : "members", member->name),
		other->span, inherited ? "this one is inherited"
		: "the first is here");
	return false;
}

/* ---- attributes ---- */

static const struct ast_attribute *member_attribute(
	const struct ast_member *ast, const char *name)
{
	const struct ast_attribute *attribute = attribute_find(
		&ast->attributes, name);

	return attribute != NULL ? attribute
		: attribute_find(&ast->tag_attributes, name);
}

static uint64_t member_number(struct members *members,
	const struct ast_member *ast, const char *name, uint64_t greatest,
	uint64_t otherwise)
{
	const struct ast_attribute *attribute = member_attribute(ast, name);
	uint64_t number;

	if (attribute == NULL || attribute->arguments.first == NULL
		|| !evaluate_size(members->check, members->unit,
			attribute->arguments.first->value, 1, greatest, E0308,
			"a bound", &number))
		return otherwise;
	return number;
}

static enum place member_place(const struct members *members)
{
	return members->parameters ? PLACE_PARAMETER : PLACE_MEMBER;
}

void member_attributes(struct members *members, struct member *member,
	const struct ast_member *ast)
{
	const struct ast_text *name = attribute_text(&ast->attributes, "name");

	attributes_check(members->check, &ast->attributes,
		member_place(members));
	attributes_check(members->check, &ast->tag_attributes,
		member_place(members));
	if (name == NULL)
		name = attribute_text(&ast->tag_attributes, "name");
	member->c_name = member->name;
	if (name != NULL && is_name(name->text, name->size))
		member->c_name = name->text;
	else if (name != NULL && name->size > 0)
		diag_report(members->check->diags, E0211, name->span,
			"`%s` cannot be a name in C", name->text);
	member->doc = ast->doc;
	member->format = attributes_format(&ast->attributes);
	if (member->format == FORMAT_NONE)
		member->format = attributes_format(&ast->tag_attributes);
	member->is_unbounded = member_attribute(ast, "unbounded") != NULL;
	member->bytes_bound = member_number(members, ast, "bytes", UINT32_MAX,
		UNBOUNDED);
	member->depth_bound = (unsigned)member_number(members, ast, "depth",
		DEPTH_MAX, 0);
}

/* ---- one member ---- */

static bool stands_in_place(const struct members *members,
	const struct member *member, const struct ast_member *ast)
{
	return member->type->is_static && !ast->tag.present
		&& (!member->is_optional || member->type->kind == TYPE_HANDLE
			|| member->type->kind == TYPE_LEASE)
		&& (members->parameters || (members->symbol != NULL
			&& members->symbol->declaration.kind
			!= DECLARATION_STRUCT));
}

struct member *member_new(struct members *members, const struct ast_member *ast)
{
	struct check *check = members->check;
	struct ast_word *type;
	struct ast_name *name;
	struct member *member = ARENA_NEW(check->arena, struct member);

	if (!words_roles(check, &ast->words, members->parameters ? ',' : ';',
		&type, &name, &member->is_optional)) {
		attributes_check(check, &ast->attributes, member_place(members));
		attributes_check(check, &ast->tag_attributes,
			member_place(members));
		return NULL;
	}
	member->name = name->text;
	member->span = name->span;
	member_attributes(members, member, ast);
	member->type = type_of_word(check, members->unit, type);
	if (!member_name_is_free(members, member) || member->type == NULL)
		return NULL;
	if (member->bytes_bound != UNBOUNDED && stands_in_place(members,
		member, ast))
		diag_report(check->diags, E0210,
			member_attribute(ast, "bytes")->span,
			"`@bytes` has no meaning here: a `%s` takes %llu bytes "
			"in place, whatever its value", member->type->name,
			(unsigned long long)member->type->fixed_size);
	if (ast->value != NULL)
		(void)default_value(check, members->unit, member->type,
			ast->value, &member->value);
	return member;
}

void reserved_without_numbers(struct members *members,
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

/* ---- tags ---- */

/* All that a tags block reserves. */
static struct reserved *tags_reserved(struct members *members,
	const struct ast_member *ast, struct member *block)
{
	struct ast_reserveds all = { 0 };
	struct reserved *reserved;
	const struct ast_member *inner;

	for (inner = ast->members.first; inner != NULL; inner = inner->next)
		if (inner->kind == AST_RESERVED)
			attributes_check(members->check, &inner->attributes,
				PLACE_OTHER);
	collect(members, &ast->members, false, &all);
	block->reserves = reserves_new(members->check, all.first);
	reserved = reserved_new(members->check, all.first);
	reserved_inherit(reserved, members->tags_reserved);
	return reserved;
}

/* docs/language.md, "Tags": in range, each once in its block, and not one
 * that is inherited. */
bool tag_is_good(struct members *members, struct map *tags,
	const struct reserved *reserved, const struct ast_number *tag,
	uint64_t greatest, struct member *member)
{
	struct check *check = members->check;
	char text[NUMBER_TEXT_SIZE];
	struct member *other;
	bool inherited;

	number_print(text, tag->value);
	if (!number_to_unsigned(&member->tag, tag->value)
		|| member->tag == 0 || member->tag > greatest) {
		diag_report(check->diags, E0406, tag->span,
			"a tag is 1 to %llu, not %s",
			(unsigned long long)greatest, text);
		return false;
	}
	if (reserved_number_used(check, reserved, tag->value, tag->span,
		"tag"))
		return false;
	other = map_get(&members->tags, text);
	inherited = other != NULL;
	if (other == NULL)
		other = map_add(tags, check->arena, arena_copy(check->arena,
			text, strlen(text)), member);
	if (other == NULL)
		return true;
	diag_second(diag_report(check->diags, E0407, tag->span,
		"the tag %s is taken", text), other->span, inherited
		? "by this member, which is inherited" : "by this member");
	return false;
}

static struct member *tagged_new(struct members *members,
	const struct ast_member *ast, struct map *tags,
	const struct reserved *reserved)
{
	struct diagnostics *diags = members->check->diags;
	struct member *member;

	if (ast->kind == AST_TAGS) {
		diag_report(diags, E0410, ast->span,
			"a tags block cannot stand within a %s",
			members->is_table ? "table: its members have the tags"
			: "tags block");
		return NULL;
	}
	member = member_new(members, ast);
	if (member == NULL)
		return NULL;
	if (!ast->tag.present) {
		diag_help(diag_report(diags, E0409, member->span,
			"`%s` stands in a %s and has no tag", member->name,
			members->is_table ? "table" : "tags block"), "write `tag(n)` before its type");
		return NULL;
	}
	if (member->is_optional) {
		diag_help(diag_report(diags, E0419, ast->words.first->span,
			"a tagged member can be absent: it needs no "
			"`optional`"), "leave it out");
		return NULL;
	}
	return tag_is_good(members, tags, reserved, &ast->tag,
		members->is_table ? ARM_TAG_MAX : UINT64_MAX, member)
		? member : NULL;
}

/* docs/language.md, "Tables": tags ascend, as they do on the wire. */
static void tag_ascends(struct members *members, const struct member *last,
	const struct member *member, const struct ast_member *ast)
{
	if (!members->is_table || last == NULL || member->tag > last->tag)
		return;
	diag_second(diag_report(members->check->diags, E0423, ast->tag.span,
		"the tags of a table ascend, and %llu comes behind %llu",
		(unsigned long long)member->tag,
		(unsigned long long)last->tag), last->span,
		"move it before this one");
}

static struct member *tags_new(struct members *members,
	const struct ast_member *ast)
{
	struct check *check = members->check;
	struct member *block = ARENA_NEW(check->arena, struct member);
	struct member *last = NULL, *member;
	struct reserved *reserved = tags_reserved(members, ast, block);
	const struct ast_member *inner;
	struct map tags = { 0 };
	struct body body = { 0 };

	attributes_check(check, &ast->attributes, PLACE_OTHER);
	block->is_tags = true;
	block->bytes_bound = UNBOUNDED;
	block->span = ast->span;
	block->doc = ast->doc;
	for (inner = ast->members.first; inner != NULL; inner = inner->next) {
		if (inner->kind == AST_RESERVED)
			continue;
		member = tagged_new(members, inner, &tags, reserved);
		if (member == NULL)
			continue;
		tag_ascends(members, last, member, inner);
		body_append(&body, &last, member);
	}
	block->tags = body.first;
	return block;
}

struct member *members_table(struct members *members,
	const struct ast_declaration *ast)
{
	struct ast_member all = { .kind = AST_TAGS, .members = ast->members,
		.span = members->symbol->declaration.span };
	struct member *block;

	members->is_table = true;
	block = tags_new(members, &all);
	block->is_sized = true;
	block->reserves = NULL;		/* they are the table's */
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
