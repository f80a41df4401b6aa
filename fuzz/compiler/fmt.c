/*
 * The formatter: what the parser takes has a layout, which is the same when
 * laid out again and has the same tokens and comments, with a part of the lines
 * too. Of each input that the parser takes others are made, with other blanks and
 * more comments; of each that it does not, a random schema.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/fmt.h"
#include "fuzz/compiler/change.h"
#include "fuzz/compiler/sentence.h"
#include "fuzz/compiler/target.h"

#define SCATTERED 4

static const char *const words[] = { "\n", "\n\n\n", "// a\n", " /* b */ ",
	"/// c\n", "/* d\n e */", "\t", " ", "{", "}", "{ }", "(", ")", ";", ",",
	"->", "=", "@a", "@a(1)", "struct A {", "enum E { A, B }", "tags {",
	"head(8):", "tail:", "interface I {", "method m(", "error E", "state S {",
	"reserved -1 .. 4", "- - 1", "handle<I, copy>", "[<=4]", NULL };

static const struct source *source_of(struct arena *arena, const char *text, size_t size)
{
	return source_from_text(arena, diag_new(arena), "input", text, size,
		(struct span){ 0 });
}

static struct fmt_result laid_out(struct arena *arena, const struct source *source,
	struct fmt_lines lines)
{
	struct fmt_result result = fmt_source(arena, diag_new(arena), source, lines);

	if (result.mistake != NULL)
		compiler_found("the layout changes %s", result.mistake);
	return result;
}

static void check_range(struct arena *arena, const struct source *source,
	uint64_t *state)
{
	unsigned first = 1 + (unsigned)random_below(state, source->lines + 1);
	struct fmt_lines lines = { first,
		first + (unsigned)random_below(state, 4) };
	struct fmt_result part = laid_out(arena, source, lines), again;
	struct lexemes before = lexemes_read(arena, source), after;
	const char *difference;

	after = lexemes_read(arena, source_of(arena, part.text, part.size));
	difference = fmt_difference(arena, &before, &after);
	if (difference != NULL)
		compiler_found("the layout of lines %u to %u changes %s", lines.first,
			lines.last, difference);
	lines = (struct fmt_lines){ 1, UINT32_MAX };
	again = laid_out(arena, source, lines);
	part = laid_out(arena, source, (struct fmt_lines){ 0, 0 });
	if (strcmp(again.text, part.text) != 0)
		compiler_found("the layout of all lines is another than that of all");
}

/* False if the parser does not take it. */
static bool check_source(struct arena *arena, const struct source *source,
	uint64_t *state)
{
	struct fmt_lines all = { 0, 0 };
	struct fmt_result once = laid_out(arena, source, all), twice;

	if (once.text == NULL)
		return false;
	twice = laid_out(arena, source_of(arena, once.text, once.size), all);
	if (twice.text == NULL)
		compiler_found("the layout is not parsed: %s", once.text);
	if (strcmp(once.text, twice.text) != 0)
		compiler_found("the layout, laid out again, is another: %s",
			once.text);
	check_range(arena, source, state);
	return true;
}

static void check_scattered(struct arena *arena, const struct source *source,
	uint64_t *state)
{
	struct lexemes lexemes = lexemes_read(arena, source);
	static const unsigned gaps[SCATTERED] = { 2, 10, 40, 90 };

	for (size_t i = 0; i < SCATTERED; i++) {
		struct printer text = { .arena = arena };

		sentence_scatter(&text, &lexemes, gaps[i], state);
		if (!check_source(arena, source_of(arena, arena_copy(arena,
				text.text, text.size), text.size), state))
			compiler_found("with other blanks it is not parsed: %.*s",
				(int)text.size, text.text);
	}
}

static void run(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *text = arena_copy(arena, (const char *)data, size);
	const struct source *source = source_of(arena, text, size);
	struct printer random = { .arena = arena, .text = "" };
	uint64_t state = 1;

	for (size_t i = 0; i < size; i++)
		state = (state ^ data[i]) * UINT64_C(0x100000001b3);
	state |= 1;
	if (source == NULL || !check_source(arena, source, &state)) {
		sentence_file(&random, &state);
		source = source_of(arena, random.text, random.size);
		if (!check_source(arena, source, &state))
			compiler_found("a random schema is not parsed: %.*s",
				(int)random.size, random.text);
	}
	check_scattered(arena, source, &state);
	arena_free(arena);
}

const struct compiler_target compiler_target = { "fmt", run, true, words };
