/* Words: waiting for memory to change. */
#include "test.h"

static volatile uint32_t word, other;

static void another_value(struct test *t)
{
	word = 1;
	EXPECT_STATUS(t, sk_sys_word_wait(&word, 2, UINT32_MAX, 0, SK_FOREVER),
		SK_WOULD_BLOCK);
}

static void until_deadline(struct test *t)
{
	uint64_t begin = now(t);

	word = 1;
	EXPECT_STATUS(t, sk_sys_word_wait(&word, 1, UINT32_MAX, 0, begin + 10 * MS),
		SK_TIMED_OUT);
	EXPECT_TRUE(t, now(t) >= begin + 10 * MS);
}

static void wait_word(struct test_helper *self)
{
	self->status = sk_sys_word_wait(&word, 0, (uint32_t)(uintptr_t)self->argument, 0,
		SK_FOREVER);
}

static struct test_helper *waiter(struct test *t, uint32_t mask)
{
	struct test_helper *helper = start(t, wait_word, (void *)(uintptr_t)mask);

	if (helper)
		await_state(t, helper->thread.handle, kernel_ThreadState_WAITING);
	return helper;
}

static void wakes(struct test *t)
{
	struct test_helper *helper;
	uint64_t woken;

	word = 0;
	helper = waiter(t, UINT32_MAX);
	REQUIRE(t, helper);
	EXPECT_STATUS(t, sk_sys_word_wake(&word, 1, 0, NULL, UINT32_MAX, &woken), 0);
	EXPECT(t, woken, 1);
	REQUIRE(t, join(t, helper));
	EXPECT_STATUS(t, helper->status, 0);
}

static void wakes_so_many(struct test *t)
{
	uint64_t woken;

	word = 0;
	for (unsigned i = 0; i < 4; i++)
		REQUIRE(t, waiter(t, UINT32_MAX));
	EXPECT_STATUS(t, sk_sys_word_wake(&word, 3, 0, NULL, UINT32_MAX, &woken), 0);
	EXPECT(t, woken, 3);
	EXPECT_STATUS(t, sk_sys_word_wake(&word, 3, 0, NULL, UINT32_MAX, &woken), 0);
	EXPECT(t, woken, 1);
}

static void wakes_by_mask(struct test *t)
{
	struct test_helper *one, *two;
	uint64_t woken;

	word = 0;
	one = waiter(t, 1);
	two = waiter(t, 2);
	REQUIRE(t, one && two);
	EXPECT_STATUS(t, sk_sys_word_wake(&word, 10, 0, NULL, 2, &woken), 0);
	EXPECT(t, woken, 1);
	REQUIRE(t, join(t, two));
	EXPECT(t, one->done, 0);
}

static void moves(struct test *t)
{
	uint64_t woken;

	word = other = 0;
	for (unsigned i = 0; i < 3; i++)
		REQUIRE(t, waiter(t, UINT32_MAX));
	EXPECT_STATUS(t, sk_sys_word_wake(&word, 1, 10, &other, UINT32_MAX, &woken), 0);
	EXPECT(t, woken, UINT64_C(2) << 32 | 1);
	EXPECT_STATUS(t, sk_sys_word_wake(&word, 10, 0, NULL, UINT32_MAX, &woken), 0);
	EXPECT(t, woken, 0);
	EXPECT_STATUS(t, sk_sys_word_wake(&other, 10, 0, NULL, UINT32_MAX, &woken), 0);
	EXPECT(t, woken, 2);
}

static void of_nowhere(struct test *t)
{
	const volatile uint32_t *nowhere = (const volatile uint32_t *)0x300000000;

	EXPECT_STATUS(t, sk_sys_word_wait(nowhere, 0, UINT32_MAX, 0, SK_POLL),
		SK_LEASE_FAULT);
	EXPECT_TRUE(t, sk_sys_word_wait((const volatile uint32_t *)
		UINT64_C(0xffffffff80000000), 0, UINT32_MAX, 0, SK_POLL) < 0);
	EXPECT_STATUS(t, sk_sys_word_wait((const volatile uint32_t *)
		((uintptr_t)&word + 1), 0, UINT32_MAX, 0, SK_POLL), SK_INVALID);
}

