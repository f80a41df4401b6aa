/*
 * The mutator as engines call it: libFuzzer within its program, AFL++ from a
 * shared object (AFL_CUSTOM_MUTATOR_LIBRARY).
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/parts.h"
#include "fuzz/ready.h"

/* ---- libFuzzer ---- */

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
	unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size,
	const uint8_t *second, size_t second_size, uint8_t *to, size_t max,
	unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
	unsigned int seed)
{
	return fuzz_mutate(fuzz_ready(), data, size, max, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size,
	const uint8_t *second, size_t second_size, uint8_t *to, size_t max,
	unsigned int seed)
{
	return fuzz_cross(fuzz_ready(), first, first_size, second, second_size, to,
		max, seed);
}

/* ---- AFL++ ---- */

struct afl_state;

void *afl_custom_init(struct afl_state *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *buffer, size_t size, uint8_t **to,
	uint8_t *add, size_t add_size, size_t max);
void afl_custom_deinit(void *data);

/* What AFL++ keeps of us. The result stays ours until the next call. */
struct mutator {
	struct fuzz *fuzz;
	struct fuzz_random random;
	uint8_t *result;
	size_t capacity;
};

void *afl_custom_init(struct afl_state *afl, unsigned int seed)
{
	struct mutator *mutator = calloc(1, sizeof(*mutator));

	(void)afl;
	if (mutator == NULL)
		return NULL;
	mutator->fuzz = fuzz_ready();
	mutator->random.state = seed;
	return mutator;
}

/* Room for twice what there is, and some, but for no more than is wanted. */
static bool make_room(struct mutator *mutator, size_t wanted)
{
	uint8_t *moved;

	if (wanted <= mutator->capacity)
		return true;
	moved = realloc(mutator->result, wanted);
	if (moved == NULL)
		return false;
	mutator->result = moved;
	mutator->capacity = wanted;
	return true;
}

/* One time in five of two; AFL++ gives another input along to that end. */
size_t afl_custom_fuzz(void *data, uint8_t *buffer, size_t size, uint8_t **to,
	uint8_t *add, size_t add_size, size_t max)
{
	struct mutator *mutator = data;
	uint64_t seed = fuzz_next(&mutator->random);
	size_t room = 2 * (size + add_size) + 65536;

	room = room < max ? room : max;
	*to = NULL;
	if (room == 0 || !make_room(mutator, room))
		return 0;
	*to = mutator->result;
	if (add && add_size && fuzz_one_in(&mutator->random, 5))
		return fuzz_cross(mutator->fuzz, buffer, size, add, add_size,
			mutator->result, room, seed);
	if (size > room)
		size = room;
	if (size)
		memcpy(mutator->result, buffer, size);
	return fuzz_mutate(mutator->fuzz, mutator->result, size, room, seed);
}

void afl_custom_deinit(void *data)
{
	struct mutator *mutator = data;

	free(mutator->result);
	free(mutator);
}
