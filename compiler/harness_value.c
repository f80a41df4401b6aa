/*
 * Messages made up from the tree: as little or as much as may stand in them.
 *
 * Handles and leases are numbered in the order of their bytes, so values are
 * made in the order in which the encoder asks for them.
 */
#include <string.h>

#include "compiler/harness.h"

/* Beyond so many values a message is large enough. */
#define VALUES_MAX 400
/* A message of a method has no more; nor has one here, unless it has to. */
#define SIZE_WANTED MESSAGE_SIZE_MAX
/* Elements of arrays that are made one by one, since they are not alike. */
#define UNLIKE_MAX (MESSAGE_HANDLES_MAX + MESSAGE_LEASES_MAX)

struct maker {
	struct arena *arena;
	const struct harness_wish *wish;
	const struct declaration *variant;	/* still looked for */
	bool full;
	bool found;			/* the arm that was asked for stands there */
	bool failed;			/* more handles than there can be */
	unsigned depth;
	unsigned values;
	unsigned handles;
	unsigned leases;
};

static struct value make(struct maker *maker, const struct type *type);

/* ---- what leads where ---- */

struct search {
	struct arena *arena;
	const struct declaration *wanted;
	struct map visited;		/* C name -> declaration */
};

static bool search_type(struct search *search, const struct type *type);

static bool search_member(struct search *search, const struct member *member)
{
	if (member->type && search_type(search, member->type))
		return true;
	for (member = member->tags; member; member = member->next) {
		if (search_member(search, member))
			return true;
	}
	return false;
}

static bool search_type(struct search *search, const struct type *type)
{
	struct declaration *declaration = type->declaration;

	if (type->kind == TYPE_LIST || type->kind == TYPE_ARRAY)
		return search_type(search, type->element);
	if (type->kind != TYPE_STRUCT && type->kind != TYPE_VARIANT)
		return false;
	if (declaration == search->wanted)
		return true;
	if (map_add(&search->visited, search->arena, declaration->c_name,
	    declaration))
		return false;
	for (const struct member *member = declaration->as.structure.body.first;
	     member; member = member->next) {
		if (search_member(search, member))
			return true;
	}
	return false;
}

bool harness_leads_to(struct arena *arena, const struct type *type,
	const struct declaration *variant)
{
	struct search search = {.arena = arena, .wanted = variant};

	return search_type(&search, type);
}

static bool leads(const struct maker *maker, const struct type *type)
{
	return maker->variant &&
		harness_leads_to(maker->arena, type, maker->variant);
}

/* Whether what may be left out is put in. */
static bool wants(const struct maker *maker, const struct type *type)
{
	if (maker->depth > maker->wish->depth || maker->values > VALUES_MAX)
		return false;
	return maker->full || leads(maker, type);
}

/* ---- scalars ---- */

static struct value integer(uint64_t bits, bool is_signed)
{
	return (struct value){
		.kind = VALUE_INTEGER,
		.as.integer = value_integer(bits, is_signed),
	};
}

/* Small ones, those where a varint gets longer, and the greatest. */
static struct value make_integer(const struct maker *maker, const struct type *type)
{
	static const uint64_t numbers[] = {1, 0x7f, 5, UINT64_MAX, 2};
	uint64_t greatest = UINT64_MAX >> (64 - 8 * type->width);
	uint64_t number;

	if (!maker->full)
		return integer(0, type->is_signed);
	number = numbers[maker->values % 5];
	if (number < greatest)
		return integer(number, false);
	/* -1, or all bits. */
	return integer(type->is_signed ? UINT64_MAX : greatest, type->is_signed);
}

static struct value make_enum(const struct maker *maker, const struct type *type)
{
	const struct declaration *d = type->declaration;
	struct value value = integer(0, false);
	uint64_t bits = 0;

	for (const struct enumerator *e = d->as.enumeration.first; e; e = e->next) {
		bits |= value_integer_bits(&e->value);
		/* 0 if it is listed, else the first of them; or the last. */
		if (maker->full || e == d->as.enumeration.first ||
		    (e->value.low == 0 && e->value.high == 0))
			value.as.integer = e->value;
	}
	if (d->kind == DECLARATION_BITS)
		return integer(maker->full ? bits : 0, type->is_signed);
	if (!maker->full && !d->as.enumeration.is_strict)
		return integer(0, false);
	return value;
}

static struct value make_string(struct maker *maker, const struct type *type)
{
	static const char text[] = "ab/c\xc3\xa9\n";
	struct value value = {.kind = VALUE_STRING};

	value.as.string.data = text;
	if (maker->full)
		value.as.string.size = 2 * maker->wish->elements;
	if (value.as.string.size > sizeof(text) - 1)
		value.as.string.size = sizeof(text) - 1;
	if (value.as.string.size > type->bound)
		value.as.string.size = (size_t)type->bound;
	return value;
}

static struct value make_beside(struct maker *maker, const struct type *type)
{
	bool is_handle = type->kind == TYPE_HANDLE;
	unsigned *count = is_handle ? &maker->handles : &maker->leases;

