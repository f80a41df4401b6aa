/*
 * A few bytes, which travel in the words of the message: fs.File.read_few and write_few.
 * A call without leases costs a third of one with them.
 */
#ifndef SERVERS_POSIX_SHIM_FEW_H
#define SERVERS_POSIX_SHIM_FEW_H

#include "fs.skald.h"
#include "servers/posix/shim/shim.h"

/* At an offset, or at fs_HERE; at most fs_FEW_READ and fs_FEW_WRITE bytes, of the program's
 * memory. As many as there were, or -errno; or nothing was done, and it is to be asked by
 * a lease: FEW_NOT, by this server always, FEW_FAULT, as the memory is not there. */
#define FEW_NOT INT64_MIN
#define FEW_FAULT (INT64_MIN + 1)
int64_t few_read(struct shim *shim, uint64_t offset, fs_Io flags, uint64_t to, uint64_t size);
/* `kind`: a posix_ObjectKind. */
int64_t few_write(struct shim *shim, uint8_t kind, uint64_t offset, fs_Io flags,
	uint64_t from, uint64_t size);

#endif
