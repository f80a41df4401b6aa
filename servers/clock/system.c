/*
 * clock.Clock: the kernel's clock of the time of day, which is stepped, or slewed: that is,
 * for a while it goes faster or slower than its lasting correction says.
 */
#include "servers/clock/clock.h"

/* In 2^-16 millionths: the kernel's limit, and what is slewed by at most. */
#define FREQUENCY_MAX (INT64_C(500) << 16)
#define PIECE_MS 600000			/* how long a slew is not looked at */
#define WALL_MAX (INT64_MAX / 2)
#define COARSE UINT64_C(1000000000)	/* of error, in nanoseconds */
#define TICKED UINT64_C(10000000)
#define UNKNOWN UINT64_MAX

static struct {
	struct sk_kernel_channel kernel;
	clock_Quality quality;
	clock_Leap leap;
	int32_t tai_offset;
	uint64_t error_bound;
	int64_t frequency;		/* lasting */
	/* The slew: what is left, and since when it goes by how much more. */
	int64_t left;
	int64_t rate;
	uint64_t since;
	struct sk_alarm alarm;
} system = {.error_bound = UNKNOWN};

/* ---- the kernel's clock ---- */

struct moment {
	uint64_t monotonic;
	int64_t offset;
};

static struct moment look(void)
{
	const struct kernel_Clock_now_request request = {0};
	struct kernel_Clock_now_reply reply = {0};

	kernel_Clock_now(&system.kernel.channel, &request, &reply, NULL);
	return (struct moment){reply.monotonic, reply.realtime_offset};
}

static bool set_kernel(int64_t offset)
{
	const struct kernel_Clock_set_request request = {offset,
		system.frequency + system.rate};
	struct kernel_Clock_set_reply reply;

	return kernel_Clock_set(&system.kernel.channel, &request, &reply, NULL) == SK_OK;
}

/* ---- slewing ---- */

static int64_t slewed(uint64_t nanoseconds)
{
	int64_t ms = (int64_t)(nanoseconds / 1000000), rest = (int64_t)(nanoseconds % 1000000);

	return ms * system.rate / 65536 + rest * system.rate / 65536 / 1000000;
}

/* How long it takes, in ms, until nothing is left. */
static uint64_t slew_time(void)
{
	int64_t per_second = system.rate * 1000 / 65536;
	int64_t seconds = per_second ? system.left / per_second : 0;

	if (seconds >= PIECE_MS / 1000)
		return PIECE_MS;
	return per_second ? (uint64_t)(system.left * 1000 / per_second) : 0;
}

/* Takes off what has been done, and says how it goes on. */
static void settle(void)
{
	struct moment now = look();
	int64_t done = system.rate ? slewed(now.monotonic - system.since) : 0;
	bool is_done = system.left >= 0 ? done >= system.left : done <= system.left;

	/* What it went too far is taken back. */
	if (is_done)
		now.offset -= done - system.left;
	system.left = is_done ? 0 : system.left - done;
	system.since = now.monotonic;
	system.rate = system.left == 0 ? 0 : (system.left > 0 ? FREQUENCY_MAX :
		-FREQUENCY_MAX) - system.frequency;
	/* What takes less than a millisecond is done at once. */
	if (system.left != 0 && slew_time() == 0) {
		now.offset += system.left;
		system.left = system.rate = 0;
	}
	set_kernel(now.offset);
	sk_alarm_cancel(clock_server.os, &system.alarm);
	if (system.left != 0)
		sk_alarm_set(clock_server.os, &system.alarm, now.monotonic +
			slew_time() * 1000000);
}

static void slew_goes_on(void *self)
{
	(void)self;
	settle();
}

bool system_open(void)
{
	const struct svrctl_Server_clock_request request = {0};
	struct svrctl_Server_clock_reply reply;

	system.alarm.ring = slew_goes_on;
	if (svrctl_Server_clock(&clock_server.os->supervisor.channel, &request, &reply,
			NULL) != SK_OK)
		return false;
	return sk_os_channel_apart(clock_server.os, &system.kernel, reply.clock.raw) == SK_OK;
}

/* ---- steps ---- */

static void tell(clock_WallTime before, clock_WallTime after)
{
	const struct clock_Clock_stepped_event event = {before, after};

	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (clock_server.clients[i].is_used && !clock_server.clients[i].is_hardware)
			clock_Clock_stepped_send(&clock_server.clients[i].events, &event);
}

/* `wall` is the time at that moment of the monotonic clock. */
static bool step(clock_WallTime wall, uint64_t monotonic)
{
	struct moment now = look();
	int64_t offset = wall - (int64_t)monotonic;

	system.left = system.rate = 0;
	sk_alarm_cancel(clock_server.os, &system.alarm);
	if (!set_kernel(offset))
		return false;
	tell((int64_t)now.monotonic + now.offset, (int64_t)now.monotonic + offset);
	return true;
}

