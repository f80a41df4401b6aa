/*
 * The codec: what generated encode and decode functions are made of.
 *
 * A writer and a reader are a place and an end within one buffer. Functions
 * answer false when the bytes or the room run out, or when the bytes are not
 * the one valid encoding; the caller stops at the first false. Nothing is
 * allocated, nothing is read or written outside of the two pointers, and
 * every length, count, pointer and tag is fetched once, so a message that is
 * changed while it is read may give wrong values but never a wrong access.
 *
 * Short paths are inline: one-byte varints, strings, integers in place. The
 * rest is in codec.c. The format: docs/wire-format.md.
 */
#ifndef RUNTIME_CODEC_H
#define RUNTIME_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/attached.h"
#include "runtime/env.h"
#include "runtime/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Define SK_LENIENT as 1 to accept what other writers of this format may
 * produce: dynamic data anywhere in its buffer, in any order, with gaps.
 */
#ifndef SK_LENIENT
#define SK_LENIENT 0
#endif

#define SK_DEPTH_MAX 64			/* structs within structs */
#define SK_EMPTY_MAX 1024		/* elements of no bytes in an array */

/* Text and raw bytes. Decoded ones borrow from the message. */
struct sk_string {
	const char *data;
	uint32_t size;
};

struct sk_bytes {
	const uint8_t *data;
	uint32_t size;
};

/* Elements of a decoded array, still encoded, checked when it was decoded. */
struct sk_range {
	const uint8_t *at;		/* NULL: not from a message */
	uint32_t size;
	uint32_t depth;			/* how many structs it stands in */
};

/*
 * Memory of the caller's for the elements of decoded arrays. It may be reused
 * as soon as the decoded value is no longer wanted.
 */
struct sk_room {
	uint8_t *at;
	uint8_t *end;
	bool is_full;			/* it did not suffice */
};

struct sk_reader {
	const uint8_t *at;
	const uint8_t *end;
	struct sk_room *room;		/* NULL: arrays stay encoded */
	uint32_t depth;
};

struct sk_writer {
	uint8_t *at;
	uint8_t *end;
	uint32_t depth;
	int status;			/* what to answer for a false */
};

/* ---- integers in place, little-endian, at any address ---- */

static inline uint16_t sk_get_uint16(const uint8_t *at)
{
	uint16_t value;
	memcpy(&value, at, sizeof value);
	return SK_BIG_ENDIAN ? __builtin_bswap16(value) : value;
}

static inline uint32_t sk_get_uint32(const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return SK_BIG_ENDIAN ? __builtin_bswap32(value) : value;
}

static inline uint64_t sk_get_uint64(const uint8_t *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof value);
	return SK_BIG_ENDIAN ? __builtin_bswap64(value) : value;
}

static inline void sk_put_uint16(uint8_t *at, uint16_t value)
{
	value = SK_BIG_ENDIAN ? __builtin_bswap16(value) : value;
	memcpy(at, &value, sizeof value);
}

static inline void sk_put_uint32(uint8_t *at, uint32_t value)
{
	value = SK_BIG_ENDIAN ? __builtin_bswap32(value) : value;
	memcpy(at, &value, sizeof value);
}

static inline void sk_put_uint64(uint8_t *at, uint64_t value)
{
	value = SK_BIG_ENDIAN ? __builtin_bswap64(value) : value;
	memcpy(at, &value, sizeof value);
}

/*
 * Arrays of numbers, by the width of one: as they stand where the CPU is
 * little-endian, so that a compiler moves as many at once as it likes.
 */
static inline void sk_copy_numbers(void *to, const void *from, size_t count,
	unsigned width)
{
	uint8_t *out = (uint8_t *)to;
	const uint8_t *in = (const uint8_t *)from;
	if (!SK_BIG_ENDIAN) {
		memcpy(to, from, count * width);
		return;
	}
	for (size_t i = 0; i < count * width; i++)
		out[i] = in[i - i % width + (width - 1 - i % width)];
}

/* A bool in place: false if the byte is neither 0 nor 1. */
static inline bool sk_get_bool(const uint8_t *at, bool *value)
{
	uint8_t byte = *at;
	SK_ONCE(byte);
	*value = byte != 0;
	return byte <= 1;
}

/* ---- floats: their bits, which are moved as integers ---- */

static inline void sk_get_float32(const uint8_t *at, float *value)
{
	uint32_t bits = sk_get_uint32(at);
	memcpy(value, &bits, sizeof bits);
}

static inline void sk_get_float64(const uint8_t *at, double *value)
{
	uint64_t bits = sk_get_uint64(at);
	memcpy(value, &bits, sizeof bits);
}

static inline void sk_put_float32(uint8_t *at, const float *value)
{
	uint32_t bits;
	memcpy(&bits, value, sizeof bits);
	sk_put_uint32(at, bits);
}

static inline void sk_put_float64(uint8_t *at, const double *value)
{
	uint64_t bits;
	memcpy(&bits, value, sizeof bits);
	sk_put_uint64(at, bits);
}

/* ---- varints ---- */

struct sk_varint {
	const uint8_t *at;		/* behind it; NULL: there is none */
	uint64_t value;
};

