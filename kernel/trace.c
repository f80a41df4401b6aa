/* Traces: a ring for each CPU, in a memory that can be mapped; made when it is
 * first wanted. */
#include "kernel/trace.h"

#include "kernel/deadline.h"
#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/operation.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"

#define SLOT ostrace_SLOT_SIZE
/* Of RingHeader: its size, and where `written` is. */
#define HEADER 64
#define WRITTEN 8
#define SIZE (UINT32_C(1) << 16)	/* of a ring's slots */
#define SLOTS (SIZE / SLOT)
#define ALL_BITS UINT32_C(0xff00)	/* of enum kernel_TraceMask */

struct cpu_ring {
	struct memory *memory;		/* referenced; NULL: not made yet */
	uint8_t *data;			/* as the kernel sees it */
	uint64_t written;
};

struct trace {
	struct object object;
	struct watch watch;
	struct deadline wake_reader;	/* recording must not wake anybody */
	struct cpu_ring rings[CPUS_MAX];
	uint64_t last_correlation;
};

uint32_t trace_mask;
static struct trace *the_trace;
struct object *trace_object;

uint64_t trace_correlation(void)
{
	return ++the_trace->last_correlation;
}

uint64_t trace_id(const struct thread *thread)
{
	return thread ? thread->object.id : 0;
}

/* ---- recording ---- */

uint8_t *trace_begin(void)
{
	const struct cpu_ring *ring = &the_trace->rings[arch_cpu()->index];
	uint8_t *slot;

	if (!ring->memory)
		return NULL;
	slot = ring->data + HEADER + ring->written % SLOTS * SLOT;
	memset(slot, 0, SLOT);
	return slot;
}

void trace_end(void)
{
	struct cpu_ring *ring = &the_trace->rings[arch_cpu()->index];

	__atomic_store_n((uint64_t *)(void *)(ring->data + WRITTEN), ++ring->written,
		__ATOMIC_RELEASE);
	if (ring->written % (SLOTS / 2) == 0)
		deadline_set(&the_trace->wake_reader, arch_now());
}

static void wake_reader(struct deadline *deadline)
{
	(void)deadline;
	watch_fire(&the_trace->watch);
}

/* ---- rings ---- */

/* Those of CPUs from one to another, in steps. 0, unless call->again: they are all
 * there. */
static kernel_error make_rings(struct kernel_call *call, uint32_t first, uint32_t end)
{
	kernel_error error = 0;

	for (; first < end && !error; first++) {
		struct cpu_ring *ring = &the_trace->rings[first];

		if (ring->memory)
			continue;
		if (call->steps < SIZE / PAGE_SIZE + 1)
			return call_again(call);
		ring->memory = memory_new_contiguous(the_trace->object.quota,
			SIZE + PAGE_SIZE, 0, 0, &error);
		if (!ring->memory)
			break;
		memory_fill(ring->memory, &call->steps, &error);
		ring->data = frame_data(ring->memory->physical);
		sk_put_uint64(ring->data, ostrace_RING_MAGIC);
		sk_put_uint32(ring->data + 16, SLOTS);
		sk_put_uint32(ring->data + 20, SLOT);
		sk_put_uint32(ring->data + 32, first);
	}
	return error;
}

void trace_init(struct quota *root)
{
	kernel_error error;

	trace_mask = 0;
	the_trace = object_new(&trace_type, root, &error);
	CHECK(the_trace);
	trace_object = &the_trace->object;
	deadline_init(&the_trace->wake_reader, wake_reader);
}

/* ---- operations ---- */

COMMAND(Trace, trace, set_mask, CONTROL)
{
	kernel_error error = request->mask & ~ALL_BITS ? kernel_Error_INVALID :
		make_rings(call, 0, request->mask ? cpu_count : 0);

	if (error || call->again)
		return error;
	trace_mask = request->mask;
	sched_set_slow(false);
	return 0;
}

OPERATION(Trace, trace, cpu_ring, READ)
{
	kernel_error error = request->cpu >= cpu_count ? kernel_Error_NOT_FOUND :
		make_rings(call, request->cpu, request->cpu + 1);

	return error ? error : ANSWER(Trace, cpu_ring, .ring.raw =
		call_result_of(call, &trace->rings[request->cpu].memory->object,
		kernel_Rights_READ | kernel_Rights_MAP));
}

COMMAND(Trace, trace, watch, READ)
{
	return call_watch(call, request->notify, request->bits, &trace->watch, false);
}

OBJECT_TYPE(Trace, trace, TRACE, .destroy = NULL)
