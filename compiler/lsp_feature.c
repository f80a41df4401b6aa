/*
 * What an editor asks about a document: what stands at a place, where that is
 * declared, and how the text would be laid out.
 */
#include <string.h>

#include "compiler/fmt.h"
#include "compiler/lsp_internal.h"

/* What stands at the place of a request; false: nothing that is known. */
static bool symbol_at(struct lsp_server *server, struct lsp_symbol *symbol)
{
	struct lsp_document *document = *lsp_find(server, server->params);
	const struct schema *schema = document == NULL ? NULL
		: lsp_load(server, document, diag_new(server->arena));

	return schema != NULL && lsp_symbol(server->arena, schema, lsp_offset(
		schema->root->source, lsp_place_of(lsp_member(server->params,
			"position", VALUE_OBJECT))), symbol);
}

/* An answer about what stands there, for the caller to go on with; NULL: nothing
 * does, and that has been answered. */
static struct lsp_message *answer_symbol(struct lsp_server *server, struct lsp_symbol *symbol)
{
	if (symbol_at(server, symbol))
		return lsp_answer_new(server);
	lsp_answer(server, "null");
	return NULL;
}

/* The end of such an answer. */
static void send_range(const struct lsp_server *server, struct lsp_message *message,
	 const struct span *span)
{
	fputs(",\"range\":", message->to);
	lsp_put_range(message->to, span);
	fputc('}', message->to);
	lsp_send(server, message);
}

void lsp_hover(struct lsp_server *server)
{
	struct lsp_symbol symbol;
	struct lsp_message *message = answer_symbol(server, &symbol);

	if (message == NULL)
		return;
	fputs(",\"result\":{\"contents\":{\"kind\":\"markdown\",\"value\":",
		message->to);
	lsp_put_string(message->to, arena_printf(server->arena,
		"```skald\n%s\n```\n%s%s%s", symbol.title, symbol.facts,
		*symbol.facts != '\0' && symbol.doc != NULL ? "\n\n" : "",
		symbol.doc == NULL ? "" : symbol.doc));
	fputc('}', message->to);
	send_range(server, message, &symbol.at);
}

void lsp_definition(struct lsp_server *server)
{
	struct lsp_symbol symbol;
	struct lsp_message *message = answer_symbol(server, &symbol);

	if (message == NULL)
		return;
	fputs(",\"result\":{\"uri\":", message->to);
	lsp_put_string(message->to, lsp_uri(server->arena, symbol.span.source->path));
	send_range(server, message, &symbol.span);
}

/* One edit of all of the text; none if it stays; null if it cannot be parsed. */
static void format(struct lsp_server *server, struct fmt_lines lines)
{
	struct lsp_document *document = *lsp_find(server, server->params);
	struct diagnostics *diags = diag_new(server->arena);
	const struct source *source = document == NULL ? NULL : source_from_text(
		server->arena, diags, document->path, document->text,
		document->size, (struct span){ 0 });
	struct fmt_result result = { 0 };
	struct lsp_message *message;

	if (source != NULL)
		result = fmt_source(server->arena, diags, source, lines);
	if (result.text == NULL) {
		lsp_answer(server, "null");
		return;
	}
	message = lsp_answer_new(server);
	fputs(",\"result\":[", message->to);
	if (strcmp(result.text, source->text) != 0) {
		fputs("{\"range\":", message->to);
		lsp_put_range(message->to, &(struct span){ source, 0,
			(uint32_t)source->size, 1, 1 });
		fputs(",\"newText\":", message->to);
		lsp_put_string(message->to, result.text);
		fputc('}', message->to);
	}
	fputc(']', message->to);
	lsp_send(server, message);
}

void lsp_format(struct lsp_server *server)
{
	format(server, (struct fmt_lines){ 0, 0 });
}

void lsp_format_range(struct lsp_server *server)
{
	const struct value *range = lsp_member(server->params, "range", VALUE_OBJECT);
	struct lsp_place first = lsp_place_of(lsp_member(range, "start", VALUE_OBJECT));
	struct lsp_place last = lsp_place_of(lsp_member(range, "end", VALUE_OBJECT));

	/* An end at the begin of a line leaves that line out. */
	if (last.character == 0 && last.line > first.line)
		last.line--;
	format(server, (struct fmt_lines){ first.line + 1, last.line + 1 });
}
