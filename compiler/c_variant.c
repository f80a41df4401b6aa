/*
 * Generated reading and writing of variants: one arm, between its tag and the
 * end of what is tagged. In a flexible one each value has its length before
 * it, and a tag that the schema does not know keeps its bytes.
 */
#include "compiler/c_code.h"

#include <inttypes.h>

static const char *arm_value(struct c_code *c, const struct member *arm)
{
	return arena_printf(c->arena, "value->as.%s", arm->c_name);
}

/* ---- reading ---- */

static void read_arm(struct c_block *block, const struct declaration *d,
	const struct member *arm)
{
	struct c_code *c = block->c;

	print_line(&c->out, "case %s_%s:", d->c_name, arm->c_name);
	c->out.indent++;
	if (arm->type != NULL) {
		c_begin_read(block, arm);
		c_read_held(block, arm, arm_value(c, arm), d->c_name);
		c_end_read(block, arm);
		c_flush(block);
	}
	print_line(&c->out, "break;");
	c->out.indent--;
}

static void read_arms(struct c_block *block, const struct declaration *d)
{
	struct printer *out = &block->c->out;

	print_line(out, "switch (tag) {");
	for (const struct member *m = d->as.structure.body.first; m != NULL; m = m->next)
		read_arm(block, d, m);
	print_line(out, "default:");
	if (d->as.structure.is_flexible) {
		print_line(out, "\tsk_take_rest(&sized, &value->unknown);");
		print_line(out, "\tbreak;");
	} else {
		print_line(out, "\treturn false;");
	}
	print_line(out, "}");
	print_line(out, "value->which = (uint32_t)tag;");
}

static void print_read_locals(struct c_code *c, const struct declaration *d)
{
	if (d->as.structure.is_flexible)
		print_line(&c->out, "struct sk_reader sized;");
	print_line(&c->out, "uint64_t tag;");
	if (c_has_bytes(&d->as.structure.body, false))
		print_line(&c->out, "const uint8_t *end;");
	if (c_has_depth(&d->as.structure.body))
		print_line(&c->out, "uint32_t depth;");
	print(&c->out, "\n");
	if (d->as.structure.is_flexible)
		print_line(&c->out, "%s_init(value);", d->c_name);
}

