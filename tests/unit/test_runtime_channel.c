/*
 * What channels do for clients above every transport: sorting replies, errors,
 * statuses and anything else; deadlines of methods, making calls again;
 * closing each handle once.
 */
#include "tests/unit/channel_fixture.h"

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

static void method_has_a_deadline_of_its_own(void **state)
{
	const struct sk_method hasty = {.reply_id = REPLY_ID, .deadline_ms = UINT32_MAX};
	struct sk_call call = {.deadline = SK_FOREVER};

	(void)state;
	fake.now = 5;
	reply_with(REPLY_ID, 0, 0, 8);
	assert_int_equal(sk_invoke(&fake.channel, 8, &hasty, NULL), SK_OK);
	assert_true(fake.deadline == 5 + UINT32_MAX * UINT64_C(1000000));
	assert_int_equal(sk_invoke(&fake.channel, 8, &hasty, &call), SK_OK);
	assert_true(fake.deadline == SK_FOREVER);
}

static void only_cancellable_methods_take_a_flag(void **state)
{
	const struct sk_method soft = {
		.reply_id = REPLY_ID, .flags = SK_METHOD_CANCELLABLE,
	};
	const volatile int flag = 0;
	struct sk_call call = {.deadline = 9, .cancel = &flag};

	(void)state;
	put_handles(&fake.channel.request, 2);
	assert_int_equal(sk_invoke(&fake.channel, 8, &method, &call), SK_INVALID);
	assert_int_equal(sk_send(&fake.channel, 8, &one_way, &call), SK_INVALID);
	assert_int_equal(fake.calls + fake.sends, 0);
	assert_closed(2);
	reply_with(REPLY_ID, 0, 0, 8);
	assert_int_equal(sk_invoke(&fake.channel, 8, &soft, &call), SK_OK);
	assert_ptr_equal(fake.cancel, &flag);
	assert_int_equal(fake.deadline, 9);
}

/* What the request moved is the transport's, and what it copies the caller's. */
static void copies_stay_with_the_caller(void **state)
{
	(void)state;
	put_handles(&fake.channel.request, 4);
	fake.channel.request.attached.handles[1].copy = true;
	fake.channel.request.attached.handles[3].copy = true;
	assert_int_equal(sk_invoke(&fake.channel, SK_INVALID, &method, NULL), SK_INVALID);
	assert_int_equal(fake.closed[0] + fake.closed[2], 2);
	assert_int_equal(fake.closed[1] + fake.closed[3], 0);
	assert_int_equal(fake.channel.request.attached.handle_count, 0);
}

/* ---- calls that are made again ---- */

struct again {
	bool delivers, is_idempotent, moves;
	unsigned good_after;		/* calls */
	int connect_status;
	int status;			/* wanted */
	unsigned calls;
	bool delivered;
};

static void try_again(const struct again *try)
{
	struct sk_method as = {.reply_id = REPLY_ID};

	setup(NULL);
	fake.channel.ops = &lasting_ops;
	as.flags = try->is_idempotent ? SK_METHOD_IDEMPOTENT : 0;
	fake.delivers = try->delivers;
	fake.good_after = try->good_after;
	fake.connect_status = try->connect_status;
	reply_with(REPLY_ID, 0, 0, 8);
	fake.channel.reply.attached.handle_count = 0;
	put_handles(&fake.channel.request, try->moves ? 2 : 1);
	fake.channel.request.attached.handles[0].copy = true;
	assert_int_equal(sk_invoke(&fake.channel, 8, &as, NULL), try->status);
	assert_int_equal(fake.calls, try->calls);
	assert_int_equal(fake.channel.delivered, try->delivered);
	assert_closed(0);
}

