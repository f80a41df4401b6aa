/*
 * Upcalls: a thread enters a handler in its own space, the shim, for a foreign
 * system call or because it was interrupted; the shim leaves by itself or by
 * RESUME. What the shim must know as well stands in the frame's page
 * (kernel/abi.h, "upcalls").
 */
#ifndef KERNEL_UPCALL_H
#define KERNEL_UPCALL_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/object.h"

struct thread;

/* Thread.set_upcall: 0, or why not, and then nothing is changed. */
kernel_error upcall_set(struct thread *thread, uint64_t frame, uint64_t entry,
	uint64_t stack, uint64_t exit_begin, uint64_t exit_end);
/* Whether it is in the shim: then a foreign call is an exception. */
bool upcall_is_inside(struct thread *thread);
/* And was interrupted there, which it has not taken notice of: it does not wait for
 * what can be canceled. */
bool upcall_is_pending(struct thread *thread);
/* In, for a reason of enum abi_upcall. It faults if the frame is not there. */
void upcall_enter(struct thread *thread, uint32_t reason);
/*
 * For a thread whose `pending` or `moved` is set, before it goes on: in the shim the
 * frame says so, and a restart range begins again; outside it enters. Of a move that is
 * only if the frame asks for it. Then both are clear. It may wait for its fault handler
 * after this.
 */
void upcall_signal(struct thread *thread);
/* RESUME. The status, if it is not done. */
int upcall_resume(struct thread *thread, uint64_t frame);

#endif
