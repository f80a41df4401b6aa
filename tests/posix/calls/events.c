/* What is waited for: counters, timers and signals as files, and epoll. */
#include "call.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LATER 30000000			/* nanoseconds */

static uint64_t value;

static long ready(int fd, short events)
{
	struct pollfd one = { fd, events, 0 };

	C(poll, &one, 1, 0);
	return one.revents;
}

static long wait_for(long fd)
{
	struct pollfd one = { (int)fd, POLLIN, 0 };

	return C(poll, &one, 1, -1);
}

static void handler(int number)
{
	(void)number;
}

/* ---- counters ---- */

static void *add_later(void *fd)
{
	uint64_t five = 5;

	usleep(LATER / 1000);
	C(write, (long)fd, &five, 8);
	return NULL;
}

static void *take_later(void *fd)
{
	uint64_t some;

	usleep(LATER / 1000);
	C(read, (long)fd, &some, 8);
	return NULL;
}

static void counters(void)
{
	struct iovec halves[2] = { { &value, 4 }, { (char *)&value + 4, 4 } };
	struct stat status;
	pthread_t thread;
	long fd;

	T(eventfd2, "flags there are not", 0, 0x40);
	fd = TOK(eventfd2, "a counter", 3, EFD_NONBLOCK | EFD_CLOEXEC);
	SAY(eventfd2, "closed by exec", C(fcntl, fd, F_GETFD, 0));
	SAY(eventfd2, "does not wait", C(fcntl, fd, F_GETFL, 0));
	SAY(eventfd2, "its status", C(fstat, fd, &status));
	SAY(eventfd2, "its mode", status.st_mode);
	SAY(eventfd2, "is ready", ready((int)fd, POLLIN | POLLOUT));
	SAY(eventfd2, "is read", C(read, fd, &value, 8));
	SAY(eventfd2, "its value", value);
	SAY(eventfd2, "is empty now", C(read, fd, &value, 8));
	SAY(eventfd2, "is not ready to be read", ready((int)fd, POLLIN | POLLOUT));
	SAY(eventfd2, "read into too little", C(read, fd, &value, 7));
	SAY(eventfd2, "written too little", C(write, fd, &value, 7));
	SAY(eventfd2, "read into the wild", (value = 1, C(write, fd, &value, 8),
		C(read, fd, WILD, 8)));
	SAY(eventfd2, "written from the wild", C(write, fd, WILD, 8));
	value = UINT64_MAX;
	SAY(eventfd2, "written what is too much", C(write, fd, &value, 8));
	while (C(read, fd, &value, 8) == 8)
		;
	value = UINT64_MAX - 1;
	SAY(eventfd2, "written the most", C(write, fd, &value, 8));
	SAY(eventfd2, "is full", ready((int)fd, POLLIN | POLLOUT));
	value = 1;
	SAY(eventfd2, "written more", C(write, fd, &value, 8));
	SAY(eventfd2, "read in two pieces", C(readv, fd, halves, 2));
	SAY(eventfd2, "has it all", value == UINT64_MAX - 1);
	SAY(eventfd2, "has no seals", C(fcntl, fd, F_GET_SEALS, 0));
	SAY(eventfd2, "its position is set", C(lseek, fd, -5, SEEK_SET));
	SAY(eventfd2, "its position is set by what is unknown", C(lseek, fd, 0, 77));
	SAY(eventfd2, "is not cut", C(ftruncate, fd, 0));
	SAY(eventfd2, "is not written out", C(fsync, fd));
	value = 7;
	SAY(eventfd2, "written in two pieces", C(writev, fd, halves, 2));
	value = 0;
	SAY(eventfd2, "read into more", C(read, fd, &value, 64));
	SAY(eventfd2, "has that", value);
	SAY(eventfd2, "read at a place", C(pread64, fd, &value, 8, 0));
	SAY(eventfd2, "cut off", C(ftruncate, fd, 0));
	C(close, fd);
	fd = C(eventfd2, 2, EFD_SEMAPHORE | EFD_NONBLOCK);
	SAY(eventfd2, "one by one", C(read, fd, &value, 8));
	SAY(eventfd2, "gives one", value);
	SAY(eventfd2, "and one more", C(read, fd, &value, 8));
	SAY(eventfd2, "and that was all", C(read, fd, &value, 8));
	C(close, fd);
	fd = TOK(eventfd, "that waits", 0);
	pthread_create(&thread, NULL, add_later, (void *)fd);
	SAY(eventfd, "is waited for", C(read, fd, &value, 8));
	SAY(eventfd, "gives what came", value);
	pthread_join(thread, NULL);
	value = UINT64_MAX - 1;
	C(write, fd, &value, 8);
	pthread_create(&thread, NULL, take_later, (void *)fd);
	SAY(eventfd, "a write waits for room", C(write, fd, &value, 8));
	pthread_join(thread, NULL);
	C(close, fd);
}

