/*
 * Source files and places in them.
 */
#ifndef IDL_SOURCE_H
#define IDL_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct diagnostics;

struct source {
	const char *path;		/* as opened; what diagnostics show */
	const char *text;		/* NUL-terminated; NULs inside are refused */
	size_t size;
	const uint32_t *line_starts;	/* offsets; the first is 0 */
	uint32_t lines;
};

/* A piece of a source: `size` bytes from `offset`; line and column (in bytes)
 * of its start count from 1. A span without a source is no place at all. */
struct span {
	const struct source *source;
	uint32_t offset;
	uint32_t size;
	uint32_t line;
	uint32_t column;
};

/* The place behind a span, of no size; it may have several lines. */
struct span span_behind(struct span span);

/* The greatest source that is read: 4 MiB. */
#define SOURCE_SIZE_MAX ((size_t)4 << 20)

/*
 * Reads a source. NULL, and a report, if it cannot be read, is no text or is
 * too large. `from` is the import that asks for it, or no place.
 */
struct source *source_load(struct arena *arena, struct diagnostics *diags,
	const char *path, struct span from);
/* The same of a text that is at hand and lasts: `text` is NUL-terminated, and
 * only borrowed. */
struct source *source_from_text(struct arena *arena, struct diagnostics *diags,
	const char *path, const char *text, size_t size, struct span from);

/* The length of the UTF-8 character at `text`, of which `size` bytes are
 * there; 0 if it is malformed. */
size_t utf8_length(const char *text, size_t size);

#endif
