/*
 * Diagnostics for people and for editors.
 */
#include <string.h>

#include "idl/diag_list.h"

/* Printed in one run; the rest is counted. */
#define PRINTED_MAX 50
/* Columns of a source line that are shown. */
#define WIDTH_MAX 100

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* ---- text ---- */

struct colors {
	const char *error, *warning, *bold, *mark, *off;
};

static const struct colors plain = { "", "", "", "", "" };
static const struct colors ansi = { "\033[1;31m", "\033[1;33m", "\033[1m",
	"\033[1;34m", "\033[0m" };

/* Control characters could drive the terminal; bad UTF-8 could break it. */
static void print_character(FILE *out, const char *text, size_t *at, size_t size)
{
	size_t length = utf8_length(text + *at, size - *at);
	unsigned char byte = (unsigned char)text[*at];

	if (length == 0 || ((byte < ' ' || byte == 0x7f) && byte != '\t'))
		fputc('?', out);
	else
		fwrite(text + *at, 1, length, out);
	*at += length == 0 ? 1 : length;
}

static void print_safely(FILE *out, const char *text)
{
	size_t at = 0, size = strlen(text);

	while (at < size)
		print_character(out, text, &at, size);
}

/* The piece of a line that is shown: all of it, or what is near the span. */
struct line {
	const char *text;
	size_t size;
	size_t from;
	size_t to;
};

static struct line line_of(const struct span *span)
{
	const struct source *source = span->source;
	size_t begin = span->offset - (span->column - 1), end = begin;
	size_t column = span->column - 1;
	struct line line;

	while (end < source->size && source->text[end] != '\n')
		end++;
	while (end > begin && source->text[end - 1] == '\r')
		end--;
	line.text = source->text + begin;
	line.size = end - begin;
	line.from = 0;
	line.to = line.size;
	if (column > WIDTH_MAX - 20)
		line.from = column - 20;
	if (line.from > line.size)
		line.from = line.size;
	if (line.to - line.from > WIDTH_MAX)
		line.to = line.from + WIDTH_MAX;
	while (line.from > 0 && line.from < line.size
		&& is_continuation(line.text[line.from]))
		line.from--;
	while (line.to < line.size && is_continuation(line.text[line.to]))
		line.to++;
	return line;
}

/* Under the line: tabs as they are above, so that columns agree. */
static void print_carets(FILE *out, const struct span *span,
	const struct line *line, char caret)
{
	size_t column = span->column - 1, at, end = column + span->size;

	if (line->from > 0)
		fputs("...", out);
	for (at = line->from; at < column; at++) {
		if (at >= line->size)
			fputc(' ', out);
		else if (!is_continuation(line->text[at]))
			fputc(line->text[at] == '\t' ? '\t' : ' ', out);
	}
	fputc(caret, out);
	for (at = column + 1; at < end && at < line->to; at++)
		if (!is_continuation(line->text[at]))
			fputc(caret, out);
}

static int digits(uint32_t number)
{
	int count = 1;

	for (; number >= 10; number /= 10)
		count++;
	return count;
}

static void print_excerpt(FILE *out, const struct colors *colors,
	const struct span *span, char caret, const char *label, int gutter)
{
	struct line line = line_of(span);
	size_t at = line.from;

	fprintf(out, "%s%*u |%s ", colors->mark, gutter, span->line,
		colors->off);
	if (line.from > 0)
		fputs("...", out);
	while (at < line.to)
		print_character(out, line.text, &at, line.size);
	if (line.to < line.size)
		fputs("...", out);
	fprintf(out, "\n%s%*s |%s ", colors->mark, gutter, "", colors->off);
	fputs(caret == '^' ? colors->error : colors->mark, out);
	print_carets(out, span, &line, caret);
	if (label != NULL) {
		fputc(' ', out);
		print_safely(out, label);
	}
	fprintf(out, "%s\n", colors->off);
}

static void print_place(FILE *out, const struct span *span)
{
	print_safely(out, span->source->path);
	fprintf(out, ":%u:%u: ", span->line, span->column);
}

