/*
 * For tests of memories and spaces without threads: a fresh machine, and a quota
 * whose totals are looked at in the end, when all is to be back. space_put() and
 * space_get() go by page tables, with page faults where those refuse.
 */
#ifndef TESTS_KERNEL_SPACE_H
#define TESTS_KERNEL_SPACE_H

#include "tests/kernel/unit/kernel_fixture.h"

#include "kernel/frame.h"
#include "kernel/memory.h"
#include "kernel/quota.h"
#include "kernel/space.h"
#include "fault.skald.h"
#include "kernel.skald.h"

#define PAGES(count) ((uint64_t)(count) << PAGE_SHIFT)
#define READ_WRITE ((uint32_t)(kernel_Protection_READ | kernel_Protection_WRITE))
#define PLACE UINT64_C(0x10000000)

static struct quota *quota;
static uint64_t frames_before;
static uint32_t space_reason;		/* of the last fault */

static void reap(void)
{
	while (!object_reap(OBJECT_STEPS))
		;
}

static int space_start(void **unused)
{
	uint64_t limit[QUOTA_UNITS] = { UINT64_C(1) << 40, 1000, 1000, 100000 };
	int error;

	(void)unused;
	host_start(UINT64_C(48) << 20, 2);
	arch_lock();
	frames_before = frame_free();
	quota = quota_new(quota_root(), limit, 10, &error);
	return quota ? 0 : -1;
}

/* All that was charged is given back, and all frames are free. */
static int space_stop(void **unused)
{
	(void)unused;
	reap();
	for (unsigned i = 0; i < QUOTA_UNITS; i++)
		assert_int_equal(quota->used[i], 0);
	object_drop(&quota->object);
	reap();
	assert_int_equal(frame_free(), frames_before);
	arch_unlock();
	host_stop();
	return 0;
}

#define SPACE_CASE(name) cmocka_unit_test_setup_teardown(name, space_start, space_stop)

__attribute__((unused))
static void drop(void *object)
{
	object_drop(object);
	reap();
}

__attribute__((unused))
static struct space *new_space(void)
{
	kernel_error error;
	struct space *space = space_new(quota, &error);

	assert_non_null(space);
	return space;
}

__attribute__((unused))
static struct memory *new_memory(unsigned pages)
{
	kernel_error error;
	struct memory *memory = memory_new(quota, PAGES(pages), &error);

	assert_non_null(memory);
	return memory;
}

__attribute__((unused))
static kernel_error map_at(struct space *space, struct memory *memory, uint64_t offset,
	uint64_t address, unsigned pages, uint32_t flags)
{
	uint64_t at = address;

	return space_map(space, memory, offset, PAGES(pages), &at,
		READ_WRITE | SPACE_ALLOWED(READ_WRITE), flags | kernel_MapFlags_FIXED,
		kernel_Inherit_COPY, 0);
}

__attribute__((unused))
static kernel_error unmap(struct space *space, uint64_t address, unsigned pages)
{
	kernel_error error;
	unsigned steps;

	do
		steps = 5;
	while (!space_unmap(space, address, PAGES(pages), &steps, &error) && !error);
	return error;
}

__attribute__((unused))
static kernel_error protect(struct space *space, uint64_t address, unsigned pages,
	uint32_t protection)
{
	const struct change change = { (int)protection, -1, -1 };
	uint64_t at = address, end = address + PAGES(pages);
	kernel_error error;
	unsigned steps;

	do
		steps = 1 + (unsigned)(at >> PAGE_SHIFT) % 6;
	while (!space_change(space, &at, end, &change, &steps, &error) && !error);
	return error;
}

__attribute__((unused))
static struct space *fork_space(struct space *from)
{
	struct space *made = NULL, *space;
	kernel_error error;

	do
		space = space_fork(quota, from, &made, &error);
	while (!space && !error);
	assert_int_equal(error, 0);
	assert_non_null(space);
	return space;
}

/* Where a program's access ends up; NULL: at a fault. */
static void *reach(struct space *space, uint64_t address, uint32_t access)
{
	uint64_t physical;

	for (unsigned i = 0; i < 3; i++) {
		if (host_translate(space, address, access, &physical))
			return arch_physical(physical);
		if (space_touch(space, address, access, NULL, &space_reason) != TOUCH_DONE)
			return NULL;
	}
	fail_msg("a page that was touched is not there: %lx", (unsigned long)address);
	return NULL;
}

__attribute__((unused))
static bool space_put(struct space *space, uint64_t address, uint64_t value)
{
	uint64_t *at = reach(space, address, fault_Access_WRITE);

	if (at)
		*at = value;
	return at != NULL;
}

__attribute__((unused))
static bool space_get(struct space *space, uint64_t address, uint64_t *value)
{
	const uint64_t *at = reach(space, address, fault_Access_READ);

	if (at)
		*value = *at;
	return at != NULL;
}

#define assert_reads(space, address, expected) do { \
	uint64_t reads_value = ~(uint64_t)(expected); \
	assert_true(space_get(space, address, &reads_value)); \
	assert_int_equal(reads_value, expected); \
} while (0)

/* What page tables have is what there is, and nothing shared can be written. */
__attribute__((unused))
static void check_tables(struct space *space)
{
	uint64_t pages = 0, frame, there, bytes = 0;
	uint32_t flags, reason;

	for (struct mapping *at = space_find_from(space, 0); at;
			at = space_find_from(space, at->end)) {
		bytes += at->end - at->start;
		for (uint64_t page = at->start; page < at->end; page += PAGE_SIZE) {
			if (!arch_look(space, page, &there, &flags))
				continue;
			pages++;
			assert_int_equal(space_frame(space, page, ACCESS_FORCED |
				fault_Access_READ, &frame, &reason), TOUCH_DONE);
			assert_int_equal(there, frame);
			assert_int_equal(flags & ~(uint32_t)at->protection & 7, 0);
			if (flags & kernel_Protection_WRITE)
				assert_int_equal(frame_references(frame), 1);
		}
	}
	assert_int_equal(space->resident, pages);
	assert_int_equal(space->mapped, bytes);
}

#endif
