/*
 * Operations that take many steps: each call of one takes OBJECT_STEPS at most and
 * keeps in caller->progress how far it came, which is where it goes on when it is
 * called again. Between two others run, who may have changed anything.
 */
#ifndef KERNEL_STEPS_H
#define KERNEL_STEPS_H

#include "kernel/operation.h"
#include "kernel/space.h"

/* How far this call had come; within bounds, for they may be others by now. */
static inline uint64_t call_come_to(struct kernel_call *call, uint64_t begin,
	uint64_t end)
{
	uint64_t at = call->caller->progress;

	return at < begin ? begin : at > end ? end : at;
}

/* There is more to do: nothing is answered. Is 0. */
static inline int call_go_on(struct kernel_call *call, uint64_t at)
{
	call->caller->progress = at;
	call_again(call);
	return 0;
}

/* The same, of what makes an object: that stays with the caller, for a call that asks
 * for the same thing. */
static inline int call_make_more(struct kernel_call *call, struct object *made,
	uint64_t request)
{
	call->caller->made = made;
	return call_go_on(call, request);
}

/* What this call has made so far, of this type, for the same request; or NULL. */
static inline void *call_made_before(struct kernel_call *call,
	const struct object_type *type, uint64_t request, const struct quota *quota)
{
	struct caller *caller = call->caller;
	struct object *made = caller->made;
	bool is_same = made && made->type == type && caller->progress == request &&
		made->quota == quota;

	caller->made = NULL;
	caller->progress = 0;
	if (made && !is_same)
		object_drop(made);
	return is_same ? object_self(made) : NULL;
}

/* What an operation returns behind a function that may have found an error, or
 * that there is more to do; else it answers. */
#define ANSWER_DONE(error, interface, method, ...) \
	((error) != 0 ? (error) : call->again ? 0 : \
		ANSWER(interface, method, __VA_ARGS__))

/*
 * Copies between a lease of the call and other bytes, to the lease if `out`, in
 * steps; as far as pages are there, or can be made so without a pager: *done.
 * An error, or SK_LEASE_FAULT if not even the first page of the lease is.
 */
int call_copy_lease(struct kernel_call *call, const struct sk_lease *lease,
	struct content other, bool out, uint64_t *done);

#endif
