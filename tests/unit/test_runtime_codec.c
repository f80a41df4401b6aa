/*
 * The codec's own functions, at the edges that messages rarely reach.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/codec.h"

/* What each varint must be: docs/wire-format.md, "Varints". */
static const struct {
	uint64_t value;
	unsigned size;
	uint8_t bytes[9];
} varints[] = {
	{ 0, 1, { 0x01 } },
	{ 1, 1, { 0x03 } },
	{ 127, 1, { 0xff } },
	{ 128, 2, { 0x02, 0x02 } },
	{ 300, 2, { 0xb2, 0x04 } },
	{ 16383, 2, { 0xfe, 0xff } },
	{ 16384, 3, { 0x04, 0x00, 0x02 } },
	{ UINT64_C(1) << 49, 8, { 0x80, 0, 0, 0, 0, 0, 0, 0x02 } },
	{ (UINT64_C(1) << 56) - 1, 8,
	  { 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
	{ UINT64_C(1) << 56, 9, { 0, 0, 0, 0, 0, 0, 0, 0, 0x01 } },
	{ UINT64_MAX, 9, { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
};

/* A copy in memory of its own, so that ASan sees a byte too far. */
static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size + (size == 0));

	memcpy(copy, bytes, size);
	return copy;
}

static void varints_are_the_bytes_of_the_format(void **state)
{
	uint8_t room[9];

	(void)state;
	for (size_t i = 0; i < sizeof varints / sizeof varints[0]; i++) {
		struct sk_writer narrow = { room, room + 9, 0, 0 };
		struct sk_writer wide = { room, room + 9, 0, 0 };

		assert_true(sk_write_varint(&narrow, varints[i].value));
		assert_int_equal(narrow.at - room, varints[i].size);
		assert_memory_equal(room, varints[i].bytes, varints[i].size);
		memset(room, 0xa5, sizeof room);
		assert_true(sk_write_wide(&wide, varints[i].value));
		assert_int_equal(wide.at - room, varints[i].size);
		assert_memory_equal(room, varints[i].bytes, varints[i].size);
	}
}

static void varints_come_back_from_exactly_their_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof varints / sizeof varints[0]; i++) {
		uint8_t *bytes = copy_of(varints[i].bytes, varints[i].size);
		struct sk_reader one = { bytes, bytes + varints[i].size, NULL, 0 };
		struct sk_reader two = one;
		uint64_t value = 0;

		assert_true(sk_read_varint(&one, &value));
		assert_true(value == varints[i].value);
		assert_ptr_equal(one.at, one.end);
		assert_true(sk_read_wide(&two, &value));
		assert_true(value == varints[i].value);
		assert_ptr_equal(two.at, two.end);
		free(bytes);
	}
}

static void cut_varints_are_refused_and_need_all_their_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof varints / sizeof varints[0]; i++) {
		for (unsigned size = 0; size < varints[i].size; size++) {
			uint8_t *bytes = copy_of(varints[i].bytes, size);
			struct sk_reader one = { bytes, bytes + size, NULL, 0 };
			struct sk_reader two = one;
			struct sk_writer out = { bytes, bytes + size, 0, 0 };
			struct sk_writer wide = out;
			uint64_t value;

			assert_false(sk_read_varint(&one, &value));
			assert_false(sk_read_wide(&two, &value));
			assert_false(sk_write_varint(&out, varints[i].value));
			assert_false(sk_write_wide(&wide, varints[i].value));
			free(bytes);
		}
	}
}

