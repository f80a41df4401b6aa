/* Urgent bytes of streams (MSG_OOB): of AF_UNIX, and of TCP. */
#include "inet.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

static char some[64];
static const char *kind;
static bool is_inet;
static char what[100];

#define WHAT(text) (snprintf(what, sizeof what, "%s: %s", kind, text), what)

static void both(int p[2])
{
	if (is_inet)
		pair_inet(p);
	else
		pair(SOCK_STREAM, p);
}

/* The last byte is urgent; on Linux it is there when poll says so. */
static long urge(const int p[2], const char *text)
{
	long result = C(sendto, p[0], text, strlen(text), MSG_OOB, NULL, 0);

	wait_ready(p[1], POLLPRI);
	return result;
}

static long put(const int p[2], const char *text)
{
	return C(sendto, p[0], text, strlen(text), 0, NULL, 0);
}

/* What a read brings, without waiting. */
static void take(const char *text, const int p[2], int flags)
{
	long got;

	memset(some, 0, sizeof some);
	got = C(recvfrom, p[1], some, 20, flags | MSG_DONTWAIT, NULL, NULL);
	if (got > 0)
		TEXT(recvfrom, WHAT(text), some, got);
	else
		SAY(recvfrom, WHAT(text), got);
}

static long at_mark(long fd)
{
	int value = -1;
	long result = C(ioctl, fd, SIOCATMARK, &value);

	return result < 0 ? result : value;
}

static long there(long fd)
{
	int value = -1;

	return C(ioctl, fd, FIONREAD, &value) < 0 ? -1 : value;
}

/* ---- one ---- */

static void one(void)
{
	int p[2];

	both(p);
	take("none came", p, MSG_OOB);
	SAY(ioctl, WHAT("at no mark"), at_mark(p[1]));
	SAY(sendto, WHAT("its last byte is urgent"), urge(p, "abc"));
	SAY(sendto, WHAT("more"), put(p, "de"));
	wait_ready(p[1], POLLIN);
	SAY(poll, WHAT("some came"), ready(p[1]));
	SAY(ioctl, WHAT("before the mark"), at_mark(p[1]));
	SAY(ioctl, WHAT("how many, before the mark"), there(p[1]));
	take("a look at the urgent one", p, MSG_OOB | MSG_PEEK);
	take("a look stops at the mark", p, MSG_PEEK);
	take("up to the mark", p, 0);
	SAY(ioctl, WHAT("at the mark"), at_mark(p[1]));
	SAY(ioctl, WHAT("how many, at the mark"), there(p[1]));
	SAY(poll, WHAT("at the mark"), ready(p[1]));
	take("the urgent one", p, MSG_OOB);
	take("and again", p, MSG_OOB);
	SAY(poll, WHAT("it was read"), ready(p[1]));
	SAY(ioctl, WHAT("it was read"), at_mark(p[1]));
	take("behind the mark", p, 0);
	SAY(ioctl, WHAT("behind the mark"), at_mark(p[1]));
	take("no more", p, 0);
	close_both(p);
}

static void unread(void)
{
	int p[2];

	both(p);
	urge(p, "a");
	SAY(poll, WHAT("it alone"), ready(p[1]));
	SAY(ioctl, WHAT("it alone"), at_mark(p[1]));
	take("a look at nothing else", p, MSG_PEEK);
	SAY(ioctl, WHAT("a look passes nothing"), at_mark(p[1]));
	take("nothing else", p, 0);
	SAY(ioctl, WHAT("it was passed"), at_mark(p[1]));
	SAY(poll, WHAT("it was passed"), ready(p[1]));
	take("it is gone", p, MSG_OOB);
	urge(p, "bc");
	put(p, "de");
	take("before the next", p, 0);
	take("passed by a read", p, 0);
	take("it is lost", p, MSG_OOB);
	close_both(p);
}

static void second(void)
{
	int p[2];

	both(p);
	urge(p, "abc");
	urge(p, "def");
	take("the first is a byte as all others", p, 0);
	take("the second is urgent", p, MSG_OOB);
	put(p, "g");
	C(poll, NULL, 0, 20);
	take("behind the second", p, 0);
	urge(p, "h");
	take("the third", p, MSG_OOB);
	urge(p, "i");
	take("the fourth, in its place", p, MSG_OOB);
	take("nothing else came", p, 0);
	close_both(p);
}

