/*
 * Physical memory in frames of a page each: who has one, and how often it is
 * shared. The kernel sees all of them through arch_physical().
 */
#ifndef KERNEL_FRAME_H
#define KERNEL_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/arch/arch.h"

#define PAGE_SIZE (UINT64_C(1) << PAGE_SHIFT)
#define PAGE_MASK (PAGE_SIZE - 1)
#define FRAME_NONE UINT64_MAX

/* At boot, first of all: what of the ranges is usable, less what is in use. The
 * records of frames are put into it. What stands on frames begins with them:
 * the pool, quota_root(). */
void frame_init(const struct arch_boot *boot);

/* A frame with one reference, not zeroed; its physical address, or FRAME_NONE.
 * Nothing is charged: that is quota_take()'s. O(1). */
uint64_t frame_take(void);
/* The same, zeroed. */
uint64_t frame_take_zeroed(void);
/* Adjoining ones, at a multiple of `alignment` (bytes, a power of two), and
 * below `below` (0: anywhere); each with one reference, and dropped one by one.
 * Not zeroed. At most 1 GiB; only some blocks of each size are looked at. */
uint64_t frame_take_many(uint64_t count, uint64_t alignment, uint64_t below);

/* More and fewer references of a frame that frame_take...() gave. Returns how
 * many are left: at 0 it is free. */
void frame_share(uint64_t frame);
uint32_t frame_drop(uint64_t frame);
uint32_t frame_references(uint64_t frame);
/* True if it is memory that frame_take() could give: else it is a device's, and
 * neither shared nor dropped. */
bool frame_is_memory(uint64_t frame);

static inline void *frame_data(uint64_t frame)
{
	return arch_physical(frame);
}
/* Back: the frame that the kernel sees there. */
uint64_t frame_of(const void *data);

/* Bytes, of all usable memory and of what is free. */
uint64_t frame_total(void);
uint64_t frame_free(void);

#endif
