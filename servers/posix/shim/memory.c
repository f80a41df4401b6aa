/* The program's memory: posix's, with Linux's flags. */
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/shim.h"

enum { MAP_TYPE = 0xf, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_SHARED_VALIDATE = 3,
	MAP_ANONYMOUS = 0x20, MAP_KNOWN = 0x1fff7f };

shim_function memory_mmap, memory_munmap, memory_mprotect, memory_mremap, memory_brk,
	memory_madvise, memory_msync, memory_mlock, memory_munlock, memory_mlockall,
	memory_munlockall, memory_mincore, memory_mlock2;

static bool is_page(uint64_t address)
{
	return address % LAYOUT_PAGE == 0;
}

int64_t memory_mmap(struct shim *shim, const uint64_t a[6])
{
	struct posix_Memory_map_reply reply;
	uint64_t type = a[3] & MAP_TYPE;
	int64_t result;

	if (type < MAP_SHARED || type > MAP_SHARED_VALIDATE || !is_page(a[5]) || a[1] == 0)
		return -LINUX_EINVAL;
	if (type == MAP_SHARED_VALIDATE && a[3] & ~(uint64_t)MAP_KNOWN)
		return -LINUX_EOPNOTSUPP;
	result = POSIX(shim, &reply, Memory, map, .address = a[0], .size = a[1],
		.protection = (uint32_t)a[2] & 7,
		.flags = ((uint32_t)a[3] & MAP_KNOWN & ~(uint32_t)MAP_TYPE) |
			(type == MAP_PRIVATE ? MAP_PRIVATE : MAP_SHARED),
		.file = a[3] & MAP_ANONYMOUS ? -1 : (int32_t)a[4], .offset = a[5]);
	return result < 0 ? result : (int64_t)reply.address;
}

int64_t memory_munmap(struct shim *shim, const uint64_t a[6])
{
	if (!is_page(a[0]) || a[1] == 0)
		return -LINUX_EINVAL;
	return POSIX_DO(shim, Memory, unmap, .address = a[0], .size = a[1]);
}

int64_t memory_mprotect(struct shim *shim, const uint64_t a[6])
{
	/* Alone among what it is not known for PROT_SEM means nothing. */
	if (!is_page(a[0]) || a[2] & ~UINT64_C(15))
		return -LINUX_EINVAL;
	return a[1] == 0 ? 0 : POSIX_DO(shim, Memory, protect, .address = a[0], .size = a[1],
		.protection = (posix_Protection)(a[2] & 7));
}

int64_t memory_mremap(struct shim *shim, const uint64_t a[6])
{
	struct posix_Memory_remap_reply reply;
	int64_t result;

	if (!is_page(a[0]) || a[2] == 0 || a[3] & ~UINT64_C(7))
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Memory, remap, .address = a[0], .size = a[1],
		.new_size = a[2], .flags = (posix_RemapFlags)a[3], .new_address = a[4]);
	return result < 0 ? result : (int64_t)reply.address;
}

int64_t memory_brk(struct shim *shim, const uint64_t a[6])
{
	struct posix_Memory_set_break_reply reply;
	int64_t result = POSIX(shim, &reply, Memory, set_break, .end = a[0]);

	return result < 0 ? 0 : (int64_t)reply.end;
}

int64_t memory_madvise(struct shim *shim, const uint64_t a[6])
{
	if (!is_page(a[0]) || a[0] + a[1] + (LAYOUT_PAGE - 1) < a[0])
		return -LINUX_EINVAL;
	return a[1] == 0 ? 0 : POSIX_DO(shim, Memory, advise_memory, .address = a[0],
		.size = a[1], .advice = (posix_MemoryAdvice)a[2]);
}

int64_t memory_msync(struct shim *shim, const uint64_t a[6])
{
	enum { ASYNC = 1, SYNC = 4 };

	if (!is_page(a[0]) || a[2] & ~UINT64_C(7) || (a[2] & ASYNC && a[2] & SYNC))
		return -LINUX_EINVAL;
	return a[1] == 0 ? 0 : POSIX_DO(shim, Memory, sync_memory, .address = a[0],
		.size = a[1], .flags = (posix_SyncFlags)a[2]);
}

/* The range is rounded outwards. */
static uint64_t from_page(uint64_t *address, uint64_t size)
{
	uint64_t more = *address % LAYOUT_PAGE;

	*address -= more;
	return size + more;
}

int64_t memory_mlock2(struct shim *shim, const uint64_t a[6])
{
	const uint64_t on_fault = 1;
	uint64_t address = a[0], size = from_page(&address, a[1]);

	if (a[2] & ~on_fault)
		return -LINUX_EINVAL;
	return a[1] == 0 ? 0 : POSIX_DO(shim, Memory, lock_memory, .address = address,
		.size = size, .flags = a[2] ? posix_LockFlags_ON_FAULT : 0);
}

int64_t memory_mlock(struct shim *shim, const uint64_t a[6])
{
	return memory_mlock2(shim, (const uint64_t[6]){ a[0], a[1] });
}

int64_t memory_munlock(struct shim *shim, const uint64_t a[6])
{
	uint64_t address = a[0], size = from_page(&address, a[1]);

	return a[1] == 0 ? 0 : POSIX_DO(shim, Memory, unlock_memory, .address = address,
		.size = size);
}

int64_t memory_mlockall(struct shim *shim, const uint64_t a[6])
{
	if (a[0] == 0 || a[0] & ~UINT64_C(7) || a[0] == posix_LockFlags_ON_FAULT)
		return -LINUX_EINVAL;
	return POSIX_DO(shim, Memory, lock_all_memory, .flags = (posix_LockFlags)a[0]);
}

int64_t memory_munlockall(struct shim *shim, const uint64_t a[6])
{
	(void)a;
	return POSIX_DO(shim, Memory, lock_all_memory, .flags = 0);
}

int64_t memory_mincore(struct shim *shim, const uint64_t a[6])
{
	uint64_t pages = (a[1] + LAYOUT_PAGE - 1) / LAYOUT_PAGE;

	if (!is_page(a[0]))
		return -LINUX_EINVAL;
	if (pages > posix_IO_MAX || !copy_is_program(a[2], pages))
		return -LINUX_EFAULT;
	return pages == 0 ? 0 : POSIX(shim, &(struct posix_Memory_residency_reply){0}, Memory,
		residency, .address = a[0], .size = a[1],
		.pages = sk_lend_out((void *)(uintptr_t)a[2], pages));
}
