/* Copying from and to spaces: lengths, where it stops, what it breaks. */
#include "tests/kernel/unit/kernel_space.h"

static uint8_t pattern(uint64_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static void any_length_at_any_place(void **unused)
{
	static uint8_t bytes[PAGE_SIZE * 6], back[PAGE_SIZE * 6];
	struct space *a = new_space(), *b = new_space();
	struct memory *memory = new_memory(8), *other = new_memory(8);

	(void)unused;
	fixture_seed("any_length_at_any_place");
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = pattern(i);
	assert_int_equal(map_at(a, memory, 0, PLACE, 8, 0), 0);
	assert_int_equal(map_at(b, other, 0, PLACE, 8, kernel_MapFlags_PRIVATE), 0);
	for (unsigned i = 0; i < 400; i++) {
		uint64_t size = fixture_random(PAGE_SIZE * 6), from, to;
		bool fault_in_from;

		from = fixture_random((uint32_t)(PAGES(8) - size));
		to = fixture_random((uint32_t)(PAGES(8) - size));
		assert_int_equal(space_write(a, PLACE + from, bytes, size), size);
		assert_int_equal(space_copy(b, PLACE + to, a, PLACE + from, size,
			&fault_in_from), size);
		memset(back, 0, size);
		assert_int_equal(space_read(b, PLACE + to, back, size), size);
		assert_memory_equal(back, bytes, size);
	}
	assert_int_equal(other->present, 0);
	drop(memory);
	drop(other);
	drop(a);
	drop(b);
}

static void it_stops_where_nothing_is(void **unused)
{
	static uint8_t bytes[PAGE_SIZE * 4];
	struct space *a = new_space(), *b = new_space();
	struct memory *memory = new_memory(4);
	bool fault_in_from;
	uint64_t at = PLACE;

	(void)unused;
	assert_int_equal(map_at(a, memory, 0, PLACE, 3, 0), 0);
	assert_int_equal(space_map(b, memory, 0, PAGES(2), &at, READ_WRITE,
		kernel_MapFlags_FIXED, 0, 0), 0);
	assert_int_equal(space_read(a, PLACE + 100, bytes, sizeof bytes), PAGES(3) - 100);
	assert_int_equal(space_write(a, PLACE + PAGES(3) - 1, bytes, 2), 1);
	assert_int_equal(space_write(a, PLACE - 1, bytes, 2), 0);
	assert_int_equal(space_read(a, UINT64_MAX - 3, bytes, 100), 0);
	assert_int_equal(space_copy(b, PLACE, a, PLACE, PAGES(4), &fault_in_from), PAGES(2));
	assert_false(fault_in_from);
	assert_int_equal(space_copy(a, PLACE, b, PLACE + 5, PAGES(4), &fault_in_from),
		PAGES(2) - 5);
	assert_true(fault_in_from);
	drop(memory);
	drop(a);
	drop(b);
}

static void protection_holds_for_the_kernel(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(2), *device;
	uint64_t at = PLACE, word = 1, size;
	uint32_t reason;
	kernel_error error;

	(void)unused;
	assert_int_equal(space_map(space, memory, 0, PAGES(2), &at, kernel_Protection_READ,
		kernel_MapFlags_FIXED, 0, 0), 0);
	assert_int_equal(space_write(space, PLACE, &word, 8), 0);
	assert_null(space_see(space, PLACE, true, &size, &reason));
	assert_int_equal(reason, fault_Reason_PROTECTION);
	assert_non_null(space_see(space, PLACE + 96, false, &size, &reason));
	assert_int_equal(size, PAGE_SIZE - 96);
	/* A device's memory is nothing that the kernel looks at. */
	device = memory_new_physical(quota, UINT64_C(0xfee00000), PAGE_SIZE,
		kernel_Caching_UNCACHED, &error);
	assert_int_equal(map_at(space, device, 0, PLACE + PAGES(10), 1, 0), 0);
	assert_int_equal(space_read(space, PLACE + PAGES(10), &word, 8), 0);
	assert_int_equal(memory_write(device, 0, &word, 8), 0);
	assert_int_equal(map_at(space, device, 0, PLACE + PAGES(20), 1,
		kernel_MapFlags_PRIVATE), kernel_Error_NOT_SUPPORTED);
	assert_int_equal(map_at(space, device, 0, PLACE + PAGES(20), 2, 0),
		kernel_Error_OUT_OF_RANGE);
	drop(device);
	drop(memory);
	drop(space);
}

/* A copy to where it comes from, while that page is shared with a fork. */
static void within_one_page_that_is_shared(void **unused)
{
	struct space *a = new_space(), *b;
	struct memory *memory = new_memory(1);
	bool fault_in_from;

	(void)unused;
	assert_int_equal(map_at(a, memory, 0, PLACE, 1, 0), 0);
	assert_true(space_put(a, PLACE, 11));
	b = fork_space(a);
	assert_int_equal(space_copy(a, PLACE + 64, a, PLACE, 8, &fault_in_from), 8);
	assert_reads(a, PLACE + 64, 11);
	assert_reads(b, PLACE + 64, 0);
	assert_int_equal(space_copy(b, PLACE + 128, a, PLACE + 64, 8, &fault_in_from), 8);
	assert_reads(b, PLACE + 128, 11);
	check_tables(a);
	check_tables(b);
	drop(memory);
	drop(a);
	drop(b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		SPACE_CASE(any_length_at_any_place),
		SPACE_CASE(it_stops_where_nothing_is),
		SPACE_CASE(protection_holds_for_the_kernel),
		SPACE_CASE(within_one_page_that_is_shared),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
