/*
 * Changes that some check should refuse. See search.h.
 */
#include <string.h>

#include "tests/checkkill/search.h"

/* ---- anywhere ---- */

static void mutate_byte(struct search *search, struct ck_case *c, size_t at)
{
	static const uint8_t values[] = { 0, 1, 2, 3, 4, 5, 7, 9, 11, 0x7f, 0x80, 0xfe, 0xff };
	uint8_t before = c->bytes[at];

	for (unsigned bit = 0; bit < 8; bit++) {
		c->bytes[at] = (uint8_t)(before ^ 1u << bit);
		search_try(search, c);
	}
	for (size_t i = 0; i < sizeof values; i++) {
		c->bytes[at] = values[i];
		search_try(search, c);
	}
	c->bytes[at] = (uint8_t)(before + 1);
	search_try(search, c);
	c->bytes[at] = (uint8_t)(before + 2);
	search_try(search, c);
	c->bytes[at] = before;
}

static void mutate_sizes(struct search *search, const struct ck_case *seed)
{
	struct ck_case c;

	run_copy(&c, seed);
	for (c.size = 0; c.size < seed->size; c.size++)
		search_try(search, &c);
	run_copy(&c, seed);
	while (c.size <= search->layout.head_declared + 8 && c.size < CASE_MAX) {
		c.bytes[c.size++] = 0;
		search_try(search, &c);
		c.bytes[c.size - 1] = 1;
		search_try(search, &c);
		c.bytes[c.size - 1] = 0;
	}
}

/* Zeros at the end of the head, which its declared size may not have. */
static void mutate_padding(struct search *search, const struct ck_case *seed)
{
	static const uint8_t bytes[2] = { 0, 1 };
	size_t tail = change_tail(&search->layout, seed);
	struct ck_case c;

	run_copy(&c, seed);
	for (size_t i = 0; tail != seed->size && tail + i <= search->layout.head_declared
	     && c.size < CASE_MAX; i++) {
		memmove(c.bytes + tail + i + 1, c.bytes + tail + i, c.size - tail - i);
		c.size++;
		c.bytes[tail + i] = bytes[1];
		search_try(search, &c);
		c.bytes[tail + i] = bytes[0];
		search_try(search, &c);
	}
}

/* A tail that is cut within its fixed part, and a head that makes up for it. */
static void mutate_short_tail(struct search *search, const struct ck_case *seed)
{
	size_t tail = change_tail(&search->layout, seed);
	struct ck_case c;

	for (size_t left = 0; tail != seed->size && left < search->layout.tail_fixed; left++) {
		run_copy(&c, seed);
		c.bytes[4] = (uint8_t)left;
		c.bytes[5] = 0;
		memset(c.bytes + tail, 0, 512);
		for (size_t more = 0; more < 512; more++) {
			c.size = tail + more + left;
			memcpy(c.bytes + tail + more, seed->bytes + tail, left);
			search_try(search, &c);
			memset(c.bytes + tail + more, 0, left);
		}
	}
}

static void mutate_handles(struct search *search, const struct ck_case *seed)
{
	struct ck_case c;

	run_copy(&c, seed);
	for (unsigned n = 0; n <= SK_HANDLES_MAX; n++) {
		c.handles = n;
		search_try(search, &c);
	}
	run_copy(&c, seed);
	for (unsigned i = 0; i < c.handles; i++) {
		for (unsigned bit = 0; bit < 16; bit++) {
			c.rights[i] = (uint16_t)(SK_RIGHTS_ALL ^ 1u << bit);
			search_try(search, &c);
		}
		c.rights[i] = SK_RIGHTS_ALL;
	}
}

static void mutate_leases(struct search *search, const struct ck_case *seed)
{
	struct ck_case c;

	run_copy(&c, seed);
	for (unsigned n = 0; n <= SK_LEASES_MAX; n++) {
		c.leases = n;
		search_try(search, &c);
	}
	run_copy(&c, seed);
	for (unsigned i = 0; i < c.leases; i++) {
		for (c.direction[i] = 1; c.direction[i] < 3; c.direction[i]++)
			search_try(search, &c);
		for (unsigned bit = 0; bit < 64; bit++) {
			c.lent[i] = (uint64_t)1 << bit;
			search_try(search, &c);
			c.lent[i]++;
			search_try(search, &c);
		}
		c.lent[i] = UINT64_MAX;
		search_try(search, &c);
		c.lent[i] = 0;
	}
}

