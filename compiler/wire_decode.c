/*
 * Bytes to values. See wire.h.
 *
 * A section is read in two passes: the fixed part with its pointers, then
 * what they point to, in the order of the schema. Read strictly, a pointer
 * can only say what the reader knows already: where the data before ended.
 */
#include "compiler/wire.h"

#include <inttypes.h>
#include <string.h>

struct decoder {
	struct arena *arena;
	const struct wire_decode_options *options;
	struct wire_fault *fault;
	enum wire_part part;
	const unsigned char *data;
	size_t size;
	size_t at;
	const struct wire_path *path;
	unsigned depth;
};

static bool decode_dynamic(struct decoder *decoder, const struct type *type,
	struct value *to);

static bool fail_at(struct decoder *decoder, size_t offset, const char *format,
	...) __attribute__((format(printf, 3, 4)));

static bool fail_at(struct decoder *decoder, size_t offset, const char *format,
	...)
{
	va_list arguments;

	va_start(arguments, format);
	*decoder->fault = (struct wire_fault){
		.message = arena_vprintf(decoder->arena, format, arguments),
		.path = wire_path_text(decoder->arena, decoder->path),
		.part = decoder->part,
		.offset = offset,
	};
	va_end(arguments);
	return false;
}

static size_t left(const struct decoder *decoder)
{
	return decoder->size - decoder->at;
}

/* Tells the observer what the bytes from `start` up to here are. */
static void tell(struct decoder *decoder, enum wire_role role, size_t start,
	const struct type *type, uint64_t number, const struct value *value)
{
	struct wire_field field = {
		.role = role, .part = decoder->part, .offset = start,
		.size = decoder->at - start, .number = number,
		.path = decoder->path, .type = type, .value = value,
	};

	if (decoder->options->field)
		decoder->options->field(decoder->options->context, &field);
}

/* The caller has made sure that the bytes are there. */
static uint64_t take_fixed(struct decoder *decoder, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint64_t)decoder->data[decoder->at + i] << (8 * i);
	decoder->at += width;
	return value;
}

static bool take_varint(struct decoder *decoder, uint64_t *value)
{
	bool minimal;
	size_t size;

	if (left(decoder) == 0)
		return fail_at(decoder, decoder->at, "cut short");
	size = wire_varint_read(decoder->data + decoder->at, left(decoder),
		value, &minimal);
	if (size == 0)
		return fail_at(decoder, decoder->at,
			"the varint is cut short");
	if (!minimal)
		return fail_at(decoder, decoder->at, "the varint of %" PRIu64
			" takes more bytes than it needs", *value);
	decoder->at += size;
	return true;
}

static void set_integer(struct value *to, uint64_t bits, bool is_signed)
{
	to->kind = VALUE_INTEGER;
	to->as.integer = value_integer(bits, is_signed);
}

static bool number_is(const struct number *a, const struct number *b)
{
	return a->low == b->low && a->high == b->high &&
		a->negative == b->negative;
}

static void set_enum(const struct decoder *decoder, const struct type *type,
	struct value *to)
{
	const struct enumerator *each =
		type->declaration->as.enumeration.first;

	if (!decoder->options->names)
		return;
	while (each && !number_is(&each->value, &to->as.integer))
		each = each->next;
	if (each == NULL)
		return;
	to->kind = VALUE_STRING;
	to->as.string.data = each->name;
	to->as.string.size = strlen(each->name);
}

/*
 * A scalar from its bits: those of `width` bytes in place, or 64 with the
 * sign extended. False if they do not fit.
 */
static bool set_scalar(struct decoder *decoder, const struct type *type,
	uint64_t bits, size_t offset, struct value *to)
{
	if (type->kind == TYPE_BOOL) {
		if (bits > 1)
			return fail_at(decoder, offset, "a bool is 0 or 1, "
				"not %" PRIu64, bits);
		to->kind = VALUE_BOOL;
		to->as.truth = bits == 1;
		return true;
	}
	set_integer(to, bits, type->is_signed);
	if (!value_integer_fits(&to->as.integer, type->width, type->is_signed))
		return fail_at(decoder, offset, "%s does not fit %s",
			value_integer_text(decoder->arena, &to->as.integer),
			type->name);
	if (type->kind == TYPE_ENUM)
		set_enum(decoder, type, to);
	return true;
}

