/*
 * Values made up from the tree, and what goes beside those that have handles
 * and leases in them.
 */
#ifndef FUZZ_MAKE_H
#define FUZZ_MAKE_H

#include "fuzz/parts.h"

enum fuzz_amount { FUZZ_LEAST, FUZZ_SOME, FUZZ_FULL };

struct fuzz_maker {
	struct arena *arena;
	struct fuzz_random *random;
	enum fuzz_amount amount;
	unsigned values;		/* once these are made, only the least */
	unsigned depth;			/* so deep, too */
};

/* A value that the encoder takes, but for the numbers of handles and leases. */
struct value fuzz_make(struct fuzz_maker *maker, const struct type *type);
struct value fuzz_make_message(struct fuzz_maker *maker,
	const struct declaration *message);
/* Bits that are worth trying for a scalar: valid ones, as they stand in place. */
uint64_t fuzz_make_bits(struct fuzz_maker *maker, const struct type *type);
/* The value of such bits. */
struct value fuzz_bits_value(struct arena *arena, const struct type *type,
	uint64_t bits);

/*
 * Numbers the handles and leases of a message in the order of their bytes, and
 * lets the packet have as many, with what they need: rights, directions, sizes
 * up to the greatest.
 */
void fuzz_make_beside(struct fuzz_random *random, const struct declaration *message,
	struct value *value, struct fuzz_packet *packet);

#endif
