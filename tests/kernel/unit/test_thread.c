/* Threads: their life, what stops them in each state, and their slots. */
#include "tests/kernel/unit/kernel_ipc.h"

#include "kernel/upcall.h"

static struct notification *notification(uint32_t *number)
{
	kernel_error error;
	struct notification *made = notification_new(quota_root(), &error);

	*number = ipc_give(client.space, &made->object, IPC_RIGHTS, 0, 0);
	object_drop(&made->object);
	return made;
}

static void look(void)
{
	for (unsigned i = 0; i < 5; i++)
		host_look();
}

static void kill_client(void)
{
	ipc_thread(client.space, 1);		/* so that its space lives on */
	thread_kill(client.thread, 42);
	look();
	assert_waits(client, ENDED);
	assert_true(client.thread->is_ended);
	assert_int_equal(client.thread->code, 42);
	assert_int_equal(client.space->thread_count, 1);
	assert_int_equal(client.space->state, kernel_SpaceState_RUNNING);
	assert_true(list_is_empty(&client.thread->waiting));
	assert_true(list_is_empty(&client.thread->ready));
	assert_true(list_is_empty(&client.thread->deadline.link));
}

static void kill_while_it_runs(void **state)
{
	(void)state;
	host_run(client.thread);
	assert_waits(client, RUNNING);
	kill_client();
}

static void kill_while_ready(void **state)
{
	(void)state;
	host_run(server.thread);
	assert_waits(client, READY);
	kill_client();
}

static void kill_while_it_calls(void **state)
{
	(void)state;
	ipc_call(client, BYTES(8) | EXPECTED(3), client_session, 0);
	assert_waits(client, CALLING);
	kill_client();
	assert_int_equal(endpoint->caller_count, 0);
	assert_int_equal(client.space->handles.reserved, 0);
}

static void kill_over_its_credit(void **state)
{
	struct program second = ipc_program(10);
	uint32_t number = ipc_give(second.space, &session->object, IPC_RIGHTS, 1,
		HANDLE_CLIENT);

	(void)state;
	session_set_credit(session, 1);
	ipc_call(second, BYTES(8), number, 0);
	ipc_call(client, BYTES(8), client_session, 0);
	assert_int_equal(client.thread->caller.state, CALLER_AT_SESSION);
	kill_client();
	assert_null(caller_queue_first(&session->callers));
	assert_int_equal(session->under_way, 1);
}

static void kill_while_served(void **state)
{
	(void)state;
	ipc_deliver(BYTES(8) | EXPECTED(3));
	kill_client();
	assert_int_equal(client.space->handles.reserved, 0);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, CANCEL);
}

static void kill_while_it_waits(void **state)
{
	uint32_t number;
	struct notification *waited = notification(&number);
	uint64_t words[ABI_WORDS] = {7, 0, 0, 0, 0};

	(void)state;
	host_call(client.thread, ABI_BASE | ABI_WAIT | ABI_TIMED, number, words, 0,
		host_time + 1000000000);
	assert_waits(client, WAITING);
	kill_client();
	assert_true(list_is_empty(&waited->waiting));
}

static void kill_while_it_receives(void **state)
{
	(void)state;
	ipc_receive(server, ABI_TIMED, server_endpoint, host_time + 1000000000);
	ipc_thread(server.space, 1);
	thread_kill(server.thread, 1);
	look();
	assert_waits(server, ENDED);
	assert_true(list_is_empty(&endpoint->receivers));
	assert_null(endpoint->last_receiver);
	ipc_call(client, BYTES(8), client_session, 0);
	assert_waits(client, CALLING);
}

static void kill_while_suspended(void **state)
{
	(void)state;
	thread_suspend(client.thread);
	look();
	assert_waits(client, SUSPENDED);
	kill_client();
}

static void kill_while_faulted(void **state)
{
	(void)state;
	client.thread->handler = session;
	session_open(session);
	host_exception(client.thread, 2, 0, 0);
	assert_waits(client, FAULTED);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	kill_client();
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, CANCEL);
	assert_int_equal(session->clients, 1);
}

static void kill_the_server_of_a_call(void **state)
{
	(void)state;
	ipc_deliver(BYTES(8));
	ipc_thread(server.space, 1);
	thread_kill(server.thread, 0);
	look();
	/* Any thread of its space can still answer. */
	assert_waits(client, CALLING);
	assert_null(client.thread->caller.token->server);
}

