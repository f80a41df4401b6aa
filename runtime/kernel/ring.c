/*
 * Rings: a slot of the runtime's is the kernel's slot of the same index. The
 * request goes into its entry and its page, the reply is read where it is put.
 */
#include "runtime/kernel/ring.h"

#include "runtime/kernel/beside.h"
#include "runtime/kernel/channel.h"
#include "runtime/kernel/sys.h"

static struct sk_kernel_ring *of_ring(struct sk_ring *ring)
{
	return (struct sk_kernel_ring *)(void *)((uint8_t *)ring -
		offsetof(struct sk_kernel_ring, ring));
}

/* ---- the shared memory ---- */

static void *at(const struct sk_kernel_ring *k, uint64_t offset)
{
	return (uint8_t *)k->memory + offset;
}

static struct abi_entry *entry(const struct sk_kernel_ring *k, uint32_t index)
{
	return (struct abi_entry *)at(k, ABI_RING_ENTRIES + index * sizeof(struct abi_entry));
}

static uint8_t *page(const struct sk_kernel_ring *k, uint32_t index)
{
	return (uint8_t *)at(k, ABI_RING_MESSAGES(k->count) +
		(uint64_t)index * ABI_SLOT_PAGE);
}

static struct abi_descriptors *beside(const struct sk_kernel_ring *k, uint32_t index)
{
	return (struct abi_descriptors *)at(k, ABI_RING_DESCRIPTORS(k->count) +
		(uint64_t)index * ABI_DESCRIPTORS_SIZE);
}

static uint32_t index_of(const struct sk_kernel_ring *k, const struct sk_slot *slot)
{
	return (uint32_t)(slot - k->ring.slots);
}

static uint32_t state(const struct sk_kernel_ring *k, uint32_t index)
{
	return __atomic_load_n(&entry(k, index)->state, __ATOMIC_ACQUIRE);
}

/* The queue is read by the kernel in the submitting call: plain stores do. */
static void enqueue(struct sk_kernel_ring *k, uint32_t index)
{
	uint32_t *queue = (uint32_t *)at(k, ABI_RING_QUEUE(k->count));

	queue[k->queued++ % k->count] = index;
}

/* ---- completions ---- */

/* What moved and did not arrive is closed by the kernel's refusal of it. */
static void complete(struct sk_kernel_ring *k, uint32_t index)
{
	const struct abi_entry *done = entry(k, index);
	struct sk_slot *slot = &k->ring.slots[index];
	uint64_t head = done->result_head;
	int status = ABI_STATUS(head) < 0 ? ABI_STATUS(head) : SK_OK;

	if (status == SK_OK) {
		slot->reply.bytes = page(k, index);
		slot->reply.capacity = ABI_SLOT_PAGE;
		slot->reply.size = ABI_BYTES(head);
		sk_kernel_store(slot->reply.bytes, done->result_words);
		if (ABI_HANDLES(head) != 0)
			sk_kernel_take(&slot->reply.attached, beside(k, index),
				ABI_HANDLES(head), 0);
	}
	if (slot->request.attached.handle_count != 0 && (status != SK_OK ||
			sk_sort(&slot->reply, slot->method) != SK_OK))
		sk_kernel_lose(&slot->request.attached);
	sk_ring_complete(slot, status);
}

/* Takes in what has completed; the entry is free again once it is read. */
static bool reap(struct sk_kernel_ring *k)
{
	const uint32_t *done = (const uint32_t *)at(k, ABI_RING_DONE(k->count));
	uint32_t completed = __atomic_load_n(&k->memory->completed, __ATOMIC_ACQUIRE);
	bool any = false;

	for (; k->reaped != completed; k->reaped++) {
		uint32_t index = done[k->reaped % k->count];

		if (index < k->ring.count && state(k, index) == ABI_ENTRY_DONE) {
			if (k->ring.slots[index].state == SK_SLOT_BUSY)
				complete(k, index);
			any = true;
		}
		if (index < k->count)
			entry(k, index)->state = ABI_ENTRY_FREE;
	}
	return any;
}

/* ---- submitting ---- */

/* One that the kernel does not take completes with its status. It is the next of
 * the queue, out of which it is taken. */
static void refuse(struct sk_kernel_ring *k, int status)
{
	uint32_t *queue = (uint32_t *)at(k, ABI_RING_QUEUE(k->count));
	uint32_t index = queue[k->submitted % k->count];

	k->queued--;
	for (uint32_t i = k->submitted; i != k->queued; i++)
		queue[i % k->count] = queue[(i + 1) % k->count];
	entry(k, index)->state = ABI_ENTRY_FREE;
	if (index >= k->ring.count)
		return;
	sk_kernel_lose(&k->ring.slots[index].request.attached);
	sk_ring_complete(&k->ring.slots[index], status);
}