/* ---- timers ---- */

static struct itimerspec in_nanos(long first, long then)
{
	return (struct itimerspec){ { then / 1000000000, then % 1000000000 },
		{ first / 1000000000, first % 1000000000 } };
}

static void timers(void)
{
	struct itimerspec set = in_nanos(LATER, 0), is, wrong = { { 0, 0 }, { 0, 1000000000 } };
	int64_t since;
	long fd;

	T(timerfd_create, "a clock there is not", 77, 0);
	T(timerfd_create, "of CPU time", CLOCK_PROCESS_CPUTIME_ID, 0);
	T(timerfd_create, "flags there are not", CLOCK_MONOTONIC, 1);
	fd = TOK(timerfd_create, "a timer", CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	SAY(timerfd_create, "its flags", C(fcntl, fd, F_GETFL, 0));
	SAY(timerfd_create, "is not set", C(read, fd, &value, 8));
	SAY(timerfd_create, "is not ready", ready((int)fd, POLLIN | POLLOUT));
	SAY(timerfd_create, "is not written", C(write, fd, &value, 8));
	T(timerfd_settime, "flags there are not", fd, 8, &set, NULL);
	T(timerfd_settime, "a time there is not", fd, 0, &wrong, NULL);
	T(timerfd_settime, "wild", fd, 0, WILD, NULL);
	T(timerfd_settime, "no timer", 0, 0, &set, NULL);
	T(timerfd_settime, "not open", 99, 0, &set, NULL);
	since = clock_now();
	T(timerfd_settime, "once", fd, 0, &set, &is);
	SAY(timerfd_settime, "was not set", is.it_value.tv_sec + is.it_value.tv_nsec);
	T(timerfd_gettime, "what is left", fd, &is);
	SAY(timerfd_gettime, "not more than there was", is.it_value.tv_sec == 0 &&
		is.it_value.tv_nsec > 0 && is.it_value.tv_nsec <= LATER);
	T(timerfd_gettime, "wild", fd, WILD);
	T(timerfd_gettime, "no timer", 0, &is);
	wait_for(fd);
	SAY(timerfd_settime, "it was time", clock_now() - since >= LATER);
	SAY(timerfd_settime, "is ready", ready((int)fd, POLLIN | POLLOUT));
	SAY(timerfd_settime, "is read", C(read, fd, &value, 8));
	SAY(timerfd_settime, "came once", value);
	SAY(timerfd_settime, "and no more", C(read, fd, &value, 8));
	T(timerfd_gettime, "of one that came", fd, &is);
	SAY(timerfd_gettime, "nothing is left", is.it_value.tv_sec + is.it_value.tv_nsec);
	set = in_nanos(1000000, 1000000);
	T(timerfd_settime, "again and again", fd, 0, &set, NULL);
	usleep(20000);
	SAY(timerfd_settime, "is read after some", C(read, fd, &value, 8));
	SAY(timerfd_settime, "came often", value >= 19);
	set = in_nanos(0, 0);
	T(timerfd_settime, "no more", fd, 0, &set, &is);
	SAY(timerfd_settime, "it was each millisecond", is.it_interval.tv_nsec);
	SAY(timerfd_settime, "nothing is to be read", C(read, fd, &value, 8));
	set = in_nanos(1, 0);
	T(timerfd_settime, "at a time long ago", fd, TFD_TIMER_ABSTIME, &set, NULL);
	wait_for(fd);
	SAY(timerfd_settime, "has come", (C(read, fd, &value, 8), value));
	C(close, fd);
	fd = C(timerfd_create, CLOCK_REALTIME, 0);
	set = in_nanos(LATER, 0);
	C(timerfd_settime, fd, 0, &set, NULL);
	SAY(timerfd_create, "of the wall's clock, is waited for", C(read, fd, &value, 8));
	SAY(timerfd_create, "came once", value);
	C(close, fd);
}

/* ---- signals ---- */

static void signals(void)
{
	uint64_t two = UINT64_C(1) << (SIGUSR1 - 1) | UINT64_C(1) << (SIGRTMIN - 1);
	uint64_t one = UINT64_C(1) << (SIGUSR2 - 1), all = two | one;
	union sigval with = { .sival_int = 1234 };
	struct signalfd_siginfo came[3];
	long fd, child;

	C(rt_sigprocmask, SIG_BLOCK, &all, NULL, 8);
	T(signalfd4, "a set of a wrong size", -1, &two, 4, 0);
	T(signalfd4, "flags there are not", -1, &two, 8, 1);
	T(signalfd4, "wild", -1, WILD, 8, 0);
	T(signalfd4, "no such one", 0, &two, 8, 0);
	T(signalfd4, "not open", 99, &two, 8, 0);
	fd = TOK(signalfd4, "of two signals", -1, &two, 8, SFD_NONBLOCK | SFD_CLOEXEC);
	SAY(signalfd4, "its flags", C(fcntl, fd, F_GETFL, 0));
	SAY(signalfd4, "none has come", C(read, fd, came, sizeof came));
	SAY(signalfd4, "is not ready", ready((int)fd, POLLIN));
	kill(getpid(), SIGUSR2);
	SAY(signalfd4, "another has come", C(read, fd, came, sizeof came));
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN, with);
	sigqueue(getpid(), SIGRTMIN, with);
	SAY(signalfd4, "is ready", ready((int)fd, POLLIN));
	SAY(signalfd4, "read into too little", C(read, fd, came, sizeof *came - 1));
	SAY(signalfd4, "is read", C(read, fd, came, 2 * sizeof *came) / (long)sizeof *came);
	SAY(signalfd4, "the first", came[0].ssi_signo);
	SAY(signalfd4, "how it was sent", (int)came[0].ssi_code);
	SAY(signalfd4, "by whom", came[0].ssi_pid == (unsigned)getpid());
	SAY(signalfd4, "the second", came[1].ssi_signo == (unsigned)SIGRTMIN);
	SAY(signalfd4, "with a value", came[1].ssi_int);
	SAY(signalfd4, "how it was sent with that", came[1].ssi_code == SI_QUEUE);
	SAY(signalfd4, "one is left", C(read, fd, came, sizeof came) / (long)sizeof *came);
	SAY(signalfd4, "of another set", C(signalfd4, fd, &one, 8, 0) == fd);
	SAY(signalfd4, "is read then", C(read, fd, came, sizeof came) / (long)sizeof *came);
	SAY(signalfd4, "that one", came[0].ssi_signo);
	SAY(signalfd4, "is written", C(write, fd, came, sizeof *came));
	C(close, fd);
	fd = TOK(signalfd, "that waits", -1, &two, 8);
	child = C(fork, 0);
	if (child == 0) {
		usleep(LATER / 1000);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	SAY(signalfd, "is waited for", C(read, fd, came, sizeof came) / (long)sizeof *came);
	SAY(signalfd, "by whom it was sent", came[0].ssi_pid == (unsigned)child);
	C(wait4, child, NULL, 0, NULL);
	child = C(fork, 0);
	if (child == 0) {
		usleep(LATER / 1000);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	SAY(signalfd, "is polled for", wait_for(fd));
	C(read, fd, came, sizeof came);
	C(wait4, child, NULL, 0, NULL);
	C(close, fd);
	C(rt_sigprocmask, SIG_UNBLOCK, &all, NULL, 8);
}

/* ---- epoll ---- */

static struct epoll_event got[8];

static long add(long ep, long fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	return C(epoll_ctl, ep, EPOLL_CTL_ADD, fd, &event);
}

static long modify(long ep, long fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	return C(epoll_ctl, ep, EPOLL_CTL_MOD, fd, &event);
}

static long now(long ep)
{
	memset(got, 0, sizeof got);
	return C(epoll_wait, ep, got, 8, 0);
}

static void items(long ep)
{
	long file = C(open, "f", O_RDWR), twin;
	int p[2];

	C(pipe, p);
	SAY(epoll_ctl, "a file", add(ep, file, EPOLLIN, 1));
	SAY(epoll_ctl, "a folder", add(ep, C(open, ".", O_RDONLY), EPOLLIN, 1));
	SAY(epoll_ctl, "not open", add(ep, 99, EPOLLIN, 1));
	SAY(epoll_ctl, "in none", add(99, p[0], EPOLLIN, 1));
	SAY(epoll_ctl, "in what is no epoll", add(p[0], p[1], EPOLLIN, 1));
	SAY(epoll_ctl, "itself", add(ep, ep, EPOLLIN, 1));
	SAY(epoll_ctl, "one that is not in it", modify(ep, p[0], EPOLLIN, 1));
	T(epoll_ctl, "out, one that is not in it", ep, EPOLL_CTL_DEL, p[0], NULL);
	T(epoll_ctl, "wild", ep, EPOLL_CTL_ADD, p[0], WILD);
	T(epoll_ctl, "what there is not", ep, 9, p[0], got);
	SAY(epoll_ctl, "a pipe's end", add(ep, p[0], EPOLLIN, 7));
	SAY(epoll_ctl, "again", add(ep, p[0], EPOLLIN, 7));
	twin = C(dup, p[0]);
	SAY(epoll_ctl, "its twin", add(ep, twin, EPOLLIN, 8));
	SAY(epoll_wait, "nothing is ready", now(ep));
	C(write, p[1], "x", 1);
	SAY(epoll_wait, "both are", now(ep));
	SAY(epoll_wait, "with data of both", got[0].data.u64 + got[1].data.u64);
	SAY(epoll_wait, "and events", got[0].events);
	SAY(epoll_wait, "they still are", now(ep));
	C(close, twin);
	SAY(epoll_wait, "with one closed, but not its file", now(ep));
	T(epoll_ctl, "out, by a number that is closed", ep, EPOLL_CTL_DEL, twin, NULL);
	T(epoll_ctl, "out", ep, EPOLL_CTL_DEL, p[0], NULL);
	SAY(epoll_wait, "the other one", now(ep));
	SAY(epoll_wait, "by its data", got[0].data.u64);
	C(close, p[0]);
	SAY(epoll_wait, "with the file closed", now(ep));
	C(close, p[1]);
	C(close, file);
}

static void edges(long ep)
{
	char some[4];
	int p[2];

	C(pipe, p);
	add(ep, p[0], EPOLLIN | EPOLLET, 1);
	SAY(epoll_wait, "edge: nothing yet", now(ep));
	C(write, p[1], "abc", 3);
	SAY(epoll_wait, "edge: has come", now(ep));
	SAY(epoll_wait, "edge: is no news", now(ep));
	C(read, p[0], some, 1);
	SAY(epoll_wait, "edge: some was read", now(ep));
	C(write, p[1], "d", 1);
	SAY(epoll_wait, "edge: more has come", now(ep));
	modify(ep, p[0], EPOLLIN | EPOLLET, 2);
	SAY(epoll_wait, "edge: after a change", now(ep));
	modify(ep, p[0], EPOLLIN | EPOLLONESHOT, 3);
	SAY(epoll_wait, "once", now(ep));
	SAY(epoll_wait, "not twice", now(ep));
	C(write, p[1], "e", 1);
	SAY(epoll_wait, "nor with more", now(ep));
	modify(ep, p[0], EPOLLIN | EPOLLONESHOT, 4);
	SAY(epoll_wait, "until it is set again", now(ep));
	SAY(epoll_wait, "with other data", got[0].data.u64);
	modify(ep, p[0], 0, 5);
	SAY(epoll_wait, "nothing is wanted", now(ep));
	C(close, p[1]);
	SAY(epoll_wait, "but the end", now(ep));
	SAY(epoll_wait, "is told always", got[0].events);
	C(close, p[0]);
}

static void many(long ep)
{
	unsigned seen = 0;
	long fds[6];

	for (int i = 0; i < 6; i++) {
		fds[i] = C(eventfd2, 1, 0);
		add(ep, fds[i], EPOLLIN, (uint64_t)i);
	}
	for (int i = 0; i < 3; i++) {
		memset(got, 0, sizeof got);
		C(epoll_wait, ep, got, 2, 0);
		seen |= 1u << got[0].data.u64 | 1u << got[1].data.u64;
	}
	SAY(epoll_wait, "each has its turn", seen);
	for (int i = 0; i < 6; i++)
		C(close, fds[i]);
	SAY(epoll_wait, "and all are gone", now(ep));
}

#define CROWD 700

/* How many different ones are told at once. */
static long different(long ep, int most)
{
	static struct epoll_event crowd[CROWD];
	static bool seen[CROWD];
	const long count = C(epoll_wait, ep, crowd, most, 0);
	long sum = 0;

	memset(seen, 0, sizeof seen);
	for (long i = 0; i < count; i++) {
		sum += !seen[crowd[i].data.u64];
		seen[crowd[i].data.u64] = true;
	}
	return sum;
}

static void crowd(long ep)
{
	long fds[CROWD];

	for (int i = 0; i < CROWD; i++) {
		fds[i] = C(eventfd2, 1, 0);
		add(ep, fds[i], EPOLLIN | (i % 2 ? EPOLLET : 0), (uint64_t)i);
	}
	SAY(epoll_wait, "as many as there is room for", different(ep, 480));
	SAY(epoll_wait, "hundreds at once, some for the first time", different(ep, CROWD) > 350);
	SAY(epoll_wait, "those of edges not again", different(ep, CROWD));
	for (int i = 0; i < CROWD; i++)
		C(close, fds[i]);
	SAY(epoll_wait, "the crowd is gone", now(ep));
}

static void nested(long ep)
{
	long inner = C(epoll_create1, 0), fd = C(eventfd2, 0, 0);

	add(inner, fd, EPOLLIN, 1);
	SAY(epoll_ctl, "an epoll in an epoll", add(ep, inner, EPOLLIN, 9));
	SAY(epoll_ctl, "in a circle", add(inner, ep, EPOLLIN, 9));
	SAY(epoll_wait, "inside nothing is ready", now(ep));
	value = 1;
	C(write, fd, &value, 8);
	SAY(epoll_wait, "inside something is", now(ep));
	SAY(epoll_wait, "told as the epoll", got[0].data.u64);
	SAY(epoll_ctl, "polled", ready((int)inner, POLLIN));
	C(read, fd, &value, 8);
	SAY(epoll_ctl, "polled in vain", ready((int)inner, POLLIN));
	SAY(epoll_wait, "inside it has been taken", now(ep));
	C(close, inner);
	C(close, fd);
}

static void waits(long ep)
{
	uint64_t usr1 = UINT64_C(1) << (SIGUSR1 - 1), free_mask = 0;
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct timespec none = { 0, 0 }, wrong = { 0, -5 }, soon = { 0, 20000000 },
		instant = { 0, 1 };
	long found = 0;
	long fd = C(eventfd2, 0, 0);
	pthread_t thread;
	int64_t since;

	T(epoll_wait, "not open", 99, got, 8, 0);
	T(epoll_wait, "no epoll", 0, got, 8, 0);
	T(epoll_wait, "for none", ep, got, 0, 0);
	T(epoll_wait, "wild", ep, BEYOND, 8, 0);
	since = clock_now();
	T(epoll_wait, "for a moment", ep, got, 8, 20);
	SAY(epoll_wait, "not less than that", clock_now() - since >= 20000000);
	add(ep, fd, EPOLLIN, 3);
	pthread_create(&thread, NULL, add_later, (void *)fd);
	T(epoll_wait, "however long", ep, got, 8, -1);
	SAY(epoll_wait, "it came", got[0].data.u64);
	pthread_join(thread, NULL);
	T(epoll_wait, "into the wild", ep, WILD, 8, 0);
	C(read, fd, &value, 8);
	pthread_create(&thread, NULL, add_later, (void *)fd);
	SAY(epoll_wait, "polled for however long",
		wait_for(ep));
	pthread_join(thread, NULL);
	C(read, fd, &value, 8);
	T(epoll_pwait, "a mask of a wrong size", ep, got, 8, 0, &free_mask, 4);
	T(epoll_pwait, "at once", ep, got, 8, 0, NULL, 8);
	sigaction(SIGUSR1, &action, NULL);
	C(rt_sigprocmask, SIG_BLOCK, &usr1, NULL, 8);
	kill(getpid(), SIGUSR1);
	T(epoll_pwait, "cut off by what its mask sets free", ep, got, 8, -1, &free_mask, 8);
	C(rt_sigprocmask, SIG_UNBLOCK, &usr1, NULL, 8);
#ifdef SYS_epoll_pwait2
	T(epoll_pwait2, "at once", ep, got, 8, &none, NULL, 8);
	T(epoll_pwait2, "a time there is not", ep, got, 8, &wrong, NULL, 8);
	T(epoll_pwait2, "for a moment", ep, got, 8, &soon, NULL, 8);
	C(write, fd, &value, 8);
	for (int i = 0; i < 2000; i++)
		found += C(epoll_pwait2, ep, got, 8, &instant, NULL, 8);
	SAY(epoll_pwait2, "ready, and its time is over at once", found);
	C(read, fd, &value, 8);
#endif
	C(close, fd);
}

void topic_events(void)
{
	long ep;

	make_file("f", "x");
	counters();
	timers();
	signals();
	T(epoll_create1, "flags there are not", 1);
	T(epoll_create, "of no size", 0);
	C(close, TOK(epoll_create, "of some size", 5));
	ep = TOK(epoll_create1, "closed by exec", EPOLL_CLOEXEC);
	SAY(epoll_create1, "it says so", C(fcntl, ep, F_GETFD, 0));
	SAY(epoll_create1, "its flags", C(fcntl, ep, F_GETFL, 0));
	SAY(epoll_create1, "is read", C(read, ep, got, 8));
	items(ep);
	edges(ep);
	many(ep);
	crowd(ep);
	nested(ep);
	waits(ep);
	C(close, ep);
}
