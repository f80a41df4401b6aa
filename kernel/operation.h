/*
 * Operations on kernel objects: what the functions that generated dispatch calls
 * have in common (kernel/call.h).
 *
 *	OPERATION(Timer, timer, cancel, CONTROL)
 *	{
 *		return ANSWER(Timer, cancel, .was_set = stop(timer));
 *	}
 *
 * defines op_cancel(), for handles with this right (of kernel.Rights; NONE), with
 * `timer`, `call`, `request` and `to`. It returns 0, or what is to be answered
 * in place of a reply: an error of kernel.Error, or a status.
 */
#ifndef KERNEL_OPERATION_H
#define KERNEL_OPERATION_H

#include "kernel/call.h"
#include "kernel.skald.h"

#define kernel_Rights_NONE 0
#define OPERATION_UNUSED __attribute__((unused))

#define OPERATION(interface, type, method, right) \
static int do_##method(struct type *type, struct kernel_call *call, \
	const struct kernel_##interface##_##method##_request *request, \
	struct sk_reply *to); \
static void op_##method(void *self, \
	const struct kernel_##interface##_##method##_request *request, \
	struct sk_reply *to) \
{ \
	struct kernel_call *call = self; \
	int status; \
\
	if (!call_allows(call, to, kernel_Rights_##right)) \
		return; \
	status = do_##method(object_self(call->object), call, request, to); \
	if (status != 0) \
		sk_answer_error(to, status); \
} \
static int do_##method(struct type *type OPERATION_UNUSED, \
	struct kernel_call *call OPERATION_UNUSED, \
	const struct kernel_##interface##_##method##_request *request OPERATION_UNUSED, \
	struct sk_reply *to OPERATION_UNUSED)

/* A reply's members; `0` if it has none. Is 0. */
#define ANSWER(interface, method, ...) \
	operation_done(kernel_##interface##_##method##_answer(to, 0, \
		&(struct kernel_##interface##_##method##_reply) { __VA_ARGS__ }))

/* Whether the answer could be sent is not the operation's. */
static inline int operation_done(int status)
{
	(void)status;
	return 0;
}

/* A reply with a new object, whose first reference goes with it; or the error
 * that was had in its place. */
#define ANSWER_NEW(interface, method, member, new, error) \
	(!(new) ? (error) : ANSWER(interface, method, .member.raw = \
		call_result(call, &(new)->object, RIGHTS_ALL, 0, 0)))

/* What all kinds have, in a table of operations. */
#define OBJECT_OPERATIONS \
	.info = object_op_info, .set_name = object_op_set_name, \
	.name = object_op_name

/* A type's `dispatch`, by its table `operations`. */
#define DISPATCH(interface) \
static int dispatch(struct kernel_call *call, struct sk_incoming *incoming) \
{ \
	return kernel_##interface##_dispatch(&operations, call, incoming); \
}

/* A handle in the reply to an object that was there before. */
static inline struct sk_handle call_result_of(struct kernel_call *call,
	struct object *object, uint16_t rights)
{
	object_take(object);
	return call_result(call, object, rights, 0, 0);
}

/* `notify` and `bits`, as they stand in many requests, into a watch. False: the
 * call is answered, and nothing is changed. */
bool call_watch(struct kernel_call *call, struct sk_reply *to,
	struct kernel_Notification_handle notify, uint64_t bits, struct watch *watch);

#endif
