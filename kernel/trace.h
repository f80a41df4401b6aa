/* Traces: what the kernel does, in a ring for each CPU (protocols/ostrace.skald
 * has the records). Off, it costs one branch. */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <stdint.h>

#include "kernel/object.h"

struct thread;

#define TRACE_MESSAGE(id, size, handles, leases) ((uint64_t)(uint32_t)(id) | \
	(uint64_t)(size) << 32 | (uint64_t)(handles) << 48 | (uint64_t)(leases) << 52)
#define TRACE_FAST (UINT64_C(1) << 56)
#define TRACE_REPLY (UINT64_C(1) << 57)

/* enum kernel_TraceMask; 0: nothing is recorded. */
extern uint32_t trace_mask;
extern const struct object_type trace_type;

void trace_init(struct quota *root);
struct object *trace_object(void);

/*
 * `event` is a record's id, ostrace_..._ID; what it holds of a, b and c:
 *
 *	Deliver		to, session, TRACE_MESSAGE() with TRACE_...; `thread` sends
 *	Cancel		session, status, whether it was delivered
 *	Switch		to, SwitchReason, priority; `thread` goes
 *	Wake		thread, CPU, priority; `thread` wakes it
 *	Fault		address, reason, access
 *	PageFilled	address, memory, whether it was copied
 *	Interrupt	line, nanoseconds
 *	LeaseCopy	offset, bytes done, CopyEnd | lease << 8 | write << 16
 *	Mapped		memory (space: the thread's), address, length | protection << 48
 *			| flags << 56; flags 0: unmapped
 *	Made		object, quota, kind | bytes << 32
 *	Ended		object, kind, code
 *	TimerFired	timer, nanoseconds late
 *	Signal		notification, bits
 */
void trace_record(uint32_t event, const struct thread *thread, uint64_t a, uint64_t b,
	uint64_t c);

static inline void trace(uint32_t bit, uint32_t event, const struct thread *thread,
	uint64_t a, uint64_t b, uint64_t c)
{
	if (__builtin_expect((trace_mask & bit) != 0, 0))
		trace_record(event, thread, a, b, c);
}

/* A correlation id that no other call has. */
uint64_t trace_correlation(void);

#endif
