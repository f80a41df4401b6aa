/*
 * Work in steps. posix goes before programs, so what it does at one go is time that nobody else
 * has: between two steps it serves others, and for as long as a step took at most, programs run.
 */
#include "servers/posix/posix.h"

#define STEP_TIME UINT64_C(500000)

static struct work *first, **end = &first;
static uint64_t until;
static void ring(void *unused);
static struct sk_alarm alarm = {.ring = ring};

static void put(struct work *work)
{
	work->next = NULL;
	*end = work;
	end = &work->next;
}

static void ring(void *unused)
{
	UNUSED(unused);
	until = now() + STEP_TIME;
	/* It may have been set by what was done last time, and that is done too. */
	while (first) {
		struct work *work = first;

		first = work->next;
		end = first ? end : &first;
		/* What it does may add work, and itself. */
		work->is_there = false;
		if (work->step() && !work->is_there) {
			work->is_there = true;
			put(work);
		}
		if (work_is_over())
			break;
	}
	if (first)
		sk_alarm_set(posix.os, &alarm, now() + STEP_TIME);
}

bool work_is_over(void)
{
	return now() >= until;
}

void work_add(struct work *work)
{
	if (work->is_there)
		return;
	work->is_there = true;
	if (!first && alarm.time == 0)
		sk_alarm_set(posix.os, &alarm, now());
	put(work);
}
