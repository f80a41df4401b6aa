/* Timers, clocks of CPU time and its limit, and signals to many: what does not depend on how
 * fast the machine is. */
#include "process.h"

#include <sys/time.h>
#include <time.h>


static volatile sig_atomic_t rang;
static volatile int value, code, in_thread;

static void on_ring(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	rang++;
	value = info->si_value.sival_int;
	code = info->si_code;
	in_thread = (int)syscall(SYS_gettid);
}

static void take(int signal)
{
	const struct sigaction action = {.sa_sigaction = on_ring, .sa_flags = SA_SIGINFO};

	sigaction(signal, &action, NULL);
	rang = 0;
}

/* Computes until it has rung so often. */
static void spin(int count)
{
	while (rang < count)
		;
}

static int64_t clock_of(clockid_t clock)
{
	struct timespec time = {-1, 0};

	return clock_gettime(clock, &time) < 0 ? -1 : time.tv_sec * INT64_C(1000000000) +
		time.tv_nsec;
}

static int make(clockid_t clock, int how, int signal, int thread)
{
	struct sigevent event = {.sigev_notify = how, .sigev_signo = signal,
		.sigev_value.sival_int = 77};
	int timer = -1;

	*((int *)&event + 4) = thread;		/* _sigev_un._tid */
	said("timer_create", syscall(SYS_timer_create, clock, &event, &timer));
	return timer;
}

static long set(int timer, int flags, int64_t value, int64_t interval)
{
	const int64_t setting[4] = {interval / 1000000000, interval % 1000000000,
		value / 1000000000, value % 1000000000};

	return syscall(SYS_timer_settime, timer, flags, setting, NULL);
}

static int64_t left_of(int timer, int64_t *interval)
{
	int64_t setting[4] = {-1, 0, -1, 0};

	syscall(SYS_timer_gettime, timer, setting);
	*interval = setting[0] * 1000000000 + setting[1];
	return setting[2] * 1000000000 + setting[3];
}

#define MILLI INT64_C(1000000)

static void signals(void)
{
	int64_t interval;
	const int timer = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, 0);

	take(SIGRTMIN);
	said("set", set(timer, 0, 5 * MILLI, 5 * MILLI));
	while (rang < 3)
		pause();
	said("a timer's code", code == SI_TIMER);
	said("its value", value);
	said("is set", left_of(timer, &interval) > 0);
	said("its interval", (long)interval);
	set(timer, 0, 0, 0);
	rang = 0;
	said("at a time that was", set(timer, TIMER_ABSTIME, 1, 0));
	spin(1);
	said("and is no longer", (long)left_of(timer, &interval));
	said("delete", syscall(SYS_timer_delete, timer));
	said("again", syscall(SYS_timer_delete, timer));
}

static void overruns(void)
{
	const int timer = make(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1, 0);
	sigset_t mask;
	siginfo_t info;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	said("very often", set(timer, 0, 1, 1000));
	usleep(20000);
	said("comes once", sigwaitinfo(&mask, &info));
	said("has overrun", info.si_overrun > 1000);
	said("as it says", syscall(SYS_timer_getoverrun, timer) == info.si_overrun);
	said("stop", set(timer, 0, 0, 0));
	said("delete", syscall(SYS_timer_delete, timer));
}

