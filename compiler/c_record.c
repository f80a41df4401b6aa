/*
 * Generated records: structs with the layout of the wire, copied whole where
 * the CPU is little-endian and checked on the copy.
 */
#include "compiler/c_code.h"

#include <inttypes.h>

/* ---- what the members are made of ---- */

/* Behind all dimensions. */
static const struct type *scalar_of(const struct type *type)
{
	while (type->kind == TYPE_ARRAY)
		type = type->element;
	return type;
}

/* Some number in it has more than one byte. */
static bool has_order(const struct declaration *record)
{
	const struct member *m = record->as.structure.body.first;

	for (; m != NULL; m = m->next) {
		const struct type *type = scalar_of(m->type);
		if (type->kind == TYPE_RECORD ? has_order(type->declaration) : type->width > 1)
			return true;
	}
	return false;
}

/* Not every pattern of its bytes is a value. */
static bool has_rules(const struct type *type)
{
	if (type->kind == TYPE_RECORD)
		return !type->declaration->as.structure.is_raw;
	return type->kind == TYPE_BOOL || c_is_strict(type);
}

/* ---- the header: its layout ---- */

static void print_layout(struct c_code *c, const struct declaration *d)
{
	const struct member *m = d->as.structure.body.first;
	uint64_t offset = 0;

	print_line(&c->out, "SK_CHECK(sizeof(struct %s) == %" PRIu64, d->c_name,
		d->as.structure.fixed_size);
	for (; m != NULL; m = m->next) {
		if (offset != 0)
			print_line(&c->out, "\t&& offsetof(struct %s, %s) == %" PRIu64, d->c_name,
				m->c_name, offset);
		offset += m->type->fixed_size;
	}
	c->out.size--;			/* the condition ends here */
	print(&c->out, ",\n");
	print_line(&c->out, "\t\"%s has the layout of the wire\");", d->qualified);
	print(&c->out, "\n");
}

/* ---- byte order ---- */

static void swap_value(struct c_block *block, const struct type *type, const char *value,
	bool is_array, uint64_t count)
{
	struct c_code *c = block->c;

	if (type->kind == TYPE_ARRAY && scalar_of(type)->kind != TYPE_RECORD) {
		swap_value(block, type->element, value, true, count * type->count);
	} else if (type->kind == TYPE_ARRAY) {
		const char *index = c_loop(block, type->count);
		swap_value(block, type->element, arena_printf(c->arena, "%s[%s]", value, index),
			false, 1);
		c_end_loop(block);
	} else if (type->kind == TYPE_RECORD) {
		print_line(&c->out, "%s_swap(&%s);", type->declaration->c_name, value);
	} else {
		print_line(&c->out, "sk_swap%u(%s%s, %" PRIu64 ");", 8 * type->width,
			is_array ? "" : "&", value, count);
	}
}

