/*
 * Page tables of four levels, whose entries count what is in the table they lead
 * to, so that empty ones are given back. The upper half of all top tables is the
 * kernel's and never changes after start.
 *
 * Tables that went, and pages that were taken away, are anybody's again when
 * arch_flush() has returned: by then all CPUs have answered it, those in the
 * kernel too (cpu_ask() in local.h).
 */
#include "kernel.skald.h"
#include "kernel/arch/x86_64/local.h"
#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/space.h"

#define PRESENT UINT64_C(1)
#define WRITE UINT64_C(2)
#define USER UINT64_C(4)
#define UNCACHED UINT64_C(0x18)		/* PCD, PWT */
#define ACCESSED UINT64_C(32)
#define DIRTY UINT64_C(64)
#define LARGE UINT64_C(128)		/* of a page of 4 KiB: PAT's third bit */
#define GLOBAL UINT64_C(256)
#define LARGE_PAT UINT64_C(4096)
#define NO_EXECUTE (UINT64_C(1) << 63)
#define FRAME_BITS UINT64_C(0x000ffffffffff000)
#define TABLE (PRESENT | WRITE | USER)
/* In an entry that leads to a table: how many of its entries are present. */
#define COUNT_ONE (UINT64_C(1) << 52)
#define COUNT_BITS (UINT64_C(0x3ff) << 52)

#define ENTRIES 512
#define LARGE_SIZE (UINT64_C(1) << LARGE_PAGE_SHIFT)
#define GIGABYTE (UINT64_C(1) << 30)
/* Pages that are flushed one by one; more: all. */
#define FLUSH_SINGLE 32
#define CR4_PGE UINT64_C(0x80)

extern uint64_t direct_table[], direct_fourth[];

