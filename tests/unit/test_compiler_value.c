/*
 * Values: integers at the limits of types, UTF-8, names; and the small
 * helpers beside them: varints, hexadecimal digits, nearest names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/hex.h"
#include "compiler/nearest.h"
#include "compiler/value.h"
#include "compiler/wire.h"

static bool fits(const char *text, unsigned width, bool is_signed)
{
	struct number number;

	assert_true(value_integer_parse(text, strlen(text), &number));
	return value_integer_fits(&number, width, is_signed);
}

static void integers_fit_their_types_up_to_the_limits(void **state)
{
	static const struct {
		const char *least, *below, *most, *above;
		unsigned width;
		bool is_signed;
	} types[] = {
		{"-128", "-129", "127", "128", 1, true},
		{"-32768", "-32769", "32767", "32768", 2, true},
		{"-2147483648", "-2147483649", "2147483647", "2147483648", 4,
			true},
		{"-9223372036854775808", "-9223372036854775809",
			"9223372036854775807", "9223372036854775808", 8, true},
		{"0", "-1", "255", "256", 1, false},
		{"-0", "-1", "0xffff", "0x10000", 2, false},
		{"+0", "-1", "4294967295", "4294967296", 4, false},
		{"0", "-1", "18446744073709551615", "18446744073709551616", 8,
			false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		unsigned width = types[i].width;
		bool is_signed = types[i].is_signed;

		assert_true(fits(types[i].least, width, is_signed));
		assert_false(fits(types[i].below, width, is_signed));
		assert_true(fits(types[i].most, width, is_signed));
		assert_false(fits(types[i].above, width, is_signed));
	}
}

static void huge_integers_never_wrap_into_range(void **state)
{
	struct number number;
	char text[101];

	(void)state;
	memset(text, '0', sizeof(text));
	text[0] = '1';
	for (size_t size = 21; size <= 100; size++) {
		assert_true(value_integer_parse(text, size, &number));
		assert_false(value_integer_fits(&number, 8, false));
	}
}

static void what_is_no_integer_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "-", "+", "0x", "1a", "0xg", "1 ", " 1", "--1", "1.0", "1e3",
	};
	struct number number;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(value_integer_parse(texts[i], strlen(texts[i]),
			&number));
}

static void bits_and_integers_agree(void **state)
{
	struct number number = value_integer(UINT64_MAX, true);

	(void)state;
	assert_true(number.negative && number.low == 1);
	assert_true(value_integer_bits(&number) == UINT64_MAX);
	number = value_integer(UINT64_C(1) << 63, true);
	assert_true(number.negative && number.low == UINT64_C(1) << 63);
	assert_true(value_integer_bits(&number) == UINT64_C(1) << 63);
	number = value_integer(UINT64_MAX, false);
	assert_true(!number.negative && number.low == UINT64_MAX);
}

static void every_code_point_survives_utf8(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char text[4];
		uint32_t back = 0;
		size_t size;

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		size = value_utf8_write(c, text);
		assert_int_equal(value_utf8_read(text, size, &back), size);
		assert_int_equal(back, c);
		assert_int_equal(value_utf8_read(text, size - 1, &back), 0);
	}
}

static void bad_utf8_is_refused(void **state)
{
	static const char *const texts[] = {
		"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
		"\xc3(", "\xff", "a\xe2\x82",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(value_is_utf8(texts[i], strlen(texts[i])));
	assert_true(value_is_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10));
}

static void the_second_of_two_equal_names_is_found(void **state)
{
	struct arena *arena = arena_new();
	struct value_member members[] = {
		{.name = "b", .name_size = 1}, {.name = "aa", .name_size = 2},
		{.name = "c", .name_size = 1}, {.name = "aa", .name_size = 2},
		{.name = "b", .name_size = 1},
	};

	(void)state;
	assert_int_equal(value_duplicate(arena, members, 5), 3);
	assert_int_equal(value_duplicate(arena, members, 3), 3);
	assert_int_equal(value_duplicate(arena, members, 0), 0);
	arena_free(arena);
}

static void text_from_outside_is_shown_on_one_line(void **state)
{
	struct arena *arena = arena_new();
	char long_text[100];

	(void)state;
	memset(long_text, '\xff', sizeof(long_text));
	assert_string_equal(value_show(arena, "a\n\x1b[", 4), "a\\x0a\\x1b[");
	assert_int_equal(strlen(value_show(arena, long_text, 100)), 163);
	arena_free(arena);
}

static void varints_take_the_least_bytes_and_read_back(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits <= 64; bits++) {
		for (unsigned less = 0; less < 2; less++) {
			uint64_t value = (bits == 64 ? 0 :
				UINT64_C(1) << bits) - less;
			unsigned char bytes[WIRE_VARINT_MAX];
			size_t size = wire_varint_write(value, bytes);
			uint64_t back = 0;
			bool minimal = false;

			assert_int_equal(wire_varint_read(bytes, size, &back,
				&minimal), size);
			assert_true(back == value && minimal);
			assert_int_equal(wire_varint_read(bytes, size - 1,
				&back, &minimal), 0);
			assert_true(size == 1 || value >> (7 * (size - 1)));
		}
	}
}

static void longer_varints_than_needed_are_told(void **state)
{
	/* 0 in two to nine bytes. */
	static const unsigned char zeros[8][9] = {
		{0x02}, {0x04}, {0x08}, {0x10}, {0x20}, {0x40}, {0x80}, {0},
	};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		uint64_t value = 1;
		bool minimal = true;

		assert_int_equal(wire_varint_read(zeros[i], 9, &value,
			&minimal), i + 2);
		assert_true(value == 0 && !minimal);
	}
}

