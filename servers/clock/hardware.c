/*
 * clock.Hardware. Whoever reads is answered at the next tick, when it is known what time
 * it is and not only which second; alarms farther than a day are looked at each day.
 */
#include "servers/clock/clock.h"

enum { UPDATES = 0x10, ALARMS = 0x20, PERIODS = 0x40 };	/* of registers B and C */
#define READERS_MAX 16
#define TICK_MS 2500			/* later it does not come */
#define HERTZ_MAX 8192
#define HERTZ_ALL 32768

static struct {
	struct sk_kernel_channel interrupt;
	struct sk_reply readers[READERS_MAX];
	struct sk_alarm late;		/* while somebody waits for a tick */
	bool is_awaited;		/* by the system's time */
	int64_t alarm;			/* seconds; 0: none */
	bool is_pending;		/* it has gone off */
	uint32_t hertz;			/* at which it interrupts now */
} hardware;

static struct client *client_of(void *self)
{
	return self;
}

static clock_WallTime wall_of(int64_t seconds)
{
	return (seconds - clock_server.zone_offset) * SECOND;
}

/* ---- what it interrupts for ---- */

static bool awaits_tick(void)
{
	bool any = hardware.is_awaited || hardware.hertz == 1;

	for (unsigned i = 0; i < READERS_MAX; i++)
		any = any || hardware.readers[i].port;
	return any;
}

static void choose(void)
{
	uint8_t mode = cmos_get(CMOS_B), wanted = mode & (uint8_t)~(UPDATES | ALARMS | PERIODS);

	if (awaits_tick())
		wanted |= UPDATES;
	if (hardware.alarm && !hardware.is_pending)
		wanted |= ALARMS;
	if (hardware.hertz > 1)
		wanted |= PERIODS;
	if (wanted != mode)
		cmos_set(CMOS_B, wanted);
}

/* ---- ticks ---- */

static void answer_all(clock_Error error, int64_t seconds, uint64_t monotonic)
{
	const struct clock_Hardware_read_reply reply = {wall_of(seconds), monotonic};

	for (unsigned i = 0; i < READERS_MAX; i++)
		if (hardware.readers[i].port) {
			clock_Hardware_read_answer(&hardware.readers[i], error, &reply);
			hardware.readers[i].port = NULL;
		}
}

static void no_tick(void *self)
{
	(void)self;
	answer_all(clock_Error_DEVICE_ERROR, 0, 0);
	if (hardware.is_awaited)
		sk_log(clock_server.os, log_Level_WARNING, "the hardware's clock does not tick");
	hardware.is_awaited = false;
	choose();
}

static void ticked(uint64_t monotonic)
{
	int64_t seconds = 0;
	clock_Error error = cmos_read(&seconds);

	sk_alarm_cancel(clock_server.os, &hardware.late);
	answer_all(error, seconds, monotonic);
	if (hardware.is_awaited && !error)
		system_ticked(seconds, monotonic);
	hardware.is_awaited = false;
}

static void await_tick(void)
{
	sk_alarm_set(clock_server.os, &hardware.late,
		sk_os_after(clock_server.os, TICK_MS));
	choose();
}

void hardware_await_tick(void)
{
	hardware.is_awaited = true;
	await_tick();
}

/* ---- the alarm ---- */

/* It comes at this time of each day until it is the right one. */
static void rang(void)
{
	const struct clock_Hardware_alarmed_event event = {.wall = wall_of(hardware.alarm)};
	int64_t seconds;

	if (!hardware.alarm || hardware.is_pending || cmos_read(&seconds) != 0 ||
			seconds < hardware.alarm)
		return;
	hardware.is_pending = true;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (clock_server.clients[i].is_used && clock_server.clients[i].is_hardware)
			clock_Hardware_alarmed_send(&clock_server.clients[i].events, &event);
}

static bool arm(int64_t seconds)
{
	struct calendar all;

	if (!cmos_encode(seconds, &all))
		return false;
	cmos_set(CMOS_SECOND_ALARM, all.second);
	cmos_set(CMOS_MINUTE_ALARM, all.minute);
	cmos_set(CMOS_HOUR_ALARM, all.hour);
	return true;
}

/* ---- periods ---- */

static void count_period(struct client *client)
{
	struct clock_Hardware_ticked_event event = {.count = 0};

	if (client->hertz == 0 || ++client->ticks % (hardware.hertz / client->hertz) != 0)
		return;
	/* Those that nobody waits for now are told of with a later one. */
	event.count = client->ticks / (hardware.hertz / client->hertz);
	if (!client->events.next.port)
		return;
	client->ticks = 0;
	clock_Hardware_ticked_send(&client->events, &event);
}

static void count_periods(void)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (clock_server.clients[i].is_used)
			count_period(&clock_server.clients[i]);
}

/* As often as the one wants it who wants it most. */
void hardware_rate(void)
{
	uint32_t hertz = 0;
	uint8_t rate = 0;

	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (clock_server.clients[i].is_used && clock_server.clients[i].hertz > hertz)
			hertz = clock_server.clients[i].hertz;
	if (hertz == hardware.hertz)
		return;
	for (uint32_t one = HERTZ_ALL; one >= hertz && hertz > 1; one /= 2)
		rate++;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		clock_server.clients[i].ticks = 0;
	hardware.hertz = hertz;
	if (rate)
		cmos_set(CMOS_A, (uint8_t)((cmos_get(CMOS_A) & 0x70) | rate));
	choose();
}

/* ---- the interrupt ---- */

