/*
 * The text screen without a screen: what sequences make of its cells, and what keys of a
 * keyboard send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "servers/screen/emulator.h"
#include "servers/screen/keys.h"

#define NORMAL 0x07

static struct emulator e;

static void show(const char *text)
{
	emulator_show(&e, (const uint8_t *)text, (uint32_t)strlen(text));
}

/* A row's characters, without the blanks at its end. */
static const char *row(uint32_t which)
{
	static char text[EMULATOR_COLUMNS + 1];
	uint32_t size = EMULATOR_COLUMNS;

	for (uint32_t i = 0; i < size; i++)
		text[i] = (char)e.cells[which * EMULATOR_COLUMNS + i];
	while (size > 0 && text[size - 1] == ' ')
		size--;
	text[size] = 0;
	return text;
}

static uint8_t look(uint32_t line, uint32_t column)
{
	return (uint8_t)(e.cells[line * EMULATOR_COLUMNS + column] >> 8);
}

/* What is shown leaves the cursor there, and these rows. */
struct shown {
	const char *bytes;
	uint32_t at_row, at_column;
	const char *rows[4];		/* from the top; NULL: empty */
};

#define E "\x1b["

static const struct shown sequences[] = {
	{"one\r\ntwo", 1, 3, {"one", "two"}},
	{"one\ntwo", 1, 6, {"one", "   two"}},
	{"abc\b\bX", 0, 2, {"aXc"}},
	{"a\tb", 0, 9, {"a       b"}},
	{"a\x07" "b\x7f" "c", 0, 3, {"abc"}},
	/* The cursor */
	{E "3;5Hx", 2, 5, {NULL, NULL, "    x"}},
	{E "2;4H" E "Ax", 0, 4, {"   x"}},
	{E "9A" E "9Dx", 0, 1, {"x"}},
	{E "2B" E "3Cx", 2, 4, {NULL, NULL, "   x"}},
	{E "999;999H", 24, 79, {NULL}},
	{"abc" E "2Ex", 2, 1, {"abc", NULL, "x"}},
	{E "3;3H" E "2Fx", 0, 1, {"x"}},
	{"abc" E "2Gx", 0, 2, {"axc"}},
	{"a" E "3dx", 2, 2, {"a", NULL, " x"}},
	{"ab\x1b" "7" E "3;3Hx\x1b" "8y", 0, 3, {"aby", NULL, "  x"}},
	{"ab" E "s" E "3;3Hx" E "uy", 0, 3, {"aby", NULL, "  x"}},
	/* Erasing */
	{"abcdef" E "3D" E "K", 0, 3, {"abc"}},
	{"abcdef" E "3D" E "1K", 0, 3, {"    ef"}},
	{"abcdef" E "2K", 0, 6, {NULL}},
	{"one\r\ntwo\r\nthree" E "2;2H" E "J", 1, 1, {"one", "t"}},
	{"one\r\ntwo\r\nthree" E "2;2H" E "1J", 1, 1, {NULL, "  o", "three"}},
	{"one\r\ntwo" E "2J", 1, 3, {NULL}},
	{"abcdef" E "1;3H" E "2X", 0, 2, {"ab  ef"}},
	{"abcdef" E "1;3H" E "2P", 0, 2, {"abef"}},
	{"abcdef" E "1;3H" E "2@", 0, 2, {"ab  cdef"}},
	{"abc" E "1;2H" E "4hXY" E "4lZ", 0, 4, {"aXYZc"}},
	/* Rows */
	{"1\r\n2\r\n3" E "2;1H" E "L", 1, 0, {"1", NULL, "2", "3"}},
	{"1\r\n2\r\n3" E "1;1H" E "2M", 0, 0, {"3"}},
	{"1\r\n2\r\n3" E "S", 2, 1, {"2", "3"}},
	{"1\r\n2\r\n3" E "T", 2, 1, {NULL, "1", "2", "3"}},
	{"1\r\n2\r\n3" E "H\x1bM", 0, 0, {NULL, "1", "2", "3"}},
	/* The scroll region */
	{"1\r\n2\r\n3\r\n4" E "2;3r" E "3;1H\n", 2, 0, {"1", "3", NULL, "4"}},
	{"1\r\n2\r\n3\r\n4" E "2;3r" E "2;1H\x1bM", 1, 0, {"1", NULL, "2", "4"}},
	{"1\r\n2\r\n3\r\n4" E "2;3r" E "4;1H\nx", 4, 1, {"1", "2", "3", "4"}},
	{"1\r\n2\r\n3\r\n4" E "2;3r" E "?6h" E "9;1Hx", 2, 1, {"1", "2", "x", "4"}},
	{"1\r\n2\r\n3\r\n4" E "5;2rx", 3, 2, {"1", "2", "3", "4x"}},
	/* What is not known leaves nothing */
	{E "?2004hx" E ">cy" E "1;2;3;4zw", 0, 3, {"xyw"}},
	{E "3 qx", 0, 1, {"x"}},
	{"\x1b]0;a title\x07x\x1b]2;other\x1b\\y", 0, 2, {"xy"}},
	{"\x1b(Bx\x1b%Gy\x1b=z", 0, 3, {"xyz"}},
	{"\x1bP1$r\x1b\\x", 0, 1, {"x"}},
	{E "12\x18x", 0, 1, {"x"}},
	{E "5\n;2Hx", 4, 2, {NULL}},
	/* Both screens */
	{"one" E "?1049hother" E "?1049lx", 0, 4, {"onex"}},
	{"abc\x1b" "c", 0, 0, {NULL}},
	/* UTF-8: umlauts, lines, what is none */
	{"\xc3\xa4\xe2\x94\x80\xe2\x96\x88", 0, 3, {"\x84\xc4\xdb"}},
	{"\xe4\xb8\xad\xf0\x9f\x98\x80x", 0, 3, {"??x"}},
	{"\xc3x\x80\xffy", 0, 5, {"?x??y"}},
};