static void calls_are_made_again_where_that_is_safe(void **state)
{
	static const struct again tries[] = {
		/* Not delivered: again, whatever the method. */
		{false, false, false, 2, SK_OK, SK_OK, 2, true},
		{false, true, false, 3, SK_OK, SK_OK, 3, true},
		{false, false, false, 99, SK_OK, SK_PEER_CLOSED, SK_ATTEMPTS_MAX, false},
		/* Delivered: only if idempotent. */
		{true, false, false, 2, SK_OK, SK_PEER_CLOSED, 1, true},
		{true, true, false, 2, SK_OK, SK_OK, 2, true},
		{true, true, false, 99, SK_OK, SK_PEER_CLOSED, SK_ATTEMPTS_MAX, true},
		/* Never with handles that moved. */
		{false, true, true, 2, SK_OK, SK_PEER_CLOSED, 1, false},
		/* Nobody to connect to. */
		{false, true, false, 2, SK_TIMED_OUT, SK_TIMED_OUT, 1, false},
		{true, true, false, 2, SK_TIMED_OUT, SK_TIMED_OUT, 1, true},
		{true, true, false, 2, SK_PEER_CLOSED, SK_PEER_CLOSED, 1, true},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		try_again(&tries[i]);
}

static void other_failures_are_not_tried_again(void **state)
{
	(void)state;
	fake.channel.ops = &lasting_ops;
	for (int status = SK_MALFORMED; status >= SK_LEASE_FAULT; status--) {
		if (status == SK_PEER_CLOSED)
			continue;
		fake.status = status;
		assert_int_equal(invoke(), status);
	}
	assert_int_equal(fake.connects, 0);
}

/* ---- events and leases ---- */

static int event_sorted(uint32_t id, int32_t number, uint32_t size)
{
	const struct sk_method next = {.reply_id = SK_LOST_ID};

	setup(NULL);
	reply_with(id, 0, number, size);
	fake.channel.reply.attached.handle_count = 0;
	return sk_invoke(&fake.channel, 8, &next, NULL);
}

static void next_event_is_answered_by_any_event_or_a_loss(void **state)
{
	(void)state;
	assert_int_equal(event_sorted(7, 0, 8), SK_OK);
	assert_int_equal(event_sorted(UINT32_MAX, 0, 30), SK_OK);
	assert_int_equal(event_sorted(SK_LOST_ID, 3, 12), SK_OK);
	assert_int_equal(event_sorted(SK_LOST_ID, -1, 12), SK_OK);
	assert_int_equal(event_sorted(SK_LOST_ID, 0, 12), SK_MALFORMED);
	assert_int_equal(event_sorted(SK_LOST_ID, 3, 13), SK_MALFORMED);
	assert_int_equal(event_sorted(SK_LOST_ID + 1, 3, 12), SK_MALFORMED);
	assert_int_equal(event_sorted(8, 0, 8), SK_MALFORMED);
	assert_int_equal(event_sorted(9, 3, 12), SK_MALFORMED);
	assert_int_equal(event_sorted(3, 0, 7), SK_MALFORMED);
	assert_int_equal(event_sorted(SK_STATUS_ID, SK_CANCELED, 12), SK_CANCELED);
	/* And an event answers nothing else. */
	assert_int_equal(sorted(7, 0, 0, 8), SK_MALFORMED);
}

static void one_way_cannot_lend(void **state)
{
	const struct sk_lease lease = {&fake, 1, 0, SK_LEASE_IN};

	(void)state;
	sk_attach_none(&fake.channel.request.attached);
	assert_true(sk_attach_lease(&fake.channel.request.attached, &lease, SK_LEASE_IN, 1));
	assert_int_equal(sk_send(&fake.channel, 8, &one_way, NULL), SK_BAD_LEASE);
	assert_int_equal(fake.sends, 0);
	assert_int_equal(sk_send(&fake.channel, 8, &one_way, NULL), SK_OK);
}

static void statuses_have_names_and_texts(void **state)
{
	(void)state;
	assert_string_equal(sk_status_name(SK_OK), "OK");
	assert_string_equal(sk_status_name(SK_MALFORMED), "MALFORMED");
	assert_string_equal(sk_status_name(SK_TRANSPORT), "TRANSPORT");
	assert_string_equal(sk_status_text(SK_TRANSPORT), "the transport failed");
	assert_string_equal(sk_status_name(SK_MISMATCH - 1), "status?");
	assert_string_equal(sk_status_name(1), "status?");
	assert_string_equal(sk_status_name(INT32_MIN), "status?");
	for (int i = 0; i >= SK_MISMATCH; i--) {
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
		TEST(method_has_a_deadline_of_its_own),
		TEST(only_cancellable_methods_take_a_flag),
		TEST(copies_stay_with_the_caller),
		TEST(calls_are_made_again_where_that_is_safe),
		TEST(other_failures_are_not_tried_again),
		TEST(next_event_is_answered_by_any_event_or_a_loss),
		TEST(one_way_cannot_lend),
		TEST(statuses_have_names_and_texts),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime channel", tests, NULL, NULL);
}
