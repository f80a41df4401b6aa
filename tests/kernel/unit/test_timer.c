/* Timers and clocks: once, periods, overruns; offsets, steps, slewing. */
#include "tests/kernel/unit/kernel_program.h"

#include "kernel/memory.h"

#define MS UINT64_C(1000000)

static uint32_t notification;

static uint32_t make_timer(void)
{
	notification = program_notification();
	OK(Quota, create_timer, ABI_FIRST_QUOTA, COPY(Notification, notification), 4);
	return NUMBER(Quota_create_timer.timer);
}

static void set(uint32_t timer, uint64_t deadline, uint64_t period)
{
	OK(Timer, set, timer, deadline, period);
}

static void signals_at_its_time_once(void **unused)
{
	uint32_t timer = make_timer();

	(void)unused;
	set(timer, host_time + 50 * MS, 0);
	host_advance(40 * MS);
	assert_int_equal(program_bits(notification), 0);
	OK(Timer, remaining, timer, 0);
	assert_in_range(Timer_remaining.remaining, 1, 10 * MS);
	host_advance(20 * MS);
	assert_int_equal(program_bits(notification), 4);
	host_advance(500 * MS);
	assert_int_equal(program_bits(notification), 0);
	OK(Timer, set, timer, ABI_FOREVER, 0);
	assert_false(Timer_set.was_set);
}

static void a_time_that_has_passed_signals_at_once(void **unused)
{
	uint32_t timer = make_timer();

	(void)unused;
	host_advance(10 * MS);
	set(timer, host_time - 5 * MS, 0);
	assert_int_equal(program_bits(notification), 4);
}

static void a_canceled_one_is_silent(void **unused)
{
	uint32_t timer = make_timer();

	(void)unused;
	set(timer, host_time + 10 * MS, 10 * MS);
	OK(Timer, set, timer, ABI_FOREVER, 0);
	assert_true(Timer_set.was_set);
	host_advance(100 * MS);
	assert_int_equal(program_bits(notification), 0);
}

static void periods_are_kept_and_overruns_counted(void **unused)
{
	uint32_t timer = make_timer();

	(void)unused;
	set(timer, host_time + 20 * MS, 20 * MS);
	for (unsigned i = 0; i < 3; i++) {
		host_advance(i == 0 ? 25 * MS : 20 * MS);
		assert_int_equal(program_bits(notification), 4);
	}
	host_time += 205 * MS;	/* nobody looked meanwhile */
	host_advance(5 * MS);
	assert_int_equal(program_bits(notification), 4);
	OK(Timer, remaining, timer, 0);
	assert_in_range(Timer_remaining.overruns, 9, 10);
	assert_int_equal(Timer_remaining.period, 20 * MS);
	OK(Timer, set, timer, ABI_FOREVER, 0);
	assert_true(Timer_set.was_set);
}

static void a_tiny_period_cannot_keep_the_machine_busy(void **unused)
{
	uint32_t timer = make_timer();
	uint64_t before = host_time;

	(void)unused;
	set(timer, host_time + MS, 1);
	host_advance(20 * MS);
	assert_int_equal(program_bits(notification), 4);
	OK(Timer, remaining, timer, 0);
	assert_in_range(Timer_remaining.overruns, 10 * MS, host_time - before + MS);
}

static void forever_is_not_set(void **unused)
{
	uint32_t timer = make_timer();

	(void)unused;
	set(timer, ABI_FOREVER, 0);
	OK(Timer, remaining, timer, 0);
	assert_int_equal(Timer_remaining.remaining, 0);
	host_advance(MS);
	set(timer, host_time, UINT64_MAX - 1);	/* no next one */
	assert_int_equal(program_bits(notification), 4);
	host_advance(20 * MS);
	assert_int_equal(program_bits(notification), 0);
}

/* ---- clocks ---- */

static uint32_t get_clock(void)
{
	OK(System, clock, ABI_FIRST_SYSTEM, 0);
	return NUMBER(System_clock.clock);
}

static int64_t offset(uint32_t number)
{
	OK(Clock, now, number, 0);
	assert_int_equal(Clock_now.monotonic, host_time);
	return Clock_now.realtime_offset;
}

static void a_step_is_kept(void **unused)
{
	uint32_t number = get_clock();

	(void)unused;
	OK(Clock, set, number, -77, 0);
	host_advance(1000 * MS);
	assert_int_equal(offset(number), -77);
}

static void it_goes_faster_and_slower(void **unused)
{
	uint32_t number = get_clock();
	int64_t before = offset(number);

	(void)unused;
	TRY(Clock, set, number, before, 500 << 16);
	host_advance(1000 * MS);
	assert_int_equal(offset(number) - before, 500000);
	TRY(Clock, set, number, before, -50 * 65536);
	host_advance(1000 * MS);
	assert_int_equal(offset(number) - before, -50000);
	assert_int_equal(TRY(Clock, set, number, 0, 501 << 16), kernel_Error_INVALID);
	assert_int_equal(TRY(Clock, set, number, 0, INT64_MIN), kernel_Error_INVALID);
}

/* A program reckons by the page what the call says. */
static void the_page_says_the_same(void **unused)
{
	uint32_t number = get_clock();
	struct abi_clock seen;
	int64_t passed, drift;

	(void)unused;
	OK(Clock, page, number, 0);
	OK(Clock, set, number, -123456, -7 * 65536);
	host_advance(777 * MS + 999999);
	uint64_t address = program_map(NUMBER(Clock_page.page), PAGE_SIZE,
		kernel_Protection_READ);
	assert_int_equal(host_user_read(program_thread, address + ABI_CLOCK, &seen,
		sizeof seen), sizeof seen);
	assert_int_equal(seen.sequence % 2, 0);
	passed = (int64_t)(host_time - seen.since);
	drift = (passed / 1000000 * seen.frequency +
		passed % 1000000 * seen.frequency / 1000000) / 65536;
	assert_int_equal(seen.offset + drift, offset(number));
}

static void reading_does_not_allow_setting(void **unused)
{
	uint32_t number = program_weaker(get_clock(), kernel_Rights_READ);

	(void)unused;
	assert_int_equal(TRY(Clock, set, number, 1, 0), SK_BAD_HANDLE);
	assert_int_equal(TRY(Clock, now, number, 0), 0);
}

static const struct CMUnitTest cases[] = {
	CASE(signals_at_its_time_once),
	CASE(a_time_that_has_passed_signals_at_once),
	CASE(a_canceled_one_is_silent),
	CASE(periods_are_kept_and_overruns_counted),
	CASE(a_tiny_period_cannot_keep_the_machine_busy),
	CASE(forever_is_not_set),
	CASE(a_step_is_kept),
	CASE(it_goes_faster_and_slower),
	CASE(the_page_says_the_same),
	CASE(reading_does_not_allow_setting),
};
FIXTURE_MAIN(cases)
