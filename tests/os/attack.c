/*
 * What a hostile program does. Each of its threads (a worker) has a stack and what
 * it knows at an address that it can compute from its own; they share the table of
 * what handles there are, the tokens that came, and a playground of memory, and
 * hold no lock for any of it. The first thread keeps them going: it handles their
 * faults, kills some, and starts others.
 */
#include "attack.h"

#include "tests/kernel/fuzz/methods.h"

#define WORKERS 6
#define STACK UINT64_C(0x10000)
#define STACKS UINT64_C(0x610000000000)
#define PLAYGROUND UINT64_C(0x620000000000)
#define PLAY_PAGES 64
#define RINGS UINT64_C(0x630000000000)
#define KNOWN 192
#define TOKENS 32
#define HANDLES_KEPT 120
#define BEGUN_WITH (3 + ATTACK_GIVEN)
#define FAULT_SLOT 4

struct known {
	uint32_t number;
	uint32_t kind;
	uint64_t object;
};

/* At the lower end of its stack. */
struct worker {
	uint64_t random;
	uint64_t time;			/* about now */
	uint64_t acts;
	struct sk_kernel_slots slots;
	struct sk_kernel_channel channel;
	uint32_t thread;		/* numbers in its space's table */
	uint32_t space;
	uint32_t index;
	uint64_t life;			/* acts after which it ends its space; 0: none */
	struct attack_figures *figures;
};

/* Of the space; whoever comes writes it. */
static struct {
	struct known known[KNOWN];
	uint32_t known_count;
	uint64_t tokens[TOKENS];
	uint32_t quota;
	uint32_t clock;
	uint32_t handler;
	uint32_t given[ATTACK_GIVEN];
	uint32_t workers[WORKERS];	/* numbers of their threads */
	uint64_t seed;
} shared;

static struct worker *me(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return (struct worker *)(here & ~(uintptr_t)(STACK - 1));
}

static struct worker *worker_at(uint32_t index)
{
	return (struct worker *)(uintptr_t)(STACKS + index * STACK);
}

/* ---- chance ---- */

