/*
 * Generated reading and writing of tables: entries in the order of their tags,
 * each value behind its length; those of other tags are skipped, and written
 * again at their places.
 */
#include "compiler/c_code.h"

/* ---- reading ---- */

void c_read_table_locals(struct c_code *c, const struct member *table)
{
	print_line(&c->out, "struct sk_table table;");
	if (table->tags != NULL)
		print_line(&c->out, "struct sk_reader sized;");
}

/* `last` is the greatest tag that cannot come any more. What comes has a greater one, so
 * between that and the next there is nothing to skip. */
static void read_entry(struct c_block *block, const struct member *m, uint64_t last,
	const char *path)
{
	struct c_code *c = block->c;
	const char *in = block->stream;

	if (m->tag != last + 1)
		c_require(block, "sk_table_seek(%s, &table, %s)", in, c_tag(c, m));
	c_flush(block);
	print_line(&c->out, "if (table.tag == %s) {", c_tag(c, m));
	c->out.indent++;
	print_line(&c->out, "value->has_%s = true;", m->c_name);
	c_require(block, "sk_read_sized(%s, &sized)", in);
	block->stream = "&sized";
	c_read_plain(block, m, path);
	block->stream = in;
	c_require(block, "sk_is_at_end(&sized)");
	c_require(block, "sk_table_next(%s, &table)", in);
	c_flush(block);
	c->out.indent--;
	print_line(&c->out, "}");
}

void c_read_table(struct c_block *block, const struct member *table, const char *path)
{
	uint64_t last = 0;

	c_require(block, "sk_table_begin(%s, &table)", block->stream);
	for (const struct member *m = table->tags; m != NULL; last = m->tag, m = m->next)
		read_entry(block, m, last, path);
	c_require(block, "sk_table_end(%s, &table, &value->unknown)", block->stream);
}

/* ---- writing ---- */

void c_write_table_locals(struct c_code *c, const struct member *table)
{
	print_line(&c->out, "struct sk_bytes unknown = value->unknown;");
	if (table->tags != NULL)
		print_line(&c->out, "uint8_t *sized;");
}

static void write_entry(struct c_block *block, const struct member *m, const char *path)
{
	struct c_code *c = block->c;

	c_require(block, "sk_write_below(%s, &unknown, %s)", block->stream, c_tag(c, m));
	c_flush(block);
	print_line(&c->out, "if (value->has_%s) {", m->c_name);
	c->out.indent++;
	c_require(block, "sk_write_varint(%s, %s)", block->stream, c_tag(c, m));
	c_require(block, "sk_begin_sized(%s, &sized)", block->stream);
	c_write_plain(block, m, path);
	c_require(block, "sk_end_sized(%s, sized)", block->stream);
	c_flush(block);
	c->out.indent--;
	print_line(&c->out, "}");
}

void c_write_table(struct c_block *block, const struct member *table, const char *path)
{
	for (const struct member *m = table->tags; m != NULL; m = m->next)
		write_entry(block, m, path);
	c_require(block, "sk_write_table_end(%s, &unknown)", block->stream);
}