/* Any varint, of the fewest bytes that can hold its value. */
struct sk_varint sk_varint_read(const uint8_t *at, const uint8_t *end);
/* Returns the place behind it, or NULL if it does not fit. */
uint8_t *sk_varint_write(uint8_t *at, uint8_t *end, uint64_t value);

/* Any of them, out of line; the reader itself need not lie in memory. */
static inline bool sk_read_long(struct sk_reader *in, uint64_t *value)
{
	struct sk_varint varint = sk_varint_read(in->at, in->end);
	*value = varint.value;
	if (SK_UNLIKELY(varint.at == NULL))
		return false;
	in->at = varint.at;
	return true;
}

static inline bool sk_read_varint(struct sk_reader *in, uint64_t *value)
{
	if (SK_LIKELY(in->at != in->end)) {
		uint32_t first = *in->at;
		SK_ONCE(first);
		if (SK_LIKELY(first & 1)) {
			*value = first >> 1;
			in->at++;
			return true;
		}
	}
	return sk_read_long(in, value);
}

/*
 * Of a word whose lowest byte is neither odd nor 0, the varint: its length n
 * is the count of trailing zeros + 1, its value the upper 7n bits of the n
 * bytes. False if fewer bytes would do, that is, if its upper 7 bits are 0.
 */
static inline bool sk_varint_of_word(uint64_t word, unsigned *size, uint64_t *value)
{
	*size = (unsigned)__builtin_ctzll(word) + 1;
	word <<= (0 - 8 * *size) & 63;
	*value = word >> ((0 - 7 * *size) & 63);
	return word >> 57 != 0;
}

/* The same as sk_read_varint, for values that are often greater. */
static inline bool sk_read_wide(struct sk_reader *in, uint64_t *value)
{
	if (SK_LIKELY(in->end - in->at >= 8)) {
		uint64_t word = sk_get_uint64(in->at);
		unsigned size;
		SK_ONCE(word);
		if (word & 1) {
			*value = (word & 0xff) >> 1;
			in->at++;
			return true;
		}
		if (SK_LIKELY((word & 0xff) != 0)) {
			if (SK_UNLIKELY(!sk_varint_of_word(word, &size, value)))
				return false;
			in->at += size;
			return true;
		}
	}
	return sk_read_long(in, value);
}

/* The bytes beyond the first of a varint of at most 8 bytes. */
static inline unsigned sk_varint_more(uint64_t value)
{
	unsigned highest = 63 ^ (unsigned)__builtin_clzll(value | 1);

	return (9 * highest + 9) / 64;	/* highest / 7, for all that can be */
}

/* What was written out of line ends here, or did not fit (NULL). */
static inline bool sk_wrote(struct sk_writer *out, uint8_t *behind)
{
	if (SK_UNLIKELY(behind == NULL))
		return false;
	out->at = behind;
	return true;
}

static inline bool sk_write_varint(struct sk_writer *out, uint64_t value)
{
	if (SK_LIKELY(value < 128 && out->at != out->end)) {
		*out->at++ = (uint8_t)(2 * value + 1);
		return true;
	}
	return sk_wrote(out, sk_varint_write(out->at, out->end, value));
}

/* The same as sk_write_varint, for values that are often greater. */
static inline bool sk_write_wide(struct sk_writer *out, uint64_t value)
{
	if (SK_LIKELY(value >> 56 == 0 && out->end - out->at >= 8)) {
		unsigned more = sk_varint_more(value);
		sk_put_uint64(out->at, (2 * value + 1) << more);
		out->at += more + 1;
		return true;
	}
	return sk_wrote(out, sk_varint_write(out->at, out->end, value));
}

uint8_t *sk_tagged_write(uint8_t *at, uint8_t *end, uint64_t tag, uint64_t value);

/* A tag and its integer. */
static inline bool sk_write_tagged(struct sk_writer *out, uint64_t tag, uint64_t value)
{
	if (SK_LIKELY(tag < 128 && out->end - out->at >= 9)) {
		*out->at = (uint8_t)(2 * tag + 1);
		if (value < 128) {
			out->at[1] = (uint8_t)(2 * value + 1);
			out->at += 2;
			return true;
		}
		if (SK_LIKELY(value >> 56 == 0)) {
			unsigned more = sk_varint_more(value);
			sk_put_uint64(out->at + 1, (2 * value + 1) << more);
			out->at += more + 2;
			return true;
		}
	}
	return sk_wrote(out, sk_tagged_write(out->at, out->end, tag, value));
}

/* ---- integers in dynamic position: one raw byte, else a varint ---- */

static inline bool sk_read_uint8(struct sk_reader *in, uint8_t *value)
{
	if (SK_UNLIKELY(in->at == in->end))
		return false;
	uint8_t byte = *in->at++;
	SK_ONCE(byte);
	*value = byte;
	return true;
}

static inline bool sk_read_int8(struct sk_reader *in, int8_t *value)
{
	if (SK_UNLIKELY(in->at == in->end))
		return false;
	uint8_t byte = *in->at++;
	SK_ONCE(byte);
	*value = (int8_t)byte;
	return true;
}

