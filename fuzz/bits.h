/*
 * Integers and floats in memory, of 1, 2, 4 or 8 bytes, as their bits.
 */
#ifndef FUZZ_BITS_H
#define FUZZ_BITS_H

#include <stdint.h>
#include <string.h>

static inline void bits_put(void *to, uint32_t size, uint64_t bits)
{
	uint8_t one = (uint8_t)bits;
	uint16_t two = (uint16_t)bits;
	uint32_t four = (uint32_t)bits;

	switch (size) {
	case 1: memcpy(to, &one, 1); break;
	case 2: memcpy(to, &two, 2); break;
	case 4: memcpy(to, &four, 4); break;
	default: memcpy(to, &bits, 8);
	}
}

static inline uint64_t bits_get(const void *from, uint32_t size)
{
	uint8_t one;
	uint16_t two;
	uint32_t four;
	uint64_t bits;

	switch (size) {
	case 1: memcpy(&one, from, 1); return one;
	case 2: memcpy(&two, from, 2); return two;
	case 4: memcpy(&four, from, 4); return four;
	default: memcpy(&bits, from, 8); return bits;
	}
}

#endif
