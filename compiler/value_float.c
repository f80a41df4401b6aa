/*
 * Values: floating-point numbers between text and bits. See value.h.
 *
 * The C library does the rounding. It is only ever given digits and an
 * exponent, never a point, which a locale may spell in another way.
 */
#include "compiler/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Exponents beyond it mean zero or infinity, however many digits there are. */
#define EXPONENT_MAX INT64_C(1000000000000)
/* Digits that tell all numbers of 8 bytes apart. */
#define DIGITS_MAX 17
/* Exponents of ten, from the first digit on, that are written as zeros. */
#define PLAIN_LEAST -4
#define PLAIN_MOST 15

struct ieee {
	unsigned digits;		/* that tell all numbers apart */
	uint64_t sign;
	uint64_t infinity;
	uint64_t nan;			/* the usual quiet one */
};

static const struct ieee ieee_single = {
	9, UINT64_C(1) << 31, UINT64_C(0x7f800000), UINT64_C(0x7fc00000),
};
static const struct ieee ieee_double = {
	DIGITS_MAX, UINT64_C(1) << 63, UINT64_C(0x7ff0000000000000),
	UINT64_C(0x7ff8000000000000),
};

/* 0.001230 is 1230 with exponent -6. */
struct decimal {
	const char *sign;		/* "-" or "" */
	const char *digits;		/* may hold a point; `size` characters */
	size_t size;
	int64_t exponent;		/* of the last digit */
};

