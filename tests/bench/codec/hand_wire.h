/*
 * Integers and varints of the wire for the hand-written codec, which alone
 * includes this. Written for machines that are little-endian and load
 * unaligned words. Putting takes a place with room and returns the next one;
 * getting returns the next place, or NULL where the bytes are not valid.
 */
#ifndef TESTS_BENCH_CODEC_HAND_WIRE_H
#define TESTS_BENCH_CODEC_HAND_WIRE_H

#include <stdint.h>
#include <string.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum { VARINT_MAX = 9 };

static inline void put32(uint8_t *at, uint32_t word)
{
	memcpy(at, &word, sizeof word);
}

static inline void put64(uint8_t *at, uint64_t word)
{
	memcpy(at, &word, sizeof word);
}

static inline uint32_t get32(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof word);
	return word;
}

static inline uint64_t get64(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return word;
}

/* Bytes beyond the first of a varint of 1 to 8 bytes. */
static inline unsigned varint_more(uint64_t value)
{
	unsigned highest = 63 ^ (unsigned)__builtin_clzll(value);

	return (highest * 9 + 9) / 64;
}

static inline size_t varint_size32(uint32_t value)
{
	return value < 128 ? 1 : varint_more(value) + 1;
}

/* May store 9 bytes, however few it uses. */
static inline uint8_t *put_varint(uint8_t *at, uint64_t value)
{
	if (LIKELY(value < 128)) {
		*at = (uint8_t)(2 * value + 1);
		return at + 1;
	}
	if (LIKELY(value >> 56 == 0)) {
		unsigned more = varint_more(value);

		put64(at, (2 * value + 1) << more);
		return at + more + 1;
	}
	*at = 0;
	put64(at + 1, value);
	return at + 9;
}

/* For varints by their bytes beyond the first: their bits, the least value. */
static const uint64_t mask[8] = {
	0x7f, 0x3fff, 0x1fffff, 0xfffffff, UINT64_C(0x7ffffffff),
	UINT64_C(0x3ffffffffff), UINT64_C(0x1ffffffffffff), UINT64_C(0xffffffffffffff)
};
static const uint64_t least[8] = {
	0, 0x80, 0x4000, 0x200000, 0x10000000, UINT64_C(0x800000000),
	UINT64_C(0x40000000000), UINT64_C(0x2000000000000)
};

/* A varint of which 9 bytes can be loaded. NULL if it could be shorter. */
static inline const uint8_t *get_whole(const uint8_t *at, uint64_t *value)
{
	uint64_t word = get64(at);

	if (LIKELY(word & 1)) {
		*value = (uint8_t)word >> 1;
		return at + 1;
	}
	if (LIKELY((uint8_t)word)) {
		unsigned more = (unsigned)__builtin_ctzll(word);

		*value = word >> 1 >> more & mask[more];
		return LIKELY(*value >= least[more]) ? at + more + 1 : NULL;
	}
	*value = get64(at + 1);
	return *value >> 56 ? at + 9 : NULL;
}

/* The same near the end of the message; NULL also if it is not all there. */
static __attribute__((noinline)) const uint8_t *get_last(const uint8_t *at,
	const uint8_t *end, uint64_t *value)
{
	uint8_t spare[VARINT_MAX] = { 0 };
	size_t left = (size_t)(end - at);
	const uint8_t *stop;

	memcpy(spare, at, left < VARINT_MAX ? left : VARINT_MAX);
	stop = get_whole(spare, value);
	return stop && (size_t)(stop - spare) <= left ? at + (stop - spare) : NULL;
}

static inline const uint8_t *get_varint(const uint8_t *at, const uint8_t *end,
	uint64_t *value)
{
	if (LIKELY(at < end && (*at & 1))) {
		*value = *at >> 1;
		return at + 1;
	}
	if (LIKELY(end - at >= VARINT_MAX))
		return get_whole(at, value);
	return get_last(at, end, value);
}

/*
 * The size of a string or byte array, which must all be there. A varint of
 * more than a byte is followed by 128 bytes or more: a word can be loaded. No
 * head or tail has 2^32 bytes, so no size that is there needs more than 32 bits.
 */
static inline const uint8_t *get_size(const uint8_t *at, const uint8_t *end,
	uint32_t *size)
{
	uint64_t value;

	if (LIKELY(at < end && (*at & 1)))
		value = *at++ >> 1;
	else if (end - at < VARINT_MAX || !(at = get_whole(at, &value)))
		return NULL;
	if (UNLIKELY(value > (uint64_t)(end - at)))
		return NULL;
	*size = (uint32_t)value;
	return at;
}

#endif
