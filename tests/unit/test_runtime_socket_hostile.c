/*
 * Sockets with a peer that does not keep to the rules: garbage, surplus
 * descriptors, answers to calls that nobody made, a client that never reads.
 * Random parts print their seed; SEED=n repeats one.
 */
#define _GNU_SOURCE
#include "tests/unit/socket_raw.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define ROUNDS 4000
static const struct sk_method one_way = {.reply_id = 0};

static void datagrams_that_are_no_packets_close_the_connection(void **state)
{
	static uint8_t bytes[100000];
	int raw = fixture_raw();

	(void)state;
	assert_int_equal(send_bytes(raw, bytes, SK_PACKET_HEADER - 1, 0),
		SK_PACKET_HEADER - 1);
	assert_closed_and_alive(raw);
	raw = fixture_raw();
	assert_int_equal(send_bytes(raw, bytes, 1, 3), 1);
	assert_closed_and_alive(raw);
	raw = fixture_raw();
	assert_int_equal(send_bytes(raw, bytes, 0, 2), 0);
	assert_closed_and_alive(raw);
	/* One byte more than a message may have. */
	packet(bytes, 1, SK_PACKET_CALL, REQUEST_ID, ECHO, sizeof(bytes));
	raw = fixture_raw();
	assert_true(send_bytes(raw, bytes, SK_PACKET_HEADER + SK_MESSAGE_MAX + 1, 0) > 0);
	assert_closed_and_alive(raw);
	raw = fixture_raw();
	assert_true(send_bytes(raw, bytes, sizeof(bytes), 4) > 0);
	assert_closed_and_alive(raw);
}

static void packets_of_unknown_kind_close_the_connection(void **state)
{
	static const uint32_t kinds[] = {0, SK_PACKET_ANSWER, 5, UINT8_MAX};
	uint8_t bytes[SIZE];
	int raw;

	(void)state;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		packet(bytes, 1, kinds[i], REQUEST_ID, ECHO, sizeof(bytes));
		raw = fixture_raw();
		assert_int_equal(send_bytes(raw, bytes, sizeof(bytes), 2), SIZE);
		assert_closed_and_alive(raw);
	}
	packet(bytes, 1, SK_PACKET_CALL, REQUEST_ID, ECHO, sizeof(bytes));
	bytes[SK_PACKET_HEADER - 9] = 1;	/* of a range that is not used */
	raw = fixture_raw();
	assert_int_equal(send_bytes(raw, bytes, sizeof(bytes), 0), SIZE);
	assert_closed_and_alive(raw);
	packet(bytes, 1, SK_PACKET_CANCEL, 0, 0, SK_PACKET_HEADER);
	bytes[SK_PACKET_HEADER - 1] = 1;	/* a correlation, which this has not */
	raw = fixture_raw();
	assert_int_equal(send_bytes(raw, bytes, SK_PACKET_HEADER, 0), SK_PACKET_HEADER);
	assert_closed_and_alive(raw);
}

/* What is answered to a packet that is sent as it stands. */
static int32_t answered(int raw, size_t size, uint8_t *bytes, unsigned copies)
{
	uint8_t answer[SK_PACKET_HEADER + SK_MESSAGE_MAX];

	announce(bytes, copies);
	assert_int_equal(send_bytes(raw, bytes, size, copies), size);
	assert_int_equal(recv(raw, answer, sizeof(answer), 0),
		SK_PACKET_HEADER + SK_STATUS_SIZE);
	assert_int_equal(sk_get_uint32(answer + SK_PACKET_HEADER), SK_STATUS_ID);
	return (int32_t)sk_get_uint32(answer + SK_PACKET_HEADER + 8);
}

static void requests_that_mean_nothing_get_a_status(void **state)
{
	uint8_t bytes[SIZE];
	int raw = fixture_raw();

	(void)state;
	packet(bytes, 1, SK_PACKET_CALL, REQUEST_ID, ECHO, sizeof(bytes));
	assert_int_equal(answered(raw, SK_PACKET_HEADER, bytes, 0), SK_MALFORMED);
	assert_int_equal(answered(raw, SK_PACKET_HEADER + 7, bytes, 8), SK_MALFORMED);
	assert_int_equal(answered(raw, SK_PACKET_HEADER + 12, bytes, 0), SK_UNKNOWN_METHOD);
	packet(bytes, 1, SK_PACKET_CALL, UINT32_MAX, ECHO, sizeof(bytes));
	assert_int_equal(answered(raw, sizeof(bytes), bytes, 8), SK_UNKNOWN_METHOD);
	packet(bytes, 1, SK_PACKET_CALL, 0, ECHO, sizeof(bytes));
	assert_int_equal(answered(raw, sizeof(bytes), bytes, 0), SK_MALFORMED);
	close(raw);
}

