/* Clocks, from the kernel's page; sleeping, at a word of our own; timers, by posix. */
#include "runtime/env.h"
#include "runtime/kernel/clock.h"
#include "runtime/kernel/sys.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/machine.h"
#include "servers/posix/shim/shim.h"

#define TIMER_ABSTIME 1
#define NR_CLOCK_NANOSLEEP 230
/* As timer.c of posix has it: what the signal says is the timer's number. */
#define OF_ITSELF (-1)

shim_function time_clock_gettime, time_clock_getres, time_clock_settime, time_clock_nanosleep,
	time_nanosleep, time_gettimeofday, time_settimeofday, time_time, time_times,
	time_alarm, time_getitimer, time_setitimer, time_timer_create, time_timer_settime,
	time_timer_gettime, time_timer_getoverrun, time_timer_delete, time_restart;

/* ---- reading ---- */

uint64_t shim_now(void)
{
	return sk_kernel_clock((const void *)(uintptr_t)LAYOUT_CLOCK);
}

int64_t shim_wall(uint64_t now)
{
	return sk_kernel_wall((const void *)(uintptr_t)LAYOUT_CLOCK, now);
}

uint64_t shim_after(uint64_t nanos)
{
	uint64_t now = shim_now();

	return nanos > (uint64_t)INT64_MAX - now ? (uint64_t)INT64_MAX : now + nanos;
}

uint64_t shim_from_wall(int64_t wall)
{
	uint64_t now = shim_now();
	int64_t left = wall - shim_wall(now);

	return left <= 0 ? now : shim_after((uint64_t)left);
}

/* Those that the page has. */
static bool read_clock(uint64_t clock, int64_t *nanos)
{
	uint64_t now = shim_now();

	switch ((int32_t)clock) {
	case posix_Clock_REALTIME:
	case posix_Clock_REALTIME_COARSE:
		*nanos = shim_wall(now);
		return true;
	case posix_Clock_MONOTONIC:
	case posix_Clock_MONOTONIC_RAW:
	case posix_Clock_MONOTONIC_COARSE:
	case posix_Clock_BOOTTIME:
		*nanos = (int64_t)now;
		return true;
	default:
		return false;
	}
}

static int64_t put_time(uint64_t to, int64_t nanos)
{
	struct linux_timespec time = convert_timespec(nanos);

	return copy_to(to, &time, sizeof time) ? 0 : -LINUX_EFAULT;
}

int64_t time_clock_gettime(struct shim *shim, const uint64_t a[6])
{
	struct posix_Timers_clock_time_reply reply;
	int64_t nanos, result;

	if (read_clock(a[0], &nanos))
		return put_time(a[1], nanos);
	result = POSIX(shim, &reply, Timers, clock_time, .clock = (int32_t)a[0]);
	return result < 0 ? result : put_time(a[1], reply.time);
}

int64_t time_clock_getres(struct shim *shim, const uint64_t a[6])
{
	struct posix_Timers_clock_resolution_reply reply = { .resolution = 1 };
	int64_t nanos, result = 0;

	if (!read_clock(a[0], &nanos))
		result = POSIX(shim, &reply, Timers, clock_resolution, .clock = (int32_t)a[0]);
	return result < 0 || a[1] == 0 ? result : put_time(a[1], (int64_t)reply.resolution);
}

static int64_t get_zone(struct shim *shim, int32_t zone[2])
{
	struct posix_Machine_time_zone_reply reply = {0};
	struct machine machine;
	int64_t result = machine_open(shim, &machine);

	if (result == 0)
		result = MACHINE(shim, &machine, &reply, time_zone, 0);
	if (result == 0) {
		zone[0] = reply.minutes_west;
		zone[1] = reply.daylight_saving;
	}
	return result;
}

int64_t time_gettimeofday(struct shim *shim, const uint64_t a[6])
{
	struct linux_timeval time = convert_timeval(shim_wall(shim_now()));
	int32_t zone[2];

	if (a[1] && get_zone(shim, zone) < 0)
		return -LINUX_EFAULT;
	return (a[0] == 0 || copy_to(a[0], &time, sizeof time)) &&
		(a[1] == 0 || copy_to(a[1], zone, sizeof zone)) ? 0 : -LINUX_EFAULT;
}

