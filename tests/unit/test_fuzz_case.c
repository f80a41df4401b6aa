/* Cases of fuzzers: what is written is read again, and any bytes are a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/fuzz_case.h"

static uint32_t state = 1;

static uint32_t number(uint32_t below)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % below;
}

/* In a block of exactly its size, so that ASan sees a byte too far. */
static uint8_t *some(size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)number(256);
	return bytes;
}

static void assert_same(const struct fuzz_packet *a, const struct fuzz_packet *b)
{
	assert_int_equal(a->handles, b->handles);
	assert_int_equal(a->leases, b->leases);
	for (unsigned i = 0; i < a->handles; i++)
		assert_int_equal(a->rights[i], b->rights[i]);
	for (unsigned i = 0; i < a->leases; i++) {
		assert_int_equal(a->lease[i].direction, b->lease[i].direction);
		assert_int_equal(a->lease[i].size, b->lease[i].size);
	}
	assert_int_equal(a->size, b->size);
	if (a->size)
		assert_memory_equal(a->bytes, b->bytes, a->size);
}

static void any_bytes_are_a_packet(void **unused)
{
	(void)unused;
	for (unsigned round = 0; round < 20000; round++) {
		size_t size = number(60);
		uint8_t *bytes = some(size);
		uint8_t *again = malloc(200);
		struct fuzz_packet packet;
		struct fuzz_packet other;
		size_t written;

		fuzz_packet_read(&packet, bytes, size);
		assert_true(packet.handles <= FUZZ_HANDLES_MAX);
		assert_true(packet.leases <= FUZZ_LEASES_MAX);
		assert_true(packet.size <= size);
		written = fuzz_packet_write(&packet, again, 200);
		assert_true(written >= packet.size + 1);
		fuzz_packet_read(&other, again, written);
		assert_same(&packet, &other);
		free(again);
		free(bytes);
	}
}

/* Kept cases have to mean the same for ever. */
static void a_case_has_these_bytes(void **unused)
{
	static const uint8_t bytes[] = {
		7, 0x11, 0x22, 20, 0,			/* a step */
		0x22, 0x34, 0x12, 0xff, 0xff,		/* two of each, rights */
		3, 0x78, 0x56, 0x34, 0x12, 2, 1, 0, 0, 0x80,	/* leases */
		9, 8, 7, 6, 5,
	};
	struct fuzz_step step;
	uint8_t again[sizeof(bytes)];

	(void)unused;
	assert_int_equal(fuzz_step_read(&step, bytes, sizeof(bytes)), 25);
	assert_int_equal(step.what, 7);
	assert_int_equal(step.how[0], 0x11);
	assert_int_equal(step.how[1], 0x22);
	assert_int_equal(step.packet.handles, 2);
	assert_int_equal(step.packet.rights[0], 0x1234);
	assert_int_equal(step.packet.rights[1], 0xffff);
	assert_int_equal(step.packet.leases, 2);
	assert_int_equal(step.packet.lease[0].direction, 3);
	assert_int_equal(step.packet.lease[0].size, 0x12345678);
	assert_int_equal(step.packet.lease[1].direction, 2);
	assert_int_equal(step.packet.lease[1].size, 0x80000001);
	assert_int_equal(step.packet.size, 5);
	assert_memory_equal(step.packet.bytes, "\11\10\7\6\5", 5);
	assert_int_equal(fuzz_step_write(&step, again, sizeof(again)), sizeof(bytes));
	assert_memory_equal(again, bytes, sizeof(bytes));
}

static void a_packet_needs_its_room(void **unused)
{
	uint8_t data[] = {1, 2, 3};
	struct fuzz_packet packet = {
		.handles = 2, .leases = 1, .bytes = data, .size = sizeof(data),
	};
	size_t whole = 1 + 2 * 2 + 5 + 3;

	(void)unused;
	for (size_t room = 0; room < whole; room++) {
		uint8_t *to = some(room);
		uint8_t *copy = malloc(room + 1);

		memcpy(copy, to, room);
		assert_int_equal(fuzz_packet_write(&packet, to, room), 0);
		if (room)
			assert_memory_equal(copy, to, room);
		free(copy);
		free(to);
	}
	uint8_t *to = malloc(whole);
	assert_int_equal(fuzz_packet_write(&packet, to, whole), whole);
	free(to);
}

/* The bytes may stand where they are written to. */
static void a_packet_is_written_over_itself(void **unused)
{
	uint8_t buffer[64] = {0, 'a', 'b', 'c'};
	struct fuzz_packet packet;

	(void)unused;
	fuzz_packet_read(&packet, buffer, 4);
	packet.handles = 3;
	packet.rights[2] = 0x1234;
	assert_int_equal(fuzz_packet_write(&packet, buffer, sizeof(buffer)), 10);
	fuzz_packet_read(&packet, buffer, 10);
	assert_int_equal(packet.rights[2], 0x1234);
	assert_int_equal(packet.size, 3);
	assert_memory_equal(packet.bytes, "abc", 3);
}

/* Steps take all bytes there are, each at least one, and never too many. */
static void any_bytes_are_steps(void **unused)
{
	(void)unused;
	for (unsigned round = 0; round < 20000; round++) {
		size_t size = number(100);
		uint8_t *bytes = some(size);
		uint8_t again[300];
		struct fuzz_step step;
		struct fuzz_step other;
		size_t at = 0;
		size_t taken;

		/* Small sizes, so that there are several. */
		for (size_t i = 4; i < size; i += 7)
			bytes[i] = 0;
		while ((taken = fuzz_step_read(&step, bytes + at, size - at)) > 0) {
			size_t written = fuzz_step_write(&step, again, sizeof(again));

			assert_true(taken <= size - at);
			assert_true(written >= FUZZ_STEP_HEAD + 1);
			assert_int_equal(fuzz_step_read(&other, again, written),
				written);
			assert_int_equal(step.what, other.what);
			assert_memory_equal(step.how, other.how, 2);
			assert_same(&step.packet, &other.packet);
			at += taken;
		}
		assert_int_equal(at, size);
		free(bytes);
	}
}

static void a_step_has_a_greatest_packet(void **unused)
{
	size_t room = FUZZ_PACKET_MAX + 100;
	uint8_t *bytes = calloc(1, room);
	uint8_t *to = malloc(room);
	struct fuzz_step step = {.packet.bytes = bytes};

	(void)unused;
	step.packet.size = FUZZ_PACKET_MAX - 1;
	assert_int_equal(fuzz_step_write(&step, to, room),
		FUZZ_STEP_HEAD + FUZZ_PACKET_MAX);
	step.packet.size = FUZZ_PACKET_MAX;
	assert_int_equal(fuzz_step_write(&step, to, room), 0);
	free(to);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_bytes_are_a_packet),
		cmocka_unit_test(a_case_has_these_bytes),
		cmocka_unit_test(a_packet_needs_its_room),
		cmocka_unit_test(a_packet_is_written_over_itself),
		cmocka_unit_test(any_bytes_are_steps),
		cmocka_unit_test(a_step_has_a_greatest_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
