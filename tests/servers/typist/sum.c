/* POSIX's checksum, bit by bit. */
#include "tests/servers/typist/typist.h"

static uint32_t sum_byte(uint32_t sum, uint8_t byte)
{
	sum ^= (uint32_t)byte << 24;
	for (unsigned i = 0; i < 8; i++)
		sum = sum & 0x80000000u ? sum << 1 ^ 0x04c11db7u : sum << 1;
	return sum;
}

uint32_t sum_more(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum = sum_byte(sum, bytes[i]);
	return sum;
}

uint32_t sum_end(uint32_t sum, uint64_t size)
{
	for (; size > 0; size >>= 8)
		sum = sum_byte(sum, (uint8_t)size);
	return ~sum;
}
