/*
 * The 128-bit arithmetic of constants: known values, limits, and the laws of
 * arithmetic on a few thousand pairs of numbers of all sizes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "idl/number.h"

#define MOST "340282366920938463463374607431768211455"

static struct number parse(const char *text)
{
	bool negative = text[0] == '-';
	struct number number;

	assert_true(number_parse(&number, text + negative,
		strlen(text) - negative));
	return negative ? number_negate(number) : number;
}

static void assert_number(struct number number, const char *wanted)
{
	char text[NUMBER_TEXT_SIZE];

	assert_string_equal(number_print(text, number), wanted);
}

static void numbers_are_read_and_printed(void **state)
{
	struct number number;

	(void)state;
	assert_number(parse("0"), "0");
	assert_number(parse("-0"), "0");
	assert_number(parse("007"), "7");
	assert_number(parse("0xFf"), "255");
	assert_number(parse("18446744073709551616"), "18446744073709551616");
	assert_number(parse("-" MOST), "-" MOST);
	assert_number(parse("0xffffffffffffffffffffffffffffffff"), MOST);
	assert_false(number_parse(&number, "", 0));
	assert_false(number_parse(&number, "12a", 3));
	assert_false(number_parse(&number, "0x", 2));
	assert_false(number_parse(&number,
		"340282366920938463463374607431768211456", 39));
	assert_false(number_parse(&number,
		"0x100000000000000000000000000000000", 35));
}

static void sums_and_products_stop_at_128_bits(void **state)
{
	struct number most = parse(MOST), one = number_of(1), result;

	(void)state;
	assert_false(number_add(&result, most, one));
	assert_false(number_subtract(&result, number_negate(most), one));
	assert_true(number_subtract(&result, most, one));
	assert_number(result, "340282366920938463463374607431768211454");
	assert_true(number_multiply(&result, number_of(UINT64_MAX),
		number_of(UINT64_MAX)));
	assert_number(result, "340282366920938463426481119284349108225");
	assert_false(number_multiply(&result, parse("18446744073709551616"),
		parse("18446744073709551616")));
	assert_false(number_multiply(&result, most, parse("-2")));
	assert_false(number_shift_left(&result, number_of(3), 127));
	assert_true(number_shift_left(&result, one, 127));
	assert_number(result, "170141183460469231731687303715884105728");
}

static void division_and_shifts_treat_signs_as_c_does(void **state)
{
	(void)state;
	assert_number(number_divide(parse("-7"), parse("2")), "-3");
	assert_number(number_remainder(parse("-7"), parse("2")), "-1");
	assert_number(number_divide(parse("7"), parse("-2")), "-3");
	assert_number(number_remainder(parse("7"), parse("-2")), "1");
	assert_number(number_divide(parse(MOST), parse(MOST)), "1");
	assert_number(number_remainder(parse("-4"), parse("2")), "0");
	assert_number(number_shift_right(parse("-1"), 5), "-1");
	assert_number(number_shift_right(parse("-8"), 1), "-4");
	assert_number(number_shift_right(parse("-9"), 1), "-5");
	assert_number(number_shift_right(parse(MOST), 127), "1");
}

static void bits_are_those_of_two_s_complement(void **state)
{
	struct number result;

	(void)state;
	assert_true(number_and(&result, parse("-2"), parse("255")));
	assert_number(result, "254");
	assert_true(number_or(&result, parse("-256"), parse("15")));
	assert_number(result, "-241");
	assert_true(number_xor(&result, parse("-1"), parse("15")));
	assert_number(result, "-16");
	/* The result would be -2^128. */
	assert_false(number_and(&result, parse("-" MOST), parse("-2")));
}

static void numbers_fit_types_up_to_their_limits(void **state)
{
	uint64_t plain;

	(void)state;
	assert_true(number_fits(parse("255"), 1, false));
	assert_false(number_fits(parse("256"), 1, false));
	assert_false(number_fits(parse("-1"), 8, false));
	assert_true(number_fits(parse("-128"), 1, true));
	assert_false(number_fits(parse("-129"), 1, true));
	assert_false(number_fits(parse("128"), 1, true));
	assert_true(number_fits(parse("18446744073709551615"), 8, false));
	assert_false(number_fits(parse("18446744073709551616"), 8, false));
	assert_true(number_fits(parse("-9223372036854775808"), 8, true));
	assert_false(number_fits(parse("-9223372036854775809"), 8, true));
	assert_false(number_fits(parse("9223372036854775808"), 8, true));
	assert_true(number_to_unsigned(&plain, parse("18446744073709551615")));
	assert_true(plain == UINT64_MAX);
	assert_false(number_to_unsigned(&plain, parse("-1")));
}

