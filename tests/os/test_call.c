/* Calls through generated stubs: what they carry, and how they end. */
#include "test.h"

static struct server server;

static void empty(struct test *t)
{
	struct bench_Target_nothing_reply reply;

	REQUIRE(t, serve(t, &server));
	for (unsigned i = 0; i < 100; i++)
		EXPECT_OK(t, B(t->thread, server.client, nothing, &reply, 0));
}

static void four_words(struct test *t)
{
	struct bench_Target_words_reply reply;

	REQUIRE(t, serve(t, &server));
	REQUIRE_OK(t, B(t->thread, server.client, words, &reply, 1, 20, 300, 4000));
	EXPECT(t, reply.sum, 4321);
}

static void ten_words(struct test *t)
{
	struct bench_Target_ten_request request;
	struct bench_Target_ten_reply reply;

	REQUIRE(t, serve(t, &server));
	for (unsigned i = 0; i < 9; i++)
		request.values[i] = i * 0x0101010101010101;
	REQUIRE_OK(t, bench_Target_ten(on(t, server.client), &request, &reply, NULL));
	for (unsigned i = 0; i < 9; i++)
		EXPECT(t, reply.values[i], (8 - i) * 0x0101010101010101);
}

static void all_sizes(struct test *t)
{
	static uint8_t bytes[4080];
	struct bench_Target_page_reply reply;

	REQUIRE(t, serve(t, &server));
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (unsigned size = 0; size <= 4080; size += size < 100 ? 1 : 199) {
		REQUIRE_OK(t, B(t->thread, server.client, page, &reply,
			.data = {bytes, size}));
		EXPECT(t, reply.data.size, size);
		EXPECT(t, memcmp(reply.data.data, bytes, size), 0);
	}
	REQUIRE_OK(t, B(t->thread, server.client, page, &reply, .data = {bytes, 4080}));
	EXPECT(t, memcmp(reply.data.data, bytes, 4080), 0);
}

static void errors_come_back(struct test *t)
{
	struct bench_Target_refuse_reply reply;
	struct sk_channel *channel;

	REQUIRE(t, serve(t, &server));
	channel = on(t, server.client);
	EXPECT_STATUS(t, bench_Target_refuse(channel,
		&(struct bench_Target_refuse_request){0}, &reply, NULL), bench_Error_REFUSED);
	EXPECT(t, channel->delivered, true);
}

static void dropped(struct test *t)
{
	struct bench_Target_drop_reply reply;

	REQUIRE(t, serve(t, &server));
	EXPECT_STATUS(t, B(t->thread, server.client, drop, &reply, 0), SK_PEER_DROPPED);
}

static void one_way(struct test *t)
{
	struct bench_Target_noted_reply noted;

	REQUIRE(t, serve(t, &server));
	for (unsigned i = 1; i <= 10; i++)
		EXPECT_OK(t, bench_Target_note(on(t, server.client),
			&(struct bench_Target_note_request){i}, NULL));
	REQUIRE_OK(t, B(t->thread, server.client, noted, &noted, 0));
	EXPECT(t, noted.value, 10);
	EXPECT(t, noted.count, 10);
}

static void unknown_method(struct test *t)
{
	struct kernel_Memory_status_reply reply;

	REQUIRE(t, serve(t, &server));
	EXPECT_STATUS(t, K(t, server.client, Memory_status, &reply, 0), SK_UNKNOWN_METHOD);
}

static void handle_arrives(struct test *t)
{
	struct bench_Target_give_reply given;
	uint64_t bits;

	REQUIRE(t, serve(t, &server));
	REQUIRE_OK(t, B(t->thread, server.client, give, &given, 0));
	EXPECT_STATUS(t, sk_sys_signal(NUMBER(given.given.raw), 3), 0);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(given.given.raw), 3, SK_POLL, &bits), 0);
	EXPECT(t, bits, 3);
}

