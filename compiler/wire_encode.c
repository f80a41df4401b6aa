/*
 * Values to bytes. See wire.h.
 *
 * A section's fixed part is written first, with zeros for the pointers; then
 * each value that has one is appended, which tells where its pointer leads
 * to and fills it in.
 * A value that is NULL stands for the default of its type.
 */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "compiler/nearest.h"
#include "compiler/wire_internal.h"

static bool encode_dynamic(struct wire_encoder *encoder, const struct type *type,
	const struct value *value);
static bool encode_static(struct wire_encoder *encoder, const struct type *type,
	const struct value *value);

/* ---- lists and arrays ---- */

/* What a list or array was given, checked for its kind; NULL is empty. */
static bool check_list(struct wire_encoder *encoder, const struct value *value,
	uint64_t *count)
{
	*count = 0;
	if (value == NULL)
		return true;
	wire_put_near(encoder, value);
	if (value->kind != VALUE_LIST)
		return wire_put_fail_kind(encoder, "a list", value);
	*count = value->as.list.count;
	return true;
}

static bool check_array(struct wire_encoder *encoder, const struct type *type,
	const struct value *value)
{
	uint64_t count;

	if (!check_list(encoder, value, &count))
		return false;
	if (value && count != type->count)
		return wire_put_fail(encoder, "%s has exactly %" PRIu64
			" elements, not %" PRIu64, type->name, type->count,
			count);
	return true;
}

static bool encode_each(struct wire_encoder *encoder, const struct type *type,
	const struct value *value, uint64_t count,
	bool (*encode)(struct wire_encoder *, const struct type *,
	const struct value *))
{
	struct wire_path path = {.up = encoder->path};
	bool good = true;

	encoder->path = &path;
	for (; good && path.index < count; path.index++)
		good = encode(encoder, type->element,
			value ? value_item(value, path.index) : NULL);
	encoder->path = path.up;
	return good;
}

static bool fail_empty(struct wire_encoder *encoder)
{
	return wire_put_fail(encoder, "more than %d elements of no bytes",
		EMPTY_ELEMENTS_MAX);
}

static bool encode_list(struct wire_encoder *encoder, const struct type *type,
	const struct value *value)
{
	const struct type *element = type->element;
	uint64_t count;

	if (!check_list(encoder, value, &count))
		return false;
	if (count > type->bound && !encoder->options->unbounded)
		return wire_put_fail(encoder, "%" PRIu64 " elements are more "
			"than the %" PRIu64 " of %s", count, type->bound,
			type->name);
	if (element->kind == TYPE_RECORD) {
		if (count && element->fixed_size > WIRE_SIZE_MAX / count)
			return wire_put_fail(encoder,
				"the message would be larger than 1 GiB");
		return wire_put_varint(encoder, count * element->fixed_size) &&
			encode_each(encoder, type, value, count, encode_static);
	}
	if (element->min_size == 0 && count > EMPTY_ELEMENTS_MAX &&
	    !encoder->options->unbounded)
		return fail_empty(encoder);
	return wire_put_varint(encoder, count) &&
		encode_each(encoder, type, value, count, encode_dynamic);
}

static bool encode_array(struct wire_encoder *encoder, const struct type *type,
	const struct value *value)
{
	uint64_t count = type->count;

	if (encoder->options->unbounded && value) {
		if (!check_list(encoder, value, &count))
			return false;
	} else if (!check_array(encoder, type, value)) {
		return false;
	}
	if (type->element->min_size == 0 && count > EMPTY_ELEMENTS_MAX)
		return fail_empty(encoder);
	return wire_put_varint(encoder, count) &&
		encode_each(encoder, type, value, count, encode_dynamic);
}

/* ---- values in place ---- */

static bool encode_record(struct wire_encoder *encoder, const struct type *type,
	const struct value *value)
{
	const struct body *body = &type->declaration->as.structure.body;
	struct wire_path path = {.up = encoder->path};
	bool good = wire_check_object(encoder, value) &&
		wire_check_names(encoder, value, body, NULL);

	encoder->path = &path;
	for (const struct member *member = body->first; good && member;
	     member = member->next) {
		path.name = member->name;
		good = encode_static(encoder, member->type,
			wire_given(encoder, value, member));
	}
	encoder->path = path.up;
	return good;
}

