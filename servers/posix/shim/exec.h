/* Where arguments of exec are put together. */
#ifndef SERVERS_POSIX_SHIM_EXEC_H
#define SERVERS_POSIX_SHIM_EXEC_H

#include "servers/posix/shim/shim.h"

/* The buffer is free again, if this thread, or a vfork's child of its, had it. */
void exec_let_go(struct shim *shim);
/* In a new space: what others had is not there. */
void exec_forget(void);

#endif
