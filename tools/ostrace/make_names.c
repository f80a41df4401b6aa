/*
 * Writes the table of messages and errors that ostrace knows by itself, from the
 * schemas that are named: what streams need not announce.
 *
 *	make_names FOLDER SCHEMA... >names.c
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/arena.h"
#include "idl/schema.h"

struct row {
	uint32_t id;
	const struct method *method;	/* NULL: the runtime's own */
};

static struct row rows[4096];
static size_t row_count;
static const struct declaration *errors[256];
static size_t error_count;

static int by_id(const void *a, const void *b)
{
	uint32_t left = ((const struct row *)a)->id, right = ((const struct row *)b)->id;

	return left < right ? -1 : left > right;
}

static void note_error(const struct declaration *error)
{
	for (size_t i = 0; i < error_count; i++)
		if (errors[i] == error || strcmp(errors[i]->qualified, error->qualified) == 0)
			return;
	if (error_count == sizeof(errors) / sizeof(errors[0]))
		exit(1);
	errors[error_count++] = error;
}

/* Inherited ones are their own interface's. */
static void note_methods(const struct declaration *interface, struct method **methods,
	unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct method *method = methods[i];

		if (method->owner != interface)
			continue;
		if (row_count + 1 == sizeof(rows) / sizeof(rows[0]))
			exit(1);
		rows[row_count].id = (method->is_event ? method->reply : method->request)
			->as.message.id;
		rows[row_count++].method = method;
		if (method->error)
			note_error(method->error);
	}
}

static void note_file(const struct file *file)
{
	for (const struct declaration *d = file->first; d; d = d->next) {
		if (d->kind != DECLARATION_INTERFACE)
			continue;
		note_methods(d, d->as.interface.methods, d->as.interface.method_count);
		note_methods(d, d->as.interface.events, d->as.interface.event_count);
	}
}

static void print_messages(void)
{
	puts("const struct known_message known_messages[] = {");
	for (size_t i = 0; i < row_count; i++) {
		const struct method *method = rows[i].method;

		printf("\t{UINT32_C(0x%08" PRIx32 "), \"%s%s%s\", ", rows[i].id,
			method ? method->owner->qualified : "", method ? "." : "",
			method ? method->name : "next_event");
		if (method && method->error)
			printf("\"%s\", ", method->error->qualified);
		else
			printf("NULL, ");
		puts(method && method->is_oneway ? "true}," : "false},");
	}
	puts("};\nconst size_t known_message_count =\n"
		"\tsizeof(known_messages) / sizeof(known_messages[0]);\n");
}

static void print_errors(void)
{
	puts("const struct known_error known_errors[] = {");
	for (size_t i = 0; i < error_count; i++)
		for (const struct enumerator *e = errors[i]->as.enumeration.first; e; e = e->next)
			if (!e->value.negative && e->value.low != 0)
				printf("\t{\"%s\", %" PRIu64 ", \"%s\"},\n",
					errors[i]->qualified, e->value.low, e->name);
	puts("};\nconst size_t known_error_count =\n"
		"\tsizeof(known_errors) / sizeof(known_errors[0]);");
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct diagnostics *diags = diag_new(arena);
	struct schema_options options = {
		.import_folders = (const char *const *)&argv[1], .import_folder_count = 1,
	};

	for (int i = 2; i < argc; i++) {
		const struct schema *schema = schema_load(arena, diags, argv[i], &options);

		if (!schema) {
			diag_print_text(diags, stderr, false);
			return 1;
		}
		note_file(schema->root);
	}
	rows[row_count++].id = 4 * METHOD_NEXT_EVENT;
	qsort(rows, row_count, sizeof(rows[0]), by_id);
	puts("/* Made by make_names from the schemas. */\n"
		"#include \"tools/ostrace/world.h\"\n");
	print_messages();
	print_errors();
	arena_free(arena);
	return fflush(stdout) != 0 || ferror(stdout);
}
