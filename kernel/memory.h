/*
 * Memory objects: a row of pages, each with a frame or without one yet. Frames
 * are counted; one that two memories have (after a child was made, or a fork)
 * is copied when either writes. No chains: a child knows its frames itself.
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/caller.h"
#include "kernel/frame.h"
#include "kernel/list.h"
#include "kernel/object.h"

/* Calls to a pager at the same time. */
#define MEMORY_PAGER_CALLS 4

/* A page's frame, in a table of pages of 512; sparse: tables of tables. */
struct page_table;

struct memory {
	struct object object;
	uint8_t kind;			/* enum kernel_MemoryKind */
	uint8_t caching;		/* enum kernel_Caching */
	uint64_t size;			/* bytes, whole pages */
	uint64_t present;		/* pages that have frames */
	uint64_t physical;		/* PHYSICAL: where it begins */
	bool is_fixed;			/* frames stay as they are: slots, rings, DMA */
	struct page_table *pages;	/* all others */
	unsigned levels;
	struct list mappings;		/* struct mapping.in_memory */
	uint32_t mapping_count;
	uint32_t writable_count;
	struct watch idle;
	/* PAGED */
	struct session *pager;		/* referenced */
	struct caller *calls;		/* MEMORY_PAGER_CALLS */
	struct list waiting;		/* threads, for a page or a call to be free */
};

/* The rest of them, and how a slice of one is had, is in memory.c. */
extern const struct object_type memory_type;

struct memory *memory_new(struct quota *quota, uint64_t size, kernel_error *error);
/* Frames that are not to be freed: of firmware, devices. */
struct memory *memory_new_physical(struct quota *quota, uint64_t address,
	uint64_t size, uint32_t caching, kernel_error *error);
struct memory *memory_new_contiguous(struct quota *quota, uint64_t size,
	uint64_t alignment, uint64_t below, uint64_t *physical, kernel_error *error);
struct memory *memory_new_child(struct quota *quota, struct memory *parent,
	uint64_t offset, uint64_t size, kernel_error *error);
struct memory *memory_new_paged(struct quota *quota, uint64_t size,
	struct session *pager, kernel_error *error);

enum memory_page {
	MEMORY_THERE,
	MEMORY_BEYOND,			/* the end */
	MEMORY_NO_FRAME,		/* quota, or memory, is used up */
	MEMORY_PAGER			/* its pager has to be asked */
};

/*
 * The frame of the page at an offset. To write, it becomes the memory's own: of
 * zeros, or a copy. To read, what nobody has written may be the frame of zeros
 * that all share: then *writable is false, as it is for a frame that is shared
 * or protected.
 */
enum memory_page memory_page(struct memory *memory, uint64_t offset, bool write,
	uint64_t *frame, bool *writable);

/* Copies by the kernel's own eyes, as far as pages are there or can be made;
 * returns how many bytes were done. */
uint64_t memory_read(struct memory *memory, uint64_t offset, void *to, uint64_t size);
uint64_t memory_write(struct memory *memory, uint64_t offset, const void *from,
	uint64_t size);

#endif
