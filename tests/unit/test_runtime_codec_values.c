/*
 * The codec's functions for floats, optional values, records, flexible variants
 * and what goes beside the bytes, at their edges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/codec.h"

static struct sk_reader reader_of(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	return (struct sk_reader){ at, at + size, NULL, 0 };
}

static struct sk_writer writer_to(uint8_t *bytes, size_t size)
{
	return (struct sk_writer){ bytes, bytes + size, 0, SK_TOO_BIG };
}

/* ---- floats ---- */

/* Signalling NaNs among them, which a move through a register may change. */
static const uint32_t bits32[] = {
	0, 0x80000000, 0x3f800000, 0x00000001, 0x7f800000, 0x7fc00000, 0x7f800001,
	0xffffffff,
};
static const uint64_t bits64[] = {
	0, UINT64_C(0x8000000000000000), UINT64_C(0x3ff8000000000000), 1,
	UINT64_C(0x7ff0000000000001), UINT64_C(0x7ff8000000000000), UINT64_MAX,
};

static void floats_keep_all_their_bits(void **state)
{
	uint8_t bytes[32];
	uint32_t back32;
	uint64_t back64;
	float narrow;
	double wide;

	(void)state;
	for (size_t i = 0; i < sizeof bits32 / sizeof bits32[0]; i++) {
		struct sk_writer out = writer_to(bytes, sizeof bytes);

		memcpy(&narrow, &bits32[i], 4);
		sk_put_float32(bytes, &narrow);
		assert_int_equal(sk_get_uint32(bytes), bits32[i]);
		memset(&narrow, 0, 4);
		sk_get_float32(bytes, &narrow);
		assert_true(sk_write_float32(&out, &narrow));
		struct sk_reader in = reader_of(bytes, (size_t)(out.at - bytes));
		assert_true(sk_read_float32(&in, &narrow));
		assert_ptr_equal(in.at, in.end);
		memcpy(&back32, &narrow, 4);
		assert_int_equal(back32, bits32[i]);
	}
	for (size_t i = 0; i < sizeof bits64 / sizeof bits64[0]; i++) {
		struct sk_writer out = writer_to(bytes, sizeof bytes);

		memcpy(&wide, &bits64[i], 8);
		sk_put_float64(bytes, &wide);
		assert_int_equal(sk_get_uint64(bytes), bits64[i]);
		memset(&wide, 0, 8);
		sk_get_float64(bytes, &wide);
		assert_true(sk_write_float64(&out, &wide));
		struct sk_reader in = reader_of(bytes, (size_t)(out.at - bytes));
		assert_true(sk_read_float64(&in, &wide));
		memcpy(&back64, &wide, 8);
		assert_int_equal(back64, bits64[i]);
	}
}

static void a_float32_of_more_than_32_bits_is_refused(void **state)
{
	static const uint8_t bytes[] = { 0x10, 0, 0, 0, 0x20 };	/* 2^32 */
	struct sk_reader in = reader_of(bytes, sizeof bytes);
	float value;
	uint64_t wide;

	(void)state;
	assert_true(sk_read_varint(&in, &wide));
	assert_int_equal(wide, UINT64_C(1) << 32);
	in = reader_of(bytes, sizeof bytes);
	assert_false(sk_read_float32(&in, &value));
}

static void lists_of_floats_come_by_iterator_and_in_room(void **state)
{
	uint8_t bytes[64];
	_Alignas(8) uint8_t memory[sizeof bits32];
	struct sk_float32_list sent = { (const float *)(const void *)bits32, 8, { 0 } }, list;
	struct sk_writer out = writer_to(bytes, sizeof bytes);
	float item;
	uint32_t back;

	(void)state;
	assert_true(sk_float32_write_list(&out, &sent));
	for (int roomy = 0; roomy < 2; roomy++) {
		struct sk_room room = { memory, memory + sizeof memory, false };
		struct sk_reader in = reader_of(bytes, (size_t)(out.at - bytes));

		in.room = roomy ? &room : NULL;
		assert_true(sk_float32_read_list(&in, &list));
		assert_int_equal(list.count, 8);
		assert_int_equal(list.items != NULL, roomy);
		for (size_t i = 0; i < 8; i++) {
			assert_true(sk_float32_next(&list, &item));
			memcpy(&back, &item, 4);
			assert_int_equal(back, bits32[i]);
		}
		assert_false(sk_float32_next(&list, &item));
	}
}

