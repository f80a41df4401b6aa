/* Memory of programs. The kernel's list of mappings is the truth; what is here chooses
 * places and finds memory. */
#include "servers/posix/allowance.h"
#include "servers/posix/memory.h"

/* What the heap grows by, at least: one mapping for many small steps. */
#define HEAP_STEP (UINT64_C(256) << 10)

bool memory_is_programs(uint64_t address, uint64_t size)
{
	return address >= LAYOUT_PROGRAM && size <= LAYOUT_PROGRAM_END &&
		address <= LAYOUT_PROGRAM_END - size;
}

/* ---- places ---- */

bool memory_next(struct space *space, uint64_t from, struct kernel_Mapping *mapping)
{
	struct kernel_Space_mappings_reply reply;

	if (K(space->handle, Space_mappings, &reply, .from = from) != SK_OK)
		return false;
	return kernel_Mapping_next(&reply.list, mapping);
}

static bool is_free(struct space *space, uint64_t address, uint64_t size)
{
	struct kernel_Mapping mapping;

	return !memory_next(space, address, &mapping) || mapping.address >= address + size;
}

/* Below what was placed before; 0: there is none. */
static uint64_t choose(struct space *space, uint64_t size)
{
	for (int rounds = 0; rounds < 2; rounds++) {
		uint64_t end = space->mappings_end;
		struct kernel_Mapping mapping;

		while (end > size && end - size >= LAYOUT_PIE) {
			uint64_t at = end - size;

			if (!memory_next(space, at, &mapping) || mapping.address >= end) {
				space->mappings_end = at;
				return at;
			}
			end = mapping.address;
		}
		space->mappings_end = LAYOUT_MAPPINGS_END;
	}
	return 0;
}

/* ---- map ---- */

/* Past the end of its file a mapping is there, and faults (SIGBUS). */
static int map_beyond(struct space *space, struct sk_handle quota, uint64_t address,
	uint64_t size, uint32_t protection, uint32_t flags, uint64_t tag)
{
	struct sk_handle memory = memory_new(quota, size);
	int status = memory.raw < 0 ? kernel_Error_QUOTA_EXCEEDED : map_there(space->handle,
		memory, 0, size, address, protection, flags, kernel_Inherit_COPY,
		tag);

	if (status == SK_OK)
		status = K0(memory, Memory_truncate, .size = 0);
	drop(&memory);
	return status;
}

static int map_file(struct thread *thread, const struct posix_Memory_map_request *r,
	uint64_t address, uint64_t size, uint32_t flags)
{
	struct process *process = thread->process;
	struct space *space = process->space;
	struct file *file = files_find(process->files, r->file);
	const bool is_shared = r->flags & posix_MapFlags_SHARED;
	struct sk_handle memory;
	uint64_t pages;
	int status = SK_OK;
	int error = file_memory(file, is_shared, &memory, &pages);

	if (error)
		return error;
	pages = pages > r->offset ? pages - r->offset : 0;
	pages = pages < size ? pages : size;
	if (pages > 0)
		status = map_there(space->handle, memory, r->offset, pages, address,
			r->protection & 7, flags | (is_shared ? 0 : kernel_MapFlags_PRIVATE),
			is_shared ? kernel_Inherit_SHARE : kernel_Inherit_COPY,
			LAYOUT_TAG_FILE + file->number);
	drop(&memory);
	/* It was opened for that, so it is sealed. */
	if (status == kernel_Error_NO_ACCESS && is_shared &&
			(r->protection & posix_Protection_WRITE))
		return posix_Error_EPERM;
	if (status == SK_OK && pages < size)
		status = map_beyond(space, process->quota, address + pages, size - pages,
			r->protection & 7, flags, LAYOUT_TAG_FILE + file->number);
	return kernel_errno(status);
}

