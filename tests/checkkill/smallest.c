/*
 * Makes vectors small, by steps each of which still shows the same. See search.h.
 */
#include <string.h>

#include "tests/checkkill/search.h"

#define LONG 256			/* bytes; beyond, not every step is tried */

/* Tries the case; true if it is the check's vector now. */
static bool take(struct search *search, const struct ck_case *c, struct ck_check *check)
{
	if (!search_kills(search, c, check))
		return false;
	search_trace(search, check->vector);
	return true;
}

static bool cut(struct search *search, struct ck_check *check, size_t at, size_t size)
{
	struct ck_case c;

	run_copy(&c, check->vector);
	if (change_replace(&search->layout, &c, at, size, NULL, 0) && take(search, &c, check))
		return true;
	run_copy(&c, check->vector);
	memmove(c.bytes + at, c.bytes + at + size, c.size - at - size);
	c.size -= size;
	return take(search, &c, check);
}

static bool cut_all(struct search *search, struct ck_check *check)
{
	bool is_smaller = false;
	bool is_long = check->vector->size > LONG;

	for (size_t size = check->vector->size; size != 0; size = size > 8 || is_long ? size / 2 : size - 1) {
		for (size_t at = check->vector->size; at-- > 0;) {
			while (at + size <= check->vector->size && cut(search, check, at, size))
				is_smaller = true;
		}
	}
	return is_smaller;
}

/* A list or string of fewer: its count and so many bytes less. */
static bool shorten(struct search *search, struct ck_check *check, size_t at)
{
	struct ck_case c;
	uint64_t value = 0;
	uint8_t bytes[16];
	unsigned old = change_varint(check->vector, at, &value);

	for (size_t unit = 0; old != 0 && value != 0 && unit < 12; unit++) {
		run_copy(&c, check->vector);
		unsigned size = change_put_varint(bytes, value - 1);
		if (change_replace(&search->layout, &c, at, old + unit, bytes, size)
		    && take(search, &c, check))
			return true;
	}
	return false;
}

static bool lessen(struct search *search, struct ck_check *check)
{
	struct ck_case c;
	bool is_smaller = false;
	size_t end = check->vector->size > LONG ? LONG : check->vector->size;

	for (size_t at = 0; at < end; at++) {
		while (shorten(search, check, at))
			is_smaller = true;
		if (at >= check->vector->size)
			break;
		for (unsigned value = 0; value < 6 && value < check->vector->bytes[at]; value++) {
			run_copy(&c, check->vector);
			c.bytes[at] = (uint8_t)value;
			if (take(search, &c, check)) {
				is_smaller = true;
				break;
			}
		}
	}
	return is_smaller;
}

static bool leave_beside(struct search *search, struct ck_check *check)
{
	struct ck_case c;

	run_copy(&c, check->vector);
	for (unsigned i = 0; i < SK_HANDLES_MAX; i++)
		c.rights[i] = SK_RIGHTS_ALL;
	if (c.handles != 0)
		c.handles--;
	if (take(search, &c, check))
		return true;
	run_copy(&c, check->vector);
	if (c.leases != 0)
		c.leases--;
	return take(search, &c, check);
}

void smallest(struct search *search, struct ck_check *check)
{
	bool is_smaller = true;

	search_trace(search, check->vector);
	for (unsigned turn = 0; is_smaller && turn < (check->vector->size > LONG ? 2 : 8); turn++) {
		is_smaller = cut_all(search, check);
		is_smaller |= lessen(search, check);
		is_smaller |= leave_beside(search, check);
	}
}
