/*
 * A growing text, printed by whole lines with indentation.
 */
#ifndef COMPILER_PRINT_H
#define COMPILER_PRINT_H

#include <stddef.h>

#include "idl/arena.h"

struct printer {
	struct arena *arena;
	char *text;
	size_t size;
	size_t capacity;
	unsigned indent;		/* in tabs */
};

/* Text as it is. */
void print(struct printer *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* One line, indented; an empty one has no blanks. */
void print_line(struct printer *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for a signature or a call: broken behind a comma where it is long. */
void print_wrapped(struct printer *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct print_file {
	const struct printer *text;
	const char *path;
};

/* Files to be written, growing in an arena. */
struct print_files {
	struct print_file *items;
	size_t count;
	size_t capacity;
};

/* The text and the path are borrowed. */
void print_files_add(struct arena *arena, struct print_files *files,
	const struct printer *text, const char *path);

/*
 * Writes texts to files: all of them or none, each whole or not at all, by
 * temporary files beside them which then take their names. Leaves a file that
 * has the same text alone, so that make rebuilds nothing. Returns 0, or -1
 * with the reason on stderr.
 */
int print_to_files(const struct print_file *files, size_t count);

/* Makes the folder and those above it, if they are not there. Returns 0, or -1
 * with the reason on stderr. */
int print_make_folder(struct arena *arena, const char *path);

#endif
