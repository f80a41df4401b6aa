/* Faults as calls; foreign system calls and upcalls; pagers. */
#include "test.h"

#define NOWHERE UINT64_C(0x340000000)
#define RW (kernel_Protection_READ | kernel_Protection_WRITE)

static struct {
	uint64_t address;
	uint64_t instruction;
	uint32_t access;
	uint32_t reason;
} last;

/* Remembers the fault, and lets the thread go on where `value` says. */
static bool resume_at(struct test *t, uint64_t address, uint64_t instruction,
	uint32_t access, uint32_t reason, struct fault_Handler_page_fault_reply *reply)
{
	last.address = address;
	last.instruction = instruction;
	last.access = access;
	last.reason = reason;
	reply->action = fault_Action_RESUME_AT;
	reply->at = t->value;
	return true;
}

/* Does something that faults, and comes back behind it; 0 if it did not. */
#define FAULTS(t, instruction, ...) FAULTS_TO(t, resume_at, instruction, __VA_ARGS__)
#define FAULTS_TO(t, handler, instruction, ...) \
	do { \
		(t)->on_fault = handler; \
		__asm__ volatile("leaq 1f(%%rip), %%rax\n\t" \
			"movq %%rax, %0\n\t" instruction "\n1:" \
			: "=m"((t)->value) : __VA_ARGS__ \
			: "rax", "rcx", "rdx", "memory"); \
	} while (0)

static void read_of_nothing(struct test *t)
{
	FAULTS(t, "movq (%1), %%rdx", "r"(NOWHERE + 5));
	EXPECT(t, t->faults, 1);
	EXPECT(t, last.address, NOWHERE + 5);
	EXPECT(t, last.access & fault_Access_WRITE, 0);
	EXPECT(t, last.reason, fault_Reason_NOT_MAPPED);
	EXPECT_TRUE(t, last.instruction >= 0x400000 && last.instruction < 0x1000000);
}

static void write_of_nothing(struct test *t)
{
	FAULTS(t, "movq %%rdx, (%1)", "r"(NOWHERE));
	EXPECT(t, t->faults, 1);
	EXPECT_TRUE(t, last.access & fault_Access_WRITE);
}

static void write_of_read_only(struct test *t)
{
	uint64_t at = map_as(t, new_memory(t, SK_PAGE), 0, SK_PAGE,
		kernel_Protection_READ, 0);

	REQUIRE(t, at);
	FAULTS(t, "movq %%rdx, (%1)", "r"(at));
	EXPECT(t, last.reason, fault_Reason_PROTECTION);
	EXPECT(t, last.address, at);
}

static void execute_of_data(struct test *t)
{
	uint64_t at = map(t, new_memory(t, SK_PAGE), SK_PAGE);

	REQUIRE(t, at);
	*(volatile uint8_t *)at = 0xc3;
	FAULTS(t, "jmp *%1", "r"(at));
	EXPECT_TRUE(t, last.access & fault_Access_EXECUTE);
	EXPECT(t, last.address, at);
}

static void kernel_memory(struct test *t)
{
	FAULTS(t, "movq (%1), %%rdx", "r"(UINT64_C(0xffffffff80000000)));
	EXPECT(t, t->faults, 1);
	FAULTS(t, "movq %%rdx, (%1)", "r"(UINT64_C(0xffff800000000000)));
	EXPECT(t, t->faults, 2);
}

static void not_canonical(struct test *t)
{
	FAULTS(t, "movq (%1), %%rdx", "r"(UINT64_C(0x8000000000000000)));
	EXPECT(t, t->faults, 1);
}

static void beyond_the_end(struct test *t)
{
	struct sk_handle memory = new_memory(t, 2 * SK_PAGE);
	uint64_t at = map(t, memory, 2 * SK_PAGE);

	REQUIRE(t, at);
	REQUIRE_OK(t, K0(t, memory, Memory_truncate, .size = SK_PAGE));
	FAULTS(t, "movq (%1), %%rdx", "r"(at + SK_PAGE));
	EXPECT(t, last.reason, fault_Reason_OUT_OF_RANGE);
}

static void illegal(struct test *t)
{
	FAULTS(t, "ud2", "r"(0));
	EXPECT(t, last.reason, 100 + fault_Exception_ILLEGAL);
}

