/*
 * The server's end: receives, dispatches, and answers with the system call that
 * receives again. An answer that has to wait for that is in registers, or in one
 * of two slots, so that others can be given meanwhile.
 */
#include "runtime/kernel/port.h"

#include "kernel.skald.h"
#include "runtime/kernel/beside.h"

#define COLD __attribute__((cold, noinline))

static uint8_t *page(const struct sk_kernel_port *k, uint32_t slot)
{
	return k->slots.base + (size_t)slot * ABI_SLOT_PAGE;
}

static struct abi_descriptors *beside(const struct sk_kernel_port *k, uint32_t slot)
{
	return (struct abi_descriptors *)(void *)(k->slots.base +
		(size_t)k->slots.count * ABI_SLOT_PAGE +
		(size_t)slot * ABI_DESCRIPTORS_SIZE);
}

static void close_handle(struct sk_port *port, struct sk_handle handle)
{
	(void)port;
	sk_sys_close(sk_kernel_number(handle));
}

/* ---- answers ---- */

/* The answer's part of the head; what goes beside it is put where it belongs. */
static uint64_t put_answer(struct sk_kernel_port *k)
{
	const struct sk_attached *attached = &k->port.answer.attached;

	if (SK_UNLIKELY(attached->handle_count != 0))
		sk_kernel_put_handles(beside(k, k->answer_slot), attached);
	return sk_counts(k->port.answer.size, attached->handle_count, 0, 0,
		k->answer_slot);
}

/* Answers now, whatever waits. */
static int answer_now(struct sk_kernel_port *k, uint64_t token)
{
	uint64_t words[ABI_WORDS], counts = put_answer(k);
	int status;

	sk_kernel_load(words, k->port.answer.bytes, k->port.answer.size);
	status = sk_sys_reply(counts, token, words, 0);
	if (status != SK_OK)
		sk_kernel_lose(&k->port.answer.attached);
	return status;
}

static void use_answer_slot(struct sk_kernel_port *k, uint32_t slot)
{
	k->answer_slot = slot;
	k->port.answer.bytes = page(k, slot);
}

/* Leaves the answer to the next system call that receives. */
static int answer_later(struct sk_kernel_port *k)
{
	k->out.head = put_answer(k);
	sk_kernel_load(k->out.words, k->port.answer.bytes, k->port.answer.size);
	k->out.token = k->current;
	k->current = 0;
	k->is_pending = true;
	k->unsent.handle_count = 0;
	if (SK_UNLIKELY(k->port.answer.attached.handle_count != 0))
		k->unsent = k->port.answer.attached;
	if (k->port.answer.size > ABI_WORD_BYTES || k->unsent.handle_count != 0)
		use_answer_slot(k, k->receive_slot + 1 +
			(k->answer_slot == k->receive_slot + 1));
	return SK_OK;
}

static int answer(struct sk_port *port, const struct sk_reply *reply)
{
	struct sk_kernel_port *k = sk_kernel_port_of(port);

	if (SK_LIKELY(reply->token == k->current && reply->token != 0))
		return answer_later(k);
	if (ABI_TOKEN_INDEX(reply->token) < k->config.kept_count)
		k->config.kept[ABI_TOKEN_INDEX(reply->token)].token = 0;
	return answer_now(k, reply->token);
}

/* What the pending answer was to move and could not. */
COLD static void lose_unsent(struct sk_kernel_port *k)
{
	sk_kernel_lose(&k->unsent);
}

void sk_kernel_port_flush(struct sk_kernel_port *k)
{
	if (!k->is_pending)
		return;
	k->is_pending = false;
	if (sk_sys_reply(k->out.head, k->out.token, k->out.words, 0) != SK_OK)
		lose_unsent(k);
}

/* ---- leases ---- */

static int lease_copy(struct sk_port *port, const struct sk_reply *reply,
	uint32_t number, uint64_t offset, void *data, uint64_t size, bool write,
	uint64_t *done)
{
	(void)port;
	return sk_sys_lease_copy(reply->token, number, offset, data, size, write, done);
}

/* ---- minting ---- */

static struct sk_kernel_session *find_free(struct sk_kernel_port *k)
{
	for (uint32_t i = 0; i < k->config.session_count; i++)
		if (!k->config.sessions[i].object)
			return &k->config.sessions[i];
	return NULL;
}

static int mint(struct sk_port *port, const struct sk_object *object, void *self,
	struct sk_handle *handle)
{
	struct sk_kernel_port *k = sk_kernel_port_of(port);
	struct sk_kernel_session *session = find_free(k);
	struct kernel_Endpoint_mint_request request;
	struct kernel_Endpoint_mint_reply reply;
	int status;

	if (!session)
		return SK_EXHAUSTED;
	kernel_Endpoint_mint_request_init(&request);
	request.badge = SK_KERNEL_MINTED | (uint64_t)(session - k->config.sessions);
	request.protocol_rights = SK_RIGHTS_ALL;
	status = kernel_Endpoint_mint(&k->control.channel, &request, &reply, NULL);
	if (status != SK_OK)
		return status > 0 ? SK_EXHAUSTED : status;
	session->object = object;
	session->self = self;
	*handle = reply.client.raw;
	return SK_OK;
}

/* ---- what comes ---- */

/* Whose a badge is. */
static struct sk_kernel_session find_session(const struct sk_kernel_port *k,
	uint64_t badge)
{
	uint64_t place = badge - SK_KERNEL_MINTED;

	if (place < k->config.session_count && k->config.sessions[place].object)
		return k->config.sessions[place];
	return (struct sk_kernel_session){k->config.root, k->config.self};
}

