/* A server's loop, with a function in place of the kernel: the same requests, and
 * the same answers, whether they are dispatched by words or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "bench.skald.h"
#include "runtime/kernel/port.h"
#include "runtime/kernel/sys.h"

#define TOKEN 0x10007
#define EVENTS 8

static uint8_t memory[SK_KERNEL_PORT_SLOTS * (ABI_SLOT_PAGE + ABI_DESCRIPTORS_SIZE)]
	__attribute__((aligned(4096)));
static struct sk_kernel_port port;
static struct sk_kernel_session sessions[2];
static struct sk_kernel_kept kept[16];

/* What comes, one by one, and then SK_PEER_CLOSED; what was answered to each. */
static struct sk_registers events[EVENTS], answers[EVENTS];
static uint64_t behind[EVENTS];
static unsigned event_count, at, answer_count, receives, replies;

static void *last_self;
static unsigned runs;
static struct sk_reply held;

void fake_system_call(struct sk_registers *r);

void fake_system_call(struct sk_registers *r)
{
	uint32_t call = (uint32_t)r->head - ABI_BASE;

	if (answer_count < EVENTS)	/* of one that is longer than its words */
		behind[answer_count] = sk_get_uint64(memory + ABI_SLOT(r->head) * ABI_SLOT_PAGE +
			ABI_WORD_BYTES);
	if (call == ABI_REPLY_RECEIVE || call == ABI_REPLY) {
		answers[answer_count++ % EVENTS] = *r;
		replies += call == ABI_REPLY;
	}
	if (call == ABI_REPLY || call == ABI_CLOSE) {
		r->head = 0;
		return;
	}
	receives++;
	assert_true(r->target == sk_target(0x00500003, 0));
	if (at == event_count)
		r->head = (uint32_t)SK_PEER_CLOSED;
	else
		*r = events[at++];
}

/* ---- operations ---- */

static void op_nothing(void *self, const struct bench_Target_nothing_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_nothing_reply reply = {0};

	(void)request;
	last_self = self;
	runs++;
	bench_Target_nothing_answer(to, 0, &reply);
	assert_int_equal(bench_Target_nothing_answer(to, 0, &reply), SK_BAD_TOKEN);
}

static void op_words(void *self, const struct bench_Target_words_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_words_reply reply = {
		request->a + request->b + request->c + request->d,
	};

	last_self = self;
	runs++;
	bench_Target_words_answer(to, 0, &reply);
}

static void op_ten(void *self, const struct bench_Target_ten_request *request,
	struct sk_reply *to)
{
	struct bench_Target_ten_reply reply;

	(void)self;
	runs++;
	for (unsigned i = 0; i < 9; i++)
		reply.values[i] = request->values[i] + 1;
	bench_Target_ten_answer(to, request->values[0] == 0 ? bench_Error_REFUSED : 0, &reply);
	assert_int_equal(bench_Target_ten_answer(to, 0, &reply), SK_BAD_TOKEN);
}

static void op_refuse(void *self, const struct bench_Target_refuse_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	bench_Target_refuse_answer(to, bench_Error_REFUSED, NULL);
}

static void op_hold(void *self, const struct bench_Target_hold_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	held = sk_reply_keep(to);
}

static void op_drop(void *self, const struct bench_Target_drop_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	(void)to;
}

static void op_stop(void *self, const struct bench_Target_stop_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_stop_reply reply = {0};

	(void)self;
	(void)request;
	bench_Target_stop_answer(to, 0, &reply);
	sk_kernel_port_stop(&port);
}

static const struct bench_Target_ops ops = {
	.nothing = op_nothing, .words = op_words, .ten = op_ten, .refuse = op_refuse, .hold = op_hold,
	.drop = op_drop, .stop = op_stop,
};

static int dispatch(void *self, struct sk_incoming *incoming)
{
	return bench_Target_dispatch(&ops, self, incoming);
}

#ifdef RUNTIME_KERNEL_FAST_H
static inline bool dispatch_words(void *self, struct sk_words_incoming *in)
{
	return bench_Target_dispatch_words(&ops, self, in);
}
#endif

static int dispatch_other(void *self, struct sk_incoming *incoming)
{
	static const struct bench_Target_ops none = {.nothing = op_nothing};

	return bench_Target_dispatch(&none, self, incoming);
}

static const struct sk_object object = {.dispatch = dispatch};
static const struct sk_object other = {.dispatch = dispatch_other};

/* ---- what comes ---- */

