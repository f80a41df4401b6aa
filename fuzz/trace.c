/* Stretches of a message. See trace.h. */
#include "fuzz/trace.h"

#include <string.h>

/* ---- recording ---- */

struct recorder {
	struct fuzz_edit *edit;
	struct fuzz_trace *trace;
	size_t blob_end[2];		/* by part: records stand as in place */
};

static uint64_t hash_path(const struct wire_path *path)
{
	uint64_t hash;

	if (path == NULL)
		return 0;
	hash = hash_path(path->up) * UINT64_C(0x100000001b3);
	if (path->name == NULL)
		return (hash ^ (path->index + 1)) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (const char *c = path->name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	return (hash ^ 0x2e) | 1;
}

static bool stands_as_in_place(const struct type *type)
{
	return type && (type_is_blob(type) || (type->kind == TYPE_LIST &&
		type->element->kind == TYPE_RECORD));
}

static bool is_varint(const struct recorder *recorder, const struct wire_field *field)
{
	const struct declaration *message = recorder->edit->message->tree;
	const struct section *section = field->part == WIRE_HEAD ?
		&message->as.message.head : &message->as.message.tail;

	switch (field->role) {
	case WIRE_COUNT:
	case WIRE_SIZE:
	case WIRE_TAG:
	case WIRE_ARM:
		return true;
	case WIRE_PRESENCE:
		return field->type->kind != TYPE_HANDLE &&
			field->type->kind != TYPE_LEASE;
	case WIRE_VALUE:
		return field->offset >= section->fixed_size &&
			field->offset >= recorder->blob_end[field->part] &&
			!type_is_raw_byte(field->type) &&
			field->type->kind != TYPE_LEASE;
	default:
		return false;
	}
}

/* The bits of a value, as wide as it stands there. */
static uint64_t bits_of(const struct fuzz_edit *edit,
	const struct fuzz_stretch *stretch)
{
	uint64_t bits = 0;
	bool minimal;

	if (stretch->is_varint) {
		wire_varint_read(edit->data + stretch->at, stretch->size, &bits,
			&minimal);
		return bits;
	}
	for (size_t i = stretch->size < 8 ? stretch->size : 8; i > 0; i--)
		bits = bits << 8 | edit->data[stretch->at + i - 1];
	return bits;
}

static struct fuzz_stretch *add(struct arena *arena, struct fuzz_trace *trace)
{
	if (trace->count == trace->capacity) {
		size_t capacity = trace->capacity ? 2 * trace->capacity : 64;
		struct fuzz_stretch *moved = arena_alloc(arena,
			capacity * sizeof(*moved));

		if (trace->count)
			memcpy(moved, trace->items,
				trace->count * sizeof(*moved));
		trace->items = moved;
		trace->capacity = capacity;
	}
	return &trace->items[trace->count++];
}

static void record(void *context, const struct wire_field *field)
{
	struct recorder *recorder = context;
	struct fuzz_trace *trace = recorder->trace;
	struct fuzz_stretch *to;

	if (field->role == WIRE_SIZE && stands_as_in_place(field->type))
		recorder->blob_end[field->part] = field->offset + field->size +
			(size_t)field->number;
	if (trace->count == FUZZ_STRETCHES_MAX)
		return;
	to = add(recorder->edit->arena, trace);
	*to = (struct fuzz_stretch){
		.role = field->role, .part = field->part, .size = field->size,
		.number = field->number, .type = field->type,
		.at = field->offset + (field->part == WIRE_TAIL ?
			trace->head_size : 0),
		.path = hash_path(field->path),
		.up = hash_path(field->path ? field->path->up : NULL),
		.is_varint = is_varint(recorder, field),
	};
	if (field->role == WIRE_VALUE)
		to->number = bits_of(recorder->edit, to);
}

/* The preamble is there even if nothing else can be made of it. */
static void add_preamble(struct fuzz_edit *edit, struct fuzz_trace *trace)
{
	for (unsigned i = 0; i < 2; i++) {
		enum wire_role role = i ? WIRE_TAIL_SIZE : WIRE_ID;

		if (edit->size < 4 * (i + 1) ||
		    (trace->count > i && trace->items[i].role == role))
			continue;
		*add(edit->arena, trace) = (struct fuzz_stretch){
			.role = role, .at = 4 * i, .size = 4,
		};
	}
}

const struct fuzz_trace *fuzz_edit_trace(struct fuzz_edit *edit)
{
	struct fuzz_trace *trace = edit->trace;
	struct recorder recorder = {.edit = edit};
	const struct wire_decode_options options = {
		.field = record, .context = &recorder,
	};
	const struct wire_view whole = {edit->data, edit->size};
	struct wire_view head;
	struct wire_view tail;
	struct wire_fault fault;

	if (trace)
		return trace;
	edit->trace = trace = ARENA_NEW(edit->arena, struct fuzz_trace);
	recorder.trace = trace;
	/* A tail that is said to be larger than all there is: none. */
	if (!wire_split(whole, &head, &tail, &fault))
		head = whole;
	trace->head_size = head.size;
	if (edit->message)
		trace->good = wire_decode(edit->arena, edit->message->tree, head,
			tail, &options, &trace->value, &fault);
	add_preamble(edit, trace);
	return trace;
}

const struct fuzz_stretch *fuzz_edit_pick(struct fuzz_edit *edit, enum wire_role role)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	size_t count = 0;
	size_t chosen;

	for (size_t i = 0; i < trace->count; i++)
		count += trace->items[i].role == role;
	chosen = fuzz_below(&edit->random, count);
	for (size_t i = 0; i < trace->count; i++) {
		if (trace->items[i].role == role && chosen-- == 0)
			return &trace->items[i];
	}
	return NULL;
}