void system_begin(int64_t seconds)
{
	if (!step(seconds * SECOND, sk_os_now(clock_server.os)))
		return;
	system.quality = clock_Quality_HARDWARE;
	system.error_bound = COARSE;
}

void system_ticked(int64_t seconds, uint64_t monotonic)
{
	/* Somebody has set it meanwhile, who knows better. */
	if (system.quality != clock_Quality_HARDWARE)
		return;
	step((seconds - clock_server.zone_offset) * SECOND, monotonic);
	system.error_bound = TICKED;
}

/* ---- operations ---- */

static void op_now(void *self, const struct clock_Clock_now_request *request,
	struct sk_reply *to)
{
	struct moment now = look();
	const struct clock_Clock_now_reply reply = {now.monotonic,
		(int64_t)now.monotonic + now.offset};

	(void)self;
	(void)request;
	clock_Clock_now_answer(to, sk_allows(to, clock_Rights_READ) ? 0 :
		clock_Error_NOT_PERMITTED, &reply);
}

static clock_Error set(const struct clock_Clock_set_request *request)
{
	int64_t seconds = request->wall / SECOND + clock_server.zone_offset;
	clock_Error error = 0;

	if (request->quality <= clock_Quality_UNSET ||
			request->quality > clock_Quality_SYNCHRONISED ||
			request->wall > WALL_MAX || request->wall < -WALL_MAX)
		return clock_Error_INVALID;
	if (request->hardware)
		error = cmos_write(seconds);
	if (error)
		return error;
	if (!step(request->wall, sk_os_now(clock_server.os)))
		return clock_Error_INVALID;
	system.quality = request->quality;
	system.error_bound = UNKNOWN;
	return 0;
}

static void op_set(void *self, const struct clock_Clock_set_request *request,
	struct sk_reply *to)
{
	const struct clock_Clock_set_reply reply = {0};

	(void)self;
	clock_Clock_set_answer(to, sk_allows(to, clock_Rights_SET) ? set(request) :
		clock_Error_NOT_PERMITTED, &reply);
}

static void op_adjust(void *self, const struct clock_Clock_adjust_request *request,
	struct sk_reply *to)
{
	struct clock_Clock_adjust_reply reply;
	int64_t limit = request->nanoseconds > 0 ? FREQUENCY_MAX : -FREQUENCY_MAX;
	clock_Error error = 0;

	(void)self;
	if (!sk_allows(to, clock_Rights_SET))
		error = clock_Error_NOT_PERMITTED;
	else if (request->frequency > FREQUENCY_MAX || request->frequency < -FREQUENCY_MAX ||
			(request->nanoseconds != 0 && request->frequency == limit))
		error = clock_Error_INVALID;
	if (!error) {
		system.frequency = request->frequency;
		system.left = request->nanoseconds;
		system.rate = 0;
		settle();
	}
	reply.left = system.left;
	clock_Clock_adjust_answer(to, error, &reply);
}

static void op_status(void *self, const struct clock_Clock_status_request *request,
	struct sk_reply *to)
{
	struct clock_Clock_status_reply reply = {
		.quality = system.quality, .leap = system.leap,
		.tai_offset = system.tai_offset, .zone_offset = clock_server.zone_offset,
		.frequency = system.frequency, .error_bound = system.error_bound,
	};

	(void)self;
	(void)request;
	if (system.left != 0)
		settle();
	reply.left = system.left;
	clock_Clock_status_answer(to, sk_allows(to, clock_Rights_READ) ? 0 :
		clock_Error_NOT_PERMITTED, &reply);
}

static void op_set_status(void *self, const struct clock_Clock_set_status_request *request,
	struct sk_reply *to)
{
	const struct clock_Clock_set_status_reply reply = {0};
	clock_Error error = !sk_allows(to, clock_Rights_SET) ? clock_Error_NOT_PERMITTED :
		request->leap < clock_Leap_NONE || request->leap > clock_Leap_REMOVE ||
		request->zone_offset <= -86400 || request->zone_offset >= 86400 ?
		clock_Error_INVALID : 0;

	(void)self;
	if (!error) {
		system.leap = request->leap;
		system.tai_offset = request->tai_offset;
		system.error_bound = request->error_bound;
		clock_server.zone_offset = request->zone_offset;
	}
	clock_Clock_set_status_answer(to, error, &reply);
}

static struct sk_events *op_events(void *self)
{
	struct client *client = self;

	return &client->events;
}

int system_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct clock_Clock_ops ops = {
		.now = op_now,
		.set = op_set,
		.adjust = op_adjust,
		.status = op_status,
		.set_status = op_set_status,
		.events = op_events,
	};

	return clock_Clock_dispatch(&ops, self, incoming);
}
