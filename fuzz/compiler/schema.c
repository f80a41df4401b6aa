/*
 * A schema's text: lexer, parser, checks, layout, certificate, diagnostics;
 * of a good one also the generated C, its tables, `skald stat` and the lints.
 *
 * An input is a file, and those that it imports behind it, each after a line
 * "//@ NAME". Found is: neither a schema nor an error, a report whose place is
 * none in the text, reports that cannot be printed, output that is not the same
 * when made again, and more memory than the input justifies.
 */
#define _GNU_SOURCE

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/c_backend.h"
#include "compiler/command.h"
#include "compiler/json.h"
#include "compiler/lint.h"
#include "fuzz/compiler/target.h"

#define TEXTS_MAX 16
#define NAME_MAX_SIZE 40
/* Places that are looked at: it takes time. */
#define PLACES_MAX 64

static const char *const words[] = { "message", "struct", "tags", "tag(1)",
	"head(8):", "head(64):", "tail:", "enum", "interface", "method", "error",
	"group", "reserved", "state", "consts", "table", "tag(", "error Error;",
	"..", "->", "{", "}", "(", ")", "[", "]", "<", ">", "<=", ";", ",", "=",
	"{ }", "()", "[]", "[2]", "[<=4]", "<16>", "@head(9)", "@format(hex)",
	"@bytes(3)", "@depth(2)", "@unbounded", "@fast", "@name(\"a\")",
	"@idempotent", "@cancellable", "@deadline(5)", "@rights(Rights)", "\"",
	"/*", "*/", "///", "// a\n", "\n",
	"// lint: allow L0102, L0201 because of a\n", "// lint: allow", "uint8", "uint16", "uint32",
	"uint64", "int8", "int32", "int64", "char", "byte", "string", "bool",
	"float32", "float64", "0", "1", "1 << 99", "- 1", "~0", "1 / 0",
	"99999999999999999999999999999999999999999", "0x", "1.5e99", "\xff",
	"\xc3\xa9", "\r", "Error", "newtype", "const", "import", "using",
	"variant", "optional", "record", "bits", "strict", "flexible", "event",
	"oneway", "namespace", "import \"root.skald\";", "import \"b.skald\";",
	"\n//@ b.skald\n", "handle<", "handle<File>", "handle<File, READ, copy>",
	"lease<in, max = 3>", "lease<out, max = 1 << 20>", ": Node", ".", "::",
	"struct A { }", "message M 1 { head(8): }", "enum E { A, B = 1 }",
	"interface I { method m(); }", "true", "false", "class", "int", "NULL",
	NULL };

/* ---- the texts of an input ---- */

/* The name behind "//@ ", or NULL if the line is not like that. */
static const char *file_name(struct arena *arena, const char *line, const char *end)
{
	size_t size;

	if (end - line < 5 || memcmp(line, "//@ ", 4) != 0)
		return NULL;
	line += 4;
	for (size = 0; line + size < end && size < NAME_MAX_SIZE
		&& strchr("/\n\r\t ", line[size]) == NULL
		&& line[size] != '\0'; size++)
		;
	return size == 0 ? NULL : arena_copy(arena, line, size);
}

/* Where the next line that names a file begins, or the end. */
static const char *file_end(const char *at, const char *end)
{
	while (at < end && (at = memmem(at, (size_t)(end - at), "\n//@ ", 5)) != NULL)
		return at + 1;
	return end;
}

static void divide(struct arena *arena, const uint8_t *data, size_t size,
	struct source_text texts[TEXTS_MAX + 1])
{
	const char *at = (const char *)data, *end = at + size, *behind;
	const char *name = "root.skald";
	size_t count = 0;

	for (; count < TEXTS_MAX; count++) {
		behind = file_end(at, end);
		texts[count] = (struct source_text){ name,
			arena_copy(arena, at, (size_t)(behind - at)),
			(size_t)(behind - at) };
		if (behind == end || (name = file_name(arena, behind, end)) == NULL)
			break;
		at = memchr(behind, '\n', (size_t)(end - behind));
		if (at == NULL)
			break;
		at++;
	}
	texts[count < TEXTS_MAX ? count + 1 : TEXTS_MAX] = (struct source_text){ 0 };
}

/* ---- places ---- */

static void check_place(const struct span *span, const char *message)
{
	uint32_t line = 1, column = 1;

	if (span->source == NULL)
		return;
	if (span->offset > span->source->size
		|| span->size > span->source->size - span->offset)
		compiler_found("`%s` is at %" PRIu32 " to %" PRIu32 " of %zu",
			message, span->offset, span->offset + span->size,
			span->source->size);
	for (uint32_t i = 0; i < span->offset; i++, column++)
		if (span->source->text[i] == '\n') {
			line++;
			column = 0;
		}
	if (line != span->line || column != span->column)
		compiler_found("`%s` is said to be at %" PRIu32 ":%" PRIu32
			" and is at %" PRIu32 ":%" PRIu32, message, span->line,
			span->column, line, column);
}

