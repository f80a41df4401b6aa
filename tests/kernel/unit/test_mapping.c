/* Mappings: where they go, how they are cut, and that steps are kept to. */
#include "tests/kernel/unit/kernel_space.h"

static unsigned count_mappings(const struct space *space)
{
	unsigned count = 0;

	for (struct mapping *at = space_find_from(space, 0); at;
			at = space_find_from(space, at->end))
		count++;
	return count;
}

static kernel_error map_anywhere(struct space *space, struct memory *memory,
	uint64_t *address, uint64_t length, uint32_t flags)
{
	return space_map(space, memory, 0, length, address, READ_WRITE, flags, 0, 0);
}

static void places_are_found_and_keep_apart(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(4);
	uint64_t at[40], hint = PLACE;

	(void)unused;
	for (unsigned i = 0; i < 40; i++) {
		at[i] = 0;
		assert_int_equal(map_anywhere(space, memory, &at[i], PAGES(1 + i % 4), 0), 0);
		for (unsigned j = 0; j < i; j++)
			assert_true(at[i] >= at[j] + PAGES(2 + j % 4) ||
				at[j] >= at[i] + PAGES(2 + i % 4));
	}
	assert_int_equal(unmap(space, at[7], 4), 0);
	hint = 0;
	assert_int_equal(map_anywhere(space, memory, &hint, PAGES(4), 0), 0);
	assert_int_equal(hint, at[7]);	/* the first hole that is great enough */
	hint = PLACE;
	assert_int_equal(map_anywhere(space, memory, &hint, PAGES(2), 0), 0);
	assert_int_equal(hint, PLACE);
	assert_int_equal(map_anywhere(space, memory, &hint, PAGES(2), 0), 0);
	assert_true(hint > PLACE);
	drop(memory);
	drop(space);
}

static void what_makes_no_sense_is_refused(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(4);
	uint64_t at = PLACE + 1, used = quota->used[QUOTA_BYTES];
	uint32_t fixed = kernel_MapFlags_FIXED;

	(void)unused;
	assert_int_equal(map_anywhere(space, memory, &at, PAGES(1), fixed),
		kernel_Error_INVALID);
	at = USER_END - PAGE_SIZE;
	assert_int_equal(map_anywhere(space, memory, &at, PAGES(2), fixed),
		kernel_Error_BAD_ADDRESS);
	at = UINT64_MAX & ~PAGE_MASK;
	assert_int_equal(map_anywhere(space, memory, &at, PAGES(2), fixed),
		kernel_Error_BAD_ADDRESS);
	at = 0;
	assert_int_equal(map_anywhere(space, memory, &at, PAGES(1), fixed),
		kernel_Error_BAD_ADDRESS);
	assert_int_equal(map_anywhere(space, memory, &at, 0, 0), kernel_Error_INVALID);
	assert_int_equal(map_anywhere(space, memory, &at, UINT64_MAX & ~PAGE_MASK, 0),
		kernel_Error_INVALID);
	assert_int_equal(map_anywhere(space, memory, &at, USER_END, 0),
		kernel_Error_BAD_ADDRESS);
	assert_int_equal(space_map(space, memory, UINT64_MAX & ~PAGE_MASK, PAGES(2), &at,
		READ_WRITE, 0, 0, 0), kernel_Error_INVALID);
	assert_int_equal(unmap(space, PLACE, 0), kernel_Error_INVALID);
	assert_int_equal(unmap(space, PLACE + 8, 1), kernel_Error_INVALID);
	assert_int_equal(quota->used[QUOTA_BYTES], used);
	assert_null(space_find_from(space, 0));
	drop(memory);
	drop(space);
}

