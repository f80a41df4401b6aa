/*
 * How diagnostics look: tabs, long lines, UTF-8, order, JSON; and the one
 * place where memory runs out.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "idl/source.h"
#include "tests/unit/idl_fixture.h"

/* The text of all reports, without the closing count; to be freed. */
static char *printed(struct diagnostics *diags, bool json)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (json)
		diag_print_json(diags, out);
	else
		diag_print_text(diags, out, false);
	fclose(out);
	return text;
}

static struct span span_of(const struct source *source, uint32_t offset,
	uint32_t size)
{
	struct span span = { source, offset, size, 1, 1 };
	uint32_t i;

	for (i = 0; i < offset; i++) {
		span.column++;
		if (source->text[i] == '\n') {
			span.line++;
			span.column = 1;
		}
	}
	return span;
}

static void a_report_has_two_places_and_help(void **state)
{
	static const struct source source = { "a.skald",
		"one\n\ttwo three\n", 15, NULL, 0 };
	struct arena *arena = arena_new();
	struct diagnostics *diags = diag_new(arena);
	struct diagnostic *report = diag_report(diags, E0203,
		span_of(&source, 9, 5), "there are two of `%s`", "three");
	char *text;

	(void)state;
	diag_second(report, span_of(&source, 0, 3), "the first is here");
	diag_help(report, "take one");
	text = printed(diags, false);
	assert_string_equal(text,
		"a.skald:2:6: error[E0203]: there are two of `three`\n"
		"2 | \ttwo three\n"
		"  | \t    ^^^^^\n"
		"  ...\n"
		"1 | one\n"
		"  | --- the first is here\n"
		"help: take one\n"
		"1 error, 0 warnings\n");
	free(text);
	arena_free(arena);
}

static void reports_come_in_the_order_of_their_places(void **state)
{
	static const struct source source = { "a.skald", "abcdef\n", 7, NULL, 0 };
	struct arena *arena = arena_new();
	struct diagnostics *diags = diag_new(arena);
	const char *first, *second;
	char *text;

	(void)state;
	diag_report(diags, E0203, span_of(&source, 4, 1), "late");
	diag_report(diags, W0001, span_of(&source, 1, 1), "early");
	assert_int_equal(diag_errors(diags), 1);
	assert_int_equal(diag_warnings(diags), 1);
	text = printed(diags, false);
	first = strstr(text, "early");
	second = strstr(text, "late");
	assert_non_null(first);
	assert_non_null(second);
	assert_true(first < second);
	free(text);
	arena_free(arena);
}

static void long_lines_are_cut_near_the_place(void **state)
{
	char line[501];
	struct source source = { "a.skald", line, 500, NULL, 0 };
	struct arena *arena = arena_new();
	struct diagnostics *diags = diag_new(arena);
	char *text, *mark;

	(void)state;
	memset(line, '.', 500);
	line[500] = '\0';
	memcpy(line + 300, "HERE", 4);
	diag_report(diags, E0105, span_of(&source, 300, 4), "x");
	text = printed(diags, false);
	assert_true(strlen(text) < 400);
	mark = strstr(text, "HERE");
	assert_non_null(mark);
	/* The carets stand below it, the line being cut or not. */
	assert_memory_equal(strchr(mark, '\n') + 1
		+ (mark - strstr(text, "1 | ")), "^^^^\n", 5);
	free(text);
	arena_free(arena);
}

static void carets_count_characters_not_bytes(void **state)
{
	static const struct source source = { "a.skald",
		"/* \xc3\xa9\xe2\x82\xac */ x\n", 14, NULL, 0 };
	struct arena *arena = arena_new();
	struct diagnostics *diags = diag_new(arena);
	char *text;

	(void)state;
	diag_report(diags, E0105, span_of(&source, 12, 1), "y");
	text = printed(diags, false);
	assert_non_null(strstr(text, "\n  |          ^\n"));
	free(text);
	arena_free(arena);
}

