/* Messages with what goes beside them: descriptors, who sent; several at once. */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char some[64], beside[512];
static struct iovec piece = { some, sizeof some };

/* One to be received, with so much room beside it. */
static struct msghdr *room(size_t size)
{
	static struct msghdr header;

	memset(beside, 'x', sizeof beside);
	header = (struct msghdr){ .msg_iov = &piece, .msg_iovlen = 1,
		.msg_control = beside, .msg_controllen = size };
	return &header;
}

/* One to be sent, with this beside it. */
static struct msghdr *with(int level, int type, const void *data, size_t size)
{
	struct msghdr *header = room(CMSG_SPACE(size));
	struct cmsghdr *first;

	memset(beside, 0, sizeof beside);
	first = CMSG_FIRSTHDR(header);
	first->cmsg_level = level;
	first->cmsg_type = type;
	first->cmsg_len = CMSG_LEN(size);
	if (size)
		memcpy(CMSG_DATA(first), data, size);
	static struct iovec one = { "m", 1 };
	header->msg_iov = &one;
	return header;
}

/* A line about what came beside a message. */
static void came(const char *what, long result, struct msghdr *header)
{
	char text[300];
	int at = snprintf(text, sizeof text, "%ld, flags %x, length %zu:", result,
		header->msg_flags, header->msg_controllen);
	struct cmsghdr *one = header->msg_controllen ? CMSG_FIRSTHDR(header) : NULL;

	for (; one; one = CMSG_NXTHDR(header, one))
		at += snprintf(text + at, sizeof text - (size_t)at, " %d/%d/%zu", one->cmsg_level,
			one->cmsg_type, (size_t)one->cmsg_len);
	if (result < 0)
		line("recvmsg", what, result);
	else
		line_text("recvmsg", what, text, at);
}

static void receive(const char *what, long fd, size_t size, int flags)
{
	struct msghdr *header = room(size);

	came(what, C(recvmsg, fd, header, flags), header);
}

static int number(int which)
{
	int fd;

	memcpy(&fd, CMSG_DATA((struct cmsghdr *)(void *)beside) + which * (int)sizeof fd, sizeof fd);
	return fd;
}

/* ---- headers ---- */

static void headers(void)
{
	struct iovec pieces[2] = { { "ab", 2 }, { "cd", 2 } }, wild[1] = { { WILD, 9 } };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
	struct sockaddr_un address;
	int p[2];

	pair(SOCK_STREAM, p);
	T(sendmsg, "not open", 99, &message, 0);
	T(sendmsg, "no socket", 0, &message, 0);
	T(sendmsg, "wild", p[0], WILD, 0);
	T(recvmsg, "wild", p[0], WILD, 0);
	T(recvmsg, "not open", 99, &message, 0);
	T(recvmsg, "no socket", 0, &message, 0);
	T(sendmsg, "pieces", p[0], &message, 0);
	SAY(sendmsg, "pieces came", C(read, p[1], some, 9));
	message.msg_iovlen = 1025;
	T(sendmsg, "too many pieces", p[0], &message, 0);
	T(recvmsg, "too many pieces", p[0], &message, MSG_DONTWAIT);
	message.msg_iov = WILD;
	message.msg_iovlen = 1;
	T(sendmsg, "wild pieces", p[0], &message, 0);
	message.msg_iovlen = 0;
	T(sendmsg, "no pieces", p[0], &message, 0);
	message = (struct msghdr){ .msg_iov = wild, .msg_iovlen = 1 };
	T(sendmsg, "wild bytes", p[0], &message, 0);
	C(write, p[0], "left", 4);
	T(recvmsg, "wild bytes", p[1], &message, 0);
	SAY(recvmsg, "are left", C(recvfrom, p[1], some, 9, MSG_DONTWAIT, NULL, NULL));
	message = (struct msghdr){ .msg_iov = pieces, .msg_iovlen = 2, .msg_name = WILD,
		.msg_namelen = 9 };
	T(sendmsg, "wild address", p[0], &message, 0);
	message.msg_name = &address;
	message.msg_namelen = local(&address, "name");
	T(sendmsg, "an address where there is a peer", p[0], &message, 0);
	message.msg_namelen = (socklen_t)-1;
	T(sendmsg, "an address of a length below 0", p[0], &message, 0);
	message = (struct msghdr){ .msg_iov = pieces, .msg_iovlen = 2, .msg_control = WILD,
		.msg_controllen = 32 };
	T(sendmsg, "wild beside", p[0], &message, 0);
	message.msg_flags = 0x7fffffff;
	message.msg_controllen = 0;
	T(sendmsg, "flags of a message are not looked at", p[0], &message, 0);
	C(read, p[1], some, 9);
	close_both(p);
	pair(SOCK_SEQPACKET, p);
	C(write, p[0], "record", 6);
	piece.iov_len = 3;
	receive("cut off", p[1], 0, 0);
	C(write, p[0], "record", 6);
	receive("cut off, its length", p[1], 0, MSG_TRUNC);
	piece.iov_len = sizeof some;
	T(sendto, "end of record", p[0], "x", 1, MSG_EOR, NULL, 0);
	receive("end of record", p[1], 0, 0);
	close_both(p);
}

