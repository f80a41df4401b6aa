/*
 * A program that writes into a ring of its own what it should not: by the number that it
 * is asked to echo.
 */
#include "tests/servers/traced/traced.h"

#define SLOTS 64
/* Of somebody else: any number that is not its own. */
#define VICTIM UINT64_C(3)

static struct {
	struct sk_os *os;
	struct sk_client emitter;
	uint8_t *ring;
	uint64_t written;
	uint64_t thread;
} l;

static void publish(uint64_t written)
{
	__atomic_store_n((uint64_t *)(void *)(l.ring + 8), written, __ATOMIC_RELEASE);
}

static uint8_t *slot(void)
{
	return l.ring + SK_TRACE_HEADER + l.written++ % SLOTS * SK_TRACE_SLOT;
}

#define RECORD(name, ...) do { \
	const struct ostrace_##name record = {__VA_ARGS__}; \
\
	ostrace_##name##_encode(&record, slot(), SK_TRACE_SLOT); \
	publish(l.written); \
} while (0)

/* Things that nobody may say, each a record that is well made. */
static void forge(void)
{
	uint64_t now = sk_os_now(l.os);
	uint8_t *named;

	RECORD(Deliver, .time = now, .from = VICTIM, .to = VICTIM + 1, .message_id = 0x1234);
	RECORD(StreamEnd, .time = now);
	RECORD(Call, .time = now + UINT64_C(1000000000000), .correlation = l.thread << 32 | 1,
		.message_id = 0xbad00000);
	RECORD(Call, .time = 1, .correlation = l.thread << 32 | 2, .message_id = 0xbad00010);
	RECORD(Call, .time = now, .correlation = VICTIM << 32 | 3, .message_id = 0xbad00020);
	RECORD(Serve, .time = now, .correlation = VICTIM << 32 | 4, .message_id = 0xbad00030);
	named = slot();
	memset(named, 0, SK_TRACE_SLOT);
	sk_put_uint32(named, ostrace_SpaceNamed_ID);
	publish(l.written);
}

static void garbage(void)
{
	uint64_t state = 88172645463325252u;

	for (unsigned i = 0; i < SLOTS - 8; i++) {
		uint8_t *at = slot();

		for (unsigned k = 0; k < SK_TRACE_SLOT; k += 8) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			sk_put_uint64(at + k, state);
		}
		sk_put_uint32(at, (uint32_t)(state % 80));
		sk_put_uint32(at + 4, 0);
		publish(l.written);
	}
}

static void header(void)
{
	sk_put_uint64(l.ring, 0);
	sk_put_uint32(l.ring + 16, 0xffffffff);
	sk_put_uint32(l.ring + 20, 1);
	sk_put_uint32(l.ring + 32, 0);
}

/* One that is true, so that it is seen that its ring is still read. */
static void truth(void)
{
	RECORD(Mark, .time = sk_os_now(l.os), .name = 77, .first = 4711);
}

static void op_echo(void *self, const struct test_Target_echo_request *request,
	struct sk_reply *to)
{
	const struct test_Target_echo_reply reply = {request->value, 0};

	(void)self;
	switch (request->value) {
	case 1: forge(); break;
	case 2: garbage(); break;
	case 3: header(); break;
	case 4: truth(); break;
	case 5: publish(l.written + (UINT64_C(1) << 40)); break;
	case 6: publish(0); break;
	default: break;
	}
	test_Target_echo_answer(to, 0, &reply);
}

/* ---- limits ---- */

/* How many rings of so many slots it gets, and by which error no more; all of threads
 * that do not run. */
static void op_fill(void *self, const struct test_Target_fill_request *request,
	struct sk_reply *to)
{
	struct test_Target_fill_reply reply = {0};
	struct sk_kernel_slots slots;
	int status = SK_OK;

	(void)self;
	while (status == SK_OK && reply.got < 16) {
		struct ostrace_Emitter_create_ring_request make = {
			.slots = request->piece, .thread_name = {"other", 5},
		};
		struct ostrace_Emitter_create_ring_reply made;

		if (sk_thread_new(l.os->thread, sk_kernel_channel_handle(
				&l.os->thread->space), 100, 2, &make.thread.raw, &slots) != SK_OK)
			break;
		status = ostrace_Emitter_create_ring(&l.emitter.kernel.channel, &make, &made,
			NULL);
		reply.got += status == SK_OK;
	}
	reply.left = (uint64_t)status;
	test_Target_fill_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct test_Target_ops ops = {.echo = op_echo, .fill = op_fill};

	return test_Target_dispatch(&ops, self, incoming);
}

/* ---- beginning ---- */

/* A ring for a thread that never runs: this one's has one, by the runtime. */
static bool open_ring(void)
{
	struct ostrace_Emitter_create_ring_request make = {
		.slots = SLOTS, .thread_name = {"liar", 4},
	};
	struct ostrace_Emitter_create_ring_reply made;
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;
	struct kernel_Object_info_reply info;
	struct sk_kernel_channel thread;
	struct sk_kernel_slots slots;

	if (sk_thread_new(l.os->thread, sk_kernel_channel_handle(&l.os->thread->space), 100, 2,
			&make.thread.raw, &slots) != SK_OK)
		return false;
	if (ostrace_Emitter_create_ring(&l.emitter.kernel.channel, &make, &made, NULL) != SK_OK)
		return false;
	kernel_Space_map_request_init(&request);
	request.memory.raw = made.ring.raw;
	request.length = SK_TRACE_HEADER + SLOTS * SK_TRACE_SLOT;
	request.length = (request.length + SK_PAGE - 1) & ~(uint64_t)(SK_PAGE - 1);
	request.protection = kernel_Protection_READ | kernel_Protection_WRITE;
	if (kernel_Space_map(&l.os->thread->space.channel, &request, &reply, NULL) != SK_OK)
		return false;
	l.ring = (uint8_t *)(uintptr_t)reply.address;
	sk_os_channel(l.os, &thread, make.thread.raw);
	if (kernel_Object_info(&thread.channel, &(struct kernel_Object_info_request){0}, &info,
			NULL) != SK_OK)
		return false;
	l.thread = info.id;
	return true;
}

int run_liar(struct sk_os *os)
{
	static const struct sk_service services[] = {{.dispatch = dispatch}};

	l.os = os;
	if (sk_client_open(&l.emitter, os, "trace", "ostrace.Emitter") != SK_OK || !open_ring())
		return 3;
	return sk_serve(os, &(struct sk_serve){.services = services, .service_count = 1});
}
