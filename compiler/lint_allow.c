/*
 * What the source allows: `// lint: allow L0101, L0102 because ...`.
 *
 * Behind something it holds for its line; on its own line for the piece behind
 * it, all of it; before the namespace for the file.
 */
#include <string.h>

#include "compiler/fmt_tree.h"
#include "compiler/lint.h"
#include "idl/grammar.h"

struct lint_allow {
	struct lint_allow *next;
	enum diag_code code;
	struct span span;		/* of the comment */
	uint32_t from, to;		/* offsets of what it holds for */
	bool used;
};

struct text {
	const char *at;
	const char *end;
};

static void skip_blanks(struct text *text)
{
	while (text->at < text->end && strchr(" \t", *text->at) != NULL)
		text->at++;
}

static bool take(struct text *text, const char *word)
{
	size_t size = strlen(word);

	skip_blanks(text);
	if ((size_t)(text->end - text->at) < size
		|| memcmp(text->at, word, size) != 0)
		return false;
	text->at += size;
	return true;
}

/* ---- what it holds for ---- */

static const struct fmt_piece *find_piece(const struct fmt_piece *pieces, size_t at)
{
	const struct fmt_piece *found;

	for (; pieces != NULL; pieces = pieces->next) {
		if (pieces->first == at)
			return pieces;
		if (at >= pieces->end || pieces->pieces == NULL)
			continue;
		found = find_piece(pieces->pieces, at);
		if (found != NULL)
			return found;
	}
	return NULL;
}

static void cover_line(struct lint_allow *allow, const struct source *source,
	uint32_t line)
{
	allow->from = source->line_starts[line - 1];
	allow->to = line < source->lines ? source->line_starts[line]
		: (uint32_t)source->size + 1;
}

static void cover(const struct lint *lint, struct lint_allow *allow,
	const struct lexeme_comment *comment, size_t at, const struct fmt_tree *tree)
{
	const struct lexeme *items = lint->lexemes.items;
	const struct source *source = comment->span.source;
	const struct fmt_piece *piece;

	if (!comment->place.on_new_line) {
		cover_line(allow, source, comment->span.line);
		return;
	}
	piece = find_piece(tree->pieces, at);
	if (piece == NULL) {
		cover_line(allow, source, items[at].span.line);
		return;
	}
	allow->from = items[at].span.offset;
	allow->to = items[piece->end - 1].span.offset + 1;
	if (items[piece->key].kind == KW_NAMESPACE) {
		allow->from = 0;
		allow->to = (uint32_t)source->size + 1;
	}
}

/* ---- reading ---- */

static bool read_code(struct lint *lint, struct text *text, struct span span,
	struct lint_allow *model)
{
	struct lint_allow *allow;
	size_t size = 0;

	skip_blanks(text);
	while (text->at + size < text->end
		&& strchr(" \t,", text->at[size]) == NULL)
		size++;
	model->code = lint_code(text->at, size);
	if (model->code == DIAG_CODE_COUNT) {
		if (lint->chosen[L0001])
			diag_report(lint->diags, L0001, span,
				"there is no lint `%.*s`", (int)size, text->at);
		return false;
	}
	text->at += size;
	allow = ARENA_NEW(lint->arena, struct lint_allow);
	*allow = *model;
	allow->next = lint->allows;
	lint->allows = allow;
	return true;
}

static void read_allow(struct lint *lint, const struct lexeme_comment *comment,
	size_t at, const struct fmt_tree *tree)
{
	struct text text = { comment->span.source->text + comment->span.offset,
		NULL };
	struct lint_allow model = { .span = comment->span };

	text.end = text.at + comment->span.size;
	if (comment->is_block || !take(&text, "//") || !take(&text, "lint:"))
		return;
	if (!take(&text, "allow ")) {
		if (lint->chosen[L0001])
			diag_help(diag_report(lint->diags, L0001, comment->span,
				"this is not understood"),
				"it is written `// lint: allow L0101 because ...`");
		return;
	}
	cover(lint, &model, comment, at, tree);
	do {
		if (!read_code(lint, &text, comment->span, &model))
			return;
	} while (take(&text, ","));
	if (!take(&text, "because ") && lint->chosen[L0002])
		diag_help(diag_report(lint->diags, L0002, comment->span,
			"nothing says why this is allowed"),
			"write `because` and a reason behind the code");
}

void lint_read_allows(struct lint *lint)
{
	struct fmt_tree tree = fmt_tree(lint->arena, &lint->lexemes);
	size_t at, i;

	for (at = 0; at <= lint->lexemes.count; at++)
		for (i = 0; i < lint->lexemes.items[at].comment_count; i++)
			read_allow(lint, &lint->lexemes.items[at].comments[i], at,
				&tree);
}

bool lint_is_allowed(struct lint *lint, enum diag_code code, const struct span *span)
{
	struct lint_allow *allow;
	bool allowed = false;

	for (allow = lint->allows; allow != NULL; allow = allow->next)
		if (allow->code == code && span->offset >= allow->from
			&& span->offset < allow->to)
			allow->used = allowed = true;
	return allowed;
}

void lint_report_unused(struct lint *lint)
{
	const struct lint_allow *allow;

	if (!lint->chosen[L0003])
		return;
	for (allow = lint->allows; allow != NULL; allow = allow->next)
		if (!allow->used && lint->chosen[allow->code])
			diag_help(diag_report(lint->diags, L0003, allow->span,
				"there is no %s here to allow",
				diag_code_name(allow->code)),
				"remove it: it would hide a later one");
}
