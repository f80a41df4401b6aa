/* Signals. */
#include "call.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

struct action { void *handler; unsigned long flags; void *restorer; uint64_t mask; };

static volatile int came, code_came, value_came, on_stack;
static volatile long sender;
static char stack[65536];

static void handler(int number, siginfo_t *info, void *context)
{
	(void)context;
	came = came * 100 + number;
	code_came = info->si_code;
	value_came = info->si_value.sival_int;
	sender = info->si_pid;
	on_stack = (char *)&info > stack && (char *)&info < stack + sizeof stack;
}

static void take(int number, int flags)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	action.sa_sigaction = handler;
	action.sa_flags = SA_SIGINFO | flags;
	sigaction(number, &action, NULL);
	came = 0;
}

static uint64_t bit(int number)
{
	return UINT64_C(1) << (number - 1);
}

static void actions(void)
{
	struct action ignore = { .handler = (void *)1 }, was;

	T(rt_sigaction, "ignored", SIGUSR1, &ignore, NULL, 8);
	T(rt_sigaction, "what it is", SIGUSR1, NULL, &was, 8);
	SAY(rt_sigaction, "is ignored", was.handler == (void *)1);
	T(rt_sigaction, "of SIGKILL", SIGKILL, &ignore, NULL, 8);
	T(rt_sigaction, "of SIGKILL, to ask", SIGKILL, NULL, &was, 8);
	T(rt_sigaction, "of SIGSTOP", SIGSTOP, &ignore, NULL, 8);
	T(rt_sigaction, "of number 0", 0, &ignore, NULL, 8);
	T(rt_sigaction, "of number 65", 65, &ignore, NULL, 8);
	T(rt_sigaction, "a set of another size", SIGUSR1, &ignore, NULL, 4);
	T(rt_sigaction, "wild", SIGUSR1, WILD, NULL, 8);
	T(rt_sigaction, "to a wild address", SIGUSR1, NULL, WILD, 8);
	C(kill, C(getpid, 0), SIGUSR1);
	SAY(rt_sigaction, "an ignored one does nothing", came);
	take(SIGUSR1, 0);
	C(kill, C(getpid, 0), SIGUSR1);
	SAY(rt_sigreturn, "a handler returns", came);
	SAY(kill, "its code", code_came);
	SAY(kill, "its sender", sender == C(getpid, 0));
	take(SIGUSR1, SA_RESETHAND);
	C(kill, C(getpid, 0), SIGUSR1);
	C(rt_sigaction, SIGUSR1, NULL, &was, 8);
	SAY(rt_sigaction, "reset by the handler", was.handler == NULL);
}

static void masks(void)
{
	uint64_t set = bit(SIGUSR1) | bit(SIGKILL), was = 0;

	take(SIGUSR1, 0);
	T(rt_sigprocmask, "blocked", SIG_BLOCK, &set, &was, 8);
	SAY(rt_sigprocmask, "was none", was);
	T(rt_sigprocmask, "what is blocked", 9, NULL, &was, 8);
	SAY(rt_sigprocmask, "is that, without SIGKILL", was);
	C(kill, C(getpid, 0), SIGUSR1);
	C(tkill, C(gettid, 0), SIGUSR1);
	SAY(rt_sigprocmask, "a blocked one waits", came);
	T(rt_sigpending, "what waits", &was, 8);
	SAY(rt_sigpending, "is that", was);
	T(rt_sigpending, "a wrong size", &was, 16);
	T(rt_sigpending, "to a wild address", WILD, 8);
	T(rt_sigprocmask, "in no known way", 9, &set, NULL, 8);
	T(rt_sigprocmask, "a set of another size", SIG_BLOCK, &set, NULL, 4);
	T(rt_sigprocmask, "wild", SIG_BLOCK, WILD, NULL, 8);
	T(rt_sigprocmask, "free again", SIG_UNBLOCK, &set, NULL, 8);
	SAY(rt_sigprocmask, "then it comes, of process and thread", came);
	set = 0;
	T(rt_sigprocmask, "as given", SIG_SETMASK, &set, NULL, 8);
}

