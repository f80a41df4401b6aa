/*
 * 128-bit arithmetic in portable C: magnitudes are pairs of 64-bit words.
 */
#include "idl/number.h"

#include <string.h>

struct magnitude {
	uint64_t high;
	uint64_t low;
};

static struct magnitude magnitude_of(struct number a)
{
	return (struct magnitude){ a.high, a.low };
}

static struct number number_from(bool negative, struct magnitude a)
{
	return (struct number){ negative && (a.high | a.low) != 0,
		a.high, a.low };
}

static int magnitude_compare(struct magnitude a, struct magnitude b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	return a.low < b.low ? -1 : a.low > b.low;
}

static struct magnitude magnitude_subtract(struct magnitude a, struct magnitude b)
{
	return (struct magnitude){ a.high - b.high - (a.low < b.low),
		a.low - b.low };
}

static bool magnitude_add(struct magnitude *result, struct magnitude a,
	struct magnitude b)
{
	uint64_t low = a.low + b.low;
	uint64_t carry = low < a.low;
	uint64_t high = a.high + b.high;
	bool over = high < a.high;

	high += carry;
	over = over || high < carry;
	*result = (struct magnitude){ high, low };
	return !over;
}

/* The whole product of two 64-bit words. */
static struct magnitude multiply_words(uint64_t a, uint64_t b)
{
	uint64_t a0 = a & UINT32_MAX, a1 = a >> 32;
	uint64_t b0 = b & UINT32_MAX, b1 = b >> 32;
	uint64_t low = a0 * b0;
	uint64_t middle = a1 * b0 + (low >> 32);
	uint64_t other = a0 * b1 + (middle & UINT32_MAX);

	return (struct magnitude){ a1 * b1 + (middle >> 32) + (other >> 32),
		other << 32 | (low & UINT32_MAX) };
}

static bool magnitude_multiply(struct magnitude *result, struct magnitude a,
	struct magnitude b)
{
	struct magnitude low = multiply_words(a.low, b.low), cross;

	if (a.high != 0 && b.high != 0)
		return false;
	cross = a.high != 0 ? multiply_words(a.high, b.low)
		: multiply_words(a.low, b.high);
	if (cross.high != 0)
		return false;
	return magnitude_add(result, low, (struct magnitude){ cross.low, 0 });
}

static struct magnitude magnitude_shift_left(struct magnitude a, unsigned by)
{
	if (by == 0)
		return a;
	if (by >= 64)
		return (struct magnitude){ a.low << (by - 64), 0 };
	return (struct magnitude){ a.high << by | a.low >> (64 - by),
		a.low << by };
}

static struct magnitude magnitude_shift_right(struct magnitude a, unsigned by)
{
	if (by == 0)
		return a;
	if (by >= 64)
		return (struct magnitude){ 0, a.high >> (by - 64) };
	return (struct magnitude){ a.high >> by,
		a.low >> by | a.high << (64 - by) };
}

/* Beyond 64 bits bit by bit: a few hundred steps, but those are few. */
static struct magnitude magnitude_divide(struct magnitude a, struct magnitude b,
	struct magnitude *remainder)
{
	struct magnitude quotient = { 0, 0 }, rest = { 0, 0 };
	bool carry;
	int i;

	if (a.high == 0 && b.high == 0) {
		*remainder = (struct magnitude){ 0, a.low % b.low };
		return (struct magnitude){ 0, a.low / b.low };
	}
	for (i = 127; i >= 0; i--) {
		carry = rest.high >> 63;
		rest = magnitude_shift_left(rest, 1);
		rest.low |= magnitude_shift_right(a, (unsigned)i).low & 1;
		quotient = magnitude_shift_left(quotient, 1);
		if (carry || magnitude_compare(rest, b) >= 0) {
			rest = magnitude_subtract(rest, b);
			quotient.low |= 1;
		}
	}
	*remainder = rest;
	return quotient;
}

struct number number_of(uint64_t value)
{
	return (struct number){ false, 0, value };
}

bool number_is_zero(struct number a)
{
	return (a.high | a.low) == 0;
}

struct number number_negate(struct number a)
{
	return number_from(!a.negative, magnitude_of(a));
}

int number_compare(struct number a, struct number b)
{
	int order = magnitude_compare(magnitude_of(a), magnitude_of(b));

	if (a.negative != b.negative)
		return a.negative ? -1 : 1;
	return a.negative ? -order : order;
}

bool number_add(struct number *result, struct number a, struct number b)
{
	struct magnitude x = magnitude_of(a), y = magnitude_of(b), sum;

	if (a.negative == b.negative) {
		if (!magnitude_add(&sum, x, y))
			return false;
		*result = number_from(a.negative, sum);
	} else if (magnitude_compare(x, y) >= 0) {
		*result = number_from(a.negative, magnitude_subtract(x, y));
	} else {
		*result = number_from(b.negative, magnitude_subtract(y, x));
	}
	return true;
}

