/*
 * Usage: taken ROUNDS
 *
 * What comes in the very moment in which somebody stops waiting for it, since the time is over or
 * by a signal, is taken by that call or is there for the next one: never lost, and never had
 * without being told. Run on Linux and in the OS (races.sh); it writes how much was lost.
 */
#include "tests/posix/files/say.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>

static int rounds, descriptor, other;
static volatile bool is_over;
static volatile long taken;
static pthread_t taker;

/* Microseconds; each round another time, so that they come to all moments of a wait. */
static void pause_for(int round)
{
	const struct timespec time = {.tv_nsec = (round * 7919L) % 400000};

	nanosleep(&time, NULL);
}

static struct timespec short_time(int round)
{
	return (struct timespec){.tv_nsec = 1 + (round * 6007L) % 200000};
}

static void heard(int signal)
{
	(void)signal;
}

/* ---- times that end ---- */

static void *sending_signals(void *unused)
{
	for (int i = 0; i < rounds; i++) {
		pause_for(i);
		while (sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 1}) != 0)
			pause_for(i);
	}
	is_over = true;
	return unused;
}

static void signals_of_a_time(void)
{
	pthread_t sender;
	sigset_t set;
	long sum = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	is_over = false;
	pthread_create(&sender, NULL, sending_signals, NULL);
	for (int i = 0;; i++) {
		const bool was_over = is_over;
		const struct timespec time = short_time(i);
		siginfo_t info;

		if (sigtimedwait(&set, &info, &time) > 0)
			sum += info.si_value.sival_int;
		else if (was_over)
			break;
	}
	pthread_join(sender, NULL);
	printf("signals lost as the time for them was over: %ld\n", rounds - sum);
}

/* Each is taken before the next is sent, or given up after a second. */
static void *sending_events(void *unused)
{
	for (int i = 0; i < rounds; i++) {
		const uint64_t one = 1;

		pause_for(i);
		if (write(descriptor, &one, sizeof one) != sizeof one)
			exit(94);
		for (int tries = 0; taken <= i && tries < 1000; tries++)
			usleep(1000);
		if (taken <= i)
			break;
	}
	is_over = true;
	return unused;
}

static void events_of_a_time(const char *what, uint32_t kind)
{
	struct epoll_event event = {.events = EPOLLIN | kind};
	const int epoll = epoll_create1(0);
	pthread_t sender;

	descriptor = eventfd(0, 0);
	epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
	is_over = false;
	taken = 0;
	pthread_create(&sender, NULL, sending_events, NULL);
	for (int i = 0; !is_over; i++) {
		const struct timespec time = short_time(i);
		uint64_t value;

		if (syscall(SYS_epoll_pwait2, epoll, &event, 1, &time, NULL, 8) != 1)
			continue;
		if (read(descriptor, &value, sizeof value) != sizeof value)
			exit(93);
		if (kind & EPOLLONESHOT)
			epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
		taken++;
	}
	pthread_join(sender, NULL);
	close(epoll);
	close(descriptor);
	printf("%s: %ld\n", what, rounds - taken);
}

/* ---- waits that signals end ---- */

static void *interrupting(void *unused)
{
	for (int i = 0; !is_over; i++) {
		pause_for(i);
		pthread_kill(taker, SIGUSR1);
	}
	return unused;
}

static void *sending_to_descriptor(void *unused)
{
	for (int i = 0; i < rounds; i++) {
		const uint64_t one = 1;

		pause_for(i);
		if (write(descriptor, &one, sizeof one) != sizeof one)
			exit(92);
	}
	return unused;
}

/* How much there was of what another thread sent, by a way to take some of it: how much, or -1. */
static void interrupted(const char *what, void *(*send)(void *), long (*take)(void), long all)
{
	struct sigaction action = {.sa_handler = heard};
	pthread_t sender, interrupter;
	long sum = 0;

	sigaction(SIGUSR1, &action, NULL);
	is_over = false;
	taker = pthread_self();
	pthread_create(&sender, NULL, send, NULL);
	pthread_create(&interrupter, NULL, interrupting, NULL);
	alarm(20);
	while (sum < all) {
		const long count = take();

		if (count < 0 && errno != EINTR)
			break;
		sum += count > 0 ? count : 0;
	}
	alarm(0);
	is_over = true;
	pthread_join(interrupter, NULL);
	pthread_join(sender, NULL);
	printf("%s: %ld\n", what, all - sum);
}

static long take_count(void)
{
	uint64_t value;

	return read(descriptor, &value, sizeof value) < 0 ? -1 : (long)value;
}

static long take_signals(void)
{
	struct signalfd_siginfo infos[4];
	const ssize_t size = read(other, infos, sizeof infos);

	return size < 0 ? -1 : size / (long)sizeof infos[0];
}

