/* Begins, and looks at the rings as long as somebody wants what is in them. */
#include "servers/trace/trace.h"

struct trace trace;

static void ring(void *self);
static struct sk_alarm again = {.ring = ring};

void look(void)
{
	bool is_wanted;

	kernel_take();
	is_wanted = readers_serve();
	is_wanted |= output_serve();
	if (is_wanted)
		sk_alarm_set(trace.os, &again, sk_os_after(trace.os, LOOK_AGAIN));
}

static void ring(void *self)
{
	(void)self;
	look();
}

int sk_os_main(struct sk_os *os)
{
	static const struct sk_service services[] = {
		{.dispatch = emitter_dispatch, .connected = emitter_connected,
			.gone = emitter_gone, .canceled = emitter_canceled},
		{.dispatch = collector_dispatch, .connected = collector_connected,
			.gone = collector_gone, .canceled = collector_canceled},
	};

	trace.os = os;
	trace.ring_slots = SLOTS_DEFAULT;
	sk_os_clock(os);
	if (!kernel_open())
		sk_os_give_up(os, 1, "it has not been granted the kernel's traces");
	return sk_serve(os, &(struct sk_serve){
		.services = services, .service_count = 2,
		/* Each program waits for the end, each reader for some more. */
		.max_kept = PROGRAMS_MAX + 4 * READERS_MAX,
		.max_clients = PROGRAMS_MAX + READERS_MAX,
		.max_objects = STREAMS_MAX,
	});
}
