/* Traces: what the kernel does, in a ring for each CPU (protocols/ostrace.skald
 * has the records). Off, it costs one branch. */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <stdint.h>

#include "kernel/object.h"

struct thread;

/* enum kernel_TraceMask; 0: nothing is recorded. */
extern uint32_t trace_mask;
extern const struct object_type trace_type;

void trace_init(struct quota *root);
struct object *trace_object(void);

/* `event` of enum ostrace_..., with up to three numbers that it has. */
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
