/* Channels over the kernel's handles, with a function in place of the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "bench.skald.h"
#include "runtime/kernel/channel.h"
#include "runtime/kernel/sys.h"

#define SLOTS 4

static uint8_t memory[SLOTS * (ABI_SLOT_PAGE + ABI_DESCRIPTORS_SIZE)]
	__attribute__((aligned(4096)));
static struct sk_kernel_channel channel;
static struct sk_registers seen;		/* the last call */
static uint32_t closed[8], closed_count, calls;
static int touches;

/* What it answers to a call. */
static uint64_t answer_head;
static uint64_t answer_words[ABI_WORDS];
static unsigned faults;				/* LEASE_FAULT so many times first */

void fake_system_call(struct sk_registers *r);

void fake_system_call(struct sk_registers *r)
{
	const uint8_t fault[16] = {2, 0, 0, 0, 0, 0, 0, 0, 0xef, 0xff, 0xff, 0xff};

	if ((uint32_t)r->head == ABI_BASE + ABI_CLOSE) {
		closed[closed_count++ % 8] = (uint32_t)r->target;
		r->head = 0;
		return;
	}
	seen = *r;
	calls++;
	r->head = answer_head;
	memcpy(r->words, answer_words, sizeof(answer_words));
	if (faults > 0) {
		faults--;
		r->head = UINT64_C(12) << ABI_BYTES_SHIFT;
		memcpy(r->words, fault, sizeof(fault));
	}
}

static int open_channel(void **state)
{
	const struct sk_kernel_slots slots = {memory, SLOTS};

	(void)state;
	memset(memory, 0, sizeof(memory));
	closed_count = calls = faults = 0;
	touches = 0;
	answer_head = (uint64_t)8 << ABI_BYTES_SHIFT;
	memset(answer_words, 0, sizeof(answer_words));
	return sk_kernel_channel_open(&channel, &slots, 1, 2,
		sk_kernel_handle(0x00500003));
}

static void test_handles_keep_their_numbers(void **state)
{
	static const uint32_t numbers[] = {0x00100001, 0xfff00001, 0x80000007, 0xfff1ffff};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_true(sk_kernel_handle(numbers[i]).raw >= 0);
		assert_int_equal(sk_kernel_number(sk_kernel_handle(numbers[i])), numbers[i]);
	}
	assert_true(sk_kernel_handle(0).raw < 0);
	assert_int_equal(sk_kernel_number(sk_no_handle()), 0);
}

static void test_words_are_loaded(void **state)
{
	const struct bench_Target_words_request request = {11, 22, 33, 44};
	struct bench_Target_words_reply reply;

	(void)state;
	answer_head = (uint64_t)16 << ABI_BYTES_SHIFT;
	answer_words[0] = bench_Target_words_reply_ID;
	answer_words[1] = 99;
	assert_int_equal(bench_Target_words(&channel.channel, &request, &reply, NULL), 0);
	assert_int_equal(reply.sum, 99);
	assert_int_equal((uint32_t)seen.head, ABI_BASE + ABI_CALL);
	assert_int_equal(ABI_BYTES(seen.head), 40);
	assert_true(seen.target == sk_target(0x00500003, 2));
	assert_int_equal(seen.words[4], 44);
	assert_false(seen.head & ABI_TIMED);
}

/* Of twelve bytes, in a slot that has had a longer one; in words or not. */
static void test_nothing_behind_a_message_is_sent(void **state)
{
	const struct bench_Target_release_request request = {7};
	const struct sk_call ways[] = {{.deadline = SK_FOREVER}, {.deadline = 5}};
	struct bench_Target_release_reply reply;

	(void)state;
	answer_head = (uint64_t)12 << ABI_BYTES_SHIFT;
	answer_words[0] = bench_Target_release_reply_ID;
	for (unsigned i = 0; i < 3; i++) {
		memset(memory, 0xff, SLOTS * ABI_SLOT_PAGE);
		assert_int_equal(bench_Target_release(&channel.channel, &request, &reply,
			i == 0 ? NULL : &ways[i - 1]), 0);
		assert_int_equal(ABI_BYTES(seen.head), 12);
		assert_int_equal(seen.words[1], 7);
		assert_int_equal(seen.words[2] | seen.words[3] | seen.words[4], 0);
	}
}

/* In words or not: what is no reply is the same failure. */
static void test_what_is_no_reply(void **state)
{
	const struct bench_Target_words_request request = {1, 2, 3, 4};
	struct bench_Target_words_reply reply;
	static const struct {
		uint64_t head, first, second;
		int status;
	} cases[] = {
		{UINT64_C(12) << 32, SK_STATUS_ID, (uint32_t)SK_PEER_DROPPED, SK_PEER_DROPPED},
		{UINT64_C(12) << 32, bench_Target_words_reply_ID + 1, 1, 1},
		{UINT64_C(12) << 32, bench_Target_words_reply_ID + 1, 0, SK_MALFORMED},
		{UINT64_C(16) << 32, bench_Target_nothing_reply_ID, 0, SK_MALFORMED},
		{UINT64_C(24) << 32, bench_Target_words_reply_ID, 0, SK_MALFORMED},
		{UINT64_C(16) << 32, bench_Target_words_reply_ID | UINT64_C(1) << 32, 0,
			SK_MALFORMED},
		{UINT64_C(1) << ABI_HANDLES_SHIFT | UINT64_C(16) << 32,
			bench_Target_words_reply_ID, 0, SK_BAD_HANDLE},
		{(uint32_t)SK_PEER_CLOSED, 0, 0, SK_PEER_CLOSED},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answer_head = cases[i].head;
		answer_words[0] = cases[i].first;
		answer_words[1] = cases[i].second;
		assert_int_equal(bench_Target_words(&channel.channel, &request, &reply, NULL),
			cases[i].status);
		assert_int_equal(channel.channel.reply.attached.handle_count, 0);
	}
	assert_false(channel.channel.delivered);
}

