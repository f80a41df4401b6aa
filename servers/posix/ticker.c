/*
 * Timers that can be waited for (timerfd). One that has come is not set again before that has
 * been read: how often it would have rung is reckoned then, so that one that is set to each
 * nanosecond costs no more than its program takes.
 */
#include "servers/posix/event.h"

struct ticker {
	struct ticker *next, **link;		/* of all */
	posix_Clock clock;
	posix_Clock runs_by;			/* as it was set (clock_running) */
	uint64_t due, interval;			/* of its clock; due 0: it is not set */
	uint64_t expirations;			/* not read yet */
	bool has_rung;				/* and is not set again */
	bool may_cancel, is_canceled;		/* the time of day has been set */
	struct user *payer;
	struct sk_alarm alarm;
	struct wait *taking;
};

static struct ticker *tickers;

static bool has_news(const struct ticker *t)
{
	return t->expirations > 0 || t->is_canceled;
}

static uint32_t ready_of(struct file *file)
{
	return has_news(file->self) ? fs_Ready_READABLE : 0;
}

static uint64_t time_of(const struct ticker *t)
{
	int64_t time = 0;

	clock_read(t->runs_by, &time);
	return (uint64_t)time;
}

static void arm(struct ticker *t)
{
	const uint64_t time = time_of(t), left = t->due > time ? t->due - time : 0;

	sk_alarm_set(posix.os, &t->alarm, left > INT64_MAX - now() ? INT64_MAX : now() + left);
}

/* One with an interval goes on from the time that has come. */
static void go_on(struct ticker *t)
{
	uint64_t time, count;

	if (!t->has_rung || t->interval == 0)
		return;
	time = time_of(t);
	/* It may have been set back. */
	count = time < t->due ? 1 : (time - t->due) / t->interval + 1;
	t->expirations += count - 1;
	t->due += count * t->interval;
	t->has_rung = false;
	arm(t);
}

/* As on Linux one that has rung does not go on then. */
static void take_canceled(struct ticker *t, struct sk_reply *to)
{
	if (posix_Timerfd_take_answer(to, posix_Error_ECANCELED, NULL) != SK_OK)
		return;
	t->is_canceled = false;
	t->expirations = 0;
	t->due = t->has_rung ? 0 : t->due;
	t->has_rung = false;
}

/* Whoever was cancelled just now has not taken it. */
static void take(struct ticker *t, struct sk_reply *to)
{
	if (t->is_canceled) {
		take_canceled(t, to);
		return;
	}
	go_on(t);
	if (posix_Timerfd_take_answer(to, 0, &(struct posix_Timerfd_take_reply){
			t->expirations}) == SK_OK)
		t->expirations = 0;
}

/* Those who wait take what has come. */
static void came(struct ticker *t)
{
	while (t->taking && has_news(t)) {
		struct wait *wait = t->taking;

		wait_end(wait);
		take(t, &wait->reply);
		release(wait);
	}
	poll_look(t);
}

static void ring(void *self)
{
	struct ticker *t = self;

	if (time_of(t) < t->due) {
		arm(t);
		return;
	}
	t->has_rung = true;
	t->expirations++;
	came(t);
}

void tickers_stepped(void)
{
	for (struct ticker *t = tickers; t; t = t->next) {
		if (t->runs_by == clock_running(t->runs_by, false))
			continue;
		t->is_canceled = t->is_canceled || t->may_cancel;
		if (t->due != 0 && !t->has_rung) {
			sk_alarm_cancel(posix.os, &t->alarm);
			ring(t);
		}
		came(t);
	}
}

/* ---- operations ---- */

static struct posix_TimerSetting setting_of(struct ticker *t)
{
	struct posix_TimerSetting setting = {0, t->interval};
	uint64_t time;

	go_on(t);
	time = time_of(t);
	if (t->due > time && !t->has_rung)
		setting.value = t->due - time;
	else if (t->due != 0 && !t->has_rung)
		setting.value = 1;		/* just about to ring */
	return setting;
}

static void op_setting(void *self, const struct posix_Timerfd_setting_request *request,
	struct sk_reply *to)
{
	struct ticker *t = ((struct access *)self)->file->self;
	const struct posix_Timerfd_setting_reply reply = {setting_of(t)};

	UNUSED(request);
	posix_Timerfd_setting_answer(to, 0, &reply);
}

static void op_set_setting(void *self, const struct posix_Timerfd_set_setting_request *request,
	struct sk_reply *to)
{
	struct ticker *t = ((struct access *)self)->file->self;
	const struct posix_Timerfd_set_setting_reply reply = {setting_of(t)};
	const uint64_t value = request->setting.value;
	const bool is_absolute = request->flags & posix_SetTimerFlags_ABSOLUTE;
	bool is_canceled = false;
	uint64_t base;

