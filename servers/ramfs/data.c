/*
 * The pages of a file, in a tree: a node has 64 places, for nodes below it or
 * in the lowest ones for pages. Where nothing is written there is nothing. A
 * page that was reserved, and not written yet, has the lowest bit of its
 * pointer set.
 */
#include "servers/ramfs/tree.h"

#define BITS 6
#define PLACES (1U << BITS)
/* So many cover all pages of the largest file. */
#define HEIGHT_MAX 9
#define RESERVED ((uintptr_t)1)

struct branch {
	uint32_t used;
	void *places[PLACES];
};

static bool is_reserved(const void *page)
{
	return ((uintptr_t)page & RESERVED) != 0;
}

static uint8_t *page_of(void *tagged)
{
	return (uint8_t *)((uintptr_t)tagged & ~RESERVED);
}

/* How many pages lie below one place of this height. */
static uint64_t span(uint32_t height)
{
	return UINT64_C(1) << (BITS * height);
}

static unsigned place_of(uint64_t page, uint32_t height)
{
	return (unsigned)(page >> (BITS * (height - 1))) & (PLACES - 1);
}

static bool has_place(const struct data *data, uint64_t page)
{
	return data->top && page < span(data->height);
}

/* Where the pointer to this page is; NULL: in a hole. */
static void **find(const struct data *data, uint64_t page)
{
	struct branch *branch = data->top;
	void **place = NULL;

	if (!has_place(data, page))
		return NULL;
	for (uint32_t height = data->height; height > 0; height--) {
		place = &branch->places[place_of(page, height)];
		if (!*place)
			return NULL;
		branch = *place;
	}
	return place;
}

uint8_t *data_find(const struct data *data, uint64_t page, bool *reserved)
{
	void **place = find(data, page);

	if (reserved)
		*reserved = place && is_reserved(*place);
	return place ? page_of(*place) : NULL;
}

/* ---- growing ---- */

/* Makes it as high as this page needs. */
static bool raise(struct ram *ram, struct data *data, uint64_t page)
{
	while (!has_place(data, page)) {
		struct branch *branch = ram_new(ram, data->charge, sizeof(*branch));

		if (!branch)
			return false;
		if (data->top) {
			branch->places[0] = data->top;
			branch->used = 1;
		}
		data->top = branch;
		data->height++;
	}
	return true;
}

static bool add(struct ram *ram, struct data *data, uint64_t page, uintptr_t tag)
{
	struct branch *branch;

	if (!raise(ram, data, page))
		return false;
	branch = data->top;
	for (uint32_t height = data->height; height > 0; height--) {
		void **place = &branch->places[place_of(page, height)];
		bool is_page = height == 1;

		if (!*place) {
			*place = ram_new(ram, data->charge,
				is_page ? RAM_PAGE : sizeof(struct branch));
			if (!*place)
				return false;
			branch->used++;
			if (is_page) {
				*place = (void *)((uintptr_t)*place | tag);
				data->pages++;
			}
		}
		branch = *place;
	}
	return true;
}

/* What a failure left: branches with nothing in them go with the next cut. */
static bool add_or_undo(struct ram *ram, struct data *data, uint64_t page, uintptr_t tag)
{
	if (add(ram, data, page, tag))
		return true;
	data_cut(ram, data, page, page + 1);
	return false;
}

uint8_t *data_make(struct ram *ram, struct data *data, uint64_t page)
{
	void **place = find(data, page);

	if (!place && add_or_undo(ram, data, page, 0))
		place = find(data, page);
	if (!place)
		return NULL;
	*place = page_of(*place);
	return *place;
}

bool data_reserve(struct ram *ram, struct data *data, uint64_t page)
{
	return find(data, page) || add_or_undo(ram, data, page, RESERVED);
}

/* ---- cutting ---- */

struct range {
	uint64_t first, end;
};

static void cut_place(struct ram *ram, struct data *data, struct branch *branch,
	unsigned place, uint32_t height, const struct range *range);

/* `range` counts from the first page of this branch. */
static void cut(struct ram *ram, struct data *data, struct branch *branch,
	uint32_t height, const struct range *range)
{
	uint64_t size = span(height - 1);
	uint64_t last = (range->end - 1) / size;

	for (uint64_t i = range->first / size; i < PLACES && i <= last; i++) {
		uint64_t base = i * size;
		struct range below = {
			range->first > base ? range->first - base : 0,
			range->end - base < size ? range->end - base : size,
		};

		if (branch->places[i])
			cut_place(ram, data, branch, (unsigned)i, height - 1, &below);
	}
}

static void cut_place(struct ram *ram, struct data *data, struct branch *branch,
	unsigned place, uint32_t height, const struct range *range)
{
	struct branch *below = branch->places[place];

	if (height == 0) {
		ram_free(ram, data->charge, page_of(branch->places[place]), RAM_PAGE);
		data->pages--;
	} else {
		cut(ram, data, below, height, range);
		if (below->used > 0)
			return;
		ram_free(ram, data->charge, below, sizeof(*below));
	}
	branch->places[place] = NULL;
	branch->used--;
}

/* As low as what is left of it allows. */
static void lower(struct ram *ram, struct data *data)
{
	struct branch *branch;

	while ((branch = data->top) != NULL && (branch->used == 0 ||
			(branch->used == 1 && branch->places[0] && data->height > 1))) {
		data->top = branch->used == 0 ? NULL : branch->places[0];
		data->height = branch->used == 0 ? 0 : data->height - 1;
		ram_free(ram, data->charge, branch, sizeof(*branch));
	}
}

void data_cut(struct ram *ram, struct data *data, uint64_t first, uint64_t end)
{
	if (first >= end || !has_place(data, first))
		return;
	if (end > span(data->height))
		end = span(data->height);
	cut(ram, data, data->top, data->height, &(struct range){first, end});
	lower(ram, data);
}

/* ---- looking for data and holes ---- */

/* The first page from `page` on, counted from the branch's own first; or its
 * span if there is none. */
static uint64_t next(const struct branch *branch, uint32_t height, uint64_t page,
	bool wants_hole)
{
	uint64_t size = span(height - 1);

	for (uint64_t i = page / size; i < PLACES; i++) {
		void *place = branch->places[i];
		uint64_t from = page > i * size ? page - i * size : 0, found = size;

		if (!place)
			found = wants_hole ? from : size;
		else if (height > 1)
			found = next(place, height - 1, from, wants_hole);
		else if (is_reserved(place) == wants_hole)
			found = 0;
		if (found < size)
			return i * size + found;
	}
	return span(height);
}

uint64_t data_next(const struct data *data, uint64_t page, bool wants_hole)
{
	uint64_t found;

	/* Where a memory has holes is not known: all of it can be data. */
	if (data->is_memory)
		return wants_hole ? UINT64_MAX : page;
	if (!has_place(data, page))
		return wants_hole ? page : UINT64_MAX;
	found = next(data->top, data->height, page, wants_hole);
	return found == span(data->height) && !wants_hole ? UINT64_MAX : found;
}

_Static_assert(BITS * HEIGHT_MAX >= 63 - 12, "the largest file has a place");
