/* JSON and generated structs. See reflect_json.h. */
#include "fuzz/reflect_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/bits.h"

static bool problem(struct reflect_json *json, const char *text)
{
	if (json->problem == NULL)
		json->problem = text;
	return false;
}

static const struct sk_type *type_at(const struct reflect_json *json, uint16_t type)
{
	return &json->schema->types[type];
}

/* ---- JSON to struct ---- */

static bool fill_integer(struct reflect_json *json, const struct sk_type *type,
	const struct value *value, void *to)
{
	if (value->kind != VALUE_INTEGER)
		return problem(json, "an integer was expected");
	struct number number = value->as.integer;
	if (!value_integer_fits(&number, type->size, type->flags & SK_TYPE_SIGNED))
		return problem(json, "the integer does not fit");
	bits_put(to, type->size, value_integer_bits(&number));
	return true;
}

static bool fill_bool(struct reflect_json *json, const struct value *value, void *to)
{
	const struct number *number = &value->as.integer;

	if (value->kind == VALUE_BOOL)
		*(bool *)to = value->as.truth;
	else if (value->kind == VALUE_INTEGER && !number->negative
		 && number->high == 0 && number->low <= 1)
		*(bool *)to = number->low == 1;
	else
		return problem(json, "true or false was expected");
	return true;
}

static bool fill_float(struct reflect_json *json, const struct sk_type *type,
	const struct value *value, void *to)
{
	uint64_t bits;
	const char *wrong = value_float_bits(json->arena, value, type->size, &bits);

	if (wrong != NULL)
		return problem(json, wrong);
	bits_put(to, type->size, bits);
	return true;
}

/* The list's elements, each filled; NULL on a problem. */
static void *fill_items(struct reflect_json *json, uint16_t item, const struct value *list)
{
	const struct sk_type *type = type_at(json, item);
	char *items = arena_alloc(json->arena, type->size * list->as.list.count + 1);

	for (size_t i = 0; i < list->as.list.count; i++)
		if (!reflect_fill(json, item, value_item(list, i), items + i * type->size))
			return NULL;
	return items;
}

static bool fill_list(struct reflect_json *json, const struct sk_type *type,
	const struct value *value, void *to)
{
	struct sk_list *list = to;
	struct sk_bytes bytes;
	void *items;

	if (value->kind != VALUE_LIST || value->as.list.count > UINT32_MAX)
		return problem(json, "a list was expected");
	items = fill_items(json, type->item, value);
	if (items == NULL)
		return false;
	if (type->kind == SK_KIND_BYTES) {
		bytes.data = items;
		bytes.size = (uint32_t)value->as.list.count;
		memcpy(to, &bytes, sizeof bytes);
	} else {
		list->items = items;
		list->count = (uint32_t)value->as.list.count;
	}
	return true;
}

static bool fill_array(struct reflect_json *json, const struct sk_type *type,
	const struct value *value, void *to)
{
	if (value->kind != VALUE_LIST || value->as.list.count != type->count)
		return problem(json, "a list of as many elements was expected");
	for (size_t i = 0; i < type->count; i++)
		if (!reflect_fill(json, type->item, value_item(value, i),
			  (char *)to + i * type_at(json, type->item)->size))
			return false;
	return true;
}

static bool fill_string(struct reflect_json *json, const struct value *value, void *to)
{
	struct sk_string *string = to;

	if (value->kind != VALUE_STRING)
		return problem(json, "a string was expected");
	string->data = value->as.string.data;
	string->size = (uint32_t)value->as.string.size;
	return true;
}

/* A struct that contains itself: a list of one. */
static bool fill_one(struct reflect_json *json, const struct sk_type *type,
	const struct value *value, void *to)
{
	struct value one = { .kind = VALUE_LIST };

	one.as.list.items = value;
	one.as.list.count = 1;
	return fill_list(json, type, &one, to);
}

