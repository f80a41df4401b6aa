/*
 * The layout of schemas (docs/tools.md, "skald fmt").
 *
 * It works on tokens, so whatever the grammar takes is laid out, and nothing is
 * lost: no token is added, taken away or moved past another or past a comment.
 * That is checked before a result is given out.
 */
#ifndef COMPILER_FMT_H
#define COMPILER_FMT_H

#include "compiler/print.h"
#include "idl/diag.h"
#include "idl/lexeme.h"

/* Columns of a line, where a tab is as wide as this. */
#define FMT_WIDTH 80
#define FMT_TAB 4

/* Lines from `first` to `last`, from 1; 0 and 0: all. */
struct fmt_lines {
	unsigned first;
	unsigned last;
};

struct fmt_result {
	const char *text;		/* with a NUL behind it; or NULL */
	size_t size;
	const char *mistake;		/* our own: what the layout would change */
};

/*
 * Lays out a source. With `lines` only these change, with as many around them
 * as needed for whole pieces. Without text it has syntax errors, which are in
 * `diags` (what its checks would say does not matter), or we made a mistake.
 */
struct fmt_result fmt_source(struct arena *arena, struct diagnostics *diags,
	const struct source *source, struct fmt_lines lines);

/*
 * NULL if both sources have the same tokens and the same comments, each comment
 * before the same token; else the first that differs, in words.
 */
const char *fmt_difference(struct arena *arena, const struct lexemes *before,
	const struct lexemes *after);

#endif
