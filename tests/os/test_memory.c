/* Memory objects: pages, children, sizes, copies. */
#include "test.h"

#define PAGES(n) ((uint64_t)(n) * SK_PAGE)

static bool read_word(struct test *t, struct sk_handle memory, uint64_t offset,
	uint64_t *word)
{
	struct kernel_Memory_read_reply reply;

	*word = UINT64_MAX;
	return K(t, memory, Memory_read, &reply, .offset = offset,
		.data = sk_lend_out(word, 8)) == SK_OK && reply.done == 8;
}

static bool write_word(struct test *t, struct sk_handle memory, uint64_t offset,
	uint64_t word)
{
	struct kernel_Memory_write_reply reply;

	return K(t, memory, Memory_write, &reply, .offset = offset,
		.data = sk_lend(&word, 8)) == SK_OK && reply.done == 8;
}

static struct sk_handle new_child_of(struct test *t, struct sk_handle parent,
	uint64_t offset, uint64_t length)
{
	struct kernel_Quota_create_child_reply reply;

	return K(t, t->quota, Quota_create_child, &reply, .parent = {parent},
		.offset = offset, .length = length) == SK_OK ? reply.memory.raw :
		sk_no_handle();
}

static void begins_empty(struct test *t)
{
	struct kernel_Memory_status_reply status;

	REQUIRE_OK(t, K(t, new_memory(t, PAGES(16)), Memory_status, &status, 0));
	EXPECT(t, status.kind, kernel_MemoryKind_ANONYMOUS);
	EXPECT(t, status.size, PAGES(16));
	EXPECT(t, status.present, 0);
}

static void reads_zeros(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(4));
	uint64_t word;

	for (unsigned i = 0; i < 4; i++) {
		REQUIRE(t, read_word(t, memory, PAGES(i) + 8, &word));
		EXPECT(t, word, 0);
	}
}

static void reads_what_was_written(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(4));
	uint64_t word;

	/* Across the end of a page too. */
	REQUIRE(t, write_word(t, memory, 16, 0x1122334455667788));
	REQUIRE(t, write_word(t, memory, PAGES(1) - 3, 0xabcdef));
	REQUIRE(t, read_word(t, memory, 16, &word));
	EXPECT(t, word, 0x1122334455667788);
	REQUIRE(t, read_word(t, memory, PAGES(1) - 3, &word));
	EXPECT(t, word, 0xabcdef);
}

static void large_copies(struct test *t)
{
	struct sk_handle memory = new_memory(t, 1 << 20);
	uint64_t *here = (uint64_t *)map(t, new_memory(t, 1 << 20), 1 << 20);
	struct kernel_Memory_write_reply wrote;
	struct kernel_Memory_read_reply got;

	REQUIRE(t, here);
	for (unsigned i = 0; i < (1 << 17); i += 64)
		here[i] = i * 3;
	REQUIRE_OK(t, K(t, memory, Memory_write, &wrote, .data = sk_lend(here, 1 << 20)));
	EXPECT(t, wrote.done, 1 << 20);
	memset(here, 0, 1 << 20);
	REQUIRE_OK(t, K(t, memory, Memory_read, &got, .data = sk_lend_out(here, 1 << 20)));
	EXPECT(t, got.done, 1 << 20);
	for (unsigned i = 0; i < (1 << 17); i += 4096)
		EXPECT(t, here[i], i * 3);
}

static void beyond_the_end(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(1));
	uint64_t word;

	EXPECT_TRUE(t, !read_word(t, memory, PAGES(1), &word));
	EXPECT_TRUE(t, !write_word(t, memory, PAGES(1) - 4, 1));
	EXPECT_TRUE(t, !read_word(t, memory, UINT64_MAX - 3, &word));
}

static void sizes_are_checked(struct test *t)
{
	struct kernel_Quota_create_memory_reply reply;
	struct kernel_Memory_status_reply status;

	/* Whole pages, whatever is asked for. */
	REQUIRE_OK(t, K(t, t->quota, Quota_create_memory, &reply, .size = 100));
	REQUIRE_OK(t, K(t, reply.memory.raw, Memory_status, &status, 0));
	EXPECT(t, status.size, PAGES(1));
	EXPECT_TRUE(t, K(t, t->quota, Quota_create_memory, &reply,
		.size = UINT64_MAX - 4095) > 0);
}

static void commit_gives_frames(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(8));
	struct kernel_Memory_status_reply status;

	REQUIRE_OK(t, K0(t, memory, Memory_commit, .offset = PAGES(2), .length = PAGES(3)));
	REQUIRE_OK(t, K(t, memory, Memory_status, &status, 0));
	EXPECT(t, status.present, PAGES(3));
}

