/*
 * A function for each rule of the grammar, more or less.
 */
#include "fuzz/compiler/sentence.h"

#include "fuzz/compiler/change.h"
#include "idl/lexeme.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

struct sentence {
	struct printer *out;
	uint64_t *state;
};

static size_t below(struct sentence *to, size_t limit)
{
	return random_below(to->state, limit);
}

static void say(struct sentence *to, const char *word)
{
	print(to->out, "%s ", word);
}

static void say_name(struct sentence *to)
{
	static const char *const names[] = { "a", "Kind", "offset", "tail", "head",
		"reserved", "error", "state", "tag", "tags", "method", "message",
		"struct", "strict", "READ_ONLY", "a_name_that_is_rather_long_here",
		"AnotherNameThatIsLong", "uint32", "byte", "string", "optional" };

	say(to, names[below(to, COUNT(names))]);
}

static void say_path(struct sentence *to)
{
	say_name(to);
	while (below(to, 4) == 0) {
		say(to, ".");
		say_name(to);
	}
}

static void say_expression(struct sentence *to, unsigned depth)
{
	static const char *const leaves[] = { "0", "1", "0x1F", "1.5e3", "2.5",
		"\"a \\\" // b\"", "18446744073709551616", "7" };
	static const char *const operators[] = { "|", "^", "&", "<<", ">>", "+",
		"-", "*", "/", "%" };
	static const char *const signs[] = { "-", "+", "~" };

	if (depth == 0 || below(to, 3) == 0) {
		if (below(to, 3) == 0)
			say_path(to);
		else
			say(to, leaves[below(to, COUNT(leaves))]);
	} else if (below(to, 3) == 0) {
		say(to, signs[below(to, COUNT(signs))]);
		say_expression(to, depth - 1);
	} else if (below(to, 3) == 0) {
		say(to, "(");
		say_expression(to, depth - 1);
		say(to, ")");
	} else {
		say_expression(to, depth - 1);
		say(to, operators[below(to, COUNT(operators))]);
		say_expression(to, depth - 1);
	}
}

static void say_arguments(struct sentence *to, const char *open, const char *close)
{
	say(to, open);
	do {
		if (below(to, 3) == 0) {
			say_name(to);
			say(to, "=");
		}
		say_expression(to, 1);
	} while (below(to, 3) == 0 && (say(to, ","), true));
	say(to, close);
}

static void say_attributes(struct sentence *to)
{
	static const char *const attributes[] = { "@fast", "@idempotent", "@a",
		"@deadline", "@bytes" };

	while (below(to, 4) == 0) {
		say(to, attributes[below(to, COUNT(attributes))]);
		if (below(to, 2) == 0)
			say_arguments(to, "(", ")");
	}
}

static void say_words(struct sentence *to)
{
	size_t count = 1 + below(to, 3);

	for (; count > 0; count--) {
		say_path(to);
		for (; below(to, 4) == 0;) {
			switch (below(to, 4)) {
			case 0:
				say(to, "[ ]");
				break;
			case 1:
				say(to, "[");
				say_expression(to, 1);
				say(to, "]");
				break;
			case 2:
				say(to, "[ <=");
				say_expression(to, 1);
				say(to, "]");
				break;
			default:
				say_arguments(to, "<", ">");
			}
		}
	}
}

static void say_value(struct sentence *to, unsigned chance)
{
	if (below(to, chance) != 0)
		return;
	say(to, "=");
	say_expression(to, 3);
}

static void say_reserved(struct sentence *to)
{
	static const char *const forms[] = { "3", "- 4", "1 .. 9", "- 9 .. - 1",
		"\"name\"" };

	say(to, forms[below(to, COUNT(forms))]);
}

static void say_reserveds(struct sentence *to)
{
	say(to, "reserved");
	do
		say_reserved(to);
	while (below(to, 2) == 0 && (say(to, ","), true));
	say(to, ";");
}

static void say_members(struct sentence *to, bool sections, unsigned depth)
{
	size_t count = below(to, 4);

	say(to, "{");
	for (; count > 0; count--) {
		say_attributes(to);
		if (sections && below(to, 3) == 0) {
			say(to, below(to, 2) == 0 ? "tail :" : "head ( 64 ) :");
		} else if (depth > 0 && below(to, 6) == 0) {
			say(to, "tags");
			say_members(to, false, depth - 1);
		} else if (below(to, 8) == 0) {
			say_reserveds(to);
		} else {
			if (below(to, 3) == 0)
				say(to, "tag ( 3 )");
			say_words(to);
			say_value(to, 4);
			say(to, ";");
		}
	}
	say(to, "}");
}

