/* Input: what is typed, and what is read of it. */
#include <string.h>

#include "runtime/terminal/discipline.h"

#define IF(flag) ldisc_has(ld->settings.input, tty_InputFlags_##flag)
#define LF(flag) ldisc_local(ld, tty_LocalFlags_##flag)
#define KEY(which) (ld->settings.characters[tty_Character_##which])

/* A byte that is a mishap's, or would look like one, has this before it. */
#define MARK 0xff

void ldisc_init(struct ldisc *ld)
{
	static const uint8_t keys[] = { 3, 0x1c, 0x7f, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1a, 0,
		0x12, 0xf, 0x17, 0x16, 0 };

	memset(ld, 0, sizeof(*ld));
	ld->settings = (struct tty_Settings){
		.input = tty_InputFlags_CR_TO_NL | tty_InputFlags_OUTPUT_FLOW,
		.output = tty_OutputFlags_PROCESS | tty_OutputFlags_NL_TO_CRNL,
		.control = tty_ControlFlags_SIZE_8 | tty_ControlFlags_RECEIVE |
			tty_ControlFlags_HANG_UP_ON_CLOSE | tty_ControlFlags_LOCAL,
		.local = tty_LocalFlags_SIGNALS | tty_LocalFlags_CANONICAL |
			tty_LocalFlags_ECHO | tty_LocalFlags_ECHO_ERASE |
			tty_LocalFlags_ECHO_KILL | tty_LocalFlags_ECHO_CONTROL |
			tty_LocalFlags_ECHO_KILL_WHOLE | tty_LocalFlags_EXTENDED,
		.input_speed = 38400, .output_speed = 38400,
	};
	memcpy(ld->settings.characters, keys, sizeof(keys));
}

/* ---- the queue ---- */

static void put(struct ldisc *ld, uint8_t c)
{
	ld->input[ld->head++ % LDISC_SIZE] = c;
}

void ldisc_flush_input(struct ldisc *ld)
{
	ld->head = ld->canon_head = ld->tail = 0;
	ld->is_erasing = false;
	memset(ld->ends, 0, sizeof(ld->ends));
}

/* ---- settings ---- */

static void start(struct ldisc *ld)
{
	if (!ld->is_stopped_by_us)
		ld->is_stopped = false;
}

/* What was typed counts as lines, or no longer. */
static void change_mode(struct ldisc *ld)
{
	memset(ld->ends, 0, sizeof(ld->ends));
	if (LF(CANONICAL) && ld->head != ld->tail) {
		ldisc_set_end(ld, ld->head - 1, true);
		ld->canon_head = ld->head;
	} else {
		ld->canon_head = ld->tail;
	}
	ld->is_erasing = false;
	ld->is_literal = false;
}

void ldisc_set(struct ldisc *ld, const struct tty_Settings *settings)
{
	const struct tty_Settings old = ld->settings;

	ld->settings = *settings;
	if ((old.local ^ settings->local) & (tty_LocalFlags_CANONICAL |
			tty_LocalFlags_EXTERNAL))
		change_mode(ld);
	if (!IF(OUTPUT_FLOW) && ldisc_has(old.input, tty_InputFlags_OUTPUT_FLOW)) {
		start(ld);
		ldisc_echo(ld);
	}
}

/* ---- signals ---- */

static void signal(struct ldisc *ld, tty_Signal which)
{
	ld->signals |= 1u << which;
	if (LF(NO_FLUSH))
		return;
	ldisc_echo_forget(ld);
	ldisc_flush_output(ld);
	ldisc_flush_input(ld);
	ld->has_flushed = true;
}

/* Whether it is one; else nothing has been done. */
static bool is_signal(struct ldisc *ld, uint8_t c)
{
	tty_Signal which = c == KEY(INTERRUPT) ? tty_Signal_INTERRUPT :
		c == KEY(QUIT) ? tty_Signal_QUIT :
		c == KEY(SUSPEND) ? tty_Signal_STOP : 0;

	if (!LF(SIGNALS) || which == 0)
		return false;
	signal(ld, which);
	if (IF(OUTPUT_FLOW))
		start(ld);
	if (LF(ECHO)) {
		ldisc_echo_char(ld, c);
		ldisc_echo_commit(ld);
	} else {
		ldisc_echo(ld);
	}
	return true;
}

/* ---- lines ---- */

static void end_line(struct ldisc *ld, uint8_t c)
{
	ldisc_set_end(ld, ld->head, true);
	put(ld, c);
	ld->canon_head = ld->head;
}

/* Shows a character in the place where the line may begin. */
static void echo_here(struct ldisc *ld, uint8_t c)
{
	if (ld->canon_head == ld->head)
		ldisc_echo_column(ld);
	ldisc_echo_char(ld, c);
	ldisc_echo_commit(ld);
}