static int map_anonymous(struct thread *thread, const struct posix_Memory_map_request *r,
	uint64_t address, uint64_t size, uint32_t flags)
{
	const bool is_shared = r->flags & posix_MapFlags_SHARED;
	struct process *process = thread->process;
	const bool is_counted = (r->protection & posix_Protection_WRITE) &&
		!(r->flags & posix_MapFlags_NO_RESERVE);
	struct sk_handle memory = user_has_memory(process->user) &&
		(!is_counted || user_may_have(process->user, size)) ?
		memory_new(process->quota, size) : sk_no_handle();
	int status;

	if (memory.raw < 0)
		return posix_Error_ENOMEM;
	status = map_there(process->space->handle, memory, 0, size, address,
		r->protection & 7, flags, is_shared ? kernel_Inherit_SHARE :
		kernel_Inherit_COPY, is_shared ? LAYOUT_TAG_SHARED : LAYOUT_TAG_PRIVATE);
	drop(&memory);
	return kernel_errno(status);
}

static int check_map(const struct thread *thread, const struct posix_Memory_map_request *r)
{
	const struct file *file = files_find(thread->process->files, r->file);
	const uint32_t kind = r->flags & (posix_MapFlags_SHARED | posix_MapFlags_PRIVATE);

	if (r->size == 0 || r->offset & MASK || kind == 0)
		return posix_Error_EINVAL;
	if (r->size > LAYOUT_PROGRAM_END)
		return posix_Error_ENOMEM;
	if (r->flags & posix_MapFlags_ANONYMOUS)
		return 0;
	if (!file)
		return posix_Error_EBADF;
	if (!(file->flags & fs_Open_READ) || (kind != posix_MapFlags_PRIVATE &&
			(r->protection & posix_Protection_WRITE) && !(file->flags & fs_Open_WRITE)))
		return posix_Error_EACCES;
	return file->handle.raw < 0 ? posix_Error_ENODEV : 0;
}

/* Where, and how the kernel is to see that. */
static int place(struct space *space, const struct posix_Memory_map_request *r,
	uint64_t size, uint64_t *address, uint32_t *flags)
{
	const uint32_t fixed = posix_MapFlags_FIXED | posix_MapFlags_FIXED_NO_REPLACE;

	*address = r->address;
	*flags = 0;
	if (r->flags & fixed) {
		if (r->address & MASK)
			return posix_Error_EINVAL;
		if (!memory_is_programs(r->address, size))
			return r->address < LAYOUT_PROGRAM ? posix_Error_EPERM :
				posix_Error_ENOMEM;
		if (!(r->flags & posix_MapFlags_FIXED_NO_REPLACE))
			*flags = kernel_MapFlags_REPLACE;
		return 0;
	}
	*address &= ~MASK;
	if (*address == 0 || !memory_is_programs(*address, size) || !is_free(space, *address, size))
		*address = choose(space, size);
	return *address ? 0 : posix_Error_ENOMEM;
}

static bool is_locked(const struct space *space, const struct posix_Memory_map_request *r)
{
	return r->flags & posix_MapFlags_LOCKED || space->locks_future;
}

/* What the process's limits say. */
static int check_limits(const struct thread *thread, const struct posix_Memory_map_request *r,
	uint64_t address, uint64_t size)
{
	const bool is_data = (r->protection & posix_Protection_WRITE) &&
		!(r->flags & posix_MapFlags_SHARED);

	if (r->flags & posix_MapFlags_LOCKED && !allowance_may_lock(thread))
		return posix_Error_EPERM;
	if (is_locked(thread->process->space, r) && !allowance_can_lock(thread, address, size))
		return posix_Error_EAGAIN;
	return allowance_has_at(thread->process, address, size, is_data) ? 0 :
		posix_Error_ENOMEM;
}

