/*
 * What a message costs at most: docs/language.md, "Certificate".
 *
 * A step takes at least one byte, so what has a greatest size has no more
 * steps than that; this is what bounds lists that have no bound of their own.
 */
#include "idl/cost.h"

#include "idl/check.h"

static uint64_t least_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- depth ---- */

unsigned type_nesting(const struct type *type)
{
	while (type != NULL && type->element != NULL)
		type = type->element;
	if (type == NULL || (type->kind != TYPE_STRUCT
			&& type->kind != TYPE_VARIANT))
		return 0;
	return symbol_of(type->declaration)->depth;
}

unsigned member_depth(const struct member *member)
{
	unsigned depth = type_nesting(member->type);

	return member->depth_bound != 0 && member->depth_bound < depth
		? member->depth_bound : depth;
}

static unsigned body_depth(const struct body *body)
{
	const struct member *member, *tagged;
	unsigned depth = 0, inner;

	for (member = body->first; member != NULL; member = member->next) {
		inner = member_depth(member);
		for (tagged = member->tags; tagged != NULL;
			tagged = tagged->next)
			if (member_depth(tagged) > inner)
				inner = member_depth(tagged);
		if (inner > depth)
			depth = inner;
	}
	return depth;
}

/* ---- steps ---- */

/* Its bytes are looked at as a whole. */
static bool is_raw(const struct type *type)
{
	return type_is_raw_byte(type) && type->kind != TYPE_HANDLE;
}

/* In dynamic position. */
static uint64_t type_steps(const struct type *type)
{
	uint64_t element;

	switch (type->kind) {
	case TYPE_STRING:
	case TYPE_RECORD:
		return 2;
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		return symbol_of(type->declaration)->steps;
	case TYPE_LIST:
		if (is_raw(type->element)
			|| type->element->kind == TYPE_RECORD)
			return 2;
		element = type_steps(type->element);
		return size_sum(1, size_product(type->bound, element));
	case TYPE_ARRAY:
		if (is_raw(type->element) || type_is_blob(type))
			return 2;
		element = type_steps(type->element);
		return size_sum(1, size_product(type->count, element));
	default:
		return 1;
	}
}

/* Of a static type, in place. */
static uint64_t static_steps(const struct type *type)
{
	if (type->kind != TYPE_ARRAY || is_raw(type->element)
		|| type_is_blob(type))
		return 1;
	return size_product(type->count, static_steps(type->element));
}

/* A member, or an arm without its tag, in dynamic position. */
static uint64_t member_steps(const struct member *member)
{
	const struct type *type = member->type;
	uint64_t steps;

	if (type == NULL)
		return 0;
	steps = type_steps(type);
	if (member->is_optional && type->kind != TYPE_HANDLE
		&& type->kind != TYPE_LEASE && type->kind != TYPE_RECORD)
		steps = size_sum(1, steps);
	return least_of(steps, member->max_size);
}

static uint64_t tags_steps(const struct member *block)
{
	const struct member *tagged;
	uint64_t steps = 1;

	for (tagged = block->tags; tagged != NULL; tagged = tagged->next)
		steps = size_sum(steps, size_sum(1, member_steps(tagged)));
	return steps;
}

static uint64_t struct_steps(const struct body *body)
{
	const struct member *member;
	uint64_t steps = 0;

	for (member = body->first; member != NULL; member = member->next)
		steps = size_sum(steps, member->is_tags ? tags_steps(member)
			: member_steps(member));
	return steps;
}

/* The tag, the arm, the end; a flexible one has each arm's length too, and
 * takes one that it does not know as bytes. */
static uint64_t variant_steps(const struct declaration *variant)
{
	bool is_flexible = variant->as.structure.is_flexible;
	uint64_t most = is_flexible ? 1 : 0, steps;
	const struct member *arm = variant->as.structure.body.first;

	for (; arm != NULL; arm = arm->next) {
		steps = member_steps(arm);
		most = steps > most ? steps : most;
	}
	return size_sum(is_flexible ? 3 : 2, most);
}

static void cost_structure(struct symbol *symbol)
{
	const struct declaration *structure = &symbol->declaration;
	const struct body *body = &structure->as.structure.body;
	unsigned depth;

	symbol->depth = DEPTH_UNLIMITED;
	symbol->steps = structure->as.structure.max_size;
	if (structure->as.structure.is_recursive)
		return;
	depth = body_depth(body);
	if (depth != DEPTH_UNLIMITED)
		symbol->depth = depth + 1;
	if (table_block(structure) != NULL)
		return;			/* each entry that is skipped is a step */
	symbol->steps = least_of(symbol->steps,
		structure->kind == DECLARATION_VARIANT
		? variant_steps(structure) : struct_steps(body));
}

