/* Locks that the system hands over: futex's operations with priorities. */
#include "call.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#define PRIVATE FUTEX_PRIVATE_FLAG
#define THREADS 4
#define ROUNDS 500

static uint32_t word;
static volatile int waits, rang;
static volatile long result;

static long own(void)
{
	return C(gettid, 0);
}

/* Until somebody waits for it. */
static void until_waited_for(volatile uint32_t *at)
{
	while (!(__atomic_load_n(at, __ATOMIC_SEQ_CST) & FUTEX_WAITERS))
		C(sched_yield, 0);
	/* And is asleep, most likely. */
	usleep(20000);
}

static void alone(void)
{
	static const struct timespec past = { 0, 0 }, wrong = { 0, -1 };
	static const struct timespec soon = { 0, 20000000 };
	struct timespec until;

	word = 0;
	T(futex, "a lock is taken", &word, FUTEX_LOCK_PI | PRIVATE, 0, NULL);
	SAY(futex, "says who has it", word == own());
	T(futex, "taken twice", &word, FUTEX_LOCK_PI | PRIVATE, 0, NULL);
	T(futex, "tried twice", &word, FUTEX_TRYLOCK_PI | PRIVATE);
	T(futex, "let go", &word, FUTEX_UNLOCK_PI | PRIVATE);
	SAY(futex, "is nobody's", word);
	T(futex, "let go twice", &word, FUTEX_UNLOCK_PI | PRIVATE);
	T(futex, "tried, and free", &word, FUTEX_TRYLOCK_PI);
	T(futex, "let go, shared", &word, FUTEX_UNLOCK_PI);
	T(futex, "a lock at a wild address", WILD, FUTEX_LOCK_PI, 0, NULL);
	T(futex, "let go at a wild address", WILD, FUTEX_UNLOCK_PI);
	T(futex, "a lock at no place for it", (char *)&word + 1, FUTEX_LOCK_PI, 0, NULL);
	T(futex, "a lock until a wild time", &word, FUTEX_LOCK_PI, 0, WILD);
	T(futex, "a lock until a time there is not", &word, FUTEX_LOCK_PI, 0, &wrong);
	/* The first process's, which does not let go. */
	word = 1;
	T(futex, "somebody's, until a time that was", &word, FUTEX_LOCK_PI, 0, &past);
	SAY(futex, "says that somebody waited", word == (1 | FUTEX_WAITERS));
	T(futex, "somebody's, tried", &word, FUTEX_TRYLOCK_PI);
	T(futex, "somebody's, let go", &word, FUTEX_UNLOCK_PI);
	C(clock_gettime, CLOCK_MONOTONIC, &until);
	until.tv_nsec = (until.tv_nsec + soon.tv_nsec) % 1000000000;
	T(futex, "somebody's, by the monotonic clock", &word, FUTEX_LOCK_PI2, 0, &until);
	/* Nobody has such a number. */
	word = 4000000;
	T(futex, "nobody's who is there", &word, FUTEX_LOCK_PI, 0, NULL);
}

/* ---- with another ---- */

static void *take_it(void *at)
{
	result = C(futex, at, FUTEX_LOCK_PI | PRIVATE, 0, NULL);
	waits = *(volatile uint32_t *)at == (own() | FUTEX_WAITERS);
	result += C(futex, at, FUTEX_UNLOCK_PI | PRIVATE);
	return NULL;
}

static void handed_over(void)
{
	pthread_t thread;

	word = 0;
	C(futex, &word, FUTEX_LOCK_PI | PRIVATE, 0, NULL);
	pthread_create(&thread, NULL, take_it, &word);
	until_waited_for(&word);
	T(futex, "let go to who waits", &word, FUTEX_UNLOCK_PI | PRIVATE);
	SAY(futex, "is not the one's who let go", (word & FUTEX_TID_MASK) != own());
	pthread_join(thread, NULL);
	SAY(futex, "who waited has it", result);
	SAY(futex, "and finds its number there", waits);
	SAY(futex, "nobody has it then", word);
}

static void *take_and_end(void *at)
{
	C(futex, at, FUTEX_LOCK_PI | PRIVATE, 0, NULL);
	if (waits)
		until_waited_for(at);
	return NULL;
}

