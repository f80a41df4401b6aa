/*
 * Layout: every size, offset and pointer width. docs/wire-format.md says why.
 */
#include "idl/check.h"

#define HEAD_PREAMBLE 8			/* message id, tail size */
#define POINTER_TAIL 8

uint64_t size_sum(uint64_t a, uint64_t b)
{
	return a > UNBOUNDED - b ? UNBOUNDED : a + b;
}

uint64_t size_product(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return 0;
	return a > UNBOUNDED / b ? UNBOUNDED : a * b;
}

uint64_t varint_size(uint64_t value)
{
	uint64_t size = 1;

	while (size < 8 && value >> (7 * size) != 0)
		size++;
	return size == 8 && value >> 56 != 0 ? 9 : size;
}

bool type_is_raw_byte(const struct type *type)
{
	return type->width == 1 && (type->kind == TYPE_INTEGER
		|| type->kind == TYPE_BOOL || type->kind == TYPE_ENUM
		|| type->kind == TYPE_HANDLE);
}

bool type_is_blob(const struct type *type)
{
	while (type->kind == TYPE_ARRAY)
		type = type->element;
	return type->kind == TYPE_RECORD;
}

/* What has its size or count before it. */
static uint64_t with_size(uint64_t size)
{
	return size == UNBOUNDED ? UNBOUNDED
		: size_sum(varint_size(size), size);
}

/* ---- least sizes ---- */

static uint64_t type_min(struct type *type)
{
	uint64_t element = type->element == NULL ? 0 : type_min(type->element);

	type->min_size = 1;
	if (type_is_blob(type))
		type->min_size = with_size(type->fixed_size);
	else if (type->kind == TYPE_STRUCT || type->kind == TYPE_VARIANT)
		type->min_size = type->declaration->as.structure.min_size;
	else if (type->kind == TYPE_ARRAY)
		type->min_size = size_sum(varint_size(type->count),
			size_product(type->count, element));
	return type->min_size;
}

/* A tags block ends with a varint 0; what is optional is a list. */
uint64_t member_min(struct member *member)
{
	struct member *tagged;

	for (tagged = member->tags; tagged != NULL; tagged = tagged->next)
		(void)type_min(tagged->type);
	if (member->is_tags)
		return 1;
	if (member->type == NULL)
		return 0;
	(void)type_min(member->type);
	return member->is_optional ? 1 : member->type->min_size;
}

/* ---- greatest sizes ---- */

/* Negative values, and those that only a wider type has, take 9 bytes. */
static uint64_t integer_max_size(const struct type *type)
{
	if (type->width == 1)
		return 1;
	return type->is_signed ? 9
		: varint_size(UINT64_MAX >> (64 - 8 * type->width));
}

static uint64_t list_max_size(const struct type *type)
{
	uint64_t element = type->element->max_size, bound = type->bound;

	if (element == 0 && bound > EMPTY_ELEMENTS_MAX)
		bound = EMPTY_ELEMENTS_MAX;
	if (bound == UNBOUNDED)
		return UNBOUNDED;
	if (type->element->kind == TYPE_RECORD)
		return with_size(size_product(bound,
			type->element->fixed_size));
	return size_sum(varint_size(bound), size_product(bound, element));
}

static uint64_t type_max(struct type *type)
{
	if (type->element != NULL)
		type_max(type->element);
	switch (type->kind) {
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		type->max_size = type->declaration->as.structure.max_size;
		break;
	case TYPE_STRING:
		type->max_size = with_size(type->bound);
		break;
	case TYPE_LIST:
		type->max_size = list_max_size(type);
		break;
	case TYPE_RECORD:
	case TYPE_ARRAY:
		type->max_size = type_is_blob(type)
			? with_size(type->fixed_size)
			: size_sum(varint_size(type->count), size_product(
				type->count, type->element->max_size));
		break;
	default:
		type->max_size = integer_max_size(type);
		break;
	}
	return type->max_size;
}