static bool is_name(const char *name, const struct value_member *member)
{
	return strlen(name) == member->name_size
		&& memcmp(name, member->name, member->name_size) == 0;
}

static const struct sk_field *field_named(const struct reflect_json *json,
	const struct sk_type *type, const struct value_member *member)
{
	const struct sk_field *fields = &json->schema->fields[type->item];

	for (size_t i = 0; i < type->count; i++)
		if (is_name(fields[i].name, member))
			return &fields[i];
	return NULL;
}

/* A number of 0 says that there is no handle, or no lease. */
static bool is_none(const struct reflect_json *json, const struct sk_field *field,
	const struct value *value)
{
	uint8_t kind = type_at(json, field->type)->kind;

	return (kind == SK_KIND_HANDLE || kind == SK_KIND_LEASE)
		&& value->kind == VALUE_INTEGER
		&& value->as.integer.low == 0 && value->as.integer.high == 0;
}

/* ---- what a table does not know ---- */

#define VARINT_MAX 9

struct entry {
	uint32_t tag;
	const struct value *bytes;
};

static int entry_order(const void *left, const void *right)
{
	uint32_t a = ((const struct entry *)left)->tag, b = ((const struct entry *)right)->tag;

	return a < b ? -1 : a > b;
}

static uint32_t unknown_tag(const struct reflect_json *json, const struct sk_type *type,
	const struct value_member *member);

/* Its entries as they stand on the wire. */
static bool put_entries(struct reflect_json *json, const struct entry *entries, size_t count,
	struct sk_bytes *to)
{
	struct sk_type byte = { .kind = SK_KIND_INTEGER, .size = 1 };
	size_t room = 0;
	uint8_t *data, *at;

	for (size_t i = 0; i < count; i++)
		room += 2 * VARINT_MAX + entries[i].bytes->as.list.count;
	data = at = arena_alloc(json->arena, room + 1);
	for (size_t i = 0; i < count; i++) {
		const struct value *list = entries[i].bytes;

		at = sk_varint_write(at, data + room, entries[i].tag);
		at = sk_varint_write(at, data + room, list->as.list.count);
		for (size_t k = 0; k < list->as.list.count; k++)
			if (!fill_integer(json, &byte, value_item(list, k), at++))
				return false;
	}
	to->data = data;
	to->size = (uint32_t)(at - data);
	return true;
}

/* All of the object's "#7" in the order of their tags. */
static bool fill_entries(struct reflect_json *json, const struct sk_type *type,
	const struct value *value, void *to)
{
	const struct sk_field *unknown = &json->schema->fields[type->item + type->count];
	struct entry *entries = arena_alloc(json->arena,
		(value->as.object.count + 1) * sizeof *entries);
	struct sk_bytes bytes = { NULL, 0 };
	size_t count = 0;

	for (size_t i = 0; i < value->as.object.count; i++) {
		const struct value_member *m = &value->as.object.members[i];

		if (field_named(json, type, m) != NULL)
			continue;
		entries[count].tag = unknown_tag(json, type, m);
		entries[count].bytes = &m->value;
		if (entries[count].tag == 0)
			return problem(json, "no such member");
		if (m->value.kind != VALUE_LIST)
			return problem(json, "a list of bytes was expected");
		count++;
	}
	qsort(entries, count, sizeof *entries, entry_order);
	if (count != 0 && !put_entries(json, entries, count, &bytes))
		return false;
	memcpy((char *)to + unknown->offset, &bytes, sizeof bytes);
	return true;
}

