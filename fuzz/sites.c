/* Places in values. See sites.h. */
#include "fuzz/sites.h"

#include <string.h>

struct finder {
	struct arena *arena;
	struct fuzz_sites *to;
	size_t capacity;
	unsigned limit;			/* of depth, here */
};

static void visit(struct finder *finder, const struct type *type,
	struct value *value, unsigned depth, size_t up);

/* What the decoder made lies in an arena, and nobody else has it. */
static struct value *own(const struct value *value)
{
	return (struct value *)(uintptr_t)value;
}

static size_t add(struct finder *finder, const struct type *type,
	struct value *value, unsigned depth, size_t up)
{
	struct fuzz_sites *sites = finder->to;

	if (sites->count == finder->capacity) {
		size_t capacity = finder->capacity ? 4 * finder->capacity : 64;
		struct fuzz_site *moved = arena_alloc(finder->arena,
			capacity * sizeof(*moved));

		if (sites->count)
			memcpy(moved, sites->items,
				sites->count * sizeof(*moved));
		sites->items = moved;
		finder->capacity = capacity;
	}
	sites->items[sites->count] = (struct fuzz_site){
		type, value, depth, finder->limit, up,
	};
	return sites->count++;
}

static void visit_member(struct finder *finder, const struct member *member,
	const struct value *object, unsigned depth, size_t up)
{
	unsigned limit = finder->limit;
	const struct value *value;

	for (const struct member *each = member->tags; each; each = each->next)
		visit_member(finder, each, object, depth, up);
	if (member->is_tags || member->type == NULL)
		return;
	value = value_member(object, member->name);
	if (member->depth_bound && depth + member->depth_bound < limit)
		finder->limit = depth + member->depth_bound;
	if (value)
		visit(finder, member->type, own(value), depth, up);
	finder->limit = limit;
}

static void visit_body(struct finder *finder, const struct body *body,
	const struct value *object, unsigned depth, size_t up)
{
	for (const struct member *member = body->first; member;
	     member = member->next)
		visit_member(finder, member, object, depth, up);
}

static bool is_worth(const struct type *element)
{
	return !type_is_raw_byte(element) || element->kind == TYPE_HANDLE;
}

static void visit(struct finder *finder, const struct type *type,
	struct value *value, unsigned depth, size_t up)
{
	size_t here;

	if (finder->to->count == FUZZ_SITES_MAX)
		return;
	here = add(finder, type, value, depth, up);
	if (type->element) {
		size_t count = value->as.list.repeats && value->as.list.count ? 1 :
			value->as.list.count;

		for (size_t i = 0; is_worth(type->element) && i < count; i++)
			visit(finder, type->element,
				own(&value->as.list.items[i]), depth, here);
	} else if (type->kind == TYPE_RECORD) {
		visit_body(finder, &type->declaration->as.structure.body, value,
			depth, here);
	} else if (type->kind == TYPE_STRUCT || type->kind == TYPE_VARIANT) {
		visit_body(finder, &type->declaration->as.structure.body, value,
			depth + 1, here);
	}
}

void fuzz_sites_find(struct arena *arena, const struct declaration *message,
	struct value *value, struct fuzz_sites *to)
{
	struct finder finder = {.arena = arena, .to = to, .limit = DEPTH_MAX};

	*to = (struct fuzz_sites){.message = message};
	add(&finder, NULL, value, 0, 0);
	visit_body(&finder, &message->as.message.head.body, value, 0, 0);
	if (message->as.message.tail.present)
		visit_body(&finder, &message->as.message.tail.body, value, 0, 0);
}

void fuzz_sites_find_below(struct arena *arena, const struct type *type,
	struct value *value, struct fuzz_sites *to)
{
	struct finder finder = {.arena = arena, .to = to, .limit = DEPTH_MAX};

	*to = (struct fuzz_sites){0};
	visit(&finder, type, value, 0, 0);
}

const struct body *fuzz_site_body(const struct fuzz_sites *sites,
	const struct fuzz_site *site, unsigned index)
{
	const struct declaration *message = sites->message;

	if (site->type == NULL) {
		if (index == 1)
			return message->as.message.tail.present ?
				&message->as.message.tail.body : NULL;
		return index ? NULL : &message->as.message.head.body;
	}
	return index == 0 && site->type->kind == TYPE_STRUCT ?
		&site->type->declaration->as.structure.body : NULL;
}

bool fuzz_same_type(const struct type *a, const struct type *b)
{
	if (a == NULL || b == NULL)
		return false;
	if (a == b)
		return true;
	if (a->kind != b->kind || a->declaration != b->declaration ||
	    a->width != b->width || a->is_signed != b->is_signed ||
	    (a->kind == TYPE_ARRAY && a->count != b->count))
		return false;
	return a->element == NULL || fuzz_same_type(a->element, b->element);
}

static struct value copy_object(struct arena *arena, const struct value *value)
{
	size_t count = value->as.object.count;
	struct value_member *members = arena_alloc(arena,
		(count + 1) * sizeof(*members));
	struct value copy = *value;

	for (size_t i = 0; i < count; i++) {
		members[i] = value->as.object.members[i];
		members[i].value = fuzz_copy_value(arena, &members[i].value);
	}
	copy.as.object.members = members;
	return copy;
}

static struct value copy_list(struct arena *arena, const struct value *value)
{
	size_t count = value->as.list.repeats && value->as.list.count ? 1 :
		value->as.list.count;
	struct value *items = arena_alloc(arena, (count + 1) * sizeof(*items));
	struct value copy = *value;

	for (size_t i = 0; i < count; i++)
		items[i] = fuzz_copy_value(arena, &value->as.list.items[i]);
	copy.as.list.items = items;
	return copy;
}

struct value fuzz_copy_value(struct arena *arena, const struct value *value)
{
	if (value->kind == VALUE_LIST)
		return copy_list(arena, value);
	if (value->kind == VALUE_OBJECT)
		return copy_object(arena, value);
	return *value;
}
