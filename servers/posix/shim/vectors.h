/* The pieces of memory of a read or write, one or many. */
#ifndef SERVERS_POSIX_SHIM_VECTORS_H
#define SERVERS_POSIX_SHIM_VECTORS_H

#include "servers/posix/shim/shim.h"

#define LINUX_IOV_ON_STACK 64

struct vectors {
	const struct linux_iovec *list;		/* what is here of it */
	struct linux_iovec own;
	uint64_t from;				/* the program's, behind that */
	struct linux_iovec *room;
	uint32_t here, at;
	uint32_t count;				/* in all */
	uint32_t passed;			/* of `count`, before `list` */
	uint64_t skip;				/* bytes of the current one that are done */
	uint64_t total, left;
};

/* One piece. -EFAULT: no address of a program's. */
int64_t vectors_one(struct vectors *vectors, uint64_t address, uint64_t size);
/*
 * As readv() has them: so many at this address, LINUX_IOV_ON_STACK of which are kept in
 * `room` at a time. -EINVAL, -EFAULT. What is beyond LINUX_RW_MAX bytes is left out.
 */
int64_t vectors_many(struct vectors *vectors, uint64_t address, uint64_t count,
	struct linux_iovec *room);
/* Back to the beginning. False: -EFAULT, what is not kept is gone. */
bool vectors_rewind(struct vectors *vectors);
/* The next piece that is not empty, at most `max` bytes. False: there is none. */
bool vectors_next(struct vectors *vectors, uint64_t max, uint64_t *address, uint64_t *size);

#endif
