/*
 * What stubs record over handles of the kernel: calls in line, which go another way
 * once they are recorded, and all others.
 */
#include "ostrace.skald.h"
#include "runtime/codec.h"
#include "runtime/kernel/clock.h"
#include "runtime/trace.h"
#include "test.h"

#define SLOTS 64
#define RING_SIZE (SK_TRACE_HEADER + SLOTS * SK_TRACE_SLOT)
#define ON (SK_TRACE_CALLS | SK_TRACE_SERVES)

struct recorder {
	struct sk_trace trace;
	struct sk_trace_reader reader;
	uint8_t ring[RING_SIZE] __attribute__((aligned(64)));
};

static struct sk_switches switches;
static struct recorder client, server_side;
static struct server server;
static struct sk_kernel_channel target;
static const void *clock_page;

static uint64_t clock_now(void)
{
	return sk_kernel_clock(clock_page);
}

static void turn(uint32_t kinds)
{
	switches.kinds = kinds;
	switches.event = kinds & SK_TRACE_SERVES ? 0 : SK_SWITCHED_OFF;
}

static void open_recorder(struct recorder *recorder, uint64_t thread)
{
	sk_trace_open(&recorder->trace, &switches, recorder->ring, SLOTS, thread, clock_now);
	recorder->reader = (struct sk_trace_reader){.ring = recorder->ring, .slots = SLOTS};
}

static int call_nothing(void)
{
	struct bench_Target_nothing_reply reply;

	return bench_Target_nothing(&target.channel,
		&(struct bench_Target_nothing_request){0}, &reply, NULL);
}

/* A server whose loop waits already, and a channel to it; nothing is on. */
static bool open_both(struct test *t)
{
	struct kernel_Clock_page_reply page;

	turn(0);
	if (K(t, t->clock, Clock_page, &page, 0) != SK_OK)
		return false;
	clock_page = (const void *)map_as(t, page.page.raw, 0, 4096, kernel_Protection_READ, 0);
	open_recorder(&client, 1);
	open_recorder(&server_side, 2);
	if (!clock_page || !serve(t, &server) || sk_kernel_channel_open(&target,
			&t->thread->slots, 4, 5, server.client) != SK_OK ||
	    call_nothing() != SK_OK)
		return false;
	pause_for(t, MS);
	sk_trace_channel(&target.channel, &client.trace);
	sk_trace_port(&server.port.port, &server_side.trace);
	return true;
}

/* The id of the next record of a ring, 0: there is none; and the record. */
static uint32_t next(struct recorder *recorder, uint8_t record[SK_TRACE_SLOT])
{
	return sk_trace_read(&recorder->reader, record) ? sk_get_uint32(record) : 0;
}

static int call_page(void)
{
	static uint8_t bytes[1000];
	struct bench_Target_page_reply reply;

	return bench_Target_page(&target.channel,
		&(struct bench_Target_page_request){.data = {bytes, sizeof(bytes)}}, &reply,
		NULL);
}

/* A call that came to `status`, as both sides have it. */
static void expect_call(struct test *t, uint32_t request_id, uint32_t size,
	uint32_t reply_size, int32_t status)
{
	uint8_t bytes[SK_TRACE_SLOT];
	struct ostrace_Call called = {0};
	struct ostrace_Return returned = {0};
	struct ostrace_Serve served = {0};
	struct ostrace_Answer answered = {0};

	EXPECT(t, next(&client, bytes), ostrace_Call_ID);
	EXPECT_OK(t, ostrace_Call_decode(&called, bytes, sizeof(bytes)));
	EXPECT(t, next(&client, bytes), ostrace_Return_ID);
	EXPECT_OK(t, ostrace_Return_decode(&returned, bytes, sizeof(bytes)));
	EXPECT(t, next(&server_side, bytes), ostrace_Serve_ID);
	EXPECT_OK(t, ostrace_Serve_decode(&served, bytes, sizeof(bytes)));
	EXPECT(t, next(&server_side, bytes), ostrace_Answer_ID);
	EXPECT_OK(t, ostrace_Answer_decode(&answered, bytes, sizeof(bytes)));
	EXPECT(t, called.message_id, request_id);
	EXPECT(t, served.message_id, request_id);
	EXPECT(t, called.size, size);
	EXPECT(t, served.size, size);
	EXPECT(t, returned.size, reply_size);
	EXPECT(t, answered.size, reply_size);
	EXPECT_STATUS(t, returned.status, status);
	EXPECT_STATUS(t, answered.status, status);
	EXPECT(t, served.badge, 7);
	EXPECT(t, returned.correlation, called.correlation);
	EXPECT(t, answered.correlation, served.correlation);
	EXPECT_TRUE(t, called.time <= served.time && served.time <= answered.time &&
		answered.time <= returned.time);
}