static void surplus_descriptors_are_refused_and_closed(void **state)
{
	uint8_t bytes[SIZE];
	int raw = fixture_raw();

	(void)state;
	packet(bytes, 1, SK_PACKET_CALL, REQUEST_ID, ECHO, sizeof(bytes));
	assert_int_equal(answered(raw, sizeof(bytes), bytes, 9), SK_BAD_HANDLE);
	assert_int_equal(answered(raw, sizeof(bytes), bytes, 64), SK_BAD_HANDLE);
	packet(bytes, 1, SK_PACKET_SEND, REQUEST_ID, ECHO, sizeof(bytes));
	assert_int_equal(send_bytes(raw, bytes, sizeof(bytes), 20), SIZE);
	packet(bytes, 1, SK_PACKET_CANCEL, REQUEST_ID, ECHO, sizeof(bytes));
	assert_int_equal(send_bytes(raw, bytes, sizeof(bytes), 20), SIZE);
	assert_int_equal(send_bytes(raw, bytes, sizeof(bytes), 8), SIZE);
	packet(bytes, 1, SK_PACKET_CALL, REQUEST_ID, IGNORE, sizeof(bytes));
	assert_int_equal(answered(raw, sizeof(bytes), bytes, 8), SK_PEER_DROPPED);
	close(raw);
}

static void client_that_never_reads_is_cut_off(void **state)
{
	struct sk_socket client;
	int raw = fixture_raw();
	uint64_t number = 0;

	(void)state;
	while (fixture_send_raw(raw, ++number, SK_PACKET_CALL, ECHO) != SK_PEER_CLOSED)
		assert_true(number < 10000000);
	close(raw);
	fixture_connect(&client);
	fixture_await(&client, CUT_OFF, 1);
	assert_int_equal(fixture_word(&client, KEPT), 1);
	sk_socket_close(&client);
}

static void equal_numbers_of_one_client_do_no_harm(void **state)
{
	struct sk_socket client;
	int raw = fixture_raw();

	(void)state;
	for (unsigned i = 0; i < MAX_KEPT; i++)
		assert_int_equal(fixture_send_raw(raw, 7, SK_PACKET_CALL, KEEP), SK_OK);
	for (unsigned i = 0; i < 2 * MAX_KEPT; i++)
		assert_int_equal(fixture_send_raw(raw, 7, SK_PACKET_CANCEL, KEEP), SK_OK);
	fixture_connect(&client);
	fixture_await(&client, CANCELED, MAX_KEPT);
	for (unsigned i = 0; i < MAX_KEPT; i++) {
		assert_int_equal(fixture_call(&client, RELEASE, 0, SK_FOREVER), SK_OK);
		assert_int_equal(fixture_word(&client, NUMBER), SK_CANCELED);
	}
	close(raw);
	sk_socket_close(&client);
}

