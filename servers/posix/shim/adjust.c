/* How the time of day is steered: adjtimex and clock_adjtime. */
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/machine.h"

enum { ADJ_OFFSET = 1, ADJ_FREQUENCY = 2, ADJ_STATUS = 0x10, ADJ_TAI = 0x80, ADJ_SETOFFSET = 0x100,
	ADJ_MICRO = 0x1000, ADJ_NANO = 0x2000, ADJ_TICK = 0x4000, ADJ_ADJTIME = 0x8000,
	ADJ_READ_ONLY = 0x2000,		/* with ADJTIME */
	PARTS = 0x41bf };
enum { STA_PLL = 1, STA_READ_ONLY = 0xff00, STA_NANO = 0x2000 };

#define MICRO 1000
#define PHASE_MOST (SECOND / 2)
#define TOLERANCE (INT64_C(500) << 16)

/* struct timex. */
struct linux_timex {
	uint32_t modes, pad;
	int64_t offset, freq, maxerror, esterror;
	int32_t status, pad2;
	int64_t constant, precision, tolerance;
	struct linux_timeval time;
	int64_t tick, ppsfreq, jitter;
	int32_t shift, pad3;
	int64_t stabil, jitcnt, calcnt, errcnt, stbcnt;
	int32_t tai, more[11];
};

shim_function time_adjtimex, time_clock_adjtime;

static int64_t check(const struct linux_timex *timex)
{
	const int64_t most = timex->modes & ADJ_NANO ? SECOND : 1000000;

	if (timex->modes & ADJ_ADJTIME)
		return timex->modes & ADJ_OFFSET ? 0 : -LINUX_EINVAL;
	if ((timex->modes & ADJ_TICK) && (timex->tick < 9000 || timex->tick > 11000))
		return -LINUX_EINVAL;
	if ((timex->modes & ADJ_SETOFFSET) && (timex->time.tv_usec < 0 ||
			timex->time.tv_usec >= most))
		return -LINUX_EINVAL;
	return 0;
}

static int64_t adjust(struct shim *shim, int32_t clock,
	const struct posix_ClockAdjustment *to, struct posix_ClockAdjustment *now)
{
	struct posix_Machine_adjust_clock_reply reply = {0};
	struct machine machine;
	int64_t result = machine_open(shim, &machine);

	if (result == 0)
		result = MACHINE(shim, &machine, &reply, adjust_clock, .clock = clock,
			.adjustment = *to);
	if (result == 0)
		*now = reply.now;
	return result;
}

static int64_t clamp(int64_t value, int64_t most)
{
	return value < -most ? -most : value > most ? most : value;
}

/* What is to be changed; `now`: how it is. */
static struct posix_ClockAdjustment wanted(const struct linux_timex *timex,
	const struct posix_ClockAdjustment *now)
{
	const uint32_t modes = timex->modes;
	const int64_t unit = modes & ADJ_NANO ? 1 : MICRO;
	struct posix_ClockAdjustment to = { .parts = (posix_AdjustParts)(modes & PARTS),
		.frequency = timex->freq, .max_error = (uint64_t)timex->maxerror * MICRO,
		.estimated_error = (uint64_t)timex->esterror * MICRO,
		.time_constant = timex->constant, .tick = (uint64_t)timex->tick * MICRO,
		.tai = (int32_t)timex->constant };

	to.status = modes & ADJ_STATUS ? (now->status & STA_READ_ONLY) |
		((uint32_t)timex->status & ~(uint32_t)STA_READ_ONLY) : now->status;
	if (modes & (ADJ_NANO | ADJ_MICRO)) {
		to.parts |= posix_AdjustParts_STATUS;
		to.status = (to.status & ~(uint32_t)STA_NANO) |
			(modes & ADJ_NANO ? STA_NANO : 0u);
	}
	if (modes & ADJ_OFFSET)
		to.offset = clamp(to.status & STA_NANO ? timex->offset :
			clamp(timex->offset, PHASE_MOST) * MICRO, PHASE_MOST);
	/* Without its loop it stays where it is. */
	if (!(to.status & STA_PLL))
		to.parts &= ~(posix_AdjustParts)posix_AdjustParts_OFFSET;
	if (modes & ADJ_SETOFFSET)
		to.offset = clamp(timex->time.tv_sec, INT64_MAX / SECOND - 1) * SECOND +
			timex->time.tv_usec * unit;
	if (modes & ADJ_SETOFFSET)
		to.parts &= ~(posix_AdjustParts)posix_AdjustParts_OFFSET;
	return to;
}

static void tell(struct linux_timex *timex, const struct posix_ClockAdjustment *now)
{
	const int64_t unit = now->status & STA_NANO ? 1 : MICRO;
	const struct linux_timespec time = convert_timespec(shim_wall(shim_now()));

	*timex = (struct linux_timex){ .modes = timex->modes, .offset = now->offset / unit,
		.freq = now->frequency, .maxerror = (int64_t)now->max_error / MICRO,
		.esterror = (int64_t)now->estimated_error / MICRO,
		.status = (int32_t)now->status, .constant = now->time_constant, .precision = 1,
		.tolerance = TOLERANCE, .time = { time.tv_sec, time.tv_nsec / unit },
		.tick = (int64_t)now->tick / MICRO, .tai = now->tai };
}

static int64_t change(struct shim *shim, int32_t clock, struct linux_timex *timex)
{
	static const struct posix_ClockAdjustment nothing;
	struct posix_ClockAdjustment now = { 0 }, to;
	int64_t result = adjust(shim, clock, &nothing, &now), left = now.offset;

	if (result < 0)
		return result;
	result = check(timex);
	/* Who may change nothing is told that first; this changes nothing. */
	to = (struct posix_ClockAdjustment){ .parts = posix_AdjustParts_STATUS,
		.status = now.status };
	if (result < 0 && !(timex->modes & ADJ_ADJTIME) && adjust(shim, clock, &to, &now) < 0)
		return -LINUX_EPERM;
	if (result < 0)
		return result;
	if (timex->modes & ADJ_ADJTIME) {	/* always in microseconds */
		to = (struct posix_ClockAdjustment){ .parts = posix_AdjustParts_OFFSET,
			.offset = clamp(timex->offset, INT64_MAX / SECOND) * MICRO };
		if (!(timex->modes & ADJ_READ_ONLY))
			result = adjust(shim, clock, &to, &now);
	} else if (timex->modes) {
		to = wanted(timex, &now);
		result = adjust(shim, clock, &to, &now);
	}
	if (result < 0)
		return result;
	tell(timex, &now);
	if (timex->modes & ADJ_ADJTIME)
		timex->offset = left / MICRO;
	return now.state;
}

int64_t time_clock_adjtime(struct shim *shim, const uint64_t a[6])
{
	struct linux_timex timex;
	int64_t result;

	if (!copy_from(&timex, a[1], sizeof timex))
		return -LINUX_EFAULT;
	if ((int32_t)a[0] > posix_Clock_TAI || (int32_t)a[0] == 10)
		return -LINUX_EINVAL;
	result = change(shim, (int32_t)a[0], &timex);
	return result < 0 || copy_to(a[1], &timex, sizeof timex) ? result : -LINUX_EFAULT;
}

int64_t time_adjtimex(struct shim *shim, const uint64_t a[6])
{
	return time_clock_adjtime(shim, (const uint64_t[6]){ posix_Clock_REALTIME, a[0] });
}
