/*
 * On the host, when an archive is built: its manifests against each other, and said of
 * what is wrong in which line. What is wrong with one alone the supervisor's own code
 * says.
 */
#ifndef SUPERVISOR_HOST_H
#define SUPERVISOR_HOST_H

#include <yaml.h>

#include "runtime/image/elf.h"
#include "servers/supervisor/manifest.h"

/* A program, by its path in the archive. */
struct program {
	const char *path;
	uint64_t bytes;			/* that each instance of it has of its own at once */
};

/* A manifest: as it was written, and as it was encoded. */
struct source {
	const char *path;
	yaml_document_t text;
	struct manifest manifest;
	bool is_seen;			/* by the search for circles, */
	bool is_open;			/* which is on its way through it */
};

struct archive {
	struct program *programs;
	size_t program_count;
	struct source *sources;
	size_t source_count;
	unsigned wrong;			/* lines said */
};

/* Where in a text something stands: names and numbers of members, up to NULL. */
struct place {
	const char *member;		/* NULL: the text as a whole */
	int32_t item;			/* -1: all of the member */
	const char *part;		/* of the item; NULL: all of it */
	int32_t of_part;
};

/* The line in which it stands, or what it would be in, from 1. */
size_t host_line(const struct source *source, struct place place);
/* Says what is wrong there. */
void host_complain(struct archive *archive, const struct source *source,
	struct place place, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* All rules, for the source of this number and those before it. */
void host_check(struct archive *archive, size_t number);
/* That nobody waits for itself. */
void host_check_circles(struct archive *archive);

#endif