static void silent(void)
{
	const int timer = make(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
	int64_t interval;

	set(timer, 0, 1, 0);
	usleep(1000);
	said("one that says nothing is over", (long)left_of(timer, &interval));
	set(timer, 0, 1000 * 1000 * MILLI, 7);
	said("not yet", left_of(timer, &interval) > 900 * 1000 * MILLI);
	said("interval", (long)interval);
	said("a thread there is not", make(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR1, 1));
}

static void *idle(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static void threads(void)
{
	pthread_t thread;
	int timer;

	take(SIGUSR2);
	pthread_create(&thread, NULL, idle, NULL);
	timer = make(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR2, (int)syscall(SYS_gettid));
	set(timer, 0, MILLI, 0);
	spin(1);
	said("in the thread that it is for", in_thread == syscall(SYS_gettid));
}

/* By the time that this process and this thread use. */
static void computing(void)
{
	struct itimerval often = {{0, 10000}, {0, 10000}}, is;
	static const struct { int which, signal; clockid_t clock; } all[] = {
		{ITIMER_VIRTUAL, SIGVTALRM, CLOCK_PROCESS_CPUTIME_ID},
		{ITIMER_PROF, SIGPROF, CLOCK_THREAD_CPUTIME_ID}};
	int64_t before, interval;

	for (int i = 0; i < 2; i++) {
		int timer;

		take(all[i].signal);
		said("setitimer", setitimer(all[i].which, &often, NULL));
		spin(2);
		getitimer(all[i].which, &is);
		said("interval", is.it_interval.tv_usec);
		often.it_value.tv_usec = 0;
		said("off", setitimer(all[i].which, &often, NULL));
		often.it_value.tv_usec = 10000;
		getitimer(all[i].which, &is);
		said("is off", is.it_value.tv_usec + is.it_interval.tv_usec);
		timer = make(all[i].clock, SIGEV_SIGNAL, SIGUSR1, 0);
		take(SIGUSR1);
		before = clock_of(all[i].clock);
		set(timer, 0, 20 * MILLI, 0);
		spin(1);
		said("not before that", clock_of(all[i].clock) - before >= 20 * MILLI);
		said("once", (long)left_of(timer, &interval));
	}
}

/* exec keeps what setitimer set, but no other timers; fork keeps none. */
static void inherited(void)
{
	struct itimerval later = {{0, 0}, {1000, 0}}, is;
	pid_t child;

	setitimer(ITIMER_REAL, &later, NULL);
	child = fork();
	if (child == 0) {
		getitimer(ITIMER_REAL, &is);
		said("in a child", is.it_value.tv_sec);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	set(make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGKILL, 0), 0, 50 * MILLI, 0);
	execl(self, self, "timers", (char *)NULL);
}

void timers_executed(void)
{
	struct itimerval is;

	usleep(100000);
	getitimer(ITIMER_REAL, &is);
	said("after exec", is.it_value.tv_sec > 900);
	said("the other one", syscall(SYS_timer_delete, 0));
}

static void other_clocks(void)
{
	const pid_t child = fork();
	clockid_t clock;
	int64_t was;

	if (child == 0)
		for (;;)
			;
	said("clock of another", clock_getcpuclockid(child, &clock));
	was = clock_of(clock);
	while (clock_of(clock) < was + 10 * MILLI)
		usleep(1000);
	said("is not mine", clock_of(CLOCK_PROCESS_CPUTIME_ID) < 1000 * clock_of(clock));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	said("when it is gone", (long)clock_of(clock));
	said("a thread of another", (long)clock_of((clockid_t)(~1u * 8 + 6)));
}

static void limited(void)
{
	const struct rlimit limit = {1, 2};
	const pid_t child = fork();
	int status;

	if (child == 0) {
		take(SIGXCPU);
		setrlimit(RLIMIT_CPU, &limit);
		spin(1);
		said("a signal at the soft limit", rang);
		spin(100);
	}
	waitpid(child, &status, 0);
	said("the end at the hard one", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
}

/* ---- signals to many ---- */

#define CROWD 60

static void many(void)
{
	pid_t children[CROWD], leader = 0;
	int ends[2], got = 0, status;
	char bytes[CROWD];

	take(SIGUSR1);
	pipe(ends);
	for (int i = 0; i < CROWD; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			setpgid(0, leader);
			write(ends[1], "r", 1);
			while (rang == 0)
				usleep(1000);
			write(ends[1], "s", 1);
			for (;;)
				pause();
		}
		leader = leader ? leader : children[i];
		setpgid(children[i], leader);
	}
	while (got < CROWD)
		got += (int)read(ends[0], bytes, sizeof(bytes));
	said("a signal to a crowd", kill(-leader, SIGUSR1));
	for (got = 0; got < CROWD;)
		got += (int)read(ends[0], bytes, sizeof(bytes));
	said("reaches all of it", got);
	said("its end", kill(-leader, SIGKILL));
	for (got = 0; got < CROWD; got++)
		if (waitpid(children[got], &status, 0) != children[got] || !WIFSIGNALED(status) ||
				WTERMSIG(status) != SIGKILL)
			break;
	said("is that of all", got);
	said("then there is none", kill(-leader, 0));
	close(ends[0]);
	close(ends[1]);
}

/* They fork while they are killed: none gets away. */
static void forking(void)
{
	const pid_t leader = fork();
	int ends[2], status;
	char byte;

	if (leader == 0) {
		setpgid(0, 0);
		pipe(ends);
		for (int i = 0; i < 40; i++)
			if (fork() == 0)
				for (;; wait(NULL))
					if (fork() == 0)
						_exit(0);
		/* Open in all of them. */
		close(ends[1]);
		usleep(50000);
		signal(SIGTERM, SIG_IGN);
		said("of a crowd that forks", kill(0, SIGTERM));
		said("none is left", read(ends[0], &byte, 1));
		fflush(stdout);
		_exit(0);
	}
	waitpid(leader, &status, 0);
	said("and that was all", status);
}

void timers(void)
{
	apart(signals);
	apart(overruns);
	apart(silent);
	apart(threads);
	apart(computing);
	apart(inherited);
	apart(other_clocks);
	apart(limited);
	apart(many);
	apart(forking);
}
