/*
 * A line discipline: what is typed becomes what is read, with echo, erasing and
 * signals; what is written becomes what is sent. It behaves as Linux's ordinary one
 * (N_TTY), which the tests compare it with. Pure: bytes in queues, no clock, nobody is
 * called. Whoever has it moves bytes between it, the line and the readers, and looks
 * at `signals` and its like after each call.
 */
#ifndef RUNTIME_TERMINAL_DISCIPLINE_H
#define RUNTIME_TERMINAL_DISCIPLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tty.skald.h"

/* Bytes of each queue; a power of two. A line has at most one less. */
#define LDISC_SIZE 4096u
/* Input stops the other side with less room than this, and starts it with so many
 * bytes left to read. */
#define LDISC_NEAR 128u

/* Positions count up for ever; places are what remains by LDISC_SIZE. */
struct ldisc {
	struct tty_Settings settings;

	/* Input: from `tail` to `head`, up to `canon_head` in whole lines. */
	uint8_t input[LDISC_SIZE];
	uint8_t ends[LDISC_SIZE / 8];	/* bits: a line ends here */
	uint32_t head;
	uint32_t canon_head;
	uint32_t tail;
	bool is_literal;		/* the next character has no meaning */
	bool is_erasing;		/* within \ and / */

	/* Echo that is not output yet, as operations; all of it is to be done up to
	 * `echo_mark`. */
	uint8_t echo[LDISC_SIZE];
	uint32_t echo_head;
	uint32_t echo_mark;
	uint32_t echo_tail;

	/* Output that is ready to be sent. */
	uint8_t output[LDISC_SIZE];
	uint32_t out_head;
	uint32_t out_tail;
	uint32_t column;
	uint32_t canon_column;		/* where the line that is typed begins */
	bool is_stopped;		/* by STOP: nothing is output */
	bool is_stopped_by_us;		/* by ldisc_stop() */

	/* What has happened, for whoever has it to look at and clear. */
	uint32_t signals;		/* 1 << tty_Signal */
	bool has_flushed;		/* a signal has emptied the output */
	bool has_break;			/* of which the settings say nothing */
	/* STOP or START is to be sent before all else; 0: none. */
	uint8_t urgent;
	bool is_throttled;		/* STOP was the last of these */
};

/* Settings as Linux has them at first: canonical, with echo, for 38400 bits. */
void ldisc_init(struct ldisc *ld);
/* Others; what was typed stays. */
void ldisc_set(struct ldisc *ld, const struct tty_Settings *settings);

/* ---- from the line ---- */

/* How many bytes ldisc_type() would take now. Never 0 while a line is being typed:
 * what is too much for it replaces its last byte. */
uint32_t ldisc_room(const struct ldisc *ld);
/* Bytes came. How many were taken: fewer if there is no room for more. */
uint32_t ldisc_type(struct ldisc *ld, const uint8_t *bytes, uint32_t count);
/* One came with a mishap; false: there is no room, and nothing has changed. */
bool ldisc_mishap(struct ldisc *ld, uint8_t byte, tty_Mishap mishap);
/* Says by `urgent` what the other side is to be told, if anything. */
void ldisc_throttle(struct ldisc *ld);

/* ---- to readers ---- */

/* Whether a read would get something: `at_least` counts in raw mode. */
bool ldisc_is_readable(const struct ldisc *ld, uint32_t at_least);
/*
 * Takes what there is: of lines one at most, without its end of file. 0 and *ended:
 * it was the end of file alone. How many bytes.
 */
uint32_t ldisc_read(struct ldisc *ld, uint8_t *to, uint32_t capacity, bool *ended);
/* Where reading was, so that what somebody did not get after all can be put back: before
 * anything else is done to it. */
