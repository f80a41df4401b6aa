/* Tables of pages: radix trees that grow upwards as greater indices come. */
#include "kernel/page_table.h"

#include "kernel/memory.h"

#define BITS 9
#define ENTRIES (1u << BITS)

/* The lowest have entries, the others tables. */
struct page_table {
	union {
		uint64_t entry;
		struct page_table *table;
	} at[ENTRIES];
};

_Static_assert(sizeof(struct page_table) <= PAGE_SIZE, "one frame each");

static unsigned place(uint64_t index, unsigned level)
{
	return (unsigned)(index >> (BITS * level)) & (ENTRIES - 1);
}

static bool reaches(const struct memory *memory, uint64_t index)
{
	return index >> (BITS * memory->levels) == 0;
}

/* The entry of a page; or NULL, and the level of the table that lacks. */
static uint64_t *look(const struct memory *memory, uint64_t index, unsigned *level)
{
	struct page_table *table = memory->pages;

	*level = memory->levels;
	if (!table || !reaches(memory, index))
		return NULL;
	while (--*level > 0) {
		table = table->at[place(index, *level)].table;
		if (!table)
			return NULL;
	}
	return &table->at[place(index, 0)].entry;
}

uint64_t *page_find(const struct memory *memory, uint64_t index)
{
	unsigned level;

	return look(memory, index, &level);
}

uint64_t *page_make(struct memory *memory, uint64_t index)
{
	struct page_table **where = &memory->pages;

	while (!memory->pages || !reaches(memory, index)) {
		struct page_table *root = object_allocate(&memory->object, sizeof *root);

		if (!root)
			return NULL;
		root->at[0].table = memory->pages;
		memory->pages = root;
		memory->levels++;
	}
	for (unsigned level = memory->levels - 1; level > 0; level--) {
		where = &(*where)->at[place(index, level)].table;
		if (!*where)
			*where = object_allocate(&memory->object, sizeof **where);
		if (!*where)
			return NULL;
	}
	return &(*where)->at[place(index, 0)].entry;
}

uint64_t *page_next(const struct memory *memory, uint64_t *index, uint64_t end,
	unsigned *steps)
{
	while (*index < end && *steps > 0) {
		unsigned level;
		uint64_t *entry = look(memory, *index, &level);

		if (!entry) {
			*index = level == memory->levels ? end :
				((*index >> (BITS * level)) + 1) << (BITS * level);
			continue;
		}
		--*steps;
		do {
			if (page_frame(*entry))
				return entry;
			entry++;
		} while (++*index % ENTRIES != 0 && *index < end);
	}
	return NULL;
}

bool page_free(struct memory *memory, unsigned *steps)
{
	while (memory->pages) {
		struct page_table **where = &memory->pages;
		unsigned level = memory->levels - 1, i = 0;

		if (!object_step(steps))
			return false;
		while (level > 0) {
			for (i = 0; i < ENTRIES && !(*where)->at[i].table; i++)
				;
			if (i == ENTRIES)
				break;
			where = &(*where)->at[i].table;
			level--;
		}
		object_release(&memory->object, *where, sizeof **where);
		*where = NULL;
	}
	return true;
}
