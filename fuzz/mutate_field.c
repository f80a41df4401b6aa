/* Changes of single stretches. See mutate.h. */
#include <string.h>

#include "fuzz/make.h"
#include "fuzz/mutate.h"

/* Three times in four the rest is put right. */
static bool wants_fixed(struct fuzz_edit *edit)
{
	return !fuzz_one_in(&edit->random, 4);
}

/* Near to a number, or one of those that code gets wrong. */
static uint64_t other_number(struct fuzz_edit *edit, uint64_t number)
{
	static const uint64_t hard[] = {
		0, 1, 127, 128, 255, 256, 16383, 16384, 65535, 65536, INT32_MAX,
		(uint64_t)INT32_MAX + 1, UINT32_MAX, (uint64_t)UINT32_MAX + 1,
		(UINT64_C(1) << 56) - 1, UINT64_C(1) << 56, INT64_MAX,
		(uint64_t)INT64_MAX + 1, UINT64_MAX - 1, UINT64_MAX,
	};
	uint64_t bit = UINT64_C(1) << fuzz_below(&edit->random, 64);

	switch (fuzz_below(&edit->random, 8)) {
	case 0:
	case 1:
		return number + 1;
	case 2:
	case 3:
		return number - 1;
	case 4:
		return number ^ bit;
	case 5:
		return fuzz_next(&edit->random) >> fuzz_below(&edit->random, 64);
	default:
		return hard[fuzz_below(&edit->random, sizeof(hard) / sizeof(*hard))];
	}
}

bool fuzz_change_id(struct fuzz_edit *edit)
{
	const struct fuzz_stretch *id = fuzz_edit_pick(edit, WIRE_ID);
	const struct fuzz *fuzz = edit->fuzz;
	uint64_t number;

	if (id == NULL)
		return false;
	number = fuzz->messages[fuzz_below(&edit->random, fuzz->message_count)]
		.table->id;
	if (fuzz_one_in(&edit->random, 3))
		number = other_number(edit, number);
	return fuzz_edit_number(edit, id, number, false);
}

bool fuzz_change_tail_size(struct fuzz_edit *edit)
{
	const struct fuzz_stretch *size = fuzz_edit_pick(edit, WIRE_TAIL_SIZE);
	uint64_t number = fuzz_below(&edit->random, edit->size + 1);

	if (size == NULL)
		return false;
	if (!fuzz_one_in(&edit->random, 3))
		number = other_number(edit, size->number);
	return fuzz_edit_number(edit, size, number, false);
}

bool fuzz_change_pointer(struct fuzz_edit *edit)
{
	const struct fuzz_stretch *pointer = fuzz_edit_pick(edit, WIRE_POINTER);
	const struct fuzz_stretch *other = fuzz_edit_pick(edit, WIRE_POINTER);
	uint64_t number;

	if (pointer == NULL)
		return false;
	number = fuzz_one_in(&edit->random, 4) ? other->number :
		other_number(edit, pointer->number);
	return fuzz_edit_number(edit, pointer, number, false);
}

/* A count or a length of something that has a bound. */
static uint64_t other_count(struct fuzz_edit *edit, const struct fuzz_stretch *count)
{
	uint64_t bound = count->type ? count->type->bound : UNBOUNDED;
	uint64_t each = 1;

	if (count->role == WIRE_SIZE && count->type && count->type->element)
		each = count->type->element->fixed_size;
	if (bound == UNBOUNDED || bound == 0 || fuzz_one_in(&edit->random, 2))
		return other_number(edit, count->number);
	return bound * (each ? each : 1) + fuzz_below(&edit->random, 3) - 1;
}

static bool change_count(struct fuzz_edit *edit, enum wire_role role)
{
	const struct fuzz_stretch *count = fuzz_edit_pick(edit, role);

	return count && fuzz_edit_number(edit, count, other_count(edit, count),
		wants_fixed(edit));
}

