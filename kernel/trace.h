/* Traces: what the kernel does, in a ring for each CPU (protocols/ostrace.skald
 * has the records). Off, it costs one branch. */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <stdint.h>

#include "kernel/object.h"
#include "kernel.skald.h"
#include "ostrace.skald.h"

struct thread;

/* enum kernel_TraceMask; 0: nothing is recorded. */
extern uint32_t trace_mask;
extern const struct object_type trace_type;

void trace_init(struct quota *root);
extern struct object *trace_object;

/*
 * If a kind of enum kernel_TraceMask is recorded: a record of ostrace.skald, by
 * its members but the time.
 *
 *	TRACE(TIMERS, TimerFired, .timer = id, .late = now - when);
 */
#define TRACE(kind, record, ...) do { \
	uint8_t *trace_place = __builtin_expect(trace_mask & kernel_TraceMask_##kind, 0) ? \
		trace_begin() : NULL; \
\
	if (__builtin_expect(trace_place != NULL, 0)) { \
		ostrace_##record##_encode(&(struct ostrace_##record) { \
			.time = arch_now(), __VA_ARGS__ }, trace_place, ostrace_SLOT_SIZE); \
		trace_end(); \
	} \
} while (0)

/* The next slot of this CPU's ring, or NULL: it is not recorded. */
uint8_t *trace_begin(void);
void trace_end(void);

/* 0 of NULL. */
uint64_t trace_id(const struct thread *thread);
/* A correlation id that no other call has. */
uint64_t trace_correlation(void);

#endif
