/* Memories as programs use them: sizes, frames, contents, children; and what spaces
 * do on request. */
#include "tests/kernel/unit/kernel_program.h"

#include "kernel/frame.h"
#include "kernel/memory.h"
#include "kernel/quota.h"

#define PAGES(count) ((uint64_t)(count) << PAGE_SHIFT)
#define READ_WRITE ((uint32_t)(kernel_Protection_READ | kernel_Protection_WRITE))

static uint32_t make_memory(unsigned pages)
{
	OK(Quota, create_memory, ABI_FIRST_QUOTA, PAGES(pages));
	return NUMBER(Quota_create_memory.memory);
}

static uint64_t map(uint32_t memory, unsigned pages, uint32_t flags)
{
	OK(Space, map, ABI_FIRST_SPACE, .memory = HANDLE(Memory, memory),
		.length = PAGES(pages), .protection = READ_WRITE, .flags = flags);
	return Space_map.address;
}

static void put(uint64_t at, uint64_t value)
{
	assert_int_equal(host_user_write(program_thread, at, &value, 8), 8);
}

static uint64_t get(uint64_t at)
{
	uint64_t value = 0xbad;

	assert_int_equal(host_user_read(program_thread, at, &value, 8), 8);
	return value;
}

static struct sk_lease lend(uint64_t address, uint64_t size, bool out)
{
	return out ? sk_lend_out((void *)(uintptr_t)address, size) :
		sk_lend((void *)(uintptr_t)address, size);
}

static uint64_t present(uint32_t memory)
{
	OK(Memory, status, memory, 0);
	return Memory_status.present >> PAGE_SHIFT;
}

static void contents_go_by_leases(void **unused)
{
	uint32_t memory = make_memory(200);
	uint64_t buffer = program_pages(PAGES(200));

	(void)unused;
	for (unsigned i = 0; i < 200; i++)
		put(buffer + PAGES(i), i + 1);
	OK(Memory, write, memory, 0, lend(buffer, PAGES(200), false));
	assert_int_equal(Memory_write.done, PAGES(200));
	for (unsigned i = 0; i < 200; i++)
		put(buffer + PAGES(i), 0);
	OK(Memory, read, memory, PAGES(1) + 8, lend(buffer + 8, PAGES(199) - 8, true));
	assert_int_equal(Memory_read.done, PAGES(199) - 8);
	assert_int_equal(get(buffer), 0);
	for (unsigned i = 1; i < 199; i++)
		assert_int_equal(get(buffer + PAGES(i)), i + 2);
	assert_int_equal(TRY(Memory, read, memory, PAGES(201), lend(buffer, 8, true)),
		kernel_Error_OUT_OF_RANGE);
}

static void commit_and_decommit(void **unused)
{
	uint32_t memory = make_memory(300);
	uint64_t at = map(memory, 300, 0);

	(void)unused;
	OK(Memory, commit, memory, 0, PAGES(300));
	assert_int_equal(present(memory), 300);
	for (unsigned i = 0; i < 300; i += 7)
		put(at + PAGES(i), i + 1);
	OK(Memory, decommit, memory, PAGES(7), PAGES(290));
	assert_int_equal(present(memory), 10);
	for (unsigned i = 0; i < 300; i += 7)
		assert_int_equal(get(at + PAGES(i)), i == 0 ? 1 : i == 294 ? 0 : 0);
	assert_int_equal(TRY(Memory, commit, memory, PAGES(299), PAGES(2)),
		kernel_Error_OUT_OF_RANGE);
	assert_int_equal(TRY(Memory, commit, memory, UINT64_MAX & ~PAGE_MASK, PAGES(2)),
		kernel_Error_OUT_OF_RANGE);
	assert_int_equal(TRY(Memory, decommit, memory, 1, PAGES(2)), kernel_Error_INVALID);
}

