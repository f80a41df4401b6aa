/* Those that want all sockets of this machine, and all that can be in messages between them. */
#include "local.h"

bool pass(int over, const int *files, int count, const void *bytes, size_t size, int flags)
{
	union { struct cmsghdr head; char bytes[CMSG_SPACE(PASS_MOST * sizeof(int))]; } beside;
	struct iovec piece = {(void *)(uintptr_t)bytes, size};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1,
		.msg_control = beside.bytes,
		.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};

	beside.head = (struct cmsghdr){.cmsg_len = CMSG_LEN((size_t)count * sizeof(int)),
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&beside.head), files, (size_t)count * sizeof(int));
	return sendmsg(over, &message, flags | MSG_NOSIGNAL) > 0;
}

int take(int from, int *files, void *bytes, size_t size, int flags)
{
	union { struct cmsghdr head; char bytes[CMSG_SPACE(PASS_MOST * sizeof(int))]; } beside;
	struct iovec piece = {bytes, size};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1,
		.msg_control = beside.bytes, .msg_controllen = sizeof(beside)};

	if (recvmsg(from, &message, flags) <= 0)
		return -1;
	if (message.msg_controllen <= CMSG_LEN(0))
		return 0;
	memcpy(files, CMSG_DATA(&beside.head), beside.head.cmsg_len - CMSG_LEN(0));
	return (int)((beside.head.cmsg_len - CMSG_LEN(0)) / sizeof(int));
}

int listen_at(struct sockaddr_un *where, socklen_t *size, int kind, int backlog)
{
	const int file = socket(AF_UNIX, kind, 0);

	*where = (struct sockaddr_un){.sun_family = AF_UNIX};
	bind(file, (struct sockaddr *)where, sizeof(sa_family_t));
	*size = sizeof(*where);
	getsockname(file, (struct sockaddr *)where, size);
	listen(file, backlog);
	return file;
}

/* ---- whatever is there, passed to whoever is there ---- */

#define FILES 16

static int any_socket(uint32_t *seed, int ends[2])
{
	static const int kinds[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

	return socketpair(AF_UNIX, kinds[next(seed) % 3] | SOCK_NONBLOCK, 0, ends);
}

/* Sockets in messages in sockets, in circles or not, of which some are taken out again. */
static void pass_around(uint32_t *seed, int times)
{
	static char bytes[3000];
	int files[FILES], got[PASS_MOST], ends[2];

	for (int i = 0; i < FILES; i += 2)
		any_socket(seed, files + i);
	while (times-- > 0) {
		const uint32_t at = next(seed) % FILES, first = next(seed) % FILES;
		const int count = (int)(1 + next(seed) % (FILES - first));

		pass(files[at], files + first, count, bytes, 1 + next(seed) % sizeof(bytes), 0);
		if (next(seed) % 3 == 0)
			for (int i = take(files[at], got, bytes, 100, 0); i > 0; i--)
				close(got[i - 1]);
		if (next(seed) % 4 == 0 && any_socket(seed, ends) == 0) {
			dup2(ends[0], files[at]);
			dup2(ends[1], files[first]);
			close(ends[0]);
			close(ends[1]);
		}
	}
	for (int i = 0; i < FILES; i++)
		close(files[i]);
}

/* As many as may be, each in a message in the one before. */
static void nest(uint32_t *seed)
{
	int ends[2], last = -1;

	while (any_socket(seed, ends) == 0) {
		if (last >= 0 && !pass(ends[0], &last, 1, "", 1, 0))
			break;
		close(last);
		close(ends[0]);
		last = ends[1];
	}
	for (int i = 3; i < 4096; i++)
		close(i);
}

/* ---- those that nobody reads or accepts ---- */

static void fill(uint32_t *seed)
{
	static char bytes[60000];
	int ends[2];

	while (any_socket(seed, ends) == 0)
		for (int i = 0; i < 20; i++)
			send(ends[i % 2], bytes, next(seed) % sizeof(bytes), MSG_NOSIGNAL);
}

static void crowd(uint32_t *seed)
{
	struct sockaddr_un where;
	socklen_t size;
	const int server = listen_at(&where, &size, SOCK_STREAM, next(seed) % 2 ? 4096 : 3);

	for (int i = 0; i < 3000; i++) {
		const int file = socket(AF_UNIX, SOCK_STREAM |
			(next(seed) % 16 ? SOCK_NONBLOCK : 0), 0);

		if (file < 0 && next(seed) % 4 == 0)
			break;
		if (next(seed) % 64 == 0 && fork() == 0)
			alarm(1);
		connect(file, (struct sockaddr *)&where, size);
		pass(file, &server, 1, "x", 1, 0);
		if (next(seed) % 4 == 0)
			close(file);
		if (next(seed) % 8 == 0)
			accept4(server, NULL, NULL, SOCK_NONBLOCK);
	}
	close(server);
}

void attack_sockets(uint32_t seed)
{
	const struct rlimit most = {4096, 4096};

	setrlimit(RLIMIT_NOFILE, &most);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		fork();
		seed += (uint32_t)getpid();
		next(&seed);
		switch (next(&seed) % 4) {
		case 0: pass_around(&seed, 10000); break;
		case 1: nest(&seed); break;
		case 2: fill(&seed); break;
		default: crowd(&seed);
		}
		if (next(&seed) % 2)
			_exit(0);
	}
}