static void handle_goes_and_comes(struct test *t)
{
	struct bench_Target_pass_reply passed;
	struct kernel_Object_info_reply before, after;
	struct sk_handle memory = new_memory(t, SK_PAGE);

	REQUIRE(t, serve(t, &server));
	REQUIRE_OK(t, K(t, memory, Object_info, &before, 0));
	REQUIRE_OK(t, B(t->thread, server.client, pass, &passed, .what = {memory}));
	REQUIRE_OK(t, K(t, passed.what.raw, Object_info, &after, 0));
	EXPECT(t, after.id, before.id);
	EXPECT_STATUS(t, K(t, memory, Object_info, &after, 0), SK_BAD_HANDLE);
}

/* Of what the kernel made, by what the protocol says, both ways. */
static void rights_are_narrowed(struct test *t)
{
	struct bench_Target_narrow_reply narrowed;
	struct kernel_Object_info_reply info;
	struct sk_handle notification = new_notification(t), weak;

	REQUIRE(t, serve(t, &server));
	weak = copy(t, notification, kernel_Rights_SIGNAL | kernel_Rights_TRANSFER);
	REQUIRE_OK(t, B(t->thread, server.client, narrow, &narrowed,
		.what = {notification}));
	EXPECT(t, narrowed.rights, kernel_Rights_SIGNAL | kernel_Rights_WAIT |
		kernel_Rights_TRANSFER);
	REQUIRE_OK(t, K(t, narrowed.what.raw, Object_info, &info, 0));
	EXPECT(t, info.rights, kernel_Rights_WAIT);
	EXPECT_STATUS(t, sk_sys_signal(NUMBER(narrowed.what.raw), 1), SK_BAD_HANDLE);
	/* One that has less than the protocol asks for is refused. */
	EXPECT_STATUS(t, B(t->thread, server.client, narrow, &narrowed, .what = {weak}),
		SK_BAD_HANDLE);
}

static void copy_stays(struct test *t)
{
	struct bench_Target_pass_copy_reply passed;
	struct kernel_Object_info_reply info;
	struct sk_handle memory = new_memory(t, SK_PAGE);

	REQUIRE(t, serve(t, &server));
	REQUIRE_OK(t, B(t->thread, server.client, pass_copy, &passed, .what = {memory}));
	EXPECT_OK(t, K(t, memory, Object_info, &info, 0));
}

static void move_needs_transfer(struct test *t)
{
	struct bench_Target_pass_reply passed;
	struct sk_handle weak = copy(t, new_memory(t, SK_PAGE), kernel_Rights_READ);

	REQUIRE(t, serve(t, &server));
	EXPECT_TRUE(t, B(t->thread, server.client, pass, &passed, .what = {weak}) < 0);
}

static void copy_needs_duplicate(struct test *t)
{
	struct bench_Target_pass_copy_reply passed;
	struct sk_handle weak = copy(t, new_memory(t, SK_PAGE),
		kernel_Rights_READ | kernel_Rights_TRANSFER);

	REQUIRE(t, serve(t, &server));
	EXPECT_TRUE(t, B(t->thread, server.client, pass_copy, &passed,
		.what = {weak}) < 0);
}

static void handle_that_is_none(struct test *t)
{
	struct bench_Target_pass_reply passed;
	struct bench_Target_nothing_reply reply;
	struct sk_handle closed = new_memory(t, SK_PAGE);

	REQUIRE(t, serve(t, &server));
	close(closed);
	EXPECT_STATUS(t, B(t->thread, server.client, pass, &passed, .what = {closed}),
		SK_BAD_HANDLE);
	EXPECT_OK(t, B(t->thread, server.client, nothing, &reply, 0));
}

/* ---- deadlines, answers later ---- */

