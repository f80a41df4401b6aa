/*
 * States of interfaces in HTML: a diagram, and a table of them. See doc.h.
 *
 * The diagram is one as of messages: a state is a column, a transition a row, with an
 * arrow from one column to another. So nothing has to be placed by trial, no arrow
 * crosses a text, and the same schema has the same picture. Lengths are CSS pixels.
 */
#include "compiler/doc.h"

#include <string.h>

#define LETTER 8			/* of the text in it, and a little more than it takes */
#define LINE 16				/* from one line of text to the next */
#define LABEL 24			/* letters of a line of methods, if one name is not longer */
#define BOX_TOP 26			/* above it: where it begins */
#define BOX_HEIGHT 26
#define LOOP 16				/* how far one that stays goes to the side */

struct states {
	struct doc *doc;
	const struct declaration *interface;
	unsigned count;
	unsigned pitch;			/* from a column's middle to the next */
	unsigned y;			/* where the next row begins */
};

/* Methods that lead from one state to another, as lines. */
struct label {
	const char *lines[64];
	unsigned count;
	unsigned letters;		/* of the longest */
};

static void label_add(struct doc *doc, struct label *label, const char *name)
{
	const char **last = &label->lines[label->count ? label->count - 1 : 0];
	bool is_full = label->count == sizeof(label->lines) / sizeof(*label->lines);
	size_t letters;

	if (label->count == 0 || (strlen(*last) + strlen(name) + 2 > LABEL && !is_full)) {
		if (label->count != 0)
			*last = arena_printf(doc->arena, "%s,", *last);
		label->lines[label->count++] = name;
		last = &label->lines[label->count - 1];
	} else {
		*last = arena_printf(doc->arena, "%s, %s", *last, name);
	}
	letters = strlen(*last) + 1;
	if (letters > label->letters)
		label->letters = (unsigned)letters;
}

static struct label label_of(struct doc *doc, const struct state *from, const struct state *to)
{
	struct label label = {.count = 0};

	for (const struct transition *t = from->first; t != NULL; t = t->next)
		if (t->to == to)
			label_add(doc, &label, t->method->name);
	return label;
}

/* ---- places ---- */

static unsigned middle(const struct states *s, unsigned index)
{
	return s->pitch * index + s->pitch / 2;
}

static unsigned between(const struct state *one, const struct state *other)
{
	return one->index > other->index ? one->index - other->index
		: other->index - one->index;
}

/* Columns so wide that each text has room where it stands. */
static void widen(struct states *s, const struct state *from, const struct state *to)
{
	struct label label = label_of(s->doc, from, to);
	unsigned need = LETTER * label.letters + LETTER;
	unsigned columns = between(from, to);

	if (label.count == 0)
		return;
	if (columns == 0)
		need = 2 * (need + LOOP);	/* from the middle to the right */
	else
		need = (need + 2 * LETTER) / columns + 1;
	if (need > s->pitch)
		s->pitch = need;
}

static void measure(struct states *s, const struct state *first)
{
	for (const struct state *from = first; from != NULL; from = from->next) {
		unsigned need = LETTER * ((unsigned)strlen(from->name) + 6);

		s->count++;
		if (need > s->pitch)
			s->pitch = need;
		for (const struct state *to = first; to != NULL; to = to->next)
			widen(s, from, to);
	}
}

/* ---- drawing ---- */

static void draw_label(struct states *s, const struct label *label, const char *anchor,
	unsigned x, unsigned y)
{
	for (unsigned i = 0; i < label->count; i++)
		print(&s->doc->out, "<text x=\"%u\" y=\"%u\" text-anchor=\"%s\">%s</text>\n", x,
			y + LINE * i, anchor, label->lines[i]);
}

/* Its point is at (x, y), and it comes from the left or the right. */
static void draw_head(struct states *s, unsigned x, unsigned y, bool from_left)
{
	print(&s->doc->out, "<path class=\"head\" d=\"M%u %ul%s -4v8z\"/>\n", x, y,
		from_left ? "-8" : "8");
}

/* Out to the right, down, and back. */
static void draw_loop(struct states *s, const struct state *state, const struct label *label)
{
	unsigned x = middle(s, state->index), high = LINE * label->count;

	s->y += 8;
	print(&s->doc->out, "<path d=\"M%u %uh%uv%uh-%u\"/>\n", x, s->y, LOOP, high, LOOP - 2);
	draw_head(s, x, s->y + high, false);
	draw_label(s, label, "start", x + LOOP + LETTER, s->y + 12);
	s->y += high + 8;
}

static void draw_arrow(struct states *s, const struct state *from, const struct state *to,
	const struct label *label)
{
	unsigned one = middle(s, from->index), other = middle(s, to->index);
	bool from_left = one < other;

	s->y += LINE;
	draw_label(s, label, "middle", (one + other) / 2, s->y);
	s->y += LINE * (label->count - 1) + 8;
	print(&s->doc->out, "<path d=\"M%u %uH%u\"/>\n", one, s->y,
		from_left ? other - 2 : other + 2);
	draw_head(s, other, s->y, from_left);
	s->y += 8;
}

