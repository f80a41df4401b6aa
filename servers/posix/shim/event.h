/* Reads and writes of what is waited for: counters, timers and signals as files. */
#ifndef SERVERS_POSIX_SHIM_EVENT_H
#define SERVERS_POSIX_SHIM_EVENT_H

#include "servers/posix/shim/shim.h"
#include "servers/posix/shim/vectors.h"

/* Whether a descriptor of this kind (posix.ObjectKind) is one of them. */
static inline bool event_is(uint8_t kind)
{
	return kind == posix_ObjectKind_EVENTFD || kind == posix_ObjectKind_TIMERFD ||
		kind == posix_ObjectKind_SIGNALFD;
}

/* As read() and write() have it, of one whose channel is ready. */
int64_t event_move(struct shim *shim, uint8_t kind, struct vectors *vectors, bool writes,
	bool waits);

#endif
