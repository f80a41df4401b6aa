/*
 * The conformance protocol on generated C: a line in, a line out.
 *
 * The reflection tables of the schema (SCHEMA, by the build) lead from JSON to
 * the generated structs and back. Beyond what the protocol asks, it checks:
 * encoding needs exactly the room that it says; what was decoded encodes to
 * the same bytes again; an array yields as many elements as it counts; arrays
 * that are decoded into room of the caller's say the same as encoded ones.
 * Where that fails, the line out is `BROKEN reason`, which is no answer at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/hex.h"
#include "compiler/json.h"
#include "runtime/reflect.h"
#include "runtime/skald.h"

extern const struct sk_schema SCHEMA;

struct line {
	struct arena *arena;
	const struct sk_message_type *message;
	const char *rest;
	size_t size;
	const char *problem;		/* the first, or NULL */
	const char *where;		/* the field at fault */
};

static bool problem(struct line *line, const char *text)
{
	if (line->problem == NULL)
		line->problem = text;
	return false;
}

/* ---- JSON to struct ---- */

static bool fill(struct line *line, const struct sk_type *type, const struct value *value,
	void *to);

static bool fill_integer(struct line *line, const struct sk_type *type,
	const struct value *value, void *to)
{
	if (type->kind == SK_KIND_BOOL) {
		if (value->kind != VALUE_BOOL)
			return problem(line, "true or false was expected");
		*(bool *)to = value->as.truth;
		return true;
	}
	if (value->kind != VALUE_INTEGER)
		return problem(line, "an integer was expected");
	struct number number = value->as.integer;
	if (!value_integer_fits(&number, type->size, type->is_signed))
		return problem(line, "the integer does not fit");
	uint64_t bits = value_integer_bits(&number);
	switch (type->size) {
	case 1: *(uint8_t *)to = (uint8_t)bits; break;
	case 2: *(uint16_t *)to = (uint16_t)bits; break;
	case 4: *(uint32_t *)to = (uint32_t)bits; break;
	default: *(uint64_t *)to = bits;
	}
	return true;
}

/* The list's elements, each filled; NULL on a problem. */
static void *fill_items(struct line *line, const struct sk_type *item,
	const struct value *list)
{
	size_t size = item->kind == SK_KIND_BOOL ? 1 : item->size;
	char *items = arena_alloc(line->arena, size * list->as.list.count + 1);

	for (size_t i = 0; i < list->as.list.count; i++)
		if (!fill(line, item, value_item(list, i), items + i * size))
			return NULL;
	return items;
}

static bool fill_list(struct line *line, const struct sk_type *type,
	const struct value *value, void *to)
{
	struct sk_list *list = to;

	if (value->kind != VALUE_LIST || value->as.list.count > UINT32_MAX)
		return problem(line, "a list was expected");
	void *items = fill_items(line, type->element, value);
	if (items == NULL)
		return false;
	if (type->kind == SK_KIND_BYTES) {
		struct sk_bytes bytes = { items, (uint32_t)value->as.list.count };
		memcpy(to, &bytes, sizeof bytes);
	} else {
		list->items = items;
		list->count = (uint32_t)value->as.list.count;
	}
	return true;
}

static bool fill_array(struct line *line, const struct sk_type *type,
	const struct value *value, void *to)
{
	if (value->kind != VALUE_LIST || value->as.list.count != type->count)
		return problem(line, "a list of as many elements was expected");
	for (size_t i = 0; i < type->count; i++)
		if (!fill(line, type->element, value_item(value, i),
			  (char *)to + i * type->element->size))
			return false;
	return true;
}

static bool fill_string(struct line *line, const struct value *value, void *to)
{
	struct sk_string *string = to;

	if (value->kind != VALUE_STRING)
		return problem(line, "a string was expected");
	string->data = value->as.string.data;
	string->size = (uint32_t)value->as.string.size;
	return true;
}

static bool fill_one(struct line *line, const struct sk_type *type,
	const struct value *value, void *to)
{
	struct sk_list *list = to;
	void *item = arena_alloc(line->arena, type->element->size);

	list->items = item;
	list->count = 1;
	return fill(line, type->element, value, item);
}

static const struct sk_field *field_named(const struct sk_type *type, const char *name,
	size_t size)
{
	for (size_t i = 0; i < type->count; i++)
		if (strlen(type->fields[i].name) == size
		    && memcmp(type->fields[i].name, name, size) == 0)
			return &type->fields[i];
	return NULL;
}

