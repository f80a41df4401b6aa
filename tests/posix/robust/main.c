/*
 * Usage: robust [-l LEAD] [-r ROUNDS] [-s SEED] [NAME]...
 *        robust [-s SEED] -L ROUNDS
 *        robust [-s SEED] -d
 *        robust -b | -f | -t
 *
 * As root: for each attack (or those named) a line `ok NAME`, or `not ok NAME: why`, or,
 * of figures, `# ...`. A neighbour of another user works on beside each: it must get
 * through ROUNDS of what a shell does (a file, a pipe, a child that calls exec). Then all of the
 * attacker's processes are killed, and what the system has used must come back.
 * With -b, -f and -t lines of figures: see become_and_take(), take_files(), and steps.c. With -L a line `ok leak`: ROUNDS of killing at random leave nothing (leak.c);
 * with -d one `ok lost` (lost.c).
 */
#include "local.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/statfs.h>

/* Where the attacker may make files. */
#define PLACE "/tmp/robust-files"
#define ATTACKER 1000
#define NEIGHBOUR 1001
/* Of the time-out of all, in seconds: no measure of speed. */
#define PATIENCE 300
/* Memory that may stay used: of what is kept for next time. */
#define SLACK (UINT64_C(64) << 10)
/* What the server of files keeps of its heap is as it comes: it goes up and down from round to
 * round. */
#define FILES_SLACK (UINT64_C(2) << 20)

static const struct { const char *name; attack *attack; uint64_t slack; } attacks[] = {
	{"forks", attack_forks}, {"memory", attack_memory}, {"map", attack_map},
	{"mappings", attack_mappings}, {"descriptors", attack_descriptors},
	{"signals", attack_signals}, {"queue", attack_queue}, {"threads", attack_threads},
	{"pipes", attack_pipes}, {"wild", attack_wild}, {"overwrite", attack_overwrite},
	{"unmap", attack_unmap}, {"jump", attack_jump}, {"frame", attack_frame},
	{"handles", attack_handles}, {"exec", attack_exec}, {"kill", attack_kill},
	{"stack", attack_stack},
	{"terminals", attack_terminals}, {"locks", attack_locks}, {"stopped", attack_stopped},
	{"network", attack_network}, {"sockets", attack_sockets},
	{"files", attack_files, FILES_SLACK},
};
#define COUNT (sizeof(attacks) / sizeof(*attacks))

static const char *self;
/* Thousandths of a second that an attack goes on before the neighbour begins. */
static long lead = 200;

static void become(uid_t user)
{
	if (setgid(user) < 0 || setuid(user) < 0)
		_exit(99);
}

/* ---- the neighbour ---- */

/* A pipe's end by a socket, and back. */
static bool pass_once(int *end)
{
	int p[2], got[PASS_MOST];
	bool good;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p) < 0)
		return false;
	good = pass(p[0], end, 1, "x", 1, 0) && take(p[1], got, &byte, 1, 0) == 1;
	close(p[0]);
	close(p[1]);
	if (good)
		close(*end);
	*end = good ? got[0] : *end;
	return good;
}

/* NULL, or what failed. */
static const char *try_once(void)
{
	static char much[65536];
	char text[64];
	int ends[2], status, file = open("/etc/passwd", O_RDONLY);
	pid_t child;

	if (file < 0)
		return "open";
	if (read(file, text, sizeof(text)) <= 0)
		return "read";
	close(file);
	file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	if (file < 0 || write(file, much, sizeof(much)) != sizeof(much))
		return "write";
	close(file);
	if (pipe(ends) < 0)
		return "pipe";
	if (!pass_once(ends + 1))
		return "sockets";
	child = fork();
	if (child == 0) {
		write(ends[1], "x", 1);
		execl(self, self, "-n", (char *)NULL);
		_exit(98);
	}
	if (child < 0)
		return "fork";
	if (read(ends[0], text, 1) != 1)
		return "read from a pipe";
	if (waitpid(child, &status, 0) != child || status != 0)
		return "the child";
	close(ends[0]);
	close(ends[1]);
	return NULL;
}

/* Says what failed, or writes the longest round's time. */
static pid_t start_neighbour(int rounds, int report)
{
	const pid_t child = fork();
	struct timespec a, b;
	const char *failed;
	long longest = 0;

	if (child != 0)
		return child;
	become(NEIGHBOUR);
	for (int i = 0; i < rounds; i++) {
		long took;

		clock_gettime(CLOCK_MONOTONIC, &a);
		failed = try_once();
		if (failed) {
			printf("# %s: %s\n", failed, strerror(errno));
			_exit(1);
		}
		clock_gettime(CLOCK_MONOTONIC, &b);
		took = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
		longest = took > longest ? took : longest;
	}
	write(report, &longest, sizeof(longest));
	_exit(0);
}

