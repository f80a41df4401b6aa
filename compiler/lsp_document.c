/*
 * The documents that an editor has open, which count in place of their files, and
 * what is wrong with them. Diagnostics are made anew of all of them when one changes,
 * since one may import another.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/lint.h"
#include "compiler/lsp_internal.h"

/* As the protocol numbers them. */
enum { SEVERITY_ERROR = 1, SEVERITY_WARNING = 2, SEVERITY_INFORMATION = 3 };

/* ---- what is wrong ---- */

struct schema *lsp_load(struct lsp_server *server, const struct lsp_document *document,
	struct diagnostics *diags)
{
	struct schema_options options = {
		.import_folders = server->import_folders,
		.import_folder_count = server->import_folder_count,
	};
	struct lsp_document *one;
	struct source_text *open;
	size_t count = 0;

	for (one = server->documents; one != NULL; one = one->next)
		count++;
	open = arena_alloc(server->arena, (count + 1) * sizeof open[0]);
	for (one = server->documents; one != NULL; one = one->next)
		open[--count] = (struct source_text){ one->path, one->text,
			one->size };
	options.open = open;
	return schema_load(server->arena, diags, document->path, &options);
}

static int severity_of(const struct diag_view *view)
{
	switch (diag_code_name(view->code)[0]) {
	case 'E':
		return SEVERITY_ERROR;
	case 'W':
		return SEVERITY_WARNING;
	default:
		return SEVERITY_INFORMATION;
	}
}

static void put_diagnostic(struct lsp_server *server, FILE *to, const struct diag_view *view)
{
	fputs("{\"range\":", to);
	lsp_put_range(to, &view->span);
	fprintf(to, ",\"severity\":%d,\"code\":\"%s\",\"source\":\"skald\","
		"\"message\":", severity_of(view), diag_code_name(view->code));
	lsp_put_string(to, view->help == NULL ? view->message : arena_printf(
		server->arena, "%s\nhelp: %s", view->message, view->help));
	if (view->label != NULL && view->second.source != NULL) {
		fputs(",\"relatedInformation\":[{\"location\":{\"uri\":", to);
		lsp_put_string(to, lsp_uri(server->arena, view->second.source->path));
		fputs(",\"range\":", to);
		lsp_put_range(to, &view->second);
		fputs("},\"message\":", to);
		lsp_put_string(to, view->label);
		fputs("}]", to);
	}
	fputc('}', to);
}

/* The notice up to their list. */
static struct lsp_message *diagnostics_of(const struct lsp_server *server,
	const struct lsp_document *document)
{
	struct lsp_message *message = lsp_notice_new(server,
		"textDocument/publishDiagnostics");

	fputs("\"uri\":", message->to);
	lsp_put_string(message->to, document->uri);
	fputs(",\"diagnostics\":[", message->to);
	return message;
}

/* What is wrong with a document, and what it will regret. */
static void publish(struct lsp_server *server, const struct lsp_document *document)
{
	struct diagnostics *diags = diag_new(server->arena);
	struct schema *schema = lsp_load(server, document, diags);
	struct lsp_message *message;
	bool chosen[DIAG_CODE_COUNT], any = false;
	struct diag_view *views;
	unsigned count, i;

	memset(chosen, true, sizeof chosen);
	if (schema != NULL)
		lint_file(server->arena, diags, schema, chosen);
	views = diag_views(diags, &count);
	message = diagnostics_of(server, document);
	for (i = 0; i < count; i++) {
		if (views[i].span.source == NULL || strcmp(
			views[i].span.source->path, document->path) != 0)
			continue;
		fputs(any ? "," : "", message->to);
		put_diagnostic(server, message->to, &views[i]);
		any = true;
	}
	fputs("]}", message->to);
	lsp_send(server, message);
}

static void publish_all(struct lsp_server *server)
{
	const struct lsp_document *document = server->documents;

	for (; document != NULL; document = document->next)
		publish(server, document);
}

/* ---- documents ---- */

struct lsp_document **lsp_find(struct lsp_server *server, const struct value *of)
{
	const struct value *uri = lsp_member(lsp_member(of, "textDocument",
		VALUE_OBJECT), "uri", VALUE_STRING);
	struct lsp_document **link = &server->documents;

	while (*link != NULL && (uri == NULL || strlen((*link)->uri)
		!= uri->as.string.size || memcmp((*link)->uri, uri->as.string.data,
			uri->as.string.size) != 0))
		link = &(*link)->next;
	return link;
}

static char *copy(const char *text, size_t size)
{
	char *to = malloc(size + 1);

	if (to == NULL)
		abort();
	memcpy(to, text, size);
	to[size] = '\0';
	return to;
}

static void set_text(struct lsp_document *document, const struct value *text)
{
	free(document->text);
	document->text = copy(text->as.string.data, text->as.string.size);
	document->size = text->as.string.size;
}

void lsp_did_open(struct lsp_server *server)
{
	const struct value *item = lsp_member(server->params, "textDocument",
		VALUE_OBJECT);
	const struct value *uri = lsp_member(item, "uri", VALUE_STRING);
	const struct value *text = lsp_member(item, "text", VALUE_STRING);
	struct lsp_document **link = lsp_find(server, server->params);
	const char *path;

	if (uri == NULL || text == NULL)
		return;
	if (*link == NULL) {
		*link = calloc(1, sizeof **link);
		if (*link == NULL)
			abort();
		(*link)->uri = copy(uri->as.string.data, uri->as.string.size);
		path = lsp_path(server->arena, uri->as.string.data,
			uri->as.string.size);
		(*link)->path = copy(path, strlen(path));
	}
	set_text(*link, text);
	publish_all(server);
}

/* Texts come whole: the last one is what is there now. */
void lsp_did_change(struct lsp_server *server)
{
	struct lsp_document *document = *lsp_find(server, server->params);
	const struct value *changes = lsp_member(server->params, "contentChanges",
		VALUE_LIST);
	const struct value *last, *text;

	if (document == NULL || changes == NULL || changes->as.list.count == 0)
		return;
	last = value_item(changes, changes->as.list.count - 1);
	text = lsp_member(last, "text", VALUE_STRING);
	if (text == NULL || lsp_member(last, "range", VALUE_OBJECT) != NULL)
		return;		/* a part of a text, which initialize did not offer */
	set_text(document, text);
	publish_all(server);
}

static void free_document(struct lsp_document *document)
{
	free(document->uri);
	free(document->path);
	free(document->text);
	free(document);
}

void lsp_did_close(struct lsp_server *server)
{
	struct lsp_document **link = lsp_find(server, server->params);
	struct lsp_document *document = *link;
	struct lsp_message *message;

	if (document == NULL)
		return;
	*link = document->next;
	message = diagnostics_of(server, document);
	fputs("]}", message->to);
	lsp_send(server, message);
	free_document(document);
	publish_all(server);
}

void lsp_close_all(struct lsp_server *server)
{
	struct lsp_document *document;

	while ((document = server->documents) != NULL) {
		server->documents = document->next;
		free_document(document);
	}
}
