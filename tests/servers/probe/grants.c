/* What servers are given, and that they have nothing else. */
#include "probe.h"

struct counts {
	unsigned of[16];
};

static struct counts handles_of_target(void)
{
	struct test_Target_handles_reply reply = {.kinds = {NULL, 0}};
	struct counts counts = {{0}};

	EXPECT_OK(T(target, handles, &reply, 0));
	for (uint32_t i = 0; i < reply.kinds.size; i++)
		counts.of[reply.kinds.data[i] % 16]++;
	return counts;
}

static void own_table(void)
{
	struct counts counts = handles_of_target();

	EXPECT(counts.of[kernel_Kind_SPACE], 1);
	EXPECT(counts.of[kernel_Kind_THREAD], 1);
	EXPECT(counts.of[kernel_Kind_QUOTA], 1);
	EXPECT(counts.of[kernel_Kind_CLOCK], 1);
	EXPECT(counts.of[kernel_Kind_ENDPOINT], 1);
	/* To its supervisor, and for faults; it uses no names. */
	EXPECT(counts.of[kernel_Kind_SESSION], 2);
	/* That it made itself, for its loop. */
	EXPECT(counts.of[kernel_Kind_NOTIFICATION], 1);
	EXPECT(counts.of[kernel_Kind_RING], 1);
	EXPECT(counts.of[kernel_Kind_MEMORY], 1);
	EXPECT(counts.of[kernel_Kind_SYSTEM] + counts.of[kernel_Kind_TRACE] +
		counts.of[kernel_Kind_IO_PORTS] + counts.of[kernel_Kind_INTERRUPT], 0);
}

static void list_of(svrctl_Name name, struct counts *counts, unsigned *count)
{
	struct svrctl_Supervisor_grants_reply reply;
	struct svrctl_Granted granted;

	*count = 0;
	memset(counts, 0, sizeof(*counts));
	if (S(grants, &reply, .name = name) != SK_OK)
		return;
	while (svrctl_Granted_next(&reply.list, &granted)) {
		counts->of[granted.kind % 16]++;
		++*count;
	}
}

static void listed(void)
{
	struct counts counts;
	unsigned count;

	list_of(NAME("target"), &counts, &count);
	EXPECT(count, 7);
	EXPECT(counts.of[kernel_Kind_SESSION], 2);
	EXPECT(counts.of[kernel_Kind_ENDPOINT], 1);
	list_of(NAME("probe"), &counts, &count);
	/* The supervisor itself, for faults, names, target, lazy, crasher,
	 * svrctl.Supervisor. */
	EXPECT(counts.of[kernel_Kind_SESSION], 7);
	EXPECT(counts.of[kernel_Kind_ENDPOINT], 0);
}

/* What it has no grant for, asked of the supervisor. */
static void not_granted(void)
{
	struct sk_channel *own = &tap.os->supervisor.channel;
	struct svrctl_Server_startup_reply startup;
	struct svrctl_Server_system_reply system;
	struct svrctl_Server_trace_reply trace;
	struct svrctl_Server_clock_reply clock;
	struct svrctl_Server_initrd_reply initrd;
	struct svrctl_Server_ports_reply ports;
	struct svrctl_Server_memory_reply memory;
	struct svrctl_Server_interrupt_reply interrupt;
	struct svrctl_Server_device_reply device;

	EXPECT(svrctl_Server_startup(own, &(struct svrctl_Server_startup_request){0},
		&startup, NULL), SK_WRONG_STATE);
	EXPECT(svrctl_Server_system(own, &(struct svrctl_Server_system_request){0}, &system,
		NULL), svrctl_Error_NOT_PERMITTED);
	EXPECT(svrctl_Server_trace(own, &(struct svrctl_Server_trace_request){0}, &trace,
		NULL), svrctl_Error_NOT_PERMITTED);
	EXPECT(svrctl_Server_clock(own, &(struct svrctl_Server_clock_request){0}, &clock,
		NULL), svrctl_Error_NOT_PERMITTED);
	EXPECT(svrctl_Server_initrd(own, &(struct svrctl_Server_initrd_request){0}, &initrd,
		NULL), svrctl_Error_NOT_PERMITTED);
	for (uint32_t i = 0; i < 40; i++) {
		EXPECT(svrctl_Server_ports(own, &(struct svrctl_Server_ports_request){i},
			&ports, NULL), svrctl_Error_NOT_FOUND);
		EXPECT(svrctl_Server_memory(own, &(struct svrctl_Server_memory_request){i},
			&memory, NULL), svrctl_Error_NOT_FOUND);
		EXPECT(svrctl_Server_interrupt(own,
			&(struct svrctl_Server_interrupt_request){i}, &interrupt, NULL),
			svrctl_Error_NOT_FOUND);
		EXPECT(svrctl_Server_device(own, &(struct svrctl_Server_device_request){
			.number = i}, &device, NULL), svrctl_Error_NOT_FOUND);
	}
}

