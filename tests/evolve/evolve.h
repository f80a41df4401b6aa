/*
 * What `skald diff` says of two schemas, held against messages that are exchanged
 * between them.
 */
#ifndef TESTS_EVOLVE_EVOLVE_H
#define TESTS_EVOLVE_EVOLVE_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/value.h"
#include "idl/tree.h"

/* xorshift64*; the state is not 0. */
uint64_t random_next(uint64_t *state);
/* Below `limit`; 0 if that is 0. */
size_t random_below(uint64_t *state, size_t limit);
/* True once in `n`. */
bool random_one_in(uint64_t *state, size_t n);

/* A schema of all constructs, a line for each member. */
char *schema_random(struct arena *arena, uint64_t *state);
/* The schema with one small change, which may well make it a bad one. */
char *schema_edited(struct arena *arena, uint64_t *state, const char *text);

/* A value of a message; it may be one that breaks a bound. Of `small` ones no list or
 * string has more than two elements, or as many as its bound. */
struct value value_random(struct arena *arena, uint64_t *state,
	const struct declaration *message, bool small);

#endif
