/*
 * Bytes to values, strictly and leniently, and `skald dump`: bytes are given to
 * every message with the id that they begin with.
 *
 * What is decoded strictly gives the same bytes again, by names, by numbers and
 * by way of JSON, and is decoded to the same leniently. A dump finds the same
 * fault or none, and shows every byte once.
 */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>

#include "compiler/command.h"
#include "compiler/json.h"
#include "fuzz/compiler/target.h"
#include "fuzz/compiler/values.h"

struct bytes {
	struct arena *arena;
	const uint8_t *data;
	size_t size;
};

/* ---- strict and lenient ---- */

static void check_json(struct arena *arena, const struct declaration *message,
	const struct value *value, struct wire_view head, struct wire_view tail)
{
	struct values_text text = values_json(value, VALUE_TEXT_BYTES);
	struct text_fault fault;
	struct value again;

	if (!json_read(arena, text.text, text.size, VALUE_TEXT_BYTES, &again,
		&fault))
		compiler_found("%s as JSON is not read: %s", message->qualified,
			fault.message);
	values_check_bytes(arena, message, &again, true, head, tail, "JSON");
	free(text.text);
}

static bool decode(struct arena *arena, const struct declaration *message,
	struct wire_view head, struct wire_view tail, struct value *value)
{
	struct wire_decode_options lenient = { .lenient = true };
	struct wire_decode_options names = { .names = true };
	struct wire_decode_options strict = { 0 };
	struct wire_fault fault = { 0 };
	struct value other;
	bool good = wire_decode(arena, message, head, tail, &strict, value, &fault);
	bool loosely = wire_decode(arena, message, head, tail, &lenient, &other,
		&fault);

	if (good && (!loosely || !values_same(arena, value, &other)))
		compiler_found("%s is something else leniently",
			message->qualified);
	if (!good)
		return false;
	values_check_bytes(arena, message, value, true, head, tail, "decode");
	check_json(arena, message, value, head, tail);
	if (!wire_decode(arena, message, head, tail, &names, &other, &fault))
		compiler_found("%s is refused with names", message->qualified);
	values_check_bytes(arena, message, &other, false, head, tail, "names");
	return true;
}

/* ---- the dump ---- */

/* A row's bytes are those at its offset; returns how many they stand for. */
static size_t check_row(const char *row, const uint8_t *data, size_t size,
	size_t at)
{
	const char *digits = row + 10, *padding;
	size_t count = 0;
	unsigned byte;
	char end;

	if (strtoul(row, NULL, 10) != at)
		compiler_found("the dump goes on at %lu, not at %zu: %s",
			strtoul(row, NULL, 10), at, row);
	for (; count < 8 && sscanf(digits + 3 * count, "%2x%c", &byte, &end) == 2
		&& end == ' ' && digits[3 * count] != ' '; count++)
		if (at + count >= size || data[at + count] != byte)
			compiler_found("the dump shows other bytes at %zu: %s",
				at, row);
	padding = strstr(row, "padding, ");
	return padding != NULL && strstr(row, " zeros") != NULL
		&& padding == digits + 24 ? strtoul(padding + 9, NULL, 10)
		: count;
}

static bool is_row(const char *line)
{
	size_t blanks = strspn(line, " ");
	size_t digits = strspn(line + blanks, "0123456789");

	return digits > 0 && blanks + digits == 8 && line[8] == ' '
		&& line[9] == ' ';
}

/* Head and tail in turn; a title stands before each. */
static void check_rows(char *text, struct wire_view head, struct wire_view tail)
{
	struct wire_view parts[2] = { head, tail };
	size_t at[2] = { 0, 0 };
	int part = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, "tail, ", 6) == 0 && strstr(line, " bytes"))
			part = 1;
		if (is_row(line))
			at[part] += check_row(line, parts[part].data,
				parts[part].size, at[part]);
	}
	for (part = 0; part < 2; part++)
		if (at[part] != parts[part].size)
			compiler_found("the dump shows %zu of %zu bytes of the "
				"%s", at[part], parts[part].size,
				part ? "tail" : "head");
}

static void check_dump(const struct bytes *bytes,
	const struct declaration *message, struct wire_view head,
	struct wire_view tail, bool decoded)
{
	struct wire_view whole = { bytes->data, bytes->size };
	struct wire_fault fault = { 0 };
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	bool good;

	if (to == NULL)
		abort();
	good = dump_message(bytes->arena, to, message, whole, &fault);
	fclose(to);
	if (good != decoded)
		compiler_found("%s is%s decoded and the dump says otherwise",
			message->qualified, decoded ? "" : " not");
	if (strlen(text) != size)
		compiler_found("a dump with a NUL");
	check_rows(text, head, tail);
	free(text);
}

/* ---- a run ---- */

static void decode_as(void *context, const struct declaration *message)
{
	const struct bytes *bytes = context;
	struct wire_view whole = { bytes->data, bytes->size }, head, tail;
	struct wire_fault fault = { 0 };
	struct value value;
	bool good;

	if (bytes->size < 4 || message->as.message.id != (bytes->data[0]
		| (uint32_t)bytes->data[1] << 8 | (uint32_t)bytes->data[2] << 16
		| (uint32_t)bytes->data[3] << 24))
		return;
	good = wire_split(whole, &head, &tail, &fault);
	if (!good) {
		head = whole;
		tail = (struct wire_view){ 0 };
	} else {
		good = decode(bytes->arena, message, head, tail, &value);
	}
	check_dump(bytes, message, head, tail, good);
}

/* Lists of nothing, and what is encoded again, are larger than the bytes. */
#define OVERHEAD 65536

static void run(const uint8_t *data, size_t size)
{
	size_t before;
	struct bytes bytes = { NULL, data, size };

	values_schemas();
	before = compiler_memory();
	bytes.arena = arena_new();
	values_messages(decode_as, &bytes);
	compiler_memory_check(before, size + OVERHEAD);
	arena_free(bytes.arena);
}

const struct compiler_target compiler_target = { "decode", run, false, NULL };
