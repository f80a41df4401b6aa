/* Options of sockets, and what sockets say of themselves. */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

static const struct { const char *name; int number, value; } switches[] = {
	{ "debug", SO_DEBUG, 0 },
	{ "reuse of addresses", SO_REUSEADDR, 1 },
	{ "routes", SO_DONTROUTE, 1 },
	{ "broadcast", SO_BROADCAST, 1 },
	{ "kept alive", SO_KEEPALIVE, 1 },
	{ "out of band in line", SO_OOBINLINE, 1 },
	{ "who sends", SO_PASSCRED, 1 },
	{ "times", SO_TIMESTAMP, 1 },
	{ "priority", SO_PRIORITY, 3 },
	{ "low mark", SO_RCVLOWAT, 1 },
	{ "low mark below 0", SO_RCVLOWAT, -5 },
};

static void numbers(void)
{
	long fd = C(socket, AF_UNIX, SOCK_STREAM, 0), result;
	char what[80];

	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
		SAY(setsockopt, switches[i].name, set(fd, SOL_SOCKET, switches[i].number, switches[i].value));
		result = option(fd, SOL_SOCKET, switches[i].number);
		SAY(getsockopt, switches[i].name, result);
	}
	for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; type++) {
		long one = C(socket, AF_UNIX, type, 0);

		if (one < 0)
			continue;
		snprintf(what, sizeof what, "type of type %d", type);
		SAY(getsockopt, what, option(one, SOL_SOCKET, SO_TYPE));
		C(close, one);
	}
	SAY(getsockopt, "family", option(fd, SOL_SOCKET, SO_DOMAIN));
	SAY(getsockopt, "protocol", option(fd, SOL_SOCKET, SO_PROTOCOL));
	SAY(getsockopt, "listens", option(fd, SOL_SOCKET, SO_ACCEPTCONN));
	SAY(getsockopt, "error", option(fd, SOL_SOCKET, SO_ERROR));
	SAY(getsockopt, "low mark of writes", option(fd, SOL_SOCKET, SO_SNDLOWAT));
	SAY(setsockopt, "low mark of writes", set(fd, SOL_SOCKET, SO_SNDLOWAT, 5));
	SAY(setsockopt, "type", set(fd, SOL_SOCKET, SO_TYPE, SOCK_DGRAM));
	SAY(setsockopt, "error", set(fd, SOL_SOCKET, SO_ERROR, 1));
	SAY(setsockopt, "ports", set(fd, SOL_SOCKET, SO_REUSEPORT, 1));
	SAY(setsockopt, "there is not", set(fd, SOL_SOCKET, 999, 1));
	SAY(getsockopt, "there is not", option(fd, SOL_SOCKET, 999));
	SAY(setsockopt, "of a level there is not", set(fd, 999, 1, 1));
	SAY(getsockopt, "of a level there is not", option(fd, 999, 1));
	SAY(setsockopt, "of TCP", set(fd, IPPROTO_TCP, 1, 1));
	SAY(getsockopt, "of TCP", option(fd, IPPROTO_TCP, 1));
	C(close, fd);
}

