/* Its own objects, and numbers that are none of its: what they do not allow. */
#include "tests/servers/intruder/intruder.h"

#include "tests/kernel/fuzz/methods.h"

/* ---- every method, on every handle of another kind ---- */

enum {
	KIND_Object = kernel_Kind_NONE, KIND_Space = kernel_Kind_SPACE,
	KIND_Thread = kernel_Kind_THREAD, KIND_Memory = kernel_Kind_MEMORY,
	KIND_Endpoint = kernel_Kind_ENDPOINT, KIND_Session = kernel_Kind_SESSION,
	KIND_Notification = kernel_Kind_NOTIFICATION, KIND_Ring = kernel_Kind_RING,
	KIND_Timer = kernel_Kind_TIMER, KIND_Interrupt = kernel_Kind_INTERRUPT,
	KIND_IoPorts = kernel_Kind_IO_PORTS, KIND_Quota = kernel_Kind_QUOTA,
	KIND_Clock = kernel_Kind_CLOCK, KIND_Trace = kernel_Kind_TRACE,
	KIND_System = kernel_Kind_SYSTEM
};

#define X(interface, method, ...) \
static int call_##interface##_##method(struct sk_channel *channel) \
{ \
	struct kernel_##interface##_##method##_request request; \
	struct kernel_##interface##_##method##_reply reply; \
	\
	memset(&request, 0, sizeof(request)); \
	return kernel_##interface##_##method(channel, &request, &reply, \
		&(struct sk_call){.deadline = sk_os_after(tap.os, 2000)}); \
}
METHODS(X)
#undef X

static const struct method {
	uint32_t kind;
	uint32_t id;
	int (*call)(struct sk_channel *channel);
} methods[] = {
#define X(interface, method, ...) {KIND_##interface, \
	kernel_##interface##_##method##_request_ID, call_##interface##_##method},
	METHODS(X)
#undef X
};
#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

/* What wants a handle, a lease or a variant, of which there is none here, the stub or
 * the kernel refuses for that. */
static bool lacks_something(int status)
{
	return status == SK_BAD_HANDLE || status == SK_BAD_LEASE || status == SK_INVALID;
}

static void wrong_kinds(void)
{
	uint32_t of[32] = {0};

	for (uint32_t i = 0; i < intruder.own_count; i++) {
		const struct own *own = &intruder.own[i];

		for (uint32_t k = 0; k < METHOD_COUNT; k++) {
			int status;

			if (methods[k].kind == KIND_Object || methods[k].kind == own->kind)
				continue;
			status = methods[k].call(on(sk_kernel_handle(own->number)));
			of[status <= 0 && status > -32 ? -status : 31]++;
			if (!lacks_something(status))
				EXPECT(status, SK_UNKNOWN_METHOD);
		}
	}
	sk_log(tap.os, log_Level_INFO, "methods of other kinds: UNKNOWN_METHOD %u, "
		"BAD_HANDLE %u, BAD_LEASE %u", of[-SK_UNKNOWN_METHOD], of[-SK_BAD_HANDLE],
		of[-SK_BAD_LEASE]);
	EXPECT_TRUE(of[-SK_UNKNOWN_METHOD] > 500);
}

/* The same on numbers that are not in its table. */
static void no_numbers(void)
{
	for (uint32_t i = 0; i < 4000; i++) {
		uint32_t number = (1 + i % 4) << ABI_INDEX_BITS | (1 + i / 4);
		struct kernel_Object_info_reply info;
		bool is_own = false;

		for (uint32_t k = 0; k < intruder.own_count; k++)
			is_own = is_own || intruder.own[k].number == number;
		if (!is_own)
			EXPECT(K(sk_kernel_handle(number), Object, info, &info, .empty = 0),
				SK_BAD_HANDLE);
	}
	for (uint32_t k = 0; k < METHOD_COUNT; k++)
		EXPECT_TRUE(lacks_something(methods[k].call(on(
			sk_kernel_handle(0x7ff00123)))));
}

/* ---- rights ---- */

static struct sk_handle quota(void)
{
	return sk_kernel_channel_handle(&tap.os->thread->quota);
}

static struct sk_handle space(void)
{
	return sk_kernel_channel_handle(&tap.os->thread->space);
}

static struct sk_handle thread(void)
{
	return sk_kernel_channel_handle(&tap.os->thread->thread);
}

/* A copy has what the original had, whatever is asked for. */
static void no_more_rights(void)
{
	for (uint32_t i = 0; i < intruder.own_count; i++) {
		struct sk_handle copy = sk_os_copy(tap.os,
			sk_kernel_handle(intruder.own[i].number), UINT16_MAX);
		struct kernel_HandleEntry entry;
		struct kernel_Space_handles_reply reply;

		if (copy.raw < 0)
			continue;
		EXPECT(K(space(), Space, handles, &reply,
			.from = ABI_INDEX(sk_kernel_number(copy))), 0);
		EXPECT_TRUE(kernel_HandleEntry_next(&reply.list, &entry));
		EXPECT(entry.number, sk_kernel_number(copy));
		EXPECT(entry.rights & ~intruder.own[i].rights, 0);
		sk_sys_close(sk_kernel_number(copy));
	}
}

