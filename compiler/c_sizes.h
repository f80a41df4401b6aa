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

/* Where a member stands in the struct of its declaration, in bytes. */
struct c_place {
	uint64_t offset;
	uint64_t size;
};

/*
 * Tells of each member that the struct of a message, struct, record or variant
 * has in C, tagged ones and arms too, in the order of the header. (A `has_`
 * stands before its member, aligned as a byte.)
 */
void c_each_place(struct c_sizes *sizes, const struct declaration *declaration,
	void (*each)(void *context, const struct member *member, struct c_place place),
	void *context);

/*
 * What dispatch has on its stack for a method at most, of structs that are
 * generated: the request and, beside it, the elements of lists within lists
 * that are checked while it is decoded, or then the reply. Of an event: its
 * message.
 */
uint64_t c_stack_of(struct c_sizes *sizes, const struct method *method);

#endif