static inline bool sk_read_bool(struct sk_reader *in, bool *value)
{
	uint8_t byte;
	if (!sk_read_uint8(in, &byte))
		return false;
	*value = byte != 0;
	return byte <= 1;
}

static inline bool sk_read_uint16(struct sk_reader *in, uint16_t *value)
{
	uint64_t wide;
	if (!sk_read_varint(in, &wide) || wide > UINT16_MAX)
		return false;
	*value = (uint16_t)wide;
	return true;
}

static inline bool sk_read_uint32(struct sk_reader *in, uint32_t *value)
{
	uint64_t wide;
	if (!sk_read_varint(in, &wide) || wide > UINT32_MAX)
		return false;
	*value = (uint32_t)wide;
	return true;
}

static inline bool sk_read_uint64(struct sk_reader *in, uint64_t *value)
{
	return sk_read_wide(in, value);
}

static inline bool sk_read_int16(struct sk_reader *in, int16_t *value)
{
	uint64_t wide;
	if (!sk_read_varint(in, &wide))
		return false;
	*value = (int16_t)wide;
	return (uint64_t)*value == wide;
}

static inline bool sk_read_int32(struct sk_reader *in, int32_t *value)
{
	uint64_t wide;
	if (!sk_read_varint(in, &wide))
		return false;
	*value = (int32_t)wide;
	return (uint64_t)*value == wide;
}

static inline bool sk_read_int64(struct sk_reader *in, int64_t *value)
{
	uint64_t wide;
	if (!sk_read_wide(in, &wide))
		return false;
	*value = (int64_t)wide;
	return true;
}

static inline bool sk_write_uint8(struct sk_writer *out, uint8_t value)
{
	if (SK_UNLIKELY(out->at == out->end))
		return false;
	*out->at++ = value;
	return true;
}

static inline bool sk_read_float32(struct sk_reader *in, float *value)
{
	uint64_t wide;
	if (!sk_read_wide(in, &wide) || wide > UINT32_MAX)
		return false;
	uint32_t bits = (uint32_t)wide;
	memcpy(value, &bits, sizeof bits);
	return true;
}

static inline bool sk_read_float64(struct sk_reader *in, double *value)
{
	uint64_t bits;
	if (!sk_read_wide(in, &bits))
		return false;
	memcpy(value, &bits, sizeof bits);
	return true;
}

static inline bool sk_write_float32(struct sk_writer *out, const float *value)
{
	uint32_t bits;
	memcpy(&bits, value, sizeof bits);
	return sk_write_wide(out, bits);
}

static inline bool sk_write_float64(struct sk_writer *out, const double *value)
{
	uint64_t bits;
	memcpy(&bits, value, sizeof bits);
	return sk_write_wide(out, bits);
}

/* ---- values that a type does not have ---- */

/* A value to be sent is not allowed: SK_INVALID. Always false. */
static inline bool sk_write_invalid(struct sk_writer *out)
{
	out->status = SK_INVALID;
	return false;
}

/* Goes on only with a value that is one of its type's. */
static inline bool sk_write_valid(struct sk_writer *out, bool is_valid)
{
	return SK_LIKELY(is_valid) || sk_write_invalid(out);
}

/* Memory that came from elsewhere holds a bool. */
static inline bool sk_is_bool(const bool *value)
{
	uint8_t byte;
	memcpy(&byte, value, sizeof byte);
	return byte <= 1;
}

/* ---- strings and raw bytes ---- */

static inline bool sk_read_bytes(struct sk_reader *in, struct sk_bytes *value)
{
	uint64_t size;
	if (!sk_read_varint(in, &size) || size > (size_t)(in->end - in->at))
		return false;
	value->data = in->at;
	value->size = (uint32_t)size;
	in->at += size;
	return true;
}

static inline bool sk_read_string(struct sk_reader *in, struct sk_string *value)
{
	struct sk_bytes bytes;
	if (!sk_read_bytes(in, &bytes))
		return false;
	value->data = (const char *)bytes.data;
	value->size = bytes.size;
	return true;
}

/* A count and so many bytes, any of them. NULL: no room, or no data. */
uint8_t *sk_raw_write(uint8_t *at, uint8_t *end, const void *data, uint32_t size);

/* The same; SK_INVALID if data is missing. */
static inline bool sk_write_raw(struct sk_writer *out, const void *data, uint32_t size)
{
	size_t whole = size;
	if (SK_LIKELY(size < 128 && data != NULL
		      && size < (size_t)(out->end - out->at))) {
		*out->at = (uint8_t)(2 * size + 1);
		SK_ONCE(whole);	/* else gcc copies in line, by the slow rep movs */
		out->at = (uint8_t *)memcpy(out->at + 1, data, whole) + whole;
		return true;
	}
	if (SK_UNLIKELY(data == NULL && size != 0)) {
		out->status = SK_INVALID;
		return false;
	}
	return sk_wrote(out, sk_raw_write(out->at, out->end, data, size));
}

static inline bool sk_write_string(struct sk_writer *out, struct sk_string value)
{
	return sk_write_raw(out, value.data, value.size);
}

