/*
 * Spaces: an address space, as an ordered tree of mappings, and a table of
 * handles. The mappings are the only truth; page tables are filled from them as
 * pages are touched, and can be dropped at any time.
 */
#ifndef KERNEL_SPACE_H
#define KERNEL_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/arch/arch.h"
#include "kernel/handle.h"
#include "kernel/list.h"
#include "kernel/memory.h"
#include "kernel/object.h"
#include "kernel/token.h"

struct mapping {
	struct mapping *child[2];	/* by address, balanced: below, above */
	/* Of it and all below it in the tree: the lowest address, the highest, and
	 * the greatest hole between. */
	uint64_t low;
	uint64_t high;
	uint64_t hole;
	uint32_t height;
	uint32_t flags;			/* enum kernel_MapFlags: PRIVATE, LOCKED, ... */
	uint8_t protection;		/* enum kernel_Protection */
	uint8_t allowed;		/* likewise: what it may become */
	uint8_t inherit;		/* enum kernel_Inherit */
	uint64_t start;
	uint64_t end;
	uint64_t offset;		/* in the memory */
	uint64_t tag;			/* whoever maps says what it is */
	struct space *space;
	struct memory *memory;		/* referenced */
	/* PRIVATE: pages that were written, or had by a fork, live in here from
	 * then on, at the same offsets. NULL: none yet. */
	struct memory *own;
	struct list in_memory;		/* memory's mappings */
	struct list in_own;		/* own's mappings */
};

struct space {
	struct object object;
	struct arch_space arch;
	struct handle_table handles;
	struct token_table tokens;
	struct mapping *mappings;
	struct list threads;		/* struct thread.in_space */
	uint32_t thread_count;
	uint8_t state;			/* enum kernel_SpaceState */
	int32_t code;
	struct watch ended;
	uint64_t mapped;		/* bytes */
	uint64_t shared;		/* of these: not PRIVATE */
	uint64_t resident;		/* pages in its page tables */
	uint64_t losses;		/* counts when they lose a page, or a right */
	uint64_t tables;		/* frames of page tables */
	uint64_t filled;		/* space_fill()'s last: likely to be there */
	struct list in_all;		/* by id */
	struct list rings;		/* struct ring.in_space */
	bool counted;			/* by its quota */
	bool has_tables;		/* page tables; else nothing is in them */
	/* A fork that is being made: up to where, and the memory that is filled. */
	uint64_t fork_next;
	struct memory *filling;		/* referenced */
};

extern const struct object_type space_type;

/* The type's `destroy`. */
bool space_end(struct object *object, unsigned *steps);

/* At boot: there are none. */
void spaces_init(void);
struct space *space_new(struct quota *quota, kernel_error *error);
/* NULL and *error 0: there is more to do; *made holds what there is so far, and
 * is given again. */
struct space *space_fork(struct quota *quota, struct space *from,
	struct space **made, kernel_error *error);
/* Ends it: its threads at once, the rest by the reaper (docs/kernel.md,
 * "What ends, and what becomes of the rest"). */
void space_kill(struct space *space, int32_t code);
/* By id: the first with at least this one, or NULL. */
struct space *space_next(uint64_t id);

/* In `protection`: what `protect` may make of it, besides. */
#define SPACE_ALLOWED(protection) ((uint32_t)(protection) << 8)

/* What `map` of kernel.skald says. *address is the hint, and then the place, where
 * nothing may be. */
kernel_error space_map(struct space *space, struct memory *memory, uint64_t offset,
	uint64_t length, uint64_t *address, uint32_t protection, uint32_t flags,
	uint8_t inherit, uint64_t tag);
/* In at most *steps steps. False: there is more to do, or *error. The last mapping
 * goes in the call that answers true, all of them if they are few. */
bool space_unmap(struct space *space, uint64_t address, uint64_t length,
	unsigned *steps, kernel_error *error);
/* Where a mapping can be: *address if it is `fixed`, else near it. 0, or why not. */
kernel_error space_choose_place(const struct space *space, uint64_t length,
	uint64_t *address, bool fixed);
/* Nothing is mapped there. */
bool space_is_free(const struct space *space, uint64_t start, uint64_t length);
/* Empties the page tables of a range, which stays mapped. False: there is more. */
bool space_clear(struct space *space, uint64_t from, uint64_t to, unsigned *steps);
/* What is to become of mappings; what is negative stays as it is. */
struct change {
	int protection;
	int inherit;
	int locked;
};
/* Of all in a range, from *at on, which says how far it came; there may be holes
 * if the protection does not change. False: there is more to do, or *error. */
bool space_change(struct space *space, uint64_t *at, uint64_t end,
	const struct change *change, unsigned *steps, kernel_error *error);
/* The range's mappings end where it does. QUOTA_EXCEEDED, NO_MEMORY. */
kernel_error space_isolate(struct space *space, uint64_t address, uint64_t length);
/* A multiple of pages, not empty, within what programs can have: 0, INVALID,
 * BAD_ADDRESS. */
