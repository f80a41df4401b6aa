/*
 * Contracts: rows of an interface, by a walk over all that its methods are made of.
 *
 * A key is a path of numbers that stand on the wire or give the order there: of the
 * method, of a message's part, of members, tags. Names are in no key but those of
 * enumerators that may come and go, so that what is renamed stays the same.
 */
#include "compiler/contract.h"

#include <inttypes.h>
#include <string.h>

#include "compiler/facts.h"
#include "idl/arena.h"
#include "idl/map.h"

#define FNV_BEGIN UINT64_C(0xcbf29ce484222325)
#define FNV_FACTOR UINT64_C(0x100000001b3)

/* Where the second section of a message begins to count, and what stands beside the
 * members: parts of a key. */
#define TAIL_FROM 100000
#define PART_REQUEST 1
#define PART_REPLY 2
#define PART_IDEMPOTENT 3
#define PART_STRICT 1000001
#define PART_BYTES 1000002
#define PART_DEPTH 1000003
#define PART_ELEMENT 1000004
#define PART_ENUM 1000005

struct rows {
	struct arena *arena;
	struct contract_row *items;
	uint32_t count, capacity;
	struct map enums;		/* whose enumerators are listed */
	uint32_t role;			/* who writes what is walked: a flag, or both */
};

/* Where the walk is; those around it are its path. */
struct place {
	const struct place *around;
	uint64_t key;
	uint32_t flags;			/* besides the role */
	const char *text;
	const struct declaration *inside;	/* a struct or variant, or NULL */
};

/* ---- rows ---- */

static uint64_t mix(uint64_t hash, uint64_t number)
{
	for (unsigned i = 0; i < 64; i += 8)
		hash = (hash ^ (number >> i & 0xff)) * FNV_FACTOR;
	return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
	while (*text != '\0')
		hash = (hash ^ (unsigned char)*text++) * FNV_FACTOR;
	return hash;
}

