/* The client of a session: makes calls, and judges what comes of them. */
#include "fuzz/session_parts.h"

#include <string.h>

#include "runtime/codec.h"

static const char *call_name(const struct session_call *call)
{
	return call->is_event ? "next event" : call->method->name;
}

static bool is_oneway(const struct session_call *call)
{
	return call->is_send || (!call->is_event && call->method->reply == SK_NO_INDEX);
}

/* ---- what has to come of a call ---- */

/* Why a request was not sent at all. */
static bool may_be_unsent(const struct session_call *call, int status)
{
	switch (status) {
	case SK_WOULD_BLOCK:
		return call->is_ring;
	case SK_EXHAUSTED:
	case SK_TOO_BIG:
	case SK_BAD_HANDLE:
	case SK_BAD_LEASE:
		return true;
	case SK_INVALID:
		return (call->can_cancel && (call->is_ring ||
			!(call->flags & SK_METHOD_CANCELLABLE))) ||
			(call->is_ring && call->reply_id == 0) || !call->is_raw;
	default:
		return false;
	}
}

/* Whether this may come of a call that was not answered. */
static bool may_fail(struct session *session, const struct session_call *call, int status)
{
	if (call->requests == 0 && may_be_unsent(call, status))
		return true;
	switch (status) {
	case SK_TIMED_OUT:
		return call->deadline <= session->ends[0].loop.now;
	case SK_CANCELED:
		return call->is_given_up || (call->can_cancel && session->cancel &&
			call->flags & SK_METHOD_CANCELLABLE);
	case SK_PEER_CLOSED:
		return session_died(session) || call->end->loop.client_gone;
	case SK_WOULD_BLOCK:
		return !call->is_ring && call->deadline == SK_FOREVER &&
			!session_kept(session, 0, false);
	default:
		return false;
	}
}

static void judge(struct session *session, struct session_call *call, int status)
{
	bool as_sent = call->answer && !call->is_hostile && status == SK_OK;

	if (call->has_fate && status != call->fate)
		fuzz_found("%s: %d (%s) came, not %d (%s)", call_name(call), status,
			sk_status_name(status), call->fate, sk_status_name(call->fate));
	if (!call->has_fate && !(status == SK_OK && is_oneway(call)) &&
			!may_fail(session, call, status))
		fuzz_found("%s: %d (%s) came, and nobody answered", call_name(call), status,
			sk_status_name(status));
	if (call->requests > 1 && !(call->flags & SK_METHOD_IDEMPOTENT))
		fuzz_found("%s: was made again, though that does harm", call_name(call));
	if (as_sent && !values_same(&session->values, session_message(session,
			call->method->reply)->type, call->answer, call->reply))
		fuzz_found("%s: another reply came", call_name(call));
}

/* ---- what came ---- */

static void take_event(struct session *session, const struct session_call *call, bool keep)
{
	const struct sk_interface_type *interface = call->end->interface;
	uint8_t *value = (uint8_t *)call->reply + interface->event_offset;
	uint32_t head[2];		/* which, lost */

	memcpy(head, call->reply, sizeof(head));
	if (head[1] != call->lost && !call->is_hostile)
		fuzz_found("%u events are said to be lost, not %u", head[1], call->lost);
	for (unsigned i = 0; i < interface->event_count; i++) {
		uint16_t message = session->schema->methods[interface->methods[
			interface->method_count + i]].reply;

		if (session_message(session, message)->id != head[0])
			continue;
		values_touch(&session->values, session_message(session, message)->type, value);
		session_take_value(session, message, value, SK_LOOPBACK_CLIENT, keep);
	}
}

/* The call is over. */
static void end_call(struct session *session, struct session_call *call, int status)
{
	bool keep = call->step->how[0] & 128;

	judge(session, call, status);
	if (status == SK_OK && call->is_event) {
		take_event(session, call, keep);
	} else if (status == SK_OK && !is_oneway(call)) {
		values_touch(&session->values, session_message(session,
			call->method->reply)->type, call->reply);
		session_take_value(session, call->method->reply, call->reply,
			SK_LOOPBACK_CLIENT, keep);
	}
	call->is_flying = false;
	session_end_request(session, call, false);
}

static int decode_reply(struct session *session, const struct session_call *call,
	struct sk_message *reply)
{
	return session_message(session, call->method->reply)->decode(call->reply,
		reply->bytes, reply->size, NULL, &reply->attached);
}

/* ---- one call at a time ---- */

