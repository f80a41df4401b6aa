/*
 * The in-process transport: two buffers each way, a table of tokens, and what
 * all ends of one server share at the root: the clock, death, the ledger.
 */
#include "runtime/loopback_parts.h"

#include "runtime/codec.h"
#include "runtime/trace.h"

static struct sk_loopback *of_channel(struct sk_channel *channel)
{
	return (struct sk_loopback *)(void *)((uint8_t *)channel -
		offsetof(struct sk_loopback, channel));
}

static void close_channel_handle(struct sk_channel *channel, struct sk_handle handle)
{
	sk_loopback_close_one(of_channel(channel)->root, SK_LOOPBACK_CLIENT, handle);
}

static void close_port_handle(struct sk_port *port, struct sk_handle handle)
{
	sk_loopback_close_one(sk_loopback_of_port(port)->root, SK_LOOPBACK_SERVER, handle);
}

/* ---- requests ---- */

static struct sk_loopback_call *find_call(struct sk_loopback *loopback, uint64_t token)
{
	for (unsigned i = 0; i < SK_LOOPBACK_CALLS; i++)
		if (loopback->calls[i].token == token)
			return &loopback->calls[i];
	return NULL;
}

static void dispatch(struct sk_loopback *loopback, struct sk_incoming *incoming)
{
	loopback->root->depth++;
	loopback->in_dispatch = true;
	loopback->last_dispatch = sk_dispatch(loopback->dispatch, loopback->self, incoming);
	sk_finish(incoming);
	loopback->in_dispatch = false;
	loopback->root->depth--;
	sk_loopback_tell(loopback);
	sk_loopback_reap(loopback->root);
}

/* A point at which the server is in the midst of something: of who died then it
 * is told afterwards. */
static void quiet_point(struct sk_loopback *loopback)
{
	bool in_dispatch = loopback->in_dispatch;

	loopback->in_dispatch = true;
	sk_loopback_point(loopback);
	loopback->in_dispatch = in_dispatch;
}

/* Sends a request over and has it served. A status: it did not arrive, and
 * what was to move is lost. `call` is NULL if no answer is awaited. */
static int deliver(struct sk_loopback *loopback, struct sk_message *request,
	struct sk_loopback_call *call, uint64_t deadline, bool *delivered)
{
	struct sk_incoming incoming = {
		.port = &loopback->port,
		.message = &loopback->arrived,
		.badge = loopback->badge,
		.reply = {.deadline = deadline},
	};
	int status;

	sk_loopback_point(loopback);
	if (sk_loopback_is_cut(loopback)) {
		sk_loopback_lose(loopback->root, &request->attached, SK_LOOPBACK_CLIENT);
		return SK_PEER_CLOSED;
	}
	status = sk_loopback_carry(loopback, request, &loopback->arrived, SK_LOOPBACK_CLIENT);
	if (status != SK_OK)
		return status;
	*delivered = true;
	if (call) {
		incoming.reply.port = &loopback->port;
		incoming.reply.token = call->token;
		call->is_told = false;
	}
	/* What has arrived is served before anyone is told that nobody waits. */
	quiet_point(loopback);
	if (loopback->server_gone) {
		if (call)
			call->token = 0;
		sk_loopback_tell(loopback);
		return SK_OK;
	}
	dispatch(loopback, &incoming);
	sk_loopback_point(loopback);
	return SK_OK;
}

/* A place for a call that is to be answered, or NULL. */
static struct sk_loopback_call *new_call(struct sk_loopback *loopback,
	const struct sk_attached *attached, struct sk_slot *slot)
{
	struct sk_loopback_call *call = find_call(loopback, 0);

	if (!call)
		return NULL;
	call->token = ++loopback->tokens;
	call->canceled = false;
	call->is_told = true;		/* the server knows of no call yet */
	call->slot = slot;
	call->lease_count = attached->lease_count;
	for (uint32_t i = 0; i < attached->lease_count && i < SK_LEASES_MAX; i++)
		call->leases[i] = attached->leases[i];
	return call;
}

