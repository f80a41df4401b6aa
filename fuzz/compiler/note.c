/*
 * Schemas in programs: a file that is no ELF file, or a damaged one, is refused, with the
 * reason, and without a byte outside of it being looked at. Of inputs whose first byte is
 * odd the rest is what the note of a good ELF file holds.
 */
#include "compiler/note.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/compiler/target.h"
#include "idl/arena.h"

#define HEADER 64
#define SECTION 64

static void put(uint8_t *at, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* Header, two sections (names, note), the names, and the content. */
static size_t wrap(uint8_t *to, const uint8_t *data, size_t size)
{
	static const uint8_t magic[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	const size_t names = HEADER + 2 * SECTION, content = names + sizeof(NOTE_SECTION);

	memset(to, 0, content);
	memcpy(to, magic, sizeof(magic));
	put(to + 40, HEADER, 8);
	put(to + 58, SECTION, 2);
	put(to + 60, 2, 2);
	put(to + HEADER, UINT32_MAX, 4);
	put(to + HEADER + 24, names, 8);
	put(to + HEADER + SECTION + 24, content, 8);
	put(to + HEADER + SECTION + 32, size, 8);
	memcpy(to + names, NOTE_SECTION, sizeof(NOTE_SECTION));
	memcpy(to + content, data, size);
	return content + size;
}

static void check(const struct source_text *texts, const char *why)
{
	if (texts == NULL && why == NULL)
		compiler_found("refused without a reason");
	for (; texts != NULL && texts->path != NULL; texts++) {
		if (strlen(texts->text) != texts->size)
			compiler_found("a text is not as long as it is said to be");
	}
}

static void run(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const struct source_text *texts;
	const char *why = NULL;
	/* As large as it has to be, for the sanitizer. */
	uint8_t *program = malloc(size + 512), *exact;

	if (program == NULL)
		abort();
	if (size > 0 && data[0] % 2 == 1)
		size = wrap(program, data + 1, size - 1);
	else
		memcpy(program, data, size);
	exact = realloc(program, size > 0 ? size : 1);
	if (exact == NULL)
		abort();
	texts = note_read(arena, "program", exact, size, &why);
	check(texts, why);
	free(exact);
	arena_free(arena);
}

static const char *const words[] = {
	"\x06\0\0\0", NOTE_NAME, "\x7f" "ELF\2\1\1", NOTE_SECTION, NULL,
};

const struct compiler_target compiler_target = { "note", run, false, words };
