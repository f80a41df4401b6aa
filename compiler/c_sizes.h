/*
 * How large generated structs are, by C's rules on machines where pointers and
 * long have 64 bits.
 */
#ifndef COMPILER_C_SIZES_H
#define COMPILER_C_SIZES_H

#include "idl/arena.h"
#include "idl/tree.h"

struct c_sizes;

struct c_sizes *c_sizes_new(struct arena *arena);

/* sizeof the struct of a message, struct, record or variant. */
uint64_t c_size_of(struct c_sizes *sizes, const struct declaration *declaration);
/*
 * What dispatch has on its stack for a method at most, of structs that are
 * generated: the request and, beside it, the elements of lists within lists
 * that are checked while it is decoded, or then the reply. Of an event: its
 * message.
 */
uint64_t c_stack_of(struct c_sizes *sizes, const struct method *method);

#endif
