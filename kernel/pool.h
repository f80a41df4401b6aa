/* Memory for objects and tables: sizes of up to a page from frames that are cut
 * up, greater ones as adjoining frames. Charging is the caller's. */
#ifndef KERNEL_POOL_H
#define KERNEL_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/arch/arch.h"

/* Memory that is free, for machines that can watch over it (machine.h). */
#ifndef ARCH_POISON
#define ARCH_POISON(at, size) ((void)0)
#define ARCH_UNPOISON(at, size) ((void)0)
#endif

/* At boot; see frame_init(). */
void pool_init(void);

/* Zeroed, at a multiple of 16 bytes (of a cache line from 64 on); or NULL. */
void *pool_take(size_t size);
/* `size` as it was taken. NULL is allowed. */
void pool_give(void *memory, size_t size);
/* What an allocation of this size costs, in bytes: that is what is charged. */
size_t pool_cost(size_t size);

#endif
