/*
 * Telling what calls a program makes, a line each, as strace does, to the file that posix
 * has for it (posix.Thread.trace_file). A line that cannot be written is lost, and with it
 * all further ones until the file is another.
 */
#ifndef SERVERS_POSIX_SHIM_TRACE_H
#define SERVERS_POSIX_SHIM_TRACE_H

#include "servers/posix/shim/shim.h"

static inline bool trace_is_on(const struct shim *shim)
{
	return __atomic_load_n(&shim->page->tracing, __ATOMIC_RELAXED) != 0;
}

/* Before a call: tells of those that do not come back. */
void trace_before(struct shim *shim, uint64_t number, const uint64_t arguments[6]);
/* When it is over, with its result. */
void trace_after(struct shim *shim, uint64_t number, const uint64_t arguments[6],
	int64_t result);
/* A program begins, with this stack. */
void trace_program(struct shim *shim, uint64_t stack);
/* A signal's handler is about to run. */
void trace_signal(struct shim *shim, const struct posix_SignalInfo *info);
/* Closes the handle that is kept: of a vfork's child, when it leaves. */
void trace_forget(struct shim *shim);

#endif
