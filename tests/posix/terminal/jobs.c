/* Sessions, groups in the foreground and in the background, hang-ups. */
#include "tests/posix/terminal/terminal.h"

static volatile sig_atomic_t caught;

static void catch(int signal)
{
	caught = signal;
}

static void on(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	sigaction(signal, &action, NULL);
}

/* ---- hanging up ---- */

static int wait_for_hang_up(void)
{
	struct pollfd item = {0, POLLIN | POLLOUT, 0};
	char byte;

	on(SIGHUP, catch, 0);
	on(SIGCONT, SIG_IGN, 0);
	say("leader is there");
	result("read", read(0, &byte, 1));
	say("caught %d", caught);
	result("read", read(0, &byte, 1));
	result("write", write(0, "x", 1));
	result("poll", poll(&item, 1, 0));
	say("events %x", item.revents);
	result("tcgetattr", ioctl(0, TCGETS, &item));
	result("tcgetpgrp", tcgetpgrp(0));
	result("/dev/tty", open("/dev/tty", O_RDWR));
	return 3;
}

void test_hang_up(void)
{
	struct pty pty = open_pty();
	struct pollfd item = {pty.master, POLLIN | POLLOUT, 0};
	pid_t child;

	result("write", write(pty.slave, "last", 4));
	close(pty.slave);
	read_once("what was written", pty.master);
	result("poll", poll(&item, 1, 0));
	say("events %x", item.revents);
	read_once("no terminal", pty.master);
	pty.slave = open(pty.name, O_RDWR | O_NOCTTY);
	result("write again", write(pty.slave, "more", 4));
	read_once("open again", pty.master);
	child = session(&pty, wait_for_hang_up);
	usleep(300000);
	close_pty(&pty);
	wait_child("leader", child, 0);
}

/* ---- sessions ---- */

static int look_around(void)
{
	int terminal, other = posix_openpt(O_RDWR | O_NOCTTY);
	struct pty pty = open_pty();

	say("foreground is ours: %d", tcgetpgrp(0) == getpgrp());
	say("session is ours: %d", tcgetsid(0) == getsid(0));
	terminal = open("/dev/tty", O_RDWR);
	say("/dev/tty: %d, %d", terminal >= 0, tcgetpgrp(terminal) == getpgrp());
	result("tcsetpgrp of nobody", tcsetpgrp(0, 32000));
	result("tcsetpgrp of another session", tcsetpgrp(0, getppid()));
	result("tcsetpgrp below 0", tcsetpgrp(0, -5));
	result("tcsetpgrp", tcsetpgrp(0, getpgrp()));
	result("TIOCSCTTY again", ioctl(0, TIOCSCTTY, 0));
	result("TIOCSCTTY of a second", ioctl(pty.slave, TIOCSCTTY, 0));
	result("tcgetpgrp of another", tcgetpgrp(pty.slave));
	result("tcgetsid of another", tcgetsid(pty.slave));
	result("tcsetpgrp of another", tcsetpgrp(pty.slave, getpgrp()));
	result("TIOCNOTTY of another", ioctl(pty.slave, TIOCNOTTY));
	result("setsid of a leader", setsid());
	on(SIGHUP, catch, 0);
	on(SIGCONT, SIG_IGN, 0);
	result("TIOCNOTTY", ioctl(0, TIOCNOTTY));
	usleep(100000);
	say("caught %d", caught);
	result("/dev/tty", open("/dev/tty", O_RDWR));
	result("tcgetpgrp", tcgetpgrp(0));
	result("TIOCSCTTY", ioctl(0, TIOCSCTTY, 0));
	say("foreground is ours: %d", tcgetpgrp(0) == getpgrp());
	close(other);
	close_pty(&pty);
	return 0;
}

static int be_resized(void)
{
	on(SIGWINCH, catch, 0);
	result("ready", write(0, "ready\n", 6));
	while (!caught)
		usleep(10000);
	say("caught %d", caught);
	return 0;
}

static int be_interrupted(void)
{
	char byte;

	on(SIGINT, catch, 0);
	on(SIGQUIT, catch, SA_RESTART);
	result("ready", write(0, "ready\n", 6));
	result("read", read(0, &byte, 1));
	say("caught %d", caught);
	result("ready", write(0, "again\n", 6));
	result("read", read(0, &byte, 1));
	say("caught %d, read %c", caught, byte);
	return 0;
}

