/* hostfs: serves a folder on a socket. Options, signals, wiring. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLIENTS_DEFAULT 32
#define CLIENTS_MAX 1024
/* Sessions that clients make: open files, and parts of the folder. */
#define OBJECTS_MAX SK_SERVER_CLIENTS_MAX
/* Calls of one session that wait for their answer. */
#define KEPT_MAX 8
/* As many as one call can lend. */
#define WINDOW_MAX (4 * fs_IO_MAX)
/* Descriptors beside those of clients: the loop's, and a walk's. */
#define FDS_BESIDE 128
/* Of a client its socket and root, of an open file its own and a socket; and
 * a window of each, where they cannot be mapped. */
#define FDS_OF_CLIENT (3 + HOSTFS_NODES_MAX + 3 * HOSTFS_HANDLES_MAX + HOSTFS_LOCKERS_MAX)

static struct host host;
static volatile sig_atomic_t wants_counts;

static const char usage[] =
	"Usage: hostfs --root DIR --socket PATH [OPTION]...\n"
	"Serves the folder DIR to this user's programs on the socket PATH, by the\n"
	"protocol fs.skald. Nothing leads out of the folder.\n"
	"\n"
	"  --root DIR        the folder to serve\n"
	"  --socket PATH     where to listen; a socket left by a dead server is replaced\n"
	"  --read-only       refuse everything that writes\n"
	"  --max-clients N   how many at once, 1 to 1024 (32)\n"
	"  --no-openat2      find paths name by name, as on kernels before Linux 5.6\n"
	"  --no-mapping      copy what clients lend, as where it cannot be mapped\n"
	"  --help            this\n"
	"\n"
	"SIGTERM and SIGINT end it and remove the socket; SIGUSR1 prints counts.\n"
	"Exit status: 0 ended by a signal, 1 failed, 2 wrong usage.\n";

struct options {
	const char *root;
	const char *socket;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "hostfs: %s: %s\n", what, why);
	return 1;
}

static bool parse_number(const char *text, unsigned least, unsigned most, unsigned *to)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end || value < least ||
			value > most)
		return false;
	*to = (unsigned)value;
	return true;
}

/* 0 to go on, else 1 plus the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"root", required_argument, NULL, 'r'},
		{"socket", required_argument, NULL, 's'},
		{"read-only", no_argument, NULL, 'o'},
		{"max-clients", required_argument, NULL, 'c'},
		{"no-openat2", no_argument, NULL, 'w'},
		{"no-mapping", no_argument, NULL, 'm'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	host.max_clients = CLIENTS_DEFAULT;
	host.has_openat2 = true;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'r') {
			options->root = optarg;
		} else if (option == 's') {
			options->socket = optarg;
		} else if (option == 'o') {
			host.read_only = true;
		} else if (option == 'w') {
			host.has_openat2 = false;
		} else if (option == 'm') {
			host.copies = true;
		} else if (option == 'h') {
			fputs(usage, stdout);
			return 1;
		} else if (option != 'c' ||
				!parse_number(optarg, 1, CLIENTS_MAX, &host.max_clients)) {
			fputs("hostfs: wrong usage; --help says more\n", stderr);
			return 3;
		}
	}
	if (optind == argc && options->root && options->socket)
		return 0;
	fputs("hostfs: --root and --socket are needed, and nothing more; "
		"--help says more\n", stderr);
	return 3;
}

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

/* So that every client can have all its files. If not all can be had, some
 * `open` will be refused. */
static void raise_limit(void)
{
	rlim_t wanted = (rlim_t)host.max_clients * FDS_OF_CLIENT + FDS_BESIDE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void on_stop(int number)
{
	(void)number;
	sk_server_stop(&host.server);
}

static void on_counts(int number)
{
	(void)number;
	wants_counts = 1;
	sk_server_wake(&host.server);
}

static void print_counts(void *context)
{
	const struct sk_server *server = &host.server;

	(void)context;
	if (!wants_counts)
		return;
	wants_counts = 0;
	fprintf(stderr, "hostfs: clients=%u open_files=%u handles=%u nodes=%u kept=%u "
		"requests=%llu accepted=%llu turned_away=%llu canceled=%llu garbage=%llu "
		"cut_off=%llu\n",
		server->clients, host.open_files, server->objects, host.nodes,
		server->kept,
		(unsigned long long)server->counts.requests,
		(unsigned long long)server->counts.accepted,
		(unsigned long long)server->counts.turned_away,
		(unsigned long long)server->counts.canceled,
		(unsigned long long)server->counts.garbage,
		(unsigned long long)server->counts.cut_off);
}

static void set_signals(void)
{
	struct sigaction action = {.sa_flags = SA_RESTART};

	action.sa_handler = on_stop;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	action.sa_handler = on_counts;
	sigaction(SIGUSR1, &action, NULL);
	/* Errors of the call that caused them say the same. */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
}

static int open_server(const char *path)
{
	const struct sk_server_config config = {
		.path = path,
		.max_clients = host.max_clients,
		.max_objects = host.max_objects,
		.max_kept = KEPT_MAX,
		.max_window = WINDOW_MAX,
		.context = &host,
		.connected = session_connected,
		.gone = session_gone,
		.canceled = session_canceled,
		.dispatch = operations_dispatch,
		.woken = print_counts,
	};

	return sk_server_open(&host.server, &config);
}

/* Waits until a client, a watched folder or a lock wants something. */
static void wait_for_work(void)
{
	struct pollfd fds[1 + HOSTFS_POLL_MAX] = {
		{.fd = sk_server_fd(&host.server), .events = POLLIN},
	};

	(void)poll(fds, 1 + watch_poll(&host, fds + 1), wait_timeout_ms(&host));
}

static int serve(void)
{
	int status = SK_OK;

	while (status == SK_OK || status == SK_TIMED_OUT) {
		bool polls = host.watching > 0 || host.retrying > 0;

		if (polls)
			wait_for_work();
		status = sk_server_step(&host.server, polls ? SK_POLL : SK_FOREVER);
		wait_retry(&host);
		watch_serve(&host);
	}
	return status == SK_CANCELED ? SK_OK : status;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	int status = parse_options(argc, argv, &options);

	if (status != 0)
		return status - 1;
	host.root = open(options.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host.root < 0)
		return fail(options.root, strerror(errno));
	host.descriptors = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host.descriptors < 0)
		return fail("/proc/self/fd", strerror(errno));
	host.has_openat2 = host.has_openat2 && kernel_has_openat2(host.root);
	host.max_objects = OBJECTS_MAX;
	raise_limit();
	if (!session_init(&host) || !file_init(&host) || !wait_init(&host) ||
			!record_init(&host) || !watch_init(&host))
		return fail("tables", strerror(errno));
	if (open_server(options.socket) != SK_OK)
		return fail(options.socket, strerror(errno));
	/* Clients have applied their own. */
	umask(0);
	set_signals();
	printf("hostfs: %s at %s%s%s\n", options.root, options.socket,
		host.read_only ? ", read only" : "",
		host.has_openat2 ? "" : ", without openat2");
	fflush(stdout);
	status = serve();
	sk_server_close(&host.server);
	watch_close(&host);
	record_close(&host);
	wait_close(&host);
	file_close_all(&host);
	session_close(&host);
	close(host.descriptors);
	close(host.root);
	return status == SK_OK ? 0 : fail("the loop", sk_status_text(status));
}
