/* A server as a whole: its tables, the transport, one turn of its loop. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Calls of one session that wait for their answer. */
#define KEPT_MAX 8
/* As many as one call can lend. */
#define WINDOW_MAX (4 * fs_IO_MAX)

static bool kernel_has_openat2(int root)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT,
	};
	long fd = syscall(SYS_openat2, root, ".", &how, sizeof(how));

	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

static bool open_tables(struct host *host)
{
	return session_init(host) && file_init(host) && wait_init(host) &&
		record_init(host) && watch_init(host);
}

static void close_tables(struct host *host)
{
	watch_close(host);
	record_close(host);
	wait_close(host);
	file_close_all(host);
	session_close(host);
	close(host->descriptors);
}

bool host_open(struct host *host, const char *socket, void (*woken)(void *host))
{
	const struct sk_server_config config = {
		.path = socket,
		.max_clients = host->max_clients,
		.max_objects = host->max_objects,
		.max_kept = KEPT_MAX,
		.max_window = WINDOW_MAX,
		.context = host,
		.connected = session_connected,
		.gone = session_gone,
		.canceled = session_canceled,
		.dispatch = files_dispatch,
		.woken = woken,
	};
	int error;

	host->descriptors = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host->descriptors < 0)
		return false;
	host->has_openat2 = host->has_openat2 && kernel_has_openat2(host->root);
	if (open_tables(host) && sk_server_open(&host->server, &config) == SK_OK)
		return true;
	error = errno;
	close_tables(host);
	errno = error;
	return false;
}

/* Waits until a client, a watched folder or a lock wants something. */
static void wait_for_work(struct host *host)
{
	struct pollfd fds[1 + HOSTFS_POLL_MAX] = {
		{.fd = sk_server_fd(&host->server), .events = POLLIN},
	};

	(void)poll(fds, 1 + watch_poll(host, fds + 1), wait_timeout_ms(host));
}

int host_step(struct host *host, bool waits)
{
	bool polls = !waits || host->watching > 0 || host->retrying > 0;
	int status;

	if (polls && waits)
		wait_for_work(host);
	status = sk_server_step(&host->server, polls ? SK_POLL : SK_FOREVER);
	wait_retry(host);
	watch_serve(host);
	return status;
}

void host_close(struct host *host)
{
	sk_server_close(&host->server);
	close_tables(host);
}
