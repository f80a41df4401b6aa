/*
 * Rings and events over the in-process transport: slots, completions in any
 * order, deadlines on a clock that the test moves, giving up, death; events
 * that come, that wait, and that are lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/codec.h"
#include "runtime/events.h"
#include "runtime/loopback.h"

#define REPLY_ID UINT32_C(41)
#define EVENT_ID UINT32_C(47)
#define SLOTS 4

enum what { ECHO, KEEP, FAIL, GIVE };

static const struct sk_method method = {.reply_id = REPLY_ID};
static const struct sk_method soft = {
	.reply_id = REPLY_ID, .flags = SK_METHOD_CANCELLABLE,
};
static struct sk_loopback loopback;
static struct sk_slot slots[SLOTS];
static struct sk_ring ring;
static struct sk_events events;
static struct {
	struct sk_reply kept[SK_LOOPBACK_CALLS];
	unsigned count, canceled, steps, answer_at_step;
} server;

/* ---- the server ---- */

static int answer(struct sk_reply *to, uint32_t id, uint32_t number)
{
	uint8_t *bytes = to->port->answer.bytes;

	sk_put_uint32(bytes, id);
	sk_put_uint32(bytes + 4, 0);
	sk_put_uint32(bytes + 8, number);
	return sk_answer(to, 12);
}

static int give(struct sk_reply *to)
{
	struct sk_attached *attached = &to->port->answer.attached;

	sk_attach_none(attached);
	assert_true(sk_attach_handle(attached, sk_loopback_new_handle(&loopback,
		SK_LOOPBACK_SERVER), SK_RIGHTS_ALL, false));
	return answer(to, REPLY_ID, 0);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	const uint8_t *bytes = incoming->message->bytes;
	uint32_t number;

	(void)self;
	if (sk_message_id(incoming->message) == SK_NEXT_EVENT_ID)
		return sk_events_wait(&events, incoming);
	incoming->reply.id = REPLY_ID;
	number = sk_get_uint32(bytes + 12);
	switch ((enum what)sk_get_uint32(bytes + 8)) {
	case ECHO:
		return answer(&incoming->reply, REPLY_ID, number);
	case KEEP:
		server.kept[server.count++] = sk_reply_keep(&incoming->reply);
		return SK_OK;
	case FAIL:
		return sk_answer_error(&incoming->reply, (int32_t)number);
	case GIVE:
		return give(&incoming->reply);
	}
	return sk_refuse(incoming, SK_MALFORMED);
}

static bool step(void *self)
{
	(void)self;
	loopback.now += 10;
	if (++server.steps == server.answer_at_step)
		answer(&server.kept[--server.count], REPLY_ID, 5);
	return server.steps < 20;
}

static void canceled(void *self, uint64_t token)
{
	(void)self;
	server.canceled++;
	sk_events_canceled(&events, token);
}

static int setup(void **state)
{
	(void)state;
	memset(&server, 0, sizeof(server));
	sk_loopback_init(&loopback);
	loopback.dispatch = dispatch;
	loopback.step = step;
	loopback.canceled = canceled;
	sk_ring_init(&ring, &sk_loopback_ring_ops, slots, SLOTS, NULL);
	sk_events_init(&events);
	return 0;
}

/* Nothing is left: no slot, no handle, and no mistake was made. */
static int teardown(void **state)
{
	(void)state;
	sk_ring_close(&ring);
	assert_int_equal(sk_ring_used(&ring), 0);
	assert_int_equal(loopback.ledger.mistakes, 0);
	assert_int_equal(sk_loopback_open_handles(&loopback), 0);
	return 0;
}

/* ---- rings ---- */

static int submit_as(const struct sk_method *as, enum what what, uint32_t number,
	uint64_t cookie, const struct sk_call *call)
{
	struct sk_slot *slot = sk_ring_open(&ring, &loopback.channel, cookie);

	if (!slot)
		return SK_WOULD_BLOCK;
	sk_put_uint32(slot->request.bytes, REPLY_ID - 1);
	sk_put_uint32(slot->request.bytes + 4, 0);
	sk_put_uint32(slot->request.bytes + 8, what);
	sk_put_uint32(slot->request.bytes + 12, number);
	return sk_ring_submit(&ring, slot, 16, as, call);
}

static int submit(enum what what, uint32_t number, uint64_t cookie)
{
	return submit_as(&soft, what, number, cookie, NULL);
}

static int submit_until(enum what what, uint64_t cookie, uint64_t deadline)
{
	const struct sk_call call = {.deadline = deadline};

	return submit_as(&method, what, 0, cookie, &call);
}