/* ---- optional values ---- */

static void a_count_is_none_or_the_one(void **state)
{
	static const uint8_t bytes[] = { 0x01, 0x03, 0x05, 0x21 };	/* 0, 1, 2, 16 */
	bool present;

	(void)state;
	for (uint64_t one = 1; one <= 16; one += 15) {
		for (size_t i = 0; i < sizeof bytes; i++) {
			struct sk_reader in = reader_of(&bytes[i], 1);
			bool good = bytes[i] == 1 || bytes[i] == 2 * one + 1;

			assert_int_equal(sk_read_present(&in, one, &present), good);
			if (good)
				assert_int_equal(present, bytes[i] != 1);
		}
	}
	struct sk_reader in = reader_of(bytes, 0);
	assert_false(sk_read_present(&in, 1, &present));
}

static void a_bool_in_memory_is_looked_at_as_a_byte(void **state)
{
	bool value;

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		memset(&value, byte, 1);
		assert_int_equal(sk_is_bool(&value), byte <= 1);
	}
}

/* ---- records ---- */

static void a_length_that_is_no_multiple_is_refused(void **state)
{
	uint8_t bytes[26] = { 0 };
	struct sk_range wire;
	uint32_t count;

	(void)state;
	for (uint8_t size = 0; size < 25; size++) {
		struct sk_reader in = reader_of(bytes, (size_t)size + 1);

		bytes[0] = (uint8_t)(2 * size + 1);
		assert_int_equal(sk_read_records(&in, 8, &count, &wire), size % 8 == 0);
		if (size % 8 != 0)
			continue;
		assert_int_equal(count, size / 8);
		assert_int_equal(wire.size, size);
		assert_ptr_equal(in.at, in.end);
	}
	bytes[0] = 2 * 16 + 1;
	struct sk_reader in = reader_of(bytes, 16);	/* one byte too few */
	assert_false(sk_read_records(&in, 8, &count, &wire));
}

static void records_want_room_for_all_their_bytes(void **state)
{
	uint8_t bytes[18];
	uint8_t from[16] = { 1, 2, 3 };
	struct sk_range wire = { from, 16, 0 }, nowhere = { NULL, 0, 0 };
	struct sk_writer out = writer_to(bytes, 17);

	(void)state;
	assert_true(sk_write_records(&out, 8, 2, &wire));
	assert_int_equal(out.at - bytes, 17);
	assert_memory_equal(bytes + 1, from, 16);
	out = writer_to(bytes, 16);
	assert_false(sk_write_records(&out, 8, 2, &wire));
	assert_int_equal(out.status, SK_TOO_BIG);
	out = writer_to(bytes, 18);
	assert_false(sk_write_records(&out, 8, 2, &nowhere));
	assert_int_equal(out.status, SK_INVALID);
	out = writer_to(bytes, 18);
	assert_true(sk_write_records(&out, 8, 0, &nowhere));
	out = writer_to(bytes, 18);	/* the product has more than 32 bits */
	assert_null(sk_make_records(&out, 1 << 16, 1 << 16));
}

static void numbers_are_turned_around_where_they_stand(void **state)
{
	static const uint8_t in_order[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
		15, 16, 17 };
	static const uint8_t by16[] = { 0, 2, 1, 4, 3, 5 };
	static const uint8_t by32[] = { 0, 4, 3, 2, 1, 8, 7, 6, 5, 9 };
	static const uint8_t by64[] = { 0, 8, 7, 6, 5, 4, 3, 2, 1, 16, 15, 14, 13, 12, 11, 10,
		9, 17 };
	uint8_t bytes[18];

	(void)state;
	memcpy(bytes, in_order, sizeof bytes);
	sk_swap16(bytes + 1, 2);
	assert_memory_equal(bytes, by16, sizeof by16);
	memcpy(bytes, in_order, sizeof bytes);
	sk_swap32(bytes + 1, 2);
	assert_memory_equal(bytes, by32, sizeof by32);
	memcpy(bytes, in_order, sizeof bytes);
	sk_swap64(bytes + 1, 2);
	assert_memory_equal(bytes, by64, sizeof by64);
}

