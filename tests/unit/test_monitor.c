/*
 * The monitor's line editor, by scripts of keys and the screen that a terminal shows
 * then; its words, paths, and texts of numbers and times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "servers/monitor/edit.h"
#include "servers/monitor/words.h"

/* ---- a terminal of some rows, which knows what the editor sends ---- */

#define ROWS 6
#define COLUMNS 80

static struct screen {
	char cells[ROWS][COLUMNS + 1];
	unsigned row, column;
	unsigned bells;
	char escape[8];			/* what came of a sequence */
	unsigned escape_size;
} screen;

static void clear_screen(void)
{
	memset(&screen, 0, sizeof(screen));
	for (unsigned i = 0; i < ROWS; i++)
		memset(screen.cells[i], ' ', COLUMNS);
}

static void sequence(void)
{
	char last = screen.escape[screen.escape_size - 1];
	unsigned number = (unsigned)atoi(screen.escape + 2);

	if (last == 'K')
		memset(screen.cells[screen.row] + screen.column, ' ', COLUMNS - screen.column);
	else if (last == 'C')
		screen.column += number;
	else if (last == 'H')
		screen.row = screen.column = 0;
	else if (last == 'J')
		for (unsigned i = 0; i < ROWS; i++)
			memset(screen.cells[i], ' ', COLUMNS);
	else
		assert_int_equal(last, 'm');
	screen.escape_size = 0;
}

static void show(void *self, const char *text, size_t size)
{
	(void)self;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (screen.escape_size > 0 || c == 0x1b) {
			assert_true(screen.escape_size < sizeof(screen.escape) - 1);
			screen.escape[screen.escape_size++] = c;
			screen.escape[screen.escape_size] = 0;
			if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
				sequence();
		} else if (c == '\a') {
			screen.bells++;
		} else if (c == '\r') {
			screen.column = 0;
		} else if (c == '\n') {
			screen.row++;
			screen.column = 0;
		} else {
			assert_in_range(screen.column, 0, COLUMNS - 1);
			/* One cell for a character of several bytes: its first. */
			if (((unsigned char)c & 0xc0) != 0x80)
				screen.cells[screen.row][screen.column++] = c;
		}
	}
}

/* ---- scripts ---- */

static struct edit edit;

static enum edit_event type(const char *keys)
{
	enum edit_event event = EDIT_NONE;

	for (; *keys; keys++)
		event = edit_key(&edit, (uint8_t)*keys);
	return event;
}

static const char *row(unsigned number)
{
	static char text[COLUMNS + 1];
	size_t size = COLUMNS;

	memcpy(text, screen.cells[number], COLUMNS);
	while (size > 0 && text[size - 1] == ' ')
		size--;
	text[size] = 0;
	return text;
}

/* The same keys again, and what is there then. */
static void check(const char *keys, const char *line, const char *shown, unsigned column)
{
	clear_screen();
	edit_begin(&edit, "\x1b[1m> \x1b[m");
	type(keys);
	if (strcmp(edit.line, line) != 0 || strcmp(row(0), shown) != 0 ||
			screen.column != column)
		print_message("# keys: %s\n# expected: '%s' shown as '%s', cursor %u\n"
			"# came: '%s' shown as '%s', cursor %u\n", keys, line, shown, column,
			edit.line, row(0), screen.column);
	assert_string_equal(edit.line, line);
	assert_int_equal(strlen(edit.line), edit.size);
	assert_string_equal(row(0), shown);
	assert_int_equal(screen.column, column);
}

static int set_up(void **state)
{
	(void)state;
	edit_init(&edit, show, NULL);
	return 0;
}

#define LEFT "\x1b[D"
#define RIGHT "\x1b[C"
#define UP "\x1b[A"
#define DOWN "\x1b[B"

