/*
 * What messages cost, in guest instructions: run by the in-OS suite's first
 * program when the kernel's command line has the word `bench`.
 *
 * Each line: bench NAME MEAN LEAST ROUNDS
 */
#include "runtime/kernel/clock.h"
#include "runtime/kernel/ring.h"
#include "runtime/trace.h"
#include "test.h"

/* How often each is timed. */
static uint32_t timed = 10000;
#define TIMED timed
#include "tests/bench/rounds.h"

#define NOWHERE UINT64_C(0x340000000)
#define RING_SLOTS 64

/* The plugin divides by 64, so who reads this divides by `rounds` as well. */
void report(void *to, const char *name, uint64_t mean, uint64_t least, unsigned rounds)
{
	struct test *t = to;

	sk_print(t->thread, "bench %s %lu %lu %u\n", name, mean, least, rounds);
}

static struct sk_kernel_channel target;

static bool open_target(struct test *t, struct sk_handle client)
{
	return sk_kernel_channel_open(&target, &t->thread->slots, 4, 5, client) == SK_OK;
}

/* ---- calls ---- */

static void measure_calls(struct test *t)
{
	const struct bench_Target_nothing_request nothing = {0};
	const struct bench_Target_words_request words = {1, 2, 3, 4};
	static struct bench_Target_ten_request ten;
	static uint8_t bytes[4080];
	const struct bench_Target_page_request page = {.data = {bytes, 4080}};
	struct bench_Target_nothing_reply no_reply;
	struct bench_Target_words_reply sum;
	struct bench_Target_ten_reply ten_reply;
	struct bench_Target_page_reply page_reply;
	struct sk_channel *to = &target.channel;

	MEASURE(t, "call-0w", bench_Target_nothing(to, &nothing, &no_reply, NULL));
	MEASURE(t, "call-32b", bench_Target_words(to, &words, &sum, NULL));
	MEASURE(t, "call-80b", bench_Target_ten(to, &ten, &ten_reply, NULL));
	MEASURE(t, "call-4k", bench_Target_page(to, &page, &page_reply, NULL));
}

/* A call on an object of the kernel's. */
static void measure_object(struct test *t)
{
	const struct kernel_Object_info_request request = {0};
	struct kernel_Object_info_reply reply;
	struct sk_channel *to = on(t, new_notification(t));

	MEASURE(t, "call-object", kernel_Object_info(to, &request, &reply, NULL));
}

static void measure_same_space(struct test *t)
{
	static struct server server;
	const struct bench_Target_nothing_request nothing = {0};
	struct bench_Target_nothing_reply no_reply;

	if (!serve(t, &server) || !open_target(t, server.client))
		return;
	MEASURE(t, "call-same-space",
		bench_Target_nothing(&target.channel, &nothing, &no_reply, NULL));
	close(server.endpoint);
}

/* ---- the same, recorded by both sides ---- */

#define TRACE_SLOTS 256

static const void *clock_page;

static uint64_t clock_now(void)
{
	return sk_kernel_clock(clock_page);
}

static void measure_traces(struct test *t)
{
	static uint8_t rings[2][SK_TRACE_HEADER + TRACE_SLOTS * SK_TRACE_SLOT]
		__attribute__((aligned(64)));
	static struct sk_switches switches = {0, SK_SWITCHED_OFF};
	static struct sk_trace traces[2];
	static struct server server;
	const struct bench_Target_nothing_request nothing = {0};
	struct bench_Target_nothing_reply no_reply;
	struct kernel_Clock_page_reply page;

	if (!serve(t, &server) || !open_target(t, server.client) ||
			K(t, t->clock, Clock_page, &page, 0) != SK_OK)
		return;
	clock_page = (const void *)map_as(t, page.page.raw, 0, SK_PAGE,
		kernel_Protection_READ, 0);
	for (unsigned i = 0; i < 2; i++)
		sk_trace_open(&traces[i], &switches, rings[i], TRACE_SLOTS, i + 1, clock_now);
	pause_for(t, MS);
	sk_trace_channel(&target.channel, &traces[0]);
	sk_trace_port(&server.port.port, &traces[1]);
	MEASURE(t, "call-unrecorded",
		bench_Target_nothing(&target.channel, &nothing, &no_reply, NULL));
	switches = (struct sk_switches){SK_TRACE_CALLS | SK_TRACE_SERVES, 0};
	MEASURE(t, "call-recorded",
		bench_Target_nothing(&target.channel, &nothing, &no_reply, NULL));
	close(server.endpoint);
}

static void measure_vectors(struct test *t)
{
	const struct bench_Target_nothing_request nothing = {0};
	struct bench_Target_nothing_reply no_reply;
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);
	struct child child;

	serve_with_vectors = true;
	K0(t, t->self, Thread_set_vectors_allowed, .allowed = true);
	if (serve_in_child(t, endpoint, &child) && open_target(t, client)) {
		K0(t, child.thread, Thread_set_vectors_allowed, .allowed = true);
		MEASURE(t, "call-fpu", __asm__ volatile("paddq %xmm1, %xmm0");
			bench_Target_nothing(&target.channel, &nothing, &no_reply, NULL));
	}
	serve_with_vectors = false;
	K0(t, t->self, Thread_set_vectors_allowed, .allowed = false);
	K0(t, child.space, Space_kill, .code = 0);
}

