/* Threads: their life, what stops them in each state, and their slots. */
#include "tests/kernel/unit/kernel_ipc.h"

#include "kernel/upcall.h"
#include "fault.skald.h"

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

/* By another CPU, and before it learns of that it enters the kernel. */
static void kill_while_it_enters(void **state)
{
	uint32_t number;

	(void)state;
	notification(&number);
	ipc_thread(client.space, 1);
	host_run(client.thread);
	thread_kill(client.thread, 42);
	assert_waits(client, RUNNING);
	client.thread->frame.head = ABI_BASE | ABI_WAIT;
	client.thread->frame.target = number;
	client.thread->frame.words[0] = 1;
	kernel_system_call(client.thread);
	assert_waits(client, ENDED);
}
static void kill_while_it_faults(void **state)
{
	(void)state;
	ipc_thread(client.space, 1);
	host_run(client.thread);
	thread_kill(client.thread, 42);
	kernel_page_fault(client.thread, 0x10000, fault_Access_READ);
	assert_waits(client, ENDED);
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
	assert_int_equal(session_under_way(session), 1);
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
	thread_proceed(client.thread);
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

/* While it runs, by another CPU: it is on its way into the kernel. */
static void interrupt_ends_what_begins_then(void **state)
{
	(void)state;
	host_run(client.thread);
	thread_interrupt(client.thread);
	ipc_call(client, BYTES(8), client_session | ABI_CANCELLABLE, 0);
	assert_goes_on(client);
	assert_int_equal(STATUS(client), SK_CANCELED);
	host_run(client.thread);
	assert_false(client.thread->pending);
	host_run(server.thread);
	thread_interrupt(server.thread);
	ipc_receive(server, 0, server_endpoint | ABI_CANCELLABLE, 0);
	assert_int_equal(STATUS(server), SK_CANCELED);
	/* What cannot be canceled waits. */
	host_run(client.thread);
	thread_interrupt(client.thread);
	ipc_call(client, BYTES(8), client_session, 0);
	assert_waits(client, CALLING);
}

/* What was cancellable did not wait; what waits then is not. */
static void interrupt_leaves_what_was_not_cancellable(void **state)
{
	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	ipc_call(client, BYTES(8) | ABI_TIMED, client_session | ABI_CANCELLABLE, ABI_POLL);
	assert_int_equal(STATUS(client), SK_WOULD_BLOCK);
	ipc_call(client, BYTES(8), client_session, 0);
	assert_event(server, REQUEST);
	thread_interrupt(client.thread);
	assert_waits(client, CALLING);
	assert_event(server, REQUEST);
}

/* ---- death at any moment ---- */

static struct program actors[5];
static uint32_t sessions_of[5][2], endpoint_of[5];
static struct endpoint *made[5];

static void make_actors(void)
{
	for (unsigned i = 0; i < 5; i++) {
		actors[i] = ipc_program(5 + fixture_random(8));
		made[i] = ipc_endpoint(actors[i].space, &endpoint_of[i]);
		object_take(&made[i]->object);
	}
	for (unsigned i = 0; i < 5; i++)
		for (unsigned j = 0; j < 2; j++)
			sessions_of[i][j] = ipc_session(actors[i].space,
				made[(i + 1 + j) % 5], i, fixture_random(3), NULL);
}

/* A message with leases, passed on or own, and a handle, of which many are bad. */
static uint64_t random_message(unsigned i)
{
	struct abi_descriptors *beside = SLOT(actors[i], 0).beside;
	unsigned kind = fixture_random(4);

	beside->leases[0] = (struct abi_lease){.address = fixture_random(2) * 8,
		.size = 8, .direction = 1 + fixture_random(3),
		.passed = fixture_random(2), .token = (uint32_t)TOKEN(actors[i])};
	beside->handles[0] = (struct abi_handle){.number = sessions_of[i][0],
		.rights = 0xffff, .kernel_rights = 0xffff,
		.copies = (uint8_t)fixture_random(2)};
	return BYTES(8 + fixture_random(2) * 500) | EXPECTED(fixture_random(3)) |
		(kind == 1 ? LEASES(1) : kind == 2 ? HANDLES(1) : 0) |
		(fixture_random(4) == 0 ? ABI_TIMED : 0);
}

static void act(unsigned i)
{
	uint64_t time = host_time + fixture_random(3) * SCHED_SLICE;
	unsigned what = fixture_random(8);

	if (STATE(actors[i]) != kernel_ThreadState_RUNNING)
		return;
	if (what < 3)
		ipc_call(actors[i], random_message(i), sessions_of[i][fixture_random(2)], time);
	else if (what == 3)
		ipc_receive(actors[i], fixture_random(2) ? ABI_TIMED : 0, endpoint_of[i], time);
	else if (what < 6)
		ipc_reply_receive(actors[i], random_message(i) & ~ABI_TIMED, endpoint_of[i],
			TOKEN(actors[i]));
	else if (what == 6)
		ipc_send(actors[i], random_message(i), sessions_of[i][0], time);
	else
		ipc_reply(actors[i], random_message(i) & ~ABI_TIMED,
			fixture_random(2) ? ABI_DROP : 0, TOKEN(actors[i]));
}

static void happen(unsigned i)
{
	struct thread *thread = actors[i].thread;

	switch (fixture_random(30)) {
	case 0:
		thread_kill(thread, 1);
		break;
	case 1:
		space_kill(actors[i].space, 2);
		break;
	case 2:
		if (handle_find(&actors[i].space->handles, endpoint_of[i]))
			handle_remove(&actors[i].space->handles, endpoint_of[i]);
		break;
	case 3:
		if (!thread->is_ended)
			thread_suspend(thread);
		break;
	case 4:
		if (thread->suspended > 0)
			thread_proceed(thread);
		break;
	case 5:
		thread_interrupt(thread);
		break;
	case 6:
		caller_give_up(&thread->caller, SK_CANCELED);
		break;
	case 7:
		host_advance(SCHED_SLICE);
		break;
	}
}

/* Whatever happens, all is given back in the end; ipc_stop() sees to it. */
static void random_deaths_leave_nothing(void **state)
{
	fixture_seed("random_deaths_leave_nothing");
	for (unsigned round = 0; round < 60; round++) {
		ipc_start_with(1 + fixture_random(4), 10);
		make_actors();
		for (unsigned step = 0; step < 300; step++) {
			unsigned i = fixture_random(5);

			host_settle();
			act(i);
			host_cpu = 0;
			happen(i);
			host_settle();
		}
		for (unsigned i = 0; i < 5; i++)
			object_drop(&made[i]->object);
		ipc_stop(state);
	}
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
	assert_int_equal(ipc_set_slots(thread, 0, &address), kernel_Error_INVALID);
	assert_int_equal(ipc_set_slots(thread, 129, &address), kernel_Error_INVALID);
	address = 0x10000000;
	assert_int_equal(ipc_set_slots(thread, 128, &address), 0);
	assert_int_equal(thread->slot_count, 128);
	assert_int_equal(thread->slot_address, 0x10000000);
	assert_null(space_find(client.space, before));
	address = 0x10000000;
	assert_int_equal(ipc_set_slots(thread, 1, &address), kernel_Error_OVERLAP);
	assert_int_equal(thread->slot_count, 128);
	ipc_call(client, BYTES(8), client_session, 0);
	address = 0;
	assert_int_equal(ipc_set_slots(thread, 1, &address), kernel_Error_BUSY);
}

static void slots_are_made_in_steps(void **state)
{
	struct thread *thread = client.thread;
	struct memory *begun = NULL;
	uint64_t address = 0;
	unsigned turns = 0;

	(void)state;
	do {
		unsigned steps = OBJECT_STEPS;

		assert_int_equal(thread_set_slots(thread, 128, &address, &begun, &steps), 0);
		turns++;
		assert_true(!begun || begun->present == turns * OBJECT_STEPS);
		assert_int_equal(thread->slot_count, begun ? IPC_SLOTS : 128);
	} while (begun);
	assert_int_equal(turns, 3);
}

static void unmapped_slots_do_no_harm(void **state)
{
	struct thread *thread = server.thread;
	unsigned steps = 64;
	kernel_error error;

	(void)state;
	space_unmap(server.space, thread->slot_address,
		IPC_SLOTS * ABI_SLOT_PAGE, &steps, &error);
	ipc_receive(server, 0, server_endpoint | INTO_SLOT(1), 0);
	ipc_call(client, BYTES(4096), client_session, 0);
	assert_event(server, REQUEST);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(kill_while_it_runs),
		CASE(kill_while_it_enters),
		CASE(kill_while_it_faults),
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
		CASE(interrupt_ends_what_begins_then),
		CASE(interrupt_leaves_what_was_not_cancellable),
		cmocka_unit_test(random_deaths_leave_nothing),
		CASE(slots_are_mapped),
		CASE(slots_are_replaced),
		CASE(slots_are_made_in_steps),
		CASE(unmapped_slots_do_no_harm),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
