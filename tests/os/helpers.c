/* What most cases need. */
#include "test.h"

#define CHANNELS 32
#define WAIT_LIMIT (2000 * MS)
/* The slots of the case's own channels. */
#define SEND_SLOT 2
#define RECEIVE_SLOT 3

struct sk_channel *on_thread(struct sk_thread *thread, struct sk_handle handle)
{
	static struct sk_kernel_channel pool[CHANNELS];
	static uint32_t next;
	uint32_t place = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % CHANNELS;
	struct sk_kernel_channel *channel = &pool[place];

	if (sk_kernel_channel_open(channel, &thread->slots, SEND_SLOT, RECEIVE_SLOT,
			handle) != SK_OK) {
		/* No handle at all: the call is to say so. */
		sk_kernel_channel_open(channel, &thread->slots, SEND_SLOT, RECEIVE_SLOT,
			(struct sk_handle){INT32_MAX});
	}
	channel->touch = NULL;
	return &channel->channel;
}

/* ---- expectations ---- */

void test_fail(struct test *t, const char *file, int line, const char *what)
{
	t->failures++;
	sk_print(t->thread, "# %s:%d: not so: %s\n", file, line, what);
}

void test_check(struct test *t, const char *file, int line, const char *what,
	uint64_t came, uint64_t expected)
{
	t->checks++;
	if (came == expected)
		return;
	t->failures++;
	sk_print(t->thread, "# %s:%d: %s: expected 0x%lx, came 0x%lx\n", file, line, what,
		expected, came);
}

void test_check_signed(struct test *t, const char *file, int line, const char *what,
	int64_t came, int64_t expected)
{
	t->checks++;
	if (came == expected)
		return;
	t->failures++;
	sk_print(t->thread, "# %s:%d: %s: expected %ld, came %ld\n", file, line, what,
		expected, came);
}

/* ---- objects ---- */

