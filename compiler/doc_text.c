/* Texts of HTML: names, types, doc comments. See doc.h. */
#include "compiler/doc.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static const char *entity(char c)
{
	return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;"
		: NULL;
}

const char *doc_escape(struct arena *arena, const char *text)
{
	char *escaped = arena_alloc(arena, 6 * strlen(text) + 1), *to = escaped;

	for (; *text; text++) {
		const char *as = entity(*text);

		if (as != NULL)
			to += strlen(strcpy(to, as));
		else if ((unsigned char)*text >= 0x20 || *text == '\n' || *text == '\t')
			*to++ = *text;
	}
	*to = '\0';
	return escaped;
}

/* Messages that a method's parameters make stand with the method. */
static const struct method *method_with(const struct declaration *d)
{
	return d->kind == DECLARATION_MESSAGE ? d->as.message.method : NULL;
}

static const char *anchor(struct arena *arena, const struct declaration *d)
{
	const struct method *method = method_with(d);

	return method == NULL ? d->qualified : arena_printf(arena, "%s.%s",
		method->owner->qualified, method->name);
}

static const char *page(const struct doc *doc, const struct file *file)
{
	return file == doc->file ? "" : arena_printf(doc->arena, "%s.html", file->stem);
}

const char *doc_place(const struct doc *doc, const struct declaration *d)
{
	return arena_printf(doc->arena, "%s#%s", page(doc, d->file), anchor(doc->arena, d));
}

const char *doc_link(const struct doc *doc, const struct declaration *d)
{
	bool is_near = doc->file != NULL && strcmp(d->file->namespace, doc->file->namespace) == 0;
	const struct method *method = method_with(d);
	const char *name = !is_near ? anchor(doc->arena, d) : method == NULL ? d->name
		: arena_printf(doc->arena, "%s.%s", method->owner->name, method->name);

	return arena_printf(doc->arena, "<a href=\"%s\">%s</a>", doc_place(doc, d), name);
}

/* ---- types ---- */

const char *doc_rights(struct arena *arena, const struct type *type)
{
	const struct declaration *bits = type->declaration->as.interface.rights;
	const char *all = NULL;

	if (!type->has_rights || bits == NULL)
		return NULL;
	for (const struct enumerator *e = bits->as.enumeration.first; e; e = e->next) {
		if (e->value.low == 0 || (e->value.low & ~(uint64_t)type->rights))
			continue;
		all = all ? arena_printf(arena, "%s | %s", all, e->name) : e->name;
	}
	return all ? all : "0";
}

static const char *handle_type(const struct doc *doc, const struct type *type)
{
	const char *rights = doc_rights(doc->arena, type);

	return arena_printf(doc->arena, "handle&lt;%s%s%s%s&gt;",
		doc_link(doc, type->declaration), rights ? ", " : "", rights ? rights : "",
		type->is_copy ? ", copy" : "");
}

static const char *with_bound(const struct doc *doc, const char *text, const char *before,
	uint64_t bound, const char *behind)
{
	return bound == UNBOUNDED ? text : arena_printf(doc->arena, "%s%s%" PRIu64 "%s", text,
		before, bound, behind);
}

static const char *list_type(const struct doc *doc, const struct type *type)
{
	const char *element = doc_type(doc, type->element);

	if (type->kind == TYPE_ARRAY)
		return arena_printf(doc->arena, "%s[%" PRIu64 "]", element, type->count);
	return type->bound == UNBOUNDED ? arena_printf(doc->arena, "%s[]", element)
		: with_bound(doc, element, "[&lt;=", type->bound, "]");
}

static const char *lease_type(const struct doc *doc, const struct type *type)
{
	static const char *const directions[] = {"", "in", "out", "inout"};

	return arena_printf(doc->arena, "lease&lt;%s%s&gt;", directions[type->direction & 3],
		with_bound(doc, "", ", max = ", type->bound, ""));
}

const char *doc_type(const struct doc *doc, const struct type *type)
{
	if (type->newtype != NULL)
		return doc_link(doc, type->newtype);
	switch (type->kind) {
	case TYPE_STRING:
		return with_bound(doc, "string", "&lt;", type->bound, "&gt;");
	case TYPE_LIST:
	case TYPE_ARRAY:
		return list_type(doc, type);
	case TYPE_HANDLE:
		return handle_type(doc, type);
	case TYPE_LEASE:
		return lease_type(doc, type);
	default:
		return type->declaration ? doc_link(doc, type->declaration)
			: doc_escape(doc->arena, type->name);
	}
}

/* An enumerator of the value, or its bits, or NULL. */
static const char *value_name(struct arena *arena, const struct type *type,
	const struct number *value)
{
	const char *all = NULL;
	uint64_t seen = 0;

	if (type == NULL || type->kind != TYPE_ENUM)
		return NULL;
	for (const struct enumerator *e = type->declaration->as.enumeration.first; e;
	     e = e->next) {
		if (e->value.low == value->low && e->value.negative == value->negative)
			return e->name;
		if (type->declaration->kind != DECLARATION_BITS || e->value.low == 0 ||
		    (e->value.low & ~value->low))
			continue;
		all = all ? arena_printf(arena, "%s | %s", all, e->name) : e->name;
		seen |= e->value.low;
	}
	return seen == value->low ? all : NULL;
}

/* As between quotes in the schema. */
static const char *quoted(struct arena *arena, const char *text)
{
	char *with = arena_alloc(arena, 2 * strlen(text) + 1), *to = with;

	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to = '\0';
	return doc_escape(arena, with);
}