static void last_thread_ends_its_space(void **state)
{
	(void)state;
	thread_kill(client.thread, 9);
	look();
	assert_int_equal(client.space->state, kernel_SpaceState_ENDED);
	assert_int_equal(client.space->code, 9);
}

static void new_thread_ends_with_its_handle(void **state)
{
	kernel_error error;
	struct thread *thread = thread_new(quota_root(), client.space, 1, &error);
	uint32_t number = ipc_give(client.space, &thread->object, IPC_RIGHTS, 0, 0);

	(void)state;
	handle_remove(&client.space->handles, number);
	assert_true(thread->is_ended);
	assert_int_equal(client.space->thread_count, 1);
	object_drop(&thread->object);
	assert_null(thread_new(quota_root(), client.space, 256, &error));
	assert_int_equal(error, kernel_Error_INVALID);
}

static void end_is_told(void **state)
{
	uint32_t number;
	struct notification *told = notification(&number);

	(void)state;
	ipc_thread(server.space, 1);
	watch_set(&server.thread->ended, told, 4);
	thread_kill(server.thread, 0);
	look();
	assert_int_equal(told->bits, 4);
}

/* ---- stopping ---- */

static void suspensions_count(void **state)
{
	(void)state;
	thread_suspend(client.thread);
	thread_suspend(client.thread);
	look();
	assert_waits(client, SUSPENDED);
	thread_proceed(client.thread);
	assert_waits(client, SUSPENDED);
	client.space->suspended = 1;
	thread_proceed(client.thread);
	assert_waits(client, SUSPENDED);
	client.space->suspended = 0;
	thread_settle(client.thread);
	assert_goes_on(client);
}

static void suspended_in_a_call_stops_behind_it(void **state)
{
	(void)state;
	ipc_deliver(BYTES(8));
	thread_suspend(client.thread);
	assert_waits(client, CALLING);
	ipc_reply_receive(server, BYTES(8), server_endpoint, TOKEN(server));
	assert_waits(client, SUSPENDED);
	assert_int_equal(HEAD(client), BYTES(8));
	thread_proceed(client.thread);
	assert_goes_on(client);
	assert_int_equal(HEAD(client), BYTES(8));
}

static void suspended_receiver_leaves_it_to_others(void **state)
{
	struct program second = {server.space, ipc_thread(server.space, 10)};

	(void)state;
	ipc_call(client, BYTES(8), client_session, 0);
	ipc_receive(server, 0, server_endpoint, 0);
	uint64_t token = TOKEN(server);
	ipc_reply_receive(server, BYTES(16), server_endpoint | INTO_SLOT(2), token);
	assert_waits(server, RECEIVING);
	assert_int_equal(HEAD(client), BYTES(16));
	thread_suspend(server.thread);
	assert_waits(server, SUSPENDED);
	assert_true(list_is_empty(&endpoint->receivers));
	ipc_receive(second, 0, server_endpoint, 0);
	ipc_call(client, BYTES(8), client_session, 0);
	assert_event(second, REQUEST);
	/* It receives when it goes on; it does not answer again. */
	ipc_reply(second, BYTES(8), 0, TOKEN(second));
	thread_proceed(server.thread);
	ipc_call(client, BYTES(8), client_session, 0);
	host_run(server.thread);
	assert_event(server, REQUEST);
	assert_false(HEAD(server) & ABI_REPLY_FAILED);
}

static void failed_reply_is_not_forgotten(void **state)
{
	(void)state;
	ipc_reply_receive(server, BYTES(8), server_endpoint, 99);
	assert_waits(server, RECEIVING);
	thread_suspend(server.thread);
	thread_proceed(server.thread);
	ipc_call(client, BYTES(8), client_session, 0);
	host_run(server.thread);
	assert_event(server, REQUEST);
	assert_true(HEAD(server) & ABI_REPLY_FAILED);
}

