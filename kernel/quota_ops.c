/* Operations on quotas: they make all other objects. */
#include "kernel/endpoint.h"
#include "kernel/memory.h"
#include "kernel/notification.h"
#include "kernel/quota.h"
#include "kernel/ring.h"
#include "kernel/space.h"
#include "kernel/steps.h"
#include "kernel/thread.h"
#include "kernel/timer.h"

/* ---- quotas themselves ---- */

static void get_limit(const struct kernel_Amount *amount, uint64_t limit[QUOTA_UNITS])
{
	limit[QUOTA_BYTES] = amount->bytes;
	limit[QUOTA_THREADS] = amount->threads;
	limit[QUOTA_SPACES] = amount->spaces;
	limit[QUOTA_HANDLES] = amount->handles;
}

static struct kernel_Amount amount_of(const uint64_t units[QUOTA_UNITS], uint32_t priority)
{
	return (struct kernel_Amount){ units[QUOTA_BYTES], (uint32_t)units[QUOTA_THREADS],
		(uint32_t)units[QUOTA_SPACES], (uint32_t)units[QUOTA_HANDLES], priority };
}

OPERATION(Quota, quota, create_quota, CREATE)
{
	uint64_t limit[QUOTA_UNITS];
	struct quota *new;
	kernel_error error;

	get_limit(&request->limit, limit);
	new = quota_new(quota, limit, request->limit.priority, &error);
	return ANSWER_NEW(Quota, create_quota, quota, new, error);
}

OPERATION(Quota, quota, usage, INSPECT)
{
	return ANSWER(Quota, usage, .limit = amount_of(quota->limit, quota->priority),
		.used = amount_of(quota->used, 0));
}

COMMAND(Quota, quota, set_limit, CONTROL)
{
	uint64_t limit[QUOTA_UNITS];

	if (!quota->parent || request->limit.priority > quota->parent->priority)
		return kernel_Error_INVALID;
	get_limit(&request->limit, limit);
	for (unsigned i = 0; i < QUOTA_UNITS; i++)
		if (limit[i] > quota->parent->limit[i])
			return kernel_Error_INVALID;
	memcpy(quota->limit, limit, sizeof limit);
	quota->priority = request->limit.priority;
	return 0;
}

COMMAND(Quota, quota, destroy, DESTROY)
{
	if (!quota->parent)
		return kernel_Error_BAD_STATE;
	return quota_destroy(quota, &call->steps) ? 0 : call_again(call);
}

/* ---- what takes more than one go ---- */

OPERATION(Quota, quota, fork_space, CREATE)
{
	struct space *from = ARGUMENT(space, from);
	struct space *made, *new;
	kernel_error error = 0;

	if (!from)
		return SK_BAD_HANDLE;
	made = call_made_before(call, &space_type, from->object.id, quota);
	new = space_fork(quota, from, &made, &error);
	if (!new && !error)
		return call_make_more(call, &made->object, from->object.id);
	return ANSWER_NEW(Quota, fork_space, space, new, error);
}

/* It stays in the space whose handles and memory it uses. */
OPERATION(Quota, quota, create_ring, CREATE)
{
	uint16_t rights = RIGHTS_ALL - kernel_Rights_DUPLICATE - kernel_Rights_TRANSFER;
	struct ring *ring = call_made_before(call, &ring_type, request->slots, quota);
	kernel_error error;

	if (!ring)
		ring = ring_new(quota, call->space, request->slots, &error);
	if (!ring)
		return error;
	error = ring_fill(ring, &call->steps);
	if (!error && !ring->ready)
		return call_make_more(call, &ring->object, request->slots);
	if (!error)
		return ANSWER(Quota, create_ring,
			.ring.raw = call_result(call, &ring->object, rights, 0, 0));
	object_drop(&ring->object);
	return error;
}

/* The new memory, if it has all its pages. NULL: *error, or it is made on. */
static struct memory *fill(struct kernel_call *call, struct memory *new, uint64_t request,
	kernel_error *error)
{
	if (!new || memory_fill(new, &call->steps, error))
		return new;
	if (*error)
		object_drop(&new->object);
	else
		call_make_more(call, &new->object, request);
	return NULL;
}

OPERATION(Quota, quota, create_child, CREATE)
{
	struct memory *parent = ARGUMENT(memory, parent), *new;
	uint64_t what = ~(parent ? parent->object.id : 0);
	kernel_error error = 0;

	if (!parent)
		return SK_BAD_HANDLE;
	new = call_made_before(call, &memory_type, what, quota);
	if (!new)
		new = memory_new_child(quota, parent, request->offset, request->length,
			&error);
	new = fill(call, new, what, &error);
	return ANSWER_NEW(Quota, create_child, memory, new, error);
}

OPERATION(Quota, quota, create_contiguous, CREATE | kernel_Rights_CONTROL)
{
	uint64_t what = request->size >> 1;	/* no child's */
	struct memory *new = call_made_before(call, &memory_type, what, quota);
	kernel_error error = 0;

	if (!new)
		new = memory_new_contiguous(quota, request->size, request->alignment,
			request->below, &error);
	new = fill(call, new, what, &error);
	return !new ? error : ANSWER(Quota, create_contiguous, .physical = new->physical,
		.memory.raw = call_result(call, &new->object, RIGHTS_ALL, 0, 0));
}

/* ---- all others ---- */

/* An operation whose reply has a new object, by its constructor. */
#define MAKE(method, type, member, constructor) \
OPERATION(Quota, quota, method, CREATE) \
{ \
	kernel_error error; \
	struct type *new = constructor; \
\
	return ANSWER_NEW(Quota, method, member, new, error); \
}

MAKE(create_space, space, space, space_new(quota, &error))
MAKE(create_memory, memory, memory, memory_new(quota, request->size, &error))
MAKE(create_endpoint, endpoint, endpoint, endpoint_new(quota, &error))
MAKE(create_notification, notification, notification, notification_new(quota, &error))
MAKE_OF(Quota, quota, create_thread, CREATE, thread, thread, space, space,
	thread_new(quota, space, request->priority, &error))
MAKE_OF(Quota, quota, create_timer, CREATE, timer, timer, notify, notification,
	timer_new(quota, notification, request->bits, &error))
MAKE_OF(Quota, quota, create_paged, CREATE, memory, memory, pager, session,
	memory_new_paged(quota, request->size, session, &error))

OBJECT_TYPE(Quota, quota, QUOTA, .destroy = quota_end)
