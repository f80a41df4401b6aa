/*
 * Traces: records as they stand in a ring, and the ring. Each is written as it lies
 * (protocols/ostrace.skald), without generated code, which is above this.
 */
#include "runtime/trace.h"

#include "runtime/codec.h"
#include "runtime/foreign.h"

/* Where `written` stands in the header. */
#define WRITTEN 8
/* How often a record is tried to be read, or a writer could keep its reader at it. */
#define TRIES 4

enum record {
	CALL = 1, RETURN, SERVE, ANSWER, SEND, EVENT, REFUSE,
	MARK = 16, COUNTER, SPAN_BEGIN, SPAN_END, FOREIGN_UNKNOWN = 22
};

/* ---- rings ---- */

/* The next slot, with what all records begin with. A reader sees that it may be
 * overwritten before it is: `written` is out before anything of this. */
static uint8_t *begin(const struct sk_trace *trace, enum record id)
{
	uint8_t *slot = trace->ring + SK_TRACE_HEADER +
		(trace->written & (trace->slots - 1)) * SK_TRACE_SLOT;

	__atomic_thread_fence(__ATOMIC_RELEASE);
	memset(slot, 0, SK_TRACE_SLOT);
	sk_put_uint32(slot, (uint32_t)id);
	sk_put_uint64(slot + 8, trace->now());
	return slot;
}

static void end(struct sk_trace *trace)
{
	trace->written++;
	__atomic_store_n((uint64_t *)(void *)(trace->ring + WRITTEN), trace->written,
		__ATOMIC_RELEASE);
}

/* Word by word: its writer may be at it. */
static void copy_slot(uint8_t *to, const uint8_t *from)
{
	for (size_t i = 0; i < SK_TRACE_SLOT; i += 8) {
		uint64_t word = __atomic_load_n((const uint64_t *)(const void *)(from + i),
			__ATOMIC_RELAXED);

		memcpy(to + i, &word, sizeof(word));
	}
}

bool sk_trace_read(struct sk_trace_reader *reader, uint8_t record[SK_TRACE_SLOT])
{
	const uint64_t *place = (const uint64_t *)(const void *)(reader->ring + WRITTEN);
	uint64_t written = __atomic_load_n(place, __ATOMIC_ACQUIRE), oldest;

	for (unsigned tries = 0; reader->read < written && tries < TRIES; tries++) {
		/* The slot before it is being written, perhaps. */
		oldest = written < reader->slots ? 0 : written - reader->slots + 1;
		if (reader->read < oldest) {
			reader->lost += oldest - reader->read;
			reader->read = oldest;
		}
		if (reader->read == written)
			return false;
		copy_slot(record, reader->ring + SK_TRACE_HEADER +
			(reader->read & (reader->slots - 1)) * SK_TRACE_SLOT);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		written = __atomic_load_n(place, __ATOMIC_RELAXED);
		if (written - reader->read < reader->slots) {
			reader->read++;
			return true;
		}
	}
	return false;
}

/* ---- clients ---- */

static uint32_t lent(const struct sk_attached *attached)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < attached->lease_count; i++)
		size += attached->leases[i].size;
	return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static uint64_t trace_call(struct sk_channel *channel, struct sk_message *request,
	uint32_t size)
{
	uint8_t *slot;

	request->correlation = 0;
	if (!sk_trace_wants(channel->trace, SK_TRACE_CALLS))
		return 0;
	request->correlation = ++channel->trace->next_correlation;
	slot = begin(channel->trace, CALL);
	sk_put_uint64(slot + 16, request->correlation);
	sk_put_uint64(slot + 24, (uintptr_t)channel);
	sk_put_uint64(slot + 32, channel->trace->serving);
	sk_put_uint32(slot + 40, sk_get_uint32(request->bytes));
	sk_put_uint32(slot + 44, size);
	slot[48] = (uint8_t)request->attached.handle_count;
	slot[49] = (uint8_t)request->attached.lease_count;
	sk_put_uint32(slot + 52, lent(&request->attached));
	end(channel->trace);
	return request->correlation;
}

