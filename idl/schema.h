/*
 * The front end: from files to the checked, laid-out tree (idl/tree.h).
 */
#ifndef IDL_SCHEMA_H
#define IDL_SCHEMA_H

#include "idl/diag.h"
#include "idl/tree.h"

/* A schema that is at hand: NUL-terminated, as in struct source. */
struct source_text {
	const char *path;
	const char *text;
	size_t size;
};

struct schema_options {
	/* Folders to look for imports in, after the importing file's own. */
	const char *const *import_folders;
	size_t import_folder_count;
	/*
	 * If not NULL, no file is read: this is all there is, up to a path of
	 * NULL. Imports find theirs by the name behind the last slash.
	 */
	const struct source_text *texts;
	/* Texts in place of the files of these paths, as an editor has them, up
	 * to a path of NULL; or NULL. */
	const struct source_text *open;
};

/*
 * Loads, parses, checks and lays out the file and everything it imports.
 * Problems go to `diags`; the result is NULL if one of them is an error (the
 * caller asks diag_failed_to_read() to tell exit status 2 from 1). The tree
 * lives in `arena`.
 */
struct schema *schema_load(struct arena *arena, struct diagnostics *diags,
	const char *path, const struct schema_options *options);

#endif
