/*
 * What channels do above every transport: sorting replies, errors, statuses
 * and anything else; answering once; closing each handle once.
 */
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
	unsigned closed[8];
	uint32_t answer_handles;
};

static struct fake fake;
static const struct sk_method method = {.reply_id = REPLY_ID};
static const struct sk_method one_way = {.reply_id = 0};

static int fake_call(struct sk_channel *channel, const struct sk_call *call)
{
	(void)channel;
	fake.calls++;
	fake.deadline = call->deadline;
	return fake.status;
}

static int fake_send(struct sk_channel *channel, const struct sk_call *call)
{
	(void)channel;
	fake.sends++;
	fake.deadline = call->deadline;
	return fake.status;
}

static void count_closed(struct sk_handle handle)
{
	assert_in_range(handle.raw, FIRST_HANDLE, FIRST_HANDLE + 7);
	fake.closed[handle.raw - FIRST_HANDLE]++;
}

static void fake_close(struct sk_channel *channel, struct sk_handle handle)
{
	(void)channel;
	count_closed(handle);
}

static void fake_port_close(struct sk_port *port, struct sk_handle handle)
{
	(void)port;
	count_closed(handle);
}

static int fake_answer(struct sk_port *port, const struct sk_reply *reply)
{
	(void)reply;
	fake.answers++;
	fake.answer_handles = port->answer.attached.handle_count;
	port->answer.attached.handle_count = 0;
	return fake.status;
}

