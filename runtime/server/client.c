/*
 * A client is a channel whose handle is another one after its server has died. What
 * repeats a call is sk_invoke(); here it is only connected again.
 */
#include "runtime/server/client.h"

static struct sk_client *of_channel(struct sk_channel *channel)
{
	return (struct sk_client *)(void *)((uint8_t *)channel -
		offsetof(struct sk_client, kernel.channel));
}

static int call(struct sk_channel *channel, const struct sk_call *call)
{
	if (of_channel(channel)->kernel.number == 0)
		return SK_PEER_CLOSED;
	return sk_kernel_channel_ops.call(channel, call);
}

static int send(struct sk_channel *channel, const struct sk_call *call)
{
	if (of_channel(channel)->kernel.number == 0)
		return SK_PEER_CLOSED;
	return sk_kernel_channel_ops.send(channel, call);
}

static void close_handle(struct sk_channel *channel, struct sk_handle handle)
{
	sk_kernel_channel_ops.close_handle(channel, handle);
}

static uint64_t now(struct sk_channel *channel)
{
	return sk_kernel_channel_ops.now(channel);
}

static int reconnect(struct sk_channel *channel, const struct sk_call *call)
{
	int status = sk_client_connect(of_channel(channel), true, call);

	if (status <= 0)
		return status;
	return status == svrctl_Error_UNAVAILABLE ? SK_PEER_CLOSED : SK_BAD_HANDLE;
}

static const struct sk_channel_ops client_ops = {
	.call = call,
	.send = send,
	.close_handle = close_handle,
	.now = now,
	.reconnect = reconnect,
};

int sk_client_open(struct sk_client *client, struct sk_os *os, const char *service,
	const char *interface_name)
{
	int status;

	memset(client, 0, sizeof(*client));
	status = sk_os_channel_apart(os, &client->kernel, sk_no_handle());
	if (status != SK_OK)
		return status;
	client->kernel.channel.ops = &client_ops;
	client->kernel.channel.switches = &sk_switches_apart;
	client->os = os;
	client->service = service;
	client->interface_name = interface_name;
	client->wanted = UINT16_MAX;
	return SK_OK;
}

static svrctl_Name name(const char *text)
{
	return (svrctl_Name){text, (uint32_t)strlen(text)};
}

/* The session is another's number from now on; what is beside it stays. */
static void adopt(struct sk_client *client, struct sk_handle handle)
{
	struct sk_kernel_channel *k = &client->kernel;

	k->target = k->target - k->number + sk_kernel_number(handle);
	k->number = sk_kernel_number(handle);
}

int sk_client_connect(struct sk_client *client, bool wait, const struct sk_call *call)
{
	const struct svrctl_Names_connect_request request = {
		.service = name(client->service),
		.interface_name = name(client->interface_name),
		.rights = client->wanted,
		.wait = wait,
	};
	struct sk_channel *names = &client->os->names.channel;
	struct svrctl_Names_connect_reply reply;
	int status;

	sk_client_close(client);
	if (!names->ops)
		return svrctl_Error_NOT_PERMITTED;
	status = svrctl_Names_connect(names, &request, &reply, call);
	client->refused = status > 0 ? status : 0;
	if (status != SK_OK)
		return status;
	adopt(client, reply.session.raw);
	client->rights = reply.rights;
	client->connections++;
	return SK_OK;
}

void sk_client_close(struct sk_client *client)
{
	if (client->kernel.number == 0)
		return;
	sk_sys_close(client->kernel.number);
	adopt(client, sk_no_handle());
}

void sk_client_end(struct sk_client *client)
{
	sk_client_close(client);
	sk_os_channel_close(client->os, &client->kernel);
}
