/*
 * Rings over sockets: many calls under way on one connection and on several,
 * answers out of order, synchronous calls in between, deadlines, giving up,
 * death of the server, leases of their own.
 */
#define _GNU_SOURCE
#include "tests/unit/socket_fixture.h"

#include <sys/wait.h>

#define SLOTS 8
#define BRIEFLY sk_socket_after(20)

static const struct sk_method cancellable = {
	.reply_id = REPLY_ID, .flags = SK_METHOD_CANCELLABLE,
};
static struct sk_slot slots[SLOTS];
static struct sk_ring ring;

static int setup(void **state)
{
	sk_ring_init(&ring, &sk_socket_ring_ops, slots, SLOTS, NULL);
	return fixture_setup(state);
}

static int submit(struct sk_socket *client, enum what what, uint32_t argument,
	uint64_t cookie, uint64_t deadline)
{
	const struct sk_call call = {.deadline = deadline};
	struct sk_slot *slot = sk_ring_open(&ring, &client->channel, cookie);

	if (!slot)
		return SK_WOULD_BLOCK;
	fixture_encode(slot->request.bytes, what, argument);
	return sk_ring_submit(&ring, slot, 16, &cancellable, &call);
}

static int submit_lending(struct sk_socket *client, enum what what, uint32_t argument,
	uint64_t cookie, struct sk_lease lease)
{
	struct sk_slot *slot = sk_ring_open(&ring, &client->channel, cookie);

	if (!slot)
		return SK_WOULD_BLOCK;
	assert_true(sk_attach_lease(&slot->request.attached, &lease, lease.direction,
		UINT64_MAX));
	fixture_encode(slot->request.bytes, what, argument);
	return sk_ring_submit(&ring, slot, 16, &cancellable, NULL);
}

static int number_of(const struct sk_completion *done)
{
	return (int)sk_get_uint32(done->slot->reply.bytes + 4 * NUMBER);
}

/* Takes one completion; its result, and with 0 its number in *number. */
static int next(uint64_t *cookie, int *number)
{
	struct sk_completion done;
	int status = sk_ring_next(&ring, SK_FOREVER, &done);

	assert_int_equal(status, SK_OK);
	*cookie = done.cookie;
	status = sk_ring_result(&done);
	if (status == SK_OK)
		*number = number_of(&done);
	sk_ring_release(&done);
	return status;
}

static void many_calls_are_under_way(void **state)
{
	struct sk_socket client;
	struct sk_completion done;
	uint64_t cookie, seen = 0;
	int number;

	(void)state;
	fixture_connect(&client);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(submit(&client, ECHO, 100 + i, i, SK_FOREVER), SK_OK);
	assert_int_equal(submit(&client, ECHO, 0, 0, SK_FOREVER), SK_WOULD_BLOCK);
	assert_int_equal(sk_ring_used(&ring), SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++) {
		int status = next(&cookie, &number);

		seen |= UINT64_C(1) << cookie;
		assert_true(status == SK_OK || status == SK_EXHAUSTED);
		if (status == SK_OK)
			assert_int_equal(number, 100 + (int)cookie);
	}
	assert_int_equal(seen, (1 << SLOTS) - 1);
	assert_int_equal(sk_ring_used(&ring), 0);
	assert_int_equal(sk_ring_next(&ring, SK_FOREVER, &done), SK_INVALID);
	sk_socket_close(&client);
}

static void answers_come_out_of_order(void **state)
{
	struct sk_socket client, other;
	uint64_t cookie;
	int number;

	(void)state;
	fixture_connect(&client);
	fixture_connect(&other);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(submit(&client, KEEP, 0, i, SK_FOREVER), SK_OK);
	fixture_await(&other, KEPT, 4);
	for (uint64_t i = 3; i-- > 0;) {
		assert_int_equal(fixture_call(&other, RELEASE_LAST, 0, SK_FOREVER), SK_OK);
		assert_int_equal(next(&cookie, &number), SK_OK);
		assert_int_equal(cookie, i);
	}
	sk_socket_close(&other);
	sk_socket_close(&client);
}

