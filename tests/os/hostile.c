/*
 * The supervisor of hostile programs (attack.c): starts some in a quota of their
 * own, lets them do what they want for some seconds, destroys the quota with
 * everything in flight, and begins again. Meanwhile it looks every second whether
 * anything of it reaches those outside: it still gets time, its memory is as it
 * was, its calls are answered, by a server that the hostile ones call as well. When
 * they are gone, all that they used has to be free again.
 */
#include "attack.h"

#define SECOND (1000 * MS)
#define PROGRAMS_MAX 4
#define BYTES (UINT64_C(64) << 20)
#define PATTERN_SIZE (UINT64_C(256) << 10)
#define CALL_LIMIT (20 * SECOND)
#define LATE_LIMIT (20 * SECOND)
#define CLEAN_LIMIT (25 * SECOND)
#define TELL_EVERY (5 * SECOND)
/* Partly used frames of the kernel's pool can be more than they were. */
#define FREE_SLACK (UINT64_C(128) << 10)
#define OWN_PRIORITY 200
#define SERVER_PRIORITY 150

struct figures {
	uint64_t free;			/* bytes of the machine */
	struct kernel_Amount used;
};

static struct {
	struct test *t;
	struct sk_thread by;		/* the own thread, charging to the wave */
	struct server server;
	struct sk_handle root;
	struct sk_handle figures_memory;
	struct attack_figures *figures;
	uint64_t *pattern;
	uint64_t random;
	uint64_t end;			/* when all has to end */
	uint64_t told;
	uint64_t begun;
	uint64_t late_most;
	unsigned waves;
	unsigned failures;
} h;

static uint32_t below(uint32_t count)
{
	h.random = h.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((h.random >> 32) * count >> 32);
}

static void fail(const char *what, uint64_t came, uint64_t expected)
{
	h.failures++;
	sk_print(h.t->thread, "# not so: %s: expected %lu, came %lu\n", what, expected, came);
}

static void tell(const char *what)
{
	h.told = now(h.t);
	sk_print(h.t->thread, "# hostile: %s, %lu s, wave %u, %lu acts, %lu threads, "
		"%lu forks, %lu faults, late by at most %lu ms\n", what,
		(h.told - h.begun) / SECOND, h.waves, h.figures->acts, h.figures->threads,
		h.figures->spaces, h.figures->faults, h.late_most / MS);
}

/* ---- the others ---- */

static uint64_t expected_word(uint64_t index)
{
	return index * UINT64_C(0x9e3779b97f4a7c15);
}

static void check_memory(void)
{
	for (uint64_t i = 0; i < PATTERN_SIZE / 8; i++)
		if (h.pattern[i] != expected_word(i)) {
			fail("the memory of others stays as it is", h.pattern[i],
				expected_word(i));
			return;
		}
}

static void fail_server(int status)
{
	struct kernel_Endpoint_status_reply endpoint = {0};
	struct kernel_Thread_state_reply thread = {0};

	fail("calls of others are answered", (uint64_t)(int64_t)status, SK_OK);
	K(h.t, h.server.endpoint, Endpoint_status, &endpoint, 0);
	K(h.t, h.server.helper->thread.handle, Thread_state, &thread, 0);
	sk_print(h.t->thread, "# server: state %d, %u waiting, %u unanswered, "
		"%u held, %u canceled, ended with %d\n", thread.state, endpoint.waiting,
		endpoint.unanswered, h.server.held_count,
		h.server.canceled, h.server.status);
}

static void check_calls(void)
{
	const struct bench_Target_words_request request = {1, 2, 3, 4};
	const struct sk_call call = {.deadline = now(h.t) + CALL_LIMIT};
	struct bench_Target_words_reply reply = {0};
	struct sk_handle n = new_notification(h.t);
	uint64_t bits = 0;
	int status = bench_Target_words(on(h.t, h.server.client), &request, &reply, &call);

	if (status != SK_OK)
		fail_server(status);
	else if (reply.sum != 10)
		fail("answers to others are right", reply.sum, 10);
	sk_sys_signal(NUMBER(n), 4);
	sk_sys_wait(NUMBER(n), UINT64_MAX, SK_POLL, &bits);
	if (bits != 4)
		fail("others can make and use objects", bits, 4);
	close(n);
}

/* A second passes. */
static void look(void)
{
	uint64_t begin = now(h.t), late;

	pause_for(h.t, SECOND);
	late = now(h.t) - begin - SECOND;
	h.late_most = late > h.late_most ? late : h.late_most;
	if (late > LATE_LIMIT)
		fail("others get time: late by ms", late / MS, 0);
	check_memory();
	check_calls();
	if (now(h.t) - h.told > TELL_EVERY)
		tell("goes on");
}

