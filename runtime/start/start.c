/* The way into a program, and its threads and pages. */
#include "runtime/start/start.h"

#include "kernel.skald.h"
#include "runtime/kernel/sys.h"

/* Of the first thread. */
#define FIRST_SLOTS 32

int sk_slots_register(struct sk_channel *thread, uint32_t count,
	struct sk_kernel_slots *slots)
{
	const struct kernel_Thread_set_slots_request request = {.count = count};
	struct kernel_Thread_set_slots_reply reply;
	int status = kernel_Thread_set_slots(thread, &request, &reply, NULL);

	if (status != SK_OK)
		return status;
	slots->base = (uint8_t *)(uintptr_t)reply.address;
	slots->count = count;
	return SK_OK;
}

static int open_channel(struct sk_kernel_channel *channel,
	const struct sk_kernel_slots *slots, struct sk_handle handle)
{
	return handle.raw < 0 ? SK_OK :
		sk_kernel_channel_open(channel, slots, 0, 1, handle);
}

int sk_thread_open(struct sk_thread *thread, struct sk_handle handle,
	const struct sk_kernel_slots *slots, struct sk_handle space,
	struct sk_handle quota, struct sk_handle system)
{
	int status;

	memset(thread, 0, sizeof(*thread));
	thread->handle = handle;
	thread->faults = sk_no_handle();
	thread->slots = *slots;
	status = open_channel(&thread->thread, slots, handle);
	if (status == SK_OK)
		status = open_channel(&thread->space, slots, space);
	if (status == SK_OK)
		status = open_channel(&thread->quota, slots, quota);
	if (status == SK_OK)
		status = open_channel(&thread->system, slots, system);
	return status;
}

_Noreturn void sk_thread_exit(struct sk_thread *thread, int32_t code)
{
	const struct kernel_Thread_kill_request request = {.code = code};
	struct kernel_Thread_kill_reply reply;

	for (;;)
		kernel_Thread_kill(&thread->thread.channel, &request, &reply, NULL);
}

_Noreturn void sk_start(uint64_t argument);

_Noreturn void sk_start(uint64_t argument)
{
	static struct sk_thread thread;
	struct sk_kernel_slots slots = {
		(uint8_t *)(uintptr_t)(argument & ~(uint64_t)(SK_PAGE - 1)),
		(uint32_t)argument % SK_PAGE,
	};
	struct sk_handle self = sk_kernel_handle(ABI_FIRST_THREAD);

	if (argument == 0) {
		sk_kernel_channel_open(&thread.thread, NULL, 0, 0, self);
		if (sk_slots_register(&thread.thread.channel, FIRST_SLOTS, &slots) != SK_OK)
			sk_thread_exit(&thread, -1);
		sk_thread_open(&thread, self, &slots, sk_kernel_handle(ABI_FIRST_SPACE),
			sk_kernel_handle(ABI_FIRST_QUOTA),
			sk_kernel_handle(ABI_FIRST_SYSTEM));
	} else {
		sk_thread_open(&thread, sk_no_handle(), &slots, sk_no_handle(),
			sk_no_handle(), sk_no_handle());
	}
	sk_thread_exit(&thread, sk_main(&thread, argument));
}

/* ---- threads ---- */

/* The handler keeps its handle, for the next one. */
static int watch_faults(struct sk_thread *by, struct sk_channel *thread)
{
	const struct kernel_Space_duplicate_request request = {
		.number = sk_kernel_number(by->faults),
		.rights = UINT16_MAX,
		.protocol_rights = UINT16_MAX,
	};
	struct kernel_Thread_set_fault_handler_request set = {.has_handler = true};
	struct kernel_Thread_set_fault_handler_reply done;
	struct kernel_Space_duplicate_reply reply;
	int status = kernel_Space_duplicate(&by->space.channel, &request, &reply, NULL);

	if (status != SK_OK)
		return status;
	set.handler.raw = sk_kernel_handle(reply.number);
	return kernel_Thread_set_fault_handler(thread, &set, &done, NULL);
}

int sk_thread_new(struct sk_thread *by, struct sk_handle space, uint32_t priority,
	uint32_t slot_count, struct sk_handle *handle, struct sk_kernel_slots *slots)
{
	const struct kernel_Quota_create_thread_request request = {
		.space = {space}, .priority = priority,
	};
	struct kernel_Quota_create_thread_reply reply;
	struct sk_kernel_channel thread;
	int status = kernel_Quota_create_thread(&by->quota.channel, &request, &reply, NULL);

	*handle = sk_no_handle();
	if (status != SK_OK)
		return status;
	*handle = reply.thread.raw;
	sk_kernel_channel_open(&thread, &by->slots, 0, 1, *handle);
	if (slot_count > 0)
		status = sk_slots_register(&thread.channel, slot_count, slots);
	if (status == SK_OK && by->faults.raw >= 0 &&
			space.raw == sk_kernel_channel_handle(&by->space).raw)
		status = watch_faults(by, &thread.channel);
	if (status != SK_OK) {
		sk_kernel_channel_close(&thread);
		*handle = sk_no_handle();
	}
	return status;
}

int sk_thread_start(struct sk_thread *by, struct sk_handle thread,
	void (*entry)(void *argument), void *stack, void *argument)
{
	/* As if it had been called: the return address is 0. */
	uint64_t *top = (uint64_t *)(void *)((uintptr_t)stack & ~(uintptr_t)15);
	const struct kernel_Thread_start_request request = {
		.entry = (uintptr_t)entry,
		.stack = (uintptr_t)(top - 1),
		.argument = (uintptr_t)argument,
	};
	struct kernel_Thread_start_reply reply;
	struct sk_kernel_channel channel;

	sk_kernel_channel_open(&channel, &by->slots, 0, 1, thread);
	return kernel_Thread_start(&channel.channel, &request, &reply, NULL);
}

/* ---- memory ---- */

void *sk_pages(struct sk_thread *thread, uint64_t bytes, struct sk_handle *memory)
{
	const struct kernel_Quota_create_memory_request create = {.size = bytes};
	struct kernel_Space_map_request map;
	struct kernel_Quota_create_memory_reply created;
	struct kernel_Space_map_reply mapped;
	int status = kernel_Quota_create_memory(&thread->quota.channel, &create, &created,
		NULL);

	if (status != SK_OK)
		return NULL;
	kernel_Space_map_request_init(&map);
	map.memory.raw = created.memory.raw;
	map.length = bytes;
	map.protection = kernel_Protection_READ | kernel_Protection_WRITE;
	status = kernel_Space_map(&thread->space.channel, &map, &mapped, NULL);
	if (memory && status == SK_OK)
		*memory = created.memory.raw;
	else
		sk_close(&thread->space.channel, created.memory.raw);
	return status == SK_OK ? (void *)(uintptr_t)mapped.address : NULL;
}

void sk_pages_free(struct sk_thread *thread, void *pages, uint64_t bytes)
{
	const struct kernel_Space_unmap_request request = {
		.address = (uintptr_t)pages, .length = bytes,
	};
	struct kernel_Space_unmap_reply reply;

	kernel_Space_unmap(&thread->space.channel, &request, &reply, NULL);
}
