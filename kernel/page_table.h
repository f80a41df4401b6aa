/*
 * Which frame each page of a memory has: tables of 512 entries, made as they are
 * needed, which stay until the memory ends.
 */
#ifndef KERNEL_PAGE_TABLE_H
#define KERNEL_PAGE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/frame.h"

struct memory;

/* An entry: a frame, or none (0), and these. */
enum {
	PAGE_DIRTY = 1 << 0,		/* PAGED: written since supplied, or protected */
	PAGE_ASK = 1 << 1,		/* PAGED: its pager wants to know before that */
	PAGE_LOCKED = 1 << 2		/* in no entry: what LOCKED mappings have */
};

static inline uint64_t page_frame(uint64_t entry)
{
	return entry & ~PAGE_MASK;
}

/* The entry of a page; NULL: there is no table yet, and so no frame. */
uint64_t *page_find(const struct memory *memory, uint64_t index);
/* The same, with the tables that it needs, charged. NULL: they cannot be had. */
uint64_t *page_make(struct memory *memory, uint64_t index);
/* The first in [*index, end) that has a frame; *index says which. NULL: there is
 * none, or no steps are left. Each, and each table looked through, is a step. */
uint64_t *page_next(const struct memory *memory, uint64_t *index, uint64_t end,
	unsigned *steps);
/* Frees the tables, whose frames have gone. False: there is more to do. */
bool page_free(struct memory *memory, unsigned *steps);

#endif
