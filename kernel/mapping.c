/*
 * The mappings of a space: a balanced tree by address (AVL), in which each node
 * knows the greatest hole below it, so that a free place is found on one way
 * down. Ranges are worked on by cutting mappings at their ends first; pieces are
 * not put together again.
 */
#include "kernel/arch/arch.h"
#include "kernel/log.h"
#include "kernel/pool.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/trace.h"
#include "kernel.skald.h"

/* Where the kernel begins to look for a place. */
#define PLACES_BEGIN (UINT64_C(1) << 32)

/* ---- the tree ---- */

static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint32_t height(const struct mapping *node)
{
	return node ? node->height : 0;
}

/* The lowest that is taken: a stack has what it may grow into. */
static uint64_t low_of(const struct mapping *mapping)
{
	if (!(mapping->flags & kernel_MapFlags_GROWS_DOWN))
		return mapping->start;
	return mapping->offset < mapping->start - USER_BASE ?
		mapping->start - mapping->offset : USER_BASE;
}

static uint64_t hole_between(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static void sum_up(struct mapping *node)
{
	const struct mapping *left = node->left, *right = node->right;

	node->height = 1 + (uint32_t)greater(height(left), height(right));
	node->low = low_of(node);
	node->high = node->end;
	node->hole = 0;
	if (left) {
		node->hole = greater(left->hole, hole_between(left->high, node->low));
		node->low = left->low < node->low ? left->low : node->low;
	}
	if (right) {
		node->hole = greater(node->hole, greater(right->hole,
			hole_between(node->end, right->low)));
		node->high = right->high;
	}
}

static struct mapping *rotate(struct mapping *node, bool to_left)
{
	struct mapping *top = to_left ? node->right : node->left;

	if (to_left) {
		node->right = top->left;
		top->left = node;
	} else {
		node->left = top->right;
		top->right = node;
	}
	sum_up(node);
	sum_up(top);
	return top;
}

static struct mapping *balance(struct mapping *node)
{
	if (height(node->left) > height(node->right) + 1) {
		if (height(node->left->left) < height(node->left->right))
			node->left = rotate(node->left, true);
		return rotate(node, false);
	}
	if (height(node->right) > height(node->left) + 1) {
		if (height(node->right->right) < height(node->right->left))
			node->right = rotate(node->right, false);
		return rotate(node, true);
	}
	sum_up(node);
	return node;
}

static struct mapping *insert(struct mapping *node, struct mapping *mapping)
{
	if (!node) {
		mapping->left = mapping->right = NULL;
		sum_up(mapping);
		return mapping;
	}
	if (mapping->start < node->start)
		node->left = insert(node->left, mapping);
	else
		node->right = insert(node->right, mapping);
	return balance(node);
}

static struct mapping *take_first(struct mapping *node, struct mapping **first)
{
	if (!node->left) {
		*first = node;
		return node->right;
	}
	node->left = take_first(node->left, first);
	return balance(node);
}

static struct mapping *take_out(struct mapping *node, const struct mapping *mapping)
{
	struct mapping *heir;

	if (node != mapping) {
		if (mapping->start < node->start)
			node->left = take_out(node->left, mapping);
		else
			node->right = take_out(node->right, mapping);
		return balance(node);
	}
	if (!node->left || !node->right)
		return node->left ? node->left : node->right;
	node->right = take_first(node->right, &heir);
	heir->left = node->left;
	heir->right = node->right;
	return balance(heir);
}

struct mapping *space_find_from(const struct space *space, uint64_t address)
{
	struct mapping *node = space->mappings, *found = NULL;

	while (node) {
		if (node->end > address)
			found = node;
		node = node->end > address ? node->left : node->right;
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
	found = find_hole(node->left, from, length, behind);
	if (found)
		return found;
	if (hole_between(greater(*behind, from), low_of(node)) >= length)
		return greater(*behind, from);
	*behind = greater(*behind, node->end);
	return find_hole(node->right, from, length, behind);
}

uint64_t space_find_place(const struct space *space, uint64_t from, uint64_t length)
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
	return !(mapping->flags & kernel_MapFlags_PRIVATE) &&
		mapping->inherit == kernel_Inherit_SHARE;
}

static bool counts_as_writable(const struct mapping *mapping)
{
	return mapping->protection & kernel_Protection_WRITE &&
		!(mapping->flags & kernel_MapFlags_PRIVATE);
}

static struct memory *whole_of(const struct mapping *mapping)
{
	uint64_t unused = 0;

	return memory_whole(mapping->memory, &unused);
}

struct mapping *mapping_new(struct space *space, const struct mapping *like,
	kernel_error *error)
{
	struct mapping *mapping;

	*error = kernel_Error_QUOTA_EXCEEDED;
	if (!object_charge(&space->object, pool_cost(sizeof *mapping)))
		return NULL;
	mapping = pool_take(sizeof *mapping);
	if (!mapping) {
		object_discharge(&space->object, pool_cost(sizeof *mapping));
		*error = kernel_Error_NO_MEMORY;
		return NULL;
	}
	*error = 0;
	if (like)
		*mapping = *like;
	mapping->space = space;
	mapping->memory = mapping->own = NULL;
	mapping->seen_from = mapping->seen_to = 0;
	list_init(&mapping->in_memory);
	list_init(&mapping->in_own);
	return mapping;
}

bool mapping_set_memory(struct mapping *mapping, struct memory *memory)
{
	uint64_t unused = 0;
	struct memory *whole = memory_whole(memory, &unused);

	if (whole->mapping_count >= MEMORY_MAPPINGS_MAX)
		return false;
	object_take(&memory->object);
	mapping->memory = memory;
	list_add(&whole->mappings, &mapping->in_memory);
	whole->mapping_count++;
	return true;
}

void mapping_set_own(struct mapping *mapping, struct memory *own)
{
	object_take(&own->object);
	mapping->own = own;
	list_add(&own->overlays, &mapping->in_own);
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
	if (is_shared(mapping))
		mapping->space->shared += sign * bytes;
	if (counts_as_writable(mapping))
		whole_of(mapping)->writable_count += (uint32_t)sign;
}

void mapping_add(struct mapping *mapping)
{
	mapping->space->mappings = insert(mapping->space->mappings, mapping);
	count(mapping, true);
}

void mapping_remove(struct mapping *mapping)
{
	count(mapping, false);
	mapping->space->mappings = take_out(mapping->space->mappings, mapping);
}

void mapping_free(struct mapping *mapping)
{
	struct memory *memory = mapping->memory ? whole_of(mapping) : NULL;

	list_remove(&mapping->in_memory);
	list_remove(&mapping->in_own);
	if (memory) {
		memory->mapping_count--;
		if (memory->object.handles <= 1)
			memory_check_idle(memory);
		object_drop(&mapping->memory->object);
	}
	if (mapping->own)
		object_drop(&mapping->own->object);
	object_discharge(&mapping->space->object, pool_cost(sizeof *mapping));
	pool_give(mapping, sizeof *mapping);
}

/* ---- page tables ---- */

/* One page goes. True: it was there, and has to be flushed. */
static bool take_page(struct mapping *mapping, uint64_t address)
{
	bool touched = false, ok;

	if (arch_unmap(mapping->space, address, NULL, &touched, &ok) == UINT64_MAX)
		return false;
	mapping->space->resident--;
	if (touched && !mapping->own)
		memory_touched(mapping->memory, mapping->offset + address - mapping->start);
	return true;
}

bool mapping_clear(struct mapping *mapping, uint64_t from, uint64_t to, unsigned *steps)
{
	uint64_t at, lowest = 0, highest = 0;
	bool at_top = to >= mapping->seen_to;

	from = greater(from, mapping->seen_from);
	at = to = to < mapping->seen_to ? to : mapping->seen_to;
	for (; at > from && *steps > 0; --*steps) {
		at -= PAGE_SIZE;
		if (!take_page(mapping, at))
			continue;
		highest = highest ? highest : at;
		lowest = at;
	}
	if (highest)
		arch_flush(mapping->space, lowest, (highest - lowest) / PAGE_SIZE + 1);
	if (at_top)
		mapping->seen_to = greater(at < to ? at : to, mapping->seen_from);
	if (mapping->seen_from == mapping->seen_to)
		mapping->seen_from = mapping->seen_to = 0;
	return at <= from;
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
	upper->flags &= ~(uint32_t)kernel_MapFlags_GROWS_DOWN;
	if (mapping->seen_to > at) {
		upper->seen_from = greater(at, mapping->seen_from);
		upper->seen_to = mapping->seen_to;
		mapping->seen_to = at;
	}
	if (mapping->seen_from >= mapping->seen_to)
		mapping->seen_from = mapping->seen_to = 0;
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

bool space_clear(struct space *space, uint64_t address, uint64_t length,
	unsigned *steps, kernel_error *error)
{
	struct mapping *mapping = space_find_from(space, address);

	*error = mapping && mapping->start < address + length ?
		space_isolate(space, address, length) : 0;
	if (*error)
		return false;
	mapping = space_find_from(space, address);
	while (mapping && mapping->start < address + length) {
		if (mapping->seen_to && !mapping_clear(mapping, mapping->start, mapping->end,
				steps))
			return false;
		mapping = space_find_from(space, mapping->end);
	}
	return true;
}

kernel_error space_unmap(struct space *space, uint64_t address, uint64_t length,
	unsigned *steps, uint64_t *done)
{
	kernel_error error = space_check_range(address, length);
	uint64_t end = address + length;
	struct mapping *mapping;

	*done = 0;
	mapping = error ? NULL : space_find_from(space, address);
	if (mapping && mapping->start < end)
		error = space_isolate(space, address, length);
	if (error)
		return error;
	while ((mapping = space_find_from(space, address + *done)) != NULL &&
			mapping->start < end) {
		*done = mapping->start - address;
		if (*steps == 0 || !mapping_clear(mapping, mapping->start, mapping->end,
				steps))
			return 0;
		*steps -= *steps > 0;
		mapping_remove(mapping);
		mapping_free(mapping);
	}
	*done = length;
	TRACE(MEMORY, arch_cpu()->current, Mapped, .space = space->object.id,
		.address = address, .length = length);
	return 0;
}

/* ---- mapping ---- */

/* Nothing is mapped there, nor where one of the two wants to have nothing. */
static bool is_free(const struct space *space, uint64_t start, uint64_t end, bool guarded)
{
	const struct mapping *below = space_find_from(space, start - PAGE_SIZE);
	const struct mapping *above = space_find_from(space, start);

	if (above && above->start < end)
		return false;
	if (above && above->start == end &&
			(guarded || above->flags & kernel_MapFlags_GUARDED))
		return false;
	return !below || below->end != start ||
		!(guarded || below->flags & kernel_MapFlags_GUARDED);
}

/* Where it is to be; 0, or why not. */
static kernel_error choose_place(struct space *space, uint64_t length,
	uint64_t *address, uint32_t flags)
{
	kernel_error error;

	if (!(flags & kernel_MapFlags_FIXED)) {
		*address = space_find_place(space, *address, length);
		return *address ? 0 : kernel_Error_BAD_ADDRESS;
	}
	error = space_check_range(*address, length);
	if (!error && !(flags & kernel_MapFlags_REPLACE) && !is_free(space, *address,
			*address + length, flags & kernel_MapFlags_GUARDED))
		error = kernel_Error_OVERLAP;
	return error;
}

static kernel_error check_map(const struct memory *memory, uint64_t offset,
	uint64_t length, uint32_t protection, uint32_t flags)
{
	bool outside = offset > memory->size || length > memory->size - offset;

	if ((offset | length) & PAGE_MASK || length == 0 || protection > 7 ||
			length > USER_END || offset > MEMORY_MAX ||
			(flags & kernel_MapFlags_REPLACE && !(flags & kernel_MapFlags_FIXED)))
		return kernel_Error_INVALID;
	if (flags & kernel_MapFlags_PRIVATE && !memory_is_seen(memory))
		return kernel_Error_NOT_SUPPORTED;
	/* A file can grow; a slice, or a device, ends where it does. */
	return outside && (memory->whole || memory->is_run) ?
		kernel_Error_OUT_OF_RANGE : 0;
}

kernel_error space_map(struct space *space, struct memory *memory, uint64_t offset,
	uint64_t length, uint64_t *address, uint32_t protection, uint32_t flags,
	uint8_t inherit, uint8_t caching, uint64_t tag)
{
	uint32_t allowed = (protection | protection >> 8) & 7;
	struct mapping like = {.protection = protection & 7, .allowed = (uint8_t)allowed,
		.flags = flags & ~(uint32_t)(kernel_MapFlags_FIXED |
			kernel_MapFlags_REPLACE | kernel_MapFlags_POPULATE),
		.inherit = inherit, .caching = caching, .offset = offset, .tag = tag};
	kernel_error error = space->state >= kernel_SpaceState_ENDING ?
		kernel_Error_ENDED : check_map(memory, offset, length, protection & 0xff, flags);
	unsigned steps = UINT32_MAX;
	struct mapping *mapping;
	uint64_t done;

	if (!error)
		error = choose_place(space, length, address, flags);
	mapping = error ? NULL : mapping_new(space, &like, &error);
	if (mapping && !mapping_set_memory(mapping, memory))
		error = kernel_Error_BUSY;
	if (!error && flags & kernel_MapFlags_REPLACE)
		error = space_unmap(space, *address, length, &steps, &done);
	if (error) {
		if (mapping)
			mapping_free(mapping);
		return error;
	}
	mapping->start = *address;
	mapping->end = *address + length;
	mapping_add(mapping);
	TRACE(MEMORY, arch_cpu()->current, Mapped, .space = space->object.id,
		.memory = memory->object.id, .address = *address, .length = length,
		.flags = flags, .protection = mapping->protection);
	return 0;
}

/* Whether page tables may allow more than is allowed from now on. */
static void set_protection(struct mapping *mapping, uint32_t protection)
{
	if (mapping->protection & ~protection && mapping->seen_to)
		mapping->stale = true;
	mapping_remove(mapping);
	mapping->protection = (uint8_t)protection;
	mapping_add(mapping);
}

kernel_error space_protect(struct space *space, uint64_t address, uint64_t length,
	uint32_t protection, unsigned *steps, uint64_t *done)
{
	kernel_error error = protection > 7 ? kernel_Error_INVALID :
		space_check_range(address, length);

	if (!error)
		error = space_isolate(space, address, length);
	for (*done = 0; !error && *done < length && *steps > 0;) {
		struct mapping *mapping = space_find(space, address + *done);

		--*steps;
		if (!mapping)
			return kernel_Error_NOT_MAPPED;
		if (protection & ~(uint32_t)mapping->allowed)
			return kernel_Error_NO_ACCESS;
		if (mapping->protection != protection)
			set_protection(mapping, protection);
		if (mapping->stale && !mapping_clear(mapping, mapping->start, mapping->end,
				steps))
			return 0;
		mapping->stale = false;
		*done = mapping->end - address;
	}
	return error;
}