static void held_until_deadline(struct test *t)
{
	struct bench_Target_hold_reply reply;
	struct bench_Target_told_reply told;
	uint64_t begin;
	struct sk_call call = {0};
	struct sk_channel *channel;

	REQUIRE(t, serve(t, &server));
	begin = now(t);
	call.deadline = begin + 200 * MS;
	channel = on(t, server.client);
	EXPECT_STATUS(t, bench_Target_hold(channel,
		&(struct bench_Target_hold_request){0}, &reply, &call), SK_TIMED_OUT);
	EXPECT(t, channel->delivered, true);
	EXPECT_TRUE(t, now(t) >= begin + 200 * MS);
	EXPECT_TRUE(t, await_count(t, &server.canceled, 1));
	REQUIRE_OK(t, B(t->thread, server.client, told, &told, 0));
	EXPECT(t, told.canceled, 1);
}

static void nobody_receives(struct test *t)
{
	struct bench_Target_nothing_reply reply;
	struct sk_handle client = mint(t, new_endpoint(t), 1, 0, NULL);
	struct sk_call call = {.deadline = now(t) + 10 * MS};
	struct sk_channel *channel = on(t, client);

	EXPECT_STATUS(t, bench_Target_nothing(channel,
		&(struct bench_Target_nothing_request){0}, &reply, &call), SK_TIMED_OUT);
	EXPECT(t, channel->delivered, false);
}

static void poll_never_waits(struct test *t)
{
	struct bench_Target_nothing_reply reply;
	struct sk_handle client = mint(t, new_endpoint(t), 1, 0, NULL);
	const struct sk_call call = {.deadline = SK_POLL};
	int status = bench_Target_nothing(on(t, client),
		&(struct bench_Target_nothing_request){0}, &reply, &call);

	EXPECT_TRUE(t, status == SK_TIMED_OUT || status == SK_WOULD_BLOCK);
}

static void hold(struct test_helper *self)
{
	struct bench_Target_hold_reply reply;

	self->status = B(&self->thread, *(struct sk_handle *)self->argument, hold, &reply,
		0);
	self->value = reply.number;
}

static void answered_later(struct test *t)
{
	struct bench_Target_release_reply released;
	struct test_helper *a, *b;

	REQUIRE(t, serve(t, &server));
	a = start(t, hold, &server.client);
	b = start(t, hold, &server.client);
	REQUIRE(t, a && b);
	EXPECT_TRUE(t, await_count(t, &server.held_count, 2));
	REQUIRE_OK(t, B(t->thread, server.client, release, &released, .count = 2));
	EXPECT(t, released.released, 2);
	REQUIRE(t, join(t, a) && join(t, b));
	EXPECT_STATUS(t, a->status, 0);
	EXPECT_STATUS(t, b->status, 0);
	EXPECT_TRUE(t, a->value != b->value);
}

static void killed_caller(struct test *t)
{
	struct bench_Target_told_reply told;
	struct test_helper *helper;

	REQUIRE(t, serve(t, &server));
	helper = start(t, hold, &server.client);
	REQUIRE(t, helper);
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_CALLING));
	pause_for(t, 10 * MS);
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_kill, .code = 0));
	EXPECT_TRUE(t, await_count(t, &server.canceled, 1));
	REQUIRE_OK(t, B(t->thread, server.client, told, &told, 0));
	EXPECT(t, told.canceled, 1);
}

static void server_dies(struct test *t)
{
	struct test_helper *helper;

	REQUIRE(t, serve(t, &server));
	helper = start(t, hold, &server.client);
	REQUIRE(t, helper);
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_CALLING));
	pause_for(t, 10 * MS);
	/* It drops what it had kept, as it goes. */
	close(server.endpoint);
	REQUIRE(t, join(t, helper));
	EXPECT_STATUS(t, helper->status, SK_PEER_DROPPED);
}

static void second_answer(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);
	struct sk_registers in;
	struct test_helper *helper;

	REQUIRE_OK(t, K0(t, endpoint, Endpoint_set_tokens, .count = 4));
	helper = start(t, hold, &client);
	sk_sys_receive(&in, NUMBER(endpoint), 8, now(t) + 1000 * MS);
	REQUIRE(t, ABI_EVENT(in.head) == ABI_REQUEST);
	EXPECT_STATUS(t, sk_sys_reply(0, in.token, in.words, ABI_DROP), 0);
	EXPECT_STATUS(t, sk_sys_reply(0, in.token, in.words, ABI_DROP), SK_BAD_TOKEN);
	REQUIRE(t, join(t, helper));
	EXPECT_STATUS(t, helper->status, SK_PEER_DROPPED);
}