struct ldisc_place {
	uint32_t tail;
	uint8_t ends[LDISC_SIZE / 8];
};
void ldisc_remember(const struct ldisc *ld, struct ldisc_place *place);
void ldisc_go_back(struct ldisc *ld, const struct ldisc_place *place);
/* Bytes that could be read (FIONREAD). */
uint32_t ldisc_available(const struct ldisc *ld);
void ldisc_flush_input(struct ldisc *ld);

/* ---- output ---- */

/* Processes what is written, after echo that waits. How much was taken. */
uint32_t ldisc_write(struct ldisc *ld, const uint8_t *bytes, uint32_t count);
/* What is to be sent: bytes one behind the other, at least one if there are any and
 * it is not stopped; what was sent is then taken away. */
uint32_t ldisc_output(const struct ldisc *ld, const uint8_t **bytes);
void ldisc_sent(struct ldisc *ld, uint32_t count);
uint32_t ldisc_unsent(const struct ldisc *ld);
void ldisc_flush_output(struct ldisc *ld);
/* Echo that found no room is tried again. */
void ldisc_echo(struct ldisc *ld);
/* tcflow: output stops and goes on. */
void ldisc_stop(struct ldisc *ld, bool stopped);

/* ---- between the parts ---- */

static inline bool ldisc_has(uint32_t flags, uint32_t flag)
{
	return (flags & flag) != 0;
}
static inline bool ldisc_local(const struct ldisc *ld, tty_LocalFlags flag)
{
	return (ld->settings.local & flag) != 0;
}
/* Linux's: what is behind 127 is no control. */
static inline bool ldisc_is_control(uint8_t c)
{
	return c < 32 || c == 127;
}
/* A byte of a character that began before. */
static inline bool ldisc_continues(const struct ldisc *ld, uint8_t c)
{
	return ldisc_has(ld->settings.input, tty_InputFlags_UTF8) && (c & 0xc0) == 0x80;
}
static inline uint8_t ldisc_at(const struct ldisc *ld, uint32_t position)
{
	return ld->input[position % LDISC_SIZE];
}
/* A line ends at this position. */
static inline bool ldisc_is_end(const struct ldisc *ld, uint32_t at)
{
	return (ld->ends[at % LDISC_SIZE / 8] >> at % 8) & 1;
}
static inline void ldisc_set_end(struct ldisc *ld, uint32_t at, bool is_end)
{
	uint8_t *byte = &ld->ends[at % LDISC_SIZE / 8];
	uint8_t bit = (uint8_t)(1u << at % 8);

	*byte = (uint8_t)(is_end ? *byte | bit : *byte & ~bit);
}
static inline bool ldisc_is_end_of_file(const struct ldisc *ld, uint32_t at)
{
	return ldisc_is_end(ld, at) && ldisc_at(ld, at) == tty_DISABLED;
}
static inline bool ldisc_is_by_lines(const struct ldisc *ld)
{
	return ldisc_local(ld, tty_LocalFlags_CANONICAL) &&
		!ldisc_local(ld, tty_LocalFlags_EXTERNAL);
}
bool ldisc_is_lower(uint8_t c);
bool ldisc_is_upper(uint8_t c);

/* Operations of echo: one character as it looks, or as it is; others. */
void ldisc_echo_char(struct ldisc *ld, uint8_t c);
void ldisc_echo_raw(struct ldisc *ld, uint8_t c);
void ldisc_echo_column(struct ldisc *ld);
void ldisc_echo_back(struct ldisc *ld);
void ldisc_echo_untab(struct ldisc *ld, uint32_t columns, bool after_tab);
/* What was said so far is to be shown even if echo is off meanwhile. */
void ldisc_echo_commit(struct ldisc *ld);
/* At the end of what came: all of it. */
void ldisc_echo_flush(struct ldisc *ld);
void ldisc_echo_forget(struct ldisc *ld);
/* erase.c: takes away what this character says. */
void ldisc_erase(struct ldisc *ld, uint8_t c);
void ldisc_finish_erasing(struct ldisc *ld);

#endif