static void truncate_forgets_what_is_beyond(void **unused)
{
	uint32_t memory = make_memory(150);
	uint64_t at = map(memory, 150, 0), value = 0;

	(void)unused;
	for (unsigned i = 0; i < 150; i++)
		put(at + PAGES(i) + 1000, i + 1);
	assert_int_equal(TRY(Memory, truncate, memory, PAGES(10) + 1000), 0);
	assert_int_equal(present(memory), 11);
	assert_int_equal(get(at + PAGES(10) + 1000), 0);
	assert_int_equal(get(at + PAGES(9) + 1000), 10);
	assert_int_equal(TRY(Memory, truncate, memory, PAGES(150)), 0);
	for (unsigned i = 11; i < 150; i++)
		assert_int_equal(get(at + PAGES(i) + 1000), 0);
	assert_int_equal(TRY(Memory, truncate, memory, PAGES(5)), 0);
	assert_int_equal(host_user_read(program_thread, at + PAGES(5), &value, 8), 0);
}

static void a_child_keeps_what_its_parent_had(void **unused)
{
	uint32_t memory = make_memory(200), child;
	uint64_t at = map(memory, 200, 0), there;

	(void)unused;
	for (unsigned i = 0; i < 200; i++)
		put(at + PAGES(i), i + 1);
	OK(Quota, create_child, ABI_FIRST_QUOTA, HANDLE(Memory, memory), PAGES(20),
		PAGES(150));
	child = NUMBER(Quota_create_child.memory);
	there = map(child, 150, 0);
	for (unsigned i = 20; i < 170; i += 2)
		put(at + PAGES(i), 1000 + i);
	put(there + PAGES(1), 5);
	assert_int_equal(get(at + PAGES(21)), 22);
	for (unsigned i = 2; i < 150; i++)
		assert_int_equal(get(there + PAGES(i)), i + 21);
	OK(Memory, decommit, child, 0, PAGES(150));
	for (unsigned i = 0; i < 150; i++)
		assert_int_equal(get(there + PAGES(i)), 0);
	assert_int_equal(get(at + PAGES(21)), 22);
	assert_int_equal(TRY(Quota, create_child, ABI_FIRST_QUOTA, HANDLE(Memory, memory),
		PAGES(100), PAGES(101)), kernel_Error_OUT_OF_RANGE);
}

static void contiguous_memory_stays_as_it_is(void **unused)
{
	uint32_t memory;
	uint64_t at, physical;

	(void)unused;
	OK(Quota, create_contiguous, ABI_FIRST_QUOTA, PAGES(4), PAGES(4), 0);
	memory = NUMBER(Quota_create_contiguous.memory);
	physical = Quota_create_contiguous.physical;
	assert_int_equal(physical % PAGES(4), 0);
	at = map(memory, 4, 0);
	put(at + PAGES(2), 5);
	assert_int_equal(*(uint64_t *)arch_physical(physical + PAGES(2)), 5);
	assert_int_equal(TRY(Memory, truncate, memory, 0), kernel_Error_NOT_SUPPORTED);
	assert_int_equal(TRY(Memory, decommit, memory, 0, PAGES(4)),
		kernel_Error_NOT_SUPPORTED);
	assert_int_equal(TRY(Quota, create_child, ABI_FIRST_QUOTA, HANDLE(Memory, memory), 0,
		PAGES(4)), kernel_Error_NOT_SUPPORTED);
	at = map(memory, 4, kernel_MapFlags_PRIVATE);
	put(at + PAGES(2), 6);
	assert_int_equal(*(uint64_t *)arch_physical(physical + PAGES(2)), 5);
}

static void idle_is_told(void **unused)
{
	uint32_t memory = make_memory(2), notify = program_notification(), other;
	uint64_t at = map(memory, 2, 0);

	(void)unused;
	OK(Memory, watch_idle, memory, HANDLE(Notification, program_weaker(notify,
		kernel_Rights_SIGNAL)), 4);
	assert_int_equal(program_bits(notify), 0);
	OK(Space, unmap, ABI_FIRST_SPACE, at, PAGES(2));
	assert_int_equal(program_bits(notify), 4);
	other = program_weaker(memory, kernel_Rights_MAP);
	assert_int_equal(program_bits(notify), 0);
	OK(Space, remove, ABI_FIRST_SPACE, other);
	assert_int_equal(program_bits(notify), 4);
}

/* ---- spaces, on request ---- */

static uint64_t remap(uint64_t from, unsigned old, unsigned new, uint64_t to,
	bool may_move)
{
	OK(Space, remap, ABI_FIRST_SPACE, from, PAGES(old), PAGES(new), to, may_move);
	return Space_remap.address;
}

static struct kernel_Space_state_reply usage(void)
{
	OK(Space, state, ABI_FIRST_SPACE, 0);
	return Space_state;
}

