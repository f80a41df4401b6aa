/* Operations on spaces. */
#include "kernel/space.h"
#include "kernel/steps.h"
#include "kernel/thread.h"
#include "fault.skald.h"

enum {
	RESIDENT_MAX = OBJECT_STEPS * 8,	/* pages that resident() answers */
	MAPPINGS_MAX = 60,
	HANDLES_MAX = 160
};

/* ---- mappings ---- */

/* What is there goes when all that the new one needs is had. */
OPERATION(Space, space, map, MAP)
{
	const struct handle *handles = call->arguments.handles;
	uint32_t flags = request->flags;
	uint64_t address = request->address;
	struct mapping *mapping;
	int error;

	if (!ARGUMENT(memory, memory))
		return SK_BAD_HANDLE;
	if (flags & kernel_MapFlags_REPLACE && !(flags & kernel_MapFlags_FIXED))
		return kernel_Error_INVALID;
	mapping = mapping_of_handle(space, &handles[request->memory.raw.raw],
		request->offset, request->length, request->protection, flags, &error);
	if (!mapping)
		return error;
	mapping->inherit = (uint8_t)request->inherit;
	mapping->tag = request->tag_value;
	if (flags & kernel_MapFlags_REPLACE && !space_unmap(space, address,
			request->length, &call->steps, &error)) {
		mapping_free(mapping);
		return error ? error : call_go_on(call, 0);
	}
	error = mapping_place(mapping, &address, flags & kernel_MapFlags_FIXED);
	return error ? error : ANSWER(Space, map, .address = address);
}

COMMAND(Space, space, unmap, MAP)
{
	kernel_error error;

	if (space_unmap(space, request->address, request->length, &call->steps, &error))
		return 0;
	return error ? error : call_go_on(call, 0);
}

static kernel_error change_range(struct kernel_call *call, struct space *space,
	uint64_t address, uint64_t length, struct change change)
{
	kernel_error error = space_check_range(address, length);
	uint64_t end = address + length, at = call_come_to(call, address, end);

	if (!error && !space_change(space, &at, end, &change, &call->steps, &error) &&
			!error)
		return call_go_on(call, at);
	return error;
}

COMMAND(Space, space, protect, MAP)
{
	struct change change = {(int)request->protection, -1, -1};

	return request->protection > 7 ? kernel_Error_INVALID :
		change_range(call, space, request->address, request->length, change);
}

COMMAND(Space, space, set_inherit, MAP)
{
	struct change change = {-1, (int)request->inherit, -1};

	return change_range(call, space, request->address, request->length, change);
}

COMMAND(Space, space, lock, MAP)
{
	struct change change = {-1, -1, request->locked};

	return change_range(call, space, request->address, request->length, change);
}

OPERATION(Space, space, populate, MAP)
{
	kernel_error error = space_check_range(request->address, request->length);
	uint32_t access = request->write ? fault_Access_WRITE : fault_Access_READ, reason;
	uint64_t done;

	if (error)
		return error;
	done = call_come_to(call, 0, request->length) & ~PAGE_MASK;
	for (; done < request->length; done += PAGE_SIZE) {
		if (!object_step(&call->steps))
			return call_go_on(call, done);
		if (space_touch(space, request->address + done, access, NULL, &reason)
				!= TOUCH_DONE)
			break;
	}
	return ANSWER(Space, populate, .done = done);
}

/* The memory whose pages a mapping forgets; NULL: they stay. */
static struct memory *to_discard(const struct mapping *mapping)
{
	if (mapping->flags & kernel_MapFlags_PRIVATE)
		return mapping->own;
	return memory_can_share(mapping->memory) &&
		mapping->inherit != kernel_Inherit_SHARE &&
		mapping->allowed & kernel_Protection_WRITE ? mapping->memory : NULL;
}

COMMAND(Space, space, discard, MAP)
{
	kernel_error error = space_check_range(request->address, request->length);
	uint64_t at, end = request->address + request->length;

	if (error)
		return error;
	at = call_come_to(call, request->address, end);
	while (at < end) {
		struct mapping *mapping = space_find_from(space, at);
		struct memory *memory;
		uint64_t offset, last;

		if (!mapping || mapping->start >= end)
			break;
		if (!object_step(&call->steps))
			return call_go_on(call, at);
		at = at < mapping->start ? mapping->start : at;
		offset = mapping->offset - mapping->start + at;
		last = mapping->end < end ? mapping->end : end;
		memory = to_discard(mapping);
		if (memory)
			memory_take_away(memory, &offset, offset + (last - at), 0,
				&call->steps);
		at = memory ? mapping->start + (offset - mapping->offset) : last;
	}
	return 0;
}

/* ---- remap ---- */

static kernel_error check_remap(const struct space *space,
	const struct kernel_Space_remap_request *request)
{
	uint64_t from = request->from, old = request->old_length;
	uint64_t new = request->new_length;
	kernel_error error = space_check_range(from, old);
	const struct mapping *mapping = error ? NULL : space_find(space, from);
	const struct memory *memory;

	if (error || new & PAGE_MASK || new < old || new > USER_END)
		return error ? error : kernel_Error_INVALID;
	if (!mapping || mapping->end < from + old)
		return kernel_Error_NOT_MAPPED;
	memory = mapping->memory;
	return memory->is_run && new > old &&
		from - mapping->start + new > memory->size - mapping->offset ?
		kernel_Error_OUT_OF_RANGE : 0;
}