/* Of what has been moved to another pipe, which is emptied. */
static int moved[2];

static long take_moved(void)
{
	const ssize_t size = splice(other, NULL, moved[1], NULL, 64, 0);
	char bytes[64];

	return size < 0 || read(moved[0], bytes, (size_t)size) == size ? size : -1;
}

static void waits_that_end(void)
{
	int ends[2];
	sigset_t set;

	descriptor = eventfd(0, 0);
	interrupted("counts lost by signals", sending_to_descriptor, take_count, rounds);
	close(descriptor);

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	other = signalfd(-1, &set, 0);
	interrupted("signals lost by signals", sending_signals, take_signals, rounds);
	close(other);

	if (pipe(ends) != 0 || pipe(moved) != 0)
		exit(91);
	descriptor = ends[1];
	other = ends[0];
	interrupted("bytes lost between pipes by signals", sending_to_descriptor, take_moved,
		8L * rounds);
}

/* ---- two signals at once ---- */

static timer_t timer_of(int signal)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
		exit(90);
	return timer;
}

/* One ends the wait, the other is what is waited for; which is first may be how they were set. */
static void both_at_once(const char *what, bool (*take)(void))
{
	const timer_t timers[2] = {timer_of(SIGUSR1), timer_of(SIGRTMIN + 1)};
	long lost = 0;

	for (int i = 0; i < 20; i++) {
		struct itimerspec time = {0};

		clock_gettime(CLOCK_MONOTONIC, &time.it_value);
		time.it_value.tv_nsec += 20000000;
		time.it_value.tv_sec += time.it_value.tv_nsec / 1000000000;
		time.it_value.tv_nsec %= 1000000000;
		timer_settime(timers[i % 2], TIMER_ABSTIME, &time, NULL);
		timer_settime(timers[!(i % 2)], TIMER_ABSTIME, &time, NULL);
		lost += !take();
	}
	timer_delete(timers[0]);
	timer_delete(timers[1]);
	printf("%s: %ld\n", what, lost);
}

/* A third one is the end of waiting. */
static volatile bool is_late;

static void late(int signal)
{
	is_late = signal != 0;
}

static bool take_by_read(void)
{
	struct signalfd_siginfo info;
	ssize_t size;

	is_late = false;
	ualarm(500000, 0);
	do
		size = read(other, &info, sizeof info);
	while (size < 0 && errno == EINTR && !is_late);
	ualarm(0, 0);
	return size == sizeof info;
}

static bool take_by_wait(void)
{
	sigset_t set;
	int signal;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	is_late = false;
	ualarm(500000, 0);
	do
		signal = sigwaitinfo(&set, NULL);
	while (signal < 0 && errno == EINTR && !is_late);
	ualarm(0, 0);
	return signal == SIGRTMIN + 1;
}

static void signals_at_once(void)
{
	struct sigaction action = {.sa_handler = late};
	sigset_t set;

	sigaction(SIGALRM, &action, NULL);
	action.sa_handler = heard;
	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	other = signalfd(-1, &set, 0);
	both_at_once("signals lost to reads that another one ended", take_by_read);
	both_at_once("signals lost to waits that another one ended", take_by_wait);
	close(other);
	signal(SIGALRM, SIG_DFL);
}

/* ---- what is opened as a signal comes ---- */

static void *opening_others(void *unused)
{
	for (int i = 0; !is_over; i++) {
		const int end = open("fifo", O_WRONLY | O_NONBLOCK);

		pause_for(i);
		if (end >= 0)
			close(end);
	}
	return unused;
}

static int count_open(void)
{
	int count = 0;

	for (int i = 0; i < 1024; i++)
		count += fcntl(i, F_GETFD) >= 0;
	return count;
}

static void opens_that_end(void)
{
	pthread_t opener, interrupter;
	int before;

	mkfifo("fifo", 0600);
	is_over = false;
	taker = pthread_self();
	before = count_open();
	pthread_create(&opener, NULL, opening_others, NULL);
	pthread_create(&interrupter, NULL, interrupting, NULL);
	for (int i = 0; i < rounds; i++) {
		const int file = open("fifo", O_RDONLY);

		if (file >= 0)
			close(file);
	}
	is_over = true;
	pthread_join(interrupter, NULL);
	pthread_join(opener, NULL);
	printf("descriptors left by opens that signals ended: %d\n", count_open() - before);
}

int main(int count, char **arguments)
{
	rounds = count > 1 ? atoi(arguments[1]) : 1000;
	go_to_work("taken");
	setvbuf(stdout, NULL, _IOLBF, 0);
	signals_of_a_time();
	events_of_a_time("changes lost as the time for them was over", EPOLLET);
	events_of_a_time("events lost as the time for them was over", EPOLLONESHOT);
	waits_that_end();
	signals_at_once();
	opens_that_end();
	return 0;
}
