/* Notifications, timers, clocks. */
#include "test.h"

static void signal_and_wait(struct test *t)
{
	struct sk_handle n = new_notification(t);
	uint64_t bits;

	EXPECT_STATUS(t, sk_sys_signal(NUMBER(n), 5), 0);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(n), UINT64_MAX, SK_FOREVER, &bits), 0);
	EXPECT(t, bits, 5);
}

static void bits_gather(struct test *t)
{
	struct sk_handle n = new_notification(t);
	uint64_t bits;

	sk_sys_signal(NUMBER(n), 1);
	sk_sys_signal(NUMBER(n), UINT64_C(1) << 63);
	sk_sys_signal(NUMBER(n), 1);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(n), UINT64_MAX, SK_FOREVER, &bits), 0);
	EXPECT(t, bits, (UINT64_C(1) << 63) | 1);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(n), UINT64_MAX, SK_POLL, &bits), SK_WOULD_BLOCK);
}

static void mask_leaves_others(struct test *t)
{
	struct sk_handle n = new_notification(t);
	struct kernel_Notification_peek_reply peeked;
	uint64_t bits;

	sk_sys_signal(NUMBER(n), 7);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(n), 2, SK_FOREVER, &bits), 0);
	EXPECT(t, bits, 2);
	REQUIRE_OK(t, K(t, n, Notification_peek, &peeked, 0));
	EXPECT(t, peeked.bits, 5);
}

static void clear_says_which(struct test *t)
{
	struct sk_handle n = new_notification(t);
	struct kernel_Notification_clear_reply cleared;

	sk_sys_signal(NUMBER(n), 0xff);
	REQUIRE_OK(t, K(t, n, Notification_clear, &cleared, .mask = 0x10f));
	EXPECT(t, cleared.bits, 0xf);
	REQUIRE_OK(t, K(t, n, Notification_clear, &cleared, .mask = UINT64_MAX));
	EXPECT(t, cleared.bits, 0xf0);
}

static void waits_until_deadline(struct test *t)
{
	struct sk_handle n = new_notification(t);
	uint64_t begin = now(t), bits;

	EXPECT_STATUS(t, sk_sys_wait(NUMBER(n), 1, begin + 20 * MS, &bits), SK_TIMED_OUT);
	EXPECT_TRUE(t, now(t) >= begin + 20 * MS);
	EXPECT_TRUE(t, now(t) < begin + 200 * MS);
}

static void signal_later(struct test_helper *self)
{
	thread_pause(&self->thread, self->test, 5 * MS);
	sk_sys_signal(NUMBER(*(struct sk_handle *)self->argument), 9);
}

static void other_thread_wakes(struct test *t)
{
	struct sk_handle n = new_notification(t);
	uint64_t bits;

	REQUIRE(t, start(t, signal_later, &n));
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(n), 1, now(t) + 1000 * MS, &bits), 0);
	EXPECT(t, bits, 1);
}

static void wait_for_bit(struct test_helper *self)
{
	uint64_t bits;

	self->status = sk_sys_wait(NUMBER(*(struct sk_handle *)self->argument),
		UINT64_C(1) << self->value, SK_FOREVER, &bits);
	self->value = bits;
}

static void only_whose_mask(struct test *t)
{
	struct sk_handle n = new_notification(t);
	struct test_helper *zero = start(t, wait_for_bit, &n);

	REQUIRE(t, zero);
	EXPECT_TRUE(t, await_state(t, zero->thread.handle, kernel_ThreadState_WAITING));
	sk_sys_signal(NUMBER(n), 6);
	pause_for(t, 2 * MS);
	EXPECT(t, zero->done, 0);
	sk_sys_signal(NUMBER(n), 1);
	REQUIRE(t, join(t, zero));
	EXPECT(t, zero->value, 1);
}

static void rights_are_asked(struct test *t)
{
	struct sk_handle n = new_notification(t);
	struct sk_handle signals = copy(t, n, kernel_Rights_SIGNAL);
	struct sk_handle waits = copy(t, n, kernel_Rights_WAIT);
	struct kernel_Notification_peek_reply peeked;
	uint64_t bits;

	EXPECT_STATUS(t, sk_sys_signal(NUMBER(waits), 1), SK_BAD_HANDLE);
	EXPECT_STATUS(t, sk_sys_signal(NUMBER(signals), 1), 0);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(signals), 1, SK_POLL, &bits), SK_BAD_HANDLE);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(waits), 1, SK_POLL, &bits), 0);
	EXPECT_STATUS(t, K(t, waits, Notification_peek, &peeked, 0), SK_BAD_HANDLE);
}

