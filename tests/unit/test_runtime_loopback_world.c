/*
 * The in-process transport beyond calls: what is lent, minted, copied and
 * moved, who mistakes what, connecting again; and one long history in which
 * either side dies at each point in turn, after which nothing is left.
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

enum what { ECHO, KEEP, FLIP, MINT, TAKE };

static const struct sk_method method = {.reply_id = REPLY_ID};
static const struct sk_method soft = {
	.reply_id = REPLY_ID, .flags = SK_METHOD_CANCELLABLE,
};
static const struct sk_method repeatable = {
	.reply_id = REPLY_ID, .flags = SK_METHOD_IDEMPOTENT,
};
static struct sk_loopback loopback;
static volatile int flag;
static struct {
	struct sk_reply kept[4];
	struct sk_lease lease;
	unsigned count, steps, flag_at_step;
	unsigned canceled, gone, objects_gone, object_calls, connects;
	int status;			/* of the last lease copy or answer */
	uint64_t done;
	struct sk_handle taken[8];
	unsigned taken_count;
} server;

static int dispatch(void *self, struct sk_incoming *incoming);

/* ---- the server ---- */

static void object_gone(void *self)
{
	assert_ptr_equal(self, &server.objects_gone);
	server.objects_gone++;
}

static void canceled(void *self, uint64_t token)
{
	(void)self;
	server.canceled++;
	for (unsigned i = 0; i < server.count; i++)
		if (server.kept[i].token == token)
			sk_reply_drop(&server.kept[i]);
}

static const struct sk_object object = {
	.dispatch = dispatch, .gone = object_gone, .canceled = canceled,
};

static int answer(struct sk_reply *to, uint32_t number)
{
	uint8_t *bytes;

	if (!to->port)
		return SK_BAD_TOKEN;
	bytes = to->port->answer.bytes;
	sk_put_uint32(bytes, REPLY_ID);
	sk_put_uint32(bytes + 4, 0);
	sk_put_uint32(bytes + 8, number);
	return server.status = sk_answer(to, 12);
}

/* Turns the bits of what was lent, in the lease itself. */
static void flip(const struct sk_reply *to, const struct sk_lease *lease)
{
	uint8_t bytes[16];

	server.status = sk_lease_read(to, lease, 0, bytes, lease->size, &server.done);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] ^= 0xff;
	if (server.status == SK_OK)
		server.status = sk_lease_write(to, lease, 0, bytes, lease->size, &server.done);
}

static void mint(struct sk_reply *to)
{
	struct sk_handle handle;

	sk_attach_none(&to->port->answer.attached);
	if (sk_mint(to->port, &object, &server.objects_gone, &handle) == SK_OK)
		assert_true(sk_attach_handle(&to->port->answer.attached, handle,
			SK_RIGHTS_ALL, false));
	answer(to, 0);
}

static void take_all(struct sk_attached *attached)
{
	for (uint32_t i = 0; i < attached->handle_count; i++)
		server.taken[server.taken_count++] = attached->handles[i].handle;
	attached->handle_count = 0;
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	struct sk_attached *attached = &incoming->message->attached;

	server.object_calls += self == &server.objects_gone;
	incoming->reply.id = REPLY_ID;
	switch ((enum what)sk_get_uint32(incoming->message->bytes + 8)) {
	case ECHO:
		break;
	case KEEP:
		server.lease = attached->leases[0];
		server.kept[server.count++ % 4] = sk_reply_keep(&incoming->reply);
		return SK_OK;
	case FLIP:
		flip(&incoming->reply, &attached->leases[0]);
		break;
	case MINT:
		mint(&incoming->reply);
		return SK_OK;
	case TAKE:
		take_all(attached);
		break;
	}
	answer(&incoming->reply, 1);
	return SK_OK;
}

static bool step(void *self)
{
	(void)self;
	if (++server.steps == server.flag_at_step)
		flag = 1;
	return server.steps < 5;
}

static void gone(void *self)
{
	(void)self;
	server.gone++;
}

static int reconnect(void *self, uint64_t deadline)
{
	(void)self;
	(void)deadline;
	return ++server.connects < 3 ? SK_OK : SK_TIMED_OUT;
}

static int setup(void **state)
{
	(void)state;
	memset(&server, 0, sizeof(server));
	flag = 0;
	sk_loopback_init(&loopback);
	loopback.dispatch = dispatch;
	loopback.step = step;
	loopback.canceled = canceled;
	loopback.gone = gone;
	return 0;
}

/* ---- the client ---- */

static int call_on(struct sk_loopback *end, enum what what, const struct sk_method *as,
	const struct sk_call *how)
{
	uint8_t *bytes = end->channel.request.bytes;

	sk_put_uint32(bytes, REPLY_ID - 1);
	sk_put_uint32(bytes + 4, 0);
	sk_put_uint32(bytes + 8, what);
	return sk_invoke(&end->channel, 12, as, how);
}

