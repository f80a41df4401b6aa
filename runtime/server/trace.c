/*
 * A program's part in traces: a ring of its thread's, and the page that says what is on,
 * from the service "trace" (protocols/ostrace.skald, Emitter). All steps are calls that
 * do not wait, one behind the other.
 *
 * The page's address stays the same whoever has it, since channels know it: while there
 * is no collector, a page of the program's own is there, where all is off.
 */
#include "kernel.skald.h"
#include "ostrace.skald.h"
#include "runtime/kernel/clock.h"
#include "runtime/server/loop.h"

/* Milliseconds that the program's beginning waits for this, and until the next try. */
#define AT_ONCE 500
#define TRY_AGAIN 1000

enum state { LOST, BEGINNING, ATTACHED };

static void connected(void *self, struct sk_completion *done);
static void got_page(void *self, struct sk_completion *done);
static void got_ring(void *self, struct sk_completion *done);
static void ended(void *self, struct sk_completion *done);
static void try_again(void *self);

static struct {
	struct sk_trace trace;
	enum state state;
	bool is_refused;		/* there is nothing to be tried again */
	struct sk_kernel_channel emitter;
	struct sk_handle off;		/* memory of the page where all is off */
	struct sk_handle switches;	/* the collector's, until it is mapped */
	void *page;
	void *ring;
	uint64_t ring_bytes;
	struct sk_alarm again;
	/* Where records go that are finished when there is no ring any more. */
	uint64_t nowhere[(SK_TRACE_HEADER + SK_TRACE_SLOT) / 8];
} t = {.again = {.ring = try_again}};

static struct sk_os *the_os;

static uint64_t now(void)
{
	return sk_kernel_clock(the_os->clock_page);
}

/* ---- memory ---- */

/* 0: it could not be. `at` NULL: wherever there is room; else in place of what is there. */
static uint64_t map(struct sk_handle memory, void *at, uint64_t bytes,
	kernel_Protection protection)
{
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;

	kernel_Space_map_request_init(&request);
	request.memory.raw = memory;
	request.length = bytes;
	request.address = (uintptr_t)at;
	request.flags = at ? kernel_MapFlags_FIXED | kernel_MapFlags_REPLACE : 0;
	request.protection = protection;
	if (kernel_Space_map(&the_os->thread->space.channel, &request, &reply, NULL) != SK_OK)
		return 0;
	return reply.address;
}

static bool make_page(void)
{
	struct sk_switches *page = (struct sk_switches *)sk_pages(the_os->thread, SK_PAGE,
		&t.off);

	if (!page)
		return false;
	page->event = SK_SWITCHED_OFF;
	t.page = page;
	return true;
}

static void record_into(void *ring, uint32_t slots, uint64_t thread)
{
	uint64_t count = t.trace.next_correlation, serving = t.trace.serving;

	sk_trace_open(&t.trace, (const struct sk_switches *)t.page, ring, slots, thread, now);
	/* Correlations that are still about stay unique. */
	if (count >> 32 == (uint32_t)thread)
		t.trace.next_correlation = count;
	t.trace.serving = serving;
}

/* ---- the steps ---- */

static void detach(void)
{
	if (t.ring) {
		map(t.off, t.page, SK_PAGE, kernel_Protection_READ);
		record_into(t.nowhere, 1, t.trace.next_correlation >> 32);
		sk_pages_free(the_os->thread, t.ring, t.ring_bytes);
	}
	t.ring = NULL;
	sk_close(&the_os->thread->space.channel, t.switches);
	t.switches = sk_no_handle();
	sk_os_channel_close(the_os, &t.emitter);
	t.state = LOST;
	if (the_os->loop && !t.is_refused)
		sk_alarm_set(the_os, &t.again, sk_os_after(the_os, TRY_AGAIN));
}

static void connect(bool wait)
{
	static const struct sk_pending pending = {connected, NULL};
	const struct svrctl_Names_connect_request request = {
		.service = {"trace", 5},
		.interface_name = {"ostrace.Emitter", 15},
		.rights = ostrace_Rights_EMIT,
		.wait = wait,
	};

	t.state = BEGINNING;
	if (svrctl_Names_connect_begin(&the_os->ring.ring, &the_os->names.channel, &request,
			sk_pending(&pending), NULL) != SK_OK)
		detach();
}

