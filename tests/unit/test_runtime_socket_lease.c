/*
 * Memory that a client lends over a socket: what is read and written, nothing
 * beyond it, nothing after the call, several at once, and what becomes of the
 * window when a call is given up.
 */
#define _GNU_SOURCE
#include "tests/unit/socket_fixture.h"

#define BRIEFLY sk_socket_after(20)
#define MIB (1u << 20)

static uint8_t memory[5 * MIB];

/* Lends for the next call. */
static void lend(struct sk_socket *client, void *data, uint64_t size, uint32_t direction)
{
	struct sk_attached *attached = &client->channel.request.attached;
	struct sk_lease lease = sk_lend_both(data, size);

	assert_true(sk_attach_lease(attached, &lease, direction, UINT64_MAX));
}

static int call_lending(struct sk_socket *client, enum what what, uint32_t argument,
	void *data, uint64_t size, uint32_t direction)
{
	lend(client, data, size, direction);
	return fixture_call(client, what, argument, SK_FOREVER);
}

static void assert_number(struct sk_socket *client, int number)
{
	assert_int_equal(fixture_word(client, NUMBER), number);
}

static void server_reads_what_is_lent(void **state)
{
	static const uint32_t sizes[] = {0, 1, 999, 1000, 4096, 4097, 100000, MIB};
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	memset(memory, 3, sizeof(memory));
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(call_lending(&client, SUM, 0, memory, sizes[i],
			SK_LEASE_IN), SK_OK);
		assert_number(&client, 3 * (int)sizes[i]);
	}
	sk_socket_close(&client);
}

/* Bytes that the server did not write keep their values, also between those
 * that it did. */
static void assert_pieces(uint32_t pieces, uint64_t size, uint8_t untouched)
{
	for (uint64_t i = 0; i < size; i++) {
		bool is_written = i / 100 < pieces && i % 100 < 10;

		assert_int_equal(memory[i], is_written ? 'A' + (int)(i / 100) % 26 :
			untouched);
	}
}

static void server_writes_just_what_it_writes(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	for (uint32_t pieces = 0; pieces <= SK_PACKET_RANGES; pieces++) {
		memset(memory, 200, 5000);
		assert_int_equal(call_lending(&client, FILL, pieces, memory, 4500,
			SK_LEASE_OUT), SK_OK);
		assert_number(&client, SK_OK);
		assert_pieces(pieces, 5000, 200);
	}
	sk_socket_close(&client);
}

static void writing_in_too_many_pieces_is_exhausted(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(call_lending(&client, FILL, SK_PACKET_RANGES + 1, memory, 4500,
		SK_LEASE_OUT), SK_OK);
	assert_number(&client, SK_EXHAUSTED);
	sk_socket_close(&client);
}

static void server_writes_in_place(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	memset(memory, 200, 5000);
	assert_int_equal(call_lending(&client, FILL_MEMORY, 5, memory, 4500,
		SK_LEASE_OUT), SK_OK);
	assert_number(&client, SK_OK);
	assert_pieces(5, 5000, 200);
	sk_socket_close(&client);
}

/* As on a machine where mapping is not safe; the loop does not run yet. */
static void windows_that_are_not_mapped_do_as_well(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture.server.copies_by_call = true;
	fixture_connect(&client);
	memset(memory, 200, 5000);
	assert_int_equal(call_lending(&client, FILL, 5, memory, 4500, SK_LEASE_OUT), SK_OK);
	assert_number(&client, SK_OK);
	assert_pieces(5, 5000, 200);
	memset(memory, 3, MIB);
	assert_int_equal(call_lending(&client, SUM, 0, memory, MIB, SK_LEASE_IN), SK_OK);
	assert_number(&client, 3 * (int)MIB);
	assert_int_equal(call_lending(&client, FILL_MEMORY, 1, memory, 4500,
		SK_LEASE_OUT), SK_OK);
	assert_number(&client, SK_WOULD_BLOCK);
	sk_socket_close(&client);
}

static void nothing_beyond_a_lease_is_reached(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(call_lending(&client, REACH_BEYOND, 0, memory, 5000,
		SK_LEASE_OUT), SK_OK);
	assert_number(&client, 0x7f);
	sk_socket_close(&client);
}

static void what_was_read_both_ways_comes_back_changed(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	memset(memory, 9, 3000);
	assert_int_equal(call_lending(&client, SUM, 0, memory, 3000, SK_LEASE_INOUT), SK_OK);
	assert_number(&client, 27000);
	assert_int_equal(call_lending(&client, FILL, 2, memory, 3000, SK_LEASE_INOUT), SK_OK);
	assert_pieces(2, 3000, 9);
	sk_socket_close(&client);
}

