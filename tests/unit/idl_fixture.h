/*
 * A schema from a piece of text. Includers define _GNU_SOURCE first.
 */
#ifndef TESTS_UNIT_IDL_FIXTURE_H
#define TESTS_UNIT_IDL_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idl/schema.h"

struct fixture {
	struct arena *arena;
	struct diagnostics *diags;
	struct schema *schema;		/* NULL: it has errors */
};

/* Loads the text as a file of its own. */
static inline struct fixture fixture_load(const char *text)
{
	char path[] = "/tmp/skald-test-XXXXXX";
	struct fixture fixture = { arena_new(), NULL, NULL };
	size_t size = strlen(text);
	int file = mkstemp(path);

	if (file < 0 || write(file, text, size) != (ssize_t)size)
		abort();
	close(file);
	fixture.diags = diag_new(fixture.arena);
	fixture.schema = schema_load(fixture.arena, fixture.diags, path, NULL);
	unlink(path);
	return fixture;
}

/* The text of all reports; to be freed. */
static inline char *fixture_printed(struct fixture *fixture)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		abort();
	diag_print_text(fixture->diags, out, false);
	fclose(out);
	return text;
}

static inline void fixture_free(struct fixture *fixture)
{
	arena_free(fixture->arena);
}

/* The declaration of that name, which must be there. */
static inline struct declaration *fixture_find(const struct fixture *fixture,
	const char *name)
{
	struct declaration *declaration = fixture->schema->root->first;

	while (declaration != NULL && strcmp(declaration->name, name) != 0)
		declaration = declaration->next;
	if (declaration == NULL)
		abort();
	return declaration;
}

#endif
