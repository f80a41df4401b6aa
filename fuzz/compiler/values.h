/*
 * Values of texts and messages: the same ones, and the schemas whose messages
 * are read and written.
 */
#ifndef FUZZ_COMPILER_VALUES_H
#define FUZZ_COMPILER_VALUES_H

#include <stdbool.h>
#include <stdio.h>

#include "compiler/wire.h"
#include "idl/schema.h"

/* Floats are compared by the number that they are. */
bool values_same(struct arena *arena, const struct value *a, const struct value *b);

/* A text made in memory; to be freed. */
struct values_text {
	char *text;
	size_t size;
};
struct values_text values_yaml(const struct value *value);
struct values_text values_json(const struct value *value, enum value_text mode);

/*
 * Rich schemas, loaded once for the process, up to NULL. Read from the source
 * tree, whose root has to be the current folder; without them the process ends.
 */
const struct schema *const *values_schemas(void);

/* Calls `each` with every message of these schemas that has an id. */
void values_messages(void (*each)(void *context, const struct declaration *message),
	void *context);

/* Encodes what came out of a message, which has to give these bytes. */
void values_check_bytes(struct arena *arena, const struct declaration *message,
	const struct value *value, bool exact, struct wire_view head,
	struct wire_view tail, const char *what);

#endif
