/* Whether two values say the same. */
#include <string.h>

#include "compiler/value.h"

static bool same_list(const struct value *a, const struct value *b)
{
	if (a->as.list.count != b->as.list.count)
		return false;
	for (size_t i = 0; i < a->as.list.count; i++) {
		if (!value_same(value_item(a, i), value_item(b, i)))
			return false;
	}
	return true;
}

static bool same_name(const struct value_member *a, const struct value_member *b)
{
	return a->name_size == b->name_size &&
		(a->name == b->name || memcmp(a->name, b->name, a->name_size) == 0);
}

static const struct value_member *find(const struct value *object,
	const struct value_member *like, size_t likely)
{
	const struct value_member *members = object->as.object.members;

	if (same_name(&members[likely], like))
		return &members[likely];
	for (size_t i = 0; i < object->as.object.count; i++) {
		if (same_name(&members[i], like))
			return &members[i];
	}
	return NULL;
}

static bool same_object(const struct value *a, const struct value *b)
{
	if (a->as.object.count != b->as.object.count)
		return false;
	for (size_t i = 0; i < a->as.object.count; i++) {
		const struct value_member *one = &a->as.object.members[i];
		const struct value_member *two = find(b, one, i);

		if (two == NULL || !value_same(&one->value, &two->value))
			return false;
	}
	return true;
}

static bool same_text(const struct value *a, const struct value *b)
{
	return a->as.string.size == b->as.string.size &&
		(a->as.string.size == 0 || memcmp(a->as.string.data,
		b->as.string.data, a->as.string.size) == 0);
}

bool value_same(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_INTEGER:
		return a->as.integer.negative == b->as.integer.negative &&
			a->as.integer.high == b->as.integer.high &&
			a->as.integer.low == b->as.integer.low;
	case VALUE_BOOL:
		return a->as.truth == b->as.truth;
	case VALUE_FLOAT:
	case VALUE_STRING:
		return same_text(a, b);
	case VALUE_LIST:
		return same_list(a, b);
	case VALUE_OBJECT:
		break;
	}
	return same_object(a, b);
}