static void rights(void)
{
	struct kernel_Quota_create_contiguous_reply contiguous;
	struct sk_handle clock = own_of(kernel_Kind_CLOCK);

	EXPECT(K0(quota(), Quota, set_limit, .limit = {.bytes = UINT64_C(1) << 40}),
		SK_BAD_HANDLE);
	EXPECT(K0(quota(), Quota, destroy, .empty = 0), SK_BAD_HANDLE);
	EXPECT(K(quota(), Quota, create_contiguous, &contiguous, .size = 4096,
		.alignment = 4096), SK_BAD_HANDLE);
	EXPECT(K0(clock, Clock, set, .realtime_offset = 1), SK_BAD_HANDLE);
}

/* ---- what it may use ---- */

static void quota_is_all(void)
{
	struct kernel_Quota_create_space_reply made;
	struct kernel_Quota_fork_space_reply forked;
	struct kernel_Quota_create_memory_reply memory;
	struct kernel_Quota_create_quota_reply child;
	struct kernel_Quota_create_thread_reply threads[9];
	int status = SK_OK;
	unsigned count = 0;

	EXPECT(K(quota(), Quota, create_space, &made, .empty = 0),
		kernel_Error_QUOTA_EXCEEDED);
	EXPECT(K(quota(), Quota, fork_space, &forked, .from = {space()}),
		kernel_Error_QUOTA_EXCEEDED);
	EXPECT(K(quota(), Quota, create_memory, &memory, .size = 64 << 20), 0);
	EXPECT(K0(memory.memory.raw, Memory, commit, .length = 64 << 20),
		kernel_Error_QUOTA_EXCEEDED);
	sk_sys_close(sk_kernel_number(memory.memory.raw));
	/* A part of it may say more, and has no more. */
	EXPECT(K(quota(), Quota, create_quota, &child, .limit = {.bytes = 4 << 20,
		.threads = 8, .spaces = 1, .handles = 256, .priority = 100}), 0);
	EXPECT(K(child.quota.raw, Quota, create_space, &made, .empty = 0),
		kernel_Error_QUOTA_EXCEEDED);
	for (; count < 9 && status == SK_OK; count += status == SK_OK)
		status = K(quota(), Quota, create_thread, &threads[count],
			.space = {space()}, .priority = 50);
	EXPECT(status, kernel_Error_QUOTA_EXCEEDED);
	EXPECT(count, 7);
	while (count > 0)
		sk_sys_close(sk_kernel_number(threads[--count].thread.raw));
	sk_sys_close(sk_kernel_number(child.quota.raw));
}

static void priorities(void)
{
	struct kernel_Quota_create_thread_reply made;

	for (uint32_t priority = 101; priority < 300; priority += 9) {
		EXPECT(K0(thread(), Thread, set_priority, .priority = priority),
			kernel_Error_INVALID);
		EXPECT(K(quota(), Quota, create_thread, &made, .space = {space()},
			.priority = priority), priority <= kernel_PRIORITY_MAX ?
			kernel_Error_QUOTA_EXCEEDED : kernel_Error_INVALID);
	}
}

/* ---- its hardware, and that of others ---- */

static void ports(void)
{
	static const uint16_t beyond[] = {8, 9, 0x100, 0x7fff, 0xfd18, 0xffff};
	struct kernel_IoPorts_read_reply read;
	struct kernel_IoPorts_read_many_reply many;

	EXPECT(K(intruder.ports, IoPorts, read, &read, .port = 0, .width = 1), 0);
	EXPECT(K(intruder.ports, IoPorts, read, &read, .port = 7, .width = 2),
		kernel_Error_OUT_OF_RANGE);
	EXPECT(K(intruder.ports, IoPorts, read, &read, .port = 5, .width = 4),
		kernel_Error_OUT_OF_RANGE);
	for (unsigned i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		EXPECT(K(intruder.ports, IoPorts, read, &read, .port = beyond[i], .width = 1),
			kernel_Error_OUT_OF_RANGE);
		EXPECT(K0(intruder.ports, IoPorts, write, .port = beyond[i], .width = 1,
			.value = 6), kernel_Error_OUT_OF_RANGE);
		EXPECT(K(intruder.ports, IoPorts, read_many, &many, .port = beyond[i],
			.width = 1, .count = 4), kernel_Error_OUT_OF_RANGE);
	}
	EXPECT(K(intruder.ports, IoPorts, read, &read, .port = 0, .width = 3),
		kernel_Error_INVALID);
}

static void physical(void)
{
	struct kernel_Space_map_reply mapped;

	for (uint64_t offset = 4096; offset != 0; offset <<= 4)
		EXPECT_TRUE(K(space(), Space, map, &mapped, .memory = {intruder.memory},
			.offset = offset, .length = 4096, .protection = 3) > 0);
	EXPECT_TRUE(K(space(), Space, map, &mapped, .memory = {intruder.memory},
		.length = 1 << 20, .protection = 3) > 0);
	EXPECT_TRUE(K0(intruder.memory, Memory, truncate, .size = 1 << 20) != 0);
}

void object_cases(void)
{
	tap_run("methods of other kinds of objects are unknown to each of its handles", wrong_kinds);
	tap_run("numbers that it was not given are no handles", no_numbers);
	tap_run("copies of handles have no more rights", no_more_rights);
	tap_run("what needs a right that it has not is refused", rights);
	tap_run("its quota is all that it has, divided or not", quota_is_all);
	tap_run("no thread of it gets a priority above its manifest's", priorities);
	tap_run("its ports end where they end", ports);
	tap_run("its physical range ends where it ends", physical);
}