static int refuse(struct sk_loopback *loopback, struct sk_message *request, int status)
{
	sk_loopback_lose(loopback->root, &request->attached, SK_LOOPBACK_CLIENT);
	return status;
}

/* Why no call can be made now; SK_OK if one can. */
static int check_call(const struct sk_loopback *loopback, const struct sk_call *how)
{
	if (sk_loopback_is_cut(loopback))
		return SK_PEER_CLOSED;
	if (loopback->in_call)
		return SK_INVALID;
	return how->cancel && *how->cancel ? SK_CANCELED : SK_OK;
}

/* Lets the server do some of its work. */
static bool work(struct sk_loopback *root)
{
	bool is_more;

	sk_loopback_point(root);
	if (!root->step || root->server_gone)
		return false;
	root->depth++;
	is_more = root->step(root->self);
	root->depth--;
	sk_loopback_reap(root);
	return is_more;
}

/* Why the call cannot go on waiting; SK_OK if it can. */
static int wait_step(struct sk_loopback *loopback, const struct sk_call *how)
{
	struct sk_loopback *root = loopback->root;

	if (sk_loopback_is_cut(loopback))
		return SK_PEER_CLOSED;
	if (how->cancel && *how->cancel)
		return SK_CANCELED;
	if (how->deadline <= root->now)
		return SK_TIMED_OUT;
	if (work(root) || loopback->waiting == 0 || sk_loopback_is_cut(loopback))
		return SK_OK;
	if (how->cancel && *how->cancel)
		return SK_CANCELED;
	if (how->deadline == SK_FOREVER)
		return SK_WOULD_BLOCK;
	root->now = how->deadline;
	return SK_OK;
}

static int wait_for_answer(struct sk_loopback *loopback, const struct sk_call *how)
{
	uint64_t token = loopback->waiting;

	while (loopback->waiting != 0) {
		int status = wait_step(loopback, how);
		struct sk_loopback_call *call;

		if (status == SK_OK)
			continue;
		call = find_call(loopback, token);
		loopback->waiting = 0;
		if (call)
			sk_loopback_give_up(loopback, call, status);
		return status;
	}
	return SK_OK;
}

static int loopback_call(struct sk_channel *channel, const struct sk_call *how)
{
	struct sk_loopback *loopback = of_channel(channel);
	struct sk_message *request = &channel->request;
	int status = check_call(loopback, how);
	struct sk_loopback_call *call;

	if (status != SK_OK)
		return refuse(loopback, request, status);
	call = new_call(loopback, &request->attached, NULL);
	if (!call)
		return refuse(loopback, request, SK_EXHAUSTED);
	loopback->waiting = call->token;
	loopback->in_call = true;
	status = deliver(loopback, request, call, how->deadline, &channel->delivered);
	if (status == SK_OK)
		status = wait_for_answer(loopback, how);
	else
		call->token = loopback->waiting = 0;
	loopback->in_call = false;
	return status;
}

static int loopback_send(struct sk_channel *channel, const struct sk_call *how)
{
	struct sk_loopback *loopback = of_channel(channel);
	int status = check_call(loopback, how);

	if (status != SK_OK)
		return refuse(loopback, &channel->request, status);
	loopback->in_call = true;
	status = deliver(loopback, &channel->request, NULL, how->deadline,
		&channel->delivered);
	loopback->in_call = false;
	return status;
}

static uint64_t loopback_now(struct sk_channel *channel)
{
	return of_channel(channel)->root->now;
}

/* A server that lives again knows nothing of what it had kept. */
static int loopback_reconnect(struct sk_channel *channel, const struct sk_call *how)
{
	struct sk_loopback *loopback = of_channel(channel);
	int status;

	if (loopback->client_gone || loopback->session || !loopback->reconnect)
		return SK_PEER_CLOSED;
	status = loopback->reconnect(loopback->self, how->deadline);
	if (status != SK_OK)
		return status;
	for (unsigned i = 0; i < SK_LOOPBACK_CALLS; i++)
		loopback->calls[i].token = 0;
	loopback->server_gone = false;
	return SK_OK;
}

/* ---- answers ---- */

