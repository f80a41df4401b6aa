/* Calls of the kernel's objects, memory, and errors as programs know them. */
#include "servers/posix/posix.h"

#include "runtime/kernel/clock.h"

struct sk_channel *on(struct sk_handle handle)
{
	static struct sk_kernel_channel channel;

	sk_os_channel(posix.os, &channel, handle.raw < 0 ? (struct sk_handle){INT32_MAX} :
		handle);
	return &channel.channel;
}

struct sk_handle copy(struct sk_handle handle, uint16_t rights)
{
	return handle.raw < 0 ? handle : sk_os_copy(posix.os, handle, rights);
}

void drop(struct sk_handle *handle)
{
	if (handle->raw >= 0)
		sk_sys_close(sk_kernel_number(*handle));
	*handle = sk_no_handle();
}

int kernel_errno(int status)
{
	switch (status) {
	case SK_OK:
		return 0;
	case kernel_Error_INVALID:
	case kernel_Error_BAD_ADDRESS:
		return posix_Error_EINVAL;
	case kernel_Error_NO_ACCESS:
		return posix_Error_EACCES;
	case kernel_Error_OVERLAP:
		return posix_Error_EEXIST;
	case kernel_Error_ENDED:
		return posix_Error_ESRCH;
	case kernel_Error_OUT_OF_RANGE:
		return posix_Error_EOVERFLOW;
	default:
		return posix_Error_ENOMEM;
	}
}

/* The server of files has died: what is open there, where programs come from, and
 * where all of them are, is gone. A new one has what the archive has; so posix ends too, is
 * started anew, and login with it. */
static void look_for_root(void)
{
	struct fs_FileSystem_statfs_reply reply;
	static bool is_told;

	if (is_told || !mounts || fs_FileSystem_statfs(mounts->server,
			&(struct fs_FileSystem_statfs_request){0}, &reply, NULL) != SK_PEER_CLOSED)
		return;
	is_told = true;
	warn("the server of files has died: all programs end");
	sk_serve_stop(posix.os);
}

int server_errno(int status)
{
	if (status >= 0)
		return status;
	switch (status) {
	case SK_PEER_CLOSED:
		look_for_root();
		return posix_Error_EIO;
	case SK_LEASE_FAULT:
	case SK_BAD_LEASE:
		return posix_Error_EFAULT;
	case SK_EXHAUSTED:
		return posix_Error_ENFILE;
	case SK_UNKNOWN_METHOD:
		return posix_Error_EOPNOTSUPP;
	case SK_TOO_BIG:
		return posix_Error_ENAMETOOLONG;
	default:
		return posix_Error_EIO;
	}
}

uint64_t now(void)
{
	return sk_os_now(posix.os);
}

int64_t realtime(void)
{
	return sk_os_wall(posix.os);
}

uint64_t boot_time(void)
{
	return (uint64_t)realtime() - now();
}

struct sk_handle memory_new(struct sk_handle quota, uint64_t bytes)
{
	struct kernel_Quota_create_memory_reply reply;

	if (quota.raw < 0)
		quota = sk_kernel_channel_handle(&posix.os->thread->quota);
	return K(quota, Quota_create_memory, &reply, .size = bytes) == SK_OK ?
		reply.memory.raw : sk_no_handle();
}

static int map(struct sk_channel *space, struct sk_handle memory, uint64_t offset,
	uint64_t length, uint64_t *address, uint32_t protection, uint32_t flags,
	uint32_t inherit, uint64_t tag)
{
	const struct kernel_Space_map_request request = {
		.memory = {memory}, .offset = offset, .length = length, .address = *address,
		.protection = protection, .flags = flags,
		.inherit = (kernel_Inherit)inherit, .tag_value = tag,
	};
	struct kernel_Space_map_reply reply;
	int status = kernel_Space_map(space, &request, &reply, NULL);

	if (status == SK_OK)
		*address = reply.address;
	return status;
}

void *map_here(struct sk_handle memory, uint64_t offset, uint64_t bytes, bool write)
{
	uint64_t address = 0;

	/* A page that its quota cannot have would be this server's fault. */
	if (write && K0(memory, Memory_commit, .offset = offset, .length = bytes) != SK_OK)
		return NULL;
	return map(&posix.os->thread->space.channel, memory, offset, bytes, &address,
		kernel_Protection_READ | (write ? kernel_Protection_WRITE : 0), 0,
		kernel_Inherit_NONE, 0) == SK_OK ? (void *)(uintptr_t)address : NULL;
}

void unmap_here(void *at, uint64_t bytes)
{
	if (at)
		sk_pages_free(posix.os->thread, at, bytes);
}

int map_there(struct sk_handle space, struct sk_handle memory, uint64_t offset,
	uint64_t length, uint64_t address, uint32_t protection, uint32_t flags,
	uint32_t inherit, uint64_t tag)
{
	return map(on(space), memory, offset, length, &address, protection,
		flags | kernel_MapFlags_FIXED, inherit, tag);
}

void *allocate(uint64_t size)
{
	/* Beyond, what the kernel keeps for it could not be had, or a page of it. */
	if (posix.os->heap.used + size > posix.heap_most)
		return NULL;
	return sk_alloc_zeroed(&posix.os->heap, size);
}

void release(void *piece)
{
	sk_free(&posix.os->heap, piece);
}

void warn(const char *format, ...)
{
	char text[300];
	va_list list;
	size_t size;

	va_start(list, format);
	size = sk_format(text, sizeof(text) - 1, format, list);
	va_end(list);
	text[size] = 0;
	sk_log(posix.os, log_Level_WARNING, "%s", text);
}
