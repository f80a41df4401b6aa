/*
 * What it costs to run a command, its server included: runs the command again
 * and again and prints the medians of processor time (user and system, both
 * processes, in microseconds), instructions (the same; 0 where they cannot be
 * counted) and wall time (microseconds).
 *
 * Usage: measure RUNS PID COMMAND [ARGUMENT]...      PID 0: no server
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 101
#define COUNTERS_MAX 64

struct run {
	uint64_t cpu, instructions, wall;
};

static int counters[COUNTERS_MAX];
static unsigned counter_count;

static uint64_t micros(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0) {
		perror("measure: clock");
		exit(1);
	}
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Of a thread and what it begins; nothing if it cannot be counted. */
static void count_instructions(pid_t thread, int on_exec)
{
	struct perf_event_attr wanted = {
		.type = PERF_TYPE_HARDWARE, .size = sizeof(wanted),
		.config = PERF_COUNT_HW_INSTRUCTIONS, .inherit = 1,
		.disabled = on_exec ? 1 : 0, .enable_on_exec = on_exec ? 1 : 0,
		.exclude_hv = 1,
	};
	int fd = counter_count < COUNTERS_MAX ?
		(int)syscall(SYS_perf_event_open, &wanted, thread, -1, -1, 0) : -1;

	if (fd >= 0)
		counters[counter_count++] = fd;
}

static void count_server(pid_t server)
{
	char path[64];
	struct dirent *entry;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)server);
	threads = opendir(path);
	while (threads && (entry = readdir(threads)) != NULL)
		if (entry->d_name[0] != '.')
			count_instructions(atoi(entry->d_name), 0);
	if (threads)
		closedir(threads);
}

static uint64_t end_counting(void)
{
	uint64_t sum = 0, count;

	while (counter_count > 0) {
		int fd = counters[--counter_count];

		if (read(fd, &count, sizeof(count)) == sizeof(count))
			sum += count;
		close(fd);
	}
	return sum;
}

/* The command, which begins when a byte comes. */
static pid_t begin(char **command, int *go)
{
	int ends[2], nowhere;
	pid_t child;
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		perror("measure");
		exit(1);
	}
	if (child == 0) {
		nowhere = open("/dev/null", O_WRONLY);
		dup2(nowhere, STDOUT_FILENO);
		if (read(ends[0], &byte, 1) == 1)
			execvp(command[0], command);
		_exit(127);
	}
	close(ends[0]);
	*go = ends[1];
	return child;
}

static struct run run_once(pid_t server, clockid_t clock, char **command)
{
	struct run run = {0};
	struct rusage used;
	int go, status;
	pid_t child = begin(command, &go);
	uint64_t cpu = server ? micros(clock) : 0, start;

	count_instructions(child, 1);
	if (server)
		count_server(server);
	start = micros(CLOCK_MONOTONIC);
	if (write(go, "x", 1) != 1 || wait4(child, &status, 0, &used) != child ||
			status != 0) {
		fprintf(stderr, "measure: %s failed\n", command[0]);
		exit(1);
	}
	run.wall = micros(CLOCK_MONOTONIC) - start;
	run.instructions = end_counting();
	run.cpu = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
		(uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) +
		(server ? micros(clock) - cpu : 0);
	close(go);
	return run;
}

static int ascending(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static uint64_t median(const struct run *runs, unsigned count, size_t member)
{
	uint64_t values[RUNS_MAX];

	for (unsigned i = 0; i < count; i++)
		memcpy(&values[i], (const char *)&runs[i] + member, sizeof(values[i]));
	qsort(values, count, sizeof(values[0]), ascending);
	return values[count / 2];
}

int main(int argc, char **argv)
{
	static struct run runs[RUNS_MAX];
	unsigned count = argc > 3 ? (unsigned)atoi(argv[1]) : 0;
	pid_t server = argc > 3 ? (pid_t)atoi(argv[2]) : 0;
	clockid_t clock = 0;

	if (count < 1 || count > RUNS_MAX || (server && clock_getcpuclockid(server, &clock))) {
		fputs("Usage: measure RUNS PID COMMAND [ARGUMENT]...\n", stderr);
		return 2;
	}
	/* The first one warms up. */
	run_once(server, clock, argv + 3);
	for (unsigned i = 0; i < count; i++)
		runs[i] = run_once(server, clock, argv + 3);
	printf("%llu %llu %llu\n",
		(unsigned long long)median(runs, count, offsetof(struct run, cpu)),
		(unsigned long long)median(runs, count, offsetof(struct run, instructions)),
		(unsigned long long)median(runs, count, offsetof(struct run, wall)));
	return 0;
}
