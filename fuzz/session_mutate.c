/*
 * Changes of cases that are rows of steps: the rows, the steps' heads, and by
 * fuzz_mutate_packet() what is in them. See session_mutate.h.
 */
#include "fuzz/session_mutate.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/parts.h"

#define ROW_MAX 96

/* A step's bytes, of somebody else's or in a buffer of the row. */
struct place {
	const uint8_t *bytes;
	size_t size;
};

struct row {
	struct fuzz *fuzz;
	struct fuzz_random random;
	unsigned count;
	struct place places[ROW_MAX];
	uint8_t *made;			/* `room` bytes, for steps that change */
	size_t used, room;
};

static void read_row(struct row *row, const uint8_t *data, size_t size)
{
	struct fuzz_step step;
	size_t taken;

	while (row->count < ROW_MAX && (taken = fuzz_step_read(&step, data, size)) > 0) {
		row->places[row->count++] = (struct place){data, taken};
		data += taken;
		size -= taken;
	}
}

/* What does not fit is left out, from the end; but a first step that is too
 * large is cut. */
static size_t write_row(const struct row *row, uint8_t *to, size_t max)
{
	size_t size = 0;

	for (unsigned i = 0; i < row->count; i++) {
		const struct place *place = &row->places[i];
		size_t all = i == 0 && place->size > max ? max : place->size;

		if (all > max - size)
			continue;
		memcpy(to + size, place->bytes, all);
		size += all;
	}
	if (size == 0 && max > 0)
		to[size++] = 0;
	return size;
}

/* Puts a step where `at` is; what was there and behind moves on. */
static void insert(struct row *row, unsigned at, struct place place)
{
	if (row->count == ROW_MAX)
		return;
	memmove(&row->places[at + 1], &row->places[at],
		(row->count - at) * sizeof(*row->places));
	row->places[at] = place;
	row->count++;
}

/* A step that was made goes into the row. Empty: there was no room. */
static struct place make(struct row *row, const struct fuzz_step *step)
{
	struct place place = {row->made + row->used, 0};

	place.size = fuzz_step_write(step, row->made + row->used, row->room - row->used);
	row->used += place.size;
	return place;
}

static unsigned any(struct row *row)
{
	return (unsigned)fuzz_below(&row->random, row->count);
}

static uint8_t any_byte(struct row *row)
{
	return (uint8_t)fuzz_next(&row->random);
}

static void change_head(struct row *row, struct fuzz_step *step)
{
	unsigned which = (unsigned)fuzz_below(&row->random, 4);
	uint8_t *byte = which == 0 ? &step->what : &step->how[which & 1];

	if (which == 0)
		*byte = (uint8_t)fuzz_below(&row->random, 32);
	else if (fuzz_one_in(&row->random, 2))
		*byte ^= (uint8_t)(1 << fuzz_below(&row->random, 8));
	else
		*byte = any_byte(row);
}

/* Changes the packet of a step, which may be empty, in `bytes`. */
static bool change_packet(struct row *row, struct fuzz_step *step, uint8_t *bytes)
{
	size_t size = fuzz_packet_write(&step->packet, bytes, FUZZ_PACKET_MAX);

	size = fuzz_mutate_packet(row->fuzz, NULL, bytes, size, FUZZ_PACKET_MAX / 4,
		fuzz_next(&row->random));
	fuzz_packet_read(&step->packet, bytes, size);
	return size > 0;
}

static void change_step(struct row *row)
{
	static uint8_t bytes[FUZZ_PACKET_MAX];
	unsigned at = any(row);
	struct place place;
	struct fuzz_step step;

	fuzz_step_read(&step, row->places[at].bytes, row->places[at].size);
	if (fuzz_one_in(&row->random, 3))
		change_head(row, &step);
	else if (!change_packet(row, &step, bytes))
		return;
	place = make(row, &step);
	if (place.size > 0)
		row->places[at] = place;
}

/* A new step, half of them without a packet. */
static void add_step(struct row *row)
{
	static uint8_t bytes[FUZZ_PACKET_MAX];
	struct fuzz_step step = {
		.what = (uint8_t)fuzz_below(&row->random, 32),
		.how = {any_byte(row), any_byte(row)},
	};
	struct place place;

	if (fuzz_one_in(&row->random, 2) && !change_packet(row, &step, bytes))
		return;
	place = make(row, &step);
	if (place.size > 0)
		insert(row, (unsigned)fuzz_below(&row->random, row->count + 1), place);
}

static void remove_steps(struct row *row)
{
	unsigned at = any(row);
	unsigned count = fuzz_one_in(&row->random, 4) ? 1 + any(row) : 1;

	if (count > row->count - at)
		count = row->count - at;
	if (count == row->count)
		return;
	memmove(&row->places[at], &row->places[at + count],
		(row->count - at - count) * sizeof(*row->places));
	row->count -= count;
}

static void swap_steps(struct row *row)
{
	unsigned one = any(row), two = any(row);
	struct place place = row->places[one];

	row->places[one] = row->places[two];
	row->places[two] = place;
}

static void change_row(struct row *row)
{
	unsigned kind = (unsigned)fuzz_below(&row->random, 10);

	if (row->count == 0 || kind == 0)
		add_step(row);
	else if (kind == 1)
		insert(row, (unsigned)fuzz_below(&row->random, row->count + 1),
			row->places[any(row)]);
	else if (kind == 2)
		remove_steps(row);
	else if (kind == 3)
		swap_steps(row);
	else
		change_step(row);
}

static bool open_row(struct row *row, struct fuzz *fuzz, uint64_t seed, size_t room)
{
	row->fuzz = fuzz;
	row->random = (struct fuzz_random){seed};
	row->count = 0;
	row->used = 0;
	row->room = room;
	row->made = malloc(room);
	return row->made;
}

size_t fuzz_mutate_steps(struct fuzz *fuzz, uint8_t *data, size_t size,
	size_t max, uint64_t seed)
{
	/* Steps that are changed, and then all of them. */
	size_t changes = 8 * (size_t)FUZZ_PACKET_MAX;
	static struct row row;
	uint8_t *all;

	if (!open_row(&row, fuzz, seed, changes + max))
		return size;
	row.room = changes;
	read_row(&row, data, size);
	change_row(&row);
	for (unsigned i = 0; i < 6 && fuzz_one_in(&row.random, 2); i++)
		change_row(&row);
	all = row.made + changes;
	size = write_row(&row, all, max);
	memcpy(data, all, size);
	free(row.made);
	return size;
}

size_t fuzz_cross_steps(struct fuzz *fuzz, const uint8_t *first,
	size_t first_size, const uint8_t *second, size_t second_size,
	uint8_t *to, size_t max, uint64_t seed)
{
	static struct row one, two;
	unsigned from, count;
	size_t size;

	if (!open_row(&one, fuzz, seed, 1))
		return 0;
	two.count = 0;
	read_row(&one, first, first_size);
	read_row(&two, second, second_size);
	/* Some of the second's steps, among or in place of the first's. */
	if (two.count > 0) {
		unsigned at = (unsigned)fuzz_below(&one.random, one.count + 1);

		from = (unsigned)fuzz_below(&one.random, two.count);
		count = 1 + (unsigned)fuzz_below(&one.random, two.count - from);
		if (fuzz_one_in(&one.random, 3))
			one.count = at;
		for (unsigned i = 0; i < count; i++)
			insert(&one, at + i < one.count ? at + i : one.count,
				two.places[from + i]);
	}
	size = write_row(&one, to, max);
	free(one.made);
	return size;
}