static void commit_is_checked(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(2));

	EXPECT_STATUS(t, K0(t, memory, Memory_commit, .offset = 1, .length = PAGES(1)),
		kernel_Error_INVALID);
	EXPECT_STATUS(t, K0(t, memory, Memory_commit, .offset = PAGES(1),
		.length = PAGES(2)), kernel_Error_OUT_OF_RANGE);
	EXPECT_STATUS(t, K0(t, memory, Memory_commit, .offset = PAGES(1),
		.length = UINT64_MAX - 4095), kernel_Error_OUT_OF_RANGE);
}

static void decommit_takes_them(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(4));
	struct kernel_Memory_status_reply status;
	uint64_t word;

	REQUIRE(t, write_word(t, memory, 0, 1) && write_word(t, memory, PAGES(1), 2));
	REQUIRE_OK(t, K0(t, memory, Memory_decommit, .length = PAGES(1)));
	REQUIRE_OK(t, K(t, memory, Memory_status, &status, 0));
	EXPECT(t, status.present, PAGES(1));
	REQUIRE(t, read_word(t, memory, 0, &word));
	EXPECT(t, word, 0);
	REQUIRE(t, read_word(t, memory, PAGES(1), &word));
	EXPECT(t, word, 2);
}

static void decommit_reaches_maps(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(2));
	volatile uint64_t *page = (volatile uint64_t *)map(t, memory, PAGES(2));

	REQUIRE(t, page);
	page[0] = 9;
	page[512] = 10;
	REQUIRE_OK(t, K0(t, memory, Memory_decommit, .length = PAGES(1)));
	EXPECT(t, page[0], 0);
	EXPECT(t, page[512], 10);
}

static void truncate_cuts(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(4));
	struct kernel_Memory_status_reply status;
	uint64_t word;

	REQUIRE(t, write_word(t, memory, PAGES(3), 7));
	REQUIRE_OK(t, K0(t, memory, Memory_truncate, .size = PAGES(2)));
	EXPECT_TRUE(t, !read_word(t, memory, PAGES(3), &word));
	REQUIRE_OK(t, K0(t, memory, Memory_truncate, .size = PAGES(6)));
	REQUIRE(t, read_word(t, memory, PAGES(3), &word));
	EXPECT(t, word, 0);
	REQUIRE_OK(t, K(t, memory, Memory_status, &status, 0));
	EXPECT(t, status.size, PAGES(6));
}

static void child_sees_parent(struct test *t)
{
	struct sk_handle parent = new_memory(t, PAGES(4)), child;
	uint64_t word;

	REQUIRE(t, write_word(t, parent, PAGES(1), 11));
	child = new_child_of(t, parent, PAGES(1), PAGES(2));
	REQUIRE(t, child.raw >= 0);
	REQUIRE(t, read_word(t, child, 0, &word));
	EXPECT(t, word, 11);
}

static void child_and_parent_part(struct test *t)
{
	struct sk_handle parent = new_memory(t, PAGES(2)), child;
	uint64_t word;

	REQUIRE(t, write_word(t, parent, 0, 1) && write_word(t, parent, PAGES(1), 2));
	child = new_child_of(t, parent, 0, PAGES(2));
	REQUIRE(t, child.raw >= 0);
	REQUIRE(t, write_word(t, child, 0, 100) && write_word(t, parent, PAGES(1), 200));
	REQUIRE(t, read_word(t, parent, 0, &word));
	EXPECT(t, word, 1);
	REQUIRE(t, read_word(t, child, PAGES(1), &word));
	EXPECT(t, word, 2);
}

static void child_outlives_parent(struct test *t)
{
	struct sk_handle parent = new_memory(t, PAGES(1)), child;
	uint64_t word;

	REQUIRE(t, write_word(t, parent, 8, 77));
	child = new_child_of(t, parent, 0, PAGES(1));
	close(parent);
	REQUIRE(t, read_word(t, child, 8, &word));
	EXPECT(t, word, 77);
}

static void child_through_maps(struct test *t)
{
	struct sk_handle parent = new_memory(t, PAGES(1)), child;
	volatile uint64_t *a, *b;

	a = (volatile uint64_t *)map(t, parent, PAGES(1));
	REQUIRE(t, a);
	a[0] = 1;
	child = new_child_of(t, parent, 0, PAGES(1));
	b = (volatile uint64_t *)map(t, child, PAGES(1));
	REQUIRE(t, b);
	a[0] = 2;
	EXPECT(t, b[0], 1);
	b[0] = 3;
	EXPECT(t, a[0], 2);
}

static void grandchildren(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(1));
	uint64_t word;

	REQUIRE(t, write_word(t, memory, 0, 1000));
	for (unsigned i = 0; i < 8; i++) {
		struct sk_handle child = new_child_of(t, memory, 0, PAGES(1));

		REQUIRE(t, read_word(t, child, 0, &word));
		EXPECT(t, word, 1000 + i);
		REQUIRE(t, write_word(t, child, 0, 1001 + i));
		close(memory);
		memory = child;
	}
}

