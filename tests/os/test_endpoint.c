/* Endpoints and sessions: minting, badges, credit, revocation, the end of both. */
#include "test.h"

static struct server server;

/* Receives here, by the case's own thread, without waiting. */
static int32_t receive(struct test *t, struct sk_handle endpoint,
	struct sk_registers *in, uint64_t deadline)
{
	(void)t;
	sk_sys_receive(in, NUMBER(endpoint), 8, deadline);
	return ABI_STATUS(in->head);
}

static void poll_of_empty(struct test *t)
{
	struct sk_registers in;

	EXPECT_TRUE(t, receive(t, new_endpoint(t), &in, SK_POLL) < 0);
}

static void receive_until_deadline(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t);
	uint64_t begin = now(t);
	struct sk_registers in;

	EXPECT_STATUS(t, receive(t, endpoint, &in, begin + 10 * MS), SK_TIMED_OUT);
	EXPECT_TRUE(t, now(t) >= begin + 10 * MS);
}

static void badges_arrive(struct test *t)
{
	struct bench_Target_badge_reply reply;

	REQUIRE(t, serve(t, &server));
	for (unsigned i = 0; i < 4; i++) {
		struct sk_handle client = mint(t, server.endpoint, 100 + i, 0, NULL);

		REQUIRE_OK(t, B(t->thread, client, badge, &reply, 0));
		EXPECT(t, reply.badge, 100 + i);
	}
}

static void gone_arrives(struct test *t)
{
	struct bench_Target_told_reply told;
	struct sk_handle client, other;

	REQUIRE(t, serve(t, &server));
	client = mint(t, server.endpoint, 9, 0, NULL);
	other = COPY(t, client);
	close(client);
	REQUIRE_OK(t, B(t->thread, server.client, told, &told, 0));
	EXPECT(t, told.gone, 0);
	close(other);
	EXPECT_TRUE(t, await_count(t, &server.gone, 1));
	REQUIRE_OK(t, B(t->thread, server.client, told, &told, 0));
	EXPECT(t, told.gone, 1);
}

static void gone_has_its_badge(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t);
	struct sk_registers in;

	close(mint(t, endpoint, 0x77, 0, NULL));
	REQUIRE(t, receive(t, endpoint, &in, now(t) + 100 * MS) >= 0);
	EXPECT(t, ABI_EVENT(in.head), ABI_GONE);
	EXPECT(t, in.target, 0x77);
}

static void notify_arrives(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), n = new_notification(t);
	struct sk_registers in;

	REQUIRE_OK(t, K0(t, endpoint, Endpoint_bind, .has_notification = true,
		.notification = {COPY(t, n)}));
	sk_sys_signal(NUMBER(n), 0x30);
	REQUIRE(t, receive(t, endpoint, &in, now(t) + 100 * MS) >= 0);
	EXPECT(t, ABI_EVENT(in.head), ABI_NOTIFY);
	EXPECT(t, in.target, 0x30);
	EXPECT_TRUE(t, receive(t, endpoint, &in, SK_POLL) < 0);
}

static void notify_wakes_receiver(struct test *t)
{
	struct bench_Target_told_reply told;
	struct sk_handle n = new_notification(t);

	REQUIRE(t, serve(t, &server));
	REQUIRE_OK(t, K0(t, server.endpoint, Endpoint_bind, .has_notification = true,
		.notification = {COPY(t, n)}));
	pause_for(t, MS);
	sk_sys_signal(NUMBER(n), 0x11);
	pause_for(t, MS);
	REQUIRE_OK(t, B(t->thread, server.client, told, &told, 0));
	EXPECT(t, told.notified, 0x11);
}

static void unbinds(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), n = new_notification(t);
	struct sk_registers in;
	uint64_t bits;

	REQUIRE_OK(t, K0(t, endpoint, Endpoint_bind, .has_notification = true,
		.notification = {COPY(t, n)}));
	REQUIRE_OK(t, K0(t, endpoint, Endpoint_bind, 0));
	sk_sys_signal(NUMBER(n), 1);
	EXPECT_TRUE(t, receive(t, endpoint, &in, SK_POLL) < 0);
	EXPECT_STATUS(t, sk_sys_wait(NUMBER(n), 1, SK_POLL, &bits), 0);
}