static void other_kinds(struct test *t)
{
	uint64_t bits;

	EXPECT_STATUS(t, sk_sys_signal(NUMBER(new_memory(t, SK_PAGE)), 1), SK_BAD_HANDLE);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(t->space), 1, SK_POLL, &bits), SK_BAD_HANDLE);
	EXPECT_STATUS(t, sk_sys_signal(0, 1), SK_BAD_HANDLE);
}

static void signals_of_four(struct test_helper *self)
{
	for (unsigned i = 0; i < 1000; i++)
		sk_sys_signal(NUMBER(*(struct sk_handle *)self->argument),
			UINT64_C(1) << self->value);
	__atomic_fetch_add(&self->test->value, 1, __ATOMIC_SEQ_CST);
}

static void none_is_lost(struct test *t)
{
	struct sk_handle n = new_notification(t);
	uint64_t deadline = now(t) + 6000 * MS, all = 0, bits;
	struct test_helper *helpers[4];

	for (unsigned i = 0; i < 4; i++) {
		helpers[i] = start(t, signals_of_four, &n);
		REQUIRE(t, helpers[i]);
	}
	while ((t->value < 4 || all == 0) && now(t) < deadline)
		if (sk_sys_wait(NUMBER(n), UINT64_MAX, now(t) + 20 * MS, &bits) == 0)
			all |= bits;
	EXPECT(t, t->value, 4);
	EXPECT(t, all, 1);
	for (unsigned i = 0; i < 4; i++)
		EXPECT(t, helpers[i]->done, 1);
}

const struct test_case notification_cases[] = {
	{"notification: signal and wait", signal_and_wait, 0},
	{"notification: bits gather and are cleared", bits_gather, 0},
	{"notification: a mask leaves the others", mask_leaves_others, 0},
	{"notification: clear says which were set", clear_says_which, 0},
	{"notification: waits until its deadline", waits_until_deadline, 0},
	{"notification: another thread wakes it", other_thread_wakes, 0},
	{"notification: wakes only whose mask it is", only_whose_mask, 0},
	{"notification: SIGNAL, WAIT and INSPECT are asked for", rights_are_asked, 0},
	{"notification: other kinds cannot be signalled", other_kinds, 0},
	{"notification: four threads signal at once", none_is_lost, 0},
	{0}
};

/* ---- timers and clocks ---- */

static void fires_in_time(struct test *t)
{
	struct sk_handle n = new_notification(t), timer = new_timer(t, n, 2);
	uint64_t begin = now(t);

	REQUIRE_OK(t, K0(t, timer, Timer_set, .deadline = begin + 10 * MS));
	EXPECT(t, await(n, 2, t), 2);
	EXPECT_TRUE(t, now(t) >= begin + 10 * MS);
	EXPECT_TRUE(t, now(t) < begin + 100 * MS);
}

static void past_fires_at_once(struct test *t)
{
	struct sk_handle n = new_notification(t), timer = new_timer(t, n, 4);

	REQUIRE_OK(t, K0(t, timer, Timer_set, .deadline = 1));
	EXPECT(t, await(n, 4, t), 4);
}

static void periods(struct test *t)
{
	struct sk_handle n = new_notification(t), timer = new_timer(t, n, 1);
	uint64_t begin = now(t);

	REQUIRE_OK(t, K0(t, timer, Timer_set, .deadline = begin + 5 * MS, .period = 5 * MS));
	for (unsigned i = 0; i < 5; i++)
		EXPECT(t, await(n, 1, t), 1);
	EXPECT_TRUE(t, now(t) >= begin + 25 * MS);
}

static void overruns(struct test *t)
{
	struct sk_handle n = new_notification(t), timer = new_timer(t, n, 1);
	struct kernel_Timer_remaining_reply reply;

	REQUIRE_OK(t, K0(t, timer, Timer_set, .deadline = now(t) + MS, .period = 10000));
	pause_for(t, 50 * MS);
	REQUIRE_OK(t, K(t, timer, Timer_remaining, &reply, 0));
	EXPECT(t, reply.period, 10000);
	EXPECT_TRUE(t, reply.overruns > 1000);
	EXPECT_TRUE(t, reply.remaining <= 10 * MS);
}

static void cancel_stops(struct test *t)
{
	struct sk_handle n = new_notification(t), timer = new_timer(t, n, 1);
	struct kernel_Timer_set_reply canceled;
	uint64_t bits;

	REQUIRE_OK(t, K0(t, timer, Timer_set, .deadline = now(t) + 20 * MS));
	REQUIRE_OK(t, K(t, timer, Timer_set, &canceled, .deadline = UINT64_MAX));
	EXPECT(t, canceled.was_set, true);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(n), 1, now(t) + 40 * MS, &bits), SK_TIMED_OUT);
	REQUIRE_OK(t, K(t, timer, Timer_set, &canceled, .deadline = UINT64_MAX));
	EXPECT(t, canceled.was_set, false);
}

