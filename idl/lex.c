/*
 * Places, keywords, numbers and bad tokens.
 */
#include "idl/lex.h"

#include <string.h>

#include "idl/check.h"
#include "idl/number.h"

/* Other names are made of it: for messages, in C. */
#define LEX_NAME_MAX 255

static const struct {
	const char *text;
	int token;
} keywords[] = {
	{ "bits", KW_BITS }, { "const", KW_CONST }, { "consts", KW_CONSTS },
	{ "enum", KW_ENUM }, { "error", KW_ERROR }, { "event", KW_EVENT },
	{ "flexible", KW_FLEXIBLE }, { "group", KW_GROUP },
	{ "head", KW_HEAD }, { "import", KW_IMPORT },
	{ "interface", KW_INTERFACE }, { "message", KW_MESSAGE },
	{ "method", KW_METHOD }, { "namespace", KW_NAMESPACE },
	{ "newtype", KW_NEWTYPE }, { "oneway", KW_ONEWAY },
	{ "record", KW_RECORD }, { "reserved", KW_RESERVED },
	{ "state", KW_STATE }, { "strict", KW_STRICT },
	{ "struct", KW_STRUCT }, { "table", KW_TABLE }, { "tag", KW_TAG },
	{ "tags", KW_TAGS }, { "tail", KW_TAIL }, { "using", KW_USING },
	{ "variant", KW_VARIANT },
};

void lex_place(struct parse *parse, struct span *span, const char *text,
	size_t size)
{
	const char *at = text, *end = text + size;

	*span = (struct span){ parse->source, parse->offset, (uint32_t)size,
		parse->line, parse->offset - parse->line_offset + 1 };
	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		parse->line++;
		parse->line_offset = parse->offset + (uint32_t)(at - text);
	}
	parse->offset += (uint32_t)size;
}

int lex_word(struct parse *parse, const char *text, const struct span *span)
{
	size_t i;

	if (span->size > LEX_NAME_MAX)
		diag_report(parse->diags, E0112, *span,
			"a name has at most %d bytes", LEX_NAME_MAX);
	for (i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (text[0] == keywords[i].text[0]
			&& strcmp(text, keywords[i].text) == 0)
			return keywords[i].token;
	return NAME;
}

const char *lex_near_keyword(const char *text, size_t size, const char *const *among)
{
	unsigned best = UINT32_MAX, distance;
	const char *near = NULL;
	char word[32];

	if (size < 3 || size >= sizeof word)
		return NULL;
	memcpy(word, text, size);
	word[size] = '\0';
	for (; *among != NULL; among++) {
		distance = edit_distance(word, *among);
		if (distance > 0 && distance < best
			&& edit_is_near(*among, distance)) {
			best = distance;
			near = *among;
		}
	}
	return near;
}

int lex_number(struct parse *parse, const char *text, GRAMMAR_STYPE *value,
	const struct span *span)
{
	struct diagnostic *report;

	value->number = number_of(0);
	if (!number_parse(&value->number, text, span->size))
		diag_report(parse->diags, E0109, *span,
			"this number has more than 128 bits");
	if (span->size > 1 && text[0] == '0' && text[1] >= '0'
		&& text[1] <= '9') {
		report = diag_report(parse->diags, W0001, *span,
			"a leading zero has no meaning: this is decimal");
		diag_help(report, "octal numbers do not exist here; "
			"write hexadecimal as 0x...");
	}
	return NUMBER;
}

int lex_bad_number(struct parse *parse, const char *text, const struct span *span)
{
	bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	struct diagnostic *report = diag_report(parse->diags, E0104, *span,
		hexadecimal ? "a hexadecimal number has digits 0 to 9 and a to f"
		: "a number cannot run into a name");

	if (!hexadecimal)
		diag_help(report, "a name begins with a letter or `_`");
	return BAD;
}

int lex_bad_string(struct parse *parse, const struct span *span)
{
	struct diagnostic *report = diag_report(parse->diags, E0102, *span,
		"this string is not closed on its line");

	diag_help(report, "a string ends with `\"`; write a quote within as \\\"");
	return BAD;
}

int lex_bad_comment(struct parse *parse, const struct span *span)
{
	(void)span;
	diag_report(parse->diags, E0103, parse->comment,
		"this comment is not closed");
	return BAD;
}

/* Shows bytes that are no plain characters by their value. */
int lex_bad_characters(struct parse *parse, const char *text,
	const struct span *span)
{
	size_t length = utf8_length(text, span->size);
	struct span first = *span;

	if (length == 0)
		length = 1;
	first.size = (uint32_t)length;
	if (length > 1)
		diag_report(parse->diags, E0101, first,
			"the character `%.*s` may stand in comments and "
			"strings only", (int)length, text);
	else if (text[0] > ' ' && text[0] < 0x7f)
		diag_report(parse->diags, E0101, first,
			"the character `%c` has no meaning here", text[0]);
	else
		diag_report(parse->diags, E0101, first,
			"the byte 0x%02x has no meaning here",
			(unsigned)(unsigned char)text[0]);
	return BAD;
}
