/*
 * Kills a server, of those in its arguments, when there is a file `/kill.NAME`, which it
 * removes: so a Linux program can have what lies below it killed.
 */
#include "fs.skald.h"
#include "runtime/server/client.h"
#include "runtime/server/serve.h"

#define LOOK 100			/* milliseconds */

static struct {
	struct sk_os *os;
	struct sk_client files, supervisor;
	struct sk_alarm alarm;
	char names[256];
	uint32_t size;
} killer;

static bool is_wanted(const char *name)
{
	struct fs_FileSystem_unlink_request request = {
		.at = {.directory = fs_ROOT, .subject = fs_SELF}};
	struct fs_FileSystem_unlink_reply reply;
	size_t size = strlen(name);
	char file[64];

	if (size > sizeof(file) - 5)
		return false;
	memcpy(file, "kill.", 5);
	memcpy(file + 5, name, size);
	request.at.name = (struct sk_string){file, 5 + (uint32_t)size};
	return fs_FileSystem_unlink(&killer.files.kernel.channel, &request, &reply, NULL) ==
		SK_OK;
}

static void look(void *self)
{
	(void)self;
	for (const char *at = killer.names; at < killer.names + killer.size;
			at += strlen(at) + 1) {
		const struct svrctl_Supervisor_kill_request request = {
			.name = {at, (uint32_t)strlen(at)}};
		struct svrctl_Supervisor_kill_reply reply;

		if (is_wanted(at))
			svrctl_Supervisor_kill(&killer.supervisor.kernel.channel, &request,
				&reply, NULL);
	}
	sk_alarm_set(killer.os, &killer.alarm, sk_os_after(killer.os, LOOK));
}

int sk_os_main(struct sk_os *os)
{
	int size = sk_os_arguments(os, false, killer.names, sizeof(killer.names));

	killer.os = os;
	killer.size = size < 0 ? 0 : (uint32_t)size;
	killer.alarm.ring = look;
	sk_client_open(&killer.files, os, "root", "fs.FileSystem");
	sk_client_open(&killer.supervisor, os, "supervisor", "svrctl.Supervisor");
	sk_alarm_set(os, &killer.alarm, 1);
	return sk_serve(os, &(struct sk_serve){0});
}
