/* Copying from and to spaces and memories, by the frames that their pages have. */
#include <string.h>

#include "kernel/steps.h"
#include "runtime/status.h"
#include "fault.skald.h"

#define COPY_STEP (4 * PAGE_SIZE)

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

/* Looks at the page that comes next, unless some of it is left. */
static bool see(struct content *content, bool write)
{
	uint64_t frame, in_page = content->at & PAGE_MASK;
	uint32_t reason;
	bool writable, is_there;

	if (content->left > 0)
		return true;
	if (content->own) {
		content->seen = (uint8_t *)content->own + content->at;
		content->left = UINT64_MAX;
		return true;
	}
	if (content->space)
		is_there = space_frame(content->space, content->at, content->access |
			(write ? fault_Access_WRITE : fault_Access_READ), &frame, &reason)
			== TOUCH_DONE;
	else
		is_there = memory_is_seen(content->memory) && memory_page(content->memory,
			content->at, write, &frame, &writable) == MEMORY_THERE;
	if (!is_there)
		return false;
	content->seen = (uint8_t *)frame_data(frame) + in_page;
	content->left = PAGE_SIZE - in_page;
	return true;
}

static void advance(struct content *content, uint64_t bytes)
{
	content->at += bytes;
	content->seen += bytes;
	content->left -= bytes;
}

/* What overlaps, as two addresses of one page may, is not copied by words. */
static void copy(void *to, const void *from, uint64_t size)
{
	bool overlaps = (uintptr_t)to - (uintptr_t)from + size < 2 * size;
	uint64_t words = ((uintptr_t)to | (uintptr_t)from) % 8 || overlaps ? 0 : size / 8;

	arch_copy_words(to, from, words);
	if (size > 8 * words)
		memmove((uint8_t *)to + 8 * words, (const uint8_t *)from + 8 * words,
			size - 8 * words);
}

uint64_t content_copy(struct content to, struct content from, uint64_t size,
	bool *stopped_by_from)
{
	uint64_t done = 0, part;

	for (; done < size; done += part, advance(&to, part), advance(&from, part)) {
		*stopped_by_from = !see(&from, false);
		/* To write can give `from` another frame, of the same bytes, but what
		 * was seen of it is somebody's still: it was shared. */
		if (*stopped_by_from || !see(&to, true))
			break;
		part = size - done < from.left ? size - done : from.left;
		part = part < to.left ? part : to.left;
		copy(to.seen, from.seen, part);
	}
	return done;
}

static struct content content_of(struct space *space, uint64_t address)
{
	return (struct content){.space = space, .at = address,
		.access = fault_Access_KERNEL};
}

uint64_t space_copy(struct space *to, uint64_t to_address, struct space *from,
	uint64_t from_address, uint64_t size, bool *stopped_by_from)
{
	return content_copy(content_of(to, to_address), content_of(from, from_address), size,
		stopped_by_from);
}

static uint64_t copy_own(void *own, struct content other, bool out, uint64_t size)
{
	struct content mine = {.own = own};
	bool unused;

	return out ? content_copy(other, mine, size, &unused) :
		content_copy(mine, other, size, &unused);
}

uint64_t space_read(struct space *space, uint64_t address, void *to, uint64_t size)
{
	return copy_own(to, content_of(space, address), false, size);
}

uint64_t space_write(struct space *space, uint64_t address, const void *from,
	uint64_t size)
{
	return copy_own((void *)(uintptr_t)from, content_of(space, address), true, size);
}

uint64_t memory_write(struct memory *memory, uint64_t offset, const void *from,
	uint64_t size)
{
	return copy_own((void *)(uintptr_t)from,
		(struct content){.memory = memory, .at = offset}, true, size);
}

int call_copy_lease(struct kernel_call *call, const struct sk_lease *lease,
	struct content other, bool out, uint64_t *done)
{
	uint64_t before = call_come_to(call, 0, lease->size), part = lease->size - before;
	struct content lent = content_of(call->space,
		call->leases[lease->number - 1].address + before);
	bool stopped_by_from;

	part = part < COPY_STEP ? part : COPY_STEP;
	other.at += before;
	*done = before + (out ? content_copy(lent, other, part, &stopped_by_from) :
		content_copy(other, lent, part, &stopped_by_from));
	if (*done == lease->size)
		return 0;
	if (*done == before + part)
		return call_go_on(call, *done);
	return *done == 0 && stopped_by_from != out ? SK_LEASE_FAULT : 0;
}