/* The result of the next completion, which must have this cookie. */
static int result_of(uint64_t cookie)
{
	struct sk_completion done;
	int status = sk_ring_next(&ring, SK_FOREVER, &done);

	assert_int_equal(status, SK_OK);
	assert_int_equal(done.cookie, cookie);
	status = sk_ring_result(&done);
	if (status == SK_OK)
		status = (int)sk_get_uint32(done.slot->reply.bytes + 8);
	sk_ring_release(&done);
	return status;
}

static void completions_come_in_the_order_of_their_ends(void **state)
{
	struct sk_completion done;

	(void)state;
	assert_int_equal(sk_ring_next(&ring, SK_POLL, &done), SK_INVALID);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(submit(ECHO, 50 + i, i), SK_OK);
	assert_int_equal(submit(ECHO, 0, 9), SK_WOULD_BLOCK);
	assert_int_equal(result_of(0), 50);
	/* What is done later gets its turn after the others. */
	assert_int_equal(submit(ECHO, 60, 9), SK_OK);
	for (uint32_t i = 1; i < SLOTS; i++)
		assert_int_equal(result_of(i), 50 + (int)i);
	assert_int_equal(result_of(9), 60);
}

static void held_slot_is_not_given_to_anybody(void **state)
{
	struct sk_completion done;

	(void)state;
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(submit(ECHO, i, i), SK_OK);
	assert_int_equal(sk_ring_next(&ring, SK_FOREVER, &done), SK_OK);
	for (uint32_t i = 1; i < SLOTS; i++)
		assert_int_equal(result_of(i), i);
	for (uint32_t i = 1; i < SLOTS; i++)
		assert_int_equal(submit(ECHO, 70, i), SK_OK);
	assert_int_equal(submit(ECHO, 0, 9), SK_WOULD_BLOCK);
	assert_int_equal(sk_get_uint32(done.slot->reply.bytes + 8), 0);
	sk_ring_release(&done);
	assert_int_equal(sk_ring_used(&ring), SLOTS - 1);
}

static void results_are_sorted_as_those_of_calls(void **state)
{
	(void)state;
	assert_int_equal(submit(FAIL, 3, 1), SK_OK);
	assert_int_equal(result_of(1), 3);
	assert_int_equal(submit(99, 0, 2), SK_OK);
	assert_int_equal(result_of(2), SK_MALFORMED);
}

static void answer_comes_while_the_ring_waits(void **state)
{
	(void)state;
	server.answer_at_step = 4;
	assert_int_equal(submit(KEEP, 0, 1), SK_OK);
	assert_int_equal(result_of(1), 5);
	assert_int_equal(server.steps, 4);
}

static void each_call_has_its_deadline(void **state)
{
	struct sk_completion done;

	(void)state;
	assert_int_equal(submit_until(KEEP, 1, 95), SK_OK);
	assert_int_equal(submit_until(KEEP, 2, 45), SK_OK);
	assert_int_equal(submit_until(KEEP, 3, SK_FOREVER), SK_OK);
	assert_int_equal(sk_ring_next(&ring, SK_POLL, &done), SK_TIMED_OUT);
	assert_int_equal(sk_ring_next(&ring, 30, &done), SK_TIMED_OUT);
	assert_int_equal(loopback.now, 30);
	assert_int_equal(result_of(2), SK_TIMED_OUT);
	assert_int_equal(loopback.now, 50);
	assert_int_equal(result_of(1), SK_TIMED_OUT);
	assert_int_equal(server.canceled, 2);
	/* Nothing can come any more, and no deadline either. */
	assert_int_equal(sk_ring_next(&ring, SK_FOREVER, &done), SK_WOULD_BLOCK);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(answer(&server.kept[i], REPLY_ID, 0), SK_CANCELED);
	assert_int_equal(answer(&server.kept[2], REPLY_ID, 8), SK_OK);
	assert_int_equal(result_of(3), 8);
}

/* The clock stands still, and so it jumps to the deadline. */
static void idle_servers_let_time_pass(void **state)
{
	(void)state;
	loopback.step = NULL;
	assert_int_equal(submit_until(KEEP, 1, 1000), SK_OK);
	assert_int_equal(result_of(1), SK_TIMED_OUT);
	assert_int_equal(loopback.now, 1000);
}

