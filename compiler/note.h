/*
 * The schema in a program: `skald c --note` puts it there, as an ELF note, and
 * `skald dump --from PROGRAM` takes it out again.
 *
 * A note is as in the System V ABI, chapter 5: sizes of name and descriptor, a type, the
 * name "Skald" and the descriptor, each aligned to 4. Its type is 1; the descriptor the
 * size of what it holds, 4 bytes, little-endian, and an LZ4 block of that: for each file
 * its name, NUL, its text, NUL; imports first, the file itself last. The text is without
 * comments, and blanks where they part nothing. It is in the section .note.skald, which
 * stripping leaves.
 */
#ifndef COMPILER_NOTE_H
#define COMPILER_NOTE_H

#include <stdbool.h>

#include "idl/schema.h"

#define NOTE_NAME "Skald"
#define NOTE_TYPE 1
#define NOTE_SECTION ".note.skald"
/* What a descriptor may hold. */
#define NOTE_SIZE_MAX ((size_t)8 << 20)

/* The descriptor of a schema. */
struct note {
	const uint8_t *data;
	size_t size;
};
struct note note_of(struct arena *arena, const struct schema *schema);

/*
 * The files of all notes of a program, each once, and last one that imports all others,
 * of the path `name`; up to a path of NULL. NULL: *why says why there are none.
 */
const struct source_text *note_read(struct arena *arena, const char *name,
	const uint8_t *program, size_t size, const char **why);

#endif