static void privileged(struct test *t)
{
	FAULTS(t, "cli", "r"(0));
	EXPECT(t, t->faults, 1);
	FAULTS(t, "hlt", "r"(0));
	EXPECT(t, t->faults, 2);
	FAULTS(t, "movq %%cr3, %%rdx", "r"(0));
	EXPECT(t, t->faults, 3);
	FAULTS(t, "inb $0x60, %%al", "r"(0));
	EXPECT(t, t->faults, 4);
	FAULTS(t, "wrmsr", "r"(0));
	EXPECT(t, t->faults, 5);
}

static void divide(struct test *t)
{
	FAULTS(t, "xorl %%edx, %%edx\n\tmovl $1, %%eax\n\txorl %%ecx, %%ecx\n\tdivl %%ecx",
		"r"(0));
	EXPECT(t, last.reason, 100 + fault_Exception_DIVIDE);
}

static void breakpoint(struct test *t)
{
	FAULTS(t, "int3", "r"(0));
	EXPECT(t, last.reason, 100 + fault_Exception_BREAKPOINT);
}

static void other_interrupts(struct test *t)
{
	/* Not system calls, nor anything that devices do. */
	FAULTS(t, "int $0x80", "r"(0));
	EXPECT(t, t->faults, 1);
	FAULTS(t, "int $0x20", "r"(0));
	EXPECT(t, t->faults, 2);
	FAULTS(t, "int $0xff", "r"(0));
	EXPECT(t, t->faults, 3);
	FAULTS(t, "int $8", "r"(0));
	EXPECT(t, t->faults, 4);
}

static bool map_and_retry(struct test *t, uint64_t address, uint64_t instruction,
	uint32_t access, uint32_t reason, struct fault_Handler_page_fault_reply *reply)
{
	struct kernel_Space_map_reply mapped;

	(void)instruction;
	(void)access;
	(void)reason;
	reply->action = fault_Action_RETRY;
	return K(t, t->space, Space_map, &mapped, .memory = {(struct sk_handle){
		(int32_t)t->value}}, .length = SK_PAGE, .address = address & ~UINT64_C(4095),
		.protection = RW, .flags = kernel_MapFlags_FIXED) == SK_OK;
}

static void retries(struct test *t)
{
	t->value = (uint64_t)new_memory(t, SK_PAGE).raw;
	t->on_fault = map_and_retry;
	*(volatile uint64_t *)(NOWHERE + 8) = 5;
	EXPECT(t, t->faults, 1);
	EXPECT(t, *(volatile uint64_t *)(NOWHERE + 8), 5);
	EXPECT_OK(t, K0(t, t->space, Space_unmap, .address = NOWHERE, .length = SK_PAGE));
}

/* ---- the answer maps ---- */

static struct fault_Handler_page_fault_reply to_map;
static bool has_answered;

/* So once; with another fault the thread goes on elsewhere. */
static bool answer_map(struct test *t, uint64_t address, uint64_t instruction,
	uint32_t access, uint32_t reason, struct fault_Handler_page_fault_reply *reply)
{
	if (has_answered)
		return resume_at(t, address, instruction, access, reason, reply);
	has_answered = true;
	*reply = to_map;
	return true;
}

static void will_map(struct sk_handle memory, uint32_t protection, uint64_t at,
	uint64_t offset, uint32_t pages)
{
	to_map = (struct fault_Handler_page_fault_reply){.action = fault_Action_MAP,
		.memory = NUMBER(memory), .protection = protection, .at = at,
		.offset = offset, .pages = pages};
	has_answered = false;
	last.reason = 0;
}

/* last.reason: of the second fault; 0: there was none. */
#define READS_WITH(t, ...) \
	do { \
		will_map(__VA_ARGS__); \
		FAULTS_TO(t, answer_map, "movq (%1), %%rdx", "r"(NOWHERE + 8)); \
	} while (0)

static struct sk_handle memory_with(struct test *t, uint64_t word)
{
	struct sk_handle memory = new_memory(t, 2 * SK_PAGE);
	struct kernel_Memory_write_reply put;

	EXPECT_OK(t, K(t, memory, Memory_write, &put, .offset = SK_PAGE + 8,
		.data = sk_lend(&word, 8)));
	return memory;
}

