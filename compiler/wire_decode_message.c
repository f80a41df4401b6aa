/*
 * Bytes to values: messages and their sections. See wire.h.
 *
 * A section is read in two passes: the fixed part with its pointers, then
 * what they point to, in the order of the schema. Read strictly, a pointer
 * can only say what the reader knows already: where the data before ended.
 */
#include <inttypes.h>

#include "compiler/wire_internal.h"

/* What the fixed part holds of each member. */
struct slot {
	struct value value;
	bool is_absent;
	uint64_t pointer;
};

static bool decode_fixed_part(struct wire_decoder *decoder,
	const struct section *section, struct slot *slots)
{
	struct wire_path path = {0};
	bool good = true;

	for (const struct member *member = section->body.first; good && member;
	     member = member->next, slots++) {
		size_t start = decoder->at;

		path.name = member->is_tags ? "tags" : member->name;
		decoder->path = &path;
		if (member->is_pointer) {
			slots->pointer = wire_take_fixed(decoder,
				section->pointer_width);
			wire_tell(decoder, WIRE_POINTER, start, member->type,
				slots->pointer, NULL);
		} else if (wire_take_absence(decoder, member)) {
			slots->is_absent = true;
		} else {
			good = wire_decode_static(decoder, member->type,
				&slots->value);
		}
		decoder->path = NULL;
	}
	return good;
}

/* Goes where a pointer says. */
static bool follow(struct wire_decoder *decoder, const struct member *member,
	uint64_t pointer)
{
	struct wire_path path = {
		.name = member->is_tags ? "tags" : member->name,
	};
	bool good = true;

	decoder->path = &path;
	if (pointer > decoder->size)
		good = wire_take_fail(decoder, (size_t)member->offset, "the "
			"pointer %" PRIu64 " leads out of the %zu bytes",
			pointer, decoder->size);
	else if (!decoder->options->lenient && pointer != decoder->at)
		good = wire_take_fail(decoder, (size_t)member->offset, "the "
			"pointer is %" PRIu64 ", but the data has to start at "
			"%zu", pointer, decoder->at);
	else
		decoder->at = (size_t)pointer;
	decoder->path = NULL;
	return good;
}

static bool decode_dynamic_area(struct wire_decoder *decoder,
	const struct section *section, const struct slot *slots,
	struct value_object_builder *object)
{
	for (const struct member *member = section->body.first; member;
	     member = member->next, slots++) {
		if (member->is_pointer) {
			if (!follow(decoder, member, slots->pointer) ||
			    !wire_decode_member(decoder, member, object))
				return false;
		} else if (!slots->is_absent) {
			*wire_add_member(decoder->arena, object, member) =
				slots->value;
		}
	}
	return true;
}

/* Behind the last data: nothing, or zeros in a head. */
static bool check_end(struct wire_decoder *decoder)
{
	size_t start = decoder->at;

	if (decoder->options->lenient)
		return true;
	if (start < decoder->size && decoder->part == WIRE_TAIL)
		return wire_take_fail(decoder, start, "%zu bytes are left over",
			wire_left(decoder));
	for (; decoder->at < decoder->size; decoder->at++) {
		if (decoder->data[decoder->at])
			return wire_take_fail(decoder, decoder->at, "only "
				"zeros may follow the head's data");
	}
	if (decoder->at > start)
		wire_tell(decoder, WIRE_PADDING, start, NULL, 0, NULL);
	return true;
}

static bool decode_section(struct wire_decoder *decoder,
	const struct section *section, struct value_object_builder *object)
{
	const char *name = decoder->part == WIRE_HEAD ? "head" : "tail";
	struct slot *slots;

	if (decoder->size < section->fixed_size)
		return wire_take_fail(decoder, decoder->size, "the %s is cut "
			"short: its fixed part takes %" PRIu64 " bytes, %zu "
			"are there", name, section->fixed_size, decoder->size);
	slots = arena_alloc(decoder->arena,
		section->body.count * sizeof(*slots));
	return decode_fixed_part(decoder, section, slots) &&
		decode_dynamic_area(decoder, section, slots, object) &&
		check_end(decoder);
}

