/*
 * Generated code without detours: with this included before it (cc -include),
 * the calls of @fast methods over the kernel's channels, and the answers to them,
 * become inline code down to the system call. All others go on as they do. What
 * comes of a call is the same, so it is a matter of speed alone.
 *
 * A method is a constant where generated code uses it, so what is asked of it
 * here is asked of the compiler.
 */
#ifndef RUNTIME_KERNEL_FAST_H
#define RUNTIME_KERNEL_FAST_H

#include "runtime/kernel/port.h"
#include "runtime/kernel/sys.h"
#include "runtime/skald.h"

#define SK_FAST static inline __attribute__((always_inline))

/* A word that is not sent costs no instruction: whatever is in its register. */
#ifdef SK_SYSTEM_CALL
#define SK_ANY_WORD(word) ((word) = 0)
#else
#define SK_ANY_WORD(word) __asm__("" : "=r"(word))
#endif

/* The words of a message of so many bytes. (No loop: it would be one.) */
#define SK_FAST_WORD(words, i, from, size) \
	do { \
		if ((size) > 8 * (i)) \
			(words)[i] = sk_get_uint64((from) + 8 * (i)); \
		else \
			SK_ANY_WORD((words)[i]); \
	} while (0)

SK_FAST void sk_fast_load(uint64_t words[ABI_WORDS], const uint8_t *from, int size)
{
	words[0] = sk_get_uint64(from);
	SK_FAST_WORD(words, 1, from, size);
	SK_FAST_WORD(words, 2, from, size);
	SK_FAST_WORD(words, 3, from, size);
	SK_FAST_WORD(words, 4, from, size);
}

/* Where a reply is decoded there is always room for them. */
SK_FAST void sk_fast_store(uint8_t *to, const uint64_t words[ABI_WORDS])
{
	sk_put_uint64(to, words[0]);
	sk_put_uint64(to + 8, words[1]);
	sk_put_uint64(to + 16, words[2]);
	sk_put_uint64(to + 24, words[3]);
	sk_put_uint64(to + 32, words[4]);
}

/* After a system call that did not simply succeed with the reply. */
int sk_kernel_sort_out(struct sk_channel *channel, uint64_t head,
	const struct sk_method *method);

SK_FAST int sk_fast_invoke(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	struct sk_kernel_channel *k = (struct sk_kernel_channel *)(void *)channel;
	uint64_t words[ABI_WORDS], head;

	if (!(method->flags & SK_METHOD_FAST) ||
			(method->flags & SK_METHOD_CANCELLABLE) || method->deadline_ms != 0 || encoded < 0 ||
			encoded > ABI_WORD_BYTES || call != NULL ||
			SK_UNLIKELY(channel->ops != &sk_kernel_channel_ops) ||
			SK_UNLIKELY(channel->reply.attached.handle_count != 0))
		return sk_invoke(channel, encoded, method, call);
	sk_fast_load(words, channel->request.bytes, encoded);
	head = sk_sys_call(k->slot_counts | (uint64_t)encoded << ABI_BYTES_SHIFT, k->target,
		words, ABI_FOREVER);
	sk_fast_store(channel->reply.bytes, words);
	channel->reply.size = (uint32_t)(head >> ABI_BYTES_SHIFT);
	if (SK_LIKELY((head & ~(UINT64_C(0x3f) << ABI_BYTES_SHIFT)) == 0 &&
			words[0] == method->reply_id))
		return SK_OK;
	return sk_kernel_sort_out(channel, head, method);
}

SK_FAST void sk_fast_discard(struct sk_channel *channel)
{
	if (SK_UNLIKELY(channel->reply.attached.handle_count != 0))
		sk_discard(channel);
}

SK_FAST int sk_fast_answer(struct sk_reply *to, int encoded)
{
	struct sk_kernel_port *k = (struct sk_kernel_port *)(void *)to->port;
	uint8_t *bytes;

	if (encoded < 0 || encoded > ABI_WORD_BYTES ||
			SK_UNLIKELY(k == NULL || k->port.ops != &sk_kernel_port_ops ||
				to->token != k->current ||
				k->port.answer.attached.handle_count != 0))
		return sk_answer(to, encoded);
	to->port = NULL;
	bytes = k->port.answer.bytes;
	/* What stood behind it is nobody else's to see. */
	if ((encoded & 7) != 0)
		sk_put_uint64(bytes + (encoded & ~7), sk_get_uint64(bytes + (encoded & ~7)) &
			((UINT64_C(1) << 8 * (encoded & 7)) - 1));
	for (int at = 8; at < ABI_WORD_BYTES; at += 8)
		if (at >= encoded)
			sk_put_uint64(bytes + at, 0);
	k->pending = (uint64_t)encoded << ABI_BYTES_SHIFT;
	k->pending_token = to->token;
	k->current = 0;
	k->port.answer.bytes = k->spare;
	k->spare = bytes;
	return SK_OK;
}

SK_FAST uint32_t sk_fast_message_id(const struct sk_message *message)
{
	return message->size < 8 ? 0 : sk_get_uint32(message->bytes);
}

#define sk_invoke(channel, encoded, method, call) \
	sk_fast_invoke(channel, encoded, method, call)
#define sk_discard(channel) sk_fast_discard(channel)
#define sk_answer(to, encoded) sk_fast_answer(to, encoded)
#define sk_message_id(message) sk_fast_message_id(message)

#endif
