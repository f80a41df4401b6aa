/* The table of system calls by number. */
#include "servers/posix/shim/calls.h"
#include "servers/posix/shim/shim.h"

#define X(number, name, function) shim_function function;
SHIM_CALLS(X)
#undef X

shim_function *const shim_table[] = {
#define X(number, name, function) [number] = function,
	SHIM_CALLS(X)
#undef X
};
const uint32_t shim_table_size = sizeof shim_table / sizeof *shim_table;
