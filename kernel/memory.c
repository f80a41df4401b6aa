/*
 * Memory objects. Each that has a frame is charged a page for it, also while it
 * shares it: so what all are charged is never less than what there is of frames,
 * whoever of them ends first; and to write to what was shared takes a frame, but
 * nothing more of any quota.
 *
 * A frame that is shared is written by nobody: who would write has a copy from
 * then on. Frames that are fixed are never shared.
 */
#include "kernel/memory.h"

#include <string.h>

#include "kernel/log.h"
#include "kernel/page_table.h"
#include "kernel/pool.h"
#include "kernel/quota.h"
#include "kernel/space.h"
#include "kernel.skald.h"

/* Read where nobody has written yet, by all. */
static uint64_t zeros = FRAME_NONE;

void memory_init(void)
{
	zeros = frame_take_zeroed();
	CHECK(zeros != FRAME_NONE);
}

/* ---- new ones ---- */

struct memory *memory_new(struct quota *quota, uint64_t size, kernel_error *error)
{
	struct memory *memory;

	if (size > MEMORY_MAX) {
		*error = kernel_Error_INVALID;
		return NULL;
	}
	memory = object_new(&memory_type, quota, error);
	if (!memory)
		return NULL;
	memory->kind = kernel_MemoryKind_ANONYMOUS;
	memory->size = (size + PAGE_MASK) & ~PAGE_MASK;
	list_init(&memory->mappings);
	list_init(&memory->waiting);
	list_init(&memory->claim.in_all);
	return memory;
}

/* Frames that adjoin. */
static struct memory *new_run(struct quota *quota, uint64_t size, kernel_error *error)
{
	struct memory *memory;

	*error = kernel_Error_INVALID;
	memory = size & PAGE_MASK ? NULL : memory_new(quota, size, error);
	if (memory)
		memory->is_run = memory->is_fixed = true;
	return memory;
}

struct memory *memory_new_physical(struct quota *quota, uint64_t address,
	uint64_t size, uint32_t caching, kernel_error *error)
{
	struct memory *memory;

	*error = kernel_Error_INVALID;
	if (address & PAGE_MASK || address + size < address ||
			caching > kernel_Caching_UNCACHED || (caching <=
			kernel_Caching_WRITE_BACK && !arch_sees(address, address + size)))
		return NULL;
	memory = new_run(quota, size, error);
	if (!memory)
		return NULL;
	memory->kind = kernel_MemoryKind_PHYSICAL;
	memory->caching = (uint8_t)caching;
	memory->physical = address;
	return memory;
}

struct memory *memory_new_contiguous(struct quota *quota, uint64_t size,
	uint64_t alignment, uint64_t below, kernel_error *error)
{
	struct memory *memory;

	*error = kernel_Error_INVALID;
	memory = size == 0 || alignment & (alignment - 1) ? NULL :
		new_run(quota, size, error);
	if (!memory)
		return NULL;
	*error = kernel_Error_QUOTA_EXCEEDED;
	if (object_charge(&memory->object, size)) {
		memory->physical = frame_take_many(size >> PAGE_SHIFT, alignment, below);
		if (memory->physical != FRAME_NONE) {
			memory->present = memory->fill_end = size >> PAGE_SHIFT;
			return memory;
		}
		*error = kernel_Error_NO_MEMORY;
		object_discharge(&memory->object, size);
	}
	object_drop(&memory->object);
	return NULL;
}

bool memory_can_share(const struct memory *memory)
{
	return memory->kind == kernel_MemoryKind_ANONYMOUS && !memory->is_fixed;
}

struct memory *memory_new_child(struct quota *quota, struct memory *parent,
	uint64_t offset, uint64_t size, kernel_error *error)
{
	struct memory *memory;

	*error = (offset | size) & PAGE_MASK ? kernel_Error_INVALID :
		offset > parent->size || size > parent->size - offset ?
		kernel_Error_OUT_OF_RANGE :
		!memory_can_share(parent) ? kernel_Error_NOT_SUPPORTED : 0;
	memory = *error ? NULL : memory_new(quota, size, error);
	if (memory)
		memory_fill_from(memory, parent, offset, 0, size >> PAGE_SHIFT);
	return memory;
}

