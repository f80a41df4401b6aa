/*
 * The first stage: every declared name of a file becomes a symbol.
 */
#include <ctype.h>
#include <string.h>

#include "idl/check.h"

/* As the lexer has it; names in C are made of them. */
#define NAME_MAX_SIZE 255
#define NAMESPACE_MAX 255

bool is_name(const char *text, size_t size)
{
	size_t i;

	if (size == 0 || size > NAME_MAX_SIZE || isdigit((unsigned char)text[0]))
		return false;
	for (i = 0; i < size; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return true;
}

/* "a::b" as "a.b"; NULL if a part is no name. */
static const char *dotted(struct arena *arena, const struct ast_text *text)
{
	char *result = arena_alloc(arena, text->size + 1);
	const char *at = text->text, *end = at + text->size, *part;
	size_t used = 0, size;

	for (;;) {
		part = at;
		while (at < end && *at != ':')
			at++;
		size = (size_t)(at - part);
		if (!is_name(part, size))
			return NULL;
		memcpy(result + used, part, size);
		used += size;
		if (at == end)
			return result;
		if (end - at < 2 || at[1] != ':')
			return NULL;
		at += 2;
		result[used++] = '.';
	}
}

/* docs/language.md, "Files": a file has at most one namespace. */
static void declare_namespace(struct check *check, struct unit *unit,
	struct ast_declaration *ast)
{
	const struct ast_text *prefix;
	struct file *file = unit->file;
	char *at;

	attributes_check(check, &ast->attributes, PLACE_NAMESPACE);
	if (unit->namespace_span.source != NULL) {
		diag_second(diag_report(check->diags, E0213, ast->span,
			"a file has one namespace"), unit->namespace_span,
			"the first is here");
		return;
	}
	unit->namespace_span = ast->span;
	file->doc = ast->doc;
	file->namespace = ast->path.first != NULL
		? ast_path_text(check->arena, &ast->path)
		: dotted(check->arena, &ast->text);
	if (file->namespace != NULL
		&& strlen(file->namespace) > NAMESPACE_MAX) {
		diag_report(check->diags, E0112, ast->span,
			"a namespace has at most %d bytes", NAMESPACE_MAX);
		file->namespace = "";
	}
	if (file->namespace == NULL) {
		diag_help(diag_report(check->diags, E0112, ast->text.span,
			"this is no namespace"),
			"it is written \"a::b\" or a.b");
		file->namespace = "";
	}
	prefix = attribute_text(&ast->attributes, "prefix");
	file->prefix = arena_copy(check->arena, file->namespace,
		strlen(file->namespace));
	for (at = (char *)file->prefix; *at != '\0'; at++)
		if (*at == '.')
			*at = '_';
	if (prefix != NULL && (!is_name(prefix->text, prefix->size)
			|| prefix->size > NAMESPACE_MAX))
		diag_report(check->diags, E0211, prefix->span,
			"`%s` cannot begin a name in C", prefix->text);
	else if (prefix != NULL)
		file->prefix = prefix->text;
}

/* docs/language.md, "Names": the types that bragi has are nobody else's. */
static bool declare_name_is_free(struct check *check, struct unit *unit,
	const char *name, struct span span)
{
	if (is_type_name(name)) {
		diag_report(check->diags, E0216, span,
			"`%s` is a built-in type", name);
		return false;
	}
	return !reserved_name_used(check, unit->reserved, name, span);
}

static struct symbol *declare_symbol(struct check *check, struct unit *unit,
	struct ast_declaration *ast, enum declaration_kind kind)
{
	struct symbol *symbol;

	if (!declare_name_is_free(check, unit, ast->name->text,
		ast->name->span))
		return NULL;
	symbol = symbol_new(check, unit, ast, ast->name->text,
		ast->name->span);
	symbol->is_built = true;
	symbol->declaration.kind = kind;
	symbol->declaration.doc = ast->doc;
	symbol->declaration.format = attributes_format(&ast->attributes);
	/* If the name is taken, that is enough to say. */
	if (kind == DECLARATION_INTERFACE && map_get(&check->symbols,
		symbol->declaration.qualified) == NULL)
		interface_declare(check, symbol);
	symbol_add(check, symbol);
	return symbol;
}

static void declare_const(struct check *check, struct unit *unit,
	struct ast_declaration *ast)
{
	struct ast_word *type;
	struct symbol *symbol;

	if (!words_roles(check, &ast->words, ';', &type, &ast->name, NULL))
		return;
	symbol = declare_symbol(check, unit, ast, DECLARATION_CONST);
	if (symbol != NULL)
		symbol->type_word = type;
}

static struct symbol *declare_typed(struct check *check, struct unit *unit,
	struct ast_declaration *ast, enum declaration_kind kind)
{
	struct ast_word *type;
	struct symbol *symbol;

	if (!words_type(check, &ast->words, &type))
		return NULL;
	symbol = declare_symbol(check, unit, ast, kind);
	if (symbol != NULL)
		symbol->type_word = type;
	return symbol;
}

/* docs/language.md, "Strict and flexible": what stands before the keyword. */
static void declare_openness(struct symbol *symbol)
{
	const struct ast_name *openness;

	if (symbol == NULL || symbol->ast->openness == NULL)
		return;
	openness = symbol->ast->openness;
	if (symbol->declaration.kind == DECLARATION_VARIANT)
		symbol->declaration.as.structure.is_flexible =
			strcmp(openness->text, "flexible") == 0;
	else
		symbol->declaration.as.enumeration.is_strict =
			strcmp(openness->text, "strict") == 0;
}

static void declare_table(struct symbol *symbol)
{
	if (symbol != NULL)
		symbol->declaration.as.structure.is_table = true;
}

static void declare_message(struct check *check, struct unit *unit,
	struct ast_declaration *ast, unsigned group,
	struct reserved *reserved)
{
	struct symbol *symbol;

	attributes_check(check, &ast->attributes, PLACE_OTHER);
	if (group > 0 && reserved_name_used(check, reserved, ast->name->text,
		ast->name->span))
		return;
	symbol = declare_symbol(check, unit, ast, DECLARATION_MESSAGE);
	if (symbol == NULL)
		return;
	symbol->declaration.as.message.group = group;
	symbol->reserved = reserved;
}

/* Files and their groups have one list in the tree. */
static void declare_reserves(struct check *check, struct file *file,
	const struct ast_reserveds *entries, unsigned group)
{
	struct reserve **end = &file->reserves;

	while (*end != NULL)
		end = &(*end)->next;
	*end = reserves_new(check, entries->first);
	for (; *end != NULL; end = &(*end)->next)
		(*end)->group = group;
}

static void declare_group(struct check *check, struct unit *unit,
	struct ast_declaration *group)
{
	struct ast_declaration *ast;
	struct ast_reserveds entries = { 0 };
	struct reserved *reserved;
	unsigned number = ++check->groups;

	attributes_check(check, &group->attributes, PLACE_OTHER);
	for (ast = group->declarations.first; ast != NULL; ast = ast->next)
		if (ast->kind == AST_FILE_RESERVED) {
			AST_APPEND(entries, ast->reserved.first);
			entries.last = ast->reserved.last;
		}
	reserved = reserved_new(check, entries.first);
	declare_reserves(check, unit->file, &entries, number);
	for (ast = group->declarations.first; ast != NULL; ast = ast->next)
		if (ast->kind == AST_MESSAGE)
			declare_message(check, unit, ast, number, reserved);
}

static void declare_one(struct check *check, struct unit *unit,
	struct ast_declaration *ast)
{
	enum place place = PLACE_OTHER;

	switch (ast->kind) {
	case AST_NAMESPACE:
	case AST_GROUP:
	case AST_MESSAGE:
		return;
	case AST_ENUM:
		place = PLACE_ENUM;
		declare_openness(declare_symbol(check, unit, ast,
			DECLARATION_ENUM));
		break;
	case AST_CONSTS:
		place = PLACE_CONSTS;
		declare_openness(declare_typed(check, unit, ast,
			DECLARATION_CONSTS));
		break;
	case AST_BITS:
		place = PLACE_CONSTS;
		declare_openness(declare_typed(check, unit, ast,
			DECLARATION_BITS));
		break;
	case AST_CONST:
		declare_const(check, unit, ast);
		break;
	case AST_NEWTYPE:
		declare_typed(check, unit, ast, DECLARATION_NEWTYPE);
		break;
	case AST_STRUCT:
		declare_symbol(check, unit, ast, DECLARATION_STRUCT);
		break;
	case AST_RECORD:
		declare_symbol(check, unit, ast, DECLARATION_RECORD);
		break;
	case AST_VARIANT:
		declare_openness(declare_symbol(check, unit, ast,
			DECLARATION_VARIANT));
		break;
	case AST_INTERFACE:
		place = PLACE_INTERFACE;
		declare_symbol(check, unit, ast, DECLARATION_INTERFACE);
		break;
	case AST_TABLE:
		declare_table(declare_symbol(check, unit, ast,
			DECLARATION_STRUCT));
		break;
	case AST_FILE_RESERVED:
	case AST_IMPORT:
	case AST_USING:
		break;
	}
	attributes_check(check, &ast->attributes, place);
}

void declare_unit(struct check *check, struct unit *unit)
{
	struct ast_declaration *ast;
	struct ast_reserveds entries = { 0 };

	check->groups = 0;
	for (ast = unit->ast.first; ast != NULL; ast = ast->next) {
		if (ast->kind == AST_NAMESPACE)
			declare_namespace(check, unit, ast);
		if (ast->kind == AST_FILE_RESERVED) {
			AST_APPEND(entries, ast->reserved.first);
			entries.last = ast->reserved.last;
		}
	}
	unit->reserved = reserved_new(check, entries.first);
	declare_reserves(check, unit->file, &entries, 0);
	for (ast = unit->ast.first; ast != NULL; ast = ast->next) {
		if (ast->kind == AST_MESSAGE)
			declare_message(check, unit, ast, 0, unit->reserved);
		else if (ast->kind == AST_GROUP)
			declare_group(check, unit, ast);
		else
			declare_one(check, unit, ast);
	}
}

/* The declaration that a using names, in bragi's notation or ours. */
static struct symbol *alias_target(struct check *check, struct unit *unit,
	const struct ast_text *text)
{
	struct ast_text inner = *text;
	const char *path;

	if (inner.size > 2 && strncmp(inner.text, "::", 2) == 0) {
		inner.text += 2;
		inner.size -= 2;
	}
	path = dotted(check->arena, &inner);
	return path == NULL ? NULL : symbol_find(check, unit, path);
}

/* docs/language.md, "Other names": what is known nowhere may be another
 * language's; a plain name that is unknown is more likely a slip. */
static void declare_alias(struct check *check, struct unit *unit,
	struct ast_declaration *ast, struct alias **end)
{
	struct symbol *symbol = alias_target(check, unit, &ast->target);
	struct alias *alias = ARENA_NEW(check->arena, struct alias);
	struct diagnostic *report;

	alias->name = ast->text.text;
	alias->span = ast->text.span;
	if (symbol != NULL && symbol->is_built)
		alias->target = &symbol->declaration;
	*end = alias;
	if (symbol == NULL && is_name(ast->target.text, ast->target.size)) {
		report = diag_report(check->diags, W0003, ast->target.span,
			"`%s` is not declared here: the other name leads "
			"nowhere", ast->target.text);
		suggest_symbol(check, unit, report, ast->target.text,
			SUGGEST_TYPE);
	}
}

void declare_aliases(struct check *check, struct unit *unit)
{
	struct alias **end = &unit->file->aliases, *other;
	struct ast_declaration *ast;
	struct map names = { 0 };

	for (ast = unit->ast.first; ast != NULL; ast = ast->next) {
		if (ast->kind != AST_USING)
			continue;
		declare_alias(check, unit, ast, end);
		other = map_add(&names, check->arena, (*end)->name, *end);
		if (other != NULL)
			diag_second(diag_report(check->diags, E0202,
				ast->text.span, "`%s` is declared twice",
				ast->text.text), other->span,
				"first declared here");
		end = &(*end)->next;
	}
}