static inline bool sk_write_bytes(struct sk_writer *out, struct sk_bytes value)
{
	return sk_write_raw(out, value.data, value.size);
}

/* Takes so many bytes, which have no length before them; NULL: they are not
 * there. */
static inline const uint8_t *sk_take_bytes(struct sk_reader *in, size_t size)
{
	const uint8_t *from = in->at;
	if (SK_UNLIKELY(size > (size_t)(in->end - from)))
		return NULL;
	in->at = from + size;
	return from;
}

/* Room for so many bytes, to be written by the caller. NULL: there is none. */
static inline uint8_t *sk_make_bytes(struct sk_writer *out, size_t size)
{
	uint8_t *to = out->at;
	if (SK_UNLIKELY(size > (size_t)(out->end - to)))
		return NULL;
	out->at = to + size;
	return to;
}

/* Bytes that are bools, each 0 or 1; SK_INVALID if not. */
bool sk_read_bools(struct sk_reader *in, struct sk_bytes *value);
bool sk_write_bools(struct sk_writer *out, struct sk_bytes value);

/* ---- arrays ---- */

/* A count that the bytes left can hold, each element having at least one. */
static inline bool sk_read_count(struct sk_reader *in, uint32_t *count)
{
	uint64_t wide;
	if (!sk_read_varint(in, &wide) || wide > (size_t)(in->end - in->at))
		return false;
	*count = (uint32_t)wide;
	return true;
}

/* A count of elements of no bytes. */
bool sk_read_count_of_empty(struct sk_reader *in, uint32_t *count);
/* The count of an array whose length the schema fixes. */
bool sk_read_exactly(struct sk_reader *in, uint64_t count);
/* The same and its raw bytes. */
bool sk_read_raw_exactly(struct sk_reader *in, void *to, uint32_t size);

/*
 * Takes `size` bytes (below 2^63) off the room, aligned for any element; *to is
 * NULL where there is no room to be used. False if it does not suffice.
 */
bool sk_take_room(struct sk_reader *in, uint64_t size, void **to);

/*
 * Whether an optional value is there, and follows: an array of none or one,
 * whose count is `one`, or for a record its size.
 */
static inline bool sk_read_present(struct sk_reader *in, uint64_t one, bool *present)
{
	uint64_t count;
	if (!sk_read_varint(in, &count))
		return false;
	*present = count != 0;
	return count == 0 || count == one;
}

/* What a decoder without success answers. */
static inline int sk_refusal(const struct sk_room *room)
{
	return room != NULL && room->is_full ? SK_TOO_BIG : SK_MALFORMED;
}

/* Begins and ends the range of an array whose elements are being checked. */
static inline void sk_range_begin(struct sk_range *range, const struct sk_reader *in)
{
	range->at = in->at;
	range->depth = in->depth;
}

static inline void sk_range_end(struct sk_range *range, const struct sk_reader *in)
{
	range->size = (uint32_t)(in->at - range->at);
}

static inline struct sk_reader sk_range_open(const struct sk_range *range)
{
	struct sk_reader in;
	in.at = range->at;
	in.end = range->at + range->size;
	in.room = NULL;
	in.depth = range->depth;
	return in;
}

static inline void sk_range_advance(struct sk_range *range, const struct sk_reader *in)
{
	range->size = (uint32_t)(in->end - in->at);
	range->at = in->at;
}

/* The same where the size of an element is known. */
static inline void sk_range_skip(struct sk_range *range, size_t size)
{
	range->size -= (uint32_t)size;
	range->at += size;
}

/* Elements changed under the iterator: the list is at its end. */
static inline bool sk_list_stop(uint32_t *count)
{
	*count = 0;
	return false;
}

/* Writes what came in a message as it came; SK_INVALID if nothing did. */
bool sk_write_encoded(struct sk_writer *out, const struct sk_range *range);
/* The same behind a count; without elements it need not have come. */
bool sk_write_range(struct sk_writer *out, uint32_t count, const struct sk_range *range);

/*
 * Arrays of integers, strings and byte arrays. To send: items and count.
 * Received: items is NULL and the elements come by sk_..._next(), which takes
 * one off the front of the list and is false at its end; copy the list to go
 * through it again.
 */

/* What the elements are: their width in bytes, and 16 if they are signed. */
enum { SK_SIGNED = 16 };

bool sk_read_integers(struct sk_reader *in, unsigned kind, uint32_t *count,
	struct sk_range *wire, void **items);
bool sk_write_integers(struct sk_writer *out, unsigned kind, uint32_t count,
	const void *items);
bool sk_next_integer(unsigned kind, uint32_t *count, struct sk_range *wire,
	uint64_t *value);
bool sk_read_byte_arrays(struct sk_reader *in, uint32_t *count,
	struct sk_range *wire, void **items);
bool sk_write_byte_arrays(struct sk_writer *out, uint32_t count,
	const void *items);
bool sk_next_byte_array(uint32_t *count, struct sk_range *wire,
	struct sk_bytes *value);