static void test_typing(void **state)
{
	(void)state;
	check("", "", ">", 2);
	check("abc", "abc", "> abc", 5);
	check("abc" LEFT LEFT "X", "aXbc", "> aXbc", 4);
	check("abc" LEFT LEFT LEFT LEFT LEFT "X" RIGHT "Y", "XaYbc", "> XaYbc", 5);
	check("abc" "\x1b[H" "X" "\x1b[F" "Y", "XabcY", "> XabcY", 7);
	check("abc" "\x1b[1~" "X" "\x1b[4~" "Y", "XabcY", "> XabcY", 7);
	check("abc" "\x1bOH" "X" "\x1bOF" "Y", "XabcY", "> XabcY", 7);
	check("abc\001X\005Y\002Z\006", "XabcZY", "> XabcZY", 8);
}

static void test_erasing(void **state)
{
	(void)state;
	check("abc\x7f", "ab", "> ab", 4);
	check("abc\x08\x08\x08\x08", "", ">", 2);
	check("abc" LEFT "\x7f", "ac", "> ac", 3);
	check("abc\001" "\x1b[3~", "bc", "> bc", 2);
	check("abc\001\004\004", "c", "> c", 2);
	check("one two  three\027", "one two  ", "> one two", 11);
	check("one two  \027", "one ", "> one", 6);
	check("one two" LEFT LEFT "\027", "one wo", "> one wo", 6);
	check("one two" LEFT LEFT "\025", "wo", "> wo", 2);
	check("one two" LEFT LEFT "\013", "one t", "> one t", 7);
	check("one\025two\001\013three", "three", "> three", 7);
}

static void test_characters_of_several_bytes(void **state)
{
	(void)state;
	check("a\xc3\xa4z" LEFT LEFT "X", "aX\xc3\xa4z", "> aX\xc3z", 4);
	check("\xe2\x82\xac\xc3\xa4\x7f", "\xe2\x82\xac", "> \xe2", 3);
	check("\xe2\x82\xac\xc3\xa4\001\004", "\xc3\xa4", "> \xc3", 2);
}

static void test_history(void **state)
{
	(void)state;
	edit_remember(&edit, "first");
	edit_remember(&edit, "second");
	edit_remember(&edit, "second");
	edit_remember(&edit, "");
	check(UP, "second", "> second", 8);
	check(UP UP, "first", "> first", 7);
	check("new" UP UP DOWN, "second", "> second", 8);
	check("new" UP UP DOWN DOWN, "new", "> new", 5);
	check(UP "!" , "second!", "> second!", 9);
	check("new" UP UP UP UP, "first", "> first", 7);
	assert_int_equal(screen.bells, 2);
	check("new" DOWN, "new", "> new", 5);
	assert_int_equal(screen.bells, 1);
	for (unsigned i = 0; i < EDIT_HISTORY + 5; i++) {
		char line[16];

		sprintf(line, "line %u", i);
		edit_remember(&edit, line);
	}
	clear_screen();
	edit_begin(&edit, "");
	for (unsigned i = 0; i < EDIT_HISTORY; i++)
		type(UP);
	assert_string_equal(edit.line, "line 5");
	assert_int_equal(screen.bells, 0);
	type(UP);
	assert_string_equal(edit.line, "line 5");
	assert_int_equal(screen.bells, 1);
}

static void test_wide_lines(void **state)
{
	(void)state;
	edit.columns = 20;
	check("0123456789abcdef", "0123456789abcdef", "> 0123456789abcdef", 18);
	check("0123456789abcdefghij", "0123456789abcdefghij", "> 3456789abcdefghij", 19);
	check("0123456789abcdefghij\001", "0123456789abcdefghij", "> 0123456789abcdefg", 2);
	check("0123456789abcdefghij\001\005X", "0123456789abcdefghijX",
		"> 456789abcdefghijX", 19);
}

static void test_a_full_line(void **state)
{
	(void)state;
	clear_screen();
	edit_begin(&edit, "");
	for (unsigned i = 0; i < EDIT_LINE + 3; i++)
		type("x");
	assert_int_equal(edit.size, EDIT_LINE);
	assert_int_equal(strlen(edit.line), EDIT_LINE);
	assert_int_equal(screen.bells, 3);
	type("\x7fy");
	assert_int_equal(edit.line[EDIT_LINE - 1], 'y');
}

