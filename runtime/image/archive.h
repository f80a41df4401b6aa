/*
 * An archive in memory: plain ustar (POSIX.1-2017, pax, "ustar Interchange Format"),
 * only read. Anybody may have written it.
 */
#ifndef RUNTIME_IMAGE_ARCHIVE_H
#define RUNTIME_IMAGE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *at;
	uint64_t size;
};

struct archive_file {
	char name[256];		/* prefix and name, without "./" before it */
	struct bytes content;	/* within the archive; only of plain files */
	bool is_plain;
};

/*
 * The next file; *at is where to look for it, 0 at first. False: there are no more,
 * or the rest is no archive.
 */
bool archive_next(struct bytes archive, uint64_t *at, struct archive_file *file);
/* The content of a plain file; `at` NULL: there is none of this name. */
struct bytes archive_find(struct bytes archive, const char *name, uint32_t size);

#endif
