/*
 * The formatter's view of a source. The parser has taken it, so that a few
 * tokens tell what a piece is: the first behind the attributes, and its marks.
 */
#include "compiler/fmt_tree.h"

#include "idl/grammar.h"

struct reading {
	struct arena *arena;
	const struct lexeme *tokens;
	struct fmt_mark *marks;
	size_t count;
	size_t at;
};

static int kind_at(const struct reading *reading, size_t at)
{
	return at < reading->count ? reading->tokens[at].kind : 0;
}

static int depth_change(int kind)
{
	switch (kind) {
	case '(': case '[': case '{': case '<':
		return 1;
	case ')': case ']': case '}': case '>':
		return -1;
	}
	return 0;
}

/* Behind the bracket that closes the one that stands there. */
static size_t behind_bracket(const struct reading *reading, size_t at)
{
	int depth = 0;

	do
		depth += depth_change(kind_at(reading, at));
	while (++at < reading->count && depth > 0);
	return at;
}

static size_t behind_attributes(const struct reading *reading, size_t at)
{
	while (kind_at(reading, at) == ATTRIBUTE) {
		at++;
		if (kind_at(reading, at) == '(')
			at = behind_bracket(reading, at);
	}
	return at;
}

static bool is_sign(int kind)
{
	return kind == '-' || kind == '+' || kind == '~';
}

static bool is_operator(int kind)
{
	switch (kind) {
	case '|': case '^': case '&': case '*': case '/': case '%':
	case SHL: case SHR:
		return true;
	}
	return is_sign(kind);
}

/* A sign behind this is a number's own. */
static bool takes_sign(int kind)
{
	switch (kind) {
	case '(': case '[': case '<': case ',': case '=': case LE: case DOTDOT:
		return true;
	}
	return is_operator(kind);
}

static bool is_own_sign(const struct reading *reading, size_t at, size_t key)
{
	return is_sign(kind_at(reading, at))
		&& (at == key + 1 || takes_sign(kind_at(reading, at - 1)));
}

/* A blank between two tokens of one line. */
static bool has_blank(const struct reading *reading, size_t at, size_t key)
{
	int before = kind_at(reading, at - 1), kind = kind_at(reading, at);

	switch (kind) {
	case ';': case ',': case ')': case ']': case '.': case '[': case '<':
	case '>': case LE:
		return false;
	case '(':
		return before == ARROW || before == '=' || before == ','
			|| (is_operator(before)
			&& !is_own_sign(reading, at - 1, key));
	}
	switch (before) {
	case '(': case '[': case '<': case '.': case LE:
		return false;
	}
	return !is_sign(before) || !is_own_sign(reading, at - 1, key);
}

static enum fmt_break breaks_at(const struct reading *reading, size_t at,
	const struct fmt_piece *piece, int depth)
{
	int before = kind_at(reading, at - 1), kind = kind_at(reading, at);
	bool behind_error = before == KW_METHOD || before == ARROW || before == '.';

	if (!reading->marks[at].blank)
		return before == '(' ? FMT_ANYWHERE : FMT_NEVER;
	if (before == ',')
		return depth <= 1 ? FMT_COMMA : FMT_INNER;
	if (depth == 0 && kind_at(reading, piece->key) == KW_METHOD
		&& (kind == ARROW || (kind == KW_ERROR && !behind_error)))
		return FMT_COMMA;
	if (before == '=' || (is_operator(kind) && !is_own_sign(reading, at, piece->key)))
		return depth == 0 ? FMT_EQUALS : FMT_INNER;
	return before == ')' && depth <= 1 ? FMT_EQUALS : FMT_ANYWHERE;
}

/* Of the piece's tokens but the first; those within braces are of others. */
static void mark_piece(struct reading *reading, const struct fmt_piece *piece,
	size_t end)
{
	struct fmt_mark *mark;
	int depth = 0;
	size_t at;

	reading->marks[piece->first] = (struct fmt_mark){ .blank = true,
		.breaks = FMT_NEVER };
	for (at = piece->first; at < end; at++) {
		int kind = kind_at(reading, at);

		mark = &reading->marks[at];
		if (depth_change(kind) < 0)
			depth--;
		if (at > piece->first) {
			mark->blank = has_blank(reading, at, piece->key)
				&& !(piece->is_label && at + 1 == end);
			mark->breaks = (unsigned char)breaks_at(reading, at,
				piece, depth);
			mark->is_arrow = depth == 0 && kind == ARROW;
		}
		if (depth_change(kind) > 0)
			depth++;
	}
	/* It begins a line of its own. */
	if (piece->is_tall)
		reading->marks[piece->key].breaks = FMT_NEVER;
}

