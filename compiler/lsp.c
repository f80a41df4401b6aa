/*
 * skald lsp: a language server (Language Server Protocol 3.17, of which it has
 * what lsp_requests and lsp_notices list) over stdin and stdout.
 *
 * One message is handled after the other, each with an arena of its own; only
 * the texts of open documents last. Diagnostics are made anew of all open
 * documents when one of them changes, since one may import another.
 */
#define _GNU_SOURCE

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "compiler/command.h"
#include "compiler/fmt.h"
#include "compiler/json.h"
#include "compiler/lint.h"
#include "compiler/lsp.h"

/* Greatest message; a text is at most SOURCE_SIZE_MAX, escapes make it longer. */
#define MESSAGE_MAX ((size_t)64 << 20)

/* Of JSON-RPC and of the protocol. */
enum {
	ERROR_PARSE = -32700,
	ERROR_REQUEST = -32600,
	ERROR_METHOD = -32601,
	ERROR_NOT_READY = -32002
};

/* As the protocol numbers them. */
enum { SEVERITY_ERROR = 1, SEVERITY_WARNING = 2, SEVERITY_INFORMATION = 3 };

struct document {
	struct document *next;
	char *uri;
	char *path;
	char *text;
	size_t size;
};

struct server {
	struct run *run;
	struct document *documents;
	bool is_ready;			/* initialize came */
	bool is_shut;			/* shutdown came */
	bool is_over;			/* exit came */
	/* Of the message. */
	struct arena *arena;
	const struct value *id;		/* NULL: a notice */
	const struct value *params;
};

/* ---- values ---- */

static const struct value *member_of(const struct value *object, const char *name,
	enum value_kind kind)
{
	const struct value *value = object != NULL
		&& object->kind == VALUE_OBJECT ? value_member(object, name) : NULL;

	return value != NULL && value->kind == kind ? value : NULL;
}

static uint32_t number_of_member(const struct value *object, const char *name)
{
	const struct value *value = member_of(object, name, VALUE_INTEGER);

	return value == NULL || value->as.integer.negative || value->as.integer.high
		!= 0 || value->as.integer.low > UINT32_MAX ? 0
		: (uint32_t)value->as.integer.low;
}

static struct lsp_place place_of(const struct value *position)
{
	return (struct lsp_place){ number_of_member(position, "line"),
		number_of_member(position, "character") };
}

/* ---- writing ---- */

static void put_string(FILE *to, const char *text)
{
	struct value value = { .kind = VALUE_STRING };

	value.as.string.data = text;
	value.as.string.size = strlen(text);
	if (!value_is_utf8(text, value.as.string.size))
		value.as.string.size = 0;
	json_write(to, &value, VALUE_TEXT_UTF8);
}

static void put_range(FILE *to, const struct span *span)
{
	struct lsp_place from = lsp_place(span->source, span->offset);
	struct lsp_place end = lsp_place(span->source, span->offset + span->size);

	fprintf(to, "{\"start\":{\"line\":%" PRIu32 ",\"character\":%" PRIu32
		"},\"end\":{\"line\":%" PRIu32 ",\"character\":%" PRIu32 "}}",
		from.line, from.character, end.line, end.character);
}

struct message {
	FILE *to;
	char *text;
	size_t size;
};

/* In the arena, since the stream knows its place. */
static struct message *message_new(const struct server *server)
{
	struct message *message = ARENA_NEW(server->arena, struct message);

	message->to = open_memstream(&message->text, &message->size);
	if (message->to == NULL)
		abort();
	fputs("{\"jsonrpc\":\"2.0\"", message->to);
	return message;
}

static void message_send(struct message *message)
{
	fputc('}', message->to);
	fclose(message->to);
	printf("Content-Length: %zu\r\n\r\n", message->size);
	fwrite(message->text, 1, message->size, stdout);
	fflush(stdout);
	free(message->text);
}

/* Up to the result, which the caller writes. */
static struct message *answer_new(const struct server *server)
{
	struct message *message = message_new(server);

	fputs(",\"id\":", message->to);
	if (server->id == NULL)
		fputs("null", message->to);
	else
		json_write(message->to, server->id, VALUE_TEXT_UTF8);
	return message;
}

