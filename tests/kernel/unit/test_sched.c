/* Scheduling: priorities, turns, inheritance, and more CPUs. */
#include "tests/kernel/unit/kernel_ipc.h"

static int start_urgent_server(void **state)
{
	(void)state;
	ipc_start_with(1, 50);
	return 0;
}

static int start_4(void **state)
{
	(void)state;
	ipc_start_with(4, 10);
	return 0;
}

static struct thread *runs(unsigned cpu)
{
	return host_cpus[cpu].current;
}

static void most_urgent_runs(void **state)
{
	struct program low = ipc_program(5), high = ipc_program(20);

	(void)state;
	host_look();
	assert_ptr_equal(runs(0), high.thread);
	thread_suspend(high.thread);
	host_look();
	assert_true(runs(0) == server.thread || runs(0) == client.thread);
	host_advance(100 * SCHED_SLICE);
	assert_waits(low, READY);
	assert_int_equal(low.thread->user_time, 0);
	thread_proceed(high.thread);
	host_look();
	assert_ptr_equal(runs(0), high.thread);
}

static void equals_take_turns(void **state)
{
	struct program third = ipc_program(10);
	uint64_t begin = host_time;

	(void)state;
	host_advance(300 * SCHED_SLICE);
	uint64_t all = host_time - begin;
	const struct program each[] = {server, client, third};
	for (unsigned i = 0; i < 3; i++) {
		uint64_t time = each[i].thread->user_time + each[i].thread->kernel_time;
		assert_in_range(time, all / 3 - all / 50, all / 3 + all / 50);
	}
}

/* Calls a more urgent server again and again, for some time, while an equal could run: how much of
 * a hundred that one has. */
static uint64_t equal_beside_calls(uint64_t own_time, uint64_t server_time)
{
	struct program equal = ipc_program(10);
	const uint64_t begin = host_time;

	while (host_time - begin < 100 * SCHED_SLICE) {
		if (runs(0) == server.thread) {
			host_advance(server_time);
			ipc_reply_receive(server, BYTES(8), server_endpoint, TOKEN(server));
		} else if (runs(0) == client.thread) {
			host_advance(own_time);
			if (runs(0) == client.thread)
				ipc_call(client, BYTES(8), client_session, 0);
		} else {
			assert_ptr_equal(runs(0), equal.thread);
			host_advance(SCHED_SLICE / 4);
		}
	}
	thread_suspend(equal.thread);
	host_look();
	return equal.thread->user_time * 100 / (host_time - begin);
}

static void server_works_in_its_callers_turn(void **state)
{
	static const uint64_t times[][2] = {
		{SCHED_SLICE / 10, SCHED_SLICE / 10}, {SCHED_SLICE / 40, SCHED_SLICE / 2},
		{SCHED_SLICE / 2, SCHED_SLICE / 40}, {SCHED_SLICE / 10, SCHED_SLICE * 5 / 4},
	};

	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	host_look();
	for (unsigned slow = 0; slow < 2; slow++) {
		sched_set_slow(slow);
		for (unsigned i = 0; i < 4; i++)
			assert_in_range(equal_beside_calls(times[i][0], times[i][1]), 38, 62);
	}
}

/* Also whose server says so: when it has answered. Nobody else is concerned. */
static void who_yields_goes_behind_its_equals(void **state)
{
	struct program equal = ipc_program(10);

	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	for (unsigned i = 0; i < 10; i++) {
		assert_true(host_run(client.thread));
		sched_end_turn(equal.thread);
		host_look();
		assert_ptr_equal(runs(0), client.thread);
		sched_end_turn(client.thread);
		host_look();
		assert_ptr_equal(runs(0), equal.thread);
		sched_end_turn(equal.thread);
		host_look();
		assert_ptr_equal(runs(0), client.thread);
		ipc_call(client, BYTES(8), client_session, 0);
		sched_end_turn(client.thread);
		host_look();
		assert_ptr_equal(runs(0), server.thread);
		ipc_reply_receive(server, BYTES(8), server_endpoint, TOKEN(server));
		assert_ptr_equal(runs(0), equal.thread);
	}
}

/* Whoever goes before it as often as it likes. */
static void turn_that_was_cut_goes_on(void **state)
{
	struct program first = ipc_program(10), second = ipc_program(10);
	struct program urgent = ipc_program(20);
	uint64_t begin;

	(void)state;
	thread_suspend(client.thread);
	thread_suspend(server.thread);
	begin = host_time;
	while (host_time - begin < 100 * SCHED_SLICE) {
		host_advance(SCHED_SLICE / 10);
		thread_suspend(urgent.thread);
		host_look();
		assert_true(runs(0) == first.thread || runs(0) == second.thread);
		host_advance(SCHED_SLICE / 10);
		thread_proceed(urgent.thread);
		host_look();
		assert_ptr_equal(runs(0), urgent.thread);
	}
	assert_in_range(first.thread->user_time * 100 / (host_time - begin), 22, 28);
	assert_in_range(second.thread->user_time * 100 / (host_time - begin), 22, 28);
}

