/*
 * Reading a ring that somebody else writes (runtime/trace.h), who writes what he likes:
 * with sanitizers nothing outside of the ring is touched; and always the reader comes to
 * an end, goes forward only, and counts each record once, as read or as lost.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/codec.h"
#include "runtime/trace.h"

#define ROUNDS 200000
#define RACE_READS 400000
#define WRITTEN 8

/* ---- numbers ---- */

static uint64_t random_state;

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t seed(void)
{
	const char *text = getenv("SEED");

	return text ? strtoull(text, NULL, 0) : 20261122;
}

/* As those who mean harm choose them: near a ring's size, near a place, at the ends. */
static uint64_t hostile_number(uint64_t *state, uint64_t near_it)
{
	uint64_t r = *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;

	switch (r >> 61) {
	case 0:
		return near_it + (r >> 32) % 5 - 2;
	case 1:
		return near_it + (r >> 32) % 300;
	case 2:
		return near_it - (r >> 32) % 300;
	case 3:
		return 0 - (r >> 32) % 4;
	case 4:
		return (r >> 32) % 300;
	case 5:
		return UINT64_C(1) << ((r >> 32) % 64);
	default:
		return r * UINT64_C(0x9e3779b97f4a7c15);
	}
}

/* ---- a ring, with nothing beside it ---- */

static uint8_t *new_ring(uint32_t slots)
{
	uint8_t *ring = malloc(SK_TRACE_HEADER + (size_t)slots * SK_TRACE_SLOT);

	assert_non_null(ring);
	return ring;
}

static void put_written(uint8_t *ring, uint64_t written)
{
	__atomic_store_n((uint64_t *)(void *)(ring + WRITTEN), written, __ATOMIC_RELEASE);
}

/* Reads once; what holds whatever stands in the ring. */
static bool read_once(struct sk_trace_reader *reader)
{
	struct sk_trace_reader before = *reader;
	uint8_t record[SK_TRACE_SLOT];
	bool came = sk_trace_read(reader, record);

	assert_true(reader->read >= before.read);
	assert_int_equal(reader->read - before.read, reader->lost - before.lost + came);
	assert_ptr_equal(reader->ring, before.ring);
	assert_int_equal(reader->slots, before.slots);
	return came;
}

/* ---- cases ---- */

/* All of the header and the slots, and where the reader is. */
static void any_ring_is_read_safely(void **state)
{
	uint64_t number = seed();

	(void)state;
	random_state = seed() | 1;
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint32_t slots = UINT32_C(1) << random_number() % 8;
		size_t size = SK_TRACE_HEADER + (size_t)slots * SK_TRACE_SLOT;
		uint8_t *ring = new_ring(slots);
		struct sk_trace_reader reader = {.ring = ring, .slots = slots};
		uint64_t most;

		for (size_t i = 0; i < size; i += 8)
			sk_put_uint64(ring + i, random_number());
		most = reader.read = hostile_number(&number, slots);
		for (unsigned i = 0; i < 8; i++) {
			uint64_t written = hostile_number(&number, reader.read);

			put_written(ring, written);
			most = written > most ? written : most;
			read_once(&reader);
			/* It never gets before who wrote. */
			assert_true(reader.read <= most);
		}
		free(ring);
	}
}

/* Of a writer that goes back there is nothing to be had, until it is where it was. */
static void a_writer_that_goes_back_gives_nothing(void **state)
{
	uint8_t *ring = new_ring(8);
	struct sk_trace_reader reader = {.ring = ring, .slots = 8};

	(void)state;
	memset(ring, 0, SK_TRACE_HEADER + 8 * SK_TRACE_SLOT);
	put_written(ring, 5);
	for (unsigned i = 0; i < 5; i++)
		assert_true(read_once(&reader));
	for (uint64_t written = 0; written <= 5; written++) {
		put_written(ring, written);
		assert_false(read_once(&reader));
	}
	put_written(ring, 6);
	assert_true(read_once(&reader));
	assert_int_equal(reader.lost, 0);
	/* Nine ahead: one slot is being written, so seven are left of them. */
	put_written(ring, 15);
	for (unsigned i = 0; i < 7; i++)
		assert_true(read_once(&reader));
	assert_false(read_once(&reader));
	assert_int_equal(reader.lost, 2);
	free(ring);
}

/* Up to the last number that there is. */
static void counters_reach_the_last_number(void **state)
{
	uint8_t *ring = new_ring(4);
	struct sk_trace_reader reader = {.ring = ring, .slots = 4, .read = UINT64_MAX - 3};

	(void)state;
	memset(ring, 0, SK_TRACE_HEADER + 4 * SK_TRACE_SLOT);
	put_written(ring, UINT64_MAX);
	for (unsigned i = 0; i < 3; i++)
		assert_true(read_once(&reader));
	assert_false(read_once(&reader));
	assert_int_equal(reader.lost, 0);
	put_written(ring, 2);
	assert_false(read_once(&reader));
	assert_int_equal(reader.read, UINT64_MAX);
	free(ring);
}

struct race {
	uint8_t *ring;
	uint32_t slots;
	bool is_over;
};

/* Spoils all of it, and most of all the counter, while it is read. */
static void *spoil(void *context)
{
	struct race *race = context;
	uint64_t number = seed(), written = 0;
	size_t words = (SK_TRACE_HEADER + (size_t)race->slots * SK_TRACE_SLOT) / 8;

	while (!__atomic_load_n(&race->is_over, __ATOMIC_RELAXED)) {
		uint64_t value = hostile_number(&number, written);

		if (value % 3 != 0) {
			written = value % 2 ? written + 1 : value;
			put_written(race->ring, written);
		} else {
			__atomic_store_n((uint64_t *)(void *)(race->ring +
				value / 3 % words * 8), value, __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

static void a_racing_writer_is_read_safely(void **state)
{
	struct race race = {.slots = 16};
	struct sk_trace_reader reader = {.slots = 16};
	uint64_t number = seed() + 1;
	unsigned came = 0;
	pthread_t writer;

	(void)state;
	reader.ring = race.ring = new_ring(race.slots);
	memset(race.ring, 0, SK_TRACE_HEADER + 16 * SK_TRACE_SLOT);
	assert_int_equal(pthread_create(&writer, NULL, spoil, &race), 0);
	for (unsigned i = 0; i < RACE_READS; i++) {
		came += read_once(&reader);
		/* Else it would soon be at the end of all numbers. */
		if (i % 16 == 0)
			reader.read = hostile_number(&number, 100);
	}
	__atomic_store_n(&race.is_over, true, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	assert_true(came > 0);
	free(race.ring);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_ring_is_read_safely),
		cmocka_unit_test(a_writer_that_goes_back_gives_nothing),
		cmocka_unit_test(counters_reach_the_last_number),
		cmocka_unit_test(a_racing_writer_is_read_safely),
	};

	fprintf(stderr, "# SEED=%llu\n", (unsigned long long)seed());
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("what is hostile in a ring of traces", tests, NULL,
		NULL);
}
