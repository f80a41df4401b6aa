/*
 * From bytes to the syntax tree: doc comments, nesting, the statement so far.
 */
#include "idl/parse.h"

#include <string.h>

#include "idl/grammar.h"
#include "idl/lex.h"

int grammar_lex(GRAMMAR_STYPE *value, GRAMMAR_LTYPE *span,
	struct parse *parse);

static void parse_more_docs(struct parse *parse)
{
	size_t room = parse->doc_room == 0 ? 64 : 2 * parse->doc_room;
	struct parse_doc *docs = arena_alloc(parse->arena,
		room * sizeof docs[0]);

	if (parse->doc_count > 0)
		memcpy(docs, parse->docs, parse->doc_count * sizeof docs[0]);
	parse->docs = docs;
	parse->doc_room = room;
}

void parse_add_doc(struct parse *parse, struct span span)
{
	const char *text = span.source->text + span.offset + 3;
	size_t size = span.size - 3;
	struct parse_doc *doc;

	if (size > 0 && text[0] == ' ') {
		text++;
		size--;
	}
	while (size > 0 && strchr(" \t\r\f", text[size - 1]) != NULL)
		size--;
	if (parse->doc_count == parse->doc_room)
		parse_more_docs(parse);
	doc = &parse->docs[parse->doc_count++];
	*doc = (struct parse_doc){ UINT32_MAX, false,
		arena_copy(parse->arena, text, size), span };
	parse->docs_waiting++;
}

/* The doc comments that wait belong to the token that begins here. */
static void parse_own_docs(struct parse *parse, uint32_t offset)
{
	for (; parse->docs_waiting > 0; parse->docs_waiting--)
		parse->docs[parse->doc_count - parse->docs_waiting].owner
			= offset;
}

