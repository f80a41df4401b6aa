/* Sockets as they are made, and what moves between two that are connected. */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

static char some[4096];

/* ---- making ---- */

static void made(void)
{
	struct stat status;
	char link[40], to[40] = "";
	long fd;

	T(socket, "of a family there is not", 77, SOCK_STREAM, 0);
	T(socket, "of a family below 0", -1, SOCK_STREAM, 0);
	T(socket, "of no family", AF_UNSPEC, SOCK_STREAM, 0);
	T(socket, "of a type there is not", AF_UNIX, 9, 0);
	T(socket, "of type 15", AF_UNIX, 15, 0);
	T(socket, "of type 0", AF_UNIX, 0, 0);
	T(socket, "reliable", AF_UNIX, SOCK_RDM, 0);
	T(socket, "of a protocol there is not", AF_UNIX, SOCK_STREAM, 77);
	T(socket, "of a protocol below 0", AF_UNIX, SOCK_STREAM, -1);
	TOK(socket, "of its family as a protocol", AF_UNIX, SOCK_STREAM, AF_UNIX);
	T(socket, "flags there are not", AF_UNIX, SOCK_STREAM | 0x10000, 0);
	TOK(socket, "raw of UNIX", AF_UNIX, SOCK_RAW, 0);
	fd = TOK(socket, "a stream", AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	SAY(socket, "closed by exec", C(fcntl, fd, F_GETFD, 0));
	SAY(socket, "does not wait", C(fcntl, fd, F_GETFL, 0));
	SAY(socket, "its status", C(fstat, fd, &status));
	SAY(socket, "its mode", status.st_mode);
	SAY(socket, "its size", status.st_size);
	snprintf(link, sizeof link, "/proc/self/fd/%ld", fd);
	SAY(socket, "its name", C(readlink, link, to, 8));
	TEXT(socket, "begins so", to, 8);
	T(open, "a socket by its descriptor", link, O_RDWR, 0);
	SAY(socket, "of itself ready", ready(fd));
	SAY(socket, "read at once", C(read, fd, some, 1));
	SAY(socket, "written at once", C(write, fd, some, 1));
	SAY(socket, "its position", C(lseek, fd, 0, SEEK_SET));
	SAY(socket, "read at a place", C(pread64, fd, some, 1, 0));
	SAY(socket, "cut off", C(ftruncate, fd, 0));
	SAY(socket, "written out", C(fsync, fd));
	SAY(socket, "mapped", C(mmap, 0, 4096, PROT_READ, MAP_SHARED, fd, 0));
	shown("getsockname", "without a name", C(getsockname, fd, &named, length(200)));
	SAY(socket, "without a peer", C(getpeername, fd, &named, length(200)));
	SAY(socket, "ended", C(shutdown, fd, SHUT_RDWR));
	SAY(socket, "accepts", C(accept, fd, NULL, NULL));
	SAY(socket, "not to be made larger", C(fallocate, fd, 0, 0, 10));
	C(close, fd);
	fd = C(socket, AF_UNIX, SOCK_DGRAM, 0);
	SAY(socket, "of datagrams is ready", ready(fd));
	SAY(socket, "of datagrams is written", C(write, fd, some, 1));
	SAY(socket, "of datagrams listens", C(listen, fd, 1));
	SAY(socket, "of datagrams accepts", C(accept, fd, NULL, NULL));
	SAY(socket, "of datagrams ended", C(shutdown, fd, SHUT_RDWR));
	C(close, fd);
	fd = C(socket, AF_UNIX, SOCK_SEQPACKET, 0);
	SAY(socket, "of records is ready", ready(fd));
	SAY(socket, "of records is written", C(write, fd, some, 1));
	SAY(socket, "of records is read", C(read, fd, some, 1));
	C(close, fd);
}

static void limited(void)
{
	const struct rlimit few = { 20, 20 };
	int p[2] = { -1, -1 };

	C(setrlimit, RLIMIT_NOFILE, &few);
	while (C(dup, 0) >= 0)
		;
	T(socket, "with no number free", AF_UNIX, SOCK_STREAM, 0);
	T(socketpair, "with no number free", AF_UNIX, SOCK_STREAM, 0, p);
	C(close, 19);
	T(socketpair, "with one number free", AF_UNIX, SOCK_STREAM, 0, p);
	SAY(socketpair, "leaves it free", C(dup, 0));
}

static void pairs(void)
{
	int p[2] = { -1, -1 };

	T(socketpair, "of a family there is not", 77, SOCK_STREAM, 0, p);
	T(socketpair, "of a type there is not", AF_UNIX, 9, 0, p);
	T(socketpair, "of a protocol there is not", AF_UNIX, SOCK_STREAM, 77, p);
	T(socketpair, "flags there are not", AF_UNIX, SOCK_STREAM | 0x10000, 0, p);
	T(socketpair, "wild", AF_UNIX, SOCK_STREAM, 0, WILD);
	SAY(socketpair, "takes no numbers then", C(dup, 0));
	C(close, 3);
	T(socketpair, "a pair", AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, p);
	SAY(socketpair, "one follows the other", p[1] - p[0]);
	SAY(socketpair, "closed by exec", C(fcntl, p[1], F_GETFD, 0));
	SAY(socketpair, "does not wait", C(fcntl, p[1], F_GETFL, 0));
	shown("socketpair", "its own name", C(getsockname, p[0], &named, length(200)));
	shown("socketpair", "its peer's name", C(getpeername, p[0], &named, length(200)));
	SAY(socketpair, "connected again", connect_to(p[0], "nothing"));
	SAY(socketpair, "listens", C(listen, p[0], 1));
	close_both(p);
	SAY(socketpair, "in a child", in_child(limited, 0));
}

/* ---- streams ---- */

static void bytes(void)
{
	struct iovec halves[2] = { { some, 2 }, { some + 2, 2 } };
	int p[2], left = -1;

	pair(SOCK_STREAM, p);
	T(sendto, "some bytes", p[0], "abcdef", 6, 0, NULL, 0);
	SAY(ioctl, "how many are there", (C(ioctl, p[1], FIONREAD, &left), left));
	SAY(ioctl, "how many are on their way", C(ioctl, p[0], TIOCOUTQ, &left) == 0 && left > 0);
	SAY(poll, "can be read", ready(p[1]));
	T(recvfrom, "a look", p[1], some, 3, MSG_PEEK, NULL, NULL);
	TEXT(recvfrom, "what it saw", some, 3);
	T(recvfrom, "with an address", p[1], some, 3, 0, &named, length(200));
	SAY(recvfrom, "whose length is", named_length);
	TEXT(recvfrom, "what came", some, 3);
	SAY(readv, "in pieces", C(readv, p[1], halves, 2));
	TEXT(readv, "what came", some, 3);
	T(recvfrom, "nothing is left", p[1], some, 3, MSG_DONTWAIT, NULL, NULL);
	SAY(writev, "in pieces", C(writev, p[1], halves, 2));
	SAY(read, "all of it", C(read, p[0], some, 64));
	T(sendto, "nothing", p[0], "", 0, 0, NULL, 0);
	T(recvfrom, "nothing came", p[1], some, 3, MSG_DONTWAIT, NULL, NULL);
	SAY(read, "nothing, of nothing", C(read, p[1], some, 0));
	T(sendto, "from the wild", p[0], WILD, 5, 0, NULL, 0);
	T(sendto, "from beyond", p[0], BEYOND, 5, 0, NULL, 0);
	C(write, p[0], "xyz", 3);
	T(recvfrom, "into the wild", p[1], WILD, 5, 0, NULL, NULL);
	T(recvfrom, "wild, an address", p[1], some, 1, 0, WILD, length(200));
	T(recvfrom, "wild, a length", p[1], some, 1, 0, &named, WILD);
	SAY(recvfrom, "what is left", C(recvfrom, p[1], some, 64, MSG_DONTWAIT, NULL, NULL));
	T(sendto, "to somebody", p[0], "x", 1, 0, "\1\0x", 3);
	T(sendto, "out of band", p[0], "o", 1, MSG_OOB, NULL, 0);
	T(recvfrom, "out of band", p[1], some, 9, MSG_OOB | MSG_DONTWAIT, NULL, NULL);
	T(recvfrom, "the rest", p[1], some, 9, MSG_DONTWAIT, NULL, NULL);
	T(recvfrom, "of errors", p[1], some, 9, MSG_ERRQUEUE | MSG_DONTWAIT, NULL, NULL);
	T(recvfrom, "of no socket", 0, some, 9, 0, NULL, NULL);
	T(recvfrom, "not open", 99, some, 9, 0, NULL, NULL);
	T(sendto, "of no socket", 0, some, 9, 0, NULL, 0);
	T(sendto, "not open", 99, some, 9, 0, NULL, 0);
	close_both(p);
}

static void *send_later(void *fd)
{
	usleep(LATER);
	C(write, (long)fd, "abc", 3);
	usleep(LATER);
	C(write, (long)fd, "def", 3);
	return NULL;
}

static void *close_later(void *fd)
{
	usleep(LATER);
	C(write, (long)fd, "abc", 3);
	usleep(LATER);
	C(shutdown, (long)fd, SHUT_WR);
	return NULL;
}

static void *take_later(void *fd)
{
	static char much[65536];

	usleep(LATER);
	for (long left = 1000000, came; left > 0; left -= came)
		if ((came = C(read, (long)fd, much, sizeof much)) <= 0)
			break;
	return NULL;
}

static void waits(void)
{
	static char much[1000000];
	const struct timeval soon = { 0, 20000 };
	pthread_t thread;
	int64_t since;
	long sent = 0, came;
	int p[2];

	pair(SOCK_STREAM, p);
	pthread_create(&thread, NULL, send_later, (void *)(long)p[0]);
	T(recvfrom, "waits for some", p[1], some, 6, 0, NULL, NULL);
	T(recvfrom, "waits for the rest", p[1], some, 6, 0, NULL, NULL);
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, send_later, (void *)(long)p[0]);
	T(recvfrom, "waits for all", p[1], some, 6, MSG_WAITALL, NULL, NULL);
	TEXT(recvfrom, "all", some, 6);
	pthread_join(thread, NULL);
	C(setsockopt, p[1], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
	since = clock_now();
	T(recvfrom, "as long as it may", p[1], some, 6, 0, NULL, NULL);
	SAY(recvfrom, "it was so long", clock_now() - since >= 20000000);
	C(write, p[0], "ab", 2);
	T(recvfrom, "for all, as long as it may", p[1], some, 6, MSG_WAITALL, NULL, NULL);
	while ((came = C(sendto, p[0], much, sizeof much, MSG_DONTWAIT, NULL, 0)) > 0)
		sent += came;
	SAY(sendto, "until it is full", came);
	SAY(sendto, "much went", sent > 50000);
	SAY(poll, "when it is full", ready(p[0]));
	C(setsockopt, p[0], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
	since = clock_now();
	T(sendto, "as long as it may", p[0], some, 600, 0, NULL, 0);
	SAY(sendto, "it was so long", clock_now() - since >= 20000000);
	close_both(p);
	pair(SOCK_STREAM, p);
	pthread_create(&thread, NULL, take_later, (void *)(long)p[1]);
	T(sendto, "waits until all went", p[0], much, sizeof much, 0, NULL, 0);
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, close_later, (void *)(long)p[1]);
	T(recvfrom, "for all, until the end", p[0], some, 6, MSG_WAITALL, NULL, NULL);
	pthread_join(thread, NULL);
	close_both(p);
}

/* ---- ends ---- */

static volatile sig_atomic_t pipes;

static void count_pipe(int number)
{
	(void)number;
	pipes = pipes + 1;
}

static void ends(int type, const char *kind)
{
	char what[80];
	int p[2];

#define WHAT(text) (snprintf(what, sizeof what, "%s: %s", kind, text), what)
	signal(SIGPIPE, count_pipe);
	pair(type, p);
	C(write, p[0], "abc", 3);
	T(shutdown, WHAT("how there is not"), p[0], 3);
	T(shutdown, WHAT("how below 0"), p[0], -1);
	T(shutdown, WHAT("no more is written"), p[0], SHUT_WR);
	SAY(shutdown, WHAT("the other's states"), ready(p[1]));
	SAY(shutdown, WHAT("its own states"), ready(p[0]));
	SAY(shutdown, WHAT("written after that"), C(write, p[0], "x", 1));
	SAY(shutdown, WHAT("with a signal"), pipes);
	T(sendto, WHAT("without a signal"), p[0], "x", 1, MSG_NOSIGNAL, NULL, 0);
	SAY(shutdown, WHAT("without another signal"), pipes);
	SAY(shutdown, WHAT("the other reads"), C(read, p[1], some, 9));
	SAY(shutdown, WHAT("and then the end"), C(recvfrom, p[1], some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(shutdown, WHAT("the other writes"), C(write, p[1], "xy", 2));
	SAY(shutdown, WHAT("and this one reads"), C(read, p[0], some, 9));
	SAY(shutdown, WHAT("again"), C(shutdown, p[0], SHUT_WR));
	SAY(shutdown, WHAT("no more is read"), C(shutdown, p[0], SHUT_RD));
	SAY(shutdown, WHAT("states after both"), ready(p[0]));
	SAY(shutdown, WHAT("the other's states after both"), ready(p[1]));
	SAY(shutdown, WHAT("read after that"), C(recvfrom, p[0], some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(shutdown, WHAT("the other writes then"), C(sendto, p[1], "xy", 2, MSG_NOSIGNAL, NULL, 0));
	close_both(p);
	pair(type, p);
	C(write, p[0], "abc", 3);
	C(close, p[0]);
	SAY(close, WHAT("the other's states"), ready(p[1]));
	SAY(close, WHAT("the other reads"), C(read, p[1], some, 9));
	SAY(close, WHAT("and then the end"), C(recvfrom, p[1], some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(close, WHAT("the other writes"), C(sendto, p[1], "x", 1, MSG_NOSIGNAL, NULL, 0));
	SAY(close, WHAT("the other's peer"), C(getpeername, p[1], &named, length(200)));
	SAY(close, WHAT("shut down after that"), C(shutdown, p[1], SHUT_WR));
	C(close, p[1]);
	pair(type, p);
	C(write, p[1], "abc", 3);
	C(close, p[0]);
	SAY(close, WHAT("unread: the other's states"), ready(p[1]));
	SAY(close, WHAT("unread: its error"), option(p[1], SOL_SOCKET, SO_ERROR));
	SAY(close, WHAT("unread: its error then"), option(p[1], SOL_SOCKET, SO_ERROR));
	SAY(close, WHAT("unread: the other reads"), C(recvfrom, p[1], some, 9, MSG_DONTWAIT, NULL, NULL));
	C(close, p[1]);
	pair(type, p);
	C(write, p[1], "abc", 3);
	C(close, p[0]);
	SAY(close, WHAT("unread: read at once"), C(recvfrom, p[1], some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(close, WHAT("unread: read again"), C(recvfrom, p[1], some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(close, WHAT("unread: written"), C(sendto, p[1], "x", 1, MSG_NOSIGNAL, NULL, 0));
	C(close, p[1]);
	signal(SIGPIPE, SIG_DFL);
#undef WHAT
}

static void *read_it(void *fd)
{
	return (void *)C(read, (long)fd, some, 9);
}

static void ends_of_waits(void)
{
	pthread_t thread;
	void *result;
	int p[2];

	pair(SOCK_STREAM, p);
	pthread_create(&thread, NULL, read_it, (void *)(long)p[1]);
	usleep(LATER);
	C(close, p[0]);
	pthread_join(thread, &result);
	SAY(close, "who waits reads", (long)result);
	C(close, p[1]);
	pair(SOCK_STREAM, p);
	pthread_create(&thread, NULL, read_it, (void *)(long)p[1]);
	usleep(LATER);
	C(shutdown, p[1], SHUT_RD);
	pthread_join(thread, &result);
	SAY(shutdown, "who waits itself reads", (long)result);
	close_both(p);
}

static void on_alarm(int number)
{
	(void)number;
}

static void interrupted(void)
{
	const struct timeval later = { 5, 0 };
	const struct itimerval soon = { { 0, 0 }, { 0, LATER } };
	struct sigaction action = { .sa_handler = on_alarm };
	int p[2];

	pair(SOCK_STREAM, p);
	sigaction(SIGALRM, &action, NULL);
	C(setitimer, ITIMER_REAL, &soon, NULL);
	T(recvfrom, "cut off by a signal", p[1], some, 9, 0, NULL, NULL);
	action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, NULL);
	C(setsockopt, p[1], SOL_SOCKET, SO_RCVTIMEO, &later, sizeof later);
	C(setitimer, ITIMER_REAL, &soon, NULL);
	T(recvfrom, "that would go on, with a limit", p[1], some, 9, 0, NULL, NULL);
	close_both(p);
}

/* ---- messages ---- */

static void records(int type, const char *kind)
{
	static char much[300000];
	char what[80];
	int p[2], left = -1, count = 0;

#define WHAT(text) (snprintf(what, sizeof what, "%s: %s", kind, text), what)
	pair(type, p);
	C(write, p[0], "first", 5);
	C(write, p[0], "second", 6);
	SAY(ioctl, WHAT("how many are there"), (C(ioctl, p[1], FIONREAD, &left), left));
	T(recvfrom, WHAT("a look at its beginning"), p[1], some, 2, MSG_PEEK, NULL, NULL);
	T(recvfrom, WHAT("its length"), p[1], some, 2, MSG_PEEK | MSG_TRUNC, NULL, NULL);
	T(recvfrom, WHAT("its beginning"), p[1], some, 2, 0, NULL, NULL);
	T(recvfrom, WHAT("waits for all"), p[1], some, 64, MSG_WAITALL, NULL, NULL);
	T(recvfrom, WHAT("no more"), p[1], some, 64, MSG_DONTWAIT, NULL, NULL);
	T(sendto, WHAT("of nothing"), p[0], "", 0, 0, NULL, 0);
	SAY(poll, WHAT("of nothing"), ready(p[1]));
	T(recvfrom, WHAT("of nothing"), p[1], some, 64, MSG_DONTWAIT, NULL, NULL);
	T(sendto, WHAT("that is too large"), p[0], much, sizeof much, 0, NULL, 0);
	T(sendto, WHAT("end of record"), p[0], "x", 1, MSG_EOR, NULL, 0);
	T(sendto, WHAT("out of band"), p[0], "x", 1, MSG_OOB, NULL, 0);
	C(recvfrom, p[1], some, 64, MSG_DONTWAIT, NULL, NULL);
	while (C(sendto, p[0], "x", 1, MSG_DONTWAIT, NULL, 0) == 1 && count < 2000)
		count++;
	SAY(sendto, WHAT("many fit"), count > 100);
	SAY(poll, WHAT("when no more fit"), ready(p[0]));
	while (C(recvfrom, p[1], some, 1, MSG_DONTWAIT, NULL, NULL) == 1)
		;
	SAY(poll, WHAT("when all have been taken"), ready(p[0]));
	close_both(p);
#undef WHAT
}

/* Datagrams have no ends, but pairs that are gone. */
static void pairs_of_datagrams(void)
{
	int p[2];

	pair(SOCK_DGRAM, p);
	C(write, p[0], "abc", 3);
	C(close, p[0]);
	SAY(close, "datagrams: the other's states", ready(p[1]));
	SAY(close, "datagrams: the other reads", C(recvfrom, p[1], some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(close, "datagrams: and no more", C(recvfrom, p[1], some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(close, "datagrams: the other writes", C(write, p[1], "x", 1));
	SAY(close, "datagrams: and again", C(write, p[1], "x", 1));
	C(close, p[1]);
	pair(SOCK_DGRAM, p);
	C(write, p[1], "abc", 3);
	C(close, p[0]);
	SAY(close, "datagrams, unread: the other's error", option(p[1], SOL_SOCKET, SO_ERROR));
	SAY(close, "datagrams, unread: the other reads", C(recvfrom, p[1], some, 9, MSG_DONTWAIT, NULL, NULL));
	C(close, p[1]);
	pair(SOCK_DGRAM, p);
	T(shutdown, "datagrams: no more is written", p[0], SHUT_WR);
	SAY(shutdown, "datagrams: states", ready(p[0]));
	SAY(shutdown, "datagrams: the other's states", ready(p[1]));
	SAY(shutdown, "datagrams: is written", C(sendto, p[0], "x", 1, MSG_NOSIGNAL, NULL, 0));
	SAY(shutdown, "datagrams: the other reads", C(recvfrom, p[1], some, 1, MSG_DONTWAIT, NULL, NULL));
	T(shutdown, "datagrams: no more is read", p[1], SHUT_RD);
	SAY(shutdown, "datagrams: the other reads then", C(recvfrom, p[1], some, 1, MSG_DONTWAIT, NULL, NULL));
	close_both(p);
}

void topic_sockets(void)
{
	made();
	pairs();
	bytes();
	waits();
	ends(SOCK_STREAM, "stream");
	ends(SOCK_SEQPACKET, "records");
	ends_of_waits();
	interrupted();
	records(SOCK_DGRAM, "datagrams");
	records(SOCK_SEQPACKET, "records");
	pairs_of_datagrams();
}
