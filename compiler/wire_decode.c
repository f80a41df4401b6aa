/*
 * Bytes to values in the dynamic area: strings, objects, tags and variants.
 */
#include <inttypes.h>
#include <string.h>

#include "compiler/wire_internal.h"

static bool decode_string(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;
	uint64_t size;

	if (!wire_take_varint(decoder, &size))
		return false;
	if (size > type->bound)
		return wire_take_fail(decoder, start, "%" PRIu64 " bytes are "
			"more than the %" PRIu64 " of %s", size, type->bound,
			type->name);
	if (size > wire_left(decoder))
		return wire_take_short(decoder, start, "the string has %" PRIu64
			" bytes, but %zu are left", size, wire_left(decoder));
	wire_tell(decoder, WIRE_SIZE, start, type, size, NULL);
	start = decoder->at;
	to->kind = VALUE_STRING;
	to->as.string.data = (const char *)decoder->data + start;
	to->as.string.size = (size_t)size;
	decoder->at += (size_t)size;
	if (size)
		wire_tell(decoder, WIRE_CONTENT, start, type, size, to);
	return true;
}

struct value *wire_add_member(struct arena *arena,
	struct value_object_builder *object, const struct member *member)
{
	struct value_member *to = value_object_add(arena, object);

	to->name = member->name;
	to->name_size = strlen(member->name);
	return &to->value;
}

void wire_set_object(struct value *to, const struct value_object_builder *object)
{
	to->kind = VALUE_OBJECT;
	to->as.object.members = object->members;
	to->as.object.count = object->count;
}

bool wire_take_absence(struct wire_decoder *decoder, const struct member *member)
{
	if (!member->is_optional || !wire_is_beside(member->type) ||
	    wire_left(decoder) == 0 || decoder->data[decoder->at] != 0)
		return false;
	decoder->at++;
	wire_tell(decoder, WIRE_PRESENCE, decoder->at - 1, member->type, 0,
		NULL);
	return true;
}

/* Whether a list of none or one has one. */
static bool take_presence(struct wire_decoder *decoder, const struct type *type,
	bool *is_present)
{
	size_t start = decoder->at;
	uint64_t count;

	if (!wire_take_varint(decoder, &count))
		return false;
	*is_present = count != 0;
	if (type->kind == TYPE_RECORD && count) {
		/* The size of the one record, which is read again below. */
		decoder->at = start;
		return true;
	}
	if (count > 1)
		return wire_take_fail(decoder, start, "it may be there once, "
			"not %" PRIu64 " times", count);
	wire_tell(decoder, WIRE_PRESENCE, start, type, count, NULL);
	return true;
}

static bool decode_optional(struct wire_decoder *decoder,
	const struct member *member, struct value *to, bool *is_present)
{
	*is_present = true;
	if (wire_take_absence(decoder, member)) {
		*is_present = false;
		return true;
	}
	if (member->is_optional && !wire_is_beside(member->type) &&
	    !take_presence(decoder, member->type, is_present))
		return false;
	return !*is_present || wire_decode_dynamic(decoder, member->type, to);
}

/*
 * What a member holds, within its bounds; the caller has set the path. What is
 * beyond its @bytes is not even looked at, so that refusing costs no more.
 */
static bool decode_held(struct wire_decoder *decoder,
	const struct member *member, struct value *to, bool *is_present)
{
	const struct wire_limit own = {
		decoder->path, decoder->at, member->bytes_bound,
	};
	const struct wire_limit *limit = decoder->limit;
	unsigned depth_limit = decoder->depth_limit;
	size_t size = decoder->size;
	bool good;

	if (own.bytes < wire_left(decoder)) {
		decoder->size = own.start + (size_t)own.bytes;
		decoder->limit = &own;
	}
	decoder->depth_limit = wire_depth_limit(depth_limit, decoder->depth,
		member);
	good = decode_optional(decoder, member, to, is_present);
	decoder->depth_limit = depth_limit;
	decoder->size = size;
	decoder->limit = limit;
	return good;
}

/* The same, added to an object if it is there. */
static bool decode_into(struct wire_decoder *decoder,
	const struct member *member, struct value_object_builder *object)
{
	struct value value = {0};
	bool is_present;

	if (!decode_held(decoder, member, &value, &is_present))
		return false;
	if (is_present)
		*wire_add_member(decoder->arena, object, member) = value;
	return true;
}

