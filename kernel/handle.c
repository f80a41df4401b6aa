/*
 * Tables of handles: pages of entries, of which those that are free are linked.
 * The link is the distance to the next one's index less 1, so that a page of
 * zeros is linked already.
 */
#include "kernel/handle.h"

#include "kernel/log.h"
#include "kernel/quota.h"
#include "kernel.skald.h"

#define PAGES_BYTES (HANDLE_PAGES * sizeof(struct handle *))
#define PAGE_BYTES (HANDLE_PAGE * sizeof(struct handle))
#define GENERATIONS 4096

static struct handle *entry(const struct handle_table *table, uint32_t index)
{
	return &table->pages[index / HANDLE_PAGE][index % HANDLE_PAGE];
}

static uint32_t next_free(const struct handle_table *table, uint32_t index)
{
	const struct handle *free = entry(table, index);

	return index + 1 + (free->rights | (uint32_t)free->protocol_rights << 16);
}

static void push_free(struct handle_table *table, uint32_t index)
{
	uint32_t link = table->free - index - 1;
	struct handle *free = entry(table, index);

	free->object = NULL;
	free->flags = 0;
	free->rights = (uint16_t)link;
	free->protocol_rights = (uint16_t)(link >> 16);
	table->free = index;
}

bool handle_table_init(struct handle_table *table, struct object *owner)
{
	*table = (struct handle_table){.owner = owner,
		.pages = object_allocate(owner, PAGES_BYTES)};
	return table->pages != NULL;
}

/* One more page, whose entries come before those that are free. */
static bool grow(struct handle_table *table)
{
	uint32_t first = table->page_count * HANDLE_PAGE;

	if (table->page_count == HANDLE_PAGES)
		return false;
	table->pages[table->page_count] = object_allocate(table->owner, PAGE_BYTES);
	if (!table->pages[table->page_count])
		return false;
	table->page_count++;
	push_free(table, first + HANDLE_PAGE - 1);
	table->free = first == 0 ? 1 : first;	/* 0 is no handle's index */
	return true;
}

static uint32_t free_places(const struct handle_table *table)
{
	uint32_t places = table->page_count * HANDLE_PAGE;

	return places == 0 ? 0 : places - 1 - table->used - table->reserved;
}

bool handle_reserve(struct handle_table *table, unsigned count)
{
	if (!table->pages || table->ending || count > HANDLE_MAX ||
	    !quota_take(table->owner->quota, QUOTA_HANDLES, count))
		return false;
	while (free_places(table) < count) {
		if (!grow(table)) {
			quota_give(table->owner->quota, QUOTA_HANDLES, count);
			return false;
		}
	}
	table->reserved += count;
	return true;
}

void handle_unreserve(struct handle_table *table, unsigned count)
{
	CHECK(table->reserved >= count);
	table->reserved -= count;
	quota_give(table->owner->quota, QUOTA_HANDLES, count);
}

static uint16_t all_flags(const struct object *object, uint16_t rights, uint16_t flags)
{
	if (flags & HANDLE_CLIENT)
		return rights & kernel_Rights_CALL ? HANDLE_CLIENT | HANDLE_CALLS :
			HANDLE_CLIENT;
	if (object->type->kind == kernel_Kind_ENDPOINT && (rights & kernel_Rights_RECEIVE))
		return HANDLE_RECEIVES;
	return object->type->kind == kernel_Kind_NOTIFICATION &&
		(rights & kernel_Rights_SIGNAL) ? HANDLE_SIGNALS : 0;
}

uint32_t handle_add(struct handle_table *table, struct object *object,
	uint16_t rights, uint16_t protocol_rights, uint16_t flags)
{
	uint32_t index = table->free;
	struct handle *handle;
	uint32_t generation;

	CHECK(table->reserved > 0 && !table->ending);
	handle = entry(table, index);
	generation = handle->generation ? handle->generation : 1;
	table->free = next_free(table, index);
	table->reserved--;
	table->used++;
	*handle = (struct handle){.object = object, .rights = rights,
		.flags = all_flags(object, rights, flags),
		.protocol_rights = protocol_rights, .generation = (uint16_t)generation};
	object_take(object);
	object->handles++;
	if (object->type->count_handle)
		object->type->count_handle(object, rights, flags, 1);
	return generation << ABI_INDEX_BITS | index;
}

struct handle handle_take_out(struct handle_table *table, uint32_t number)
{
	struct handle *place = handle_find(table, number);
	struct handle handle;

	CHECK(place);
	handle = *place;
	place->generation = (uint16_t)(handle.generation % (GENERATIONS - 1) + 1);
	push_free(table, ABI_INDEX(number));
	table->used--;
	quota_give(table->owner->quota, QUOTA_HANDLES, 1);
	if (handle.object->type->count_handle)
		handle.object->type->count_handle(handle.object, handle.rights,
			handle.flags & HANDLE_CLIENT, -1);
	if (--handle.object->handles == 0 && handle.object->type->unused)
		handle.object->type->unused(handle.object);
	return handle;
}

void handle_remove(struct handle_table *table, uint32_t number)
{
	object_drop(handle_take_out(table, number).object);
}

uint32_t handle_next(const struct handle_table *table, uint32_t index)
{
	for (; index < table->page_count * HANDLE_PAGE; index++)
		if (entry(table, index)->object)
			return index;
	return 0;
}

uint32_t handle_number(const struct handle_table *table, uint32_t index)
{
	return (uint32_t)entry(table, index)->generation << ABI_INDEX_BITS | index;
}

bool handle_table_end(struct handle_table *table, unsigned *steps)
{
	uint32_t index;

	if (!table->pages)
		return true;
	table->ending = true;
	while (table->page_count > 0) {
		if (!object_step(steps))
			return false;
		/* The last page goes, or first what is in it. */
		index = handle_next(table, (table->page_count - 1) * HANDLE_PAGE);
		if (index)
			handle_remove(table, handle_number(table, index));
		else
			object_release(table->owner, table->pages[--table->page_count],
				PAGE_BYTES);
	}
	CHECK(table->used == 0 && table->reserved == 0);
	object_release(table->owner, table->pages, PAGES_BYTES);
	*table = (struct handle_table){0};
	return true;
}
