/*
 * Generated reading of dynamic positions: structs, tags, arrays.
 */
#include "compiler/c_code.h"

#include <inttypes.h>

static void read_list(struct c_block *block, const struct type *type,
	const char *value, const char *path)
{
	struct c_code *c = block->c;

	if (c_list_of(type) != C_LIST_BYTES) {
		c_require(block, "%s_read_list(%s, %s)", c_list_name(c, type, path),
			block->stream, c_address(c, value));
		c_require_bound(block, type, value, "count");
		return;
	}
	c_require(block, "sk_read_%s(%s, %s)",
		type->element->kind == TYPE_BOOL ? "bools" : "bytes",
		block->stream, c_address(c, value));
	c_require_bound(block, type, value, "size");
}

/* All records of an array stand one after the other, whatever its dimensions. */
static void read_records(struct c_block *block, const struct type *type, const char *value)
{
	struct c_record_array all = c_records(block->c, type, value);

	c_require(block, "sk_read_exactly(%s, %" PRIu64 ")", block->stream, type->fixed_size);
	c_require(block, "%s_read(%s, %s, %" PRIu64 ")", all.record->c_name, block->stream,
		all.first, all.count);
}

static void read_array(struct c_block *block, const struct type *type,
	const char *value, const char *path)
{
	struct c_code *c = block->c;

	if (c_is_raw(type->element) && type_is_raw_byte(type->element)) {
		c_require(block, "sk_read_raw_exactly(%s, %s, %" PRIu64 ")",
			block->stream, value, type->count);
		return;
	}
	c_require(block, "sk_read_exactly(%s, %" PRIu64 ")", block->stream, type->count);
	const char *index = c_loop(block, type->count);
	c_read_value(block, type->element,
		arena_printf(c->arena, "%s[%s]", value, index), path);
	c_end_loop(block);
}

void c_read_value(struct c_block *block, const struct type *type, const char *value,
	const char *path)
{
	struct c_code *c = block->c;

	if (type_is_blob(type)) {
		read_records(block, type, value);
		return;
	}
	switch (type->kind) {
	case TYPE_INTEGER:
	case TYPE_ENUM:
		c_require(block, "sk_read_%s(%s, %s)", c_integer(c, type),
			block->stream, c_address(c, value));
		if (c_is_strict(type))
			c_require(block, "%s_is_valid(%s)", type->declaration->c_name, value);
		break;
	case TYPE_BOOL:
		c_require(block, "sk_read_bool(%s, %s)", block->stream,
			c_address(c, value));
		break;
	case TYPE_FLOAT:
		c_require(block, "sk_read_%s(%s, %s)", c_float(type), block->stream,
			c_address(c, value));
		break;
	case TYPE_STRING:
		c_require(block, "sk_read_string(%s, %s)", block->stream,
			c_address(c, value));
		c_require_bound(block, type, value, "size");
		break;
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		c_require(block, "%s_read(%s, %s%s)", type->declaration->c_name,
			block->stream, c_address(c, value), c_with(type));
		break;
	case TYPE_LIST:
		read_list(block, type, value, c_path(c, type, path));
		break;
	case TYPE_ARRAY:
		read_array(block, type, value, c_path(c, type, path));
		break;
	case TYPE_HANDLE:
		c_require(block, "sk_read_handle(%s, attached, %s, &%s.raw)", block->stream,
			c_rights_wanted(c, type), value);
		break;
	default:
		break;
	}
}

/* ---- members ---- */

void c_read_held(struct c_block *block, const struct member *member, const char *value,
	const char *path)
{
	struct c_code *c = block->c;

	if (member->is_recursive)
		c_require(block, "%s_read_one(%s, %s)", member->type->declaration->c_name,
			block->stream, c_address(c, value));
	else
		c_read_value(block, member->type, value, c_member_path(c, path, member));
}

static void read_optional(struct c_block *block, const struct member *member,
	const char *value, const char *path)
{
	struct c_code *c = block->c;

	if (member->type->kind == TYPE_HANDLE) {
		c_require(block, "sk_read_optional_handle(%s, attached, %s, &value->has_%s, "
			"&%s.raw)", block->stream, c_rights_wanted(c, member->type),
			member->c_name, value);
		return;
	}
	c_require(block, "sk_read_present(%s, %" PRIu64 ", &value->has_%s)", block->stream,
		c_size_of_one(member->type), member->c_name);
	c_flush(block);
	print_line(&c->out, "if (value->has_%s) {", member->c_name);
	c->out.indent++;
	if (member->type->kind == TYPE_RECORD)
		c_require(block, "%s_read(%s, &%s, 1)", member->type->declaration->c_name,
			block->stream, value);
	else
		c_read_held(block, member, value, path);
	c_flush(block);
	c->out.indent--;
	print_line(&c->out, "}");
}