static void late_answer(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);
	struct sk_registers in;
	struct test_helper *helper;
	uint64_t token;

	REQUIRE_OK(t, K0(t, endpoint, Endpoint_set_tokens, .count = 4));
	helper = start(t, hold, &client);
	REQUIRE(t, helper);
	sk_sys_receive(&in, NUMBER(endpoint), 8, now(t) + 1000 * MS);
	REQUIRE(t, ABI_EVENT(in.head) == ABI_REQUEST);
	token = in.token;
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_kill, .code = 0));
	pause_for(t, MS);
	EXPECT_STATUS(t, sk_sys_reply(sk_counts(8, 0, 0, 0, 0), token, in.words, 0),
		SK_CANCELED);
	EXPECT_STATUS(t, sk_sys_reply(0, token, in.words, ABI_DROP), SK_BAD_TOKEN);
}

static void urgent_ones_first(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), low = mint(t, endpoint, 1, 0, NULL);
	struct sk_handle high = mint(t, endpoint, 2, 0, NULL);
	struct test_helper *a, *b;
	struct sk_registers in;

	REQUIRE_OK(t, K0(t, endpoint, Endpoint_set_tokens, .count = 4));
	a = start(t, hold, &low);
	REQUIRE(t, a);
	REQUIRE_OK(t, K0(t, a->thread.handle, Thread_set_priority, .priority = 3));
	EXPECT_TRUE(t, await_state(t, a->thread.handle, kernel_ThreadState_CALLING));
	b = start(t, hold, &high);
	REQUIRE(t, b);
	EXPECT_TRUE(t, await_state(t, b->thread.handle, kernel_ThreadState_CALLING));
	sk_sys_receive(&in, NUMBER(endpoint), 8, now(t) + 1000 * MS);
	EXPECT(t, in.target, 2);
	sk_sys_receive(&in, NUMBER(endpoint), 8, now(t) + 1000 * MS);
	EXPECT(t, in.target, 1);
}

/* ---- between spaces ---- */

static void child_calls(struct child_start *self)
{
	struct sk_handle client = sk_kernel_handle(self->given[0]);
	struct bench_Target_words_reply sum;
	struct bench_Target_noted_reply noted;

	if (B(&self->thread, client, words, &sum, 1, 2, 3, self->argument) == SK_OK)
		bench_Target_note(on_thread(&self->thread, client),
			&(struct bench_Target_note_request){sum.sum}, NULL);
	B(&self->thread, client, noted, &noted, 0);
}

static void from_another_space(struct test *t)
{
	struct bench_Target_noted_reply noted;
	struct sk_handle ended = new_notification(t), client;
	struct child child;

	REQUIRE(t, serve(t, &server));
	client = mint(t, server.endpoint, 77, 0, NULL);
	REQUIRE(t, new_child(t, &child, child_calls, 4, &client, 1));
	REQUIRE_OK(t, K0(t, child.space, Space_watch, .notify = {COPY(t, ended)},
		.bits = 1));
	start_child(t, &child);
	EXPECT(t, await(ended, 1, t), 1);
	REQUIRE_OK(t, B(t->thread, server.client, noted, &noted, 0));
	EXPECT(t, noted.value, 10);
}

static bool open_child(struct test *t, struct sk_handle *client, struct child *child)
{
	struct sk_handle endpoint = new_endpoint(t);

	*client = mint(t, endpoint, 1, 0, NULL);
	return serve_in_child(t, endpoint, child);
}

