/* Paths of programs, on their way to posix. */
#ifndef SERVERS_POSIX_SHIM_PATH_H
#define SERVERS_POSIX_SHIM_PATH_H

#include "servers/posix/shim/shim.h"

#define LINUX_PATH_MAX 4096

struct path {
	struct shim *shim;
	posix_Descriptor directory;
	struct sk_string text;
	posix_Descriptor prefix;	/* opened for a leading part; -1: none */
	char buffer[LINUX_PATH_MAX];
};

/*
 * Takes a path at an address, counted from a descriptor; of a path that is longer than
 * `max` a leading part is opened. -errno; else path_close() ends it.
 */
int64_t path_take(struct shim *shim, struct path *path, uint64_t directory, uint64_t at,
	uint32_t max);
void path_close(struct path *path);

#endif