/* As in an emulator whose host does something else whenever the kernel looks at the clock. */
static void clock_that_jumps_lets_all_run(void **state)
{
	unsigned turns[2] = {0};

	(void)state;
	client.thread->upcall_entry = server.thread->upcall_entry = 0x700000;
	host_time_step = 2 * SCHED_SLICE;
	for (unsigned i = 0; i < 30; i++) {
		host_look();
		assert_true(runs(0) == client.thread || runs(0) == server.thread);
		turns[runs(0) == client.thread]++;
	}
	assert_in_range(turns[0], 14, 16);
	client.thread->upcall_entry = server.thread->upcall_entry = 0;
}

static void time_is_somebodys(void **state)
{
	struct cpu *cpu = &cpus[0];

	(void)state;
	host_advance(10 * SCHED_SLICE);
	thread_suspend(client.thread);
	thread_suspend(server.thread);
	host_look();
	assert_null(runs(0));
	host_advance(10 * SCHED_SLICE);
	host_look();
	assert_int_equal(cpu->user_time + cpu->kernel_time + cpu->idle_time, host_time);
	assert_true(cpu->idle_time >= 10 * SCHED_SLICE);
	thread_proceed(client.thread);
	thread_proceed(server.thread);
}

static void server_inherits_from_whom_it_serves(void **state)
{
	struct program high = ipc_program(50);
	uint32_t number = ipc_session(high.space, endpoint, 78, 0, NULL);

	(void)state;
	thread_suspend(high.thread);
	ipc_receive(server, 0, server_endpoint, 0);
	thread_proceed(high.thread);
	ipc_call(high, BYTES(8), number, 0);
	assert_int_equal(server.thread->effective, 50);
	assert_ptr_equal(runs(0), server.thread);
	ipc_reply(server, BYTES(8), 0, TOKEN(server));
	assert_int_equal(server.thread->effective, 10);
	assert_ptr_equal(runs(0), high.thread);
}

/* Also one that was not the last to receive, which that one then no longer does. */
static void who_serves_inherits(void **state)
{
	struct program high = ipc_program(50);
	struct program second = {server.space, ipc_thread(server.space, 10)};
	uint32_t number = ipc_session(high.space, endpoint, 78, 0, NULL);

	(void)state;
	thread_suspend(high.thread);
	ipc_receive(server, 0, server_endpoint, 0);
	ipc_receive(second, 0, server_endpoint, 0);
	thread_proceed(high.thread);
	ipc_call(high, BYTES(8), number, 0);
	assert_event(server, REQUEST);
	assert_int_equal(server.thread->effective, 50);
	assert_int_equal(second.thread->effective, 10);
	assert_ptr_equal(runs(0), server.thread);
}

/* While it answers; whom it answers is not woken, and it gets the next request. */
static void who_serves_the_less_urgent_makes_way(void **state)
{
	struct program high = ipc_program(50), middle = ipc_program(30);
	uint32_t number = ipc_session(high.space, endpoint, 78, 0, NULL);

	(void)state;
	thread_suspend(middle.thread);
	host_look();
	ipc_call(high, BYTES(8), number, 0);
	ipc_call(client, BYTES(8), client_session, 0);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_int_equal(server.thread->effective, 50);
	thread_suspend(high.thread);
	thread_proceed(middle.thread);
	host_look();
	assert_ptr_equal(runs(0), server.thread);
	ipc_reply_receive(server, BYTES(8), server_endpoint, TOKEN(server));
	assert_waits(high, SUSPENDED);
	assert_int_equal(server.thread->effective, 10);
	assert_event(server, REQUEST);
	assert_ptr_equal(runs(0), middle.thread);
}

static void server_inherits_from_who_waits(void **state)
{
	struct program high = ipc_program(50);
	uint32_t number = ipc_session(high.space, endpoint, 78, 0, NULL);

	(void)state;
	thread_suspend(high.thread);
	ipc_deliver(BYTES(8));
	assert_int_equal(server.thread->effective, 10);
	thread_proceed(high.thread);
	ipc_call(high, BYTES(8) | ABI_TIMED, number, host_time + SCHED_SLICE);
	assert_waits(high, CALLING);
	assert_int_equal(server.thread->effective, 50);
	assert_ptr_equal(runs(0), server.thread);
	host_advance(3 * SCHED_SLICE);
	assert_int_equal(STATUS(high), SK_TIMED_OUT);
	assert_int_equal(server.thread->effective, 10);
}

