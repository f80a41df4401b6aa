/*
 * Bytes in HTML: diagrams of what stands in place, eight bytes to a row, and tables of
 * members. See doc.h.
 */
#include "compiler/doc.h"

#include <inttypes.h>
#include <string.h>

#define ROW 8

/* ---- diagrams ---- */

struct diagram {
	struct doc *doc;
	uint64_t at;			/* bytes drawn so far */
};

/* Begins a row if one is due. */
static void begin_row(struct diagram *d)
{
	if (d->at % ROW == 0)
		print(&d->doc->out, "<tr><th scope=\"row\">%" PRIu64 "</th>", d->at);
}

static void draw_piece(struct diagram *d, const char *kind, uint64_t size, const char *text)
{
	begin_row(d);
	print(&d->doc->out, "<td class=\"%s\" colspan=\"%u\">%s</td>", kind, (unsigned)size, text);
	d->at += size;
	if (d->at % ROW == 0)
		print(&d->doc->out, "</tr>\n");
}

/* Whole rows of one member, where there are several: one stands for them. */
static uint64_t draw_middle(struct diagram *d, const char *kind, uint64_t size)
{
	uint64_t rows = size / ROW;

	if (rows < 2)
		return size;
	print(&d->doc->out, "<tr><th scope=\"row\">%" PRIu64 "</th><td class=\"%s more\" "
		"colspan=\"%u\">%" PRIu64 " bytes more</td></tr>\n", d->at, kind, ROW, rows * ROW);
	d->at += rows * ROW;
	return size - rows * ROW;
}

static void draw(struct diagram *d, const char *kind, uint64_t size, const char *text)
{
	while (size != 0) {
		uint64_t first = ROW - d->at % ROW;

		if (size < first)
			first = size;
		draw_piece(d, kind, first, text);
		size -= first;
		text = "&hellip;";
		if (d->at % ROW == 0)
			size = draw_middle(d, kind, size);
	}
}

static void begin_diagram(struct diagram *d, const char *caption)
{
	struct printer *out = &d->doc->out;

	print(out, "<div class=\"scroll\"><table class=\"wire\">\n<caption>%s</caption>\n"
		"<thead><tr><th></th>", caption);
	for (unsigned i = 0; i < ROW; i++)
		print(out, "<th scope=\"col\">+%u</th>", i);
	print(out, "</tr></thead>\n<tbody>\n");
}

static void end_diagram(struct diagram *d)
{
	if (d->at % ROW != 0)
		print(&d->doc->out, "<td class=\"none\" colspan=\"%u\"></td></tr>\n",
			(unsigned)(ROW - d->at % ROW));
	print(&d->doc->out, "</tbody></table></div>\n");
}

static void draw_member(struct diagram *d, const struct section *section,
	const struct member *m)
{
	const char *name = m->is_tags ? "tags" : m->name;

	if (m->is_pointer)
		draw(d, "pointer", section->pointer_width,
			arena_printf(d->doc->arena, "&rarr;&nbsp;%s", name));
	else
		draw(d, "value", m->type->fixed_size ? m->type->fixed_size : m->type->width, name);
}

static void draw_section(struct doc *doc, const struct section *section,
	const struct declaration *head_of)
{
	struct diagram d = {.doc = doc};

	begin_diagram(&d, head_of ? "Head" : "Tail");
	if (head_of) {
		draw(&d, "preamble", 4, arena_printf(doc->arena, "id %" PRIu32,
			head_of->as.message.id));
		draw(&d, "preamble", 4, head_of->as.message.tail.present ? "size of the tail"
			: "no tail: 0");
	}
	for (const struct member *m = section->body.first; m; m = m->next)
		draw_member(&d, section, m);
	end_diagram(&d);
}

/* ---- tables of members ---- */

static void begin_table(struct doc *doc, const char *first)
{
	print(&doc->out, "<div class=\"scroll\"><table class=\"members\">\n<thead><tr>"
		"<th scope=\"col\">%s</th><th scope=\"col\">Name</th><th scope=\"col\">Type</th>"
		"<th scope=\"col\">Bytes</th><th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n",
		first);
}

static void end_table(struct doc *doc)
{
	print(&doc->out, "</tbody></table></div>\n");
}

/* What a member has besides its type. */
static const char *remarks(struct doc *doc, const struct member *m)
{
	const char *all = "";

	if (m->is_optional)
		all = "<span class=\"mark\">optional</span> ";
	if (m->value.kind != LITERAL_NONE)
		all = arena_printf(doc->arena, "%s<span class=\"mark\">= %s</span> ", all,
			doc_literal(doc->arena, m->type, &m->value));
	if (m->bytes_bound != UNBOUNDED)
		all = arena_printf(doc->arena, "%s<span class=\"mark\">@bytes(%" PRIu64 ")</span> ",
			all, m->bytes_bound);
	if (m->depth_bound != 0)
		all = arena_printf(doc->arena, "%s<span class=\"mark\">@depth(%u)</span> ", all,
			m->depth_bound);
	return all;
}

