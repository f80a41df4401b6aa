/* TCP over the loopback, of both versions of IP; addresses and ports. */
#include "inet.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static char some[4096], what[100];

#define WHAT(text) (snprintf(what, sizeof what, "%s: %s", kind, text), what)

/* ---- making ---- */

static void as_another(void)
{
	long fd = C(socket, AF_INET, SOCK_STREAM, 0);

	T(socket, "raw, by another user", AF_INET, SOCK_RAW, IPPROTO_ICMP);
	SAY(bind, "a low port, by another user", bind_inet(fd, "127.0.0.1", 80));
	SAY(bind, "a high port, by another user", bind_inet(fd, "127.0.0.1", 1024));
}

static void made(void)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 2; i++) {
		const int family = families[i];
		const char *kind = i ? "inet6" : "inet";

		TOK(socket, WHAT("a stream"), family, SOCK_STREAM, 0);
		TOK(socket, WHAT("a stream of TCP"), family, SOCK_STREAM, IPPROTO_TCP);
		T(socket, WHAT("a stream of UDP"), family, SOCK_STREAM, IPPROTO_UDP);
		T(socket, WHAT("a stream of ICMP"), family, SOCK_STREAM, IPPROTO_ICMP);
		TOK(socket, WHAT("datagrams"), family, SOCK_DGRAM, 0);
		TOK(socket, WHAT("datagrams of UDP"), family, SOCK_DGRAM, IPPROTO_UDP);
		T(socket, WHAT("datagrams of TCP"), family, SOCK_DGRAM, IPPROTO_TCP);
		T(socket, WHAT("records"), family, SOCK_SEQPACKET, 0);
		T(socket, WHAT("reliable"), family, SOCK_RDM, 0);
		T(socket, WHAT("raw, of no protocol"), family, SOCK_RAW, 0);
		T(socket, WHAT("a protocol below 0"), family, SOCK_STREAM, -1);
		T(socket, WHAT("a protocol too large"), family, SOCK_STREAM, 500);
		T(socketpair, WHAT("a pair"), family, SOCK_STREAM, 0, some);
	}
	SAY(socket, "by another user", in_child(as_another, 1000));
}

/* ---- names ---- */

static void binds(void)
{
	struct sockaddr_in address = in_address("127.0.0.1", 0);
	long fd = C(socket, AF_INET, SOCK_STREAM, 0), other = C(socket, AF_INET, SOCK_STREAM, 0);
	int port;

	shown("getsockname", "unbound", C(getsockname, fd, &named, length(200)));
	T(getpeername, "unbound", fd, &named, length(200));
	T(bind, "of too short an address", fd, &address, 15);
	T(bind, "of no address", fd, &address, 0);
	T(bind, "of too long an address", fd, &address, 129);
	T(bind, "wild", fd, WILD, sizeof address);
	address.sin_family = AF_INET6;
	T(bind, "of another family", fd, memcpy(some, &address, sizeof address), 28);
	address.sin_family = AF_UNSPEC;
	T(bind, "of no family", fd, &address, sizeof address);
	SAY(bind, "an address of another machine", bind_inet(fd, "10.1.2.3", 0));
	SAY(bind, "an address of all", bind_inet(fd, "255.255.255.255", 0));
	C(close, fd);
	fd = C(socket, AF_INET, SOCK_STREAM, 0);
	SAY(bind, "any port", bind_inet(fd, "127.0.0.1", 0));
	shown("getsockname", "of any port", C(getsockname, fd, &named, length(200)));
	port = port_of(fd);
	SAY(bind, "a port of those that are given", port >= 32768 && port <= 60999);
	SAY(bind, "again", bind_inet(fd, "127.0.0.1", 0));
	SAY(bind, "a port that is taken", bind_inet(other, "127.0.0.1", port));
	SAY(bind, "a port that is taken, of all", bind_inet(other, "0.0.0.0", port));
	SAY(bind, "a port that is taken, elsewhere", bind_inet(other, "127.0.0.2", port));
	shown("getsockname", "elsewhere", C(getsockname, other, &named, length(200)));
	C(close, other);
	other = C(socket, AF_INET, SOCK_STREAM, 0);
	set(other, SOL_SOCKET, SO_REUSEADDR, 1);
	SAY(bind, "a port that is taken, used again by one", bind_inet(other, "127.0.0.1", port));
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	SAY(bind, "a port that is taken, used again by both", bind_inet(other, "127.0.0.1", port));
	SAY(listen, "one of both", C(listen, fd, 1));
	SAY(listen, "the other", C(listen, other, 1));
	C(close, other);
	other = C(socket, AF_INET, SOCK_STREAM, 0);
	set(other, SOL_SOCKET, SO_REUSEADDR, 1);
	SAY(bind, "a port where somebody listens", bind_inet(other, "127.0.0.1", port));
	C(close, other);
	C(close, fd);
	fd = C(socket, AF_INET, SOCK_STREAM, 0);
	other = C(socket, AF_INET, SOCK_STREAM, 0);
	set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	bind_inet(fd, "0.0.0.0", 0);
	port = port_of(fd);
	SAY(bind, "a port shared by one", bind_inet(other, "0.0.0.0", port));
	set(other, SOL_SOCKET, SO_REUSEPORT, 1);
	SAY(bind, "a port shared by both", bind_inet(other, "0.0.0.0", port));
	SAY(listen, "one that shares", C(listen, fd, 1));
	SAY(listen, "the other that shares", C(listen, other, 1));
	C(close, fd);
	C(close, other);
	fd = C(socket, AF_INET, SOCK_STREAM, 0);
	SAY(listen, "unbound", C(listen, fd, 1));
	shown("getsockname", "of who listens unbound", C(getsockname, fd, &named, length(200)));
	SAY(bind, "who listens", bind_inet(fd, "127.0.0.1", 0));
	C(close, fd);
	fd = C(socket, AF_INET, SOCK_STREAM, 0);
	SAY(bind, "a low port", bind_inet(fd, "127.0.0.1", 81));
	C(close, fd);
}

