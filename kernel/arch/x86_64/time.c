/*
 * Time: the CPU's time stamp counter, whose speed is measured once against the
 * HPET, or the PIT where there is none. It is the same on all CPUs; also where an
 * emulator makes it count instructions.
 */
#include "kernel/arch/x86_64/local.h"
#include "kernel/log.h"

#define PIT_HERTZ UINT64_C(1193182)
#define MEASURE_NS UINT64_C(20000000)
/* Registers of the HPET, as indices of 4 bytes; the period in femtoseconds. */
enum { HPET_PERIOD = 0x4 / 4, HPET_ENABLE = 0x10 / 4, HPET_COUNTER = 0xf0 / 4 };
enum { RTC_SECOND = 0, RTC_MINUTE = 2, RTC_HOUR = 4, RTC_DAY = 7, RTC_MONTH = 8,
	RTC_YEAR = 9, RTC_A = 10, RTC_B = 11 };

struct clock_counter clock_counter;

/* The counter's hertz; 0: it cannot be measured by this. */
static uint64_t speed_by_hpet(void)
{
	volatile uint32_t *hpet = acpi.hpet ? page_device(acpi.hpet) : NULL;
	uint64_t start, passed = 0, period = hpet ? hpet[HPET_PERIOD] : 0;
	uint32_t from;

	if (!period || period > 100000000)
		return 0;
	hpet[HPET_ENABLE] |= 1;
	from = hpet[HPET_COUNTER];
	start = clock_read();
	while (passed < MEASURE_NS)
		passed = (hpet[HPET_COUNTER] - from) * period / 1000000;
	return (clock_read() - start) * 1000000 / (passed / 1000);
}

/* Its third channel, which beeps; without the loudspeaker. */
static uint64_t speed_by_pit(void)
{
	uint64_t start, ticks = 0, passed = 0;

	outb(0x61, (uint8_t)((inb(0x61) & ~2u) | 1));
	outb(0x43, 0xb0);
	outb(0x42, 0xff);
	outb(0x42, 0xff);
	start = clock_read();
	while (passed < PIT_HERTZ * MEASURE_NS / 1000000000) {
		outb(0x43, 0x80);
		passed = inb(0x42);
		passed = 0xffff - (passed | (uint64_t)inb(0x42) << 8);
		ticks = clock_read() - start;
		if (!passed && ticks > UINT64_C(4000000000))
			return 0;		/* there is none */
	}
	return ticks * PIT_HERTZ / passed;
}

void time_start(void)
{
	uint64_t speed = speed_by_hpet();
	const char *source = speed ? "HPET" : "PIT";

	if (!speed)
		speed = speed_by_pit();
	CHECK(speed);
	clock_counter.multiplier = (UINT64_C(1000000000) << 32) / speed;
	clock_counter.base = clock_read();
	log_print("clock: %lu kHz by %s\n", (unsigned long)speed / 1000, source);
}

void time_wait(uint64_t nanoseconds)
{
	uint64_t until = arch_now() + nanoseconds;

	while (arch_now() < until)
		cpu_relax();
}

uint64_t arch_clock_resolution(void)
{
	return (clock_counter.multiplier >> 32) + 1;
}

void arch_clock_page(void *page)
{
	*(struct clock_counter *)page = clock_counter;
}

/* ---- the clock that runs while the machine is off ---- */

static uint8_t rtc_read(uint8_t index)
{
	outb(0x70, index);
	return inb(0x71);
}

/* A number, in BCD unless the clock says otherwise. */
static int64_t rtc_number(uint8_t index)
{
	uint8_t value = rtc_read(index) & (index == RTC_HOUR ? 0x7f : 0xff);

	return rtc_read(RTC_B) & 4 ? value : (value & 15) + 10 * (value >> 4);
}

/* Seconds from 1970, by the Gregorian calendar, of years that begin in March. */
static int64_t rtc_seconds(void)
{
	int64_t month = rtc_number(RTC_MONTH), hour = rtc_number(RTC_HOUR), year, days;

	if (!(rtc_read(RTC_B) & 2))	/* twelve hours, and noon is 12 */
		hour = hour % 12 + (rtc_read(RTC_HOUR) & 0x80 ? 12 : 0);
	year = (acpi.century ? rtc_number(acpi.century) : 20) * 100
		+ rtc_number(RTC_YEAR) - (month < 3);
	days = 365 * year + year / 4 - year / 100 + year / 400
		+ (153 * ((month + 9) % 12) + 2) / 5 + rtc_number(RTC_DAY) - 719469;
	return ((days * 24 + hour) * 60 + rtc_number(RTC_MINUTE)) * 60
		+ rtc_number(RTC_SECOND);
}

int64_t arch_clock_start(void)
{
	int64_t seconds, again = rtc_seconds();

	do {				/* not while it counts on */
		seconds = again;
		for (unsigned i = 0; i < 100000 && rtc_read(RTC_A) & 0x80; i++)
			cpu_relax();
		again = rtc_seconds();
	} while (seconds != again);
	if (seconds < 0 || seconds > INT64_C(1) << 33)
		return 0;
	return seconds * 1000000000 - (int64_t)arch_now();
}
