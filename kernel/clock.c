/*
 * The clocks: the time since 1970 is the monotonic one and an offset, which can
 * be set, and grow or shrink slowly. A page says so to programs.
 */
#include "kernel/timer.h"

#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/notification.h"
#include "kernel/operation.h"
#include "kernel/quota.h"

#define MILLION 1000000
/* In 2^-16 millionths. */
#define FREQUENCY_MAX (500 << 16)

struct clock {
	struct object object;
	struct memory *page;		/* its only one; referenced */
	struct abi_clock *seen;		/* as the kernel sees it */
	struct abi_clock now;		/* what is told there */
};

static struct clock *the_clock;
struct object *clock_object;

static int64_t offset_at(const struct abi_clock *clock, uint64_t now)
{
	int64_t passed = (int64_t)(now - clock->since);
	int64_t drift = (passed / MILLION * clock->frequency +
		passed % MILLION * clock->frequency / MILLION) / 65536;

	return (int64_t)((uint64_t)clock->offset + (uint64_t)drift);
}

/* From now on like this: readers see all of it, or that they have to try again. */
static void tell(struct clock *clock, int64_t offset, int64_t frequency)
{
	struct abi_clock *seen = clock->seen;

	clock->now.sequence += 2;
	clock->now.since = arch_now();
	clock->now.offset = offset;
	clock->now.frequency = frequency;
	__atomic_store_n(&seen->sequence, clock->now.sequence - 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	seen->since = clock->now.since;
	seen->offset = offset;
	seen->frequency = frequency;
	__atomic_store_n(&seen->sequence, clock->now.sequence, __ATOMIC_RELEASE);
}

void clock_init(struct quota *root)
{
	kernel_error error;
	uint64_t frame;
	bool writable;
	uint8_t *page;

	the_clock = object_new(&clock_type, root, &error);
	CHECK(the_clock);
	clock_object = &the_clock->object;
	the_clock->page = memory_new(root, PAGE_SIZE, &error);
	CHECK(the_clock->page && memory_page(the_clock->page, 0, true, &frame,
		&writable) == MEMORY_THERE);
	the_clock->page->is_fixed = true;
	page = frame_data(frame);
	arch_clock_page(page);
	the_clock->seen = (struct abi_clock *)(void *)(page + ABI_CLOCK);
	tell(the_clock, arch_clock_start(), 0);
}

/* ---- operations ---- */

OPERATION(Clock, clock, now, READ)
{
	uint64_t now = arch_now();

	return ANSWER(Clock, now, .monotonic = now,
		.realtime_offset = offset_at(&clock->now, now),
		.frequency = clock->now.frequency, .resolution = arch_clock_resolution());
}

OPERATION(Clock, clock, page, READ)
{
	return ANSWER(Clock, page, .page.raw = call_result_of(call, &clock->page->object,
		kernel_Rights_READ | kernel_Rights_MAP | kernel_Rights_DUPLICATE));
}

COMMAND(Clock, clock, set, CONTROL)
{
	if (request->frequency > FREQUENCY_MAX || request->frequency < -FREQUENCY_MAX)
		return kernel_Error_INVALID;
	tell(clock, request->realtime_offset, request->frequency);
	return 0;
}

OBJECT_TYPE(Clock, clock, CLOCK, .destroy = NULL)