static void measure_handles(struct test *t)
{
	struct bench_Target_pass_request pass = {.what = {new_notification(t)}};
	struct bench_Target_pass_reply passed;

	/* There and back. */
	MEASURE(t, "reply-handle", do {
		bench_Target_pass(&target.channel, &pass, &passed, NULL);
		pass.what = passed.what;
	} while (0));
}

static void measure_lease(struct test *t, const char *name, uint64_t size)
{
	static uint8_t bytes[65536] __attribute__((aligned(4096)));
	const struct bench_Target_write_request request = {
		.data = sk_lend_out(bytes, size),
	};
	struct bench_Target_write_reply reply;

	MEASURE(t, name, bench_Target_write(&target.channel, &request, &reply, NULL));
}

/* ---- rings ---- */

static struct sk_kernel_ring ring;
static struct sk_slot slots[RING_SLOTS];

static bool open_ring(struct test *t)
{
	struct kernel_Quota_create_ring_reply made;
	struct kernel_Ring_memory_reply memory;
	struct sk_handle n = new_notification(t);
	uint64_t at = 0;

	if (K(t, t->quota, Quota_create_ring, &made, .slots = RING_SLOTS + 1) == SK_OK &&
			K(t, made.ring.raw, Ring_memory, &memory, 0) == SK_OK &&
			K0(t, made.ring.raw, Ring_bind, .has_notify = true,
				.notify = {COPY(t, n)}, .bits = 1) == SK_OK)
		at = map(t, memory.memory.raw, ABI_RING_SIZE(RING_SLOTS + 1));
	if (at == 0)
		return false;
	sk_kernel_ring_open(&ring, made.ring.raw, (void *)at, n, 1, slots, RING_SLOTS);
	ring.batches = true;
	return true;
}

static void ring_round(unsigned count)
{
	const struct bench_Target_nothing_request nothing = {0};
	struct bench_Target_nothing_reply reply;
	struct sk_completion done;

	for (unsigned i = 0; i < count; i++)
		bench_Target_nothing_begin(&ring.ring, &target.channel, &nothing, i, NULL);
	for (unsigned i = 0; i < count; i++) {
		if (sk_ring_next(&ring.ring, SK_FOREVER, &done) != SK_OK)
			return;
		bench_Target_nothing_end(&done, &reply);
		sk_ring_release(&done);
	}
}

static void measure_ring(struct test *t)
{
	if (!open_ring(t))
		return;
	MEASURE_EACH(t, "ring-1", 1, (void)0, ring_round(1));
	MEASURE_EACH(t, "ring-8", 8, (void)0, ring_round(8));
	MEASURE_EACH(t, "ring-64", 64, (void)0, ring_round(64));
}

/* ---- signals ---- */

static struct sk_handle there, back;

static void wait_always(struct test_helper *self)
{
	uint64_t bits;

	while (sk_sys_wait(NUMBER(there), UINT64_MAX, SK_FOREVER, &bits) == SK_OK)
		self->value++;
}

static void wait_and_signal(struct test_helper *self)
{
	uint64_t bits;

	(void)self;
	while (sk_sys_wait(NUMBER(there), UINT64_MAX, SK_FOREVER, &bits) == SK_OK)
		sk_sys_signal(NUMBER(back), 1);
}

static void measure_signals(struct test *t)
{
	struct test_helper *helper;
	uint32_t number, answer;
	uint64_t bits;

	there = new_notification(t);
	number = NUMBER(there);
	MEASURE(t, "signal", sk_sys_signal(number, 1));
	helper = start(t, wait_always, NULL);
	if (!helper)
		return;
	/* More urgent: it runs at once, and waits again. */
	K0(t, t->self, Thread_set_priority, .priority = TEST_PRIORITY - 1);
	pause_for(t, MS);
	MEASURE(t, "signal-wake", sk_sys_signal(number, 1));
	K0(t, helper->thread.handle, Thread_kill, .code = 0);
	K0(t, t->self, Thread_set_priority, .priority = TEST_PRIORITY);

	there = new_notification(t);
	back = new_notification(t);
	number = NUMBER(there);
	answer = NUMBER(back);
	if (!start(t, wait_and_signal, NULL))
		return;
	pause_for(t, MS);
	MEASURE(t, "signal-pingpong", sk_sys_signal(number, 1);
		sk_sys_wait(answer, 1, SK_FOREVER, &bits));
}

/* ---- faults ---- */

/* Where the handler only says where to go on; answers with a page; maps one first. */
#define MAPPED_BY_ANSWER (NOWHERE + SK_PAGE)
#define MAPPED_BY_CALL (NOWHERE + 2 * SK_PAGE)
#define RW (kernel_Protection_READ | kernel_Protection_WRITE)

