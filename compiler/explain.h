/*
 * The pages of `skald explain`, made from docs/errors/ and docs/lint/ when skald is built.
 */
#ifndef COMPILER_EXPLAIN_H
#define COMPILER_EXPLAIN_H

#include <stddef.h>

struct explain_page {
	const char *code;		/* "E0123" */
	const char *text;
};

extern const struct explain_page explain_pages[];
extern const size_t explain_page_count;

#endif
