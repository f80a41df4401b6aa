/*
 * The codec's long paths: see codec.h.
 */
#include "runtime/codec.h"

/* ---- varints ---- */

struct sk_varint sk_varint_read(const uint8_t *at, const uint8_t *end)
{
	const struct sk_varint none = { NULL, 0 };
	struct sk_varint varint = none;
	size_t left = (size_t)(end - at);
	uint64_t word = 0;
	unsigned size;

	if (SK_LIKELY(left >= 8)) {
		word = sk_get_uint64(at);
	} else {
		for (size_t i = 0; i < left; i++)
			word |= (uint64_t)at[i] << (8 * i);
	}
	SK_ONCE(word);
	if (SK_LIKELY((word & 0xff) != 0)) {
		/* Bytes that are not there are 0: the varint is not minimal. */
		bool minimal = sk_varint_of_word(word, &size, &varint.value);
		if (SK_UNLIKELY(!minimal && size > 1))
			return none;
		varint.at = at + size;
		return varint;
	}
	/* A first byte of 0: eight bytes with the value follow. */
	if (left < 9)
		return none;
	word = sk_get_uint64(at + 1);
	SK_ONCE(word);
	if (word >> 56 == 0)
		return none;
	varint.at = at + 9;
	varint.value = word;
	return varint;
}

uint8_t *sk_varint_write(uint8_t *at, uint8_t *end, uint64_t value)
{
	size_t left = (size_t)(end - at);

	if (SK_UNLIKELY(value >> 56 != 0)) {
		if (left < 9)
			return NULL;
		*at = 0;
		sk_put_uint64(at + 1, value);
		return at + 9;
	}
	unsigned size = sk_varint_more(value) + 1;
	uint64_t word = (2 * value + 1) << (size - 1);
	if (SK_LIKELY(left >= 8)) {
		sk_put_uint64(at, word);
		return at + size;
	}
	if (left < size)
		return NULL;
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(word >> (8 * i));
	return at + size;
}

uint8_t *sk_tagged_write(uint8_t *at, uint8_t *end, uint64_t tag, uint64_t value)
{
	at = sk_varint_write(at, end, tag);
	return at != NULL ? sk_varint_write(at, end, value) : NULL;
}

/* For the rare paths below, which need not grow by a copy of the inline one. */
static __attribute__((noinline)) bool read_varint(struct sk_reader *in, uint64_t *value)
{
	return sk_read_long(in, value);
}

static __attribute__((noinline)) bool write_varint(struct sk_writer *out, uint64_t value)
{
	return sk_wrote(out, sk_varint_write(out->at, out->end, value));
}

/* ---- bytes ---- */

uint8_t *sk_raw_write(uint8_t *at, uint8_t *end, const void *data, uint32_t size)
{
	at = sk_varint_write(at, end, size);
	if (at == NULL || size > (size_t)(end - at))
		return NULL;
	if (size == 0)
		return at;
	if (data == NULL)
		return NULL;
	memcpy(at, data, size);
	return at + size;
}

static bool are_bools(const struct sk_bytes *value)
{
	uint8_t all = 0;
	for (uint32_t i = 0; i < value->size; i++)
		all |= value->data[i];
	return all <= 1;
}

bool sk_read_bools(struct sk_reader *in, struct sk_bytes *value)
{
	uint64_t size;

	if (!read_varint(in, &size) || size > (size_t)(in->end - in->at))
		return false;
	value->data = in->at;
	value->size = (uint32_t)size;
	in->at += size;
	return are_bools(value);
}

static bool write_raw(struct sk_writer *out, const struct sk_bytes *value)
{
	uint8_t *behind = sk_raw_write(out->at, out->end, value->data, value->size);

	if (behind == NULL)	/* no room, or no data */
		return value->data == NULL && value->size != 0 ? sk_write_invalid(out) : false;
	out->at = behind;
	return true;
}

bool sk_write_bools(struct sk_writer *out, struct sk_bytes value)
{
	if (value.size != 0 && (value.data == NULL || !are_bools(&value)))
		return sk_write_invalid(out);
	return write_raw(out, &value);
}

bool sk_is_zero(const uint8_t *at, const uint8_t *end)
{
	uint8_t all = 0;
	while (at != end)
		all |= *at++;
	return all == 0;
}

