/*
 * Random schemas, and random small changes of any: of words, numbers and lines.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/print.h"
#include "tests/evolve/evolve.h"

static const char *const types[] = {
	"uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "bool",
	"float32", "float64", "char", "byte", "string", "string<7>", "string<300>",
	"E0", "E1", "B0", "C0", "N0",
};
static const char *const larger[] = {
	"S0", "S1", "R0", "V0", "V1", "R1",
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *any_type(struct arena *arena, uint64_t *state, unsigned below)
{
	static const char *const suffixes[] = {"[]", "[3]", "[<=2]", "[<=9]"};
	const char *type = random_one_in(state, 3) && below > 0
		? larger[random_below(state, below < COUNT(larger) ? below : COUNT(larger))]
		: types[random_below(state, COUNT(types))];

	if (random_one_in(state, 4))
		type = arena_printf(arena, "%s%s", type, suffixes[random_below(state, 4)]);
	return type;
}

static void print_members(struct printer *out, uint64_t *state, unsigned below)
{
	size_t count = 1 + random_below(state, 5);

	for (size_t i = 0; i < count; i++)
		print(out, "%s%s m%zu;\n", random_one_in(state, 5) ? "optional " : "",
			any_type(out->arena, state, below), i);
	if (!random_one_in(state, 3))
		return;
	print(out, "tags {\n");
	for (size_t i = 1; i <= 3; i++)
		print(out, "tag(%zu) %s t%zu;\n", i, any_type(out->arena, state, below), i);
	print(out, "}\n");
}

static void print_variant(struct printer *out, uint64_t *state, const char *openness,
	const char *name, unsigned below)
{
	print(out, "%svariant %s {\n", openness, name);
	for (size_t i = 1; i <= 3; i++)
		print(out, "tag(%zu) %s a%zu;\n", i, any_type(out->arena, state, below), i);
	print(out, "tag(9) none;\n}\n");
}

/* Edits leave lines and numbers out, so one of both sides has more members. */
static void print_table(struct printer *out, uint64_t *state)
{
	print(out, "table T0 {\n");
	for (size_t i = 1; i <= 4; i++)
		print(out, "tag(%zu) %s m%zu;\n", 3 * i, any_type(out->arena, state, 5), i);
	print(out, "}\n");
}

char *schema_random(struct arena *arena, uint64_t *state)
{
	struct printer out = {.arena = arena};

	print(&out, "namespace e;\n%senum E0 {\nA = 1,\nB = 2,\nC = 300\n}\n",
		random_one_in(state, 2) ? "strict " : "");
	print(&out, "enum E1 {\nX,\nY = -5\n}\n");
	print(&out, "%sbits B0 uint16 {\nP = 1,\nQ = 2,\nR = 0x100\n}\n",
		random_one_in(state, 2) ? "strict " : "");
	print(&out, "consts C0 uint32 {\nK = 7,\nL = 8\n}\nnewtype N0 = uint16;\n");
	print(&out, "struct S0 {\n");
	print_members(&out, state, 0);
	print(&out, "}\nstruct S1 {\n");
	print_members(&out, state, 1);
	print(&out, "}\nrecord R0 {\nuint32 a;\nuint16 b;\nuint16 c;\nE0 d;\n}\n");
	print_variant(&out, state, "", "V0", 3);
	print_variant(&out, state, "flexible ", "V1", 4);
	print_table(&out, state);
	print(&out, "record R1 {\nR0[2] a;\nuint8[4] b;\n}\n");
	for (unsigned i = 1; i <= 4; i++) {
		print(&out, "message M%u %u {\nhead(%s):\n", i, i,
			random_one_in(state, 2) ? "200" : "4000");
		print_members(&out, state, 6);
		if (i != 1)
			print(&out, "%s table;\n", i == 2 ? "T0" : "T0[<=3]");
		if (random_one_in(state, 2)) {
			print(&out, "tail:\n");
			print_members(&out, state, 6);
		}
		print(&out, "}\n");
	}
	print(&out, "interface I {\nmethod f(\nuint32 a,\nstring<9> b\n) -> (\nbool c\n);\n"
		"event g(\nS0[<=2] s\n);\n}\n");
	return arena_copy(arena, out.text, out.size);
}

/* ---- edits ---- */

struct edit {
	struct arena *arena;
	uint64_t *state;
	const char *text;
	const char *begin, *end;	/* what is replaced */
};

static char *replaced(const struct edit *edit, const char *with)
{
	return arena_printf(edit->arena, "%.*s%s%s", (int)(edit->begin - edit->text),
		edit->text, with, edit->end);
}

/* The line around a random place. */
static void choose_line(struct edit *edit)
{
	edit->begin = edit->text + random_below(edit->state, strlen(edit->text));
	while (edit->begin > edit->text && edit->begin[-1] != '\n')
		edit->begin--;
	edit->end = strchr(edit->begin, '\n');
	edit->end = edit->end ? edit->end + 1 : edit->begin + strlen(edit->begin);
}