static uint64_t random_number(void)
{
	uint64_t x = me()->random += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint32_t below(uint32_t count)
{
	return (uint32_t)((random_number() >> 32) * count >> 32);
}

static bool one_in(uint32_t count)
{
	return below(count) == 0;
}

static uint64_t random_word(void)
{
	static const uint64_t words[] = {
		0, 0xfff, 0x10000, 0x7fffffffefff, 0x7ffffffff000, 0x800000000000,
		UINT64_C(0xffff800000000000), UINT64_C(0xffffffff80000000),
		UINT64_C(0xfffffffffffff000), UINT64_MAX,
	};

	switch (below(4)) {
	case 0:
		return words[below(sizeof(words) / sizeof(words[0]))];
	case 1:
		return random_number() >> below(64);
	default:
		return below(16);
	}
}

/* A handle to be called. */
static uint32_t pick_target(uint32_t kind)
{
	uint32_t count = shared.known_count % (KNOWN + 1), at = below(count + 1);

	if (one_in(64))
		return (uint32_t)random_number();
	for (uint32_t i = 0; i < count && !one_in(64); i++, at++) {
		const struct known *known = &shared.known[at % count];

		if (kind == kernel_Kind_NONE || known->kind == kind)
			return known->number ^ (one_in(200) ? 1u << below(32) : 0);
	}
	return count ? shared.known[at % count].number : 0;
}

/* A handle that may be gone then: seldom one of those it began with, without which
 * not much can be done. */
static uint32_t pick_handle(uint32_t kind)
{
	uint32_t number;

	do
		number = pick_target(kind);
	while (ABI_INDEX(number) <= BEGUN_WITH && shared.known_count > BEGUN_WITH &&
		!one_in(50));
	return number;
}

static uint64_t pick_id(uint32_t kind)
{
	uint32_t count = shared.known_count % (KNOWN + 1);
	uint64_t id = count ? shared.known[below(count)].object : 0;

	(void)kind;
	return one_in(8) ? random_word() : id - below(20) + below(20);
}

static uint64_t pick_address(bool aligned)
{
	uint64_t address = PLAYGROUND + SK_PAGE * below(PLAY_PAGES);

	if (one_in(60))
		address = random_word();
	else if (one_in(12))
		address = RINGS + SK_PAGE * below(64);
	else if (one_in(300))
		address = one_in(2) ? (uintptr_t)me()->slots.base + SK_PAGE * below(8) :
			STACKS + SK_PAGE * below((uint32_t)(WORKERS * STACK / SK_PAGE));
	else if (one_in(300))
		address = (uintptr_t)attack + SK_PAGE * below(64);
	if (aligned && !one_in(40))
		return address & ~UINT64_C(0xfff);
	return address + (one_in(4) ? SK_PAGE - 1 - below(16) : 4 * below(1000));
}

static uint64_t pick_pages(void)
{
	return one_in(64) ? random_word() : one_in(24) ? UINT64_C(4096) << below(30) :
		SK_PAGE * (uint64_t)below(one_in(8) ? 200 : 8);
}

static uint64_t pick_size(void)
{
	return one_in(32) ? random_word() : below(one_in(4) ? 40000 : 600);
}

static uint64_t pick_deadline(void)
{
	return one_in(400) ? ABI_FOREVER : one_in(3) ? ABI_POLL :
		me()->time + (UINT64_C(1) << below(22));
}

/* ---- methods ---- */

static struct sk_channel *channel_to(uint32_t number)
{
	struct worker *w = me();

	/* No handle at all: the call is to say so. */
	if (sk_kernel_channel_open(&w->channel, &w->slots, 0, 1,
			sk_kernel_handle(number)) != SK_OK)
		sk_kernel_channel_open(&w->channel, &w->slots, 0, 1,
			(struct sk_handle){INT32_MAX});
	w->channel.touch = NULL;
	return &w->channel.channel;
}

#define HANDLE(number) sk_kernel_handle(number)
#define SOON (me()->time + (UINT64_C(1) << below(26)))
#define PHYSICAL (UINT64_C(0x8000000) + SK_PAGE * below(1000))

/* A method, with a deadline: what is called may be a session. */
#define CALL(to, interface, method, reply, ...) \
	kernel_##interface##_##method(channel_to(to), \
		&(struct kernel_##interface##_##method##_request){__VA_ARGS__}, reply, \
		&(struct sk_call){.deadline = me()->time + 50 * MS})
#define CALL0(to, interface, method, ...) \
	CALL(to, interface, method, (&(struct kernel_##interface##_##method##_reply){0}), \
		__VA_ARGS__)

#define X(interface, method, weight, ...) \
static void interface##_##method(uint32_t to) \
{ \
	CALL0(to, interface, method, __VA_ARGS__); \
}
METHODS(X)
#undef X

static const struct method {
	uint16_t kind;
	uint16_t weight;
	uint32_t id;
	void (*call)(uint32_t to);
} methods[] = {
#define X(interface, method, weight, ...) \
	{interface, weight, kernel_##interface##_##method##_request_ID, \
		interface##_##method},
	METHODS(X)
#undef X
};
#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

static const struct method *pick_method(void)
{
	static uint32_t all;
	uint32_t at, sum = 0;

	for (unsigned i = 0; all == 0 && i < METHOD_COUNT; i++)
		sum += methods[i].weight;
	all = all ? all : sum;
	at = below(all);
	for (const struct method *method = methods;; method++) {
		if (at < method->weight)
			return method;
		at -= method->weight;
	}
}

/* Its own space and threads are ended elsewhere. */
static bool is_own(uint32_t number)
{
	bool is = number == me()->space;

	for (uint32_t i = 0; i < WORKERS; i++)
		is = is || number == shared.workers[i];
	return is;
}

static void act_method(void)
{
	const struct method *method = pick_method();
	uint32_t to = pick_target(method->kind);

	if (is_own(to) && (method->call == Space_kill || method->call == Thread_kill || method->call == Thread_suspend) &&
			!one_in(200))
		return;
	method->call(to);
}

/* ---- messages ---- */

static uint8_t *slot_page(uint32_t slot)
{
	return me()->slots.base + (size_t)slot * ABI_SLOT_PAGE;
}

static struct abi_descriptors *slot_beside(uint32_t slot)
{
	const struct sk_kernel_slots *slots = &me()->slots;

	return (struct abi_descriptors *)(void *)(slots->base +
		(size_t)slots->count * ABI_SLOT_PAGE + slot * ABI_DESCRIPTORS_SIZE);
}

static uint32_t pick_slot(void)
{
	return one_in(60) ? below(128) : below(me()->slots.count + 1);
}

/* Something to send from a slot, and its counts. */
static uint64_t fill(uint32_t slot, uint64_t words[ABI_WORDS])
{
	uint32_t handles = one_in(3) ? below(5) : 0, leases = one_in(3) ? below(4) : 0;
	uint32_t size = 8 * (one_in(8) ? below(513) : below(8));
	struct abi_descriptors *beside;

	for (unsigned i = 0; i < ABI_WORDS; i++)
		words[i] = random_word();
	words[0] = methods[below(METHOD_COUNT)].id | (uint64_t)below(2) << 32;
	if (slot >= me()->slots.count)
		return sk_counts(size, handles, leases, below(9), slot);
	beside = slot_beside(slot);
	for (uint32_t i = 0; i < handles; i++)
		beside->handles[i] = (struct abi_handle){
			.number = pick_handle(below(kernel_Kind_SYSTEM)),
			.rights = (uint16_t)random_number(), .copies = !one_in(4),
			.kernel_rights = one_in(3) ? (uint16_t)random_number() : UINT16_MAX,
		};
	for (uint32_t i = 0; i < leases; i++)
		beside->leases[i] = (struct abi_lease){
			.address = pick_address(false), .size = pick_size(),
			.direction = below(4), .passed = one_in(6) ? below(4) : 0,
			.token = (uint32_t)shared.tokens[below(TOKENS)],
		};
	if (size > ABI_WORD_BYTES)
		memset(slot_page(slot) + ABI_WORD_BYTES, (int)below(256), size -
			ABI_WORD_BYTES);
	return sk_counts(size, handles, leases, one_in(2) ? below(9) : 0, slot);
}

static void enter_until(struct sk_registers *r, uint64_t deadline)
{
	r->time = deadline;
	if (deadline != ABI_FOREVER)
		r->head |= ABI_TIMED;
	enter(r);
}

static uint64_t cancellable(void)
{
	return one_in(2) ? ABI_CANCELLABLE : 0;
}

static void act_call(void)
{
	struct sk_registers r = {.head = 0};

	r.head = fill(pick_slot(), r.words) | (ABI_BASE + (one_in(5) ? ABI_SEND : ABI_CALL));
	r.target = sk_target(pick_target(kernel_Kind_SESSION), pick_slot()) | cancellable();
	enter_until(&r, pick_deadline());
}

/* The server that is to survive. Whatever but `stop`. */
static void act_target(void)
{
	static const uint32_t ids[] = {
		bench_Target_nothing_request_ID, bench_Target_words_request_ID,
		bench_Target_ten_request_ID, bench_Target_page_request_ID,
		bench_Target_give_request_ID, bench_Target_pass_request_ID,
		bench_Target_pass_copy_request_ID, bench_Target_read_request_ID,
		bench_Target_write_request_ID, bench_Target_copy_request_ID,
		bench_Target_hold_request_ID, bench_Target_release_request_ID,
		bench_Target_drop_request_ID, bench_Target_note_request_ID,
		bench_Target_told_request_ID,
	};
	struct sk_registers r = {.head = 0};

	r.head = fill(pick_slot(), r.words) | (ABI_BASE + (one_in(9) ? ABI_SEND : ABI_CALL));
	r.words[0] = ids[below(sizeof(ids) / sizeof(ids[0]))];
	r.target = sk_target(shared.given[ATTACK_TARGET], pick_slot()) | cancellable();
	enter_until(&r, me()->time + (UINT64_C(1) << below(24)));
}

static void take(const struct sk_registers *r)
{
	if (ABI_STATUS(r->head) >= 0 && r->token)
		shared.tokens[below(TOKENS)] = r->token;
}

static void act_receive(void)
{
	struct sk_registers r = {
		.head = ABI_BASE + ABI_RECEIVE,
		.target = sk_target(pick_target(kernel_Kind_ENDPOINT), pick_slot()) |
			cancellable(),
	};

	enter_until(&r, pick_deadline());
	take(&r);
}

/* An answer that the kernel understands, if it is the one who asks. */
static uint64_t fault_answer(uint64_t words[ABI_WORDS])
{
	const struct fault_Handler_page_fault_reply reply = {
		.action = (fault_Action)(1 + below(6)), .at = pick_address(one_in(2)),
		.memory = pick_handle(kernel_Kind_MEMORY), .protection = below(9),
		.offset = pick_pages(), .pages = below(4),
	};
	const struct fault_Pager_supply_reply supplied = {0};
	uint8_t bytes[64] = {0};
	int size = one_in(2) ? fault_Pager_supply_reply_encode(&supplied, bytes, 64) :
		fault_Handler_page_fault_reply_encode(&reply, bytes, 64);

	memcpy(words, bytes, ABI_WORD_BYTES);
	return sk_counts(size > 0 ? (uint32_t)size : 8, 0, 0, 0, 0);
}

static void act_reply(void)
{
	struct sk_registers r = {.token = shared.tokens[below(TOKENS)]};
	bool receives = one_in(2);

	r.token += one_in(24) ? UINT64_C(1) << below(32) : 0;
	r.head = one_in(3) ? fault_answer(r.words) : fill(pick_slot(), r.words);
	r.target = one_in(10) ? ABI_DROP : 0;
	r.head |= ABI_BASE + (receives ? ABI_REPLY_RECEIVE : ABI_REPLY);
	if (receives)
		r.target |= sk_target(pick_target(kernel_Kind_ENDPOINT), pick_slot());
	enter_until(&r, receives ? pick_deadline() : 0);
	if (receives)
		take(&r);
}

static void act_lease_copy(void)
{
	struct sk_registers r = {
		.head = ABI_BASE + ABI_LEASE_COPY, .token = shared.tokens[below(TOKENS)],
		.words = {below(5) | (one_in(2) ? ABI_LEASE_WRITE : 0), pick_size(),
			pick_address(false), pick_size()},
	};

	if (one_in(2))
		r.words[1] = 0;
	enter(&r);
}

/* ---- rings ---- */

/* A ring's memory, mapped in one of a few places, whoever uses that. */
static struct abi_ring *map_ring(uint32_t ring)
{
	struct kernel_Ring_memory_reply reply;
	struct kernel_Space_map_reply mapped;
	uint64_t at = RINGS + (UINT64_C(1) << 20) * below(3);
	int status;

	if (CALL(ring, Ring, memory, &reply, 0) != SK_OK)
		return NULL;
	status = CALL(me()->space, Space, map, &mapped, .memory = reply.memory,
		.length = SK_PAGE * (1 + (uint64_t)below(24)), .address = at,
		.protection = 3, .flags = kernel_MapFlags_FIXED | kernel_MapFlags_REPLACE);
	sk_sys_close(NUMBER(reply.memory.raw));
	return status == SK_OK ? (struct abi_ring *)(uintptr_t)at : NULL;
}

/* Somebody else may write, unmap or replace it meanwhile. */
static void write_entries(volatile struct abi_ring *ring, uint32_t slots, uint32_t count)
{
	volatile uint8_t *base = (volatile uint8_t *)ring;
	volatile struct abi_entry *entries = (volatile void *)(base + ABI_RING_ENTRIES);
	volatile uint32_t *queue = (volatile void *)(base + ABI_RING_QUEUE(slots));
	uint32_t from = ring->submitted;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t index = one_in(30) ? (uint32_t)random_word() : below(slots);
		volatile struct abi_entry *entry = &entries[index % slots];

		entry->head = sk_counts(8 * below(6), one_in(4) ? below(3) : 0,
			one_in(4) ? below(3) : 0, below(3), 0) | (1 + below(4));
		entry->target = pick_target(one_in(2) ? kernel_Kind_SESSION : 0);
		entry->words[0] = methods[below(METHOD_COUNT)].id;
		for (unsigned k = 1; k < ABI_WORDS; k++)
			entry->words[k] = random_word();
		entry->deadline = pick_deadline();
		entry->cookie = below(4);
		entry->priority = below(120);
		entry->state = one_in(8) ? below(4) : ABI_ENTRY_FREE;
		queue[(from + i) % slots] = index;
	}
	if (one_in(8))
		ring->slots = below(100);
	if (one_in(8))
		ring->submitted = (uint32_t)random_number();
}

static void act_ring(void)
{
	uint32_t ring = pick_handle(kernel_Kind_RING), count = 1 + below(8);
	struct kernel_Ring_status_reply status;
	struct abi_ring *at;
	int32_t what;

	if (CALL(ring, Ring, status, &status, 0) != SK_OK || status.slots == 0 ||
			status.slots > 24)
		return;
	at = map_ring(ring);
	if (at)
		write_entries(at, status.slots, count);
	sk_sys_submit(ring, one_in(20) ? (uint32_t)random_word() : count, &what);
}

/* ---- the rest ---- */

static void act_notification(void)
{
	struct sk_registers r = {
		.head = ABI_BASE + (one_in(2) ? ABI_WAIT : ABI_SIGNAL),
		.target = pick_target(kernel_Kind_NOTIFICATION) | cancellable(),
		.words = {one_in(2) ? random_word() : UINT64_C(1) << below(8)},
	};

	enter_until(&r, pick_deadline());
}

static void act_word(void)
{
	struct sk_registers r = {
		.head = ABI_BASE + (one_in(2) ? ABI_WORD_WAIT : ABI_WORD_WAKE),
		.words = {pick_address(true), below(3) | (uint64_t)below(3) << 32,
			one_in(2) ? pick_address(true) : below(4),
			(one_in(2) ? ABI_WORD_SHARED : 0) | below(4)},
	};

	if (ABI_STATUS(r.head) == (int32_t)(ABI_BASE + ABI_WORD_WAIT))
		r.words[1] = below(2), r.words[2] = 3, r.words[3] &= ABI_WORD_SHARED;
	enter_until(&r, pick_deadline());
}

static void act_close(void)
{
	uint32_t number = pick_handle(below(kernel_Kind_SYSTEM));

	if (shared.known_count > HANDLES_KEPT || one_in(8))
		sk_sys_close(number);
}

/* Any system call, of any registers, but for what never comes back. */
static void act_anything(void)
{
	struct sk_registers r;
	uint64_t *words = &r.head;

	for (unsigned i = 0; i < sizeof(r) / 8; i++)
		words[i] = random_word();
	r.head = (random_number() & ~UINT64_C(0xffffffff)) |
		(one_in(40) ? below(400) : ABI_BASE + below(ABI_CALL_COUNT + 1));
	if (one_in(2))
		r.target = (r.target & ~UINT64_C(0xffffffff)) | pick_handle(kernel_Kind_NONE);
	if (!one_in(20))
		r.head |= ABI_TIMED, r.time = pick_deadline() % (me()->time + 100 * MS);
	if ((uint32_t)r.head == ABI_BASE + ABI_CLOSE)
		return;
	enter(&r);
	take(&r);
}

/* One byte is read, or written; what faults in between goes on at the end. */
void attack_touch(volatile uint8_t *at, uint32_t write);
extern const char attack_touched[];
__asm__(".text\n.globl attack_touch\nattack_touch:\n"
	"test %esi, %esi\n jz 1f\n lock incb (%rdi)\n jmp attack_touched\n"
	"1: movb (%rdi), %al\n"
	".globl attack_touched\nattack_touched: ret\n");

static void act_touch(void)
{
	for (unsigned i = below(16); i > 0; i--)
		attack_touch((volatile uint8_t *)(uintptr_t)pick_address(false), below(2));
}

/* Looks what handles there are. */
static void look(void)
{
	struct kernel_Space_handles_reply reply;
	struct kernel_Clock_now_reply now;
	uint32_t count = 0;

	if (CALL(shared.clock, Clock, now, &now, 0) == SK_OK)
		me()->time = now.monotonic;
	if (CALL(me()->space, Space, handles, &reply, .from = one_in(3) ? below(300) : 0) !=
			SK_OK)
		return;
	for (struct kernel_HandleEntry entry;
			count < KNOWN && kernel_HandleEntry_next(&reply.list, &entry); count++)
		shared.known[count] = (struct known){entry.number, (uint32_t)entry.kind,
			entry.object};
	shared.known_count = count;
}

/* ---- threads and spaces ---- */

static void work(void *argument);

static uint64_t new_seed(void)
{
	return __atomic_fetch_add(&shared.seed, UINT64_C(0x632be59bd9b4e019),
		__ATOMIC_RELAXED) ^ random_number();
}

/* A thread in a space, with slots, as the worker `index` there. False: none. */
static bool prepare(uint32_t space, uint32_t index, struct worker *w)
{
	struct kernel_Quota_create_thread_reply made;
	struct kernel_Thread_set_slots_reply slots;
	struct kernel_Space_duplicate_reply handler;
	uint32_t count = 3 + below(4);

	if (CALL(shared.quota, Quota, create_thread, &made, .space =
			{sk_kernel_handle(space)}, .priority = 1 + below(100)) != SK_OK)
		return false;
	*w = (struct worker){.random = new_seed(), .time = me()->time, .index = index,
		.thread = NUMBER(made.thread.raw), .space = me()->space,
		.figures = me()->figures};
	if (CALL(w->thread, Thread, set_slots, &slots, .count = count) != SK_OK) {
		sk_sys_close(w->thread);
		return false;
	}
	w->slots = (struct sk_kernel_slots){(uint8_t *)(uintptr_t)slots.address, count};
	if (CALL(me()->space, Space, duplicate, &handler, .number = shared.handler,
			.rights = UINT16_MAX, .protocol_rights = UINT16_MAX) == SK_OK)
		CALL0(w->thread, Thread, set_fault_handler, .has_handler = true,
			.handler = {sk_kernel_handle(handler.number)});
	return true;
}

static void run(uint32_t thread, uint32_t index)
{
	struct worker *w = worker_at(index);

	CALL0(thread, Thread, start, .entry = (uintptr_t)work,
		.stack = (uintptr_t)w + STACK - 8, .argument = (uintptr_t)w);
	__atomic_fetch_add(&me()->figures->threads, 1, __ATOMIC_RELAXED);
}

/* A worker in the place of one that was there, or not. */
static void replace(uint32_t index)
{
	uint32_t old = shared.workers[index];
	struct worker w;

	if (old) {
		CALL0(old, Thread, kill, .code = 1);
		sk_sys_close(old);
	}
	shared.workers[index] = 0;
	if (!prepare(me()->space, index, &w))
		return;
	shared.workers[index] = w.thread;
	*worker_at(index) = w;
	run(w.thread, index);
}

/* A fork of this space with one worker, who ends it some time. */
static void act_fork(void)
{
	struct kernel_Quota_fork_space_reply forked;
	struct kernel_Space_insert_reply in;
	struct kernel_Space_write_reply written;
	uint32_t space, numbers[2 + ATTACK_GIVEN];
	struct worker w;

	if (CALL(shared.quota, Quota, fork_space, &forked,
			.from = {sk_kernel_handle(me()->space)}) != SK_OK)
		return;
	space = NUMBER(forked.space.raw);
	if (!prepare(space, 0, &w))
		return;
	w.life = 1 + below(one_in(4) ? 20 : 2000);
	for (unsigned i = 0; i < 2 + ATTACK_GIVEN; i++) {
		uint32_t own = i == 0 ? space : i == 1 ? shared.quota : shared.given[i - 2];
		struct kernel_Space_duplicate_reply copied;

		if (CALL(me()->space, Space, duplicate, &copied, .number = own,
				.rights = UINT16_MAX, .protocol_rights = UINT16_MAX) != SK_OK ||
				CALL(space, Space, insert, &in, .what =
				{sk_kernel_handle(copied.number)}) != SK_OK)
			return;
		numbers[i] = in.number;
	}
	w.space = numbers[0];
	CALL(space, Space, write, &written, .to = (uintptr_t)worker_at(0),
		.data = sk_lend(&w, sizeof(w)));
	CALL(space, Space, write, &written, .to = (uintptr_t)&shared.quota,
		.data = sk_lend(&numbers[1], 4));
	CALL(space, Space, write, &written, .to = (uintptr_t)&shared.clock,
		.data = sk_lend(&numbers[2 + ATTACK_CLOCK], 4));
	CALL(space, Space, write, &written, .to = (uintptr_t)shared.given,
		.data = sk_lend(&numbers[2], 4 * ATTACK_GIVEN));
	run(w.thread, 0);
	__atomic_fetch_add(&me()->figures->spaces, 1, __ATOMIC_RELAXED);
	/* Its handles may go while it runs. */
	if (one_in(2))
		sk_sys_close(w.thread);
	if (one_in(2))
		sk_sys_close(space);
}

/* Something of everything, so that there is what to play with. */
static void act_make(void)
{
	CALL0(shared.quota, Quota, create_endpoint, 0);
	CALL0(shared.quota, Quota, create_notification, 0);
	CALL0(shared.quota, Quota, create_ring, .slots = 1 + below(16));
	CALL0(shared.quota, Quota, create_memory, .size = SK_PAGE * (1 + below(40)));
	CALL0(shared.quota, Quota, create_quota, .limit = {.bytes = below(1 << 22),
		.threads = 4, .spaces = 2, .handles = 200, .priority = 100});
	CALL0(pick_target(kernel_Kind_ENDPOINT), Endpoint, set_tokens, .count = below(40));
	CALL0(pick_target(kernel_Kind_ENDPOINT), Endpoint, mint, .badge = below(9),
		.credit = below(5), .controlled = one_in(2));
	CALL0(me()->space, Space, map, .memory = H(MEMORY), .length = SK_PAGE * 8,
		.address = PLAYGROUND + SK_PAGE * below(PLAY_PAGES), .protection = 3,
		.flags = kernel_MapFlags_FIXED | kernel_MapFlags_REPLACE |
		(one_in(3) ? kernel_MapFlags_PRIVATE : 0));
}

static void act(void)
{
	static const struct {
		void (*act)(void);
		uint32_t weight;
	} acts[] = {
		{act_method, 100}, {act_call, 25}, {act_target, 12}, {act_receive, 25},
		{act_reply, 25}, {act_lease_copy, 10}, {act_ring, 15},
		{act_notification, 12}, {act_word, 12}, {act_close, 25}, {act_anything, 10},
		{act_touch, 15}, {act_fork, 3}, {act_make, 4},
	};
	uint32_t all = 0, at, i = 0;

	for (unsigned k = 0; k < sizeof(acts) / sizeof(acts[0]); k++)
		all += acts[k].weight;
	for (at = below(all); at >= acts[i].weight; i++)
		at -= acts[i].weight;
	acts[i].act();
}

static void work(void *argument)
{
	struct worker *w = argument;

	for (;;) {
		if (w->acts % 32 == 0)
			look();
		if (w->acts % 8 == 0)
			__atomic_fetch_add(&w->figures->acts, 8, __ATOMIC_RELAXED);
		if (w->life && w->acts >= w->life)
			CALL0(w->space, Space, kill, .code = 3);
		w->acts++;
		act();
	}
}

/* ---- the first thread: faults, and who takes whose place ---- */

static void op_page_fault(void *self,
	const struct fault_Handler_page_fault_request *request, struct sk_reply *to)
{
	struct fault_Handler_page_fault_reply reply = {.action = fault_Action_KILL};

	__atomic_fetch_add(&((struct worker *)self)->figures->faults, 1, __ATOMIC_RELAXED);
	if (request->instruction >= (uintptr_t)attack_touch &&
			request->instruction < (uintptr_t)attack_touched)
		reply = (struct fault_Handler_page_fault_reply){
			.action = fault_Action_RESUME_AT, .at = (uintptr_t)attack_touched,
		};
	fault_Handler_page_fault_answer(to, 0, &reply);
}

static void op_exception(void *self,
	const struct fault_Handler_exception_request *request, struct sk_reply *to)
{
	struct fault_Handler_exception_reply reply = {.action = fault_Action_KILL};

	(void)self;
	if (request->instruction >= (uintptr_t)attack_touch &&
			request->instruction < (uintptr_t)attack_touched)
		reply = (struct fault_Handler_exception_reply){fault_Action_RESUME_AT,
			(uintptr_t)attack_touched, };
	fault_Handler_exception_answer(to, 0, &reply);
}

static void op_foreign(void *self,
	const struct fault_Handler_foreign_call_request *request, struct sk_reply *to)
{
	const struct fault_Handler_foreign_call_reply reply = {
		.action = fault_Action_RESUME, .result = request->number,
	};

	(void)self;
	fault_Handler_foreign_call_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct fault_Handler_ops ops = {
		.page_fault = op_page_fault, .exception = op_exception,
		.foreign_call = op_foreign,
	};

	return fault_Handler_dispatch(&ops, self, incoming);
}

static void watch(struct worker *w)
{
	static const struct sk_object object = {.dispatch = dispatch};
	static struct sk_kernel_port port;
	struct sk_kernel_port_config config = {.root = &object, .self = w};
	struct kernel_Quota_create_endpoint_reply made = {{sk_no_handle()}};
	struct kernel_Endpoint_mint_reply minted = {.client = {sk_no_handle()}};

	CALL(shared.quota, Quota, create_endpoint, &made, 0);
	config.endpoint = made.endpoint.raw;
	CALL(NUMBER(config.endpoint), Endpoint, mint, &minted, .badge = 1);
	CALL0(NUMBER(config.endpoint), Endpoint, set_tokens, .count = 16);
	shared.handler = NUMBER(minted.client.raw);
	sk_kernel_port_open(&port, &w->slots, FAULT_SLOT, &config);
	for (uint32_t i = 0; i < WORKERS - 1; i++)
		replace(1 + i);
	for (;;) {
		int status = sk_kernel_port_step(&port, w->time + 4 * MS);

		if (status != SK_OK && status != SK_TIMED_OUT)
			CALL0(shared.clock, Clock, now, 0);
		look();
		if (one_in(30))
			replace(1 + below(WORKERS - 1));
		if (one_in(20))
			act_close();
	}
}

static void watch_main(void *argument)
{
	watch(argument);
}

/* On a stack of its own, where me() works. */
void attack(struct child_start *self)
{
	const struct sk_call call = {.deadline = SK_FOREVER};
	struct kernel_Quota_create_memory_reply stacks, play;
	struct worker *w = worker_at(0);

	kernel_Quota_create_memory(&self->thread.quota.channel,
		&(struct kernel_Quota_create_memory_request){.size = WORKERS * STACK},
		&stacks, &call);
	kernel_Space_map(&self->thread.space.channel, &(struct kernel_Space_map_request){
		.memory = stacks.memory, .length = WORKERS * STACK, .address = STACKS,
		.protection = 3, .flags = kernel_MapFlags_FIXED},
		&(struct kernel_Space_map_reply){0}, &call);
	kernel_Quota_create_memory(&self->thread.quota.channel,
		&(struct kernel_Quota_create_memory_request){.size = PLAY_PAGES * SK_PAGE},
		&play, &call);
	kernel_Space_map(&self->thread.space.channel, &(struct kernel_Space_map_request){
		.memory = play.memory, .length = PLAY_PAGES * SK_PAGE, .address = PLAYGROUND,
		.protection = 3, .flags = kernel_MapFlags_FIXED},
		&(struct kernel_Space_map_reply){0}, &call);
	memset(&shared, 0, sizeof(shared));
	shared.seed = self->argument;
	shared.quota = self->quota_number;
	memcpy(shared.given, self->given, sizeof(shared.given));
	shared.clock = self->given[ATTACK_CLOCK];
	*w = (struct worker){.random = self->argument, .slots = self->slots,
		.thread = self->thread_number, .space = self->space_number,
		.figures = (void *)(uintptr_t)ATTACK_FIGURES};
	shared.workers[0] = w->thread;
	__asm__ volatile("mov %0, %%rsp\n call *%1" : : "r"((uintptr_t)w + STACK),
		"r"(watch_main), "D"(w) : "memory");
	__builtin_unreachable();
}