/* A chain of servers, each of which calls the next. */
static void inherits_along_a_chain(void **state)
{
	struct program chain[12], high = ipc_program(90);
	uint32_t endpoints[12], to_next[12], to_first;
	struct endpoint *made[12];

	(void)state;
	thread_suspend(high.thread);
	for (unsigned i = 0; i < 12; i++) {
		chain[i] = ipc_program(10);
		made[i] = ipc_endpoint(chain[i].space, &endpoints[i]);
	}
	for (unsigned i = 0; i + 1 < 12; i++)
		to_next[i] = ipc_session(chain[i].space, made[i + 1], i, 0, NULL);
	to_first = ipc_session(high.space, made[0], 1, 0, NULL);
	for (unsigned i = 12; i-- > 0;) {
		ipc_receive(chain[i], 0, endpoints[i], 0);
		assert_waits(chain[i], RECEIVING);
	}
	uint32_t to_chain = ipc_session(client.space, made[0], 2, 0, NULL);
	ipc_call(client, BYTES(8), to_chain, 0);
	for (unsigned i = 0; i + 1 < 12; i++)
		ipc_call(chain[i], BYTES(8), to_next[i], 0);
	thread_proceed(high.thread);
	ipc_call(high, BYTES(8), to_first, 0);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(chain[i].thread->effective, i < SCHED_HOPS ? 90 : 10);
	caller_give_up(&high.thread->caller, SK_CANCELED);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(chain[i].thread->effective, 10);
}

/* Two that call each other, of whom the first to call gives up. */
static void inheritance_ends_at_who_gives_up(void **state)
{
	struct program high = ipc_program(50);
	uint32_t own, to_client;
	struct endpoint *clients = ipc_endpoint(client.space, &own);

	(void)state;
	thread_suspend(high.thread);
	to_client = ipc_session(high.space, clients, 1, 0, NULL);
	uint32_t back = ipc_session(server.space, clients, 2, 0, NULL);
	ipc_receive(server, 0, server_endpoint, 0);
	ipc_receive(client, 0, own, 0);
	thread_proceed(high.thread);
	ipc_call(high, BYTES(8), to_client, 0);
	assert_event(client, REQUEST);
	ipc_call(client, BYTES(8) | ABI_TIMED, client_session, host_time + SCHED_SLICE);
	assert_event(server, REQUEST);
	assert_int_equal(server.thread->effective, 50);
	ipc_call(server, BYTES(8), back, 0);
	caller_give_up(&high.thread->caller, SK_CANCELED);
	host_advance(3 * SCHED_SLICE);
	assert_int_equal(STATUS(client), SK_TIMED_OUT);
	assert_int_equal(client.thread->effective, 10);
	assert_int_equal(server.thread->effective, 10);
}

static void deferred_request_lends_nothing(void **state)
{
	struct program high = ipc_program(50);
	uint32_t number = ipc_session(high.space, endpoint, 78, 0, NULL);

	(void)state;
	thread_suspend(high.thread);
	ipc_receive(server, 0, server_endpoint, 0);
	thread_proceed(high.thread);
	ipc_call(high, BYTES(8), number, 0);
	uint64_t token = TOKEN(server);
	ipc_receive(server, 0, server_endpoint, 0);
	ipc_call(client, BYTES(8), client_session, 0);
	assert_event(server, REQUEST);
	assert_int_equal(server.thread->effective, 10);
	ipc_reply(server, BYTES(8), 0, token);
	assert_goes_on(high);
}

/* ---- more CPUs ---- */

static void each_cpu_runs_one(void **state)
{
	struct program third = ipc_program(10), fourth = ipc_program(10);

	(void)state;
	host_settle();
	assert_waits(server, RUNNING);
	assert_waits(client, RUNNING);
	assert_waits(third, RUNNING);
	assert_waits(fourth, RUNNING);
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(runs(i));
}

static void affinity_is_kept(void **state)
{
	struct program third = ipc_program(10);

	(void)state;
	host_settle();
	assert_false(sched_set_affinity(third.thread, UINT64_C(0xf0)));
	for (unsigned i = 0; i < 4; i++) {
		assert_true(sched_set_affinity(third.thread, UINT64_C(1) << i));
		host_settle();
		host_advance(4 * SCHED_SLICE);
		assert_waits(third, RUNNING);
		assert_ptr_equal(third.thread->cpu, &cpus[i]);
		assert_ptr_equal(runs(i), third.thread);
	}
}

