/*
 * Events: what a server tells its clients unasked. A server never waits for a
 * client, so an event is the answer to a call that the client has outstanding,
 * "next event" (docs/runtime.md, "Events"). If there is none, the event is
 * dropped and counted; the client's next such call is then answered by how
 * many it has lost.
 *
 * A server keeps one struct sk_events for each client (or each object, if
 * they differ) and hands it out by the operation `events`.
 */
#ifndef RUNTIME_EVENTS_H
#define RUNTIME_EVENTS_H

#include "runtime/channel.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sk_events {
	struct sk_reply next;		/* port NULL: nobody waits */
	struct sk_trace *trace;		/* of who waited last, or NULL */
	uint64_t badge;			/* and its client */
	uint32_t lost;			/* since the client was last told */
};

/* Nobody waits, nothing is lost: all zero. */
void sk_events_init(struct sk_events *events);
/*
 * For generated dispatch: somebody waits for the next event. Who waited before
 * is answered SK_CANCELED. NULL in place of events, or a message that is not
 * this request: refused. 0 or the status with which it was refused.
 */
int sk_events_wait(struct sk_events *events, struct sk_incoming *incoming);
/* For generated code: where to encode an event; NULL: it was dropped. */
struct sk_message *sk_events_open(struct sk_events *events);
/* For generated code: sends it, as sk_answer() does. */
int sk_events_send(struct sk_events *events, int encoded);
/* For object->canceled: forgets who waited, if it was this token. */
void sk_events_canceled(struct sk_events *events, uint64_t token);
/* The client or object is gone: drops who waits. */
void sk_events_close(struct sk_events *events);

/* For generated clients: encodes the request "next event" (8 bytes). */
int sk_next_event_encode(void *to, size_t capacity);
/* For generated clients: the number of lost events, or 0 if the message is
 * an event. */
uint32_t sk_lost_events(const struct sk_message *reply);
/* "Next event" as a method. */
extern const struct sk_method sk_next_event_method;

#ifdef __cplusplus
}
#endif

#endif
