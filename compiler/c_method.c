/*
 * Generated clients, and answers: what each method of an interface gets.
 */
#include "compiler/c_code.h"

const char *c_method_name(struct c_code *c, const struct method *method)
{
	return arena_printf(c->arena, "%s_%s", method->owner->c_name, method->name);
}

/* ---- encoding and decoding from within functions ---- */

void c_print_encode_call(struct c_code *c, const struct declaration *message,
	const char *value, const char *to)
{
	const char *attached = c_carries(message)
		? arena_printf(c->arena, ", &%sattached", to) : "";

	print_wrapped(&c->out, "int size = %s_encode(%s, %sbytes, %scapacity%s);",
		message->c_name, value, to, to, attached);
}

void c_print_decode_call(struct c_code *c, const struct declaration *message,
	const char *value, const char *from)
{
	struct printer *out = &c->out;

	if (c_carries(message)) {
		print_wrapped(out, "status = %s_decode(%s, %sbytes, %ssize, &%sattached);",
			message->c_name, value, from, from, from);
		return;
	}
	print_wrapped(out, "status = %s_decode(%s, %sbytes, %ssize);",
		message->c_name, value, from, from);
	print_line(out, "if (status == 0)");
	print_line(out, "\tstatus = sk_take_none(&%sattached);", from);
}

/* ---- signatures ---- */

bool c_answers_in_words(const struct method *m)
{
	return m->reply != NULL && c_is_in_words(m->request) && c_is_in_words(m->reply);
}

/* One with a deadline of its own asks for the time first, which takes longer. */
static bool calls_in_words(const struct method *m)
{
	return c_answers_in_words(m) && m->deadline_ms == 0 && !m->is_cancellable;
}

/* Of what stands in the header. */
static const char *linkage(bool is_inline)
{
	return is_inline ? "SK_INLINE " : "";
}

static void print_call_signature(struct c_code *c, const struct method *m, const char *end)
{
	const char *reply = m->reply == NULL ? ""
		: arena_printf(c->arena, " struct %s *reply,", m->reply->c_name);

	print_wrapped(&c->out, "%sint %s(struct sk_channel *channel, "
		"const struct %s *request,%s const struct sk_call *call)%s",
		linkage(calls_in_words(m)), c_method_name(c, m), m->request->c_name,
		reply, end);
}

static void print_begin_signature(struct c_code *c, const struct method *m, const char *end)
{
	print_wrapped(&c->out, "int %s_begin(struct sk_ring *ring, struct sk_channel *channel, "
		"const struct %s *request, uint64_t cookie, const struct sk_call *call)%s",
		c_method_name(c, m), m->request->c_name, end);
}

static void print_end_signature(struct c_code *c, const struct method *m, const char *end)
{
	print_wrapped(&c->out, "int %s_end(const struct sk_completion *done, struct %s *reply)%s",
		c_method_name(c, m), m->reply->c_name, end);
}

static void print_answer_signature(struct c_code *c, const struct method *m, const char *end)
{
	print_wrapped(&c->out, "%sint %s_answer(struct sk_reply *to, %s error, "
		"const struct %s *reply)%s", linkage(c_answers_in_words(m)),
		c_method_name(c, m),
		m->error != NULL ? m->error->c_name : "int32_t", m->reply->c_name, end);
}

/* ---- source ---- */

static const char *flags(struct c_code *c, const struct method *m)
{
	unsigned handles = m->reply != NULL ? m->reply->as.message.cost.handles : 0;
	const char *all = arena_printf(c->arena, "%s%s%s%s",
		m->is_idempotent ? " | SK_METHOD_IDEMPOTENT" : "",
		m->is_cancellable ? " | SK_METHOD_CANCELLABLE" : "",
		m->is_fast ? " | SK_METHOD_FAST" : "", handles == 0 ? ""
		: arena_printf(c->arena, " | SK_METHOD_HANDLES(%u)", handles));

	return *all == '\0' ? "0" : all + 3;
}

/* What the runtime is told of the method. */
static void print_descriptor(struct c_code *c, const struct method *m)
{
	const char *reply = m->reply == NULL ? "0"
		: arena_printf(c->arena, "%s_ID", m->reply->c_name);

	print_line(&c->out, "const struct sk_method %s_method = {", c_method_name(c, m));
	print_wrapped(&c->out, "\t%s, %u, %s", reply, (unsigned)m->deadline_ms, flags(c, m));
	print_line(&c->out, "};");
	print(&c->out, "\n");
}

