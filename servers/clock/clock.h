/* The server of time: what its files share. */
#ifndef CLOCK_CLOCK_H
#define CLOCK_CLOCK_H

#include "clock.skald.h"
#include "kernel.skald.h"
#include "runtime/events.h"
#include "runtime/server/serve.h"
#include "servers/clock/calendar.h"

#define CLIENTS_MAX 32
#define SECOND INT64_C(1000000000)

struct client {
	bool is_used;
	bool is_hardware;		/* of clock.Hardware */
	struct sk_events events;
	uint32_t hertz;			/* that it wants to be told of, */
	uint32_t ticks;			/* and interrupts since it was */
};

struct clock {
	struct sk_os *os;
	struct client clients[CLIENTS_MAX];
	int32_t zone_offset;		/* of the hardware's time, in seconds */
};

extern struct clock clock_server;

/* ---- the registers (cmos.c) ---- */

enum { CMOS_SECOND_ALARM = 1, CMOS_MINUTE_ALARM = 3, CMOS_HOUR_ALARM = 5, CMOS_A = 10,
	CMOS_B, CMOS_C, CMOS_D };

/* False: the ports cannot be had. */
bool cmos_open(void);
uint8_t cmos_get(uint8_t number);
void cmos_set(uint8_t number, uint8_t value);
/* Seconds since 1970 as the clock has them: 0; NOT_SET, DEVICE_ERROR. */
clock_Error cmos_read(int64_t *seconds);
clock_Error cmos_write(int64_t seconds);
/* The registers for a time of day, in the clock's mode. */
bool cmos_encode(int64_t seconds, struct calendar *to);

/* ---- clock.Hardware (hardware.c) ---- */

/* NULL, or why it cannot be served. */
const char *hardware_open(void);
int hardware_dispatch(void *self, struct sk_incoming *incoming);
void hardware_canceled(uint64_t token);
/* How often it interrupts is to be looked at again. */
void hardware_rate(void);
/* Has the next tick told to system_ticked(). */
void hardware_await_tick(void);

/* ---- clock.Clock (system.c) ---- */

/* The kernel's clock; false: it is not granted. */
bool system_open(void);
/* The hardware's time at the start, of this moment or up to a second earlier. */
void system_begin(int64_t seconds);
/* It has just become this. */
void system_ticked(int64_t seconds, uint64_t monotonic);
int system_dispatch(void *self, struct sk_incoming *incoming);

#endif
