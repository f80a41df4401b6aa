/*
 * The time of day: it is set, and steered (adjtimex), by the server `clock`, who owns it; all
 * programs read it from the kernel's page. What waits by it is looked at again when it has
 * been set.
 */
#include "clock.skald.h"
#include "servers/posix/posix.h"

#define SECOND INT64_C(1000000000)
/* As Linux: so that it does not overflow in thirty years. */
#define WALL_MOST (INT64_C(8277292036) * SECOND)
#define PHASE_MOST (UINT64_C(16) * 1000000000)
/* Of the kernel's clock, in 2^-16 millionths. */
#define FREQUENCY_MOST (INT64_C(500) << 16)
#define TICK UINT64_C(10000000)
#define TAI_MOST 100000
#define ZONE_MOST 900

enum { STATUS_INSERT = 0x10, STATUS_DELETE = 0x20, STATUS_UNSYNCHRONISED = 0x40,
	STATUS_CLOCK_ERROR = 0x1000 };
enum { STATE_OK = 0, STATE_INSERT = 1, STATE_DELETE = 2, STATE_ERROR = 5 };

static struct {
	struct sk_client clock;
	bool is_open;
	struct posix_Machine_time_zone_reply zone;
	bool has_zone;
	uint32_t status;
	int64_t frequency, constant;
	uint64_t max_error, estimated_error, tick;
	uint64_t since;			/* when `max_error` was so */
	int32_t tai;
} wall = {.status = STATUS_UNSYNCHRONISED, .constant = 2, .max_error = PHASE_MOST,
	.estimated_error = PHASE_MOST, .tick = TICK};

int32_t wall_tai(void)
{
	return wall.tai;
}

/* ---- the server ---- */

static struct sk_channel *server(void)
{
	if (!wall.is_open)
		wall.is_open = sk_client_open(&wall.clock, posix.os, "clock", "clock.Clock") ==
			SK_OK;
	return wall.is_open ? &wall.clock.kernel.channel : NULL;
}

/* An error of what it answered. */
static int error_of(int status)
{
	return status == SK_OK ? 0 : status == clock_Error_INVALID ? posix_Error_EINVAL :
		status == clock_Error_NOT_PERMITTED ? posix_Error_EPERM : posix_Error_EIO;
}

/* Those who wait at words by the time of day say so in their pages; the rest is not disturbed. */
static void look_again(void)
{
	for (const struct process *p = posix.processes; p; p = p->next)
		for (const struct thread *t = p->threads; t; t = t->next)
			if (t->page && LAYOUT_WAITS_BY_WALL(t->page))
				thread_interrupt(t);
}

static int set(int64_t time)
{
	struct sk_channel *clock = server();
	int error;

	if (time < 0 || time >= WALL_MOST || (uint64_t)time < now())
		return posix_Error_EINVAL;
	error = clock ? error_of(clock_Clock_set(clock, &(struct clock_Clock_set_request){
		.wall = time, .quality = clock_Quality_SET},
		&(struct clock_Clock_set_reply){0}, NULL)) : posix_Error_EIO;
	if (error)
		return error;
	wall.status |= STATUS_UNSYNCHRONISED;
	wall.max_error = wall.estimated_error = PHASE_MOST;
	clock_stepped();
	timers_stepped();
	tickers_stepped();
	look_again();
	return 0;
}

static bool may(void *self)
{
	return credentials_can(self, CAP_SYS_TIME);
}

void op_set_clock(void *self, const struct posix_Machine_set_clock_request *request,
	struct sk_reply *to)
{
	const struct posix_Machine_set_clock_reply reply = {0};
	const bool is_time = request->time >= 0 && request->time < WALL_MOST;
	int error = request->clock != posix_Clock_REALTIME || !is_time ? posix_Error_EINVAL :
		!may(self) ? posix_Error_EPERM : set(request->time);

	posix_Machine_set_clock_answer(to, error, &reply);
}

/* ---- the zone ---- */

void op_set_time_zone(void *self, const struct posix_Machine_set_time_zone_request *request,
	struct sk_reply *to)
{
	const struct posix_Machine_set_time_zone_reply reply = {0};
	const int64_t west = request->minutes_west;
	int error = !may(self) ? posix_Error_EPERM :
		west > ZONE_MOST || west < -ZONE_MOST ? posix_Error_EINVAL : 0;

	/* The first one says that the machine's clock, which the time began with, goes by it. */
	if (!error && !wall.has_zone && west != 0)
		error = set(realtime() + west * 60 * SECOND);
	if (!error) {
		wall.has_zone = true;
		wall.zone = (struct posix_Machine_time_zone_reply){
			request->minutes_west, request->daylight_saving};
	}
	posix_Machine_set_time_zone_answer(to, error, &reply);
}

