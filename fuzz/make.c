/* Values at random. See make.h. */
#include "fuzz/make.h"

#include <string.h>

static bool is_least(const struct fuzz_maker *maker)
{
	return maker->amount == FUZZ_LEAST || maker->values == 0 ||
		maker->depth == 0;
}

static struct value integer(uint64_t bits, bool is_signed)
{
	return (struct value){
		.kind = VALUE_INTEGER,
		.as.integer = value_integer(bits, is_signed),
	};
}

/* ---- scalars ---- */

static uint64_t any_bits(struct fuzz_maker *maker, unsigned width)
{
	struct fuzz_random *random = maker->random;
	uint64_t bit = UINT64_C(1) << fuzz_below(random, 8 * width);

	switch (fuzz_below(random, 6)) {
	case 0:
		return fuzz_below(random, 4);
	case 1:
		return UINT64_MAX - fuzz_below(random, 3);
	case 2:
		return bit;
	case 3:
		return bit - 1;
	case 4:
		return bit + 1;
	default:
		return fuzz_next(random);
	}
}

static uint64_t enum_bits(struct fuzz_maker *maker, const struct type *type)
{
	const struct declaration *d = type->declaration;
	const struct enumerator *each = d->as.enumeration.first;
	bool is_bits = d->kind == DECLARATION_BITS;
	size_t skip = fuzz_below(maker->random, d->as.enumeration.count);
	uint64_t all = 0;

	if (!d->as.enumeration.is_strict && fuzz_one_in(maker->random, 4))
		return any_bits(maker, type->width);
	for (; is_bits && each; each = each->next)
		all |= value_integer_bits(&each->value);
	if (is_bits)
		return all & fuzz_next(maker->random);
	while (each && each->next && skip--)
		each = each->next;
	return each ? value_integer_bits(&each->value) : 0;
}

static uint64_t float_bits(struct fuzz_maker *maker, unsigned width)
{
	static const uint32_t narrow[] = {
		0, 0x80000000, 0x3f800000, 0x7f800000, 0xff800000, 0x7fc00000,
		0x7f800001, 0xffc12345, 1, 0x7f7fffff, 0x00800000,
	};
	static const uint64_t wide[] = {
		0, UINT64_C(0x8000000000000000), UINT64_C(0x3ff0000000000000),
		UINT64_C(0x7ff0000000000000), UINT64_C(0xfff0000000000000),
		UINT64_C(0x7ff8000000000000), UINT64_C(0x7ff0000000000001),
		UINT64_C(0xfff8123456789abc), 1, UINT64_C(0x7fefffffffffffff),
		UINT64_C(0x0010000000000000),
	};
	size_t index = fuzz_below(maker->random, sizeof(narrow) / sizeof(*narrow) + 1);

	if (index == sizeof(narrow) / sizeof(*narrow))
		return fuzz_next(maker->random);
	return width == 4 ? narrow[index] : wide[index];
}

uint64_t fuzz_make_bits(struct fuzz_maker *maker, const struct type *type)
{
	uint64_t bits;

	if (type->kind == TYPE_BOOL)
		bits = fuzz_below(maker->random, 2);
	else if (type->kind == TYPE_FLOAT)
		bits = float_bits(maker, type->width);
	else if (type->kind == TYPE_ENUM)
		bits = enum_bits(maker, type);
	else
		bits = any_bits(maker, type->width);
	return type->width < 8 ?
		bits & ((UINT64_C(1) << (8 * type->width)) - 1) : bits;
}

struct value fuzz_bits_value(struct arena *arena, const struct type *type,
	uint64_t bits)
{
	uint64_t sign = UINT64_C(1) << (8 * type->width - 1);
	struct value truth = {.kind = VALUE_BOOL};

	if (type->kind == TYPE_FLOAT)
		return value_float(arena, bits, type->width);
	truth.as.truth = bits & 1;
	if (type->kind == TYPE_BOOL)
		return truth;
	if (type->is_signed)
		bits = (bits ^ sign) - sign;
	return integer(bits, type->is_signed);
}

static struct value make_scalar(struct fuzz_maker *maker, const struct type *type)
{
	uint64_t bits = 0;

	if (type->kind == TYPE_HANDLE || type->kind == TYPE_LEASE)
		return integer(1, false);
	if (maker->amount != FUZZ_LEAST)
		bits = fuzz_make_bits(maker, type);
	else if (type->kind == TYPE_ENUM && type->declaration->as.enumeration.first &&
		 type->declaration->kind != DECLARATION_BITS)
		bits = value_integer_bits(
			&type->declaration->as.enumeration.first->value);
	return fuzz_bits_value(maker->arena, type, bits);
}

/* ---- strings and lists ---- */

/* Up to the bound; rarely many. */
static size_t amount(struct fuzz_maker *maker, uint64_t bound)
{
	size_t most = maker->amount == FUZZ_FULL ? 6 : 4;

	if (is_least(maker))
		return 0;
	if (fuzz_one_in(maker->random, 40))
		most = 300;
	if (bound <= 16 && (maker->amount == FUZZ_FULL || fuzz_one_in(maker->random, 6)))
		return (size_t)bound;
	most = bound < most ? (size_t)bound : most;
	return fuzz_below(maker->random, most + 1);
}

static struct value make_string(struct fuzz_maker *maker, const struct type *type)
{
	struct value value = {.kind = VALUE_STRING};
	size_t size = amount(maker, type->bound);
	char *data = arena_alloc(maker->arena, size + 1);

	for (size_t i = 0; i < size; i++)
		data[i] = (char)(fuzz_one_in(maker->random, 4) ?
			fuzz_below(maker->random, 256) :
			'a' + fuzz_below(maker->random, 26));
	value.as.string.data = data;
	value.as.string.size = size;
	return value;
}

