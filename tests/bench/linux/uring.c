/* What Linux asks for batches: io_uring, without the library. */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "tests/bench/linux/measure.h"
#include "tests/bench/rounds.h"

#define BATCH 64

static struct {
	int file;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *done;
	uint32_t *indexes, *tail, *done_head, *done_tail;
	uint32_t mask, done_mask;
} ring;

static bool map_ring(const struct io_uring_params *made)
{
	const size_t size = made->cq_off.cqes + made->cq_entries * sizeof(struct io_uring_cqe);
	uint8_t *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		ring.file, IORING_OFF_SQ_RING);
	void *entries = mmap(NULL, made->sq_entries * sizeof(struct io_uring_sqe),
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.file, IORING_OFF_SQES);

	if (base == MAP_FAILED || entries == MAP_FAILED)
		return false;
	ring.entries = entries;
	ring.done = (void *)(base + made->cq_off.cqes);
	ring.indexes = (void *)(base + made->sq_off.array);
	ring.tail = (void *)(base + made->sq_off.tail);
	ring.done_head = (void *)(base + made->cq_off.head);
	ring.done_tail = (void *)(base + made->cq_off.tail);
	ring.mask = made->sq_entries - 1;
	ring.done_mask = made->cq_entries - 1;
	return true;
}

/* Of each request a sending and a receiving. */
static bool open_ring(void)
{
	struct io_uring_params made = {0};

	ring.file = (int)syscall(SYS_io_uring_setup, 2 * BATCH, &made);
	return ring.file >= 0 && (made.features & IORING_FEAT_SINGLE_MMAP) && map_ring(&made);
}

static void put(uint8_t operation, int file, void *bytes, uint32_t size)
{
	const uint32_t tail = *ring.tail, at = tail & ring.mask;
	struct io_uring_sqe *entry = &ring.entries[at];

	memset(entry, 0, sizeof(*entry));
	entry->opcode = operation;
	entry->fd = file;
	entry->addr = (uintptr_t)bytes;
	entry->len = size;
	ring.indexes[at] = at;
	__atomic_store_n(ring.tail, tail + 1, __ATOMIC_RELEASE);
}

/* All have done as much as `size`, or the program ends. */
static void submit_and_await(unsigned count, int size)
{
	uint32_t head = *ring.done_head;

	if (syscall(SYS_io_uring_enter, ring.file, count, count, IORING_ENTER_GETEVENTS,
			NULL, 0) != (long)count)
		_exit(1);
	for (; head != __atomic_load_n(ring.done_tail, __ATOMIC_ACQUIRE); head++, count--)
		if (ring.done[head & ring.done_mask].res != size)
			_exit(1);
	if (count != 0)
		_exit(1);
	__atomic_store_n(ring.done_head, head, __ATOMIC_RELEASE);
}

static void do_nothing(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		put(IORING_OP_NOP, -1, NULL, 0);
	submit_and_await(count, 0);
}

static void ask_many(const struct peer *peer, unsigned count)
{
	static uint8_t request[8], replies[BATCH][8];

	for (unsigned i = 0; i < count; i++) {
		put(IORING_OP_SEND, peer->to, request, 8);
		put(IORING_OP_RECV, peer->from, replies[i], 8);
	}
	submit_and_await(2 * count, 8);
}

void measure_uring(void)
{
	struct peer peer = {.serve = serve_echo, .size = 8};

	if (!open_ring()) {
		left_out("uring");
		return;
	}
	MEASURE_EACH(NULL, "uring-nop-1", 1, (void)0, do_nothing(1));
	MEASURE_EACH(NULL, "uring-nop-8", 8, (void)0, do_nothing(8));
	MEASURE_EACH(NULL, "uring-nop-64", 64, (void)0, do_nothing(64));
	if (begin_process(&peer, SOCKETS, "uring-unix")) {
		MEASURE_EACH(NULL, "uring-unix-1", 1, (void)0, ask_many(&peer, 1));
		MEASURE_EACH(NULL, "uring-unix-8", 8, (void)0, ask_many(&peer, 8));
		MEASURE_EACH(NULL, "uring-unix-64", 64, (void)0, ask_many(&peer, 64));
		end_process(&peer);
	}
	close(ring.file);
}