static void print_second(FILE *out, const struct colors *colors,
	const struct diagnostic *report, int gutter)
{
	if (report->second.source != report->span.source) {
		fprintf(out, "%s%*s--> %s", colors->mark, gutter, "",
			colors->off);
		print_safely(out, report->second.source->path);
		fprintf(out, ":%u:%u\n", report->second.line,
			report->second.column);
	} else if (report->second.line != report->span.line + 1
		&& report->second.line != report->span.line) {
		fprintf(out, "%s%*s ...%s\n", colors->mark, gutter, "",
			colors->off);
	}
	print_excerpt(out, colors, &report->second, '-', report->label,
		gutter);
}

static void print_report(FILE *out, const struct colors *colors,
	const struct diagnostic *report)
{
	bool error = diag_is_error(report);
	int gutter = 1;

	fputs(colors->bold, out);
	if (report->span.source != NULL) {
		print_place(out, &report->span);
		gutter = digits(report->span.line);
	}
	if (report->second.source != NULL
		&& digits(report->second.line) > gutter)
		gutter = digits(report->second.line);
	fprintf(out, "%s%s[%s]%s%s: ", error ? colors->error : colors->warning,
		error ? "error" : "warning", diag_code_name(report->code),
		colors->off, colors->bold);
	print_safely(out, report->message);
	fprintf(out, "%s\n", colors->off);
	if (report->span.source != NULL)
		print_excerpt(out, colors, &report->span, '^', NULL, gutter);
	if (report->label != NULL && report->second.source != NULL)
		print_second(out, colors, report, gutter);
	if (report->help != NULL) {
		fprintf(out, "%shelp:%s ", colors->bold, colors->off);
		print_safely(out, report->help);
		fputc('\n', out);
	}
}

void diag_print_text(struct diagnostics *diags, FILE *out, bool color)
{
	const struct colors *colors = color ? &ansi : &plain;
	unsigned count, i, all = diags->errors + diags->warnings;
	struct diagnostic **sorted = diag_take_sorted(diags, &count);

	if (count == 0)
		return;
	for (i = 0; i < count && i < PRINTED_MAX; i++)
		print_report(out, colors, sorted[i]);
	if (all > i)
		fprintf(out, "%u more not shown\n", all - i);
	fprintf(out, "%u error%s, %u warning%s\n", diags->errors,
		diags->errors == 1 ? "" : "s", diags->warnings,
		diags->warnings == 1 ? "" : "s");
}

/* ---- JSON ---- */

static void json_string(FILE *out, const char *text)
{
	size_t at = 0, size = strlen(text), length;
	unsigned char byte;

	fputc('"', out);
	while (at < size) {
		byte = (unsigned char)text[at];
		length = utf8_length(text + at, size - at);
		if (length == 0)
			fputs("\\ufffd", out);
		else if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte < ' ' || byte == 0x7f)
			fprintf(out, "\\u%04x", byte);
		else
			fwrite(text + at, 1, length, out);
		at += length == 0 ? 1 : length;
	}
	fputc('"', out);
}

static void json_field(FILE *out, const char *name, const char *text)
{
	fprintf(out, ", \"%s\": ", name);
	json_string(out, text);
}

static void json_place(FILE *out, const struct span *span)
{
	json_field(out, "file", span->source->path);
	fprintf(out, ", \"line\": %u, \"column\": %u, \"end_column\": %u",
		span->line, span->column, span->column + span->size);
}

static void json_report(FILE *out, const struct diagnostic *report)
{
	fprintf(out, "{\"code\": \"%s\"", diag_code_name(report->code));
	json_field(out, "severity", diag_is_error(report) ? "error"
		: "warning");
	json_field(out, "title", diag_code_title(report->code));
	json_field(out, "message", report->message);
	if (report->span.source != NULL)
		json_place(out, &report->span);
	if (report->label != NULL && report->second.source != NULL) {
		fputs(", \"second\": {\"label\": ", out);
		json_string(out, report->label);
		json_place(out, &report->second);
		fputc('}', out);
	}
	if (report->help != NULL)
		json_field(out, "help", report->help);
	fputc('}', out);
}

void diag_print_json(struct diagnostics *diags, FILE *out)
{
	unsigned count, i;
	struct diagnostic **sorted = diag_take_sorted(diags, &count);

	fputc('[', out);
	for (i = 0; i < count && i < PRINTED_MAX; i++) {
		fputs(i == 0 ? "\n" : ",\n", out);
		json_report(out, sorted[i]);
	}
	fputs(count == 0 ? "]\n" : "\n]\n", out);
}