/* The end of a function: its last line and its brace. */
static void print_last(struct c_code *c, const char *line)
{
	print_line(&c->out, "%s", line);
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

static void print_brace(struct c_code *c)
{
	print_line(&c->out, "{");
	c->out.indent++;
}

static void print_call(struct c_code *c, const struct method *m)
{
	struct printer *out = &c->out;
	const char *name = c_method_name(c, m);

	print_call_signature(c, m, "");
	print_brace(c);
	c_print_encode_call(c, m->request, "request", "channel->request.");
	if (m->reply == NULL) {
		print(out, "\n");
		print_last(c, arena_printf(c->arena,
			"return sk_send(channel, size, &%s_method, call);", name));
		return;
	}
	print_wrapped(out, "int status = sk_invoke(channel, size, &%s_method, call);", name);
	print(out, "\n");
	print_line(out, "if (status != 0)");
	print_line(out, "\treturn status;");
	c_print_decode_call(c, m->reply, "reply", "channel->reply.");
	print_line(out, "sk_discard(channel);");
	print_last(c, "return status;");
}

static void print_begin(struct c_code *c, const struct method *m)
{
	struct printer *out = &c->out;

	print_begin_signature(c, m, "");
	print_brace(c);
	print_line(out, "struct sk_slot *slot = sk_ring_open(ring, channel, cookie);");
	print(out, "\n");
	print_line(out, "if (slot == NULL)");
	print_line(out, "\treturn SK_WOULD_BLOCK;");
	c_print_encode_call(c, m->request, "request", "slot->request.");
	print_last(c, arena_printf(c->arena,
		"return sk_ring_submit(ring, slot, size, &%s_method, call);",
		c_method_name(c, m)));
}

static void print_end(struct c_code *c, const struct method *m)
{
	struct printer *out = &c->out;

	print_end_signature(c, m, "");
	print_brace(c);
	print_line(out, "int status = sk_ring_result(done);");
	print(out, "\n");
	print_line(out, "if (status != 0)");
	print_line(out, "\treturn status;");
	c_print_decode_call(c, m->reply, "reply", "done->slot->reply.");
	print_last(c, "return status;");
}

static void print_answer(struct c_code *c, const struct method *m)
{
	struct printer *out = &c->out;

	print_answer_signature(c, m, "");
	print_brace(c);
	print_line(out, "if (error != 0)");
	print_line(out, "\treturn sk_answer_error(to, error);");
	print_line(out, "if (to->port == NULL)");
	print_line(out, "\treturn SK_BAD_TOKEN;");
	c_print_encode_call(c, m->reply, "reply", "to->port->answer.");
	print_last(c, "return sk_answer(to, size);");
}

void c_print_method(struct c_code *c, const struct method *m)
{
	print_descriptor(c, m);
	if (!calls_in_words(m))
		print_call(c, m);
	if (m->reply == NULL)
		return;
	print_begin(c, m);
	print_end(c, m);
	if (!c_answers_in_words(m))
		print_answer(c, m);
}

/* ---- header ---- */

static void print_encode_words(struct c_code *c, const struct declaration *message,
	const char *value)
{
	print_line(&c->out, "struct sk_words words = SK_NO_WORDS;");
	print_wrapped(&c->out, "int size = %s_encode(%s, words.word, sizeof words.word);",
		message->c_name, value);
}

static void print_call_in_words(struct c_code *c, const struct method *m)
{
	struct printer *out = &c->out;
	const char *reply = m->reply->c_name;

	print_call_signature(c, m, "");
	print_brace(c);
	print_encode_words(c, m->request, "request");
	print_wrapped(out, "int status = sk_invoke_words(channel, &words, size, &%s_method, "
		"%s_ID, %s_MAXSIZE, call);", c_method_name(c, m), reply, reply);
	print(out, "\n");
	print_line(out, "if (status != 0)");
	print_line(out, "\treturn status;");
	print_last(c, arena_printf(c->arena, "return %s_decode(reply, words.word, %s_MAXSIZE);",
		reply, reply));
}

static void print_answer_in_words(struct c_code *c, const struct method *m)
{
	print_answer_signature(c, m, "");
	print_brace(c);
	print_line(&c->out, "if (error != 0)");
	print_line(&c->out, "\treturn sk_answer_error(to, error);");
	print_encode_words(c, m->reply, "reply");
	print_last(c, "return sk_answer_words(to, &words, size);");
}

void c_declare_method(struct c_code *c, const struct method *m)
{
	print_wrapped(&c->out, "extern const struct sk_method %s_method;", c_method_name(c, m));
	print(&c->out, "\n");
	c_print_method_comment(c, m);
	if (calls_in_words(m))
		print_call_in_words(c, m);
	else
		print_call_signature(c, m, ";");
	if (m->reply != NULL) {
		print_begin_signature(c, m, ";");
		print_end_signature(c, m, ";");
	}
	print(&c->out, "\n");
}

void c_declare_answer(struct c_code *c, const struct method *m)
{
	if (c_answers_in_words(m))
		print_answer_in_words(c, m);
	else
		print_answer_signature(c, m, ";");
}
