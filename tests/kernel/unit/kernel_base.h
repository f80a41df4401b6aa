/*
 * For tests of what all objects stand on: memory and quotas are there, and fakes
 * in place of the objects, which say what was asked of them.
 */
#ifndef TESTS_KERNEL_BASE_H
#define TESTS_KERNEL_BASE_H

#include "tests/kernel/unit/kernel_fixture.h"

#include "kernel/frame.h"
#include "kernel/notification.h"
#include "kernel/object.h"
#include "kernel/pool.h"
#include "kernel/quota.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/trace.h"
#include "kernel.skald.h"

static unsigned base_destroyed;		/* objects without references */
static uint64_t base_last;		/* id of the last that was */
static unsigned base_refusals;		/* times that the next is not yet done */
static unsigned base_killed;
static unsigned base_signals;
static uint64_t base_signaled;

static bool base_destroy(struct object *object, unsigned *steps)
{
	assert_int_equal(object->references, 0);
	if (base_refusals > 0) {
		*steps = 0;
		base_refusals--;
		return false;
	}
	base_destroyed++;
	base_last = object->id;
	return true;
}

#define BASE_TYPE(type, what, ...) \
	const struct object_type type = {.kind = kernel_Kind_##what, __VA_ARGS__}
BASE_TYPE(quota_type, QUOTA, .size = sizeof(struct quota), .destroy = quota_end);
BASE_TYPE(space_type, SPACE, .size = sizeof(struct space), .destroy = base_destroy);
BASE_TYPE(thread_type, THREAD, .size = sizeof(struct thread), .destroy = base_destroy,
	.offset = offsetof(struct thread, object));
BASE_TYPE(notification_type, NOTIFICATION, .size = sizeof(struct notification),
	.destroy = base_destroy);

uint32_t trace_mask;

uint8_t *trace_begin(void)
{
	return NULL;
}

void trace_end(void)
{
}

void notification_signal(struct notification *notification, uint64_t bits)
{
	(void)notification;
	base_signals++;
	base_signaled |= bits;
}

void space_kill(struct space *space, int32_t code)
{
	space->state = kernel_SpaceState_ENDED;
	space->code = code;
	base_killed++;
}

void thread_kill(struct thread *thread, int32_t code)
{
	thread->is_ended = true;
	thread->code = code;
	base_killed++;
}

static int base_start(void **unused)
{
	(void)unused;
	base_destroyed = base_refusals = base_killed = base_signals = 0;
	base_signaled = 0;
	host_machine(UINT64_C(4) << 20, 1);
	frame_init(&host_boot);
	return 0;
}

static int base_stop(void **unused)
{
	(void)unused;
	while (!object_reap(OBJECT_STEPS))
		;
	host_stop();
	return 0;
}

#define BASE_CASE(name) cmocka_unit_test_setup_teardown(name, base_start, base_stop)

#endif
