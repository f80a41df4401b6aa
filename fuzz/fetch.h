/*
 * What generated C fetches from a message once and for all: counted, and
 * followed by changes of the message, as by somebody who has it in shared
 * memory. What is fetched again after that is not what was checked. All comes
 * from the numbers, so the same case is the same race.
 */
#ifndef FUZZ_FETCH_H
#define FUZZ_FETCH_H

#include "fuzz/parts.h"

/*
 * One varint is fetched up to so many times: its first byte, then eight, then,
 * if it has nine, those behind the first. All else that is a step
 * (docs/language.md, "Certificate") is fetched twice at most, and some of it,
 * as pointers, is not told of.
 */
#define FUZZ_FETCHES_OF_STEP 3

struct fuzz_watch {
	uint64_t fetches;		/* so far */
	/* Changes: behind the fetch of this number, from 1, and `left - 1` times
	 * soon after it. 0: never. */
	uint64_t at;
	unsigned left;
	uint8_t *bytes;
	size_t size;
	struct fuzz_random random;
};

/* From now on it counts and changes, until it is called with NULL. */
void fuzz_fetch_watch(struct fuzz_watch *watch);

#endif