static void binds6(void)
{
	long fd = C(socket, AF_INET6, SOCK_STREAM, 0), other = C(socket, AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in6 address = in6_address("::1", 0);
	int port;

	shown("getsockname", "unbound of 6", C(getsockname, fd, &named, length(200)));
	T(bind, "of too short an address of 6", fd, &address, 23);
	T(bind, "of the old length of 6", fd, &address, 24);
	C(close, fd);
	fd = C(socket, AF_INET6, SOCK_STREAM, 0);
	SAY(bind, "another machine's of 6", bind_inet(fd, "2001:db8::1", 0));
	SAY(bind, "a link's of 6", bind_inet(fd, "fe80::1", 0));
	SAY(getsockopt, "only 6", option(fd, IPPROTO_IPV6, IPV6_V6ONLY));
	SAY(bind, "all of 6", bind_inet(fd, "::", 0));
	shown("getsockname", "all of 6", C(getsockname, fd, &named, length(200)));
	SAY(setsockopt, "only 6, bound", set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	port = port_of(fd);
	SAY(bind, "all, where all of 6 is taken", bind_inet(other, "0.0.0.0", port));
	SAY(bind, "one, where all of 6 is taken", bind_inet(other, "127.0.0.1", port));
	C(close, fd);
	fd = C(socket, AF_INET6, SOCK_STREAM, 0);
	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	SAY(bind, "all of only 6", bind_inet(fd, "::", port));
	SAY(bind, "all, where all of only 6 is taken", bind_inet(other, "0.0.0.0", port));
	SAY(bind, "a mapped one of only 6", bind_inet(C(socket, AF_INET6, SOCK_STREAM, 0), "::1", port));
	C(close, fd);
	C(close, other);
	fd = C(socket, AF_INET6, SOCK_STREAM, 0);
	SAY(bind, "a mapped one", bind_inet(fd, "::ffff:127.0.0.1", 0));
	shown("getsockname", "a mapped one", C(getsockname, fd, &named, length(200)));
	C(close, fd);
	fd = C(socket, AF_INET6, SOCK_STREAM, 0);
	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	SAY(bind, "a mapped one, of only 6", bind_inet(fd, "::ffff:127.0.0.1", 0));
	C(close, fd);
}

/* ---- connections ---- */

static void refused(const char *kind, const char *host)
{
	const int family = strchr(host, ':') ? AF_INET6 : AF_INET;
	long fd = C(socket, family, SOCK_STREAM, 0), closed = bound_inet(SOCK_STREAM, host, -1);
	const int port = port_of(closed);

	SAY(connect, WHAT("nobody listens"), connect_inet(fd, host, port));
	SAY(poll, WHAT("nobody listens"), ready(fd));
	SAY(getsockopt, WHAT("nobody listens"), option(fd, SOL_SOCKET, SO_ERROR));
	SAY(read, WHAT("nobody listens"), C(read, fd, some, 1));
	shown("getsockname", WHAT("after a refusal"), C(getsockname, fd, &named, length(200)));
	C(close, closed);
	SAY(connect, WHAT("nobody is there"), connect_inet(fd, host, port));
	C(close, fd);
	fd = C(socket, family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SAY(connect, WHAT("nobody is there, not waiting"), connect_inet(fd, host, port));
	wait_ready(fd, POLLOUT);
	SAY(poll, WHAT("nobody is there, not waiting"), ready(fd));
	SAY(getsockopt, WHAT("nobody is there, not waiting"), option(fd, SOL_SOCKET, SO_ERROR));
	SAY(getsockopt, WHAT("nobody is there, once told"), option(fd, SOL_SOCKET, SO_ERROR));
	SAY(poll, WHAT("nobody is there, once told"), ready(fd));
	SAY(connect, WHAT("nobody is there, again"), connect_inet(fd, host, port));
	wait_ready(fd, POLLOUT);
	SAY(connect, WHAT("nobody is there, and again"), connect_inet(fd, host, port));
	wait_ready(fd, POLLOUT);
	SAY(connect, WHAT("nobody is there, not asked"), connect_inet(fd, host, port));
	SAY(connect, WHAT("nobody is there, once more"), connect_inet(fd, host, port));
	wait_ready(fd, POLLOUT);
	SAY(getsockopt, WHAT("nobody is there, once more"), option(fd, SOL_SOCKET, SO_ERROR));
	C(close, fd);
}

static void unreachable(void)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in address = in_address("127.0.0.1", 9);
	long fd = C(socket, AF_INET, SOCK_STREAM, 0), six = C(socket, AF_INET6, SOCK_STREAM, 0);

	SAY(connect, "another machine", connect_inet(fd, "10.1.2.3", 80));
	SAY(connect, "another machine of 6", connect_inet(six, "2001:db8::1", 80));
	SAY(connect, "a link's of 6", connect_inet(six, "fe80::1", 80));
	SAY(connect, "a group", connect_inet(fd, "224.0.0.1", 80));
	SAY(connect, "all", connect_inet(fd, "255.255.255.255", 80));
	SAY(connect, "port 0", connect_inet(fd, "127.0.0.1", 0));
	SAY(connect, "none, unconnected", C(connect, fd, &none, sizeof none));
	T(connect, "too short an address", fd, &address, 15);
	T(connect, "too short a family", fd, &address, 1);
	T(connect, "wild", fd, WILD, sizeof address);
	address.sin_family = AF_UNIX;
	T(connect, "another family", fd, &address, sizeof address);
	SAY(connect, "6, by 4", connect_inet(fd, "::1", 80));
	SAY(write, "unconnected", C(sendto, fd, "x", 1, MSG_NOSIGNAL, NULL, 0));
	SAY(read, "unconnected", C(read, fd, some, 1));
	SAY(poll, "unconnected", ready(fd));
	T(shutdown, "unconnected", fd, SHUT_RDWR);
	T(accept, "unconnected", fd, NULL, NULL);
	C(close, fd);
	C(close, six);
}

static void meets(const char *kind, const char *server_host, const char *host)
{
	const int family = strchr(host, ':') ? AF_INET6 : AF_INET;
	long server = bound_inet(SOCK_STREAM, server_host, 5), taken;
	long fd = C(socket, family, SOCK_STREAM, 0);
	const int port = port_of(server);
	int left = -1;

	SAY(poll, WHAT("listens"), ready(server));
	SAY(connect, WHAT("to who listens"), connect_inet(fd, host, port));
	wait_ready(server, POLLIN);
	SAY(poll, WHAT("somebody waits"), ready(server));
	SAY(poll, WHAT("not accepted yet"), ready(fd));
	SAY(connect, WHAT("twice"), connect_inet(fd, host, port));
	SAY(write, WHAT("before it is accepted"), C(write, fd, "early", 5));
	taken = C(accept, server, &named, length(200));
	shown("accept", WHAT("from where"), taken < 0 ? taken : 0);
	shown("getsockname", WHAT("what was accepted"), C(getsockname, taken, &named, length(200)));
	shown("getpeername", WHAT("what was accepted"), C(getpeername, taken, &named, length(200)));
	SAY(getpeername, WHAT("is the other's port"), port_of(fd) == peer_port_of(taken));
	SAY(getsockname, WHAT("is the server's port"), port_of(taken) == port);
	shown("getsockname", WHAT("who connected"), C(getsockname, fd, &named, length(200)));
	shown("getpeername", WHAT("who connected"), C(getpeername, fd, &named, length(200)));
	wait_ready(taken, POLLIN);
	SAY(ioctl, WHAT("how much is there"), (C(ioctl, taken, FIONREAD, &left), left));
	T(recvfrom, WHAT("a look"), taken, some, 2, MSG_PEEK, NULL, NULL);
	T(recvfrom, WHAT("with an address"), taken, some, 9, 0, &named, length(200));
	SAY(recvfrom, WHAT("which is not given"), named_length);
	T(recvfrom, WHAT("nothing more"), taken, some, 9, MSG_DONTWAIT, NULL, NULL);
	T(sendto, WHAT("with an address"), taken, "x", 1, 0, WILD, 0);
	SAY(read, WHAT("came back"), C(read, fd, some, 9));
	T(getsockopt, WHAT("its error"), taken, SOL_SOCKET, SO_ERROR, &left, length(4));
	C(close, fd);
	wait_ready(taken, POLLRDHUP);
	SAY(poll, WHAT("the other is gone"), ready(taken));
	SAY(read, WHAT("the other is gone"), C(read, taken, some, 9));
	SAY(write, WHAT("the other is gone"), C(sendto, taken, "x", 1, MSG_NOSIGNAL, NULL, 0));
	wait_ready(taken, POLLERR);
	SAY(poll, WHAT("the other is gone, after a write"), ready(taken));
	SAY(write, WHAT("the other is gone, again"), C(sendto, taken, "x", 1, MSG_NOSIGNAL, NULL, 0));
	SAY(read, WHAT("the other is gone, again"), C(read, taken, some, 9));
	C(close, taken);
	C(close, server);
}

static void not_waiting(void)
{
	long server = bound_inet(SOCK_STREAM, "127.0.0.1", 5), fd, taken;
	const int port = port_of(server);

	C(fcntl, server, F_SETFL, O_NONBLOCK);
	T(accept, "not waiting", server, NULL, NULL);
	fd = C(socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SAY(connect, "not waiting", connect_inet(fd, "127.0.0.1", port));
	wait_ready(fd, POLLOUT);
	SAY(poll, "not waiting, connected", ready(fd));
	SAY(getsockopt, "not waiting, its error", option(fd, SOL_SOCKET, SO_ERROR));
	SAY(connect, "not waiting, again", connect_inet(fd, "127.0.0.1", port));
	SAY(connect, "not waiting, and again", connect_inet(fd, "127.0.0.1", port));
	taken = TOK(accept4, "not waiting", server, NULL, NULL, SOCK_NONBLOCK);
	SAY(accept4, "its flags", C(fcntl, taken, F_GETFL, 0));
	T(recvfrom, "not waiting", taken, some, 1, 0, NULL, NULL);
	C(close, fd);
	C(close, taken);
	C(close, server);
}

/* ---- ends ---- */

static void ends(void)
{
	int p[2];

	pair_inet(p);
	C(write, p[0], "abc", 3);
	T(shutdown, "how there is not", p[0], 3);
	T(shutdown, "no more is written", p[0], SHUT_WR);
	wait_ready(p[1], POLLRDHUP);
	SAY(poll, "of half closed, the other", ready(p[1]));
	SAY(poll, "of half closed", ready(p[0]));
	SAY(write, "of half closed", C(sendto, p[0], "x", 1, MSG_NOSIGNAL, NULL, 0));
	SAY(read, "of half closed, the other", C(read, p[1], some, 9));
	SAY(read, "of half closed, the end", C(read, p[1], some, 9));
	SAY(write, "of half closed, the other", C(write, p[1], "back", 4));
	SAY(read, "of half closed, back", C(read, p[0], some, 9));
	T(shutdown, "the other too", p[1], SHUT_WR);
	wait_ready(p[0], POLLHUP);
	SAY(poll, "of both closed", ready(p[0]));
	SAY(read, "of both closed", C(read, p[0], some, 9));
	T(shutdown, "again, when all is over", p[0], SHUT_WR);
	close_both(p);
	pair_inet(p);
	T(shutdown, "no more is read", p[0], SHUT_RD);
	SAY(poll, "no more is read", ready(p[0]));
	SAY(read, "no more is read", C(recvfrom, p[0], some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(write, "to who reads no more", C(sendto, p[1], "abc", 3, MSG_NOSIGNAL, NULL, 0));
	usleep(LATER);
	SAY(read, "no more is read, but it came", C(recvfrom, p[0], some, 9, MSG_DONTWAIT, NULL, NULL));
	close_both(p);
}

static void resets(void)
{
	const struct linger now = { 1, 0 };
	int p[2];

	pair_inet(p);
	C(write, p[1], "abc", 3);
	wait_ready(p[0], POLLIN);
	C(close, p[0]);
	wait_ready(p[1], POLLERR);
	SAY(poll, "unread: the other", ready(p[1]));
	SAY(read, "unread: the other", C(read, p[1], some, 9));
	SAY(read, "unread: the other, again", C(read, p[1], some, 9));
	SAY(write, "unread: the other", C(sendto, p[1], "x", 1, MSG_NOSIGNAL, NULL, 0));
	C(close, p[1]);
	pair_inet(p);
	C(write, p[0], "abc", 3);
	C(setsockopt, p[0], SOL_SOCKET, SO_LINGER, &now, sizeof now);
	wait_ready(p[1], POLLIN);
	C(close, p[0]);
	wait_ready(p[1], POLLERR);
	SAY(poll, "reset: the other", ready(p[1]));
	SAY(getsockopt, "reset: the other", option(p[1], SOL_SOCKET, SO_ERROR));
	SAY(getsockopt, "reset: the other, again", option(p[1], SOL_SOCKET, SO_ERROR));
	SAY(read, "reset: what came before", C(read, p[1], some, 9));
	SAY(write, "reset: the other", C(sendto, p[1], "x", 1, MSG_NOSIGNAL, NULL, 0));
	SAY(getpeername, "reset: the other", C(getpeername, p[1], &named, length(200)));
	C(close, p[1]);
	pair_inet(p);
	C(setsockopt, p[0], SOL_SOCKET, SO_LINGER, &now, sizeof now);
	C(close, p[0]);
	wait_ready(p[1], POLLERR);
	SAY(write, "reset: written at once", C(sendto, p[1], "x", 1, MSG_NOSIGNAL, NULL, 0));
	SAY(write, "reset: written again", C(sendto, p[1], "x", 1, MSG_NOSIGNAL, NULL, 0));
	SAY(read, "reset: read then", C(read, p[1], some, 9));
	C(close, p[1]);
}

static void *accept_it(void *server)
{
	return (void *)C(accept, (long)server, NULL, NULL);
}

static void listeners(void)
{
	long server = bound_inet(SOCK_STREAM, "127.0.0.1", 5), fd, taken;
	const int port = port_of(server);
	pthread_t thread;
	void *result;

	fd = C(socket, AF_INET, SOCK_STREAM, 0);
	connect_inet(fd, "127.0.0.1", port);
	C(write, fd, "abc", 3);
	C(close, fd);
	wait_ready(server, POLLIN);
	taken = TOK(accept, "who came and went", server, NULL, NULL);
	SAY(read, "of who came and went", C(read, taken, some, 9));
	SAY(read, "of who came and went, the end", C(read, taken, some, 9));
	C(close, taken);
	fd = C(socket, AF_INET, SOCK_STREAM, 0);
	connect_inet(fd, "127.0.0.1", port);
	C(close, server);
	wait_ready(fd, POLLERR);
	SAY(poll, "the server is gone", ready(fd));
	SAY(read, "the server is gone", C(read, fd, some, 9));
	C(close, fd);
	server = bound_inet(SOCK_STREAM, "127.0.0.1", 5);
	fd = C(socket, AF_INET, SOCK_STREAM, 0);
	SAY(connect, "who listens", connect_inet(server, "127.0.0.1", port_of(server)));
	pthread_create(&thread, NULL, accept_it, (void *)server);
	usleep(LATER);
	T(shutdown, "who listens", server, SHUT_RD);
	pthread_join(thread, &result);
	SAY(accept, "ended by another", (long)result);
	SAY(poll, "who listened", ready(server));
	SAY(accept, "who listened", C(accept, server, NULL, NULL));
	SAY(connect, "to who listened", connect_inet(fd, "127.0.0.1", port_of(server)));
	SAY(listen, "who listened, again", C(listen, server, 1));
	SAY(connect, "to who listens again", connect_inet(fd, "127.0.0.1", port_of(server)));
	C(close, fd);
	C(close, server);
}

static void again(void)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	int p[2];

	pair_inet(p);
	SAY(connect, "to none", C(connect, p[0], &none, sizeof none));
	wait_ready(p[1], POLLERR);
	SAY(read, "of who is connected no more", C(read, p[1], some, 9));
	T(getpeername, "connected no more", p[0], &named, length(200));
	shown("getsockname", "connected no more", C(getsockname, p[0], &named, length(200)));
	close_both(p);
}

static void urgent(void)
{
	int p[2];

	pair_inet(p);
	T(sendto, "urgent", p[0], "c", 1, MSG_OOB, NULL, 0);
	T(recvfrom, "of urgent data nothing came", p[0], some, 9, MSG_OOB, NULL, NULL);
	close_both(p);
}

static void flow(void)
{
	static char much[300000];
	long sent = 0, got = 0, one;
	int p[2];

	pair_inet(p);
	while ((one = C(sendto, p[0], much, sizeof much, MSG_DONTWAIT, NULL, 0)) > 0)
		sent += one;
	SAY(sendto, "until it is full", one);
	SAY(sendto, "much went", sent > 100000);
	SAY(poll, "full", ready(p[0]) & POLLOUT);
	C(shutdown, p[0], SHUT_WR);
	while ((one = C(read, p[1], much, sizeof much)) > 0)
		got += one;
	SAY(read, "all of it came", got == sent);
	SAY(read, "and the end", one);
	close_both(p);
}

static void edges(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET }, got;
	long ep = C(epoll_create1, 0);
	int p[2];

	pair_inet(p);
	C(epoll_ctl, ep, EPOLL_CTL_ADD, p[1], &event);
	SAY(epoll_wait, "can be written", C(epoll_wait, ep, &got, 1, 0));
	SAY(epoll_wait, "its events", got.events);
	SAY(epoll_wait, "no news", C(epoll_wait, ep, &got, 1, 0));
	C(write, p[0], "abc", 3);
	wait_ready(p[1], POLLIN);
	SAY(epoll_wait, "something came", C(epoll_wait, ep, &got, 1, 0));
	SAY(epoll_wait, "its events then", got.events);
	C(read, p[1], some, 9);
	SAY(epoll_wait, "it was read", C(epoll_wait, ep, &got, 1, 0));
	C(shutdown, p[0], SHUT_WR);
	wait_ready(p[1], POLLRDHUP);
	SAY(epoll_wait, "the end came", C(epoll_wait, ep, &got, 1, 0));
	SAY(epoll_wait, "its events at the end", got.events);
	close_both(p);
	C(close, ep);
}

void topic_tcp(void)
{
	loopback_up();
	made();
	binds();
	binds6();
	refused("inet", "127.0.0.1");
	refused("inet6", "::1");
	unreachable();
	meets("inet", "127.0.0.1", "127.0.0.1");
	meets("inet6", "::1", "::1");
	meets("all", "0.0.0.0", "127.0.0.1");
	meets("another", "0.0.0.0", "127.5.6.7");
	meets("zero", "127.0.0.1", "0.0.0.0");
	meets("mapped", "127.0.0.1", "::ffff:127.0.0.1");
	meets("both", "::", "127.0.0.1");
	meets("zero6", "::1", "::");
	not_waiting();
	ends();
	resets();
	listeners();
	again();
	urgent();
	flow();
	edges();
}
