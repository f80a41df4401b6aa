/*
 * Generated servers: the table of operations and dispatch. What each method
 * gets is c_method.c, and what events do is c_events.c.
 */
#include "compiler/c_code.h"

#include <string.h>

/* The i-th method, inherited ones too, or NULL behind the last. */
static const struct method *c_method(const struct declaration *d, unsigned i)
{
	return i < d->as.interface.method_count ? d->as.interface.methods[i] : NULL;
}

static bool has_events(const struct declaration *d)
{
	return d->as.interface.event_count != 0;
}

/* ---- states ---- */

static const char *state_parameter(const struct declaration *d)
{
	return d->as.interface.states != NULL ? "uint8_t *state, " : "";
}

static const char *state_name(struct c_code *c, const struct declaration *d,
	const struct state *state)
{
	return arena_printf(c->arena, "%s_state_%s", d->c_name, state->name);
}

/* It may lead to another state. */
static bool moves(const struct declaration *d, const struct method *m)
{
	for (const struct state *s = d->as.interface.states; s != NULL; s = s->next)
		if (state_target(s, m) != NULL && state_target(s, m) != s)
			return true;
	return false;
}

/* "*state != fs_File_state_Open\n    && ...", or NULL if it is allowed in all. */
static const char *forbidden(struct c_code *c, const struct declaration *d,
	const struct method *m)
{
	const char *text = NULL;
	bool always = true;

	for (const struct state *s = d->as.interface.states; s != NULL; s = s->next) {
		if (state_target(s, m) == NULL)
			always = false;
		else if (text == NULL)
			text = arena_printf(c->arena, "*state != %s", state_name(c, d, s));
		else
			text = arena_printf(c->arena, "%s && *state != %s", text,
				state_name(c, d, s));
	}
	return always ? NULL : text;
}

/* Behind all that could refuse the request. A one-way one has no answer to wait for,
 * and its operation may end the object. */
static void print_moves(struct c_code *c, const struct declaration *d, const struct method *m)
{
	const char *otherwise = "";

	for (const struct state *s = d->as.interface.states; s != NULL; s = s->next) {
		const struct state *to = state_target(s, m);

		if (to == NULL || to == s)
			continue;
		print_line(&c->out, "%sif (*state == %s)", otherwise, state_name(c, d, s));
		c->out.indent++;
		if (m->reply == NULL)
			print_line(&c->out, "*state = %s;", state_name(c, d, to));
		else
			print_wrapped(&c->out, "sk_reply_enter(&incoming->reply, state, %s);",
				state_name(c, d, to));
		c->out.indent--;
		otherwise = "else ";
	}
}

static void declare_states(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;

	if (d->as.interface.states == NULL)
		return;
	print_line(out, "/* What the server's byte holds, for each client one: at first %s. */",
		d->as.interface.states->name);
	print_line(out, "enum {");
	out->indent++;
	for (const struct state *s = d->as.interface.states; s != NULL; s = s->next) {
		c_print_member_doc(c, s->doc);
		print_line(out, "%s = %u%s", state_name(c, d, s), s->index,
			s->next != NULL ? "," : "");
	}
	out->indent--;
	print_line(out, "};");
	print(out, "\n");
}

static void print_dispatch_signature(struct c_code *c, const struct declaration *d,
	const char *end)
{
	print_wrapped(&c->out, "int %s_dispatch(const struct %s_ops *ops, void *self, "
		"%sstruct sk_incoming *incoming)%s", d->c_name, d->c_name, state_parameter(d),
		end);
}

/* ---- requests in words: in the header ---- */

/* Its request is known by its first word and its size. */
static bool is_dispatched(const struct declaration *d, const struct method *m)
{
	return m->reply != NULL && c_is_plain(m->request) && !c_carries(m->reply)
		&& !moves(d, m);
}

static bool has_dispatched(const struct declaration *d)
{
	const struct method *m;

	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
		if (is_dispatched(d, m))
			return true;
	return false;
}

