/*
 * What channels do for servers above every transport: answering once, closing
 * each handle once, the bounds of leases, minting.
 */
#include "tests/unit/channel_fixture.h"

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

static void leases_are_reached_within_their_bounds(void **state)
{
	const struct sk_lease in = {NULL, 100, 2, SK_LEASE_IN};
	const struct sk_lease out = {NULL, 100, 3, SK_LEASE_OUT};
	const struct sk_lease huge = {NULL, UINT64_MAX, 1, SK_LEASE_INOUT};
	const struct sk_lease none = {NULL, 100, 0, SK_LEASE_INOUT};
	const struct sk_reply to = new_reply();
	uint64_t done = 5;
	uint8_t byte;

	(void)state;
	assert_int_equal(sk_lease_read(&to, &in, 0, &byte, 101, &done), SK_BAD_LEASE);
	assert_int_equal(done, 0);
	assert_int_equal(sk_lease_read(&to, &in, 101, &byte, 0, NULL), SK_BAD_LEASE);
	assert_int_equal(sk_lease_read(&to, &in, UINT64_MAX, &byte, 2, NULL), SK_BAD_LEASE);
	assert_int_equal(sk_lease_read(&to, &in, 2, &byte, UINT64_MAX, NULL), SK_BAD_LEASE);
	assert_int_equal(sk_lease_write(&to, &in, 0, &byte, 1, NULL), SK_BAD_LEASE);
	assert_int_equal(sk_lease_read(&to, &out, 0, &byte, 1, NULL), SK_BAD_LEASE);
	assert_int_equal(sk_lease_read(&to, &none, 0, &byte, 1, NULL), SK_BAD_LEASE);
	assert_int_equal(fake.copies, 0);
	assert_int_equal(sk_lease_read(&to, &in, 99, &byte, 1, &done), SK_OK);
	assert_int_equal(done, 1);
	assert_int_equal(fake.copied.number, 2);
	assert_int_equal(fake.copied.offset, 99);
	assert_false(fake.copied.write);
	assert_int_equal(sk_lease_write(&to, &out, 100, &byte, 0, NULL), SK_OK);
	assert_true(fake.copied.write);
	assert_int_equal(sk_lease_read(&to, &huge, UINT64_MAX - 1, &byte, 1, NULL), SK_OK);
	assert_true(fake.copied.offset == UINT64_MAX - 1);
	fake.status = SK_LEASE_FAULT;
	assert_int_equal(sk_lease_read(&to, &in, 0, &byte, 1, &done), SK_LEASE_FAULT);
	assert_int_equal(done, 1);
}

static void lease_of_an_answered_request_is_a_bad_token(void **state)
{
	const struct sk_lease lease = {NULL, 100, 1, SK_LEASE_INOUT};
	struct sk_reply reply = new_reply();
	uint8_t byte = 0;

	(void)state;
	assert_int_equal(sk_answer(&reply, 8), SK_OK);
	assert_int_equal(sk_lease_read(&reply, &lease, 0, &byte, 1, NULL), SK_BAD_TOKEN);
	assert_int_equal(sk_lease_write(&reply, &lease, 0, &byte, 1, NULL), SK_BAD_TOKEN);
	assert_null(sk_lease_memory(&reply, &lease));
	assert_int_equal(fake.copies, 0);
}

static void minting_gives_a_handle_or_none(void **state)
{
	static const struct sk_object object = {.dispatch = NULL};
	struct sk_handle handle = {3};

	(void)state;
	assert_int_equal(sk_mint(&fake.port, &object, (void *)(uintptr_t)&object, &handle),
		SK_OK);
	assert_int_equal(handle.raw, FIRST_HANDLE);
	sk_port_close(&fake.port, handle);
	sk_port_close(&fake.port, sk_no_handle());
	assert_closed(1);
	fake.status = SK_EXHAUSTED;
	assert_int_equal(sk_mint(&fake.port, &object, (void *)(uintptr_t)&object, &handle),
		SK_EXHAUSTED);
	assert_true(handle.raw < 0);
	handle.raw = FIRST_HANDLE + 1;
	sk_close(&fake.channel, handle);
	sk_close(&fake.channel, sk_no_handle());
	assert_closed(2);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(second_answer_is_a_bad_token),
		TEST(errors_and_statuses_have_their_ids),
		TEST(error_closes_the_handles_that_stood_in_the_answer),
		TEST(answer_that_does_not_encode_becomes_its_status),
		TEST(answer_beyond_the_buffer_becomes_a_status),
		TEST(kept_reply_moves_the_duty),
		TEST(refusal_answers_and_closes),
		TEST(one_way_refusal_closes_and_answers_nobody),
		TEST(finish_drops_what_was_neither_answered_nor_kept),
		TEST(leases_are_reached_within_their_bounds),
		TEST(lease_of_an_answered_request_is_a_bad_token),
		TEST(minting_gives_a_handle_or_none),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime answers", tests, NULL, NULL);
}
