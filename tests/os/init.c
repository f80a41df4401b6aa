/*
 * The first program of the in-OS suite: runs its cases one by one and says on
 * the kernel's log, in TAP, what came of them. Words of the kernel's command
 * line: case=NAME (those whose name contains it, a `+` for a space); bench, or
 * bench=ROUNDS; hostile=SECONDS and seed=NUMBER.
 */
#include "test.h"

#define CASE_LIMIT (8000 * MS)
#define CASE_BYTES (UINT64_C(48) << 20)
#define FAULT_SLOT 4

struct runner {
	struct sk_thread *thread;
	struct test test;		/* on_thread() works for the runner too */
	struct sk_handle clock;
	struct sk_handle endpoint;
	struct sk_handle notification;
	struct sk_kernel_port port;
	char pattern[64];
	size_t pattern_size;
	unsigned cpus;
	bool benches, traces;
	bool is_hostile;
	uint32_t rounds;		/* or seconds */
	uint32_t seed;
	unsigned passed;
	unsigned failed;
	unsigned skipped;
	/* That a case has ended: each has another, of all 64, so that one which
	 * ends late is not taken for the next. */
	uint64_t ended_bit;
	bool ended;
	bool faulted;
};

static struct runner runner;
static struct test_helper helpers[TEST_HELPERS];
static struct test_helper first;	/* of each case */

/* ---- faults of cases ---- */

/* The case says what becomes of it, by calls of the runner's own thread. */
static bool ask_case(struct test *t, uint64_t address, uint64_t instruction,
	uint32_t access, uint32_t reason, struct fault_Handler_page_fault_reply *reply)
{
	struct sk_thread *thread = t->thread;
	bool is_known;

	if (!t->on_fault)
		return false;
	t->thread = runner.thread;
	is_known = t->on_fault(t, address, instruction, access, reason, reply);
	t->thread = thread;
	return is_known;
}

static void op_page_fault(void *self,
	const struct fault_Handler_page_fault_request *request, struct sk_reply *to)
{
	struct fault_Handler_page_fault_reply reply = {.action = fault_Action_KILL};
	struct test *t = &runner.test;

	(void)self;
	t->faults++;
	if (!ask_case(t, request->address, request->instruction, request->access,
			(uint32_t)request->reason, &reply)) {
		sk_print(runner.thread, "# page fault at 0x%lx, instruction 0x%lx, "
			"access %u, reason %d\n", request->address, request->instruction,
			request->access, request->reason);
		runner.faulted = true;
		reply.action = fault_Action_KILL;
	}
	fault_Handler_page_fault_answer(to, 0, &reply);
}

static void op_exception(void *self,
	const struct fault_Handler_exception_request *request, struct sk_reply *to)
{
	struct fault_Handler_exception_reply reply = {.action = fault_Action_KILL};
	struct fault_Handler_page_fault_reply as = {.action = fault_Action_KILL};
	struct test *t = &runner.test;

	(void)self;
	t->faults++;
	/* An exception is told as a page fault of reason 100 and more. */
	if (ask_case(t, request->address, request->instruction, request->code,
			100 + (uint32_t)request->what, &as)) {
		reply.action = as.action;
		reply.at = as.at;
	} else {
		sk_print(runner.thread, "# exception %d, code 0x%x, instruction 0x%lx, "
			"address 0x%lx\n", request->what, request->code,
			request->instruction, request->address);
		runner.faulted = true;
	}
	fault_Handler_exception_answer(to, 0, &reply);
}

static void op_foreign(void *self,
	const struct fault_Handler_foreign_call_request *request, struct sk_reply *to)
{
	struct fault_Handler_foreign_call_reply reply = {
		.action = fault_Action_RESUME,
		.result = request->number + request->arguments[0],
	};

	(void)self;
	runner.test.faults++;
	if (runner.test.retries > 0) {
		runner.test.retries--;
		reply.action = fault_Action_RETRY;
	}
	fault_Handler_foreign_call_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct fault_Handler_ops ops = {
		.page_fault = op_page_fault,
		.exception = op_exception,
		.foreign_call = op_foreign,
	};

	return fault_Handler_dispatch(&ops, self, incoming);
}

static const struct sk_object object = {.dispatch = dispatch};

static void notified(void *self, uint64_t bits)
{
	struct runner *r = self;

	r->ended = r->ended || (bits & r->ended_bit);
}

/* ---- one case ---- */

static void case_main(struct test_helper *self)
{
	const struct test_case *one = self->argument;

	one->run(self->test);
}