	if (*count == (is_handle ? MESSAGE_HANDLES_MAX : MESSAGE_LEASES_MAX))
		maker->failed = true;
	else
		++*count;
	return integer(*count, false);
}

/* ---- lists ---- */

static struct value make_list(struct maker *maker, const struct type *type)
{
	struct value_list_builder list = {0};
	struct value value = {.kind = VALUE_LIST};
	uint64_t count = 0;

	if (wants(maker, type->element))
		count = maker->full ? maker->wish->elements : 1;
	if (count > type->bound)
		count = type->bound;
	while (count-- > 0) {
		struct value item = make(maker, type->element);

		*value_list_add(maker->arena, &list) = item;
	}
	value.as.list.items = list.items;
	value.as.list.count = list.count;
	return value;
}

/* Elements are alike, so that a large array costs little; but handles are not. */
static struct value make_array(struct maker *maker, const struct type *type)
{
	struct value_list_builder list = {0};
	struct value value = {.kind = VALUE_LIST};
	unsigned beside = maker->handles + maker->leases;

	*value_list_add(maker->arena, &list) = (struct value){0};
	list.items[0] = make(maker, type->element);
	value.as.list.count = (size_t)type->count;
	value.as.list.repeats = maker->handles + maker->leases == beside;
	if (!value.as.list.repeats && type->count > UNLIKE_MAX)
		maker->failed = true;
	while (!value.as.list.repeats && !maker->failed &&
	       list.count < type->count) {
		struct value item = make(maker, type->element);

		*value_list_add(maker->arena, &list) = item;
	}
	value.as.list.items = list.items;
	return value;
}

/* ---- structs ---- */

static void add(struct maker *maker, struct value_object_builder *object,
	const char *name, struct value value)
{
	struct value_member *member = value_object_add(maker->arena, object);

	member->name = name;
	member->name_size = strlen(name);
	member->value = value;
}

static void make_member(struct maker *maker, const struct member *member,
	struct value_object_builder *object)
{
	if (member->is_tags) {
		for (member = member->tags; member; member = member->next)
			make_member(maker, member, object);
		return;
	}
	if ((member->is_optional || member->tag) && !wants(maker, member->type))
		return;
	/* The encoder knows the defaults. */
	if (member->value.kind != LITERAL_NONE && !maker->full)
		return;
	add(maker, object, member->name, make(maker, member->type));
}

static struct value object_of(const struct value_object_builder *object)
{
	struct value value = {.kind = VALUE_OBJECT};

	value.as.object.members = object->members;
	value.as.object.count = object->count;
	return value;
}

/* "#3", where 3 is the lowest tag that none of those has. */
static const char *unknown_tag(struct arena *arena, const struct member *first)
{
	uint64_t tag = 1;
	const struct member *member = first;

	while (member) {
		bool is_taken = member->tag == tag;

		member = is_taken ? first : member->next;
		tag += is_taken;
	}
	return arena_printf(arena, "#%llu", (unsigned long long)tag);
}

static struct value make_unknown(struct maker *maker)
{
	struct value_list_builder list = {0};
	struct value value = {.kind = VALUE_LIST};

	for (unsigned i = 0; i < maker->wish->elements; i++)
		*value_list_add(maker->arena, &list) = integer(i, false);
	value.as.list.items = list.items;
	value.as.list.count = list.count;
	return value;
}

static struct value make_struct(struct maker *maker, const struct type *type)
{
	struct value_object_builder object = {0};

	maker->depth++;
	for (const struct member *member =
	     type->declaration->as.structure.body.first; member;
	     member = member->next)
		make_member(maker, member, &object);
	maker->depth--;
	if (table_block(type->declaration) != NULL && maker->full)
		add(maker, &object, unknown_tag(maker->arena,
			table_block(type->declaration)->tags), make_unknown(maker));
	return object_of(&object);
}

/* ---- variants ---- */

static uint64_t least_size(const struct member *arm)
{
	return arm->type == NULL || arm->is_optional ? 0 : arm->type->min_size;
}

/* The smallest, which never contains its own variant; or what leads on. */
static const struct member *choose_arm(const struct maker *maker,
	const struct declaration *variant)
{
	const struct member *best = variant->as.structure.body.first;
	bool is_wanted = maker->depth <= maker->wish->depth;

	for (const struct member *arm = best; arm; arm = arm->next) {
		if (is_wanted && arm->type && leads(maker, arm->type))
			return arm;
		if (least_size(arm) < least_size(best))
			best = arm;
	}
	if (!maker->full || !is_wanted || maker->values > VALUES_MAX)
		return best;
	for (const struct member *arm = best; arm; arm = arm->next) {
		if (arm->type)
			return arm;
	}
	return best;
}

static struct value make_arm(struct maker *maker, const struct member *arm)
{
	return arm->type ? make(maker, arm->type) :
		(struct value){.kind = VALUE_OBJECT};
}

