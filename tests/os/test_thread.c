/* Threads: start, state, end, priorities, registers, slots. */
#include "test.h"

static void nothing(struct test_helper *self)
{
	self->value = 1;
}

static void spin(struct test_helper *self)
{
	for (;;)
		self->value++;
}

static void wait_for_ever(struct test_helper *self)
{
	uint64_t bits;

	self->status = sk_sys_wait(NUMBER(*(struct sk_handle *)self->argument), 1,
		SK_FOREVER, &bits);
	self->value = 1;
}

static int state_of(struct test *t, struct sk_handle thread)
{
	struct kernel_Thread_state_reply state;

	return K(t, thread, Thread_state, &state, 0) == SK_OK ? (int)state.state : -1;
}

static void runs(struct test *t)
{
	struct test_helper *helper = start(t, nothing, NULL);

	REQUIRE(t, join(t, helper));
	EXPECT(t, helper->value, 1);
}

static void new_is_new(struct test *t)
{
	EXPECT(t, state_of(t, new_thread(t, NULL)), kernel_ThreadState_NEW);
}

static void starts_once(struct test *t)
{
	struct test_helper *helper = start(t, spin, NULL);

	REQUIRE(t, helper);
	EXPECT_STATUS(t, K0(t, helper->thread.handle, Thread_start, .entry = 0x400000,
		.stack = 0x500000), kernel_Error_BAD_STATE);
}

static void own_state_is_running(struct test *t)
{
	EXPECT(t, state_of(t, t->self), kernel_ThreadState_RUNNING);
}

static void ends_with_code(struct test *t)
{
	struct kernel_Thread_state_reply state;
	struct sk_handle thread = new_thread(t, NULL);

	REQUIRE_OK(t, K0(t, thread, Thread_kill, .code = 17));
	REQUIRE_OK(t, K(t, thread, Thread_state, &state, 0));
	EXPECT(t, state.state, kernel_ThreadState_ENDED);
	EXPECT(t, state.code, 17);
}

static void kills_a_spinner(struct test *t)
{
	struct test_helper *helper = start(t, spin, NULL);

	REQUIRE(t, helper);
	pause_for(t, 5 * MS);
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_kill, .code = 3));
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_ENDED));
}

static void kills_one_that_waits(struct test *t)
{
	struct sk_handle never = new_notification(t);
	struct test_helper *helper = start(t, wait_for_ever, &never);

	REQUIRE(t, helper);
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_WAITING));
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_kill, .code = 3));
	EXPECT_TRUE(t, await_state(t, helper->thread.handle, kernel_ThreadState_ENDED));
	EXPECT_STATUS(t, sk_sys_signal(NUMBER(never), 1), 0);
	EXPECT(t, helper->value, 0);
}

static void watch_tells(struct test *t)
{
	struct sk_handle ended = new_notification(t);
	struct sk_handle thread = new_thread(t, NULL);

	REQUIRE_OK(t, K0(t, thread, Thread_watch, .notify = {COPY(t, ended)}, .bits = 6));
	REQUIRE_OK(t, K0(t, thread, Thread_kill, .code = 0));
	EXPECT(t, await(ended, 6, t), 6);
	/* And again at once, for it has. */
	REQUIRE_OK(t, K0(t, thread, Thread_watch, .notify = {COPY(t, ended)}, .bits = 8));
	EXPECT(t, await(ended, 8, t), 8);
}

static void suspend_counts(struct test *t)
{
	struct test_helper *helper = start(t, spin, NULL);
	uint64_t before;

	REQUIRE(t, helper);
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_suspend, 0));
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_suspend, 0));
	EXPECT_TRUE(t, await_state(t, helper->thread.handle,
		kernel_ThreadState_SUSPENDED));
	before = helper->value;
	pause_for(t, 10 * MS);
	EXPECT(t, helper->value, before);
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_proceed, 0));
	pause_for(t, 10 * MS);
	EXPECT(t, helper->value, before);
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_proceed, 0));
	pause_for(t, 20 * MS);
	EXPECT_TRUE(t, helper->value > before);
}

static void proceed_without(struct test *t)
{
	struct test_helper *helper = start(t, spin, NULL);

	REQUIRE(t, helper);
	EXPECT_STATUS(t, K0(t, helper->thread.handle, Thread_proceed, 0),
		kernel_Error_BAD_STATE);
}

