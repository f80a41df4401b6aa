/* Processes: made, ended, waited for. */
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int status;
static siginfo_t info;

/* A child that ends so. */
static long child(int code)
{
	long pid = C(fork, 0);

	if (pid == 0)
		C(exit_group, code);
	return pid;
}

/* One that waits to be killed. */
static long sleeper(void)
{
	long pid = C(fork, 0);

	while (pid == 0)
		C(pause, 0);
	return pid;
}

static void making(void)
{
	static volatile int here;
	long pid, me = C(getpid, 0);

	here = 1;
	pid = C(fork, 0);
	if (pid == 0) {
		here = 2;
		C(exit_group, (C(getppid, 0) == me) * 2 + (C(getpid, 0) != me));
	}
	SAY(fork, "the child is another, and knows its parent", child_code(pid));
	SAY(fork, "its memory is its own", here);
	pid = C(fork, 0);
	if (pid == 0) {
		here = (int)C(gettid, 0) == (int)C(getpid, 0);
		C(exit_group, here);
	}
	SAY(gettid, "is the process's of its first thread", child_code(pid));
	SAY(getppid, "is not one's own", C(getppid, 0) != me);
	pid = vfork();
	if (pid == 0) {
		here = 3;
		_exit(7);
	}
	SAY(vfork, "its code", child_code(pid));
	SAY(vfork, "its memory is its maker's", here);
	pid = C(clone, SIGCHLD, 0);
	if (pid == 0)
		C(exit, 9);
	SAY(clone, "as fork", child_code(pid));
	T(clone, "a thread without its memory", CLONE_THREAD, 0);
	T(clone, "handlers without memory", CLONE_SIGHAND, 0);
	T(clone, "new names and a shared place", CLONE_NEWNS | CLONE_FS, 0);
}

static void by_struct(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	long pid;

	pid = C(clone3, &args, sizeof args);
	if (pid == 0)
		C(exit_group, 11);
	SAY(clone3, "as fork", child_code(pid));
	T(clone3, "too small", &args, 8);
	T(clone3, "wild", WILD, sizeof args);
	args.exit_signal = 200;
	T(clone3, "a signal there is not", &args, sizeof args);
	args.exit_signal = SIGCHLD;
	args.stack_size = 4096;
	T(clone3, "a stack's size without a stack", &args, sizeof args);
	args.stack_size = 0;
	args.flags = CLONE_THREAD;
	T(clone3, "a thread without its memory", &args, sizeof args);
}

static void waiting(void)
{
	struct rusage usage;
	long pid = child(42);

	SAY(wait4, "is the child", C(wait4, pid, &status, 0, &usage) == pid);
	SAY(wait4, "its status", status);
	T(wait4, "there is none", -1L, &status, 0, NULL);
	T(wait4, "a process that is no child", 1, &status, 0, NULL);
	T(wait4, "unknown flags", -1L, &status, 0x100, NULL);
	pid = sleeper();
	T(wait4, "not ended, without waiting", pid, &status, WNOHANG, NULL);
	T(kill, "a child", pid, SIGKILL);
	SAY(wait4, "killed", C(wait4, -1L, &status, 0, NULL) == pid);
	SAY(wait4, "its signal", status);
	pid = sleeper();
	C(kill, pid, SIGSTOP);
	SAY(wait4, "stopped", C(wait4, pid, &status, WUNTRACED, NULL) == pid);
	SAY(wait4, "by that signal", status);
	C(kill, pid, SIGCONT);
	SAY(wait4, "continued", C(wait4, pid, &status, WCONTINUED, NULL) == pid);
	SAY(wait4, "so it says", status);
	C(kill, pid, SIGTERM);
	SAY(wait4, "of the group", C(wait4, 0, &status, 0, NULL) == pid);
	pid = child(1);
	T(wait4, "to a wild address", pid, WILD, 0, NULL);
	pid = child(1);
	SAY(wait4, "without asking how", C(wait4, pid, NULL, 0, NULL) == pid);
}