/* ---- descriptors ---- */

static void refused(int p[2])
{
	int fds[300], bad = 99, none = -1;
	struct cmsghdr *first = (struct cmsghdr *)(void *)beside;
	struct msghdr *message;

	for (int i = 0; i < 300; i++)
		fds[i] = 1;
	T(sendmsg, "a descriptor that is not open", p[0], with(SOL_SOCKET, SCM_RIGHTS, &bad, 4), 0);
	T(sendmsg, "a descriptor below 0", p[0], with(SOL_SOCKET, SCM_RIGHTS, &none, 4), 0);
	T(sendmsg, "half a descriptor", p[0], with(SOL_SOCKET, SCM_RIGHTS, fds, 2), 0);
	message = with(SOL_SOCKET, SCM_RIGHTS, fds, 4);
	first->cmsg_len = 1000;
	T(sendmsg, "longer than what is beside", p[0], message, 0);
	message = with(SOL_SOCKET, SCM_RIGHTS, fds, 4);
	first->cmsg_len = 8;
	T(sendmsg, "shorter than its head", p[0], message, 0);
	message = with(SOL_SOCKET, SCM_RIGHTS, fds, 4);
	message->msg_controllen = 8;
	T(sendmsg, "less than a head beside", p[0], message, 0);
	T(sendmsg, "a type there is not", p[0], with(SOL_SOCKET, 99, fds, 4), 0);
	T(sendmsg, "a level there is not", p[0], with(99, SCM_RIGHTS, fds, 4), 0);
	while (C(recvfrom, p[1], some, 64, MSG_DONTWAIT, NULL, NULL) > 0)
		;
}

static void many(int p[2])
{
	static char large[CMSG_SPACE(254 * sizeof(int))];
	struct iovec one = { "m", 1 };
	struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = large,
		.msg_controllen = sizeof large };
	struct cmsghdr *first = CMSG_FIRSTHDR(&message);
	int fd = 1;

	first->cmsg_level = SOL_SOCKET;
	first->cmsg_type = SCM_RIGHTS;
	first->cmsg_len = CMSG_LEN(254 * sizeof fd);
	for (int i = 0; i < 254; i++)
		memcpy(CMSG_DATA(first) + i * (int)sizeof fd, &fd, sizeof fd);
	T(sendmsg, "more descriptors than may go", p[0], &message, 0);
	first->cmsg_len = CMSG_LEN(253 * sizeof fd);
	message.msg_controllen = CMSG_SPACE(253 * sizeof fd);
	T(sendmsg, "as many descriptors as may go", p[0], &message, 0);
	message.msg_controllen = sizeof large;
	message.msg_iov = &piece;
	came("as many descriptors as may go", C(recvmsg, p[1], &message, 0), &message);
	for (int i = 0; i < 253; i++) {
		memcpy(&fd, CMSG_DATA(first) + i * (int)sizeof fd, sizeof fd);
		C(close, fd);
	}
}