static void in_line(void)
{
	int p[2];

	both(p);
	SAY(setsockopt, WHAT("in line"), set(p[1], SOL_SOCKET, SO_OOBINLINE, 1));
	urge(p, "abc");
	put(p, "de");
	C(poll, NULL, 0, 20);
	SAY(poll, WHAT("in line"), ready(p[1]));
	SAY(ioctl, WHAT("how many, in line"), there(p[1]));
	take("in line there is none", p, MSG_OOB);
	take("up to it, in line", p, 0);
	SAY(ioctl, WHAT("at it, in line"), at_mark(p[1]));
	SAY(poll, WHAT("at it, in line"), ready(p[1]));
	take("it, in line", p, 0);
	SAY(ioctl, WHAT("behind it, in line"), at_mark(p[1]));
	SAY(poll, WHAT("behind it, in line"), ready(p[1]));
	close_both(p);
}

static void at_end(void)
{
	int p[2];

	both(p);
	urge(p, "ab");
	C(shutdown, p[0], SHUT_WR);
	wait_ready(p[1], POLLRDHUP);
	SAY(poll, WHAT("before the end"), ready(p[1]));
	take("up to it, before the end", p, 0);
	take("it, before the end", p, MSG_OOB);
	take("the end", p, 0);
	take("behind the end", p, MSG_OOB);
	close_both(p);
	both(p);
	urge(p, "a");
	take("had before its sender closed", p, MSG_OOB);
	C(close, p[0]);
	wait_ready(p[1], POLLRDHUP);
	take("the end behind it", p, 0);
	C(close, p[1]);
}

/* ---- who waits, and is told ---- */

static void *later(void *p)
{
	C(poll, NULL, 0, 30);
	put(p, "abc");
	C(poll, NULL, 0, 30);
	urge(p, "d");
	C(poll, NULL, 0, 30);
	put(p, "efgh");
	return NULL;
}

static void all(void)
{
	pthread_t thread;
	int p[2];

	both(p);
	pthread_create(&thread, NULL, later, p);
	memset(some, 0, sizeof some);
	SAY(recvfrom, WHAT("who waits for all, up to the mark"),
		C(recvfrom, p[1], some, 7, MSG_WAITALL, NULL, NULL));
	pthread_join(thread, NULL);
	SAY(ioctl, WHAT("who waited for all is at the mark"), at_mark(p[1]));
	SAY(recvfrom, WHAT("all behind it"), C(recvfrom, p[1], some, 4, MSG_WAITALL, NULL, NULL));
	TEXT(recvfrom, WHAT("what is behind it"), some, 4);
	pthread_create(&thread, NULL, later, p);
	C(recvfrom, p[1], some, 3, MSG_WAITALL, NULL, NULL);
	SAY(read, WHAT("who waits passes it"), C(read, p[1], some, 9));
	TEXT(read, WHAT("what who waited read"), some, 4);
	pthread_join(thread, NULL);
	close_both(p);
}

static void polls(void)
{
	struct epoll_event event = { .events = EPOLLPRI | EPOLLET }, got;
	long ep = C(epoll_create1, 0);
	struct timeval now = { 0, 0 };
	fd_set set;
	int p[2];

	both(p);
	C(epoll_ctl, ep, EPOLL_CTL_ADD, p[1], &event);
	SAY(epoll_wait, WHAT("nothing urgent"), C(epoll_wait, ep, &got, 1, 0));
	urge(p, "a");
	SAY(epoll_wait, WHAT("urgent"), C(epoll_wait, ep, &got, 1, 2000));
	SAY(epoll_wait, WHAT("its events"), got.events);
	SAY(epoll_wait, WHAT("no news"), C(epoll_wait, ep, &got, 1, 0));
	FD_ZERO(&set);
	FD_SET(p[1], &set);
	SAY(select, WHAT("exceptional"), C(select, p[1] + 1, NULL, NULL, &set, &now));
	SAY(select, WHAT("it is that"), FD_ISSET(p[1], &set) != 0);
	take("what was exceptional", p, MSG_OOB);
	SAY(select, WHAT("no more"), C(select, p[1] + 1, NULL, NULL, &set, &now));
	close_both(p);
	C(close, ep);
}

static volatile int signals;

static void on_urgent(int number)
{
	signals += number == SIGURG;
}

