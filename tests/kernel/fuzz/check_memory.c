/* Invariants of memories, mappings and page tables. */
#include "tests/kernel/fuzz/fuzz.h"
#include "kernel/page_table.h"

#define ENTRIES 512

/* ---- memories ---- */

static uint64_t pages_found;

static void count_page(struct memory *memory, uint64_t index, uint64_t entry)
{
	(void)index;
	pages_found += page_frame(entry) != 0;
	MUST("a page that is fixed is not shared", &memory->object,
		!page_frame(entry) || !memory->is_fixed ||
		frame_references(page_frame(entry)) == 1);
}

/* Who waits for a page is asked for, or all calls are under way. */
static void check_pager(struct memory *memory)
{
	unsigned busy = 0;

	for (unsigned i = 0; i < MEMORY_PAGER_CALLS; i++)
		busy += memory->calls[i].caller.state != CALLER_IDLE;
	for (struct list *at = memory->waiting.next; at != &memory->waiting; at = at->next) {
		const struct thread *thread = LIST_OF(at, struct thread, waiting);
		bool asked = busy == MEMORY_PAGER_CALLS;

		for (unsigned i = 0; i < MEMORY_PAGER_CALLS; i++)
			asked |= memory->calls[i].caller.state != CALLER_IDLE &&
				thread->fault_words[0] - memory->calls[i].offset <
				memory->calls[i].length;
		MUST("a page that is waited for is asked for", &thread->object, asked);
	}
}

static void check_mappings(struct memory *memory)
{
	uint32_t writable = 0;

	same("mappings of a memory", &memory->object,
		list_length(&memory->mappings, "mappings of a memory"),
		memory->mapping_count);
	for (struct list *at = memory->mappings.next; at != &memory->mappings; at = at->next) {
		const struct mapping *mapping = LIST_OF(at, struct mapping, in_memory);

		MUST("a mapping is its memory's", &memory->object, mapping->memory == memory);
		writable += mapping->protection & kernel_Protection_WRITE &&
			!(mapping->flags & kernel_MapFlags_PRIVATE);
	}
	same("writable mappings of a memory", &memory->object, writable,
		memory->writable_count);
}

static void check_memory(const struct record *record)
{
	struct memory *memory = OF(memory, record->object);

	pages_found = 0;
	each_page(memory, count_page);
	if (!memory->is_run)
		same("pages of a memory", record->object, pages_found, memory->present);
	if (!memory->is_own)
		check_mappings(memory);
	list_length(&memory->waiting, "who waits for pages");
	if (memory->calls) {
		each_page(memory, check_paged);
		check_pager(memory);
	}
}

/* ---- mappings and page tables ---- */

static const struct space *checked;
static uint64_t mapped, leaves, tables, last_end;

static void check_mapping(struct mapping *mapping)
{
	MUST("mappings are in order, of whole pages", &checked->object,
		mapping->start >= last_end && mapping->start < mapping->end &&
		((mapping->start | mapping->end | mapping->offset) & PAGE_MASK) == 0 &&
		mapping->space == checked);
	last_end = mapping->end;
	mapped += mapping->end - mapping->start;
}

static uint64_t frame_in(struct memory *memory, uint64_t offset, bool *shared)
{
	uint64_t *entry;

	*shared = false;
	if (memory->is_run)
		return memory->physical + offset;
	entry = page_find(memory, offset >> PAGE_SHIFT);
	if (!entry || !page_frame(*entry))
		return 0;
	*shared = frame_references(page_frame(*entry)) > 1;
	return page_frame(*entry);
}

/* What stands in page tables is what its mapping says, or zeros. */
static void check_leaf(uint64_t address, uint64_t entry)
{
	const struct mapping *mapping = space_find(checked, address);
	uint64_t offset, frame, came = entry & ~PAGE_MASK;
	bool shared, own;

	leaves++;
	if (!mapping)
		finding("space %lu: a page is in page tables at %lx, where nothing is mapped",
			(unsigned long)checked->object.id, (unsigned long)address);
	offset = mapping->offset + address - mapping->start;
	own = mapping->own && memory_has(mapping->own, offset);
	frame = frame_in(own ? mapping->own : mapping->memory, offset, &shared);
	MUST("page tables allow what the mapping does", &checked->object,
		!(entry & 7 & ~(uint64_t)mapping->protection));
	if (frame != came && (frame || entry & kernel_Protection_WRITE ||
			!frame_is_memory(came) || *(uint64_t *)frame_data(came) != 0))
		finding("space %lu: page tables at %lx: expected frame %lx, came %lx",
			(unsigned long)checked->object.id, (unsigned long)address,
			(unsigned long)frame, (unsigned long)came);
	if (entry & kernel_Protection_WRITE && !own && mapping->memory->calls)
		MUST("what can be written of a pager's is dirty", &checked->object,
			(*page_find(mapping->memory, offset >> PAGE_SHIFT) &
			(PAGE_DIRTY | PAGE_ASK)) == PAGE_DIRTY);
	if (entry & kernel_Protection_WRITE)
		MUST("what can be written is nobody else's", &checked->object, !shared &&
			(own || !(mapping->flags & kernel_MapFlags_PRIVATE)));
}

static void check_tables(uint64_t table, unsigned level, uint64_t address)
{
	const uint64_t *entries = arch_physical(table & ~PAGE_MASK);

	tables++;
	mark_frame(table & ~PAGE_MASK);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		uint64_t at = address + (i << (PAGE_SHIFT + 9 * level));

		if (!entries[i])
			continue;
		if (level > 0)
			check_tables(entries[i], level - 1, at);
		else
			check_leaf(at, entries[i]);
	}
}

static void check_space(const struct space *space)
{
	checked = space;
	mapped = leaves = tables = last_end = 0;
	each_mapping(space->mappings, check_mapping);
	same("bytes mapped in a space", &space->object, mapped, space->mapped);
	if (!space->has_tables)
		return;
	check_tables(space->arch.root, 3, 0);
	same("pages in a space's page tables", &space->object, leaves, space->resident);
	same("page tables of a space", &space->object, tables, space->tables);
}

void check_memories(void)
{
	for (unsigned i = 0; i < record_count; i++) {
		const struct record *record = &records[i];

		if (record->object->type == &memory_type && record->object->references > 0)
			check_memory(record);
		else if (record->object->type == &space_type)
			check_space(OF(space, record->object));
	}
	pages_looked();
}
