/* Words: who waits for a word is woken by it, and by no other one. */
#include "tests/kernel/unit/kernel_program.h"

#include "kernel/word.h"

/* *head: what it has got at once, if it does not wait. */
static bool waits(struct thread *thread, uint64_t address, uint32_t expected, uint32_t mask,
	bool shared, uint64_t deadline, uint64_t *head)
{
	word_wait(thread, address, expected, mask, shared, deadline);
	*head = frame_head(&thread->frame);
	return thread->state == kernel_ThreadState_WAITING;
}

static struct thread *waiters[4];
static uint64_t base;

static struct thread *make_thread(struct space *space)
{
	kernel_error error;
	struct thread *thread = thread_new(space->object.quota, space, 100, &error);

	assert_non_null(thread);
	arch_thread_start(thread, PROGRAM_ENTRY, PROGRAM_ENTRY, 0);
	return thread;
}

/* Threads that are never run, so what they wait for is all that they do. */
static int start(void **unused)
{
	int status = program_start(unused);

	base = program_pages(8192);
	for (unsigned i = 0; i < 4; i++)
		waiters[i] = make_thread(program_thread->space);
	return status;
}

/* One that began to wait has had its reference taken over by its own life. */
static int stop(void **unused)
{
	for (unsigned i = 0; i < 4; i++)
		if (waiters[i]->state == kernel_ThreadState_NEW)
			object_drop(&waiters[i]->object);
	return program_stop(unused);
}

static void wait_for(unsigned i, uint64_t address, uint32_t mask, bool shared)
{
	uint64_t head;

	assert_true(waits(waiters[i], address, 0, mask, shared, ABI_FOREVER, &head));
	assert_int_equal(waiters[i]->state, kernel_ThreadState_WAITING);
}

static unsigned still_waiting(void)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < 4; i++)
		bits |= waiters[i]->state == kernel_ThreadState_WAITING ? 1u << i : 0;
	return bits;
}

static int64_t wake(uint64_t address, uint32_t count, uint32_t mask, bool shared)
{
	return word_wake(program_thread, address, count, 0, 0, mask, shared);
}

static void they_are_woken_in_the_order_they_came(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 3; i++)
		wait_for(i, base + 8, 1, false);
	wait_for(3, base + 12, 1, false);
	assert_int_equal(wake(base + 8, 1, 1, false), 1);
	assert_int_equal(still_waiting(), 0xe);
	assert_int_equal(wake(base + 8, 9, 1, false), 2);
	assert_int_equal(still_waiting(), 0x8);
	assert_int_equal(wake(base + 8, 9, 1, false), 0);
	assert_int_equal(ABI_STATUS(frame_head(&waiters[2]->frame)), SK_OK);
}

static void masks_choose(void **unused)
{
	(void)unused;
	wait_for(0, base, 1, false);
	wait_for(1, base, 2, false);
	wait_for(2, base, 3, false);
	assert_int_equal(wake(base, 9, 2, false), 2);
	assert_int_equal(still_waiting(), 1);
	assert_int_equal(wake(base, 9, 4, false), 0);
}

static void some_are_moved_and_woken_there(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 4; i++)
		wait_for(i, base, 1, false);
	assert_int_equal(word_wake(program_thread, base, 1, 2, base + 4096, 1, false),
		INT64_C(2) << 32 | 1);
	assert_int_equal(still_waiting(), 0xe);
	assert_int_equal(wake(base + 4096, 9, 1, false), 2);
	assert_int_equal(still_waiting(), 0x8);
	assert_int_equal(wake(base, 9, 1, false), 1);
}

static void the_word_is_looked_at(void **unused)
{
	uint32_t value = 5;
	uint64_t head;

	(void)unused;
	host_user_write(program_thread, base + 4, &value, 4);
	assert_false(waits(waiters[0], base + 4, 4, 1, false, ABI_FOREVER, &head));
	assert_int_equal(ABI_STATUS(head), SK_WOULD_BLOCK);
	assert_false(waits(waiters[0], base + 4, 5, 1, false, ABI_POLL, &head));
	assert_int_equal(ABI_STATUS(head), SK_TIMED_OUT);
	assert_false(waits(waiters[0], base + 2, 0, 1, false, ABI_FOREVER, &head));
	assert_int_equal(ABI_STATUS(head), SK_INVALID);
	assert_false(waits(waiters[0], base, 0, 0, false, ABI_FOREVER, &head));
	assert_int_equal(ABI_STATUS(head), SK_INVALID);
	assert_false(waits(waiters[0], UINT64_C(0x7000000000), 0, 1, false, ABI_FOREVER,
		&head));
	assert_int_equal(ABI_STATUS(head), SK_LEASE_FAULT);
	assert_int_equal(wake(UINT64_C(0x7000000000), 1, 1, true), SK_LEASE_FAULT);
}

/* One memory at two addresses; a private word is another one at each. */
static void shared_words_are_the_memorys(void **unused)
{
	(void)unused;
	OK(Quota, create_memory, ABI_FIRST_QUOTA, 4096);
	uint32_t memory = NUMBER(Quota_create_memory.memory);
	uint64_t one = program_map(memory, 4096, 3), two = program_map(memory, 4096, 3);

	assert_int_not_equal(one, two);
	wait_for(0, one + 16, 1, true);
	wait_for(1, one + 16, 1, false);
	assert_int_equal(wake(two + 16, 9, 1, false), 0);
	assert_int_equal(wake(two + 16, 9, 1, true), 1);
	assert_int_equal(still_waiting(), 2);
	assert_int_equal(wake(one + 16, 9, 1, false), 1);
}

static void a_deadline_ends_the_wait(void **unused)
{
	(void)unused;
	program_system_call(ABI_WORD_WAIT, 0, base, 0, 1, 0);
	assert_int_equal(program_thread->state, kernel_ThreadState_WAITING);
	host_advance(UINT64_C(1200000000));
	assert_true(host_run(program_thread));
	assert_int_equal(ABI_STATUS(frame_head(&program_thread->frame)), SK_TIMED_OUT);
	assert_int_equal(wake(base, 1, 1, false), 0);
}

static void a_system_call_wakes(void **unused)
{
	(void)unused;
	wait_for(0, base, 1, false);
	assert_int_equal(ABI_STATUS(program_system_call(ABI_WORD_WAKE, 0, base, 5, 0, 1)), 0);
	assert_int_equal(frame_target(&program_thread->frame), 1);
	assert_int_equal(still_waiting(), 0);
}

static void not_too_many_at_once(void **unused)
{
	struct thread *threads[WORD_STEPS + 10];
	uint64_t head;

	(void)unused;
	for (unsigned i = 0; i < WORD_STEPS + 10; i++) {
		threads[i] = make_thread(program_thread->space);
		assert_true(waits(threads[i], base, 0, 1, false, ABI_FOREVER, &head));
	}
	assert_int_equal(wake(base, 1000, 1, false), WORD_STEPS);
	assert_int_equal(wake(base, 1000, 1, false), 10);
}

#define WORDS(function) cmocka_unit_test_setup_teardown(function, start, stop)
static const struct CMUnitTest cases[] = {
	WORDS(they_are_woken_in_the_order_they_came),
	WORDS(masks_choose),
	WORDS(some_are_moved_and_woken_there),
	WORDS(the_word_is_looked_at),
	WORDS(shared_words_are_the_memorys),
	WORDS(a_deadline_ends_the_wait),
	WORDS(a_system_call_wakes),
	WORDS(not_too_many_at_once),
};
FIXTURE_MAIN(cases)