static void told(void)
{
	int p[2];

	signals = 0;
	signal(SIGURG, on_urgent);
	both(p);
	urge(p, "a");
	SAY(sendto, WHAT("nobody is told"), signals);
	SAY(fcntl, WHAT("whom to tell"), C(fcntl, p[1], F_SETOWN, getpid()));
	urge(p, "b");
	wait_ready(p[1], POLLERR);
	SAY(sendto, WHAT("the owner is told"), signals);
	SAY(fcntl, WHAT("a group to tell"), C(fcntl, p[1], F_SETOWN, -getpgid(0)));
	urge(p, "c");
	wait_ready(p[1], POLLERR);
	SAY(sendto, WHAT("its group is told"), signals);
	signal(SIGURG, SIG_DFL);
	close_both(p);
}

/* Whom a process of another user names is not told if that one may not send signals there. */
static void told_of_another(void)
{
	int p[2];

	pair(SOCK_STREAM, p);
	if (C(fcntl, p[1], F_SETOWN, getppid()) == 0)
		C(sendto, p[0], "a", 1, MSG_OOB, NULL, 0);
	close_both(p);
	_exit(0);
}

/* ---- edges ---- */

static void messages(void)
{
	struct iovec pieces[5];
	struct msghdr head = { .msg_iov = pieces, .msg_iovlen = 5 };
	int p[2];

	both(p);
	for (int i = 0; i < 5; i++)
		pieces[i] = (struct iovec){ "abcde" + i, 1 };
	SAY(sendmsg, WHAT("urgent, in pieces"), C(sendmsg, p[0], &head, MSG_OOB));
	wait_ready(p[1], POLLPRI);
	SAY(ioctl, WHAT("the last piece is urgent"), at_mark(p[1]));
	take("all pieces but one", p, 0);
	head.msg_iovlen = 1;
	pieces[0] = (struct iovec){ some, 9 };
	SAY(recvmsg, WHAT("urgent"), C(recvmsg, p[1], &head, MSG_OOB));
	SAY(recvmsg, WHAT("its flags"), head.msg_flags);
	TEXT(recvmsg, WHAT("the urgent piece"), some, 1);
	put(p, "f");
	wait_ready(p[1], POLLIN);
	SAY(recvmsg, WHAT("ordinary"), C(recvmsg, p[1], &head, 0));
	SAY(recvmsg, WHAT("the flags of that"), head.msg_flags);
	T(sendto, WHAT("urgent, of nothing"), p[0], "", 0, MSG_OOB, NULL, 0);
	T(sendto, WHAT("urgent, from the wild"), p[0], WILD, 3, MSG_OOB, NULL, 0);
	urge(p, "g");
	T(recvfrom, WHAT("urgent, no room"), p[1], some, 0, MSG_OOB, NULL, NULL);
	close_both(p);
}

static void of_kind(const char *name, bool inet)
{
	kind = name;
	is_inet = inet;
	one();
	unread();
	second();
	in_line();
	at_end();
	all();
	polls();
	told();
	messages();
}

static void others(void)
{
	long udp = C(socket, AF_INET, SOCK_DGRAM, 0), tcp = C(socket, AF_INET, SOCK_STREAM, 0);
	int p[2];

	pair(SOCK_DGRAM, p);
	T(recvfrom, "of datagrams", p[1], some, 9, MSG_OOB | MSG_DONTWAIT, NULL, NULL);
	SAY(ioctl, "a mark of datagrams", at_mark(p[1]));
	close_both(p);
	pair(SOCK_SEQPACKET, p);
	T(recvfrom, "of records", p[1], some, 9, MSG_OOB | MSG_DONTWAIT, NULL, NULL);
	close_both(p);
	T(recvfrom, "of UDP", udp, some, 9, MSG_OOB | MSG_DONTWAIT, NULL, NULL);
	SAY(ioctl, "a mark of UDP", at_mark(udp));
	T(recvfrom, "not connected", tcp, some, 9, MSG_OOB, NULL, NULL);
	T(ioctl, "a mark, into the wild", tcp, SIOCATMARK, WILD);
	C(close, udp);
	C(close, tcp);
	tcp = bound_inet(SOCK_STREAM, "127.0.0.1", 1);
	T(recvfrom, "of one that listens", tcp, some, 9, MSG_OOB, NULL, NULL);
	SAY(ioctl, "a mark of one that listens", at_mark(tcp));
	C(close, tcp);
	signals = 0;
	signal(SIGURG, on_urgent);
	in_child(told_of_another, 1000);
	SAY(sendto, "another user's process is not told", signals);
	signal(SIGURG, SIG_DFL);
}

void topic_urgent(void)
{
	loopback_up();
	of_kind("unix", false);
	of_kind("tcp", true);
	others();
}
