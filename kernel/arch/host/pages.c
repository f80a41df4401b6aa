/*
 * Page tables of the fake machine: frames of 512 entries, four levels. CPUs
 * remember what they found there until arch_flush(): who forgets to flush is
 * found out by what programs read.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/arch/host/host.h"
#include "kernel/space.h"
#include "kernel.skald.h"
#include "fault.skald.h"

#define LEVELS 4
#define ENTRIES 512
#define FLAGS UINT64_C(0xff)		/* of arch_map() */
#define PRESENT (UINT64_C(1) << 8)
#define TOUCHED (UINT64_C(1) << 9)
#define DIRTY (UINT64_C(1) << 10)
#define REMEMBERED 64
#define SAME(bit) ((int)kernel_Protection_##bit == (int)fault_Access_##bit)
#define LARGE_MASK ((UINT64_C(1) << LARGE_PAGE_SHIFT) - 1)

_Static_assert(SAME(READ) && SAME(WRITE) && SAME(EXECUTE), "an access needs its bits");

static struct {
	struct space *space;
	uint64_t page;
	uint64_t entry;
} remembered[REMEMBERED];

uint64_t host_flushes;
uint64_t host_flushed_address;
uint64_t host_flushed_pages;

void host_pages_reset(void)
{
	memset(remembered, 0, sizeof remembered);
	host_flushes = 0;
	host_flushed_address = 0;
	host_flushed_pages = 0;
}

void arch_flush(struct space *space, uint64_t address, size_t pages)
{
	host_flushes++;
	host_flushed_address = address;
	host_flushed_pages = pages;
	for (unsigned i = 0; i < REMEMBERED; i++)
		if (remembered[i].space == space && (pages == 0 ||
		    remembered[i].page - (address >> PAGE_SHIFT) < pages))
			remembered[i].space = NULL;
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

/* A greater page becomes a table of small ones. */
static bool split(struct space *space, uint64_t *entry)
{
	uint64_t frame = space_table_frame(space);

	if (frame == FRAME_NONE)
		return false;
	for (uint64_t i = 0; i < ENTRIES; i++)
		table_of(frame)[i] = (*entry & ~(uint64_t)ARCH_LARGE) + (i << PAGE_SHIFT);
	*entry = frame | PRESENT;
	return true;
}

/*
 * The entry of an address in a table of this level; above it, a greater page is
 * split if `level` is 0 and `splits`, and tables are made if `makes`. NULL: there
 * is none; *ok false: for want of a frame.
 */
static uint64_t *find(struct space *space, uint64_t address, unsigned level,
	bool splits, bool makes, bool *ok)
{
	uint64_t table = space->arch.root;

	*ok = true;
	for (unsigned at = LEVELS - 1;; at--) {
		uint64_t *entry = &table_of(table)[address >> shift_of(at) & (ENTRIES - 1)];

		if (at == level)
			return entry;
		if (*entry & ARCH_LARGE) {
			if (!splits)
				return entry;
			*ok = split(space, entry);
		} else if (!*entry && makes) {
			uint64_t frame = space_table_frame(space);

			*ok = frame != FRAME_NONE;
			*entry = *ok ? frame | PRESENT : 0;
		}
		if (!*ok || !*entry)
			return NULL;
		table = *entry;
	}
}

bool arch_space_init(struct space *space)
{
	space->arch.root = space_table_frame(space);
	return space->arch.root != FRAME_NONE;
}

static void end_table(struct space *space, uint64_t table, unsigned level)
{
	for (unsigned i = 0; level > 0 && i < ENTRIES; i++) {
		uint64_t entry = table_of(table)[i];

		if (entry && !(entry & ARCH_LARGE))
			end_table(space, entry, level - 1);
	}
	space_table_free(space, table & ~PAGE_MASK);
}

void arch_space_end(struct space *space)
{
	if (space->arch.root && space->arch.root != FRAME_NONE)
		end_table(space, space->arch.root, LEVELS - 1);
	space->arch.root = 0;
	for (unsigned i = 0; i < REMEMBERED; i++)
		if (remembered[i].space == space)
			remembered[i].space = NULL;
}

bool arch_map(struct space *space, uint64_t address, uint64_t physical, uint32_t flags)
{
	bool large = flags & ARCH_LARGE, ok;
	uint64_t mask = large ? LARGE_MASK : PAGE_MASK, *entry;

	if ((address | physical) & mask || address < USER_BASE || address >= USER_END ||
	    flags & ~FLAGS)
		host_fail("no such page can be mapped", address);
	entry = find(space, address, large ? 1 : 0, true, true, &ok);
	if (!entry)
		return false;
	if (large && *entry && !(*entry & ARCH_LARGE))
		end_table(space, *entry, 0);
	*entry = physical | flags | PRESENT;
	return true;
}

uint64_t arch_unmap(struct space *space, uint64_t address, bool *dirty, bool *touched,
	bool *ok)
{
	bool enough;
	uint64_t *entry = find(space, address, 0, true, false, &enough), old = 0;

	if (entry) {
		old = *entry;
		*entry = 0;
	}
	if (dirty)
		*dirty = old & DIRTY;
	if (touched)
		*touched = old & TOUCHED;
	if (ok)
		*ok = enough;
	return old ? old & ~PAGE_MASK : UINT64_MAX;
}

bool arch_protect(struct space *space, uint64_t address, uint32_t flags)
{
	bool ok;
	uint64_t *entry = find(space, address, 0, true, false, &ok);

	if (entry && *entry)
		*entry = (*entry & ~FLAGS) | (flags & FLAGS & ~(uint64_t)ARCH_LARGE);
	return ok;
}

/* The entry by which an address is there, small or greater, or NULL. */
static uint64_t *look(struct space *space, uint64_t address)
{
	bool ok;
	uint64_t *entry = space->arch.root == 0 ? NULL :
		find(space, address, 0, false, false, &ok);

	return entry && *entry ? entry : NULL;
}

static uint64_t physical_of(uint64_t entry, uint64_t address)
{
	uint64_t offset = entry & ARCH_LARGE ? address & LARGE_MASK & ~PAGE_MASK : 0;

	return (entry & ~PAGE_MASK) + offset;
}

bool arch_look(struct space *space, uint64_t address, uint64_t *physical, uint32_t *flags)
{
	uint64_t *entry = look(space, address);

	if (!entry)
		return false;
	*physical = physical_of(*entry, address);
	*flags = (uint32_t)(*entry & FLAGS);
	return true;
}

bool arch_was_touched(struct space *space, uint64_t address, bool clear)
{
	uint64_t *entry = look(space, address);
	bool touched = entry && *entry & TOUCHED;

	if (touched && clear)
		*entry &= ~TOUCHED;
	return touched;
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
		remembered[at].entry = physical_of(*entry, address) | (*entry & FLAGS);
	}
	if (entry)
		*entry |= TOUCHED | (access & fault_Access_WRITE ? DIRTY : 0);
	*physical = (remembered[at].entry & ~PAGE_MASK) | (address & PAGE_MASK);
	return true;
}
