/*
 * Layout: every size, offset and pointer width. docs/wire-format.md says why.
 */
#include "idl/check.h"

#define HEAD_PREAMBLE 8			/* message id, tail size */
#define POINTER_TAIL 8

/* Sums and products stop at UNBOUNDED, from wherever they come. */
static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UNBOUNDED - b ? UNBOUNDED : a + b;
}

static uint64_t product(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return 0;
	return a > UNBOUNDED / b ? UNBOUNDED : a * b;
}

static uint64_t varint_size(uint64_t value)
{
	uint64_t size = 1;

	while (size < 8 && value >> (7 * size) != 0)
		size++;
	return size == 8 && value >> 56 != 0 ? 9 : size;
}

bool type_is_raw_byte(const struct type *type)
{
	return type->width == 1 && (type->kind == TYPE_INTEGER
		|| type->kind == TYPE_BOOL || type->kind == TYPE_ENUM);
}

/* Negative values, and those that only a wider type has, take 9 bytes. */
static uint64_t integer_max_size(const struct type *type)
{
	if (type->width == 1)
		return 1;
	return type->is_signed ? 9
		: varint_size(UINT64_MAX >> (64 - 8 * type->width));
}

static uint64_t type_min(struct type *type)
{
	switch (type->kind) {
	case TYPE_STRUCT:
		return type->min_size =
			type->declaration->as.structure.min_size;
	case TYPE_ARRAY:
		return type->min_size = sum(varint_size(type->count),
			product(type->count, type_min(type->element)));
	case TYPE_LIST:
		type_min(type->element);
		break;
	default:
		break;
	}
	return type->min_size = 1;
}

static uint64_t list_max_size(const struct type *type)
{
	uint64_t element = type->element->max_size, bound = type->bound;

	if (element == 0 && bound > EMPTY_ELEMENTS_MAX)
		bound = EMPTY_ELEMENTS_MAX;
	if (bound == UNBOUNDED)
		return UNBOUNDED;
	return sum(varint_size(bound), product(bound, element));
}

static uint64_t type_max(struct type *type)
{
	if (type->element != NULL)
		type_max(type->element);
	switch (type->kind) {
	case TYPE_STRUCT:
		type->max_size = type->declaration->as.structure.max_size;
		break;
	case TYPE_STRING:
		type->max_size = type->bound == UNBOUNDED ? UNBOUNDED
			: sum(varint_size(type->bound), type->bound);
		break;
	case TYPE_LIST:
		type->max_size = list_max_size(type);
		break;
	case TYPE_ARRAY:
		type->max_size = sum(varint_size(type->count),
			product(type->count, type->element->max_size));
		break;
	default:
		type->max_size = integer_max_size(type);
		break;
	}
	return type->max_size;
}

/* A member in dynamic position; a tags block ends with a varint 0. */
static uint64_t member_min(struct member *member)
{
	struct member *tagged;

	if (!member->is_tags)
		return type_min(member->type);
	for (tagged = member->tags; tagged != NULL; tagged = tagged->next)
		type_min(tagged->type);
	return 1;
}

static uint64_t member_max(struct member *member)
{
	struct member *tagged;
	uint64_t size = 1;

	if (!member->is_tags)
		return type_max(member->type);
	for (tagged = member->tags; tagged != NULL; tagged = tagged->next)
		size = sum(size, sum(varint_size(tagged->tag),
			type_max(tagged->type)));
	return size;
}

/* In the order of containment, so that what is within comes first; what is
 * recursive has no greatest size, so that order does not matter there. */
static void layout_structs(struct check *check)
{
	struct declaration *structure;
	struct member *member;
	unsigned i;

	for (i = 0; i < check->struct_count; i++) {
		structure = &check->structs_for_min[i]->declaration;
		for (member = structure->as.structure.body.first;
			member != NULL; member = member->next)
			structure->as.structure.min_size = sum(
				structure->as.structure.min_size,
				member_min(member));
		if (structure->as.structure.is_recursive)
			structure->as.structure.max_size = UNBOUNDED;
	}
	for (i = 0; i < check->struct_count; i++) {
		structure = &check->structs_for_max[i]->declaration;
		for (member = structure->as.structure.body.first;
			member != NULL; member = member->next) {
			/* Again: lists may lead to what came later above. */
			member_min(member);
			structure->as.structure.max_size = sum(
				structure->as.structure.max_size,
				member_max(member));
		}
	}
}

/* Places the members; `section` has its pointer width. */
static void layout_members(struct section *section, uint64_t from)
{
	uint64_t offset = from, min = 0, max = 0;
	struct member *member;

	for (member = section->body.first; member != NULL;
		member = member->next) {
		member->offset = offset;
		member->is_pointer = member->is_tags
			|| !member->type->is_static;
		if (!member->is_pointer) {
			offset = sum(offset, member->type->fixed_size);
			(void)member_min(member);
			(void)member_max(member);
			continue;
		}
		offset = sum(offset, section->pointer_width);
		min = sum(min, member_min(member));
		max = sum(max, member_max(member));
	}
	section->fixed_size = offset;
	section->min_size = sum(offset, min);
	section->max_size = sum(offset, max);
}

static unsigned pointer_width(uint64_t declared_size)
{
	if (declared_size < 256)
		return 1;
	if (declared_size < 65536)
		return 2;
	return declared_size <= UINT32_MAX ? 4 : 8;
}

/* A method's head is as large as it can become, with the smallest pointers
 * that such a head can have. */
static void layout_parameters(struct section *head, uint64_t pinned)
{
	head->pointer_width = 1;
	head->declared_size = pinned;
	if (pinned != 0) {
		head->pointer_width = pointer_width(pinned);
		layout_members(head, HEAD_PREAMBLE);
		return;
	}
	layout_members(head, HEAD_PREAMBLE);
	if (head->max_size > 255) {
		head->pointer_width = 2;
		layout_members(head, HEAD_PREAMBLE);
	}
	head->declared_size = head->max_size;
}

static void layout_message(struct symbol *symbol)
{
	struct declaration *message = &symbol->declaration;
	struct section *head = &message->as.message.head;
	struct section *tail = &message->as.message.tail;

	if (symbol->ast == NULL) {
		layout_parameters(head, symbol->pinned_head);
	} else {
		head->pointer_width = pointer_width(head->declared_size);
		layout_members(head, HEAD_PREAMBLE);
	}
	symbol->head_needs = head->max_size;
	if (head->max_size > head->declared_size)
		head->max_size = head->declared_size;
	if (!tail->present)
		return;
	tail->pointer_width = POINTER_TAIL;
	layout_members(tail, 0);
}

void layout_all(struct check *check)
{
	struct symbol *symbol;
	struct unit *unit;

	layout_structs(check);
	for (unit = check->units; unit != NULL; unit = unit->next)
		for (symbol = unit->first; symbol != NULL;
			symbol = symbol->next) {
			if (symbol->declaration.kind == DECLARATION_MESSAGE)
				layout_message(symbol);
			if (symbol->declaration.kind == DECLARATION_NEWTYPE) {
				type_min(symbol->declaration.as.newtype);
				type_max(symbol->declaration.as.newtype);
			}
		}
}