void c_read_plain(struct c_block *block, const struct member *member, const char *path)
{
	const char *value = arena_printf(block->c->arena, "value->%s", member->c_name);

	c_begin_read(block, member);
	if (member->is_optional)
		read_optional(block, member, value, path);
	else
		c_read_held(block, member, value, path);
	c_end_read(block, member);
}

static void read_tag(struct c_block *block, const struct member *member, const char *path)
{
	struct c_code *c = block->c;

	print_line(&c->out, "if (tag == %s) {", c_tag(c, member));
	c->out.indent++;
	print_line(&c->out, "value->has_%s = true;", member->c_name);
	c_read_plain(block, member, path);
	c_require(block, "sk_read_varint(%s, &tag)", block->stream);
	c_flush(block);
	c->out.indent--;
	print_line(&c->out, "}");
}

void c_read_member(struct c_block *block, const struct member *member, const char *path)
{
	if (member->is_sized) {
		c_read_table(block, member, path);
		return;
	}
	if (!member->is_tags) {
		c_read_plain(block, member, path);
		return;
	}
	c_require(block, "sk_read_varint(%s, &tag)", block->stream);
	c_flush(block);
	for (const struct member *m = member->tags; m != NULL; m = m->next)
		read_tag(block, m, path);
	c_require(block, "tag == 0");
}

/* ---- whole functions ---- */

/* Reads every element of the list to the same value, or to one after the other. */
static void print_loop(struct c_block *block, const struct type *item, const char *value,
	const char *path, const char *step)
{
	struct printer *out = &block->c->out;

	print_line(out, "for (uint32_t left = list->count; left != 0; left--%s) {", step);
	out->indent++;
	c_read_value(block, item, value, path);
	c_flush(block);
	out->indent--;
	print_line(out, "}");
}

/*
 * Reads the elements into the reader's room, or into none, and keeps the
 * range that they stand in.
 */
