/* Timers, which signal a notification; and the clocks. */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include "kernel/deadline.h"
#include "kernel/object.h"

struct timer {
	struct object object;
	struct deadline deadline;
	struct watch watch;
	uint64_t when;
	uint64_t period;		/* ns; 0: once */
	uint64_t overruns;
	bool is_set;
};

extern const struct object_type timer_type;
extern const struct object_type clock_type;

struct timer *timer_new(struct quota *quota, struct notification *notify,
	uint64_t bits, kernel_error *error);
/* The machine's only one: made at start, referenced for ever. */
extern struct object *clock_object;
void clock_init(struct quota *root);

#endif
