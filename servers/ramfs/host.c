/*
 * ramfs on Linux: files in the memory of this process, behind a Unix socket.
 * What it does is that of the server in the OS; memory comes from malloc.
 */
#define _GNU_SOURCE
#include "servers/ramfs/ramfs.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/socket.h"

#define OBJECTS_MAX 4096
#define KEPT_MAX 8
#define WINDOW_MAX (4 * fs_IO_MAX)

static const char usage[] =
"Usage: ramfs --socket PATH [OPTION]...\n"
"Serves files in its own memory by the protocol fs.skald.\n"
"\n"
"  --socket PATH      the Unix socket at which it listens\n"
"  --fill ARCHIVE     what is there in the beginning, in the form of ustar\n"
"  --prefix PREFIX    of the archive only what is below (root/); the rest is left\n"
"  --size MIB         how much all of it may take (1024)\n"
"  --max-clients N    clients at once (64)\n"
"  --large            limits of one client as in the OS\n"
"  --read-only        nothing is changed\n"
"  --help             this\n"
"\n"
"It stops at SIGTERM and SIGINT, and prints counts at SIGUSR1.\n"
"Exit status: 0 stopped, 1 it cannot serve, 2 wrong usage.\n";

static struct ram ram;
static struct sk_server server;
static volatile sig_atomic_t wants_counts;

struct options {
	const char *socket, *archive, *prefix;
	unsigned long mebibytes, clients;
	bool is_large, is_read_only;
};

/* ---- the world ---- */

static void *allocate(void *context, size_t size)
{
	(void)context;
	return calloc(1, size);
}

static void release(void *context, void *memory, size_t size)
{
	(void)context;
	(void)size;
	free(memory);
}

static uint64_t now(void *context)
{
	struct timespec time;

	(void)context;
	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* ---- options ---- */

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "ramfs: %s: %s\n", what, why);
	return 1;
}

static bool parse_number(const char *text, unsigned long *to)
{
	char *end;

	errno = 0;
	*to = strtoul(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && !*end && *to > 0 &&
		*to <= 1000000;
}

/* 0 to go on, else 1 plus the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"socket", required_argument, NULL, 's'},
		{"fill", required_argument, NULL, 'f'},
		{"prefix", required_argument, NULL, 'p'},
		{"size", required_argument, NULL, 'm'},
		{"max-clients", required_argument, NULL, 'c'},
		{"large", no_argument, NULL, 'l'},
		{"read-only", no_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;
	bool is_good = true;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 's':
			options->socket = optarg;
			break;
		case 'f':
			options->archive = optarg;
			break;
		case 'p':
			options->prefix = optarg;
			break;
		case 'm':
			is_good = is_good && parse_number(optarg, &options->mebibytes);
			break;
		case 'c':
			is_good = is_good && parse_number(optarg, &options->clients);
			break;
		case 'l':
			options->is_large = true;
			break;
		case 'r':
			options->is_read_only = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 1;
		default:
			is_good = false;
		}
	}
	if (is_good && optind == argc && options->socket)
		return 0;
	fputs("ramfs: wrong usage; --help says more\n", stderr);
	return 3;
}

/* ---- filling ---- */

static int fill(const struct options *options)
{
	struct tar_result result;
	struct stat status;
	void *archive;
	int fd = open(options->archive, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0)
		return fail(options->archive, fd < 0 ? strerror(errno) : "it is empty");
	archive = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (archive == MAP_FAILED)
		return fail(options->archive, strerror(errno));
	result = tar_fill(&ram, archive, (uint64_t)status.st_size, options->prefix);
	munmap(archive, (size_t)status.st_size);
	if (!result.problem)
		return 0;
	fprintf(stderr, "ramfs: %s: at %llu: %s\n", options->archive,
		(unsigned long long)result.offset, result.problem);
	return 1;
}

/* ---- serving ---- */

static void *connected(void *context, uint64_t badge)
{
	(void)badge;
	return session_open(context, fs_Rights_READ | fs_Rights_WRITE | fs_Rights_EXECUTE |
		fs_Rights_IMPERSONATE | fs_Rights_MANAGE);
}

static void gone(void *session)
{
	session_close(session);
}

static void canceled(void *session, uint64_t token)
{
	session_canceled(session, token);
}

static void on_stop(int number)
{
	(void)number;
	sk_server_stop(&server);
}

static void on_counts(int number)
{
	(void)number;
	wants_counts = 1;
	sk_server_wake(&server);
}

static void print_counts(void *context)
{
	(void)context;
	if (!wants_counts)
		return;
	wants_counts = 0;
	fprintf(stderr, "ramfs: clients=%u open_files=%u handles=%u nodes=%u kept=%u "
		"waiting=%u requests=%llu turned_away=%llu garbage=%llu used=%llu "
		"inodes=%llu\n",
		server.clients, ram.open_files, server.objects, ram.nodes, server.kept,
		ram.waiting, (unsigned long long)server.counts.requests,
		(unsigned long long)server.counts.turned_away,
		(unsigned long long)server.counts.garbage, (unsigned long long)ram.used,
		(unsigned long long)ram.inodes);
}

static void set_signals(void)
{
	struct sigaction action = {.sa_flags = SA_RESTART};

	action.sa_handler = on_stop;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	action.sa_handler = on_counts;
	sigaction(SIGUSR1, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

static int serve(const struct options *options)
{
	const struct sk_server_config config = {
		.path = options->socket,
		.max_clients = (unsigned)options->clients,
		.max_objects = OBJECTS_MAX,
		.max_kept = KEPT_MAX,
		.max_window = WINDOW_MAX,
		.context = &ram,
		.connected = connected,
		.gone = gone,
		.canceled = canceled,
		.dispatch = files_dispatch,
		.woken = print_counts,
	};
	int status = sk_server_open(&server, &config);

	if (status != SK_OK)
		return fail(options->socket, strerror(errno));
	set_signals();
	printf("ramfs: %lu MiB at %s%s\n", options->mebibytes, options->socket,
		options->is_read_only ? ", read only" : "");
	fflush(stdout);
	status = sk_server_run(&server);
	sk_server_close(&server);
	return status == SK_OK ? 0 : fail("the loop", sk_status_text(status));
}

int main(int argc, char **argv)
{
	static const struct ram_world world = {allocate, release, now, NULL, NULL};
	struct options options = {.prefix = "root/", .mebibytes = 1024, .clients = 64};
	int status = parse_options(argc, argv, &options);

	if (status != 0)
		return status - 1;
	if (ram_open(&ram, &world, options.is_large ? &ram_limits_large : &ram_limits_small,
			(uint64_t)options.mebibytes << 20) != 0)
		return fail("memory", "there is none");
	if (options.archive)
		status = fill(&options);
	if (options.is_read_only)
		ram.flags |= (uint32_t)fs_MountFlags_READ_ONLY;
	if (status == 0)
		status = serve(&options);
	ram_close(&ram);
	return status;
}