/* Whatever is wrong with it, dispatch finds out. */
static void print_words_case(struct c_code *c, const struct declaration *d,
	const struct method *m)
{
	const char *wrong = forbidden(c, d, m);
	struct printer *out = &c->out;
	const char *name = m->request->c_name;

	print_line(out, "case %s_ID: {", name);
	out->indent++;
	print_line(out, "struct %s request;", name);
	print_line(out, "struct sk_words_answer answer;");
	print_line(out, "struct sk_reply to;");
	print_line(out, "if (ops->%s == NULL", m->name);
	if (wrong != NULL)
		print_wrapped(out, strstr(wrong, "&&") ? "    || (%s)" : "    || %s", wrong);
	print_line(out, "    || %s_decode(&request, %s, in->size) != 0)", name,
		c_is_in_words(m->request) ? "in->words.word" : "sk_whole(in)");
	print_line(out, "\treturn false;");
	print_line(out, "sk_open_words(&to, &answer, in, %s_ID);", m->reply->c_name);
	print_line(out, "ops->%s(self, &request, &to);", m->name);
	print_line(out, "sk_close_words(&to, &answer, in);");
	print_line(out, "return true;");
	out->indent--;
	print_line(out, "}");
}

static void print_dispatch_words(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *m;

	print_line(out, "/* The same for a request whose words are in registers. False, and nothing");
	print_line(out, " * has been done: it is not of a fixed size, or is not as it should be, and is");
	print_line(out, " * dispatch's. */");
	print_wrapped(out, "SK_INLINE bool %s_dispatch_words(const struct %s_ops *ops, "
		"void *self, %sstruct sk_words_incoming *in)", d->c_name, d->c_name,
		state_parameter(d));
	print_line(out, "{");
	out->indent++;
	print_line(out, "switch (sk_get_uint64((const uint8_t *)in->words.word)) {");
	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
		if (is_dispatched(d, m))
			print_words_case(c, d, m);
	print_line(out, "default:");
	print_line(out, "\treturn false;");
	print_line(out, "}");
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

/* ---- header ---- */

static void print_operation(struct c_code *c, const struct method *m)
{
	print_wrapped(&c->out, "void (*%s)(void *self, const struct %s *request%s);", m->name,
		m->request->c_name, m->reply != NULL ? ", struct sk_reply *to" : "");
}

/* So that a table of operations can be filled in without a list of them. */
static void declare_methods(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *m;

	print_line(out, "/* Calls the macro X with the name of each of them. */");
	print(out, "#define %s_METHODS(X)", d->c_name);
	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
		print(out, " \\\n\tX(%s)", m->name);
	print(out, "\n\n");
}

static void declare_ops(struct c_code *c, const struct declaration *d)
{
	const struct declaration *base = d->as.interface.base;
	struct printer *out = &c->out;
	const struct method *m;

	print_line(out, "/*");
	if (d->doc != NULL)
		c_print_doc_lines(out, d->doc);
	c_print_sentence(c, arena_printf(c->arena, "What a server does%s%s%s. Each operation "
		"answers once, now or later, by the method's _answer function; one that is "
		"NULL is an unknown method. Handles in a request are the operation's to close "
		"or pass on.", base != NULL ? ", methods of " : "",
		base != NULL ? base->qualified : "", base != NULL ? " first" : ""));
	if (has_events(d))
		c_print_sentence(c, "`events` says where the client's events go; NULL: nowhere.");
	print_line(out, " */");
	print_line(out, "struct %s_ops {", d->c_name);
	out->indent++;
	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
		print_operation(c, m);
	if (has_events(d))
		print_line(out, "struct sk_events *(*events)(void *self);");
	else if (d->as.interface.method_count == 0)
		print_line(out, "uint8_t empty;");
	out->indent--;
	print_line(out, "};");
	print(out, "\n");
	declare_methods(c, d);
}

static void declare_answers(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *m;
	bool any = false;

	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++) {
		if (m->owner != d || m->reply == NULL)
			continue;
		if (!any) {
			print_line(out, "/* Answers: with 0 and a reply, or with an error and none."
				" 0 if it was");
			print_line(out, " * sent, or a status. SK_BAD_TOKEN: it was answered or"
				" kept before; all");
			print_line(out, " * else has moved what the reply moves. */");
		}
		any = true;
		c_declare_answer(c, m);
	}
	if (any)
		print(out, "\n");
}

