/* Notifications: setting bits, waiting for them, clearing them. */
#include "kernel/notification.h"

#include "kernel/endpoint.h"
#include "kernel/operation.h"
#include "kernel/sched.h"
#include "kernel/thread.h"
#include "kernel/trace.h"

/* Whoever signals looks through those who wait. */
#define WAITING_MAX 64

static struct thread *waiter(struct list *node)
{
	return LIST_OF(node, struct thread, waiting);
}

static void wake(struct thread *thread, uint64_t bits, int status)
{
	list_remove(&thread->waiting);
	frame_set_target(&thread->frame, bits);
	thread_wake(thread, (uint32_t)status);
}

uint64_t notification_take(struct notification *notification, uint64_t mask)
{
	uint64_t bits = notification->bits & mask;

	notification->bits &= ~bits;
	return bits;
}

void notification_signal(struct notification *notification, uint64_t bits)
{
	notification->bits |= bits;
	TRACE(OBJECTS, Signal, .by = trace_id(arch_cpu()->current),
		.notification = notification->object.id, .set_bits = bits);
	for LIST_EACH(at, &notification->waiting) {
		bits = notification_take(notification, waiter(at)->wait_mask);
		if (bits)
			wake(waiter(at), bits, SK_OK);
	}
	if (notification->bits && notification->endpoint)
		endpoint_serve(notification->endpoint);
}

static bool is_crowded(const struct notification *notification)
{
	unsigned count = 0;

	for (const struct list *at = notification->waiting.next;
			at != &notification->waiting; at = at->next)
		count++;
	return count >= WAITING_MAX;
}

void notification_wait(struct notification *notification, struct thread *thread,
	uint64_t mask, uint64_t deadline)
{
	uint64_t bits = notification_take(notification, mask);
	int status = bits ? SK_OK : mask == 0 ? SK_INVALID :
		deadline == ABI_POLL ? SK_WOULD_BLOCK :
		is_crowded(notification) ? SK_EXHAUSTED : 1;

	frame_set_target(&thread->frame, bits);
	frame_set_head(&thread->frame, (uint32_t)status);
	if (status <= 0)
		return;
	thread->waits_for = notification;
	thread->wait_mask = mask;
	list_add(&notification->waiting, &thread->waiting);
	thread_wait(thread, kernel_ThreadState_WAITING, deadline);
}

struct notification *notification_new(struct quota *quota, kernel_error *error)
{
	struct notification *notification = object_new(&notification_type, quota, error);

	if (notification)
		list_init(&notification->waiting);
	return notification;
}

/* Nobody is left who could signal it. */
static bool destroy(struct object *object, unsigned *steps)
{
	struct notification *notification = (struct notification *)object;
	struct list *first;

	while ((first = list_first(&notification->waiting)) != NULL) {
		if (!object_step(steps))
			return false;
		wake(waiter(first), 0, SK_PEER_CLOSED);
	}
	return true;
}

/* ---- operations ---- */

OPERATION(Notification, notification, peek, INSPECT)
{
	return ANSWER(Notification, peek, .bits = notification->bits);
}

OPERATION(Notification, notification, clear, WAIT)
{
	return ANSWER(Notification, clear,
			.bits = notification_take(notification, request->mask));
}

OBJECT_TYPE(Notification, notification, NOTIFICATION, .destroy = destroy)

/* ---- of others that signal ---- */

int call_watch(struct kernel_call *call, struct kernel_Notification_handle notify,
	uint64_t bits, struct watch *watch, bool has_come)
{
	struct notification *notification = call_argument(call, notify.raw,
		&notification_type);

	if (notify.raw.raw >= 0 && !notification)
		return SK_BAD_HANDLE;
	watch_set(watch, notification, bits);
	if (has_come)
		watch_fire(watch);
	return SK_OK;
}
