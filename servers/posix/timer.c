/*
 * Timers: those that programs make (timer_create), the three that each process has
 * (setitimer), and the limit of a process's CPU time. What they send is queued once: until it
 * is taken a timer does not ring again, and how often it would have is its overrun. So one
 * that is set to each nanosecond costs no more than its program takes.
 *
 * CPU clocks are looked at, at the earliest time at which they can be so late; of a process
 * that does not run, less and less often.
 */
#include "servers/posix/posix.h"

#define SECOND UINT64_C(1000000000)
#define REAL_NUMBER (-1)
#define VIRTUAL_NUMBER (-2)
#define PROFILING_NUMBER (-3)
#define LIMIT_NUMBER (-4)
/* Of create_timer's `notify.thread`, where none is named: the value is the timer's number. */
#define OF_ITSELF (-1)
#define PAUSE_MOST (UINT64_C(64) * 1000000)

struct timer {
	struct timer *next;
	struct process *process;
	/* Below 0: of those that are not made by timer_create. */
	int32_t number;
	posix_Clock clock;
	posix_Clock runs_by;			/* as it was set (clock_running) */
	struct posix_Notification notify;
	uint64_t due, interval;			/* of its clock; due 0: it is not set */
	uint32_t overrun;			/* of the last signal that was taken */
	uint32_t missed;			/* since the one that is queued */
	uint64_t seen, pause;			/* of CPU clocks: then, and waited since */
	struct user *payer;
	struct queued *queued;			/* what it has sent, until that is taken */
	struct sk_alarm alarm;
};

/* Whose signal is being sent. */
static struct timer *sending;

static struct timer *find(const struct process *process, int32_t number)
{
	struct timer *timer = process->timers;

	while (timer && timer->number != number)
		timer = timer->next;
	return timer;
}

/* ---- its alarm ---- */

/* How long a CPU clock takes for that at least. */
static uint64_t pause_of(struct timer *timer, uint64_t time, uint64_t left)
{
	const uint32_t width = timer->process->thread_count < processor_count() ?
		timer->process->thread_count : processor_count();

	left = width > 1 && !(timer->clock & 4) ? left / width : left;
	timer->pause = time != timer->seen ? CLOCK_STEP : timer->pause < PAUSE_MOST ?
		timer->pause * 2 : PAUSE_MOST;
	timer->seen = time;
	return left > timer->pause ? left : timer->pause;
}

static void arm(struct timer *timer, uint64_t least)
{
	int64_t time;
	uint64_t left;

	sk_alarm_cancel(posix.os, &timer->alarm);
	if (timer->due == 0 || timer->notify.by == posix_NotifyBy_NOTHING || timer->queued)
		return;
	if (clock_read(timer->runs_by, &time) != 0) {
		timer->due = 0;
		return;
	}
	left = timer->due > (uint64_t)time ? timer->due - (uint64_t)time : 0;
	if (timer->clock < 0)
		left = pause_of(timer, (uint64_t)time, left);
	left = left > least ? left : least;
	sk_alarm_set(posix.os, &timer->alarm, left > INT64_MAX - now() ? INT64_MAX :
		now() + left);
}

/* Goes on from a time that has come: how often it did. */
static uint32_t forward(struct timer *timer, uint64_t time)
{
	uint64_t count;

	if (timer->due == 0 || timer->due > time)
		return 0;
	if (timer->interval == 0) {
		timer->due = 0;
		return 1;
	}
	count = (time - timer->due) / timer->interval + 1;
	timer->due += count * timer->interval;
	return count < INT32_MAX ? (uint32_t)count : INT32_MAX;
}

static void send(struct timer *timer)
{
	struct thread *thread = timer->notify.by == posix_NotifyBy_THREAD_SIGNAL ?
		posix.threads[timer->notify.thread] : NULL;
	struct posix_SignalInfo info = {
		.signal = timer->notify.signal, .code = 0x80,
		.cause = {.which = posix_SignalCause_plain},
	};

	if (timer->number >= 0) {
		info.code = -2;
		info.cause.which = posix_SignalCause_timer;
		info.cause.as.timer = (struct posix_TimerCause){timer->number, timer->missed,
			timer->notify.value};
	}
	sending = timer;
	/* The timer may be no more behind this. */
	if (timer->notify.by != posix_NotifyBy_THREAD_SIGNAL)
		signal_process(timer->process, &info);
	else if (thread && thread->process == timer->process)
		signal_thread(thread, &info);
	sending = NULL;
}