bool fuzz_change_count(struct fuzz_edit *edit)
{
	return change_count(edit, WIRE_COUNT);
}

/* The bytes that a length counts are put there, or taken away, half the time. */
static bool change_with_content(struct fuzz_edit *edit,
	const struct fuzz_stretch *size)
{
	uint64_t number = other_count(edit, size);
	size_t start = size->at + size->size;
	size_t kept = number < size->number ? (size_t)number : (size_t)size->number;
	uint8_t *bytes;
	size_t taken;

	if (number > edit->max || start + size->number > edit->size)
		return false;
	bytes = arena_alloc(edit->arena, WIRE_VARINT_MAX + (size_t)number);
	taken = wire_varint_write(number, bytes);
	if (kept)
		memcpy(bytes + taken, edit->data + start, kept);
	return fuzz_edit_replace_fixed(edit, size->part, size->at,
		size->size + (size_t)size->number, bytes, taken + (size_t)number);
}

bool fuzz_change_size(struct fuzz_edit *edit)
{
	const struct fuzz_stretch *size = fuzz_edit_pick(edit, WIRE_SIZE);

	if (size == NULL)
		return false;
	if (fuzz_one_in(&edit->random, 2))
		return change_with_content(edit, size);
	return fuzz_edit_number(edit, size, other_count(edit, size),
		wants_fixed(edit));
}

bool fuzz_change_presence(struct fuzz_edit *edit)
{
	const struct fuzz_stretch *presence = fuzz_edit_pick(edit, WIRE_PRESENCE);
	uint64_t number;

	if (presence == NULL)
		return false;
	number = fuzz_one_in(&edit->random, 2) ? !presence->number :
		other_number(edit, presence->number);
	return fuzz_edit_number(edit, presence, number, wants_fixed(edit));
}

bool fuzz_change_tag(struct fuzz_edit *edit)
{
	const struct fuzz_stretch *tag = fuzz_edit_pick(edit, WIRE_TAG);
	const struct fuzz_stretch *other = fuzz_edit_pick(edit, WIRE_TAG);
	uint64_t number;

	if (tag == NULL)
		return false;
	number = fuzz_one_in(&edit->random, 2) ? other->number :
		other_number(edit, tag->number);
	return fuzz_edit_number(edit, tag, number, wants_fixed(edit));
}

bool fuzz_change_arm(struct fuzz_edit *edit)
{
	const struct fuzz_stretch *arm = fuzz_edit_pick(edit, WIRE_ARM);
	const struct member *other;
	size_t skip;

	if (arm == NULL)
		return false;
	if (arm->type == NULL || fuzz_one_in(&edit->random, 3))
		return fuzz_edit_number(edit, arm, other_number(edit, arm->number),
			wants_fixed(edit));
	other = arm->type->declaration->as.structure.body.first;
	skip = fuzz_below(&edit->random,
		arm->type->declaration->as.structure.body.count);
	while (skip-- && other->next)
		other = other->next;
	return fuzz_edit_number(edit, arm, other->tag, wants_fixed(edit));
}

/* ---- values ---- */

/* Just beyond what an enumeration lists, or what a bool or number can be. */
static uint64_t beyond(struct fuzz_edit *edit, const struct fuzz_stretch *value)
{
	uint64_t limit = value->type->width < 8 ?
		UINT64_C(1) << (8 * value->type->width) : UINT64_MAX;

	switch (fuzz_below(&edit->random, 6)) {
	case 0:
		return limit;
	case 1:
		return limit - 1;
	case 2:
		return limit / 2;
	case 3:
		return limit / 2 - 1;
	case 4:
		return 0 - limit / 2;
	default:
		return 0 - limit / 2 - 1;
	}
}

/* Next to what the type lists: a bool of 2, an enumerator and 1, one bit more. */
static uint64_t unlisted(struct fuzz_edit *edit, const struct type *type, uint64_t bits)
{
	if (type->kind == TYPE_BOOL)
		return 2;
	if (type->declaration->kind == DECLARATION_BITS)
		return bits | UINT64_C(1) << fuzz_below(&edit->random, 8 * type->width);
	return fuzz_one_in(&edit->random, 2) ? bits + 1 : bits - 1;
}

