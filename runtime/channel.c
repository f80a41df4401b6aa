/*
 * Channels: what generated clients and servers share above every transport.
 * It sorts what comes back (reply, error, status), makes a call again where
 * that is safe, and sees to it that each request is answered once and each
 * handle closed once. Freestanding.
 */
#include "runtime/channel.h"

#include "runtime/codec.h"
#include "runtime/trace.h"

#define HEAD_SIZE 8
#define NS_PER_MS UINT64_C(1000000)
/* Not for every call: small rather than fast. */
#define COLD __attribute__((cold, noinline))

const struct sk_switches sk_switches_off = {0, SK_SWITCHED_OFF};
const struct sk_switches sk_switches_apart = {UINT32_MAX, SK_SWITCHED_OFF};

/* The number of a message of 12 bytes, or 0 if it is none. */
static int32_t short_number(const struct sk_message *message)
{
	if (message->size != SK_STATUS_SIZE || sk_get_uint32(message->bytes + 4) != 0)
		return 0;
	return (int32_t)sk_get_uint32(message->bytes + HEAD_SIZE);
}

/* Takes one handle that is to be closed out of what is attached; the end
 * leaves nothing attached. */
COLD static bool take_handle(struct sk_attached *attached, struct sk_handle *handle)
{
	while (attached->handle_count > 0) {
		struct sk_passed *passed = &attached->handles[--attached->handle_count];

		*handle = passed->handle;
		if (handle->raw >= 0 && !passed->copy)
			return true;
	}
	attached->lease_count = 0;
	return false;
}

void sk_close_attached(struct sk_channel *channel, struct sk_attached *attached)
{
	struct sk_handle handle;

	while (take_handle(attached, &handle))
		channel->ops->close_handle(channel, handle);
}

static void port_close_attached(struct sk_port *port, struct sk_attached *attached)
{
	struct sk_handle handle;

	while (take_handle(attached, &handle))
		port->ops->close_handle(port, handle);
}

uint32_t sk_message_id(const struct sk_message *message)
{
	return message->size < HEAD_SIZE ? 0 : sk_get_uint32(message->bytes);
}

/* ---- clients ---- */

void sk_discard(struct sk_channel *channel)
{
	sk_close_attached(channel, &channel->reply.attached);
}

void sk_close(struct sk_channel *channel, struct sk_handle handle)
{
	if (handle.raw >= 0)
		channel->ops->close_handle(channel, handle);
}

int sk_sort(const struct sk_message *reply, const struct sk_method *method)
{
	uint32_t id = sk_message_id(reply), wanted = method->reply_id;
	int32_t number = short_number(reply);

	if (id == SK_STATUS_ID)
		return number < 0 ? number : SK_MALFORMED;
	if (wanted == SK_LOST_ID)
		return (id & 3) == 3 || (id == wanted && number != 0) ?
			SK_OK : SK_MALFORMED;
	if (id == wanted)
		return SK_OK;
	return id == wanted + 1 && number > 0 ? number : SK_MALFORMED;
}

uint64_t sk_deadline(struct sk_channel *channel, const struct sk_method *method,
	const struct sk_call *call)
{
	if (call)
		return call->deadline;
	if (method->deadline_ms == 0)
		return SK_FOREVER;
	return channel->ops->now(channel) + method->deadline_ms * NS_PER_MS;
}

/* Whether it can be made again: what moves with it would be gone. */
static bool moves_handles(const struct sk_attached *attached)
{
	for (uint32_t i = 0; i < attached->handle_count; i++)
		if (!attached->handles[i].copy)
			return true;
	return false;
}

typedef int transmit(struct sk_channel *channel, const struct sk_call *call);

/* After SK_PEER_CLOSED: makes the call again as long as that is safe. */
COLD static int repeat(struct sk_channel *channel, transmit *how,
	const struct sk_method *method, const struct sk_call *call)
{
	bool delivered = channel->delivered;
	int status = SK_PEER_CLOSED;

	for (unsigned i = 1; i < SK_ATTEMPTS_MAX && status == SK_PEER_CLOSED; i++) {
		if ((delivered && !(method->flags & SK_METHOD_IDEMPOTENT)) ||
				moves_handles(&channel->request.attached))
			break;
		status = channel->ops->reconnect(channel, call);
		if (status != SK_OK)
			break;
		channel->delivered = false;
		channel->repeated++;
		status = how(channel, call);
		delivered |= channel->delivered;
	}
	channel->delivered = delivered;
	return status;
}