static void nothing_overlaps(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(4);

	(void)unused;
	assert_int_equal(map_at(space, memory, 0, PLACE, 4, 0), 0);
	assert_int_equal(map_at(space, memory, 0, PLACE + PAGES(3), 4, 0),
		kernel_Error_OVERLAP);
	assert_int_equal(map_at(space, memory, 0, PLACE - PAGES(1), 2, 0),
		kernel_Error_OVERLAP);
	assert_int_equal(map_at(space, memory, 0, PLACE + PAGES(1), 1, 0),
		kernel_Error_OVERLAP);
	assert_int_equal(map_at(space, memory, 0, PLACE + PAGES(4), 1, 0), 0);
	assert_int_equal(map_at(space, memory, 0, PLACE - PAGES(1), 1, 0), 0);
	assert_int_equal(count_mappings(space), 3);
	drop(memory);
	drop(space);
}

/* Of a range that is cut out, what is left keeps its pages and their places. */
static void a_part_is_unmapped(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(200);

	(void)unused;
	assert_int_equal(map_at(space, memory, 0, PLACE, 200, 0), 0);
	for (unsigned i = 0; i < 200; i++)
		assert_true(space_put(space, PLACE + PAGES(i), i));
	assert_int_equal(unmap(space, PLACE + PAGES(20), 90), 0);
	assert_int_equal(space->resident, 110);
	for (unsigned i = 0; i < 200; i++) {
		uint64_t value = 0;

		assert_int_equal(space_get(space, PLACE + PAGES(i), &value), i < 20 || i >= 110);
		assert_int_equal(value, i < 20 || i >= 110 ? i : 0);
	}
	assert_int_equal(unmap(space, PLACE + PAGES(150), 500), 0);
	assert_int_equal(unmap(space, PLACE - PAGES(5), 15), 0);
	assert_int_equal(space->mapped, PAGES(50));
	check_tables(space);
	assert_int_equal(unmap(space, USER_BASE, 1000000), 0);
	assert_null(space_find_from(space, 0));
	drop(memory);
	drop(space);
}

