/*
 * Texts in an arena are what vsnprintf() makes of the same, by the short way or not.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "idl/arena.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void check(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void check(const char *format, ...)
{
	static char wanted[2000];
	va_list arguments, again;

	va_start(arguments, format);
	va_copy(again, arguments);
	vsnprintf(wanted, sizeof wanted, format, arguments);
	assert_string_equal(arena_vprintf(arena, format, again), wanted);
	va_end(again);
	va_end(arguments);
}

static void texts_are_formatted_as_by_printf(void **state)
{
	const char unended[] = { 'a', 'b', 'c' };

	(void)state;
	check("nothing");
	check("%s", "");
	check("%s%s, %s", "one", "two", "three");
	check("%.*s|%.*s|%.*s", 0, "x", 2, unended, 9, "short");
	check("%.*s", -1, "all of it");
	check("%u %u %u", 0U, 10U, UINT_MAX);
	check("%lu %lu", 0UL, ULONG_MAX);
	check("%u%%, %s %d %5s|%-3u|%02x %c", 7U, "a", -5, "b", 9U, 10U, 'z');
	check("%zu %lld %.2s", (size_t)3, LLONG_MIN, "cut");
}

/* On both sides of what the short way holds. */
static void texts_of_any_size_are_whole(void **state)
{
	static char long_text[1100];

	(void)state;
	memset(long_text, 'x', sizeof long_text - 1);
	for (int size = 490; size < 530; size++) {
		check("%.*s", size, long_text);
		check("%.*s%u", size, long_text, 4096U);
		check("%.*s and more", size, long_text);
	}
	check("%s %s", long_text, "end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_formatted_as_by_printf),
		cmocka_unit_test(texts_of_any_size_are_whole),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