static void equal_ones_take_turns(struct test *t)
{
	struct test_helper *a = start(t, spin, NULL), *b = start(t, spin, NULL);

	REQUIRE(t, a && b);
	/* An emulator's clock goes on while its host does something else. */
	for (unsigned i = 0; i < 100 && (a->value == 0 || b->value == 0); i++)
		pause_for(t, 60 * MS);
	EXPECT_TRUE(t, a->value > 0);
	EXPECT_TRUE(t, b->value > 0);
}

/* Whether it has gone on while this runs. */
static bool went_on(const struct test_helper *helper)
{
	const uint64_t before = helper->value;

	for (volatile unsigned i = 0; i < 1000000; i++)
		;
	return helper->value != before;
}

static void greater_priority_first(struct test *t)
{
	struct test_helper *low = start(t, spin, NULL);

	REQUIRE(t, low);
	REQUIRE_OK(t, K0(t, low->thread.handle, Thread_set_priority, .priority = 1));
	if (t->cpus > 1)
		K0(t, low->thread.handle, Thread_set_affinity, .cpus = 1);
	REQUIRE_OK(t, K0(t, t->self, Thread_set_affinity, .cpus = 1));
	pause_for(t, 5 * MS);
	/* It leaves another CPU as soon as the emulator's host lets that run. */
	for (unsigned i = 0; t->cpus > 1 && i < 100 && went_on(low); i++)
		pause_for(t, 5 * MS);
	/* Nobody of less runs while this does. */
	EXPECT_TRUE(t, !went_on(low));
}

static void who_yields_goes_behind_equals(struct test *t)
{
	struct test_helper *equal = start(t, spin, NULL);
	unsigned ran = 0;

	REQUIRE(t, equal);
	if (t->cpus > 1)
		K0(t, equal->thread.handle, Thread_set_affinity, .cpus = 1);
	REQUIRE_OK(t, K0(t, t->self, Thread_set_affinity, .cpus = 1));
	/* Sometimes its turn goes by while the emulator's host does something else. If none came
	 * by yielding there would be one in some thousand. */
	for (unsigned i = 0; i < 400 && ran < 30; i++) {
		const uint64_t before = equal->value;

		REQUIRE_OK(t, K0(t, t->self, Thread_yield, 0));
		ran += equal->value != before;
	}
	EXPECT(t, ran, 30);
}

static void priority_is_limited(struct test *t)
{
	EXPECT_TRUE(t, K0(t, t->self, Thread_set_priority, .priority = 1000) != 0);
	EXPECT_TRUE(t, K0(t, t->self, Thread_set_priority,
		.priority = TEST_PRIORITY + 1) != 0);
	EXPECT_OK(t, K0(t, t->self, Thread_set_priority, .priority = 5));
}

static void affinity(struct test *t)
{
	struct kernel_Thread_state_reply reply;

	EXPECT_STATUS(t, K0(t, t->self, Thread_set_affinity, .cpus = 0),
		kernel_Error_INVALID);
	REQUIRE_OK(t, K0(t, t->self, Thread_set_affinity, .cpus = 1));
	REQUIRE_OK(t, K(t, t->self, Thread_state, &reply, 0));
	EXPECT(t, reply.cpus, 1);
}

static void all_cpus_run(struct test *t)
{
	struct kernel_Thread_state_reply state;

	for (unsigned i = 0; i < 4; i++) {
		REQUIRE_OK(t, K0(t, t->self, Thread_set_affinity, .cpus = UINT64_C(1) << i));
		pause_for(t, MS);
		REQUIRE_OK(t, K(t, t->self, Thread_state, &state, 0));
		EXPECT(t, state.cpu, i);
	}
}

static void registers_of_new(struct test *t)
{
	struct kernel_Thread_get_registers_reply got;
	struct kernel_Thread_set_registers_request put = {
		.values = {.which = kernel_Registers_x86_64},
	};
	struct kernel_Thread_set_registers_reply done;
	struct sk_handle thread = new_thread(t, NULL);

	put.values.as.x86_64.rax = 0x1111;
	put.values.as.x86_64.r15 = 0x2222;
	put.values.as.x86_64.rip = 0x400000;
	put.values.as.x86_64.rsp = 0x500000;
	REQUIRE_OK(t, kernel_Thread_set_registers(on(t, thread), &put, &done, NULL));
	REQUIRE_OK(t, K(t, thread, Thread_get_registers, &got, 0));
	EXPECT(t, got.values.which, kernel_Registers_x86_64);
	EXPECT(t, got.values.as.x86_64.rax, 0x1111);
	EXPECT(t, got.values.as.x86_64.r15, 0x2222);
	EXPECT(t, got.values.as.x86_64.rip, 0x400000);
}