static void no_more_steps_than_allowed(void **unused)
{
	const struct change change = { kernel_Protection_READ, -1, -1 };
	struct space *space = new_space();
	struct memory *memory = new_memory(1000);
	uint64_t before, at = PLACE;
	unsigned steps, rounds = 0;
	kernel_error error;
	bool done = false;

	(void)unused;
	assert_int_equal(map_at(space, memory, 0, PLACE, 1000, 0), 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_true(space_put(space, PLACE + PAGES(i), i));
	for (; !done && rounds < 100; rounds++) {
		before = space->resident;
		steps = OBJECT_STEPS;
		done = space_change(space, &at, PLACE + PAGES(1000), &change, &steps, &error);
		assert_int_equal(error, 0);
		assert_true(before - space->resident <= OBJECT_STEPS);
		assert_int_equal(space_put(space, PLACE + PAGES(rounds % 2), 1), !done);
	}
	assert_in_range(rounds, 15, 40);
	for (unsigned i = 0; i < 1000; i++)
		assert_reads(space, PLACE + PAGES(i), i < 2 ? 1 : i);
	for (rounds = 0, done = false; !done && rounds < 100; rounds++) {
		before = space->resident;
		steps = OBJECT_STEPS;
		done = space_unmap(space, PLACE, PAGES(1000), &steps, &error);
		assert_int_equal(error, 0);
		assert_true(before - space->resident <= OBJECT_STEPS);
	}
	assert_in_range(rounds, 15, 40);
	assert_int_equal(space->resident, 0);
	drop(memory);
	drop(space);
}

static void protection_never_exceeds_the_handle(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(4);
	uint64_t at = PLACE;

	(void)unused;
	assert_int_equal(space_map(space, memory, 0, PAGES(4), &at, kernel_Protection_READ |
		SPACE_ALLOWED(kernel_Protection_EXECUTE), kernel_MapFlags_FIXED, 0, 0), 0);
	assert_int_equal(protect(space, at, 1, kernel_Protection_EXECUTE), 0);
	assert_int_equal(protect(space, at, 1, READ_WRITE), kernel_Error_NO_ACCESS);
	assert_int_equal(protect(space, at, 5, kernel_Protection_READ),
		kernel_Error_NOT_MAPPED);
	assert_int_equal(protect(space, at, 1, kernel_Protection_EXECUTE), 0);
	assert_int_equal(space_find(space, at)->protection, kernel_Protection_EXECUTE);
	assert_int_equal(memory->writable_count, 0);
	assert_int_equal(memory->mapping_count, 2);
	drop(memory);
	drop(space);
}

static void failures_change_nothing(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(8);
	uint64_t limit = quota->limit[QUOTA_BYTES];

	(void)unused;
	assert_int_equal(map_at(space, memory, 0, PLACE, 8, 0), 0);
	assert_true(space_put(space, PLACE + PAGES(3), 3));
	quota->limit[QUOTA_BYTES] = quota->used[QUOTA_BYTES];
	assert_int_equal(unmap(space, PLACE + PAGES(2), 3), kernel_Error_QUOTA_EXCEEDED);
	assert_int_equal(map_at(space, memory, 0, PLACE + PAGES(20), 1, 0),
		kernel_Error_QUOTA_EXCEEDED);
	quota->limit[QUOTA_BYTES] = limit;
	assert_reads(space, PLACE + PAGES(3), 3);
	assert_int_equal(space->mapped, PAGES(8));
	check_tables(space);
	drop(memory);
	drop(space);
}

/* The tree is ordered, balanced, and its sums are right. */
static uint32_t check_tree(const struct mapping *node, uint64_t *behind, uint64_t *hole)
{
	uint32_t left, right;
	uint64_t before = *behind;

	if (!node)
		return 0;
	left = check_tree(node->child[0], behind, hole);
	assert_true(node->start >= *behind && node->end > node->start);
	if (*behind > before || before > 0)
		*hole = node->start - *behind > *hole ? node->start - *behind : *hole;
	*behind = node->end;
	right = check_tree(node->child[1], behind, hole);
	assert_true(left <= right + 1 && right <= left + 1);
	assert_int_equal(node->height, 1 + (left > right ? left : right));
	return node->height;
}

static void the_tree_stays_a_tree(void **unused)
{
	enum { SLOTS = 600 };
	static bool taken[SLOTS];
	struct space *space = new_space();
	struct memory *memory = new_memory(1);

	(void)unused;
	fixture_seed("the_tree_stays_a_tree");
	memset(taken, 0, sizeof taken);
	for (unsigned i = 0; i < 4000; i++) {
		unsigned at = fixture_random(SLOTS);
		uint64_t address = PLACE + PAGES(2 * at), behind = 0, hole = 0, place;
		uint64_t length = PAGES(1 + fixture_random(30));

		if (taken[at])
			assert_int_equal(unmap(space, address, 1), 0);
		else
			assert_int_equal(map_at(space, memory, 0, address, 1, 0), 0);
		taken[at] = !taken[at];
		check_tree(space->mappings, &behind, &hole);
		place = PLACE;
		space_choose_place(space, length, &place, false);
		assert_true(place >= PLACE);
		for (unsigned j = 0; j < SLOTS; j++) {
			uint64_t there = PLACE + PAGES(2 * j);

			if (taken[j])
				assert_true(there + PAGES(2) <= place ||
					there >= place + length + PAGE_SIZE);
		}
	}
	drop(memory);
	drop(space);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		SPACE_CASE(places_are_found_and_keep_apart),
		SPACE_CASE(what_makes_no_sense_is_refused),
		SPACE_CASE(nothing_overlaps),
		SPACE_CASE(a_part_is_unmapped),
		SPACE_CASE(no_more_steps_than_allowed),
		SPACE_CASE(protection_never_exceeds_the_handle),
		SPACE_CASE(failures_change_nothing),
		SPACE_CASE(the_tree_stays_a_tree),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
