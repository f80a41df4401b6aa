/* Handles and leases of values. See make.h. */
#include <string.h>

#include "fuzz/make.h"

struct beside {
	struct fuzz_random *random;
	struct fuzz_packet *packet;
	unsigned handles;
	unsigned leases;
};

static void visit(struct beside *beside, const struct type *type, struct value *value);

static struct value *member_of(struct value *object, const struct member *member)
{
	/* Of an arena, and of nobody else. */
	return (struct value *)(uintptr_t)value_member(object, member->name);
}

static void visit_handle(struct beside *beside, const struct type *type,
	struct value *value)
{
	uint16_t more = fuzz_one_in(beside->random, 2) ? UINT16_MAX :
		(uint16_t)fuzz_next(beside->random);

	if (beside->handles < FUZZ_HANDLES_MAX)
		beside->packet->rights[beside->handles] =
			type->has_rights ? type->rights | more : more;
	value->as.integer = value_integer(++beside->handles, false);
}

static void visit_lease(struct beside *beside, const struct type *type,
	struct value *value)
{
	uint32_t most = type->bound < UINT32_MAX ? (uint32_t)type->bound : UINT32_MAX;
	struct fuzz_lease lease = {
		.direction = (uint8_t)type->direction,
		.size = fuzz_one_in(beside->random, 3) ? most :
			(uint32_t)fuzz_below(beside->random, (size_t)most + 1),
	};

	if (fuzz_one_in(beside->random, 3))
		lease.direction = LEASE_INOUT;
	if (beside->leases < FUZZ_LEASES_MAX)
		beside->packet->lease[beside->leases] = lease;
	value->as.integer = value_integer(++beside->leases, false);
}

static bool is_none(const struct value *value)
{
	return value->kind == VALUE_INTEGER && value->as.integer.low == 0;
}

static void visit_member(struct beside *beside, const struct member *member,
	struct value *object)
{
	struct value *value;

	for (const struct member *each = member->tags; each; each = each->next)
		visit_member(beside, each, object);
	if (member->is_tags || member->type == NULL)
		return;
	value = member_of(object, member);
	if (value == NULL || (is_none(value) && (member->is_optional || member->tag)))
		return;
	visit(beside, member->type, value);
}

static void visit_items(struct beside *beside, const struct type *type,
	struct value *list)
{
	struct value *items = (struct value *)(uintptr_t)list->as.list.items;

	for (size_t i = 0; !list->as.list.repeats && i < list->as.list.count; i++)
		visit(beside, type->element, &items[i]);
}

/* Only what can have a handle in it is gone through. */
static void visit(struct beside *beside, const struct type *type, struct value *value)
{
	const struct member *member;

	switch (type->kind) {
	case TYPE_HANDLE:
		visit_handle(beside, type, value);
		break;
	case TYPE_LEASE:
		visit_lease(beside, type, value);
		break;
	case TYPE_ARRAY:
		visit_items(beside, type, value);
		break;
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		if (type->declaration->as.structure.handles == 0)
			break;
		member = type->declaration->as.structure.body.first;
		for (; member; member = member->next)
			visit_member(beside, member, value);
		break;
	default:
		break;
	}
}

static void visit_section(struct beside *beside, const struct section *section,
	struct value *value)
{
	for (int is_pointer = 0; is_pointer < 2; is_pointer++) {
		for (const struct member *member = section->body.first; member;
		     member = member->next) {
			if (member->is_pointer == is_pointer)
				visit_member(beside, member, value);
		}
	}
}

void fuzz_make_beside(struct fuzz_random *random, const struct declaration *message,
	struct value *value, struct fuzz_packet *packet)
{
	struct beside beside = {.random = random, .packet = packet};

	packet->handles = packet->leases = 0;
	if (message->as.message.cost.handles + message->as.message.cost.leases == 0)
		return;
	visit_section(&beside, &message->as.message.head, value);
	if (message->as.message.tail.present)
		visit_section(&beside, &message->as.message.tail, value);
	packet->handles = beside.handles < FUZZ_HANDLES_MAX ? beside.handles :
		FUZZ_HANDLES_MAX;
	packet->leases = beside.leases < FUZZ_LEASES_MAX ? beside.leases :
		FUZZ_LEASES_MAX;
}
