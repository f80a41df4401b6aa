/* What is waited for: counters, timers, signals and processes as files, and epoll. */
#include "servers/posix/shim/event.h"

#include "runtime/env.h"
#include "servers/posix/shim/cache.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"

#define SET_BYTES 8
#define EVENTS_IN_MESSAGE 240
#define SIGNALS_IN_MESSAGE 30
/* Others mean nothing. */
#define KNOWN_EVENTS UINT32_C(0xf00027ff)

shim_function event_eventfd, event_eventfd2, event_timerfd_create, event_timerfd_settime,
	event_timerfd_gettime, event_signalfd, event_signalfd4, event_epoll_create,
	event_epoll_create1, event_epoll_ctl, event_epoll_wait, event_epoll_pwait,
	event_epoll_pwait2, event_pidfd_open, event_pidfd_send_signal, event_pidfd_getfd,
	event_setns;

/* ---- reading and writing ---- */

#define EVENT_CALL(shim, interface, method, reply, ...) \
	shim_file_result(shim, posix_##interface##_##method(&(shim)->file.channel, \
		&(const struct posix_##interface##_##method##_request){__VA_ARGS__}, reply, NULL))

/* To the pieces, one after the other: what fits. */
static int64_t spread(struct vectors *vectors, const void *bytes, uint64_t size)
{
	uint64_t done = 0, address, part;

	while (done < size && vectors_next(vectors, size - done, &address, &part)) {
		if (!copy_to(address, (const uint8_t *)bytes + done, part))
			return -LINUX_EFAULT;
		done += part;
	}
	return (int64_t)done;
}

static int64_t read_value(struct shim *shim, uint8_t kind, struct vectors *vectors, bool waits)
{
	struct posix_Eventfd_take_reply counted = {0};
	struct posix_Timerfd_take_reply ticked = {0};
	int64_t result;

	if (vectors->total < sizeof counted.value)
		return -LINUX_EINVAL;
	if (kind == posix_ObjectKind_EVENTFD)
		result = EVENT_CALL(shim, Eventfd, take, &counted, .wait = waits);
	else
		result = EVENT_CALL(shim, Timerfd, take, &ticked, .wait = waits);
	if (kind != posix_ObjectKind_EVENTFD)
		counted.value = ticked.expirations;
	return result < 0 ? result : spread(vectors, &counted.value, sizeof counted.value);
}

static int64_t read_signals(struct shim *shim, struct vectors *vectors, bool waits)
{
	struct posix_Signalfd_take_reply reply;
	struct posix_SignalInfo info;
	struct linux_signalfd_siginfo one;
	const uint64_t most = vectors->total / sizeof one;
	int64_t result, done = 0;

	if (most == 0)
		return -LINUX_EINVAL;
	result = EVENT_CALL(shim, Signalfd, take, &reply,
		.thread = shim->page->ids.thread, .most = most < SIGNALS_IN_MESSAGE ?
		(uint32_t)most : SIGNALS_IN_MESSAGE, .wait = waits);
	while (result == 0 && posix_SignalInfo_next(&reply.signals, &info)) {
		convert_signal_read(&info, &one);
		result = spread(vectors, &one, sizeof one) < 0 ? -LINUX_EFAULT : 0;
		done += (int64_t)sizeof one;
	}
	return result < 0 ? result : done;
}

/* Of the first piece alone, as Linux takes it. */
static int64_t write_value(struct shim *shim, struct vectors *vectors, bool waits)
{
	uint64_t value, address, part;
	int64_t result;

	if (!vectors_next(vectors, UINT64_MAX, &address, &part) || part < sizeof value)
		return -LINUX_EINVAL;
	if (!copy_from(&value, address, sizeof value))
		return -LINUX_EFAULT;
	result = EVENT_CALL(shim, Eventfd, add, &(struct posix_Eventfd_add_reply){0},
		.value = value, .wait = waits);
	return result < 0 ? result : (int64_t)sizeof value;
}

int64_t event_move(struct shim *shim, uint8_t kind, struct vectors *vectors, bool writes,
	bool waits)
{
	if (writes)
		return kind == posix_ObjectKind_EVENTFD ? write_value(shim, vectors, waits) :
			-LINUX_EINVAL;
	return kind == posix_ObjectKind_SIGNALFD ? read_signals(shim, vectors, waits) :
		read_value(shim, kind, vectors, waits);
}

/* ---- making ---- */

/* The handle of one that is new is kept, and its number the result. */
static int64_t opened(struct shim *shim, int64_t result, const struct posix_Opened *opened,
	struct sk_handle handle)
{
	if (result < 0)
		return result;
	cache_opened(shim, opened, handle);
	return opened->descriptor;
}

static int64_t make_eventfd(struct shim *shim, uint64_t initial, uint64_t flags)
{
	struct posix_Descriptors_create_eventfd_reply reply;
	const uint64_t known = posix_EventfdFlags_SEMAPHORE | LINUX_O_NONBLOCK | LINUX_O_CLOEXEC;
	int64_t result;

	if (flags & ~known)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Descriptors, create_eventfd, .initial = (uint32_t)initial,
		.flags = (posix_EventfdFlags)flags);
	return opened(shim, result, &reply.opened, reply.file.raw);
}

int64_t event_eventfd(struct shim *shim, const uint64_t a[6])
{
	return make_eventfd(shim, a[0], 0);
}

int64_t event_eventfd2(struct shim *shim, const uint64_t a[6])
{
	return make_eventfd(shim, a[0], (uint32_t)a[1]);
}

static bool are_new_flags(uint64_t flags)
{
	return !((uint32_t)flags & ~(uint32_t)(LINUX_O_NONBLOCK | LINUX_O_CLOEXEC));
}

int64_t event_timerfd_create(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_create_timerfd_reply reply;
	int64_t result;

	if (!are_new_flags(a[1]))
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Descriptors, create_timerfd, .clock = (int32_t)a[0],
		.flags = (posix_NewFlags)a[1]);
	return opened(shim, result, &reply.opened, reply.file.raw);
}

