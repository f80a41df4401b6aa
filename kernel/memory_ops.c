/* Operations on memories. Those that look at many pages go on where they were,
 * when they are called again: caller->progress says where. */
#include <string.h>

#include "kernel/memory.h"
#include "kernel/operation.h"
#include "kernel/page_table.h"
#include "kernel/space.h"

/* Of OBJECT_STEPS, for a page's bytes; and how many looks make one. */
#define COPY_STEPS 16
#define LOOKS 8
/* Pages that touched() answers at most. */
#define TOUCHED_MAX (OBJECT_STEPS * LOOKS)
#define DIRTY_MAX 240

/* How far this call had come; at most `end`, for its request may be another. */
static uint64_t come_to(struct kernel_call *call, uint64_t begin, uint64_t end)
{
	uint64_t at = call->caller->progress;

	call->caller->progress = 0;
	return at < begin ? begin : at > end ? end : at;
}

static int go_on(struct kernel_call *call, uint64_t at)
{
	call->caller->progress = at;
	call_again(call);
	return 0;
}

static kernel_error check_range(const struct memory *memory, uint64_t offset,
	uint64_t length)
{
	if ((offset | length) & PAGE_MASK)
		return kernel_Error_INVALID;
	return offset > memory->size || length > memory->size - offset ?
		kernel_Error_OUT_OF_RANGE : 0;
}

/* The same, for what only a pager does with a memory of its own. */
static kernel_error check_paged(const struct memory *memory, uint64_t offset,
	uint64_t length)
{
	return memory->pager ? check_range(memory, offset, length) :
		kernel_Error_NOT_SUPPORTED;
}

static kernel_error error_of(enum memory_page page)
{
	return page == MEMORY_BEYOND ? kernel_Error_OUT_OF_RANGE :
		page == MEMORY_PAGER ? kernel_Error_NOT_FOUND : kernel_Error_QUOTA_EXCEEDED;
}

OPERATION(Memory, memory, status, INSPECT)
{
	uint64_t unused = 0;

	return ANSWER(Memory, status, .kind = memory->kind, .caching = memory->caching,
		.size = memory->size,
		.present = memory_whole(memory, &unused)->present << PAGE_SHIFT);
}

OPERATION(Memory, memory, mapped, INSPECT)
{
	uint64_t unused = 0;
	const struct memory *whole = memory_whole(memory, &unused);

	return ANSWER(Memory, mapped, whole->mapping_count, whole->writable_count);
}

OPERATION(Memory, memory, watch_idle, INSPECT)
{
	int status = call_watch(call, request->notify, request->bits, &memory->idle);

	if (status)
		return status;
	if (memory->mapping_count == 0 && memory->slice_count == 0 &&
			memory->object.handles <= 1)
		watch_fire(&memory->idle);
	return ANSWER(Memory, watch_idle, 0);
}

OPERATION(Memory, memory, slice, DUPLICATE)
{
	kernel_error error = check_range(memory, request->offset, request->length);
	struct memory *slice = error ? NULL :
		memory_slice(memory, request->offset, request->length, &error);

	if (!slice)
		return error;
	return ANSWER(Memory, slice,
		.memory.raw = call_result(call, &slice->object, call->rights, 0, 0));
}

/* ---- size and frames ---- */

/* Behind the end of the last page's contents. */
static bool zero_rest(struct memory *memory, uint64_t size)
{
	static const uint8_t nothing[PAGE_SIZE];
	uint64_t rest = -size & PAGE_MASK;

	return rest == 0 || !memory_has(memory, size & ~PAGE_MASK) ||
		memory_write(memory, size, nothing, rest) == rest;
}

OPERATION(Memory, memory, truncate, CONTROL)
{
	uint64_t size = request->size, pages = (size + PAGE_MASK) & ~PAGE_MASK;
	uint64_t kept = pages < memory->size ? pages : memory->size;
	uint64_t at = come_to(call, kept, MEMORY_MAX);

	if (size > MEMORY_MAX)
		return kernel_Error_INVALID;
	if (memory->whole || memory->is_fixed)
		return kernel_Error_NOT_SUPPORTED;
	if (pages < memory->size && memory->pins > 0)
		return kernel_Error_BUSY;
	if (size < memory->size && !zero_rest(memory, size))
		return kernel_Error_QUOTA_EXCEEDED;
	/* From here on nobody touches what lies behind; and what another call has not
	 * yet taken away there does not come back when this one extends. */
	memory->size = kept;
	if (!space_forget_beyond(memory, kept, &call->steps))
		return go_on(call, at);
	memory_take_away(memory, &at, MEMORY_MAX, 0, &call->steps);
	if (call->steps == 0)
		return go_on(call, at);
	memory->size = pages;
	if (memory->pager)
		pager_wake(memory, kept, UINT64_MAX, false);
	return ANSWER(Memory, truncate, 0);
}

