/* Waiting for several descriptors at once: all is poll. */
#include "runtime/env.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/shim.h"

#define ITEMS_IN_MESSAGE 480
#define NR_POLL 7
#define SET_BYTES 8
#define WORDS_MAX (LINUX_FD_SETSIZE / 64)

_Static_assert(sizeof(struct posix_PollItem) == sizeof(struct linux_pollfd), "the same");

struct waiting {
	uint64_t deadline;		/* SK_POLL, SK_FOREVER */
	bool has_mask;
	uint64_t mask;
};

shim_function poll_poll, poll_ppoll, poll_select, poll_pselect;

/* ---- of posix ---- */

static int64_t few(struct shim *shim, struct posix_PollItem *items, uint32_t count,
	const struct waiting *how)
{
	const struct sk_call call = { .deadline = how->deadline };
	struct posix_Descriptors_poll_request request;
	struct posix_Descriptors_poll_reply reply;
	int64_t result;

	posix_Descriptors_poll_request_init(&request);
	request.items.items = items;
	request.items.count = count;
	request.wait = how->deadline != SK_POLL;
	request.has_mask = how->has_mask;
	request.mask = how->mask;
	result = shim_result(shim, posix_Descriptors_poll(&shim->posix.channel, &request,
		&reply, request.wait ? &call : NULL));
	if (result < 0)
		return result;
	for (uint32_t i = 0; i < count; i++)
		posix_PollItem_next(&reply.items, &items[i]);
	return reply.count;
}

static int64_t many(struct shim *shim, struct posix_PollItem *items, uint32_t count,
	const struct waiting *how)
{
	const struct sk_call call = { .deadline = how->deadline };
	struct posix_Descriptors_poll_many_reply reply;
	int64_t result = shim_result(shim, posix_Descriptors_poll_many(&shim->posix.channel,
		&(const struct posix_Descriptors_poll_many_request){
			.items = sk_lend_both(items, count * sizeof *items),
			.wait = how->deadline != SK_POLL, .has_mask = how->has_mask,
			.mask = how->mask }, &reply, how->deadline != SK_POLL ? &call : NULL));

	return result < 0 ? result : reply.count;
}

/* How many are ready; `items` may be the program's if there are many. The time may be over
 * before posix has looked at all: what is ready then is told. */
static int64_t wait(struct shim *shim, struct posix_PollItem *items, uint32_t count,
	const struct waiting *how)
{
	const struct waiting last = { .deadline = SK_POLL };
	int64_t result = count <= ITEMS_IN_MESSAGE ? few(shim, items, count, how) :
		many(shim, items, count, how);

	return result == -LINUX_ETIMEDOUT ? wait(shim, items, count, &last) : result;
}

/* ---- poll ---- */

static int64_t poll(struct shim *shim, uint64_t at, uint32_t count, const struct waiting *how)
{
	struct posix_PollItem items[ITEMS_IN_MESSAGE];
	uint64_t bytes = count * sizeof *items;
	int64_t result;

	if (count > INT32_MAX / sizeof *items)
		return -LINUX_EINVAL;
	if (!copy_is_program(at, bytes))
		return -LINUX_EFAULT;
	if (count > ITEMS_IN_MESSAGE)
		return wait(shim, (struct posix_PollItem *)(uintptr_t)at, count, how);
	if (!copy_from(items, at, bytes))
		return -LINUX_EFAULT;
	result = wait(shim, items, count, how);
	return result < 0 || copy_to(at, items, bytes) ? result : -LINUX_EFAULT;
}

static int64_t poll_again(struct shim *shim)
{
	const struct shim_restart *restart = &shim->restart;
	const struct waiting how = { .deadline = restart->deadline };

	return shim_cut(poll(shim, restart->arguments[0], (uint32_t)restart->arguments[1], &how),
		-LINUX_ERESTART_RESTARTBLOCK);
}

int64_t poll_restart(struct shim *shim, const struct shim_restart *restart)
{
	(void)restart;
	return poll_again(shim);
}

int64_t poll_poll(struct shim *shim, const uint64_t a[6])
{
	int32_t milliseconds = (int32_t)a[2];

	shim->restart = (struct shim_restart){ NR_POLL, milliseconds < 0 ? SK_FOREVER :
		milliseconds == 0 ? SK_POLL : shim_after((uint64_t)milliseconds * 1000000),
		{ a[0], (uint32_t)a[1] } };
	return poll_again(shim);
}

