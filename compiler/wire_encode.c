/*
 * Values to bytes. See wire.h.
 *
 * One pass over the fixed part writes what stands in place and leaves room
 * for pointers; a second one appends what they point to and fills them in.
 * A value that is NULL stands for the default of its type.
 */
#include "compiler/wire.h"

#include <inttypes.h>
#include <string.h>

#include "compiler/nearest.h"

struct encoder {
	struct arena *arena;
	const struct wire_encode_options *options;
	struct wire_fault *fault;
	struct wire_bytes *to;
	const struct wire_path *path;
	const struct value *near;	/* the last value that was given */
	unsigned depth;
};

static bool encode_dynamic(struct encoder *encoder, const struct type *type,
	const struct value *value);

static bool fail(struct encoder *encoder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct encoder *encoder, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	*encoder->fault = (struct wire_fault){
		.message = arena_vprintf(encoder->arena, format, arguments),
		.path = wire_path_text(encoder->arena, encoder->path),
	};
	va_end(arguments);
	if (encoder->near) {
		encoder->fault->line = encoder->near->line;
		encoder->fault->column = encoder->near->column;
	}
	return false;
}

static bool fail_kind(struct encoder *encoder, const char *wanted,
	const struct value *value)
{
	return fail(encoder, "expected %s, found %s", wanted,
		value_kind_name(value->kind));
}

static bool put(struct encoder *encoder, const void *data, size_t size)
{
	struct wire_bytes *to = encoder->to;

	if (size > WIRE_SIZE_MAX - to->size)
		return fail(encoder, "the message would be larger than 1 GiB");
	if (size > to->capacity - to->size) {
		size_t capacity = to->capacity ? to->capacity * 2 : 256;
		unsigned char *moved;

		while (capacity - to->size < size)
			capacity *= 2;
		moved = arena_alloc(encoder->arena, capacity);
		if (to->size)
			memcpy(moved, to->data, to->size);
		to->data = moved;
		to->capacity = capacity;
	}
	if (size)
		memcpy(to->data + to->size, data, size);
	to->size += size;
	return true;
}

static void store(unsigned char *to, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		to[i] = (unsigned char)(value >> (8 * i));
}

static bool put_fixed(struct encoder *encoder, uint64_t value, unsigned width)
{
	unsigned char bytes[8];

	store(bytes, value, width);
	return put(encoder, bytes, width);
}

static bool put_varint(struct encoder *encoder, uint64_t value)
{
	unsigned char bytes[WIRE_VARINT_MAX];

	return put(encoder, bytes, wire_varint_write(value, bytes));
}

/* "RED" or "Colour.RED". */
static bool find_enumerator(struct encoder *encoder, const struct type *type,
	const struct value *value, struct number *to)
{
	const struct declaration *declaration = type->declaration;
	const char *name = value_show(encoder->arena, value->as.string.data,
		value->as.string.size);
	size_t prefix = strlen(declaration->name);
	struct nearest nearest;

	if (strncmp(name, declaration->name, prefix) == 0 &&
	    name[prefix] == '.')
		name += prefix + 1;
	nearest = nearest_start(name);
	for (const struct enumerator *each = declaration->as.enumeration.first;
	     each; each = each->next) {
		if (strcmp(each->name, name) == 0) {
			*to = each->value;
			return true;
		}
		nearest_offer(&nearest, each->name);
	}
	if (nearest.best)
		return fail(encoder, "%s has no `%s`; did you mean `%s`?",
			type->name, name, nearest.best);
	return fail(encoder, "%s has no `%s`", type->name, name);
}

/* The bits of an integer, bool or enum, as wide as it stands in place. */
static bool scalar_bits(struct encoder *encoder, const struct type *type,
	const struct value *value, uint64_t *bits)
{
	struct number number = {0};

	*bits = 0;
	if (value == NULL)
		return true;
	encoder->near = value;
	if (value->kind == VALUE_BOOL && type->kind == TYPE_BOOL) {
		*bits = value->as.truth;
		return true;
	}
	if (value->kind == VALUE_STRING && type->kind == TYPE_ENUM &&
	    !encoder->options->exact) {
		if (!find_enumerator(encoder, type, value, &number))
			return false;
	} else if (value->kind == VALUE_INTEGER) {
		number = value->as.integer;
	} else {
		return fail_kind(encoder, type->kind == TYPE_BOOL ?
			"true or false" : "an integer", value);
	}
	if (!value_integer_fits(&number, type->width, type->is_signed) ||
	    (type->kind == TYPE_BOOL && number.low > 1))
		return fail(encoder, "%s does not fit %s",
			value_integer_text(encoder->arena, &number),
			type->name);
	*bits = value_integer_bits(&number);
	return true;
}

