/*
 * Generated clients and servers: one client function per method, the table of
 * operations, dispatch, and one answer function per method.
 */
#include "compiler/c_code.h"

#include <inttypes.h>

static const char *method_name(struct c_code *c, const struct declaration *d,
	const struct method *m)
{
	return arena_printf(c->arena, "%s_%s", d->c_name, m->name);
}

/* The i-th method, or NULL behind the last. */
static const struct method *c_method(const struct declaration *d, unsigned i)
{
	return i < d->as.interface.method_count ? d->as.interface.methods[i] : NULL;
}

/* ---- signatures ---- */

static void print_call_signature(struct c_code *c, const struct declaration *d,
	const struct method *m, const char *end)
{
	print_line(&c->out, "int %s(struct sk_channel *channel,", method_name(c, d, m));
	if (m->reply == NULL) {
		print_line(&c->out, "\tconst struct %s *request, const struct sk_call *call)%s",
			m->request->c_name, end);
		return;
	}
	print_line(&c->out, "\tconst struct %s *request,", m->request->c_name);
	print_line(&c->out, "\tstruct %s *reply, const struct sk_call *call)%s",
		m->reply->c_name, end);
}

static void print_answer_signature(struct c_code *c, const struct declaration *d,
	const struct method *m, const char *end)
{
	print_line(&c->out, "int %s_answer(struct sk_reply *to, %s error,",
		method_name(c, d, m), m->error != NULL ? m->error->c_name : "int32_t");
	print_line(&c->out, "\tconst struct %s *reply)%s", m->reply->c_name, end);
}

static void print_dispatch_signature(struct c_code *c, const struct declaration *d,
	const char *end)
{
	print_line(&c->out, "int %s_dispatch(const struct %s_ops *ops, void *self,",
		d->c_name, d->c_name);
	print_line(&c->out, "\tstruct sk_incoming *incoming)%s", end);
}

static void print_operation(struct c_code *c, const struct method *m)
{
	const char *to = m->reply != NULL ? ", struct sk_reply *to" : "";

	print_line(&c->out, "\tvoid (*%s)(void *self,", m->name);
	print_line(&c->out, "\t\tconst struct %s *request%s);", m->request->c_name, to);
}

/* ---- header ---- */

static void print_lines(struct printer *out, const char *doc)
{
	while (*doc != '\0') {
		size_t size = 0;
		while (doc[size] != '\0' && doc[size] != '\n')
			size++;
		print_line(out, size != 0 ? " * %.*s" : " *%.*s", (int)size, doc);
		doc += size + (doc[size] == '\n');
	}
}

static uint64_t greatest(const struct declaration *message)
{
	const struct section *tail = &message->as.message.tail;

	return message->as.message.head.max_size
		+ (tail->body.first != NULL ? tail->max_size : 0);
}

/* "at most 17 bytes out, 12 back" */
static void print_cost(struct c_code *c, const struct method *m)
{
	if (m->reply == NULL)
		print_line(&c->out, " * At most %" PRIu64 " bytes out.", greatest(m->request));
	else
		print_line(&c->out, " * At most %" PRIu64 " bytes out, %" PRIu64 " back.",
			greatest(m->request), greatest(m->reply));
}

static void declare_method(struct c_code *c, const struct declaration *d,
	const struct method *m)
{
	struct printer *out = &c->out;

	print_line(out, "/**");
	if (m->doc != NULL)
		print_lines(out, m->doc);
	print_line(out, " * %s.%s %s%s", d->qualified, m->name, c_place(c, &m->span),
		m->is_idempotent ? "; it may be repeated" : "");
	print_cost(c, m);
	if (m->reply == NULL)
		print_line(out, " * One-way: 0 once it is sent, or a negative status.");
	else if (m->error != NULL)
		print_line(out, " * Returns 0, a negative status, or a positive %s.",
			m->error->c_name);
	else
		print_line(out, " * Returns 0 or a negative status.");
	print_line(out, " */");
	print_call_signature(c, d, m, ";");
	print(out, "\n");
}

