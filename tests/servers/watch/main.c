/*
 * The clock: its cases, of which the log has the outcome in TAP; then the machine ends. It
 * was started at two seconds before March of 2026, by the hardware's clock.
 */
#include "clock.skald.h"
#include "kernel.skald.h"
#include "runtime/server/client.h"
#include "tests/servers/tap.h"

#define SECOND INT64_C(1000000000)
#define MS INT64_C(1000000)
#define BEGIN (INT64_C(1772323198) * SECOND)
#define MARCH (INT64_C(1772323200) * SECOND)
/* What a slow machine adds to anything. */
#define SLACK (400 * MS)

struct tap tap;

static struct {
	struct sk_client clock;
	struct sk_client rtc;
	struct sk_client control;
} watch;

/* CLOCK(set, &reply, .wall = 0), and where the reply says nothing. */
#define CALL(interface, method, client, reply, ...) \
	interface##_##method(&watch.client.kernel.channel, \
		&(struct interface##_##method##_request){__VA_ARGS__}, reply, NULL)
#define CLOCK(method, reply, ...) CALL(clock_Clock, method, clock, reply, __VA_ARGS__)
#define CLOCK0(method, ...) \
	CLOCK(method, &(struct clock_Clock_##method##_reply){0}, __VA_ARGS__)
#define RTC(method, reply, ...) CALL(clock_Hardware, method, rtc, reply, __VA_ARGS__)
#define RTC0(method, ...) RTC(method, &(struct clock_Hardware_##method##_reply){0}, __VA_ARGS__)

/* ---- what time it is ---- */

static clock_WallTime now(void)
{
	struct clock_Clock_now_reply reply = {0};

	EXPECT_OK(CLOCK(now, &reply, 0));
	return reply.wall;
}

/* What to add to the monotonic time. */
static int64_t offset(void)
{
	struct clock_Clock_now_reply reply = {0};

	EXPECT_OK(CLOCK(now, &reply, 0));
	return reply.wall - (int64_t)reply.monotonic;
}

static int64_t hardware_offset(clock_WallTime *wall)
{
	struct clock_Hardware_read_reply reply = {0};

	EXPECT_OK(RTC(read, &reply, 0));
	EXPECT(reply.wall % SECOND, 0);
	*wall = reply.wall;
	return reply.wall - (int64_t)reply.monotonic;
}

static struct clock_Clock_status_reply status(void)
{
	struct clock_Clock_status_reply reply = {0};

	EXPECT_OK(CLOCK(status, &reply, 0));
	return reply;
}

static void at_the_start(void)
{
	BETWEEN(now(), BEGIN, BEGIN + 60 * SECOND);
	EXPECT(status().quality, clock_Quality_HARDWARE);
}

static void by_the_kernel(void)
{
	const struct kernel_Clock_now_request request = {0};
	struct kernel_Clock_now_reply reply = {0};

	EXPECT_OK(kernel_Clock_now(&tap.os->clock.channel, &request, &reply, NULL));
	EXPECT(reply.realtime_offset, offset());
}

/* Second by second, over the end of a month that is not February's in other years. */
static void over_midnight(void)
{
	clock_WallTime wall = 0, last = 0;

	for (unsigned i = 0; i < 4; i++) {
		int64_t difference = hardware_offset(&wall) - offset();

		BETWEEN(difference, -SLACK, SLACK);
		BETWEEN(wall - last, SECOND, INT64_MAX);
		last = wall;
	}
	BETWEEN(wall, MARCH, MARCH + 60 * SECOND);
	EXPECT(status().error_bound, 10000000);
}

/* ---- setting it ---- */

static struct clock_Clock_event next_step(void)
{
	const struct sk_call call = {.deadline = sk_os_after(tap.os, 5000)};
	struct sk_pending pending = {NULL, NULL};
	struct clock_Clock_event event = {0};
	struct sk_completion done;

	EXPECT_OK(clock_Clock_next_event_begin(&tap.os->ring.ring, &watch.clock.kernel.channel,
		sk_pending(&pending), &call));
	EXPECT_OK(sk_ring_next(&tap.os->ring.ring, SK_FOREVER, &done));
	EXPECT_OK(clock_Clock_next_event_end(&done, &event));
	sk_ring_release(&done);
	return event;
}

static void steps(void)
{
	const clock_WallTime to = INT64_C(1000000000) * SECOND;
	struct clock_Clock_event event;
	clock_WallTime before = now(), wall;

	EXPECT_OK(CLOCK0(set, .wall = to, .quality = clock_Quality_SET, .hardware = true));
	BETWEEN(now(), to, to + 2 * SECOND);
	EXPECT(status().quality, clock_Quality_SET);
	hardware_offset(&wall);
	BETWEEN(wall, to, to + 5 * SECOND);
	/* Nobody waited for it. */
	event = next_step();
	EXPECT(event.which, 0);
	BETWEEN(event.lost, 1, 2);
	EXPECT_OK(CLOCK0(set, .wall = before, .quality = clock_Quality_SYNCHRONISED));
	EXPECT(status().quality, clock_Quality_SYNCHRONISED);
	BETWEEN(now(), before, before + 2 * SECOND);
	/* The hardware's has stayed. */
	hardware_offset(&wall);
	BETWEEN(wall, to, to + 10 * SECOND);
	EXPECT_OK(RTC0(write, .wall = now()));
	BETWEEN(hardware_offset(&wall) - offset(), -SECOND - SLACK, SLACK);
}

/* A step, as one hears of it who waits. */
static void told_of_steps(void)
{
	const struct sk_call call = {.deadline = sk_os_after(tap.os, 5000)};
	struct sk_pending pending = {NULL, NULL};
	struct clock_Clock_event event = next_step();
	struct sk_completion done;
	clock_WallTime wall = now() + 7 * SECOND;

	EXPECT(event.which, 0);
	EXPECT_OK(clock_Clock_next_event_begin(&tap.os->ring.ring, &watch.clock.kernel.channel,
		sk_pending(&pending), &call));
	EXPECT_OK(CLOCK0(set, .wall = wall, .quality = clock_Quality_SET));
	EXPECT_OK(sk_ring_next(&tap.os->ring.ring, SK_FOREVER, &done));
	EXPECT_OK(clock_Clock_next_event_end(&done, &event));
	EXPECT(event.which, clock_Clock_event_stepped);
	BETWEEN(event.as.stepped.after - event.as.stepped.before, 5 * SECOND, 7 * SECOND);
	sk_ring_release(&done);
}

static void no_time(void)
{
	clock_WallTime before = now();

	EXPECT(CLOCK0(set, .wall = before, .quality = clock_Quality_UNSET), clock_Error_INVALID);
	EXPECT(CLOCK0(set, .wall = before, .quality = 4), clock_Error_INVALID);
	EXPECT(CLOCK0(set, .wall = INT64_MAX, .quality = clock_Quality_SET), clock_Error_INVALID);
	EXPECT(CLOCK0(set, .wall = INT64_MIN, .quality = clock_Quality_SET), clock_Error_INVALID);
	EXPECT(CLOCK0(set, .wall = -SECOND, .quality = clock_Quality_SET, .hardware = true),
		clock_Error_INVALID);
	EXPECT(RTC0(write, .wall = -SECOND), clock_Error_INVALID);
	EXPECT(RTC0(write, .wall = INT64_C(4102444800) * SECOND), clock_Error_INVALID);
	EXPECT(CLOCK0(set_status, .leap = 3), clock_Error_INVALID);
	EXPECT(CLOCK0(set_status, .zone_offset = 86400), clock_Error_INVALID);
	BETWEEN(now(), before, before + 5 * SECOND);
}

static void zones(void)
{
	clock_WallTime wall;

	EXPECT_OK(CLOCK0(set_status, .leap = clock_Leap_INSERT, .tai_offset = 37, .zone_offset = 3600,
		.error_bound = 5));
	EXPECT(status().zone_offset, 3600);
	EXPECT(status().tai_offset, 37);
	EXPECT(status().leap, clock_Leap_INSERT);
	EXPECT(status().error_bound, 5);
	BETWEEN(hardware_offset(&wall) - offset(), -3608 * SECOND - SLACK, -3607 * SECOND + SLACK);
	EXPECT_OK(CLOCK0(set_status, .leap = clock_Leap_NONE, .zone_offset = 0));
}

/* ---- slewing it ---- */

#define SLEW_TRIES 5

/* By how much it went too far, or not far enough. */
static int64_t slew_once(int64_t nanoseconds)
{
	struct clock_Clock_adjust_reply reply = {0};
	int64_t before = offset();
	uint64_t until;

	EXPECT_OK(CLOCK(adjust, &reply, .nanoseconds = nanoseconds));
	EXPECT(reply.left, nanoseconds);
	until = sk_os_after(tap.os, 5000);
	while (status().left != 0 && sk_os_now(tap.os) < until)
		sk_os_sleep(tap.os, 20);
	EXPECT(status().left, 0);
	return offset() - before - nanoseconds;
}

/* The server looks at the clock and then sets it: an emulator that its host stops between the
 * two, for 1 ms, makes it wrong by 500 ns. So it is to be right when that does not happen. */
static void slew(int64_t nanoseconds)
{
	int64_t error = slew_once(nanoseconds);

	for (int i = 1; i < SLEW_TRIES && (error < -500 || error > 500); i++)
		error = slew_once(nanoseconds);
	BETWEEN(error, -500, 500);
}

static void slews(void)
{
	struct clock_Clock_adjust_reply reply = {0};

	slew(200000);
	slew(-200000);
	/* In place of what is left. */
	EXPECT_OK(CLOCK(adjust, &reply, .nanoseconds = 3600 * SECOND, .frequency = 65536));
	EXPECT(reply.left, 3600 * SECOND);
	EXPECT(status().frequency, 65536);
	BETWEEN(status().left, 3599 * SECOND, 3600 * SECOND - 1);
	EXPECT_OK(CLOCK(adjust, &reply, .nanoseconds = 0));
	EXPECT(reply.left, 0);
	EXPECT(CLOCK0(adjust, .frequency = (500 << 16) + 1), clock_Error_INVALID);
	EXPECT(CLOCK0(adjust, .frequency = INT64_MIN), clock_Error_INVALID);
	EXPECT(CLOCK0(adjust, .nanoseconds = 1, .frequency = 500 << 16), clock_Error_INVALID);
	EXPECT_OK(CLOCK0(adjust, .nanoseconds = INT64_MIN));
	EXPECT_OK(CLOCK0(adjust, .nanoseconds = INT64_MAX));
	EXPECT_OK(CLOCK0(adjust, .nanoseconds = 0));
}

/* ---- alarms and ticks ---- */

static int next_of_hardware(struct clock_Hardware_event *event)
{
	const struct sk_call call = {.deadline = sk_os_after(tap.os, 4500)};
	struct sk_pending pending = {NULL, NULL};
	struct sk_completion done;
	int error;

	EXPECT_OK(clock_Hardware_next_event_begin(&tap.os->ring.ring, &watch.rtc.kernel.channel,
		sk_pending(&pending), &call));
	EXPECT_OK(sk_ring_next(&tap.os->ring.ring, SK_FOREVER, &done));
	error = clock_Hardware_next_event_end(&done, event);
	sk_ring_release(&done);
	return error;
}

static void alarms(void)
{
	struct clock_Hardware_alarm_reply reply = {0};
	struct clock_Hardware_event event = {0};
	clock_WallTime wall, at;

	hardware_offset(&wall);
	EXPECT(RTC0(set_alarm, .wall = wall - SECOND), clock_Error_INVALID);
	EXPECT(RTC0(set_alarm, .wall = INT64_MAX), clock_Error_INVALID);
	EXPECT(RTC0(set_alarm, .wall = -1), clock_Error_INVALID);
	EXPECT_OK(RTC(alarm, &reply, 0));
	EXPECT(reply.wall, 0);
	/* Between two ticks: at the later one. */
	at = wall + 3 * SECOND;
	EXPECT_OK(RTC0(set_alarm, .wall = at - 1));
	EXPECT_OK(RTC(alarm, &reply, 0));
	EXPECT(reply.wall, at);
	EXPECT(reply.pending, false);
	EXPECT_OK(next_of_hardware(&event));
	EXPECT(event.which, clock_Hardware_event_alarmed);
	EXPECT(event.as.alarmed.wall, at);
	EXPECT_OK(RTC(alarm, &reply, 0));
	EXPECT(reply.pending, true);
	hardware_offset(&wall);
	BETWEEN(wall, at + SECOND, at + 5 * SECOND);
	/* The same time of another day is none; nor is one that was taken back. */
	EXPECT_OK(RTC0(set_alarm, .wall = wall + 86402 * SECOND));
	EXPECT(next_of_hardware(&event), SK_TIMED_OUT);
	EXPECT_OK(RTC0(set_alarm, .wall = 0));
	EXPECT_OK(RTC(alarm, &reply, 0));
	EXPECT(reply.wall, 0);
	EXPECT(reply.pending, false);
}

static void ticks(uint32_t hertz, unsigned wanted)
{
	struct clock_Hardware_event event = {0};
	uint64_t begun = sk_os_now(tap.os);
	unsigned count = 0;

	EXPECT_OK(RTC0(set_periodic, .hertz = hertz));
	while (count < wanted && next_of_hardware(&event) == SK_OK &&
			event.which == clock_Hardware_event_ticked)
		count += event.as.ticked.count;
	BETWEEN(count, wanted, INT64_MAX);
	/* Not before it may. */
	BETWEEN((int64_t)(sk_os_now(tap.os) - begun), (wanted - 1) * SECOND / hertz -
		50 * MS, INT64_MAX);
	EXPECT_OK(RTC0(set_periodic, .hertz = 0));
}

static void periods(void)
{
	EXPECT(RTC0(set_periodic, .hertz = 3), clock_Error_INVALID);
	EXPECT(RTC0(set_periodic, .hertz = 16384), clock_Error_INVALID);
	ticks(64, 32);
	ticks(2, 2);
	ticks(1, 2);
	ticks(8192, 1000);
}

/* ---- rights, and other instances ---- */

static void only_read(void)
{
	struct svrctl_Names_connect_request request = {.rights = clock_Rights_READ};
	struct svrctl_Names_connect_reply reply;
	static struct sk_kernel_channel one;
	struct clock_Clock_now_reply time = {0};

	request.service = (svrctl_Name){"clock", 5};
	request.interface_name = (svrctl_Name){"clock.Clock", 11};
	EXPECT_OK(svrctl_Names_connect(&tap.os->names.channel, &request, &reply, NULL));
	sk_os_channel(tap.os, &one, reply.session.raw);
	EXPECT_OK(clock_Clock_now(&one.channel, &(struct clock_Clock_now_request){0}, &time, NULL));
	EXPECT(clock_Clock_set(&one.channel, &(struct clock_Clock_set_request){
		.wall = time.wall, .quality = clock_Quality_SET},
		&(struct clock_Clock_set_reply){0}, NULL), clock_Error_NOT_PERMITTED);
	EXPECT(clock_Clock_adjust(&one.channel, &(struct clock_Clock_adjust_request){0},
		&(struct clock_Clock_adjust_reply){0}, NULL), clock_Error_NOT_PERMITTED);
	EXPECT(clock_Clock_set_status(&one.channel, &(struct clock_Clock_set_status_request){0},
		&(struct clock_Clock_set_status_reply){0}, NULL), clock_Error_NOT_PERMITTED);
	sk_os_channel_close(tap.os, &one);
	request.rights = 0;
	request.service = (svrctl_Name){"rtc", 3};
	request.interface_name = (svrctl_Name){"clock.Hardware", 14};
	EXPECT_OK(svrctl_Names_connect(&tap.os->names.channel, &request, &reply, NULL));
	sk_os_channel(tap.os, &one, reply.session.raw);
	EXPECT(clock_Hardware_read(&one.channel, &(struct clock_Hardware_read_request){0},
		&(struct clock_Hardware_read_reply){0}, NULL), clock_Error_NOT_PERMITTED);
	EXPECT(clock_Hardware_set_alarm(&one.channel,
		&(struct clock_Hardware_set_alarm_request){0},
		&(struct clock_Hardware_set_alarm_reply){0}, NULL), clock_Error_NOT_PERMITTED);
	sk_os_channel_close(tap.os, &one);
}

/* Another instance finds the hardware as the one before has left it. */
static void restarted(void)
{
	const struct svrctl_Supervisor_restart_request request = {.name = {"clock", 5}};
	struct svrctl_Supervisor_restart_reply reply;
	clock_WallTime wall, before;

	EXPECT_OK(RTC0(set_periodic, .hertz = 8192));
	hardware_offset(&before);
	EXPECT_OK(svrctl_Supervisor_restart(&watch.control.kernel.channel, &request, &reply, NULL));
	BETWEEN(hardware_offset(&wall) - offset(), -SLACK, SLACK);
	BETWEEN(wall, before + SECOND, before + 20 * SECOND);
	EXPECT(status().quality, clock_Quality_HARDWARE);
}

int sk_os_main(struct sk_os *os)
{
	const struct svrctl_Supervisor_shut_down_request off = {kernel_PowerAction_OFF};
	struct svrctl_Supervisor_shut_down_reply reply;

	tap.os = os;
	sk_client_open(&watch.clock, os, "clock", "clock.Clock");
	sk_client_open(&watch.rtc, os, "rtc", "clock.Hardware");
	sk_client_open(&watch.control, os, "supervisor", "svrctl.Supervisor");
	sk_os_ready(os);
	tap_run("the time of day is the hardware's at the start", at_the_start);
	tap_run("the kernel's clock is set by it", by_the_kernel);
	tap_run("the hardware's clock is read as it ticks, over a month's end", over_midnight);
	tap_run("the time of day is set, and the hardware's if it is to be", steps);
	tap_run("who waits is told of a step", told_of_steps);
	tap_run("what is no time is not set", no_time);
	tap_run("the hardware's clock may be in local time", zones);
	tap_run("the time of day is slewed to the microsecond", slews);
	tap_run("an alarm goes off, at its day only", alarms);
	tap_run("periods are told of, as often as they are wanted", periods);
	tap_run("who may only read does not set", only_read);
	tap_run("another instance of the server goes on", restarted);
	sk_log(os, log_Level_INFO, "all cases were run");
	svrctl_Supervisor_shut_down(&watch.control.kernel.channel, &off, &reply, NULL);
	sk_os_sleep(os, 5000);
	return 0;
}
