/*
 * Windows: regular files that are read without a call, once enough calls have shown that
 * it pays (fs.File.window, posix.Descriptors.window). Nothing that other threads do to the
 * descriptor meanwhile, or others to the file, makes a read other than a call would: what
 * cannot be proved is left to a call.
 */
#ifndef SERVERS_POSIX_SHIM_WINDOW_H
#define SERVERS_POSIX_SHIM_WINDOW_H

#include "servers/posix/shim/shim.h"

/* No window, or it cannot say: ask the file's server. */
#define WINDOW_NOT INT64_MIN

/* Bytes of a file, from an offset into the program's memory, which are there or not: how
 * many, 0 at the end, or WINDOW_NOT. */
int64_t window_read(struct shim *shim, uint64_t descriptor, uint64_t offset, uint64_t to,
	uint64_t size);
/* As read() does, if there is a window: the file's channel is ready. */
int64_t window_read_here(struct shim *shim, uint64_t descriptor, uint64_t to, uint64_t size);
/* A call has read this regular file; perhaps the next one shall not have to. */
void window_was_read(struct shim *shim, uint64_t descriptor);

#endif
