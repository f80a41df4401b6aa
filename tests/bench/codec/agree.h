/*
 * The six messages as the two codecs know them, for agree.c: random values,
 * and how to bring the one's structs into the other's.
 */
#ifndef TESTS_BENCH_CODEC_AGREE_H
#define TESTS_BENCH_CODEC_AGREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messages.skald.h"
#include "tests/bench/codec/hand.h"

enum { AGREE_ENTRIES = 2048 };

union hand {
	struct hand_read read;
	struct hand_data data;
	struct hand_open open;
	struct hand_stat stat;
	struct hand_directory directory;
	struct hand_trace trace;
};

union generated {
	struct bench_Read read;
	struct bench_Data data;
	struct bench_Open open;
	struct bench_Stat stat;
	struct bench_Directory directory;
	struct bench_Trace trace;
};

/*
 * `make` sets random values, `convert` copies them into the generated struct,
 * `same` compares. Decoding gives 0 or a negative status.
 */
struct message {
	const char *name;
	void (*make)(union hand *hand);
	void (*convert)(union generated *to, const union hand *from);
	bool (*same)(const union hand *hand, union generated *generated);
	int (*hand_encode)(const union hand *value, void *to, size_t capacity);
	int (*hand_decode)(union hand *value, const void *from, size_t size);
	int (*encode)(const union generated *value, void *to, size_t capacity);
	int (*decode)(union generated *value, const void *from, size_t size);
};

extern const struct message agree_messages[6];

/* Sets the sequence of random values. */
void agree_seed(uint64_t seed);
/* Where it stands: as a seed it goes on from here. */
uint64_t agree_state(void);
uint64_t agree_random64(void);
/* 0 to limit - 1. */
uint32_t agree_below(uint32_t limit);

#endif
