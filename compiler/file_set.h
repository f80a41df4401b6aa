/*
 * The files of several schemas: each once, however many import it; imports before
 * those that import them.
 */
#ifndef COMPILER_FILE_SET_H
#define COMPILER_FILE_SET_H

#include "compiler/command.h"

struct file_set {
	const struct file **items;
	size_t count;
	const struct file **roots;	/* those that were asked for, in their order */
	size_t root_count;
};

/*
 * Loads all schemas that the run names. False, and says so, if one has errors or two
 * files have something of one name; *status is then what to exit with.
 */
bool file_set_load(struct run *run, struct file_set *set, int *status);

/* A declaration by its qualified name, or NULL. */
const struct declaration *file_set_find(const struct file_set *set, const char *qualified);

#endif
