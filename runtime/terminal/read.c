/* Reading: what a line discipline has for readers. */
#include <string.h>

#include "runtime/terminal/discipline.h"

bool ldisc_is_readable(const struct ldisc *ld, uint32_t at_least)
{
	if (ldisc_is_by_lines(ld))
		return ld->canon_head != ld->tail;
	return ld->head - ld->tail >= (at_least ? at_least : 1);
}

uint32_t ldisc_available(const struct ldisc *ld)
{
	uint32_t count = 0;

	if (!ldisc_is_by_lines(ld))
		return ld->head - ld->tail;
	for (uint32_t at = ld->tail; at != ld->canon_head; at++)
		count += !ldisc_is_end_of_file(ld, at);
	return count;
}

void ldisc_remember(const struct ldisc *ld, struct ldisc_place *place)
{
	place->tail = ld->tail;
	memcpy(place->ends, ld->ends, sizeof(place->ends));
}

void ldisc_go_back(struct ldisc *ld, const struct ldisc_place *place)
{
	ld->tail = place->tail;
	memcpy(ld->ends, place->ends, sizeof(place->ends));
}

static uint32_t read_line(struct ldisc *ld, uint8_t *to, uint32_t capacity, bool *ended)
{
	uint32_t count = 0;

	while (ld->tail != ld->canon_head) {
		bool ends = ldisc_is_end(ld, ld->tail), is_file = ldisc_is_end_of_file(ld, ld->tail);

		/* An end of file behind the last byte for which there is room goes too. */
		if (count == capacity && !is_file)
			break;
		ldisc_set_end(ld, ld->tail, false);
		if (!is_file)
			to[count++] = ldisc_at(ld, ld->tail);
		ld->tail++;
		if (ends) {
			*ended = is_file && count == 0;
			break;
		}
	}
	return count;
}

uint32_t ldisc_read(struct ldisc *ld, uint8_t *to, uint32_t capacity, bool *ended)
{
	uint32_t count = 0;

	*ended = false;
	if (capacity == 0)
		return 0;
	if (ldisc_is_by_lines(ld))
		return read_line(ld, to, capacity, ended);
	while (count < capacity && ld->tail != ld->head)
		to[count++] = ldisc_at(ld, ld->tail++);
	if (ldisc_local(ld, tty_LocalFlags_EXTERNAL) &&
			ldisc_local(ld, tty_LocalFlags_CANONICAL) && count == 1 && ld->tail == ld->head &&
			to[0] == ld->settings.characters[tty_Character_END_OF_FILE]) {
		*ended = true;
		return 0;
	}
	return count;
}
