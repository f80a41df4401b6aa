/*
 * Events: the call that waits for one, kept by the server until there is one.
 * Freestanding.
 */
#include "runtime/events.h"

#include "runtime/codec.h"
#include "runtime/trace.h"

#define REQUEST_SIZE 8

/* ---- servers ---- */

void sk_events_init(struct sk_events *events)
{
	memset(events, 0, sizeof(*events));
}

static bool is_next_event(const struct sk_message *message)
{
	return message->size == REQUEST_SIZE &&
		sk_get_uint64(message->bytes) == SK_NEXT_EVENT_ID &&
		message->attached.handle_count == 0 &&
		message->attached.lease_count == 0;
}

/* Tells who waits how many were lost. */
static void tell_lost(struct sk_events *events, struct sk_reply *to)
{
	uint8_t *bytes = to->port->answer.bytes;

	sk_put_uint32(bytes, SK_LOST_ID);
	sk_put_uint32(bytes + 4, 0);
	sk_put_uint32(bytes + 8, events->lost);
	if (sk_answer(to, SK_LOST_SIZE) == SK_OK)
		events->lost = 0;
}

int sk_events_wait(struct sk_events *events, struct sk_incoming *incoming)
{
	if (!events || !incoming->reply.port)
		return sk_refuse(incoming, SK_UNKNOWN_METHOD);
	if (!is_next_event(incoming->message))
		return sk_refuse(incoming, SK_MALFORMED);
	incoming->reply.id = SK_LOST_ID;
	events->trace = incoming->port->trace;
	events->badge = incoming->badge;
	sk_answer_error(&events->next, SK_CANCELED);
	if (events->lost > 0)
		tell_lost(events, &incoming->reply);
	else
		events->next = sk_reply_keep(&incoming->reply);
	return SK_OK;
}

static void record(const struct sk_events *events, uint32_t id, uint32_t size)
{
	if (SK_UNLIKELY(sk_trace_wants(events->trace, SK_TRACE_SERVES)))
		events->trace->ops->event(events->trace, events->badge, id, size);
}

static void lose_one(struct sk_events *events)
{
	record(events, 0, 0);
	if (events->lost < UINT32_MAX)
		events->lost++;
}

struct sk_message *sk_events_open(struct sk_events *events)
{
	if (events->next.port)
		return &events->next.port->answer;
	lose_one(events);
	return NULL;
}

int sk_events_send(struct sk_events *events, int encoded)
{
	const struct sk_port *port = events->next.port;
	uint32_t id = port && encoded > 0 ? sk_get_uint32(port->answer.bytes) : 0;
	int status = sk_answer(&events->next, encoded);

	if (status == SK_OK)
		record(events, id, (uint32_t)encoded);
	/* Whoever waited gave up before this: it was lost as well. */
	if (status == SK_CANCELED || status == SK_PEER_CLOSED)
		lose_one(events);
	return status;
}

void sk_events_canceled(struct sk_events *events, uint64_t token)
{
	if (events->next.port && events->next.token == token)
		sk_reply_drop(&events->next);
}

void sk_events_close(struct sk_events *events)
{
	sk_reply_drop(&events->next);
}

/* ---- clients ---- */

const struct sk_method sk_next_event_method = {
	.reply_id = SK_LOST_ID,
	.flags = SK_METHOD_CANCELLABLE | SK_METHOD_HANDLES(SK_HANDLES_MAX),
};

int sk_next_event_encode(void *to, size_t capacity)
{
	if (capacity < REQUEST_SIZE)
		return SK_TOO_BIG;
	sk_put_uint64((uint8_t *)to, SK_NEXT_EVENT_ID);
	return REQUEST_SIZE;
}

uint32_t sk_lost_events(const struct sk_message *reply)
{
	if (sk_message_id(reply) != SK_LOST_ID)
		return 0;
	return sk_get_uint32(reply->bytes + REQUEST_SIZE);
}