static void test_events(void **state)
{
	(void)state;
	check("", "", ">", 2);
	assert_int_equal(type("\t"), EDIT_TAB);
	assert_int_equal(type("\004"), EDIT_END);
	assert_int_equal(type("x\004"), EDIT_NONE);
	assert_int_equal(type("\001\x1b[3~"), EDIT_NONE);
	assert_int_equal(type("\x1b[3~"), EDIT_NONE);
	assert_int_equal(type("ab" LEFT "\r"), EDIT_ENTER);
	edit_leave(&edit);
	assert_string_equal(row(0), "> ab");
	assert_int_equal(screen.row, 1);
	assert_int_equal(screen.column, 0);
}

static void test_what_means_nothing(void **state)
{
	(void)state;
	check("a\x1b[5~\x1b[99;5R\x1bx\x1bOz\001\x1b[1;5CX", "aX", "> aX", 4);
	check("ab\x07\x1c\x1d", "ab", "> ab", 4);
}

static void test_another_has_written(void **state)
{
	(void)state;
	check("abc" LEFT, "abc", "> abc", 4);
	show(NULL, "log: line\n", 10);
	edit_draw(&edit);
	assert_string_equal(row(1), "> abc");
	assert_int_equal(screen.column, 4);
	type("\014");
	assert_string_equal(row(0), "> abc");
	assert_string_equal(row(1), "");
	assert_int_equal(screen.column, 4);
}

/* Any keys: what is shown is what there is, wherever the cursor is. */
static void test_random_keys(void **state)
{
	static const char *const keys[] = {"a", "bc", " ", "\x7f", LEFT, LEFT, RIGHT, "\001",
		"\005", "\027", "\013", "\x1b[3~", UP, DOWN, "\xc3\xa4", "d", "efg"};
	const char *text = getenv("MONITOR_SEED");
	unsigned seed = text ? (unsigned)atoi(text) : 1;

	(void)state;
	srand(seed);
	edit.columns = 24;
	edit_remember(&edit, "what was typed before, and is longer");
	clear_screen();
	edit_begin(&edit, "> ");
	for (unsigned i = 0; i < 20000; i++) {
		struct screen before;

		type(keys[(unsigned)rand() % (sizeof(keys) / sizeof(keys[0]))]);
		before = screen;
		edit_draw(&edit);
		if (memcmp(before.cells, screen.cells, sizeof(screen.cells)) != 0 ||
				before.column != screen.column)
			print_message("# seed %u, step %u: line '%s', cursor %u\n", seed, i,
				edit.line, edit.cursor);
		assert_memory_equal(before.cells, screen.cells, sizeof(screen.cells));
		assert_int_equal(before.column, screen.column);
	}
}

/* ---- words ---- */

static void test_words(void **state)
{
	static struct words words;
	const char *line = "  cp 'a b' \"c'd\" e\\ f\\\"g h'i'j  ";

	(void)state;
	assert_true(words_split(&words, line, (uint32_t)strlen(line)));
	assert_int_equal(words.count, 5);
	assert_string_equal(words.word[0], "cp");
	assert_string_equal(words.word[1], "a b");
	assert_string_equal(words.word[2], "c'd");
	assert_string_equal(words.word[3], "e f\"g");
	assert_string_equal(words.word[4], "hij");
	assert_int_equal(words.start[1], 5);
	assert_true(words.is_ended);
	assert_false(words.is_open);
	assert_true(words_split(&words, "ls 'a", 6));
	assert_true(words.is_open);
	assert_false(words.is_ended);
	assert_true(words_split(&words, "", 0));
	assert_int_equal(words.count, 0);
	assert_true(words_split(&words, "ls -l x", 7));
	assert_true(words_option(&words, "-l"));
	assert_int_equal(words.count, 2);
	assert_string_equal(words.word[1], "x");
	assert_false(words_option(&words, "-l"));
	words_drop(&words, 0, 1);
	assert_int_equal(words.count, 1);
	assert_string_equal(words.word[0], "x");
}

