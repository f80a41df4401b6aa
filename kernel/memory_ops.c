/* Operations on memories. */
#include "kernel/memory.h"
#include "kernel/page_table.h"
#include "kernel/space.h"
#include "kernel/steps.h"

#define DIRTY_MAX 240

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

OPERATION(Memory, memory, status, INSPECT)
{
	return ANSWER(Memory, status, .kind = memory->kind, .caching = memory->caching,
		.size = memory->size, .present = memory->present << PAGE_SHIFT,
		.mappings = memory->mapping_count, .writable = memory->writable_count);
}

COMMAND(Memory, memory, watch_idle, INSPECT)
{
	return call_watch(call, request->notify, request->bits, &memory->idle,
		memory->object.handles <= 1 && memory->mapping_count == 0);
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

COMMAND(Memory, memory, truncate, CONTROL)
{
	uint64_t size = request->size, pages = (size + PAGE_MASK) & ~PAGE_MASK;
	uint64_t kept = pages < memory->size ? pages : memory->size;
	uint64_t at = call_come_to(call, kept, MEMORY_MAX);

	if (size > MEMORY_MAX)
		return kernel_Error_INVALID;
	if (memory->is_fixed)
		return kernel_Error_NOT_SUPPORTED;
	if (size < memory->size && !zero_rest(memory, size))
		return kernel_Error_QUOTA_EXCEEDED;
	/* From here on nobody touches what lies behind; and what another call has not
	 * yet taken away there does not come back when this one extends. */
	memory->size = kept;
	if (!space_forget(memory, kept, UINT64_MAX, &call->steps))
		return call_go_on(call, at);
	memory_take_away(memory, &at, MEMORY_MAX, 0, &call->steps);
	if (at < MEMORY_MAX)
		return call_go_on(call, at);
	memory->size = pages;
	if (memory->pager)
		pager_wake(memory, kept, UINT64_MAX, false);
	return 0;
}

COMMAND(Memory, memory, commit, WRITE)
{
	kernel_error error = check_range(memory, request->offset, request->length);
	uint64_t end = request->offset + request->length;
	uint64_t at = call_come_to(call, request->offset, end);

	if (!error && memory->kind == kernel_MemoryKind_PAGED)
		error = kernel_Error_NOT_SUPPORTED;
	if (!error && !memory_commit(memory, &at, end, &call->steps, &error) && !error)
		return call_go_on(call, at);
	return error;
}

COMMAND(Memory, memory, decommit, WRITE)
{
	kernel_error error = check_range(memory, request->offset, request->length);
	uint64_t end = request->offset + request->length, at;

	if (!error && (memory->is_fixed || memory->pager))
		error = kernel_Error_NOT_SUPPORTED;
	if (error)
		return error;
	at = call_come_to(call, request->offset, end);
	memory_take_away(memory, &at, end, 0, &call->steps);
	return at < end ? call_go_on(call, at) : 0;
}

/* ---- contents ---- */

static kernel_error copy(struct kernel_call *call, struct memory *memory,
	uint64_t offset, const struct sk_lease *lease, bool out, uint64_t *done)
{
	struct content content = {.memory = memory, .at = offset};

	return !memory_is_seen(memory) ? kernel_Error_NOT_SUPPORTED :
		offset > memory->size ? kernel_Error_OUT_OF_RANGE :
		call_copy_lease(call, lease, content, out, done);
}

OPERATION(Memory, memory, read, READ)
{
	uint64_t done;
	kernel_error error = copy(call, memory, request->offset, &request->data, true,
		&done);

	return ANSWER_DONE(error, Memory, read, .done = done);
}

OPERATION(Memory, memory, write, WRITE)
{
	uint64_t done;
	kernel_error error = copy(call, memory, request->offset, &request->data, false,
		&done);

	return ANSWER_DONE(error, Memory, write, .done = done);
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
	entry = memory_has(from, there) ? memory_share_page(memory, offset, from, there) :
		memory_copy_page(memory, offset, FRAME_NONE);
	if (!entry)
		return false;
	*entry = page_frame(*entry) | (ask ? (uint64_t)PAGE_ASK : 0);
	memory_take_away(from, &there, there + PAGE_SIZE, 0, &steps);
	return true;
}

OPERATION(Memory, memory, supply, CONTROL)
{
	struct memory *from = ARGUMENT(memory, from);
	uint64_t done, length = request->length;
	bool fine = true;
	kernel_error error;

	if (!from)
		return SK_BAD_HANDLE;
	error = check_paged(memory, request->offset, length);
	if (!error)
		error = check_range(from, request->from_offset, length);
	if (!error && !memory_can_share(from))
		error = kernel_Error_NOT_SUPPORTED;
	if (error)
		return error;
	done = call_come_to(call, 0, length) & ~PAGE_MASK;
	for (; fine && done < length && call->steps > 0; call->steps--) {
		fine = supply_page(memory, request->offset + done, from,
			request->from_offset + done, request->write_protected);
		done += fine ? PAGE_SIZE : 0;
	}
	pager_wake(memory, request->offset, done, false);
	if (fine && done < length)
		return call_go_on(call, done);
	return done == 0 && length > 0 ? kernel_Error_QUOTA_EXCEEDED :
		ANSWER(Memory, supply, .done = done);
}

COMMAND(Memory, memory, refuse, CONTROL)
{
	if (!memory->pager)
		return kernel_Error_NOT_SUPPORTED;
	pager_wake(memory, request->offset, request->length, true);
	return 0;
}

OPERATION(Memory, memory, dirty, CONTROL)
{
	struct kernel_Range ranges[DIRTY_MAX];
	uint64_t at = request->from >> PAGE_SHIFT, end = memory->size >> PAGE_SHIFT, *entry;
	unsigned count = 0, looks = OBJECT_STEPS * 8;

	if (!memory->pager)
		return kernel_Error_NOT_SUPPORTED;
	for (; (entry = page_next(memory, &at, end, &looks)) != NULL; at++) {
		struct kernel_Range *last = count ? &ranges[count - 1] : NULL;
		uint64_t offset = at << PAGE_SHIFT;

		if (!(*entry & PAGE_DIRTY))
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

COMMAND(Memory, memory, write_protect, CONTROL)
{
	kernel_error error = check_paged(memory, request->offset, request->length);
	uint64_t end = (request->offset + request->length) >> PAGE_SHIFT;
	uint64_t at, *entry;

	if (error)
		return error;
	at = call_come_to(call, request->offset >> PAGE_SHIFT, end);
	for (; (entry = page_next(memory, &at, end, &call->steps)) != NULL; at++) {
		*entry = page_frame(*entry) | (request->ask ? (uint64_t)PAGE_ASK : 0);
		space_protect_all(memory, at << PAGE_SHIFT, (at + 1) << PAGE_SHIFT);
	}
	return at < end ? call_go_on(call, at) : 0;
}

/* Progress: pages done, and above them pages freed. */
OPERATION(Memory, memory, evict, CONTROL)
{
	kernel_error error = check_paged(memory, request->offset, request->length);
	uint64_t before = call_come_to(call, 0, UINT64_MAX), freed = before >> 32;
	uint64_t at = request->offset + (before << 32 >> 32 << PAGE_SHIFT);
	uint64_t end = request->offset + request->length;

	if (!error && request->length >> PAGE_SHIFT > UINT32_MAX)
		error = kernel_Error_INVALID;
	if (error)
		return error;
	freed += memory_take_away(memory, &at, end,
		PAGE_LOCKED | (request->dirty_too ? 0 : PAGE_DIRTY), &call->steps);
	if (at < end)
		return call_go_on(call, freed << 32 | (at - request->offset) >> PAGE_SHIFT);
	return ANSWER(Memory, evict, .freed = freed << PAGE_SHIFT);
}

static void count_handle(struct object *object, uint16_t rights, uint16_t flags, int by)
{
	(void)rights;
	(void)flags;
	if (by < 0 && object->handles <= 2)	/* it is counted still */
		memory_check_idle(object_self(object));
}

OBJECT_TYPE(Memory, memory, MEMORY, .count_handle = count_handle,
	.destroy = memory_end)
