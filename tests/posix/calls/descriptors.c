/* The table of descriptors; pipes. */
#include "call.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static void duplicates(void)
{
	long file = C(open, "f", O_RDWR | O_CREAT, 0644);

	T(dup, "the lowest that is free", file);
	T(dup, "descriptor not open", 99);
	T(dup, "descriptor below 0", -1);
	T(dup2, "to a number", file, 40);
	T(dup2, "to itself", file, file);
	T(dup2, "not open, to itself", 99, 99);
	T(dup2, "not open", 99, 40);
	T(dup2, "to a number below 0", file, -1);
	T(dup2, "to a number beyond the limit", file, 1 << 24);
	SAY(dup2, "what was there stays open", C(fcntl, 40, F_GETFD));
	T(dup3, "to a number, closed by exec", file, 41, O_CLOEXEC);
	SAY(dup3, "closed by exec", C(fcntl, 41, F_GETFD));
	T(dup3, "to itself", file, file, 0);
	T(dup3, "unknown flags", file, 42, O_NONBLOCK);
	T(dup3, "not open", 99, 42, 0);
	C(write, file, "abc", 3);
	SAY(dup, "the position is one", C(lseek, 40, 0, SEEK_CUR));
	T(close, "a descriptor", 40);
	T(close, "it again", 40);
	T(close, "descriptor below 0", -1);
	T(close, "far beyond", 1 << 30);
	C(close_range, 3, -1, 0);
}

static void ranges(void)
{
	for (int i = 10; i < 20; i++)
		C(dup2, 0, i);
	T(close_range, "four of them", 12, 15, 0);
	SAY(close_range, "one before", C(fcntl, 11, F_GETFD));
	SAY(close_range, "the first", C(fcntl, 12, F_GETFD));
	SAY(close_range, "the last", C(fcntl, 15, F_GETFD));
	SAY(close_range, "one behind", C(fcntl, 16, F_GETFD));
	T(close_range, "marked for exec", 16, 17, 4);
	SAY(close_range, "is marked", C(fcntl, 17, F_GETFD));
	T(close_range, "none is open", 200, 300, 0);
	T(close_range, "backwards", 20, 10, 0);
	T(close_range, "unknown flags", 10, 20, 64);
	T(close_range, "all behind, a table of its own", 3, -1, 2);
	SAY(close_range, "all are closed", C(fcntl, 10, F_GETFD));
}

static void flags(void)
{
	long file = C(open, "f", O_RDWR | O_APPEND), path = C(open, "f", O_PATH);
	long one;

	T(fcntl, "F_GETFD", file, F_GETFD);
	T(fcntl, "F_SETFD", file, F_SETFD, FD_CLOEXEC);
	T(fcntl, "F_GETFD then", file, F_GETFD);
	SAY(fcntl, "F_GETFL", C(fcntl, file, F_GETFL) & ~0100000);
	T(fcntl, "F_SETFL", file, F_SETFL, O_NONBLOCK);
	SAY(fcntl, "F_GETFL then", C(fcntl, file, F_GETFL) & ~0100000);
	SAY(fcntl, "F_GETFL of a path only", C(fcntl, path, F_GETFL) & ~0100000);
	T(fcntl, "F_SETFL of a path only", path, F_SETFL, O_NONBLOCK);
	one = T(fcntl, "F_DUPFD from 30", file, F_DUPFD, 30);
	SAY(fcntl, "F_GETFD of that", C(fcntl, one, F_GETFD));
	one = T(fcntl, "F_DUPFD_CLOEXEC from 30", file, F_DUPFD_CLOEXEC, 30);
	SAY(fcntl, "F_GETFD of the second", C(fcntl, one, F_GETFD));
	T(fcntl, "F_DUPFD from below 0", file, F_DUPFD, -1);
	T(fcntl, "F_DUPFD from beyond the limit", file, F_DUPFD, 1 << 24);
	T(fcntl, "unknown", file, 999);
	T(fcntl, "descriptor not open", 99, F_GETFD);
	T(fcntl, "descriptor not open, unknown", 99, 999);
	T(fcntl, "F_GETPIPE_SZ of a file", file, 1032);
	T(fcntl, "F_GETOWN", file, F_GETOWN);
	T(fcntl, "F_GETSIG", file, 11);
	T(fcntl, "F_GETLEASE", file, 1025);
	C(close_range, 3, -1, 0);
}

static void locks(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 4 };
	long file = C(open, "f", O_RDWR);

	T(fcntl, "F_SETLK", file, F_SETLK, &l);
	T(fcntl, "F_GETLK of one's own", file, F_GETLK, &l);
	SAY(fcntl, "F_GETLK says", l.l_type);
	l.l_type = 9;
	T(fcntl, "F_SETLK of no kind", file, F_SETLK, &l);
	T(fcntl, "F_SETLK, wild", file, F_SETLK, WILD);
	l.l_type = F_UNLCK;
	T(fcntl, "F_SETLK, unlocked", file, F_SETLK, &l);
	C(close, file);
	file = C(open, "f", O_RDONLY);
	l.l_type = F_WRLCK;
	T(fcntl, "F_SETLK to write a file for reading", file, F_SETLK, &l);
	C(close, file);
}

