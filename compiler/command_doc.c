/* doc: pages about schemas. */
#include <stdlib.h>
#include <string.h>

#include "compiler/doc.h"

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct file *const *)a)->stem, (*(const struct file *const *)b)->stem);
}

/* That no two files would be one page. */
static bool has_pages(const struct file_set *files)
{
	for (size_t i = 0; i < files->count; i++) {
		const char *stem = files->items[i]->stem;

		if (strcmp(stem, "index") == 0) {
			command_say("%s would be index.html, which lists all files: rename it",
				files->items[i]->source->path);
			return false;
		}
		for (size_t j = 0; j < i; j++) {
			if (strcmp(stem, files->items[j]->stem) != 0)
				continue;
			command_say("%s and %s would be one page: make folders of their own",
				files->items[j]->source->path, files->items[i]->source->path);
			return false;
		}
	}
	return true;
}

int command_doc(struct run *run)
{
	struct print_files to = {0};
	struct doc doc = {.arena = run->arena};
	struct file_set files;
	int status;

	if (run->output == NULL) {
		command_say("`skald doc` needs -o DIR");
		return STATUS_USAGE;
	}
	if (!file_set_load(run, &files, &status))
		return status;
	if (!has_pages(&files))
		return STATUS_BAD;
	qsort(files.items, files.count, sizeof(*files.items), by_name);
	doc.files = &files;
	if (run->manuals)
		doc_manuals(&doc, run->output, &to);
	else
		doc_pages(&doc, run->output, &to);
	if (print_make_folder(run->arena, run->output) != 0 ||
	    print_to_files(to.items, to.count) != 0)
		return STATUS_USAGE;
	return STATUS_GOOD;
}