static void print_row(struct doc *doc, const char *first, const struct member *m,
	const char *bytes)
{
	print(&doc->out, "<tr><td>%s</td><td><code>%s</code></td><td><code>%s</code></td>"
		"<td>%s</td><td>%s", first, m->name, m->type ? doc_type(doc, m->type) : "",
		bytes, remarks(doc, m));
	doc_comment(doc, m->doc);
	print(&doc->out, "</td></tr>\n");
}

/* What it takes where it stands without pointer; absent it is one byte. */
static const char *dynamic_bytes(struct doc *doc, const struct member *m)
{
	if (m->type == NULL)
		return "0";
	return doc_extent(doc->arena, m->is_optional ? 1 : m->type->min_size, m->max_size);
}

static void print_tags(struct doc *doc, const struct member *first)
{
	for (const struct member *m = first; m; m = m->next)
		print_row(doc, arena_printf(doc->arena, "tag %" PRIu64, m->tag), m,
			dynamic_bytes(doc, m));
}

static void print_placed(struct doc *doc, const struct member *m)
{
	const char *at = arena_printf(doc->arena, "%" PRIu64, m->offset);

	if (m->is_tags)
		print_tags(doc, m->tags);
	else if (m->is_pointer)
		print_row(doc, arena_printf(doc->arena, "&rarr; %s", at), m,
			dynamic_bytes(doc, m));
	else
		print_row(doc, at, m, arena_printf(doc->arena, "%" PRIu64,
			m->type->fixed_size ? m->type->fixed_size : (uint64_t)m->type->width));
}

static void print_section(struct doc *doc, const struct section *section,
	const struct declaration *head_of)
{
	draw_section(doc, section, head_of);
	if (section->body.first == NULL)
		return;
	begin_table(doc, "At");
	for (const struct member *m = section->body.first; m; m = m->next)
		print_placed(doc, m);
	end_table(doc);
}

static void print_cost(struct doc *doc, const struct declaration *message)
{
	const struct cost *cost = &message->as.message.cost;
	struct printer *out = &doc->out;

	print(out, "<p class=\"cost\">At most %s bytes",
		cost->bytes == UNBOUNDED ? "any number of" :
		arena_printf(doc->arena, "%" PRIu64, cost->bytes));
	if (cost->handles != 0)
		print(out, ", %u handle%s", cost->handles, cost->handles == 1 ? "" : "s");
	if (cost->leases != 0)
		print(out, ", %u lease%s", cost->leases, cost->leases == 1 ? "" : "s");
	print(out, ".</p>\n");
}

void doc_message(struct doc *doc, const struct declaration *message)
{
	if (message->as.message.head.body.first == NULL && !message->as.message.tail.present) {
		print(&doc->out, "<p class=\"cost\">Nothing but its id, %" PRIu32
			": 8 bytes.</p>\n", message->as.message.id);
		return;
	}
	print_cost(doc, message);
	print_section(doc, &message->as.message.head, message);
	if (message->as.message.tail.present)
		print_section(doc, &message->as.message.tail, NULL);
}

/* ---- structs, records, variants ---- */

static void draw_record(struct doc *doc, const struct declaration *d)
{
	struct diagram diagram = {.doc = doc};

	begin_diagram(&diagram, "In place");
	for (const struct member *m = d->as.structure.body.first; m; m = m->next)
		draw(&diagram, "value", m->type->fixed_size, m->name);
	end_diagram(&diagram);
}

static void print_members(struct doc *doc, const struct declaration *d)
{
	uint64_t at = 0;
	unsigned number = 0;

	for (const struct member *m = d->as.structure.body.first; m; m = m->next) {
		if (m->is_tags) {
			print_tags(doc, m->tags);
		} else if (d->kind == DECLARATION_RECORD) {
			print_row(doc, arena_printf(doc->arena, "%" PRIu64, at), m,
				arena_printf(doc->arena, "%" PRIu64, m->type->fixed_size));
			at += m->type->fixed_size;
		} else {
			print_row(doc, m->tag ? arena_printf(doc->arena, "tag %" PRIu64, m->tag)
				: arena_printf(doc->arena, "%u", ++number), m,
				dynamic_bytes(doc, m));
		}
	}
}

void doc_structure(struct doc *doc, const struct declaration *d)
{
	bool is_record = d->kind == DECLARATION_RECORD;

	if (d->as.structure.base != NULL)
		print(&doc->out, "<p>Its first members are those of <code>%s</code>.</p>\n",
			doc_link(doc, d->as.structure.base));
	if (d->kind == DECLARATION_VARIANT)
		print(&doc->out, "<p>Exactly one of these%s.</p>\n",
			d->as.structure.is_flexible ? ", or one that a newer schema has" : "");
	if (is_record)
		draw_record(doc, d);
	if (d->as.structure.body.first == NULL)
		return;
	begin_table(doc, is_record ? "At" : "Order");
	print_members(doc, d);
	end_table(doc);
	print(&doc->out, "<p class=\"cost\">%s bytes%s.</p>\n", doc_extent(doc->arena,
		d->as.structure.min_size, d->as.structure.max_size),
		is_record ? ", where it stands behind its size" : "");
}