static bool decode_preamble(struct wire_decoder *decoder,
	const struct declaration *message, size_t tail_size)
{
	uint64_t number;

	if (decoder->size < WIRE_PREAMBLE)
		return wire_take_fail(decoder, decoder->size, "the head is cut "
			"short: %zu bytes, less than %d", decoder->size,
			WIRE_PREAMBLE);
	number = wire_take_fixed(decoder, 4);
	if (number != message->as.message.id)
		return wire_take_fail(decoder, 0, "the id is %" PRIu64 ", that of %s "
			"is %" PRIu32, number, message->name,
			message->as.message.id);
	wire_tell(decoder, WIRE_ID, 0, NULL, number, NULL);
	number = wire_take_fixed(decoder, 4);
	if (number != tail_size)
		return wire_take_fail(decoder, 4, "the head says that the tail has %"
			PRIu64 " bytes, %zu are there", number, tail_size);
	if (number && !message->as.message.tail.present)
		return wire_take_fail(decoder, 4, "%s has no tail", message->name);
	if (!number && message->as.message.tail.body.first)
		return wire_take_fail(decoder, 4, "the tail is absent");
	wire_tell(decoder, WIRE_TAIL_SIZE, 4, NULL, number, NULL);
	return true;
}

static bool decode_head(struct wire_decoder *decoder,
	const struct declaration *message, size_t tail_size,
	struct value_object_builder *object)
{
	const struct section *head = &message->as.message.head;

	if (!decode_preamble(decoder, message, tail_size))
		return false;
	if (decoder->size > head->declared_size)
		return wire_take_fail(decoder, (size_t)head->declared_size,
			"the head has %zu bytes, its declared size is %" PRIu64,
			decoder->size, head->declared_size);
	return decode_section(decoder, head, object);
}

/* That what came beside the bytes was used up. */
static bool check_beside(struct wire_decoder *decoder)
{
	const struct wire_decode_options *options = decoder->options;

	if (!options->counted)
		return true;
	if (decoder->handles != options->handles)
		return wire_take_fail(decoder, decoder->at, "%u handles came "
			"with it, it has %u", options->handles,
			decoder->handles);
	if (decoder->leases != options->leases)
		return wire_take_fail(decoder, decoder->at, "%u leases came "
			"with it, it has %u", options->leases,
			decoder->leases);
	return true;
}

bool wire_decode(struct arena *arena, const struct declaration *message,
	struct wire_view head, struct wire_view tail,
	const struct wire_decode_options *options, struct value *to,
	struct wire_fault *fault)
{
	struct value_object_builder object = {0};
	struct wire_decoder decoder = {
		.arena = arena, .options = options, .fault = fault,
		.part = WIRE_HEAD, .data = head.data, .size = head.size,
		.depth_limit = DEPTH_MAX,
	};

	*to = (struct value){0};
	if (!message->as.message.has_id)
		return wire_take_fail(&decoder, 0, "%s is a base: it has no id",
			message->qualified);
	if (!decode_head(&decoder, message, tail.size, &object))
		return false;
	if (message->as.message.tail.present) {
		decoder.part = WIRE_TAIL;
		decoder.data = tail.data;
		decoder.size = tail.size;
		decoder.at = 0;
		if (!decode_section(&decoder, &message->as.message.tail,
		    &object))
			return false;
	}
	wire_set_object(to, &object);
	return check_beside(&decoder);
}

bool wire_split(struct wire_view whole, struct wire_view *head,
	struct wire_view *tail, struct wire_fault *fault)
{
	uint64_t tail_size = 0;

	*head = *tail = (struct wire_view){0};
	*fault = (struct wire_fault){
		.path = "", .part = WIRE_HEAD, .offset = whole.size,
		.message = "cut short: a message has at least 8 bytes",
	};
	if (whole.size < WIRE_PREAMBLE)
		return false;
	for (size_t i = 0; i < 4; i++)
		tail_size |= (uint64_t)whole.data[4 + i] << (8 * i);
	fault->offset = 4;
	fault->message = "the tail is said to be larger than the message";
	if (tail_size > whole.size - WIRE_PREAMBLE)
		return false;
	*head = (struct wire_view){whole.data, whole.size - (size_t)tail_size};
	*tail = (struct wire_view){
		whole.data + head->size, (size_t)tail_size,
	};
	return true;
}
