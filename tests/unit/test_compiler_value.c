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

static bool float_is(const char *text, enum value_kind kind, unsigned width,
	uint64_t wanted)
{
	struct arena *arena = arena_new();
	struct value value = {
		.kind = kind, .as.string = {text, strlen(text)},
	};
	uint64_t bits = 0;
	bool good;

	if (kind == VALUE_INTEGER)
		value_integer_parse(text, strlen(text), &value.as.integer);
	good = value_float_bits(arena, &value, width, &bits) == NULL;
	arena_free(arena);
	return good && bits == wanted;
}

static void decimals_are_rounded_to_the_nearest_float(void **state)
{
	static const struct {
		const char *text;
		uint64_t single, wide;
	} rows[] = {
		{"1.0", 0x3f800000, 0x3ff0000000000000},
		{"-0.0", 0x80000000, 0x8000000000000000},
		{"+.5", 0x3f000000, 0x3fe0000000000000},
		{"5.", 0x40a00000, 0x4014000000000000},
		{"0.1", 0x3dcccccd, 0x3fb999999999999a},
		/* Half way between two floats of 4 bytes, and a little more:
		 * rounded by way of 8 bytes the two would be the same. */
		{"1.000000059604644775390625", 0x3f800000, 0x3ff0000010000000},
		{"1.00000005960464477539062500000000001", 0x3f800001,
			0x3ff0000010000000},
		{"3.4028235e38", 0x7f7fffff, 0x47efffffe54daff8},
		{"1e-45", 1, 0x3696d601ad376ab9},
		{"1e-99999999999999999999", 0, 0},
		{"0e99999999999999999999", 0, 0},
		{"Infinity", 0x7f800000, 0x7ff0000000000000},
		{"-Infinity", 0xff800000, 0xfff0000000000000},
		{"NaN", 0x7fc00000, 0x7ff8000000000000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(float_is(rows[i].text, VALUE_FLOAT, 4,
			rows[i].single));
		assert_true(float_is(rows[i].text, VALUE_FLOAT, 8,
			rows[i].wide));
	}
	assert_true(float_is("16777217", VALUE_INTEGER, 4, 0x4b800000));
	assert_true(float_is("16777219", VALUE_INTEGER, 4, 0x4b800002));
	assert_true(float_is("NaN:0x7f800001", VALUE_STRING, 4, 0x7f800001));
	assert_true(float_is("NaN:0xffffffffffffffff", VALUE_STRING, 8,
		UINT64_MAX));
}

static void what_is_no_float_is_refused(void **state)
{
	static const char *const texts[] = {
		"", ".", "-", "e5", "1e", "1.2.3", "0x10", "nan", "inf",
		"1e39", "3.4028236e38", "-1e999999999999999999999", "1 ",
		"NaN:", "NaN:0x7f800000", "NaN:0x0", "NaN:0x17fc00000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint64_t bits = 1;
		struct arena *arena = arena_new();
		struct value value = {
			.kind = i % 2 ? VALUE_FLOAT : VALUE_STRING,
			.as.string = {texts[i], strlen(texts[i])},
		};

		if (value_float_bits(arena, &value, 4, &bits) == NULL)
			fail_msg("taken: %s", texts[i]);
		arena_free(arena);
	}
	/* Strings are for what has no decimal. */
	assert_false(float_is("1.5", VALUE_STRING, 4, 0x3fc00000));
}

static void floats_are_written_as_short_as_can_be(void **state)
{
	static const struct {
		uint64_t bits;
		unsigned width;
		const char *text;
	} rows[] = {
		{0, 4, "0.0"}, {0x80000000, 4, "-0.0"}, {1, 4, "1e-45"},
		{0x3dcccccd, 4, "0.1"}, {0x3fb999999999999a, 8, "0.1"},
		{0x3fb99999a0000000, 8, "0.10000000149011612"},
		{0x7f7fffff, 4, "3.4028235e38"}, {0x4b800000, 4, "16777216.0"},
		{0x3f1a36e2eb1c432d, 8, "0.0001"},
		{0x3ee4f8b588e368f1, 8, "1e-5"},
		{0x430c6bf526340000, 8, "1000000000000000.0"},
		{0x4341c37937e08000, 8, "1e16"},
		/* 2^-44: only the next decimal above it reads back. */
		{0x3d30000000000000, 8, "5.684341886080802e-14"},
		{1, 8, "5e-324"}, {0x7fefffffffffffff, 8,
			"1.7976931348623157e308"},
		{0xffefffffffffffff, 8, "-1.7976931348623157e308"},
		{0x7fc00000, 4, "NaN"}, {0xffc00000, 4, "NaN:0xffc00000"},
		{0x7f800001, 4, "NaN:0x7f800001"}, {0xff800000, 4, "-Infinity"},
		{0x7ff8000000000000, 8, "NaN"},
		{0x7ff8000000000001, 8, "NaN:0x7ff8000000000001"},
	};
	char text[VALUE_FLOAT_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(value_float_print(text, rows[i].bits,
			rows[i].width), rows[i].text);
}

static void every_float_reads_back_the_same(void **state)
{
	struct arena *arena = arena_new();
	uint64_t seed = UINT64_C(88172645463325252);

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		unsigned width = i % 2 ? 4 : 8;
		uint64_t bits = width == 4 ? seed >> 32 : seed;
		struct value value = value_float(arena, bits, width);
		uint64_t back = ~bits;

		assert_null(value_float_bits(arena, &value, width, &back));
		assert_true(back == bits);
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
	}
	arena_free(arena);
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
		cmocka_unit_test(decimals_are_rounded_to_the_nearest_float),
		cmocka_unit_test(what_is_no_float_is_refused),
		cmocka_unit_test(floats_are_written_as_short_as_can_be),
		cmocka_unit_test(every_float_reads_back_the_same),
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