static void begin_literal(struct ldisc *ld)
{
	ld->is_literal = true;
	if (!LF(ECHO))
		return;
	ldisc_finish_erasing(ld);
	if (LF(ECHO_CONTROL)) {
		ldisc_echo_raw(ld, '^');
		ldisc_echo_raw(ld, '\b');
		ldisc_echo_commit(ld);
	}
}

static void reprint(struct ldisc *ld, uint8_t c)
{
	ldisc_finish_erasing(ld);
	ldisc_echo_char(ld, c);
	ldisc_echo_raw(ld, '\n');
	for (uint32_t at = ld->canon_head; at != ld->head; at++)
		ldisc_echo_char(ld, ldisc_at(ld, at));
	ldisc_echo_commit(ld);
}

static void put_marked(struct ldisc *ld, uint8_t c)
{
	if (c == MARK && IF(MARK_PARITY))
		put(ld, c);
}

static bool is_eraser(const struct ldisc *ld, uint8_t c)
{
	return c == KEY(ERASE) || c == KEY(KILL) || (LF(EXTENDED) && c == KEY(WORD_ERASE));
}

/* What ends a line. False: it does not. */
static bool is_line_end(struct ldisc *ld, uint8_t c)
{
	if (c == '\n') {
		if (LF(ECHO) || LF(ECHO_NL)) {
			ldisc_echo_raw(ld, '\n');
			ldisc_echo_commit(ld);
		}
	} else if (c == KEY(END_OF_FILE)) {
		c = tty_DISABLED;
	} else if (c == KEY(END_OF_LINE) || (LF(EXTENDED) && c == KEY(END_OF_LINE_2))) {
		if (LF(ECHO))
			echo_here(ld, c);
		put_marked(ld, c);
	} else {
		return false;
	}
	end_line(ld, c);
	return true;
}

static bool is_of_line(struct ldisc *ld, uint8_t c)
{
	if (is_eraser(ld, c)) {
		ldisc_erase(ld, c);
		ldisc_echo_commit(ld);
	} else if (LF(EXTENDED) && c == KEY(LITERAL_NEXT)) {
		begin_literal(ld);
	} else if (LF(EXTENDED) && LF(ECHO) && c == KEY(REPRINT)) {
		reprint(ld, c);
	} else {
		return is_line_end(ld, c);
	}
	return true;
}

/* ---- one character ---- */

static bool is_flow(struct ldisc *ld, uint8_t c)
{
	if (!IF(OUTPUT_FLOW) || (c != KEY(START) && c != KEY(STOP)))
		return false;
	if (c == KEY(START)) {
		start(ld);
		ldisc_echo(ld);
	} else {
		ld->is_stopped = true;
	}
	return true;
}

/* Any character makes output go on, if that is wanted. */
static void start_by_any(struct ldisc *ld)
{
	if (!ld->is_stopped || ld->is_stopped_by_us || !IF(OUTPUT_FLOW) || !IF(ANY_STARTS))
		return;
	start(ld);
	ldisc_echo(ld);
}

static void take_plain(struct ldisc *ld, uint8_t c)
{
	start_by_any(ld);
	if (LF(ECHO)) {
		ldisc_finish_erasing(ld);
		echo_here(ld, c);
	}
	put_marked(ld, c);
	put(ld, c);
}

/* One that means something: the settings name it. */
static void take_special(struct ldisc *ld, uint8_t c)
{
	if (is_flow(ld, c) || is_signal(ld, c))
		return;
	start_by_any(ld);
	if (c == '\r' && IF(IGNORE_CR))
		return;
	if (c == '\r' && IF(CR_TO_NL))
		c = '\n';
	else if (c == '\n' && IF(NL_TO_CR))
		c = '\r';
	if (LF(CANONICAL) && is_of_line(ld, c))
		return;
	if (c == '\n' && LF(ECHO)) {
		ldisc_finish_erasing(ld);
		ldisc_echo_raw(ld, '\n');
		ldisc_echo_commit(ld);
		put(ld, c);
		return;
	}
	take_plain(ld, c);
}

static bool is_key_of_lines(const struct ldisc *ld, uint8_t c)
{
	if (c == '\n' || c == KEY(ERASE) || c == KEY(KILL) || c == KEY(END_OF_FILE) ||
			c == KEY(END_OF_LINE))
		return true;
	return LF(EXTENDED) && (c == KEY(WORD_ERASE) || c == KEY(LITERAL_NEXT) ||
		c == KEY(END_OF_LINE_2) || (LF(ECHO) && c == KEY(REPRINT)));
}

