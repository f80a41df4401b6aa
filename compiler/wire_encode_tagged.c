/*
 * Values to bytes where tags are: variants and tables.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/nearest.h"
#include "compiler/wire_internal.h"

/* ---- variants ---- */

/* What an arm or a table's member holds, if it `is_sized` behind its length. */
static bool encode_arm(struct wire_encoder *encoder, const struct member *arm,
	const struct value *value, bool is_sized)
{
	static const struct body nothing;
	struct wire_bytes *outer = encoder->to;
	struct wire_bytes inner = {0};
	bool good;

	if (is_sized)
		encoder->to = &inner;
	if (arm->type)
		good = wire_put_held(encoder, arm, value);
	else
		good = wire_check_object(encoder, value) &&
			wire_check_names(encoder, value, &nothing, NULL);
	encoder->to = outer;
	if (!good || !is_sized)
		return good;
	return wire_put_varint(encoder, inner.size) &&
		wire_put(encoder, inner.data, inner.size);
}

/* "#7", where no arm or member, of which `arm` is the first, has the tag 7; else
 * 0, and it has said why. */
static uint64_t unknown_tag(struct wire_encoder *encoder, const char *name,
	const struct member *arm, const struct value_member *given)
{
	struct number number;

	wire_put_near(encoder, &given->value);
	if (given->name_size < 2 || given->name[1] == '0' ||
	    strspn(arena_copy(encoder->arena, given->name + 1,
		given->name_size - 1), "0123456789") != given->name_size - 1 ||
	    !value_integer_parse(given->name + 1, given->name_size - 1,
		&number) || number.high || number.low > ARM_TAG_MAX) {
		wire_put_fail(encoder, "a tag that %s does not know is `#1` "
			"to `#%d`", name, ARM_TAG_MAX);
		return 0;
	}
	for (; arm; arm = arm->next) {
		if (arm->tag != number.low)
			continue;
		wire_put_fail(encoder, "the tag %" PRIu64 " is known: write "
			"`%s`", arm->tag, arm->name);
		return 0;
	}
	return number.low;
}

static bool encode_unknown(struct wire_encoder *encoder, uint64_t tag,
	const struct value_member *given)
{
	if (tag == 0)
		return false;
	wire_put_near(encoder, &given->value);
	if (given->value.kind != VALUE_LIST)
		return wire_put_fail_kind(encoder, "a list of bytes",
			&given->value);
	return wire_put_varint(encoder, tag) &&
		wire_put_varint(encoder, given->value.as.list.count) &&
		wire_put_bytes(encoder, &given->value, "an unknown value");
}

static bool fail_arm(struct wire_encoder *encoder,
	const struct declaration *variant, const struct value_member *given)
{
	const struct member *arm = variant->as.structure.body.first;
	struct nearest nearest = nearest_start(value_show(encoder->arena,
		given->name, given->name_size));

	for (; arm; arm = arm->next)
		nearest_offer(&nearest, arm->name);
	return wire_fail_name(encoder, given, "arm", nearest.best);
}

static bool encode_entry(struct wire_encoder *encoder,
	const struct declaration *variant, const struct value_member *given)
{
	const struct member *arm = variant->as.structure.body.first;
	bool is_flexible = variant->as.structure.is_flexible;
	struct wire_path path = {.up = encoder->path};
	bool good;

	while (arm && !wire_is_name(given, arm->name))
		arm = arm->next;
	if (arm == NULL && is_flexible && given->name_size &&
	    given->name[0] == '#')
		return encode_unknown(encoder, unknown_tag(encoder,
			variant->name, variant->as.structure.body.first, given),
			given);
	if (arm == NULL)
		return fail_arm(encoder, variant, given);
	path.name = arm->name;
	encoder->path = &path;
	good = wire_put_varint(encoder, arm->tag) &&
		encode_arm(encoder, arm, &given->value, is_flexible);
	encoder->path = path.up;
	return good;
}

bool wire_put_variant(struct wire_encoder *encoder, const struct type *type,
	const struct value *value)
{
	bool good;

	if (!wire_check_object(encoder, value))
		return false;
	if (value == NULL || value->as.object.count != 1)
		return wire_put_fail(encoder, "exactly one arm of %s has to be "
			"given, not %zu", type->name,
			value ? value->as.object.count : 0);
	if (!wire_put_enter(encoder))
		return false;
	good = encode_entry(encoder, type->declaration,
		&value->as.object.members[0]);
	encoder->depth--;
	return good && wire_put_varint(encoder, 0);
}

/* ---- tables ---- */

/* A member that a table does not know. */
struct unknown {
	uint64_t tag;
	const struct value_member *given;
};

static int unknown_order(const void *left, const void *right)
{
	uint64_t a = ((const struct unknown *)left)->tag;
	uint64_t b = ((const struct unknown *)right)->tag;

	return a < b ? -1 : a > b;
}

/* All of them, by their tags, and behind them one whose tag is 0; NULL if one is
 * no such. */
static struct unknown *unknowns(struct wire_encoder *encoder, const struct member *table,
	const struct value *object)
{
	size_t room = object ? object->as.object.count : 0, count = 0;
	struct unknown *all = arena_alloc(encoder->arena, (room + 1) * sizeof(*all));

	for (size_t i = 0; i < room; i++) {
		const struct value_member *given = &object->as.object.members[i];

		if (given->name_size == 0 || given->name[0] != '#')
			continue;
		all[count] = (struct unknown){
			unknown_tag(encoder, "the table", table->tags, given), given,
		};
		if (all[count++].tag == 0)
			return NULL;
	}
	qsort(all, count, sizeof(*all), unknown_order);
	all[count].tag = 0;
	return all;
}

static bool encode_below(struct wire_encoder *encoder, const struct unknown **next,
	uint64_t tag)
{
	for (; (*next)->tag != 0 && (*next)->tag < tag; (*next)++) {
		if (!encode_unknown(encoder, (*next)->tag, (*next)->given))
			return false;
	}
	return true;
}

bool wire_put_table(struct wire_encoder *encoder, const struct member *table,
	const struct value *object)
{
	struct wire_path path = {.up = encoder->path};
	const struct unknown *next = unknowns(encoder, table, object);
	bool good = next != NULL;

	for (const struct member *m = table->tags; good && m; m = m->next) {
		const struct value *value = wire_given(encoder, object, m);

		good = encode_below(encoder, &next, m->tag);
		if (!good || value == NULL)
			continue;
		path.name = m->name;
		encoder->path = &path;
		good = wire_put_varint(encoder, m->tag) &&
			encode_arm(encoder, m, value, true);
		encoder->path = path.up;
	}
	return good && encode_below(encoder, &next, UINT64_MAX) &&
		wire_put_varint(encoder, 0);
}