void op_map(void *self, const struct posix_Memory_map_request *r, struct sk_reply *to)
{
	struct posix_Memory_map_reply reply = {0};
	struct space *space = SPACE(self);
	uint64_t size = UP(r->size);
	uint32_t flags = 0;
	int error = check_map(self, r);

	if (!error)
		error = place(space, r, size, &reply.address, &flags);
	if (!error)
		error = check_limits(self, r, reply.address, size);
	if (!error && (r->flags & posix_MapFlags_ANONYMOUS))
		error = map_anonymous(self, r, reply.address, size, flags);
	else if (!error)
		error = map_file(self, r, reply.address, size, flags);
	if (!error && (r->flags & (posix_MapFlags_POPULATE | posix_MapFlags_LOCKED)) &&
			(r->protection & 3)) {
		struct kernel_Space_populate_reply done;

		K(space->handle, Space_populate, &done, .address = reply.address,
			.length = size, .write = r->protection & posix_Protection_WRITE);
	}
	if (!error && is_locked(space, r))
		locked_add(space, reply.address, reply.address + size);
	else if (!error)
		locked_remove(space, reply.address, reply.address + size);
	posix_Memory_map_answer(to, error, &reply);
}

/* ---- the rest ---- */

int memory_check(uint64_t address, uint64_t size, int outside)
{
	if (address & MASK)
		return posix_Error_EINVAL;
	return memory_is_programs(address, UP(size)) && size <= UP(size) ? 0 : outside;
}

void op_unmap(void *self, const struct posix_Memory_unmap_request *request,
	struct sk_reply *to)
{
	const struct posix_Memory_unmap_reply reply = {0};
	struct space *space = SPACE(self);
	const uint64_t size = UP(request->size);
	int error = request->size == 0 ? posix_Error_EINVAL :
		memory_check(request->address, request->size, posix_Error_EINVAL);

	if (!error)
		error = kernel_errno(K0(space->handle, Space_unmap, .address = request->address,
			.length = size));
	if (!error)
		locked_remove(space, request->address, request->address + size);
	if (!error && request->address == space->mappings_end)
		space->mappings_end += size;
	posix_Memory_unmap_answer(to, error, &reply);
}

void op_protect(void *self, const struct posix_Memory_protect_request *request,
	struct sk_reply *to)
{
	const struct posix_Memory_protect_reply reply = {0};
	int error = memory_check(request->address, request->size, posix_Error_ENOMEM);

	if (!error && request->protection & posix_Protection_WRITE && !allowance_may_write(
			((struct thread *)self)->process, request->address, UP(request->size)))
		error = posix_Error_ENOMEM;
	if (!error && request->size > 0)
		error = kernel_errno(K0(SPACE(self)->handle, Space_protect,
			.address = request->address, .length = UP(request->size),
			.protection = request->protection & 7));
	posix_Memory_protect_answer(to, error, &reply);
}

static bool grow_heap(struct process *process, uint64_t end)
{
	struct space *space = process->space;
	uint64_t from = space->heap_mapped, size = UP(end) - from;
	struct sk_handle memory;
	int status;

	if (UP(end) <= from)
		return true;
	size = (size + HEAP_STEP - 1) / HEAP_STEP * HEAP_STEP;
	if (!user_may_have(process->user, size) || !memory_is_programs(from, size))
		return false;
	memory = memory_new(process->quota, size);
	status = memory.raw < 0 ? kernel_Error_QUOTA_EXCEEDED : map_there(space->handle, memory,
		0, size, from, kernel_Protection_READ | kernel_Protection_WRITE, 0,
		kernel_Inherit_COPY, LAYOUT_TAG_HEAP);
	drop(&memory);
	if (status == SK_OK)
		space->heap_mapped = from + size;
	return status == SK_OK;
}

static void shrink_heap(struct space *space, uint64_t end)
{
	if (UP(end) >= space->heap_mapped)
		return;
	K0(space->handle, Space_unmap, .address = UP(end),
		.length = space->heap_mapped - UP(end));
	space->heap_mapped = UP(end);
}