static uint64_t other_value(struct fuzz_edit *edit, const struct fuzz_stretch *value)
{
	struct fuzz_maker maker = {
		.arena = edit->arena, .random = &edit->random, .amount = FUZZ_SOME,
	};
	enum type_kind kind = value->type->kind;
	uint64_t bits;

	switch (fuzz_below(&edit->random, 5)) {
	case 0:
		return other_number(edit, value->number);
	case 1:
		return beyond(edit, value);
	case 2:
		if (kind == TYPE_BOOL || kind == TYPE_ENUM)
			return unlisted(edit, value->type,
				fuzz_make_bits(&maker, value->type));
		break;
	default:
		break;
	}
	if (kind == TYPE_HANDLE || kind == TYPE_LEASE)
		return fuzz_below(&edit->random, FUZZ_HANDLES_MAX + 2);
	bits = fuzz_make_bits(&maker, value->type);
	if (value->is_varint && value->type->is_signed && value->type->width < 8) {
		uint64_t sign = UINT64_C(1) << (8 * value->type->width - 1);

		bits = (bits ^ sign) - sign;
	}
	return bits;
}

bool fuzz_change_value(struct fuzz_edit *edit)
{
	const struct fuzz_stretch *value = fuzz_edit_pick(edit, WIRE_VALUE);

	return value && fuzz_edit_number(edit, value, other_value(edit, value),
		wants_fixed(edit));
}

bool fuzz_change_content(struct fuzz_edit *edit)
{
	const struct fuzz_stretch *content = fuzz_edit_pick(edit, WIRE_CONTENT);
	size_t at;
	size_t count;

	if (content == NULL || content->size == 0)
		return false;
	at = fuzz_below(&edit->random, content->size);
	count = 1 + fuzz_below(&edit->random,
		content->size - at < 4 ? content->size - at : 4);
	while (count-- > 0)
		edit->data[content->at + at + count] =
			(uint8_t)fuzz_next(&edit->random);
	edit->trace = NULL;
	return true;
}

/* Behind the head, up to its declared size and one more. */
bool fuzz_change_padding(struct fuzz_edit *edit)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	const struct fuzz_stretch *padding = fuzz_edit_pick(edit, WIRE_PADDING);
	size_t head = trace->head_size;
	uint64_t declared;
	size_t more;
	uint8_t *zeros;

	if (edit->message == NULL || head > edit->size)
		return false;
	if (padding && fuzz_one_in(&edit->random, 3))
		return fuzz_edit_replace(edit, padding->at, padding->size, NULL, 0);
	declared = edit->message->tree->as.message.head.declared_size;
	more = declared > head ? (size_t)(declared - head) : 0;
	more = fuzz_one_in(&edit->random, 2) ? more + fuzz_below(&edit->random, 2) :
		1 + fuzz_below(&edit->random, more + 1);
	if (more == 0 || more > edit->max)
		return false;
	zeros = arena_alloc(edit->arena, more);
	if (fuzz_one_in(&edit->random, 3))
		zeros[fuzz_one_in(&edit->random, 2) ? more - 1 :
			fuzz_below(&edit->random, more)] = 1;
	return fuzz_edit_replace(edit, head, 0, zeros, more);
}

/* The same number in more bytes than it needs. */
bool fuzz_change_long_varint(struct fuzz_edit *edit)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	const struct fuzz_stretch *stretch;
	uint8_t bytes[WIRE_VARINT_MAX] = {0};
	uint64_t number;
	size_t size;

	if (trace->count == 0)
		return false;
	stretch = &trace->items[fuzz_below(&edit->random, trace->count)];
	if (!stretch->is_varint || stretch->size == WIRE_VARINT_MAX)
		return false;
	size = stretch->size + 1 + fuzz_below(&edit->random,
		WIRE_VARINT_MAX - stretch->size);
	number = stretch->number;
	if (size < WIRE_VARINT_MAX)
		number = (2 * number + 1) << (size - 1);
	for (size_t i = size == WIRE_VARINT_MAX; i < size; i++, number >>= 8)
		bytes[i] = (uint8_t)number;
	return fuzz_edit_replace_fixed(edit, stretch->part, stretch->at,
		stretch->size, bytes, size);
}