static void print_list_read(struct c_code *c, const struct type *item,
	const char *list, const char *path, bool is_empty)
{
	bool is_flat = c_is_flat(item);
	bool is_array = item->kind == TYPE_ARRAY;
	struct c_block block = { .c = c, .stream = is_flat ? "&copy" : "in",
		.fail = is_flat ? "return sk_read_done(in, &copy, false);" : "return false;" };
	const char *in = is_flat ? "copy" : "*in";
	const char *pointer = c_declare_pointer(c, item, "", path);

	print_wrapped(&c->out, "%sbool %s_read_list(struct sk_reader *in, struct %s_list *list)",
		is_flat ? "SK_FLATTEN " : "", list, list);
	print_line(&c->out, "{");
	c->out.indent++;
	if (is_flat)
		print_line(&c->out, "struct sk_reader copy = *in;");
	print_line(&c->out, "%s;", c_declare(c, item, "spare", path));
	print_line(&c->out, "%s;", c_declare_pointer(c, item, "item", path));
	print_line(&c->out, "void *room;");
	print(&c->out, "\n");
	print_line(&c->out, "list->items = NULL;");
	c_require(&block, "sk_read_count%s(%s, &list->count)", is_empty ? "_of_empty" : "",
		block.stream);
	c_require(&block, "sk_take_room(%s, list->count * (uint64_t)sizeof spare, &room)",
		"in");
	c_flush(&block);
	print_line(&c->out, "sk_range_begin(&list->wire, %s);", c_address(c, in));
	if (is_flat) {	/* what is not kept need not even be computed */
		print_line(&c->out, "if (room == NULL) {");
		c->out.indent++;
		print_loop(&block, item, "spare", path, "");
		c->out.indent--;
		print_line(&c->out, "} else {");
		c->out.indent++;
		print_line(&c->out, "item = (%s)room;", pointer);
		print_loop(&block, item, "*item", path, ", item++");
		c->out.indent--;
		print_line(&c->out, "}");
	} else {
		print_line(&c->out, "item = room != NULL ? (%s)room : &spare;", pointer);
		print_loop(&block, item, is_array ? "(*item)" : "*item", path,
			", item += room != NULL");
	}
	print_line(&c->out, "list->items = (const %s)room;", pointer);
	print_line(&c->out, "sk_range_end(&list->wire, %s);", c_address(c, in));
	print_line(&c->out, is_flat ? "return sk_read_done(in, &copy, true);" : "return true;");
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

/* Takes one element off the front, of the caller's or of the message's. */
static void print_list_next(struct c_code *c, const struct type *item,
	const char *list, const char *path)
{
	bool is_array = item->kind == TYPE_ARRAY;
	struct c_block block = { .c = c, .stream = "&in",
		.fail = "return sk_list_stop(&list->count);" };

	print_wrapped(&c->out, "%sbool %s_next(struct %s_list *list, %s)",
		c_is_flat(item) ? "static inline " : "", list, list,
		c_declare_pointer(c, item, "item", path));
	print_line(&c->out, "{");
	c->out.indent++;
	print_line(&c->out, "if (list->count == 0)");
	print_line(&c->out, "\treturn false;");
	print_line(&c->out, "list->count--;");
	print_line(&c->out, "if (list->items != NULL) {");
	if (is_array)
		print_line(&c->out, "\tmemcpy(item, list->items++, sizeof *item);");
	else
		print_line(&c->out, "\t*item = *list->items++;");
	print_line(&c->out, "\treturn true;");
	print_line(&c->out, "}");
	print_line(&c->out, "struct sk_reader in = sk_range_open(&list->wire);");
	c_read_value(&block, item, is_array ? "(*item)" : "*item", path);
	c_flush(&block);
	print_line(&c->out, "sk_range_advance(&list->wire, &in);");
	print_line(&c->out, "return true;");
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

void c_print_list_read(struct c_code *c, const struct type *list, const char *path)
{
	const char *name = c_list_name(c, list, path);
	const char *item_path = c_item_path(c, list, path);

	print_list_read(c, list->element, name, item_path, list->element->min_size == 0);
	print_list_next(c, list->element, name, item_path);
}

/* A struct that stands in itself by a tag is held as a list of one. */
static void print_read_one(struct c_code *c, const char *name)
{
	struct printer *out = &c->out;

	print_wrapped(out, "bool %s_read_one(struct sk_reader *in, struct %s_list *list)",
		name, name);
	print_line(out, "{");
	print_line(out, "\tstruct %s spare;", name);
	print_line(out, "\tvoid *room;");
	print(out, "\n");
	print_line(out, "\tlist->items = NULL;");
	print_line(out, "\tlist->count = 1;");
	print_line(out, "\tsk_range_begin(&list->wire, in);");
	print_line(out, "\tif (!sk_take_room(in, sizeof spare, &room)");
	print_line(out, "\t    || !%s_read(in, room != NULL ? (struct %s *)room : &spare))",
		name, name);
	print_line(out, "\t\treturn false;");
	print_line(out, "\tlist->items = (const struct %s *)room;", name);
	print_line(out, "\tsk_range_end(&list->wire, in);");
	print_line(out, "\treturn true;");
	print_line(out, "}");
	print(out, "\n");
}

/* Absent members get their defaults before the others are read. */
static void print_struct_locals(struct c_code *c, const struct declaration *d)
{
	const struct body *body = &d->as.structure.body;

	if (table_block(d) != NULL)
		c_read_table_locals(c, table_block(d));
	else if (c_has_tags(body))
		print_line(&c->out, "uint64_t tag;");
	if (c_has_bytes(body, false))
		print_line(&c->out, "const uint8_t *end;");
	if (c_has_depth(body))
		print_line(&c->out, "uint32_t depth;");
	if (c_has_tags(body) || c_has_bytes(body, false) || c_has_depth(body))
		print(&c->out, "\n");
	if (c_has_absent(body) || !c_has_members(body))
		print_line(&c->out, "%s_init(value);", d->c_name);
}

static void print_struct_read(struct c_code *c, const struct declaration *d,
	const char *linkage)
{
	struct c_block block = { .c = c, .stream = "in", .fail = "return false;" };
	const struct body *body = &d->as.structure.body;
	bool counts = d->as.structure.counts_depth;

	print_wrapped(&c->out, "%sbool %s_read(struct sk_reader *in, struct %s *value%s)",
		linkage, d->c_name, d->c_name, c_attached(d));
	print_line(&c->out, "{");
	c->out.indent++;
	print_struct_locals(c, d);
	if (counts)
		c_require(&block, "sk_descend(in)");
	else if (body->first == NULL)
		print_line(&c->out, "(void)in;");
	for (const struct member *m = body->first; m != NULL; m = m->next)
		c_read_member(&block, m, d->c_name);
	if (counts) {
		c_flush(&block);
		print_line(&c->out, "sk_ascend(in);");
	}
	c_return(&block);
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

bool c_print_struct_inline(struct c_code *c, const struct declaration *d)
{
	struct type self = c_type_of(d);

	if (!c_is_flat(&self))
		return false;
	print_struct_read(c, d, "static inline ");
	print_list_next(c, &self, d->c_name, d->c_name);
	return true;
}

void c_print_list_of(struct c_code *c, const struct declaration *d)
{
	struct type self = c_type_of(d);

	if (d->as.structure.handles != 0)
		return;
	print_list_read(c, &self, d->c_name, d->c_name, d->as.structure.min_size == 0);
	if (!c_is_flat(&self))
		print_list_next(c, &self, d->c_name, d->c_name);
	if (c_is_held_as_one(c->file, d))
		print_read_one(c, d->c_name);
}

void c_print_struct_read(struct c_code *c, const struct declaration *d)
{
	struct type self = c_type_of(d);

	if (!c_is_flat(&self))
		print_struct_read(c, d, "");
	c_print_list_of(c, d);
}
