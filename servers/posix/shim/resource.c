/* Limits, use, scheduling. */
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/shim.h"

shim_function misc_prlimit, misc_getrlimit, misc_setrlimit, misc_getrusage, misc_getpriority,
	misc_setpriority, misc_yield, misc_getaffinity, misc_setaffinity,
	misc_sched_setparam, misc_sched_getparam, misc_sched_setscheduler,
	misc_sched_getscheduler, misc_sched_priority_max, misc_sched_priority_min,
	misc_sched_interval, misc_sched_setattr, misc_sched_getattr;

static int64_t limit(struct shim *shim, uint64_t process, uint64_t resource, uint64_t from,
	uint64_t to)
{
	struct posix_Resources_limit_reply reply;
	struct linux_rlimit value = {0, 0};
	int64_t result;

	if (resource >= 16)
		return -LINUX_EINVAL;
	if (from && !copy_from(&value, from, sizeof value))
		return -LINUX_EFAULT;
	result = POSIX(shim, &reply, Resources, limit, .process = (int32_t)process,
		.resource = (posix_Resource)resource, .has_value = from != 0,
		.value = { .soft = value.rlim_cur, .hard = value.rlim_max });
	if (result < 0 || to == 0)
		return result;
	value = (struct linux_rlimit){ reply.previous.soft, reply.previous.hard };
	return copy_to(to, &value, sizeof value) ? 0 : -LINUX_EFAULT;
}

int64_t misc_prlimit(struct shim *shim, const uint64_t a[6])
{
	return limit(shim, a[0], a[1], a[2], a[3]);
}

int64_t misc_getrlimit(struct shim *shim, const uint64_t a[6])
{
	return a[1] ? limit(shim, 0, a[0], 0, a[1]) : -LINUX_EFAULT;
}

int64_t misc_setrlimit(struct shim *shim, const uint64_t a[6])
{
	return a[1] ? limit(shim, 0, a[0], a[1], 0) : -LINUX_EFAULT;
}

int64_t misc_getrusage(struct shim *shim, const uint64_t a[6])
{
	struct posix_Resources_usage_reply reply;
	struct linux_rusage usage;
	int64_t result;

	if ((int32_t)a[0] < posix_UsageOf_CHILDREN || (int32_t)a[0] > posix_UsageOf_THREAD)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Resources, usage, .of = (int32_t)a[0]);
	if (result < 0)
		return result;
	convert_usage(&reply.usage, &usage);
	return copy_to(a[1], &usage, sizeof usage) ? 0 : -LINUX_EFAULT;
}

/* The call answers 20 less the value, so that it is not negative. */
int64_t misc_getpriority(struct shim *shim, const uint64_t a[6])
{
	struct posix_Resources_priority_reply reply;
	int64_t result = a[0] > 2 ? -LINUX_EINVAL : POSIX(shim, &reply, Resources, priority,
		.whose = (posix_Whose)a[0], .id = (int32_t)a[1]);

	return result < 0 ? result : 20 - reply.nice;
}

int64_t misc_setpriority(struct shim *shim, const uint64_t a[6])
{
	return a[0] > 2 ? -LINUX_EINVAL : POSIX_DO(shim, Resources, set_priority,
		.whose = (posix_Whose)a[0], .id = (int32_t)a[1], .nice = (int32_t)a[2]);
}

int64_t misc_yield(struct shim *shim, const uint64_t a[6])
{
	(void)a;
	POSIX_DO(shim, Resources, yield_processor, 0);
	return 0;
}

/* ---- processors ---- */

int64_t misc_getaffinity(struct shim *shim, const uint64_t a[6])
{
	struct posix_Resources_affinity_reply reply;
	uint64_t words[64], count = 0;
	int64_t result;

	if (a[1] < 8 || a[1] % 8 != 0)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Resources, affinity, .thread = (int32_t)a[0]);
	if (result < 0)
		return result;
	while (count < 64 && count < a[1] / 8 &&
			sk_uint64_next(&reply.processors, &words[count]))
		count++;
	return copy_to(a[2], words, (size_t)count * 8) ? (int64_t)count * 8 : -LINUX_EFAULT;
}