struct timer *timer_queued(struct queued *queued, const struct process *process)
{
	/* Others may come of it, as that of a child's end. */
	if (!sending || sending->process != process || sending->queued ||
			sending->notify.signal != queued->info.signal)
		return NULL;
	sending->queued = queued;
	sk_alarm_cancel(posix.os, &sending->alarm);
	return sending;
}

void timer_taken(struct timer *timer, struct posix_SignalInfo *info)
{
	int64_t time;

	timer->queued = NULL;
	timer->overrun = timer->missed;
	if (timer->interval != 0 && clock_read(timer->runs_by, &time) == 0) {
		const uint64_t all = (uint64_t)timer->missed +
			forward(timer, (uint64_t)time);

		timer->overrun = all < INT32_MAX ? (uint32_t)all : INT32_MAX;
	}
	if (info && info->cause.which == posix_SignalCause_timer)
		info->cause.as.timer.overrun = timer->overrun;
	arm(timer, 0);
}

/* As Linux has it: from the soft limit on a signal each second, at the hard one the end. */
static void ring_limit(struct timer *timer, uint64_t time)
{
	struct process *process = timer->process;
	struct posix_Limit *limit = &process->limits[posix_Resource_CPU_TIME];

	if (limit->hard != posix_UNLIMITED && time / SECOND >= limit->hard) {
		process_end(process, posix_ChildState_KILLED, posix_Signal_KILL);
		return;
	}
	if (time / SECOND >= limit->soft)
		limit->soft = time / SECOND + 1;
	timer->due = limit->soft * SECOND;
	arm(timer, CLOCK_STEP);
	send(timer);
}

static void ring(void *self)
{
	struct timer *timer = self;
	int64_t time;

	if (clock_read(timer->runs_by, &time) != 0) {
		timer->due = 0;
	} else if ((uint64_t)time < timer->due) {
		arm(timer, 0);
	} else if (timer->number == LIMIT_NUMBER) {
		ring_limit(timer, (uint64_t)time);
	} else {
		timer->missed = forward(timer, (uint64_t)time) - 1;
		/* For what is ignored, it need not be more often. */
		arm(timer, CLOCK_STEP / 4);
		send(timer);
	}
}

/* ---- making, setting, ending ---- */

static struct timer *make(struct process *process, int32_t number, posix_Clock clock,
	posix_Signal signal)
{
	struct timer *timer = allocate(sizeof(*timer));

	if (!timer)
		return NULL;
	*timer = (struct timer){.next = process->timers, .process = process, .number = number,
		.clock = clock, .runs_by = clock, .notify.signal = signal};
	timer->alarm = (struct sk_alarm){.ring = ring, .self = timer};
	process->timers = timer;
	if (number >= 0)
		user_charge(process->user, USER_TIMERS, 1);
	timer->payer = number >= 0 ? process->user : NULL;
	return timer;
}

static void forget_queued(struct timer *timer)
{
	if (timer->queued)
		timer->queued->timer = NULL;
	timer->queued = NULL;
}

static void end(struct timer *timer)
{
	struct timer **link = &timer->process->timers;

	sending = sending == timer ? NULL : sending;
	forget_queued(timer);
	sk_alarm_cancel(posix.os, &timer->alarm);
	while (*link != timer)
		link = &(*link)->next;
	*link = timer->next;
	user_return(timer->payer, USER_TIMERS, 1);
	release(timer);
}

void timers_end(struct process *process, bool is_exec)
{
	for (struct timer *t = process->timers, *next; t; t = next) {
		next = t->next;
		if (!is_exec || t->number >= 0)
			end(t);
	}
}

static struct posix_TimerSetting setting_of(const struct timer *timer)
{
	struct posix_TimerSetting setting = {0, timer ? timer->interval : 0};
	int64_t time;

