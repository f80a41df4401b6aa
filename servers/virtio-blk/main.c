/* Takes its device and serves it. */
#include "servers/virtio-blk/disk.h"

int sk_os_main(struct sk_os *os)
{
	static const struct sk_service services[] = {
		{.dispatch = disk_dispatch, .canceled = request_canceled},
	};
	const char *wrong = device_open(os);
	int status;

	if (wrong) {
		sk_log(os, log_Level_ERROR, "%s", wrong);
		/* A machine without a disk is no failure. */
		return disk.is_missing ? 0 : 1;
	}
	sk_log(os, log_Level_INFO, "%lu blocks of %u bytes", disk.sectors /
		(disk.block_size / SECTOR), disk.block_size);
	status = sk_serve(os, &(struct sk_serve){services, 1, .max_kept = REQUESTS});
	return disk.is_failed ? 2 : status;
}