OPERATION(Memory, memory, commit, WRITE)
{
	kernel_error error = check_range(memory, request->offset, request->length);
	uint64_t end = request->offset + request->length, at, frame;
	bool writable;

	if (!error && memory->kind == kernel_MemoryKind_PAGED)
		error = kernel_Error_NOT_SUPPORTED;
	if (error)
		return error;
	for (at = come_to(call, request->offset, end); at < end; at += PAGE_SIZE) {
		enum memory_page page;

		if (call->steps == 0)
			return go_on(call, at);
		call->steps--;
		page = memory_page(memory, at, true, &frame, &writable);
		if (page != MEMORY_THERE)
			return error_of(page);
	}
	return ANSWER(Memory, commit, 0);
}

/* A child has its parent's pages again, as far as it is in no state to ask for
 * them when they are touched. */
static bool take_back(struct memory *memory, uint64_t offset)
{
	struct memory *parent = memory->parent;
	uint64_t there = memory->parent_offset + offset;

	if (!parent || parent->pager || there >= parent->size)
		return true;
	return (!parent->is_run && !memory_has(parent, there)) ||
		memory_share_page(memory, offset, parent, there);
}

OPERATION(Memory, memory, decommit, WRITE)
{
	kernel_error error = check_range(memory, request->offset, request->length);
	uint64_t offset = request->offset, end, at;
	struct memory *whole = memory_whole(memory, &offset);

	if (!error && (whole->is_fixed || whole->pager))
		error = kernel_Error_NOT_SUPPORTED;
	if (error)
		return error;
	end = offset + request->length;
	at = come_to(call, offset, end);
	while (at < end && call->steps > 0) {
		uint64_t page = at;

		memory_take_away(whole, &at, whole->parent ? at + PAGE_SIZE : end, 0,
			&call->steps);
		if (!whole->parent)
			continue;
		call->steps -= call->steps > 0;
		if (!memory_has(whole, page) && !take_back(whole, page))
			return kernel_Error_QUOTA_EXCEEDED;
		at = page + PAGE_SIZE;
	}
	return at < end ? go_on(call, at) : ANSWER(Memory, decommit, 0);
}

/* ---- contents ---- */

/*
 * Between a memory and the call's lease, by pages; `*done` is how far it came.
 * True: that is all there is to do. Else *status, or it is to go on.
 */
static bool copy_lease(struct kernel_call *call, struct memory *memory,
	const struct sk_reply *to, const struct sk_lease *lease, uint64_t offset,
	bool write, uint64_t *done, int *status)
{
	uint64_t frame, part, copied;
	bool writable;

	*done = come_to(call, 0, lease->size);
	for (*status = 0; *done < lease->size; *done += copied) {
		uint64_t at = offset + *done;
		uint8_t *bytes;

		if (call->steps < COPY_STEPS)
			return false;
		call->steps -= COPY_STEPS;
		if (memory_page(memory, at, write, &frame, &writable) != MEMORY_THERE)
			return true;
		part = PAGE_SIZE - (at & PAGE_MASK);
		part = part < lease->size - *done ? part : lease->size - *done;
		bytes = (uint8_t *)frame_data(frame) + (at & PAGE_MASK);
		*status = write ? sk_lease_read(to, lease, *done, bytes, part, &copied) :
			sk_lease_write(to, lease, *done, bytes, part, &copied);
		if (*status == 0 && copied == part)
			continue;
		*done += copied;
		return *done > 0;
	}
	return true;
}

static kernel_error check_copy(const struct memory *memory, uint64_t offset)
{
	return !memory_is_seen(memory) ? kernel_Error_NOT_SUPPORTED :
		offset > memory->size ? kernel_Error_OUT_OF_RANGE : 0;
}