static struct value make_variant(struct maker *maker, const struct type *type)
{
	const struct declaration *variant = type->declaration;
	struct value_object_builder object = {0};
	struct maker outer = *maker;
	const struct member *arm;

	maker->depth++;
	if (variant != maker->variant) {
		arm = choose_arm(maker, variant);
		add(maker, &object, arm->name, make_arm(maker, arm));
	} else if (maker->wish->arm == NULL) {
		maker->found = true;
		add(maker, &object, unknown_tag(maker->arena,
			variant->as.structure.body.first),
			make_unknown(maker));
	} else {
		/* What stands in it shows all that may. */
		arm = maker->wish->arm;
		maker->found = true;
		maker->full = maker->wish->elements > 0;
		maker->variant = NULL;
		add(maker, &object, arm->name, make_arm(maker, arm));
		maker->full = outer.full;
		maker->variant = outer.variant;
	}
	maker->depth--;
	return object_of(&object);
}

/* ---- */

static struct value make(struct maker *maker, const struct type *type)
{
	struct value value = {.kind = VALUE_BOOL};

	maker->values++;
	switch (type->kind) {
	case TYPE_INTEGER:
		return make_integer(maker, type);
	case TYPE_ENUM:
		return make_enum(maker, type);
	case TYPE_STRING:
		return make_string(maker, type);
	case TYPE_STRUCT:
	case TYPE_RECORD:
		return make_struct(maker, type);
	case TYPE_VARIANT:
		return make_variant(maker, type);
	case TYPE_LIST:
		return make_list(maker, type);
	case TYPE_ARRAY:
		return make_array(maker, type);
	case TYPE_HANDLE:
	case TYPE_LEASE:
		return make_beside(maker, type);
	case TYPE_FLOAT:
		if (!maker->full)
			return integer(0, false);
		value.kind = VALUE_FLOAT;
		value.as.string.data = "-1.5";
		value.as.string.size = 4;
		return value;
	default:
		value.as.truth = maker->full;
		return value;
	}
}

/* What stands in place first, as on the wire. */
static void make_section(struct maker *maker, const struct section *section,
	struct value_object_builder *object)
{
	for (int is_pointer = 0; is_pointer < 2; is_pointer++) {
		for (const struct member *member = section->body.first; member;
		     member = member->next) {
			if (member->is_pointer == is_pointer)
				make_member(maker, member, object);
		}
	}
}

static void join(struct arena *arena, const struct wire_bytes *head,
	const struct wire_bytes *tail, struct harness_bytes *to)
{
	to->size = head->size + tail->size;
	to->data = arena_alloc(arena, to->size);
	memcpy(to->data, head->data, head->size);
	if (tail->size)
		memcpy(to->data + head->size, tail->data, tail->size);
}

bool harness_make(struct arena *arena, const struct declaration *message,
	const struct harness_wish *wish, struct harness_bytes *to)
{
	struct wire_encode_options options = {.exact = true};
	struct value_object_builder object = {0};
	struct maker maker = {
		.arena = arena, .wish = wish, .full = wish->full,
		.variant = wish->variant,
	};
	struct wire_bytes head;
	struct wire_bytes tail;
	struct wire_fault fault;
	struct value value;

	make_section(&maker, &message->as.message.head, &object);
	if (message->as.message.tail.present)
		make_section(&maker, &message->as.message.tail, &object);
	value = object_of(&object);
	if (maker.failed || (wish->variant && !maker.found) ||
	    !wire_encode(arena, message, &value, &options, &head, &tail, &fault))
		return false;
	join(arena, &head, &tail, to);
	return true;
}

/* The first of ever humbler wishes that fits; `size` is what is wanted. */
static bool make_first(struct arena *arena, const struct declaration *message,
	struct harness_wish wish, const unsigned (*tries)[2], size_t count,
	struct harness_bytes *to)
{
	for (size_t i = 0; i < count; i++) {
		wish.elements = tries[i][0];
		wish.depth = tries[i][1];
		if (harness_make(arena, message, &wish, to) &&
		    to->size <= SIZE_WANTED)
			return true;
	}
	return false;
}

bool harness_make_full(struct arena *arena, const struct declaration *message,
	struct harness_bytes *to)
{
	static const unsigned tries[][2] = {
		{3, 8}, {3, 3}, {2, 4}, {2, 2}, {1, 8}, {1, 2}, {1, 1}, {1, 0},
		{0, 8}, {0, 2}, {0, 0},
	};

	return make_first(arena, message, (struct harness_wish){.full = true},
		tries, sizeof(tries) / sizeof(*tries), to);
}

bool harness_make_arm(struct arena *arena, const struct declaration *message,
	const struct declaration *variant, const struct member *arm,
	struct harness_bytes *to)
{
	static const unsigned tries[][2] = {
		{2, 3}, {1, 3}, {0, 3}, {1, 8}, {0, 8}, {1, 20}, {0, 20},
	};
	struct harness_wish wish = {.variant = variant, .arm = arm};

	return make_first(arena, message, wish, tries,
		sizeof(tries) / sizeof(*tries), to);
}
