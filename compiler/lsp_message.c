/*
 * Messages of the Language Server Protocol: a header that says how long it is, and
 * JSON (version 3.17, "Base Protocol").
 */
#define _GNU_SOURCE

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "compiler/json.h"
#include "compiler/lsp_internal.h"

/* Greatest message; a text is at most SOURCE_SIZE_MAX, escapes make it longer. */
#define MESSAGE_MAX ((size_t)64 << 20)

/* ---- reading ---- */

/* Reads the header: the size of what follows. 0: the end, or it is malformed. */
static size_t read_header(FILE *from)
{
	static const char name[] = "Content-Length:";
	char line[256];
	size_t size = 0;

	while (fgets(line, sizeof line, from) != NULL) {
		if (line[0] == '\r' || line[0] == '\n')
			return size;
		if (strncasecmp(line, name, sizeof name - 1) == 0)
			size = strtoul(line + sizeof name - 1, NULL, 10);
	}
	return 0;
}

const char *lsp_read(struct lsp_server *server, size_t *size)
{
	char *text;

	*size = read_header(server->from);
	if (*size == 0 || *size > MESSAGE_MAX)
		return NULL;
	text = arena_alloc(server->arena, *size + 1);
	return fread(text, 1, *size, server->from) == *size ? text : NULL;
}

const struct value *lsp_member(const struct value *object, const char *name,
	enum value_kind kind)
{
	const struct value *value = object != NULL
		&& object->kind == VALUE_OBJECT ? value_member(object, name) : NULL;

	return value != NULL && value->kind == kind ? value : NULL;
}

static uint32_t number_of(const struct value *object, const char *name)
{
	const struct value *value = lsp_member(object, name, VALUE_INTEGER);

	return value == NULL || value->as.integer.negative || value->as.integer.high
		!= 0 || value->as.integer.low > UINT32_MAX ? 0
		: (uint32_t)value->as.integer.low;
}

struct lsp_place lsp_place_of(const struct value *position)
{
	return (struct lsp_place){ number_of(position, "line"),
		number_of(position, "character") };
}

/* ---- writing ---- */

/* In the arena, since the stream knows its place. */
static struct lsp_message *message_new(const struct lsp_server *server)
{
	struct lsp_message *message = ARENA_NEW(server->arena, struct lsp_message);

	message->to = open_memstream(&message->text, &message->size);
	if (message->to == NULL)
		abort();
	fputs("{\"jsonrpc\":\"2.0\"", message->to);
	return message;
}

struct lsp_message *lsp_notice_new(const struct lsp_server *server, const char *method)
{
	struct lsp_message *message = message_new(server);

	fprintf(message->to, ",\"method\":\"%s\",\"params\":{", method);
	return message;
}

struct lsp_message *lsp_answer_new(const struct lsp_server *server)
{
	struct lsp_message *message = message_new(server);

	fputs(",\"id\":", message->to);
	if (server->id == NULL)
		fputs("null", message->to);
	else
		json_write(message->to, server->id, VALUE_TEXT_UTF8);
	return message;
}

void lsp_send(const struct lsp_server *server, struct lsp_message *message)
{
	fputc('}', message->to);
	fclose(message->to);
	fprintf(server->to, "Content-Length: %zu\r\n\r\n", message->size);
	fwrite(message->text, 1, message->size, server->to);
	fflush(server->to);
	free(message->text);
}

void lsp_answer(const struct lsp_server *server, const char *json)
{
	struct lsp_message *message = lsp_answer_new(server);

	fprintf(message->to, ",\"result\":%s", json);
	lsp_send(server, message);
}

void lsp_answer_error(const struct lsp_server *server, int code, const char *text)
{
	struct lsp_message *message = lsp_answer_new(server);

	fprintf(message->to, ",\"error\":{\"code\":%d,\"message\":", code);
	lsp_put_string(message->to, text);
	fputc('}', message->to);
	lsp_send(server, message);
}

void lsp_put_string(FILE *to, const char *text)
{
	struct value value = { .kind = VALUE_STRING };

	value.as.string.data = text;
	value.as.string.size = strlen(text);
	if (!value_is_utf8(text, value.as.string.size))
		value.as.string.size = 0;
	json_write(to, &value, VALUE_TEXT_UTF8);
}

void lsp_put_range(FILE *to, const struct span *span)
{
	struct lsp_place from = lsp_place(span->source, span->offset);
	struct lsp_place end = lsp_place(span->source, span->offset + span->size);

	fprintf(to, "{\"start\":{\"line\":%" PRIu32 ",\"character\":%" PRIu32
		"},\"end\":{\"line\":%" PRIu32 ",\"character\":%" PRIu32 "}}",
		from.line, from.character, end.line, end.character);
}
