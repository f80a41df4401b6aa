/*
 * A source and its layout side by side, token by token.
 */
#include "compiler/fmt_range.h"

#include <string.h>

/* ---- the difference ---- */

/* Whether the comments say the same, blanks at the ends of lines aside. */
static bool same_comment(const struct span *a, const struct span *b)
{
	const char *x = a->source->text + a->offset, *x_end = x + a->size;
	const char *y = b->source->text + b->offset, *y_end = y + b->size;

	for (; x < x_end && y < y_end; x++, y++) {
		const char *skipped = x;

		while (skipped < x_end && strchr(" \t\r\f", *skipped) != NULL)
			skipped++;
		if (skipped < x_end && *skipped == '\n' && *y == '\n')
			x = skipped;
		if (*x != *y)
			return false;
	}
	return x == x_end && y == y_end;
}

static const char *text_of(struct arena *arena, const struct span *span)
{
	return arena_copy(arena, span->source->text + span->offset, span->size);
}

static const char *comments_differ(struct arena *arena, const struct lexeme *a,
	const struct lexeme *b)
{
	size_t i;

	for (i = 0; i < a->comment_count && i < b->comment_count; i++)
		if (!same_comment(&a->comments[i].span, &b->comments[i].span))
			return arena_printf(arena, "the comment of line %u, `%s`",
				a->comments[i].span.line,
				text_of(arena, &a->comments[i].span));
	if (a->comment_count == b->comment_count)
		return NULL;
	return arena_printf(arena, "the comments before line %u", a->span.line);
}

const char *fmt_difference(struct arena *arena, const struct lexemes *before,
	const struct lexemes *after)
{
	const char *difference;
	size_t i;

	for (i = 0; i <= before->count && i <= after->count; i++) {
		const struct lexeme *a = &before->items[i], *b = &after->items[i];
		const char *text = text_of(arena, &a->span);

		if (a->kind != b->kind || !span_is(&b->span, text))
			return arena_printf(arena, "`%s` of line %u", text,
				a->span.line);
		difference = comments_differ(arena, a, b);
		if (difference != NULL)
			return difference;
	}
	return before->count == after->count ? NULL : "its end";
}

/* ---- a range of lines ---- */

/*
 * The offset behind the line's end between a token and the one before it, what
 * trails that included; UINT32_MAX if they are on one line.
 */
static uint32_t line_end(const struct lexemes *lexemes, size_t at)
{
	const struct lexeme *token = &lexemes->items[at];
	const struct span *last = at == 0 ? NULL : &lexemes->items[at - 1].span;
	uint32_t offset;
	size_t i = 0;
	const char *text = token->span.source->text;

	if (at == 0)
		return 0;
	for (; i < token->comment_count && !token->comments[i].place.on_new_line; i++)
		last = &token->comments[i].span;
	if (i == token->comment_count && !token->place.on_new_line)
		return UINT32_MAX;
	offset = last->offset + last->size;
	while (text[offset] != '\n' && text[offset] != '\0')
		offset++;
	return offset + (text[offset] == '\n');
}

/* The line that begins at such an offset. */
static unsigned line_behind(const struct lexemes *lexemes, size_t at)
{
	const struct lexeme *token = &lexemes->items[at];
	const struct span *last = at == 0 ? NULL : &lexemes->items[at - 1].span;
	size_t i;

	if (at == 0)
		return 1;
	for (i = 0; i < token->comment_count
		&& !token->comments[i].place.on_new_line; i++)
		last = &token->comments[i].span;
	return span_last_line(last) + 1;
}

const char *fmt_range(struct arena *arena, const struct lexemes *before,
	const struct lexemes *after, struct fmt_lines lines, size_t *size)
{
	const struct source *old = before->items[before->count].span.source;
	const struct source *new = after->items[after->count].span.source;
	uint32_t from = 0, to = (uint32_t)old->size;
	uint32_t new_from = 0, new_to = (uint32_t)new->size;
	const char *text;
	size_t at;

	for (at = 0; at <= before->count; at++) {
		uint32_t a = line_end(before, at), b = line_end(after, at);

		if (a == UINT32_MAX || b == UINT32_MAX)
			continue;
		if (line_behind(before, at) <= lines.first) {
			from = a;
			new_from = b;
		} else if (line_behind(before, at) > lines.last) {
			to = a;
			new_to = b;
			break;
		}
	}
	text = arena_printf(arena, "%.*s%.*s%s", (int)from, old->text,
		(int)(new_to - new_from), new->text + new_from, old->text + to);
	*size = strlen(text);
	return text;
}
