/*
 * The report of a syntax error: a likely cause instead of "syntax error".
 */
#include <stdio.h>
#include <string.h>

#include "idl/grammar.h"
#include "idl/parse.h"

/* Wanted tokens that are listed; more say nothing. */
#define WANTED_MAX 6

static bool wants(const char *const *wanted, size_t count, const char *token)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(wanted[i], token) == 0)
			return true;
	return false;
}

/* The first token of the statement behind its attributes, and how many tokens
 * there are from there on. */
static const struct parse_token *first_token(const struct parse *parse,
	unsigned *count)
{
	const struct parse_token *tokens = parse->statement;
	unsigned i = 0, depth;

	while (i < parse->statement_size && tokens[i].kind == ATTRIBUTE) {
		i++;
		if (i == parse->statement_size || tokens[i].kind != '(')
			continue;
		for (depth = 0; i < parse->statement_size; i++) {
			depth += tokens[i].kind == '(';
			depth -= tokens[i].kind == ')';
			if (depth == 0)
				break;
		}
		i += i < parse->statement_size;
	}
	*count = parse->statement_size - i;
	return *count > 0 ? &tokens[i] : NULL;
}

/* The innermost open brace that does not belong to the statement itself. */
static const struct parse_open *open_brace(const struct parse *parse)
{
	uint32_t begin = parse->statement_size > 0
		? parse->statement[0].span.offset : parse->last.span.offset;
	unsigned depth = parse->depth;

	while (depth > 0 && (parse->open[depth - 1].kind != '{'
			|| parse->open[depth - 1].span.offset > begin))
		depth--;
	return depth > 0 ? &parse->open[depth - 1] : NULL;
}

static bool begins_declaration(const struct parse_token *token, unsigned count,
	const struct parse_open *brace)
{
	if (count > 1 && (token->kind == KW_STRICT || token->kind == KW_FLEXIBLE))
		return parse_opens_declaration(token[1].kind);
	return parse_opens_declaration(token->kind)
		&& !(brace->keyword == KW_GROUP && token->kind == KW_MESSAGE);
}

/*
 * A declaration cannot stand within braces, but its first words read like a
 * type and a name, or like an enumerator: the error comes late, and the cause
 * is the brace.
 */
static const struct parse_token *declaration_within(const struct parse *parse,
	const struct parse_open *brace)
{
	unsigned count;
	const struct parse_token *first = first_token(parse, &count);

	if (first != NULL && parse->statement[0].first_on_line
		&& begins_declaration(first, count, brace))
		return &parse->statement[0];
	/* An attribute of what stands in the brace is indented more. */
	if (parse->last.kind == ATTRIBUTE && parse->last.first_on_line
		&& parse->last.span.column - 1 <= parse_indent(&brace->span))
		return &parse->last;
	if (parse->before.first_on_line
		&& begins_declaration(&parse->before, 1, brace))
		return &parse->before;
	if (parse->last.first_on_line
		&& begins_declaration(&parse->last, 1, brace))
		return &parse->last;
	return NULL;
}

/* The `}` is missing in front of this place, or before. */
static void report_brace(struct parse *parse, const struct parse_open *open,
	struct span before)
{
	struct diagnostic *report;

	if (parse->brace_reported)
		return;
	parse->brace_reported = true;
	if (parse->outdented.source != NULL) {
		open = &parse->outdented_open;
		before = parse->outdented;
	}
	report = diag_report(parse->diags, E0106, before, before.size == 0
		? "the file ends, and a `}` is missing"
		: "a `}` is missing before this");
	if (open->label.source != NULL)
		diag_second(report, open->span,
			"the `{` of `%.*s` is not closed",
			(int)open->label.size,
			open->label.source->text + open->label.offset);
	else
		diag_second(report, open->span, "this `%c` is not closed",
			open->kind);
}

static bool report_unclosed(struct parse *parse)
{
	const struct parse_open *brace = open_brace(parse);
	const struct parse_token *inner;

	if (parse->last.kind == 0 && brace != NULL) {
		report_brace(parse, brace, parse->last.span);
		return true;
	}
	if (brace == NULL)
		return false;
	inner = declaration_within(parse, brace);
	if (inner != NULL)
		report_brace(parse, brace, inner->span);
	return inner != NULL;
}

