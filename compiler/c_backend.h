/*
 * The C back end: from the checked, laid-out tree to NAME.skald.h and
 * NAME.skald.c (and NAME.skald.reflect.c). What the generated code looks like
 * and why: docs/generated-c.md.
 */
#ifndef COMPILER_C_BACKEND_H
#define COMPILER_C_BACKEND_H

#include <stdbool.h>

#include "compiler/print.h"
#include "idl/diag.h"
#include "idl/tree.h"

struct c_options {
	const char *folder;		/* where the files go; must exist or be creatable */
	const char *depfile;		/* make rule of what they were made from, or NULL */
	bool reflect;			/* also the tables of runtime/reflect.h */
	bool contract;			/* of interfaces, runtime/contract.h */
	bool note;			/* the source also has the schema (compiler/note.h) */
};

struct c_texts {
	struct printer header;
	struct printer source;
	struct printer tables;		/* of reflection */
};

/*
 * Makes the texts of the files for the root file of the schema, with what the
 * options say is in them. False if the schema cannot be had in C (reported to
 * `diags`).
 */
bool c_print(struct arena *arena, struct diagnostics *diags,
	const struct schema *schema, const struct c_options *options, struct c_texts *to);

/*
 * Writes the files for the root file of the schema; imports are included by
 * name and made by runs of their own. All of them are written, or none.
 * Returns the exit status: 0, 1 if the schema cannot be had in C (reported to
 * `diags`), 2 if a file could not be written (reported on stderr).
 */
int c_generate(struct arena *arena, struct diagnostics *diags,
	const struct schema *schema, const struct c_options *options);

#endif
