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
#define SIZE_DEFAULT (UINT32_C(1) << 16)
#define SIZE_MAX_RING (OBJECT_STEPS * (uint32_t)PAGE_SIZE)
#define SPACES 16
#define ALL_BITS UINT32_C(0xff00)	/* of enum kernel_TraceMask */

struct cpu_ring {
	struct memory *memory;		/* referenced; NULL: not made, */
	struct memory *begun;		/* or only begun */
	uint8_t *data;			/* as the kernel sees it */
	uint32_t slots;
	uint64_t written;
};

struct trace {
	struct object object;
	struct watch watch;
	struct deadline wake_reader;	/* recording must not wake anybody */
	struct cpu_ring rings[CPUS_MAX];
	uint32_t size;
	uint32_t space_count;		/* 0: all */
	uint64_t spaces[SPACES];
	uint64_t last_correlation;
};

uint32_t trace_mask;
static struct trace *the_trace;

uint64_t trace_correlation(void)
{
	return ++the_trace->last_correlation;
}

uint64_t trace_id(const struct thread *thread)
{
	return thread ? thread->object.id : 0;
}

/* ---- recording ---- */

static bool is_chosen(const struct thread *thread)
{
	for (uint32_t i = 0; thread && i < the_trace->space_count; i++)
		if (the_trace->spaces[i] == thread->space->object.id)
			return true;
	return the_trace->space_count == 0;
}

uint8_t *trace_begin(const struct thread *whose)
{
	const struct cpu_ring *ring = &the_trace->rings[arch_cpu()->index];
	uint8_t *slot;

	if (!ring->memory || !is_chosen(whose))
		return NULL;
	slot = ring->data + HEADER + ring->written % ring->slots * SLOT;
	memset(slot, 0, SLOT);
	return slot;
}

void trace_end(void)
{
	struct cpu_ring *ring = &the_trace->rings[arch_cpu()->index];

	__atomic_store_n((uint64_t *)(void *)(ring->data + WRITTEN), ++ring->written,
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

static void begin_recording(struct cpu_ring *ring)
{
	ring->memory = ring->begun;
	ring->begun = NULL;
	ring->data = frame_data(ring->memory->physical);
	ring->slots = the_trace->size / SLOT;
	ring->written = 0;
	sk_put_uint64(ring->data, ostrace_RING_MAGIC);
	sk_put_uint32(ring->data + 16, ring->slots);
	sk_put_uint32(ring->data + 20, SLOT);
	sk_put_uint32(ring->data + 32, (uint32_t)(ring - the_trace->rings));
}

/* Those of CPUs from one to another, in steps. 0, unless call->again: they are all
 * there. */
static kernel_error make_rings(struct kernel_call *call, uint32_t first, uint32_t end)
{
	kernel_error error = 0;

	for (; first < end; first++) {
		struct cpu_ring *ring = &the_trace->rings[first];

		if (ring->memory)
			continue;
		if (!ring->begun)
			ring->begun = memory_new_contiguous(the_trace->object.quota,
				the_trace->size + PAGE_SIZE, 0, 0, &error);
		if (!ring->begun)
			return error;
		if (!memory_fill(ring->begun, &call->steps, &error))
			return call_again(call);
		begin_recording(ring);
	}
	return 0;
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

COMMAND(Trace, trace, add_space, CONTROL)
{
	const struct space *space = ARGUMENT(space, space);

	if (!space)
		return SK_BAD_HANDLE;
	if (trace->space_count == SPACES)
		return kernel_Error_TABLE_FULL;
	trace->spaces[trace->space_count++] = space->object.id;
	return 0;
}

COMMAND(Trace, trace, clear_spaces, CONTROL)
{
	trace->space_count = 0;
	return 0;
}

static void forget(struct memory **memory)
{
	if (*memory)
		object_drop(&(*memory)->object);
	*memory = NULL;
}

COMMAND(Trace, trace, set_ring_size, CONTROL)
{
	uint32_t size = request->bytes;

	if (size < PAGE_SIZE || size > SIZE_MAX_RING || (size & (size - 1)))
		return kernel_Error_INVALID;
	if (trace_mask != 0)
		return kernel_Error_BAD_STATE;
	for (unsigned i = 0; i < CPUS_MAX; i++) {
		forget(&trace->rings[i].memory);
		forget(&trace->rings[i].begun);
	}
	trace->size = size;
	return 0;
}

OPERATION(Trace, trace, cpu_ring, READ)
{
	kernel_error error = request->cpu >= cpu_count ? kernel_Error_NOT_FOUND :
		make_rings(call, request->cpu, request->cpu + 1);

	return error || call->again ? error : ANSWER(Trace, cpu_ring, .ring.raw =
		call_result_of(call, &trace->rings[request->cpu].memory->object,
		kernel_Rights_READ | kernel_Rights_MAP));
}

COMMAND(Trace, trace, watch, READ)
{
	return call_watch(call, request->notify, request->bits, &trace->watch);
}

OBJECT_TYPE(Trace, trace, TRACE, .destroy = NULL)