static void trace_finish(struct sk_trace *trace, uint64_t correlation,
	const struct sk_message *reply, uint8_t retries, int status)
{
	uint8_t *slot = begin(trace, RETURN);
	bool has_come = status >= 0;

	sk_put_uint64(slot + 16, correlation);
	sk_put_uint32(slot + 24, has_come ? sk_message_id(reply) : 0);
	sk_put_uint32(slot + 28, (uint32_t)status);
	sk_put_uint32(slot + 32, has_come ? reply->size : 0);
	slot[36] = has_come ? (uint8_t)reply->attached.handle_count : 0;
	slot[37] = retries;
	end(trace);
}

static int trace_invoke(sk_invoke_how *how, struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	struct sk_trace *trace = channel->trace;
	uint64_t correlation = encoded <= 0 ? 0 :
		trace_call(channel, &channel->request, (uint32_t)encoded);
	int status = how(channel, encoded, method, call);

	channel->request.correlation = 0;
	if (correlation != 0)
		trace_finish(trace, correlation, &channel->reply, channel->repeated,
			status);
	return status;
}

static int trace_send(sk_invoke_how *how, struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	struct sk_message *request = &channel->request;
	struct sk_trace *trace = channel->trace;
	uint8_t *slot;
	int status;

	if (encoded <= 0)
		return how(channel, encoded, method, call);
	request->correlation = ++trace->next_correlation;
	status = how(channel, encoded, method, call);
	slot = begin(trace, SEND);
	sk_put_uint64(slot + 16, request->correlation);
	request->correlation = 0;
	sk_put_uint64(slot + 24, (uintptr_t)channel);
	sk_put_uint32(slot + 32, sk_get_uint32(request->bytes));
	sk_put_uint32(slot + 36, (uint32_t)encoded);
	sk_put_uint32(slot + 40, (uint32_t)status);
	end(trace);
	return status;
}

/* ---- servers ---- */

static void put_answer(struct sk_trace *trace, uint64_t correlation, uint32_t message_id,
	int32_t status, uint32_t size)
{
	uint8_t *slot = begin(trace, ANSWER);

	sk_put_uint64(slot + 16, correlation);
	sk_put_uint32(slot + 24, message_id);
	sk_put_uint32(slot + 28, (uint32_t)status);
	sk_put_uint32(slot + 32, size);
	end(trace);
}

static int trace_dispatch(int (*dispatch)(void *self, struct sk_incoming *incoming), void *self,
	struct sk_incoming *incoming)
{
	struct sk_trace *trace = incoming->port->trace;
	uint64_t outer = trace->serving, correlation = incoming->message->correlation;
	bool is_oneway = incoming->reply.port == NULL;
	bool is_plain = incoming->port->plain;
	uint8_t *slot = begin(trace, SERVE);
	int status;

	if (correlation == 0)
		correlation = ++trace->next_correlation;
	incoming->reply.correlation = correlation;
	sk_put_uint64(slot + 16, correlation);
	sk_put_uint64(slot + 24, incoming->badge);
	sk_put_uint32(slot + 32, sk_message_id(incoming->message));
	sk_put_uint32(slot + 36, incoming->message->size);
	end(trace);
	trace->serving = correlation;
	incoming->port->plain = false;
	status = dispatch(self, incoming);
	incoming->port->plain = is_plain;
	trace->serving = outer;
	if (is_oneway)
		put_answer(trace, correlation, sk_message_id(incoming->message), status, 0);
	return status;
}

static void trace_answer(const struct sk_reply *reply)
{
	const struct sk_message *answer = &reply->port->answer;
	uint32_t id = sk_message_id(answer);
	bool is_error = answer->size == SK_STATUS_SIZE &&
		(id == SK_STATUS_ID || id == reply->id + 1);

	put_answer(reply->port->trace, reply->correlation, id,
		is_error ? (int32_t)sk_get_uint32(answer->bytes + 8) : 0, answer->size);
}

static void trace_refuse(const struct sk_incoming *incoming, int status)
{
	struct sk_trace *trace = incoming->port->trace;
	uint8_t *slot = begin(trace, REFUSE);

	sk_put_uint64(slot + 16, incoming->reply.correlation);
	sk_put_uint64(slot + 24, incoming->badge);
	sk_put_uint32(slot + 32, sk_message_id(incoming->message));
	sk_put_uint32(slot + 36, (uint32_t)status);
	end(trace);
}

