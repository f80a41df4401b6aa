/*
 * skald wireshark: a dissector of a schema's messages, in Lua, for Wireshark.
 *
 * It is a program (compiler/wireshark.lua), the same for all, below tables of the
 * types and messages. docs/tools.md says what it shows.
 */
#ifndef COMPILER_WIRESHARK_H
#define COMPILER_WIRESHARK_H

#include "compiler/command.h"

/* The program, a line each, up to NULL. Made by compiler/embed-wireshark. */
extern const char *const wireshark_program[];

/*
 * The dissector of these schemas. A file that several import counts once. NULL, and
 * says so, if two files declare something of one name.
 */
const struct printer *wireshark_print(struct arena *arena,
	struct schema *const *schemas, size_t count);

#endif