static bool may_grow_heap(const struct thread *thread, uint64_t end)
{
	const struct space *space = thread->process->space;
	const uint64_t from = UP(space->heap_end);

	return allowance_has_heap(thread->process, end) && (!space->locks_future ||
		allowance_can_lock(thread, from, UP(end) - from));
}

static void set_heap_end(struct space *space, uint64_t end)
{
	const uint64_t from = UP(space->heap_end), to = UP(end);

	if (to < from)
		locked_remove(space, to, from);
	else if (to > from && space->locks_future)
		locked_add(space, from, to);
	space->heap_end = end;
}

void op_set_break(void *self, const struct posix_Memory_set_break_request *request,
	struct sk_reply *to)
{
	struct process *process = ((struct thread *)self)->process;
	struct space *space = process->space;
	struct posix_Memory_set_break_reply reply;

	if (request->end >= space->heap_start && request->end < LAYOUT_PROGRAM_END) {
		if (request->end < space->heap_end)
			shrink_heap(space, request->end);
		if (request->end < space->heap_end || (may_grow_heap(self, request->end) &&
				grow_heap(process, request->end)))
			set_heap_end(space, request->end);
	}
	reply.end = space->heap_end;
	posix_Memory_set_break_answer(to, 0, &reply);
}

/* ---- the first stack ---- */

/* It grows by steps, and keeps away from what else is mapped. */
#define STACK_STEP (UINT64_C(1) << 20)
#define STACK_GAP (UINT64_C(1) << 20)

bool stack_grows(struct process *process, uint64_t address)
{
	const uint64_t most = LAYOUT_PROGRAM_END - LAYOUT_MAPPINGS_END - STACK_GAP;
	const uint64_t limit = process->limits[posix_Resource_STACK].soft;
	struct space *space = process->space;
	const uint64_t floor = LAYOUT_PROGRAM_END - (limit < most ? limit & ~MASK : most);
	uint64_t low = address & ~(STACK_STEP - 1);
	struct sk_handle memory;
	int status;

	low = low > floor ? low : floor;
	if (address < floor || address >= space->stack_low || !is_free(space, low - STACK_GAP,
			space->stack_low - low + STACK_GAP) ||
			!allowance_has(process, space->stack_low - low, false))
		return false;
	memory = memory_new(process->quota, space->stack_low - low);
	status = memory.raw < 0 ? kernel_Error_QUOTA_EXCEEDED : map_there(space->handle, memory,
		0, space->stack_low - low, low, kernel_Protection_READ | kernel_Protection_WRITE,
		0, kernel_Inherit_COPY, LAYOUT_TAG_STACK);
	drop(&memory);
	if (status == SK_OK)
		space->stack_low = low;
	return status == SK_OK;
}

/* ---- remap ---- */

/* All mappings of a range go elsewhere, one by one. */
static int move(struct space *space, uint64_t from, uint64_t size, uint64_t where)
{
	for (uint64_t at = from; at < from + size;) {
		struct kernel_Space_remap_reply reply;
		struct kernel_Mapping mapping;
		uint64_t end;
		int status;

		if (!memory_next(space, at, &mapping) || mapping.address > at)
			return posix_Error_EFAULT;
		end = mapping.address + mapping.length;
		end = end < from + size ? end : from + size;
		status = K(space->handle, Space_remap, &reply, .from = at,
			.old_length = end - at, .new_length = end - at, .to = where + at - from);
		if (status != SK_OK)
			return kernel_errno(status);
		at = end;
	}
	return 0;
}

/* What is added: zeros as the last page is protected. Of files too, which
 * the kernel extends if all is in one mapping. */
