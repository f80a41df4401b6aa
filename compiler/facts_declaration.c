/*
 * Facts of one declaration.
 */
#include "compiler/facts_internal.h"

#include <inttypes.h>
#include <string.h>

#include "idl/number.h"

/* ---- values ---- */

void facts_put_text(struct facts *facts, struct value_object_builder *to, const char *name,
	const char *text)
{
	value_put(facts->arena, to, name, value_text(text));
}

void facts_put_number(struct facts *facts, struct value_object_builder *to,
	const char *name, uint64_t number)
{
	value_put(facts->arena, to, name, value_unsigned(number));
}

/* Of what may be or not be only what is. */
static void put_if(struct facts *facts, struct value_object_builder *to, const char *name,
	bool is_true)
{
	if (is_true)
		value_put(facts->arena, to, name, value_truth(true));
}

/* "1..9"; without an end "1.." */
static void put_range(struct facts *facts, struct value_object_builder *to,
	const char *name, uint64_t least, uint64_t most)
{
	facts_put_text(facts, to, name, most == UNBOUNDED
		? arena_printf(facts->arena, "%" PRIu64 "..", least)
		: arena_printf(facts->arena, "%" PRIu64 "..%" PRIu64, least, most));
}

static void put_literal(struct facts *facts, struct value_object_builder *to,
	const char *name, const struct literal *literal)
{
	switch (literal->kind) {
	case LITERAL_NONE:
		return;
	case LITERAL_INTEGER:
		value_put(facts->arena, to, name, (struct value){
			.kind = VALUE_INTEGER, .as.integer = literal->number,
		});
		return;
	case LITERAL_BOOL:
		value_put(facts->arena, to, name, value_truth(literal->number.low != 0));
		return;
	case LITERAL_FLOAT: {
		uint64_t bits;

		memcpy(&bits, &literal->real, sizeof(bits));
		value_put(facts->arena, to, name, value_float(facts->arena, bits, 8));
		return;
	}
	case LITERAL_TEXT:
		value_put(facts->arena, to, name, (struct value){
			.kind = VALUE_STRING,
			.as.string = {literal->text, literal->size},
		});
		return;
	}
}

/* ---- what is reserved ---- */

static void print_reserve(struct printer *out, const struct reserve *reserve)
{
	char low[NUMBER_TEXT_SIZE], high[NUMBER_TEXT_SIZE];

	if (out->size != 0)
		print(out, ", ");
	if (reserve->name != NULL)
		print(out, "%s", reserve->name);
	else if (number_compare(reserve->low, reserve->high) == 0)
		print(out, "%s", number_print(low, reserve->low));
	else
		print(out, "%s..%s", number_print(low, reserve->low),
			number_print(high, reserve->high));
}

void facts_put_reserves(struct facts *facts, struct value_object_builder *to,
	const struct reserve *reserves, unsigned group)
{
	struct printer numbers = {.arena = facts->arena}, names = {.arena = facts->arena};

	if (facts->skips_reserves)
		return;
	for (; reserves != NULL; reserves = reserves->next) {
		if (reserves->group == group)
			print_reserve(reserves->name ? &names : &numbers, reserves);
	}
	if (numbers.size != 0)
		facts_put_text(facts, to, "reserved", numbers.text);
	if (names.size != 0)
		facts_put_text(facts, to, "reserved_names", names.text);
}

/* ---- types ---- */

static const char *handle_text(struct arena *arena, const struct type *type)
{
	const char *rights = type->has_rights
		? arena_printf(arena, ", 0x%x", type->rights) : "";

	return arena_printf(arena, "handle<%s%s%s>", type->declaration->qualified, rights,
		type->is_copy ? ", copy" : "");
}

static const char *lease_text(struct arena *arena, const struct type *type)
{
	static const char *const directions[] = {"", "in", "out", "inout"};

	return arena_printf(arena, "lease<%s, %" PRIu64 ">", directions[type->direction],
		type->bound);
}

