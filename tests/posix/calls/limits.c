/* Limits, what was used, scheduling. */
#include "call.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void limits(void)
{
	struct rlimit is, set = { 100, 200 }, wrong = { 300, 200 };

	T(getrlimit, "the first", 0, &is);
	T(getrlimit, "the last", 15, &is);
	T(getrlimit, "of no kind", 16, &is);
	T(getrlimit, "to a wild address", RLIMIT_NOFILE, WILD);
	T(setrlimit, "files", RLIMIT_NOFILE, &set);
	C(getrlimit, RLIMIT_NOFILE, &is);
	SAY(getrlimit, "is that", is.rlim_cur * 1000 + is.rlim_max);
	T(setrlimit, "more than the most", RLIMIT_NOFILE, &wrong);
	T(setrlimit, "of no kind", 16, &set);
	T(setrlimit, "wild", RLIMIT_NOFILE, WILD);
	T(prlimit64, "one's own", 0, RLIMIT_NOFILE, NULL, &is);
	SAY(prlimit64, "is that", is.rlim_cur);
	set.rlim_cur = 50;
	T(prlimit64, "set and asked", 0, RLIMIT_NOFILE, &set, &is);
	SAY(prlimit64, "as it was", is.rlim_cur);
	T(prlimit64, "of nobody", 99999999, RLIMIT_NOFILE, NULL, &is);
	T(prlimit64, "of no kind", 0, 99, NULL, &is);
	T(prlimit64, "of the parent", C(getppid, 0), RLIMIT_NOFILE, NULL, &is);
	T(prlimit64, "wild", 0, RLIMIT_NOFILE, WILD, NULL);
	set.rlim_max = 400;
	T(setrlimit, "root raises the most", RLIMIT_NOFILE, &set);
}

/* As a server of thousands holds them. */
static void thousands(void)
{
	struct rlimit most = { 4096, 4096 };
	int pair[2];
	long pairs = 0, result;

	C(setrlimit, RLIMIT_NOFILE, &most);
	while ((result = C(socketpair, AF_UNIX, SOCK_STREAM, 0, pair)) == 0)
		pairs++;
	SAY(setrlimit, "thousands of sockets", pairs > 2000);
	SAY(setrlimit, "and then no more", result);
}

static void as_other(void)
{
	struct rlimit is, set;

	C(getrlimit, RLIMIT_CORE, &is);
	set = (struct rlimit){ 0, 5 };
	T(setrlimit, "another user, lower", RLIMIT_CORE, &set);
	set.rlim_max = 6;
	T(setrlimit, "another user, back", RLIMIT_CORE, &set);
	T(prlimit64, "another user, of root", C(getppid, 0), RLIMIT_NOFILE, NULL, &is);
	T(setpriority, "another user, nicer", PRIO_PROCESS, 0, 5);
	T(setpriority, "another user, less nice", PRIO_PROCESS, 0, 1);
	T(setpriority, "another user, of root", PRIO_PROCESS, C(getppid, 0), 5);
	T(sched_setscheduler, "another user, of root", C(getppid, 0), SCHED_OTHER,
		&(struct sched_param){ .sched_priority = 0 });
	T(sched_setscheduler, "another user, real time", 0, SCHED_FIFO,
		&(struct sched_param){ .sched_priority = 5 });
}

static void used(void)
{
	struct rusage usage;

	T(getrusage, "of the process", RUSAGE_SELF, &usage);
	T(getrusage, "of its children", RUSAGE_CHILDREN, &usage);
	T(getrusage, "of the thread", 1, &usage);
	T(getrusage, "of no kind", 9, &usage);
	T(getrusage, "to a wild address", RUSAGE_SELF, WILD);
}

static void priorities(void)
{
	T(getpriority, "of the process", PRIO_PROCESS, 0);
	T(setpriority, "nicer", PRIO_PROCESS, 0, 7);
	T(getpriority, "then", PRIO_PROCESS, 0);
	T(setpriority, "beyond the nicest", PRIO_PROCESS, 0, 100);
	T(getpriority, "the nicest", PRIO_PROCESS, 0);
	T(setpriority, "root goes back", PRIO_PROCESS, 0, -3L);
	T(getpriority, "below 0", PRIO_PROCESS, 0);
	T(getpriority, "of no kind", 9, 0);
	T(setpriority, "of no kind", 9, 0, 0);
	T(getpriority, "of nobody", PRIO_PROCESS, 99999999);
	T(setpriority, "of nobody", PRIO_PROCESS, 99999999, 0);
	T(getpriority, "of the group", PRIO_PGRP, 0);
	T(getpriority, "of the user", PRIO_USER, 4242);
}