static struct sk_channel *on(const struct sk_kernel_channel *channel)
{
	static struct sk_kernel_channel shared;

	sk_os_channel(tap.os, &shared, sk_kernel_channel_handle(channel));
	return &shared.channel;
}

/* What its own objects do not allow. */
static void own_objects(void)
{
	struct kernel_Quota_usage_reply usage;
	struct kernel_Quota_set_limit_reply set;
	struct kernel_Quota_destroy_reply destroyed;
	struct kernel_Quota_create_space_reply space;
	struct kernel_Quota_create_contiguous_reply contiguous;
	struct kernel_Thread_set_priority_reply priority;
	struct kernel_Clock_set_reply clock;
	struct sk_thread *thread = tap.os->thread;

	EXPECT_OK(kernel_Quota_usage(on(&thread->quota),
		&(struct kernel_Quota_usage_request){0}, &usage, NULL));
	EXPECT(usage.limit.priority, 100);
	EXPECT(kernel_Quota_set_limit(on(&thread->quota),
		&(struct kernel_Quota_set_limit_request){.limit = usage.limit}, &set, NULL),
		SK_BAD_HANDLE);
	EXPECT(kernel_Quota_destroy(on(&thread->quota),
		&(struct kernel_Quota_destroy_request){0}, &destroyed, NULL), SK_BAD_HANDLE);
	EXPECT(kernel_Quota_create_space(on(&thread->quota),
		&(struct kernel_Quota_create_space_request){0}, &space, NULL),
		kernel_Error_QUOTA_EXCEEDED);
	EXPECT(kernel_Quota_create_contiguous(on(&thread->quota),
		&(struct kernel_Quota_create_contiguous_request){.size = 4096,
		.alignment = 4096}, &contiguous, NULL), SK_BAD_HANDLE);
	EXPECT(kernel_Thread_set_priority(on(&thread->thread),
		&(struct kernel_Thread_set_priority_request){.priority = 101}, &priority,
		NULL), kernel_Error_INVALID);
	EXPECT(kernel_Clock_set(on(&tap.os->clock),
		&(struct kernel_Clock_set_request){0}, &clock, NULL), SK_BAD_HANDLE);
}

/* Handle numbers that nobody gave it lead nowhere. */
static void other_numbers(void)
{
	unsigned found = 0;

	for (uint32_t index = 1; index < 300; index++)
		for (uint32_t generation = 1; generation < 4; generation++) {
			struct sk_kernel_channel channel;
			struct kernel_Object_info_reply info;

			sk_os_channel(tap.os, &channel, sk_kernel_handle(
				generation << ABI_INDEX_BITS | index));
			if (kernel_Object_info(&channel.channel,
					&(struct kernel_Object_info_request){0}, &info, NULL) ==
					SK_OK && info.kind == kernel_Kind_SYSTEM)
				found++;
		}
	EXPECT(found, 0);
}

void grant_cases(void)
{
	tap_run("a server has its own objects and nothing else", own_table);
	tap_run("the supervisor lists what a server was given", listed);
	tap_run("what the manifest does not grant is refused", not_granted);
	tap_run("its own objects do not let it have more", own_objects);
	tap_run("numbers of handles cannot be guessed", other_numbers);
}
