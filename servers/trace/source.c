/*
 * Sources: rings of programs and of CPUs. A program can write into its ring what it
 * likes, so what comes out of one is checked here, by generated code and for what that
 * cannot know: that it is a program's record, of this thread's own calls, of a time that
 * was.
 */
#include "servers/trace/trace.h"

/* More is not written between two looks by who keeps to the rules. */
#define LEAP (UINT64_C(1) << 32)
/* Nanoseconds that two CPUs' clocks may be apart. */
#define SKEW UINT64_C(1000000)

/* What programs record of calls, what else they do, and what the kernel does. */
#define OF_CALLS(X) X(Call) X(Return) X(Serve) X(Answer) X(Send) X(Refuse) \
	X(Mark) X(SpanBegin) X(SpanEnd) X(ForeignCall) X(ForeignReturn)
#define OF_PROGRAMS(X) X(Event) X(Counter) X(ForeignUnknown)

/* ---- the table ---- */

/* The one that was closed first makes room, whoever has not read it. */
static struct source *find_place(void)
{
	struct source *closed = NULL;

	for (uint32_t i = 0; i < RINGS_MAX; i++) {
		struct source *source = &trace.sources[i];

		if (!source->is_used)
			return source;
		if (source->is_closed && !source->program &&
				(!closed || source->number < closed->number))
			closed = source;
	}
	if (closed)
		source_free(closed);
	return closed;
}

struct source *source_new(uint32_t slots)
{
	struct source *source = find_place();

	if (!source)
		return NULL;
	memset(source, 0, sizeof(*source));
	source->is_used = true;
	source->number = ++trace.last_number;
	source->cpu = UINT32_MAX;
	source->slots = slots;
	source->bytes = (SK_TRACE_HEADER + (uint64_t)slots * SK_TRACE_SLOT + SK_PAGE - 1) &
		~(uint64_t)(SK_PAGE - 1);
	source->since = sk_os_now(trace.os);
	return source;
}

/* Nothing of it is read any more. */
static void spoilt(struct source *source)
{
	sk_log(trace.os, log_Level_WARNING, "%s has spoilt its ring", source->program_name);
	source->is_closed = true;
	source->seen = 0;
}

void source_free(struct source *source)
{
	if (source->ring)
		sk_pages_free(trace.os->thread, source->ring, source->bytes);
	source->ring = NULL;
	source->is_used = false;
}

uint64_t source_written(struct source *source)
{
	const uint64_t *place = (const uint64_t *)(const void *)(source->ring + 8);
	uint64_t written;

	if (source->is_closed)
		return source->seen;
	written = __atomic_load_n(place, __ATOMIC_ACQUIRE);
	if (written - source->seen > LEAP)
		spoilt(source);
	else
		source->seen = written;
	return source->seen;
}

bool source_next(struct source *source, struct sk_trace_reader *reader,
	uint8_t slot[SK_TRACE_SLOT])
{
	struct sk_trace_reader before = *reader;

	if (reader->read >= source_written(source) || !sk_trace_read(reader, slot))
		return false;
	if (reader->lost - before.lost <= LEAP)
		return true;
	*reader = before;
	spoilt(source);
	return false;
}

/* ---- records ---- */

static bool is_own(const struct source *source, uint64_t correlation)
{
	return correlation == 0 || correlation >> 32 == (uint32_t)source->thread;
}

static bool was(const struct source *source, uint64_t time, uint64_t now)
{
	return time + SKEW >= source->since && time <= now + SKEW;
}

static bool is_own_object(uint64_t id)
{
	return id == trace.own_thread || id == trace.own_ring;
}

/* Not what the collector causes itself, which would go on for ever. */
static bool is_others(uint64_t from, uint64_t to)
{
	return !is_own_object(from) && !is_own_object(to);
}

static uint32_t check_program(const struct source *source, const uint8_t *slot,
	uint64_t now)
{
	switch (sk_get_uint32(slot)) {
#define X(record) case ostrace_##record##_ID: { \
		struct ostrace_##record it; \
\
		return ostrace_##record##_decode(&it, slot, ostrace_##record##_MAXSIZE) == 0 \
			&& was(source, it.time, now) && is_own(source, it.correlation) ? \
			ostrace_##record##_MAXSIZE : 0; \
	}
	OF_CALLS(X)
#undef X
#define X(record) case ostrace_##record##_ID: { \
		struct ostrace_##record it; \
\
		return ostrace_##record##_decode(&it, slot, ostrace_##record##_MAXSIZE) == 0 \
			&& was(source, it.time, now) ? ostrace_##record##_MAXSIZE : 0; \
	}
	OF_PROGRAMS(X)
#undef X
	}
	return 0;
}

static uint32_t check_kernel(const uint8_t *slot)
{
	switch (sk_get_uint32(slot)) {
	case ostrace_Deliver_ID:
		return is_others(sk_get_uint64(slot + 24), sk_get_uint64(slot + 32)) ?
			ostrace_Deliver_MAXSIZE : 0;
	case ostrace_Wake_ID:
		return is_others(sk_get_uint64(slot + 16), sk_get_uint64(slot + 24)) ?
			ostrace_Wake_MAXSIZE : 0;
#define X(record) case ostrace_##record##_ID: return ostrace_##record##_MAXSIZE;
	X(Cancel) X(Switch) X(Fault) X(PageFilled) X(Interrupt) X(LeaseCopy) X(Mapped)
	X(Made) X(Ended) X(TimerFired) X(Signal)
#undef X
	}
	return 0;
}

uint32_t source_check(const struct source *source, const uint8_t slot[SK_TRACE_SLOT],
	uint64_t now)
{
	return source->cpu == UINT32_MAX ? check_program(source, slot, now) :
		check_kernel(slot);
}
