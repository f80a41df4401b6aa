/*
 * The checked, laid-out tree as a value, for back ends that are programs of their own
 * (docs/ir.md).
 */
#ifndef COMPILER_IR_H
#define COMPILER_IR_H

#include "compiler/value.h"
#include "idl/tree.h"

/* Raised when something that was there is gone or means something else; what is new
 * does not raise it. */
#define IR_VERSION 1

struct value ir_of(struct arena *arena, const struct schema *schema);

#endif
