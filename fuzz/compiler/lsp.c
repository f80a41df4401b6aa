/*
 * The language server, as an editor would never talk with it.
 *
 * An input is a message a line. `{...` is sent with its length, `@9 {...` with
 * that one, and `!...` as it stands, for a header. Behind them, by numbers made of
 * the input, come changes of the documents that were opened, and requests at
 * places within them, beyond their lines, and amid what UTF-16 has in two units.
 * Found is: an answer that is no message, one too many or too few, a range that
 * ends before it begins, a place that means another, and (by the sanitizer) memory
 * that nobody gave back.
 */
#define _GNU_SOURCE

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/json.h"
#include "compiler/lsp_internal.h"
#include "fuzz/compiler/change.h"
#include "fuzz/compiler/target.h"

#define DOCUMENTS_MAX 4
#define TEXT_MAX ((size_t)16 << 10)
#define MORE_MAX 8

static const char *const words[] = { "{", "}", "[", "]", ":", ",", "\"", "null", "true",
	"-1", "0", "4294967295", "4294967296", "1e9", "\\n", "\\u0000", "\\ud83d\\ude00",
	"\\ud800", "\n{\"jsonrpc\":\"2.0\"}\n", "\"id\":", "\"id\":null", "\"params\":",
	"\"method\":\"initialize\"", "\"method\":\"initialized\"", "\"method\":\"shutdown\"",
	"\"method\":\"exit\"", "\"method\":\"textDocument/didOpen\"",
	"\"method\":\"textDocument/didChange\"", "\"method\":\"textDocument/didClose\"",
	"\"method\":\"textDocument/hover\"", "\"method\":\"textDocument/definition\"",
	"\"method\":\"textDocument/formatting\"", "\"method\":\"textDocument/rangeFormatting\"",
	"\"textDocument\":", "\"uri\":", "\"file:///fuzz/a.skald\"", "\"file:///fuzz/%00\"",
	"\"file://\"", "\"text\":", "\"contentChanges\":", "\"range\":", "\"start\":", "\"end\":",
	"\"position\":", "\"line\":", "\"character\":", "\n@1 ", "\n@99999999999999999999 ",
	"\n!Content-Length: 7\n", "\n!Content-Length: -1\n", "\n!\n", "import \\\"a.skald\\\";",
	"message M 1 { }", "tags {", "\xf0\x9f\x98\x80", "\xc3\xa9", "\xff", NULL };

static const char *const requests[] = { "hover", "definition", "formatting",
	"rangeFormatting" };

struct editor {
	struct arena *arena;
	FILE *sent;
	uint64_t state;
	/* Of what was opened. */
	const struct value *uris[DOCUMENTS_MAX];
	const struct value *texts[DOCUMENTS_MAX];
	size_t document_count;
	/* How many answers have to come; false: that is not known. */
	size_t answers;
	bool is_known;
	bool is_over;
};

/* ---- what is sent ---- */

/* What the server owes for a message, and which document it opens. */
static void note_message(struct editor *editor, const char *text, size_t size)
{
	struct value *message = ARENA_NEW(editor->arena, struct value);
	const struct value *method, *item;
	struct text_fault fault;

	if (editor->is_over)
		return;
	if (!json_read(editor->arena, text, size, VALUE_TEXT_NULLS, message, &fault) ||
	    (method = lsp_member(message, "method", VALUE_STRING)) == NULL ||
	    value_member(message, "id") != NULL) {
		editor->answers++;
		return;
	}
	editor->is_over = method->as.string.size == 4 &&
		memcmp(method->as.string.data, "exit", 4) == 0;
	item = lsp_member(lsp_member(message, "params", VALUE_OBJECT), "textDocument",
		VALUE_OBJECT);
	if (editor->document_count == DOCUMENTS_MAX || lsp_member(item, "uri",
	    VALUE_STRING) == NULL || lsp_member(item, "text", VALUE_STRING) == NULL)
		return;
	editor->uris[editor->document_count] = value_member(item, "uri");
	editor->texts[editor->document_count++] = value_member(item, "text");
}