void c_declare_interface(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *m;

	print(out, "/* ---- interface %s %s ---- */\n\n", d->qualified, c_place(c, &d->span));
	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
		declare_method(c, d, m);
	print_line(out, "/*");
	if (d->doc != NULL)
		print_lines(out, d->doc);
	print_line(out, " * What a server does. Each operation answers once, now or later,");
	print_line(out, " * by the function below; one that is NULL is an unknown method.");
	print_line(out, " */");
	print_line(out, "struct %s_ops {", d->c_name);
	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
		print_operation(c, m);
	if (d->as.interface.method_count == 0)
		print_line(out, "\tuint8_t empty;");
	print_line(out, "};");
	print(out, "\n");
	print_line(out, "/* Decodes a request and runs its operation. 0, or the negative");
	print_line(out, " * status with which the request was refused. */");
	print_dispatch_signature(c, d, ";");
	print(out, "\n");
	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
		if (m->reply != NULL)
			print_answer_signature(c, d, m, ";");
	print(out, "\n");
}

/* ---- source ---- */

/* What the runtime is told of the method. */
static void print_descriptor(struct c_code *c, const struct declaration *d,
	const struct method *m)
{
	const char *reply = m->reply == NULL ? "0"
		: arena_printf(c->arena, "%s_ID", m->reply->c_name);

	print_line(&c->out, "static const struct sk_method %s_method = {", method_name(c, d, m));
	print_line(&c->out, "\t%s, %" PRIu32 ", %s", reply, m->deadline_ms,
		m->is_idempotent ? "SK_METHOD_IDEMPOTENT" : "0");
	print_line(&c->out, "};");
	print(&c->out, "\n");
}

static void print_call(struct c_code *c, const struct declaration *d, const struct method *m)
{
	struct printer *out = &c->out;

	print_descriptor(c, d, m);
	print_call_signature(c, d, m, "");
	print_line(out, "{");
	print_line(out, "\tint size = %s_encode(request,", m->request->c_name);
	print_line(out, "\t\tchannel->request.bytes, channel->request.capacity);");
	print(out, "\n");
	if (m->reply == NULL) {
		print_line(out, "\treturn sk_send(channel, size, &%s_method, call);",
			method_name(c, d, m));
	} else {
		print_line(out, "\tint status = sk_invoke(channel, size, &%s_method, call);",
			method_name(c, d, m));
		print_line(out, "\tif (status != 0)");
		print_line(out, "\t\treturn status;");
		print_line(out, "\tstatus = %s_decode(reply,", m->reply->c_name);
		print_line(out, "\t\tchannel->reply.bytes, channel->reply.size);");
		print_line(out, "\tsk_discard(channel);");
		print_line(out, "\treturn status;");
	}
	print_line(out, "}");
	print(out, "\n");
}

static void print_answer(struct c_code *c, const struct declaration *d,
	const struct method *m)
{
	struct printer *out = &c->out;

	print_answer_signature(c, d, m, "");
	print_line(out, "{");
	print_line(out, "\tif (error != 0)");
	print_line(out, "\t\treturn sk_answer_error(to, error);");
	print_line(out, "\tif (to->port == NULL)");
	print_line(out, "\t\treturn SK_BAD_TOKEN;");
	print_line(out, "\tint size = %s_encode(reply,", m->reply->c_name);
	print_line(out, "\t\tto->port->answer.bytes, to->port->answer.capacity);");
	print_line(out, "\treturn sk_answer(to, size);");
	print_line(out, "}");
	print(out, "\n");
}

static void print_case(struct c_code *c, const struct method *m)
{
	struct printer *out = &c->out;
	const char *name = m->request->c_name;

	print_line(out, "case %s_ID: {", name);
	out->indent++;
	print_line(out, "struct %s request;", name);
	print_line(out, "if (ops->%s == NULL)", m->name);
	print_line(out, "\treturn sk_refuse(incoming, SK_UNKNOWN_METHOD);");
	print_line(out, "if (%s_decode(&request, message->bytes, message->size) < 0)", name);
	print_line(out, "\treturn sk_refuse(incoming, SK_MALFORMED);");
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

void c_print_interface(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *m;

	for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++) {
		print_call(c, d, m);
		if (m->reply != NULL)
			print_answer(c, d, m);
	}
	print_dispatch_signature(c, d, "");
	print_line(out, "{");
	out->indent++;
	if (d->as.interface.method_count == 0) {
		print_line(out, "(void)ops;");
		print_line(out, "(void)self;");
		print_line(out, "return sk_refuse(incoming, SK_UNKNOWN_METHOD);");
	} else {
		print_line(out, "const struct sk_message *message = incoming->message;");
		print(out, "\n");
		print_line(out, "switch (sk_message_id(message)) {");
		for (unsigned i = 0; (m = c_method(d, i)) != NULL; i++)
			print_case(c, m);
		print_line(out, "default:");
		print_line(out, "\treturn sk_refuse(incoming, SK_UNKNOWN_METHOD);");
		print_line(out, "}");
	}
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}
