/*
 * Bounds that the declared size of a head implies: what exceeds one does not fit
 * into the head, which was refused before. (A lenient decoder is another matter:
 * its pointers may lead to in front of the dynamic area.)
 */
#ifndef TESTS_CHECKKILL_IMPLIED_H
#define TESTS_CHECKKILL_IMPLIED_H

#include "idl/schema.h"
#include "tests/checkkill/names.h"

/* The check is such a bound, of a member of a message. */
bool implied_by_head(const struct schema *schema, const struct ck_checks *checks,
	const struct ck_check *check);

#endif
