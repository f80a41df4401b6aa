/* Output: what is written and echoed, with columns, as it is sent. */
#include <string.h>

#include "runtime/terminal/discipline.h"

/* Echo is bytes; this one begins an operation. Behind it stands itself (that byte), a
 * control character (shown as ^X), or one of these. */
#define OP 0xff
#define OP_BACK 0x80
#define OP_COLUMN 0x81
#define OP_UNTAB 0x82
/* Echo is put off, and done in blocks. */
#define BLOCK 256u
/* More than this never waits: the oldest is lost. */
#define TOO_MUCH (LDISC_SIZE - (BLOCK + 32))

bool ldisc_is_lower(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 223 && c != 247);
}

bool ldisc_is_upper(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 192 && c <= 222 && c != 215);
}

/* ---- the queue ---- */

static uint32_t space(const struct ldisc *ld)
{
	return ld->is_stopped ? 0 : LDISC_SIZE - (ld->out_head - ld->out_tail);
}

static void put(struct ldisc *ld, uint8_t c)
{
	ld->output[ld->out_head++ % LDISC_SIZE] = c;
}

uint32_t ldisc_unsent(const struct ldisc *ld)
{
	return ld->out_head - ld->out_tail;
}

uint32_t ldisc_output(const struct ldisc *ld, const uint8_t **bytes)
{
	uint32_t at = ld->out_tail % LDISC_SIZE, count = ldisc_unsent(ld);

	*bytes = ld->output + at;
	if (ld->is_stopped)
		return 0;
	return count < LDISC_SIZE - at ? count : LDISC_SIZE - at;
}

void ldisc_sent(struct ldisc *ld, uint32_t count)
{
	ld->out_tail += count;
}

void ldisc_flush_output(struct ldisc *ld)
{
	ld->out_tail = ld->out_head;
}

/* ---- processing ---- */

static bool spaces(struct ldisc *ld)
{
	uint32_t count = 8 - (ld->column & 7);

	if (space(ld) < count)
		return false;
	ld->column += count;
	while (count-- > 0)
		put(ld, ' ');
	return true;
}

static bool new_line(struct ldisc *ld)
{
	const tty_OutputFlags flags = ld->settings.output;

	if (ldisc_has(flags, tty_OutputFlags_NL_RETURNS))
		ld->column = 0;
	if (ldisc_has(flags, tty_OutputFlags_NL_TO_CRNL)) {
		if (space(ld) < 2)
			return false;
		ld->column = 0;
		put(ld, '\r');
	}
	ld->canon_column = ld->column;
	put(ld, '\n');
	return true;
}

static void carriage_return(struct ldisc *ld)
{
	const tty_OutputFlags flags = ld->settings.output;
	bool becomes_nl = ldisc_has(flags, tty_OutputFlags_CR_TO_NL);

	if (ldisc_has(flags, tty_OutputFlags_NO_CR_IN_COLUMN_0) && ld->column == 0)
		return;
	if (!becomes_nl || ldisc_has(flags, tty_OutputFlags_NL_RETURNS))
		ld->canon_column = ld->column = 0;
	put(ld, becomes_nl ? '\n' : '\r');
}

static void plain(struct ldisc *ld, uint8_t c)
{
	if (c == '\t')
		ld->column += 8 - (ld->column & 7);
	else if (c == '\b' && ld->column > 0)
		ld->column--;
	else if (!ldisc_is_control(c)) {
		if (ldisc_has(ld->settings.output, tty_OutputFlags_LOWER_TO_UPPER) &&
				ldisc_is_lower(c))
			c = (uint8_t)(c - 32);
		if (!ldisc_continues(ld, c))
			ld->column++;
	}
	put(ld, c);
}

/* False: there is no room for it, and nothing has changed. */
static bool process(struct ldisc *ld, uint8_t c)
{
	const tty_OutputFlags flags = ld->settings.output;

	if (space(ld) == 0)
		return false;
	if (!ldisc_has(flags, tty_OutputFlags_PROCESS))
		put(ld, c);
	else if (c == '\n')
		return new_line(ld);
	else if (c == '\r')
		carriage_return(ld);
	else if (c == '\t' && (flags & tty_OutputFlags_EXPAND_TABS) ==
			tty_OutputFlags_EXPAND_TABS)
		return spaces(ld);
	else
		plain(ld, c);
	return true;
}

