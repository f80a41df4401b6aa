/*
 * The language server (docs/tools.md, "skald lsp"), and what knows places: of symbols,
 * of texts, of files. Its parts are in lsp_internal.h.
 */
#ifndef COMPILER_LSP_H
#define COMPILER_LSP_H

#include <stdbool.h>
#include <stdio.h>

#include "compiler/value.h"
#include "idl/diag.h"
#include "idl/lexeme.h"
#include "idl/tree.h"

/*
 * Talks with an editor until it says `exit`, or no more, or something that is no
 * message. True if it has said `shutdown` before.
 */
bool lsp_serve(FILE *from, FILE *to, const char **import_folders, size_t count);

/* ---- lsp_symbol.c ---- */

/* What a name or an import at a place means. */
struct lsp_symbol {
	struct span at;			/* what was pointed at */
	struct span span;		/* where it is declared */
	const char *title;		/* as it is written: "uint32 size" */
	const char *facts;		/* what layout decided; "" if nothing */
	const char *doc;		/* or NULL */
};

/* False if nothing that is known stands at the offset of the schema's root. */
bool lsp_symbol(struct arena *arena, const struct schema *schema, uint32_t offset,
	struct lsp_symbol *to);

/* ---- lsp_place.c: editors count lines from 0, and in UTF-16 ---- */

struct lsp_place {
	uint32_t line;
	uint32_t character;
};

struct lsp_place lsp_place(const struct source *source, uint32_t offset);
/* Places beyond a line or the text are their ends. */
uint32_t lsp_offset(const struct source *source, struct lsp_place place);
/* The path of a file's URI, or the URI itself; and back. */
const char *lsp_path(struct arena *arena, const char *uri, size_t size);
const char *lsp_uri(struct arena *arena, const char *path);

#endif
