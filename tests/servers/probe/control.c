/* svrctl.Supervisor, and svrctl.Names where nothing dies. */
#include "probe.h"

#define MS UINT64_C(1000000)

static void list(void)
{
	struct svrctl_Supervisor_list_reply reply;
	struct svrctl_Listed one;
	char last[65] = "";
	unsigned count = 0, running = 0;
	uint32_t size = 0;

	EXPECT_OK(S(list, &reply, 0));
	while (svrctl_Listed_next(&reply.servers, &one)) {
		EXPECT_TRUE(memcmp(last, one.name.data, size < one.name.size ? size :
			one.name.size) <= 0);
		memcpy(last, one.name.data, one.name.size);
		size = one.name.size;
		count++;
		running += one.state == svrctl_State_RUNNING;
	}
	EXPECT(count, 10);
	/* target, probe, lazy */
	EXPECT(running, 3);
	EXPECT_OK(S(list, &reply, .after = NAME("sleeper")));
	EXPECT_TRUE(svrctl_Listed_next(&reply.servers, &one));
	EXPECT(one.name.size, 6);
	EXPECT_TRUE(!svrctl_Listed_next(&reply.servers, &one));
}

static void status(void)
{
	struct svrctl_Supervisor_status_reply reply = {0};

	EXPECT_OK(S(status, &reply, .name = NAME("target")));
	EXPECT(reply.condition.state, svrctl_State_RUNNING);
	EXPECT_TRUE(reply.condition.space != 0);
	EXPECT_TRUE(reply.condition.bytes_used > 100000);
	EXPECT(reply.condition.bytes_limit, 16 << 20);
	EXPECT_TRUE(reply.condition.cpu_time > 0);
	EXPECT(reply.condition.clients, 1);
	EXPECT(S(status, &reply, .name = NAME("none")), svrctl_Error_NOT_FOUND);
}

static void stop_and_start(void)
{
	struct svrctl_Condition condition;
	int before = instance_of_target();
	uint64_t begun;

	EXPECT_OK(S0(stop, .name = NAME("target"), .grace = 2000));
	condition = await_state(NAME("target"), svrctl_State_STOPPED);
	EXPECT(condition.last_end, svrctl_End_STOPPED);
	EXPECT(condition.last_code, 0);
	/* It stays stopped. */
	EXPECT(T0(target, echo, 0), SK_PEER_CLOSED);
	EXPECT_OK(S0(stop, .name = NAME("target"), .grace = 0));
	EXPECT_OK(S0(start, .name = NAME("target")));
	EXPECT_OK(S0(start, .name = NAME("target")));
	EXPECT(instance_of_target(), before + 1);
	EXPECT_OK(S0(restart, .name = NAME("target"), .grace = 2000));
	EXPECT(instance_of_target(), before + 2);
	/* One that does not end by itself. */
	EXPECT_OK(T0(target, be_stubborn, .stubborn = true));
	begun = sk_os_now(tap.os);
	EXPECT_OK(S0(restart, .name = NAME("target"), .grace = 60));
	EXPECT_TRUE(sk_os_now(tap.os) - begun >= 60 * MS);
	EXPECT(instance_of_target(), before + 3);
}

/* What needs another starts it. */
static void needs(void)
{
	EXPECT_OK(S0(stop, .name = NAME("lazy"), .grace = 100));
	EXPECT_OK(S0(start, .name = NAME("lazy")));
	EXPECT(T0(lazy, leave, .code = 0), SK_PEER_CLOSED);
	await_state(NAME("lazy"), svrctl_State_STOPPED);
	EXPECT_OK(S0(start, .name = NAME("needy")));
	await_state(NAME("lazy"), svrctl_State_RUNNING);
	EXPECT_OK(S0(stop, .name = NAME("needy"), .grace = 100));
}

