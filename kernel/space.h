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
	struct mapping *left;		/* by address, balanced */
	struct mapping *right;
	/* Of it and all below: the lowest address, the highest, and the greatest
	 * hole between. What a stack may grow into counts as taken. */
	uint64_t low;
	uint64_t high;
	uint64_t hole;
	uint32_t height;
	uint32_t flags;			/* enum kernel_MapFlags */
	uint8_t protection;		/* enum kernel_Protection */
	uint8_t allowed;		/* likewise: what it may become */
	uint8_t inherit;		/* enum kernel_Inherit */
	uint8_t caching;
	bool stale;			/* page tables may allow more than it does */
	uint64_t start;
	uint64_t end;
	uint64_t seen_from;		/* what is in page tables lies in here */
	uint64_t seen_to;
	uint64_t offset;		/* in the memory */
	uint64_t tag;			/* whoever maps says what it is */
	struct space *space;
	struct memory *memory;		/* referenced */
	/* PRIVATE: pages that were written, or had by a fork, live in here from
	 * then on: a child of `memory`, made with the first. NULL: none yet. */
	struct memory *own;
	struct list in_memory;		/* memory's, or its whole's, mappings */
	struct list in_own;		/* own->overlays */
};

struct space {
	struct object object;
	struct arch_space arch;
	struct handle_table handles;
	struct token_table tokens;
	struct mapping *mappings;
	struct list threads;		/* struct thread.in_space */
	uint32_t thread_count;
	uint32_t suspended;		/* how often */
	uint8_t state;			/* enum kernel_SpaceState */
	int32_t code;
	struct watch ended;
	uint64_t mapped;		/* bytes */
	uint64_t shared;		/* of these: not PRIVATE, and inherited as SHARE */
	uint64_t resident;		/* pages in its page tables */
	uint64_t tables;		/* frames of page tables */
	struct list in_all;		/* by id */
	struct list rings;		/* struct ring.in_space */
	bool counted;			/* by its quota */
	bool has_tables;		/* page tables; else nothing is in them */
	struct life *life;		/* whose end is the space's; NULL: it has come */
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

/*
 * What `map` of kernel.skald says, but for POPULATE. *address is the hint, and
 * then the place. With REPLACE in one step: space_clear() makes that short.
 */
kernel_error space_map(struct space *space, struct memory *memory, uint64_t offset,
	uint64_t length, uint64_t *address, uint32_t protection, uint32_t flags,
	uint8_t inherit, uint8_t caching, uint64_t tag);
/* These take at most *steps steps and say in *done how far they came; done with
 * 0 and less than all: the caller is to try again. */
kernel_error space_unmap(struct space *space, uint64_t address, uint64_t length,
	unsigned *steps, uint64_t *done);
kernel_error space_protect(struct space *space, uint64_t address, uint64_t length,
	uint32_t protection, unsigned *steps, uint64_t *done);
/* Empties the page tables for the range, which stays mapped, as far as *steps
 * allow. False: there is more to do, or *error. */
bool space_clear(struct space *space, uint64_t address, uint64_t length,
	unsigned *steps, kernel_error *error);
/* The range's mappings end where it does. QUOTA_EXCEEDED, NO_MEMORY. */
kernel_error space_isolate(struct space *space, uint64_t address, uint64_t length);
/* A multiple of pages, not empty, within what programs can have: 0, INVALID,
 * BAD_ADDRESS. */
kernel_error space_check_range(uint64_t address, uint64_t length);
/* NULL: nothing is mapped there. */
struct mapping *space_find(const struct space *space, uint64_t address);
/* The first that ends above an address. */
struct mapping *space_find_from(const struct space *space, uint64_t address);
/* Where so many bytes are free, with a page more on either side, from an address
 * on or else anywhere; 0: nowhere. */
uint64_t space_find_place(const struct space *space, uint64_t from, uint64_t length);

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
void mapping_add(struct mapping *mapping);
void mapping_remove(struct mapping *mapping);
void mapping_free(struct mapping *mapping);
/* Takes [from, to) out of the page tables, in at most *steps steps, from above.
 * False: there is more to do. */
bool mapping_clear(struct mapping *mapping, uint64_t from, uint64_t to, unsigned *steps);

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
/* Copies between spaces, page by page, words at a time. Returns how many bytes
 * were done; at most `size`. *fault_in_from: which of the two stopped it. */
uint64_t space_copy(struct space *to, uint64_t to_address, struct space *from,
	uint64_t from_address, uint64_t size, bool *fault_in_from);
/* The same with memory of the kernel's. */
uint64_t space_read(struct space *space, uint64_t address, void *to, uint64_t size);
uint64_t space_write(struct space *space, uint64_t address, const void *from,
	uint64_t size);

/* Pages of a memory have gone, or may only be read from now on: in all spaces
 * that map them. */
void space_forget(struct memory *memory, uint64_t offset, uint64_t length);
void space_protect_all(struct memory *memory, uint64_t offset, uint64_t length);
/* The same as space_forget() from an offset on, in steps; false: there is more. */
bool space_forget_beyond(struct memory *memory, uint64_t offset, unsigned *steps);
/* A mapping that is LOCKED has the page. */
bool space_is_locked(const struct memory *memory, uint64_t offset);

/* A frame for the space's page tables: charged to it, zeroed; FRAME_NONE: the
 * quota is used up. And back. For the architecture. */
uint64_t space_table_frame(struct space *space);
void space_table_free(struct space *space, uint64_t frame);

#endif
