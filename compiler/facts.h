/*
 * Facts: what the peers of a schema rely on, as one tree of values.
 *
 * `skald lock` writes it, `skald diff` compares two of them. Its form is
 * described in docs/evolution.md. It holds what is on the wire (ids, tags, members
 * with offsets, sizes and bounds), what methods promise, and what C
 * programs were compiled with (names, sizes and offsets where pointers have
 * 64 bits). Comments, places and how a thing is spelled are not in it.
 */
#ifndef COMPILER_FACTS_H
#define COMPILER_FACTS_H

#include "compiler/value.h"
#include "idl/tree.h"

/* Of the form; a lock of another is not read. */
#define FACTS_VERSION 1

/*
 * The facts of the root file. Declarations of imported files that its own are
 * made of stand below `imports` with all their facts and a `fingerprint` over
 * them and all that they are made of in turn.
 */
struct value facts_of(struct arena *arena, const struct schema *schema);

/* The same as a lock has them: of imported declarations only the fingerprint. */
struct value facts_for_lock(struct arena *arena, const struct value *facts);

/* How a type is written in facts: "uint32", "fs.Entry[<=16]",
 * "handle<fs.File, 0x3, copy>". Newtypes are resolved. */
const char *facts_type(struct arena *arena, const struct type *type);

#endif