static void registers_are_cleaned(struct test *t)
{
	struct kernel_Thread_get_registers_reply got;
	struct kernel_Thread_set_registers_request put = {
		.values = {.which = kernel_Registers_x86_64},
	};
	struct kernel_Thread_set_registers_reply done;
	struct sk_handle thread = new_thread(t, NULL);

	/* I/O privilege, virtual mode, nested task; interrupts off. */
	put.values.as.x86_64.rflags = 0x27000;
	put.values.as.x86_64.rip = 0x400000;
	REQUIRE_OK(t, kernel_Thread_set_registers(on(t, thread), &put, &done, NULL));
	REQUIRE_OK(t, K(t, thread, Thread_get_registers, &got, 0));
	EXPECT(t, got.values.as.x86_64.rflags & 0x27000, 0);
	EXPECT(t, got.values.as.x86_64.rflags & 0x200, 0x200);
}

static void registers_not_canonical(struct test *t)
{
	struct kernel_Thread_set_registers_request put = {
		.values = {.which = kernel_Registers_x86_64},
	};
	struct kernel_Thread_set_registers_reply done;
	struct kernel_Thread_get_registers_reply got;
	struct sk_handle thread = new_thread(t, NULL);

	put.values.as.x86_64.rip = UINT64_C(0x8000000000000000);
	put.values.as.x86_64.fs_base = UINT64_C(0xffff800000000000);
	if (kernel_Thread_set_registers(on(t, thread), &put, &done, NULL) == SK_OK) {
		/* Bits that programs cannot have are dropped. */
		REQUIRE_OK(t, K(t, thread, Thread_get_registers, &got, 0));
		EXPECT_TRUE(t, got.values.as.x86_64.rip < UINT64_C(0x800000000000));
		EXPECT_TRUE(t, got.values.as.x86_64.fs_base < UINT64_C(0x800000000000));
	} else {
		EXPECT_TRUE(t, true);
	}
}

static void registers_of_running(struct test *t)
{
	struct kernel_Thread_get_registers_reply got;
	struct test_helper *helper = start(t, spin, NULL);

	REQUIRE(t, helper);
	EXPECT_STATUS(t, K(t, helper->thread.handle, Thread_get_registers, &got, 0),
		kernel_Error_BAD_STATE);
	REQUIRE_OK(t, K0(t, helper->thread.handle, Thread_suspend, 0));
	EXPECT_TRUE(t, await_state(t, helper->thread.handle,
		kernel_ThreadState_SUSPENDED));
	EXPECT_OK(t, K(t, helper->thread.handle, Thread_get_registers, &got, 0));
	EXPECT_TRUE(t, got.values.as.x86_64.rip >= 0x400000);
}

static void tls_base(struct test *t)
{
	static uint64_t block = 0x77;
	uint64_t got;

	REQUIRE_OK(t, K0(t, t->self, Thread_set_tls, .base = (uintptr_t)&block));
	__asm__ volatile("movq %%fs:0, %0" : "=r"(got));
	EXPECT(t, got, 0x77);
	pause_for(t, 2 * MS);
	__asm__ volatile("movq %%fs:0, %0" : "=r"(got));
	EXPECT(t, got, 0x77);
}

static void slots_are_checked(struct test *t)
{
	struct kernel_Thread_set_slots_reply reply;
	struct sk_handle thread = new_thread(t, NULL);

	EXPECT_STATUS(t, K(t, thread, Thread_set_slots, &reply, .count = 0),
		kernel_Error_INVALID);
	EXPECT_STATUS(t, K(t, thread, Thread_set_slots, &reply, .count = 129),
		kernel_Error_INVALID);
	EXPECT_TRUE(t, K(t, thread, Thread_set_slots, &reply, .count = 1,
		.address = 5) > 0);
	REQUIRE_OK(t, K(t, thread, Thread_set_slots, &reply, .count = 128));
	EXPECT_TRUE(t, reply.address != 0 && reply.address % SK_PAGE == 0);
	/* And they can be given up for others. */
	EXPECT_OK(t, K(t, thread, Thread_set_slots, &reply, .count = 2));
}

