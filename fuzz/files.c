/* Files and folders of cases. See files.h. */
#define _GNU_SOURCE

#include "fuzz/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool fail(const char *path)
{
	fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
	return false;
}

static void *grown(void *memory, size_t size)
{
	memory = realloc(memory, size);
	if (memory == NULL) {
		fputs("fuzz: out of memory\n", stderr);
		exit(2);
	}
	return memory;
}

static bool add_file(struct fuzz_files *files, const char *path, size_t size)
{
	FILE *in = fopen(path, "rb");
	struct fuzz_file *file;

	if (in == NULL)
		return fail(path);
	if (files->count == files->capacity) {
		files->capacity = files->capacity ? 2 * files->capacity : 64;
		files->items = grown(files->items,
			files->capacity * sizeof(*files->items));
	}
	file = &files->items[files->count++];
	file->path = strdup(path);
	file->data = grown(NULL, size ? size : 1);
	file->size = fread(file->data, 1, size, in);
	fclose(in);
	return true;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool add_folder(struct fuzz_files *files, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_shown, alphasort);
	bool good = true;

	if (count < 0)
		return fail(path);
	for (int i = 0; i < count; i++) {
		char *name = NULL;

		if (asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0)
			exit(2);
		good = fuzz_files_add(files, name) && good;
		free(name);
		free(entries[i]);
	}
	free(entries);
	return good;
}

bool fuzz_files_add(struct fuzz_files *files, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return fail(path);
	if (S_ISDIR(status.st_mode))
		return add_folder(files, path);
	return add_file(files, path, (size_t)status.st_size);
}

void fuzz_files_free(struct fuzz_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		free(files->items[i].data);
	}
	free(files->items);
	*files = (struct fuzz_files){0};
}
