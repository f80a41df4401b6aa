/*
 * Rounds of the same, killed at random moments: what is used after them must be what was used
 * after a few, so what grows with rounds is seen. Each round has one child of another user,
 * which makes more of what it is about.
 */
#include "robust.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#define LOCK_PI 6
#define UNLOCK_PI 7
#define LEAK_USER 1000
#define SHARED_FILE "/tmp/robust-leak"
#define SHARED_SIZE (1 << 20)

/* ---- what a child is about when it is killed ---- */

static void in_exec(uint32_t *seed)
{
	for (;;) {
		if (next(seed) % 2 && vfork() == 0)
			execl("/proc/self/exe", "robust", "-n", (char *)NULL);
		if (next(seed) % 8 == 0)
			execl("/proc/self/exe", "robust", "-k", "0", (char *)NULL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static void in_fork(uint32_t *seed)
{
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			rest(next(seed) % 3);
	for (;;)
		if (fork() == 0)
			_exit(0);
		else
			wait(NULL);
}

static void in_pipes(uint32_t *seed)
{
	static char bytes[65536];
	int ends[2];

	for (int i = 0; i < 8; i++)
		if (pipe(ends) == 0)
			write(ends[1], bytes, next(seed) % sizeof(bytes));
	pipe(ends);
	fork();
	read(ends[0], bytes, 1);
}

static void in_mmap(uint32_t *seed)
{
	const int file = open(SHARED_FILE, O_RDWR);

	ftruncate(file, SHARED_SIZE);
	fork();
	for (;;) {
		const size_t size = 4096 * (1 + next(seed) % 200);
		char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, next(seed) % 2 ?
			MAP_SHARED | MAP_ANONYMOUS : MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *of = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

		if (at != MAP_FAILED)
			memset(at, 1, size);
		if (of != MAP_FAILED)
			of[next(seed) % size] = 1;
		if (next(seed) % 2)
			munmap(at, size);
		munmap(of, size / 2);
	}
}

static void *thread(void *lock)
{
	for (;;) {
		pthread_mutex_lock(lock);
		pthread_mutex_unlock(lock);
		rest(1);
	}
	return NULL;
}

static void in_threads(uint32_t *seed)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_t made;

	for (uint32_t i = 2 + next(seed) % 10; i > 0; i--)
		pthread_create(&made, NULL, thread, &lock);
	thread(&lock);
}

/* One in memory that all of them share, whose owners are killed. */
static void take_handed_over(uint32_t *lock)
{
	struct timespec soon;

	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_sec++;
	if (syscall(SYS_futex, lock, LOCK_PI, 0, &soon) == 0)
		syscall(SYS_futex, lock, UNLOCK_PI);
	else if (errno == ESRCH)
		*lock = 0;
}

static void in_locks(uint32_t *seed)
{
	const int file = open(SHARED_FILE, O_RDWR);
	uint32_t *handed_over = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		file, 0);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};

	fork();
	for (;;) {
		lock.l_start = next(seed) % 20;
		fcntl(file, F_SETLKW, &lock);
		if (next(seed) % 4 == 0)
			flock(file, LOCK_EX);
		if (next(seed) % 2)
			take_handed_over(handed_over);
	}
}

static void in_terminals(uint32_t *seed)
{
	char name[64];
	int number, side, master = open("/dev/ptmx", O_RDWR | O_NOCTTY);

	unlockpt(master);
	if (ptsname_r(master, name, sizeof(name)) != 0)
		_exit(1);
	side = open(name, O_RDWR);
	write(master, "some text\n", 10);
	if (next(seed) % 2)
		fork();
	while (read(side, &number, sizeof(number)) > 0)
		;
	pause();
}

static void in_signals(uint32_t *seed)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 5};
	const struct itimerspec often = {{0, 1000000}, {0, 1000000}};
	sigset_t all;
	timer_t timer;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;) {
		if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
			timer_settime(timer, 0, &often, NULL);
		if (sigqueue(getpid(), SIGRTMIN + (int)(next(seed) % 10),
				(union sigval){.sival_int = 1}) < 0)
			sigtimedwait(&all, NULL, &often.it_value);
	}
}

/* A process as a file, or one of its files. */
static int process_or_its_file(uint32_t *seed)
{
	const int file = (int)syscall(SYS_pidfd_open,
		next(seed) % 2 ? getpid() : getppid(), 0);
	int taken;

	if (next(seed) % 2)
		return file;
	taken = (int)syscall(SYS_pidfd_getfd, file, next(seed) % 20, 0);
	close(file);
	return taken;
}

