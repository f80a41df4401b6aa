/* Tokens: their table, cancellation, and replies that come too late. */
#include "tests/kernel/unit/kernel_ipc.h"

static void table_grows_and_ends(void **state)
{
	struct token_table *table = &server.space->tokens;
	uint64_t charged;

	(void)state;
	assert_true(token_table_grow(server.space, 16));
	charged = server.space->object.charged;
	assert_true(token_table_grow(server.space, 300));
	assert_int_equal(table->count, 304);
	assert_true(server.space->object.charged > charged);
	assert_true(token_table_grow(server.space, 5000));
	assert_int_equal(table->count, 304 + TOKEN_STEP);
	unsigned steps = 1000;
	assert_true(token_table_end(server.space, &steps));
	assert_int_equal(table->count, 0);
}

static void what_there_is_stays(void **state)
{
	struct token_table *table = &server.space->tokens;
	uint64_t charged;

	(void)state;
	assert_true(token_table_grow(server.space, 64));
	charged = server.space->object.charged;
	assert_true(token_table_grow(server.space, 0));
	assert_int_equal(table->count, 64);
	assert_int_equal(server.space->object.charged, charged);
}

static void no_token_leaves_callers_waiting(void **state)
{
	uint64_t tokens[17];
	struct program more[17];

	(void)state;
	for (unsigned i = 0; i < 17; i++) {
		more[i] = ipc_program(10);
		ipc_call(more[i], BYTES(8), ipc_session(more[i].space, endpoint, i, 0,
			NULL), 0);
	}
	for (unsigned i = 0; i < 16; i++) {
		ipc_receive(server, 0, server_endpoint, 0);
		assert_event(server, REQUEST);
		tokens[i] = TOKEN(server);
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(tokens[i], tokens[j]);
	}
	struct program second = {server.space, ipc_thread(server.space, 10)};
	ipc_receive(second, 0, server_endpoint, 0);
	assert_waits(second, RECEIVING);
	ipc_reply(server, BYTES(8), 0, tokens[3]);
	assert_goes_on(second);
	assert_event(second, REQUEST);
}

/* The table is the space's: a token that is answered at one endpoint is free for
 * another, whichever way the answer goes. */
static void a_token_serves_any_endpoint(void **state)
{
	uint32_t number;
	struct endpoint *other = ipc_endpoint(server.space, &number);
	struct program second = {server.space, ipc_thread(server.space, 10)}, last;
	struct program more[16];

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		more[i] = ipc_program(10);
		ipc_receive(server, 0, server_endpoint, 0);
		ipc_call(more[i], BYTES(8), ipc_session(more[i].space, endpoint, i, 0,
			NULL), 0);
		assert_event(server, REQUEST);
	}
	last = ipc_program(10);
	ipc_receive(second, 0, number, 0);
	ipc_call(last, BYTES(8), ipc_session(last.space, other, 99, 0, NULL), 0);
	assert_waits(second, RECEIVING);
	ipc_reply_receive(server, BYTES(8), server_endpoint, TOKEN(server));
	assert_goes_on(more[15]);
	assert_goes_on(second);
	assert_event(second, REQUEST);
	assert_int_equal(TARGET(second), 99);
}

/* 65,535 times another generation, never 0. */
static void numbers_come_back_late(void **state)
{
	uint64_t first;

	(void)state;
	ipc_deliver(BYTES(8));
	first = TOKEN(server);
	for (unsigned i = 0; i < 65534; i++) {
		ipc_reply_receive(server, BYTES(8), server_endpoint, TOKEN(server));
		ipc_call(client, BYTES(8), client_session, 0);
		assert_true(TOKEN(server) >> 16 != 0);
		assert_int_not_equal(TOKEN(server), first);
	}
	ipc_reply_receive(server, BYTES(8), server_endpoint, TOKEN(server));
	ipc_call(client, BYTES(8), client_session, 0);
	assert_int_equal(TOKEN(server), first);
}

static void deadline_cancels(void **state)
{
	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	ipc_call(client, BYTES(8) | ABI_TIMED, client_session, host_time + 1000);
	assert_waits(client, CALLING);
	assert_event(server, REQUEST);
	assert_true(server.thread->frame.time < host_time + 1001);
	uint64_t token = TOKEN(server);
	host_advance(2 * SCHED_SLICE);
	assert_int_equal(STATUS(client), SK_TIMED_OUT);
	assert_true(HEAD(client) & ABI_DELIVERED);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, CANCEL);
	assert_int_equal(TOKEN(server), token);
	assert_int_equal((int32_t)ipc_reply(server, BYTES(8), 0, token), SK_CANCELED);
	assert_int_equal((int32_t)ipc_reply(server, BYTES(8), 0, token), SK_BAD_TOKEN);
	assert_int_equal(session->object.references, 1);
}

static void not_delivered_says_so(void **state)
{
	(void)state;
	ipc_call(client, BYTES(8) | ABI_TIMED, client_session, host_time + 1000);
	assert_waits(client, CALLING);
	host_advance(2 * SCHED_SLICE);
	assert_int_equal(STATUS(client), SK_TIMED_OUT);
	assert_false(HEAD(client) & ABI_DELIVERED);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_waits(server, RECEIVING);
}

static void late_reply_untells_cancel(void **state)
{
	(void)state;
	ipc_deliver(BYTES(8));
	caller_give_up(&client.thread->caller, SK_CANCELED);
	assert_int_equal(endpoint->events, 1);
	assert_int_equal((int32_t)ipc_reply(server, BYTES(8), 0, TOKEN(server)), SK_CANCELED);
	assert_int_equal(endpoint->events, 0);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_waits(server, RECEIVING);
}

static void dropping_what_was_canceled_is_right(void **state)
{
	(void)state;
	ipc_deliver(BYTES(8));
	caller_give_up(&client.thread->caller, SK_CANCELED);
	assert_int_equal(ipc_reply(server, 0, ABI_DROP, TOKEN(server)), 0);
}

static void caller_that_dies_is_told(void **state)
{
	uint64_t token;

	(void)state;
	ipc_deliver(BYTES(8));
	token = TOKEN(server);
	thread_kill(client.thread, 0);
	host_look();
	assert_waits(client, ENDED);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, CANCEL);
	assert_int_equal((int32_t)ipc_reply(server, BYTES(8), 0, token), SK_CANCELED);
}

static void receiver_waits_for_cancel(void **state)
{
	struct program second = {server.space, ipc_thread(server.space, 10)};

	(void)state;
	ipc_deliver(BYTES(8));
	ipc_receive(second, 0, server_endpoint, 0);
	assert_waits(second, RECEIVING);
	caller_give_up(&client.thread->caller, SK_CANCELED);
	host_look();
	assert_goes_on(second);
	assert_event(second, CANCEL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(table_grows_and_ends),
		CASE(what_there_is_stays),
		CASE(no_token_leaves_callers_waiting),
		CASE(a_token_serves_any_endpoint),
		CASE(numbers_come_back_late),
		CASE(deadline_cancels),
		CASE(not_delivered_says_so),
		CASE(late_reply_untells_cancel),
		CASE(dropping_what_was_canceled_is_right),
		CASE(caller_that_dies_is_told),
		CASE(receiver_waits_for_cancel),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
