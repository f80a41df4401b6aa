/* The ostrace command: shows a stream of traces. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/ostrace/trace.h"

#define IDLE_MS 200
#define WINDOW_MS 500

enum { GOOD, BAD, USAGE };

static const char usage[] =
	"usage: ostrace [OPTIONS] [FILE]\n"
	"\n"
	"Shows what a traced system did, from a stream in FILE or on stdin.\n"
	"\n"
	"      --text           a line for each call (the default)\n"
	"      --stats          a table of methods: calls, errors, times\n"
	"      --json           trace events for Perfetto or Chrome\n"
	"      --pcapng         packets for Wireshark\n"
	"  -o, --output=PATH    write there instead\n"
	"  -f, --follow         go on when FILE grows, until its stream ends\n"
	"  -p, --program=NAME   only of or to this program, or PROGRAM/THREAD\n"
	"  -m, --method=NAME    only calls of this method, as fs.File.read or fs.*\n"
	"  -l, --longer=TIME    only calls that took as long: 500ns, 20us, 3ms, 1s\n"
	"  -e, --failed         only calls that failed\n"
	"  -k, --kernel         text: what the kernel recorded too\n"
	"      --window=TIME    hold records back so long to order them (500ms)\n"
	"      --help           show this\n"
	"      --version        show the version\n"
	"\n"
	"Exit status: 0 good, 1 the stream is damaged or cut, 2 usage or environment.\n";

static const struct option options[] = {
	{"text", no_argument, NULL, 't'},
	{"stats", no_argument, NULL, 's'},
	{"json", no_argument, NULL, 'j'},
	{"pcapng", no_argument, NULL, 'w'},
	{"output", required_argument, NULL, 'o'},
	{"follow", no_argument, NULL, 'f'},
	{"program", required_argument, NULL, 'p'},
	{"method", required_argument, NULL, 'm'},
	{"longer", required_argument, NULL, 'l'},
	{"failed", no_argument, NULL, 'e'},
	{"kernel", no_argument, NULL, 'k'},
	{"window", required_argument, NULL, 'W'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

struct run {
	struct trace trace;
	const char *output;
	bool follows;
	int input;
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static int say(const char *what, const char *about)
{
	fprintf(stderr, "ostrace: %s%s%s\n", about ? about : "", about ? ": " : "", what);
	return USAGE;
}

/* ---- options ---- */

static bool read_time(const char *text, uint64_t *time)
{
	static const struct {
		const char *name;
		uint64_t unit;
	} units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
	char *end;
	double value = strtod(text, &end);

	for (unsigned i = 0; i < 4; i++)
		if (end != text && value >= 0 && value < 1e9 && strcmp(end, units[i].name) == 0) {
			*time = (uint64_t)(value * (double)units[i].unit);
			return true;
		}
	return false;
}

static bool add_pattern(const char **list, unsigned *count, const char *pattern)
{
	if (*count == FILTER_MAX)
		return false;
	list[(*count)++] = pattern;
	return true;
}

static bool choose(struct run *run, const struct view_ops *ops)
{
	bool first = run->trace.view.ops == NULL || run->trace.view.ops == ops;

	run->trace.view.ops = ops;
	return first;
}

/* False: `argument` is wrong with it. */
static bool take_option(struct run *run, int option, const char *argument)
{
	struct filter *filter = &run->trace.filter;

	switch (option) {
	case 't': return choose(run, &view_text);
	case 's': return choose(run, &view_stats);
	case 'j': return choose(run, &view_json);
	case 'w': return choose(run, &view_pcapng);
	case 'o': run->output = argument; return true;
	case 'f': run->follows = true; return true;
	case 'p': return add_pattern(filter->programs, &filter->program_count, argument);
	case 'm': return add_pattern(filter->methods, &filter->method_count, argument);
	case 'l': return read_time(argument, &filter->longer);
	case 'e': filter->failed = true; return true;
	case 'k': run->trace.view.kernel = true; return true;
	case 'W': return read_time(argument, &run->trace.window);
	default: return false;
	}
}

/* -1: go on; else the status to end with. */
static int take_options(struct run *run, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "o:fp:m:l:ek", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return GOOD;
		}
		if (option == 'V') {
			puts("ostrace 0.1");
			return GOOD;
		}
		if (option == '?') {
			fputs("`ostrace --help` shows the options\n", stderr);
			return USAGE;
		}
		if (!take_option(run, option, optarg))
			return optarg ? say("not understood", optarg) :
				say("one of --text, --stats, --json and --pcapng", NULL);
	}
	if (argc - optind > 1)
		return say("one FILE at most", NULL);
	if (run->follows && optind == argc)
		return say("--follow needs a FILE", NULL);
	if (!run->trace.view.ops)
		run->trace.view.ops = &view_text;
	return -1;
}

/* ---- input ---- */

/* False: nothing comes for a while, or a signal did. */
static bool has_input(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, IDLE_MS) != 0 && !stopped;
}

static void wait_a_little(void)
{
	struct timespec time = {.tv_nsec = IDLE_MS / 2 * 1000000};

	nanosleep(&time, NULL);
}

/* Returns GOOD at the end, whatever the stream is. */
static int read_all(struct run *run)
{
	static char bytes[65536];
	bool follows = run->follows;

	while (!stopped) {
		ssize_t size;

		if (!has_input(run->input)) {
			trace_idle(&run->trace);
			fflush(run->trace.view.out);
			continue;
		}
		size = read(run->input, bytes, sizeof(bytes));
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return say(strerror(errno), run->trace.file);
		trace_push(&run->trace, bytes, (size_t)size);
		if (size == 0 && (!follows || run->trace.has_ended))
			return GOOD;
		if (size == 0) {
			trace_idle(&run->trace);
			fflush(run->trace.view.out);
			wait_a_little();
		}
		if (ferror(run->trace.view.out))
			return GOOD;
	}
	return GOOD;
}

static int open_files(struct run *run, const char *path)
{
	run->trace.file = path ? path : "stdin";
	run->trace.errors = stderr;
	run->trace.view.out = stdout;
	if (path) {
		run->input = open(path, O_RDONLY | O_CLOEXEC);
		if (run->input < 0)
			return say(strerror(errno), path);
	}
	if (run->output) {
		run->trace.view.out = fopen(run->output, "we");
		if (!run->trace.view.out)
			return say(strerror(errno), run->output);
	}
	return -1;
}

int main(int argc, char **argv)
{
	static struct run run = {.trace.window = WINDOW_MS * UINT64_C(1000000)};
	struct sigaction action = {.sa_handler = stop};
	int status = take_options(&run, argc, argv);

	if (status < 0)
		status = open_files(&run, argv[optind]);
	if (status >= 0)
		return status;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	trace_begin(&run.trace);
	status = read_all(&run);
	trace_end(&run.trace);
	if (fflush(run.trace.view.out) != 0 || ferror(run.trace.view.out))
		return say("the output cannot be written", run.output);
	if (status == GOOD && run.trace.problems != 0)
		status = BAD;
	return status;
}
