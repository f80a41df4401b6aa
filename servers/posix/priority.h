/* Locks in the program's memory that posix hands over (futex's PI operations; priority.c). */
#ifndef SERVERS_POSIX_PRIORITY_H
#define SERVERS_POSIX_PRIORITY_H

#include "servers/posix/posix.h"

/* Of a lock's word: whose it is, and what else is known of it. */
#define LOCK_OWNER UINT32_C(0x3fffffff)
#define LOCK_OWNER_DIED UINT32_C(0x40000000)
#define LOCK_WAITERS UINT32_C(0x80000000)

/* robust.c: what lies at an address of a program's. False: not all of it is there. */
bool lock_fetch(struct sk_handle space, uint64_t from, void *to, uint64_t size);

void op_lock_priority_futex(void *self,
	const struct posix_Memory_lock_priority_futex_request *request, struct sk_reply *to);
void op_unlock_priority_futex(void *self,
	const struct posix_Memory_unlock_priority_futex_request *request, struct sk_reply *to);
/* A thread ends, before what it held is marked: who waits for that gets it, and it waits no more. */
void priority_owner_ends(const struct thread *thread);

#endif
