/*
 * Floating-point numbers: text to number.
 */
#include "idl/real.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "idl/number.h"

static size_t digits(const char *text, size_t size, size_t at)
{
	size_t first = at;

	while (at < size && text[at] >= '0' && text[at] <= '9')
		at++;
	return at - first;
}

/* [-] digits [. digits] [e [sign] digits]: strtod() takes more than that. */
static bool is_decimal(const char *text, size_t size)
{
	size_t at = size > 0 && text[0] == '-', count = digits(text, size, at);

	if (count == 0)
		return false;
	at += count;
	if (at < size && text[at] == '.') {
		count = digits(text, size, at + 1);
		if (count == 0)
			return false;
		at += 1 + count;
	}
	if (at < size && (text[at] == 'e' || text[at] == 'E')) {
		at++;
		at += at < size && (text[at] == '+' || text[at] == '-');
		count = digits(text, size, at);
		if (count == 0)
			return false;
		at += count;
	}
	return at == size;
}

/* With the point that strtod() wants here and now. */
static const char *localized(struct arena *arena, const char *text, size_t size)
{
	const char *point = memchr(text, '.', size);
	size_t before = point == NULL ? size : (size_t)(point - text);

	if (point == NULL)
		return arena_copy(arena, text, size);
	return arena_printf(arena, "%.*s%s%.*s", (int)before, text,
		localeconv()->decimal_point, (int)(size - before - 1),
		point + 1);
}

bool real_parse(struct arena *arena, const char *text, size_t size,
	unsigned width, double *result)
{
	const char *local;

	if (!is_decimal(text, size))
		return false;
	local = localized(arena, text, size);
	/* Not by way of double: that would round twice. */
	*result = width == 4 ? (double)strtof(local, NULL)
		: strtod(local, NULL);
	return isfinite(*result);
}

bool real_of_number(struct arena *arena, struct number number, unsigned width,
	double *result)
{
	char text[NUMBER_TEXT_SIZE];

	number_print(text, number);
	return real_parse(arena, text, strlen(text), width, result);
}

bool real_round(double value, unsigned width, double *result)
{
	*result = width == 4 ? (double)(float)value : value;
	return isfinite(*result);
}
