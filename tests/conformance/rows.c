/*
 * Rows of a vectors file. See rows.h.
 */
#define _GNU_SOURCE

#include "tests/conformance/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "compiler/json.h"

static const char *text_of(struct arena *arena, const struct value *row,
	const char *name)
{
	const struct value *value = value_member(row, name);

	if (value == NULL || value->kind != VALUE_STRING)
		return NULL;
	return arena_copy(arena, value->as.string.data, value->as.string.size);
}

static bool truth_of(const struct value *row, const char *name)
{
	const struct value *value = value_member(row, name);

	return value && value->kind == VALUE_BOOL && value->as.truth;
}

static unsigned count_of(const struct value *row, const char *name)
{
	const struct value *value = value_member(row, name);

	return value && value->kind == VALUE_INTEGER ?
		(unsigned)value->as.integer.low : 0;
}

static struct row row_of(struct arena *arena, const struct value *value)
{
	struct row row = {
		.schema = text_of(arena, value, "schema"),
		.message = text_of(arena, value, "message"),
		.note = text_of(arena, value, "note"),
		.values = value_member(value, "values"),
		.head = text_of(arena, value, "head_hex"),
		.tail = text_of(arena, value, "tail_hex"),
		.head_size = count_of(value, "head_size"),
		.decoded = value_member(value, "decoded"),
		.encode_fails = text_of(arena, value, "encode") != NULL,
		.decode_fails = text_of(arena, value, "decode") != NULL,
		.shadow = value_member(value, "shadow"),
		.beside = "",
		.decoded_is_wrong = truth_of(value, "bragi_decodes_wrong"),
		.result = text_of(arena, value, "result"),
	};

	if (value_member(value, "handles"))
		row.beside = arena_printf(arena, " %u %u",
			count_of(value, "handles"), count_of(value, "leases"));
	if (row.head && *row.head == '\0')
		row.head = "-";
	if (row.tail == NULL || *row.tail == '\0')
		row.tail = "-";
	return row;
}

static struct row *add_row(struct arena *arena, struct rows *rows)
{
	struct row *moved;

	if (rows->count == rows->capacity) {
		rows->capacity = rows->capacity ? 2 * rows->capacity : 64;
		moved = arena_alloc(arena, rows->capacity * sizeof(*moved));
		if (rows->count)
			memcpy(moved, rows->items,
				rows->count * sizeof(*moved));
		rows->items = moved;
	}
	return &rows->items[rows->count++];
}

struct rows rows_read(struct arena *arena, const char *path)
{
	struct rows rows = {0};
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t capacity = 0;
	ssize_t size;

	if (file == NULL) {
		perror(path);
		exit(2);
	}
	while ((size = getline(&line, &capacity, file)) > 0) {
		struct value *value = ARENA_NEW(arena, struct value);
		struct text_fault fault;

		if (!json_read(arena, line, (size_t)size, VALUE_TEXT_BYTES,
		    value, &fault) || value->kind != VALUE_OBJECT) {
			fprintf(stderr, "%s:%zu: not a vector\n", path,
				rows.count + 1);
			exit(2);
		}
		*add_row(arena, &rows) = row_of(arena, value);
	}
	free(line);
	fclose(file);
	return rows;
}

char *rows_json(struct arena *arena, const struct value *value)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	char *copy;

	json_write(to, value, VALUE_TEXT_BYTES);
	fclose(to);
	copy = arena_copy(arena, text, size);
	free(text);
	return copy;
}

static bool integers_equal(const struct value *left, const struct value *right,
	bool original)
{
	uint64_t a = value_integer_bits(&left->as.integer);
	uint64_t b = value_integer_bits(&right->as.integer);

	if (a == b)
		return left->as.integer.negative == right->as.integer.negative;
	return original && b >> 49 && !(b >> 56) && a == b << 8;
}

static bool lists_equal(const struct value *left, const struct value *right,
	bool original)
{
	if (left->as.list.count != right->as.list.count)
		return false;
	for (size_t i = 0; i < left->as.list.count; i++) {
		if (!rows_equal(value_item(left, i), value_item(right, i),
		    original))
			return false;
	}
	return true;
}

static bool objects_equal(const struct value *left, const struct value *right,
	bool original)
{
	if (left->as.object.count != right->as.object.count)
		return false;
	for (size_t i = 0; i < right->as.object.count; i++) {
		const struct value_member *member =
			&right->as.object.members[i];
		const struct value *other = NULL;

		for (size_t j = 0; other == NULL && j < left->as.object.count;
		     j++) {
			const struct value_member *each =
				&left->as.object.members[j];

			if (each->name_size == member->name_size &&
			    memcmp(each->name, member->name,
				each->name_size) == 0)
				other = &each->value;
		}
		if (!other || !rows_equal(other, &member->value, original))
			return false;
	}
	return true;
}

static bool floats_equal(const struct value *left, const struct value *right)
{
	struct arena *arena = arena_new();
	uint64_t a = 0;
	uint64_t b = 1;
	bool equal = value_float_bits(arena, left, 8, &a) == NULL &&
		value_float_bits(arena, right, 8, &b) == NULL && a == b;

	arena_free(arena);
	return equal;
}

bool rows_equal(const struct value *left, const struct value *right,
	bool original)
{
	if (left->kind != right->kind)
		return false;
	switch (left->kind) {
	case VALUE_INTEGER:
		return integers_equal(left, right, original);
	case VALUE_BOOL:
		return left->as.truth == right->as.truth;
	case VALUE_FLOAT:
		return floats_equal(left, right);
	case VALUE_STRING:
		return left->as.string.size == right->as.string.size &&
			memcmp(left->as.string.data, right->as.string.data,
				left->as.string.size) == 0;
	case VALUE_LIST:
		return lists_equal(left, right, original);
	case VALUE_OBJECT:
		break;
	}
	return objects_equal(left, right, original);
}

const struct value *rows_wanted(struct arena *arena, const struct row *row)
{
	struct value_object_builder object = {0};
	struct value *wanted;

	if (!row->decoded_is_wrong)
		return row->decoded;
	for (size_t i = 0; i < row->decoded->as.object.count; i++) {
		struct value_member member = row->decoded->as.object.members[i];
		const struct value *given = value_member(row->values,
			arena_copy(arena, member.name, member.name_size));

		if (given)
			member.value = *given;
		*value_object_add(arena, &object) = member;
	}
	wanted = ARENA_NEW(arena, struct value);
	wanted->kind = VALUE_OBJECT;
	wanted->as.object.members = object.members;
	wanted->as.object.count = object.count;
	return wanted;
}

uint64_t rows_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}
