/* Names of sockets in this machine: who is bound, listens, connects, and may. */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD offsetof(struct sockaddr_un, sun_path)

static char some[64];

/* ---- names ---- */

static void binds(void)
{
	struct sockaddr_un address;
	struct stat status;
	char full[200] = { AF_UNIX, 0 };
	long fd = C(socket, AF_UNIX, SOCK_STREAM, 0), other;

	local(&address, "name");
	memset(full + 2, 'a', sizeof full - 2);
	T(bind, "not open", 99, &address, sizeof address);
	T(bind, "no socket", 0, &address, sizeof address);
	T(bind, "wild", fd, WILD, sizeof address);
	T(bind, "of no length", fd, &address, 0);
	T(bind, "of a length below 0", fd, &address, -1);
	T(bind, "of one byte", fd, &address, 1);
	T(bind, "longer than any", fd, full, 129);
	T(bind, "longer than one of UNIX", fd, full, 111);
	address.sun_family = AF_INET;
	T(bind, "of another family", fd, &address, sizeof address);
	address.sun_family = AF_UNSPEC;
	T(bind, "of no family", fd, &address, sizeof address);
	SAY(bind, "in a folder there is not", bind_to(fd, "none/name"));
	make_file("file", "text");
	SAY(bind, "where a file is", bind_to(fd, "file"));
	SAY(bind, "in a file", bind_to(fd, "file/name"));
	SAY(bind, "a name", bind_to(fd, "name"));
	SAY(bind, "is there", C(lstat, "name", &status));
	SAY(bind, "with this mode", status.st_mode);
	SAY(bind, "another name", bind_to(fd, "name2"));
	SAY(bind, "of that nothing is there", C(lstat, "name2", &status));
	shown("getsockname", "a name", C(getsockname, fd, &named, length(200)));
	shown("getsockname", "a name, into less", C(getsockname, fd, &named, length(5)));
	TEXT(getsockname, "not more than fits is written", named.bytes + 4, 2);
	SAY(getsockname, "into nothing", C(getsockname, fd, &named, length(0)));
	SAY(getsockname, "what it would be", named_length);
	T(getsockname, "of a length below 0", fd, &named, length((socklen_t)-1));
	T(getsockname, "wild", fd, WILD, length(200));
	T(getsockname, "wild length", fd, &named, WILD);
	T(getsockname, "no socket", 0, &named, length(200));
	T(getsockname, "not open", 99, &named, length(200));
	T(getpeername, "wild, without a peer", fd, WILD, length(200));
	other = C(socket, AF_UNIX, SOCK_STREAM, 0);
	SAY(bind, "the same name again", bind_to(other, "name"));
	T(open, "a socket", "name", O_RDWR, 0);
	SAY(connect, "to who does not listen", connect_to(other, "name"));
	C(close, fd);
	SAY(bind, "a name whose socket is gone", bind_to(other, "name"));
	SAY(connect, "to who is gone", connect_to(other, "name"));
	SAY(connect, "to a file", connect_to(other, "file"));
	SAY(connect, "to a folder", connect_to(other, "."));
	SAY(connect, "to nobody", connect_to(other, "nothing"));
	SAY(connect, "to a name too long", C(connect, other, full, 111));
	SAY(connect, "of one byte", C(connect, other, full, 1));
	SAY(connect, "to the wild", C(connect, other, WILD, 20));
	C(umask, 0077);
	SAY(bind, "with a mask", bind_to(other, "masked"));
	C(lstat, "masked", &status);
	SAY(bind, "with a mask, its mode", status.st_mode);
	C(umask, 0022);
	C(symlink, "nothing", "link");
	C(close, other);
	other = C(socket, AF_UNIX, SOCK_STREAM, 0);
	SAY(bind, "where a link is", bind_to(other, "link"));
	local(&address, "");
	T(bind, "without a path", other, &address, 2);
	SAY(getsockname, "a number of its own", C(getsockname, other, &named, length(200)));
	SAY(getsockname, "a number's length", named_length);
	SAY(getsockname, "a number of hex digits", strspn(named.local.sun_path + 1,
		"0123456789abcdef"));
	C(close, other);
}

