/*
 * The Makefile of a fuzzer: what is the schema's own. How it is built stands in
 * fuzz/rules.mk of the source tree.
 */
#include "compiler/harness.h"

static void print_word(struct printer *out, const char *word)
{
	print(out, " \\\n\t%s", word);
}

static void print_lists(struct harness *harness, struct printer *out)
{
	print(out, "\nTARGETS :=");
	for (size_t i = 0; i < harness->target_count; i++)
		print_word(out, harness->targets[i].name);
	print(out, "\n\nSOURCES :=");
	print_word(out, arena_printf(harness->arena, "%s.skald.reflect.c",
		harness->schema->root->stem));
	for (const struct file *file = harness->schema->files; file;
	     file = file->next)
		print_word(out, arena_printf(harness->arena, "%s.skald.c",
			file->stem));
	print(out, "\n");
}

/* `$`, `#` and blanks as they stand in a variable. */
static const char *for_make(struct arena *arena, const char *path)
{
	const char *quoted = "";

	for (; *path; path++)
		quoted = arena_printf(arena, *path == '$' ? "%s$%c" :
			*path == '#' ? "%s\\%c" : "%s%c", quoted, *path);
	return quoted;
}

void harness_print_makefile(struct harness *harness, const char *root)
{
	struct printer *out = harness_file(harness, "Makefile");

	print_line(out, "# Made by skald from %s; edit that, not this. "
		"`make help` says what there is.", harness->schema->root->name);
	print(out, "\n");
	print_line(out, "# The folder of skald's sources.");
	print_line(out, "SKALD_ROOT ?=%s%s", root ? " " : "",
		root ? for_make(harness->arena, root) : "");
	print_lists(harness, out);
	print(out, "\n");
	print_line(out, "RULES := $(wildcard $(SKALD_ROOT)/fuzz/rules.mk)");
	print_line(out, "ifeq ($(RULES),)");
	print_line(out, "$(error there is no $(SKALD_ROOT)/fuzz/rules.mk: say where "
		"skald's sources are, as in make SKALD_ROOT=/usr/src/skald)");
	print_line(out, "endif");
	print_line(out, "include $(RULES)");
}