static int call(enum what what)
{
	return call_on(&loopback, what, &method, NULL);
}

static int call_until(enum what what, uint64_t deadline)
{
	const struct sk_call how = {.deadline = deadline};

	return call_on(&loopback, what, &method, &how);
}

static void lend(struct sk_lease lease)
{
	assert_true(sk_attach_lease(&loopback.channel.request.attached, &lease,
		lease.direction, UINT64_MAX));
}

static void attach(struct sk_handle handle, bool copy)
{
	assert_true(sk_attach_handle(&loopback.channel.request.attached, handle,
		SK_RIGHTS_ALL, copy));
}

static struct sk_handle new_handle(void)
{
	return sk_loopback_new_handle(&loopback, SK_LOOPBACK_CLIENT);
}

static bool client_holds(struct sk_handle handle)
{
	return sk_loopback_holds(&loopback, SK_LOOPBACK_CLIENT, handle);
}

static void assert_clean(void)
{
	assert_int_equal(loopback.ledger.mistakes, 0);
	assert_int_equal(loopback.ledger.opened, loopback.ledger.closed);
}

/* ---- leases ---- */

static void lease_is_the_callers_own_memory(void **state)
{
	uint8_t bytes[4] = {0, 1, 2, 255};

	(void)state;
	lend(sk_lend_both(bytes, 4));
	assert_int_equal(call(FLIP), SK_OK);
	assert_int_equal(server.done, 4);
	assert_memory_equal(bytes, "\xff\xfe\xfd\x00", 4);
	lend(sk_lend(bytes, 4));
	assert_int_equal(call(FLIP), SK_OK);
	assert_memory_equal(bytes, "\xff\xfe\xfd\x00", 4);
}

static void memory_that_is_not_there_stops_the_copy(void **state)
{
	uint8_t bytes[4] = {0};

	(void)state;
	loopback.lease_present = 3;
	lend(sk_lend_both(bytes, 4));
	assert_int_equal(call(FLIP), SK_OK);
	assert_int_equal(server.done, 3);
	lend(sk_lend_both(bytes, 3));
	assert_int_equal(call(FLIP), SK_OK);
	assert_memory_equal(bytes, "\xff\xff\xff\x00", 4);
}

/* The lease of a kept call, reached when that is over. */
static void lease_ends_with_its_call(void **state)
{
	uint8_t bytes[4] = {0};
	struct sk_reply copy;

	(void)state;
	loopback.canceled = NULL;
	lend(sk_lend_out(bytes, 4));
	assert_int_equal(call_until(KEEP, 10), SK_TIMED_OUT);
	assert_int_equal(sk_lease_write(&server.kept[0], &server.lease, 0, "x", 1, NULL),
		SK_CANCELED);
	assert_null(sk_lease_memory(&server.kept[0], &server.lease));
	copy = server.kept[0];
	assert_int_equal(answer(&server.kept[0], 1), SK_CANCELED);
	assert_int_equal(sk_lease_write(&copy, &server.lease, 0, "x", 1, NULL), SK_BAD_TOKEN);
	lend(sk_lend_out(bytes, 4));
	assert_int_equal(call_until(KEEP, 20), SK_TIMED_OUT);
	sk_loopback_kill_client(&loopback);
	assert_int_equal(sk_lease_write(&server.kept[1], &server.lease, 0, "x", 1, NULL),
		SK_PEER_CLOSED);
	assert_int_equal(bytes[0], 0);
}

/* ---- handles ---- */

static void copy_is_new_and_the_own_stays(void **state)
{
	struct sk_handle own = new_handle(), moved = new_handle();

	(void)state;
	attach(own, true);
	attach(moved, false);
	assert_int_equal(call(TAKE), SK_OK);
	assert_int_equal(server.taken_count, 2);
	assert_true(client_holds(own));
	assert_false(client_holds(moved));
	for (unsigned i = 0; i < 2; i++) {
		assert_true(sk_loopback_holds(&loopback, SK_LOOPBACK_SERVER, server.taken[i]));
		sk_port_close(&loopback.port, server.taken[i]);
	}
	assert_int_equal(loopback.ledger.opened, 3);
	assert_int_equal(loopback.ledger.moved, 1);
	sk_close(&loopback.channel, own);
	assert_clean();
}

static void same_handle_may_be_copied_and_moved_at_once(void **state)
{
	struct sk_handle handle = new_handle();

	(void)state;
	attach(handle, false);
	attach(handle, true);
	attach(handle, true);
	assert_int_equal(call(TAKE), SK_OK);
	assert_int_equal(server.taken_count, 3);
	for (unsigned i = 0; i < 3; i++)
		sk_port_close(&loopback.port, server.taken[i]);
	assert_clean();
}

