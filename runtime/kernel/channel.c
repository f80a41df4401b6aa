/*
 * The client's end: one system call for each call. What is rare (handles,
 * leases, failures) is kept out of its way.
 */
#include "runtime/kernel/channel.h"

#include "kernel.skald.h"
#include "runtime/codec.h"
#include "runtime/kernel/beside.h"
#include "runtime/kernel/clock.h"
#include "runtime/kernel/sys.h"

#define COLD __attribute__((cold, noinline))
/* Greater than any time, and room for what is added to it. */
#define END_OF_TIME (UINT64_MAX / 2)

static struct sk_kernel_channel *of_channel(struct sk_channel *channel)
{
	return (struct sk_kernel_channel *)(void *)((uint8_t *)channel -
		offsetof(struct sk_kernel_channel, channel));
}

static void close_handle(struct sk_channel *channel, struct sk_handle handle)
{
	(void)channel;
	sk_sys_close(sk_kernel_number(handle));
}

static uint64_t now(struct sk_channel *channel)
{
	const struct kernel_Clock_now_request request = {0};
	const void *const *page = of_channel(channel)->clock_page;
	struct sk_channel *clock = of_channel(channel)->clock;
	struct kernel_Clock_now_reply reply;

	if (page && *page)
		return sk_kernel_clock(*page);
	if (!clock || kernel_Clock_now(clock, &request, &reply, NULL) != SK_OK)
		return END_OF_TIME;
	return reply.monotonic;
}

/* ---- requests ---- */

/* Puts what goes beside the request where the kernel takes it from. */
COLD static int put_beside(struct sk_kernel_channel *k, uint64_t *counts)
{
	const struct sk_attached *attached = &k->channel.request.attached;

	if (!k->sent)
		return attached->handle_count ? SK_BAD_HANDLE : SK_BAD_LEASE;
	sk_kernel_put_handles(k->sent, attached);
	sk_kernel_put_leases(k->sent, attached);
	*counts |= sk_counts(0, attached->handle_count, attached->lease_count, 0, 0);
	return SK_OK;
}

/* Whether Thread.interrupt may end it. */
static uint64_t cancellable(const struct sk_kernel_channel *k)
{
	return k->channel.method->flags & SK_METHOD_CANCELLABLE ? ABI_CANCELLABLE : 0;
}

static bool is_canceled(const struct sk_call *call)
{
	return call->cancel && __atomic_load_n(call->cancel, __ATOMIC_ACQUIRE) != 0;
}

/* Everything that has to be done before the system call, but for its words. */
static int prepare(struct sk_kernel_channel *k, const struct sk_call *call,
	uint64_t *counts)
{
	const struct sk_message *request = &k->channel.request;

	*counts = k->slot_counts | sk_counts(request->size, 0, 0,
		SK_METHOD_HANDLES_OF(k->channel.method->flags), 0);
	if (SK_UNLIKELY(is_canceled(call)))
		return SK_CANCELED;
	if (SK_UNLIKELY(request->attached.handle_count | request->attached.lease_count))
		return put_beside(k, counts);
	return SK_OK;
}

/* ---- replies ---- */

/* Its words were put where it is decoded. */
static int take_reply(struct sk_kernel_channel *k, uint64_t head)
{
	struct sk_message *reply = &k->channel.reply;

	if (SK_UNLIKELY(ABI_STATUS(head) < 0)) {
		k->channel.delivered = (head & ABI_DELIVERED) != 0;
		return ABI_STATUS(head);
	}
	reply->size = ABI_BYTES(head);
	if (SK_UNLIKELY(ABI_HANDLES(head) != 0 && k->received))
		sk_kernel_take(&reply->attached, k->received, ABI_HANDLES(head), 0);
	return SK_UNLIKELY(reply->size > reply->capacity) ? SK_TOO_BIG : SK_OK;
}

static bool is_lease_fault(const struct sk_message *reply)
{
	return reply->size == SK_STATUS_SIZE &&
		sk_message_id(reply) == SK_STATUS_ID &&
		(int32_t)sk_get_uint32(reply->bytes + 8) == SK_LEASE_FAULT;
}

bool sk_kernel_touch_pages(const struct sk_lease *lease)
{
	uint8_t *data = (uint8_t *)lease->data;

	for (uint64_t at = 0; at < lease->size;
			at += ABI_SLOT_PAGE - ((uintptr_t)(data + at) % ABI_SLOT_PAGE)) {
		if (lease->direction & SK_LEASE_OUT)
			__atomic_fetch_or(data + at, 0, __ATOMIC_RELAXED);
		else
			(void)__atomic_load_n(data + at, __ATOMIC_RELAXED);
	}
	return true;
}

/* ---- calls ---- */

static int attempt(struct sk_kernel_channel *k, const struct sk_call *call)
{
	uint64_t words[ABI_WORDS], counts, head;
	int status = prepare(k, call, &counts);

	if (SK_UNLIKELY(status != SK_OK))
		return status;
	sk_kernel_load(words, k->channel.request.bytes, k->channel.request.size);
	head = sk_sys_call(counts, k->target | cancellable(k), words, call->deadline);
	sk_kernel_store(k->channel.reply.bytes, words);
	return take_reply(k, head);
}

/* Servers find out that memory is missing before they do anything, so such a
 * call is made again, once what was lent has been touched. */
