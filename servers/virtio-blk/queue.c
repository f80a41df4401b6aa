/*
 * The one queue. Each slot has three descriptors of its own: what is asked, a buffer,
 * and the byte in which the device says what came of it. Whatever the device writes is
 * read once, and checked.
 */
#include "servers/virtio-blk/disk.h"

#define ENTRIES 32
#define PER_SLOT 3
#define NEXT 1
#define DEVICE_WRITES 2
#define HEAD_BYTES 16

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags;
	uint16_t next;
};

struct available {
	uint16_t flags;
	uint16_t index;
	uint16_t ring[ENTRIES];
};

struct used {
	uint16_t flags;
	uint16_t index;
	struct { uint32_t id, length; } ring[ENTRIES];
};

struct head {
	uint32_t kind;
	uint32_t reserved;
	uint64_t sector;
};

/* The first page, or two of them: behind it the buffers, one behind the other. */
struct shared {
	struct descriptor descriptors[ENTRIES];
	struct available available;
	uint8_t pad[4];
	struct used used;
	struct head heads[SLOTS];
	uint8_t status[SLOTS];
};

#define BUFFERS 4096
_Static_assert(sizeof(struct shared) <= BUFFERS, "it fits before the buffers");
_Static_assert(offsetof(struct shared, used) % 4 == 0, "as the device wants it");

static volatile struct shared *shared;
static uint64_t base;			/* as the device sees it */
static uint16_t entries, offered, seen;
static bool is_busy[SLOTS];

bool queue_open(void)
{
	const uint64_t size = BUFFERS + (uint64_t)SLOTS * CHUNK;
	struct hw_Device_dma_allocate_reply dma;
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;

	if (HW(dma_allocate, &dma, .size = size, .flags = hw_DmaFlags_CONTIGUOUS |
			hw_DmaFlags_COHERENT) != SK_OK)
		return false;
	base = dma.dma;
	kernel_Space_map_request_init(&request);
	request.memory = dma.memory;
	request.length = size;
	request.protection = kernel_Protection_READ | kernel_Protection_WRITE;
	if (kernel_Space_map(&disk.os->thread->space.channel, &request, &reply, NULL) !=
			SK_OK)
		return false;
	shared = (volatile struct shared *)(uintptr_t)reply.address;
	return true;
}

void queue_clear(void)
{
	volatile uint8_t *at = (volatile uint8_t *)shared;

	for (uint32_t i = 0; i < sizeof(*shared); i++)
		at[i] = 0;
	memset(is_busy, 0, sizeof(is_busy));
	offered = seen = 0;
}

void queue_addresses(uint64_t *descriptors, uint64_t *available, uint64_t *used)
{
	*descriptors = base;
	*available = base + offsetof(struct shared, available);
	*used = base + offsetof(struct shared, used);
}

uint16_t queue_size(uint16_t most)
{
	entries = ENTRIES;
	while (entries > most)
		entries /= 2;
	return entries < SLOTS * PER_SLOT ? 0 : entries;
}

uint16_t queue_entries(void)
{
	return entries;
}

uint8_t *queue_buffer(uint32_t slot)
{
	return (uint8_t *)(uintptr_t)shared + BUFFERS + (uint64_t)slot * CHUNK;
}

static void describe(uint32_t number, uint64_t offset, uint32_t length, uint16_t flags)
{
	shared->descriptors[number].address = base + offset;
	shared->descriptors[number].length = length;
	shared->descriptors[number].flags = flags;
	shared->descriptors[number].next = (uint16_t)(number + 1);
}

void queue_submit(uint32_t slot, enum kind kind, uint64_t sector, uint32_t bytes)
{
	uint32_t first = slot * PER_SLOT;
	bool to_us = kind == KIND_READ;

	shared->heads[slot].kind = kind;
	shared->heads[slot].reserved = 0;
	shared->heads[slot].sector = sector;
	shared->status[slot] = 0xff;
	describe(first, offsetof(struct shared, heads) + slot * sizeof(struct head),
		HEAD_BYTES, NEXT);
	if (bytes)
		describe(first + 1, BUFFERS + (uint64_t)slot * CHUNK, bytes,
			to_us ? NEXT | DEVICE_WRITES : NEXT);
	else
		shared->descriptors[first].next = (uint16_t)(first + 2);
	describe(first + 2, offsetof(struct shared, status) + slot, 1, DEVICE_WRITES);
	is_busy[slot] = true;
	shared->available.ring[offered % entries] = (uint16_t)first;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	shared->available.index = ++offered;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	device_notify();
}

int queue_next(uint32_t *slot, uint8_t *status, uint32_t *bytes)
{
	uint16_t index = shared->used.index;
	uint32_t id;

	if (index == seen)
		return 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	id = shared->used.ring[seen % entries].id;
	*bytes = shared->used.ring[seen % entries].length;
	if ((uint16_t)(index - seen) > SLOTS || id % PER_SLOT != 0 ||
			id / PER_SLOT >= SLOTS || !is_busy[id / PER_SLOT])
		return -1;
	seen++;
	*slot = id / PER_SLOT;
	*status = shared->status[*slot];
	is_busy[*slot] = false;
	return 1;
}