static void test_deadlines_are_told(void **state)
{
	const struct bench_Target_nothing_request request = {0};
	const struct sk_call call = {.deadline = 777};
	struct bench_Target_nothing_reply reply;

	(void)state;
	answer_head = ABI_DELIVERED | (uint32_t)SK_TIMED_OUT;
	assert_int_equal(bench_Target_nothing(&channel.channel, &request, &reply, &call),
		SK_TIMED_OUT);
	assert_true(channel.channel.delivered);
	assert_true(seen.head & ABI_TIMED);
	assert_int_equal(seen.time, 777);
	answer_head = (uint32_t)SK_PEER_CLOSED;
	assert_int_equal(bench_Target_nothing(&channel.channel, &request, &reply, NULL),
		SK_PEER_CLOSED);
	assert_false(channel.channel.delivered);
}

static void test_places_are_kept_for_handles(void **state)
{
	const struct bench_Target_give_request request = {0};
	struct bench_Target_give_reply reply;
	struct abi_descriptors *beside = (struct abi_descriptors *)(void *)(memory +
		SLOTS * ABI_SLOT_PAGE + 2 * ABI_DESCRIPTORS_SIZE);

	(void)state;
	beside->handles[0].number = 0x00700009;
	answer_head = sk_counts(9, 1, 0, 0, 0);
	answer_words[0] = bench_Target_give_reply_ID;
	answer_words[1] = 1;
	assert_int_equal(bench_Target_give(&channel.channel, &request, &reply, NULL), 0);
	assert_int_equal(ABI_EXPECTED(seen.head), 1);
	assert_int_equal(ABI_SLOT(seen.head), 1);
	assert_int_equal(sk_kernel_number(reply.given.raw), 0x00700009);
}

static void test_what_did_not_move_is_closed(void **state)
{
	const struct bench_Target_pass_request request = {
		.what = {sk_kernel_handle(0x00300004)},
	};
	struct bench_Target_pass_reply reply;

	(void)state;
	answer_head = (uint32_t)SK_PEER_CLOSED;
	assert_int_equal(bench_Target_pass(&channel.channel, &request, &reply, NULL),
		SK_PEER_CLOSED);
	assert_int_equal(ABI_HANDLES(seen.head), 1);
	assert_int_equal(closed_count, 1);
	assert_int_equal(closed[0], 0x00300004);
}

static bool touch(const struct sk_lease *lease)
{
	(void)lease;
	return ++touches < 3;
}

static void test_lease_faults_are_touched(void **state)
{
	static uint8_t data[10];
	const struct bench_Target_read_request request = {.data = sk_lend(data, 10)};
	struct bench_Target_read_reply reply;

	(void)state;
	answer_head = (uint64_t)16 << ABI_BYTES_SHIFT;
	answer_words[0] = bench_Target_read_reply_ID;
	faults = 2;
	channel.touch = touch;
	assert_int_equal(bench_Target_read(&channel.channel, &request, &reply, NULL), 0);
	assert_int_equal(calls, 3);
	faults = 9;
	assert_int_equal(bench_Target_read(&channel.channel, &request, &reply, NULL),
		SK_LEASE_FAULT);
	assert_int_equal(touches, 3);
}

static void test_without_slots_words_alone(void **state)
{
	const struct bench_Target_give_request request = {0};
	static const uint8_t bytes[64];
	const struct bench_Target_page_request large = {.data = {bytes, 64}};
	struct bench_Target_page_reply page;
	struct bench_Target_give_reply reply;

	(void)state;
	assert_int_equal(sk_kernel_channel_open(&channel, NULL, 0, 0,
		sk_kernel_handle(0x00100002)), 0);
	assert_int_equal(bench_Target_page(&channel.channel, &large, &page, NULL),
		SK_TOO_BIG);
	answer_words[0] = bench_Target_give_reply_ID;
	assert_int_equal(bench_Target_give(&channel.channel, &request, &reply, NULL),
		SK_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_handles_keep_their_numbers, open_channel),
		cmocka_unit_test_setup(test_words_are_loaded, open_channel),
		cmocka_unit_test_setup(test_nothing_behind_a_message_is_sent, open_channel),
		cmocka_unit_test_setup(test_what_is_no_reply, open_channel),
		cmocka_unit_test_setup(test_deadlines_are_told, open_channel),
		cmocka_unit_test_setup(test_places_are_kept_for_handles, open_channel),
		cmocka_unit_test_setup(test_what_did_not_move_is_closed, open_channel),
		cmocka_unit_test_setup(test_lease_faults_are_touched, open_channel),
		cmocka_unit_test_setup(test_without_slots_words_alone, open_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