static void answer_maps(struct test *t)
{
	struct sk_handle memory = memory_with(t, 77);
	volatile uint64_t *at = (volatile uint64_t *)NOWHERE;

	will_map(memory, RW, NOWHERE, SK_PAGE, 1);
	FAULTS_TO(t, answer_map, "movq (%1), %%rdx\n\tmovq %%rdx, -8(%1)",
		"r"(NOWHERE + 8));
	EXPECT(t, t->faults, 1);
	EXPECT(t, at[0], 77);
	EXPECT(t, at[1], 77);
	/* The handle has stayed, and so has what is mapped without it. */
	close(memory);
	EXPECT(t, at[0], 77);
	EXPECT_OK(t, K0(t, t->space, Space_unmap, .address = NOWHERE, .length = SK_PAGE));
}

static void answer_maps_more(struct test *t)
{
	struct sk_handle memory = memory_with(t, 5);
	volatile uint64_t *at = (volatile uint64_t *)(NOWHERE - SK_PAGE);

	READS_WITH(t, memory, RW, NOWHERE - SK_PAGE, 0, 2);
	EXPECT(t, t->faults, 1);
	EXPECT(t, at[0], 0);
	EXPECT(t, at[513], 5);
	EXPECT_OK(t, K0(t, t->space, Space_unmap, .address = NOWHERE - SK_PAGE,
		.length = 2 * SK_PAGE));
}

#define REFUSED(t, ...) \
	do { \
		READS_WITH(t, __VA_ARGS__); \
		EXPECT(t, last.reason, fault_Reason_REFUSED); \
		EXPECT(t, last.address, NOWHERE + 8); \
	} while (0)

static void answer_cannot_map(struct test *t)
{
	struct sk_handle memory = memory_with(t, 1), gone = COPY(t, memory);
	struct sk_handle unmapped = copy(t, memory, (uint16_t)~kernel_Rights_MAP);
	struct sk_handle read_only = copy(t, memory,
		kernel_Rights_MAP | kernel_Rights_READ);

	close(gone);
	REFUSED(t, unmapped, RW, NOWHERE, 0, 1);
	REFUSED(t, read_only, RW, NOWHERE, 0, 1);
	REFUSED(t, gone, RW, NOWHERE, 0, 1);
	REFUSED(t, (struct sk_handle){0}, RW, NOWHERE, 0, 1);
	REFUSED(t, t->space, RW, NOWHERE, 0, 1);
	REFUSED(t, memory, 9, NOWHERE, 0, 1);
	REFUSED(t, memory, RW, NOWHERE, 0, 0);
	REFUSED(t, memory, RW, NOWHERE, 7, 1);
	REFUSED(t, memory, RW, NOWHERE + 8, 0, 1);
	REFUSED(t, memory, RW, UINT64_C(1) << 47, 0, 1);
	REFUSED(t, memory, RW, UINT64_C(0x7fff00000000), 0, UINT32_MAX);
	READS_WITH(t, read_only, kernel_Protection_READ, NOWHERE, 0, 1);
	EXPECT(t, last.reason, 0);
	EXPECT_STATUS(t, K0(t, t->space, Space_protect, .address = NOWHERE,
		.length = SK_PAGE, .protection = RW), kernel_Error_NO_ACCESS);
	EXPECT_OK(t, K0(t, t->space, Space_unmap, .address = NOWHERE, .length = SK_PAGE));
}

static void answer_maps_beyond(struct test *t)
{
	READS_WITH(t, new_memory(t, SK_PAGE), RW, NOWHERE, SK_PAGE, 1);
	EXPECT(t, last.reason, fault_Reason_OUT_OF_RANGE);
	EXPECT(t, t->faults, 2);
	EXPECT_OK(t, K0(t, t->space, Space_unmap, .address = NOWHERE, .length = SK_PAGE));
}

/* Somebody else maps between the fault and the answer. */
static struct sk_handle mapped_first;

