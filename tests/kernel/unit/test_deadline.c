/* Deadlines: none is early, none is late by more than a slice, and many of them
 * are looked at in steps. */
#include "tests/kernel/unit/kernel_ipc.h"

static struct timed {
	struct deadline deadline;
	uint64_t passed_at;
	unsigned times;
} timed[1000];

static void passed(struct deadline *deadline)
{
	struct timed *which = LIST_OF(deadline, struct timed, deadline);

	which->passed_at = host_time;
	which->times++;
}

static void init_all(void)
{
	memset(timed, 0, sizeof timed);
	for (unsigned i = 0; i < 1000; i++)
		deadline_init(&timed[i].deadline, passed);
}

static void each_passes_once_in_time(void **state)
{
	uint64_t begin = host_time;

	(void)state;
	fixture_seed("each_passes_once_in_time");
	init_all();
	for (unsigned i = 0; i < 50; i++)
		deadline_set(&timed[i].deadline, begin + fixture_random(40000000));
	host_advance(60000000);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(timed[i].times, 1);
		assert_true(timed[i].passed_at >= timed[i].deadline.when);
		assert_true(timed[i].passed_at - timed[i].deadline.when <= SCHED_SLICE);
	}
}

/* Though the clock goes on from look to look, and a turn ends in between. */
static void timer_is_set_while_any_runs(void **state)
{
	(void)state;
	init_all();
	for (unsigned early = 0; early < 16; early++) {
		host_look();
		deadline_set(&timed[0].deadline, cpus[0].slice - early);
		host_look();
		host_time_step = 1;
		host_advance(timed[0].deadline.when - host_time);
		host_time_step = 0;
		assert_non_null(host_cpus[0].current);
		assert_in_range(host_cpus[0].timer, 0, host_time + SCHED_SLICE);
		host_advance(2 * SCHED_SLICE);
	}
}

static void idle_cpu_is_exact(void **state)
{
	(void)state;
	ipc_receive(server, ABI_TIMED, server_endpoint, host_time + 12345678);
	ipc_call(client, ABI_TIMED | BYTES(8), ipc_session(client.space, endpoint, 1, 1,
		NULL), host_time + 5000);
	init_all();
	deadline_set(&timed[0].deadline, host_time + 777777);
	thread_suspend(server.thread);
	thread_suspend(client.thread);
	host_look();
	assert_null(host_cpus[0].current);
	host_advance(3000000);
	assert_int_equal(timed[0].passed_at, timed[0].deadline.when);
}

static void cleared_ones_do_not_pass(void **state)
{
	(void)state;
	init_all();
	deadline_set(&timed[0].deadline, host_time + 1000);
	deadline_set(&timed[1].deadline, host_time + 1000);
	deadline_set(&timed[2].deadline, ABI_FOREVER);
	deadline_set(&timed[1].deadline, host_time + 20 * SCHED_SLICE);
	deadline_clear(&timed[0].deadline);
	deadline_clear(&timed[0].deadline);
	host_advance(4 * SCHED_SLICE);
	assert_int_equal(timed[0].times + timed[1].times + timed[2].times, 0);
	host_advance(20 * SCHED_SLICE);
	assert_int_equal(timed[1].times, 1);
	assert_int_equal(timed[2].times, 0);
}

static unsigned count_passed(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 1000; i++)
		count += timed[i].times;
	return count;
}

static void many_pass_in_steps(void **state)
{
	unsigned steps = OBJECT_STEPS;

	(void)state;
	init_all();
	for (unsigned i = 0; i < 1000; i++)
		deadline_set(&timed[i].deadline, host_time + (i % 2 ? 10 : 10000000000));
	host_time += 100;
	deadline_run(&steps);
	assert_int_equal(steps, 0);
	assert_int_equal(count_passed(), OBJECT_STEPS / 2);
	host_advance(SCHED_SLICE);
	assert_int_equal(count_passed(), 500);
	host_advance(10000000000);
	assert_int_equal(count_passed(), 1000);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(timed[i].times, 1);
}

static void waiting_ends_at_its_time(void **state)
{
	uint64_t words[ABI_WORDS] = {1, 0, 0, 0, 0};
	kernel_error error;
	struct notification *made = notification_new(quota_root(), &error);
	uint32_t number = ipc_give(client.space, &made->object, IPC_RIGHTS, 0, 0);

	(void)state;
	object_drop(&made->object);
	ipc_receive(server, ABI_TIMED, server_endpoint, host_time + 50 * SCHED_SLICE);
	host_call(client.thread, ABI_BASE | ABI_WAIT | ABI_TIMED, number, words, 0,
		host_time + 20 * SCHED_SLICE);
	assert_waits(server, RECEIVING);
	assert_waits(client, WAITING);
	host_advance(21 * SCHED_SLICE);
	assert_goes_on(client);
	assert_int_equal(STATUS(client), SK_TIMED_OUT);
	assert_waits(server, RECEIVING);
	host_advance(31 * SCHED_SLICE);
	assert_int_equal(STATUS(server), SK_TIMED_OUT);
	assert_true(list_is_empty(&endpoint->receivers));
	assert_true(list_is_empty(&made->waiting));
}

static void answered_call_has_no_deadline(void **state)
{
	(void)state;
	ipc_deliver(BYTES(8));
	ipc_reply(server, BYTES(8), 0, TOKEN(server));
	ipc_receive(server, 0, server_endpoint, 0);
	ipc_call(client, ABI_TIMED | BYTES(8), client_session, host_time + SCHED_SLICE);
	ipc_reply(server, BYTES(8), 0, TOKEN(server));
	assert_int_equal(HEAD(client), BYTES(8));
	HEAD(client) = 4711;
	host_advance(10 * SCHED_SLICE);
	assert_int_equal(HEAD(client), 4711);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(each_passes_once_in_time),
		CASE(timer_is_set_while_any_runs),
		CASE(idle_cpu_is_exact),
		CASE(cleared_ones_do_not_pass),
		CASE(many_pass_in_steps),
		CASE(waiting_ends_at_its_time),
		CASE(answered_call_has_no_deadline),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
