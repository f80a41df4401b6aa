/*
 * Page tables of four levels, whose entries count what is in the table they lead
 * to, so that empty ones are given back (but for one). The upper half of all top
 * tables is the kernel's and never changes after start.
 *
 * Tables that went, and pages that were taken away, are anybody's again when
 * flush() has returned: by then all CPUs have answered it, those in the
 * kernel too (cpu_ask() in local.h).
 */
#include "kernel.skald.h"
#include "kernel/arch/x86_64/local.h"
#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/sched.h"
#include "kernel/space.h"

#define PRESENT UINT64_C(1)
#define WRITE UINT64_C(2)
#define USER UINT64_C(4)
#define UNCACHED UINT64_C(0x18)		/* PCD, PWT */
#define LARGE UINT64_C(128)
#define PAT_HIGH 128			/* the same bit, of a page of 4 KiB */
#define GLOBAL UINT64_C(256)
#define NO_EXECUTE (UINT64_C(1) << 63)
#define FRAME_BITS UINT64_C(0x000ffffffffff000)
#define TABLE (PRESENT | WRITE | USER)
/* In an entry that leads to a table: how many of its entries are present. */
#define COUNT_ONE (UINT64_C(1) << 52)
#define COUNT_BITS (UINT64_C(0x3ff) << 52)

#define ENTRIES 512
#define LARGE_SIZE (UINT64_C(1) << 21)
#define GIGABYTE (UINT64_C(1) << 30)
/* Pages that are flushed one by one; more: all. */
#define FLUSH_SINGLE 32

extern uint64_t direct_table[], direct_pages[];	/* physical */
static uint64_t seen_end;		/* of the direct map */

static uint64_t *table_of(uint64_t entry)
{
	return arch_physical(entry & FRAME_BITS);
}