static void bound_once(struct test *t)
{
	struct sk_handle a = new_endpoint(t), b = new_endpoint(t), n = new_notification(t);

	REQUIRE_OK(t, K0(t, a, Endpoint_bind, .has_notification = true,
		.notification = {COPY(t, n)}));
	EXPECT_TRUE(t, K0(t, b, Endpoint_bind, .has_notification = true,
		.notification = {COPY(t, n)}) > 0);
}

static void closes_with_receive_handle(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);
	struct sk_handle mints = copy(t, endpoint, kernel_Rights_CONTROL);
	struct bench_Target_nothing_reply reply;

	close(endpoint);
	EXPECT_STATUS(t, B(t->thread, client, nothing, &reply, 0), SK_PEER_CLOSED);
	(void)mints;
}

static void call_it(struct test_helper *self)
{
	struct bench_Target_nothing_reply reply;

	self->status = B(&self->thread, *(struct sk_handle *)self->argument, nothing,
		&reply, 0);
}

static void waiting_callers_are_told(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);
	struct test_helper *helper = start(t, call_it, &client);

	REQUIRE(t, helper);
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_CALLING));
	close(endpoint);
	REQUIRE(t, join(t, helper));
	EXPECT_STATUS(t, helper->status, SK_PEER_CLOSED);
}

/* The server lives, so it still can answer what it has received. */
static void served_callers_are_answered(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);
	struct test_helper *helper;
	struct sk_registers in;

	REQUIRE_OK(t, K0(t, endpoint, Endpoint_set_tokens, .count = 4));
	helper = start(t, call_it, &client);
	REQUIRE(t, helper);
	REQUIRE(t, receive(t, endpoint, &in, now(t) + 1000 * MS) >= 0);
	EXPECT(t, ABI_EVENT(in.head), ABI_REQUEST);
	EXPECT_TRUE(t, in.token != 0);
	close(endpoint);
	EXPECT_STATUS(t, sk_sys_reply(0, in.token, in.words, ABI_DROP), 0);
	REQUIRE(t, join(t, helper));
	EXPECT_STATUS(t, helper->status, SK_PEER_DROPPED);
}

static void receiver_of_closed(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t);
	struct sk_registers in;

	close(endpoint);
	EXPECT_STATUS(t, receive(t, endpoint, &in, SK_POLL), SK_BAD_HANDLE);
}

static void receive_needs_right(struct test *t)
{
	struct sk_handle weak = copy(t, new_endpoint(t), kernel_Rights_CONTROL);
	struct sk_registers in;

	EXPECT_STATUS(t, receive(t, weak, &in, SK_POLL), SK_BAD_HANDLE);
	EXPECT_STATUS(t, receive(t, new_memory(t, SK_PAGE), &in, SK_POLL), SK_BAD_HANDLE);
}

static void mint_needs_control(struct test *t)
{
	struct sk_handle weak = copy(t, new_endpoint(t), kernel_Rights_RECEIVE);
	struct kernel_Endpoint_mint_reply reply;

	EXPECT_STATUS(t, K(t, weak, Endpoint_mint, &reply, .badge = 1), SK_BAD_HANDLE);
}

static void identify_knows_its_own(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), other = new_endpoint(t);
	struct sk_handle client = mint(t, endpoint, 55, 0, NULL);
	struct kernel_Endpoint_identify_reply reply;

	REQUIRE_OK(t, K(t, endpoint, Endpoint_identify, &reply, .session = {client}));
	EXPECT(t, reply.badge, 55);
	EXPECT_STATUS(t, K(t, other, Endpoint_identify, &reply, .session = {client}),
		kernel_Error_NOT_FOUND);
}

