/*
 * The tree of idl/tree.h as a value. Its form is described in docs/ir.md.
 */
#include "compiler/ir.h"

#include <string.h>

/* An object that is being made. */
struct object {
	struct arena *arena;
	struct value_object_builder to;
};

static struct value done(const struct object *object)
{
	return value_object(&object->to);
}

static void put(struct object *object, const char *name, struct value value)
{
	value_put(object->arena, &object->to, name, value);
}

/* What is not there is left away: texts, numbers without a bound, what is not true. */
static void put_text(struct object *object, const char *name, const char *text)
{
	if (text != NULL)
		put(object, name, value_text(text));
}

static void put_number(struct object *object, const char *name, uint64_t number)
{
	if (number != UNBOUNDED)
		put(object, name, value_unsigned(number));
}

static void put_if(struct object *object, const char *name, bool is_true)
{
	if (is_true)
		put(object, name, value_truth(true));
}

static void put_place(struct object *object, const struct span *span)
{
	put_number(object, "line", span->line);
	put_number(object, "column", span->column);
}

static void put_name_of(struct object *object, const char *name, const struct declaration *d)
{
	if (d != NULL)
		put_text(object, name, d->qualified);
}

static struct value exact(struct number number)
{
	return (struct value){.kind = VALUE_INTEGER, .as.integer = number};
}

static void put_literal(struct object *object, const char *name, const struct literal *literal)
{
	uint64_t bits;

	switch (literal->kind) {
	case LITERAL_NONE:
		return;
	case LITERAL_INTEGER:
		put(object, name, exact(literal->number));
		return;
	case LITERAL_BOOL:
		put(object, name, value_truth(literal->number.low != 0));
		return;
	case LITERAL_FLOAT:
		memcpy(&bits, &literal->real, sizeof(bits));
		put(object, name, value_float(object->arena, bits, 8));
		return;
	case LITERAL_TEXT:
		put(object, name, (struct value){
			.kind = VALUE_STRING,
			.as.string = {literal->text, literal->size},
		});
		return;
	}
}

/* Numbers as `low` and `high`, names as `name`. */
static void put_reserves(struct object *object, const struct reserve *reserves)
{
	struct value_list_builder list = {0};

	for (const struct reserve *r = reserves; r != NULL; r = r->next) {
		struct object one = {.arena = object->arena};

		put_text(&one, "name", r->name);
		if (r->name == NULL) {
			put(&one, "low", exact(r->low));
			put(&one, "high", exact(r->high));
		}
		if (r->group != 0)
			put_number(&one, "group", r->group);
		*value_list_add(object->arena, &list) = done(&one);
	}
	if (reserves != NULL)
		put(object, "reserved", value_list(&list));
}

/* ---- types ---- */

static struct value type_value(struct arena *arena, const struct type *type);

static void put_beside(struct object *to, const struct type *type)
{
	static const char *const directions[] = {"", "in", "out", "inout"};

	if (type->kind == TYPE_LEASE)
		put_text(to, "direction", directions[type->direction]);
	if (type->has_rights)
		put_number(to, "rights", type->rights);
	put_if(to, "copy", type->is_copy);
}

static struct value type_value(struct arena *arena, const struct type *type)
{
	static const char *const kinds[] = {
		[TYPE_INTEGER] = "integer", [TYPE_BOOL] = "bool", [TYPE_FLOAT] = "float",
		[TYPE_ENUM] = "enum", [TYPE_STRING] = "string", [TYPE_STRUCT] = "struct",
		[TYPE_RECORD] = "record", [TYPE_VARIANT] = "variant", [TYPE_LIST] = "list",
		[TYPE_ARRAY] = "array", [TYPE_HANDLE] = "handle", [TYPE_LEASE] = "lease",
	};
	struct object to = {.arena = arena};
	bool is_bounded = type->kind == TYPE_STRING || type->kind == TYPE_LIST ||
		type->kind == TYPE_LEASE;

	put_text(&to, "kind", type->kind == TYPE_STRUCT && table_block(type->declaration) != NULL
		? "table" : kinds[type->kind]);
	put_text(&to, "name", type->name);
	put_name_of(&to, "newtype", type->newtype);
	put_name_of(&to, "declaration", type->declaration);
	if (type->width != 0)
		put_number(&to, "width", type->width);
	put_if(&to, "signed", type->is_signed);
	put_beside(&to, type);
	if (type->kind == TYPE_ARRAY)
		put_number(&to, "count", type->count);
	if (is_bounded)
		put_number(&to, "bound", type->bound);
	if (type->element != NULL)
		put(&to, "element", type_value(arena, type->element));
	/* Constants and bases are not laid out: their width says it all. */
	if (type->width != 0)
		return done(&to);
	if (type->is_static)
		put_number(&to, "fixed_size", type->fixed_size);
	put_number(&to, "min_size", type->min_size);
	put_number(&to, "max_size", type->max_size);
	return done(&to);
}