static uint64_t sign_extend(uint64_t bits, unsigned width)
{
	uint64_t sign = UINT64_C(1) << (8 * width - 1);

	return (bits ^ sign) - sign;
}

/* One scalar as it stands in place. */
static bool take_scalar(struct decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;
	uint64_t bits = take_fixed(decoder, type->width);

	if (type->is_signed)
		bits = sign_extend(bits, type->width);
	return set_scalar(decoder, type, bits, start, to);
}

/* `count` elements of one byte each, as one field. */
static bool take_bytes(struct decoder *decoder, const struct type *type,
	struct value *items, size_t count)
{
	struct wire_path path = {.up = decoder->path};
	bool good = true;

	decoder->path = &path;
	for (; good && path.index < count; path.index++)
		good = take_scalar(decoder, type, &items[path.index]);
	decoder->path = path.up;
	return good;
}

static void set_list(struct value *to, const struct value *items, size_t count)
{
	to->kind = VALUE_LIST;
	to->as.list.items = items;
	to->as.list.count = count;
}

static bool decode_each(struct decoder *decoder, const struct type *type,
	struct value *items, size_t count,
	bool (*decode)(struct decoder *, const struct type *, struct value *))
{
	struct wire_path path = {.up = decoder->path};
	bool good = true;

	decoder->path = &path;
	for (; good && path.index < count; path.index++)
		good = decode(decoder, type, &items[path.index]);
	decoder->path = path.up;
	return good;
}

static bool decode_static(struct decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;
	struct value *items;
	bool raw;

	if (type->kind != TYPE_ARRAY) {
		if (!take_scalar(decoder, type, to))
			return false;
		tell(decoder, WIRE_VALUE, start, type, 0, to);
		return true;
	}
	items = arena_alloc(decoder->arena, type->count * sizeof(*items));
	set_list(to, items, type->count);
	raw = type_is_raw_byte(type->element);
	if (!raw)
		return decode_each(decoder, type->element, items, type->count,
			decode_static);
	if (!take_bytes(decoder, type->element, items, type->count))
		return false;
	tell(decoder, WIRE_CONTENT, start, type, type->count, to);
	return true;
}

/* That `count` elements can still come, before room is made for them. */
static bool check_count(struct decoder *decoder, const struct type *element,
	uint64_t count, size_t offset)
{
	if (element->min_size == 0 && count > EMPTY_ELEMENTS_MAX)
		return fail_at(decoder, offset, "%" PRIu64 " elements of no "
			"bytes, more than %d", count, EMPTY_ELEMENTS_MAX);
	if (element->min_size && count > left(decoder) / element->min_size)
		return fail_at(decoder, offset, "%" PRIu64 " elements cannot "
			"stand in the %zu bytes that are left", count,
			left(decoder));
	return true;
}

static bool decode_elements(struct decoder *decoder, const struct type *type,
	size_t count, struct value *to)
{
	const struct type *element = type->element;
	bool repeats = element->max_size == 0 && count > 1;
	size_t start = decoder->at;
	struct value *items;

	items = arena_alloc(decoder->arena,
		(repeats ? 1 : count) * sizeof(*items));
	set_list(to, items, count);
	to->as.list.repeats = repeats;
	if (!type_is_raw_byte(element))
		return decode_each(decoder, element, items,
			repeats ? 1 : count, decode_dynamic);
	if (!take_bytes(decoder, element, items, count))
		return false;
	if (count)
		tell(decoder, WIRE_CONTENT, start, type, count, to);
	return true;
}

static bool decode_list(struct decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;
	uint64_t count;

	if (!take_varint(decoder, &count))
		return false;
	if (type->kind == TYPE_ARRAY && count != type->count)
		return fail_at(decoder, start, "%s has exactly %" PRIu64
			" elements, not %" PRIu64, type->name, type->count,
			count);
	if (type->kind == TYPE_LIST && count > type->bound)
		return fail_at(decoder, start, "%" PRIu64 " elements are more "
			"than the %" PRIu64 " of %s", count, type->bound,
			type->name);
	if (!check_count(decoder, type->element, count, start))
		return false;
	tell(decoder, WIRE_COUNT, start, type, count, NULL);
	return decode_elements(decoder, type, (size_t)count, to);
}

