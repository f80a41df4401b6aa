/*
 * Single values from bytes: how the decoder takes numbers, floats, handles and
 * leases, and what it says about them.
 */
#include <inttypes.h>
#include <string.h>

#include "compiler/wire_internal.h"

static void set_fault(struct wire_decoder *decoder, const struct wire_path *path,
	size_t offset, const char *format, va_list arguments)
{
	*decoder->fault = (struct wire_fault){
		.message = arena_vprintf(decoder->arena, format, arguments),
		.path = wire_path_text(decoder->arena, path),
		.part = decoder->part,
		.offset = offset,
	};
}

bool wire_take_fail(struct wire_decoder *decoder, size_t offset,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set_fault(decoder, decoder->path, offset, format, arguments);
	va_end(arguments);
	return false;
}

bool wire_take_short(struct wire_decoder *decoder, size_t offset,
	const char *format, ...)
{
	const struct wire_limit *limit = decoder->limit;
	va_list arguments;

	if (limit) {
		decoder->path = limit->path;
		return wire_take_fail(decoder, limit->start, "more than the %"
			PRIu64 " bytes of its @bytes are needed", limit->bytes);
	}
	va_start(arguments, format);
	set_fault(decoder, decoder->path, offset, format, arguments);
	va_end(arguments);
	return false;
}

size_t wire_left(const struct wire_decoder *decoder)
{
	return decoder->size - decoder->at;
}

void wire_tell(struct wire_decoder *decoder, enum wire_role role, size_t start,
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

uint64_t wire_take_fixed(struct wire_decoder *decoder, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint64_t)decoder->data[decoder->at + i] << (8 * i);
	decoder->at += width;
	return value;
}

bool wire_take_varint(struct wire_decoder *decoder, uint64_t *value)
{
	bool minimal;
	size_t size;

	if (wire_left(decoder) == 0)
		return wire_take_short(decoder, decoder->at, "cut short");
	size = wire_varint_read(decoder->data + decoder->at,
		wire_left(decoder), value, &minimal);
	if (size == 0)
		return wire_take_short(decoder, decoder->at,
			"the varint is cut short");
	if (!minimal)
		return wire_take_fail(decoder, decoder->at, "the varint of %"
			PRIu64 " takes more bytes than it needs", *value);
	decoder->at += size;
	return true;
}

static bool number_is(const struct number *a, const struct number *b)
{
	return a->low == b->low && a->high == b->high &&
		a->negative == b->negative;
}

static void set_name(struct value *to, const struct enumerator *enumerator)
{
	to->kind = VALUE_STRING;
	to->as.string.data = enumerator->name;
	to->as.string.size = strlen(enumerator->name);
}

/* The names that together make up all the bits, or the number as it is. */
static void set_bits(struct arena *arena, const struct enumerator *each,
	struct value *to)
{
	uint64_t wanted = value_integer_bits(&to->as.integer);
	struct value_list_builder list = {0};
	uint64_t found = 0;

	for (; each; each = each->next) {
		uint64_t bits = value_integer_bits(&each->value);

		if ((bits & ~wanted) || !(bits & ~found))
			continue;
		found |= bits;
		set_name(value_list_add(arena, &list), each);
	}
	if (found != wanted || list.count == 0)
		return;
	to->kind = VALUE_LIST;
	to->as.list.items = list.items;
	to->as.list.count = list.count;
	to->as.list.repeats = false;
}

static void set_enum(const struct wire_decoder *decoder,
	const struct type *type, struct value *to)
{
	const struct declaration *declaration = type->declaration;
	const struct enumerator *each = declaration->as.enumeration.first;

	if (!decoder->options->names)
		return;
	while (each && !number_is(&each->value, &to->as.integer))
		each = each->next;
	if (each)
		set_name(to, each);
	else if (declaration->kind == DECLARATION_BITS)
		set_bits(decoder->arena, declaration->as.enumeration.first, to);
}

