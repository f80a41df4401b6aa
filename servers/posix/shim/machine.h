/* posix.Machine, whose handle is there for one call. */
#ifndef SERVERS_POSIX_SHIM_MACHINE_H
#define SERVERS_POSIX_SHIM_MACHINE_H

#include "servers/posix/shim/shim.h"

struct machine {
	struct sk_handle handle;
	struct sk_channel *channel;
};

/* 0, or -errno: there is nothing to be done. */
int64_t machine_open(struct shim *shim, struct machine *machine);
/* Closes it: 0, or -errno of what the call came to. */
int64_t machine_done(struct shim *shim, const struct machine *machine, int status);

/*
 *	result = machine_open(shim, &machine);
 *	if (result == 0)
 *		result = MACHINE(shim, &machine, &reply, set_clock, .time = 0);
 */
#define MACHINE(shim, machine, reply, method, ...) \
	machine_done(shim, machine, posix_Machine_##method((machine)->channel, \
		&(const struct posix_Machine_##method##_request){__VA_ARGS__}, reply, NULL))

#endif
