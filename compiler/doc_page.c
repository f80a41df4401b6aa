/* Pages of HTML: a file each, the index, and their style. See doc.h. */
#include "compiler/doc.h"

#include <inttypes.h>
#include <string.h>

static const char *const style[] = {
	":root { color-scheme: light dark; --text: #1d232b; --page: #fdfdfc; --soft: #5c6670;",
	"\t--line: #d9dde1; --link: #0b5cad; --code: #f1f3f5; --value: #dcecfb;",
	"\t--pointer: #fdeccb; --preamble: #e6e4f5; }",
	"@media (prefers-color-scheme: dark) { :root { --text: #dfe4ea; --page: #14181d;",
	"\t--soft: #98a3ae; --line: #333b44; --link: #7db7f2; --code: #1e242b; --value: #1c3a57;",
	"\t--pointer: #4a3a16; --preamble: #332f52; } }",
	"* { box-sizing: border-box; }",
	"body { margin: 0; color: var(--text); background: var(--page);",
	"\tfont: 16px/1.55 system-ui, sans-serif; display: grid;",
	"\tgrid-template-columns: 17rem minmax(0, 1fr); }",
	"nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1rem;",
	"\tborder-right: 1px solid var(--line); font-size: 0.9rem; }",
	"nav ul { list-style: none; margin: 0; padding: 0 0 0 0.8rem; }",
	"nav > ul { padding: 0; }",
	"nav strong { display: block; margin-top: 1rem; }",
	"main { padding: 2rem 3rem 6rem; max-width: 64rem; }",
	"nav [aria-current] { color: inherit; font-weight: 600; }",
	"@media (max-width: 50rem) { body { display: block; } main { padding: 1rem; }",
	"\tnav { position: static; height: auto; max-height: 45vh; padding: 1rem;",
	"\t\tborder: 0; border-bottom: 1px solid var(--line); }",
	"\tnav ul { padding: 0; } nav li { display: inline-block; margin-right: 0.8rem; } }",
	"a { color: var(--link); text-decoration: none; }",
	"a:hover { text-decoration: underline; }",
	"code { font: 0.9em/1.4 ui-monospace, monospace; }",
	"p > code { background: var(--code); border-radius: 3px; padding: 0.1em 0.3em; }",
	"h1 { font-size: 1.9rem; margin: 0 0 1rem; }",
	"h2 { margin: 3rem 0 0.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }",
	"h3 { margin: 2.5rem 0 0.5rem; }",
	"h4 { margin: 1.2rem 0 0.3rem; color: var(--soft); font-weight: 600; }",
	"section:target > h2, section:target > h3 { color: var(--link); }",
	"tr:target { background: var(--code); }",
	".scroll { overflow-x: auto; margin: 0.5rem 0; }",
	"table { border-collapse: collapse; font-size: 0.9rem; }",
	"caption { text-align: left; color: var(--soft); }",
	"th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.7rem 0.3rem 0; }",
	".members td, .members thead th, .methods td { border-bottom: 1px solid var(--line); }",
	".members p, .methods p { margin: 0; }",
	".wire { table-layout: fixed; width: 40rem; text-align: center; }",
	".wire th { font-weight: 400; color: var(--soft); font-size: 0.8rem; }",
	".wire tbody th { width: 3rem; }",
	".wire td { border: 1px solid var(--page); padding: 0.35rem 0.2rem; text-align: center;",
	"\toverflow: hidden; text-overflow: ellipsis; white-space: nowrap; }",
	".value { background: var(--value); } .pointer { background: var(--pointer); }",
	".preamble { background: var(--preamble); } .more { font-style: italic; }",
	".states path { stroke: var(--soft); stroke-width: 1.5; fill: none; }",
	".states .head { stroke: none; fill: var(--soft); }",
	".states .life { stroke: var(--line); stroke-dasharray: 4 3; }",
	".states rect { fill: var(--value); stroke: var(--line); }",
	".states text { font: 13px ui-monospace, monospace; fill: var(--text);",
	"\tpaint-order: stroke; stroke: var(--page); stroke-width: 4px; }",
	".states .state { stroke: none; font-weight: 600; }",
	".badge, .mark { font-size: 0.8rem; border: 1px solid var(--line); border-radius: 1rem;",
	"\tpadding: 0.05rem 0.6rem; color: var(--soft); white-space: nowrap; }",
	".index { width: 100%; } .index td:first-child { font-weight: 600; }",
	".index td:last-child { width: 45%; }",
	"@media print { body { display: block; font-size: 11pt; } nav { display: none; }",
	"\tmain { padding: 0; max-width: none; } .scroll { overflow: visible; }",
	"\th2, h3, h4, caption { break-after: avoid; } tr, svg, .wire { break-inside: avoid; }",
	"\t.wire, .states { print-color-adjust: exact; } a { color: inherit; } }",
	".kind, .cost, .users { color: var(--soft); font-size: 0.9rem; font-weight: 400; }",
	NULL,
};

