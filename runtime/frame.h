/*
 * Several streams of bytes over one line, in frames: what a program in the OS writes,
 * brought to the host over a serial line (servers/login, tools/os-run).
 *
 *	0xa5, kind, size (2 bytes), data, sum (4 bytes)
 *
 * Numbers are little-endian. The sum is Adler-32 (RFC 1950, section 8.2) of all that came
 * since the beginning, sums left out, this frame's head and data included: so a frame
 * that lacks is noticed with the next one.
 */
#ifndef RUNTIME_FRAME_H
#define RUNTIME_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define SK_FRAME_MARK 0xa5u
#define SK_FRAME_HEAD 4u
#define SK_FRAME_TAIL 4u
#define SK_FRAME_DATA_MAX 16384u

/* Of the first frame, and once only; it has no data. */
#define SK_FRAME_BEGIN 'B'
#define SK_FRAME_OUTPUT 'o'
#define SK_FRAME_ERRORS 'e'
/* Of the last one, either of these: the status, 4 bytes; or a line of text, why there is
 * none. */
#define SK_FRAME_STATUS 's'
#define SK_FRAME_FAILURE 'x'

/* At the beginning. */
#define SK_FRAME_SUM 1u

static inline uint32_t sk_frame_sum(uint32_t sum, const uint8_t *bytes, size_t size)
{
	uint32_t low = sum & 0xffff, high = sum >> 16;

	for (size_t i = 0; i < size; i++) {
		low = (low + bytes[i]) % 65521;
		high = (high + low) % 65521;
	}
	return high << 16 | low;
}

static inline void sk_frame_put(uint8_t *to, uint32_t number, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		to[i] = (uint8_t)(number >> 8 * i);
}

static inline uint32_t sk_frame_get(const uint8_t *from, unsigned size)
{
	uint32_t number = 0;

	for (unsigned i = 0; i < size; i++)
		number |= (uint32_t)from[i] << 8 * i;
	return number;
}

/*
 * Makes a frame of data that stands at to + SK_FRAME_HEAD, SK_FRAME_TAIL bytes before the
 * end of its room: head before, sum behind. *sum goes on. All its bytes.
 */
static inline size_t sk_frame_close(uint8_t *to, char kind, uint32_t size, uint32_t *sum)
{
	to[0] = SK_FRAME_MARK;
	to[1] = (uint8_t)kind;
	sk_frame_put(to + 2, size, 2);
	*sum = sk_frame_sum(*sum, to, SK_FRAME_HEAD + size);
	sk_frame_put(to + SK_FRAME_HEAD + size, *sum, SK_FRAME_TAIL);
	return SK_FRAME_HEAD + size + SK_FRAME_TAIL;
}

#endif
