/*
 * Diagnostics: every message about a schema or a message goes through here.
 *
 * A diagnostic has a code (idl/diag_codes.h), a place, a text that names what
 * is wrong, and may have a second place ("first defined here") and a help
 * line ("did you mean `uint32`?"). They are printed in the order of their
 * places when the run ends, as text or as JSON.
 */
#ifndef IDL_DIAG_H
#define IDL_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "idl/arena.h"
#include "idl/source.h"

enum diag_code {
#define DIAG(code, severity, title) code,
#include "idl/diag_codes.h"
#undef DIAG
	DIAG_CODE_COUNT
};

struct diagnostics;
struct diagnostic;

struct diagnostics *diag_new(struct arena *arena);

/*
 * Reports a problem at a place (a zero span: none). The severity, error or
 * warning, is the code's. The result is never NULL; it takes the additions
 * below.
 */
struct diagnostic *diag_report(struct diagnostics *diags, enum diag_code code,
	struct span span, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* A second place with its label. */
void diag_second(struct diagnostic *diagnostic, struct span span,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What to do about it. */
void diag_help(struct diagnostic *diagnostic, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

unsigned diag_errors(const struct diagnostics *diags);
unsigned diag_warnings(const struct diagnostics *diags);
/* True if a file could not be read at all: usage or environment, status 2. */
bool diag_failed_to_read(const struct diagnostics *diags);

/* Prints all, sorted by place, and forgets them. */
void diag_print_text(struct diagnostics *diags, FILE *out, bool color);
void diag_print_json(struct diagnostics *diags, FILE *out);

/* A report, for who looks at it by program. */
struct diag_view {
	enum diag_code code;
	struct span span;		/* a zero one: none */
	const char *message;
	struct span second;
	const char *label;		/* NULL: no second place */
	const char *help;		/* NULL: none */
};
/* All that are kept, sorted by place; they stay to be printed. */
struct diag_view *diag_views(const struct diagnostics *diags, unsigned *count);

/* "E0123"; its one-line title; true for a warning. */
const char *diag_code_name(enum diag_code code);
const char *diag_code_title(enum diag_code code);

#endif
