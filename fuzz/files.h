/* Cases from files and folders, for the programs without an engine. */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzz_file {
	char *path;
	uint8_t *data;			/* in a block of its own */
	size_t size;
};

struct fuzz_files {
	struct fuzz_file *items;
	size_t count;
	size_t capacity;
};

/*
 * Adds a file, or all files of a folder, folders within it too, in the order of
 * their names. False, and it has said so on stderr, if one cannot be read.
 */
bool fuzz_files_add(struct fuzz_files *files, const char *path);
void fuzz_files_free(struct fuzz_files *files);

#endif
