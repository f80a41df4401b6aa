/* Operations on spaces. What takes many steps goes on where it was when it is
 * called again: what has been done shows, or caller->progress says where. */
#include <string.h>

#include "kernel/operation.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "fault.skald.h"

enum {
	COPY_STEPS = 16,		/* of OBJECT_STEPS, for a page's bytes */
	RESIDENT_MAX = OBJECT_STEPS * 8,	/* pages that resident() answers */
	MAPPINGS_MAX = 60,
	HANDLES_MAX = 160,
	THREADS_MAX = 256
};

/* How far this call had come; at most `end`, for its request may be another. */
static uint64_t come_to(struct kernel_call *call, uint64_t end)
{
	uint64_t at = call->caller->progress;

	call->caller->progress = 0;
	return at > end ? end : at;
}

static int go_on(struct kernel_call *call, uint64_t at)
{
	call->caller->progress = at;
	call_again(call);
	return 0;
}

/* ---- mappings ---- */

/* Touches pages from *done on, as far as steps allow. False: there is more. */
static bool populate(struct kernel_call *call, struct space *space, uint64_t address,
	uint64_t length, uint32_t access, uint64_t *done)
{
	uint32_t reason;

	for (; *done < length; *done += PAGE_SIZE) {
		if (call->steps == 0)
			return false;
		call->steps--;
		if (space_touch(space, address + *done, access, NULL, &reason) != TOUCH_DONE)
			break;
	}
	return true;
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

/* Progress of map(), once mapped, is its page number, and pages done below. */
#define DONE_BITS 28
#define DONE_MASK ((UINT64_C(1) << DONE_BITS) - 1)

static int go_on_populating(struct kernel_call *call, struct space *space,
	const struct kernel_Space_map_request *request, uint64_t address, uint64_t done,
	struct sk_reply *to)
{
	bool wanted = request->flags & (kernel_MapFlags_POPULATE | kernel_MapFlags_LOCKED);
	uint32_t access = request->protection & fault_Access_WRITE ? fault_Access_WRITE :
		request->protection & fault_Access_READ;

	done <<= PAGE_SHIFT;
	if (wanted && access && request->length >> PAGE_SHIFT < DONE_MASK &&
			!populate(call, space, address, request->length, access, &done))
		return go_on(call, address >> PAGE_SHIFT << DONE_BITS | done >> PAGE_SHIFT);
	return ANSWER(Space, map, .address = address);
}

OPERATION(Space, space, map, MAP)
{
	struct memory *memory = ARGUMENT(memory, memory);
	uint64_t before = come_to(call, UINT64_MAX), address = request->address;
	uint32_t fixed = kernel_MapFlags_FIXED | kernel_MapFlags_REPLACE, allowed;
	kernel_error error = 0;

	if (!memory || !(call->arguments.handles[request->memory.raw.raw].rights &
			kernel_Rights_MAP))
		return SK_BAD_HANDLE;
	if (before)
		return go_on_populating(call, space, request,
			before >> DONE_BITS << PAGE_SHIFT, before & DONE_MASK, to);
	allowed = allowed_by(call->arguments.handles[request->memory.raw.raw].rights,
		request->flags);
	if (request->protection & ~allowed || request->protection > 7)
		return request->protection > 7 ? kernel_Error_INVALID :
			kernel_Error_NO_ACCESS;
	if ((request->flags & fixed) == fixed) {
		error = space_check_range(address, request->length);
		if (!error && !space_clear(space, address, request->length, &call->steps,
				&error) && !error)
			return go_on(call, 0);
	}
	if (!error)
		error = space_map(space, memory, request->offset, request->length, &address,
			request->protection | SPACE_ALLOWED(allowed), request->flags,
			(uint8_t)request->inherit, (uint8_t)request->caching,
			request->tag_value);
	return error ? error : go_on_populating(call, space, request, address, 0, to);
}

OPERATION(Space, space, unmap, MAP)
{
	uint64_t done;
	kernel_error error = space_unmap(space, request->address, request->length,
		&call->steps, &done);

	if (error)
		return error;
	return done < request->length ? go_on(call, 0) : ANSWER(Space, unmap, 0);
}

OPERATION(Space, space, protect, MAP)
{
	uint64_t before, done;
	kernel_error error = space_check_range(request->address, request->length);

	if (error)
		return error;
	before = come_to(call, request->length) & ~PAGE_MASK;
	if (before == request->length)
		return ANSWER(Space, protect, 0);
	error = space_protect(space, request->address + before, request->length - before,
		request->protection, &call->steps, &done);
	if (error)
		return error;
	return before + done < request->length ? go_on(call, before + done) :
		ANSWER(Space, protect, 0);
}

/* Sets what `set` sets in each mapping of a range, which may have holes. */
static kernel_error each_mapping(struct kernel_call *call, struct space *space,
	uint64_t address, uint64_t length, uint32_t value,
	void (*set)(struct mapping *, uint32_t), uint64_t *done)
{
	kernel_error error = space_check_range(address, length);
	struct mapping *mapping;

	if (!error)
		error = space_isolate(space, address, length);
	for (*done = come_to(call, length); !error && *done < length;) {
		mapping = space_find_from(space, address + *done);
		if (!mapping || mapping->start >= address + length) {
			*done = length;
		} else if (call->steps == 0) {
			break;
		} else {
			call->steps--;
			mapping_remove(mapping);
			set(mapping, value);
			mapping_add(mapping);
			*done = mapping->end - address;
		}
	}
	return error;
}

static void set_inherit(struct mapping *mapping, uint32_t value)
{
	mapping->inherit = (uint8_t)value;
}

static void set_locked(struct mapping *mapping, uint32_t value)
{
	mapping->flags &= ~(uint32_t)kernel_MapFlags_LOCKED;
	mapping->flags |= value;
}

OPERATION(Space, space, set_inherit, MAP)
{
	uint64_t done;
	kernel_error error = each_mapping(call, space, request->address, request->length,
		(uint32_t)request->inherit, set_inherit, &done);

	if (error)
		return error;
	return done < request->length ? go_on(call, done) : ANSWER(Space, set_inherit, 0);
}

/* Progress: 1 more than what is present, once all are LOCKED. */
OPERATION(Space, space, lock, MAP)
{
	uint64_t before = come_to(call, UINT64_MAX), done = before & ~PAGE_MASK;
	kernel_error error = space_check_range(request->address, request->length);
	struct mapping *mapping = space_find(space, request->address);

	if (error)
		return error;
	if (!(before & 1)) {
		call->caller->progress = before;
		error = each_mapping(call, space, request->address, request->length,
			request->locked ? kernel_MapFlags_LOCKED : 0, set_locked, &done);
		if (error)
			return error;
		if (done < request->length)
			return go_on(call, done);
		done = 0;
	}
	/* As far as there are mappings that can be read. */
	if (request->locked && mapping && !populate(call, space, request->address,
			request->length, fault_Access_READ, &done))
		return go_on(call, done | 1);
	return ANSWER(Space, lock, 0);
}

OPERATION(Space, space, populate, MAP)
{
	kernel_error error = space_check_range(request->address, request->length);
	uint64_t done;

	if (error)
		return error;
	done = come_to(call, request->length) & ~PAGE_MASK;
	if (!populate(call, space, request->address, request->length,
			request->write ? fault_Access_WRITE : fault_Access_READ, &done))
		return go_on(call, done);
	return ANSWER(Space, populate, .done = done);
}

/* The memory whose pages a mapping forgets; NULL: they stay. */
static struct memory *to_discard(const struct mapping *mapping)
{
	if (mapping->flags & kernel_MapFlags_PRIVATE)
		return mapping->own;
	return mapping->memory->kind != kernel_MemoryKind_ANONYMOUS ||
		mapping->memory->is_fixed || mapping->inherit == kernel_Inherit_SHARE ||
		!(mapping->allowed & kernel_Protection_WRITE) ? NULL : mapping->memory;
}

/* Of one mapping, from an address on. Returns where it got to. */
static uint64_t discard(struct mapping *mapping, uint64_t from, uint64_t to,
	unsigned *steps)
{
	struct memory *memory = to_discard(mapping);
	uint64_t at = mapping->offset + from - mapping->start, begin = at;

	--*steps;
	if (!memory)
		return to;
	memory = memory_whole(memory, &at);
	begin = at;
	memory_take_away(memory, &at, begin + (to - from), 0, steps);
	return from + (at - begin);
}

OPERATION(Space, space, discard, MAP)
{
	kernel_error error = space_check_range(request->address, request->length);
	uint64_t at, end = request->address + request->length;

	if (error)
		return error;
	at = request->address + come_to(call, request->length);
	while (at < end) {
		struct mapping *mapping = space_find_from(space, at);

		if (!mapping || mapping->start >= end)
			break;
		if (call->steps == 0)
			return go_on(call, at - request->address);
		at = at < mapping->start ? mapping->start : at;
		at = discard(mapping, at, mapping->end < end ? mapping->end : end,
			&call->steps);
	}
	return ANSWER(Space, discard, 0);
}

/* ---- remap ---- */

/* The old range has a mapping still, but none of the pages. */
static kernel_error leave_behind(struct mapping *mapping, struct mapping **left)
{
	struct space *space = mapping->space;
	bool is_private = mapping->flags & kernel_MapFlags_PRIVATE;
	struct memory *memory = mapping->memory;
	kernel_error error;

	if (!is_private && memory->kind != kernel_MemoryKind_ANONYMOUS)
		return kernel_Error_NOT_SUPPORTED;
	*left = mapping_new(space, mapping, &error);
	if (!*left)
		return error;
	if (!is_private)
		memory = memory_new(space->object.quota, memory->size, &error);
	if (!error && !mapping_set_memory(*left, memory))
		error = kernel_Error_BUSY;
	if (!is_private && memory)
		object_drop(&memory->object);
	if (error)
		mapping_free(*left);
	return error;
}

/* All that can fail, or takes steps, is done: it has no pages in page tables. */
static void move(struct mapping *mapping, struct mapping *left, uint64_t to,
	uint64_t length)
{
	mapping_remove(mapping);
	mapping->start = to;
	mapping->end = to + length;
	mapping_add(mapping);
	if (left)
		mapping_add(left);
}

static bool reaches_beyond(const struct mapping *mapping, uint64_t length)
{
	const struct memory *memory = mapping->memory;
	bool ends = memory->whole || memory->is_run;

	return length > USER_END || (ends && length > mapping->end - mapping->start &&
		(mapping->offset > memory->size || length > memory->size - mapping->offset));
}

static bool can_extend(const struct space *space, uint64_t end, uint64_t by)
{
	const struct mapping *above = space_find_from(space, end);

	return by <= USER_END - end && (!above || above->start - end >= by);
}

/* To `target`, where nothing overlaps it. Sets *again: there is more to do. */
static kernel_error move_mapping(struct kernel_call *call, struct space *space,
	const struct kernel_Space_remap_request *request, uint64_t length, uint64_t target,
	bool *again)
{
	struct mapping *mapping, *left = NULL;
	kernel_error error = space_isolate(space, request->from, length);
	uint64_t done;

	*again = false;
	if (!error)
		error = space_unmap(space, target, request->new_length, &call->steps, &done);
	if (error)
		return error;
	mapping = space_find(space, request->from);
	if (done < request->new_length || !mapping_clear(mapping, mapping->start,
			mapping->end, &call->steps)) {
		*again = true;
		return 0;
	}
	if (request->keep_old)
		error = leave_behind(mapping, &left);
	if (!error)
		move(mapping, left, target, request->new_length);
	return error;
}

/* Where it goes; *target 0: it stays, being extended by what lies behind. */
static kernel_error choose_target(const struct space *space,
	const struct kernel_Space_remap_request *request, const struct mapping *mapping,
	uint64_t length, uint64_t *target)
{
	uint64_t from = request->from, to = request->to;

	*target = to;
	if (to) {
		kernel_error error = space_check_range(to, request->new_length);

		return error ? error : to < from + length && from < to + request->new_length ?
			kernel_Error_INVALID : 0;
	}
	if (!request->keep_old && (request->new_length <= length ||
			(mapping->end == from + length && can_extend(space, mapping->end,
			request->new_length - length))))
		return 0;
	if (!request->may_move)
		return kernel_Error_OVERLAP;
	*target = space_find_place(space, 0, request->new_length);
	return *target ? 0 : kernel_Error_BAD_ADDRESS;
}

static kernel_error check_remap(const struct space *space,
	const struct kernel_Space_remap_request *request, uint64_t length)
{
	kernel_error error = space_check_range(request->from, length);
	const struct mapping *mapping = error ? NULL : space_find(space, request->from);

	if (error || request->new_length == 0 || request->new_length & PAGE_MASK)
		return error ? error : kernel_Error_INVALID;
	if (!mapping || mapping->end < request->from + length)
		return kernel_Error_NOT_MAPPED;
	return reaches_beyond(mapping, request->new_length +
		(request->from - mapping->start)) ? kernel_Error_OUT_OF_RANGE : 0;
}

/* Progress 1: what is too much is going, and all else was looked at. */
OPERATION(Space, space, remap, MAP)
{
	uint64_t old = request->old_length, new = request->new_length, target, done;
	uint64_t kept = new < old ? new : old;
	kernel_error error = space_check_range(request->from, old);
	bool shrinks = !error && come_to(call, 1) == 1, again;
	struct mapping *mapping;

	if (!error)
		error = check_remap(space, request, shrinks ? kept : old);
	mapping = error ? NULL : space_find(space, request->from);
	if (!error)
		error = choose_target(space, request, mapping, kept, &target);
	if (error)
		return error;
	if (kept < old && !request->keep_old) {
		error = space_unmap(space, request->from + kept, old - kept, &call->steps,
			&done);
		if (error)
			return error;
		if (done < old - kept)
			return go_on(call, 1);
		mapping = space_find(space, request->from);
	}
	if (!target) {
		mapping_remove(mapping);
		mapping->end += new - kept;
		mapping_add(mapping);
		return ANSWER(Space, remap, .address = request->from);
	}
	error = move_mapping(call, space, request, kept, target, &again);
	if (error)
		return error;
	return again ? go_on(call, kept < old) : ANSWER(Space, remap, .address = target);
}

/* ---- looking ---- */

static struct kernel_Mapping describe(const struct mapping *mapping)
{
	return (struct kernel_Mapping){
		.address = mapping->start,
		.length = mapping->end - mapping->start,
		.offset = mapping->offset,
		.memory = mapping->memory->object.id,
		.tag_value = mapping->tag,
		.protection = mapping->protection,
		.flags = mapping->flags,
		.inherit = mapping->inherit,
		.caching = mapping->caching,
	};
}

OPERATION(Space, space, resident, INSPECT)
{
	uint8_t bits[RESIDENT_MAX / 8] = {0};
	uint32_t pages = request->pages < RESIDENT_MAX ? request->pages : RESIDENT_MAX;
	kernel_error error = space_check_range(request->address,
		(uint64_t)request->pages << PAGE_SHIFT);
	uint64_t frame;
	uint32_t flags;

	if (error)
		return error;
	for (uint32_t i = 0; i < pages && space->has_tables; i++)
		if (arch_look(space, request->address + ((uint64_t)i << PAGE_SHIFT), &frame,
				&flags))
			bits[i / 8] |= (uint8_t)(1u << i % 8);
	return ANSWER(Space, resident, .present.data = bits,
		.present.size = (pages + 7) / 8);
}

OPERATION(Space, space, find, INSPECT)
{
	const struct mapping *mapping = space_find(space, request->address);

	return mapping ? ANSWER(Space, find, .mapping = describe(mapping)) :
		kernel_Error_NOT_MAPPED;
}

OPERATION(Space, space, mappings, INSPECT)
{
	struct kernel_Mapping list[MAPPINGS_MAX];
	const struct mapping *mapping = space_find_from(space, request->from);
	uint32_t count = 0;

	for (; mapping && count < MAPPINGS_MAX; mapping = space_find_from(space, mapping->end))
		list[count++] = describe(mapping);
	return ANSWER(Space, mappings, .list.items = list, .list.count = count,
		.next = mapping ? mapping->start : 0);
}

OPERATION(Space, space, usage, INSPECT)
{
	return ANSWER(Space, usage, .mapped = space->mapped,
		.resident = space->resident << PAGE_SHIFT, .shared = space->shared,
		.page_tables = space->tables << PAGE_SHIFT);
}

/* ---- contents ---- */

/* As of a memory: see there. */
static bool copy_lease(struct kernel_call *call, struct space *space,
	const struct sk_reply *to, const struct sk_lease *lease, uint64_t address,
	uint32_t access, uint64_t *done, int *status)
{
	uint64_t frame, part, copied;
	uint32_t reason;

	*done = come_to(call, lease->size);
	for (*status = 0; *done < lease->size; *done += copied) {
		uint64_t at = address + *done;
		uint8_t *bytes;

		if (call->steps < COPY_STEPS)
			return false;
		call->steps -= COPY_STEPS;
		if (at < address || space_frame(space, at, access, &frame, &reason) !=
				TOUCH_DONE)
			return true;
		part = PAGE_SIZE - (at & PAGE_MASK);
		part = part < lease->size - *done ? part : lease->size - *done;
		bytes = (uint8_t *)frame_data(frame) + (at & PAGE_MASK);
		*status = access & fault_Access_WRITE ?
			sk_lease_read(to, lease, *done, bytes, part, &copied) :
			sk_lease_write(to, lease, *done, bytes, part, &copied);
		if (*status == 0 && copied == part)
			continue;
		*done += copied;
		return *done > 0;
	}
	return true;
}

OPERATION(Space, space, read, READ)
{
	uint64_t done;
	int status;

	if (copy_lease(call, space, to, &request->data, request->from,
			ACCESS_FORCED | fault_Access_READ, &done, &status))
		return ANSWER(Space, read, .done = done);
	return status ? status : go_on(call, done);
}

OPERATION(Space, space, write, WRITE)
{
	uint64_t done;
	int status;

	if (copy_lease(call, space, to, &request->data, request->to, fault_Access_WRITE |
			(request->force ? ACCESS_FORCED : 0), &done, &status))
		return ANSWER(Space, write, .done = done);
	return status ? status : go_on(call, done);
}

/* ---- handles ---- */

static kernel_error reserve(struct space *space)
{
	if (handle_reserve(&space->handles, 1))
		return 0;
	if (space->state >= kernel_SpaceState_ENDING)
		return kernel_Error_ENDED;
	return space->handles.used + space->handles.reserved + 1 >= HANDLE_MAX ?
		kernel_Error_TABLE_FULL : kernel_Error_QUOTA_EXCEEDED;
}

OPERATION(Space, space, duplicate, CONTROL)
{
	const struct handle *found = handle_find(&space->handles, request->number);
	struct handle handle;
	kernel_error error;

	if (!found || !(found->rights & kernel_Rights_DUPLICATE))
		return found ? kernel_Error_NO_ACCESS : kernel_Error_NO_HANDLE;
	handle = *found;
	error = reserve(space);
	if (error)
		return error;
	return ANSWER(Space, duplicate, .number = handle_add(&space->handles,
		handle.object, handle.rights & request->rights,
		handle.protocol_rights & request->protocol_rights, handle.flags));
}

OPERATION(Space, space, insert, CONTROL)
{
	uint32_t index = (uint32_t)request->what.raw.raw;
	struct handle handle;
	uint16_t wanted;
	kernel_error error;

	if (index >= call->arguments.count)
		return SK_BAD_HANDLE;
	handle = call->arguments.handles[index];
	wanted = call->arguments.sent[index].copies ? kernel_Rights_DUPLICATE :
		kernel_Rights_TRANSFER;
	if (!(handle.rights & wanted))
		return SK_BAD_HANDLE;
	error = reserve(space);
	if (error)
		return error;
	return ANSWER(Space, insert, .number = handle_add(&space->handles, handle.object,
		handle.rights, handle.protocol_rights, handle.flags));
}

OPERATION(Space, space, remove, CONTROL)
{
	if (!handle_find(&space->handles, request->number))
		return kernel_Error_NO_HANDLE;
	handle_remove(&space->handles, request->number);
	return ANSWER(Space, remove, 0);
}

OPERATION(Space, space, handles, INSPECT)
{
	struct kernel_HandleEntry list[HANDLES_MAX];
	const struct handle_table *table = &space->handles;
	uint32_t count = 0, index = handle_next(table, request->from);

	for (; index && count < HANDLES_MAX; index = handle_next(table, index + 1)) {
		const struct handle *handle = handle_find(table, handle_number(table, index));

		list[count++] = (struct kernel_HandleEntry){
			.number = handle_number(table, index),
			.kind = (kernel_Kind)handle->object->type->kind,
			.object = handle->object->id,
			.rights = handle->rights,
			.protocol_rights = handle->protocol_rights,
		};
	}
	return ANSWER(Space, handles, .list.items = list, .list.count = count, .next = index);
}

/* ---- life, and threads ---- */

static void settle_threads(struct space *space)
{
	struct list *next;

	for (struct list *at = space->threads.next; at != &space->threads; at = next) {
		next = at->next;
		thread_settle(LIST_OF(at, struct thread, in_space));
	}
}

static kernel_error suspend(struct space *space, int by)
{
	if (space->state >= kernel_SpaceState_ENDING)
		return kernel_Error_ENDED;
	if (by < 0 ? space->suspended == 0 : space->suspended == UINT32_MAX)
		return kernel_Error_BAD_STATE;
	space->suspended += (uint32_t)by;
	settle_threads(space);
	return 0;
}

OPERATION(Space, space, suspend, CONTROL)
{
	kernel_error error = suspend(space, 1);

	return error ? error : ANSWER(Space, suspend, 0);
}

OPERATION(Space, space, proceed, CONTROL)
{
	kernel_error error = suspend(space, -1);

	return error ? error : ANSWER(Space, proceed, 0);
}

OPERATION(Space, space, kill, DESTROY)
{
	space_kill(space, request->code);
	return ANSWER(Space, kill, 0);
}

OPERATION(Space, space, watch, INSPECT)
{
	int status = call_watch(call, request->notify, request->bits, &space->ended);

	if (status)
		return status;
	if (space->state == kernel_SpaceState_ENDED)
		watch_fire(&space->ended);
	return ANSWER(Space, watch, 0);
}

OPERATION(Space, space, state, INSPECT)
{
	bool suspended = space->suspended > 0 && space->state == kernel_SpaceState_RUNNING;

	return ANSWER(Space, state, .code = space->code, .threads = space->thread_count,
		.state = suspended ? kernel_SpaceState_SUSPENDED : space->state);
}

/* The first with at least this id; they are in the order in which they were made. */
static struct thread *find_thread(const struct space *space, uint64_t id)
{
	for (struct list *at = space->threads.next; at != &space->threads; at = at->next)
		if (LIST_OF(at, struct thread, in_space)->object.id >= id)
			return LIST_OF(at, struct thread, in_space);
	return NULL;
}

OPERATION(Space, space, threads, INSPECT)
{
	uint64_t list[THREADS_MAX];
	const struct thread *thread = find_thread(space, request->from);
	struct list *at = thread ? (struct list *)(uintptr_t)&thread->in_space :
		&space->threads;
	uint32_t count = 0;

	for (; at != &space->threads && count < THREADS_MAX; at = at->next)
		list[count++] = LIST_OF(at, struct thread, in_space)->object.id;
	return ANSWER(Space, threads, .list.items = list, .list.count = count,
		.next = at == &space->threads ? 0 :
			LIST_OF(at, struct thread, in_space)->object.id);
}

OPERATION(Space, space, open_thread, CONTROL)
{
	struct thread *thread = find_thread(space, request->id);

	if (!thread || thread->object.id != request->id)
		return kernel_Error_NOT_FOUND;
	return ANSWER(Space, open_thread,
		.thread.raw = call_result_of(call, &thread->object, RIGHTS_ALL));
}

OBJECT_TYPE(Space, space, SPACE, .destroy = space_end)
