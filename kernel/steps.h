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
