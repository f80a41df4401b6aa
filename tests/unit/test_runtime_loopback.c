/*
 * The in-process transport: answers at once and later, deadlines on a clock
 * that the test moves, death of either side, and a ledger of handles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/codec.h"
#include "runtime/loopback.h"

#define REPLY_ID UINT32_C(41)

static struct sk_loopback loopback;
static const struct sk_method method = {.reply_id = REPLY_ID};
static const struct sk_method one_way = {.reply_id = 0};

/* A server by hand: what it does with a request stands in its word 2. */
enum what {
	ECHO, IGNORE, KEEP, REFUSE, FAIL, DIE, NEST, SURPLUS, TAKE_ONE,
};

static struct {
	struct sk_reply kept[SK_LOOPBACK_CALLS + 1];
	unsigned count;
	unsigned steps;
	unsigned answer_at_step;
	unsigned kill_at_step;
	uint64_t time_per_step;
	unsigned canceled;
	uint64_t canceled_token;
	int status;			/* what the last answer came to */
	int nested;
	struct sk_handle taken;
} server;

/* So many new handles, to be moved. */
static void attach(struct sk_message *message, uint32_t count,
	enum sk_loopback_side side)
{
	sk_attach_none(&message->attached);
	message->attached.handle_count = count;
	for (uint32_t i = 0; i < count && i < SK_HANDLES_MAX; i++) {
		message->attached.handles[i].handle = sk_loopback_new_handle(&loopback, side);
		message->attached.handles[i].copy = false;
	}
}

static int echo(struct sk_reply *to, uint32_t handles)
{
	struct sk_message *answer;

	if (!to->port)
		return SK_BAD_TOKEN;
	answer = &to->port->answer;
	sk_put_uint32(answer->bytes, REPLY_ID);
	sk_put_uint32(answer->bytes + 4, 0);
	sk_put_uint32(answer->bytes + 8, 77);
	attach(answer, handles, SK_LOOPBACK_SERVER);
	return sk_answer(to, 12);
}

static void take_one(struct sk_incoming *incoming)
{
	struct sk_handle *first = &incoming->message->attached.handles[0].handle;

	server.taken = *first;
	first->raw = -1;
	server.status = echo(&incoming->reply, 3);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	(void)self;
	assert_int_equal(incoming->badge, 5);
	incoming->reply.id = REPLY_ID;
	switch ((enum what)sk_get_uint32(incoming->message->bytes + 8)) {
	case ECHO:
		server.status = echo(&incoming->reply, 0);
		return SK_OK;
	case IGNORE:
		return SK_OK;
	case KEEP:
		server.kept[server.count++] = sk_reply_keep(&incoming->reply);
		return SK_OK;
	case REFUSE:
		return sk_refuse(incoming, SK_UNKNOWN_METHOD);
	case FAIL:
		server.status = sk_answer_error(&incoming->reply, 6);
		return SK_OK;
	case DIE:
		sk_loopback_kill_server(&loopback);
		return SK_OK;
	case NEST:
		server.nested = sk_invoke(&loopback.channel, 12, &method, NULL);
		server.status = echo(&incoming->reply, 0);
		return SK_OK;
	case SURPLUS:
		server.status = echo(&incoming->reply, SK_HANDLES_MAX + 1);
		return SK_OK;
	case TAKE_ONE:
		take_one(incoming);
		return SK_OK;
	}
	return sk_refuse(incoming, SK_MALFORMED);
}

static bool step(void *self)
{
	(void)self;
	server.steps++;
	loopback.now += server.time_per_step;
	if (server.steps == server.answer_at_step)
		server.status = echo(&server.kept[0], 0);
	if (server.steps == server.kill_at_step)
		sk_loopback_kill_server(&loopback);
	return server.steps < 10;
}

static void canceled(void *self, uint64_t token)
{
	(void)self;
	server.canceled++;
	server.canceled_token = token;
}

static int setup(void **state)
{
	(void)state;
	memset(&server, 0, sizeof(server));
	server.taken = sk_no_handle();
	sk_loopback_init(&loopback);
	loopback.dispatch = dispatch;
	loopback.step = step;
	loopback.canceled = canceled;
	loopback.badge = 5;
	return 0;
}

static void prepare(uint32_t what, uint32_t handles)
{
	struct sk_message *request = &loopback.channel.request;

	sk_put_uint32(request->bytes, REPLY_ID - 1);
	sk_put_uint32(request->bytes + 4, 0);
	sk_put_uint32(request->bytes + 8, what);
	attach(request, handles, SK_LOOPBACK_CLIENT);
}

static int call(uint32_t what, uint64_t deadline)
{
	struct sk_call until = {.deadline = deadline};

	prepare(what, 0);
	return sk_invoke(&loopback.channel, 12, &method, &until);
}

