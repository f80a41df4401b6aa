/*
 * Sources of a fuzzer that are the schema's own: its text, and its targets.
 */
#include <ctype.h>
#include <string.h>

#include "compiler/harness.h"

static const char *kind_name(enum harness_kind kind)
{
	static const char *const names[] = {
		[HARNESS_MESSAGES] = "messages",
		[HARNESS_MESSAGE] = "message",
		[HARNESS_INTERFACE] = "interface",
	};

	return names[kind];
}

static const char *kind_in_c(enum harness_kind kind)
{
	static const char *const names[] = {
		[HARNESS_MESSAGES] = "FUZZ_MESSAGES",
		[HARNESS_MESSAGE] = "FUZZ_MESSAGE",
		[HARNESS_INTERFACE] = "FUZZ_INTERFACE",
	};

	return names[kind];
}

static void print_origin(struct printer *out, const struct harness *harness)
{
	print_line(out, "/* Made by skald from %s; edit that, not this. */",
		harness->schema->root->name);
}

/* ---- the schema ---- */

/* The next byte of a text, as it stands in a string of C. */
static size_t quote(char *to, unsigned char byte, bool after_mark)
{
	static const char special[] = "\\\"\t\r";
	static const char letters[] = "\\\"tr";
	const char *found = byte ? strchr(special, byte) : NULL;
	size_t size = 0;

	/* Two question marks could begin a trigraph. */
	if (found || (byte == '?' && after_mark)) {
		to[size++] = '\\';
		to[size++] = found ? letters[found - special] : '?';
	} else if (byte >= 0x20 && byte < 0x7f) {
		to[size++] = (char)byte;
	} else {
		to[size++] = '\\';
		to[size++] = (char)('0' + (byte >> 6));
		to[size++] = (char)('0' + (byte >> 3 & 7));
		to[size++] = (char)('0' + (byte & 7));
	}
	return size;
}

static void print_quoted(struct arena *arena, struct printer *out,
	const char *text, size_t size, bool has_end)
{
	char *quoted = arena_alloc(arena, 4 * size + 1);
	size_t length = 0;

	for (size_t i = 0; i < size; i++)
		length += quote(quoted + length, (unsigned char)text[i],
			i > 0 && text[i - 1] == '?');
	print_line(out, "\t\"%s%s\"", quoted, has_end ? "\\n" : "");
}

static void print_text(struct harness *harness, struct printer *out,
	const struct source *source, unsigned index)
{
	const char *end = source->text + source->size;
	const char *line = source->text;

	print(out, "\n");
	print_line(out, "static const char text_%u[] =", index);
	if (source->size == 0)
		print_line(out, "\t\"\"");
	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		print_quoted(harness->arena, out, line,
			(size_t)((stop ? stop : end) - line), stop != NULL);
		line = stop ? stop + 1 : end;
	}
	out->size--;
	print(out, ";\n");
}

static const char *schema_in_c(const struct harness *harness)
{
	char *name = arena_printf(harness->arena, "%s_schema",
		harness->schema->root->stem);

	for (char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p))
			*p = '_';
	}
	return name;
}

/* The root first: that is the one which is loaded. */
static void print_schema(struct harness *harness)
{
	const struct file *root = harness->schema->root;
	struct printer *out = harness_file(harness, "schema.c");
	unsigned count = 0;

	print_origin(out, harness);
	print_line(out, "#include \"fuzz/fuzz.h\"");
	print(out, "\n");
	print_line(out, "/* Schemas are longer than the strings that C promises. */");
	print_line(out, "#pragma GCC diagnostic ignored \"-Woverlength-strings\"");
	print_text(harness, out, root->source, count++);
	for (const struct file *file = harness->schema->files; file;
	     file = file->next) {
		if (file != root)
			print_text(harness, out, file->source, count++);
	}
	count = 0;
	print(out, "\n");
	print_line(out, "static const struct source_text sources[] = {");
	print_line(out, "\t{ \"%s\", text_%u, sizeof(text_%u) - 1 },", root->name,
		count, count);
	for (const struct file *file = harness->schema->files; file;
	     file = file->next) {
		if (file == root)
			continue;
		count++;
		print_line(out, "\t{ \"%s\", text_%u, sizeof(text_%u) - 1 },",
			file->name, count, count);
	}
	print_line(out, "\t{ NULL, NULL, 0 },");
	print_line(out, "};");
	print(out, "\n");
	print_line(out, "extern const struct sk_schema %s;", schema_in_c(harness));
	print_line(out, "extern const struct fuzz_schema fuzz_schema;");
	print_line(out, "const struct fuzz_schema fuzz_schema = {");
	print_line(out, "\t\"%s\", &%s, sources,", root->stem, schema_in_c(harness));
	print_line(out, "};");
}

/* ---- targets ---- */

static void print_target(struct harness *harness,
	const struct harness_target *target)
{
	struct printer *out = harness_file(harness,
		arena_printf(harness->arena, "targets/%s.c", target->name));

	print_origin(out, harness);
	print_line(out, "#include \"fuzz/fuzz.h\"");
	print(out, "\n");
	print_line(out, "extern const struct fuzz_schema fuzz_schema;");
	print(out, "\n");
	print_line(out, "const struct fuzz_target fuzz_target = {");
	print_line(out, "\t.name = \"%s\",", target->name);
	print_line(out, "\t.kind = %s,", kind_in_c(target->kind));
	print_line(out, "\t.schema = &fuzz_schema,");
	if (target->declaration)
		print_line(out, "\t.subject = \"%s\",", target->declaration->name);
	print_line(out, "};");
}

void harness_print_sources(struct harness *harness)
{
	struct printer *list = harness_file(harness, "targets.list");

	print_schema(harness);
	for (size_t i = 0; i < harness->target_count; i++) {
		print_target(harness, &harness->targets[i]);
		print_line(list, "%s %s", harness->targets[i].name,
			kind_name(harness->targets[i].kind));
	}
}
