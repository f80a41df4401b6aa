/* Calls of the kernel's objects, and what most of the supervisor needs of them. */
#include "servers/supervisor/supervisor.h"

/* Slots: of these channels, and behind them the port's. */
#define SEND_SLOT 2
#define RECEIVE_SLOT 3
#define LINE_MAX 900

struct sk_channel *on(struct sk_handle handle)
{
	/* Calls are made one after the other, and none while another is. */
	static struct sk_kernel_channel channel;

	if (sk_kernel_channel_open(&channel, &supervisor.thread->slots, SEND_SLOT,
			RECEIVE_SLOT, handle) != SK_OK)
		/* No handle at all: the call is to say so. */
		sk_kernel_channel_open(&channel, &supervisor.thread->slots, SEND_SLOT,
			RECEIVE_SLOT, (struct sk_handle){INT32_MAX});
	return &channel.channel;
}

uint64_t now(void)
{
	const struct kernel_Clock_now_request request = {0};
	struct kernel_Clock_now_reply reply = {0};

	kernel_Clock_now(&supervisor.clock.channel, &request, &reply, NULL);
	return reply.monotonic;
}

struct sk_handle copy(struct sk_handle handle, uint16_t rights)
{
	const struct kernel_Space_duplicate_request request = {
		.number = sk_kernel_number(handle),
		.rights = rights,
		.protocol_rights = UINT16_MAX,
	};
	struct kernel_Space_duplicate_reply reply;

	if (kernel_Space_duplicate(&supervisor.thread->space.channel, &request, &reply,
			NULL) != SK_OK)
		return sk_no_handle();
	return sk_kernel_handle(reply.number);
}

void drop(struct sk_handle *handle)
{
	if (handle->raw >= 0)
		sk_sys_close(sk_kernel_number(*handle));
	*handle = sk_no_handle();
}

struct sk_handle mint(struct sk_handle endpoint, uint64_t badge, uint32_t credit,
	uint16_t rights, struct sk_handle charge)
{
	struct kernel_Endpoint_mint_request request = {
		.badge = badge,
		.credit = credit,
		.protocol_rights = rights,
		.has_charge = charge.raw >= 0,
	};
	struct kernel_Endpoint_mint_reply reply;

	if (request.has_charge)
		request.charge.raw = copy(charge,
			kernel_Rights_CREATE | kernel_Rights_TRANSFER);
	if (kernel_Endpoint_mint(on(endpoint), &request, &reply, NULL) != SK_OK)
		return sk_no_handle();
	return reply.client.raw;
}

svrctl_Error as_error(int status)
{
	switch (status) {
	case SK_OK:
		return 0;
	case kernel_Error_TAKEN:
		return svrctl_Error_TAKEN;
	case kernel_Error_QUOTA_EXCEEDED:
	case kernel_Error_NO_MEMORY:
	case kernel_Error_TABLE_FULL:
		return svrctl_Error_QUOTA_EXCEEDED;
	default:
		return svrctl_Error_NO_HARDWARE;
	}
}

const char *plain(struct sk_string text, char *to, uint32_t capacity)
{
	uint32_t size = 0;

	for (; size < text.size && size + 1 < capacity; size++)
		to[size] = (unsigned char)text.data[size] < ' ' ? ' ' : text.data[size];
	to[size] = 0;
	return to;
}

void say(const char *who, const char *format, ...)
{
	struct kernel_System_log_request request;
	struct kernel_System_log_reply reply;
	char line[LINE_MAX + 1];
	size_t size = 0;
	va_list list;

	for (; who && who[size] && size < 64; size++)
		line[size] = who[size];
	if (who) {
		line[size++] = ':';
		line[size++] = ' ';
	}
	va_start(list, format);
	size += sk_format(line + size, LINE_MAX - size, format, list);
	va_end(list);
	line[size++] = '\n';
	request.text = (struct sk_string){line, (uint32_t)size};
	kernel_System_log(&supervisor.thread->system.channel, &request, &reply, NULL);
}