static uint64_t start_random(void)
{
	const char *given = getenv("SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : sk_socket_now();

	print_message("# SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

static uint32_t next_random(uint64_t *random)
{
	*random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(*random >> 33);
}

/* Noise, or a good packet with a few bytes changed. KEEP and DIE are left
 * out of the good ones: this is about what the transport does. */
static size_t random_packet(uint64_t *random, uint8_t *bytes)
{
	size_t size = next_random(random) % (2 * SIZE);

	if (next_random(random) % 8 == 0)
		size = next_random(random) % 6000;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)next_random(random);
	if (next_random(random) % 4 == 0)
		return size;
	size = SIZE + next_random(random) % 2 * (next_random(random) % 5000);
	packet(bytes, next_random(random) % 4, 1 + next_random(random) % 3, REQUEST_ID,
		next_random(random) % 2 ? ECHO : IGNORE, size);
	for (uint32_t i = next_random(random) % 3; i > 0; i--)
		bytes[next_random(random) % (SK_PACKET_HEADER + 8)] = (uint8_t)next_random(random);
	return size;
}

static void random_packets_leave_the_server_whole(void **state)
{
	static uint8_t bytes[8192], answer[8192];
	uint64_t random = start_random();
	struct sk_socket client;
	int raw = fixture_raw();

	(void)state;
	fixture_connect(&client);
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t size = random_packet(&random, bytes);
		unsigned copies = next_random(&random) % 8 ? 0 :
			next_random(&random) % 14;

		if (size >= SHORT_SIZE &&
				sk_get_uint32(bytes + SK_PACKET_HEADER) == REQUEST_ID &&
				sk_get_uint32(bytes + SK_PACKET_HEADER + 8) > ECHO)
			sk_put_uint32(bytes + SK_PACKET_HEADER + 8, IGNORE);
		/* Often as announced: some of them a window. */
		if (size >= SIZE && next_random(&random) % 4) {
			bytes[18] = copies > 0 && next_random(&random) % 2;
			announce(bytes, copies - bytes[18]);
		}
		if (send_bytes(raw, bytes, size, copies) < 0) {
			close(raw);
			raw = fixture_raw();
		}
		while (recv(raw, answer, sizeof(answer), MSG_DONTWAIT) > 0)
			;
		if (i % 50 == 0)
			assert_int_equal(fixture_call(&client, ECHO, i, SK_FOREVER), SK_OK);
	}
	close(raw);
	fixture_await(&client, CLIENTS, 1);
	assert_int_equal(fixture_word(&client, KEPT), 1);
	assert_true(fixture_word(&client, GARBAGE) > 0);
	sk_socket_close(&client);
}

/* Headers that no client of ours writes. */
static void headers_with_too_much_in_them_close_the_connection(void **state)
{
	static const struct { uint8_t kind, at, value; } bad[] = {
		{SK_PACKET_CALL, 17, SK_HANDLES_MAX + 1}, {SK_PACKET_CALL, 18, 2},
		{SK_PACKET_CALL, 19, SK_PACKET_RANGES + 1},
		{SK_PACKET_CALL, 19, SK_LEASES_MAX + 1}, {SK_PACKET_CALL, 19, 1},
		{SK_PACKET_CALL, 20, SK_LEASE_IN}, {SK_PACKET_CALL, 24, 1},
		{SK_PACKET_SEND, 18, 1}, {SK_PACKET_SEND, 19, 1},
		{SK_PACKET_SEND, 20, SK_LEASE_IN}, {SK_PACKET_CANCEL, 17, 1},
		{SK_PACKET_CANCEL, 18, 1}, {SK_PACKET_CANCEL, 19, 1},
	};
	uint8_t bytes[SIZE];
	int raw;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		packet(bytes, 1, bad[i].kind, REQUEST_ID, ECHO, SIZE);
		bytes[bad[i].at] = bad[i].value;
		raw = fixture_raw();
		assert_int_equal(send_bytes(raw, bytes, SIZE, 1), SIZE);
		assert_closed_and_alive(raw);
	}
}

static void fewer_descriptors_than_announced_are_refused(void **state)
{
	uint8_t bytes[SIZE];
	int raw = fixture_raw();

	(void)state;
	packet(bytes, 1, SK_PACKET_CALL, REQUEST_ID, ECHO, SIZE);
	for (unsigned announced = 0; announced <= SK_HANDLES_MAX; announced++) {
		for (unsigned window = 0; window < 2; window++) {
			uint8_t answer[SK_MESSAGE_MAX];

			bytes[17] = (uint8_t)announced;
			bytes[18] = (uint8_t)window;
			assert_int_equal(send_bytes(raw, bytes, SIZE, 3), SIZE);
			assert_true(recv(raw, answer, sizeof(answer), 0) > 0);
			assert_int_equal((int32_t)sk_get_uint32(answer + SK_PACKET_HEADER + 8),
				announced + window != 3 ? SK_BAD_HANDLE :
				window ? SK_BAD_LEASE : 0);
		}
	}
	close(raw);
}

/* ---- a client with a bad server: its answers wait before it calls ---- */

/* The result of the first call on a connection on which this came. */
static int result_of(uint8_t *bytes, size_t size, unsigned copies)
{
	struct pair pair;
	int status;

	open_pair(&pair);
	announce(bytes, copies);
	assert_int_equal(send_bytes(pair.end, bytes, size, copies), size);
	status = fixture_call(&pair.client, ECHO, 0, SK_FOREVER);
	close_pair(&pair);
	return status;
}

