/*
 * One packet of two: a value of the second takes the place of one of the same
 * type in the first; or, where one of them is no message, bytes do.
 */
#include <string.h>

#include "fuzz/mutate.h"
#include "fuzz/session_mutate.h"
#include "fuzz/sites.h"

/* What the second says, in the workshop of the first. */
static bool open_second(struct fuzz_edit *edit, const struct fuzz_packet *packet,
	struct fuzz_sites *sites)
{
	const struct fuzz_message *message = fuzz_message_of(edit->fuzz, packet);
	const struct wire_decode_options options = {0};
	const struct wire_view whole = {packet->bytes, packet->size};
	struct value *value = ARENA_NEW(edit->arena, struct value);
	struct wire_view head;
	struct wire_view tail;
	struct wire_fault fault;

	if (message == NULL || !wire_split(whole, &head, &tail, &fault) ||
	    !wire_decode(edit->arena, message->tree, head, tail, &options, value,
		&fault))
		return false;
	fuzz_sites_find(edit->arena, message->tree, value, sites);
	return true;
}

static bool is_worth(const struct fuzz_site *site)
{
	return site->type->kind != TYPE_HANDLE && site->type->kind != TYPE_LEASE;
}

/* Some of the second's elements, among the first's. */
static void splice(struct fuzz_edit *edit, struct value *to, const struct value *from)
{
	size_t kept = fuzz_below(&edit->random, to->as.list.count + 1);
	size_t start = fuzz_below(&edit->random, from->as.list.count + 1);
	size_t count = fuzz_below(&edit->random, from->as.list.count - start + 1);
	struct value *items = arena_alloc(edit->arena,
		(kept + count + 1) * sizeof(*items));

	for (size_t i = 0; i < kept; i++)
		items[i] = *value_item(to, i);
	for (size_t i = 0; i < count; i++)
		items[kept + i] = fuzz_copy_value(edit->arena,
			value_item(from, start + i));
	to->as.list.items = items;
	to->as.list.count = kept + count;
	to->as.list.repeats = false;
}

static bool put(struct fuzz_edit *edit, const struct fuzz_site *to,
	const struct fuzz_site *from)
{
	if (!is_worth(to) || !fuzz_same_type(to->type, from->type))
		return false;
	if (to->type->kind == TYPE_LIST && fuzz_one_in(&edit->random, 2))
		splice(edit, to->value, from->value);
	else
		*to->value = fuzz_copy_value(edit->arena, from->value);
	return true;
}

/* Of what the two have alike, something goes over. */
static bool cross_values(struct fuzz_edit *edit, const struct fuzz_packet *second)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	struct value *value = ARENA_NEW(edit->arena, struct value);
	struct fuzz_sites to;
	struct fuzz_sites from;
	bool done = false;

	if (!trace->good || !open_second(edit, second, &from))
		return false;
	*value = trace->value;
	fuzz_sites_find(edit->arena, edit->message->tree, value, &to);
	if (to.count < 2 || from.count < 2)
		return false;
	for (unsigned tries = 0; !done && tries < 60; tries++)
		done = put(edit, &to.items[1 + fuzz_below(&edit->random,
			to.count - 1)], &from.items[1 + fuzz_below(&edit->random,
			from.count - 1)]);
	return done && (fuzz_edit_encode(edit, value, false) ||
		fuzz_edit_encode(edit, value, true));
}

/* The beginning of the first, the end of the second; at stretches if it can be. */
static void cross_bytes(struct fuzz_edit *edit, const struct fuzz_packet *second)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	size_t at = fuzz_below(&edit->random, edit->size + 1);
	size_t from = fuzz_below(&edit->random, second->size + 1);

	if (trace->count && fuzz_one_in(&edit->random, 2))
		at = trace->items[fuzz_below(&edit->random, trace->count)].at;
	if (fuzz_one_in(&edit->random, 2) && at <= second->size)
		from = at;
	fuzz_edit_replace(edit, at, edit->size - at, second->bytes ?
		second->bytes + from : NULL, second->bytes ? second->size - from : 0);
	if (fuzz_one_in(&edit->random, 2)) {
		struct fuzz_packet beside = *second;

		beside.bytes = NULL;
		edit->packet = beside;
	}
}

size_t fuzz_cross_packets(struct fuzz *fuzz, const uint8_t *first, size_t first_size,
	const uint8_t *second, size_t second_size, uint8_t *to, size_t max,
	uint64_t seed)
{
	struct fuzz_packet other;
	struct fuzz_edit edit;

	fuzz_edit_open(&edit, fuzz, NULL, first, first_size, max, seed);
	fuzz_packet_read(&other, second, second_size);
	if (!cross_values(&edit, &other))
		cross_bytes(&edit, &other);
	return fuzz_edit_close(&edit, to, max);
}

size_t fuzz_cross(struct fuzz *fuzz, const uint8_t *first, size_t first_size,
	const uint8_t *second, size_t second_size, uint8_t *to, size_t max,
	uint64_t seed)
{
	if (max == 0)
		return 0;
	return (fuzz->target->kind == FUZZ_MESSAGE ||
		fuzz->target->kind == FUZZ_MESSAGES ? fuzz_cross_packets :
		fuzz_cross_steps)(fuzz, first, first_size, second, second_size,
		to, max, seed);
}