static int setup(void **state)
{
	static const struct sk_channel_ops ops = {
		.call = fake_call, .send = fake_send, .close_handle = fake_close,
	};
	static const struct sk_port_ops port_ops = {
		.answer = fake_answer, .close_handle = fake_port_close,
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

static void put_handles(struct sk_message *message, uint32_t count)
{
	message->attached.handle_count = count;
	for (uint32_t i = 0; i < count; i++)
		message->attached.handles[i].handle.raw = FIRST_HANDLE + (int32_t)i;
}

static void reply_with(uint32_t id, uint32_t tail, int32_t number, uint32_t size)
{
	sk_put_uint32(fake.reply, id);
	sk_put_uint32(fake.reply + 4, tail);
	sk_put_uint32(fake.reply + 8, (uint32_t)number);
	fake.channel.reply.size = size;
	put_handles(&fake.channel.reply, 2);
}

static int invoke(void)
{
	return sk_invoke(&fake.channel, 16, &method, NULL);
}

static void assert_closed(unsigned count)
{
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(fake.closed[i], i < count ? 1 : 0);
}

static void reply_comes_back_with_its_handles(void **state)
{
	(void)state;
	reply_with(REPLY_ID, 7, 1, 30);
	fake.channel.reply.attached.handle_count = 0;
	assert_int_equal(invoke(), SK_OK);
	assert_int_equal(fake.channel.request.size, 16);
	assert_true(fake.channel.delivered);
	assert_true(fake.deadline == SK_FOREVER);
	assert_closed(0);
}

static void untaken_handles_are_closed_by_discard_and_taken_ones_are_not(void **state)
{
	(void)state;
	put_handles(&fake.channel.reply, 3);
	fake.channel.reply.attached.handles[1].handle.raw = -1;
	sk_discard(&fake.channel);
	sk_discard(&fake.channel);
	assert_int_equal(fake.closed[0], 1);
	assert_int_equal(fake.closed[1], 0);
	assert_int_equal(fake.closed[2], 1);
}

static void next_call_closes_what_the_last_reply_left(void **state)
{
	(void)state;
	put_handles(&fake.channel.reply, 2);
	fake.status = SK_TIMED_OUT;
	assert_int_equal(invoke(), SK_TIMED_OUT);
	assert_closed(2);
}

static int sorted(uint32_t id, uint32_t tail, int32_t number, uint32_t size)
{
	int status;

	setup(NULL);
	reply_with(id, tail, number, size);
	/* The last reply's handles are closed before the call, so these must
	 * come with it. */
	fake.channel.reply.attached.handle_count = 0;
	status = sk_invoke(&fake.channel, 16, &method, NULL);
	return status;
}

static void errors_and_statuses_are_told_from_malformed_messages(void **state)
{
	(void)state;
	assert_int_equal(sorted(REPLY_ID + 1, 0, 5, 12), 5);
	assert_int_equal(sorted(REPLY_ID + 1, 0, INT32_MAX, 12), INT32_MAX);
	assert_int_equal(sorted(SK_STATUS_ID, 0, SK_PEER_DROPPED, 12), SK_PEER_DROPPED);
	assert_int_equal(sorted(REPLY_ID + 1, 0, 0, 12), SK_MALFORMED);
	assert_int_equal(sorted(REPLY_ID + 1, 0, -1, 12), SK_MALFORMED);
	assert_int_equal(sorted(SK_STATUS_ID, 0, 0, 12), SK_MALFORMED);
	assert_int_equal(sorted(SK_STATUS_ID, 0, 1, 12), SK_MALFORMED);
	assert_int_equal(sorted(SK_STATUS_ID, 0, -3, 11), SK_MALFORMED);
	assert_int_equal(sorted(SK_STATUS_ID, 0, -3, 13), SK_MALFORMED);
	assert_int_equal(sorted(SK_STATUS_ID, 1, -3, 12), SK_MALFORMED);
	assert_int_equal(sorted(REPLY_ID + 1, 1, 3, 12), SK_MALFORMED);
	assert_int_equal(sorted(REPLY_ID - 1, 0, 3, 12), SK_MALFORMED);
	assert_int_equal(sorted(REPLY_ID + 2, 0, 3, 12), SK_MALFORMED);
	assert_int_equal(sorted(REPLY_ID, 0, 3, 7), SK_MALFORMED);
	assert_int_equal(sorted(REPLY_ID, 0, 3, 0), SK_MALFORMED);
	assert_int_equal(sorted(REPLY_ID, 0, 3, 8), SK_OK);
}

static int call_that_brings_handles(struct sk_channel *channel, const struct sk_call *call)
{
	(void)call;
	put_handles(&channel->reply, 4);
	return SK_OK;
}

static void handles_beside_an_error_are_closed(void **state)
{
	static const struct sk_channel_ops ops = {
		.call = call_that_brings_handles, .close_handle = fake_close,
	};

	(void)state;
	reply_with(REPLY_ID + 1, 0, 9, 12);
	fake.channel.reply.attached.handle_count = 0;
	fake.channel.ops = &ops;
	assert_int_equal(invoke(), 9);
	assert_closed(4);
	assert_int_equal(fake.channel.reply.attached.handle_count, 0);
}

static void request_beyond_the_buffer_is_too_big_and_not_sent(void **state)
{
	(void)state;
	put_handles(&fake.channel.request, 2);
	assert_int_equal(sk_invoke(&fake.channel, 65, &method, NULL), SK_TOO_BIG);
	assert_closed(2);
	assert_int_equal(sk_send(&fake.channel, 65, &one_way, NULL), SK_TOO_BIG);
	assert_int_equal(fake.calls + fake.sends, 0);
	assert_false(fake.channel.delivered);
	assert_int_equal(sk_send(&fake.channel, 64, &one_way, NULL), SK_OK);
	assert_int_equal(fake.sends, 1);
}

static void request_that_does_not_encode_is_not_sent_and_its_status_told(void **state)
{
	(void)state;
	fake.channel.delivered = true;
	put_handles(&fake.channel.request, 2);
	assert_int_equal(sk_invoke(&fake.channel, SK_INVALID, &method, NULL), SK_INVALID);
	assert_closed(2);
	assert_false(fake.channel.delivered);
	assert_int_equal(sk_send(&fake.channel, SK_TOO_DEEP, &one_way, NULL), SK_TOO_DEEP);
	assert_int_equal(fake.calls + fake.sends, 0);
}

static void deadline_reaches_the_transport(void **state)
{
	struct sk_call call = {.deadline = 12345};

	(void)state;
	reply_with(REPLY_ID, 0, 0, 8);
	assert_int_equal(sk_invoke(&fake.channel, 8, &method, &call), SK_OK);
	assert_int_equal(fake.deadline, 12345);
	call.deadline = SK_POLL;
	assert_int_equal(sk_send(&fake.channel, 8, &one_way, &call), SK_OK);
	assert_int_equal(fake.deadline, SK_POLL);
}

static struct sk_reply new_reply(void)
{
	return (struct sk_reply){.port = &fake.port, .token = 7, .id = REPLY_ID};
}

static void assert_answer(uint32_t id, int32_t number)
{
	assert_int_equal(fake.port.answer.size, 12);
	assert_int_equal(sk_get_uint32(fake.answer), id);
	assert_int_equal(sk_get_uint32(fake.answer + 4), 0);
	assert_int_equal((int32_t)sk_get_uint32(fake.answer + 8), number);
}

static void second_answer_is_a_bad_token(void **state)
{
	struct sk_reply reply = new_reply();

	(void)state;
	assert_int_equal(sk_answer(&reply, 20), SK_OK);
	assert_int_equal(fake.port.answer.size, 20);
	assert_int_equal(sk_answer(&reply, 20), SK_BAD_TOKEN);
	assert_int_equal(sk_answer_error(&reply, 3), SK_BAD_TOKEN);
	sk_reply_drop(&reply);
	assert_int_equal(fake.answers, 1);
}

static void errors_and_statuses_have_their_ids(void **state)
{
	struct sk_reply reply = new_reply();

	(void)state;
	assert_int_equal(sk_answer_error(&reply, 3), SK_OK);
	assert_answer(REPLY_ID + 1, 3);
	reply = new_reply();
	assert_int_equal(sk_answer_error(&reply, SK_WRONG_STATE), SK_OK);
	assert_answer(SK_STATUS_ID, SK_WRONG_STATE);
	reply = new_reply();
	sk_reply_drop(&reply);
	assert_answer(SK_STATUS_ID, SK_PEER_DROPPED);
	reply = new_reply();
	assert_int_equal(sk_answer_error(&reply, 0), SK_INVALID);
	assert_non_null(reply.port);
}

static void error_closes_the_handles_that_stood_in_the_answer(void **state)
{
	struct sk_reply reply = new_reply();

	(void)state;
	put_handles(&fake.port.answer, 3);
	assert_int_equal(sk_answer_error(&reply, 3), SK_OK);
	assert_closed(3);
	assert_int_equal(fake.answer_handles, 0);
}

static void answer_that_does_not_encode_becomes_its_status(void **state)
{
	struct sk_reply reply = new_reply();

	(void)state;
	assert_int_equal(sk_answer(&reply, SK_INVALID), SK_INVALID);
	assert_answer(SK_STATUS_ID, SK_INVALID);
	assert_int_equal(sk_answer(&reply, 8), SK_BAD_TOKEN);
	assert_int_equal(fake.answers, 1);
}

static void answer_beyond_the_buffer_becomes_a_status(void **state)
{
	struct sk_reply reply = new_reply();

	(void)state;
	assert_int_equal(sk_answer(&reply, 65), SK_TOO_BIG);
	assert_answer(SK_STATUS_ID, SK_TOO_BIG);
	assert_null(reply.port);
	assert_int_equal(fake.answers, 1);
}

static void kept_reply_moves_the_duty(void **state)
{
	struct sk_reply reply = new_reply();
	struct sk_reply kept = sk_reply_keep(&reply);

	(void)state;
	assert_null(reply.port);
	sk_reply_drop(&reply);
	assert_int_equal(fake.answers, 0);
	assert_int_equal(kept.token, 7);
	assert_int_equal(sk_answer(&kept, 8), SK_OK);
	assert_int_equal(fake.answers, 1);
}

static void refusal_answers_and_closes(void **state)
{
	uint8_t bytes[8] = {0};
	struct sk_message message = {.bytes = bytes, .capacity = 8, .size = 8};
	struct sk_incoming incoming = {
		.port = &fake.port, .message = &message, .reply = new_reply(),
	};

	(void)state;
	put_handles(&message, 5);
	assert_int_equal(sk_refuse(&incoming, SK_MALFORMED), SK_MALFORMED);
	assert_answer(SK_STATUS_ID, SK_MALFORMED);
	assert_closed(5);
	sk_finish(&incoming);
	assert_int_equal(fake.answers, 1);
	assert_closed(5);
}

static void one_way_refusal_closes_and_answers_nobody(void **state)
{
	uint8_t bytes[8] = {0};
	struct sk_message message = {.bytes = bytes, .capacity = 8, .size = 8};
	struct sk_incoming incoming = {.port = &fake.port, .message = &message};

	(void)state;
	put_handles(&message, 1);
	assert_int_equal(sk_refuse(&incoming, SK_UNKNOWN_METHOD), SK_UNKNOWN_METHOD);
	assert_closed(1);
	assert_int_equal(fake.answers, 0);
}

static void finish_drops_what_was_neither_answered_nor_kept(void **state)
{
	uint8_t bytes[8] = {0};
	struct sk_message message = {.bytes = bytes, .capacity = 8, .size = 8};
	struct sk_incoming incoming = {
		.port = &fake.port, .message = &message, .reply = new_reply(),
	};

	(void)state;
	put_handles(&message, 2);
	message.attached.handles[0].handle.raw = -1;	/* taken by the operation */
	sk_finish(&incoming);
	assert_answer(SK_STATUS_ID, SK_PEER_DROPPED);
	assert_int_equal(fake.closed[0], 0);
	assert_int_equal(fake.closed[1], 1);
}

static void statuses_have_names_and_texts(void **state)
{
	(void)state;
	assert_string_equal(sk_status_name(SK_OK), "OK");
	assert_string_equal(sk_status_name(SK_MALFORMED), "MALFORMED");
	assert_string_equal(sk_status_name(SK_TRANSPORT), "TRANSPORT");
	assert_string_equal(sk_status_text(SK_TRANSPORT), "the transport failed");
	assert_string_equal(sk_status_name(-18), "status?");
	assert_string_equal(sk_status_name(1), "status?");
	assert_string_equal(sk_status_name(INT32_MIN), "status?");
	for (int i = 0; i >= SK_LEASE_FAULT; i--) {
		assert_non_null(sk_status_name(i));
		assert_non_null(sk_status_text(i));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(reply_comes_back_with_its_handles),
		TEST(untaken_handles_are_closed_by_discard_and_taken_ones_are_not),
		TEST(next_call_closes_what_the_last_reply_left),
		TEST(errors_and_statuses_are_told_from_malformed_messages),
		TEST(handles_beside_an_error_are_closed),
		TEST(request_beyond_the_buffer_is_too_big_and_not_sent),
		TEST(request_that_does_not_encode_is_not_sent_and_its_status_told),
		TEST(deadline_reaches_the_transport),
		TEST(second_answer_is_a_bad_token),
		TEST(errors_and_statuses_have_their_ids),
		TEST(error_closes_the_handles_that_stood_in_the_answer),
		TEST(answer_that_does_not_encode_becomes_its_status),
		TEST(answer_beyond_the_buffer_becomes_a_status),
		TEST(kept_reply_moves_the_duty),
		TEST(refusal_answers_and_closes),
		TEST(one_way_refusal_closes_and_answers_nobody),
		TEST(finish_drops_what_was_neither_answered_nor_kept),
		TEST(statuses_have_names_and_texts),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime channel", tests, NULL, NULL);
}
