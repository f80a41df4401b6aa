/*
 * Channels: what generated clients and servers share above every transport.
 * It sorts what comes back (reply, error, status) and sees to it that each
 * request is answered once and each handle closed once. Freestanding.
 */
#include "runtime/channel.h"

#include "runtime/codec.h"

#define HEAD_SIZE 8

/* The number of a message of 12 bytes, or 0 if it is none. */
static int32_t short_number(const struct sk_message *message)
{
	if (message->size != SK_STATUS_SIZE || sk_get_uint32(message->bytes + 4) != 0)
		return 0;
	return (int32_t)sk_get_uint32(message->bytes + HEAD_SIZE);
}

/* Takes one handle that is still there out of a message. */
static bool take_handle(struct sk_message *message, struct sk_handle *handle)
{
	if (message->attached.handle_count > SK_HANDLES_MAX)
		message->attached.handle_count = SK_HANDLES_MAX;
	while (message->attached.handle_count > 0) {
		*handle = message->attached.handles[--message->attached.handle_count].handle;
		if (handle->raw >= 0)
			return true;
	}
	return false;
}

static void close_handles(struct sk_channel *channel, struct sk_message *message)
{
	struct sk_handle handle;

	while (take_handle(message, &handle))
		channel->ops->close_handle(channel, handle);
}

static void port_close_handles(struct sk_port *port, struct sk_message *message)
{
	struct sk_handle handle;

	while (take_handle(message, &handle))
		port->ops->close_handle(port, handle);
}

uint32_t sk_message_id(const struct sk_message *message)
{
	return message->size < HEAD_SIZE ? 0 : sk_get_uint32(message->bytes);
}

/* ---- clients ---- */

void sk_discard(struct sk_channel *channel)
{
	close_handles(channel, &channel->reply);
}

/* A reply was asked for and this came: what the caller is told. */
static int sort_reply(const struct sk_message *reply, uint32_t reply_id)
{
	uint32_t id = sk_message_id(reply);
	int32_t number;

	if (id == reply_id)
		return SK_OK;
	number = short_number(reply);
	if (id == reply_id + 1 && number > 0)
		return number;
	if (id == SK_STATUS_ID && number < 0)
		return number;
	return SK_MALFORMED;
}

static const struct sk_call forever = {.deadline = SK_FOREVER};

static int begin(struct sk_channel *channel, int encoded)
{
	struct sk_message *request = &channel->request;

	sk_discard(channel);
	channel->delivered = false;
	if (encoded >= 0 && (uint32_t)encoded > request->capacity)
		encoded = SK_TOO_BIG;
	if (encoded < 0) {
		close_handles(channel, request);
		return encoded;
	}
	request->size = (uint32_t)encoded;
	return SK_OK;
}

int sk_invoke(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	int status = begin(channel, encoded);

	if (status != SK_OK)
		return status;
	status = channel->ops->call(channel, call ? call : &forever);
	if (status != SK_OK)
		return status;
	channel->delivered = true;
	status = sort_reply(&channel->reply, method->reply_id);
	if (status != SK_OK)
		sk_discard(channel);
	return status;
}

int sk_send(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	int status = begin(channel, encoded);

	(void)method;
	if (status != SK_OK)
		return status;
	return channel->ops->send(channel, call ? call : &forever);
}

/* ---- servers ---- */

struct sk_reply sk_reply_keep(struct sk_reply *to)
{
	struct sk_reply kept = *to;

	to->port = NULL;
	return kept;
}

int sk_answer(struct sk_reply *to, int encoded)
{
	struct sk_reply reply = sk_reply_keep(to);

	if (!reply.port)
		return SK_BAD_TOKEN;
	if (encoded >= 0 && (uint32_t)encoded > reply.port->answer.capacity)
		encoded = SK_TOO_BIG;
	if (encoded < 0) {
		sk_answer_error(&reply, encoded);
		return encoded;
	}
	reply.port->answer.size = (uint32_t)encoded;
	return reply.port->ops->answer(reply.port, &reply);
}

int sk_answer_error(struct sk_reply *to, int32_t error)
{
	struct sk_message *answer;

	if (!to->port)
		return SK_BAD_TOKEN;
	if (error == 0)
		return SK_INVALID;
	answer = &to->port->answer;
	port_close_handles(to->port, answer);
	sk_put_uint32(answer->bytes, error > 0 ? to->id + 1 : SK_STATUS_ID);
	sk_put_uint32(answer->bytes + 4, 0);
	sk_put_uint32(answer->bytes + HEAD_SIZE, (uint32_t)error);
	return sk_answer(to, SK_STATUS_SIZE);
}

void sk_reply_drop(struct sk_reply *to)
{
	sk_answer_error(to, SK_PEER_DROPPED);
}

int sk_refuse(struct sk_incoming *incoming, int status)
{
	port_close_handles(incoming->port, incoming->message);
	sk_answer_error(&incoming->reply, status);
	return status;
}

void sk_finish(struct sk_incoming *incoming)
{
	port_close_handles(incoming->port, incoming->message);
	sk_reply_drop(&incoming->reply);
}
