/*
 * The file server hostfs as a target: its own sources, on sockets within this
 * process, with a folder where it can do no harm.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "fuzz/hostfs/sandbox.h"
#include "fuzz/server.h"
#include "servers/hostfs/hostfs.h"

extern const struct fuzz_schema fuzz_schema;

static struct host host;

static void prepare(void)
{
	sandbox_prepare();
	/* As its main() does. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static struct sk_server *open_host(void)
{
	host = (struct host){
		.root = sandbox_reset(), .has_openat2 = true,
		.max_clients = 4, .max_objects = 48,
	};
	if (!host_open(&host, NULL, NULL))
		fuzz_found("the server does not open");
	sandbox_enter();
	return &host.server;
}

static bool work(void)
{
	int status = host_step(&host, false);

	if (status != SK_OK && status != SK_TIMED_OUT)
		fuzz_found("the server's loop gave %s", sk_status_name(status));
	return status == SK_OK;
}

static void check(void)
{
	if (host.open_files != 0 || host.nodes != 0 || host.waiting != 0 ||
			host.retrying != 0 || host.watching != 0)
		fuzz_found("nobody is there, and hostfs has %u open files, %u nodes, %u who"
			" wait, %u watchers", host.open_files, host.nodes, host.waiting,
			host.watching);
	if (host.free_session_count != host.max_clients + host.max_objects)
		fuzz_found("nobody is there, and hostfs has sessions");
}

static void close_host(void)
{
	check();
	host_close(&host);
	close(host.root);
	sandbox_leave();
}

static bool is_number(const char *field)
{
	return strcmp(field, "node") == 0 || strcmp(field, "start") == 0 ||
		strcmp(field, "directory") == 0 || strcmp(field, "barrier") == 0 ||
		strcmp(field, "root") == 0 || strcmp(field, "from") == 0 ||
		strcmp(field, "to") == 0 || strcmp(field, "watch") == 0;
}

static const struct fuzz_server server = {
	.prepare = prepare,
	.open = open_host,
	.work = work,
	.close = close_host,
	.is_number = is_number,
	.secret = SANDBOX_SECRET,
};

const struct fuzz_target fuzz_target = {
	.name = "hostfs",
	.kind = FUZZ_SERVER,
	.schema = &fuzz_schema,
	.server = &server,
};