static struct value make_items(struct fuzz_maker *maker, const struct type *type,
	size_t count)
{
	struct value list = {.kind = VALUE_LIST};
	struct value *items;

	list.as.list.count = count;
	list.as.list.repeats = type->max_size == 0 || count > 1000;
	if (list.as.list.repeats && count)
		count = 1;
	items = arena_alloc(maker->arena, (count + 1) * sizeof(*items));
	for (size_t i = 0; i < count; i++)
		items[i] = fuzz_make(maker, type);
	list.as.list.items = items;
	return list;
}

/* ---- structs and variants ---- */

static struct value_member *add(struct fuzz_maker *maker,
	struct value_object_builder *object, const char *name)
{
	struct value_member *member = value_object_add(maker->arena, object);

	member->name = name;
	member->name_size = strlen(name);
	return member;
}

static struct value object_of(const struct value_object_builder *object)
{
	struct value value = {.kind = VALUE_OBJECT};

	value.as.object.members = object->members;
	value.as.object.count = object->count;
	return value;
}

static bool is_wanted(struct fuzz_maker *maker, const struct member *member)
{
	if (!member->is_optional && !member->tag)
		return true;
	if (is_least(maker))
		return false;
	return maker->amount == FUZZ_FULL || fuzz_one_in(maker->random, 2);
}

static void make_member(struct fuzz_maker *maker, const struct member *member,
	struct value_object_builder *object)
{
	struct value value;

	for (const struct member *each = member->tags; each; each = each->next)
		make_member(maker, each, object);
	if (member->is_tags || !is_wanted(maker, member))
		return;
	value = fuzz_make(maker, member->type);
	add(maker, object, member->name)->value = value;
}

static void make_body(struct fuzz_maker *maker, const struct body *body,
	struct value_object_builder *object)
{
	for (const struct member *member = body->first; member;
	     member = member->next)
		make_member(maker, member, object);
}

/* A value of a tag that none of those has. */
static struct value make_unknown(struct fuzz_maker *maker,
	const struct member *first, struct value_member *to)
{
	static const struct type byte = {
		.kind = TYPE_INTEGER, .name = "byte", .width = 1, .max_size = 1,
	};
	uint64_t tag = 1 + fuzz_below(maker->random,
		fuzz_one_in(maker->random, 3) ? INT32_MAX : 300);
	const struct member *each = first;

	while (each) {
		bool is_taken = each->tag == tag;

		each = is_taken ? first : each->next;
		tag = is_taken ? tag % INT32_MAX + 1 : tag;
	}
	to->name = arena_printf(maker->arena, "#%llu", (unsigned long long)tag);
	to->name_size = strlen(to->name);
	return make_items(maker, &byte, amount(maker, UNBOUNDED));
}

static struct value make_struct(struct fuzz_maker *maker, const struct type *type)
{
	const struct member *table = table_block(type->declaration);
	struct value_object_builder object = {0};

	make_body(maker, &type->declaration->as.structure.body, &object);
	if (table != NULL && !is_least(maker) && fuzz_one_in(maker->random, 3)) {
		struct value_member *to = add(maker, &object, "");

		to->value = make_unknown(maker, table->tags, to);
	}
	return object_of(&object);
}

static uint64_t least_size(const struct member *arm)
{
	return arm->type ? arm->type->min_size : 0;
}

/* The one that leads nowhere, or any. */
static const struct member *choose_arm(struct fuzz_maker *maker,
	const struct declaration *variant)
{
	const struct member *best = variant->as.structure.body.first;
	size_t skip = fuzz_below(maker->random, variant->as.structure.body.count);

	for (const struct member *arm = best; arm; arm = arm->next) {
		if (is_least(maker) ? least_size(arm) < least_size(best) :
		    skip-- == 0)
			best = arm;
	}
	return best;
}

static struct value make_variant(struct fuzz_maker *maker, const struct type *type)
{
	const struct declaration *variant = type->declaration;
	struct value_object_builder object = {0};
	const struct member *arm = choose_arm(maker, variant);
	struct value_member *to = add(maker, &object, arm ? arm->name : "");

	if (variant->as.structure.is_flexible &&
	    (arm == NULL || (!is_least(maker) && fuzz_one_in(maker->random, 5))))
		to->value = make_unknown(maker,
			variant->as.structure.body.first, to);
	else if (arm && arm->type)
		to->value = fuzz_make(maker, arm->type);
	else
		to->value.kind = VALUE_OBJECT;
	return object_of(&object);
}

static struct value make_deep(struct fuzz_maker *maker, const struct type *type)
{
	unsigned depth = maker->depth;
	struct value value;

	maker->depth -= depth > 0;
	value = (type->kind == TYPE_VARIANT ? make_variant : make_struct)(maker, type);
	maker->depth = depth;
	return value;
}

struct value fuzz_make(struct fuzz_maker *maker, const struct type *type)
{
	maker->values -= maker->values > 0;
	switch (type->kind) {
	case TYPE_STRING:
		return make_string(maker, type);
	case TYPE_LIST:
		return make_items(maker, type->element, amount(maker, type->bound));
	case TYPE_ARRAY:
		return make_items(maker, type->element, (size_t)type->count);
	case TYPE_RECORD:
		return make_struct(maker, type);
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		return make_deep(maker, type);
	default:
		return make_scalar(maker, type);
	}
}

struct value fuzz_make_message(struct fuzz_maker *maker,
	const struct declaration *message)
{
	struct value_object_builder object = {0};

	make_body(maker, &message->as.message.head.body, &object);
	if (message->as.message.tail.present)
		make_body(maker, &message->as.message.tail.body, &object);
	return object_of(&object);
}
