/*
 * Writes the tables of runtime/names.h, from the schemas that are named: what streams
 * need not announce.
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

/* From 1 on; 0: it was not noted, or there is none. */
static size_t error_number(const struct declaration *error)
{
	for (size_t i = 0; error && i < error_count; i++)
		if (strcmp(errors[i]->qualified, error->qualified) == 0)
			return i + 1;
	return 0;
}

static void note_error(const struct declaration *error)
{
	if (error_number(error) != 0)
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
	puts("const struct sk_known_message sk_known_messages[] = {");
	for (size_t i = 0; i < row_count; i++) {
		const struct method *method = rows[i].method;

		printf("\t{UINT32_C(0x%08" PRIx32 "), %zu, %s, \"%s%s%s\"},\n", rows[i].id,
			error_number(method ? method->error : NULL),
			method && method->is_oneway ? "true" : "false",
			method ? method->owner->qualified : "", method ? "." : "",
			method ? method->name : "next_event");
	}
	puts("};\nconst size_t sk_known_message_count =\n"
		"\tsizeof(sk_known_messages) / sizeof(sk_known_messages[0]);\n");
}

static void print_errors(void)
{
	puts("const struct sk_known_error sk_known_errors[] = {");
	for (size_t i = 0; i < error_count; i++)
		for (const struct enumerator *e = errors[i]->as.enumeration.first; e; e = e->next)
			if (!e->value.negative && e->value.low != 0)
				printf("\t{%zu, %" PRIu64 ", \"%s\"},\n", i + 1,
					e->value.low, e->name);
	puts("};\nconst size_t sk_known_error_count =\n"
		"\tsizeof(sk_known_errors) / sizeof(sk_known_errors[0]);");
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
		"#include \"runtime/names.h\"\n");
	print_messages();
	print_errors();
	arena_free(arena);
	return fflush(stdout) != 0 || ferror(stdout);
}
