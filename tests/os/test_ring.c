/* Rings: calls without a thread, by the same generated stubs. */
#include "runtime/kernel/ring.h"
#include "test.h"

#define SLOTS 8

static struct server server;
static struct sk_kernel_ring ring;
static struct sk_slot slots[SLOTS];
static struct sk_kernel_channel target;
static struct sk_handle ring_handle;

/* A ring, a server, and a channel to it. */
static bool open_ring(struct test *t)
{
	struct kernel_Quota_create_ring_reply made;
	struct kernel_Ring_memory_reply memory;
	struct sk_handle n = new_notification(t);
	uint64_t at;

	if (!serve(t, &server) || K(t, t->quota, Quota_create_ring, &made,
			.slots = SLOTS + 1) != SK_OK)
		return false;
	ring_handle = made.ring.raw;
	if (K(t, ring_handle, Ring_memory, &memory, 0) != SK_OK ||
			K0(t, ring_handle, Ring_bind, .has_notify = true,
				.notify = {COPY(t, n)}, .bits = 1) != SK_OK)
		return false;
	at = map(t, memory.memory.raw, ABI_RING_SIZE(SLOTS + 1));
	if (!at)
		return false;
	sk_kernel_ring_open(&ring, ring_handle, (void *)at, n, 1, slots, SLOTS);
	return sk_kernel_channel_open(&target, &t->thread->slots, 4, 5,
		server.client) == SK_OK;
}

static int begin_words(uint64_t cookie, uint64_t a)
{
	const struct bench_Target_words_request request = {a, 1, 1, 1};

	return bench_Target_words_begin(&ring.ring, &target.channel, &request, cookie, NULL);
}

static void one_call(struct test *t)
{
	struct bench_Target_words_reply reply;
	struct sk_completion done;

	REQUIRE(t, open_ring(t));
	REQUIRE_OK(t, begin_words(5, 10));
	REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
	EXPECT(t, done.cookie, 5);
	REQUIRE_OK(t, bench_Target_words_end(&done, &reply));
	EXPECT(t, reply.sum, 13);
	sk_ring_release(&done);
}

static void many_calls(struct test *t)
{
	struct bench_Target_words_reply reply;
	struct sk_completion done;
	uint64_t sum = 0;

	REQUIRE(t, open_ring(t));
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < SLOTS; i++)
			REQUIRE_OK(t, begin_words(i, i));
		EXPECT_STATUS(t, begin_words(9, 9), SK_WOULD_BLOCK);
		for (unsigned i = 0; i < SLOTS; i++) {
			REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
			REQUIRE_OK(t, bench_Target_words_end(&done, &reply));
			EXPECT(t, reply.sum, done.cookie + 3);
			sum += reply.sum;
			sk_ring_release(&done);
		}
	}
	EXPECT(t, sum, 20 * (28 + 24));
}

static void batches(struct test *t)
{
	struct bench_Target_words_reply reply;
	struct sk_completion done;

	REQUIRE(t, open_ring(t));
	ring.batches = true;
	for (unsigned i = 0; i < SLOTS; i++)
		REQUIRE_OK(t, begin_words(i, i));
	EXPECT(t, ring.memory->submitted, 0);
	for (unsigned i = 0; i < SLOTS; i++) {
		REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
		EXPECT_OK(t, bench_Target_words_end(&done, &reply));
		sk_ring_release(&done);
	}
	EXPECT(t, ring.memory->submitted, SLOTS);
}

static void large_messages(struct test *t)
{
	static uint8_t bytes[4080];
	const struct bench_Target_page_request request = {.data = {bytes, 4080}};
	struct bench_Target_page_reply reply;
	struct sk_completion done;

	for (unsigned i = 0; i < 4080; i++)
		bytes[i] = (uint8_t)(i * 3);
	REQUIRE(t, open_ring(t));
	REQUIRE_OK(t, bench_Target_page_begin(&ring.ring, &target.channel, &request, 1,
		NULL));
	REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
	REQUIRE_OK(t, bench_Target_page_end(&done, &reply));
	EXPECT(t, memcmp(reply.data.data, bytes, 4080), 0);
	sk_ring_release(&done);
}

