/*
 * Frames: buddies. Each free block of 2^n frames begins at a multiple of its
 * size and is in the list of its order; what is dropped grows together with its
 * buddy. A record for each frame says whose turn it is; records of one array lie
 * in the memory that they speak of.
 */
#include "kernel/frame.h"

#include <string.h>

#include "kernel/log.h"
#include "kernel/pool.h"
#include "kernel/quota.h"
#include "kernel.skald.h"

#define ORDERS 19			/* up to 1 GiB */
#define NOBODY UINT32_MAX
#define TRIES 64			/* blocks of an order that are looked at */

enum { NOT_MEMORY, INSIDE, FREE, TAKEN };

struct record {
	uint32_t next;			/* FREE: in the list of its order */
	uint32_t previous;
	uint32_t references;		/* TAKEN */
	uint8_t order;			/* FREE: the first of so great a block */
	uint8_t state;
};

static struct {
	struct record *records;
	uint64_t base;			/* frame number of the first record */
	uint64_t end;
	uint32_t first[ORDERS];
	uint32_t orders;		/* bits of those that have some */
	uint64_t total;			/* frames */
	uint64_t free;
} all;

static void list_push(uint32_t index, unsigned order)
{
	struct record *record = &all.records[index];

	record->state = FREE;
	record->order = (uint8_t)order;
	record->previous = NOBODY;
	record->next = all.first[order];
	if (record->next != NOBODY)
		all.records[record->next].previous = index;
	all.first[order] = index;
	all.orders |= UINT32_C(1) << order;
}

static void list_pull(uint32_t index)
{
	struct record *record = &all.records[index];

	if (record->next != NOBODY)
		all.records[record->next].previous = record->previous;
	if (record->previous != NOBODY)
		all.records[record->previous].next = record->next;
	else if ((all.first[record->order] = record->next) == NOBODY)
		all.orders &= ~(UINT32_C(1) << record->order);
	record->state = INSIDE;
}

/* A block becomes free, and grows together with its buddies. */
static void put(uint32_t index, unsigned order)
{
	all.free += UINT64_C(1) << order;
	for (; order < ORDERS - 1; order++) {
		uint64_t number = (all.base + index) ^ UINT64_C(1) << order;
		uint64_t buddy = number - all.base;

		if (number < all.base || number >= all.end ||
		    all.records[buddy].state != FREE || all.records[buddy].order != order)
			break;
		list_pull((uint32_t)buddy);
		all.records[index].state = INSIDE;
		index = buddy < index ? (uint32_t)buddy : index;
	}
	list_push(index, order);
}

/* Takes so many frames off the front of a free block; the rest stays free. */
static uint64_t cut(uint32_t index, uint64_t count)
{
	uint64_t size = UINT64_C(1) << all.records[index].order;

	list_pull(index);
	all.free -= size;
	for (uint64_t i = 0; i < count; i++) {
		all.records[index + i].state = TAKEN;
		all.records[index + i].references = 1;
	}
	for (uint64_t i = count; i < size;) {
		unsigned order = (unsigned)__builtin_ctzll(i);

		put(index + (uint32_t)i, order);
		i += UINT64_C(1) << order;
	}
	ARCH_UNPOISON(arch_physical((all.base + index) << PAGE_SHIFT), count << PAGE_SHIFT);
	return (all.base + index) << PAGE_SHIFT;
}

/* ---- what others call ---- */

uint64_t frame_take(void)
{
	if (all.orders == 0)
		return FRAME_NONE;
	return cut(all.first[__builtin_ctz(all.orders)], 1);
}

uint64_t frame_take_zeroed(void)
{
	uint64_t frame = frame_take();

	if (frame != FRAME_NONE)
		arch_zero_words(frame_data(frame), PAGE_SIZE / 8);
	return frame;
}

/* A block of an order whose first frames end below a frame number. */
static uint32_t find_below(unsigned order, uint64_t count, uint64_t below)
{
	uint32_t index = all.first[order];

	for (unsigned i = 0; index != NOBODY && i < TRIES; i++) {
		if (all.base + index + count <= below)
			return index;
		index = all.records[index].next;
	}
	return NOBODY;
}

/* The least order of at least so many. */
static unsigned order_of(uint64_t count)
{
	return count <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(count - 1);
}

uint64_t frame_take_many(uint64_t count, uint64_t alignment, uint64_t below)
{
	unsigned order = order_of(count);
	uint64_t end = below ? below >> PAGE_SHIFT : UINT64_MAX;

	if (order_of(alignment >> PAGE_SHIFT) > order)
		order = order_of(alignment >> PAGE_SHIFT);
	for (; count > 0 && order < ORDERS; order++) {
		uint32_t index = find_below(order, count, end);

		if (index != NOBODY)
			return cut(index, count);
	}
	return FRAME_NONE;
}