/* How many are open; none was closed twice, or by who did not hold it. */
static unsigned open_handles(void)
{
	assert_int_equal(loopback.ledger.mistakes, 0);
	return sk_loopback_open_handles(&loopback);
}

static void answer_comes_at_once(void **state)
{
	(void)state;
	assert_int_equal(call(ECHO, SK_POLL), SK_OK);
	assert_int_equal(server.status, SK_OK);
	assert_int_equal(sk_get_uint32(loopback.channel.reply.bytes + 8), 77);
	assert_int_equal(server.steps, 0);
	assert_int_equal(call(FAIL, SK_FOREVER), 6);
	assert_int_equal(call(REFUSE, SK_FOREVER), SK_UNKNOWN_METHOD);
	assert_int_equal(loopback.last_dispatch, SK_UNKNOWN_METHOD);
	assert_int_equal(sk_loopback_unanswered(&loopback), 0);
}

static void request_that_is_not_answered_is_dropped(void **state)
{
	(void)state;
	assert_int_equal(call(IGNORE, SK_FOREVER), SK_PEER_DROPPED);
	assert_true(loopback.channel.delivered);
	assert_int_equal(sk_loopback_unanswered(&loopback), 0);
}

static void kept_reply_is_answered_by_a_later_step(void **state)
{
	(void)state;
	server.answer_at_step = 4;
	assert_int_equal(call(KEEP, SK_FOREVER), SK_OK);
	assert_int_equal(server.steps, 4);
	assert_int_equal(server.status, SK_OK);
	assert_int_equal(sk_loopback_unanswered(&loopback), 0);
}

static void copy_of_an_answered_reply_is_a_bad_token(void **state)
{
	struct sk_reply copy;

	(void)state;
	server.answer_at_step = 1;
	assert_int_equal(call(KEEP, SK_FOREVER), SK_OK);
	copy = server.kept[0];
	copy.port = &loopback.port;
	assert_int_equal(echo(&copy, 2), SK_BAD_TOKEN);
	assert_int_equal(open_handles(), 0);
	copy.port = &loopback.port;
	copy.token = 0;
	assert_int_equal(echo(&copy, 0), SK_BAD_TOKEN);
}

static void deadline_passes_while_the_server_works(void **state)
{
	(void)state;
	server.time_per_step = 100;
	assert_int_equal(call(KEEP, 250), SK_TIMED_OUT);
	assert_int_equal(server.steps, 3);
	assert_true(loopback.channel.delivered);
	assert_int_equal(server.canceled, 1);
	assert_int_equal(server.canceled_token, server.kept[0].token);
	/* The late answer reaches nobody, least of all the next call. */
	assert_int_equal(sk_loopback_unanswered(&loopback), 1);
	assert_int_equal(echo(&server.kept[0], 1), SK_CANCELED);
	assert_int_equal(open_handles(), 0);
	assert_int_equal(sk_loopback_unanswered(&loopback), 0);
	assert_int_equal(call(ECHO, SK_FOREVER), SK_OK);
}

static void idle_server_lets_time_pass_to_the_deadline(void **state)
{
	(void)state;
	loopback.step = NULL;
	assert_int_equal(call(KEEP, 1000), SK_TIMED_OUT);
	assert_int_equal(loopback.now, 1000);
	assert_int_equal(call(KEEP, SK_FOREVER), SK_WOULD_BLOCK);
	assert_int_equal(call(KEEP, SK_POLL), SK_TIMED_OUT);
}

static void client_that_gives_up_in_a_loop_is_exhausted(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SK_LOOPBACK_CALLS; i++)
		assert_int_equal(call(KEEP, SK_POLL), SK_TIMED_OUT);
	assert_int_equal(call(ECHO, SK_FOREVER), SK_EXHAUSTED);
	assert_false(loopback.channel.delivered);
	assert_int_equal(echo(&server.kept[3], 0), SK_CANCELED);
	assert_int_equal(call(ECHO, SK_FOREVER), SK_OK);
}

static void server_death_ends_the_call_and_all_later_ones(void **state)
{
	(void)state;
	server.kill_at_step = 2;
	assert_int_equal(call(KEEP, SK_FOREVER), SK_PEER_CLOSED);
	assert_true(loopback.channel.delivered);
	assert_int_equal(call(ECHO, SK_FOREVER), SK_PEER_CLOSED);
	assert_false(loopback.channel.delivered);
	prepare(ECHO, 2);
	assert_int_equal(sk_send(&loopback.channel, 12, &one_way, NULL), SK_PEER_CLOSED);
	assert_int_equal(open_handles(), 0);
}

static void server_death_within_dispatch_ends_the_call(void **state)
{
	(void)state;
	assert_int_equal(call(DIE, SK_FOREVER), SK_PEER_CLOSED);
	assert_true(loopback.channel.delivered);
}

