/* Values of any generated struct. See values.h. */
#include "fuzz/values.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/bits.h"

struct values_block {
	struct values_block *next;
	_Alignas(max_align_t) char bytes[];
};

uint32_t values_random(struct values *values, uint32_t below)
{
	values->state ^= values->state << 13;
	values->state ^= values->state >> 7;
	values->state ^= values->state << 17;
	return (uint32_t)(values->state >> 33) % below;
}

void *values_alloc(struct values *values, size_t size)
{
	struct values_block *block = calloc(1, sizeof *block + size + 1);

	if (block == NULL)
		abort();
	block->next = values->blocks;
	values->blocks = block;
	return block->bytes;
}

void values_free(struct values *values)
{
	while (values->blocks != NULL) {
		struct values_block *next = values->blocks->next;
		free(values->blocks);
		values->blocks = next;
	}
}

static const struct sk_type *type_at(const struct values *values, uint16_t type)
{
	return &values->schema->types[type];
}

/* ---- at random ---- */

static void fill(struct values *values, uint16_t index, void *to, unsigned depth,
	unsigned *handles);

/* Only what must be there is filled. */
static bool is_deep(const struct values *values, unsigned depth)
{
	return (int)depth > values->depth;
}

/* How many, at most `bound`; fewer the deeper it is. */
static uint32_t count(struct values *values, uint32_t bound, unsigned depth)
{
	uint32_t most = values->amount / (depth + 1);

	if (is_deep(values, depth))
		return 0;
	return values_random(values, (most < bound ? most : bound) + 1);
}

static uint64_t random_bits(struct values *values)
{
	uint64_t high = values_random(values, UINT32_MAX);

	switch (values_random(values, 4)) {
	case 0:
		return values_random(values, 3);
	case 1:
		return UINT64_MAX - values_random(values, 3);
	default:
		return high << 32 ^ values_random(values, UINT32_MAX);
	}
}

static void fill_integer(struct values *values, const struct sk_type *type, void *to)
{
	uint64_t bits = random_bits(values);

	if (type->flags & SK_TYPE_LISTED)
		bits = values->schema->values[type->item
			+ values_random(values, type->count)];
	else if (type->flags & SK_TYPE_MASKED)
		bits &= values->schema->values[type->item];
	bits_put(to, type->size, bits);
}

static void fill_string(struct values *values, const struct sk_type *type, void *to,
	unsigned depth)
{
	struct sk_string *string = to;
	uint32_t size = count(values, type->bound, depth / 2);
	char *data = values_alloc(values, size);

	for (uint32_t i = 0; i < size; i++)
		data[i] = (char)values_random(values, 256);
	string->data = data;
	string->size = size;
}

static void fill_bytes(struct values *values, const struct sk_type *type, void *to,
	unsigned depth)
{
	struct sk_bytes *bytes = to;
	uint32_t size = count(values, type->bound, depth / 2);
	uint8_t *data = values_alloc(values, size);
	unsigned none = 0;

	for (uint32_t i = 0; i < size; i++)
		fill(values, type->item, data + i, depth, &none);
	bytes->data = data;
	bytes->size = size;
}

static void fill_list(struct values *values, const struct sk_type *type, void *to,
	unsigned depth)
{
	size_t size = type_at(values, type->item)->size;
	struct sk_list *list = to;
	uint32_t items = type->kind == SK_KIND_ONE ? 1 : count(values, type->bound, depth);
	char *data = values_alloc(values, items * size);
	unsigned none = 0;

	for (uint32_t i = 0; i < items; i++)
		fill(values, type->item, data + i * size, depth + 1, &none);
	list->items = data;
	list->count = items;
}

static bool is_here(struct values *values, const struct sk_field *field, void *to,
	unsigned depth)
{
	bool here = !is_deep(values, depth) && values_random(values, 3) != 0;

	if (field->has == 0)
		return true;
	*((bool *)to + field->offset - field->has) = here;
	return here;
}

static void fill_struct(struct values *values, const struct sk_type *type, void *to,
	unsigned depth, unsigned *handles)
{
	const struct sk_field *fields = &values->schema->fields[type->item];

	values->schema->inits[type->bound](to);
	for (uint32_t i = 0; i < type->count; i++)
		if (is_here(values, &fields[i], to, depth))
			fill(values, fields[i].type, (char *)to + fields[i].offset,
				depth + 1, handles);
}