/* ---- what is used ---- */

static struct figures measure(void)
{
	struct kernel_System_memory_reply memory = {0};
	struct kernel_Quota_usage_reply usage = {0};
	struct figures figures;

	K(h.t, h.root, Quota_usage, &usage, 0);
	figures.used = usage.used;
	K(h.t, h.t->system, System_memory, &memory, 0);
	figures.free = memory.free;
	return figures;
}

static bool is_same(const struct figures *now_, const struct figures *before)
{
	return now_->used.bytes == before->used.bytes &&
		now_->used.threads == before->used.threads &&
		now_->used.spaces == before->used.spaces &&
		now_->used.handles == before->used.handles &&
		now_->free + FREE_SLACK >= before->free;
}

/* What is destroyed goes in steps, while others run. */
static void check_clean(const struct figures *before)
{
	uint64_t limit = now(h.t) + CLEAN_LIMIT;
	struct figures figures = measure();

	while (!is_same(&figures, before) && now(h.t) < limit) {
		pause_for(h.t, 10 * MS);
		figures = measure();
	}
	if (is_same(&figures, before))
		return;
	fail("no memory is left behind: used bytes", figures.used.bytes, before->used.bytes);
	fail("... free bytes", figures.free, before->free);
	fail("... threads", figures.used.threads, before->used.threads);
	fail("... spaces", figures.used.spaces, before->used.spaces);
	fail("... handles", figures.used.handles, before->used.handles);
}

/* ---- waves ---- */

static void close_child(struct child *child)
{
	close(child->thread);
	close(child->memory);
	close(child->space);
}

static bool start_program(struct child *child, const struct sk_handle shared[ATTACK_GIVEN])
{
	struct sk_handle given[ATTACK_GIVEN];
	struct kernel_Space_map_reply reply;

	given[ATTACK_TARGET] = mint(h.t, h.server.endpoint, 8, 1 + below(4), NULL);
	for (unsigned i = ATTACK_TARGET + 1; i < ATTACK_GIVEN; i++)
		given[i] = copy(h.t, shared[i], i == ATTACK_CLOCK ? kernel_Rights_READ |
			kernel_Rights_DUPLICATE | kernel_Rights_TRANSFER : UINT16_MAX);
	*child = (struct child){sk_no_handle(), sk_no_handle(), sk_no_handle()};
	if (!new_child(h.t, child, attack, (uint64_t)below(1u << 31) << 32 | below(1u << 31),
			given, ATTACK_GIVEN)) {
		/* Others of the wave have used up the quota. Those that were not
		 * moved are closed; the rest are none any more. */
		for (unsigned i = 0; i < ATTACK_GIVEN; i++)
			close(given[i]);
		close_child(child);
		return false;
	}
	if (K(h.t, child->space, Space_map, &reply, .memory = {h.figures_memory},
			.length = SK_PAGE, .address = ATTACK_FIGURES,
			.protection = kernel_Protection_READ | kernel_Protection_WRITE,
			.flags = kernel_MapFlags_FIXED, .inherit = kernel_Inherit_SHARE) != SK_OK) {
		fail("it gets a page for its figures", 0, 1);
		return false;
	}
	start_child(h.t, child);
	return true;
}

/* Until it is time, or nothing happens any more. */
static void let_run(uint64_t until)
{
	uint64_t acts;

	do {
		acts = h.figures->acts;
		look();
	} while (now(h.t) < until && h.figures->acts != acts);
}