/* ---- what a declaration is ---- */

/* What parameters make is shown with its method. */
static bool is_shown(const struct declaration *d)
{
	return d->kind != DECLARATION_MESSAGE || d->as.message.method == NULL;
}

static bool has_more_constants(const struct declaration *d)
{
	return d->kind == DECLARATION_CONST && d->next != NULL &&
		d->next->kind == DECLARATION_CONST;
}

static const char *constant_value(struct doc *doc, const struct declaration *d)
{
	return doc_literal(doc->arena, d->as.constant.type, &d->as.constant.value);
}

static void print_constant(struct doc *doc, const struct declaration *d)
{
	print(&doc->out, "<p><code>%s</code> = <code>%s</code></p>\n",
		doc_type(doc, d->as.constant.type), constant_value(doc, d));
}

/* Several in a row are a table. Returns the last of them. */
static const struct declaration *print_constants(struct doc *doc, const struct declaration *d)
{
	print(&doc->out, "<section>\n<h2>Constants</h2>\n<div class=\"scroll\">"
		"<table class=\"members\"><thead><tr><th scope=\"col\">Name</th>"
		"<th scope=\"col\">Type</th><th scope=\"col\">Value</th>"
		"<th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n");
	for (;; d = d->next) {
		print(&doc->out, "<tr id=\"%s\"><td><code>%s</code></td><td><code>%s</code></td>"
			"<td>%s</td><td>", d->qualified, d->name,
			doc_type(doc, d->as.constant.type), constant_value(doc, d));
		doc_comment(doc, d->doc);
		print(&doc->out, "</td></tr>\n");
		if (!has_more_constants(d))
			break;
	}
	print(&doc->out, "</tbody></table></div>\n</section>\n");
	return d;
}

static const char *article(const struct type *type)
{
	return strchr("aeio", *type->name) != NULL ? "An" : "A";	/* a uint32 */
}

/* As what stands behind it. */
static void print_newtype(struct doc *doc, const struct declaration *d)
{
	struct type behind = *d->as.newtype;

	if (behind.newtype == d)
		behind.newtype = NULL;
	print(&doc->out, "<p>%s <code>%s</code> of its own.</p>\n", article(&behind),
		doc_type(doc, &behind));
}

static const char *enumerator_value(struct doc *doc, const struct declaration *d,
	const struct number *value)
{
	return d->kind == DECLARATION_BITS || d->format == FORMAT_HEX ?
		arena_printf(doc->arena, "0x%" PRIx64, value->low) :
		arena_printf(doc->arena, "%s%" PRIu64, value->negative ? "-" : "", value->low);
}

static void print_enumeration(struct doc *doc, const struct declaration *d)
{
	print(&doc->out, "<p>%s <code>%s</code>%s.</p>\n<div class=\"scroll\">"
		"<table class=\"members\"><thead><tr><th scope=\"col\">Value</th>"
		"<th scope=\"col\">Name</th><th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n",
		article(d->as.enumeration.base), doc_type(doc, d->as.enumeration.base),
		d->as.enumeration.is_strict ? "; nothing else is taken" : "");
	for (const struct enumerator *e = d->as.enumeration.first; e; e = e->next) {
		print(&doc->out, "<tr><td>%s</td><td><code>%s</code></td><td>",
			enumerator_value(doc, d, &e->value), e->name);
		doc_comment(doc, e->doc);
		print(&doc->out, "</td></tr>\n");
	}
	print(&doc->out, "</tbody></table></div>\n");
}