/* Where it must end soon, an arm that leads nowhere, if there is one. */
static const struct sk_field *choose_arm(struct values *values, const struct sk_type *type,
	unsigned depth)
{
	const struct sk_field *arms = &values->schema->fields[type->item];
	uint32_t chosen = values_random(values, type->count);

	for (uint32_t i = 0; is_deep(values, depth) && i < type->count; i++) {
		uint8_t kind = SK_KIND_BOOL;
		if (arms[i].type != SK_NO_INDEX)
			kind = type_at(values, arms[i].type)->kind;
		if (kind <= SK_KIND_LIST)
			return &arms[i];
		if (kind != SK_KIND_ONE)
			chosen = i;
	}
	return &arms[chosen];
}

static void fill_variant(struct values *values, const struct sk_type *type, void *to,
	unsigned depth, unsigned *handles)
{
	const struct sk_field *arms = &values->schema->fields[type->item];
	const struct sk_field *arm;
	uint32_t which = 0;

	values->schema->inits[type->bound](to);
	if ((type->flags & SK_TYPE_FLEXIBLE)
	    && (type->count == 0 || values_random(values, 4) == 0)) {
		struct sk_type any = { .kind = SK_KIND_STRING, .bound = 20 };
		struct sk_string text;
		struct sk_bytes unknown;

		do
			which = 1 + values_random(values, INT32_MAX);
		while (sk_arm(values->schema, type, which) != NULL);
		fill_string(values, &any, &text, depth);
		unknown.data = (const uint8_t *)text.data;
		unknown.size = text.size;
		memcpy((char *)to + arms[type->count].offset, &unknown, sizeof unknown);
	} else {
		arm = choose_arm(values, type, depth);
		which = arm->tag;
		if (arm->type != SK_NO_INDEX)
			fill(values, arm->type, (char *)to + arm->offset, depth + 1, handles);
	}
	memcpy(to, &which, sizeof which);
}

static void fill_lease(const struct sk_type *type, void *to)
{
	struct sk_lease lease = { NULL, 0, 0, type->count };

	memcpy(to, &lease, sizeof lease);
}

static void fill(struct values *values, uint16_t index, void *to, unsigned depth,
	unsigned *handles)
{
	const struct sk_type *type = type_at(values, index);

	switch ((enum sk_kind)type->kind) {
	case SK_KIND_INTEGER:
		fill_integer(values, type, to);
		break;
	case SK_KIND_BOOL:
		*(bool *)to = values_random(values, 2) != 0;
		break;
	case SK_KIND_FLOAT:
		bits_put(to, type->size, random_bits(values));
		break;
	case SK_KIND_STRING:
		fill_string(values, type, to, depth);
		break;
	case SK_KIND_BYTES:
		fill_bytes(values, type, to, depth);
		break;
	case SK_KIND_LIST:
	case SK_KIND_ONE:
		fill_list(values, type, to, depth);
		break;
	case SK_KIND_ARRAY:
		for (uint32_t i = 0; i < type->count; i++)
			fill(values, type->item, (char *)to
				+ (size_t)i * type_at(values, type->item)->size,
				depth + 1, handles);
		break;
	case SK_KIND_STRUCT:
	case SK_KIND_RECORD:
		fill_struct(values, type, to, depth, handles);
		break;
	case SK_KIND_VARIANT:
		fill_variant(values, type, to, depth, handles);
		break;
	case SK_KIND_HANDLE:
		((struct sk_handle *)to)->raw = (int32_t)(*handles)++;
		break;
	case SK_KIND_LEASE:
		fill_lease(type, to);
		break;
	}
}

unsigned values_fill(struct values *values, uint16_t type, void *to)
{
	unsigned handles = 0;

	fill(values, type, to, 0, &handles);
	return handles;
}

/* ---- handles and leases ---- */

static void visit_struct(const struct sk_schema *schema, const struct sk_type *type,
	void *value, const struct values_visitor *visitor)
{
	const struct sk_field *fields = &schema->fields[type->item];

	for (uint32_t i = 0; i < type->count; i++)
		if (sk_has_field(&fields[i], value))
			values_visit(schema, fields[i].type, (char *)value + fields[i].offset,
				visitor);
}

