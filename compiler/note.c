/* What a note holds. See note.h. */
#include "compiler/note.h"

#include <ctype.h>
#include <string.h>

#include "compiler/lz4.h"
#include "compiler/print.h"
#include "idl/lexeme.h"

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Two tokens that would be another one if nothing stood between them. */
static bool must_part(const struct span *left, const struct span *right)
{
	char last = left->source->text[left->offset + left->size - 1];
	char first = right->source->text[right->offset];

	return (is_of_word(last) && is_of_word(first)) ||
		(!is_of_word(last) && !is_of_word(first) && strchr("<>-.=/*", last) &&
		 strchr("<>-.=/*", first));
}

static void print_file(struct printer *out, const struct file *file)
{
	struct lexemes tokens = lexemes_read(out->arena, file->source);

	print(out, "%s\n", file->name);
	for (size_t i = 0; i < tokens.count; i++) {
		const struct span *span = &tokens.items[i].span;

		if (i > 0 && must_part(&tokens.items[i - 1].span, span))
			print(out, " ");
		print(out, "%.*s", (int)span->size, file->source->text + span->offset);
	}
	print(out, "\n");
}

/* Lines until here: names and texts have none of their own. */
static void end_by_zeros(struct printer *out)
{
	for (size_t i = 0; i < out->size; i++) {
		if (out->text[i] == '\n')
			out->text[i] = '\0';
	}
}

struct note note_of(struct arena *arena, const struct schema *schema)
{
	struct printer out = {.arena = arena};
	uint8_t *data;

	for (const struct file *file = schema->files; file; file = file->next)
		print_file(&out, file);
	end_by_zeros(&out);
	data = arena_alloc(arena, 4 + lz4_room(out.size));
	for (unsigned i = 0; i < 4; i++)
		data[i] = (uint8_t)(out.size >> (8 * i));
	return (struct note){data, 4 + lz4_pack(data + 4, (const uint8_t *)out.text, out.size)};
}

/* ---- reading ---- */

struct texts {
	struct arena *arena;
	struct source_text *items;
	size_t count;
	const char *why;
};

static bool fail(struct texts *texts, const char *why)
{
	texts->why = why;
	return false;
}

static void append(struct texts *texts, const char *name, const char *text, size_t size)
{
	struct source_text *moved = arena_alloc(texts->arena,
		(texts->count + 2) * sizeof(*moved));

	if (texts->count != 0)
		memcpy(moved, texts->items, texts->count * sizeof(*moved));
	moved[texts->count++] = (struct source_text){name, text, size};
	moved[texts->count] = (struct source_text){0};
	texts->items = moved;
}

/* A name goes into an import, and is found by what stands behind its last slash. */
static bool is_name(const char *name)
{
	size_t size = strlen(name);

	if (size == 0 || size > 255)
		return false;
	for (; *name; name++) {
		if (*name == '/' || *name == '"' || *name == '\\' || (unsigned char)*name < 0x20)
			return false;
	}
	return true;
}

static bool add_text(struct texts *texts, const char *name, const char *text, size_t size)
{
	if (!is_name(name))
		return fail(texts, "a note's file has a name that is none");
	for (size_t i = 0; i < texts->count; i++) {
		if (strcmp(texts->items[i].path, name) != 0)
			continue;
		if (texts->items[i].size == size && memcmp(texts->items[i].text, text, size) == 0)
			return true;
		return fail(texts, arena_printf(texts->arena, "it has two files %s that differ: "
			"they were not built together", name));
	}
	if (texts->count == 4096)
		return fail(texts, "its notes have more than 4096 files");
	append(texts, name, text, size);
	return true;
}

static bool add_descriptor(struct texts *texts, const uint8_t *data, size_t size)
{
	size_t plain = 0;
	char *text, *end;

	for (unsigned i = 0; i < 4 && size >= 4; i++)
		plain |= (size_t)data[i] << (8 * i);
	/* A block makes at most 255 bytes of one. */
	if (plain < 2 || plain > NOTE_SIZE_MAX || plain / 255 > size)
		return fail(texts, "a note is of a size that it cannot be of");
	text = arena_alloc(texts->arena, plain + 1);
	if (!lz4_unpack((uint8_t *)text, plain, data + 4, size - 4) || text[plain - 1] != '\0')
		return fail(texts, "a note is damaged");
	for (end = text + plain; text < end;) {
		const char *name = text;
		size_t length;

		text += strlen(text) + 1;
		if (text >= end)
			return fail(texts, "a note is damaged: a file without text");
		length = strlen(text);
		if (!add_text(texts, name, text, length))
			return false;
		text += length + 1;
	}
	return true;
}