static bool decode_string(struct decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;
	uint64_t size;

	if (!take_varint(decoder, &size))
		return false;
	if (size > type->bound)
		return fail_at(decoder, start, "%" PRIu64 " bytes are more than "
			"the %" PRIu64 " of %s", size, type->bound, type->name);
	if (size > left(decoder))
		return fail_at(decoder, start, "the string has %" PRIu64
			" bytes, but %zu are left", size, left(decoder));
	tell(decoder, WIRE_COUNT, start, type, size, NULL);
	start = decoder->at;
	to->kind = VALUE_STRING;
	to->as.string.data = (const char *)decoder->data + start;
	to->as.string.size = (size_t)size;
	decoder->at += (size_t)size;
	if (size)
		tell(decoder, WIRE_CONTENT, start, type, size, to);
	return true;
}

static struct value *add_member(struct decoder *decoder,
	struct value_object_builder *object, const struct member *member)
{
	struct value_member *to = value_object_add(decoder->arena, object);

	to->name = member->name;
	to->name_size = strlen(member->name);
	return &to->value;
}

static bool fail_tag(struct decoder *decoder, const struct member *block,
	uint64_t tag, size_t offset)
{
	for (const struct member *member = block->tags; member;
	     member = member->next) {
		if (member->tag == tag)
			return fail_at(decoder, offset, "tag %" PRIu64 " (`%s`) "
				"stands twice or out of order", tag,
				member->name);
	}
	return fail_at(decoder, offset, "no tag %" PRIu64, tag);
}

/* The member of a tag, from `*next` on, in whose order they have to come. */
static bool decode_tagged(struct decoder *decoder, const struct member *block,
	const struct member **next, uint64_t tag, size_t offset,
	struct value_object_builder *object)
{
	struct wire_path path = {.up = decoder->path};
	const struct member *member = *next;
	struct value value = {0};
	bool good;

	while (member && member->tag != tag)
		member = member->next;
	if (member == NULL)
		return fail_tag(decoder, block, tag, offset);
	*next = member->next;
	path.name = member->name;
	decoder->path = &path;
	tell(decoder, WIRE_TAG, offset, NULL, tag, NULL);
	good = decode_dynamic(decoder, member->type, &value);
	decoder->path = path.up;
	if (good)
		*add_member(decoder, object, member) = value;
	return good;
}

static bool decode_tags(struct decoder *decoder, const struct member *block,
	struct value_object_builder *object)
{
	const struct member *next = block->tags;

	for (;;) {
		size_t start = decoder->at;
		uint64_t tag;

		if (!take_varint(decoder, &tag))
			return false;
		if (tag == 0) {
			tell(decoder, WIRE_TAG, start, NULL, 0, NULL);
			return true;
		}
		if (!decode_tagged(decoder, block, &next, tag, start, object))
			return false;
	}
}

/* One member in dynamic position, a tags block being as many as it has. */
static bool decode_member(struct decoder *decoder, const struct member *member,
	struct value_object_builder *object)
{
	struct wire_path path = {.up = decoder->path, .name = member->name};
	struct value value = {0};
	bool good;

	if (member->is_tags)
		return decode_tags(decoder, member, object);
	decoder->path = &path;
	good = decode_dynamic(decoder, member->type, &value);
	decoder->path = path.up;
	if (good)
		*add_member(decoder, object, member) = value;
	return good;
}

static void set_object(struct value *to,
	const struct value_object_builder *object)
{
	to->kind = VALUE_OBJECT;
	to->as.object.members = object->members;
	to->as.object.count = object->count;
}

static bool decode_struct(struct decoder *decoder, const struct type *type,
	struct value *to)
{
	const struct body *body = &type->declaration->as.structure.body;
	struct value_object_builder object = {.capacity = body->count};
	bool good = true;