static void interrupt_ends_what_can_be_canceled(void **state)
{
	(void)state;
	ipc_call(client, BYTES(8), client_session, 0);
	thread_interrupt(client.thread);
	assert_waits(client, CALLING);
	caller_give_up(&client.thread->caller, SK_TIMED_OUT);
	host_run(client.thread);
	assert_false(client.thread->pending);
	ipc_call(client, BYTES(8), client_session | ABI_CANCELLABLE, 0);
	thread_interrupt(client.thread);
	assert_goes_on(client);
	assert_int_equal(STATUS(client), SK_CANCELED);
	/* By the short way as well. */
	host_run(client.thread);
	ipc_receive(server, 0, server_endpoint, 0);
	ipc_call(client, BYTES(8), client_session | ABI_CANCELLABLE, 0);
	assert_waits(client, CALLING);
	thread_interrupt(client.thread);
	assert_int_equal(STATUS(client), SK_CANCELED);
	ipc_receive(server, 0, server_endpoint | ABI_CANCELLABLE, 0);
	assert_event(server, CANCEL);
	ipc_receive(server, 0, server_endpoint | ABI_CANCELLABLE, 0);
	assert_waits(server, RECEIVING);
	thread_interrupt(server.thread);
	assert_int_equal(STATUS(server), SK_CANCELED);
	assert_true(list_is_empty(&endpoint->receivers));
}

/* ---- slots ---- */

static void slots_are_mapped(void **state)
{
	struct thread *thread = client.thread;
	char text[9] = "a string", back[9] = "";
	uint64_t at = thread->slot_address + ABI_SLOT_PAGE + 100;

	(void)state;
	assert_int_equal(host_user_write(thread, at, text, 9), 9);
	assert_string_equal((char *)SLOT(client, 1).page + 100, text);
	strcpy((char *)SLOT(client, 2).beside, "beside");
	at = thread->slot_address + IPC_SLOTS * ABI_SLOT_PAGE + 2 * ABI_DESCRIPTORS_SIZE;
	assert_int_equal(host_user_read(thread, at, back, 7), 7);
	assert_string_equal(back, "beside");
}

static void slots_are_replaced(void **state)
{
	struct thread *thread = client.thread;
	uint64_t address = 0, before = thread->slot_address;

	(void)state;
	assert_int_equal(thread_set_slots(thread, 0, &address), kernel_Error_INVALID);
	assert_int_equal(thread_set_slots(thread, 129, &address), kernel_Error_INVALID);
	address = 0x10000000;
	assert_int_equal(thread_set_slots(thread, 128, &address), 0);
	assert_int_equal(thread->slot_count, 128);
	assert_int_equal(thread->slot_address, 0x10000000);
	assert_null(space_find(client.space, before));
	address = 0x10000000;
	assert_int_equal(thread_set_slots(thread, 1, &address), kernel_Error_OVERLAP);
	assert_int_equal(thread->slot_count, 128);
	ipc_call(client, BYTES(8), client_session, 0);
	address = 0;
	assert_int_equal(thread_set_slots(thread, 1, &address), kernel_Error_BUSY);
}

static void unmapped_slots_do_no_harm(void **state)
{
	struct thread *thread = server.thread;
	unsigned steps = 64;
	uint64_t done;

	(void)state;
	space_unmap(server.space, thread->slot_address,
		IPC_SLOTS * ABI_SLOT_PAGE, &steps, &done);
	ipc_receive(server, 0, server_endpoint | INTO_SLOT(1), 0);
	ipc_call(client, BYTES(4096), client_session, 0);
	assert_event(server, REQUEST);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(kill_while_it_runs),
		CASE(kill_while_ready),
		CASE(kill_while_it_calls),
		CASE(kill_over_its_credit),
		CASE(kill_while_served),
		CASE(kill_while_it_waits),
		CASE(kill_while_it_receives),
		CASE(kill_while_suspended),
		CASE(kill_while_faulted),
		CASE(kill_the_server_of_a_call),
		CASE(last_thread_ends_its_space),
		CASE(new_thread_ends_with_its_handle),
		CASE(end_is_told),
		CASE(suspensions_count),
		CASE(suspended_in_a_call_stops_behind_it),
		CASE(suspended_receiver_leaves_it_to_others),
		CASE(failed_reply_is_not_forgotten),
		CASE(interrupt_ends_what_can_be_canceled),
		CASE(slots_are_mapped),
		CASE(slots_are_replaced),
		CASE(unmapped_slots_do_no_harm),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