static bool set_integer(struct wire_decoder *decoder, const struct type *type,
	uint64_t bits, size_t offset, struct value *to)
{
	to->kind = VALUE_INTEGER;
	to->as.integer = value_integer(bits, type->is_signed);
	if (!value_integer_fits(&to->as.integer, type->width, type->is_signed))
		return wire_take_fail(decoder, offset, "%s does not fit %s",
			value_integer_text(decoder->arena, &to->as.integer),
			type->name);
	if (!wire_is_listed(type, &to->as.integer))
		return wire_take_fail(decoder, offset, "%s is not listed in "
			"%s, which is strict",
			value_integer_text(decoder->arena, &to->as.integer),
			type->name);
	if (type->kind == TYPE_ENUM)
		set_enum(decoder, type, to);
	return true;
}

static bool set_float(struct wire_decoder *decoder, const struct type *type,
	uint64_t bits, size_t offset, struct value *to)
{
	if (type->width == 4 && bits > UINT32_MAX)
		return wire_take_fail(decoder, offset, "%" PRIu64 " are no bits "
			"of a %s", bits, type->name);
	*to = value_float(decoder->arena, bits, type->width);
	return true;
}

/* Numbers ascend by one, and none is above what came beside the bytes. */
static bool set_beside(struct wire_decoder *decoder, const struct type *type,
	uint64_t bits, size_t offset, struct value *to)
{
	bool is_handle = type->kind == TYPE_HANDLE;
	const char *what = is_handle ? "handle" : "lease";
	unsigned *met = is_handle ? &decoder->handles : &decoder->leases;
	unsigned given = is_handle ? decoder->options->handles :
		decoder->options->leases;

	if (bits == 0)
		return wire_take_fail(decoder, offset, "the %s is missing",
			what);
	if (bits != (uint64_t)*met + 1)
		return wire_take_fail(decoder, offset, "the next %s is number "
			"%u, not %" PRIu64, what, *met + 1, bits);
	if (decoder->options->counted && *met == given)
		return wire_take_fail(decoder, offset, "%s %" PRIu64 " of %u",
			what, bits, given);
	++*met;
	to->kind = VALUE_INTEGER;
	to->as.integer = value_integer(bits, false);
	return true;
}

/*
 * A scalar from its bits: those of `width` bytes in place, or 64 with the
 * sign extended. False if they do not fit.
 */
static bool set_scalar(struct wire_decoder *decoder, const struct type *type,
	uint64_t bits, size_t offset, struct value *to)
{
	if (type->kind == TYPE_FLOAT)
		return set_float(decoder, type, bits, offset, to);
	if (wire_is_beside(type))
		return set_beside(decoder, type, bits, offset, to);
	if (type->kind != TYPE_BOOL)
		return set_integer(decoder, type, bits, offset, to);
	if (bits > 1)
		return wire_take_fail(decoder, offset, "a bool is 0 or 1, "
			"not %" PRIu64, bits);
	to->kind = VALUE_BOOL;
	to->as.truth = bits == 1;
	return true;
}

static uint64_t sign_extend(uint64_t bits, unsigned width)
{
	uint64_t sign = UINT64_C(1) << (8 * width - 1);

	return (bits ^ sign) - sign;
}

bool wire_take_scalar(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;
	uint64_t bits = wire_take_fixed(decoder, type->width);

	if (type->is_signed)
		bits = sign_extend(bits, type->width);
	return set_scalar(decoder, type, bits, start, to);
}

bool wire_take_dynamic(struct wire_decoder *decoder, const struct type *type,
	struct value *to)
{
	size_t start = decoder->at;
	uint64_t bits;

	if (type_is_raw_byte(type)) {
		if (wire_left(decoder) == 0)
			return wire_take_short(decoder, start, "cut short");
		if (!wire_take_scalar(decoder, type, to))
			return false;
	} else if (!wire_take_varint(decoder, &bits) ||
		   !set_scalar(decoder, type, bits, start, to)) {
		return false;
	}
	wire_tell(decoder, WIRE_VALUE, start, type, 0, to);
	return true;
}