/* Where it goes: where it is, if nothing is behind it, or elsewhere. */
static kernel_error choose_target(const struct space *space,
	const struct kernel_Space_remap_request *request, uint64_t *target)
{
	uint64_t end = request->from + request->old_length;
	uint64_t more = request->new_length - request->old_length;

	*target = request->from;
	if (!request->to && (more == 0 || (more <= USER_END - end &&
			space_is_free(space, end, more))))
		return 0;
	if (!request->to && !request->may_move)
		return kernel_Error_OVERLAP;
	*target = request->to;
	return space_choose_place(space, request->new_length, target, request->to != 0);
}

OPERATION(Space, space, remap, MAP)
{
	uint64_t target, from = request->from, old = request->old_length;
	kernel_error error = check_remap(space, request);
	struct mapping *mapping;

	if (!error)
		error = choose_target(space, request, &target);
	if (!error)
		error = space_isolate(space, from, old);
	if (error)
		return error;
	if (target != from && !space_clear(space, from, from + old, &call->steps))
		return call_go_on(call, 0);
	mapping = space_find(space, from);
	mapping_remove(mapping);
	mapping->start = target;
	mapping->end = target + request->new_length;
	mapping_add(mapping);
	return ANSWER(Space, remap, .address = target);
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

/* ---- contents ---- */

OPERATION(Space, space, read, READ)
{
	struct content content = {.space = space, .at = request->from,
		.access = ACCESS_FORCED};
	uint64_t done;
	int error = call_copy_lease(call, &request->data, content, true, &done);

	return ANSWER_DONE(error, Space, read, .done = done);
}

OPERATION(Space, space, write, WRITE)
{
	struct content content = {.space = space, .at = request->to,
		.access = request->force ? ACCESS_FORCED : 0};
	uint64_t done;
	int error = call_copy_lease(call, &request->data, content, false, &done);

	return ANSWER_DONE(error, Space, write, .done = done);
}

/* ---- handles ---- */

/* Another handle in its table. */
static kernel_error put(struct space *space, const struct handle *handle, uint32_t *number)
{
	if (!handle_reserve(&space->handles, 1))
		return space->state >= kernel_SpaceState_ENDING ? kernel_Error_ENDED :
			space->handles.used + space->handles.reserved + 1 >= HANDLE_MAX ?
			kernel_Error_TABLE_FULL : kernel_Error_QUOTA_EXCEEDED;
	*number = handle_add(&space->handles, handle->object, handle->rights,
		handle->protocol_rights, handle->flags);
	return 0;
}

OPERATION(Space, space, duplicate, CONTROL)
{
	const struct handle *found = handle_find(&space->handles, request->number);
	struct handle handle;
	kernel_error error;
	uint32_t number;

	if (!found || !(found->rights & kernel_Rights_DUPLICATE))
		return found ? kernel_Error_NO_ACCESS : kernel_Error_NO_HANDLE;
	handle = *found;
	handle.rights &= request->rights;
	handle.protocol_rights &= request->protocol_rights;
	error = put(space, &handle, &number);
	return error ? error : ANSWER(Space, duplicate, .number = number);
}

OPERATION(Space, space, insert, CONTROL)
{
	uint32_t index = (uint32_t)request->what.raw.raw, number;
	const struct handle *handle;
	uint16_t wanted;
	kernel_error error;

	if (index >= call->arguments.count)
		return SK_BAD_HANDLE;
	handle = &call->arguments.handles[index];
	wanted = call->arguments.sent[index].copies ? kernel_Rights_DUPLICATE :
		kernel_Rights_TRANSFER;
	if (!(handle->rights & wanted))
		return SK_BAD_HANDLE;
	error = put(space, handle, &number);
	return error ? error : ANSWER(Space, insert, .number = number);
}

COMMAND(Space, space, remove, CONTROL)
{
	if (!handle_find(&space->handles, request->number))
		return kernel_Error_NO_HANDLE;
	handle_remove(&space->handles, request->number);
	return 0;
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

COMMAND(Space, space, kill, DESTROY)
{
	space_kill(space, request->code);
	return 0;
}

COMMAND(Space, space, watch, INSPECT)
{
	return call_watch(call, request->notify, request->bits, &space->ended,
		space->state == kernel_SpaceState_ENDED);
}

OPERATION(Space, space, state, INSPECT)
{
	return ANSWER(Space, state, .code = space->code, .threads = space->thread_count,
		.state = space->state,
		.mapped = space->mapped, .resident = space->resident << PAGE_SHIFT,
		.shared = space->shared, .page_tables = space->tables << PAGE_SHIFT);
}

/* The first with at least this id; they are in the order in which they were made. */
static struct thread *find_thread(const struct space *space, uint64_t id)
{
	for (struct list *at = space->threads.next; at != &space->threads; at = at->next)
		if (LIST_OF(at, struct thread, in_space)->object.id >= id)
			return LIST_OF(at, struct thread, in_space);
	return NULL;
}

OPERATION(Space, space, open_thread, CONTROL)
{
	struct thread *thread = find_thread(space, request->from);

	return !thread ? kernel_Error_NOT_FOUND : ANSWER(Space, open_thread,
		.thread.raw = call_result_of(call, &thread->object, RIGHTS_ALL),
		.id = thread->object.id);
}

OBJECT_TYPE(Space, space, SPACE, .destroy = space_end)