/* ---- replacing ---- */

static bool make_room(struct fuzz_edit *edit, size_t size)
{
	uint8_t *moved;

	if (size > edit->max)
		return false;
	if (size <= edit->capacity)
		return true;
	moved = arena_alloc(edit->arena, 2 * size);
	if (edit->size)
		memcpy(moved, edit->data, edit->size);
	edit->data = moved;
	edit->capacity = 2 * size;
	return true;
}

bool fuzz_edit_replace(struct fuzz_edit *edit, size_t at, size_t size,
	const void *with, size_t with_size)
{
	size_t behind = edit->size - at - size;

	if (!make_room(edit, edit->size - size + with_size))
		return false;
	if (behind && size != with_size)
		memmove(edit->data + at + with_size, edit->data + at + size, behind);
	if (with_size && with)
		memcpy(edit->data + at, with, with_size);
	edit->size = edit->size - size + with_size;
	edit->trace = NULL;
	return true;
}

static void store(uint8_t *to, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> (8 * i & 63));
}

/* Arms around the bytes, from the inside out: what they grow by adds up. */
static bool fix_lengths(struct fuzz_edit *edit, const struct fuzz_trace *trace,
	enum wire_part part, size_t at, size_t size, size_t *delta)
{
	for (size_t i = trace->count; i-- > 0;) {
		const struct fuzz_stretch *length = &trace->items[i];
		size_t start = length->at + length->size;
		uint8_t bytes[WIRE_VARINT_MAX];
		size_t taken;

		if (length->role != WIRE_SIZE || length->type != NULL ||
		    length->part != part || start > at ||
		    at + size > start + (size_t)length->number)
			continue;
		taken = wire_varint_write(length->number + *delta, bytes);
		if (!fuzz_edit_replace(edit, length->at, length->size, bytes, taken))
			return false;
		*delta += taken - length->size;
	}
	return true;
}

static void fix_pointers(struct fuzz_edit *edit, const struct fuzz_trace *trace,
	enum wire_part part, size_t at, size_t delta)
{
	size_t base = part == WIRE_TAIL ? trace->head_size : 0;

	for (size_t i = 0; i < trace->count; i++) {
		const struct fuzz_stretch *pointer = &trace->items[i];

		if (pointer->role == WIRE_POINTER && pointer->part == part &&
		    pointer->number > at - base)
			store(edit->data + pointer->at, pointer->number + delta,
				pointer->size);
	}
}

bool fuzz_edit_replace_fixed(struct fuzz_edit *edit, enum wire_part part, size_t at,
	size_t size, const void *with, size_t with_size)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	size_t tail = edit->size - trace->head_size;
	size_t delta = with_size - size;	/* below 0 by wrapping round */

	if (!fuzz_edit_replace(edit, at, size, with, with_size))
		return false;
	if (delta == 0)
		return true;
	if (!fix_lengths(edit, trace, part, at, size, &delta))
		return false;
	fix_pointers(edit, trace, part, at, delta);
	if (part == WIRE_TAIL && edit->size >= WIRE_PREAMBLE)
		store(edit->data + 4, tail + delta, 4);
	return true;
}

bool fuzz_edit_number(struct fuzz_edit *edit, const struct fuzz_stretch *stretch,
	uint64_t number, bool fixed)
{
	uint8_t bytes[WIRE_VARINT_MAX];
	size_t size = stretch->size < 8 ? stretch->size : 8;

	if (stretch->is_varint)
		size = wire_varint_write(number, bytes);
	else
		store(bytes, number, size);
	return (fixed ? fuzz_edit_replace_fixed(edit, stretch->part, stretch->at,
		stretch->size, bytes, size) :
		fuzz_edit_replace(edit, stretch->at, stretch->size, bytes, size));
}

bool fuzz_edit_set(struct fuzz_edit *edit, const void *head, size_t head_size,
	const void *tail, size_t tail_size)
{
	if (!make_room(edit, head_size + tail_size))
		return false;
	memcpy(edit->data, head, head_size);
	if (tail_size)
		memcpy(edit->data + head_size, tail, tail_size);
	edit->size = head_size + tail_size;
	edit->trace = NULL;
	return true;
}