static void owner_ends(void)
{
	pthread_t thread;

	word = 0;
	waits = 0;
	pthread_create(&thread, NULL, take_and_end, &word);
	pthread_join(thread, NULL);
	usleep(20000);
	T(futex, "its owner has ended", &word, FUTEX_LOCK_PI | PRIVATE, 0, NULL);
	word = 0;
	waits = 1;
	pthread_create(&thread, NULL, take_and_end, &word);
	while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0)
		C(sched_yield, 0);
	T(futex, "its owner ends meanwhile", &word, FUTEX_LOCK_PI | PRIVATE, 0, NULL);
	SAY(futex, "says that it has ended",
		word == (own() | FUTEX_WAITERS | FUTEX_OWNER_DIED));
	pthread_join(thread, NULL);
	T(futex, "let go after one who ended", &word, FUTEX_UNLOCK_PI | PRIVATE);
}

static void ring(int number)
{
	(void)number;
	rang++;
}

static void *let_go_later(void *at)
{
	C(futex, at, FUTEX_LOCK_PI | PRIVATE, 0, NULL);
	waits = 1;
	while (!rang)
		C(sched_yield, 0);
	C(futex, at, FUTEX_UNLOCK_PI | PRIVATE);
	return NULL;
}

static void interrupted(void)
{
	const struct itimerval soon = { { 0, 0 }, { 0, 50000 } };
	struct sigaction action = { .sa_handler = ring };
	sigset_t set;
	pthread_t thread;

	word = 0;
	waits = rang = 0;
	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pthread_create(&thread, NULL, let_go_later, &word);
	while (!waits)
		C(sched_yield, 0);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	C(setitimer, ITIMER_REAL, &soon, NULL);
	T(futex, "a handler runs meanwhile", &word, FUTEX_LOCK_PI | PRIVATE, 0, NULL);
	SAY(futex, "it has run", rang);
	pthread_join(thread, NULL);
}

/* ---- of several processes ---- */

static void shared(int at_another_place)
{
	const int file = (int)C(memfd_create, "lock", 0);
	uint32_t *lock, *there;
	long child;

	C(ftruncate, file, 4096);
	lock = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	C(futex, lock, FUTEX_LOCK_PI, 0, NULL);
	child = C(fork, 0);
	if (child == 0) {
		there = at_another_place ? mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_SHARED, file, 0) : lock;
		if (C(futex, there, FUTEX_LOCK_PI, 0, NULL) != 0)
			_exit(1);
		_exit((*there & FUTEX_TID_MASK) == own() ? 7 : 2);
	}
	until_waited_for(lock);
	T(futex, at_another_place ? "let go to another place" : "let go to another process",
		lock, FUTEX_UNLOCK_PI);
	SAY(futex, at_another_place ? "at another place it is had" : "another process has it",
		child_code(child));
	munmap(lock, 4096);
	C(close, file);
}

/* ---- the C library's ---- */

static pthread_mutex_t mutex;
static volatile long count;

static void *counts(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		count++;
		if (i % 50 == 0)
			C(sched_yield, 0);
		pthread_mutex_unlock(&mutex);
	}
	return unused;
}

static void *ends_with_it(void *unused)
{
	pthread_mutex_lock(&mutex);
	return unused;
}

static void of_the_library(void)
{
	pthread_mutexattr_t kind;
	pthread_t threads[THREADS];

	pthread_mutexattr_init(&kind);
	ERROR(futex, "a mutex that inherits",
		pthread_mutexattr_setprotocol(&kind, PTHREAD_PRIO_INHERIT));
	pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
	ERROR(futex, "is made", pthread_mutex_init(&mutex, &kind));
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, counts, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	SAY(futex, "one at a time counted", count);
	pthread_create(&threads[0], NULL, ends_with_it, NULL);
	pthread_join(threads[0], NULL);
	ERROR(futex, "its owner has ended, says the mutex", pthread_mutex_lock(&mutex));
	ERROR(futex, "it is good again", pthread_mutex_consistent(&mutex));
	ERROR(futex, "taken twice, says the mutex", pthread_mutex_trylock(&mutex));
	ERROR(futex, "the mutex is let go", pthread_mutex_unlock(&mutex));
}

static void all_of_them(void)
{
	alone();
	handed_over();
	owner_ends();
	interrupted();
	shared(0);
	shared(1);
	of_the_library();
}

void topic_priorities(void)
{
	SAY(futex, "all cases with priorities end", in_child(all_of_them, 0));
}