/* ---- members ---- */

static struct value members_value(struct arena *arena, const struct member *first,
	bool in_section);

static struct value member_value(struct arena *arena, const struct member *m,
	bool in_section)
{
	static const char *const formats[] = {NULL, "hex", "bitfield"};
	struct object to = {.arena = arena};

	put_text(&to, "name", m->name);
	put_text(&to, "c_name", m->c_name);
	put_text(&to, "doc", m->doc);
	put_place(&to, &m->span);
	if (m->tag != 0)
		put(&to, "tag", value_unsigned(m->tag));
	if (m->type != NULL)
		put(&to, "type", type_value(arena, m->type));
	put_if(&to, "optional", m->is_optional);
	put_if(&to, "recursive", m->is_recursive);
	put_if(&to, "unbounded", m->is_unbounded);
	put_literal(&to, "default", &m->value);
	put_text(&to, "format", formats[m->format]);
	put_number(&to, "bytes_bound", m->bytes_bound);
	if (m->depth_bound != 0)
		put_number(&to, "depth_bound", m->depth_bound);
	if (!m->is_tags)
		put_number(&to, "max_size", m->max_size);
	if (in_section)
		put_number(&to, "offset", m->offset);
	put_if(&to, "pointer", in_section && m->is_pointer);
	if (m->is_tags)
		put(&to, "tags", members_value(arena, m->tags, false));
	put_reserves(&to, m->reserves);
	return done(&to);
}

static struct value members_value(struct arena *arena, const struct member *first,
	bool in_section)
{
	struct value_list_builder to = {0};

	for (const struct member *m = first; m != NULL; m = m->next) {
		struct value value = member_value(arena, m, in_section);

		*value_list_add(arena, &to) = value;
	}
	return value_list(&to);
}

/* ---- declarations ---- */

static void put_structure(struct object *to, const struct declaration *d)
{
	put_name_of(to, "base", d->as.structure.base);
	put_if(to, "flexible", d->as.structure.is_flexible);
	put_if(to, "recursive", d->as.structure.is_recursive);
	put_number(to, "min_size", d->as.structure.min_size);
	put_number(to, "max_size", d->as.structure.max_size);
	if (d->kind == DECLARATION_RECORD)
		put_number(to, "fixed_size", d->as.structure.fixed_size);
	put(to, "members", members_value(to->arena, table_block(d) != NULL
		? table_block(d)->tags : d->as.structure.body.first, false));
}

static void put_enumeration(struct object *to, const struct declaration *d)
{
	struct value_list_builder list = {0};

	put(to, "type", type_value(to->arena, d->as.enumeration.base));
	put_if(to, "strict", d->as.enumeration.is_strict);
	for (const struct enumerator *e = d->as.enumeration.first; e != NULL; e = e->next) {
		struct object one = {.arena = to->arena};

		put_text(&one, "name", e->name);
		put_text(&one, "doc", e->doc);
		put_place(&one, &e->span);
		put(&one, "value", exact(e->value));
		*value_list_add(to->arena, &list) = done(&one);
	}
	put(to, "values", value_list(&list));
}

static struct value section_value(struct arena *arena, const struct section *section,
	bool is_head)
{
	struct object to = {.arena = arena};

	if (is_head)
		put_number(&to, "declared_size", section->declared_size);
	put_number(&to, "pointer_width", section->pointer_width);
	put_number(&to, "fixed_size", section->fixed_size);
	put_number(&to, "min_size", section->min_size);
	put_number(&to, "max_size", section->max_size);
	put(&to, "members", members_value(arena, section->body.first, true));
	return done(&to);
}

static struct value cost_value(struct arena *arena, const struct cost *cost)
{
	struct object to = {.arena = arena};

	put_number(&to, "bytes", cost->bytes);
	put_number(&to, "handles", cost->handles);
	put_number(&to, "leases", cost->leases);
	put_number(&to, "depth", cost->depth);
	put_number(&to, "steps", cost->steps);
	return done(&to);
}

static void put_message(struct object *to, const struct declaration *d)
{
	put_name_of(to, "base", d->as.message.base);
	if (d->as.message.has_id)
		put_number(to, "id", d->as.message.id);
	if (d->as.message.group != 0)
		put_number(to, "group", d->as.message.group);
	if (d->as.message.method != NULL)
		put_text(to, "method", d->as.message.method->name);
	put(to, "cost", cost_value(to->arena, &d->as.message.cost));
	put(to, "head", section_value(to->arena, &d->as.message.head, true));
	if (d->as.message.tail.present)
		put(to, "tail", section_value(to->arena, &d->as.message.tail, false));
}

static struct value method_value(struct arena *arena, const struct method *method)
{
	struct object to = {.arena = arena};