	if (decoder->depth == DEPTH_MAX)
		return fail_at(decoder, decoder->at,
			"more than %d structs within each other", DEPTH_MAX);
	decoder->depth++;
	object.members = arena_alloc(decoder->arena,
		body->count * sizeof(*object.members));
	for (const struct member *member = body->first; good && member;
	     member = member->next)
		good = decode_member(decoder, member, &object);
	decoder->depth--;
	set_object(to, &object);
	return good;
}

static bool decode_dynamic(struct decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;
	uint64_t bits;

	switch (type->kind) {
	case TYPE_STRING:
		return decode_string(decoder, type, to);
	case TYPE_STRUCT:
		return decode_struct(decoder, type, to);
	case TYPE_LIST:
	case TYPE_ARRAY:
		return decode_list(decoder, type, to);
	default:
		break;
	}
	if (type_is_raw_byte(type)) {
		if (left(decoder) == 0)
			return fail_at(decoder, start, "cut short");
		if (!take_scalar(decoder, type, to))
			return false;
	} else if (!take_varint(decoder, &bits) ||
		   !set_scalar(decoder, type, bits, start, to)) {
		return false;
	}
	tell(decoder, WIRE_VALUE, start, type, 0, to);
	return true;
}

/* What the fixed part holds of each member. */
struct slot {
	struct value value;
	uint64_t pointer;
};

static bool decode_fixed_part(struct decoder *decoder,
	const struct section *section, struct slot *slots)
{
	struct wire_path path = {0};
	bool good = true;

	for (const struct member *member = section->body.first; good && member;
	     member = member->next, slots++) {
		size_t start = decoder->at;

		path.name = member->is_tags ? "tags" : member->name;
		decoder->path = &path;
		if (member->is_pointer) {
			slots->pointer = take_fixed(decoder,
				section->pointer_width);
			tell(decoder, WIRE_POINTER, start, member->type,
				slots->pointer, NULL);
		} else {
			good = decode_static(decoder, member->type,
				&slots->value);
		}
		decoder->path = NULL;
	}
	return good;
}

/* Goes where a pointer says. */
static bool follow(struct decoder *decoder, const struct member *member,
	uint64_t pointer)
{
	struct wire_path path = {
		.name = member->is_tags ? "tags" : member->name,
	};
	bool good = true;

	decoder->path = &path;
	if (pointer > decoder->size)
		good = fail_at(decoder, (size_t)member->offset, "the pointer "
			"%" PRIu64 " leads out of the %zu bytes", pointer,
			decoder->size);
	else if (!decoder->options->lenient && pointer != decoder->at)
		good = fail_at(decoder, (size_t)member->offset, "the pointer "
			"is %" PRIu64 ", but the data has to start at %zu",
			pointer, decoder->at);
	else
		decoder->at = (size_t)pointer;
	decoder->path = NULL;
	return good;
}

static bool decode_dynamic_area(struct decoder *decoder,
	const struct section *section, const struct slot *slots,
	struct value_object_builder *object)
{
	for (const struct member *member = section->body.first; member;
	     member = member->next, slots++) {
		if (!member->is_pointer) {
			*add_member(decoder, object, member) = slots->value;
			continue;
		}
		if (!follow(decoder, member, slots->pointer) ||
		    !decode_member(decoder, member, object))
			return false;
	}
	return true;
}

/* Behind the last data: nothing, or zeros in a head. */
static bool check_end(struct decoder *decoder)
{
	size_t start = decoder->at;

	if (decoder->options->lenient)
		return true;
	if (start < decoder->size && decoder->part == WIRE_TAIL)
		return fail_at(decoder, start, "%zu bytes are left over",
			left(decoder));
	for (; decoder->at < decoder->size; decoder->at++) {
		if (decoder->data[decoder->at])
			return fail_at(decoder, decoder->at, "only zeros may "
				"follow the head's data");
	}
	if (decoder->at > start)
		tell(decoder, WIRE_PADDING, start, NULL, 0, NULL);
	return true;
}

