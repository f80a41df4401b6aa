/*
 * skald fuzz: writes a fuzzer for a schema.
 */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/c_backend.h"
#include "compiler/command.h"
#include "compiler/harness.h"

/* ---- what the parts of the harness share ---- */

struct printer *harness_file(struct harness *harness, const char *name)
{
	struct printer *out = ARENA_NEW(harness->arena, struct printer);

	out->arena = harness->arena;
	print_files_add(harness->arena, &harness->files, out,
		arena_printf(harness->arena, "%s/%s", harness->folder, name));
	return out;
}

const struct declaration *harness_message(const struct declaration *from)
{
	while (from && !(from->kind == DECLARATION_MESSAGE &&
	       from->as.message.has_id))
		from = from->next;
	return from;
}

/* ---- targets ---- */

static void add_target(struct harness *harness, enum harness_kind kind,
	const char *name, const struct declaration *declaration)
{
	harness->targets[harness->target_count++] = (struct harness_target){
		.name = name, .kind = kind, .declaration = declaration,
	};
}

static bool list_targets(struct harness *harness)
{
	const struct declaration *first = harness->schema->root->first;
	const struct declaration *d;
	size_t count = 1;

	for (d = first; d; d = d->next)
		count++;
	harness->targets = arena_alloc(harness->arena,
		count * sizeof(*harness->targets));
	if (harness_message(first))
		add_target(harness, HARNESS_MESSAGES, "messages", NULL);
	for (d = harness_message(first); d; d = harness_message(d->next))
		add_target(harness, HARNESS_MESSAGE, d->name, d);
	for (d = first; d; d = d->next) {
		if (d->kind == DECLARATION_INTERFACE)
			add_target(harness, HARNESS_INTERFACE, d->name, d);
	}
	for (size_t i = 1; i < harness->target_count; i++) {
		if (strcmp(harness->targets[i].name, "messages") == 0) {
			command_say("%s: `messages` is what all messages are "
				"called; give this one another name",
				harness->schema->root->source->path);
			return false;
		}
	}
	if (harness->target_count == 0)
		command_say("%s: no message and no interface to fuzz",
			harness->schema->root->source->path);
	return harness->target_count > 0;
}

/* ---- generated C ---- */

/* Names that make, and C, take as they are. */
static bool check_stem(const struct file *file)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char others[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.-+";

	if (strchr(letters, file->stem[0]) &&
	    strspn(file->stem, others) == strlen(file->stem))
		return true;
	command_say("%s: the name of a file that is fuzzed is made of letters, "
		"digits and `_.-+`, and begins with a letter",
		file->source->path);
	return false;
}

/* What is generated is named by the stem. */
static bool check_names(struct harness *harness)
{
	struct map stems = {0};
	const struct file *other;

	for (struct file *file = harness->schema->files; file;
	     file = file->next) {
		if (!check_stem(file))
			return false;
		other = map_add(&stems, harness->arena, file->stem, file);
		if (other) {
			command_say("%s and %s would both become %s.skald.c; "
				"give one another name", other->source->path,
				file->source->path, file->stem);
			return false;
		}
	}
	return true;
}

static void add_text(struct harness *harness, const struct file *file,
	const char *suffix, const struct printer *text)
{
	*harness_file(harness, arena_printf(harness->arena, "%s.skald.%s",
		file->stem, suffix)) = *text;
}

/* An import is loaded by itself, as whoever generates its C does. */
static int add_code(struct run *run, struct harness *harness,
	const struct file *file)
{
	struct diagnostics *diags = diag_new(run->arena);
	const struct schema *schema = harness->schema;
	bool is_root = file == schema->root;
	const struct c_options options = {.reflect = is_root};
	struct c_texts texts;
	int status = STATUS_GOOD;

	if (!is_root)
		schema = command_schema(run, file->source->path, &status);
	if (schema == NULL)
		return status;
	if (!c_print(run->arena, diags, schema, &options, &texts)) {
		diag_print_text(diags, stderr, run->color);
		return STATUS_BAD;
	}
	add_text(harness, file, "h", &texts.header);
	add_text(harness, file, "c", &texts.source);
	if (is_root)
		add_text(harness, file, "reflect.c", &texts.tables);
	return STATUS_GOOD;
}