	if (!timer || timer->due == 0 || clock_read(timer->runs_by, &time) != 0)
		return setting;
	if (timer->due > (uint64_t)time)
		setting.value = timer->due - (uint64_t)time;
	else if (timer->interval != 0)
		setting.value = timer->interval - ((uint64_t)time - timer->due) %
			timer->interval;
	else if (timer->notify.by != posix_NotifyBy_NOTHING)
		setting.value = 1000;		/* just about to ring */
	return setting;
}

static void set(struct timer *timer, bool is_absolute, const struct posix_TimerSetting *to)
{
	int64_t time = 0;
	int error;

	timer->runs_by = clock_running(timer->clock, is_absolute);
	error = is_absolute ? 0 : clock_read(timer->runs_by, &time);
	forget_queued(timer);
	timer->missed = timer->overrun = 0;
	timer->seen = UINT64_MAX;
	/* Of CPU time Linux keeps it. */
	timer->interval = to->value || timer->number < REAL_NUMBER ? to->interval : 0;
	timer->due = error || to->value == 0 ? 0 : to->value > INT64_MAX - (uint64_t)time ?
		INT64_MAX : to->value + (uint64_t)time;
	arm(timer, 0);
}

void timers_stepped(void)
{
	for (const struct process *p = posix.processes; p; p = p->next)
		for (struct timer *t = p->timers; t; t = t->next)
			if (t->runs_by != clock_running(t->runs_by, false))
				arm(t, 0);
}

/* ---- each process's own ---- */

static posix_Clock cpu_clock(const struct process *process, bool is_user_time)
{
	return (posix_Clock)(~process->pid * 8 + is_user_time);
}

bool timer_limit(struct process *process)
{
	const struct posix_Limit *limit = &process->limits[posix_Resource_CPU_TIME];
	const uint64_t seconds = limit->soft < limit->hard ? limit->soft : limit->hard;
	struct timer *timer = find(process, LIMIT_NUMBER);

	if (seconds > INT64_MAX / SECOND) {
		if (timer)
			end(timer);
		return true;
	}
	if (!timer)
		timer = make(process, LIMIT_NUMBER, cpu_clock(process, false),
			posix_Signal_XCPU);
	if (!timer)
		return false;
	/* 0 is as good as 1: a program is to get as far as its signal. */
	set(timer, true, &(struct posix_TimerSetting){
		(seconds ? seconds : 1) * SECOND, 0});
	return true;
}

static struct timer *make_own(struct process *process, posix_IntervalTimer which)
{
	switch (which) {
	case posix_IntervalTimer_REAL:
		return make(process, REAL_NUMBER, posix_Clock_MONOTONIC, posix_Signal_ALRM);
	case posix_IntervalTimer_VIRTUAL:
		return make(process, VIRTUAL_NUMBER, cpu_clock(process, true),
			posix_Signal_VTALRM);
	default:
		return make(process, PROFILING_NUMBER, cpu_clock(process, false),
			posix_Signal_PROF);
	}
}

static bool is_interval_timer(posix_IntervalTimer timer)
{
	return timer >= posix_IntervalTimer_REAL && timer <= posix_IntervalTimer_PROFILING;
}

void op_interval_timer(void *self, const struct posix_Timers_interval_timer_request *request,
	struct sk_reply *to)
{
	const struct process *process = ((struct thread *)self)->process;
	const bool is_good = is_interval_timer(request->timer);
	const struct posix_Timers_interval_timer_reply reply = {
		setting_of(is_good ? find(process, -1 - (int32_t)request->timer) : NULL)};

	posix_Timers_interval_timer_answer(to, is_good ? 0 : posix_Error_EINVAL, &reply);
}

void op_set_interval_timer(void *self,
	const struct posix_Timers_set_interval_timer_request *request, struct sk_reply *to)
{
	struct process *process = ((struct thread *)self)->process;
	struct posix_Timers_set_interval_timer_reply reply = {{0}};
	struct timer *timer = NULL;
	int error = is_interval_timer(request->timer) ? 0 : posix_Error_EINVAL;

	if (!error) {
		timer = find(process, -1 - (int32_t)request->timer);
		reply.previous = setting_of(timer);
	}
	if (!error && !timer && (request->setting.value | request->setting.interval)) {
		timer = make_own(process, request->timer);
		error = timer ? 0 : posix_Error_ENOMEM;
	}
	if (timer && (request->setting.value | request->setting.interval))
		set(timer, false, &request->setting);
	else if (timer)
		end(timer);
	posix_Timers_set_interval_timer_answer(to, error, &reply);
}