static void print_body(struct doc *doc, const struct declaration *d)
{
	switch (d->kind) {
	case DECLARATION_CONST:
		print_constant(doc, d);
		break;
	case DECLARATION_NEWTYPE:
		print_newtype(doc, d);
		break;
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		print_enumeration(doc, d);
		break;
	case DECLARATION_MESSAGE:
		if (d->as.message.has_id)
			doc_message(doc, d);
		break;
	case DECLARATION_INTERFACE:
		doc_interface(doc, d);
		break;
	default:
		doc_structure(doc, d);
		break;
	}
}

/* ---- who uses it ---- */

static bool type_uses(const struct type *type, const struct declaration *d)
{
	return type != NULL && (type->newtype == d || type->declaration == d ||
		type_uses(type->element, d));
}

static bool members_use(const struct member *first, const struct declaration *d)
{
	for (const struct member *m = first; m; m = m->next) {
		if (type_uses(m->type, d) || members_use(m->tags, d))
			return true;
	}
	return false;
}

static bool errors_use(const struct declaration *interface, const struct declaration *d)
{
	for (unsigned i = 0; i < interface->as.interface.method_count; i++) {
		if (interface->as.interface.methods[i]->error == d)
			return true;
	}
	return interface->as.interface.rights == d || interface->as.interface.base == d;
}

static bool uses(const struct declaration *user, const struct declaration *d)
{
	switch (user->kind) {
	case DECLARATION_CONST:
		return type_uses(user->as.constant.type, d);
	case DECLARATION_NEWTYPE:
		return user != d && type_uses(user->as.newtype, d);
	case DECLARATION_MESSAGE:
		return members_use(user->as.message.head.body.first, d) ||
			members_use(user->as.message.tail.body.first, d);
	case DECLARATION_INTERFACE:
		return errors_use(user, d);
	case DECLARATION_STRUCT:
	case DECLARATION_RECORD:
	case DECLARATION_VARIANT:
		return members_use(user->as.structure.body.first, d) ||
			user->as.structure.base == d;
	default:
		return false;
	}
}

/* A method's request and its reply are one user: they lead to one place. */
static void print_users(struct doc *doc, const struct declaration *d)
{
	const char *all = "", *last = "";

	for (size_t i = 0; i < doc->files->count; i++) {
		for (const struct declaration *user = doc->files->items[i]->first; user;
		     user = user->next) {
			const char *link;

			if (user == d || !uses(user, d))
				continue;
			link = doc_link(doc, user);
			if (strcmp(link, last) == 0)
				continue;
			all = arena_printf(doc->arena, "%s%s%s", all, *all ? ", " : "", link);
			last = link;
		}
	}
	if (*all)
		print(&doc->out, "<p class=\"users\">Used by %s.</p>\n", all);
}

/* ---- pages ---- */

static void begin_page(struct doc *doc, const char *title)
{
	doc->out = (struct printer){.arena = doc->arena};
	print(&doc->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<title>%s</title>\n<link rel=\"stylesheet\" href=\"style.css\">\n</head>\n<body>\n",
		title);
}

static void list_kind(struct doc *doc, const struct file *file, bool interfaces)
{
	bool any = false;

	for (const struct declaration *d = file->first; d; d = d->next) {
		if (!is_shown(d) || (d->kind == DECLARATION_INTERFACE) != interfaces)
			continue;
		if (!any)
			print(&doc->out, "<strong>%s</strong>\n<ul>\n",
				interfaces ? "Interfaces" : "Types and messages");
		any = true;
		print(&doc->out, "<li>%s</li>\n", doc_link(doc, d));
	}
	if (any)
		print(&doc->out, "</ul>\n");
}

