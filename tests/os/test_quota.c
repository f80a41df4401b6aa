/* Quotas: limits, charges, their tree, their end. */
#include "test.h"

static int memory_of(struct test *t, struct sk_handle quota, uint64_t size,
	struct sk_handle *memory)
{
	struct kernel_Quota_create_memory_reply reply;
	int status = K(t, quota, Quota_create_memory, &reply, .size = size);

	*memory = status == SK_OK ? reply.memory.raw : sk_no_handle();
	return status;
}

static uint64_t used_of(struct test *t, struct sk_handle quota)
{
	struct kernel_Quota_usage_reply reply;

	return K(t, quota, Quota_usage, &reply, 0) == SK_OK ? reply.used.bytes : 0;
}

static void bytes_are_limited(struct test *t)
{
	struct sk_handle quota = new_quota(t, 64 * SK_PAGE), memory;

	REQUIRE_OK(t, memory_of(t, quota, 256 * SK_PAGE, &memory));
	EXPECT_STATUS(t, K0(t, memory, Memory_commit, .length = 256 * SK_PAGE),
		kernel_Error_QUOTA_EXCEEDED);
	EXPECT_OK(t, K0(t, memory, Memory_commit, .length = 16 * SK_PAGE));
}

static void charges_come_back(struct test *t)
{
	struct sk_handle quota = new_quota(t, 1 << 20), memory;
	uint64_t before = used_of(t, quota);

	for (unsigned i = 0; i < 20; i++) {
		REQUIRE_OK(t, memory_of(t, quota, 128 * SK_PAGE, &memory));
		REQUIRE_OK(t, K0(t, memory, Memory_commit, .length = 128 * SK_PAGE));
		EXPECT_TRUE(t, used_of(t, quota) >= before + 128 * SK_PAGE);
		close(memory);
		pause_for(t, 2 * MS);
	}
	EXPECT(t, used_of(t, quota), before);
}

static void parents_count_too(struct test *t)
{
	struct kernel_Quota_create_quota_reply inner;
	struct sk_handle outer = new_quota(t, 64 * SK_PAGE), memory;

	REQUIRE_OK(t, K(t, outer, Quota_create_quota, &inner, .limit = {
		.bytes = 1 << 30, .threads = 8, .spaces = 8, .handles = 64, .priority = 1}));
	REQUIRE_OK(t, memory_of(t, inner.quota.raw, 128 * SK_PAGE, &memory));
	EXPECT_STATUS(t, K0(t, memory, Memory_commit, .length = 128 * SK_PAGE),
		kernel_Error_QUOTA_EXCEEDED);
	REQUIRE_OK(t, K0(t, memory, Memory_commit, .length = 16 * SK_PAGE));
	EXPECT_TRUE(t, used_of(t, outer) >= 16 * SK_PAGE);
}

static void objects_are_charged(struct test *t)
{
	struct kernel_Quota_create_notification_reply reply;
	struct sk_handle quota = new_quota(t, 4 * SK_PAGE);
	unsigned made = 0;
	int status;

	do
		status = K(t, quota, Quota_create_notification, &reply, 0);
	while (status == SK_OK && ++made < 4000);
	EXPECT_STATUS(t, status, kernel_Error_QUOTA_EXCEEDED);
	EXPECT_TRUE(t, made > 1);
}

static void threads_are_limited(struct test *t)
{
	struct kernel_Quota_create_quota_reply quota;
	struct kernel_Quota_create_thread_reply thread;

	REQUIRE_OK(t, K(t, t->quota, Quota_create_quota, &quota, .limit = {
		.bytes = 1 << 22, .threads = 2, .spaces = 0, .handles = 64,
		.priority = 10}));
	for (unsigned i = 0; i < 2; i++)
		REQUIRE_OK(t, K(t, quota.quota.raw, Quota_create_thread, &thread,
			.space = {t->space}, .priority = 5));
	EXPECT_STATUS(t, K(t, quota.quota.raw, Quota_create_thread, &thread,
		.space = {t->space}, .priority = 5), kernel_Error_QUOTA_EXCEEDED);
}

static void spaces_are_limited(struct test *t)
{
	struct kernel_Quota_create_quota_reply quota;
	struct kernel_Quota_create_space_reply space;

	REQUIRE_OK(t, K(t, t->quota, Quota_create_quota, &quota, .limit = {
		.bytes = 1 << 22, .threads = 2, .spaces = 1, .handles = 64,
		.priority = 10}));
	REQUIRE_OK(t, K(t, quota.quota.raw, Quota_create_space, &space, 0));
	EXPECT_STATUS(t, K(t, quota.quota.raw, Quota_create_space, &space, 0),
		kernel_Error_QUOTA_EXCEEDED);
}

static void handles_are_limited(struct test *t)
{
	struct kernel_Quota_create_quota_reply quota;
	struct kernel_Quota_create_space_reply space;
	struct kernel_Space_insert_reply inserted;
	struct sk_handle memory = new_memory(t, SK_PAGE);
	unsigned made = 0;
	int status;

	REQUIRE_OK(t, K(t, t->quota, Quota_create_quota, &quota, .limit = {
		.bytes = 1 << 22, .threads = 2, .spaces = 1, .handles = 10,
		.priority = 10}));
	REQUIRE_OK(t, K(t, quota.quota.raw, Quota_create_space, &space, 0));
	do
		status = K(t, space.space.raw, Space_insert, &inserted,
			.what = {COPY(t, memory)});
	while (status == SK_OK && ++made < 100);
	EXPECT_TRUE(t, status > 0);
	EXPECT(t, made, 10);
}