	put_text(&to, "name", method->name);
	put_text(&to, "doc", method->doc);
	put_place(&to, &method->span);
	put_name_of(&to, "owner", method->owner);
	put_text(&to, "kind", method->is_event ? "event" : method->is_oneway ? "oneway"
		: "method");
	put_number(&to, "number", method->number);
	put_name_of(&to, "request", method->request);
	put_name_of(&to, "reply", method->reply);
	put_name_of(&to, "error", method->error);
	put_if(&to, "idempotent", method->is_idempotent);
	put_if(&to, "cancellable", method->is_cancellable);
	put_if(&to, "fast", method->is_fast);
	put_if(&to, "unbounded", method->is_unbounded);
	if (method->deadline_ms != 0)
		put_number(&to, "deadline", method->deadline_ms);
	return done(&to);
}

static struct value methods_value(struct arena *arena, struct method *const *methods,
	unsigned count)
{
	struct value_list_builder to = {0};

	for (unsigned i = 0; i < count; i++) {
		struct value value = method_value(arena, methods[i]);

		*value_list_add(arena, &to) = value;
	}
	return value_list(&to);
}

static struct value transitions_value(struct arena *arena, const struct transition *first)
{
	struct value_list_builder to = {0};

	for (const struct transition *t = first; t != NULL; t = t->next) {
		struct object one = {.arena = arena};

		put_text(&one, "method", t->method->name);
		put_text(&one, "to", t->to->name);
		*value_list_add(arena, &to) = done(&one);
	}
	return value_list(&to);
}

static void put_states(struct object *to, const struct state *first)
{
	struct value_list_builder list = {0};

	for (const struct state *state = first; state != NULL; state = state->next) {
		struct object one = {.arena = to->arena};

		put_text(&one, "name", state->name);
		put_text(&one, "doc", state->doc);
		put_place(&one, &state->span);
		put(&one, "transitions", transitions_value(to->arena, state->first));
		*value_list_add(to->arena, &list) = done(&one);
	}
	if (first != NULL)
		put(to, "states", value_list(&list));
}

static void put_interface(struct object *to, const struct declaration *d)
{
	put_name_of(to, "base", d->as.interface.base);
	put_name_of(to, "rights", d->as.interface.rights);
	put_if(to, "unbounded", d->as.interface.is_unbounded);
	put(to, "methods", methods_value(to->arena, d->as.interface.methods,
		d->as.interface.method_count));
	put(to, "events", methods_value(to->arena, d->as.interface.events,
		d->as.interface.event_count));
	put_states(to, d->as.interface.states);
}

static struct value declaration_value(struct arena *arena, const struct declaration *d)
{
	struct object to = {.arena = arena};

	put_text(&to, "kind", declaration_kind_name(d));
	put_text(&to, "name", d->name);
	put_text(&to, "qualified", d->qualified);
	put_text(&to, "c_name", d->c_name);
	put_text(&to, "doc", d->doc);
	put_place(&to, &d->span);
	switch (d->kind) {
	case DECLARATION_CONST:
		put(&to, "type", type_value(arena, d->as.constant.type));
		put_literal(&to, "value", &d->as.constant.value);
		break;
	case DECLARATION_NEWTYPE:
		put(&to, "type", type_value(arena, d->as.newtype));
		break;
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		put_enumeration(&to, d);
		break;
	case DECLARATION_MESSAGE:
		put_message(&to, d);
		break;
	case DECLARATION_INTERFACE:
		put_interface(&to, d);
		break;
	default:
		put_structure(&to, d);
		break;
	}
	put_reserves(&to, d->reserves);
	return done(&to);
}

/* ---- files ---- */

static struct value file_value(struct arena *arena, const struct file *file)
{
	struct object to = {.arena = arena};
	struct value_list_builder imports = {0}, declarations = {0};

	put_text(&to, "file", file->name);
	put_text(&to, "namespace", file->namespace);
	put_text(&to, "c_prefix", file->prefix);
	put_text(&to, "doc", file->doc);
	for (const struct import *i = file->imports; i != NULL; i = i->next)
		*value_list_add(arena, &imports) = value_text(i->file->name);
	put(&to, "imports", value_list(&imports));
	put_reserves(&to, file->reserves);
	for (const struct declaration *d = file->first; d != NULL; d = d->next) {
		struct value value = declaration_value(arena, d);

		*value_list_add(arena, &declarations) = value;
	}
	put(&to, "declarations", value_list(&declarations));
	return done(&to);
}

struct value ir_of(struct arena *arena, const struct schema *schema)
{
	struct object to = {.arena = arena};
	struct value_list_builder files = {0};

	put_number(&to, "ir", IR_VERSION);
	put_text(&to, "root", schema->root->name);
	for (const struct file *file = schema->files; file != NULL; file = file->next) {
		struct value value = file_value(arena, file);

		*value_list_add(arena, &files) = value;
	}
	put(&to, "files", value_list(&files));
	return done(&to);
}