static void print_navigation(struct doc *doc)
{
	static const char here[] = " aria-current=\"page\"";

	print(&doc->out, "<nav>\n<a href=\"index.html\"%s>All files</a>\n<ul>\n",
		doc->file == NULL ? here : "");
	for (size_t i = 0; i < doc->files->count; i++) {
		const struct file *file = doc->files->items[i];

		print(&doc->out, "<li><a href=\"%s.html\"%s>%s</a></li>\n", file->stem,
			doc->file == file ? here : "", file->name);
	}
	print(&doc->out, "</ul>\n");
	if (doc->file != NULL) {
		list_kind(doc, doc->file, true);
		list_kind(doc, doc->file, false);
	}
	print(&doc->out, "</nav>\n<main>\n");
}

static void end_page(struct doc *doc, const char *folder, const char *name,
	struct print_files *to)
{
	struct printer *whole = arena_alloc(doc->arena, sizeof(*whole));

	print(&doc->out, "</main>\n</body>\n</html>\n");
	*whole = doc->out;
	print_files_add(doc->arena, to, whole, arena_printf(doc->arena, "%s/%s.html", folder, name));
}

static void print_declaration(struct doc *doc, const struct declaration *d)
{
	print(&doc->out, "<section id=\"%s\">\n<h2><span class=\"kind\">%s</span> %s</h2>\n",
		d->qualified, declaration_kind_name(d), d->name);
	doc_comment(doc, d->doc);
	print_body(doc, d);
	print_users(doc, d);
	print(&doc->out, "</section>\n");
}

static void print_file_page(struct doc *doc, const char *folder, struct print_files *to)
{
	const struct file *file = doc->file;

	begin_page(doc, file->name);
	print_navigation(doc);
	print(&doc->out, "<h1>%s%s%s</h1>\n", *file->namespace ? file->namespace : file->name,
		*file->namespace ? " <span class=\"kind\">" : "",
		*file->namespace ? arena_printf(doc->arena, "%s</span>", file->name) : "");
	doc_comment(doc, file->doc);
	for (const struct declaration *d = file->first; d; d = d->next) {
		if (has_more_constants(d))
			d = print_constants(doc, d);
		else if (is_shown(d))
			print_declaration(doc, d);
	}
	end_page(doc, folder, file->stem, to);
}

/* Interfaces by their names alone: the namespace stands in front of the row. */
static void print_interfaces(struct doc *doc, const struct file *file)
{
	const char *between = "";

	for (const struct declaration *d = file->first; d; d = d->next) {
		if (d->kind != DECLARATION_INTERFACE)
			continue;
		print(&doc->out, "%s<a href=\"%s\">%s</a>", between, doc_place(doc, d), d->name);
		between = ", ";
	}
}

static void print_index(struct doc *doc, const char *folder, struct print_files *to)
{
	begin_page(doc, "Schemas");
	print_navigation(doc);
	print(&doc->out, "<h1>Schemas</h1>\n<div class=\"scroll\"><table class=\"members index\">"
		"<thead><tr><th scope=\"col\">Namespace</th><th scope=\"col\">Meaning</th>"
		"<th scope=\"col\">Interfaces</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < doc->files->count; i++) {
		const struct file *file = doc->files->items[i];

		print(&doc->out, "<tr><td><a href=\"%s.html\">%s</a></td><td>%s</td><td>", file->stem,
			*file->namespace ? file->namespace : file->name,
			doc_summary(doc, file->doc));
		print_interfaces(doc, file);
		print(&doc->out, "</td></tr>\n");
	}
	print(&doc->out, "</tbody></table></div>\n");
	end_page(doc, folder, "index", to);
}

static void print_style(struct doc *doc, const char *folder, struct print_files *to)
{
	struct printer *out = arena_alloc(doc->arena, sizeof(*out));

	*out = (struct printer){.arena = doc->arena};
	for (const char *const *line = style; *line; line++)
		print(out, "%s\n", *line);
	print_files_add(doc->arena, to, out, arena_printf(doc->arena, "%s/style.css", folder));
}

void doc_pages(struct doc *doc, const char *folder, struct print_files *to)
{
	for (size_t i = 0; i < doc->files->count; i++) {
		doc->file = doc->files->items[i];
		print_file_page(doc, folder, to);
	}
	doc->file = NULL;
	print_index(doc, folder, to);
	print_style(doc, folder, to);
}