#define NEW(name, method, member, ...) \
	struct kernel_Quota_##method##_reply reply; \
	int status = K(t, t->quota, Quota_##method, &reply, __VA_ARGS__); \
\
	if (status != SK_OK) { \
		test_check_signed(t, __FILE__, __LINE__, #method, status, 0); \
		return sk_no_handle(); \
	} \
	return reply.member.raw

struct sk_handle new_memory(struct test *t, uint64_t size)
{
	NEW(memory, create_memory, memory, .size = size);
}

struct sk_handle new_notification(struct test *t)
{
	NEW(notification, create_notification, notification, 0);
}

struct sk_handle new_endpoint(struct test *t)
{
	NEW(endpoint, create_endpoint, endpoint, 0);
}

struct sk_handle new_space(struct test *t)
{
	NEW(space, create_space, space, 0);
}

struct sk_handle new_quota(struct test *t, uint64_t bytes)
{
	NEW(quota, create_quota, quota, .limit = {
		.bytes = bytes, .threads = 16, .spaces = 16, .handles = 4096,
		.priority = TEST_PRIORITY,
	});
}

struct sk_handle new_timer(struct test *t, struct sk_handle notification, uint64_t bits)
{
	NEW(timer, create_timer, timer, .notify = {COPY(t, notification)}, .bits = bits);
}

struct sk_handle new_thread(struct test *t, struct sk_kernel_slots *slots)
{
	struct sk_handle thread;
	int status = sk_thread_new(t->thread, t->space, TEST_PRIORITY,
		slots ? TEST_SLOTS : 0, &thread, slots);

	if (status != SK_OK)
		test_check_signed(t, __FILE__, __LINE__, "sk_thread_new", status, 0);
	return thread;
}

struct sk_handle copy(struct test *t, struct sk_handle handle, uint16_t rights)
{
	struct kernel_Space_duplicate_reply reply;
	int status = K(t, t->space, Space_duplicate, &reply, .number = NUMBER(handle),
		.rights = rights, .protocol_rights = UINT16_MAX);

	if (status == SK_OK)
		return sk_kernel_handle(reply.number);
	test_check_signed(t, __FILE__, __LINE__, "Space.duplicate", status, 0);
	return sk_no_handle();
}

void close(struct sk_handle handle)
{
	if (handle.raw >= 0)
		sk_sys_close(NUMBER(handle));
}

struct sk_handle mint(struct test *t, struct sk_handle endpoint, uint64_t badge,
	uint32_t credit, struct sk_handle *control)
{
	struct kernel_Endpoint_mint_reply reply;
	int status = K(t, endpoint, Endpoint_mint, &reply, .badge = badge,
		.credit = credit, .protocol_rights = UINT16_MAX,
		.controlled = control != NULL);

	if (status != SK_OK) {
		test_check_signed(t, __FILE__, __LINE__, "Endpoint.mint", status, 0);
		return sk_no_handle();
	}
	if (control)
		*control = reply.has_control ? reply.control.raw : sk_no_handle();
	return reply.client.raw;
}

uint64_t map_as(struct test *t, struct sk_handle memory, uint64_t offset,
	uint64_t length, uint32_t protection, uint32_t flags)
{
	struct kernel_Space_map_reply reply;
	int status = K(t, t->space, Space_map, &reply, .memory = {memory},
		.offset = offset, .length = length, .protection = protection,
		.flags = flags);

	if (status == SK_OK)
		return reply.address;
	test_check_signed(t, __FILE__, __LINE__, "Space.map", status, 0);
	return 0;
}

uint64_t map(struct test *t, struct sk_handle memory, uint64_t length)
{
	return map_as(t, memory, 0, length,
		kernel_Protection_READ | kernel_Protection_WRITE, 0);
}

/* ---- time ---- */

uint64_t thread_now(struct sk_thread *thread, struct test *t)
{
	const struct kernel_Clock_now_request request = {0};
	struct kernel_Clock_now_reply reply;

	return kernel_Clock_now(on_thread(thread, t->clock), &request, &reply, NULL) ==
		SK_OK ? reply.monotonic : 0;
}

void thread_pause(struct sk_thread *thread, struct test *t, uint64_t nanoseconds)
{
	uint32_t word = 0;

	sk_sys_word_wait(&word, 0, UINT32_MAX, 0, thread_now(thread, t) + nanoseconds);
}

uint64_t now(struct test *t)
{
	return thread_now(t->thread, t);
}

void pause_for(struct test *t, uint64_t nanoseconds)
{
	thread_pause(t->thread, t, nanoseconds);
}

uint64_t await(struct sk_handle notification, uint64_t mask, struct test *t)
{
	uint64_t bits = 0;

	if (sk_sys_wait(NUMBER(notification), mask, now(t) + WAIT_LIMIT, &bits) != SK_OK)
		return 0;
	return bits;
}

/* ---- threads ---- */

static void helper_main(void *argument)
{
	struct test_helper *helper = argument;
	uint64_t woken;

	helper->run(helper);
	helper->done = 1;
	sk_sys_word_wake(&helper->done, UINT32_MAX, 0, NULL, UINT32_MAX, &woken);
	sk_thread_exit(&helper->thread, 0);
}

struct test_helper *start(struct test *t, void (*run)(struct test_helper *self),
	void *argument)
{
	struct sk_kernel_slots slots = {NULL, 0};
	struct test_helper *helper;
	struct sk_handle thread;

	if (t->helper_count == TEST_HELPERS)
		return NULL;
	helper = &t->helpers[t->helper_count];
	thread = new_thread(t, &slots);
	if (thread.raw < 0)
		return NULL;
	t->helper_count++;
	helper->test = t;
	helper->run = run;
	helper->argument = argument;
	helper->done = 0;
	helper->value = 0;
	sk_thread_open(&helper->thread, thread, &slots, t->space, t->quota, t->system);
	K0(t, thread, Thread_set_fault_handler, .has_handler = true,
		.handler = {COPY(t, t->fault_handler)});
	if (sk_thread_start(t->thread, thread, helper_main, helper->stack + TEST_STACK,
			helper) == SK_OK)
		return helper;
	return NULL;
}

bool join(struct test *t, struct test_helper *helper)
{
	uint64_t deadline = now(t) + WAIT_LIMIT;

	while (helper && !helper->done)
		if (sk_sys_word_wait(&helper->done, 0, UINT32_MAX, 0, deadline) ==
				SK_TIMED_OUT)
			return false;
	return helper != NULL;
}

bool await_count(struct test *t, const volatile uint32_t *count, uint32_t wanted)
{
	uint64_t deadline = now(t) + WAIT_LIMIT;

	while (*count < wanted && now(t) < deadline)
		pause_for(t, MS);
	return *count >= wanted;
}

bool await_state(struct test *t, struct sk_handle thread, uint32_t state)
{
	struct kernel_Thread_state_reply reply;
	uint64_t deadline = now(t) + WAIT_LIMIT;

	do {
		if (K(t, thread, Thread_state, &reply, 0) != SK_OK)
			return false;
		if ((uint32_t)reply.state == state)
			return true;
		pause_for(t, MS);
	} while (now(t) < deadline);
	test_check(t, __FILE__, __LINE__, "the thread's state", (uint64_t)reply.state,
		state);
	return false;
}

/* ---- any system call ---- */

void enter(struct sk_registers *r)
{
	sk_enter_serve_until(&r->head, &r->target, r->words, &r->token, &r->time);
}

int32_t enter_status(uint64_t call, uint64_t target, uint64_t a, uint64_t b,
	uint64_t c, uint64_t d)
{
	struct sk_registers r = {
		.head = ABI_BASE + call, .target = target, .words = {a, b, c, d},
	};

	enter(&r);
	return ABI_STATUS(r.head);
}