static void remap_moves_pages(void **unused)
{
	uint32_t memory = make_memory(300);
	uint64_t at = map(memory, 100, 0), to, value;
	struct kernel_Mapping mapping;

	(void)unused;
	for (unsigned i = 0; i < 100; i++)
		put(at + PAGES(i), i + 1);
	assert_int_equal(remap(at, 100, 200, 0, false), at);
	put(at + PAGES(199), 5);
	assert_int_equal(program_map(memory, PAGES(1), 3) > at + PAGES(200), true);
	assert_int_equal(TRY(Space, remap, ABI_FIRST_SPACE, at, PAGES(200), PAGES(3000000), 0,
		false), kernel_Error_OVERLAP);
	assert_int_equal(TRY(Space, remap, ABI_FIRST_SPACE, at, PAGES(200), PAGES(200),
		at + PAGES(100), true), kernel_Error_OVERLAP);
	assert_int_equal(TRY(Space, remap, ABI_FIRST_SPACE, at, PAGES(200), PAGES(199), 0,
		true), kernel_Error_INVALID);
	to = at - PAGES(10000);
	assert_int_equal(remap(at + PAGES(50), 150, 160, to, true), to);
	assert_int_equal(get(to + PAGES(149)), 5);
	for (unsigned i = 50; i < 100; i++)
		assert_int_equal(get(to + PAGES(i - 50)), i + 1);
	assert_int_equal(get(at + PAGES(49)), 50);
	OK(Space, mappings, ABI_FIRST_SPACE, to + 5000);
	assert_true(kernel_Mapping_next(&Space_mappings.list, &mapping));
	assert_int_equal(mapping.address, to);
	assert_int_equal(mapping.length, PAGES(160));
	assert_int_equal(mapping.offset, PAGES(50));
	assert_int_equal(TRY(Space, remap, ABI_FIRST_SPACE, to, PAGES(161), PAGES(161), at,
		true), kernel_Error_NOT_MAPPED);
	assert_int_equal(host_user_read(program_thread, at + PAGES(50), &value, 8), 0);
}

static void remap_finds_a_place(void **unused)
{
	uint32_t memory = make_memory(100), contiguous;
	uint64_t at = map(memory, 80, 0), moved;

	(void)unused;
	program_map(memory, PAGES(80), 3);
	for (unsigned i = 0; i < 80; i++)
		put(at + PAGES(i), i + 1);
	moved = remap(at, 80, 100, 0, true);
	assert_true(moved != at);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(get(moved + PAGES(i)), i < 80 ? i + 1 : 0);
	OK(Quota, create_contiguous, ABI_FIRST_QUOTA, PAGES(4), 0, 0);
	contiguous = NUMBER(Quota_create_contiguous.memory);
	at = map(contiguous, 4, 0);
	assert_int_equal(TRY(Space, remap, ABI_FIRST_SPACE, at, PAGES(4), PAGES(5), 0, true),
		kernel_Error_OUT_OF_RANGE);
	assert_int_equal(TRY(Space, remap, ABI_FIRST_SPACE, at + PAGES(1), PAGES(3), PAGES(4),
		0, true), kernel_Error_OUT_OF_RANGE);
}

static void populate_lock_and_discard(void **unused)
{
	uint32_t memory = make_memory(200);
	uint64_t at = map(memory, 200, 0);
	struct kernel_Mapping mapping;

	(void)unused;
	OK(Space, populate, ABI_FIRST_SPACE, at, PAGES(250), true);
	assert_int_equal(Space_populate.done, PAGES(200));
	assert_int_equal(present(memory), 200);
	assert_true(usage().resident >= PAGES(200));
	OK(Space, resident, ABI_FIRST_SPACE, at, 16);
	assert_int_equal(Space_resident.present.size, 2);
	assert_int_equal(Space_resident.present.data[1], 0xff);
	put(at + PAGES(150), 3);
	OK(Space, discard, ABI_FIRST_SPACE, at, PAGES(200));
	assert_int_equal(present(memory), 0);
	assert_int_equal(get(at + PAGES(150)), 0);
	assert_int_equal(TRY(Space, populate, ABI_FIRST_SPACE, at, PAGES(250), true), 0);
	assert_int_equal(usage().resident >= PAGES(200), true);
	OK(Space, lock, ABI_FIRST_SPACE, at + PAGES(2), PAGES(100), true);
	OK(Space, mappings, ABI_FIRST_SPACE, at + PAGES(2));
	assert_in_range(Space_mappings.list.count, 2, 10);
	assert_true(kernel_Mapping_next(&Space_mappings.list, &mapping));
	assert_int_equal(mapping.length, PAGES(100));
	assert_true(mapping.flags & kernel_MapFlags_LOCKED);
	OK(Space, set_inherit, ABI_FIRST_SPACE, at, PAGES(50), kernel_Inherit_SHARE);
	assert_int_equal(TRY(Space, discard, ABI_FIRST_SPACE, at, PAGES(200)), 0);
	assert_int_equal(present(memory), 50);
	assert_int_equal(Space_mappings.next, 0);
}

