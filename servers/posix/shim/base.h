/*
 * The bases of fs and gs, which are the program's: by the CPU's instructions where it has
 * them, else by posix. `registers` in the frame has what was set last.
 */
#ifndef SERVERS_POSIX_SHIM_BASE_H
#define SERVERS_POSIX_SHIM_BASE_H

#include "servers/posix/shim/shim.h"

int64_t base_set_fs(struct shim *shim, uint64_t base);
int64_t base_set_gs(struct shim *shim, uint64_t base);
uint64_t base_fs(const struct shim *shim);
uint64_t base_gs(const struct shim *shim);

/* Components of the vectors' registers that the machine has, 0: no XSAVE; and the bytes of
 * their area. */
uint64_t base_components(void);
uint32_t base_area_size(void);

#endif
