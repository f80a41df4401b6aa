/* How servers end, and are started again or not. */
#include "probe.h"

#define MS UINT64_C(1000000)

static struct svrctl_Condition condition_of(svrctl_Name name)
{
	struct svrctl_Supervisor_status_reply reply = {0};

	EXPECT_OK(S(status, &reply, .name = name));
	return reply.condition;
}

static void crash(test_Fault fault, int32_t code)
{
	struct svrctl_Condition before = condition_of(NAME("target")), after;

	EXPECT(T0(target, crash, .fault = fault), SK_PEER_CLOSED);
	EXPECT_TRUE(instance_of_target() > 0);
	after = condition_of(NAME("target"));
	EXPECT(after.restarts, before.restarts + 1);
	EXPECT(after.last_end, svrctl_End_FAULTED);
	EXPECT(after.last_code, code);
	EXPECT_TRUE(after.restart_time > 0 && after.restart_time < 1000 * MS);
}

static void faults(void)
{
	crash(test_Fault_READ, fault_Reason_NOT_MAPPED);
	EXPECT(condition_of(NAME("target")).last_address, 0x10);
	crash(test_Fault_EXECUTE, fault_Reason_PROTECTION);
	crash(test_Fault_ILLEGAL, fault_Exception_ILLEGAL);
	crash(test_Fault_STACK, fault_Reason_NOT_MAPPED);
	crash(test_Fault_PORT, fault_Exception_PROTECTION);
}

static void fault_of_thread(void)
{
	crash(test_Fault_THREAD, fault_Reason_NOT_MAPPED);
	EXPECT(condition_of(NAME("target")).last_address, 0x20);
}

static void codes(void)
{
	struct svrctl_Condition condition;

	EXPECT(T0(target, leave, .code = 7), SK_PEER_CLOSED);
	EXPECT_TRUE(instance_of_target() > 0);
	condition = condition_of(NAME("target"));
	EXPECT(condition.last_end, svrctl_End_EXITED);
	EXPECT(condition.last_code, 7);
	EXPECT(T0(target, leave, .code = 0), SK_PEER_CLOSED);
	condition = await_state(NAME("target"), svrctl_State_STOPPED);
	EXPECT(condition.last_end, svrctl_End_EXITED);
	EXPECT(condition.last_code, 0);
	/* Whoever wants it starts it. */
	EXPECT_TRUE(instance_of_target() > 0);
}

static void hang(void)
{
	struct svrctl_Condition condition;

	EXPECT(T0(target, hang, 0), SK_PEER_CLOSED);
	EXPECT_TRUE(instance_of_target() > 0);
	condition = condition_of(NAME("target"));
	EXPECT(condition.last_end, svrctl_End_UNHEALTHY);
	EXPECT(condition.last_code, SK_TIMED_OUT);
}

static void crash_loop(void)
{
	uint64_t begun, took;
	struct svrctl_Condition condition;
	uint32_t before;

	/* A client has begun it. */
	before = await_state(NAME("crasher"), svrctl_State_GIVEN_UP).restarts;
	begun = sk_os_now(tap.os);
	EXPECT(S0(start, .name = NAME("crasher")), svrctl_Error_UNAVAILABLE);
	took = sk_os_now(tap.os) - begun;
	condition = condition_of(NAME("crasher"));
	EXPECT(condition.state, svrctl_State_GIVEN_UP);
	EXPECT(condition.last_end, svrctl_End_FAULTED);
	/* 20, 40, 50 and 50 ms. */
	EXPECT(condition.restarts, before + 4);
	EXPECT_TRUE(took >= 160 * MS);
	EXPECT(sk_client_connect(&probe.crasher, true, NULL), svrctl_Error_UNAVAILABLE);
	EXPECT(T0(crasher, echo, 0), SK_PEER_CLOSED);
	EXPECT(S0(start, .name = NAME("crasher")), svrctl_Error_UNAVAILABLE);
	EXPECT(condition_of(NAME("crasher")).restarts, before + 8);
}

static void not_ready(void)
{
	EXPECT(S0(start, .name = NAME("sleeper")), svrctl_Error_UNAVAILABLE);
	EXPECT(condition_of(NAME("sleeper")).last_end, svrctl_End_NOT_READY);
}

static void gives_up(void)
{
	struct svrctl_Condition condition;

	EXPECT(S0(start, .name = NAME("quitter")), svrctl_Error_UNAVAILABLE);
	condition = condition_of(NAME("quitter"));
	EXPECT(condition.state, svrctl_State_GIVEN_UP);
	EXPECT(condition.last_code, 9);
	EXPECT(condition.restarts, 0);
}

static void always(void)
{
	EXPECT(S0(start, .name = NAME("leaver")), svrctl_Error_UNAVAILABLE);
	EXPECT(condition_of(NAME("leaver")).restarts, 3);
	EXPECT(condition_of(NAME("leaver")).last_end, svrctl_End_EXITED);
}

/* What it wants of its heap it gets until its quota is used up, and then no more. */
static void quota(void)
{
	struct test_Target_fill_reply reply = {0};
	int before = instance_of_target();
	uint64_t got;

	EXPECT_OK(T(target, fill, &reply, .bytes = UINT64_MAX, .piece = 100000));
	got = reply.got;
	EXPECT_TRUE(got > 8 << 20 && got < 16 << 20);
	EXPECT(reply.left, 0);
	EXPECT_OK(T(target, fill, &reply, .bytes = UINT64_MAX, .piece = 100000));
	EXPECT(reply.got, got);
	EXPECT_OK(T(target, fill, &reply, .bytes = 1 << 20, .piece = 24));
	EXPECT_TRUE(reply.got >= 1 << 20);
	EXPECT(reply.left, 0);
	EXPECT(instance_of_target(), before);
}

void life_cases(void)
{
	tap_run("one that faults is started again, and why is told", faults);
	tap_run("a fault of another thread than the first ends it as well", fault_of_thread);
	tap_run("codes of those that end by themselves are told", codes);
	tap_run("one that hangs is killed and started again", hang);
	tap_run("one that dies at once is started again less and less, and given up", crash_loop);
	tap_run("one that is not ready in time is killed", not_ready);
	tap_run("one that gives up is not started again", gives_up);
	tap_run("one that ends well is started again if it says so", always);
	tap_run("a heap ends with the quota, and not its server", quota);
}