	t->runs_by = clock_running(t->clock, is_absolute);
	base = is_absolute ? 0 : time_of(t);
	t->may_cancel = t->clock == posix_Clock_REALTIME && is_absolute &&
		(request->flags & posix_SetTimerFlags_CANCEL_ON_SET);
	if (t->may_cancel && value != 0)
		is_canceled = t->is_canceled;
	t->is_canceled = t->may_cancel && t->is_canceled && !is_canceled;
	sk_alarm_cancel(posix.os, &t->alarm);
	t->has_rung = false;
	t->expirations = 0;
	t->interval = request->setting.interval;
	t->due = value == 0 ? 0 : value > INT64_MAX - base ? INT64_MAX : base + value;
	/* It is set all the same. */
	posix_Timerfd_set_setting_answer(to, is_canceled ? posix_Error_ECANCELED : 0, &reply);
	if (t->due != 0)
		ring(t);
}

static void op_take(void *self, const struct posix_Timerfd_take_request *request,
	struct sk_reply *to)
{
	struct ticker *t = ((struct access *)self)->file->self;
	const bool waits = event_may_wait(self, request->wait);
	struct wait *wait;

	if (has_news(t)) {
		take(t, to);
		return;
	}
	wait = waits ? allocate(sizeof(*wait)) : NULL;
	if (!wait) {
		posix_Timerfd_take_answer(to, waits ? posix_Error_ENOMEM : posix_Error_EAGAIN,
			NULL);
		return;
	}
	wait->canceled = event_canceled;
	wait_begin(wait, &t->taking, NULL, to);
}

static void op_set_expirations(void *self,
	const struct posix_Timerfd_set_expirations_request *request, struct sk_reply *to)
{
	struct ticker *t = ((struct access *)self)->file->self;
	const int error = request->expirations > 0 ? 0 : posix_Error_EINVAL;

	if (!error)
		t->expirations = request->expirations;
	posix_Timerfd_set_expirations_answer(to, error,
		&(struct posix_Timerfd_set_expirations_reply){0});
	if (!error)
		came(t);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Timerfd_ops ops = {EVENT_FILE_OPS, .setting = op_setting,
		.set_setting = op_set_setting, .take = op_take,
		.set_expirations = op_set_expirations};

	return access_is_closed(self) ? sk_refuse(incoming, SK_BAD_HANDLE) :
		posix_Timerfd_dispatch(&ops, self, incoming);
}

static void closed(struct file *file)
{
	struct ticker *t = file->self;

	sk_alarm_cancel(posix.os, &t->alarm);
	event_end_waits(&t->taking);
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	user_return(t->payer, USER_TIMERS, 1);
	release(t);
}

static const struct sk_object ticker_object = {
	.dispatch = dispatch, .gone = access_gone, .canceled = wait_canceled,
};
static const struct file_ops ticker_ops = {&ticker_object, closed, ready_of, NULL};

/* ---- making ---- */

/* Alarm clocks would wake a machine that sleeps, which none does here. */
static int check(const struct thread *thread, posix_Clock *clock)
{
	enum { REALTIME_ALARM = 8, BOOTTIME_ALARM = 9, CAP_WAKE_ALARM = 35 };
	const bool is_alarm = *clock == REALTIME_ALARM || *clock == BOOTTIME_ALARM;

	if (is_alarm && !credentials_can(thread->credentials, CAP_WAKE_ALARM))
		return posix_Error_EPERM;
	if (is_alarm)
		*clock = *clock == REALTIME_ALARM ? posix_Clock_REALTIME : posix_Clock_BOOTTIME;
	return *clock == posix_Clock_REALTIME || *clock == posix_Clock_MONOTONIC ||
		*clock == posix_Clock_BOOTTIME ? 0 : posix_Error_EINVAL;
}

static struct file *make(struct thread *thread, posix_Clock clock, posix_NewFlags flags)
{
	struct user *user = thread->process->user;
	struct file *file = user_may(user, USER_TIMERS, 1) ?
		event_file(posix_ObjectKind_TIMERFD, flags) : NULL;
	struct ticker *t = file ? allocate(sizeof(*t)) : NULL;

	if (!t) {
		file_drop(file);
		return NULL;
	}
	*t = (struct ticker){.next = tickers, .link = &tickers, .clock = clock,
		.runs_by = clock, .payer = user,
		.alarm = {.ring = ring, .self = t}};
	if (tickers)
		tickers->link = &t->next;
	tickers = t;
	user_charge(user, USER_TIMERS, 1);
	file->ops = &ticker_ops;
	file->self = t;
	return file;
}

void op_create_timerfd(void *self,
	const struct posix_Descriptors_create_timerfd_request *request, struct sk_reply *to)
{
	struct posix_Descriptors_create_timerfd_reply reply = {0};
	posix_Clock clock = request->clock;
	int error = check(self, &clock);
	struct file *file = error ? NULL : make(self, clock, request->flags);

	if (file)
		error = event_install(self, file, request->flags, to->port, &reply.opened,
			&reply.file.raw);
	else if (!error)
		error = posix_Error_ENFILE;
	posix_Descriptors_create_timerfd_answer(to, error, &reply);
}