static bool map_and_answer_map(struct test *t, uint64_t address, uint64_t instruction,
	uint32_t access, uint32_t reason, struct fault_Handler_page_fault_reply *reply)
{
	struct kernel_Space_map_reply mapped;

	EXPECT_OK(t, K(t, t->space, Space_map, &mapped, .memory = {mapped_first},
		.length = SK_PAGE, .address = NOWHERE, .protection = RW,
		.flags = kernel_MapFlags_FIXED));
	return answer_map(t, address, instruction, access, reason, reply);
}

static void answer_maps_too_late(struct test *t)
{
	mapped_first = memory_with(t, 1);
	will_map(memory_with(t, 2), RW, NOWHERE, SK_PAGE, 1);
	FAULTS_TO(t, map_and_answer_map, "movq (%1), %%rdx", "r"(NOWHERE + 8));
	EXPECT(t, t->faults, 1);
	EXPECT(t, *(volatile uint64_t *)(NOWHERE + 8), 0);
	EXPECT_OK(t, K0(t, t->space, Space_unmap, .address = NOWHERE, .length = SK_PAGE));
}

/* When the quota of who faults is used up; that of who answers is not asked. */
static struct sk_handle used_up;

static bool map_or_kill(struct test *t, uint64_t address, uint64_t instruction,
	uint32_t access, uint32_t reason, struct fault_Handler_page_fault_reply *reply)
{
	struct kernel_Quota_usage_reply usage;

	(void)instruction;
	(void)access;
	if (address != NOWHERE || K(t, used_up, Quota_usage, &usage, 0) != SK_OK)
		return false;
	EXPECT_OK(t, K0(t, used_up, Quota_set_limit, .limit = usage.used));
	t->value = reason;
	*reply = to_map;
	if (reason == fault_Reason_REFUSED)
		reply->action = fault_Action_KILL;
	return true;
}

static void child_reads_nowhere(struct child_start *self)
{
	self->argument = *(volatile uint64_t *)NOWHERE;
}

static void answer_maps_on_quota(struct test *t)
{
	struct sk_handle all = t->quota, ended = new_notification(t);
	struct child child;

	will_map(new_memory(t, SK_PAGE), RW, NOWHERE, 0, 1);
	t->on_fault = map_or_kill;
	t->quota = used_up = new_quota(t, 16 << 20);
	REQUIRE(t, new_child(t, &child, child_reads_nowhere, 0, NULL, 0));
	t->quota = all;
	REQUIRE_OK(t, K0(t, child.space, Space_watch, .notify = {COPY(t, ended)},
		.bits = 1));
	start_child(t, &child);
	EXPECT(t, await(ended, 1, t), 1);
	EXPECT(t, t->value, fault_Reason_REFUSED);
}

static void touch_nowhere(struct test_helper *self)
{
	self->value = *(volatile uint64_t *)NOWHERE;
}

static bool kill_it(struct test *t, uint64_t address, uint64_t instruction,
	uint32_t access, uint32_t reason, struct fault_Handler_page_fault_reply *reply)
{
	(void)t;
	(void)address;
	(void)instruction;
	(void)access;
	(void)reason;
	reply->action = fault_Action_KILL;
	reply->at = 99;
	return true;
}

static void kills(struct test *t)
{
	struct kernel_Thread_state_reply state;
	struct test_helper *helper;

	t->on_fault = kill_it;
	helper = start(t, touch_nowhere, NULL);
	REQUIRE(t, helper);
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_ENDED));
	REQUIRE_OK(t, K(t, helper->thread.handle, Thread_state, &state, 0));
	EXPECT(t, state.code, 99);
	EXPECT(t, helper->done, 0);
}

static void without_handler(struct test *t)
{
	struct sk_kernel_slots slots;
	static struct test_helper helper;
	struct sk_handle thread = new_thread(t, &slots);

	/* It has none: it stops. */
	helper.test = t;
	helper.run = touch_nowhere;
	REQUIRE_OK(t, sk_thread_start(t->thread, thread,
		(void (*)(void *))(uintptr_t)NOWHERE, helper.stack + TEST_STACK, &helper));
	EXPECT_TRUE(t, await_state(t, thread, kernel_ThreadState_STOPPED));
	EXPECT_OK(t, K0(t, thread, Thread_kill, .code = 0));
}

