/* The pool: sizes, costs, and that all its frames come back. */
#include "tests/kernel/unit/kernel_base.h"

#ifdef HOST_POISONS
int __asan_address_is_poisoned(void const volatile *at);
#endif

static void memory_is_zeros_and_aligned(void **unused)
{
	static const uint8_t zeros[16384];

	(void)unused;
	for (size_t size = 1; size < 9000; size += size / 7 + 1) {
		void *dirty = pool_take(size), *clean;

		memset(dirty, 0xee, size);
		pool_give(dirty, size);
		clean = pool_take(size);
		assert_memory_equal(clean, zeros, size);
		assert_int_equal((uintptr_t)clean % (size < 64 ? 16 : 64), 0);
		pool_give(clean, size);
	}
	pool_give(NULL, 100);
}

/* As many as are taken cost what the machine has, and no more. */
static void costs_are_what_it_takes(void **unused)
{
	uint64_t free = frame_free();

	(void)unused;
	for (size_t size = sizeof(void *); size < 9000; size += size / 3 + 1) {
		void *first = NULL, *at;
		uint64_t cost = 0, used;

		for (; (at = pool_take(size)) != NULL; first = at) {
			*(void **)at = first;
			cost += pool_cost(size);
		}
		used = free - frame_free();
		assert_true(cost >= used);
		/* Rounded up: by less than 1 for each of at least 16 bytes. */
		assert_true(cost <= used + used / 16);
		for (; first; first = at) {
			at = *(void **)first;
			pool_give(first, size);
		}
		assert_int_equal(frame_free(), free);
	}
}

static void great_sizes_are_adjoining_frames(void **unused)
{
	uint64_t free = frame_free();
	void *memory = pool_take(3 * PAGE_SIZE + 1);

	(void)unused;
	assert_int_equal(pool_cost(3 * PAGE_SIZE + 1), 4 * PAGE_SIZE);
	assert_int_equal(pool_cost(PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(frame_free(), free - 4 * PAGE_SIZE);
	memset(memory, 1, 4 * PAGE_SIZE);
	pool_give(memory, 3 * PAGE_SIZE + 1);
	assert_int_equal(frame_free(), free);
	assert_null(pool_take(SIZE_MAX / 2));
	assert_null(pool_take(UINT64_C(5) << 20));
}

static void exhaustion_is_null(void **unused)
{
	uint64_t frame, last = FRAME_NONE;
	void *cell = pool_take(64);

	(void)unused;
	while ((frame = frame_take()) != FRAME_NONE)
		last = frame;
	assert_null(pool_take(100));
	assert_null(pool_take(4096));
	assert_null(pool_take(5000));
	assert_non_null(pool_take(60));		/* beside the first */
	frame_drop(last);
	assert_non_null(pool_take(100));
	pool_give(cell, 64);
}

#ifdef HOST_POISONS
/* What lies beyond, or was given back, the address sanitizer does not allow. */
static void what_is_free_is_out_of_bounds(void **unused)
{
	char *cell = pool_take(100), *beside = pool_take(100);
	uint64_t frame = frame_take();

	(void)unused;
	assert_false(__asan_address_is_poisoned(cell));
	assert_true(__asan_address_is_poisoned(beside + 128));
	pool_give(cell, 100);
	assert_true(__asan_address_is_poisoned(cell));
	assert_true(__asan_address_is_poisoned(cell + 99));
	assert_false(__asan_address_is_poisoned(beside));
	pool_give(beside, 100);
	frame_drop(frame);
	assert_true(__asan_address_is_poisoned(frame_data(frame)));
}
#endif

struct piece {
	uint8_t *at;
	size_t size;
};

static bool is_marked(const struct piece *piece)
{
	for (size_t i = 0; i < piece->size; i++)
		if (piece->at[i] != (uint8_t)piece->size)
			return false;
	return true;
}

static void random_use_loses_none(void **unused)
{
	static struct piece pieces[700];
	uint64_t free = frame_free();

	(void)unused;
	fixture_seed(__func__);
	for (unsigned round = 0; round < 60000; round++) {
		struct piece *piece = &pieces[fixture_random(700)];

		if (piece->at) {
			assert_true(is_marked(piece));
			pool_give(piece->at, piece->size);
			piece->at = NULL;
			continue;
		}
		piece->size = 1 + fixture_random(fixture_random(20) ? 2200 : 20000);
		piece->at = pool_take(piece->size);
		if (piece->at)
			memset(piece->at, (uint8_t)piece->size, piece->size);
	}
	for (unsigned i = 0; i < 700; i++) {
		assert_true(!pieces[i].at || is_marked(&pieces[i]));
		pool_give(pieces[i].at, pieces[i].size);
	}
	assert_int_equal(frame_free(), free);
}

static const struct CMUnitTest cases[] = {
	BASE_CASE(memory_is_zeros_and_aligned),
	BASE_CASE(costs_are_what_it_takes),
	BASE_CASE(great_sizes_are_adjoining_frames),
	BASE_CASE(exhaustion_is_null),
#ifdef HOST_POISONS
	BASE_CASE(what_is_free_is_out_of_bounds),
#endif
	BASE_CASE(random_use_loses_none),
};

FIXTURE_MAIN(cases)