static void trace_event(struct sk_trace *trace, uint64_t badge, uint32_t message_id,
	uint32_t size)
{
	uint8_t *slot = begin(trace, EVENT);

	sk_put_uint64(slot + 16, badge);
	sk_put_uint32(slot + 24, message_id);
	sk_put_uint32(slot + 28, size);
	sk_put_uint32(slot + 32, message_id == 0);
	end(trace);
}

/* ---- opening ---- */

static const struct sk_trace_ops ops = {
	.invoke = trace_invoke,
	.send = trace_send,
	.call = trace_call,
	.finish = trace_finish,
	.dispatch = trace_dispatch,
	.answer = trace_answer,
	.refuse = trace_refuse,
	.event = trace_event,
};

void sk_trace_open(struct sk_trace *trace, const struct sk_switches *switches,
	void *ring, uint32_t slots, uint64_t thread, uint64_t (*now)(void))
{
	uint8_t *header = (uint8_t *)ring;

	memset(trace, 0, sizeof(*trace));
	trace->switches = switches;
	trace->ops = &ops;
	trace->ring = header;
	trace->slots = slots;
	trace->now = now;
	trace->next_correlation = thread << 32;
	memset(header, 0, SK_TRACE_HEADER);
	sk_put_uint32(header + 16, slots);
	sk_put_uint32(header + 20, SK_TRACE_SLOT);
	sk_put_uint64(header + 24, thread);
	sk_put_uint32(header + 32, UINT32_MAX);
	sk_put_uint64(header, SK_TRACE_MAGIC);
}

void sk_trace_channel(struct sk_channel *channel, struct sk_trace *trace)
{
	channel->trace = trace;
	if (channel->switches != &sk_switches_apart)
		channel->switches = trace ? trace->switches : &sk_switches_off;
}

void sk_trace_port(struct sk_port *port, struct sk_trace *trace)
{
	port->trace = trace;
	port->switches = trace ? trace->switches : &sk_switches_off;
}

/* ---- programs ---- */

void sk_trace_mark(struct sk_trace *trace, uint32_t name, int64_t first, int64_t second,
	int64_t third)
{
	uint8_t *slot;

	if (!sk_trace_wants(trace, SK_TRACE_MARKS))
		return;
	slot = begin(trace, MARK);
	sk_put_uint64(slot + 16, trace->serving);
	sk_put_uint32(slot + 24, name);
	sk_put_uint64(slot + 32, (uint64_t)first);
	sk_put_uint64(slot + 40, (uint64_t)second);
	sk_put_uint64(slot + 48, (uint64_t)third);
	end(trace);
}

void sk_trace_counter(struct sk_trace *trace, uint32_t name, int64_t value)
{
	uint8_t *slot;

	if (!sk_trace_wants(trace, SK_TRACE_MARKS))
		return;
	slot = begin(trace, COUNTER);
	sk_put_uint32(slot + 16, name);
	sk_put_uint64(slot + 24, (uint64_t)value);
	end(trace);
}

void sk_trace_begin(struct sk_trace *trace, uint32_t name, int64_t argument)
{
	uint8_t *slot;

	if (!sk_trace_wants(trace, SK_TRACE_MARKS))
		return;
	slot = begin(trace, SPAN_BEGIN);
	sk_put_uint64(slot + 16, trace->serving);
	sk_put_uint32(slot + 24, name);
	sk_put_uint64(slot + 32, (uint64_t)argument);
	end(trace);
}

void sk_trace_end(struct sk_trace *trace, uint32_t name, int32_t status)
{
	uint8_t *slot;

	if (!sk_trace_wants(trace, SK_TRACE_MARKS))
		return;
	slot = begin(trace, SPAN_END);
	sk_put_uint64(slot + 16, trace->serving);
	sk_put_uint32(slot + 24, name);
	sk_put_uint32(slot + 28, (uint32_t)status);
	end(trace);
}

void sk_trace_unknown(struct sk_trace *trace, uint32_t number, uint32_t process,
	uint64_t instruction)
{
	uint8_t *slot;

	if (!sk_trace_wants(trace, SK_TRACE_FOREIGN))
		return;
	slot = begin(trace, FOREIGN_UNKNOWN);
	sk_put_uint32(slot + 16, number);
	sk_put_uint32(slot + 20, process);
	sk_put_uint64(slot + 24, instruction);
	end(trace);
}
