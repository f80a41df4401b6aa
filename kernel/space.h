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
	uint32_t height;
	uint32_t protection;		/* enum kernel_Protection */
	uint32_t flags;			/* enum kernel_MapFlags */
	uint8_t inherit;		/* enum kernel_Inherit */
	uint8_t caching;
	uint64_t start;
	uint64_t end;
	uint64_t offset;		/* in the memory */
	uint64_t tag;			/* whoever maps says what it is */
	struct space *space;
	struct memory *memory;		/* referenced */
	/* PRIVATE: pages that were written, or had by a fork, live in here from
	 * then on: a child of `memory`, made with the first. NULL: none yet. */
	struct memory *own;
	struct list in_memory;		/* memory->mappings */
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
	uint64_t resident;		/* pages in its page tables */
	uint64_t tables;		/* frames of page tables */
	struct list in_all;		/* by id */
};

extern const struct object_type space_type;

struct space *space_new(struct quota *quota, kernel_error *error);
/* NULL and *error 0: there is more to do; *made holds what there is so far, and
 * is given again. */
struct space *space_fork(struct quota *quota, struct space *from,
	struct space **made, kernel_error *error);
/* Ends it: its threads at once, the rest by the reaper (21 of docs/kernel.md's
 * "What ends a space"). */
void space_kill(struct space *space, int32_t code);
/* By id: the first with at least this one, or NULL. */
struct space *space_next(uint64_t id);

/* What `map` of kernel.skald says. *address is the hint, and then the place. */
kernel_error space_map(struct space *space, struct memory *memory, uint64_t offset,
	uint64_t length, uint64_t *address, uint32_t protection, uint32_t flags,
	uint8_t inherit, uint8_t caching, uint64_t tag);
/* These take at most *steps steps and say in *done how far they came; done with
 * 0 and less than all: the caller is to try again. */
kernel_error space_unmap(struct space *space, uint64_t address, uint64_t length,
	unsigned *steps, uint64_t *done);
kernel_error space_protect(struct space *space, uint64_t address, uint64_t length,
	uint32_t protection, unsigned *steps, uint64_t *done);
/* NULL: nothing is mapped there. */
struct mapping *space_find(const struct space *space, uint64_t address);
/* The first that ends above an address. */
struct mapping *space_find_from(const struct space *space, uint64_t address);

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

/* A frame for the space's page tables: charged to it, zeroed; FRAME_NONE: the
 * quota is used up. And back. For the architecture. */
uint64_t space_table_frame(struct space *space);
void space_table_free(struct space *space, uint64_t frame);

#endif
