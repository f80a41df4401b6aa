/* Copying from and to spaces, by the frames that their pages have. */
#include <string.h>

#include "kernel/space.h"
#include "fault.skald.h"

void *space_see(struct space *space, uint64_t address, bool write, uint64_t *size,
	uint32_t *reason)
{
	uint32_t access = fault_Access_KERNEL |
		(write ? fault_Access_WRITE : fault_Access_READ);
	uint64_t frame;

	if (space_frame(space, address, access, &frame, reason) != TOUCH_DONE)
		return NULL;
	*size = PAGE_SIZE - (address & PAGE_MASK);
	return (uint8_t *)frame_data(frame) + (address & PAGE_MASK);
}

/* What lies at multiples of 8 on both sides goes in whole words, so that nobody
 * ever sees a part of one; but for what overlaps, as two addresses of one page. */
static void copy(void *to, const void *from, uint64_t size)
{
	bool overlaps = (uintptr_t)to - (uintptr_t)from + size < 2 * size;
	uint64_t words = ((uintptr_t)to | (uintptr_t)from) % 8 || overlaps ? 0 : size / 8;
	volatile uint64_t *target = to;
	const volatile uint64_t *source = from;

	for (uint64_t i = 0; i < words; i++)
		target[i] = source[i];
	memmove((uint8_t *)to + 8 * words, (const uint8_t *)from + 8 * words,
		size - 8 * words);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t space_copy(struct space *to, uint64_t to_address, struct space *from,
	uint64_t from_address, uint64_t size, bool *fault_in_from)
{
	uint64_t done = 0, left, part;
	uint32_t reason;

	while (done < size) {
		void *source = space_see(from, from_address + done, false, &part, &reason);
		void *target;

		*fault_in_from = !source;
		if (!source)
			break;
		target = space_see(to, to_address + done, true, &left, &reason);
		if (!target)
			break;
		/* The write can have given `from` another frame, of the same bytes,
		 * but what was seen of it is somebody's still: it was shared. */
		part = least(least(part, left), size - done);
		copy(target, source, part);
		done += part;
	}
	return done;
}

uint64_t space_read(struct space *space, uint64_t address, void *to, uint64_t size)
{
	uint64_t done = 0, part;
	uint32_t reason;

	for (; done < size; done += part) {
		void *source = space_see(space, address + done, false, &part, &reason);

		if (!source)
			break;
		part = least(part, size - done);
		copy((uint8_t *)to + done, source, part);
	}
	return done;
}

uint64_t space_write(struct space *space, uint64_t address, const void *from,
	uint64_t size)
{
	uint64_t done = 0, part;
	uint32_t reason;

	for (; done < size; done += part) {
		void *target = space_see(space, address + done, true, &part, &reason);

		if (!target)
			break;
		part = least(part, size - done);
		copy(target, (const uint8_t *)from + done, part);
	}
	return done;
}