static bool encode_static(struct wire_encoder *encoder, const struct type *type,
	const struct value *value)
{
	uint64_t bits;

	if (type->kind == TYPE_RECORD)
		return encode_record(encoder, type, value);
	if (type->kind == TYPE_ARRAY)
		return check_array(encoder, type, value) &&
			encode_each(encoder, type, value, type->count,
				encode_static);
	return wire_scalar_bits(encoder, type, value, &bits) &&
		wire_put_fixed(encoder, bits, type->width);
}

/* Of a handle or lease that may be. */
static bool is_absent(const struct value *value)
{
	return value == NULL || (value->kind == VALUE_INTEGER &&
		value->as.integer.low == 0 && value->as.integer.high == 0);
}

/* ---- values in the dynamic area ---- */

static bool encode_optional(struct wire_encoder *encoder,
	const struct type *type, const struct value *value)
{
	if (wire_is_beside(type))
		return is_absent(value) ? wire_put_fixed(encoder, 0, 1) :
			encode_dynamic(encoder, type, value);
	if (value == NULL)
		return wire_put_varint(encoder, 0);
	/* A record's size is that of a list of one. */
	return (type->kind == TYPE_RECORD || wire_put_varint(encoder, 1)) &&
		encode_dynamic(encoder, type, value);
}

/* What a member holds, within its bounds; the caller has set the path. */
bool wire_put_held(struct wire_encoder *encoder, const struct member *member,
	const struct value *value)
{
	unsigned limit = encoder->depth_limit;
	size_t start = encoder->to->size;
	size_t size;
	bool good;

	if (!encoder->options->unbounded)
		encoder->depth_limit = wire_depth_limit(limit, encoder->depth,
			member);
	good = (member->is_optional ? encode_optional : encode_dynamic)(
		encoder, member->type, value);
	encoder->depth_limit = limit;
	if (!good)
		return false;
	size = encoder->to->size - start;
	if (size <= member->bytes_bound || encoder->options->unbounded)
		return true;
	if (value)
		wire_put_near(encoder, value);
	return wire_put_fail(encoder, "%zu bytes are more than the %" PRIu64
		" of its @bytes", size, member->bytes_bound);
}

static bool encode_tags(struct wire_encoder *encoder, const struct member *block,
	const struct value *object)
{
	struct wire_path path = {.up = encoder->path};
	bool good = true;

	for (const struct member *member = block->tags; good && member;
	     member = member->next) {
		const struct value *value = wire_given(encoder, object, member);

		if (value == NULL ||
		    (wire_is_beside(member->type) && is_absent(value)))
			continue;
		path.name = member->name;
		encoder->path = &path;
		good = wire_put_varint(encoder, member->tag) &&
			wire_put_held(encoder, member, value);
		encoder->path = path.up;
	}
	return good && wire_put_varint(encoder, 0);
}

/* A member that is found in `object`, in dynamic position. */
static bool encode_member(struct wire_encoder *encoder,
	const struct member *member, const struct value *object)
{
	struct wire_path path = {.up = encoder->path, .name = member->name};
	bool good;

	if (member->is_sized)
		return wire_put_table(encoder, member, object);
	if (member->is_tags)
		return encode_tags(encoder, member, object);
	encoder->path = &path;
	good = wire_put_held(encoder, member, wire_given(encoder, object, member));
	encoder->path = path.up;
	return good;
}

bool wire_put_enter(struct wire_encoder *encoder)
{
	if (encoder->depth == encoder->depth_limit)
		return wire_put_fail(encoder, "structs within each other, more "
			"than %u", encoder->depth_limit);
	encoder->depth++;
	return true;
}

static bool encode_struct(struct wire_encoder *encoder, const struct type *type,
	const struct value *value)
{
	const struct body *body = &type->declaration->as.structure.body;
	bool good = wire_check_object(encoder, value) &&
		wire_check_names(encoder, value, body, NULL) && wire_put_enter(encoder);

	if (!good)
		return false;
	for (const struct member *member = body->first; good && member;
	     member = member->next)
		good = encode_member(encoder, member, value);
	encoder->depth--;
	return good;
}

/* ---- all of them ---- */