int64_t time_time(struct shim *shim, const uint64_t a[6])
{
	int64_t seconds = convert_timespec(shim_wall(shim_now())).tv_sec;

	(void)shim;
	return a[0] == 0 || copy_to(a[0], &seconds, sizeof seconds) ? seconds : -LINUX_EFAULT;
}

int64_t time_times(struct shim *shim, const uint64_t a[6])
{
	static const posix_UsageOf whose[] = { posix_UsageOf_PROCESS, posix_UsageOf_CHILDREN };
	struct posix_Resources_usage_reply reply;
	struct linux_tms tms;
	int64_t *to = &tms.tms_utime, result;

	for (int i = 0; i < 2 && a[0]; i++) {
		result = POSIX(shim, &reply, Resources, usage, .of = whose[i]);
		if (result < 0)
			return result;
		*to++ = (int64_t)reply.usage.user_time / (SECOND / LINUX_TICKS);
		*to++ = (int64_t)reply.usage.system_time / (SECOND / LINUX_TICKS);
	}
	return a[0] == 0 || copy_to(a[0], &tms, sizeof tms) ?
		(int64_t)shim_now() / (SECOND / LINUX_TICKS) : -LINUX_EFAULT;
}

/* ---- setting ---- */

static int64_t set_clock(struct shim *shim, int64_t time)
{
	struct machine machine;
	int64_t result = machine_open(shim, &machine);

	return result < 0 ? result : MACHINE(shim, &machine,
		&(struct posix_Machine_set_clock_reply){0}, set_clock,
		.clock = posix_Clock_REALTIME, .time = time);
}

int64_t time_clock_settime(struct shim *shim, const uint64_t a[6])
{
	struct linux_timespec time;
	uint64_t nanos;
	int64_t ignored;

	/* CPU clocks are nobody's to set. */
	if ((int32_t)a[0] != posix_Clock_REALTIME)
		return (int32_t)a[0] < 0 && time_clock_gettime(shim, (const uint64_t[6]){ a[0],
			(uintptr_t)&ignored }) != -LINUX_EINVAL ? -LINUX_EPERM : -LINUX_EINVAL;
	if (!copy_from(&time, a[1], sizeof time))
		return -LINUX_EFAULT;
	return convert_nanos(&time, &nanos) ? set_clock(shim, (int64_t)nanos) : -LINUX_EINVAL;
}

static int64_t set_zone(struct shim *shim, const int32_t zone[2])
{
	struct machine machine;
	int64_t result = machine_open(shim, &machine);

	return result < 0 ? result : MACHINE(shim, &machine,
		&(struct posix_Machine_set_time_zone_reply){0}, set_time_zone,
		.minutes_west = zone[0], .daylight_saving = zone[1]);
}

/* With neither it is asked all the same whether it is allowed. */
int64_t time_settimeofday(struct shim *shim, const uint64_t a[6])
{
	struct linux_timeval time;
	uint64_t nanos;
	int32_t zone[2];
	int64_t result = 0;

	if (a[0] && !copy_from(&time, a[0], sizeof time))
		return -LINUX_EFAULT;
	if (a[0] && !convert_timeval_nanos(&time, &nanos))
		return -LINUX_EINVAL;
	if (a[1] && !copy_from(zone, a[1], sizeof zone))
		return -LINUX_EFAULT;
	if (!a[0] && !a[1])
		result = get_zone(shim, zone);
	if (result == 0 && (a[1] || !a[0]))
		result = set_zone(shim, zone);
	return result < 0 || !a[0] ? result : set_clock(shim, (int64_t)nanos);
}

/* ---- sleeping ---- */

/* Nobody wakes this word. */
static int64_t sleep_until(uint64_t deadline)
{
	static const uint32_t word;
	uint64_t head = sk_head(ABI_WORD_WAIT) | ABI_TIMED, target = ABI_CANCELLABLE;

	do {
		head = sk_head(ABI_WORD_WAIT) | ABI_TIMED;
		sk_enter_plain_until(&head, &target, (uintptr_t)&word, 0, UINT32_MAX, 0,
			deadline);
		target = ABI_CANCELLABLE;
	} while (ABI_STATUS(head) != SK_TIMED_OUT && ABI_STATUS(head) != SK_CANCELED);
	return ABI_STATUS(head) == SK_CANCELED ? -LINUX_ERESTART_RESTARTBLOCK : 0;
}