static void handler_dies(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), handler = mint(t, endpoint, 1, 0, NULL);
	struct sk_handle thread = new_thread(t, NULL);
	static uint8_t stack[4096];

	REQUIRE_OK(t, K0(t, thread, Thread_set_fault_handler, .has_handler = true,
		.handler = {handler}));
	REQUIRE_OK(t, sk_thread_start(t->thread, thread,
		(void (*)(void *))(uintptr_t)NOWHERE, stack + 4096, NULL));
	EXPECT_TRUE(t, await_state(t, thread, kernel_ThreadState_FAULTED));
	close(endpoint);
	EXPECT_TRUE(t, await_state(t, thread, kernel_ThreadState_STOPPED));
}

static void registers_while_faulted(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), handler = mint(t, endpoint, 1, 0, NULL);
	struct kernel_Thread_get_registers_reply got;
	struct sk_handle thread = new_thread(t, NULL);
	static uint8_t stack[4096];

	REQUIRE_OK(t, K0(t, thread, Thread_set_fault_handler, .has_handler = true,
		.handler = {handler}));
	REQUIRE_OK(t, sk_thread_start(t->thread, thread,
		(void (*)(void *))(uintptr_t)NOWHERE, stack + 4096, (void *)0x1234));
	EXPECT_TRUE(t, await_state(t, thread, kernel_ThreadState_FAULTED));
	REQUIRE_OK(t, K(t, thread, Thread_get_registers, &got, 0));
	EXPECT(t, got.values.as.x86_64.rip, NOWHERE);
	EXPECT(t, got.values.as.x86_64.rdi, 0x1234);
}

static void vectors_denied(struct test *t)
{
	REQUIRE_OK(t, K0(t, t->self, Thread_set_vectors_allowed, .allowed = false));
	FAULTS(t, "pxor %%xmm0, %%xmm0", "r"(0));
	EXPECT(t, last.reason, 100 + fault_Exception_VECTORS_DENIED);
	REQUIRE_OK(t, K0(t, t->self, Thread_set_vectors_allowed, .allowed = true));
	FAULTS(t, "pxor %%xmm0, %%xmm0", "r"(0));
	EXPECT(t, t->faults, 1);
}

static void use_vectors(struct test_helper *self)
{
	const struct kernel_Thread_set_vectors_allowed_request allow = {.allowed = true};
	struct kernel_Thread_set_vectors_allowed_reply allowed;
	uint64_t mine = (uintptr_t)self->argument, got;

	kernel_Thread_set_vectors_allowed(&self->thread.thread.channel, &allow, &allowed,
		NULL);
	__asm__ volatile("movq %0, %%xmm7" : : "r"(mine));
	for (unsigned i = 0; i < 300000; i++) {
		__asm__ volatile("movq %%xmm7, %0" : "=r"(got));
		if (got != mine)
			self->value++;
	}
}

static void vectors_are_kept_apart(struct test *t)
{
	struct test_helper *helpers[3];

	for (unsigned i = 0; i < 3; i++) {
		helpers[i] = start(t, use_vectors, (void *)(uintptr_t)(0x1111 * (i + 1)));
		REQUIRE(t, helpers[i]);
	}
	for (unsigned i = 0; i < 3; i++) {
		REQUIRE(t, join(t, helpers[i]));
		EXPECT(t, helpers[i]->value, 0);
	}
}

/* ---- foreign system calls ---- */

static uint64_t foreign(uint64_t number, uint64_t a, uint64_t b)
{
	uint64_t result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b)
		: "rcx", "r11", "memory");
	return result;
}

static void foreign_is_a_fault(struct test *t)
{
	/* The runner answers the number and the first argument. */
	EXPECT(t, foreign(39, 3, 0), 42);
	EXPECT(t, foreign(0xffffffff, 1, 0), 0x100000000);
	EXPECT(t, t->faults, 2);
}

/* With the number, and all that it had: the answer's result is not for it. */
static void foreign_is_made_again(struct test *t)
{
	t->retries = 2;
	EXPECT(t, foreign(39, 3, 0), 42);
	EXPECT(t, t->faults, 3);
	EXPECT(t, foreign(40, 3, 0), 43);
	EXPECT(t, t->faults, 4);
}

