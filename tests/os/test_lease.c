/* Leases: memory lent for the time of a call. */
#include "test.h"

static struct server server;
static uint8_t data[1 << 20] __attribute__((aligned(4096)));

static void server_reads(struct test *t)
{
	struct bench_Target_read_reply reply;
	static const uint32_t sizes[] = {0, 1, 7, 64, 4095, 4096, 4097, 65536, 1 << 20};

	REQUIRE(t, serve(t, &server));
	memset(data, 1, sizeof(data));
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		REQUIRE_OK(t, B(t->thread, server.client, read, &reply,
			.data = sk_lend(data, sizes[i])));
		EXPECT(t, reply.sum, sizes[i]);
	}
}

static void server_writes(struct test *t)
{
	struct bench_Target_write_reply reply;

	REQUIRE(t, serve(t, &server));
	memset(data, 1, 8192);
	REQUIRE_OK(t, B(t->thread, server.client, write, &reply,
		.data = sk_lend_out(data + 5, 4100), .value = 9));
	EXPECT(t, data[4], 1);
	EXPECT(t, data[5], 9);
	EXPECT(t, data[4104], 9);
	EXPECT(t, data[4105], 1);
}

static void two_leases(struct test *t)
{
	struct bench_Target_copy_reply reply;

	REQUIRE(t, serve(t, &server));
	for (unsigned i = 0; i < 20000; i++)
		data[i] = (uint8_t)(i % 251);
	REQUIRE_OK(t, B(t->thread, server.client, copy, &reply,
		.from = sk_lend(data, 20000), .to = sk_lend_out(data + 30001, 20000)));
	EXPECT(t, reply.done, 20000);
	EXPECT(t, memcmp(data, data + 30001, 20000), 0);
}

static void not_there(struct test *t)
{
	struct bench_Target_read_reply reply;
	struct bench_Target_write_reply wrote;
	uint8_t *nowhere = (uint8_t *)(uintptr_t)0x300000000;

	REQUIRE(t, serve(t, &server));
	EXPECT_STATUS(t, B(t->thread, server.client, read, &reply,
		.data = sk_lend(nowhere, 100)), SK_LEASE_FAULT);
	EXPECT_STATUS(t, B(t->thread, server.client, write, &wrote,
		.data = sk_lend_out(nowhere, 100)), SK_LEASE_FAULT);
}

static void of_the_kernel(struct test *t)
{
	struct bench_Target_read_reply reply;
	uint8_t *kernel = (uint8_t *)(uintptr_t)UINT64_C(0xffffffff80000000);

	REQUIRE(t, serve(t, &server));
	EXPECT_TRUE(t, B(t->thread, server.client, read, &reply,
		.data = sk_lend(kernel, 100)) < 0);
	EXPECT_TRUE(t, B(t->thread, server.client, read, &reply,
		.data = sk_lend((uint8_t *)(uintptr_t)UINT64_C(0x7fffffffefff), 5000)) < 0);
	EXPECT_TRUE(t, B(t->thread, server.client, read, &reply,
		.data = sk_lend((uint8_t *)(uintptr_t)(UINT64_MAX - 10), 100)) < 0);
}

static void stops_at_a_hole(struct test *t)
{
	struct bench_Target_read_reply reply;
	struct sk_handle memory = new_memory(t, SK_PAGE);
	uint8_t *at = (uint8_t *)map(t, memory, SK_PAGE);

	REQUIRE(t, serve(t, &server));
	REQUIRE(t, at);
	EXPECT_STATUS(t, B(t->thread, server.client, read, &reply,
		.data = sk_lend(at + 4000, 200)), SK_LEASE_FAULT);
	EXPECT_OK(t, B(t->thread, server.client, read, &reply,
		.data = sk_lend(at + 4000, 96)));
}

static void read_only_is_not_written(struct test *t)
{
	struct bench_Target_write_reply reply;
	uint8_t *at = (uint8_t *)map_as(t, new_memory(t, SK_PAGE), 0, SK_PAGE,
		kernel_Protection_READ, 0);

	REQUIRE(t, serve(t, &server));
	REQUIRE(t, at);
	EXPECT_STATUS(t, B(t->thread, server.client, write, &reply,
		.data = sk_lend_out(at, 16), .value = 1), SK_LEASE_FAULT);
	EXPECT(t, at[0], 0);
}

