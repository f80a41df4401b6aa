/*
 * Servers in the OS: one loop for all services of a program, for its timers, its
 * interrupts, its own calls, and for the supervisor's questions after its health.
 *
 *	int sk_os_main(struct sk_os *os)
 *	{
 *		static const struct sk_service services[] = {{.dispatch = dispatch}};
 *
 *		return sk_serve(os, &(struct sk_serve){services, 1});
 *	}
 *
 * The services are those of the manifest, in its order.
 */
#ifndef RUNTIME_SERVER_SERVE_H
#define RUNTIME_SERVER_SERVE_H

#include "runtime/server/os.h"

struct sk_service {
	void *context;
	/* One request; usually a line that calls generated dispatch. */
	int (*dispatch)(void *self, struct sk_incoming *incoming);
	/*
	 * A client calls for the first time; the badge is its name as long as the
	 * server runs. Returns what the others get as `self`; NULL: the call is refused
	 * with SK_EXHAUSTED, and the next one asks again. NULL itself: `self` is the
	 * context.
	 */
	void *(*connected)(void *context, uint64_t badge);
	/* The client is gone, of which `connected` was told. May be NULL. */
	void (*gone)(void *self);
	/* Nobody waits any more for the answer to what was kept under this token; it
	 * has to be answered or dropped all the same. May be NULL. */
	void (*canceled)(void *self, uint64_t token);
};

/*
 * Of each of the three that follow one program can have half, the next one half of what
 * is left, and so on, so that none has all; what is beyond is refused (SK_EXHAUSTED). A
 * program is a manifest, however many sessions it has.
 */
struct sk_serve {
	const struct sk_service *services;
	uint32_t service_count;
	/* Requests kept at once, of services and objects. While a program has its part
	 * of them, its other requests are refused too. 0: 64. */
	uint32_t max_kept;
	/* Clients at once of services that have `connected`. 0: 64. */
	uint32_t max_clients;
	/* Minted sessions at once (sk_mint()), each of the program whose request came last
	 * when it was minted. 0: none. */
	uint32_t max_objects;
};

/*
 * Serves until it is told to end: 0, or why it cannot go on, a status or an error of
 * kernel.skald. Says that the server is ready once it begins.
 */
int sk_serve(struct sk_os *os, const struct sk_serve *what);
/* For sk_mint() where no request is at hand, such as in an alarm: once it serves. */
struct sk_port *sk_serve_port(struct sk_os *os);
/*
 * An answer to what is being dispatched goes out when the operation has returned. One that was
 * just given, and brought what cannot be given twice, is sent at once by this: SK_OK, or why
 * nobody has it, as of sk_answer(). All others were sent when they were given: SK_OK.
 */
int sk_serve_send(struct sk_os *os, const struct sk_reply *answered);
/* Ends the loop, once the operation or whatever calls this returns. */
void sk_serve_stop(struct sk_os *os);

#endif
