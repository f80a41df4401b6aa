/*
 * Users, and what each has of things that posix makes for programs out of its own memory.
 * One user can have half of what the others leave, so that none has all; user 0 can have
 * the rest too. Memory of programs is counted by the kernel: a quota for each user, with
 * three quarters of all programs', below it one for each process.
 */
#include "servers/posix/posix.h"

/* So many threads of a user compete with others'; those beyond run when nobody else wants to,
 * also behind `nice 19`. */
#define CROWD 64
#define CROWD_PRIORITY (PROGRAM_PRIORITY - 20)

/* A fault for which there is no page waits for so much that others leave behind, */
#define ROOM (UINT64_C(1) << 20)
/* and nobody longer than for so many calls by which none comes. */
#define AWAIT_IDLE 64

struct user {
	struct user *next;
	uint32_t references;			/* credentials, processes */
	posix_Uid number;
	uint32_t counts[USER_COUNTS];
	struct sk_handle quota;			/* none: all programs' */
	uint64_t memory;			/* bytes that it has at most */
};

static struct user *all;
static struct user *now_served;
static uint32_t limits[USER_COUNTS], totals[USER_COUNTS];

/* What one of them takes of posix's memory, roughly, and which part of that is for them:
 * the sum of all is less than one. */
static const struct { uint32_t bytes, part, most; } costs[USER_COUNTS] = {
	[USER_TASKS] = {8192, 4, 1536},
	[USER_FILES] = {512, 8, 7936},
	[USER_SLOTS] = {16, 8, UINT32_MAX},
	[USER_ACCESSES] = {512, 16, OBJECTS_MAX / 4},
	[USER_PIPES] = {66560, 4, 4096},
	[USER_SIGNALS] = {128, 32, 65536},
	[USER_TIMERS] = {256, 32, 65536},
	[USER_ASKED] = {13312, 64, 126},
	[USER_BUFFERS] = {256, 16, 65536},
	[USER_PASSED] = {16, 128, 16384},
};

void user_limits(uint64_t own)
{
	for (unsigned i = 0; i < USER_COUNTS; i++) {
		const uint64_t count = own / costs[i].part / costs[i].bytes;

		limits[i] = count < costs[i].most ? (uint32_t)count : costs[i].most;
	}
}

static struct sk_handle make_quota(void)
{
	struct kernel_Quota_create_quota_reply made;
	struct kernel_Quota_usage_reply usage;
	struct kernel_Amount limit;

	if (K(posix.quota, Quota_usage, &usage, 0) != SK_OK)
		return sk_no_handle();
	limit = usage.limit;
	limit.bytes = limit.bytes / 4 * 3;
	limit.handles = limit.handles / 4 * 3;
	limit.threads = limit.threads / 4 * 3;
	limit.spaces = limit.spaces / 4 * 3;
	return K(posix.quota, Quota_create_quota, &made, .limit = limit) == SK_OK ?
		made.quota.raw : sk_no_handle();
}

struct user *user_find(posix_Uid number)
{
	struct kernel_Quota_usage_reply usage;
	struct user *user = all;

	while (user && user->number != number)
		user = user->next;
	if (user) {
		user->references++;
		return user;
	}
	user = allocate(sizeof(*user));
	if (!user)
		return NULL;
	*user = (struct user){.next = all, .references = 1, .number = number,
		.quota = number == 0 ? sk_no_handle() : make_quota()};
	if (number != 0 && user->quota.raw < 0) {
		release(user);
		return NULL;
	}
	if (K(user_quota(user), Quota_usage, &usage, 0) == SK_OK)
		user->memory = usage.limit.bytes;
	all = user;
	return user;
}

struct user *user_take(struct user *user)
{
	user->references++;
	return user;
}

/* Of which nothing is left. */
static void forget(struct user *user)
{
	struct user **link = &all;

	for (unsigned i = 0; i < USER_COUNTS; i++)
		if (user->counts[i] > 0)
			return;
	if (user->references > 0)
		return;
	while (*link != user)
		link = &(*link)->next;
	*link = user->next;
	if (now_served == user)
		now_served = NULL;
	if (user->quota.raw >= 0)
		K0(user->quota, Quota_destroy, 0);
	drop(&user->quota);
	release(user);
}

void user_drop(struct user *user)
{
	if (!user)
		return;
	user->references--;
	forget(user);
}

void user_serve(struct user *user)
{
	now_served = user;
}

struct user *user_served(void)
{
	if (!now_served) {
		now_served = user_find(0);
		user_drop(now_served);
	}
	return now_served;
}