void memory_fill_from(struct memory *memory, struct memory *source, uint64_t offset,
	uint64_t first, uint64_t end)
{
	object_take(&source->object);
	memory->source = source;
	memory->source_offset = offset;
	memory->fill_next = first;
	memory->fill_end = end;
}

struct memory *memory_new_paged(struct quota *quota, uint64_t size,
	struct session *pager, kernel_error *error)
{
	struct memory *memory = memory_new(quota, size, error);

	if (!memory)
		return NULL;
	memory->kind = kernel_MemoryKind_PAGED;
	if (pager_init(memory, pager))
		return memory;
	*error = kernel_Error_QUOTA_EXCEEDED;
	object_drop(&memory->object);
	return NULL;
}

bool memory_is_seen(const struct memory *memory)
{
	return memory->kind != kernel_MemoryKind_PHYSICAL ||
		memory->caching <= kernel_Caching_WRITE_BACK;
}

/* ---- pages ---- */

/* The entry of a page, charged for a frame if it has none. NULL: it cannot be. */
static uint64_t *charge_page(struct memory *memory, uint64_t offset)
{
	uint64_t *entry = page_make(memory, offset >> PAGE_SHIFT);

	if (entry && !page_frame(*entry) && !object_charge(&memory->object, PAGE_SIZE))
		return NULL;
	return entry;
}

static void forget(struct memory *memory, uint64_t offset)
{
	unsigned steps = UINT32_MAX;

	space_forget(memory, offset, offset + PAGE_SIZE, &steps);
}

/* A frame, whose reference is the memory's now, is the page; what was goes. */
static void set_frame(struct memory *memory, uint64_t offset, uint64_t *entry,
	uint64_t frame)
{
	uint64_t before = page_frame(*entry);

	forget(memory, offset);
	*entry = frame;
	if (before)
		frame_drop(before);
	else
		memory->present++;
}

static uint64_t flags_written(const struct memory *memory)
{
	return memory->kind == kernel_MemoryKind_PAGED ? PAGE_DIRTY : 0;
}

uint64_t *memory_copy_page(struct memory *memory, uint64_t offset, uint64_t from)
{
	uint64_t *entry = charge_page(memory, offset);
	uint64_t frame = entry ? frame_take() : FRAME_NONE;

	if (frame == FRAME_NONE) {
		if (entry && !page_frame(*entry))
			object_discharge(&memory->object, PAGE_SIZE);
		return NULL;
	}
	if (from == FRAME_NONE || from == zeros)
		arch_zero_words(frame_data(frame), PAGE_SIZE / 8);
	else
		arch_copy_words(frame_data(frame), frame_data(from), PAGE_SIZE / 8);
	set_frame(memory, offset, entry, frame);
	*entry |= flags_written(memory);
	return entry;
}

bool memory_has(const struct memory *memory, uint64_t offset)
{
	const uint64_t *entry = page_find(memory, offset >> PAGE_SHIFT);

	return entry && page_frame(*entry);
}

uint64_t *memory_share_page(struct memory *to, uint64_t offset, struct memory *from,
	uint64_t from_offset)
{
	uint64_t frame = page_frame(*page_find(from, from_offset >> PAGE_SHIFT));
	uint64_t *entry = charge_page(to, offset);

	if (!entry || page_frame(*entry) == frame)
		return entry;
	if (frame_references(frame) == 1)
		space_protect_all(from, from_offset, from_offset + PAGE_SIZE);
	frame_share(frame);
	set_frame(to, offset, entry, frame);
	return entry;
}

bool memory_fill(struct memory *memory, unsigned *steps, kernel_error *error)
{
	struct memory *from = memory->source;
	uint64_t base = memory->source_offset >> PAGE_SHIFT, end = base + memory->fill_end;
	uint64_t at = base + memory->fill_next;

	*error = 0;
	for (; memory->is_run && at < end && *steps > 0; at++, --*steps)
		arch_zero_words(frame_data(memory->physical + (at << PAGE_SHIFT)),
			PAGE_SIZE / 8);
	for (; from && page_next(from, &at, end, steps); at++)
		if (!memory_share_page(memory, (at - base) << PAGE_SHIFT, from,
				at << PAGE_SHIFT)) {
			*error = kernel_Error_QUOTA_EXCEEDED;
			return false;
		}
	memory->fill_next = at - base;
	if (at < end)
		return false;
	memory->fill_next = 0;
	memory->source = NULL;
	if (from)
		object_drop(&from->object);
	return true;
}

