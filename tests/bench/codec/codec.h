/*
 * One interface for all codecs. Each program of the benchmark is one codec,
 * linked with the harness (harness.c), which knows only this.
 *
 * Encoding goes from the structs that the codec's user fills in, set up once
 * by `prepare`, to wire bytes. Decoding checks wire bytes, reads every field
 * and returns a sum: of the integers of 64 bits, of those of 32 bits modulo
 * 2^32, and for each string or byte array of its size and its last byte; absent
 * members count as 0. Strings and byte arrays are to be owned by the reader in
 * the end: what a codec leaves in the buffer is copied to `sink` and read there,
 * what it copies itself is read where it is.
 */
#ifndef TESTS_BENCH_CODEC_CODEC_H
#define TESTS_BENCH_CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Not a multiple of 4096: buffers that follow each other would else make stores
 * to the one wait for loads from the other.
 */
enum { CODEC_MESSAGES = 6, CODEC_BUFFER = 16384 + 1088 };

struct codec {
	const char *name;
	void (*prepare)(void);
	/* Bytes written to `to`, which is 16-byte aligned; 0 or less: failed. */
	int (*encode[CODEC_MESSAGES])(uint8_t *to, size_t capacity);
	/* The sum of all fields; 0 if the message was refused. */
	uint64_t (*decode[CODEC_MESSAGES])(const uint8_t *from, size_t size);
	/* Where the bytes of the last encode are, if not in `to`. */
	const uint8_t *(*wire)(void);
	/* Only copies bytes: there are no fields to sum. */
	bool opaque;
};

extern const struct codec codec;
/* Where borrowed strings are copied to. */
extern uint8_t sink[CODEC_BUFFER];

/* Copies what was borrowed, as its reader would; returns its part of the sum. */
static inline uint64_t take(const void *data, size_t size)
{
	if (size == 0)
		return 0;
	__builtin_memcpy(sink, data, size);
	return size + sink[size - 1];
}

/* The part of the sum of what the codec copied itself. */
static inline uint64_t taken(const void *data, size_t size)
{
	const uint8_t *bytes = (const uint8_t *)data;

	return size == 0 ? 0 : size + bytes[size - 1];
}

#ifdef __cplusplus
}
#endif

#endif
