/*
 * The clocks: the time since 1970 is the monotonic one and an offset, which can
 * be stepped, slewed, and has a lasting correction. A page says so to programs.
 */
#include "kernel/timer.h"

#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/notification.h"
#include "kernel/operation.h"
#include "kernel/quota.h"

#define MILLION 1000000
/* Nanoseconds that pass for one of slewing. */
#define SLEW_PART 2000
/* In 2^-16 millionths. */
#define FREQUENCY_MAX (500 << 16)
#define SLEW_MAX (INT64_C(1) << 60)

struct clock {
	struct object object;
	struct memory *page;		/* its only one; referenced */
	struct abi_clock *seen;		/* as the kernel sees it */
	struct abi_clock now;		/* what is told there */
};

static struct clock *the_clock;

static int64_t slewed(const struct abi_clock *clock, uint64_t now)
{
	int64_t most = (int64_t)((now - clock->since) / SLEW_PART);

	return clock->slew > most ? most : clock->slew < -most ? -most : clock->slew;
}

static int64_t offset_at(const struct abi_clock *clock, uint64_t now)
{
	int64_t passed = (int64_t)(now - clock->since);
	int64_t drift = (passed / MILLION * clock->frequency +
		passed % MILLION * clock->frequency / MILLION) / 65536;

	return (int64_t)((uint64_t)clock->offset + (uint64_t)slewed(clock, now) +
		(uint64_t)drift);
}

/* From now on like this: readers see all of it, or that they have to try again. */
static void tell(struct clock *clock, int64_t offset, int64_t slew, int64_t frequency)
{
	struct abi_clock *seen = clock->seen;

	clock->now.sequence += 2;
	clock->now.since = arch_now();
	clock->now.offset = offset;
	clock->now.slew = slew;
	clock->now.frequency = frequency;
	__atomic_store_n(&seen->sequence, clock->now.sequence - 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	seen->since = clock->now.since;
	seen->offset = offset;
	seen->slew = slew;
	seen->frequency = frequency;
	__atomic_store_n(&seen->sequence, clock->now.sequence, __ATOMIC_RELEASE);
}

struct object *clock_object(void)
{
	return &the_clock->object;
}

void clock_init(struct quota *root)
{
	kernel_error error;
	uint64_t frame;
	bool writable;
	uint8_t *page;

	the_clock = object_new(&clock_type, root, &error);
	CHECK(the_clock);
	the_clock->page = memory_new(root, PAGE_SIZE, &error);
	CHECK(the_clock->page && memory_page(the_clock->page, 0, true, &frame,
		&writable) == MEMORY_THERE);
	the_clock->page->is_fixed = true;
	page = frame_data(frame);
	arch_clock_page(page);
	the_clock->seen = (struct abi_clock *)(void *)(page + ABI_CLOCK);
	tell(the_clock, arch_clock_start(), 0, 0);
}

/* ---- operations ---- */

OPERATION(Clock, clock, now, READ)
{
	uint64_t now = arch_now();

	return ANSWER(Clock, now, .monotonic = now, .since_boot = now,
		.realtime_offset = offset_at(&clock->now, now));
}

OPERATION(Clock, clock, page, READ)
{
	return ANSWER(Clock, page, .page.raw = call_result_of(call, &clock->page->object,
		kernel_Rights_READ | kernel_Rights_MAP | kernel_Rights_DUPLICATE));
}

COMMAND(Clock, clock, set_realtime, CONTROL)
{
	tell(clock, request->realtime_offset, 0, clock->now.frequency);
	return 0;
}

static bool is_within(int64_t value, int64_t most)
{
	return value <= most && value >= -most;
}

OPERATION(Clock, clock, adjust, CONTROL)
{
	uint64_t now = arch_now();
	struct abi_clock before = clock->now;

	if (!is_within(request->nanoseconds, SLEW_MAX) ||
			!is_within(request->frequency, FREQUENCY_MAX))
		return kernel_Error_INVALID;
	tell(clock, offset_at(&before, now), request->nanoseconds, request->frequency);
	return ANSWER(Clock, adjust, .not_yet = before.slew - slewed(&before, now),
		.frequency = before.frequency);
}

OPERATION(Clock, clock, resolution, READ)
{
	return ANSWER(Clock, resolution, .nanoseconds = arch_clock_resolution());
}

OBJECT_TYPE(Clock, clock, CLOCK, .destroy = NULL)