/* The client must not wait for what cannot be sent. */
static void answer_status(struct sk_message *reply, int status)
{
	sk_put_uint32(reply->bytes, SK_STATUS_ID);
	sk_put_uint32(reply->bytes + 4, 0);
	sk_put_uint32(reply->bytes + 8, (uint32_t)status);
	reply->size = SK_STATUS_SIZE;
	sk_attach_none(&reply->attached);
}

static int loopback_answer(struct sk_port *port, const struct sk_reply *reply)
{
	struct sk_loopback *loopback = sk_loopback_of_port(port);
	struct sk_loopback_call *call =
		reply->token ? find_call(loopback, reply->token) : NULL;
	struct sk_message *to;
	int status = SK_OK;

	/* Who is told something now could answer into the same buffer. */
	if (call)
		quiet_point(loopback);
	if (!call || sk_loopback_is_cut(loopback) || call->canceled) {
		status = !call ? SK_BAD_TOKEN : sk_loopback_is_cut(loopback) ? SK_PEER_CLOSED :
			SK_CANCELED;
		sk_loopback_lose(loopback->root, &port->answer.attached, SK_LOOPBACK_SERVER);
	} else {
		to = call->slot ? &call->slot->reply : &loopback->channel.reply;
		port->answer.attached.lease_count = 0;
		status = sk_loopback_carry(loopback, &port->answer, to, SK_LOOPBACK_SERVER);
		if (status != SK_OK)
			answer_status(to, status);
		if (call->slot)
			sk_loopback_complete(call, SK_OK);
		else
			loopback->waiting = 0;
	}
	if (call)
		call->token = 0;
	sk_loopback_tell(loopback);
	return status;
}

/* ---- leases ---- */

static int check_lease(const struct sk_loopback *loopback,
	const struct sk_loopback_call *call, uint32_t number, bool write,
	uint64_t offset, uint64_t size)
{
	const struct sk_lease *lease;

	if (!call)
		return SK_BAD_TOKEN;
	if (sk_loopback_is_cut(loopback))
		return SK_PEER_CLOSED;
	if (call->canceled)
		return SK_CANCELED;
	if (number == 0 || number > call->lease_count)
		return SK_BAD_LEASE;
	lease = &call->leases[number - 1];
	return lease->direction & (write ? SK_LEASE_OUT : SK_LEASE_IN) &&
		offset <= lease->size && size <= lease->size - offset ?
		SK_OK : SK_BAD_LEASE;
}

static int loopback_lease_copy(struct sk_port *port, const struct sk_reply *reply,
	uint32_t number, uint64_t offset, void *data, uint64_t size, bool write,
	uint64_t *done)
{
	struct sk_loopback *loopback = sk_loopback_of_port(port);
	struct sk_loopback_call *call =
		reply->token ? find_call(loopback, reply->token) : NULL;
	uint64_t present = loopback->root->lease_present;
	uint8_t *lent;
	int status;

	if (call)
		sk_loopback_point(loopback);
	status = check_lease(loopback, call, number, write, offset, size);
	if (status != SK_OK)
		return status;
	present = present > offset ? present - offset : 0;
	*done = size < present ? size : present;
	lent = (uint8_t *)call->leases[number - 1].data + offset;
	if (*done > 0 && lent != data)
		memcpy(write ? lent : data, write ? data : lent, (size_t)*done);
	return *done == size ? SK_OK : SK_LEASE_FAULT;
}

static void *loopback_lease_memory(struct sk_port *port, const struct sk_reply *reply,
	uint32_t number)
{
	struct sk_loopback *loopback = sk_loopback_of_port(port);
	struct sk_loopback_call *call =
		reply->token ? find_call(loopback, reply->token) : NULL;

	if (!call || call->canceled || sk_loopback_is_cut(loopback) ||
			number > call->lease_count ||
			call->leases[number - 1].size > loopback->root->lease_present)
		return NULL;
	return call->leases[number - 1].data;
}

/* ---- rings ---- */

