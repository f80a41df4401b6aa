/*
 * Handles of descriptors, as far as they are kept: those below a limit, asked for with
 * the first use. All threads of a process share them; a vfork's child has a few of its
 * own, and closes them before it leaves the space.
 *
 * Threads may make a descriptor another while some use it. Whoever does forgets what is kept
 * of it after posix has done it, and before its call is over; what posix was asked for before
 * that is not kept after it. So a call uses what the descriptor was, or is: if that one's
 * handle is closed meanwhile, or its object has gone (SK_BAD_HANDLE, in either case before
 * anything was done), the whole system call begins anew (SHIM_LOST).
 */
#ifndef SERVERS_POSIX_SHIM_CACHE_H
#define SERVERS_POSIX_SHIM_CACHE_H

#include "servers/posix/shim/shim.h"

/*
 * Finds the file of a descriptor, asking posix if nothing is known, and points the file's
 * channel at it. 0, or -EBADF and what else posix says. Of one that is PATH_ONLY: -EBADF.
 */
int64_t cache_open(struct shim *shim, uint64_t descriptor, struct shim_file *file);
/* Whatever else it is open as: without its handle. */
int64_t cache_see(struct shim *shim, uint64_t descriptor, struct shim_file *file);
/* When the call is through: closes the handle if it is not kept. */
void cache_done(struct shim *shim, uint64_t descriptor, const struct shim_file *file);
/* What posix has opened in this system call, with its handle if it has one. */
void cache_opened(struct shim *shim, const struct posix_Opened *opened,
	struct sk_handle handle);
/* The descriptor has become another, as posix has it. */
void cache_forget(struct shim *shim, uint64_t descriptor);
void cache_forget_range(struct shim *shim, uint64_t first, uint64_t last);
/* All of them; closes the handles. */
void cache_forget_all(struct shim *shim);
/* Its server has no read_few and write_few. */
void cache_set_no_few(struct shim *shim, uint64_t descriptor);
/* How many of `.` and `..` a directory has listed. */
void cache_set_dots(struct shim *shim, uint64_t descriptor, uint8_t dots);

#endif