static bool fail_tag(struct wire_decoder *decoder, const struct member *block,
	uint64_t tag, size_t offset)
{
	for (const struct member *member = block->tags; member;
	     member = member->next) {
		if (member->tag == tag)
			return wire_take_fail(decoder, offset, "tag %" PRIu64
				" (`%s`) stands twice or out of order", tag,
				member->name);
	}
	return wire_take_fail(decoder, offset, "no tag %" PRIu64, tag);
}

/* The member of a tag, from `*next` on, in whose order they have to come. */
static bool decode_tagged(struct wire_decoder *decoder, const struct member *block,
	const struct member **next, uint64_t tag, size_t offset,
	struct value_object_builder *object)
{
	struct wire_path path = {.up = decoder->path};
	const struct member *member = *next;
	bool good;

	while (member && member->tag != tag)
		member = member->next;
	if (member == NULL)
		return fail_tag(decoder, block, tag, offset);
	*next = member->next;
	path.name = member->name;
	decoder->path = &path;
	wire_tell(decoder, WIRE_TAG, offset, NULL, tag, NULL);
	good = decode_into(decoder, member, object);
	decoder->path = path.up;
	return good;
}

static bool decode_tags(struct wire_decoder *decoder, const struct member *block,
	struct value_object_builder *object)
{
	const struct member *next = block->tags;

	for (;;) {
		size_t start = decoder->at;
		uint64_t tag;

		if (!wire_take_varint(decoder, &tag))
			return false;
		if (tag == 0) {
			wire_tell(decoder, WIRE_TAG, start, NULL, 0, NULL);
			return true;
		}
		if (!decode_tagged(decoder, block, &next, tag, start, object))
			return false;
	}
}

/* What an arm holds; of one that the schema lacks all that is left. */
static bool decode_arm(struct wire_decoder *decoder, const struct member *arm,
	struct value *to)
{
	static const struct type byte = {
		.kind = TYPE_INTEGER, .name = "byte", .width = 1,
	};
	static const struct type bytes = {
		.kind = TYPE_LIST, .name = "byte[]",
		.element = (struct type *)&byte,
	};
	bool is_present;

	to->kind = VALUE_OBJECT;
	if (arm == NULL)
		return wire_decode_items(decoder, &bytes, wire_left(decoder),
			to);
	return arm->type == NULL || decode_held(decoder, arm, to, &is_present);
}

/* The same behind its length, which it fills: also of a table's member. */
static bool decode_sized(struct wire_decoder *decoder,
	const struct member *arm, struct value *to)
{
	const struct wire_limit *limit = decoder->limit;
	size_t outer = decoder->size;
	size_t start = decoder->at;
	uint64_t size;

	if (!wire_take_varint(decoder, &size))
		return false;
	if (size > wire_left(decoder))
		return wire_take_short(decoder, start, "the value has %"
			PRIu64 " bytes, but %zu are left", size, wire_left(decoder));
	wire_tell(decoder, WIRE_SIZE, start, NULL, size, NULL);
	decoder->size = decoder->at + (size_t)size;
	decoder->limit = NULL;
	if (!decode_arm(decoder, arm, to))
		return false;
	if (wire_left(decoder))
		return wire_take_fail(decoder, decoder->at, "%zu bytes of the "
			"value are left over", wire_left(decoder));
	decoder->size = outer;
	decoder->limit = limit;
	return true;
}

/* ---- tables ---- */

/* A member, or one that the schema lacks, behind its tag. */
static bool decode_table_entry(struct wire_decoder *decoder, const struct member *table,
	uint64_t tag, size_t offset, struct value_object_builder *object)
{
	struct wire_path path = {.up = decoder->path};
	const struct member *member = table->tags;
	struct value_member *to = value_object_add(decoder->arena, object);
	bool good;

	while (member && member->tag != tag)
		member = member->next;
	to->name = path.name = member ? member->name :
		arena_printf(decoder->arena, "#%" PRIu64, tag);
	to->name_size = strlen(to->name);
	decoder->path = &path;
	wire_tell(decoder, WIRE_TAG, offset, NULL, tag, NULL);
	good = decode_sized(decoder, member, &to->value);
	decoder->path = path.up;
	return good;
}

static bool decode_table(struct wire_decoder *decoder, const struct member *table,
	struct value_object_builder *object)
{
	uint64_t tag, last = 0;