COLD static int call_with_leases(struct sk_kernel_channel *k, const struct sk_call *call)
{
	struct sk_attached *attached = &k->channel.request.attached;
	int status = SK_LEASE_FAULT;

	for (unsigned i = 0; i < SK_ATTEMPTS_MAX; i++) {
		bool there = k->touch != NULL;

		status = attempt(k, call);
		if (status != SK_LEASE_FAULT &&
				!(status == SK_OK && is_lease_fault(&k->channel.reply)))
			break;
		for (uint32_t n = 0; n < attached->lease_count && there; n++)
			there = k->touch(&attached->leases[n]);
		if (!there || attached->handle_count != 0)
			break;
	}
	return status;
}

/* What was to move is closed if it did not: when nothing was received, or one of
 * the kernel's objects has refused. */
COLD static void lose_handles(struct sk_kernel_channel *k, int status)
{
	if (status != SK_OK || sk_sort(&k->channel.reply, k->channel.method) != SK_OK)
		sk_kernel_lose(&k->channel.request.attached);
}

static int kernel_call(struct sk_channel *channel, const struct sk_call *call)
{
	struct sk_kernel_channel *k = of_channel(channel);
	int status;

	if (SK_UNLIKELY(channel->request.attached.lease_count != 0))
		status = call_with_leases(k, call);
	else
		status = attempt(k, call);
	if (SK_UNLIKELY(channel->request.attached.handle_count != 0))
		lose_handles(k, status);
	return status;
}

static int kernel_send(struct sk_channel *channel, const struct sk_call *call)
{
	struct sk_kernel_channel *k = of_channel(channel);
	uint64_t words[ABI_WORDS], counts, head;
	int status = prepare(k, call, &counts);

	if (status == SK_OK) {
		sk_kernel_load(words, channel->request.bytes, channel->request.size);
		head = sk_sys_send(counts, k->number, words, call->deadline);
		status = ABI_STATUS(head);
		channel->delivered = status >= 0 || (head & ABI_DELIVERED) != 0;
	}
	if (status < 0)
		sk_kernel_lose(&channel->request.attached);
	return status < 0 ? status : SK_OK;
}

const struct sk_channel_ops sk_kernel_channel_ops = {
	.call = kernel_call,
	.send = kernel_send,
	.close_handle = close_handle,
	.now = now,
};

/* ---- opening ---- */

static void lend(struct sk_message *message, uint8_t *buffer, uint32_t capacity)
{
	message->bytes = buffer;
	message->capacity = capacity;
}

static struct abi_descriptors *beside(const struct sk_kernel_slots *slots, uint32_t slot)
{
	return (struct abi_descriptors *)(void *)(slots->base +
		(size_t)slots->count * ABI_SLOT_PAGE + (size_t)slot * ABI_DESCRIPTORS_SIZE);
}

int sk_kernel_channel_open(struct sk_kernel_channel *channel,
	const struct sk_kernel_slots *slots, uint32_t send_slot, uint32_t receive_slot,
	struct sk_handle handle)
{
	memset(channel, 0, sizeof(*channel));
	if (handle.raw < 0 || (slots && (send_slot >= slots->count ||
			receive_slot >= slots->count)))
		return SK_INVALID;
	channel->channel.ops = &sk_kernel_channel_ops;
	channel->channel.switches = &sk_switches_off;
	channel->touch = sk_kernel_touch_pages;
	channel->number = sk_kernel_number(handle);
	channel->send_slot = send_slot;
	channel->target = sk_target(channel->number, receive_slot);
	channel->slot_counts = sk_counts(0, 0, 0, 0, send_slot);
	lend(&channel->channel.request, (uint8_t *)channel->words[0], ABI_WORD_BYTES);
	lend(&channel->channel.reply, (uint8_t *)channel->words[1], ABI_WORD_BYTES);
	if (!slots)
		return SK_OK;
	lend(&channel->channel.request,
		slots->base + (size_t)send_slot * ABI_SLOT_PAGE, ABI_SLOT_PAGE);
	lend(&channel->channel.reply,
		slots->base + (size_t)receive_slot * ABI_SLOT_PAGE, ABI_SLOT_PAGE);
	channel->sent = beside(slots, send_slot);
	channel->received = beside(slots, receive_slot);
	return SK_OK;
}

void sk_kernel_channel_close(struct sk_kernel_channel *channel)
{
	if (channel->number == 0)
		return;
	sk_discard(&channel->channel);
	sk_sys_close(channel->number);
	channel->number = 0;
	channel->target = 0;
}

struct sk_handle sk_kernel_channel_handle(const struct sk_kernel_channel *channel)
{
	return sk_kernel_handle(channel->number);
}

/* ---- inline calls: fast.h ---- */

COLD int sk_kernel_sort_reply(struct sk_channel *channel, uint64_t head,
	const struct sk_method *method)
{
	int status;

	channel->delivered = false;
	status = take_reply(of_channel(channel), head);
	if (status != SK_OK)
		return status;
	channel->delivered = true;
	status = sk_sort(&channel->reply, method);
	if (status != SK_OK)
		sk_discard(channel);
	return status;
}

COLD int sk_kernel_sort_out(struct sk_channel *channel, uint64_t head,
	struct sk_words words, const struct sk_method *method, uint32_t reply_size)
{
	int status;

	sk_discard(channel);
	sk_kernel_store(channel->reply.bytes, words.word);
	status = sk_kernel_sort_reply(channel, head, method);
	sk_discard(channel);
	if (status != SK_OK)
		return status;
	return channel->reply.size == reply_size && words.word[0] == method->reply_id ?
		SK_BAD_HANDLE : SK_MALFORMED;
}
