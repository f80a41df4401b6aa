/*
 * The loop behind sk_serve(). For runtime/server/ only.
 */
#ifndef RUNTIME_SERVER_LOOP_H
#define RUNTIME_SERVER_LOOP_H

#include "runtime/server/serve.h"

/* Where the port's slots begin. */
#define SK_LOOP_SLOT 6
/* That a call of the program's ring has completed. */
#define SK_LOOP_RING (UINT64_C(1) << 63)
/* That an alarm's time has come. */
#define SK_LOOP_TIMER (UINT64_C(1) << 62)
/* The program in badges of the supervisor's own sessions. */
#define SK_LOOP_SUPERVISOR UINT32_C(0xffff)

/* By a hash of its badge; one after the other where that is taken. */
struct sk_loop_client {
	uint64_t badge;
	const struct sk_service *service;	/* NULL: free */
	void *self;
};

/* Whose a request is, by its token's index. */
struct sk_loop_asked {
	const struct sk_service *service;	/* NULL: of an object */
	void *self;
	uint32_t program;
};

/* A minted session, and the program whose request it was minted for. */
struct sk_loop_object {
	struct sk_loop *loop;
	const struct sk_object *object;		/* NULL: free */
	void *self;
	uint32_t program;
};

struct sk_loop {
	struct sk_os *os;
	struct sk_serve what;
	struct sk_kernel_port port;
	struct sk_port_ops port_ops;		/* the kernel's, but for minting */
	struct sk_loop_asked *asked;
	struct sk_loop_client *clients;
	struct sk_loop_object *objects;
	uint32_t client_mask;			/* places, less one */
	uint32_t client_count;
	uint32_t object_count;
	uint32_t token_count;
	uint32_t program;			/* whose request came last */
	uint64_t answered;
	struct sk_kernel_channel timer;
	uint64_t timer_time;			/* when it signals, or SK_FOREVER */
	bool has_timer, has_no_timer;		/* neither: not asked for yet */
	bool stopping;
};

/* Which program a client is, by its badge. */
static inline uint32_t sk_loop_program(uint64_t badge)
{
	return (uint32_t)(badge >> 32) & 0xffff;
}

/*
 * Whether a program may have one more of what `all` programs have so many of, and can have
 * at most `max`: as long as it has less itself (`count` says) than is left. So one can have
 * half of it, the next half of the rest, and none all. The supervisor can.
 */
bool sk_loop_may_have(const struct sk_loop *loop, uint32_t max, uint32_t all,
	uint32_t program, uint32_t (*count)(const struct sk_loop *loop, uint32_t program));
/* A request is to be dispatched. False: its program has too many already that were
 * kept, so that this one is not to be. */
bool sk_loop_admit(struct sk_loop *loop, uint64_t token, const struct sk_loop_asked *asked);
/* What its port mints is the program's whose request came last, and is limited as well
 * as requests to it. */
void sk_loop_mints(struct sk_loop *loop);

/* Rings those whose time has come (alarm.c). */
void sk_loop_ring_alarms(struct sk_os *os);
/* The timer signals in time for the next alarm, and has not yet; or there is none. */
static inline bool sk_loop_is_seen_to(const struct sk_loop *loop)
{
	return !loop->os->alarms || loop->timer_time <= loop->os->alarms->time;
}
/* Until when to wait for what comes: for ever, if the timer signals by itself. */
uint64_t sk_loop_deadline(struct sk_loop *loop);

/*
 * Traces, if the manifest uses them: begins before the program does, so that its channels
 * know where to record. In the loop it goes on, should the collector come later or end.
 */
void sk_loop_trace(struct sk_os *os);
void sk_loop_trace_on(struct sk_os *os);
/* Does what is to be done with the next completion of the ring. False: none came. */
bool sk_loop_reap(struct sk_os *os, uint64_t deadline);

#endif