static void four_leases_have_parts_of_their_own(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	memset(memory, 1, 4 * MIB);
	for (unsigned i = 1; i < SK_LEASES_MAX; i++)
		memset(memory + i * 5000, 50, 5000);
	for (unsigned i = 0; i < SK_LEASES_MAX; i++)
		lend(&client, memory + i * 5000, 5000, i == 0 ? SK_LEASE_INOUT : SK_LEASE_IN);
	assert_int_equal(fixture_call(&client, SUM, 0, SK_FOREVER), SK_OK);
	assert_number(&client, 5000);
	for (unsigned i = 0; i < SK_LEASES_MAX; i++)
		lend(&client, memory + i * 5000, 5000, SK_LEASE_OUT);
	assert_int_equal(fixture_call(&client, FILL, 1, SK_FOREVER), SK_OK);
	assert_int_equal(memory[0], 'A');
	assert_int_equal(memory[5000], 50);
	sk_socket_close(&client);
}

static void more_than_a_window_is_a_bad_lease_on_either_side(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	client.window_size = MIB;
	assert_int_equal(call_lending(&client, SUM, 0, memory, MIB + 1, SK_LEASE_IN),
		SK_BAD_LEASE);
	assert_false(client.channel.delivered);
	lend(&client, memory, MIB, SK_LEASE_IN);
	assert_int_equal(call_lending(&client, SUM, 0, memory, 1, SK_LEASE_IN),
		SK_BAD_LEASE);
	memset(memory, 1, MIB);
	assert_int_equal(call_lending(&client, SUM, 0, memory, MIB, SK_LEASE_IN), SK_OK);
	assert_number(&client, (int)MIB);
	sk_socket_close(&client);
	/* Of a window beyond what the server allows, the first part counts. */
	fixture_connect(&client);
	client.window_size = MAX_WINDOW + MIB;
	assert_int_equal(call_lending(&client, SUM, 0, memory, MAX_WINDOW + 1,
		SK_LEASE_IN), SK_BAD_LEASE);
	assert_true(client.channel.delivered);
	assert_int_equal(call_lending(&client, SUM, 0, memory, MAX_WINDOW, SK_LEASE_IN),
		SK_OK);
	assert_int_equal(fixture_ask(&client, BAD_LEASES), 1);
	sk_socket_close(&client);
}

static void one_way_lends_nothing(void **state)
{
	const struct sk_method one_way = {.reply_id = 0};
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	lend(&client, memory, 10, SK_LEASE_IN);
	fixture_encode(client.channel.request.bytes, SUM, 0);
	assert_int_equal(sk_send(&client.channel, 16, &one_way, NULL), SK_BAD_LEASE);
	assert_int_equal(fixture_ask(&client, ONE_WAYS), 0);
	sk_socket_close(&client);
}

/* The server still holds the lease of a call that was given up: it cannot
 * write there, and the next call has another window. */
static void lease_ends_when_its_call_is_given_up(void **state)
{
	struct sk_socket client, other;
	const uint8_t *window;

	(void)state;
	fixture_connect(&client);
	fixture_connect(&other);
	memset(memory, 7, 100);
	lend(&client, memory, 100, SK_LEASE_OUT);
	assert_int_equal(fixture_call(&client, KEEP, 0, BRIEFLY), SK_TIMED_OUT);
	window = client.window.base;
	assert_null(window);
	assert_int_equal(call_lending(&client, FILL, 1, memory + 50, 20, SK_LEASE_OUT),
		SK_OK);
	assert_int_equal(fixture_call(&other, WRITE_LATE, 0, SK_FOREVER), SK_OK);
	assert_number(&other, SK_CANCELED);
	assert_int_equal(memory[0], 7);
	assert_int_equal(memory[50], 'A');
	assert_int_equal(fixture_call(&other, RELEASE, 0, SK_FOREVER), SK_OK);
	assert_number(&other, SK_CANCELED);
	assert_int_equal(fixture_call(&other, WRITE_LATE, 0, SK_FOREVER), SK_OK);
	assert_number(&other, SK_INVALID);
	sk_socket_close(&client);
	sk_socket_close(&other);
}

static void lease_of_a_dead_client_is_peer_closed(void **state)
{
	struct sk_socket client, other;

	(void)state;
	fixture_connect(&client);
	fixture_connect(&other);
	lend(&client, memory, 100, SK_LEASE_OUT);
	assert_int_equal(fixture_call(&client, KEEP, 0, BRIEFLY), SK_TIMED_OUT);
	sk_socket_close(&client);
	fixture_await(&other, CLIENTS, 1);
	assert_int_equal(fixture_call(&other, WRITE_LATE, 0, SK_FOREVER), SK_OK);
	assert_number(&other, SK_PEER_CLOSED);
	assert_int_equal(fixture_call(&other, RELEASE, 0, SK_FOREVER), SK_OK);
	sk_socket_close(&other);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(server_reads_what_is_lent),
		TEST(server_writes_just_what_it_writes),
		TEST(writing_in_too_many_pieces_is_exhausted),
		TEST(server_writes_in_place),
		TEST(windows_that_are_not_mapped_do_as_well),
		TEST(nothing_beyond_a_lease_is_reached),
		TEST(what_was_read_both_ways_comes_back_changed),
		TEST(four_leases_have_parts_of_their_own),
		TEST(more_than_a_window_is_a_bad_lease_on_either_side),
		TEST(one_way_lends_nothing),
		TEST(lease_ends_when_its_call_is_given_up),
		TEST(lease_of_a_dead_client_is_peer_closed),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime socket, leases", tests, NULL, NULL);
}