static void answer_error(const struct server *server, int code, const char *text)
{
	struct message *message = answer_new(server);

	fprintf(message->to, ",\"error\":{\"code\":%d,\"message\":", code);
	put_string(message->to, text);
	fputc('}', message->to);
	message_send(message);
}

static void answer(const struct server *server, const char *json)
{
	struct message *message = answer_new(server);

	fprintf(message->to, ",\"result\":%s", json);
	message_send(message);
}

/* ---- schemas ---- */

static struct schema *load(struct server *server, const struct document *document,
	struct diagnostics *diags)
{
	struct schema_options options = {
		.import_folders = server->run->import_folders,
		.import_folder_count = server->run->import_folder_count,
	};
	struct document *one;
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

static void put_diagnostic(struct server *server, FILE *to, const struct diag_view *view)
{
	fputs("{\"range\":", to);
	put_range(to, &view->span);
	fprintf(to, ",\"severity\":%d,\"code\":\"%s\",\"source\":\"skald\","
		"\"message\":", severity_of(view), diag_code_name(view->code));
	put_string(to, view->help == NULL ? view->message : arena_printf(
		server->arena, "%s\nhelp: %s", view->message, view->help));
	if (view->label != NULL && view->second.source != NULL) {
		fputs(",\"relatedInformation\":[{\"location\":{\"uri\":", to);
		put_string(to, lsp_uri(server->arena, view->second.source->path));
		fputs(",\"range\":", to);
		put_range(to, &view->second);
		fputs("},\"message\":", to);
		put_string(to, view->label);
		fputs("}]", to);
	}
	fputc('}', to);
}

/* What is wrong with a document, and what it will regret. */
static void publish(struct server *server, const struct document *document)
{
	struct diagnostics *diags = diag_new(server->arena);
	struct schema *schema = load(server, document, diags);
	struct message *message = message_new(server);
	bool chosen[DIAG_CODE_COUNT], any = false;
	struct diag_view *views;
	unsigned count, i;

	memset(chosen, true, sizeof chosen);
	if (schema != NULL)
		lint_file(server->arena, diags, schema, chosen);
	views = diag_views(diags, &count);
	fputs(",\"method\":\"textDocument/publishDiagnostics\",\"params\":{\"uri\":",
		message->to);
	put_string(message->to, document->uri);
	fputs(",\"diagnostics\":[", message->to);
	for (i = 0; i < count; i++) {
		if (views[i].span.source == NULL || strcmp(
			views[i].span.source->path, document->path) != 0)
			continue;
		fputs(any ? "," : "", message->to);
		put_diagnostic(server, message->to, &views[i]);
		any = true;
	}
	fputs("]}", message->to);
	message_send(message);
}

static void publish_all(struct server *server)
{
	const struct document *document = server->documents;

	for (; document != NULL; document = document->next)
		publish(server, document);
}

/* ---- documents ---- */

static struct document **find_document(struct server *server, const struct value *of)
{
	const struct value *uri = member_of(member_of(of, "textDocument",
		VALUE_OBJECT), "uri", VALUE_STRING);
	struct document **link = &server->documents;

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

static void set_text(struct document *document, const struct value *text)
{
	free(document->text);
	document->text = copy(text->as.string.data, text->as.string.size);
	document->size = text->as.string.size;
}

static void did_open(struct server *server)
{
	const struct value *item = member_of(server->params, "textDocument",
		VALUE_OBJECT);
	const struct value *uri = member_of(item, "uri", VALUE_STRING);
	const struct value *text = member_of(item, "text", VALUE_STRING);
	struct document **link = find_document(server, server->params);
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
static void did_change(struct server *server)
{
	struct document *document = *find_document(server, server->params);
	const struct value *changes = member_of(server->params, "contentChanges",
		VALUE_LIST);
	const struct value *text;

	if (document == NULL || changes == NULL || changes->as.list.count == 0)
		return;
	text = member_of(value_item(changes, changes->as.list.count - 1), "text",
		VALUE_STRING);
	if (text == NULL)
		return;
	set_text(document, text);
	publish_all(server);
}

static void free_document(struct document *document)
{
	free(document->uri);
	free(document->path);
	free(document->text);
	free(document);
}

static void did_close(struct server *server)
{
	struct document **link = find_document(server, server->params);
	struct document *document = *link;
	struct message *message;

	if (document == NULL)
		return;
	*link = document->next;
	message = message_new(server);
	fputs(",\"method\":\"textDocument/publishDiagnostics\",\"params\":{\"uri\":",
		message->to);
	put_string(message->to, document->uri);
	fputs(",\"diagnostics\":[]}", message->to);
	message_send(message);
	free_document(document);
	publish_all(server);
}

/* ---- requests ---- */

static void initialize(struct server *server)
{
	server->is_ready = true;
	answer(server, "{\"capabilities\":{\"textDocumentSync\":1,"
		"\"hoverProvider\":true,\"definitionProvider\":true,"
		"\"documentFormattingProvider\":true,"
		"\"documentRangeFormattingProvider\":true},"
		"\"serverInfo\":{\"name\":\"skald\"}}");
}

static void shut_down(struct server *server)
{
	server->is_shut = true;
	answer(server, "null");
}

/* What stands at the place of a request; false: nothing that is known. */
static bool symbol_at(struct server *server, struct lsp_symbol *symbol)
{
	struct document *document = *find_document(server, server->params);
	const struct schema *schema = document == NULL ? NULL
		: load(server, document, diag_new(server->arena));

	return schema != NULL && lsp_symbol(server->arena, schema, lsp_offset(
		schema->root->source, place_of(member_of(server->params,
			"position", VALUE_OBJECT))), symbol);
}

/* An answer about what stands there, for the caller to go on with; NULL: nothing
 * does, and that has been answered. */
static struct message *answer_symbol(struct server *server, struct lsp_symbol *symbol)
{
	if (symbol_at(server, symbol))
		return answer_new(server);
	answer(server, "null");
	return NULL;
}

/* The end of such an answer. */
static void send_range(struct message *message, const struct span *span)
{
	fputs(",\"range\":", message->to);
	put_range(message->to, span);
	fputc('}', message->to);
	message_send(message);
}

static void hover(struct server *server)
{
	struct lsp_symbol symbol;
	struct message *message = answer_symbol(server, &symbol);

	if (message == NULL)
		return;
	fputs(",\"result\":{\"contents\":{\"kind\":\"markdown\",\"value\":",
		message->to);
	put_string(message->to, arena_printf(server->arena,
		"```skald\n%s\n```\n%s%s%s", symbol.title, symbol.facts,
		*symbol.facts != '\0' && symbol.doc != NULL ? "\n\n" : "",
		symbol.doc == NULL ? "" : symbol.doc));
	fputc('}', message->to);
	send_range(message, &symbol.at);
}

static void definition(struct server *server)
{
	struct lsp_symbol symbol;
	struct message *message = answer_symbol(server, &symbol);

	if (message == NULL)
		return;
	fputs(",\"result\":{\"uri\":", message->to);
	put_string(message->to, lsp_uri(server->arena, symbol.span.source->path));
	send_range(message, &symbol.span);
}

/* One edit of all of the text; none if it stays; null if it cannot be parsed. */
static void format(struct server *server, struct fmt_lines lines)
{
	struct document *document = *find_document(server, server->params);
	struct diagnostics *diags = diag_new(server->arena);
	const struct source *source = document == NULL ? NULL : source_from_text(
		server->arena, diags, document->path, document->text,
		document->size, (struct span){ 0 });
	struct fmt_result result = { 0 };
	struct message *message;

	if (source != NULL)
		result = fmt_source(server->arena, diags, source, lines);
	if (result.text == NULL) {
		answer(server, "null");
		return;
	}
	message = answer_new(server);
	fputs(",\"result\":[", message->to);
	if (strcmp(result.text, source->text) != 0) {
		fputs("{\"range\":", message->to);
		put_range(message->to, &(struct span){ source, 0,
			(uint32_t)source->size, 1, 1 });
		fputs(",\"newText\":", message->to);
		put_string(message->to, result.text);
		fputc('}', message->to);
	}
	fputc(']', message->to);
	message_send(message);
}

static void format_all(struct server *server)
{
	format(server, (struct fmt_lines){ 0, 0 });
}

static void format_range(struct server *server)
{
	const struct value *range = member_of(server->params, "range", VALUE_OBJECT);
	struct lsp_place first = place_of(member_of(range, "start", VALUE_OBJECT));
	struct lsp_place last = place_of(member_of(range, "end", VALUE_OBJECT));

	/* An end at the begin of a line leaves that line out. */
	if (last.character == 0 && last.line > first.line)
		last.line--;
	format(server, (struct fmt_lines){ first.line + 1, last.line + 1 });
}

/* ---- messages ---- */

struct handler {
	const char *method;
	void (*handle)(struct server *server);
};

static const struct handler lsp_requests[] = {
	{ "initialize", initialize },
	{ "shutdown", shut_down },
	{ "textDocument/hover", hover },
	{ "textDocument/definition", definition },
	{ "textDocument/formatting", format_all },
	{ "textDocument/rangeFormatting", format_range },
};

static const struct handler lsp_notices[] = {
	{ "textDocument/didOpen", did_open },
	{ "textDocument/didChange", did_change },
	{ "textDocument/didClose", did_close },
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

static void request(struct server *server, const struct value *method)
{
	const struct handler *handler = find_handler(lsp_requests,
		sizeof lsp_requests / sizeof lsp_requests[0], method);

	if (handler == NULL)
		answer_error(server, ERROR_METHOD, "there is no such request here");
	else if (server->is_shut || (server->is_ready
		&& handler->handle == initialize))
		answer_error(server, ERROR_REQUEST, "not any more");
	else if (!server->is_ready && handler->handle != initialize)
		answer_error(server, ERROR_NOT_READY, "`initialize` comes first");
	else
		handler->handle(server);
}

static void notice(struct server *server, const struct value *method)
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

static void handle_message(struct server *server, const char *text, size_t size)
{
	struct value message;
	struct text_fault fault;
	const struct value *method;

	server->id = NULL;
	if (!json_read(server->arena, text, size, VALUE_TEXT_NULLS, &message, &fault)) {
		answer_error(server, ERROR_PARSE, arena_printf(server->arena,
			"line %u, column %u: %s", fault.line, fault.column,
			fault.message));
		return;
	}
	server->params = member_of(&message, "params", VALUE_OBJECT);
	method = member_of(&message, "method", VALUE_STRING);
	server->id = member_of(&message, "id", VALUE_INTEGER);
	if (server->id == NULL)
		server->id = member_of(&message, "id", VALUE_STRING);
	if (method == NULL)
		answer_error(server, ERROR_REQUEST, "this has no method");
	else if (server->id != NULL)
		request(server, method);
	else
		notice(server, method);
}

/* Reads the header: the size of what follows. 0: the end, or it is malformed. */
static size_t read_header(void)
{
	static const char name[] = "Content-Length:";
	char line[256];
	size_t size = 0;

	while (fgets(line, sizeof line, stdin) != NULL) {
		if (line[0] == '\r' || line[0] == '\n')
			return size;
		if (strncasecmp(line, name, sizeof name - 1) == 0)
			size = strtoul(line + sizeof name - 1, NULL, 10);
	}
	return 0;
}

/* False at the end, and where what comes is no message. */
static bool serve_one(struct server *server)
{
	size_t size = read_header();
	char *text;

	if (size == 0 || size > MESSAGE_MAX)
		return false;
	server->arena = arena_new();
	text = arena_alloc(server->arena, size + 1);
	if (fread(text, 1, size, stdin) == size)
		handle_message(server, text, size);
	else
		server->is_over = true;
	arena_free(server->arena);
	return !server->is_over;
}

int command_lsp(struct run *run)
{
	struct server server = { .run = run };
	struct document *document;

	while (serve_one(&server))
		;
	while ((document = server.documents) != NULL) {
		server.documents = document->next;
		free_document(document);
	}
	return server.is_shut ? STATUS_GOOD : STATUS_BAD;
}