static int add_all_code(struct run *run, struct harness *harness)
{
	int status = STATUS_GOOD;

	for (const struct file *file = harness->schema->files;
	     file && status == STATUS_GOOD; file = file->next)
		status = add_code(run, harness, file);
	return status;
}

/* ---- where the sources are ---- */

/* A path as it is from the folder, if that is within the sources. */
static const char *from_folder(struct arena *arena, const char *root,
	const char *folder)
{
	char *path = realpath(folder, NULL);
	size_t size = strlen(root);
	const char *relative = "..";

	if (path == NULL || strncmp(path, root, size) != 0 || path[size] != '/') {
		free(path);
		return root;
	}
	for (const char *p = path + size + 1; *p; p++) {
		if (*p == '/')
			relative = arena_printf(arena, "../%s", relative);
	}
	free(path);
	return relative;
}

/*
 * The folder that the program stands in, or in a folder of: build/skald; or those
 * that are installed beside it. As it is seen from `folder`, which exists. NULL if these
 * are not there.
 */
static const char *find_root(struct arena *arena, const char *folder)
{
	static const char *const places[] = {"", "/share/skald/src"};
	char *path = realpath("/proc/self/exe", NULL);
	const char *found = NULL;
	char *end;

	while (path && found == NULL && (end = strrchr(path, '/')) != NULL) {
		*end = '\0';
		for (size_t i = 0; i < 2 && found == NULL; i++) {
			const char *root = arena_printf(arena, "%s%s", path, places[i]);

			if (access(arena_printf(arena, "%s/fuzz/rules.mk", root), R_OK) == 0)
				found = root;
		}
	}
	free(path);
	return found ? from_folder(arena, found, folder) : NULL;
}

/* ---- */

static int fill(struct run *run, struct harness *harness)
{
	int status;

	if (!check_names(harness) || !list_targets(harness))
		return STATUS_BAD;
	status = add_all_code(run, harness);
	if (status != STATUS_GOOD)
		return status;
	harness_print_sources(harness);
	harness_print_dictionaries(harness);
	harness_add_seeds(harness);
	for (size_t i = 0; i < run->vectors_count && status == STATUS_GOOD; i++)
		status = harness_add_vectors(harness, run->vectors[i]);
	return status;
}

static int write_files(struct harness *harness)
{
	const char *folders[] = {"targets", "seeds"};
	struct arena *arena = harness->arena;

	if (print_make_folder(arena, harness->folder) != 0)
		return STATUS_USAGE;
	harness_print_makefile(harness, find_root(arena, harness->folder));
	for (size_t i = 0; i < 2; i++) {
		if (print_make_folder(arena, arena_printf(arena, "%s/%s",
		    harness->folder, folders[i])) != 0)
			return STATUS_USAGE;
	}
	for (size_t i = 0; i < harness->target_count; i++) {
		if (print_make_folder(arena, arena_printf(arena, "%s/seeds/%s",
		    harness->folder, harness->targets[i].name)) != 0)
			return STATUS_USAGE;
	}
	return print_to_files(harness->files.items, harness->files.count) == 0 ?
		STATUS_GOOD : STATUS_USAGE;
}

int command_fuzz(struct run *run)
{
	struct harness harness = {.arena = run->arena, .folder = run->output};
	int status;

	if (run->output == NULL) {
		command_say("`skald fuzz` needs -o DIR");
		return STATUS_USAGE;
	}
	harness.schema = command_schema(run, run->arguments[0], &status);
	if (harness.schema == NULL)
		return status;
	status = fill(run, &harness);
	return status == STATUS_GOOD ? write_files(&harness) : status;
}