OPERATION(Memory, memory, read, READ)
{
	kernel_error error = check_copy(memory, request->offset);
	uint64_t done;
	int status;

	if (error)
		return error;
	if (copy_lease(call, memory, to, &request->data, request->offset, false, &done,
			&status))
		return ANSWER(Memory, read, .done = done);
	return status ? status : go_on(call, done);
}

OPERATION(Memory, memory, write, WRITE)
{
	kernel_error error = check_copy(memory, request->offset);
	uint64_t done;
	int status;

	if (error)
		return error;
	if (copy_lease(call, memory, to, &request->data, request->offset, true, &done,
			&status))
		return ANSWER(Memory, write, .done = done);
	return status ? status : go_on(call, done);
}

static bool can_replace(const struct memory *memory, uint64_t offset)
{
	const uint64_t *entry = page_find(memory, offset >> PAGE_SHIFT);

	return !memory->is_fixed && !(entry && *entry & (PAGE_PINS | PAGE_ASK));
}

/* One whole page, by its frame. False: it is to be copied. */
static bool copy_by_frame(struct memory *memory, uint64_t offset, struct memory *from,
	uint64_t from_offset)
{
	memory = memory_whole(memory, &offset);
	from = memory_whole(from, &from_offset);
	return can_replace(memory, offset) && !from->is_run &&
		memory_has(from, from_offset) &&
		memory_share_page(memory, offset, from, from_offset);
}

/* From page to page; returns how many bytes were done. */
static uint64_t copy_part(struct memory *memory, uint64_t offset, struct memory *from,
	uint64_t from_offset, uint64_t size)
{
	uint64_t theirs = PAGE_SIZE - (from_offset & PAGE_MASK), frame;
	uint64_t ours = PAGE_SIZE - (offset & PAGE_MASK);
	bool writable;

	if (((offset | from_offset) & PAGE_MASK) == 0 && size >= PAGE_SIZE &&
			copy_by_frame(memory, offset, from, from_offset))
		return PAGE_SIZE;
	size = size < ours ? size : ours;
	size = size < theirs ? size : theirs;
	if (memory_page(from, from_offset, false, &frame, &writable) != MEMORY_THERE)
		return 0;
	return memory_write(memory, offset,
		(const uint8_t *)frame_data(frame) + (from_offset & PAGE_MASK), size);
}

static kernel_error check_copy_range(const struct memory *memory, uint64_t offset,
	uint64_t length)
{
	kernel_error error = check_copy(memory, offset);

	return error ? error : length > memory->size - offset ?
		kernel_Error_OUT_OF_RANGE : 0;
}

OPERATION(Memory, memory, copy_from, WRITE)
{
	struct memory *from = ARGUMENT(memory, from);
	kernel_error error;
	uint64_t done, part;

	if (!from)
		return SK_BAD_HANDLE;
	error = check_copy_range(memory, request->offset, request->length);
	if (!error)
		error = check_copy_range(from, request->from_offset, request->length);
	if (error)
		return error;
	for (done = come_to(call, 0, request->length); done < request->length; done += part) {
		if (call->steps < COPY_STEPS)
			return go_on(call, done);
		call->steps -= COPY_STEPS;
		part = copy_part(memory, request->offset + done, from,
			request->from_offset + done, request->length - done);
		if (part == 0)
			break;
	}
	return ANSWER(Memory, copy_from, .done = done);
}

/* ---- for pagers ---- */

/* One page, clean. The other's frame becomes this one's; it has none then. */
static bool supply_page(struct memory *memory, uint64_t offset, struct memory *from,
	uint64_t there, bool ask)
{
	unsigned steps = 1;
	uint64_t *entry;

	if (memory_has(memory, offset))
		return true;
	if (memory_has(from, there) ? !memory_share_page(memory, offset, from, there) :
			!memory_copy_page(memory, offset, FRAME_NONE))
		return false;
	entry = page_find(memory, offset >> PAGE_SHIFT);
	*entry = page_frame(*entry) | (ask ? (uint64_t)PAGE_ASK : 0);
	memory_take_away(from, &there, there + PAGE_SIZE, 0, &steps);
	return true;
}

