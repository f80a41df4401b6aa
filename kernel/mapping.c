/*
 * The mappings of a space: a balanced tree by address (AVL), in which each node
 * knows the greatest hole below it, so that a free place is found on one way
 * down. Ranges are worked on by cutting mappings at their ends first; pieces are
 * not put together again.
 */
#include "kernel/arch/arch.h"
#include "kernel/log.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/trace.h"
#include "kernel.skald.h"

/* Where the kernel begins to look for a place. */
#define PLACES_BEGIN (UINT64_C(1) << 32)
/* Of a balanced tree with more nodes than memory can have. */
#define HEIGHT_MAX 64
/* Flags that say where, and not what the mapping is. */
#define PLACING ((uint32_t)(kernel_MapFlags_FIXED | kernel_MapFlags_REPLACE))

/* ---- the tree ---- */

static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint32_t height(const struct mapping *node)
{
	return node ? node->height : 0;
}

static uint64_t hole_between(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* True: something is other than it was, which those above have to know. */
static bool sum_up(struct mapping *node)
{
	const struct mapping *below = node->child[0], *above = node->child[1];
	uint64_t low = node->start, high = node->end, hole = 0;
	uint32_t tallest = 0;
	bool changed;

	if (below) {
		low = below->low;
		hole = greater(below->hole, node->start - below->high);
		tallest = below->height;
	}
	if (above) {
		high = above->high;
		hole = greater(hole, greater(above->hole, above->low - node->end));
		tallest = above->height > tallest ? above->height : tallest;
	}
	changed = low != node->low || high != node->high || hole != node->hole ||
		tallest + 1 != node->height;
	node->low = low;
	node->high = high;
	node->hole = hole;
	node->height = tallest + 1;
	return changed;
}

/* The child on one side comes up. */
static struct mapping *rotate(struct mapping *node, unsigned side)
{
	struct mapping *top = node->child[side];

	node->child[side] = top->child[!side];
	top->child[!side] = node;
	sum_up(node);
	sum_up(top);
	return top;
}

static bool is_balanced(const struct mapping *node)
{
	return height(node->child[0]) + 1 - height(node->child[1]) <= 2;
}

static struct mapping *balance(struct mapping *node)
{
	unsigned side = height(node->child[1]) > height(node->child[0]);
	struct mapping *child = node->child[side];

	if (is_balanced(node)) {
		sum_up(node);
		return node;
	}
	if (height(child->child[side]) < height(child->child[!side]))
		node->child[side] = rotate(child, !side);
	return rotate(node, side);
}

/* After something below it has changed: true if it itself has. */
static inline bool update(struct mapping **at)
{
	if (is_balanced(*at))
		return sum_up(*at);
	*at = balance(*at);
	return true;
}

static void insert(struct mapping **at, struct mapping *mapping)
{
	struct mapping **way[HEIGHT_MAX];
	unsigned depth = 0;

	for (; *at; at = &(*at)->child[mapping->start > (*at)->start])
		way[depth++] = at;
	mapping->child[0] = mapping->child[1] = NULL;
	sum_up(mapping);
	*at = mapping;
	while (depth > 0 && update(way[depth - 1]))
		depth--;
}

static struct mapping *take_first(struct mapping *node, struct mapping **first)
{
	if (!node->child[0]) {
		*first = node;
		return node->child[1];
	}
	node->child[0] = take_first(node->child[0], first);
	return balance(node);
}

static struct mapping *take_out(struct mapping *node, const struct mapping *mapping)
{
	unsigned side = mapping->start > node->start;
	struct mapping *heir;

	if (node != mapping) {
		node->child[side] = take_out(node->child[side], mapping);
		return balance(node);
	}
	if (!node->child[0] || !node->child[1])
		return node->child[!node->child[0]];
	node->child[1] = take_first(node->child[1], &heir);
	heir->child[0] = node->child[0];
	heir->child[1] = node->child[1];
	return balance(heir);
}

struct mapping *space_find_from(const struct space *space, uint64_t address)
{
	struct mapping *node = space->mappings, *found = NULL;

	while (node) {
		if (node->end > address)
			found = node;
		node = node->child[node->end <= address];
	}
	return found;
}

struct mapping *space_find(const struct space *space, uint64_t address)
{
	struct mapping *mapping = space_find_from(space, address);

	return mapping && mapping->start <= address ? mapping : NULL;
}

/* From `from` on, in the hole between, and in the holes of a subtree. */
static uint64_t find_hole(const struct mapping *node, uint64_t from, uint64_t length,
	uint64_t *behind)
{
	uint64_t found;

	if (!node || node->high <= from)
		return 0;
	if (hole_between(greater(*behind, from), node->low) >= length)
		return greater(*behind, from);
	if (node->hole < length) {
		*behind = node->high;
		return 0;
	}
	found = find_hole(node->child[0], from, length, behind);
	if (found)
		return found;
	if (hole_between(greater(*behind, from), node->start) >= length)
		return greater(*behind, from);
	*behind = greater(*behind, node->end);
	return find_hole(node->child[1], from, length, behind);
}

/* Where so many bytes are free, with a page more on either side, from an address
 * on or else anywhere; 0: nowhere. */
static uint64_t find_place(const struct space *space, uint64_t from, uint64_t length)
{
	uint64_t starts[] = {from ? from : PLACES_BEGIN, PLACES_BEGIN, USER_BASE};
	uint64_t needed = length + 2 * PAGE_SIZE;

	if (length > USER_END - USER_BASE - 2 * PAGE_SIZE)
		return 0;
	for (unsigned i = 0; i < 3; i++) {
		uint64_t at, behind = 0, start = starts[i] & ~PAGE_MASK;

		if (start < USER_BASE + PAGE_SIZE || start >= USER_END)
			start = USER_BASE + PAGE_SIZE;
		at = find_hole(space->mappings, start - PAGE_SIZE, needed, &behind);
		if (!at)
			at = greater(behind, start - PAGE_SIZE);
		if (at < USER_END && USER_END - at >= needed)
			return at + PAGE_SIZE;
	}
	return 0;
}

/* ---- records ---- */

static bool is_shared(const struct mapping *mapping)
{
	return !(mapping->flags & kernel_MapFlags_PRIVATE);
}

struct mapping *mapping_new(struct space *space, const struct mapping *like,
	kernel_error *error)
{
	struct mapping *mapping = object_allocate(&space->object, sizeof *mapping);

	*error = mapping ? 0 : kernel_Error_QUOTA_EXCEEDED;
	if (!mapping)
		return NULL;
	if (like)
		*mapping = *like;
	mapping->space = space;
	mapping->memory = mapping->own = NULL;
	list_init(&mapping->in_memory);
	list_init(&mapping->in_own);
	return mapping;
}

bool mapping_set_memory(struct mapping *mapping, struct memory *memory)
{
	if (memory->mapping_count >= MEMORY_MAPPINGS_MAX)
		return false;
	object_take(&memory->object);
	mapping->memory = memory;
	list_add(&memory->mappings, &mapping->in_memory);
	memory->mapping_count++;
	return true;
}

void mapping_set_own(struct mapping *mapping, struct memory *own)
{
	object_take(&own->object);
	mapping->own = own;
	own->is_own = true;
	list_add(&own->mappings, &mapping->in_own);
}

bool mapping_make_own(struct mapping *mapping, kernel_error *error)
{
	struct memory *own = memory_new(mapping->space->object.quota, MEMORY_MAX, error);

	if (!own)
		return false;
	mapping_set_own(mapping, own);
	object_drop(&own->object);
	return true;
}

/* What changes with it in its space and its memory: counted, or no longer. */
static void count(struct mapping *mapping, bool in)
{
	uint64_t bytes = mapping->end - mapping->start, sign = in ? 1 : UINT64_MAX;

	mapping->space->mapped += sign * bytes;
	if (!is_shared(mapping))
		return;
	mapping->space->shared += sign * bytes;
	if (mapping->protection & kernel_Protection_WRITE)
		mapping->memory->writable_count += (uint32_t)sign;
}

void mapping_add(struct mapping *mapping)
{
	insert(&mapping->space->mappings, mapping);
	count(mapping, true);
}

void mapping_remove(struct mapping *mapping)
{
	count(mapping, false);
	mapping->space->mappings = take_out(mapping->space->mappings, mapping);
}

void mapping_free(struct mapping *mapping)
{
	struct memory *memory = mapping->memory;

	list_remove(&mapping->in_memory);
	list_remove(&mapping->in_own);
	if (memory) {
		memory->mapping_count--;
		if (memory->object.handles <= 1)
			memory_check_idle(memory);
		object_drop(&memory->object);
	}
	if (mapping->own)
		object_drop(&mapping->own->object);
	object_release(&mapping->space->object, mapping, sizeof *mapping);
}

/* ---- ranges ---- */

kernel_error space_check_range(uint64_t address, uint64_t length)
{
	if ((address | length) & PAGE_MASK || length == 0)
		return kernel_Error_INVALID;
	return address < USER_BASE || address >= USER_END || length > USER_END - address ?
		kernel_Error_BAD_ADDRESS : 0;
}

/* What is above an address becomes a mapping of its own. */
static kernel_error split(struct mapping *mapping, uint64_t at)
{
	kernel_error error;
	struct mapping *upper = mapping_new(mapping->space, mapping, &error);

	if (!upper)
		return error;
	if (!mapping_set_memory(upper, mapping->memory)) {
		mapping_free(upper);
		return kernel_Error_BUSY;
	}
	if (mapping->own)
		mapping_set_own(upper, mapping->own);
	upper->start = at;
	upper->offset += at - mapping->start;
	mapping_remove(mapping);
	mapping->end = at;
	mapping_add(mapping);
	mapping_add(upper);
	return 0;
}

kernel_error space_isolate(struct space *space, uint64_t address, uint64_t length)
{
	uint64_t ends[] = {address, address + length};
	kernel_error error = 0;

	for (unsigned i = 0; i < 2 && !error; i++) {
		struct mapping *mapping = space_find(space, ends[i]);

		if (mapping && mapping->start < ends[i])
			error = split(mapping, ends[i]);
	}
	return error;
}

bool space_clear(struct space *space, uint64_t from, uint64_t to, unsigned *steps)
{
	space->losses++;
	return !space->has_tables || arch_unmap(space, from, to, steps);
}

bool space_unmap(struct space *space, uint64_t address, uint64_t length,
	unsigned *steps, kernel_error *error)
{
	uint64_t end = address + length;
	struct mapping *mapping;

	*error = space_check_range(address, length);
	if (!*error)
		*error = space_isolate(space, address, length);
	if (*error || !space_clear(space, address, end, steps))
		return false;
	while ((mapping = space_find_from(space, address)) && mapping->start < end) {
		if (!object_step(steps))
			return false;
		mapping_remove(mapping);
		mapping_free(mapping);
	}
	TRACE(MEMORY, Mapped, .space = space->object.id,
		.address = address, .length = length);
	return true;
}

/* Nobody has a page as it was when the protection changes. */
static bool apply(const struct change *change, struct mapping *mapping, unsigned *steps,
	kernel_error *error)
{
	if (change->inherit >= 0)
		mapping->inherit = (uint8_t)change->inherit;
	if (change->locked >= 0)
		mapping->flags = change->locked ? mapping->flags | kernel_MapFlags_LOCKED :
			mapping->flags & ~(uint32_t)kernel_MapFlags_LOCKED;
	if (change->protection < 0)
		return true;
	if (change->protection & ~mapping->allowed)
		*error = kernel_Error_NO_ACCESS;
	if (*error || (mapping->protection & ~change->protection && !space_clear(
			mapping->space, mapping->start, mapping->end, steps)))
		return false;
	mapping_remove(mapping);
	mapping->protection = (uint8_t)change->protection;
	mapping_add(mapping);
	return true;
}

bool space_change(struct space *space, uint64_t *at, uint64_t end,
	const struct change *change, unsigned *steps, kernel_error *error)
{
	*error = space_isolate(space, *at, end - *at);
	while (!*error && *at < end) {
		struct mapping *mapping = space_find_from(space, *at);

		if (change->protection >= 0 && (!mapping || mapping->start > *at))
			*error = kernel_Error_NOT_MAPPED;
		if (*error || !mapping || mapping->start >= end)
			break;
		if (*steps == 0 || !apply(change, mapping, steps, error))
			return false;
		*steps -= *steps > 0;
		*at = mapping->end;
	}
	return !*error;
}

/* ---- mapping ---- */

bool space_is_free(const struct space *space, uint64_t start, uint64_t length)
{
	const struct mapping *above = space_find_from(space, start);

	return !above || above->start >= start + length;
}

/* A part of a memory can be mapped at all; 0, or why not. */
static kernel_error check_part(const struct memory *memory, uint64_t offset,
	uint64_t length, uint32_t flags)
{
	bool outside = offset > memory->size || length > memory->size - offset;

	if ((offset | length) & PAGE_MASK || length == 0 || length > USER_END ||
			offset > MEMORY_MAX)
		return kernel_Error_INVALID;
	if (flags & kernel_MapFlags_PRIVATE && !memory_is_seen(memory))
		return kernel_Error_NOT_SUPPORTED;
	/* A file can grow; a device ends where it does. */
	return outside && memory->is_run ? kernel_Error_OUT_OF_RANGE : 0;
}

kernel_error space_choose_place(const struct space *space, uint64_t length,
	uint64_t *address, bool fixed)
{
	kernel_error error;

	if (!fixed) {
		*address = find_place(space, *address, length);
		return *address ? 0 : kernel_Error_BAD_ADDRESS;
	}
	error = space_check_range(*address, length);
	return error ? error : space_is_free(space, *address, length) ? 0 :
		kernel_Error_OVERLAP;
}

static struct mapping *mapping_of(struct space *space, struct memory *memory,
	uint64_t offset, uint64_t length, uint32_t flags, kernel_error *error)
{
	struct mapping *mapping;

	*error = space->state >= kernel_SpaceState_ENDING ? kernel_Error_ENDED :
		check_part(memory, offset, length, flags);
	mapping = *error ? NULL : mapping_new(space, NULL, error);
	if (!mapping)
		return NULL;
	mapping->end = length;
	mapping->offset = offset;
	mapping->flags = flags & ~PLACING;
	if (mapping_set_memory(mapping, memory))
		return mapping;
	mapping_free(mapping);
	*error = kernel_Error_BUSY;
	return NULL;
}

/* What a mapping of a memory may ever be, by the handle's rights. */
static uint32_t allowed_by(uint16_t rights, uint32_t flags)
{
	uint32_t allowed = (rights & kernel_Rights_READ ? kernel_Protection_READ : 0u) |
		(rights & kernel_Rights_WRITE ? kernel_Protection_WRITE : 0u) |
		(rights & kernel_Rights_EXECUTE ? kernel_Protection_EXECUTE : 0u);

	if (flags & kernel_MapFlags_PRIVATE && rights & kernel_Rights_READ)
		allowed |= kernel_Protection_WRITE;
	return allowed;
}

struct mapping *mapping_of_handle(struct space *space, const struct handle *memory,
	uint64_t offset, uint64_t length, uint32_t protection, uint32_t flags, int *error)
{
	uint32_t allowed = allowed_by(memory->rights, flags);
	struct mapping *mapping;

	*error = memory->object->type != &memory_type ||
		!(memory->rights & kernel_Rights_MAP) ? SK_BAD_HANDLE :
		protection > 7 ? kernel_Error_INVALID :
		protection & ~allowed ? kernel_Error_NO_ACCESS : 0;
	mapping = *error ? NULL : mapping_of(space, object_self(memory->object), offset,
		length, flags, error);
	if (mapping) {
		mapping->protection = (uint8_t)protection;
		mapping->allowed = (uint8_t)allowed;
	}
	return mapping;
}

kernel_error mapping_place(struct mapping *mapping, uint64_t *address, bool fixed)
{
	uint64_t length = mapping->end;
	kernel_error error = space_choose_place(mapping->space, length, address, fixed);

	if (error) {
		mapping_free(mapping);
		return error;
	}
	mapping->start = *address;
	mapping->end = *address + length;
	mapping_add(mapping);
	if (length == PAGE_SIZE)
		space_fill(mapping);
	TRACE(MEMORY, Mapped, .space = mapping->space->object.id,
		.memory = mapping->memory->object.id, .address = *address,
		.length = length, .flags = mapping->flags,
		.protection = mapping->protection);
	return 0;
}

kernel_error space_map(struct space *space, struct memory *memory, uint64_t offset,
	uint64_t length, uint64_t *address, uint32_t protection, uint32_t flags,
	uint8_t inherit, uint64_t tag)
{
	kernel_error error;
	struct mapping *mapping = mapping_of(space, memory, offset, length, flags, &error);

	if (!mapping)
		return error;
	mapping->protection = protection & 7;
	mapping->allowed = (protection | protection >> 8) & 7;
	mapping->inherit = inherit;
	mapping->tag = tag;
	return mapping_place(mapping, address, flags & kernel_MapFlags_FIXED);
}