static bool fill_struct(struct reflect_json *json, const struct sk_type *type,
	const struct value *value, void *to)
{
	json->schema->inits[type->bound](to);
	if (value->kind != VALUE_OBJECT)
		return problem(json, "an object was expected");
	for (size_t i = 0; i < value->as.object.count; i++) {
		const struct value_member *m = &value->as.object.members[i];
		const struct sk_field *field = field_named(json, type, m);
		if (field == NULL && (type->flags & SK_TYPE_FLEXIBLE))
			continue;
		if (field == NULL)
			return problem(json, "no such member");
		if (is_none(json, field, &m->value))
			continue;
		if (field->has != 0)
			*((bool *)to + field->offset - field->has) = true;
		json->where = field->name;
		if (!reflect_fill(json, field->type, &m->value, (char *)to + field->offset))
			return false;
	}
	return !(type->flags & SK_TYPE_FLEXIBLE) || fill_entries(json, type, value, to);
}

/* "#7": 7, where no arm, or member of a table, has that tag; else 0. */
static uint32_t unknown_tag(const struct reflect_json *json, const struct sk_type *type,
	const struct value_member *member)
{
	uint64_t tag = 0;

	if (!(type->flags & SK_TYPE_FLEXIBLE) || member->name_size < 2
	    || member->name[0] != '#' || member->name[1] == '0')
		return 0;
	for (size_t i = 1; i < member->name_size; i++) {
		if (member->name[i] < '0' || member->name[i] > '9')
			return 0;
		tag = 10 * tag + (uint64_t)(member->name[i] - '0');
		if (tag > INT32_MAX)
			return 0;
	}
	return sk_arm(json->schema, type, (uint32_t)tag) == NULL ? (uint32_t)tag : 0;
}

static bool fill_unknown(struct reflect_json *json, const struct sk_field *unknown,
	const struct value *value, void *to)
{
	struct sk_type byte = { .kind = SK_KIND_INTEGER, .size = 1 };
	struct sk_bytes bytes;
	uint8_t *data;

	if (value->kind != VALUE_LIST)
		return problem(json, "a list of bytes was expected");
	data = arena_alloc(json->arena, value->as.list.count + 1);
	for (size_t i = 0; i < value->as.list.count; i++)
		if (!fill_integer(json, &byte, value_item(value, i), &data[i]))
			return false;
	bytes.data = data;
	bytes.size = (uint32_t)value->as.list.count;
	memcpy((char *)to + unknown->offset, &bytes, sizeof bytes);
	return true;
}

static bool fill_variant(struct reflect_json *json, const struct sk_type *type,
	const struct value *value, void *to)
{
	const struct value_member *m = value->as.object.members;
	const struct sk_field *arm;
	uint32_t which;

	json->schema->inits[type->bound](to);
	if (value->kind != VALUE_OBJECT || value->as.object.count != 1)
		return problem(json, "an object with one arm was expected");
	arm = field_named(json, type, m);
	which = arm != NULL ? arm->tag : unknown_tag(json, type, m);
	if (which == 0)
		return problem(json, "no such arm");
	memcpy(to, &which, sizeof which);
	if (arm == NULL)
		return fill_unknown(json, &json->schema->fields[type->item + type->count],
			&m->value, to);
	json->where = arm->name;
	if (arm->type != SK_NO_INDEX)
		return reflect_fill(json, arm->type, &m->value, (char *)to + arm->offset);
	return (m->value.kind == VALUE_OBJECT && m->value.as.object.count == 0)
		|| problem(json, "an empty object was expected");
}

static bool fill_attached(struct reflect_json *json, const struct sk_type *type,
	const struct value *value, void *to)
{
	struct sk_type byte = { .kind = SK_KIND_INTEGER, .size = 1 };
	struct sk_lease lease = { NULL, 0, 0, type->count };
	uint8_t number;

	if (!fill_integer(json, &byte, value, &number))
		return false;
	lease.number = number;
	if (type->kind == SK_KIND_LEASE)
		memcpy(to, &lease, sizeof lease);
	else if (number != 0)
		((struct sk_handle *)to)->raw = number;
	return true;
}

