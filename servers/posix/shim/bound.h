/*
 * RLIMIT_FSIZE, which counts in the shim, since writes go from here to the file's server. It
 * keeps a program from its own mistakes; what users have of memory for files is the servers'
 * to limit. A file that cannot be written at all is sent SIGXFSZ for, and is EFBIG.
 */
#ifndef SERVERS_POSIX_SHIM_BOUND_H
#define SERVERS_POSIX_SHIM_BOUND_H

#include "servers/posix/shim/shim.h"

/* Where a write begins. */
struct bound_place {
	bool has_offset;
	uint64_t offset;
	bool appends;			/* by a flag of the call */
};

static inline bool bound_is_set(const struct shim *shim)
{
	return shim->page->file_size != posix_UNLIMITED;
}

/* What of a write may be done, of an open file whose channel is ready: 0, or -errno. */
int64_t bound_write(struct shim *shim, uint8_t kind, const struct bound_place *place,
	uint64_t *size);
/* Whether the file may grow to this size: 0, or -errno. */
int64_t bound_grow(struct shim *shim, uint8_t kind, uint64_t size);
/* The same of a file that is `old` bytes large. */
int64_t bound_grow_from(struct shim *shim, uint64_t old, uint64_t size);

#endif
