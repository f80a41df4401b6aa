/*
 * Kills a server, of those in its arguments, when there is a file `/kill.NAME`, which it
 * removes: so a Linux program can have what lies below it killed. A folder of that name
 * stays until the server has been killed so many times, as soon as it is there each time.
 */
#include "fs.skald.h"
#include "runtime/server/client.h"
#include "runtime/server/serve.h"

#define LOOK 100			/* milliseconds */
#define TIMES 8

static struct {
	struct sk_os *os;
	struct sk_client files, supervisor;
	struct sk_alarm alarm;
	char names[256];
	uint32_t size;
	unsigned times;
} killer;

/* 0 if it was there and is removed, or an error. */
static int take(const char *name, bool is_folder)
{
	struct sk_channel *files = &killer.files.kernel.channel;
	struct fs_At at = {.directory = fs_ROOT, .subject = fs_SELF};
	size_t size = strlen(name);
	char file[64];

	if (size > sizeof(file) - 5)
		return fs_Error_ENOENT;
	memcpy(file, "kill.", 5);
	memcpy(file + 5, name, size);
	at.name = (struct sk_string){file, 5 + (uint32_t)size};
	return is_folder ? fs_FileSystem_remove_directory(files,
		&(struct fs_FileSystem_remove_directory_request){at},
		&(struct fs_FileSystem_remove_directory_reply){0}, NULL) :
		fs_FileSystem_unlink(files, &(struct fs_FileSystem_unlink_request){at},
		&(struct fs_FileSystem_unlink_reply){0}, NULL);
}

static void end(const char *name, bool is_folder)
{
	const struct svrctl_Supervisor_kill_request request = {
		.name = {name, (uint32_t)strlen(name)}};
	struct svrctl_Supervisor_kill_reply reply;
	int status = svrctl_Supervisor_kill(&killer.supervisor.kernel.channel, &request,
		&reply, NULL);

	if (is_folder && status == SK_OK && ++killer.times == TIMES) {
		killer.times = 0;
		take(name, true);
	}
}

static void look(void *self)
{
	(void)self;
	for (const char *at = killer.names; at < killer.names + killer.size;
			at += strlen(at) + 1) {
		const int status = take(at, false);

		if (status == SK_OK || status == fs_Error_EISDIR)
			end(at, status != SK_OK);
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
