/*
 * Memory objects. Each that has a frame is charged a page for it, also while it
 * shares it: so what all are charged is never less than what there is of frames,
 * whoever of them ends first; and to write to what was shared takes a frame, but
 * nothing more of any quota.
 *
 * A frame that is shared is written by nobody: who would write has a copy from
 * then on. Fixed and pinned frames are never shared, others get copies of them.
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
	list_init(&memory->overlays);
	list_init(&memory->waiting);
	return memory;
}

struct memory *memory_new_physical(struct quota *quota, uint64_t address,
	uint64_t size, uint32_t caching, kernel_error *error)
{
	struct memory *memory;

	*error = kernel_Error_INVALID;
	if ((address | size) & PAGE_MASK || address + size < address ||
			caching > kernel_Caching_UNCACHED)
		return NULL;
	memory = memory_new(quota, size, error);
	if (!memory)
		return NULL;
	memory->kind = kernel_MemoryKind_PHYSICAL;
	memory->caching = (uint8_t)caching;
	memory->physical = address;
	memory->is_run = memory->is_fixed = true;
	return memory;
}

struct memory *memory_new_contiguous(struct quota *quota, uint64_t size,
	uint64_t alignment, uint64_t below, uint64_t *physical, kernel_error *error)
{
	struct memory *memory;

	*error = kernel_Error_INVALID;
	if (size == 0 || size & PAGE_MASK || alignment & (alignment - 1))
		return NULL;
	memory = memory_new(quota, size, error);
	if (!memory)
		return NULL;
	*error = kernel_Error_QUOTA_EXCEEDED;
	if (object_charge(&memory->object, size)) {
		*error = kernel_Error_NO_MEMORY;
		memory->physical = frame_take_many(size >> PAGE_SHIFT, alignment, below);
		if (memory->physical != FRAME_NONE) {
			*error = 0;
			memory->is_run = memory->is_fixed = true;
			memory->present = size >> PAGE_SHIFT;
			*physical = memory->physical;
			return memory;
		}
		object_discharge(&memory->object, size);
	}
	object_drop(&memory->object);
	return NULL;
}

/* Missing pages are asked for, there or further up. */
static bool is_paged(const struct memory *memory)
{
	return memory->kind == kernel_MemoryKind_PAGED || (memory->parent &&
		memory->parent->kind == kernel_MemoryKind_PAGED);
}

static struct memory *reference(struct memory *memory)
{
	object_take(&memory->object);
	return memory;
}

struct memory *memory_new_child(struct quota *quota, struct memory *parent,
	uint64_t offset, uint64_t size, kernel_error *error)
{
	struct memory *memory, *whole;

	*error = (offset | size) & PAGE_MASK ? kernel_Error_INVALID :
		offset > parent->size || size > parent->size - offset ?
		kernel_Error_OUT_OF_RANGE :
		!memory_is_seen(parent) ? kernel_Error_NOT_SUPPORTED : 0;
	if (*error)
		return NULL;
	memory = memory_new(quota, size, error);
	if (!memory)
		return NULL;
	whole = memory_whole(parent, &offset);
	memory->kind = kernel_MemoryKind_CHILD;
	memory_fill_from(memory, whole, 0, size >> PAGE_SHIFT);
	memory->source_offset = memory->parent_offset = offset;
	/* No chains: what a pager is behind is looked for there at once. */
	if (whole->kind != kernel_MemoryKind_PAGED && is_paged(whole)) {
		memory->parent_offset += whole->parent_offset;
		whole = whole->parent;
	}
	memory->parent = reference(whole);
	return memory;
}

