/*
 * Pages of spaces: which frame an access gets, how it comes into page tables,
 * and how it is taken out of all of them before it is another's.
 */
#include "kernel/space.h"
#include "kernel/trace.h"

#include "kernel/thread.h"
#include "fault.skald.h"
#include "kernel.skald.h"

/* ---- which frame ---- */

static enum touch fault(uint32_t *reason, uint32_t why)
{
	*reason = why;
	return TOUCH_FAULT;
}

/* A PRIVATE mapping's page becomes its own: a copy of what is there. */
static enum memory_page make_own(struct mapping *mapping, uint64_t offset)
{
	kernel_error error;
	unsigned steps = UINT32_MAX;
	uint64_t frame, at = mapping->start + (offset - mapping->offset);
	bool writable;
	enum memory_page page = memory_page(mapping->memory, offset, false, &frame,
		&writable);

	if (page != MEMORY_THERE)
		return page;
	if (!mapping->own && !mapping_make_own(mapping, &error))
		return MEMORY_NO_FRAME;
	if (!memory_copy_page(mapping->own, offset, frame))
		return MEMORY_NO_FRAME;
	mapping_clear(mapping, at, at + PAGE_SIZE, &steps);
	return MEMORY_THERE;
}

/* The memory that a page of a mapping is in. */
static struct memory *memory_of(const struct mapping *mapping, uint64_t offset)
{
	return mapping->own && memory_has(mapping->own, offset) ? mapping->own :
		mapping->memory;
}

static enum touch find_frame(struct mapping *mapping, uint64_t offset, bool write,
	uint64_t *frame, bool *writable, uint32_t *reason)
{
	struct memory *memory = memory_of(mapping, offset);
	bool is_own = memory == mapping->own;
	enum memory_page page = MEMORY_THERE;

	if (offset >= mapping->memory->size)
		return fault(reason, fault_Reason_OUT_OF_RANGE);
	if (mapping->flags & kernel_MapFlags_PRIVATE && !is_own && write) {
		page = make_own(mapping, offset);
		is_own = page == MEMORY_THERE;
		memory = is_own ? mapping->own : memory;
	}
	if (page == MEMORY_THERE)
		page = memory_page(memory, offset, write, frame, writable);
	if (mapping->flags & kernel_MapFlags_PRIVATE && !is_own)
		*writable = false;
	switch (page) {
	case MEMORY_THERE:
		return TOUCH_DONE;
	case MEMORY_BEYOND:
		return fault(reason, fault_Reason_OUT_OF_RANGE);
	case MEMORY_NO_FRAME:
		return fault(reason, fault_Reason_QUOTA);
	default:
		*reason = fault_Reason_NO_PAGE;
		return TOUCH_PAGER;
	}
}

/* ---- which mapping ---- */

/* Nothing is mapped there: a stack grows, or says why not. */
static struct mapping *grow(struct space *space, uint64_t page, uint32_t *reason)
{
	struct mapping *above = space_find_from(space, page), *below;
	uint64_t by = above ? above->start - page : 0;

	*reason = fault_Reason_NOT_MAPPED;
	below = space_find_from(space, page - PAGE_SIZE);
	if ((above && above->flags & kernel_MapFlags_GUARDED && by == PAGE_SIZE) ||
			(below != above && below->flags & kernel_MapFlags_GUARDED))
		*reason = fault_Reason_GUARD;
	if (!above || !(above->flags & kernel_MapFlags_GROWS_DOWN))
		return NULL;
	/* Up to its memory's begin, and a page of distance to what is below. */
	if (by > above->offset || below != above) {
		*reason = fault_Reason_GUARD;
		return NULL;
	}
	mapping_remove(above);
	above->start -= by;
	above->offset -= by;
	mapping_add(above);
	return above;
}

static uint32_t needed(uint32_t access)
{
	return access & (fault_Access_READ | fault_Access_WRITE | fault_Access_EXECUTE);
}

static struct mapping *find_mapping(struct space *space, uint64_t page, uint32_t access,
	uint32_t *reason)
{
	struct mapping *mapping;

	*reason = fault_Reason_BAD_ADDRESS;
	if (page >= USER_END)
		return NULL;
	*reason = fault_Reason_NOT_MAPPED;
	if (page < USER_BASE)
		return NULL;
	mapping = space_find(space, page);
	if (!mapping)
		mapping = grow(space, page, reason);
	if (!mapping || access & ACCESS_FORCED || !(needed(access) & ~mapping->protection))
		return mapping;
	*reason = fault_Reason_PROTECTION;
	return NULL;
}

/* A write that is forced on what may not be written: only to what is its own. */
static bool is_denied(const struct mapping *mapping, uint32_t access)
{
	return access & ACCESS_FORCED && access & fault_Access_WRITE &&
		!(mapping->flags & kernel_MapFlags_PRIVATE) &&
		!(mapping->allowed & kernel_Protection_WRITE);
}

/* ---- touching ---- */

static enum touch find(struct space *space, uint64_t page, uint32_t access,
	struct mapping **mapping, uint64_t *frame, bool *writable, uint32_t *reason)
{
	*mapping = find_mapping(space, page, access, reason);
	if (!*mapping)
		return TOUCH_FAULT;
	if (is_denied(*mapping, access))
		return fault(reason, fault_Reason_PROTECTION);
	return find_frame(*mapping, (*mapping)->offset + page - (*mapping)->start,
		access & fault_Access_WRITE, frame, writable, reason);
}