static void longer_forms_of_a_varint_are_refused(void **state)
{
	static const struct {
		unsigned size;
		uint8_t bytes[9];
	} longer[] = {
		{ 2, { 0x02, 0x00 } },			/* 0 */
		{ 2, { 0xfe, 0x01 } },			/* 127 */
		{ 3, { 0xfc, 0xff, 0x01 } },		/* 16383 */
		{ 8, { 0x80, 0, 0, 0, 0, 0, 0, 0x01 } },
		{ 9, { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
		uint8_t behind[20] = { 0 };
		uint64_t value;

		memcpy(behind, longer[i].bytes, longer[i].size);
		for (size_t end = longer[i].size; end <= sizeof behind; end++) {
			struct sk_reader one = { behind, behind + end, NULL, 0 };
			struct sk_reader two = one;

			assert_false(sk_read_varint(&one, &value));
			assert_false(sk_read_wide(&two, &value));
		}
	}
}

static void every_power_of_two_survives_the_way_there_and_back(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		for (int less = 0; less < 2; less++) {
			uint64_t value = (UINT64_C(1) << bit) - (unsigned)less;
			uint64_t came = 0;
			uint8_t room[18];
			struct sk_writer out = { room, room + 18, 0, 0 };

			assert_true(sk_write_tagged(&out, 200, value));
			struct sk_reader in = { room, out.at, NULL, 0 };
			assert_true(sk_read_varint(&in, &came));
			assert_true(came == 200);
			assert_true(sk_read_varint(&in, &came));
			assert_true(came == value);
			assert_ptr_equal(in.at, in.end);
		}
	}
}

static void missing_data_is_invalid_and_missing_room_too_big(void **state)
{
	uint8_t room[4];
	struct sk_writer out = { room, room + 4, 0, SK_TOO_BIG };
	struct sk_writer full = { room, room + 4, 0, SK_TOO_BIG };
	struct sk_uint16_list none = { 0 };

	(void)state;
	assert_true(sk_write_raw(&out, NULL, 0));
	assert_false(sk_write_raw(&out, NULL, 2));
	assert_int_equal(out.status, SK_INVALID);
	assert_true(sk_write_raw(&full, "abc", 3));
	assert_false(sk_write_raw(&full, "", 0));
	assert_int_equal(full.status, SK_TOO_BIG);
	struct sk_bytes nothing = { 0 };
	assert_false(sk_write_bools(&full, nothing));
	assert_int_equal(full.status, SK_TOO_BIG);
	none.count = 1;
	full.at = room;
	assert_false(sk_uint16_write_list(&full, &none));
	assert_int_equal(full.status, SK_INVALID);
}

static void integers_of_an_array_must_fit_their_type(void **state)
{
	uint8_t room[16];
	uint64_t values[] = { 0x8000 };
	struct sk_writer out = { room, room + 16, 0, 0 };
	struct sk_uint16_list good;
	struct sk_int16_list bad;
	uint16_t item;

	(void)state;
	assert_true(sk_write_integers(&out, 8, 1, values));
	struct sk_reader in = { room, out.at, NULL, 0 };
	struct sk_reader again = in;
	assert_true(sk_uint16_read_list(&in, &good));
	assert_true(sk_uint16_next(&good, &item));
	assert_int_equal(item, 0x8000);
	assert_false(sk_uint16_next(&good, &item));
	assert_false(sk_int16_read_list(&again, &bad));
}

static void room_is_aligned_bounded_and_says_when_it_is_full(void **state)
{
	_Alignas(8) uint8_t memory[32];
	struct sk_room room = { memory + 1, memory + 32, false };
	struct sk_reader in = { memory, memory, &room, 0 };
	struct sk_reader without = { memory, memory, NULL, 0 };
	void *to;

	(void)state;
	assert_true(sk_take_room(&without, UINT64_MAX, &to));
	assert_null(to);
	assert_int_equal(sk_refusal(NULL), SK_MALFORMED);
	assert_true(sk_take_room(&in, 8, &to));
	assert_ptr_equal(to, memory + 8);
	assert_false(sk_take_room(&in, 17, &to));
	assert_true(room.is_full);
	assert_int_equal(sk_refusal(&room), SK_TOO_BIG);
	assert_true(sk_take_room(&in, 16, &to));
	assert_ptr_equal(to, memory + 16);
	assert_false(sk_take_room(&in, UINT64_MAX, &to));
}

static void changed_elements_end_an_array(void **state)
{
	uint8_t bytes[] = { 0x05, 0x07, 0x09 };
	struct sk_reader in = { bytes, bytes + 3, NULL, 0 };
	struct sk_uint32_list list;
	uint32_t item;

	(void)state;
	assert_true(sk_uint32_read_list(&in, &list));
	assert_true(sk_uint32_next(&list, &item));
	assert_int_equal(item, 3);
	bytes[2] = 0x02;		/* now it wants a byte more */
	assert_false(sk_uint32_next(&list, &item));
	assert_int_equal(list.count, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(varints_are_the_bytes_of_the_format),
		cmocka_unit_test(varints_come_back_from_exactly_their_bytes),
		cmocka_unit_test(cut_varints_are_refused_and_need_all_their_room),
		cmocka_unit_test(longer_forms_of_a_varint_are_refused),
		cmocka_unit_test(every_power_of_two_survives_the_way_there_and_back),
		cmocka_unit_test(missing_data_is_invalid_and_missing_room_too_big),
		cmocka_unit_test(integers_of_an_array_must_fit_their_type),
		cmocka_unit_test(room_is_aligned_bounded_and_says_when_it_is_full),
		cmocka_unit_test(changed_elements_end_an_array),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