static void draw_transitions(struct states *s, const struct state *first)
{
	for (const struct state *from = first; from != NULL; from = from->next) {
		for (const struct state *to = first; to != NULL; to = to->next) {
			struct label label = label_of(s->doc, from, to);

			if (label.count == 0)
				continue;
			if (from == to)
				draw_loop(s, from, &label);
			else
				draw_arrow(s, from, to, &label);
		}
	}
}

/* Where it begins: a dot, and an arrow down to the first. */
static void draw_beginning(struct states *s)
{
	unsigned x = middle(s, 0);

	print(&s->doc->out, "<circle class=\"head\" cx=\"%u\" cy=\"5\" r=\"5\"/>\n"
		"<path d=\"M%u 5V%u\"/>\n<path class=\"head\" d=\"M%u %ul-4 -8h8z\"/>\n", x, x,
		BOX_TOP - 2, x, BOX_TOP);
}

static void draw_columns(struct states *s, const struct state *first, unsigned bottom)
{
	for (const struct state *state = first; state != NULL; state = state->next) {
		unsigned x = middle(s, state->index);
		unsigned wide = LETTER * ((unsigned)strlen(state->name) + 3);

		print(&s->doc->out, "<path class=\"life\" d=\"M%u %uV%u\"/>\n"
			"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"6\"/>\n"
			"<text class=\"state\" x=\"%u\" y=\"%u\" text-anchor=\"middle\">%s</text>\n",
			x, BOX_TOP + BOX_HEIGHT, bottom, x - wide / 2, BOX_TOP, wide, BOX_HEIGHT, x,
			BOX_TOP + 18, state->name);
	}
}

/* The rows are drawn first: they say how high it is. */
static void draw(struct states *s, const struct state *first)
{
	struct printer page = s->doc->out;
	struct printer rows;

	s->doc->out = (struct printer){.arena = s->doc->arena};
	s->y = BOX_TOP + BOX_HEIGHT + 4;
	draw_transitions(s, first);
	rows = s->doc->out;
	s->doc->out = page;
	print(&s->doc->out, "<div class=\"scroll\"><svg class=\"states\" role=\"img\" "
		"aria-label=\"States of %s\" width=\"%u\" height=\"%u\">\n", s->interface->name,
		s->pitch * s->count, s->y + 8);
	draw_beginning(s);
	draw_columns(s, first, s->y + 8);
	print(&s->doc->out, "%.*s</svg></div>\n", (int)rows.size, rows.text);
}

/* ---- the table ---- */

static const char *state_link(struct doc *doc, const struct declaration *interface,
	const struct state *state)
{
	return arena_printf(doc->arena, "<a href=\"%s.state.%s\">%s</a>",
		doc_place(doc, interface), state->name, state->name);
}

/* `open` → Open, `close` */
static void print_allowed(struct states *s, const struct state *state)
{
	struct printer *out = &s->doc->out;

	for (const struct transition *t = state->first; t != NULL; t = t->next) {
		const struct method *m = t->method;

		print(out, "%s<code><a href=\"%s.%s\">%s</a></code>", t == state->first ? "" : ", ",
			doc_place(s->doc, m->owner), m->name, m->name);
		if (t->to != state)
			print(out, "&nbsp;&rarr;&nbsp;%s", state_link(s->doc, s->interface, t->to));
	}
}

static void print_table(struct states *s, const struct state *first)
{
	struct printer *out = &s->doc->out;

	print(out, "<div class=\"scroll\"><table class=\"members\"><thead><tr>"
		"<th scope=\"col\">State</th><th scope=\"col\">Allows, and leads to</th>"
		"<th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n");
	for (const struct state *state = first; state != NULL; state = state->next) {
		print(out, "<tr id=\"%s.state.%s\"><td><code>%s</code></td><td>",
			s->interface->qualified, state->name, state->name);
		print_allowed(s, state);
		print(out, "</td><td>%s", state == first ? "<span class=\"mark\">first</span> " : "");
		doc_comment(s->doc, state->doc);
		print(out, "</td></tr>\n");
	}
	print(out, "</tbody></table></div>\n");
}

void doc_states(struct doc *doc, const struct declaration *interface)
{
	const struct state *first = interface->as.interface.states;
	struct states s = {.doc = doc, .interface = interface};

	if (first == NULL)
		return;
	print(&doc->out, "<h3>States</h3>\n<p>A call that its state does not allow is answered "
		"<code>SK_WRONG_STATE</code>, and does nothing; only a good answer leads on.</p>\n");
	measure(&s, first);
	draw(&s, first);
	print_table(&s, first);
}

void doc_states_of(struct doc *doc, const struct declaration *interface,
	const struct method *method)
{
	const char *before = "<p>Allowed in ";

	for (const struct state *s = interface->as.interface.states; s != NULL; s = s->next) {
		const struct state *to = state_target(s, method);

		if (to == NULL)
			continue;
		print(&doc->out, "%s%s%s%s", before, state_link(doc, interface, s),
			to != s ? ", then " : "", to != s ? state_link(doc, interface, to) : "");
		before = "; ";
	}
	if (*before == ';')
		print(&doc->out, ".</p>\n");
}