static void scheduling(void)
{
	struct sched_param is = { 9 }, zero = { 0 }, five = { 5 };
	struct timespec slice;
	unsigned long set[16] = { 0 }, first = 1, none = 0;
	unsigned cpu = 99, node = 99;

	T(sched_getscheduler, "of the process", 0);
	T(sched_getscheduler, "of nobody", 99999999);
	T(sched_getscheduler, "below 0", -1);
	T(sched_getparam, "of the process", 0, &is);
	SAY(sched_getparam, "is", is.sched_priority);
	T(sched_getparam, "to no address", 0, NULL);
	T(sched_setparam, "the same", 0, &zero);
	T(sched_setparam, "what it cannot have", 0, &five);
	T(sched_setscheduler, "as it is", 0, SCHED_OTHER, &zero);
	T(sched_setscheduler, "in batches", 0, SCHED_BATCH, &zero);
	T(sched_getscheduler, "in batches", 0);
	T(sched_setscheduler, "of no kind", 0, 99, &zero);
	T(sched_setscheduler, "with what it cannot have", 0, SCHED_OTHER, &five);
	T(sched_setscheduler, "of nobody", 99999999, SCHED_OTHER, &zero);
	T(sched_get_priority_max, "usual", SCHED_OTHER);
	T(sched_get_priority_max, "real time", SCHED_FIFO);
	T(sched_get_priority_max, "of no kind", 99);
	T(sched_get_priority_min, "usual", SCHED_OTHER);
	T(sched_get_priority_min, "real time", SCHED_RR);
	T(sched_get_priority_min, "of no kind", 99);
	T(sched_rr_get_interval, "of the process", 0, &slice);
	T(sched_rr_get_interval, "of nobody", 99999999, &slice);
	TOK(sched_getaffinity, "of the process", 0, sizeof set, set);
	SAY(sched_getaffinity, "some CPU", set[0] != 0);
	T(sched_getaffinity, "into no room", 0, 0, set);
	T(sched_getaffinity, "into a piece of a word", 0, 12, set);
	T(sched_getaffinity, "of nobody", 99999999, sizeof set, set);
	T(sched_getaffinity, "to a wild address", 0, sizeof set, WILD);
	T(sched_setaffinity, "the first CPU", 0, 8, &first);
	T(sched_setaffinity, "no CPU", 0, 8, &none);
	T(sched_setaffinity, "wild", 0, 8, WILD);
	T(sched_setaffinity, "of nobody", 99999999, 8, &first);
	T(getcpu, "where", &cpu, &node);
	SAY(getcpu, "on the first", cpu);
	T(getcpu, "not asked", NULL, NULL);
	T(getcpu, "to a wild address", WILD, NULL);
}

/* struct sched_attr, and more than there is. */
struct attributes {
	unsigned size, policy;
	unsigned long flags;
	int nice;
	unsigned priority;
	unsigned long runtime, deadline, period;
	unsigned util_min, util_max;
	unsigned long more;
};

static void attributes(void)
{
	struct attributes set = { 48, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0 }, is = { 0 };

	T(sched_getattr, "of the process", 0, &is, sizeof is, 0);
	SAY(sched_getattr, "its size", is.size <= 56 ? 56 : is.size);
	SAY(sched_getattr, "its policy", is.policy);
	T(sched_getattr, "of the first kind", 0, &is, 48, 0);
	SAY(sched_getattr, "its size, of the first kind", is.size);
	T(sched_getattr, "with flags", 0, &is, 48, 1);
	T(sched_getattr, "of too little room", 0, &is, 40, 0);
	T(sched_getattr, "of too much room", 0, &is, 5000, 0);
	T(sched_getattr, "of nobody", 99999999, &is, 48, 0);
	T(sched_getattr, "to a wild address", 0, WILD, 48, 0);
	T(sched_getattr, "to no address", 0, NULL, 48, 0);
	T(sched_setattr, "nicer", 0, &set, 0);
	T(getpriority, "as sched_setattr says", PRIO_PROCESS, 0);
	set.policy = SCHED_BATCH;
	set.flags = 1;
	set.nice = 7;
	T(sched_setattr, "in batches", 0, &set, 0);
	C(sched_getattr, 0, &is, 48, 0);
	SAY(sched_getattr, "in batches", is.policy * 1000 + is.flags * 100 + (unsigned)is.nice);
	set.flags = 0x10;
	set.policy = SCHED_OTHER;
	set.nice = 1;
	T(sched_setattr, "its policy alone", 0, &set, 0);
	C(sched_getattr, 0, &is, 48, 0);
	SAY(sched_getattr, "its policy alone", is.policy * 100 + (unsigned)is.nice);
	set.flags = 0;
	set.priority = 3;
	T(sched_setattr, "what it cannot have", 0, &set, 0);
	set.priority = 0;
	set.policy = 99;
	T(sched_setattr, "of no kind", 0, &set, 0);
	set.policy = 0;
	set.flags = 0x1000;
	T(sched_setattr, "unknown flags", 0, &set, 0);
	set.flags = 0;
	T(sched_setattr, "with flags of the call", 0, &set, 1);
	T(sched_setattr, "of nobody", 99999999, &set, 0);
	T(sched_setattr, "wild", 0, WILD, 0);
	set.size = 40;
	T(sched_setattr, "too small", 0, &set, 0);
	set.size = sizeof set;
	T(sched_setattr, "larger, and zero", 0, &set, 0);
	set.size = sizeof set;
	set.more = 1;
	T(sched_setattr, "larger, and not zero", 0, &set, 0);
}

static void attributes_as_other(void)
{
	struct attributes set = { 48, SCHED_FIFO, 0, 0, 5, 0, 0, 0, 0, 0, 0 };

	T(sched_setattr, "another user, real time", 0, &set, 0);
	set = (struct attributes){ .size = 48, .nice = -5 };
	T(sched_setattr, "another user, less nice", 0, &set, 0);
}

void topic_limits(void)
{
	in_child(limits, 0);
	in_child(thousands, 0);
	in_child(as_other, 1000);
	used();
	in_child(priorities, 0);
	in_child(scheduling, 0);
	in_child(attributes, 0);
	in_child(attributes_as_other, 1000);
}