static void mistakes_are_counted(void **state)
{
	struct sk_handle twice = new_handle(), wrong = new_handle(), moved = new_handle();

	(void)state;
	sk_close(&loopback.channel, twice);
	sk_close(&loopback.channel, twice);
	assert_int_equal(loopback.ledger.mistakes, 1);
	sk_port_close(&loopback.port, wrong);
	assert_int_equal(loopback.ledger.mistakes, 2);
	attach(moved, false);
	assert_int_equal(call(ECHO), SK_OK);
	sk_close(&loopback.channel, moved);
	assert_int_equal(loopback.ledger.mistakes, 3);
	attach(moved, true);
	assert_int_equal(call(ECHO), SK_BAD_HANDLE);
	assert_int_equal(loopback.ledger.mistakes, 4);
	attach(wrong, false);
	attach(wrong, false);
	assert_int_equal(call(ECHO), SK_BAD_HANDLE);
	assert_int_equal(loopback.ledger.mistakes, 5);
	assert_int_equal(sk_loopback_open_handles(&loopback), 0);
}

static void copies_that_do_not_fit_are_exhausted(void **state)
{
	struct sk_handle all[SK_LOOPBACK_HANDLES];

	(void)state;
	for (unsigned i = 0; i < SK_LOOPBACK_HANDLES; i++)
		all[i] = new_handle();
	assert_int_equal(new_handle().raw, -1);
	attach(all[0], true);
	attach(all[1], false);
	assert_int_equal(call(TAKE), SK_EXHAUSTED);
	assert_true(client_holds(all[0]));
	assert_false(client_holds(all[1]));
	attach(all[0], true);
	assert_int_equal(call(TAKE), SK_OK);
}

/* ---- sessions ---- */

static struct sk_handle minted(void)
{
	struct sk_attached *attached = &loopback.channel.reply.attached;

	assert_int_equal(call(MINT), SK_OK);
	if (attached->handle_count == 0)
		return sk_no_handle();
	attached->handle_count = 0;
	return attached->handles[0].handle;
}

static void minted_session_reaches_its_object(void **state)
{
	static struct sk_loopback session, second;
	struct sk_handle handle = minted(), copy;

	(void)state;
	attach(handle, true);
	assert_int_equal(call(TAKE), SK_OK);
	copy = server.taken[0];
	assert_int_equal(sk_loopback_open(&session, &loopback, handle), SK_OK);
	assert_false(client_holds(handle));
	assert_int_equal(sk_loopback_open(&second, &loopback, handle), SK_BAD_HANDLE);
	assert_int_equal(call_on(&session, ECHO, &method, NULL), SK_OK);
	assert_int_equal(server.object_calls, 1);
	sk_loopback_close(&session);
	assert_int_equal(call_on(&session, ECHO, &method, NULL), SK_PEER_CLOSED);
	assert_int_equal(server.objects_gone, 0);
	sk_port_close(&loopback.port, copy);
	assert_int_equal(server.objects_gone, 1);
	assert_clean();
}

static void handle_to_nothing_opens_nothing(void **state)
{
	static struct sk_loopback session;
	struct sk_handle handle = new_handle();

	(void)state;
	assert_int_equal(sk_loopback_open(&session, &loopback, handle), SK_BAD_HANDLE);
	assert_int_equal(sk_loopback_open(&session, &loopback, sk_no_handle()), SK_BAD_HANDLE);
	sk_close(&loopback.channel, handle);
	assert_clean();
}

static void sessions_run_out_and_come_back(void **state)
{
	struct sk_handle all[SK_LOOPBACK_SESSIONS];

	(void)state;
	for (unsigned i = 0; i < SK_LOOPBACK_SESSIONS; i++)
		all[i] = minted();
	assert_int_equal(minted().raw, -1);
	sk_close(&loopback.channel, all[3]);
	assert_int_equal(server.objects_gone, 1);
	all[3] = minted();
	for (unsigned i = 0; i < SK_LOOPBACK_SESSIONS; i++)
		sk_close(&loopback.channel, all[i]);
	assert_int_equal(server.objects_gone, SK_LOOPBACK_SESSIONS + 1);
	assert_clean();
}

static void session_dies_with_the_server(void **state)
{
	static struct sk_loopback session, late;
	struct sk_handle handle = minted(), other = minted();

	(void)state;
	assert_int_equal(sk_loopback_open(&session, &loopback, handle), SK_OK);
	sk_loopback_kill_server(&loopback);
	assert_int_equal(call_on(&session, ECHO, &method, NULL), SK_PEER_CLOSED);
	assert_int_equal(sk_loopback_open(&late, &loopback, other), SK_OK);
	assert_int_equal(call_on(&late, ECHO, &method, NULL), SK_PEER_CLOSED);
	sk_loopback_close(&session);
	sk_loopback_close(&late);
	assert_int_equal(server.objects_gone, 0);
	assert_clean();
}

