/*
 * Memory in pieces, of pages that somebody gives: malloc() for programs that have
 * none. What it gives out is there, present and charged, so touching it never fails;
 * when there is no more it says so.
 *
 * Pieces up to half a page come from pages of pieces of one size; larger ones are
 * runs of pages. What becomes free is used again, and a region all of which is free
 * goes back. One thread.
 */
#ifndef RUNTIME_SERVER_HEAP_H
#define RUNTIME_SERVER_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SK_HEAP_PAGE 4096
/* Of addresses; a region begins at a multiple of it. */
#define SK_HEAP_REGION (UINT64_C(1) << 20)
#define SK_HEAP_SIZES 14

/* Where pages come from. */
struct sk_heap_pages {
	/*
	 * Addresses for so many bytes, a multiple of SK_HEAP_REGION and at a multiple
	 * of it, zeroed where there are pages; NULL: there are none.
	 */
	void *(*reserve)(void *self, uint64_t bytes);
	/* Has pages there now. False: there are none, and nothing has changed. */
	bool (*commit)(void *self, void *at, uint64_t bytes);
	void (*release)(void *self, void *at, uint64_t bytes);
	void *self;
};

struct sk_heap_region;
struct sk_heap_page;

struct sk_heap {
	struct sk_heap_pages pages;
	struct sk_heap_region *regions;
	struct sk_heap_page *partial[SK_HEAP_SIZES];
	uint64_t used;			/* bytes given out, rounded up as they were */
	uint64_t committed;		/* bytes of pages */
};

void sk_heap_init(struct sk_heap *heap, const struct sk_heap_pages *pages);
/* Aligned to 16 bytes, from a page on to pages. Not zeroed. NULL: there is no more. */
void *sk_alloc(struct sk_heap *heap, uint64_t size);
/* The same, zeroed. */
void *sk_alloc_zeroed(struct sk_heap *heap, uint64_t size);
/* More or less of it, perhaps elsewhere; NULL: no more, and it is as it was. */
void *sk_realloc(struct sk_heap *heap, void *piece, uint64_t size);
/* NULL is nothing. */
void sk_free(struct sk_heap *heap, void *piece);

#endif