const char *doc_literal(struct arena *arena, const struct type *type,
	const struct literal *literal)
{
	const char *name;

	switch (literal->kind) {
	case LITERAL_INTEGER:
		name = value_name(arena, type, &literal->number);
		return name ? name : arena_printf(arena, "%s%" PRIu64,
			literal->number.negative ? "-" : "", literal->number.low);
	case LITERAL_BOOL:
		return literal->number.low ? "true" : "false";
	case LITERAL_FLOAT:
		return arena_printf(arena, "%.17g", literal->real);
	case LITERAL_TEXT:
		return arena_printf(arena, "&quot;%s&quot;", quoted(arena, literal->text));
	default:
		return "";
	}
}

const char *doc_extent(struct arena *arena, uint64_t least, uint64_t most)
{
	if (most == UNBOUNDED)
		return arena_printf(arena, "%" PRIu64 " or more", least);
	if (least == most)
		return arena_printf(arena, "%" PRIu64, most);
	return arena_printf(arena, "%" PRIu64 " to %" PRIu64, least, most);
}

/* ---- doc comments ---- */

static const struct method *method_of(const struct declaration *interface, const char *name)
{
	for (unsigned i = 0; i < interface->as.interface.method_count; i++) {
		if (strcmp(interface->as.interface.methods[i]->name, name) == 0)
			return interface->as.interface.methods[i];
	}
	return NULL;
}

/* "File.read" of a namespace, or "fs.File.read": the method's place, or NULL. */
static const char *method_place(const struct doc *doc, const char *name)
{
	const char *dot = strrchr(name, '.');
	const struct declaration *interface = doc->interface;
	const struct method *method;

	if (dot != NULL) {
		const char *owner = arena_printf(doc->arena, "%.*s", (int)(dot - name), name);

		interface = file_set_find(doc->files, owner);
		if (interface == NULL && doc->file != NULL)
			interface = file_set_find(doc->files, arena_printf(doc->arena, "%s.%s",
				doc->file->namespace, owner));
	}
	if (interface == NULL || interface->kind != DECLARATION_INTERFACE)
		return NULL;
	method = method_of(interface, dot ? dot + 1 : name);
	return method == NULL ? NULL : arena_printf(doc->arena, "%s#%s.%s",
		page(doc, method->owner->file), method->owner->qualified, method->name);
}

/* What a word between backticks means, or NULL. */
static const char *place_of(const struct doc *doc, const char *word)
{
	const struct declaration *d = file_set_find(doc->files, word);

	if (d == NULL && doc->file != NULL)
		d = file_set_find(doc->files, arena_printf(doc->arena, "%s.%s",
			doc->file->namespace, word));
	return d != NULL ? doc_place(doc, d) : method_place(doc, word);
}

static void put_code(const struct doc *doc, struct printer *out, const char *word)
{
	const char *place = place_of(doc, word);

	if (place != NULL)
		print(out, "<a href=\"%s\"><code>%s</code></a>", place,
			doc_escape(doc->arena, word));
	else
		print(out, "<code>%s</code>", doc_escape(doc->arena, word));
}

/* Text with backticks, as HTML. */
static const char *inline_text(const struct doc *doc, const char *text)
{
	struct printer out = {.arena = doc->arena};

	while (*text) {
		size_t plain = strcspn(text, "`");
		const char *end = text[plain] ? strchr(text + plain + 1, '`') : NULL;

		if (end == NULL)
			plain = strlen(text);
		print(&out, "%s", doc_escape(doc->arena,
			arena_printf(doc->arena, "%.*s", (int)plain, text)));
		text += plain;
		if (end == NULL)
			break;
		put_code(doc, &out, arena_printf(doc->arena, "%.*s", (int)(end - text - 1),
			text + 1));
		text = end + 1;
	}
	return arena_printf(doc->arena, "%.*s", (int)out.size, out.text ? out.text : "");
}

static const char *without_blanks(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

static bool is_item(const char *line)
{
	return (line[0] == '*' || line[0] == '-') && line[1] == ' ';
}

struct flow {
	const char *block;		/* the text so far, or "" */
	bool in_list;
};

static void end_block(struct doc *doc, struct flow *flow)
{
	if (*flow->block)
		print(&doc->out, flow->in_list ? "<li>%s</li>\n" : "<p>%s</p>\n",
			inline_text(doc, flow->block));
	flow->block = "";
}

static void set_list(struct doc *doc, struct flow *flow, bool in_list)
{
	end_block(doc, flow);
	if (in_list != flow->in_list)
		print(&doc->out, in_list ? "<ul>\n" : "</ul>\n");
	flow->in_list = in_list;
}

void doc_comment(struct doc *doc, const char *comment)
{
	struct flow flow = {.block = ""};

	while (comment != NULL && *comment) {
		size_t size = strcspn(comment, "\n");
		const char *line = without_blanks(arena_printf(doc->arena, "%.*s", (int)size,
			comment));

		if (*line == '\0')
			set_list(doc, &flow, false);
		else if (is_item(line))
			set_list(doc, &flow, true);
		if (is_item(line))
			line += 2;
		if (*line)
			flow.block = arena_printf(doc->arena, "%s%s%s", flow.block,
				*flow.block ? "\n" : "", line);
		comment += size + (comment[size] == '\n');
	}
	set_list(doc, &flow, false);
}

const char *doc_summary(struct doc *doc, const char *comment)
{
	const char *end = comment;

	if (comment == NULL)
		return "";
	while (*end && !(*end == '.' && (isspace((unsigned char)end[1]) || !end[1])) &&
	       !(*end == '\n' && end[1] == '\n'))
		end++;
	return inline_text(doc, arena_printf(doc->arena, "%.*s%s", (int)(end - comment), comment,
		*end == '.' ? "." : ""));
}