static void by_info(void)
{
	long pid = child(5);

	T(waitid, "to be looked at only", P_PID, pid, &info, WEXITED | WNOWAIT, NULL);
	SAY(waitid, "its code", info.si_status);
	SAY(waitid, "how it ended", info.si_code);
	SAY(waitid, "which", info.si_pid == pid);
	SAY(waitid, "the signal", info.si_signo);
	T(waitid, "it", P_ALL, 0, &info, WEXITED, NULL);
	T(waitid, "there is none", P_ALL, 0, &info, WEXITED, NULL);
	T(waitid, "for nothing", P_ALL, 0, &info, 0, NULL);
	T(waitid, "unknown flags", P_ALL, 0, &info, 0x100 | WEXITED, NULL);
	T(waitid, "of no kind", 9, 0, &info, WEXITED, NULL);
	pid = sleeper();
	info.si_signo = 77;
	T(waitid, "not ended, without waiting", P_PID, pid, &info, WEXITED | WNOHANG, NULL);
	SAY(waitid, "says nothing then", info.si_signo);
	C(kill, pid, SIGUSR1);
	T(waitid, "killed", P_PID, pid, &info, WEXITED, NULL);
	SAY(waitid, "by", info.si_status);
	SAY(waitid, "as killed", info.si_code);
	pid = child(0);
	T(waitid, "without a struct", P_PID, pid, NULL, WEXITED, NULL);
}

static void sharing(void)
{
	long pid, file;

	C(mkdir, "sub", 0755);
	pid = C(clone, CLONE_FS | SIGCHLD, 0);
	if (pid == 0)
		C(exit_group, C(chdir, "sub") < 0);
	child_code(pid);
	SAY(clone, "a shared place moves", C(access, "../sub", 0));
	C(chdir, "..");
	pid = C(clone, CLONE_FILES | SIGCHLD, 0);
	if (pid == 0)
		C(exit_group, C(dup2, 0, 60) != 60);
	child_code(pid);
	file = C(fcntl, 60, F_GETFD);
	SAY(clone, "descriptors are shared", file);
	T(unshare, "the place", CLONE_FS);
	T(unshare, "descriptors", CLONE_FILES);
	T(unshare, "nothing", 0);
	T(unshare, "unknown", 1);
	C(close, 60);
}

static void settings(void)
{
	char name[17] = "";
	unsigned long base = 0, given;
	int value = 77;

	T(prctl, "a name", PR_SET_NAME, "a name that is too long");
	T(prctl, "the name", PR_GET_NAME, name);
	TEXT(prctl, "which is", name, strlen(name));
	T(prctl, "a wild name", PR_SET_NAME, WILD);
	T(prctl, "unknown", 9999, 0, 0, 0, 0);
	T(prctl, "dumpable", PR_GET_DUMPABLE, 0, 0, 0, 0);
	T(prctl, "not dumpable", PR_SET_DUMPABLE, 0, 0, 0, 0);
	T(prctl, "dumpable then", PR_GET_DUMPABLE, 0, 0, 0, 0);
	T(prctl, "dumpable, unknown", PR_SET_DUMPABLE, 7, 0, 0, 0);
	T(prctl, "a signal at the parent's death", PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
	T(prctl, "which signal", PR_GET_PDEATHSIG, &value, 0, 0, 0);
	SAY(prctl, "is", value);
	T(prctl, "no such signal", PR_SET_PDEATHSIG, 200, 0, 0, 0);
	T(prctl, "a subreaper", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	T(prctl, "whether a subreaper", PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0);
	SAY(prctl, "a subreaper is", value);
	C(prctl, PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	T(prctl, "the slack of timers", PR_SET_TIMERSLACK, 60000, 0, 0, 0);
	T(prctl, "the slack", PR_GET_TIMERSLACK, 0, 0, 0, 0);
	T(prctl, "no new privileges before", PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	T(prctl, "no new privileges, wrong", PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0);
	T(prctl, "keeping capabilities", PR_GET_KEEPCAPS, 0, 0, 0, 0);
	T(prctl, "the bounding set", PR_CAPBSET_READ, 1, 0, 0, 0);
	T(prctl, "the bounding set, unknown", PR_CAPBSET_READ, 200, 0, 0, 0);
	T(prctl, "secure bits", PR_GET_SECUREBITS, 0, 0, 0, 0);
	T(arch_prctl, "the base of fs", 0x1003, &base);
	SAY(arch_prctl, "is there", base != 0);
	given = 0x12345000;
	T(arch_prctl, "a base of gs", 0x1001, given);
	T(arch_prctl, "the base of gs", 0x1004, &base);
	SAY(arch_prctl, "is that", base == given);
	T(arch_prctl, "unknown", 0x9999, 0);
	T(arch_prctl, "to a wild address", 0x1003, WILD);
	T(arch_prctl, "a base beyond all", 0x1001, 1UL << 62);
	T(personality, "is", 0xffffffff);
	T(personality, "of old memory", 0x0200000);
	T(personality, "is then", 0xffffffff);
	C(personality, 0);
}

static void nobody(void)
{

	SAY(set_tid_address, "itself", C(set_tid_address, &status) == C(gettid, 0));
}

void topic_process(void)
{
	making();
	by_struct();
	waiting();
	by_info();
	sharing();
	in_child(settings, 0);
	in_child(nobody, 0);
}