/* A word at or behind a random place that begins as is asked for. */
static bool choose_word(struct edit *edit, int (*is_first)(int c))
{
	const char *at = edit->text + random_below(edit->state, strlen(edit->text));

	while (at > edit->text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
		at--;
	while (*at && !is_first((unsigned char)*at)) {
		while (isalnum((unsigned char)*at) || *at == '_')
			at++;
		while (*at && !isalnum((unsigned char)*at) && *at != '_')
			at++;
	}
	edit->begin = edit->end = at;
	while (isalnum((unsigned char)*edit->end) || *edit->end == '_')
		edit->end++;
	return edit->begin < edit->end;
}

static const char *line_of(const struct edit *edit)
{
	return arena_copy(edit->arena, edit->begin, (size_t)(edit->end - edit->begin));
}

static char *delete_line(struct edit *edit)
{
	choose_line(edit);
	return replaced(edit, "");
}

static char *swap_lines(struct edit *edit)
{
	const char *first, *second;

	choose_line(edit);
	first = line_of(edit);
	second = strchr(edit->end, '\n');
	if (second == NULL)
		return NULL;
	return replaced(&(struct edit){edit->arena, edit->state, edit->text, edit->begin,
		second + 1}, arena_printf(edit->arena, "%.*s%s",
		(int)(second + 1 - edit->end), edit->end, first));
}

/* A number of the line, if it has one, is another: a tag, or a value. */
static const char *renumbered(const struct edit *edit, const char *line)
{
	struct edit within = *edit;

	within.text = line;
	within.begin = strpbrk(line, "(=");
	within.begin = within.begin ? strpbrk(within.begin, "123456789") : NULL;
	if (within.begin == NULL || random_one_in(edit->state, 3))
		return line;
	within.end = within.begin + strspn(within.begin, "0123456789");
	return replaced(&within, arena_printf(edit->arena, "%zu",
		1 + random_below(edit->state, 50)));
}

/* The line once more, its last name with another letter. */
static char *double_line(struct edit *edit)
{
	const char *line, *at;
	struct edit within = *edit;

	choose_line(edit);
	line = line_of(edit);
	at = strpbrk(line, "=;,");
	if (at == NULL)
		return NULL;
	while (at > line && !isalnum((unsigned char)at[-1]))
		at--;
	within.text = line;
	within.begin = within.end = at;
	return replaced(edit, arena_printf(edit->arena, "%s%s", line,
		renumbered(edit, replaced(&within, "z"))));
}

static char *change_number(struct edit *edit)
{
	unsigned long number;

	if (!choose_word(edit, isdigit))
		return NULL;
	number = strtoul(edit->begin, NULL, 0);
	switch (random_below(edit->state, 5)) {
	case 0:
		number = number ? number - 1 : 1;
		break;
	case 1:
		number *= 2;
		break;
	case 2:
		number /= 2;
		break;
	default:
		number++;
		break;
	}
	return replaced(edit, arena_printf(edit->arena, "%lu", number));
}

static bool is_type(const struct edit *edit)
{
	static const char *const words[] = {
		"uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
		"bool", "float32", "float64", "char", "byte",
	};
	size_t size = (size_t)(edit->end - edit->begin);

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strlen(words[i]) == size && memcmp(words[i], edit->begin, size) == 0)
			return true;
	}
	return false;
}

static char *change_type(struct edit *edit)
{
	for (unsigned tries = 0; tries < 30; tries++) {
		if (choose_word(edit, isalpha) && is_type(edit))
			return replaced(edit, types[random_below(edit->state, 13)]);
	}
	return NULL;
}

static char *change_name(struct edit *edit)
{
	if (!choose_word(edit, isalpha))
		return NULL;
	return replaced(edit, arena_printf(edit->arena, "%sq", line_of(edit)));
}

static char *copy_word(struct edit *edit)
{
	struct edit other = *edit;

	if (!choose_word(edit, isalpha) || !choose_word(&other, isalpha))
		return NULL;
	return replaced(edit, line_of(&other));
}

/* A word of the language in front of a line, or taken from there. */
static char *change_modifier(struct edit *edit)
{
	static const char *const words[] = {
		"optional ", "strict ", "flexible ", "@bytes(20) ", "@idempotent ",
		"@cancellable ", "@deadline(9) ",
	};
	const char *word = words[random_below(edit->state, COUNT(words))];
	const char *line;

	choose_line(edit);
	line = edit->begin + strspn(edit->begin, "\t ");
	for (size_t i = 0; i < COUNT(words); i++) {
		if (strncmp(line, words[i], strlen(words[i])) == 0) {
			edit->begin = line;
			edit->end = line + strlen(words[i]);
			return replaced(edit, "");
		}
	}
	edit->begin = edit->end = line;
	return replaced(edit, word);
}

static char *change_suffix(struct edit *edit)
{
	static const char *const suffixes[] = {"[]", "[2]", "[<=4]", "<5>", "[<=5]"};

	for (unsigned tries = 0; tries < 30; tries++) {
		if (choose_word(edit, isalpha) && is_type(edit)) {
			edit->begin = edit->end;
			edit->end += strcspn(edit->end, " ;");
			return replaced(edit, edit->end > edit->begin ? ""
				: suffixes[random_below(edit->state, COUNT(suffixes))]);
		}
	}
	return NULL;
}

char *schema_edited(struct arena *arena, uint64_t *state, const char *text)
{
	static char *(*const edits[])(struct edit *edit) = {
		delete_line, swap_lines, double_line, change_number, change_number,
		change_type, change_type, change_name, change_modifier, change_suffix,
		copy_word,
	};
	struct edit edit = {.arena = arena, .state = state, .text = text};

	return edits[random_below(state, COUNT(edits))](&edit);
}
