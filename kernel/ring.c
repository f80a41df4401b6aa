/*
 * Rings: submitting, completing, and cancelling calls that have no thread. What
 * stands in the ring's memory is its owner's to change at any time: it is read
 * once, and nothing that the kernel goes by is kept there.
 */
#include "kernel/ring.h"

#include "kernel/endpoint.h"
#include "kernel/operation.h"
#include "kernel/pool.h"
#include "kernel/space.h"
#include "kernel/thread.h"

/* That a call on a kernel object counts as. */
#define CALL_STEPS 8
/* Beside `progress` of one that cancels. */
#define FOUND (UINT64_C(1) << 32)

/* What stands in the memory, as the kernel sees it; none of it is in two pages. */
static void *see(const struct ring *ring, uint64_t offset)
{
	return ring->pages[offset / PAGE_SIZE] + offset % PAGE_SIZE;
}

static struct abi_ring *header(const struct ring *ring)
{
	return see(ring, 0);
}

static struct abi_entry *entry_of(const struct ring *ring, uint32_t index)
{
	return see(ring, ABI_RING_ENTRIES + (uint64_t)index * sizeof(struct abi_entry));
}

/* After what was written before it. */
static void write_32(uint32_t *to, uint32_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

/* ---- making and ending ---- */

static uint32_t chunks_of(const struct ring *ring)
{
	return (ring->slot_count + RING_CHUNK - 1) / RING_CHUNK;
}

static uint32_t pages_of(const struct ring *ring)
{
	return (uint32_t)(ring->memory->size / PAGE_SIZE);
}

struct ring *ring_new(struct quota *quota, struct space *space, uint32_t slots,
	kernel_error *error)
{
	struct ring *ring;

	*error = kernel_Error_INVALID;
	if (slots == 0 || slots > kernel_RING_MAX)
		return NULL;
	ring = object_new(&ring_type, quota, error);
	if (!ring)
		return NULL;
	list_init(&ring->in_space);
	ring->space = space;
	object_take(&space->object);
	ring->slot_count = slots;
	ring->memory = memory_new(quota, (ABI_RING_SIZE(slots)), error);
	if (ring->memory) {
		*error = kernel_Error_QUOTA_EXCEEDED;
		ring->pages = object_allocate(&ring->object,
			pages_of(ring) * sizeof *ring->pages);
		ring->chunks = object_allocate(&ring->object,
			chunks_of(ring) * sizeof *ring->chunks);
	}
	if (ring->pages && ring->chunks)
		return ring;
	object_drop(&ring->object);
	return NULL;
}

static kernel_error add_page(struct ring *ring)
{
	uint64_t frame;
	bool writable;

	if (memory_page(ring->memory, ring->page_count * PAGE_SIZE, true, &frame,
			&writable) != MEMORY_THERE)
		return kernel_Error_QUOTA_EXCEEDED;
	ring->pages[ring->page_count++] = frame_data(frame);
	return 0;
}

static void init_slot(struct ring *ring, uint32_t index)
{
	struct ring_slot *slot = ring_slot(ring, index);
	struct caller *caller = &slot->caller;

	caller_init(caller, CALLER_RING);
	caller->space = ring->space;
	caller->send.words = slot->words;
	caller->send.page = see(ring, ABI_RING_MESSAGES(ring->slot_count) +
		(uint64_t)index * ABI_SLOT_PAGE);
	caller->send.beside = see(ring, ABI_RING_DESCRIPTORS(ring->slot_count) +
		(uint64_t)index * ABI_DESCRIPTORS_SIZE);
	caller->receive = caller->send;
	slot->ring = ring;
	slot->index = index;
}

static kernel_error add_chunk(struct ring *ring)
{
	uint32_t first = ring->chunk_count * RING_CHUNK;
	struct ring_slot *chunk = object_allocate(&ring->object, RING_CHUNK * sizeof *chunk);

	if (!chunk)
		return kernel_Error_QUOTA_EXCEEDED;
	ring->chunks[ring->chunk_count++] = chunk;
	for (uint32_t i = first; i < first + RING_CHUNK && i < ring->slot_count; i++)
		init_slot(ring, i);
	return 0;
}

kernel_error ring_fill(struct ring *ring, unsigned *steps)
{
	kernel_error error = 0;

	for (; !ring->ready && !error && *steps > 0; --*steps) {
		if (ring->page_count < pages_of(ring))
			error = add_page(ring);
		else if (ring->chunk_count < chunks_of(ring))
			error = add_chunk(ring);
		else
			ring->ready = ring->memory->is_fixed = true;
	}
	if (ring->ready) {
		write_32(&header(ring)->slots, ring->slot_count);
		list_add(&ring->space->rings, &ring->in_space);
	}
	return error;
}

static void end_chunk(struct ring *ring, struct ring_slot *chunk)
{
	for (uint32_t i = 0; i < RING_CHUNK; i++) {
		if (chunk[i].busy)
			caller_give_up(&chunk[i].caller, SK_CANCELED);
		caller_forget(&chunk[i].caller);
	}
	pool_give(chunk, RING_CHUNK * sizeof *chunk);
	ring->chunk_count--;
}

/* Nobody can submit any more. */
static bool destroy(struct object *object, unsigned *steps)
{
	struct ring *ring = (struct ring *)object;

	for (; ring->chunk_count > 0; *steps -= *steps < RING_CHUNK ? *steps : RING_CHUNK) {
		if (*steps == 0)
			return false;
		end_chunk(ring, ring->chunks[ring->chunk_count - 1]);
	}
	pool_give(ring->chunks, chunks_of(ring) * sizeof *ring->chunks);
	if (ring->memory) {
		pool_give(ring->pages, pages_of(ring) * sizeof *ring->pages);
		object_drop(&ring->memory->object);
	}
	list_remove(&ring->in_space);
	watch_set(&ring->watch, NULL, 0);
	object_drop(&ring->space->object);
	return true;
}

/* ---- completing ---- */

void ring_completed(struct caller *caller, uint64_t head)
{
	struct ring_slot *slot = LIST_OF(caller, struct ring_slot, caller);
	struct ring *ring = slot->ring;
	struct abi_entry *entry = entry_of(ring, slot->index);
	uint32_t *done = see(ring, ABI_RING_DONE(ring->slot_count) +
		ring->completed % ring->slot_count * sizeof *done);

	memcpy(entry->result_words, slot->words, sizeof slot->words);
	entry->result_head = head;
	entry->result_target = 0;
	write_32(&entry->state, ABI_ENTRY_DONE);
	slot->busy = false;
	ring->under_way--;
	write_32(done, slot->index);
	write_32(&header(ring)->completed, ++ring->completed);
	watch_fire(&ring->watch);
}

/* What is under way, all or with one cookie, completes as canceled. False: there
 * is more to do; *progress says how far it came, and whether there was any. */
static bool cancel(struct ring *ring, uint64_t *progress, const uint64_t *cookie,
	unsigned *steps)
{
	struct ring_slot *slot;

	for (; (uint32_t)*progress < ring->slot_count; ++*progress) {
		if (*steps == 0)
			return false;
		slot = ring_slot(ring, (uint32_t)*progress);
		if (slot->index % RING_CHUNK == 0)
			--*steps;
		if (!slot->busy || slot->caller.state == CALLER_IDLE ||
				(cookie && slot->cookie != *cookie))
			continue;
		caller_give_up(&slot->caller, SK_CANCELED);
		*steps -= *steps > 0;
		*progress |= FOUND;
	}
	return true;
}

bool ring_end_calls(struct space *space, unsigned *steps)
{
	struct list *first;

	while ((first = list_first(&space->rings)) != NULL) {
		struct ring *ring = LIST_OF(first, struct ring, in_space);

		if (!cancel(ring, &ring->progress, NULL, steps))
			return false;
		list_remove(first);
	}
	return true;
}

/* ---- submitting ---- */

/* The owner may be writing to it. */
static void read_entry(const struct abi_entry *from, struct abi_entry *to)
{
	memcpy(to, from, offsetof(struct abi_entry, result_head));
	to->priority = from->priority;
	SK_COPIED(to);
}

static void fill_slot(struct ring_slot *slot, const struct abi_entry *entry,
	const struct thread *thread)
{
	struct caller *caller = &slot->caller;

	memcpy(slot->words, entry->words, sizeof slot->words);
	slot->cookie = entry->cookie;
	slot->target = (uint32_t)entry->target;
	caller->head = entry->head;
	caller->is_one_way = (uint32_t)entry->head == ABI_RING_SEND;
	caller->priority = entry->priority == 0 || entry->priority > thread->priority ?
		thread->priority : (uint8_t)entry->priority;
	caller->correlation = thread->correlation;
	caller->deadline.when = entry->deadline;
}

/* A call, or a send. It is under way, or *head is what came of it at once. */
static bool begin(struct ring_slot *slot, unsigned *steps, uint64_t *head, bool *again)
{
	struct caller *caller = &slot->caller;
	const struct handle *handle = handle_find(&slot->ring->space->handles,
		slot->target);
	int status;

	*head = (uint32_t)SK_BAD_HANDLE;
	if (!handle)
		return false;
	if (handle->flags & HANDLE_CLIENT && handle->rights & kernel_Rights_CALL) {
		caller->protocol_rights = handle->protocol_rights;
		if (caller_begin(caller, (struct session *)handle->object, &status))
			return true;
		*head = (uint32_t)status;
	} else if (!(handle->flags & HANDLE_CLIENT) && !caller->is_one_way) {
		*steps -= *steps < CALL_STEPS ? *steps : CALL_STEPS;
		*head = kernel_call(handle, caller, NULL, caller->head, &caller->send,
			&caller->receive, again);
	}
	return false;
}

/* What the entry asks for. True: it is under way. */
static bool carry_out(struct ring_slot *slot, unsigned *steps, uint64_t *head,
	bool *again)
{
	uint64_t *progress = &slot->caller.progress;

	if ((uint32_t)slot->caller.head != ABI_RING_CANCEL)
		return begin(slot, steps, head, again);
	*again = !cancel(slot->ring, progress, &slot->cookie, steps);
	*head = (uint32_t)(*progress & FOUND ? SK_OK : SK_INVALID);
	if (!*again)
		*progress = 0;
	return false;
}

/* Takes the next of the queue. A status: it stays there. */
static int submit_next(struct ring *ring, const struct thread *thread,
	unsigned *steps, bool *again)
{
	const uint32_t *queue = see(ring, ABI_RING_QUEUE(ring->slot_count) +
		ring->submitted % ring->slot_count * sizeof *queue);
	uint32_t index = __atomic_load_n(queue, __ATOMIC_ACQUIRE);
	struct ring_slot *slot;
	struct abi_entry entry;
	uint64_t head;

	if (index >= ring->slot_count)
		return SK_INVALID;
	slot = ring_slot(ring, index);
	if (slot->busy)
		return SK_WRONG_STATE;
	read_entry(entry_of(ring, index), &entry);
	if ((uint32_t)entry.head < ABI_RING_CALL || (uint32_t)entry.head > ABI_RING_CANCEL)
		return SK_INVALID;
	fill_slot(slot, &entry, thread);
	write_32(&entry_of(ring, index)->state, ABI_ENTRY_BUSY);
	slot->busy = true;
	ring->under_way++;
	if (carry_out(slot, steps, &head, again)) {
		;
	} else if (*again) {
		slot->busy = false;
		ring->under_way--;
		return SK_WOULD_BLOCK;
	} else {
		ring_completed(&slot->caller, head);
	}
	ring->submitted++;
	return SK_OK;
}

uint32_t ring_submit(struct ring *ring, struct thread *thread, uint32_t count,
	int *status, bool *again)
{
	unsigned steps = OBJECT_STEPS;
	uint32_t accepted = 0;

	*again = false;
	*status = thread->space == ring->space ? SK_OK : SK_BAD_HANDLE;
	while (*status == SK_OK && accepted < count && steps > 0) {
		steps--;
		*status = submit_next(ring, thread, &steps, again);
		accepted += *status == SK_OK;
	}
	write_32(&header(ring)->submitted, ring->submitted);
	if (*again)
		*status = SK_OK;
	*again = *again && accepted == 0;
	return accepted;
}

/* ---- operations ---- */

OPERATION(Ring, ring, memory, MAP)
{
	return ANSWER(Ring, memory, .memory.raw = call_result_of(call,
		&ring->memory->object,
		kernel_Rights_READ | kernel_Rights_WRITE | kernel_Rights_MAP));
}

COMMAND(Ring, ring, bind, CONTROL)
{
	return call_watch(call, request->notify, request->bits, &ring->watch, false);
}

COMMAND(Ring, ring, cancel_all, CONTROL)
{
	if (!cancel(ring, &call->caller->progress, NULL, &call->steps))
		return call_again(call);
	call->caller->progress = 0;
	return 0;
}

OPERATION(Ring, ring, status, INSPECT)
{
	return ANSWER(Ring, status, .slots = ring->slot_count,
		.under_way = ring->under_way, .completed = ring->completed);
}

OBJECT_TYPE(Ring, ring, RING, .destroy = destroy)
