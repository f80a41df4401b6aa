/*
 * Tables of handles: flat, one for each space. A number is an index and a
 * generation, which changes when the place is used again. The entry says what
 * the handle may do.
 */
#ifndef KERNEL_HANDLE_H
#define KERNEL_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/abi.h"
#include "kernel/object.h"

/* Rights as in enum kernel_Rights. */
struct handle {
	struct object *object;		/* NULL: free */
	uint16_t rights;
	uint16_t protocol_rights;	/* of sessions */
	uint16_t generation;		/* 12 bits, from 1 */
	/* HANDLE_CLIENT: of a session, and calls go to its server. Without it a
	 * session's calls are the kernel's, as any other object's. The others follow
	 * from kind and rights, so that the short way asks for one number. */
	uint16_t flags;
};
enum {
	HANDLE_CLIENT = 1,
	HANDLE_CALLS = 2,		/* a client, with CALL */
	HANDLE_RECEIVES = 4,		/* an endpoint, with RECEIVE */
	HANDLE_SIGNALS = 8		/* a notification, with SIGNAL */
};

/* Those that a protocol speaks of: of a kernel object, the kernel's. */
static inline uint16_t handle_shown_rights(const struct handle *handle)
{
	return handle->flags & HANDLE_CLIENT ? handle->protocol_rights : handle->rights;
}

static inline void handle_narrow(struct handle *handle, uint16_t rights)
{
	if (handle->flags & HANDLE_CLIENT)
		handle->protocol_rights &= rights;
	else
		handle->rights &= rights;
}

#define HANDLE_PAGE 256			/* entries */
#define HANDLE_PAGES 512
#define HANDLE_MAX (HANDLE_PAGE * HANDLE_PAGES)

struct handle_table {
	struct handle **pages;		/* HANDLE_PAGES of them, NULL until used */
	struct object *owner;		/* the space: charged with bytes and handles */
	uint32_t page_count;
	uint32_t used;
	uint32_t reserved;
	uint32_t free;			/* first free index, 0: none; linked */
	bool ending;
};

/* False: QUOTA_EXCEEDED or no memory. Ends with handle_table_end(), which closes
 * in steps; false: there is more to do. From its first call on nothing can be
 * reserved; what is reserved then has to be unreserved before its last. A table
 * of zeros is one that has ended. */
bool handle_table_init(struct handle_table *table, struct object *owner);
bool handle_table_end(struct handle_table *table, unsigned *steps);

/* NULL: no such handle. O(1). */
static inline struct handle *handle_find(const struct handle_table *table,
	uint32_t number)
{
	uint32_t index = ABI_INDEX(number);
	struct handle *handle;

	if (index / HANDLE_PAGE >= table->page_count)
		return NULL;
	handle = &table->pages[index / HANDLE_PAGE][index % HANDLE_PAGE];
	return handle->object && handle->generation == ABI_GENERATION(number) ?
		handle : NULL;
}

/*
 * Makes sure that so many can be added (the table grows, handles are charged),
 * and keeps the places until handle_unreserve(), or until they are filled by
 * handle_add(), of which each takes one. False: TABLE_FULL or QUOTA_EXCEEDED.
 */
bool handle_reserve(struct handle_table *table, unsigned count);
void handle_unreserve(struct handle_table *table, unsigned count);

/* Fills one that is reserved; takes a reference. Returns its number. */
uint32_t handle_add(struct handle_table *table, struct object *object,
	uint16_t rights, uint16_t protocol_rights, uint16_t flags);
/* Empties a place; drops the reference. */
void handle_remove(struct handle_table *table, uint32_t number);
/* The place of one becomes free, and the reference is the caller's: moving. (The
 * object is told, with its last handle: what moves is added there before.) */
struct handle handle_take_out(struct handle_table *table, uint32_t number);
/* The next that is used, from an index on; 0: no more. */
uint32_t handle_next(const struct handle_table *table, uint32_t index);
/* Of the entry at an index that is used. */
uint32_t handle_number(const struct handle_table *table, uint32_t index);

#endif