void values_visit(const struct sk_schema *schema, uint16_t index, void *value,
	const struct values_visitor *visitor)
{
	const struct sk_type *type = &schema->types[index];
	const struct sk_field *arm;
	uint32_t which;

	switch ((enum sk_kind)type->kind) {
	case SK_KIND_HANDLE:
		if (visitor->handle != NULL)
			visitor->handle(visitor->context, type, value);
		break;
	case SK_KIND_LEASE:
		if (visitor->lease != NULL)
			visitor->lease(visitor->context, type, value);
		break;
	case SK_KIND_ARRAY:
		for (uint32_t i = 0; i < type->count; i++)
			values_visit(schema, type->item, (char *)value
				+ (size_t)i * schema->types[type->item].size, visitor);
		break;
	case SK_KIND_STRUCT:
		visit_struct(schema, type, value, visitor);
		break;
	case SK_KIND_VARIANT:
		memcpy(&which, value, sizeof which);
		arm = sk_arm(schema, type, which);
		if (arm != NULL && arm->type != SK_NO_INDEX)
			values_visit(schema, arm->type, (char *)value + arm->offset, visitor);
		break;
	default:
		break;
	}
}

/* ---- compared ---- */

static bool same_lists(struct values *values, const struct sk_type *type, const void *a,
	const void *b)
{
	bool (*next)(void *list, void *item) = values->schema->nexts[type->count];
	size_t size = type_at(values, type->item)->size;
	void *lists[2] = { values_alloc(values, type->size), values_alloc(values, type->size) };
	void *items[2] = { values_alloc(values, size), values_alloc(values, size) };
	uint32_t seen = 0;

	memcpy(lists[0], a, type->size);
	memcpy(lists[1], b, type->size);
	while (next(lists[0], items[0])) {
		if (!next(lists[1], items[1])
		    || !values_same(values, type->item, items[0], items[1]))
			return false;
		seen++;
	}
	return !next(lists[1], items[1]) && seen == ((const struct sk_list *)a)->count
		&& seen == ((const struct sk_list *)b)->count;
}

static bool same_bytes(const void *one, const void *two);

/* The next entry that the table does not know. */
static bool next_unknown(struct values *values, const struct sk_type *type,
	struct sk_bytes *entries, uint32_t *tag, struct sk_bytes *value)
{
	while (sk_next_unknown(entries, tag, value))
		if (sk_arm(values->schema, type, *tag) == NULL)
			return true;
	return false;
}

static struct sk_bytes unknown_of(struct values *values, const struct sk_type *type,
	const void *value)
{
	struct sk_bytes unknown;

	memcpy(&unknown, (const char *)value
		+ values->schema->fields[type->item + type->count].offset, sizeof unknown);
	return unknown;
}

static bool same_unknown(struct values *values, const struct sk_type *type, const void *a,
	const void *b)
{
	struct sk_bytes left = unknown_of(values, type, a), right = unknown_of(values, type, b);
	struct sk_bytes one, two;
	uint32_t tags[2];

	while (next_unknown(values, type, &left, &tags[0], &one))
		if (!next_unknown(values, type, &right, &tags[1], &two)
		    || tags[0] != tags[1] || !same_bytes(&one, &two))
			return false;
	return !next_unknown(values, type, &right, &tags[1], &two);
}

static bool same_structs(struct values *values, const struct sk_type *type, const void *a,
	const void *b)
{
	const struct sk_field *field = &values->schema->fields[type->item];

	for (uint32_t i = 0; i < type->count; i++, field++) {
		bool has = sk_has_field(field, a);
		if (has != sk_has_field(field, b))
			return false;
		if (has && !values_same(values, field->type, (const char *)a + field->offset,
				(const char *)b + field->offset))
			return false;
	}
	return !(type->flags & SK_TYPE_FLEXIBLE) || same_unknown(values, type, a, b);
}

/* Strings as well: both are a pointer and a size. */
static struct sk_bytes bytes_of(const void *value)
{
	struct sk_bytes bytes;

	memcpy(&bytes, value, sizeof bytes);
	return bytes;
}