static void zero_fill(struct test *t)
{
	struct bench_Target_read_reply got;
	struct bench_Target_write_reply put;
	uint8_t *at = (uint8_t *)map(t, new_memory(t, 4 * SK_PAGE), 4 * SK_PAGE);

	/* Nobody has touched it: the kernel makes the pages. */
	REQUIRE(t, serve(t, &server));
	REQUIRE(t, at);
	REQUIRE_OK(t, B(t->thread, server.client, read, &got,
		.data = sk_lend(at, 2 * SK_PAGE)));
	EXPECT(t, got.sum, 0);
	REQUIRE_OK(t, B(t->thread, server.client, write, &put,
		.data = sk_lend_out(at + 2 * SK_PAGE, 2 * SK_PAGE), .value = 4));
	EXPECT(t, at[2 * SK_PAGE], 4);
}

static void breaks_copy_on_write(struct test *t)
{
	struct kernel_Quota_create_child_reply child;
	struct bench_Target_write_reply reply;
	struct sk_handle memory = new_memory(t, SK_PAGE);
	uint8_t *a = (uint8_t *)map(t, memory, SK_PAGE), *b;

	REQUIRE(t, serve(t, &server));
	a[0] = 1;
	REQUIRE_OK(t, K(t, t->quota, Quota_create_child, &child, .parent = {memory},
		.length = SK_PAGE));
	b = (uint8_t *)map(t, child.memory.raw, SK_PAGE);
	REQUIRE(t, b);
	REQUIRE_OK(t, B(t->thread, server.client, write, &reply,
		.data = sk_lend_out(b, 16), .value = 2));
	EXPECT(t, b[0], 2);
	EXPECT(t, a[0], 1);
}

/* ---- by the server's own hands ---- */

struct lend {
	struct sk_handle client;
	uint8_t *at;
};

static void lend_it(struct test_helper *self)
{
	const struct lend *lend = self->argument;
	struct bench_Target_copy_reply reply;

	self->status = B(&self->thread, lend->client, copy, &reply,
		.from = sk_lend(lend->at, 100), .to = sk_lend_out(lend->at + 200, 100));
}

/* A call with two leases, received here. */
static bool take_lent(struct test *t, struct lend *lend, struct sk_registers *in,
	struct test_helper **helper)
{
	struct sk_handle endpoint = new_endpoint(t);

	lend->client = mint(t, endpoint, 1, 0, NULL);
	lend->at = data;
	memset(data, 3, 400);
	if (K0(t, endpoint, Endpoint_set_tokens, .count = 4) != SK_OK)
		return false;
	*helper = start(t, lend_it, lend);
	sk_sys_receive(in, NUMBER(endpoint), 8, now(t) + 1000 * MS);
	return *helper && ABI_EVENT(in->head) == ABI_REQUEST;
}

static void ranges_are_checked(struct test *t)
{
	struct test_helper *helper;
	struct sk_registers in;
	struct lend lend;
	uint8_t own[256];
	uint64_t done;

	REQUIRE(t, take_lent(t, &lend, &in, &helper));
	EXPECT(t, ABI_LEASES(in.head), 2);
	EXPECT_STATUS(t, sk_sys_lease_copy(in.token, 1, 0, own, 100, false, &done), 0);
	EXPECT(t, done, 100);
	EXPECT_STATUS(t, sk_sys_lease_copy(in.token, 1, 1, own, 100, false, &done),
		SK_BAD_LEASE);
	EXPECT_STATUS(t, sk_sys_lease_copy(in.token, 1, UINT64_MAX, own, 2, false, &done),
		SK_BAD_LEASE);
	EXPECT_STATUS(t, sk_sys_lease_copy(in.token, 1, 0, own, 100, true, &done),
		SK_BAD_LEASE);
	EXPECT_STATUS(t, sk_sys_lease_copy(in.token, 2, 0, own, 100, false, &done),
		SK_BAD_LEASE);
	EXPECT_STATUS(t, sk_sys_lease_copy(in.token, 3, 0, own, 1, false, &done),
		SK_BAD_LEASE);
	EXPECT_STATUS(t, sk_sys_lease_copy(in.token, 0, 0, own, 1, false, &done),
		SK_BAD_LEASE);
	EXPECT_STATUS(t, sk_sys_lease_copy(in.token, 2, 10, own, 5, true, &done), 0);
}

