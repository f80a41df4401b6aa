/*
 * Records in the order of their time. Each ring is in order, but they are read one
 * after the other; so records are held back until the newest is by a window newer.
 */
#ifndef OSTRACE_ORDER_H
#define OSTRACE_ORDER_H

#include "tools/ostrace/calls.h"

/* Zero is an empty one. */
struct order {
	struct record **heap;
	size_t count, room;
	uint64_t newest;		/* time */
	uint64_t added;
};

/* Takes a copy. */
void order_add(struct order *order, const struct record *record);
/* The earliest, if it is so old or `all` are wanted; else NULL. To be freed. */
struct record *order_take(struct order *order, uint64_t window, bool all);
void order_free(struct order *order);

#endif
