/* Pipes: their sizes, FIFOs whose open waits, and bytes moved without the program's memory. */
#include "call.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SET_SIZE 1031
#define GET_SIZE 1032

/* Pages, which vmsplice counts. */
static char much[65536] __attribute__((aligned(4096))), back[65536] __attribute__((aligned(4096)));
static int p[2], q[2];

static void pause_a_little(void)
{
	nanosleep(&(struct timespec){ 0, 30000000 }, NULL);
}

static void handler(int number)
{
	(void)number;
}

/* ---- sizes ---- */

static void too_large(void)
{
	T(fcntl, "more than all may have", p[1], SET_SIZE, 2 << 20);
	T(fcntl, "what all may have", p[1], SET_SIZE, 1 << 20);
	_exit(0);
}

static void sizes(void)
{
	for (unsigned i = 0; i < sizeof(much); i++)
		much[i] = (char)(i * 7 + i / 256);
	C(pipe2, p, O_NONBLOCK);
	T(fcntl, "the size of a pipe", p[0], GET_SIZE);
	T(fcntl, "a size is rounded up", p[0], SET_SIZE, 5000);
	T(fcntl, "of both ends", p[1], GET_SIZE);
	T(write, "as much as there is room", p[1], much, 65536);
	T(write, "no more", p[1], much, 1);
	T(fcntl, "smaller than what is in it", p[1], SET_SIZE, 4096);
	T(read, "a part", p[0], back, 4096);
	T(fcntl, "not smaller now", p[1], SET_SIZE, 1);
	T(write, "nor more room", p[1], much, 1);
	T(read, "the rest", p[0], back + 4096, 65536 - 4096);
	SAY(read, "all in order", memcmp(much, back, 8192) == 0);
	T(fcntl, "the least", p[0], SET_SIZE, 0);
	C(fcntl, p[0], SET_SIZE, 8192);
	T(write, "nearly to the end", p[1], much, 6000);
	T(read, "from the beginning", p[0], back, 5000);
	T(write, "around the end", p[1], much + 6000, 3000);
	T(fcntl, "larger while there is something in it", p[0], SET_SIZE, 65536);
	T(read, "what was in it", p[0], back + 5000, 65536 - 5000);
	SAY(read, "still in order", memcmp(much, back, 9000) == 0);
	T(fcntl, "far too large", p[0], SET_SIZE, 0x80000001L);
	in_child(too_large, 1000);
	T(fcntl, "of what is no pipe", C(open, ".", O_RDONLY), SET_SIZE, 4096);
	C(close_range, 3, -1, 0);
}

/* ---- FIFOs ---- */

static long fifo_in_child(int flags, const char *text)
{
	long pid = C(fork, 0), file;
	char byte;

	if (pid != 0)
		return pid;
	pause_a_little();
	file = C(open, "fifo", flags);
	if (text)
		C(write, file, text, strlen(text));
	else
		C(read, file, &byte, 1);
	_exit(file >= 0 ? 7 : 8);
}

static void polled(const char *what, long file)
{
	struct pollfd item = { (int)file, POLLIN, 0 };

	C(poll, &item, 1, 0);
	SAY(poll, what, item.revents);
}

static void not_waiting(void)
{
	long in, out;

	T(mknod, "one", "fifo", S_IFIFO | 0600, 0);
	T(open, "a FIFO nobody reads, without waiting", "fifo", O_WRONLY | O_NONBLOCK);
	in = C(open, "fifo", O_RDONLY | O_NONBLOCK);
	SAY(open, "to read without waiting", in >= 0);
	T(read, "of one nobody writes to", in, back, 1);
	polled("nobody has written yet", in);
	out = C(open, "fifo", O_WRONLY | O_NONBLOCK);
	SAY(open, "somebody reads it", out >= 0);
	T(read, "nothing there yet", in, back, 1);
	C(write, out, "fi", 2);
	C(close, out);
	polled("written and closed", in);
	TEXT(read, "what was written", back, C(read, in, back, 10));
	polled("hung up", in);
	C(close, in);
	in = C(open, "fifo", O_RDWR);
	SAY(open, "for both at once", in >= 0);
	T(write, "to itself", in, "self", 4);
	TEXT(read, "from itself", back, C(read, in, back, 10));
	C(close_range, 3, -1, 0);
}