static void events(void)
{
	struct svrctl_Supervisor_event event = {0};
	const struct sk_call call = {.deadline = sk_os_after(tap.os, 1000)};
	struct sk_pending pending = {NULL, NULL};
	struct sk_completion done;

	EXPECT_OK(svrctl_Supervisor_next_event_begin(&tap.os->ring.ring,
		&probe.control.kernel.channel, sk_pending(&pending), &call));
	/* What happened before, and nobody waited for. */
	EXPECT_OK(sk_ring_next(&tap.os->ring.ring, SK_FOREVER, &done));
	EXPECT_OK(svrctl_Supervisor_next_event_end(&done, &event));
	EXPECT(event.which, 0);
	EXPECT_TRUE(event.lost > 10);
	sk_ring_release(&done);
	EXPECT_OK(svrctl_Supervisor_next_event_begin(&tap.os->ring.ring,
		&probe.control.kernel.channel, sk_pending(&pending), &call));
	EXPECT_OK(S0(start, .name = NAME("needy")));
	EXPECT_OK(sk_ring_next(&tap.os->ring.ring, SK_FOREVER, &done));
	EXPECT_OK(svrctl_Supervisor_next_event_end(&done, &event));
	EXPECT(event.which, svrctl_Supervisor_event_changed);
	EXPECT(event.as.changed.name.size, 5);
	EXPECT(event.as.changed.state, svrctl_State_STARTING);
	sk_ring_release(&done);
}

/* That a service of its own went down, and came up. */
static void changes(void)
{
	struct sk_pending pending = {NULL, NULL};

	for (unsigned i = 0; i < 3; i++) {
		const struct sk_call call = {.deadline = sk_os_after(tap.os, 1000)};
		struct svrctl_Names_event event = {0};
		struct sk_completion done;

		EXPECT_OK(svrctl_Names_next_event_begin(&tap.os->ring.ring,
			&tap.os->names.channel, sk_pending(&pending), &call));
		if (i == 1)
			EXPECT_OK(S0(stop, .name = NAME("lazy"), .grace = 1000));
		if (i == 2)
			EXPECT_OK(S0(start, .name = NAME("lazy")));
		EXPECT_OK(sk_ring_next(&tap.os->ring.ring, SK_FOREVER, &done));
		EXPECT_OK(svrctl_Names_next_event_end(&done, &event));
		/* First how many nobody waited for. */
		EXPECT(event.which, i == 0 ? 0 : svrctl_Names_event_changed);
		if (i > 0)
			EXPECT(event.as.changed.up, i == 2);
		sk_ring_release(&done);
	}
}

/* From the end of one instance until the next is ready, without back-off. */
static void latency(void)
{
	struct svrctl_Supervisor_status_reply reply = {0};
	uint64_t times[50], one;
	unsigned count = 0, at;

	for (; count < 50; count++) {
		EXPECT_OK(S0(restart, .name = NAME("target"), .grace = 0));
		EXPECT_OK(S(status, &reply, .name = NAME("target")));
		one = reply.condition.restart_time;
		for (at = count; at > 0 && times[at - 1] > one; at--)
			times[at] = times[at - 1];
		times[at] = one;
	}
	EXPECT_TRUE(times[0] > 0);
	sk_log(tap.os, log_Level_INFO, "# a restart takes p50 %lu us, p99 %lu us",
		times[25] / 1000, times[49] / 1000);
}

static void services(void)
{
	const struct svrctl_Names_services_request request = {0};
	struct svrctl_Names_services_reply reply;
	struct svrctl_Service one;
	unsigned count = 0, up = 0;

	EXPECT_OK(svrctl_Names_services(&tap.os->names.channel, &request, &reply, NULL));
	while (svrctl_Service_next(&reply.list, &one)) {
		count++;
		up += one.up;
	}
	EXPECT(count, 5);
	/* lazy, target, supervisor */
	EXPECT(up, 3);
}

static uint8_t manifest[4096];

static uint32_t manifest_of(svrctl_Name name)
{
	struct svrctl_Supervisor_manifest_reply reply = {0};

	EXPECT_OK(S(manifest, &reply, .name = name, .bytes = sk_lend_out(manifest,
		sizeof(manifest))));
	return reply.size;
}

static int add(uint32_t size, const void *program, uint32_t program_size)
{
	struct svrctl_Supervisor_add_reply reply;

	return S(add, &reply, .manifest = sk_lend(manifest, size),
		.program = sk_lend(program, program_size));
}

