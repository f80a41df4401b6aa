/*
 * Values: integers, names and UTF-8. See value.h.
 */
#include "compiler/value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/number.h"

const char *value_kind_name(enum value_kind kind)
{
	switch (kind) {
	case VALUE_INTEGER:
		return "an integer";
	case VALUE_BOOL:
		return "true or false";
	case VALUE_FLOAT:
		return "a floating-point number";
	case VALUE_STRING:
		return "a string";
	case VALUE_LIST:
		return "a list";
	case VALUE_OBJECT:
		break;
	}
	return "an object";
}

const struct value *value_item(const struct value *list, size_t index)
{
	return &list->as.list.items[list->as.list.repeats ? 0 : index];
}

static bool name_is(const struct value_member *member, const char *name)
{
	return member->name_size == strlen(name) &&
		memcmp(member->name, name, member->name_size) == 0;
}

const struct value *value_member(const struct value *object, const char *name)
{
	for (size_t i = 0; i < object->as.object.count; i++) {
		if (name_is(&object->as.object.members[i], name))
			return &object->as.object.members[i].value;
	}
	return NULL;
}

uint64_t value_integer_bits(const struct number *number)
{
	return number->negative ? UINT64_C(0) - number->low : number->low;
}

struct number value_integer(uint64_t bits, bool is_signed)
{
	struct number number = {0};

	number.negative = is_signed && bits >> 63;
	number.low = number.negative ? UINT64_C(0) - bits : bits;
	return number;
}

bool value_integer_fits(const struct number *number, unsigned width,
	bool is_signed)
{
	return number_fits(*number, width, is_signed);
}

const char *value_integer_text(struct arena *arena, const struct number *number)
{
	return number_print(arena_alloc(arena, NUMBER_TEXT_SIZE), *number);
}

static bool are_digits(const char *text, size_t size)
{
	bool is_hex = size > 2 && text[0] == '0' && text[1] == 'x';

	for (size_t i = is_hex ? 2 : 0; i < size; i++) {
		if (is_hex ? !isxdigit((unsigned char)text[i]) :
		    !isdigit((unsigned char)text[i]))
			return false;
	}
	return size > 0;
}

bool value_integer_parse(const char *text, size_t size, struct number *to)
{
	bool negative = size && text[0] == '-';
	size_t sign = size && (text[0] == '-' || text[0] == '+');

	if (!are_digits(text + sign, size - sign))
		return false;
	if (!number_parse(to, text + sign, size - sign))
		*to = (struct number){.high = UINT64_MAX, .low = UINT64_MAX};
	if (negative)
		*to = number_negate(*to);
	return true;
}

const char *value_show(struct arena *arena, const char *data, size_t size)
{
	const size_t most = 40;
	char text[40 * 4 + 4];
	size_t at = 0;

	for (size_t i = 0; i < size && i < most; i++) {
		unsigned char c = (unsigned char)data[i];

		at += (size_t)snprintf(text + at, sizeof(text) - at,
			c >= 0x20 && c < 0x7f ? "%c" : "\\x%02x", c);
	}
	return arena_printf(arena, "%.*s%s", (int)at, text,
		size > most ? "..." : "");
}

static int compare_names(const void *left, const void *right)
{
	const struct value_member *a = *(const struct value_member *const *)left;
	const struct value_member *b = *(const struct value_member *const *)right;

	if (a->name_size != b->name_size)
		return a->name_size < b->name_size ? -1 : 1;
	return memcmp(a->name, b->name, a->name_size);
}

/* Sorted, so that an object of many thousand names takes no square of it. */
size_t value_duplicate(struct arena *arena, const struct value_member *members,
	size_t count)
{
	const struct value_member **sorted;
	size_t found = count;

	if (count < 2)
		return count;
	sorted = arena_alloc(arena, count * sizeof(*sorted));
	for (size_t i = 0; i < count; i++)
		sorted[i] = &members[i];
	qsort(sorted, count, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < count; i++) {
		size_t first = (size_t)(sorted[i - 1] - members);
		size_t second = (size_t)(sorted[i] - members);

		if (compare_names(&sorted[i - 1], &sorted[i]) != 0)
			continue;
		if (second < first)
			second = first;
		if (second < found || found == count)
			found = second;
	}
	return found;
}

size_t value_utf8_read(const char *data, size_t size, uint32_t *code_point)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = size ? (unsigned char)data[0] : 0xff;
	size_t length = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 :
		first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
	uint32_t value;

	if (length == 0 || length > size)
		return 0;
	value = length == 1 ? first : first & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		unsigned char next = (unsigned char)data[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (next & 0x3fu);
	}
	if (value < least[length] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code_point = value;
	return length;
}

size_t value_utf8_write(uint32_t code_point, char *to)
{
	unsigned char lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t length = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 :
		code_point < 0x10000 ? 3 : 4;

	if (length == 1) {
		to[0] = (char)code_point;
		return 1;
	}
	for (size_t i = length - 1; i > 0; i--) {
		to[i] = (char)(0x80 | (code_point & 0x3f));
		code_point >>= 6;
	}
	to[0] = (char)(lead[length] | code_point);
	return length;
}

bool value_is_utf8(const char *data, size_t size)
{
	uint32_t code_point;
	size_t length;

	for (; size; data += length, size -= length) {
		length = value_utf8_read(data, size, &code_point);
		if (length == 0)
			return false;
	}
	return true;
}

/* Makes room for one more entry of `size` bytes. */
static void *grow(struct arena *arena, void *entries, size_t count,
	size_t *capacity, size_t size)
{
	void *moved;

	if (count < *capacity)
		return entries;
	*capacity = *capacity ? *capacity * 2 : 4;
	moved = arena_alloc(arena, *capacity * size);
	if (count)
		memcpy(moved, entries, count * size);
	return moved;
}

struct value *value_list_add(struct arena *arena, struct value_list_builder *to)
{
	to->items = grow(arena, to->items, to->count, &to->capacity,
		sizeof(*to->items));
	return &to->items[to->count++];
}

struct value_member *value_object_add(struct arena *arena,
	struct value_object_builder *to)
{
	to->members = grow(arena, to->members, to->count, &to->capacity,
		sizeof(*to->members));
	return &to->members[to->count++];
}

struct value value_text(const char *text)
{
	return (struct value){
		.kind = VALUE_STRING, .as.string = {text, strlen(text)},
	};
}

struct value value_unsigned(uint64_t number)
{
	return (struct value){
		.kind = VALUE_INTEGER, .as.integer = {.low = number},
	};
}

struct value value_truth(bool is_true)
{
	return (struct value){.kind = VALUE_BOOL, .as.truth = is_true};
}

struct value value_list(const struct value_list_builder *from)
{
	return (struct value){
		.kind = VALUE_LIST,
		.as.list = {.items = from->items, .count = from->count},
	};
}

struct value value_object(const struct value_object_builder *from)
{
	return (struct value){
		.kind = VALUE_OBJECT,
		.as.object = {from->members, from->count},
	};
}

void value_put(struct arena *arena, struct value_object_builder *to, const char *name,
	struct value value)
{
	*value_object_add(arena, to) = (struct value_member){
		.name = name, .name_size = strlen(name), .value = value,
	};
}
