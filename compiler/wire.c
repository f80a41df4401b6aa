/*
 * What both directions of the codec share: paths, faults, varints, and what
 * the tables say of a value.
 */
#include <inttypes.h>
#include <string.h>

#include "compiler/wire_internal.h"

const char *wire_path_text(struct arena *arena, const struct wire_path *path)
{
	const char *up;

	if (path == NULL)
		return "";
	up = wire_path_text(arena, path->up);
	if (path->name == NULL)
		return arena_printf(arena, "%s[%" PRIu64 "]", up, path->index);
	return arena_printf(arena, "%s%s%s", up, *up ? "." : "", path->name);
}

const char *wire_fault_text(struct arena *arena, const struct wire_fault *fault)
{
	if (*fault->path == '\0')
		return fault->message;
	return arena_printf(arena, "%s: %s", fault->path, fault->message);
}

/* (2 * value + 1) << (n - 1) in n bytes; from 2^56 on a zero and 8 bytes. */
size_t wire_varint_write(uint64_t value, unsigned char *to)
{
	size_t n = 1;

	while (n < 9 && value >> (7 * n))
		n++;
	if (n == 9)
		to[0] = 0;
	else
		value = (2 * value + 1) << (n - 1);
	for (size_t i = n == 9; i < n; i++) {
		to[i] = (unsigned char)value;
		value >>= 8;
	}
	return n;
}

size_t wire_varint_read(const unsigned char *from, size_t size, uint64_t *value,
	bool *minimal)
{
	size_t n = 1;

	if (size == 0)
		return 0;
	while (n < 9 && !(from[0] >> (n - 1) & 1))
		n++;
	if (n > size)
		return 0;
	*value = 0;
	for (size_t i = n; i > (n == 9); i--)
		*value = *value << 8 | from[i - 1];
	if (n < 9)
		*value >>= n;
	*minimal = n == 1 || *value >> (7 * (n - 1));
	return n;
}

bool wire_is_beside(const struct type *type)
{
	return type->kind == TYPE_HANDLE || type->kind == TYPE_LEASE;
}

bool wire_is_listed(const struct type *type, const struct number *number)
{
	const struct declaration *declaration = type->declaration;
	uint64_t all = 0;

	if (type->kind != TYPE_ENUM || !declaration->as.enumeration.is_strict)
		return true;
	for (const struct enumerator *each = declaration->as.enumeration.first;
	     each; each = each->next) {
		all |= value_integer_bits(&each->value);
		if (each->value.low == number->low &&
		    each->value.high == number->high &&
		    each->value.negative == number->negative)
			return true;
	}
	return declaration->kind == DECLARATION_BITS &&
		(value_integer_bits(number) & ~all) == 0;
}

unsigned wire_depth_limit(unsigned limit, unsigned depth,
	const struct member *member)
{
	if (member->depth_bound == 0 || member->depth_bound > limit - depth)
		return limit;
	return depth + member->depth_bound;
}