static void priority_is_limited(struct test *t)
{
	struct kernel_Quota_create_thread_reply thread;

	EXPECT_TRUE(t, K(t, t->quota, Quota_create_thread, &thread, .space = {t->space},
		.priority = TEST_PRIORITY + 50) != 0);
}

static void limit_can_change(struct test *t)
{
	struct sk_handle quota = new_quota(t, 1 << 20), memory;
	struct kernel_Quota_usage_reply usage;

	REQUIRE_OK(t, K0(t, quota, Quota_set_limit, .limit = {.bytes = 0, .threads = 1,
		.spaces = 1, .handles = 1, .priority = 1}));
	EXPECT_STATUS(t, memory_of(t, quota, SK_PAGE, &memory),
		kernel_Error_QUOTA_EXCEEDED);
	REQUIRE_OK(t, K(t, quota, Quota_usage, &usage, 0));
	EXPECT(t, usage.limit.bytes, 0);
	REQUIRE_OK(t, K0(t, quota, Quota_set_limit, .limit = {.bytes = 1 << 20,
		.threads = 1, .spaces = 1, .handles = 1, .priority = 1}));
	EXPECT_OK(t, memory_of(t, quota, SK_PAGE, &memory));
}

static void destroy_kills(struct test *t)
{
	struct kernel_Quota_create_thread_reply thread;
	struct kernel_Quota_create_space_reply space;
	struct kernel_Thread_state_reply state;
	struct kernel_Space_state_reply ended;
	struct sk_handle quota = new_quota(t, 1 << 22);

	REQUIRE_OK(t, K(t, quota, Quota_create_space, &space, 0));
	REQUIRE_OK(t, K(t, quota, Quota_create_thread, &thread, .space = {t->space},
		.priority = 5));
	REQUIRE_OK(t, K0(t, quota, Quota_destroy, 0));
	EXPECT_TRUE(t, await_state(t, thread.thread.raw, kernel_ThreadState_ENDED));
	REQUIRE_OK(t, K(t, thread.thread.raw, Thread_state, &state, 0));
	REQUIRE_OK(t, K(t, space.space.raw, Space_state, &ended, 0));
	EXPECT_TRUE(t, ended.state == kernel_SpaceState_ENDING ||
		ended.state == kernel_SpaceState_ENDED);
}

static void destroyed_makes_nothing(struct test *t)
{
	struct sk_handle quota = new_quota(t, 1 << 20), memory;

	REQUIRE_OK(t, K0(t, quota, Quota_destroy, 0));
	EXPECT_TRUE(t, memory_of(t, quota, SK_PAGE, &memory) > 0);
}

static void rest_is_the_parents(struct test *t)
{
	struct sk_handle outer = new_quota(t, 1 << 22), memory;
	struct kernel_Quota_create_quota_reply inner;
	volatile uint64_t *at;

	REQUIRE_OK(t, K(t, outer, Quota_create_quota, &inner, .limit = {.bytes = 1 << 20,
		.threads = 1, .spaces = 1, .handles = 1, .priority = 1}));
	REQUIRE_OK(t, memory_of(t, inner.quota.raw, 4 * SK_PAGE, &memory));
	REQUIRE_OK(t, K0(t, memory, Memory_commit, .length = 4 * SK_PAGE));
	REQUIRE_OK(t, K0(t, inner.quota.raw, Quota_destroy, 0));
	close(inner.quota.raw);
	pause_for(t, 2 * MS);
	at = (volatile uint64_t *)map(t, memory, 4 * SK_PAGE);
	REQUIRE(t, at);
	at[0] = 4;
	EXPECT(t, at[0], 4);
	EXPECT_TRUE(t, used_of(t, outer) >= 4 * SK_PAGE);
}

static void depth_is_limited(struct test *t)
{
	struct kernel_Quota_create_quota_reply made;
	struct sk_handle quota = t->quota;
	unsigned depth = 0;
	int status;

	do {
		status = K(t, quota, Quota_create_quota, &made, .limit = {
			.bytes = 1 << 20, .threads = 1, .spaces = 1, .handles = 1,
			.priority = 1});
		quota = made.quota.raw;
	} while (status == SK_OK && ++depth < 64);
	EXPECT_TRUE(t, status > 0);
	EXPECT_TRUE(t, depth >= 8 && depth < 64);
}

static void rights_are_asked(struct test *t)
{
	struct sk_handle weak = copy(t, t->quota, kernel_Rights_INSPECT), memory;

	EXPECT_STATUS(t, memory_of(t, weak, SK_PAGE, &memory), SK_BAD_HANDLE);
	EXPECT_STATUS(t, K0(t, weak, Quota_destroy, 0), SK_BAD_HANDLE);
}

const struct test_case quota_cases[] = {
	{"quota: bytes are limited", bytes_are_limited, 0},
	{"quota: what is freed can be used again", charges_come_back, 0},
	{"quota: what is above counts too", parents_count_too, 0},
	{"quota: objects themselves are charged", objects_are_charged, 0},
	{"quota: threads are limited", threads_are_limited, 0},
	{"quota: spaces are limited", spaces_are_limited, 0},
	{"quota: handles are limited", handles_are_limited, 0},
	{"quota: priorities are limited", priority_is_limited, 0},
	{"quota: a limit can be lowered and raised", limit_can_change, 0},
	{"quota: destroy kills threads and spaces", destroy_kills, 0},
	{"quota: a destroyed one makes nothing", destroyed_makes_nothing, 0},
	{"quota: what lives on becomes the parent's", rest_is_the_parents, 0},
	{"quota: the tree's depth is limited", depth_is_limited, 0},
	{"quota: rights are asked for", rights_are_asked, 0},
	{0}
};
