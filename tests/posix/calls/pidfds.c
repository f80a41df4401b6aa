/* Processes as files. */
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

static uint64_t value;

/* What poll says of it now. */
static long ready(int fd, short events)
{
	struct pollfd one = { fd, events, 0 };

	C(poll, &one, 1, 0);
	return one.revents;
}

static long wait_for(long fd)
{
	struct pollfd one = { (int)fd, POLLIN, 0 };

	return C(poll, &one, 1, 10000);
}

static void processes(void)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_USER }, was;
	int p[2];
	long child, fd;
	char byte;

	C(pipe, p);
	child = C(fork, 0);
	if (child == 0) {
		C(close, p[1]);
		C(read, p[0], &byte, 1);
		_exit(7);
	}
	T(pidfd_open, "of none", 0, 0);
	T(pidfd_open, "of nobody", 30000, 0);
	T(pidfd_open, "flags there are not", child, 1);
	fd = TOK(pidfd_open, "of a child", child, O_NONBLOCK);
	SAY(pidfd_open, "closed by exec", C(fcntl, fd, F_GETFD, 0));
	SAY(pidfd_open, "its flags", C(fcntl, fd, F_GETFL, 0));
	SAY(pidfd_open, "is read", C(read, fd, &value, 8));
	SAY(pidfd_open, "has not ended", ready((int)fd, POLLIN));
	T(pidfd_send_signal, "none", fd, 0, NULL, 0);
	T(pidfd_send_signal, "there is not", fd, 99, NULL, 0);
	T(pidfd_send_signal, "flags there are not", fd, 0, NULL, 8);
	T(pidfd_send_signal, "not open", 99, 0, NULL, 0);
	T(pidfd_send_signal, "to no process", p[0], 0, NULL, 0);
	T(pidfd_send_signal, "with another's cause", fd, SIGUSR2, &info, 0);
	T(pidfd_send_signal, "as if by kill", fd, SIGUSR1, &info, 0);
	T(pidfd_send_signal, "a wild cause", fd, SIGUSR1, WILD, 0);
	SAY(waitid, "by descriptor, that does not wait",
		C(waitid, P_PIDFD, fd, &was, WEXITED, NULL));
	SAY(waitid, "by descriptor, not open", C(waitid, P_PIDFD, 99, &was, WEXITED, NULL));
	SAY(waitid, "by descriptor, of no process",
		C(waitid, P_PIDFD, p[0], &was, WEXITED, NULL));
	C(write, p[1], "x", 1);
	SAY(pidfd_open, "is waited for", wait_for(fd));
	SAY(pidfd_open, "has ended", ready((int)fd, POLLIN));
	T(pidfd_send_signal, "to one that has ended", fd, 0, NULL, 0);
	SAY(waitid, "by descriptor", C(waitid, P_PIDFD, fd, &was, WEXITED, NULL));
	SAY(waitid, "by descriptor, its code", was.si_status);
	SAY(waitid, "by descriptor, again", C(waitid, P_PIDFD, fd, &was, WEXITED, NULL));
	T(pidfd_send_signal, "to one that is gone", fd, 0, NULL, 0);
	SAY(pidfd_open, "is gone, which can be read", ready((int)fd, POLLIN) & POLLIN);
	C(close, fd);
	child = C(fork, 0);
	if (child == 0) {
		C(pause, 0);
		_exit(7);
	}
	fd = C(pidfd_open, child, 0);
	T(pidfd_send_signal, "its end", fd, SIGTERM, NULL, 0);
	SAY(waitid, "by descriptor, of one that is killed",
		C(waitid, P_PIDFD, fd, &was, WEXITED, NULL));
	SAY(waitid, "by descriptor, its signal", was.si_status);
	C(close, fd);
	fd = C(openat, HERE, "/proc/self", O_DIRECTORY);
	T(pidfd_send_signal, "by its directory", fd, 0, NULL, 0);
	C(close, fd);
	fd = C(openat, HERE, "/proc/self", O_PATH);
	T(pidfd_send_signal, "by its directory's path alone", fd, 0, NULL, 0);
	C(close, fd);
	fd = C(openat, HERE, "/proc/self/fd", O_DIRECTORY);
	T(pidfd_send_signal, "by another directory", fd, 0, NULL, 0);
	C(close, fd);
	C(close, p[0]);
	C(close, p[1]);
}

/* ---- made with its process ---- */