static void leases(struct test *t)
{
	static uint8_t bytes[5000];
	const struct bench_Target_read_request request = {.data = sk_lend(bytes, 5000)};
	struct bench_Target_read_reply reply;
	struct sk_completion done;

	memset(bytes, 2, sizeof(bytes));
	REQUIRE(t, open_ring(t));
	REQUIRE_OK(t, bench_Target_read_begin(&ring.ring, &target.channel, &request, 1,
		NULL));
	REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
	REQUIRE_OK(t, bench_Target_read_end(&done, &reply));
	EXPECT(t, reply.sum, 10000);
	sk_ring_release(&done);
}

static void handles(struct test *t)
{
	const struct bench_Target_give_request request = {0};
	struct bench_Target_give_reply reply;
	struct sk_completion done;

	REQUIRE(t, open_ring(t));
	REQUIRE_OK(t, bench_Target_give_begin(&ring.ring, &target.channel, &request, 1,
		NULL));
	REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
	REQUIRE_OK(t, bench_Target_give_end(&done, &reply));
	EXPECT_STATUS(t, sk_sys_signal(NUMBER(reply.given.raw), 1), 0);
	sk_ring_release(&done);
}

static void cancels(struct test *t)
{
	const struct bench_Target_hold_request request = {0};
	struct bench_Target_hold_reply reply;
	struct bench_Target_told_reply told;
	struct sk_completion done;

	REQUIRE(t, open_ring(t));
	REQUIRE_OK(t, bench_Target_hold_begin(&ring.ring, &target.channel, &request, 3,
		NULL));
	EXPECT_TRUE(t, await_count(t, &server.held_count, 1));
	REQUIRE_OK(t, sk_ring_cancel(&ring.ring, 3));
	REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
	EXPECT_STATUS(t, bench_Target_hold_end(&done, &reply), SK_CANCELED);
	sk_ring_release(&done);
	EXPECT_TRUE(t, await_count(t, &server.canceled, 1));
	REQUIRE_OK(t, B(t->thread, server.client, told, &told, 0));
	EXPECT(t, told.canceled, 1);
	/* The slot is free again. */
	REQUIRE_OK(t, begin_words(1, 1));
	REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
	sk_ring_release(&done);
}

static void deadlines(struct test *t)
{
	const struct bench_Target_hold_request request = {0};
	const struct sk_call call = {.deadline = now(t) + 20 * MS};
	struct bench_Target_hold_reply reply;
	struct sk_completion done;

	REQUIRE(t, open_ring(t));
	REQUIRE_OK(t, bench_Target_hold_begin(&ring.ring, &target.channel, &request, 3,
		&call));
	REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
	EXPECT_STATUS(t, bench_Target_hold_end(&done, &reply), SK_TIMED_OUT);
	sk_ring_release(&done);
}

static void kernel_objects(struct test *t)
{
	const struct kernel_Clock_now_request request = {0};
	struct kernel_Clock_now_reply reply;
	static struct sk_kernel_channel clock;
	struct sk_completion done;

	REQUIRE(t, open_ring(t));
	REQUIRE_OK(t, sk_kernel_channel_open(&clock, &t->thread->slots, 4, 5, t->clock));
	REQUIRE_OK(t, kernel_Clock_now_begin(&ring.ring, &clock.channel, &request, 1,
		NULL));
	REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
	REQUIRE_OK(t, kernel_Clock_now_end(&done, &reply));
	EXPECT_TRUE(t, reply.monotonic != 0);
	sk_ring_release(&done);
}

static void bad_target(struct test *t)
{
	struct bench_Target_words_reply reply;
	struct sk_completion done;
	int status;

	REQUIRE(t, open_ring(t));
	target.number = 0x7ff00001;
	status = begin_words(1, 1);
	if (status == SK_OK) {
		REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
		status = bench_Target_words_end(&done, &reply);
		sk_ring_release(&done);
	}
	EXPECT_STATUS(t, status, SK_BAD_HANDLE);
	target.number = NUMBER(server.client);
	REQUIRE_OK(t, begin_words(1, 1));
	EXPECT_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
}

static void server_ends(struct test *t)
{
	const struct bench_Target_hold_request request = {0};
	struct bench_Target_hold_reply reply;
	struct sk_completion done;

	REQUIRE(t, open_ring(t));
	REQUIRE_OK(t, bench_Target_hold_begin(&ring.ring, &target.channel, &request, 3,
		NULL));
	EXPECT_TRUE(t, await_count(t, &server.held_count, 1));
	close(server.endpoint);
	REQUIRE_OK(t, sk_ring_next(&ring.ring, now(t) + 1000 * MS, &done));
	EXPECT_STATUS(t, bench_Target_hold_end(&done, &reply), SK_PEER_DROPPED);
	sk_ring_release(&done);
}

