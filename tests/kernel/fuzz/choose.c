/* Random numbers, and arguments that make sense where they can. */
#include "tests/kernel/fuzz/fuzz.h"

struct thread *actor;
static uint64_t state;

void random_seed(uint64_t seed)
{
	state = seed;
	state = random_number() ^ seed << 32;
}

uint64_t random_number(void)
{
	uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint32_t below(uint32_t count)
{
	return (uint32_t)((random_number() >> 32) * count >> 32);
}

bool one_in(uint32_t count)
{
	return below(count) == 0;
}

uint64_t random_word(void)
{
	switch (below(6)) {
	case 0:
		return 0;
	case 1:
		return UINT64_C(1) << below(64);
	case 2:
		return UINT64_MAX - below(3);
	case 3:
		return random_number();
	default:
		return below(16);
	}
}

/* ---- handles ---- */

uint32_t pick_in(const struct handle_table *table, uint32_t kind, struct handle *entry)
{
	uint32_t index = 0, found = 0, seen = 0;

	while ((index = handle_next(table, index)) != 0) {
		const struct handle *handle = &table->pages[index / HANDLE_PAGE]
			[index % HANDLE_PAGE];

		if ((kind == kernel_Kind_NONE || handle->object->type->kind == kind) &&
		    (kind != kernel_Kind_SESSION || one_in(16) ||
		     handle->flags & HANDLE_CLIENT) && one_in(++seen)) {
			found = handle_number(table, index);
			if (entry)
				*entry = *handle;
		}
		index++;
	}
	return found;
}

uint32_t pick_handle(uint32_t kind)
{
	uint32_t number;

	if (one_in(64))
		return (uint32_t)random_word();
	number = pick_in(&actor->space->handles, one_in(24) ? kernel_Kind_NONE : kind, NULL);
	return number ? number : pick_in(&actor->space->handles, kernel_Kind_NONE, NULL);
}

/* ---- addresses ---- */

static struct mapping *paged;

static void find_paged(struct mapping *mapping)
{
	if (mapping->memory->kind == kernel_MemoryKind_PAGED && (!paged || below(2)))
		paged = mapping;
}

static struct mapping *pick_mapping(void)
{
	struct mapping *at = actor->space->mappings, *next;

	if (one_in(3)) {
		paged = NULL;
		each_mapping(at, find_paged);
		if (paged)
			return paged;
	}
	while (at && !one_in(3)) {
		next = at->child[below(2)];
		if (!next)
			break;
		at = next;
	}
	return at;
}

uint64_t pick_address(bool aligned)
{
	struct mapping *mapping = pick_mapping();
	uint64_t address = USER_BASE + PAGE_SIZE * below(64), pages;

	if (one_in(40))
		return random_word() & (aligned ? ~PAGE_MASK : UINT64_MAX);
	if (mapping && !one_in(12)) {
		pages = (mapping->end - mapping->start) / PAGE_SIZE;
		address = mapping->start + PAGE_SIZE *
			below(pages > 20 ? 20 : (uint32_t)pages);
		if (one_in(12))
			address += (pages - below(2)) * PAGE_SIZE;
		if (one_in(12))
			address -= PAGE_SIZE;
	}
	if (one_in(24) || !aligned)
		address += one_in(4) ? PAGE_SIZE - 4 * (below(4) + 1) : 4 * below(1000);
	return address;
}

uint64_t pick_pages(void)
{
	return one_in(64) ? random_word() : one_in(24) ? PAGE_SIZE << below(30) :
		PAGE_SIZE * below(one_in(8) ? 80 : 6);
}

uint64_t pick_size(void)
{
	return one_in(32) ? random_word() : below(one_in(4) ? 20000 : 300);
}

/* ---- tokens, times, objects ---- */

uint64_t pick_token(void)
{
	const struct token_table *table = &actor->space->tokens;
	uint64_t found = 0;
	uint32_t seen = 0;

	for (uint32_t i = 0; i < table->count; i++) {
		const struct token *token = &table->pages[i / TOKEN_PAGE][i % TOKEN_PAGE];

		if (token->state != TOKEN_FREE && one_in(++seen))
			found = token->number;
	}
	if (actor->serves && below(2))
		found = actor->serves->number;
	if (one_in(24))
		found -= UINT64_C(1) << 16;
	return one_in(64) ? random_word() : found;
}

uint64_t pick_deadline(uint64_t *flag)
{
	*flag = 0;
	if (one_in(16))
		return random_word();
	*flag = ABI_TIMED;
	return one_in(6) ? ABI_POLL : one_in(60) ? random_word() :
		host_time + (UINT64_C(1) << below(26));
}

uint64_t pick_id(uint32_t kind)
{
	const struct object *object = kind == kernel_Kind_THREAD ? &actor->object :
		&actor->space->object;

	return one_in(6) ? random_word() : object->id - below(40) + below(40);
}