const char *facts_type(struct arena *arena, const struct type *type)
{
	switch (type->kind) {
	case TYPE_INTEGER:
		return arena_printf(arena, "%sint%u", type->is_signed ? "" : "u",
			8 * type->width);
	case TYPE_BOOL:
		return "bool";
	case TYPE_FLOAT:
		return type->width == 4 ? "float32" : "float64";
	case TYPE_STRING:
		return type->bound == UNBOUNDED ? "string"
			: arena_printf(arena, "string<%" PRIu64 ">", type->bound);
	case TYPE_LIST:
		return type->bound == UNBOUNDED
			? arena_printf(arena, "%s[]", facts_type(arena, type->element))
			: arena_printf(arena, "%s[<=%" PRIu64 "]",
				facts_type(arena, type->element), type->bound);
	case TYPE_ARRAY:
		return arena_printf(arena, "%s[%" PRIu64 "]",
			facts_type(arena, type->element), type->count);
	case TYPE_HANDLE:
		return handle_text(arena, type);
	case TYPE_LEASE:
		return lease_text(arena, type);
	default:
		return type->declaration->qualified;
	}
}

/* ---- members ---- */

/* Where the members of a declaration stand in C, in the order of the header. */
struct places {
	struct arena *arena;
	struct c_place *items;
	size_t count;
	size_t capacity;
	size_t next;
};

static void add_place(void *context, const struct member *member, struct c_place place)
{
	struct places *places = context;

	(void)member;
	if (places->count == places->capacity) {
		struct c_place *old = places->items;

		places->capacity = 2 * places->capacity + 16;
		places->items = arena_alloc(places->arena,
			places->capacity * sizeof(*old));
		if (places->count != 0)
			memcpy(places->items, old, places->count * sizeof(*old));
	}
	places->items[places->count++] = place;
}

/* "uint32_t count" */
static const char *c_member(struct facts *facts, const struct member *member,
	const char *path)
{
	struct printer *out = &facts->c.out;
	size_t size;

	out->size = 0;
	c_print_held(&facts->c, member, path);
	size = out->size;
	while (size > 0 && out->text[size - 1] != ';')
		size--;
	return arena_copy(facts->arena, out->text, size == 0 ? 0 : size - 1);
}

static void put_c_place(struct facts *facts, struct value_object_builder *to,
	const struct member *member, const char *path, struct places *places)
{
	struct c_place place = places->items[places->next++];

	facts_put_text(facts, to, "c", c_member(facts, member, path));
	facts_put_number(facts, to, "c_offset", place.offset);
}

/* On the wire: in a section at an offset, else in dynamic position. */
static void put_wire_place(struct facts *facts, struct value_object_builder *to,
	const struct member *member, bool in_section)
{
	if (in_section)
		facts_put_number(facts, to, "at", member->offset);
	if (in_section && !member->is_pointer) {
		facts_put_number(facts, to, "size", member->type->fixed_size);
		return;
	}
	put_if(facts, to, "pointer", in_section);
	if (member->type != NULL)
		put_range(facts, to, "bytes", member->is_optional ? 1
			: member->type->min_size, member->max_size);
}

/* Without places it is of a base, which C has no struct of. */
static struct value member_facts(struct facts *facts, const struct member *member,
	const char *path, bool in_section, struct places *places)
{
	struct value_object_builder to = {0};

	if (member->tag != 0)
		facts_put_number(facts, &to, "tag", member->tag);
	facts_put_text(facts, &to, "type", member->type == NULL ? "none"
		: facts_type(facts->arena, member->type));
	put_if(facts, &to, "optional", member->is_optional);
	if (member->type != NULL || in_section)
		put_wire_place(facts, &to, member, in_section);
	if (member->bytes_bound != UNBOUNDED)
		facts_put_number(facts, &to, "bytes_bound", member->bytes_bound);
	if (member->depth_bound != 0)
		facts_put_number(facts, &to, "depth_bound", member->depth_bound);
	put_literal(facts, &to, "default", &member->value);
	if (member->type != NULL && places->count != 0)
		put_c_place(facts, &to, member, path, places);
	return value_object(&to);
}

static struct value tagged_facts(struct facts *facts, const struct member *first,
	const char *path, struct places *places)
{
	struct value_object_builder to = {0};

	for (const struct member *m = first; m != NULL; m = m->next)
		value_put(facts->arena, &to, m->name, member_facts(facts, m, path, false, places));
	return value_object(&to);
}