static bool fill_struct(struct line *line, const struct sk_type *type,
	const struct value *value, void *to)
{
	if (value->kind != VALUE_OBJECT)
		return problem(line, "an object was expected");
	for (size_t i = 0; i < value->as.object.count; i++) {
		const struct value_member *m = &value->as.object.members[i];
		const struct sk_field *field = field_named(type, m->name, m->name_size);
		if (field == NULL)
			return problem(line, "no such member");
		if (field->has_offset != SK_NO_FLAG)
			*(bool *)((char *)to + field->has_offset) = true;
		line->where = field->name;
		if (!fill(line, field->type, &m->value, (char *)to + field->offset))
			return false;
	}
	return true;
}

static bool fill(struct line *line, const struct sk_type *type, const struct value *value,
	void *to)
{
	switch (type->kind) {
	case SK_KIND_INTEGER:
	case SK_KIND_BOOL:
		return fill_integer(line, type, value, to);
	case SK_KIND_STRING:
		return fill_string(line, value, to);
	case SK_KIND_BYTES:
	case SK_KIND_LIST:
		return fill_list(line, type, value, to);
	case SK_KIND_ARRAY:
		return fill_array(line, type, value, to);
	case SK_KIND_ONE:
		return fill_one(line, type, value, to);
	case SK_KIND_STRUCT:
		break;
	}
	return fill_struct(line, type, value, to);
}

/* ---- struct to JSON ---- */

static struct value show(struct line *line, const struct sk_type *type, const void *from);

static struct value show_integer(const struct sk_type *type, const void *from)
{
	struct value value = { .kind = VALUE_INTEGER };
	uint64_t bits = 0;

	switch (type->size) {
	case 1: bits = *(const uint8_t *)from; break;
	case 2: bits = *(const uint16_t *)from; break;
	case 4: bits = *(const uint32_t *)from; break;
	default: bits = *(const uint64_t *)from;
	}
	unsigned shift = 64 - 8 * type->size;
	if (type->is_signed)
		bits = (uint64_t)((int64_t)(bits << shift) >> shift);
	value.as.integer = value_integer(bits, type->is_signed);
	return value;
}

static struct value show_bytes(struct line *line, const struct sk_type *type,
	const struct sk_bytes *bytes)
{
	struct value list = { .kind = VALUE_LIST };
	struct value *items = arena_alloc(line->arena, (bytes->size + 1) * sizeof *items);

	for (uint32_t i = 0; i < bytes->size; i++)
		items[i] = show(line, type->element, &bytes->data[i]);
	list.as.list.items = items;
	list.as.list.count = bytes->size;
	return list;
}

static struct value show_list(struct line *line, const struct sk_type *type,
	const void *from)
{
	struct value result = { .kind = VALUE_LIST };
	uint32_t count = ((const struct sk_list *)from)->count;
	struct value *items = arena_alloc(line->arena, (count + 1) * sizeof *items);
	void *list = arena_alloc(line->arena, type->size);
	uint32_t seen = 0;

	memcpy(list, from, type->size);
	for (;;) {
		void *item = arena_alloc(line->arena, type->element->size);
		if (!type->next(list, item))
			break;
		if (seen == count) {
			problem(line, "the array yields more than it counts");
			break;
		}
		items[seen++] = show(line, type->element, item);
	}
	if (seen != count)
		problem(line, "the array yields less than it counts");
	result.as.list.items = items;
	result.as.list.count = seen;
	return result;
}

static struct value show_array(struct line *line, const struct sk_type *type,
	const void *from)
{
	struct value list = { .kind = VALUE_LIST };
	struct value *items = arena_alloc(line->arena, (type->count + 1) * sizeof *items);

	for (size_t i = 0; i < type->count; i++)
		items[i] = show(line, type->element,
			(const char *)from + i * type->element->size);
	list.as.list.items = items;
	list.as.list.count = type->count;
	return list;
}

static struct value show_struct(struct line *line, const struct sk_type *type,
	const void *from)
{
	struct value object = { .kind = VALUE_OBJECT };
	struct value_object_builder members = { 0 };

	for (size_t i = 0; i < type->count; i++) {
		const struct sk_field *field = &type->fields[i];
		if (field->has_offset != SK_NO_FLAG
		    && !*(const bool *)((const char *)from + field->has_offset))
			continue;
		struct value value = show(line, field->type,
			(const char *)from + field->offset);
		struct value_member *member = value_object_add(line->arena, &members);
		member->name = field->name;
		member->name_size = strlen(field->name);
		member->value = value;
	}
	object.as.object.members = members.members;
	object.as.object.count = members.count;
	return object;
}

