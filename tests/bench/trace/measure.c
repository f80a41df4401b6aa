/*
 * What traces cost, off and on, in guest instructions: run by the in-OS suite's first
 * program when the kernel's command line has the word `bench-trace`. Lines as those of
 * tests/bench/ipc/measure.c, which has report().
 */
#include "runtime/kernel/clock.h"
#include "runtime/trace.h"
#include "test.h"

static uint32_t timed = 10000;
#define TIMED timed
#include "tests/bench/rounds.h"

#define SLOTS 256
#define BOTH (SK_TRACE_CALLS | SK_TRACE_SERVES)

static uint8_t rings[2][SK_TRACE_HEADER + SLOTS * SK_TRACE_SLOT] __attribute__((aligned(64)));
static struct sk_switches switches = {0, SK_SWITCHED_OFF};
static struct sk_trace traces[2];		/* the client's and the server's */
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

/* ---- stubs ---- */

static void measure_call(struct test *t, const char *name, uint32_t kinds)
{
	const struct bench_Target_nothing_request nothing = {0};
	struct bench_Target_nothing_reply reply;

	turn(kinds);
	MEASURE(t, name, bench_Target_nothing(&target.channel, &nothing, &reply, NULL));
	turn(0);
}

static void measure_calls(struct test *t)
{
	measure_call(t, "call-without", 0);
	sk_trace_channel(&target.channel, &traces[0]);
	sk_trace_port(&server.port.port, &traces[1]);
	measure_call(t, "call-off", 0);
	measure_call(t, "call-client", SK_TRACE_CALLS);
	measure_call(t, "call-server", SK_TRACE_SERVES);
	measure_call(t, "call-both", BOTH);
	sk_trace_channel(&target.channel, NULL);
	sk_trace_port(&server.port.port, NULL);
}

/* ---- programs ---- */

static void measure_marks(struct test *t)
{
	struct sk_trace *trace = &traces[0];

	MEASURE(t, "mark-off", sk_trace_mark(trace, 1, 2, 3, 4));
	turn(SK_TRACE_MARKS);
	MEASURE(t, "mark", sk_trace_mark(trace, 1, 2, 3, 4));
	MEASURE(t, "counter", sk_trace_counter(trace, 1, 2));
	MEASURE(t, "span", sk_trace_begin(trace, 1, 2); sk_trace_end(trace, 1, 0));
	turn(0);
}

/* ---- who reads ---- */

/* What was read is there again: the writer waits. */
static void measure_read(struct test *t)
{
	struct sk_trace_reader reader = {.ring = rings[0], .slots = SLOTS};
	uint64_t written = sk_get_uint64(rings[0] + 8);
	uint8_t record[SK_TRACE_SLOT];

	MEASURE_EACH(t, "read", 1, reader.read = written - 1, sk_trace_read(&reader, record));
}

/* ---- the kernel ---- */

static void measure_kernel(struct test *t, struct sk_handle trace)
{
	static const struct {
		const char *name;
		kernel_TraceMask mask;
	} masks[] = {
		{"kernel-off", 0}, {"kernel-deliveries", kernel_TraceMask_DELIVERIES},
		{"kernel-switches", kernel_TraceMask_SCHEDULING},
		{"kernel-both", kernel_TraceMask_DELIVERIES | kernel_TraceMask_SCHEDULING},
		{"kernel-others", kernel_TraceMask_FAULTS | kernel_TraceMask_INTERRUPTS |
			kernel_TraceMask_MEMORY | kernel_TraceMask_OBJECTS},
	};

	for (unsigned i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		if (K0(t, trace, Trace_set_mask, .mask = masks[i].mask) != SK_OK)
			return;
		measure_call(t, masks[i].name, 0);
	}
	K0(t, trace, Trace_set_mask, .mask = 0);
}

void run_trace_benches(struct test *t, uint32_t rounds)
{
	struct kernel_Clock_page_reply page;
	struct kernel_System_trace_reply trace;

	if (rounds)
		timed = rounds;
	K0(t, t->self, Thread_set_priority, .priority = TEST_PRIORITY);
	K0(t, t->self, Thread_set_affinity, .cpus = 1);
	if (K(t, t->clock, Clock_page, &page, 0) != SK_OK || !serve(t, &server) ||
			sk_kernel_channel_open(&target, &t->thread->slots, 4, 5,
			server.client) != SK_OK) {
		sk_print(t->thread, "not ok - a clock and a server\n");
		return;
	}
	clock_page = (const void *)map_as(t, page.page.raw, 0, SK_PAGE,
		kernel_Protection_READ, 0);
	for (unsigned i = 0; i < 2; i++)
		sk_trace_open(&traces[i], &switches, rings[i], SLOTS, i + 1, clock_now);
	pause_for(t, MS);
	measure_calls(t);
	measure_marks(t);
	measure_read(t);
	if (K(t, t->system, System_trace, &trace, 0) == SK_OK)
		measure_kernel(t, trace.trace.raw);
	sk_print(t->thread, "bench-end\n");
}
