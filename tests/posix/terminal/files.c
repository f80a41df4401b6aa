/* Pseudo-terminals as files: names, status, settings, what is typed and read. */
#include "tests/posix/terminal/terminal.h"

#include <dirent.h>
#include <sys/sysmacros.h>

static bool is_listed(const char *name)
{
	DIR *directory = opendir("/dev/pts");
	struct dirent *entry;
	bool found = false;

	while (directory && (entry = readdir(directory)))
		found = found || strcmp(entry->d_name, name) == 0;
	if (directory)
		closedir(directory);
	return found;
}

void test_files(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), locked = -1, peer;
	char name[64] = "", other[64];
	struct stat status;

	result("ptsname", ptsname_r(master, name, sizeof(name)));
	result("TIOCGPTLCK", ioctl(master, TIOCGPTLCK, &locked));
	say("locked at first: %d", locked);
	result("open while locked", open(name, O_RDWR | O_NOCTTY));
	result("TIOCGPTPEER while locked", ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	result("unlockpt", unlockpt(master));
	result("stat", stat(name, &status));
	say("type %o, major %u, minor is its number: %d", status.st_mode & S_IFMT,
		major(status.st_rdev), strtoul(name + 9, NULL, 10) == minor(status.st_rdev));
	say("owner %u", status.st_uid);
	say("listed: %d", is_listed(name + 9));
	peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	say("peer: %d, isatty %d %d", peer > 2, isatty(master), isatty(peer));
	say("name of peer: %d", ttyname_r(peer, other, sizeof(other)) == 0 &&
		strcmp(name, other) == 0);
	result("fstat", fstat(master, &status));
	say("master: %o %u:%u", status.st_mode & S_IFMT, major(status.st_rdev),
		minor(status.st_rdev));
	result("TIOCGPTN of the terminal", ioctl(peer, TIOCGPTN, &locked));
	result("lseek", lseek(peer, 0, SEEK_SET));
	result("pread", pread(peer, name, 0, 0));
	close(master);
	result("open when the master has gone", open(name, O_RDWR | O_NOCTTY));
	say("listed: %d", is_listed(name + 9));
	close(peer);
}

void test_lines(void)
{
	struct pty pty = open_pty();
	struct pollfd item = {pty.slave, POLLIN, 0};
	struct termios t;
	int count = -1;

	result("tcgetattr", tcgetattr(pty.slave, &t));
	say("%o %o %o %o", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag);
	show("characters", t.c_cc, 17);
	type(&pty, "ab\x7f" "c\n");
	read_once("a line", pty.slave);
	read_once("its echo", pty.master);
	type(&pty, "one two\x17three\x15" "four\n\x04half\x04");
	poll(&item, 1, 10000);
	result("FIONREAD", ioctl(pty.slave, FIONREAD, &count));
	say("bytes: %d", count);
	read_once("a line", pty.slave);
	read_once("end of file", pty.slave);
	read_once("half a line", pty.slave);
	read_once("their echo", pty.master);
	type(&pty, "\x16\x03\x01\n");
	read_once("a literal", pty.slave);
	read_once("as ^X", pty.master);
	result("write", write(pty.slave, "x\ny\tz\n", 6));
	read_once("processed", pty.master);
	type(&pty, "abc");
	result("not a line, O_NONBLOCK", fcntl(pty.slave, F_SETFL, O_RDWR | O_NONBLOCK));
	read_once("echo", pty.master);
	show("read", &t, read(pty.slave, &t, 4));
	type(&pty, "def\n");
	show("two bytes", &t, read(pty.slave, &t, 2));
	show("the rest", &t, read(pty.slave, &t, 40));
	close_pty(&pty);
}

