/* ramfs in the OS: files of its quota, which it begins with those of the archive that
 * the machine was started with. */
#include "servers/ramfs/kernel.h"

#include "kernel.skald.h"
#include "runtime/server/serve.h"

/* Of the quota in quarters: the rest is for the program and for tables of clients. */
#define SHARE 3

static struct ram ram;

static void *allocate(void *context, size_t size)
{
	struct sk_os *os = context;

	return sk_alloc_zeroed(&os->heap, size);
}

static void release(void *context, void *memory, size_t size)
{
	struct sk_os *os = context;

	(void)size;
	sk_free(&os->heap, memory);
}

static uint64_t now(void *context)
{
	struct sk_os *os = context;
	const struct kernel_Clock_now_request request = {0};
	struct kernel_Clock_now_reply reply;

	if (kernel_Clock_now(&os->clock.channel, &request, &reply, NULL) != SK_OK)
		return 0;
	return reply.monotonic + (uint64_t)reply.realtime_offset;
}

static uint64_t limit(struct sk_os *os)
{
	const struct kernel_Quota_usage_request request = {0};
	struct kernel_Quota_usage_reply reply;

	if (kernel_Quota_usage(&os->thread->quota.channel, &request, &reply, NULL) != SK_OK)
		return 0;
	return reply.limit.bytes;
}

/* The archive in memory; NULL: it cannot be had. */
static const void *map_archive(struct sk_os *os, uint64_t *size)
{
	const struct svrctl_Server_initrd_request ask = {0};
	struct svrctl_Server_initrd_reply initrd;
	struct kernel_Space_map_request map;
	struct kernel_Space_map_reply mapped;
	int error;

	error = svrctl_Server_initrd(&os->supervisor.channel, &ask, &initrd, NULL);
	if (error != SK_OK)
		return NULL;
	*size = initrd.size;
	kernel_Space_map_request_init(&map);
	map.memory.raw = initrd.initrd.raw;
	map.length = (*size + SK_PAGE - 1) / SK_PAGE * SK_PAGE;
	map.protection = kernel_Protection_READ;
	error = kernel_Space_map(&os->thread->space.channel, &map, &mapped, NULL);
	sk_close(&os->thread->space.channel, map.memory.raw);
	return error == SK_OK ? (const void *)(uintptr_t)mapped.address : NULL;
}

static void fill(struct sk_os *os)
{
	uint64_t size;
	const void *archive = map_archive(os, &size);
	struct tar_result result;

	if (!archive) {
		sk_log(os, log_Level_WARNING, "there is no archive to begin with");
		return;
	}
	result = tar_fill(&ram, archive, size, "root/");
	if (result.problem)
		sk_log(os, log_Level_ERROR, "the archive at %lu: %s", result.offset,
			result.problem);
	sk_pages_free(os->thread, (void *)(uintptr_t)archive,
		(size + SK_PAGE - 1) / SK_PAGE * SK_PAGE);
}

/* With the rights that it was granted. */
static void *connected(void *context, uint64_t badge)
{
	struct sk_os *os = context;
	const struct svrctl_Server_client_request request = {.badge = badge};
	struct svrctl_Server_client_reply reply;

	if (svrctl_Server_client(&os->supervisor.channel, &request, &reply, NULL) != SK_OK)
		return NULL;
	return session_open(&ram, reply.rights);
}

static void gone(void *session)
{
	session_close(session);
}

static void canceled(void *session, uint64_t token)
{
	session_canceled(session, token);
}

int sk_os_main(struct sk_os *os)
{
	uint64_t bytes = limit(os);
	const struct ram_world world = {
		allocate, release, now, os, kernel_memories(os, bytes),
	};
	const struct sk_service services[] = {{
		.context = os, .dispatch = files_dispatch, .connected = connected,
		.gone = gone, .canceled = canceled,
	}};

	if (ram_open(&ram, &world, &ram_limits_large, bytes / 4 * SHARE) != 0)
		sk_os_give_up(os, 1, "there is no memory");
	fill(os);
	return sk_serve(os, &(struct sk_serve){
		.services = services, .service_count = 1, .max_kept = 512,
		.max_clients = 128, .max_objects = 4096,
	});
}
