/*
 * A generator on ChaCha20 (RFC 8439): after each use its key is replaced by its
 * own output, so what was given out cannot be reckoned back; and what the
 * machine has of randomness is mixed into it again and again.
 */
#include "kernel/random.h"

#include <stdint.h>

#include "kernel/arch/arch.h"
#include "runtime/env.h"

#define ROUNDS 20
#define WORDS 16
#define KEY 4				/* its first word, of 8 */

static uint32_t state[WORDS];

static uint32_t rotate(uint32_t value, unsigned by)
{
	return value << by | value >> (32 - by);
}

static void quarter(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 7);
}

void random_block(const uint32_t from[WORDS], uint32_t to[WORDS])
{
	unsigned i;

	memcpy(to, from, WORDS * sizeof *to);
	for (i = 0; i < 4 * ROUNDS; i++) {
		unsigned column = i % 4, diagonal = i / 4 % 2;

		quarter(to, column, 4 + (column + diagonal) % 4,
			8 + (column + 2 * diagonal) % 4, 12 + (column + 3 * diagonal) % 4);
	}
	for (i = 0; i < WORDS; i++)
		to[i] += from[i];
}

/* What the machine knows. */
static void mix(void)
{
	uint64_t bits[4] = { arch_now() };

	for (unsigned i = 1; i < 4; i++)
		(void)arch_random(&bits[i]);
	for (unsigned i = 0; i < 8; i++)
		state[KEY + i] ^= (uint32_t)(bits[i / 2] >> i % 2 * 32);
}

void random_fill(void *to, size_t size)
{
	static const uint32_t constant[4] = {
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574
	};
	uint32_t block[WORDS];
	uint8_t *at = to;

	memcpy(state, constant, sizeof constant);
	mix();
	for (size_t part; size > 0; size -= part, at += part) {
		part = size < sizeof block ? size : sizeof block;
		random_block(state, block);
		state[12]++;
		memcpy(at, block, part);
	}
	random_block(state, block);
	state[12]++;
	memcpy(state + KEY, block, 8 * sizeof *state);
	memset(block, 0, sizeof block);
}
