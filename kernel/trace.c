/*
 * Traces: a ring for each CPU, in a memory that can be mapped; made when it is
 * first wanted. And where the rings of threads are.
 */
#include "kernel/trace.h"

#include "kernel/deadline.h"
#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/operation.h"
#include "kernel/pool.h"
#include "kernel/quota.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "ostrace.skald.h"

#define SLOT ostrace_SLOT_SIZE
/* Of RingHeader: its size, and where `written` is. */
#define HEADER 64
#define WRITTEN 8
#define SIZE_DEFAULT (UINT32_C(1) << 16)
#define SIZE_MAX_RING (UINT32_C(1) << 20)
#define SPACES 16
#define THREAD_RINGS 512
#define ALL_BITS UINT32_C(0xff00)	/* of enum kernel_TraceMask */

struct cpu_ring {
	struct memory *memory;		/* referenced */
	uint8_t **pages;		/* as the kernel sees them */
	uint32_t page_count;
	uint32_t made;			/* that have frames */
	uint32_t slots;			/* 0: not yet all */
	uint64_t written;
};

struct thread_ring {
	struct memory *memory;		/* referenced; NULL: free */
	uint64_t thread;
	uint64_t space;
	uint32_t number;
	bool seen;			/* its reader has it */
};

struct trace {
	struct object object;
	struct watch watch;
	struct deadline wake_reader;	/* recording must not wake anybody */
	struct cpu_ring rings[CPUS_MAX];
	uint32_t size;
	uint32_t space_count;		/* 0: all */
	uint64_t spaces[SPACES];
	struct thread_ring threads[THREAD_RINGS];
	uint32_t last_number;
	uint64_t last_correlation;
};

uint32_t trace_mask;
static struct trace *the_trace;

uint64_t trace_correlation(void)
{
	return ++the_trace->last_correlation;
}

/* ---- recording ---- */