static void revoke_ends_calls(struct test *t)
{
	struct bench_Target_nothing_reply reply;
	struct kernel_Session_status_reply status;
	struct sk_handle control, client;

	REQUIRE(t, serve(t, &server));
	client = mint(t, server.endpoint, 3, 0, &control);
	REQUIRE_OK(t, B(t->thread, client, nothing, &reply, 0));
	REQUIRE_OK(t, K0(t, control, Session_revoke, 0));
	EXPECT_STATUS(t, B(t->thread, client, nothing, &reply, 0), SK_PEER_CLOSED);
	REQUIRE_OK(t, K(t, control, Session_status, &status, 0));
	EXPECT(t, status.revoked, true);
	EXPECT(t, status.badge, 3);
}

static void revoke_ends_held_calls(struct test *t)
{
	struct sk_handle control, client;
	struct test_helper *helper;
	struct sk_handle endpoint = new_endpoint(t);
	struct sk_registers in;

	REQUIRE_OK(t, K0(t, endpoint, Endpoint_set_tokens, .count = 4));
	client = mint(t, endpoint, 3, 0, &control);
	helper = start(t, call_it, &client);
	REQUIRE(t, receive(t, endpoint, &in, now(t) + 1000 * MS) >= 0);
	REQUIRE_OK(t, K0(t, control, Session_revoke, 0));
	REQUIRE(t, join(t, helper));
	EXPECT_STATUS(t, helper->status, SK_PEER_CLOSED);
	/* The server is told of the call, and then, when it let go, of the session. */
	REQUIRE(t, receive(t, endpoint, &in, now(t) + 1000 * MS) >= 0);
	EXPECT(t, ABI_EVENT(in.head), ABI_CANCEL);
	sk_sys_reply(0, in.token, in.words, ABI_DROP);
	REQUIRE(t, receive(t, endpoint, &in, now(t) + 1000 * MS) >= 0);
	EXPECT(t, ABI_EVENT(in.head), ABI_GONE);
	EXPECT(t, in.target, 3);
}

static void control_opens_more(struct test *t)
{
	struct bench_Target_badge_reply reply;
	struct kernel_Session_open_reply opened;
	struct sk_handle control;

	REQUIRE(t, serve(t, &server));
	mint(t, server.endpoint, 12, 0, &control);
	REQUIRE_OK(t, K(t, control, Session_open, &opened, .protocol_rights = 1));
	REQUIRE_OK(t, B(t->thread, opened.client.raw, badge, &reply, 0));
	EXPECT(t, reply.badge, 12);
}

static void status_counts(struct test *t)
{
	struct kernel_Endpoint_status_reply status;
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);
	struct test_helper *helper = start(t, call_it, &client);

	REQUIRE(t, helper);
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_CALLING));
	REQUIRE_OK(t, K(t, endpoint, Endpoint_status, &status, 0));
	EXPECT(t, status.waiting, 1);
	EXPECT(t, status.sessions, 1);
	EXPECT(t, status.unanswered, 0);
}

static void tokens_are_charged(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);
	struct test_helper *helper;
	struct sk_registers in;

	EXPECT_TRUE(t, K0(t, endpoint, Endpoint_set_tokens, .count = 1 << 20) > 0);
	REQUIRE_OK(t, K0(t, endpoint, Endpoint_set_tokens, .count = 1));
	helper = start(t, call_it, &client);
	REQUIRE(t, helper);
	REQUIRE(t, receive(t, endpoint, &in, now(t) + 1000 * MS) >= 0);
	EXPECT(t, ABI_EVENT(in.head), ABI_REQUEST);
}

static void credit_holds_back(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 1, NULL);
	struct test_helper *first, *second;
	struct sk_registers in, more;

	REQUIRE_OK(t, K0(t, endpoint, Endpoint_set_tokens, .count = 8));
	first = start(t, call_it, &client);
	second = start(t, call_it, &client);
	REQUIRE(t, first && second);
	REQUIRE(t, receive(t, endpoint, &in, now(t) + 1000 * MS) >= 0);
	EXPECT_TRUE(t, receive(t, endpoint, &more, now(t) + 10 * MS) < 0);
	sk_sys_reply(0, in.token, in.words, ABI_DROP);
	REQUIRE(t, receive(t, endpoint, &more, now(t) + 1000 * MS) >= 0);
	EXPECT(t, ABI_EVENT(more.head), ABI_REQUEST);
	sk_sys_reply(0, more.token, more.words, ABI_DROP);
	EXPECT_TRUE(t, join(t, first) && join(t, second));
	EXPECT_STATUS(t, first->status, SK_PEER_DROPPED);
}