static void came(void *self)
{
	const struct kernel_Interrupt_acknowledge_request request = {0};
	struct kernel_Interrupt_acknowledge_reply reply;
	uint64_t monotonic = sk_os_now(clock_server.os);
	uint8_t causes;

	(void)self;
	/* Before its cause is taken away: the line rises for the next one only then. */
	kernel_Interrupt_acknowledge(&hardware.interrupt.channel, &request, &reply, NULL);
	causes = cmos_get(CMOS_C);
	if (causes & UPDATES)
		ticked(monotonic);
	if (causes & (hardware.hertz == 1 ? UPDATES : PERIODS))
		count_periods();
	if (causes & ALARMS)
		rang();
	choose();
}

const char *hardware_open(void)
{
	const struct svrctl_Server_interrupt_request request = {.number = 1};
	struct svrctl_Server_interrupt_reply reply;
	struct kernel_Interrupt_bind_request bind = {.has_notify = true};
	struct kernel_Interrupt_bind_reply bound;

	hardware.late.ring = no_tick;
	if (!cmos_open())
		return "it has no ports";
	if (svrctl_Server_interrupt(&clock_server.os->supervisor.channel, &request, &reply,
			NULL) != SK_OK)
		return "it has no interrupt";
	sk_os_channel(clock_server.os, &hardware.interrupt, reply.interrupt.raw);
	choose();
	/* What was on its way to the one before. */
	cmos_get(CMOS_C);
	bind.bits = sk_os_signal(clock_server.os, came, NULL);
	bind.notify.raw = sk_os_notify(clock_server.os);
	if (kernel_Interrupt_bind(&hardware.interrupt.channel, &bind, &bound, NULL) != SK_OK)
		return "its interrupt cannot be bound";
	return NULL;
}

/* ---- operations ---- */

static void op_read(void *self, const struct clock_Hardware_read_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	if (!sk_allows(to, clock_Rights_READ)) {
		clock_Hardware_read_answer(to, clock_Error_NOT_PERMITTED, NULL);
		return;
	}
	for (unsigned i = 0; i < READERS_MAX; i++) {
		if (hardware.readers[i].port)
			continue;
		hardware.readers[i] = sk_reply_keep(to);
		await_tick();
		return;
	}
	sk_answer_error(to, SK_EXHAUSTED);
}

void hardware_canceled(uint64_t token)
{
	for (unsigned i = 0; i < READERS_MAX; i++)
		if (hardware.readers[i].port && hardware.readers[i].token == token) {
			sk_reply_drop(&hardware.readers[i]);
			hardware.readers[i].port = NULL;
		}
}

static void op_write(void *self, const struct clock_Hardware_write_request *request,
	struct sk_reply *to)
{
	const struct clock_Hardware_write_reply reply = {0};
	int64_t seconds = request->wall / SECOND + clock_server.zone_offset;

	(void)self;
	clock_Hardware_write_answer(to, !sk_allows(to, clock_Rights_SET) ?
		clock_Error_NOT_PERMITTED : cmos_write(seconds), &reply);
}

static clock_Error set_alarm(clock_WallTime wall)
{
	int64_t seconds = wall / SECOND + (wall % SECOND > 0) + clock_server.zone_offset, now;
	clock_Error error = cmos_read(&now);

	if (error)
		return error;
	if (wall < 0 || seconds <= now || !arm(seconds))
		return clock_Error_INVALID;
	hardware.alarm = seconds;
	hardware.is_pending = false;
	choose();
	/* It came between: nothing would ring today. */
	if (cmos_read(&now) == 0 && now >= seconds)
		rang();
	return 0;
}

static void op_set_alarm(void *self, const struct clock_Hardware_set_alarm_request *request,
	struct sk_reply *to)
{
	const struct clock_Hardware_set_alarm_reply reply = {0};
	clock_Error error = clock_Error_NOT_PERMITTED;

	(void)self;
	if (sk_allows(to, clock_Rights_SET) && request->wall != 0) {
		error = set_alarm(request->wall);
	} else if (sk_allows(to, clock_Rights_SET)) {
		hardware.alarm = 0;
		hardware.is_pending = false;
		choose();
		error = 0;
	}
	clock_Hardware_set_alarm_answer(to, error, &reply);
}

static void op_alarm(void *self, const struct clock_Hardware_alarm_request *request,
	struct sk_reply *to)
{
	const struct clock_Hardware_alarm_reply reply = {
		hardware.alarm ? wall_of(hardware.alarm) : 0, hardware.is_pending,
	};

	(void)self;
	(void)request;
	clock_Hardware_alarm_answer(to, sk_allows(to, clock_Rights_READ) ? 0 :
		clock_Error_NOT_PERMITTED, &reply);
}

static void op_set_periodic(void *self,
	const struct clock_Hardware_set_periodic_request *request, struct sk_reply *to)
{
	const struct clock_Hardware_set_periodic_reply reply = {0};
	uint32_t hertz = request->hertz;
	clock_Error error = !sk_allows(to, clock_Rights_SET) ? clock_Error_NOT_PERMITTED :
		hertz > HERTZ_MAX || (hertz & (hertz - 1)) != 0 ? clock_Error_INVALID : 0;

	if (!error) {
		client_of(self)->hertz = hertz;
		client_of(self)->ticks = 0;
		hardware_rate();
	}
	clock_Hardware_set_periodic_answer(to, error, &reply);
}

static struct sk_events *op_events(void *self)
{
	return &client_of(self)->events;
}

int hardware_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct clock_Hardware_ops ops = {
		.read = op_read,
		.write = op_write,
		.set_alarm = op_set_alarm,
		.alarm = op_alarm,
		.set_periodic = op_set_periodic,
		.events = op_events,
	};

	return clock_Hardware_dispatch(&ops, self, incoming);
}
