/*
 * Single values to bytes: how the encoder puts numbers, names of enumerators,
 * floats, handles and leases.
 */
#include <inttypes.h>
#include <string.h>

#include "compiler/nearest.h"
#include "compiler/wire_internal.h"

bool wire_put_fail(struct wire_encoder *encoder, const char *format, ...)
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

bool wire_put_fail_kind(struct wire_encoder *encoder, const char *wanted,
	const struct value *value)
{
	return wire_put_fail(encoder, "expected %s, found %s", wanted,
		value_kind_name(value->kind));
}

void wire_put_near(struct wire_encoder *encoder, const struct value *value)
{
	if (value->line)
		encoder->near = value;
}

bool wire_put(struct wire_encoder *encoder, const void *data, size_t size)
{
	struct wire_bytes *to = encoder->to;

	if (size > WIRE_SIZE_MAX - to->size)
		return wire_put_fail(encoder,
			"the message would be larger than 1 GiB");
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

void wire_store(unsigned char *to, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		to[i] = (unsigned char)(value >> (8 * i));
}

bool wire_put_fixed(struct wire_encoder *encoder, uint64_t value, unsigned width)
{
	unsigned char bytes[8];

	wire_store(bytes, value, width);
	return wire_put(encoder, bytes, width);
}

bool wire_put_varint(struct wire_encoder *encoder, uint64_t value)
{
	unsigned char bytes[WIRE_VARINT_MAX];

	return wire_put(encoder, bytes, wire_varint_write(value, bytes));
}

bool wire_put_bytes(struct wire_encoder *encoder, const struct value *value,
	const char *what)
{
	for (size_t i = 0; i < value->as.list.count; i++) {
		const struct value *item = value_item(value, i);

		wire_put_near(encoder, item);
		if (item->kind != VALUE_INTEGER ||
		    !value_integer_fits(&item->as.integer, 1, false))
			return wire_put_fail(encoder,
				"%s has bytes, 0 to 255, in it", what);
		if (!wire_put_fixed(encoder, item->as.integer.low, 1))
			return false;
	}
	return true;
}

/* "RED" or "Colour.RED". */
static bool find_enumerator(struct wire_encoder *encoder,
	const struct type *type, const struct value *value, struct number *to)
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
		return wire_put_fail(encoder, "%s has no `%s`; did you mean "
			"`%s`?", type->name, name, nearest.best);
	return wire_put_fail(encoder, "%s has no `%s`", type->name, name);
}

static bool integer_of(struct wire_encoder *encoder, const struct type *type,
	const struct value *value, struct number *to)
{
	if (value->kind == VALUE_INTEGER) {
		*to = value->as.integer;
		return true;
	}
	if (value->kind == VALUE_STRING && type->kind == TYPE_ENUM &&
	    !encoder->options->exact)
		return find_enumerator(encoder, type, value, to);
	if (value->kind == VALUE_FLOAT)
		return wire_put_fail(encoder, "%s does not fit %s",
			value_show(encoder->arena, value->as.string.data,
				value->as.string.size), type->name);
	return wire_put_fail_kind(encoder, type->kind == TYPE_BOOL ?
		"true or false" : "an integer", value);
}

/* A list of names and numbers, which are or'ed. */
static bool bits_of_list(struct wire_encoder *encoder, const struct type *type,
	const struct value *value, struct number *to)
{
	for (size_t i = 0; i < value->as.list.count; i++) {
		const struct value *item = value_item(value, i);
		struct number number = {0};

		wire_put_near(encoder, item);
		if (!integer_of(encoder, type, item, &number))
			return false;
		if (!value_integer_fits(&number, type->width, type->is_signed))
			return wire_put_fail(encoder, "%s does not fit %s",
				value_integer_text(encoder->arena, &number),
				type->name);
		to->low |= value_integer_bits(&number);
	}
	*to = value_integer(to->low, type->is_signed);
	return true;
}

static bool number_bits(struct wire_encoder *encoder, const struct type *type,
	const struct value *value, uint64_t *bits)
{
	struct number number = {0};
	bool is_list = value && value->kind == VALUE_LIST &&
		type->kind == TYPE_ENUM && !encoder->options->exact &&
		type->declaration->kind == DECLARATION_BITS;

	if (value && !(is_list ? bits_of_list : integer_of)(encoder, type,
	    value, &number))
		return false;
	if (!value_integer_fits(&number, type->width, type->is_signed) ||
	    (type->kind == TYPE_BOOL && number.low > 1))
		return wire_put_fail(encoder, "%s does not fit %s",
			value_integer_text(encoder->arena, &number),
			type->name);
	if (!wire_is_listed(type, &number) && !encoder->options->unbounded)
		return wire_put_fail(encoder, "%s is not listed in %s, which "
			"is strict", value_integer_text(encoder->arena,
			&number), type->name);
	*bits = value_integer_bits(&number);
	return true;
}

static bool float_bits(struct wire_encoder *encoder, const struct type *type,
	const struct value *value, uint64_t *bits)
{
	const char *problem;

	*bits = 0;
	if (value == NULL)
		return true;
	problem = value_float_bits(encoder->arena, value, type->width, bits);
	return problem == NULL || wire_put_fail(encoder, "%s", problem);
}

/* Numbers ascend by one, in the order of their bytes. */
static bool beside_bits(struct wire_encoder *encoder, const struct type *type,
	const struct value *value, uint64_t *bits)
{
	bool is_handle = type->kind == TYPE_HANDLE;
	const char *what = is_handle ? "handle" : "lease";
	unsigned *count = is_handle ? &encoder->handles : &encoder->leases;
	struct number number = {0};

	if (value && !integer_of(encoder, type, value, &number))
		return false;
	if (number.low == 0 && number.high == 0)
		return wire_put_fail(encoder, "the %s is missing", what);
	if (number.negative || number.high || number.low != *count + 1 ||
	    *count == UINT8_MAX)
		return wire_put_fail(encoder, "the next %s is number %u, not %s",
			what, *count + 1, value_integer_text(encoder->arena,
			&number));
	*bits = ++*count;
	return true;
}

bool wire_scalar_bits(struct wire_encoder *encoder, const struct type *type,
	const struct value *value, uint64_t *bits)
{
	if (value)
		wire_put_near(encoder, value);
	if (type->kind == TYPE_FLOAT)
		return float_bits(encoder, type, value, bits);
	if (wire_is_beside(type))
		return beside_bits(encoder, type, value, bits);
	if (value && value->kind == VALUE_BOOL && type->kind == TYPE_BOOL) {
		*bits = value->as.truth;
		return true;
	}
	return number_bits(encoder, type, value, bits);
}