static void replace_takes_what_is_there(void **unused)
{
	uint32_t memory = make_memory(300), other = make_memory(300);
	uint64_t at = map(memory, 300, 0);

	(void)unused;
	for (unsigned i = 0; i < 300; i++)
		put(at + PAGES(i), 1);
	OK(Space, map, ABI_FIRST_SPACE, .memory = HANDLE(Memory, other),
		.length = PAGES(250), .address = at + PAGES(20), .protection = READ_WRITE,
		.flags = kernel_MapFlags_FIXED | kernel_MapFlags_REPLACE);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(get(at + PAGES(i)), i < 20 || i >= 270);
	assert_int_equal(TRY(Space, map, ABI_FIRST_SPACE, .memory = HANDLE(Memory, other),
		.length = PAGES(1), .address = at, .protection = READ_WRITE,
		.flags = kernel_MapFlags_REPLACE), kernel_Error_INVALID);
	assert_int_equal(TRY(Space, map, ABI_FIRST_SPACE, .memory = HANDLE(Memory, other),
		.offset = 1, .length = PAGES(1), .address = at, .protection = READ_WRITE,
		.flags = kernel_MapFlags_REPLACE | kernel_MapFlags_FIXED),
		kernel_Error_INVALID);
	assert_int_equal(get(at), 1);
}

/* One that can hold no more than is needed for the space and a few mappings. */
static uint32_t small_space(void)
{
	const struct kernel_Amount limit = {.bytes = PAGES(12), .spaces = 1, .handles = 256};

	OK(Quota, create_quota, ABI_FIRST_QUOTA, limit);
	OK(Quota, create_space, NUMBER(Quota_create_quota.quota), 0);
	return NUMBER(Quota_create_space.space);
}

static int map_into(uint32_t space, uint32_t memory, uint64_t at, uint64_t length,
	kernel_MapFlags flags)
{
	return TRY(Space, map, space, .memory = HANDLE(Memory, memory), .length = length,
		.address = at, .protection = READ_WRITE,
		.flags = flags | kernel_MapFlags_FIXED);
}

static void replace_without_quota_takes_nothing(void **unused)
{
	uint32_t memory = make_memory(8), space = small_space();
	uint64_t at = 0x20000000, next = at + PAGES(8);
	struct kernel_Mapping first;
	int status;

	(void)unused;
	assert_int_equal(map_into(space, memory, at, PAGES(4), 0), 0);
	while ((status = map_into(space, memory, next, PAGES(2), 0)) == 0)
		next += PAGES(2);
	assert_int_equal(status, kernel_Error_QUOTA_EXCEEDED);
	assert_int_equal(map_into(space, memory, at, PAGES(4), kernel_MapFlags_REPLACE),
		kernel_Error_QUOTA_EXCEEDED);
	OK(Space, mappings, space, 0);
	assert_true(kernel_Mapping_next(&Space_mappings.list, &first));
	assert_int_equal(first.address, at);
	assert_int_equal(first.length, PAGES(4));
	OK(Space, unmap, space, next - PAGES(2), PAGES(2));
	assert_int_equal(map_into(space, memory, at, PAGES(4), kernel_MapFlags_REPLACE), 0);
}