/* A tags block has no name: "tags 1", "tags 2"; names of members have no blank. */
static struct value tags_facts(struct facts *facts, const struct member *block,
	const char *path, bool in_section, struct places *places)
{
	struct value_object_builder to = {0};

	if (in_section)
		facts_put_number(facts, &to, "at", block->offset);
	put_if(facts, &to, "pointer", in_section);
	value_put(facts->arena, &to, "tagged", tagged_facts(facts, block->tags, path, places));
	facts_put_reserves(facts, &to, block->reserves, 0);
	return value_object(&to);
}

static struct value body_facts(struct facts *facts, const struct body *body,
	const char *path, bool in_section, struct places *places)
{
	struct value_object_builder to = {0};
	unsigned blocks = 0;

	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (m->is_tags)
			value_put(facts->arena, &to, arena_printf(facts->arena, "tags %u", ++blocks),
				tags_facts(facts, m, path, in_section, places));
		else
			value_put(facts->arena, &to, m->name,
				member_facts(facts, m, path, in_section, places));
	}
	return value_object(&to);
}

/* ---- declarations ---- */

static struct value section_facts(struct facts *facts, const struct section *section,
	const char *path, bool is_head, struct places *places)
{
	struct value_object_builder to = {0};

	if (is_head)
		facts_put_number(facts, &to, "size", section->declared_size);
	facts_put_number(facts, &to, "pointers", section->pointer_width);
	facts_put_number(facts, &to, "fixed", section->fixed_size);
	put_range(facts, &to, "bytes", section->min_size, section->max_size);
	value_put(facts->arena, &to, "members", body_facts(facts, &section->body, path, true, places));
	return value_object(&to);
}

static void put_struct_in_c(struct facts *facts, struct value_object_builder *to,
	const struct declaration *d, struct places *places)
{
	places->arena = facts->arena;
	c_each_place(facts->sizes, d, add_place, places);
	facts_put_text(facts, to, "c", arena_printf(facts->arena, "struct %s", d->c_name));
	facts_put_number(facts, to, "c_size", c_size_of(facts->sizes, d));
}

static void put_message(struct facts *facts, struct value_object_builder *to,
	const struct declaration *d)
{
	struct places places = {0};

	if (d->as.message.has_id)
		facts_put_number(facts, to, "id", d->as.message.id);
	if (d->as.message.group != 0)
		facts_put_number(facts, to, "group", d->as.message.group);
	if (d->as.message.has_id)
		put_struct_in_c(facts, to, d, &places);
	if (d->as.message.has_id && d->as.message.cost.bytes != UNBOUNDED)
		facts_put_number(facts, to, "c_maxsize", d->as.message.cost.bytes);
	facts_put_number(facts, to, "handles", d->as.message.cost.handles);
	facts_put_number(facts, to, "leases", d->as.message.cost.leases);
	value_put(facts->arena, to, "head", section_facts(facts, &d->as.message.head, d->c_name, true,
		&places));
	if (d->as.message.tail.present)
		value_put(facts->arena, to, "tail", section_facts(facts, &d->as.message.tail,
			d->c_name, false, &places));
}

static void put_structure(struct facts *facts, struct value_object_builder *to,
	const struct declaration *d)
{
	struct places places = {0};

	put_struct_in_c(facts, to, d, &places);
	if (d->kind == DECLARATION_RECORD)
		facts_put_number(facts, to, "size", d->as.structure.fixed_size);
	else
		put_range(facts, to, "bytes", d->as.structure.min_size,
			d->as.structure.max_size);
	put_if(facts, to, "flexible", d->as.structure.is_flexible);
	if (table_block(d) != NULL)
		value_put(facts->arena, to, "tagged", tagged_facts(facts,
			table_block(d)->tags, d->c_name, &places));
	else
		value_put(facts->arena, to, d->kind == DECLARATION_VARIANT ? "tagged"
			: "members", body_facts(facts, &d->as.structure.body, d->c_name,
			false, &places));
}

