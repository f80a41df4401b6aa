/*
 * Operations on kernel objects: what the functions that generated dispatch calls
 * have in common (kernel/call.h).
 *
 *	OPERATION(Notification, notification, peek, INSPECT)
 *	{
 *		return ANSWER(Notification, peek, .bits = notification->bits);
 *	}
 *
 * defines op_peek(), for handles with this right (of kernel.Rights; NONE), with
 * `notification`, `call`, `request` and `to`. It returns 0, or what is to be answered
 * in place of a reply: an error of kernel.Error, or a status. A COMMAND has an
 * empty reply, which 0 stands for.
 */
#ifndef KERNEL_OPERATION_H
#define KERNEL_OPERATION_H

#include "kernel/call.h"
#include "kernel.skald.h"

#define kernel_Rights_NONE 0
#define OPERATION_UNUSED __attribute__((unused))

#define OPERATION(interface, type, method, right) \
	static OPERATION_OF(interface, type, object_self(call->object), method, right, 0)
#define COMMAND(interface, type, method, right) \
	static OPERATION_OF(interface, type, object_self(call->object), method, right, \
		ANSWER(interface, method, 0))

#define OPERATION_OF(interface, type, self_of, method, right, then) \
void op_##method(void *self, \
	const struct kernel_##interface##_##method##_request *request, \
	struct sk_reply *to); \
static int do_##method(struct type *type, struct kernel_call *call, \
	const struct kernel_##interface##_##method##_request *request, \
	struct sk_reply *to); \
void op_##method(void *self, \
	const struct kernel_##interface##_##method##_request *request, \
	struct sk_reply *to) \
{ \
	struct kernel_call *call = self; \
	uint16_t rights = kernel_Rights_##right; \
	int status = (call->rights & rights) != rights ? SK_BAD_HANDLE : \
		do_##method(self_of, call, request, to); \
\
	if (status != 0) \
		sk_answer_error(to, status); \
	else if (!call->again) \
		(void)(then); \
} \
static int do_##method(struct type *type OPERATION_UNUSED, \
	struct kernel_call *call OPERATION_UNUSED, \
	const struct kernel_##interface##_##method##_request *request OPERATION_UNUSED, \
	struct sk_reply *to OPERATION_UNUSED)

/* The object of the request's handle `member`, of a type; or NULL: SK_BAD_HANDLE. */
#define ARGUMENT(of, member) \
	((struct of *)call_argument(call, request->member.raw, &of##_type))

/* A reply's members; `0` if it has none. Is 0: whether the answer could be sent is
 * not the operation's. */
#define ANSWER(interface, method, ...) \
	((void)kernel_##interface##_##method##_answer(to, 0, \
		&(struct kernel_##interface##_##method##_reply) { __VA_ARGS__ }), 0)

/* A reply with a new object, whose first reference goes with it; or the error
 * that was had in its place. */
#define ANSWER_NEW(interface, method, member, new, error) \
	(!(new) ? (error) : ANSWER(interface, method, .member.raw = \
		call_result(call, &(new)->object, RIGHTS_ALL, 0, 0)))

/* An operation whose reply has a new object, by its constructor, of an object in the
 * request. */
#define MAKE_OF(interface, self, method, right, type, member, argument, of, constructor) \
OPERATION(interface, self, method, right) \
{ \
	struct of *of = ARGUMENT(of, argument); \
	kernel_error error = SK_BAD_HANDLE; \
	struct type *new = of ? constructor : NULL; \
\
	return ANSWER_NEW(interface, method, member, new, error); \
}

/* The type of struct `name`, and what else it does; its dispatch has all methods of
 * an interface, by the names that OPERATION and COMMAND give. */
#define OPERATION_ENTRY(method) .method = op_##method,
#define OBJECT_TYPE(interface, name, what, ...) \
static int dispatch(struct kernel_call *call, struct sk_incoming *incoming) \
{ \
	static const struct kernel_##interface##_ops operations = { \
		kernel_##interface##_METHODS(OPERATION_ENTRY) \
	}; \
\
	return kernel_##interface##_dispatch(&operations, call, incoming); \
} \
const struct object_type name##_type = { \
	.kind = kernel_Kind_##what, .size = sizeof(struct name), \
	.dispatch = dispatch, __VA_ARGS__ \
};

/* A handle in the reply to an object that was there before. */
static inline struct sk_handle call_result_of(struct kernel_call *call,
	struct object *object, uint16_t rights)
{
	object_take(object);
	return call_result(call, object, rights, 0, 0);
}

/* `notify` and `bits`, as they stand in many requests, into a watch, which fires at
 * once if it `has_come`: 0, or SK_BAD_HANDLE, and then nothing is changed. */
int call_watch(struct kernel_call *call, struct kernel_Notification_handle notify,
	uint64_t bits, struct watch *watch, bool has_come);

#endif
