/* Clients: names, rights, and what becomes of calls when their server dies. */
#include "probe.h"

static void echo(void)
{
	struct test_Target_echo_reply reply = {0};

	EXPECT_OK(T(target, echo, &reply, .value = 42));
	EXPECT(reply.value, 42);
	EXPECT(probe.target.connections, 1);
}

static void names(void)
{
	struct sk_client client;

	sk_client_open(&client, tap.os, "rich", "test.Target");
	EXPECT(sk_client_connect(&client, false, NULL), svrctl_Error_NOT_PERMITTED);
	client.service = "target";
	client.interface_name = "test.Other";
	EXPECT(sk_client_connect(&client, false, NULL), svrctl_Error_NOT_PERMITTED);
	client.service = "nobody";
	client.interface_name = "test.Target";
	EXPECT(sk_client_connect(&client, true, NULL), svrctl_Error_NOT_FOUND);
	client.service = "lazy";
	EXPECT(sk_client_connect(&client, false, NULL), svrctl_Error_UNAVAILABLE);
	sk_client_end(&client);
}

static void retried(void)
{
	uint32_t wanted = (uint32_t)instance_of_target() + 1;
	struct test_Target_reach_reply reply = {0};

	EXPECT_OK(T(target, reach, &reply, .instance = wanted));
	EXPECT(reply.instance, wanted);
	EXPECT(probe.target.connections, 2);
}

static void not_retried(void)
{
	uint32_t before = (uint32_t)instance_of_target();
	struct test_Target_reach_once_reply reply = {0};

	EXPECT(T(target, reach_once, &reply, .instance = before + 1), SK_PEER_CLOSED);
	EXPECT_TRUE(probe.target.kernel.channel.delivered);
	EXPECT(instance_of_target(), before + 1);
}

/* One that kills each instance is not repeated for ever. */
static void not_for_ever(void)
{
	int before = instance_of_target();

	EXPECT(T0(target, reach, .instance = 1000000), SK_PEER_CLOSED);
	EXPECT(instance_of_target(), before + SK_ATTEMPTS_MAX);
}

static void deadline(void)
{
	struct test_Target_keep_reply kept;
	struct test_Target_state_reply state = {0};
	const struct sk_call call = {.deadline = sk_os_after(tap.os, 30)};

	EXPECT(test_Target_keep(&probe.target.kernel.channel,
		&(struct test_Target_keep_request){0}, &kept, &call), SK_TIMED_OUT);
	EXPECT_OK(T(target, state, &state, 0));
	EXPECT(state.kept, 0);
	EXPECT(state.canceled, 1);
}

/* The deadline of the call, while its server does not come back. */
static void deadline_of_connecting(void)
{
	struct test_Target_echo_reply reply;
	const struct sk_call call = {.deadline = sk_os_after(tap.os, 50)};
	struct sk_client client;
	uint64_t begun = sk_os_now(tap.os);

	sk_client_open(&client, tap.os, "crasher", "test.Target");
	EXPECT(test_Target_echo(&client.kernel.channel, &(struct test_Target_echo_request){0},
		&reply, &call), SK_TIMED_OUT);
	EXPECT_TRUE(sk_os_now(tap.os) - begun < UINT64_C(1000000000));
	sk_client_end(&client);
}

static void rights(void)
{
	struct test_Target_state_reply state = {0};

	EXPECT_OK(sk_client_connect(&probe.lazy, true, NULL));
	EXPECT(probe.lazy.rights, test_Rights_READ);
	EXPECT_OK(T(lazy, state, &state, 0));
	EXPECT(state.rights, test_Rights_READ);
	EXPECT_OK(T(target, state, &state, 0));
	EXPECT(state.rights, UINT16_MAX);
}

static void who(void)
{
	struct test_Target_who_reply reply = {0};

	EXPECT_OK(T(lazy, who, &reply, 0));
	EXPECT(reply.server.size, 5);
	EXPECT(memcmp(reply.server.data, "probe", 5), 0);
	EXPECT(reply.service.size, 4);
	EXPECT(memcmp(reply.service.data, "lazy", 4), 0);
	EXPECT(reply.rights, test_Rights_READ);
}

static void gone(void)
{
	struct test_Target_state_reply state = {0};
	struct sk_client client;
	struct test_Target_echo_reply echoed;
	uint32_t before;

	EXPECT_OK(T(target, state, &state, 0));
	before = state.gone;
	sk_client_open(&client, tap.os, "target", "test.Target");
	for (unsigned i = 0; i < 6; i++) {
		EXPECT_OK(test_Target_echo(&client.kernel.channel,
			&(struct test_Target_echo_request){0}, &echoed, NULL));
		sk_client_close(&client);
	}
	sk_client_end(&client);
	EXPECT_OK(T(target, state, &state, 0));
	EXPECT(state.gone, before + 6);
}

