/*
 * What a process may still have of memory: RLIMIT_AS, RLIMIT_DATA and RLIMIT_MEMLOCK, and
 * which ranges of a space are locked. Mappings are added up only where there is a limit.
 * Locked memory has no other effect, since none is ever taken out of memory.
 */
#include "servers/posix/allowance.h"
#include "servers/posix/memory.h"
#include "servers/posix/proc.h"

/* Of a first stack only what Linux would have mapped at exec counts: it is mapped whole here. */
#define STACK_COUNTED (UINT64_C(128) << 10)

static uint64_t soft(const struct process *process, posix_Resource resource)
{
	return process->limits[resource].soft;
}

/* Counted by pages. */
static bool is_over(uint64_t used, uint64_t more, uint64_t limit)
{
	limit &= ~MASK;
	return used > limit || more > limit - used;
}

/* As Linux counts: the heap to its end. */
static struct proc_memory used_by(const struct process *process)
{
	const struct space *space = process->space;
	const uint64_t ahead = space->heap_mapped - UP(space->heap_end);
	const uint64_t first = UP(space->stack_end - space->stack_start) + STACK_COUNTED;
	struct proc_memory sum = proc_memory_of(process);

	sum.size -= ahead + (sum.stack > first ? sum.stack - first : 0);
	sum.data -= ahead;
	return sum;
}

static bool is_limited(const struct process *process)
{
	return soft(process, posix_Resource_ADDRESS_SPACE) != posix_UNLIMITED ||
		soft(process, posix_Resource_DATA) != posix_UNLIMITED;
}

bool allowance_has(const struct process *process, uint64_t more, bool is_data)
{
	const uint64_t data = soft(process, posix_Resource_DATA);
	const uint64_t all = soft(process, posix_Resource_ADDRESS_SPACE);
	struct proc_memory used;

	if (!is_limited(process))
		return true;
	used = used_by(process);
	return !(all != posix_UNLIMITED && is_over(used.size, more, all)) &&
		!(is_data && data != posix_UNLIMITED && is_over(used.data, more, data));
}

/* Bytes of a range that are mapped, and of these those that are a file's or shared. */
static uint64_t mapped(struct space *space, uint64_t address, uint64_t size)
{
	const uint64_t end = address + size;
	struct kernel_Mapping m;
	uint64_t sum = 0;

	while (address < end && memory_next(space, address, &m) && m.address < end) {
		const uint64_t from = m.address > address ? m.address : address;

		address = m.address + m.length;
		sum += (address < end ? address : end) - from;
	}
	return sum;
}

bool allowance_has_at(const struct process *process, uint64_t address, uint64_t size,
	bool is_data)
{
	return !is_limited(process) || allowance_has(process,
		size - mapped(process->space, address, size), is_data);
}

bool allowance_may_write(const struct process *process, uint64_t address, uint64_t size)
{
	const uint64_t end = address + size;
	struct kernel_Mapping m;
	uint64_t more = 0;

	if (soft(process, posix_Resource_DATA) == posix_UNLIMITED)
		return true;
	while (address < end && memory_next(process->space, address, &m) && m.address < end) {
		const uint64_t from = m.address > address ? m.address : address;

		address = m.address + m.length;
		if (!(m.protection & kernel_Protection_WRITE) &&
				m.inherit != kernel_Inherit_SHARE)
			more += (address < end ? address : end) - from;
	}
	return more == 0 || !is_over(used_by(process).data, more,
		soft(process, posix_Resource_DATA));
}

bool allowance_has_heap(const struct process *process, uint64_t end)
{
	const struct space *space = process->space;
	const uint64_t data = soft(process, posix_Resource_DATA);

	if (data != posix_UNLIMITED && (end - space->heap_start) +
			(space->data_end - space->data_start) > data)
		return false;
	return UP(end) <= UP(space->heap_end) ||
		allowance_has(process, UP(end) - UP(space->heap_end), true);
}

/* ---- locked ranges ---- */

