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
	struct claim claim;		/* of a device's, by System.physical */
	bool is_run;			/* frames adjoin, without a table: PHYSICAL, DMA */
	bool is_fixed;			/* frames stay as they are: slots, rings, DMA */
	bool is_own;			/* some mapping's own pages: nobody else's */
	struct page_table *pages;	/* all others */
	unsigned levels;
	struct list mappings;		/* struct mapping.in_memory, or .in_own */
	uint32_t mapping_count;
	uint32_t writable_count;
	struct watch idle;
	/* While it gets its pages: whence, and which are left. */
	struct memory *source;		/* referenced */
	uint64_t source_offset;
	uint64_t fill_next;
	uint64_t fill_end;
	/* PAGED */
	struct session *pager;		/* referenced */
	struct pager_call *calls;	/* MEMORY_PAGER_CALLS */
	struct list waiting;		/* threads, for a page or a call to be free */
};

extern const struct object_type memory_type;

/* The type's `destroy`. */
bool memory_end(struct object *object, unsigned *steps);

/* At boot, behind frame_init(): the frame of zeros. */
void memory_init(void);

struct memory *memory_new(struct quota *quota, uint64_t size, kernel_error *error);
/* Frames that are not to be freed: of firmware, devices. INVALID also if it would
 * be cached, as memory is that the kernel looks at, and that cannot see it. */
struct memory *memory_new_physical(struct quota *quota, uint64_t address,
	uint64_t size, uint32_t caching, kernel_error *error);
/* These two have their zeros, or their parent's pages, once memory_fill() has
 * answered true. */
struct memory *memory_new_contiguous(struct quota *quota, uint64_t size,
	uint64_t alignment, uint64_t below, kernel_error *error);
struct memory *memory_new_child(struct quota *quota, struct memory *parent,
	uint64_t offset, uint64_t size, kernel_error *error);
/* A part of that, in at most *steps steps. False with *error 0: there is more to
 * do; else it cannot be, and the memory is to be dropped. */
bool memory_fill(struct memory *memory, unsigned *steps, kernel_error *error);
/* Pages [first, end) are to be those of `source`, which are `offset` further on:
 * begins it, for memory_fill() to do. */
void memory_fill_from(struct memory *memory, struct memory *source, uint64_t offset,
	uint64_t first, uint64_t end);
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

/* ---- between memory.c, its operations and spaces ---- */

/* The page at an offset has a frame of its own from now on: a copy of `from`,
 * zeros if that is FRAME_NONE. Its entry; NULL: quota, or memory, is used up. */
uint64_t *memory_copy_page(struct memory *memory, uint64_t offset, uint64_t from);
/* True: it has a frame there. */
bool memory_has(const struct memory *memory, uint64_t offset);
/* Its frames can be another's as well. */
bool memory_can_share(const struct memory *memory);
/* A page becomes another memory's, which is there: they share its frame. */
uint64_t *memory_share_page(struct memory *to, uint64_t offset, struct memory *from,
	uint64_t from_offset);
/* Takes frames away, from *offset up to `end`, in at most *steps steps; *offset
 * says how far it came. `keep`: flags of kernel/page_table.h; such pages stay.
 * Returns how many frames went. */
uint64_t memory_take_away(struct memory *memory, uint64_t *offset, uint64_t end,
	unsigned keep, unsigned *steps);
/* Gives pages frames of their own, from *at up to `end`, in at most *steps steps.
 * False: there is more to do, or *error. */
bool memory_commit(struct memory *memory, uint64_t *at, uint64_t end, unsigned *steps,
	kernel_error *error);
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
/* This space receives what the pager is asked: it keeps tokens for that, or its
 * thread received there last, or waits to receive. */
bool pager_is_of(const struct memory *memory, const struct space *space);
bool pager_init(struct memory *memory, struct session *pager);
void pager_end(struct memory *memory);
/* One of its calls has ended (see caller_done()). */
void memory_answered(struct caller *caller, uint64_t head);

#endif