static void sizes(void)
{
	long fd = C(socket, AF_UNIX, SOCK_STREAM, 0);
	struct timeval time = { 3, 500000 }, wrong = { 0, 1000000 }, below = { -1, 0 }, is;
	struct linger linger = { 1, 7 };
	struct ucred peer;
	int value = 1;
	socklen_t size = 4;

	SAY(setsockopt, "what is sent", set(fd, SOL_SOCKET, SO_SNDBUF, 10000));
	SAY(getsockopt, "what is sent", option(fd, SOL_SOCKET, SO_SNDBUF));
	SAY(setsockopt, "very little is sent", set(fd, SOL_SOCKET, SO_SNDBUF, 1));
	SAY(getsockopt, "very little is sent", option(fd, SOL_SOCKET, SO_SNDBUF));
	SAY(setsockopt, "what is received", set(fd, SOL_SOCKET, SO_RCVBUF, 20000));
	SAY(getsockopt, "what is received", option(fd, SOL_SOCKET, SO_RCVBUF));
	SAY(setsockopt, "very little is received", set(fd, SOL_SOCKET, SO_RCVBUF, 1));
	SAY(getsockopt, "very little is received", option(fd, SOL_SOCKET, SO_RCVBUF));
	T(setsockopt, "a time", fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
	size = sizeof is;
	T(getsockopt, "a time", fd, SOL_SOCKET, SO_RCVTIMEO, &is, &size);
	SAY(getsockopt, "a time's seconds", is.tv_sec);
	SAY(getsockopt, "a time's microseconds", is.tv_usec);
	SAY(getsockopt, "a time's size", size);
	T(setsockopt, "a time there is not", fd, SOL_SOCKET, SO_SNDTIMEO, &wrong, sizeof wrong);
	T(setsockopt, "a time below 0", fd, SOL_SOCKET, SO_SNDTIMEO, &below, sizeof below);
	T(setsockopt, "half a time", fd, SOL_SOCKET, SO_SNDTIMEO, &time, 8);
	T(setsockopt, "lingers", fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	linger.l_linger = 0;
	size = sizeof linger;
	T(getsockopt, "lingers", fd, SOL_SOCKET, SO_LINGER, &linger, &size);
	SAY(getsockopt, "lingers so long", linger.l_linger);
	T(setsockopt, "lingers, half", fd, SOL_SOCKET, SO_LINGER, &linger, 4);
	T(setsockopt, "not open", 99, SOL_SOCKET, SO_KEEPALIVE, &value, 4);
	T(setsockopt, "no socket", 0, SOL_SOCKET, SO_KEEPALIVE, &value, 4);
	T(setsockopt, "too short", fd, SOL_SOCKET, SO_KEEPALIVE, &value, 3);
	T(setsockopt, "below 0 long", fd, SOL_SOCKET, SO_KEEPALIVE, &value, -1);
	T(setsockopt, "wild", fd, SOL_SOCKET, SO_KEEPALIVE, WILD, 4);
	T(setsockopt, "longer", fd, SOL_SOCKET, SO_KEEPALIVE, &value, 8);
	T(getsockopt, "not open", 99, SOL_SOCKET, SO_KEEPALIVE, &value, &size);
	T(getsockopt, "no socket", 0, SOL_SOCKET, SO_KEEPALIVE, &value, &size);
	T(getsockopt, "wild", fd, SOL_SOCKET, SO_KEEPALIVE, WILD, &size);
	T(getsockopt, "wild length", fd, SOL_SOCKET, SO_KEEPALIVE, &value, WILD);
	size = (socklen_t)-1;
	T(getsockopt, "below 0 long", fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size);
	size = 1;
	value = -1;
	T(getsockopt, "one byte", fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size);
	SAY(getsockopt, "one byte's value", value & 255);
	SAY(getsockopt, "one byte's size", size);
	size = 100;
	T(getsockopt, "much room", fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size);
	SAY(getsockopt, "much room's size", size);
	size = sizeof peer;
	T(getsockopt, "nobody is the peer", fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	SAY(getsockopt, "nobody's process", peer.pid);
	SAY(getsockopt, "nobody's user", (long)peer.uid);
	C(close, fd);
}

static void as_another(void)
{
	long fd = C(socket, AF_UNIX, SOCK_STREAM, 0);

	SAY(setsockopt, "by another user: debug", set(fd, SOL_SOCKET, SO_DEBUG, 1));
	SAY(setsockopt, "by another user: high priority", set(fd, SOL_SOCKET, SO_PRIORITY, 7));
	SAY(setsockopt, "by another user: mark", set(fd, SOL_SOCKET, SO_MARK, 7));
	SAY(setsockopt, "by another user: size by force", set(fd, SOL_SOCKET, SO_SNDBUFFORCE, 70000));
}

static void control(void)
{
	int p[2], value = 1;

	pair(SOCK_STREAM, p);
	T(ioctl, "does not wait", p[0], FIONBIO, &value);
	SAY(ioctl, "is seen by fcntl", C(fcntl, p[0], F_GETFL, 0));
	T(ioctl, "how much, into the wild", p[0], FIONREAD, WILD);
	T(ioctl, "of a terminal", p[0], TCGETS, WILD);
	T(ioctl, "there is not", p[0], 0x7777, &value);
	SAY(fcntl, "to whom signals go", C(fcntl, p[0], F_GETOWN, 0));
	SAY(fcntl, "signals go to this one", C(fcntl, p[0], F_SETOWN, getpid()));
	SAY(fcntl, "signals go to", C(fcntl, p[0], F_GETOWN, 0) == getpid());
	close_both(p);
}

void topic_socketoptions(void)
{
	numbers();
	sizes();
	SAY(setsockopt, "by another user", in_child(as_another, 1000));
	control();
}
