/*
 * Hostile programs for Linux's system calls, one binary. Each is run as a user of its own
 * while a neighbour, another user, works on; afterwards all is counted as before.
 */
#ifndef TESTS_POSIX_ROBUST_H
#define TESTS_POSIX_ROBUST_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Does harm until it is killed, or is done with a round of it. */
typedef void attack(uint32_t seed);

attack attack_forks, attack_memory, attack_map, attack_mappings, attack_descriptors,
	attack_signals, attack_queue, attack_threads, attack_pipes, attack_wild,
	attack_overwrite, attack_unmap, attack_jump, attack_frame, attack_handles,
	attack_exec, attack_kill, attack_stack, attack_terminals, attack_locks,
	attack_stopped, attack_network, attack_sockets, attack_files;

/* What the whole system has. */
struct used { uint64_t memory; unsigned processes; };

/* Of all memory, that may be used after so many rounds of killing more than before them. */
#define LEAK_SLACK (UINT64_C(128) << 10)
#define LEAK_PARTS 4

/*
 * `rounds`, and the same once more in parts, of children of another user that are killed at
 * random moments; `used` says what is used, waiting for some time until it is no more than that.
 */
bool leak_rounds(uint32_t seed, int rounds, struct used (*used)(struct used than));
/* What such a child is about, of connections (network.c). */
void leak_network(uint32_t *seed);
/* One that a child calls exec of. */
void leak_child(uint32_t seed);

/* Who is killed with sockets loses only what was its own; if not, a line says what (lost.c). */
bool check_lost(uint32_t seed);

/* Fills files until there is no room, so much of it at most by mappings, and stops. */
void files_fill(uint64_t mapped);

/* For each kind of what ends: a line of its name, and microseconds that a call took at most. */
void steps(void);

/* The next of a series, never 0. */
static inline uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* The heap grows, or NULL; musl has no sbrk() that does. */
static inline char *heap_more(size_t size)
{
	char *at = (char *)syscall(SYS_brk, 0);

	return (char *)syscall(SYS_brk, at + size) == at + size ? at : NULL;
}

/* Sleeps for so many thousandths. */
static inline void rest(long milliseconds)
{
	nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000},
		NULL);
}

#endif