/* Takes away what stands in the table and did not before. */
static void close_since(struct runner *r, const uint32_t *before, uint32_t count)
{
	struct kernel_Space_handles_reply reply;
	uint32_t numbers[160], found = 0;

	if (K(&r->test, r->test.space, Space_handles, &reply, .from = 0) != SK_OK)
		return;
	for (struct kernel_HandleEntry entry;
			found < 160 && kernel_HandleEntry_next(&reply.list, &entry);)
		numbers[found++] = entry.number;
	for (uint32_t i = 0; i < found; i++) {
		bool is_old = false;

		for (uint32_t k = 0; k < count; k++)
			is_old = is_old || before[k] == numbers[i];
		if (!is_old)
			sk_sys_close(numbers[i]);
	}
}

static uint32_t list_handles(struct runner *r, uint32_t *numbers, uint32_t capacity)
{
	struct kernel_Space_handles_reply reply;
	uint32_t count = 0;

	if (K(&r->test, r->test.space, Space_handles, &reply, .from = 0) != SK_OK)
		return 0;
	for (struct kernel_HandleEntry entry;
			count < capacity && kernel_HandleEntry_next(&reply.list, &entry);)
		numbers[count++] = entry.number;
	return count;
}

/* Makes the thread of a case; false: it cannot be. */
static bool prepare(struct runner *r, const struct test_case *one)
{
	struct test *t = &r->test;
	struct sk_kernel_slots slots;
	struct sk_thread by = *r->thread;
	struct sk_handle thread;

	memset(helpers, 0, sizeof(helpers));
	t->failures = t->checks = t->helper_count = 0;
	t->faults = 0;
	t->retries = 0;
	t->value = 0;
	t->on_fault = NULL;
	t->thread = r->thread;
	t->fault_handler = mint(t, r->endpoint, 1, 0, NULL);
	t->quota = new_quota(t, CASE_BYTES);
	if (t->quota.raw < 0 || t->fault_handler.raw < 0)
		return false;
	sk_kernel_channel_open(&by.quota, &by.slots, 0, 1, t->quota);
	if (sk_thread_new(&by, t->space, TEST_PRIORITY, TEST_SLOTS, &thread,
			&slots) != SK_OK)
		return false;
	first.test = t;
	first.run = case_main;
	first.argument = (void *)(uintptr_t)one;
	sk_thread_open(&first.thread, thread, &slots, t->space, t->quota, t->system);
	t->self = thread;
	K0(t, thread, Thread_watch, .notify = {copy(t, r->notification,
		kernel_Rights_SIGNAL | kernel_Rights_TRANSFER)}, .bits = r->ended_bit);
	K0(t, thread, Thread_set_fault_handler, .has_handler = true,
		.handler = {COPY(t, t->fault_handler)});
	return true;
}

static void first_main(void *argument)
{
	struct test_helper *self = argument;

	self->run(self);
	sk_thread_exit(&self->thread, 0);
}

static const char *run_thread(struct runner *r)
{
	uint64_t deadline = now(&r->test) + CASE_LIMIT;
	struct sk_handle thread = r->test.self;
	int status = SK_OK;

	r->ended = r->faulted = false;
	/* From here on the test is the case's: its thread's slots are. */
	r->test.thread = &first.thread;
	if (sk_thread_start(r->thread, thread, first_main, first.stack + TEST_STACK,
			&first) != SK_OK)
		return "its thread does not start";
	while (!r->ended && (status == SK_OK || status == SK_TIMED_OUT)) {
		status = sk_kernel_port_step(&r->port, deadline);
		if (status == SK_TIMED_OUT)
			break;
	}
	sk_kernel_port_flush(&r->port);
	r->test.thread = r->thread;
	if (status != SK_OK && status != SK_TIMED_OUT)
		return sk_status_name(status);
	if (!r->ended)
		return "it does not end";
	if (r->faulted)
		return "a thread faulted";
	return r->test.failures ? "" : NULL;
}

static void run_case(struct runner *r, const struct test_case *one)
{
	struct sk_handle quota = r->test.quota;
	uint32_t before[64], count;
	const char *why;

	if (one->cpus > r->cpus) {
		sk_print(r->thread, "ok - %s # SKIP it needs %u CPUs\n", one->name, one->cpus);
		r->skipped++;
		return;
	}
	r->ended_bit = r->ended_bit << 1 | r->ended_bit >> 63;
	count = list_handles(r, before, 64);
	why = prepare(r, one) ? run_thread(r) : "it cannot be prepared";
	r->test.thread = r->thread;
	if (r->test.quota.raw != quota.raw)
		K0(&r->test, r->test.quota, Quota_destroy, 0);
	close_since(r, before, count);
	r->test.quota = quota;
	if (!why && r->test.checks == 0)
		why = "it checked nothing";
	if (why && *why)
		sk_print(r->thread, "# %s\n", why);
	sk_print(r->thread, "%s - %s\n", why ? "not ok" : "ok", one->name);
	if (why)
		r->failed++;
	else
		r->passed++;
}

