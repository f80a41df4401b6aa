/*
 * The server's end: receives, dispatches, and answers with the system call that
 * receives again. An answer that has to wait for that is in registers, or in one
 * of two slots, so that others can be given meanwhile.
 */
#include "runtime/kernel/port.h"

#include "kernel.skald.h"
#include "runtime/kernel/beside.h"
#include "runtime/trace.h"

#define COLD __attribute__((cold, noinline))
/* Of the loop: it is one function. */
#define INLINE static inline __attribute__((always_inline))

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
	uint64_t slot = sk_kernel_port_slot(k);

	if (SK_UNLIKELY(attached->handle_count != 0))
		sk_kernel_put_handles(beside(k, (uint32_t)(slot >> ABI_SLOT_SHIFT)), attached);
	return sk_counts(k->port.answer.size, attached->handle_count, 0, 0, 0) | slot;
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

/* Leaves the answer to the next system call that receives. */
static int answer_later(struct sk_kernel_port *k, uint64_t token)
{
	const struct sk_attached *attached = &k->port.answer.attached;

	sk_kernel_port_defer(k, token, put_answer(k));
	if (SK_UNLIKELY(attached->handle_count != 0))
		k->unsent = *attached;
	return SK_OK;
}

static void forget_kept(struct sk_kernel_port *k, uint32_t index)
{
	if (index >= k->config.kept_count || k->config.kept[index].token == 0)
		return;
	k->config.kept[index].token = 0;
	k->kept_now--;
}

static int answer(struct sk_port *port, const struct sk_reply *reply)
{
	struct sk_kernel_port *k = sk_kernel_port_of(port);

	/* What is being dispatched, by words or not. */
	if (SK_LIKELY(reply->token != 0 && (reply->token == k->current || reply->waits)))
		return answer_later(k, reply->token);
	forget_kept(k, ABI_TOKEN_INDEX(reply->token));
	return answer_now(k, reply->token);
}

COLD void sk_kernel_port_lose(struct sk_kernel_port *k)
{
	sk_kernel_lose(&k->unsent);
}

