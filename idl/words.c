/*
 * Words: which of them is the type, which the name, and what stands before.
 */
#include <string.h>

#include "idl/check.h"

/*
 * `uint32 a` on a line and `uint32 b;` on the next are four words. The break
 * tells where the separator is missing.
 */
static bool words_broken(struct check *check, const struct ast_words *words,
	char separator)
{
	const struct ast_word *word, *before = words->first;
	unsigned i = 1;

	for (word = before->next; word != NULL; word = word->next, i++) {
		if (i >= 2 && word->span.line != before->span.line) {
			diag_second(diag_report(check->diags, E0108,
				span_behind(before->span), "a `%c` is missing here",
				separator), word->span,
				"this belongs to the next");
			return true;
		}
		before = word;
	}
	return false;
}

/* docs/language.md, "Optional members": it stands once, and before members. */
static bool words_optional(struct check *check, const struct ast_word *word,
	bool *is_optional)
{
	if (is_optional == NULL)
		diag_report(check->diags, E0419, word->span,
			"only a member or parameter can be optional");
	else if (*is_optional)
		diag_report(check->diags, E0419, word->span,
			"`optional` stands here twice");
	if (is_optional == NULL || *is_optional)
		return false;
	*is_optional = true;
	return true;
}

static bool same_word(struct check *check, const struct ast_word *a,
	const struct ast_word *b)
{
	return strcmp(ast_path_text(check->arena, &a->path),
		ast_path_text(check->arena, &b->path)) == 0
		&& (a->suffixes.first == NULL) == (b->suffixes.first == NULL);
}

/* As constants and enumerators are written. */
static bool is_upper(const char *text)
{
	const char *dot = strrchr(text, '.');

	text = dot != NULL ? dot + 1 : text;
	return text[0] >= 'A' && text[0] <= 'Z'
		&& strpbrk(text, "abcdefghijklmnopqrstuvwxyz") == NULL;
}

/* Too many words: one of them twice, or what stood between them is gone. */
static void report_modifier(struct check *check, const struct ast_words *words,
	const struct ast_word *word, char separator)
{
	const char *text = ast_path_text(check->arena, &word->path);
	const char *last = ast_path_text(check->arena, &words->last->path);
	const struct ast_word *at;
	struct diagnostic *report;

	for (at = word; at->next != NULL && !same_word(check, at, at->next);)
		at = at->next;
	if (at->next == NULL && word->next != words->last
		&& word->next->next != words->last) {
		diag_second(diag_report(check->diags, E0108,
			span_behind(word->next->span), "a `%c` is missing here",
			separator), word->next->next->span,
			"this belongs to the next");
		return;
	}
	report = diag_report(check->diags, E0110, word->span,
		"`%s` is no modifier", text);
	if (at->next != NULL)
		diag_help(report, "`%s` stands here twice",
			ast_path_text(check->arena, &at->path));
	else if (edit_is_near("optional", edit_distance(text, "optional")))
		diag_help(report, "did you mean `optional`?");
	else if (is_upper(last))
		diag_help(report, "is a `=` missing before `%s`?", last);
	else if (word->next == words->last)
		diag_help(report, "remove `%s` or `%s`", text, last);
	else
		diag_help(report, "it is written `type name`: remove one of "
			"`%s`, `%s` and `%s`, or is a `%c` or `=` missing "
			"between them?", text,
			ast_path_text(check->arena, &word->next->path), last,
			separator);
}

/* docs/language.md, "Messages": `tail:` opens a section. */
static bool words_section(struct check *check, const struct ast_words *words)
{
	const struct ast_word *word = words->first;

	if (word->suffixes.first != NULL || words->count < 3
		|| strcmp(ast_path_text(check->arena, &word->path), "tail") != 0)
		return false;
	diag_second(diag_report(check->diags, E0108, span_behind(word->span),
		"a `:` is missing here"), word->next->span,
		"this belongs to the section");
	return true;
}

/* What stands before the type. */
static bool words_modifiers(struct check *check, const struct ast_words *words,
	const struct ast_word *end, char separator, bool *is_optional)
{
	const struct ast_word *word;
	const char *text;

	for (word = words->first; word != end; word = word->next) {
		text = ast_path_text(check->arena, &word->path);
		if (strcmp(text, "optional") == 0
			&& word->suffixes.first == NULL) {
			if (!words_optional(check, word, is_optional))
				return false;
			continue;
		}
		report_modifier(check, words, word, separator);
		return false;
	}
	return true;
}

static bool name_has_dots(struct check *check, const struct ast_word *word)
{
	if (word->path.first == word->path.last)
		return false;
	diag_report(check->diags, E0112, word->path.span,
		"a name has no dots where it is declared");
	return true;
}

bool words_roles(struct check *check, const struct ast_words *words,
	char separator, struct ast_word **type, struct ast_name **name,
	bool *is_optional)
{
	struct ast_word *last = words->last;

	if (words->count == 1) {
		diag_help(diag_report(check->diags, E0111, last->span,
			"a type or a name is missing"),
			"it is written `type name`");
		return false;
	}
	if (words_section(check, words)
		|| words_broken(check, words, separator))
		return false;
	for (*type = words->first; (*type)->next != last;)
		*type = (*type)->next;
	if (name_has_dots(check, last))
		return false;
	if (last->suffixes.first != NULL) {
		diag_help(diag_report(check->diags, E0112,
			last->suffixes.first->span,
			"brackets belong to the type, not to the name"),
			"write `%s[...] %s`",
			ast_path_text(check->arena, &(*type)->path),
			last->path.first->text);
		return false;
	}
	*name = last->path.first;
	return words_modifiers(check, words, *type, separator, is_optional);
}

bool words_name(struct check *check, const struct ast_words *words,
	struct ast_name **name)
{
	struct ast_word *word = words->last;

	if (name_has_dots(check, word))
		return false;
	*name = word->path.first;
	if (word->suffixes.first == NULL && !is_type_name((*name)->text))
		return true;
	diag_help(diag_report(check->diags, E0111, word->span,
		"a name is missing"), "it is written `type name`, or `name` "
		"alone for an arm without value");
	return false;
}

bool words_type(struct check *check, const struct ast_words *words,
	struct ast_word **type)
{
	*type = words->last;
	return !words_broken(check, words, ';')
		&& words_modifiers(check, words, words->last, ';', NULL);
}
