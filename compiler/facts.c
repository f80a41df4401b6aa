/*
 * Facts of a schema: its declarations and what they are made of. See facts.h.
 */
#include "compiler/facts_internal.h"

#include <string.h>

/* ---- what a declaration is made of ---- */

/* Told of each declaration that another refers to, but for those that it only
 * names: the interface of a handle. */
struct visit {
	void (*each)(struct visit *visit, const struct declaration *d);
	void *context;
};

static void visit_type(struct visit *visit, const struct type *type)
{
	for (; type != NULL; type = type->element) {
		if (type->declaration != NULL && type->kind != TYPE_HANDLE)
			visit->each(visit, type->declaration);
	}
}

static void visit_body(struct visit *visit, const struct body *body)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		visit_type(visit, m->type);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			visit_type(visit, t->type);
	}
}

static void visit_methods(struct visit *visit, struct method *const *methods, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (methods[i]->request != NULL)
			visit->each(visit, methods[i]->request);
		if (methods[i]->reply != NULL)
			visit->each(visit, methods[i]->reply);
		if (methods[i]->error != NULL)
			visit->each(visit, methods[i]->error);
	}
}

static void visit_declaration(struct visit *visit, const struct declaration *d)
{
	switch (d->kind) {
	case DECLARATION_CONST:
		return;
	case DECLARATION_NEWTYPE:
		visit_type(visit, d->as.newtype);
		return;
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		return;
	case DECLARATION_MESSAGE:
		visit_body(visit, &d->as.message.head.body);
		visit_body(visit, &d->as.message.tail.body);
		return;
	case DECLARATION_INTERFACE:
		visit_methods(visit, d->as.interface.methods,
			d->as.interface.method_count);
		visit_methods(visit, d->as.interface.events, d->as.interface.event_count);
		return;
	default:
		visit_body(visit, &d->as.structure.body);
		return;
	}
}

/* ---- fingerprints ---- */

/* FNV-1a of 64 bits: it shows changes, it does not keep forgers out. */
static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t mix_value(uint64_t hash, const struct value *value)
{
	hash = mix(hash, (unsigned char[]){(unsigned char)value->kind}, 1);
	switch (value->kind) {
	case VALUE_INTEGER: {
		unsigned char bytes[9] = {value->as.integer.negative};

		for (unsigned i = 0; i < 8; i++)
			bytes[1 + i] = (unsigned char)(value->as.integer.low >> (8 * i));
		return mix(hash, bytes, sizeof(bytes));
	}
	case VALUE_BOOL:
		return mix(hash, (unsigned char[]){value->as.truth}, 1);
	case VALUE_OBJECT:
		for (size_t i = 0; i < value->as.object.count; i++) {
			const struct value_member *m = &value->as.object.members[i];

			hash = mix_value(mix(hash, m->name, m->name_size), &m->value);
		}
		return mix(hash, "}", 1);
	case VALUE_LIST:
		for (size_t i = 0; i < value->as.list.count; i++)
			hash = mix_value(hash, value_item(value, i));
		return mix(hash, "]", 1);
	default:
		return mix(hash, value->as.string.data, value->as.string.size);
	}
}

struct print_of {
	struct facts *facts;
	struct map seen;
	uint64_t hash;
};

static void mix_declaration(struct visit *visit, const struct declaration *d)
{
	struct print_of *of = visit->context;
	struct value facts;

	if (map_add(&of->seen, of->facts->arena, d->qualified, of) != NULL)
		return;
	facts = facts_declaration(of->facts, d);
	of->hash = mix_value(mix(of->hash, d->qualified, strlen(d->qualified)), &facts);
	visit_declaration(visit, d);
}

static uint64_t fingerprint(struct facts *facts, const struct declaration *d)
{
	struct print_of of = {.facts = facts, .hash = UINT64_C(0xcbf29ce484222325)};
	struct visit visit = {mix_declaration, &of};

	facts->skips_reserves = true;
	mix_declaration(&visit, d);
	facts->skips_reserves = false;
	return of.hash;
}

/* ---- imports ---- */

static struct value_object_builder *import_of(struct facts *facts, const struct file *file)
{
	struct value_object_builder *to = map_get(&facts->imported, file->name);

	if (to == NULL) {
		to = ARENA_NEW(facts->arena, struct value_object_builder);
		map_add(&facts->imported, facts->arena, file->name, to);
		value_put(facts->arena, &facts->imports, file->name, value_text(""));
	}
	return to;
}

