/* Clocks, sleeping, timers. */
#include "call.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static volatile int rang;

static void ring(int number)
{
	(void)number;
	rang++;
}

static void take(int number)
{
	struct sigaction action = { .sa_handler = ring };

	sigaction(number, &action, NULL);
	rang = 0;
}

static const struct timespec moment = { 0, 20000000 }, wrong = { 0, 1000000000 };
static const struct timespec below = { -1, 0 };

static void clocks(void)
{
	static const struct { int number; const char *name; } all[] = { { 0, "real time" },
		{ 1, "monotonic" }, { 2, "of the process" }, { 3, "of the thread" }, { 4, "raw" },
		{ 5, "coarse" }, { 6, "monotonic, coarse" }, { 7, "since boot" },
		{ 11, "atomic time" }, { 10, "number 10" }, { 20, "number 20" }, { -1, "below 0" } };
	struct timespec now, then;
	struct timeval old;
	struct tms used;
	int64_t seconds = 0;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		T(clock_gettime, all[i].name, all[i].number, &now);
		T(clock_getres, all[i].name, all[i].number, &then);
	}
	T(clock_gettime, "to a wild address", 0, WILD);
	T(clock_getres, "without an address", 1, NULL);
	T(clock_getres, "to a wild address", 1, WILD);
	C(clock_gettime, 0, &now);
	T(gettimeofday, "now", &old, NULL);
	SAY(gettimeofday, "is the same time", old.tv_sec - now.tv_sec < 5);
	T(gettimeofday, "to a wild address", WILD, NULL);
	T(gettimeofday, "without an address", NULL, NULL);
	SAY(time, "is the same time", C(time, &seconds) - now.tv_sec < 5);
	SAY(time, "is stored", seconds - now.tv_sec < 5 && seconds > 0);
	T(time, "to a wild address", WILD);
	C(clock_gettime, 1, &now);
	C(clock_gettime, 1, &then);
	SAY(clock_gettime, "does not go back", then.tv_sec > now.tv_sec ||
		(then.tv_sec == now.tv_sec && then.tv_nsec >= now.tv_nsec));
	TOK(times, "used", &used);
	T(times, "to a wild address", WILD);
	T(clock_settime, "the monotonic clock", 1, &now);
	T(clock_settime, "a time there is not", 0, &wrong);
	T(clock_settime, "wild", 0, WILD);
	T(settimeofday, "wild", WILD, NULL);
}

static void sleeping(void)
{
	struct timespec left = { 0, 0 }, until;
	int64_t since = clock_now();

	T(nanosleep, "a moment", &moment, NULL);
	SAY(nanosleep, "not less than that", clock_now() - since >= moment.tv_nsec);
	T(nanosleep, "a time there is not", &wrong, NULL);
	T(nanosleep, "below 0", &below, NULL);
	T(nanosleep, "wild", WILD, NULL);
	T(clock_nanosleep, "a moment", 1, 0, &moment, NULL);
	C(clock_gettime, 1, &until);
	until.tv_sec -= until.tv_sec > 0;
	T(clock_nanosleep, "until a time that was", 1, 1, &until, NULL);
	T(clock_nanosleep, "by the real time", 0, 0, &moment, NULL);
	T(clock_nanosleep, "by the thread's clock", 3, 0, &moment, NULL);
	T(clock_nanosleep, "by a clock there is not", 20, 0, &moment, NULL);
	T(clock_nanosleep, "a time there is not", 1, 0, &wrong, NULL);
	T(clock_nanosleep, "wild", 1, 0, WILD, NULL);
	take(SIGALRM);
	T(alarm, "none before", 1);
	until = (struct timespec){ 100, 0 };
	T(nanosleep, "cut off", &until, &left);
	SAY(nanosleep, "is left, nearly all", left.tv_sec >= 90 && left.tv_sec < 100);
	SAY(alarm, "rang", rang);
	C(alarm, 100);
	SAY(alarm, "what is left", C(alarm, 0) >= 99);
	T(alarm, "none is left", 0);
	T(restart_syscall, "nothing to go on with", 0);
}

static void intervals(void)
{
	struct itimerval often = { { 0, 10000 }, { 0, 10000 } }, is, never = { { 0, 0 }, { 0, 0 } };

	take(SIGALRM);
	T(setitimer, "often", ITIMER_REAL, &often, NULL);
	while (rang < 3)
		C(pause, 0);
	T(getitimer, "it", ITIMER_REAL, &is);
	SAY(getitimer, "its interval", is.it_interval.tv_usec);
	T(setitimer, "no more", ITIMER_REAL, &never, &is);
	SAY(setitimer, "the interval that was", is.it_interval.tv_usec);
	T(getitimer, "none", ITIMER_REAL, &is);
	SAY(getitimer, "its value", is.it_value.tv_usec);
	T(getitimer, "of no kind", 9, &is);
	T(getitimer, "to a wild address", ITIMER_REAL, WILD);
	T(setitimer, "of no kind", 9, &often, NULL);
	T(setitimer, "wild", ITIMER_REAL, WILD, NULL);
	often.it_value.tv_usec = 1000000;
	T(setitimer, "a time there is not", ITIMER_REAL, &often, NULL);
	take(SIGVTALRM);
	often.it_value.tv_usec = 10000;
	T(setitimer, "of the process's time", ITIMER_VIRTUAL, &often, NULL);
	C(setitimer, ITIMER_VIRTUAL, &never, NULL);
	take(SIGPROF);
	T(setitimer, "of all its time", ITIMER_PROF, &often, NULL);
	C(setitimer, ITIMER_PROF, &never, NULL);
}