bool reflect_fill(struct reflect_json *json, uint16_t index, const struct value *value,
	void *to)
{
	const struct sk_type *type = type_at(json, index);

	switch ((enum sk_kind)type->kind) {
	case SK_KIND_INTEGER:
		return fill_integer(json, type, value, to);
	case SK_KIND_BOOL:
		return fill_bool(json, value, to);
	case SK_KIND_FLOAT:
		return fill_float(json, type, value, to);
	case SK_KIND_STRING:
		return fill_string(json, value, to);
	case SK_KIND_BYTES:
	case SK_KIND_LIST:
		return fill_list(json, type, value, to);
	case SK_KIND_ONE:
		return fill_one(json, type, value, to);
	case SK_KIND_ARRAY:
		return fill_array(json, type, value, to);
	case SK_KIND_STRUCT:
	case SK_KIND_RECORD:
		return fill_struct(json, type, value, to);
	case SK_KIND_VARIANT:
		return fill_variant(json, type, value, to);
	case SK_KIND_HANDLE:
	case SK_KIND_LEASE:
		return fill_attached(json, type, value, to);
	}
	return problem(json, "a type of no kind");
}

/* ---- struct to JSON ---- */

static struct value integer(uint64_t bits, bool is_signed)
{
	struct value value = { .kind = VALUE_INTEGER };

	value.as.integer = value_integer(bits, is_signed);
	return value;
}

static struct value show_integer(const struct sk_type *type, const void *from)
{
	uint64_t bits = bits_get(from, type->size);
	unsigned shift = 64 - 8 * type->size;
	bool is_signed = type->flags & SK_TYPE_SIGNED;

	if (is_signed)
		bits = (uint64_t)((int64_t)(bits << shift) >> shift);
	return integer(bits, is_signed);
}

static struct value show_string(const void *from)
{
	struct value value = { .kind = VALUE_STRING };
	struct sk_string string;

	memcpy(&string, from, sizeof string);
	value.as.string.data = string.data;
	value.as.string.size = string.size;
	return value;
}

static struct value show_bytes(struct reflect_json *json, uint16_t item,
	const struct sk_bytes *bytes)
{
	struct value list = { .kind = VALUE_LIST };
	struct value *items = arena_alloc(json->arena, (bytes->size + 1) * sizeof *items);

	for (uint32_t i = 0; i < bytes->size; i++)
		items[i] = item == SK_NO_INDEX ? integer(bytes->data[i], false)
			: reflect_show(json, item, &bytes->data[i]);
	list.as.list.items = items;
	list.as.list.count = bytes->size;
	return list;
}

static struct value show_list(struct reflect_json *json, const struct sk_type *type,
	const void *from)
{
	struct value result = { .kind = VALUE_LIST };
	uint32_t count = ((const struct sk_list *)from)->count;
	struct value *items = arena_alloc(json->arena, (count + 1) * sizeof *items);
	void *list = arena_alloc(json->arena, type->size);
	uint32_t seen = 0;

	memcpy(list, from, type->size);
	for (;;) {
		void *item = arena_alloc(json->arena, type_at(json, type->item)->size);
		if (!json->schema->nexts[type->count](list, item))
			break;
		if (seen == count) {
			problem(json, "the array yields more than it counts");
			break;
		}
		items[seen++] = reflect_show(json, type->item, item);
	}
	if (seen != count)
		problem(json, "the array yields less than it counts");
	result.as.list.items = items;
	result.as.list.count = seen;
	return result;
}

static struct value show_array(struct reflect_json *json, const struct sk_type *type,
	const void *from)
{
	struct value list = { .kind = VALUE_LIST };
	struct value *items = arena_alloc(json->arena, (type->count + 1) * sizeof *items);

	for (size_t i = 0; i < type->count; i++)
		items[i] = reflect_show(json, type->item,
			(const char *)from + i * type_at(json, type->item)->size);
	list.as.list.items = items;
	list.as.list.count = type->count;
	return list;
}