void test_sessions(void)
{
	const struct winsize size = {50, 132, 0, 0};
	struct pty pty = open_pty();
	pid_t child;
	int set;

	wait_child("leader", session(&pty, look_around), 0);
	result("tcgetpgrp of a master", tcgetpgrp(pty.master));
	close_pty(&pty);
	pty = open_pty();
	child = session(&pty, be_resized);
	wait_for(pty.master, "ready");
	set = ioctl(pty.slave, TIOCSWINSZ, &size);
	wait_child("resized", child, 0);
	result("TIOCSWINSZ", set);
	close_pty(&pty);
	pty = open_pty();
	child = session(&pty, be_interrupted);
	wait_for(pty.master, "ready");
	usleep(100000);
	type(&pty, "abc\x03");
	wait_for(pty.master, "again");
	usleep(100000);
	type(&pty, "\x1c");
	usleep(100000);
	type(&pty, "z\n");
	wait_child("interrupted", child, 0);
	close_pty(&pty);
}

/* ---- the background ---- */

/* A child in a group of its own, which is not in the foreground. */
static pid_t background(void (*run)(void))
{
	pid_t child = fork();

	if (child == 0) {
		setpgid(0, 0);
		run();
		_exit(0);
	}
	setpgid(child, child);
	return child;
}

static void read_it(void)
{
	char byte = '-';

	result("background read", read(0, &byte, 1));
	say("read %c", byte);
}

static void read_ignoring(void)
{
	char byte;

	on(SIGTTIN, SIG_IGN, 0);
	result("read, SIGTTIN ignored", read(0, &byte, 1));
}

static void read_blocking(void)
{
	sigset_t set;
	char byte;

	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	result("read, SIGTTIN blocked", read(0, &byte, 1));
}

static void read_catching(void)
{
	char byte;

	on(SIGTTIN, catch, 0);
	result("read, SIGTTIN caught", read(0, &byte, 1));
	say("caught %d", caught);
}

static void write_it(void)
{
	result("background write", write(0, "w", 1));
}

static void set_it(void)
{
	set_local(0, TOSTOP, 0, 1, 0);
}

static void set_ignoring(void)
{
	on(SIGTTOU, SIG_IGN, 0);
	set_local(0, TOSTOP, 0, 1, 0);
	result("write, SIGTTOU ignored", write(0, "w", 1));
	result("tcsetpgrp, SIGTTOU ignored", tcsetpgrp(0, getpgrp()));
}

/* Stops, is put into the foreground, and goes on. */
static void stop_and_go(const char *what, void (*run)(void))
{
	pid_t child = background(run);

	wait_child(what, child, WUNTRACED);
	tcsetpgrp(0, child);
	kill(-child, SIGCONT);
	wait_child(what, child, 0);
	on(SIGTTOU, SIG_IGN, 0);
	tcsetpgrp(0, getpgrp());
	on(SIGTTOU, SIG_DFL, 0);
}

static int run_background(void)
{
	wait_child("ignoring", background(read_ignoring), 0);
	wait_child("blocking", background(read_blocking), 0);
	wait_child("catching", background(read_catching), 0);
	wait_child("writer", background(write_it), 0);
	stop_and_go("reader", read_it);
	stop_and_go("setter", set_it);
	stop_and_go("writer, TOSTOP", write_it);
	wait_child("setter, ignoring", background(set_ignoring), 0);
	return 0;
}

void test_background(void)
{
	struct pty pty = open_pty();
	pid_t child = session(&pty, run_background);

	type(&pty, "q\n");
	wait_child("leader", child, 0);
	close_pty(&pty);
}

/* ---- orphans ---- */

static int told[2];

static void stop_here(void)
{
	on(SIGHUP, catch, 0);
	raise(SIGTSTP);
	dprintf(told[1], "h%d", caught);
	_exit(0);
}

static void leave_stopped(void)
{
	pid_t child = fork();

	if (child == 0)
		stop_here();
	waitpid(child, NULL, WUNTRACED);
	_exit(0);
}

