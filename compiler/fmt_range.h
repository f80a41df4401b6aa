/*
 * Comparing a source with its new layout, and taking only some lines of that.
 */
#ifndef COMPILER_FMT_RANGE_H
#define COMPILER_FMT_RANGE_H

#include "compiler/fmt.h"

/*
 * The text of `before` with the layout of `after` in these lines: from the last
 * place at or before them, to the first behind them, where both have a line's
 * end between the same tokens.
 */
const char *fmt_range(struct arena *arena, const struct lexemes *before,
	const struct lexemes *after, struct fmt_lines lines, size_t *size);

#endif