/* Of one server's services only so many clients; the next is told. */
static void too_many_clients(void)
{
	struct sk_handle held[8];
	struct test_Target_echo_reply reply;
	struct sk_client client;
	int status = SK_OK;
	unsigned count = 0;

	EXPECT_OK(T0(target, echo, 0));
	sk_client_open(&client, tap.os, "target", "test.Target");
	for (; count < 8 && status == SK_OK; count++) {
		EXPECT_OK(sk_client_connect(&client, true, NULL));
		status = test_Target_echo(&client.kernel.channel,
			&(struct test_Target_echo_request){0}, &reply, NULL);
		held[count] = sk_os_copy(tap.os, sk_kernel_channel_handle(&client.kernel),
			UINT16_MAX);
	}
	EXPECT(status, SK_EXHAUSTED);
	EXPECT(count, 4);
	EXPECT_OK(T0(target, echo, 0));
	sk_client_close(&client);
	while (count > 0)
		sk_sys_close(sk_kernel_number(held[--count]));
	EXPECT_OK(sk_client_connect(&client, true, NULL));
	EXPECT_OK(test_Target_echo(&client.kernel.channel,
		&(struct test_Target_echo_request){0}, &reply, NULL));
	sk_client_end(&client);
}

/* Requests that a server keeps end at its limit, and its health goes on. */
static void too_many_kept(void)
{
	struct test_Target_state_reply state = {0};
	struct sk_client clients[2];
	struct sk_pending pending = {NULL, NULL};
	struct sk_completion done;
	unsigned refused = 0, canceled = 0, i;
	int before = instance_of_target();

	for (i = 0; i < 2; i++) {
		sk_client_open(&clients[i], tap.os, "target", "test.Target");
		EXPECT_OK(sk_client_connect(&clients[i], true, NULL));
	}
	for (i = 0; i < 8; i++)
		EXPECT_OK(test_Target_keep_begin(&tap.os->ring.ring,
			&clients[i / 4].kernel.channel, &(struct test_Target_keep_request){0},
			sk_pending(&pending), &(struct sk_call){
			.deadline = sk_os_after(tap.os, 500)}));
	for (i = 0; i < 8; i++) {
		struct test_Target_keep_reply kept;
		int status;

		EXPECT_OK(sk_ring_next(&tap.os->ring.ring, SK_FOREVER, &done));
		status = test_Target_keep_end(&done, &kept);
		refused += status == SK_EXHAUSTED;
		canceled += status == SK_TIMED_OUT;
		sk_ring_release(&done);
	}
	EXPECT(refused, 2);
	EXPECT(canceled, 6);
	sk_client_end(&clients[0]);
	sk_client_end(&clients[1]);
	EXPECT_OK(T(target, state, &state, 0));
	EXPECT(state.kept, 0);
	EXPECT(instance_of_target(), before);
}

/* Slots are given back. */
static void many_clients(void)
{
	struct sk_client clients[16];
	unsigned first = 0, again = 0;

	for (unsigned round = 0; round < 2; round++) {
		unsigned count = 0;

		while (count < 16 && sk_client_open(&clients[count], tap.os, "target",
				"test.Target") == SK_OK)
			count++;
		first = again;
		again = count;
		while (count > 0)
			sk_client_end(&clients[--count]);
	}
	EXPECT_TRUE(first > 4 && first < 16);
	EXPECT(again, first);
}

void client_cases(void)
{
	tap_run("a program has so many clients, and has them again", many_clients);
	tap_run("a client connects when it is first used", echo);
	tap_run("names that the manifest lacks, or nobody serves, are refused", names);
	tap_run("a client sees the rights that its manifest has", rights);
	tap_run("a server can ask who its client is", who);
	tap_run("an idempotent call is made again when its server has died", retried);
	tap_run("another call is not", not_retried);
	tap_run("a call that kills all its servers ends", not_for_ever);
	tap_run("a server is told of a call that was given up", deadline);
	tap_run("connecting again ends with the call's deadline", deadline_of_connecting);
	tap_run("a server is told of clients that go", gone);
	tap_run("a server's clients are limited", too_many_clients);
	tap_run("requests that a server keeps are limited, its health is not", too_many_kept);
}
