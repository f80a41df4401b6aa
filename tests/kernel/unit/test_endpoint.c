/* Endpoints: the order of events, priorities, and the end of one. */
#include "tests/kernel/unit/kernel_ipc.h"

static struct notification *bind(void)
{
	kernel_error error;
	struct notification *notification = notification_new(quota_root(), &error);

	ipc_give(server.space, &notification->object, IPC_RIGHTS, 0, 0);
	object_drop(&notification->object);
	endpoint_bind(endpoint, notification);
	return notification;
}

static struct program another(uint32_t priority, uint64_t badge, uint32_t *number)
{
	struct program program = ipc_program(priority);

	*number = ipc_session(program.space, endpoint, badge, 0, NULL);
	return program;
}

static void events_come_in_order(void **state)
{
	uint32_t number, leaving;
	struct program second = another(10, 78, &number);
	struct program third = another(10, 79, &leaving);
	struct notification *bound = bind();
	uint64_t token;

	(void)state;
	ipc_deliver(BYTES(8));
	token = TOKEN(server);
	ipc_call(second, BYTES(8), number, 0);
	notification_signal(bound, 6);
	handle_remove(&third.space->handles, leaving);
	caller_give_up(&client.thread->caller, SK_CANCELED);

	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, CANCEL);
	assert_int_equal(TOKEN(server), token);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, GONE);
	assert_int_equal(TARGET(server), 79);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, NOTIFY);
	assert_int_equal(TARGET(server), 6);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	assert_int_equal(TARGET(server), 78);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_waits(server, RECEIVING);
	assert_int_equal(endpoint->events, 0);
}

static void notifications_take_turns(void **state)
{
	uint32_t number;
	struct program second = another(10, 78, &number);
	struct notification *bound = bind();

	(void)state;
	ipc_call(client, BYTES(8), client_session, 0);
	ipc_call(second, BYTES(8), number, 0);
	notification_signal(bound, 1);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, NOTIFY);
	notification_signal(bound, 1);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, NOTIFY);
	notification_signal(bound, 1);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, NOTIFY);
	/* With nothing else in between it comes again. */
	notification_signal(bound, 4);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, NOTIFY);
}

static void receiver_wakes_for_bits(void **state)
{
	struct notification *bound = bind();

	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	assert_waits(server, RECEIVING);
	notification_signal(bound, 8);
	host_look();
	assert_goes_on(server);
	assert_event(server, NOTIFY);
	assert_int_equal(TARGET(server), 8);
	assert_int_equal(bound->bits, 0);
}

static void callers_queue_by_priority(void **state)
{
	static const uint32_t priorities[] = {5, 20, 10, 20, 5, 30};
	static const uint64_t order[] = {105, 101, 103, 102, 100, 104};
	struct program callers[6];
	uint32_t numbers[6];

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		callers[i] = another(10, 100 + i, &numbers[i]);
	for (unsigned i = 0; i < 6; i++) {
		host_run(callers[i].thread);
		callers[i].thread->priority = (uint8_t)priorities[i];
		sched_inherit(callers[i].thread);
		ipc_call(callers[i], BYTES(8), numbers[i], 0);
	}
	for (unsigned i = 0; i < 6; i++) {
		ipc_receive(server, 0, server_endpoint, 0);
		assert_event(server, REQUEST);
		assert_int_equal(TARGET(server), order[i]);
	}
}

/* Against a model: an array, sorted by priority, stable. */
static void queue_is_as_a_sorted_array(void **state)
{
	static struct caller callers[64], *model[64];
	struct caller_queue queue;
	unsigned count = 0;

	(void)state;
	fixture_seed("queue_is_as_a_sorted_array");
	caller_queue_init(&queue);
	for (unsigned i = 0; i < 64; i++)
		caller_init(&callers[i], CALLER_THREAD);
	for (unsigned round = 0; round < 20000; round++) {
		struct caller *caller = &callers[fixture_random(64)];
		unsigned at = 0;

		while (at < count && model[at] != caller)
			at++;
		if (at < count) {
			caller_queue_remove(&queue, caller);
			count--;
			memmove(&model[at], &model[at + 1],
				(count - at) * sizeof model[0]);
		} else {
			caller->priority = (uint8_t)fixture_random(5);
			for (at = 0; at < count && model[at]->priority >= caller->priority;)
				at++;
			memmove(&model[at + 1], &model[at],
				(count - at) * sizeof model[0]);
			model[at] = caller;
			count++;
			caller_queue_add(&queue, caller);
		}
		const struct list *node = queue.callers.next;
		for (at = 0; at < count; at++, node = node->next)
			assert_ptr_equal(node, &model[at]->queued);
		assert_ptr_equal(node, &queue.callers);
	}
}