int64_t event_signalfd4(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_create_signalfd_reply reply;
	struct shim_file file;
	int64_t result;
	uint64_t set;

	if (a[2] != SET_BYTES || !are_new_flags(a[3]))
		return -LINUX_EINVAL;
	if (!copy_from(&set, a[1], sizeof set))
		return -LINUX_EFAULT;
	if ((int32_t)a[0] == -1) {
		result = POSIX(shim, &reply, Descriptors, create_signalfd, .set = set,
			.flags = (posix_NewFlags)a[3]);
		return opened(shim, result, &reply.opened, reply.file.raw);
	}
	result = cache_open(shim, (uint32_t)a[0], &file);
	if (result < 0)
		return result;
	result = file.kind != posix_ObjectKind_SIGNALFD ? -LINUX_EINVAL : EVENT_CALL(shim,
		Signalfd, set_signals, &(struct posix_Signalfd_set_signals_reply){0}, .set = set);
	cache_done(shim, (uint32_t)a[0], &file);
	return result < 0 ? result : (int32_t)a[0];
}

int64_t event_signalfd(struct shim *shim, const uint64_t a[6])
{
	return event_signalfd4(shim, (const uint64_t[6]){ a[0], a[1], a[2], 0 });
}

/* ---- timers ---- */

static int64_t open_timer(struct shim *shim, uint64_t descriptor, struct shim_file *file)
{
	int64_t result = cache_open(shim, (uint32_t)descriptor, file);

	if (result < 0 || file->kind == posix_ObjectKind_TIMERFD)
		return result;
	cache_done(shim, (uint32_t)descriptor, file);
	return -LINUX_EINVAL;
}

static int64_t put_setting(uint64_t to, const struct posix_TimerSetting *setting)
{
	const struct linux_itimerspec value = { convert_timespec((int64_t)setting->interval),
		convert_timespec((int64_t)setting->value) };

	return copy_to(to, &value, sizeof value) ? 0 : -LINUX_EFAULT;
}

int64_t event_timerfd_settime(struct shim *shim, const uint64_t a[6])
{
	const uint32_t known = posix_SetTimerFlags_ABSOLUTE | posix_SetTimerFlags_CANCEL_ON_SET;
	struct posix_Timerfd_set_setting_reply reply;
	struct posix_TimerSetting setting;
	struct linux_itimerspec value;
	struct shim_file file;
	int64_t result;

	if (!copy_from(&value, a[2], sizeof value))
		return -LINUX_EFAULT;
	if ((uint32_t)a[1] & ~known || !convert_nanos(&value.it_value, &setting.value) ||
			!convert_nanos(&value.it_interval, &setting.interval))
		return -LINUX_EINVAL;
	result = open_timer(shim, a[0], &file);
	if (result < 0)
		return result;
	result = EVENT_CALL(shim, Timerfd, set_setting, &reply,
		.flags = (posix_SetTimerFlags)a[1], .setting = setting);
	cache_done(shim, (uint32_t)a[0], &file);
	return result < 0 || a[3] == 0 ? result : put_setting(a[3], &reply.previous);
}

