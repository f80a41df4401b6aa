/*
 * skald doc: what a schema says, for people: HTML (docs/tools.md), and pages for man(1).
 */
#ifndef COMPILER_DOC_H
#define COMPILER_DOC_H

#include "compiler/file_set.h"

/* One run; `out` is the page that is being written. */
struct doc {
	struct arena *arena;
	const struct file_set *files;
	const struct file *file;	/* whose page it is; NULL: the index */
	const struct declaration *interface;	/* whose methods names may mean, or NULL */
	struct printer out;
};

/* ---- doc_text.c ---- */

/* As it stands in HTML, in attributes too. */
const char *doc_escape(struct arena *arena, const char *text);
/* Where a declaration is: "#fs.Entry", or "fs.html#fs.Entry" from another page. */
const char *doc_place(const struct doc *doc, const struct declaration *d);
/* Its name, with a link to it; without the namespace where that is the page's. */
const char *doc_link(const struct doc *doc, const struct declaration *d);
/* A type as in the schema, with links. */
const char *doc_type(const struct doc *doc, const struct type *type);
/* Rights by their names, with " | " between; or NULL if none are named. */
const char *doc_rights(struct arena *arena, const struct type *type);
/* Integer, text or whatever a literal is, as in the schema. */
const char *doc_literal(struct arena *arena, const struct type *type,
	const struct literal *literal);
/* A doc comment, as paragraphs and lists; names between backticks lead somewhere. */
void doc_comment(struct doc *doc, const char *comment);
/* Its first sentence, as HTML without paragraph; "" if there is none. */
const char *doc_summary(struct doc *doc, const char *comment);
/* "12", "0 to 255", "5 or more". */
const char *doc_extent(struct arena *arena, uint64_t least, uint64_t most);

/* ---- doc_wire.c ---- */

/* The bytes of a message: a diagram of what stands in place, and its members. */
void doc_message(struct doc *doc, const struct declaration *message);
/* The members of a struct, record or variant; of a record with its diagram. */
void doc_structure(struct doc *doc, const struct declaration *d);

/* ---- doc_method.c ---- */

void doc_interface(struct doc *doc, const struct declaration *interface);

/* ---- doc_states.c ---- */

/* The states of an interface, as a diagram and a table; nothing if it has none. */
void doc_states(struct doc *doc, const struct declaration *interface);
/* In which of them a method is allowed, and where it leads. */
void doc_states_of(struct doc *doc, const struct declaration *interface,
	const struct method *method);

/* ---- doc_page.c ---- */

/* All pages, and the style sheet, as files of a folder. */
void doc_pages(struct doc *doc, const char *folder, struct print_files *to);

/* ---- doc_man.c ---- */

/* A page of section 3 for each interface. */
void doc_manuals(struct doc *doc, const char *folder, struct print_files *to);

#endif