struct shared {
	volatile uint32_t *word;
};

static void wait_shared(struct test_helper *self)
{
	const struct shared *shared = self->argument;

	self->status = sk_sys_word_wait(shared->word, 0, UINT32_MAX, ABI_WORD_SHARED,
		SK_FOREVER);
}

static void shared_by_memory(struct test *t)
{
	struct sk_handle memory = new_memory(t, SK_PAGE);
	struct shared shared = {(volatile uint32_t *)map(t, memory, SK_PAGE)};
	volatile uint32_t *again = (volatile uint32_t *)map(t, memory, SK_PAGE);
	struct test_helper *helper;
	uint64_t woken;

	REQUIRE(t, shared.word && again);
	*shared.word = 0;
	helper = start(t, wait_shared, &shared);
	REQUIRE(t, helper);
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_WAITING));
	/* Keyed by the address it would not be found. */
	EXPECT_STATUS(t, sk_sys_word_wake(again, 1, 0, NULL, UINT32_MAX, &woken), 0);
	EXPECT(t, woken, 0);
	EXPECT_STATUS(t, sk_sys_word_wake(again, 1, 0, NULL,
		UINT32_MAX | ABI_WORD_SHARED, &woken), 0);
	EXPECT(t, woken, 1);
	EXPECT_TRUE(t, join(t, helper));
}

static void count_up(struct test_helper *self)
{
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t woken;
		uint32_t free = 0;

		/* A lock of one word: 0 free, 1 held, 2 held and waited for. */
		if (!__atomic_compare_exchange_n(&word, &free, 1, false, __ATOMIC_ACQUIRE,
				__ATOMIC_RELAXED))
			while (__atomic_exchange_n(&word, 2, __ATOMIC_ACQUIRE) != 0)
				sk_sys_word_wait(&word, 2, UINT32_MAX, 0, SK_FOREVER);
		other = other + 1;
		if (__atomic_exchange_n(&word, 0, __ATOMIC_RELEASE) == 2)
			sk_sys_word_wake(&word, 1, 0, NULL, UINT32_MAX, &woken);
	}
	self->value = 1;
}

static void a_lock(struct test *t)
{
	struct test_helper *helpers[4];

	word = other = 0;
	for (unsigned i = 0; i < 4; i++) {
		helpers[i] = start(t, count_up, NULL);
		REQUIRE(t, helpers[i]);
	}
	for (unsigned i = 0; i < 4; i++)
		REQUIRE(t, join(t, helpers[i]));
	EXPECT(t, other, 8000);
}

static void killed_waiter(struct test *t)
{
	struct test_helper *helper;
	uint64_t woken;

	word = 0;
	helper = waiter(t, UINT32_MAX);
	REQUIRE(t, helper);
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_kill, .code = 0));
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_ENDED));
	EXPECT_STATUS(t, sk_sys_word_wake(&word, 10, 0, NULL, UINT32_MAX, &woken), 0);
	EXPECT(t, woken, 0);
}

const struct test_case word_cases[] = {
	{"word: another value does not wait", another_value, 0},
	{"word: waits until its deadline", until_deadline, 0},
	{"word: is woken", wakes, 0},
	{"word: so many are woken and no more", wakes_so_many, 0},
	{"word: only those whose mask it is", wakes_by_mask, 0},
	{"word: waiters are moved to another", moves, 0},
	{"word: one that is nowhere, or not aligned", of_nowhere, 0},
	{"word: a shared one is known by its memory", shared_by_memory, 0},
	{"word: a lock of four threads loses no count", a_lock, 0},
	{"word: who was killed is not woken", killed_waiter, 0},
	{0}
};
