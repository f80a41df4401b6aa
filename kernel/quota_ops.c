/* Operations on quotas: they make all other objects. */
#include "kernel/endpoint.h"
#include "kernel/memory.h"
#include "kernel/notification.h"
#include "kernel/operation.h"
#include "kernel/quota.h"
#include "kernel/ring.h"
#include "kernel/space.h"
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

static uint32_t small(uint64_t amount)
{
	return amount > UINT32_MAX ? UINT32_MAX : (uint32_t)amount;
}

static struct kernel_Amount amount_of(const uint64_t units[QUOTA_UNITS], uint32_t priority)
{
	return (struct kernel_Amount){ units[QUOTA_BYTES], small(units[QUOTA_THREADS]),
		small(units[QUOTA_SPACES]), small(units[QUOTA_HANDLES]), priority };
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

OPERATION(Quota, quota, set_limit, CONTROL)
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
	return ANSWER(Quota, set_limit, 0);
}

OPERATION(Quota, quota, watch, INSPECT)
{
	if (!call_watch(call, to, request->notify, request->bits, &quota->watch))
		return 0;
	quota->watch_above = request->bytes;
	return ANSWER(Quota, watch, 0);
}

OPERATION(Quota, quota, destroy, DESTROY)
{
	if (!quota->parent)
		return kernel_Error_BAD_STATE;
	if (quota_destroy(quota, &call->steps))
		return ANSWER(Quota, destroy, 0);
	call_again(call);
	return 0;
}

/* ---- what takes more than one go ---- */

/* What this call has made so far, of this type, for the same request. */
static void *made_before(struct kernel_call *call, const struct object_type *type,
	uint64_t request)
{
	struct caller *caller = call->caller;
	struct object *made = caller->made;
	bool is_same = made && made->type == type && caller->progress == request &&
		made->quota == object_self(call->object);

	caller->made = NULL;
	caller->progress = 0;
	if (made && !is_same)
		object_drop(made);
	return is_same ? object_self(made) : NULL;
}

static int make_more(struct kernel_call *call, struct object *made, uint64_t request)
{
	call->caller->made = made;
	call->caller->progress = request;
	call_again(call);
	return 0;
}

OPERATION(Quota, quota, fork_space, CREATE)
{
	struct space *from = call_argument(call, to, request->from.raw, &space_type,
		kernel_Rights_READ | kernel_Rights_MAP);
	struct space *made, *new;
	kernel_error error = 0;

	if (!from)
		return 0;
	made = made_before(call, &space_type, from->object.id);
	new = space_fork(quota, from, &made, &error);
	if (!new && !error)
		return make_more(call, &made->object, from->object.id);
	return ANSWER_NEW(Quota, fork_space, space, new, error);
}

/* It stays in the space whose handles and memory it uses. */
OPERATION(Quota, quota, create_ring, CREATE)
{
	uint16_t rights = RIGHTS_ALL - kernel_Rights_DUPLICATE - kernel_Rights_TRANSFER;
	struct ring *ring = made_before(call, &ring_type, request->slots);
	kernel_error error;

	if (!ring)
		ring = ring_new(quota, call->space, request->slots, &error);
	if (!ring)
		return error;
	error = ring_fill(ring, &call->steps);
	if (!error && !ring->ready)
		return make_more(call, &ring->object, request->slots);
	if (!error)
		return ANSWER(Quota, create_ring,
			.ring.raw = call_result(call, &ring->object, rights, 0, 0));
	object_drop(&ring->object);
	return error;
}

/* It has its parent's pages before anybody sees it. */
OPERATION(Quota, quota, create_child, CREATE)
{
	struct memory *parent = call_argument(call, to, request->parent.raw, &memory_type,
		kernel_Rights_READ);
	uint64_t what = ~(parent ? parent->object.id : 0);
	struct memory *new;
	kernel_error error = 0;

	if (!parent)
		return 0;
	new = made_before(call, &memory_type, what);
	if (!new)
		new = memory_new_child(quota, parent, request->offset, request->length,
			&error);
	if (new && !memory_fill(new, &call->steps, &error)) {
		if (!error)
			return make_more(call, &new->object, what);
		object_drop(&new->object);
		new = NULL;
	}
	return ANSWER_NEW(Quota, create_child, memory, new, error);
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

/* The same, with a handle in the request that has rights; else it is answered. */
#define MAKE_OF(method, type, member, argument, of, rights, constructor) \
OPERATION(Quota, quota, method, CREATE) \
{ \
	struct of *of = call_argument(call, to, request->argument.raw, &of##_type, rights); \
	kernel_error error; \
	struct type *new = of ? constructor : NULL; \
\
	return of ? ANSWER_NEW(Quota, method, member, new, error) : 0; \
}

static struct thread *make_thread(struct quota *quota, struct space *space,
	uint32_t priority, kernel_error *error)
{
	*error = priority > kernel_PRIORITY_MAX ? kernel_Error_INVALID :
		kernel_Error_QUOTA_EXCEEDED;
	return priority > quota->priority ? NULL : thread_new(quota, space, priority, error);
}

MAKE(create_space, space, space, space_new(quota, &error))
MAKE(create_memory, memory, memory, memory_new(quota, request->size, &error))
MAKE(create_endpoint, endpoint, endpoint, endpoint_new(quota, &error))
MAKE(create_notification, notification, notification, notification_new(quota, &error))
MAKE_OF(create_thread, thread, thread, space, space, kernel_Rights_CREATE,
	make_thread(quota, space, request->priority, &error))
MAKE_OF(create_timer, timer, timer, notify, notification, kernel_Rights_SIGNAL,
	timer_new(quota, notification, request->bits, &error))

OPERATION(Quota, quota, create_paged, CREATE)
{
	struct session *pager = call_session(call, to, request->pager.raw);
	kernel_error error;
	struct memory *new = pager ?
		memory_new_paged(quota, request->size, pager, &error) : NULL;

	return pager ? ANSWER_NEW(Quota, create_paged, memory, new, error) : 0;
}

OPERATION(Quota, quota, create_contiguous, CREATE | kernel_Rights_CONTROL)
{
	uint64_t physical;
	kernel_error error;
	struct memory *new = memory_new_contiguous(quota, request->size,
		request->alignment, request->below, &physical, &error);

	if (!new)
		return error;
	return ANSWER(Quota, create_contiguous, .physical = physical,
		.memory.raw = call_result(call, &new->object, RIGHTS_ALL, 0, 0));
}

static const struct kernel_Quota_ops operations = {
	OBJECT_OPERATIONS, .create_quota = op_create_quota,
	.create_space = op_create_space, .fork_space = op_fork_space,
	.create_thread = op_create_thread, .create_memory = op_create_memory,
	.create_child = op_create_child, .create_paged = op_create_paged,
	.create_contiguous = op_create_contiguous,
	.create_endpoint = op_create_endpoint,
	.create_notification = op_create_notification,
	.create_ring = op_create_ring, .create_timer = op_create_timer,
	.usage = op_usage, .set_limit = op_set_limit, .watch = op_watch,
	.destroy = op_destroy
};

DISPATCH(Quota)

/* Nobody asks any more. What it notifies may be charged to it, and would keep it. */
static void unused(struct object *object)
{
	watch_set(&((struct quota *)object)->watch, NULL, 0);
}

const struct object_type quota_type = {
	.kind = kernel_Kind_QUOTA, .size = sizeof(struct quota), .unused = unused,
	.destroy = quota_end, .dispatch = dispatch
};