static const struct ieee *ieee_of(unsigned width)
{
	return width == 4 ? &ieee_single : &ieee_double;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Behind an `e`. */
static bool parse_exponent(const char *text, size_t size, int64_t *to)
{
	size_t sign = size && (*text == '-' || *text == '+');

	*to = 0;
	for (size_t at = sign; at < size; at++) {
		if (!is_digit(text[at]))
			return false;
		if (*to < EXPONENT_MAX)
			*to = *to * 10 + (text[at] - '0');
	}
	if (sign && *text == '-')
		*to = -*to;
	return size > sign;
}

static bool parse(const char *text, size_t size, struct decimal *to)
{
	size_t sign = size && (*text == '-' || *text == '+');
	const char *end = text + size;
	const char *at = text + sign;
	int64_t behind = -1;		/* the point, if there was one */
	size_t digits = 0;

	to->sign = sign && *text == '-' ? "-" : "";
	to->digits = at;
	to->exponent = 0;
	for (; at < end && (is_digit(*at) || (*at == '.' && behind < 0)); at++) {
		digits += *at != '.';
		behind += *at == '.' || behind >= 0;
	}
	to->size = (size_t)(at - to->digits);
	if (digits == 0)
		return false;
	if (at < end && *at != 'e' && *at != 'E')
		return false;
	if (at < end && !parse_exponent(at + 1, (size_t)(end - at) - 1,
	    &to->exponent))
		return false;
	if (behind > 0)
		to->exponent -= behind;
	return true;
}

bool value_float_parse(const char *text, size_t size)
{
	struct decimal decimal;

	return parse(text, size, &decimal);
}

/* "1230e-6", by the C library. */
static uint64_t bits_of_text(const char *text, unsigned width)
{
	uint64_t bits = 0;

	if (width == 4) {
		float real = strtof(text, NULL);
		uint32_t pattern;

		memcpy(&pattern, &real, sizeof(real));
		bits = pattern;
	} else {
		double real = strtod(text, NULL);

		memcpy(&bits, &real, sizeof(real));
	}
	return bits;
}

/* Without its point. */
static uint64_t bits_of_decimal(struct arena *arena,
	const struct decimal *decimal, unsigned width)
{
	const char *point = memchr(decimal->digits, '.', decimal->size);
	int before = (int)(point ? (size_t)(point - decimal->digits) :
		decimal->size);
	int behind = point ? (int)decimal->size - before - 1 : 0;
	const char *text = arena_printf(arena, "%s%.*s%.*se%lld",
		decimal->sign, before, decimal->digits, behind,
		point ? point + 1 : "", (long long)decimal->exponent);

	return bits_of_text(text, width);
}

/* "NaN:0x7f800001". False if these are not the bits of any. */
static bool parse_nan(const char *text, size_t size, unsigned width,
	uint64_t *bits)
{
	static const char mark[] = "NaN:0x";
	const struct ieee *ieee = ieee_of(width);
	struct number number;

	if (size <= strlen(mark) || memcmp(text, mark, strlen(mark)) != 0 ||
	    !value_integer_parse(text + 4, size - 4, &number) ||
	    !value_integer_fits(&number, width, false))
		return false;
	*bits = number.low;
	return (*bits & ~ieee->sign) > ieee->infinity;
}

static bool parse_word(const char *text, size_t size, unsigned width,
	uint64_t *bits)
{
	const struct ieee *ieee = ieee_of(width);

	if (size == 8 && memcmp(text, "Infinity", size) == 0)
		*bits = ieee->infinity;
	else if (size == 9 && memcmp(text, "-Infinity", size) == 0)
		*bits = ieee->sign | ieee->infinity;
	else if (size == 3 && memcmp(text, "NaN", size) == 0)
		*bits = ieee->nan;
	else
		return parse_nan(text, size, width, bits);
	return true;
}

const char *value_float_bits(struct arena *arena, const struct value *value,
	unsigned width, uint64_t *bits)
{
	const struct ieee *ieee = ieee_of(width);
	const char *text = value->as.string.data;
	size_t size = value->as.string.size;
	struct decimal decimal;

	if (value->kind == VALUE_INTEGER) {
		text = value_integer_text(arena, &value->as.integer);
		size = strlen(text);
	} else if (value->kind != VALUE_FLOAT && value->kind != VALUE_STRING) {
		return arena_printf(arena, "expected a number, found %s",
			value_kind_name(value->kind));
	}
	if (value->kind != VALUE_INTEGER && parse_word(text, size, width, bits))
		return NULL;
	if (value->kind == VALUE_STRING || !parse(text, size, &decimal))
		return arena_printf(arena, "expected a number, \"Infinity\", "
			"\"-Infinity\" or \"NaN\", found \"%s\"",
			value_show(arena, text, size));
	*bits = bits_of_decimal(arena, &decimal, width);
	if ((*bits & ~ieee->sign) < ieee->infinity)
		return NULL;
	return arena_printf(arena, "%s is too large for a float of %u bytes",
		value_show(arena, text, size), width);
}

/* Adds one to the last digit. */
static void count_up(char *digits, unsigned count, int *exponent)
{
	unsigned at = count;

	while (at > 0 && digits[at - 1] == '9')
		digits[--at] = '0';
	if (at > 0) {
		digits[at - 1]++;
		return;
	}
	digits[0] = '1';
	++*exponent;
}

/* The digits of a finite number, rounded to `count` of them. */
static void round_digits(double real, unsigned count, char *digits,
	int *exponent)
{
	char text[DIGITS_MAX + 16];
	const char *at = text;

	snprintf(text, sizeof(text), "%.*e", (int)count - 1, real);
	for (unsigned i = 0; i < count; at++)
		if (is_digit(*at))
			digits[i++] = *at;
	digits[count] = '\0';
	*exponent = atoi(strchr(at, 'e') + 1);
}

static bool reads_back(const char *digits, unsigned count, int exponent,
	uint64_t bits, unsigned width)
{
	char text[DIGITS_MAX + 16];

	snprintf(text, sizeof(text), "%se%d", digits,
		exponent - (int)count + 1);
	return bits_of_text(text, width) == bits;
}

/*
 * The fewest digits that read back the same; their number. Where floats grow
 * twice as dense downwards, the nearest decimal may miss and the next one up
 * hit.
 */
static unsigned shortest_digits(uint64_t bits, unsigned width, double real,
	char *digits, int *exponent)
{
	unsigned most = ieee_of(width)->digits;

	for (unsigned count = 1; count < most; count++) {
		round_digits(real, count, digits, exponent);
		if (reads_back(digits, count, *exponent, bits, width))
			return count;
		count_up(digits, count, exponent);
		if (reads_back(digits, count, *exponent, bits, width))
			return count;
	}
	round_digits(real, most, digits, exponent);
	return most;
}

static void print_finite(char *to, const char *sign, const char *digits,
	int count, int exponent)
{
	size_t room = VALUE_FLOAT_TEXT_SIZE;

	if (exponent < PLAIN_LEAST || exponent > PLAIN_MOST)
		snprintf(to, room, "%s%c%s%se%d", sign, digits[0],
			count > 1 ? "." : "", digits + 1, exponent);
	else if (exponent < 0)
		snprintf(to, room, "%s0.%.*s%s", sign, -exponent - 1, "000",
			digits);
	else if (count > exponent + 1)
		snprintf(to, room, "%s%.*s.%s", sign, exponent + 1, digits,
			digits + exponent + 1);
	else
		snprintf(to, room, "%s%s%.*s.0", sign, digits,
			exponent + 1 - count, "000000000000000");
}

static double real_of(uint64_t bits, unsigned width)
{
	uint32_t pattern = (uint32_t)bits;
	float single;
	double real;

	if (width == 4) {
		memcpy(&single, &pattern, sizeof(single));
		return (double)single;
	}
	memcpy(&real, &bits, sizeof(real));
	return real;
}

const char *value_float_print(char to[VALUE_FLOAT_TEXT_SIZE], uint64_t bits,
	unsigned width)
{
	const struct ieee *ieee = ieee_of(width);
	uint64_t magnitude = bits & ~ieee->sign;
	const char *sign = bits & ieee->sign ? "-" : "";
	char digits[DIGITS_MAX + 1];
	int exponent;
	unsigned count;

	if (bits == ieee->nan) {
		strcpy(to, "NaN");
	} else if (magnitude > ieee->infinity) {
		snprintf(to, VALUE_FLOAT_TEXT_SIZE, "NaN:0x%llx",
			(unsigned long long)bits);
	} else if (magnitude == ieee->infinity) {
		snprintf(to, VALUE_FLOAT_TEXT_SIZE, "%sInfinity", sign);
	} else {
		count = shortest_digits(magnitude, width,
			real_of(magnitude, width), digits, &exponent);
		print_finite(to, sign, digits, (int)count, exponent);
	}
	return to;
}

struct value value_float(struct arena *arena, uint64_t bits, unsigned width)
{
	const struct ieee *ieee = ieee_of(width);
	char text[VALUE_FLOAT_TEXT_SIZE];
	struct value value = {
		.kind = (bits & ieee->infinity) == ieee->infinity ?
			VALUE_STRING : VALUE_FLOAT,
	};

	value_float_print(text, bits, width);
	value.as.string.size = strlen(text);
	value.as.string.data = arena_copy(arena, text, value.as.string.size);
	return value;
}

void value_number(struct arena *arena, const char *text, size_t size,
	bool is_fraction, struct value *to)
{
	to->kind = VALUE_INTEGER;
	if (!is_fraction && value_integer_parse(text, size, &to->as.integer) &&
	    !(to->as.integer.high == UINT64_MAX &&
	      to->as.integer.low == UINT64_MAX))
		return;
	to->kind = VALUE_FLOAT;
	to->as.string.data = arena_copy(arena, text, size);
	to->as.string.size = size;
}