struct sk_handle user_quota(const struct user *user)
{
	return user->quota.raw >= 0 ? user->quota : posix.quota;
}

uint32_t user_count(const struct user *user, enum user_count what)
{
	return user->counts[what];
}

uint32_t user_priority(const struct user *user)
{
	return user->number != 0 && user->counts[USER_TASKS] > CROWD ? CROWD_PRIORITY :
		PROGRAM_PRIORITY;
}

uint32_t user_most(enum user_count what)
{
	return limits[what] / 2;
}

bool user_may(const struct user *user, enum user_count what, uint32_t count)
{
	const uint32_t others = totals[what] - user->counts[what];
	const uint32_t rest = others < limits[what] ? limits[what] - others : 0;

	return user->counts[what] + (uint64_t)count <= (user->number == 0 ? rest : rest / 2);
}

void user_charge(struct user *user, enum user_count what, uint32_t count)
{
	user->counts[what] += count;
	totals[what] += count;
}

void user_return(struct user *user, enum user_count what, uint32_t count)
{
	if (!user)
		return;
	user->counts[what] -= count;
	totals[what] -= count;
	forget(user);
}

/* ---- memory ---- */

static uint64_t memory_of(const struct process *process)
{
	struct kernel_Quota_usage_reply usage;

	return process->quota.raw >= 0 &&
		K(process->quota, Quota_usage, &usage, 0) == SK_OK ? usage.used.bytes : 0;
}

static bool is_candidate(const struct process *process, const struct user *user)
{
	if (process->state != PROCESS_ALIVE || process->pid == 1 || !process->user)
		return false;
	return user->number != 0 ? process->user == user : process->user->number != 0;
}

/* The largest of a user's own; of user 0, of all others', or else its own. */
static struct process *find_largest(struct process *process)
{
	struct process *found = NULL;
	uint64_t most = 0;

	for (struct process *p = posix.processes; p; p = p->next) {
		uint64_t size = is_candidate(p, process->user) ? memory_of(p) : 0;

		if (size > most) {
			most = size;
			found = p;
		}
	}
	return found && most > memory_of(process) / 2 ? found : process;
}

/* What a user's processes have; more than there can be if that cannot be known. */
static uint64_t memory_used(const struct user *user)
{
	struct kernel_Quota_usage_reply usage;

	return K(user_quota(user), Quota_usage, &usage, 0) == SK_OK ? usage.used.bytes :
		UINT64_MAX;
}

/* What has ended is taken apart by the kernel bit by bit, some before it leaves each call. So
 * calls go on until no more than this is used, or for so many nothing was had back. Whether
 * it came to that; *used is what is used then. */
static bool await_memory(const struct user *user, uint64_t wanted, uint64_t *used)
{
	uint64_t least = UINT64_MAX;

	for (unsigned idle = 0; idle < AWAIT_IDLE; idle++) {
		*used = memory_used(user);
		if (*used <= wanted)
			return true;
		if (*used < least || thread_end_one()) {
			least = *used;
			idle = 0;
		}
	}
	return false;
}

bool user_has_memory(const struct user *user)
{
	uint64_t used;

	return await_memory(user, user->memory - user->memory / 16, &used);
}

/* Whether some came back meanwhile: a quota above this one may be what is used up. */
static bool is_relieved(const struct user *user)
{
	const uint64_t before = memory_used(user);
	uint64_t used;

	await_memory(user, before < ROOM ? 0 : before - ROOM, &used);
	return used < before;
}

bool user_may_have(const struct user *user, uint64_t size)
{
	return size <= user->memory;
}

uint64_t user_memory_left(void)
{
	struct kernel_Quota_usage_reply usage;

	return K(posix.quota, Quota_usage, &usage, 0) == SK_OK &&
		usage.used.bytes < usage.limit.bytes ? usage.limit.bytes - usage.used.bytes : 0;
}

void user_make_room(struct process *process)
{
	static uint64_t last, untold;
	const uint64_t time = now();
	struct process *largest;

	if (is_relieved(process->user))
		return;
	largest = find_largest(process);

	/* Once a second: a log is not to be filled by who fills memory. */
	untold++;
	if (last == 0 || time - last > UINT64_C(1000000000)) {
		warn("memory is used up: %s[%d] of user %u has most of it (%lu KiB) and is "
			"killed (%lu since the last time)", largest->name, largest->pid,
			largest->user->number, memory_of(largest) / 1024, untold);
		last = time;
		untold = 0;
	}
	process_end(largest, posix_ChildState_KILLED, posix_Signal_KILL);
}
