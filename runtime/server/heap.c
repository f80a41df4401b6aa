/*
 * Regions of a megabyte of addresses, or more for one large piece, begin with a
 * header; so the region of a piece is found by its address. Of each page the header
 * knows whether it is free, begins a run of so many, or has pieces of one size.
 */
#include "runtime/server/heap.h"

#include "runtime/env.h"

#define PAGE SK_HEAP_PAGE
#define PAGES ((uint32_t)(SK_HEAP_REGION / PAGE))
/* Of a page, in place of the size of the run that begins there. */
#define FREE 0
#define PIECES 0xfffe
#define INSIDE 0xffff
/* Pages are asked for so many at a time. */
#define COMMIT_PAGES 16

struct sk_heap_region {
	struct sk_heap_region *next;
	uint64_t bytes;
	uint32_t committed;		/* pages, from the first on */
	uint32_t free;			/* pages; of a large one 0 */
	uint32_t hint;			/* none before it is free */
	bool is_large;
	uint16_t run[PAGES];
};

/* The beginning of a page with pieces of one size. */
struct sk_heap_page {
	struct sk_heap_page *next, *last;	/* among those with free pieces */
	void *free;			/* each has the next in its first bytes */
	uint32_t kind;
	uint32_t used;
	uint32_t fresh;			/* pieces that were never given out begin here */
};

#define FIRST_PIECE 64

_Static_assert(sizeof(struct sk_heap_region) <= PAGE, "the header is one page");
_Static_assert(sizeof(struct sk_heap_page) <= FIRST_PIECE, "pieces follow");

static const uint16_t sizes[SK_HEAP_SIZES] = {16, 32, 48, 64, 96, 128, 192, 256, 384, 512,
	672, 1008, 1344, 2016};

void sk_heap_init(struct sk_heap *heap, const struct sk_heap_pages *pages)
{
	memset(heap, 0, sizeof(*heap));
	heap->pages = *pages;
}

static struct sk_heap_region *region_of(const void *piece)
{
	return (struct sk_heap_region *)((uintptr_t)piece & ~(uintptr_t)(SK_HEAP_REGION - 1));
}

static struct sk_heap_page *page_of(const void *piece)
{
	return (struct sk_heap_page *)((uintptr_t)piece & ~(uintptr_t)(PAGE - 1));
}

static uint8_t *at(struct sk_heap_region *region, uint32_t page)
{
	return (uint8_t *)region + (size_t)page * PAGE;
}

static uint32_t index_of(const struct sk_heap_region *region, const void *piece)
{
	return (uint32_t)(((uintptr_t)piece - (uintptr_t)region) / PAGE);
}

/* ---- regions ---- */

/* Has pages up to this one; more than that, if there are. */
static bool commit(struct sk_heap *heap, struct sk_heap_region *region, uint32_t to)
{
	uint32_t all = (uint32_t)(region->bytes / PAGE), more = to + COMMIT_PAGES;

	if (to <= region->committed)
		return true;
	more = more > all ? all : more;
	if (!heap->pages.commit(heap->pages.self, at(region, region->committed),
			(uint64_t)(more - region->committed) * PAGE)) {
		more = to;
		if (!heap->pages.commit(heap->pages.self, at(region, region->committed),
				(uint64_t)(more - region->committed) * PAGE))
			return false;
	}
	heap->committed += (uint64_t)(more - region->committed) * PAGE;
	region->committed = more;
	return true;
}

static void release(struct sk_heap *heap, struct sk_heap_region *region)
{
	struct sk_heap_region **link = &heap->regions;

	while (*link != region)
		link = &(*link)->next;
	*link = region->next;
	heap->committed -= (uint64_t)region->committed * PAGE;
	heap->pages.release(heap->pages.self, region, region->bytes);
}

static struct sk_heap_region *new_region(struct sk_heap *heap, uint64_t bytes)
{
	struct sk_heap_region *region = heap->pages.reserve(heap->pages.self, bytes);

	if (!region)
		return NULL;
	if (!heap->pages.commit(heap->pages.self, region, PAGE)) {
		heap->pages.release(heap->pages.self, region, bytes);
		return NULL;
	}
	heap->committed += PAGE;
	region->bytes = bytes;
	region->committed = region->hint = 1;
	region->free = PAGES - 1;
	region->run[0] = INSIDE;
	region->next = heap->regions;
	heap->regions = region;
	return region;
}

/* ---- runs of pages ---- */

/* Where so many pages are free; 0: nowhere. */
static uint32_t find_run(struct sk_heap_region *region, uint32_t count)
{
	uint32_t found = 0;

	while (region->hint < PAGES && region->run[region->hint] != FREE)
		region->hint++;
	for (uint32_t page = region->hint; page < PAGES; page++) {
		found = region->run[page] == FREE ? found + 1 : 0;
		if (found == count)
			return page + 1 - count;
	}
	return 0;
}

static void *take_run(struct sk_heap *heap, struct sk_heap_region *region, uint32_t count)
{
	uint32_t page = region->free < count || region->is_large ? 0 : find_run(region, count);

	if (page == 0 || !commit(heap, region, page + count))
		return NULL;
	for (uint32_t i = 0; i < count; i++)
		region->run[page + i] = INSIDE;
	region->run[page] = (uint16_t)count;
	region->free -= count;
	return at(region, page);
}

