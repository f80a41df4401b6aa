/*
 * The clocks without a call, from the page that kernel.Clock.page gives.
 */
#ifndef RUNTIME_KERNEL_CLOCK_H
#define RUNTIME_KERNEL_CLOCK_H

#include <stdint.h>

#include "kernel/abi.h"

#if defined __x86_64__
/* Nanoseconds: the counter since the page's first word, times its second, of 128 bits
 * those from bit 32 on. */
static inline uint64_t sk_kernel_clock(const void *page)
{
	__extension__ typedef unsigned __int128 wide;
	const uint64_t *words = (const uint64_t *)page;
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)(((wide)(((uint64_t)high << 32 | low) - words[0]) * words[1]) >> 32);
}
#else
#error "no clock is known for this architecture"
#endif

/* Nanoseconds since 1970 when the monotonic clock is at `now` (struct abi_clock). */
static inline int64_t sk_kernel_wall(const void *page, uint64_t now)
{
	const volatile struct abi_clock *clock = (const volatile struct abi_clock *)
		(const volatile void *)((const uint8_t *)page + ABI_CLOCK);
	int64_t passed, frequency, offset;
	uint32_t sequence;

	do {
		sequence = __atomic_load_n(&clock->sequence, __ATOMIC_ACQUIRE);
		passed = (int64_t)(now - clock->since);
		frequency = clock->frequency;
		offset = clock->offset;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (sequence & 1 || sequence != clock->sequence);
	return (int64_t)now + offset + (frequency == 0 ? 0 : (passed / 1000000 * frequency +
		passed % 1000000 * frequency / 1000000) / 65536);
}

#endif