static void connected(void *self, struct sk_completion *done)
{
	static const struct sk_pending pending = {got_page, NULL};
	const struct ostrace_Emitter_switches_request request = {0};
	struct svrctl_Names_connect_reply reply;
	int status = svrctl_Names_connect_end(done, &reply);

	(void)self;
	t.is_refused = status == svrctl_Error_NOT_PERMITTED || status == svrctl_Error_NOT_FOUND;
	if (status == SK_OK) {
		sk_os_channel(the_os, &t.emitter, reply.session.raw);
		sk_trace_channel(&t.emitter.channel, NULL);
		status = ostrace_Emitter_switches_begin(&the_os->ring.ring, &t.emitter.channel,
			&request, sk_pending(&pending), NULL);
	}
	if (status != SK_OK)
		detach();
}

static void got_page(void *self, struct sk_completion *done)
{
	static const struct sk_pending pending = {got_ring, NULL};
	const struct ostrace_Emitter_create_ring_request request = {
		.thread = {sk_kernel_channel_handle(&the_os->thread->thread)},
		.thread_name = {"main", 4},
	};
	struct ostrace_Emitter_switches_reply reply;
	int status = ostrace_Emitter_switches_end(done, &reply);

	(void)self;
	if (status == SK_OK) {
		t.switches = reply.page.raw;
		status = ostrace_Emitter_create_ring_begin(&the_os->ring.ring,
			&t.emitter.channel, &request, sk_pending(&pending), NULL);
	}
	if (status != SK_OK)
		detach();
}

static bool use_ring(struct sk_handle ring, uint32_t slots)
{
	const struct kernel_Object_info_request request = {0};
	struct kernel_Object_info_reply thread;
	uint64_t bytes = SK_TRACE_HEADER + (uint64_t)slots * SK_TRACE_SLOT;

	t.ring_bytes = (bytes + SK_PAGE - 1) & ~(uint64_t)(SK_PAGE - 1);
	t.ring = (void *)(uintptr_t)map(ring, NULL, t.ring_bytes,
		kernel_Protection_READ | kernel_Protection_WRITE);
	sk_close(&the_os->thread->space.channel, ring);
	if (!t.ring || kernel_Object_info(&the_os->thread->thread.channel, &request, &thread,
			NULL) != SK_OK)
		return false;
	record_into(t.ring, slots, thread.id);
	return map(t.switches, t.page, SK_PAGE, kernel_Protection_READ) != 0;
}

static void got_ring(void *self, struct sk_completion *done)
{
	static const struct sk_pending pending = {ended, NULL};
	const struct ostrace_Emitter_await_end_request request = {0};
	struct ostrace_Emitter_create_ring_reply reply;
	int status = ostrace_Emitter_create_ring_end(done, &reply);

	(void)self;
	if (status != SK_OK || !use_ring(reply.ring.raw, reply.slots) ||
			ostrace_Emitter_await_end_begin(&the_os->ring.ring, &t.emitter.channel,
			&request, sk_pending(&pending), NULL) != SK_OK)
		detach();
	else
		t.state = ATTACHED;
}

static void ended(void *self, struct sk_completion *done)
{
	struct ostrace_Emitter_await_end_reply reply;

	(void)self;
	ostrace_Emitter_await_end_end(done, &reply);
	detach();
}

static void try_again(void *self)
{
	(void)self;
	connect(true);
}

/* ---- beginning ---- */

void sk_loop_trace(struct sk_os *os)
{
	uint64_t until;

	the_os = os;
	t.off = t.switches = sk_no_handle();
	if (!os->names.channel.ops || !sk_os_clock(os) || !make_page())
		return;
	record_into(t.nowhere, 1, 0);
	os->trace = &t.trace;
	connect(false);
	until = sk_os_after(os, AT_ONCE);
	while (t.state == BEGINNING && sk_loop_reap(os, until) && sk_os_now(os) < until)
		;
	if (t.is_refused)
		os->trace = NULL;
}

void sk_loop_trace_on(struct sk_os *os)
{
	(void)os;
	if (t.state == LOST)
		connect(true);
}