/* The first doc line whose owner is not before the offset. */
static size_t parse_find_doc(const struct parse *parse, uint32_t offset)
{
	size_t low = 0, high = parse->doc_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (parse->docs[middle].owner < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *parse_claim_doc(struct parse *parse, struct span span)
{
	size_t first = parse_find_doc(parse, span.offset), i, size = 0, length;
	char *text;

	for (i = first; i < parse->doc_count
		&& parse->docs[i].owner == span.offset; i++)
		size += strlen(parse->docs[i].text) + 1;
	if (size == 0)
		return NULL;
	text = arena_alloc(parse->arena, size);
	size = 0;
	for (i = first; i < parse->doc_count
		&& parse->docs[i].owner == span.offset; i++) {
		parse->docs[i].claimed = true;
		if (i > first)
			text[size++] = '\n';
		length = strlen(parse->docs[i].text);
		memcpy(text + size, parse->docs[i].text, length);
		size += length;
	}
	return text;
}

/* A block of lines is reported once, at its first. */
static void parse_report_docs(struct parse *parse)
{
	struct parse_doc *doc, *before = NULL;
	struct diagnostic *report;
	size_t i;

	for (i = 0; i < parse->doc_count; i++, before = doc) {
		doc = &parse->docs[i];
		if (doc->claimed || (before != NULL && !before->claimed
				&& before->owner == doc->owner))
			continue;
		report = diag_report(parse->diags, W0002, doc->span,
			"this doc comment belongs to nothing");
		diag_help(report, "it goes before a declaration, a member, "
			"an enumerator or a method; other comments begin "
			"with `//`");
	}
}

void parse_too_deep(struct parse *parse, struct span span)
{
	if (!parse->stopped)
		diag_report(parse->diags, E0107, span,
			"this is nested too deeply");
	parse->stopped = true;
}

bool parse_opens_declaration(int kind)
{
	switch (kind) {
	case KW_BITS: case KW_CONST: case KW_CONSTS: case KW_ENUM:
	case KW_GROUP: case KW_IMPORT: case KW_INTERFACE: case KW_MESSAGE:
	case KW_NAMESPACE: case KW_NEWTYPE: case KW_RECORD: case KW_STRUCT:
	case KW_TABLE: case KW_USING: case KW_VARIANT:
		return true;
	}
	return false;
}

/* What the brace just read opens: "struct A", by the statement before it. */
static void parse_label(const struct parse *parse, struct parse_open *open)
{
	const struct parse_token *token;
	unsigned i;

	for (i = 0; i + 1 < parse->statement_size; i++) {
		token = &parse->statement[i];
		if (!parse_opens_declaration(token->kind)
			&& token->kind != KW_TAGS && token->kind != KW_STATE)
			continue;
		open->keyword = token->kind;
		open->label = token->span;
		if (token[1].kind != '{')
			open->label = ast_join(
				(struct span[]){ token[0].span, token[1].span },
				2);
		return;
	}
}

static void parse_push(struct parse *parse, const struct parse_token *token)
{
	struct parse_open *open;

	if (parse->depth == PARSE_DEPTH_MAX) {
		parse_too_deep(parse, token->span);
		return;
	}
	open = &parse->open[parse->depth++];
	*open = (struct parse_open){ .kind = token->kind,
		.span = token->span };
	if (token->kind == '{')
		parse_label(parse, open);
}

uint32_t parse_indent(const struct span *span)
{
	const char *line = span->source->text + span->offset
		- (span->column - 1);

	return (uint32_t)strspn(line, " \t");
}

static void parse_pop(struct parse *parse, int opener)
{
	unsigned depth = parse->depth;

	/* A closing brace also ends what was left open within it. */
	while (depth > 0 && parse->open[depth - 1].kind != opener
		&& opener == '{')
		depth--;
	parse->unmatched = depth == 0;
	if (opener == '{' && depth > 0 && parse->last.first_on_line
		&& parse->outdented.source == NULL && parse->last.span.column - 1
		< parse_indent(&parse->open[depth - 1].span)) {
		parse->outdented = parse->last.span;
		parse->outdented_open = parse->open[depth - 1];
	}
	if (depth > 0 && parse->open[depth - 1].kind == opener)
		parse->depth = depth - 1;
}

static void parse_remember(struct parse *parse, const struct parse_token *token)
{
	int ended = parse->last.kind, before = parse->before.kind;

	if (ended == ';' || ended == '{' || ended == '}'
		|| (ended == ':' && (before == ')' || before == KW_TAIL)))
		parse->statement_size = 0;
	if (parse->statement_size < PARSE_STATEMENT_MAX)
		parse->statement[parse->statement_size++] = *token;
	parse->before = parse->last;
	parse->last = *token;
	switch (token->kind) {
	case '{': case '(': case '[':
		parse_push(parse, token);
		break;
	case '}':
		parse_pop(parse, '{');
		break;
	case ')':
		parse_pop(parse, '(');
		break;
	case ']':
		parse_pop(parse, '[');
		break;
	}
}

static struct parse_token parse_lex(struct parse *parse, struct number *number)
{
	struct parse_token token = { 0 };
	GRAMMAR_STYPE value = { 0 };

	if (!parse->stopped)
		token.kind = lexer_lex(&value, &token.span, parse->scanner);
	if (token.kind == 0)
		token.span = (struct span){ parse->source, parse->offset, 0,
			parse->line, parse->offset - parse->line_offset + 1 };
	*number = value.number;
	return token;
}

struct parse_token parse_next(struct parse *parse)
{
	/* Behind the end there is nothing. */
	if (parse->last.kind == 0)
		return parse->last;
	if (!parse->has_ahead)
		parse->ahead = parse_lex(parse, &parse->ahead_number);
	parse->has_ahead = true;
	return parse->ahead;
}

int grammar_lex(GRAMMAR_STYPE *value, GRAMMAR_LTYPE *span, struct parse *parse)
{
	struct parse_token token = parse->ahead;

	if (parse->has_ahead)
		value->number = parse->ahead_number;
	else
		token = parse_lex(parse, &value->number);
	parse->has_ahead = false;
	*span = token.span;
	token.first_on_line = span->line != parse->last.span.line;
	parse_own_docs(parse, span->offset);
	parse_remember(parse, &token);
	return parse->stopped ? 0 : token.kind;
}

struct ast_declarations parse_source(struct arena *arena,
	struct diagnostics *diags, const struct source *source)
{
	struct parse *parse = ARENA_NEW(arena, struct parse);
	unsigned errors = diag_errors(diags);

	parse->arena = arena;
	parse->diags = diags;
	parse->source = source;
	parse->line = 1;
	parse->last.kind = ';';
	if (lex_start(parse) != 0) {
		parse_too_deep(parse, (struct span){ 0 });
		return parse->file;
	}
	grammar_parse(parse);
	lex_stop(parse);
	if (diag_errors(diags) == errors)
		parse_report_docs(parse);
	return parse->file;
}
