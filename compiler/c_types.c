/*
 * C names of types and lists, and walks over them.
 */
#include "compiler/c_code.h"

#include <inttypes.h>

const char *c_integer(struct c_code *c, const struct type *type)
{
	return arena_printf(c->arena, "%sint%u", type->is_signed ? "" : "u",
		8 * type->width);
}

const char *c_float(const struct type *type)
{
	return type->width == 4 ? "float32" : "float64";
}

/* ---- lists ---- */

/* Has nothing to check beyond what the runtime's own lists check. */
static bool is_plain_item(const struct type *item)
{
	switch (item->kind) {
	case TYPE_INTEGER:
	case TYPE_FLOAT:
	case TYPE_ENUM:
		return true;
	case TYPE_STRING:
		return item->bound == UNBOUNDED;
	case TYPE_LIST:
		return c_list_of(item) == C_LIST_BYTES && item->bound == UNBOUNDED
			&& item->element->kind != TYPE_BOOL;
	default:
		return false;
	}
}

enum c_list c_list_of(const struct type *list)
{
	const struct type *item = list->element;

	if (c_is_strict(item))
		return C_LIST_OWN;
	if (type_is_raw_byte(item))
		return C_LIST_BYTES;
	if (item->kind == TYPE_STRUCT || item->kind == TYPE_RECORD
	    || item->kind == TYPE_VARIANT)
		return C_LIST_STRUCT;
	return is_plain_item(item) ? C_LIST_RUNTIME : C_LIST_OWN;
}

const char *c_list_name(struct c_code *c, const struct type *list, const char *path)
{
	const struct type *item = list->element;

	switch (c_list_of(list)) {
	case C_LIST_BYTES:
		return "sk_bytes";
	case C_LIST_RUNTIME:
		if (item->kind == TYPE_STRING)
			return "sk_string";
		if (item->kind == TYPE_LIST)
			return "sk_bytes";
		return arena_printf(c->arena, "sk_%s", item->kind == TYPE_FLOAT
			? c_float(item) : c_integer(c, item));
	case C_LIST_STRUCT:
		return item->declaration->c_name;
	default:
		return c_path(c, list, path);
	}
}

const char *c_path(struct c_code *c, const struct type *type, const char *path)
{
	const struct declaration *d = type->newtype;

	(void)c;
	if (d == NULL)
		return path;
	/* A newtype of a newtype has the list types of that. */
	while (d->as.newtype->newtype != NULL && d->as.newtype->newtype != d)
		d = d->as.newtype->newtype;
	return d->c_name;
}

const char *c_member_path(struct c_code *c, const char *path, const struct member *member)
{
	return arena_printf(c->arena, "%s_%s", path, member->c_name);
}

const char *c_item_path(struct c_code *c, const struct type *list, const char *path)
{
	return arena_printf(c->arena, "%s_item", c_path(c, list, path));
}

/* ---- declarations ---- */

static const char *declare(struct c_code *c, const char *type, const char *declarator)
{
	return *declarator == '\0' ? type
		: arena_printf(c->arena, "%s %s", type, declarator);
}

const char *c_declare_plain(struct c_code *c, const struct type *type,
	const char *declarator, const char *path)
{
	switch (type->kind) {
	case TYPE_INTEGER:
		return declare(c, arena_printf(c->arena, "%s_t", c_integer(c, type)),
			declarator);
	case TYPE_BOOL:
		return declare(c, "bool", declarator);
	case TYPE_STRING:
		return declare(c, "struct sk_string", declarator);
	case TYPE_ENUM:
		return declare(c, type->declaration->c_name, declarator);
	case TYPE_FLOAT:
		return declare(c, type->width == 4 ? "float" : "double", declarator);
	case TYPE_STRUCT:
	case TYPE_RECORD:
	case TYPE_VARIANT:
		return declare(c, arena_printf(c->arena, "struct %s",
			type->declaration->c_name), declarator);
	case TYPE_HANDLE:
		return declare(c, c_handle(c, type->declaration), declarator);
	case TYPE_LEASE:
		return declare(c, "struct sk_lease", declarator);
	case TYPE_ARRAY:
		return c_declare(c, type->element, arena_printf(c->arena,
			"%s[%" PRIu64 "]", declarator, type->count), path);
	default:
		break;
	}
	const char *name = c_list_name(c, type, path);
	bool is_bytes = c_list_of(type) == C_LIST_BYTES;
	return declare(c, arena_printf(c->arena, "struct %s%s", name,
		is_bytes ? "" : "_list"), declarator);
}

const char *c_declare(struct c_code *c, const struct type *type,
	const char *declarator, const char *path)
{
	if (type->newtype != NULL)
		return declare(c, type->newtype->c_name, declarator);
	return c_declare_plain(c, type, declarator, path);
}

const char *c_declare_pointer(struct c_code *c, const struct type *type,
	const char *name, const char *path)
{
	bool is_array = type->kind == TYPE_ARRAY && type->newtype == NULL;

	return c_declare(c, type, arena_printf(c->arena, is_array ? "(*%s)" : "*%s", name),
		path);
}

const char *c_place(struct c_code *c, const struct span *span)
{
	return arena_printf(c->arena, "(%s:%" PRIu32 ")", c->file->name, span->line);
}

/* ---- walks ---- */

void c_each_own_list(struct c_code *c, const struct type *type, const char *path,
	void (*each)(struct c_code *c, const struct type *list, const char *path))
{
	if (type->newtype != NULL)
		return;
	if (type->kind == TYPE_ARRAY)
		c_each_own_list(c, type->element, path, each);
	if (type->kind == TYPE_LIST && c_list_of(type) == C_LIST_OWN) {
		c_each_own_list(c, type->element, c_item_path(c, type, path), each);
		each(c, type, path);
	}
}

void c_each_list_in(struct c_code *c, const struct body *body, const char *path,
	void (*each)(struct c_code *c, const struct type *list, const char *path))
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (m->type != NULL)
			c_each_own_list(c, m->type, c_member_path(c, path, m), each);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			c_each_own_list(c, t->type, c_member_path(c, path, t), each);
	}
}

void c_each_body(struct c_code *c, void *context,
	void (*each)(void *context, const struct declaration *declaration))
{
	const struct declaration *d = c->file->first;

	for (; d != NULL; d = d->next)
		if (d->kind == DECLARATION_STRUCT || d->kind == DECLARATION_RECORD
		    || d->kind == DECLARATION_VARIANT || d->kind == DECLARATION_MESSAGE)
			each(context, d);
}