/* A call that waits sees the answers to the others go by, and the ring leaves
 * its reply alone. */
static void synchronous_calls_go_in_between(void **state)
{
	struct sk_socket client;
	uint64_t cookie;
	int number;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(submit(&client, KEEP, 0, 1, SK_FOREVER), SK_OK);
	assert_int_equal(submit(&client, ECHO, 22, 2, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_call(&client, ECHO, 33, SK_FOREVER), SK_OK);
	assert_int_equal(next(&cookie, &number), SK_OK);
	assert_int_equal(cookie, 2);
	assert_int_equal(number, 22);
	assert_int_equal(submit(&client, RELEASE, 5, 3, SK_FOREVER), SK_OK);
	assert_int_equal(next(&cookie, &number), SK_OK);
	assert_int_equal(cookie, 1);
	assert_int_equal(fixture_word(&client, NUMBER), 33);
	assert_int_equal(next(&cookie, &number), SK_OK);
	assert_int_equal(cookie, 3);
	assert_int_equal(sk_ring_used(&ring), 0);
	sk_socket_close(&client);
}

static void several_connections_share_a_ring(void **state)
{
	struct sk_socket clients[4];
	uint64_t cookie, sum = 0;
	int number;

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		fixture_connect(&clients[i]);
		assert_int_equal(submit(&clients[i], ECHO, i, 10 + i, SK_FOREVER), SK_OK);
	}
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(next(&cookie, &number), SK_OK);
		assert_int_equal(number + 10, cookie);
		sum += cookie;
	}
	assert_int_equal(sum, 46);
	for (uint32_t i = 0; i < 4; i++)
		sk_socket_close(&clients[i]);
}

static void deadline_ends_one_call_and_not_the_others(void **state)
{
	struct sk_socket client;
	struct sk_completion done;
	uint64_t cookie;
	int number;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(submit(&client, KEEP, 0, 1, BRIEFLY), SK_OK);
	assert_int_equal(submit(&client, KEEP, 0, 2, SK_FOREVER), SK_OK);
	assert_int_equal(sk_ring_next(&ring, SK_POLL, &done), SK_TIMED_OUT);
	assert_int_equal(next(&cookie, &number), SK_TIMED_OUT);
	assert_int_equal(cookie, 1);
	assert_int_equal(fixture_ask(&client, CANCELED), 1);
	/* The late answer, with descriptors, goes unseen. */
	assert_int_equal(fixture_call(&client, RELEASE, 3, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&client, NUMBER), SK_CANCELED);
	assert_int_equal(fixture_call(&client, RELEASE, 3, SK_FOREVER), SK_OK);
	assert_int_equal(next(&cookie, &number), SK_OK);
	assert_int_equal(cookie, 2);
	sk_socket_close(&client);
}

static void call_can_be_given_up(void **state)
{
	struct sk_socket client;
	uint64_t cookie;
	int number;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(submit(&client, KEEP, 0, 1, SK_FOREVER), SK_OK);
	assert_int_equal(sk_ring_cancel(&ring, 2), SK_INVALID);
	assert_int_equal(sk_ring_cancel(&ring, 1), SK_OK);
	assert_int_equal(next(&cookie, &number), SK_CANCELED);
	assert_int_equal(fixture_ask(&client, CANCELED), 1);
	assert_int_equal(fixture_word(&client, TOLD), 1);
	assert_int_equal(fixture_call(&client, RELEASE, 1, SK_FOREVER), SK_OK);
	sk_socket_close(&client);
}

