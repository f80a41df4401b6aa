/*
 * Calls on kernel objects: decoded, carried out and answered by generated
 * dispatch, within the system call, without ever waiting.
 *
 * An operation gets the struct kernel_call as `self`. It looks at everything
 * that may be refused first, and changes nothing; then it does what cannot fail
 * any more, and answers. Handles in a request are indices into `arguments`, in a
 * reply into `results`.
 *
 * Calls on objects come from threads and from rings: `caller` is either's.
 */
#ifndef KERNEL_CALL_H
#define KERNEL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/caller.h"
#include "kernel/handle.h"
#include "kernel/object.h"
#include "kernel/transfer.h"
#include "runtime/channel.h"

struct kernel_call {
	struct object *object;		/* what is called; referenced */
	uint16_t rights;		/* of the handle by which it is called */
	struct caller *caller;
	struct space *space;		/* the caller's */
	struct thread *thread;		/* the caller's, or NULL: of a ring */
	/* Its handles, which stay in the caller's table until it is answered: then
	 * those that move leave it, whatever the answer is. */
	struct cargo arguments;
	struct handle results[ABI_HANDLES_MAX];	/* each with a reference */
	uint32_t result_count;
	struct abi_lease leases[ABI_LEASES_MAX];	/* as the caller said */
	unsigned steps;			/* OBJECT_STEPS, for the operation to use */
	bool again;			/* not answered: the call is to be made again,
					 * after others had their turn */
	uint64_t answer;		/* its head; 0: there is none */
	const struct message_place *to;
	struct sk_message message;
	struct sk_port port;
};

/*
 * A call on a kernel object, from begin to end: looks up what goes with it,
 * dispatches, moves what it answers to the caller. `place` has the request, and
 * gets the reply. Returns the head, as after CALL; or, with *again, nothing: the
 * system call is made again.
 */
uint64_t kernel_call(const struct handle *handle, struct caller *caller,
	struct thread *thread, uint64_t head, const struct message_place *from,
	const struct message_place *to, bool *again);

/* ---- for operations ---- */

/*
 * The object of a handle in the request, if it is of this type; of a session only
 * by a handle of a client. NULL: it is not (SK_BAD_HANDLE), or is not there. That
 * the handle has the rights which kernel.skald asks for was seen to in decoding.
 */
void *call_argument(const struct kernel_call *call, struct sk_handle handle,
	const struct object_type *type);
/* A handle for the reply, with a reference that the operation has (a new
 * object's first, or object_take()) and that is the call's from then on. The
 * caller's table has room for what it expects; more than that is closed, and the
 * call is answered SK_EXHAUSTED. */
struct sk_handle call_result(struct kernel_call *call, struct object *object,
	uint16_t rights, uint16_t protocol_rights, uint16_t flags);
/* There is more to do: nothing is answered. Is 0, for operations to return. */
static inline int call_again(struct kernel_call *call)
{
	call->again = true;
	return 0;
}

/* All rights there are, of a new object's first handle. */
#define RIGHTS_ALL UINT16_C(0x3fff)

/* Object.info, set_name, name: the same for all kinds. */
struct kernel_Object_info_request;
struct kernel_Object_set_name_request;
struct kernel_Object_name_request;
void op_info(void *self, const struct kernel_Object_info_request *request,
	struct sk_reply *to);
void op_set_name(void *self, const struct kernel_Object_set_name_request *request,
	struct sk_reply *to);
void op_name(void *self, const struct kernel_Object_name_request *request,
	struct sk_reply *to);

#endif
