/*
 * Readers of YAML and JSON: what they take and is written again is read as the
 * same value.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/json.h"
#include "compiler/yaml.h"
#include "fuzz/compiler/target.h"
#include "fuzz/compiler/values.h"

static const char *const words[] = { "{", "}", "[", "]", ":", ": ", "- ", "\n",
	"\n  ", ",", "\"", "'", "|", ">", "|-\n ", "%", "!", "!!str", "&a", "*a",
	"#", "---", "...", "?", "true", "false", "null", "~", ".inf", "-.inf",
	".nan", "0x7f", "0x", "1e999", "1e-999", "-0", "-0.0", "1.5", "01", "0o7",
	"1_000", "12:30:45", "\\ud83d\\ude00", "\\ud800", "\\u0000", "\\x00",
	"\\n", "\xff", "\xc3\xa9", "\xef\xbb\xbf", "\xe2\x80\xa8", "\x7f", "\x85",
	"99999999999999999999999999999999999999999", "yes", "no", "<<", "NaN",
	"Infinity", "2020-01-01", "=", "@a", "`a`", NULL };

static void check_yaml(struct arena *arena, const struct value *value,
	const char *from)
{
	struct values_text text = values_yaml(value);
	struct text_fault fault;
	struct value again;

	if (!yaml_read(arena, text.text, text.size, &again, &fault))
		compiler_found("%s, written as YAML, is refused: %u:%u: %s",
			from, fault.line, fault.column, fault.message);
	if (!values_same(arena, value, &again))
		compiler_found("%s, written as YAML, is another value", from);
	free(text.text);
}

static void check_json(struct arena *arena, const struct value *value,
	enum value_text mode, const char *from)
{
	struct values_text text = values_json(value, mode);
	struct text_fault fault;
	struct value again;

	if (!json_read(arena, text.text, text.size, mode, &again, &fault))
		compiler_found("%s, written as JSON, is refused: %u:%u: %s",
			from, fault.line, fault.column, fault.message);
	if (!values_same(arena, value, &again))
		compiler_found("%s, written as JSON, is another value", from);
	free(text.text);
}

/* Places count from 1, and are no further than the text. */
static void check_fault(const struct text_fault *fault, const uint8_t *data,
	size_t size, const char *who)
{
	/* The end may count as the line behind the last. */
	size_t lines = 2;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] == 0x85
			|| data[i] == 0xa8 || data[i] == 0xa9;
	if (fault->message == NULL || *fault->message == '\0')
		compiler_found("%s refuses without a reason", who);
	if (fault->line == 0 || fault->column == 0 || fault->line > lines
		|| fault->column > size + 1)
		compiler_found("%s refuses %u:%u of %zu lines: %s", who,
			fault->line, fault->column, lines, fault->message);
}

static void run(const uint8_t *data, size_t size)
{
	size_t before = compiler_memory();
	struct arena *arena = arena_new();
	const char *text = arena_copy(arena, (const char *)data, size);
	struct text_fault fault = { 0 };
	struct value value;

	if (yaml_or_json_read(arena, text, size, &value, &fault)) {
		check_yaml(arena, &value, "YAML");
		check_json(arena, &value, VALUE_TEXT_UTF8, "YAML");
	} else {
		check_fault(&fault, data, size, "YAML");
	}
	if (json_read(arena, text, size, VALUE_TEXT_UTF8, &value, &fault)) {
		check_yaml(arena, &value, "JSON");
		check_json(arena, &value, VALUE_TEXT_UTF8, "JSON");
	} else {
		check_fault(&fault, data, size, "JSON");
	}
	if (json_read(arena, text, size, VALUE_TEXT_BYTES, &value, &fault)) {
		check_json(arena, &value, VALUE_TEXT_BYTES, "JSON by bytes");
	}
	compiler_memory_check(before, size);
	arena_free(arena);
}

const struct compiler_target compiler_target = { "text", run, true, words };