static void abstract(void)
{
	struct sockaddr_un address;
	long fd = bound(SOCK_STREAM, "@calls abstract", -1);
	long other = C(socket, AF_UNIX, SOCK_STREAM, 0);

	shown("getsockname", "abstract", C(getsockname, fd, &named, length(200)));
	SAY(bind, "abstract, again", bind_to(other, "@calls abstract"));
	SAY(connect, "abstract, nobody listens", connect_to(other, "@calls abstract"));
	SAY(connect, "abstract, longer", connect_to(other, "@calls abstract2"));
	C(listen, fd, 1);
	local(&address, "@calls abstract");
	SAY(connect, "abstract, with a NUL more", C(connect, other, &address, HEAD + 16));
	SAY(connect, "abstract", connect_to(other, "@calls abstract"));
	shown("getpeername", "abstract", C(getpeername, other, &named, length(200)));
	C(close, fd);
	fd = C(socket, AF_UNIX, SOCK_STREAM, 0);
	SAY(bind, "abstract, when it is gone", bind_to(fd, "@calls abstract"));
	C(close, fd);
	C(close, other);
}

/* ---- streams ---- */

static void listens(int type, const char *kind)
{
	char what[80];
	long server, one, two, taken;

#define WHAT(text) (snprintf(what, sizeof what, "%s: %s", kind, text), what)
	C(unlink, "server");
	server = C(socket, AF_UNIX, type, 0);
	T(listen, WHAT("without a name"), server, 1);
	bind_to(server, "server");
	T(accept, WHAT("that does not listen"), server, NULL, NULL);
	T(listen, WHAT("with a name"), server, 1);
	T(listen, WHAT("again"), server, 2);
	C(fcntl, server, F_SETFL, O_NONBLOCK);
	T(accept, WHAT("nobody"), server, NULL, NULL);
	SAY(poll, WHAT("listens"), ready(server));
	SAY(getsockopt, WHAT("listens"), option(server, SOL_SOCKET, SO_ACCEPTCONN));
	SAY(connect, WHAT("who listens"), connect_to(server, "server"));
	SAY(read, WHAT("who listens"), C(read, server, some, 1));
	SAY(write, WHAT("who listens"), C(sendto, server, some, 1, MSG_NOSIGNAL, NULL, 0));
	one = C(socket, AF_UNIX, type, 0);
	SAY(connect, WHAT("to it"), connect_to(one, "server"));
	SAY(poll, WHAT("somebody waits"), ready(server));
	SAY(poll, WHAT("who is not accepted yet"), ready(one));
	shown("getpeername", WHAT("who is not accepted yet"), C(getpeername, one, &named, length(200)));
	SAY(connect, WHAT("twice"), connect_to(one, "server"));
	SAY(write, WHAT("before it is accepted"), C(write, one, "early", 5));
	taken = C(accept, server, &named, length(200));
	shown("accept", WHAT("somebody without a name"), taken < 0 ? taken : 0);
	SAY(accept, WHAT("waits, though the server does not"), C(fcntl, taken, F_GETFL, 0));
	shown("getsockname", WHAT("of what was accepted"), C(getsockname, taken, &named, length(200)));
	shown("getpeername", WHAT("of what was accepted"), C(getpeername, taken, &named, length(200)));
	SAY(read, WHAT("what came early"), C(read, taken, some, 9));
	C(close, taken);
	SAY(poll, WHAT("the other one is gone"), ready(one));
	C(close, one);
	one = bound(type, "client", -1);
	SAY(connect, WHAT("with a name"), connect_to(one, "server"));
	taken = TOK(accept4, WHAT("with a name"), server, &named, length(200), SOCK_CLOEXEC | SOCK_NONBLOCK);
	shown("accept4", WHAT("whose name is"), 0);
	SAY(accept4, WHAT("its flags"), C(fcntl, taken, F_GETFL, 0));
	SAY(accept4, WHAT("closed by exec"), C(fcntl, taken, F_GETFD, 0));
	T(accept4, WHAT("flags there are not"), server, NULL, NULL, 1);
	C(close, taken);
	C(close, one);
	C(unlink, "client");
	one = C(socket, AF_UNIX, type, 0);
	two = C(socket, AF_UNIX, type == SOCK_STREAM ? SOCK_SEQPACKET : SOCK_STREAM, 0);
	SAY(connect, WHAT("of another type"), connect_to(two, "server"));
	C(close, two);
	connect_to(one, "server");
	T(accept, WHAT("wild, an address"), server, WILD, length(200));
	SAY(poll, WHAT("was taken nevertheless"), ready(server));
	C(close, one);
	one = C(socket, AF_UNIX, type, 0);
	connect_to(one, "server");
	T(accept, WHAT("wild, a length"), server, &named, WILD);
	SAY(poll, WHAT("is it there"), ready(server));
	C(accept, server, NULL, NULL);
	C(close, one);
	one = C(socket, AF_UNIX, type, 0);
	connect_to(one, "server");
	C(close, one);
	SAY(poll, WHAT("who waited is gone"), ready(server));
	taken = TOK(accept, WHAT("who waited is gone"), server, NULL, NULL);
	SAY(read, WHAT("who waited is gone"), C(read, taken, some, 9));
	C(close, taken);
	one = C(socket, AF_UNIX, type, 0);
	connect_to(one, "server");
	C(close, server);
	SAY(poll, WHAT("the server is gone"), ready(one));
	SAY(read, WHAT("the server is gone"), C(read, one, some, 9));
	SAY(read, WHAT("the server is gone, again"), C(read, one, some, 9));
	SAY(connect, WHAT("the server is gone"), connect_to(one, "server"));
	C(close, one);
#undef WHAT
}

