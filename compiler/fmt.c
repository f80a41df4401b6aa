/*
 * Lays out tokens. Lines are broken where the marks of fmt_tree.c allow it, at
 * the outermost lists first; a block on one line stays there if it fits;
 * enumerators and members stay in the rows that they are written in.
 */
#include "compiler/fmt.h"

#include <string.h>

#include "compiler/fmt_range.h"
#include "compiler/fmt_tree.h"
#include "idl/parse.h"

#define NO_TOKEN SIZE_MAX

struct fmt {
	struct printer out;
	const struct lexeme *tokens;
	const struct fmt_mark *marks;
	size_t column;
	size_t line;
	bool is_fresh;			/* nothing on this line yet */
	bool must_break;		/* behind a comment to the line's end */
	size_t commented;		/* the token whose comments are out */
	size_t trailed;			/* the one of which those are that trail */
};

static void print_pieces(struct fmt *fmt, const struct fmt_piece *pieces,
	bool in_rows, unsigned indent);

/* ---- text ---- */

static size_t columns_of(const char *text, size_t size)
{
	size_t columns = 0, i;

	for (i = 0; i < size; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

static void put_text(struct fmt *fmt, const char *text, size_t size)
{
	print(&fmt->out, "%.*s", (int)size, text);
	fmt->column += columns_of(text, size);
	fmt->is_fresh = false;
}

static void put_blank(struct fmt *fmt)
{
	if (!fmt->is_fresh)
		put_text(fmt, " ", 1);
}

/* Ends the line, perhaps with an empty one behind it. */
static void put_line(struct fmt *fmt, bool empty, unsigned indent)
{
	unsigned i;

	if (fmt->out.size > 0)
		print(&fmt->out, empty ? "\n\n" : "\n");
	for (i = 0; i < indent; i++)
		print(&fmt->out, "\t");
	fmt->column = (size_t)indent * FMT_TAB;
	fmt->line++;
	fmt->is_fresh = true;
	fmt->must_break = false;
}

/* Of several lines each as it is, without blanks at its end. */
static void put_comment(struct fmt *fmt, const struct lexeme_comment *comment)
{
	const char *text = comment->span.source->text + comment->span.offset;
	const char *end = text + comment->span.size, *line = text, *stop, *cut;

	for (;; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		cut = stop == NULL ? end : stop;
		while (cut > line && strchr(" \t\r\f", cut[-1]) != NULL)
			cut--;
		put_text(fmt, line, (size_t)(cut - line));
		if (stop == NULL)
			break;
		print(&fmt->out, "\n");
		fmt->column = 0;
	}
	fmt->must_break = !comment->is_block;
}

/* ---- comments around tokens ---- */

/* How many comments of a token stand behind the one before it, on its line. */
static size_t trailing_count(const struct lexeme *token)
{
	size_t count = 0;

	while (count < token->comment_count
		&& !token->comments[count].place.on_new_line)
		count++;
	return count;
}

static void put_trailing(struct fmt *fmt, size_t at)
{
	size_t count = trailing_count(&fmt->tokens[at]), i;

	for (i = 0; i < count; i++) {
		put_blank(fmt);
		put_comment(fmt, &fmt->tokens[at].comments[i]);
	}
}

/* Begins the line of something, or goes on in this one. */
static void put_start(struct fmt *fmt, struct lexeme_place place, bool is_first,
	unsigned indent)
{
	if (place.on_new_line || is_first || fmt->must_break)
		put_line(fmt, place.behind_blank && !is_first, indent);
	else
		put_blank(fmt);
}

/*
 * Begins the line of a token, with the comments before it but those that trail.
 * False: it has none, and the line is not begun.
 */
static bool put_leading(struct fmt *fmt, size_t at, bool is_first, unsigned indent)
{
	const struct lexeme *token = &fmt->tokens[at];
	size_t from = trailing_count(token), i;

	fmt->commented = at;
	for (i = from; i < token->comment_count; i++) {
		put_start(fmt, token->comments[i].place, is_first, indent);
		put_comment(fmt, &token->comments[i]);
		is_first = false;
	}
	return i > from;
}

static void start_token(struct fmt *fmt, size_t at, bool is_first, unsigned indent)
{
	struct lexeme_place place = fmt->tokens[at].place;

	if (put_leading(fmt, at, is_first, indent))
		put_start(fmt, place, false, indent);
	else
		put_line(fmt, place.behind_blank && !is_first, indent);
}

static bool opens(const struct lexeme *token)
{
	return span_is(&token->span, "(") || span_is(&token->span, "[")
		|| span_is(&token->span, "<");
}

/* Comments within a piece; the line goes on behind them if it can. */
static void put_inner_comments(struct fmt *fmt, const struct lexeme *token,
	unsigned indent)
{
	size_t i = fmt->trailed == (size_t)(token - fmt->tokens)
		? trailing_count(token) : 0;

	for (; i < token->comment_count; i++) {
		const struct lexeme_comment *comment = &token->comments[i];

		if (!fmt->is_fresh && (comment->place.on_new_line
			|| fmt->must_break))
			put_line(fmt, false, indent);
		if (i > 0 || !opens(token - 1))
			put_blank(fmt);
		put_comment(fmt, comment);
	}
	if (fmt->must_break || (i > trailing_count(token)
		&& token->place.on_new_line))
		put_line(fmt, false, indent);
}

static void put_token(struct fmt *fmt, size_t at, unsigned indent)
{
	const struct lexeme *token = &fmt->tokens[at];
	bool commented = fmt->commented != at && token->comment_count > 0;

	if (commented)
		put_inner_comments(fmt, token, indent);
	if (commented || fmt->marks[at].blank)
		put_blank(fmt);
	put_text(fmt, token->span.source->text + token->span.offset, token->span.size);
}

static void put_tokens(struct fmt *fmt, size_t at, size_t end, unsigned indent)
{
	for (; at < end; at++)
		put_token(fmt, at, indent);
}

/* ---- widths ---- */

/* Whether a line goes on from the token before this, comments and all. */
static bool goes_on(const struct lexeme *token)
{
	size_t i;

	for (i = 0; i < token->comment_count; i++) {
		const struct lexeme_comment *comment = &token->comments[i];

		if (comment->place.on_new_line || !comment->is_block
			|| span_last_line(&comment->span) != comment->span.line)
			return false;
	}
	return true;
}

/* On one line, or up to where a comment breaks it; a blank before it is not
 * counted. */
static size_t width_of(const struct fmt *fmt, size_t at, size_t end)
{
	const struct lexeme *tokens = fmt->tokens;
	size_t first = at, width = 0, i;

	for (; at < end; at++) {
		const char *text = tokens[at].span.source->text;

		if (at != fmt->commented) {
			if (!goes_on(&tokens[at]))
				break;
			for (i = 0; i < tokens[at].comment_count; i++)
				width += 1 + columns_of(text
					+ tokens[at].comments[i].span.offset,
					tokens[at].comments[i].span.size);
		}
		width += (at > first && fmt->marks[at].blank)
			+ columns_of(text + tokens[at].span.offset,
				tokens[at].span.size);
	}
	return width;
}

static bool fits(const struct fmt *fmt, size_t column, size_t at, size_t end)
{
	return column + width_of(fmt, at, end) <= FMT_WIDTH;
}

/* ---- lines ---- */

/* Breaks a line within a piece; a comment stays with what it stands behind. */
static void break_line(struct fmt *fmt, size_t at, unsigned indent)
{
	if (fmt->commented != at)
		put_trailing(fmt, at);
	fmt->trailed = at;
	put_line(fmt, false, indent);
}

static void fill(struct fmt *fmt, size_t at, size_t end, unsigned level,
	unsigned indent);

/* A reply that fits on a line of its own is not broken to fill this one; nor if
 * the parameters before it took more than a line. */
static bool is_moved(const struct fmt *fmt, size_t at, size_t end, bool is_broken,
	unsigned indent)
{
	return fmt->marks[at].is_arrow && !fits(fmt, fmt->column + 1, at, end)
		&& (is_broken || fits(fmt, (size_t)indent * FMT_TAB, at, end));
}

/* What stands between two breaks of a level. */
static void fill_unit(struct fmt *fmt, size_t at, size_t end, unsigned level,
	unsigned indent)
{
	bool blank = !fmt->is_fresh && fmt->marks[at].blank;

	if (!fits(fmt, fmt->column + blank, at, end) && !fmt->is_fresh
		&& fmt->marks[at].breaks <= level)
		break_line(fmt, at, indent);
	if (fits(fmt, fmt->column + blank, at, end) || level >= FMT_ANYWHERE)
		put_tokens(fmt, at, end, indent);
	else
		fill(fmt, at, end, level + 1, indent);
}

static void fill(struct fmt *fmt, size_t at, size_t end, unsigned level,
	unsigned indent)
{
	size_t next, line = fmt->line;

	for (; at < end; at = next) {
		for (next = at + 1; next < end; next++)
			if (fmt->marks[next].breaks <= level)
				break;
		if (level == FMT_COMMA && !fmt->is_fresh
			&& is_moved(fmt, at, end, fmt->line != line, indent))
			break_line(fmt, at, indent);
		fill_unit(fmt, at, next, level, indent);
	}
}

/* ---- pieces ---- */

/* Whether a block and what is before it are written on one line. */
static bool is_on_one_line(const struct fmt *fmt, const struct fmt_piece *piece,
	size_t first)
{
	size_t at;

	for (at = first + 1; at < piece->end; at++)
		if (fmt->tokens[at].place.on_new_line || !goes_on(&fmt->tokens[at]))
			return false;
	return true;
}

static void print_block(struct fmt *fmt, const struct fmt_piece *piece,
	bool in_rows, unsigned indent)
{
	if (piece->pieces == NULL && fmt->tokens[piece->close].comment_count == 0) {
		put_token(fmt, piece->close, indent);
		return;
	}
	put_trailing(fmt, piece->open + 1);
	print_pieces(fmt, piece->pieces, in_rows, indent + 1);
	put_leading(fmt, piece->close, piece->pieces == NULL, indent + 1);
	put_line(fmt, false, indent);
	put_token(fmt, piece->close, indent);
}

/* The line of its first token is begun. */
static void print_piece(struct fmt *fmt, const struct fmt_piece *piece, unsigned indent)
{
	size_t first = piece->first;
	bool one_line;

	if (piece->is_tall) {
		fill(fmt, first, piece->key, FMT_COMMA, indent + 1);
		first = piece->key;
		put_trailing(fmt, first);
		start_token(fmt, first, true, indent);
	}
	one_line = is_on_one_line(fmt, piece, first);
	if (piece->open == 0) {
		fill(fmt, first, piece->end, FMT_COMMA, indent + 1);
	} else if (one_line && fits(fmt, fmt->column, first, piece->end)) {
		put_tokens(fmt, first, piece->end, indent + 1);
	} else {
		fill(fmt, first, piece->open + 1, FMT_COMMA, indent + 1);
		print_block(fmt, piece, piece->has_rows
			|| (piece->may_have_rows && !one_line), indent);
	}
}

/* Whether an enumerator or member goes on in the line of the one before it. */
static bool stays_in_row(const struct fmt *fmt, const struct fmt_piece *piece,
	const struct fmt_piece *before)
{
	const struct lexeme *token = &fmt->tokens[piece->first];

	return piece->open == 0 && !piece->is_label && before->open == 0
		&& !before->is_label && !token->place.on_new_line && !fmt->must_break
		&& token->comment_count == trailing_count(token)
		&& fits(fmt, fmt->column + 1, piece->first, piece->end);
}

static void print_pieces(struct fmt *fmt, const struct fmt_piece *pieces,
	bool in_rows, unsigned indent)
{
	const struct fmt_piece *piece, *before = NULL;
	bool is_first = true;

	for (piece = pieces; piece != NULL; before = piece, piece = piece->next) {
		unsigned own = piece->is_label ? indent - 1 : indent;

		fmt->commented = piece->first;
		if (before == NULL || !in_rows || !stays_in_row(fmt, piece, before))
			start_token(fmt, piece->first, is_first, own);
		print_piece(fmt, piece, own);
		put_trailing(fmt, piece->end);
		is_first = piece->is_label;
	}
}

static void print_file(struct fmt *fmt, const struct fmt_tree *tree, size_t end)
{
	print_pieces(fmt, tree->pieces, false, 0);
	put_leading(fmt, end, tree->pieces == NULL, 0);
	if (fmt->out.size > 0)
		print(&fmt->out, "\n");
}

/* The text must be the same but for blanks: this is to find our own mistakes
 * before they cost anybody a comment. */
static struct fmt_result checked(struct arena *arena, const struct lexemes *before,
	const struct printer *out, struct fmt_lines lines)
{
	const struct source *source = before->items[before->count].span.source;
	struct fmt_result result = { .text = "" };
	struct lexemes after;

	if (out->size > 0)
		result.text = arena_copy(arena, out->text, out->size);
	result.size = out->size;
	source = source_from_text(arena, diag_new(arena), source->path,
		result.text, result.size, (struct span){ 0 });
	if (source == NULL)
		return (struct fmt_result){ .mistake = "what kind of file it is" };
	after = lexemes_read(arena, source);
	result.mistake = fmt_difference(arena, before, &after);
	if (result.mistake != NULL)
		result.text = NULL;
	else if (lines.first != 0)
		result.text = fmt_range(arena, before, &after, lines, &result.size);
	return result;
}

struct fmt_result fmt_source(struct arena *arena, struct diagnostics *diags,
	const struct source *source, struct fmt_lines lines)
{
	unsigned errors = diag_errors(diags);
	struct lexemes lexemes;
	struct fmt_tree tree;
	struct fmt fmt = { .out.arena = arena, .commented = NO_TOKEN,
		.trailed = NO_TOKEN };

	parse_source(arena, diags, source);
	if (diag_errors(diags) != errors)
		return (struct fmt_result){ 0 };
	lexemes = lexemes_read(arena, source);
	tree = fmt_tree(arena, &lexemes);
	fmt.tokens = lexemes.items;
	fmt.marks = tree.marks;
	print_file(&fmt, &tree, lexemes.count);
	return checked(arena, &lexemes, &fmt.out, lines);
}