static struct value show(struct line *line, const struct sk_type *type, const void *from)
{
	struct value value = { .kind = VALUE_BOOL };

	switch (type->kind) {
	case SK_KIND_BOOL:
		value.as.truth = *(const bool *)from;
		return value;
	case SK_KIND_INTEGER:
		return show_integer(type, from);
	case SK_KIND_STRING:
		value.kind = VALUE_STRING;
		value.as.string.data = ((const struct sk_string *)from)->data;
		value.as.string.size = ((const struct sk_string *)from)->size;
		return value;
	case SK_KIND_BYTES:
		return show_bytes(line, type, from);
	case SK_KIND_LIST:
		return show_list(line, type, from);
	case SK_KIND_ONE:
		value = show_list(line, type, from);
		return *value_item(&value, 0);
	case SK_KIND_ARRAY:
		return show_array(line, type, from);
	case SK_KIND_STRUCT:
		break;
	}
	return show_struct(line, type, from);
}

/* ---- lines ---- */

static const char *status_name(int status)
{
	switch (status) {
#define X(name, number, text) case number: return #name;
	SK_STATUS_LIST(X)
#undef X
	default: return "?";
	}
}

/* Encodes with ever more room; *bytes is the caller's to free. */
static int encode(const struct sk_message_type *message, const void *value,
	unsigned char **bytes)
{
	int size = SK_TOO_BIG;

	for (size_t room = 4096; size == SK_TOO_BIG && room <= (size_t)1 << 28; room *= 16) {
		*bytes = malloc(room);
		size = message->encode(value, *bytes, room);
		if (size < 0)
			free(*bytes);
	}
	return size;
}

/* Encoding fits into the room that it took, and into no less. */
static bool takes_what_it_says(const struct sk_message_type *message, const void *value,
	const unsigned char *bytes, int size)
{
	unsigned char *exact = malloc((size_t)size);
	bool same = message->encode(value, exact, (size_t)size) == size
		&& memcmp(exact, bytes, (size_t)size) == 0;
	free(exact);
	unsigned char *less = malloc((size_t)size - 1);
	bool refused = message->encode(value, less, (size_t)size - 1) == SK_TOO_BIG;
	free(less);
	return same && refused;
}

static void print_hex(const unsigned char *bytes, size_t size)
{
	putchar(' ');
	if (size == 0)
		putchar('-');
	hex_write(stdout, bytes, size);
}

static void answer_encode(struct line *line)
{
	struct text_fault fault;
	struct value value;
	unsigned char *bytes;
	void *data = arena_alloc(line->arena, line->message->type->size);

	if (!json_read(line->arena, line->rest, line->size, VALUE_TEXT_BYTES, &value, &fault)) {
		printf("FAIL JSON, column %u: %s\n", fault.column, fault.message);
		return;
	}
	if (!fill(line, line->message->type, &value, data)) {
		printf("FAIL %s: %s\n", line->where, line->problem);
		return;
	}
	int size = encode(line->message, data, &bytes);
	if (size < 0) {
		printf("FAIL %s\n", status_name(size));
		return;
	}
	size_t tail = sk_get_uint32(bytes + 4);
	if (takes_what_it_says(line->message, data, bytes, size)) {
		fputs("OK", stdout);
		print_hex(bytes, (size_t)size - tail);
		print_hex(bytes + size - tail, tail);
		putchar('\n');
	} else {
		puts("BROKEN encoding takes more or less room than it says");
	}
	free(bytes);
}

/* What was decoded, encoded again: the same, but for the head's padding. */
static bool comes_back(const struct line *line, const void *value,
	const unsigned char *head, size_t head_size,
	const unsigned char *tail, size_t tail_size)
{
	unsigned char *bytes;
	int size = encode(line->message, value, &bytes);

	if (size < 0)
		return false;
	size_t again = (size_t)size - tail_size;
	bool same = (size_t)size >= tail_size && again <= head_size
		&& memcmp(bytes, head, again) == 0
		&& memcmp(bytes + again, tail, tail_size) == 0;
	free(bytes);
	return same;
}

static char *json_of(const struct value *value)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	json_write(memory, value, VALUE_TEXT_BYTES);
	fclose(memory);
	return text;
}

/*
 * Decodes once more, with room for the arrays: the same must come; and with
 * too little of it, which must be told. Room is doubled until it suffices.
 */
