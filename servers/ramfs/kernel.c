/*
 * Memory objects of the kernel, for files that clients map. All are charged to a quota of
 * their own, so what clients write into them takes no more than that has.
 */
#include "servers/ramfs/kernel.h"

#include "kernel.skald.h"

static struct {
	struct sk_os *os;
	struct sk_kernel_channel quota;
	uint64_t most;			/* that its limit can be */
	struct sk_handle idle;		/* notification: a memory is nobody else's */
} kernel;

#define CALL(method, channel, reply, ...) \
	kernel_##method(channel, &(struct kernel_##method##_request){__VA_ARGS__}, reply, NULL)

/* The channel is good for this function's calls. */
static struct sk_channel *open(struct sk_kernel_channel *channel, struct sk_handle memory)
{
	sk_os_channel(kernel.os, channel, memory);
	return &channel->channel;
}

static bool make(void *context, uint64_t size, struct sk_handle *memory)
{
	struct kernel_Quota_create_memory_reply reply;

	(void)context;
	if (CALL(Quota_create_memory, &kernel.quota.channel, &reply, .size = size) != SK_OK)
		return false;
	*memory = reply.memory.raw;
	return true;
}

static void end(void *context, struct sk_handle memory)
{
	(void)context;
	sk_close(&kernel.os->thread->space.channel, memory);
}

static bool resize(void *context, struct sk_handle memory, uint64_t size)
{
	struct kernel_Memory_truncate_reply reply;
	struct sk_kernel_channel channel;

	(void)context;
	return CALL(Memory_truncate, open(&channel, memory), &reply, .size = size) == SK_OK;
}

static bool read(void *context, struct sk_handle memory, uint64_t offset, void *to,
	uint64_t size)
{
	struct kernel_Memory_read_reply reply;
	struct sk_kernel_channel channel;

	(void)context;
	return CALL(Memory_read, open(&channel, memory), &reply, .offset = offset,
		.data = sk_lend_out(to, size)) == SK_OK && reply.done == size;
}

static uint64_t write(void *context, struct sk_handle memory, uint64_t offset,
	const void *from, uint64_t size)
{
	struct kernel_Memory_write_reply reply;
	struct sk_kernel_channel channel;

	(void)context;
	return CALL(Memory_write, open(&channel, memory), &reply, .offset = offset,
		.data = sk_lend(from, size)) == SK_OK ? reply.done : 0;
}

static bool commit(void *context, struct sk_handle memory, uint64_t offset, uint64_t size)
{
	struct kernel_Memory_commit_reply reply;
	struct sk_kernel_channel channel;

	(void)context;
	return CALL(Memory_commit, open(&channel, memory), &reply, .offset = offset,
		.length = size) == SK_OK;
}

static void decommit(void *context, struct sk_handle memory, uint64_t offset, uint64_t size)
{
	struct kernel_Memory_decommit_reply reply;
	struct sk_kernel_channel channel;

	(void)context;
	CALL(Memory_decommit, open(&channel, memory), &reply, .offset = offset,
		.length = size);
}

/* The kernel says it at once, if it is so; what it says later is cleared here. */
static bool is_idle(void *context, struct sk_handle memory)
{
	uint32_t number = sk_kernel_number(kernel.idle);
	struct kernel_Memory_watch_idle_reply reply;
	struct sk_kernel_channel channel;
	uint64_t bits;

	(void)context;
	(void)sk_sys_wait(number, 1, 0, &bits);
	return CALL(Memory_watch_idle, open(&channel, memory), &reply, .bits = 1,
		.notify = {sk_os_copy(kernel.os, kernel.idle, kernel_Rights_SIGNAL |
		kernel_Rights_TRANSFER)}) == SK_OK && sk_sys_wait(number, 1, 0, &bits) ==
		SK_OK;
}

static uint32_t writable(void *context, struct sk_handle memory)
{
	struct kernel_Memory_status_reply reply;
	struct sk_kernel_channel channel;

	(void)context;
	return CALL(Memory_status, open(&channel, memory), &reply, .empty = 0) == SK_OK ?
		reply.writable : UINT32_MAX;
}

static uint64_t present(void *context, struct sk_handle memory)
{
	struct kernel_Memory_status_reply reply;
	struct sk_kernel_channel channel;

	(void)context;
	return CALL(Memory_status, open(&channel, memory), &reply, .empty = 0) == SK_OK ?
		reply.present : 0;
}

static void *map(void *context, struct sk_handle memory, uint64_t size)
{
	const struct kernel_Space_map_request request = {
		.memory = {memory}, .length = size,
		.protection = kernel_Protection_READ | kernel_Protection_WRITE,
		.inherit = kernel_Inherit_NONE,
	};
	struct kernel_Space_map_reply reply;

	if (size == 0 || !commit(context, memory, 0, size) || kernel_Space_map(
			&kernel.os->thread->space.channel, &request, &reply, NULL) != SK_OK)
		return NULL;
	return (void *)(uintptr_t)reply.address;
}

static void unmap(void *context, void *at, uint64_t size)
{
	(void)context;
	sk_pages_free(kernel.os->thread, at, size);
}

/* Its size is the file's affair: no CONTROL. */
static struct sk_handle copy(void *context, struct sk_handle memory, uint32_t rights)
{
	uint32_t wanted = kernel_Rights_MAP | kernel_Rights_DUPLICATE |
		kernel_Rights_TRANSFER;

	(void)context;
	wanted |= rights & fs_Rights_READ ? kernel_Rights_READ : 0U;
	wanted |= rights & fs_Rights_WRITE ? kernel_Rights_WRITE : 0U;
	wanted |= rights & fs_Rights_EXECUTE ? kernel_Rights_EXECUTE : 0U;
	return sk_os_copy(kernel.os, memory, (uint16_t)wanted);
}

/* ---- what all have ---- */

static uint64_t used(void *context)
{
	struct kernel_Quota_usage_reply reply;

	(void)context;
	return CALL(Quota_usage, &kernel.quota.channel, &reply, .empty = 0) == SK_OK ?
		reply.used.bytes : UINT64_MAX;
}

static bool limit(void *context, uint64_t bytes)
{
	struct kernel_Quota_set_limit_reply reply;

	bytes = bytes < kernel.most ? bytes : kernel.most;
	return used(context) <= bytes && CALL(Quota_set_limit, &kernel.quota.channel, &reply,
		.limit = {.bytes = bytes}) == SK_OK;
}

const struct ram_memories *kernel_memories(struct sk_os *os, uint64_t bytes)
{
	static const struct ram_memories memories = {
		.make = make, .end = end, .resize = resize, .read = read, .write = write,
		.commit = commit, .decommit = decommit, .is_idle = is_idle, .writable = writable,
		.present = present,
		.map = map, .unmap = unmap, .copy = copy, .limit = limit, .used = used,
	};
	struct kernel_Quota_create_quota_reply reply;
	struct kernel_Quota_create_notification_reply idle;

	if (CALL(Quota_create_notification, &os->thread->quota.channel, &idle, .empty = 0)
			!= SK_OK)
		return NULL;
	kernel.idle = idle.notification.raw;
	if (CALL(Quota_create_quota, &os->thread->quota.channel, &reply,
			.limit = {.bytes = bytes}) != SK_OK)
		return NULL;
	kernel.os = os;
	kernel.most = bytes;
	sk_os_channel(os, &kernel.quota, reply.quota.raw);
	return &memories;
}