static void read_and_write_of_another(void **unused)
{
	uint32_t memory = make_memory(20), space;
	uint64_t buffer = program_pages(PAGES(20)), at = 0x20000000;

	(void)unused;
	OK(Quota, create_space, ABI_FIRST_QUOTA, 0);
	space = NUMBER(Quota_create_space.space);
	OK(Space, map, space, .memory = HANDLE(Memory, memory), .length = PAGES(20),
		.address = at, .protection = kernel_Protection_READ,
		.flags = kernel_MapFlags_FIXED | kernel_MapFlags_PRIVATE);
	for (unsigned i = 0; i < 20; i++)
		put(buffer + PAGES(i), i + 1);
	assert_int_equal(TRY(Space, write, space, at, false, lend(buffer, PAGES(20), false)),
		0);
	OK(Space, write, space, at + PAGES(1), true, lend(buffer, PAGES(20), false));
	assert_int_equal(Space_write.done, PAGES(19));
	assert_int_equal(present(memory), 0);
	OK(Space, read, space, at, lend(buffer, PAGES(20), true));
	assert_int_equal(Space_read.done, PAGES(20));
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(get(buffer + PAGES(i)), i);
	OK(Space, kill, space, 5);
	OK(Space, state, space, 0);
	assert_int_equal(Space_state.state, kernel_SpaceState_ENDED);
	assert_int_equal(Space_state.code, 5);
}

static void handles_of_a_table(void **unused)
{
	uint32_t memory = make_memory(1), space, number;
	unsigned found = 0;

	(void)unused;
	OK(Quota, create_space, ABI_FIRST_QUOTA, 0);
	space = NUMBER(Quota_create_space.space);
	OK(Space, insert, space, { { (int32_t)memory } });
	number = Space_insert.number;
	assert_int_equal(TRY(Memory, status, memory, 0), SK_BAD_HANDLE);	/* moved */
	OK(Space, duplicate, space, number, kernel_Rights_READ | kernel_Rights_MAP, 0);
	assert_int_equal(TRY(Space, duplicate, space, Space_duplicate.number, 0xffff, 0),
		kernel_Error_NO_ACCESS);
	OK(Space, handles, space, 0);
	struct kernel_HandleEntry entry;
	for (; kernel_HandleEntry_next(&Space_handles.list, &entry); found++)
		if (entry.number == Space_duplicate.number)
			assert_int_equal(entry.rights, kernel_Rights_READ | kernel_Rights_MAP);
	assert_int_equal(found, 2);
	OK(Space, remove, space, number);
	assert_int_equal(TRY(Space, remove, space, number), kernel_Error_NO_HANDLE);
}

static void rights_limit_what_is_mapped(void **unused)
{
	uint32_t memory = make_memory(2);
	uint32_t weak = program_weaker(memory, kernel_Rights_MAP | kernel_Rights_READ);
	uint64_t at;

	(void)unused;
	assert_int_equal(TRY(Space, map, ABI_FIRST_SPACE, .memory = HANDLE(Memory, weak),
		.length = PAGES(1), .protection = READ_WRITE), kernel_Error_NO_ACCESS);
	at = program_map(weak, PAGES(1), kernel_Protection_READ);
	assert_int_equal(TRY(Space, protect, ABI_FIRST_SPACE, at, PAGES(1), READ_WRITE),
		kernel_Error_NO_ACCESS);
	at = map(weak, 1, kernel_MapFlags_PRIVATE);
	put(at, 3);
	assert_int_equal(present(memory), 0);
}

static void threads_are_listed(void **unused)
{
	(void)unused;
	OK(Space, open_thread, ABI_FIRST_SPACE, 0);
	uint64_t id = program_thread->object.id;
	assert_int_equal(Space_open_thread.id, id);
	assert_ptr_equal(program_object(NUMBER(Space_open_thread.thread)), program_thread);
	assert_int_equal(TRY(Space, open_thread, ABI_FIRST_SPACE, id + 1),
		kernel_Error_NOT_FOUND);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(contents_go_by_leases),
		CASE(commit_and_decommit),
		CASE(truncate_forgets_what_is_beyond),
		CASE(a_child_keeps_what_its_parent_had),
		CASE(contiguous_memory_stays_as_it_is),
		CASE(idle_is_told),
		CASE(remap_moves_pages),
		CASE(remap_finds_a_place),
		CASE(populate_lock_and_discard),
		CASE(replace_takes_what_is_there),
		CASE(replace_without_quota_takes_nothing),
		CASE(read_and_write_of_another),
		CASE(handles_of_a_table),
		CASE(rights_limit_what_is_mapped),
		CASE(threads_are_listed),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
