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

static enum touch find_frame(struct mapping *mapping, uint64_t at, uint32_t access,
	uint64_t *frame, bool *writable, uint32_t *reason)
{
	uint64_t offset = mapping->offset + at - mapping->start;
	bool is_private = mapping->flags & kernel_MapFlags_PRIVATE;
	bool is_own = mapping->own && memory_has(mapping->own, offset);
	bool write = access & fault_Access_WRITE;
	enum memory_page page = offset >= mapping->memory->size ? MEMORY_BEYOND :
		MEMORY_THERE;

	if (page == MEMORY_THERE && is_private && !is_own && write) {
		page = make_own(mapping, offset);
		is_own = page == MEMORY_THERE;
	}
	if (page == MEMORY_THERE)
		page = memory_page(is_own ? mapping->own : mapping->memory, offset, write,
			frame, writable);
	if (is_private && !is_own)
		*writable = false;
	*reason = page == MEMORY_BEYOND ? fault_Reason_OUT_OF_RANGE :
		page == MEMORY_NO_FRAME ? fault_Reason_QUOTA : fault_Reason_NO_PAGE;
	return page == MEMORY_THERE ? TOUCH_DONE :
		page == MEMORY_PAGER ? TOUCH_PAGER : TOUCH_FAULT;
}

/* ---- which mapping ---- */

static uint32_t needed(uint32_t access)
{
	return access & (fault_Access_READ | fault_Access_WRITE | fault_Access_EXECUTE);
}

/* A write may be forced on what may not be written: but only on what is its own. */
static bool is_allowed(const struct mapping *mapping, uint32_t access)
{
	if (!(access & ACCESS_FORCED))
		return !(needed(access) & ~mapping->protection);
	return !(access & fault_Access_WRITE) ||
		mapping->flags & kernel_MapFlags_PRIVATE ||
		mapping->allowed & kernel_Protection_WRITE;
}

static struct mapping *find_mapping(struct space *space, uint64_t page, uint32_t access,
	uint32_t *reason)
{
	struct mapping *mapping = page < USER_END ? space_find(space, page) : NULL;

	if (mapping && is_allowed(mapping, access))
		return mapping;
	*reason = mapping ? fault_Reason_PROTECTION :
		page < USER_END ? fault_Reason_NOT_MAPPED : fault_Reason_BAD_ADDRESS;
	return NULL;
}

/* ---- touching ---- */

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
	touch = find_frame(mapping, page, access, &frame, &writable, reason);
	if (touch == TOUCH_PAGER)
		return ask_pager(mapping, page, access, thread, address, reason);
	if (touch == TOUCH_DONE && !put_page(mapping, page, frame, writable))
		return fault(reason, fault_Reason_QUOTA);
	if (touch == TOUCH_DONE)
		TRACE(MEMORY, PageFilled, .thread = trace_id(thread),
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

	if (find_frame(mapping, mapping->start, fault_Access_READ, &frame, &writable, &reason)
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
	touch = find_frame(mapping, page, access, frame, &writable, reason);
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
		if (!space_clear(mapping->space, from, to, steps))
			return false;
	return true;
}

void space_protect_all(struct memory *memory, uint64_t offset, uint64_t end)
{
	struct list *at = &memory->mappings;
	struct mapping *mapping;
	uint64_t from, to;

	while ((mapping = next_seen(memory, &at, offset, end, &from, &to)) != NULL) {
		mapping->space->losses++;
		arch_protect(mapping->space, from, to);
	}
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