static void descriptors(void)
{
	struct stat sent, got;
	int p[2], fds[3], ends[2];

	pair(SOCK_STREAM, p);
	refused(p);
	many(p);
	C(pipe, ends);
	T(sendmsg, "a descriptor", p[0], with(SOL_SOCKET, SCM_RIGHTS, ends, 4), 0);
	receive("a descriptor", p[1], 64, 0);
	C(fstat, ends[0], &sent);
	C(fstat, number(0), &got);
	SAY(recvmsg, "is another", number(0) != ends[0]);
	SAY(recvmsg, "is the same file", sent.st_ino == got.st_ino);
	SAY(recvmsg, "is not closed by exec", C(fcntl, number(0), F_GETFD, 0));
	C(close, number(0));
	fds[0] = ends[0];
	fds[1] = ends[1];
	fds[2] = 1;
	C(sendmsg, p[0], with(SOL_SOCKET, SCM_RIGHTS, fds, 12), 0);
	receive("three descriptors, closed by exec", p[1], 64, MSG_CMSG_CLOEXEC);
	SAY(recvmsg, "is closed by exec", C(fcntl, number(2), F_GETFD, 0));
	for (int i = 0; i < 3; i++)
		C(close, number(i));
	C(sendmsg, p[0], with(SOL_SOCKET, SCM_RIGHTS, fds, 12), 0);
	receive("three descriptors, room for two", p[1], CMSG_LEN(8), 0);
	C(close, number(0));
	C(close, number(1));
	C(sendmsg, p[0], with(SOL_SOCKET, SCM_RIGHTS, fds, 12), 0);
	receive("three descriptors, room for none", p[1], 0, 0);
	C(sendmsg, p[0], with(SOL_SOCKET, SCM_RIGHTS, fds, 12), 0);
	SAY(read, "without what is beside", C(read, p[1], some, 9));
	C(sendmsg, p[0], with(SOL_SOCKET, SCM_RIGHTS, fds, 4), 0);
	receive("a look at a descriptor", p[1], 64, MSG_PEEK);
	C(close, number(0));
	receive("a descriptor after a look", p[1], 64, 0);
	C(close, number(0));
	C(write, p[0], "before", 6);
	C(sendmsg, p[0], with(SOL_SOCKET, SCM_RIGHTS, fds, 4), 0);
	C(write, p[0], "after", 5);
	receive("what came before it", p[1], 64, 0);
	C(close, number(0));
	receive("what came after it", p[1], 64, 0);
	C(sendmsg, p[0], with(SOL_SOCKET, SCM_RIGHTS, ends + 1, 4), 0);
	C(close, ends[1]);
	SAY(poll, "an end on its way is open", ready(ends[0]));
	C(close, p[1]);
	SAY(poll, "an end that never came is not", ready(ends[0]));
	C(close, p[0]);
	C(close, ends[0]);
	pair(SOCK_DGRAM, p);
	C(sendmsg, p[0], with(SOL_SOCKET, SCM_RIGHTS, p, 8), 0);
	receive("with a datagram, itself", p[1], 64, 0);
	C(write, number(0), "x", 1);
	SAY(recvmsg, "works", C(recvfrom, number(1), some, 9, MSG_DONTWAIT, NULL, NULL));
	close_both(p);
}

/* ---- who sent ---- */

static void as_another(void)
{
	const struct ucred mine = { getpid(), 1000, 1000 }, root = { getpid(), 0, 0 };
	const struct ucred other = { 1, 1000, 1000 }, group = { getpid(), 1000, 0 };
	int p[2];

	pair(SOCK_STREAM, p);
	T(sendmsg, "as who one is", p[0], with(SOL_SOCKET, SCM_CREDENTIALS, &mine, 12), 0);
	T(sendmsg, "as root", p[0], with(SOL_SOCKET, SCM_CREDENTIALS, &root, 12), 0);
	T(sendmsg, "as another group", p[0], with(SOL_SOCKET, SCM_CREDENTIALS, &group, 12), 0);
	T(sendmsg, "as another process", p[0], with(SOL_SOCKET, SCM_CREDENTIALS, &other, 12), 0);
}

static void who(void)
{
	const struct ucred mine = { getpid(), 0, 0 }, other = { getpid(), 12, 34 };
	const struct ucred nobody = { 30000, 0, 0 };
	struct ucred peer = { 0, 0, 0 };
	socklen_t size = sizeof peer;
	int p[2];

	pair(SOCK_STREAM, p);
	C(write, p[0], "x", 1);
	receive("nobody asked who sent", p[1], 64, 0);
	SAY(setsockopt, "who sends is told", set(p[1], SOL_SOCKET, SO_PASSCRED, 1));
	SAY(getsockopt, "who sends is told", option(p[1], SOL_SOCKET, SO_PASSCRED));
	C(write, p[0], "x", 1);
	receive("who sent", p[1], 64, 0);
	memcpy(&peer, CMSG_DATA((struct cmsghdr *)(void *)beside), sizeof peer);
	SAY(recvmsg, "it was this process", peer.pid == getpid() && peer.uid == 0 && peer.gid == 0);
	C(write, p[0], "x", 1);
	receive("who sent, without room", p[1], 0, 0);
	C(write, p[0], "x", 1);
	receive("who sent, with half the room", p[1], CMSG_LEN(4), 0);
	T(sendmsg, "as oneself", p[0], with(SOL_SOCKET, SCM_CREDENTIALS, &mine, 12), 0);
	receive("as oneself", p[1], 64, 0);
	T(sendmsg, "as another, by root", p[0], with(SOL_SOCKET, SCM_CREDENTIALS, &other, 12), 0);
	receive("as another, by root", p[1], 64, 0);
	memcpy(&peer, CMSG_DATA((struct cmsghdr *)(void *)beside), sizeof peer);
	SAY(recvmsg, "as another's user", peer.uid);
	T(sendmsg, "as a process there is not", p[0], with(SOL_SOCKET, SCM_CREDENTIALS, &nobody, 12), 0);
	T(sendmsg, "as half of oneself", p[0], with(SOL_SOCKET, SCM_CREDENTIALS, &mine, 8), 0);
	C(getsockopt, p[0], SOL_SOCKET, SO_PEERCRED, &peer, &size);
	SAY(getsockopt, "the peer", size == 12 && peer.pid == getpid() && peer.uid == 0);
	SAY(sendmsg, "by another user", in_child(as_another, 1000));
	close_both(p);
}