/* What is left is told when it is cut off. */
static int64_t sleep_rest(uint64_t deadline, uint64_t left_at)
{
	int64_t result = sleep_until(deadline);
	uint64_t now = shim_now();

	if (result < 0 && left_at) {
		int64_t left = deadline > now ? (int64_t)(deadline - now) : 0;

		if (put_time(left_at, left) < 0)
			return -LINUX_EFAULT;
	}
	return result;
}

static int64_t sleep_for(struct shim *shim, uint64_t from, uint64_t left_at)
{
	struct linux_timespec time;
	uint64_t nanos, deadline;

	if (!copy_from(&time, from, sizeof time))
		return -LINUX_EFAULT;
	if (!convert_nanos(&time, &nanos))
		return -LINUX_EINVAL;
	deadline = shim_after(nanos);
	shim->restart = (struct shim_restart){ NR_CLOCK_NANOSLEEP, deadline, { left_at } };
	return sleep_rest(deadline, left_at);
}

int64_t time_nanosleep(struct shim *shim, const uint64_t a[6])
{
	return sleep_for(shim, a[0], a[1]);
}

/* REALTIME may be stepped meanwhile: posix knows. */
static int64_t sleep_at(struct shim *shim, int32_t clock, int64_t until)
{
	int64_t result;

	if (clock == posix_Clock_MONOTONIC || clock == posix_Clock_BOOTTIME)
		return shim_cut(sleep_until((uint64_t)until) < 0 ? -LINUX_ERESTARTSYS : 0,
			-LINUX_ERESTARTNOHAND);
	result = POSIX_DO(shim, Timers, sleep_until, .clock = clock, .until = until);
	return shim_cut(result, -LINUX_ERESTARTNOHAND);
}

int64_t time_clock_nanosleep(struct shim *shim, const uint64_t a[6])
{
	struct linux_timespec time;
	int32_t clock = (int32_t)a[0];
	int64_t ignored;
	uint64_t until;

	if (clock == posix_Clock_THREAD_CPU || (clock >= posix_Clock_MONOTONIC_RAW &&
			clock <= posix_Clock_MONOTONIC_COARSE))
		return -LINUX_EOPNOTSUPP;
	if (!(a[1] & TIMER_ABSTIME) && read_clock(a[0], &ignored))
		return sleep_for(shim, a[2], a[3]);
	if (!copy_from(&time, a[2], sizeof time))
		return -LINUX_EFAULT;
	if (!convert_nanos(&time, &until))
		return -LINUX_EINVAL;
	if (!(a[1] & TIMER_ABSTIME)) {		/* of a clock that posix has */
		struct posix_Timers_clock_time_reply reply;
		int64_t result = POSIX(shim, &reply, Timers, clock_time, .clock = clock);

		if (result < 0)
			return result;
		until += (uint64_t)reply.time;
	}
	return sleep_at(shim, clock, (int64_t)until);
}

int64_t time_restart(struct shim *shim, const uint64_t a[6])
{
	const struct shim_restart restart = shim->restart;

	(void)a;
	switch (restart.call) {
	case NR_CLOCK_NANOSLEEP: return sleep_rest(restart.deadline, restart.arguments[0]);
	case 202: return futex_restart(shim, &restart);
	case 7: return poll_restart(shim, &restart);
	default: return -LINUX_EINTR;
	}
}

/* ---- the process's timers ---- */

static struct linux_itimerval itimer_of(const struct posix_TimerSetting *setting)
{
	return (struct linux_itimerval){ convert_timeval((int64_t)setting->interval),
		convert_timeval((int64_t)setting->value) };
}

int64_t time_getitimer(struct shim *shim, const uint64_t a[6])
{
	struct posix_Timers_interval_timer_reply reply;
	struct linux_itimerval value;
	int64_t result = a[0] > 2 ? -LINUX_EINVAL : POSIX(shim, &reply, Timers, interval_timer,
		.timer = (int32_t)a[0]);

	if (result < 0)
		return result;
	value = itimer_of(&reply.setting);
	return copy_to(a[1], &value, sizeof value) ? 0 : -LINUX_EFAULT;
}

