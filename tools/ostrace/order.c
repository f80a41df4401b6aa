/* Records in the order of their time: a heap. */
#include "tools/ostrace/order.h"

#include <stdlib.h>

static bool is_before(const struct record *a, const struct record *b)
{
	return a->entry.as.time != b->entry.as.time ? a->entry.as.time < b->entry.as.time :
		a->order < b->order;
}

void order_add(struct order *order, const struct record *record)
{
	struct record *copy = must_allocate(1, sizeof(*copy));
	size_t at = order->count++;

	if (order->count > order->room) {
		order->room = order->room ? 2 * order->room : 256;
		order->heap = must_resize(order->heap, order->room, sizeof(*order->heap));
	}
	*copy = *record;
	copy->order = order->added++;
	if (copy->entry.as.time > order->newest)
		order->newest = copy->entry.as.time;
	for (; at != 0 && is_before(copy, order->heap[(at - 1) / 2]); at = (at - 1) / 2)
		order->heap[at] = order->heap[(at - 1) / 2];
	order->heap[at] = copy;
}

struct record *order_take(struct order *order, uint64_t window, bool all)
{
	struct record *first, *last;
	size_t at = 0, child;

	if (order->count == 0)
		return NULL;
	first = order->heap[0];
	if (!all && order->newest - first->entry.as.time < window)
		return NULL;
	last = order->heap[--order->count];
	while ((child = 2 * at + 1) < order->count) {
		if (child + 1 < order->count &&
				is_before(order->heap[child + 1], order->heap[child]))
			child++;
		if (!is_before(order->heap[child], last))
			break;
		order->heap[at] = order->heap[child];
		at = child;
	}
	order->heap[at] = last;
	return first;
}

void order_free(struct order *order)
{
	for (size_t i = 0; i < order->count; i++)
		free(order->heap[i]);
	free(order->heap);
	*order = (struct order){0};
}