/* xorshift64, so that a failure comes again. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Of any length: short ones are as likely as long ones. */
static struct number random_number(uint64_t *seed)
{
	unsigned shift = (unsigned)(next_random(seed) % 128);
	bool negative = next_random(seed) & 1;
	struct number number = { false, next_random(seed), next_random(seed) };

	number = number_shift_right(number, shift);
	return negative ? number_negate(number) : number;
}

static void assert_same(struct number a, struct number b)
{
	char text[2][NUMBER_TEXT_SIZE];

	assert_string_equal(number_print(text[0], a),
		number_print(text[1], b));
	assert_int_equal(number_compare(a, b), 0);
}

static void check_laws(struct number a, struct number b)
{
	struct number x, y, z;
	char text[NUMBER_TEXT_SIZE];

	assert_same(parse(number_print(text, a)), a);
	if (number_add(&x, a, b)) {
		assert_true(number_subtract(&y, x, b));
		assert_same(y, a);
		assert_int_equal(number_compare(x, a),
			number_compare(b, number_of(0)));
	}
	if (number_xor(&x, a, b) && number_xor(&y, x, b))
		assert_same(y, a);
	/* a + b == (a | b) + (a & b) */
	if (number_or(&x, a, b) && number_and(&y, a, b)
		&& number_add(&z, a, b) && number_add(&x, x, y))
		assert_same(x, z);
	if (number_is_zero(b))
		return;
	x = number_divide(a, b);
	y = number_remainder(a, b);
	assert_true(number_multiply(&z, x, b));
	assert_true(number_add(&z, z, y));
	assert_same(z, a);
	if (number_multiply(&z, a, b)) {
		assert_same(number_divide(z, b), a);
		assert_true(number_is_zero(number_remainder(z, b)));
	}
}

static void the_laws_of_arithmetic_hold(void **state)
{
	uint64_t seed = UINT64_C(0x736b616c64);
	struct number a, b, x;
	unsigned i, by;

	(void)state;
	for (i = 0; i < 5000; i++) {
		a = random_number(&seed);
		b = random_number(&seed);
		check_laws(a, b);
		by = (unsigned)(next_random(&seed) % 128);
		if (number_shift_left(&x, a, by))
			assert_same(number_shift_right(x, by), a);
	}
}

static struct number number_of_signed(int64_t value)
{
	return value < 0 ? number_negate(number_of(0 - (uint64_t)value))
		: number_of((uint64_t)value);
}

/* Small ones against the machine's own arithmetic. */
static void small_numbers_agree_with_the_machine(void **state)
{
	int64_t a, b;
	struct number x, y, z;

	(void)state;
	for (a = -40; a <= 40; a++)
		for (b = -40; b <= 40; b++) {
			x = number_of_signed(a);
			y = number_of_signed(b);
			assert_true(number_add(&z, x, y));
			assert_same(z, number_of_signed(a + b));
			assert_true(number_multiply(&z, x, y));
			assert_same(z, number_of_signed(a * b));
			assert_true(number_and(&z, x, y));
			assert_same(z, number_of_signed(a & b));
			assert_true(number_or(&z, x, y));
			assert_same(z, number_of_signed(a | b));
			assert_true(number_xor(&z, x, y));
			assert_same(z, number_of_signed(a ^ b));
			if (b == 0)
				continue;
			assert_same(number_divide(x, y),
				number_of_signed(a / b));
			assert_same(number_remainder(x, y),
				number_of_signed(a % b));
		}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_and_printed),
		cmocka_unit_test(sums_and_products_stop_at_128_bits),
		cmocka_unit_test(division_and_shifts_treat_signs_as_c_does),
		cmocka_unit_test(bits_are_those_of_two_s_complement),
		cmocka_unit_test(numbers_fit_types_up_to_their_limits),
		cmocka_unit_test(the_laws_of_arithmetic_hold),
		cmocka_unit_test(small_numbers_agree_with_the_machine),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