static bool comes_into_room(struct line *line, const unsigned char *bytes, size_t size,
	const struct value *wanted)
{
	void *value = malloc(line->message->type->size);
	char *one = json_of(wanted);
	bool same = false;

	for (size_t space = 0; space <= (size_t)1 << 30; space = 2 * space + 16) {
		unsigned char *memory = malloc(space + (space == 0));
		struct sk_room room = { memory, memory + space, false };
		int status = line->message->decode(value, bytes, size, &room);
		if (status == 0) {
			struct value shown = show(line, line->message->type, value);
			char *two = json_of(&shown);
			same = strcmp(one, two) == 0;
			free(two);
		}
		free(memory);
		if (status != SK_TOO_BIG)
			break;
	}
	free(one);
	free(value);
	return same;
}

/* The bytes in memory of exactly their size, so that ASan sees a byte too far. */
static void decode(struct line *line, const unsigned char *bytes, size_t head_size,
	size_t tail_size)
{
	size_t size = head_size + tail_size;
	unsigned char *exact = malloc(size + (size == 0));
	void *value = malloc(line->message->type->size);

	memcpy(exact, bytes, size);
	memset(value, 0xa5, line->message->type->size);
	int status = line->message->decode(value, exact, size, NULL);
	if (status == 0 && (head_size < 8 || sk_get_uint32(exact + 4) != tail_size))
		status = SK_MALFORMED;	/* head and tail came apart: they must agree */
	if (status != 0) {
		printf("FAIL %s\n", status_name(status));
	} else {
		struct value shown = show(line, line->message->type, value);
		if (!SK_LENIENT && !comes_back(line, value, exact, head_size,
				exact + head_size, tail_size))
			problem(line, "decoded and encoded again, other bytes came");
		if (!comes_into_room(line, exact, size, &shown))
			problem(line, "decoded into room, another value came");
		if (line->problem != NULL) {
			printf("BROKEN %s\n", line->problem);
		} else {
			fputs("OK ", stdout);
			json_write(stdout, &shown, VALUE_TEXT_BYTES);
			putchar('\n');
		}
	}
	free(value);
	free(exact);
}

static bool read_hex(const char *text, size_t size, unsigned char *to, size_t *count)
{
	*count = 0;
	if (size == 1 && *text == '-')
		return true;
	return size != 0 && hex_read(text, size, false, to, count);
}

static void answer_decode(struct line *line)
{
	const char *space = memchr(line->rest, ' ', line->size);
	unsigned char *bytes = arena_alloc(line->arena, line->size + 1);
	size_t head_size;
	size_t tail_size;

	if (space == NULL) {
		puts("FAIL wanted: D MESSAGE HEADHEX TAILHEX");
		return;
	}
	size_t first = (size_t)(space - line->rest);
	if (!read_hex(line->rest, first, bytes, &head_size)
	    || !read_hex(space + 1, line->size - first - 1, bytes + head_size, &tail_size)) {
		puts("FAIL bytes are pairs of hexadecimal digits, or `-`");
		return;
	}
	decode(line, bytes, head_size, tail_size);
}

static const struct sk_message_type *message_named(const char *name, size_t size)
{
	for (size_t i = 0; i < SCHEMA.message_count; i++)
		if (strlen(SCHEMA.messages[i].name) == size
		    && memcmp(SCHEMA.messages[i].name, name, size) == 0)
			return &SCHEMA.messages[i];
	return NULL;
}

static void answer(struct arena *arena, const char *text, size_t size)
{
	struct line line = { .arena = arena, .where = "" };
	const char *space = size < 2 ? NULL : memchr(text + 2, ' ', size - 2);

	if (space == NULL || (text[0] != 'E' && text[0] != 'D') || text[1] != ' ') {
		puts("FAIL a line is `E MESSAGE {json}` or `D MESSAGE HEADHEX TAILHEX`");
		return;
	}
	line.message = message_named(text + 2, (size_t)(space - text) - 2);
	line.rest = space + 1;
	line.size = size - (size_t)(line.rest - text);
	if (line.message == NULL)
		puts("FAIL no such message");
	else if (text[0] == 'E')
		answer_encode(&line);
	else
		answer_decode(&line);
}

int main(void)
{
	char *text = NULL;
	size_t capacity = 0;
	ssize_t size;

	while ((size = getline(&text, &capacity, stdin)) > 0) {
		struct arena *arena = arena_new();
		while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
			size--;
		answer(arena, text, (size_t)size);
		arena_free(arena);
		fflush(stdout);
	}
	free(text);
	return 0;
}