static void forget_page(uint64_t address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

void page_start(uint64_t end)
{
	uint64_t *table = arch_physical((uintptr_t)direct_table), *pages;
	uint64_t bits = PRESENT | WRITE | GLOBAL | LARGE | NO_EXECUTE;

	for (uint64_t i = 0; i < ENTRIES && (i < 3 || i * GIGABYTE < end); i++) {
		if (i == 3 || (i < 3 && !cpu_has_large))
			continue;		/* as head.S has it: devices, small pages */
		table[i] = i * GIGABYTE | bits;
		if (cpu_has_large)
			continue;
		table[i] = boot_take(PAGE_SIZE) | PRESENT | WRITE;
		pages = arch_physical(table[i] & FRAME_BITS);
		for (uint64_t j = 0; j < ENTRIES; j++)
			pages[j] = (i * GIGABYTE + j * LARGE_SIZE) | bits;
	}
	cr4_write(cr4_read() & ~CR4_PGE);	/* forgets global ones as well */
	cr4_write(cr4_read() | CR4_PGE);
}

volatile void *page_device(uint64_t physical)
{
	uint64_t *pages = arch_physical((uintptr_t)direct_fourth);

	if (physical >= 3 * GIGABYTE && physical < 4 * GIGABYTE)
		pages[(physical - 3 * GIGABYTE) / LARGE_SIZE] |= UNCACHED;
	forget_page((uintptr_t)arch_physical(physical));
	return arch_physical(physical);
}

/* ---- tables ---- */

struct walk {
	uint64_t *entry[4];		/* of each level down to `level` */
	unsigned level;			/* 0: a page; 1: a greater one */
};

static uint64_t *table_of(uint64_t entry)
{
	return arch_physical(entry & FRAME_BITS);
}

/* To be freed when all CPUs have forgotten it. */
static void put_loose(struct space *space, uint64_t entry)
{
	*table_of(entry) = space->arch.loose;	/* not PRESENT */
	space->arch.loose = entry & FRAME_BITS;
}

/* An entry of a level has become present; or no longer is: then its table may
 * have become empty, and those above. */
static void count_up(struct walk *walk, unsigned level)
{
	if (level < 3)
		*walk->entry[level + 1] += COUNT_ONE;
}

static void count_down(struct space *space, struct walk *walk, unsigned level)
{
	for (; level < 3; level++) {
		uint64_t *above = walk->entry[level + 1];

		*above -= COUNT_ONE;
		if (*above & COUNT_BITS)
			return;
		put_loose(space, *above);
		*above = 0;
	}
}

/* A greater page as 512 small ones. */
static bool split(struct space *space, uint64_t *entry)
{
	uint64_t frame = space_table_frame(space), old = *entry;
	uint64_t small = (old & ~LARGE & ~LARGE_PAT) | (old & LARGE_PAT ? LARGE : 0);

	if (frame == FRAME_NONE)
		return false;
	for (uint64_t i = 0; i < ENTRIES; i++)
		table_of(frame)[i] = small + i * PAGE_SIZE;
	*entry = frame | TABLE | ENTRIES * COUNT_ONE;
	return true;
}

/* Down to an entry of this level, or a greater page above it, or where nothing
 * is. `make`: on to that level in any case; false if there is no frame for it. */
static bool walk_to(struct space *space, uint64_t address, unsigned level, bool make,
	struct walk *walk)
{
	uint64_t *table = arch_physical(space->arch.root), *entry, frame;

	for (walk->level = 3;; walk->level--) {
		entry = &table[address >> (PAGE_SHIFT + 9 * walk->level) & 511];
		walk->entry[walk->level] = entry;
		if (walk->level == level)
			return true;
		if (!(*entry & PRESENT)) {
			if (!make)
				return true;
			frame = space_table_frame(space);
			count_up(walk, walk->level);
			if (frame == FRAME_NONE) {
				count_down(space, walk, walk->level);
				return false;
			}
			*entry = frame | TABLE;
		} else if (*entry & LARGE) {
			if (!make)
				return true;
			if (!split(space, entry))
				return false;
		}
		table = table_of(*entry);
	}
}

static uint64_t bits_of(uint32_t flags)
{
	static const uint8_t caching[8] = { [kernel_Caching_WRITE_THROUGH] = 8,
		[kernel_Caching_WRITE_COMBINING] = LARGE, [kernel_Caching_UNCACHED] = UNCACHED };
	uint64_t bits = caching[flags >> ARCH_CACHING_SHIFT & 7] | PRESENT;

	if (flags & ARCH_LARGE)
		bits = (bits & LARGE ? LARGE_PAT : 0) | bits | LARGE;
	if (flags & (kernel_Protection_READ | kernel_Protection_WRITE
			| kernel_Protection_EXECUTE))
		bits |= USER;
	bits |= flags & kernel_Protection_WRITE ? WRITE : 0;
	return bits | (flags & kernel_Protection_EXECUTE ? 0 : NO_EXECUTE);
}

bool arch_map(struct space *space, uint64_t address, uint64_t physical, uint32_t flags)
{
	bool large = flags & ARCH_LARGE;
	struct walk walk;
	uint64_t old;

	if (!walk_to(space, address, large, true, &walk))
		return false;
	old = __atomic_exchange_n(walk.entry[large], physical | bits_of(flags),
		__ATOMIC_RELAXED);
	if (!(old & PRESENT)) {
		count_up(&walk, large);
	} else if (large && !(old & LARGE)) {
		put_loose(space, old);
		arch_flush(space, address, 0);
	}
	return true;
}

/* What maps an address, or NULL. `small`: a page of 4 KiB, for which a greater
 * one is split; then *ok tells whether there was a frame. */
static uint64_t *find(struct space *space, uint64_t address, bool small,
	struct walk *walk, bool *ok)
{
	*ok = true;
	walk_to(space, address, 0, false, walk);
	if (walk->level > 1 || !(*walk->entry[walk->level] & PRESENT))
		return NULL;
	if (small && walk->level == 1)
		*ok = walk_to(space, address, 0, true, walk);
	return *ok ? walk->entry[walk->level] : NULL;
}

uint64_t arch_unmap(struct space *space, uint64_t address, bool *dirty, bool *touched,
	bool *ok)
{
	struct walk walk;
	bool fine;
	uint64_t old = 0, *entry = find(space, address, true, &walk, ok ? ok : &fine);

	if (entry) {
		old = __atomic_exchange_n(entry, 0, __ATOMIC_RELAXED);
		count_down(space, &walk, 0);
	}
	if (dirty)
		*dirty = old & DIRTY;
	if (touched)
		*touched = old & ACCESSED;
	return entry ? old & FRAME_BITS : UINT64_MAX;
}

/* The CPU may set bits of the entry meanwhile. */
static void change(uint64_t *entry, uint64_t clear, uint64_t set)
{
	uint64_t old = __atomic_load_n(entry, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(entry, &old, (old & ~clear) | set, true,
			__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

bool arch_protect(struct space *space, uint64_t address, uint32_t flags)
{
	uint64_t mask = USER | WRITE | NO_EXECUTE, *entry;
	struct walk walk;
	bool ok;

	entry = find(space, address, !(flags & ARCH_LARGE), &walk, &ok);
	if (entry)
		change(entry, mask, bits_of(flags) & mask);
	return ok;
}

bool arch_look(struct space *space, uint64_t address, uint64_t *physical,
	uint32_t *flags)
{
	struct walk walk;
	bool ok;
	uint64_t *entry = find(space, address, false, &walk, &ok), bits;

	if (!entry)
		return false;
	bits = *entry;
	*physical = bits & FRAME_BITS;
	*flags = 0;
	if (walk.level) {
		*flags = ARCH_LARGE;
		*physical = (bits & FRAME_BITS & ~(LARGE_SIZE - 1))
			+ (address & (LARGE_SIZE - 1) & ~PAGE_MASK);
	}
	if (bits & USER)
		*flags |= kernel_Protection_READ
			| (bits & WRITE ? kernel_Protection_WRITE : 0)
			| (bits & NO_EXECUTE ? 0 : kernel_Protection_EXECUTE);
	return true;
}

bool arch_was_touched(struct space *space, uint64_t address, bool clear)
{
	struct walk walk;
	bool ok;
	uint64_t *entry = find(space, address, false, &walk, &ok);
	bool touched = entry && *entry & ACCESSED;

	if (touched && clear)
		change(entry, ACCESSED, 0);
	return touched;
}

/* ---- spaces ---- */

/* Without PCIDs, and for the kernel's own root, 0. */
static unsigned pcid_of(uint64_t root)
{
	return !cpu_has_pcid || root == (uintptr_t)kernel_root ? 0
		: (unsigned)((root >> PAGE_SHIFT) % (PCIDS - 1)) + 1;
}

bool arch_space_init(struct space *space)
{
	uint64_t root = space_table_frame(space);

	if (root == FRAME_NONE)
		return false;
	for (unsigned i = ENTRIES / 2; i < ENTRIES; i++)
		table_of(root)[i] = table_of((uintptr_t)kernel_root)[i];
	space->arch = (struct arch_space){ .root = root, .pcid = pcid_of(root) };
	space->arch.cr3 = root | space->arch.pcid | (cpu_has_pcid ? CR3_KEEP : 0);
	space->arch.warm = cpu_has_pcid ? 0 : UINT64_MAX;
	return true;
}

static void free_tables(struct space *space, uint64_t frame, unsigned level)
{
	unsigned end = level == 3 ? ENTRIES / 2 : ENTRIES;

	for (unsigned i = 0; level && i < end; i++) {
		uint64_t entry = table_of(frame)[i];

		if (entry & PRESENT && !(entry & LARGE))
			free_tables(space, entry & FRAME_BITS, level - 1);
	}
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

void page_switch(struct local *me, struct space *space)
{
	if (me->space == space)
		return;
	me->space = space;
	cr3_write(!space ? (uintptr_t)kernel_root : space->arch.warm & me->mask ?
		space->arch.cr3 : warm_up(me, &space->arch));
}

void arch_switch(struct space *space)
{
	page_switch(local_here(), space);
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
	uint64_t cpus = 0;

	for (unsigned i = 0; i < local_count; i++)
		cpus |= locals[i].space == space ? locals[i].mask : 0;
	return cpus;
}

void arch_flush(struct space *space, uint64_t address, size_t pages)
{
	struct cpu_ask ask = { .address = address, .pages = pages };
	struct local *me = local_here();
	uint64_t frame, cpus = cpus_of(space), others = cpus & ~me->mask;

	if (me->space == space)
		page_answer(me, &ask);
	if (others)
		cpu_ask(others, &ask);
	/* What CPUs remember that have not loaded it. */
	if (cpu_has_pcid)
		space->arch.warm &= cpus;
	while ((frame = space->arch.loose) != 0) {
		space->arch.loose = *table_of(frame);
		space_table_free(space, frame);
	}
}

void arch_space_end(struct space *space)
{
	CHECK(!cpus_of(space));
	arch_flush(space, 0, 0);
	for (unsigned i = 0; i < local_count; i++)
		if (locals[i].pcids[space->arch.pcid] == &space->arch)
			locals[i].pcids[space->arch.pcid] = NULL;
	free_tables(space, space->arch.root, 3);
}
