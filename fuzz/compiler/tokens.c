/*
 * Tokens, roughly as idl/lexer.l has them.
 */
#include "fuzz/compiler/tokens.h"

#include <ctype.h>
#include <string.h>

static bool is_word(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

/* How long the comment that begins here is; 0 if none does. */
static size_t comment_size(const char *text, size_t size)
{
	size_t at = 2;

	if (size < 2 || text[0] != '/' || (text[1] != '/' && text[1] != '*'))
		return 0;
	if (text[1] == '/') {
		while (at < size && text[at] != '\n')
			at++;
		return at;
	}
	while (at < size && !(at > 2 && text[at - 1] == '*' && text[at] == '/'))
		at++;
	return at < size ? at + 1 : size;
}

static size_t string_size(const char *text, size_t size)
{
	size_t at = 1;

	while (at < size && text[at] != '"' && text[at] != '\n')
		at += text[at] == '\\' && at + 1 < size && text[at + 1] != '\n'
			? 2 : 1;
	return at < size && text[at] == '"' ? at + 1 : at;
}

static size_t word_size(const char *text, size_t size, bool number)
{
	size_t at = 1;

	while (at < size && (is_word(text[at]) || (number && text[at] == '.'
		&& at + 1 < size && isdigit((unsigned char)text[at + 1]))))
		at++;
	return at;
}

static size_t mark_size(const char *text, size_t size)
{
	static const char *const pairs[] = { "->", "..", "<=", "<<", ">>" };

	for (size_t i = 0; size > 1 && i < sizeof pairs / sizeof pairs[0]; i++)
		if (memcmp(text, pairs[i], 2) == 0)
			return 2;
	return 1;
}

static struct token token_at(const char *text, size_t size)
{
	struct token token = { .kind = TOKEN_OTHER, .size = 1 };

	if (isdigit((unsigned char)text[0])) {
		token.kind = TOKEN_NUMBER;
		token.size = word_size(text, size, true);
	} else if (is_word(text[0])) {
		token.kind = TOKEN_NAME;
		token.size = word_size(text, size, false);
	} else if (text[0] == '@' && size > 1 && is_word(text[1])) {
		token.kind = TOKEN_ATTRIBUTE;
		token.size = word_size(text, size, false);
	} else if (text[0] == '"') {
		token.kind = TOKEN_STRING;
		token.size = string_size(text, size);
	} else if (strchr("[](){}<>:;,.=|&^~+*/%-", text[0]) != NULL
		&& text[0] != '\0') {
		token.kind = TOKEN_MARK;
		token.size = mark_size(text, size);
	}
	return token;
}

size_t tokens_split(const char *text, size_t size, struct token *to, size_t room)
{
	size_t at = 0, count = 0, skip;
	unsigned line = 1, depth = 0;

	while (at < size && count < room) {
		struct token *token = &to[count];

		skip = comment_size(text + at, size - at);
		if (skip == 0 && strchr(" \t\r\n\f", text[at]) != NULL
			&& text[at] != '\0')
			skip = 1;
		if (skip == 0) {
			*token = token_at(text + at, size - at);
			token->offset = at;
			token->line = line;
			depth -= text[at] == '}' && depth > 0;
			token->depth = depth;
			depth += text[at] == '{';
			skip = token->size;
			count++;
		}
		for (; skip > 0; skip--, at++)
			line += text[at] == '\n';
	}
	return count;
}

bool token_is(const char *text, const struct token *token, const char *what)
{
	return token->size == strlen(what)
		&& memcmp(text + token->offset, what, token->size) == 0;
}
