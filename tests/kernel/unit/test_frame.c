/* Frames: who has one, how often it is shared, and that none is lost. */
#include "tests/kernel/unit/kernel_base.h"

#define MEBIBYTE (UINT64_C(1) << 20)

static void boot_leaves_out_what_is_in_use(void **unused)
{
	struct arch_range ranges[] = {
		{.start = MEBIBYTE + 100, .end = 2 * MEBIBYTE + 4095,
			.use = kernel_MemoryUse_USABLE},
		{.start = 2 * MEBIBYTE + 4096, .end = 3 * MEBIBYTE,
			.use = kernel_MemoryUse_RESERVED},
		{.start = 3 * MEBIBYTE, .end = 5 * MEBIBYTE,
			.use = kernel_MemoryUse_USABLE},
	};
	struct arch_boot boot = {.ranges = ranges, .range_count = 3,
		.kernel = MEBIBYTE + 8192, .kernel_size = 10000,
		.initrd = 4 * MEBIBYTE - 5000, .initrd_size = 6000,
		.device_tree = 5 * MEBIBYTE - 1, .device_tree_size = 1};
	uint64_t frame, count = 0, records;

	(void)unused;
	frame_init(&boot);
	/* 255 + 512 pages; 3 of the kernel, 3 of the archive, 1 of the tree. */
	records = ((4 * MEBIBYTE >> 12) * 16 + 4095) >> 12;
	assert_int_equal(frame_free() >> 12, 255 + 512 - 3 - 3 - 1 - records);
	assert_int_equal(frame_total(), frame_free());
	while ((frame = frame_take()) != FRAME_NONE) {
		uint64_t end = frame + PAGE_SIZE;

		assert_true(frame >= MEBIBYTE + 4096);
		assert_true(end <= 2 * MEBIBYTE || frame >= 3 * MEBIBYTE);
		assert_true(end <= boot.kernel || frame >= boot.kernel + boot.kernel_size);
		assert_true(end <= boot.initrd || frame >= boot.initrd + boot.initrd_size);
		assert_true(end < 5 * MEBIBYTE);
		memset(frame_data(frame), 0xff, PAGE_SIZE);	/* no record is hit */
		count++;
	}
	assert_int_equal(count << 12, frame_total());
	assert_int_equal(frame_free(), 0);
	assert_false(frame_is_memory(MEBIBYTE + 8192));
	assert_false(frame_is_memory(2 * MEBIBYTE + 8192));
	assert_false(frame_is_memory(UINT64_C(1) << 40));
	assert_true(frame_is_memory(3 * MEBIBYTE));
}

static void boot_needs_room_for_records(void **unused)
{
	struct arch_range range = {.start = MEBIBYTE, .end = 2 * MEBIBYTE,
		.use = kernel_MemoryUse_USABLE};
	struct arch_boot boot = {.ranges = &range, .range_count = 1,
		.kernel = MEBIBYTE, .kernel_size = MEBIBYTE - 2048};

	(void)unused;
	assert_panics(frame_init(&boot), "no room");
}

static void frame_zero_is_nobodys(void **unused)
{
	uint64_t frame;

	(void)unused;
	/* As of a machine whose memory begins at 0. */
	struct arch_range range = {.start = 0, .end = 5 * MEBIBYTE - 65536,
		.use = kernel_MemoryUse_USABLE};
	struct arch_boot boot = {.ranges = &range, .range_count = 1,
		.kernel = PAGE_SIZE, .kernel_size = MEBIBYTE - PAGE_SIZE};

	frame_init(&boot);
	while ((frame = frame_take()) != FRAME_NONE)
		assert_true(frame >= MEBIBYTE);
}

static void last_reference_frees(void **unused)
{
	uint64_t free = frame_free(), frame = frame_take();

	(void)unused;
	assert_int_equal(frame & PAGE_MASK, 0);
	assert_int_equal(frame_references(frame), 1);
	assert_int_equal(frame_free(), free - PAGE_SIZE);
	frame_share(frame);
	frame_share(frame);
	assert_int_equal(frame_drop(frame), 2);
	assert_int_equal(frame_drop(frame), 1);
	assert_int_equal(frame_free(), free - PAGE_SIZE);
	assert_int_equal(frame_drop(frame), 0);
	assert_int_equal(frame_free(), free);
}

static void misuse_panics(void **unused)
{
	uint64_t frame = frame_take();

	(void)unused;
	frame_drop(frame);
	assert_panics(frame_drop(frame), "panic: ");
	assert_panics(frame_share(frame), "panic: ");
	assert_panics(frame_drop(UINT64_C(1) << 40), "panic: ");
	assert_panics(frame_drop(0), "panic: ");
}

static void zeroed_is_zeros(void **unused)
{
	static const uint8_t zeros[4096];
	uint64_t frame = frame_take();

	(void)unused;
	memset(frame_data(frame), 1, PAGE_SIZE);
	frame_drop(frame);
	frame = frame_take_zeroed();
	assert_memory_equal(frame_data(frame), zeros, PAGE_SIZE);
}

static void place_names_its_frame(void **unused)
{
	uint64_t frame = frame_take();

	(void)unused;
	assert_int_equal(frame_of(frame_data(frame)), frame);
	assert_int_equal(frame_of((char *)frame_data(frame) + 4095), frame);
}

