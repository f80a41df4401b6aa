/*
 * What each user has of the budget. A user can have three quarters of what others leave, so
 * that nobody fills a file system for all; user 0 can have the rest too. A node counts as its
 * owner's, with its pages, attributes and names; of a file that clients map its size counts,
 * since they fill it without a word.
 */
#include "servers/ramfs/tree.h"

/* Below this part of the budget nothing is looked at. */
#define SMALL 32

struct payer {
	struct payer *next;
	uint32_t user;
	uint64_t used;
};

/* NULL: user 0, or there is no memory. */
static struct payer *find(struct ram *ram, uint32_t user)
{
	struct payer **head = &ram->payers[user % RAM_PAYERS], *payer = *head;

	while (payer && payer->user != user)
		payer = payer->next;
	if (payer || user == 0)
		return payer;
	payer = ram_table_new(ram, sizeof(*payer));
	if (!payer)
		return NULL;
	payer->user = user;
	payer->next = *head;
	*head = payer;
	return payer;
}

static void forget(struct ram *ram, struct payer *payer)
{
	struct payer **at = &ram->payers[payer->user % RAM_PAYERS];

	while (*at != payer)
		at = &(*at)->next;
	*at = payer->next;
	ram_table_free(ram, payer, sizeof(*payer));
}

/* All that is used; of memories only the kernel knows. */
static uint64_t used(const struct ram *ram)
{
	const struct ram_memories *memories = ram->world.memories;

	return ram->used + (memories ? memories->used(ram->world.context) : 0);
}

static bool may(const struct ram *ram, const struct payer *payer, uint64_t bytes)
{
	uint64_t others, rest;

	if (bytes > ram->budget)
		return false;
	if (payer->used + bytes <= ram->budget / SMALL)
		return true;
	others = used(ram);
	others -= payer->used < others ? payer->used : others;
	rest = others < ram->budget ? ram->budget - others : 0;
	return payer->used + bytes <= rest / 4 * 3;
}

bool share_take(struct ram *ram, struct charge *charge, uint64_t bytes)
{
	if (charge->payer && !may(ram, charge->payer, bytes))
		return false;
	share_put(charge, bytes);
	return true;
}

void share_put(struct charge *charge, uint64_t bytes)
{
	charge->bytes += bytes;
	if (charge->payer)
		charge->payer->used += bytes;
}

void share_return(struct ram *ram, struct charge *charge, uint64_t bytes)
{
	struct payer *payer = charge->payer;

	charge->bytes -= bytes;
	if (!payer)
		return;
	payer->used -= bytes;
	if (charge->bytes == 0)
		charge->payer = NULL;
	if (payer->used == 0)
		forget(ram, payer);
}

void share_move(struct ram *ram, struct charge *charge, uint32_t user)
{
	struct charge moved = {.payer = find(ram, user)};

	if (moved.payer == charge->payer)
		return;
	share_put(&moved, charge->bytes);
	share_return(ram, charge, charge->bytes);
	*charge = moved;
}
