/*
 * Lints of style: names, comments, order, what is said twice.
 */
#define _GNU_SOURCE

#include <ctype.h>
#include <string.h>

#include "compiler/lint.h"
#include "idl/grammar.h"
#include "idl/number.h"

static bool is_named_type(const struct declaration *declaration)
{
	return declaration->kind != DECLARATION_CONST
		&& (declaration->kind != DECLARATION_MESSAGE
			|| declaration->as.message.method == NULL);
}

static bool has_character(const char *name, int (*is)(int))
{
	for (; *name != '\0'; name++)
		if (is((unsigned char)*name))
			return true;
	return false;
}

static void type_name(struct lint *lint, const struct declaration *declaration)
{
	if (is_named_type(declaration) && (!isupper((unsigned char)declaration->name[0])
		|| strchr(declaration->name, '_') != NULL))
		diag_help(lint_report(lint, L0101, declaration->span,
			"`%s` is not written as the name of a type", declaration->name),
			"types are written LikeThis");
}

static void lower_name(struct lint *lint, const char *name, struct span span)
{
	if (has_character(name, isupper))
		diag_help(lint_report(lint, L0102, span,
			"`%s` has capital letters", name),
			"members, parameters and methods are written like_this");
}

static void member_name(struct lint *lint, const struct declaration *owner,
	const struct member *member, const struct member *before)
{
	(void)owner;
	(void)before;
	if (!member->is_tags)
		lower_name(lint, member->name, member->span);
}

static void method_name(struct lint *lint, const struct declaration *interface,
	const struct method *method)
{
	(void)interface;
	lower_name(lint, method->name, method->span);
}

static void upper_name(struct lint *lint, const char *name, struct span span)
{
	if (has_character(name, islower))
		diag_help(lint_report(lint, L0103, span,
			"`%s` has small letters", name),
			"constants and enumerators are written LIKE_THIS");
}

static void const_name(struct lint *lint, const struct declaration *declaration)
{
	if (declaration->kind == DECLARATION_CONST)
		upper_name(lint, declaration->name, declaration->span);
}

static void enumerator_name(struct lint *lint, const struct declaration *owner,
	const struct enumerator *enumerator)
{
	(void)owner;
	upper_name(lint, enumerator->name, enumerator->span);
}

static bool is_word(int kind)
{
	return kind == NAME || (kind >= KW_BITS && kind <= KW_VARIANT);
}

/* Parts of C names are joined by one `_`. */
static void underscores(struct lint *lint)
{
	const struct lexeme *items = lint->lexemes.items;
	size_t i, size;

	for (i = 0; i < lint->lexemes.count; i++) {
		const char *text = items[i].span.source->text + items[i].span.offset;

		size = items[i].span.size;
		if (!is_word(items[i].kind) || (text[0] != '_'
			&& text[size - 1] != '_'
			&& memmem(text, size, "__", 2) == NULL))
			continue;
		diag_help(lint_report(lint, L0104, items[i].span,
			"`%.*s` has an underscore where no word ends", (int)size,
			text), "names in C are joined by `_`, so this can meet "
			"another name");
	}
}

static void interface_doc(struct lint *lint, const struct declaration *declaration)
{
	if (declaration->kind == DECLARATION_INTERFACE && declaration->doc == NULL)
		lint_report(lint, L0105, declaration->span,
			"nothing says what `%s` is for", declaration->name);
}

static void method_doc(struct lint *lint, const struct declaration *interface,
	const struct method *method)
{
	if (method->doc == NULL)
		lint_report(lint, L0106, method->span,
			"nothing says what `%s.%s` does", interface->name,
			method->name);
}

/* ---- imports ---- */

static bool is_said(const struct lint *lint, const char *name)
{
	size_t i;

	for (i = 0; i < lint->lexemes.count; i++)
		if (is_word(lint->lexemes.items[i].kind)
			&& span_is(&lint->lexemes.items[i].span, name))
			return true;
	return false;
}

static void import_unused(struct lint *lint)
{
	const struct import *import;
	const struct declaration *declaration;

	for (import = lint->file->imports; import != NULL; import = import->next) {
		for (declaration = import->file->first; declaration != NULL;
			declaration = declaration->next)
			if (is_said(lint, declaration->name))
				break;
		if (declaration == NULL)
			lint_report(lint, L0107, import->span,
				"nothing of `%s` is used", import->path);
	}
}

static void import_order(struct lint *lint)
{
	const struct ast_declaration *ast = lint->ast.first, *next;

	for (; ast != NULL && ast->next != NULL; ast = next) {
		next = ast->next;
		if (ast->kind == AST_IMPORT && next->kind == AST_IMPORT
			&& strcmp(next->text.text, ast->text.text) < 0)
			diag_second(lint_report(lint, L0108, next->text.span,
				"`%s` comes before `%s`", next->text.text,
				ast->text.text), ast->text.span, "behind this");
	}
}

/* ---- more ---- */

static void doc_behind(struct lint *lint)
{
	size_t at, i;

	for (at = 0; at <= lint->lexemes.count; at++) {
		const struct lexeme *token = &lint->lexemes.items[at];

		for (i = 0; i < token->comment_count; i++)
			if (token->comments[i].is_doc
				&& !token->comments[i].place.on_new_line)
				diag_help(lint_report(lint, L0109,
					token->comments[i].span,
					"this documents what comes next, not "
					"what stands before it"),
					"put it on its own line, or write `//`");
	}
}