/* ---- values with their length ---- */

/* The length is one byte up to 127, two up to 16383: what stands behind gives way. */
static void what_was_written_gives_way_to_its_length(void **state)
{
	static const size_t sizes[] = { 0, 1, 126, 127, 128, 129, 16383, 16384 };
	static uint8_t bytes[16400];

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		size_t whole = sizes[i] + (sizes[i] < 128 ? 1 : sizes[i] < 16384 ? 2 : 3);

		for (size_t capacity = whole - 1; capacity <= whole; capacity++) {
			struct sk_writer out = writer_to(bytes, capacity);
			uint8_t *start, *to;
			bool good = sk_begin_sized(&out, &start)
				&& (to = sk_make_bytes(&out, sizes[i])) != NULL;

			for (size_t k = 0; good && k < sizes[i]; k++)
				to[k] = (uint8_t)(k * 7);
			assert_int_equal(good && sk_end_sized(&out, start), capacity == whole);
		}
		struct sk_reader in = reader_of(bytes, whole), sized = { 0 };
		assert_true(sk_read_sized(&in, &sized));
		assert_ptr_equal(in.at, in.end);
		assert_int_equal(sized.end - sized.at, sizes[i]);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(sized.at[k], (uint8_t)(k * 7));
	}
}

static void tags_are_from_1_to_the_greatest_int(void **state)
{
	(void)state;
	assert_false(sk_is_tag(0));
	assert_true(sk_is_tag(1));
	assert_true(sk_is_tag(INT32_MAX));
	assert_false(sk_is_tag((uint64_t)INT32_MAX + 1));
	assert_false(sk_is_tag(UINT64_MAX));
}

static void unknown_values_are_kept_as_they_came(void **state)
{
	static const uint8_t bytes[] = { 0x07, 1, 2, 3, 9 };
	struct sk_reader in = reader_of(bytes, sizeof bytes), sized = { 0 };
	struct sk_bytes value, none = { NULL, 1 };
	uint8_t to[3];
	struct sk_writer out = writer_to(to, sizeof to);

	(void)state;
	assert_true(sk_read_sized(&in, &sized));
	sk_take_rest(&sized, &value);
	assert_true(sk_is_at_end(&sized));
	assert_ptr_equal(in.at, bytes + 4);
	assert_true(sk_write_unknown(&out, value));
	assert_memory_equal(to, bytes + 1, 3);
	assert_false(sk_write_unknown(&out, none));
	assert_int_equal(out.status, SK_INVALID);
}

static void depth_is_limited_from_where_it_is(void **state)
{
	uint32_t depth = 5;

	(void)state;
	assert_int_equal(sk_limit_depth(&depth, 4), 5);
	assert_int_equal(depth, SK_DEPTH_MAX - 4);
	assert_int_equal(sk_limit_depth(&depth, 10), SK_DEPTH_MAX - 4);
	assert_int_equal(depth, SK_DEPTH_MAX - 4);	/* the narrower one holds */
}

static void bytes_are_limited_from_where_it_is(void **state)
{
	const uint8_t bytes[8] = {0};
	struct sk_reader in = { bytes + 2, bytes + 8, NULL, 0 };

	(void)state;
	assert_ptr_equal(sk_limit_bytes(&in, 4), bytes + 8);
	assert_ptr_equal(in.end, bytes + 6);
	assert_ptr_equal(sk_limit_bytes(&in, 5), bytes + 6);
	assert_ptr_equal(in.end, bytes + 6);		/* the narrower one holds */
	assert_ptr_equal(sk_limit_bytes(&in, UINT32_MAX), bytes + 6);
	assert_ptr_equal(in.end, bytes + 6);
	assert_ptr_equal(in.at, bytes + 2);
}

/* ---- beside the bytes ---- */

static struct sk_attached two_handles_and_a_lease(void)
{
	struct sk_attached attached = { .handle_count = 2, .lease_count = 1 };

	attached.handles[0] = (struct sk_passed){ { 10 }, 3, false };
	attached.handles[1] = (struct sk_passed){ { 11 }, 1, false };
	attached.leases[0] = (struct sk_lease){ NULL, 100, 0, SK_LEASE_OUT };
	return attached;
}