static void sequences_do_what_they_say(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(sequences) / sizeof(*sequences); i++) {
		const struct shown *s = &sequences[i];
		bool wrong;

		emulator_init(&e);
		show(s->bytes);
		wrong = e.at.row != s->at_row || e.at.column != s->at_column;
		for (uint32_t n = 0; n < 4; n++)
			wrong |= strcmp(row(n), s->rows[n] ? s->rows[n] : "") != 0;
		if (!wrong)
			continue;
		print_error("sequence %u: the cursor is at %u,%u (expected %u,%u); the rows are\n",
			i, e.at.row, e.at.column, s->at_row, s->at_column);
		for (uint32_t n = 0; n < 4; n++)
			print_error("  |%s| (expected |%s|)\n", row(n), s->rows[n] ? s->rows[n] : "");
		fail();
	}
}

static void colours_are_the_hardwares(void **state)
{
	static const struct {
		const char *bytes;
		uint8_t look;
	} cases[] = {
		{"", NORMAL}, {E "31m", 0x04}, {E "32m", 0x02}, {E "1;34m", 0x09},
		{E "33;44m", 0x16}, {E "7m", 0x70}, {E "1;7m", 0x78}, {E "91m", 0x0c},
		{E "41;0m", NORMAL}, {E "31;39m", NORMAL}, {E "1;22m", NORMAL},
		{E "38;5;9m", 0x0c}, {E "38;5;196;1m", 0x0c}, {E "48;2;0;0;255m", 0x17},
		{E "7;27m", NORMAL}, {E "8m", 0x00}, {E "38;5m", 0x00}, {E "m", NORMAL},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		emulator_init(&e);
		show(cases[i].bytes);
		show("x");
		if (look(0, 0) != cases[i].look)
			fail_msg("case %u: expected %02x, came %02x", i, cases[i].look,
				look(0, 0));
	}
	/* What is erased has the paper's. */
	emulator_init(&e);
	show(E "44m" E "2J");
	assert_int_equal(look(20, 40), 0x17);
}

static void a_full_row_wraps_with_the_next_character(void **state)
{
	(void)state;
	emulator_init(&e);
	for (unsigned i = 0; i < EMULATOR_COLUMNS; i++)
		show("a");
	assert_int_equal(e.at.row, 0);
	assert_int_equal(e.at.column, EMULATOR_COLUMNS - 1);
	show("b");
	assert_string_equal(row(1), "b");
	show("\r\n" E "?7l");
	for (unsigned i = 0; i < EMULATOR_COLUMNS; i++)
		show("c");
	show("d");
	assert_int_equal(e.at.row, 2);
	assert_int_equal(row(2)[EMULATOR_COLUMNS - 1], 'd');
	show(E "?25l");
	assert_false(e.is_cursor_shown);
}

