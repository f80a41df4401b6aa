/* The archive that the machine was started with, in memory. */
#include "runtime/server/archive.h"

#include "kernel.skald.h"

struct bytes sk_os_archive(struct sk_os *os)
{
	const struct svrctl_Server_initrd_request ask = {0};
	struct svrctl_Server_initrd_reply initrd;
	struct kernel_Space_map_request map;
	struct kernel_Space_map_reply mapped;
	int status;

	status = svrctl_Server_initrd(&os->supervisor.channel, &ask, &initrd, NULL);
	if (status != SK_OK)
		return (struct bytes){NULL, 0};
	kernel_Space_map_request_init(&map);
	map.memory.raw = initrd.initrd.raw;
	map.length = (initrd.size + SK_PAGE - 1) / SK_PAGE * SK_PAGE;
	map.protection = kernel_Protection_READ;
	status = kernel_Space_map(&os->thread->space.channel, &map, &mapped, NULL);
	sk_close(&os->thread->space.channel, map.memory.raw);
	return status == SK_OK ?
		(struct bytes){(const uint8_t *)(uintptr_t)mapped.address, initrd.size} :
		(struct bytes){NULL, 0};
}

void sk_os_archive_end(struct sk_os *os, struct bytes archive)
{
	if (archive.at)
		sk_pages_free(os->thread, (void *)(uintptr_t)archive.at,
			(archive.size + SK_PAGE - 1) / SK_PAGE * SK_PAGE);
}
