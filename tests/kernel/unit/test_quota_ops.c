/* Operations on quotas: each kind of object is made, charged, and given back. */
#include "tests/kernel/unit/kernel_program.h"

#include "kernel/quota.h"

static struct kernel_Amount plenty(void)
{
	return (struct kernel_Amount){ 4 << 20, 10, 10, 1000, 200 };
}

static uint32_t make_quota(struct kernel_Amount limit)
{
	OK(Quota, create_quota, ABI_FIRST_QUOTA, limit);
	return NUMBER(Quota_create_quota.quota);
}

static uint64_t used_bytes(uint32_t quota)
{
	OK(Quota, usage, quota, 0);
	return Quota_usage.used.bytes;
}

static kernel_Kind kind_of(uint32_t number)
{
	OK(Object, info, number, 0);
	return Object_info.kind;
}

static uint32_t make_space(void)
{
	OK(Quota, create_space, ABI_FIRST_QUOTA, 0);
	return NUMBER(Quota_create_space.space);
}

static uint32_t make_memory(void)
{
	OK(Quota, create_memory, ABI_FIRST_QUOTA, 8192);
	return NUMBER(Quota_create_memory.memory);
}

/* Made by the quota, of its kind, charged while it is there. */
#define MAKES(quota, method, result, expected, ...) do { \
	uint64_t makes_before = used_bytes(quota); \
	OK(Quota, method, quota, __VA_ARGS__); \
	uint32_t makes_number = NUMBER(Quota_##method.result); \
	assert_int_equal(kind_of(makes_number), kernel_Kind_##expected); \
	assert_true(used_bytes(quota) > makes_before); \
	program_system_call(ABI_CLOSE, makes_number, 0, 0, 0, 0); \
	while (!object_reap(OBJECT_STEPS)) \
		continue; \
	assert_int_equal(used_bytes(quota), makes_before); \
} while (0)

static void each_kind_is_made_charged_and_freed(void **unused)
{
	uint32_t quota = make_quota(plenty()), n = program_notification();
	uint32_t space = make_space(), memory = make_memory();
	struct program_server server = program_server();

	(void)unused;
	MAKES(quota, create_quota, quota, QUOTA, plenty());
	MAKES(quota, create_space, space, SPACE, 0);
	MAKES(quota, create_thread, thread, THREAD, HANDLE(Space, space), 100);
	MAKES(quota, create_memory, memory, MEMORY, 4096);
	MAKES(quota, create_child, memory, MEMORY, HANDLE(Memory, memory), 4096, 4096);
	MAKES(quota, create_paged, memory, MEMORY, 8192,
		COPY(Session, server.session));
	MAKES(quota, create_contiguous, memory, MEMORY, 8192, 8192, 0);
	MAKES(quota, create_endpoint, endpoint, ENDPOINT, 0);
	MAKES(quota, create_notification, notification, NOTIFICATION, 0);
	MAKES(quota, create_ring, ring, RING, 3);
	MAKES(quota, create_timer, timer, TIMER, COPY(Notification, n), 1);
	MAKES(quota, fork_space, space, SPACE, HANDLE(Space, ABI_FIRST_SPACE));
}

static void nothing_is_made_beyond_the_limit(void **unused)
{
	struct kernel_Amount limit = { 40000, 0, 1, 10, 50 };
	uint32_t quota = make_quota(limit), before;

	(void)unused;
	assert_int_equal(TRY(Quota, create_thread, quota, HANDLE(Space, ABI_FIRST_SPACE), 51),
		kernel_Error_QUOTA_EXCEEDED);
	assert_int_equal(TRY(Quota, create_thread, quota, HANDLE(Space, ABI_FIRST_SPACE), 50),
		kernel_Error_QUOTA_EXCEEDED);
	assert_int_equal(TRY(Quota, create_thread, quota, HANDLE(Space, ABI_FIRST_SPACE), 256),
		kernel_Error_INVALID);
	before = (uint32_t)used_bytes(quota);
	assert_int_equal(TRY(Quota, create_ring, quota, 20), kernel_Error_QUOTA_EXCEEDED);
	while (!object_reap(OBJECT_STEPS))
		continue;
	assert_int_equal(used_bytes(quota), before);
	for (unsigned i = 0; i < 10000; i++)
		if (TRY(Quota, create_notification, quota, 0) != 0)
			break;
	assert_int_equal(TRY(Quota, create_notification, quota, 0),
		kernel_Error_QUOTA_EXCEEDED);
	assert_in_range(used_bytes(quota), 39000, 40000);
}

static void limits_change_but_not_beyond_the_parents(void **unused)
{
	uint32_t quota = make_quota(plenty()), inner;
	struct kernel_Amount limit = plenty();

	(void)unused;
	OK(Quota, create_quota, quota, plenty());
	inner = NUMBER(Quota_create_quota.quota);
	limit.bytes++;
	assert_int_equal(TRY(Quota, set_limit, inner, limit), kernel_Error_INVALID);
	limit = plenty();
	limit.priority++;
	assert_int_equal(TRY(Quota, set_limit, inner, limit), kernel_Error_INVALID);
	limit = plenty();
	limit.threads++;
	assert_int_equal(TRY(Quota, set_limit, inner, limit), kernel_Error_INVALID);
	limit = (struct kernel_Amount){ 0, 1, 2, 3, 4 };
	assert_int_equal(TRY(Quota, set_limit, inner, limit), 0);
	assert_int_equal(TRY(Quota, create_notification, inner, 0),
		kernel_Error_QUOTA_EXCEEDED);
	OK(Quota, usage, inner, 0);
	assert_int_equal(Quota_usage.limit.threads, 1);
	assert_int_equal(Quota_usage.limit.spaces, 2);
	assert_int_equal(Quota_usage.limit.handles, 3);
	assert_int_equal(Quota_usage.limit.priority, 4);
	assert_int_equal(TRY(Quota, set_limit, ABI_FIRST_QUOTA, limit), kernel_Error_INVALID);
}

static void its_end_kills_what_is_in_it(void **unused)
{
	uint32_t quota = make_quota(plenty()), space, n = program_notification();

	(void)unused;
	OK(Quota, create_space, quota, 0);
	space = NUMBER(Quota_create_space.space);
	OK(Space, watch, space, COPY(Notification, n), 1);
	OK(Quota, create_notification, quota, 0);
	assert_int_equal(TRY(Quota, destroy, program_weaker(quota, 0xff), 0), SK_BAD_HANDLE);
	OK(Quota, destroy, quota, 0);
	host_advance(20000000);
	assert_int_equal(program_bits(n), 1);
	assert_int_equal(TRY(Quota, create_notification, quota, 0), kernel_Error_ENDED);
	assert_int_equal(program_bits(NUMBER(Quota_create_notification.notification)), 0);
	assert_int_equal(TRY(Quota, destroy, ABI_FIRST_QUOTA, 0), kernel_Error_BAD_STATE);
}

static void a_fork_has_the_same_bytes(void **unused)
{
	uint64_t base = program_pages(200 * 4096), word;
	struct space *child;

	(void)unused;
	for (uint64_t i = 0; i < 200; i++)
		host_user_write(program_thread, base + i * 4096, &i, 8);
	OK(Quota, fork_space, ABI_FIRST_QUOTA, HANDLE(Space, ABI_FIRST_SPACE));
	child = program_object(NUMBER(Quota_fork_space.space));
	for (uint64_t i = 0; i < 200; i++) {
		assert_int_equal(space_read(child, base + i * 4096, &word, 8), 8);
		assert_int_equal(word, i);
	}
	word = 12345;
	assert_int_equal(space_write(child, base, &word, 8), 8);
	host_user_read(program_thread, base, &word, 8);
	assert_int_equal(word, 0);
	assert_null(program_thread->caller.made);
}

/* What was begun for another request is not what this one gets. */
static void what_was_begun_is_not_mixed_up(void **unused)
{
	struct quota *root = quota_root();
	struct space *begun;
	kernel_error error;

	(void)unused;
	begun = space_new(root, &error);
	program_thread->caller.made = &begun->object;
	program_thread->caller.progress = 4711;
	OK(Quota, fork_space, ABI_FIRST_QUOTA, HANDLE(Space, ABI_FIRST_SPACE));
	assert_ptr_not_equal(program_object(NUMBER(Quota_fork_space.space)), begun);
	begun = space_new(root, &error);
	program_thread->caller.made = &begun->object;
	program_thread->caller.progress = 5;
	OK(Quota, create_ring, ABI_FIRST_QUOTA, 5);
	assert_int_equal(kind_of(NUMBER(Quota_create_ring.ring)), kernel_Kind_RING);
	assert_null(program_thread->caller.made);
}

static const struct CMUnitTest cases[] = {
	CASE(each_kind_is_made_charged_and_freed),
	CASE(nothing_is_made_beyond_the_limit),
	CASE(limits_change_but_not_beyond_the_parents),
	CASE(its_end_kills_what_is_in_it),
	CASE(a_fork_has_the_same_bytes),
	CASE(what_was_begun_is_not_mixed_up),
};
FIXTURE_MAIN(cases)