/* Why the request cannot be sent; 0 if it can. */
static int check_request(const struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	if (encoded < 0)
		return encoded;
	if ((uint32_t)encoded > channel->request.capacity)
		return SK_TOO_BIG;
	if (call && call->cancel && !(method->flags & SK_METHOD_CANCELLABLE))
		return SK_INVALID;
	return SK_OK;
}

static int send_request(struct sk_channel *channel, int encoded, transmit *how,
	const struct sk_method *method, const struct sk_call *call)
{
	struct sk_message *request = &channel->request;
	int status = check_request(channel, encoded, method, call);
	struct sk_call own;

	sk_discard(channel);
	channel->delivered = false;
	channel->repeated = 0;
	if (status != SK_OK) {
		sk_close_attached(channel, &request->attached);
		return status;
	}
	own.deadline = sk_deadline(channel, method, call);
	own.cancel = call ? call->cancel : NULL;
	request->size = (uint32_t)encoded;
	channel->method = method;
	status = how(channel, &own);
	if (SK_UNLIKELY(status == SK_PEER_CLOSED && channel->ops->reconnect))
		status = repeat(channel, how, method, &own);
	sk_attach_none(&request->attached);
	return status;
}

static int invoke(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	int status = send_request(channel, encoded, channel->ops->call, method, call);

	if (status != SK_OK)
		return status;
	channel->delivered = true;
	status = sk_sort(&channel->reply, method);
	if (status != SK_OK)
		sk_discard(channel);
	return status;
}

int sk_invoke(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	return SK_UNLIKELY(sk_trace_wants(channel->trace, SK_TRACE_CALLS)) ?
		channel->trace->ops->invoke(invoke, channel, encoded, method, call) :
		invoke(channel, encoded, method, call);
}

int sk_invoke_words(struct sk_channel *channel, struct sk_words *words, int encoded,
	const struct sk_method *method, uint32_t reply_id, uint32_t reply_size,
	const struct sk_call *call)
{
	int status;

	(void)reply_id;
	if (encoded > 0 && (uint32_t)encoded <= channel->request.capacity)
		memcpy(channel->request.bytes, words, (size_t)encoded);
	status = sk_invoke(channel, encoded, method, call);
	if (status != SK_OK)
		return status;
	status = channel->reply.size != reply_size ? SK_MALFORMED :
		sk_take_none(&channel->reply.attached);
	if (status == SK_OK)
		memcpy(words, channel->reply.bytes, reply_size);
	sk_discard(channel);
	return status;
}

static int send(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	if (encoded >= 0 && channel->request.attached.lease_count > 0)
		encoded = SK_BAD_LEASE;
	return send_request(channel, encoded, channel->ops->send, method, call);
}

int sk_send(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	return SK_UNLIKELY(sk_trace_wants(channel->trace, SK_TRACE_CALLS)) ?
		channel->trace->ops->send(send, channel, encoded, method, call) :
		send(channel, encoded, method, call);
}

/* ---- servers ---- */

struct sk_reply sk_reply_keep(struct sk_reply *to)
{
	struct sk_reply kept = *to;

	to->port = NULL;
	to->waits = NULL;
	kept.waits = NULL;
	return kept;
}

static bool goes_in_words(const struct sk_reply *to, int encoded)
{
	return to->waits && encoded <= SK_WORDS_SIZE &&
		to->port->answer.attached.handle_count == 0;
}

/* Apart: else every answer clears room for them. */
COLD static int answer_in_words(struct sk_reply *to, int encoded)
{
	struct sk_words words = SK_NO_WORDS;

	memcpy(&words, to->port->answer.bytes, (size_t)encoded);
	return sk_answer_words(to, &words, encoded);
}