/* Its parent ends, which was the only one outside of its group. */
static void be_orphan(void)
{
	char byte;

	if (fork() != 0)
		_exit(0);
	usleep(200000);
	errno = 0;
	if (read(0, &byte, 1) < 0)
		dprintf(told[1], "read %s, ", strerrorname_np(errno));
	raise(SIGTSTP);
	dprintf(told[1], "not stopped");
	_exit(0);
}

static int run_orphans(void)
{
	char text[64] = "";

	if (pipe(told) != 0)
		return 1;
	wait_child("parent of a stopped one", background(leave_stopped), 0);
	result("told", read(told[0], text, sizeof(text) - 1));
	say("%s", text);
	wait_child("parent of an orphan", background(be_orphan), 0);
	close(told[1]);
	for (ssize_t count, at = 0; (count = read(told[0], text + at, 60 - (size_t)at)) > 0;) {
		at += count;
		text[at] = 0;
	}
	say("%s", text);
	return 0;
}

void test_orphans(void)
{
	struct pty pty = open_pty();

	wait_child("leader", session(&pty, run_orphans), 0);
	close_pty(&pty);
}

/* ---- keys that stop ---- */

static int run_stops(void)
{
	pid_t child = background(read_it);
	int status;

	on(SIGTTOU, SIG_IGN, 0);
	tcsetpgrp(0, child);
	usleep(200000);
	result("ready", write(0, "ready\n", 6));
	status = wait_child("reader", child, WUNTRACED);
	tcsetpgrp(0, getpgrp());
	/* What comes now is ours, not the stopped one's. */
	result("ready", write(0, "mine\n", 5));
	read_once("shell", 0);
	tcsetpgrp(0, child);
	kill(-child, SIGCONT);
	usleep(100000);
	result("ready", write(0, "yours\n", 6));
	wait_child("reader", child, 0);
	tcsetpgrp(0, getpgrp());
	return WIFSTOPPED(status) ? 0 : 1;
}

void test_stops(void)
{
	struct pty pty = open_pty();
	pid_t child = session(&pty, run_stops);

	wait_for(pty.master, "ready");
	usleep(300000);
	type(&pty, "\x1a");
	wait_for(pty.master, "mine");
	type(&pty, "m\n");
	wait_for(pty.master, "yours");
	type(&pty, "y\n");
	wait_child("leader", child, 0);
	close_pty(&pty);
}

/* ---- the end of who waits ---- */

static int wait_in_poll(void)
{
	struct pollfd item = {0, POLLIN, 0};
	sigset_t none;

	sigemptyset(&none);
	result("ready", write(0, "ready\n", 6));
	ppoll(&item, 1, NULL, &none);
	return 1;
}

static int wait_in_read(void)
{
	char byte;

	result("ready", write(0, "ready\n", 6));
	return (int)read(0, &byte, 1);
}

static int wait_in_write(void)
{
	static char bytes[65536];

	result("ready", write(0, "ready\n", 6));
	return write(0, bytes, sizeof(bytes)) > 0;
}

static void kill_one(const char *what, int (*run)(void))
{
	struct pty pty = open_pty();
	pid_t child = session(&pty, run);

	wait_for(pty.master, "ready");
	usleep(200000);
	kill(child, SIGKILL);
	wait_child(what, child, 0);
	close_pty(&pty);
}

void test_kills(void)
{
	kill_one("in ppoll with a mask", wait_in_poll);
	kill_one("in a read", wait_in_read);
	kill_one("in a write", wait_in_write);
}

/* ---- as many as there can be ---- */

/* How many can be had, as a user who may not do everything. */
static void hoard(void)
{
	int count = 0, failed;

	if (setgid(1000) || setuid(1000))
		_exit(1);
	while (posix_openpt(O_RDWR | O_NOCTTY) >= 0)
		count++;
	failed = errno;
	say("at least 32: %d", count >= 32);
	say("no more: %d", failed == ENOSPC || failed == EMFILE || failed == EIO);
}

void test_limits(void)
{
	struct pty pty;
	pid_t child;

	for (int i = 0; i < 3; i++) {
		child = fork();
		if (child == 0) {
			hoard();
			_exit(0);
		}
		wait_child("who takes all", child, 0);
		pty = open_pty();
		say("there is another one: %d", pty.slave >= 0);
		close_pty(&pty);
	}
}