static void waiting(void)
{
	long child = fifo_in_child(O_WRONLY, "text"), file;
	int64_t since = clock_now();

	file = C(open, "fifo", O_RDONLY);
	SAY(open, "to read, once somebody writes", file >= 0);
	SAY(open, "not before", clock_now() - since >= 20000000);
	TEXT(read, "what that one wrote", back, C(read, file, back, 10));
	SAY(open, "the other one", child_code(child));
	T(read, "the end", file, back, 1);
	C(close, file);
	child = fifo_in_child(O_RDONLY, NULL);
	file = C(open, "fifo", O_WRONLY);
	SAY(open, "to write, once somebody reads", file >= 0);
	T(write, "a byte for that one", file, "x", 1);
	SAY(open, "the reader", child_code(child));
	C(close, file);
	child = fifo_in_child(O_RDWR, "both");
	file = C(open, "fifo", O_RDONLY);
	SAY(open, "to read, once somebody does both", file >= 0);
	child_code(child);
	C(close_range, 3, -1, 0);
}

static long signals_in_child(int times)
{
	long parent = C(getpid, 0), pid = C(fork, 0);

	if (pid != 0)
		return pid;
	for (int i = 0; i < times; i++) {
		pause_a_little();
		C(kill, parent, SIGUSR1);
	}
	pause_a_little();
	if (times > 1)
		C(write, C(open, "fifo", O_WRONLY), "after", 5);
	_exit(0);
}

static void cut_off(void)
{
	struct sigaction action = { .sa_handler = handler };
	long child, file;

	sigaction(SIGUSR1, &action, NULL);
	child = signals_in_child(1);
	T(open, "cut off by a signal", "fifo", O_RDONLY);
	child_code(child);
	T(open, "and not open", "fifo", O_WRONLY | O_NONBLOCK);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	child = signals_in_child(2);
	file = C(open, "fifo", O_RDONLY);
	SAY(open, "again after signals that restart it", file >= 0);
	TEXT(read, "what came then", back, C(read, file, back, 10));
	child_code(child);
	action.sa_handler = SIG_DFL;
	sigaction(SIGUSR1, &action, NULL);
	C(close_range, 3, -1, 0);
}

/* By a child, that reads so much before: what is there was written once, and is said. */
static void cut_off_in_part(const char *what, int flags, long reads)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	const struct iovec parts[2] = {{ much, sizeof(much) }, { back, sizeof(back) }};
	long parent = C(getpid, 0), child;

	sigaction(SIGUSR1, &action, NULL);
	C(pipe2, p, 0);
	child = C(fork, 0);
	if (child == 0) {
		pause_a_little();
		if (reads > 0)
			C(read, p[0], back, reads);
		pause_a_little();
		C(kill, parent, SIGUSR1);
		_exit(0);
	}
	T(writev, what, p[1], parts, 2);
	child_code(child);
	C(fcntl, p[0], F_SETFL, O_NONBLOCK);
	T(read, what, p[0], back, sizeof(back));
	T(readv, what, p[0], parts + 1, 1);
	action.sa_handler = SIG_DFL;
	sigaction(SIGUSR1, &action, NULL);
	C(close_range, 3, -1, 0);
}

static void *nothing(void *given)
{
	return given;
}

/* Threads begin and end while another waits for room. */
static void *read_amid_ends(void *given)
{
	long *left = given, size;

	while (*left > 0 && (size = C(read, p[0], back, sizeof(back))) > 0) {
		pthread_t thread;

		*left -= size;
		pthread_create(&thread, NULL, nothing, NULL);
		pthread_join(thread, NULL);
	}
	return NULL;
}

static void others_end(void)
{
	static char lots[1 << 20];
	long left = sizeof(lots);
	pthread_t reader;

	C(pipe2, p, 0);
	pthread_create(&reader, NULL, read_amid_ends, &left);
	T(write, "all of it, while threads end", p[1], lots, sizeof(lots));
	pthread_join(reader, NULL);
	C(close_range, 3, -1, 0);
}

/* ---- moving ---- */

static long writes_later(const char *text)
{
	long pid = C(fork, 0);

	if (pid != 0)
		return pid;
	pause_a_little();
	if (*text)
		C(write, p[1], text, strlen(text));
	_exit(0);
}

