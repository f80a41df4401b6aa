/* Signals on their way to handlers, and back. */
#ifndef SERVERS_POSIX_SHIM_DELIVER_H
#define SERVERS_POSIX_SHIM_DELIVER_H

#include "servers/posix/shim/shim.h"

/* rt_sigreturn(): all registers are those of the frame that the stack pointer is behind. */
void deliver_return(struct shim *shim);
/* Sends the thread a signal that it cannot block; `is_fatal`: nor handle. */
void deliver_force(struct shim *shim, posix_Signal signal, bool is_fatal);
/*
 * A signal from the thread to itself: its handler is next, and the call's result is 0. False:
 * nothing has been done, for it is not as simple as that, and posix is to be asked.
 */
bool deliver_own(struct shim *shim, int32_t signal);
/* After unblocking: whether there is a signal to be taken. */
void deliver_look(struct shim *shim);

#endif
