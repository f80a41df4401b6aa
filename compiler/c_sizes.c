/*
 * Sizes of generated structs: what c_header.c declares, laid out as a C
 * compiler does it.
 */
#include "compiler/c_sizes.h"

#include "idl/map.h"

/* Of runtime/codec.h and runtime/attached.h. */
#define VIEW_SIZE 16			/* struct sk_string, struct sk_bytes */
#define LIST_SIZE 32			/* any list: items, count, wire */
#define LEASE_SIZE 24
#define HANDLE_SIZE 4
#define POINTER_SIZE 8

/* No compiler takes it: sums and products stop there. */
#define TOO_LARGE (UINT64_C(1) << 62)

struct extent {
	uint64_t size;
	uint64_t alignment;
};

/* What is known of a declaration. */
struct known {
	bool has_extent;
	struct extent extent;
	/* Elements on the stack while it is read, by the depth that is left. */
	bool has_spare[DEPTH_MAX + 1];
	uint64_t spare[DEPTH_MAX + 1];
};

struct c_sizes {
	struct arena *arena;
	struct map known;		/* by qualified name */
};

struct c_sizes *c_sizes_new(struct arena *arena)
{
	struct c_sizes *sizes = ARENA_NEW(arena, struct c_sizes);

	sizes->arena = arena;
	return sizes;
}

static struct known *known_of(struct c_sizes *sizes, const struct declaration *d)
{
	struct known *known = map_get(&sizes->known, d->qualified);

	if (known == NULL) {
		known = ARENA_NEW(sizes->arena, struct known);
		map_add(&sizes->known, sizes->arena, d->qualified, known);
	}
	return known;
}

/* ---- extents ---- */

static struct extent extent_of(struct c_sizes *sizes, const struct declaration *d);

static struct extent type_extent(struct c_sizes *sizes, const struct type *type)
{
	struct extent extent;

	switch (type->kind) {
	case TYPE_STRING:
		return (struct extent){ VIEW_SIZE, POINTER_SIZE };
	case TYPE_LIST:
		return (struct extent){ type_is_raw_byte(type->element)
			&& !(type->element->kind == TYPE_ENUM && type->element
				->declaration->as.enumeration.is_strict)
			? VIEW_SIZE : LIST_SIZE, POINTER_SIZE };
	case TYPE_LEASE:
		return (struct extent){ LEASE_SIZE, POINTER_SIZE };
	case TYPE_HANDLE:
		return (struct extent){ HANDLE_SIZE, HANDLE_SIZE };
	case TYPE_STRUCT:
	case TYPE_RECORD:
	case TYPE_VARIANT:
		return extent_of(sizes, type->declaration);
	case TYPE_ARRAY:
		extent = type_extent(sizes, type->element);
		extent.size = extent.size > TOO_LARGE / type->count ? TOO_LARGE
			: extent.size * type->count;
		return extent;
	default:
		return (struct extent){ type->width, type->width };
	}
}

static uint64_t align(uint64_t size, uint64_t alignment)
{
	return (size + alignment - 1) / alignment * alignment;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a + b > TOO_LARGE ? TOO_LARGE : a + b;
}

/* One more member of a struct; returns its offset. */
static uint64_t extend(struct extent *all, struct extent member)
{
	uint64_t offset = align(all->size, member.alignment);

	all->size = sum(offset, member.size);
	if (member.alignment > all->alignment)
		all->alignment = member.alignment;
	return offset;
}

/* A walk over the members of a struct, and who is told of them, if anybody. */
struct walk {
	struct c_sizes *sizes;
	struct extent all;
	void (*each)(void *context, const struct member *member, struct c_place place);
	void *context;
};

static void tell(const struct walk *walk, const struct member *member, uint64_t offset,
	uint64_t size)
{
	if (walk->each != NULL)
		walk->each(walk->context, member, (struct c_place){ offset, size });
}

/* A member without what says that it is there. */
static struct extent held_extent(struct c_sizes *sizes, const struct member *member)
{
	if (member->is_recursive)
		return (struct extent){ LIST_SIZE, POINTER_SIZE };
	return type_extent(sizes, member->type);
}

static void walk_member(struct walk *walk, const struct member *member)
{
	struct extent held = held_extent(walk->sizes, member);

	if (member->tag != 0 || member->is_optional)
		extend(&walk->all, (struct extent){ 1, 1 });
	tell(walk, member, extend(&walk->all, held), held.size);
}

static void walk_body(struct walk *walk, const struct body *body)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (!m->is_tags)
			walk_member(walk, m);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			walk_member(walk, t);
	}
}

static struct extent arm_extent(struct c_sizes *sizes, const struct member *arm)
{
	return arm->type == NULL ? (struct extent){ 0, 1 } : held_extent(sizes, arm);
}