static void taking(void)
{
	struct timespec none = { 0, 0 }, instant = { 0, 1 }, wrong = { 0, 2000000000 };
	uint64_t set = bit(SIGUSR2) | bit(40);
	siginfo_t info = { .si_code = SI_QUEUE }, got;
	long taken = 0;

	C(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
	T(rt_sigtimedwait, "none waits", &set, &got, &none, 8);
	info.si_value.sival_int = 7;
	T(rt_sigqueueinfo, "to oneself", C(getpid, 0), 40, &info);
	info.si_value.sival_int = 8;
	T(rt_sigqueueinfo, "a second", C(getpid, 0), 40, &info);
	C(kill, C(getpid, 0), SIGUSR2);
	T(rt_sigtimedwait, "the lowest", &set, &got, &none, 8);
	T(rt_sigtimedwait, "the next", &set, &got, &none, 8);
	SAY(rt_sigqueueinfo, "with its value", got.si_value.sival_int);
	SAY(rt_sigqueueinfo, "with its code", got.si_code);
	T(rt_sigtimedwait, "in their order", &set, &got, NULL, 8);
	SAY(rt_sigqueueinfo, "with the other value", got.si_value.sival_int);
	T(rt_sigtimedwait, "no more", &set, NULL, &none, 8);
	for (int i = 0; i < 2000; i++) {
		C(kill, C(getpid, 0), SIGUSR2);
		taken += C(rt_sigtimedwait, &set, NULL, &instant, 8) == SIGUSR2;
	}
	SAY(rt_sigtimedwait, "pending, and its time is over at once", taken);
	T(rt_sigtimedwait, "a time there is not", &set, NULL, &wrong, 8);
	T(rt_sigtimedwait, "wild", WILD, NULL, &none, 8);
	T(rt_sigtimedwait, "a wrong size", &set, NULL, &none, 4);
	T(rt_sigqueueinfo, "to nobody", 99999999, 40, &info);
	T(rt_sigqueueinfo, "of number 65", C(getpid, 0), 65, &info);
	T(rt_sigqueueinfo, "wild", C(getpid, 0), 40, WILD);
	info.si_code = SI_USER;
	T(rt_sigqueueinfo, "as if by kill, to another", C(getppid, 0), 0, &info);
	info.si_code = SI_QUEUE;
	T(rt_tgsigqueueinfo, "to one's thread", C(getpid, 0), C(gettid, 0), 40, &info);
	T(rt_sigtimedwait, "of the thread", &set, &got, &none, 8);
	T(rt_tgsigqueueinfo, "to nobody", C(getpid, 0), 99999999, 40, &info);
}

static void sending(void)
{
	take(SIGUSR1, 0);
	T(kill, "nothing, to oneself", C(getpid, 0), 0);
	T(kill, "nothing, to nobody", 99999999, 0);
	T(kill, "of number 65", C(getpid, 0), 65);
	T(kill, "of number -1", C(getpid, 0), -1);
	T(kill, "a group there is not", -99999999L, 0);
	T(tkill, "to oneself", C(gettid, 0), SIGUSR1);
	SAY(tkill, "its code", code_came);
	T(tkill, "to nobody", 99999999, SIGUSR1);
	T(tkill, "to number 0", 0, SIGUSR1);
	T(tgkill, "to oneself", C(getpid, 0), C(gettid, 0), SIGUSR1);
	T(tgkill, "to a thread of another process", C(getppid, 0), C(gettid, 0), SIGUSR1);
	T(tgkill, "to number 0", 0, C(gettid, 0), SIGUSR1);
	T(tgkill, "of number 65", C(getpid, 0), C(gettid, 0), 65);
	SAY(tgkill, "so many came", came);
}

static void as_other(void)
{
	T(kill, "another user, one of root", C(getppid, 0), 0);
	T(tkill, "another user, one of root", C(getppid, 0), 0);
	T(kill, "another user, oneself", C(getpid, 0), 0);
	T(kill, "another user, all that there are", -1, 0);
}

/* One that process 1 has not made alone, so that there is more than that. */
static void to_others(void)
{
	const long child = C(fork, 0);

	if (child == 0)
		for (;;)
			C(pause, 0);
	in_child(as_other, 1000);
	C(kill, child, SIGKILL);
	C(wait4, child, NULL, 0, NULL);
}

/* A signal after a moment, of a child. */
static long shortly(void)
{
	static const struct timespec moment = { 0, 30000000 };
	long to = C(getpid, 0), child = C(fork, 0);

	if (child == 0) {
		C(nanosleep, &moment, NULL);
		C(kill, to, SIGUSR1);
		C(exit_group, 0);
	}
	return child;
}

static void waiting(void)
{
	uint64_t none = 0, set = bit(SIGUSR1);
	char text[1];
	long child;
	int p[2];

	take(SIGUSR1, 0);
	child = shortly();
	T(pause, "until a handler ran", 0);
	child_code(child);
	C(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
	C(kill, C(getpid, 0), SIGUSR1);
	T(rt_sigsuspend, "until a blocked one comes", &none, 8);
	C(rt_sigprocmask, SIG_BLOCK, NULL, &set, 8);
	SAY(rt_sigsuspend, "the mask is as before", set == bit(SIGUSR1));
	T(rt_sigsuspend, "a wrong size", &none, 4);
	T(rt_sigsuspend, "wild", WILD, 8);
	C(rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	SAY(pause, "the handlers ran", came);
	C(pipe, p);
	child = shortly();
	T(read, "cut off by a handler", p[0], text, 1);
	child_code(child);
	take(SIGUSR1, SA_RESTART);
	C(write, p[1], "x", 0);
	child = C(fork, 0);
	if (child == 0) {
		static const struct timespec moment = { 0, 50000000 };
		long to = C(getppid, 0);

		C(nanosleep, &moment, NULL);
		C(kill, to, SIGUSR1);
		C(nanosleep, &moment, NULL);
		C(write, p[1], "x", 1);
		C(exit_group, 0);
	}
	T(read, "goes on after a handler", p[0], text, 1);
	SAY(read, "which ran", came);
	child_code(child);
}

static void stacks(void)
{
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack }, is;

	T(sigaltstack, "one", &alternate, NULL);
	T(sigaltstack, "which there is", NULL, &is);
	SAY(sigaltstack, "is that", is.ss_sp == stack && is.ss_size == sizeof stack);
	take(SIGUSR1, SA_ONSTACK);
	C(kill, C(getpid, 0), SIGUSR1);
	SAY(sigaltstack, "a handler is on it", on_stack);
	take(SIGUSR1, 0);
	C(kill, C(getpid, 0), SIGUSR1);
	SAY(sigaltstack, "one that does not ask is not", on_stack);
	alternate.ss_size = 100;
	T(sigaltstack, "too small", &alternate, NULL);
	alternate.ss_flags = 99;
	T(sigaltstack, "unknown flags", &alternate, NULL);
	T(sigaltstack, "wild", WILD, NULL);
	T(sigaltstack, "to a wild address", NULL, WILD);
	alternate.ss_flags = SS_DISABLE;
	T(sigaltstack, "none", &alternate, NULL);
}

static int how;

static void die(void)
{
	C(kill, C(getpid, 0), how);
}

static void defaults(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGSEGV, SIGPIPE,
		SIGALRM, SIGTERM, SIGCHLD, SIGURG, SIGWINCH, SIGCONT, 34, 64 };
	char what[40];

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		strcpy(what, "by default, number   ");
		how = ends[i];
		what[19] = (char)('0' + how / 10);
		what[20] = (char)('0' + how % 10);
		SAY(kill, what, in_child(die, 0));
	}
}

void topic_signals(void)
{
	actions();
	masks();
	taking();
	sending();
	to_others();
	waiting();
	stacks();
	defaults();
}