/* A length of time at an address; 0: for ever. */
static int64_t take_time(uint64_t at, struct waiting *how)
{
	struct linux_timespec time;
	uint64_t nanos;

	how->deadline = SK_FOREVER;
	if (at == 0)
		return 0;
	if (!copy_from(&time, at, sizeof time))
		return -LINUX_EFAULT;
	if (!convert_nanos(&time, &nanos))
		return -LINUX_EINVAL;
	how->deadline = nanos ? shim_after(nanos) : SK_POLL;
	return 0;
}

static int64_t take_mask(uint64_t at, uint64_t size, struct waiting *how)
{
	how->has_mask = at != 0;
	if (at == 0)
		return 0;
	if (size != SET_BYTES)
		return -LINUX_EINVAL;
	return copy_from(&how->mask, at, sizeof how->mask) ? 0 : -LINUX_EFAULT;
}

/* What is left of the time, as Linux tells, unless the place cannot be written. */
static void put_left(uint64_t at, const struct waiting *how)
{
	uint64_t now = shim_now();
	struct linux_timespec left = convert_timespec(how->deadline > now ?
		(int64_t)(how->deadline - now) : 0);

	if (at && how->deadline != SK_FOREVER)
		copy_to(at, &left, sizeof left);
}

int64_t poll_ppoll(struct shim *shim, const uint64_t a[6])
{
	struct waiting how = {0};
	int64_t result = take_time(a[2], &how);

	if (result == 0)
		result = take_mask(a[3], a[4], &how);
	if (result < 0)
		return result;
	result = shim_cut(poll(shim, a[0], (uint32_t)a[1], &how), -LINUX_ERESTARTNOHAND);
	if (result != -LINUX_ERESTARTNOINTR)
		put_left(a[2], &how);
	return result;
}

/* ---- select ---- */

static bool take_set(uint64_t at, uint64_t set[WORDS_MAX], uint32_t words)
{
	return at == 0 || copy_from(set, at, words * 8);
}

static int64_t select(struct shim *shim, const uint64_t a[6], const struct waiting *how)
{
	uint64_t sets[3][WORDS_MAX];
	struct posix_PollItem items[LINUX_FD_SETSIZE];
	uint32_t count = (int32_t)a[0] > LINUX_FD_SETSIZE ? LINUX_FD_SETSIZE : (uint32_t)a[0];
	uint32_t words = (count + 63) / 64, used;
	uint64_t *in = a[1] ? sets[0] : NULL, *out = a[2] ? sets[1] : NULL;
	uint64_t *except = a[3] ? sets[2] : NULL;
	int64_t result;

	if ((int32_t)a[0] < 0)
		return -LINUX_EINVAL;
	for (int i = 0; i < 3; i++)
		if (!take_set(a[1 + i], sets[i], words))
			return -LINUX_EFAULT;
	used = convert_select(in, out, except, count, items);
	result = wait(shim, items, used, how);
	if (result < 0)
		return result;
	result = convert_select_back(items, used, in, out, except, words);
	for (int i = 0; i < 3 && result >= 0; i++)
		if (a[1 + i] && !copy_to(a[1 + i], sets[i], words * 8))
			return -LINUX_EFAULT;
	return result;
}

int64_t poll_select(struct shim *shim, const uint64_t a[6])
{
	struct waiting how = { .deadline = SK_FOREVER };
	struct linux_timeval time;
	int64_t result;

	if (a[4]) {
		uint64_t nanos;

		if (!copy_from(&time, a[4], sizeof time))
			return -LINUX_EFAULT;
		if (time.tv_sec < 0 || time.tv_usec < 0)
			return -LINUX_EINVAL;
		time.tv_sec += time.tv_usec / 1000000;
		time.tv_usec %= 1000000;
		convert_timeval_nanos(&time, &nanos);
		how.deadline = nanos ? shim_after(nanos) : SK_POLL;
	}
	result = shim_cut(select(shim, a, &how), -LINUX_ERESTARTNOHAND);
	if (a[4] && result != -LINUX_ERESTARTNOINTR) {
		uint64_t now = shim_now();

		time = convert_timeval(how.deadline > now ? (int64_t)(how.deadline - now) : 0);
		copy_to(a[4], &time, sizeof time);
	}
	return result;
}

int64_t poll_pselect(struct shim *shim, const uint64_t a[6])
{
	uint64_t mask[2] = { 0, 0 };
	struct waiting how = {0};
	int64_t result = take_time(a[4], &how);

	if (result == 0 && a[5] && !copy_from(mask, a[5], sizeof mask))
		result = -LINUX_EFAULT;
	if (result == 0)
		result = take_mask(mask[0], mask[1], &how);
	if (result < 0)
		return result;
	result = shim_cut(select(shim, a, &how), -LINUX_ERESTARTNOHAND);
	if (result != -LINUX_ERESTARTNOINTR)
		put_left(a[4], &how);
	return result;
}
