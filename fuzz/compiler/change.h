/*
 * Changes to inputs: of texts by their tokens, lines and declarations, of
 * bytes by bytes. The same state makes the same change.
 */
#ifndef FUZZ_COMPILER_CHANGE_H
#define FUZZ_COMPILER_CHANGE_H

#include <stddef.h>
#include <stdint.h>

/* Any state but 0. */
uint64_t random_next(uint64_t *state);
size_t random_below(uint64_t *state, size_t limit);

/* In place, never more than `max` bytes; returns the new size. */
size_t change_text(char *text, size_t size, size_t max, const char *const *words,
	uint64_t *state);
size_t change_bytes(uint8_t *data, size_t size, size_t max, uint64_t *state);
/*
 * Puts a piece of the second into the first: a declaration, or a row of tokens;
 * of bytes, some bytes. Returns the size of what is in `first` then.
 */
size_t cross_text(char *first, size_t size, size_t max, const char *second,
	size_t second_size, uint64_t *state);
size_t cross_bytes(uint8_t *first, size_t size, size_t max,
	const uint8_t *second, size_t second_size, uint64_t *state);

/* Misspells a name: a letter lost, doubled, swapped or another. `to` has room
 * for two bytes more. Returns its size. */
size_t misspell(const char *name, size_t size, char *to, uint64_t *state);

#endif
