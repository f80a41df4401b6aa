/*
 * skald lsp: a language server (Language Server Protocol 3.17, of which it has
 * what lsp_requests and lsp_notices list) over stdin and stdout.
 *
 * One message is handled after the other, each with an arena of its own; only
 * the texts of open documents last.
 */
#include <string.h>

#include "compiler/command.h"
#include "compiler/json.h"
#include "compiler/lsp_internal.h"

static void initialize(struct lsp_server *server)
{
	server->is_ready = true;
	lsp_answer(server, "{\"capabilities\":{\"textDocumentSync\":1,"
		"\"hoverProvider\":true,\"definitionProvider\":true,"
		"\"documentFormattingProvider\":true,"
		"\"documentRangeFormattingProvider\":true},"
		"\"serverInfo\":{\"name\":\"skald\"}}");
}

static void shut_down(struct lsp_server *server)
{
	server->is_shut = true;
	lsp_answer(server, "null");
}

struct handler {
	const char *method;
	void (*handle)(struct lsp_server *server);
};

static const struct handler lsp_requests[] = {
	{ "initialize", initialize },
	{ "shutdown", shut_down },
	{ "textDocument/hover", lsp_hover },
	{ "textDocument/definition", lsp_definition },
	{ "textDocument/formatting", lsp_format },
	{ "textDocument/rangeFormatting", lsp_format_range },
};

static const struct handler lsp_notices[] = {
	{ "textDocument/didOpen", lsp_did_open },
	{ "textDocument/didChange", lsp_did_change },
	{ "textDocument/didClose", lsp_did_close },
};

static const struct handler *find_handler(const struct handler *table, size_t count,
	const struct value *method)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(table[i].method) == method->as.string.size
			&& memcmp(table[i].method, method->as.string.data,
				method->as.string.size) == 0)
			return &table[i];
	return NULL;
}

static void request(struct lsp_server *server, const struct value *method)
{
	const struct handler *handler = find_handler(lsp_requests,
		sizeof lsp_requests / sizeof lsp_requests[0], method);

	if (handler == NULL)
		lsp_answer_error(server, LSP_ERROR_METHOD, "there is no such request here");
	else if (server->is_shut || (server->is_ready
		&& handler->handle == initialize))
		lsp_answer_error(server, LSP_ERROR_REQUEST, "not any more");
	else if (!server->is_ready && handler->handle != initialize)
		lsp_answer_error(server, LSP_ERROR_NOT_READY, "`initialize` comes first");
	else
		handler->handle(server);
}

static void notice(struct lsp_server *server, const struct value *method)
{
	static const struct value exit_name = { .kind = VALUE_STRING,
		.as.string = { "exit", 4 } };
	const struct handler *handler = find_handler(lsp_notices,
		sizeof lsp_notices / sizeof lsp_notices[0], method);

	if (method->as.string.size == exit_name.as.string.size && memcmp(
		method->as.string.data, exit_name.as.string.data, 4) == 0)
		server->is_over = true;
	else if (handler != NULL && server->is_ready && !server->is_shut)
		handler->handle(server);
}

static void handle_message(struct lsp_server *server, const char *text, size_t size)
{
	struct value message;
	struct text_fault fault;
	const struct value *method;

	server->id = NULL;
	if (!json_read(server->arena, text, size, VALUE_TEXT_NULLS, &message, &fault)) {
		lsp_answer_error(server, LSP_ERROR_PARSE, arena_printf(server->arena,
			"line %u, column %u: %s", fault.line, fault.column,
			fault.message));
		return;
	}
	server->params = lsp_member(&message, "params", VALUE_OBJECT);
	method = lsp_member(&message, "method", VALUE_STRING);
	server->id = lsp_member(&message, "id", VALUE_INTEGER);
	if (server->id == NULL)
		server->id = lsp_member(&message, "id", VALUE_STRING);
	if (method == NULL)
		lsp_answer_error(server, LSP_ERROR_REQUEST, "this has no method");
	else if (server->id != NULL)
		request(server, method);
	else if (value_member(&message, "id") != NULL)
		lsp_answer_error(server, LSP_ERROR_REQUEST, "an `id` is a number or a string");
	else
		notice(server, method);
}

/* False at the end, and where what comes is no message. */
static bool serve_one(struct lsp_server *server)
{
	const char *text;
	size_t size;

	server->arena = arena_new();
	text = lsp_read(server, &size);
	if (text != NULL)
		handle_message(server, text, size);
	arena_free(server->arena);
	return text != NULL && !server->is_over;
}

bool lsp_serve(FILE *from, FILE *to, const char **import_folders, size_t count)
{
	struct lsp_server server = { .from = from, .to = to,
		.import_folders = import_folders, .import_folder_count = count };

	while (serve_one(&server))
		;
	lsp_close_all(&server);
	return server.is_shut;
}

int command_lsp(struct run *run)
{
	return lsp_serve(stdin, stdout, run->import_folders, run->import_folder_count)
		? STATUS_GOOD : STATUS_BAD;
}