/* What a word and two numbers say of how something stands there. */
static uint32_t shape(const char *word, uint64_t one, uint64_t two)
{
	uint64_t hash = mix(mix(mix_text(FNV_BEGIN, word), one), two);

	return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t limited(uint64_t bound)
{
	return bound < UINT32_MAX ? (uint32_t)bound : UINT32_MAX;
}

static void add_row(struct rows *rows, const struct place *place, uint32_t form,
	uint64_t limit)
{
	uint32_t capacity = rows->capacity != 0 ? 2 * rows->capacity : 64;
	struct contract_row *items = rows->items;

	if (rows->count == rows->capacity) {
		rows->items = arena_alloc(rows->arena, capacity * sizeof(*items));
		if (rows->count != 0)
			memcpy(rows->items, items, rows->count * sizeof(*items));
		rows->capacity = capacity;
	}
	rows->items[rows->count++] = (struct contract_row){
		.key = place->key, .parent = place->around ? place->around->key : 0,
		.shape = form, .limit = limited(limit), .flags = place->flags | rows->role,
		.text = place->text,
	};
}

/* Something within a place. */
static struct place within(const struct rows *rows, const struct place *around,
	uint64_t number, const char *name)
{
	return (struct place){
		.around = around, .key = mix(around ? around->key : FNV_BEGIN, number),
		.text = around ? arena_printf(rows->arena, "%s: %s", around->text, name) :
			name,
	};
}

/* ---- types ---- */

static void walk_members(struct rows *rows, const struct place *place,
	const struct member *member, uint64_t from, bool in_place);

/* Of an enumeration that may grow: names have the same values where both have them. */
static void walk_names(struct rows *rows, const struct declaration *d)
{
	struct place all = { .key = mix_text(mix(FNV_BEGIN, PART_ENUM), d->name),
		.flags = CONTRACT_FREE, .text = d->name };
	uint32_t role = rows->role;

	if (map_add(&rows->enums, rows->arena, d->qualified, rows) != NULL)
		return;
	rows->role = 0;
	for (const struct enumerator *e = d->as.enumeration.first; e != NULL; e = e->next) {
		struct place one = within(rows, NULL, 0, arena_printf(rows->arena,
			"%s.%s", d->name, e->name));

		one.key = mix_text(all.key, e->name);
		one.flags = CONTRACT_FREE;
		add_row(rows, &one, shape("value", e->value.low, e->value.negative), 0);
	}
	rows->role = role;
}

static void walk_enum(struct rows *rows, const struct place *place, const struct declaration *d)
{
	struct place strict = within(rows, place, PART_STRICT, "strict");

	walk_names(rows, d);
	if (!d->as.enumeration.is_strict)
		return;
	strict.flags = CONTRACT_DEMAND;
	add_row(rows, &strict, shape("strict", 0, 0), d->as.enumeration.count);
}

static const struct place *find_around(const struct place *place, const struct declaration *d)
{
	while (place != NULL && place->inside != d)
		place = place->around;
	return place;
}

/* A struct, record or variant; one that contains itself is walked once. */
static void walk_structure(struct rows *rows, const struct place *place,
	const struct declaration *d)
{
	bool is_arms = d->kind == DECLARATION_VARIANT;
	struct place inside = *place;

	if (find_around(place->around, d) != NULL)
		return;
	inside.inside = d;
	if (is_arms)
		inside.flags |= d->as.structure.is_flexible ? CONTRACT_FREE :
			CONTRACT_TAGGED;
	walk_members(rows, &inside, d->as.structure.body.first, 0,
		d->kind == DECLARATION_RECORD);
}

/* Whether or not it is called text. */
static bool is_bytes(const struct type *list)
{
	return list->element->kind == TYPE_INTEGER && list->element->width == 1;
}

/* `how` says what else is the member's: where it stands, whether it is optional. */
static uint32_t shape_of(const struct type *type, uint64_t how, bool in_place)
{
	uint64_t kind = mix(how, type->kind);

	switch (type->kind) {
	case TYPE_INTEGER:
	case TYPE_ENUM:
		return shape("integer", mix(how, in_place || type->width == 1 ?
			type->width : 0), type->is_signed);
	case TYPE_BOOL:
	case TYPE_FLOAT:
		return shape("number", kind, type->width);
	case TYPE_HANDLE:
		return shape("handle", mix_text(kind, type->declaration->name), type->is_copy);
	case TYPE_LEASE:
		return shape("lease", kind, (uint64_t)type->direction);
	case TYPE_ARRAY:
		return shape("array", kind, type->count);
	case TYPE_STRING:
		return shape("bytes", how, 0);
	case TYPE_LIST:
		return is_bytes(type) ? shape("bytes", how, 0) :
			shape("list", kind, type_is_blob(type->element));
	case TYPE_RECORD:
		return shape("record", kind, type->fixed_size);
	case TYPE_VARIANT:
		return shape("variant", kind, type->declaration->as.structure.is_flexible);
	case TYPE_STRUCT:
		break;
	}
	return shape("struct", kind, type->declaration->as.structure.is_table);
}

/* What a writer may have more of than a reader takes. */
static uint64_t limit_of(const struct type *type, bool in_place)
{
	switch (type->kind) {
	case TYPE_INTEGER:
	case TYPE_ENUM:
		return in_place ? 0 : type->width;
	case TYPE_STRING:
	case TYPE_LIST:
	case TYPE_LEASE:
		return type->bound;
	default:
		return 0;
	}
}

/* A value; `in_place` if it stands in a head, tail or record as it is. */
static void walk_type(struct rows *rows, const struct place *place, const struct type *type,
	uint64_t how, bool in_place)
{
	bool is_list = type->kind == TYPE_LIST;
	struct place element;

	add_row(rows, place, shape_of(type, how, in_place), limit_of(type, in_place));
	if (type->kind == TYPE_ENUM) {
		walk_enum(rows, place, type->declaration);
	} else if (type->element != NULL && !(is_list && is_bytes(type))) {
		element = within(rows, place, PART_ELEMENT, facts_type(rows->arena, type->element));
		walk_type(rows, &element, type->element, 0, in_place && !is_list);
	} else if (type->declaration != NULL && type->kind != TYPE_HANDLE) {
		walk_structure(rows, place, type->declaration);
	}
}

/* ---- members ---- */

static const char *member_text(const struct rows *rows, const struct member *member,
	bool in_place)
{
	const char *text = arena_printf(rows->arena, "%s: %s%s", member->name,
		member->is_optional ? "optional " : "", member->type == NULL ? "no value" :
		facts_type(rows->arena, member->type));

	return in_place ? arena_printf(rows->arena, "%s at %" PRIu64, text, member->offset) :
		text;
}

static void walk_tags(struct rows *rows, const struct place *place,
	const struct member *block, uint64_t number)
{
	struct place all = within(rows, place, number, "tags");

	add_row(rows, &all, shape("tags", block->is_sized, 0), 0);
	all.text = place->text;
	all.flags = block->is_sized ? CONTRACT_FREE : CONTRACT_TAGGED;
	walk_members(rows, &all, block->tags, 0, false);
}

/* What else bounds it. */
static void walk_bound(struct rows *rows, const struct place *place, uint64_t part,
	const char *name, uint64_t bound)
{
	struct place one = within(rows, place, part, name);

	one.flags = CONTRACT_DEMAND;
	add_row(rows, &one, shape("bound", part, 0), bound);
}

/* What a reader takes for it if it is not there. */
static uint64_t default_of(const struct member *member)
{
	const struct literal *value = &member->value;
	uint64_t bits = value->number.low;

	if (!member->is_optional && member->tag == 0)
		return 0;
	if (value->kind == LITERAL_FLOAT)
		memcpy(&bits, &value->real, sizeof(bits));
	if (value->kind == LITERAL_TEXT)
		bits = mix(mix_text(FNV_BEGIN, value->text), value->size);
	return mix(mix(value->kind, bits), value->number.negative);
}

static void walk_member(struct rows *rows, const struct place *place,
	const struct member *member, uint64_t number, bool in_place)
{
	struct place one = within(rows, place, member->tag != 0 ? member->tag : number,
		member_text(rows, member, in_place));

	/* What all of the members of a block of tags or a variant have. */
	if (member->tag != 0)
		one.flags = place->flags & (CONTRACT_FREE | CONTRACT_TAGGED);
	if (member->type == NULL) {
		add_row(rows, &one, shape("no value", 0, 0), 0);
		return;
	}
	walk_type(rows, &one, member->type, mix(mix(in_place ? member->offset : UNBOUNDED,
		2u * member->is_optional + member->is_pointer), default_of(member)),
		in_place && !member->is_pointer);
	if (member->bytes_bound != UNBOUNDED)
		walk_bound(rows, &one, PART_BYTES, "@bytes", member->bytes_bound);
	if (member->depth_bound != 0)
		walk_bound(rows, &one, PART_DEPTH, "@depth", member->depth_bound);
}

/* Of a section, a struct or record, a block of tags or the arms of a variant. */
static void walk_members(struct rows *rows, const struct place *place,
	const struct member *member, uint64_t from, bool in_place)
{
	for (; member != NULL; member = member->next) {
		from++;
		if (member->is_tags)
			walk_tags(rows, place, member, from);
		else
			walk_member(rows, place, member, from, in_place);
	}
}

/* ---- methods ---- */

static void walk_message(struct rows *rows, const struct place *method, uint64_t part,
	const char *name, const struct declaration *message, uint32_t role)
{
	struct place place = within(rows, method, part, name);
	const struct section *head = &message->as.message.head, *tail = &message->as.message.tail;

	rows->role = role;
	walk_members(rows, &place, head->body.first, 0, true);
	walk_members(rows, &place, tail->body.first, TAIL_FROM, true);
	/* Behind its members: what follows from one of them is told of that one. */
	add_row(rows, &place, shape("message", mix(message->as.message.id,
		head->pointer_width), tail->present ? tail->pointer_width : 0),
		message->as.message.method != NULL ? 0 : head->declared_size);
	rows->role = 0;
}

/* What a client relies on that the server has to keep. */
static void walk_promise(struct rows *rows, const struct place *method, uint64_t part,
	const char *name, bool is_made)
{
	struct place place = within(rows, method, part, name);

	if (!is_made)
		return;
	place.flags = CONTRACT_TAGGED;
	rows->role = CONTRACT_REQUEST;
	add_row(rows, &place, shape("promise", 0, 0), 0);
	rows->role = 0;
}

static void walk_method(struct rows *rows, const struct method *method)
{
	struct place place = within(rows, NULL, method->number, method->name);

	place.flags = CONTRACT_FREE;
	add_row(rows, &place, shape("method", method->is_oneway, method->is_event), 0);
	walk_promise(rows, &place, PART_IDEMPOTENT, "@idempotent", method->is_idempotent);
	if (method->request != NULL)
		walk_message(rows, &place, PART_REQUEST, "request", method->request,
			CONTRACT_REQUEST);
	if (method->reply != NULL)
		walk_message(rows, &place, PART_REPLY, method->is_event ? "event" : "reply",
			method->reply, CONTRACT_REPLY);
	if (method->error != NULL)
		walk_names(rows, method->error);
}

static uint64_t fingerprint_of(const struct rows *rows)
{
	uint64_t hash = FNV_BEGIN;

	for (uint32_t i = 0; i < rows->count; i++) {
		const struct contract_row *row = &rows->items[i];

		hash = mix(mix(mix(hash, row->key), row->shape),
			(uint64_t)row->limit << 32 | row->flags);
	}
	return hash;
}

struct contract contract_of(struct arena *arena, const struct declaration *interface)
{
	struct rows rows = { .arena = arena };

	for (unsigned i = 0; i < interface->as.interface.method_count; i++)
		walk_method(&rows, interface->as.interface.methods[i]);
	for (unsigned i = 0; i < interface->as.interface.event_count; i++)
		walk_method(&rows, interface->as.interface.events[i]);
	return (struct contract){
		.fingerprint = fingerprint_of(&rows), .rows = rows.items,
		.count = rows.count,
	};
}
