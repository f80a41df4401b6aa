/*
 * Traces of programs of other systems, by the server that they ask (runtime/trace.h has the
 * rest). Freestanding.
 */
#ifndef RUNTIME_FOREIGN_H
#define RUNTIME_FOREIGN_H

#include "runtime/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of ostrace.Kinds. */
enum { SK_TRACE_FOREIGN = 8 };

/* A process has made a system call that is not there; `instruction` is behind it. `trace` may
 * be NULL. */
void sk_trace_unknown(struct sk_trace *trace, uint32_t number, uint32_t process,
	uint64_t instruction);

#ifdef __cplusplus
}
#endif

#endif
