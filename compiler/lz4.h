/*
 * Blocks of LZ4: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md.
 * Made quickly rather than small; read without trust.
 */
#ifndef COMPILER_LZ4_H
#define COMPILER_LZ4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room that any `size` bytes fit into. */
size_t lz4_room(size_t size);
/* Returns the block's size; `to` has lz4_room(size). */
size_t lz4_pack(uint8_t *to, const uint8_t *from, size_t size);
/* False: it is no block, or not one of exactly `wanted` bytes. */
bool lz4_unpack(uint8_t *to, size_t wanted, const uint8_t *from, size_t size);

#endif