struct locked_range { uint64_t start, end; };

/* Ascending, with gaps between them. */
struct locked {
	uint32_t count;
	struct locked_range ranges[LOCKED_MAX];
};

uint64_t locked_bytes(const struct space *space)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; space->locked && i < space->locked->count; i++)
		sum += space->locked->ranges[i].end - space->locked->ranges[i].start;
	return sum;
}

static uint64_t overlap(const struct space *space, uint64_t start, uint64_t end)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; space->locked && i < space->locked->count; i++) {
		const struct locked_range *r = &space->locked->ranges[i];
		const uint64_t from = r->start > start ? r->start : start;
		const uint64_t to = r->end < end ? r->end : end;

		sum += from < to ? to - from : 0;
	}
	return sum;
}

bool locked_has(const struct space *space, uint64_t start, uint64_t end)
{
	return overlap(space, start, end) > 0;
}

static void take_out(struct locked *locked, uint32_t at, uint32_t count)
{
	locked->count -= count;
	memmove(&locked->ranges[at], &locked->ranges[at + count],
		(locked->count - at) * sizeof(locked->ranges[0]));
}

static bool put_in(struct locked *locked, uint32_t at, uint64_t start, uint64_t end)
{
	if (locked->count == LOCKED_MAX)
		return false;
	memmove(&locked->ranges[at + 1], &locked->ranges[at],
		(locked->count++ - at) * sizeof(locked->ranges[0]));
	locked->ranges[at] = (struct locked_range){start, end};
	return true;
}

bool locked_add(struct space *space, uint64_t start, uint64_t end)
{
	struct locked *locked = space->locked ? space->locked : allocate(sizeof(*locked));
	uint32_t at = 0, last;

	if (!locked)
		return false;
	space->locked = locked;
	while (at < locked->count && locked->ranges[at].end < start)
		at++;
	for (last = at; last < locked->count && locked->ranges[last].start <= end; last++) {
		start = locked->ranges[last].start < start ? locked->ranges[last].start : start;
		end = locked->ranges[last].end > end ? locked->ranges[last].end : end;
	}
	take_out(locked, at, last - at);
	return put_in(locked, at, start, end);
}

bool locked_remove(struct space *space, uint64_t start, uint64_t end)
{
	struct locked *locked = space->locked;

	for (uint32_t i = 0; locked && i < locked->count; i++) {
		struct locked_range *r = &locked->ranges[i];
		const struct locked_range was = *r;

		if (was.end <= start || was.start >= end)
			continue;
		if (was.start < start && was.end > end) {
			if (!put_in(locked, i + 1, end, was.end))
				return false;
			locked->ranges[i].end = start;
			return true;
		}
		if (was.start < start)
			r->end = start;
		else if (was.end > end)
			r->start = end;
		else
			take_out(locked, i--, 1);
	}
	return true;
}

void locked_clear(struct space *space)
{
	release(space->locked);
	space->locked = NULL;
	space->locks_future = false;
}

/* ---- RLIMIT_MEMLOCK ---- */

static bool locks_freely(const struct thread *thread)
{
	return credentials_can(thread->credentials, CAP_IPC_LOCK) ||
		soft(thread->process, posix_Resource_LOCKED_MEMORY) == posix_UNLIMITED;
}

bool allowance_may_lock(const struct thread *thread)
{
	return locks_freely(thread) ||
		soft(thread->process, posix_Resource_LOCKED_MEMORY) != 0;
}

bool allowance_can_lock(const struct thread *thread, uint64_t address, uint64_t size)
{
	const struct space *space = thread->process->space;

	return locks_freely(thread) || !is_over(locked_bytes(space) -
		overlap(space, address, address + size), size,
		soft(thread->process, posix_Resource_LOCKED_MEMORY));
}

bool allowance_can_lock_all(const struct thread *thread)
{
	return locks_freely(thread) || !is_over(used_by(thread->process).size, 0,
		soft(thread->process, posix_Resource_LOCKED_MEMORY));
}
