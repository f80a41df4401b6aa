/*
 * The parts of the language server: lsp.c says which message goes where,
 * lsp_message.c reads and writes messages, lsp_document.c has the documents and
 * what is wrong with them, lsp_feature.c answers what an editor asks about them.
 */
#ifndef COMPILER_LSP_INTERNAL_H
#define COMPILER_LSP_INTERNAL_H

#include <stdio.h>

#include "compiler/lsp.h"
#include "idl/schema.h"

/* Of JSON-RPC and of the protocol. */
enum {
	LSP_ERROR_PARSE = -32700,
	LSP_ERROR_REQUEST = -32600,
	LSP_ERROR_METHOD = -32601,
	LSP_ERROR_NOT_READY = -32002
};

/* An open document; all is its own. */
struct lsp_document {
	struct lsp_document *next;
	char *uri;
	char *path;
	char *text;
	size_t size;
};

struct lsp_server {
	FILE *from;
	FILE *to;
	const char **import_folders;
	size_t import_folder_count;
	struct lsp_document *documents;
	bool is_ready;			/* initialize came */
	bool is_shut;			/* shutdown came */
	bool is_over;			/* exit came */
	/* Of the message. */
	struct arena *arena;
	const struct value *id;		/* NULL: a notice */
	const struct value *params;
};

/* ---- lsp_message.c: reading ---- */

/* The next message's bytes, in server->arena; NULL at the end, and where what comes
 * is no message. */
const char *lsp_read(struct lsp_server *server, size_t *size);
/* NULL if there is none of that kind. `object` may be NULL, or be none. */
const struct value *lsp_member(const struct value *object, const char *name,
	enum value_kind kind);
/* What is missing or no such number is 0. */
struct lsp_place lsp_place_of(const struct value *position);

/* ---- lsp_message.c: writing, JSON by hand ---- */

/* Begun by one of the two below, written to `to`, ended by lsp_send(). */
struct lsp_message {
	FILE *to;
	char *text;
	size_t size;
};

/* A notice up to its params' members. */
struct lsp_message *lsp_notice_new(const struct lsp_server *server, const char *method);
/* An answer up to its result. */
struct lsp_message *lsp_answer_new(const struct lsp_server *server);
void lsp_send(const struct lsp_server *server, struct lsp_message *message);
/* Whole answers. */
void lsp_answer(const struct lsp_server *server, const char *json);
void lsp_answer_error(const struct lsp_server *server, int code, const char *text);

void lsp_put_string(FILE *to, const char *text);
void lsp_put_range(FILE *to, const struct span *span);

/* ---- lsp_document.c ---- */

/* Where the link to the document is that `of` names by "textDocument"; to NULL if it
 * is not open. */
struct lsp_document **lsp_find(struct lsp_server *server, const struct value *of);
/* As check reads it, with what is open in place of files; NULL: it has errors. */
struct schema *lsp_load(struct lsp_server *server, const struct lsp_document *document,
	struct diagnostics *diags);
void lsp_close_all(struct lsp_server *server);

/* Notices. */
void lsp_did_open(struct lsp_server *server);
void lsp_did_change(struct lsp_server *server);
void lsp_did_close(struct lsp_server *server);

/* ---- lsp_feature.c: requests ---- */

void lsp_hover(struct lsp_server *server);
void lsp_definition(struct lsp_server *server);
void lsp_format(struct lsp_server *server);
void lsp_format_range(struct lsp_server *server);

#endif