#define RECORD(name, ...) \
	case ostrace_##name##_ID: \
		return ostrace_##name##_encode( \
			&(struct ostrace_##name) { .time = now, __VA_ARGS__ }, slot, SLOT)

/* As trace.h says. How many bytes, or a status. */
static int encode(uint8_t *slot, uint32_t event, const struct thread *thread,
	uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t now = arch_now(), id = thread ? thread->object.id : 0;
	uint64_t correlation = thread ? thread->correlation : 0;

	switch (event) {
	RECORD(Deliver, .correlation = correlation, .from = id, .to = a, .session = b,
		.message_id = (uint32_t)c, .size = c >> 32 & 0x1fff,
		.handles = c >> 48 & 0xf, .leases = c >> 52 & 0xf,
		.fast = (c & TRACE_FAST) != 0, .is_reply = (c & TRACE_REPLY) != 0);
	RECORD(Cancel, .correlation = correlation, .from = id, .session = a,
		.status = (int32_t)b, .delivered = c != 0);
	RECORD(Switch, .from = id, .to = a, .reason = (ostrace_SwitchReason)b,
		.priority = (uint32_t)c);
	RECORD(Wake, .thread = a, .by = id, .cpu = (uint32_t)b, .priority = (uint32_t)c);
	RECORD(Fault, .thread = id, .address = a, .reason = (uint32_t)b,
		.instruction = thread ? arch_instruction(thread) : 0,
		.access = (uint32_t)c);
	RECORD(PageFilled, .thread = id, .address = a, .memory = b, .copied = c != 0);
	RECORD(Interrupt, .line = (uint32_t)a, .duration = (uint32_t)b);
	RECORD(LeaseCopy, .correlation = correlation, .server = id, .offset = a,
		.done = b, .end = (ostrace_CopyEnd)(c & 0xff), .lease = c >> 8 & 0xff,
		.write = (c >> 16 & 1) != 0);
	RECORD(Mapped, .space = thread ? thread->space->object.id : 0, .memory = a,
		.address = b, .length = c & ((UINT64_C(1) << 48) - 1),
		.protection = c >> 48 & 0xff, .flags = (uint32_t)(c >> 56));
	RECORD(Made, .object = a, .quota = b, .kind = (kernel_Kind)(uint32_t)c,
		.bytes = (uint32_t)(c >> 32));
	RECORD(Ended, .object = a, .kind = (kernel_Kind)b, .code = (int32_t)c);
	RECORD(TimerFired, .timer = a, .late = b);
	RECORD(Signal, .notification = a, .by = id, .set_bits = b);
	}
	return SK_INVALID;
}

static bool is_chosen(const struct thread *thread)
{
	for (uint32_t i = 0; thread && i < the_trace->space_count; i++)
		if (the_trace->spaces[i] == thread->space->object.id)
			return true;
	return the_trace->space_count == 0;
}

void trace_record(uint32_t event, const struct thread *thread, uint64_t a, uint64_t b,
	uint64_t c)
{
	struct cpu_ring *ring = &the_trace->rings[arch_cpu()->index];
	uint64_t at;
	uint8_t *slot;

	if (ring->slots == 0 || !is_chosen(thread))
		return;
	at = HEADER + ring->written % ring->slots * SLOT;
	slot = ring->pages[at / PAGE_SIZE] + at % PAGE_SIZE;
	memset(slot, 0, SLOT);
	if (encode(slot, event, thread, a, b, c) < 0)
		return;
	ring->written++;
	__atomic_store_n((uint64_t *)(void *)(ring->pages[0] + WRITTEN), ring->written,
		__ATOMIC_RELEASE);
	if (ring->written % (ring->slots / 2) == 0)
		deadline_set(&the_trace->wake_reader, arch_now());
}

static void wake_reader(struct deadline *deadline)
{
	(void)deadline;
	watch_fire(&the_trace->watch);
}

/* ---- rings ---- */

static void drop_ring(struct cpu_ring *ring)
{
	if (!ring->memory)
		return;
	object_drop(&ring->memory->object);
	pool_give(ring->pages, ring->page_count * sizeof *ring->pages);
	object_discharge(&the_trace->object,
		pool_cost(ring->page_count * sizeof *ring->pages));
	*ring = (struct cpu_ring){ 0 };
}

static kernel_error begin_ring(struct cpu_ring *ring)
{
	uint32_t pages = the_trace->size / (uint32_t)PAGE_SIZE + 1;
	size_t bytes = pages * sizeof *ring->pages;
	kernel_error error = kernel_Error_QUOTA_EXCEEDED;

	if (!object_charge(&the_trace->object, pool_cost(bytes)))
		return error;
	ring->pages = pool_take(bytes);
	if (ring->pages)
		ring->memory = memory_new(the_trace->object.quota, pages * PAGE_SIZE, &error);
	if (ring->memory) {
		ring->page_count = pages;
		return 0;
	}
	pool_give(ring->pages, bytes);
	object_discharge(&the_trace->object, pool_cost(bytes));
	return error;
}

static void finish_ring(struct cpu_ring *ring)
{
	uint8_t *header = ring->pages[0];

	ring->memory->is_fixed = true;
	ring->slots = the_trace->size / SLOT;
	sk_put_uint64(header, ostrace_RING_MAGIC);
	sk_put_uint32(header + 16, ring->slots);
	sk_put_uint32(header + 20, SLOT);
	sk_put_uint32(header + 32, (uint32_t)(ring - the_trace->rings));
}

/* 0: it is there if it has slots, else it is to be called again. */
static kernel_error make_ring(struct cpu_ring *ring, unsigned *steps)
{
	kernel_error error = ring->memory ? 0 : begin_ring(ring);
	uint64_t frame;
	bool writable;

	for (; !error && ring->made < ring->page_count && *steps > 0; --*steps) {
		if (memory_page(ring->memory, ring->made * PAGE_SIZE, true, &frame,
				&writable) != MEMORY_THERE)
			return kernel_Error_QUOTA_EXCEEDED;
		ring->pages[ring->made++] = frame_data(frame);
	}
	if (!error && ring->slots == 0 && ring->made == ring->page_count)
		finish_ring(ring);
	return error;
}

/* Those of CPUs from one to another. 0, unless call->again: they are there. */
static kernel_error make_rings(struct kernel_call *call, uint32_t first, uint32_t end)
{
	kernel_error error = 0;

	for (; first < end && !error && !call->again; first++) {
		error = make_ring(&the_trace->rings[first], &call->steps);
		if (!error && the_trace->rings[first].slots == 0)
			call_again(call);
	}
	return error;
}

struct object *trace_object(void)
{
	return &the_trace->object;
}

void trace_init(struct quota *root)
{
	kernel_error error;

	trace_mask = 0;
	the_trace = object_new(&trace_type, root, &error);
	CHECK(the_trace);
	the_trace->size = SIZE_DEFAULT;
	deadline_init(&the_trace->wake_reader, wake_reader);
}

/* The machine has always one reference. */
static bool destroy(struct object *object, unsigned *steps)
{
	(void)object;
	(void)steps;
	return true;
}

/* ---- operations ---- */

OPERATION(Trace, trace, set_mask, CONTROL)
{
	kernel_error error = request->mask & ~ALL_BITS ? kernel_Error_INVALID :
		make_rings(call, 0, request->mask ? cpu_count : 0);

	if (error || call->again)
		return error;
	trace_mask = request->mask;
	return ANSWER(Trace, set_mask, 0);
}

OPERATION(Trace, trace, add_space, CONTROL)
{
	struct space *space = call_argument(call, to, request->space.raw, &space_type,
		kernel_Rights_INSPECT);

	if (!space)
		return 0;
	if (trace->space_count == SPACES)
		return kernel_Error_TABLE_FULL;
	trace->spaces[trace->space_count++] = space->object.id;
	return ANSWER(Trace, add_space, 0);
}

OPERATION(Trace, trace, clear_spaces, CONTROL)
{
	trace->space_count = 0;
	return ANSWER(Trace, clear_spaces, 0);
}

OPERATION(Trace, trace, set_ring_size, CONTROL)
{
	kernel_error error;
	uint32_t size = request->bytes;

	if (size < PAGE_SIZE || size > SIZE_MAX_RING || (size & (size - 1)))
		return kernel_Error_INVALID;
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (trace->rings[i].slots > 0 || size != trace->size)
			drop_ring(&trace->rings[i]);
	trace->size = size;
	error = make_rings(call, 0, trace_mask ? cpu_count : 0);
	return error || call->again ? error : ANSWER(Trace, set_ring_size, 0);
}

OPERATION(Trace, trace, cpu_ring, READ)
{
	kernel_error error = request->cpu >= cpu_count ? kernel_Error_NOT_FOUND :
		make_rings(call, request->cpu, request->cpu + 1);

	return error || call->again ? error : ANSWER(Trace, cpu_ring, .ring.raw =
		call_result_of(call, &trace->rings[request->cpu].memory->object,
		kernel_Rights_READ | kernel_Rights_MAP));
}

/* A free place; or that of one which its reader has and nobody writes any more. */
static struct thread_ring *free_place(struct trace *trace)
{
	struct thread_ring *each = trace->threads;

	for (; each < trace->threads + THREAD_RINGS; each++)
		if (!each->memory || (each->seen && each->memory->writable_count == 0))
			return each;
	return NULL;
}

static uint64_t space_of(uint64_t thread)
{
	for (struct space *space = space_next(0); space;
			space = space_next(space->object.id + 1))
		for (struct list *at = space->threads.next; at != &space->threads;
				at = at->next)
			if (LIST_OF(at, struct thread, in_space)->object.id == thread)
				return space->object.id;
	return 0;
}

OPERATION(Trace, trace, add_ring, WRITE)
{
	struct memory *memory = call_argument(call, to, request->ring.raw, &memory_type, 0);
	struct thread_ring *place = free_place(trace);

	if (!memory)
		return 0;
	if (!place)
		return kernel_Error_TABLE_FULL;
	if (place->memory)
		object_drop(&place->memory->object);
	object_take(&memory->object);
	*place = (struct thread_ring){ memory, request->thread,
		space_of(request->thread), ++trace->last_number, false };
	watch_fire(&trace->watch);
	return ANSWER(Trace, add_ring, 0);
}

/* The one with the least number from one on, or NULL. */
static struct thread_ring *next_ring(struct trace *trace, uint32_t from)
{
	struct thread_ring *each = trace->threads, *best = NULL;

	for (; each < trace->threads + THREAD_RINGS; each++)
		if (each->memory && each->number >= from &&
				(!best || each->number < best->number))
			best = each;
	return best;
}

OPERATION(Trace, trace, thread_ring, READ)
{
	struct thread_ring *ring = next_ring(trace, request->from), *next;

	if (!ring)
		return ANSWER(Trace, thread_ring, .ring.raw = sk_no_handle());
	next = next_ring(trace, ring->number + 1);
	ring->seen = true;
	return ANSWER(Trace, thread_ring, .has_ring = true,
		.ring.raw = call_result_of(call, &ring->memory->object,
			kernel_Rights_READ | kernel_Rights_MAP),
		.thread = ring->thread, .space = ring->space,
		.next = next ? next->number : 0);
}

OPERATION(Trace, trace, watch, READ)
{
	return call_watch(call, to, request->notify, request->bits, &trace->watch) ?
		ANSWER(Trace, watch, 0) : 0;
}

static const struct kernel_Trace_ops operations = {
	OBJECT_OPERATIONS, .set_mask = op_set_mask, .add_space = op_add_space,
	.clear_spaces = op_clear_spaces, .set_ring_size = op_set_ring_size,
	.cpu_ring = op_cpu_ring, .add_ring = op_add_ring,
	.thread_ring = op_thread_ring, .watch = op_watch
};
DISPATCH(Trace)

const struct object_type trace_type = {
	.kind = kernel_Kind_TRACE, .size = sizeof(struct trace), .destroy = destroy,
	.dispatch = dispatch
};