/* It was kept: whoever did is to be told if nobody waits any more. */
COLD static void enter_kept(struct sk_kernel_port *k, uint64_t token,
	const struct sk_kernel_session *session)
{
	uint32_t index = ABI_TOKEN_INDEX(token);

	k->current = 0;
	if (index < k->config.kept_count)
		k->config.kept[index] = (struct sk_kernel_kept){
			token, session->object, session->self,
		};
}

static void serve_request(struct sk_kernel_port *k)
{
	struct sk_registers *in = &k->out;
	uint64_t token = in->token;
	struct sk_kernel_session session = find_session(k, in->target);
	struct sk_incoming incoming = {
		.port = &k->port,
		.message = &k->request,
		.badge = in->target,
		.reply = {
			.port = token != 0 ? &k->port : NULL,
			.token = token,
			.deadline = in->time,
		},
	};

	sk_kernel_store(k->request.bytes, in->words);
	k->request.size = ABI_BYTES(in->head);
	k->current = token;
	k->received++;
	if (SK_UNLIKELY(in->head & (UINT64_C(0x7f) << ABI_HANDLES_SHIFT)))
		sk_kernel_take(&k->request.attached, beside(k, k->receive_slot),
			ABI_HANDLES(in->head), ABI_LEASES(in->head));
	session.object->dispatch(session.self, &incoming);
	sk_finish(&incoming);
	k->request.attached.lease_count = 0;
	if (SK_UNLIKELY(k->current != 0))
		enter_kept(k, token, &session);
}

/* One that is not known was answered meanwhile, or was kept by another port. */
COLD static void serve_cancel(struct sk_kernel_port *k, uint64_t token)
{
	const struct sk_kernel_kept *kept = &k->config.kept[ABI_TOKEN_INDEX(token)];

	if (ABI_TOKEN_INDEX(token) < k->config.kept_count && kept->token == token &&
			kept->object->canceled)
		kept->object->canceled(kept->self, token);
}

COLD static void serve_gone(struct sk_kernel_port *k, uint64_t badge)
{
	struct sk_kernel_session session = find_session(k, badge);
	uint64_t place = badge - SK_KERNEL_MINTED;

	if (place >= k->config.session_count || !k->config.sessions[place].object) {
		if (k->config.gone)
			k->config.gone(k->config.self, badge);
		return;
	}
	k->config.sessions[place].object = NULL;
	if (session.object->gone)
		session.object->gone(session.self);
}

static void serve_event(struct sk_kernel_port *k)
{
	switch (ABI_EVENT(k->out.head)) {
	case ABI_REQUEST:
		serve_request(k);
		break;
	case ABI_CANCEL:
		serve_cancel(k, k->out.token);
		break;
	case ABI_GONE:
		serve_gone(k, k->out.target);
		break;
	case ABI_NOTIFY:
		if (k->config.notified)
			k->config.notified(k->config.self, k->out.target);
		break;
	}
}

int sk_kernel_port_step(struct sk_kernel_port *k, uint64_t deadline)
{
	if (SK_LIKELY(k->is_pending)) {
		k->is_pending = false;
		sk_sys_reply_receive(&k->out, k->endpoint, k->receive_slot, 0, deadline);
		if (SK_UNLIKELY(k->unsent.handle_count != 0) &&
				(ABI_STATUS(k->out.head) < 0 ||
				(k->out.head & ABI_REPLY_FAILED)))
			lose_unsent(k);
	} else {
		sk_sys_receive(&k->out, k->endpoint, k->receive_slot, deadline);
	}
	if (SK_UNLIKELY(ABI_STATUS(k->out.head) < 0))
		return ABI_STATUS(k->out.head) == SK_WOULD_BLOCK ? SK_TIMED_OUT :
			ABI_STATUS(k->out.head);
	serve_event(k);
	return SK_OK;
}

int sk_kernel_port_serve(struct sk_kernel_port *k)
{
	int status = SK_OK;

	k->stopping = false;
	while (status == SK_OK && !k->stopping)
		status = sk_kernel_port_step(k, SK_FOREVER);
	sk_kernel_port_flush(k);
	return status;
}

/* ---- opening ---- */

const struct sk_port_ops sk_kernel_port_ops = {
	.answer = answer,
	.close_handle = close_handle,
	.lease_copy = lease_copy,
	.mint = mint,
};

int sk_kernel_port_open(struct sk_kernel_port *k, const struct sk_kernel_slots *slots,
	uint32_t slot, const struct sk_kernel_port_config *config)
{
	memset(k, 0, sizeof(*k));
	if (slot + SK_KERNEL_PORT_SLOTS > slots->count || !config->root)
		return SK_INVALID;
	k->port.ops = &sk_kernel_port_ops;
	k->config = *config;
	k->slots = *slots;
	k->endpoint = sk_kernel_number(config->endpoint);
	k->receive_slot = slot;
	k->request.bytes = page(k, slot);
	k->request.capacity = ABI_SLOT_PAGE;
	k->port.answer.capacity = ABI_SLOT_PAGE;
	use_answer_slot(k, slot + 1);
	return sk_kernel_channel_open(&k->control, slots, slot + 3, slot + 3,
		config->endpoint);
}

void sk_kernel_port_close(struct sk_kernel_port *k)
{
	sk_kernel_port_flush(k);
	k->control.number = 0;
}
