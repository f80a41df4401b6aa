/* Who refers to what: found by going through all that there is. */
#include <stdlib.h>
#include <string.h>

#include "tests/kernel/fuzz/fuzz.h"
#include "kernel/page_table.h"

#define RECORDS 65536
#define PLACES (2 * RECORDS)
#define ENTRIES 512

struct record *records;
unsigned record_count;
static uint32_t *places;		/* by address: 1 more than the record's index */
static uint32_t *frames;		/* references found */
static const struct object **owners;	/* the last of each */
static const struct object *counted;
static uint64_t marked;			/* frames with any */

/* ---- records ---- */

static uint32_t *place_of(const struct object *object)
{
	uint32_t at = (uint32_t)((uintptr_t)object >> 4) * 2654435761u % PLACES;

	while (places[at] && records[places[at] - 1].object != object)
		at = (at + 1) % PLACES;
	return &places[at];
}

struct record *record_of(const struct object *object)
{
	uint32_t at = *place_of(object);

	if (!at)
		finding("something refers to an object that does not exist: %p",
			(const void *)object);
	return &records[at - 1];
}

void refer(const struct object *object)
{
	record_of(object)->references++;
}

static void refer_to(const struct object *object)
{
	if (object)
		refer(object);
}

static void add(struct object *object)
{
	uint32_t *place = place_of(object);

	MUST("an object is a member of one quota", object, *place == 0);
	MUST("there are not too many objects", NULL, record_count < RECORDS - 1);
	records[record_count] = (struct record){.object = object};
	*place = ++record_count;
}

static void add_members(struct quota *quota)
{
	struct list *heads[] = {&quota->members, &quota->kept};

	add(&quota->object);
	for (unsigned i = 0; i < 2; i++) {
		list_length(heads[i], "members of a quota");
		for (struct list *at = heads[i]->next; at != heads[i]; at = at->next) {
			struct object *object = LIST_OF(at, struct object, member);

			MUST("a member is charged to its quota", object,
				object->quota == quota);
			if (object->type == &quota_type)
				add_members(OF(quota, object));
			else
				add(object);
		}
	}
}

/* ---- memory ---- */

void mark_frame(uint64_t frame)
{
	uint64_t index = (frame - HOST_PHYSICAL) >> PAGE_SHIFT;

	if (frame - HOST_PHYSICAL >= host_memory_size)
		return;
	marked += frames[index]++ == 0;
	owners[index] = counted;
}

void mark_pool(const void *memory, size_t size)
{
	uint64_t frame = frame_of((const void *)((uintptr_t)memory & ~PAGE_MASK));

	if (!memory)
		return;
	if (size > 1984) {
		for (size_t i = 0; i < size; i += PAGE_SIZE)
			mark_frame(frame + i);
	} else if (frames[(frame - HOST_PHYSICAL) >> PAGE_SHIFT] == 0) {
		mark_frame(frame);
	}
}

static void mark_cell(struct record *record, const void *memory, size_t size)
{
	if (!memory)
		return;
	mark_pool(memory, size);
	record->bytes += pool_cost(size);
}

static void visit_tables(const uint64_t *table, unsigned level, struct memory *memory,
	uint64_t first, struct record *record,
	void (*page)(struct memory *memory, uint64_t index, uint64_t entry))
{
	if (record)
		mark_cell(record, table, PAGE_SIZE);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		uint64_t index = first + (i << (9 * level));

		if (!table[i])
			continue;
		if (level > 0)
			visit_tables((const uint64_t *)(uintptr_t)table[i], level - 1, memory,
				index, record, page);
		else if (page)
			page(memory, index, table[i]);
	}
}

void each_page(struct memory *memory, void (*page)(struct memory *memory, uint64_t index,
	uint64_t entry))
{
	if (memory->pages)
		visit_tables((const uint64_t *)(void *)memory->pages, memory->levels - 1,
			memory, 0, NULL, page);
}

static void mark_page(struct memory *memory, uint64_t index, uint64_t entry)
{
	bool given_up = memory->object.references == 0 && !memory->source &&
		index < memory->fill_next;

	if (page_frame(entry) && !given_up)
		mark_frame(page_frame(entry));
}

/* ---- what each kind has ---- */

static void count_caller(const struct caller *caller)
{
	if (caller->state == CALLER_AT_SESSION || caller->state == CALLER_AT_ENDPOINT) {
		refer(&caller->session->object);
		record_of(&caller->session->object)->under_way +=
			caller->state == CALLER_AT_ENDPOINT;
	}
	refer_to(caller->made);
}