#define SK_INTEGER_LIST(name, type, kind) \
	struct sk_##name##_list { \
		const type *items; \
		uint32_t count; \
		struct sk_range wire; \
	}; \
	static inline bool sk_##name##_read_list(struct sk_reader *in, \
		struct sk_##name##_list *list) \
	{ \
		void *items; \
		bool good = sk_read_integers(in, kind, &list->count, &list->wire, &items); \
		list->items = (const type *)items; \
		return good; \
	} \
	static inline bool sk_##name##_write_list(struct sk_writer *out, \
		const struct sk_##name##_list *list) \
	{ \
		return list->items == NULL \
			? sk_write_range(out, list->count, &list->wire) \
			: sk_write_integers(out, kind, list->count, list->items); \
	} \
	static inline bool sk_##name##_next(struct sk_##name##_list *list, type *item) \
	{ \
		uint64_t value; \
		if (list->items == NULL) { \
			if (!sk_next_integer(kind, &list->count, &list->wire, &value)) \
				return false; \
			*item = (type)value; \
			return true; \
		} \
		if (list->count == 0) \
			return false; \
		list->count--; \
		*item = *list->items++; \
		return true; \
	}

SK_INTEGER_LIST(int16, int16_t, 2 | SK_SIGNED)
SK_INTEGER_LIST(int32, int32_t, 4 | SK_SIGNED)
SK_INTEGER_LIST(int64, int64_t, 8 | SK_SIGNED)
SK_INTEGER_LIST(uint16, uint16_t, 2)
SK_INTEGER_LIST(uint32, uint32_t, 4)
SK_INTEGER_LIST(uint64, uint64_t, 8)

#define SK_BYTE_ARRAY_LIST(name, pointer) \
	struct sk_##name##_list { \
		const struct sk_##name *items; \
		uint32_t count; \
		struct sk_range wire; \
	}; \
	static inline bool sk_##name##_read_list(struct sk_reader *in, \
		struct sk_##name##_list *list) \
	{ \
		void *items; \
		bool good = sk_read_byte_arrays(in, &list->count, &list->wire, &items); \
		list->items = (const struct sk_##name *)items; \
		return good; \
	} \
	static inline bool sk_##name##_write_list(struct sk_writer *out, \
		const struct sk_##name##_list *list) \
	{ \
		return list->items == NULL \
			? sk_write_range(out, list->count, &list->wire) \
			: sk_write_byte_arrays(out, list->count, list->items); \
	} \
	static inline bool sk_##name##_next(struct sk_##name##_list *list, \
		struct sk_##name *item) \
	{ \
		struct sk_bytes value; \
		if (list->items == NULL) { \
			if (!sk_next_byte_array(&list->count, &list->wire, &value)) \
				return false; \
			item->data = (pointer)value.data; \
			item->size = value.size; \
			return true; \
		} \
		if (list->count == 0) \
			return false; \
		list->count--; \
		*item = *list->items++; \
		return true; \
	}

SK_BYTE_ARRAY_LIST(string, const char *)
SK_BYTE_ARRAY_LIST(bytes, const uint8_t *)

/* The same of floats: nothing but their bits is looked at. */
#define SK_FLOAT_LIST(name, type, bits) \
	struct sk_##name##_list { \
		const type *items; \
		uint32_t count; \
		struct sk_range wire; \
	}; \
	static inline bool sk_##name##_read_list(struct sk_reader *in, \
		struct sk_##name##_list *list) \
	{ \
		void *items; \
		bool good = sk_read_integers(in, sizeof(type), &list->count, \
			&list->wire, &items); \
		list->items = (const type *)items; \
		return good; \
	} \
	static inline bool sk_##name##_write_list(struct sk_writer *out, \
		const struct sk_##name##_list *list) \
	{ \
		return list->items == NULL \
			? sk_write_range(out, list->count, &list->wire) \
			: sk_write_integers(out, sizeof(type), list->count, list->items); \
	} \
	static inline bool sk_##name##_next(struct sk_##name##_list *list, type *item) \
	{ \
		uint64_t value; \
		if (list->items == NULL) { \
			if (!sk_next_integer(sizeof(type), &list->count, &list->wire, \
				    &value)) \
				return false; \
			bits narrow = (bits)value; \
			memcpy(item, &narrow, sizeof narrow); \
			return true; \
		} \
		if (list->count == 0) \
			return false; \
		list->count--; \
		memcpy(item, list->items++, sizeof *item); \
		return true; \
	}

SK_CHECK(sizeof(float) == 4 && sizeof(double) == 8, "floats are IEEE 754");
SK_FLOAT_LIST(float32, float, uint32_t)
SK_FLOAT_LIST(float64, double, uint64_t)

#undef SK_INTEGER_LIST
#undef SK_BYTE_ARRAY_LIST
#undef SK_FLOAT_LIST

/* ---- records: as they stand in memory where the CPU is little-endian ---- */

/*
 * Reads the length of an array of records of `size` bytes each, and takes
 * them: any bytes, of which the caller makes values.
 */
