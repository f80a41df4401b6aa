/*
 * Usage: clock
 *
 * The time of day is set and steered, as root in the OS alone (clock.sh): for what is written
 * down here the oracle is Linux's documentation, as no machine's clock is to be set by a test.
 * Each line is `ok WHAT`, or `not ok WHAT: got, expected`.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FUTEX_WAIT_BITSET_BY_WALL (9 | 256 | 128)
#define FAR 1000
#define MOMENT 200000			/* microseconds */

static void is(const char *what, long got, long expected)
{
	if (got == expected)
		printf("ok %s\n", what);
	else
		printf("not ok %s: %ld, expected %ld\n", what, got, expected);
	fflush(stdout);
}

/* 0, or the error. */
static long error_of(long result)
{
	return result < 0 ? errno : 0;
}

static time_t seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec;
}

static long set(time_t to)
{
	const struct timespec time = {to, 0};

	return error_of(clock_settime(CLOCK_REALTIME, &time));
}

/* Of `after`, within what a slow machine takes. */
static bool is_about(time_t time, time_t after)
{
	return time >= after && time < after + 300;
}

static void step(long by)
{
	set(seconds(CLOCK_REALTIME) + by);
}

/* ---- everybody sees it ---- */

static time_t started_at(void)
{
	FILE *file = fopen("/proc/stat", "r");
	char line[300];
	long at = 0;

	while (fgets(line, sizeof line, file))
		if (sscanf(line, "btime %ld", &at) == 1)
			break;
	fclose(file);
	return at;
}

static void seen(void)
{
	const time_t to = 2000000000, up = seconds(CLOCK_MONOTONIC), boot = started_at();
	struct timeval now;
	struct stat status;
	int child = fork(), code = 0;

	if (child == 0) {
		while (seconds(CLOCK_REALTIME) < to)
			usleep(1000);
		_exit(is_about(time(NULL), to));
	}
	is("set", set(to), 0);
	is("clock_gettime says it", is_about(seconds(CLOCK_REALTIME), to), 1);
	gettimeofday(&now, NULL);
	is("gettimeofday says it", is_about(now.tv_sec, to), 1);
	waitpid(child, &code, 0);
	is("another process sees it", WEXITSTATUS(code), 1);
	is("the monotonic clock is as it was", is_about(seconds(CLOCK_MONOTONIC), up), 1);
	is("the machine was started later then", started_at() > boot, 1);
	close(creat("/tmp/clock.file", 0600));
	stat("/tmp/clock.file", &status);
	is("a file is made then", is_about(status.st_mtime, to), 1);
	is("before the machine was started", set(0), EINVAL);
	is("too late", set(INT64_C(1) << 40), EINVAL);
	now = (struct timeval){to + FAR, 0};
	is("settimeofday", error_of(syscall(SYS_settimeofday, &now, NULL)), 0);
	is("settimeofday is seen", is_about(seconds(CLOCK_REALTIME), to + FAR), 1);
}

static void zone(void)
{
	int zone[2] = {-60, 1}, got[2] = {0, 0};
	const time_t before = seconds(CLOCK_REALTIME);

	is("a zone", error_of(syscall(SYS_settimeofday, NULL, zone)), 0);
	syscall(SYS_gettimeofday, NULL, got);
	is("the zone is kept", got[0] * 10 + got[1], -599);
	is("the first zone moves the clock", is_about(seconds(CLOCK_REALTIME), before - 3600), 1);
	zone[0] = -120;
	is("another zone", error_of(syscall(SYS_settimeofday, NULL, zone)), 0);
	is("another does not", is_about(seconds(CLOCK_REALTIME), before - 3600), 1);
	zone[0] = 1000;
	is("a zone there is not", error_of(syscall(SYS_settimeofday, NULL, zone)), EINVAL);
}

/* ---- what waits by it ---- */

static int timer_at(int flags, time_t at)
{
	const struct itimerspec setting = {{0, 0}, {at, 0}};
	int file = timerfd_create(CLOCK_REALTIME, 0);

	timerfd_settime(file, flags, &setting, NULL);
	return file;
}

static int is_ready(int file, int milliseconds)
{
	struct pollfd one = {file, POLLIN, 0};

	return poll(&one, 1, milliseconds);
}

static void timers(void)
{
	const int set_back = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	int later = timer_at(TFD_TIMER_ABSTIME, seconds(CLOCK_REALTIME) + FAR),
		length = timer_at(0, FAR), canceled, child, code = 0;
	uint64_t count;
	const struct itimerspec never = {{0, 0}, {seconds(CLOCK_REALTIME) + 9 * FAR, 0}};

	step(2 * FAR);
	is("a timer until then rings", is_ready(later, 20000), 1);
	is("a timer of some length does not", is_ready(length, 0), 0);
	read(later, &count, sizeof count);
	is("it rang", (long)count, 1);
	close(later);
	canceled = timer_at(set_back, seconds(CLOCK_REALTIME) + 5 * FAR);
	step(FAR);
	is("one that is canceled can be read", is_ready(canceled, 0), 1);
	is("and says so", error_of(read(canceled, &count, sizeof count)), ECANCELED);
	is("once", is_ready(canceled, 0), 0);
	step(1);
	is("it is set anew meanwhile",
		error_of(timerfd_settime(canceled, set_back, &never, NULL)), ECANCELED);
	is("and is set", is_ready(canceled, 0), 0);
	child = fork();
	if (child == 0)
		_exit(read(canceled, &count, sizeof count) < 0 && errno == ECANCELED ? 7 : 0);
	usleep(MOMENT);
	step(1);
	waitpid(child, &code, 0);
	is("who waits for it is told", WEXITSTATUS(code), 7);
	close(canceled);
	later = timer_at(TFD_TIMER_ABSTIME, seconds(CLOCK_REALTIME) + 2);
	step(-FAR);
	is("one does not ring when it is set back", is_ready(later, 3000), 0);
	close(later);
	close(length);
}