static bool same_bytes(const void *one, const void *two)
{
	struct sk_bytes a = bytes_of(one);
	struct sk_bytes b = bytes_of(two);

	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static bool same_variants(struct values *values, const struct sk_type *type, const void *a,
	const void *b)
{
	uint32_t which[2];
	const struct sk_field *arm;

	memcpy(&which[0], a, sizeof which[0]);
	memcpy(&which[1], b, sizeof which[1]);
	if (which[0] != which[1])
		return false;
	arm = sk_arm(values->schema, type, which[0]);
	if (arm == NULL) {
		arm = &values->schema->fields[type->item + type->count];
		return same_bytes((const char *)a + arm->offset, (const char *)b + arm->offset);
	}
	return arm->type == SK_NO_INDEX || values_same(values, arm->type,
		(const char *)a + arm->offset, (const char *)b + arm->offset);
}

bool values_same(struct values *values, uint16_t index, const void *a, const void *b)
{
	const struct sk_type *type = type_at(values, index);

	switch ((enum sk_kind)type->kind) {
	case SK_KIND_INTEGER:
	case SK_KIND_BOOL:
	case SK_KIND_FLOAT:
		return memcmp(a, b, type->size) == 0;
	case SK_KIND_STRING:
	case SK_KIND_BYTES:
		return same_bytes(a, b);
	case SK_KIND_LIST:
	case SK_KIND_ONE:
		return same_lists(values, type, a, b);
	case SK_KIND_ARRAY:
		for (uint32_t i = 0; i < type->count; i++) {
			size_t at = (size_t)i * type_at(values, type->item)->size;
			if (!values_same(values, type->item, (const char *)a + at,
					(const char *)b + at))
				return false;
		}
		return true;
	case SK_KIND_STRUCT:
	case SK_KIND_RECORD:
		return same_structs(values, type, a, b);
	case SK_KIND_VARIANT:
		return same_variants(values, type, a, b);
	case SK_KIND_HANDLE:
		return (((const struct sk_handle *)a)->raw < 0)
			== (((const struct sk_handle *)b)->raw < 0);
	case SK_KIND_LEASE:
		return ((const struct sk_lease *)a)->size == ((const struct sk_lease *)b)->size;
	}
	return false;
}

/* ---- read ---- */

static unsigned long touch_bytes(const void *data, size_t size)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += ((const volatile uint8_t *)data)[i];
	return sum;
}

static unsigned long touch_list(struct values *values, const struct sk_type *type,
	const void *value)
{
	union { max_align_t align; char bytes[512]; } small[2];
	uint32_t size = type_at(values, type->item)->size;
	void *list = small[0].bytes;
	void *item = size <= sizeof small[1] ? small[1].bytes : values_alloc(values, size);
	unsigned long sum = 0;

	if (type->size > sizeof small[0])
		abort();
	memcpy(list, value, type->size);
	while (values->schema->nexts[type->count](list, item))
		sum += values_touch(values, type->item, item);
	return sum;
}

/* The bytes of a table's unknown entries, by their own iterator. */
static unsigned long touch_unknown(struct values *values, const struct sk_type *type,
	const void *from)
{
	struct sk_bytes entries, value;
	unsigned long sum = 0;
	uint32_t tag;

	if (!(type->flags & SK_TYPE_FLEXIBLE))
		return 0;
	entries = unknown_of(values, type, from);
	while (sk_next_unknown(&entries, &tag, &value))
		sum += tag + touch_bytes(value.data, value.size);
	return sum;
}

static unsigned long touch_variant(struct values *values, const struct sk_type *type,
	const void *value)
{
	const struct sk_field *arm;
	uint32_t which;

	memcpy(&which, value, sizeof which);
	arm = sk_arm(values->schema, type, which);
	if (arm == NULL) {
		struct sk_bytes unknown = bytes_of((const char *)value
			+ values->schema->fields[type->item + type->count].offset);
		return touch_bytes(unknown.data, unknown.size);
	}
	return arm->type == SK_NO_INDEX ? 0
		: values_touch(values, arm->type, (const char *)value + arm->offset);
}

unsigned long values_touch(struct values *values, uint16_t index, const void *value)
{
	const struct sk_type *type = type_at(values, index);
	const struct sk_field *field = &values->schema->fields[type->item];
	unsigned long sum = 0;
	struct sk_bytes bytes;

	switch ((enum sk_kind)type->kind) {
	case SK_KIND_STRING:
	case SK_KIND_BYTES:
		bytes = bytes_of(value);
		return touch_bytes(bytes.data, bytes.size);
	case SK_KIND_LIST:
	case SK_KIND_ONE:
		return touch_list(values, type, value);
	case SK_KIND_ARRAY:
		for (uint32_t i = 0; i < type->count; i++)
			sum += values_touch(values, type->item, (const char *)value
				+ (size_t)i * type_at(values, type->item)->size);
		return sum;
	case SK_KIND_STRUCT:
	case SK_KIND_RECORD:
		for (uint32_t i = 0; i < type->count; i++)
			if (sk_has_field(&field[i], value))
				sum += values_touch(values, field[i].type,
					(const char *)value + field[i].offset);
		return sum + touch_unknown(values, type, value);
	case SK_KIND_VARIANT:
		return touch_variant(values, type, value);
	default:
		return touch_bytes(value, type->size);
	}
}