static void numbers_beyond_ours(struct test *t)
{
	/* In our range, and none of ours: it must not be done, nor hurt. */
	uint64_t result = foreign(ABI_BASE + ABI_CALL_COUNT, 0, 0);

	EXPECT_TRUE(t, (int32_t)result < 0 || t->faults == 1);
	result = foreign(ABI_BASE + 0xffff, 0, 0);
	EXPECT_TRUE(t, (int32_t)result < 0 || t->faults >= 1);
}

/* ---- pagers ---- */

static struct {
	struct sk_handle endpoint;
	struct sk_handle paged;
	struct sk_handle supply;
	uint32_t asked;
	bool refuses;
} pager;

static void pager_main(struct test_helper *self)
{
	struct sk_thread *thread = &self->thread;

	for (;;) {
		struct fault_Pager_supply_request request;
		struct sk_registers in;
		uint64_t words[ABI_WORDS] = {fault_Pager_supply_reply_ID};

		sk_sys_receive(&in, NUMBER(pager.endpoint), 8, SK_FOREVER);
		if (ABI_EVENT(in.head) != ABI_REQUEST)
			break;
		if (fault_Pager_supply_request_decode(&request, in.words,
				ABI_BYTES(in.head)) == SK_OK) {
			pager.asked++;
			if (pager.refuses) {
				kernel_Memory_refuse(on_thread(thread, pager.paged),
					&(struct kernel_Memory_refuse_request){
						request.offset, SK_PAGE},
					&(struct kernel_Memory_refuse_reply){0}, NULL);
			} else {
				const struct kernel_Memory_supply_request supply = {
					.from = {pager.supply},
					.from_offset = request.offset,
					.offset = request.offset, .length = SK_PAGE,
				};
				struct kernel_Memory_supply_reply reply;

				kernel_Memory_supply(on_thread(thread, pager.paged),
					&supply, &reply, NULL);
			}
		}
		sk_sys_reply(sk_counts(8, 0, 0, 0, 0), in.token, words, 0);
	}
}

static bool open_pager(struct test *t)
{
	struct kernel_Quota_create_paged_reply made;
	struct test_helper *helper;

	pager.asked = 0;
	pager.refuses = false;
	pager.endpoint = new_endpoint(t);
	pager.supply = new_memory(t, 8 * SK_PAGE);
	if (K0(t, pager.endpoint, Endpoint_set_tokens, .count = 8) != SK_OK)
		return false;
	if (K(t, t->quota, Quota_create_paged, &made, .size = 8 * SK_PAGE,
			.pager = {mint(t, pager.endpoint, 1, 0, NULL)}) != SK_OK)
		return false;
	pager.paged = made.memory.raw;
	helper = start(t, pager_main, NULL);
	return helper && await_state(t, helper->thread.handle, kernel_ThreadState_RECEIVING);
}

/* A thread of another space touches: one's own pager is none. */
static void child_touches(struct child_start *self)
{
	volatile uint64_t *at = (volatile uint64_t *)(uintptr_t)self->argument;

	at[1] = at[0] + 1;
}

static void pager_supplies(struct test *t)
{
	struct sk_handle ended = new_notification(t);
	struct kernel_Space_map_reply mapped;
	struct kernel_Memory_write_reply put;
	struct kernel_Memory_read_reply got;
	struct child child;
	uint64_t word = 41;

	REQUIRE(t, open_pager(t));
	REQUIRE_OK(t, K(t, pager.supply, Memory_write, &put, .offset = 2 * SK_PAGE,
		.data = sk_lend(&word, 8)));
	REQUIRE(t, new_child(t, &child, child_touches, NOWHERE + 2 * SK_PAGE, NULL, 0));
	REQUIRE_OK(t, K(t, child.space, Space_map, &mapped, .memory = {pager.paged},
		.length = 8 * SK_PAGE, .address = NOWHERE, .protection = RW,
		.flags = kernel_MapFlags_FIXED));
	REQUIRE_OK(t, K0(t, child.space, Space_watch, .notify = {COPY(t, ended)},
		.bits = 1));
	start_child(t, &child);
	EXPECT(t, await(ended, 1, t), 1);
	EXPECT_TRUE(t, pager.asked >= 1);
	REQUIRE_OK(t, K(t, pager.paged, Memory_read, &got, .offset = 2 * SK_PAGE + 8,
		.data = sk_lend_out(&word, 8)));
	EXPECT(t, word, 42);
}

