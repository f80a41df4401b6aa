/*
 * The heap of servers, with malloc'ed regions under it: random use against a record of
 * what is out, and what becomes of it when there is no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/server/heap.h"

#define PIECES 600

struct source {
	uint64_t limit;			/* bytes of pages that there are */
	uint64_t committed;
	unsigned reserved;
};

static void *reserve(void *self, uint64_t bytes)
{
	struct source *source = self;

	source->reserved++;
	return aligned_alloc(SK_HEAP_REGION, (size_t)bytes);
}

static bool commit(void *self, void *at, uint64_t bytes)
{
	struct source *source = self;

	assert_int_equal((uintptr_t)at % SK_HEAP_PAGE, 0);
	assert_int_equal(bytes % SK_HEAP_PAGE, 0);
	if (source->committed + bytes > source->limit)
		return false;
	source->committed += bytes;
	memset(at, 0, (size_t)bytes);
	return true;
}

static void release(void *self, void *at, uint64_t bytes)
{
	struct source *source = self;

	(void)bytes;
	source->reserved--;
	free(at);
}

static struct source source;

static struct sk_heap new_heap(uint64_t limit)
{
	const struct sk_heap_pages pages = {reserve, commit, release, &source};
	struct sk_heap heap;

	source = (struct source){.limit = limit};
	sk_heap_init(&heap, &pages);
	return heap;
}

/* What the heap has kept for the next one. */
static void free_rest(struct sk_heap *heap)
{
	while (heap->regions) {
		void *region = heap->regions;

		memcpy(&heap->regions, region, sizeof(heap->regions));
		free(region);
	}
}

struct piece {
	uint8_t *at;
	uint64_t size;
	uint8_t mark;
};

static uint64_t random_size(void)
{
	switch (rand() % 8) {
	case 0:
		return (uint64_t)(rand() % 3000000);
	case 1:
	case 2:
		return (uint64_t)(rand() % 20000);
	default:
		return (uint64_t)(rand() % 2100);
	}
}

static void check(const struct piece *piece)
{
	for (uint64_t i = 0; i < piece->size; i += 1 + piece->size / 64)
		assert_int_equal(piece->at[i], piece->mark);
	if (piece->size)
		assert_int_equal(piece->at[piece->size - 1], piece->mark);
}

static void mark(struct piece *piece)
{
	piece->mark = (uint8_t)rand();
	memset(piece->at, piece->mark, (size_t)piece->size);
}

static void random_use(void **state)
{
	static struct piece pieces[PIECES];
	struct sk_heap heap = new_heap(UINT64_MAX);

	(void)state;
	srand(20);
	for (unsigned i = 0; i < 60000; i++) {
		struct piece *piece = &pieces[rand() % PIECES];
		uint64_t size = random_size();

		if (piece->at && rand() % 4 == 0) {
			uint64_t kept = size < piece->size ? size : piece->size;

			check(piece);
			piece->at = sk_realloc(&heap, piece->at, size);
			piece->size = kept;
			check(piece);
			piece->size = size;
			mark(piece);
		} else if (piece->at) {
			check(piece);
			sk_free(&heap, piece->at);
			piece->at = NULL;
		} else {
			piece->at = sk_alloc(&heap, size);
			piece->size = size;
			assert_non_null(piece->at);
			assert_int_equal((uintptr_t)piece->at % 16, 0);
			mark(piece);
		}
	}
	for (unsigned i = 0; i < PIECES; i++)
		sk_free(&heap, pieces[i].at);
	assert_int_equal(heap.used, 0);
	/* What stays is a page of each size at most, of many megabytes. */
	assert_true(source.reserved <= SK_HEAP_SIZES);
	free_rest(&heap);
}

static void pages_are_aligned(void **state)
{
	struct sk_heap heap = new_heap(UINT64_MAX);
	void *page[300];

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		page[i] = sk_alloc(&heap, SK_HEAP_PAGE);
		assert_int_equal((uintptr_t)page[i] % SK_HEAP_PAGE, 0);
	}
	assert_int_equal(heap.used, 300 * SK_HEAP_PAGE);
	for (unsigned i = 0; i < 300; i++)
		sk_free(&heap, page[i]);
	assert_int_equal(source.reserved, 1);
	free_rest(&heap);
}

static void ends_at_the_limit(void **state)
{
	struct sk_heap heap = new_heap(3 << 20);
	uint64_t got = 0, again = 0;
	void *list = NULL;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		void *piece;

		source.committed = 0;
		got = again;
		for (again = 0; (piece = sk_alloc(&heap, 1000)) != NULL; again++) {
			memcpy(piece, &list, sizeof(list));
			list = piece;
		}
		while (list) {
			piece = list;
			memcpy(&list, piece, sizeof(list));
			sk_free(&heap, piece);
		}
		assert_int_equal(heap.used, 0);
	}
	/* A little more the second time: the region that stayed is not counted. */
	assert_true(got > 2800 && again >= got && again < got + 1200);
	assert_null(sk_alloc(&heap, 4 << 20));
	assert_null(sk_alloc(&heap, UINT64_MAX));
	free_rest(&heap);
}

static void large_ones_go_back(void **state)
{
	struct sk_heap heap = new_heap(UINT64_MAX);
	uint8_t *small = sk_alloc(&heap, 10), *large = sk_alloc_zeroed(&heap, 5 << 20);

	(void)state;
	assert_int_equal(large[(5 << 20) - 1], 0);
	assert_int_equal(source.reserved, 2);
	sk_free(&heap, large);
	assert_int_equal(source.reserved, 1);
	sk_free(&heap, NULL);
	sk_free(&heap, small);
	free_rest(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_use),
		cmocka_unit_test(pages_are_aligned),
		cmocka_unit_test(ends_at_the_limit),
		cmocka_unit_test(large_ones_go_back),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
