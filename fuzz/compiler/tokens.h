/*
 * A schema or another text, divided into tokens: no comments, no blanks. It
 * takes any text, so that the damaged can be damaged further.
 */
#ifndef FUZZ_COMPILER_TOKENS_H
#define FUZZ_COMPILER_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
	TOKEN_NAME, TOKEN_NUMBER, TOKEN_STRING, TOKEN_ATTRIBUTE, TOKEN_MARK,
	TOKEN_OTHER
};

struct token {
	enum token_kind kind;
	size_t offset;
	size_t size;
	unsigned line;			/* from 1 */
	unsigned depth;			/* of braces around it */
};

/* Returns how many they are, at most `room`. */
size_t tokens_split(const char *text, size_t size, struct token *to, size_t room);

bool token_is(const char *text, const struct token *token, const char *what);

#endif