static void set_again(struct test *t)
{
	struct sk_handle n = new_notification(t), timer = new_timer(t, n, 1);
	uint64_t begin = now(t);

	REQUIRE_OK(t, K0(t, timer, Timer_set, .deadline = begin + 10 * MS));
	REQUIRE_OK(t, K0(t, timer, Timer_set, .deadline = begin + 40 * MS));
	EXPECT(t, await(n, 1, t), 1);
	EXPECT_TRUE(t, now(t) >= begin + 40 * MS);
}

static void bind_changes(struct test *t)
{
	struct sk_handle n = new_notification(t), other = new_notification(t);
	struct sk_handle timer = new_timer(t, n, 1);
	uint64_t bits;

	REQUIRE_OK(t, K0(t, timer, Timer_bind, .notify = {COPY(t, other)}, .bits = 8));
	REQUIRE_OK(t, K0(t, timer, Timer_set, .deadline = now(t) + MS));
	EXPECT(t, await(other, 8, t), 8);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(n), 1, SK_POLL, &bits), SK_WOULD_BLOCK);
}

static void timer_dies(struct test *t)
{
	struct sk_handle n = new_notification(t), timer = new_timer(t, n, 1);
	uint64_t bits;

	REQUIRE_OK(t, K0(t, timer, Timer_set, .deadline = now(t) + 10 * MS));
	close(timer);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(n), 1, now(t) + 30 * MS, &bits), SK_TIMED_OUT);
}

static void timer_rights(struct test *t)
{
	struct sk_handle weak = copy(t, new_timer(t, new_notification(t), 1),
		kernel_Rights_INSPECT);

	EXPECT_STATUS(t, K0(t, weak, Timer_set, .deadline = 1), SK_BAD_HANDLE);
}

static void clock_goes_on(struct test *t)
{
	struct kernel_Clock_now_reply a, b;

	REQUIRE_OK(t, K(t, t->clock, Clock_now, &a, 0));
	for (unsigned i = 0; i < 100; i++) {
		REQUIRE_OK(t, K(t, t->clock, Clock_now, &b, 0));
		EXPECT_TRUE(t, b.monotonic >= a.monotonic);
		a = b;
	}
	EXPECT_TRUE(t, a.resolution > 0 && a.resolution <= 10 * MS);
}

static void realtime_steps(struct test *t)
{
	struct kernel_Clock_now_reply before, after;

	REQUIRE_OK(t, K(t, t->clock, Clock_now, &before, 0));
	REQUIRE_OK(t, K0(t, t->clock, Clock_set, .realtime_offset = 123456789));
	REQUIRE_OK(t, K(t, t->clock, Clock_now, &after, 0));
	EXPECT(t, after.realtime_offset, 123456789);
	EXPECT_OK(t, K0(t, t->clock, Clock_set,
		.realtime_offset = before.realtime_offset));
}

static void clock_page(struct test *t)
{
	struct kernel_Clock_page_reply reply;

	REQUIRE_OK(t, K(t, t->clock, Clock_page, &reply, 0));
	EXPECT_TRUE(t, map_as(t, reply.page.raw, 0, SK_PAGE, kernel_Protection_READ,
		0) != 0);
	EXPECT_TRUE(t, K(t, t->space, Space_map, &(struct kernel_Space_map_reply){0},
		.memory = {reply.page.raw}, .length = SK_PAGE,
		.protection = kernel_Protection_READ | kernel_Protection_WRITE) != 0);
}

const struct test_case timer_cases[] = {
	{"timer: fires when it is time", fires_in_time, 0},
	{"timer: a time that has passed fires at once", past_fires_at_once, 0},
	{"timer: periods", periods, 0},
	{"timer: what comes too often is counted", overruns, 0},
	{"timer: cancel stops it and says if it was set", cancel_stops, 0},
	{"timer: set again forgets what was set", set_again, 0},
	{"timer: bind changes what it signals", bind_changes, 0},
	{"timer: one that was closed does not fire", timer_dies, 0},
	{"timer: set needs CONTROL", timer_rights, 0},
	{"clock: never goes back", clock_goes_on, 0},
	{"clock: realtime is stepped", realtime_steps, 0},
	{"clock: its page can be read and not written", clock_page, 0},
	{0}
};