static void pager_sees_dirty(struct test *t)
{
	struct kernel_Memory_dirty_reply dirty;
	struct kernel_Memory_supply_reply supplied;
	struct kernel_Memory_write_reply put;
	struct kernel_Memory_evict_reply evicted;
	struct kernel_Range range;
	uint64_t word = 1;

	REQUIRE(t, open_pager(t));
	REQUIRE_OK(t, K0(t, pager.supply, Memory_commit, .length = 8 * SK_PAGE));
	REQUIRE_OK(t, K(t, pager.paged, Memory_supply, &supplied, .from = {pager.supply},
		.length = 8 * SK_PAGE));
	EXPECT(t, supplied.done, 8 * SK_PAGE);
	REQUIRE_OK(t, K(t, pager.paged, Memory_dirty, &dirty, .from = 0));
	EXPECT_TRUE(t, !kernel_Range_next(&dirty.list, &range));
	REQUIRE_OK(t, K(t, pager.paged, Memory_write, &put, .offset = 3 * SK_PAGE,
		.data = sk_lend(&word, 8)));
	REQUIRE_OK(t, K(t, pager.paged, Memory_dirty, &dirty, .from = 0));
	REQUIRE(t, kernel_Range_next(&dirty.list, &range));
	EXPECT(t, range.offset, 3 * SK_PAGE);
	EXPECT(t, range.length, SK_PAGE);
	REQUIRE_OK(t, K(t, pager.paged, Memory_evict, &evicted, .length = 8 * SK_PAGE));
	EXPECT(t, evicted.freed, 7 * SK_PAGE);
}

static void own_pager(struct test *t)
{
	uint64_t at;

	REQUIRE(t, open_pager(t));
	at = map(t, pager.paged, 8 * SK_PAGE);
	REQUIRE(t, at);
	FAULTS(t, "movq (%1), %%rdx", "r"(at));
	EXPECT(t, last.reason, fault_Reason_OWN_PAGER);
	EXPECT(t, pager.asked, 0);
}

const struct test_case fault_cases[] = {
	{"fault: reading what is not mapped", read_of_nothing, 0},
	{"fault: writing what is not mapped", write_of_nothing, 0},
	{"fault: writing what is read-only", write_of_read_only, 0},
	{"fault: executing data", execute_of_data, 0},
	{"fault: the kernel's memory", kernel_memory, 0},
	{"fault: an address that is none", not_canonical, 0},
	{"fault: beyond the end of a memory", beyond_the_end, 0},
	{"fault: no instruction", illegal, 0},
	{"fault: privileged instructions and ports", privileged, 0},
	{"fault: division by zero", divide, 0},
	{"fault: a breakpoint", breakpoint, 0},
	{"fault: software interrupts", other_interrupts, 0},
	{"fault: the handler maps, the thread tries again", retries, 0},
	{"fault: the answer maps a page", answer_maps, 0},
	{"fault: the answer maps more than the page", answer_maps_more, 0},
	{"fault: what the answer cannot map is refused", answer_cannot_map, 0},
	{"fault: the answer maps beyond the end of a memory", answer_maps_beyond, 0},
	{"fault: the answer maps what is mapped by then", answer_maps_too_late, 0},
	{"fault: what the answer maps is charged to the space", answer_maps_on_quota, 0},
	{"fault: the handler kills", kills, 0},
	{"fault: without a handler the thread stops", without_handler, 0},
	{"fault: when the handler dies the thread stops", handler_dies, 0},
	{"fault: registers are seen meanwhile", registers_while_faulted, 0},
	{"fault: vectors that are not allowed", vectors_denied, 0},
	{"fault: vectors of threads are kept apart", vectors_are_kept_apart, 0},
	{"fault: a foreign system call is one", foreign_is_a_fault, 0},
	{"fault: a foreign system call is made again by RETRY", foreign_is_made_again, 0},
	{"fault: numbers beyond ours", numbers_beyond_ours, 0},
	{"pager: is asked and supplies", pager_supplies, 0},
	{"pager: sees what is dirty, evicts the rest", pager_sees_dirty, 0},
	{"pager: of one's own space is no pager", own_pager, 0},
	{0}
};