static void slots_are_zero(struct test *t)
{
	struct kernel_Thread_set_slots_reply reply;
	struct sk_handle thread = new_thread(t, NULL);
	const uint64_t *words;

	REQUIRE_OK(t, K(t, thread, Thread_set_slots, &reply, .count = 4));
	words = (const uint64_t *)reply.address;
	for (unsigned i = 0; i < 4 * 512 + 4 * 32; i += 31)
		EXPECT(t, words[i], 0);
}

static void time_is_counted(struct test *t)
{
	struct kernel_Thread_state_reply before, after;

	REQUIRE_OK(t, K(t, t->self, Thread_state, &before, 0));
	for (volatile unsigned i = 0; i < 2000000; i++)
		;
	REQUIRE_OK(t, K(t, t->self, Thread_state, &after, 0));
	EXPECT_TRUE(t, after.user_time > before.user_time);
}

static void rights_are_asked(struct test *t)
{
	struct sk_handle weak = copy(t, new_thread(t, NULL), kernel_Rights_INSPECT);

	EXPECT_STATUS(t, K0(t, weak, Thread_kill, .code = 0), SK_BAD_HANDLE);
	EXPECT_STATUS(t, K0(t, weak, Thread_suspend, 0), SK_BAD_HANDLE);
	EXPECT_STATUS(t, K0(t, weak, Thread_start, .entry = 0x400000), SK_BAD_HANDLE);
	EXPECT_STATUS(t, K0(t, weak, Thread_set_priority, .priority = 1), SK_BAD_HANDLE);
}

static void listed_in_space(struct test *t)
{
	struct kernel_Object_info_reply info;
	struct kernel_Space_open_thread_reply opened;
	uint64_t id, last = 0;

	REQUIRE_OK(t, K(t, new_thread(t, NULL), Object_info, &info, 0));
	id = info.id;
	do {
		REQUIRE_OK(t, K(t, t->space, Space_open_thread, &opened, .from = last));
		last = opened.id + 1;
	} while (opened.id < id);
	EXPECT(t, opened.id, id);
	REQUIRE_OK(t, K(t, opened.thread.raw, Object_info, &info, 0));
	EXPECT(t, info.id, id);
	EXPECT_STATUS(t, K(t, t->space, Space_open_thread, &opened, .from = 1 << 30),
		kernel_Error_NOT_FOUND);
}

static void many(struct test *t)
{
	struct sk_handle threads[12];

	for (unsigned i = 0; i < 12; i++) {
		threads[i] = new_thread(t, NULL);
		REQUIRE(t, threads[i].raw >= 0);
	}
	for (unsigned i = 0; i < 12; i++)
		EXPECT_OK(t, K0(t, threads[i], Thread_kill, .code = 0));
}

const struct test_case thread_cases[] = {
	{"thread: runs beside others", runs, 0},
	{"thread: is NEW until it is started", new_is_new, 0},
	{"thread: starts once", starts_once, 0},
	{"thread: sees itself running", own_state_is_running, 0},
	{"thread: ends with a code", ends_with_code, 0},
	{"thread: kill ends one that computes", kills_a_spinner, 0},
	{"thread: kill ends one that waits", kills_one_that_waits, 0},
	{"thread: watch tells of its end, late too", watch_tells, 0},
	{"thread: suspensions count", suspend_counts, 0},
	{"thread: proceed without suspend is refused", proceed_without, 0},
	{"thread: equal priorities take turns", equal_ones_take_turns, 0},
	{"thread: less urgent ones do not run beside it", greater_priority_first, 0},
	{"thread: who yields goes behind its equals", who_yields_goes_behind_equals, 0},
	{"thread: priorities are limited by the quota", priority_is_limited, 0},
	{"thread: affinity is kept and checked", affinity, 0},
	{"thread: goes to each of four CPUs", all_cpus_run, 4},
	{"thread: registers of a new one", registers_of_new, 0},
	{"thread: flags that programs cannot have are dropped", registers_are_cleaned, 0},
	{"thread: registers cannot point into the kernel", registers_not_canonical, 0},
	{"thread: registers only of one that is stopped", registers_of_running, 0},
	{"thread: has thread-local storage", tls_base, 0},
	{"thread: slots are checked, and can be had again", slots_are_checked, 0},
	{"thread: slots are zero at first", slots_are_zero, 0},
	{"thread: its time is counted", time_is_counted, 0},
	{"thread: rights are asked for", rights_are_asked, 0},
	{"thread: is found in its space by id", listed_in_space, 0},
	{"thread: a dozen at once", many, 0},
	{0}
};
