/*
 * Generated events: what a server sends unasked, and the client's one function
 * that gives whichever comes next.
 */
#include "compiler/c_code.h"

/* The i-th event, inherited ones too, or NULL behind the last. */
static const struct method *c_event(const struct declaration *d, unsigned i)
{
	return i < d->as.interface.event_count ? d->as.interface.events[i] : NULL;
}

/* ---- signatures ---- */

static void print_send_signature(struct c_code *c, const struct method *e, const char *end)
{
	print_wrapped(&c->out, "int %s_send(struct sk_events *to, const struct %s *event)%s",
		c_method_name(c, e), e->reply->c_name, end);
}

static void print_next_signature(struct c_code *c, const struct declaration *d,
	const char *end)
{
	print_wrapped(&c->out, "int %s_next_event(struct sk_channel *channel, "
		"struct %s_event *event, const struct sk_call *call)%s",
		d->c_name, d->c_name, end);
}

static void print_begin_signature(struct c_code *c, const struct declaration *d,
	const char *end)
{
	print_wrapped(&c->out, "int %s_next_event_begin(struct sk_ring *ring, "
		"struct sk_channel *channel, uint64_t cookie, const struct sk_call *call)%s",
		d->c_name, end);
}

static void print_end_signature(struct c_code *c, const struct declaration *d,
	const char *end)
{
	print_wrapped(&c->out, "int %s_next_event_end(const struct sk_completion *done, "
		"struct %s_event *event)%s", d->c_name, d->c_name, end);
}

/* ---- header ---- */

/* The struct that holds any event of the interface. */
static void declare_event(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *e;

	for (unsigned i = 0; (e = c_event(d, i)) != NULL; i++)
		print_line(out, "#define %s_event_%s %s_ID", d->c_name, e->name,
			e->reply->c_name);
	print(out, "\n");
	print_line(out, "/* An event. `which` is one of the above; 0 says that `lost` events");
	print_line(out, " * were dropped because nobody waited for them; another number is an");
	print_line(out, " * event that this schema lacks. */");
	print_line(out, "struct %s_event {", d->c_name);
	out->indent++;
	print_line(out, "uint32_t which;");
	print_line(out, "uint32_t lost;");
	print_line(out, "union {");
	for (unsigned i = 0; (e = c_event(d, i)) != NULL; i++)
		print_line(out, "\tstruct %s %s;", e->reply->c_name, e->name);
	print_line(out, "} as;");
	out->indent--;
	print_line(out, "};");
	print(out, "\n");
}

void c_declare_events(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;

	if (d->as.interface.event_count == 0)
		return;
	declare_event(c, d);
	print_line(out, "/* Waits for the next event. One such call of a client is outstanding at");
	print_line(out, " * a time: a second one ends the first with SK_CANCELED. 0 or a negative");
	print_line(out, " * status; with 0 the handles in the event are the caller's. */");
	print_next_signature(c, d, ";");
	print_begin_signature(c, d, ";");
	print_end_signature(c, d, ";");
	print(out, "\n");
}

void c_declare_sends(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *e;
	bool any = false;

	for (unsigned i = 0; (e = c_event(d, i)) != NULL; i++) {
		if (e->owner != d)
			continue;
		if (!any) {
			print_line(out, "/* Sends an event. SK_WOULD_BLOCK: nobody waits, so"
				" it was dropped and");
			print_line(out, " * counted, and its handles are still the server's."
				" Else those that move");
			print_line(out, " * are gone; 0, or a status as of an answer. */");
		}
		any = true;
		print_send_signature(c, e, ";");
	}
	if (any)
		print(out, "\n");
}

/* ---- source ---- */

static void print_send(struct c_code *c, const struct method *e)
{
	struct printer *out = &c->out;

	print_send_signature(c, e, "");
	print_line(out, "{");
	out->indent++;
	print_line(out, "struct sk_message *message = sk_events_open(to);");
	print(out, "\n");
	print_line(out, "if (message == NULL)");
	print_line(out, "\treturn SK_WOULD_BLOCK;");
	c_print_encode_call(c, e->reply, "event", "message->");
	print_line(out, "return sk_events_send(to, size);");
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

static void print_take(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct method *e;

	print_wrapped(out, "static int %s_event_take(struct sk_message *message, "
		"struct %s_event *event)", d->c_name, d->c_name);
	print_line(out, "{");
	out->indent++;
	print_line(out, "int status;");
	print(out, "\n");
	print_line(out, "event->which = 0;");
	print_line(out, "event->lost = sk_lost_events(message);");
	print_line(out, "if (event->lost != 0)");
	print_line(out, "\treturn 0;");
	print_line(out, "event->which = sk_message_id(message);");
	print_line(out, "switch (event->which) {");
	for (unsigned i = 0; (e = c_event(d, i)) != NULL; i++) {
		print_line(out, "case %s_ID:", e->reply->c_name);
		out->indent++;
		c_print_decode_call(c, e->reply, arena_printf(c->arena, "&event->as.%s",
			e->name), "message->");
		print_line(out, "return status;");
		out->indent--;
	}
	print_line(out, "default:");
	print_line(out, "\treturn (event->which & 3) == 3 ? 0 : SK_MALFORMED;");
	print_line(out, "}");
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

static void print_next(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;

	print_next_signature(c, d, "");
	print_line(out, "{");
	print_line(out, "\tint size = sk_next_event_encode(channel->request.bytes,");
	print_line(out, "\t\tchannel->request.capacity);");
	print_line(out, "\tint status = sk_invoke(channel, size, &sk_next_event_method, call);");
	print(out, "\n");
	print_line(out, "\tif (status != 0)");
	print_line(out, "\t\treturn status;");
	print_line(out, "\tstatus = %s_event_take(&channel->reply, event);", d->c_name);
	print_line(out, "\tsk_discard(channel);");
	print_line(out, "\treturn status;");
	print_line(out, "}");
	print(out, "\n");
}

static void print_next_ring(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;

	print_begin_signature(c, d, "");
	print_line(out, "{");
	print_line(out, "\tstruct sk_slot *slot = sk_ring_open(ring, channel, cookie);");
	print(out, "\n");
	print_line(out, "\tif (slot == NULL)");
	print_line(out, "\t\treturn SK_WOULD_BLOCK;");
	print_line(out, "\tint size = sk_next_event_encode(slot->request.bytes,");
	print_line(out, "\t\tslot->request.capacity);");
	print_line(out, "\treturn sk_ring_submit(ring, slot, size, &sk_next_event_method, call);");
	print_line(out, "}");
	print(out, "\n");
	print_end_signature(c, d, "");
	print_line(out, "{");
	print_line(out, "\tint status = sk_ring_result(done);");
	print(out, "\n");
	print_line(out, "\treturn status != 0 ? status");
	print_line(out, "\t\t: %s_event_take(&done->slot->reply, event);", d->c_name);
	print_line(out, "}");
	print(out, "\n");
}

void c_print_events(struct c_code *c, const struct declaration *d)
{
	const struct method *e;

	if (d->as.interface.event_count == 0)
		return;
	for (unsigned i = 0; (e = c_event(d, i)) != NULL; i++)
		if (e->owner == d)
			print_send(c, e);
	print_take(c, d);
	print_next(c, d);
	print_next_ring(c, d);
}