/* The tag, the union of what arms hold, the bytes of an unknown one. */
static void walk_variant(struct walk *walk, const struct declaration *d)
{
	const struct member *first = d->as.structure.body.first;
	struct extent as = { 0, 1 };
	uint64_t offset;

	for (const struct member *m = first; m != NULL; m = m->next) {
		struct extent arm = arm_extent(walk->sizes, m);

		if (arm.size > as.size)
			as.size = arm.size;
		if (arm.alignment > as.alignment)
			as.alignment = arm.alignment;
	}
	as.size = align(as.size, as.alignment);
	extend(&walk->all, (struct extent){ 4, 4 });
	offset = extend(&walk->all, as);
	for (const struct member *m = first; m != NULL; m = m->next) {
		if (m->type != NULL)
			tell(walk, m, offset, arm_extent(walk->sizes, m).size);
	}
	if (d->as.structure.is_flexible)
		extend(&walk->all, (struct extent){ VIEW_SIZE, POINTER_SIZE });
}

static void walk_declaration(struct walk *walk, const struct declaration *d)
{
	walk->all = (struct extent){ 0, 1 };
	if (d->kind == DECLARATION_VARIANT) {
		walk_variant(walk, d);
	} else if (d->kind == DECLARATION_MESSAGE) {
		walk_body(walk, &d->as.message.head.body);
		walk_body(walk, &d->as.message.tail.body);
	} else {
		walk_body(walk, &d->as.structure.body);
		if (table_block(d) != NULL)
			extend(&walk->all, (struct extent){ VIEW_SIZE, POINTER_SIZE });
	}
}

static struct extent compute_extent(struct c_sizes *sizes, const struct declaration *d)
{
	struct walk walk = { .sizes = sizes };

	walk_declaration(&walk, d);
	if (walk.all.size == 0)		/* C wants a member */
		walk.all.size = 1;
	walk.all.size = align(walk.all.size, walk.all.alignment);
	return walk.all;
}

void c_each_place(struct c_sizes *sizes, const struct declaration *declaration,
	void (*each)(void *context, const struct member *member, struct c_place place),
	void *context)
{
	struct walk walk = { .sizes = sizes, .each = each, .context = context };

	walk_declaration(&walk, declaration);
}

static struct extent extent_of(struct c_sizes *sizes, const struct declaration *d)
{
	struct known *known = known_of(sizes, d);

	if (!known->has_extent) {
		known->extent = compute_extent(sizes, d);
		known->has_extent = true;
	}
	return known->extent;
}

uint64_t c_size_of(struct c_sizes *sizes, const struct declaration *declaration)
{
	return extent_of(sizes, declaration).size;
}

/* ---- elements on the stack ---- */

static uint64_t spare_in(struct c_sizes *sizes, const struct declaration *d, unsigned depth);

/* Reading a list has one of its elements on the stack, and what that takes. */
static uint64_t type_spare(struct c_sizes *sizes, const struct type *type, unsigned depth)
{
	switch (type->kind) {
	case TYPE_LIST:
		return sum(type_extent(sizes, type->element).size,
			type_spare(sizes, type->element, depth));
	case TYPE_ARRAY:
		return type_spare(sizes, type->element, depth);
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		return depth == 0 ? 0 : spare_in(sizes, type->declaration, depth - 1);
	default:
		return 0;
	}
}

static uint64_t member_spare(struct c_sizes *sizes, const struct member *member, unsigned depth)
{
	uint64_t one = 0;

	if (member->type == NULL)
		return 0;
	if (member->depth_bound != 0 && member->depth_bound < depth)
		depth = member->depth_bound;
	if (member->is_recursive && depth > 0)
		one = type_extent(sizes, member->type).size;
	return sum(one, type_spare(sizes, member->type, depth));
}

static uint64_t body_spare(struct c_sizes *sizes, const struct body *body, unsigned depth)
{
	uint64_t most = 0;

	for (const struct member *m = body->first; m != NULL; m = m->next) {
		uint64_t here = member_spare(sizes, m, depth);

		most = here > most ? here : most;
		for (const struct member *t = m->tags; t != NULL; t = t->next) {
			here = member_spare(sizes, t, depth);
			most = here > most ? here : most;
		}
	}
	return most;
}

static uint64_t spare_in(struct c_sizes *sizes, const struct declaration *d, unsigned depth)
{
	struct known *known = known_of(sizes, d);

	if (!known->has_spare[depth]) {
		known->spare[depth] = body_spare(sizes, &d->as.structure.body, depth);
		known->has_spare[depth] = true;
	}
	return known->spare[depth];
}

static uint64_t message_spare(struct c_sizes *sizes, const struct declaration *message)
{
	uint64_t head = body_spare(sizes, &message->as.message.head.body, DEPTH_MAX);
	uint64_t tail = body_spare(sizes, &message->as.message.tail.body, DEPTH_MAX);

	return head > tail ? head : tail;
}

uint64_t c_stack_of(struct c_sizes *sizes, const struct method *method)
{
	uint64_t beside, reply;

	if (method->request == NULL)
		return c_size_of(sizes, method->reply);
	beside = message_spare(sizes, method->request);
	reply = method->reply != NULL ? c_size_of(sizes, method->reply) : 0;
	return sum(c_size_of(sizes, method->request), reply > beside ? reply : beside);
}
