/*
 * Generated writing of dynamic positions: structs, tags, arrays.
 */
#include "compiler/c_code.h"

#include <inttypes.h>

static void write_list(struct c_block *block, const struct type *type,
	const char *value, const char *path)
{
	struct c_code *c = block->c;

	if (c_list_of(type) != C_LIST_BYTES) {
		c_require_bound(block, type, value, "count");
		c_require(block, "%s_write_list(%s, %s)", c_list_name(c, type, path),
			block->stream, c_address(c, value));
		return;
	}
	c_require_bound(block, type, value, "size");
	c_require(block, "sk_write_%s(%s, %s)",
		type->element->kind == TYPE_BOOL ? "bools" : "bytes",
		block->stream, value);
}

static void write_array(struct c_block *block, const struct type *type,
	const char *value, const char *path)
{
	struct c_code *c = block->c;

	if (type_is_raw_byte(type->element)) {
		c_require(block, "sk_write_raw(%s, %s, %" PRIu64 ")",
			block->stream, value, type->count);
		return;
	}
	c_require(block, "sk_write_varint(%s, %" PRIu64 ")", block->stream, type->count);
	const char *index = c_loop(block, type->count);
	c_write_value(block, type->element,
		arena_printf(c->arena, "%s[%s]", value, index), path);
	c_end_loop(block);
}

void c_write_value(struct c_block *block, const struct type *type, const char *value,
	const char *path)
{
	struct c_code *c = block->c;

	switch (type->kind) {
	case TYPE_INTEGER:
	case TYPE_ENUM:
	case TYPE_BOOL:
		if (type->width == 1)
			c_require(block, "sk_write_uint8(%s, %s%s)", block->stream,
				type->is_signed ? "(uint8_t)" : "", value);
		else
			c_require(block, "sk_write_%s(%s, %s%s)",
				type->width == 8 ? "wide" : "varint", block->stream,
				type->is_signed ? "(uint64_t)" : "", value);
		break;
	case TYPE_STRING:
		c_require_bound(block, type, value, "size");
		c_require(block, "sk_write_string(%s, %s)", block->stream, value);
		break;
	case TYPE_STRUCT:
		c_require(block, "%s_write(%s, %s)", type->declaration->c_name,
			block->stream, c_address(c, value));
		break;
	case TYPE_LIST:
		write_list(block, type, value, c_path(c, type, path));
		break;
	case TYPE_ARRAY:
		write_array(block, type, value, c_path(c, type, path));
		break;
	default:
		break;
	}
}

static const char *member_path(struct c_code *c, const char *path,
	const struct member *member)
{
	return arena_printf(c->arena, "%s_%s", path, member->name);
}

static bool is_varint(const struct type *type)
{
	return (type->kind == TYPE_INTEGER || type->kind == TYPE_ENUM) && type->width > 1;
}

static void write_tag(struct c_block *block, const struct member *member, const char *path)
{
	struct c_code *c = block->c;
	const char *value = arena_printf(c->arena, "value->%s", member->name);

	print_line(&c->out, "if (value->has_%s) {", member->name);
	c->out.indent++;
	if (is_varint(member->type)) {
		c_require(block, "sk_write_tagged(%s, %" PRIu64 ", %s%s)", block->stream,
			member->tag, member->type->is_signed ? "(uint64_t)" : "", value);
		c_flush(block);
		c->out.indent--;
		print_line(&c->out, "}");
		return;
	}
	c_require(block, "sk_write_varint(%s, %" PRIu64 ")", block->stream, member->tag);
	if (member->is_recursive)
		c_require(block, "%s_write_one(%s, %s)",
			member->type->declaration->c_name, block->stream,
			c_address(c, value));
	else
		c_write_value(block, member->type, value, member_path(c, path, member));
	c_flush(block);
	c->out.indent--;
	print_line(&c->out, "}");
}