int64_t misc_setaffinity(struct shim *shim, const uint64_t a[6])
{
	uint64_t words[64] = {0}, size = a[1] < sizeof words ? a[1] : sizeof words;

	if (!copy_from(words, a[2], (size_t)size))
		return -LINUX_EFAULT;
	return POSIX_DO(shim, Resources, set_affinity, .thread = (int32_t)a[0],
		.processors = { .items = words, .count = (uint32_t)((size + 7) / 8) });
}

/* ---- policies ---- */

static bool is_real_time(uint64_t policy)
{
	return policy == posix_SchedulingPolicy_FIFO ||
		policy == posix_SchedulingPolicy_ROUND_ROBIN;
}

static bool is_policy(uint64_t policy)
{
	return is_real_time(policy) || policy == posix_SchedulingPolicy_NORMAL ||
		policy == posix_SchedulingPolicy_BATCH || policy == posix_SchedulingPolicy_IDLE ||
		policy == posix_SchedulingPolicy_DEADLINE;
}

static int64_t set_scheduling(struct shim *shim, uint64_t thread, bool has_policy,
	uint64_t policy, uint64_t parameter_at)
{
	enum { RESET_ON_FORK = 0x40000000 };
	struct posix_Resources_scheduling_reply reply;
	int32_t priority;
	int64_t result;

	if ((int32_t)thread < 0)
		return -LINUX_EINVAL;
	if (!copy_from(&priority, parameter_at, sizeof priority))
		return -LINUX_EFAULT;
	result = POSIX(shim, &reply, Resources, scheduling, .thread = (int32_t)thread);
	if (result < 0)
		return result;
	if (has_policy) {
		reply.scheduling.reset_on_fork = (policy & RESET_ON_FORK) != 0;
		reply.scheduling.policy = (posix_SchedulingPolicy)(policy & ~(uint64_t)RESET_ON_FORK);
	}
	if (!is_policy((uint64_t)reply.scheduling.policy) || priority < 0)
		return -LINUX_EINVAL;
	reply.scheduling.priority = (uint32_t)priority;
	return POSIX_DO(shim, Resources, set_scheduling, .thread = (int32_t)thread,
		.scheduling = reply.scheduling);
}

int64_t misc_sched_setscheduler(struct shim *shim, const uint64_t a[6])
{
	return set_scheduling(shim, a[0], true, (uint32_t)a[1], a[2]);
}

int64_t misc_sched_setparam(struct shim *shim, const uint64_t a[6])
{
	return set_scheduling(shim, a[0], false, 0, a[1]);
}

int64_t misc_sched_getscheduler(struct shim *shim, const uint64_t a[6])
{
	struct posix_Resources_scheduling_reply reply;
	int64_t result = (int32_t)a[0] < 0 ? -LINUX_EINVAL :
		POSIX(shim, &reply, Resources, scheduling, .thread = (int32_t)a[0]);

	return result < 0 ? result : reply.scheduling.policy;
}

int64_t misc_sched_getparam(struct shim *shim, const uint64_t a[6])
{
	struct posix_Resources_scheduling_reply reply;
	int64_t result = (int32_t)a[0] < 0 || a[1] == 0 ? -LINUX_EINVAL :
		POSIX(shim, &reply, Resources, scheduling, .thread = (int32_t)a[0]);

	return result < 0 ? result :
		copy_to(a[1], &reply.scheduling.priority, 4) ? 0 : -LINUX_EFAULT;
}

int64_t misc_sched_priority_max(struct shim *shim, const uint64_t a[6])
{
	(void)shim;
	return !is_policy(a[0]) ? -LINUX_EINVAL : is_real_time(a[0]) ? 99 : 0;
}

int64_t misc_sched_priority_min(struct shim *shim, const uint64_t a[6])
{
	(void)shim;
	return !is_policy(a[0]) ? -LINUX_EINVAL : is_real_time(a[0]) ? 1 : 0;
}

int64_t misc_sched_interval(struct shim *shim, const uint64_t a[6])
{
	struct posix_Resources_scheduling_interval_reply reply;
	struct linux_timespec time;
	int64_t result = (int32_t)a[0] < 0 ? -LINUX_EINVAL :
		POSIX(shim, &reply, Resources, scheduling_interval, .thread = (int32_t)a[0]);

	if (result < 0)
		return result;
	time = convert_timespec((int64_t)reply.interval);
	return copy_to(a[1], &time, sizeof time) ? 0 : -LINUX_EFAULT;
}

/* ---- policies, with all that belongs to them ---- */

