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

/* All records of an array stand one after the other, whatever its dimensions. */
static void write_records(struct c_block *block, const struct type *type, const char *value)
{
	struct c_record_array all = c_records(block->c, type, value);

	c_require(block, "sk_write_varint(%s, %" PRIu64 ")", block->stream, type->fixed_size);
	c_require(block, "%s_write(%s, %s, %" PRIu64 ")", all.record->c_name, block->stream,
		all.first, all.count);
}

static void write_array(struct c_block *block, const struct type *type,
	const char *value, const char *path)
{
	struct c_code *c = block->c;

	if (type_is_raw_byte(type->element)
	    && (c_is_raw(type->element) || type->element->kind == TYPE_BOOL)) {
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

static void write_integer(struct c_block *block, const struct type *type, const char *value)
{
	if (c_is_strict(type))
		c_require(block, "sk_write_valid(%s, %s_is_valid(%s))", block->stream,
			type->declaration->c_name, value);
	if (type->width == 1)
		c_require(block, "sk_write_uint8(%s, %s%s)", block->stream,
			type->is_signed ? "(uint8_t)" : "", value);
	else
		c_require(block, "sk_write_%s(%s, %s%s)",
			type->width == 8 ? "wide" : "varint", block->stream,
			type->is_signed ? "(uint64_t)" : "", value);
}

void c_write_value(struct c_block *block, const struct type *type, const char *value,
	const char *path)
{
	struct c_code *c = block->c;

	if (type_is_blob(type)) {
		write_records(block, type, value);
		return;
	}
	switch (type->kind) {
	case TYPE_INTEGER:
	case TYPE_ENUM:
	case TYPE_BOOL:
		write_integer(block, type, value);
		break;
	case TYPE_FLOAT:
		c_require(block, "sk_write_%s(%s, %s)", c_float(type), block->stream,
			c_address(c, value));
		break;
	case TYPE_STRING:
		c_require_bound(block, type, value, "size");
		c_require(block, "sk_write_string(%s, %s)", block->stream, value);
		break;
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		c_require(block, "%s_write(%s, %s%s)", type->declaration->c_name,
			block->stream, c_address(c, value), c_with(type));
		break;
	case TYPE_LIST:
		write_list(block, type, value, c_path(c, type, path));
		break;
	case TYPE_ARRAY:
		write_array(block, type, value, c_path(c, type, path));
		break;
	case TYPE_HANDLE:
		c_require(block, "sk_write_uint8(%s, sk_number_handle(attached))",
			block->stream);
		break;
	default:
		break;
	}
}

/* ---- members ---- */

void c_write_held(struct c_block *block, const struct member *member, const char *value,
	const char *path)
{
	struct c_code *c = block->c;

	if (member->is_recursive)
		c_require(block, "%s_write_one(%s, %s)", member->type->declaration->c_name,
			block->stream, c_address(c, value));
	else
		c_write_value(block, member->type, value, c_member_path(c, path, member));
}

static void write_optional(struct c_block *block, const struct member *member,
	const char *value, const char *path)
{
	struct c_code *c = block->c;
	uint64_t one = c_size_of_one(member->type);

	if (member->type->kind == TYPE_HANDLE) {
		c_require(block, "sk_write_uint8(%s, value->has_%s ? sk_number_handle(attached)"
			" : 0)", block->stream, member->c_name);
		return;
	}
	if (one == 1)
		c_require(block, "sk_write_varint(%s, value->has_%s)", block->stream,
			member->c_name);
	else
		c_require(block, "sk_write_varint(%s, value->has_%s ? %" PRIu64 " : 0)",
			block->stream, member->c_name, one);
	c_flush(block);
	print_line(&c->out, "if (value->has_%s) {", member->c_name);
	c->out.indent++;
	if (member->type->kind == TYPE_RECORD)
		c_require(block, "%s_write(%s, &%s, 1)", member->type->declaration->c_name,
			block->stream, value);
	else
		c_write_held(block, member, value, path);
	c_flush(block);
	c->out.indent--;
	print_line(&c->out, "}");
}

void c_write_plain(struct c_block *block, const struct member *member, const char *path)
{
	const char *value = arena_printf(block->c->arena, "value->%s", member->c_name);

	c_begin_write(block, member);
	if (member->is_optional)
		write_optional(block, member, value, path);
	else
		c_write_held(block, member, value, path);
	c_end_write(block, member);
}

static bool is_varint(const struct member *member)
{
	const struct type *type = member->type;

	return (type->kind == TYPE_INTEGER || type->kind == TYPE_ENUM) && type->width > 1
		&& !c_is_strict(type) && member->bytes_bound == UNBOUNDED;
}

static void write_tag(struct c_block *block, const struct member *member, const char *path)
{
	struct c_code *c = block->c;

	print_line(&c->out, "if (value->has_%s) {", member->c_name);
	c->out.indent++;
	if (is_varint(member)) {
		c_require(block, "sk_write_tagged(%s, %s, %svalue->%s)", block->stream,
			c_tag(c, member), member->type->is_signed ? "(uint64_t)" : "",
			member->c_name);
	} else {
		c_require(block, "sk_write_varint(%s, %s)", block->stream,
			c_tag(c, member));
		c_write_plain(block, member, path);
	}
	c_flush(block);
	c->out.indent--;
	print_line(&c->out, "}");
}

void c_write_member(struct c_block *block, const struct member *member, const char *path)
{
	if (member->is_sized) {
		c_write_table(block, member, path);
		return;
	}
	if (!member->is_tags) {
		c_write_plain(block, member, path);
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

void c_print_list_write_of(struct c_code *c, const struct declaration *d)
{
	struct type self = c_type_of(d);

	if (d->as.structure.handles != 0)
		return;
	print_list_write(c, &self, d->c_name, d->c_name, d->as.structure.min_size == 0);
	if (c_is_held_as_one(c->file, d))
		print_write_one(c, d->c_name);
}

void c_print_struct_write(struct c_code *c, const struct declaration *d)
{
	struct c_block block = { .c = c, .stream = "out", .fail = "return false;" };
	const struct body *body = &d->as.structure.body;
	bool counts = d->as.structure.counts_depth;

	print_wrapped(&c->out, "bool %s_write(struct sk_writer *out, const struct %s *value%s)",
		d->c_name, d->c_name, c_attached(d));
	print_line(&c->out, "{");
	c->out.indent++;
	if (table_block(d) != NULL)
		c_write_table_locals(c, table_block(d));
	if (c_has_bytes(body, false))
		print_line(&c->out, "const uint8_t *start;");
	if (c_has_depth(body))
		print_line(&c->out, "uint32_t depth;");
	if (c_has_bytes(body, false) || c_has_depth(body) || table_block(d) != NULL)
		print(&c->out, "\n");
	if (!c_writes_values(body) && table_block(d) == NULL)
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
	c_print_list_write_of(c, d);
}
