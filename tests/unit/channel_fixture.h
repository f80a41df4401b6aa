/*
 * A transport by hand, that does what the test says and counts what is closed,
 * for the tests of channels.
 */
#ifndef TESTS_UNIT_CHANNEL_FIXTURE_H
#define TESTS_UNIT_CHANNEL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/codec.h"
#include "runtime/channel.h"

#define REPLY_ID UINT32_C(41)
#define FIRST_HANDLE 100

/* A transport that answers what the test says and counts what is closed. */
struct fake {
	struct sk_channel channel;
	struct sk_port port;
	uint8_t request[64];
	uint8_t reply[SK_MESSAGE_MAX];
	uint8_t answer[64];
	int status;
	uint64_t deadline;
	unsigned calls, sends, answers;
	bool delivers;
	uint64_t now;
	unsigned connects;
	int connect_status;
	unsigned good_after;		/* calls that fail with PEER_CLOSED first */
	const volatile int *cancel;
	unsigned copies;		/* of leases */
	struct { uint32_t number; uint64_t offset, size; bool write; } copied;
	unsigned closed[8];
	uint32_t answer_handles;
};

static struct fake fake;
static const struct sk_method method = {.reply_id = REPLY_ID};
static const struct sk_method one_way = {.reply_id = 0};

static inline int fake_call(struct sk_channel *channel, const struct sk_call *call)
{
	fake.calls++;
	fake.deadline = call->deadline;
	fake.cancel = call->cancel;
	channel->delivered = fake.delivers;
	if (fake.good_after > 0)
		return fake.good_after-- > 1 ? SK_PEER_CLOSED : fake.status;
	return fake.status;
}

static inline int fake_send(struct sk_channel *channel, const struct sk_call *call)
{
	(void)channel;
	fake.sends++;
	fake.deadline = call->deadline;
	return fake.status;
}

static inline uint64_t fake_now(struct sk_channel *channel)
{
	(void)channel;
	return fake.now;
}

static inline int fake_reconnect(struct sk_channel *channel, const struct sk_call *call)
{
	(void)channel;
	assert_int_equal(call->deadline, fake.deadline);
	fake.connects++;
	return fake.connect_status;
}

static inline void count_closed(struct sk_handle handle)
{
	assert_in_range(handle.raw, FIRST_HANDLE, FIRST_HANDLE + 7);
	fake.closed[handle.raw - FIRST_HANDLE]++;
}

static inline void fake_close(struct sk_channel *channel, struct sk_handle handle)
{
	(void)channel;
	count_closed(handle);
}

static inline void fake_port_close(struct sk_port *port, struct sk_handle handle)
{
	(void)port;
	count_closed(handle);
}

static inline int fake_answer(struct sk_port *port, const struct sk_reply *reply)
{
	(void)reply;
	fake.answers++;
	fake.answer_handles = port->answer.attached.handle_count;
	port->answer.attached.handle_count = 0;
	return fake.status;
}

static inline int fake_lease_copy(struct sk_port *port, const struct sk_reply *reply,
	uint32_t number, uint64_t offset, void *data, uint64_t size, bool write,
	uint64_t *done)
{
	(void)port;
	(void)data;
	assert_int_equal(reply->token, 7);
	fake.copies++;
	fake.copied.number = number;
	fake.copied.offset = offset;
	fake.copied.size = size;
	fake.copied.write = write;
	*done = size;
	return fake.status;
}

static inline int fake_mint(struct sk_port *port, const struct sk_object *object, void *self,
	struct sk_handle *handle)
{
	(void)port;
	assert_ptr_equal(object, self);
	if (fake.status == SK_OK)
		handle->raw = FIRST_HANDLE;
	return fake.status;
}

static const struct sk_channel_ops lasting_ops = {
	.call = fake_call, .send = fake_send, .close_handle = fake_close,
	.now = fake_now, .reconnect = fake_reconnect,
};

static inline int setup(void **state)
{
	static const struct sk_channel_ops ops = {
		.call = fake_call, .send = fake_send, .close_handle = fake_close,
		.now = fake_now,
	};
	static const struct sk_port_ops port_ops = {
		.answer = fake_answer, .close_handle = fake_port_close,
		.lease_copy = fake_lease_copy, .mint = fake_mint,
	};

	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.channel.ops = &ops;
	fake.channel.request.bytes = fake.request;
	fake.channel.request.capacity = sizeof(fake.request);
	fake.channel.reply.bytes = fake.reply;
	fake.channel.reply.capacity = sizeof(fake.reply);
	fake.port.ops = &port_ops;
	fake.port.answer.bytes = fake.answer;
	fake.port.answer.capacity = sizeof(fake.answer);
	return 0;
}

static inline void put_handles(struct sk_message *message, uint32_t count)
{
	memset(&message->attached, 0, sizeof(message->attached));
	message->attached.handle_count = count;
	for (uint32_t i = 0; i < count; i++)
		message->attached.handles[i].handle.raw = FIRST_HANDLE + (int32_t)i;
}

static inline void assert_closed(unsigned count)
{
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(fake.closed[i], i < count ? 1 : 0);
}

#endif
