/* Calls and replies: by the short way and the long one, on one CPU and more. */
#include "tests/kernel/unit/kernel_ipc.h"

/* The long way: what is traced takes it. */
static int start_long(void **state)
{
	ipc_start(state);
	trace_mask = kernel_TraceMask_LEASES;
	sched_set_slow(false);
	return 0;
}

static void request_reaches_a_receiver_that_waits(void **state)
{
	(void)state;
	ipc_deliver(BYTES(40));
	assert_int_equal(HEAD(server), BYTES(40) | 0x5a << ABI_RIGHTS_SHIFT | ABI_REQUEST);
	assert_int_equal(TARGET(server), 77);
	assert_int_not_equal(TOKEN(server), 0);
	assert_int_equal(server.thread->frame.time, ABI_FOREVER);
	assert_memory_equal(WORDS(server), ipc_words, sizeof ipc_words);
	assert_int_equal(session_under_way(session), 1);
	assert_int_equal(endpoint->unanswered, 1);
}

static void request_is_found_by_who_receives_later(void **state)
{
	(void)state;
	ipc_call(client, BYTES(16), client_session, 0);
	assert_waits(client, CALLING);
	assert_int_equal(endpoint->caller_count, 1);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	assert_int_equal(ABI_BYTES(HEAD(server)), 16);
	assert_int_equal(endpoint->caller_count, 0);
	assert_int_equal(endpoint->events, 0);
}

static void server_runs_at_once_and_then_its_client(void **state)
{
	struct program other = ipc_program(10);

	(void)state;
	host_run(other.thread);
	ipc_deliver(BYTES(8));
	assert_ptr_equal(host_cpus[0].current, server.thread);
	ipc_reply_receive(server, BYTES(8), server_endpoint, TOKEN(server));
	assert_ptr_equal(host_cpus[0].current, client.thread);
}

static void answer_reaches_its_caller(void **state)
{
	(void)state;
	ipc_deliver(BYTES(40));
	assert_int_equal(ipc_reply(server, BYTES(24), 0, TOKEN(server)), 0);
	assert_goes_on(client);
	assert_int_equal(HEAD(client), BYTES(24));
	assert_int_equal(WORDS(client)[0], 11);
	assert_int_equal(WORDS(client)[4], 15);
	assert_int_equal(session_under_way(session), 0);
	assert_int_equal(endpoint->unanswered, 0);
	assert_int_equal(session->object.references, 1);
}

static void reply_and_receive_go_round(void **state)
{
	uint64_t token = 0;

	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	for (int i = 0; i < 100; i++) {
		ipc_call(client, BYTES(32), client_session, 0);
		assert_event(server, REQUEST);
		assert_int_not_equal(TOKEN(server), token);
		token = TOKEN(server);
		ipc_reply_receive(server, BYTES(32), server_endpoint, token);
		assert_waits(server, RECEIVING);
		assert_int_equal(HEAD(client), BYTES(32));
		assert_int_equal(WORDS(client)[0], 21);
	}
	assert_int_equal(session->object.references, 1);
	assert_int_equal(session_under_way(session), 0);
	assert_true(list_is_empty(&session->tokens));
}

static void token_answers_once(void **state)
{
	uint64_t token;

	(void)state;
	ipc_deliver(BYTES(8));
	token = TOKEN(server);
	assert_int_equal(ipc_reply(server, BYTES(8), 0, token), 0);
	assert_int_equal((int32_t)ipc_reply(server, BYTES(8), 0, token), SK_BAD_TOKEN);
	assert_int_equal((int32_t)ipc_reply(server, BYTES(8), 0, 0), SK_BAD_TOKEN);
}

static void dropped_request_says_so(void **state)
{
	(void)state;
	ipc_deliver(BYTES(8));
	assert_int_equal(ipc_reply(server, 0, ABI_DROP, TOKEN(server)), 0);
	assert_int_equal(STATUS(client), SK_PEER_DROPPED);
	assert_true(HEAD(client) & ABI_DELIVERED);
}