/* What a list or array was given, checked for its kind; NULL is empty. */
static bool check_list(struct encoder *encoder, const struct value *value,
	uint64_t *count)
{
	*count = 0;
	if (value == NULL)
		return true;
	encoder->near = value;
	if (value->kind != VALUE_LIST)
		return fail_kind(encoder, "a list", value);
	*count = value->as.list.count;
	return true;
}

static bool check_array(struct encoder *encoder, const struct type *type,
	const struct value *value)
{
	uint64_t count;

	if (!check_list(encoder, value, &count))
		return false;
	if (value && count != type->count)
		return fail(encoder, "%s has exactly %" PRIu64
			" elements, not %" PRIu64, type->name, type->count,
			count);
	return true;
}

static bool encode_each(struct encoder *encoder, const struct type *type,
	const struct value *value, uint64_t count,
	bool (*encode)(struct encoder *, const struct type *,
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

static bool encode_static(struct encoder *encoder, const struct type *type,
	const struct value *value)
{
	uint64_t bits;

	if (type->kind == TYPE_ARRAY)
		return check_array(encoder, type, value) &&
			encode_each(encoder, type, value, type->count,
				encode_static);
	return scalar_bits(encoder, type, value, &bits) &&
		put_fixed(encoder, bits, type->width);
}

/* The bytes of a string that was given as a list of them. */
static bool put_bytes(struct encoder *encoder, const struct value *value)
{
	for (size_t i = 0; i < value->as.list.count; i++) {
		const struct value *item = value_item(value, i);

		encoder->near = item;
		if (item->kind != VALUE_INTEGER ||
		    !value_integer_fits(&item->as.integer, 1, false))
			return fail(encoder, "a string as a list has bytes, "
				"0 to 255, in it");
		if (!put_fixed(encoder, item->as.integer.low, 1))
			return false;
	}
	return true;
}

static bool encode_string(struct encoder *encoder, const struct type *type,
	const struct value *value)
{
	bool is_list = value && value->kind == VALUE_LIST &&
		!encoder->options->exact;
	size_t size = 0;

	if (value) {
		encoder->near = value;
		if (!is_list && value->kind != VALUE_STRING)
			return fail_kind(encoder, "a string", value);
		size = is_list ? value->as.list.count : value->as.string.size;
	}
	if (size > type->bound)
		return fail(encoder, "%zu bytes are more than the %" PRIu64
			" of %s", size, type->bound, type->name);
	if (!put_varint(encoder, size))
		return false;
	if (is_list)
		return put_bytes(encoder, value);
	return size == 0 || put(encoder, value->as.string.data, size);
}

static bool encode_list(struct encoder *encoder, const struct type *type,
	const struct value *value)
{
	uint64_t count;

	if (!check_list(encoder, value, &count))
		return false;
	if (count > type->bound)
		return fail(encoder, "%" PRIu64 " elements are more than the %"
			PRIu64 " of %s", count, type->bound, type->name);
	if (type->element->min_size == 0 && count > EMPTY_ELEMENTS_MAX)
		return fail(encoder, "more than %d elements of no bytes",
			EMPTY_ELEMENTS_MAX);
	return put_varint(encoder, count) &&
		encode_each(encoder, type, value, count, encode_dynamic);
}

static bool encode_array(struct encoder *encoder, const struct type *type,
	const struct value *value)
{
	if (!check_array(encoder, type, value))
		return false;
	if (type->element->min_size == 0 && type->count > EMPTY_ELEMENTS_MAX)
		return fail(encoder, "more than %d elements of no bytes",
			EMPTY_ELEMENTS_MAX);
	return put_varint(encoder, type->count) &&
		encode_each(encoder, type, value, type->count, encode_dynamic);
}

static bool is_name(const struct value_member *given, const char *name)
{
	return strlen(name) == given->name_size &&
		memcmp(name, given->name, given->name_size) == 0;
}

/* Whether a body has the given member; offers its names as near ones. */
static bool body_has(const struct body *body, const struct value_member *given,
	struct nearest *nearest)
{
	for (const struct member *member = body->first; member;
	     member = member->next) {
		struct body tags = {.first = member->tags};

		if (member->is_tags) {
			if (body_has(&tags, given, nearest))
				return true;
			continue;
		}
		if (is_name(given, member->name))
			return true;
		nearest_offer(nearest, member->name);
	}
	return false;
}

/* That an object has no member which none of the two bodies has. */
static bool check_names(struct encoder *encoder, const struct value *object,
	const struct body *first, const struct body *second)
{
	for (size_t i = 0; object && i < object->as.object.count; i++) {
		const struct value_member *given = &object->as.object.members[i];
		const char *name = value_show(encoder->arena, given->name,
			given->name_size);
		struct nearest nearest = nearest_start(name);

		if (body_has(first, given, &nearest) ||
		    (second && body_has(second, given, &nearest)))
			continue;
		encoder->near = &given->value;
		if (nearest.best)
			return fail(encoder, "no member `%s`; did you mean "
				"`%s`?", name, nearest.best);
		return fail(encoder, "no member `%s`", name);
	}
	return true;
}

static bool check_object(struct encoder *encoder, const struct value *value)
{
	if (value == NULL)
		return true;
	encoder->near = value;
	if (value->kind != VALUE_OBJECT)
		return fail_kind(encoder, "an object", value);
	return true;
}

/* The value that an object gives for a member, or NULL. */
static const struct value *given_for(const struct value *object,
	const struct member *member)
{
	return object ? value_member(object, member->name) : NULL;
}

static bool encode_tags(struct encoder *encoder, const struct member *block,
	const struct value *object)
{
	struct wire_path path = {.up = encoder->path};
	bool good = true;

	for (const struct member *member = block->tags; good && member;
	     member = member->next) {
		const struct value *value = given_for(object, member);

		if (value == NULL)
			continue;
		path.name = member->name;
		encoder->path = &path;
		good = put_varint(encoder, member->tag) &&
			encode_dynamic(encoder, member->type, value);
		encoder->path = path.up;
	}
	return good && put_varint(encoder, 0);
}

/* A member that is found in `object`, in dynamic position. */
static bool encode_member(struct encoder *encoder, const struct member *member,
	const struct value *object)
{
	struct wire_path path = {.up = encoder->path, .name = member->name};
	bool good;

	if (member->is_tags)
		return encode_tags(encoder, member, object);
	encoder->path = &path;
	good = encode_dynamic(encoder, member->type, given_for(object, member));
	encoder->path = path.up;
	return good;
}

static bool encode_struct(struct encoder *encoder, const struct type *type,
	const struct value *value)
{
	const struct body *body = &type->declaration->as.structure.body;
	bool good = check_object(encoder, value) &&
		check_names(encoder, value, body, NULL);

	if (good && encoder->depth == DEPTH_MAX)
		return fail(encoder, "more than %d structs within each other",
			DEPTH_MAX);
	encoder->depth++;
	for (const struct member *member = body->first; good && member;
	     member = member->next)
		good = encode_member(encoder, member, value);
	encoder->depth--;
	return good;
}

static bool encode_dynamic(struct encoder *encoder, const struct type *type,
	const struct value *value)
{
	uint64_t bits;

	switch (type->kind) {
	case TYPE_STRING:
		return encode_string(encoder, type, value);
	case TYPE_STRUCT:
		return encode_struct(encoder, type, value);
	case TYPE_LIST:
		return encode_list(encoder, type, value);
	case TYPE_ARRAY:
		return encode_array(encoder, type, value);
	default:
		break;
	}
	if (!scalar_bits(encoder, type, value, &bits))
		return false;
	if (type_is_raw_byte(type))
		return put_fixed(encoder, bits, 1);
	return put_varint(encoder, bits);
}

static bool encode_in_place(struct encoder *encoder,
	const struct section *section, const struct member *member,
	const struct value *object)
{
	struct wire_path path = {.up = encoder->path, .name = member->name};
	bool good;

	if (member->is_pointer)
		return put_fixed(encoder, 0, section->pointer_width);
	encoder->path = &path;
	good = encode_static(encoder, member->type, given_for(object, member));
	encoder->path = path.up;
	return good;
}

static bool encode_section(struct encoder *encoder,
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
		store(encoder->to->data + member->offset, encoder->to->size,
			section->pointer_width);
		good = encode_member(encoder, member, object);
	}
	return good;
}

static bool encode_head(struct encoder *encoder,
	const struct declaration *message, const struct value *value)
{
	const struct section *head = &message->as.message.head;

	if (!put_fixed(encoder, message->as.message.id, 4) ||
	    !put_fixed(encoder, 0, 4) || !encode_section(encoder, head, value))
		return false;
	encoder->near = value;
	/* Pointers reach as far as the declared size, so they fit as well. */
	if (encoder->to->size > head->declared_size)
		return fail(encoder, "the head takes %zu bytes, but its "
			"declared size is %" PRIu64, encoder->to->size,
			head->declared_size);
	return true;
}

bool wire_encode(struct arena *arena, const struct declaration *message,
	const struct value *value, const struct wire_encode_options *options,
	struct wire_bytes *head, struct wire_bytes *tail,
	struct wire_fault *fault)
{
	const struct section *tail_section = &message->as.message.tail;
	struct encoder encoder = {
		.arena = arena, .options = options, .fault = fault, .to = head,
	};

	*head = *tail = (struct wire_bytes){0};
	if (!message->as.message.has_id)
		return fail(&encoder, "%s is a base: it has no id",
			message->qualified);
	if (!check_object(&encoder, value) ||
	    !check_names(&encoder, value, &message->as.message.head.body,
		tail_section->present ? &tail_section->body : NULL) ||
	    !encode_head(&encoder, message, value))
		return false;
	encoder.to = tail;
	if (tail_section->present &&
	    !encode_section(&encoder, tail_section, value))
		return false;
	store(head->data + 4, tail->size, 4);
	return true;
}
