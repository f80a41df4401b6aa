/*
 * C names of types and lists, and the small tools of the printers.
 */
#include "compiler/c_code.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

const char *c_integer(struct c_code *c, const struct type *type)
{
	return arena_printf(c->arena, "%sint%u", type->is_signed ? "" : "u",
		8 * type->width);
}

/* ---- lists ---- */

/* Has nothing to check beyond what the runtime's own lists check. */
static bool is_plain_item(const struct type *item)
{
	switch (item->kind) {
	case TYPE_INTEGER:
	case TYPE_ENUM:
		return true;
	case TYPE_STRING:
		return item->bound == UNBOUNDED;
	case TYPE_LIST:
		return type_is_raw_byte(item->element) && item->bound == UNBOUNDED
			&& item->element->kind != TYPE_BOOL;
	default:
		return false;
	}
}

enum c_list c_list_of(const struct type *list)
{
	if (type_is_raw_byte(list->element))
		return C_LIST_BYTES;
	if (list->element->kind == TYPE_STRUCT)
		return C_LIST_STRUCT;
	return is_plain_item(list->element) ? C_LIST_RUNTIME : C_LIST_OWN;
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
		return arena_printf(c->arena, "sk_%s", c_integer(c, item));
	case C_LIST_STRUCT:
		return item->declaration->c_name;
	default:
		return c_path(c, list, path);
	}
}

const char *c_path(struct c_code *c, const struct type *type, const char *path)
{
	(void)c;
	return type->newtype != NULL ? type->newtype->c_name : path;
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
	case TYPE_STRUCT:
		return declare(c, arena_printf(c->arena, "struct %s",
			type->declaration->c_name), declarator);
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

const char *c_address(struct c_code *c, const char *value)
{
	return *value == '*' ? value + 1 : arena_printf(c->arena, "&%s", value);
}

void c_require_bound(struct c_block *block, const struct type *type,
	const char *value, const char *size)
{
	if (type->bound == UNBOUNDED)
		return;
	if (*value == '*')
		c_require(block, "%s->%s <= %" PRIu64, value + 1, size, type->bound);
	else
		c_require(block, "%s.%s <= %" PRIu64, value, size, type->bound);
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
		if (!m->is_tags)
			c_each_own_list(c, m->type, arena_printf(c->arena, "%s_%s",
				path, m->name), each);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			c_each_own_list(c, t->type, arena_printf(c->arena, "%s_%s",
				path, t->name), each);
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

/* ---- what goes beside the bytes ---- */

bool c_type_carries(const struct type *type)
{
	switch (type->kind) {
	case TYPE_HANDLE:
	case TYPE_LEASE:
		return true;
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		return type->declaration->as.structure.handles != 0;
	case TYPE_ARRAY:
		return c_type_carries(type->element);
	default:
		return false;
	}
}

static bool body_carries(const struct body *body)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (m->type != NULL && c_type_carries(m->type))
			return true;
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			if (c_type_carries(t->type))
				return true;
	}
	return false;
}

bool c_carries(const struct declaration *message)
{
	return body_carries(&message->as.message.head.body)
		|| body_carries(&message->as.message.tail.body);
}

const char *c_handle(struct c_code *c, const struct declaration *interface)
{
	return arena_printf(c->arena, "struct %s_handle", interface->c_name);
}

bool c_is_strict(const struct type *type)
{
	return type->kind == TYPE_ENUM
		&& type->declaration->as.enumeration.is_strict;
}

/* ---- conditions ---- */

void c_require(struct c_block *block, const char *format, ...)
{
	va_list arguments;

	if (block->pending_count == sizeof block->pending / sizeof block->pending[0])
		c_flush(block);
	va_start(arguments, format);
	block->pending[block->pending_count++] =
		arena_vprintf(block->c->arena, format, arguments);
	va_end(arguments);
}

/* The condition, negated. */
static const char *negate(struct c_code *c, const char *condition)
{
	static const char *const pairs[][2] = {
		{ " <= ", " > " }, { " == ", " != " },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		const char *at = strstr(condition, pairs[i][0]);
		if (at != NULL)
			return arena_printf(c->arena, "%.*s%s%s",
				(int)(at - condition), condition, pairs[i][1],
				at + strlen(pairs[i][0]));
	}
	return arena_printf(c->arena, "!%s", condition);
}

void c_flush(struct c_block *block)
{
	struct printer *out = &block->c->out;
	unsigned count = block->pending_count;

	block->pending_count = 0;
	for (unsigned i = 0; i < count; i++)
		print_line(out, "%s%s%s", i == 0 ? "if (" : "    || ",
			negate(block->c, block->pending[i]), i + 1 == count ? ")" : "");
	if (count != 0)
		print_line(out, "\t%s", block->fail);
}

void c_return(struct c_block *block)
{
	struct printer *out = &block->c->out;
	unsigned count = block->pending_count;

	block->pending_count = 0;
	if (count == 0)
		print_line(out, "return true;");
	for (unsigned i = 0; i < count; i++)
		print_line(out, "%s%s%s", i == 0 ? "return " : "\t&& ",
			block->pending[i], i + 1 == count ? ";" : "");
}

const char *c_loop(struct c_block *block, uint64_t count)
{
	struct c_code *c = block->c;
	const char *index = arena_printf(c->arena, "%c", 'i' + (int)(block->loops % 8));

	if (block->loops >= 8)
		index = arena_printf(c->arena, "i%u", block->loops);
	c_flush(block);
	block->loops++;
	print_line(&c->out, "for (uint32_t %s = 0; %s < %" PRIu64 "; %s++) {",
		index, index, count, index);
	c->out.indent++;
	return index;
}

void c_end_loop(struct c_block *block)
{
	c_flush(block);
	block->loops--;
	block->c->out.indent--;
	print_line(&block->c->out, "}");
}