static void handles_and_leases_are_taken_in_their_order(void **state)
{
	struct sk_attached attached = two_handles_and_a_lease();
	struct sk_handle handle;
	struct sk_lease lease;
	bool present;

	(void)state;
	sk_take_begin(&attached);
	assert_true(sk_get_handle(1, &attached, 3, &handle));
	assert_int_equal(handle.raw, 10);
	assert_true(sk_get_optional_handle(0, &attached, 0, &present, &handle));
	assert_false(present);
	assert_int_equal(handle.raw, -1);
	assert_true(sk_get_optional_handle(2, &attached, 0, &present, &handle));
	assert_true(present);
	assert_int_equal(handle.raw, 11);
	assert_true(sk_get_lease(1, &attached, SK_LEASE_OUT, 100, &lease));
	assert_int_equal(lease.size, 100);
	assert_int_equal(sk_take_all(&attached), 0);
	assert_int_equal(attached.handle_count, 0);
	assert_int_equal(attached.lease_count, 0);
}

static void refused_handles_and_leases_say_which_they_were(void **state)
{
	static const struct { uint8_t number; uint16_t rights; } handles[] = {
		{ 2, 0 }, { 0, 0 }, { 1, 4 }, { 255, 0 },
	};
	struct sk_room full = { NULL, NULL, true };
	struct sk_handle handle;
	struct sk_lease lease;
	bool present;

	(void)state;
	for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
		struct sk_attached attached = two_handles_and_a_lease();

		sk_take_begin(&attached);
		assert_int_equal(sk_refusal_beside(NULL, &attached), SK_MALFORMED);
		assert_int_equal(sk_refusal_beside(&full, &attached), SK_TOO_BIG);
		assert_false(sk_get_handle(handles[i].number, &attached,
			handles[i].rights, &handle));
		assert_int_equal(sk_refusal_beside(&full, &attached), SK_BAD_HANDLE);
		assert_int_equal(attached.handle_count, 2);	/* still to be closed */
	}
	for (uint32_t wrong = 0; wrong < 3; wrong++) {
		struct sk_attached attached = two_handles_and_a_lease();

		sk_take_begin(&attached);
		assert_false(sk_get_optional_lease(wrong == 0 ? 2 : 1, &attached,
			wrong == 1 ? SK_LEASE_IN : SK_LEASE_OUT, wrong == 2 ? 99 : 100,
			&present, &lease));
		assert_int_equal(sk_refusal_beside(NULL, &attached), SK_BAD_LEASE);
	}
}

static void what_is_left_over_is_refused_and_stays(void **state)
{
	struct sk_attached attached = two_handles_and_a_lease();
	struct sk_handle handle;

	(void)state;
	sk_take_begin(&attached);
	assert_true(sk_get_handle(1, &attached, 0, &handle));
	assert_int_equal(sk_take_all(&attached), SK_BAD_HANDLE);
	assert_true(sk_get_handle(2, &attached, 0, &handle));
	assert_int_equal(sk_take_all(&attached), SK_BAD_LEASE);
	assert_int_equal(attached.handle_count, 2);
	assert_int_equal(attached.lease_count, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(floats_keep_all_their_bits),
		cmocka_unit_test(a_float32_of_more_than_32_bits_is_refused),
		cmocka_unit_test(lists_of_floats_come_by_iterator_and_in_room),
		cmocka_unit_test(a_count_is_none_or_the_one),
		cmocka_unit_test(a_bool_in_memory_is_looked_at_as_a_byte),
		cmocka_unit_test(a_length_that_is_no_multiple_is_refused),
		cmocka_unit_test(records_want_room_for_all_their_bytes),
		cmocka_unit_test(numbers_are_turned_around_where_they_stand),
		cmocka_unit_test(what_was_written_gives_way_to_its_length),
		cmocka_unit_test(tags_are_from_1_to_the_greatest_int),
		cmocka_unit_test(unknown_values_are_kept_as_they_came),
		cmocka_unit_test(depth_is_limited_from_where_it_is),
		cmocka_unit_test(bytes_are_limited_from_where_it_is),
		cmocka_unit_test(handles_and_leases_are_taken_in_their_order),
		cmocka_unit_test(refused_handles_and_leases_say_which_they_were),
		cmocka_unit_test(what_is_left_over_is_refused_and_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