static int call_raw(struct session *session, struct session_call *call,
	const struct sk_call *how)
{
	struct sk_channel *channel = &call->end->loop.channel;
	int size = session_put_raw(session, call->step, &channel->request,
		SK_LOOPBACK_CLIENT, call);
	int status;

	if (call->is_send)
		return sk_send(channel, size, call->method->method, how);
	status = sk_invoke(channel, size, call->method->method, how);
	if (status == SK_OK && !is_oneway(call))
		status = decode_reply(session, call, &channel->reply);
	sk_discard(channel);
	return status;
}

static void call_once(struct session *session, struct session_call *call,
	const struct sk_call *how)
{
	struct sk_channel *channel = &call->end->loop.channel;
	int status;

	session->current = call;
	if (call->is_event)
		status = call->end->interface->next_event(channel, call->reply, how);
	else if (call->is_raw)
		status = call_raw(session, call, how);
	else
		status = call->method->call(channel, call->request, call->reply, how);
	session->current = NULL;
	session->sends_event = session->cancels = false;
	if (call->requests > 0 && !channel->delivered)
		fuzz_found("%s: arrived, and is said not to be delivered", call_name(call));
	if (channel->reply.attached.handle_count > 0)
		fuzz_found("%s: handles that nobody took are left", call_name(call));
	end_call(session, call, status);
}

/* ---- rings ---- */

static int begin_raw(struct session *session, struct session_call *call,
	const struct sk_call *how)
{
	uint64_t cookie = (uint64_t)(call - session->calls);
	struct sk_slot *slot = sk_ring_open(&session->ring, &call->end->loop.channel, cookie);

	if (!slot)
		return SK_WOULD_BLOCK;
	return sk_ring_submit(&session->ring, slot, session_put_raw(session, call->step,
		&slot->request, SK_LOOPBACK_CLIENT, call), call->method->method, how);
}

static void begin(struct session *session, struct session_call *call,
	const struct sk_call *how)
{
	struct sk_channel *channel = &call->end->loop.channel;
	bool is_full = sk_ring_used(&session->ring) == SESSION_SLOTS;
	uint64_t cookie = (uint64_t)(call - session->calls);
	int status;

	session->current = call;
	if (call->is_event)
		status = call->end->interface->next_event_begin(&session->ring, channel,
			cookie, how);
	else if (call->is_raw)
		status = begin_raw(session, call, how);
	else
		status = call->method->begin(&session->ring, channel, call->request,
			cookie, how);
	session->current = NULL;
	call->is_flying = status == SK_OK;
	if ((status == SK_WOULD_BLOCK) != is_full)
		fuzz_found("%s: a ring that is %s gave %s", call_name(call),
			is_full ? "full" : "not full", sk_status_name(status));
	if (status == SK_OK)
		return;
	if (call->requests > 0)
		fuzz_found("%s: arrived, and begin gave %s", call_name(call),
			sk_status_name(status));
	judge(session, call, status);
	session_end_request(session, call, status == SK_WOULD_BLOCK);
}

unsigned session_flying(const struct session *session)
{
	unsigned count = 0;

	for (unsigned i = 0; i < session->call_count; i++)
		count += session->calls[i].is_flying;
	return count;
}

static int end_ring(struct session *session, struct session_call *call,
	struct sk_completion *done)
{
	int status;

	if (call->is_event)
		return call->end->interface->next_event_end(done, call->reply);
	if (!call->is_raw)
		return call->method->end(done, call->reply);
	status = sk_ring_result(done);
	return status == SK_OK ? decode_reply(session, call, &done->slot->reply) : status;
}

bool session_take(struct session *session, uint64_t deadline)
{
	unsigned flying = session_flying(session);
	struct sk_completion done;
	struct session_call *call;
	int status = sk_ring_next(&session->ring, deadline, &done);

	if (sk_ring_used(&session->ring) != flying)
		fuzz_found("a ring uses %u slots, and %u calls are under way",
			sk_ring_used(&session->ring), flying);
	if ((status == SK_INVALID) != (flying == 0) || (status == SK_TIMED_OUT &&
			deadline > session->ends[0].loop.now) ||
			(status == SK_WOULD_BLOCK && deadline != SK_FOREVER))
		fuzz_found("a ring with %u calls gave %s", flying, sk_status_name(status));
	if (status != SK_OK)
		return false;
	call = &session->calls[done.cookie];
	if (done.cookie >= session->call_count || !call->is_flying)
		fuzz_found("a completion came of what is not under way");
	status = end_ring(session, call, &done);
	end_call(session, call, status);
	sk_ring_release(&done);
	return true;
}

