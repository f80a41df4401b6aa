/*
 * Restartable sequences, rseq(2): a program's area is told which CPU its thread runs
 * on, and a sequence that was under way when the thread lost its CPU goes on where the
 * program says (struct rseq and rseq_cs of Linux's <linux/rseq.h>).
 */
#ifndef SERVERS_POSIX_SHIM_RSEQ_H
#define SERVERS_POSIX_SHIM_RSEQ_H

#include "servers/posix/shim/shim.h"

/* The number of the CPU that the thread runs on, if it does not move just now. */
static inline uint32_t rseq_cpu(const struct shim *shim)
{
	return *SHIM_WORD(shim, CPU);
}

/* The frame says that the thread moved. */
void rseq_moved(struct shim *shim);
/* A handler of this signal is about to be called: a sequence does not go on behind it. */
void rseq_signal(struct shim *shim, posix_Signal signal);
/* The thread has none: a new program's, or one that shares its maker's memory. */
void rseq_forget(struct shim *shim);

#endif
