/*
 * Who is killed while it accepts, connects, sends or receives loses what was its own, and
 * nobody else anything: what was on its way is there for the next, or is closed. Sockets that
 * only messages in one another hold come back to who goes on making them.
 */
#include "local.h"

#include <poll.h>

#define TIMES 60
#define CIRCLES 3000
/* Of what must come, in seconds and thousandths: no measure of speed. */
#define PATIENCE 60

static bool is_hung_up(int file)
{
	struct pollfd polled = {file, 0, 0};

	return poll(&polled, 1, PATIENCE * 1000) == 1 && polled.revents & POLLHUP;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Waits a little, or not. */
static void some_time(uint32_t *seed)
{
	if (next(seed) % 2)
		rest(next(seed) % 3);
}

/* ---- circles ---- */

static bool tie(int i)
{
	struct sockaddr_un where;
	socklen_t size;
	bool good;
	int ends[2];

	if (i % 3) {
		if (socketpair(AF_UNIX, i % 2 ? SOCK_STREAM : SOCK_DGRAM, 0, ends) < 0)
			return false;
	} else {
		ends[0] = listen_at(&where, &size, SOCK_STREAM, 1);
		ends[1] = socket(AF_UNIX, SOCK_STREAM, 0);
		connect(ends[1], (struct sockaddr *)&where, size);
	}
	good = pass(ends[1], ends, 2, "x", 1, 0);
	close(ends[0]);
	close(ends[1]);
	return good;
}

/* Many times what may be under way at once: it is when those before are gone. */
static const char *circles(uint32_t *seed)
{
	const struct rlimit few = {64, 64};
	pid_t child = fork();
	int status;

	(void)seed;
	if (child == 0) {
		if (setgid(1000) < 0 || setuid(1000) < 0 || setrlimit(RLIMIT_NOFILE, &few) < 0)
			_exit(2);
		alarm(PATIENCE * 2);
		for (int i = 0; i < CIRCLES; i++)
			while (!tie(i)) {
				if (errno != ETOOMANYREFS && errno != EBADF &&
						errno != ENFILE)
					_exit(1);
				rest(1);
			}
		_exit(0);
	}
	waitpid(child, &status, 0);
	return status == 0 ? NULL : "sockets in circles stay";
}

/* ---- killed while it waits ---- */

static const char *accepting(uint32_t *seed)
{
	const struct timeval patience = {PATIENCE, 0};
	struct sockaddr_un where;
	socklen_t size;
	const int server = listen_at(&where, &size, SOCK_STREAM, 5);
	const int client = socket(AF_UNIX, SOCK_STREAM, 0);
	const pid_t child = fork();
	bool good;
	char byte;
	int file;

	if (child == 0) {
		file = accept(server, NULL, NULL);
		write(file, "x", 1);
		pause();
	}
	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	some_time(seed);
	connect(client, (struct sockaddr *)&where, size);
	some_time(seed);
	end(child);
	fcntl(server, F_SETFL, O_NONBLOCK);
	file = accept(server, NULL, NULL);
	if (file >= 0)
		write(file, "y", 1);
	good = read(client, &byte, 1) >= 0 ? file < 0 || byte == 'y' : errno == ECONNRESET;
	close(file);
	close(client);
	close(server);
	return good ? NULL : "a connection is lost with who was to accept it";
}

static const char *receiving(uint32_t *seed)
{
	int p[2], ends[2], got[PASS_MOST], count;
	char bytes[10];
	pid_t child;
	bool good;

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	pipe(ends);
	child = fork();
	if (child == 0) {
		close(ends[1]);
		close(p[0]);
		take(p[1], got, bytes, sizeof(bytes), 0);
		pause();
	}
	some_time(seed);
	pass(p[0], ends + 1, 1, "x", 1, 0);
	close(ends[1]);
	some_time(seed);
	end(child);
	count = take(p[1], got, bytes, sizeof(bytes), MSG_DONTWAIT);
	good = count == -1 || count == 1;
	if (count == 1)
		close(got[0]);
	good = is_hung_up(ends[0]) && good;
	close(ends[0]);
	close(p[0]);
	close(p[1]);
	return good ? NULL : "a descriptor is lost with who was to receive it";
}

static const char *sending(uint32_t *seed)
{
	static char bytes[8192];
	int p[2], ends[2], got[PASS_MOST], count;
	pid_t child;
	bool good;

	socketpair(AF_UNIX, next(seed) % 2 ? SOCK_STREAM : SOCK_SEQPACKET, 0, p);
	pipe(ends);
	child = fork();
	if (child == 0)
		while (pass(p[0], ends + 1, 1, bytes, sizeof(bytes), 0))
			;
	close(ends[1]);
	some_time(seed);
	for (uint32_t i = next(seed) % 50; i > 0; i--)
		if (take(p[1], got, bytes, sizeof(bytes), 0) == 1)
			close(got[0]);
	end(child);
	while ((count = take(p[1], got, bytes, sizeof(bytes), MSG_DONTWAIT)) >= 0)
		if (count == 1)
			close(got[0]);
	good = is_hung_up(ends[0]);
	close(ends[0]);
	close(p[0]);
	close(p[1]);
	return good ? NULL : "a descriptor stays with who was to send it";
}

static const char *connecting(uint32_t *seed)
{
	struct sockaddr_un where;
	socklen_t size;
	const int server = listen_at(&where, &size, SOCK_STREAM, 0);
	pid_t children[6];
	int status, bad = 0;

	for (int i = 0; i < 6; i++)
		if ((children[i] = fork()) == 0) {
			const int file = socket(AF_UNIX, SOCK_STREAM, 0);

			close(server);
			alarm(PATIENCE);
			_exit(connect(file, (struct sockaddr *)&where, size) == 0 ||
				errno == ECONNREFUSED ? 0 : 1);
		}
	some_time(seed);
	end(children[next(seed) % 3]);
	close(accept(server, NULL, NULL));
	end(children[3 + next(seed) % 3]);
	close(server);
	while (wait(&status) > 0)
		bad += status != 0;
	return bad == 0 ? NULL : "who waited behind who was killed waits for ever";
}

bool check_lost(uint32_t seed)
{
	static const char *(*const checks[])(uint32_t *seed) = {accepting, receiving, sending,
		connecting};
	const char *problem = circles(&seed);

	for (int i = 0; !problem && i < TIMES; i++)
		for (size_t k = 0; !problem && k < sizeof(checks) / sizeof(*checks); k++)
			problem = checks[k](&seed);
	if (problem)
		printf("# %s\n", problem);
	return !problem;
}
