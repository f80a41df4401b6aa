/* The program's memory: bounds, and the routines of entry.S. */
#include "servers/posix/shim/copy.h"

#include "servers/posix/layout.h"
#include "servers/posix/shim/linux.h"

bool copy_is_program(uint64_t address, uint64_t size)
{
	return size <= LAYOUT_PROGRAM_END && address <= LAYOUT_PROGRAM_END - size;
}

bool copy_from(void *to, uint64_t from, size_t size)
{
	return copy_is_program(from, size) &&
		shim_copy(to, (const void *)(uintptr_t)from, size) == 0;
}

bool copy_to(uint64_t to, const void *from, size_t size)
{
	return copy_is_program(to, size) && shim_copy((void *)(uintptr_t)to, from, size) == 0;
}

bool copy_zero(uint64_t to, size_t size)
{
	return copy_is_program(to, size) && shim_fill_zero((void *)(uintptr_t)to, size) == 0;
}

/* By pieces that do not go beyond a page: what follows the string need not be there. */
int64_t copy_string(char *to, uint64_t from, size_t room)
{
	size_t done = 0;

	while (done < room) {
		size_t piece = LAYOUT_PAGE - (from + done) % LAYOUT_PAGE;
		const char *end;

		if (piece > room - done)
			piece = room - done;
		if (piece > 64)
			piece = 64;
		if (!copy_from(to + done, from + done, piece))
			return -LINUX_EFAULT;
		end = to + done + piece;
		for (const char *at = to + done; at != end; at++)
			if (*at == 0)
				return at - to;
		done += piece;
	}
	return -LINUX_ENAMETOOLONG;
}

bool copy_load(uint64_t address, uint32_t *value)
{
	return copy_is_program(address, 4) &&
		shim_load((const void *)(uintptr_t)address, value) == 0;
}

bool copy_exchange(uint64_t address, uint32_t *expected, uint32_t with)
{
	return copy_is_program(address, 4) &&
		shim_compare_exchange((void *)(uintptr_t)address, expected, with) == 0;
}

bool copy_touch(const struct sk_lease *lease)
{
	uint8_t *data = lease->data;

	for (uint64_t at = 0; at < lease->size;
			at += LAYOUT_PAGE - ((uintptr_t)(data + at) % LAYOUT_PAGE))
		if (lease->direction & SK_LEASE_OUT ? shim_touch_write(data + at) :
				shim_touch_read(data + at))
			return false;
	return true;
}
