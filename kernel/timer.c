/* Timers: deadlines that signal, once or again and again. */
#include "kernel/timer.h"

#include "kernel/arch/arch.h"
#include "kernel/notification.h"
#include "kernel/operation.h"
#include "kernel/trace.h"

/* A shorter period signals this often, and counts the rest as overruns. */
#define SIGNAL_EVERY UINT64_C(100000)

/* The next of its times that is far enough ahead. */
static void next_time(struct timer *timer, uint64_t now)
{
	uint64_t ahead = timer->period < SIGNAL_EVERY ? SIGNAL_EVERY : 0;
	uint64_t missed = (now + ahead - timer->when) / timer->period;

	timer->overruns += missed;
	timer->is_set = missed < (ABI_FOREVER - timer->when) / timer->period;
	if (!timer->is_set)
		return;
	timer->when += (missed + 1) * timer->period;
	deadline_set(&timer->deadline, timer->when);
}

static void passed(struct deadline *deadline)
{
	struct timer *timer = LIST_OF(deadline, struct timer, deadline);
	uint64_t now = arch_now();

	TRACE(TIMERS, TimerFired, .timer = timer->object.id, .late = now - timer->when);
	if (timer->period)
		next_time(timer, now);
	else
		timer->is_set = false;
	watch_fire(&timer->watch);
}

struct timer *timer_new(struct quota *quota, struct notification *notify,
	uint64_t bits, kernel_error *error)
{
	struct timer *timer = object_new(&timer_type, quota, error);

	if (timer) {
		deadline_init(&timer->deadline, passed);
		watch_set(&timer->watch, notify, bits);
	}
	return timer;
}

static bool destroy(struct object *object, unsigned *steps)
{
	(void)steps;
	deadline_clear(&((struct timer *)object)->deadline);
	watch_set(&((struct timer *)object)->watch, NULL, 0);
	return true;
}

/* ---- operations ---- */

OPERATION(Timer, timer, set, CONTROL)
{
	bool was_set = timer->is_set;

	deadline_clear(&timer->deadline);
	timer->when = request->deadline;
	timer->period = request->period;
	timer->overruns = 0;
	timer->is_set = timer->when != ABI_FOREVER;
	if (timer->when <= arch_now())
		passed(&timer->deadline);
	else
		deadline_set(&timer->deadline, timer->when);
	return ANSWER(Timer, set, .was_set = was_set);
}

OPERATION(Timer, timer, remaining, INSPECT)
{
	uint64_t now = arch_now(), overruns = timer->overruns;

	timer->overruns = 0;
	return ANSWER(Timer, remaining,
		.remaining = !timer->is_set ? 0 :
			timer->when > now ? timer->when - now : 1,
		.period = timer->period, .overruns = overruns);
}

COMMAND(Timer, timer, bind, CONTROL)
{
	return call_watch(call, request->notify, request->bits, &timer->watch, false);
}

OBJECT_TYPE(Timer, timer, TIMER, .destroy = destroy)