/* What a line of a descriptor's page says, -2: there is none. */
static long page_says(long fd, const char *name)
{
	char path[50], text[300];
	const char *at;
	long page, size;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%ld", fd);
	page = C(openat, HERE, path, O_RDONLY);
	size = C(read, page, text, sizeof text - 1);
	C(close, page);
	text[size > 0 ? size : 0] = 0;
	at = strstr(text, name);
	return at ? atol(at + strlen(name)) : -2;
}

static void made(void)
{
	const char letter = 'x';
	int number = -7;
	char byte = 0;
	int p[2];
	long child;

	C(pipe, p);
	child = C(clone, CLONE_PIDFD | SIGCHLD, 0, &number);
	if (child == 0) {
		/* It has no descriptor of itself. */
		_exit(C(read, p[0], &byte, 1) == 1 && C(fcntl, number >= 0 ? number : 99,
			F_GETFD, 0) < 0 ? 3 : 4);
	}
	SAY(clone, "with a descriptor", number >= 0);
	SAY(clone, "its descriptor is closed by exec", C(fcntl, number, F_GETFD, 0));
	SAY(clone, "its descriptor's flags", C(fcntl, number, F_GETFL, 0));
	SAY(pidfd_open, "its page says the number", page_says(number, "\nPid:\t") == child);
	SAY(pidfd_open, "its page says it again", page_says(number, "\nNSpid:\t") == child);
	C(write, p[1], &letter, 1);
	SAY(waitid, "by the descriptor of clone",
		C(waitid, P_PIDFD, number, NULL, WEXITED | WNOWAIT, NULL));
	SAY(clone, "its descriptor's process", child_code(child));
	SAY(pidfd_open, "its page, when that is gone", page_says(number, "\nPid:\t") == -1);
	C(close, number);
	T(clone, "a descriptor at a wild address", CLONE_PIDFD | SIGCHLD, 0, WILD);
	T(clone, "a descriptor and the number at one place",
		CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &number);
	T(clone, "a descriptor of a thread", CLONE_PIDFD | CLONE_VM | CLONE_SIGHAND |
		CLONE_THREAD | CLONE_PARENT_SETTID, 0, &number);
	C(close, p[0]);
	C(close, p[1]);
}

static void made_by_clone3(void)
{
	uint64_t args[8] = { CLONE_PIDFD | CLONE_VFORK };
	int number = -7;
	long child;

	args[1] = (uint64_t)(uintptr_t)&number;
	args[4] = SIGCHLD;
	child = C(clone3, args, sizeof args);
	if (child == 0)
		_exit(5);
	SAY(clone3, "with a descriptor", number >= 0);
	SAY(clone3, "its descriptor says the end", wait_for(number));
	SAY(clone3, "its descriptor's process", child_code(child));
	SAY(clone3, "its descriptor behind that", ready(number, POLLIN) & POLLIN);
	C(close, number);
	args[1] = 16;
	T(clone3, "a descriptor at a wild address", args, sizeof args);
	args[0] = CLONE_PIDFD | CLONE_PARENT_SETTID;
	args[1] = args[3] = (uint64_t)(uintptr_t)&number;
	T(clone3, "a descriptor and the number at one place", args, sizeof args);
	args[0] = CLONE_PIDFD | 0x400000;
	T(clone3, "a descriptor, detached", args, sizeof args);
}

/* Of a table that is full. */
static void full(void)
{
	uint64_t limit[2] = { 3, 3 };
	int number = -7;

	for (int fd = 3; fd < 20; fd++)
		C(close, fd);
	C(prlimit64, 0, 7, limit, NULL);
	T(clone, "a descriptor for which there is no place", CLONE_PIDFD | SIGCHLD, 0, &number);
	SAY(clone, "no descriptor", number == -7);
	SAY(wait4, "no child without its descriptor", C(wait4, -1, NULL, 0, NULL));
	T(pidfd_open, "no place", C(getpid, 0), 0);
}

/* ---- waits ---- */