int64_t event_timerfd_gettime(struct shim *shim, const uint64_t a[6])
{
	struct posix_Timerfd_setting_reply reply;
	struct shim_file file;
	int64_t result = open_timer(shim, a[0], &file);

	if (result < 0)
		return result;
	result = shim_file_result(shim, posix_Timerfd_setting(&shim->file.channel,
		&(const struct posix_Timerfd_setting_request){0}, &reply, NULL));
	cache_done(shim, (uint32_t)a[0], &file);
	return result < 0 ? result : put_setting(a[1], &reply.setting);
}

/* ---- epoll ---- */

int64_t event_epoll_create1(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_create_epoll_reply reply;
	int64_t result;

	if ((uint32_t)a[0] & ~(uint32_t)LINUX_O_CLOEXEC)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Descriptors, create_epoll, .flags = (posix_NewFlags)a[0]);
	return opened(shim, result, &reply.opened, reply.file.raw);
}

int64_t event_epoll_create(struct shim *shim, const uint64_t a[6])
{
	return (int32_t)a[0] <= 0 ? -LINUX_EINVAL :
		event_epoll_create1(shim, (const uint64_t[6]){ 0 });
}

int64_t event_epoll_ctl(struct shim *shim, const uint64_t a[6])
{
	struct linux_epoll_event event = { 0, 0 };

	if ((uint32_t)a[1] != posix_EpollChange_REMOVE && !copy_from(&event, a[3], sizeof event))
		return -LINUX_EFAULT;
	return POSIX_DO(shim, Descriptors, change_epoll, .epoll = (int32_t)a[0],
		.change = (posix_EpollChange)a[1], .descriptor = (int32_t)a[2],
		.wanted = event.events & KNOWN_EVENTS, .data = event.data);
}

struct waiting {
	uint64_t deadline;		/* SK_POLL, SK_FOREVER */
	uint64_t turn;			/* of the first answer, if it goes on */
	bool has_mask;
	uint64_t mask;
};

/* Up to so many as a message has, written to the program. */
static int64_t few(struct shim *shim, int32_t epoll, uint64_t at, uint32_t most,
	struct waiting *how)
{
	const struct sk_call call = { .deadline = how->deadline };
	const struct posix_Descriptors_epoll_wait_request request = { .epoll = epoll,
		.most = most, .wait = how->deadline != SK_POLL, .turn = how->turn,
		.has_mask = how->has_mask, .mask = how->mask };
	struct posix_Descriptors_epoll_wait_reply reply;
	struct posix_EpollEvent event;
	int64_t count = 0, result = shim_result(shim, posix_Descriptors_epoll_wait(
		&shim->posix.channel, &request, &reply, request.wait ? &call : NULL));

	if (result < 0)
		return result;
	how->turn = how->turn ? how->turn : reply.turn;
	for (; posix_EpollEvent_next(&reply.events, &event); count++) {
		const struct linux_epoll_event one = { event.ready, event.data };

		if (!copy_to(at + (uint64_t)count * sizeof one, &one, sizeof one))
			return -LINUX_EFAULT;
	}
	return count;
}

static int64_t epoll_wait(struct shim *shim, const uint64_t a[6], uint64_t deadline,
	bool has_mask, uint64_t mask)
{
	const int32_t epoll = (int32_t)a[0], most = (int32_t)a[2];
	struct waiting how = { deadline, 0, has_mask, mask };
	int64_t done = 0, result;

	if (most <= 0 || most > INT32_MAX / (int32_t)sizeof(struct linux_epoll_event))
		return -LINUX_EINVAL;
	if (!copy_is_program(a[1], (uint64_t)most * sizeof(struct linux_epoll_event)))
		return -LINUX_EFAULT;
	for (;;) {
		const uint64_t left = (uint64_t)(most - done);

		result = few(shim, epoll, a[1] + (uint64_t)done *
			sizeof(struct linux_epoll_event), left < EVENTS_IN_MESSAGE ?
			(uint32_t)left : EVENTS_IN_MESSAGE, &how);
		/* The time may be over before posix has looked at all. */
		if (done == 0 && result == -LINUX_ETIMEDOUT) {
			how = (struct waiting){ .deadline = SK_POLL };
			continue;
		}
		if (result < 0)
			return done ? done : shim_cut(result, -LINUX_EINTR);
		done += result;
		if (result < EVENTS_IN_MESSAGE || done == most)
			return done;
		how = (struct waiting){ .deadline = SK_POLL, .turn = how.turn };
	}
}