static void handles_of_an_answer_that_is_not_taken_are_closed(void **state)
{
	struct sk_socket client;
	struct sk_completion done;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(submit(&client, GIVE_FDS, 3, 1, SK_FOREVER), SK_OK);
	assert_int_equal(sk_ring_next(&ring, SK_FOREVER, &done), SK_OK);
	assert_int_equal(sk_ring_result(&done), SK_OK);
	assert_int_equal(done.slot->reply.attached.handle_count, 3);
	sk_ring_release(&done);
	assert_int_equal(submit(&client, GIVE_FDS, 8, 1, SK_FOREVER), SK_OK);
	assert_int_equal(submit(&client, KEEP, 0, 2, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_call(&client, ECHO, 0, SK_FOREVER), SK_OK);
	sk_ring_close(&ring);
	assert_int_equal(sk_ring_used(&ring), 0);
	assert_int_equal(fixture_call(&client, RELEASE, 1, SK_FOREVER), SK_OK);
	sk_socket_close(&client);
}

static void closing_the_socket_ends_what_is_under_way(void **state)
{
	struct sk_socket client;
	uint64_t cookie;
	int number;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(submit(&client, KEEP, 0, 1, SK_FOREVER), SK_OK);
	sk_socket_close(&client);
	assert_int_equal(next(&cookie, &number), SK_PEER_CLOSED);
	assert_int_equal(submit(&client, ECHO, 0, 1, SK_FOREVER), SK_PEER_CLOSED);
	fixture_connect(&client);
	fixture_await(&client, KEPT, 1);
	assert_int_equal(fixture_call(&client, RELEASE, 0, SK_FOREVER), SK_OK);
	sk_socket_close(&client);
}

static void server_that_dies_ends_what_is_under_way(void **state)
{
	struct sk_socket client;
	uint64_t cookie;
	int ends[2], number;
	char bytes[200];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(sk_socket_adopt(&client, ends[0]), SK_OK);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(submit(&client, ECHO, 0, i, SK_FOREVER), SK_OK);
		assert_true(recv(ends[1], bytes, sizeof(bytes), 0) > 0);
	}
	close(ends[1]);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(next(&cookie, &number), SK_PEER_CLOSED);
	sk_socket_close(&client);
}

static void server_that_does_not_keep_up_is_exhausted(void **state)
{
	static struct sk_slot many[2000];
	struct sk_ring large;
	struct sk_socket client;
	struct sk_slot *slot;
	int ends[2], status = SK_OK;
	unsigned sent = 0;

	(void)state;
	sk_ring_init(&large, &sk_socket_ring_ops, many, 2000, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(sk_socket_adopt(&client, ends[0]), SK_OK);
	while (status == SK_OK && (slot = sk_ring_open(&large, &client.channel, 1))) {
		memset(slot->request.bytes, 1, SK_MESSAGE_MAX);
		status = sk_ring_submit(&large, slot, SK_MESSAGE_MAX, &method, NULL);
		sent++;
	}
	assert_int_equal(status, SK_EXHAUSTED);
	assert_int_equal(sk_ring_used(&large), sent - 1);
	sk_ring_close(&large);
	close(ends[1]);
	sk_socket_close(&client);
}

static void another_ring_waits_until_the_first_is_through(void **state)
{
	static struct sk_slot others[1];
	struct sk_ring other;
	struct sk_socket client;
	struct sk_slot *slot;
	uint64_t cookie;
	int number;

	(void)state;
	sk_ring_init(&other, &sk_socket_ring_ops, others, 1, NULL);
	fixture_connect(&client);
	assert_int_equal(submit(&client, ECHO, 0, 1, SK_FOREVER), SK_OK);
	slot = sk_ring_open(&other, &client.channel, 5);
	fixture_encode(slot->request.bytes, ECHO, 3);
	assert_int_equal(sk_ring_submit(&other, slot, 16, &method, NULL), SK_INVALID);
	assert_int_equal(next(&cookie, &number), SK_OK);
	slot = sk_ring_open(&other, &client.channel, 5);
	assert_int_equal(sk_ring_submit(&other, slot, 16, &method, NULL), SK_OK);
	sk_ring_close(&other);
	sk_socket_close(&client);
}

/* ---- leases ---- */

static void calls_lend_parts_of_their_own(void **state)
{
	static uint8_t memory[4][6000];
	struct sk_socket client;
	uint64_t cookie;
	int number;

	(void)state;
	fixture_connect(&client);
	memset(memory, 0, sizeof(memory));
	memset(memory[0], 2, sizeof(memory[0]));
	assert_int_equal(submit_lending(&client, SUM, 0, 0, sk_lend(memory[0], 6000)), SK_OK);
	assert_int_equal(submit_lending(&client, KEEP, 0, 1, sk_lend_out(memory[1], 6000)),
		SK_OK);
	assert_int_equal(submit_lending(&client, FILL, 3, 2, sk_lend_out(memory[2], 6000)),
		SK_OK);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(next(&cookie, &number), SK_OK);
		assert_int_equal(number, cookie == 0 ? 12000 : 0);
	}
	assert_int_equal(memory[2][200], 'C');
	assert_int_equal(memory[2][210], 0);
	/* The kept one lends on, and is reached after all others have ended. */
	assert_int_equal(fixture_call(&client, WRITE_LATE, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&client, NUMBER), SK_OK);
	assert_int_equal(fixture_call(&client, RELEASE, 0, SK_FOREVER), SK_OK);
	assert_int_equal(next(&cookie, &number), SK_OK);
	assert_memory_equal(memory[1], "late\0", 6);
	assert_int_equal(client.window.users, 0);
	sk_socket_close(&client);
}