	for (;; last = tag) {
		size_t start = decoder->at;

		if (!wire_take_varint(decoder, &tag))
			return false;
		if (tag == 0) {
			wire_tell(decoder, WIRE_TAG, start, NULL, 0, NULL);
			return true;
		}
		if (tag > ARM_TAG_MAX)
			return wire_take_fail(decoder, start, "no table has a tag %"
				PRIu64, tag);
		if (tag <= last)
			return wire_take_fail(decoder, start, "tag %" PRIu64 " stands "
				"behind tag %" PRIu64, tag, last);
		if (!decode_table_entry(decoder, table, tag, start, object))
			return false;
	}
}

bool wire_decode_member(struct wire_decoder *decoder,
	const struct member *member, struct value_object_builder *object)
{
	struct wire_path path = {.up = decoder->path, .name = member->name};
	bool good;

	if (member->is_sized)
		return decode_table(decoder, member, object);
	if (member->is_tags)
		return decode_tags(decoder, member, object);
	decoder->path = &path;
	good = decode_into(decoder, member, object);
	decoder->path = path.up;
	return good;
}

static bool enter(struct wire_decoder *decoder)
{
	if (decoder->depth == decoder->depth_limit)
		return wire_take_fail(decoder, decoder->at, "structs within "
			"each other, more than %u", decoder->depth_limit);
	decoder->depth++;
	return true;
}

static bool decode_struct(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	const struct body *body = &type->declaration->as.structure.body;
	struct value_object_builder object = {.capacity = body->count};
	bool good = true;

	if (!enter(decoder))
		return false;
	object.members = arena_alloc(decoder->arena,
		body->count * sizeof(*object.members));
	for (const struct member *member = body->first; good && member;
	     member = member->next)
		good = wire_decode_member(decoder, member, &object);
	decoder->depth--;
	wire_set_object(to, &object);
	return good;
}

/* The one entry of a variant, behind its tag. */
static bool decode_entry(struct wire_decoder *decoder, const struct type *type,
	const struct member *arm, uint64_t tag, size_t offset,
	struct value_object_builder *object)
{
	struct value_member *to = value_object_add(decoder->arena, object);
	struct wire_path path = {.up = decoder->path};
	bool good;

	to->name = path.name = arm ? arm->name :
		arena_printf(decoder->arena, "#%" PRIu64, tag);
	to->name_size = strlen(to->name);
	decoder->path = &path;
	wire_tell(decoder, WIRE_ARM, offset, arm ? type : NULL, tag, NULL);
	good = (type->declaration->as.structure.is_flexible ?
		decode_sized : decode_arm)(decoder, arm, &to->value);
	decoder->path = path.up;
	return good;
}

static bool take_end(struct wire_decoder *decoder)
{
	size_t start = decoder->at;
	uint64_t tag;

	if (!wire_take_varint(decoder, &tag))
		return false;
	if (tag)
		return wire_take_fail(decoder, start, "a second arm, of tag %"
			PRIu64, tag);
	wire_tell(decoder, WIRE_TAG, start, NULL, 0, NULL);
	return true;
}

static bool decode_variant(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	const struct declaration *variant = type->declaration;
	const struct member *arm = variant->as.structure.body.first;
	bool is_flexible = variant->as.structure.is_flexible;
	struct value_object_builder object = {0};
	size_t start = decoder->at;
	uint64_t tag;
	bool good;

	if (!enter(decoder) || !wire_take_varint(decoder, &tag))
		return false;
	while (arm && arm->tag != tag)
		arm = arm->next;
	if (tag == 0)
		return wire_take_fail(decoder, start, "no arm is set");
	if (arm == NULL && (!is_flexible || tag > ARM_TAG_MAX))
		return wire_take_fail(decoder, start, "%s has no tag %" PRIu64,
			type->name, tag);
	good = decode_entry(decoder, type, arm, tag, start, &object) &&
		take_end(decoder);
	decoder->depth--;
	wire_set_object(to, &object);
	return good;
}

bool wire_decode_dynamic(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	switch (type->kind) {
	case TYPE_STRING:
		return decode_string(decoder, type, to);
	case TYPE_STRUCT:
		return decode_struct(decoder, type, to);
	case TYPE_VARIANT:
		return decode_variant(decoder, type, to);
	case TYPE_LIST:
		if (type->element->kind == TYPE_RECORD)
			return wire_decode_blobs(decoder, type, to);
		return wire_decode_list(decoder, type, to);
	case TYPE_RECORD:
	case TYPE_ARRAY:
		if (type_is_blob(type))
			return wire_decode_blob(decoder, type, to);
		return wire_decode_list(decoder, type, to);
	default:
		return wire_take_dynamic(decoder, type, to);
	}
}