static void send_message(struct editor *editor, const char *text, size_t size)
{
	note_message(editor, text, size);
	fprintf(editor->sent, "Content-Length: %zu\r\n\r\n", size);
	fwrite(text, 1, size, editor->sent);
}

static void send_line(struct editor *editor, const char *line, size_t size)
{
	const char *space;

	if (size == 0)
		return;
	if (*line == '!') {
		editor->is_known = false;
		fwrite(line + 1, 1, size - 1, editor->sent);
		fprintf(editor->sent, "\r\n");
	} else if (*line == '@' && (space = memchr(line, ' ', size)) != NULL) {
		editor->is_known = false;
		fprintf(editor->sent, "Content-Length: %.*s\r\n\r\n",
			(int)(space - line - 1), line + 1);
		fwrite(space + 1, 1, size - (size_t)(space + 1 - line), editor->sent);
	} else {
		send_message(editor, line, size);
	}
}

/* A number as positions have it, most often one that means something. */
static uint64_t coordinate(struct editor *editor, size_t likely)
{
	switch (random_below(&editor->state, 12)) {
	case 0:
		return UINT32_MAX - random_below(&editor->state, 2);
	case 1:
		return (uint64_t)UINT32_MAX + random_below(&editor->state, 3);
	default:
		return random_below(&editor->state, likely);
	}
}

static const char *position(struct editor *editor)
{
	return arena_printf(editor->arena, "{\"line\":%" PRIu64 ",\"character\":%" PRIu64 "}",
		coordinate(editor, 40), coordinate(editor, 60));
}

static const char *as_json(struct editor *editor, const struct value *value)
{
	char *text, *copy;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL)
		abort();
	json_write(to, value, VALUE_TEXT_UTF8);
	fclose(to);
	copy = arena_copy(editor->arena, text, size);
	free(text);
	return copy;
}

/* The document's text with some change; one that is no UTF-8 is sent as a list. */
static const char *other_text(struct editor *editor, const struct value *was)
{
	char *text = arena_alloc(editor->arena, TEXT_MAX);
	struct value value = { .kind = VALUE_STRING };

	value.as.string.size = was->as.string.size < TEXT_MAX ? was->as.string.size : TEXT_MAX;
	memcpy(text, was->as.string.data, value.as.string.size);
	value.as.string.size = change_text(text, value.as.string.size, TEXT_MAX, words,
		&editor->state);
	value.as.string.data = text;
	return as_json(editor, &value);
}

static void send_more(struct editor *editor)
{
	size_t which = random_below(&editor->state, editor->document_count);
	const char *uri = as_json(editor, editor->uris[which]), *text;

	if (random_below(&editor->state, 4) == 0)
		text = arena_printf(editor->arena, "{\"method\":\"textDocument/didChange\","
			"\"params\":{\"textDocument\":{\"uri\":%s},\"contentChanges\":"
			"[{\"text\":%s}]}}", uri, other_text(editor, editor->texts[which]));
	else
		text = arena_printf(editor->arena, "{\"id\":%zu,\"method\":\"textDocument/%s\","
			"\"params\":{\"textDocument\":{\"uri\":%s},\"position\":%s,"
			"\"range\":{\"start\":%s,\"end\":%s}}}", random_below(&editor->state, 99),
			requests[random_below(&editor->state, 4)], uri, position(editor),
			position(editor), position(editor));
	send_message(editor, text, strlen(text));
}

/* ---- places ---- */

static bool is_before(struct lsp_place a, struct lsp_place b)
{
	return a.line < b.line || (a.line == b.line && a.character < b.character);
}

/* What a place means is in the text, at it or at the end of its line, and has one
 * place. The second of two units means what is behind both. */
static void check_place(const struct source *source, struct lsp_place place)
{
	uint32_t at = lsp_offset(source, place);
	struct lsp_place is = lsp_place(source, at);

	if (at > source->size)
		compiler_found("%u:%u is beyond the text", place.line, place.character);
	if (place.line >= source->lines ? at != source->size : is.line != place.line)
		compiler_found("%u:%u is in line %u", place.line, place.character, is.line);
	if (is_before(place, is) && (is.character - place.character != 1 || at < 4 ||
	    (source->text[at - 4] & 0xf8) != 0xf0))
		compiler_found("%u:%u is %u:%u", place.line, place.character, is.line,
			is.character);
	if (is_before(is, place) && at < source->size && source->text[at] != '\n')
		compiler_found("%u:%u is only %u:%u", place.line, place.character, is.line,
			is.character);
	if (lsp_offset(source, is) != at)
		compiler_found("%u:%u is another place again", place.line, place.character);
}