static void hexadecimal_digits_come_in_pairs(void **state)
{
	unsigned char bytes[8];
	size_t count;

	(void)state;
	assert_true(hex_read("00aF7e", 6, false, bytes, &count));
	assert_int_equal(count, 3);
	assert_memory_equal(bytes, "\x00\xaf\x7e", 3);
	assert_true(hex_read(" 0a\n0b ", 7, true, bytes, &count));
	assert_int_equal(count, 2);
	assert_false(hex_read("0a 0b", 5, false, bytes, &count));
	assert_int_equal(count, 2);
	assert_false(hex_read("0a0", 3, true, bytes, &count));
	assert_int_equal(count, 3);
	assert_false(hex_read("0 a", 3, true, bytes, &count));
	assert_int_equal(count, 1);
}

static const char *nearest_of(const char *wanted, const char *const *names)
{
	struct nearest nearest = nearest_start(wanted);

	for (; *names; names++)
		nearest_offer(&nearest, *names);
	return nearest.best;
}

static void the_nearest_name_is_meant(void **state)
{
	static const char *const names[] = {
		"encode", "decode", "dump", "conform", NULL,
	};

	(void)state;
	assert_string_equal(nearest_of("encdoe", names), "encode");
	assert_string_equal(nearest_of("deocde", names), "decode");
	assert_string_equal(nearest_of("bump", names), "dump");
	assert_string_equal(nearest_of("confrom", names), "conform");
	assert_null(nearest_of("frobnicate", names));
	assert_null(nearest_of("x", names));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_fit_their_types_up_to_the_limits),
		cmocka_unit_test(huge_integers_never_wrap_into_range),
		cmocka_unit_test(what_is_no_integer_is_refused),
		cmocka_unit_test(bits_and_integers_agree),
		cmocka_unit_test(every_code_point_survives_utf8),
		cmocka_unit_test(bad_utf8_is_refused),
		cmocka_unit_test(the_second_of_two_equal_names_is_found),
		cmocka_unit_test(text_from_outside_is_shown_on_one_line),
		cmocka_unit_test(varints_take_the_least_bytes_and_read_back),
		cmocka_unit_test(longer_varints_than_needed_are_told),
		cmocka_unit_test(hexadecimal_digits_come_in_pairs),
		cmocka_unit_test(the_nearest_name_is_meant),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
