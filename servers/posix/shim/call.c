/* Calls of posix, and of servers behind descriptors. */
#include "servers/posix/shim/shim.h"

#include "runtime/kernel/sys.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"

/* Channels lie in their thread's frame. */
static struct shim *of_channel(const struct sk_channel *channel)
{
	return (struct shim *)((uintptr_t)channel & ~(uintptr_t)(LAYOUT_PAGE - 1));
}

/*
 * As the kernel's channels do it, but that not all waits can be cut off: what a regular
 * file has been told to do is done, and a signal is taken when that is over.
 */
static int call(struct sk_channel *channel, const struct sk_call *how)
{
	struct sk_method method = *channel->method;

	if (of_channel(channel)->may_be_cut)
		return sk_kernel_channel_ops.call(channel, how);
	method.flags &= ~(uint32_t)SK_METHOD_CANCELLABLE;
	channel->method = &method;
	return sk_kernel_channel_ops.call(channel, how);
}

static int send(struct sk_channel *channel, const struct sk_call *how)
{
	return sk_kernel_channel_ops.send(channel, how);
}

static void close_handle(struct sk_channel *channel, struct sk_handle handle)
{
	(void)channel;
	sk_sys_close(sk_kernel_number(handle));
}

static uint64_t clock_now(struct sk_channel *channel)
{
	(void)channel;
	return shim_now();
}

static const struct sk_channel_ops operations = {
	.call = call,
	.send = send,
	.close_handle = close_handle,
	.now = clock_now,
};

static void open_channel(struct shim *shim, struct sk_kernel_channel *channel,
	uint32_t number)
{
	sk_kernel_channel_open(channel, &shim->slots, 0, 1, sk_kernel_handle(number));
	channel->channel.ops = &operations;
	channel->touch = copy_touch;
}

void shim_open_channels(struct shim *shim, uint32_t handle)
{
	open_channel(shim, &shim->posix, handle);
	/* Of no descriptor yet; it is told whose it is each time. */
	open_channel(shim, &shim->file, handle);
	shim->may_be_cut = true;
}

struct sk_channel *shim_file_channel(struct shim *shim, uint32_t number)
{
	shim->file.number = number;
	shim->file.target = sk_target(number, 1);
	return &shim->file.channel;
}

int64_t shim_failure(const struct sk_channel *channel, int status)
{
	struct shim *shim = of_channel(channel);

	if (status == SK_BAD_HANDLE && channel == &shim->file.channel) {
		shim->is_lost = true;
		return SHIM_LOST;
	}
	return convert_status(status, channel->delivered);
}

int64_t shim_cut(int64_t result, int64_t kind)
{
	return result == -LINUX_ERESTARTSYS ? kind : result;
}
