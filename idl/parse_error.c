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

/*
 * A declaration cannot stand within braces, but its first words read like a
 * type and a name: the error comes late, and the cause is the brace.
 */
static const struct parse_token *declaration_within(const struct parse *parse,
	const struct parse_open *brace)
{
	const struct parse_token *tokens[] = { &parse->statement[0],
		&parse->last };
	size_t i;

	for (i = 0; i < 2; i++) {
		if (!parse_opens_declaration(tokens[i]->kind)
			|| !tokens[i]->first_on_line)
			continue;
		if (brace->keyword == KW_GROUP
			&& tokens[i]->kind == KW_MESSAGE)
			continue;
		return tokens[i];
	}
	return NULL;
}

static void report_brace(struct parse *parse, const struct parse_open *open,
	const struct parse_token *before)
{
	struct diagnostic *report;

	if (parse->brace_reported)
		return;
	parse->brace_reported = true;
	if (open->label.source != NULL)
		report = diag_report(parse->diags, E0106, open->span,
			"the `%c` of `%.*s` is not closed", open->kind,
			(int)open->label.size,
			open->label.source->text + open->label.offset);
	else
		report = diag_report(parse->diags, E0106, open->span,
			"this `%c` is not closed", open->kind);
	if (before != NULL)
		diag_second(report, before->span,
			"a declaration begins here, within the braces");
}

static bool report_unclosed(struct parse *parse)
{
	const struct parse_open *brace = open_brace(parse);
	const struct parse_token *inner;

	if (parse->last.kind == 0 && parse->depth > 0) {
		report_brace(parse, &parse->open[parse->depth - 1], NULL);
		return true;
	}
	if (brace == NULL)
		return false;
	inner = declaration_within(parse, brace);
	if (inner != NULL)
		report_brace(parse, brace, inner);
	return inner != NULL;
}

static struct span behind(struct span span)
{
	span.offset += span.size;
	span.column += span.size;
	span.size = 0;
	return span;
}

static void report_semicolon(struct parse *parse)
{
	struct diagnostic *report = diag_report(parse->diags, E0108,
		behind(parse->before.span), "a `;` is missing here");

	if (parse->last.kind != 0)
		diag_second(report, parse->last.span,
			"this cannot belong to it");
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

/*
 * The list of what was wanted, "" if it would say nothing. A name stands for
 * all keywords, since each of them can be one; so do many keywords for what
 * they begin.
 */
static void wanted_text(const struct parse *parse, char *text, size_t room,
	const char *const *wanted, size_t count)
{
	const char *listed[WANTED_MAX + 1];
	bool name = wants(wanted, count, "a name");
	size_t keywords = 0, size = 0, used = 0, i;

	for (i = 0; i < count; i++)
		keywords += is_keyword(wanted[i]);
	if (!name && keywords > 4)
		listed[size++] = parse->depth == 0 ? "a declaration"
			: "a method or another item of the interface";
	for (i = 0; i < count && size <= WANTED_MAX; i++)
		if (!is_keyword(wanted[i]) || (!name && keywords <= 4))
			listed[size++] = wanted[i];
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

/* A token that begins a line in the middle of a statement. */
static const struct parse_token *line_break(const struct parse *parse)
{
	unsigned i;

	for (i = 1; i < parse->statement_size; i++)
		if (parse->statement[i].first_on_line)
			return &parse->statement[i - 1];
	return NULL;
}

static void help_with(struct parse *parse, struct diagnostic *report,
	size_t wanted)
{
	const struct span at = parse->last.span;
	const struct parse_token *ended = line_break(parse);

	if (parse->last.kind == '}' && parse->unmatched)
		diag_help(report, "no `{` is open here");
	else if (parse->last.kind == ':' && at.source->text[at.offset + 1] == ':')
		diag_help(report, "parts of a name are joined by `.`, as in "
			"`fs.Entry`");
	else if (ended != NULL && wanted > 1)
		diag_help(report, "is a `;` missing at the end of line %u?",
			(unsigned)ended->span.line);
}

void parse_syntax_error(struct parse *parse, const char *const *wanted,
	size_t count)
{
	const struct span at = parse->last.span;
	char list[256];
	int shown = at.size > 40 ? 40 : (int)at.size;

	if (parse->last.kind == BAD || parse->stopped)
		return;
	if (wants(wanted, count, "';'") && parse->last.kind != 0
		&& (parse->last.first_on_line || parse->last.kind == '}')) {
		report_semicolon(parse);
		return;
	}
	if (report_unclosed(parse))
		return;
	wanted_text(parse, list, sizeof list, wanted, count);
	if (parse->last.kind == 0)
		diag_report(parse->diags, E0105, at,
			"the file ends too early%s", list);
	else
		help_with(parse, diag_report(parse->diags, E0105, at,
			"unexpected `%.*s`%s%s", shown,
			at.source->text + at.offset,
			shown < (int)at.size ? "..." : "", list), count);
}