static inline bool sk_read_records(struct sk_reader *in, uint32_t size,
	uint32_t *count, struct sk_range *wire)
{
	struct sk_bytes bytes;
	if (!sk_read_bytes(in, &bytes) || bytes.size % size != 0)
		return false;
	*count = bytes.size / size;
	wire->at = bytes.data;
	wire->size = bytes.size;
	wire->depth = in->depth;
	return true;
}

/* Writes the length, and makes room for them. NULL: there is none. */
static inline uint8_t *sk_make_records(struct sk_writer *out, uint32_t size,
	uint32_t count)
{
	uint64_t whole = (uint64_t)size * count;
	if (whole > INT32_MAX || !sk_write_varint(out, whole))
		return NULL;
	return sk_make_bytes(out, (size_t)whole);
}

/* Records that came in a message, as they came; SK_INVALID if none did. */
static inline bool sk_write_records(struct sk_writer *out, uint32_t size,
	uint32_t count, const struct sk_range *wire)
{
	if (count != 0 && wire->at == NULL)
		return sk_write_invalid(out);
	uint8_t *to = sk_make_records(out, size, count);
	if (to != NULL && count != 0)
		memcpy(to, wire->at, wire->size);
	return to != NULL;
}

/* For big-endian CPUs: turns numbers around where they stand. */
static inline void sk_swap16(void *numbers, size_t count)
{
	uint8_t *at = (uint8_t *)numbers;
	for (uint16_t number; count != 0; count--, at += sizeof number) {
		memcpy(&number, at, sizeof number);
		number = __builtin_bswap16(number);
		memcpy(at, &number, sizeof number);
	}
}

static inline void sk_swap32(void *numbers, size_t count)
{
	uint8_t *at = (uint8_t *)numbers;
	for (uint32_t number; count != 0; count--, at += sizeof number) {
		memcpy(&number, at, sizeof number);
		number = __builtin_bswap32(number);
		memcpy(at, &number, sizeof number);
	}
}

static inline void sk_swap64(void *numbers, size_t count)
{
	uint8_t *at = (uint8_t *)numbers;
	for (uint64_t number; count != 0; count--, at += sizeof number) {
		memcpy(&number, at, sizeof number);
		number = __builtin_bswap64(number);
		memcpy(at, &number, sizeof number);
	}
}

/* ---- flexible variants: each value has its length before it ---- */

#define SK_TAG_MAX INT32_MAX

/* Any tag that a variant can have: not 0, which ends what is tagged. */
static inline bool sk_is_tag(uint64_t tag)
{
	return tag - 1 < SK_TAG_MAX;
}

/* A length and so many bytes, to be read on their own. */
static inline bool sk_read_sized(struct sk_reader *in, struct sk_reader *sized)
{
	struct sk_bytes bytes;
	if (!sk_read_bytes(in, &bytes))
		return false;
	*sized = *in;
	sized->at = bytes.data;
	sized->end = in->at;
	return true;
}

/* They were read to their end. */
static inline bool sk_is_at_end(const struct sk_reader *in)
{
	return in->at == in->end;
}

/* Leaves a byte for the length of what is written next, and says where that
 * starts. */
static inline bool sk_begin_sized(struct sk_writer *out, uint8_t **start)
{
	if (SK_UNLIKELY(out->at == out->end))
		return false;
	*start = ++out->at;
	return true;
}

/* Fills in the length; what was written gives way if that is longer. */
static inline bool sk_end_sized(struct sk_writer *out, uint8_t *start)
{
	size_t size = (size_t)(out->at - start);
	unsigned more = sk_varint_more(size);
	uint64_t length = (2 * (uint64_t)size + 1) << more;
	if (SK_UNLIKELY(more > (size_t)(out->end - out->at)))
		return false;
	for (size_t i = size; more != 0 && i != 0; i--)
		start[i - 1 + more] = start[i - 1];
	for (unsigned i = 0; i <= more; i++)
		start[(int)i - 1] = (uint8_t)(length >> (8 * i));
	out->at += more;
	return true;
}

/* The bytes of a value that the schema does not know, as they came. */
static inline void sk_take_rest(struct sk_reader *sized, struct sk_bytes *value)
{
	value->data = sized->at;
	value->size = (uint32_t)(sized->end - sized->at);
	sized->at = sized->end;
}

static inline bool sk_write_unknown(struct sk_writer *out, struct sk_bytes value)
{
	if (value.data == NULL && value.size != 0)
		return sk_write_invalid(out);
	uint8_t *to = sk_make_bytes(out, value.size);
	if (to != NULL && value.size != 0)
		memcpy(to, value.data, value.size);
	return to != NULL;
}

/*
 * ---- tables: tags that ascend, each value with its length before it ----
 *
 * Entries of tags that the schema does not know are skipped; from the first of them
 * to the last is what a struct has as `unknown`, known ones in between too. What is
 * written again has them again, at their places.
 */

struct sk_table {
	uint64_t tag;			/* of the next entry; 0: there is none */
	const uint8_t *entry;		/* where that begins */
	struct sk_bytes unknown;
};

bool sk_table_begin(struct sk_reader *in, struct sk_table *table);
/* Skips the entries up to the tag, or all. */
bool sk_table_seek(struct sk_reader *in, struct sk_table *table, uint64_t tag);
/* Goes on behind the value of an entry. */
bool sk_table_next(struct sk_reader *in, struct sk_table *table);