static void failed_reply_still_receives(void **state)
{
	struct program second = ipc_program(10);
	uint32_t number = ipc_session(second.space, endpoint, 78, 0, NULL);

	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	ipc_call(client, BYTES(8), client_session, 0);
	ipc_call(second, BYTES(8), number, 0);
	ipc_reply_receive(server, BYTES(8), server_endpoint, 12345);
	assert_event(server, REQUEST);
	assert_true(HEAD(server) & ABI_REPLY_FAILED);
	assert_int_equal(TARGET(server), 78);
	/* It is told once. */
	ipc_reply_receive(server, BYTES(8), server_endpoint, TOKEN(server));
	assert_waits(server, RECEIVING);
	ipc_call(second, BYTES(8), number, 0);
	assert_event(server, REQUEST);
	assert_false(HEAD(server) & ABI_REPLY_FAILED);
}

static void token_0_is_no_failure(void **state)
{
	(void)state;
	ipc_reply_receive(server, 0, server_endpoint, 0);
	assert_waits(server, RECEIVING);
	ipc_call(client, BYTES(8), client_session, 0);
	assert_false(HEAD(server) & ABI_REPLY_FAILED);
}

static void one_way_waits_until_received(void **state)
{
	(void)state;
	ipc_send(client, BYTES(8), client_session, 0);
	assert_waits(client, CALLING);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	assert_int_equal(TOKEN(server), 0);
	assert_goes_on(client);
	assert_int_equal(HEAD(client), 0);
	assert_int_equal(session_under_way(session), 0);
	assert_int_equal(session->object.references, 1);
}

static void polls_do_not_wait(void **state)
{
	(void)state;
	assert_int_equal((int32_t)ipc_call(client, ABI_TIMED | BYTES(8), client_session,
		ABI_POLL), SK_WOULD_BLOCK);
	assert_int_equal((int32_t)ipc_send(client, ABI_TIMED | BYTES(8), client_session,
		ABI_POLL), SK_WOULD_BLOCK);
	assert_int_equal((int32_t)ipc_receive(server, ABI_TIMED, server_endpoint, ABI_POLL),
		SK_WOULD_BLOCK);
	assert_int_equal(session_under_way(session), 0);
	assert_int_equal(session->object.references, 1);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_int_equal((int32_t)ipc_call(client, ABI_TIMED | BYTES(8), client_session,
		ABI_POLL), SK_WOULD_BLOCK);
	assert_waits(server, RECEIVING);
	assert_int_equal(ipc_send(client, ABI_TIMED | BYTES(8), client_session, ABI_POLL), 0);
	assert_event(server, REQUEST);
}

static void bad_handles_are_refused(void **state)
{
	uint32_t mute = ipc_give(client.space, &session->object,
		(uint16_t)~kernel_Rights_CALL, 0x5a, HANDLE_CLIENT);

	(void)state;
	assert_int_equal((int32_t)ipc_call(client, BYTES(8), 0, 0), SK_BAD_HANDLE);
	assert_int_equal((int32_t)ipc_call(client, BYTES(8), client_session + 1, 0),
		SK_BAD_HANDLE);
	assert_int_equal((int32_t)ipc_send(server, BYTES(8), server_endpoint, 0),
		SK_BAD_HANDLE);
	assert_int_equal((int32_t)ipc_receive(client, 0, client_session, 0), SK_BAD_HANDLE);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_int_equal((int32_t)ipc_call(client, BYTES(8), mute, 0),
		SK_BAD_HANDLE);
	assert_waits(server, RECEIVING);
}

static void messages_too_large_are_refused(void **state)
{
	(void)state;
	assert_int_equal((int32_t)ipc_call(client, BYTES(4097), client_session, 0),
		SK_TOO_BIG);
	assert_int_equal((int32_t)ipc_call(client, BYTES(41) | FROM_SLOT(4),
		client_session, 0), SK_INVALID);
	assert_int_equal((int32_t)ipc_call(client, HANDLES(9), client_session, 0),
		SK_INVALID);
}