/* ---- several ---- */

static void several(void)
{
	struct iovec pieces[3] = { { "a", 1 }, { "bb", 2 }, { "ccc", 3 } };
	char rooms[4][8] = { "" };
	struct iovec into[4];
	struct mmsghdr out[3], in[4];
	struct timespec soon = { 0, 20000000 }, wrong = { 0, -1 };
	int p[2];

	memset(out, 0, sizeof out);
	memset(in, 0, sizeof in);
	for (int i = 0; i < 3; i++)
		out[i].msg_hdr = (struct msghdr){ .msg_iov = pieces + i, .msg_iovlen = 1 };
	for (int i = 0; i < 4; i++) {
		into[i] = (struct iovec){ rooms[i], sizeof *rooms };
		in[i].msg_hdr = (struct msghdr){ .msg_iov = into + i, .msg_iovlen = 1 };
	}
	pair(SOCK_DGRAM, p);
	T(sendmmsg, "not open", 99, out, 3, 0);
	T(sendmmsg, "no socket", 0, out, 3, 0);
	T(sendmmsg, "wild", p[0], WILD, 3, 0);
	T(sendmmsg, "none", p[0], out, 0, 0);
	T(sendmmsg, "three", p[0], out, 3, 0);
	SAY(sendmmsg, "length of the third", out[2].msg_len);
	T(recvmmsg, "not open", 99, in, 4, 0, NULL);
	T(recvmmsg, "no socket", 0, in, 4, 0, NULL);
	T(recvmmsg, "two", p[1], in, 2, 0, NULL);
	SAY(recvmmsg, "length of the second", in[1].msg_len);
	T(recvmmsg, "what is there", p[1], in, 4, MSG_DONTWAIT, NULL);
	T(recvmmsg, "nothing is there", p[1], in, 4, MSG_DONTWAIT, NULL);
	C(sendmmsg, p[0], out, 3, 0);
	T(recvmmsg, "one is enough", p[1], in, 4, MSG_WAITFORONE, NULL);
	C(sendmmsg, p[0], out, 2, 0);
	T(recvmmsg, "a time there is not", p[1], in, 2, 0, &wrong);
	T(recvmmsg, "wild time", p[1], in, 2, 0, WILD);
	T(recvmmsg, "in time", p[1], in, 2, 0, &soon);
	SAY(recvmmsg, "what is left of it", soon.tv_nsec > 0 && soon.tv_nsec < 20000000);
	T(recvmmsg, "none", p[1], in, 0, MSG_DONTWAIT, NULL);
	T(recvmmsg, "wild", p[1], WILD, 2, MSG_DONTWAIT, NULL);
	pieces[1].iov_base = WILD;
	T(sendmmsg, "the second wild", p[0], out, 3, 0);
	T(sendmmsg, "the first wild", p[0], out + 1, 2, 0);
	close_both(p);
}

static void offsets(void)
{
	int p[2];

	pair(SOCK_STREAM, p);
	SAY(getsockopt, "where a look begins", option(p[1], SOL_SOCKET, SO_PEEK_OFF));
	SAY(setsockopt, "where a look begins", set(p[1], SOL_SOCKET, SO_PEEK_OFF, 1));
	C(write, p[0], "abcdef", 6);
	memset(some, 0, sizeof some);
	T(recvfrom, "a look from there", p[1], some, 2, MSG_PEEK, NULL, NULL);
	TEXT(recvfrom, "saw", some, 2);
	SAY(getsockopt, "where the next look begins", option(p[1], SOL_SOCKET, SO_PEEK_OFF));
	T(recvfrom, "bytes before that", p[1], some, 2, 0, NULL, NULL);
	SAY(getsockopt, "where it begins after that", option(p[1], SOL_SOCKET, SO_PEEK_OFF));
	T(recvfrom, "a look at the rest", p[1], some, 9, MSG_PEEK, NULL, NULL);
	close_both(p);
}

void topic_messages(void)
{
	headers();
	descriptors();
	who();
	several();
	offsets();
}