/* ---- arrays ---- */

bool sk_read_count_of_empty(struct sk_reader *in, uint32_t *count)
{
	uint64_t wide;
	if (!read_varint(in, &wide) || wide > SK_EMPTY_MAX)
		return false;
	*count = (uint32_t)wide;
	return true;
}

bool sk_read_exactly(struct sk_reader *in, uint64_t count)
{
	uint64_t wide;
	return read_varint(in, &wide) && wide == count;
}

bool sk_read_raw_exactly(struct sk_reader *in, void *to, uint32_t size)
{
	if (!sk_read_exactly(in, size) || size > (size_t)(in->end - in->at))
		return false;
	memcpy(to, in->at, size);
	in->at += size;
	return true;
}

bool sk_take_room(struct sk_reader *in, uint64_t size, void **to)
{
	struct sk_room *room = in->room;

	*to = NULL;
	if (room == NULL)
		return true;
	size_t gap = (0 - (uintptr_t)room->at) & 7;
	size_t left = (size_t)(room->end - room->at);
	if (gap + size > left) {	/* the sum fits: see codec.h */
		room->is_full = true;
		return false;
	}
	*to = room->at + gap;
	room->at += gap + size;
	return true;
}

bool sk_write_encoded(struct sk_writer *out, const struct sk_range *range)
{
	if (range->at == NULL)
		return sk_write_invalid(out);
	if (range->size > (size_t)(out->end - out->at))
		return false;
	memcpy(out->at, range->at, range->size);
	out->at += range->size;
	return true;
}

bool sk_write_range(struct sk_writer *out, uint32_t count, const struct sk_range *range)
{
	return write_varint(out, count)
		&& (count == 0 || sk_write_encoded(out, range));
}

/* The value is one of the type's, extended to 64 bits by its sign. */
static bool fits(unsigned kind, uint64_t value)
{
	unsigned shift = 64 - 8 * (kind & 15);
	uint64_t high = value << shift;

	if (kind & SK_SIGNED)
		return (uint64_t)((int64_t)high >> shift) == value;
	return high >> shift == value;
}

/* By memcpy, since the items may be floats. */
static void store(unsigned kind, void *items, uint32_t i, uint64_t value)
{
	uint8_t *to = (uint8_t *)items + (size_t)i * (kind & 15);
	uint32_t narrow = (uint32_t)value;
	uint16_t half = (uint16_t)value;

	switch (kind & 15) {
	case 2:
		memcpy(to, &half, sizeof half);
		break;
	case 4:
		memcpy(to, &narrow, sizeof narrow);
		break;
	default:
		memcpy(to, &value, sizeof value);
	}
}

bool sk_read_integers(struct sk_reader *in, unsigned kind, uint32_t *count,
	struct sk_range *wire, void **items)
{
	uint64_t value;

	*items = NULL;
	if (!sk_read_count(in, count)
	    || !sk_take_room(in, (uint64_t)*count * (kind & 15), items))
		return false;
	sk_range_begin(wire, in);
	for (uint32_t i = 0; i < *count; i++) {
		if (!sk_read_varint(in, &value) || !fits(kind, value))
			return false;
		if (*items != NULL)
			store(kind, *items, i, value);
	}
	sk_range_end(wire, in);
	return true;
}

bool sk_next_integer(unsigned kind, uint32_t *count, struct sk_range *wire,
	uint64_t *value)
{
	struct sk_reader in = sk_range_open(wire);

	if (*count == 0 || !sk_read_varint(&in, value) || !fits(kind, *value))
		return sk_list_stop(count);
	sk_range_advance(wire, &in);
	--*count;
	return true;
}

static uint64_t load(unsigned kind, const void *items, uint32_t i)
{
	const uint8_t *from = (const uint8_t *)items + (size_t)i * (kind & 15);
	uint64_t value;
	uint32_t narrow;
	uint16_t half;

	switch (kind & 15) {
	case 2:
		memcpy(&half, from, sizeof half);
		return kind & SK_SIGNED ? (uint64_t)(int16_t)half : half;
	case 4:
		memcpy(&narrow, from, sizeof narrow);
		return kind & SK_SIGNED ? (uint64_t)(int32_t)narrow : narrow;
	default:
		memcpy(&value, from, sizeof value);
		return value;
	}
}