static void print_swap(struct c_code *c, const struct declaration *d)
{
	struct c_block block = { .c = c };
	const struct member *m = d->as.structure.body.first;

	print_line(&c->out, "/* For big-endian CPUs: its numbers, turned around. */");
	print_wrapped(&c->out, "static inline void %s_swap(struct %s *value)", d->c_name,
		d->c_name);
	print_line(&c->out, "{");
	c->out.indent++;
	for (; m != NULL; m = m->next) {
		const struct type *type = scalar_of(m->type);
		if (type->kind == TYPE_RECORD ? has_order(type->declaration) : type->width > 1)
			swap_value(&block, m->type, arena_printf(c->arena, "value->%s",
				m->c_name), false, 1);
	}
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

/* ---- bools and strict members ---- */

static void check_value(struct c_block *block, const struct type *type, const char *value)
{
	struct c_code *c = block->c;

	if (type->kind == TYPE_ARRAY) {
		const char *index = c_loop(block, type->count);
		check_value(block, type->element, arena_printf(c->arena, "%s[%s]", value,
			index));
		c_end_loop(block);
	} else if (type->kind == TYPE_BOOL) {
		c_require(block, "sk_is_bool(&%s)", value);
	} else {
		c_require(block, "%s_is_valid(%s%s)", type->declaration->c_name,
			type->kind == TYPE_RECORD ? "&" : "", value);
	}
}

static void print_is_valid(struct c_code *c, const struct declaration *d)
{
	struct c_block block = { .c = c, .fail = "return false;" };
	const struct member *m = d->as.structure.body.first;

	print_line(&c->out, "/* Each bool in it is 0 or 1, each strict value listed. */");
	print_wrapped(&c->out, "static inline bool %s_is_valid(const struct %s *value)",
		d->c_name, d->c_name);
	print_line(&c->out, "{");
	c->out.indent++;
	for (; m != NULL; m = m->next)
		if (has_rules(scalar_of(m->type)))
			check_value(&block, m->type, arena_printf(c->arena, "value->%s",
				m->c_name));
	c_return(&block);
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

/* ---- copying ---- */

static void print_get(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	bool is_raw = d->as.structure.is_raw;

	print_wrapped(out, "static inline %s %s_get(const uint8_t *from, struct %s *values, "
		"uint32_t count)", is_raw ? "void" : "bool", d->c_name, d->c_name);
	print_line(out, "{");
	out->indent++;
	print_line(out, "memcpy(values, from, count * sizeof *values);");
	if (is_raw && has_order(d)) {
		print_line(out, "for (uint32_t i = 0; SK_BIG_ENDIAN && i < count; i++)");
		print_line(out, "\t%s_swap(&values[i]);", d->c_name);
	}
	if (!is_raw) {
		print_line(out, "SK_COPIED(values);");
		print_line(out, "for (uint32_t i = 0; i < count; i++) {");
		if (has_order(d)) {
			print_line(out, "\tif (SK_BIG_ENDIAN)");
			print_line(out, "\t\t%s_swap(&values[i]);", d->c_name);
		}
		print_line(out, "\tif (!%s_is_valid(&values[i]))", d->c_name);
		print_line(out, "\t\treturn false;");
		print_line(out, "}");
		print_line(out, "return true;");
	}
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

static void print_put(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	bool is_raw = d->as.structure.is_raw;

	print_wrapped(out, "static inline %s %s_put(uint8_t *to, const struct %s *values, "
		"uint32_t count)", is_raw ? "void" : "bool", d->c_name, d->c_name);
	print_line(out, "{");
	out->indent++;
	if (!is_raw) {
		print_line(out, "for (uint32_t i = 0; i < count; i++)");
		print_line(out, "\tif (!%s_is_valid(&values[i]))", d->c_name);
		print_line(out, "\t\treturn false;");
	}
	print_line(out, "memcpy(to, values, count * sizeof *values);");
	if (has_order(d)) {
		print_line(out, "for (uint32_t i = 0; SK_BIG_ENDIAN && i < count; i++) {");
		print_line(out, "\tstruct %s copy = values[i];", d->c_name);
		print_line(out, "\t%s_swap(&copy);", d->c_name);
		print_line(out, "\tmemcpy(to + i * sizeof copy, &copy, sizeof copy);");
		print_line(out, "}");
	}
	if (!is_raw)
		print_line(out, "return true;");
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

/* ---- lists ---- */

static void print_at(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const char *name = d->c_name;
	bool is_raw = d->as.structure.is_raw;

	print_line(out, "/* The element at an index, from 0; false: there is none. */");
	print_wrapped(out, "static inline bool %s_at(const struct %s_list *list, uint32_t index, "
		"struct %s *item)", name, name, name);
	print_line(out, "{");
	out->indent++;
	print_line(out, "if (index >= list->count)");
	print_line(out, "\treturn false;");
	if (is_raw)
		print_line(out, "if (list->items != NULL)");
	else
		print_line(out, "if (list->items == NULL)");
	if (is_raw) {
		print_line(out, "\t*item = list->items[index];");
		print_line(out, "else");
		print_line(out, "\t%s_get(list->wire.at + index * sizeof *item, item, 1);", name);
	} else {
		out->indent++;
		print_wrapped(out, "return %s_get(list->wire.at + index * sizeof *item, item, 1);",
			name);
		out->indent--;
		print_line(out, "*item = list->items[index];");
	}
	print_line(out, "return true;");
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

static void print_next(struct c_code *c, const char *name)
{
	struct printer *out = &c->out;

	print_wrapped(out, "static inline bool %s_next(struct %s_list *list, struct %s *item)",
		name, name, name);
	print_line(out, "{");
	print_line(out, "\tif (!%s_at(list, 0, item))", name);
	print_line(out, "\t\treturn sk_list_stop(&list->count);");
	print_line(out, "\tlist->count--;");
	print_line(out, "\tif (list->items != NULL)");
	print_line(out, "\t\tlist->items++;");
	print_line(out, "\telse");
	print_line(out, "\t\tsk_range_skip(&list->wire, sizeof *item);");
	print_line(out, "\treturn true;");
	print_line(out, "}");
	print(out, "\n");
}

void c_print_record_functions(struct c_code *c, const struct declaration *d)
{
	const char *name = d->c_name;

	print_layout(c, d);
	c_print_init(c, d);
	if (has_order(d))
		print_swap(c, d);
	if (!d->as.structure.is_raw)
		print_is_valid(c, d);
	print_line(&c->out, "/* `count` of them, from the bytes of a message and to them%s. */",
		d->as.structure.is_raw ? "" : ";\n * false: one of them is not valid");
	print_get(c, d);
	print_put(c, d);
	print_at(c, d);
	print_next(c, name);
	print_wrapped(&c->out, "bool %s_read(struct sk_reader *in, struct %s *values, "
		"uint32_t count);", name, name);
	print_wrapped(&c->out, "bool %s_write(struct sk_writer *out, const struct %s *values, "
		"uint32_t count);", name, name);
}

/* ---- the source ---- */

static void print_read(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const char *name = d->c_name;

	print_wrapped(out, "bool %s_read(struct sk_reader *in, struct %s *values, uint32_t count)",
		name, name);
	print_line(out, "{");
	print_line(out, "\tconst uint8_t *from = sk_take_bytes(in, count * sizeof *values);");
	print(out, "\n");
	if (d->as.structure.is_raw) {
		print_line(out, "\tif (from == NULL)");
		print_line(out, "\t\treturn false;");
		print_line(out, "\t%s_get(from, values, count);", name);
		print_line(out, "\treturn true;");
	} else {
		print_line(out, "\treturn from != NULL && %s_get(from, values, count);", name);
	}
	print_line(out, "}");
	print(out, "\n");
}

static void print_write(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const char *name = d->c_name;

	print_wrapped(out, "bool %s_write(struct sk_writer *out, const struct %s *values, "
		"uint32_t count)", name, name);
	print_line(out, "{");
	print_line(out, "\tuint8_t *to = sk_make_bytes(out, count * sizeof *values);");
	print(out, "\n");
	print_line(out, "\tif (to == NULL)");
	print_line(out, "\t\treturn false;");
	if (d->as.structure.is_raw) {
		print_line(out, "\t%s_put(to, values, count);", name);
		print_line(out, "\treturn true;");
	} else {
		print_line(out, "\treturn sk_write_valid(out, %s_put(to, values, count));", name);
	}
	print_line(out, "}");
	print(out, "\n");
}

/* Where there is no room, all elements that may be wrong are looked at. */
static void print_list_read(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const char *name = d->c_name;

	print_wrapped(out, "bool %s_read_list(struct sk_reader *in, struct %s_list *list)",
		name, name);
	print_line(out, "{");
	out->indent++;
	if (!d->as.structure.is_raw)
		print_line(out, "struct %s spare;", name);
	print_line(out, "void *room;");
	print(out, "\n");
	print_line(out, "list->items = NULL;");
	print_line(out, "if (!sk_read_records(in, sizeof(struct %s), &list->count, &list->wire)",
		name);
	print_line(out, "    || !sk_take_room(in, list->wire.size, &room))");
	print_line(out, "\treturn false;");
	if (d->as.structure.is_raw) {
		print_line(out, "if (room != NULL)");
		print_line(out, "\t%s_get(list->wire.at, (struct %s *)room, list->count);", name,
			name);
	} else {
		print_line(out, "if (room != NULL");
		print_wrapped(out, "    && !%s_get(list->wire.at, (struct %s *)room, "
			"list->count))", name, name);
		print_line(out, "\treturn false;");
		print_line(out, "for (uint32_t i = 0; room == NULL && i < list->count; i++)");
		print_line(out, "\tif (!%s_at(list, i, &spare))", name);
		print_line(out, "\t\treturn false;");
	}
	print_line(out, "list->items = (const struct %s *)room;", name);
	print_line(out, "return true;");
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

static void print_list_write(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const char *name = d->c_name;
	const char *size = arena_printf(c->arena, "sizeof(struct %s)", name);

	print_wrapped(out, "bool %s_write_list(struct sk_writer *out, "
		"const struct %s_list *list)", name, name);
	print_line(out, "{");
	out->indent++;
	print_line(out, "if (list->items == NULL)");
	out->indent++;
	print_wrapped(out, "return sk_write_records(out, %s, list->count, &list->wire);", size);
	out->indent--;
	print_line(out, "uint8_t *to = sk_make_records(out, %s, list->count);", size);
	print_line(out, "if (to == NULL)");
	print_line(out, "\treturn false;");
	if (d->as.structure.is_raw) {
		print_line(out, "%s_put(to, list->items, list->count);", name);
		print_line(out, "return true;");
	} else {
		print_wrapped(out, "return sk_write_valid(out, %s_put(to, list->items, "
			"list->count));",
			name);
	}
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

void c_print_record(struct c_code *c, const struct declaration *d)
{
	print_read(c, d);
	print_write(c, d);
	print_list_read(c, d);
	print_list_write(c, d);
}