static bool is_beside(const struct type *type)
{
	return type->kind == TYPE_HANDLE || type->kind == TYPE_LEASE;
}

/* Its value, or what stands there if it can be absent. */
static uint64_t value_max(struct member *member)
{
	uint64_t size = 0;

	if (member->type != NULL)
		size = type_max(member->type);
	if (member->is_optional && !is_beside(member->type)
		&& member->type->kind != TYPE_RECORD)
		size = size_sum(1, size);
	return size < member->bytes_bound ? size : member->bytes_bound;
}

static uint64_t member_max(struct member *member)
{
	struct member *tagged;
	uint64_t size = 1;

	if (!member->is_tags)
		return member->max_size = value_max(member);
	for (tagged = member->tags; tagged != NULL; tagged = tagged->next) {
		tagged->max_size = value_max(tagged);
		size = size_sum(size, size_sum(varint_size(tagged->tag),
			member->is_sized ? with_size(tagged->max_size)
			: tagged->max_size));
	}
	return member->max_size = size;
}

/* The tag, perhaps a length, the value, and the end. */
static uint64_t arm_max(const struct declaration *variant, struct member *arm)
{
	uint64_t size = member_max(arm);

	if (variant->as.structure.is_flexible)
		size = with_size(size);
	return size_sum(varint_size(arm->tag) + 1, size);
}

static void layout_struct(struct declaration *structure)
{
	struct member *member = structure->as.structure.body.first;
	uint64_t size = 0, arm;
	bool has_no_max = symbol_of(structure)->has_no_max;

	for (; member != NULL; member = member->next) {
		/* Again: lists may lead to what was decided later. */
		(void)member_min(member);
		if (structure->kind == DECLARATION_VARIANT) {
			arm = arm_max(structure, member);
			size = arm > size ? arm : size;
		} else {
			size = size_sum(size, member_max(member));
		}
	}
	/* Of tags that are not known there may be any number. */
	structure->as.structure.max_size = has_no_max
		|| table_block(structure) != NULL ? UNBOUNDED : size;
}

/* In the order of containment, so that what is within comes first. What
 * contains itself has no greatest size, unless @bytes stands in between. */
static void layout_structs(struct check *check)
{
	unsigned i;

	for (i = 0; i < check->struct_count; i++)
		check->structs[i]->declaration.as.structure.max_size =
			UNBOUNDED;
	for (i = 0; i < check->struct_count; i++)
		layout_struct(&check->structs_for_max[i]->declaration);
}

/* A record's members stand where they did when it was made. */
static void layout_record(struct declaration *record)
{
	struct member *member = record->as.structure.body.first;

	for (; member != NULL; member = member->next) {
		(void)member_min(member);
		(void)member_max(member);
	}
	record->as.structure.min_size = with_size(
		record->as.structure.fixed_size);
	record->as.structure.max_size = record->as.structure.min_size;
}

/* ---- messages ---- */

/* Places the members; `section` has its pointer width. */
static void layout_members(struct section *section, uint64_t from)
{
	uint64_t offset = from, min = 0, max = 0;
	struct member *member;

	for (member = section->body.first; member != NULL;
		member = member->next) {
		member->offset = offset;
		member->is_pointer = member->is_tags
			|| !member->type->is_static || (member->is_optional
				&& !is_beside(member->type));
		if (!member->is_pointer) {
			offset = size_sum(offset, member->type->fixed_size);
			(void)member_min(member);
			(void)member_max(member);
			continue;
		}
		offset = size_sum(offset, section->pointer_width);
		min = size_sum(min, member_min(member));
		max = size_sum(max, member_max(member));
	}
	section->fixed_size = offset;
	section->min_size = size_sum(offset, min);
	section->max_size = size_sum(offset, max);
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
			if (symbol->declaration.kind == DECLARATION_RECORD)
				layout_record(&symbol->declaration);
			if (symbol->declaration.kind == DECLARATION_NEWTYPE) {
				type_min(symbol->declaration.as.newtype);
				type_max(symbol->declaration.as.newtype);
			}
		}
}