void memory_fill_from(struct memory *memory, struct memory *source, uint64_t first,
	uint64_t end)
{
	memory->source = reference(source);
	memory->source_offset = 0;
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

struct memory *memory_slice(struct memory *memory, uint64_t offset, uint64_t size,
	kernel_error *error)
{
	struct memory *slice = memory_new(memory->object.quota, size, error);

	if (!slice)
		return NULL;
	slice->whole = reference(memory_whole(memory, &offset));
	slice->whole->slice_count++;
	slice->base = offset;
	slice->kind = slice->whole->kind;
	slice->caching = slice->whole->caching;
	slice->is_fixed = slice->whole->is_fixed;
	return slice;
}

bool memory_is_seen(const struct memory *memory)
{
	return memory->kind != kernel_MemoryKind_PHYSICAL ||
		memory->caching <= kernel_Caching_WRITE_BACK;
}

/* ---- pages ---- */

static bool is_mapped(const struct memory *memory)
{
	return !list_is_empty(&memory->mappings) || !list_is_empty(&memory->overlays);
}

/* A frame, whose reference is the memory's now, is the page; what was goes. */
static void set_frame(struct memory *memory, uint64_t offset, uint64_t *entry,
	uint64_t frame, uint64_t flags)
{
	uint64_t before = page_frame(*entry);

	if (is_mapped(memory))
		space_forget(memory, offset, PAGE_SIZE);
	*entry = frame | flags | PAGE_TOUCHED;
	if (before)
		frame_drop(before);
	else
		memory->present++;
}

/* The entry of a page, charged for a frame if it has none. NULL: it cannot be. */
static uint64_t *charge_page(struct memory *memory, uint64_t offset)
{
	uint64_t *entry = page_make(memory, offset >> PAGE_SHIFT);

	if (entry && !page_frame(*entry) && !object_charge(&memory->object, PAGE_SIZE))
		return NULL;
	return entry;
}

static void uncharge_page(struct memory *memory, const uint64_t *entry)
{
	if (!page_frame(*entry))
		object_discharge(&memory->object, PAGE_SIZE);
}

static uint64_t flags_written(const struct memory *memory)
{
	return memory->kind == kernel_MemoryKind_PAGED ? PAGE_DIRTY : 0;
}

bool memory_copy_page(struct memory *memory, uint64_t offset, uint64_t from)
{
	uint64_t *entry = charge_page(memory, offset), frame;

	if (!entry)
		return false;
	frame = from == FRAME_NONE ? frame_take_zeroed() : frame_take();
	if (frame == FRAME_NONE) {
		uncharge_page(memory, entry);
		return false;
	}
	if (from != FRAME_NONE)
		memcpy(frame_data(frame), frame_data(from), PAGE_SIZE);
	set_frame(memory, offset, entry, frame, flags_written(memory));
	return true;
}

/* Of a page that is there: whether its frame can be another's as well. */
static bool can_share(const struct memory *memory, uint64_t entry)
{
	return !memory->is_fixed && !(entry & PAGE_PINS);
}

bool memory_has(const struct memory *memory, uint64_t offset)
{
	const uint64_t *entry = page_find(memory, offset >> PAGE_SHIFT);

	return entry && page_frame(*entry);
}

bool memory_share_page(struct memory *to, uint64_t offset, struct memory *from,
	uint64_t from_offset)
{
	uint64_t *theirs, *entry;

	if (from->is_run)
		return memory_copy_page(to, offset, from->physical + from_offset);
	theirs = page_find(from, from_offset >> PAGE_SHIFT);
	if (!can_share(from, *theirs))
		return memory_copy_page(to, offset, page_frame(*theirs));
	entry = charge_page(to, offset);
	if (!entry)
		return false;
	if (page_frame(*entry) == page_frame(*theirs))
		return true;
	if (frame_references(page_frame(*theirs)) == 1)
		space_protect_all(from, from_offset, PAGE_SIZE);
	frame_share(page_frame(*theirs));
	set_frame(to, offset, entry, page_frame(*theirs), flags_written(to));
	return true;
}

bool memory_fill(struct memory *memory, unsigned *steps, kernel_error *error)
{
	struct memory *from = memory->source;
	uint64_t base = memory->source_offset >> PAGE_SHIFT, end = base + memory->fill_end;
	uint64_t at = base + memory->fill_next;

	*error = 0;
	for (; from && at < end && *steps > 0; --*steps, at++) {
		if (!from->is_run)
			at = page_next(from, at, end);
		if (at == end || at << PAGE_SHIFT >= from->size)
			at = end - 1;
		else if ((from->is_run || memory_has(from, at << PAGE_SHIFT)) &&
				!memory_share_page(memory, (at - base) << PAGE_SHIFT, from,
				at << PAGE_SHIFT)) {
			*error = kernel_Error_QUOTA_EXCEEDED;
			return false;
		}
	}
	memory->fill_next = at - base;
	if (from && at < end)
		return false;
	memory->fill_next = 0;
	memory->source = NULL;
	if (from)
		object_drop(&from->object);
	return true;
}

/* The page has no frame. */
static enum memory_page absent(struct memory *memory, uint64_t offset, bool write,
	uint64_t *frame, bool *writable)
{
	struct memory *parent = memory->parent;
	uint64_t there = memory->parent_offset + offset;
	enum memory_page state;

	if (memory->kind == kernel_MemoryKind_PAGED)
		return MEMORY_PAGER;
	if (is_paged(memory)) {
		state = memory_page(parent, there, false, frame, writable);
		if (state != MEMORY_THERE)
			return state;
		if (!memory_share_page(memory, offset, parent, there))
			return MEMORY_NO_FRAME;
		return memory_page(memory, offset, write, frame, writable);
	}
	if (!write) {
		*frame = zeros;
		*writable = false;
		return MEMORY_THERE;
	}
	if (!memory_copy_page(memory, offset, FRAME_NONE))
		return MEMORY_NO_FRAME;
	*frame = page_frame(*page_find(memory, offset >> PAGE_SHIFT));
	*writable = true;
	return MEMORY_THERE;
}

enum memory_page memory_page(struct memory *memory, uint64_t offset, bool write,
	uint64_t *frame, bool *writable)
{
	bool paged = memory->kind == kernel_MemoryKind_PAGED;
	uint64_t *entry;

	if (offset >= memory->size)
		return MEMORY_BEYOND;
	memory = memory_whole(memory, &offset);
	if (offset >= memory->size)
		return MEMORY_BEYOND;
	offset &= ~PAGE_MASK;
	*writable = true;
	*frame = memory->physical + offset;
	if (memory->is_run)
		return MEMORY_THERE;
	entry = page_find(memory, offset >> PAGE_SHIFT);
	if (!entry || !page_frame(*entry))
		return absent(memory, offset, write, frame, writable);
	if (write && *entry & PAGE_ASK)
		return MEMORY_PAGER;
	if (write && frame_references(page_frame(*entry)) > 1 &&
			!memory_copy_page(memory, offset, page_frame(*entry)))
		return MEMORY_NO_FRAME;
	*entry |= PAGE_TOUCHED | (write ? flags_written(memory) : 0);
	*frame = page_frame(*entry);
	*writable = frame_references(*frame) == 1 && (!paged || (*entry & PAGE_DIRTY));
	return MEMORY_THERE;
}

uint64_t memory_take_away(struct memory *memory, uint64_t *offset, uint64_t end,
	unsigned keep, unsigned *steps)
{
	uint64_t at = *offset >> PAGE_SHIFT, last = end >> PAGE_SHIFT, gone = 0;

	while (at < last && *steps > 0) {
		uint64_t *entry;

		at = page_next(memory, at, last);
		if (at == last)
			break;
		--*steps;
		entry = page_find(memory, at++);
		if (!page_frame(*entry) || *entry & (PAGE_PINS | keep) || (keep & PAGE_LOCKED
				&& space_is_locked(memory, (at - 1) << PAGE_SHIFT)))
			continue;
		space_forget(memory, (at - 1) << PAGE_SHIFT, PAGE_SIZE);
		frame_drop(page_frame(*entry));
		*entry = 0;
		memory->present--;
		object_discharge(&memory->object, PAGE_SIZE);
		gone++;
	}
	*offset = at << PAGE_SHIFT;
	return gone;
}

void memory_touched(struct memory *memory, uint64_t offset)
{
	uint64_t *entry;

	memory = memory_whole(memory, &offset);
	entry = page_find(memory, offset >> PAGE_SHIFT);
	if (entry && page_frame(*entry))
		*entry |= PAGE_TOUCHED;
}

/* ---- by the kernel's own eyes ---- */

/* A piece of a page: where it is seen, and how much of `size`; NULL: not there. */
static uint8_t *see(struct memory *memory, uint64_t offset, bool write, uint64_t *size)
{
	uint64_t frame, left = PAGE_SIZE - (offset & PAGE_MASK);
	bool writable;

	if (!memory_is_seen(memory) || memory_page(memory, offset, write, &frame,
			&writable) != MEMORY_THERE)
		return NULL;
	*size = left < *size ? left : *size;
	return (uint8_t *)frame_data(frame) + (offset & PAGE_MASK);
}

uint64_t memory_read(struct memory *memory, uint64_t offset, void *to, uint64_t size)
{
	uint64_t done = 0, part;
	uint8_t *at;

	for (; done < size; done += part) {
		part = size - done;
		at = see(memory, offset + done, false, &part);
		if (!at)
			break;
		memmove((uint8_t *)to + done, at, part);
	}
	return done;
}

uint64_t memory_write(struct memory *memory, uint64_t offset, const void *from,
	uint64_t size)
{
	uint64_t done = 0, part;
	uint8_t *at;

	for (; done < size; done += part) {
		part = size - done;
		at = see(memory, offset + done, true, &part);
		if (!at)
			break;
		memmove(at, (const uint8_t *)from + done, part);
	}
	return done;
}

/* ---- the end ---- */

void memory_check_idle(struct memory *memory)
{
	if (memory->mapping_count > 0 || memory->slice_count > 0)
		return;
	watch_fire(&memory->idle);
	if (memory->pager)
		pager_idle(memory);
}

static void drop(struct memory **memory)
{
	if (*memory)
		object_drop(&(*memory)->object);
	*memory = NULL;
}

static bool give_up_run(struct memory *memory, unsigned *steps)
{
	for (; memory->present > 0 && *steps > 0; --*steps) {
		frame_drop(memory->physical + (--memory->present << PAGE_SHIFT));
		object_discharge(&memory->object, PAGE_SIZE);
	}
	return memory->present == 0;
}

/* Pins end with it: whoever made a device use the frames keeps it until then. */
static bool give_up_pages(struct memory *memory, unsigned *steps)
{
	uint64_t end = MEMORY_MAX >> PAGE_SHIFT, at;

	while (memory->present > 0 && *steps > 0) {
		at = page_next(memory, memory->fill_next, end);
		--*steps;
		memory->fill_next = at + 1;
		CHECK(at < end);
		if (!memory_has(memory, at << PAGE_SHIFT))
			continue;
		frame_drop(page_frame(*page_find(memory, at)));
		memory->present--;
		object_discharge(&memory->object, PAGE_SIZE);
	}
	return memory->present == 0 && page_free(memory, steps);
}

bool memory_end(struct object *object, unsigned *steps)
{
	struct memory *memory = object_self(object), *whole = memory->whole;

	if (memory->source)
		memory->fill_next = 0;
	drop(&memory->source);
	if (memory->is_run ? !give_up_run(memory, steps) : !give_up_pages(memory, steps))
		return false;
	pager_end(memory);
	drop(&memory->parent);
	if (whole && --whole->slice_count == 0 && whole->object.handles <= 1)
		memory_check_idle(whole);
	drop(&memory->whole);
	watch_set(&memory->idle, NULL, 0);
	return true;
}
