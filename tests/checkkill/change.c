/*
 * Changes of a message that keep its pointers and the size of its tail true.
 * See search.h.
 */
#include <string.h>

#include "tests/checkkill/search.h"

static uint64_t get(const uint8_t *at, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = width; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

static void put(uint8_t *at, unsigned width, uint64_t value)
{
	for (unsigned i = 0; i < width; i++, value >>= 8)
		at[i] = (uint8_t)value;
}

size_t change_tail(const struct search_layout *layout, const struct ck_case *c)
{
	if (!layout->has_tail || c->size < 8 || get(c->bytes + 4, 4) > c->size - 8)
		return c->size;
	return c->size - (size_t)get(c->bytes + 4, 4);
}

/* What points behind `at`, in the same section, moves by `by`. */
static void move_pointers(const struct search_layout *layout, struct ck_case *c,
	size_t tail, size_t at, size_t by)
{
	bool in_tail = at >= tail;
	size_t start = in_tail ? tail : 0;

	for (unsigned i = 0; i < layout->count; i++) {
		const struct search_pointer *pointer = &layout->pointers[i];
		size_t place = start + pointer->offset;
		if (pointer->is_tail != in_tail || place + pointer->width > c->size)
			continue;
		uint64_t value = get(c->bytes + place, pointer->width);
		if (start + value > at)
			put(c->bytes + place, pointer->width, value + by);
	}
}

/* Lengths in front of what it is in. Returns how far it moves: one of them may get
 * longer itself. */
static size_t move_lengths(const struct search_layout *layout, struct ck_case *c, size_t at,
	size_t old, size_t by)
{
	size_t moved = 0;

	for (unsigned i = 0; i < layout->sized_count; i++) {
		size_t place = layout->sized[i];
		uint64_t value = 0;
		uint8_t bytes[16];
		unsigned size = change_varint(c, place, &value);
		if (size == 0 || at < place + size || at + old > place + size + value)
			continue;
		unsigned now = change_put_varint(bytes, value + by);
		if (now > 8 || !change_replace(layout, c, place, size, bytes, now))
			continue;
		at += now - size;
		moved += now - size;
	}
	return moved;
}

bool change_replace(const struct search_layout *layout, struct ck_case *c, size_t at,
	size_t old, const uint8_t *by, size_t size)
{
	size_t tail = change_tail(layout, c);
	bool in_tail = layout->has_tail && at >= tail && tail + layout->tail_fixed <= at;

	if (at + old > c->size || c->size - old + size > CASE_MAX)
		return false;
	if (size != old && at >= 8) {
		at += move_lengths(layout, c, at, old, size - old);
		if (at + old > c->size || c->size - old + size > CASE_MAX)
			return false;
		tail = change_tail(layout, c);
		move_pointers(layout, c, in_tail ? tail : c->size + 1, at, size - old);
		if (in_tail)
			put(c->bytes + 4, 4, get(c->bytes + 4, 4) + size - old);
	}
	memmove(c->bytes + at + size, c->bytes + at + old, c->size - at - old);
	if (size != 0)
		memcpy(c->bytes + at, by, size);
	c->size += size - old;
	return true;
}

unsigned change_varint(const struct ck_case *c, size_t at, uint64_t *value)
{
	unsigned size = 1;

	if (at >= c->size)
		return 0;
	if (c->bytes[at] == 0) {
		*value = at + 9 <= c->size ? get(c->bytes + at + 1, 8) : 0;
		return at + 9 <= c->size ? 9 : 0;
	}
	size = (unsigned)__builtin_ctz(c->bytes[at]) + 1;
	if (at + size > c->size)
		return 0;
	*value = get(c->bytes + at, size) >> size;
	return size;
}

unsigned change_put_varint(uint8_t *to, uint64_t value)
{
	unsigned size = 1;

	while (size < 9 && value >> (7 * size) != 0)
		size++;
	if (size == 9) {
		to[0] = 0;
		put(to + 1, 8, value);
	} else {
		put(to, size, (2 * value + 1) << (size - 1));
	}
	return size;
}