int sk_kernel_port_flush(struct sk_kernel_port *k)
{
	uint64_t words[ABI_WORDS], pending = k->pending;
	int status;

	if (pending == 0)
		return SK_OK;
	k->pending = 0;
	memcpy(words, k->spare, sizeof(words));
	status = sk_sys_reply(pending - sk_head(ABI_REPLY_RECEIVE), k->pending_token, words, 0);
	if (status != SK_OK)
		sk_kernel_port_lose(k);
	return status;
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

/* Behind the last one that was found: there may be thousands before it. (Another port's
 * would be as good.) */
static struct sk_kernel_session *find_free(const struct sk_kernel_port *k)
{
	static uint32_t last;
	uint32_t at = last;

	for (uint32_t i = 0; i < k->config.session_count; i++) {
		at = at + 1 < k->config.session_count ? at + 1 : 0;
		if (!k->config.sessions[at].object) {
			last = at;
			return &k->config.sessions[at];
		}
	}
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
	const struct sk_object *object, void *self)
{
	uint32_t index = ABI_TOKEN_INDEX(token);

	k->current = 0;
	if (index >= k->config.kept_count)
		return;
	k->kept_now += k->config.kept[index].token == 0;
	k->config.kept[index] = (struct sk_kernel_kept){token, object, self};
}

void sk_kernel_port_kept(struct sk_kernel_port *k, uint64_t token, void *self)
{
	enter_kept(k, token, k->config.root, self);
}

COLD static void dispatch_recorded(struct sk_kernel_session session,
	struct sk_incoming *incoming)
{
	sk_dispatch(session.object->dispatch, session.self, incoming);
}

INLINE void serve_request(struct sk_kernel_port *k, uint64_t head, uint64_t badge,
	uint64_t token, uint64_t time)
{
	struct sk_kernel_session session = find_session(k, badge);
	struct sk_incoming incoming;

	incoming.port = &k->port;
	incoming.message = &k->request;
	incoming.badge = badge;
	incoming.reply.port = token != 0 ? &k->port : NULL;
	incoming.reply.token = token;
	incoming.reply.deadline = time;
	incoming.reply.id = 0;
	incoming.reply.leads = 0;
	incoming.reply.correlation = 0;
	incoming.reply.waits = NULL;
	k->request.size = ABI_BYTES(head);
	k->port.lacks = (uint16_t)~ABI_RIGHTS(head);
	k->current = token;
	if (SK_UNLIKELY(head & (UINT64_C(0x7f) << ABI_HANDLES_SHIFT)))
		sk_kernel_take(&k->request.attached, beside(k, k->receive_slot),
			ABI_HANDLES(head), ABI_LEASES(head));
	if (SK_UNLIKELY(k->port.switches->event != SK_SWITCHED_OFF))
		dispatch_recorded(session, &incoming);
	else
		session.object->dispatch(session.self, &incoming);
	if (SK_UNLIKELY(incoming.reply.port || k->request.attached.handle_count != 0))
		sk_finish(&incoming);
	k->request.attached.lease_count = 0;
	if (SK_UNLIKELY(k->current != 0))
		enter_kept(k, token, session.object, session.self);
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

COLD static void serve_event(struct sk_kernel_port *k, uint64_t head, uint64_t target,
	uint64_t token)
{
	switch (ABI_EVENT(head)) {
	case ABI_CANCEL:
		serve_cancel(k, token);
		break;
	case ABI_GONE:
		serve_gone(k, target);
		break;
	case ABI_NOTIFY:
		if (k->config.notified)
			k->config.notified(k->config.self, target);
		break;
	}
}

/* Its words stand where it is decoded. */
INLINE int take(struct sk_kernel_port *k, uint64_t head, uint64_t target,
	uint64_t token, uint64_t time)
{
	if (SK_UNLIKELY(ABI_STATUS(head) < 0))
		return ABI_STATUS(head) == SK_WOULD_BLOCK ? SK_TIMED_OUT : ABI_STATUS(head);
	if (SK_LIKELY(ABI_EVENT(head) == ABI_REQUEST))
		serve_request(k, head, target, token, time);
	else
		serve_event(k, head, target, token);
	return SK_OK;
}

INLINE int step(struct sk_kernel_port *k, uint64_t deadline)
{
	struct sk_registers r;

	sk_kernel_port_exchange(k, &r, deadline);
	sk_kernel_store(k->request.bytes, r.words);
	return take(k, r.head, r.target, r.token, r.time);
}

int sk_kernel_port_step(struct sk_kernel_port *k, uint64_t deadline)
{
	return step(k, deadline);
}

int sk_kernel_port_serve(struct sk_kernel_port *k)
{
	int status = SK_OK;

	k->stopping = false;
	while (status == SK_OK && !k->stopping)
		status = step(k, SK_FOREVER);
	sk_kernel_port_flush(k);
	return status;
}

/* ---- inline: fast.h ---- */

int sk_kernel_port_take(struct sk_kernel_port *k, uint64_t head, uint64_t target,
	uint64_t token, uint64_t time)
{
	return take(k, head, target, token, time);
}

int sk_kernel_port_leave(struct sk_registers r)
{
	if ((uint32_t)r.head == sk_head(ABI_REPLY_RECEIVE))
		sk_sys_reply(r.head - sk_head(ABI_REPLY_RECEIVE), r.token, r.words, 0);
	return SK_OK;
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
	k->port.plain = true;
	k->port.switches = &sk_switches_off;
	k->config = *config;
	k->slots = *slots;
	k->receives = sk_target(sk_kernel_number(config->endpoint), slot);
	k->receive_slot = slot;
	k->request.bytes = page(k, slot);
	k->request.capacity = ABI_SLOT_PAGE;
	k->port.answer.capacity = ABI_SLOT_PAGE;
	k->port.answer.bytes = page(k, slot + 1);
	k->spare = page(k, slot + 2);
	return sk_kernel_channel_open(&k->control, slots, slot + 3, slot + 3,
		config->endpoint);
}

void sk_kernel_port_close(struct sk_kernel_port *k)
{
	sk_kernel_port_flush(k);
	k->control.number = 0;
}
