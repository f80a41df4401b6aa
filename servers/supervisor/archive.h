/*
 * The archive that came with the kernel: plain ustar, in memory, only read.
 */
#ifndef SUPERVISOR_ARCHIVE_H
#define SUPERVISOR_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/attached.h"

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