static bool decode_section(struct decoder *decoder,
	const struct section *section, struct value_object_builder *object)
{
	const char *name = decoder->part == WIRE_HEAD ? "head" : "tail";
	struct slot *slots;

	if (decoder->size < section->fixed_size)
		return fail_at(decoder, decoder->size, "the %s is cut short: "
			"its fixed part takes %" PRIu64 " bytes, %zu are there",
			name, section->fixed_size, decoder->size);
	slots = arena_alloc(decoder->arena,
		section->body.count * sizeof(*slots));
	return decode_fixed_part(decoder, section, slots) &&
		decode_dynamic_area(decoder, section, slots, object) &&
		check_end(decoder);
}

static bool decode_preamble(struct decoder *decoder,
	const struct declaration *message, size_t tail_size)
{
	uint64_t number;

	if (decoder->size < WIRE_PREAMBLE)
		return fail_at(decoder, decoder->size, "the head is cut short: "
			"%zu bytes, less than %d", decoder->size,
			WIRE_PREAMBLE);
	number = take_fixed(decoder, 4);
	if (number != message->as.message.id)
		return fail_at(decoder, 0, "the id is %" PRIu64 ", that of %s "
			"is %" PRIu32, number, message->name,
			message->as.message.id);
	tell(decoder, WIRE_ID, 0, NULL, number, NULL);
	number = take_fixed(decoder, 4);
	if (number != tail_size)
		return fail_at(decoder, 4, "the head says that the tail has %"
			PRIu64 " bytes, %zu are there", number, tail_size);
	if (number && !message->as.message.tail.present)
		return fail_at(decoder, 4, "%s has no tail", message->name);
	if (!number && message->as.message.tail.body.first)
		return fail_at(decoder, 4, "the tail is absent");
	tell(decoder, WIRE_TAIL_SIZE, 4, NULL, number, NULL);
	return true;
}

static bool decode_head(struct decoder *decoder,
	const struct declaration *message, size_t tail_size,
	struct value_object_builder *object)
{
	const struct section *head = &message->as.message.head;

	if (!decode_preamble(decoder, message, tail_size))
		return false;
	if (decoder->size > head->declared_size)
		return fail_at(decoder, (size_t)head->declared_size, "the head "
			"has %zu bytes, its declared size is %" PRIu64,
			decoder->size, head->declared_size);
	return decode_section(decoder, head, object);
}

bool wire_decode(struct arena *arena, const struct declaration *message,
	struct wire_view head, struct wire_view tail,
	const struct wire_decode_options *options, struct value *to,
	struct wire_fault *fault)
{
	struct value_object_builder object = {0};
	struct decoder decoder = {
		.arena = arena, .options = options, .fault = fault,
		.part = WIRE_HEAD, .data = head.data, .size = head.size,
	};

	*to = (struct value){0};
	if (!message->as.message.has_id)
		return fail_at(&decoder, 0, "%s is a base: it has no id",
			message->qualified);
	if (!decode_head(&decoder, message, tail.size, &object))
		return false;
	decoder.part = WIRE_TAIL;
	decoder.data = tail.data;
	decoder.size = tail.size;
	decoder.at = 0;
	if (message->as.message.tail.present &&
	    !decode_section(&decoder, &message->as.message.tail, &object))
		return false;
	set_object(to, &object);
	return true;
}

bool wire_split(struct wire_view whole, struct wire_view *head,
	struct wire_view *tail, struct wire_fault *fault)
{
	uint64_t tail_size = 0;

	*head = *tail = (struct wire_view){0};
	*fault = (struct wire_fault){
		.path = "", .part = WIRE_HEAD, .offset = whole.size,
		.message = "cut short: a message has at least 8 bytes",
	};
	if (whole.size < WIRE_PREAMBLE)
		return false;
	for (size_t i = 0; i < 4; i++)
		tail_size |= (uint64_t)whole.data[4 + i] << (8 * i);
	fault->offset = 4;
	fault->message = "the tail is said to be larger than the message";
	if (tail_size > whole.size - WIRE_PREAMBLE)
		return false;
	*head = (struct wire_view){whole.data, whole.size - (size_t)tail_size};
	*tail = (struct wire_view){
		whole.data + head->size, (size_t)tail_size,
	};
	return true;
}
