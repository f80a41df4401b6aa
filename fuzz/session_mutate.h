/*
 * What the engine hands to those who know steps: cases of interfaces and
 * servers. As fuzz_run(), fuzz_mutate() and fuzz_cross() of fuzz.h.
 */
#ifndef FUZZ_SESSION_MUTATE_H
#define FUZZ_SESSION_MUTATE_H

#include "fuzz/fuzz.h"

void fuzz_run_steps(struct fuzz *fuzz, const uint8_t *data, size_t size);
size_t fuzz_mutate_steps(struct fuzz *fuzz, uint8_t *data, size_t size,
	size_t max, uint64_t seed);
size_t fuzz_cross_steps(struct fuzz *fuzz, const uint8_t *first,
	size_t first_size, const uint8_t *second, size_t second_size,
	uint8_t *to, size_t max, uint64_t seed);

#endif