static struct record *find(uint64_t frame)
{
	uint64_t number = frame >> PAGE_SHIFT;

	return number < all.base || number >= all.end ? NULL :
		&all.records[number - all.base];
}

static struct record *find_taken(uint64_t frame)
{
	struct record *record = find(frame);

	CHECK(record && record->state == TAKEN);
	return record;
}

void frame_share(uint64_t frame)
{
	struct record *record = find_taken(frame);

	CHECK(record->references < UINT32_MAX);
	record->references++;
}

uint32_t frame_drop(uint64_t frame)
{
	struct record *record = find_taken(frame);

	if (--record->references > 0)
		return record->references;
	ARCH_POISON(frame_data(frame & ~PAGE_MASK), PAGE_SIZE);
	put((uint32_t)(record - all.records), 0);
	return 0;
}

uint32_t frame_references(uint64_t frame)
{
	return find_taken(frame)->references;
}

bool frame_is_memory(uint64_t frame)
{
	struct record *record = find(frame);

	return record && record->state != NOT_MEMORY;
}

uint64_t frame_of(const void *data)
{
	uint64_t base = all.base << PAGE_SHIFT;

	return ((uint64_t)((const char *)data - (const char *)arch_physical(base)) + base)
		& ~PAGE_MASK;
}

uint64_t frame_total(void)
{
	return all.total << PAGE_SHIFT;
}

uint64_t frame_free(void)
{
	return all.free << PAGE_SHIFT;
}

/* ---- start ---- */

#define RESERVED 4

/* A whole frame of usable memory, which nobody uses; and not at 0, which is nobody's
 * address. */
static bool is_there(const struct arch_boot *boot,
	const struct arch_range reserved[RESERVED], uint64_t at)
{
	bool is_usable = false;

	for (uint32_t i = 0; i < boot->range_count; i++)
		is_usable |= boot->ranges[i].use == kernel_MemoryUse_USABLE &&
			boot->ranges[i].start <= at && at + PAGE_SIZE <= boot->ranges[i].end;
	for (unsigned i = 0; i < RESERVED; i++)
		if (at < reserved[i].end && reserved[i].start < at + PAGE_SIZE)
			return false;
	return is_usable && at > 0;
}

/* From the first that can be to the last. */
static void find_bounds(const struct arch_boot *boot)
{
	all.base = UINT64_MAX;
	for (uint32_t i = 0; i < boot->range_count; i++) {
		uint64_t first = boot->ranges[i].start >> PAGE_SHIFT;
		uint64_t end = boot->ranges[i].end >> PAGE_SHIFT;

		if (boot->ranges[i].use != kernel_MemoryUse_USABLE || first >= end)
			continue;
		all.base = first < all.base ? first : all.base;
		all.end = end > all.end ? end : all.end;
	}
}

/* Where there is room for the records. */
static uint64_t find_room(const struct arch_boot *boot,
	const struct arch_range reserved[RESERVED], uint64_t size)
{
	uint64_t found = 0, number = all.base;

	for (; found < size && number < all.end; number++)
		found = is_there(boot, reserved, number << PAGE_SHIFT) ?
			found + PAGE_SIZE : 0;
	if (found < size)
		panic("there is no room for %lu bytes of records of frames", size);
	return (number << PAGE_SHIFT) - found;
}

static void put_all(const struct arch_boot *boot,
	const struct arch_range reserved[RESERVED])
{
	for (uint64_t number = all.base; number < all.end; number++) {
		if (!is_there(boot, reserved, number << PAGE_SHIFT))
			continue;
		put((uint32_t)(number - all.base), 0);
		all.total++;
		ARCH_POISON(frame_data(number << PAGE_SHIFT), PAGE_SIZE);
	}
}

void frame_init(const struct arch_boot *boot)
{
	struct arch_range reserved[RESERVED] = {
		{.start = boot->kernel, .end = boot->kernel + boot->kernel_size},
		{.start = boot->initrd, .end = boot->initrd + boot->initrd_size},
		{.start = boot->device_tree, .end = boot->device_tree + boot->device_tree_size},
	};
	uint64_t size;

	memset(&all, 0, sizeof all);
	memset(all.first, 0xff, sizeof all.first);
	find_bounds(boot);
	size = (all.end - all.base) * sizeof(struct record);
	reserved[3].start = find_room(boot, reserved, size);
	reserved[3].end = reserved[3].start + size;
	all.records = arch_physical(reserved[3].start);
	ARCH_UNPOISON(all.records, size);
	memset(all.records, 0, size);
	put_all(boot, reserved);
	pool_init();
	objects_init();
	quota_init();
}
