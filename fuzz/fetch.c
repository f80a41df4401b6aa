/* Fetches, and who changes what is fetched. See fetch.h. */
#include "fuzz/once.h"

#include <string.h>

#include "fuzz/fetch.h"

static struct fuzz_watch *watched;

void fuzz_fetch_watch(struct fuzz_watch *watch)
{
	watched = watch;
}

/* A bit or byte somewhere; or all of it, so that what was read has changed. */
static void change(struct fuzz_watch *watch)
{
	size_t at = fuzz_below(&watch->random, watch->size);
	uint64_t how = fuzz_next(&watch->random);

	switch (how & 7) {
	case 0:
		memset(watch->bytes, 0xff, watch->size);
		break;
	case 1:
		memset(watch->bytes, 0xf0, watch->size);
		break;
	case 2:
		for (size_t i = 0; i < watch->size; i++)
			watch->bytes[i] = (uint8_t)fuzz_next(&watch->random);
		break;
	case 3:
	case 4:
		watch->bytes[at] ^= (uint8_t)(1 << (how >> 8 & 7));
		break;
	default:
		watch->bytes[at] = (uint8_t)(how >> 8);
	}
}

void fuzz_fetched(void)
{
	struct fuzz_watch *watch = watched;

	if (watch == NULL || ++watch->fetches != watch->at)
		return;
	change(watch);
	if (--watch->left)
		watch->at += 1 + fuzz_below(&watch->random, 4);
}