static void print_views(const struct diagnostics *diags, FILE *to)
{
	unsigned count;
	struct diag_view *views = diag_views(diags, &count);

	for (unsigned i = 0; i < count; i++) {
		const struct diag_view *view = &views[i];

		if (i < PLACES_MAX) {
			check_place(&view->span, view->message);
			check_place(&view->second, view->message);
		}
		fprintf(to, "%s %" PRIu32 " %s %" PRIu32 " %s %s\n",
			diag_code_name(view->code), view->span.offset,
			view->message, view->second.offset,
			view->label ? view->label : "",
			view->help ? view->help : "");
	}
}

/* ---- output ---- */

static FILE *open_text(char **text, size_t *size)
{
	FILE *to = open_memstream(text, size);

	if (to == NULL)
		abort();
	return to;
}

/* A terminal that shows it stays as it is. */
static void check_shown(const char *text, size_t size)
{
	size_t length;

	for (size_t at = 0; at < size; at += length) {
		length = utf8_length(text + at, size - at);
		if (length == 0 || ((unsigned char)text[at] < ' '
			&& text[at] != '\n' && text[at] != '\t'))
			compiler_found("a report shows the byte 0x%02x",
				(unsigned)(unsigned char)text[at]);
	}
}

static void print_reports(struct arena *arena, struct diagnostics *diags, bool json)
{
	char *text;
	size_t size;
	FILE *to = open_text(&text, &size);
	bool none = diag_errors(diags) + diag_warnings(diags) == 0;
	struct text_fault fault;
	struct value value;

	if (json)
		diag_print_json(diags, to);
	else
		diag_print_text(diags, to, false);
	fclose(to);
	if (!json)
		check_shown(text, size);
	if (!json && (size == 0) != none)
		compiler_found("%zu bytes of reports, and%s one", size,
			none ? " not" : "");
	if (json && !json_read(arena, text, size, VALUE_TEXT_UTF8, &value, &fault))
		compiler_found("reports are no JSON: %u:%u: %s", fault.line,
			fault.column, fault.message);
	free(text);
}

static void print_schema(struct arena *arena, const struct schema *schema, FILE *to)
{
	struct diagnostics *diags = diag_new(arena);
	struct c_texts texts;
	struct printer stat;
	const struct c_options options = {.reflect = true, .contract = true};
	bool good = c_print(arena, diags, schema, &options, &texts);

	print_views(diags, to);
	if (good != (diag_errors(diags) == 0))
		compiler_found("C%s and %u errors", good ? "" : " not",
			diag_errors(diags));
	if (good) {
		fwrite(texts.header.text, 1, texts.header.size, to);
		fwrite(texts.source.text, 1, texts.source.size, to);
		if (texts.tables.size > 0)
			fwrite(texts.tables.text, 1, texts.tables.size, to);
	}
	for (int json = 0; json < 2; json++) {
		stat = stat_print(arena, schema, json);
		fwrite(stat.text, 1, stat.size, to);
	}
}

static void print_lints(struct arena *arena, const struct schema *schema, bool json,
	FILE *to)
{
	struct diagnostics *diags = diag_new(arena);
	bool chosen[DIAG_CODE_COUNT];

	memset(chosen, true, sizeof chosen);
	lint_file(arena, diags, schema, chosen);
	print_views(diags, to);
	print_reports(arena, diags, json);
}

/* ---- a run ---- */

static void load(const uint8_t *data, size_t size, bool json, FILE *to)
{
	struct source_text texts[TEXTS_MAX + 1];
	size_t before = compiler_memory();
	struct arena *arena = arena_new();
	struct diagnostics *diags = diag_new(arena);
	struct schema_options options = { .texts = texts };
	struct schema *schema;

	divide(arena, data, size, texts);
	schema = schema_load(arena, diags, texts[0].path, &options);
	if ((schema == NULL) != (diag_errors(diags) > 0))
		compiler_found("%s schema and %u errors", schema ? "a" : "no",
			diag_errors(diags));
	print_views(diags, to);
	if (schema != NULL) {
		print_schema(arena, schema, to);
		print_lints(arena, schema, json, to);
	}
	print_reports(arena, diags, json);
	compiler_memory_check(before, size);
	arena_free(arena);
}

static void run(const uint8_t *data, size_t size)
{
	char *first, *second;
	size_t first_size, second_size;
	FILE *to = open_text(&first, &first_size);

	load(data, size, false, to);
	fclose(to);
	to = open_text(&second, &second_size);
	load(data, size, true, to);
	fclose(to);
	if (first_size != second_size || memcmp(first, second, first_size) != 0)
		compiler_found("two runs differ");
	free(first);
	free(second);
}

const struct compiler_target compiler_target = { "schema", run, true, words };
