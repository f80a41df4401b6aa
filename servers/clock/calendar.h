/* Registers of a PC's battery-backed clock, and the time that they stand for. No calls. */
#ifndef CLOCK_CALENDAR_H
#define CLOCK_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

/* Bits of `mode`, the clock's register B: else BCD, and 12 hours. */
#define CALENDAR_BINARY 4
#define CALENDAR_24_HOURS 2

/* Years that it has. */
#define CALENDAR_FIRST 1970
#define CALENDAR_LAST 2099

struct calendar {
	uint8_t second, minute, hour, weekday, day, month, year;
	uint8_t century;		/* where there is none, anything */
	uint8_t mode;
};

/* Seconds since 1970. False: this is no time, or of another year. */
bool calendar_decode(const struct calendar *from, int64_t *seconds);
/* The registers, in the mode that *to has. False: it has no such year. */
bool calendar_encode(int64_t seconds, struct calendar *to);

#endif
