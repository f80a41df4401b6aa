/* Erasing what was typed: a character, a word, a line; and how that looks. */
#include "runtime/terminal/discipline.h"

static uint8_t key(const struct ldisc *ld, tty_Character which)
{
	return ld->settings.characters[which];
}

void ldisc_finish_erasing(struct ldisc *ld)
{
	if (ld->is_erasing)
		ldisc_echo_raw(ld, '/');
	ld->is_erasing = false;
}

static bool is_of_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '_' || ldisc_is_lower(c) || ldisc_is_upper(c);
}

static void rub_out(struct ldisc *ld)
{
	ldisc_echo_raw(ld, '\b');
	ldisc_echo_raw(ld, ' ');
	ldisc_echo_raw(ld, '\b');
}

/* Columns since the line began, or the last tab before this one. */
static void rub_out_tab(struct ldisc *ld)
{
	uint32_t columns = 0;

	for (uint32_t at = ld->head; at != ld->canon_head; at--) {
		uint8_t c = ldisc_at(ld, at - 1);

		if (c == '\t') {
			ldisc_echo_untab(ld, columns, true);
			return;
		}
		if (ldisc_is_control(c))
			columns += ldisc_local(ld, tty_LocalFlags_ECHO_CONTROL) ? 2 : 0;
		else if (!ldisc_continues(ld, c))
			columns++;
	}
	ldisc_echo_untab(ld, columns, false);
}

/* What was erased is printed, between \ and /. */
static void print_erased(struct ldisc *ld, uint32_t count)
{
	if (!ld->is_erasing)
		ldisc_echo_raw(ld, '\\');
	ld->is_erasing = true;
	ldisc_echo_char(ld, ldisc_at(ld, ld->head));
	for (uint32_t i = 1; i < count; i++) {
		ldisc_echo_raw(ld, ldisc_at(ld, ld->head + i));
		ldisc_echo_back(ld);
	}
}

/* How it looks that a character of so many bytes, at `head`, is gone. */
static void show_erased(struct ldisc *ld, uint32_t count, bool is_single)
{
	uint8_t c = ldisc_at(ld, ld->head);
	bool shows_control = ldisc_local(ld, tty_LocalFlags_ECHO_CONTROL);

	if (ldisc_local(ld, tty_LocalFlags_ECHO_PRINT)) {
		print_erased(ld, count);
	} else if (is_single && !ldisc_local(ld, tty_LocalFlags_ECHO_ERASE)) {
		ldisc_echo_char(ld, key(ld, tty_Character_ERASE));
	} else if (c == '\t') {
		rub_out_tab(ld);
	} else {
		if (ldisc_is_control(c) && shows_control)
			rub_out(ld);
		if (!ldisc_is_control(c) || shows_control)
			rub_out(ld);
	}
}

/* Where the last character begins; false: it has no beginning. */
static bool find_last(const struct ldisc *ld, uint32_t *begin)
{
	*begin = ld->head;
	do
		--*begin;
	while (ldisc_continues(ld, ldisc_at(ld, *begin)) && *begin != ld->canon_head);
	return !ldisc_continues(ld, ldisc_at(ld, *begin));
}

/* The whole line, where that is not shown character by character. */
static bool kill_at_once(struct ldisc *ld)
{
	const tty_LocalFlags all = tty_LocalFlags_ECHO_KILL |
		tty_LocalFlags_ECHO_KILL_WHOLE | tty_LocalFlags_ECHO_ERASE;
	bool has_echo = ldisc_local(ld, tty_LocalFlags_ECHO);

	if (has_echo && (ld->settings.local & all) == all)
		return false;
	ld->head = ld->canon_head;
	if (!has_echo)
		return true;
	ldisc_finish_erasing(ld);
	ldisc_echo_char(ld, key(ld, tty_Character_KILL));
	if (ldisc_local(ld, tty_LocalFlags_ECHO_KILL))
		ldisc_echo_raw(ld, '\n');
	return true;
}

void ldisc_erase(struct ldisc *ld, uint8_t c)
{
	bool is_single = c == key(ld, tty_Character_ERASE);
	bool is_word = !is_single && c == key(ld, tty_Character_WORD_ERASE);
	bool in_word = false;
	uint32_t begin;

	if (ld->head == ld->canon_head || (!is_single && !is_word && kill_at_once(ld)))
		return;
	while (ld->head != ld->canon_head && find_last(ld, &begin)) {
		uint32_t count = ld->head - begin;

		if (is_word && in_word && !is_of_word(ldisc_at(ld, begin)))
			break;
		in_word |= is_of_word(ldisc_at(ld, begin));
		ld->head = begin;
		if (ldisc_local(ld, tty_LocalFlags_ECHO))
			show_erased(ld, count, is_single);
		if (is_single)
			break;
	}
	if (ld->head == ld->canon_head && ldisc_local(ld, tty_LocalFlags_ECHO))
		ldisc_finish_erasing(ld);
}
