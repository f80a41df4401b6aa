/*
 * What the files of the engine share with each other, and nobody else needs:
 * the target when it is ready, random numbers, a packet that is being changed.
 */
#ifndef FUZZ_PARTS_H
#define FUZZ_PARTS_H

#include "compiler/wire.h"
#include "fuzz/fuzz.h"

/* A message with an id: what it is to the interpreter and to generated C. */
struct fuzz_message {
	struct declaration *tree;
	const struct sk_message_type *table;
};

struct fuzz {
	const struct fuzz_target *target;
	struct schema *schema;
	struct arena *keep;		/* as long as the process */
	struct arena *scratch;		/* one run */
	struct arena *workshop;		/* one mutation */
	struct fuzz_message *messages;	/* by id */
	unsigned message_count;
	const struct fuzz_message *only;	/* of a target of one message */
	uint64_t changes;		/* the last mutation's: 1 << index in
					 * fuzz_changes[] */
};

/* The message of an id, or NULL. */
const struct fuzz_message *fuzz_message_of_id(const struct fuzz *fuzz, uint32_t id);
/* The one that the bytes are of: the target's only one, or as their id says. */
const struct fuzz_message *fuzz_message_of(const struct fuzz *fuzz,
	const struct fuzz_packet *packet);

/* Oracles of a message (message.c). */
void fuzz_run_message(struct fuzz *fuzz, const uint8_t *data, size_t size);

/* ---- random numbers: the same seed, the same numbers ---- */

struct fuzz_random {
	uint64_t state;
};

static inline uint64_t fuzz_next(struct fuzz_random *random)
{
	uint64_t x = random->state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Below `below`; 0 if that is 0. */
static inline size_t fuzz_below(struct fuzz_random *random, size_t below)
{
	return below ? (size_t)(fuzz_next(random) % below) : 0;
}

static inline bool fuzz_one_in(struct fuzz_random *random, unsigned n)
{
	return fuzz_below(random, n) == 0;
}

#endif
