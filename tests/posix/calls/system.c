/* The machine. */
#include "call.h"

#include <linux/random.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

static void names(void)
{
	struct utsname name;

	T(uname, "it", &name);
	TEXT(uname, "the system", name.sysname, strlen(name.sysname));
	TEXT(uname, "the machine", name.machine, strlen(name.machine));
	SAY(uname, "the release begins with a number", name.release[0] >= '2' &&
		name.release[0] <= '9');
	T(uname, "to a wild address", WILD);
	T(sethostname, "a name", "somewhere", 9);
	C(uname, &name);
	TEXT(sethostname, "is", name.nodename, strlen(name.nodename));
	T(sethostname, "too long", "x", 65);
	T(sethostname, "below 0", "x", -1L);
	T(sethostname, "wild", WILD, 5);
	T(setdomainname, "a name", "domain", 6);
	C(uname, &name);
	TEXT(setdomainname, "is", name.domainname, strlen(name.domainname));
	T(setdomainname, "too long", "x", 65);
}

static void figures(void)
{
	struct sysinfo info;

	T(sysinfo, "it", &info);
	SAY(sysinfo, "there is memory", info.totalram > 0 && info.mem_unit > 0);
	SAY(sysinfo, "no more is free than there is", info.freeram <= info.totalram);
	SAY(sysinfo, "there are processes", info.procs > 0);
	T(sysinfo, "to a wild address", WILD);
}

static void randomness(void)
{
	unsigned char bytes[64] = { 0 };

	T(getrandom, "some", bytes, 64, 0);
	SAY(getrandom, "are there", !all_are(bytes, 0, 64));
	T(getrandom, "none", bytes, 0, 0);
	T(getrandom, "without waiting", bytes, 16, GRND_NONBLOCK);
	T(getrandom, "of the other kind", bytes, 16, GRND_RANDOM);
	T(getrandom, "of the insecure kind", bytes, 16, 4);
	T(getrandom, "of two kinds", bytes, 16, 6);
	T(getrandom, "unknown flags", bytes, 16, 0x100);
	T(getrandom, "to a wild address", WILD, 16, 0);
}

/* Nothing that would change the log of the machine at hand. */
static void the_log(void)
{
	static char text[1 << 18];

	T(syslog, "close", 0, 0, 0);
	T(syslog, "open", 1, 0, 0);
	SAY(syslog, "there is room", C(syslog, 10, 0, 0) >= 4096);
	SAY(syslog, "what is new has a size", C(syslog, 9, 0, 0) >= 0);
	SAY(syslog, "what is there comes", C(syslog, 3, text, sizeof text) >= 0);
	T(syslog, "no whole line fits", 3, text, 1);
	T(syslog, "into nothing", 3, text, 0);
	T(syslog, "without a buffer", 3, 0, 10);
	T(syslog, "a size below 0", 3, text, -1L);
	T(syslog, "new lines without a buffer", 2, 0, 10);
	T(syslog, "a level of 0", 8, 0, 0);
	T(syslog, "a level of 9", 8, 0, 9);
	T(syslog, "unknown", 11, 0, 0);
	T(syslog, "below 0", -1L, 0, 0);
}

static void as_other(void)
{
	T(syslog, "another user", 10, 0, 0);
	T(syslog, "another user, unknown", 11, 0, 0);
	T(vhangup, "another user", 0);
	T(sethostname, "another user", "x", 1);
	T(setdomainname, "another user", "x", 1);
	T(reboot, "another user", 0xfee1dead, 672274793, 0);
}

void topic_system(void)
{
	names();
	figures();
	randomness();
	the_log();
	/* Nothing that would end the machine: only what is refused. */
	T(reboot, "without the magic numbers", 1, 2, 0);
	T(reboot, "unknown", 0xfee1dead, 672274793, 0x5555);
	in_child(as_other, 1000);
}
