/* ramfs in the OS: files of its quota, which it begins with those of the archive that
 * the machine was started with. */
#include "servers/ramfs/kernel.h"

#include "kernel.skald.h"
#include "runtime/server/archive.h"
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
	return (uint64_t)sk_os_wall(context);
}

static uint64_t limit(struct sk_os *os)
{
	const struct kernel_Quota_usage_request request = {0};
	struct kernel_Quota_usage_reply reply;

	if (kernel_Quota_usage(&os->thread->quota.channel, &request, &reply, NULL) != SK_OK)
		return 0;
	return reply.limit.bytes;
}

static void fill(struct sk_os *os)
{
	struct bytes archive = sk_os_archive(os);
	struct tar_result result;

	if (!archive.at) {
		sk_log(os, log_Level_WARNING, "there is no archive to begin with");
		return;
	}
	result = tar_fill(&ram, archive.at, archive.size, "root/");
	if (result.problem)
		sk_log(os, log_Level_ERROR, "the archive at %lu: %s", result.offset,
			result.problem);
	sk_os_archive_end(os, archive);
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

	sk_os_clock(os);
	if (ram_open(&ram, &world, &ram_limits_large, bytes / 4 * SHARE) != 0)
		sk_os_give_up(os, 1, "there is no memory");
	/* As Linux mounts what is not told otherwise. */
	ram.flags = fs_MountFlags_RELATIVE_ACCESS_TIME;
	fill(os);
	return sk_serve(os, &(struct sk_serve){
		.services = services, .service_count = 1, .max_kept = 512,
		.max_clients = 128, .max_objects = 16384,
	});
}