/* How much of the name says the type's name again, letters only; 0: it does not. */
static size_t repeated(const char *type, const char *name)
{
	const char *at = name;

	for (; *type != '\0'; type++, at++) {
		if (*at == '_' && at > name)
			at++;
		if (tolower((unsigned char)*at) != tolower((unsigned char)*type))
			return 0;
	}
	return *at == '_' && at[1] != '\0' ? (size_t)(at - name) + 1 : 0;
}

static void enumerator_repeats(struct lint *lint, const struct declaration *owner,
	const struct enumerator *enumerator)
{
	size_t size = repeated(owner->name, enumerator->name);

	if (size > 0 && !isdigit((unsigned char)enumerator->name[size]))
		diag_help(lint_report(lint, L0110, enumerator->span,
			"`%s` says the name of `%s` again", enumerator->name,
			owner->name), "in C it is %s_%s; `%s` is enough",
			owner->c_name, enumerator->name,
			enumerator->name + size);
}

static bool is_bool(const struct member *member)
{
	return member != NULL && member->type != NULL
		&& member->type->kind == TYPE_BOOL;
}

static void bool_negated(struct lint *lint, const struct declaration *owner,
	const struct member *member, const struct member *before)
{
	static const char *const prefixes[] = { "no_", "not_", "non_", "dont_",
		"disable_", "without_" };
	size_t i;

	(void)owner;
	(void)before;
	for (i = 0; is_bool(member) && i < sizeof prefixes / sizeof prefixes[0]; i++)
		if (strncmp(member->name, prefixes[i], strlen(prefixes[i])) == 0)
			diag_help(lint_report(lint, L0111, member->span,
				"`%s` is true if something is not", member->name),
				"say it the other way round: `not %s` is read "
				"twice", member->name);
}

/* The third in a row of bools is told. */
static void many_bools(struct lint *lint, const struct method *method,
	const struct declaration *message)
{
	const struct member *member = message->as.message.head.body.first;
	unsigned row = 0;

	(void)method;
	for (; member != NULL; member = member->next) {
		row = is_bool(member) ? row + 1 : 0;
		if (row == 3)
			diag_help(lint_report(lint, L0112, member->span,
				"`%s` is the third bool in a row", member->name),
				"a caller mistakes one for another; `bits` have "
				"names");
	}
}

static void tags_order(struct lint *lint, const struct declaration *owner,
	const struct member *member, const struct member *before)
{
	(void)owner;
	if (before != NULL && member->tag != 0 && before->tag > member->tag)
		diag_second(lint_report(lint, L0113, member->span,
			"tag %ju stands behind tag %ju", (uintmax_t)member->tag,
			(uintmax_t)before->tag), before->span, "this is higher");
}

static void interface_empty(struct lint *lint, const struct declaration *declaration)
{
	if (declaration->kind == DECLARATION_INTERFACE
		&& declaration->as.interface.method_count == 0
		&& declaration->as.interface.event_count == 0)
		lint_report(lint, L0114, declaration->span,
			"nothing can be asked of `%s`", declaration->name);
}

static void error_again(struct lint *lint, const struct declaration *interface,
	const struct method *method)
{
	const struct ast_declaration *ast = lint_ast(lint, interface);
	const struct ast_item *own = lint_ast_item(lint, interface, method), *item;

	if (ast == NULL || own == NULL || own->error.first == NULL)
		return;
	for (item = ast->items.first; item != NULL; item = item->next)
		if (item->kind == AST_ERROR && strcmp(
			ast_path_text(lint->arena, &item->error),
			ast_path_text(lint->arena, &own->error)) == 0)
			diag_second(lint_report(lint, L0115, own->error.span,
				"`%s` has these errors anyway", method->name),
				item->error.span, "said here for all methods");
}

static bool is_one_bit(struct number value)
{
	uint64_t low = value.low;

	return !value.negative && value.high == 0 && low != 0
		&& (low & (low - 1)) == 0;
}

static void consts_bits(struct lint *lint, const struct declaration *declaration)
{
	const struct enumerator *enumerator;

	if (declaration->kind != DECLARATION_CONSTS
		|| declaration->as.enumeration.count < 3)
		return;
	for (enumerator = declaration->as.enumeration.first; enumerator != NULL;
		enumerator = enumerator->next)
		if (!is_one_bit(enumerator->value))
			return;
	diag_help(lint_report(lint, L0116, declaration->span,
		"each value of `%s` is one bit", declaration->name),
		"`bits` says that they can be together");
}

static void namespace_name(struct lint *lint)
{
	const struct ast_declaration *ast = lint->ast.first;

	for (; ast != NULL; ast = ast->next)
		if (ast->kind == AST_NAMESPACE
			&& has_character(lint->file->namespace, isupper))
			diag_help(lint_report(lint, L0117, ast->span,
				"the namespace `%s` has capital letters",
				lint->file->namespace),
				"namespaces are written like.this");
}

const struct lint_rule lint_style[] = {
	{ L0101, .declaration = type_name },
	{ L0102, .member = member_name, .method = method_name },
	{ L0103, .declaration = const_name, .enumerator = enumerator_name },
	{ L0104, .file = underscores },
	{ L0105, .declaration = interface_doc },
	{ L0106, .method = method_doc },
	{ L0107, .file = import_unused },
	{ L0108, .file = import_order },
	{ L0109, .file = doc_behind },
	{ L0110, .enumerator = enumerator_repeats },
	{ L0111, .member = bool_negated },
	{ L0112, .parameters = many_bools },
	{ L0113, .member = tags_order },
	{ L0114, .declaration = interface_empty },
	{ L0115, .method = error_again },
	{ L0116, .declaration = consts_bits },
	{ L0117, .file = namespace_name },
	{ .code = DIAG_CODE_COUNT },
};