void test_raw(void)
{
	struct pty pty = open_pty();
	struct pollfd item = {pty.slave, POLLIN | POLLOUT, 0};
	char bytes[16];

	set_local(pty.slave, 0, ICANON | ECHO | ISIG, 3, 0);
	type(&pty, "ab");
	result("poll below MIN", poll(&item, 1, 0));
	say("events %x", item.revents);
	type(&pty, "c\x03" "d");
	show("read", bytes, read(pty.slave, bytes, 16));
	set_local(pty.slave, 0, 0, 0, 0);
	show("MIN 0, TIME 0", bytes, read(pty.slave, bytes, 16));
	set_local(pty.slave, 0, 0, 0, 2);
	show("MIN 0, TIME 2", bytes, read(pty.slave, bytes, 16));
	set_local(pty.slave, 0, 0, 5, 2);
	type(&pty, "xy");
	show("MIN 5, TIME 2", bytes, read(pty.slave, bytes, 16));
	type(&pty, "vwxyz");
	show("less than MIN", bytes, read(pty.slave, bytes, 2));
	show("what is left", bytes, read(pty.slave, bytes, 3));
	fcntl(pty.slave, F_SETFL, O_RDWR | O_NONBLOCK);
	show("O_NONBLOCK", bytes, read(pty.slave, bytes, 16));
	result("tcflush", tcflush(pty.slave, TCIOFLUSH));
	result("tcdrain", tcdrain(pty.slave));
	result("nothing to read", read(pty.slave, bytes, 0));
	close_pty(&pty);
}

void test_packets(void)
{
	struct pty pty = open_pty();
	struct pollfd item = {pty.master, POLLIN | POLLPRI, 0};
	struct termios t;
	int on = 1;

	result("TIOCPKT", ioctl(pty.master, TIOCPKT, &on));
	result("write", write(pty.slave, "hello", 5));
	read_once("data", pty.master);
	result("tcflush", tcflush(pty.slave, TCIFLUSH));
	result("poll", poll(&item, 1, 0));
	say("events %x", item.revents);
	read_once("flushed", pty.master);
	result("tcflow", tcflow(pty.slave, TCOOFF));
	read_once("stopped", pty.master);
	result("tcflow", tcflow(pty.slave, TCOON));
	read_once("started", pty.master);
	tcgetattr(pty.slave, &t);
	t.c_iflag &= ~(tcflag_t)IXON;
	tcsetattr(pty.slave, TCSANOW, &t);
	read_once("no flow", pty.master);
	t.c_iflag |= IXON;
	tcsetattr(pty.slave, TCSANOW, &t);
	read_once("flow", pty.master);
	on = 0;
	result("TIOCPKT", ioctl(pty.master, TIOCPKT, &on));
	result("TIOCPKT of the terminal", ioctl(pty.slave, TIOCPKT, &on));
	close_pty(&pty);
}

void test_ioctls(void)
{
	const struct winsize size = {24, 80, 640, 480};
	struct pty pty = open_pty();
	struct winsize got = {1, 1, 1, 1};
	int number = -1;

	result("TIOCGWINSZ", ioctl(pty.slave, TIOCGWINSZ, &got));
	say("%u %u", got.ws_row, got.ws_col);
	result("TIOCSWINSZ", ioctl(pty.master, TIOCSWINSZ, &size));
	result("TIOCGWINSZ", ioctl(pty.slave, TIOCGWINSZ, &got));
	say("%u %u %u %u", got.ws_row, got.ws_col, got.ws_xpixel, got.ws_ypixel);
	result("TIOCOUTQ", ioctl(pty.slave, TIOCOUTQ, &number));
	say("waiting: %d", number);
	result("TIOCGETD", ioctl(pty.slave, TIOCGETD, &number));
	say("discipline %d", number);
	result("TIOCEXCL", ioctl(pty.slave, TIOCEXCL));
	result("TIOCGEXCL", ioctl(pty.slave, TIOCGEXCL, &number));
	say("exclusive %d", number);
	result("TIOCNXCL", ioctl(pty.slave, TIOCNXCL));
	result("tcsendbreak", tcsendbreak(pty.slave, 0));
	result("TCXONC", ioctl(pty.slave, TCXONC, 9));
	result("TCFLSH", ioctl(pty.slave, TCFLSH, 9));
	result("a bad address", ioctl(pty.slave, TIOCGWINSZ, 8));
	result("none such", ioctl(pty.slave, 0x54ff, &number));
	result("TIOCMGET", ioctl(pty.slave, TIOCMGET, &number));
	result("FIONREAD of the master", ioctl(pty.master, FIONREAD, &number));
	say("bytes %d", number);
	result("tcgetattr of no terminal", ioctl(open("/dev/null", O_RDWR), TCGETS, &got));
	close_pty(&pty);
}
