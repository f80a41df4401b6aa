/* Messages by the interpreter. See message_wire.h. */
#include "fuzz/message_wire.h"

#include <inttypes.h>
#include <string.h>

/* What is watched while the interpreter decodes. */
struct watch {
	const struct fuzz_message *message;
	const struct fuzz_packet *packet;
	struct fuzz_wire *to;
	const struct member *member;	/* in place: where the reader is */
	enum wire_part part;
	size_t blob_end;		/* records go in one step */
	unsigned handles;
	unsigned leases;
};

/* ---- steps, as idl/cost.c counts them ---- */

static const struct section *section_of(const struct watch *watch)
{
	return watch->part == WIRE_HEAD ? &watch->message->tree->as.message.head :
		&watch->message->tree->as.message.tail;
}

/* In place: a record is one step, and so is an array of them. */
static bool is_first_in_place(struct watch *watch, size_t offset)
{
	while (watch->member && watch->member->next &&
	       watch->member->next->offset <= offset)
		watch->member = watch->member->next;
	return watch->member == NULL || watch->member->is_pointer ||
		!type_is_blob(watch->member->type) ||
		watch->member->offset == offset;
}

static void enter_part(struct watch *watch, enum wire_part part)
{
	watch->part = part;
	watch->member = section_of(watch)->body.first;
	watch->blob_end = 0;
}

static bool is_blob_size(const struct wire_field *field)
{
	return field->role == WIRE_SIZE && field->type &&
		(type_is_blob(field->type) || (field->type->kind == TYPE_LIST &&
		field->type->element->kind == TYPE_RECORD));
}

static void count_step(struct watch *watch, const struct wire_field *field)
{
	bool is_in_place = field->offset < section_of(watch)->fixed_size &&
		(field->part == WIRE_TAIL || field->offset >= WIRE_PREAMBLE);

	if (field->offset < watch->blob_end)
		return;
	if (is_in_place && !is_first_in_place(watch, field->offset))
		return;
	watch->to->steps++;
	if (is_blob_size(field) && field->number) {
		watch->to->steps++;
		watch->blob_end = field->offset + field->size +
			(size_t)field->number;
	}
}

/* ---- beside the bytes ---- */

static void watch_handle(struct watch *watch, const struct type *type)
{
	unsigned index = watch->handles++;

	if (index < watch->packet->handles && type->has_rights &&
	    (watch->packet->rights[index] & type->rights) != type->rights)
		watch->to->beside = "a handle lacks rights";
}

static void watch_lease(struct watch *watch, const struct type *type)
{
	unsigned index = watch->leases++;
	const struct fuzz_lease *lease = &watch->packet->lease[index];

	if (index >= watch->packet->leases)
		return;
	if ((lease->direction & type->direction) != type->direction)
		watch->to->beside = "a lease is of another direction";
	else if (lease->size > type->bound)
		watch->to->beside = "a lease is too large";
}

static void watch_field(void *context, const struct wire_field *field)
{
	struct watch *watch = context;

	if (field->part != watch->part)
		enter_part(watch, field->part);
	count_step(watch, field);
	if (field->role == WIRE_PADDING)
		watch->to->padding = field->size;
	if (field->role != WIRE_VALUE)
		return;
	if (field->type->kind == TYPE_HANDLE)
		watch_handle(watch, field->type);
	else if (field->type->kind == TYPE_LEASE)
		watch_lease(watch, field->type);
}

/* ---- depth ---- */

static unsigned depth_of(const struct type *type, const struct value *value);
static unsigned depth_of_object(const struct body *first,
	const struct body *second, const struct value *value);

/* The decoder takes the tree's own names, in its order: so *given moves on. */
static unsigned depth_of_member(const struct member *member,
	const struct value_member **given, const struct value_member *end)
{
	unsigned most = 0;

	for (const struct member *each = member->tags; each; each = each->next) {
		unsigned depth = depth_of_member(each, given, end);

		most = depth > most ? depth : most;
	}
	while (*given != end && (*given)->name[0] == '#')
		(*given)++;		/* a table does not know it */
	if (member->is_tags || *given == end || (*given)->name != member->name)
		return most;
	return member->type ? depth_of(member->type, &(*given)++->value) : 0;
}