void c_declare_interface(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *m;

	print(out, "/* ---- interface %s %s ---- */\n\n", d->qualified, c_place(c, &d->span));
	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
		if (m->owner == d)
			c_declare_method(c, m);
	c_declare_events(c, d);
	declare_ops(c, d);
	declare_states(c, d);
	print_line(out, "/* Decodes a request and runs its operation. 0, or the negative");
	print_line(out, " * status with which the request was refused%s. */",
		d->as.interface.states != NULL ? ": SK_WRONG_STATE" : "");
	print_dispatch_signature(c, d, ";");
	print(out, "\n");
	declare_answers(c, d);
	if (has_dispatched(d))
		print_dispatch_words(c, d);
	c_declare_sends(c, d);
	if (c->contracts)
		c_declare_contract(c, d);
}

/* ---- source ---- */

/*
 * A method that is to be answered, sent as if it were one-way, has nowhere to
 * put its answer, nor the handles in it: nobody's method.
 */
static void print_case(struct c_code *c, const struct declaration *d,
	const struct method *m)
{
	const char *wrong = forbidden(c, d, m);
	struct printer *out = &c->out;
	const char *name = m->request->c_name;

	print_line(out, "case %s_ID: {", name);
	out->indent++;
	print_line(out, "struct %s request;", name);
	print_line(out, "if (ops->%s == NULL%s)", m->name,
		m->reply != NULL ? " || incoming->reply.port == NULL" : "");
	print_line(out, "\treturn sk_refuse(incoming, SK_UNKNOWN_METHOD);");
	if (wrong != NULL) {
		print_wrapped(out, "if (%s)", wrong);
		print_line(out, "\treturn sk_refuse(incoming, SK_WRONG_STATE);");
	}
	c_print_decode_call(c, m->request, "&request", "message->");
	print_line(out, "if (status != 0)");
	print_line(out, "\treturn sk_refuse(incoming, status);");
	print_moves(c, d, m);
	if (m->reply == NULL) {
		print_line(out, "ops->%s(self, &request);", m->name);
	} else {
		print_line(out, "incoming->reply.id = %s_ID;", m->reply->c_name);
		print_line(out, "ops->%s(self, &request, &incoming->reply);", m->name);
	}
	print_line(out, "return 0;");
	out->indent--;
	print_line(out, "}");
}

static void print_cases(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *m;

	print_line(out, "struct sk_message *message = incoming->message;");
	if (d->as.interface.method_count != 0)
		print_line(out, "int status;");
	print(out, "\n");
	print_line(out, "switch (sk_message_id(message)) {");
	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
		print_case(c, d, m);
	if (has_events(d)) {
		print_line(out, "case SK_NEXT_EVENT_ID:");
		print_line(out, "\treturn sk_events_wait(ops->events != NULL ?"
			" ops->events(self) : NULL, incoming);");
	}
	if (c->contracts) {
		print_line(out, "case SK_CONTRACT_ID:");
		print_line(out, "\treturn sk_contract_serve(&%s_contract, incoming);", d->c_name);
	}
	print_line(out, "default:");
	print_line(out, "\treturn sk_refuse(incoming, SK_UNKNOWN_METHOD);");
	print_line(out, "}");
}

void c_print_interface(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *m;

	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
		if (m->owner == d)
			c_print_method(c, m);
	c_print_events(c, d);
	print_dispatch_signature(c, d, "");
	print_line(out, "{");
	out->indent++;
	if (d->as.interface.method_count == 0 && !has_events(d)) {
		print_line(out, "(void)ops;");
		print_line(out, "(void)self;");
		print_line(out, "return sk_refuse(incoming, SK_UNKNOWN_METHOD);");
	} else {
		print_cases(c, d);
	}
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
	if (c->contracts)
		c_print_contract(c, d);
}
