/*
 * Page tables of the fake machine: frames of 512 entries, four levels. CPUs
 * remember what they found there until it is flushed: who forgets to flush is
 * found out by what programs read.
 */
#include <string.h>

#include "kernel/arch/host/host.h"
#include "kernel/space.h"
#include "kernel.skald.h"
#include "fault.skald.h"

#define LEVELS 4
#define ENTRIES 512
#define FLAGS UINT64_C(0x7f)		/* of arch_map() */
#define PRESENT (UINT64_C(1) << 8)
#define REMEMBERED 64
#define SAME(bit) ((int)kernel_Protection_##bit == (int)fault_Access_##bit)

_Static_assert(SAME(READ) && SAME(WRITE) && SAME(EXECUTE), "an access needs its bits");

static struct {
	struct space *space;
	uint64_t page;
	uint64_t entry;
} remembered[REMEMBERED];

void host_pages_reset(void)
{
	memset(remembered, 0, sizeof remembered);
}

static void flush(const struct space *space, uint64_t from, uint64_t to)
{
	for (unsigned i = 0; i < REMEMBERED; i++)
		if (remembered[i].space == space &&
		    remembered[i].page - (from >> PAGE_SHIFT) < (to - from) >> PAGE_SHIFT)
			remembered[i].space = NULL;
}

bool arch_sees(uint64_t from, uint64_t to)
{
	return from >= HOST_PHYSICAL && to - HOST_PHYSICAL <= host_memory_size;
}

/* ---- tables ---- */

static uint64_t *table_of(uint64_t entry)
{
	return arch_physical(entry & ~PAGE_MASK);
}

static unsigned shift_of(unsigned level)
{
	return PAGE_SHIFT + 9 * level;
}

/* The entry of a page, or what is 0 on the way there, of *level. `makes`: tables
 * are made; NULL: for want of a frame. */
static uint64_t *find(struct space *space, uint64_t address, bool makes, unsigned *level)
{
	uint64_t table = space->arch.root;

	for (*level = LEVELS - 1;; --*level) {
		uint64_t *entry = &table_of(table)[address >> shift_of(*level) &
			(ENTRIES - 1)];

		if (*level == 0 || (!*entry && !makes))
			return entry;
		if (!*entry) {
			uint64_t frame = space_table_frame(space);

			if (frame == FRAME_NONE)
				return NULL;
			*entry = frame | PRESENT;
		}
		table = *entry;
	}
}

/* The next page in [*address, end) that is there. */
static uint64_t *find_next(struct space *space, uint64_t *address, uint64_t end)
{
	while (*address < end) {
		unsigned level;
		uint64_t *entry = find(space, *address, false, &level);

		if (*entry)
			return entry;
		*address = ((*address >> shift_of(level)) + 1) << shift_of(level);
	}
	return NULL;
}

bool arch_space_init(struct space *space)
{
	space->arch.root = space_table_frame(space);
	return space->arch.root != FRAME_NONE;
}

static void end_table(struct space *space, uint64_t table, unsigned level)
{
	for (unsigned i = 0; level > 0 && i < ENTRIES; i++)
		if (table_of(table)[i])
			end_table(space, table_of(table)[i], level - 1);
	space_table_free(space, table & ~PAGE_MASK);
}

void arch_space_end(struct space *space)
{
	if (space->resident > 0)
		host_fail("pages are left in page tables", space->resident);
	end_table(space, space->arch.root, LEVELS - 1);
	space->arch.root = 0;
}

bool arch_map(struct space *space, uint64_t address, uint64_t physical, uint32_t flags)
{
	uint64_t *entry, old;
	unsigned level;

	if ((address | physical) & PAGE_MASK || address < USER_BASE || address >= USER_END ||
	    flags & ~FLAGS)
		host_fail("no such page can be mapped", address);
	entry = find(space, address, true, &level);
	if (!entry)
		return false;
	old = *entry;
	*entry = physical | flags | PRESENT;
	space->resident += !old;
	if (old && ((old ^ *entry) & ~PAGE_MASK || old & ~*entry & 7))
		flush(space, address, address + PAGE_SIZE);
	return true;
}

bool arch_unmap(struct space *space, uint64_t from, uint64_t to, unsigned *steps)
{
	uint64_t at = from, *entry;

	for (; (entry = find_next(space, &at, to)) && *steps > 0; --*steps) {
		*entry = 0;
		space->resident--;
		at += PAGE_SIZE;
	}
	if (at > from)
		flush(space, from, at);
	return !entry;
}

void arch_protect(struct space *space, uint64_t from, uint64_t to)
{
	uint64_t at = from, *entry;

	for (; (entry = find_next(space, &at, to)); at += PAGE_SIZE)
		*entry &= ~(uint64_t)kernel_Protection_WRITE;
	flush(space, from, to);
}

/* The entry by which an address is there, or NULL. */
static uint64_t *look(struct space *space, uint64_t address)
{
	unsigned level;
	uint64_t *entry = space->arch.root == 0 ? NULL :
		find(space, address, false, &level);

	return entry && *entry ? entry : NULL;
}

bool arch_look(struct space *space, uint64_t address, uint64_t *physical, uint32_t *flags)
{
	uint64_t *entry = look(space, address);

	if (!entry)
		return false;
	*physical = *entry & ~PAGE_MASK;
	*flags = (uint32_t)(*entry & FLAGS);
	return true;
}

/* ---- as CPUs use them ---- */

bool host_translate(struct space *space, uint64_t address, uint32_t access,
	uint64_t *physical)
{
	uint64_t page = address >> PAGE_SHIFT, wanted = access & 7;
	unsigned at = (unsigned)(page % REMEMBERED);
	uint64_t *entry = look(space, address);

	if (remembered[at].space != space || remembered[at].page != page ||
	    wanted & ~remembered[at].entry) {
		if (!entry || wanted & ~*entry)
			return false;
		remembered[at].space = space;
		remembered[at].page = page;
		remembered[at].entry = *entry;
	}
	*physical = (remembered[at].entry & ~PAGE_MASK) | (address & PAGE_MASK);
	return true;
}