static void child_is_checked(struct test *t)
{
	struct sk_handle parent = new_memory(t, PAGES(2));
	struct kernel_Quota_create_child_reply reply;

	EXPECT_STATUS(t, K(t, t->quota, Quota_create_child, &reply, .parent = {parent},
		.offset = PAGES(1), .length = PAGES(2)), kernel_Error_OUT_OF_RANGE);
	EXPECT_STATUS(t, K(t, t->quota, Quota_create_child, &reply, .parent = {parent},
		.offset = 5, .length = PAGES(1)), kernel_Error_INVALID);
	EXPECT_STATUS(t, K(t, t->quota, Quota_create_child, &reply,
		.parent = {copy(t, parent, kernel_Rights_DUPLICATE)},
		.length = PAGES(1)), SK_BAD_HANDLE);
}

static void rights_are_asked(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(1));
	struct sk_handle reads = copy(t, memory, kernel_Rights_READ);
	struct sk_handle writes = copy(t, memory, kernel_Rights_WRITE);
	uint64_t word;

	EXPECT_TRUE(t, read_word(t, reads, 0, &word));
	EXPECT_TRUE(t, !write_word(t, reads, 0, 1));
	EXPECT_TRUE(t, write_word(t, writes, 0, 1));
	EXPECT_TRUE(t, !read_word(t, writes, 0, &word));
	EXPECT_STATUS(t, K0(t, writes, Memory_truncate, .size = 0), SK_BAD_HANDLE);
}

static void contiguous_frames(struct test *t)
{
	struct kernel_Quota_create_contiguous_reply reply;
	volatile uint64_t *at;

	REQUIRE_OK(t, K(t, sk_kernel_handle(ABI_FIRST_QUOTA), Quota_create_contiguous,
		&reply, .size = PAGES(200), .alignment = PAGES(16)));
	EXPECT(t, reply.physical % PAGES(16), 0);
	at = (volatile uint64_t *)map(t, reply.memory.raw, PAGES(200));
	REQUIRE(t, at);
	for (unsigned i = 0; i < 200; i++)
		EXPECT(t, at[512 * i], 0);
	close(reply.memory.raw);
}

static void maps_are_counted(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(1));
	struct kernel_Memory_status_reply reply;
	uint64_t at = map(t, memory, PAGES(1));

	map_as(t, memory, 0, PAGES(1), kernel_Protection_READ, 0);
	REQUIRE_OK(t, K(t, memory, Memory_status, &reply, 0));
	EXPECT(t, reply.mappings, 2);
	EXPECT(t, reply.writable, 1);
	REQUIRE_OK(t, K0(t, t->space, Space_unmap, .address = at, .length = PAGES(1)));
	REQUIRE_OK(t, K(t, memory, Memory_status, &reply, 0));
	EXPECT(t, reply.mappings, 1);
	EXPECT(t, reply.writable, 0);
}

static void frames_come_back(struct test *t)
{
	struct kernel_System_memory_reply before, after;
	struct sk_handle memory = new_memory(t, PAGES(64));

	REQUIRE_OK(t, K0(t, memory, Memory_commit, .length = PAGES(64)));
	REQUIRE_OK(t, K(t, t->system, System_memory, &before, 0));
	close(memory);
	for (unsigned i = 0; i < 20; i++)
		pause_for(t, MS);
	REQUIRE_OK(t, K(t, t->system, System_memory, &after, 0));
	EXPECT_TRUE(t, after.free >= before.free + PAGES(64));
}

const struct test_case memory_cases[] = {
	{"memory: has no frames at first", begins_empty, 0},
	{"memory: reads as zeros", reads_zeros, 0},
	{"memory: reads what was written, across pages too", reads_what_was_written, 0},
	{"memory: copies of 1 MiB", large_copies, 0},
	{"memory: nothing beyond the end", beyond_the_end, 0},
	{"memory: sizes are whole pages, and not too large", sizes_are_checked, 0},
	{"memory: commit gives frames", commit_gives_frames, 0},
	{"memory: commit checks its range", commit_is_checked, 0},
	{"memory: decommit takes frames, reads as zeros again", decommit_takes_them, 0},
	{"memory: decommit reaches mappings", decommit_reaches_maps, 0},
	{"memory: truncate forgets what it cuts", truncate_cuts, 0},
	{"memory: a child sees its parent's pages", child_sees_parent, 0},
	{"memory: a child and its parent part when either writes", child_and_parent_part, 0},
	{"memory: a child outlives its parent", child_outlives_parent, 0},
	{"memory: copy-on-write through mappings", child_through_maps, 0},
	{"memory: eight generations of children", grandchildren, 0},
	{"memory: a child's range and rights are checked", child_is_checked, 0},
	{"memory: READ, WRITE and CONTROL are asked for", rights_are_asked, 0},
	{"memory: contiguous frames are aligned, zeroed and in one run", contiguous_frames, 0},
	{"memory: mappings are counted", maps_are_counted, 0},
	{"memory: frames come back when it ends", frames_come_back, 0},
	{0}
};
