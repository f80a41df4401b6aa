/*
 * A source as it is written: its tokens and comments, nothing lost but blanks.
 *
 * For tools that look at the text of a schema beside its meaning: the
 * formatter, the lints, the language server. The syntax tree (idl/ast.h) has
 * neither comments nor blank lines.
 */
#ifndef IDL_LEXEME_H
#define IDL_LEXEME_H

#include <stdbool.h>
#include <stddef.h>

#include "idl/source.h"

struct arena;

/* How a token or comment stands behind the one before it. The first of a file
 * is on a new line, without a blank one. */
struct lexeme_place {
	bool on_new_line;
	bool behind_blank;		/* at least one empty line between */
};

struct lexeme_comment {
	struct span span;		/* with its marks, without blanks at its end */
	struct lexeme_place place;
	bool is_block;			/* as this one; else to the end of the line */
	bool is_doc;			/* /// */
};

struct lexeme {
	int kind;			/* of idl/grammar.h; 0: the end */
	struct span span;
	struct lexeme_place place;
	/* The comments before it, behind the token before it. */
	const struct lexeme_comment *comments;
	size_t comment_count;
};

struct lexemes {
	struct lexeme *items;
	size_t count;			/* without the end, which is items[count] */
};

/* Takes any text; what is no token is one of the kind BAD, and not reported. */
struct lexemes lexemes_read(struct arena *arena, const struct source *source);

/* The text of a span is this, with its NUL not counted. */
bool span_is(const struct span *span, const char *text);
/* The line of its end. */
uint32_t span_last_line(const struct span *span);

#endif
