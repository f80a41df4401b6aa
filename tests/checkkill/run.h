/*
 * Cases: a message with what came beside it, and its decoding, in memory behind
 * which nothing can be read.
 */
#ifndef TESTS_CHECKKILL_RUN_H
#define TESTS_CHECKKILL_RUN_H

#include "runtime/skald.h"
#include "tests/checkkill/ck.h"

#define CASE_MAX 16384

struct ck_case {
	const struct ck_message *message;
	size_t size;
	unsigned handles;
	unsigned leases;
	uint16_t rights[SK_HANDLES_MAX];
	uint32_t direction[SK_LEASES_MAX];
	uint64_t lent[SK_LEASES_MAX];
	/* Room for lists: bytes, and how far its start is from being aligned;
	 * -1: none, lists stay encoded. */
	int room;
	int room_gap;
	uint8_t bytes[CASE_MAX];
};

/* What decoding came to, beside 0 and the runtime's statuses. */
enum {
	RUN_OUTSIDE = 1,		/* it left the bytes that it may read */
	RUN_ENDLESS = 2
};

/* No bytes, nothing beside them, no room. */
void run_clear(struct ck_case *c);
/* So many handles and leases, with all rights and for all directions. */
void run_attach(struct ck_case *c, unsigned handles, unsigned leases);
/* Copies what there is: cheaper than an assignment. */
void run_copy(struct ck_case *to, const struct ck_case *from);
/* Nothing but handles with all rights, leases that lend nothing, no room. */
bool run_is_plain(const struct ck_case *c);

/*
 * Decodes with one check switched off, or with all on if site is NULL. Leaves
 * in ck.failed_site and ck.failed_inner which refused first.
 */
int run_case(const struct ck_case *c, const struct ck_site *site, unsigned inner);

const char *run_status(int status);

#endif
