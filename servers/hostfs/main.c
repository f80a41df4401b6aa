/* hostfs: serves a folder on a socket. Options, signals, the loop. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CLIENTS_DEFAULT 32
#define CLIENTS_MAX 1024
/* Sessions that clients make: open files, and parts of the folder. */
#define OBJECTS_MAX SK_SERVER_CLIENTS_MAX
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
	"  --allow-set-id    set-user and set-group bits can be set\n"
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
		{"allow-set-id", no_argument, NULL, 'i'},
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
		} else if (option == 'i') {
			host.allows_set_id = true;
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

static int serve(void)
{
	int status = SK_OK;

	while (status == SK_OK || status == SK_TIMED_OUT)
		status = host_step(&host, true);
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
	host.max_objects = OBJECTS_MAX;
	raise_limit();
	if (!host_open(&host, options.socket, print_counts))
		return fail(options.socket, strerror(errno));
	/* Clients have applied their own. */
	umask(0);
	set_signals();
	printf("hostfs: %s at %s%s%s\n", options.root, options.socket,
		host.read_only ? ", read only" : "",
		host.has_openat2 ? "" : ", without openat2");
	fflush(stdout);
	status = serve();
	host_close(&host);
	close(host.root);
	return status == SK_OK ? 0 : fail("the loop", sk_status_text(status));
}