void c_write_member(struct c_block *block, const struct member *member, const char *path)
{
	struct c_code *c = block->c;

	if (!member->is_tags) {
		c_write_value(block, member->type,
			arena_printf(c->arena, "value->%s", member->name),
			member_path(c, path, member));
		return;
	}
	c_flush(block);
	for (const struct member *m = member->tags; m != NULL; m = m->next)
		write_tag(block, m, path);
	c_require(block, "sk_write_varint(%s, 0)", block->stream);
}

/* ---- whole functions ---- */

/* The caller's elements, or those of a message as they came. */
static void print_list_write(struct c_code *c, const struct type *item,
	const char *list, const char *path, bool is_empty)
{
	bool is_flat = c_is_flat(item);
	bool is_array = item->kind == TYPE_ARRAY;
	struct c_block block = { .c = c, .stream = is_flat ? "&copy" : "out",
		.fail = is_flat ? "return sk_write_done(out, &copy, false);" : "return false;" };

	print_wrapped(&c->out, "%sbool %s_write_list(struct sk_writer *out, "
		"const struct %s_list *list)", is_flat ? "SK_FLATTEN " : "", list, list);
	print_line(&c->out, "{");
	c->out.indent++;
	print_line(&c->out, "if (list->items == NULL)");
	print_line(&c->out, "\treturn sk_write_range(out, list->count, &list->wire);");
	if (is_flat)
		print_line(&c->out, "struct sk_writer copy = *out;");
	if (is_empty)
		c_require(&block, "list->count <= SK_EMPTY_MAX");
	c_require(&block, "sk_write_varint(%s, list->count)", block.stream);
	c_flush(&block);
	print_line(&c->out, "const %s = list->items;", c_declare_pointer(c, item, "item", path));
	print_line(&c->out, "for (uint32_t left = list->count; left != 0; left--, item++) {");
	c->out.indent++;
	c_write_value(&block, item, is_array ? "(*item)" : "*item", path);
	c_flush(&block);
	c->out.indent--;
	print_line(&c->out, "}");
	print_line(&c->out, is_flat ? "return sk_write_done(out, &copy, true);" : "return true;");
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

void c_print_list_write(struct c_code *c, const struct type *list, const char *path)
{
	print_list_write(c, list->element, c_list_name(c, list, path),
		c_item_path(c, list, path), list->element->min_size == 0);
}

static void print_write_one(struct c_code *c, const char *name)
{
	print_wrapped(&c->out, "bool %s_write_one(struct sk_writer *out, "
		"const struct %s_list *list)", name, name);
	print_line(&c->out, "{");
	print_line(&c->out, "\tif (list->count == 1 && list->items != NULL)");
	print_line(&c->out, "\t\treturn %s_write(out, list->items);", name);
	print_line(&c->out, "\treturn list->count == 1 && sk_write_encoded(out, &list->wire);");
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

void c_print_struct_write(struct c_code *c, const struct declaration *d)
{
	struct c_block block = { .c = c, .stream = "out", .fail = "return false;" };
	const struct body *body = &d->as.structure.body;
	struct type self = { .kind = TYPE_STRUCT, .declaration = (struct declaration *)d };
	bool counts = d->as.structure.counts_depth;

	print_wrapped(&c->out, "bool %s_write(struct sk_writer *out, const struct %s *value)",
		d->c_name, d->c_name);
	print_line(&c->out, "{");
	c->out.indent++;
	if (body->first == NULL)
		print_line(&c->out, "(void)value;");
	if (counts)
		c_require(&block, "sk_write_descend(out)");
	else if (body->first == NULL)
		print_line(&c->out, "(void)out;");
	for (const struct member *m = body->first; m != NULL; m = m->next)
		c_write_member(&block, m, d->c_name);
	if (counts) {
		c_flush(&block);
		print_line(&c->out, "sk_write_ascend(out);");
	}
	c_return(&block);
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
	print_list_write(c, &self, d->c_name, d->c_name, d->as.structure.min_size == 0);
	if (c_is_held_as_one(c->file, d))
		print_write_one(c, d->c_name);
}