static void a_full_screen_moves_up(void **state)
{
	char text[16];

	(void)state;
	emulator_init(&e);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "line %u\r\n", i);
		show(text);
	}
	assert_string_equal(row(0), "line 76");
	assert_string_equal(row(23), "line 99");
	assert_string_equal(row(24), "");
}

/* Whatever comes, the cursor stays on the screen, and all that changed is said. */
static void noise_stays_within(void **state)
{
	static const char some[] = "\x1b[]?;0123456789HJKLMPSTXmhlrdABCD@78\n\t\xc3\xa4 x";
	static uint16_t before[EMULATOR_CELLS];

	(void)state;
	srand(1);
	emulator_init(&e);
	for (unsigned i = 0; i < 300000; i++) {
		uint8_t byte = rand() % 4 ? (uint8_t)some[(size_t)rand() % (sizeof(some) - 1)] :
			(uint8_t)rand();

		memcpy(before, e.cells, sizeof(before));
		e.changed = 0;
		emulator_show(&e, &byte, 1);
		assert_true(e.at.row < EMULATOR_ROWS && e.at.column < EMULATOR_COLUMNS);
		assert_true(e.top < e.bottom && e.bottom <= EMULATOR_ROWS);
		for (uint32_t n = 0; n < EMULATOR_ROWS; n++)
			if (!(e.changed & 1u << n))
				assert_memory_equal(before + n * EMULATOR_COLUMNS,
					e.cells + n * EMULATOR_COLUMNS, 2 * EMULATOR_COLUMNS);
	}
}

/* ---- the keyboard ---- */

static void keys_send_what_the_console_of_linux_sends(void **state)
{
	static const struct {
		const char *codes, *bytes;
	} cases[] = {
		{"\x1e\x9e\x30\xb0", "ab"},
		{"\x2a\x1e\x9e\xaa\x1e", "Aa"},			/* shift */
		{"\x36\x02\x82\xb6\x02", "!1"},
		{"\x3a\xba\x1e\x02\x2a\x1e\xaa\x3a\xba\x1e", "A1aa"},	/* caps lock */
		{"\x1d\x2e\xae\x9d\x2e", "\x03" "c"},		/* control */
		{"\xe0\x1d\x20\xe0\x9d", "\x04"},
		{"\x1d\x1a\x9d", "\x1b"},
		{"\x38\x30\xb8", "\x1b" "b"},			/* alt */
		{"\xe0\x48\xe0\xc8\xe0\x4b\xe0\x50\xe0\x4d", "\x1b[A\x1b[D\x1b[B\x1b[C"},
		{"\xe0\x47\xe0\x4f\xe0\x49\xe0\x51\xe0\x53",
			"\x1b[1~\x1b[4~\x1b[5~\x1b[6~\x1b[3~"},
		{"\xe0\x2a\xe0\x48", "\x1b[A"},			/* a shift that is not there */
		{"\x3b\x3f\x40\x58", "\x1b[[A\x1b[[E\x1b[17~\x1b[24~"},
		{"\x47\x4c\x53\xe0\x1c\xe0\x35", "75.\r/"},	/* the block of digits */
		{"\x0e\x0f\x1c\x39\x01", "\x7f\t\r \x1b"},
		{"\xe1\x1d\x45\xe1\x9d\xc5\x1e", "a"},		/* Pause */
		{"\x56\x2a\x56", "<>"},
		{"\x38\xb8\x59\x7f", ""},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct keys keys = {0};
		char all[64] = "";
		uint32_t size = 0;

		for (const char *code = cases[i].codes; *code; code++)
			size += keys_take(&keys, (uint8_t)*code, (uint8_t *)all + size);
		all[size] = 0;
		if (strcmp(all, cases[i].bytes) != 0)
			fail_msg("case %u: expected \"%s\", came \"%s\"", i, cases[i].bytes, all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences_do_what_they_say),
		cmocka_unit_test(colours_are_the_hardwares),
		cmocka_unit_test(a_full_row_wraps_with_the_next_character),
		cmocka_unit_test(a_full_screen_moves_up),
		cmocka_unit_test(noise_stays_within),
		cmocka_unit_test(keys_send_what_the_console_of_linux_sends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
