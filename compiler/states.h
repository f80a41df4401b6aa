/*
 * States of interfaces in words: what commands show of them.
 */
#ifndef COMPILER_STATES_H
#define COMPILER_STATES_H

#include "idl/tree.h"

/* What a state allows, and where that leads: "read, close -> Closed". */
const char *states_transitions(struct arena *arena, const struct state *state);
/*
 * When a method may be called, by all interfaces of the schema that have states and it,
 * each in a part of its own: "File: New -> Open, Open; Dir: Any". The message is its
 * request or its reply. NULL: at any time, or it is no method's.
 */
const char *states_allowing(struct arena *arena, const struct schema *schema,
	const struct declaration *message);

#endif