static void check_places(struct editor *editor)
{
	for (size_t i = 0; i < editor->document_count; i++) {
		const struct value *text = editor->texts[i];
		const struct source *source = source_from_text(editor->arena,
			diag_new(editor->arena), "input", text->as.string.data,
			text->as.string.size, (struct span){ 0 });

		for (size_t more = 0; source != NULL && more < MORE_MAX; more++)
			check_place(source, (struct lsp_place){
				(uint32_t)coordinate(editor, source->lines + 1),
				(uint32_t)coordinate(editor, 40) });
	}
}

/* ---- what comes ---- */

/* All that looks like a range, wherever it stands. */
static void check_ranges(const struct value *value)
{
	const struct value *start = lsp_member(value, "start", VALUE_OBJECT);
	const struct value *end = lsp_member(value, "end", VALUE_OBJECT);

	if (start != NULL && end != NULL && is_before(lsp_place_of(end), lsp_place_of(start)))
		compiler_found("a range ends before it begins");
	if (value->kind == VALUE_OBJECT)
		for (size_t i = 0; i < value->as.object.count; i++)
			check_ranges(&value->as.object.members[i].value);
	if (value->kind == VALUE_LIST)
		for (size_t i = 0; i < value->as.list.count; i++)
			check_ranges(value_item(value, i));
}

static void check_came(struct editor *editor, FILE *came)
{
	struct lsp_server reader = { .from = came, .arena = editor->arena };
	struct text_fault fault;
	struct value message;
	const char *text;
	size_t size, answers = 0;

	while ((text = lsp_read(&reader, &size)) != NULL) {
		if (!json_read(editor->arena, text, size, VALUE_TEXT_NULLS, &message, &fault))
			compiler_found("what comes is no JSON, %u:%u: %s: %.*s", fault.line,
				fault.column, fault.message, (int)size, text);
		answers += value_member(&message, "method") == NULL;
		check_ranges(&message);
	}
	if (fgetc(came) != EOF)
		compiler_found("what comes is no message");
	if (editor->is_known && answers != editor->answers)
		compiler_found("%zu answers come, not %zu", answers, editor->answers);
}

static FILE *reading(char *text, size_t size)
{
	FILE *from = fmemopen(text, size, "r");

	if (from == NULL)
		abort();
	return from;
}

static void talk(struct editor *editor, char *sent, size_t size)
{
	char *text;
	FILE *from = reading(sent, size), *to = open_memstream(&text, &size), *came;

	if (to == NULL)
		abort();
	lsp_serve(from, to, NULL, 0);
	fclose(from);
	fclose(to);
	came = reading(text, size);
	check_came(editor, came);
	fclose(came);
	free(text);
}

static void send_all(struct editor *editor, const char *at, const char *end)
{
	const char *stop;

	for (; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop == NULL ? end : stop;
		send_line(editor, at, (size_t)(stop - at));
	}
	for (size_t i = 0; i < MORE_MAX && editor->document_count > 0; i++)
		send_more(editor);
}

static void run(const uint8_t *data, size_t size)
{
	struct editor editor = { .arena = arena_new(), .state = 1, .is_known = true };
	char *sent;
	size_t sent_size;

	for (size_t i = 0; i < size; i++)
		editor.state = (editor.state ^ data[i]) * UINT64_C(0x100000001b3);
	editor.state |= 1;
	editor.sent = open_memstream(&sent, &sent_size);
	if (editor.sent == NULL)
		abort();
	send_all(&editor, (const char *)data, (const char *)data + size);
	fclose(editor.sent);
	check_places(&editor);
	if (sent_size > 0)
		talk(&editor, sent, sent_size);
	free(sent);
	arena_free(editor.arena);
}

const struct compiler_target compiler_target = { "lsp", run, true, words };