OPERATION(Memory, memory, supply, CONTROL)
{
	struct memory *from = ARGUMENT(memory, from);
	uint64_t done, there = request->from_offset;
	kernel_error error;

	if (!from)
		return SK_BAD_HANDLE;
	error = check_paged(memory, request->offset, request->length);
	if (!error)
		error = check_range(from, there, request->length);
	from = memory_whole(from, &there);
	if (!error && (from->is_fixed || from->kind != kernel_MemoryKind_ANONYMOUS))
		error = kernel_Error_NOT_SUPPORTED;
	if (error)
		return error;
	done = come_to(call, 0, request->length) & ~PAGE_MASK;
	for (; done < request->length; done += PAGE_SIZE) {
		if (call->steps == 0)
			break;
		call->steps--;
		if (!supply_page(memory, request->offset + done, from, there + done,
				request->write_protected))
			break;
	}
	pager_wake(memory, request->offset, done, false);
	if (done < request->length && call->steps == 0)
		return go_on(call, done);
	return done == 0 && request->length > 0 ? kernel_Error_QUOTA_EXCEEDED :
		ANSWER(Memory, supply, .done = done);
}

OPERATION(Memory, memory, refuse, CONTROL)
{
	if (!memory->pager)
		return kernel_Error_NOT_SUPPORTED;
	pager_wake(memory, request->offset, request->length, true);
	return ANSWER(Memory, refuse, 0);
}

OPERATION(Memory, memory, dirty, CONTROL)
{
	struct kernel_Range ranges[DIRTY_MAX];
	uint64_t at = request->from >> PAGE_SHIFT, end = memory->size >> PAGE_SHIFT;
	uint32_t count = 0, looks = OBJECT_STEPS * LOOKS;

	if (!memory->pager)
		return kernel_Error_NOT_SUPPORTED;
	for (at = page_next(memory, at, end); at < end && looks > 0;
			at = page_next(memory, at + 1, end), looks--) {
		struct kernel_Range *last = count ? &ranges[count - 1] : NULL;
		uint64_t offset = at << PAGE_SHIFT;

		if (!(*page_find(memory, at) & PAGE_DIRTY))
			continue;
		if (last && last->offset + last->length == offset)
			last->length += PAGE_SIZE;
		else if (count == DIRTY_MAX)
			break;
		else
			ranges[count++] = (struct kernel_Range){offset, PAGE_SIZE};
	}
	return ANSWER(Memory, dirty, .list.items = ranges, .list.count = count,
		.next = at < end ? at << PAGE_SHIFT : 0);
}

OPERATION(Memory, memory, write_protect, CONTROL)
{
	kernel_error error = check_paged(memory, request->offset, request->length);
	uint64_t end = (request->offset + request->length) >> PAGE_SHIFT;
	uint64_t at, *entry;

	if (error)
		return error;
	at = come_to(call, request->offset >> PAGE_SHIFT, end);
	for (at = page_next(memory, at, end); at < end; at = page_next(memory, at + 1, end)) {
		if (call->steps == 0)
			return go_on(call, at);
		call->steps--;
		entry = page_find(memory, at);
		if (!page_frame(*entry))
			continue;
		*entry &= ~(uint64_t)(PAGE_DIRTY | PAGE_ASK);
		*entry |= request->ask ? (uint64_t)PAGE_ASK : 0;
		space_protect_all(memory, at << PAGE_SHIFT, PAGE_SIZE);
	}
	return ANSWER(Memory, write_protect, 0);
}

/* Progress: pages done, and above them pages freed. */
OPERATION(Memory, memory, evict, CONTROL)
{
	kernel_error error = check_paged(memory, request->offset, request->length);
	uint64_t before = come_to(call, 0, UINT64_MAX), freed = before >> 32;
	uint64_t at = request->offset + (before << 32 >> 32 << PAGE_SHIFT);
	uint64_t end = request->offset + request->length;

	if (!error && request->length >> PAGE_SHIFT > UINT32_MAX)
		error = kernel_Error_INVALID;
	if (error)
		return error;
	if (at < end)
		freed += memory_take_away(memory, &at, end,
			PAGE_LOCKED | (request->dirty_too ? 0 : PAGE_DIRTY), &call->steps);
	if (at < end)
		return go_on(call, freed << 32 | (at - request->offset) >> PAGE_SHIFT);
	return ANSWER(Memory, evict, .freed = freed << PAGE_SHIFT);
}