void mutate_room(struct search *search, const struct ck_case *seed)
{
	struct ck_case c;

	run_copy(&c, seed);
	for (c.room = 0; c.room < 4000; c.room += c.room < 64 ? 2 : 8)
		search_try(search, &c);
}

void mutate_bytes(struct search *search, const struct ck_case *seed)
{
	struct ck_case c;

	run_copy(&c, seed);
	for (size_t at = 0; at < seed->size; at++)
		mutate_byte(search, &c, at);
}

void mutate_frame(struct search *search, const struct ck_case *seed)
{
	mutate_sizes(search, seed);
	mutate_padding(search, seed);
	mutate_short_tail(search, seed);
}

void mutate_beside(struct search *search, const struct ck_case *seed)
{
	mutate_handles(search, seed);
	mutate_leases(search, seed);
}

/* ---- where a reader begins ---- */

static void replace(struct search *search, const struct ck_case *seed, size_t at, size_t old,
	const uint8_t *by, size_t size)
{
	struct ck_case c;

	run_copy(&c, seed);
	if (change_replace(&search->layout, &c, at, old, by, size))
		search_try(search, &c);
}

/* The section ends here, or so many bytes behind. */
static void mutate_cut(struct search *search, const struct ck_case *seed, size_t at)
{
	size_t tail = change_tail(&search->layout, seed);
	size_t end = at < tail ? tail : seed->size;
	uint8_t bytes[9] = { 0 };

	for (size_t from = at; from < end && from < at + 10; from++)
		replace(search, seed, from, end - from, NULL, 0);
	for (bytes[0] = 2; bytes[0] != 0; bytes[0] = (uint8_t)(2 * bytes[0]))
		replace(search, seed, at, end - at, bytes, 1);
	for (size_t size = 1; size < 9; size++) {
		replace(search, seed, at, end - at, bytes, size);
		bytes[size] = 0x81;
	}
}

/* One more byte than a varint needs, or nine. */
static void mutate_long(struct search *search, const struct ck_case *seed, size_t at,
	unsigned old, uint64_t value)
{
	uint8_t bytes[16] = { 0 };

	for (unsigned size = old + 1; size < 9; size++) {
		uint64_t word = (2 * value + 1) << (size - 1);
		for (unsigned i = 0; i < size; i++)
			bytes[i] = (uint8_t)(word >> (8 * i));
		replace(search, seed, at, old, bytes, size);
	}
	bytes[0] = 0;
	for (unsigned i = 0; i < 8; i++)
		bytes[1 + i] = (uint8_t)(value >> (8 * i));
	replace(search, seed, at, old, bytes, 9);
}

static void mutate_value(struct search *search, const struct ck_case *seed, size_t at,
	unsigned old, uint64_t value)
{
	uint8_t bytes[16];

	replace(search, seed, at, old, bytes, change_put_varint(bytes, value));
}

void mutate_at(struct search *search, const struct ck_case *seed, size_t at)
{
	static const uint64_t values[] = { 127, 128, 255, 256, 1024, 1025, 32767, 32768, 65535,
		65536, (uint64_t)1 << 31, UINT32_MAX, (uint64_t)1 << 32, ((uint64_t)1 << 32) + 1,
		(uint64_t)1 << 55, (uint64_t)1 << 56, (uint64_t)1 << 63, UINT64_MAX };
	uint64_t value = 0;
	unsigned old = change_varint(seed, at, &value);

	mutate_cut(search, seed, at);
	for (uint64_t small = 0; small < 16; small++)
		mutate_value(search, seed, at, old, small);
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		mutate_value(search, seed, at, old, values[i]);
	mutate_value(search, seed, at, old, value + 1);
	mutate_value(search, seed, at, old, value - 1);
	for (unsigned k = 1; k < 10; k++)
		mutate_value(search, seed, at, old, (uint64_t)0 - k);
	mutate_long(search, seed, at, old, value);
	if (old != 0)
		mutate_long(search, seed, at, old, 0);
	mutate_long(search, seed, at, 0, 1);
}

