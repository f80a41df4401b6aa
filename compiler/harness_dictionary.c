/*
 * Dictionaries for libFuzzer and AFL: bytes that mean something in messages.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "compiler/harness.h"

/* No word is longer: that is libFuzzer's limit. */
#define WORD_MAX 64

struct dictionary {
	struct arena *arena;
	struct printer *out;
	struct map words;		/* as they are printed */
	struct map visited;		/* C name -> declaration */
};

/* ---- words ---- */

static void add_word(struct dictionary *dictionary, const char *name,
	const void *bytes, size_t size)
{
	const unsigned char *data = bytes;
	const char *text = "";

	if (size == 0 || size > WORD_MAX)
		return;
	for (size_t i = 0; i < size; i++)
		text = arena_printf(dictionary->arena,
			isalnum(data[i]) ? "%s%c" : "%s\\x%02x", text, data[i]);
	if (map_add(&dictionary->words, dictionary->arena, text, dictionary))
		return;
	print_line(dictionary->out, "%s=\"%s\"", name, text);
}

static void add_varint(struct dictionary *dictionary, const char *name,
	uint64_t number)
{
	unsigned char bytes[WIRE_VARINT_MAX];

	add_word(dictionary, name, bytes, wire_varint_write(number, bytes));
}

static void add_fixed(struct dictionary *dictionary, const char *name,
	uint64_t number, unsigned width)
{
	unsigned char bytes[8];

	for (unsigned i = 0; i < width; i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	add_word(dictionary, name, bytes, width);
}

/* As it stands in place, and elsewhere; a negative one in two's complement. */
static void add_number(struct dictionary *dictionary, const char *name,
	uint64_t number, unsigned width)
{
	add_varint(dictionary, name, number);
	add_fixed(dictionary, name, number, width);
}

/* A bound, and what is one above. */
static void add_bound(struct dictionary *dictionary, const char *name,
	uint64_t bound)
{
	if (bound == UNBOUNDED)
		return;
	add_varint(dictionary, name, bound);
	add_varint(dictionary, name, bound + 1);
}

/* ---- what stands in a message ---- */

static void add_body(struct dictionary *dictionary, const char *owner,
	const struct body *body);

static void add_enumerators(struct dictionary *dictionary, const struct type *type)
{
	const struct declaration *d = type->declaration;

	for (const struct enumerator *e = d->as.enumeration.first; e; e = e->next)
		add_number(dictionary, arena_printf(dictionary->arena, "%s_%s",
			d->c_name, e->name),
			value_integer_bits(&e->value), type->width);
}

/* Where a number of that width begins to need more room, or turns over. */
static void add_boundaries(struct dictionary *dictionary, const struct type *type)
{
	uint64_t sign = UINT64_C(1) << (8 * type->width - 1);
	const char *name = arena_printf(dictionary->arena, "%sint%u",
		type->is_signed ? "" : "u", 8 * type->width);

	add_number(dictionary, name, 0, type->width);
	add_number(dictionary, name, 1, type->width);
	add_number(dictionary, name, sign - 1, type->width);
	if (type->is_signed) {
		add_number(dictionary, name, 0 - sign, type->width);
		add_number(dictionary, name, UINT64_MAX, type->width);
	} else {
		add_number(dictionary, name, sign, type->width);
		add_number(dictionary, name, 2 * sign - 1, type->width);
	}
	/* The first that does not fit. */
	if (type->width < 8)
		add_varint(dictionary, name, type->is_signed ? sign : 2 * sign);
}

static void add_type(struct dictionary *dictionary, const char *name,
	const struct type *type)
{
	struct declaration *d = type->declaration;

	switch (type->kind) {
	case TYPE_LIST:
	case TYPE_ARRAY:
		add_bound(dictionary, name, type->kind == TYPE_LIST ?
			type->bound : type->count);
		add_type(dictionary, name, type->element);
		break;
	case TYPE_STRING:
		add_bound(dictionary, name, type->bound);
		break;
	case TYPE_ENUM:
		add_enumerators(dictionary, type);
		break;
	case TYPE_INTEGER:
		add_boundaries(dictionary, type);
		break;
	case TYPE_FLOAT:
		add_fixed(dictionary, "infinity", type->width == 4 ?
			UINT64_C(0x7f800000) : UINT64_C(0x7ff0000000000000),
			type->width);
		add_fixed(dictionary, "nan", type->width == 4 ?
			UINT64_C(0x7f800001) : UINT64_C(0x7ff0000000000001),
			type->width);
		break;
	case TYPE_RECORD:
		add_varint(dictionary, d->c_name, type->fixed_size);
		/* fallthrough */
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		if (!map_add(&dictionary->visited, dictionary->arena, d->c_name, d))
			add_body(dictionary, d->c_name, &d->as.structure.body);
		break;
	default:
		break;
	}
}

static void add_default(struct dictionary *dictionary, const char *name,
	const struct member *member)
{
	const struct literal *literal = &member->value;
	uint64_t bits = value_integer_bits(&literal->number);

	if (literal->kind == LITERAL_TEXT)
		add_word(dictionary, name, literal->text, literal->size);
	else if (literal->kind == LITERAL_INTEGER)
		add_number(dictionary, name, bits, member->type->width);
	else if (literal->kind == LITERAL_FLOAT && member->type->width == 8) {
		memcpy(&bits, &literal->real, sizeof(bits));
		add_fixed(dictionary, name, bits, 8);
	}
}

static void add_member(struct dictionary *dictionary, const char *owner,
	const struct member *member)
{
	const char *name = arena_printf(dictionary->arena, "%s_%s", owner,
		member->is_tags ? "tags" : member->name);

	if (member->tag)
		add_varint(dictionary, name, member->tag);
	add_bound(dictionary, name, member->bytes_bound);
	if (member->type) {
		add_default(dictionary, name, member);
		add_type(dictionary, name, member->type);
	}
	for (member = member->tags; member; member = member->next)
		add_member(dictionary, owner, member);
}

static void add_body(struct dictionary *dictionary, const char *owner,
	const struct body *body)
{
	for (const struct member *member = body->first; member;
	     member = member->next)
		add_member(dictionary, owner, member);
}

static void add_message(struct dictionary *dictionary,
	const struct declaration *message)
{
	if (message == NULL)
		return;
	add_fixed(dictionary, message->c_name, message->as.message.id, 4);
	add_body(dictionary, message->c_name, &message->as.message.head.body);
	add_body(dictionary, message->c_name, &message->as.message.tail.body);
}

/* ---- targets ---- */

static void add_methods(struct dictionary *dictionary,
	struct method *const *methods, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		add_message(dictionary, methods[i]->request);
		add_message(dictionary, methods[i]->reply);
		if (methods[i]->error)
			add_enumerators(dictionary,
				&(struct type){.kind = TYPE_ENUM, .width = 4,
				.declaration = methods[i]->error});
	}
}

static void add_target(struct dictionary *dictionary,
	const struct harness *harness, const struct harness_target *target)
{
	const struct declaration *d = target->declaration;

	if (target->kind == HARNESS_MESSAGE) {
		add_message(dictionary, d);
	} else if (target->kind == HARNESS_INTERFACE) {
		add_methods(dictionary, d->as.interface.methods,
			d->as.interface.method_count);
		add_methods(dictionary, d->as.interface.events,
			d->as.interface.event_count);
	} else {
		for (d = harness_message(harness->schema->root->first); d;
		     d = harness_message(d->next))
			add_message(dictionary, d);
	}
}

void harness_print_dictionaries(struct harness *harness)
{
	for (size_t i = 0; i < harness->target_count; i++) {
		const struct harness_target *target = &harness->targets[i];
		struct dictionary dictionary = {
			.arena = harness->arena,
			.out = harness_file(harness, arena_printf(harness->arena,
				"%s.dict", target->name)),
		};

		print_line(dictionary.out, "# Made by skald from %s; edit that, "
			"not this.", harness->schema->root->name);
		add_target(&dictionary, harness, target);
	}
}