/* ---- the attacker ---- */

static int attack_as(const char *name, uint32_t seed)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(attacks[i].name, name) == 0)
			attacks[i].attack(seed);
	return 0;
}

/* By exec, with which all that a process has goes over to its new user's share. */
static pid_t start_attacker(const char *name, uint32_t seed)
{
	const pid_t child = fork();
	char text[16];

	if (child != 0)
		return child;
	snprintf(text, sizeof(text), "%u", seed);
	setsid();
	become(ATTACKER);
	execl(self, self, "-s", text, "-a", name, (char *)NULL);
	_exit(97);
}

/* ---- what is used ---- */

/* Bytes, as /proc/meminfo has them. */
static uint64_t memory_of(const char *name)
{
	char text[2048];
	const int file = open("/proc/meminfo", O_RDONLY);
	const ssize_t size = read(file, text, sizeof(text) - 1);
	const char *line;

	close(file);
	text[size < 0 ? 0 : size] = '\0';
	line = strstr(text, name);
	if (!line)
		exit(3);
	return strtoull(line + strlen(name), NULL, 10) * 1024;
}

static struct used used(void)
{
	struct sysinfo info;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (sysinfo(&info) < 0)
		exit(3);
	return (struct used){(info.totalram - info.freeram) * info.mem_unit -
		memory_of("SReclaimable:"), info.procs};
}

/* All of that user's, however many and whatever they do meanwhile: until no more processes
 * are there than there were. */
static void kill_all(unsigned before)
{
	while (used().processes > before) {
		const pid_t killer = fork();

		if (killer == 0) {
			become(ATTACKER);
			kill(-1, SIGKILL);
			_exit(0);
		}
		if (killer > 0)
			while (waitpid(killer, NULL, 0) < 0 && errno == EINTR)
				;
		rest(5);
	}
}

/* With all that is in it: directories go up when they are met, so that none is deep. */
static void remove_all(const char *place)
{
	const int at = open(place, O_RDONLY | O_DIRECTORY);
	DIR *directory = at < 0 ? NULL : fdopendir(at);
	struct dirent *entry;
	char name[64];
	bool again = directory != NULL;

	for (int number = 0; again;) {
		again = false;
		rewinddir(directory);
		while ((entry = readdir(directory)) != NULL) {
			DIR *below;

			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			if (unlinkat(at, entry->d_name, 0) == 0 ||
					unlinkat(at, entry->d_name, AT_REMOVEDIR) == 0)
				continue;
			again = true;
			below = fdopendir(openat(at, entry->d_name, O_RDONLY | O_NOFOLLOW));
			for (struct dirent *e; below && (e = readdir(below)) != NULL;) {
				snprintf(name, sizeof(name), "up-%d", number++);
				if (e->d_name[0] != '.')
					renameat(dirfd(below), e->d_name, at, name);
			}
			closedir(below);
		}
	}
	if (directory)
		closedir(directory);
	rmdir(place);
}

/* What is used when it gets no less any more: some seconds at most. */
static struct used used_least(void)
{
	struct used least = used();

	for (int i = 0, idle = 0; i < 500 && idle < 30; i++, idle++) {
		struct used now;

		rest(10);
		now = used();
		if (now.memory < least.memory || now.processes < least.processes) {
			least = now;
			idle = 0;
		}
	}
	return least;
}

/* What was given back may take its time to be so: some seconds at most. */
static struct used used_less(struct used than)
{
	struct used now = used();

	for (int i = 0; i < 500 && (now.memory > than.memory ||
			now.processes > than.processes); i++) {
		rest(10);
		now = used();
	}
	return now;
}

/* ---- one ---- */

static bool fails(const char *name, const char *why)
{
	printf("not ok %s: %s\n", name, why);
	return false;
}

static const char *attack_once(size_t which, uint32_t seed, int rounds, long *longest)
{
	const unsigned before = used().processes;
	int report[2], status;
	pid_t attacker, neighbour;
	ssize_t got;

	if (pipe(report) < 0)
		return "no pipe";
	if (mkdir(PLACE, 0700) == 0)
		chown(PLACE, ATTACKER, ATTACKER);
	attacker = start_attacker(attacks[which].name, seed);
	/* It is to be at it. */
	rest(lead);
	neighbour = start_neighbour(rounds, report[1]);
	close(report[1]);
	if (attacker < 0 || neighbour < 0) {
		kill_all(before);
		close(report[0]);
		return "root cannot fork";
	}
	while (waitpid(neighbour, &status, 0) < 0 && errno == EINTR)
		;
	kill_all(before);
	remove_all(PLACE);
	got = read(report[0], longest, sizeof(*longest));
	close(report[0]);
	if (status != 0 || got != sizeof(*longest))
		return "the neighbour could not go on";
	return NULL;
}