/* By the CPU, in any of the page tables that have it; and forgets that. */
static bool was_touched(struct memory *memory, uint64_t offset)
{
	uint64_t *entry = page_find(memory, offset >> PAGE_SHIFT);
	bool touched = entry && *entry & PAGE_TOUCHED;

	for (struct list *at = memory->mappings.next; at != &memory->mappings; at = at->next) {
		const struct mapping *mapping = LIST_OF(at, struct mapping, in_memory);
		uint64_t within = offset - mapping->offset - mapping->memory->base;

		if (within < mapping->end - mapping->start && mapping->space->has_tables)
			touched |= arch_was_touched(mapping->space, mapping->start + within,
				true);
	}
	if (entry)
		*entry &= ~(uint64_t)PAGE_TOUCHED;
	return touched;
}

OPERATION(Memory, memory, touched, CONTROL)
{
	uint8_t bits[TOUCHED_MAX / 8] = {0};
	uint32_t pages = request->pages < TOUCHED_MAX ? request->pages : TOUCHED_MAX;

	if (memory->whole || memory->is_run)
		return kernel_Error_NOT_SUPPORTED;
	if (check_range(memory, request->offset, (uint64_t)request->pages << PAGE_SHIFT))
		return check_range(memory, request->offset,
			(uint64_t)request->pages << PAGE_SHIFT);
	for (uint32_t i = 0; i < pages; i++)
		if (was_touched(memory, request->offset + ((uint64_t)i << PAGE_SHIFT)))
			bits[i / 8] |= (uint8_t)(1u << i % 8);
	return ANSWER(Memory, touched, .touched.data = bits, .touched.size = (pages + 7) / 8);
}

/* ---- for devices ---- */

/* One page, with a frame of its own from now on. */
static kernel_error pin_page(struct memory *memory, uint64_t offset, uint64_t *frame)
{
	enum memory_page page;
	uint64_t *entry;
	bool writable;

	page = memory_page(memory, offset, true, frame, &writable);
	if (page != MEMORY_THERE)
		return error_of(page);
	memory = memory_whole(memory, &offset);
	if (memory->is_run)
		return 0;
	entry = page_find(memory, offset >> PAGE_SHIFT);
	if ((*entry & PAGE_PINS) == PAGE_PINS)
		return kernel_Error_BUSY;
	*entry += PAGE_PIN;
	memory->pins++;
	return 0;
}

OPERATION(Memory, memory, pin, CONTROL)
{
	kernel_error error = check_range(memory, request->offset, request->length);
	uint64_t at = request->offset, end = at + request->length, frame;
	struct kernel_Range runs[OBJECT_STEPS];
	uint32_t count = 0;

	for (; !error && at < end && call->steps > 0; at += PAGE_SIZE) {
		struct kernel_Range *last = count ? &runs[count - 1] : NULL;

		call->steps--;
		error = pin_page(memory, at, &frame);
		if (error)
			break;
		if (last && last->offset + last->length == frame)
			last->length += PAGE_SIZE;
		else
			runs[count++] = (struct kernel_Range){frame, PAGE_SIZE};
	}
	if (error && count == 0)
		return error;
	return ANSWER(Memory, pin, .runs.items = runs, .runs.count = count, .next = at);
}

OPERATION(Memory, memory, unpin, CONTROL)
{
	kernel_error error = check_range(memory, request->offset, request->length);
	uint64_t offset = request->offset, at, end, *entry;
	struct memory *whole = memory_whole(memory, &offset);

	if (error)
		return error;
	end = (offset + request->length) >> PAGE_SHIFT;
	at = page_next(whole, come_to(call, offset >> PAGE_SHIFT, end), end);
	for (; at < end; at = page_next(whole, at + 1, end)) {
		if (call->steps == 0)
			return go_on(call, at);
		call->steps--;
		entry = page_find(whole, at);
		if (!(*entry & PAGE_PINS))
			continue;
		*entry -= PAGE_PIN;
		whole->pins--;
	}
	return ANSWER(Memory, unpin, 0);
}

static void handle_removed(struct object *object, uint16_t rights, uint16_t flags)
{
	(void)rights;
	(void)flags;
	if (object->handles <= 2)	/* it is counted still */
		memory_check_idle(object_self(object));
}

OBJECT_TYPE(Memory, memory, MEMORY, .handle_removed = handle_removed,
	.destroy = memory_end)
