/*
 * What the server of a session answers: each request once, and what the client
 * has to make of it.
 */
#include "fuzz/session_parts.h"

#include <string.h>

#include "runtime/codec.h"

/* Events end with these bits. */
#define IS_EVENT(id) (((id) & 3) == 3)

bool session_died(const struct session *session)
{
	const struct sk_loopback *loop = &session->ends[0].loop;

	return session->lives > 0 || loop->server_gone || loop->client_gone;
}

static struct session_end *end_of(struct sk_port *port)
{
	return (struct session_end *)(void *)((uint8_t *)port -
		offsetof(struct sk_loopback, port) - offsetof(struct session_end, loop));
}

struct session_request *session_find_request(struct session *session,
	const struct session_end *end, uint64_t token)
{
	for (unsigned i = session->request_count; i-- > 0;)
		if (session->requests[i].end == end && session->requests[i].token == token)
			return &session->requests[i];
	return NULL;
}

/* The status of an event that came, as the client has to see it. */
static int event_fate(struct session *session, const struct session_end *end,
	const struct sk_message *message)
{
	const struct sk_interface_type *interface = end->interface;
	uint32_t id = sk_message_id(message);

	for (unsigned i = 0; i < interface->event_count; i++) {
		uint16_t index = session->schema->methods[interface->methods[
			interface->method_count + i]].reply;

		if (session_message(session, index)->id == id)
			return session_try(session, index, message->bytes, message->size,
				&message->attached);
	}
	return IS_EVENT(id) ? SK_OK : SK_MALFORMED;
}

/* What this message means as the answer to the call. */
static int fate_of(struct session *session, struct session_call *call,
	const struct sk_message *message)
{
	uint32_t id = sk_message_id(message);
	bool is_short = message->size == SK_STATUS_SIZE &&
		sk_get_uint32(message->bytes + 4) == 0;
	int32_t number = is_short ? (int32_t)sk_get_uint32(message->bytes + 8) : 0;

	if (id == SK_STATUS_ID)
		return number < 0 ? number : SK_MALFORMED;
	if (call->is_event && id == SK_LOST_ID)
		return number != 0 ? SK_OK : SK_MALFORMED;
	if (call->is_event)
		return event_fate(session, call->end, message);
	if (id == call->reply_id)
		return session_try(session, call->method->reply, message->bytes,
			message->size, &message->attached);
	return id == call->reply_id + 1 && number > 0 ? number : SK_MALFORMED;
}

static void note_fate(const struct session_request *request, int fate)
{
	struct session_call *call = request->call;

	if (call->has_fate)
		fuzz_found("%s: the client was answered twice", session_name(request));
	call->has_fate = true;
	call->fate = fate;
}

/* The server tells how many events were lost. */
static void check_lost(const struct session_request *request, const struct sk_message *answer)
{
	uint32_t lost = answer->size < SK_LOST_SIZE ? 0 : sk_get_uint32(answer->bytes + 8);

	if (lost != request->end->lost)
		fuzz_found("%u events were said to be lost, not %u", lost, request->end->lost);
	request->call->lost = lost;
}

/* What the transport did with the answer is what it had to. */
static void check_answer(struct session *session, struct session_request *request,
	bool is_late, int fate, int status)
{
	if (is_late != (status == SK_BAD_TOKEN))
		fuzz_found("%s: %s answer gave %s", session_name(request),
			is_late ? "a second" : "the first", sk_status_name(status));
	if (status == SK_PEER_CLOSED && !session_died(session) &&
			!request->end->loop.client_gone)
		fuzz_found("%s: an answer found nobody, but all live", session_name(request));
	if (status == SK_OK)
		note_fate(request, fate);
	else if (status != SK_CANCELED && status != SK_PEER_CLOSED && !is_late)
		note_fate(request, status);
}

int session_answer(struct sk_port *port, const struct sk_reply *reply)
{
	struct session_end *end = end_of(port);
	struct session *session = end->session;
	struct session_request *request = session_find_request(session, end, reply->token);
	const struct sk_message *answer = &port->answer;
	bool is_late, is_lost;
	int fate, status;

	if (!request)
		fuzz_found("an answer to what nobody asked");
	if (sk_message_id(answer) == SK_STATUS_ID && answer->attached.handle_count > 0 &&
			!request->call->is_hostile)
		fuzz_found("%s: handles travel with a status", session_name(request));
	session_state_answer(end, request, answer);
	is_late = request->is_consumed || request->life != session->lives;
	is_lost = request->is_event && sk_message_id(answer) == SK_LOST_ID &&
		!request->call->is_hostile && !is_late;
	if (is_lost)
		check_lost(request, answer);
	fate = fate_of(session, request->call, answer);
	request->is_consumed = true;
	request->is_kept = false;
	status = end->loopback_ops->answer(port, reply);
	check_answer(session, request, is_late, fate, status);
	if (is_lost && status == SK_OK)
		end->lost = 0;
	return status;
}

void session_check_unanswered(const struct session *session)
{
	for (unsigned i = 0; i < session->end_count; i++) {
		const struct session_end *end = &session->ends[i];
		unsigned count = 0;

		for (unsigned j = 0; j < session->request_count; j++)
			count += session->requests[j].end == end &&
				session->requests[j].life == session->lives &&
				!session->requests[j].is_consumed;
		if (!end->loop.server_gone && sk_loopback_unanswered(&end->loop) != count)
			fuzz_found("%u requests are not answered, where %u should be",
				sk_loopback_unanswered(&end->loop), count);
	}
}

/* ---- events ---- */

static struct session_request *waiting(struct session *session,
	const struct session_end *end)
{
	for (unsigned i = session->request_count; i-- > 0;) {
		struct session_request *request = &session->requests[i];

		if (request->end == end && request->life == session->lives &&
				request->is_event && request->is_kept)
			return request;
	}
	return NULL;
}

void session_send_event(struct session *session, struct session_end *end, unsigned n)
{
	const struct sk_interface_type *interface = end->interface;
	const struct session_request *request = waiting(session, end);
	const struct sk_method_type *event;
	void *value;
	int status;

	if (interface->event_count == 0 || end->loop.server_gone ||
			session->ends[0].loop.server_gone)
		return;
	event = &session->schema->methods[interface->methods[interface->method_count +
		n % interface->event_count]];
	value = session_value(session, event->reply);
	session_visit(session, event->reply, value,
		(struct values_visitor){session_open_one, NULL, session});
	status = event->send(&end->events, value);
	session_visit(session, event->reply, value, (struct values_visitor){
		status == SK_WOULD_BLOCK ? session_close_any :
		session_close_copy, NULL, session});
	if ((status == SK_WOULD_BLOCK) != !request)
		fuzz_found("%s: sending gave %s, and the client %s", event->name,
			sk_status_name(status), request ? "waits" : "does not wait");
	if (!request || status == SK_CANCELED || status == SK_PEER_CLOSED)
		end->lost++;
	if (end->events.lost != end->lost)
		fuzz_found("%s: %u events are counted as lost, not %u", event->name,
			end->events.lost, end->lost);
}
