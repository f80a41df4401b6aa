/* Those that want all there is of something. */
#include "robust.h"

#include <sys/stat.h>

#define PAGE 4096

void attack_forks(uint32_t seed)
{
	(void)seed;
	for (;;)
		if (fork() < 0)
			sched_yield();
}

/* The heap, touched. */
void attack_memory(uint32_t seed)
{
	(void)seed;
	for (;;) {
		char *at = heap_more(64 * PAGE);

		if (!at)
			sched_yield();
		else
			for (int i = 0; i < 64; i++)
				at[i * PAGE] = 1;
	}
}

/* Mappings as large as they come, touched; children help. */
void attack_map(uint32_t seed)
{
	size_t size = (size_t)1 << 32;

	if (seed % 2)
		fork();
	for (;;) {
		char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED) {
			size = size > PAGE ? size / 2 : PAGE;
			continue;
		}
		for (size_t i = 0; i < size; i += PAGE)
			at[i] = 1;
	}
}

/* Many small ones, with holes. */
void attack_mappings(uint32_t seed)
{
	(void)seed;
	for (int protection = PROT_READ;; protection ^= PROT_WRITE)
		if (mmap(NULL, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
				MAP_FAILED)
			sched_yield();
}

void attack_descriptors(uint32_t seed)
{
	const struct rlimit most = {4096, 4096};

	(void)seed;
	setrlimit(RLIMIT_NOFILE, &most);
	for (;;)
		if (open("/etc/passwd", O_RDONLY) < 0) {
			for (int i = 0; i < 32; i++)
				dup(0);
			fork();
		}
}

/* All to one another, as fast as they come. */
void attack_signals(uint32_t seed)
{
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_DFL);
	for (int i = 0; i < 8; i++)
		fork();
	for (;;) {
		kill(-1, next(&seed) % 2 ? SIGUSR1 : SIGCONT);
		kill(0, SIGWINCH);
	}
}

/* Real-time ones, blocked, so that they stay. */
void attack_queue(uint32_t seed)
{
	sigset_t all;

	(void)seed;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (int i = 0; i < 2; i++)
		fork();
	for (;;)
		for (int i = 34; i <= 64; i++)
			if (sigqueue(getpid(), i, (union sigval){.sival_int = i}) < 0)
				sched_yield();
}

static int sleeper(void *unused)
{
	while (!unused)
		pause();
	return 0;
}

void attack_threads(uint32_t seed)
{
	(void)seed;
	for (;;) {
		char *stack = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (stack == MAP_FAILED || clone(sleeper, stack + PAGE, CLONE_VM | CLONE_FS |
				CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL) < 0) {
			munmap(stack, PAGE);
			if (fork() < 0)
				sched_yield();
		}
	}
}

/* Pipes, filled. */
void attack_pipes(uint32_t seed)
{
	static char much[65536];
	const struct rlimit most = {4096, 4096};
	int ends[2];

	(void)seed;
	setrlimit(RLIMIT_NOFILE, &most);
	for (;;) {
		if (pipe2(ends, O_NONBLOCK) < 0)
			fork();
		else
			while (write(ends[1], much, sizeof(much)) > 0)
				;
	}
}

static void deeper(volatile char *above, uint64_t depth)
{
	volatile char here[PAGE];

	here[0] = above[0];
	if (depth > 0)
		deeper(here, depth - 1);
	here[1] = 1;
}

/* A stack without an end: a SIGSEGV, and that is that. */
void attack_stack(uint32_t seed)
{
	volatile char here[1] = {(char)seed};

	deeper(here, UINT64_MAX);
}

/* exec of what cannot be, and of itself; arguments as long as they may be. */
void attack_exec(uint32_t seed)
{
	static char *arguments[4096], text[512];
	static uint32_t state;

	state = seed;
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 4095; i++)
		arguments[i] = text;
	for (;;) {
		execv(next(&state) % 2 ? "/etc/passwd" : "/dev/null", arguments);
		execv("/nowhere", arguments);
		if (vfork() == 0) {
			execv("/etc", arguments);
			_exit(0);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

/* Children that are killed in the middle of anything. */
void attack_kill(uint32_t seed)
{
	for (;;) {
		pid_t child = fork();
		int ends[2];

		if (child == 0) {
			if (pipe(ends) == 0 && next(&seed) % 2)
				read(ends[0], ends, sizeof(ends));
			for (;;) {
				int file = open("/tmp/robust-kill", O_CREAT | O_RDWR, 0666);

				write(file, &seed, sizeof(seed));
				close(file);
				mmap(NULL, 65536, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
			}
		}
		if (child > 0) {
			rest(next(&seed) % 8);
			kill(child, SIGKILL);
			waitpid(child, NULL, 0);
		}
	}
}

/* Pseudo-terminals and FIFOs, with somebody who waits at each. */
void attack_terminals(uint32_t seed)
{
	char name[64];

	for (int i = 0;; i++) {
		const int master = posix_openpt(O_RDWR | O_NOCTTY);
		pid_t child;

		snprintf(name, sizeof(name), "/tmp/robust-fifo-%u-%d", seed % 4, i % 8);
		if (master >= 0 && (grantpt(master) < 0 || unlockpt(master) < 0))
			_exit(1);
		if (mkfifo(name, 0666) < 0 && errno != EEXIST)
			sched_yield();
		child = i % 4 == 0 ? fork() : -1;
		if (child == 0 && master >= 0) {
			setsid();
			open(ptsname(master), O_RDWR);
			read(0, name, sizeof(name));
			pause();
		} else if (child == 0) {
			open(name, O_RDONLY);
			_exit(0);
		}
	}
}

/* Locks of ranges without number, in the way of one another. */
void attack_locks(uint32_t seed)
{
	const int file = open("/tmp/robust-locks", O_CREAT | O_RDWR, 0666);

	for (int i = 0; i < 5; i++)
		fork();
	seed += (uint32_t)getpid();
	for (;;) {
		struct flock lock = {.l_type = next(&seed) % 2 ? F_WRLCK : F_RDLCK,
			.l_start = next(&seed) % 4096 * 2, .l_len = 1};

		if (fcntl(file, next(&seed) % 8 ? F_SETLK : F_SETLKW, &lock) < 0)
			sched_yield();
	}
}

/* A crowd that is stopped with all that it holds, and that others wait for. */
void attack_stopped(uint32_t seed)
{
	const int file = open("/tmp/robust-stopped", O_CREAT | O_RDWR, 0666);
	struct flock lock = {.l_type = F_WRLCK, .l_start = 0, .l_len = 1};
	int ends[2];

	(void)seed;
	if (pipe(ends) < 0)
		_exit(1);
	for (int i = 0; i < 100; i++) {
		pid_t child = fork();

		lock.l_start = i;
		if (child != 0)
			continue;
		fcntl(file, F_SETLK, &lock);
		if (i % 3 == 0)
			raise(SIGSTOP);
		lock.l_start = i - 1;
		fcntl(file, F_SETLKW, &lock);
		read(ends[0], ends, sizeof(ends));
	}
	kill(0, SIGSTOP);
	for (;;)
		pause();
}
