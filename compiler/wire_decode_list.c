/*
 * Bytes to values: what has elements, and what stands as it does in place.
 */
#include <inttypes.h>

#include "compiler/wire_internal.h"

/* Elements that are shown as bytes, not one by one. */
static bool is_content(const struct type *element)
{
	return type_is_raw_byte(element) && !wire_is_beside(element);
}

/* `count` elements of one byte each, as one field. */
static bool take_bytes(struct wire_decoder *decoder, const struct type *type,
	struct value *items, size_t count)
{
	struct wire_path path = {.up = decoder->path};
	bool good = true;

	decoder->path = &path;
	for (; good && path.index < count; path.index++)
		good = wire_take_scalar(decoder, type, &items[path.index]);
	decoder->path = path.up;
	return good;
}

static void set_list(struct value *to, const struct value *items, size_t count)
{
	to->kind = VALUE_LIST;
	to->as.list.items = items;
	to->as.list.count = count;
}

static bool decode_each(struct wire_decoder *decoder, const struct type *type,
	struct value *items, size_t count,
	bool (*decode)(struct wire_decoder *, const struct type *, struct value *))
{
	struct wire_path path = {.up = decoder->path};
	bool good = true;

	decoder->path = &path;
	for (; good && path.index < count; path.index++)
		good = decode(decoder, type, &items[path.index]);
	decoder->path = path.up;
	return good;
}

bool wire_decode_items(struct wire_decoder *decoder, const struct type *type,
	size_t count, struct value *to)
{
	struct value *items = arena_alloc(decoder->arena,
		count * sizeof(*items));
	size_t start = decoder->at;

	set_list(to, items, count);
	if (!is_content(type->element))
		return decode_each(decoder, type->element, items, count,
			wire_decode_static);
	if (!take_bytes(decoder, type->element, items, count))
		return false;
	if (count)
		wire_tell(decoder, WIRE_CONTENT, start, type, count, to);
	return true;
}

static bool decode_record(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	const struct body *body = &type->declaration->as.structure.body;
	struct value_object_builder object = {.capacity = body->count};
	struct wire_path path = {.up = decoder->path};
	bool good = true;

	object.members = arena_alloc(decoder->arena,
		body->count * sizeof(*object.members));
	decoder->path = &path;
	for (const struct member *member = body->first; good && member;
	     member = member->next) {
		path.name = member->name;
		good = wire_decode_static(decoder, member->type,
			wire_add_member(decoder->arena, &object, member));
	}
	decoder->path = path.up;
	wire_set_object(to, &object);
	return good;
}

bool wire_decode_static(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;

	if (type->kind == TYPE_RECORD)
		return decode_record(decoder, type, to);
	if (type->kind == TYPE_ARRAY)
		return wire_decode_items(decoder, type, (size_t)type->count, to);
	if (!wire_take_scalar(decoder, type, to))
		return false;
	wire_tell(decoder, WIRE_VALUE, start, type, 0, to);
	return true;
}

/* The size of what stands as in place, and that it is there. */
static bool take_size(struct wire_decoder *decoder, const struct type *type,
	uint64_t *size)
{
	size_t start = decoder->at;

	if (!wire_take_varint(decoder, size))
		return false;
	if (*size > wire_left(decoder))
		return wire_take_short(decoder, start, "%s has %" PRIu64
			" bytes, but %zu are left", type->name, *size,
			wire_left(decoder));
	return true;
}

bool wire_decode_blob(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;
	uint64_t size;

	if (!take_size(decoder, type, &size))
		return false;
	if (size != type->fixed_size)
		return wire_take_fail(decoder, start, "%s has %" PRIu64
			" bytes, not %" PRIu64, type->name, type->fixed_size,
			size);
	wire_tell(decoder, WIRE_SIZE, start, type, size, NULL);
	return wire_decode_static(decoder, type, to);
}

bool wire_decode_blobs(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	uint64_t each = type->element->fixed_size;
	size_t start = decoder->at;
	uint64_t size;

	if (!take_size(decoder, type, &size))
		return false;
	if (each == 0 ? size != 0 : size % each != 0)
		return wire_take_fail(decoder, start, "%" PRIu64 " bytes are "
			"no multiple of the %" PRIu64 " of %s", size, each,
			type->element->name);
	if (size && size / each > type->bound)
		return wire_take_fail(decoder, start, "%" PRIu64 " elements "
			"are more than the %" PRIu64 " of %s", size / each,
			type->bound, type->name);
	wire_tell(decoder, WIRE_SIZE, start, type, size, NULL);
	return wire_decode_items(decoder, type, size ? (size_t)(size / each) : 0, to);
}

/* That `count` elements can still come, before room is made for them. */
static bool check_count(struct wire_decoder *decoder, const struct type *element,
	uint64_t count, size_t offset)
{
	if (element->min_size == 0 && count > EMPTY_ELEMENTS_MAX)
		return wire_take_fail(decoder, offset, "%" PRIu64 " elements "
			"of no bytes, more than %d", count, EMPTY_ELEMENTS_MAX);
	if (element->min_size && count > wire_left(decoder) / element->min_size)
		return wire_take_short(decoder, offset, "%" PRIu64 " elements "
			"cannot stand in the %zu bytes that are left", count,
			wire_left(decoder));
	return true;
}

static bool decode_elements(struct wire_decoder *decoder,
	const struct type *type, size_t count, struct value *to)
{
	const struct type *element = type->element;
	bool repeats = element->max_size == 0 && count > 1;
	struct value *items;

	if (is_content(element))
		return wire_decode_items(decoder, type, count, to);
	items = arena_alloc(decoder->arena,
		(repeats ? 1 : count) * sizeof(*items));
	set_list(to, items, count);
	to->as.list.repeats = repeats;
	return decode_each(decoder, element, items, repeats ? 1 : count,
		wire_decode_dynamic);
}

bool wire_decode_list(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;
	uint64_t count;

	if (!wire_take_varint(decoder, &count))
		return false;
	if (type->kind == TYPE_ARRAY && count != type->count)
		return wire_take_fail(decoder, start, "%s has exactly %" PRIu64
			" elements, not %" PRIu64, type->name, type->count,
			count);
	if (type->kind == TYPE_LIST && count > type->bound)
		return wire_take_fail(decoder, start, "%" PRIu64 " elements "
			"are more than the %" PRIu64 " of %s", count,
			type->bound, type->name);
	if (!check_count(decoder, type->element, count, start))
		return false;
	wire_tell(decoder, WIRE_COUNT, start, type, count, NULL);
	return decode_elements(decoder, type, (size_t)count, to);
}
