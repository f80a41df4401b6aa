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
struct pager_call;
struct thread;

/* Bytes of the greatest. */
#define MEMORY_MAX (UINT64_C(1) << 47)
/* Mappings of one: whoever changes a page looks at all of them. */
#define MEMORY_MAPPINGS_MAX 16384

struct memory {
	struct object object;
	uint8_t kind;			/* enum kernel_MemoryKind */
	uint8_t caching;		/* enum kernel_Caching */
	uint64_t size;			/* bytes, whole pages */
	uint64_t present;		/* pages that have frames */
	uint64_t physical;		/* a run: where it begins */
	bool is_run;			/* frames adjoin, without a table: PHYSICAL, DMA */
	bool is_fixed;			/* frames stay as they are: slots, rings, DMA */
	struct page_table *pages;	/* all others */
	unsigned levels;
	struct list mappings;		/* struct mapping.in_memory; slices' too */
	struct list overlays;		/* struct mapping.in_own */
	uint32_t mapping_count;
	uint32_t writable_count;
	uint32_t slice_count;
	uint64_t pins;			/* of all pages together */
	struct watch idle;
	/* A slice: all else is the whole's, from `base` on. */
	struct memory *whole;		/* referenced */
	uint64_t base;
	/* CHILD: whose pages it has where it has given up its own; if that one is
	 * PAGED, wherever it has none. Its page 0 is there at `parent_offset`. */
	struct memory *parent;		/* referenced */
	uint64_t parent_offset;
	/* While its pages are being had: whence, and up to which index. */
	struct memory *source;		/* referenced */
	uint64_t source_offset;
	uint64_t fill_next;
	uint64_t fill_end;
	/* PAGED */
	struct session *pager;		/* referenced */
	struct pager_call *calls;	/* MEMORY_PAGER_CALLS, and one for `idle` */
	struct list waiting;		/* threads, for a page or a call to be free */
};

extern const struct object_type memory_type;

/* The type's `destroy`. */
bool memory_end(struct object *object, unsigned *steps);

/* At boot, behind frame_init(): the frame of zeros. */
void memory_init(void);

struct memory *memory_new(struct quota *quota, uint64_t size, kernel_error *error);
/* Frames that are not to be freed: of firmware, devices. */
struct memory *memory_new_physical(struct quota *quota, uint64_t address,
	uint64_t size, uint32_t caching, kernel_error *error);
struct memory *memory_new_contiguous(struct quota *quota, uint64_t size,
	uint64_t alignment, uint64_t below, uint64_t *physical, kernel_error *error);
/* It has its parent's pages once memory_fill() has answered true. */
struct memory *memory_new_child(struct quota *quota, struct memory *parent,
	uint64_t offset, uint64_t size, kernel_error *error);
/* A part of that, in at most *steps steps. False with *error 0: there is more to
 * do; else it cannot be, and the memory is to be dropped. */
bool memory_fill(struct memory *memory, unsigned *steps, kernel_error *error);
/* What `source` has from page `first` up to `end`, at the same places: begins
 * it, for memory_fill() to do. */
void memory_fill_from(struct memory *memory, struct memory *source, uint64_t first,
	uint64_t end);
struct memory *memory_new_paged(struct quota *quota, uint64_t size,
	struct session *pager, kernel_error *error);
/* The same pages, of a part; charged to the memory's quota. */
struct memory *memory_slice(struct memory *memory, uint64_t offset, uint64_t size,
	kernel_error *error);

/* Of a slice: whose pages they are; *offset becomes the one in there. */
static inline struct memory *memory_whole(struct memory *memory, uint64_t *offset)
{
	*offset += memory->base;
	return memory->whole ? memory->whole : memory;
}

/* After MEMORY_PAGER: whose pager has to be asked, and for which page there. */
static inline struct memory *memory_asked(struct memory *memory, uint64_t *offset)
{
	memory = memory_whole(memory, offset);
	if (memory->pager)
		return memory;
	*offset += memory->parent_offset;
	return memory->parent;
}

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

/* ---- between memory.c, its operations and spaces ---- */

/* The page at an offset has a frame of its own: a copy of `from`, zeros if that
 * is FRAME_NONE. For what had none. False: quota, or memory, is used up. */
bool memory_copy_page(struct memory *memory, uint64_t offset, uint64_t from);
/* True: it has a frame there itself. Not of slices. */
bool memory_has(const struct memory *memory, uint64_t offset);
/* As another memory's page, which is there: its frame, shared, or a copy where
 * that one has to keep it. Not of slices. */
bool memory_share_page(struct memory *to, uint64_t offset, struct memory *from,
	uint64_t from_offset);
/* Takes frames away, from *offset up to `end`, in at most *steps steps; *offset
 * says how far it came. `keep`: flags of kernel/page_table.h; such pages stay.
 * Pinned ones always do. Returns how many frames went. */
uint64_t memory_take_away(struct memory *memory, uint64_t *offset, uint64_t end,
	unsigned keep, unsigned *steps);
/* Kept in page tables where the CPU saw it; now in the memory as well. */
void memory_touched(struct memory *memory, uint64_t offset);
/* A handle or a mapping is gone: tells who waits for it if it was the last. */
void memory_check_idle(struct memory *memory);
/* The kernel may look at its pages: they are no device's. */
bool memory_is_seen(const struct memory *memory);

/* ---- pagers: pager.c ---- */

/* Makes the call that a page needs, unless it is under way; the thread waits
 * for the page. `access` as it was tried. */
void pager_ask(struct memory *memory, uint64_t offset, struct thread *thread,
	uint64_t address, uint32_t access);
/* Who waits for pages of the range tries again; or, with `refused`, faults with
 * NO_PAGE. */
void pager_wake(struct memory *memory, uint64_t offset, uint64_t length, bool refused);
/* This space receives what the pager is asked: as far as is known, which is of
 * the thread that received there last, and of those that wait to receive. */
bool pager_is_of(const struct memory *memory, const struct space *space);
bool pager_init(struct memory *memory, struct session *pager);
void pager_idle(struct memory *memory);
void pager_end(struct memory *memory);
/* One of its calls has ended (see caller_done()). */
void memory_answered(struct caller *caller, uint64_t head);

#endif
