/* allowance.c: what a process may still have of memory, by its limits. */
#ifndef SERVERS_POSIX_ALLOWANCE_H
#define SERVERS_POSIX_ALLOWANCE_H

#include "servers/posix/posix.h"

/* Ranges that a space can have locked. */
#define LOCKED_MAX 256

/* Whether it may map so many bytes more; data is what is private and written. */
bool allowance_has(const struct process *process, uint64_t more, bool is_data);
/* The same in place of what is mapped there. */
bool allowance_has_at(const struct process *process, uint64_t address, uint64_t size,
	bool is_data);
/* Whether what is mapped there may be made data. */
bool allowance_may_write(const struct process *process, uint64_t address, uint64_t size);
/* Whether its heap may end there. */
bool allowance_has_heap(const struct process *process, uint64_t end);

/* Whether it may lock anything at all, that range too, and all that it has. */
bool allowance_may_lock(const struct thread *thread);
bool allowance_can_lock(const struct thread *thread, uint64_t address, uint64_t size);
bool allowance_can_lock_all(const struct thread *thread);

/* Locked ranges of a space, in whole pages. False: there are too many. */
bool locked_add(struct space *space, uint64_t start, uint64_t end);
bool locked_remove(struct space *space, uint64_t start, uint64_t end);
void locked_clear(struct space *space);
/* Whether any of that is. */
bool locked_has(const struct space *space, uint64_t start, uint64_t end);
uint64_t locked_bytes(const struct space *space);

#endif