static void kernel_objects_answer_at_once(void **state)
{
	uint32_t number = ipc_give(client.space, &session->object, IPC_RIGHTS, 0, 0);
	struct kernel_Session_status_request request;
	struct kernel_Session_status_reply reply;
	uint64_t words[ABI_WORDS] = {0}, head;

	(void)state;
	kernel_Session_status_request_init(&request);
	head = BYTES(kernel_Session_status_request_encode(&request, words, sizeof words));
	head = host_call(client.thread, ABI_BASE | ABI_CALL | ABI_TIMED | head, number,
		words, 0, ABI_POLL);
	assert_int_equal(ABI_STATUS(head), 0);
	assert_int_equal(kernel_Session_status_reply_decode(&reply, WORDS(client),
		ABI_BYTES(head)), 0);
	assert_int_equal(reply.badge, 77);
	assert_int_equal(reply.handles, 1);
}

static void results_have_places_or_are_closed(void **state)
{
	uint32_t control = ipc_give(client.space, &session->object, IPC_RIGHTS, 0, 0);
	struct kernel_Session_open_request request = {.protocol_rights = 3};
	uint64_t words[ABI_WORDS] = {0}, head;
	uint32_t used = client.space->handles.used;

	(void)state;
	head = BYTES(kernel_Session_open_request_encode(&request, words, sizeof words));
	assert_int_equal((int32_t)host_call(client.thread, ABI_BASE | ABI_CALL | head,
		control, words, 0, 0), SK_EXHAUSTED);
	assert_int_equal(client.space->handles.used, used);
	assert_int_equal(session->object.references, 2);
	head = host_call(client.thread, ABI_BASE | ABI_CALL | head | EXPECTED(3), control,
		words, 0, 0);
	assert_int_equal(ABI_STATUS(head), 0);
	assert_int_equal(ABI_HANDLES(head), 1);
	assert_int_equal(client.space->handles.used, used + 1);
	assert_int_equal(client.space->handles.reserved, 0);
	assert_int_equal(SLOT(client, 0).beside->handles[0].rights, 3);
	assert_int_equal(SLOT(client, 0).beside->handles[0].kind, kernel_Kind_SESSION);
	assert_int_equal(session->clients, 2);
}

static void foreign_numbers_fault(void **state)
{
	(void)state;
	host_call(client.thread, 39, 0, NULL, 0, 0);
	assert_waits(client, STOPPED);
	host_call(server.thread, ABI_BASE + ABI_CALL_COUNT, 0, NULL, 0, 0);
	assert_waits(server, STOPPED);
}

static void close_gives_up_a_handle(void **state)
{
	(void)state;
	assert_int_equal(host_call(client.thread, ABI_BASE | ABI_CLOSE, client_session,
		NULL, 0, 0), 0);
	assert_int_equal((int32_t)host_call(client.thread, ABI_BASE | ABI_CLOSE,
		client_session, NULL, 0, 0), SK_BAD_HANDLE);
}

#define LONG(name) { #name "_by_the_long_way", name, start_long, ipc_stop, NULL }

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(request_reaches_a_receiver_that_waits),
		LONG(request_reaches_a_receiver_that_waits),
		CASE(request_is_found_by_who_receives_later),
		CASE(server_runs_at_once_and_then_its_client),
		LONG(server_runs_at_once_and_then_its_client),
		CASE(answer_reaches_its_caller),
		LONG(answer_reaches_its_caller),
		CASE(reply_and_receive_go_round),
		LONG(reply_and_receive_go_round),
		CASE(token_answers_once),
		CASE(dropped_request_says_so),
		CASE(failed_reply_still_receives),
		CASE(token_0_is_no_failure),
		CASE(one_way_waits_until_received),
		CASE(polls_do_not_wait),
		CASE(bad_handles_are_refused),
		CASE(messages_too_large_are_refused),
		CASE(kernel_objects_answer_at_once),
		CASE(results_have_places_or_are_closed),
		CASE(foreign_numbers_fault),
		CASE(close_gives_up_a_handle),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
