/* Runs the cases, of which the log has the outcome in TAP, and then ends the machine. */
#include "cases.h"

struct tap tap;
struct cases cases;

struct sk_channel *on(struct sk_handle handle)
{
	static struct sk_kernel_channel channel;

	sk_os_channel(tap.os, &channel, handle);
	return &channel.channel;
}

volatile void *map(struct sk_handle memory, uint64_t length)
{
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;

	kernel_Space_map_request_init(&request);
	request.memory.raw = memory;
	request.length = length;
	request.protection = kernel_Protection_READ | kernel_Protection_WRITE;
	if (kernel_Space_map(&tap.os->thread->space.channel, &request, &reply, NULL) !=
			SK_OK)
		return NULL;
	return (volatile void *)(uintptr_t)reply.address;
}

bool await_interrupt(uint64_t bits)
{
	struct kernel_Notification_clear_reply reply;
	uint64_t until = sk_os_after(tap.os, 2000);

	do {
		if (CALL(kernel_Notification, clear, on(tap.os->notification), &reply,
				.mask = bits) == SK_OK && reply.bits)
			return true;
		sk_os_sleep(tap.os, 1);
	} while (sk_os_now(tap.os) < until);
	return false;
}

int sk_os_main(struct sk_os *os)
{
	tap.os = os;
	sk_client_open(&cases.bus, os, "platform", "hw.Bus");
	sk_client_open(&cases.disk, os, "disk", "block.Device");
	sk_client_open(&cases.control, os, "supervisor", "svrctl.Supervisor");
	sk_os_ready(os);
	device_cases();
	disk_cases();
	sk_log(os, log_Level_INFO, "all cases were run");
	CALL0(svrctl_Supervisor, shut_down, &cases.control.kernel.channel,
		.action = kernel_PowerAction_OFF);
	sk_os_sleep(os, 5000);
	return 0;
}
