/*
 * Traces: what stubs record of calls, into a ring of their thread's, without any
 * call (protocols/ostrace.skald has rings and records). A channel or port records
 * once it has a struct sk_trace, and as long as its switch is on; one that has none,
 * or is off, costs a load, a test and a branch.
 *
 * A thread has one; its channels and ports share it. Freestanding.
 */
#ifndef RUNTIME_TRACE_H
#define RUNTIME_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/channel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of ostrace.RingHeader and ostrace.SLOT_SIZE. */
#define SK_TRACE_MAGIC UINT64_C(0x3145434152544b53)
#define SK_TRACE_HEADER 64
#define SK_TRACE_SLOT 64

/* Of ostrace.Kinds. */
enum {
	SK_TRACE_CALLS = 1,
	SK_TRACE_SERVES = 2,
	SK_TRACE_MARKS = 4
};

struct sk_trace_ops;

struct sk_trace {
	const struct sk_switches *switches;
	const struct sk_trace_ops *ops;
	uint8_t *ring;
	uint32_t slots;			/* of the ring, a power of two */
	uint64_t written;
	uint64_t (*now)(void);		/* nanoseconds of the monotonic clock */
	/* Correlations are unique: the thread's number, and below it a count. */
	uint64_t next_correlation;
	/* Of what is being served, or 0: what is called meanwhile is made in it. */
	uint64_t serving;
};

/*
 * Begins to record, into a ring of SK_TRACE_HEADER bytes and `slots` times
 * SK_TRACE_SLOT, which is made empty; `thread` is its writer's number. `switches`
 * and `ring` last as long as what records.
 */
void sk_trace_open(struct sk_trace *trace, const struct sk_switches *switches,
	void *ring, uint32_t slots, uint64_t thread, uint64_t (*now)(void));
/* Whether a channel, or a port, records; `trace` NULL: no more. */
void sk_trace_channel(struct sk_channel *channel, struct sk_trace *trace);
void sk_trace_port(struct sk_port *port, struct sk_trace *trace);

/* ---- what programs say ---- */

/* By numbers of names, as ostrace.Emitter gives them. `trace` may be NULL. */
void sk_trace_mark(struct sk_trace *trace, uint32_t name, int64_t first, int64_t second,
	int64_t third);
void sk_trace_counter(struct sk_trace *trace, uint32_t name, int64_t value);
void sk_trace_begin(struct sk_trace *trace, uint32_t name, int64_t argument);
void sk_trace_end(struct sk_trace *trace, uint32_t name, int32_t status);

/* ---- reading ---- */

/* Of a ring that somebody else writes, and may write nonsense to. */
struct sk_trace_reader {
	const uint8_t *ring;
	uint32_t slots;			/* as it was made, whatever stands there */
	uint64_t read;
	uint64_t lost;			/* records that were overwritten before */
};

/* The next record, a copy; false: there is none now, or its writer is so fast that
 * none can be had. */
bool sk_trace_read(struct sk_trace_reader *reader, uint8_t record[SK_TRACE_SLOT]);

/* ---- for the runtime ---- */

SK_INLINE bool sk_trace_wants(const struct sk_trace *trace, uint32_t kinds)
{
	return trace != NULL &&
		(__atomic_load_n(&trace->switches->kinds, __ATOMIC_RELAXED) & kinds) != 0;
}

typedef int sk_invoke_how(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call);

/* What channels, rings and events call, so that only those link with it who
 * record. */
struct sk_trace_ops {
	/* Invokes or sends, by `how`, and records that. */
	int (*invoke)(sk_invoke_how *how, struct sk_channel *channel, int encoded,
		const struct sk_method *method, const struct sk_call *call);
	int (*send)(sk_invoke_how *how, struct sk_channel *channel, int encoded,
		const struct sk_method *method, const struct sk_call *call);
	/* A request of a ring leaves: gives it its correlation; 0: it is not recorded. */
	uint64_t (*call)(struct sk_channel *channel, struct sk_message *request,
		uint32_t size);
	/* What came of it: as the call's result. */
	void (*finish)(struct sk_trace *trace, uint64_t correlation,
		const struct sk_message *reply, uint8_t retries, int status);
	/* Dispatches, and records that. */
	int (*dispatch)(int (*dispatch)(void *self, struct sk_incoming *incoming),
		void *self, struct sk_incoming *incoming);
	/* port->answer goes out as the answer of `reply`, whose Serve was recorded. */
	void (*answer)(const struct sk_reply *reply);
	void (*refuse)(const struct sk_incoming *incoming, int status);
	/* `message_id` 0: nobody waited for it. */
	void (*event)(struct sk_trace *trace, uint64_t badge, uint32_t message_id,
		uint32_t size);
};

/* For transports: serves a request, by what calls generated dispatch. */
SK_INLINE int sk_dispatch(int (*dispatch)(void *self, struct sk_incoming *incoming),
	void *self, struct sk_incoming *incoming)
{
	const struct sk_trace *trace = incoming->port->trace;

	return SK_UNLIKELY(sk_trace_wants(trace, SK_TRACE_SERVES)) ?
		trace->ops->dispatch(dispatch, self, incoming) : dispatch(self, incoming);
}

#ifdef __cplusplus
}
#endif

#endif
