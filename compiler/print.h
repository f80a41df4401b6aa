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

/*
 * Writes texts, at most 8, to files: all of them or none, each whole or not at
 * all, by temporary files beside them which then take their names. Leaves a
 * file that has the same text alone, so that make rebuilds nothing. Returns 0,
 * or -1 with the reason on stderr.
 */
int print_to_files(const struct print_file *files, size_t count);

#endif
