/*
 * What a Linux program finds of terminals: it drives children through pseudo-terminals and
 * says what came, one line a thing. The same program runs here and in the OS; what it says
 * is compared (tests/posix/terminal.sh). Nothing that differs from run to run is said.
 */
#ifndef TESTS_POSIX_TERMINAL_H
#define TESTS_POSIX_TERMINAL_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* "NAME: " before each line of a case. */
extern const char *topic;
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A result as a number, or errno's name. */
void result(const char *what, long value);
/* Bytes, with those that are none to be seen as \xNN. */
void show(const char *what, const void *bytes, long count);

struct pty {
	int master, slave;
	char name[64];
};

/* Unlocked, with its terminal open, which becomes nobody's controlling one. */
struct pty open_pty(void);
void close_pty(struct pty *pty);
void type(const struct pty *pty, const char *text);
/* Reads from it once, waiting for at most 10 s, and says what came. */
void read_once(const char *what, int from);
/* All that comes until this text has, or the end; at most 20 s. Not said. False: it did
 * not come. */
bool wait_for(int from, const char *text);
/* A child that leads a session with this terminal, runs it, and ends with what it returns. */
pid_t session(const struct pty *pty, int (*run)(void));
/* Says how a child ends, or stops. */
int wait_child(const char *what, pid_t child, int options);
/* Sets flags of c_lflag, and MIN and TIME. */
void set_local(int terminal, tcflag_t on, tcflag_t off, int min, int time);

void test_files(void), test_lines(void), test_raw(void), test_hang_up(void),
	test_packets(void), test_sessions(void), test_background(void), test_orphans(void),
	test_stops(void), test_ioctls(void), test_kills(void), test_limits(void);

#endif