void op_time_zone(void *self, const struct posix_Machine_time_zone_request *request,
	struct sk_reply *to)
{
	UNUSED(self);
	UNUSED(request);
	posix_Machine_time_zone_answer(to, 0, &wall.zone);
}

/* ---- steering ---- */

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* It grows as a clock of such quality drifts. */
static uint64_t max_error(void)
{
	const uint64_t grown = wall.max_error + (now() - wall.since) / 2000;

	if (grown < PHASE_MOST)
		return grown;
	wall.status |= STATUS_UNSYNCHRONISED;
	return PHASE_MOST;
}

/* The server's clock goes by so much, and what is left to slew, or this, is slewed. */
static int steer(const struct posix_ClockAdjustment *to, int64_t left)
{
	const int64_t frequency = wall.frequency + ((int64_t)wall.tick - (int64_t)TICK) / 1000 *
		(100 << 16);
	struct clock_Clock_adjust_reply reply;

	return error_of(clock_Clock_adjust(server(), &(struct clock_Clock_adjust_request){
		.nanoseconds = to->parts & posix_AdjustParts_OFFSET ? to->offset : left,
		.frequency = frequency}, &reply, NULL));
}

static void keep(const struct posix_ClockAdjustment *to)
{
	const posix_AdjustParts parts = to->parts;

	if (parts & posix_AdjustParts_STATUS)
		wall.status = to->status & UINT16_MAX;
	if (parts & posix_AdjustParts_MAX_ERROR) {
		wall.max_error = to->max_error < PHASE_MOST ? to->max_error : PHASE_MOST;
		wall.since = now();
	}
	if (parts & posix_AdjustParts_ESTIMATED_ERROR)
		wall.estimated_error = to->estimated_error < PHASE_MOST ? to->estimated_error :
			PHASE_MOST;
	if (parts & posix_AdjustParts_TIME_CONSTANT)
		wall.constant = clamp(to->time_constant, 0, 10);
	if ((parts & posix_AdjustParts_TAI) && to->tai >= 0 && to->tai <= TAI_MOST)
		wall.tai = to->tai;
}

static int change(const struct posix_ClockAdjustment *to, int64_t left)
{
	const int64_t frequency = wall.frequency;
	const uint64_t tick = wall.tick;
	int error = 0;

	if (to->parts & posix_AdjustParts_FREQUENCY)
		wall.frequency = clamp(to->frequency, -FREQUENCY_MOST, FREQUENCY_MOST);
	if (to->parts & posix_AdjustParts_TICK)
		wall.tick = to->tick;
	if (to->parts & (posix_AdjustParts_FREQUENCY | posix_AdjustParts_TICK |
			posix_AdjustParts_OFFSET))
		error = steer(to, left);
	if (error) {
		wall.frequency = frequency;
		wall.tick = tick;
		return error;
	}
	if (to->parts & posix_AdjustParts_SET_OFFSET)
		error = set(realtime() + to->offset);
	if (!error)
		keep(to);
	return error;
}

static int32_t state(void)
{
	if (wall.status & (STATUS_UNSYNCHRONISED | STATUS_CLOCK_ERROR))
		return STATE_ERROR;
	return wall.status & STATUS_INSERT ? STATE_INSERT :
		wall.status & STATUS_DELETE ? STATE_DELETE : STATE_OK;
}

void op_adjust_clock(void *self, const struct posix_Machine_adjust_clock_request *request,
	struct sk_reply *to)
{
	const struct posix_ClockAdjustment *wanted = &request->adjustment;
	struct posix_Machine_adjust_clock_reply reply = {0};
	struct clock_Clock_status_reply is = {0};
	struct sk_channel *clock = server();
	int error = request->clock != posix_Clock_REALTIME ? posix_Error_EOPNOTSUPP :
		wanted->parts && !may(self) ? posix_Error_EPERM : 0;

	if (!error)
		error = clock ? error_of(clock_Clock_status(clock,
			&(struct clock_Clock_status_request){0}, &is, NULL)) : posix_Error_EIO;
	if (!error && wanted->parts)
		error = change(wanted, is.left);
	reply.now = (struct posix_ClockAdjustment){.offset = is.left,
		.frequency = wall.frequency, .max_error = max_error(),
		.estimated_error = wall.estimated_error, .time_constant = wall.constant,
		.tick = wall.tick, .tai = wall.tai, .state = state(), .status = wall.status};
	posix_Machine_adjust_clock_answer(to, error, &reply);
}