static int64_t take_mask(uint64_t at, uint64_t size, uint64_t *mask)
{
	*mask = 0;
	if (at == 0)
		return 0;
	if (size != SET_BYTES)
		return -LINUX_EINVAL;
	return copy_from(mask, at, sizeof *mask) ? 0 : -LINUX_EFAULT;
}

static uint64_t deadline_of(int32_t milliseconds)
{
	return milliseconds < 0 ? SK_FOREVER : milliseconds == 0 ? SK_POLL :
		shim_after((uint64_t)milliseconds * 1000000);
}

int64_t event_epoll_wait(struct shim *shim, const uint64_t a[6])
{
	return epoll_wait(shim, a, deadline_of((int32_t)a[3]), false, 0);
}

int64_t event_epoll_pwait(struct shim *shim, const uint64_t a[6])
{
	uint64_t mask;
	int64_t result = take_mask(a[4], a[5], &mask);

	return result < 0 ? result : epoll_wait(shim, a, deadline_of((int32_t)a[3]), a[4] != 0,
		mask);
}

int64_t event_epoll_pwait2(struct shim *shim, const uint64_t a[6])
{
	struct linux_timespec time;
	uint64_t mask, nanos, deadline = SK_FOREVER;
	int64_t result;

	if (a[3] && !copy_from(&time, a[3], sizeof time))
		return -LINUX_EFAULT;
	if (a[3] && !convert_nanos(&time, &nanos))
		return -LINUX_EINVAL;
	if (a[3])
		deadline = nanos ? shim_after(nanos) : SK_POLL;
	result = take_mask(a[4], a[5], &mask);
	return result < 0 ? result : epoll_wait(shim, a, deadline, a[4] != 0, mask);
}

/* ---- processes ---- */

int64_t event_pidfd_open(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_open_pidfd_reply reply;
	int64_t result;

	if ((uint32_t)a[1] & ~(uint32_t)LINUX_O_NONBLOCK || (int32_t)a[0] <= 0)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Descriptors, open_pidfd, .process = (int32_t)a[0],
		.flags = (posix_NewFlags)a[1]);
	return opened(shim, result, &reply.opened, reply.file.raw);
}

int64_t event_pidfd_send_signal(struct shim *shim, const uint64_t a[6])
{
	struct posix_Signals_pidfd_send_signal_request request;
	struct linux_siginfo info;

	if ((uint32_t)a[3] != 0)
		return -LINUX_EINVAL;
	posix_Signals_pidfd_send_signal_request_init(&request);
	request.pidfd = (int32_t)a[0];
	request.signal = (int32_t)a[1];
	request.has_info = a[2] != 0;
	if (a[2] && !copy_from(&info, a[2], sizeof info))
		return -LINUX_EFAULT;
	if (a[2])
		convert_siginfo_back(&info, &request.info);
	return shim_result(shim, posix_Signals_pidfd_send_signal(&shim->posix.channel, &request,
		&(struct posix_Signals_pidfd_send_signal_reply){0}, NULL));
}

int64_t event_pidfd_getfd(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_take_from_process_reply reply;
	int64_t result;

	if ((uint32_t)a[2] != 0)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Descriptors, take_from_process, .pidfd = (int32_t)a[0],
		.descriptor = (int32_t)a[1]);
	return opened(shim, result, &reply.opened, reply.file.raw);
}

/* There are no namespaces to go into: as of a Linux built without them. */
int64_t event_setns(struct shim *shim, const uint64_t a[6])
{
	struct shim_file file;
	int64_t result = cache_open(shim, (uint32_t)a[0], &file);

	if (result < 0)
		return result;
	cache_done(shim, (uint32_t)a[0], &file);
	return -LINUX_EINVAL;
}