enum memory_page memory_page(struct memory *memory, uint64_t offset, bool write,
	uint64_t *frame, bool *writable)
{
	uint64_t *entry;

	if (offset >= memory->size)
		return MEMORY_BEYOND;
	offset &= ~PAGE_MASK;
	*writable = true;
	*frame = memory->physical + offset;
	if (memory->is_run)
		return MEMORY_THERE;
	entry = page_find(memory, offset >> PAGE_SHIFT);
	if (entry && !page_frame(*entry))
		entry = NULL;
	if (memory->kind == kernel_MemoryKind_PAGED && (!entry || (write && *entry & PAGE_ASK)))
		return MEMORY_PAGER;
	if (!entry && !write) {
		*frame = zeros;
		*writable = false;
		return MEMORY_THERE;
	}
	if (write && (!entry || frame_references(page_frame(*entry)) > 1))
		entry = memory_copy_page(memory, offset, entry ? page_frame(*entry) :
			FRAME_NONE);
	if (!entry)
		return MEMORY_NO_FRAME;
	*entry |= write ? flags_written(memory) : 0;
	*frame = page_frame(*entry);
	*writable = frame_references(*frame) == 1 &&
		(memory->kind != kernel_MemoryKind_PAGED || *entry & PAGE_DIRTY);
	return MEMORY_THERE;
}

bool memory_commit(struct memory *memory, uint64_t *at, uint64_t end, unsigned *steps,
	kernel_error *error)
{
	uint64_t frame;
	bool writable;

	for (; *at < end; *at += PAGE_SIZE) {
		if (!object_step(steps))
			return false;
		if (memory_page(memory, *at, true, &frame, &writable) != MEMORY_THERE) {
			*error = kernel_Error_QUOTA_EXCEEDED;
			return false;
		}
	}
	return true;
}

uint64_t memory_take_away(struct memory *memory, uint64_t *offset, uint64_t end,
	unsigned keep, unsigned *steps)
{
	uint64_t at = *offset >> PAGE_SHIFT, gone = 0, *entry;

	for (; (entry = page_next(memory, &at, end >> PAGE_SHIFT, steps)) != NULL; at++) {
		if (*entry & keep || (keep & PAGE_LOCKED &&
				space_is_locked(memory, at << PAGE_SHIFT)))
			continue;
		forget(memory, at << PAGE_SHIFT);
		frame_drop(page_frame(*entry));
		*entry = 0;
		memory->present--;
		object_discharge(&memory->object, PAGE_SIZE);
		gone++;
	}
	*offset = at << PAGE_SHIFT;
	return gone;
}

/* ---- the end ---- */

void memory_check_idle(struct memory *memory)
{
	if (memory->mapping_count == 0)
		watch_fire(&memory->idle);
}

static bool give_up_run(struct memory *memory, unsigned *steps)
{
	for (; memory->present > 0 && *steps > 0; --*steps) {
		frame_drop(memory->physical + (--memory->present << PAGE_SHIFT));
		object_discharge(&memory->object, PAGE_SIZE);
	}
	return memory->present == 0;
}

static bool give_up_pages(struct memory *memory, unsigned *steps)
{
	uint64_t at = memory->fill_next << PAGE_SHIFT;

	/* Most often nothing is behind its size, and tables need not be looked through. */
	if (memory->present > 0)
		memory_take_away(memory, &at, at < memory->size ?
			memory->size + PAGE_MASK : MEMORY_MAX, 0, steps);
	memory->fill_next = at >> PAGE_SHIFT;
	return memory->present == 0 && page_free(memory, steps);
}

bool memory_end(struct object *object, unsigned *steps)
{
	struct memory *memory = object_self(object);

	if (memory->source) {
		object_drop(&memory->source->object);
		memory->source = NULL;
		memory->fill_next = 0;
	}
	if (memory->is_run ? !give_up_run(memory, steps) : !give_up_pages(memory, steps))
		return false;
	pager_end(memory);
	list_remove(&memory->claim.in_all);
	watch_set(&memory->idle, NULL, 0);
	return true;
}
