/*
 * The loop behind sk_serve(). For runtime/server/ only.
 */
#ifndef RUNTIME_SERVER_LOOP_H
#define RUNTIME_SERVER_LOOP_H

#include "runtime/server/serve.h"

/* Where the port's slots begin. */
#define SK_LOOP_SLOT 6
/* That a call of the program's ring has completed. */
#define SK_LOOP_RING (UINT64_C(1) << 63)

/*
 * Traces, if the manifest uses them: begins before the program does, so that its channels
 * know where to record. In the loop it goes on, should the collector come later or end.
 */
void sk_loop_trace(struct sk_os *os);
void sk_loop_trace_on(struct sk_os *os);
/* Does what is to be done with the next completion of the ring. False: none came. */
bool sk_loop_reap(struct sk_os *os, uint64_t deadline);

#endif
