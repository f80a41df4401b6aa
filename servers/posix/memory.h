/* What memory.c and pages.c have in common. */
#ifndef SERVERS_POSIX_MEMORY_H
#define SERVERS_POSIX_MEMORY_H

#include "servers/posix/posix.h"

#define MASK (LAYOUT_PAGE - 1)
#define UP(x) (((x) + MASK) & ~MASK)
#define SPACE(self) (((struct thread *)(self))->process->space)

/* Whether all of it is where a program's own memory may be. */
bool memory_is_programs(uint64_t address, uint64_t size);
/* The next mapping from an address on. False: there is none. */
bool memory_next(struct space *space, uint64_t from, struct kernel_Mapping *mapping);
/* A program's range, from a page on: 0, EINVAL, or `outside`. */
int memory_check(uint64_t address, uint64_t size, int outside);
/* Whether all of it is mapped: 0, EINVAL or ENOMEM. */
int memory_whole(struct space *space, uint64_t address, uint64_t size);

#endif
