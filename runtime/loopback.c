/* The in-process transport: two buffers each way and a table of tokens. */
#include "runtime/loopback.h"

#include "runtime/env.h"

static struct sk_loopback *of_channel(struct sk_channel *channel)
{
	return (struct sk_loopback *)(void *)((uint8_t *)channel -
		offsetof(struct sk_loopback, channel));
}

static struct sk_loopback *of_port(struct sk_port *port)
{
	return (struct sk_loopback *)(void *)((uint8_t *)port -
		offsetof(struct sk_loopback, port));
}

static void close_one(struct sk_loopback *loopback, struct sk_handle handle)
{
	loopback->handles_closed++;
	if (loopback->close_handle)
		loopback->close_handle(loopback->self, handle);
}

static void close_channel_handle(struct sk_channel *channel, struct sk_handle handle)
{
	close_one(of_channel(channel), handle);
}

static void close_port_handle(struct sk_port *port, struct sk_handle handle)
{
	close_one(of_port(port), handle);
}

/* Handles that were sent but do not arrive. */
static void lose_handles(struct sk_loopback *loopback, struct sk_message *message)
{
	uint32_t count = message->attached.handle_count;

	message->attached.handle_count = 0;
	if (count > SK_HANDLES_MAX)
		count = SK_HANDLES_MAX;
	loopback->handles_sent += count;
	for (uint32_t i = 0; i < count; i++)
		close_one(loopback, message->attached.handles[i].handle);
}

/* Moves a message to the other side, handles and all. */
static int carry(struct sk_loopback *loopback, struct sk_message *from,
	struct sk_message *to)
{
	if (from->attached.handle_count > SK_HANDLES_MAX || from->size > to->capacity) {
		lose_handles(loopback, from);
		return from->size > to->capacity ? SK_TOO_BIG : SK_BAD_HANDLE;
	}
	memcpy(to->bytes, from->bytes, from->size);
	to->size = from->size;
	to->attached.handle_count = from->attached.handle_count;
	for (uint32_t i = 0; i < from->attached.handle_count; i++)
		to->attached.handles[i].handle = from->attached.handles[i].handle;
	loopback->handles_sent += from->attached.handle_count;
	loopback->handles_delivered += from->attached.handle_count;
	from->attached.handle_count = 0;
	return SK_OK;
}

static struct sk_loopback_call *find_call(struct sk_loopback *loopback, uint64_t token)
{
	for (unsigned i = 0; i < SK_LOOPBACK_CALLS; i++)
		if (loopback->calls[i].token == token)
			return &loopback->calls[i];
	return NULL;
}

static int deliver(struct sk_loopback *loopback, struct sk_port *reply_port,
	uint64_t token)
{
	struct sk_incoming incoming = {
		.port = &loopback->port,
		.message = &loopback->arrived,
		.badge = loopback->badge,
		.reply = {.port = reply_port, .token = token},
	};
	int status = carry(loopback, &loopback->channel.request, &loopback->arrived);

	if (status != SK_OK)
		return status;
	loopback->channel.delivered = true;
	loopback->last_dispatch = loopback->dispatch(loopback->self, &incoming);
	sk_finish(&incoming);
	return SK_OK;
}

/* Why the call cannot go on waiting; SK_OK if it can. */
static int wait_step(struct sk_loopback *loopback, uint64_t deadline)
{
	if (loopback->server_gone || loopback->client_gone)
		return SK_PEER_CLOSED;
	if (deadline <= loopback->now)
		return SK_TIMED_OUT;
	if (loopback->step && loopback->step(loopback->self))
		return SK_OK;
	if (loopback->waiting == 0 || loopback->server_gone)
		return SK_OK;
	if (deadline == SK_FOREVER)
		return SK_WOULD_BLOCK;
	loopback->now = deadline;
	return SK_OK;
}

static int wait_for_answer(struct sk_loopback *loopback, uint64_t deadline)
{
	uint64_t token = loopback->waiting;

	while (loopback->waiting != 0) {
		int status = wait_step(loopback, deadline);
		struct sk_loopback_call *call;

		if (status == SK_OK)
			continue;
		call = find_call(loopback, token);
		loopback->waiting = 0;
		if (call)
			call->canceled = true;
		if (call && loopback->canceled && !loopback->server_gone)
			loopback->canceled(loopback->self, token);
		return status;
	}
	return SK_OK;
}

