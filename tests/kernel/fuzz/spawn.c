/* Spaces and threads with something to do, made as a program would: by calls. */
#include <string.h>

#include "tests/kernel/fuzz/fuzz.h"
#include "kernel/log.h"
#include "kernel/system.h"

#define NUMBER(handle) ((uint32_t)(handle).raw.raw)
#define HANDLE(number) {{(int32_t)(number)}}

/* The actor's own handle of its space or itself. */
static uint32_t own(uint32_t kind, const struct object *object)
{
	struct handle entry = {0};

	for (unsigned i = 0; i < 10; i++) {
		uint32_t number = pick_in(&actor->space->handles, kind, &entry);

		if (number && entry.object == object)
			return number;
	}
	return 0;
}

/* A copy of a handle, into another space's table. */
static bool give(uint32_t self, uint32_t space, uint32_t number)
{
	struct kernel_Space_duplicate_reply copy;
	struct kernel_Space_insert_reply there;

	return DO(Space, duplicate, self, &copy, .number = number, .rights = 0x3fff,
			.protocol_rights = 0xffff) &&
		DO(Space, insert, space, &there, .what = HANDLE(copy.number));
}

static bool add_thread(uint32_t quota, uint32_t self, uint32_t space, bool gives)
{
	struct kernel_Quota_create_thread_reply made;
	struct kernel_Thread_set_slots_reply slots;
	struct kernel_Thread_start_reply start;
	struct kernel_Thread_set_fault_handler_reply handler;
	uint32_t thread;

	if (!DO(Quota, create_thread, quota, &made, .space = HANDLE(space),
			.priority = below(12)))
		return false;
	thread = NUMBER(made.thread);
	if (gives && !give(self, space, thread) && one_in(2))
		return false;
	if (!one_in(8) && !DO(Thread, set_slots, thread, &slots, .count = 1 + below(4)))
		return false;
	if (!one_in(4) && !DO(Thread, set_fault_handler, thread, &handler, .has_handler = true,
			.handler = HANDLE(pick_handle(kernel_Kind_SESSION))))
		return false;
	return DO(Thread, start, thread, &start, .entry = USER_BASE, .stack = 0);
}

#define MAKE(method, ...) do { \
	struct kernel_Quota_##method##_reply made_##method; \
	if (!DO(Quota, method, quota, &made_##method, __VA_ARGS__)) \
		return; \
} while (0)
#define WANTS(kind) (!pick_in(table, kernel_Kind_##kind, NULL) || one_in(6))

/* Something of each kind to act on. */
static void stock(uint32_t quota, uint32_t self)
{
	struct kernel_Space_map_reply mapped;
	const struct handle_table *table = &actor->space->handles;
	struct kernel_Endpoint_mint_reply minted;
	struct kernel_Endpoint_set_tokens_reply tokens;
	struct kernel_Endpoint_bind_reply bound;
	uint32_t number;

	if (WANTS(NOTIFICATION))
		MAKE(create_notification, .empty = 0);
	if (WANTS(ENDPOINT))
		MAKE(create_endpoint, .empty = 0);
	number = pick_in(table, kernel_Kind_ENDPOINT, NULL);
	if (one_in(2) && !DO(Endpoint, bind, number, &bound, .has_notification = true,
			.notification = HANDLE(pick_in(table, kernel_Kind_NOTIFICATION,
			NULL))) && !acts_still())
		return;
	if (WANTS(SESSION) && (!DO(Endpoint, mint, number, &minted, .badge = below(100),
			.credit = below(3), .protocol_rights = 0xffff,
			.controlled = one_in(3)) || (one_in(2) && !DO(Endpoint, set_tokens,
			number, &tokens, .count = below(20)))))
		return;
	if (WANTS(MEMORY))
		MAKE(create_memory, .size = PAGE_SIZE * (1 + below(6)));
	if (WANTS(RING))
		MAKE(create_ring, .slots = 1 + below(8));
	if (WANTS(TIMER))
		MAKE(create_timer, .notify = HANDLE(pick_in(table, kernel_Kind_NOTIFICATION,
			NULL)), .bits = 1u << below(8));
	if (one_in(2))
		MAKE(create_paged, .size = PAGE_SIZE * (1 + below(6)),
			.pager = HANDLE(pick_in(table, kernel_Kind_SESSION, NULL)));
	(void)DO(Space, map, self, &mapped, .length = PAGE_SIZE * (1 + below(4)),
		.memory = HANDLE(pick_in(table, kernel_Kind_MEMORY, NULL)),
		.protection = 3, .flags = one_in(3) ? kernel_MapFlags_PRIVATE : 0);
}

static uint32_t small_quota(void)
{
	struct kernel_Quota_create_quota_reply made;
	uint32_t quota = pick_handle(kernel_Kind_QUOTA);

	if (one_in(3) || !DO(Quota, create_quota, quota, &made, .limit = {
			.bytes = 100000 + below(1500000), .threads = 1 + below(8),
			.spaces = 1 + below(3), .handles = 20 + below(300),
			.priority = below(20)}))
		return quota;
	return NUMBER(made.quota);
}

void spawn(void)
{
	struct kernel_Quota_create_space_reply made;
	struct kernel_Thread_set_slots_reply slots;
	uint32_t self = own(kernel_Kind_SPACE, &actor->space->object), space, quota;

	note("cpu %u thread %lu: spawns", host_cpu, (unsigned long)actor->object.id);
	if (!actor->slots)	/* without them no handle can be sent */
		(void)DO(Thread, set_slots, own(kernel_Kind_THREAD, &actor->object), &slots,
			.count = 4);
	if (!self || !acts_still())
		return;
	stock(pick_handle(kernel_Kind_QUOTA), self);
	if (!acts_still())
		return;
	quota = small_quota();
	if (!acts_still())
		return;
	if (one_in(3)) {
		add_thread(quota, self, self, false);
		return;
	}
	if (!DO(Quota, create_space, quota, &made, .empty = 0))
		return;
	space = NUMBER(made.space);
	if (!give(self, space, space) || !give(self, space, quota))
		return;
	if (paging || one_in(4))
		page_for(quota, space);
	for (unsigned i = 6 + below(16); i > 0; i--)
		if (!give(self, space, pick_handle(below(kernel_Kind_SYSTEM + 1))) &&
				!acts_still())
			return;
	for (unsigned i = 2 + below(3); i > 0; i--)
		if (!add_thread(quota, self, space, true))
			return;
}

/* All is blocked, or nobody is left: one more first program. */
void begin_program(void)
{
	note("another first program");
	arch_lock();
	system_first_program(quota_root());
	arch_unlock();
	host_look();
}
