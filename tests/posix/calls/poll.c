/* Waiting for several descriptors. */
#include "call.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static int p[2];
static long file;

static void handler(int number)
{
	(void)number;
}

static void lists(void)
{
	struct pollfd list[3] = { { p[0], POLLIN, 0 }, { p[1], POLLOUT, 0 }, { -1, POLLIN, 9 } };
	struct timespec none = { 0, 0 }, wrong = { 0, -5 };
	long found = 0;
	uint64_t mask = 0;
	int64_t since;

	T(poll, "what is ready", list, 3, 0);
	SAY(poll, "nothing to read", list[0].revents);
	SAY(poll, "room to write", list[1].revents);
	SAY(poll, "below 0 is passed over", list[2].revents);
	since = clock_now();
	T(poll, "for a moment", list, 1, 20);
	SAY(poll, "not less than that", clock_now() - since >= 20000000);
	C(write, p[1], "x", 1);
	T(poll, "however long", list, 1, -1);
	SAY(poll, "something to read", list[0].revents);
	list[2] = (struct pollfd){ 99, POLLIN, 0 };
	T(poll, "one is not open", list, 3, -1);
	SAY(poll, "which it says", list[2].revents);
	list[2] = (struct pollfd){ (int)file, POLLIN | POLLOUT, 0 };
	T(poll, "a file", list + 2, 1, -1);
	SAY(poll, "is always ready", list[2].revents);
	T(poll, "nothing, for no time", NULL, 0, 0);
	T(poll, "wild", WILD, 1, 0);
	T(poll, "too many", list, 1 << 30, 0);
	T(ppoll, "at once", list, 1, &none, NULL, 0);
	for (int i = 0; i < 2000; i++) {
		struct timespec instant = { 0, 1 };

		found += C(ppoll, list, 1, &instant, NULL, 0);
	}
	SAY(ppoll, "ready, and its time is over at once", found);
	T(ppoll, "a time there is not", list, 1, &wrong, NULL, 0);
	T(ppoll, "with a mask", list, 1, &none, &mask, 8);
	T(ppoll, "with a mask of a wrong size", list, 1, &none, &mask, 4);
	T(ppoll, "a wild mask", list, 1, &none, WILD, 8);
	T(ppoll, "wild", WILD, 1, &none, NULL, 0);
}

static void sets(void)
{
	struct { const void *mask; unsigned long size; } pair = { NULL, 8 };
	struct timeval soon = { 0, 1000 }, wrong = { 0, -1 };
	struct timespec none = { 0, 0 };
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(p[0], &in);
	FD_SET(p[1], &out);
	T(select, "what is ready", 20, &in, &out, NULL, &soon);
	SAY(select, "to read", FD_ISSET(p[0], &in) != 0);
	SAY(select, "to write", FD_ISSET(p[1], &out) != 0);
	T(select, "none below that number", 1, &in, NULL, NULL, &soon);
	T(select, "a number below 0", -1, NULL, NULL, NULL, &soon);
	T(select, "a time there is not", 0, NULL, NULL, NULL, &wrong);
	T(select, "wild", 20, WILD, NULL, NULL, &soon);
	FD_ZERO(&in);
	FD_SET(40, &in);
	T(select, "one is not open", 100, &in, NULL, NULL, &soon);
	T(pselect6, "nothing", 0, NULL, NULL, NULL, &none, NULL);
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	T(pselect6, "to read", 20, &in, NULL, NULL, &none, &pair);
	T(pselect6, "one is not open", 100, (FD_SET(40, &in), &in), NULL, NULL, &none, &pair);
	T(pselect6, "a wild mask", 20, NULL, NULL, NULL, &none, WILD);
	T(pselect6, "wild", 20, WILD, NULL, NULL, &none, NULL);
}

/* More than a message has room for. */
static void many(void)
{
	static struct pollfd list[1100];
	struct rlimit limit = { 700, 4096 };
	int last = 999;

	for (int i = 0; i < 1100; i++)
		list[i] = (struct pollfd){ p[i % 2], i % 2 ? POLLOUT : POLLIN, 0 };
	T(poll, "many", list, 1000, 0);
	SAY(poll, "the first of many", list[0].revents);
	SAY(poll, "the last of many", list[last].revents);
	for (int i = 0; i < 1100; i++)
		list[i].fd = p[0];
	for (int i = 0; i < 1100; i++)
		list[i].events = POLLIN;
	T(poll, "many, for a moment", list, 1000, 10);
	SAY(poll, "the last of many is not ready", list[last].revents);
	list[last].fd = 99;
	T(poll, "many, one of them not open", list, 1000, -1);
	SAY(poll, "the last of many is not open", list[last].revents);
	C(setrlimit, RLIMIT_NOFILE, &limit);
	T(poll, "more than there may be files", list, 701, 0);
	T(poll, "as many as there may be files", list, 700, 0);
	limit.rlim_cur = 10;
	C(setrlimit, RLIMIT_NOFILE, &limit);
	T(poll, "a few more than there may be files", list, 11, 0);
	limit.rlim_cur = 1024;
	C(setrlimit, RLIMIT_NOFILE, &limit);
	T(poll, "many, wild", WILD, 1000, 0);
}

/* Set free by the call itself, which it ends. */
static void signals(void)
{
	uint64_t usr1 = UINT64_C(1) << (SIGUSR1 - 1), free_mask = 0, is;
	struct { const void *mask; unsigned long size; } pair = { &free_mask, 8 };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &action, NULL);
	C(rt_sigprocmask, SIG_BLOCK, &usr1, NULL, 8);
	C(kill, C(getpid, 0), SIGUSR1);
	T(ppoll, "cut off by what its mask sets free", NULL, 0, NULL, &free_mask, 8);
	C(rt_sigprocmask, SIG_BLOCK, NULL, &is, 8);
	SAY(ppoll, "the mask is as before", is == usr1);
	C(kill, C(getpid, 0), SIGUSR1);
	T(pselect6, "cut off by what its mask sets free", 0, NULL, NULL, NULL, NULL, &pair);
	C(rt_sigprocmask, SIG_BLOCK, NULL, &is, 8);
	SAY(pselect6, "the mask is as before", is == usr1);
}

static void ends(void)
{
	struct pollfd one = { p[0], POLLIN, 0 };
	char text[8];

	C(close, p[1]);
	T(poll, "nobody writes any more", &one, 1, -1);
	SAY(poll, "what is left, and the end", one.revents);
	C(read, p[0], text, 8);
	T(poll, "nothing is left", &one, 1, -1);
	SAY(poll, "the end", one.revents);
	C(close, p[0]);
	C(pipe, p);
	C(close, p[0]);
	one = (struct pollfd){ p[1], POLLOUT, 0 };
	T(poll, "nobody reads any more", &one, 1, -1);
	SAY(poll, "an error", one.revents);
}

void topic_poll(void)
{
	make_file("f", "x");
	file = C(open, "f", O_RDWR);
	C(pipe, p);
	lists();
	many();
	sets();
	signals();
	ends();
}