static void json_is_escaped(void **state)
{
	static const struct source source = { "a \"b\".skald", "x\n", 2, NULL, 0 };
	struct arena *arena = arena_new();
	struct diagnostics *diags = diag_new(arena);
	char *text;

	(void)state;
	diag_report(diags, E0105, span_of(&source, 0, 1),
		"a \\ \t \xff \xc3\xa9");
	text = printed(diags, true);
	assert_string_equal(text, "[\n{\"code\": \"E0105\", "
		"\"severity\": \"error\", "
		"\"title\": \"something else was wanted here\", "
		"\"message\": \"a \\\\ \\u0009 \\ufffd \xc3\xa9\", "
		"\"file\": \"a \\\"b\\\".skald\", \"line\": 1, "
		"\"column\": 1, \"end_column\": 2}\n]\n");
	free(text);
	text = printed(diags, true);
	assert_string_equal(text, "[]\n");
	free(text);
	arena_free(arena);
}

static void only_fifty_are_printed(void **state)
{
	static const struct source source = { "a.skald", "x\n", 2, NULL, 0 };
	struct arena *arena = arena_new();
	struct diagnostics *diags = diag_new(arena);
	unsigned i;
	char *text;

	(void)state;
	for (i = 0; i < 5000; i++)
		diag_help(diag_report(diags, E0105, span_of(&source, 0, 1),
			"number %u", i), "none");
	assert_int_equal(diag_errors(diags), 5000);
	text = printed(diags, false);
	assert_non_null(strstr(text, "number 49\n"));
	assert_null(strstr(text, "number 50\n"));
	assert_non_null(strstr(text, "\n4950 more not shown\n"));
	free(text);
	arena_free(arena);
}

static void utf8_is_told_from_what_is_not(void **state)
{
	(void)state;
	assert_int_equal(utf8_length("a", 1), 1);
	assert_int_equal(utf8_length("\xc3\xa9", 2), 2);
	assert_int_equal(utf8_length("\xe2\x82\xac", 3), 3);
	assert_int_equal(utf8_length("\xf0\x9f\x8e\xb5", 4), 4);
	assert_int_equal(utf8_length("\xc3", 1), 0);		/* cut */
	assert_int_equal(utf8_length("\x80", 1), 0);		/* no begin */
	assert_int_equal(utf8_length("\xc0\xaf", 2), 0);	/* too long */
	assert_int_equal(utf8_length("\xe0\x80\xaf", 3), 0);
	assert_int_equal(utf8_length("\xed\xa0\x80", 3), 0);	/* surrogate */
	assert_int_equal(utf8_length("\xf4\x90\x80\x80", 4), 0);
	assert_int_equal(utf8_length("", 0), 0);
}

static void unreadable_files_are_told_from_bad_ones(void **state)
{
	struct arena *arena = arena_new();
	struct diagnostics *diags = diag_new(arena);
	struct fixture f = fixture_load("struct A { Unknown a; }");

	(void)state;
	assert_null(f.schema);
	assert_false(diag_failed_to_read(f.diags));
	fixture_free(&f);
	assert_null(schema_load(arena, diags, "/nowhere/at.skald", NULL));
	assert_true(diag_failed_to_read(diags));
	arena_free(arena);
}

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* The sanitizer has its own end for a request that cannot be met. */
static void out_of_memory_ends_the_program_with_status_2(void **state)
{
#ifdef SANITIZED
	(void)state;
	skip();
#else
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(3);
		arena_alloc(arena_new(), SIZE_MAX / 4);
		_exit(0);
	}
	assert_true(waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
#endif
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_has_two_places_and_help),
		cmocka_unit_test(reports_come_in_the_order_of_their_places),
		cmocka_unit_test(long_lines_are_cut_near_the_place),
		cmocka_unit_test(carets_count_characters_not_bytes),
		cmocka_unit_test(json_is_escaped),
		cmocka_unit_test(only_fifty_are_printed),
		cmocka_unit_test(utf8_is_told_from_what_is_not),
		cmocka_unit_test(unreadable_files_are_told_from_bad_ones),
		cmocka_unit_test(out_of_memory_ends_the_program_with_status_2),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
