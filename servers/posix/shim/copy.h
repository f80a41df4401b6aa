/* The program's memory, by instructions that may fault (entry.S): false is EFAULT. */
#ifndef SERVERS_POSIX_SHIM_COPY_H
#define SERVERS_POSIX_SHIM_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/attached.h"

/* Whether a program can have all of it. */
bool copy_is_program(uint64_t address, uint64_t size);
bool copy_from(void *to, uint64_t from, size_t size);
bool copy_to(uint64_t to, const void *from, size_t size);
bool copy_zero(uint64_t to, size_t size);
/* A string with its NUL; returns its size without that, -EFAULT, or -ENAMETOOLONG if it is
 * not shorter than the room. */
int64_t copy_string(char *to, uint64_t from, size_t room);

/* As C's atomics, of a 32-bit word. */
bool copy_load(uint64_t address, uint32_t *value);
/* Puts `with` if `expected` is there; `expected` is then what was there. */
bool copy_exchange(uint64_t address, uint32_t *expected, uint32_t with);

/* Touches what was lent and found missing (sk_kernel_touch). */
bool copy_touch(const struct sk_lease *lease);

/* entry.S: how much is left to do, 0 if all was done. */
size_t shim_copy(void *to, const void *from, size_t size);
size_t shim_fill_zero(void *to, size_t size);
/* 0, or 1: it faulted. */
uint32_t shim_load(const void *from, uint32_t *value);
uint32_t shim_load_two(const void *from, uint64_t values[2]);
uint32_t shim_compare_exchange(void *at, uint32_t *expected, uint32_t with);
uint32_t shim_touch_read(const void *at);
uint32_t shim_touch_write(void *at);
/* The vectors' registers, of these components, to and from an area as XSAVE has it. */
uint32_t shim_xsave(void *area, uint64_t components);
uint32_t shim_xrstor(const void *area, uint64_t components);
uint32_t shim_fxsave(void *area);
uint32_t shim_fxrstor(const void *area);

#endif