void sk_kernel_ring_flush(struct sk_kernel_ring *k)
{
	while (k->submitted != k->queued) {
		int32_t status;
		uint32_t wanted = k->queued - k->submitted;
		uint32_t accepted = sk_sys_submit(k->number, wanted, &status);

		if (accepted > wanted)
			accepted = 0;
		k->submitted += accepted;
		if (accepted == 0 || (accepted < wanted && status != SK_OK))
			refuse(k, status != SK_OK ? status : SK_TRANSPORT);
	}
}

static void fill(struct sk_kernel_ring *k, struct sk_slot *slot, uint32_t index)
{
	const struct sk_kernel_channel *to =
		(const struct sk_kernel_channel *)(void *)slot->channel;
	const struct sk_attached *attached = &slot->request.attached;
	struct abi_entry *e = entry(k, index);

	e->head = ABI_RING_CALL | sk_counts(slot->request.size, attached->handle_count,
		attached->lease_count, SK_METHOD_HANDLES_OF(slot->method->flags), 0);
	e->target = to->number;
	sk_kernel_load(e->words, slot->request.bytes, slot->request.size);
	if (slot->request.size > ABI_WORD_BYTES)
		memcpy(page(k, index) + ABI_WORD_BYTES, slot->request.bytes + ABI_WORD_BYTES,
			slot->request.size - ABI_WORD_BYTES);
	sk_kernel_put_handles(beside(k, index), attached);
	sk_kernel_put_leases(beside(k, index), attached);
	e->deadline = slot->deadline;
	e->cookie = index;
	e->priority = 0;
}

static int submit(struct sk_ring *ring, struct sk_slot *slot)
{
	struct sk_kernel_ring *k = of_ring(ring);
	uint32_t index = index_of(k, slot);

	if (state(k, index) != ABI_ENTRY_FREE)
		reap(k);
	if (state(k, index) != ABI_ENTRY_FREE) {
		/* Given up, and the kernel has not let go of it yet. */
		sk_kernel_lose(&slot->request.attached);
		return SK_EXHAUSTED;
	}
	fill(k, slot, index);
	enqueue(k, index);
	slot->state = SK_SLOT_BUSY;
	if (k->batches)
		return SK_OK;
	sk_kernel_ring_flush(k);
	return slot->state == SK_SLOT_DONE ? slot->status : SK_OK;
}

static int wait(struct sk_ring *ring, uint64_t deadline)
{
	struct sk_kernel_ring *k = of_ring(ring);
	uint64_t bits;

	sk_kernel_ring_flush(k);
	while (!reap(k)) {
		int status = sk_sys_wait(k->notification, k->bits, deadline, &bits);

		if (status != SK_OK)
			return reap(k) ? SK_OK :
				status == SK_WOULD_BLOCK ? SK_TIMED_OUT : status;
	}
	return SK_OK;
}

static void give_up(struct sk_ring *ring, struct sk_slot *slot, int status)
{
	struct sk_kernel_ring *k = of_ring(ring);
	uint32_t index = index_of(k, slot), last = k->count - 1;
	struct abi_entry *e = entry(k, last);

	sk_kernel_ring_flush(k);
	if (slot->state == SK_SLOT_BUSY) {
		e->head = ABI_RING_CANCEL;
		e->target = 0;
		e->cookie = index;
		e->deadline = ABI_FOREVER;
		enqueue(k, last);
		sk_kernel_ring_flush(k);
	}
	reap(k);
	if (slot->state == SK_SLOT_BUSY)
		sk_ring_complete(slot, status);
	else if (slot->status == SK_CANCELED)
		slot->status = status;
}

const struct sk_ring_ops sk_kernel_ring_ops = {
	.submit = submit,
	.wait = wait,
	.give_up = give_up,
};

void sk_kernel_ring_open(struct sk_kernel_ring *k, struct sk_handle handle,
	void *memory, struct sk_handle notification, uint64_t bits,
	struct sk_slot *slots, uint32_t count)
{
	memset(k, 0, sizeof(*k));
	sk_ring_init(&k->ring, &sk_kernel_ring_ops, slots, count, k);
	k->memory = (struct abi_ring *)memory;
	k->count = count + 1;
	k->number = sk_kernel_number(handle);
	k->notification = sk_kernel_number(notification);
	k->bits = bits;
	k->queued = k->submitted = k->memory->submitted;
	k->reaped = k->memory->completed;
}