static void bad_answers_are_typed_statuses(void **state)
{
	static uint8_t bytes[8192];

	(void)state;
	packet(bytes, 1, SK_PACKET_ANSWER, REPLY_ID, 0, sizeof(bytes));
	assert_int_equal(result_of(bytes, SIZE, 0), SK_OK);
	assert_int_equal(result_of(bytes, SIZE, 8), SK_OK);
	assert_int_equal(result_of(bytes, SIZE, 9), SK_BAD_HANDLE);
	assert_int_equal(result_of(bytes, SK_PACKET_HEADER, 1), SK_MALFORMED);
	assert_int_equal(result_of(bytes, SK_PACKET_HEADER - 1, 1), SK_MALFORMED);
	assert_int_equal(result_of(bytes, 0, 1), SK_PEER_CLOSED);
	assert_int_equal(result_of(bytes, SK_PACKET_HEADER + SK_MESSAGE_MAX, 0), SK_OK);
	assert_int_equal(result_of(bytes, SK_PACKET_HEADER + SK_MESSAGE_MAX + 1, 3),
		SK_MALFORMED);
	packet(bytes, 2, SK_PACKET_ANSWER, REPLY_ID, 0, SIZE);
	assert_int_equal(result_of(bytes, SIZE, 5), SK_MALFORMED);
	packet(bytes, 1, SK_PACKET_CALL, REPLY_ID, 0, SIZE);
	assert_int_equal(result_of(bytes, SIZE, 5), SK_MALFORMED);
	packet(bytes, 1, SK_PACKET_ANSWER, REPLY_ID + 3, 0, SIZE);
	assert_int_equal(result_of(bytes, SIZE, 5), SK_MALFORMED);
	packet(bytes, 1, SK_PACKET_ANSWER, SK_STATUS_ID, (uint32_t)SK_WRONG_STATE, SHORT_SIZE);
	assert_int_equal(result_of(bytes, SHORT_SIZE, 5), SK_WRONG_STATE);
	packet(bytes, 1, SK_PACKET_ANSWER, REPLY_ID + 1, 9, SHORT_SIZE);
	assert_int_equal(result_of(bytes, SHORT_SIZE, 5), 9);
}

static void late_answers_are_dropped_with_their_descriptors(void **state)
{
	uint8_t bytes[SIZE];
	struct pair pair;

	(void)state;
	open_pair(&pair);
	assert_int_equal(fixture_call(&pair.client, ECHO, 0, SK_POLL), SK_TIMED_OUT);
	assert_int_equal(fixture_call(&pair.client, ECHO, 0, SK_POLL), SK_TIMED_OUT);
	for (uint64_t number = 1; number <= 3; number++) {
		packet(bytes, number, SK_PACKET_ANSWER, REPLY_ID, (uint32_t)number, SIZE);
		announce(bytes, number < 3 ? 8 : 0);
		assert_int_equal(send_bytes(pair.end, bytes, SIZE, number < 3 ? 8 : 0), SIZE);
	}
	assert_int_equal(fixture_call(&pair.client, ECHO, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&pair.client, NUMBER), 3);
	close_pair(&pair);
}

