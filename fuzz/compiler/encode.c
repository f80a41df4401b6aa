/*
 * Values to bytes: the first line of an input names a message, the rest is its
 * value in YAML or JSON. What is encoded is decoded strictly, gives the same
 * bytes again, and also by way of YAML. What is refused is refused at a place
 * of the text.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/yaml.h"
#include "fuzz/compiler/target.h"
#include "fuzz/compiler/values.h"

static const char *const words[] = { "true", "false", "0", "-1", "1", "255",
	"65536", "0xffffffff", "18446744073709551615", "18446744073709551616",
	"1.5", "1e999", "NaN", "Infinity", "\"NaN:0x7fc00001\"", "\"\"", "[]",
	"{}", "[1, 2]", ": {}", ": []", ": 1", "- 1\n", "{a: 1}", "RED", "LOW",
	"READ", "\"READ\"", "[READ, WRITE]", "golden.all.Everything\n",
	"golden.all.Values\n", "golden.all.Choices\n", "vectors.Strict\n",
	"\n", "\n  ", "number", "value", "inode", "name", "entries", NULL };

struct search {
	const char *name;
	size_t size;
	const struct declaration *found;
};

static void compare(void *context, const struct declaration *message)
{
	struct search *search = context;

	if (strlen(message->qualified) == search->size
		&& memcmp(message->qualified, search->name, search->size) == 0)
		search->found = message;
}

static void check_encoded(struct arena *arena, const struct declaration *message,
	const struct wire_bytes *head_bytes, const struct wire_bytes *tail_bytes)
{
	struct wire_view head = { head_bytes->data, head_bytes->size };
	struct wire_view tail = { tail_bytes->data, tail_bytes->size };
	struct wire_decode_options options = { .names = true };
	struct wire_fault fault;
	struct text_fault text_fault;
	struct values_text text;
	struct value value;

	if (!wire_decode(arena, message, head, tail, &options, &value, &fault))
		compiler_found("%s is encoded, and not decoded: %s",
			message->qualified, wire_fault_text(arena, &fault));
	values_check_bytes(arena, message, &value, false, head, tail, "encode");
	text = values_yaml(&value);
	if (!yaml_read(arena, text.text, text.size, &value, &text_fault))
		compiler_found("%s as YAML is not read: %s", message->qualified,
			text_fault.message);
	values_check_bytes(arena, message, &value, false, head, tail, "YAML");
	free(text.text);
}

/* Bytes for padding and defaults come from the schema, not from the input. */
#define SCHEMA_BYTES 65536

static void run(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	struct search search = { (const char *)data, 0, NULL };
	struct wire_encode_options options = { 0 };
	struct wire_bytes head, tail;
	struct wire_fault fault = { 0 };
	struct text_fault text_fault;
	struct arena *arena;
	struct value value;
	size_t before;

	if (end == NULL)
		return;
	search.size = (size_t)(end - data);
	values_messages(compare, &search);
	if (search.found == NULL)
		return;
	before = compiler_memory();
	arena = arena_new();
	size -= search.size + 1;
	if (yaml_or_json_read(arena, arena_copy(arena, (const char *)end + 1, size),
		size, &value, &text_fault)) {
		if (wire_encode(arena, search.found, &value, &options, &head,
			&tail, &fault))
			check_encoded(arena, search.found, &head, &tail);
		else if (fault.message == NULL || fault.line == 0
			|| fault.column == 0)
			compiler_found("%s is refused at %u:%u: %s",
				search.found->qualified, fault.line,
				fault.column, wire_fault_text(arena, &fault));
	}
	compiler_memory_check(before, size + SCHEMA_BYTES);
	arena_free(arena);
}

const struct compiler_target compiler_target = { "encode", run, true, words };
