/*
 * The certificate: what messages and methods cost at most. The figures are in
 * the tree (struct cost, method.is_fast); this says what they come from.
 */
#ifndef IDL_COST_H
#define IDL_COST_H

#include "idl/arena.h"
#include "idl/tree.h"

/*
 * Why a method does not go in registers: "its request can have 57 bytes, 17
 * too many". NULL if it does. Needs the costs of its messages.
 */
const char *method_large_reason(struct arena *arena, const struct method *method);
/* Why a call of it, with nothing said but its request, does not take the fast path:
 * that, or how it is sent. NULL if it takes it. */
const char *method_slow_reason(struct arena *arena, const struct method *method);

#endif
