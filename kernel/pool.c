/*
 * The pool: a frame holds cells of one size class, behind a header of a cache
 * line. Frames with a free cell are in the list of their class; one whose cells
 * are all free goes back at once.
 */
#include "kernel/pool.h"

#include <string.h>

#include "kernel/frame.h"
#include "kernel/list.h"
#include "kernel/log.h"

#define LINE 64
#define CELLS_BYTES (PAGE_SIZE - LINE)
#define SMALL 1984			/* the greatest cell: two to a frame */

struct cell {
	struct cell *next;
};

struct slab {
	struct list in_class;		/* in none: no cell is free */
	struct cell *free;		/* cells that were given back */
	uint32_t used;
	uint32_t fresh;			/* cells behind these were never taken */
};

_Static_assert(sizeof(struct slab) <= LINE, "the header has a line of its own");

/* By how many go into a frame: no greater one would. */
static const uint16_t sizes[] = {16, 32, 48, 64, 128, 192, 256, 320, 384, 448, 576, 640,
	768, 960, 1344, SMALL};
#define CLASSES (sizeof sizes / sizeof sizes[0])

static struct list classes[CLASSES];
/* The class of each size in units of 16 bytes, and what a cell of each costs. */
static uint8_t class_by[SMALL / 16 + 1];
static uint16_t costs[CLASSES];

static unsigned class_of(size_t size)
{
	return class_by[(size + 15) / 16];
}

static uint32_t cells_of(unsigned class)
{
	return (uint32_t)(CELLS_BYTES / sizes[class]);
}

static uint64_t frames_of(size_t size)
{
	return (size + PAGE_MASK) >> PAGE_SHIFT;
}

void pool_init(void)
{
	for (unsigned i = 0, from = 0; i < CLASSES; i++) {
		list_init(&classes[i]);
		costs[i] = (uint16_t)((PAGE_SIZE + cells_of(i) - 1) / cells_of(i));
		for (; from <= sizes[i] / 16u; from++)
			class_by[from] = (uint8_t)i;
	}
}

size_t pool_cost(size_t size)
{
	return size > SMALL ? (size_t)(frames_of(size) << PAGE_SHIFT) :
		costs[class_of(size)];
}

/* One with a free cell. */
static struct slab *find_slab(unsigned class)
{
	struct list *first = list_first(&classes[class]);
	uint64_t frame;
	struct slab *slab;

	if (first)
		return LIST_OF(first, struct slab, in_class);
	frame = frame_take();
	if (frame == FRAME_NONE)
		return NULL;
	slab = frame_data(frame);
	memset(slab, 0, sizeof *slab);
	list_init(&slab->in_class);
	list_add(&classes[class], &slab->in_class);
	ARCH_POISON((char *)slab + LINE, CELLS_BYTES);
	return slab;
}

static void *take_cell(unsigned class)
{
	struct slab *slab = find_slab(class);
	struct cell *cell;

	if (!slab)
		return NULL;
	cell = slab->free;
	if (!cell)
		cell = (void *)((char *)slab + LINE + slab->fresh++ * sizes[class]);
	ARCH_UNPOISON(cell, sizes[class]);
	if (cell == slab->free)
		slab->free = cell->next;
	if (++slab->used == cells_of(class))
		list_remove(&slab->in_class);
	return cell;
}

static void give_cell(struct cell *cell, unsigned class)
{
	struct slab *slab = frame_data(frame_of(cell));

	CHECK(slab->used > 0);
	if (slab->used-- == cells_of(class))
		list_add(&classes[class], &slab->in_class);
	cell->next = slab->free;
	slab->free = cell;
	ARCH_POISON(cell, sizes[class]);
	if (slab->used == 0) {
		list_remove(&slab->in_class);
		frame_drop(frame_of(slab));
	}
}

void *pool_take(size_t size)
{
	uint64_t frame;
	void *cell;

	if (size <= SMALL) {
		cell = take_cell(class_of(size));
		return cell ? memset(cell, 0, sizes[class_of(size)]) : NULL;
	}
	frame = frame_take_many(frames_of(size), 0, 0);
	return frame == FRAME_NONE ? NULL :
		memset(frame_data(frame), 0, frames_of(size) << PAGE_SHIFT);
}

void pool_give(void *memory, size_t size)
{
	uint64_t frame;

	if (!memory)
		return;
	if (size <= SMALL) {
		give_cell(memory, class_of(size));
		return;
	}
	frame = frame_of(memory);
	for (uint64_t i = 0; i < frames_of(size); i++)
		frame_drop(frame + (i << PAGE_SHIFT));
}