/* Once more: whether no more is used than was before, as `why` says. */
static const char *attack_leaves_nothing(size_t which, uint32_t seed, int rounds,
	struct used *before, char why[200])
{
	const uint64_t slack = SLACK + attacks[which].slack;
	long longest = 0;
	const char *problem = attack_once(which, seed, rounds, &longest);
	const struct used bound = {before->memory + slack, before->processes},
		after = used_less(bound);

	snprintf(why, 200, "used before %u processes, %llu KiB, after %u, %llu; the neighbour "
		"waited %ld ms at most", before->processes,
		(unsigned long long)before->memory / 1024, after.processes,
		(unsigned long long)after.memory / 1024, longest);
	if (!problem && (after.processes > bound.processes || after.memory > bound.memory))
		problem = why;
	*before = after;
	return problem;
}

static bool attack_with(size_t which, uint32_t seed, int rounds)
{
	const char *name = attacks[which].name, *problem;
	struct used before;
	long longest = 0;
	char why[200];

	/* The first time fills what is kept for the next. */
	alarm(PATIENCE);
	problem = attack_once(which, seed, 3, &longest);
	before = used_least();
	if (!problem)
		problem = attack_leaves_nothing(which, seed + 1, rounds, &before, why);
	/* A server's heap has its steps; what is lost is lost each time. */
	for (uint32_t i = 2; i < 4 && problem == why; i++)
		problem = attack_leaves_nothing(which, seed + i, rounds, &before, why);
	alarm(0);
	if (problem)
		return fails(name, problem);
	printf("ok %s\n# %s\n", name, why);
	return true;
}

/* Takes all memory as another user, without exec: how much of a hundred is left. */
static void become_and_take(void)
{
	const uint64_t before = memory_of("MemAvailable:");
	pid_t child;
	char byte;
	int ends[2];

	if (pipe(ends) < 0)
		exit(3);
	child = fork();
	if (child == 0) {
		become(ATTACKER);
		for (char *at; (at = heap_more(1 << 20)) != NULL;)
			memset(at, 1, 1 << 20);
		write(ends[1], "", 1);
		pause();
	}
	close(ends[1]);
	read(ends[0], &byte, 1);
	printf("left %llu\n", (unsigned long long)(memory_of("MemAvailable:") * 100 / before));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Takes all there is for files, half of it by mappings: how much of a hundred is left. */
static void take_files(void)
{
	struct statfs before, after;
	pid_t child;

	statfs("/tmp", &before);
	child = fork();
	if (child == 0) {
		become(ATTACKER);
		files_fill((uint64_t)before.f_bavail * before.f_bsize / 2);
	}
	waitpid(child, NULL, WUNTRACED);
	statfs("/tmp", &after);
	printf("left %llu\n", (unsigned long long)after.f_bavail * 100 / before.f_bavail);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	statfs("/tmp", &after);
	printf("again %llu\n", (unsigned long long)after.f_bavail * 100 / before.f_bavail);
}

static int say_lost(uint32_t seed)
{
	const bool good = check_lost(seed);

	printf("%s lost\n", good ? "ok" : "not ok");
	return !good;
}

static bool is_wanted(const char *name, char **names)
{
	for (char **n = names; *n; n++)
		if (strcmp(*n, name) == 0)
			return true;
	return !*names;
}

int main(int count, char **arguments)
{
	uint32_t seed = 1;
	int rounds = 20, leaks = 0, option;
	bool good = true;

	self = "/proc/self/exe";
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(count, arguments, "nbdfta:k:l:L:r:s:")) >= 0)
		switch (option) {
		case 'n': return 0;
		case 'b': become_and_take(); return 0;
		case 'f': take_files(); return 0;
		case 't': steps(); return 0;
		case 'd': return say_lost(seed);
		case 'a': return attack_as(optarg, seed);
		case 'k': leak_child(seed); return 0;
		case 'L': leaks = atoi(optarg); break;
		case 'l': lead = atol(optarg); break;
		case 'r': rounds = atoi(optarg); break;
		case 's': seed = (uint32_t)atoi(optarg) | 1; break;
		default: return 2;
		}
	self = arguments[0];
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (leaks > 0) {
		good = leak_rounds(seed, leaks, used_less);
		printf("%s leak\n", good ? "ok" : "not ok");
	}
	for (size_t i = 0; i < COUNT && leaks == 0; i++)
		if (is_wanted(attacks[i].name, arguments + optind))
			good = attack_with(i, seed, rounds) && good;
	return good ? 0 : 1;
}