static int open_port(void **state)
{
	static const struct sk_kernel_slots slots = {memory, SK_KERNEL_PORT_SLOTS};
	struct sk_kernel_port_config config = {
		.root = &object, .self = memory, .sessions = sessions, .session_count = 2,
		.kept = kept, .kept_count = 16,
	};

	(void)state;
	config.endpoint = sk_kernel_handle(0x00500003);
	memset(memory, 0xee, sizeof(memory));
	memset(sessions, 0, sizeof(sessions));
	memset(kept, 0, sizeof(kept));
	memset(answers, 0, sizeof(answers));
	event_count = at = answer_count = receives = replies = runs = 0;
	held.port = NULL;
	return sk_kernel_port_open(&port, &slots, 0, &config);
}

static struct sk_registers *comes(uint32_t id, uint32_t size)
{
	struct sk_registers *r = &events[event_count++];

	memset(r, 0, sizeof(*r));
	r->head = ABI_REQUEST | (uint64_t)0xffff << ABI_RIGHTS_SHIFT | sk_counts(size, 0, 0, 0, 0);
	r->words[0] = id;
	r->token = TOKEN;
	return r;
}

static int serve(void)
{
#ifdef RUNTIME_KERNEL_FAST_H
	return sk_kernel_port_serve_words(&port, dispatch_words);
#else
	return sk_kernel_port_serve(&port);
#endif
}

static void expect_words(unsigned n, uint32_t size, uint64_t first, uint64_t second)
{
	assert_int_equal(answers[n].token, TOKEN);
	assert_int_equal(ABI_BYTES(answers[n].head), size);
	assert_int_equal(ABI_HANDLES(answers[n].head), 0);
	assert_true(answers[n].words[0] == first);
	assert_true(answers[n].words[1] == second);
	for (unsigned i = 2; i < ABI_WORDS; i++)
		assert_true(answers[n].words[i] == 0);
}

static void expect_status(unsigned n, int status)
{
	expect_words(n, 12, SK_STATUS_ID, (uint32_t)status);
}

/* ---- tests ---- */

static void test_answers_go_with_the_next_receive(void **state)
{
	struct sk_registers *r;

	(void)state;
	comes(bench_Target_nothing_request_ID, 8);
	r = comes(bench_Target_words_request_ID, 40);
	for (unsigned i = 1; i < ABI_WORDS; i++)
		r->words[i] = 10 * i;
	comes(bench_Target_refuse_request_ID, 8);
	assert_int_equal(serve(), SK_PEER_CLOSED);
	assert_int_equal(answer_count, 3);
	assert_int_equal(receives, 4);
	assert_int_equal(replies, 0);
	expect_words(0, 8, bench_Target_nothing_reply_ID, 0);
	expect_words(1, 16, bench_Target_words_reply_ID, 100);
	expect_words(2, 12, bench_Target_refuse_reply_ID + 1, bench_Error_REFUSED);
	assert_ptr_equal(last_self, memory);
}

/* The rest of it stands in the slot. */
static struct sk_registers *ten_comes(uint32_t size, uint64_t first)
{
	struct sk_registers *r = comes(bench_Target_ten_request_ID, size);

	for (unsigned i = 1; i < ABI_WORDS; i++)
		r->words[i] = first + i - 1;
	return r;
}

static void test_longer_ones_do_too(void **state)
{
	(void)state;
	memset(memory + ABI_WORD_BYTES, 0, 40);
	memory[ABI_WORD_BYTES] = 9;
	ten_comes(80, 100);
	comes(bench_Target_nothing_request_ID, 8);
	ten_comes(80, 200);
	ten_comes(80, 300);
	ten_comes(80, 0);
	assert_int_equal(serve(), SK_PEER_CLOSED);
	assert_int_equal(answer_count, 5);
	assert_int_equal(receives, 6);
	assert_int_equal(replies, 0);
	expect_words(1, 8, bench_Target_nothing_reply_ID, 0);
	for (unsigned i = 0; i < 4; i++) {
		if (i == 1)
			continue;
		assert_int_equal(ABI_BYTES(answers[i].head), 80);
		assert_true(answers[i].words[0] == bench_Target_ten_reply_ID);
		assert_true(answers[i].words[1] == (i ? 100 * i : 100) + 1);
		assert_true(behind[i] == 10);
	}
	expect_words(4, 12, bench_Target_ten_reply_ID + 1, bench_Error_REFUSED);
	assert_int_equal(kept[TOKEN & 0xffff].token, 0);
}

static void test_longer_ones_are_looked_at(void **state)
{
	(void)state;
	ten_comes(72, 1);
	ten_comes(88, 1);
	ten_comes(80, 1)->words[0] |= UINT64_C(1) << 32;
	ten_comes(80, 1)->head |= sk_counts(0, 1, 0, 0, 0);
	ten_comes(80, 1)->head |= sk_counts(0, 0, 1, 0, 0);
	ten_comes(80, 1)->token = 0;
	assert_int_equal(serve(), SK_PEER_CLOSED);
	assert_int_equal(runs, 0);
	assert_int_equal(answer_count, 5);
	for (unsigned i = 0; i < 3; i++)
		expect_status(i, SK_MALFORMED);
	expect_status(3, SK_BAD_HANDLE);
	expect_status(4, SK_BAD_LEASE);
}