static void forget_page(uint64_t address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

void page_start(uint64_t end)
{
	uint64_t *table = arch_physical((uintptr_t)direct_table);
	uint64_t bits = PRESENT | WRITE | GLOBAL | LARGE | NO_EXECUTE;

	for (uint64_t i = 4; i < ENTRIES && i * GIGABYTE < end; i++) {
		table[i] = boot_take(PAGE_SIZE) | PRESENT | WRITE;
		for (uint64_t j = 0; j < ENTRIES; j++)
			table_of(table[i])[j] = (i * GIGABYTE + j * LARGE_SIZE) | bits;
	}
	seen_end = end > 4 * GIGABYTE ? end : 4 * GIGABYTE;
}

bool arch_sees(uint64_t from, uint64_t to)
{
	return from <= to && to <= seen_end;
}

volatile void *page_device(uint64_t physical)
{
	uint64_t *pages = arch_physical((uintptr_t)direct_pages);

	if (physical < 4 * GIGABYTE)
		pages[physical / LARGE_SIZE] |= UNCACHED;
	forget_page((uintptr_t)arch_physical(physical));
	return arch_physical(physical);
}

/* ---- tables ---- */

struct walk {
	uint64_t *entry[4];		/* of each level down to `level` */
	unsigned level;			/* 0: a page */
};

static unsigned shift_of(unsigned level)
{
	return PAGE_SHIFT + 9 * level;
}

static uint64_t index_of(uint64_t address, unsigned level)
{
	return address >> shift_of(level) & (ENTRIES - 1);
}

/* Of the table that an entry leads to; 0: it leads to none. */
static inline uint64_t below(uint64_t entry, uint64_t address, unsigned level)
{
	return entry & PRESENT ? table_of(entry)[index_of(address, level)] : 0;
}

/* The entry that leads, or would lead, to the table of a page; NULL: no table has it. */
static inline uint64_t *find_above(const struct space *space, uint64_t address)
{
	uint64_t top = table_of(space->arch.root)[index_of(address, 3)];
	uint64_t entry = below(top, address, 2);

	return entry & PRESENT ? &table_of(entry)[index_of(address, 1)] : NULL;
}

/* To be freed when all CPUs have forgotten it. */
static void put_loose(struct space *space, uint64_t *entry)
{
	*table_of(*entry) = space->arch.loose;	/* not PRESENT */
	space->arch.loose = *entry & FRAME_BITS;
	*entry = 0;
}

/* An entry of a level is no longer present: its table may have become empty, and
 * those above. */
static void count_down(struct space *space, struct walk *walk, unsigned level)
{
	for (; level < 3; level++) {
		uint64_t *above = walk->entry[level + 1];

		*above -= COUNT_ONE;
		if (*above & COUNT_BITS)
			return;
		put_loose(space, above);
	}
}

/* Down to the entry of a page, or to where nothing is; with `make`, tables that
 * lack are made: false if there is no frame for one. */
static bool walk_to(struct space *space, uint64_t address, bool make, struct walk *walk)
{
	uint64_t *table = table_of(space->arch.root), *entry, frame;

	for (walk->level = 3;; walk->level--) {
		entry = &table[index_of(address, walk->level)];
		walk->entry[walk->level] = entry;
		if (walk->level == 0 || (!make && !(*entry & PRESENT)))
			return true;
		if (!(*entry & PRESENT)) {
			frame = space_table_frame(space);
			if (walk->level < 3)
				*walk->entry[walk->level + 1] += COUNT_ONE;
			if (frame == FRAME_NONE) {
				count_down(space, walk, walk->level);
				return false;
			}
			*entry = frame | TABLE;
		}
		table = table_of(*entry);
	}
}

/* The first page in [*address, end) that is there; *address says where. NULL:
 * there is none, or no steps are left: each table looked through in vain is one. */
static uint64_t *find_next(struct space *space, uint64_t *address, uint64_t end,
	struct walk *walk, unsigned *steps)
{
	while (*address < end && *steps > 0) {
		unsigned shift;

		walk_to(space, *address, false, walk);
		if (walk->level > 0) {
			shift = shift_of(walk->level);
			do	/* on in the same table: most of a space is empty */
				*address = ((*address >> shift) + 1) << shift;
			while (*address < end && index_of(*address, walk->level) &&
					!(*++walk->entry[walk->level] & PRESENT));
			continue;
		}
		do {
			if (*walk->entry[0] & PRESENT)
				return walk->entry[0];
			walk->entry[0]++;
			*address += PAGE_SIZE;
		} while (*address & (LARGE_SIZE - 1) && *address < end);
		--*steps;
	}
	return NULL;
}

static uint64_t bits_of(uint32_t flags)
{
	static const uint8_t caching[8] = { [kernel_Caching_WRITE_THROUGH] = 8,
		[kernel_Caching_WRITE_COMBINING] = PAT_HIGH,
		[kernel_Caching_UNCACHED] = UNCACHED };
	uint64_t bits = caching[flags >> ARCH_CACHING_SHIFT & 7] | PRESENT;

	if (flags & (kernel_Protection_READ | kernel_Protection_WRITE
			| kernel_Protection_EXECUTE))
		bits |= USER;
	bits |= flags & kernel_Protection_WRITE ? WRITE : 0;
	return bits | (flags & kernel_Protection_EXECUTE ? 0 : NO_EXECUTE);
}

static void flush(struct space *space, uint64_t address, uint64_t pages);

bool arch_map(struct space *space, uint64_t address, uint64_t physical, uint32_t flags)
{
	uint64_t bits = physical | bits_of(flags), old, *above = find_above(space, address);
	struct walk walk;

	if (!above || !(*above & PRESENT)) {
		if (!walk_to(space, address, true, &walk))
			return false;
		above = walk.entry[1];
	}
	old = __atomic_exchange_n(&table_of(*above)[index_of(address, 0)], bits,
		__ATOMIC_RELAXED);
	if (!(old & PRESENT)) {
		*above += COUNT_ONE;
		space->resident++;
	} else if ((old ^ bits) & FRAME_BITS || (old & ~bits & (USER | WRITE))
			|| bits & ~old & NO_EXECUTE) {
		flush(space, address, 1);
	}
	return true;
}

/* A table of pages has become empty: it stays, for mostly it is wanted again
 * soon; the one that did before goes. */
static void keep_empty(struct space *space, uint64_t address)
{
	uint64_t before = space->arch.empty;
	struct walk walk;

	space->arch.empty = address;
	if (!before || (before ^ address) < LARGE_SIZE)
		return;
	walk_to(space, before, false, &walk);
	if (walk.level == 0 && !(*walk.entry[1] & COUNT_BITS)) {
		put_loose(space, walk.entry[1]);
		count_down(space, &walk, 1);
	}
}

bool arch_unmap(struct space *space, uint64_t from, uint64_t to, unsigned *steps)
{
	uint64_t at = from, first = to, *entry;
	struct walk walk;

	while ((entry = find_next(space, &at, to, &walk, steps)) != NULL) {
		first = at < first ? at : first;
		--*steps;
		__atomic_store_n(entry, 0, __ATOMIC_RELAXED);
		space->resident--;
		*walk.entry[1] -= COUNT_ONE;
		if (!(*walk.entry[1] & COUNT_BITS))
			keep_empty(space, at);
		at += PAGE_SIZE;
	}
	if (first < at)
		flush(space, first, (at - first) >> PAGE_SHIFT);
	return at >= to;
}

void arch_protect(struct space *space, uint64_t from, uint64_t to)
{
	uint64_t at = from, *entry;
	unsigned steps = UINT32_MAX;
	bool found = false;
	struct walk walk;

	for (; (entry = find_next(space, &at, to, &walk, &steps)) != NULL; at += PAGE_SIZE)
		if (__atomic_fetch_and(entry, ~WRITE, __ATOMIC_RELAXED) & WRITE)
			found = true;
	if (found)
		flush(space, from, (to - from) >> PAGE_SHIFT);
}

bool arch_look(struct space *space, uint64_t address, uint64_t *physical,
	uint32_t *flags)
{
	const uint64_t *above = find_above(space, address);
	uint64_t bits = above ? below(*above, address, 0) : 0;

	if (!(bits & PRESENT))
		return false;
	*physical = bits & FRAME_BITS;
	*flags = !(bits & USER) ? 0 : kernel_Protection_READ
		| (bits & WRITE ? kernel_Protection_WRITE : 0)
		| (bits & NO_EXECUTE ? 0 : kernel_Protection_EXECUTE);
	if (bits & (UNCACHED | PAT_HIGH))
		*flags |= (uint32_t)kernel_Caching_UNCACHED << ARCH_CACHING_SHIFT;
	return true;
}

/* ---- spaces ---- */

bool arch_space_init(struct space *space)
{
	uint64_t root = space_table_frame(space);

	if (root == FRAME_NONE)
		return false;
	for (unsigned i = ENTRIES / 2; i < ENTRIES; i++)
		table_of(root)[i] = table_of((uintptr_t)kernel_root)[i];
	space->arch = (struct arch_space){ .root = root, .cr3 = root, .warm = UINT64_MAX };
	if (cpu_has_pcid) {
		space->arch.pcid = (root >> PAGE_SHIFT) % (PCIDS - 1) + 1;
		space->arch.cr3 |= space->arch.pcid | CR3_KEEP;
		space->arch.warm = 0;
	}
	return true;
}

static void free_tables(struct space *space, uint64_t frame, unsigned level)
{
	unsigned end = level == 3 ? ENTRIES / 2 : ENTRIES;

	for (unsigned i = 0; level && i < end; i++)
		if (table_of(frame)[i] & PRESENT)
			free_tables(space, table_of(frame)[i] & FRAME_BITS, level - 1);
	space_table_free(space, frame);
}

/* ---- what CPUs have of them ---- */

/* Its PCID is its here from now on, and what was kept with that is not. */
static uint64_t warm_up(struct local *me, struct arch_space *space)
{
	struct arch_space **slot = &me->pcids[space->pcid];

	if (*slot)
		(*slot)->warm &= ~me->mask;
	*slot = space;
	space->warm |= me->mask;
	return space->cr3 & ~CR3_KEEP;
}

void arch_switch(struct space *space)
{
	struct local *me = local_here();

	me->space = space;
	cr3_write(!space ? (uintptr_t)kernel_root : space->arch.warm & me->mask ?
		space->arch.cr3 : warm_up(me, &space->arch));
}

void page_answer(struct local *me, const struct cpu_ask *ask)
{
	for (size_t i = 0; i < ask->pages && ask->pages <= FLUSH_SINGLE; i++)
		forget_page(ask->address + i * PAGE_SIZE);
	if (!ask->pages || ask->pages > FLUSH_SINGLE)
		cr3_write(me->space ? me->space->arch.cr3 & ~CR3_KEEP :
			(uintptr_t)kernel_root);
}

static uint64_t cpus_of(const struct space *space)
{
	uint64_t on = 0;

	for (unsigned i = 0; i < cpu_count; i++)
		on |= locals[i].space == space ? locals[i].mask : 0;
	return on;
}

/* No CPU uses what was there any more, when this returns; `pages` 0: of all of the
 * space. Those in the kernel flush before they leave. */
static void flush(struct space *space, uint64_t address, uint64_t pages)
{
	struct cpu_ask ask = { .address = address, .pages = pages };
	uint64_t frame, on = cpus_of(space);

	cpu_ask(on, &ask);
	/* What CPUs remember that have not loaded it. */
	if (cpu_has_pcid)
		space->arch.warm &= on;
	while ((frame = space->arch.loose) != 0) {
		space->arch.loose = *table_of(frame);
		space_table_free(space, frame);
	}
}

void arch_space_end(struct space *space)
{
	CHECK(!cpus_of(space));
	flush(space, 0, 0);
	for (unsigned i = 0; i < cpu_count; i++)
		if (locals[i].pcids[space->arch.pcid] == &space->arch)
			locals[i].pcids[space->arch.pcid] = NULL;
	free_tables(space, space->arch.root, 3);
}
