/* ostrace.Collector: what is recorded, what there is, and streams of it. */
#include "servers/trace/trace.h"

/* Bytes of a list, in a reply that may have 3,900, and of one of it at most. */
#define LIST_BYTES 3700
#define RING_BYTES 130

struct client {
	bool is_used;
	uint32_t streams;
	uint64_t space;
};

static struct client clients[READERS_MAX];

static bool may(struct sk_reply *to, ostrace_Rights rights)
{
	if (sk_allows(to, rights))
		return true;
	sk_answer_error(to, ostrace_Error_NOT_PERMITTED);
	return false;
}

/* ---- what is recorded ---- */

static void set_filter(void *self, const struct ostrace_Collector_set_filter_request *request,
	struct sk_reply *to)
{
	struct ostrace_Filter_programs_list programs = request->filter.programs;
	struct sk_string name;
	ostrace_Error error;

	(void)self;
	if (!may(to, ostrace_Rights_CONTROL))
		return;
	error = kernel_set(request->filter.kinds);
	if (!error) {
		trace.kinds = request->filter.kinds;
		trace.filter_count = 0;
		while (trace.filter_count < 16 &&
				ostrace_Filter_programs_next(&programs, &name)) {
			char *to_name = trace.filter[trace.filter_count++];

			memset(to_name, 0, NAME_SIZE + 1);
			memcpy(to_name, name.data, name.size);
		}
		emitter_switch();
	}
	ostrace_Collector_set_filter_answer(to, error,
		&(struct ostrace_Collector_set_filter_reply){0});
}

static void filter(void *self, const struct ostrace_Collector_filter_request *request,
	struct sk_reply *to)
{
	struct ostrace_Collector_filter_reply reply;
	struct sk_string names[16];

	(void)self;
	(void)request;
	if (!may(to, ostrace_Rights_READ))
		return;
	ostrace_Collector_filter_reply_init(&reply);
	reply.filter.kinds = trace.kinds;
	for (uint32_t i = 0; i < trace.filter_count; i++)
		names[i] = (struct sk_string){trace.filter[i],
			(uint32_t)strlen(trace.filter[i])};
	reply.filter.programs.items = names;
	reply.filter.programs.count = trace.filter_count;
	ostrace_Collector_filter_answer(to, 0, &reply);
}

static void set_ring_slots(void *self,
	const struct ostrace_Collector_set_ring_slots_request *request, struct sk_reply *to)
{
	bool is_good = request->slots != 0 && (request->slots & (request->slots - 1)) == 0 &&
		request->slots <= SLOTS_OF_ONE;

	(void)self;
	if (!may(to, ostrace_Rights_CONTROL))
		return;
	if (is_good)
		trace.ring_slots = request->slots;
	ostrace_Collector_set_ring_slots_answer(to, is_good ? 0 : ostrace_Error_INVALID,
		&(struct ostrace_Collector_set_ring_slots_reply){0});
}

/* ---- what there is ---- */

/* The one with the least number from one on; NULL: there are no more. */
static struct source *next_source(uint32_t from)
{
	struct source *next = NULL;

	for (uint32_t i = 0; i < SOURCES_MAX; i++) {
		struct source *source = &trace.sources[i];

		if (source->is_used && source->number >= from &&
				(!next || source->number < next->number))
			next = source;
	}
	return next;
}

static void rings(void *self, const struct ostrace_Collector_rings_request *request,
	struct sk_reply *to)
{
	struct ostrace_Collector_rings_reply reply = {0};
	struct source *source = next_source(request->from);
	struct ostrace_Ring list[LIST_BYTES / RING_BYTES];

	(void)self;
	if (!may(to, ostrace_Rights_READ))
		return;
	kernel_take();
	for (; source && reply.list.count < LIST_BYTES / RING_BYTES;
			source = next_source(source->number + 1)) {
		struct ostrace_Ring *ring = &list[reply.list.count++];

		*ring = (struct ostrace_Ring){
			.number = source->number, .cpu = source->cpu,
			.thread = source->thread, .space = source->space,
			.slots = source->slots, .written = source_written(source),
			.lost = source->lost_to_streams, .closed = source->is_closed,
			.name = {source->program_name,
				(uint32_t)strlen(source->program_name)},
		};
	}
	reply.list.items = list;
	reply.next = source ? source->number : 0;
	ostrace_Collector_rings_answer(to, 0, &reply);
}

/* ---- streams ---- */

static void open_stream(void *self,
	const struct ostrace_Collector_open_stream_request *request, struct sk_reply *to)
{
	struct client *client = self;

	if (may(to, ostrace_Rights_READ))
		reader_open(to, request->past, &client->streams);
}

static void set_output(void *self,
	const struct ostrace_Collector_set_output_request *request, struct sk_reply *to)
{
	(void)self;
	if (may(to, ostrace_Rights_CONTROL))
		output_set(&request->output, to);
}

static void flush(void *self, const struct ostrace_Collector_flush_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	if (may(to, ostrace_Rights_READ))
		output_flush(to);
}

/* ---- clients ---- */

void *collector_connected(void *context, uint64_t badge)
{
	const struct svrctl_Server_client_request request = {badge};
	struct svrctl_Server_client_reply reply;
	struct client *place = NULL;
	unsigned count = 0;

	(void)context;
	if (svrctl_Server_client(&trace.os->supervisor.channel, &request, &reply, NULL) != SK_OK)
		return NULL;
	for (uint32_t i = 0; i < READERS_MAX; i++) {
		if (!clients[i].is_used)
			place = &clients[i];
		else
			count += clients[i].space == reply.space;
	}
	if (!place || count >= LOOKS_OF_ONE)
		return NULL;
	*place = (struct client){.is_used = true, .space = reply.space};
	return place;
}

/* Its streams can have been handed on: they end with their last handle. */
void collector_gone(void *self)
{
	struct client *client = self;

	reader_forget(&client->streams);
	client->is_used = false;
}

void collector_canceled(void *self, uint64_t token)
{
	(void)self;
	output_canceled(token);
}

int collector_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct ostrace_Collector_ops ops = {
		.set_filter = set_filter,
		.filter = filter,
		.rings = rings,
		.set_ring_slots = set_ring_slots,
		.open_stream = open_stream,
		.set_output = set_output,
		.flush = flush,
	};

	return ostrace_Collector_dispatch(&ops, self, incoming);
}