static void waits(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 5 }, got = { 0, { 0 } };
	siginfo_t was = { .si_signo = 9 };
	long child = C(fork, 0), fd, ep, again;

	if (child == 0) {
		C(pause, 0);
		_exit(0);
	}
	fd = C(pidfd_open, child, 0);
	again = C(pidfd_open, child, 0);
	SAY(waitid, "by descriptor, nothing yet",
		C(waitid, P_PIDFD, fd, &was, WEXITED | WNOHANG, NULL));
	SAY(waitid, "by descriptor, nothing yet, its signal", was.si_signo);
	ep = C(epoll_create1, 0);
	T(epoll_ctl, "a process", ep, EPOLL_CTL_ADD, fd, &event);
	SAY(epoll_wait, "a process that runs", C(epoll_wait, ep, &got, 1, 0));
	C(kill, child, SIGKILL);
	SAY(epoll_wait, "a process that is killed", C(epoll_wait, ep, &got, 1, 10000));
	SAY(epoll_wait, "a process that is killed, its events", got.events);
	SAY(pidfd_open, "another of it", wait_for(again));
	SAY(waitid, "by descriptor, and it stays",
		C(waitid, P_PIDFD, again, &was, WEXITED | WNOWAIT, NULL));
	SAY(waitid, "by descriptor, killed", was.si_code == CLD_KILLED && was.si_pid == child);
	SAY(pidfd_getfd, "of a zombie", C(pidfd_getfd, fd, 0, 0));
	SAY(waitid, "by another descriptor", C(waitid, P_PIDFD, fd, &was, WEXITED, NULL));
	T(pidfd_open, "of one that is gone", child, 0);
	SAY(waitid, "by descriptor, below zero", C(waitid, P_PIDFD, -1, &was, WEXITED, NULL));
	for (int i = 0; i < 3; i++)
		C(close, i == 0 ? fd : i == 1 ? ep : again);
}

/* ---- another's descriptors ---- */

static void takes(void)
{
	const char letter = 'y';
	char byte = 0;
	int p[2], q[2];
	long child, fd, taken;

	C(pipe, p);
	C(pipe, q);
	child = C(fork, 0);
	if (child == 0) {
		long mine = C(memfd_create, "mine", 0);

		C(dup3, mine, 60, 0);
		C(write, 60, "abc", 3);
		C(write, q[1], &letter, 1);
		C(read, p[0], &byte, 1);
		_exit(0);
	}
	C(read, q[0], &byte, 1);
	fd = C(pidfd_open, child, 0);
	taken = TOK(pidfd_getfd, "of a child", fd, 60, 0);
	SAY(pidfd_getfd, "closed by exec", C(fcntl, taken, F_GETFD, 0));
	SAY(pidfd_getfd, "shares the position", C(lseek, taken, 0, SEEK_CUR));
	C(pread64, taken, &byte, 1, 1);
	SAY(pidfd_getfd, "reads", byte);
	C(close, taken);
	T(pidfd_getfd, "not open there", fd, 61, 0);
	T(pidfd_getfd, "below zero", fd, -1, 0);
	T(pidfd_getfd, "flags there are not", fd, 60, 1);
	T(pidfd_getfd, "of no process", p[0], 60, 0);
	T(pidfd_getfd, "of nothing open", 99, 60, 0);
	T(setns, "a process, no kind", fd, 0);
	T(setns, "no namespace", p[0], 0);
	T(setns, "not open", 99, 0);
	C(write, p[1], &letter, 1);
	child_code(child);
	T(pidfd_getfd, "of one that is gone", fd, 60, 0);
	C(close, fd);
	fd = C(pidfd_open, C(getpid, 0), 0);
	taken = TOK(pidfd_getfd, "its own", fd, p[0], 0);
	C(close, taken);
	C(close, fd);
	for (int i = 0; i < 4; i++)
		C(close, i < 2 ? p[i] : q[i - 2]);
}

/* Of other users, and of those that hide. */
static void takes_as_other(void)
{
	int p[2];
	long child, fd;
	char byte;

	fd = C(pidfd_open, C(getppid, 0), 0);
	T(pidfd_getfd, "of another user", fd, 0, 0);
	T(pidfd_send_signal, "to another user's", fd, 0, NULL, 0);
	C(close, fd);
	C(pipe, p);
	child = C(fork, 0);
	if (child == 0) {
		C(prctl, PR_SET_DUMPABLE, 0);
		C(write, p[1], "x", 1);
		C(pause, 0);
		_exit(0);
	}
	C(read, p[0], &byte, 1);
	fd = C(pidfd_open, child, 0);
	T(pidfd_getfd, "of one that hides", fd, 0, 0);
	T(pidfd_send_signal, "to one that hides", fd, SIGKILL, NULL, 0);
	child_code(child);
}

void topic_pidfds(void)
{
	in_child(processes, 0);
	in_child(made, 0);
	in_child(made_by_clone3, 0);
	in_child(full, 0);
	in_child(waits, 0);
	in_child(takes, 0);
	in_child(takes_as_other, 1000);
}