void session_cancel(struct session *session, unsigned n)
{
	for (unsigned i = 0; i < session->call_count; i++) {
		struct session_call *call = &session->calls[(i + n) % session->call_count];
		int wanted = call->flags & SK_METHOD_CANCELLABLE ? SK_OK : SK_INVALID;
		int status;

		if (!call->is_flying)
			continue;
		call->is_given_up = wanted == SK_OK;
		status = sk_ring_cancel(&session->ring, (uint64_t)(call - session->calls));
		if (status != wanted)
			fuzz_found("%s: cancelling gave %s", call_name(call),
				sk_status_name(status));
		return;
	}
}

/* ---- which call ---- */

static const struct sk_method_type *method_at(const struct session *session,
	const struct sk_interface_type *interface, unsigned i)
{
	return &session->schema->methods[interface->methods[i]];
}

/* The method whose request (or reply, or error) has the id that the packet
 * begins with; else some method, more often one that is allowed. NULL: there is
 * none. */
static const struct sk_method_type *choose_method(struct session *session,
	const struct session_end *end, const struct fuzz_packet *packet, bool by_reply)
{
	const struct sk_interface_type *interface = end->interface;
	uint32_t id = packet->size < 4 ? 0 : sk_get_uint32(packet->bytes);

	if (id == 0 && !by_reply && values_random(&session->values, 4) != 0)
		id = session_state_some(session, end);
	for (unsigned i = 0; i < interface->method_count; i++) {
		const struct sk_method_type *method = method_at(session, interface, i);
		uint32_t reply = by_reply ? method->method->reply_id : 0;

		if (by_reply ? reply != 0 && (id == reply || id == reply + 1) :
				id == session_message(session, method->request)->id)
			return method;
	}
	if (interface->method_count == 0)
		return NULL;
	return method_at(session, interface, values_random(&session->values,
		interface->method_count));
}

static uint64_t deadline_of(const struct session *session, unsigned how)
{
	uint64_t now = session->ends[0].loop.now;

	switch (how & 3) {
	case 0:
		return SK_FOREVER;
	case 1:
		return SK_POLL;
	case 2:
		return now + 10;
	default:
		return now + 1000;
	}
}

/* False: there is no such call to make. */
static bool choose_call(struct session *session, struct session_call *call, unsigned kind)
{
	const struct sk_interface_type *interface = call->end->interface;
	bool by_reply = kind == SESSION_HOSTILE || kind == SESSION_HOSTILE_BEGIN;

	call->is_raw = kind == SESSION_CALL || kind == SESSION_SUBMIT || kind == SESSION_SEND;
	call->is_ring = kind == SESSION_SUBMIT || kind == SESSION_BEGIN ||
		kind == SESSION_HOSTILE_BEGIN || kind == SESSION_NEXT_EVENT_BEGIN;
	call->is_send = kind == SESSION_SEND;
	call->is_event = kind == SESSION_NEXT_EVENT || kind == SESSION_NEXT_EVENT_BEGIN;
	if (call->is_event) {
		call->reply = values_alloc(&session->values, interface->event_size);
		call->reply_id = SK_LOST_ID;
		call->flags = sk_next_event_method.flags;
		return interface->next_event;
	}
	call->method = choose_method(session, call->end, &call->step->packet, by_reply);
	if (!call->method || (call->method->reply == SK_NO_INDEX && call->is_ring &&
			!call->is_raw))
		return false;
	if (call->method->reply != SK_NO_INDEX)
		call->reply = session_room(session, call->method->reply);
	call->answer_step = by_reply ? call->step : NULL;
	call->reply_id = call->method->method->reply_id;
	call->flags = call->method->method->flags;
	return true;
}

void session_call(struct session *session, const struct fuzz_step *step, unsigned kind)
{
	struct session_call *call = &session->calls[session->call_count++];
	struct sk_call how = {.deadline = deadline_of(session, step->how[1])};

	*call = (struct session_call){
		.step = step,
		.end = &session->ends[(step->how[0] >> 3 & 3) % session->end_count],
		.plan = (enum session_plan)(step->how[0] & 7),
		.deadline = how.deadline,
		.can_cancel = step->how[1] & 4,
	};
	session->cancel = call->can_cancel && step->how[1] & 8;
	session->cancels = call->can_cancel;
	how.cancel = call->can_cancel ? &session->cancel : NULL;
	if (!choose_call(session, call, kind)) {
		session->call_count--;
		return;
	}
	if (!call->is_raw && !call->is_event)
		session_fill_request(session, call);
	session->sends_event = kind == SESSION_NEXT_EVENT && call->plan != SESSION_ANSWER;
	if (call->is_ring)
		begin(session, call, &how);
	else
		call_once(session, call, &how);
	session->cancels = false;
}
