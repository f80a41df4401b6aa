/*
 * Pages for man(1): one for each interface, of its generated C functions, in section 3.
 * See doc.h.
 */
#include "compiler/doc.h"

#include <inttypes.h>
#include <string.h>

/* A line as roff takes it for text. */
static const char *escape(struct arena *arena, const char *text, size_t size)
{
	char *escaped = arena_alloc(arena, 2 * size + 3), *to = escaped;

	if (size != 0 && (*text == '.' || *text == '\''))
		to += strlen(strcpy(to, "\\&"));
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\\' || text[i] == '-')
			*to++ = '\\';
		*to++ = text[i] == '\\' ? 'e' : text[i];
	}
	*to = '\0';
	return escaped;
}

static const char *plain(struct doc *doc, const char *text)
{
	return escape(doc->arena, text, strlen(text));
}

/* A doc comment: its lines without what stands before them; a paragraph where one is empty. */
static void print_text(struct doc *doc, const char *comment)
{
	bool is_apart = false, any = false;

	while (comment != NULL && *comment) {
		size_t size = strcspn(comment, "\n"), blanks = strspn(comment, " \t");

		if (blanks >= size)
			is_apart = any;
		else {
			if (is_apart)
				print(&doc->out, ".PP\n");
			print(&doc->out, "%s\n", escape(doc->arena, comment + blanks, size - blanks));
			is_apart = false;
			any = true;
		}
		comment += size + (comment[size] == '\n');
	}
}

static const char *summary(struct doc *doc, const struct declaration *interface)
{
	size_t size = interface->doc ? strcspn(interface->doc, "\n.") : 0;

	return size ? escape(doc->arena, interface->doc, size)
		: arena_printf(doc->arena, "interface %s", plain(doc, interface->qualified));
}

static void print_prototype(struct doc *doc, const struct method *m)
{
	struct printer *out = &doc->out;

	if (m->is_event) {
		print(out, "void (*%s)(void *self, const struct %s *event);\n", m->name,
			m->reply->c_name);
		return;
	}
	print(out, "int %s_%s(struct sk_channel *channel,\n"
		"        const struct %s *request,%s\n", m->owner->c_name, m->name,
		m->request->c_name, m->reply ? "" : " const struct sk_call *call);");
	if (m->reply != NULL)
		print(out, "        struct %s *reply, const struct sk_call *call);\n",
			m->reply->c_name);
}

static void print_member(struct doc *doc, const struct member *m)
{
	if (m->is_tags) {
		for (const struct member *t = m->tags; t; t = t->next)
			print_member(doc, t);
		return;
	}
	print(&doc->out, ".TP\n.BR %s \" (%s%s)\"\n", m->name, m->is_optional ? "optional " : "",
		m->type ? plain(doc, m->type->name) : "");
	print_text(doc, m->doc);
	if (m->doc != NULL)
		print(&doc->out, ".br\n");
	print(&doc->out, "At most %s.\n", m->max_size == UNBOUNDED ? "any number of bytes"
		: arena_printf(doc->arena, "%" PRIu64 " bytes", m->max_size));
}

static void print_message(struct doc *doc, const char *title, const struct declaration *message)
{
	const struct section *sections[] = {
		&message->as.message.head, &message->as.message.tail,
	};

	if (sections[0]->body.first == NULL && sections[1]->body.first == NULL)
		return;
	print(&doc->out, ".PP\n%s:\n", title);
	for (size_t i = 0; i < 2; i++) {
		for (const struct member *m = sections[i]->body.first; m; m = m->next)
			print_member(doc, m);
	}
}

static void print_promises(struct doc *doc, const struct method *m)
{
	struct printer *out = &doc->out;

	if (m->is_oneway)
		print(out, ".PP\nIt is not answered.\n");
	if (m->is_idempotent)
		print(out, ".PP\nIt may be repeated (idempotent).\n");
	if (m->is_cancellable)
		print(out, ".PP\nIt may be canceled.\n");
	if (m->deadline_ms != 0)
		print(out, ".PP\nDeadline: %" PRIu32 " ms, unless the call names another.\n",
			m->deadline_ms);
}

static void print_method(struct doc *doc, const struct method *m)
{
	print(&doc->out, ".SS %s\n", m->name);
	if (m->doc == NULL)
		print(&doc->out, "%s %s.\n", m->is_event ? "Event" : "Method", m->name);
	print_text(doc, m->doc);
	print_promises(doc, m);
	if (m->request != NULL)
		print_message(doc, "Request", m->request);
	if (m->reply != NULL)
		print_message(doc, m->is_event ? "Event" : "Reply", m->reply);
}

