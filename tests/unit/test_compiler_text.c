/*
 * JSON and YAML: what is read, what is refused and where, and that values
 * survive being written and read again.
 */
#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/json.h"
#include "compiler/value.h"
#include "compiler/yaml.h"

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const char *written(const struct value *value, enum value_text mode)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	const char *copy;

	json_write(to, value, mode);
	fclose(to);
	copy = arena_copy(arena, text, size);
	free(text);
	return copy;
}

struct good {
	const char *text;
	const char *json;		/* what is written for it */
};

static void json_reads(const struct good *rows, enum value_text mode)
{
	for (; rows->text; rows++) {
		struct value value;
		struct text_fault fault = {0};

		if (!json_read(arena, rows->text, strlen(rows->text), mode,
		    &value, &fault))
			fail_msg("%s: %s", rows->text, fault.message);
		assert_string_equal(written(&value, mode), rows->json);
	}
}

static void json_is_read_and_written(void **state)
{
	static const struct good rows[] = {
		{"{}", "{}"}, {" [ ] ", "[]"}, {"0", "0"}, {"-0", "0"},
		{"[true,false]", "[true, false]"},
		{"18446744073709551615", "18446744073709551615"},
		{"-9223372036854775808", "-9223372036854775808"},
		{"{\"a\":{\"b\":[1,[2]]}}", "{\"a\": {\"b\": [1, [2]]}}"},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
		{"\"\\ud83d\\uDE00\"", "\"\xf0\x9f\x98\x80\""},
		{"[1.0,-0.5e-3,1E5]", "[1.0, -0.5e-3, 1E5]"},
		{"\"\\u0000\\u001f\x7f\"", "\"\\u0000\\u001f\\u007f\""},
		{"\"\\u00e9\xc3\xa9\"", "\"\xc3\xa9\xc3\xa9\""},
		{NULL, NULL},
	};

	(void)state;
	json_reads(rows, VALUE_TEXT_UTF8);
}

static void null_members_are_left_out_if_asked(void **state)
{
	static const struct good rows[] = {
		{"{\"a\": null, \"b\": {\"c\":null}}", "{\"b\": {}}"},
		{"{\"\u00e4\u0100\": null, \"d\": \"\u0100\"}",
			"{\"d\": \"\xc4\x80\"}"},
		{NULL, NULL},
	};
	struct value value;
	struct text_fault fault;

	(void)state;
	json_reads(rows, VALUE_TEXT_NULLS);
	assert_false(json_read(arena, "[null]", 6, VALUE_TEXT_NULLS, &value,
		&fault));
	assert_false(json_read(arena, "{\"a\":null}", 10, VALUE_TEXT_UTF8, &value,
		&fault));
}

static void bytes_are_code_points_below_256(void **state)
{
	static const struct good rows[] = {
		{"\"\\u00e9\xc3\xa9\"", "\"\\u00e9\\u00e9\""},
		{"\"\\u0000\\u00ff\xc3\xbf\"", "\"\\u0000\\u00ff\\u00ff\""},
		{"\"\\u007f~\"", "\"\\u007f~\""},
		{NULL, NULL},
	};
	struct value value;
	struct text_fault fault;

	(void)state;
	json_reads(rows, VALUE_TEXT_BYTES);
	assert_false(json_read(arena, "\"\\u0100\"", 8, VALUE_TEXT_BYTES,
		&value, &fault));
	assert_false(json_read(arena, "\"\xc4\x80\"", 4, VALUE_TEXT_BYTES,
		&value, &fault));
}

static void bytes_that_are_no_utf8_are_written_as_a_list(void **state)
{
	struct value value = {
		.kind = VALUE_STRING,
		.as.string = {.data = "a\xff", .size = 2},
	};

	(void)state;
	assert_string_equal(written(&value, VALUE_TEXT_UTF8), "[97, 255]");
	assert_string_equal(written(&value, VALUE_TEXT_BYTES), "\"a\\u00ff\"");
}

struct bad {
	const char *text;
	uint32_t line, column;
};