static void ends_with_the_call(struct test *t)
{
	struct test_helper *helper;
	struct sk_registers in;
	struct lend lend;
	uint8_t own[100];
	uint64_t done, token;

	REQUIRE(t, take_lent(t, &lend, &in, &helper));
	token = in.token;
	EXPECT_STATUS(t, sk_sys_reply(0, token, in.words, ABI_DROP), 0);
	EXPECT_STATUS(t, sk_sys_lease_copy(token, 1, 0, own, 100, false, &done),
		SK_BAD_TOKEN);
}

static void ends_with_the_caller(struct test *t)
{
	struct test_helper *helper;
	struct sk_registers in;
	struct lend lend;
	uint8_t own[100];
	uint64_t done;

	REQUIRE(t, take_lent(t, &lend, &in, &helper));
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_kill, .code = 0));
	pause_for(t, MS);
	EXPECT_TRUE(t, sk_sys_lease_copy(in.token, 1, 0, own, 100, false, &done) < 0);
}

static void own_side_is_checked(struct test *t)
{
	struct test_helper *helper;
	struct sk_registers in;
	struct lend lend;
	uint64_t done;

	REQUIRE(t, take_lent(t, &lend, &in, &helper));
	EXPECT_TRUE(t, sk_sys_lease_copy(in.token, 1, 0,
		(void *)(uintptr_t)UINT64_C(0xffffffff80000000), 8, false, &done) < 0);
	EXPECT_TRUE(t, sk_sys_lease_copy(in.token, 1, 0,
		(void *)(uintptr_t)UINT64_C(0x300000000), 8, false, &done) < 0);
	EXPECT_TRUE(t, sk_sys_lease_copy(in.token ^ 0x10000, 1, 0, data, 8, false,
		&done) < 0);
}

static void caller_unmaps(struct test *t)
{
	struct test_helper *helper;
	struct sk_handle endpoint = new_endpoint(t);
	struct sk_registers in;
	static struct lend lend;
	uint8_t own[100];
	uint64_t done;

	lend.client = mint(t, endpoint, 1, 0, NULL);
	lend.at = (uint8_t *)map(t, new_memory(t, SK_PAGE), SK_PAGE);
	REQUIRE(t, lend.at);
	REQUIRE_OK(t, K0(t, endpoint, Endpoint_set_tokens, .count = 4));
	helper = start(t, lend_it, &lend);
	REQUIRE(t, helper);
	sk_sys_receive(&in, NUMBER(endpoint), 8, now(t) + 1000 * MS);
	REQUIRE_OK(t, K0(t, t->space, Space_unmap, .address = (uintptr_t)lend.at,
		.length = SK_PAGE));
	EXPECT_STATUS(t, sk_sys_lease_copy(in.token, 1, 0, own, 100, false, &done),
		SK_LEASE_FAULT);
	EXPECT(t, done, 0);
}

static void kernel_methods_too(struct test *t)
{
	struct kernel_Memory_write_reply put;
	struct sk_handle memory = new_memory(t, SK_PAGE);

	EXPECT_TRUE(t, K(t, memory, Memory_write, &put,
		.data = sk_lend((uint8_t *)(uintptr_t)0x300000000, 64)) != 0 ||
		put.done == 0);
	EXPECT_TRUE(t, K(t, memory, Memory_write, &put,
		.data = sk_lend((uint8_t *)(uintptr_t)UINT64_C(0xffffffff80000000), 64)) != 0 ||
		put.done == 0);
}

const struct test_case lease_cases[] = {
	{"lease: the server reads, of all sizes up to 1 MiB", server_reads, 0},
	{"lease: the server writes no more than is lent", server_writes, 0},
	{"lease: two at once, from one to the other", two_leases, 0},
	{"lease: memory that is not there is LEASE_FAULT", not_there, 0},
	{"lease: nothing of the kernel's can be lent", of_the_kernel, 0},
	{"lease: stops at a hole", stops_at_a_hole, 0},
	{"lease: what is read-only is not written", read_only_is_not_written, 0},
	{"lease: untouched pages are filled with zeros", zero_fill, 0},
	{"lease: writing breaks copy-on-write for the caller", breaks_copy_on_write, 0},
	{"lease: ranges and directions are checked", ranges_are_checked, 0},
	{"lease: ends with its call", ends_with_the_call, 0},
	{"lease: ends with its caller", ends_with_the_caller, 0},
	{"lease: the server's own side is checked", own_side_is_checked, 0},
	{"lease: a caller that unmaps it", caller_unmaps, 0},
	{"lease: methods of the kernel check it too", kernel_methods_too, 0},
	{0}
};