static bool is_special(const struct ldisc *ld, uint8_t c)
{
	if (c == tty_DISABLED)
		return false;
	return (c == '\r' && (IF(IGNORE_CR) || IF(CR_TO_NL))) ||
		(c == '\n' && IF(NL_TO_CR)) ||
		(LF(CANONICAL) && is_key_of_lines(ld, c)) ||
		(IF(OUTPUT_FLOW) && (c == KEY(START) || c == KEY(STOP))) ||
		(LF(SIGNALS) && (c == KEY(INTERRUPT) || c == KEY(QUIT) || c == KEY(SUSPEND)));
}

/* Nothing is to be done with any of them. */
static bool is_raw(const struct ldisc *ld)
{
	return !(ld->settings.input & (tty_InputFlags_STRIP | tty_InputFlags_UPPER_TO_LOWER |
		tty_InputFlags_IGNORE_CR | tty_InputFlags_CR_TO_NL | tty_InputFlags_NL_TO_CR |
		tty_InputFlags_OUTPUT_FLOW | tty_InputFlags_MARK_PARITY)) &&
		!(ld->settings.local & (tty_LocalFlags_CANONICAL | tty_LocalFlags_SIGNALS |
		tty_LocalFlags_ECHO));
}

static void take(struct ldisc *ld, uint8_t c)
{
	bool is_literal = ld->is_literal;

	if (is_raw(ld)) {
		put(ld, c);
		return;
	}
	ld->is_literal = false;
	if (IF(STRIP))
		c &= 0x7f;
	if (IF(UPPER_TO_LOWER) && LF(EXTENDED) && ldisc_is_upper(c))
		c = (uint8_t)(c + 32);
	if (!is_literal && LF(EXTERNAL))
		put(ld, c);
	else if (!is_literal && is_special(ld, c))
		take_special(ld, c);
	else
		take_plain(ld, c);
}

/* ---- many ---- */

/* Without what replaces the last byte of a line; with marks one byte takes three. */
static uint32_t free_bytes(const struct ldisc *ld)
{
	uint32_t left = LDISC_SIZE - (ld->head - ld->tail);

	if (IF(MARK_PARITY))
		left = (left + 2) / 3;
	return left > 0 ? left - 1 : 0;
}

uint32_t ldisc_room(const struct ldisc *ld)
{
	uint32_t left = free_bytes(ld);

	return left == 0 && LF(CANONICAL) && ld->canon_head == ld->tail ? 1 : left;
}

/* Makes the room that ldisc_room() promised: of a line that is too long the last byte
 * goes. */
static bool make_room(struct ldisc *ld)
{
	if (ldisc_room(ld) == 0)
		return false;
	if (LDISC_SIZE - (ld->head - ld->tail) == 0)
		ld->head--;
	return true;
}

uint32_t ldisc_type(struct ldisc *ld, const uint8_t *bytes, uint32_t count)
{
	uint32_t done = 0;

	while (done < count && make_room(ld))
		take(ld, bytes[done++]);
	ldisc_echo_flush(ld);
	return done;
}

static void take_break(struct ldisc *ld)
{
	if (IF(IGNORE_BREAK))
		return;
	if (IF(BREAK_INTERRUPTS)) {
		signal(ld, tty_Signal_INTERRUPT);
		return;
	}
	ld->has_break = true;
	if (IF(MARK_PARITY)) {
		put(ld, MARK);
		put(ld, 0);
	}
	put(ld, 0);
}

static void take_damaged(struct ldisc *ld, uint8_t byte)
{
	if (!IF(CHECK_PARITY)) {
		put(ld, byte);
	} else if (!IF(IGNORE_PARITY)) {
		if (IF(MARK_PARITY)) {
			put(ld, MARK);
			put(ld, 0);
		}
		put(ld, IF(MARK_PARITY) ? byte : 0);
	}
}

/* As there may be three bytes to put, there has to be more room than for one; where
 * a line is too long it is lost. */
bool ldisc_mishap(struct ldisc *ld, uint8_t byte, tty_Mishap mishap)
{
	if (LDISC_SIZE - (ld->head - ld->tail) < 4)
		return ldisc_room(ld) > 0;
	ld->is_literal = false;
	if (mishap & tty_Mishap_BREAK)
		take_break(ld);
	else if (mishap & (tty_Mishap_PARITY | tty_Mishap_FRAME))
		take_damaged(ld, byte);
	else
		take(ld, byte);
	ldisc_echo_flush(ld);
	return true;
}

void ldisc_throttle(struct ldisc *ld)
{
	bool can_wait = !LF(CANONICAL) || ld->canon_head != ld->tail;

	if (ld->is_throttled && ld->head - ld->tail <= LDISC_NEAR) {
		ld->is_throttled = false;
		ld->urgent = KEY(START);
	} else if (!ld->is_throttled && IF(INPUT_FLOW) && can_wait &&
			free_bytes(ld) < LDISC_NEAR) {
		ld->is_throttled = true;
		ld->urgent = KEY(STOP);
	}
}