/* What was given up keeps its part: no later call gets it, and the window goes
 * once nobody uses it. */
static void part_of_a_call_that_was_given_up_is_not_used_again(void **state)
{
	static uint8_t memory[3][100];
	struct sk_socket client;
	uint64_t cookie;
	uint32_t first, second;
	int number;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(submit_lending(&client, KEEP, 0, 1, sk_lend_out(memory[0], 100)),
		SK_OK);
	first = slots[0].request.attached.leases[0].number;
	assert_int_equal(submit_lending(&client, KEEP, 0, 2, sk_lend_out(memory[1], 100)),
		SK_OK);
	assert_int_equal(sk_ring_cancel(&ring, 1), SK_OK);
	assert_int_equal(next(&cookie, &number), SK_CANCELED);
	assert_int_equal(submit_lending(&client, KEEP, 0, 3, sk_lend_out(memory[2], 100)),
		SK_OK);
	/* Of the three in the third slot: the first, given up, is taken last. */
	second = slots[2].request.attached.leases[0].number;
	assert_int_not_equal(second, first);
	assert_int_not_equal(second, slots[1].request.attached.leases[0].number);
	assert_non_null(client.window.base);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(fixture_call(&client, RELEASE, 0, SK_FOREVER), SK_OK);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(next(&cookie, &number), SK_OK);
	assert_null(client.window.base);
	assert_int_equal(submit_lending(&client, FILL, 1, 4, sk_lend_out(memory[0], 100)),
		SK_OK);
	assert_int_equal(next(&cookie, &number), SK_OK);
	assert_int_equal(memory[0][9], 'A');
	sk_socket_close(&client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(many_calls_are_under_way),
		TEST(answers_come_out_of_order),
		TEST(synchronous_calls_go_in_between),
		TEST(several_connections_share_a_ring),
		TEST(deadline_ends_one_call_and_not_the_others),
		TEST(call_can_be_given_up),
		TEST(handles_of_an_answer_that_is_not_taken_are_closed),
		TEST(closing_the_socket_ends_what_is_under_way),
		TEST(server_that_dies_ends_what_is_under_way),
		TEST(server_that_does_not_keep_up_is_exhausted),
		TEST(another_ring_waits_until_the_first_is_through),
		TEST(calls_lend_parts_of_their_own),
		TEST(part_of_a_call_that_was_given_up_is_not_used_again),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime socket, rings", tests, NULL, NULL);
}
