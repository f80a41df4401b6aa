/*
 * Locks: files with the facts of a schema (compiler/facts.h), in YAML.
 */
#ifndef COMPILER_LOCK_H
#define COMPILER_LOCK_H

#include "compiler/command.h"
#include "compiler/facts.h"

/* The text of the schema's lock. */
struct printer lock_print(struct arena *arena, const struct schema *schema);

/* True of "fs.lock". */
bool lock_is_lock(const char *path);
/* Where a schema's lock is, if nobody says otherwise: "protocols/fs.lock". */
const char *lock_default_path(struct arena *arena, const char *schema);
/*
 * Reads a lock. False, and says so, if it cannot be read (*status is
 * STATUS_USAGE) or is none (STATUS_BAD). What is in it is not looked at yet:
 * who uses a fact asks for its kind.
 */
bool lock_read(struct run *run, const char *path, struct value *to, int *status);

/* The first fact that differs, as a sentence that begins with its path; or NULL. */
const char *lock_difference(struct arena *arena, const char *path,
	const struct value *lock, const struct value *now);

#endif
