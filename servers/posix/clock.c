/* Clocks: what they say, and sleeping by those that programs cannot read themselves. */
#include "servers/posix/posix.h"

/* CPU clocks below 0, as Linux has them: the number of a process, or of a thread with bit 2,
 * above it inverted, and what counts. */
enum { OF_THREAD = 4, COUNTS = 3, ALL_TIME = 0, USER_TIME = 1, SCHEDULED_TIME = 2 };

static int32_t owner_of(posix_Clock clock)
{
	return ~((int32_t)clock >> 3);
}

posix_Clock clock_of(const struct thread *thread, posix_Clock clock)
{
	const bool is_thread = clock == posix_Clock_THREAD_CPU ||
		(clock < 0 && (clock & OF_THREAD));
	const int32_t own = is_thread ? thread->tid : thread->process->pid;

	if (clock == posix_Clock_THREAD_CPU || clock == posix_Clock_PROCESS_CPU)
		return (posix_Clock)(~own * 8 + SCHEDULED_TIME + (is_thread ? OF_THREAD : 0));
	if (clock < 0 && owner_of(clock) == 0)
		return (posix_Clock)(~own * 8 + (clock & (OF_THREAD | COUNTS)));
	return clock;
}

bool clock_is_own(const struct thread *thread, posix_Clock clock)
{
	const int32_t owner = owner_of(clock);
	const struct thread *other = owner > 0 && owner < PID_LIMIT ? posix.threads[owner] :
		NULL;

	return clock >= 0 || !(clock & OF_THREAD) ||
		(other && other->process == thread->process);
}

void clock_usage(const struct process *process, struct posix_Usage *usage)
{
	*usage = process->used;
	for (const struct thread *t = process->threads; t; t = t->next)
		usage_add_thread(usage, t);
}

static int read_cpu(posix_Clock clock, int64_t *time)
{
	const int32_t owner = owner_of(clock);
	const bool is_number = owner > 0 && owner < PID_LIMIT;
	const struct thread *thread = is_number && (clock & OF_THREAD) ? posix.threads[owner] :
		NULL;
	const struct process *process = is_number && !(clock & OF_THREAD) ?
		process_find(owner) : NULL;
	struct posix_Usage usage = {0};

	if ((!thread && !process) || (clock & COUNTS) == COUNTS)
		return posix_Error_EINVAL;
	if (thread)
		usage_add_thread(&usage, thread);
	else
		clock_usage(process, &usage);
	*time = (int64_t)((clock & COUNTS) == USER_TIME ? usage.user_time :
		usage.user_time + usage.system_time);
	return 0;
}

int clock_read(posix_Clock clock, int64_t *time)
{
	switch (clock) {
	case posix_Clock_REALTIME:
	case posix_Clock_REALTIME_COARSE:
	case posix_Clock_REALTIME_ALARM:
		*time = realtime();
		return 0;
	case posix_Clock_TAI:
		*time = realtime() + wall_tai() * INT64_C(1000000000);
		return 0;
	case posix_Clock_MONOTONIC:
	case posix_Clock_MONOTONIC_RAW:
	case posix_Clock_MONOTONIC_COARSE:
	case posix_Clock_BOOTTIME:
	case posix_Clock_BOOTTIME_ALARM:
		*time = (int64_t)now();
		return 0;
	default:
		return clock < 0 ? read_cpu(clock, time) : posix_Error_EINVAL;
	}
}

posix_Clock clock_running(posix_Clock clock, bool is_absolute)
{
	return !is_absolute && (clock == posix_Clock_REALTIME ||
		clock == posix_Clock_REALTIME_ALARM || clock == posix_Clock_TAI) ?
		posix_Clock_MONOTONIC : clock;
}

static int read_for(const struct thread *thread, posix_Clock clock, int64_t *time)
{
	const posix_Clock is = clock_of(thread, clock);

	return clock_is_own(thread, is) ? clock_read(is, time) : posix_Error_EINVAL;
}

void op_clock_time(void *self, const struct posix_Timers_clock_time_request *request,
	struct sk_reply *to)
{
	struct posix_Timers_clock_time_reply reply = {0};
	int error = read_for(self, request->clock, &reply.time);

	posix_Timers_clock_time_answer(to, error, &reply);
}

void op_clock_resolution(void *self, const struct posix_Timers_clock_resolution_request *request,
	struct sk_reply *to)
{
	struct posix_Timers_clock_resolution_reply reply = {1};
	int64_t time;

	if (request->clock == posix_Clock_REALTIME_COARSE ||
			request->clock == posix_Clock_MONOTONIC_COARSE)
		reply.resolution = 4000000;
	posix_Timers_clock_resolution_answer(to, read_for(self, request->clock, &time),
		&reply);
}

/* ---- sleeping ---- */

struct sleep {
	struct wait wait;
	struct sk_alarm alarm;
	posix_Clock clock;
	int64_t until;
};

static struct wait *sleepers;

/* A CPU clock may have stood still, or be gone with who has it; the time of day may have
 * been set. */
static bool is_over(struct sleep *sleep)
{
	int64_t time;

	if (clock_read(sleep->clock, &time) != 0 || time >= sleep->until)
		return true;
	sk_alarm_set(posix.os, &sleep->alarm, now() + (sleep->clock < 0 ? CLOCK_STEP : 0) +
		(uint64_t)(sleep->until - time));
	return false;
}

static void woken(void *self)
{
	const struct posix_Timers_sleep_until_reply reply = {0};
	struct sleep *sleep = self;

	if (!is_over(sleep))
		return;
	wait_end(&sleep->wait);
	posix_Timers_sleep_until_answer(&sleep->wait.reply, 0, &reply);
	release(sleep);
}

void clock_stepped(void)
{
	for (struct wait *wait = sleepers, *next; wait; wait = next) {
		struct sleep *sleep = (struct sleep *)(void *)wait;

		next = wait->next;
		sk_alarm_cancel(posix.os, &sleep->alarm);
		woken(sleep);
	}
}

static void sleep_canceled(struct wait *wait)
{
	struct sleep *sleep = (struct sleep *)(void *)wait;

	sk_alarm_cancel(posix.os, &sleep->alarm);
	release(sleep);
}

void op_sleep_until(void *self, const struct posix_Timers_sleep_until_request *request,
	struct sk_reply *to)
{
	const struct posix_Timers_sleep_until_reply reply = {0};
	struct thread *thread = self;
	struct sleep *sleep;
	int64_t time;
	int error = read_for(thread, request->clock, &time);

	if (!error && request->until > time && signal_waits(thread))
		error = posix_Error_EINTR;
	if (error || request->until <= time) {
		posix_Timers_sleep_until_answer(to, error, &reply);
		return;
	}
	sleep = allocate(sizeof(*sleep));
	if (!sleep) {
		posix_Timers_sleep_until_answer(to, posix_Error_ENOMEM, NULL);
		return;
	}
	sleep->wait.canceled = sleep_canceled;
	sleep->alarm = (struct sk_alarm){.ring = woken, .self = sleep};
	sleep->clock = clock_of(thread, request->clock);
	sleep->until = request->until;
	wait_begin(&sleep->wait, &sleepers, thread, to);
	sk_alarm_set(posix.os, &sleep->alarm, now() + (uint64_t)(request->until - time));
}
