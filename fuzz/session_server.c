/* The server of a session, and what the transport calls. See session_parts.h. */
#include "fuzz/session_parts.h"

#include <string.h>

/* ---- minting ---- */

static int dispatch_mint(void *self, struct sk_incoming *incoming);
static void canceled_mint(void *self, uint64_t token);

static void gone_mint(void *self)
{
	struct session_mint *mint = self;

	if (++mint->gone != 1)
		fuzz_found("a minted session was gone twice");
	if (mint->end)
		sk_events_close(&mint->end->events);
}

struct sk_handle session_mint(struct session *session)
{
	static const struct sk_object object = {
		.dispatch = dispatch_mint, .gone = gone_mint, .canceled = canceled_mint,
	};
	struct session_mint *mint = &session->mints[session->mint_count];
	struct sk_handle handle = sk_no_handle();
	int status;

	if (session->mint_count == SESSION_MINTS)
		return handle;
	*mint = (struct session_mint){
		.session = session,
		.interface = &session->schema->interfaces[values_random(&session->values,
			session->schema->interface_count)],
		.life = session->lives,
	};
	status = sk_mint(&session->ends[0].loop.port, &object, mint, &handle);
	if (status == SK_OK)
		session->mint_count++;
	else if (handle.raw >= 0)
		fuzz_found("minting failed, and made a handle");
	return handle;
}

void session_open_one(void *context, const struct sk_type *type, struct sk_handle *handle)
{
	struct session *session = context;
	bool mints = values_random(&session->values, 3) == 0;

	(void)type;
	*handle = mints ? session_mint(session) : sk_no_handle();
	if (handle->raw < 0)
		*handle = session_give_handle(session, SK_LOOPBACK_SERVER,
			values_random(&session->values, 2));
}

void session_close_copy(void *context, const struct sk_type *type, struct sk_handle *handle)
{
	if (type->flags & SK_TYPE_COPY)
		session_close_handle(context, SK_LOOPBACK_SERVER, *handle);
}

void session_close_any(void *context, const struct sk_type *type, struct sk_handle *handle)
{
	(void)type;
	session_close_handle(context, SK_LOOPBACK_SERVER, *handle);
}

/* ---- operations ---- */

static void answer_raw(struct session *session, struct session_request *request,
	struct sk_reply *to, const struct fuzz_step *step)
{
	struct sk_message *answer = &to->port->answer;
	struct sk_reply right = *to;	/* answering can use up what `to` is */

	request->call->is_hostile = true;
	request->is_raw = step->packet.size <= answer->capacity;
	for (int again = step->what % SESSION_KINDS == SESSION_SERVE_HOSTILE &&
			step->how[1] & 1; again >= 0; again--) {
		struct session_call mine = {0};
		struct sk_reply copy = right;

		sk_answer(&copy, session_put_raw(session, step, answer,
			SK_LOOPBACK_SERVER, &mine));
		for (unsigned i = 0; i < mine.copy_count; i++)
			session_close_handle(session, SK_LOOPBACK_SERVER, mine.copies[i]);
	}
	to->port = NULL;
}

static void answer_value(struct session *session, struct session_request *request,
	struct sk_reply *to)
{
	uint16_t message = request->method->reply;
	void *value = session_value(session, message);
	bool was_consumed = request->is_consumed;
	int status;

	session_visit(session, message, value,
		(struct values_visitor){session_open_one, NULL, session});
	status = request->method->answer(to, 0, value);
	if (status == SK_OK && !was_consumed)
		request->call->answer = value;
	session_visit(session, message, value,
		(struct values_visitor){session_close_copy, NULL, session});
}

static void answer_error(struct session *session, struct session_request *request,
	struct sk_reply *to)
{
	const struct sk_method_type *method = request->method;
	int32_t error = 1 + (int32_t)values_random(&session->values, 1000);

	if (method->error_count > 0)
		error = (int32_t)session->schema->values[method->errors +
			values_random(&session->values, method->error_count)];
	if (error <= 0)
		error = 1;
	if (method->answer(to, error, NULL) == SK_OK && request->call->fate != error)
		fuzz_found("%s: error %d went out as %d", method->name, error,
			request->call->fate);
}

/* Once more: by the right that was used up, and by a copy of it. */
static void answer_again(struct session *session, struct session_request *request,
	struct sk_reply *to, struct sk_reply *copy)
{
	struct sk_reply *again = values_random(&session->values, 2) ? to : copy;
	int status;

	if (values_random(&session->values, 2) || !request->is_consumed)
		return;
	status = sk_answer_error(again, SK_PEER_DROPPED);
	if (status != SK_BAD_TOKEN)
		fuzz_found("%s: a second answer gave %s", session_name(request),
			sk_status_name(status));
}

/* Ends the request that `to` answers, as planned. */
static void carry_out(struct session *session, struct session_request *request,
	struct sk_reply *to, const struct fuzz_step *hostile)
{
	struct sk_reply copy = *to;