static unsigned depth_of_body(const struct body *body,
	const struct value_member **given, const struct value_member *end)
{
	unsigned most = 0;

	for (const struct member *member = body->first; member;
	     member = member->next) {
		unsigned depth = depth_of_member(member, given, end);

		most = depth > most ? depth : most;
	}
	return most;
}

static unsigned depth_of(const struct type *type, const struct value *value)
{
	unsigned most = 0;

	if (type->element) {
		size_t count = value->as.list.repeats ? 1 : value->as.list.count;

		if (type->element->kind != TYPE_STRUCT &&
		    type->element->kind != TYPE_VARIANT && !type->element->element)
			return 0;
		for (size_t i = 0; i < count; i++) {
			unsigned depth = depth_of(type->element,
				&value->as.list.items[i]);
			most = depth > most ? depth : most;
		}
		return most;
	}
	if (type->kind != TYPE_STRUCT && type->kind != TYPE_VARIANT)
		return 0;
	return 1 + depth_of_object(&type->declaration->as.structure.body, NULL,
		value);
}

static unsigned depth_of_object(const struct body *first,
	const struct body *second, const struct value *value)
{
	const struct value_member *given = value->as.object.members;
	size_t count = value->as.object.count;
	const struct value_member *end = count ? given + count : given;
	unsigned depth = depth_of_body(first, &given, end);
	unsigned other = second ? depth_of_body(second, &given, end) : 0;

	return depth > other ? depth : other;
}

static unsigned depth_of_message(const struct declaration *message,
	const struct value *value)
{
	return depth_of_object(&message->as.message.head.body,
		message->as.message.tail.present ?
		&message->as.message.tail.body : NULL, value);
}

/* ---- */

void fuzz_wire_check(const struct fuzz_message *message,
	const struct fuzz_packet *packet, const struct fuzz_wire *wire)
{
	const struct cost *cost = &message->tree->as.message.cost;
	const char *name = message->tree->name;
	size_t size = packet->size - wire->padding;

	if (wire->steps > cost->steps)
		fuzz_found("%s takes %" PRIu64 " steps, its certificate says %"
			PRIu64, name, wire->steps, cost->steps);
	if (!wire->good)
		return;
	if (size > cost->bytes)
		fuzz_found("%s has %zu bytes, its certificate says %" PRIu64,
			name, size, cost->bytes);
	if (packet->handles > cost->handles || packet->leases > cost->leases)
		fuzz_found("%s has %u handles and %u leases, its certificate says "
			"%u and %u", name, packet->handles, packet->leases,
			cost->handles, cost->leases);
	if (wire->depth > cost->depth)
		fuzz_found("%s is %u deep, its certificate says %u", name,
			wire->depth, cost->depth);
}

void fuzz_wire_decode(struct arena *arena, const struct fuzz_message *message,
	const struct fuzz_packet *packet, struct fuzz_wire *to)
{
	struct watch watch = {.message = message, .packet = packet, .to = to};
	const struct wire_decode_options options = {
		.counted = true, .handles = packet->handles,
		.leases = packet->leases, .field = watch_field, .context = &watch,
	};
	const struct wire_view whole = {packet->bytes, packet->size};
	struct wire_view head;
	struct wire_view tail;

	*to = (struct fuzz_wire){0};
	enter_part(&watch, WIRE_HEAD);
	if (!wire_split(whole, &head, &tail, &to->fault))
		return;
	to->head_size = head.size;
	to->good = wire_decode(arena, message->tree, head, tail, &options,
		&to->value, &to->fault);
	if (to->good)
		to->depth = depth_of_message(message->tree, &to->value);
}
