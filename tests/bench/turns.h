/*
 * Two processes that take turns by a futex in memory that both share: 0 is who asks, 1 who
 * answers.
 */
#ifndef TESTS_BENCH_TURNS_H
#define TESTS_BENCH_TURNS_H

#include <linux/futex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t *turn;

/* Before there are two. False: there is no memory. */
static bool open_turns(void)
{
	void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	turn = shared;
	return shared != MAP_FAILED;
}

static void await_turn(uint32_t mine)
{
	while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != mine)
		syscall(SYS_futex, turn, FUTEX_WAIT, !mine, NULL);
}

static void give_turn(uint32_t whose)
{
	__atomic_store_n(turn, whose, __ATOMIC_RELEASE);
	syscall(SYS_futex, turn, FUTEX_WAKE, 1);
}

static void answer_turns(void)
{
	for (;;) {
		await_turn(1);
		give_turn(0);
	}
}

#endif