	session_use_leases(session, request, to);
	if (hostile || request->call->answer_step)
		answer_raw(session, request, to, hostile ? hostile : request->call->answer_step);
	else if (request->is_event)
		sk_reply_drop(to);
	else if (request->call->plan == SESSION_ERROR ||
			request->call->plan == SESSION_ERROR_LATER)
		answer_error(session, request, to);
	else if (request->call->plan == SESSION_DROP ||
			request->call->plan == SESSION_DROP_LATER)
		sk_reply_drop(to);
	else
		answer_value(session, request, to);
	if (to->port)
		fuzz_found("%s: answered, and it still could be", session_name(request));
	answer_again(session, request, to, &copy);
	session_use_leases(session, request, &copy);
}

void session_serve_kept(struct session *session, struct session_request *request,
	const struct fuzz_step *hostile)
{
	request->is_kept = false;
	/* A waiting event is kept by its struct sk_events. */
	carry_out(session, request, request->is_event ?
		&request->end->events.next : &request->reply, hostile);
}

struct session_request *session_kept(struct session *session, unsigned n, bool any)
{
	unsigned count = session->request_count;

	for (unsigned i = 0; i < count; i++) {
		struct session_request *request = &session->requests[(i + n) % count];

		if (request->is_kept && request->life == session->lives &&
				(any || (!request->is_event &&
				request->call->plan != SESSION_NEVER)))
			return request;
	}
	return NULL;
}

static void serve(struct sk_reflect_server *server, const struct sk_method_type *method,
	const void *value, struct sk_reply *to)
{
	struct session *session = (struct session *)(void *)server;
	struct session_request *request = session->request;
	struct session_call *call = session->current;
	uint16_t type = session_message(session, method->request)->type;
	void *copy = session_room(session, method->request);
	const struct fuzz_step *step = call->step;

	session->ran++;
	session->ran_method = method;
	memcpy(copy, value, session->schema->types[type].size);
	values_touch(&session->values, type, copy);
	if (!call->is_raw && !values_same(&session->values, type, call->request, copy))
		fuzz_found("%s: another request arrived", method->name);
	session_take_value(session, method->request, copy, SK_LOOPBACK_SERVER,
		step->how[0] & 128);
	if (!to)
		return;
	request->method = method;
	session_visit(session, method->request, copy,
		(struct values_visitor){NULL, session_take_lease, request});
	if (to->deadline != call->deadline)
		fuzz_found("%s: the operation saw another deadline", method->name);
	if (call->plan == SESSION_FORGET) {
		session_use_leases(session, request, to);
	} else if (call->plan >= SESSION_LATER) {
		request->is_kept = true;
		request->reply = sk_reply_keep(to);
	} else {
		carry_out(session, request, to, NULL);
	}
}

static struct sk_events *events_of(struct sk_reflect_server *server)
{
	return &((struct session *)(void *)server)->serving->events;
}

/* ---- what the transport calls ---- */

/* What dispatch has to answer; *method is then what has to run, or NULL. */
static int predict(struct session *session, const struct sk_incoming *incoming,
	const struct sk_method_type **method)
{
	const struct sk_interface_type *interface = session->serving->interface;
	const struct sk_message *message = incoming->message;
	uint32_t id = sk_message_id(message);

	*method = NULL;
	if (id == SK_NEXT_EVENT_ID && interface->next_event && incoming->reply.port)
		return message->size == 8 && sk_get_uint32(message->bytes + 4) == 0 &&
			message->attached.handle_count == 0 &&
			message->attached.lease_count == 0 ? SK_OK : SK_MALFORMED;
	for (unsigned i = 0; i < interface->method_count; i++) {
		const struct sk_method_type *one =
			&session->schema->methods[interface->methods[i]];
		int status;

		if (session_message(session, one->request)->id != id)
			continue;
		if (one->reply != SK_NO_INDEX && !incoming->reply.port)
			return SK_UNKNOWN_METHOD;
		if (!session_state_allows(session->serving, id))
			return SK_WRONG_STATE;
		status = session_try(session, one->request, message->bytes,
			message->size, &message->attached);
		*method = status == SK_OK ? one : NULL;
		return status;
	}
	return SK_UNKNOWN_METHOD;
}

/* Enters a request that awaits an answer. */
static void enter_request(struct session *session, const struct sk_incoming *incoming)
{
	struct session_request *request = &session->requests[session->request_count++];

	*request = (struct session_request){
		.end = session->serving,
		.call = session->current,
		.token = incoming->reply.token,
		.life = session->lives,
	};
	session->request = request;
}

