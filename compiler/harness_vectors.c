/*
 * Seeds from files of vectors: a JSON object on each line
 * (tests/vectors/README.md).
 */
#define _GNU_SOURCE

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "compiler/command.h"
#include "compiler/harness.h"
#include "compiler/hex.h"
#include "compiler/json.h"

struct row {
	struct harness *harness;
	const char *path;
	const char *stem;		/* of the path: "language" */
	size_t line;
	const struct value *object;
};

static bool fail(const struct row *row, const char *what, const char *name)
{
	command_say("%s:%zu: %s `%s`", row->path, row->line, what, name);
	return false;
}

/* NULL in *to if the row has none of that name. */
static bool get_text(const struct row *row, const char *name, const char **to)
{
	const struct value *value = value_member(row->object, name);

	*to = NULL;
	if (value == NULL)
		return true;
	if (value->kind != VALUE_STRING)
		return fail(row, "a string has to stand behind", name);
	*to = arena_copy(row->harness->arena, value->as.string.data,
		value->as.string.size);
	return true;
}

static bool get_count(const struct row *row, const char *name, int *to)
{
	const struct value *value = value_member(row->object, name);

	*to = -1;
	if (value == NULL)
		return true;
	if (value->kind != VALUE_INTEGER || value->as.integer.negative ||
	    value->as.integer.high || value->as.integer.low > 255)
		return fail(row, "a number up to 255 has to stand behind", name);
	*to = (int)value->as.integer.low;
	return true;
}

static bool get_bytes(const struct row *row, const char *name,
	struct wire_view *to)
{
	const char *digits;
	unsigned char *data;

	*to = (struct wire_view){0};
	if (!get_text(row, name, &digits))
		return false;
	if (digits == NULL)
		return true;
	data = arena_alloc(row->harness->arena, strlen(digits) / 2 + 1);
	if (!hex_read(digits, strlen(digits), false, data, &to->size))
		return fail(row, "pairs of hexadecimal digits have to stand behind",
			name);
	to->data = data;
	return true;
}

/* What values could not be encoded of has no bytes. */
static bool add_bytes(const struct row *row, const struct declaration *message)
{
	struct arena *arena = row->harness->arena;
	struct harness_beside beside;
	struct harness_bytes packet;
	struct wire_view head;
	struct wire_view tail;
	bool good;

	if (!get_bytes(row, "head_hex", &head) ||
	    !get_bytes(row, "tail_hex", &tail) ||
	    !get_count(row, "handles", &beside.handles) ||
	    !get_count(row, "leases", &beside.leases))
		return false;
	if (head.data == NULL)
		return true;
	packet = harness_packet(arena, message, head, tail, &beside, &good);
	harness_add_seed(row->harness, message, arena_printf(arena,
		"vec-%s-%04zu%s", row->stem, row->line, good ? "" : "-refused"),
		&packet);
	return true;
}

static bool add_row(struct row *row, const char *line, size_t size)
{
	struct value *value = ARENA_NEW(row->harness->arena, struct value);
	const struct declaration *message;
	struct text_fault fault;
	const char *schema;
	const char *name;

	if (!json_read(row->harness->arena, line, size, VALUE_TEXT_BYTES, value,
	    &fault)) {
		command_say("%s:%zu:%u: %s", row->path, row->line, fault.column,
			fault.message);
		return false;
	}
	row->object = value;
	if (value->kind != VALUE_OBJECT) {
		command_say("%s:%zu: a row is an object", row->path, row->line);
		return false;
	}
	if (!get_text(row, "schema", &schema) || !get_text(row, "message", &name))
		return false;
	if (schema == NULL || name == NULL)
		return fail(row, "the row has no", schema ? "message" : "schema");
	if (strcmp(schema, row->harness->schema->root->stem) != 0)
		return true;
	message = schema_message(row->harness->schema, name);
	if (message == NULL)
		return fail(row, "no message", name);
	/* A base, or one of an import, is no target. */
	return !message->as.message.has_id ||
		message->file != row->harness->schema->root ||
		add_bytes(row, message);
}

/* "language" of "tests/vectors/language.jsonl", as file names may have it. */
static const char *stem_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	char *stem = arena_copy(arena, name,
		dot && dot != name ? (size_t)(dot - name) : strlen(name));

	return stem;
}

int harness_add_vectors(struct harness *harness, const char *path)
{
	struct row row = {
		.harness = harness, .path = path,
		.stem = stem_of(harness->arena, path),
	};
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t capacity = 0;
	bool good = true;
	bool failed;
	ssize_t size = 0;

	while (file && good && (size = getline(&line, &capacity, file)) > 0) {
		row.line++;
		while (size > 0 && (line[size - 1] == '\n' ||
		       line[size - 1] == '\r'))
			size--;
		if (size > 0)
			good = add_row(&row, line, (size_t)size);
	}
	free(line);
	failed = file == NULL || ferror(file);
	if (failed)
		command_say("cannot read %s: %s", path, strerror(errno));
	if (file)
		fclose(file);
	return failed ? STATUS_USAGE : good ? STATUS_GOOD : STATUS_BAD;
}