static bool report_missing(struct parse *parse, char mark,
	const struct parse_token *token)
{
	struct diagnostic *report = diag_report(parse->diags, E0108,
		span_behind(token->span), "a `%c` is missing here", mark);

	if (token == &parse->before && parse->last.kind != 0)
		diag_second(report, parse->last.span,
			"this cannot belong to it");
	return true;
}

static bool is_word(const struct parse_token *token)
{
	return token->kind == NAME || (token->kind >= KW_BITS
		&& token->kind <= KW_VARIANT);
}

/* Whether a statement can end with the token. */
static bool may_end(const struct parse_token *token)
{
	return is_word(token) || token->kind == NUMBER || token->kind == STRING
		|| token->kind == FLOAT || token->kind == ')'
		|| token->kind == ']' || token->kind == '>';
}

/* A mark that was due before the line's end, or before the closing brace. */
static bool report_mark(struct parse *parse, const char *const *wanted, size_t count)
{
	unsigned size;
	const struct parse_token *first = first_token(parse, &size);
	bool new_line = parse->last.first_on_line || parse->last.kind == '}';

	if (first != NULL && first->kind == KW_TAIL && size > 1
		&& first[1].kind != ':' && first[1].span.line != first->span.line)
		return report_missing(parse, ':', first);
	if (parse->last.kind == 0 || !new_line || !may_end(&parse->before))
		return false;
	if (wants(wanted, count, "';'"))
		return report_missing(parse, ';', &parse->before);
	if (wants(wanted, count, "':'") && parse->before.kind == ')')
		return report_missing(parse, ':', &parse->before);
	if (wants(wanted, count, "')'") && (parse->last.kind == ATTRIBUTE
		|| (is_word(&parse->last) && parse->last.kind != NAME)))
		return report_missing(parse, ')', &parse->before);
	if (wants(wanted, count, "','") && (is_word(&parse->last)
		|| parse->last.kind == ATTRIBUTE))
		return report_missing(parse, ',', &parse->before);
	return false;
}

/* Adds "`;`" for bison's "';'". */
static size_t append_token(char *text, size_t room, const char *token)
{
	int size;

	if (token[0] == '\'')
		size = snprintf(text, room, "`%c`", token[1]);
	else
		size = snprintf(text, room, "%s", token);
	return size < 0 || (size_t)size >= room ? room - 1 : (size_t)size;
}

static bool is_keyword(const char *token)
{
	return token[0] == '`' && token[1] >= 'a' && token[1] <= 'z';
}

static bool is_one_of(const char *token, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(token, *list) == 0)
			return true;
	return false;
}

/* What is wanted anyway, wherever a value or a type is, and says nothing. */
static bool is_left_out(const char *const *wanted, size_t count, const char *token)
{
	static const char *const value[] = { "a number", "a decimal number",
		"a string", "a name", "'('", "'-'", "'+'", "'~'", NULL };
	static const char *const operators[] = { "`<<`", "`>>`", "'|'", "'^'",
		"'&'", "'+'", "'-'", "'*'", "'/'", "'%'", NULL };

	if (wants(wanted, count, "a decimal number") && is_one_of(token, value))
		return true;
	if (wants(wanted, count, "`<<`") && is_one_of(token, operators))
		return true;
	return strcmp(token, "'.'") == 0 || strcmp(token, "an attribute") == 0
		|| strcmp(token, "the end of the file") == 0;
}

/*
 * The list of what was wanted, "" if it would say nothing. A name stands for
 * all keywords, since each of them can be one; so do many keywords for what
 * they begin.
 */
static size_t list_wanted(const struct parse *parse, const char *listed[WANTED_MAX + 1],
	const char *const *wanted, size_t count)
{
	bool name = wants(wanted, count, "a name");
	size_t keywords = 0, size = 0, i;

	for (i = 0; i < count; i++)
		keywords += is_keyword(wanted[i]);
	if (!name && keywords > 4)
		listed[size++] = parse->depth == 0 ? "a declaration"
			: "a method or another item of the interface";
	if (wants(wanted, count, "a decimal number"))
		listed[size++] = "a value";
	for (i = 0; i < count && size <= WANTED_MAX; i++)
		if ((!is_keyword(wanted[i]) || (!name && keywords <= 4))
			&& !is_left_out(wanted, count, wanted[i]))
			listed[size++] = wanted[i];
	return size;
}