static bool encode_string(struct wire_encoder *encoder, const struct type *type,
	const struct value *value)
{
	bool is_list = value && value->kind == VALUE_LIST &&
		!encoder->options->exact;
	size_t size = 0;

	if (value) {
		wire_put_near(encoder, value);
		if (!is_list && value->kind != VALUE_STRING)
			return wire_put_fail_kind(encoder, "a string", value);
		size = is_list ? value->as.list.count : value->as.string.size;
	}
	if (size > type->bound && !encoder->options->unbounded)
		return wire_put_fail(encoder, "%zu bytes are more than the %"
			PRIu64 " of %s", size, type->bound, type->name);
	if (!wire_put_varint(encoder, size))
		return false;
	if (is_list)
		return wire_put_bytes(encoder, value, "a string as a list");
	return size == 0 || wire_put(encoder, value->as.string.data, size);
}

static bool encode_dynamic(struct wire_encoder *encoder, const struct type *type,
	const struct value *value)
{
	uint64_t bits;

	switch (type->kind) {
	case TYPE_STRING:
		return encode_string(encoder, type, value);
	case TYPE_STRUCT:
		return encode_struct(encoder, type, value);
	case TYPE_VARIANT:
		return wire_put_variant(encoder, type, value);
	case TYPE_LIST:
		return encode_list(encoder, type, value);
	case TYPE_RECORD:
	case TYPE_ARRAY:
		if (type_is_blob(type))
			return wire_put_varint(encoder, type->fixed_size) &&
				encode_static(encoder, type, value);
		return encode_array(encoder, type, value);
	default:
		break;
	}
	if (!wire_scalar_bits(encoder, type, value, &bits))
		return false;
	if (type_is_raw_byte(type))
		return wire_put_fixed(encoder, bits, 1);
	return wire_put_varint(encoder, bits);
}

/* ---- sections ---- */

static bool encode_in_place(struct wire_encoder *encoder,
	const struct section *section, const struct member *member,
	const struct value *object)
{
	struct wire_path path = {.up = encoder->path, .name = member->name};
	const struct value *value;
	bool good;

	if (member->is_pointer)
		return wire_put_fixed(encoder, 0, section->pointer_width);
	encoder->path = &path;
	value = wire_given(encoder, object, member);
	good = member->is_optional && is_absent(value) ?
		wire_put_fixed(encoder, 0, 1) :
		encode_static(encoder, member->type, value);
	encoder->path = path.up;
	return good;
}

static bool encode_section(struct wire_encoder *encoder,
	const struct section *section, const struct value *object)
{
	bool good = true;

	for (const struct member *member = section->body.first; good && member;
	     member = member->next)
		good = encode_in_place(encoder, section, member, object);
	for (const struct member *member = section->body.first; good && member;
	     member = member->next) {
		if (!member->is_pointer)
			continue;
		wire_store(encoder->to->data + member->offset,
			encoder->to->size, section->pointer_width);
		good = encode_member(encoder, member, object);
	}
	return good;
}

static bool encode_head(struct wire_encoder *encoder,
	const struct declaration *message, const struct value *value)
{
	const struct section *head = &message->as.message.head;

	if (!wire_put_fixed(encoder, message->as.message.id, 4) ||
	    !wire_put_fixed(encoder, 0, 4) ||
	    !encode_section(encoder, head, value))
		return false;
	encoder->near = value;
	/* Pointers reach as far as the declared size, so they fit as well. */
	if (encoder->to->size > head->declared_size &&
	    !encoder->options->unbounded)
		return wire_put_fail(encoder, "the head takes %zu bytes, but "
			"its declared size is %" PRIu64, encoder->to->size,
			head->declared_size);
	return true;
}

bool wire_encode(struct arena *arena, const struct declaration *message,
	const struct value *value, const struct wire_encode_options *options,
	struct wire_bytes *head, struct wire_bytes *tail,
	struct wire_fault *fault)
{
	const struct section *tail_section = &message->as.message.tail;
	struct wire_encoder encoder = {
		.arena = arena, .options = options, .fault = fault, .to = head,
		.depth_limit = options->unbounded ? UINT_MAX : DEPTH_MAX,
	};

	*head = *tail = (struct wire_bytes){0};
	if (!message->as.message.has_id)
		return wire_put_fail(&encoder, "%s is a base: it has no id",
			message->qualified);
	if (!wire_check_object(&encoder, value) ||
	    !wire_check_names(&encoder, value, &message->as.message.head.body,
		tail_section->present ? &tail_section->body : NULL) ||
	    !encode_head(&encoder, message, value))
		return false;
	encoder.to = tail;
	if (tail_section->present &&
	    !encode_section(&encoder, tail_section, value))
		return false;
	wire_store(head->data + 4, tail->size, 4);
	return true;
}