uint32_t ldisc_write(struct ldisc *ld, const uint8_t *bytes, uint32_t count)
{
	uint32_t done = 0;

	ldisc_echo(ld);
	while (done < count && process(ld, bytes[done]))
		done++;
	return done;
}

void ldisc_stop(struct ldisc *ld, bool stopped)
{
	ld->is_stopped_by_us = stopped;
	ld->is_stopped = stopped;
	if (!stopped)
		ldisc_echo(ld);
}

/* ---- echo: said ---- */

static void say(struct ldisc *ld, uint8_t c)
{
	ld->echo[ld->echo_head++ % LDISC_SIZE] = c;
}

void ldisc_echo_raw(struct ldisc *ld, uint8_t c)
{
	if (c == OP)
		say(ld, OP);
	say(ld, c);
}

void ldisc_echo_char(struct ldisc *ld, uint8_t c)
{
	if (c == OP || (ldisc_local(ld, tty_LocalFlags_ECHO_CONTROL) &&
			ldisc_is_control(c) && c != '\t'))
		say(ld, OP);
	say(ld, c);
}

void ldisc_echo_column(struct ldisc *ld)
{
	say(ld, OP);
	say(ld, OP_COLUMN);
}

void ldisc_echo_back(struct ldisc *ld)
{
	say(ld, OP);
	say(ld, OP_BACK);
}

void ldisc_echo_untab(struct ldisc *ld, uint32_t columns, bool after_tab)
{
	say(ld, OP);
	say(ld, OP_UNTAB);
	say(ld, (uint8_t)((columns & 7) | (after_tab ? 0x80 : 0)));
}

void ldisc_echo_forget(struct ldisc *ld)
{
	ld->echo_head = ld->echo_mark = ld->echo_tail = 0;
}

/* ---- echo: done ---- */

static uint8_t said(const struct ldisc *ld, uint32_t ahead)
{
	return ld->echo[(ld->echo_tail + ahead) % LDISC_SIZE];
}

static uint32_t size_of_next(const struct ldisc *ld)
{
	if (said(ld, 0) != OP)
		return 1;
	return said(ld, 1) == OP_UNTAB ? 3 : 2;
}

/* Back to where the tab began. */
static bool untab(struct ldisc *ld, uint32_t columns)
{
	uint32_t count;

	if (!(columns & 0x80))
		columns += ld->canon_column;
	count = 8 - (columns & 7);
	if (space(ld) < count)
		return false;
	for (; count > 0; count--) {
		put(ld, '\b');
		ld->column -= ld->column > 0;
	}
	return true;
}

static bool show_control(struct ldisc *ld, uint8_t c)
{
	if (space(ld) < 2)
		return false;
	put(ld, '^');
	put(ld, c ^ 0x40);
	ld->column += 2;
	return true;
}

/* False: there is no room. */
static bool do_next(struct ldisc *ld)
{
	if (said(ld, 0) != OP)
		return process(ld, said(ld, 0));
	switch (said(ld, 1)) {
	case OP_UNTAB:
		return untab(ld, said(ld, 2));
	case OP_COLUMN:
		ld->canon_column = ld->column;
		return true;
	case OP_BACK:
		ld->column -= ld->column > 0;
		return true;
	case OP:
		if (space(ld) == 0)
			return false;
		put(ld, OP);
		ld->column++;
		return true;
	default:
		return show_control(ld, said(ld, 1));
	}
}

static void echo_up_to(struct ldisc *ld, uint32_t end)
{
	while (ld->echo_tail != end && do_next(ld))
		ld->echo_tail += size_of_next(ld);
	while (end - ld->echo_tail >= TOO_MUCH && end - ld->echo_tail <= LDISC_SIZE)
		ld->echo_tail += size_of_next(ld);
}

void ldisc_echo(struct ldisc *ld)
{
	echo_up_to(ld, ld->echo_mark);
}

void ldisc_echo_commit(struct ldisc *ld)
{
	ld->echo_mark = ld->echo_head;
	if (ld->echo_head - ld->echo_tail >= BLOCK)
		ldisc_echo(ld);
}

void ldisc_echo_flush(struct ldisc *ld)
{
	if (!ldisc_local(ld, tty_LocalFlags_ECHO | tty_LocalFlags_ECHO_NL))
		return;
	ld->echo_mark = ld->echo_head;
	ldisc_echo(ld);
}