static siginfo_t came;

static void ring_and_keep(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	came = *info;
	rang++;
}

static void timers(void)
{
	struct sigevent event;
	struct itimerspec often = { { 0, 10000000 }, { 0, 10000000 } }, is;
	int timer = -1;

	memset(&event, 0, sizeof event);
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = SIGUSR1;
	take(SIGUSR1);
	T(timer_create, "one", CLOCK_MONOTONIC, &event, &timer);
	T(timer_gettime, "not set", timer, &is);
	T(timer_settime, "often", timer, 0, &often, NULL);
	while (timer >= 0 && rang < 2)
		C(pause, 0);
	T(timer_gettime, "set", timer, &is);
	SAY(timer_gettime, "its interval", is.it_interval.tv_nsec);
	TOK(timer_getoverrun, "it", timer);
	T(timer_delete, "it", timer);
	T(timer_delete, "it again", timer);
	T(timer_create, "of a clock there is not", 20, &event, &timer);
	T(timer_create, "told as usual", CLOCK_MONOTONIC, NULL, &timer);
	take(SIGALRM);
	sigaction(SIGALRM, &(struct sigaction){ .sa_sigaction = ring_and_keep,
		.sa_flags = SA_SIGINFO }, NULL);
	C(timer_settime, timer, 0, &often, NULL);
	while (timer >= 0 && rang < 1)
		C(pause, 0);
	SAY(timer_create, "told as usual, the code", came.si_code);
	SAY(timer_create, "told as usual, which", came.si_value.sival_int == timer);
	C(timer_delete, timer);
	event.sigev_signo = 99;
	T(timer_create, "a signal there is not", CLOCK_MONOTONIC, &event, &timer);
	event.sigev_notify = 99;
	T(timer_create, "told in no known way", CLOCK_MONOTONIC, &event, &timer);
	T(timer_create, "wild", CLOCK_MONOTONIC, WILD, &timer);
	T(timer_gettime, "there is none", 77, &is);
	T(timer_settime, "there is none", 77, 0, &often, NULL);
	T(timer_settime, "nothing", 77, 0, NULL, NULL);
	T(timer_getoverrun, "there is none", 77);
}

static void as_other(void)
{
	struct timespec now = { 1000000000, 0 };
	struct timeval old = { 1000000000, 0 }, wrong_old = { 1000000000, 1000000 };
	const struct timespec too_late = { INT64_C(1) << 40, 0 };
	struct timex is = { .modes = 0 };

	T(clock_settime, "another user", 0, &now);
	T(settimeofday, "another user", &old, NULL);
	T(settimeofday, "another user, nothing", NULL, NULL);
	T(settimeofday, "another user, a zone", NULL, &below);
	T(settimeofday, "another user, microseconds there are not", &wrong_old, NULL);
	T(clock_settime, "another user, below 0", 0, &below);
	T(clock_settime, "another user, too late", 0, &too_late);
	SAY(adjtimex, "another user", C(adjtimex, &is) >= 0);
	is.modes = ADJ_FREQUENCY;
	T(adjtimex, "another user, a frequency", &is);
	is.modes = ADJ_TICK;
	is.tick = 1;
	T(adjtimex, "another user, a tick there cannot be", &is);
	is.modes = ADJ_OFFSET_SS_READ;
	SAY(adjtimex, "another user, what is to be slewed", C(adjtimex, &is) >= 0);
	is.modes = ADJ_OFFSET_SINGLESHOT;
	T(adjtimex, "another user, to be slewed", &is);
}

/* Without changing anything: the clock is this machine's. */
static void steering(void)
{
	const struct timeval before = { .tv_sec = -1 };
	struct timex is = { .modes = 0 };

	SAY(adjtimex, "how it is", C(adjtimex, &is) >= 0);
	SAY(adjtimex, "its precision", is.precision);
	SAY(adjtimex, "its tolerance", is.tolerance);
	SAY(adjtimex, "its tick", is.tick);
	SAY(adjtimex, "its time", is.time.tv_sec - time(NULL) < 60);
	T(adjtimex, "wild", WILD);
	is.modes = 0x8000;
	T(adjtimex, "a step of no kind", &is);
	is.modes = 0;
	SAY(clock_adjtime, "how it is", C(clock_adjtime, 0, &is) >= 0);
	T(clock_adjtime, "the monotonic clock", 1, &is);
	T(clock_adjtime, "a process's", 2, &is);
	T(clock_adjtime, "a clock there is not", 20, &is);
	T(clock_adjtime, "wild", 0, WILD);
	T(clock_settime, "below 0", 0, &below);
	T(clock_settime, "the process's", 2, &moment);
	T(clock_settime, "the process's, by number", -6, &moment);
	T(clock_settime, "a clock there is not", 20, &moment);
	T(settimeofday, "below 0", &before, NULL);
}

void topic_time(void)
{
	clocks();
	sleeping();
	intervals();
	timers();
	steering();
	in_child(as_other, 1000);
}