static void test_what_is_wrong_runs_nothing(void **state)
{
	(void)state;
	comes(bench_Target_nothing_request_ID, 16);
	comes(bench_Target_words_request_ID, 32);
	comes(bench_Target_nothing_request_ID, 8)->words[0] |= UINT64_C(1) << 32;
	comes(bench_Target_badge_request_ID, 8);
	comes(bench_Target_nothing_request_ID, 8)->head |= sk_counts(0, 1, 0, 0, 0);
	comes(bench_Target_nothing_request_ID, 8)->head |= sk_counts(0, 0, 1, 0, 0);
	assert_int_equal(serve(), SK_PEER_CLOSED);
	assert_int_equal(runs, 0);
	assert_int_equal(answer_count, 6);
	expect_status(0, SK_MALFORMED);
	expect_status(1, SK_MALFORMED);
	expect_status(2, SK_MALFORMED);
	expect_status(3, SK_UNKNOWN_METHOD);
	expect_status(4, SK_BAD_HANDLE);
	expect_status(5, SK_BAD_LEASE);
}

static void test_who_waits_for_nothing_gets_nothing(void **state)
{
	(void)state;
	comes(bench_Target_nothing_request_ID, 8)->token = 0;
	assert_int_equal(serve(), SK_PEER_CLOSED);
	assert_int_equal(runs, 0);
	assert_int_equal(answer_count, 0);
}

static void test_later_and_never(void **state)
{
	const struct bench_Target_hold_reply reply = {77};

	(void)state;
	comes(bench_Target_hold_request_ID, 8);
	comes(bench_Target_drop_request_ID, 8);
	assert_int_equal(serve(), SK_PEER_CLOSED);
	assert_int_equal(answer_count, 1);
	expect_status(0, SK_PEER_DROPPED);
	assert_int_equal(kept[TOKEN & 0xffff].token, TOKEN);
	assert_ptr_equal(kept[TOKEN & 0xffff].object, &object);
	assert_ptr_equal(kept[TOKEN & 0xffff].self, memory);
	bench_Target_hold_answer(&held, 0, &reply);
	assert_int_equal(replies, 1);
	expect_words(1, 16, bench_Target_hold_reply_ID, 77);
	assert_int_equal(kept[TOKEN & 0xffff].token, 0);
}

static void test_sessions_have_objects_of_their_own(void **state)
{
	(void)state;
	sessions[0] = (struct sk_kernel_session){&object, &runs};
	sessions[1] = (struct sk_kernel_session){&other, &held};
	comes(bench_Target_nothing_request_ID, 8)->target = SK_KERNEL_MINTED;
	assert_int_equal(serve(), SK_PEER_CLOSED);
	assert_ptr_equal(last_self, &runs);
	comes(bench_Target_nothing_request_ID, 8)->target = SK_KERNEL_MINTED + 1;
	assert_int_equal(serve(), SK_PEER_CLOSED);
	assert_ptr_equal(last_self, &held);
	comes(bench_Target_words_request_ID, 40)->target = SK_KERNEL_MINTED + 1;
	comes(bench_Target_nothing_request_ID, 8)->target = SK_KERNEL_MINTED + 2;
	assert_int_equal(serve(), SK_PEER_CLOSED);
	expect_status(2, SK_UNKNOWN_METHOD);
	assert_ptr_equal(last_self, memory);
}

static void test_the_last_answer_goes_out(void **state)
{
	(void)state;
	comes(bench_Target_stop_request_ID, 8);
	assert_int_equal(serve(), SK_OK);
	assert_int_equal(receives, 1);
	assert_int_equal(replies, 1);
	expect_words(0, 8, bench_Target_stop_reply_ID, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_answers_go_with_the_next_receive, open_port),
		cmocka_unit_test_setup(test_longer_ones_do_too, open_port),
		cmocka_unit_test_setup(test_longer_ones_are_looked_at, open_port),
		cmocka_unit_test_setup(test_what_is_wrong_runs_nothing, open_port),
		cmocka_unit_test_setup(test_who_waits_for_nothing_gets_nothing, open_port),
		cmocka_unit_test_setup(test_later_and_never, open_port),
		cmocka_unit_test_setup(test_sessions_have_objects_of_their_own, open_port),
		cmocka_unit_test_setup(test_the_last_answer_goes_out, open_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
