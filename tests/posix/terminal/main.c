/* Which cases: those that are named, or all. And what they have in common. */
#include "tests/posix/terminal/terminal.h"

#include <stdarg.h>

const char *topic = "";

static const struct { const char *name; void (*run)(void); } cases[] = {
	{"files", test_files}, {"lines", test_lines}, {"raw", test_raw},
	{"hang-up", test_hang_up}, {"packets", test_packets}, {"ioctls", test_ioctls},
	{"sessions", test_sessions}, {"background", test_background},
	{"orphans", test_orphans}, {"stops", test_stops},
	{"kills", test_kills}, {"limits", test_limits},
};

void say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	printf("%s: ", topic);
	vprintf(format, list);
	printf("\n");
	fflush(stdout);
	va_end(list);
}

void result(const char *what, long value)
{
	if (value < 0)
		say("%s: %s", what, strerrorname_np(errno));
	else
		say("%s: %ld", what, value);
}

void show(const char *what, const void *bytes, long count)
{
	const unsigned char *at = bytes;

	if (count < 0) {
		result(what, count);
		return;
	}
	printf("%s: %s: %ld \"", topic, what, count);
	for (long i = 0; i < count; i++)
		printf(at[i] < 32 || at[i] > 126 ? "\\x%02x" : "%c", at[i]);
	printf("\"\n");
	fflush(stdout);
}

struct pty open_pty(void)
{
	struct pty pty = {.master = posix_openpt(O_RDWR | O_NOCTTY)};

	if (pty.master < 0 || grantpt(pty.master) || unlockpt(pty.master) ||
			ptsname_r(pty.master, pty.name, sizeof(pty.name))) {
		result("no pseudo-terminal", -1);
		exit(2);
	}
	pty.slave = open(pty.name, O_RDWR | O_NOCTTY);
	return pty;
}

void close_pty(struct pty *pty)
{
	close(pty->slave);
	close(pty->master);
}

void type(const struct pty *pty, const char *text)
{
	if (write(pty->master, text, strlen(text)) != (ssize_t)strlen(text))
		result("typed in part", -1);
}

void read_once(const char *what, int from)
{
	struct pollfd item = {from, POLLIN, 0};
	char bytes[4096];

	if (poll(&item, 1, 10000) == 0)
		say("%s: nothing came", what);
	else
		show(what, bytes, read(from, bytes, sizeof(bytes)));
}

bool wait_for(int from, const char *text)
{
	static char bytes[65536];
	size_t size = 0;
	struct pollfd item = {from, POLLIN, 0};

	while (size < sizeof(bytes) - 1 && poll(&item, 1, 20000) > 0) {
		ssize_t count = read(from, bytes + size, sizeof(bytes) - 1 - size);

		if (count <= 0)
			break;
		size += (size_t)count;
		bytes[size] = 0;
		if (strstr(bytes, text))
			return true;
	}
	show("came instead", bytes, (long)size);
	return false;
}

pid_t session(const struct pty *pty, int (*run)(void))
{
	pid_t child = fork();

	if (child != 0)
		return child;
	setsid();
	if (dup2(open(pty->name, O_RDWR), 0) != 0)
		_exit(90);
	close(pty->master);
	close(pty->slave);
	_exit(run());
}

int wait_child(const char *what, pid_t child, int options)
{
	int status = 0;

	if (waitpid(child, &status, options) < 0)
		result(what, -1);
	else if (WIFEXITED(status))
		say("%s: ended %d", what, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		say("%s: SIG%s", what, sigabbrev_np(WTERMSIG(status)));
	else if (WIFSTOPPED(status))
		say("%s: stopped by SIG%s", what, sigabbrev_np(WSTOPSIG(status)));
	else
		say("%s: goes on", what);
	return status;
}

void set_local(int terminal, tcflag_t on, tcflag_t off, int min, int time)
{
	struct termios termios;

	tcgetattr(terminal, &termios);
	termios.c_lflag = (termios.c_lflag & ~off) | on;
	termios.c_cc[VMIN] = (cc_t)min;
	termios.c_cc[VTIME] = (cc_t)time;
	result("tcsetattr", tcsetattr(terminal, TCSANOW, &termios));
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		topic = cases[i].name;
		if (argc < 2 || strcmp(argv[1], topic) == 0) {
			alarm(120);
			cases[i].run();
		}
	}
	return 0;
}
