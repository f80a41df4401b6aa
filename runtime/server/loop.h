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

#endif