static void many_adjoin_aligned_below(void **unused)
{
	uint64_t free = frame_free(), first;

	(void)unused;
	for (uint64_t count = 1; count < 40; count++) {
		first = frame_take_many(count, 64 << 10, 3 * MEBIBYTE);
		assert_int_not_equal(first, FRAME_NONE);
		assert_int_equal(first & 0xffff, 0);
		assert_true(first + count * PAGE_SIZE <= 3 * MEBIBYTE);
		assert_int_equal(frame_free(), free - count * PAGE_SIZE);
		for (uint64_t i = 0; i < count; i++) {
			memset(frame_data(first + (i << 12)), 7, PAGE_SIZE);
			assert_int_equal(frame_references(first + (i << 12)), 1);
		}
		for (uint64_t i = count; i-- > 0;)
			assert_int_equal(frame_drop(first + (i << 12)), 0);
		assert_int_equal(frame_free(), free);
	}
}

static void many_refuses_what_is_not_there(void **unused)
{
	uint64_t free = frame_free();

	(void)unused;
	assert_int_equal(frame_take_many(0, 0, 0), FRAME_NONE);
	assert_int_equal(frame_take_many(1025, 0, 0), FRAME_NONE);
	assert_int_equal(frame_take_many(UINT64_MAX, 0, 0), FRAME_NONE);
	assert_int_equal(frame_take_many(UINT64_C(1) << 52, 0, 0), FRAME_NONE);
	assert_int_equal(frame_take_many(1, UINT64_C(1) << 63, 0), FRAME_NONE);
	assert_int_equal(frame_take_many(1, 0, MEBIBYTE), FRAME_NONE);
	assert_int_equal(frame_take_many(1, 0, 1), FRAME_NONE);
	assert_int_equal(frame_free(), free);
}

/* Blocks grow together again, whatever the order in which frames come back. */
static void all_that_returns_is_one_piece(void **unused)
{
	static uint64_t frames[1024];
	uint64_t big = frame_take_many(512, 0, 0);
	unsigned count = 0;

	(void)unused;
	fixture_seed(__func__);
	assert_int_not_equal(big, FRAME_NONE);
	for (unsigned i = 0; i < 512; i++)
		frame_drop(big + (i << 12));
	while ((frames[count] = frame_take()) != FRAME_NONE)
		count++;
	assert_int_equal(frame_take_many(1, 0, 0), FRAME_NONE);
	assert_int_equal((uint64_t)count << 12, frame_total());
	for (; count > 0; count--) {
		unsigned which = fixture_random(count);

		frame_drop(frames[which]);
		frames[which] = frames[count - 1];
	}
	assert_int_equal(frame_take_many(512, 0, 0), big);
}

/* Many owners, each of which writes its number over its frames. */
#define OWNERS 60
struct owner {
	uint64_t first;
	uint32_t count;
	uint32_t references;
};

static void take_some(struct owner *owner, uint8_t mark)
{
	owner->count = 1 + fixture_random(fixture_random(4) ? 3 : 50);
	owner->references = 1;
	owner->first = owner->count == 1 ? frame_take() :
		frame_take_many(owner->count, UINT64_C(1) << fixture_random(17), 0);
	if (owner->first == FRAME_NONE)
		owner->count = 0;
	for (uint32_t i = 0; i < owner->count; i++)
		memset(frame_data(owner->first + (i << 12)), mark, PAGE_SIZE);
}

static void give_back(struct owner *owner, uint8_t mark)
{
	for (uint32_t i = 0; i < owner->count; i++) {
		const uint8_t *at = frame_data(owner->first + (i << 12));

		for (unsigned j = 0; j < PAGE_SIZE; j += 511)
			assert_int_equal(at[j], mark);
		assert_int_equal(frame_drop(owner->first + (i << 12)),
			owner->references - 1);
	}
	if (--owner->references == 0)
		owner->count = 0;
}

static void random_use_loses_none(void **unused)
{
	static struct owner owners[OWNERS];
	uint64_t total = frame_free(), used;

	(void)unused;
	fixture_seed(__func__);
	for (unsigned round = 0; round < 20000; round++) {
		uint32_t which = fixture_random(OWNERS);
		struct owner *owner = &owners[which];

		if (!owner->count)
			take_some(owner, (uint8_t)which);
		else if (fixture_random(4))
			give_back(owner, (uint8_t)which);
		else
			for (uint32_t i = owner->references++, j = 0; i && j < owner->count; j++)
				frame_share(owner->first + (j << 12));
		used = 0;
		for (unsigned i = 0; i < OWNERS; i++)
			used += owners[i].count;
		assert_int_equal(frame_free(), total - (used << 12));
	}
	for (unsigned i = 0; i < OWNERS; i++)
		while (owners[i].count)
			give_back(&owners[i], (uint8_t)i);
	assert_int_equal(frame_free(), total);
}

static const struct CMUnitTest cases[] = {
	BASE_CASE(boot_leaves_out_what_is_in_use),
	BASE_CASE(boot_needs_room_for_records),
	BASE_CASE(frame_zero_is_nobodys),
	BASE_CASE(last_reference_frees),
	BASE_CASE(misuse_panics),
	BASE_CASE(zeroed_is_zeros),
	BASE_CASE(place_names_its_frame),
	BASE_CASE(many_adjoin_aligned_below),
	BASE_CASE(many_refuses_what_is_not_there),
	BASE_CASE(all_that_returns_is_one_piece),
	BASE_CASE(random_use_loses_none),
};

FIXTURE_MAIN(cases)