bool sk_write_integers(struct sk_writer *out, unsigned kind, uint32_t count,
	const void *items)
{
	if (!write_varint(out, count))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!sk_write_varint(out, load(kind, items, i)))
			return false;
	return true;
}

bool sk_read_byte_arrays(struct sk_reader *in, uint32_t *count,
	struct sk_range *wire, void **items)
{
	struct sk_bytes value;

	*items = NULL;
	if (!sk_read_count(in, count)
	    || !sk_take_room(in, (uint64_t)*count * sizeof value, items))
		return false;
	sk_range_begin(wire, in);
	for (uint32_t i = 0; i < *count; i++) {
		if (!sk_read_bytes(in, &value))
			return false;
		if (*items != NULL)
			memcpy((char *)*items + i * sizeof value, &value, sizeof value);
	}
	sk_range_end(wire, in);
	return true;
}

bool sk_next_byte_array(uint32_t *count, struct sk_range *wire,
	struct sk_bytes *value)
{
	struct sk_reader in = sk_range_open(wire);

	if (*count == 0 || !sk_read_bytes(&in, value))
		return sk_list_stop(count);
	sk_range_advance(wire, &in);
	--*count;
	return true;
}

/* Items are struct sk_bytes or sk_string, which are laid out alike. */
SK_CHECK(sizeof(struct sk_bytes) == sizeof(struct sk_string)
	&& offsetof(struct sk_bytes, size) == offsetof(struct sk_string, size),
	"strings and byte arrays are laid out alike");

bool sk_write_byte_arrays(struct sk_writer *out, uint32_t count, const void *items)
{
	struct sk_bytes value;

	if (!write_varint(out, count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		memcpy(&value, (const char *)items + i * sizeof value, sizeof value);
		if (!write_raw(out, &value))
			return false;
	}
	return true;
}

/* ---- tables ---- */

/* The tag of the next entry, above the last one's. */
static bool table_tag(struct sk_reader *in, struct sk_table *table, uint64_t last)
{
	table->entry = in->at;
	return sk_read_varint(in, &table->tag)
		&& (table->tag == 0 || (table->tag > last && sk_is_tag(table->tag)));
}

bool sk_table_begin(struct sk_reader *in, struct sk_table *table)
{
	table->unknown.data = NULL;
	table->unknown.size = 0;
	return table_tag(in, table, 0);
}

bool sk_table_next(struct sk_reader *in, struct sk_table *table)
{
	return table_tag(in, table, table->tag);
}

bool sk_table_seek(struct sk_reader *in, struct sk_table *table, uint64_t tag)
{
	struct sk_bytes *unknown = &table->unknown;
	struct sk_bytes value;

	while (table->tag != 0 && table->tag < tag) {
		if (!sk_read_bytes(in, &value))
			return false;
		if (unknown->data == NULL)
			unknown->data = table->entry;
		unknown->size = (uint32_t)(in->at - unknown->data);
		if (!sk_table_next(in, table))
			return false;
	}
	return true;
}

bool sk_next_unknown(struct sk_bytes *unknown, uint32_t *tag, struct sk_bytes *value)
{
	struct sk_reader in = { unknown->data, unknown->data, NULL, 0 };
	uint64_t number;

	if (unknown->size == 0 || unknown->data == NULL)
		return false;
	in.end += unknown->size;
	if (!sk_read_varint(&in, &number) || !sk_is_tag(number) || !sk_read_bytes(&in, value))
		return false;
	*tag = (uint32_t)number;
	unknown->data = in.at;
	unknown->size = (uint32_t)(in.end - in.at);
	return true;
}

bool sk_write_below(struct sk_writer *out, struct sk_bytes *unknown, uint64_t tag)
{
	struct sk_bytes rest = *unknown, value;
	uint32_t number, last = 0;

	while (rest.size != 0) {
		if (!sk_next_unknown(&rest, &number, &value) || number <= last)
			return sk_write_invalid(out);
		if (number > tag)
			return true;
		if (number != tag && !(sk_write_varint(out, number)
		    && sk_write_bytes(out, value)))
			return false;
		last = number;
		*unknown = rest;
	}
	return true;
}