static void wanted_text(const struct parse *parse, char *text, size_t room,
	const char *const *wanted, size_t count)
{
	const char *listed[WANTED_MAX + 1];
	size_t size = list_wanted(parse, listed, wanted, count), used, i;

	text[0] = '\0';
	if (size == 0 || size > WANTED_MAX)
		return;
	used = append_token(text, room, "; wanted: ");
	for (i = 0; i < size; i++) {
		if (i > 0)
			used += append_token(text + used, room - used,
				i + 1 == size ? " or " : ", ");
		used += append_token(text + used, room - used, listed[i]);
	}
}

/* ---- likely causes ---- */

/* A token that begins a line in the middle of a statement, outside of
 * parentheses, behind what can end one. */
static const struct parse_token *line_break(const struct parse *parse)
{
	unsigned i;

	if (parse->depth > 0 && parse->open[parse->depth - 1].kind != '{')
		return NULL;
	for (i = 1; i < parse->statement_size; i++)
		if (parse->statement[i].first_on_line
			&& parse->statement[0].kind != ATTRIBUTE
			&& may_end(&parse->statement[i - 1]))
			return &parse->statement[i - 1];
	return NULL;
}

static bool same_text(const struct parse_token *a, const struct parse_token *b)
{
	return a->kind == b->kind && a->kind != 0
		&& a->span.size == b->span.size && a->span.source != NULL
		&& memcmp(a->span.source->text + a->span.offset,
			b->span.source->text + b->span.offset, a->span.size) == 0;
}

/* The second of two equal tokens behind each other, near the last one. */
static const struct parse_token *doubled(const struct parse *parse)
{
	unsigned size = parse->statement_size, i;

	if (same_text(&parse->last, &parse->before))
		return &parse->last;
	for (i = size; size < PARSE_STATEMENT_MAX && i > 1 && i + 3 > size; i--)
		if (is_word(&parse->statement[i - 1]) && same_text(
			&parse->statement[i - 1], &parse->statement[i - 2]))
			return &parse->statement[i - 1];
	return NULL;
}

static int shown_size(struct span span)
{
	return span.size > 40 ? 40 : (int)span.size;
}

static const char *text_of(struct span span)
{
	return span.source->text + span.offset;
}

/* What is open, and cannot be closed or left by the last token. */
static const struct parse_open *still_open(const struct parse *parse)
{
	const struct parse_open *open = parse->depth > 0
		? &parse->open[parse->depth - 1] : NULL;

	if (open == NULL || open->kind == '{')
		return NULL;
	switch (parse->last.kind) {
	case ';': case '{': case '}': case ']': case ')':
		return open;
	}
	return NULL;
}

static void help_with(struct parse *parse, struct diagnostic *report,
	size_t wanted, bool next_is_wanted)
{
	const struct span at = parse->last.span;
	const struct parse_token *ended = line_break(parse);
	const struct parse_token *twice = doubled(parse);

	if (still_open(parse) != NULL)
		diag_second(report, still_open(parse)->span,
			"this `%c` is not closed", still_open(parse)->kind);
	if (twice != NULL)
		diag_help(report, "`%.*s` stands here twice",
			shown_size(twice->span), text_of(twice->span));
	else if (parse->last.kind == '}' && parse->unmatched)
		diag_help(report, "no `{` is open here");
	else if (parse->last.kind == ':' && at.source->text[at.offset + 1] == ':')
		diag_help(report, "parts of a name are joined by `.`, as in "
			"`fs.Entry`");
	else if (next_is_wanted && parse->last.kind != 0)
		diag_help(report, "remove `%.*s`?", shown_size(at), text_of(at));
	else if (ended != NULL && wanted > 1)
		diag_help(report, "is a `;` missing at the end of line %u?",
			(unsigned)ended->span.line);
}

