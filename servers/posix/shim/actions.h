/*
 * What the process does about signals, as far as it is known here: so that a thread that
 * sends one to itself needs no server. posix has the truth; what is not known is asked for.
 */
#ifndef SERVERS_POSIX_SHIM_ACTIONS_H
#define SERVERS_POSIX_SHIM_ACTIONS_H

#include "servers/posix/shim/shim.h"

/*
 * Around a change of an action at posix: several at once come there in an order that is not
 * known here, so none of them counts. `now` is NULL if it failed.
 */
void actions_change(const struct shim *shim, uint64_t signal);
void actions_changed(const struct shim *shim, uint64_t signal, const struct posix_Action *now);
/* The handler of a signal that is called just so, again and again. False: ask posix. */
bool actions_find(const struct shim *shim, uint64_t signal, struct posix_Action *action);
/* Of a process that is new in its space. */
void actions_forget(void);
/* Another process changes them too: nothing is known from now on. */
void actions_give_up(void);

#endif
