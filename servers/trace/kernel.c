/*
 * The kernel's rings, which are short: what is in them is copied into longer ones, which
 * streams read. And memory that is shared.
 */
#include "servers/trace/trace.h"

/* ---- memory ---- */

uint8_t *memory_map(struct sk_handle memory, uint64_t bytes, bool write)
{
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;

	kernel_Space_map_request_init(&request);
	request.memory.raw = memory;
	request.length = bytes;
	request.protection = kernel_Protection_READ | (write ? kernel_Protection_WRITE : 0);
	if (kernel_Space_map(&trace.os->thread->space.channel, &request, &reply, NULL) != SK_OK)
		return NULL;
	return (uint8_t *)(uintptr_t)reply.address;
}

uint8_t *memory_new(uint64_t bytes, struct sk_handle *memory)
{
	struct sk_thread *thread = trace.os->thread;
	struct kernel_Space_populate_reply there = {0};
	uint8_t *at = sk_pages(thread, bytes, memory);

	/* All of it now: or a program could be refused what it was given. */
	if (at && kernel_Space_populate(&thread->space.channel,
			&(struct kernel_Space_populate_request){(uintptr_t)at, bytes, true},
			&there, NULL) == SK_OK && there.done == bytes)
		return at;
	if (at) {
		sk_pages_free(thread, at, bytes);
		sk_sys_close(sk_kernel_number(*memory));
	}
	*memory = sk_no_handle();
	return NULL;
}

/* ---- rings ---- */

/* False: there is no such CPU, or no memory for its records. */
static bool open_cpu(uint32_t cpu)
{
	const struct kernel_Trace_cpu_ring_request request = {cpu};
	struct source *source = &trace.sources[RINGS_MAX + cpu];
	struct kernel_Trace_cpu_ring_reply reply;
	struct sk_handle copy = sk_no_handle();
	uint8_t *ring;

	if (kernel_Trace_cpu_ring(&trace.kernel.channel, &request, &reply, NULL) != SK_OK)
		return false;
	ring = memory_map(reply.ring.raw, SK_PAGE, false);
	if (ring) {
		uint32_t slots = sk_get_uint32(ring + 16);

		sk_pages_free(trace.os->thread, ring, SK_PAGE);
		ring = memory_map(reply.ring.raw, (SK_TRACE_HEADER + (uint64_t)slots *
			SK_TRACE_SLOT + SK_PAGE - 1) & ~(uint64_t)(SK_PAGE - 1), false);
		trace.cpu_rings[cpu] = (struct sk_trace_reader){.ring = ring, .slots = slots};
	}
	sk_sys_close(sk_kernel_number(reply.ring.raw));
	if (!ring)
		return false;
	memset(source, 0, sizeof(*source));
	source->slots = SLOTS_OF_CPU;
	source->bytes = SK_PAGE + SLOTS_OF_CPU * SK_TRACE_SLOT;
	source->ring = memory_new(source->bytes, &copy);
	if (!source->ring)
		return false;
	sk_sys_close(sk_kernel_number(copy));
	source->number = ++trace.last_number;
	source->cpu = cpu;
	source->is_used = true;
	trace.cpus = cpu + 1;
	return true;
}

static bool find_id(struct sk_handle handle, uint64_t *id)
{
	const struct kernel_Object_info_request request = {0};
	struct kernel_Object_info_reply reply;
	struct sk_kernel_channel channel;

	sk_os_channel(trace.os, &channel, handle);
	if (kernel_Object_info(&channel.channel, &request, &reply, NULL) != SK_OK)
		return false;
	*id = reply.id;
	return true;
}

static void half_full(void *self)
{
	(void)self;
	look();
}

bool kernel_open(void)
{
	const struct svrctl_Server_trace_request request = {0};
	struct svrctl_Server_trace_reply granted;
	struct kernel_Trace_watch_request watch;
	struct kernel_Trace_watch_reply watched;

	if (svrctl_Server_trace(&trace.os->supervisor.channel, &request, &granted, NULL) !=
			SK_OK || sk_os_channel_apart(trace.os, &trace.kernel,
			granted.trace.raw) != SK_OK)
		return false;
	watch.notify.raw = sk_os_notify(trace.os);
	watch.bits = sk_os_signal(trace.os, half_full, NULL);
	return kernel_Trace_watch(&trace.kernel.channel, &watch, &watched, NULL) == SK_OK &&
		find_id(sk_kernel_channel_handle(&trace.os->thread->thread),
			&trace.own_thread) &&
		find_id(sk_kernel_handle(trace.os->ring.number), &trace.own_ring);
}

ostrace_Error kernel_set(ostrace_Kinds kinds)
{
	const struct kernel_Trace_set_mask_request request = {kinds & KERNEL_KINDS};
	struct kernel_Trace_set_mask_reply reply;

	while (request.mask && trace.cpus < CPUS_MAX && open_cpu(trace.cpus))
		;
	if (kernel_Trace_set_mask(&trace.kernel.channel, &request, &reply, NULL) != SK_OK)
		return request.mask & ~KERNEL_KINDS ? ostrace_Error_INVALID :
			ostrace_Error_QUOTA_EXCEEDED;
	return 0;
}

void kernel_take(void)
{
	for (uint32_t cpu = 0; cpu < trace.cpus; cpu++) {
		struct source *source = &trace.sources[RINGS_MAX + cpu];
		struct sk_trace_reader *reader = &trace.cpu_rings[cpu];
		uint64_t written = source->seen, lost = reader->lost;
		uint8_t record[SK_TRACE_SLOT];

		while (sk_trace_read(reader, record))
			memcpy(source->ring + SK_TRACE_HEADER + written++ % SLOTS_OF_CPU *
				SK_TRACE_SLOT, record, SK_TRACE_SLOT);
		source->seen = written;
		source->lost += reader->lost - lost;
		sk_put_uint64(source->ring + 8, written);
	}
}
