/* Changes of bytes, and of what goes beside them. See mutate.h. */
#include <string.h>

#include "fuzz/make.h"
#include "fuzz/mutate.h"

bool fuzz_change_bytes(struct fuzz_edit *edit)
{
	size_t count = 1 + fuzz_below(&edit->random, 4);

	if (edit->size == 0)
		return false;
	while (count-- > 0) {
		uint8_t *byte = &edit->data[fuzz_below(&edit->random, edit->size)];

		switch (fuzz_below(&edit->random, 4)) {
		case 0:
			*byte ^= (uint8_t)(1 << fuzz_below(&edit->random, 8));
			break;
		case 1:
			*byte = (uint8_t)(*byte + 1 - 2 * fuzz_below(&edit->random, 2));
			break;
		default:
			*byte = (uint8_t)fuzz_next(&edit->random);
		}
	}
	edit->trace = NULL;
	return true;
}

/* ---- words: what the schema has in it ---- */

/* The id of a message, a bound, a tag, an enumerator: as it may stand there. */
static size_t make_word(struct fuzz_edit *edit, uint8_t *to)
{
	const struct fuzz *fuzz = edit->fuzz;
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	const struct fuzz_stretch *stretch = NULL;
	uint64_t number = fuzz->message_count ? fuzz->messages[
		fuzz_below(&edit->random, fuzz->message_count)].table->id : 0;
	static const size_t widths[] = {1, 2, 4, 8};
	size_t width = widths[fuzz_below(&edit->random, 4)];

	if (trace->count)
		stretch = &trace->items[fuzz_below(&edit->random, trace->count)];
	if (stretch && fuzz_one_in(&edit->random, 2))
		number = stretch->number;
	if (stretch && stretch->type && stretch->type->bound != UNBOUNDED &&
	    fuzz_one_in(&edit->random, 2))
		number = stretch->type->bound + fuzz_below(&edit->random, 2);
	if (fuzz_one_in(&edit->random, 2))
		return wire_varint_write(number, to);
	for (size_t i = 0; i < width; i++)
		to[i] = (uint8_t)(number >> (8 * i));
	return width;
}

bool fuzz_change_word(struct fuzz_edit *edit)
{
	uint8_t word[WIRE_VARINT_MAX];
	size_t size = make_word(edit, word);
	size_t at = fuzz_below(&edit->random, edit->size + 1);
	size_t over = fuzz_one_in(&edit->random, 2) ? size : 0;

	if (over > edit->size - at)
		over = edit->size - at;
	return fuzz_edit_replace(edit, at, over, word, size);
}

/* ---- sizes ---- */

/* Half the time the size of the tail is right for a whole of this size. */
static void maybe_tell_tail(struct fuzz_edit *edit, size_t head_size, size_t size)
{
	size_t tail = size - head_size;

	if (fuzz_one_in(&edit->random, 2))
		return;
	for (unsigned i = 0; i < 4; i++)
		edit->data[4 + i] = (uint8_t)(tail >> (8 * i));
}

bool fuzz_change_cut(struct fuzz_edit *edit)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	size_t size = fuzz_below(&edit->random, edit->size);
	size_t tail = edit->size - trace->head_size;

	if (edit->size == 0)
		return false;
	if (trace->count && fuzz_one_in(&edit->random, 2))
		size = trace->items[fuzz_below(&edit->random, trace->count)].at;
	if (tail && size >= trace->head_size)
		maybe_tell_tail(edit, trace->head_size, size);
	edit->size = size;
	edit->trace = NULL;
	return true;
}

bool fuzz_change_extend(struct fuzz_edit *edit)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	size_t head_size = trace->head_size;
	bool has_tail = edit->size > head_size;
	size_t count = 1 + fuzz_below(&edit->random, fuzz_one_in(&edit->random, 2) ? 16 : 1);
	uint8_t *bytes = arena_alloc(edit->arena, count);
	bool is_zero = fuzz_one_in(&edit->random, 2);

	for (size_t i = 0; !is_zero && i < count; i++)
		bytes[i] = (uint8_t)fuzz_next(&edit->random);
	if (!fuzz_edit_replace(edit, edit->size, 0, bytes, count))
		return false;
	if (has_tail)
		maybe_tell_tail(edit, head_size, edit->size);
	edit->trace = NULL;
	return true;
}