static void test_too_many_words(void **state)
{
	static struct words words;
	char line[EDIT_LINE];

	(void)state;
	for (unsigned i = 0; i < EDIT_LINE; i++)
		line[i] = i % 2 ? ' ' : 'x';
	assert_false(words_split(&words, line, EDIT_LINE));
	assert_true(words_split(&words, line, 2 * WORDS_MAX));
	assert_int_equal(words.count, WORDS_MAX);
}

static void joins(const char *folder, const char *text, const char *wanted)
{
	char path[PATH_SIZE];

	assert_true(path_join(path, folder, text));
	assert_string_equal(path, wanted);
}

static void test_paths(void **state)
{
	static char deep[PATH_SIZE + 10], path[PATH_SIZE];

	(void)state;
	joins("/", "", "/");
	joins("/", "a", "/a");
	joins("/a/b", "", "/a/b");
	joins("/a/b", "c", "/a/b/c");
	joins("/a/b", "/c", "/c");
	joins("/a/b", "..", "/a");
	joins("/a/b", "../../..", "/");
	joins("/a/b", "./c//d/./", "/a/b/c/d");
	joins("/a", "b/../c/..", "/a");
	joins("/a", "..b/.c", "/a/..b/.c");
	memset(deep, 'x', PATH_SIZE - 2);
	assert_true(path_join(path, "/", deep));
	assert_int_equal(strlen(path), PATH_SIZE - 1);
	deep[PATH_SIZE - 2] = 'x';
	assert_false(path_join(path, "/", deep));
	assert_string_equal(path_name("/a/bc"), "bc");
	assert_string_equal(path_name("/"), "");
}

static void test_numbers_and_times(void **state)
{
	char text[TEXT_SIZE];
	uint64_t number;

	(void)state;
	assert_string_equal(text_size(text, 0), "0");
	assert_string_equal(text_size(text, 1023), "1023");
	assert_string_equal(text_size(text, 1024), "1.0K");
	assert_string_equal(text_size(text, 66584576), "63.5M");
	assert_string_equal(text_size(text, UINT64_MAX), "15.9E");
	assert_string_equal(text_span(text, 1500), "1 us");
	assert_string_equal(text_span(text, 45000000), "45 ms");
	assert_string_equal(text_span(text, UINT64_C(1204000000)), "1.204 s");
	assert_string_equal(text_span(text, UINT64_C(185000000000)), "3 min 5 s");
	assert_string_equal(text_span(text, UINT64_C(7500000000000)), "2 h 5 min");
	assert_string_equal(text_span(text, UINT64_C(90000000000000)), "1 d 1 h");
	assert_string_equal(text_date(text, 0), "1970-01-01 00:00:00");
	assert_string_equal(text_date(text, -1), "1969-12-31 23:59:59");
	assert_string_equal(text_date(text, 951782400), "2000-02-29 00:00:00");
	assert_string_equal(text_date(text, 1772323198), "2026-02-28 23:59:58");
	assert_string_equal(text_date(text, 1772323200), "2026-03-01 00:00:00");
	assert_string_equal(text_date(text, INT64_C(4107542400)), "2100-03-01 00:00:00");
	assert_true(number_of("18446744073709551", &number));
	assert_true(number == UINT64_C(18446744073709551));
	assert_false(number_of("", &number));
	assert_false(number_of("1x", &number));
	assert_false(number_of("99999999999999999999", &number));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_typing, set_up),
		cmocka_unit_test_setup(test_erasing, set_up),
		cmocka_unit_test_setup(test_characters_of_several_bytes, set_up),
		cmocka_unit_test_setup(test_history, set_up),
		cmocka_unit_test_setup(test_wide_lines, set_up),
		cmocka_unit_test_setup(test_a_full_line, set_up),
		cmocka_unit_test_setup(test_events, set_up),
		cmocka_unit_test_setup(test_what_means_nothing, set_up),
		cmocka_unit_test_setup(test_another_has_written, set_up),
		cmocka_unit_test_setup(test_random_keys, set_up),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_too_many_words),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_numbers_and_times),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