static bool put_page(struct mapping *mapping, uint64_t page, uint64_t frame,
	bool writable)
{
	uint32_t caching = mapping->caching ? mapping->caching : mapping->memory->caching;
	uint32_t flags, before;
	uint64_t there;
	bool replaces;

	if (!mapping->space->has_tables)
		return false;
	replaces = arch_look(mapping->space, page, &there, &before);
	flags = mapping->protection & (writable ? 7u : 7u & ~(uint32_t)kernel_Protection_WRITE);
	if (!arch_map(mapping->space, page, frame, flags | caching << ARCH_CACHING_SHIFT))
		return false;
	if (replaces && (there != frame || before & ~flags & 7))
		arch_flush(mapping->space, page, 1);
	mapping->space->resident += !replaces;
	if (!mapping->seen_to || page < mapping->seen_from)
		mapping->seen_from = page;
	if (page + PAGE_SIZE > mapping->seen_to)
		mapping->seen_to = page + PAGE_SIZE;
	return true;
}

static enum touch ask_pager(const struct mapping *mapping, uint64_t page,
	uint32_t access, struct thread *thread, uint64_t address, uint32_t *reason)
{
	uint64_t offset = mapping->offset + page - mapping->start;
	struct memory *memory = memory_asked(memory_of(mapping, offset), &offset);

	if (pager_is_of(memory, mapping->space))
		return fault(reason, fault_Reason_OWN_PAGER);
	if (thread)
		pager_ask(memory, offset, thread, address, access);
	return TOUCH_PAGER;
}

enum touch space_touch(struct space *space, uint64_t address, uint32_t access,
	struct thread *thread, uint32_t *reason)
{
	uint64_t page = address & ~PAGE_MASK, frame;
	struct mapping *mapping;
	bool writable;
	enum touch touch = find(space, page, access, &mapping, &frame, &writable, reason);

	if (touch == TOUCH_PAGER)
		return ask_pager(mapping, page, access, thread, address, reason);
	if (touch == TOUCH_DONE && !put_page(mapping, page, frame, writable))
		return fault(reason, fault_Reason_QUOTA);
	if (touch == TOUCH_DONE)
		TRACE(MEMORY, thread, PageFilled, .thread = trace_id(thread),
			.address = address, .memory = mapping->memory->object.id,
			.access = access);
	return touch;
}

enum touch space_frame(struct space *space, uint64_t address, uint32_t access,
	uint64_t *frame, uint32_t *reason)
{
	struct mapping *mapping;
	bool writable;
	enum touch touch = find(space, address & ~PAGE_MASK, access, &mapping, frame,
		&writable, reason);

	if (touch == TOUCH_DONE && !memory_is_seen(mapping->memory))
		return fault(reason, fault_Reason_PROTECTION);
	return touch;
}

/* ---- taking out ---- */

/* The part of a mapping that a range of its memory is in; of slices: from the
 * whole's `base`. False: none. */
static bool find_part(const struct mapping *mapping, uint64_t base, uint64_t offset,
	uint64_t length, uint64_t *from, uint64_t *to)
{
	uint64_t first = mapping->offset + base;
	uint64_t end = first + (mapping->end - mapping->start);
	uint64_t last = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;

	if (!mapping->seen_to || !mapping->space->has_tables || end <= offset || first >= last)
		return false;
	*from = mapping->start + (offset > first ? offset - first : 0);
	*to = mapping->end - (end > last ? end - last : 0);
	return true;
}

static void protect_pages(const struct mapping *mapping, uint64_t from, uint64_t to)
{
	uint64_t frame;
	uint32_t flags;

	for (; from < to; from += PAGE_SIZE) {
		if (!arch_look(mapping->space, from, &frame, &flags) ||
				!(flags & kernel_Protection_WRITE))
			continue;
		arch_protect(mapping->space, from, flags & ~(uint32_t)kernel_Protection_WRITE);
		arch_flush(mapping->space, from, 1);
	}
}

static bool change_pages(struct memory *memory, uint64_t offset, uint64_t length,
	bool protect, unsigned *steps)
{
	struct list *heads[] = {&memory->mappings, &memory->overlays};
	uint64_t from, to;

	for (unsigned i = 0; i < 2; i++) {
		for (struct list *at = heads[i]->next; at != heads[i]; at = at->next) {
			struct mapping *mapping = i == 0 ?
				LIST_OF(at, struct mapping, in_memory) :
				LIST_OF(at, struct mapping, in_own);

			if (!find_part(mapping, i == 0 ? mapping->memory->base : 0, offset,
					length, &from, &to))
				continue;
			if (protect)
				protect_pages(mapping, from, to);
			else if (!mapping_clear(mapping, from, to, steps))
				return false;
		}
	}
	return true;
}

void space_forget(struct memory *memory, uint64_t offset, uint64_t length)
{
	unsigned steps = UINT32_MAX;

	change_pages(memory, offset, length, false, &steps);
}

bool space_forget_beyond(struct memory *memory, uint64_t offset, unsigned *steps)
{
	return change_pages(memory, offset, UINT64_MAX - offset, false, steps);
}

void space_protect_all(struct memory *memory, uint64_t offset, uint64_t length)
{
	change_pages(memory, offset, length, true, NULL);
}

bool space_is_locked(const struct memory *memory, uint64_t offset)
{
	for (struct list *at = memory->mappings.next; at != &memory->mappings; at = at->next) {
		const struct mapping *mapping = LIST_OF(at, struct mapping, in_memory);
		uint64_t from = mapping->offset + mapping->memory->base;

		if (mapping->flags & kernel_MapFlags_LOCKED &&
				offset - from < mapping->end - mapping->start)
			return true;
	}
	return false;
}
