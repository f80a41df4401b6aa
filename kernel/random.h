/* Random bytes that nobody can foretell, or reckon back. */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Any time after the start, with the lock held. */
void random_fill(void *to, size_t size);

/* ChaCha20's block function, for its test. */
void random_block(const uint32_t from[16], uint32_t to[16]);

#endif
