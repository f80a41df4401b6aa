/* Signals on their way to handlers, and back. */
#ifndef SERVERS_POSIX_SHIM_DELIVER_H
#define SERVERS_POSIX_SHIM_DELIVER_H

#include "servers/posix/shim/shim.h"

/* rt_sigreturn(): all registers are those of the frame that the stack pointer is behind. */
void deliver_return(struct shim *shim);
/* Sends the thread a signal that it cannot block; `is_fatal`: nor handle. */
void deliver_force(struct shim *shim, posix_Signal signal, bool is_fatal);
/* After unblocking: whether there is a signal to be taken. */
void deliver_look(struct shim *shim);

#endif