static void put_enumeration(struct facts *facts, struct value_object_builder *to,
	const struct declaration *d)
{
	struct value_object_builder values = {0};

	facts_put_text(facts, to, "c", d->c_name);
	facts_put_text(facts, to, "type", facts_type(facts->arena, d->as.enumeration.base));
	put_if(facts, to, "strict", d->as.enumeration.is_strict);
	for (const struct enumerator *e = d->as.enumeration.first; e != NULL; e = e->next)
		value_put(facts->arena, &values, e->name, (struct value){
			.kind = VALUE_INTEGER, .as.integer = e->value,
		});
	value_put(facts->arena, to, "values", value_object(&values));
}

/* ---- interfaces ---- */

static void put_name_of(struct facts *facts, struct value_object_builder *to,
	const char *name, const struct declaration *d)
{
	if (d != NULL)
		facts_put_text(facts, to, name, d->qualified);
}

static struct value method_facts(struct facts *facts, const struct method *method)
{
	struct value_object_builder to = {0};

	put_name_of(facts, &to, "of", method->owner);
	facts_put_text(facts, &to, "kind", method->is_event ? "event"
		: method->is_oneway ? "oneway" : "method");
	facts_put_number(facts, &to, "number", method->number);
	put_name_of(facts, &to, "request", method->request);
	put_name_of(facts, &to, "reply", method->reply);
	put_name_of(facts, &to, "error", method->error);
	put_if(facts, &to, "idempotent", method->is_idempotent);
	put_if(facts, &to, "cancellable", method->is_cancellable);
	put_if(facts, &to, "fast", method->is_fast);
	put_if(facts, &to, "unbounded", method->is_unbounded);
	if (method->deadline_ms != 0)
		facts_put_number(facts, &to, "deadline", method->deadline_ms);
	return value_object(&to);
}

static struct value methods_facts(struct facts *facts, struct method *const *methods,
	unsigned count)
{
	struct value_object_builder to = {0};

	for (unsigned i = 0; i < count; i++)
		value_put(facts->arena, &to, methods[i]->name, method_facts(facts, methods[i]));
	return value_object(&to);
}

/* Each state has its methods, with the states that they lead to. */
static struct value states_facts(struct facts *facts, const struct state *state)
{
	struct value_object_builder to = {0};

	for (; state != NULL; state = state->next) {
		struct value_object_builder methods = {0};

		for (const struct transition *t = state->first; t != NULL; t = t->next)
			facts_put_text(facts, &methods, t->method->name, t->to->name);
		value_put(facts->arena, &to, state->name, value_object(&methods));
	}
	return value_object(&to);
}

static void put_interface(struct facts *facts, struct value_object_builder *to,
	const struct declaration *d)
{
	facts_put_text(facts, to, "c", d->c_name);
	put_name_of(facts, to, "base", d->as.interface.base);
	put_name_of(facts, to, "rights", d->as.interface.rights);
	value_put(facts->arena, to, "methods", methods_facts(facts, d->as.interface.methods,
		d->as.interface.method_count));
	value_put(facts->arena, to, "events", methods_facts(facts, d->as.interface.events,
		d->as.interface.event_count));
	if (d->as.interface.states != NULL)
		value_put(facts->arena, to, "states",
			states_facts(facts, d->as.interface.states));
}

/* ---- all of a declaration ---- */

static void put_constant(struct facts *facts, struct value_object_builder *to,
	const struct declaration *d)
{
	facts_put_text(facts, to, "c", d->c_name);
	facts_put_text(facts, to, "type", facts_type(facts->arena, d->as.constant.type));
	put_literal(facts, to, "value", &d->as.constant.value);
}

struct value facts_declaration(struct facts *facts, const struct declaration *d)
{
	struct value_object_builder to = {0};

	facts_put_text(facts, &to, "kind", declaration_kind_name(d));
	switch (d->kind) {
	case DECLARATION_CONST:
		put_constant(facts, &to, d);
		break;
	case DECLARATION_NEWTYPE:
		facts_put_text(facts, &to, "c", d->c_name);
		facts_put_text(facts, &to, "type", facts_type(facts->arena, d->as.newtype));
		break;
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		put_enumeration(facts, &to, d);
		break;
	case DECLARATION_MESSAGE:
		put_message(facts, &to, d);
		break;
	case DECLARATION_INTERFACE:
		put_interface(facts, &to, d);
		break;
	default:
		put_structure(facts, &to, d);
		break;
	}
	facts_put_reserves(facts, &to, d->reserves, 0);
	return value_object(&to);
}
