/*
 * The text screen and the keyboard of a PC, as a line.
 *
 *	emulator.c	what is written becomes characters on the screen
 *	cells.c, look.c	how these move, and look
 *	glyph.c		where these are in the screen's font
 *	keys.c		what is pressed becomes bytes
 *	hardware.c	the devices
 *	line.c		tty.Line
 */
#ifndef SERVERS_SCREEN_SCREEN_H
#define SERVERS_SCREEN_SCREEN_H

#include "runtime/server/serve.h"
#include "servers/screen/emulator.h"
#include "servers/screen/keys.h"
#include "tty.skald.h"

/* Bytes that wait to be read; a power of two. */
#define SCREEN_INPUT 256u

struct screen {
	struct sk_os *os;
	struct emulator emulator;
	struct keys keys;
	/* What was typed; positions count up for ever. What there is no room for is lost. */
	uint8_t input[SCREEN_INPUT];
	uint32_t in_head, in_tail;
	struct tty_Counts counts;
	struct tty_LineSettings settings;	/* nothing of the devices depends on them */

	/* The line's. */
	bool has_client, was_readable;
	struct sk_reply reader;		/* waits; port NULL: nobody */
	struct sk_lease reader_lease;
	bool reads_few;			/* without a lease */
	struct sk_events events;

	/* The devices'. */
	struct sk_kernel_channel screen_ports, key_data, key_state, interrupt;
	volatile uint16_t *cells;
	uint32_t cursor;		/* where the device has it; EMULATOR_CELLS: hidden */
};

/* ---- hardware.c ---- */

/* Takes hold of the devices. False: there is no such screen. */
bool hardware_open(struct screen *screen);
/* What the emulator has changed is on the screen then. */
void hardware_show(struct screen *screen);

/* ---- line.c ---- */

/* Something was typed. */
void line_typed(struct screen *screen);
/* For struct sk_service. */
void *line_connected(void *self, uint64_t badge);
void line_gone(void *self);
void line_canceled(void *self, uint64_t token);
int line_dispatch(void *self, struct sk_incoming *incoming);

#endif