static void print_read(struct c_code *c, const struct declaration *d)
{
	struct c_block block = { .c = c, .stream = "in", .fail = "return false;" };
	bool counts = d->as.structure.counts_depth;

	print_wrapped(&c->out, "bool %s_read(struct sk_reader *in, struct %s *value%s)",
		d->c_name, d->c_name, c_attached(d));
	print_line(&c->out, "{");
	c->out.indent++;
	print_read_locals(c, d);
	if (counts)
		c_require(&block, "sk_descend(in)");
	c_require(&block, "sk_read_varint(in, &tag)");
	if (d->as.structure.is_flexible) {
		c_require(&block, "sk_is_tag(tag)");
		c_require(&block, "sk_read_sized(in, &sized)");
	}
	c_flush(&block);
	if (d->as.structure.is_flexible)
		block.stream = "&sized";
	read_arms(&block, d);
	if (counts)
		print_line(&c->out, "sk_ascend(in);");
	if (d->as.structure.is_flexible)
		c_require(&block, "sk_is_at_end(&sized)");
	c_require(&block, "sk_read_varint(in, &tag)");
	c_require(&block, "tag == 0");
	c_return(&block);
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

void c_print_variant_read(struct c_code *c, const struct declaration *d)
{
	print_read(c, d);
	c_print_list_of(c, d);
}

/* ---- writing ---- */

static void write_arm(struct c_block *block, const struct declaration *d,
	const struct member *arm)
{
	struct c_code *c = block->c;

	print_line(&c->out, "case %s_%s:", d->c_name, arm->c_name);
	c->out.indent++;
	if (arm->type != NULL) {
		c_begin_write(block, arm);
		c_write_held(block, arm, arm_value(c, arm), d->c_name);
		c_end_write(block, arm);
		c_flush(block);
	}
	print_line(&c->out, "break;");
	c->out.indent--;
}

static void write_arms(struct c_block *block, const struct declaration *d)
{
	struct printer *out = &block->c->out;

	print_line(out, "switch (value->which) {");
	for (const struct member *m = d->as.structure.body.first; m != NULL; m = m->next)
		write_arm(block, d, m);
	print_line(out, "default:");
	if (d->as.structure.is_flexible) {
		print_line(out, "\tif (!sk_write_unknown(out, value->unknown))");
		print_line(out, "\t\treturn false;");
		print_line(out, "\tbreak;");
	} else {
		print_line(out, "\treturn sk_write_invalid(out);");
	}
	print_line(out, "}");
}

static void print_write_locals(struct c_code *c, const struct declaration *d)
{
	const struct body *body = &d->as.structure.body;
	bool starts = d->as.structure.is_flexible || c_has_bytes(body, false);

	if (starts)
		print_line(&c->out, "%suint8_t *start;",
			d->as.structure.is_flexible ? "" : "const ");
	if (c_has_depth(body))
		print_line(&c->out, "uint32_t depth;");
	if (starts || c_has_depth(body))
		print(&c->out, "\n");
}

static void print_write(struct c_code *c, const struct declaration *d)
{
	struct c_block block = { .c = c, .stream = "out", .fail = "return false;" };
	bool is_flexible = d->as.structure.is_flexible;

	print_wrapped(&c->out, "bool %s_write(struct sk_writer *out, const struct %s *value%s)",
		d->c_name, d->c_name, c_attached(d));
	print_line(&c->out, "{");
	c->out.indent++;
	print_write_locals(c, d);
	if (d->as.structure.counts_depth)
		c_require(&block, "sk_write_descend(out)");
	if (is_flexible)
		c_require(&block, "sk_write_valid(out, sk_is_tag(value->which))");
	c_require(&block, "sk_write_varint(out, value->which)");
	if (is_flexible)
		c_require(&block, "sk_begin_sized(out, &start)");
	c_flush(&block);
	write_arms(&block, d);
	if (d->as.structure.counts_depth)
		print_line(&c->out, "sk_write_ascend(out);");
	if (is_flexible)
		c_require(&block, "sk_end_sized(out, start)");
	c_require(&block, "sk_write_varint(out, 0)");
	c_return(&block);
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

void c_print_variant_write(struct c_code *c, const struct declaration *d)
{
	print_write(c, d);
	c_print_list_write_of(c, d);
}

/* ---- the header ---- */

static void print_tags(struct c_code *c, const struct declaration *d)
{
	const struct member *m = d->as.structure.body.first;

	print_line(&c->out, "enum {");
	c->out.indent++;
	for (; m != NULL; m = m->next) {
		c_print_member_doc(c, m->doc);
		print_line(&c->out, "%s_%s = %" PRIu64 "%s", d->c_name, m->c_name, m->tag,
			m->next != NULL ? "," : "");
	}
	c->out.indent--;
	print_line(&c->out, "};");
}

static void print_arms(struct c_code *c, const struct declaration *d)
{
	const struct member *m = d->as.structure.body.first;

	while (m != NULL && m->type == NULL)
		m = m->next;
	if (m == NULL)
		return;
	print_line(&c->out, "union {");
	c->out.indent++;
	for (; m != NULL; m = m->next)
		if (m->type != NULL)
			c_print_held(c, m, d->c_name);
	c->out.indent--;
	print_line(&c->out, "} as;");
}

void c_print_variant_type(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;

	print_tags(c, d);
	print_line(out, "struct %s {", d->c_name);
	out->indent++;
	print_line(out, "uint32_t which; /* 0: not set, refused by encode */");
	print_arms(c, d);
	if (d->as.structure.is_flexible)
		print_line(out, "struct sk_bytes unknown; /* the value of any other tag */");
	out->indent--;
	print_line(out, "};");
}
