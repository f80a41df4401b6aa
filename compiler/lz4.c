/* Blocks of LZ4. See lz4.h. */
#include "compiler/lz4.h"

#include <string.h>

#define LEAST 4				/* shortest match */
#define FAR 65535
/* A match begins no later than so many bytes before the end, and ends no later than so
 * many: rules of the format. */
#define LAST_BEGIN 12
#define LAST_END 5

#define HASH_BITS 14

size_t lz4_room(size_t size)
{
	return size + size / 255 + 16;
}

static uint32_t four(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, 4);
	return value;
}

/* What of a length does not fit into its half of the token. */
static uint8_t *put_length(uint8_t *to, size_t length)
{
	if (length < 15)
		return to;
	for (length -= 15; length >= 255; length -= 255)
		*to++ = 255;
	*to++ = (uint8_t)length;
	return to;
}

static uint8_t *put_sequence(uint8_t *to, const uint8_t *literals, size_t count, size_t match,
	size_t back)
{
	size_t more = match != 0 ? match - LEAST : 0;

	*to++ = (uint8_t)((count < 15 ? count : 15) << 4 | (more < 15 ? more : 15));
	to = put_length(to, count);
	memcpy(to, literals, count);
	to += count;
	if (match == 0)
		return to;
	*to++ = (uint8_t)back;
	*to++ = (uint8_t)(back >> 8);
	return put_length(to, more);
}

size_t lz4_pack(uint8_t *to, const uint8_t *from, size_t size)
{
	size_t last[1 << HASH_BITS] = {0};	/* behind where such four bytes stood */
	uint8_t *begin = to;
	size_t start = 0;

	for (size_t at = 0; size > LAST_BEGIN && at < size - LAST_BEGIN;) {
		size_t *slot = &last[four(from + at) * 2654435761u >> (32 - HASH_BITS)];
		size_t before = *slot, match = LEAST;

		*slot = at + 1;
		if (before == 0 || at + 1 - before > FAR ||
		    four(from + before - 1) != four(from + at)) {
			at++;
			continue;
		}
		while (at + match < size - LAST_END && from[before - 1 + match] == from[at + match])
			match++;
		to = put_sequence(to, from + start, at - start, match, at + 1 - before);
		at += match;
		start = at;
	}
	to = put_sequence(to, from + start, size - start, 0, 0);
	return (size_t)(to - begin);
}

/* ---- */

struct input {
	const uint8_t *at;
	const uint8_t *end;
};

/* A length that begins in the token; false if it is cut short, or beyond `most`. */
static bool take_length(struct input *in, size_t *length, size_t most)
{
	uint8_t more;

	if (*length == 15) {
		do {
			if (in->at == in->end || *length > most)
				return false;
			more = *in->at++;
			*length += more;
		} while (more == 255);
	}
	return *length <= most;
}

static bool take_match(struct input *in, uint8_t token, uint8_t *to, size_t *done, size_t wanted)
{
	size_t length = token & 15, back;

	if (in->end - in->at < 2)
		return false;
	back = in->at[0] | (size_t)in->at[1] << 8;
	in->at += 2;
	if (!take_length(in, &length, wanted) || back == 0 || back > *done)
		return false;
	length += LEAST;
	if (length > wanted - *done)
		return false;
	for (; length > 0; length--, ++*done)	/* it may overlap itself */
		to[*done] = to[*done - back];
	return true;
}

bool lz4_unpack(uint8_t *to, size_t wanted, const uint8_t *from, size_t size)
{
	struct input in = {from, from + size};
	size_t done = 0;

	while (in.at < in.end) {
		uint8_t token = *in.at++;
		size_t count = token >> 4;

		if (!take_length(&in, &count, wanted - done) || count > (size_t)(in.end - in.at))
			return false;
		if (count != 0)
			memcpy(to + done, in.at, count);
		in.at += count;
		done += count;
		if (in.at == in.end)
			return done == wanted;
		if (!take_match(&in, token, to, &done, wanted))
			return false;
	}
	return false;
}