static void signals(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	const struct itimerspec then = {{0, 0}, {seconds(CLOCK_REALTIME) + FAR, 0}},
		length = {{0, 0}, {FAR, 0}};
	const struct timespec most = {20, 0}, none = {0, 0};
	sigset_t set;
	timer_t timer, other;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	timer_create(CLOCK_REALTIME, &event, &timer);
	event.sigev_signo = SIGUSR2;
	timer_create(CLOCK_REALTIME, &event, &other);
	timer_settime(timer, TIMER_ABSTIME, &then, NULL);
	timer_settime(other, 0, &length, NULL);
	step(2 * FAR);
	is("a timer's signal comes then", sigtimedwait(&set, NULL, &most), SIGUSR1);
	is("not that of some length", sigtimedwait(&set, NULL, &none), -1);
	timer_delete(timer);
	timer_delete(other);
}

static void *wait_at_word(void *until)
{
	static uint32_t word;

	return (void *)error_of(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_BY_WALL, 0, until, NULL, ~0u));
}

static void *lock_until(void *until)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	return (void *)(long)pthread_mutex_timedlock(&mutex, until);
}

static void waits(void)
{
	const struct timespec then = {seconds(CLOCK_REALTIME) + FAR, 0};
	int child = fork(), code = 1;
	pthread_t thread, locker;
	void *result;

	if (child == 0)
		_exit(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &then, NULL));
	pthread_create(&thread, NULL, wait_at_word, (void *)(uintptr_t)&then);
	pthread_create(&locker, NULL, lock_until, (void *)(uintptr_t)&then);
	usleep(MOMENT);
	step(2 * FAR);
	waitpid(child, &code, 0);
	is("who sleeps until then wakes", code, 0);
	pthread_join(thread, &result);
	is("who waits at a word until then goes on", (long)result, ETIMEDOUT);
	pthread_join(locker, &result);
	is("who waits for a lock until then goes on", (long)result, ETIMEDOUT);
}

/* ---- steering ---- */

static struct timex now_is(void)
{
	struct timex is = {0};

	adjtimex(&is);
	return is;
}

static void steering(void)
{
	struct timex to = {.modes = ADJ_SETOFFSET, .time = {FAR, 500000}};
	const time_t before = seconds(CLOCK_REALTIME);

	is("a step by so much", adjtimex(&to) >= 0, 1);
	is("is made", is_about(seconds(CLOCK_REALTIME), before + FAR), 1);
	to = (struct timex){.modes = ADJ_FREQUENCY, .freq = 65536 * 100};
	is("a frequency", adjtimex(&to) >= 0, 1);
	is("is kept", now_is().freq, 65536 * 100);
	to = (struct timex){.modes = ADJ_FREQUENCY, .freq = 0};
	adjtimex(&to);
	to = (struct timex){.modes = ADJ_OFFSET_SINGLESHOT, .offset = 400000};
	adjtimex(&to);
	to = (struct timex){.modes = ADJ_OFFSET_SS_READ};
	adjtimex(&to);
	is("what is still to be slewed", to.offset > 300000 && to.offset <= 400000, 1);
	to = (struct timex){.modes = ADJ_OFFSET_SINGLESHOT, .offset = 0};
	adjtimex(&to);
	is("what was still to be slewed", to.offset > 300000 && to.offset <= 400000, 1);
	to = (struct timex){.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, .status = 0,
		.maxerror = 5000, .esterror = 300};
	is("in step with others", adjtimex(&to), TIME_OK);
	is("the error expected", now_is().esterror, 300);
	is("the error at most", now_is().maxerror >= 5000 && now_is().maxerror < 50000, 1);
	to = (struct timex){.modes = ADJ_NANO};
	adjtimex(&to);
	is("nanoseconds", now_is().status & STA_NANO, STA_NANO);
	to = (struct timex){.modes = ADJ_MICRO};
	adjtimex(&to);
	is("microseconds", now_is().status & STA_NANO, 0);
	to = (struct timex){.modes = ADJ_TAI, .constant = 37};
	adjtimex(&to);
	is("seconds of TAI", now_is().tai, 37);
	is("its clock", is_about(seconds(CLOCK_TAI), seconds(CLOCK_REALTIME) + 36), 1);
	to = (struct timex){.modes = ADJ_TICK, .tick = 8000};
	is("a tick there cannot be", error_of(adjtimex(&to)), EINVAL);
	set(seconds(CLOCK_REALTIME));
	is("setting it ends being in step", adjtimex(&(struct timex){0}), TIME_ERROR);
}

int main(void)
{
	seen();
	zone();
	timers();
	signals();
	waits();
	steering();
	puts("ok all");
	return 0;
}