static inline bool sk_table_end(struct sk_reader *in, struct sk_table *table,
	struct sk_bytes *unknown)
{
	bool good = sk_table_seek(in, table, UINT64_MAX);
	*unknown = table->unknown;
	return good;
}

/* Takes an entry off the front of `unknown`; false at its end, or if it is none. */
bool sk_next_unknown(struct sk_bytes *unknown, uint32_t *tag, struct sk_bytes *value);

/* Writes the entries below the tag, and leaves out one that has it. */
bool sk_write_below(struct sk_writer *out, struct sk_bytes *unknown, uint64_t tag);

/* Writes what is left, and the end. */
static inline bool sk_write_table_end(struct sk_writer *out, struct sk_bytes *unknown)
{
	return sk_write_below(out, unknown, UINT64_MAX) && sk_write_varint(out, 0);
}

/* ---- structs that may stand within themselves ---- */

static inline bool sk_descend(struct sk_reader *in)
{
	return ++in->depth <= SK_DEPTH_MAX;
}

static inline void sk_ascend(struct sk_reader *in)
{
	in->depth--;
}

/* Lets what follows go only so deep, and returns what to put back behind it. */
static inline uint32_t sk_limit_depth(uint32_t *depth, uint32_t most)
{
	uint32_t outer = *depth;
	if (SK_DEPTH_MAX - most > outer)
		*depth = SK_DEPTH_MAX - most;
	return outer;
}

/* Lets what follows go on only so far, in the same way. */
static inline const uint8_t *sk_limit_bytes(struct sk_reader *in, size_t most)
{
	const uint8_t *outer = in->end;
	if (most < (size_t)(outer - in->at))
		in->end = in->at + most;
	return outer;
}

static inline bool sk_write_descend(struct sk_writer *out)
{
	if (++out->depth <= SK_DEPTH_MAX)
		return true;
	out->status = SK_TOO_DEEP;
	return false;
}

static inline void sk_write_ascend(struct sk_writer *out)
{
	out->depth--;
}

/* ---- beside the bytes: handles and leases (runtime/attached.h) ---- */

/* In place of a count, when decoding has refused a handle or a lease. */
#define SK_REFUSED UINT32_MAX

/* The handle that a byte stands for. */
static inline bool sk_get_handle(uint8_t number, struct sk_attached *attached,
	uint16_t rights, struct sk_handle *handle)
{
	if (SK_LIKELY(sk_take_handle(attached, number, rights, handle)))
		return true;
	attached->handles_numbered = SK_REFUSED;
	return false;
}

/* The same where 0 says that there is none. */
static inline bool sk_get_optional_handle(uint8_t number, struct sk_attached *attached,
	uint16_t rights, bool *present, struct sk_handle *handle)
{
	unsigned once = number;
	SK_ONCE(once);
	*present = once != 0;
	*handle = sk_no_handle();
	return once == 0 || sk_get_handle((uint8_t)once, attached, rights, handle);
}

static inline bool sk_read_handle(struct sk_reader *in, struct sk_attached *attached,
	uint16_t rights, struct sk_handle *handle)
{
	uint8_t number;
	return sk_read_uint8(in, &number)
		&& sk_get_handle(number, attached, rights, handle);
}

static inline bool sk_read_optional_handle(struct sk_reader *in,
	struct sk_attached *attached, uint16_t rights, bool *present,
	struct sk_handle *handle)
{
	uint8_t number;
	return sk_read_uint8(in, &number)
		&& sk_get_optional_handle(number, attached, rights, present, handle);
}

/* The lease that a byte stands for. */
static inline bool sk_get_lease(uint8_t number, struct sk_attached *attached,
	uint32_t direction, uint64_t max, struct sk_lease *lease)
{
	if (SK_LIKELY(sk_take_lease(attached, number, direction, max, lease)))
		return true;
	attached->leases_numbered = SK_REFUSED;
	return false;
}

static inline bool sk_get_optional_lease(uint8_t number, struct sk_attached *attached,
	uint32_t direction, uint64_t max, bool *present, struct sk_lease *lease)
{
	unsigned once = number;
	SK_ONCE(once);
	*present = once != 0;
	memset(lease, 0, sizeof *lease);
	return once == 0
		|| sk_get_lease((uint8_t)once, attached, direction, max, lease);
}

/* What a decoder answers that was given these as well and has no success. */
static inline int sk_refusal_beside(const struct sk_room *room,
	const struct sk_attached *attached)
{
	if (attached->handles_numbered == SK_REFUSED)
		return SK_BAD_HANDLE;
	return attached->leases_numbered == SK_REFUSED ? SK_BAD_LEASE : sk_refusal(room);
}

/* The end of its success: 0 if none is left over; the value owns them now. */
static inline int sk_take_all(struct sk_attached *attached)
{
	if (sk_take_end(attached))
		return 0;
	return attached->handles_numbered != attached->handle_count
		? SK_BAD_HANDLE : SK_BAD_LEASE;
}