kernel_error space_check_range(uint64_t address, uint64_t length);
/* NULL: nothing is mapped there. */
struct mapping *space_find(const struct space *space, uint64_t address);
/* The first that ends above an address. */
struct mapping *space_find_from(const struct space *space, uint64_t address);

/* ---- mapping.c, for those that change mappings ---- */

/* A record, charged to the space, in no tree; with `like`'s values if not NULL.
 * mapping_add() puts it into the tree, mapping_remove() takes it out, mapping_free()
 * ends it. Its bounds, protection and inheritance change while it is out. */
struct mapping *mapping_new(struct space *space, const struct mapping *like,
	kernel_error *error);
bool mapping_set_memory(struct mapping *mapping, struct memory *memory);
void mapping_set_own(struct mapping *mapping, struct memory *own);
/* An empty one, charged to the space. */
bool mapping_make_own(struct mapping *mapping, kernel_error *error);
/* One of a part of a memory, without a place yet: all that it needs is charged. What
 * `map` of kernel.skald asks of the handle is looked at; NULL: an error, or status.
 * Then it is put where it is to be, *address as of space_map(); or freed. */
struct mapping *mapping_of_handle(struct space *space, const struct handle *memory,
	uint64_t offset, uint64_t length, uint32_t protection, uint32_t flags, int *error);
kernel_error mapping_place(struct mapping *mapping, uint64_t *address, bool fixed);
void mapping_add(struct mapping *mapping);
void mapping_remove(struct mapping *mapping);
void mapping_free(struct mapping *mapping);
/* What became of a page that was touched; but for TOUCH_DONE, enum fault_Reason
 * says why not. */
enum touch {
	TOUCH_DONE,
	TOUCH_PAGER,		/* the thread waits for it now, if one was given */
	TOUCH_FAULT
};
/*
 * Makes a page present for an access (enum fault_Access), as a page fault does.
 * `thread`: who waits if a pager has to be asked; NULL: nobody may.
 */
enum touch space_touch(struct space *space, uint64_t address, uint32_t access,
	struct thread *thread, uint32_t *reason);
/* The page of a mapping that has but one comes into page tables, if it is there for
 * all that the mapping allows. */
void space_fill(struct mapping *mapping);
/* Besides fault_Access: whatever the mapping's protection is. */
#define ACCESS_FORCED (UINT32_C(1) << 31)
/* The page's frame, made so for an access, whether or not the page tables have
 * it. Else as space_touch() (for nobody). */
enum touch space_frame(struct space *space, uint64_t address, uint32_t access,
	uint64_t *frame, uint32_t *reason);

/*
 * Where the kernel sees the bytes of a space from an address on, up to the end
 * of the page, having made it present; `*size` says how many. NULL: it cannot
 * without a pager, or may not; `*reason` as above. Good until the lock is
 * released.
 */
void *space_see(struct space *space, uint64_t address, bool write, uint64_t *size,
	uint32_t *reason);

/* Bytes that the kernel copies by the frames that they are in. */
struct content {
	struct space *space;		/* whose; or NULL */
	struct memory *memory;		/* whose; or NULL: the kernel's own */
	void *own;
	uint64_t at;			/* address in the space, or offset */
	uint32_t access;		/* of spaces: as of space_frame() */
	uint8_t *seen;			/* content_copy()'s: what comes next, */
	uint64_t left;			/* and so much of it behind each other */
};
/* Copies page by page, whole words where both are aligned. Returns how many were
 * done, as far as pages are there or can be made so without a pager.
 * *stopped_by_from: which of the two stopped it. */
uint64_t content_copy(struct content to, struct content from, uint64_t size,
	bool *stopped_by_from);
uint64_t space_copy(struct space *to, uint64_t to_address, struct space *from,
	uint64_t from_address, uint64_t size, bool *stopped_by_from);
/* Between the kernel and others. */
uint64_t space_read(struct space *space, uint64_t address, void *to, uint64_t size);
uint64_t space_write(struct space *space, uint64_t address, const void *from,
	uint64_t size);
uint64_t memory_write(struct memory *memory, uint64_t offset, const void *from,
	uint64_t size);

/* Pages [offset, end) of a memory are taken out of all page tables, in at most
 * *steps steps; false: there is more. Or may only be read there from now on. */
bool space_forget(struct memory *memory, uint64_t offset, uint64_t end,
	unsigned *steps);
void space_protect_all(struct memory *memory, uint64_t offset, uint64_t end);
/* A mapping that is LOCKED has the page. */
bool space_is_locked(const struct memory *memory, uint64_t offset);

/* A frame for the space's page tables: charged to it, zeroed; FRAME_NONE: the
 * quota is used up. And back. For the architecture. */
uint64_t space_table_frame(struct space *space);
void space_table_free(struct space *space, uint64_t frame);

#endif
