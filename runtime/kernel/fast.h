/*
 * Messages in words, in registers: with this included before generated code (cc
 * -include), calls whose request and reply go in words (runtime/channel.h) are
 * inline code around the system call, if they are over a channel of the kernel.
 * sk_kernel_port_serve_words() is the same for a server: from the system call
 * that brings a request, by generated dispatch and the operation, to the one
 * that takes the answer and brings the next, without memory in between where
 * the operation is inline too.
 *
 * What is not in words, or not as it should be, goes the general way. So what
 * comes of a call is the same with and without: it is a matter of speed alone.
 */
#ifndef RUNTIME_KERNEL_FAST_H
#define RUNTIME_KERNEL_FAST_H

#define SK_INLINE static inline __attribute__((always_inline))

#include "runtime/kernel/port.h"
#include "runtime/kernel/sys.h"
#include "runtime/skald.h"
#include "runtime/trace.h"

/* Of a head that came: a message of so many bytes with nothing beside it. */
#define SK_FAST_SIZE(head) ((uint32_t)((head) >> ABI_BYTES_SHIFT))

/* Calls over it may be made in line, and are not recorded: a look at both. (The
 * system call that follows makes the compiler look each time.) */
SK_INLINE bool sk_is_quiet(const struct sk_channel *channel)
{
	return (channel->switches->kinds & SK_TRACE_CALLS) == 0;
}

/* Copies for the rare case, so that in the other they need no memory. */
SK_INLINE int sk_slow_invoke(struct sk_channel *channel, struct sk_words *words, int encoded,
	const struct sk_method *method, uint32_t reply_id, uint32_t reply_size,
	const struct sk_call *call)
{
	struct sk_words copy = *words;
	int status = (sk_invoke_words)(channel, &copy, encoded, method, reply_id,
		reply_size, call);

	*words = copy;
	return status;
}

SK_INLINE int sk_fast_invoke(struct sk_channel *channel, struct sk_words *words, int encoded,
	const struct sk_method *method, uint32_t reply_id, uint32_t reply_size,
	const struct sk_call *call)
{
	const struct sk_kernel_channel *k = (struct sk_kernel_channel *)(void *)channel;
	uint64_t head = sk_head(ABI_CALL) | (uint64_t)encoded << ABI_BYTES_SHIFT;
	uint64_t target;

	if (encoded < 0 || call != NULL || SK_UNLIKELY(!sk_is_quiet(channel)))
		return sk_slow_invoke(channel, words, encoded, method, reply_id, reply_size,
			call);
	target = k->target;
	sk_enter_call(&head, &target, words->word);
	if (SK_UNLIKELY(head != (uint64_t)reply_size << ABI_BYTES_SHIFT ||
			words->word[0] != reply_id))
		return sk_kernel_sort_out(channel, head, *words, method, reply_size);
	return SK_OK;
}

#define sk_invoke_words(...) sk_fast_invoke(__VA_ARGS__)

/* ---- what does not go in words ---- */

/* A call that nothing but its answer ends, with nothing beside its request. */
SK_INLINE bool sk_is_plain(const struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	return encoded >= 0 && call == NULL && method->deadline_ms == 0 &&
		!(method->flags & SK_METHOD_CANCELLABLE) &&
		method->reply_id != SK_LOST_ID &&
		SK_LIKELY(sk_is_quiet(channel)) &&
		SK_LIKELY((channel->request.attached.handle_count |
			channel->request.attached.lease_count |
			channel->reply.attached.handle_count) == 0);
}

SK_INLINE int sk_fast_call(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	const struct sk_kernel_channel *k = (struct sk_kernel_channel *)(void *)channel;
	struct sk_message *reply = &channel->reply;
	uint64_t words[ABI_WORDS], head;

	if (!sk_is_plain(channel, encoded, method, call))
		return sk_invoke(channel, encoded, method, call);
	sk_kernel_load(words, channel->request.bytes, (uint32_t)encoded);
	head = sk_sys_call(k->slot_counts | sk_counts((uint32_t)encoded, 0, 0,
		SK_METHOD_HANDLES_OF(method->flags), 0), k->target, words, ABI_FOREVER);
	sk_kernel_store(reply->bytes, words);
	reply->size = ABI_BYTES(head);
	channel->delivered = true;
	if (SK_LIKELY(ABI_STATUS(head) == 0 && ABI_HANDLES(head) == 0 &&
			(uint32_t)words[0] == method->reply_id &&
			reply->size <= reply->capacity))
		return SK_OK;
	return sk_kernel_sort_reply(channel, head, method);
}

SK_INLINE void sk_fast_discard(struct sk_channel *channel)
{
	if (SK_UNLIKELY((channel->reply.attached.handle_count |
			channel->reply.attached.lease_count) != 0))
		sk_discard(channel);
}

SK_INLINE uint32_t sk_fast_message_id(const struct sk_message *message)
{
	return message->size < 8 ? 0 : sk_get_uint32(message->bytes);
}

