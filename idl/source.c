/*
 * Reading of source files, and what is refused before the lexer sees it.
 */
#include "idl/source.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "idl/diag.h"

#define CHUNK ((size_t)64 * 1024)

/* Reads up to SOURCE_SIZE_MAX + 1 bytes; false with errno set if it fails. */
static bool source_read(struct arena *arena, FILE *in, struct source *source)
{
	size_t capacity = CHUNK, size = 0, got;
	char *text = arena_alloc(arena, capacity + 1), *more;

	while ((got = fread(text + size, 1, capacity - size, in)) > 0) {
		size += got;
		if (size > SOURCE_SIZE_MAX)
			break;
		if (size == capacity) {
			more = arena_alloc(arena, 2 * capacity + 1);
			memcpy(more, text, size);
			text = more;
			capacity *= 2;
		}
	}
	text[size] = '\0';
	source->text = text;
	source->size = size;
	return !ferror(in);
}

static struct span source_place(const struct source *source, size_t offset)
{
	struct span span = { source, (uint32_t)offset, 1, 1, 1 };
	size_t i;

	for (i = 0; i < offset; i++) {
		span.column++;
		if (source->text[i] == '\n') {
			span.line++;
			span.column = 1;
		}
	}
	return span;
}

/* Text only: a NUL would end it early for some readers and not for others. */
static bool source_is_text(struct diagnostics *diags, const struct source *source,
	struct span from)
{
	const char *nul = memchr(source->text, '\0', source->size);
	struct diagnostic *report;
	struct span at;

	if (nul == NULL)
		return true;
	at = source_place(source, (size_t)(nul - source->text));
	report = diag_report(diags, E0002, at,
		"`%s` is not a text file: it has a NUL byte", source->path);
	if (from.source != NULL)
		diag_second(report, from, "imported here");
	return false;
}

static void source_unreadable(struct diagnostics *diags, const char *path,
	struct span from)
{
	/* Reading a folder says so by errno (EISDIR). */
	diag_report(diags, E0001, from, "cannot read `%s`: %s", path,
		strerror(errno));
}

static void source_find_lines(struct arena *arena, struct source *source)
{
	const char *end = source->text + source->size, *at;
	uint32_t *starts, lines = 1;

	for (at = source->text; (at = memchr(at, '\n', (size_t)(end - at))); at++)
		lines++;
	starts = arena_alloc(arena, lines * sizeof(*starts));
	source->line_starts = starts;
	source->lines = lines;
	*starts++ = 0;
	for (at = source->text; (at = memchr(at, '\n', (size_t)(end - at))); )
		*starts++ = (uint32_t)(++at - source->text);
}

/* Refuses what is too large or no text. */
static struct source *source_check(struct arena *arena, struct diagnostics *diags,
	struct source *source, struct span from)
{
	if (source->size > SOURCE_SIZE_MAX) {
		diag_report(diags, E0003, from,
			"`%s` is too large: a schema has at most %zu bytes",
			source->path, SOURCE_SIZE_MAX);
		return NULL;
	}
	if (!source_is_text(diags, source, from))
		return NULL;
	source_find_lines(arena, source);
	return source;
}

struct source *source_load(struct arena *arena, struct diagnostics *diags,
	const char *path, struct span from)
{
	struct source *source = ARENA_NEW(arena, struct source);
	FILE *in = fopen(path, "rb");
	bool good;

	if (in == NULL) {
		source_unreadable(diags, path, from);
		return NULL;
	}
	source->path = arena_copy(arena, path, strlen(path));
	good = source_read(arena, in, source);
	if (!good)
		source_unreadable(diags, path, from);
	fclose(in);
	return good ? source_check(arena, diags, source, from) : NULL;
}

struct source *source_from_text(struct arena *arena, struct diagnostics *diags,
	const char *path, const char *text, size_t size, struct span from)
{
	struct source *source = ARENA_NEW(arena, struct source);

	source->path = path;
	source->text = text;
	source->size = size;
	return source_check(arena, diags, source, from);
}

struct span span_behind(struct span span)
{
	const struct source *source = span.source;
	uint32_t low = 0, high, middle;

	if (source == NULL)
		return span;
	high = source->lines;
	span.offset += span.size;
	span.size = 0;
	/* The last line that does not begin behind it. */
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (source->line_starts[middle] <= span.offset)
			low = middle;
		else
			high = middle;
	}
	span.line = low + 1;
	span.column = span.offset - source->line_starts[low] + 1;
	return span;
}

size_t utf8_length(const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t length, i;
	unsigned long code;

	if (size == 0)
		return 0;
	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	length = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	if (length > size)
		return 0;
	code = at[0] & (0x7fU >> length);
	for (i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3fU);
	}
	if ((length == 3 && code < 0x800) || (length == 4 && code < 0x10000))
		return 0;
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return length;
}