static int extend(struct process *process, uint64_t end, uint64_t more)
{
	struct space *space = process->space;
	struct kernel_Space_remap_reply moved;
	struct kernel_Mapping last;
	struct sk_handle memory;
	int status;

	if (!memory_next(space, end - LAYOUT_PAGE, &last) || last.address >= end)
		return posix_Error_EFAULT;
	if (last.tag_value >= LAYOUT_TAG_FILE || last.tag_value == LAYOUT_TAG_SHARED)
		return kernel_errno(K(space->handle, Space_remap, &moved, .from = last.address,
			.old_length = last.length, .new_length = last.length + more));
	memory = memory_new(process->quota, more);
	status = memory.raw < 0 ? kernel_Error_QUOTA_EXCEEDED : map_there(space->handle, memory,
		0, more, end, last.protection, 0, (uint32_t)last.inherit, last.tag_value);
	drop(&memory);
	return kernel_errno(status);
}

static bool is_data(struct space *space, uint64_t address)
{
	struct kernel_Mapping m;

	return memory_next(space, address, &m) && m.protection & kernel_Protection_WRITE &&
		m.inherit != kernel_Inherit_SHARE;
}

/* Locks go along with what they are of. */
static void move_locks(struct space *space, uint64_t from, uint64_t old, uint64_t to,
	uint64_t size, bool is_locked)
{
	if (!is_locked)
		return;
	locked_remove(space, from, from + old);
	locked_add(space, to, to + size);
}

static int grow(struct thread *thread, const struct posix_Memory_remap_request *r,
	uint64_t old, uint64_t size, uint64_t *address)
{
	struct process *process = thread->process;
	struct space *space = process->space;
	const bool is_locked = locked_has(space, r->address, r->address + old);
	uint64_t where = r->new_address;
	int error;

	if (is_locked && !allowance_can_lock(thread, r->address, size))
		return posix_Error_EAGAIN;
	if (!allowance_has(process, size - old, is_data(space, r->address)))
		return posix_Error_ENOMEM;
	if (!(r->flags & posix_RemapFlags_FIXED) &&
			memory_is_programs(r->address, size) &&
			is_free(space, r->address + old, size - old)) {
		error = extend(process, r->address + old, size - old);
		if (!error)
			move_locks(space, r->address, old, r->address, size, is_locked);
		return error;
	}
	if (!(r->flags & posix_RemapFlags_MAY_MOVE))
		return posix_Error_ENOMEM;
	if (r->flags & posix_RemapFlags_FIXED) {
		K0(space->handle, Space_unmap, .address = where, .length = size);
		locked_remove(space, where, where + size);
	} else {
		where = choose(space, size);
	}
	if (where == 0)
		return posix_Error_ENOMEM;
	error = move(space, r->address, old, where);
	if (!error && size > old)
		error = extend(process, where + old, size - old);
	if (!error)
		move_locks(space, r->address, old, where, size, is_locked);
	*address = where;
	return error;
}

void op_remap(void *self, const struct posix_Memory_remap_request *r, struct sk_reply *to)
{
	struct posix_Memory_remap_reply reply = {r->address};
	struct process *process = ((struct thread *)self)->process;
	uint64_t old = UP(r->size), size = UP(r->new_size);
	int error = memory_check(r->address, r->size, posix_Error_EFAULT);
	const bool is_fixed = r->flags & posix_RemapFlags_FIXED;

	if (!error && (size == 0 || old == 0 || (r->flags & ~(uint32_t)(
			posix_RemapFlags_MAY_MOVE | posix_RemapFlags_FIXED)) ||
			(is_fixed && (!(r->flags & posix_RemapFlags_MAY_MOVE) ||
			r->new_address & MASK || !memory_is_programs(r->new_address, size) ||
			(r->new_address < r->address + old &&
			r->address < r->new_address + size)))))
		error = posix_Error_EINVAL;
	if (!error && memory_whole(process->space, r->address, old))
		error = posix_Error_EFAULT;
	if (!error && size < old) {
		error = kernel_errno(K0(process->space->handle, Space_unmap,
			.address = r->address + size, .length = old - size));
		locked_remove(process->space, r->address + size, r->address + old);
		old = size;
	}
	if (!error && (size > old || is_fixed))
		error = grow(self, r, old, size, &reply.address);
	posix_Memory_remap_answer(to, error, &reply);
}
