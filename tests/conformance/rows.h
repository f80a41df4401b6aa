/*
 * Rows of a vectors file, and what the checks do with their values.
 *
 * A vectors file is text, one JSON object per line. Strings in it are bytes,
 * one code point U+0000 to U+00FF each.
 */
#ifndef TESTS_CONFORMANCE_ROWS_H
#define TESTS_CONFORMANCE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/value.h"
#include "idl/arena.h"

struct row {
	const char *schema;
	const char *message;
	const char *note;
	const struct value *values;	/* what to encode, or NULL */
	const char *head;		/* hexadecimal, or NULL */
	const char *tail;		/* "-" if there is none */
	size_t head_size;		/* declared; 0: not told */
	const struct value *decoded;	/* or NULL */
	bool encode_fails;
	bool decode_fails;
	/* What bragi's constructs say with the same bytes, or NULL. */
	const struct value *shadow;
	/* How many handles and leases came with it: " 2 0", or "". */
	const char *beside;
	/* `decoded` shows a fault of the original's reader. */
	bool decoded_is_wrong;
	const char *result;		/* of malformed rows: OK, FAIL, ... */
};

struct rows {
	struct row *items;
	size_t count;
	size_t capacity;
};

/* Reads a whole file into the arena; exits with status 2 if it is no vectors
 * file. */
struct rows rows_read(struct arena *arena, const char *path);

/* The value as JSON on one line. */
char *rows_json(struct arena *arena, const struct value *value);

/*
 * Equal, members in any order. With `original`, `left` may be what the
 * original reads where `right` has an integer from 2^49 to 2^56: shifted by 8.
 */
bool rows_equal(const struct value *left, const struct value *right,
	bool original);

/* What has to come out of decoding: where `decoded` is wrong, the values
 * that were encoded, and `decoded` only for members that were not given. */
const struct value *rows_wanted(struct arena *arena, const struct row *row);

/* A random number (splitmix64). */
uint64_t rows_random(uint64_t *state);

#endif