static void into_another_space(struct test *t)
{
	struct bench_Target_words_reply reply;
	struct bench_Target_ten_reply ten;
	struct sk_handle client;
	struct child child;

	REQUIRE(t, open_child(t, &client, &child));
	for (unsigned i = 0; i < 1000; i++) {
		REQUIRE_OK(t, B(t->thread, client, words, &reply, i, 1, 1, 1));
		EXPECT(t, reply.sum, i + 3);
	}
	EXPECT_OK(t, bench_Target_ten(on(t, client),
		&(struct bench_Target_ten_request){{1, 2, 3}}, &ten, NULL));
	EXPECT(t, ten.values[8], 1);
}

static void handles_between_spaces(struct test *t)
{
	struct bench_Target_give_reply given;
	struct bench_Target_pass_reply passed;
	struct sk_handle client;
	struct child child;
	uint64_t bits;

	REQUIRE(t, open_child(t, &client, &child));
	REQUIRE_OK(t, B(t->thread, client, give, &given, 0));
	sk_sys_signal(NUMBER(given.given.raw), 1);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(given.given.raw), 1, SK_POLL, &bits), 0);
	REQUIRE_OK(t, B(t->thread, client, pass, &passed, .what = {given.given.raw}));
	EXPECT_STATUS(t, sk_sys_signal(NUMBER(passed.what.raw), 1), 0);
}

static void killed_space(struct test *t)
{
	struct bench_Target_nothing_reply reply;
	struct test_helper *helper;
	struct sk_handle client;
	struct child child;

	REQUIRE(t, open_child(t, &client, &child));
	REQUIRE_OK(t, B(t->thread, client, nothing, &reply, 0));
	helper = start(t, hold, &client);
	REQUIRE(t, helper);
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_CALLING));
	pause_for(t, 10 * MS);
	REQUIRE_OK(t, K0(t, child.space, Space_kill, .code = 1));
	REQUIRE(t, join(t, helper));
	EXPECT_STATUS(t, helper->status, SK_PEER_CLOSED);
	EXPECT_STATUS(t, B(t->thread, client, nothing, &reply, 0), SK_PEER_CLOSED);
}

const struct test_case call_cases[] = {
	{"call: without arguments, a hundred times", empty, 0},
	{"call: four words there, one back", four_words, 0},
	{"call: more than registers hold", ten_words, 0},
	{"call: all sizes up to 4 KiB", all_sizes, 0},
	{"call: an error of the protocol comes back", errors_come_back, 0},
	{"call: a request that is dropped says so", dropped, 0},
	{"call: one-way messages arrive in order", one_way, 0},
	{"call: a method that the server lacks", unknown_method, 0},
	{"call: a handle arrives with the answer", handle_arrives, 0},
	{"call: a handle that moves is gone here", handle_goes_and_comes, 0},
	{"call: handles bring the rights that the protocol says", rights_are_narrowed, 0},
	{"call: a handle that is copied stays", copy_stays, 0},
	{"call: moving needs TRANSFER", move_needs_transfer, 0},
	{"call: copying needs DUPLICATE", copy_needs_duplicate, 0},
	{"call: a handle that is none fails the call alone", handle_that_is_none, 0},
	{"call: ends at its deadline, and the server is told", held_until_deadline, 0},
	{"call: that nobody received was not delivered", nobody_receives, 0},
	{"call: SK_POLL never waits", poll_never_waits, 0},
	{"call: answered later, in any order", answered_later, 0},
	{"call: a caller that is killed is told of to the server", killed_caller, 0},
	{"call: a server that ends answers its callers", server_dies, 0},
	{"call: a second answer is BAD_TOKEN", second_answer, 0},
	{"call: a late answer is CANCELED, once", late_answer, 0},
	{"call: urgent callers are received first", urgent_ones_first, 0},
	{"call: from another space", from_another_space, 0},
	{"call: into another space", into_another_space, 0},
	{"call: handles between spaces", handles_between_spaces, 0},
	{"call: a space that is killed answers its callers", killed_space, 0},
	{0}
};