static void *accept_later(void *server)
{
	usleep(LATER);
	return (void *)C(accept, (long)server, NULL, NULL);
}

static void *connect_later(void *unused)
{
	long fd = C(socket, AF_UNIX, SOCK_STREAM, 0);

	(void)unused;
	usleep(LATER);
	connect_to(fd, "queue");
	return (void *)fd;
}

static void backlog(void)
{
	const struct timeval soon = { 0, 20000 };
	long server = bound(SOCK_STREAM, "queue", 0), one, two, three, result;
	pthread_t thread;
	void *taken;

	one = C(socket, AF_UNIX, SOCK_STREAM, 0);
	SAY(connect, "backlog: the first", connect_to(one, "queue"));
	two = C(socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SAY(connect, "backlog: one too many", connect_to(two, "queue"));
	SAY(poll, "backlog: one too many", ready(two));
	three = C(socket, AF_UNIX, SOCK_STREAM, 0);
	C(setsockopt, three, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
	SAY(connect, "backlog: one that waits in vain", connect_to(three, "queue"));
	pthread_create(&thread, NULL, accept_later, (void *)server);
	C(fcntl, two, F_SETFL, 0);
	SAY(connect, "backlog: one that waits", connect_to(two, "queue"));
	pthread_join(thread, &taken);
	C(close, (long)taken);
	C(close, one);
	taken = (void *)C(accept, server, NULL, NULL);
	C(close, (long)taken);
	C(close, two);
	pthread_create(&thread, NULL, connect_later, NULL);
	result = C(accept, server, NULL, NULL);
	SAY(accept, "waits for somebody", result > 0);
	pthread_join(thread, &taken);
	C(close, (long)taken);
	C(close, result);
	C(setsockopt, server, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
	T(accept, "as long as it may", server, NULL, NULL);
	T(shutdown, "of who listens", server, SHUT_RD);
	SAY(poll, "who listened", ready(server));
	T(accept, "of who listened", server, NULL, NULL);
	SAY(connect, "to who listened", connect_to(three, "queue"));
	C(close, three);
	C(close, server);
}

static void sources(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP }, got;
	long server = bound(SOCK_STREAM, "polled", 5), ep = C(epoll_create1, 0), one, taken;

	C(epoll_ctl, ep, EPOLL_CTL_ADD, server, &event);
	SAY(epoll_wait, "nobody", C(epoll_wait, ep, &got, 1, 0));
	one = C(socket, AF_UNIX, SOCK_STREAM, 0);
	connect_to(one, "polled");
	SAY(epoll_wait, "somebody", C(epoll_wait, ep, &got, 1, 0));
	taken = C(accept, server, NULL, NULL);
	SAY(epoll_wait, "nobody any more", C(epoll_wait, ep, &got, 1, 0));
	event.events |= EPOLLET;
	C(epoll_ctl, ep, EPOLL_CTL_ADD, taken, &event);
	SAY(epoll_wait, "nothing came", C(epoll_wait, ep, &got, 1, 0));
	C(write, one, "ab", 2);
	SAY(epoll_wait, "something came", C(epoll_wait, ep, &got, 1, 0));
	SAY(epoll_wait, "its events", got.events);
	SAY(epoll_wait, "no news", C(epoll_wait, ep, &got, 1, 0));
	C(write, one, "cd", 2);
	SAY(epoll_wait, "more came", C(epoll_wait, ep, &got, 1, 0));
	C(shutdown, one, SHUT_WR);
	SAY(epoll_wait, "the end came", C(epoll_wait, ep, &got, 1, 0));
	SAY(epoll_wait, "the end's events", got.events);
	C(close, one);
	SAY(epoll_wait, "it is gone", C(epoll_wait, ep, &got, 1, 0));
	SAY(epoll_wait, "events of what is gone", got.events);
	C(close, taken);
	C(close, server);
	C(close, ep);
}

/* ---- datagrams ---- */

static void datagrams(void)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	long server = bound(SOCK_DGRAM, "post", -1), one = C(socket, AF_UNIX, SOCK_DGRAM, 0);
	long two = bound(SOCK_DGRAM, "sender", -1), stream = bound(SOCK_STREAM, "stream", 5);
	int count = 0;

	SAY(sendto, "datagram: to nobody", send_to(one, "nothing", "x"));
	SAY(sendto, "datagram: to a file", send_to(one, "file", "x"));
	SAY(sendto, "datagram: to a stream", send_to(one, "stream", "x"));
	SAY(connect, "datagram: to a stream", connect_to(one, "stream"));
	SAY(sendto, "datagram: to somebody", send_to(one, "post", "hello"));
	T(recvfrom, "datagram: without a sender", server, some, 64, 0, &named, length(200));
	shown("recvfrom", "datagram: who has no name", 0);
	SAY(sendto, "datagram: with a name", send_to(two, "post", "again"));
	T(recvfrom, "datagram: with a sender", server, some, 64, 0, &named, length(200));
	shown("recvfrom", "datagram: who has a name", 0);
	SAY(sendto, "datagram: back to it", C(sendto, server, "back", 4, 0, &named, named_length));
	SAY(recvfrom, "datagram: came back", C(recvfrom, two, some, 64, MSG_DONTWAIT, NULL, NULL));
	SAY(connect, "datagram: to somebody", connect_to(one, "post"));
	shown("getpeername", "datagram: to somebody", C(getpeername, one, &named, length(200)));
	SAY(write, "datagram: to somebody", C(write, one, "abc", 3));
	SAY(sendto, "datagram: to another", send_to(one, "sender", "abc"));
	SAY(recvfrom, "datagram: of who is connected", C(recvfrom, server, some, 64, MSG_DONTWAIT, NULL, NULL));
	SAY(recvfrom, "datagram: of who is connected elsewhere", C(recvfrom, two, some, 64, MSG_DONTWAIT, NULL, NULL));
	SAY(connect, "datagram: of another one's", connect_to(server, "sender"));
	SAY(write, "datagram: to who is connected elsewhere", C(write, one, "abc", 3));
	SAY(sendto, "datagram: sent to who is connected elsewhere", send_to(one, "post", "x"));
	SAY(connect, "datagram: to who is connected elsewhere", connect_to(one, "post"));
	SAY(connect, "datagram: to nobody again", C(connect, server, &none, sizeof none));
	SAY(getpeername, "datagram: nobody again", C(getpeername, server, &named, length(200)));
	SAY(connect, "datagram: after that", connect_to(one, "post"));
	while (C(sendto, one, "x", 1, MSG_DONTWAIT, NULL, 0) == 1 && count < 1000)
		count++;
	SAY(sendto, "datagram: so many wait", count);
	SAY(sendto, "datagram: and no more", C(sendto, one, "x", 1, MSG_DONTWAIT, NULL, 0));
	SAY(poll, "datagram: no more fit", ready(one));
	SAY(poll, "datagram: of who is not connected", ready(two));
	C(read, server, some, 1);
	SAY(poll, "datagram: one more fits", ready(one));
	C(close, server);
	SAY(poll, "datagram: the receiver is gone", ready(one));
	SAY(write, "datagram: the receiver is gone", C(write, one, "x", 1));
	SAY(write, "datagram: the receiver is gone, again", C(write, one, "x", 1));
	SAY(sendto, "datagram: to a receiver that is gone", send_to(one, "post", "x"));
	C(close, one);
	C(close, two);
	C(close, stream);
}

/* ---- rights ---- */

static void as_another(void)
{
	long fd = C(socket, AF_UNIX, SOCK_STREAM, 0), one = C(socket, AF_UNIX, SOCK_DGRAM, 0);

	SAY(connect, "another's that may not be written", connect_to(fd, "rights/closed"));
	SAY(connect, "another's that may", connect_to(fd, "rights/open"));
	SAY(connect, "another's in a folder that may not be searched", connect_to(fd, "rights/inner/open"));
	SAY(sendto, "another's that may not be written", send_to(one, "rights/post", "x"));
	SAY(connect, "another's datagrams", connect_to(one, "rights/post"));
	SAY(bind, "in a folder that may not be written", bind_to(one, "rights/mine"));
}

static void rights(void)
{
	C(mkdir, "rights", 0755);
	C(mkdir, "rights/inner", 0700);
	bound(SOCK_STREAM, "rights/closed", 5);
	bound(SOCK_STREAM, "rights/open", 5);
	bound(SOCK_STREAM, "rights/inner/open", 5);
	bound(SOCK_DGRAM, "rights/post", -1);
	C(chmod, "rights/closed", 0755);
	C(chmod, "rights/open", 0777);
	C(chmod, "rights/inner/open", 0777);
	SAY(connect, "of another user", in_child(as_another, 1000));
	C(chmod, "rights/closed", 0);
	SAY(connect, "root may", connect_to(C(socket, AF_UNIX, SOCK_STREAM, 0), "rights/closed"));
	C(rename, "rights/open", "rights/moved");
	SAY(connect, "under its old name", connect_to(C(socket, AF_UNIX, SOCK_STREAM, 0), "rights/open"));
	SAY(connect, "under its new name", connect_to(C(socket, AF_UNIX, SOCK_STREAM, 0), "rights/moved"));
	C(link, "rights/moved", "rights/linked");
	SAY(connect, "under two names", connect_to(C(socket, AF_UNIX, SOCK_STREAM, 0), "rights/linked"));
	C(symlink, "moved", "rights/symbolic");
	SAY(connect, "by a symbolic link", connect_to(C(socket, AF_UNIX, SOCK_STREAM, 0), "rights/symbolic"));
}

void topic_addresses(void)
{
	binds();
	abstract();
	listens(SOCK_STREAM, "stream");
	listens(SOCK_SEQPACKET, "records");
	backlog();
	sources();
	datagrams();
	rights();
}