static void count_watch(const struct watch *watch)
{
	refer_to(watch->notify ? &watch->notify->object : NULL);
}

static void count_thread(struct record *record, struct thread *thread)
{
	if (thread->state != kernel_ThreadState_NEW && !thread->is_ended)
		record->references++;
	refer(&thread->space->object);
	if (thread->handler) {
		refer(&thread->handler->object);
		record_of(&thread->handler->object)->clients++;
	}
	refer_to(thread->slot_memory ? &thread->slot_memory->object : NULL);
	count_watch(&thread->ended);
	count_caller(&thread->caller);
	count_caller(&thread->fault);
	mark_cell(record, thread->fault_page, THREAD_FAULT_BYTES);
	mark_cell(record, thread->slots, thread->slot_count * sizeof *thread->slots);
	for (struct quota *each = thread->object.quota; each; each = each->parent)
		record_of(&each->object)->used[QUOTA_THREADS]++;
}

static void count_use(struct quota *quota, enum quota_unit unit, uint64_t amount)
{
	for (; quota; quota = quota->parent)
		record_of(&quota->object)->used[unit] += amount;
}

static void count_handles(struct record *record, struct handle_table *table)
{
	uint32_t index = 0, used = 0;

	if (!table->pages)
		return;
	mark_cell(record, table->pages, HANDLE_PAGES * sizeof(struct handle *));
	for (uint32_t i = 0; i < table->page_count; i++)
		mark_cell(record, table->pages[i], HANDLE_PAGE * sizeof(struct handle));
	count_use(table->owner->quota, QUOTA_HANDLES, table->used + table->reserved);
	for (; (index = handle_next(table, index)) != 0; index++, used++) {
		const struct handle *handle = &table->pages[index / HANDLE_PAGE]
			[index % HANDLE_PAGE];
		struct record *named = record_of(handle->object);

		named->references++;
		named->handles++;
		named->clients += handle->flags & HANDLE_CLIENT;
		named->receive_handles += (handle->rights & kernel_Rights_RECEIVE) != 0;
	}
	same("used of a table of handles", NULL, used, table->used);
}

static void count_tokens(struct record *record, const struct token_table *table)
{
	mark_cell(record, table->pages, table->capacity * sizeof *table->pages);
	for (uint32_t i = 0; i < table->count; i++) {
		const struct token *token = &table->pages[i / TOKEN_PAGE][i % TOKEN_PAGE];

		if (i % TOKEN_PAGE == 0)
			mark_cell(record, token, TOKEN_PAGE * sizeof *token);
		if (token->state == TOKEN_FREE)
			continue;
		if (token->session->solo != token && token->session->solo_other != token)
			refer(&token->session->object);
		record_of(&token->session->object)->under_way++;
		if (token->session->endpoint)
			record_of(&token->session->endpoint->object)->under_way++;
		for (unsigned lease = 0; lease < token->lease_count; lease++)
			if (token->leases[lease].lender != token->caller)
				refer(caller_owner(token->leases[lease].lender));
	}
}

static struct record *counted_space;

static void count_mapping(struct mapping *mapping)
{
	mark_cell(counted_space, mapping, sizeof *mapping);
	refer(&mapping->memory->object);
	refer_to(mapping->own ? &mapping->own->object : NULL);
}

void each_mapping(struct mapping *tree, void (*what)(struct mapping *mapping))
{
	if (!tree)
		return;
	each_mapping(tree->child[0], what);
	what(tree);
	each_mapping(tree->child[1], what);
}

static void count_space(struct record *record, struct space *space)
{
	count_handles(record, &space->handles);
	count_tokens(record, &space->tokens);
	counted_space = record;
	each_mapping(space->mappings, count_mapping);
	count_watch(&space->ended);
	refer_to(space->filling ? &space->filling->object : NULL);
	record->bytes += space->tables * PAGE_SIZE;
	count_use(space->object.quota, QUOTA_SPACES, space->counted);
}

static void count_memory(struct record *record, struct memory *memory)
{
	struct pager_call *calls = memory->calls;

	refer_to(memory->source ? &memory->source->object : NULL);
	if (memory->pager) {
		record_of(&memory->pager->object)->references += 2;
		record_of(&memory->pager->object)->clients++;
	}
	count_watch(&memory->idle);
	for (unsigned i = 0; calls && i < MEMORY_PAGER_CALLS; i++)
		count_caller(&calls[i].caller);
	mark_cell(record, calls, MEMORY_PAGER_CALLS * sizeof *calls);
	if (memory->is_run && memory->kind != kernel_MemoryKind_PHYSICAL)
		for (uint64_t i = 0; i < memory->present; i++)
			mark_frame(memory->physical + i * PAGE_SIZE);
	record->bytes += memory->present * PAGE_SIZE;
	if (memory->pages)
		visit_tables((const uint64_t *)(void *)memory->pages, memory->levels - 1,
			memory, 0, record, mark_page);
}

