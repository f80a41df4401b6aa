/* Where the OS has memory for files that are mapped. */
#ifndef SERVERS_RAMFS_KERNEL_H
#define SERVERS_RAMFS_KERNEL_H

#include "runtime/server/os.h"
#include "servers/ramfs/ramfs.h"

/* Once; together they have so many bytes at most. NULL: there is no quota for them. */
const struct ram_memories *kernel_memories(struct sk_os *os, uint64_t bytes);

#endif
