/*
 * Values of any generated struct, by its reflection tables: at random, compared,
 * read all over.
 */
#ifndef FUZZ_VALUES_H
#define FUZZ_VALUES_H

#include "runtime/reflect.h"
#include "runtime/skald.h"

struct values_block;

struct values {
	const struct sk_schema *schema;
	uint64_t state;			/* of the random numbers; the seed, not 0 */
	unsigned amount;		/* elements of a list, bytes of a string */
	int depth;			/* deeper is only what must be */
	struct values_block *blocks;	/* what values point to */
};

/* A number below `below`, which is not 0. */
uint32_t values_random(struct values *values, uint32_t below);
/* Zeroed memory that lasts until values_free(). */
void *values_alloc(struct values *values, size_t size);
void values_free(struct values *values);

/*
 * Initialises the struct and fills it with what encode takes, if it is not too
 * large. Handles are numbers from 0 on, optional ones left out at times; leases
 * lend nothing but have their direction. Returns how many handles there are.
 */
unsigned values_fill(struct values *values, uint16_t type, void *to);

/*
 * Goes through all handles and leases of a value, in the order of the schema.
 * `each` may change them.
 */
struct values_visitor {
	void (*handle)(void *context, const struct sk_type *type,
		struct sk_handle *handle);
	void (*lease)(void *context, const struct sk_type *type, struct sk_lease *lease);
	void *context;
};
void values_visit(const struct sk_schema *schema, uint16_t type, void *value,
	const struct values_visitor *visitor);

/*
 * The two values are the same, lists of items and encoded ones alike. Handles
 * and leases need only both be there or not.
 */
bool values_same(struct values *values, uint16_t type, const void *a, const void *b);
/* Reads every byte of a value, so that a sanitizer sees each. */
unsigned long values_touch(struct values *values, uint16_t type, const void *value);

#endif
