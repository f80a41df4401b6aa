/*
 * What the language server (docs/tools.md, "skald lsp") is made of: lsp.c talks
 * with the editor, lsp_symbol.c knows what stands at a place.
 */
#ifndef COMPILER_LSP_H
#define COMPILER_LSP_H

#include <stdio.h>

#include "compiler/value.h"
#include "idl/diag.h"
#include "idl/lexeme.h"
#include "idl/tree.h"

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
