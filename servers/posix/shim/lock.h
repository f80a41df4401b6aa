/* A lock among threads of a process, held for a few instructions and in no call: 0 free, 1
 * held, 2 held and waited for. */
#ifndef SERVERS_POSIX_SHIM_LOCK_H
#define SERVERS_POSIX_SHIM_LOCK_H

#include "runtime/kernel/sys.h"

static inline void lock_take(uint32_t *lock)
{
	uint32_t is = 0;

	if (__atomic_compare_exchange_n(lock, &is, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(lock, 2, __ATOMIC_ACQUIRE) != 0)
		sk_sys_word_wait(lock, 2, UINT32_MAX, 0, ABI_FOREVER);
}

static inline void lock_let_go(uint32_t *lock)
{
	uint64_t woken;

	if (__atomic_exchange_n(lock, 0, __ATOMIC_RELEASE) == 2)
		sk_sys_word_wake(lock, 1, 0, NULL, UINT32_MAX, &woken);
}

#endif
