/*
 * Deadlines: something is done at a time. Adding and taking away are O(1): each
 * CPU has a list that is only looked through when its timer comes, or when it is
 * idle. One is late by at most SCHED_SLICE.
 */
#ifndef KERNEL_DEADLINE_H
#define KERNEL_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/list.h"

struct deadline {
	struct list link;		/* in no list: not set */
	uint64_t when;			/* ns */
	void (*passed)(struct deadline *deadline);
};

void deadline_init(struct deadline *deadline, void (*passed)(struct deadline *));
/* Set again, if it is. ABI_FOREVER: not at all. */
void deadline_set(struct deadline *deadline, uint64_t when);
void deadline_clear(struct deadline *deadline);
/* Those of this CPU that have passed, in at most *steps steps; then the timer is
 * set to the next, or to the end of the slice. */
void deadline_run(unsigned *steps);

#endif
