/*
 * Registers of the battery-backed clock: each day from 1970 to 2099 in each mode, against
 * the C library's calendar, and what is no time.
 */
#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "servers/clock/calendar.h"

#define END INT64_C(4102444800)		/* of 2099 */

static const uint8_t modes[] = {0, CALENDAR_24_HOURS, CALENDAR_BINARY,
	CALENDAR_BINARY | CALENDAR_24_HOURS};

static unsigned number_of(uint8_t value, uint8_t mode)
{
	return mode & CALENDAR_BINARY ? value : (value >> 4) * 10u + (value & 15u);
}

static unsigned hour_of(uint8_t value, uint8_t mode)
{
	unsigned hour = number_of(mode & CALENDAR_24_HOURS ? value : value & 0x7f, mode);

	return mode & CALENDAR_24_HOURS ? hour : hour % 12 + (value & 0x80 ? 12 : 0);
}

static void agrees(int64_t seconds, uint8_t mode)
{
	struct calendar registers = {.mode = mode};
	time_t time = (time_t)seconds;
	struct tm tm;
	int64_t back = -1;

	gmtime_r(&time, &tm);
	assert_true(calendar_encode(seconds, &registers));
	assert_int_equal(number_of(registers.second, mode), tm.tm_sec);
	assert_int_equal(number_of(registers.minute, mode), tm.tm_min);
	assert_int_equal(hour_of(registers.hour, mode), tm.tm_hour);
	assert_int_equal(number_of(registers.weekday, mode), tm.tm_wday + 1);
	assert_int_equal(number_of(registers.day, mode), tm.tm_mday);
	assert_int_equal(number_of(registers.month, mode), tm.tm_mon + 1);
	assert_int_equal(number_of(registers.year, mode), tm.tm_year % 100);
	assert_int_equal(number_of(registers.century, mode), tm.tm_year / 100 + 19);
	assert_int_equal(registers.mode, mode);
	assert_true(calendar_decode(&registers, &back));
	assert_int_equal(back, seconds);
}

static void every_day_in_every_mode(void **state)
{
	(void)state;
	/* Another time of day each day, to the second. */
	for (size_t i = 0; i < sizeof(modes); i++)
		for (int64_t at = 0; at < END; at += 86400 + 61)
			agrees(at, modes[i]);
}

static void every_hour_of_a_day(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(modes); i++)
		for (int64_t at = 0; at < 86400; at += 1800)
			agrees(1772236800 + at, modes[i]);
}

static void twelve_hours_by_hand(void **state)
{
	struct calendar at = {.second = 0x58, .minute = 0x59, .hour = 0x92, .day = 0x28,
		.month = 2, .year = 0x26, .century = 0x20};
	int64_t seconds;

	(void)state;
	/* 12:59:58 in the afternoon, and in the night. */
	assert_true(calendar_decode(&at, &seconds));
	assert_int_equal(seconds, 1772283598);
	at.hour = 0x12;
	assert_true(calendar_decode(&at, &seconds));
	assert_int_equal(seconds, 1772240398);
	at.hour = 0x81;
	assert_true(calendar_decode(&at, &seconds));
	assert_int_equal(seconds, 1772287198);
}

static void without_a_century(void **state)
{
	struct calendar at = {.day = 1, .month = 1, .mode = modes[3]};
	static const uint8_t none[] = {0, 18, 21, 0x20, 0xff};
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof(none); i++) {
		at.century = none[i];
		at.year = 70;
		assert_true(calendar_decode(&at, &seconds));
		assert_int_equal(seconds, 0);
		at.year = 69;
		assert_true(calendar_decode(&at, &seconds));
		assert_int_equal(seconds, 3124224000);
	}
}

static void what_is_no_time(void **state)
{
	const struct calendar good = {.second = 0x59, .minute = 0x59, .hour = 0x23,
		.day = 0x28, .month = 2, .year = 0x26, .century = 0x20,
		.mode = CALENDAR_24_HOURS};
	struct calendar at = good;
	int64_t seconds;

	(void)state;
	assert_true(calendar_decode(&at, &seconds));
#define REFUSED(change) \
	at = good; \
	change; \
	assert_false(calendar_decode(&at, &seconds))
	REFUSED(at.second = 0x60);
	REFUSED(at.second = 0x5a);
	REFUSED(at.minute = 0xa0);
	REFUSED(at.minute = 0xff);
	REFUSED(at.hour = 0x24);
	REFUSED(at.hour = 0x92);
	REFUSED(at.mode = 0);
	REFUSED(at.mode = 0; at.hour = 0);
	REFUSED(at.mode = 0; at.hour = 0x93);
	REFUSED(at.day = 0);
	REFUSED(at.day = 0x29);
	REFUSED(at.day = 0x31; at.month = 4);
	REFUSED(at.month = 0);
	REFUSED(at.month = 0x13);
	REFUSED(at.year = 0xaa);
	REFUSED(at.year = 0x69; at.century = 0x19);
	REFUSED(at.mode |= CALENDAR_BINARY);
	at = (struct calendar){.mode = modes[3]};
	assert_false(calendar_encode(-1, &at));
	assert_false(calendar_encode(END, &at));
	assert_false(calendar_encode(INT64_MAX, &at));
	assert_false(calendar_encode(INT64_MIN, &at));
}

/* Any registers at all: no value that is none is made of them. */
static void any_registers(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 1000000; i++) {
		struct calendar at, again;
		int64_t seconds, other;
		uint8_t bytes[sizeof(at)];

		for (size_t k = 0; k < sizeof(at); k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			bytes[k] = (uint8_t)(seed >> 40 & (k % 2 ? 0x3f : 0x1f));
		}
		memcpy(&at, bytes, sizeof(at));
		if (!calendar_decode(&at, &seconds))
			continue;
		again.mode = at.mode;
		assert_true(seconds >= 0 && seconds < END);
		assert_true(calendar_encode(seconds, &again));
		assert_true(calendar_decode(&again, &other));
		assert_int_equal(seconds, other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_in_every_mode),
		cmocka_unit_test(every_hour_of_a_day),
		cmocka_unit_test(twelve_hours_by_hand),
		cmocka_unit_test(without_a_century),
		cmocka_unit_test(what_is_no_time),
		cmocka_unit_test(any_registers),
	};

	return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
