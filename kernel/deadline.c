/*
 * Deadlines: a list for each CPU, looked through from its beginning when the
 * earliest can have passed. What has not passed goes behind a mark, up to which
 * there is more to look at.
 */
#include "kernel/deadline.h"

#include "kernel/abi.h"
#include "kernel/sched.h"

/* Until the rest is looked at: others have their turn. */
#define DEADLINE_PAUSE UINT64_C(20000)

void deadline_init(struct deadline *deadline, void (*passed)(struct deadline *))
{
	list_init(&deadline->link);
	deadline->passed = passed;
}

void deadline_set(struct deadline *deadline, uint64_t when)
{
	struct cpu *cpu = arch_cpu();

	deadline_clear(deadline);
	deadline->when = when;
	if (when == ABI_FOREVER)
		return;
	list_add(&cpu->deadlines, &deadline->link);
	if (when < cpu->next_deadline)
		cpu->next_deadline = when;
}

void deadline_clear(struct deadline *deadline)
{
	if (!list_is_empty(&deadline->link))
		list_remove(&deadline->link);
}

/* False: there is more to look at. */
static bool look(struct cpu *cpu, uint64_t now, unsigned *steps)
{
	struct list *first, *end = &cpu->deadlines_end;

	while ((first = cpu->deadlines.next) != end) {
		struct deadline *deadline = LIST_OF(first, struct deadline, link);

		if (!object_step(steps))
			return false;
		list_remove(first);
		if (deadline->when <= now)
			deadline->passed(deadline);
		else
			deadline_set(deadline, deadline->when);
	}
	list_remove(end);
	return true;
}

void deadline_run(unsigned *steps)
{
	struct cpu *cpu = arch_cpu();
	uint64_t now = arch_now(), next, end = cpu->slice > now ? cpu->slice : now + SCHED_SLICE;
	bool looks = !list_is_empty(&cpu->deadlines_end);

	if (!looks && cpu->next_deadline <= now) {
		cpu->next_deadline = ABI_FOREVER;
		list_add(&cpu->deadlines, &cpu->deadlines_end);
		looks = true;
	}
	if (looks && !look(cpu, now, steps)) {
		sched_timer(cpu, now + DEADLINE_PAUSE);
		return;
	}
	next = cpu->next_deadline;
	if (cpu->current && end < next)		/* so that none is later than by that */
		next = end;
	sched_timer(cpu, next);
}