/* ---- entries of tags ---- */

/* The index of the tag behind this one, of the same block; else 0. */
static size_t next_tag(const struct fuzz_trace *trace, size_t index)
{
	const struct fuzz_stretch *tag = &trace->items[index];

	for (size_t i = index + 1; i < trace->count; i++) {
		const struct fuzz_stretch *other = &trace->items[i];

		if (other->role == WIRE_TAG && other->part == tag->part &&
		    (other->number ? other->up : other->path) == tag->up)
			return i;
	}
	return 0;
}

/* What a tag and its value is replaced by: nothing, or more. */
static bool change_entry(struct fuzz_edit *edit, const struct fuzz_trace *trace,
	size_t first, size_t second)
{
	const struct fuzz_stretch *tag = &trace->items[first];
	size_t at = tag->at;
	size_t size = trace->items[second].at - at;
	size_t behind = 0;
	size_t third = trace->items[second].number ? next_tag(trace, second) : 0;
	uint8_t *bytes;

	if (fuzz_one_in(&edit->random, 3))
		return fuzz_edit_replace_fixed(edit, tag->part, at, size, NULL, 0);
	/* Swapped with the next entry; or it stands twice. */
	if (third)
		behind = trace->items[third].at - trace->items[second].at;
	bytes = arena_alloc(edit->arena, 2 * size + behind);
	memcpy(bytes, edit->data + at + size, behind);
	memcpy(bytes + behind, edit->data + at, size);
	memcpy(bytes + behind + size, edit->data + at, size);
	if (third)
		return fuzz_edit_replace_fixed(edit, tag->part, at, size + behind,
			bytes, size + behind);
	return fuzz_edit_replace_fixed(edit, tag->part, at, size, bytes, 2 * size);
}

bool fuzz_change_entries(struct fuzz_edit *edit)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	size_t start = fuzz_below(&edit->random, trace->count);

	for (size_t i = 0; i < trace->count; i++) {
		size_t index = (start + i) % trace->count;
		size_t next;

		if ((trace->items[index].role != WIRE_TAG &&
		    trace->items[index].role != WIRE_ARM) ||
		    trace->items[index].number == 0)
			continue;
		next = next_tag(trace, index);
		if (next)
			return change_entry(edit, trace, index, next);
	}
	return false;
}

/* ---- putting right ---- */

/* What lies in front of everything else: id, the size of the tail. */
bool fuzz_change_repair(struct fuzz_edit *edit)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	const struct fuzz_message *message = edit->message;
	uint64_t number;

	if (trace->good || edit->size < WIRE_PREAMBLE || edit->fuzz->message_count == 0)
		return false;
	if (message == NULL)
		edit->message = message = &edit->fuzz->messages[
			fuzz_below(&edit->random, edit->fuzz->message_count)];
	number = message->table->id;
	for (unsigned i = 0; i < 4; i++)
		edit->data[i] = (uint8_t)(number >> (8 * i));
	number = message->tree->as.message.tail.present && edit->size >
		message->tree->as.message.head.fixed_size ?
		edit->size - message->tree->as.message.head.fixed_size : 0;
	if (number && message->tree->as.message.head.min_size !=
	    message->tree->as.message.head.declared_size)
		number = fuzz_below(&edit->random, (size_t)number + 1);
	for (unsigned i = 0; i < 4; i++)
		edit->data[4 + i] = (uint8_t)(number >> (8 * i));
	edit->trace = NULL;
	return true;
}