static void say_enumerators(struct sentence *to)
{
	size_t count = 1 + below(to, 12);

	say(to, "{");
	for (; count > 0; count--) {
		say_attributes(to);
		if (below(to, 8) == 0) {
			say(to, "reserved");
			say_reserved(to);
		} else {
			say_name(to);
			say_value(to, 2);
		}
		if (count > 1 || below(to, 4) == 0)
			say(to, ",");
	}
	say(to, "}");
}

static void say_parameters(struct sentence *to)
{
	size_t count = below(to, 6);

	say(to, "(");
	for (; count > 0; count--) {
		say_attributes(to);
		say_words(to);
		say_value(to, 6);
		if (count > 1 || below(to, 6) == 0)
			say(to, ",");
	}
	say(to, ")");
}

static void say_state(struct sentence *to)
{
	say(to, "state");
	say_name(to);
	say(to, "{");
	do {
		say_name(to);
		if (below(to, 2) == 0) {
			say(to, "->");
			say_name(to);
		}
	} while (below(to, 3) != 0 && (say(to, ","), true));
	say(to, "}");
}

static void say_item(struct sentence *to)
{
	say_attributes(to);
	switch (below(to, 6)) {
	case 0:
		say(to, below(to, 2) == 0 ? "oneway" : "event");
		say_name(to);
		say_parameters(to);
		break;
	case 1:
		say_state(to);
		return;
	case 2:
		say(to, "error");
		say_path(to);
		break;
	case 3:
		say(to, "method");
		say_name(to);
		say_path(to);
		say(to, "->");
		say_path(to);
		break;
	default:
		say(to, "method");
		say_name(to);
		if (below(to, 4) == 0)
			say(to, "9");
		say_parameters(to);
		if (below(to, 2) == 0) {
			say(to, "->");
			say_parameters(to);
		}
		if (below(to, 4) == 0) {
			say(to, "error");
			say_path(to);
		}
	}
	say(to, ";");
}

static void say_named(struct sentence *to, const char *keyword)
{
	say(to, keyword);
	say_name(to);
	if (below(to, 4) == 0) {
		say(to, ":");
		say_path(to);
	}
}

static void say_interface(struct sentence *to)
{
	size_t count = below(to, 5);

	say_named(to, "interface");
	say(to, "{");
	for (; count > 0; count--)
		say_item(to);
	say(to, "}");
}

static void say_enum(struct sentence *to)
{
	static const char *const openness[] = { "", "strict", "flexible" };
	static const char *const keywords[] = { "enum", "consts", "bits" };
	size_t keyword = below(to, COUNT(keywords));

	say(to, openness[below(to, COUNT(openness))]);
	say(to, keywords[keyword]);
	say_name(to);
	if (keyword != 0)
		say(to, "uint8");
	say_enumerators(to);
}

static void say_declaration(struct sentence *to, unsigned depth)
{
	say_attributes(to);
	switch (below(to, depth > 0 ? 9 : 8)) {
	case 0:
		say(to, "const");
		say_words(to);
		say(to, "=");
		say_expression(to, 5);
		say(to, ";");
		return;
	case 1:
		say(to, "newtype a =");
		say_words(to);
		say(to, ";");
		return;
	case 2:
		say(to, "import \"a b.skald\" ; using \"a::b\" = \"c\" ;");
		return;
	case 3:
		say_interface(to);
		return;
	case 4:
		say_enum(to);
		return;
	case 5:
		say_reserveds(to);
		return;
	case 6:
		say(to, "message");
		say_name(to);
		say(to, "12");
		say_members(to, true, 1);
		return;
	case 7:
		say_named(to, below(to, 2) == 0 ? "struct" : "record");
		say_members(to, false, 2);
		return;
	default:
		say(to, "group { message a");
		say_members(to, true, 1);
		say(to, "}");
	}
}

void sentence_file(struct printer *to, uint64_t *state)
{
	struct sentence sentence = { to, state };
	size_t count = below(&sentence, 6);

	for (; count > 0; count--)
		say_declaration(&sentence, 1);
}

void sentence_scatter(struct printer *to, const struct lexemes *lexemes,
	unsigned gaps, uint64_t *state)
{
	static const char *const between[] = { "\n", "\n", "\n\n", "\n\n\n\t",
		" /* c */ ", " // c\n", "\n\t// own  \r\n", "\n/* two\n   lines */\n",
		"\n/* a */ ", " /* a\n b */ ", "\n/// doc\n", " /// late\n",
		"\n\n// group\n\n", "/**/", "//\n", "\t" };
	size_t i, piece;

	for (i = 0; i <= lexemes->count; i++) {
		const struct span *span = &lexemes->items[i].span;
		bool plain = random_below(state, 100) >= gaps;

		print(to, "%s", plain ? " " : "");
		for (; !plain; plain = random_below(state, 3) != 0) {
			piece = random_below(state, COUNT(between));
			print(to, " %s", between[piece]);
		}
		print(to, " %.*s", (int)span->size, span->source->text + span->offset);
	}
}