static int ring_submit(struct sk_ring *ring, struct sk_slot *slot)
{
	struct sk_loopback *loopback = of_channel(slot->channel);
	const struct sk_call how = {.deadline = slot->deadline};
	int status = check_call(loopback, &how);
	struct sk_loopback_call *call;
	bool delivered = false;

	(void)ring;
	if (status != SK_OK)
		return refuse(loopback, &slot->request, status);
	call = new_call(loopback, &slot->request.attached, slot);
	if (!call)
		return refuse(loopback, &slot->request, SK_EXHAUSTED);
	slot->number = call->token;
	slot->state = SK_SLOT_BUSY;
	loopback->in_call = true;
	status = deliver(loopback, &slot->request, call, slot->deadline, &delivered);
	loopback->in_call = false;
	/* Death ended it before it was sent; it completes as what died later. */
	if (slot->state == SK_SLOT_DONE && !delivered)
		call->token = 0;
	if (status == SK_OK || slot->state == SK_SLOT_DONE)
		return SK_OK;
	call->token = 0;
	return status;
}

/* The root of a slot that waits, if no slot before it has the same. */
static struct sk_loopback *first_of_root(const struct sk_ring *ring, uint32_t index)
{
	const struct sk_slot *slots = ring->slots;
	struct sk_loopback *root;

	if (slots[index].state != SK_SLOT_BUSY)
		return NULL;
	root = of_channel(slots[index].channel)->root;
	for (uint32_t i = 0; i < index; i++)
		if (slots[i].state == SK_SLOT_BUSY &&
				of_channel(slots[i].channel)->root == root)
			return NULL;
	return root;
}

/* One step of every server whose calls are under way. */
static int ring_step(struct sk_ring *ring, uint64_t deadline)
{
	bool has_worked = false, has_passed = true;
	struct sk_loopback *root;

	for (uint32_t i = 0; i < ring->count; i++) {
		root = first_of_root(ring, i);
		if (!root)
			continue;
		has_passed = has_passed && deadline <= root->now;
		has_worked = (deadline > root->now && work(root)) || has_worked;
	}
	if (sk_ring_is_done(ring) || has_worked)
		return SK_OK;
	if (has_passed)
		return SK_TIMED_OUT;
	if (deadline == SK_FOREVER)
		return SK_WOULD_BLOCK;
	for (uint32_t i = 0; i < ring->count; i++) {
		root = first_of_root(ring, i);
		if (root && root->now < deadline)
			root->now = deadline;
	}
	return SK_OK;
}

static int ring_wait(struct sk_ring *ring, uint64_t deadline)
{
	int status = SK_OK;

	while (status == SK_OK && !sk_ring_is_done(ring))
		status = ring_step(ring, deadline);
	return status;
}

static void ring_give_up(struct sk_ring *ring, struct sk_slot *slot, int status)
{
	struct sk_loopback *loopback = of_channel(slot->channel);
	struct sk_loopback_call *call = find_call(loopback, slot->number);

	(void)ring;
	if (call && call->slot == slot)
		sk_loopback_give_up(loopback, call, status);
}

const struct sk_ring_ops sk_loopback_ring_ops = {
	.submit = ring_submit,
	.wait = ring_wait,
	.give_up = ring_give_up,
};

/* ---- opening ---- */

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
		.now = loopback_now,
		.reconnect = loopback_reconnect,
	};
	static const struct sk_port_ops port_ops = {
		.answer = loopback_answer,
		.close_handle = close_port_handle,
		.lease_copy = loopback_lease_copy,
		.lease_memory = loopback_lease_memory,
		.mint = sk_loopback_mint,
	};

	memset(loopback, 0, sizeof(*loopback));
	loopback->channel.ops = &channel_ops;
	loopback->port.ops = &port_ops;
	loopback->root = loopback;
	loopback->lease_present = UINT64_MAX;
	lend(&loopback->channel.request, loopback->buffers[0]);
	lend(&loopback->arrived, loopback->buffers[1]);
	lend(&loopback->port.answer, loopback->buffers[2]);
	lend(&loopback->channel.reply, loopback->buffers[3]);
}

unsigned sk_loopback_unanswered(const struct sk_loopback *loopback)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SK_LOOPBACK_CALLS; i++)
		count += loopback->calls[i].token != 0;
	return count;
}