static void flood_of_late_answers_does_not_outlast_the_deadline(void **state)
{
	uint8_t bytes[SIZE];
	struct pair pair;
	unsigned left = 0;

	(void)state;
	open_pair(&pair);
	assert_int_equal(fixture_call(&pair.client, ECHO, 0, SK_POLL), SK_TIMED_OUT);
	packet(bytes, 1, SK_PACKET_ANSWER, REPLY_ID, 0, SIZE);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(send_bytes(pair.end, bytes, SIZE, 0), SIZE);
	assert_int_equal(fixture_call(&pair.client, ECHO, 0, 1), SK_TIMED_OUT);
	while (recv(pair.client.fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		left++;
	assert_int_equal(left, 49);
	close_pair(&pair);
}

static void server_that_never_reads_is_a_deadline_and_not_delivered(void **state)
{
	struct sk_call poll = {.deadline = SK_POLL}, soon = {0};
	struct pair pair;
	int status;

	(void)state;
	open_pair(&pair);
	memset(pair.client.channel.request.bytes, 0, SK_MESSAGE_MAX);
	do {
		sk_put_uint32(pair.client.channel.request.bytes, REQUEST_ID);
		status = sk_send(&pair.client.channel, SK_MESSAGE_MAX, &one_way, &poll);
	} while (status == SK_OK);
	assert_int_equal(status, SK_WOULD_BLOCK);
	soon.deadline = sk_socket_after(10);
	assert_int_equal(sk_send(&pair.client.channel, 16, &one_way, &soon), SK_TIMED_OUT);
	assert_int_equal(fixture_call(&pair.client, ECHO, 0, sk_socket_after(10)),
		SK_TIMED_OUT);
	assert_false(pair.client.channel.delivered);
	close_pair(&pair);
}

/* Answers call 1 without reading it, and ends: the client gets a reset. */
static void answer_and_die(int end)
{
	uint8_t bytes[SIZE];
	struct pollfd poll_end = {.fd = end, .events = POLLIN};

	packet(bytes, 1, SK_PACKET_ANSWER, REPLY_ID, 5, SIZE);
	poll(&poll_end, 1, -1);
	send_bytes(end, bytes, SIZE, 0);
	_exit(0);
}

static void last_answer_of_a_dead_server_is_still_heard(void **state)
{
	struct pair pair;
	pid_t child;

	(void)state;
	open_pair(&pair);
	child = fork();
	if (child == 0)
		answer_and_die(pair.end);
	close(pair.end);
	pair.end = pair.client.fd;
	/* Sent by hand, so that the server is dead when the answer is fetched. */
	assert_int_equal(fixture_send_raw(pair.end, 1, SK_PACKET_CALL, ECHO), SK_OK);
	assert_int_equal(waitpid(child, NULL, 0), child);
	pair.client.channel.reply.size = 0;
	assert_int_equal(sk_packet_receive(pair.end, &(struct sk_packet){0},
		&pair.client.channel.reply), SK_OK);
	assert_int_equal(fixture_word(&pair.client, NUMBER), 5);
	assert_int_equal(fixture_call(&pair.client, ECHO, 0, SK_FOREVER), SK_PEER_CLOSED);
	assert_false(pair.client.channel.delivered);
	sk_socket_close(&pair.client);
}

/* ---- a server without descriptors left ---- */

static void run_starved_server(const char *path)
{
	static struct sk_server server;
	struct sk_server_config config = fixture_config(path);
	struct rlimit few;

	config.max_clients = 64;
	if (sk_server_open(&server, &config) != SK_OK)
		_exit(1);
	if (getrlimit(RLIMIT_NOFILE, &few) < 0)
		_exit(1);
	few.rlim_cur = (rlim_t)dup(0) + 8;
	if (setrlimit(RLIMIT_NOFILE, &few) < 0)
		_exit(1);
	sk_server_run(&server);
	_exit(0);
}

static int connect_and_call(struct sk_socket *client, const char *path)
{
	int status = sk_socket_connect(client, path, SK_FOREVER);

	return status == SK_OK ? fixture_call(client, ECHO, 1, SK_FOREVER) : status;
}

static void server_out_of_descriptors_turns_clients_away_and_lives(void **state)
{
	struct sk_socket clients[32];
	unsigned served = 0, turned_away = 0;
	char path[80];
	pid_t child;

	(void)state;
	snprintf(path, sizeof(path), "%s.starved", fixture.path);
	child = fork();
	if (child == 0)
		run_starved_server(path);
	while (connect_and_call(&clients[0], path) != SK_OK) {
		sk_socket_close(&clients[0]);
		assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
	}
	for (unsigned i = 1; i < 32; i++) {
		int status = connect_and_call(&clients[i], path);

		served += status == SK_OK;
		turned_away += status == SK_PEER_CLOSED;
	}
	assert_int_equal(served + turned_away, 31);
	assert_in_range(served, 4, 8);
	for (unsigned i = 1; i < 32; i++)
		sk_socket_close(&clients[i]);
	while (connect_and_call(&clients[1], path) != SK_OK)
		sk_socket_close(&clients[1]);
	sk_socket_close(&clients[1]);
	sk_socket_close(&clients[0]);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	unlink(path);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(datagrams_that_are_no_packets_close_the_connection),
		TEST(packets_of_unknown_kind_close_the_connection),
		TEST(requests_that_mean_nothing_get_a_status),
		TEST(surplus_descriptors_are_refused_and_closed),
		TEST(client_that_never_reads_is_cut_off),
		TEST(equal_numbers_of_one_client_do_no_harm),
		TEST(headers_with_too_much_in_them_close_the_connection),
		TEST(fewer_descriptors_than_announced_are_refused),
		TEST(random_packets_leave_the_server_whole),
		TEST(bad_answers_are_typed_statuses),
		TEST(late_answers_are_dropped_with_their_descriptors),
		TEST(flood_of_late_answers_does_not_outlast_the_deadline),
		TEST(server_that_never_reads_is_a_deadline_and_not_delivered),
		TEST(last_answer_of_a_dead_server_is_still_heard),
		TEST(server_out_of_descriptors_turns_clients_away_and_lives),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime socket, hostile peers", tests,
		NULL, NULL);
}