static void only_cancellable_calls_are_given_up(void **state)
{
	struct sk_call call = {.deadline = SK_FOREVER};
	const volatile int flag = 0;

	(void)state;
	assert_int_equal(submit_as(&method, KEEP, 0, 1, NULL), SK_OK);
	assert_int_equal(submit(KEEP, 0, 2), SK_OK);
	assert_int_equal(submit(ECHO, 6, 3), SK_OK);
	assert_int_equal(sk_ring_cancel(&ring, 1), SK_INVALID);
	assert_int_equal(sk_ring_cancel(&ring, 4), SK_INVALID);
	assert_int_equal(sk_ring_cancel(&ring, 2), SK_OK);
	assert_int_equal(server.canceled, 1);
	/* That one was answered first. */
	assert_int_equal(sk_ring_cancel(&ring, 3), SK_OK);
	assert_int_equal(result_of(3), 6);
	assert_int_equal(result_of(2), SK_CANCELED);
	call.cancel = &flag;
	assert_int_equal(submit_as(&soft, ECHO, 0, 5, &call), SK_INVALID);
	assert_int_equal(sk_ring_used(&ring), 1);
}

static void handles_that_nobody_takes_are_closed(void **state)
{
	struct sk_slot *slot;

	(void)state;
	assert_int_equal(submit(GIVE, 0, 1), SK_OK);
	assert_int_equal(sk_loopback_open_handles(&loopback), 1);
	assert_int_equal(result_of(1), 0);
	assert_int_equal(sk_loopback_open_handles(&loopback), 0);
	slot = sk_ring_open(&ring, &loopback.channel, 2);
	assert_true(sk_attach_handle(&slot->request.attached, sk_loopback_new_handle(
		&loopback, SK_LOOPBACK_CLIENT), SK_RIGHTS_ALL, false));
	assert_int_equal(sk_ring_submit(&ring, slot, SK_INVALID, &method, NULL), SK_INVALID);
	assert_int_equal(sk_ring_used(&ring), 0);
	/* And one is left for the end of the ring. */
	assert_int_equal(submit(GIVE, 0, 1), SK_OK);
}

static void death_completes_what_is_under_way(void **state)
{
	(void)state;
	assert_int_equal(submit(KEEP, 0, 1), SK_OK);
	assert_int_equal(submit(KEEP, 0, 2), SK_OK);
	sk_loopback_kill_server(&loopback);
	assert_int_equal(result_of(1), SK_PEER_CLOSED);
	assert_int_equal(result_of(2), SK_PEER_CLOSED);
	assert_int_equal(submit(KEEP, 0, 3), SK_PEER_CLOSED);
	assert_int_equal(sk_ring_used(&ring), 0);
}

static void closing_gives_everything_up(void **state)
{
	(void)state;
	assert_int_equal(submit_as(&method, KEEP, 0, 1, NULL), SK_OK);
	assert_int_equal(submit(ECHO, 0, 2), SK_OK);
	sk_ring_close(&ring);
	assert_int_equal(server.canceled, 1);
	assert_int_equal(answer(&server.kept[0], REPLY_ID, 0), SK_CANCELED);
	assert_int_equal(sk_loopback_unanswered(&loopback), 0);
}

/* ---- events ---- */

static int send_event(uint32_t number)
{
	struct sk_message *message = sk_events_open(&events);

	if (!message)
		return SK_WOULD_BLOCK;
	sk_put_uint32(message->bytes, EVENT_ID);
	sk_put_uint32(message->bytes + 4, 0);
	sk_put_uint32(message->bytes + 8, number);
	return sk_events_send(&events, 12);
}

static int next_event(uint64_t deadline)
{
	const struct sk_call call = {.deadline = deadline};
	struct sk_message *request = &loopback.channel.request;
	int size = sk_next_event_encode(request->bytes, request->capacity);

	return sk_invoke(&loopback.channel, size, &sk_next_event_method, &call);
}

static int begin_event(uint64_t cookie)
{
	struct sk_slot *slot = sk_ring_open(&ring, &loopback.channel, cookie);
	int size = sk_next_event_encode(slot->request.bytes, slot->request.capacity);

	return sk_ring_submit(&ring, slot, size, &sk_next_event_method, NULL);
}

static void event_answers_who_waits(void **state)
{
	(void)state;
	assert_int_equal(begin_event(1), SK_OK);
	assert_int_equal(send_event(33), SK_OK);
	assert_int_equal(sk_lost_events(&slots[0].reply), 0);
	assert_int_equal(sk_message_id(&slots[0].reply), EVENT_ID);
	assert_int_equal(result_of(1), 33);
}

static void events_that_nobody_waits_for_are_counted_and_told_first(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(send_event(i), SK_WOULD_BLOCK);
	assert_int_equal(next_event(SK_POLL), SK_OK);
	assert_int_equal(sk_lost_events(&loopback.channel.reply), 3);
	assert_int_equal(events.lost, 0);
	assert_int_equal(begin_event(1), SK_OK);
	assert_int_equal(send_event(4), SK_OK);
	assert_int_equal(result_of(1), 4);
}

