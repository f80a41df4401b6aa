/*
 * The mutator: a few changes at once to a packet, chosen by the seed. See
 * fuzz.h, and mutate.h for the changes.
 */
#include "fuzz/mutate.h"

#include <string.h>

#include "fuzz/make.h"
#include "fuzz/session_mutate.h"

const struct fuzz_change fuzz_changes[] = {
#define X(name, weight) {#name, weight, fuzz_change_##name},
	FUZZ_CHANGES(X)
#undef X
};
const unsigned fuzz_changes_known = sizeof(fuzz_changes) / sizeof(*fuzz_changes);

static const struct fuzz_message *message_of_tree(const struct fuzz *fuzz,
	const struct declaration *tree)
{
	for (unsigned i = 0; i < fuzz->message_count; i++) {
		if (fuzz->messages[i].tree == tree)
			return &fuzz->messages[i];
	}
	return NULL;
}

void fuzz_edit_open(struct fuzz_edit *edit, struct fuzz *fuzz,
	const struct declaration *message, const uint8_t *data, size_t size,
	size_t max, uint64_t seed)
{
	*edit = (struct fuzz_edit){
		.fuzz = fuzz, .arena = fuzz->workshop, .max = max,
		.random = {seed},
	};
	arena_reset(edit->arena);
	fuzz_packet_read(&edit->packet, data, size);
	edit->size = edit->packet.size;
	edit->capacity = edit->size + 256;
	edit->data = arena_alloc(edit->arena, edit->capacity);
	if (edit->size)
		memcpy(edit->data, edit->packet.bytes, edit->size);
	edit->message = message ? message_of_tree(fuzz, message) :
		fuzz_message_of(fuzz, &edit->packet);
}

size_t fuzz_edit_close(struct fuzz_edit *edit, uint8_t *to, size_t max)
{
	size_t size = 0;

	edit->packet.bytes = edit->data;
	edit->packet.size = edit->size;
	size = fuzz_packet_write(&edit->packet, to, max);
	while (size == 0 && max) {
		/* Too large: bytes go first, then what is beside them. */
		size_t over = edit->packet.size > max / 2 ? edit->packet.size -
			max / 2 : edit->packet.size;

		if (edit->packet.size)
			edit->packet.size -= over;
		else if (edit->packet.leases)
			edit->packet.leases--;
		else
			edit->packet.handles--;
		size = fuzz_packet_write(&edit->packet, to, max);
	}
	return size;
}

/* One of those that find something to change. */
static void change(struct fuzz_edit *edit)
{
	unsigned total = 0;

	for (unsigned i = 0; i < fuzz_changes_known; i++)
		total += fuzz_changes[i].weight;
	for (unsigned tries = 0; tries < 30; tries++) {
		size_t at = fuzz_below(&edit->random, total);
		unsigned i = 0;

		while (at >= fuzz_changes[i].weight)
			at -= fuzz_changes[i++].weight;
		if (!fuzz_changes[i].make(edit))
			continue;
		edit->fuzz->changes |= UINT64_C(1) << i;
		return;
	}
}

static bool is_senseless(const struct fuzz_edit *edit)
{
	return edit->size < WIRE_PREAMBLE || edit->message == NULL;
}

/* Mostly one; each more is half as likely. */
static unsigned how_many(struct fuzz_random *random)
{
	unsigned count = 1;

	while (count < 6 && fuzz_one_in(random, 2))
		count++;
	return count;
}

size_t fuzz_mutate_packet(struct fuzz *fuzz, const struct declaration *message,
	uint8_t *data, size_t size, size_t max, uint64_t seed)
{
	struct fuzz_edit edit;
	unsigned count;

	fuzz_edit_open(&edit, fuzz, message, data, size, max, seed);
	fuzz->changes = 0;
	count = how_many(&edit.random);
	if (is_senseless(&edit) && !fuzz_one_in(&edit.random, 4) &&
	    fuzz_change_fresh(&edit)) {
		fuzz->changes |= 1;
		count--;
	}
	while (count-- > 0)
		change(&edit);
	return fuzz_edit_close(&edit, data, max);
}

size_t fuzz_mutate(struct fuzz *fuzz, uint8_t *data, size_t size, size_t max,
	uint64_t seed)
{
	if (max == 0)
		return 0;
	if (fuzz->target->kind != FUZZ_MESSAGE && fuzz->target->kind != FUZZ_MESSAGES)
		return fuzz_mutate_steps(fuzz, data, size, max, seed);
	return fuzz_mutate_packet(fuzz, NULL, data, size, max, seed);
}

/* ---- anew ---- */

bool fuzz_change_fresh(struct fuzz_edit *edit)
{
	static const unsigned sizes[] = {400, 60, 12, 0};
	const struct fuzz *fuzz = edit->fuzz;
	struct fuzz_maker maker = {
		.arena = edit->arena, .random = &edit->random,
		.amount = (enum fuzz_amount)fuzz_below(&edit->random, 3),
	};

	if (fuzz->message_count == 0)
		return false;
	if (edit->message == NULL || (!fuzz->only && fuzz_one_in(&edit->random, 4)))
		edit->message = fuzz->only ? fuzz->only :
			&fuzz->messages[fuzz_below(&edit->random,
				fuzz->message_count)];
	/* What does not fit its bounds is tried again, as less. */
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct value value;

		maker.values = sizes[i];
		maker.depth = 1 + (unsigned)fuzz_below(&edit->random, 8);
		value = fuzz_make_message(&maker, edit->message->tree);
		if (fuzz_edit_encode(edit, &value, false))
			return true;
	}
	return false;
}

bool fuzz_edit_encode(struct fuzz_edit *edit, struct value *value, bool unbounded)
{
	const struct wire_encode_options options = {
		.exact = true, .unbounded = unbounded,
	};
	struct fuzz_packet packet = edit->packet;
	struct wire_bytes head;
	struct wire_bytes tail;
	struct wire_fault fault;

	fuzz_make_beside(&edit->random, edit->message->tree, value, &packet);
	if (!wire_encode(edit->arena, edit->message->tree, value, &options, &head,
	    &tail, &fault) ||
	    !fuzz_edit_set(edit, head.data, head.size, tail.data, tail.size))
		return false;
	edit->packet = packet;
	return true;
}