/* ---- what a program could do to it ---- */

static void garbage_in_the_queue(struct test *t)
{
	uint32_t *queue;
	int32_t status;

	REQUIRE(t, open_ring(t));
	queue = (uint32_t *)(void *)((uint8_t *)ring.memory + ABI_RING_QUEUE(SLOTS + 1));
	queue[0] = 0xffffffff;
	EXPECT(t, sk_sys_submit(NUMBER(ring_handle), 1, &status), 0);
	EXPECT_TRUE(t, status < 0);
	EXPECT(t, sk_sys_submit(NUMBER(ring_handle), 0xffffffff, &status), 0);
}

static void garbage_in_entries(struct test *t)
{
	uint8_t *bytes;
	uint64_t seed = 12345;
	int32_t status;

	REQUIRE(t, open_ring(t));
	bytes = (uint8_t *)ring.memory;
	for (unsigned round = 0; round < 200; round++) {
		for (unsigned i = 0; i < ABI_RING_DONE(SLOTS + 1); i++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			if ((seed >> 60) == 0)
				bytes[i] = (uint8_t)(seed >> 40);
		}
		sk_sys_submit(NUMBER(ring_handle), (uint32_t)(seed >> 33) % 12, &status);
	}
	EXPECT_TRUE(t, now(t) != 0);
}

static void counters_are_not_believed(struct test *t)
{
	struct kernel_Ring_status_reply state;
	int32_t status;

	REQUIRE(t, open_ring(t));
	ring.memory->submitted = 1000000;
	ring.memory->completed = 77;
	ring.memory->slots = 1 << 20;
	sk_sys_submit(NUMBER(ring_handle), 3, &status);
	REQUIRE_OK(t, K(t, ring_handle, Ring_status, &state, 0));
	EXPECT(t, state.slots, SLOTS + 1);
	EXPECT_TRUE(t, state.under_way <= SLOTS + 1);
}

static void ends_with_calls_under_way(struct test *t)
{
	const struct bench_Target_hold_request request = {0};
	struct bench_Target_told_reply told;

	REQUIRE(t, open_ring(t));
	for (unsigned i = 0; i < 4; i++)
		REQUIRE_OK(t, bench_Target_hold_begin(&ring.ring, &target.channel, &request,
			i, NULL));
	EXPECT_TRUE(t, await_count(t, &server.held_count, 4));
	close(ring_handle);
	EXPECT_TRUE(t, await_count(t, &server.canceled, 4));
	REQUIRE_OK(t, B(t->thread, server.client, told, &told, 0));
	EXPECT(t, told.canceled, 4);
}

static void sizes_are_checked(struct test *t)
{
	struct kernel_Quota_create_ring_reply made;

	EXPECT_TRUE(t, K(t, t->quota, Quota_create_ring, &made, .slots = 0) > 0);
	EXPECT_TRUE(t, K(t, t->quota, Quota_create_ring, &made, .slots = 4097) > 0);
	EXPECT_OK(t, K(t, t->quota, Quota_create_ring, &made, .slots = 1));
}

const struct test_case ring_cases[] = {
	{"ring: one call", one_call, 0},
	{"ring: all its slots, again and again", many_calls, 0},
	{"ring: batches are submitted at once", batches, 0},
	{"ring: messages of 4 KiB", large_messages, 0},
	{"ring: leases", leases, 0},
	{"ring: handles come with answers", handles, 0},
	{"ring: a call is cancelled, its slot is free again", cancels, 0},
	{"ring: a call ends at its deadline", deadlines, 0},
	{"ring: calls of the kernel's objects", kernel_objects, 0},
	{"ring: a bad target fails alone", bad_target, 0},
	{"ring: its calls are told when the server ends", server_ends, 0},
	{"ring: garbage in the queue is refused", garbage_in_the_queue, 0},
	{"ring: garbage in its entries harms nobody", garbage_in_entries, 0},
	{"ring: shared counters are not believed", counters_are_not_believed, 0},
	{"ring: closed with calls under way, servers are told", ends_with_calls_under_way, 0},
	{"ring: its size is checked", sizes_are_checked, 0},
	{0}
};