static void expect_nothing(struct test *t)
{
	uint8_t bytes[SK_TRACE_SLOT];

	EXPECT(t, next(&client, bytes), 0);
	EXPECT(t, next(&server_side, bytes), 0);
}

/* ---- cases ---- */

static void off_records_nothing(struct test *t)
{
	REQUIRE(t, open_both(t));
	EXPECT_OK(t, call_nothing());
	EXPECT_OK(t, call_page());
	expect_nothing(t);
}

static void records_both_sides(struct test *t)
{
	struct bench_Target_refuse_reply refused;

	REQUIRE(t, open_both(t));
	turn(ON);
	EXPECT_OK(t, call_nothing());
	expect_call(t, bench_Target_nothing_request_ID, 8, 8, 0);
	EXPECT_OK(t, call_page());
	expect_call(t, bench_Target_page_request_ID, 1012, 1012, 0);
	EXPECT(t, bench_Target_refuse(&target.channel,
		&(struct bench_Target_refuse_request){0}, &refused, NULL), bench_Error_REFUSED);
	expect_call(t, bench_Target_refuse_request_ID, 8, 12, bench_Error_REFUSED);
	expect_nothing(t);
}

/* The server's loop waits in the short way when it is switched on, and off. */
static void switches_at_once(struct test *t)
{
	REQUIRE(t, open_both(t));
	for (unsigned i = 0; i < 10; i++) {
		turn(i % 2 ? ON : 0);
		EXPECT_OK(t, call_nothing());
		if (i % 2)
			expect_call(t, bench_Target_nothing_request_ID, 8, 8, 0);
		expect_nothing(t);
	}
}

static void each_side_by_itself(struct test *t)
{
	uint8_t bytes[SK_TRACE_SLOT];

	REQUIRE(t, open_both(t));
	turn(SK_TRACE_CALLS);
	EXPECT_OK(t, call_nothing());
	EXPECT(t, next(&client, bytes), ostrace_Call_ID);
	EXPECT(t, next(&client, bytes), ostrace_Return_ID);
	expect_nothing(t);
	turn(SK_TRACE_SERVES);
	EXPECT_OK(t, call_nothing());
	EXPECT(t, next(&server_side, bytes), ostrace_Serve_ID);
	EXPECT(t, next(&server_side, bytes), ostrace_Answer_ID);
	expect_nothing(t);
}

static void records_oneway(struct test *t)
{
	uint8_t bytes[SK_TRACE_SLOT];

	REQUIRE(t, open_both(t));
	turn(ON);
	EXPECT_OK(t, bench_Target_note(&target.channel,
		&(struct bench_Target_note_request){.value = 5}, NULL));
	EXPECT_OK(t, call_nothing());
	EXPECT(t, next(&client, bytes), ostrace_Send_ID);
	EXPECT(t, next(&server_side, bytes), ostrace_Serve_ID);
	EXPECT(t, next(&server_side, bytes), ostrace_Answer_ID);
	expect_call(t, bench_Target_nothing_request_ID, 8, 8, 0);
}

const struct test_case trace_cases[] = {
	{"trace: stubs record nothing while it is off", off_records_nothing, 0},
	{"trace: stubs of both sides record a call", records_both_sides, 0},
	{"trace: a server that waits in line is switched on and off", switches_at_once, 0},
	{"trace: clients and servers are switched each by themselves", each_side_by_itself, 0},
	{"trace: one-way messages are recorded", records_oneway, 0},
	{0}
};
