/* Threads and what they wait by. */
#include "call.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint32_t word, second;
static volatile uint32_t woken;
static const struct timespec soon = { 0, 20000000 };

static void *waiter(void *given)
{
	(void)given;
	if (C(futex, &word, FUTEX_WAIT, 1, NULL) == 0)
		__atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Wakes until so many have waited; the result of the call that woke. */
static long wake(long operation, int count)
{
	long result;

	while ((result = C(futex, &word, operation, count)) == 0)
		C(sched_yield, 0);
	return result;
}

static void waiting(void)
{
	struct timespec wrong = { 0, -1 }, past = { 0, 0 };
	pthread_t thread;

	word = 1;
	T(futex, "waited for another value", &word, FUTEX_WAIT, 2, NULL);
	T(futex, "waited for too long", &word, FUTEX_WAIT, 1, &soon);
	T(futex, "private, waited for too long", &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, &soon);
	T(futex, "a time there is not", &word, FUTEX_WAIT, 1, &wrong);
	T(futex, "a wild time", &word, FUTEX_WAIT, 1, WILD);
	T(futex, "until a time that was", &word, FUTEX_WAIT_BITSET, 1, &past, NULL, 1);
	T(futex, "for no bits", &word, FUTEX_WAIT_BITSET, 1, &past, NULL, 0);
	T(futex, "a wild word", WILD, FUTEX_WAIT, 1, NULL);
	T(futex, "not a word's place", (char *)&word + 1, FUTEX_WAIT, 1, NULL);
	T(futex, "nobody to wake", &word, FUTEX_WAKE, 1);
	T(futex, "nobody to wake by bits", &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 1);
	T(futex, "unknown", &word, 99, 1);
	pthread_create(&thread, NULL, waiter, NULL);
	SAY(futex, "one is woken", wake(FUTEX_WAKE, 1));
	pthread_join(thread, NULL);
	SAY(futex, "and goes on", woken);
}

static void moving(void)
{
	pthread_t thread;
	long moved;

	T(futex, "moved, and the value is another", &word, FUTEX_CMP_REQUEUE, 0, 1, &second, 9);
	T(futex, "moved, and there is nobody", &word, FUTEX_REQUEUE, 0, 1, &second);
	pthread_create(&thread, NULL, waiter, NULL);
	while ((moved = C(futex, &word, FUTEX_CMP_REQUEUE, 0, 1, &second, 1)) == 0)
		C(sched_yield, 0);
	SAY(futex, "moved", moved);
	SAY(futex, "nobody is left where it was", C(futex, &word, FUTEX_WAKE, 1));
	SAY(futex, "it is woken elsewhere", C(futex, &second, FUTEX_WAKE, 1));
	pthread_join(thread, NULL);
	second = 5;
	T(futex, "woken with an operation", &word, FUTEX_WAKE_OP, 1, 1, &second,
		FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5));
	SAY(futex, "which is done", second);
}

static void *ending(void *given)
{
	*(int *)given = C(gettid, 0) != C(getpid, 0);
	C(exit, 3);
	return NULL;
}

static void shared(void)
{
	uint32_t *page = (uint32_t *)C(mmap, 0, 4096, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long pid = C(fork, 0), woke;

	if (pid == 0)
		C(exit_group, C(futex, page, FUTEX_WAIT, 0, NULL) == 0);
	while ((woke = C(futex, page, FUTEX_WAKE, 1)) == 0)
		C(sched_yield, 0);
	SAY(futex, "of two processes", woke);
	SAY(futex, "of two processes, it goes on", child_code(pid));
}

static void *killer(void *given)
{
	(void)given;
	C(exit_group, 13);
	return NULL;
}

static void all_end(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, killer, NULL);
	for (;;)
		C(pause, 0);
}

static void first_ends(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, killer, NULL);
	C(exit, 0);
}

static void lists(void)
{
	struct robust_list_head head = { { &head.list }, 0, NULL }, *is;
	unsigned long size;

	T(set_robust_list, "one", &head, sizeof head);
	T(set_robust_list, "of a wrong size", &head, 3);
	T(get_robust_list, "one's own", 0, &is, &size);
	SAY(get_robust_list, "is that", is == &head && size == sizeof head);
	T(get_robust_list, "of nobody", 99999999, &is, &size);
	T(get_robust_list, "to a wild address", 0, WILD, &size);
}

static void again(void)
{
	SAY(membarrier, "a child of one who may", C(membarrier, 8, 0, 0));
}

static void barriers(void)
{
	SAY(membarrier, "what there is", C(membarrier, 0, 0, 0) & 25);
	T(membarrier, "all of the machine", 1, 0, 0);
	T(membarrier, "of the process, not announced", 8, 0, 0);
	T(membarrier, "announced", 16, 0, 0);
	T(membarrier, "of the process", 8, 0, 0);
	in_child(again, 0);
	T(membarrier, "of no kind", 3, 0, 0);
	T(membarrier, "with flags", 8, 2, 0);
	T(membarrier, "what there is, with flags", 0, 1, 0);
}

#define TURNS 50

static volatile int turn;

static void *partner(void *given)
{
	for (int i = 0; i < TURNS; i++) {
		while (turn == 0)
			C(sched_yield, 0);
		turn = 0;
	}
	return given;
}

/* On one processor each turn takes a few calls, and would take some thousand if they did nothing. */
static void yields(void)
{
	const unsigned long first = 1;
	long calls = 0;
	pthread_t thread;

	C(sched_setaffinity, 0, sizeof(first), &first);
	pthread_create(&thread, NULL, partner, NULL);
	for (int i = 0; i < TURNS; i++)
		for (turn = 1; turn == 1; calls++)
			C(sched_yield, 0);
	pthread_join(thread, NULL);
	SAY(sched_yield, "lets the other go on", calls < 40 * TURNS);
}

void topic_threads(void)
{
	pthread_t thread;
	int is_other = 0;

	waiting();
	moving();
	shared();
	pthread_create(&thread, NULL, ending, &is_other);
	pthread_join(thread, NULL);
	SAY(gettid, "of a thread is its own", is_other);
	SAY(exit, "ends a thread only", 1);
	SAY(exit_group, "ends all threads", in_child(all_end, 0));
	SAY(exit, "of the first thread, the other goes on", in_child(first_ends, 0));
	T(sched_yield, "once", 0);
	in_child(yields, 0);
	in_child(lists, 0);
	in_child(barriers, 0);
}