static void event_for_who_gave_up_is_lost(void **state)
{
	(void)state;
	assert_int_equal(next_event(25), SK_TIMED_OUT);
	assert_null(events.next.port);
	assert_int_equal(send_event(1), SK_WOULD_BLOCK);
	assert_int_equal(next_event(SK_POLL), SK_OK);
	assert_int_equal(sk_lost_events(&loopback.channel.reply), 1);
	/* Also where the server has not heard of it. */
	loopback.canceled = NULL;
	assert_int_equal(next_event(SK_POLL), SK_TIMED_OUT);
	assert_int_equal(send_event(1), SK_CANCELED);
	assert_int_equal(events.lost, 1);
}

static void second_who_waits_ends_the_first(void **state)
{
	(void)state;
	assert_int_equal(begin_event(1), SK_OK);
	assert_int_equal(begin_event(2), SK_OK);
	assert_int_equal(result_of(1), SK_CANCELED);
	assert_int_equal(send_event(7), SK_OK);
	assert_int_equal(result_of(2), 7);
}

static void closing_drops_who_waits(void **state)
{
	(void)state;
	assert_int_equal(begin_event(1), SK_OK);
	sk_events_close(&events);
	assert_int_equal(result_of(1), SK_PEER_DROPPED);
	sk_events_close(&events);
	assert_int_equal(sk_loopback_unanswered(&loopback), 0);
}

static void drop_events(void *self)
{
	(void)self;
	sk_events_close(&events);
}

/* A server that is told of the first answers the second. */
static void leaving_completes_also_what_the_server_then_answers(void **state)
{
	(void)state;
	loopback.gone = drop_events;
	assert_int_equal(submit(KEEP, 0, 1), SK_OK);
	assert_int_equal(begin_event(2), SK_OK);
	sk_loopback_close(&loopback);
	assert_int_equal(result_of(1), SK_PEER_CLOSED);
	assert_int_equal(result_of(2), SK_PEER_CLOSED);
}

static void request_must_be_empty(void **state)
{
	struct sk_message *request = &loopback.channel.request;
	int size = sk_next_event_encode(request->bytes, request->capacity);

	(void)state;
	assert_int_equal(size, 8);
	assert_int_equal(sk_next_event_encode(request->bytes, 7), SK_TOO_BIG);
	sk_put_uint32(request->bytes + 4, 1);
	assert_int_equal(sk_invoke(&loopback.channel, 8, &sk_next_event_method, NULL),
		SK_MALFORMED);
	sk_put_uint32(request->bytes + 4, 0);
	assert_int_equal(sk_invoke(&loopback.channel, 9, &sk_next_event_method, NULL),
		SK_MALFORMED);
	assert_true(sk_attach_handle(&request->attached, sk_loopback_new_handle(&loopback,
		SK_LOOPBACK_CLIENT), SK_RIGHTS_ALL, false));
	assert_int_equal(sk_invoke(&loopback.channel, 8, &sk_next_event_method, NULL),
		SK_MALFORMED);
	assert_null(events.next.port);
}

static void event_that_does_not_encode_is_told(void **state)
{
	(void)state;
	assert_int_equal(begin_event(1), SK_OK);
	assert_non_null(sk_events_open(&events));
	assert_int_equal(sk_events_send(&events, SK_TOO_BIG), SK_TOO_BIG);
	assert_int_equal(result_of(1), SK_TOO_BIG);
	assert_int_equal(events.lost, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(completions_come_in_the_order_of_their_ends),
		TEST(held_slot_is_not_given_to_anybody),
		TEST(results_are_sorted_as_those_of_calls),
		TEST(answer_comes_while_the_ring_waits),
		TEST(each_call_has_its_deadline),
		TEST(idle_servers_let_time_pass),
		TEST(only_cancellable_calls_are_given_up),
		TEST(handles_that_nobody_takes_are_closed),
		TEST(death_completes_what_is_under_way),
		TEST(closing_gives_everything_up),
		TEST(event_answers_who_waits),
		TEST(events_that_nobody_waits_for_are_counted_and_told_first),
		TEST(event_for_who_gave_up_is_lost),
		TEST(second_who_waits_ends_the_first),
		TEST(closing_drops_who_waits),
		TEST(leaving_completes_also_what_the_server_then_answers),
		TEST(request_must_be_empty),
		TEST(event_that_does_not_encode_is_told),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime rings and events", tests, NULL, NULL);
}