/* An answer to what is being dispatched, with nothing beside it. */
SK_INLINE int sk_fast_answer(struct sk_reply *to, int encoded)
{
	struct sk_kernel_port *k = (struct sk_kernel_port *)(void *)to->port;

	if (encoded < 0 || SK_UNLIKELY(k == NULL || !k->port.plain ||
			(to->waits == NULL && to->token != k->current) ||
			k->port.answer.attached.handle_count != 0))
		return sk_answer(to, encoded);
	to->port = NULL;
	to->waits = NULL;
	sk_kernel_port_defer(k, to->token, sk_counts((uint32_t)encoded, 0, 0, 0, 0) |
		sk_kernel_port_slot(k));
	return SK_OK;
}

#define sk_invoke(...) sk_fast_call(__VA_ARGS__)
#define sk_discard(channel) sk_fast_discard(channel)
#define sk_answer(to, encoded) sk_fast_answer(to, encoded)
#define sk_message_id(message) sk_fast_message_id(message)

/* ---- servers ---- */

/* Generated dispatch by words, of the root's interface, with its operations:
 *
 *	static inline bool dispatch_words(void *self, struct sk_words_incoming *in)
 *	{
 *		return fs_File_dispatch_words(&ops, self, in);
 *	}
 */
typedef bool sk_dispatch_words(void *self, struct sk_words_incoming *in);

/* Whose a request of a session that was minted is; false: not the root's kind of
 * object. */
SK_INLINE bool sk_fast_self(const struct sk_kernel_port *k, uint64_t badge, void **self)
{
	uint64_t place = badge - SK_KERNEL_MINTED;

	if (place >= k->config.session_count || !k->config.sessions[place].object)
		return true;
	*self = k->config.sessions[place].self;
	return k->config.sessions[place].object == k->config.root;
}

/* What has become of what came. */
enum sk_fast {
	SK_FAST_ANSWERED,		/* registers have what the next system call takes */
	SK_FAST_DONE,			/* the port has it, if there is an answer */
	SK_FAST_NOT,			/* nothing: it is not for this */
	SK_FAST_WHOLE			/* likewise, and words stand where it is decoded */
};

SK_INLINE enum sk_fast sk_fast_serve(struct sk_kernel_port *k, struct sk_registers *r,
	sk_dispatch_words *dispatch)
{
	struct sk_words_incoming in;
	void *self = k->config.self;

	if (SK_UNLIKELY((uint8_t)r->head != (uint8_t)k->port.switches->event))
		return SK_FAST_NOT;
	/* One-way, or of a minted session: both at once. */
	if (SK_UNLIKELY(((r->token - 1) | r->target) >= SK_KERNEL_MINTED) &&
			(r->token == 0 || !sk_fast_self(k, r->target, &self)))
		return SK_FAST_NOT;
	in.port = &k->port;
	in.token = r->token;
	in.deadline = r->time;
	in.badge = r->target;
	in.size = SK_FAST_SIZE(r->head);
	in.message = &k->request;
	in.is_whole = false;
	in.words.word[0] = r->words[0];
	in.words.word[1] = r->words[1];
	in.words.word[2] = r->words[2];
	in.words.word[3] = r->words[3];
	in.words.word[4] = r->words[4];
	if (SK_UNLIKELY(!dispatch(self, &in)))
		return in.is_whole ? SK_FAST_WHOLE : SK_FAST_NOT;
	if (SK_UNLIKELY(in.answer.size == 0)) {
		if (SK_UNLIKELY(k->pending == 0))
			sk_kernel_port_kept(k, r->token, self);
		return SK_FAST_DONE;
	}
	r->target = k->receives;
	r->head = sk_head(ABI_REPLY_RECEIVE) | (uint64_t)in.answer.size << ABI_BYTES_SHIFT;
	r->words[0] = in.answer.words.word[0];
	r->words[1] = in.answer.words.word[1];
	r->words[2] = in.answer.words.word[2];
	r->words[3] = in.answer.words.word[3];
	r->words[4] = in.answer.words.word[4];
	return SK_FAST_ANSWERED;
}

/*
 * As sk_kernel_port_serve(), with dispatch by words for requests of the root's
 * kind of object.
 */
SK_INLINE int sk_kernel_port_serve_words(struct sk_kernel_port *k, sk_dispatch_words *dispatch)
{
	int status = SK_OK;

	k->stopping = false;
	while (status == SK_OK && !k->stopping) {
		struct sk_registers r;
		enum sk_fast fast;

		sk_kernel_port_exchange(k, &r, SK_FOREVER);
		while ((fast = sk_fast_serve(k, &r, dispatch)) == SK_FAST_ANSWERED) {
			if (SK_UNLIKELY(k->stopping))
				return sk_kernel_port_leave(r);
			sk_enter_serve(&r.head, &r.target, r.words, &r.token, &r.time);
		}
		if (fast == SK_FAST_DONE)
			continue;
		if (fast == SK_FAST_NOT)
			sk_kernel_store(k->request.bytes, r.words);
		else	/* from memory, so that it need not be kept for this */
			r.head = (uint64_t)k->request.size << ABI_BYTES_SHIFT | ABI_REQUEST;
		status = sk_kernel_port_take(k, r.head, r.target, r.token, r.time);
	}
	sk_kernel_port_flush(k);
	return status;
}

#endif
