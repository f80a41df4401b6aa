/*
 * A driver that tries everything, with each handle that it has and with numbers that it
 * has not, and a bystander of whom nothing may change. What came of it is in the log.
 */
#include "tests/servers/intruder/intruder.h"

#define PATTERN_WORDS 8192

struct tap tap;
struct intruder intruder;

struct sk_channel *on(struct sk_handle handle)
{
	static struct sk_kernel_channel channel;

	sk_os_channel(tap.os, &channel, handle);
	return &channel.channel;
}

void list_own(void)
{
	struct kernel_Space_handles_reply reply;
	struct kernel_HandleEntry entry;

	intruder.own_count = 0;
	EXPECT(CALL(kernel_Space, handles, &tap.os->thread->space.channel, &reply,
		.from = 0), 0);
	while (intruder.own_count < OWN_MAX && kernel_HandleEntry_next(&reply.list, &entry))
		intruder.own[intruder.own_count++] = (struct own){entry.number, (uint32_t)entry.kind,
			entry.rights};
}

struct sk_handle own_of(uint32_t kind)
{
	for (uint32_t i = 0; i < intruder.own_count; i++)
		if (intruder.own[i].kind == kind)
			return sk_kernel_handle(intruder.own[i].number);
	return sk_no_handle();
}

/* ---- the bystander ---- */

static uint64_t pattern[PATTERN_WORDS];
static struct test_Target_state_reply counters;

/* In `kept`: words that are not as they were. */
static void state(void *self, const struct test_Target_state_request *request,
	struct sk_reply *to)
{
	struct test_Target_state_reply reply = counters;

	(void)self;
	(void)request;
	for (uint64_t i = 0; i < PATTERN_WORDS; i++)
		reply.kept += pattern[i] != i * UINT64_C(0x9e3779b97f4a7c15);
	test_Target_state_answer(to, 0, &reply);
}

static void echo(void *self, const struct test_Target_echo_request *request,
	struct sk_reply *to)
{
	const struct test_Target_echo_reply reply = {request->value, tap.os->instance};

	(void)self;
	test_Target_echo_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct test_Target_ops ops = {.state = state, .echo = echo};

	return test_Target_dispatch(&ops, self, incoming);
}

static int be_bystander(struct sk_os *os)
{
	static const struct sk_service services[] = {
		{.dispatch = dispatch}, {.dispatch = dispatch},
	};
	struct svrctl_Server_ports_reply ports;
	struct svrctl_Server_memory_reply memory;
	struct svrctl_Server_interrupt_reply interrupt;

	for (uint64_t i = 0; i < PATTERN_WORDS; i++)
		pattern[i] = i * UINT64_C(0x9e3779b97f4a7c15);
	CALL(svrctl_Server, ports, &os->supervisor.channel, &ports, .number = 0);
	CALL(svrctl_Server, memory, &os->supervisor.channel, &memory, .number = 1);
	CALL(svrctl_Server, interrupt, &os->supervisor.channel, &interrupt, .number = 2);
	return sk_serve(os, &(struct sk_serve){.services = services, .service_count = 2});
}

/* ---- what changed of others ---- */

struct others {
	uint32_t instance, wrong, restarts, state, count;
	uint64_t bytes;
	kernel_ObjectId space;
};

static struct others look(void)
{
	struct test_Target_echo_reply echoed = {0};
	struct test_Target_state_reply found = {0};
	struct svrctl_Supervisor_status_reply status = {{0}};
	struct svrctl_Supervisor_list_reply list;
	struct svrctl_Listed one;
	struct others others = {0};

	EXPECT(CALL(test_Target, echo, &intruder.bystander.kernel.channel, &echoed,
		.value = 1), 0);
	EXPECT(CALL(test_Target, state, &intruder.bystander.kernel.channel, &found,
		.empty = 0), 0);
	EXPECT(CALL(svrctl_Supervisor, status, &intruder.control.kernel.channel, &status,
		.name = {"bystander", 9}), 0);
	others = (struct others){echoed.instance, found.kept, status.condition.restarts,
		(uint32_t)status.condition.state, 0, status.condition.bytes_used,
		status.condition.space};
	if (CALL(svrctl_Supervisor, list, &intruder.control.kernel.channel, &list,
			.after = {"", 0}) == 0)
		while (svrctl_Listed_next(&list.servers, &one))
			others.count++;
	return others;
}

static struct others before;

static void nothing_changed(void)
{
	struct others now = look();

	EXPECT(now.instance, 0);
	EXPECT(now.wrong, 0);
	EXPECT(now.restarts, 0);
	EXPECT(now.state, svrctl_State_RUNNING);
	EXPECT(now.count, 2);
	EXPECT(now.bytes, before.bytes);
	EXPECT(now.space, before.space);
}

/* ---- the intruder ---- */

static void take_all(struct sk_os *os)
{
	struct sk_channel *own = &os->supervisor.channel;
	struct svrctl_Server_ports_reply ports;
	struct svrctl_Server_memory_reply memory;
	struct svrctl_Server_interrupt_reply interrupt;
	struct svrctl_Server_endpoint_reply endpoint;

	EXPECT(CALL(svrctl_Server, ports, own, &ports, .number = 0), 0);
	EXPECT(CALL(svrctl_Server, memory, own, &memory, .number = 1), 0);
	EXPECT(CALL(svrctl_Server, interrupt, own, &interrupt, .number = 2), 0);
	EXPECT(CALL(svrctl_Server, endpoint, own, &endpoint, .empty = 0), 0);
	intruder.ports = ports.ports.raw;
	intruder.memory = memory.memory.raw;
	intruder.interrupt = interrupt.interrupt.raw;
	intruder.endpoint = endpoint.endpoint.raw;
	list_own();
}

static void granted(void)
{
	take_all(tap.os);
	EXPECT_TRUE(own_of(kernel_Kind_IO_PORTS).raw >= 0);
	EXPECT_TRUE(own_of(kernel_Kind_INTERRUPT).raw >= 0);
	EXPECT(own_of(kernel_Kind_SYSTEM).raw, -1);
	EXPECT(own_of(kernel_Kind_TRACE).raw, -1);
}

int sk_os_main(struct sk_os *os)
{
	char role[16] = "";

	tap.os = os;
	if (sk_os_arguments(os, false, role, sizeof(role)) > 0)
		return be_bystander(os);
	sk_client_open(&intruder.bystander, os, "bystander", "test.Target");
	sk_client_open(&intruder.control, os, "supervisor", "svrctl.Supervisor");
	sk_os_ready(os);
	try_faults();
	before = look();
	tap_run("a driver has what its manifest grants, and nothing of the machine", granted);
	object_cases();
	server_cases();
	tap_run("nothing of another server has changed", nothing_changed);
	sk_log(os, log_Level_INFO, "%u answers were as expected", tap.passed);
	sk_log(os, log_Level_INFO, "all cases were run");
	return 0;
}