/* ---- all of them ---- */

static bool is_wanted(const struct runner *r, const char *name)
{
	return sk_find(name, strlen(name), r->pattern, r->pattern_size) != NULL;
}

static void run_table(struct runner *r, const struct test_case *table)
{
	for (; table->name; table++)
		if (is_wanted(r, table->name))
			run_case(r, table);
}

/* Finds WORD=VALUE in the command line; what follows the word. */
static const char *find_word(const char *line, size_t size, const char *word)
{
	const char *at = sk_find(line, size, word, strlen(word));

	return at ? at + strlen(word) : NULL;
}

static uint32_t number_at(const char *at, const char *end)
{
	uint32_t number = 0;

	for (; at < end && *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (uint32_t)(*at - '0');
	return number;
}

/* The number behind WORD=; false: no such word. */
static bool read_number(const struct sk_string *line, const char *word, uint32_t *number)
{
	const char *at = find_word(line->data, line->size, word);

	if (at)
		*number = number_at(at, line->data + line->size);
	return at != NULL;
}

static bool read_command_line(struct runner *r)
{
	struct kernel_System_boot_info_reply info;
	const struct sk_string *line = &info.command_line;
	const char *at;

	if (K(&r->test, r->test.system, System_boot_info, &info, 0) != SK_OK)
		return false;
	r->cpus = info.cpus;
	r->benches = find_word(line->data, line->size, "bench") != NULL;
	r->traces = find_word(line->data, line->size, "bench-trace") != NULL;
	read_number(line, r->traces ? "bench-trace=" : "bench=", &r->rounds);
	r->is_hostile = read_number(line, "hostile=", &r->rounds);
	read_number(line, "seed=", &r->seed);
	at = find_word(line->data, line->size, "case=");
	for (; at && at < line->data + line->size && *at != ' ' &&
			r->pattern_size < sizeof(r->pattern); at++)
		r->pattern[r->pattern_size++] = *at == '+' ? ' ' : *at;
	return true;
}

static bool open_runner(struct runner *r, struct sk_thread *thread)
{
	struct kernel_System_clock_reply clock;
	struct sk_kernel_port_config config = {
		.root = &object, .self = r, .notified = notified,
	};
	struct test *t = &r->test;

	r->thread = t->thread = thread;
	t->helpers = helpers;
	t->space = sk_kernel_handle(ABI_FIRST_SPACE);
	t->quota = sk_kernel_handle(ABI_FIRST_QUOTA);
	t->system = sk_kernel_handle(ABI_FIRST_SYSTEM);
	if (K(t, t->system, System_clock, &clock, 0) != SK_OK)
		return false;
	t->clock = clock.clock.raw;
	r->endpoint = config.endpoint = new_endpoint(t);
	r->notification = new_notification(t);
	r->ended_bit = 1;
	t->self = thread->handle;
	t->fault_handler = mint(t, r->endpoint, 1, 0, NULL);
	return K0(t, r->endpoint, Endpoint_set_tokens, .count = 16) == SK_OK &&
		K0(t, r->endpoint, Endpoint_bind, .has_notification = true,
			.notification = {COPY(t, r->notification)}) == SK_OK &&
		sk_kernel_port_open(&r->port, &thread->slots, FAULT_SLOT, &config) == SK_OK;
}

int sk_main(struct sk_thread *thread, uint64_t argument)
{
	static const struct test_case *const tables[] = {
#define X(table) table,
		TEST_TABLES(X)
#undef X
	};
	struct runner *r = &runner;
	uint32_t code;

	(void)argument;
	sk_print(thread, "# init: begins\n");
	if (!open_runner(r, thread) || !read_command_line(r)) {
		sk_print(thread, "not ok - the runner can begin\n");
		r->failed++;
	} else if (r->traces) {
		run_trace_benches(&r->test, r->rounds);
	} else if (r->benches) {
		run_benches(&r->test, r->rounds);
	} else if (r->is_hostile) {
		r->failed += run_hostile(&r->test, r->rounds, r->seed);
	} else {
		r->test.cpus = r->cpus;
		for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
			run_table(r, tables[i]);
	}
	sk_print(thread, "# init: %u passed, %u failed, %u skipped, %u CPUs\n", r->passed,
		r->failed, r->skipped, r->cpus);
	code = r->failed != 0;
	K0(&r->test, r->test.system, System_power, .action = kernel_PowerAction_OFF,
		.code = code);
	return (int)code;
}