static int refuse(struct sk_loopback *loopback, int status)
{
	lose_handles(loopback, &loopback->channel.request);
	return status;
}

static int loopback_call(struct sk_channel *channel, const struct sk_call *how)
{
	struct sk_loopback *loopback = of_channel(channel);
	struct sk_loopback_call *call;
	int status;

	if (loopback->server_gone || loopback->client_gone)
		return refuse(loopback, SK_PEER_CLOSED);
	if (loopback->in_call)
		return refuse(loopback, SK_INVALID);
	call = find_call(loopback, 0);
	if (!call)
		return refuse(loopback, SK_EXHAUSTED);
	call->token = ++loopback->tokens;
	call->canceled = false;
	loopback->waiting = call->token;
	loopback->in_call = true;
	status = deliver(loopback, &loopback->port, call->token);
	if (status == SK_OK)
		status = wait_for_answer(loopback, how->deadline);
	else
		call->token = loopback->waiting = 0;
	loopback->in_call = false;
	return status;
}

static int loopback_send(struct sk_channel *channel, const struct sk_call *how)
{
	struct sk_loopback *loopback = of_channel(channel);
	int status;

	(void)how;
	if (loopback->server_gone || loopback->client_gone)
		return refuse(loopback, SK_PEER_CLOSED);
	if (loopback->in_call)
		return refuse(loopback, SK_INVALID);
	loopback->in_call = true;
	status = deliver(loopback, NULL, 0);
	loopback->in_call = false;
	return status;
}

/* Why the answer reaches nobody; SK_OK if it does. Frees its place. */
static int settle(struct sk_loopback *loopback, uint64_t token)
{
	struct sk_loopback_call *call = token ? find_call(loopback, token) : NULL;

	if (!call)
		return SK_BAD_TOKEN;
	call->token = 0;
	if (loopback->client_gone || loopback->server_gone)
		return SK_PEER_CLOSED;
	return call->canceled ? SK_CANCELED : SK_OK;
}

static int loopback_answer(struct sk_port *port, const struct sk_reply *reply)
{
	struct sk_loopback *loopback = of_port(port);
	int status = settle(loopback, reply->token);

	if (status != SK_OK) {
		lose_handles(loopback, &port->answer);
		return status;
	}
	status = carry(loopback, &port->answer, &loopback->channel.reply);
	if (status != SK_OK) {
		loopback->channel.reply.size = 0;
		loopback->channel.reply.attached.handle_count = 0;
	}
	loopback->waiting = 0;
	return status;
}

static void lend(struct sk_message *message, uint8_t *buffer)
{
	message->bytes = buffer;
	message->capacity = SK_MESSAGE_MAX;
}

void sk_loopback_init(struct sk_loopback *loopback)
{
	static const struct sk_channel_ops channel_ops = {
		.call = loopback_call,
		.send = loopback_send,
		.close_handle = close_channel_handle,
	};
	static const struct sk_port_ops port_ops = {
		.answer = loopback_answer,
		.close_handle = close_port_handle,
	};

	memset(loopback, 0, sizeof(*loopback));
	loopback->channel.ops = &channel_ops;
	loopback->port.ops = &port_ops;
	lend(&loopback->channel.request, loopback->buffers[0]);
	lend(&loopback->arrived, loopback->buffers[1]);
	lend(&loopback->port.answer, loopback->buffers[2]);
	lend(&loopback->channel.reply, loopback->buffers[3]);
}

void sk_loopback_kill_server(struct sk_loopback *loopback)
{
	loopback->server_gone = true;
}

void sk_loopback_kill_client(struct sk_loopback *loopback)
{
	loopback->client_gone = true;
	for (unsigned i = 0; i < SK_LOOPBACK_CALLS; i++) {
		struct sk_loopback_call *call = &loopback->calls[i];

		if (call->token == 0 || call->canceled)
			continue;
		call->canceled = true;
		if (loopback->canceled)
			loopback->canceled(loopback->self, call->token);
	}
}

unsigned sk_loopback_unanswered(const struct sk_loopback *loopback)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SK_LOOPBACK_CALLS; i++)
		count += loopback->calls[i].token != 0;
	return count;
}