static void two_receivers_get_one_each(void **state)
{
	struct program second = {server.space, ipc_thread(server.space, 10)};
	uint32_t number;
	struct program other = another(10, 78, &number);

	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	ipc_receive(second, 0, server_endpoint, 0);
	ipc_call(client, BYTES(8), client_session, 0);
	ipc_call(other, BYTES(8), number, 0);
	assert_int_equal(TARGET(server), 77);
	assert_int_equal(TARGET(second), 78);
	/* Either may answer either. */
	ipc_reply(server, BYTES(8), 0, TOKEN(second));
	assert_goes_on(other);
	assert_int_equal(ABI_STATUS(HEAD(other)), 0);
}

static void closing_answers_all(void **state)
{
	uint32_t number;
	struct program second = another(10, 78, &number);

	(void)state;
	ipc_deliver(BYTES(8));
	ipc_call(second, BYTES(8), number, 0);
	assert_waits(second, CALLING);
	handle_remove(&server.space->handles, server_endpoint);
	host_look();
	assert_goes_on(second);
	assert_int_equal(STATUS(second), SK_PEER_CLOSED);
	assert_false(HEAD(second) & ABI_DELIVERED);
	/* What was delivered can still be answered. */
	assert_waits(client, CALLING);
	assert_int_equal(ipc_reply(server, BYTES(8), 0, TOKEN(server)), 0);
	assert_int_equal(HEAD(client), BYTES(8));
	assert_int_equal((int32_t)ipc_call(client, BYTES(8), client_session, 0),
		SK_PEER_CLOSED);
	assert_null(session->endpoint);
}

static void closing_wakes_receivers(void **state)
{
	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	handle_remove(&server.space->handles, server_endpoint);
	host_look();
	assert_goes_on(server);
	assert_int_equal(STATUS(server), SK_PEER_CLOSED);
}

/* In steps: no entry does all of it. */
static void many_callers_are_answered_in_steps(void **state)
{
	static struct thread *threads[300];
	uint32_t waiting;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		threads[i] = ipc_thread(client.space, 10);
		host_call(threads[i], ABI_BASE | ABI_CALL | BYTES(8), client_session,
			ipc_words, 0, 0);
	}
	assert_int_equal(endpoint->caller_count, 300);
	object_take(&endpoint->object);
	handle_remove(&server.space->handles, server_endpoint);
	host_look();
	waiting = endpoint->caller_count;
	assert_in_range(waiting, 300 - 2 * OBJECT_STEPS, 299);
	for (unsigned i = 0; i < 20; i++)
		host_look();
	assert_int_equal(endpoint->caller_count, 0);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(ABI_STATUS(threads[i]->frame.head), SK_PEER_CLOSED);
	object_drop(&endpoint->object);
}

static void death_of_the_server_answers_all(void **state)
{
	uint32_t number;
	struct program second = another(10, 78, &number);

	(void)state;
	ipc_deliver(BYTES(8));
	ipc_call(second, BYTES(8), number, 0);
	space_kill(server.space, 3);
	for (unsigned i = 0; i < 10; i++)
		host_look();
	assert_goes_on(client);
	assert_int_equal(STATUS(client), SK_PEER_CLOSED);
	assert_true(HEAD(client) & ABI_DELIVERED);
	assert_goes_on(second);
	assert_int_equal(STATUS(second), SK_PEER_CLOSED);
	assert_false(HEAD(second) & ABI_DELIVERED);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(events_come_in_order),
		CASE(notifications_take_turns),
		CASE(receiver_wakes_for_bits),
		CASE(callers_queue_by_priority),
		cmocka_unit_test(queue_is_as_a_sorted_array),
		CASE(two_receivers_get_one_each),
		CASE(closing_answers_all),
		CASE(closing_wakes_receivers),
		CASE(many_callers_are_answered_in_steps),
		CASE(death_of_the_server_answers_all),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