static void adding(void)
{
	uint32_t size = manifest_of(NAME("leaver"));

	EXPECT_TRUE(size > 100);
	EXPECT_OK(S0(remove, .name = NAME("leaver")));
	EXPECT(S0(start, .name = NAME("leaver")), svrctl_Error_NOT_FOUND);
	EXPECT_OK(add(size, NULL, 0));
	EXPECT(S0(start, .name = NAME("leaver")), svrctl_Error_UNAVAILABLE);
	EXPECT_OK(add(size, NULL, 0));
	EXPECT(add(size, "no program", 10), svrctl_Error_BAD_PROGRAM);
	EXPECT(add(size - 1, NULL, 0), svrctl_Error_BAD_MANIFEST);
	EXPECT(add(0, NULL, 0), svrctl_Error_BAD_MANIFEST);
	/* It asks for what this program was not granted. */
	size = manifest_of(NAME("rich"));
	EXPECT(add(size, NULL, 0), svrctl_Error_NOT_PERMITTED);
	size = manifest_of(NAME("target"));
	EXPECT(add(size, NULL, 0), svrctl_Error_BAD_STATE);
	EXPECT(S0(remove, .name = NAME("target")), svrctl_Error_BAD_STATE);
}

/* No archive has a manifest like this one. */
static void no_program(void)
{
	uint32_t size = manifest_of(NAME("leaver"));
	uint8_t *program = manifest;
	struct svrctl_Supervisor_status_reply reply = {0};

	for (uint32_t at = 0; at < size; at++)
		if (memcmp(manifest + at, "servers/target", 14) == 0)
			program = manifest + at;
	program[0] = 'z';
	EXPECT_OK(S0(remove, .name = NAME("leaver")));
	EXPECT_OK(add(size, NULL, 0));
	EXPECT(S0(start, .name = NAME("leaver")), svrctl_Error_BAD_PROGRAM);
	EXPECT_OK(S(status, &reply, .name = NAME("leaver")));
	EXPECT(reply.condition.last_end, svrctl_End_NOT_STARTED);
	EXPECT(reply.condition.last_code, svrctl_Error_BAD_PROGRAM);
	program[0] = 's';
	EXPECT_OK(add(size, NULL, 0));
}

static void guest(void)
{
	struct svrctl_Condition condition;

	EXPECT_OK(S0(start, .name = NAME("guest")));
	condition = await_state(NAME("guest"), svrctl_State_STOPPED);
	EXPECT(condition.last_end, svrctl_End_EXITED);
	EXPECT(condition.last_code, 5);
}

static void flood(void)
{
	for (unsigned i = 0; i < 15; i++)
		EXPECT_OK(T0(target, say, .lines = 10));
	EXPECT_TRUE(instance_of_target() >= 0);
}

static void hardware(void)
{
	EXPECT_OK(S0(start, .name = NAME("rich")));
	EXPECT_OK(S0(stop, .name = NAME("rich"), .grace = 100));
}

void control_cases(void)
{
	tap_run("servers are listed by name", list);
	tap_run("a server's figures are told", status);
	tap_run("servers are stopped, started and restarted", stop_and_start);
	tap_run("what a server needs is started before it", needs);
	tap_run("changes are told to who waits, lost ones counted", events);
	tap_run("a client sees its services", services);
	tap_run("a client is told when its services come and go", changes);
	tap_run("fifty restarts, one after the other", latency);
	tap_run("servers are added and removed, within the own grants", adding);
	tap_run("one without a program is given up", no_program);
	tap_run("one that may look may do no more", guest);
	tap_run("one that wants hardware is started and stopped", hardware);
	tap_run("one that says too much is cut short", flood);
}

/* ---- in a program of its own ---- */

static void only_look(void)
{
	struct svrctl_Supervisor_list_reply list;

	EXPECT_OK(S(list, &list, 0));
	EXPECT(S0(start, .name = NAME("target")), svrctl_Error_NOT_PERMITTED);
	EXPECT(S0(stop, .name = NAME("target")), svrctl_Error_NOT_PERMITTED);
	EXPECT(S0(restart, .name = NAME("target")), svrctl_Error_NOT_PERMITTED);
	EXPECT(S0(remove, .name = NAME("leaver")), svrctl_Error_NOT_PERMITTED);
	EXPECT(S0(shut_down, 0), svrctl_Error_NOT_PERMITTED);
	EXPECT(add(10, NULL, 0), svrctl_Error_NOT_PERMITTED);
}

void guest_cases(void)
{
	tap_run("a guest can look only", only_look);
}
