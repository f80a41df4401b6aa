/*
 * Random values: at the limits of their types more often than not.
 */
#include <string.h>

#include "tests/evolve/evolve.h"

struct maker {
	struct arena *arena;
	uint64_t *state;
	bool small;
	unsigned depth;
	unsigned values;
	unsigned handles;
	unsigned leases;
};

uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

size_t random_below(uint64_t *state, size_t limit)
{
	return limit == 0 ? 0 : (size_t)((random_next(state) >> 20) % limit);
}

bool random_one_in(uint64_t *state, size_t n)
{
	return random_below(state, n) == 0;
}

static struct value make(struct maker *maker, const struct type *type);

static struct value integer(uint64_t bits, bool is_signed)
{
	return (struct value){
		.kind = VALUE_INTEGER, .as.integer = value_integer(bits, is_signed),
	};
}

static struct value make_integer(struct maker *maker, unsigned width, bool is_signed)
{
	uint64_t most = UINT64_MAX >> (64 - 8 * width);
	unsigned bits = (unsigned)random_below(maker->state, 8 * width + 1);
	uint64_t number = bits == 0 ? 0 : random_next(maker->state) >> (64 - bits);

	if (random_one_in(maker->state, 4))
		number = is_signed ? most / 2 : most;
	if (is_signed && number > most / 2)
		number = most / 2;
	if (is_signed && random_one_in(maker->state, 2))
		number = ~number;	/* from -1 down to the least */
	return integer(number, is_signed);
}

static struct value make_enum(struct maker *maker, const struct type *type)
{
	const struct declaration *d = type->declaration;
	size_t chosen = random_below(maker->state, d->as.enumeration.count);
	const struct enumerator *e = d->as.enumeration.first;
	uint64_t bits = 0;

	if (!d->as.enumeration.is_strict && random_one_in(maker->state, 3))
		return make_integer(maker, type->width, type->is_signed);
	for (const struct enumerator *one = e; one; one = one->next)
		bits |= random_one_in(maker->state, 2) ? value_integer_bits(&one->value) : 0;
	if (d->kind == DECLARATION_BITS || e == NULL)
		return integer(bits, type->is_signed);
	while (chosen-- > 0)
		e = e->next;
	return (struct value){.kind = VALUE_INTEGER, .as.integer = e->value};
}

/* None, one, some, or as many as there may be. */
static size_t make_count(struct maker *maker, uint64_t bound, size_t most)
{
	size_t count = random_below(maker->state, maker->small ? 3 : 6);

	if (bound <= most && (maker->values < 50 || count > bound) &&
	    random_one_in(maker->state, 3))
		return (size_t)bound;
	return count > bound ? (size_t)bound : count;
}

static struct value make_string(struct maker *maker, uint64_t bound)
{
	size_t size = make_count(maker, bound, 600);
	char *text = arena_alloc(maker->arena, size + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = (char)('a' + random_below(maker->state, 26));
	return (struct value){.kind = VALUE_STRING, .as.string = {text, size}};
}

static struct value make_items(struct maker *maker, const struct type *element, uint64_t count)
{
	struct value_list_builder list = {0};

	for (uint64_t i = 0; i < count; i++) {
		struct value item = make(maker, element);

		*value_list_add(maker->arena, &list) = item;
	}
	return (struct value){
		.kind = VALUE_LIST, .as.list = {.items = list.items, .count = list.count},
	};
}

static struct value object_of(const struct value_object_builder *object)
{
	return (struct value){
		.kind = VALUE_OBJECT, .as.object = {object->members, object->count},
	};
}

static void add(struct maker *maker, struct value_object_builder *to, const char *name,
	struct value value)
{
	*value_object_add(maker->arena, to) = (struct value_member){
		.name = name, .name_size = strlen(name), .value = value,
	};
}

static void make_member(struct maker *maker, const struct member *member,
	struct value_object_builder *to)
{
	if (member->is_tags) {
		for (const struct member *m = member->tags; m; m = m->next)
			make_member(maker, m, to);
		return;
	}
	if ((member->is_optional || member->tag) &&
	    (maker->depth > 8 || maker->values > 300 || random_one_in(maker->state, 3)))
		return;
	add(maker, to, member->name, make(maker, member->type));
}

static struct value make_struct(struct maker *maker, const struct body *body)
{
	struct value_object_builder to = {0};

	for (const struct member *m = body->first; m; m = m->next)
		make_member(maker, m, &to);
	return object_of(&to);
}

static struct value make_variant(struct maker *maker, const struct declaration *variant)
{
	size_t chosen = random_below(maker->state, variant->as.structure.body.count);
	const struct member *arm = variant->as.structure.body.first;
	struct value_object_builder to = {0};

	/* Deep down the first without a value, or the first. */
	if (maker->depth > 8) {
		for (const struct member *m = arm; m; m = m->next)
			arm = m->type == NULL ? m : arm;
		chosen = 0;
	}
	while (chosen-- > 0)
		arm = arm->next;
	add(maker, &to, arm->name, arm->type ? make(maker, arm->type)
		: (struct value){.kind = VALUE_OBJECT});
	return object_of(&to);
}

static struct value make_deeper(struct maker *maker, const struct type *type)
{
	struct value value;

	maker->depth++;
	value = maker->depth > 70 ? (struct value){.kind = VALUE_OBJECT}
		: type->kind == TYPE_VARIANT ? make_variant(maker, type->declaration)
		: make_struct(maker, &type->declaration->as.structure.body);
	maker->depth--;
	return value;
}

static struct value make_float(struct maker *maker)
{
	static const char *const numbers[] = {"0.0", "-1.5", "1e30", "0.1"};
	const char *text = numbers[random_below(maker->state, 4)];

	return (struct value){
		.kind = VALUE_FLOAT, .as.string = {text, strlen(text)},
	};
}

static struct value make(struct maker *maker, const struct type *type)
{
	maker->values++;
	switch (type->kind) {
	case TYPE_INTEGER:
		return make_integer(maker, type->width, type->is_signed);
	case TYPE_ENUM:
		return make_enum(maker, type);
	case TYPE_BOOL:
		return (struct value){
			.kind = VALUE_BOOL, .as.truth = random_one_in(maker->state, 2),
		};
	case TYPE_FLOAT:
		return make_float(maker);
	case TYPE_STRING:
		return make_string(maker, type->bound);
	case TYPE_LIST:
		return make_items(maker, type->element, maker->depth > 8 ||
			maker->values > 300 ? 0 : make_count(maker, type->bound, 80));
	case TYPE_ARRAY:
		return make_items(maker, type->element, type->count);
	case TYPE_HANDLE:
		return integer(++maker->handles, false);
	case TYPE_LEASE:
		return integer(++maker->leases, false);
	default:
		return make_deeper(maker, type);
	}
}

/* Handles are numbered in the order of their bytes: what stands in place first. */
static void make_section(struct maker *maker, const struct section *section,
	struct value_object_builder *to)
{
	for (int pass = 0; pass < 2; pass++) {
		for (const struct member *m = section->body.first; m; m = m->next) {
			if (m->is_pointer == (pass == 1))
				make_member(maker, m, to);
		}
	}
}

struct value value_random(struct arena *arena, uint64_t *state,
	const struct declaration *message, bool small)
{
	struct maker maker = {.arena = arena, .state = state, .small = small};
	struct value_object_builder to = {0};

	make_section(&maker, &message->as.message.head, &to);
	if (message->as.message.tail.present)
		make_section(&maker, &message->as.message.tail, &to);
	return object_of(&to);
}
