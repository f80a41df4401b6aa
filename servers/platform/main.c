/* Begins: takes the machine from the supervisor, finds what is there, and serves. */
#include "servers/platform/platform.h"

#define RAW_PAGE UINT64_C(4096)

struct platform platform;

/* ---- the kernel ---- */

struct sk_channel *on(struct sk_handle handle)
{
	static struct sk_kernel_channel channel;

	sk_os_channel(platform.os, &channel, handle);
	return &channel.channel;
}

struct sk_handle own_quota(void)
{
	return sk_kernel_channel_handle(&platform.os->thread->quota);
}

void drop(struct sk_handle *handle)
{
	if (handle->raw >= 0)
		sk_sys_close(sk_kernel_number(*handle));
	*handle = sk_no_handle();
}

void check_own(int status)
{
	if (status >= 0)
		return;
	sk_log(platform.os, log_Level_ERROR, "its own handles are no more: %s",
		sk_status_name(status));
	sk_os_exit(platform.os, 3);
}

struct sk_handle physical(uint64_t address, uint64_t length, kernel_Caching caching,
	int *error)
{
	struct kernel_System_physical_reply reply;

	*error = K(platform.system, System_physical, &reply, .charge = {own_quota()},
		.address = address, .length = length, .caching = caching);
	check_own(*error);
	return *error == SK_OK ? reply.memory.raw : sk_no_handle();
}

volatile void *map_memory(struct sk_handle memory, uint64_t offset, uint64_t length,
	bool write)
{
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;

	kernel_Space_map_request_init(&request);
	request.memory.raw = memory;
	request.offset = offset;
	request.length = length;
	request.protection = kernel_Protection_READ |
		(write ? kernel_Protection_WRITE : 0);
	if (kernel_Space_map(&platform.os->thread->space.channel, &request, &reply, NULL) !=
			SK_OK)
		return NULL;
	return (volatile void *)(uintptr_t)reply.address;
}

volatile void *map_raw(uint64_t address, uint64_t length, bool write)
{
	uint64_t first = address & ~(RAW_PAGE - 1), end;
	volatile uint8_t *at;
	struct sk_handle memory;
	int error;

	if (__builtin_add_overflow(address, length + RAW_PAGE - 1, &end))
		return NULL;
	end &= ~(RAW_PAGE - 1);
	memory = physical(first, end - first, write ? kernel_Caching_UNCACHED :
		kernel_Caching_WRITE_BACK, &error);
	if (memory.raw < 0)
		return NULL;
	at = map_memory(memory, 0, end - first, write);
	drop(&memory);
	return at ? at + (address - first) : NULL;
}

void unmap_raw(volatile void *at, uint64_t length)
{
	uint64_t first = (uintptr_t)at & ~(RAW_PAGE - 1);
	uint64_t end = ((uintptr_t)at + length + RAW_PAGE - 1) & ~(RAW_PAGE - 1);

	if (at)
		sk_pages_free(platform.os->thread, (void *)(uintptr_t)first, end - first);
}

hw_Error as_error(int status)
{
	switch (status) {
	case SK_OK:
		return 0;
	case kernel_Error_INVALID:
	case kernel_Error_OUT_OF_RANGE:
		return hw_Error_INVALID;
	case kernel_Error_TAKEN:
		return hw_Error_TAKEN;
	case kernel_Error_QUOTA_EXCEEDED:
		return hw_Error_QUOTA_EXCEEDED;
	case kernel_Error_NO_MEMORY:
	case kernel_Error_TABLE_FULL:
		return hw_Error_EXHAUSTED;
	case kernel_Error_NOT_FOUND:
		return hw_Error_NOT_FOUND;
	default:
		return hw_Error_NOT_SUPPORTED;
	}
}

/* ---- all of it ---- */

int sk_os_main(struct sk_os *os)
{
	static const struct sk_service services[] = {
		{.dispatch = bus_dispatch, .canceled = bus_canceled},
		{.dispatch = firmware_dispatch},
	};
	const struct svrctl_Server_system_request request = {0};
	struct svrctl_Server_system_reply system;

	platform.os = os;
	if (svrctl_Server_system(&os->supervisor.channel, &request, &system, NULL) != SK_OK)
		sk_os_give_up(os, 1, "it has not been granted the machine");
	platform.system = system.system.raw;
	acpi_open();
	if (!config_open())
		sk_os_give_up(os, 2, "there is no way to PCI's configuration");
	scan();
	sk_log(os, log_Level_INFO, "%u PCI functions", platform.count);
	/* Kept are a reset and a claim of each. */
	return sk_serve(os, &(struct sk_serve){services, 2, .max_kept = 2 * FUNCTIONS_MAX,
		.max_objects = FUNCTIONS_MAX});
}