static struct {
	struct sk_kernel_channel space;	/* of who faults */
	struct sk_handle memory;
} handler;

static __attribute__((noinline)) void map_page(uint64_t address)
{
	const struct kernel_Space_map_request request = {
		.memory = {handler.memory}, .length = SK_PAGE, .address = address,
		.protection = RW, .flags = kernel_MapFlags_FIXED,
	};
	struct kernel_Space_map_reply mapped;

	kernel_Space_map(&handler.space.channel, &request, &mapped, NULL);
}

SK_INLINE void op_page_fault(void *self,
	const struct fault_Handler_page_fault_request *request, struct sk_reply *to)
{
	struct fault_Handler_page_fault_reply reply = {
		.action = fault_Action_RESUME_AT, .at = request->instruction + 3,
	};

	(void)self;
	if (request->address == MAPPED_BY_ANSWER)
		reply = (struct fault_Handler_page_fault_reply){
			.action = fault_Action_MAP, .memory = NUMBER(handler.memory),
			.at = MAPPED_BY_ANSWER, .pages = 1, .protection = RW,
		};
	if (request->address == MAPPED_BY_CALL) {
		map_page(MAPPED_BY_CALL);
		reply.action = fault_Action_RETRY;
	}
	fault_Handler_page_fault_answer(to, 0, &reply);
}

static const struct fault_Handler_ops fault_ops = {.page_fault = op_page_fault};

static int dispatch_fault(void *self, struct sk_incoming *incoming)
{
	return fault_Handler_dispatch(&fault_ops, self, incoming);
}

static inline bool dispatch_fault_words(void *self, struct sk_words_incoming *in)
{
	return fault_Handler_dispatch_words(&fault_ops, self, in);
}

static void child_handles(struct child_start *self)
{
	static const struct sk_object object = {.dispatch = dispatch_fault};
	static struct sk_kernel_port port;
	const struct sk_kernel_port_config config = {
		.endpoint = sk_kernel_handle(self->given[0]), .root = &object,
	};

	handler.memory = sk_kernel_handle(self->given[2]);
	kernel_Endpoint_set_tokens(on_thread(&self->thread, config.endpoint),
		&(struct kernel_Endpoint_set_tokens_request){.count = 4},
		&(struct kernel_Endpoint_set_tokens_reply){0}, NULL);
	if (sk_kernel_channel_open(&handler.space, &self->thread.slots, 2, 3,
			sk_kernel_handle(self->given[1])) == SK_OK &&
			sk_kernel_port_open(&port, &self->thread.slots, 4, &config) == SK_OK)
		sk_kernel_port_serve_words(&port, dispatch_fault_words);
}

#define READ_AT(address) \
	__asm__ volatile("movq (%%rdi), %%rdx" : : "D"(address) : "rdx", "memory")

static void unmap(struct test *t, uint64_t address)
{
	K0(t, t->space, Space_unmap, .address = address, .length = SK_PAGE);
}

static void measure_faults(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);
	struct sk_handle given[] = {endpoint, COPY(t, t->space), new_memory(t, SK_PAGE)};
	struct child child;

	/* A page of its own, as a frame is elsewhere: not one of zeros. */
	K0(t, given[2], Memory_commit, .length = SK_PAGE);
	if (!new_child(t, &child, child_handles, 0, given, 3))
		return;
	start_child(t, &child);
	if (K0(t, t->self, Thread_set_fault_handler, .has_handler = true,
			.handler = {client}) != SK_OK)
		return;
	/* Of three bytes, which the handler goes on behind. */
	MEASURE(t, "fault", READ_AT(NOWHERE));
	MEASURE_EACH(t, "fault-map", 1, unmap(t, MAPPED_BY_ANSWER),
		READ_AT(MAPPED_BY_ANSWER));
	MEASURE_EACH(t, "fault-map-call", 1, unmap(t, MAPPED_BY_CALL),
		READ_AT(MAPPED_BY_CALL));
}

void run_benches(struct test *t, uint32_t rounds)
{
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);
	struct child child;

	if (rounds)
		timed = rounds;
	K0(t, t->self, Thread_set_priority, .priority = TEST_PRIORITY);
	K0(t, t->self, Thread_set_affinity, .cpus = 1);
	MEASURE(t, "null", sk_sys_signal(0, 0));
	measure_object(t);
	if (!serve_in_child(t, endpoint, &child) || !open_target(t, client)) {
		sk_print(t->thread, "not ok - a server in another space\n");
		return;
	}
	K0(t, child.thread, Thread_set_affinity, .cpus = 1);
	measure_calls(t);
	measure_handles(t);
	measure_lease(t, "lease-64", 64);
	measure_lease(t, "lease-4k", 4096);
	measure_lease(t, "lease-64k", 65536);
	measure_ring(t);
	K0(t, child.space, Space_kill, .code = 0);
	measure_same_space(t);
	measure_traces(t);
	measure_vectors(t);
	measure_signals(t);
	measure_faults(t);
	sk_print(t->thread, "bench-end\n");
}