/* ---- messages ---- */

/* Structs whose members are all plain: what checks and moves an array of them
 * works on a copy of the stream that stays in registers. */
#define SK_FLATTEN __attribute__((flatten))

/* Ends such work, on success or not. */
static inline bool sk_read_done(struct sk_reader *in, const struct sk_reader *copy, bool good)
{
	*in = *copy;
	return good;
}

static inline bool sk_write_done(struct sk_writer *out, const struct sk_writer *copy, bool good)
{
	*out = *copy;
	return good;
}

/* All zero: the padding of a head, or nothing at all. */
bool sk_is_zero(const uint8_t *at, const uint8_t *end);

/*
 * A message of fixed size, without tail: true if it is one with this id, its
 * head padded with zeros up to its declared size or not at all.
 */
static inline bool sk_is_fixed(const void *from, size_t size, uint32_t id,
	size_t fixed, size_t declared)
{
	const uint8_t *head = (const uint8_t *)from;
	if (SK_UNLIKELY(size < fixed || sk_get_uint64(head) != id))
		return false;
	if (SK_LIKELY(size == fixed))
		return true;
	return size <= declared && (SK_LENIENT || sk_is_zero(head + fixed, head + size));
}

/*
 * Opens the head of a message that has no tail and whose fixed part is
 * `fixed` bytes: the reader stands behind that. False if it cannot be one
 * with this id.
 */
static inline bool sk_open_head(struct sk_reader *in, const void *from, size_t size,
	struct sk_room *room, uint32_t id, size_t fixed, size_t declared)
{
	const uint8_t *head = (const uint8_t *)from;
	if (SK_UNLIKELY(size < fixed || size > declared || sk_get_uint64(head) != id))
		return false;
	in->at = head + fixed;
	in->end = head + size;
	in->room = room;
	in->depth = 0;
	return true;
}

/* The same for a message that has a tail, of at least tail_fixed bytes, which
 * begins where the reader of the head ends. */
static inline bool sk_open_head_of_two(struct sk_reader *in, const void *from,
	size_t size, struct sk_room *room, uint32_t id, size_t fixed, size_t declared,
	size_t tail_fixed)
{
	const uint8_t *head = (const uint8_t *)from;
	if (SK_UNLIKELY(size < fixed + tail_fixed || size > INT32_MAX))
		return false;
	size_t tail_size = sk_get_uint32(head + 4);
	SK_ONCE(tail_size);
	if (SK_UNLIKELY(sk_get_uint32(head) != id))
		return false;
	if (fixed == declared) {	/* then the head has no padding */
		if (SK_UNLIKELY(tail_size != size - fixed))
			return false;
		tail_size = size - fixed;
	} else if (SK_UNLIKELY(tail_size < tail_fixed || tail_size > size - fixed
		   || size - tail_size > declared)) {
		return false;
	}
	in->at = head + fixed;
	in->end = head + (size - tail_size);
	in->room = room;
	in->depth = 0;
	return true;
}

/*
 * The pointer of a dynamic member: `offset` from `start` is where its data
 * begins, which is where the reader stands.
 */
static inline bool sk_read_pointer(struct sk_reader *in, const uint8_t *start,
	uint64_t offset)
{
#if SK_LENIENT
	SK_ONCE(offset);
	if (offset > (size_t)(in->end - start))
		return false;
	in->at = start + offset;
	return true;
#else
	return offset == (size_t)(in->at - start);
#endif
}

/* The end of a head: nothing but padding follows. */
static inline bool sk_close_head(const struct sk_reader *in)
{
	return SK_LENIENT || in->at == in->end || sk_is_zero(in->at, in->end);
}

/* Goes on to the tail, which the head told of: its fixed part is there. */
static inline void sk_open_tail(struct sk_reader *in, const void *from, size_t size,
	size_t fixed)
{
	in->at = in->end + fixed;
	in->end = (const uint8_t *)from + size;
}

/* The end of a tail: nothing follows. */
static inline bool sk_close_tail(const struct sk_reader *in)
{
	return SK_LENIENT || in->at == in->end;
}

/*
 * Begins a message in `to`: the writer stands behind its fixed part and ends
 * at the declared size, or where the room does. False: no room.
 */
static inline bool sk_begin_head(struct sk_writer *out, void *to, size_t capacity,
	size_t fixed, size_t declared)
{
	uint8_t *head = (uint8_t *)to;
	if (SK_UNLIKELY(capacity < fixed))
		return false;
	out->at = head + fixed;
	out->end = head + (capacity < declared ? capacity : declared);
	out->depth = 0;
	out->status = SK_TOO_BIG;
	return true;
}

/* Begins the tail right behind the head; the room of `to` is its end. */
static inline bool sk_begin_tail(struct sk_writer *out, void *to, size_t capacity,
	size_t fixed)
{
	if (capacity > INT32_MAX)
		capacity = INT32_MAX;
	out->end = (uint8_t *)to + capacity;
	if (SK_UNLIKELY((size_t)(out->end - out->at) < fixed))
		return false;
	out->at += fixed;
	return true;
}

#ifdef __cplusplus
}
#endif

#endif
