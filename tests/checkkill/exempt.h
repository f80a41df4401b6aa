/*
 * Checks that need no vector: patterns from a file, each with its reason above.
 */
#ifndef TESTS_CHECKKILL_EXEMPT_H
#define TESTS_CHECKKILL_EXEMPT_H

#include <regex.h>

#include "tests/checkkill/names.h"

#define PATTERNS_MOST 64

struct exempt {
	char *text[PATTERNS_MOST];
	regex_t pattern[PATTERNS_MOST];
	regex_t *but[PATTERNS_MOST];	/* and this does not; or NULL */
	size_t matches[PATTERNS_MOST];
	size_t count;
};

/* Exits with 2 if it cannot. */
void exempt_read(struct exempt *exempt, const char *path);
/* Some pattern ("THIS", or "THIS BUT that") matches "SCHEMA: CHECK"; counts the matches. */
bool exempt_has(struct exempt *exempt, const struct ck_checks *checks,
	const struct ck_check *check);

#endif