/* ---- those that programs make ---- */

static int check_clock(const struct thread *thread, posix_Clock clock)
{
	int64_t time;

	if (!clock_is_own(thread, clock) || clock_read(clock, &time) != 0)
		return posix_Error_EINVAL;
	return clock < 0 || clock == posix_Clock_REALTIME || clock == posix_Clock_MONOTONIC ||
		clock == posix_Clock_BOOTTIME || clock == posix_Clock_TAI ? 0 :
		posix_Error_EOPNOTSUPP;
}

static int check_notify(const struct thread *thread, const struct posix_Notification *notify)
{
	const bool is_number = notify->thread > 0 && notify->thread < PID_LIMIT;
	const struct thread *other = is_number ? posix.threads[notify->thread] : NULL;

	if (notify->by == posix_NotifyBy_NOTHING)
		return 0;
	if (notify->signal <= 0 || notify->signal > SIGNALS)
		return posix_Error_EINVAL;
	if (notify->by == posix_NotifyBy_SIGNAL)
		return 0;
	return notify->by == posix_NotifyBy_THREAD_SIGNAL && other &&
		other->process == thread->process ? 0 : posix_Error_EINVAL;
}

/* As Linux counts them: with the signals that may be queued. */
static bool may_have_more(const struct process *process)
{
	const struct user *user = process->user;

	return user_may(user, USER_TIMERS, 1) && user_count(user, USER_TIMERS) <
		process->limits[posix_Resource_PENDING_SIGNALS].soft;
}

void op_create_timer(void *self, const struct posix_Timers_create_timer_request *request,
	struct sk_reply *to)
{
	struct posix_Timers_create_timer_reply reply = {0};
	struct thread *thread = self;
	struct process *process = thread->process;
	const posix_Clock clock = clock_of(thread, request->clock);
	struct timer *timer = NULL;
	int error = check_clock(thread, clock);

	if (!error)
		error = check_notify(thread, &request->notify);
	if (!error && may_have_more(process))
		timer = make(process, process->next_timer, clock, request->notify.signal);
	if (!error && !timer)
		error = posix_Error_EAGAIN;
	if (timer) {
		timer->notify = request->notify;
		if (request->notify.thread == OF_ITSELF)
			timer->notify.value = (uint64_t)timer->number;
		reply.timer = timer->number;
		process->next_timer = (process->next_timer + 1) & INT32_MAX;
	}
	posix_Timers_create_timer_answer(to, error, &reply);
}

static struct timer *find_made(void *self, int32_t number)
{
	return number < 0 ? NULL : find(((struct thread *)self)->process, number);
}

void op_set_timer(void *self, const struct posix_Timers_set_timer_request *request,
	struct sk_reply *to)
{
	struct timer *timer = find_made(self, request->timer);
	const struct posix_Timers_set_timer_reply reply = {setting_of(timer)};

	if (timer)
		set(timer, request->absolute, &request->setting);
	posix_Timers_set_timer_answer(to, timer ? 0 : posix_Error_EINVAL, &reply);
}

void op_timer(void *self, const struct posix_Timers_timer_request *request, struct sk_reply *to)
{
	const struct timer *timer = find_made(self, request->timer);
	const struct posix_Timers_timer_reply reply = {setting_of(timer)};

	posix_Timers_timer_answer(to, timer ? 0 : posix_Error_EINVAL, &reply);
}

void op_timer_overrun(void *self, const struct posix_Timers_timer_overrun_request *request,
	struct sk_reply *to)
{
	const struct timer *timer = find_made(self, request->timer);
	const struct posix_Timers_timer_overrun_reply reply = {timer ? timer->overrun : 0};

	posix_Timers_timer_overrun_answer(to, timer ? 0 : posix_Error_EINVAL, &reply);
}

void op_delete_timer(void *self, const struct posix_Timers_delete_timer_request *request,
	struct sk_reply *to)
{
	const struct posix_Timers_delete_timer_reply reply = {0};
	struct timer *timer = find_made(self, request->timer);

	if (timer)
		end(timer);
	posix_Timers_delete_timer_answer(to, timer ? 0 : posix_Error_EINVAL, &reply);
}