static bool report_unexpected(struct parse *parse, const struct parse_token *token,
	const char *behind, const char *help)
{
	struct diagnostic *report = diag_report(parse->diags, E0105, token->span,
		"unexpected `%.*s`%s%s", shown_size(token->span),
		text_of(token->span), token->span.size > 40 ? "..." : "", behind);

	if (help != NULL)
		diag_help(report, "did you mean `%s`?", help);
	return true;
}

/* A word near a keyword that was wanted, or that begins what cannot be
 * understood then. */
static bool report_keyword(struct parse *parse, const char *const *wanted,
	size_t count)
{
	static const char *const labels[] = { "head", "tail", "tags", "tag",
		"reserved", NULL };
	const char *among[64], *near = NULL;
	char names[64][16];
	size_t listed = 0, i;
	unsigned size;
	const struct parse_token *first = first_token(parse, &size);

	for (i = 0; i < count && listed < 63; i++)
		if (is_keyword(wanted[i]) && strlen(wanted[i]) < 16) {
			snprintf(names[listed], 16, "%.*s",
				(int)strlen(wanted[i]) - 2, wanted[i] + 1);
			among[listed] = names[listed];
			listed++;
		}
	among[listed] = NULL;
	if (is_word(&parse->last) && !wants(wanted, count, "a name"))
		near = lex_near_keyword(text_of(parse->last.span),
			parse->last.span.size, among);
	if (near != NULL)
		return report_unexpected(parse, &parse->last, "", near);
	if (first == NULL || first->kind != NAME || size > 3
		|| parse->depth == 0)
		return false;
	near = lex_near_keyword(text_of(first->span), first->span.size, labels);
	return near != NULL && report_unexpected(parse, first, "", near);
}

/* `tags` without its brace reads like a type, a method without its
 * parentheses like one whose messages are declared. */
static bool report_opener(struct parse *parse)
{
	unsigned size, i;
	const struct parse_token *first = first_token(parse, &size);

	if (first == NULL || size < 2)
		return false;
	if (first->kind == KW_TAGS && first[1].kind != '{' && size < 4
		&& (parse->last.kind == '(' || parse->last.kind == '}'))
		return report_unexpected(parse, &first[1],
			"; wanted: `{` behind `tags`", NULL);
	if ((first->kind != KW_METHOD && first->kind != KW_ONEWAY
		&& first->kind != KW_EVENT) || size < 4
		|| first->first_on_line != true || same_text(first, first + 1))
		return false;
	for (i = 2; i + 1 < size; i++)
		if (first[i].kind == '(' || first[i].kind == ARROW)
			return false;
	if (!is_word(&parse->last) && parse->last.kind != ','
		&& parse->last.kind != ')' && parse->last.kind != '['
		&& parse->last.kind != '<' && parse->last.kind != '=')
		return false;
	return report_unexpected(parse, &parse->last,
		"; wanted: `(` before the parameters", NULL);
}

/* " behind `word`", as that may be what is wrong. */
static const char *behind_text(const struct parse *parse, char *text, size_t room)
{
	const struct parse_token *before = &parse->before;

	text[0] = '\0';
	if (parse->last.kind != ';' && (is_word(before)
		|| before->kind == NUMBER) && !parse->last.first_on_line
		&& before->span.size <= 40)
		snprintf(text, room, " behind `%.*s`", (int)before->span.size,
			text_of(before->span));
	return text;
}

void parse_syntax_error(struct parse *parse, const char *const *wanted,
	size_t count, bool next_is_wanted)
{
	char list[256], word[64];

	if (parse->last.kind == BAD || parse->stopped)
		return;
	if (report_keyword(parse, wanted, count) || report_opener(parse)
		|| report_unclosed(parse) || report_mark(parse, wanted, count))
		return;
	wanted_text(parse, list, sizeof list, wanted, count);
	if (parse->last.kind == 0)
		diag_report(parse->diags, E0105, parse->last.span,
			"the file ends too early%s", list);
	else
		help_with(parse, diag_report(parse->diags, E0105,
			parse->last.span, "unexpected `%.*s`%s%s%s",
			shown_size(parse->last.span), text_of(parse->last.span),
			parse->last.span.size > 40 ? "..." : "",
			behind_text(parse, word, sizeof word), list), count,
			next_is_wanted);
}