bool number_subtract(struct number *result, struct number a, struct number b)
{
	return number_add(result, a, number_negate(b));
}

bool number_multiply(struct number *result, struct number a, struct number b)
{
	struct magnitude product;

	if (!magnitude_multiply(&product, magnitude_of(a), magnitude_of(b)))
		return false;
	*result = number_from(a.negative != b.negative, product);
	return true;
}

struct number number_divide(struct number a, struct number b)
{
	struct magnitude remainder;

	return number_from(a.negative != b.negative,
		magnitude_divide(magnitude_of(a), magnitude_of(b), &remainder));
}

struct number number_remainder(struct number a, struct number b)
{
	struct magnitude remainder;

	magnitude_divide(magnitude_of(a), magnitude_of(b), &remainder);
	return number_from(a.negative, remainder);
}

bool number_shift_left(struct number *result, struct number a, unsigned by)
{
	struct magnitude shifted = magnitude_shift_left(magnitude_of(a), by);
	struct magnitude back = magnitude_shift_right(shifted, by);

	if (magnitude_compare(back, magnitude_of(a)) != 0)
		return false;
	*result = number_from(a.negative, shifted);
	return true;
}

struct number number_shift_right(struct number a, unsigned by)
{
	struct magnitude x = magnitude_of(a);
	struct magnitude shifted = magnitude_shift_right(x, by);
	struct magnitude back = magnitude_shift_left(shifted, by);
	struct magnitude one = { 0, 1 };

	/* Downwards, as two's complement does: -1 >> 1 is -1. */
	if (a.negative && magnitude_compare(back, x) != 0)
		(void)magnitude_add(&shifted, shifted, one);
	return number_from(a.negative, shifted);
}

/* The low 128 bits of the two's complement form, and back. */
static struct magnitude bits_of(struct number a)
{
	struct magnitude one = { 0, 1 }, x = magnitude_of(a);

	if (!a.negative)
		return x;
	x = magnitude_subtract(x, one);
	return (struct magnitude){ ~x.high, ~x.low };
}

static bool number_from_bits(struct number *result, bool negative,
	struct magnitude bits)
{
	struct magnitude one = { 0, 1 }, x = bits;

	if (negative) {
		x = (struct magnitude){ ~bits.high, ~bits.low };
		if (!magnitude_add(&x, x, one))
			return false;
	}
	*result = number_from(negative, x);
	return true;
}

bool number_and(struct number *result, struct number a, struct number b)
{
	struct magnitude x = bits_of(a), y = bits_of(b);

	return number_from_bits(result, a.negative && b.negative,
		(struct magnitude){ x.high & y.high, x.low & y.low });
}

bool number_or(struct number *result, struct number a, struct number b)
{
	struct magnitude x = bits_of(a), y = bits_of(b);

	return number_from_bits(result, a.negative || b.negative,
		(struct magnitude){ x.high | y.high, x.low | y.low });
}

bool number_xor(struct number *result, struct number a, struct number b)
{
	struct magnitude x = bits_of(a), y = bits_of(b);

	return number_from_bits(result, a.negative != b.negative,
		(struct magnitude){ x.high ^ y.high, x.low ^ y.low });
}

bool number_fits(struct number a, unsigned width, bool is_signed)
{
	unsigned bits = width * 8 - (is_signed ? 1 : 0);
	uint64_t greatest = UINT64_MAX >> (64 - bits);

	if (a.high != 0)
		return false;
	if (!a.negative)
		return a.low <= greatest;
	return is_signed && a.low <= greatest + 1;
}

bool number_to_unsigned(uint64_t *result, struct number a)
{
	if (a.negative || a.high != 0)
		return false;
	*result = a.low;
	return true;
}

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return 16;
}

bool number_parse(struct number *result, const char *text, size_t size)
{
	struct magnitude value = { 0, 0 };
	uint64_t base = 10;
	size_t i = 0;
	int digit;

	if (size > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		i = 2;
	}
	if (size == 0)
		return false;
	for (; i < size; i++) {
		digit = digit_value(text[i]);
		if (digit >= (int)base
			|| !magnitude_multiply(&value, value,
				(struct magnitude){ 0, base })
			|| !magnitude_add(&value, value,
				(struct magnitude){ 0, (uint64_t)digit }))
			return false;
	}
	*result = number_from(false, value);
	return true;
}

char *number_print(char buffer[NUMBER_TEXT_SIZE], struct number a)
{
	struct magnitude rest = magnitude_of(a), ten = { 0, 10 }, digit;
	char digits[NUMBER_TEXT_SIZE];
	size_t count = 0, i = 0;

	do {
		rest = magnitude_divide(rest, ten, &digit);
		digits[count++] = (char)('0' + digit.low);
	} while ((rest.high | rest.low) != 0);
	if (a.negative)
		buffer[i++] = '-';
	while (count > 0)
		buffer[i++] = digits[--count];
	buffer[i] = '\0';
	return buffer;
}
