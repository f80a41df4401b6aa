/*
 * Names that a schema would have in C.
 */
#ifndef IDL_CHECK_C_NAMES_H
#define IDL_CHECK_C_NAMES_H

#include "idl/diag.h"
#include "idl/tree.h"

/*
 * Reports what cannot be had in C: two things of one name in the header of
 * the file and those that it includes, and names of members, parameters and
 * methods that C or C++ keeps for itself. For the C back end: a schema with
 * such names can still be checked, dumped and converted.
 */
void check_c_names(struct arena *arena, struct diagnostics *diags,
	const struct file *file);

#endif
