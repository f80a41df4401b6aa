/*
 * Cases of an interface: what a client, its server and their surroundings do,
 * step by step, on the in-process transport. All by reflection: both sides are
 * generated code, and a model says what must come of each step.
 *
 * The server's side has one operation for all methods. It reads the whole
 * request, uses what was lent, and goes on by the plan of the call. Handles
 * that come are closed, or kept for a while and sent elsewhere. Some handles
 * of its answers are sessions that it mints, which the client can open.
 *
 * What a step has no use for is ignored, so that any bytes are a case. A kind
 * is taken modulo SESSION_KINDS.
 *
 * In the kinds that make a call, how[0] is
 *	bits 0-2	enum session_plan
 *	bits 3-4	which of the open sessions; 0 is the first
 *	bit 5		handles are copied, rather than moved (raw ones)
 *	bit 6		handles are those that came, as long as there are any
 *	bit 7		handles that come are kept, rather than closed
 * and how[1] is
 *	bits 0-1	the deadline: none, at once, near, far
 *	bit 2		a flag can cancel it
 *	bit 3		that flag is set before, rather than while it waits
 *	bits 4-7	varies what is at random
 * A call that is not raw has a request at random, of the method whose request
 * the packet's bytes name, or of some method.
 */
#ifndef FUZZ_SESSION_H
#define FUZZ_SESSION_H

#include <stddef.h>
#include <stdint.h>

enum session_kind {
	SESSION_CALL,			/* the packet is the request */
	SESSION_SUBMIT,			/* the same through a ring */
	SESSION_SEND,			/* the same, and no answer is awaited */
	SESSION_STUB,			/* a call by the generated client */
	SESSION_BEGIN,			/* the same through a ring */
	SESSION_HOSTILE,		/* the same; the packet is its answer */
	SESSION_HOSTILE_BEGIN,		/* the same through a ring */
	/* Waits for an event. how[0], how[1] as in calls, but for the plan: 0,
	 * else what happens while it waits is that such an event is sent. */
	SESSION_NEXT_EVENT,
	SESSION_NEXT_EVENT_BEGIN,	/* the same through a ring */
	/* Takes a completion: how[1] bits 0-1 say until when. */
	SESSION_TAKE,
	SESSION_CANCEL,			/* the how[0]-th call that is under way */
	/* The server answers the how[0]-th request that it has kept. */
	SESSION_SERVE,
	/* The same with these bytes; how[1] bit 0: twice. */
	SESSION_SERVE_HOSTILE,
	/* The how[0]-th event is sent to session how[1] bits 0-1. */
	SESSION_EVENT,
	SESSION_TIME,			/* how[0] passes, times 2 to the how[1] % 32 */
	/* Death of a side, how[0] bit 0: the client. At once, or how[1] points
	 * later. */
	SESSION_KILL,
	/* The server may live again how[0] times; a dead client comes again. */
	SESSION_REVIVE,
	SESSION_PRESENT,		/* that many bytes of leases are there: how[0] */
	SESSION_OPEN,			/* the how[0]-th handle the client keeps */
	SESSION_CLOSE,			/* the same; how[1] bit 0: the server's */
	SESSION_LEAVE,			/* the client closes session how[0] % 4 */
	SESSION_KINDS
};

enum session_plan {
	SESSION_ANSWER,
	SESSION_ERROR,
	SESSION_DROP,
	SESSION_FORGET,			/* neither answers nor keeps it */
	SESSION_LATER,			/* these three: in a step of its own */
	SESSION_ERROR_LATER,
	SESSION_DROP_LATER,
	SESSION_NEVER			/* until nobody waits any more */
};

/* Steps of a case that are carried out; the rest is ignored. */
#define SESSION_STEPS_MAX 64

#endif
