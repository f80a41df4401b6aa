/*
 * Random schemas, by their grammar: no name in them means anything, but the
 * parser takes them.
 */
#ifndef FUZZ_COMPILER_SENTENCE_H
#define FUZZ_COMPILER_SENTENCE_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/print.h"

/* Some declarations, their tokens divided by blanks. The same state makes the
 * same ones. */
void sentence_file(struct printer *to, uint64_t *state);

/*
 * The tokens of a source with other blanks and with comments between them, by
 * `gaps`: out of 100 so many are other than one blank. What is a comment to
 * the lexer stays before the same token.
 */
struct lexemes;
void sentence_scatter(struct printer *to, const struct lexemes *lexemes,
	unsigned gaps, uint64_t *state);

#endif
