/*
 * Alarms: a list, the next one first. In the loop a timer of the kernel's signals when it
 * has come: a server that receives with a deadline is one to whom no call can switch at
 * once, and each would take the kernel's long way as long as any alarm is set.
 */
#include "runtime/server/loop.h"

#include "kernel.skald.h"

void sk_alarm_cancel(struct sk_os *os, struct sk_alarm *alarm)
{
	struct sk_alarm **link = &os->alarms;

	if (alarm->time == 0)
		return;
	while (*link != alarm)
		link = &(*link)->next;
	*link = alarm->next;
	alarm->time = 0;
}

void sk_alarm_set(struct sk_os *os, struct sk_alarm *alarm, uint64_t time)
{
	struct sk_alarm **link = &os->alarms;

	sk_alarm_cancel(os, alarm);
	alarm->time = time ? time : 1;
	while (*link && (*link)->time <= alarm->time)
		link = &(*link)->next;
	alarm->next = *link;
	*link = alarm;
}

void sk_loop_ring_alarms(struct sk_os *os)
{
	uint64_t now;

	if (!os->alarms)
		return;
	now = sk_os_now(os);
	/* Whoever was answered last is not to wait for what they do. */
	if (os->alarms->time <= now)
		sk_kernel_port_flush(&os->loop->port);
	while (os->alarms && os->alarms->time <= now) {
		struct sk_alarm *alarm = os->alarms;

		sk_alarm_cancel(os, alarm);
		alarm->ring(alarm->self);
	}
}

static bool open_timer(struct sk_loop *loop)
{
	struct sk_os *os = loop->os;
	const struct kernel_Quota_create_timer_request request = {
		.notify = {sk_os_notify(os)}, .bits = SK_LOOP_TIMER,
	};
	struct kernel_Quota_create_timer_reply reply;

	return kernel_Quota_create_timer(&os->thread->quota.channel, &request, &reply, NULL) ==
		SK_OK && sk_os_channel_apart(os, &loop->timer, reply.timer.raw) == SK_OK;
}

/* One that was taken back leaves it as it is: it signals once for nothing. */
static bool set_timer(struct sk_loop *loop, uint64_t time)
{
	const struct kernel_Timer_set_request request = {.deadline = time};
	struct kernel_Timer_set_reply reply;

	if (!loop->has_timer && !loop->has_no_timer) {
		loop->has_timer = open_timer(loop);
		loop->has_no_timer = !loop->has_timer;
	}
	if (loop->has_no_timer ||
			kernel_Timer_set(&loop->timer.channel, &request, &reply, NULL) != SK_OK)
		return false;
	loop->timer_time = time;
	return true;
}

uint64_t sk_loop_deadline(struct sk_loop *loop)
{
	uint64_t time;

	if (sk_loop_is_seen_to(loop))
		return SK_FOREVER;
	time = loop->os->alarms->time;
	return set_timer(loop, time) ? SK_FOREVER : time;
}