/* All notes of a section or segment; others than ours are passed over. */
static bool add_notes(struct texts *texts, const uint8_t *data, size_t size)
{
	while (size >= 12) {
		uint32_t words[3];
		uint64_t name, whole;

		memcpy(words, data, sizeof(words));
		name = ((uint64_t)words[0] + 3) & ~UINT64_C(3);
		whole = 12 + name + (((uint64_t)words[1] + 3) & ~UINT64_C(3));
		if (12 + name + words[1] > size)
			return fail(texts, "a note is cut short");
		if (words[0] == sizeof(NOTE_NAME) && words[2] == NOTE_TYPE &&
		    memcmp(data + 12, NOTE_NAME, sizeof(NOTE_NAME)) == 0 &&
		    !add_descriptor(texts, data + 12 + name, words[1]))
			return false;
		if (whole >= size)
			break;
		data += whole;
		size -= (size_t)whole;
	}
	return true;
}

/* ---- ELF ---- */

struct elf_file {
	const uint8_t *data;
	size_t size;
};

static uint64_t field(const struct elf_file *elf, uint64_t at, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint64_t)elf->data[at + i] << (8 * i);
	return value;
}

static bool is_inside(const struct elf_file *elf, uint64_t offset, uint64_t size)
{
	return offset <= elf->size && size <= elf->size - offset;
}

/* A table of the header: where it is and how many rows of a size it has. */
struct elf_table {
	uint64_t offset;
	uint64_t count;
	uint64_t row;
};

static struct elf_table table_at(const struct elf_file *elf, unsigned offset, unsigned sizes,
	unsigned least)
{
	struct elf_table table = {
		field(elf, offset, 8), field(elf, sizes + 2, 2), field(elf, sizes, 2),
	};

	if (table.row < least || !is_inside(elf, table.offset, table.row * table.count))
		table.count = 0;
	return table;
}

static bool add_part(struct texts *texts, const struct elf_file *elf, uint64_t offset,
	uint64_t size)
{
	if (!is_inside(elf, offset, size))
		return fail(texts, "a note lies outside of the file");
	return add_notes(texts, elf->data + offset, (size_t)size);
}

/* True of the section of ours: by its name, since compilers give it several types. */
static bool is_ours(const struct elf_file *elf, const struct elf_table *sections, uint64_t row)
{
	uint64_t index = field(elf, 62, 2), names, at;

	if (index >= sections->count)
		return false;
	names = sections->offset + index * sections->row;
	at = field(elf, names + 24, 8) + field(elf, row, 4);
	return at >= field(elf, row, 4) && is_inside(elf, at, sizeof(NOTE_SECTION)) &&
		memcmp(elf->data + at, NOTE_SECTION, sizeof(NOTE_SECTION)) == 0;
}

static bool add_sections(struct texts *texts, const struct elf_file *elf)
{
	struct elf_table sections = table_at(elf, 40, 58, 64);

	for (uint64_t i = 0; i < sections.count; i++) {
		uint64_t row = sections.offset + i * sections.row;

		if (is_ours(elf, &sections, row) &&
		    !add_part(texts, elf, field(elf, row + 24, 8), field(elf, row + 32, 8)))
			return false;
	}
	return true;
}

/* Of a program without sections. */
static bool add_segments(struct texts *texts, const struct elf_file *elf)
{
	struct elf_table segments = table_at(elf, 32, 54, 56);

	for (uint64_t i = 0; i < segments.count; i++) {
		uint64_t row = segments.offset + i * segments.row;

		if (field(elf, row, 4) == 4 &&
		    !add_part(texts, elf, field(elf, row + 8, 8), field(elf, row + 32, 8)))
			return false;
	}
	return true;
}

static bool add_program(struct texts *texts, const struct elf_file *elf)
{
	static const uint8_t magic[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

	if (elf->size < 64 || memcmp(elf->data, magic, sizeof(magic)) != 0)
		return fail(texts, "it is no ELF file of 64 bits, little-endian");
	if (!add_sections(texts, elf))
		return false;
	if (texts->count == 0 && !add_segments(texts, elf))
		return false;
	return texts->count != 0 || fail(texts,
		"it has no schema: generate its C with `skald c --note`");
}

const struct source_text *note_read(struct arena *arena, const char *name,
	const uint8_t *program, size_t size, const char **why)
{
	struct texts texts = {.arena = arena};
	struct elf_file elf = {program, size};
	struct printer root = {.arena = arena};

	if (!add_program(&texts, &elf)) {
		*why = texts.why;
		return NULL;
	}
	for (size_t i = 0; i < texts.count; i++)
		print(&root, "import \"%s\";\n", texts.items[i].path);
	append(&texts, name, arena_copy(arena, root.text, root.size), root.size);
	return texts.items;
}