/* struct sched_attr, as it was at first, and now. */
struct linux_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

#define ATTR_FIRST 48

enum { ATTR_RESET_ON_FORK = 1, ATTR_KEEP_POLICY = 8, ATTR_KEEP_PARAMS = 16, ATTR_KNOWN = 0x7f };

/* What is beyond what is known here has to be zero. */
static bool is_zero(uint64_t at, uint64_t end)
{
	uint8_t piece[64];

	while (at < end) {
		uint64_t size = end - at < sizeof piece ? end - at : sizeof piece;

		if (!copy_from(piece, at, size))
			return false;
		for (uint64_t i = 0; i < size; i++)
			if (piece[i])
				return false;
		at += size;
	}
	return true;
}

static int64_t take_attr(struct linux_sched_attr *attr, uint64_t at)
{
	const uint32_t known = sizeof *attr;
	uint32_t size;

	if (!copy_from(&size, at, sizeof size))
		return -LINUX_EFAULT;
	size = size ? size : ATTR_FIRST;
	if (size < ATTR_FIRST || size > LAYOUT_PAGE ||
			(size > known && !is_zero(at + known, at + size)))
		return copy_to(at, &known, sizeof known) ? -LINUX_E2BIG : -LINUX_EFAULT;
	*attr = (struct linux_sched_attr){ 0 };
	return copy_from(attr, at, size < known ? size : known) ? 0 : -LINUX_EFAULT;
}

static int32_t clamp_nice(int32_t nice)
{
	return nice < -20 ? -20 : nice > 19 ? 19 : nice;
}

int64_t misc_sched_setattr(struct shim *shim, const uint64_t a[6])
{
	struct posix_Resources_scheduling_reply is;
	struct linux_sched_attr attr;
	int64_t result;

	if (a[1] == 0 || (int32_t)a[0] < 0 || a[2] != 0)
		return -LINUX_EINVAL;
	result = take_attr(&attr, a[1]);
	if (result < 0)
		return result;
	if ((int32_t)attr.policy < 0 || attr.flags & ~(uint64_t)ATTR_KNOWN)
		return -LINUX_EINVAL;
	result = POSIX(shim, &is, Resources, scheduling, .thread = (int32_t)a[0]);
	if (result < 0)
		return result;
	if (!(attr.flags & ATTR_KEEP_POLICY)) {
		if (!is_policy(attr.policy))
			return -LINUX_EINVAL;
		is.scheduling.reset_on_fork = (attr.flags & ATTR_RESET_ON_FORK) != 0;
	}
	/* Linux takes the policy for one of them. */
	if (!(attr.flags & ATTR_KEEP_PARAMS)) {
		if (!(attr.flags & ATTR_KEEP_POLICY))
			is.scheduling.policy = (posix_SchedulingPolicy)attr.policy;
		if (!is_real_time((uint64_t)is.scheduling.policy))
			is.scheduling.nice = clamp_nice(attr.nice);
		is.scheduling.priority = attr.priority;
		is.scheduling.runtime = attr.runtime;
		is.scheduling.deadline = attr.deadline;
		is.scheduling.period = attr.period;
	}
	return POSIX_DO(shim, Resources, set_scheduling, .thread = (int32_t)a[0],
		.scheduling = is.scheduling);
}

int64_t misc_sched_getattr(struct shim *shim, const uint64_t a[6])
{
	struct posix_Resources_scheduling_reply is;
	struct linux_sched_attr attr = { 0 };
	const uint32_t size = (uint32_t)a[2];
	int64_t result;

	if (a[1] == 0 || (int32_t)a[0] < 0 || size < ATTR_FIRST || size > LAYOUT_PAGE || a[3] != 0)
		return -LINUX_EINVAL;
	result = POSIX(shim, &is, Resources, scheduling, .thread = (int32_t)a[0]);
	if (result < 0)
		return result;
	attr.size = size < sizeof attr ? size : (uint32_t)sizeof attr;
	attr.policy = (uint32_t)is.scheduling.policy;
	attr.flags = is.scheduling.reset_on_fork ? ATTR_RESET_ON_FORK : 0;
	attr.nice = is_real_time(attr.policy) ? 0 : is.scheduling.nice;
	attr.priority = is.scheduling.priority;
	attr.util_max = 1024;
	return copy_to(a[1], &attr, attr.size) ? 0 : -LINUX_EFAULT;
}
