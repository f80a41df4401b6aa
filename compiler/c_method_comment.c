/*
 * The comment above a generated client function: what the method does, what
 * it costs at most, how it may end, and who owns which handle.
 */
#include "compiler/c_code.h"
#include "idl/cost.h"

#include <inttypes.h>
#include <string.h>

void c_print_doc_lines(struct printer *out, const char *doc)
{
	while (*doc != '\0') {
		size_t size = 0;
		while (doc[size] != '\0' && doc[size] != '\n')
			size++;
		print_line(out, size != 0 ? " * %.*s" : " *%.*s", (int)size, doc);
		doc += size + (doc[size] == '\n');
	}
}

void c_print_sentence(struct c_code *c, const char *text)
{
	const size_t width = 76;

	while (strlen(text) > width) {
		size_t end = width;
		while (end > 0 && text[end] != ' ')
			end--;
		if (end == 0)
			break;
		print_line(&c->out, " * %.*s", (int)end, text);
		text += end + 1;
	}
	print_line(&c->out, " * %s", text);
}

/* ---- cost ---- */

static const char *bytes(struct c_code *c, const struct declaration *message)
{
	const struct section *head = &message->as.message.head;
	const struct section *tail = &message->as.message.tail;
	bool has_tail = tail->body.first != NULL;

	if (head->max_size == UNBOUNDED || (has_tail && tail->max_size == UNBOUNDED))
		return "any number of bytes";
	return arena_printf(c->arena, "at most %" PRIu64 " bytes",
		head->max_size + (has_tail ? tail->max_size : 0));
}

static void print_cost(struct c_code *c, const struct method *m)
{
	const char *reason = method_slow_reason(c->arena, m);
	const char *back = m->reply == NULL ? ""
		: arena_printf(c->arena, ", %s back", bytes(c, m->reply));

	c_print_sentence(c, arena_printf(c->arena, "Cost: %s out%s. %s%s.",
		bytes(c, m->request), back, reason == NULL ? "Fast path" : "Slow path: ",
		reason == NULL ? "" : reason));
}

/* ---- how it ends ---- */

static void print_end(struct c_code *c, const struct method *m)
{
	if (m->is_idempotent)
		c_print_sentence(c, "It may be repeated (idempotent).");
	if (m->is_cancellable)
		c_print_sentence(c, "It may be canceled.");
	if (m->deadline_ms != 0)
		c_print_sentence(c, arena_printf(c->arena,
			"Deadline: %" PRIu32 " ms, unless the call names another.",
			m->deadline_ms));
}

/* ---- handles and leases ---- */

enum carried {
	MOVED = 1,
	COPIED = 2,
	LENT = 4
};

static unsigned carried_by(const struct body *body);

static unsigned carried_in(const struct type *type)
{
	switch (type->kind) {
	case TYPE_HANDLE:
		return type->is_copy ? COPIED : MOVED;
	case TYPE_LEASE:
		return LENT;
	case TYPE_ARRAY:
		return carried_in(type->element);
	case TYPE_STRUCT:
	case TYPE_VARIANT:	/* if it has any, it is not recursive */
		return type->declaration->as.structure.handles == 0 ? 0
			: carried_by(&type->declaration->as.structure.body);
	default:
		return 0;
	}
}

static unsigned carried_by(const struct body *body)
{
	unsigned all = 0;

	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (m->type != NULL)
			all |= carried_in(m->type);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			all |= carried_in(t->type);
	}
	return all;
}

/* Adds the member's name if it carries such. */
static const char *add_name(struct c_code *c, const char *names, const struct member *m,
	enum carried what)
{
	if (m->type == NULL || !(carried_in(m->type) & what))
		return names;
	return arena_printf(c->arena, "%s%s`%s`", names, *names == '\0' ? "" : ", ",
		m->c_name);
}

/* The members that carry such: "`file`, `parent`"; "" if none does. */
static const char *names_in(struct c_code *c, const struct body *body, enum carried what,
	const char *names)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		names = add_name(c, names, m, what);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			names = add_name(c, names, t, what);
	}
	return names;
}

static void print_names(struct c_code *c, const struct declaration *message,
	enum carried what, const char *text)
{
	const char *names = names_in(c, &message->as.message.head.body, what, "");

	names = names_in(c, &message->as.message.tail.body, what, names);
	if (*names != '\0')
		c_print_sentence(c, arena_printf(c->arena, "%s: %s.", text, names));
}

void c_print_carried(struct c_code *c, const struct declaration *message,
	enum c_side side)
{
	if (side == C_RECEIVED) {
		print_names(c, message, MOVED | COPIED,
			"With 0 these handles of the reply are the caller's to close");
		return;
	}
	print_names(c, message, MOVED, "Moves, and is gone whatever comes of it");
	print_names(c, message, COPIED, "Sends a copy, and leaves the sender its own, of");
	print_names(c, message, LENT, "Lends until it ends");
}

/* ---- all of it ---- */

void c_print_method_comment(struct c_code *c, const struct method *m)
{
	struct printer *out = &c->out;

	print_line(out, "/**");
	if (m->doc != NULL)
		c_print_doc_lines(out, m->doc);
	print_line(out, " * %s.%s %s", m->owner->qualified, m->name, c_place(c, &m->span));
	print_cost(c, m);
	print_end(c, m);
	c_print_carried(c, m->request, C_SENT);
	if (m->reply != NULL)
		c_print_carried(c, m->reply, C_RECEIVED);
	if (m->reply == NULL)
		print_line(out, " * One-way: 0 once it is sent, or a negative status.");
	else if (m->error != NULL)
		print_line(out, " * Returns 0, a negative status, or a positive %s.",
			m->error->c_name);
	else
		print_line(out, " * Returns 0 or a negative status.");
	print_line(out, " */");
}