static void between(void)
{
	long child;

	C(pipe, p);
	C(pipe, q);
	child = writes_later("later");
	T(splice, "waits for something to move", p[0], NULL, q[1], NULL, 100, 0);
	TEXT(splice, "and moves it", back, C(read, q[0], back, 100));
	child_code(child);
	child = writes_later("twice");
	T(tee, "waits too", p[0], q[1], 3, 0);
	TEXT(tee, "a part of it", back, C(read, q[0], back, 100));
	TEXT(tee, "all is there still", back, C(read, p[0], back, 100));
	child_code(child);
	T(splice, "a pipe into itself", p[0], NULL, p[1], NULL, 1, 0);
	T(splice, "from the wrong end", p[1], NULL, q[1], NULL, 1, 0);
	T(tee, "to the wrong end", p[0], q[0], 1, 0);
	C(write, p[1], much, 65536);
	T(splice, "all of a pipe", p[0], NULL, q[1], NULL, 1 << 20, 0);
	C(write, p[1], much, 10);
	T(splice, "into a full one, without waiting", p[0], NULL, q[1], NULL, 1 << 20,
		SPLICE_F_NONBLOCK);
	T(tee, "into a full one, without waiting", p[0], q[1], 1 << 20, SPLICE_F_NONBLOCK);
	T(read, "all of the other", q[0], back, 65536);
	SAY(splice, "in order", memcmp(much, back, 65536) == 0);
	C(close, p[1]);
	T(splice, "the rest", p[0], NULL, q[1], NULL, 100, 0);
	T(splice, "nobody writes any more", p[0], NULL, q[1], NULL, 100, 0);
	T(tee, "nobody writes any more", p[0], q[1], 100, 0);
	C(close_range, 3, -1, 0);
}

static void files(void)
{
	int64_t offset = 4;
	long file = C(open, "spliced", O_RDWR | O_CREAT | O_TRUNC, 0600);
	long end = C(open, "spliced", O_WRONLY | O_APPEND);

	C(pipe, p);
	C(write, p[1], much, 50000);
	C(read, p[0], back, 40000);
	C(write, p[1], much + 50000, 15536);
	T(splice, "around the end of the ring into a file", p[0], NULL, file, NULL, 1 << 20, 0);
	C(lseek, file, 0, SEEK_SET);
	T(read, "it", file, back, 65536);
	SAY(splice, "as it was", memcmp(much + 40000, back, 25536) == 0);
	C(lseek, file, 0, SEEK_SET);
	T(splice, "a file into a pipe", file, NULL, p[1], NULL, 1 << 20, 0);
	SAY(splice, "where the file is then", C(lseek, file, 0, SEEK_CUR));
	T(splice, "to an offset", p[0], NULL, file, &offset, 3, 0);
	SAY(splice, "which goes on", offset);
	T(splice, "to a file that is appended to", p[0], NULL, end, NULL, 1, 0);
	T(splice, "a wild offset", p[0], NULL, file, WILD, 1, 0);
	T(splice, "an offset of the pipe", p[0], &offset, file, NULL, 1, 0);
	C(read, p[0], back, 65536);
	C(close, p[0]);
	signal(SIGPIPE, SIG_IGN);
	T(splice, "nobody reads it", file, &offset, p[1], NULL, 1, 0);
	signal(SIGPIPE, SIG_DFL);
	C(close_range, 3, -1, 0);
}

static void from_memory(void)
{
	struct iovec pieces[2] = { { much, 65536 }, { much, 10 } };

	C(pipe, p);
	T(vmsplice, "as much as there is room", p[1], pieces, 1, 0);
	T(vmsplice, "no room, without waiting", p[1], pieces, 1, SPLICE_F_NONBLOCK);
	pieces[0].iov_base = back;
	pieces[0].iov_len = 65536;
	T(vmsplice, "out of a pipe", p[0], pieces, 1, 0);
	SAY(vmsplice, "in order", memcmp(much, back, 65536) == 0);
	T(vmsplice, "out of an empty one, without waiting", p[0], pieces, 1, SPLICE_F_NONBLOCK);
	T(vmsplice, "nothing", p[1], pieces, 0, 0);
	T(vmsplice, "unknown flags", p[1], pieces, 1, 0x100);
	C(close_range, 3, -1, 0);
}

void topic_pipes(void)
{
	sizes();
	not_waiting();
	waiting();
	cut_off();
	cut_off_in_part("cut off when some is written", 0, 0);
	cut_off_in_part("the same by a signal that restarts", SA_RESTART, 0);
	cut_off_in_part("cut off after more was written", 0, 8192);
	others_end();
	between();
	files();
	from_memory();
}
