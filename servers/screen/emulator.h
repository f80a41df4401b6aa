/*
 * What a terminal shows: bytes become characters in cells, as Linux's console has it
 * (TERM=linux): UTF-8, cursor, erasing, scroll region, colours, an alternate screen.
 * Sequences that ask for an answer get none: the line that is shown here has another
 * side that answers. Pure: no hardware.
 *
 * Sources: ECMA-48; Linux's man page console_codes(4).
 */
#ifndef SERVERS_SCREEN_EMULATOR_H
#define SERVERS_SCREEN_EMULATOR_H

#include <stdbool.h>
#include <stdint.h>

#define EMULATOR_ROWS 25u
#define EMULATOR_COLUMNS 80u
#define EMULATOR_CELLS (EMULATOR_ROWS * EMULATOR_COLUMNS)
#define EMULATOR_PARAMETERS 16u

enum emulator_state { GROUND, ESCAPED, SEQUENCE, SKIPPED_LETTER, STRING, STRING_ESCAPED };

/* How characters look: what SGR sets. */
struct look {
	uint8_t ink, paper;		/* ANSI's numbers: 0 to 7, ink also 8 to 15 */
	bool is_bold, is_reversed, is_hidden;
};

struct place {
	uint32_t row, column;
	bool is_behind;			/* the last column: the next one wraps */
};

struct emulator {
	/* As the hardware has them: character of code page 437, above it its look. */
	uint16_t cells[EMULATOR_CELLS];
	uint16_t other[EMULATOR_CELLS];	/* while the alternate screen is shown */
	uint32_t changed;		/* rows, a bit each, since the owner cleared it */
	struct place at, saved, saved_by_other;
	struct look look, saved_look;
	uint32_t top, bottom;		/* the scroll region: rows from, and before */
	bool is_other, wraps, inserts, is_cursor_shown, is_origin_top;
	uint8_t tabs[EMULATOR_COLUMNS / 8];

	/* What is being read. */
	enum emulator_state state;
	uint32_t parameters[EMULATOR_PARAMETERS], parameter_count;
	uint8_t kind;			/* '?' and the like behind CSI, or 0 */
	uint32_t code;			/* of a character in UTF-8, */
	uint32_t code_left;		/* and bytes of it to come */
};

void emulator_init(struct emulator *e);
void emulator_show(struct emulator *e, const uint8_t *bytes, uint32_t count);

/* The place of a character in code page 437; '?' if it has none. */
uint8_t glyph_of(uint32_t code);

/* ---- between the parts ---- */

static inline uint32_t emulator_smaller(uint32_t one, uint32_t other)
{
	return one < other ? one : other;
}

/* The parameter of this place, or what it is if it is not there or 0. */
static inline uint32_t emulator_parameter(const struct emulator *e, uint32_t place,
	uint32_t otherwise)
{
	return place < e->parameter_count && e->parameters[place] ? e->parameters[place] :
		otherwise;
}

/* cells.c */
uint16_t cells_of(const struct look *look, uint8_t glyph);
/* These rows have changed. */
void cells_touch(struct emulator *e, uint32_t first, uint32_t end);
/* Cells from one place in the order of reading up to before another. */
void cells_erase(struct emulator *e, uint32_t first, uint32_t end);
/* Rows [top, bottom) move up by so many, or (`down`) down; what is empty then is erased. */
void cells_scroll(struct emulator *e, uint32_t top, uint32_t bottom, uint32_t by, bool down);
/* The rest of the cursor's row moves right, or (`left`) left, by so many. */
void cells_shift(struct emulator *e, uint32_t by, bool left);

/* look.c */
extern const struct look look_plain;
/* By the parameters of SGR. */
void look_set(struct emulator *e);

#endif