static void add_member(struct reflect_json *json, struct value_object_builder *members,
	const char *name, struct value value)
{
	struct value_member *member = value_object_add(json->arena, members);

	member->name = name;
	member->name_size = strlen(name);
	member->value = value;
}

static struct value object(const struct value_object_builder *members)
{
	struct value value = { .kind = VALUE_OBJECT };

	value.as.object.members = members->members;
	value.as.object.count = members->count;
	return value;
}

/* Those between them that are known are shown as what they are. */
static void show_entries(struct reflect_json *json, const struct sk_type *type,
	const void *from, struct value_object_builder *members)
{
	struct sk_bytes entries, value;
	uint32_t tag;

	memcpy(&entries, (const char *)from
		+ json->schema->fields[type->item + type->count].offset, sizeof entries);
	while (sk_next_unknown(&entries, &tag, &value))
		if (sk_arm(json->schema, type, tag) == NULL)
			add_member(json, members, arena_printf(json->arena, "#%" PRIu32, tag),
				show_bytes(json, SK_NO_INDEX, &value));
}

static struct value show_struct(struct reflect_json *json, const struct sk_type *type,
	const void *from)
{
	const struct sk_field *field = &json->schema->fields[type->item];
	struct value_object_builder members = { 0 };

	for (size_t i = 0; i < type->count; i++, field++)
		if (sk_has_field(field, from))
			add_member(json, &members, field->name, reflect_show(json,
				field->type, (const char *)from + field->offset));
	if (type->flags & SK_TYPE_FLEXIBLE)
		show_entries(json, type, from, &members);
	return object(&members);
}

static struct value show_variant(struct reflect_json *json, const struct sk_type *type,
	const void *from)
{
	struct value_object_builder members = { 0 };
	const struct value_object_builder none = { 0 };
	const struct sk_field *arm;
	struct sk_bytes bytes;
	uint32_t which;

	memcpy(&which, from, sizeof which);
	arm = sk_arm(json->schema, type, which);
	if (arm == NULL) {
		arm = &json->schema->fields[type->item + type->count];
		memcpy(&bytes, (const char *)from + arm->offset, sizeof bytes);
		add_member(json, &members, arena_printf(json->arena, "#%" PRIu32, which),
			show_bytes(json, SK_NO_INDEX, &bytes));
	} else {
		add_member(json, &members, arm->name, arm->type == SK_NO_INDEX
			? object(&none) : reflect_show(json, arm->type,
				(const char *)from + arm->offset));
	}
	return object(&members);
}

struct value reflect_show(struct reflect_json *json, uint16_t index, const void *from)
{
	const struct sk_type *type = type_at(json, index);
	struct value value = { .kind = VALUE_BOOL };
	struct sk_bytes bytes;

	switch ((enum sk_kind)type->kind) {
	case SK_KIND_BOOL:
		value.as.truth = *(const bool *)from;
		return value;
	case SK_KIND_INTEGER:
		return show_integer(type, from);
	case SK_KIND_FLOAT:
		return value_float(json->arena, bits_get(from, type->size), type->size);
	case SK_KIND_STRING:
		return show_string(from);
	case SK_KIND_BYTES:
		memcpy(&bytes, from, sizeof bytes);
		return show_bytes(json, type->item, &bytes);
	case SK_KIND_LIST:
		return show_list(json, type, from);
	case SK_KIND_ONE:
		value = show_list(json, type, from);
		return *value_item(&value, 0);
	case SK_KIND_ARRAY:
		return show_array(json, type, from);
	case SK_KIND_STRUCT:
	case SK_KIND_RECORD:
		return show_struct(json, type, from);
	case SK_KIND_VARIANT:
		return show_variant(json, type, from);
	case SK_KIND_HANDLE:
		return integer((uint64_t)((const struct sk_handle *)from)->raw, false);
	case SK_KIND_LEASE:
		return integer(((const struct sk_lease *)from)->number, false);
	}
	return value;
}