/* ---- messages ---- */

static uint64_t section_steps(const struct section *section)
{
	const struct member *member;
	uint64_t steps = 0, here;

	for (member = section->body.first; member != NULL;
		member = member->next) {
		if (!member->is_pointer)
			here = static_steps(member->type);
		else
			here = size_sum(1, member->is_tags
				? tags_steps(member) : member_steps(member));
		steps = size_sum(steps, here);
	}
	return steps;
}

static void cost_message(struct declaration *message)
{
	const struct section *head = &message->as.message.head;
	const struct section *tail = &message->as.message.tail;
	struct cost *cost = &message->as.message.cost;
	uint64_t steps;
	unsigned depth = body_depth(&head->body);

	cost->bytes = size_sum(head->max_size, tail->max_size);
	if (body_depth(&tail->body) > depth)
		depth = body_depth(&tail->body);
	cost->depth = depth < DEPTH_MAX ? depth : DEPTH_MAX;
	/* The id, the tail's size; and zeros behind a head that has room. */
	steps = size_sum(2, section_steps(head));
	if (head->declared_size > head->min_size)
		steps = size_sum(steps, 1);
	cost->steps = size_sum(least_of(steps, head->max_size),
		least_of(section_steps(tail), tail->max_size));
}

/* ---- methods ---- */

static const char *message_slow_reason(struct arena *arena,
	const struct declaration *message, const char *role)
{
	const struct cost *cost;

	if (message == NULL)
		return NULL;
	cost = &message->as.message.cost;
	if (cost->handles > 0)
		return arena_printf(arena, "its %s carries %s", role,
			cost->handles == 1 ? "a handle" : "handles");
	if (cost->leases > 0)
		return arena_printf(arena, "its %s carries %s", role,
			cost->leases == 1 ? "a lease" : "leases");
	if (message->as.message.tail.present)
		return arena_printf(arena, "its %s has a tail", role);
	if (cost->bytes == UNBOUNDED)
		return arena_printf(arena, "its %s has no greatest size",
			role);
	if (cost->bytes > MESSAGE_FAST_MAX)
		return arena_printf(arena, "its %s can have %llu bytes, %llu "
			"too many", role, (unsigned long long)cost->bytes,
			(unsigned long long)cost->bytes - MESSAGE_FAST_MAX);
	return NULL;
}

const char *method_large_reason(struct arena *arena, const struct method *method)
{
	const char *reason = message_slow_reason(arena, method->request,
		"request");

	if (reason == NULL)
		reason = message_slow_reason(arena, method->reply,
			method->is_event ? "message" : "reply");
	return reason;
}

const char *method_slow_reason(struct arena *arena, const struct method *method)
{
	const char *reason = method_large_reason(arena, method);

	if (reason != NULL)
		return reason;
	if (method->is_event)
		return "it is an event";
	if (method->is_oneway)
		return "it has no reply";
	if (method->deadline_ms != 0)
		return "it has a deadline";
	return method->is_cancellable ? "it is cancellable" : NULL;
}

static void cost_methods(struct check *check, struct method *const *methods,
	unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		methods[i]->is_fast = method_large_reason(check->arena,
			methods[i]) == NULL;
}

void cost_all(struct check *check)
{
	struct declaration *interface;
	struct symbol *symbol;
	struct unit *unit;
	unsigned i;

	for (i = 0; i < check->struct_count; i++)
		cost_structure(check->structs_for_max[i]);
	for (unit = check->units; unit != NULL; unit = unit->next)
		for (symbol = unit->first; symbol != NULL;
			symbol = symbol->next)
			if (symbol->declaration.kind == DECLARATION_MESSAGE)
				cost_message(&symbol->declaration);
	for (unit = check->units; unit != NULL; unit = unit->next)
		for (symbol = unit->first; symbol != NULL;
			symbol = symbol->next) {
			interface = &symbol->declaration;
			if (interface->kind != DECLARATION_INTERFACE)
				continue;
			cost_methods(check, interface->as.interface.methods,
				interface->as.interface.method_count);
			cost_methods(check, interface->as.interface.events,
				interface->as.interface.event_count);
		}
}