struct import_visit {
	struct facts *facts;
	const struct file *root;
	struct map seen;
};

static void add_imported(struct visit *visit, const struct declaration *d)
{
	struct import_visit *of = visit->context;
	struct value_object_builder to = {0};
	struct value own;

	if (d->file == of->root ||
	    map_add(&of->seen, of->facts->arena, d->qualified, of) != NULL)
		return;
	own = facts_declaration(of->facts, d);
	facts_put_number(of->facts, &to, "fingerprint", fingerprint(of->facts, d));
	for (size_t i = 0; i < own.as.object.count; i++)
		*value_object_add(of->facts->arena, &to) = own.as.object.members[i];
	value_put(of->facts->arena, import_of(of->facts, d->file), d->qualified, value_object(&to));
	visit_declaration(visit, d);
}

/* Of every imported file those declarations that are used, however far away. */
static struct value imports_facts(struct facts *facts, const struct file *root)
{
	struct import_visit of = {.facts = facts, .root = root};
	struct visit visit = {add_imported, &of};

	for (const struct import *i = root->imports; i != NULL; i = i->next)
		import_of(facts, i->file);
	for (const struct declaration *d = root->first; d != NULL; d = d->next)
		visit_declaration(&visit, d);
	for (size_t i = 0; i < facts->imports.count; i++) {
		struct value_member *m = &facts->imports.members[i];

		m->value = value_object(map_get(&facts->imported, m->name));
	}
	return value_object(&facts->imports);
}

/* ---- all ---- */

/* Those of the file, and of its groups by their numbers: "1". */
static void put_file_reserves(struct facts *facts, struct value_object_builder *to,
	const struct file *file)
{
	struct value_object_builder groups = {0};
	unsigned last = 0;

	facts_put_reserves(facts, to, file->reserves, 0);
	for (const struct reserve *r = file->reserves; r != NULL; r = r->next) {
		struct value_object_builder group = {0};

		if (r->group == last)
			continue;
		last = r->group;
		facts_put_reserves(facts, &group, r, last);
		value_put(facts->arena, &groups, arena_printf(facts->arena, "%u", last),
			value_object(&group));
	}
	if (groups.count != 0)
		value_put(facts->arena, to, "groups", value_object(&groups));
}

struct value facts_of(struct arena *arena, const struct schema *schema)
{
	struct facts facts = {
		.arena = arena, .sizes = c_sizes_new(arena),
		.c = {.arena = arena, .file = schema->root, .out = {.arena = arena}},
	};
	const struct file *root = schema->root;
	struct value_object_builder to = {0}, declarations = {0};

	facts_put_number(&facts, &to, "lock", FACTS_VERSION);
	facts_put_text(&facts, &to, "schema", root->name);
	facts_put_text(&facts, &to, "namespace", root->namespace);
	facts_put_text(&facts, &to, "c_prefix", root->prefix);
	put_file_reserves(&facts, &to, root);
	value_put(arena, &to, "imports", imports_facts(&facts, root));
	for (const struct declaration *d = root->first; d != NULL; d = d->next)
		value_put(arena, &declarations, d->qualified, facts_declaration(&facts, d));
	value_put(arena, &to, "declarations", value_object(&declarations));
	return value_object(&to);
}

/* The object with each member's value exchanged for what `change` makes of it. */
static struct value changed(struct arena *arena, const struct value *object,
	struct value (*change)(struct arena *arena, const struct value_member *member))
{
	struct value_object_builder to = {0};

	for (size_t i = 0; i < object->as.object.count; i++) {
		struct value_member *m = value_object_add(arena, &to);

		*m = object->as.object.members[i];
		m->value = change(arena, m);
	}
	return value_object(&to);
}

static struct value only_fingerprint(struct arena *arena, const struct value_member *member)
{
	(void)arena;
	return *value_member(&member->value, "fingerprint");
}

static struct value import_for_lock(struct arena *arena, const struct value_member *member)
{
	return changed(arena, &member->value, only_fingerprint);
}

static struct value part_for_lock(struct arena *arena, const struct value_member *member)
{
	bool is_imports = member->name_size == strlen("imports") &&
		memcmp(member->name, "imports", member->name_size) == 0;

	return is_imports ? changed(arena, &member->value, import_for_lock) : member->value;
}

struct value facts_for_lock(struct arena *arena, const struct value *facts)
{
	return changed(arena, facts, part_for_lock);
}
