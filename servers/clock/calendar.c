/* What the clock's registers mean: the calendar, in BCD or binary, of 12 or 24 hours. */
#include "servers/clock/calendar.h"

#define PM 0x80
#define DAY 86400

/* ---- days ---- */

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of(int64_t year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* From 1970 to the first of its days. */
static int64_t days_before(int64_t year)
{
	int64_t last = year - 1;

	return 365 * (year - 1970) + (last / 4 - 1969 / 4) - (last / 100 - 1969 / 100) +
		(last / 400 - 1969 / 400);
}

/* ---- one register ---- */

/* Its value, or -1. */
static int get(uint8_t value, uint8_t mode, int least, int most)
{
	int number = value;

	if (!(mode & CALENDAR_BINARY)) {
		if ((value & 15) > 9 || value >> 4 > 9)
			return -1;
		number = (value >> 4) * 10 + (value & 15);
	}
	return number >= least && number <= most ? number : -1;
}

static uint8_t put(unsigned number, uint8_t mode)
{
	return (uint8_t)(mode & CALENDAR_BINARY ? number : number / 10 << 4 | number % 10);
}

static int get_hour(uint8_t value, uint8_t mode)
{
	int hour;

	if (mode & CALENDAR_24_HOURS)
		return get(value, mode, 0, 23);
	hour = get((uint8_t)(value & ~PM), mode, 1, 12);
	if (hour < 0)
		return -1;
	return hour % 12 + (value & PM ? 12 : 0);
}

static uint8_t put_hour(unsigned hour, uint8_t mode)
{
	if (mode & CALENDAR_24_HOURS)
		return put(hour, mode);
	return (uint8_t)(put(hour % 12 ? hour % 12 : 12, mode) | (hour >= 12 ? PM : 0));
}

/* Without a century that can be, the one in which the year is one that it can have. */
static int get_year(const struct calendar *from)
{
	int year = get(from->year, from->mode, 0, 99);
	int century = get(from->century, from->mode, 19, 20);

	if (year < 0)
		return -1;
	if (century < 0)
		century = year < CALENDAR_FIRST % 100 ? 20 : 19;
	return century * 100 + year;
}

/* ---- all of them ---- */

bool calendar_decode(const struct calendar *from, int64_t *seconds)
{
	int second = get(from->second, from->mode, 0, 59);
	int minute = get(from->minute, from->mode, 0, 59);
	int hour = get_hour(from->hour, from->mode);
	int month = get(from->month, from->mode, 1, 12);
	int year = get_year(from), day;
	int64_t days;

	if (second < 0 || minute < 0 || hour < 0 || month < 0 || year < CALENDAR_FIRST)
		return false;
	day = get(from->day, from->mode, 1, (int)days_of(year, (unsigned)month));
	if (day < 0)
		return false;
	days = days_before(year) + day - 1;
	for (unsigned before = 1; before < (unsigned)month; before++)
		days += days_of(year, before);
	*seconds = days * DAY + hour * 3600 + minute * 60 + second;
	return true;
}

bool calendar_encode(int64_t seconds, struct calendar *to)
{
	uint8_t mode = to->mode;
	int64_t days = seconds / DAY, year = CALENDAR_FIRST;
	unsigned rest = (unsigned)(seconds % DAY), month = 1;

	if (seconds < 0 || days >= days_before(CALENDAR_LAST + 1))
		return false;
	to->weekday = put((unsigned)((days + 4) % 7 + 1), mode);
	while (days_before(year + 1) <= days)
		year++;
	for (days -= days_before(year); days >= days_of(year, month); month++)
		days -= days_of(year, month);
	to->second = put(rest % 60, mode);
	to->minute = put(rest / 60 % 60, mode);
	to->hour = put_hour(rest / 3600, mode);
	to->day = put((unsigned)days + 1, mode);
	to->month = put(month, mode);
	to->year = put((unsigned)(year % 100), mode);
	to->century = put((unsigned)(year / 100), mode);
	return true;
}