static void count_ring(struct record *record, struct ring *ring)
{
	uint32_t chunks = (ring->slot_count + RING_CHUNK - 1) / RING_CHUNK;

	refer(&ring->space->object);
	refer_to(ring->memory ? &ring->memory->object : NULL);
	count_watch(&ring->watch);
	mark_cell(record, ring->chunks, chunks * sizeof *ring->chunks);
	if (ring->memory)
		mark_cell(record, ring->pages,
			ring->memory->size / PAGE_SIZE * sizeof *ring->pages);
	for (uint32_t i = 0; i < ring->chunk_count; i++)
		mark_cell(record, ring->chunks[i], RING_CHUNK * sizeof **ring->chunks);
	for (uint32_t i = 0; i < ring->chunk_count * RING_CHUNK && i < ring->slot_count; i++)
		count_caller(&ring_slot(ring, i)->caller);
}

static void count_endpoint(struct record *record, struct endpoint *endpoint)
{
	refer_to(endpoint->bound ? &endpoint->bound->object : NULL);
	record->references += !list_is_empty(&endpoint->work);
	for (struct list *at = endpoint->gone.next; at != &endpoint->gone; at = at->next)
		refer(&LIST_OF(at, struct session, gone)->object);
}

static void count_object(struct record *record)
{
	struct object *object = record->object;

	counted = object;
	if (object->quota) {
		mark_cell(record, object_self(object), object->type->size);
		refer(&object->quota->object);
	}
	switch (object->type->kind) {
	case kernel_Kind_SPACE:
		count_space(record, OF(space, object));
		break;
	case kernel_Kind_THREAD:
		count_thread(record, OF(thread, object));
		break;
	case kernel_Kind_MEMORY:
		count_memory(record, OF(memory, object));
		break;
	case kernel_Kind_ENDPOINT:
		count_endpoint(record, OF(endpoint, object));
		break;
	case kernel_Kind_SESSION:
		refer_to(OF(session, object)->endpoint ?
			&OF(session, object)->endpoint->object : NULL);
		break;
	case kernel_Kind_RING:
		count_ring(record, OF(ring, object));
		break;
	case kernel_Kind_TIMER:
		count_watch(&OF(timer, object)->watch);
		break;
	case kernel_Kind_INTERRUPT:
		count_watch(&OF(interrupt, object)->watch);
		break;
	case kernel_Kind_QUOTA:
		if (OF(quota, object)->parent)
			refer(&OF(quota, object)->parent->object);
		break;
	}
	count_use(object->quota, QUOTA_BYTES, object->charged);
}

void take_census(void)
{
	if (!records) {
		records = calloc(RECORDS, sizeof *records);
		places = calloc(PLACES, sizeof *places);
		frames = calloc(1 << 20, sizeof *frames);
		owners = calloc(1 << 20, sizeof *owners);
	}
	for (unsigned i = 0; i < record_count; i++)
		*place_of(records[i].object) = 0;
	memset(places, 0, PLACES * sizeof *places);
	memset(frames, 0, (host_memory_size >> PAGE_SHIFT) * sizeof *frames);
	record_count = 0;
	marked = 0;
	add_members(quota_root());
	for (unsigned i = 0; i < record_count; i++)
		count_object(&records[i]);
}

/* ---- frames ---- */

/* 0: it is not taken, which the kernel panics of. */
static uint32_t references_of(uint64_t frame)
{
	jmp_buf back;
	uint32_t references;

	host_panic = &back;
	references = setjmp(back) == 0 ? frame_references(frame) : 0;
	host_panic = NULL;
	return references;
}

void check_frames(bool first)
{
	static uint64_t unknown;
	uint64_t used = (frame_total() - frame_free()) / PAGE_SIZE;

	if (first)
		unknown = used - marked;
	for (uint64_t i = 0; i < host_memory_size >> PAGE_SHIFT; i++) {
		uint64_t frame = HOST_PHYSICAL + (i << PAGE_SHIFT);

		if (frames[i] && frame_is_memory(frame) &&
				frames[i] != references_of(frame))
			same("references of a frame, the last of whom", owners[i], frames[i],
				references_of(frame));
	}
	MUST("frames in use are no fewer than were found", NULL, used >= marked + unknown);
	if (used != marked + unknown)
		same("frames in use", NULL, marked + unknown, used);
}
