/*
 * Generated reflection tables: methods, events and interfaces, so that one
 * program can be client and server of any. See runtime/reflect.h.
 */
#include "compiler/c_reflect.h"

static void print_body(struct c_reflect *r, const char *line)
{
	print_line(&r->c->out, "{");
	r->c->out.indent++;
	print_wrapped(&r->c->out, "%s", line);
	r->c->out.indent--;
	print_line(&r->c->out, "}");
	print(&r->c->out, "\n");
}

/* ---- a method's functions ---- */

static void print_call(struct c_reflect *r, const struct method *m, const char *name)
{
	struct c_code *c = r->c;
	const char *reply = m->reply == NULL ? ""
		: arena_printf(c->arena, "(struct %s *)reply, ", m->reply->c_name);

	print_wrapped(&c->out, "static int sk_any_%s_call(struct sk_channel *channel, "
		"const void *request, void *reply, const struct sk_call *call)", name);
	print_line(&c->out, "{");
	if (m->reply == NULL)
		print_line(&c->out, "\t(void)reply;");
	print_wrapped(&c->out, "\treturn %s(channel, (const struct %s *)request, %scall);",
		name, m->request->c_name, reply);
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

static void print_ring(struct c_reflect *r, const struct method *m, const char *name)
{
	struct c_code *c = r->c;

	print_wrapped(&c->out, "static int sk_any_%s_begin(struct sk_ring *ring, "
		"struct sk_channel *channel, const void *request, uint64_t cookie, "
		"const struct sk_call *call)", name);
	print_body(r, arena_printf(c->arena, "return %s_begin(ring, channel, "
		"(const struct %s *)request, cookie, call);", name, m->request->c_name));
	print_wrapped(&c->out, "static int sk_any_%s_end(const struct sk_completion *done, "
		"void *reply)", name);
	print_body(r, arena_printf(c->arena, "return %s_end(done, (struct %s *)reply);", name,
		m->reply->c_name));
}

static void print_answer(struct c_reflect *r, const struct method *m, const char *name)
{
	struct c_code *c = r->c;

	print_wrapped(&c->out, "static int sk_any_%s_answer(struct sk_reply *to, "
		"int32_t error, const void *reply)", name);
	print_body(r, arena_printf(c->arena, "return %s_answer(to, error, "
		"(const struct %s *)reply);", name, m->reply->c_name));
}

static void print_send(struct c_reflect *r, const struct method *m, const char *name)
{
	struct c_code *c = r->c;

	print_wrapped(&c->out, "static int sk_any_%s_send(struct sk_events *to, "
		"const void *event)", name);
	print_body(r, arena_printf(c->arena, "return %s_send(to, (const struct %s *)event);",
		name, m->reply->c_name));
}

/* ---- methods ---- */

static void add_event(struct c_reflect *r, const struct method *m, const char *title)
{
	const char *name = c_method_name(r->c, m);
	unsigned message = c_reflect_message(r, m->reply);

	print_send(r, m, name);
	c_table_add(r, &r->methods, arena_printf(r->c->arena,
		"{ \"%s\", NULL, SK_NO_INDEX, %u, 0, 0,\n"
		"\t  NULL, NULL, NULL, NULL, sk_any_%s_send }", title, message, name));
}

static void add_call(struct c_reflect *r, const struct method *m, const char *title)
{
	const char *name = c_method_name(r->c, m);
	const char *of_ring = "NULL, NULL, NULL";
	const char *reply = "SK_NO_INDEX";
	unsigned request = c_reflect_message(r, m->request);
	unsigned error_count = 0;
	unsigned errors = 0;

	print_call(r, m, name);
	if (m->reply != NULL) {
		reply = arena_printf(r->c->arena, "%u", c_reflect_message(r, m->reply));
		of_ring = arena_printf(r->c->arena, "sk_any_%s_begin, sk_any_%s_end,\n"
			"\t  sk_any_%s_answer", name, name, name);
		print_ring(r, m, name);
		print_answer(r, m, name);
	}
	if (m->error != NULL)
		errors = c_reflect_errors(r, m->error, &error_count);
	c_table_add(r, &r->methods, arena_printf(r->c->arena,
		"{ \"%s\", &%s_method, %u, %s, %u, %u,\n\t  sk_any_%s_call, %s, NULL }",
		title, name, request, reply, errors, error_count, name, of_ring));
}

/* Inherited methods stand in several interfaces, and in the table once. */
static unsigned method_index(struct c_reflect *r, const struct method *m)
{
	const char *title = arena_printf(r->c->arena, "%s.%s", m->owner->name, m->name);
	const char *key = arena_printf(r->c->arena, "%s.%s", m->owner->qualified, m->name);
	unsigned *index = map_get(&r->methods_found, key);

	if (index != NULL)
		return *index;
	index = ARENA_NEW(r->c->arena, unsigned);
	*index = r->methods.count;
	map_add(&r->methods_found, r->c->arena, key, index);
	if (m->is_event)
		add_event(r, m, title);
	else
		add_call(r, m, title);
	return *index;
}

static const char *add_indexes(struct c_reflect *r, const char *list,
	struct method *const *methods, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		list = arena_printf(r->c->arena, "%s%s%u", list, *list == '\0' ? "" : ", ",
			method_index(r, methods[i]));
	return list;
}

static void add_methods(struct c_reflect *r, const struct declaration *d)
{
	const char *list = add_indexes(r, "", d->as.interface.methods,
		d->as.interface.method_count);

	list = add_indexes(r, list, d->as.interface.events, d->as.interface.event_count);
	if (*list != '\0')
		c_table_append(r, &r->indexes, arena_printf(r->c->arena,
			"static const uint16_t sk_any_%s_methods[] = { %s };", d->c_name, list));
}

/* ---- interfaces ---- */

static void print_operation(struct c_reflect *r, const struct method *m)
{
	struct c_code *c = r->c;
	const char *to = m->reply != NULL ? "to" : "NULL";

	print_wrapped(&c->out, "static void sk_any_%s_operation(void *self, "
		"const struct %s *request%s)", c_method_name(c, m), m->request->c_name,
		m->reply != NULL ? ", struct sk_reply *to" : "");
	print_line(&c->out, "{");
	print_line(&c->out, "\tstruct sk_reflect_server *server =");
	print_line(&c->out, "\t\t(struct sk_reflect_server *)self;");
	print(&c->out, "\n");
	print_line(&c->out, "\tserver->request(server, &%s_methods[%u], request, %s);",
		r->schema, method_index(r, m), to);
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

/* The operations of all methods, each once. */
static void print_operations(struct c_reflect *r, const struct declaration *d,
	struct map *printed)
{
	for (unsigned i = 0; i < d->as.interface.method_count; i++) {
		const struct method *m = d->as.interface.methods[i];

		if (map_add(printed, r->c->arena, c_method_name(r->c, m), r) == NULL)
			print_operation(r, m);
	}
}

static void print_ops(struct c_reflect *r, const struct declaration *d)
{
	struct printer *out = &r->c->out;

	print_line(out, "static const struct %s_ops sk_any_%s_ops = {", d->c_name, d->c_name);
	for (unsigned i = 0; i < d->as.interface.method_count; i++)
		print_line(out, "\tsk_any_%s_operation,",
			c_method_name(r->c, d->as.interface.methods[i]));
	if (d->as.interface.event_count != 0)
		print_line(out, "\tsk_any_events,");
	else if (d->as.interface.method_count == 0)
		print_line(out, "\t0,");
	print_line(out, "};");
	print(out, "\n");
	print_wrapped(out, "static int sk_any_%s_dispatch(struct sk_reflect_server *server, "
		"struct sk_incoming *incoming)", d->c_name);
	print_body(r, arena_printf(r->c->arena,
		"return %s_dispatch(&sk_any_%s_ops, server, %sincoming);", d->c_name, d->c_name,
		d->as.interface.states != NULL ? "server->state, " : ""));
}

/* What gives the next event, without types. */
static void print_next(struct c_reflect *r, const char *name)
{
	struct c_code *c = r->c;

	print_wrapped(&c->out, "static int sk_any_%s_next_event(struct sk_channel *channel, "
		"void *event, const struct sk_call *call)", name);
	print_body(r, arena_printf(c->arena, "return %s_next_event(channel, "
		"(struct %s_event *)event, call);", name, name));
	print_wrapped(&c->out, "static int sk_any_%s_next_event_end("
		"const struct sk_completion *done, void *event)", name);
	print_body(r, arena_printf(c->arena, "return %s_next_event_end(done, "
		"(struct %s_event *)event);", name, name));
}

static void add_interface(struct c_reflect *r, const struct declaration *d)
{
	struct c_code *c = r->c;
	const char *name = d->c_name;
	unsigned methods = d->as.interface.method_count;
	unsigned events = d->as.interface.event_count;
	const char *of_events = arena_printf(c->arena,
		"0, 0, sk_any_%s_dispatch,\n\t  NULL, NULL, NULL", name);

	if (events != 0) {
		print_next(r, name);
		of_events = arena_printf(c->arena, "sizeof(struct %s_event), "
			"offsetof(struct %s_event, as),\n\t  sk_any_%s_dispatch, "
			"sk_any_%s_next_event,\n\t  %s_next_event_begin, sk_any_%s_next_event_end",
			name, name, name, name, name, name);
	}
	c_table_append(r, &r->interfaces, arena_printf(c->arena,
		"{ \"%s\", %s, %u, %u,\n\t  %s }", d->name,
		methods + events == 0 ? "NULL"
		: arena_printf(c->arena, "sk_any_%s_methods", name), methods, events, of_events));
}

static void print_events(struct c_reflect *r)
{
	print_line(&r->c->out, "static struct sk_events *sk_any_events(void *self)");
	print_line(&r->c->out, "{");
	print_line(&r->c->out, "\tstruct sk_reflect_server *server =");
	print_line(&r->c->out, "\t\t(struct sk_reflect_server *)self;");
	print(&r->c->out, "\n");
	print_line(&r->c->out, "\treturn server->events(server);");
	print_line(&r->c->out, "}");
	print(&r->c->out, "\n");
}

static const struct declaration *next_interface(const struct declaration *d)
{
	while (d != NULL && d->kind != DECLARATION_INTERFACE)
		d = d->next;
	return d;
}

void c_reflect_interfaces(struct c_reflect *r)
{
	const struct declaration *first = next_interface(r->c->file->first);
	const struct declaration *d;
	struct map printed = { 0 };
	bool any_events = false;

	for (d = first; d != NULL; d = next_interface(d->next)) {
		any_events = any_events || d->as.interface.event_count != 0;
		add_methods(r, d);
	}
	c_table_print(r, &r->methods, "const struct sk_method_type ", "methods", "");
	for (unsigned i = 0; i < r->indexes.count; i++)
		print_wrapped(&r->c->out, "%s", r->indexes.entries[i]);
	if (r->indexes.count != 0)
		print(&r->c->out, "\n");
	if (any_events)
		print_events(r);
	for (d = first; d != NULL; d = next_interface(d->next)) {
		print_operations(r, d, &printed);
		print_ops(r, d);
		add_interface(r, d);
	}
	c_table_print(r, &r->interfaces, "const struct sk_interface_type ", "interfaces", "");
}
