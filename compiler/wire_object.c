/*
 * Objects: what the encoder was given for the members of a body.
 */
#include <string.h>

#include "compiler/nearest.h"
#include "compiler/wire_internal.h"

bool wire_is_name(const struct value_member *given, const char *name)
{
	return strlen(name) == given->name_size &&
		memcmp(name, given->name, given->name_size) == 0;
}

/* Whether a body has the given member; offers its names as near ones, unless
 * `nearest` is NULL. */
static bool body_has(const struct body *body, const struct value_member *given,
	struct nearest *nearest)
{
	for (const struct member *member = body->first; member;
	     member = member->next) {
		struct body tags = {.first = member->tags};

		/* "#7" is looked at where it is written. */
		if (member->is_sized && given->name_size && given->name[0] == '#')
			return true;
		if (member->is_tags) {
			if (body_has(&tags, given, nearest))
				return true;
			continue;
		}
		if (wire_is_name(given, member->name))
			return true;
		if (nearest)
			nearest_offer(nearest, member->name);
	}
	return false;
}

bool wire_fail_name(struct wire_encoder *encoder,
	const struct value_member *given, const char *what, const char *best)
{
	wire_put_near(encoder, &given->value);
	return wire_put_fail(encoder, best ?
		"no %s `%s`; did you mean `%s`?" : "no %s `%s`", what,
		value_show(encoder->arena, given->name, given->name_size),
		best);
}

/* What comes near is looked for only now: mostly, all names are known. */
static bool fail_member(struct wire_encoder *encoder,
	const struct value_member *given, const struct body *first,
	const struct body *second)
{
	struct nearest nearest = nearest_start(value_show(encoder->arena,
		given->name, given->name_size));

	body_has(first, given, &nearest);
	if (second)
		body_has(second, given, &nearest);
	return wire_fail_name(encoder, given, "member", nearest.best);
}

bool wire_check_names(struct wire_encoder *encoder, const struct value *object,
	const struct body *first, const struct body *second)
{
	for (size_t i = 0; object && i < object->as.object.count; i++) {
		const struct value_member *given = &object->as.object.members[i];

		if (!body_has(first, given, NULL) &&
		    !(second && body_has(second, given, NULL)))
			return fail_member(encoder, given, first, second);
	}
	return true;
}

bool wire_check_object(struct wire_encoder *encoder, const struct value *value)
{
	if (value == NULL)
		return true;
	wire_put_near(encoder, value);
	if (value->kind != VALUE_OBJECT)
		return wire_put_fail_kind(encoder, "an object", value);
	return true;
}

/* NULL if the member has no default. */
static const struct value *default_of(struct wire_encoder *encoder,
	const struct member *member)
{
	const struct literal *literal = &member->value;
	struct value *value;
	uint64_t bits;

	if (literal->kind == LITERAL_NONE)
		return NULL;
	value = ARENA_NEW(encoder->arena, struct value);
	switch (literal->kind) {
	case LITERAL_FLOAT:
		memcpy(&bits, &literal->real, sizeof(bits));
		*value = value_float(encoder->arena, bits, 8);
		break;
	case LITERAL_TEXT:
		value->kind = VALUE_STRING;
		value->as.string.data = literal->text;
		value->as.string.size = literal->size;
		break;
	default:
		value->kind = VALUE_INTEGER;
		value->as.integer = literal->number;
		break;
	}
	return value;
}

const struct value *wire_given(struct wire_encoder *encoder,
	const struct value *object, const struct member *member)
{
	const struct value *value = object ?
		value_member(object, member->name) : NULL;

	if (value || member->is_optional || member->tag)
		return value;
	return default_of(encoder, member);
}