static void json_refuses_what_is_not_json_and_says_where(void **state)
{
	static const struct bad rows[] = {
		{"", 1, 1}, {"{", 1, 2}, {"[1,]", 1, 4}, {"[1 2]", 1, 4},
		{"{\"a\"}", 1, 5}, {"{a:1}", 1, 2}, {"{\"a\":1,}", 1, 8},
		{"01", 1, 3}, {"-", 1, 2}, {"+1", 1, 1}, {"1.", 1, 3},
		{"1.e3", 1, 3}, {".5", 1, 1}, {"1e", 1, 3}, {"1e+", 1, 4},
		{"-.5", 1, 2}, {"01.5", 1, 3}, {"1.5.5", 1, 4},
		{"Infinity", 1, 1}, {"NaN", 1, 1}, {".inf", 1, 1},
		{"null", 1, 1}, {"truth", 1, 1}, {"0x10", 1, 2},
		{"\"a", 1, 3}, {"\"a\nb\"", 1, 3}, {"\"\\x\"", 1, 3},
		{"\"\\u12g4\"", 1, 6}, {"\"\\ud800\"", 1, 8},
		{"\"\\udc00\"", 1, 8}, {"\"\\ud800\\u0041\"", 1, 14},
		{"\"\xff\"", 1, 2}, {"\"\\", 1, 3}, {"{} {}", 1, 4},
		{"{\n \"a\": 1,\n \"a\": 2}", 3, 7}, {"'a'", 1, 1},
		{"[1] // no", 1, 5}, {"\xef\xbb\xbf{}", 1, 1}, {"\f1", 1, 1},
		{"[\n\n  nil]", 3, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct value value;
		struct text_fault fault = {0};

		if (json_read(arena, rows[i].text, strlen(rows[i].text),
		    VALUE_TEXT_UTF8, &value, &fault))
			fail_msg("taken: %s", rows[i].text);
		if (fault.line != rows[i].line ||
		    fault.column != rows[i].column || !fault.message)
			fail_msg("%s: %u:%u, not %u:%u", rows[i].text,
				fault.line, fault.column, rows[i].line,
				rows[i].column);
	}
}

/* `depth` lists within each other. */
static bool reads_lists(unsigned depth, bool yaml)
{
	char *text = arena_alloc(arena, 2 * depth + 1);
	struct value value;
	struct text_fault fault;

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return yaml ? yaml_read(arena, text, 2 * depth, &value, &fault) :
		json_read(arena, text, 2 * depth, VALUE_TEXT_UTF8, &value,
			&fault);
}

static void depth_is_bounded(void **state)
{
	(void)state;
	assert_true(reads_lists(TEXT_DEPTH_MAX, false));
	assert_false(reads_lists(TEXT_DEPTH_MAX + 1, false));
	assert_false(reads_lists(1000000, false));
	assert_true(reads_lists(TEXT_DEPTH_MAX, true));
	assert_false(reads_lists(TEXT_DEPTH_MAX + 1, true));
	assert_false(reads_lists(100000, true));
}

static void yaml_is_read(void **state)
{
	static const struct good rows[] = {
		{"a: 1\nb: -0x1F\n", "{\"a\": 1, \"b\": -31}"},
		{"a: [1, +2]\nb:\n- x: true\n- {}\n",
			"{\"a\": [1, 2], \"b\": [{\"x\": true}, {}]}"},
		{"a: RED\nb: 'RED'\nc: \"12\"\nd: !!str 12\n",
			"{\"a\": \"RED\", \"b\": \"RED\", \"c\": \"12\", "
			"\"d\": \"12\"}"},
		{"a: |\n  one\n  two\n", "{\"a\": \"one\\ntwo\\n\"}"},
		{"a: no\nb: 12:30\nc: 1e3\n", "{\"a\": \"no\", "
			"\"b\": \"12:30\", \"c\": 1e3}"},
		{"[1.5, -.5, +2., 1E-9, .inf, -.INF, .nan, 1.2.3, e5, '1.5']",
			"[1.5, -0.5, 2.0, 1E-9, \"Infinity\", \"-Infinity\", \"NaN\", "
			"\"1.2.3\", \"e5\", \"1.5\"]"},
		{"a: \"\\0\\x7f\\u20ac\"\n", "{\"a\": \"\\u0000\\u007f"
			"\xe2\x82\xac\"}"},
		{"# only\n---\n{\"a\": 1}\n...\n", "{\"a\": 1}"},
		{"true: 1\n12: 2\n", "{\"true\": 1, \"12\": 2}"},
		{"{\"s\": \"\\ud83d\\ude00\"}", "{\"s\": \"\xf0\x9f\x98\x80\"}"},
		{"{a: 1}", "{\"a\": 1}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct value value;
		struct text_fault fault = {0};

		if (!yaml_or_json_read(arena, rows[i].text,
		    strlen(rows[i].text), &value, &fault))
			fail_msg("%s: %s", rows[i].text, fault.message);
		assert_string_equal(written(&value, VALUE_TEXT_UTF8),
			rows[i].json);
	}
}

static void yaml_refuses_and_says_where(void **state)
{
	static const struct bad rows[] = {
		{"", 1, 1}, {"# nothing\n", 2, 1}, {"~", 1, 1},
		{"a: null\n", 1, 4}, {"a:\nb: 1\n", 1, 3},
		{"a: &x 1\nb: *x\n", 1, 4}, {"a: *x\n", 1, 4},
		{"a: &x [1]\n", 1, 4}, {"a: &x {}\n", 1, 4},
		{"a: 010\n", 1, 4}, {"a: -00\n", 1, 4}, {"a: !!int 3\n", 1, 4},
		{"a: !x [1]\n", 1, 4}, {"a: 1\na: 2\n", 2, 4},
		{"a: 1\n---\nb: 2\n", 2, 1}, {"? [1]\n: 2\n", 1, 3},
		{"a: [1\n", 2, 1}, {"a: 'x\n", 2, 1}, {"\ta: 1\n", 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct value value;
		struct text_fault fault = {0};

		if (yaml_read(arena, rows[i].text, strlen(rows[i].text),
		    &value, &fault))
			fail_msg("taken: %s", rows[i].text);
		if (fault.line != rows[i].line ||
		    fault.column != rows[i].column || !fault.message)
			fail_msg("%s: %u:%u (%s), not %u:%u", rows[i].text,
				fault.line, fault.column, fault.message,
				rows[i].line, rows[i].column);
	}
}

/* A small generator of anything: xorshift. */
static uint64_t seed = 88172645463325252u;

static unsigned pick(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % below);
}

static void random_string(struct value *to)
{
	static const uint32_t edges[] = {
		0, 9, 10, 13, 0x1b, ' ', '"', '\\', '#', ':', '-', '\'', 0x7f,
		0x85, 0xa0, 0xad, 0x2028, 0x2029, 0xd7ff, 0xe000, 0xfeff,
		0xfffd, 0xfffe, 0xffff, 0x10000, 0x1f600, 0x10ffff,
	};
	unsigned count = pick(40);
	char *text = arena_alloc(arena, 4 * count + 1);
	size_t size = 0;

	for (unsigned i = 0; i < count; i++) {
		uint32_t c = pick(3) ? ' ' + pick(95) :
			edges[pick(sizeof(edges) / sizeof(edges[0]))];

		size += value_utf8_write(c, text + size);
	}
	to->kind = VALUE_STRING;
	to->as.string.data = text;
	to->as.string.size = size;
}

static struct value random_value(unsigned depth)
{
	struct value value = {0};
	struct value_list_builder list = {0};
	struct value_object_builder object = {0};
	unsigned count = pick(5);

	switch (pick(depth ? 6 : 4)) {
	case 0:
		value.as.integer = value_integer(seed >> pick(64), pick(2));
		break;
	case 3:
		value = value_float(arena, seed >> pick(64), 8);
		break;
	case 1:
		value.kind = VALUE_BOOL;
		value.as.truth = pick(2);
		break;
	case 2:
		random_string(&value);
		break;
	case 4:
		value.kind = VALUE_LIST;
		for (unsigned i = 0; i < count; i++) {
			struct value item = random_value(depth - 1);

			*value_list_add(arena, &list) = item;
		}
		value.as.list.items = list.items;
		value.as.list.count = count;
		break;
	default:
		value.kind = VALUE_OBJECT;
		for (unsigned i = 0; i < count; i++) {
			struct value_member member = {
				.value = random_value(depth - 1),
			};

			member.name = arena_printf(arena, "%s%u",
				pick(2) ? "name" : "y", i);
			member.name_size = strlen(member.name);
			*value_object_add(arena, &object) = member;
		}
		value.as.object.members = object.members;
		value.as.object.count = count;
		break;
	}
	return value;
}

static void random_values_survive_both_texts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct value value = random_value(4);
		const char *json = written(&value, VALUE_TEXT_UTF8);
		struct text_fault fault = {0};
		struct value back;
		char *yaml;
		size_t size;
		FILE *to = open_memstream(&yaml, &size);

		assert_true(yaml_write(to, &value, YAML_FACT_A_LINE));
		fclose(to);
		if (!yaml_read(arena, yaml, size, &back, &fault))
			fail_msg("%u:%u: %s in\n%s", fault.line, fault.column,
				fault.message, yaml);
		assert_string_equal(written(&back, VALUE_TEXT_UTF8), json);
		free(yaml);
		assert_true(json_read(arena, json, strlen(json),
			VALUE_TEXT_UTF8, &back, &fault));
		assert_string_equal(written(&back, VALUE_TEXT_UTF8), json);
	}
}

static void damaged_texts_never_do_harm(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct value value = random_value(4);
		const char *json = written(&value, VALUE_TEXT_UTF8);
		size_t size = strlen(json);
		char *text = arena_copy(arena, json, size);
		struct text_fault fault;

		for (unsigned n = 0; n < 3; n++)
			text[pick((unsigned)size)] = (char)pick(256);
		json_read(arena, text, size, VALUE_TEXT_BYTES, &value, &fault);
		json_read(arena, text, size, VALUE_TEXT_UTF8, &value, &fault);
		yaml_read(arena, text, size, &value, &fault);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(json_is_read_and_written),
		TEST(null_members_are_left_out_if_asked),
		TEST(bytes_are_code_points_below_256),
		TEST(bytes_that_are_no_utf8_are_written_as_a_list),
		TEST(json_refuses_what_is_not_json_and_says_where),
		TEST(depth_is_bounded),
		TEST(yaml_is_read),
		TEST(yaml_refuses_and_says_where),
		TEST(random_values_survive_both_texts),
		TEST(damaged_texts_never_do_harm),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