static void *large_run(struct sk_heap *heap, uint64_t count)
{
	uint64_t bytes = ((count + 1) * PAGE + SK_HEAP_REGION - 1) & ~(SK_HEAP_REGION - 1);
	struct sk_heap_region *region = new_region(heap, bytes);

	if (!region)
		return NULL;
	region->is_large = true;
	region->free = 0;
	if (commit(heap, region, (uint32_t)count + 1))
		return at(region, 1);
	release(heap, region);
	return NULL;
}

static void *alloc_pages(struct sk_heap *heap, uint64_t count)
{
	struct sk_heap_region *region;
	void *run = NULL;

	if (count >= UINT32_MAX)
		return NULL;
	if (count >= PAGES)
		return large_run(heap, count);
	for (region = heap->regions; region && !run; region = region->next)
		run = take_run(heap, region, (uint32_t)count);
	if (run)
		return run;
	region = new_region(heap, SK_HEAP_REGION);
	if (region)
		run = take_run(heap, region, (uint32_t)count);
	if (region && !run)
		release(heap, region);
	return run;
}

/* Pages that the run has. */
static uint64_t run_pages(const struct sk_heap_region *region, const void *run)
{
	return region->is_large ? region->bytes / PAGE - 1 : region->run[index_of(region, run)];
}

static void free_pages(struct sk_heap *heap, void *run)
{
	struct sk_heap_region *region = region_of(run);
	uint32_t page = index_of(region, run), count;

	if (region->is_large) {
		release(heap, region);
		return;
	}
	count = region->run[page];
	for (uint32_t i = 0; i < count; i++)
		region->run[page + i] = FREE;
	region->free += count;
	if (page < region->hint)
		region->hint = page;
	if (region->free == PAGES - 1 && (heap->regions != region || region->next))
		release(heap, region);
}

/* ---- pages of pieces ---- */

static void link_page(struct sk_heap *heap, struct sk_heap_page *page)
{
	page->last = NULL;
	page->next = heap->partial[page->kind];
	if (page->next)
		page->next->last = page;
	heap->partial[page->kind] = page;
}

static void unlink_page(struct sk_heap *heap, struct sk_heap_page *page)
{
	if (page->last)
		page->last->next = page->next;
	else
		heap->partial[page->kind] = page->next;
	if (page->next)
		page->next->last = page->last;
}

static struct sk_heap_page *new_page(struct sk_heap *heap, uint32_t kind)
{
	struct sk_heap_page *page = alloc_pages(heap, 1);
	struct sk_heap_region *region;

	if (!page)
		return NULL;
	region = region_of(page);
	region->run[index_of(region, page)] = PIECES;
	memset(page, 0, sizeof(*page));
	page->kind = kind;
	page->fresh = FIRST_PIECE;
	link_page(heap, page);
	return page;
}

static bool is_full(const struct sk_heap_page *page)
{
	return !page->free && page->fresh + sizes[page->kind] > PAGE;
}

static void *alloc_piece(struct sk_heap *heap, uint32_t kind)
{
	struct sk_heap_page *page = heap->partial[kind];
	void *piece;

	if (!page)
		page = new_page(heap, kind);
	if (!page)
		return NULL;
	piece = page->free;
	if (piece) {
		page->free = *(void **)piece;
	} else {
		piece = (uint8_t *)page + page->fresh;
		page->fresh += sizes[kind];
	}
	page->used++;
	if (is_full(page))
		unlink_page(heap, page);
	return piece;
}

/* One page of a size stays, or a single piece that comes and goes would be dear. */
static void free_piece(struct sk_heap *heap, void *piece)
{
	struct sk_heap_page *page = page_of(piece);
	struct sk_heap_region *region;

	if (is_full(page))
		link_page(heap, page);
	*(void **)piece = page->free;
	page->free = piece;
	if (--page->used != 0 || (!page->next && !page->last))
		return;
	unlink_page(heap, page);
	region = region_of(page);
	region->run[index_of(region, page)] = 1;
	free_pages(heap, page);
}

/* ---- all of it ---- */

static bool has_pieces(const void *piece)
{
	const struct sk_heap_region *region = region_of(piece);

	return !region->is_large && region->run[index_of(region, piece)] == PIECES;
}

static uint64_t size_of(const void *piece)
{
	return has_pieces(piece) ? sizes[page_of(piece)->kind] :
		run_pages(region_of(piece), piece) * PAGE;
}

void *sk_alloc(struct sk_heap *heap, uint64_t size)
{
	uint32_t kind = 0;
	void *piece;

	if (size > UINT64_MAX / 2)
		return NULL;
	while (kind < SK_HEAP_SIZES && sizes[kind] < size)
		kind++;
	piece = kind < SK_HEAP_SIZES ? alloc_piece(heap, kind) :
		alloc_pages(heap, (size + PAGE - 1) / PAGE);
	if (piece)
		heap->used += size_of(piece);
	return piece;
}

void *sk_alloc_zeroed(struct sk_heap *heap, uint64_t size)
{
	void *piece = sk_alloc(heap, size);

	if (piece)
		memset(piece, 0, (size_t)size);
	return piece;
}

void *sk_realloc(struct sk_heap *heap, void *piece, uint64_t size)
{
	uint64_t old = piece ? size_of(piece) : 0;
	void *other;

	if (piece && size <= old && size >= old / 2)
		return piece;
	other = sk_alloc(heap, size);
	if (!other || !piece)
		return other;
	memcpy(other, piece, (size_t)(size < old ? size : old));
	sk_free(heap, piece);
	return other;
}

void sk_free(struct sk_heap *heap, void *piece)
{
	if (!piece)
		return;
	heap->used -= size_of(piece);
	if (has_pieces(piece))
		free_piece(heap, piece);
	else
		free_pages(heap, piece);
}