int64_t time_setitimer(struct shim *shim, const uint64_t a[6])
{
	struct posix_Timers_set_interval_timer_reply reply;
	struct linux_itimerval value = {{0, 0}, {0, 0}};
	struct posix_TimerSetting setting;
	int64_t result;

	if (a[1] && !copy_from(&value, a[1], sizeof value))
		return -LINUX_EFAULT;
	if (a[0] > 2 || !convert_timeval_nanos(&value.it_value, &setting.value) ||
			!convert_timeval_nanos(&value.it_interval, &setting.interval))
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Timers, set_interval_timer, .timer = (int32_t)a[0],
		.setting = setting);
	if (result < 0 || a[2] == 0)
		return result;
	value = itimer_of(&reply.previous);
	return copy_to(a[2], &value, sizeof value) ? 0 : -LINUX_EFAULT;
}

/* Half a second and more of what is left counts as one. */
int64_t time_alarm(struct shim *shim, const uint64_t a[6])
{
	struct posix_Timers_set_interval_timer_reply reply;
	int64_t result = POSIX(shim, &reply, Timers, set_interval_timer,
		.timer = posix_IntervalTimer_REAL,
		.setting = { .value = (uint64_t)(uint32_t)a[0] * (uint64_t)SECOND });
	uint64_t left = reply.previous.value;

	if (result < 0)
		return result;
	return left != 0 && left < (uint64_t)SECOND / 2 ? 1 :
		(int64_t)((left + (uint64_t)SECOND / 2) / (uint64_t)SECOND);
}

/* ---- timers of programs ---- */

int64_t time_timer_create(struct shim *shim, const uint64_t a[6])
{
	struct posix_Timers_create_timer_reply reply;
	struct linux_sigevent event = { .signo = posix_Signal_ALRM };
	int64_t result;

	if (a[1] && !copy_from(&event, a[1], sizeof event))
		return -LINUX_EFAULT;
	if (event.notify != posix_NotifyBy_SIGNAL && event.notify != posix_NotifyBy_NOTHING &&
			event.notify != posix_NotifyBy_THREAD_SIGNAL)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Timers, create_timer, .clock = (int32_t)a[0],
		.notify = { .by = event.notify, .signal = event.signo, .value = event.value,
			.thread = event.notify == posix_NotifyBy_THREAD_SIGNAL ?
				event.thread : a[1] ? 0 : OF_ITSELF });
	if (result < 0)
		return result;
	return copy_to(a[2], &reply.timer, sizeof reply.timer) ? 0 : -LINUX_EFAULT;
}

static int64_t put_setting(uint64_t to, const struct posix_TimerSetting *setting)
{
	const struct linux_itimerspec value = { convert_timespec((int64_t)setting->interval),
		convert_timespec((int64_t)setting->value) };

	return to == 0 || copy_to(to, &value, sizeof value) ? 0 : -LINUX_EFAULT;
}

int64_t time_timer_settime(struct shim *shim, const uint64_t a[6])
{
	struct posix_Timers_set_timer_reply reply;
	struct posix_TimerSetting setting;
	struct linux_itimerspec value;
	int64_t result;

	if (a[2] == 0)
		return -LINUX_EINVAL;
	if (!copy_from(&value, a[2], sizeof value))
		return -LINUX_EFAULT;
	if (!convert_nanos(&value.it_value, &setting.value) ||
			!convert_nanos(&value.it_interval, &setting.interval))
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Timers, set_timer, .timer = (int32_t)a[0],
		.absolute = (a[1] & TIMER_ABSTIME) != 0, .setting = setting);
	return result < 0 ? result : put_setting(a[3], &reply.previous);
}

int64_t time_timer_gettime(struct shim *shim, const uint64_t a[6])
{
	struct posix_Timers_timer_reply reply;
	int64_t result = POSIX(shim, &reply, Timers, timer, .timer = (int32_t)a[0]);

	return result < 0 ? result : a[1] == 0 ? -LINUX_EFAULT : put_setting(a[1], &reply.setting);
}

int64_t time_timer_getoverrun(struct shim *shim, const uint64_t a[6])
{
	struct posix_Timers_timer_overrun_reply reply;
	int64_t result = POSIX(shim, &reply, Timers, timer_overrun, .timer = (int32_t)a[0]);

	return result < 0 ? result : (int64_t)reply.count;
}

int64_t time_timer_delete(struct shim *shim, const uint64_t a[6])
{
	return POSIX_DO(shim, Timers, delete_timer, .timer = (int32_t)a[0]);
}
