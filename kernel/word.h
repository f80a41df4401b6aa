/*
 * Words: threads that wait for a 32-bit word in memory to change, and are woken.
 * Keyed by space and address, or by memory and offset; kept in a table of fixed
 * size, so nothing is allocated.
 */
#ifndef KERNEL_WORD_H
#define KERNEL_WORD_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

#define WORD_STEPS 64

/* At boot. */
void word_init(void);
/* The thread waits now, or has in its frame: SK_WOULD_BLOCK, the word is another;
 * SK_LEASE_FAULT: the page is not there; SK_INVALID. */
void word_wait(struct thread *thread, uint64_t address, uint32_t expected,
	uint32_t mask, bool shared, uint64_t deadline);
/* Returns how many were woken and, in the upper half, moved, WORD_STEPS in all at
 * most: if it is as many, there may be more. Or a negative status. */
int64_t word_wake(struct thread *thread, uint64_t address, uint32_t count,
	uint32_t move, uint64_t to, uint32_t mask, bool shared);

#endif