static void idle_cpu_takes_what_waits(void **state)
{
	struct program more[6];

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		more[i] = ipc_program(10);
	host_settle();
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(runs(i));
	/* Who runs stops, one after the other; no CPU is idle as long as any waits. */
	for (unsigned i = 0; i < 4; i++) {
		host_cpu = i % 4;
		thread_suspend(runs(host_cpu));
		host_look();
		host_settle();
		assert_non_null(runs(host_cpu));
	}
	(void)more;
}

static void other_cpus_stop_a_thread(void **state)
{
	(void)state;
	host_settle();
	host_run(client.thread);
	unsigned where = host_cpu;
	host_cpu = (where + 1) % 4;
	thread_suspend(client.thread);
	assert_waits(client, RUNNING);
	assert_true(host_cpus[where].poked);
	host_settle();
	assert_waits(client, SUSPENDED);
	thread_proceed(client.thread);
	host_settle();
	host_run(client.thread);
	where = host_cpu;
	host_cpu = (where + 1) % 4;
	thread_kill(client.thread, 0);
	host_settle();
	assert_waits(client, ENDED);
}

static void receiver_comes_to_its_caller(void **state)
{
	(void)state;
	host_settle();
	ipc_receive(server, 0, server_endpoint, 0);
	host_run(client.thread);
	unsigned where = host_cpu;
	for (unsigned i = 0; i < 5; i++) {
		ipc_call(client, BYTES(8), client_session, 0);
		host_settle();
		assert_event(server, REQUEST);
		assert_waits(server, RUNNING);
		host_run(server.thread);
		ipc_reply_receive(server, BYTES(8), server_endpoint, TOKEN(server));
		host_settle();
		assert_waits(client, RUNNING);
		host_run(client.thread);
	}
	/* By then both are at one CPU. */
	assert_ptr_equal(client.thread->cpu, server.thread->cpu);
	(void)where;
}

/* Anything goes on any CPU, and nothing gets lost. */
static void random_traffic_on_four(void **state)
{
	struct program clients[5];
	uint32_t numbers[5];
	unsigned answered = 0;

	(void)state;
	fixture_seed("random_traffic_on_four");
	for (unsigned i = 0; i < 5; i++) {
		clients[i] = ipc_program(5 + fixture_random(10));
		numbers[i] = ipc_session(clients[i].space, endpoint, 100 + i, 0, NULL);
	}
	host_settle();
	uint64_t token;
	for (unsigned round = 0; round < 5000; round++) {
		unsigned i = fixture_random(5);

		host_cpu = fixture_random(4);
		if (fixture_random(8) == 0)
			host_advance(SCHED_SLICE);
		if (STATE(clients[i]) == kernel_ThreadState_RUNNING)
			ipc_call(clients[i], BYTES(fixture_random(4) ? 8 : 100), numbers[i], 0);
		host_settle();
		if (STATE(server) == kernel_ThreadState_RUNNING) {
			token = ABI_EVENT(HEAD(server)) == ABI_REQUEST ? TOKEN(server) : 0;
			ipc_reply_receive(server, BYTES(8), server_endpoint, token);
			answered += token != 0;
		}
		host_settle();
		if (STATE(server) == kernel_ThreadState_RECEIVING)
			assert_int_equal(endpoint->caller_count, 0);
	}
	assert_true(answered > 500);
}

#define CASE_URGENT(name) cmocka_unit_test_setup_teardown(name, start_urgent_server, ipc_stop)
#define CASE_4(name) cmocka_unit_test_setup_teardown(name, start_4, ipc_stop)

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(most_urgent_runs),
		CASE(equals_take_turns),
		CASE_URGENT(server_works_in_its_callers_turn),
		CASE_URGENT(who_yields_goes_behind_its_equals),
		CASE(turn_that_was_cut_goes_on),
		CASE(clock_that_jumps_lets_all_run),
		CASE(time_is_somebodys),
		CASE(server_inherits_from_whom_it_serves),
		CASE(who_serves_inherits),
		CASE(who_serves_the_less_urgent_makes_way),
		CASE(server_inherits_from_who_waits),
		CASE(inherits_along_a_chain),
		CASE(inheritance_ends_at_who_gives_up),
		CASE(deferred_request_lends_nothing),
		CASE_4(each_cpu_runs_one),
		CASE_4(affinity_is_kept),
		CASE_4(idle_cpu_takes_what_waits),
		CASE_4(other_cpus_stop_a_thread),
		CASE_4(receiver_comes_to_its_caller),
		CASE_4(random_traffic_on_four),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
