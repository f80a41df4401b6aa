/* The clock's registers, by an index and a data port. */
#include "servers/clock/clock.h"

enum { SECOND_AT = 0, MINUTE_AT = 2, HOUR_AT = 4, WEEKDAY_AT = 6, DAY_AT, MONTH_AT, YEAR_AT,
	CENTURY_AT = 0x32 };
#define UPDATING 0x80		/* of A */
#define HALTED 0x80		/* of B: it does not count */
#define VALID 0x80		/* of D: it has had power all the time */
#define UPDATE_MS 20

static struct sk_kernel_channel ports;

bool cmos_open(void)
{
	const struct svrctl_Server_ports_request request = {.number = 0};
	struct svrctl_Server_ports_reply reply;

	if (svrctl_Server_ports(&clock_server.os->supervisor.channel, &request, &reply,
			NULL) != SK_OK)
		return false;
	return sk_os_channel_apart(clock_server.os, &ports, reply.ports.raw) == SK_OK;
}

static void write_port(uint16_t port, uint8_t value)
{
	const struct kernel_IoPorts_write_request request = {port, 1, value};
	struct kernel_IoPorts_write_reply reply;

	kernel_IoPorts_write(&ports.channel, &request, &reply, NULL);
}

uint8_t cmos_get(uint8_t number)
{
	const struct kernel_IoPorts_read_request request = {.port = 1, .width = 1};
	struct kernel_IoPorts_read_reply reply = {.value = 0xff};

	write_port(0, number);
	kernel_IoPorts_read(&ports.channel, &request, &reply, NULL);
	return (uint8_t)reply.value;
}

void cmos_set(uint8_t number, uint8_t value)
{
	write_port(0, number);
	write_port(1, value);
}

static struct calendar get_all(void)
{
	struct calendar all = {
		.second = cmos_get(SECOND_AT), .minute = cmos_get(MINUTE_AT),
		.hour = cmos_get(HOUR_AT), .weekday = cmos_get(WEEKDAY_AT),
		.day = cmos_get(DAY_AT), .month = cmos_get(MONTH_AT),
		.year = cmos_get(YEAR_AT), .century = cmos_get(CENTURY_AT),
		.mode = cmos_get(CMOS_B),
	};

	return all;
}

/* Not while it counts on: twice the same, and no update near. */
static bool get_steady(struct calendar *all)
{
	uint64_t until = sk_os_after(clock_server.os, UPDATE_MS);

	do {
		struct calendar again;

		if (cmos_get(CMOS_A) & UPDATING)
			continue;
		*all = get_all();
		again = get_all();
		if (memcmp(all, &again, sizeof(again)) == 0)
			return true;
	} while (sk_os_now(clock_server.os) < until);
	return false;
}

clock_Error cmos_read(int64_t *seconds)
{
	struct calendar all;

	if (!get_steady(&all))
		return clock_Error_DEVICE_ERROR;
	if (!(cmos_get(CMOS_D) & VALID) || !calendar_decode(&all, seconds))
		return clock_Error_NOT_SET;
	return 0;
}

bool cmos_encode(int64_t seconds, struct calendar *to)
{
	to->mode = cmos_get(CMOS_B);
	return calendar_encode(seconds, to);
}

clock_Error cmos_write(int64_t seconds)
{
	struct calendar all;
	int64_t came;

	if (!cmos_encode(seconds, &all))
		return clock_Error_INVALID;
	cmos_set(CMOS_B, (uint8_t)(all.mode | HALTED));
	cmos_set(SECOND_AT, all.second);
	cmos_set(MINUTE_AT, all.minute);
	cmos_set(HOUR_AT, all.hour);
	cmos_set(WEEKDAY_AT, all.weekday);
	cmos_set(DAY_AT, all.day);
	cmos_set(MONTH_AT, all.month);
	cmos_set(YEAR_AT, all.year);
	cmos_set(CENTURY_AT, all.century);
	cmos_set(CMOS_B, (uint8_t)(all.mode & ~HALTED));
	if (cmos_read(&came) != 0 || came < seconds || came > seconds + 1)
		return clock_Error_DEVICE_ERROR;
	return 0;
}