static void run_wave(uint64_t nanoseconds)
{
	struct sk_handle quota, theirs, shared[ATTACK_GIVEN];
	struct child children[PROGRAMS_MAX];
	unsigned count = 1 + below(PROGRAMS_MAX), begun = 0;
	struct kernel_Quota_create_quota_reply made;
	struct test *t = h.t;
	int status;

	h.waves++;
	if (K(t, h.root, Quota_create_quota, &made, .limit = {.bytes = BYTES >> below(3),
			.threads = 8 + below(40), .spaces = 4 + below(12),
			.handles = 500 + below(3000), .priority = TEST_PRIORITY}) != SK_OK) {
		fail("a quota can be made", 0, 1);
		return;
	}
	quota = made.quota.raw;
	/* Theirs cannot destroy it, nor change its limits. */
	t->quota = theirs = copy(t, quota, kernel_Rights_CREATE | kernel_Rights_INSPECT |
		kernel_Rights_DUPLICATE | kernel_Rights_TRANSFER);
	h.by = *t->thread;
	sk_kernel_channel_open(&h.by.quota, &h.by.slots, 0, 1, t->quota);
	shared[ATTACK_MEETING] = new_memory(t, 64 * SK_PAGE);
	shared[ATTACK_ENDPOINT] = new_endpoint(t);
	shared[ATTACK_BELL] = new_notification(t);
	shared[ATTACK_CLOCK] = t->clock;
	for (struct sk_thread *own = t->thread; begun < count; begun++) {
		bool is_begun;

		t->thread = &h.by;
		is_begun = start_program(&children[begun], shared);
		t->thread = own;
		if (!is_begun)
			break;
	}
	t->quota = h.root;
	let_run(now(t) + nanoseconds);
	for (unsigned i = 0; i < begun; i++) {
		if (below(3) == 0)
			K0(t, children[i].space, Space_kill, .code = 1);
		close_child(&children[i]);
	}
	for (unsigned i = ATTACK_MEETING; i < ATTACK_CLOCK; i++)
		close(shared[i]);
	status = K0(t, quota, Quota_destroy, 0);
	if (status != SK_OK)
		fail("the quota can be destroyed", (uint64_t)(int64_t)status, SK_OK);
	close(theirs);
	close(quota);
}

/* ---- all of it ---- */

/* The table of handles is as large as it will be. */
static void grow_table(void)
{
	struct sk_handle handles[600];

	for (unsigned i = 0; i < 600; i++)
		handles[i] = COPY(h.t, h.root);
	for (unsigned i = 0; i < 600; i++)
		close(handles[i]);
}

/* All pages that it may write, its stack's too, are there: what is used from now on
 * is not its own. */
static bool fill_pages(struct test *t)
{
	struct kernel_Space_populate_reply filled;
	struct kernel_Space_mappings_reply reply;
	struct kernel_Mapping mapping;
	uint64_t from = 0;

	while (K(t, t->space, Space_mappings, &reply, .from = from) == SK_OK) {
		if (!kernel_Mapping_next(&reply.list, &mapping))
			return true;
		from = mapping.address + mapping.length;
		if (mapping.protection & kernel_Protection_WRITE &&
		    K(t, t->space, Space_populate, &filled, .address = mapping.address,
				.length = mapping.length, .write = true) != SK_OK)
			return false;
	}
	return false;
}

static bool begin(struct test *t, uint32_t seconds, uint64_t seed)
{
	h.t = t;
	h.root = t->quota;
	h.random = seed;
	h.figures_memory = new_memory(t, SK_PAGE);
	h.figures = (struct attack_figures *)(uintptr_t)map(t, h.figures_memory, SK_PAGE);
	h.pattern = (uint64_t *)(uintptr_t)map(t, new_memory(t, PATTERN_SIZE), PATTERN_SIZE);
	if (!h.figures || !h.pattern || !serve(t, &h.server))
		return false;
	for (uint64_t i = 0; i < PATTERN_SIZE / 8; i++)
		h.pattern[i] = expected_word(i);
	K0(t, t->self, Thread_set_priority, .priority = OWN_PRIORITY);
	K0(t, h.server.helper->thread.handle, Thread_set_priority,
		.priority = SERVER_PRIORITY);
	grow_table();
	if (!fill_pages(t))
		return false;
	h.begun = h.told = now(t);
	h.end = h.begun + seconds * SECOND;
	return true;
}

unsigned run_hostile(struct test *t, uint32_t seconds, uint64_t seed)
{
	struct figures before;

	sk_print(t->thread, "# hostile: seed %lu, %u s\n", seed, seconds);
	if (!begin(t, seconds, seed)) {
		sk_print(t->thread, "not ok - hostile programs can be started\n");
		return 1;
	}
	/* What others need because of them, once. */
	run_wave(2 * SECOND);
	pause_for(t, 2 * SECOND);
	before = measure();
	tell("begins");
	while (now(t) < h.end && h.failures == 0) {
		run_wave((1 + below(below(3) ? 3 : 12)) * SECOND);
		check_clean(&before);
		tell("a wave is gone");
	}
	if (h.figures->acts < 1000)
		fail("hostile programs do something", h.figures->acts, 1000);
	sk_print(t->thread, "%s - hostile programs harm nobody else, and leave nothing "
		"behind\n", h.failures ? "not ok" : "ok");
	return h.failures;
}