static int dispatch(struct session_end *end, struct sk_incoming *incoming)
{
	struct session *session = end->session;
	const struct sk_method_type *method;
	bool is_awaited = incoming->reply.port, is_event;
	int wanted, status;

	if (!session->current)
		fuzz_found("a request arrives that nobody sent");
	session->serving = end;
	session->ran = 0;
	session->current->requests++;
	if (is_awaited)
		enter_request(session, incoming);
	wanted = predict(session, incoming, &method);
	is_event = wanted == SK_OK && !method;
	if (is_event)
		session->request->is_event = session->request->is_kept = true;
	if (method)
		session_state_follow(end, sk_message_id(incoming->message),
			method->reply != SK_NO_INDEX ? session->request : NULL);
	session->server.state = &end->state;
	status = end->interface->dispatch(&session->server, incoming);
	session->serving = NULL;
	if (status != wanted)
		fuzz_found("%s: dispatch gave %s, not %s", end->interface->name,
			sk_status_name(status), sk_status_name(wanted));
	if (session->ran != (method ? 1 : 0) || (method && session->ran_method != method))
		fuzz_found("%s: %u operations ran for a request that is %s",
			end->interface->name, session->ran, sk_status_name(wanted));
	session_state_check(end, "after a request");
	if (status != SK_OK && is_awaited && !session->request->is_consumed)
		fuzz_found("%s: refused, and not answered", end->interface->name);
	return status;
}

static int dispatch_root(void *self, struct sk_incoming *incoming)
{
	return dispatch(&((struct session *)self)->ends[0], incoming);
}

static int dispatch_mint(void *self, struct sk_incoming *incoming)
{
	return dispatch(((struct session_mint *)self)->end, incoming);
}

static void canceled(struct session_end *end, uint64_t token)
{
	struct session *session = end->session;
	struct session_request *request = session_find_request(session, end, token);

	if (!request)
		fuzz_found("a request is canceled that never was made");
	if (request->life != session->lives)
		return;			/* it was on its way */
	if (request->is_canceled)
		fuzz_found("%s: canceled twice", session_name(request));
	request->is_canceled = true;
	/* A server that does not care finds out when it answers. */
	if (values_random(&session->values, 2))
		return;
	if (request->is_event)
		sk_events_canceled(&end->events, token);
	else if (request->is_kept)
		session_serve_kept(session, request, NULL);
}

static void canceled_root(void *self, uint64_t token)
{
	canceled(&((struct session *)self)->ends[0], token);
}

static void canceled_mint(void *self, uint64_t token)
{
	canceled(((struct session_mint *)self)->end, token);
}

static void gone_root(void *self)
{
	sk_events_close(&((struct session *)self)->ends[0].events);
}

static bool step(void *self)
{
	struct session *session = self;
	struct session_request *request;

	if (session->cancels)
		session->cancel = 1;
	if (session->sends_event) {
		session->sends_event = false;
		session_send_event(session, session->current->end,
			session->current->step->how[0]);
		return true;
	}
	request = session_kept(session, values_random(&session->values, SESSION_REQUESTS),
		false);
	if (!request)
		return false;
	session_serve_kept(session, request, NULL);
	return true;
}

/* A new server, which knows nothing of what the old one had kept. */
static int reconnect(void *self, uint64_t deadline)
{
	struct session *session = self;

	(void)deadline;
	if (session->revivals == 0)
		return SK_PEER_CLOSED;
	session->revivals--;
	session->lives++;
	session->server_bag.count = 0;
	for (unsigned i = 0; i < session->end_count; i++) {
		sk_events_init(&session->ends[i].events);
		session->ends[i].lost = 0;
		session_state_open(session, &session->ends[i]);
	}
	return SK_OK;
}

/* ---- opening ---- */

static void open_end(struct session *session, struct session_end *end,
	const struct sk_interface_type *interface)
{
	end->session = session;
	end->interface = interface;
	end->lost = 0;
	session_state_open(session, end);
	end->loopback_ops = end->loop.port.ops;
	end->port_ops = *end->loop.port.ops;
	end->port_ops.answer = session_answer;
	end->loop.port.ops = &end->port_ops;
	sk_events_init(&end->events);
}

void session_open_root(struct session *session)
{
	struct sk_loopback *loop = &session->ends[0].loop;

	session->server.request = serve;
	session->server.events = events_of;
	sk_loopback_init(loop);
	open_end(session, &session->ends[0], session->interface);
	session->end_count = 1;
	loop->self = session;
	loop->dispatch = dispatch_root;
	loop->canceled = canceled_root;
	loop->gone = gone_root;
	loop->step = step;
	loop->reconnect = reconnect;
	loop->now = SESSION_NOW;
	loop->lease_present = SESSION_ROOM;
}

void session_open_end(struct session *session, struct sk_handle handle)
{
	struct session_end *end = &session->ends[session->end_count];
	struct session_mint *mint;
	int status = SK_EXHAUSTED;

	if (session->end_count < SESSION_ENDS)
		status = sk_loopback_open(&end->loop, &session->ends[0].loop, handle);
	if (status != SK_OK) {
		session_take_handle(session, SK_LOOPBACK_CLIENT, handle, true);
		return;
	}
	mint = end->loop.self;
	open_end(session, end, mint->interface);
	mint->end = end;
	session->end_count++;
}