/* ---- more of the same ---- */

/* The first `unit` of the bytes behind the count, so often that they are `count`. */
static void grow_unit(struct search *search, const struct ck_case *seed, size_t at,
	size_t unit, uint64_t count, uint64_t said)
{
	static uint8_t bytes[CASE_MAX];
	uint64_t value = 0;
	unsigned old = change_varint(seed, at, &value);
	unsigned size = change_put_varint(bytes, said);
	size_t from = at + old;
	size_t more = unit * count;

	if (old == 0 || size + more > sizeof bytes || from + unit > seed->size)
		return;
	for (uint64_t i = 0; i < count; i++)
		memcpy(bytes + size + i * unit, seed->bytes + from, unit);
	replace(search, seed, at, old + unit * (value == 0 ? 0 : 1), bytes, size + more);
	if (value > 1 && value <= seed->size && from + value <= seed->size)
		replace(search, seed, at, old + (size_t)value, bytes, size + more);
	if (value == 0) {
		memset(bytes + size, 1, more);
		replace(search, seed, at, old, bytes, size + more);
	}
}

void mutate_grow(struct search *search, const struct ck_case *seed, size_t at, uint64_t count)
{
	grow_unit(search, seed, at, 0, count, count);
	for (size_t unit = 1; unit < 80; unit++) {
		grow_unit(search, seed, at, unit, count, count);
		if (unit > 1)
			grow_unit(search, seed, at, unit, count, count * unit);
	}
}

void mutate_nest(struct search *search, const struct ck_case *seed, size_t outer,
	size_t inner, unsigned most)
{
	struct ck_case c;

	run_copy(&c, seed);
	for (size_t end = inner; end <= seed->size && end < inner + 60; end++) {
		for (size_t behind = 0; behind <= 4 && end + behind <= seed->size; behind++) {
			run_copy(&c, seed);
			for (unsigned i = 0; i < most; i++) {
				if (!change_replace(&search->layout, &c, end + i * (inner - outer), 0,
				    seed->bytes + end, behind)
				    || !change_replace(&search->layout, &c, inner, 0,
				    seed->bytes + outer, inner - outer))
					break;
				search_try(search, &c);
			}
		}
	}
}

void mutate_splice(struct search *search, const struct ck_case *seed, size_t at)
{
	for (size_t from = 8; from < seed->size; from++)
		for (size_t size = 1; size < 8 && from + size <= seed->size; size++)
			for (size_t old = 0; old < 3; old++)
				replace(search, seed, at, old, seed->bytes + from, size);
}

void mutate_tag(struct search *search, const struct ck_case *seed, size_t at)
{
	static const uint64_t tags[] = { 0, 99, UINT32_MAX };
	uint64_t value = 0;
	uint8_t bytes[16];
	unsigned old = change_varint(seed, at, &value);

	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
		for (size_t more = 0; more < 400 && at + old + more < seed->size; more++)
			replace(search, seed, at, old + more, bytes,
				change_put_varint(bytes, tags[i]));
}

void mutate_wrap(struct search *search, const struct ck_case *seed, size_t outer,
	size_t inner, unsigned most)
{
	static uint8_t content[CASE_MAX];
	size_t tag = inner - outer - 1;	/* before the length, which takes a byte */
	uint8_t length[16];

	for (size_t end = inner; end <= seed->size && end < inner + 40; end++) {
		size_t size = end - inner;
		memcpy(content, seed->bytes + inner, size);
		for (unsigned i = 0; i < most; i++) {
			unsigned more = change_put_varint(length, size);
			memmove(content + tag + more, content, size);
			memcpy(content, seed->bytes + outer, tag);
			memcpy(content + tag, length, more);
			size += tag + more;
			content[size++] = 1;
			replace(search, seed, inner, end - inner, content, size);
		}
	}
}
