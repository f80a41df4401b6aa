/*
 * What takes the server long that ends processes makes everybody else's calls late: by how
 * much, while crowds of threads and of processes end, or call exec. Meant for a machine whose clock
 * counts instructions (tests/posix/robust.sh), so that this is the same however loaded the host is.
 */
#include "robust.h"

#include <sys/stat.h>

#define THREADS 400
#define CROWD 200
#define FILES 800

static int end_of_thread(void *unused)
{
	while (!unused)
		pause();
	return 0;
}

static void make_threads(void)
{
	for (int i = 0; i < THREADS; i++) {
		char *stack = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (stack == MAP_FAILED || clone(end_of_thread, stack + 4096, CLONE_VM | CLONE_FS |
				CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL) < 0)
			_exit(1);
	}
}

static void threads(int ready)
{
	make_threads();
	write(ready, "", 1);
	pause();
}

static void exec_of_threads(int ready)
{
	make_threads();
	write(ready, "", 1);
	rest(50);
	execl("/proc/self/exe", "robust", "-n", (char *)NULL);
	_exit(1);
}

static void make_crowd(void)
{
	for (int i = 1; i < CROWD; i++) {
		pid_t child = fork();

		if (child < 0)
			_exit(1);
		if (child == 0)
			for (;;)
				pause();
	}
}

static void crowd(int ready)
{
	make_crowd();
	write(ready, "", 1);
	pause();
}

/* Whose children are to end with it. */
static void orphans(int ready)
{
	for (int i = 1; i < CROWD; i++) {
		pid_t child = fork();

		if (child < 0)
			_exit(1);
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	write(ready, "", 1);
	pause();
}

/* A terminal's, which hangs up. */
static void terminal(int ready)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY);
	int slave;

	setsid();
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		_exit(1);
	slave = open(ptsname(master), O_RDWR);
	if (slave < 0)
		_exit(1);
	signal(SIGHUP, SIG_DFL);
	make_crowd();
	write(ready, "", 1);
	pause();
}

static void files(int ready)
{
	const struct rlimit most = {4096, 4096};

	setrlimit(RLIMIT_NOFILE, &most);
	for (int i = 0; i < FILES; i++)
		if (open("/etc/passwd", O_RDONLY) < 0)
			_exit(1);
	write(ready, "", 1);
	pause();
}

static int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Calls the server until nothing ends any more: the longest that one took. */
static int64_t longest_call(unsigned long processes)
{
	int64_t longest = 0, last = clock_now();
	struct sysinfo info = {0};

	for (int idle = 0; idle < 2000; idle++) {
		int64_t now;

		if (idle % 100 == 0) {
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
			sysinfo(&info);
			if (info.procs > processes)
				idle = 0;
			last = clock_now();
		}
		umask(022);
		now = clock_now();
		longest = now - last > longest ? now - last : longest;
		last = now;
	}
	return longest;
}

static void measure(const char *name, void (*make)(int ready), int signal, bool all)
{
	struct sysinfo info;
	int ends[2];
	pid_t child;
	char byte;

	sysinfo(&info);
	if (pipe(ends) < 0)
		exit(3);
	child = fork();
	if (child == 0) {
		if (all)
			setpgid(0, 0);
		close(ends[0]);
		make(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1) {
		printf("not ok %s: cannot be made\n", name);
		return;
	}
	close(ends[0]);
	rest(20);
	if (fork() == 0) {
		rest(20);
		if (signal)
			kill(all ? -child : child, signal);
		_exit(0);
	}
	printf("%s %lld\n", name, (long long)longest_call(info.procs) / 1000);
}

void steps(void)
{
	measure("files", files, SIGKILL, false);
	measure("threads", threads, SIGKILL, false);
	measure("exec", exec_of_threads, 0, false);
	measure("crowd", crowd, SIGKILL, true);
	measure("orphans", orphans, SIGKILL, false);
	measure("terminal", terminal, SIGKILL, false);
}
