/* Users, groups, sessions, capabilities. */
#include "call.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void show(const char *call, const char *what)
{
	unsigned u[3], g[3];
	char groups[80];

	C(getresuid, u, u + 1, u + 2);
	C(getresgid, g, g + 1, g + 2);
	line(call, what, u[0] * 100 + u[1] * 10 + u[2]);
	snprintf(groups, sizeof groups, "%s, its groups", what);
	line(call, groups, g[0] * 100 + g[1] * 10 + g[2]);
}

static void asking(void)
{
	unsigned one;

	T(getuid, "root", 0);
	T(geteuid, "root", 0);
	T(getgid, "root", 0);
	T(getegid, "root", 0);
	T(getresuid, "to a wild address", &one, WILD, &one);
	T(getresgid, "to a wild address", &one, &one, WILD);
	SAY(getpid, "is above 0", C(getpid, 0) > 0);
}

static void user(void)
{
	T(setuid, "of root, all three", 5);
	show("setuid", "then");
	T(setuid, "no way back", 0);
	T(setuid, "to itself", 5);
}

static void effective(void)
{
	T(setresuid, "all three", 1, 2, 3);
	show("setresuid", "then");
	T(setresuid, "to the saved one", -1, 3, -1);
	T(setresuid, "to another", -1, 9, -1);
	T(setresuid, "none", -1, -1, -1);
	T(setuid, "to the real one", 1);
	show("setuid", "only the effective one");
	T(setreuid, "the other way round", 3, 1);
	show("setreuid", "then");
	T(setreuid, "to another", 9, -1);
	T(getuid, "the real one", 0);
	T(geteuid, "the effective one", 0);
}

static void groups(void)
{
	T(setresgid, "all three", 1, 2, 3);
	show("setresgid", "then");
	T(setregid, "two", 4, 5);
	show("setregid", "then");
	T(setgid, "of root, all three", 6);
	show("setgid", "then");
	C(setresuid, 1, 1, 1);
	T(setgid, "to another", 7);
	T(setregid, "to another", 7, -1);
	T(setresgid, "to another", 7, -1, -1);
	T(setgid, "to itself", 6);
	T(getgid, "the real one", 0);
	T(getegid, "the effective one", 0);
}

static void more_groups(void)
{
	unsigned list[4] = { 30, 10, 20, 10 }, got[8] = { 0 };

	T(setgroups, "four", 4, list);
	T(getgroups, "how many", 0, NULL);
	T(getgroups, "all", 8, got);
	SAY(getgroups, "in their order", got[0] * 1000000 + got[1] * 10000 + got[2] * 100 + got[3]);
	T(getgroups, "into too little room", 2, got);
	T(getgroups, "below 0", -1L, got);
	T(getgroups, "to a wild address", 8, WILD);
	T(setgroups, "wild", 4, WILD);
	T(setgroups, "too many", 65537, list);
	T(setgroups, "none", 0, NULL);
	C(setresuid, 1, 1, 1);
	T(setgroups, "by another user", 1, list);
}

static void files(void)
{
	T(setfsuid, "was root", 7);
	T(setfsuid, "is", -1);
	T(setfsgid, "was root", 8);
	T(setfsgid, "is", -1);
	C(setresuid, 1, 1, 1);
	T(setfsuid, "follows the effective user", 9);
	T(setfsuid, "stays, without the right", -1);
}

static void sessions(void)
{
	long me = C(getpid, 0), child;

	T(setsid, "of a group's leader", 0 * C(setpgid, 0, 0));
	SAY(getpgrp, "one's own", C(getpgrp, 0) == me);
	SAY(getpgid, "one's own", C(getpgid, 0) == me);
	SAY(getpgid, "by number", C(getpgid, me) == me);
	T(getpgid, "of nobody", 99999999);
	T(getsid, "of nobody", 99999999);
	T(getpgid, "below 0", -1);
	T(setpgid, "of nobody", 99999999, 0);
	T(setpgid, "below 0", 0, -1);
	T(setpgid, "a group there is not", 0, 99999999);
	child = C(fork, 0);
	if (child == 0) {
		SAY(getpgrp, "of a child is its parent's", C(getpgrp, 0) == me);
		SAY(setsid, "is the process", C(setsid, 0) == C(getpid, 0));
		SAY(getsid, "is the process", C(getsid, 0) == C(getpid, 0));
		T(setpgid, "of a session's leader", 0, 0);
		T(setpgid, "of one in another session", me, 0);
		T(setsid, "again", 0);
		C(exit_group, 0);
	}
	child_code(child);
	child = C(fork, 0);
	while (child == 0)
		C(pause, 0);
	T(setpgid, "of a child, its own", child, child);
	SAY(getpgid, "of a child", C(getpgid, child) == child);
	T(setpgid, "of a child, back", child, me);
	C(kill, child, 9);
	child_code(child);
}

static void capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	T(capget, "one's own", &header, data);
	SAY(capget, "of root, all", (data[0].effective & 0x1ff) == 0x1ff);
	T(capget, "of nobody", (header.pid = 99999999, &header), data);
	header.pid = -1;
	T(capget, "below 0", &header, data);
	header = (struct __user_cap_header_struct){ 5, 0 };
	T(capget, "of no known version", &header, data);
	SAY(capget, "says which is known", header.version == _LINUX_CAPABILITY_VERSION_3);
	T(capget, "wild", WILD, data);
	T(capset, "wild", WILD, data);
	header.pid = 0;
	C(capget, &header, data);
	data[0].effective = data[0].permitted = 1 << CAP_KILL;
	data[1].effective = data[1].permitted = 0;
	data[0].inheritable = data[1].inheritable = 0;
	T(capset, "fewer", &header, data);
	C(capget, &header, data);
	SAY(capset, "then", data[0].effective);
	data[0].permitted |= 1 << CAP_CHOWN;
	T(capset, "more", &header, data);
	data[0].permitted = 0;
	T(capset, "effective, and not permitted", &header, data);
	SAY(capset, "without that capability to chown", C(chown, "f", 5, 5));
	SAY(capset, "without that capability to chroot", C(chroot, "."));
	SAY(capset, "without that capability to be another user", C(setuid, 5));
	T(prctl, "the bounding set, without the right", PR_CAPBSET_DROP, 0, 0, 0, 0);
}

static void of_user(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	T(capget, "another user", &header, data);
	SAY(capget, "another user has none", data[0].effective | data[0].permitted);
	T(prctl, "another user, no new privileges", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	T(prctl, "another user, no new privileges then", PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	T(setuid, "another user, to root", 0);
	T(setgroups, "another user", 0, NULL);
	T(setresuid, "another user, to root", 0, 0, 0);
}

void topic_identity(void)
{
	make_file("f", "x");
	asking();
	in_child(user, 0);
	in_child(effective, 0);
	in_child(groups, 0);
	in_child(more_groups, 0);
	in_child(files, 0);
	in_child(sessions, 0);
	in_child(capabilities, 0);
	in_child(of_user, 1000);
}