static int event_of_any_kind(uint32_t *seed)
{
	const struct itimerspec often = {{0, 100000}, {0, 100000}};
	sigset_t all;
	int file, ends[2];

	sigfillset(&all);
	switch (next(seed) % 6) {
	case 0:
		return eventfd(next(seed) % 2, EFD_NONBLOCK);
	case 1:
		file = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
		timerfd_settime(file, 0, &often, NULL);
		return file;
	case 2:
		return signalfd(-1, &all, SFD_NONBLOCK);
	case 3:
		return epoll_create1(0);
	case 4:
		return process_or_its_file(seed);
	default:
		if (pipe(ends) != 0)
			return -1;
		dup(ends[1]);
		return ends[0];
	}
}

/* Epolls in epolls, of files that are closed, made others, and used meanwhile by a twin that
 * was forked and by threads that wait. */
static void *events_wait(void *of)
{
	struct epoll_event got[8];
	struct pollfd polled = {(int)(intptr_t)of, POLLIN, 0};

	for (;;) {
		epoll_wait((int)(intptr_t)of, got, 8, -1);
		poll(&polled, 1, 1);
	}
	return NULL;
}

static void in_events(uint32_t *seed)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT};
	uint64_t value = 1;
	pthread_t made;
	int files[16];

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 16; i++)
		files[i] = i < 2 ? epoll_create1(0) : event_of_any_kind(seed);
	pthread_create(&made, NULL, events_wait, (void *)(intptr_t)files[0]);
	pthread_create(&made, NULL, events_wait, (void *)(intptr_t)files[1]);
	if (next(seed) % 2)
		fork();
	for (;;) {
		const int one = files[next(seed) % 16], other = files[next(seed) % 16];

		event.events ^= next(seed) % 2 ? EPOLLET : EPOLLONESHOT;
		epoll_ctl(one, 1 + (int)(next(seed) % 3), other, &event);
		if (next(seed) % 2)
			write(other, &value, sizeof(value));
		if (next(seed) % 4 == 0)
			kill(getpid(), SIGWINCH);
		if (next(seed) % 8 == 0)
			dup2(event_of_any_kind(seed), other);
		if (next(seed) % 8 == 0)
			close(100 + (int)(next(seed) % 200));
		syscall(SYS_close_range, 300, 400, 0);
	}
}

static void (*const kinds[])(uint32_t *seed) = {in_exec, in_fork, in_pipes, in_mmap,
	in_threads, in_locks, in_terminals, in_signals, in_events, leak_network};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

void leak_child(uint32_t seed)
{
	seed |= 1;
	kinds[next(&seed) % KINDS](&seed);
}

/* ---- rounds ---- */

/* With all of its pages: those that children wrote first would stay, as they are to. */
static bool make_file(void)
{
	static const char bytes[SHARED_SIZE];
	const int file = open(SHARED_FILE, O_CREAT | O_TRUNC | O_RDWR, 0600);
	const bool good = write(file, bytes, SHARED_SIZE) == SHARED_SIZE &&
		fchown(file, LEAK_USER, LEAK_USER) == 0;

	close(file);
	return good;
}

static void kill_group(pid_t leader)
{
	while (kill(-leader, SIGKILL) == 0 || errno == EPERM)
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
}

static void round_of(size_t kind, uint32_t *seed)
{
	const uint32_t moment = next(seed) % 20;
	const pid_t child = fork();

	if (child == 0) {
		setpgid(0, 0);
		if (setgid(LEAK_USER) < 0 || setuid(LEAK_USER) < 0)
			_exit(99);
		kinds[kind](seed);
		_exit(0);
	}
	setpgid(child, child);
	rest((long)moment);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	kill_group(child);
}

/*
 * What leaks grows from part to part; what a server keeps once it had needed it at a time (ramfs has
 * memory in steps of 64 KiB) may grow in one part, and by little.
 */
bool leak_rounds(uint32_t seed, int rounds, struct used (*used)(struct used than))
{
	struct used first = {UINT64_MAX, UINT32_MAX}, before, after;
	bool is_steady = true;

	if (!make_file())
		return false;
	/* The first rounds fill what is kept for the others. */
	for (int i = 0; i < rounds; i++)
		round_of((size_t)i % KINDS, &seed);
	first = before = used(first);
	printf("# %d rounds: %u processes, %llu KiB\n", rounds, first.processes,
		(unsigned long long)first.memory / 1024);
	for (int part = 0; part < LEAK_PARTS; part++) {
		for (int i = 0; i < rounds / LEAK_PARTS; i++)
			round_of((size_t)i % KINDS, &seed);
		after = used(before);
		printf("# %d more: %u processes, %llu KiB\n", rounds / LEAK_PARTS,
			after.processes, (unsigned long long)after.memory / 1024);
		is_steady = is_steady && after.memory > before.memory;
		before = after;
	}
	return after.processes <= first.processes && !is_steady &&
		after.memory <= first.memory + LEAK_SLACK;
}