static void each_method(struct doc *doc, const struct declaration *interface,
	void (*each)(struct doc *, const struct method *))
{
	for (unsigned i = 0; i < interface->as.interface.method_count; i++)
		each(doc, interface->as.interface.methods[i]);
	for (unsigned i = 0; i < interface->as.interface.event_count; i++)
		each(doc, interface->as.interface.events[i]);
}

/* "open (to Open), read". */
static void print_state(struct doc *doc, const struct state *state)
{
	print(&doc->out, ".TP\n.B %s\n", state->name);
	print_text(doc, state->doc);
	print(&doc->out, "%sAllows ", state->doc != NULL ? ".br\n" : "");
	for (const struct transition *t = state->first; t != NULL; t = t->next) {
		print(&doc->out, "%s%s", t == state->first ? "" : ", ", t->method->name);
		if (t->to != state)
			print(&doc->out, " (leads to %s)", t->to->name);
	}
	print(&doc->out, "%s.\n", state->first == NULL ? "nothing" : "");
}

static void print_states(struct doc *doc, const struct declaration *interface)
{
	const struct state *first = interface->as.interface.states;

	if (first == NULL)
		return;
	print(&doc->out, ".SH STATES\nThe server begins in\n.BR %s .\n"
		"A call that its state does not allow is answered\n.BR SK_WRONG_STATE .\n"
		"Only a good answer leads on.\n", first->name);
	for (const struct state *s = first; s != NULL; s = s->next)
		print_state(doc, s);
}

static const struct declaration *errors_of(const struct declaration *interface)
{
	for (unsigned i = 0; i < interface->as.interface.method_count; i++) {
		if (interface->as.interface.methods[i]->error != NULL)
			return interface->as.interface.methods[i]->error;
	}
	return NULL;
}

static void print_errors(struct doc *doc, const struct declaration *interface)
{
	const struct declaration *error = errors_of(interface);

	print(&doc->out, ".SH RETURN VALUE\nA function returns 0, a negative status of the "
		"runtime (\\fBsk_status_text\\fP()), or a\npositive error of the protocol.\n");
	if (error == NULL)
		return;
	print(&doc->out, ".SH ERRORS\n");
	for (const struct enumerator *e = error->as.enumeration.first; e; e = e->next) {
		print(&doc->out, ".TP\n.B %s_%s\n", error->c_name, e->name);
		if (e->doc == NULL)
			print(&doc->out, "%s%" PRIu64 ".\n", e->value.negative ? "\\-" : "",
				e->value.low);
		print_text(doc, e->doc);
	}
}

static void print_page(struct doc *doc, const struct declaration *interface)
{
	const char *file = doc->file->name;

	doc->out = (struct printer){.arena = doc->arena};
	print(&doc->out, ".\\\" Made by skald from %s; edit that, not this.\n"
		".TH %s 3 \"\" \"%s\" \"Skald interfaces\"\n.SH NAME\n%s \\- %s\n"
		".SH SYNOPSIS\n.nf\n#include \"%s.h\"\n\n", file, interface->c_name, file,
		interface->c_name, summary(doc, interface), file);
	each_method(doc, interface, print_prototype);
	print(&doc->out, ".fi\n.SH DESCRIPTION\n");
	if (interface->doc == NULL)
		print(&doc->out, "Interface %s of %s.\n", plain(doc, interface->qualified), file);
	print_text(doc, interface->doc);
	if (interface->as.interface.method_count + interface->as.interface.event_count != 0) {
		print(&doc->out, ".SH METHODS\n");
		each_method(doc, interface, print_method);
	}
	print_states(doc, interface);
	print_errors(doc, interface);
	print(&doc->out, ".SH SEE ALSO\n.BR skald (1)\n");
}

void doc_manuals(struct doc *doc, const char *folder, struct print_files *to)
{
	for (size_t i = 0; i < doc->files->count; i++) {
		doc->file = doc->files->items[i];
		for (const struct declaration *d = doc->file->first; d; d = d->next) {
			struct printer *whole = arena_alloc(doc->arena, sizeof(*whole));

			if (d->kind != DECLARATION_INTERFACE)
				continue;
			print_page(doc, d);
			*whole = doc->out;
			print_files_add(doc->arena, to, whole, arena_printf(doc->arena, "%s/%s.3",
				folder, d->c_name));
		}
	}
}
