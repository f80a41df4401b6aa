/*
 * What diag.c keeps and diag_print.c prints. Nobody else includes this.
 */
#ifndef IDL_DIAG_LIST_H
#define IDL_DIAG_LIST_H

#include "idl/diag.h"

struct diagnostic {
	struct diagnostic *next;	/* the one reported before */
	struct diagnostics *diags;
	enum diag_code code;
	unsigned order;
	struct span span;
	const char *message;
	struct span second;
	const char *label;		/* NULL: no second place */
	const char *help;		/* NULL: none */
};

struct diagnostics {
	struct arena *arena;
	struct diagnostic *last;
	unsigned count;			/* kept */
	unsigned errors;
	unsigned warnings;
	bool failed_to_read;
	struct diagnostic surplus;	/* stands for those not kept */
};

bool diag_is_error(const struct diagnostic *diagnostic);

/* All that were kept, sorted by place, and forgets them. */
struct diagnostic **diag_take_sorted(struct diagnostics *diags,
	unsigned *count);

#endif