int sk_answer(struct sk_reply *to, int encoded)
{
	struct sk_reply reply;

	if (!to->port)
		return SK_BAD_TOKEN;
	/* Or it did not encode: below zero it is a status. */
	if (SK_UNLIKELY((uint32_t)encoded > to->port->answer.capacity)) {
		encoded = encoded < 0 ? encoded : SK_TOO_BIG;
		sk_answer_error(to, encoded);
		return encoded;
	}
	if (SK_UNLIKELY(goes_in_words(to, encoded)))
		return answer_in_words(to, encoded);
	if (SK_UNLIKELY(to->leads != 0))
		*to->state = (uint8_t)(to->leads - 1);
	reply = *to;		/* `waits` too: it is being dispatched */
	to->port = NULL;
	to->waits = NULL;
	reply.port->answer.size = (uint32_t)encoded;
	if (SK_UNLIKELY(reply.correlation != 0 && reply.port->trace))
		reply.port->trace->ops->answer(&reply);
	encoded = reply.port->ops->answer(reply.port, &reply);
	sk_attach_none(&reply.port->answer.attached);
	return encoded;
}

int sk_answer_copied(struct sk_reply *to, struct sk_words words, int encoded)
{
	if (!to->port)
		return SK_BAD_TOKEN;
	/* All words, which have room: how many does not need to be looked at. */
	memcpy(to->port->answer.bytes, &words, sizeof(words));
	return sk_answer(to, encoded);
}

COLD int sk_answer_error(struct sk_reply *to, int32_t error)
{
	struct sk_message *answer;

	if (!to->port)
		return SK_BAD_TOKEN;
	if (error == 0)
		return SK_INVALID;
	to->leads = 0;
	answer = &to->port->answer;
	port_close_attached(to->port, &answer->attached);
	sk_put_uint32(answer->bytes, error > 0 ? to->id + 1 : SK_STATUS_ID);
	sk_put_uint32(answer->bytes + 4, 0);
	sk_put_uint32(answer->bytes + HEAD_SIZE, (uint32_t)error);
	return sk_answer(to, SK_STATUS_SIZE);
}

COLD void sk_reply_drop(struct sk_reply *to)
{
	sk_answer_error(to, SK_PEER_DROPPED);
}

COLD int sk_refuse(struct sk_incoming *incoming, int status)
{
	if (SK_UNLIKELY(incoming->reply.correlation != 0 && incoming->reply.port &&
			incoming->port->trace))
		incoming->port->trace->ops->refuse(incoming, status);
	port_close_attached(incoming->port, &incoming->message->attached);
	sk_answer_error(&incoming->reply, status);
	return status;
}

void sk_finish(struct sk_incoming *incoming)
{
	if (SK_UNLIKELY(incoming->reply.port || incoming->message->attached.handle_count))
		sk_refuse(incoming, SK_PEER_DROPPED);
}

static int copy_lease(const struct sk_reply *to, const struct sk_lease *lease,
	uint64_t offset, void *data, uint64_t size, uint32_t direction, uint64_t *done)
{
	const struct sk_port *port = to->port;
	uint64_t unused;

	if (!done)
		done = &unused;
	*done = 0;
	if (!port)
		return SK_BAD_TOKEN;
	if (lease->number == 0 || !(lease->direction & direction) ||
			offset > lease->size || size > lease->size - offset ||
			!port->ops->lease_copy)
		return SK_BAD_LEASE;
	return port->ops->lease_copy(to->port, to, lease->number, offset, data, size,
		direction == SK_LEASE_OUT, done);
}

int sk_lease_read(const struct sk_reply *to, const struct sk_lease *lease,
	uint64_t offset, void *data, uint64_t size, uint64_t *done)
{
	return copy_lease(to, lease, offset, data, size, SK_LEASE_IN, done);
}

int sk_lease_write(const struct sk_reply *to, const struct sk_lease *lease,
	uint64_t offset, const void *data, uint64_t size, uint64_t *done)
{
	return copy_lease(to, lease, offset, (void *)(uintptr_t)data, size,
		SK_LEASE_OUT, done);
}

void *sk_lease_memory(const struct sk_reply *to, const struct sk_lease *lease)
{
	if (!to->port || lease->number == 0 || !to->port->ops->lease_memory)
		return NULL;
	return to->port->ops->lease_memory(to->port, to, lease->number);
}

int sk_mint(struct sk_port *port, const struct sk_object *object, void *self,
	struct sk_handle *handle)
{
	*handle = sk_no_handle();
	return port->ops->mint ? port->ops->mint(port, object, self, handle) : SK_INVALID;
}

void sk_port_close(struct sk_port *port, struct sk_handle handle)
{
	if (handle.raw >= 0)
		port->ops->close_handle(port, handle);
}