/* ---- interruption, connecting again ---- */

static void flag_ends_the_call_at_its_step(void **state)
{
	const struct sk_call how = {.deadline = SK_FOREVER, .cancel = &flag};

	(void)state;
	server.flag_at_step = 3;
	assert_int_equal(call_on(&loopback, KEEP, &soft, &how), SK_CANCELED);
	assert_int_equal(server.steps, 3);
	assert_int_equal(server.canceled, 1);
	assert_true(loopback.channel.delivered);
	assert_int_equal(call_on(&loopback, ECHO, &soft, &how), SK_CANCELED);
	assert_false(loopback.channel.delivered);
	assert_int_equal(sk_loopback_unanswered(&loopback), 0);
}

static void server_that_lives_again_is_asked_again(void **state)
{
	(void)state;
	loopback.reconnect = reconnect;
	/* At the point before dispatch: delivered. */
	loopback.kill_server_at = 2;
	assert_int_equal(call_on(&loopback, ECHO, &repeatable, NULL), SK_OK);
	assert_int_equal(server.connects, 1);
	loopback.kill_server_at = loopback.points + 2;
	assert_int_equal(call(ECHO), SK_PEER_CLOSED);
	assert_true(loopback.channel.delivered);
	/* The next one was never delivered. */
	assert_int_equal(call(ECHO), SK_OK);
	assert_int_equal(server.connects, 2);
	sk_loopback_kill_server(&loopback);
	assert_int_equal(call(ECHO), SK_TIMED_OUT);
	assert_false(loopback.channel.delivered);
}

/* ---- death at each point ---- */

/* Everything that can be under way, once. What the client still holds at the
 * end it closes. */
static void live(struct sk_loopback *session)
{
	struct sk_handle own = new_handle(), handle;
	uint8_t bytes[8] = {0};

	if (own.raw >= 0)
		attach(own, true);
	if (own.raw >= 0)
		attach(new_handle(), false);
	call(TAKE);
	lend(sk_lend_both(bytes, 8));
	call(FLIP);
	call_until(KEEP, loopback.now + 10);
	if (call(MINT) == SK_OK && loopback.channel.reply.attached.handle_count > 0) {
		loopback.channel.reply.attached.handle_count = 0;
		handle = loopback.channel.reply.attached.handles[0].handle;
		if (sk_loopback_open(session, &loopback, handle) == SK_OK) {
			call_on(session, ECHO, &method, NULL);
			sk_loopback_close(session);
		} else {
			sk_close(&loopback.channel, handle);
		}
	}
	call(MINT);
	sk_discard(&loopback.channel);
	sk_close(&loopback.channel, own);
}

static void after_any_death_nothing_is_left(void **state)
{
	static struct sk_loopback session;
	uint32_t points = 0;

	(void)state;
	for (uint32_t at = 0; at <= 2 * points; at++) {
		setup(NULL);
		loopback.kill_server_at = at <= points ? at : 0;
		loopback.kill_client_at = at > points ? at - points : 0;
		live(&session);
		if (at == 0) {
			points = loopback.points;
			assert_in_range(points, 20, 100);
			assert_int_equal(server.objects_gone, 2);
		}
		for (unsigned i = 0; i < server.taken_count; i++)
			sk_port_close(&loopback.port, server.taken[i]);
		for (unsigned i = 0; i < server.count; i++)
			sk_reply_drop(&server.kept[i]);
		/* Who lives has closed what it held. */
		sk_loopback_close(&loopback);
		assert_clean();
		assert_int_equal(sk_loopback_unanswered(&loopback), 0);
		assert_int_equal(server.gone, loopback.server_gone ? 0 : 1);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(lease_is_the_callers_own_memory),
		TEST(memory_that_is_not_there_stops_the_copy),
		TEST(lease_ends_with_its_call),
		TEST(copy_is_new_and_the_own_stays),
		TEST(same_handle_may_be_copied_and_moved_at_once),
		TEST(mistakes_are_counted),
		TEST(copies_that_do_not_fit_are_exhausted),
		TEST(minted_session_reaches_its_object),
		TEST(handle_to_nothing_opens_nothing),
		TEST(sessions_run_out_and_come_back),
		TEST(session_dies_with_the_server),
		TEST(flag_ends_the_call_at_its_step),
		TEST(server_that_lives_again_is_asked_again),
		TEST(after_any_death_nothing_is_left),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime loopback, world", tests, NULL, NULL);
}