static void pipes(void)
{
	char text[8] = "", *large;
	static const unsigned long ignore[4] = { (unsigned long)SIG_IGN };
	int p[2], waiting = 0;
	long got;

	T(pipe, "two ends", p);
	SAY(pipe, "the first", p[0]);
	SAY(pipe, "the second", p[1]);
	T(pipe, "wild", WILD);
	SAY(pipe, "wild, and nothing stays open", C(fcntl, 5, F_GETFD));
	T(write, "to a pipe", p[1], "abc", 3);
	T(ioctl, "FIONREAD of a pipe", p[0], FIONREAD, &waiting);
	SAY(ioctl, "FIONREAD says", waiting);
	got = T(read, "of a pipe", p[0], text, 8);
	TEXT(read, "what came", text, got);
	T(read, "of the end for writing", p[1], text, 8);
	T(write, "to the end for reading", p[0], text, 8);
	C(fcntl, p[0], F_SETFL, O_NONBLOCK);
	T(read, "of an empty pipe without waiting", p[0], text, 8);
	T(fcntl, "F_GETPIPE_SZ", p[0], 1032);
	C(close, p[1]);
	T(read, "of a pipe that nobody writes to", p[0], text, 8);
	C(close, p[0]);
	T(pipe2, "closed by exec, without waiting", p, O_CLOEXEC | O_NONBLOCK);
	SAY(pipe2, "closed by exec", C(fcntl, p[0], F_GETFD));
	SAY(pipe2, "without waiting", C(fcntl, p[1], F_GETFL));
	large = (char *)C(mmap, 0, 1 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	T(write, "to a pipe until it is full", p[1], large, 1 << 20);
	T(write, "to a pipe that is full", p[1], large, 1);
	C(close, p[0]);
	C(rt_sigaction, SIGPIPE, ignore, 0, 8);
	T(write, "to a pipe that nobody reads", p[1], "x", 1);
	C(close, p[1]);
	T(pipe2, "unknown flags", p, 1);
	T(pipe2, "wild", WILD, 0);
}

static void limits(void)
{
	struct rlimit few = { 8, 8 };
	int p[2];

	C(setrlimit, RLIMIT_NOFILE, &few);
	for (int i = 3; i < 7; i++)
		C(dup2, 0, i);
	T(pipe, "one descriptor is left", p);
	T(dup, "the last one", 0);
	T(dup, "none is left", 0);
	T(open, "none is left", "f", O_RDONLY);
	T(dup2, "at the limit", 0, 8);
	T(fcntl, "F_DUPFD with none left", 0, F_DUPFD, 0);
	T(fcntl, "F_DUPFD from the limit", 0, F_DUPFD, 8);
	T(memfd_create, "none is left", "m", 0);
}

static void others(void)
{
	char text[8] = "";
	int number = 0;
	long file = C(open, "f", O_RDWR), memory;

	T(ioctl, "a terminal's of a file", file, TCGETS, text);
	T(ioctl, "unknown of a file", file, 0x12345678, text);
	T(ioctl, "descriptor not open", 99, TCGETS, text);
	T(ioctl, "FIOCLEX", file, FIOCLEX, 0);
	SAY(ioctl, "closed by exec", C(fcntl, file, F_GETFD));
	T(ioctl, "FIONCLEX", file, FIONCLEX, 0);
	number = 1;
	T(ioctl, "FIONBIO", file, FIONBIO, &number);
	SAY(ioctl, "does not wait", C(fcntl, file, F_GETFL) & O_NONBLOCK);
	C(lseek, file, 0, SEEK_SET);
	T(ioctl, "FIONREAD of a file", file, FIONREAD, &number);
	SAY(ioctl, "FIONREAD is what is left", number);
	T(ioctl, "FIONREAD, wild", file, FIONREAD, WILD);
	T(socket, "of a family that nobody has", 99, 1, 0);
	T(socket, "of this machine", 1, 1, 0);
	T(socketpair, "of a family that nobody has", 99, 1, 0, &number);
	memory = TOK(memfd_create, "a file in memory", "m", 1);
	T(memfd_create, "unknown flags", "m", 0x100);
	T(memfd_create, "a wild name", WILD, 0);
	if (memory >= 0) {
		SAY(memfd_create, "is written", C(write, memory, "abc", 3));
		SAY(memfd_create, "has no seals but this", C(fcntl, memory, 1034));
		SAY(memfd_create, "closed by exec", C(fcntl, memory, F_GETFD));
	}
}

void topic_descriptors(void)
{
	duplicates();
	ranges();
	flags();
	locks();
	pipes();
	in_child(limits, 0);
	others();
}
