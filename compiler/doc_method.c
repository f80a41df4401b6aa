/* Interfaces and their methods in HTML. See doc.h. */
#include "compiler/doc.h"

#include <inttypes.h>
#include <string.h>

/* Names of what a message has, as in "offset, data"; or those of one section of it. */
static const char *names_of(struct doc *doc, const struct declaration *message)
{
	const struct body *bodies[] = {
		&message->as.message.head.body, &message->as.message.tail.body,
	};
	const char *all = "";

	for (size_t i = 0; i < 2; i++) {
		for (const struct member *m = bodies[i]->first; m; m = m->next)
			all = arena_printf(doc->arena, "%s%s%s", all, *all ? ", " : "",
				m->is_tags ? "tags" : m->name);
	}
	return all;
}

static const char *kind_of(const struct method *method)
{
	return method->is_event ? "event" : method->is_oneway ? "oneway" : "method";
}

/* `read(offset, data) -> (count)`, with the name as `name` has it. */
static const char *signature(struct doc *doc, const struct method *method, const char *name)
{
	const struct declaration *request = method->is_event ? method->reply : method->request;
	const char *text = arena_printf(doc->arena, "%s(%s)", name, names_of(doc, request));

	return method->is_event || method->reply == NULL ? text : arena_printf(doc->arena,
		"%s &rarr; (%s)", text, names_of(doc, method->reply));
}

static void print_badge(struct doc *doc, bool is_so, const char *text)
{
	if (is_so)
		print(&doc->out, "<span class=\"badge\">%s</span> ", text);
}

static void print_badges(struct doc *doc, const struct method *method)
{
	print(&doc->out, "<p>");
	print_badge(doc, true, kind_of(method));
	print_badge(doc, method->is_fast, "fast path");
	print_badge(doc, method->is_idempotent, "idempotent");
	print_badge(doc, method->is_cancellable, "cancellable");
	print_badge(doc, method->is_unbounded, "unbounded");
	if (method->deadline_ms != 0)
		print_badge(doc, true, arena_printf(doc->arena, "deadline %" PRIu32 " ms",
			method->deadline_ms));
	print_badge(doc, true, arena_printf(doc->arena, "number %" PRIu32, method->number));
	print(&doc->out, "</p>\n");
}

static void print_message(struct doc *doc, const char *title, const struct declaration *message)
{
	if (message == NULL)
		return;
	print(&doc->out, "<h4>%s</h4>\n", title);
	if (message->as.message.method == NULL)
		print(&doc->out, "<p>It is <code>%s</code>.</p>\n", doc_link(doc, message));
	else
		doc_message(doc, message);
}

static void print_error(struct doc *doc, const struct method *method)
{
	if (method->error == NULL)
		return;
	print(&doc->out, "<h4>Error</h4>\n<p>One of <code>%s</code>: id %" PRIu32
		", 12 bytes.</p>\n", doc_link(doc, method->error), 4 * method->number + 2);
}

static void print_method(struct doc *doc, const struct method *method)
{
	print(&doc->out, "<section class=\"method\" id=\"%s.%s\">\n<h3><code>%s</code></h3>\n",
		method->owner->qualified, method->name, signature(doc, method, method->name));
	print_badges(doc, method);
	doc_comment(doc, method->doc);
	doc_states_of(doc, method->owner, method);
	print_message(doc, "Request", method->request);
	print_message(doc, method->is_event ? "Event" : "Reply", method->reply);
	print_error(doc, method);
	print(&doc->out, "</section>\n");
}

/* ---- the list in front ---- */

static void print_entry(struct doc *doc, const struct method *method)
{
	const char *place = doc_place(doc, method->owner);
	const char *name = arena_printf(doc->arena, "<a href=\"%s.%s\">%s</a>", place,
		method->name, method->name);

	print(&doc->out, "<tr><td>%s</td><td><code>%s</code></td><td>%s</td></tr>\n",
		kind_of(method), signature(doc, method, name), doc_summary(doc, method->doc));
}

static void each_method(struct doc *doc, const struct declaration *interface, bool own,
	void (*each)(struct doc *, const struct method *))
{
	for (unsigned i = 0; i < interface->as.interface.method_count; i++) {
		if (!own || interface->as.interface.methods[i]->owner == interface)
			each(doc, interface->as.interface.methods[i]);
	}
	for (unsigned i = 0; i < interface->as.interface.event_count; i++) {
		if (!own || interface->as.interface.events[i]->owner == interface)
			each(doc, interface->as.interface.events[i]);
	}
}

void doc_interface(struct doc *doc, const struct declaration *interface)
{
	const struct declaration *base = interface->as.interface.base;
	const struct declaration *rights = interface->as.interface.rights;

	doc->interface = interface;
	if (base != NULL)
		print(&doc->out, "<p>It has all that <code>%s</code> has.</p>\n",
			doc_link(doc, base));
	if (rights != NULL)
		print(&doc->out, "<p>Rights of its handles: <code>%s</code>.</p>\n",
			doc_link(doc, rights));
	if (interface->as.interface.method_count + interface->as.interface.event_count != 0) {
		print(&doc->out, "<div class=\"scroll\"><table class=\"methods\"><tbody>\n");
		each_method(doc, interface, false, print_entry);
		print(&doc->out, "</tbody></table></div>\n");
	}
	doc_states(doc, interface);
	each_method(doc, interface, true, print_method);
	doc->interface = NULL;
}
