/* Sessions: credit, the end of the last handle, revocation. */
#include "tests/kernel/unit/kernel_ipc.h"

static struct program more[6];
static uint32_t numbers[6];

/* Threads of one session, which have called. */
static void call_by(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		more[i] = ipc_program(10);
		numbers[i] = ipc_give(more[i].space, &session->object, IPC_RIGHTS, 1,
			HANDLE_CLIENT);
		ipc_call(more[i], BYTES(8), numbers[i], 0);
	}
}

static void credit_bounds_what_is_under_way(void **state)
{
	(void)state;
	session_set_credit(session, 2);
	call_by(4);
	assert_int_equal(session_under_way(session), 2);
	assert_int_equal(endpoint->caller_count, 2);
	ipc_receive(server, 0, server_endpoint, 0);
	uint64_t first = TOKEN(server);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	assert_int_equal((int32_t)ipc_receive(server, ABI_TIMED, server_endpoint, ABI_POLL),
		SK_WOULD_BLOCK);
	assert_int_equal(ipc_reply(server, BYTES(8), 0, first), 0);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	assert_int_equal(session_under_way(session), 2);
}

/* A receiver that waits makes no difference. */
static void credit_holds_for_the_short_way(void **state)
{
	(void)state;
	session_set_credit(session, 1);
	ipc_deliver(BYTES(8));
	ipc_receive(server, 0, server_endpoint, 0);
	call_by(1);
	assert_waits(more[0], CALLING);
	assert_waits(server, RECEIVING);
	assert_int_equal(session_under_way(session), 1);
}

static void canceled_call_keeps_its_credit(void **state)
{
	(void)state;
	session_set_credit(session, 1);
	ipc_deliver(BYTES(8));
	call_by(1);
	caller_give_up(&client.thread->caller, SK_CANCELED);
	host_look();
	assert_int_equal(session_under_way(session), 1);
	assert_int_equal(endpoint->caller_count, 0);
	assert_int_equal((int32_t)ipc_reply(server, BYTES(8), 0, TOKEN(server)), SK_CANCELED);
	assert_int_equal(endpoint->caller_count, 1);
}

static void more_credit_lets_callers_in(void **state)
{
	unsigned steps = 2;

	(void)state;
	session_set_credit(session, 1);
	call_by(5);
	session_set_credit(session, 4);
	assert_false(session_admit(session, &steps));
	assert_int_equal(session_under_way(session), 3);
	steps = OBJECT_STEPS;
	assert_true(session_admit(session, &steps));
	assert_int_equal(session_under_way(session), 4);
	session_set_credit(session, 0);
	session_admit(session, &steps);
	assert_int_equal(session_under_way(session), 5);
}

static void last_handle_is_told_once(void **state)
{
	uint32_t copy = ipc_give(client.space, &session->object, IPC_RIGHTS, 1,
		HANDLE_CLIENT);

	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	handle_remove(&client.space->handles, copy);
	host_look();
	assert_waits(server, RECEIVING);
	handle_remove(&client.space->handles, client_session);
	host_look();
	assert_event(server, GONE);
	assert_int_equal(TARGET(server), 77);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_waits(server, RECEIVING);
	assert_int_equal(endpoint->session_count, 0);
}

static void control_is_no_client(void **state)
{
	uint32_t control = ipc_give(server.space, &session->object, IPC_RIGHTS, 0, 0);

	(void)state;
	assert_int_equal(session->clients, 1);
	handle_remove(&server.space->handles, control);
	assert_int_equal(session->clients, 1);
	assert_false(session->is_gone);
	ipc_give(server.space, &session->object, IPC_RIGHTS, 0, 0);
	handle_remove(&client.space->handles, client_session);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, GONE);
}

static void calls_come_before_gone(void **state)
{
	(void)state;
	ipc_call(client, BYTES(8), client_session, 0);
	handle_remove(&client.space->handles, client_session);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	uint64_t token = TOKEN(server);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, GONE);
	assert_int_equal(ipc_reply(server, BYTES(8), 0, token), 0);
	assert_int_equal(HEAD(client), BYTES(8));
}

static void kernel_counts_as_a_client(void **state)
{
	(void)state;
	session_open(session);
	handle_remove(&client.space->handles, client_session);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_waits(server, RECEIVING);
	session_close(session);
	host_look();
	assert_event(server, GONE);
}

static void revocation_cancels_in_steps(void **state)
{
	unsigned steps = 2;

	(void)state;
	session_set_credit(session, 3);
	ipc_deliver(BYTES(8));
	uint64_t token = TOKEN(server);
	call_by(4);
	assert_false(session_revoke(session, &steps));
	assert_int_equal(STATUS(client), SK_PEER_CLOSED);
	assert_true(HEAD(client) & ABI_DELIVERED);
	steps = OBJECT_STEPS;
	assert_true(session_revoke(session, &steps));
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(STATUS(more[i]), SK_PEER_CLOSED);
		assert_false(HEAD(more[i]) & ABI_DELIVERED);
	}
	assert_int_equal((int32_t)ipc_call(client, BYTES(8), client_session, 0),
		SK_PEER_CLOSED);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, CANCEL);
	assert_int_equal(TOKEN(server), token);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, GONE);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_waits(server, RECEIVING);
	assert_int_equal((int32_t)ipc_call(client, BYTES(8), client_session, 0),
		SK_PEER_CLOSED);
	assert_waits(server, RECEIVING);
}

/* What is left under way is what tokens and queues have. */
static void random_calls_keep_count(void **state)
{
	(void)state;
	fixture_seed("random_calls_keep_count");
	session_set_credit(session, 2);
	call_by(0);
	for (unsigned i = 0; i < 6; i++) {
		more[i] = ipc_program(10);
		numbers[i] = ipc_give(more[i].space, &session->object, IPC_RIGHTS, 1,
			HANDLE_CLIENT);
	}
	uint64_t tokens[2000];
	unsigned held = 0;
	for (unsigned round = 0; round < 2000; round++) {
		unsigned i = fixture_random(6);
		bool waits = STATE(more[i]) == kernel_ThreadState_CALLING;

		switch (fixture_random(4)) {
		case 0:
			if (!waits)
				ipc_call(more[i], BYTES(8), numbers[i], 0);
			break;
		case 1:
			caller_give_up(&more[i].thread->caller, SK_CANCELED);
			break;
		case 2:
			ipc_receive(server, ABI_TIMED, server_endpoint, ABI_POLL);
			if (ABI_STATUS(HEAD(server)) > 0 &&
			    ABI_EVENT(HEAD(server)) == ABI_REQUEST)
				tokens[held++] = TOKEN(server);
			break;
		default:
			if (held > 0)
				ipc_reply(server, BYTES(8), 0, tokens[--held]);
		}
		assert_true(session_under_way(session) <= 2);
		assert_int_equal(session_under_way(session), endpoint->caller_count + held);
		assert_int_equal(endpoint->unanswered, held);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(credit_bounds_what_is_under_way),
		CASE(credit_holds_for_the_short_way),
		CASE(canceled_call_keeps_its_credit),
		CASE(more_credit_lets_callers_in),
		CASE(last_handle_is_told_once),
		CASE(control_is_no_client),
		CASE(calls_come_before_gone),
		CASE(kernel_counts_as_a_client),
		CASE(revocation_cancels_in_steps),
		CASE(random_calls_keep_count),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
