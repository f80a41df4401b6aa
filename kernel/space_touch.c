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
	uint64_t frame, at = mapping->start + (offset - mapping->offset);
	unsigned steps = UINT32_MAX;
	bool writable;
	enum memory_page page = memory_page(mapping->memory, offset, false, &frame,
		&writable);

	if (page != MEMORY_THERE)
		return page;
	if (!mapping->own && !mapping_make_own(mapping, &error))
		return MEMORY_NO_FRAME;
	if (!memory_copy_page(mapping->own, offset, frame))
		return MEMORY_NO_FRAME;
	space_clear(mapping->space, at, at + PAGE_SIZE, &steps);
	return MEMORY_THERE;
}

static enum touch find_frame(struct mapping *mapping, uint64_t offset, bool write,
	uint64_t *frame, bool *writable, uint32_t *reason)
{
	bool is_private = mapping->flags & kernel_MapFlags_PRIVATE;
	bool is_own = mapping->own && memory_has(mapping->own, offset);
	enum memory_page page = MEMORY_THERE;

	if (offset >= mapping->memory->size)
		return fault(reason, fault_Reason_OUT_OF_RANGE);
	if (is_private && !is_own && write) {
		page = make_own(mapping, offset);
		is_own = page == MEMORY_THERE;
	}
	if (page == MEMORY_THERE)
		page = memory_page(is_own ? mapping->own : mapping->memory, offset, write,
			frame, writable);
	if (is_private && !is_own)
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

static enum touch find_page(struct mapping *mapping, uint64_t page, uint32_t access,
	uint64_t *frame, bool *writable, uint32_t *reason)
{
	if (is_denied(mapping, access))
		return fault(reason, fault_Reason_PROTECTION);
	return find_frame(mapping, mapping->offset + page - mapping->start,
		access & fault_Access_WRITE, frame, writable, reason);
}

static bool put_page(const struct mapping *mapping, uint64_t page, uint64_t frame,
	bool writable)
{
	uint32_t flags = mapping->protection &
		(writable ? 7u : 7u & ~(uint32_t)kernel_Protection_WRITE);

	return mapping->space->has_tables && arch_map(mapping->space, page, frame,
		flags | (uint32_t)mapping->memory->caching << ARCH_CACHING_SHIFT);
}

static enum touch ask_pager(const struct mapping *mapping, uint64_t page,
	uint32_t access, struct thread *thread, uint64_t address, uint32_t *reason)
{
	uint64_t offset = mapping->offset + page - mapping->start;

	if (pager_is_of(mapping->memory, mapping->space))
		return fault(reason, fault_Reason_OWN_PAGER);
	if (thread)
		pager_ask(mapping->memory, offset, thread, address, access);
	return TOUCH_PAGER;
}

enum touch space_touch(struct space *space, uint64_t address, uint32_t access,
	struct thread *thread, uint32_t *reason)
{
	uint64_t page = address & ~PAGE_MASK, frame;
	struct mapping *mapping = find_mapping(space, page, access, reason);
	bool writable;
	enum touch touch;

	if (!mapping)
		return TOUCH_FAULT;
	touch = find_page(mapping, page, access, &frame, &writable, reason);
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

/* Page tables have it for such an access. */
static bool look(struct space *space, uint64_t address, uint32_t access, uint64_t *frame,
	uint32_t *flags)
{
	return address < USER_END && space->has_tables &&
		arch_look(space, address, frame, flags) && !(needed(access) & ~*flags);
}

void space_fill(struct mapping *mapping)
{
	uint64_t frame;
	bool writable;
	uint32_t reason;

	if (find_frame(mapping, mapping->offset, false, &frame, &writable, &reason)
			== TOUCH_DONE && mapping->protection &&
	    (writable || !(mapping->protection & kernel_Protection_WRITE)) &&
	    put_page(mapping, mapping->start, frame, writable))
		mapping->space->filled = mapping->start;
}

enum touch space_frame(struct space *space, uint64_t address, uint32_t access,
	uint64_t *frame, uint32_t *reason)
{
	uint64_t page = address & ~PAGE_MASK;
	struct mapping *mapping;
	bool writable;
	enum touch touch;
	uint32_t flags;

	if (!(access & ACCESS_FORCED) && look(space, address, access, frame, &flags) &&
			flags >> ARCH_CACHING_SHIFT <= kernel_Caching_WRITE_BACK)
		return TOUCH_DONE;
	mapping = find_mapping(space, page, access, reason);
	if (!mapping)
		return TOUCH_FAULT;
	touch = find_page(mapping, page, access, frame, &writable, reason);
	if (touch == TOUCH_DONE && !memory_is_seen(mapping->memory))
		return fault(reason, fault_Reason_PROTECTION);
	/* Then it is found sooner the next time; without a table it is found again. */
	if (touch == TOUCH_DONE && !(access & ACCESS_FORCED))
		put_page(mapping, page, *frame, writable);
	return touch;
}

/* ---- taking out ---- */

/* The next of the mappings that see pages [offset, end) of a memory, behind *at in
 * its list, and where they do. NULL: no more. */
static struct mapping *next_seen(const struct memory *memory, struct list **at,
	uint64_t offset, uint64_t end, uint64_t *from, uint64_t *to)
{
	while ((*at = (*at)->next) != &memory->mappings) {
		struct mapping *mapping = memory->is_own ?
			LIST_OF(*at, struct mapping, in_own) :
			LIST_OF(*at, struct mapping, in_memory);
		uint64_t first = mapping->offset;
		uint64_t last = first + (mapping->end - mapping->start);

		if (!mapping->space->has_tables || last <= offset || first >= end)
			continue;
		*from = mapping->start + (offset > first ? offset - first : 0);
		*to = mapping->end - (last > end ? last - end : 0);
		return mapping;
	}
	return NULL;
}

bool space_forget(struct memory *memory, uint64_t offset, uint64_t end, unsigned *steps)
{
	struct list *at = &memory->mappings;
	struct mapping *mapping;
	uint64_t from, to;

	while ((mapping = next_seen(memory, &at, offset, end, &from, &to)) != NULL)
		if (!arch_unmap(mapping->space, from, to, steps))
			return false;
	return true;
}

void space_protect_all(struct memory *memory, uint64_t offset, uint64_t end)
{
	struct list *at = &memory->mappings;
	struct mapping *mapping;
	uint64_t from, to;

	while ((mapping = next_seen(memory, &at, offset, end, &from, &to)) != NULL)
		arch_protect(mapping->space, from, to);
}

bool space_is_locked(const struct memory *memory, uint64_t offset)
{
	struct list *at = (struct list *)(uintptr_t)&memory->mappings;
	const struct mapping *mapping;
	uint64_t from, to;

	while ((mapping = next_seen(memory, &at, offset, offset + 1, &from, &to)) != NULL)
		if (mapping->flags & kernel_MapFlags_LOCKED)
			return true;
	return false;
}