/* The keyword that says what a declaration is. */
static int keyword_of(const struct reading *reading, size_t key)
{
	int kind = kind_at(reading, key), next = kind_at(reading, key + 1);

	if ((kind == KW_STRICT || kind == KW_FLEXIBLE) && (next == KW_ENUM
		|| next == KW_CONSTS || next == KW_BITS || next == KW_VARIANT))
		return next;
	return kind;
}

static bool opens_rows(int keyword)
{
	return keyword == KW_ENUM || keyword == KW_CONSTS || keyword == KW_BITS
		|| keyword == KW_STATE;
}

static bool opens_members(int keyword)
{
	return keyword == KW_STRUCT || keyword == KW_RECORD || keyword == KW_TABLE
		|| keyword == KW_VARIANT || keyword == KW_MESSAGE
		|| keyword == KW_TAGS;
}

/* Behind `head(...):` or `tail:`, or 0. */
static size_t behind_label(const struct reading *reading, size_t key)
{
	size_t at = key + 1;

	if (kind_at(reading, key) == KW_HEAD && kind_at(reading, at) == '(')
		at = behind_bracket(reading, at);
	else if (kind_at(reading, key) != KW_TAIL)
		return 0;
	return kind_at(reading, at) == ':' ? at + 1 : 0;
}

static struct fmt_piece *read_pieces(struct reading *reading, int around,
	bool in_rows);

/* Up to the end of a piece that is no label. */
static void read_piece(struct reading *reading, struct fmt_piece *piece, bool in_rows)
{
	int keyword = keyword_of(reading, piece->key), kind, depth = 0;

	for (reading->at = piece->key; reading->at < reading->count; reading->at++) {
		kind = kind_at(reading, reading->at);
		if (depth == 0 && in_rows && kind == '}')
			return;
		if (depth == 0 && (kind == ';' || kind == '{'
			|| (in_rows && kind == ',')))
			break;
		depth += depth_change(kind);
	}
	if (kind_at(reading, reading->at) == '{') {
		piece->open = reading->at++;
		piece->has_rows = opens_rows(keyword);
		piece->may_have_rows = opens_members(keyword);
		piece->pieces = read_pieces(reading, keyword, piece->has_rows);
		piece->close = reading->at;
	}
	if (reading->at < reading->count)
		reading->at++;
}

/* Up to the brace around them, or the end. */
static struct fmt_piece *read_pieces(struct reading *reading, int around, bool in_rows)
{
	struct fmt_piece *first = NULL, **link = &first, *piece;
	size_t label;

	while (reading->at < reading->count && kind_at(reading, reading->at) != '}') {
		piece = ARENA_NEW(reading->arena, struct fmt_piece);
		piece->first = reading->at;
		piece->key = behind_attributes(reading, piece->first);
		piece->is_tall = piece->key > piece->first && (around == 0
			|| around == KW_GROUP || around == KW_INTERFACE);
		label = around == KW_MESSAGE ? behind_label(reading, piece->key) : 0;
		piece->is_label = label != 0;
		if (label != 0)
			reading->at = label;
		else
			read_piece(reading, piece, in_rows);
		piece->end = reading->at;
		mark_piece(reading, piece, piece->open != 0 ? piece->open + 1
			: piece->end);
		*link = piece;
		link = &piece->next;
	}
	reading->marks[reading->at] = (struct fmt_mark){ .blank = true,
		.breaks = FMT_NEVER };
	return first;
}

struct fmt_tree fmt_tree(struct arena *arena, const struct lexemes *lexemes)
{
	struct reading reading = { .arena = arena, .tokens = lexemes->items,
		.count = lexemes->count };
	struct fmt_tree tree;

	reading.marks = arena_alloc(arena,
		(lexemes->count + 1) * sizeof reading.marks[0]);
	tree.pieces = read_pieces(&reading, 0, false);
	tree.marks = reading.marks;
	return tree;
}
