/*
 * Vectors as text: one JSON object on a line (docs/checks.md, "A vector").
 */
#ifndef TESTS_CHECKKILL_NAMES_H
#define TESTS_CHECKKILL_NAMES_H

#include <stdio.h>

#include "tests/checkkill/run.h"

/* One check of a schema's decoders, and its vector. */
struct ck_check {
	const struct ck_site *site;
	unsigned inner;
	char *name;
	struct ck_case *vector;		/* NULL: none */
	int status;			/* that the vector is refused with */
	int without;			/* what it comes to without the check */
	bool is_old;			/* the vector was there before */
	bool is_exempt;			/* and none is looked for */
};

struct ck_checks {
	const char *schema;
	const char *prefix;		/* of names in C: "fs_" */
	struct ck_check *items;
	size_t count;
	size_t unreached;		/* in functions that no message leads to */
};

/* Lists all checks of the program's tables; by number, for names_find(). */
struct ck_checks names_all(const char *schema, const char *prefix);
/* NULL: no such check. */
struct ck_check *names_find(const struct ck_checks *checks, const struct ck_site *site,
	unsigned inner);
const struct ck_message *names_message(const char *prefix, const char *name);

/* A line of a file of vectors. */
struct names_row {
	char *check;			/* or NULL */
	char *message;			/* as in the schema, or NULL */
	struct ck_case *vector;		/* NULL: not of the program's messages */
	int status;
	int without;
};

/*
 * Calls `each` for every line of the file, which need not be there. What it is
 * given is its own. Returns how many lines are no vectors.
 */
size_t names_each(const char *prefix, const char *path,
	void (*each)(void *context, struct names_row *row), void *context);
/* Reads vectors; those that belong to no check are said on stderr. Returns how
 * many those are. */
size_t names_read(struct ck_checks *checks, const char *path);
/* Where the head ends, as far as it can be told. */
size_t names_head_size(const struct ck_case *c);
/* Writes all vectors, in the order of the checks' names. */
void names_write(const struct ck_checks *checks, FILE *to);

#endif
