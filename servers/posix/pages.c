/* Pages of what is mapped: advice, locks, which of them are there. */
#include "servers/posix/allowance.h"
#include "servers/posix/memory.h"

int memory_whole(struct space *space, uint64_t address, uint64_t size)
{
	int error = memory_check(address, size, posix_Error_ENOMEM);
	uint64_t end = address + UP(size);
	struct kernel_Mapping mapping;

	while (!error && address < end) {
		if (!memory_next(space, address, &mapping) || mapping.address > address)
			error = posix_Error_ENOMEM;
		else
			address = mapping.address + mapping.length;
	}
	return error;
}

void op_advise_memory(void *self, const struct posix_Memory_advise_memory_request *request,
	struct sk_reply *to)
{
	const struct posix_Memory_advise_memory_reply reply = {0};
	struct space *space = SPACE(self);
	const uint64_t size = UP(request->size);
	int error = memory_check(request->address, request->size, posix_Error_ENOMEM);

	if (!error && request->size > 0) {
		switch (request->advice) {
		case posix_MemoryAdvice_DONT_NEED:
			error = kernel_errno(K0(space->handle, Space_discard,
				.address = request->address, .length = size));
			break;
		case posix_MemoryAdvice_DONT_FORK:
		case posix_MemoryAdvice_DO_FORK:
		case posix_MemoryAdvice_WIPE_ON_FORK:
		case posix_MemoryAdvice_KEEP_ON_FORK:
			error = kernel_errno(K0(space->handle, Space_set_inherit,
				.address = request->address, .length = size,
				.inherit = request->advice == posix_MemoryAdvice_DONT_FORK ?
				kernel_Inherit_NONE :
				request->advice == posix_MemoryAdvice_WIPE_ON_FORK ?
				kernel_Inherit_ZERO : kernel_Inherit_COPY));
			break;
		default:
			error = request->advice < 0 ||
				request->advice > posix_MemoryAdvice_POPULATE_WRITE ?
				posix_Error_EINVAL : 0;
		}
		/* Done where there is something, but a hole is told of. */
		if (!error)
			error = memory_whole(space, request->address, size);
	}
	posix_Memory_advise_memory_answer(to, error, &reply);
}

void op_sync_memory(void *self, const struct posix_Memory_sync_memory_request *request,
	struct sk_reply *to)
{
	const struct posix_Memory_sync_memory_reply reply = {0};

	/* All who have a file see what is written to its pages. */
	posix_Memory_sync_memory_answer(to, memory_whole(SPACE(self), request->address, request->size),
		&reply);
}

void op_lock_memory(void *self, const struct posix_Memory_lock_memory_request *request,
	struct sk_reply *to)
{
	const struct posix_Memory_lock_memory_reply reply = {0};
	struct space *space = SPACE(self);
	const uint64_t start = request->address & ~MASK;
	const uint64_t size = UP(request->address + request->size) - start;
	struct kernel_Space_populate_reply done;
	int error = !allowance_may_lock(self) ? posix_Error_EPERM :
		!allowance_can_lock(self, start, size) ? posix_Error_ENOMEM :
		memory_whole(space, start, size);

	if (!error && !locked_add(space, start, start + size))
		error = posix_Error_ENOMEM;
	if (!error && !(request->flags & posix_LockFlags_ON_FAULT))
		K(space->handle, Space_populate, &done, .address = start, .length = size);
	posix_Memory_lock_memory_answer(to, error, &reply);
}

/* What is there now; what comes later is there when it is touched. */
static int lock_all(struct thread *thread, posix_LockFlags flags)
{
	struct space *space = thread->process->space;
	struct kernel_Space_populate_reply done;
	struct kernel_Mapping mapping;
	uint64_t at = LAYOUT_PROGRAM;

	if (!allowance_may_lock(thread))
		return posix_Error_EPERM;
	if (flags & posix_LockFlags_CURRENT && !allowance_can_lock_all(thread))
		return posix_Error_ENOMEM;
	space->locks_future = flags & posix_LockFlags_FUTURE;
	while ((flags & posix_LockFlags_CURRENT) && memory_next(space, at, &mapping) &&
			memory_is_programs(mapping.address, mapping.length)) {
		at = mapping.address + mapping.length;
		if (!(flags & posix_LockFlags_ON_FAULT))
			K(space->handle, Space_populate, &done, .address = mapping.address,
				.length = mapping.length);
		if (!locked_add(space, mapping.address, at))
			return posix_Error_ENOMEM;
	}
	return 0;
}

void op_lock_all_memory(void *self, const struct posix_Memory_lock_all_memory_request *request,
	struct sk_reply *to)
{
	const struct posix_Memory_lock_all_memory_reply reply = {0};
	int error = 0;

	if (request->flags == 0)
		locked_clear(SPACE(self));
	else
		error = lock_all(self, request->flags);
	posix_Memory_lock_all_memory_answer(to, error, &reply);
}

/* A byte for each page, of up to so many at once. */
#define RESIDENT_STEP 4096u

static int write_residency(struct space *space, struct sk_reply *to,
	const struct sk_lease *pages, uint64_t address, uint64_t from, uint32_t count)
{
	static uint8_t bytes[RESIDENT_STEP];
	struct kernel_Space_resident_reply reply;

	if (K(space->handle, Space_resident, &reply, .address = address + from * LAYOUT_PAGE,
			.pages = count) != SK_OK || reply.present.size * 8 < count)
		return posix_Error_ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		bytes[i] = reply.present.data[i / 8] >> i % 8 & 1;
	return sk_lease_write(to, pages, from, bytes, count, NULL) == SK_OK ? 0 :
		posix_Error_EFAULT;
}

void op_residency(void *self, const struct posix_Memory_residency_request *request,
	struct sk_reply *to)
{
	struct posix_Memory_residency_reply reply = {UP(request->size) / LAYOUT_PAGE};
	struct space *space = SPACE(self);
	int error = memory_whole(space, request->address, request->size);

	if (!error && reply.count > request->pages.size)
		error = posix_Error_EFAULT;
	for (uint64_t done = 0; !error && done < reply.count; done += RESIDENT_STEP) {
		uint64_t left = reply.count - done;

		error = write_residency(space, to, &request->pages, request->address, done,
			(uint32_t)(left < RESIDENT_STEP ? left : RESIDENT_STEP));
	}
	posix_Memory_residency_answer(to, error, &reply);
}

void op_unlock_memory(void *self, const struct posix_Memory_unlock_memory_request *request,
	struct sk_reply *to)
{
	const struct posix_Memory_unlock_memory_reply reply = {0};
	const uint64_t start = request->address & ~MASK;
	const uint64_t end = UP(request->address + request->size);
	int error = memory_whole(SPACE(self), start, end - start);

	if (!error && !locked_remove(SPACE(self), start, end))
		error = posix_Error_ENOMEM;
	posix_Memory_unlock_memory_answer(to, error, &reply);
}
