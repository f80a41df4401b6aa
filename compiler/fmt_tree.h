/*
 * What the formatter sees in a row of tokens: pieces within pieces, and where a
 * line can break.
 */
#ifndef COMPILER_FMT_TREE_H
#define COMPILER_FMT_TREE_H

#include "idl/lexeme.h"

/* What may stand between a token and the one before it. */
enum fmt_break {
	FMT_COMMA,			/* of the outer list: broken first */
	FMT_EQUALS,			/* `=`, operators, attributes */
	FMT_INNER,			/* what is within further brackets */
	FMT_ANYWHERE,			/* wherever there is a blank */
	FMT_NEVER
};

struct fmt_mark {
	bool blank;			/* a blank before it, on one line */
	unsigned char breaks;		/* enum fmt_break: a line may end before it */
	bool is_arrow;			/* of a reply */
};

/* A declaration, member, enumerator, method, section label, ... */
struct fmt_piece {
	struct fmt_piece *next;
	size_t first;			/* tokens */
	size_t key;			/* behind the attributes */
	size_t end;			/* behind its last: `;`, `,`, `}`, `:` */
	size_t open, close;		/* its braces; 0 and 0 if it has none */
	struct fmt_piece *pieces;	/* within the braces */
	bool has_rows;			/* they are enumerators, or states */
	bool may_have_rows;		/* they are members */
	bool is_label;			/* head(...): */
	/* Its attributes have a line of their own: not those of members. */
	bool is_tall;
};

struct fmt_tree {
	struct fmt_piece *pieces;
	struct fmt_mark *marks;		/* one for each token, and the end */
};

/* The tokens are those of a source without syntax errors. */
struct fmt_tree fmt_tree(struct arena *arena, const struct lexemes *lexemes);

#endif