static void set_credit_lets_go(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), control, client;
	struct test_helper *first, *second;
	struct sk_registers in;

	REQUIRE_OK(t, K0(t, endpoint, Endpoint_set_tokens, .count = 8));
	client = mint(t, endpoint, 1, 1, &control);
	first = start(t, call_it, &client);
	second = start(t, call_it, &client);
	REQUIRE(t, first && second);
	REQUIRE(t, receive(t, endpoint, &in, now(t) + 1000 * MS) >= 0);
	REQUIRE_OK(t, K0(t, control, Session_set_credit, .credit = 2));
	REQUIRE(t, receive(t, endpoint, &in, now(t) + 1000 * MS) >= 0);
	EXPECT(t, ABI_EVENT(in.head), ABI_REQUEST);
}

static void mints_by_generated_code(struct test *t)
{
	struct bench_Target_mint_reply minted;
	struct bench_Target_nothing_reply reply;
	struct bench_Target_told_reply told;

	REQUIRE(t, serve(t, &server));
	REQUIRE_OK(t, B(t->thread, server.client, mint, &minted, 0));
	EXPECT_OK(t, B(t->thread, minted.target.raw, nothing, &reply, 0));
	close(minted.target.raw);
	EXPECT_TRUE(t, await_count(t, &server.gone, 1));
	REQUIRE_OK(t, B(t->thread, server.client, told, &told, 0));
	EXPECT(t, told.gone, 1);
	for (unsigned i = 0; i < 20; i++) {
		REQUIRE_OK(t, B(t->thread, server.client, mint, &minted, 0));
		close(minted.target.raw);
		pause_for(t, MS);
	}
}

const struct test_case endpoint_cases[] = {
	{"endpoint: nothing to receive, without waiting", poll_of_empty, 0},
	{"endpoint: receives until its deadline", receive_until_deadline, 0},
	{"endpoint: badges arrive", badges_arrive, 0},
	{"endpoint: GONE arrives with the last client handle", gone_arrives, 0},
	{"endpoint: GONE has its badge", gone_has_its_badge, 0},
	{"endpoint: bits of a bound notification arrive", notify_arrives, 0},
	{"endpoint: a notification wakes the receiver", notify_wakes_receiver, 0},
	{"endpoint: after unbinding bits stay where they are", unbinds, 0},
	{"endpoint: a notification is bound once", bound_once, 0},
	{"endpoint: closes with its last handle to receive", closes_with_receive_handle, 0},
	{"endpoint: who waits is told when it closes", waiting_callers_are_told, 0},
	{"endpoint: what was received can be answered when it has closed",
		served_callers_are_answered, 0},
	{"endpoint: a closed handle receives nothing", receiver_of_closed, 0},
	{"endpoint: receive needs RECEIVE, and an endpoint", receive_needs_right, 0},
	{"endpoint: mint needs CONTROL", mint_needs_control, 0},
	{"endpoint: identify knows its own sessions", identify_knows_its_own, 0},
	{"endpoint: tokens beyond the quota are refused", tokens_are_charged, 0},
	{"endpoint: status counts", status_counts, 0},
	{"session: revoke ends later calls", revoke_ends_calls, 0},
	{"session: revoke ends calls under way, GONE comes last", revoke_ends_held_calls, 0},
	{"session: its control handle opens more", control_opens_more, 0},
	{"session: credit holds back the next call", credit_holds_back, 0},
	{"session: more credit lets it go", set_credit_lets_go, 0},
	{"session: minted, called and gone by generated code", mints_by_generated_code, 0},
	{0}
};
