/*
 * The monotonic clock without a call, from the page that kernel.Clock.page gives.
 */
#ifndef RUNTIME_KERNEL_CLOCK_H
#define RUNTIME_KERNEL_CLOCK_H

#include <stdint.h>

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

#endif