static void answers_to_a_dead_client_are_peer_closed(void **state)
{
	(void)state;
	assert_int_equal(call(KEEP, SK_POLL), SK_TIMED_OUT);
	assert_int_equal(server.canceled, 1);
	sk_loopback_kill_client(&loopback);
	assert_int_equal(server.canceled, 1);
	assert_int_equal(echo(&server.kept[0], 2), SK_PEER_CLOSED);
	assert_int_equal(open_handles(), 0);
	assert_int_equal(sk_loopback_unanswered(&loopback), 0);
}

static void call_within_a_call_is_invalid(void **state)
{
	(void)state;
	assert_int_equal(call(NEST, SK_FOREVER), SK_OK);
	assert_int_equal(server.nested, SK_INVALID);
}

static void one_way_needs_no_answer(void **state)
{
	(void)state;
	prepare(IGNORE, 0);
	assert_int_equal(sk_send(&loopback.channel, 12, &one_way, NULL), SK_OK);
	prepare(ECHO, 0);
	assert_int_equal(sk_send(&loopback.channel, 12, &one_way, NULL), SK_OK);
	assert_int_equal(server.status, SK_BAD_TOKEN);
}

static void handles_cross_once_and_none_is_left(void **state)
{
	(void)state;
	prepare(TAKE_ONE, 4);
	assert_int_equal(sk_invoke(&loopback.channel, 12, &method, NULL), SK_OK);
	/* One taken, three closed by the server's side; three came back. */
	assert_int_equal(open_handles(), 4);
	assert_int_equal(loopback.channel.reply.attached.handle_count, 3);
	assert_int_equal(loopback.ledger.opened, 7);
	assert_int_equal(loopback.ledger.moved, 7);
	assert_int_equal(loopback.ledger.closed, 3);
	sk_discard(&loopback.channel);
	assert_true(sk_loopback_holds(&loopback, SK_LOOPBACK_SERVER, server.taken));
	sk_port_close(&loopback.port, server.taken);
	assert_int_equal(open_handles(), 0);
	assert_int_equal(loopback.ledger.closed, 7);
}

static void surplus_handles_are_refused_and_closed(void **state)
{
	(void)state;
	prepare(ECHO, SK_HANDLES_MAX + 1);
	assert_int_equal(sk_invoke(&loopback.channel, 12, &method, NULL), SK_BAD_HANDLE);
	assert_false(loopback.channel.delivered);
	assert_int_equal(open_handles(), 0);
	assert_int_equal(sk_loopback_unanswered(&loopback), 0);
	prepare(SURPLUS, 0);
	assert_int_equal(sk_invoke(&loopback.channel, 12, &method, NULL), SK_BAD_HANDLE);
	assert_int_equal(server.status, SK_BAD_HANDLE);
	assert_int_equal(open_handles(), 0);
}

/* Whatever happens in whatever order: no handle is left, no place lost. */
static void random_histories_leave_nothing_behind(void **state)
{
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : 20240607;
	uint64_t random = seed;

	(void)state;
	print_message("# SEED=%u\n", seed);
	for (unsigned round = 0; round < 20000; round++) {
		struct sk_call until = {.deadline = SK_POLL};
		uint32_t what;

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		what = (uint32_t)(random >> 40) % (TAKE_ONE + 2);
		if (what == DIE || (what == KEEP && server.count == SK_LOOPBACK_CALLS)) {
			setup(NULL);
			continue;
		}
		prepare(what, 1 + (uint32_t)(random >> 50) % SK_HANDLES_MAX);
		sk_invoke(&loopback.channel, 12, &method, &until);
		sk_discard(&loopback.channel);
		sk_port_close(&loopback.port, server.taken);
		server.taken = sk_no_handle();
		if (server.count > 0 && random >> 62 == 0)
			assert_int_equal(echo(&server.kept[--server.count], 2),
				SK_CANCELED);
		assert_int_equal(open_handles(), 0);
		assert_int_equal(sk_loopback_unanswered(&loopback), server.count);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(answer_comes_at_once),
		TEST(request_that_is_not_answered_is_dropped),
		TEST(kept_reply_is_answered_by_a_later_step),
		TEST(copy_of_an_answered_reply_is_a_bad_token),
		TEST(deadline_passes_while_the_server_works),
		TEST(idle_server_lets_time_pass_to_the_deadline),
		TEST(client_that_gives_up_in_a_loop_is_exhausted),
		TEST(server_death_ends_the_call_and_all_later_ones),
		TEST(server_death_within_dispatch_ends_the_call),
		TEST(answers_to_a_dead_client_are_peer_closed),
		TEST(call_within_a_call_is_invalid),
		TEST(one_way_needs_no_answer),
		TEST(handles_cross_once_and_none_is_left),
		TEST(surplus_handles_are_refused_and_closed),
		TEST(random_histories_leave_nothing_behind),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime loopback", tests, NULL, NULL);
}
