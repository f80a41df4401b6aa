/*
 * Hostile programs, as one is started: it does all that a program can, by chance,
 * with several threads, until its quota is destroyed. Everything of one wave is
 * in one quota; nothing else keeps it from doing what it wants.
 */
#ifndef TESTS_OS_ATTACK_H
#define TESTS_OS_ATTACK_H

#include "test.h"

/* What an attacker writes to, mapped by whoever starts it: what it has done. */
struct attack_figures {
	volatile uint64_t acts;
	volatile uint64_t threads;	/* begun, */
	volatile uint64_t spaces;	/* likewise */
	volatile uint64_t faults;
};
#define ATTACK_FIGURES UINT64_C(0x600000000000)

/* What it is given, by the places in `given` of its struct child_start. */
enum {
	ATTACK_TARGET,			/* a session of a server that is to survive */
	ATTACK_MEETING,			/* a memory, and */
	ATTACK_ENDPOINT,		/* an endpoint, that all of a wave have */
	ATTACK_BELL,			/* a notification of the same kind */
	ATTACK_CLOCK,			/* to be read */
	ATTACK_GIVEN
};

/* The program: its argument is a seed. */
void attack(struct child_start *self);

#endif