/* Some bytes go elsewhere: once more, in place of others, or not at all. */
bool fuzz_change_move(struct fuzz_edit *edit)
{
	size_t from = fuzz_below(&edit->random, edit->size);
	size_t to = fuzz_below(&edit->random, edit->size);
	size_t count = edit->size - from;
	size_t over;
	uint8_t *bytes;

	if (edit->size == 0)
		return false;
	count = 1 + fuzz_below(&edit->random, count < 16 ? count : 16);
	over = fuzz_one_in(&edit->random, 2) ? count : 0;
	bytes = arena_alloc(edit->arena, count);
	memcpy(bytes, edit->data + from, count);
	if (fuzz_one_in(&edit->random, 3))
		return fuzz_edit_replace(edit, from, count, NULL, 0);
	return fuzz_edit_replace(edit, to,
		over < edit->size - to ? over : edit->size - to, bytes, count);
}

/* ---- beside the bytes ---- */

bool fuzz_change_beside_count(struct fuzz_edit *edit)
{
	struct fuzz_packet *packet = &edit->packet;
	bool is_more = fuzz_one_in(&edit->random, 2);

	if (fuzz_one_in(&edit->random, 3)) {
		if (is_more ? packet->leases == FUZZ_LEASES_MAX : packet->leases == 0)
			return false;
		packet->leases += is_more ? 1u : 0u - 1u;
		if (is_more)
			packet->lease[packet->leases - 1] = (struct fuzz_lease){
				.direction = LEASE_INOUT, .size = 16,
			};
	} else {
		if (is_more ? packet->handles == FUZZ_HANDLES_MAX :
		    packet->handles == 0)
			return false;
		packet->handles += is_more ? 1u : 0u - 1u;
		if (is_more)
			packet->rights[packet->handles - 1] = UINT16_MAX;
	}
	return true;
}

bool fuzz_change_beside_rights(struct fuzz_edit *edit)
{
	struct fuzz_packet *packet = &edit->packet;
	uint16_t *rights;

	if (packet->handles == 0)
		return false;
	rights = &packet->rights[fuzz_below(&edit->random, packet->handles)];
	if (fuzz_one_in(&edit->random, 3))
		*rights = (uint16_t)fuzz_next(&edit->random);
	else
		*rights ^= (uint16_t)(1 << fuzz_below(&edit->random,
			fuzz_one_in(&edit->random, 2) ? 16 : 4));
	return true;
}

/* The greatest size that some lease of the message may have. */
static uint64_t lease_bound(struct fuzz_edit *edit)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	uint64_t bound = 0;

	for (size_t i = 0; i < trace->count; i++) {
		const struct type *type = trace->items[i].type;

		if (type && type->kind == TYPE_LEASE &&
		    (bound == 0 || fuzz_one_in(&edit->random, 2)))
			bound = type->bound;
	}
	return bound;
}

bool fuzz_change_beside_lease(struct fuzz_edit *edit)
{
	struct fuzz_packet *packet = &edit->packet;
	struct fuzz_lease *lease;

	if (packet->leases == 0)
		return false;
	lease = &packet->lease[fuzz_below(&edit->random, packet->leases)];
	if (fuzz_one_in(&edit->random, 2))
		lease->direction = (uint8_t)fuzz_below(&edit->random, 4);
	else if (fuzz_one_in(&edit->random, 3))
		lease->size = (uint32_t)fuzz_next(&edit->random);
	else
		lease->size = (uint32_t)lease_bound(edit) +
			(uint32_t)fuzz_below(&edit->random, 3) - 1;
	return true;
}

/* As it has to be for the bytes that are there. */
bool fuzz_change_beside_right(struct fuzz_edit *edit)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	struct fuzz_packet packet = edit->packet;
	struct value value = trace->value;

	if (!trace->good || (packet.handles + packet.leases == 0 &&
	    edit->message->table->handles + edit->message->table->leases == 0))
		return false;
	fuzz_make_beside(&edit->random, edit->message->tree, &value, &packet);
	edit->packet = packet;
	return true;
}
