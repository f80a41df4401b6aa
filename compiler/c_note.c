/* The schema in the generated source: a note of ELF (compiler/note.h). */
#include "compiler/c_code.h"

#include "compiler/note.h"

static void print_bytes(struct printer *out, const struct note *note)
{
	for (size_t i = 0; i < note->size; i++) {
		if (i % 16 == 0)
			print(out, "\t\t");
		print(out, "%u,%s", note->data[i],
			i % 16 == 15 || i + 1 == note->size ? "\n" : " ");
	}
}

void c_print_note(struct printer *out, const struct schema *schema)
{
	struct note note = note_of(out->arena, schema);

	print(out, "\n/* The schema itself, for `skald dump --from PROGRAM`. */\n"
		"#ifdef __ELF__\n"
		"static const struct {\n"
		"\tuint32_t name_size, size, type;\n"
		"\tchar name[8];\n"
		"\tuint8_t bytes[%zu];\n"
		"} sk_schema_note __attribute__((section(\"" NOTE_SECTION "\"), used, aligned(4))) = {\n"
		"\t%zu, %zu, %d, \"" NOTE_NAME "\",\n\t{\n",
		(note.size + 3) & ~(size_t)3, sizeof(NOTE_NAME), note.size, NOTE_TYPE);
	print_bytes(out, &note);
	print(out, "\t},\n};\n#endif\n");
}
